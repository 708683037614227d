"""Dates some days or months on, as numbers of days in columns. What the calendar does not hold is left open.

Years are counted from March, so that the day that some of them lack is their last (H. Hinnant, "chrono-compatible
low-level date algorithms").
"""

from datetime import date
from typing import Final

from assessdsl.backends.columnar.forms import Day, Whole
from assessdsl.backends.columnar.nodes import Bit, Node
from assessdsl.backends.columnar.program import Program

_LAST: Final = date.max.toordinal()
_MARCH: Final = 305  # days from 1 March of the year 0 to the day that is numbered 0
_MONTHS: Final = 12 * date.max.year + 9  # the last of December
_SHORT: Final = (1, 3, 6, 8)  # April, June, September, November
_FEBRUARY: Final = 11


def days_later(p: Program, day: Day, days: Whole) -> tuple[Day, Bit]:
    number, broken = _whole(p, days)
    return _held(p, p.add(day.node, number), broken)


def months_later(p: Program, day: Day, months: Whole) -> tuple[Day, Bit]:
    """The same day of the month, or its last where it has no such day."""
    number, broken = _whole(p, months)
    of_month, month = _months_and_day(p, day.node)
    month = p.add(month, number)
    within = p.least(p.greatest(month, p.constant(0)), p.constant(_MONTHS))
    beyond = p.compare(month, "!=", within)
    year = _over(p, within, 12)
    place = p.subtract(within, _times(p, year, 12))
    length = p.choose(p.among(place, _SHORT), p.constant(30), p.constant(31))
    length = p.choose(p.compare(place, "==", p.constant(_FEBRUARY)), _february(p, year), length)
    number = p.add(p.add(_days_before(p, year), _days_before_month(p, place)), p.least(of_month, length))
    return _held(p, p.subtract(number, p.constant(_MARCH + 1)), p.either(broken, beyond))


def _months_and_day(p: Program, day: Node) -> tuple[Node, Node]:
    """The day of the month, and how many months since March of the year 0 it is in."""
    number = p.add(day, p.constant(_MARCH))
    era = _over(p, number, 146_097)
    rest = p.subtract(number, _times(p, era, 146_097))
    leaps = p.subtract(p.subtract(_over(p, rest, 36_524), _over(p, rest, 1_460)), _over(p, rest, 146_096))
    year = _over(p, p.add(rest, leaps), 365)
    rest = p.subtract(rest, _days_before(p, year))
    month = _over(p, p.add(_times(p, rest, 5), p.constant(2)), 153)
    years = p.add(year, _times(p, era, 400))
    return p.add(p.subtract(rest, _days_before_month(p, month)), p.constant(1)), p.add(_times(p, years, 12), month)


def _days_before(p: Program, year: Node) -> Node:
    """The days of the years before one."""
    days = p.add(_times(p, year, 365), _over(p, year, 4))
    return p.add(p.subtract(days, _over(p, year, 100)), _over(p, year, 400))


def _days_before_month(p: Program, month: Node) -> Node:
    """The days of a year before one of its months."""
    return _over(p, p.add(_times(p, month, 153), p.constant(2)), 5)


def _february(p: Program, year: Node) -> Node:
    """How long the last month is of a year that is counted from March: it lies in the next."""
    following = p.add(year, p.constant(1))
    return p.subtract(p.subtract(_days_before(p, following), _days_before(p, year)), p.constant(337))


def _whole(p: Program, number: Whole) -> tuple[Node, Bit]:
    whole = _over(p, number.node, number.scale)
    return whole, p.compare(_times(p, whole, number.scale), "!=", number.node)


def _held(p: Program, number: Node, left: Bit) -> tuple[Day, Bit]:
    within = p.least(p.greatest(number, p.constant(1)), p.constant(_LAST))
    return Day(within), p.either(left, p.compare(number, "!=", within))


def _times(p: Program, node: Node, number: int) -> Node:
    return p.multiply(node, p.constant(number))


def _over(p: Program, node: Node, number: int) -> Node:
    return p.floor_divide(node, p.constant(number))
