"""Logarithms and powers of e of numbers with a bound on their error, by sums of which the program proves the bound.

No function of a library is asked, since none says how far it may be wrong: a number is taken apart into its power of
two and the rest, which is exact, and the series of the rest, cut off, is so many sums and products.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from math import ceil, factorial, floor
from typing import Final

from assessdsl import irrational
from assessdsl.backends.columnar.nodes import Node, Part, shorter
from assessdsl.backends.columnar.program import Program

LARGEST: Final = 600  # of an exponent of e, either way
_LN_2: Final = irrational.ln(Fraction(2))
_ROUNDED: Final = Fraction(1, 10**49)  # what is meant may be the number itself or that of 50 digits
_S: Final = Fraction(173, 1000)  # (m − 1) ÷ (m + 1) is no further from zero, if m lies between √½ and √2
_R: Final = Fraction(36, 100)  # half the logarithm of 2, and some more


def _cut_off(coefficients: Sequence[Fraction], rest: Fraction) -> list[tuple[Fraction, Fraction]]:
    """The coefficients of a series, each with how far it may be off: all that follows is counted to the last."""
    *others, last = coefficients
    return [*((one, Fraction(0)) for one in others), (last, rest)]


# ln m = 2 (s + s³/3 + s⁵/5 + …)
_OF_LN: Final = _cut_off([Fraction(2, 2 * n + 1) for n in range(10)], Fraction(2, 21) * _S**2 / (1 - _S**2))
# e to the power of r = 1 + r + r²/2! + …
_OF_EXP: Final = _cut_off([Fraction(1, factorial(n)) for n in range(13)], Fraction(1, factorial(13)) * _R / (1 - _R))


def _series(p: Program, x: Node, coefficients: Sequence[tuple[Fraction, Fraction]]) -> Node:
    *others, last = (p.real_constant(*one) for one in coefficients)
    return reduce(lambda found, one: p.real_add(p.real_multiply(found, x), one), reversed(others), last)


def _ends(function: Callable[[Fraction], Fraction | None], one: Node) -> tuple[Fraction, Fraction]:
    """Between what a function that rises lies."""
    low, high = function(one.low), function(one.high)
    assert low is not None
    assert high is not None
    return shorter(low - abs(low) * _ROUNDED, floor), shorter(high + abs(high) * _ROUNDED, ceil)


def logarithm(p: Program, one: Node) -> Node:
    """The natural logarithm of a number that is above zero in every row, and off by no more than a part of itself."""
    mantissa, ones = p.mantissa(one), p.real_constant(Fraction(1))
    s = p.quotient(p.real_add(mantissa, ones, "-"), p.real_add(mantissa, ones), (-_S, _S))
    rest = p.real_multiply(s, _series(p, p.real_multiply(s, s), _OF_LN))
    powers = p.real_multiply(p.exponent(one), p.real_constant(_LN_2))
    low, high = _ends(irrational.ln, one)
    most = max(abs(low), abs(high))
    return p.real("+", (powers, rest), low, high, powers.error + rest.error + most * _ROUNDED)


def exponential(p: Program, one: Node) -> Node:
    """e to the power of a number within ±LARGEST."""
    whole = p.nearest(p.real_multiply(one, p.real_constant(1 / _LN_2)))
    powers = p.real_multiply(whole, p.real_constant(_LN_2))
    rest = p.real("-", (one, powers), -_R, _R, one.error + powers.error)
    product = p.real_multiply(p.power_of_two(whole), _series(p, rest, _OF_EXP))
    assert product.part is not None
    low, high = _ends(irrational.exp, one)
    of_it = product.part.of_it + _ROUNDED
    return p.real("*", product.inputs, low, high, of_it * high, Part(of_it, low))
