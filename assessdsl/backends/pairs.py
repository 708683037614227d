"""Exact numbers as pairs of whole numbers, a column of them at a time: how the exact engine reckons.

A pair is a numerator and a denominator above zero. It is not reduced: to find the greatest common divisor, and to make
a Fraction of the two, takes longer than all the rest of an operation. Only whole numbers are multiplied and added here;
there is no `/`. What leaves the engine are Fractions.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from itertools import chain
from math import gcd, lcm
from typing import Any, Final

from assessdsl.facts import MISSING
from assessdsl.limits import LIMITS
from assessdsl.quantity import rounding

Pair = tuple[int, int]
Pairs = Sequence[Pair]

BITS: Final = LIMITS.result_digits * 10 // 3  # a decimal digit takes a little more than three bits
_TIGHT: Final = 512  # bits, up to which pairs are left as they are: arithmetic on shorter numbers costs much the same


def inner(values: Iterable[Any]) -> list[Any]:
    """The values with each Fraction as a pair."""
    return [value.as_integer_ratio() if type(value) is Fraction else value for value in values]


def outer(values: Iterable[Any]) -> list[Any]:
    """The values with each pair as a Fraction."""
    return [Fraction(*value) if type(value) is tuple else value for value in values]


# ---------------------------------------------------------------- arithmetic


def _added(left: Pairs, right: Pairs) -> list[Any]:
    return [(n + m, d) if d == e else (n * e + m * d, d * e) for (n, d), (m, e) in zip(left, right, strict=True)]


def _subtracted(left: Pairs, right: Pairs) -> list[Any]:
    return [(n - m, d) if d == e else (n * e - m * d, d * e) for (n, d), (m, e) in zip(left, right, strict=True)]


def _multiplied(left: Pairs, right: Pairs) -> list[Any]:
    return [(n * m, d * e) for (n, d), (m, e) in zip(left, right, strict=True)]


def _divided(left: Pairs, right: Pairs, otherwise: object = None) -> list[Any]:
    return [
        ((n, m) if d == e else (n * e, d * m)) if m > 0 else (-n * e, -d * m) if m else otherwise
        for (n, d), (m, e) in zip(left, right, strict=True)
    ]


def least(left: Pairs, right: Pairs) -> list[Any]:
    """Of equal ones the left."""
    return [
        right_one if m * d < n * e else left_one
        for left_one, right_one in zip(left, right, strict=True)
        for n, d in (left_one,)
        for m, e in (right_one,)
    ]


def greatest(left: Pairs, right: Pairs) -> list[Any]:
    return [
        right_one if m * d > n * e else left_one
        for left_one, right_one in zip(left, right, strict=True)
        for n, d in (left_one,)
        for m, e in (right_one,)
    ]


def _longer(*bits: int) -> int:
    return max(bits)


CALCULATE: Final[dict[str, Callable[..., list[Any]]]] = {
    "+": _added, "-": _subtracted, "*": _multiplied, "/": _divided,
    "per": lambda left, right: _divided(left, right, MISSING),
    "neg": lambda column: [(-n, d) for n, d in column],
    "abs": lambda column: [(abs(n), d) for n, d in column],
    "min": lambda *columns: reduce(least, columns), "max": lambda *columns: reduce(greatest, columns),
}  # fmt: skip
"""Of columns, a column; None: no result."""

BITS_OF: Final[dict[str, Callable[..., int]]] = {
    "+": lambda left, right: left + right + 1, "-": lambda left, right: left + right + 1,
    "*": int.__add__, "/": int.__add__, "per": int.__add__, "neg": int, "abs": int, "min": _longer, "max": _longer,
}  # fmt: skip
"""How many bits a number has at the most, of operands that have at the most so many."""

COMPARE: Final[dict[str, Callable[[Pairs, Pairs], list[bool]]]] = {
    "==": lambda left, right: [
        n == m if d == e else n * e == m * d for (n, d), (m, e) in zip(left, right, strict=True)
    ],
    "!=": lambda left, right: [
        n != m if d == e else n * e != m * d for (n, d), (m, e) in zip(left, right, strict=True)
    ],
    "<": lambda left, right: [n < m if d == e else n * e < m * d for (n, d), (m, e) in zip(left, right, strict=True)],
    "<=": lambda left, right: [
        n <= m if d == e else n * e <= m * d for (n, d), (m, e) in zip(left, right, strict=True)
    ],
    ">": lambda left, right: [n > m if d == e else n * e > m * d for (n, d), (m, e) in zip(left, right, strict=True)],
    ">=": lambda left, right: [
        n >= m if d == e else n * e >= m * d for (n, d), (m, e) in zip(left, right, strict=True)
    ],
}


def rounded(column: Pairs, mode: str, places: int) -> list[Any]:
    whole, above, below = rounding(mode), 10 ** max(places, 0), 10 ** max(-places, 0)
    return [(whole(n * above, d * below) * below, above) for n, d in column]


def total(pairs: Collection[Pair]) -> Pair | None:
    """The sum over one common denominator, which is much faster than adding one by one; None if that, of the reduced,
    grows too long."""
    summed = _summed(pairs)
    return _summed(_reduced(*pair) for pair in pairs) if summed is None else summed


def _summed(pairs: Iterable[Pair]) -> Pair | None:
    above, below = 0, 1
    for n, d in pairs:
        if d == below:
            above += n
            continue
        if below % d:
            wider = lcm(below, d)
            if wider.bit_length() > BITS:
                return None
            above, below = above * (wider // below), wider
        above += n * (below // d)
    return above, below


# ---------------------------------------------------------------- length


def longest(values: Iterable[Any]) -> int:
    """How many bits the longest whole number of the pairs among the values has."""
    return max(map(abs, chain.from_iterable(value for value in values if type(value) is tuple)), default=0).bit_length()


def shortened(values: Sequence[Any], bits: int) -> tuple[Sequence[Any], int]:
    """The values, of which none has more bits, with each pair reduced if they may be long; and how long they are."""
    if bits <= _TIGHT:
        return values, bits
    reduced = [_reduced(*value) if type(value) is tuple else value for value in values]
    return reduced, longest(reduced)


def _reduced(n: int, d: int) -> Pair:
    common = gcd(n, d)
    return n // common, d // common
