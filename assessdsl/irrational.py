"""Powers, roots, logarithms: what leaves the fractions, as decimals of 50 significant digits, correctly rounded.

A result is the exact one rounded once, half to even, so that every implementation gives the same digits. It is worked
out in decimals of more digits whose error is bounded; more are taken until both ends of the bound round alike.
"""

from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache
from math import lcm
from typing import Final

DIGITS: Final = 50
_GUARDS: Final = (15, 60, 250, 1_000, 5_000)  # further digits that are tried one after the other
_LARGEST: Final = 10_000  # of an exponent of e: the result would have more digits than any result may have
_COMPARED_BITS: Final = 2_000_000  # up to which two powers are compared as whole numbers


@cache
def _context(digits: int) -> Context:
    return Context(prec=digits, rounding=ROUND_HALF_EVEN, Emax=MAX_EMAX, Emin=MIN_EMIN, clamp=0, traps=[])


_FINAL: Final = _context(DIGITS)


def ln(x: Fraction) -> Fraction:
    """The natural logarithm of a number above zero."""
    assert x > 0
    if x == 1:
        return Fraction(0)
    for guard in _GUARDS:
        value, error = _ln(x, _context(DIGITS + guard))
        if (found := _alike(value - error, value + error)) is not None:
            return found
    return _rounded(value)


def exp(x: Fraction) -> Fraction | None:
    """e to the power of x; None where the result is too long for any use."""
    if abs(x) > _LARGEST:
        return None
    if x == 0:
        return Fraction(1)
    for guard in _GUARDS:
        low, high = _exp(x, Fraction(0), _context(DIGITS + guard))
        if (found := _alike(low, high)) is not None:
            return found
    return _rounded(low)


def power(factors: Iterable[tuple[Fraction, Fraction]]) -> Fraction | None:
    """The product of the bases, none below zero, to the power of their exponents.

    None where it is too long for any use, or where zero has an exponent below zero.
    """
    exponents: dict[Fraction, Fraction] = {}
    for base, exponent in factors:
        assert base >= 0
        exponents[base] = exponents.get(base, Fraction(0)) + exponent
    zero = exponents.pop(Fraction(0), Fraction(0))
    if zero:
        return Fraction(0) if zero > 0 else None
    pairs = [(base, exponent) for base, exponent in exponents.items() if exponent and base != 1]
    if not pairs:
        return Fraction(1)
    for guard in _GUARDS:
        context = _context(DIGITS + guard)
        logs = [(_ln(base, context), exponent) for base, exponent in pairs]
        sum_of_logs = sum((log * exponent for (log, _), exponent in logs), Fraction(0))
        if abs(sum_of_logs) > _LARGEST:
            return None
        error = sum((bound * abs(exponent) for (_, bound), exponent in logs), Fraction(0))
        low, high = _exp(sum_of_logs, error, context)
        if (found := _alike(low, high)) is not None:
            return found
        if (exact := _beside_a_middle(pairs, low, high)) is not None:
            return exact
    return _rounded(low)  # nothing but a middle between two decimals is so near to one


def _ln(x: Fraction, context: Context) -> tuple[Fraction, Fraction]:
    """The logarithm, and by how much it may be wrong."""
    parts = [Fraction(context.ln(Decimal(part))) for part in (x.numerator, x.denominator)]
    # each is correctly rounded, so wrong by half a unit of its last digit
    return parts[0] - parts[1], (parts[0] + parts[1]) * Fraction(1, 10 ** (context.prec - 1))


def _exp(x: Fraction, error: Fraction, context: Context) -> tuple[Fraction, Fraction]:
    """Between what e to the power of x lies, where x may be wrong by the error."""
    exponent = context.divide(Decimal(x.numerator), Decimal(x.denominator))
    value = Fraction(context.exp(exponent))
    unit = Fraction(1, 10 ** (context.prec - 1))
    apart = error + abs(x) * unit
    if apart > Fraction(1, 2):
        return Fraction(0), value * _LARGEST
    # for a small d, e to the d is no further from 1 than 2 d
    relative = 2 * apart + 2 * unit
    return value * (1 - relative), value * (1 + relative)


def _rounded(x: Fraction) -> Fraction:
    """To the digits of a result, half to even."""
    if x.numerator == 0:
        return x
    # at least as many digits as are kept and more; one behind them tells whether anything follows
    bits = x.numerator.bit_length() - x.denominator.bit_length() - 1
    shift = DIGITS + 3 - bits * 30_103 // 100_000
    scaled = x * Fraction(10) ** shift
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    near = _FINAL.plus(Decimal(whole * 10 + (1 if rest else 0)))
    result = Fraction(near) / Fraction(10) ** (shift + 1)
    return result if x > 0 else -result


def _alike(low: Fraction, high: Fraction) -> Fraction | None:
    """The result, where both ends round to it."""
    found = _rounded(low)
    return found if found == _rounded(high) else None


def _beside_a_middle(pairs: Sequence[tuple[Fraction, Fraction]], low: Fraction, high: Fraction) -> Fraction | None:
    """The result, where the middle between two decimals lies within the bounds and can be compared with it exactly."""
    below, above = _rounded(low), _rounded(high)
    if above - below > below * Fraction(10, 10**DIGITS):
        return None
    middle = (below + above) / 2
    common = lcm(*(exponent.denominator for _, exponent in pairs))
    whole = [(base, int(exponent * common)) for base, exponent in pairs]
    length = sum((base.numerator.bit_length() + base.denominator.bit_length()) * abs(n) for base, n in whole)
    if max(length, common * (DIGITS + 1) * 4) > _COMPARED_BITS or not low <= middle <= high:
        return None
    product = Fraction(1)
    for base, exponent in whole:
        product *= base**exponent
    if product == middle**common:
        return _rounded(middle)
    return below if product < middle**common else above
