"""Columns of exact values, and arithmetic on them: how the exact engine reckons.

Of a number the numerator stands in the column. Denominators stand beside it: one for all, as after a rounding, or one
for each row, as after a division. So an operation on a column is one on whole numbers, which Python does many times as
fast as on Fractions. Numbers are not reduced: to find the greatest common divisor takes longer than all the rest.
Nothing is divided here but where nothing is left over. What leaves the engine are Fractions.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import chain, repeat
from math import gcd, lcm
from typing import Any, Final

from attrs import Factory, define, field

from assessdsl.backends.columns import Fault, Value
from assessdsl.facts import MISSING, Missing
from assessdsl.limits import LIMITS
from assessdsl.quantity import rounding

BITS: Final = LIMITS.result_digits * 10 // 3  # a decimal digit takes a little more than three bits

_TIGHT: Final = 512  # bits, up to which numbers are left as they are: arithmetic on shorter ones costs much the same
_SPECIAL: Final = frozenset({Missing, Fault})
_NUMBERS: Final = frozenset({int})
_TRUTHS: Final = frozenset({bool})

Below = int | Sequence[int]
"""The denominator of every number, or one for each row; above zero, and 1 where there is no number."""


@define(eq=False)
class Column:
    values: Sequence[Any]  # of a number, the numerator
    below: Below = 1
    kinds: frozenset[type] = field(
        default=Factory(lambda self: frozenset(map(type, self.values)), takes_self=True), kw_only=True
    )
    """No value is of another type."""
    same: bool = field(default=False, kw_only=True)  # one value in all rows
    _bits: int | None = field(default=None, kw_only=True)
    _read: list[Value] | None = field(default=None, init=False)

    @property
    def whole(self) -> bool:
        """Neither faults nor missing values."""
        return _SPECIAL.isdisjoint(self.kinds)

    @property
    def numeric(self) -> bool:
        """Numbers only."""
        return self.kinds <= _NUMBERS

    @property
    def bits(self) -> int:
        """No numerator and no denominator has more."""
        if self._bits is None:
            below = [self.below] if isinstance(self.below, int) else self.below
            above = self.values if self.numeric else [value for value in self.values if type(value) is int]
            self._bits = max(max(map(abs, above)), max(below)).bit_length() if above else 0
        return self._bits

    @property
    def denominators(self) -> Sequence[int]:
        return [self.below] * len(self.values) if isinstance(self.below, int) else self.below

    @property
    def read(self) -> list[Value]:
        """The values, numbers as Fractions."""
        if self._read is None:
            pairs = list(zip(self.values, self.denominators, strict=True))
            if self.numeric:  # one Fraction for all that are equal: most points are met again and again
                made: dict[tuple[int, int], Value] = {pair: Fraction(*pair) for pair in set(pairs)}
                self._read = [made[pair] for pair in pairs]
            else:
                self._read = [Fraction(value, d) if type(value) is int else value for value, d in pairs]
        return self._read

    def part(self, start: int, end: int) -> "Column":
        below = self.below if isinstance(self.below, int) else self.below[start:end]
        return Column(self.values[start:end], below, kinds=self.kinds, same=self.same, bits=self._bits)

    def take(self, rows: Sequence[int]) -> "Column":
        """The values of these rows, in this order."""
        values, below = self.values, self.below
        taken = below if isinstance(below, int) else [below[row] for row in rows]
        return Column([values[row] for row in rows], taken, kinds=self.kinds, same=self.same, bits=self.bits)

    def everywhere(self, row: int, count: int) -> "Column":
        """The value of the row, so many times; a number reduced, so that most are over 1."""
        value, below = self.values[row], self.below if isinstance(self.below, int) else self.below[row]
        if type(value) is int:
            common = gcd(value, below)
            value, below = value // common, below // common
        return Column([value] * count, below, kinds=self.kinds, same=True, bits=self.bits)


def column(values: Sequence[Value | None]) -> Column:
    """The column of these values, among which numbers are Fractions."""
    kinds = frozenset(map(type, values))
    if Fraction not in kinds:
        return Column(values, kinds=kinds)
    above: list[Any]
    if len(kinds) == 1:
        parts = list(chain.from_iterable(map(Fraction.as_integer_ratio, values)))  # type: ignore[arg-type]
        above, below = parts[::2], parts[1::2]
    else:
        above = [value.numerator if type(value) is Fraction else value for value in values]
        below = [value.denominator if type(value) is Fraction else 1 for value in values]
    kinds = (kinds - {Fraction}) | _NUMBERS
    common = lcm(*set(below))
    if common == 1:
        return Column(above, kinds=kinds)
    if common.bit_length() > _TIGHT or len(kinds) > 1:
        return Column(above, below, kinds=kinds)
    return Column([n * (common // d) for n, d in zip(above, below, strict=True)], common, kinds=kinds)


def in_turn(rows: Sequence[int], own: Column, others: Sequence[int], beside: Column) -> Column:
    """Of two columns one, in which the values of each stand in these rows."""
    if not others:
        return own
    values: list[Any] = [None] * (len(rows) + len(others))
    for row, value in (*zip(rows, own.values, strict=True), *zip(others, beside.values, strict=True)):
        values[row] = value
    one = own.below if int in own.kinds else beside.below
    if isinstance(one, int) and (int not in beside.kinds or beside.below == one):
        return Column(values, one)
    below = [1] * len(values)
    for row, d in (*zip(rows, own.denominators, strict=True), *zip(others, beside.denominators, strict=True)):
        below[row] = d
    return Column(values, below)


def _made(values: Sequence[Any], below: Below, bits: int) -> Column:
    """What was worked out, of which it is known that no number has more bits."""
    if bits <= _TIGHT:
        return Column(values, below, kinds=_NUMBERS, bits=bits)
    counted = Column(values, below, kinds=_NUMBERS)
    return counted if counted.bits <= _TIGHT else reduced(counted)


def reduced(long: Column) -> Column:
    pairs = [
        (value, 1) if type(value) is not int else (value // common, d // common)
        for value, d in zip(long.values, long.denominators, strict=True)
        for common in (gcd(value, d) if type(value) is int else 1,)
    ]
    return Column([value for value, _ in pairs], [d for _, d in pairs], kinds=long.kinds)


# ---------------------------------------------------------------- arithmetic on numbers


def _times(numbers: Sequence[int], by: Below) -> Sequence[int]:
    if isinstance(by, int):
        return numbers if by == 1 else [number * by for number in numbers] if by else [0] * len(numbers)
    return list(map(operator.mul, numbers, by))


def _over(own: Column, by: Below) -> Sequence[int]:
    """The numerators, times another denominator."""
    return _times(by, own.values[0]) if own.same and not isinstance(by, int) and own.values else _times(own.values, by)


def _product(below: Below, other: Below) -> Below:
    if isinstance(below, int):
        return below * other if isinstance(other, int) else _times(other, below)
    return _times(below, other)


def _aligned(left: Column, right: Column) -> tuple[Sequence[int], Sequence[int], Below]:
    """The numerators over the same denominators."""
    d, e = left.below, right.below
    if isinstance(d, int) and isinstance(e, int):
        common = lcm(d, e)
        return _over(left, common // d), _over(right, common // e), common
    return _over(left, e), _over(right, d), _product(d, e)


def _added(left: Column, right: Column) -> Column:
    above, other, below = _aligned(left, right)
    return _made(list(map(operator.add, above, other)), below, left.bits + right.bits + 1)


def _subtracted(left: Column, right: Column) -> Column:
    above, other, below = _aligned(left, right)
    return _made(list(map(operator.sub, above, other)), below, left.bits + right.bits + 1)


def _multiplied(left: Column, right: Column) -> Column:
    by = right.values[0] if right.same and right.values else right.values
    return _made(_times(left.values, by), _product(left.below, right.below), left.bits + right.bits)


def _divided(left: Column, right: Column, otherwise: object = None) -> Column:
    above, below, _ = _aligned(left, right)
    if min(below, default=1) > 0:
        return _made(above, below, left.bits + right.bits)
    values = [n if m > 0 else -n if m else otherwise for n, m in zip(above, below, strict=True)]
    return Column(values, [abs(m) or 1 for m in below])


def least(left: Column, right: Column) -> Column:
    above, other, below = _aligned(left, right)
    if all(map(operator.le, above, other)):
        return left
    values = [m if m < n else n for n, m in zip(above, other, strict=True)]
    return _made(values, below, left.bits + right.bits)


def greatest(left: Column, right: Column) -> Column:
    above, other, below = _aligned(left, right)
    if all(map(operator.ge, above, other)):
        return left
    values = [m if m > n else n for n, m in zip(above, other, strict=True)]
    return _made(values, below, left.bits + right.bits)


def _each(function: Callable[[int], int], own: Column) -> Column:
    return Column(list(map(function, own.values)), own.below, kinds=own.kinds, same=own.same, bits=own.bits)


CALCULATE: Final[dict[str, Callable[..., Column]]] = {
    "+": _added, "-": _subtracted, "*": _multiplied, "/": _divided,
    "per": lambda left, right: _divided(left, right, MISSING),
    "neg": lambda own: _each(operator.neg, own), "abs": lambda own: _each(abs, own),
    "min": lambda *columns: reduce(least, columns), "max": lambda *columns: reduce(greatest, columns),
}  # fmt: skip
"""Of columns of numbers, their column; None: no result."""


def compared(sign: Callable[[Any, Any], bool], left: Column, right: Column) -> Column:
    """What may be compared is of one kind: of others than numbers there are no denominators."""
    above, other, _ = _aligned(left, right)
    return Column(list(map(sign, above, other)), kinds=_TRUTHS)


def rounded(own: Column, mode: str, places: int) -> Column:
    up, down = 10 ** max(places, 0), 10 ** max(-places, 0)
    above, below = _times(own.values, up), _product(own.below, down)
    wholes = list(map(rounding(mode), above, repeat(below) if isinstance(below, int) else below))
    return _made(_times(wholes, down), up, own.bits + 4 * abs(places) + 2)


def chosen(conditions: Column, first: Column, second: Column) -> Column:
    """Of each row the first where the condition holds, the second where it does not, and else the condition."""
    if conditions.kinds == _TRUTHS and True not in conditions.values:
        return second
    in_one = first.same or second.same or (isinstance(first.below, int) and isinstance(second.below, int))
    whole = conditions.whole and first.whole and second.whole
    if in_one and whole:
        one, other, below = _aligned(first, second)
    else:
        one, other = first.values, second.values
        below = _those_chosen(conditions, first, second)
    rows = zip(conditions.values, one, other, strict=True)
    if conditions.whole:
        values = [of_one if holds else of_other for holds, of_one, of_other in rows]
    else:
        values = [
            of_one if holds is True else of_other if holds is False else holds for holds, of_one, of_other in rows
        ]
    kinds = first.kinds | second.kinds if whole else frozenset(map(type, values))
    made = Column(values, below, kinds=kinds, bits=first.bits + second.bits)
    return made if made.bits <= _TIGHT else reduced(made)


def _those_chosen(conditions: Column, first: Column, second: Column) -> Below:
    if int not in first.kinds:
        return second.below
    if int not in second.kinds or first.below == second.below:
        return first.below
    rows = zip(conditions.values, first.denominators, second.denominators, strict=True)
    return [d if holds is True else e if holds is False else 1 for holds, d, e in rows]


# ---------------------------------------------------------------- sums


def total(pairs: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The sum over one common denominator, which is much faster than adding one by one; None if that, of the reduced,
    grows too long."""
    summed = _summed(pairs)
    return _summed((n // gcd(n, d), d // gcd(n, d)) for n, d in pairs) if summed is None else summed


def _summed(pairs: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    above, below = 0, 1
    for n, d in pairs:
        if below % d:
            wider = lcm(below, d)
            if wider.bit_length() > BITS:
                return None
            above, below = above * (wider // below), wider
        above += n * (below // d)
    return above, below


def totals(rows: Iterable[Sequence[tuple[int, int]]]) -> Column:
    """The sum of each row; None where it grows too long."""
    pairs = [pair or (None, 1) for pair in map(total, rows)]
    return Column([above for above, _ in pairs], [below for _, below in pairs])


def added_up(columns: Sequence[Column], signs: Sequence[int]) -> Column:
    """The sum of each row of the columns, of which some are taken off; None where it grows too long."""
    below = [own.below for own in columns if isinstance(own.below, int)]
    common = lcm(*below)
    if common.bit_length() > _TIGHT or len(below) < len(columns):
        signed = [_times(own.values, sign) for own, sign in zip(columns, signs, strict=True)]
        pairs = [list(zip(above, own.denominators, strict=True)) for own, above in zip(columns, signed, strict=True)]
        return totals(zip(*pairs, strict=True))
    over = [_times(own.values, sign * (common // d)) for own, sign, d in zip(columns, signs, below, strict=True)]
    return Column(list(map(sum, zip(*over, strict=True))), common, kinds=_NUMBERS)


def folded(own: Column, count: int) -> Column:
    """Of so many rows, and again so many, the sum of each; None where it grows too long."""
    if len(own.values) == count:
        return own
    rows = range(count)
    if isinstance(own.below, int):
        return Column([sum(own.values[row::count]) for row in rows], own.below, kinds=_NUMBERS)
    return totals(list(zip(own.values[row::count], own.below[row::count], strict=True)) for row in rows)


def gathered(own: Column, above: Sequence[int], count: int) -> Column:
    """The sum of all rows under each row of a coarser grain; None where it grows too long."""
    if isinstance(own.below, int):
        sums = [0] * count
        for row, number in zip(above, own.values, strict=True):
            sums[row] += number
        return Column(sums, own.below)
    buckets: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for row, number, d in zip(above, own.values, own.below, strict=True):
        buckets[row].append((number, d))
    return totals(buckets)
