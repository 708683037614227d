"""Exact numbers with their measurement units, rounding, and how numbers are written.

A number is held in the base measure of its unit: a share or a rate of 40 % is 2/5, two percentage points are 1/50,
three 万元 are 30,000 元, a month is one month. So quantities of one unit add without conversion.
"""

from collections.abc import Callable
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, Final, NoReturn


class Unit(Enum):
    """What kind of thing a value is; the measurement unit of a number.

    Beside those listed, `counted` makes the unit of each named thing that a policy counts.
    """

    NUMBER = "number"
    SHARE = "share"  # a ratio, or a literal with %
    PERCENT = "percent"  # a measured rate in percent, as growth is
    PP = "pp"  # percentage points, the difference of two rates
    POINTS = "points"
    MONEY = "money"
    COUNT = "count"
    PORTION = "portion"  # a share of a count, or a share for each: it goes with both
    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"
    PLACES = "places"
    YES_NO = "yes_no"
    TEXT = "text"
    DATE = "date"
    TIER = "tier"
    GROUP = "group"
    LEVEL = "level"
    SURVEY = "survey"
    ANY = "any"  # of `error`, which fits everywhere

    thing: str  # what is counted, by the name that the policy gives it; "" of all other units
    label: str  # how people call it

    def __init__(self, _: str) -> None:
        self.thing = self.label = ""

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return (counted, (self.thing, self.label)) if self.thing else super().__reduce_ex__(protocol)

    __hash__ = object.__hash__  # every unit is one object, and Enum's own is a call of Python's

    @property
    def counts(self) -> bool:
        return self is Unit.COUNT or self.thing != ""

    @property
    def is_number(self) -> bool:
        return self in _NUMBERS or self.thing != ""


def counted(thing: str, label: str = "") -> Unit:
    """The unit of a count of a named thing: one object for each, as every unit is one, so that `is` compares them."""
    return _counted(thing, label or thing)


@cache
def _counted(thing: str, label: str) -> Unit:
    unit = object.__new__(Unit)
    unit._name_, unit._value_ = f"COUNT of {thing}", f"count of {thing}"
    unit.thing, unit.label = thing, label
    return unit


_NUMBERS: Final = frozenset(
    {
        Unit.NUMBER, Unit.SHARE, Unit.PERCENT, Unit.PP, Unit.POINTS, Unit.MONEY,
        Unit.COUNT, Unit.PORTION, Unit.DAYS, Unit.MONTHS, Unit.YEARS, Unit.PLACES,
    }
)  # fmt: skip

ROUNDING_MODES: Final = ("half_up", "half_even", "half_down", "up", "down", "floor", "ceiling")


def _half_up(n: int, d: int) -> int:  # halves away from zero: 四舍五入 of −2.5 is −3
    return (2 * n + d) // (2 * d) if n >= 0 else -((-2 * n + d) // (2 * d))


def _half_down(n: int, d: int) -> int:  # halves towards zero
    magnitude = -((d - 2 * abs(n)) // (2 * d))
    return magnitude if n >= 0 else -magnitude


def _half_even(n: int, d: int) -> int:
    return round(Fraction(n, d))


_ROUND: Final[dict[str, Callable[[int, int], int]]] = {
    "half_up": _half_up,
    "half_down": _half_down,
    "half_even": _half_even,
    "up": lambda n, d: -(-n // d) if n >= 0 else n // d,
    "down": lambda n, d: n // d if n >= 0 else -(-n // d),
    "floor": lambda n, d: n // d,
    "ceiling": lambda n, d: -(-n // d),
}


def rounded(value: Fraction, mode: str, places: int) -> Fraction:
    """The value rounded to decimal places (negative places: to tens, hundreds) in one of `ROUNDING_MODES`."""
    n, d = value.as_integer_ratio()
    if places < 0:
        scale = 10**-places
        return Fraction(_ROUND[mode](n, d * scale) * scale)
    scale = 10**places
    return Fraction(_ROUND[mode](n * scale, d), scale)


def rounding(mode: str) -> Callable[[int, int], int]:
    """Makes a whole number of a numerator and a denominator above zero, which need not be reduced."""
    return _ROUND[mode]


def decimal_places(value: Fraction) -> int | None:
    """How many decimal places the value needs, or None if it has no end."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def decimal_text(value: Fraction, places: int) -> str:
    """The value, which needs no more than these places, with just these places."""
    scaled, rest = divmod(value.numerator * 10**places, value.denominator)
    assert rest == 0
    digits = str(abs(scaled)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


_WRITTEN_PLACES: Final = 200  # beyond them a decimal is no easier to read than a fraction


def exact_text(value: Fraction) -> str:
    """The value as a decimal where it has an end, else as `n/d`. `Fraction(…)` reads both back."""
    places = decimal_places(value)
    if places is None or places > _WRITTEN_PLACES:
        return f"{value.numerator}/{value.denominator}"
    return decimal_text(value, places)


def canonical_text(value: Fraction) -> str:
    """The value as `n/d`, the form that digests are taken of."""
    return f"{value.numerator}/{value.denominator}"


class Quantity:
    """An exact number with its unit. `places` are those that the policy rounds it to, for printing.

    It is written out, as attrs would make it: attrs takes longer to load than all else that the score of one entity
    of a kept policy takes.
    """

    __slots__ = __match_args__ = ("value", "unit", "places")
    value: Fraction
    unit: Unit
    places: int | None

    def __init__(self, value: Fraction, unit: Unit = Unit.NUMBER, places: int | None = None) -> None:
        _set_value(self, value)
        _set_unit(self, unit)
        _set_places(self, places)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{name} cannot be set: quantities do not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{name} cannot be deleted: quantities do not change")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        return (self.value, self.unit, self.places) == (other.value, other.unit, other.places)

    def __hash__(self) -> int:
        return (self.value, self.unit, self.places).__hash__()

    def __reduce__(self) -> tuple[Any, ...]:
        return Quantity, (self.value, self.unit, self.places)

    def __repr__(self) -> str:
        return f"Quantity(value={self.value!r}, unit={self.unit!r}, places={self.places!r})"

    def __str__(self) -> str:
        return quantity_text(self.value, self.unit, self.places)


_set_value, _set_unit, _set_places = (vars(Quantity)[name].__set__ for name in Quantity.__slots__)


_SUFFIX: Final = {
    Unit.SHARE: "%", Unit.PERCENT: "%", Unit.PP: " pp",
}  # fmt: skip


def quantity_text(value: Fraction, unit: Unit, places: int | None = None) -> str:
    """The number as people read it. A value that does not end is shown rounded, behind `≈`, never as if exact."""
    if unit in _SUFFIX:
        value, suffix = value * 100, _SUFFIX[unit]
    else:
        suffix = f" {unit.label}" if unit.thing else ""
    needed = decimal_places(value)
    if needed is None or needed > 12:
        return f"≈{decimal_text(rounded(value, 'half_up', places or 4), places or 4)}{suffix}"
    return decimal_text(value, max(needed, places or 0)) + suffix


def add_months(day: date, months: int) -> date:
    """The same day so many months on; the last day of the month where there is no such day (31 January + 1 month)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    return date(year, month + 1, 28)
