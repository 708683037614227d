"""The least and the most that parts make together, where points of some may go to the others."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from math import prod

from attrs import frozen

from assessdsl.irrational import power
from assessdsl.plan.ranges import NOTHING, Answer, Bound, Range, add, divide, exactly, multiply, negative
from assessdsl.plan.steps import Combine


@frozen
class Scored:
    """A part: its points when it has them, its score, and whether it may be without points."""

    points: Fraction
    score: Range
    may_go: bool


_Share = tuple[Fraction, Fraction]  # score ÷ points, and the points


def combined_range(combine: Combine, number: Callable[[int], Range], answer: Callable[[int], Answer]) -> Range:
    """What a Combine may give, from what its steps may be."""
    counted = [part for part in combine.parts if part.counted]
    others = NOTHING
    for part in combine.parts:
        if not part.counted:
            score = number(part.score)
            others = add(others, score if part.sign > 0 else negative(score))
    averaged = [part for part in counted if part.averaged is not None and True in answer(part.averaged).possible]
    scored = []
    for part in counted:
        points, score = number(part.points), number(part.score)
        if part in averaged and points.high:
            peers = [
                Scored(
                    Fraction(1),
                    divide(number(other.score), exactly(most)),
                    other in averaged or number(other.points).low == 0,
                )
                for other in counted
                if other is not part and (most := number(other.points).high)
            ]
            if peers:
                score = widened(score, multiply(put_together("sum", peers, Fraction(1)), exactly(points.high)))
        scored.append(Scored(points.high or Fraction(0), score, points.low == 0))
    full = None if combine.full is None else number(combine.full).only
    if full is None:
        return reduce(add, (one.score for one in scored), others)
    return add(put_together(combine.method, [one for one in scored if one.points], full), others)


def put_together(method: str, parts: Sequence[Scored], full: Fraction) -> Range:
    """The parts that keep their points, by the method of a Combine with `full`; 0 if none does."""
    value = _METHODS[method]
    low = _extreme(parts, lambda part: part.score.low, value, lambda new, old: new < old)
    high = _extreme(parts, lambda part: part.score.high, value, lambda new, old: new > old)
    return Range(None if low is None else low * full, None if high is None else high * full)


def widened(left: Range, right: Range) -> Range:
    """What covers both."""
    lows = None if left.low is None or right.low is None else min(left.low, right.low)
    return Range(lows, None if left.high is None or right.high is None else max(left.high, right.high))


def _extreme(
    parts: Sequence[Scored],
    bound: Callable[[Scored], Bound],
    value: Callable[[list[_Share]], Fraction],
    better: Callable[[Fraction, Fraction], bool],
) -> Bound:
    """Parts that may go are kept while that makes it more extreme, the most extreme first."""
    fixed: list[_Share] = []
    free: list[_Share] = []
    for part in parts:
        score = bound(part)
        if score is None:
            return None
        (free if part.may_go else fixed).append((score / part.points, part.points))
    free.sort(reverse=better(Fraction(1), Fraction(0)))
    best = value(fixed) if fixed else Fraction(0)
    kept = list(fixed)
    for one in free:
        attempt = value([*kept, one])
        if not kept and not better(attempt, best):
            continue
        if not kept or better(attempt, best):
            kept, best = [*kept, one], attempt
    return best


def _mean(shares: list[_Share]) -> Fraction:
    whole = sum((points for _, points in shares), Fraction(0))
    return sum((share * points for share, points in shares), Fraction(0)) / whole


def _geometric(shares: list[_Share]) -> Fraction:
    whole = sum((points for _, points in shares), Fraction(0))
    return power((max(share, Fraction(0)), points / whole) for share, points in shares) or Fraction(0)


def _harmonic(shares: list[_Share]) -> Fraction:
    if any(share <= 0 for share, _ in shares):
        return Fraction(0)
    whole = sum((points for _, points in shares), Fraction(0))
    return whole / sum((points / share for share, points in shares), Fraction(0))


def _least(shares: list[_Share]) -> Fraction:
    return min(share for share, _ in shares)


def _product(shares: list[_Share]) -> Fraction:
    return prod((share for share, _ in shares), start=Fraction(1))


_METHODS: dict[str, Callable[[list[_Share]], Fraction]] = {
    "sum": _mean, "geometric": _geometric, "harmonic": _harmonic, "least": _least, "product": _product,
}  # fmt: skip
