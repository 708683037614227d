"""Rules of conditions, bands and ladders."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Final

from assessdsl.authoring.lint_regions import EVERYTHING, Constraint, Piece, Region, conjuncts, constraint, domain, gaps
from assessdsl.authoring.lint_subject import Edit, Remark, Rule, Subject, remark
from assessdsl.check import constant
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit, quantity_text
from assessdsl.source import Span
from assessdsl.syntax.tree import Argument, Call, Choice, Expression, Name, Operation


def branch_never_taken(subject: Subject) -> Iterator[Remark]:
    for _, expression in subject.sites:
        waiting: list[tuple[Expression, tuple[Constraint, ...]]] = [(expression, ())]
        while waiting:
            current, known = waiting.pop()
            if isinstance(current, Choice):
                found = constraint(current.condition, subject.checked)
                yield from _decided(current, found, known, subject)
                held = [constraint(part, subject.checked) for part in conjuncts(current.condition)]
                here = tuple(part for part in held if part is not None)
                otherwise = () if found is None else ((found[0], ~found[1]),)
                waiting += [
                    (current.other, known + otherwise), (current.chosen, known + here), (current.condition, known)
                ]  # fmt: skip
            else:
                waiting += [(inner, known) for inner in _directly_in(current)]


def _directly_in(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Call(arguments=arguments):
            yield from (argument.value for argument in arguments)
        case Operation(operands=operands):
            yield from operands


def _decided(
    choice: Choice, found: Constraint | None, known: tuple[Constraint, ...], subject: Subject
) -> Iterator[Remark]:
    if found is None:
        return
    about, region = found
    possible = domain(about, subject.checked)
    for other, held in known:
        if other == about:
            possible = possible & held
    never, taken = choice.chosen, choice.other
    if possible.within(region):
        never, taken = taken, never
    elif not (possible & region).is_empty:
        return
    edits = (Edit(choice.span, taken.span.text),) if taken.span.text else ()
    yield remark("AS9001", never.span, edits=edits, found=never.span.text, condition=choice.condition.span.text)


def band_left_out(subject: Subject) -> Iterator[Remark]:
    inner = {id_of(node.other) for node in subject.expressions if isinstance(node, Choice)}
    for node in subject.expressions:
        if isinstance(node, Choice) and id_of(node) not in inner:
            covered, about, last = _chain(node, subject)
            if about is not None:
                for piece in gaps(covered, domain(about, subject.checked)):
                    yield _gap(piece, about, last.span, subject)
    yield from _between_tiers(subject)


def id_of(expression: Expression) -> tuple[str, int, int]:
    """An expression by its place: two that are alike are not the same."""
    return expression.span.source.name, expression.span.start, expression.span.end


def _chain(choice: Choice, subject: Subject) -> tuple[list[Region], Expression | None, Expression]:
    """The bands of `if … else if …`, what they are about (None: not one thing), and what is left at the end."""
    covered: list[Region] = []
    about: Expression | None = None
    current: Expression = choice
    while isinstance(current, Choice):
        found = constraint(current.condition, subject.checked)
        if found is None or (about is not None and about != found[0]):
            return [], None, current
        about = found[0]
        covered.append(found[1])
        current = current.other
    return covered, about, current


def _between_tiers(subject: Subject) -> Iterator[Remark]:
    tiers = [tier for tier in subject.policy.tiers if tier.quota is None and tier.when is not None]
    found = [constraint(tier.when, subject.checked) for tier in tiers if tier.when is not None]
    others = next((tier for tier in subject.policy.tiers if tier.otherwise), None)
    about = next((one[0] for one in found if one is not None), None)
    if others is not None and about is not None and all(one is not None and one[0] == about for one in found):
        covered = [one[1] for one in found if one is not None]
        for piece in gaps(covered, domain(about, subject.checked)):
            yield _gap(piece, about, others.span, subject)


def _gap(piece: Piece, about: Expression, span: Span, subject: Subject) -> Remark:
    assert piece.start is not None
    assert piece.end is not None
    unit = _unit(about, subject)
    low, high = (quantity_text(cut[0], unit) for cut in (piece.start, piece.end))
    return remark("AS9002", span, found=low if piece.is_point else f"{low} … {high}", subject=about.span.text)


def _unit(about: Expression, subject: Subject) -> Unit:
    """In which the author writes the bounds of what is compared."""
    for node in subject.expressions:
        match node:
            case Operation(operands=operands) if about in operands:
                units = [known[1] for operand in operands if (known := constant(operand, subject.checked))]
                if units:
                    return units[0]
    return Unit.NUMBER


# ---------------------------------------------------------------- ladders


def _steps(call: Call) -> Iterator[Argument]:
    """The steps of a ladder from below: first what holds below them all."""
    below = next((a for a in call.arguments if isinstance(a.key, Name) and a.key.word == "below"), None)
    if below is not None:
        yield below
        yield from (argument for argument in call.arguments[1:] if argument.key is not None and argument is not below)


def _ladders(subject: Subject) -> Iterator[tuple[Call, list[Argument]]]:
    for node in subject.expressions:
        if isinstance(node, Call) and node.function.word == "ladder" and len(steps := list(_steps(node))) > 1:
            yield node, steps


def step_without_effect(subject: Subject) -> Iterator[Remark]:
    for call, steps in _ladders(subject):
        for before, step in pairwise(steps):
            if _value(before, subject) == _value(step, subject):
                edits = () if len(steps) == 2 else (Edit(_with_comma(call, step)),)
                yield remark("AS9003", step.span, edits=edits, step=step.span.text, value=step.value.span.text)


def _value(step: Argument, subject: Subject) -> object:
    known = constant(step.value, subject.checked)
    return step.value if known is None else known


def _with_comma(call: Call, argument: Argument) -> Span:
    before = call.arguments[call.arguments.index(argument) - 1]
    return Span(argument.span.source, before.span.end, argument.span.end)


def ladder_not_monotone(subject: Subject) -> Iterator[Remark]:
    for call, steps in _ladders(subject):
        known = [constant(step.value, subject.checked) for step in steps]
        values = [one[0] for one in known if one is not None and isinstance(one[0], Fraction)]
        if len(values) == len(steps):
            rises = any(a < b for a, b in pairwise(values))
            turn = next((i for i, (a, b) in enumerate(pairwise(values), 1) if a > b), None)
            if rises and turn is not None:
                yield remark("AS9004", steps[turn].span, step=steps[turn].span.text, function=call.function.text)


# ---------------------------------------------------------------- conditions


def contradiction(subject: Subject) -> Iterator[Remark]:
    for node in subject.expressions:
        if not isinstance(node, Operation) or node.operators[0] != "and":
            continue
        held: dict[Expression, tuple[Region, Expression]] = {}  # by subject: what is left, and the part before
        for part in conjuncts(node):
            found = constraint(part, subject.checked)
            if found is None:
                continue
            region, before = held.get(found[0], (EVERYTHING, part))
            left = region & found[1]
            if left.is_empty:
                yield remark("AS9005", node.span, found=before.span.text, other=part.span.text)
                break
            held[found[0]] = left, part


_COMPARED: Final = 60  # parts of a condition with one another, so that no policy takes long


def part_without_effect(subject: Subject) -> Iterator[Remark]:
    for node in subject.expressions:
        if not isinstance(node, Operation) or node.operators[0] not in ("and", "or"):
            continue
        if len(node.operands) > _COMPARED:
            continue
        found = [constraint(operand, subject.checked) for operand in node.operands]
        gone: set[int] = set()
        for i, operand in enumerate(node.operands):
            for j, other in enumerate(node.operands):
                if i != j and j not in gone and _covers(node, i, j, found):
                    gone.add(i)
                    related = Related(other.span, "this says it already", "此处已包含")
                    edits = (Edit(_with_operator(node, i)),)
                    yield remark("AS9006", operand.span, related, edits=edits, found=operand.span.text)
                    break


def _covers(node: Operation, i: int, j: int, found: list[Constraint | None]) -> bool:
    """Whether operand i adds nothing to operand j."""
    if node.operands[i] == node.operands[j]:
        return i > j
    mine, other = found[i], found[j]
    if mine is None or other is None or mine[0] != other[0] or (mine[1] & other[1]).is_empty:
        return False
    if mine[1] == other[1]:
        return i > j
    return other[1].within(mine[1]) if node.operators[0] == "and" else mine[1].within(other[1])


def _with_operator(node: Operation, i: int) -> Span:
    source = node.span.source
    if i:
        return Span(source, node.operands[i - 1].span.end, node.operands[i].span.end)
    return Span(source, node.operands[0].span.start, node.operands[1].span.start)


RULES: tuple[tuple[str, Rule], ...] = (
    ("AS9001", branch_never_taken),
    ("AS9002", band_left_out),
    ("AS9003", step_without_effect),
    ("AS9004", ladder_not_monotone),
    ("AS9005", contradiction),
    ("AS9006", part_without_effect),
)
