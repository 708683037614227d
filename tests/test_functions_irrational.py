"""Roots, powers and logarithms: each result is the decimal of 50 digits that is nearest to the exact value."""

from fractions import Fraction
from math import prod

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from assessdsl.irrational import DIGITS, exp, ln, power

numbers = st.builds(Fraction, st.integers(1, 10**12), st.integers(1, 10**9))
exponents = st.builds(Fraction, st.integers(-9, 9), st.integers(1, 9))


def unit_of_the_last_digit(result: Fraction) -> Fraction:
    """How far apart decimals of 50 digits are there, and whether the number is one of them."""
    magnitude = Fraction(1)
    while magnitude * 10 <= abs(result):
        magnitude *= 10
    while magnitude > abs(result):
        magnitude /= 10
    unit = magnitude / 10 ** (DIGITS - 1)
    assert (result / unit).denominator == 1
    return unit


def assert_nearest_power(result: Fraction, factors: list[tuple[Fraction, Fraction]]) -> None:
    """By whole numbers alone: the common root of the product lies within half a unit of the result."""
    half = unit_of_the_last_digit(result) / 2
    common = prod({exponent.denominator for _, exponent in factors})
    product = prod((base ** int(exponent * common) for base, exponent in factors), start=Fraction(1))
    low, high = (result - half) ** common, (result + half) ** common
    assert low <= product <= high
    if product in (low, high):  # a tie goes to the even digit
        assert (result / half / 2).numerator % 2 == 0


@given(numbers, exponents)
@example(Fraction(2), Fraction(1, 2))
@example(Fraction(9, 4), Fraction(1, 2))
@example(Fraction(1, 10**9), Fraction(-7, 9))
def test_powers(base: Fraction, exponent: Fraction) -> None:
    result = power([(base, exponent)])
    assert result is not None
    assert_nearest_power(result, [(base, exponent)])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(numbers, st.sampled_from([Fraction(1, 3), Fraction(1, 2), Fraction(1, 6), Fraction(2)]))))
def test_products_of_powers_are_rounded_once(factors: list[tuple[Fraction, Fraction]]) -> None:
    result = power(factors)
    assert result is not None
    assert_nearest_power(result, factors)


@pytest.mark.parametrize("last", [5, 15, 25])
def test_what_lies_between_two_decimals_goes_to_the_even_one(last: int) -> None:
    middle = Fraction(3 * 10**DIGITS + last, 10)
    expected = Fraction(round(middle))  # half to even
    assert power([(middle**2, Fraction(1, 2))]) == expected
    # however little it is beside the middle, it goes to its own side
    little = Fraction(1, 10**1500)
    assert power([(middle**2 + little, Fraction(1, 2))]) == middle + Fraction(1, 2)
    assert power([(middle**2 - little, Fraction(1, 2))]) == middle - Fraction(1, 2)
    # and with exponents that no whole power can be compared by
    weight = Fraction(333_333_333_333, 10**12)
    assert power([(middle, weight), (middle, 1 - weight)]) == expected


def test_exact_results_are_exact() -> None:
    assert power([(Fraction(49, 100), Fraction(1, 2))]) == Fraction(7, 10)
    assert power([(Fraction(1, 2), Fraction(1, 3)), (Fraction(1, 2), Fraction(2, 3))]) == Fraction(1, 2)
    assert power([(Fraction(8), Fraction(1, 3)), (Fraction(5), Fraction(0))]) == 2
    assert power([]) == 1
    assert ln(Fraction(1)) == 0
    assert exp(Fraction(0)) == 1


def test_zero() -> None:
    assert power([(Fraction(0), Fraction(1, 2)), (Fraction(5), Fraction(1, 2))]) == 0
    assert power([(Fraction(0), Fraction(0))]) == 1
    assert power([(Fraction(0), Fraction(-1, 2))]) is None


# From tables: the first sixty digits.
KNOWN = [
    (exp(Fraction(1)), "2.71828182845904523536028747135266249775724709369995957496697"),
    (exp(Fraction(-1)), "0.367879441171442321595523770161460867445811131031767834507837"),
    (ln(Fraction(2)), "0.693147180559945309417232121458176568075500134360255254120680"),
    (ln(Fraction(10)), "2.30258509299404568401799145468436420760110148862877297603333"),
    (ln(Fraction(1, 2)), "-0.693147180559945309417232121458176568075500134360255254120680"),
    (power([(Fraction(2), Fraction(1, 2))]), "1.41421356237309504880168872420969807856967187537694807317668"),
    (power([(Fraction(2), Fraction(1, 3))]), "1.25992104989487316476721060727822835057025146470150798008198"),
]


@pytest.mark.parametrize(("result", "digits"), KNOWN)
def test_known_digits(result: Fraction | None, digits: str) -> None:
    assert result is not None
    assert abs(result - Fraction(digits)) <= unit_of_the_last_digit(result) / 2


def series(x: Fraction, terms: int) -> tuple[Fraction, Fraction]:
    """Between what e to the power of x lies, for x from 0 to 1, by its series."""
    total, term = Fraction(0), Fraction(1)
    for n in range(1, terms):
        total, term = total + term, term * x / n
    return total, total + 3 * term


@settings(max_examples=50, deadline=None)
@given(st.builds(Fraction, st.integers(1, 1000), st.integers(1000, 2000)))
def test_exponentials_and_logarithms_agree_with_the_series(x: Fraction) -> None:
    low, high = series(x, 60)
    result = exp(x)
    assert result is not None
    half = unit_of_the_last_digit(result) / 2
    assert result - half <= high
    assert low <= result + half
    # the logarithm of what lies just below the series is no more than x, and the other way round
    unit = Fraction(1, 10**DIGITS)
    assert ln(low) <= x + unit
    assert ln(high) >= x - unit


@given(numbers, numbers)
def test_they_never_fall(a: Fraction, b: Fraction) -> None:
    assume(a <= b)
    assert ln(a) <= ln(b)
    third = Fraction(1, 3)
    assert power([(a, third)]) <= power([(b, third)])  # type: ignore[operator]


def test_what_is_too_long_is_refused_at_once() -> None:
    assert exp(Fraction(10**9)) is None
    assert exp(Fraction(-(10**9))) is None
    assert power([(Fraction(2), Fraction(10**30))]) is None
    assert power([(Fraction(2), Fraction(10**9 + 1, 3))]) is None


def test_numbers_of_thousands_of_digits() -> None:
    long = Fraction(10**4500 + 1, 10**4500)
    assert 0 < ln(long) < Fraction(1, 10**4499)
    root = power([(Fraction(10**4501), Fraction(1, 2))])
    assert root is not None
    assert_nearest_power(root, [(Fraction(10**4501), Fraction(1, 2))])


def test_an_exponential_near_one() -> None:
    little = Fraction(1, 10**60)
    assert exp(little) == 1
    assert exp(-little) == 1
    assert exp(Fraction(1, 10**49)) == 1 + Fraction(1, 10**49)
