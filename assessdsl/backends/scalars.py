"""The functions of strict operations on exact values, one after the other. None: no result."""

import operator
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from assessdsl import irrational
from assessdsl.backends.ratios import BITS
from assessdsl.facts import MISSING
from assessdsl.quantity import add_months

COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _divided(left: Fraction, right: Fraction) -> Fraction | None:
    return left / right if right else None


def _days_later(day: date, days: Fraction) -> date | None:
    try:
        return day + timedelta(days=days.numerator) if days.denominator == 1 else None
    except OverflowError:  # the calendar ends with the year 9999
        return None


def _months_later(day: date, months: Fraction) -> date | None:
    try:
        return add_months(day, months.numerator) if months.denominator == 1 else None
    except (OverflowError, ValueError):
        return None


def _whole_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    times = abs(exponent.numerator)
    if base == 0:
        return None if exponent < 0 else base**times
    length = max(base.numerator.bit_length(), base.denominator.bit_length()) - 1  # of 1 it is no longer
    return None if length * times > BITS else base**exponent.numerator


def _power(*numbers: Fraction) -> Fraction | None:
    """Of bases and exponents in turn; one below zero is of a branch that is not taken."""
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    return None if any(base < 0 for base, _ in pairs) else irrational.power(pairs)


CALCULATE: Final[dict[str, Callable[..., Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divided,
    "per": lambda left, right: _divided(left, right) if right else MISSING, "neg": operator.neg, "abs": abs,
    "min": min, "max": max,
    "days_between": lambda later, earlier: Fraction((later - earlier).days),
    "add_days": _days_later, "add_months": _months_later,
    "whole_power": _whole_power, "power": _power, "exp": irrational.exp,
    "ln": lambda number: irrational.ln(number) if number > 0 else None,
}  # fmt: skip
