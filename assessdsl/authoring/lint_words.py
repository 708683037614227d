"""Rules of what is declared: twice, under names that are easily mistaken, or for nothing."""

import re
from collections.abc import Iterator
from typing import Any, Final

from attrs import evolve

from assessdsl.ast.nodes import Function, Indicator
from assessdsl.ast.walk import nodes
from assessdsl.authoring.lint_subject import Edit, Remark, Rule, Subject, remark
from assessdsl.check import is_targeted
from assessdsl.check.names import MEANINGS
from assessdsl.diagnostics import Related
from assessdsl.source import Span
from assessdsl.syntax.tree import Argument, Call, Choice, Expression, Name, Number, Operation, Prefix

_ITS_OWN: Final = frozenset(word for word, meaning in MEANINGS.items() if meaning.family in ("target", "entry"))
_OWN_ROWS: Final = frozenset({"entries", "tagged"})


def counted_twice(subject: Subject) -> Iterator[Remark]:
    """Two indicators with the same score of the entity's facts. What each reads of its own rows differs."""
    seen: dict[Expression, list[Indicator]] = {}
    for _, indicator in subject.indicators:
        score = indicator.score
        if score is None or is_targeted(indicator, subject.checked.functions) or not _of_entity(score):
            continue
        groups = subject.groups[indicator.name]
        twin = next((other for other in seen.get(score, ()) if groups & subject.groups[other.name]), None)
        if twin is not None:
            related = Related(twin.score_span, f"of `{twin.name}`", f"`{twin.name}` 的得分")
            yield remark("AS9021", indicator.score_span, related, name=indicator.name, other=twin.name)
        else:
            seen.setdefault(score, []).append(indicator)


def _of_entity(score: Expression) -> bool:
    names = [node for node in nodes(score) if isinstance(node, Name)]
    calls = [node.function.id for node in nodes(score) if isinstance(node, Call)]
    return bool(names) and not any(name.word in _ITS_OWN | _OWN_ROWS for name in names) and "tagged" not in calls


def defined_twice(subject: Subject) -> Iterator[Remark]:
    seen: dict[tuple[int, Expression], Function] = {}
    for function in subject.policy.functions:
        names = {parameter.id: f"#{number}" for number, parameter in enumerate(function.parameters)}
        twin = seen.setdefault((len(names), _renamed(function.body, names)), function)
        if twin is not function:
            related = Related(twin.span, "the same here", "此处相同")
            yield remark("AS9022", function.span, related, name=function.name, other=twin.name)


def _renamed(expression: Expression, names: dict[str, str]) -> Expression:
    """With other names for the operands, so that two definitions can be compared."""
    match expression:
        case Name():
            return Name(names[expression.id]) if expression.id in names else expression
        case Call(arguments=arguments):
            renamed = [Argument(_renamed(argument.value, names), argument.key) for argument in arguments]
            return evolve(expression, arguments=tuple(renamed))
        case Operation(operands=operands):
            return evolve(expression, operands=tuple(_renamed(operand, names) for operand in operands))
        case Prefix(operand=operand):
            return evolve(expression, operand=_renamed(operand, names))
        case Choice(condition, chosen, other):
            return Choice(_renamed(condition, names), _renamed(chosen, names), _renamed(other, names))
        case _:
            return expression


# ---------------------------------------------------------------- labels and names


def _declared(subject: Subject) -> Iterator[tuple[str, Any]]:
    """What has a name and a label that people see, with the word that declares it."""
    policy = subject.policy
    for word, parts in (
        ("group", policy.groups), ("component", policy.every_component), ("tier", policy.tiers),
        ("finding", policy.findings), ("eligible", policy.eligibility), ("gate", policy.gates),
        ("judgement", policy.judgements), ("fact", policy.facts), ("benchmark", policy.benchmarks),
    ):  # fmt: skip
        yield from ((word, part) for part in parts)
    for component in policy.every_component:
        yield from (("gate", gate) for gate in component.gates)
    for _, indicator in subject.indicators:
        yield "indicator", indicator
        yield from (("gate", gate) for gate in indicator.gates)


_SHOWN: Final = frozenset({"group", "component", "indicator", "tier", "finding", "gate"})  # in results


def same_label(subject: Subject) -> Iterator[Remark]:
    seen: dict[tuple[str, str], Any] = {}
    for word, part in _declared(subject):
        if not part.label or word == "gate":  # gates of several indicators may be called alike
            continue
        first = seen.setdefault((word, part.label), part)
        if first is not part:
            related = Related(first.span, f"of `{first.name}`", f"`{first.name}` 的名称")
            yield remark("AS9023", part.span, related, name=part.name, other=first.name, label=part.label)


def label_missing(subject: Subject) -> Iterator[Remark]:
    for word, part in _declared(subject):
        if word in _SHOWN and not part.label and part.name.isascii():  # a Chinese name is a label already
            yield remark("AS9024", part.span, name=part.name)


_NAMED: Final = frozenset({"group", "component", "indicator", "tier", "judgement", "fact", "benchmark"})
_ENDINGS: Final = re.compile("(?:s|数|量|率|值|额|数量)$")


def similar_names(subject: Subject) -> Iterator[Remark]:
    """Names that differ in `_`, capitals, a plural or an ending only: of indicators, and of what expressions name."""
    seen: dict[tuple[bool, str], tuple[str, Span]] = {}
    policy = subject.policy
    named = [(word == "indicator", part.name, part.span) for word, part in _declared(subject) if word in _NAMED]
    named += [(False, part.name, part.span) for parts in (policy.parameters, policy.functions) for part in parts]
    for indicator, name, span in sorted(named, key=lambda one: one[2].order):
        plain = re.sub("ies$", "y", name.lower().replace("_", ""))
        first = seen.setdefault((indicator, _ENDINGS.sub("", plain) or plain), (name, span))
        if first[0] != name:
            related = Related(first[1], "the other name", "另一名称")
            yield remark("AS9025", span, related, name=name, other=first[0])


def repeated_threshold(subject: Subject) -> Iterator[Remark]:
    """A number with which the same thing is compared in several expressions."""
    seen: dict[tuple[Expression, Expression], tuple[int, Span]] = {}
    for number, (_, expression) in enumerate(subject.sites):
        for about, bound in _compared(expression):
            first, place = seen.setdefault((about, bound), (number, bound.span))
            if first != number:
                related = Related(place, "the same here", "此处相同")
                yield remark("AS9026", bound.span, related, found=bound.span.text, subject=about.span.text)


def _compared(expression: Expression) -> Iterator[tuple[Expression, Expression]]:
    for node in nodes(expression):
        if isinstance(node, Operation) and node.operators[0] in ("<", "<=", ">", ">="):
            bounds = [operand for operand in node.operands if _is_threshold(operand)]
            yield from ((about, bound) for about in node.operands if about not in bounds for bound in bounds)


def _is_threshold(expression: Expression) -> bool:
    """A number that someone chose: zero and a whole are given."""
    return isinstance(expression, Number) and expression.value not in (0, 1, 100)


# ---------------------------------------------------------------- for nothing


def statement_without_effect(subject: Subject) -> Iterator[Remark]:
    schemas = {schema.name: schema for schema in subject.plan.schema.indicators}
    for _, indicator in subject.indicators:
        targeted = is_targeted(indicator, subject.checked.functions)
        if indicator.absent is not None and not targeted:
            yield remark("AS9027", indicator.absent.span, name=indicator.name, found=indicator.absent.span.text)
        schema = schemas.get(indicator.name)
        if indicator.unit is not None and schema is not None and not schema.fields & {"actual", "planned", "baseline"}:
            word = subject.spelled("word", "unit")
            yield remark("AS9027", indicator.span, name=indicator.name, found=word)


def unused(subject: Subject) -> Iterator[Remark]:
    """What the checker found, with its mending: a parameter or a function can be taken out. A fact stands in tables."""
    document = subject.checked.document
    policies = document.statements if document else ()
    statements = [inner for policy in policies for inner in policy.block or () if inner.word in ("parameter", "define")]
    for found in subject.checked.diagnostics:
        if found.code == "AS2119":
            for statement in statements:
                whole = Span(statement.word_span.source, statement.word_span.start, statement.end)
                if whole.holds(found.span):
                    yield Remark(found, (Edit(_line(whole)),))


def _line(span: Span) -> Span:
    """The whole line, if nothing else stands on it; else the statement alone."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end) + 1 or len(text)
    alone = not text[start : span.start].strip() and not text[span.end : end].strip()
    return Span(span.source, start, end) if alone else span


RULES: tuple[tuple[str, Rule], ...] = (
    ("AS2119", unused),
    ("AS9021", counted_twice),
    ("AS9022", defined_twice),
    ("AS9023", same_label),
    ("AS9024", label_missing),
    ("AS9025", similar_names),
    ("AS9026", repeated_threshold),
    ("AS9027", statement_without_effect),
)
