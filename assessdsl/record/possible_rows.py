"""Rows of which some are still open: many to one, and places among peers.

A row is *sure* if it is there whatever is reported. One that is not may never come; one that is `several` stands for
any number of rows, none among them.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from attrs import frozen

from assessdsl.plan.ranges import ANY, NOTHING, Bound, Never, Possible, Range, Thing, greatest, hull, least, multiply
from assessdsl.plan.steps import Aggregate, Rank
from assessdsl.record.possible import FAILED, Some, answers, every, opposite, some, total

_ONE: Final = Range(Fraction(1), Fraction(1))


@frozen
class Entry:
    """What a row brings to an aggregate: its value, whether it belongs, and, of `distinct`, what it is equal in."""

    value: Some
    when: Some | None
    key: Some | None
    is_sure: bool
    several: bool

    @property
    def stays(self) -> bool:
        return self.is_sure and (self.when is None or self.when.surely(True))

    @property
    def may_stay(self) -> bool:
        return self.when is None or self.when.may(True)


def aggregated(operation: Aggregate, rows: Sequence[Entry]) -> Some:
    if operation.function in ("any", "all"):
        return _asked(operation.function == "any", rows)
    kept = [row for row in rows if row.may_stay]
    lacking = any(one is not None and one.missing for row in kept for one in (row.value, row.key))
    lacking = lacking or any(row.when is not None and row.when.missing for row in rows)
    if any(row.stays and row.value.fails for row in rows):
        return FAILED
    if any(row.stays and isinstance(row.value.what, Never) for row in rows):
        return Some(Never(), lacking)
    kept = [row for row in kept if not isinstance(row.value.what, Never)]
    if operation.function == "count":
        return Some(_count(kept), lacking)
    if operation.function == "sum":
        return Some(_sum(kept) if operation.distinct is None else _sum_of_distinct(kept), lacking)
    if operation.function == "product":
        return Some(_product(kept), lacking)
    least_rows = sum(row.stays for row in kept)
    empty = least_rows <= 2 * operation.drop
    if not kept:
        return Some(Never(), missing=True)
    numbers = [row.value.number for row in kept]
    if least_rows == len(kept) and operation.distinct is None:
        return Some(_among_sure(operation, numbers) if not empty else Never(), lacking or empty)
    return Some(_among(operation.function, numbers), lacking or empty)


def _asked(any_of: bool, rows: Sequence[Entry]) -> Some:
    """Of `any`: a row that does not belong is a no, and one that may not come is no sooner a yes."""
    found = [_answer(row, any_of) for row in rows]
    return some(found) if any_of else every(found)


def _answer(row: Entry, any_of: bool) -> Some:
    belongs = row.when
    value = row.value
    if belongs is not None:
        value = every([belongs, value]) if any_of else some([opposite(belongs), value])
    if row.is_sure:
        return value
    return Some(hull(value.what, answers([not any_of]).what), value.missing)


def _count(rows: Sequence[Entry]) -> Range:
    low = sum(row.stays for row in rows)
    return Range(Fraction(low), None if any(row.several for row in rows) else Fraction(len(rows)))


def _sum(rows: Sequence[Entry]) -> Range:
    return total(_added(row, row.value.number) for row in rows)


def _added(row: Entry, number: Range) -> Range:
    if row.several:
        return _any_number_of(number)
    return number if row.stays else _or_nothing(number)


def _any_number_of(number: Range) -> Range:
    low, high = number.low is not None and number.low >= 0, number.high is not None and number.high <= 0
    return Range(Fraction(0) if low else None, Fraction(0) if high else None)


def _or_nothing(number: Range) -> Range:
    found = hull(number, NOTHING)
    assert isinstance(found, Range)
    return found


def _sum_of_distinct(rows: Sequence[Entry]) -> Range:
    """Of rows that are equal in their key the greatest; others of its key may come, and other keys."""
    groups: dict[Possible, list[Range]] = {}
    for row in rows:
        if row.several:
            continue
        if not row.stays or row.key is None or not _is_one(row.key):
            return total(_any_number_of(each.value.number) for each in rows)
        groups.setdefault(row.key.what, []).append(row.value.number)
    found = [Range(_least_of_greatest(group), greatest(one.high for one in group)) for group in groups.values()]
    for further in (row.value.number for row in rows if row.several):
        found = [Range(one.low, greatest([one.high, further.high])) for one in found] + [_any_number_of(further)]
    return total(found)


def _is_one(key: Some) -> bool:
    match key.what:
        case Range() as number:
            return number.only is not None and not key.missing
        case Thing(value):
            return value is not None and not key.missing
        case _:
            return False


def _least_of_greatest(group: Sequence[Range]) -> Bound:
    """The least that the greatest of some numbers can be."""
    lows = [one.low for one in group if one.low is not None]
    return max(lows) if lows else None


def _product(rows: Sequence[Entry]) -> Range:
    result = _ONE
    for row in rows:
        number = row.value.number
        if row.several:
            part = number.low is not None and number.low >= 0 and number.high is not None and number.high <= 1
            number = Range(Fraction(0), Fraction(1)) if part else ANY
        elif not row.stays:
            both = hull(number, _ONE)
            assert isinstance(both, Range)
            number = both
        result = multiply(result, number)
    return result


def _among_sure(operation: Aggregate, numbers: Sequence[Range]) -> Range:
    """Of rows that are all there; each of these grows with every one of its numbers, but for the variance."""
    count = len(numbers)
    match operation.function:
        case "least":
            return Range(
                least(one.low for one in numbers),
                min((h for one in numbers if (h := one.high) is not None), default=None),
            )
        case "greatest":
            return Range(_least_of_greatest(numbers), greatest(one.high for one in numbers))
        case "variance":
            return _variance(numbers)
    lows, highs = [one.low for one in numbers], [one.high for one in numbers]
    return Range(
        _ordered(operation, lows, count, lowest=True),
        _ordered(operation, highs, count, lowest=False),
    )


def _ordered(operation: Aggregate, bounds: Sequence[Bound], count: int, *, lowest: bool) -> Bound:
    """The mean or the median of bounds; those that are none stand first, or last, and may be dropped."""
    bounded = sorted(bound for bound in bounds if bound is not None)
    unbounded: list[Bound] = [None] * (count - len(bounded))
    ordered = [*unbounded, *bounded] if lowest else [*bounded, *unbounded]
    if operation.function == "median":
        middle = ordered[(count - 1) // 2 : count // 2 + 1]
    else:
        middle = ordered[operation.drop : count - operation.drop]
    known = [bound for bound in middle if bound is not None]
    return sum(known, Fraction(0)) / len(known) if len(known) == len(middle) else None


def _variance(numbers: Sequence[Range]) -> Range:
    points = [one.only for one in numbers]
    known = [point for point in points if point is not None]
    if len(known) == len(points):
        mean = sum(known, Fraction(0)) / len(known)
        value = sum(((point - mean) ** 2 for point in known), Fraction(0)) / len(known)
        return Range(value, value)
    return _spread(numbers)


def _among(function: str, numbers: Sequence[Range]) -> Range:
    """Of rows that may or may not be there: between the least and the greatest of them."""
    if function == "variance":
        return _spread(numbers)
    return Range(least(one.low for one in numbers), greatest(one.high for one in numbers))


def _spread(numbers: Sequence[Range]) -> Range:
    """No numbers between two bounds vary more than those of which half are at the one and half at the other."""
    low, high = least(one.low for one in numbers), greatest(one.high for one in numbers)
    return Range(Fraction(0), None if low is None or high is None else ((high - low) / 2) ** 2)


# ---------------------------------------------------------------- places


@frozen
class Place:
    """The keys of a row, the first of which decides; better is higher."""

    keys: tuple[Range, ...]
    is_sure: bool  # it is there, and none of its keys is missing

    def surely_above(self, other: "Place") -> bool:
        for mine, its in zip(self.keys, other.keys, strict=True):
            if mine.low is None or its.high is None or mine.low < its.high:
                return False
            if mine.low > its.high:
                return True
        return False

    def surely_not_below(self, other: "Place") -> bool:
        for mine, its in zip(self.keys, other.keys, strict=True):
            if mine.low is None or its.high is None or mine.low < its.high:
                return False
            if mine.low > its.high:
                return True
        return True


def place_of(number: int, peers: Sequence[Place], operation: Rank) -> Range:
    """The best and the worst place that one of the peers can have."""
    own, others = peers[number], [peer for row, peer in enumerate(peers) if row != number]
    above = [peer for peer in others if peer.is_sure and peer.surely_above(own)]
    perhaps = sum(not own.surely_not_below(peer) for peer in others)
    match operation.ties:
        case "shared":
            best, worst = 1 + len(above), 1 + perhaps
        case "dense":
            best, worst = 1 + _apart(above), 1 + perhaps
        case "last":
            best = 1 + sum(peer.is_sure and peer.surely_not_below(own) for peer in others)
            worst = 1 + sum(not own.surely_above(peer) for peer in others)
    return Range(Fraction(best), Fraction(worst))


def _apart(above: Sequence[Place]) -> int:
    """At least so many different keys there are among those above: as many as can be told apart one after another."""
    count, last = 0, None
    for place in sorted(above, key=lambda each: (each.keys[0].high is None, each.keys[0].high or 0)):
        if last is None or place.surely_above(last):
            count, last = count + 1, place
    return count
