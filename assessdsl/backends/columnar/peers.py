"""Aggregates over a group or over everyone, in arrays: what the plan's step `Aggregate` means for all entities at once.

Sums of whole numbers are exact however long they grow; what is asked less often is worked out from exact numbers.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from attrs import evolve, frozen

from assessdsl.backends.aggregate import of_rows
from assessdsl.backends.columnar.column import Array, Column, lies
from assessdsl.backends.columnar.exactly import Exactly
from assessdsl.backends.columnar.forms import Ends
from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.lowering import Given
from assessdsl.backends.columnar.nodes import LONGEST
from assessdsl.backends.columnar.quotients import Quotients
from assessdsl.backends.columns import Value
from assessdsl.facts import MISSING
from assessdsl.plan.steps import Aggregate

Exact = tuple[int, Value, Value]
"""Of a row that the columns left open: its group, its value, and whether it is kept."""

_LOW = (1 << 32) - 1
_SHORT = 1 << 31


@frozen(eq=False)
class Offered:
    """What rows give to an aggregate, each of shape (rows,): `numbers` over `scale`, or where that is 0 the order of
    `quotients`. Of `any` and `all` there are no numbers: `kept` is where a row decides them."""

    kept: Array
    unknown: Array  # where it is not known whether a row is kept, or its value
    numbers: Array | None = None
    scale: int = 1
    quotients: Quotients | None = None


def offers(scales: Sequence[int], numbers: Sequence[Array], answers: Sequence[Array]) -> list[Offered]:
    """From the outputs of code (see lowering.py); rows that are left open give nothing."""
    left, divisors, found = answers[-1], iter(numbers[len(scales) :]), list[Offered]()
    for at in range(len(answers) // 2):
        kept, unknown = answers[2 * at] & ~answers[2 * at + 1] & ~left, answers[2 * at + 1] & ~left
        if not scales:
            found.append(Offered(kept, unknown))
        elif scales[at]:
            found.append(Offered(kept, unknown, numbers[at], scales[at]))
        else:
            quotients = Quotients(np.where(kept, numbers[at], 0), np.where(kept, next(divisors), 1))
            own, scale = quotients.over_one() or (quotients.in_order(), 0)
            found.append(Offered(kept, unknown, own, scale, quotients))
    return found


def spread(key: str, values: Sequence[Value], of_row: Array) -> Iterator[tuple[str, Column, Given, Described]]:
    """The values of groups in the rows of the entities, as columns."""
    absent = np.array([not isinstance(one, Fraction | bool) for one in values])[of_row]
    missing = absent if absent.any() else None
    if any(isinstance(one, bool) for one in values):
        holds = np.array([one is True for one in values])[of_row]
        yield key, Column(holds, missing), Given(key, is_answer=True), Described(nullable=missing is not None)
        return
    known = [one if isinstance(one, Fraction) else Fraction(0) for one in values]
    if any(max(abs(one.numerator), one.denominator) > LONGEST for one in known):
        what = Described(1, 0, len(known) - 1, nullable=missing is not None)
        yield key, Column(np.maximum(of_row, 0), missing), Given(key, values=tuple(known)), what
        return
    above, below = [one.numerator for one in known], [one.denominator for one in known]
    within = min(known), max(known)
    yield from divided(key, np.array(above, np.int64)[of_row], np.array(below, np.int64)[of_row], missing, within)


def divided(
    key: str, above: Array, below: Array, missing: Array | None, within: Ends | None = None
) -> Iterator[tuple[str, Column, Given, Described]]:
    """Fractions as columns: of what is above, and of what it is divided by."""
    given = Given(key, divisor=f"{key}/", within=within)
    ranges = [(int(one.min(initial=1)), int(one.max(initial=1))) for one in (above, below)]
    yield key, Column(above, missing), given, Described(1, *ranges[0], nullable=missing is not None)
    yield given.divisor, Column(below), given, Described(1, *ranges[1])


def left_open(aggregate: Aggregate, part: Exactly, groups: Array) -> Iterator[Exact]:
    """What some entities give, by the exact engine. `groups`: the number of each one's group."""
    for entity, group in enumerate(groups.tolist()):
        values = part.values(aggregate.value, aggregate.over, entity)
        holds: Sequence[Value] = [True] * len(values)
        if aggregate.when is not None:
            holds = part.values(aggregate.when, aggregate.over, entity)
        yield from ((group, value, held) for value, held in zip(values, holds, strict=True))


class NotExact(Exception):
    """A sum of fractions that have no common denominator, or a number that grows too long."""


def aggregated(
    aggregate: Aggregate, rows: Sequence[Offered], group: Array, groups: int, exact: Sequence[Exact]
) -> list[Value]:
    """The value of each group. `group`: of each row, its number. Raises NotExact."""
    found: list[Value] = []
    for number in range(groups):
        own = [one for one in exact if one[0] == number]
        inside = group == number
        value = _of_group(aggregate, list(_parts(rows, inside)), own)
        if value is None:
            raise NotExact
        found.append(value)
    return found


def _parts(rows: Sequence[Offered], inside: Array) -> Iterator[Offered]:
    for one in rows:
        kept = one.kept & inside
        numbers = None if one.numbers is None else one.numbers[kept]
        quotients = None if one.quotients is None else Quotients(one.quotients.above[kept], one.quotients.below[kept])
        yield Offered(kept, one.unknown & inside, numbers, one.scale, quotients)


def _of_group(aggregate: Aggregate, rows: Sequence[Offered], exact: Sequence[Exact]) -> Value | None:
    is_unknown = any(one.unknown.any() for one in rows)
    if aggregate.function in ("any", "all"):
        decisive = aggregate.function == "any"
        answers: list[Value] = [decisive] if any(one.kept.any() for one in rows) else []
        answers += [MISSING] if is_unknown else []
        return _exactly(aggregate, answers, exact)
    if is_unknown:
        return MISSING
    if exact or aggregate.drop or not _is_quick(aggregate.function, rows):
        return _exactly(aggregate, [number for one in rows for number in _numbers(one)], exact)
    count = sum(int(one.kept.sum()) for one in rows)
    match aggregate.function:
        case "count":
            return Fraction(count)
        case "sum":
            return sum(map(_sum, rows), start=Fraction(0))
        case _ if not count:
            return MISSING
        case "mean":
            return sum(map(_sum, rows), start=Fraction(0)) / count
        case "variance":
            mean = sum(map(_sum, rows), start=Fraction(0)) / count
            return sum(map(_sum, map(_squared, rows)), start=Fraction(0)) / count - mean * mean
        case "least":
            return min(_extreme(one, np.argmin) for one in rows if one.kept.any())
        case _:
            return max(_extreme(one, np.argmax) for one in rows if one.kept.any())


def _is_quick(function: str, rows: Sequence[Offered]) -> bool:
    """Whether there is a way for whole arrays."""
    if function != "variance":
        return function in ("sum", "count", "mean", "least", "greatest")
    return all(one.numbers is not None and one.scale and _is_short(one.numbers) for one in rows)


def _is_short(numbers: Array) -> bool:
    """Whether squares do not grow too long."""
    return not len(numbers) or lies(numbers, -_SHORT, _SHORT)


def _squared(one: Offered) -> Offered:
    assert one.numbers is not None
    return evolve(one, numbers=one.numbers * one.numbers, scale=one.scale**2)


def _exactly(aggregate: Aggregate, values: Sequence[Value], exact: Sequence[Exact]) -> Value | None:
    """Those whose values are known, and others, by the exact engine."""
    holds: list[Value] = [*[True] * len(values), *(one[2] for one in exact)]
    return of_rows(aggregate, [*values, *(one[1] for one in exact)], holds, None)


def _numbers(one: Offered) -> Iterator[Fraction]:
    assert one.numbers is not None
    if one.scale:
        yield from (Fraction(number, one.scale) for number in one.numbers.tolist())
    else:
        assert one.quotients is not None
        yield from map(Fraction, one.quotients.above.tolist(), one.quotients.below.tolist())


def _sum(one: Offered) -> Fraction:
    """In two halves, neither of which can grow too long."""
    assert one.numbers is not None
    if not one.scale:
        raise NotExact
    high, low = int((one.numbers >> 32).sum()), int((one.numbers & _LOW).sum())
    return Fraction((high << 32) + low, one.scale)


def _extreme(one: Offered, at: Any) -> Fraction:
    assert one.numbers is not None
    row = int(at(one.numbers))
    if one.scale:
        return Fraction(int(one.numbers[row]), one.scale)
    assert one.quotients is not None
    return Fraction(int(one.quotients.above[row]), int(one.quotients.below[row]))
