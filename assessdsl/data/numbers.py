"""Numbers of programs and workbooks, exactly as they are written."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache


def plain_number(number: Fraction) -> int | Fraction:
    return number.numerator if number.denominator == 1 else number


@lru_cache(maxsize=1 << 16)  # of many numbers few differ
def shortest(number: float) -> int | Fraction:
    """A finite float as the shortest decimal that it is the nearest one to, which is how it is written."""
    return plain_number(Fraction(Decimal(float.__repr__(number))))
