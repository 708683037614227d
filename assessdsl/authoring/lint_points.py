"""Rules of points: what cannot be earned, what weighs too little or too much, what can reverse an order."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Final

from assessdsl.ast.nodes import Component, Gate, Indicator, Policy, Zero
from assessdsl.authoring.lint_regions import Constraint, conjuncts, constraint
from assessdsl.authoring.lint_subject import Remark, Rule, Subject, remark
from assessdsl.diagnostics import Related
from assessdsl.plan import steps
from assessdsl.plan.ranges import Answer, Range
from assessdsl.quantity import Unit, exact_text, quantity_text
from assessdsl.source import Span
from assessdsl.syntax.tree import Expression

_LOOKED_BACK: Final = 50  # gates, so that no policy takes long


def gate_without_effect(subject: Subject) -> Iterator[Remark]:
    holders: list[Policy | Component | Indicator] = [subject.policy, *subject.policy.every_component]
    for holder in [*holders, *(indicator for _, indicator in subject.indicators)]:
        for number, gate in enumerate(holder.gates):
            for earlier in holder.gates[max(0, number - _LOOKED_BACK) : number]:
                if isinstance(earlier.consequence, Zero) and _implies(gate, earlier, subject):
                    related = Related(earlier.span, "nothing is left behind this one", "此门槛之后已无分可扣")
                    yield remark("AS9011", gate.span, related, name=gate.name)
                    break
    yield from _above_all(subject)


def _implies(gate: Gate, other: Gate, subject: Subject) -> bool:
    """Whether the other gate fires wherever this one does."""
    held = [(part, constraint(part, subject.checked)) for part in conjuncts(gate.when)]
    return all(
        any(part == needed or _stronger(found, constraint(needed, subject.checked)) for part, found in held)
        for needed in conjuncts(other.when)
    )


def _stronger(one: Constraint | None, other: Constraint | None) -> bool:
    return one is not None and other is not None and one[0] == other[0] and one[1].within(other[1])


def _above_all(subject: Subject) -> Iterator[Remark]:
    """Gates that leave at most what there can be anyway."""
    for step in subject.plan.steps:
        match step.operation:
            case steps.Gate(name, value, _, at_most) if at_most is not None:
                found = [(bounds[value], bounds[at_most]) for bounds in subject.bounds.values()]
                if found and all(_at_most(score, limit) for score, limit in found):
                    yield remark("AS9011", step.span, name=name)


def _at_most(score: object, limit: object) -> bool:
    if not isinstance(score, Range) or not isinstance(limit, Range):
        return False
    return score.high is not None and limit.low is not None and score.high <= limit.low


def nothing_to_earn(subject: Subject) -> Iterator[Remark]:
    for component in subject.plan.outputs.every_component:
        if _only_nothing(component, subject):
            yield remark("AS9012", component.span, name=component.name)
            continue
        for indicator in component.indicators:
            if _only_nothing(indicator, subject):
                yield remark("AS9012", indicator.span, name=indicator.name)


def _only_nothing(output: steps.ComponentOutput | steps.IndicatorOutput, subject: Subject) -> bool:
    """Of those to whom it applies, nobody can have anything but zero."""
    found = [
        bounds[output.score]
        for bounds in subject.bounds.values()
        if not isinstance(applies := bounds[output.applies], Answer) or True in applies.possible
    ]
    return bool(found) and all(score == Range(Fraction(0), Fraction(0)) for score in found)


def never_happens(subject: Subject) -> Iterator[Remark]:
    """Conditions that no possible score meets, beyond those that the checker finds."""
    said = {found.span.order for found in subject.checked.diagnostics if found.code in ("AS4014", "AS4015")}
    found: dict[tuple[str, Span], list[bool]] = {}  # contagion is a gate of each indicator
    for step in subject.plan.steps:
        for name, when in _conditions(step.operation):
            place = step.span if isinstance(step.operation, steps.Gate) else subject.plan.steps[when].span
            never = [bounds[when] == Answer(frozenset((False,))) for bounds in subject.bounds.values()]
            found.setdefault((name, place), []).append(bool(never) and all(never))
            if subject.plan.steps[when].span.order in said:
                found[name, place].append(False)
    for (name, place), never in found.items():
        if all(never):
            yield remark("AS9013", place, name=name)


def _conditions(operation: steps.Operation) -> Iterator[tuple[str, int]]:
    """What is asked for, by the name of what follows from it."""
    match operation:
        case steps.Raise(name=name, when=when) | steps.Gate(name=name, when=when):
            yield name, when
        case steps.Band(tiers=tiers, vetoes=vetoes):
            yield from ((tier.name, tier.when) for tier in tiers if tier.when is not None)
            yield from ((veto.name, veto.when) for veto in vetoes)


# ---------------------------------------------------------------- weights


def negligible_weight(subject: Subject) -> Iterator[Remark]:
    limit = subject.limits.negligible
    for component, indicator in subject.indicators:
        points = subject.points.get(indicator.name)
        if component.kind == "base" and points and points < limit * subject.full:
            yield _weighs("AS9014", indicator, points, limit)


def dominant_weight(subject: Subject) -> Iterator[Remark]:
    limit = subject.limits.dominant
    base = [indicator for component, indicator in subject.indicators if component.kind == "base"]
    numbers = Counter(group for indicator in base for group in subject.groups[indicator.name])
    for indicator in base:
        points = subject.points.get(indicator.name)
        alone = all(numbers[group] == 1 for group in subject.groups[indicator.name])
        if points and not alone and points > limit * subject.full:
            yield _weighs("AS9015", indicator, points, limit)


def _weighs(code: str, indicator: Indicator, points: Fraction, limit: Fraction) -> Remark:
    places = ((indicator.points, indicator.points_span), (indicator.weight, indicator.weight_span))
    span = next((span for given, span in places if given is not None), indicator.span)
    share = quantity_text(limit, Unit.SHARE)
    return remark(code, span, name=indicator.name, points=exact_text(points), limit=share)


def too_many_indicators(subject: Subject) -> Iterator[Remark]:
    limit = subject.limits.indicators
    for group in subject.policy.groups if limit is not None else ():
        number = sum(group.name in groups for groups in subject.groups.values())
        if limit is not None and number > limit:
            yield remark("AS9016", group.span, name=group.name, number=str(number), limit=str(limit))


def bonus_above_share(subject: Subject) -> Iterator[Remark]:
    limit = subject.limits.bonus
    for span, total in _additions(subject):
        if total > limit * subject.full:
            share = quantity_text(limit, Unit.SHARE)
            yield remark("AS9017", span, sum=exact_text(total), limit=share)


def bonus_above_gap(subject: Subject) -> Iterator[Remark]:
    gap = _least_gap(subject)
    for span, total in _additions(subject):
        if gap is not None and total > gap:
            yield remark("AS9018", span, sum=exact_text(total), gap=exact_text(gap))


def _additions(subject: Subject) -> Iterator[tuple[Span, Fraction]]:
    """What bonuses add together at the most, and what penalties take away; the place of the last cap."""
    for kind in ("bonus", "penalty"):
        caps = [component.cap for component in subject.policy.components if component.kind == kind and component.cap]
        amounts = [amount for cap in caps if (amount := subject.amount(cap)) is not None]
        if amounts:
            yield caps[-1].span, sum(amounts, Fraction(0))


def _least_gap(subject: Subject) -> Fraction | None:
    """Between the totals from which two tiers on end are given."""
    lines = sorted({line for tier in subject.policy.tiers if tier.when and (line := _line(tier.when, subject))})
    return min((high - low for low, high in pairwise(lines)), default=None)


def _line(when: Expression, subject: Subject) -> Fraction | None:
    for part in conjuncts(when):
        found = constraint(part, subject.checked)
        start = found[1].pieces[0].start if found is not None and found[1].pieces else None
        if found is not None and getattr(found[0], "word", "") == "total" and start is not None:
            return start[0]
    return None


def rounded_early(subject: Subject) -> Iterator[Remark]:
    """But what makes the total alone may be rounded: it is the total."""
    policy = subject.policy
    alone = policy.components[0].name if len(policy.components) == 1 else ""
    for _, indicator in subject.indicators:
        if indicator.rounding is not None and len(subject.indicators) > 1:
            yield remark("AS9019", indicator.rounding.span, name=indicator.name)
    for component in policy.every_component:
        places = [component.rounding.span] if component.rounding is not None else []
        places += [one.span for one in policy.rounding if component.name in (name.id for name in one.of)]
        for span in places if component.name != alone else ():
            yield remark("AS9019", span, name=component.name)


RULES: tuple[tuple[str, Rule], ...] = (
    ("AS9011", gate_without_effect),
    ("AS9012", nothing_to_earn),
    ("AS9013", never_happens),
    ("AS9014", negligible_weight),
    ("AS9015", dominant_weight),
    ("AS9016", too_many_indicators),
    ("AS9017", bonus_above_share),
    ("AS9018", bonus_above_gap),
    ("AS9019", rounded_early),
)
