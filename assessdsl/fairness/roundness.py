"""Which numbers and days are plain: what a reader of a counterexample takes in at a glance."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Final

from assessdsl.engine import Policy
from assessdsl.fairness.case import IN_HUNDREDTHS, Coordinate
from assessdsl.fairness.stories import Change
from assessdsl.quantity import Unit, decimal_places

ROUND: Final = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 150, 200)


def near(value: Fraction, size: Fraction) -> Iterator[Fraction]:
    """The rounder numbers below and above it: of 39.4 these are 39 and 40, 30 and 40."""
    number = value / size
    for unit in (1, 10, 100, 1000, 10000):
        low = number // unit * unit
        if unit == 1 or abs(number) >= unit:
            yield from (low * size, (low + unit) * size)


def plainness(change: Change, moved: Fraction) -> tuple[int, Fraction, Fraction]:
    """Few digits, then a small change, then one that moves much; of plans, where any other is as wrong, the reverse."""
    ends = [value for value in (change.before, change.after) if value is not None]
    faint = 0 if moved >= 1 else 3  # what hardly shows convinces nobody
    length = sum(digits(value, change.coordinate.unit) for value in ends) + faint
    return (length, -moved, change.width) if change.coordinate.name == "planned" else (length, change.width, -moved)


def digits(value: Fraction, unit: Unit) -> int:
    """How much there is to read: digits other than zeros at the end, decimal places twice, a sign three times. Nothing
    at all is a case of its own, and costs as much as two."""
    number = value * 100 if unit in IN_HUNDREDTHS else value
    places = decimal_places(number)
    if places is None:
        return 99
    whole = str(abs(int(number * 10**places))).rstrip("0")
    return (len(whole) or 2) + 2 * places + (3 if number < 0 else 0)


def plain_values(one: Coordinate, policy: Policy) -> tuple[Fraction | date, ...]:
    """What is written in place of the cell, the best first."""
    if one.unit is Unit.DATE:
        return (due(policy),)
    if one.name == "weight":
        return (Fraction(1),) if one.unit is Unit.NUMBER else ()
    if one.name == "sample":
        return (Fraction(1000),)
    if one.unit is Unit.SURVEY:
        return (Fraction(1),)
    if not one.unit.is_number:
        return ()
    if not one.indicator:
        return (Fraction(0),)
    return (Fraction(1, 10), Fraction(1)) if one.unit in IN_HUNDREDTHS else (Fraction(100), Fraction(10))


def due(policy: Policy) -> date:
    period = policy.checked.policy.period
    return date(2000 if period is None else period.year, 6, 30)
