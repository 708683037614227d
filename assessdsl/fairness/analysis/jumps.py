"""Where a score leaps: at which line, by how much at the most, and over how small a difference."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Literal

from attrs import frozen

from assessdsl.fairness.analysis.inputs import Fact
from assessdsl.fairness.analysis.narrow import Given, Known
from assessdsl.fairness.analysis.signs import Movement
from assessdsl.plan.ranges import Never, Possible, Range, exactly
from assessdsl.plan.steps import Calculate, Choose, Clamp, Gate, Round, Supply
from assessdsl.quantity import Unit
from assessdsl.source import Span


@frozen
class Leap:
    """A place where a small difference of a fact moves a score."""

    kind: Literal["choice", "gate", "rounding"]
    step: int
    facts: tuple[Fact, ...]  # that can cross the line
    line: Fraction | None  # of the number that is compared, where it is one number
    subject: int | None  # the step of that number
    size: Fraction | None  # of the score, in points, at the most; None: no bound is known
    span: Span

    @property
    def least_change(self) -> Fraction | None:
        """The smallest difference by which a reported fact crosses; None where as small as one likes."""
        known = [step for fact in self.facts if (step := resolution(fact)) is not None]
        return min(known) if len(known) == len(self.facts) and known else None


def resolution(fact: Fact) -> Fraction | None:
    """The smallest difference between two reported values, in the base measure (of dates, a day)."""
    match fact.unit:
        case Unit.COUNT | Unit.DAYS | Unit.MONTHS | Unit.YEARS | Unit.DATE | Unit.YES_NO:
            return Fraction(1)
        case _ if fact.places is None:
            return None
        case Unit.PERCENT | Unit.PP | Unit.SHARE | Unit.SURVEY:
            return Fraction(1, 100 * 10**fact.places)
        case _:
            return Fraction(1, 10**fact.places)


def leaps(known: Known, movement: Movement, score: int, facts: tuple[Fact, ...]) -> tuple[Leap, ...]:
    """Of the score that a step holds, by the facts named."""
    return tuple(_leaps(known, movement, score, facts))


def _leaps(known: Known, movement: Movement, score: int, facts: tuple[Fact, ...]) -> Iterator[Leap]:
    by_step = {fact.step: fact for fact in facts}
    for id in known.cone(score):
        step = known.plan.steps[id]
        match step.operation:
            case Choose(condition, chosen, other):
                crossing = _crossing(movement, condition, by_step)
                if crossing and step.unit is not Unit.YES_NO:
                    at, yes, no = known.at_the_line(condition), dict[int, Possible](), dict[int, Possible]()
                    if len(known.cone(id)) <= _CLOSELY:
                        yes, no = ({**known.holding(condition, answer, {}), **(at or {})} for answer in (True, False))
                    before, after = known.where(chosen, yes)[chosen], known.where(other, no)[other]
                    yield _leap("choice", known, score, id, crossing, at, before, after)
            case Gate(value=value, when=when, at_most=at_most):
                crossing = _crossing(movement, when, by_step)
                if crossing:
                    left: Possible = exactly(Fraction(0)) if at_most is None else known.bounds[at_most]
                    yield _leap("gate", known, score, id, crossing, known.at_the_line(when), known.bounds[value], left)
            case Round(value, _, places) if places <= _FINE:
                crossing = _crossing(movement, value, by_step)
                if crossing:
                    height = Fraction(1, 10**places) if places >= 0 else Fraction(10**-places)
                    gain = _gain(known, score, id)
                    whole = known.range(score)
                    size = None if whole.low is None or whole.high is None else whole.high - whole.low
                    if gain is not None:
                        size = gain * height if size is None else min(size, gain * height)
                    yield Leap("rounding", id, crossing, None, None, size, step.span)


_NONE = Fraction(0)
_FINE = 6  # places beyond which a rounding is not felt
_CLOSELY = 300  # steps, beyond which a value is not looked at branch by branch


def _crossing(movement: Movement, id: int, by_step: dict[int, Fact]) -> tuple[Fact, ...]:
    return tuple(by_step[source] for source, peer in sorted(movement.of(id)) if source in by_step and not peer)


def _leap(
    kind: Literal["choice", "gate"],
    known: Known,
    score: int,
    id: int,
    crossing: tuple[Fact, ...],
    at: Given | None,
    before: Possible,
    after: Possible,
) -> Leap:
    subject = next(iter(at)) if at else None
    line = at[subject] if at and subject is not None else None
    size = Fraction(0) if isinstance(before, Never) or isinstance(after, Never) else None
    if isinstance(before, Range) and isinstance(after, Range):
        size = _carried(known, score, id, at or {}, before, after)
    only = line.only if isinstance(line, Range) else None
    return Leap(kind, id, crossing, only, subject, size, known.plan.steps[id].span)


def _carried(known: Known, score: int, id: int, at: Given, before: Range, after: Range) -> Fraction | None:
    """What of a leap of one step reaches the score, at the most."""
    if before == after and before.only is not None:
        return Fraction(0)
    if id == score:
        return _apart(before, after)
    gain, apart = _gain(known, score, id), _apart(before, after)
    if gain is not None:
        straight = None if apart is None else apart * gain
    elif len(known.cone(score)) <= _CLOSELY:
        straight = _apart(known.reported(score, {**at, id: before}), known.reported(score, {**at, id: after}))
    else:
        straight = None
    whole = known.range(score)
    widest = None if whole.low is None or whole.high is None else whole.high - whole.low
    return straight if widest is None else widest if straight is None else min(straight, widest)


def _apart(one: Range, two: Range) -> Fraction | None:
    """The greatest distance between two numbers of the one and the other range."""
    if one.high is None or two.high is None or one.low is None or two.low is None:
        return None
    return max(abs(one.high - two.low), abs(two.high - one.low))


def _gain(known: Known, score: int, source: int) -> Fraction | None:
    """By how much the score can change for each 1 that another step changes, all else held still; None if it is not
    known."""
    gains: dict[int, Fraction | None] = {source: Fraction(1)}
    for id in known.cone(score):
        if id > source and any(one in gains for one in known.inputs(id)):
            gains[id] = _passed_on(known, id, gains)
    return gains.get(score, _NONE)


def _passed_on(known: Known, id: int, gains: Mapping[int, Fraction | None]) -> Fraction | None:
    match known.plan.steps[id].operation:
        case Calculate("+" | "-" | "neg", ids):
            return _all(sum, [gains.get(one, _NONE) for one in ids])
        case Calculate("min" | "max", ids):
            return _all(max, [gains.get(one, _NONE) for one in ids])
        case Calculate("*" | "/" as operator, (left, right)):
            if operator == "/" and gains.get(right, _NONE) != 0:
                return None
            scale = (_largest(known.range(right), inverse=operator == "/"), _largest(known.range(left)))
            parts = [
                Fraction(0) if gain == 0 else None if gain is None or by is None else gain * by
                for gain, by in zip((gains.get(left, _NONE), gains.get(right, _NONE)), scale, strict=True)
            ]
            return _all(sum, parts)
        case Clamp(value, low, high):
            return _all(max, [gains.get(one, _NONE) for one in (value, low, high) if one is not None])
        case Supply(value, instead):
            return _all(max, [gains.get(one, _NONE) for one in (value, instead)])
        case Choose(condition, chosen, other) if gains.get(condition, _NONE) == 0:
            return _all(max, [gains.get(one, _NONE) for one in (chosen, other)])
        case Gate(value=value, when=when, at_most=at_most) if gains.get(when, _NONE) == 0:
            return _all(max, [gains.get(one, _NONE) for one in (value, at_most) if one is not None])
    return None


def _all(join: Callable[[list[Fraction]], Fraction | int], gains: list[Fraction | None]) -> Fraction | None:
    known = [gain for gain in gains if gain is not None]
    return Fraction(join(known)) if len(known) == len(gains) else None


def _largest(one: Range, *, inverse: bool = False) -> Fraction | None:
    """Of what can be multiplied with, or divided by."""
    if one.low is None or one.high is None:
        return None
    if inverse:
        return None if one.low <= 0 <= one.high else 1 / min(abs(one.low), abs(one.high))
    return max(abs(one.low), abs(one.high))
