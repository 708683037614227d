"""Cells to exact values, by the unit that the policy declares. Nothing is guessed from a number's size."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Final

from attrs import frozen

from assessdsl.data.columns import brief, narrow, raw_text
from assessdsl.data.remarks import both
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import MISSING, Plain, Scalar, Value, as_value
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit, decimal_places, exact_text
from assessdsl.source import Cell
from assessdsl.vocabulary import Word, vocabulary


@frozen
class Reading:
    """The value of a cell, missing where the cell is wrong, and what there is to say about it."""

    value: Scalar
    remarks: tuple[Diagnostic, ...] = ()


# The kinds of measure that may be written behind a number of the unit; what a bare number is counted in.
_MEASURES: Final[Mapping[Unit, str]] = {
    Unit.SHARE: "share",
    Unit.PERCENT: "share",
    Unit.SURVEY: "share",
    Unit.PP: "pp",
    Unit.POINTS: "points",
    Unit.MONEY: "money",
    Unit.COUNT: "count",
    Unit.DAYS: "days",
    Unit.MONTHS: "months",
    Unit.YEARS: "years",
}
_IN_HUNDREDTHS: Final = frozenset({Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP})
RATES: Final = _IN_HUNDREDTHS - {Unit.PP}  # 8 % and 0.08 may be meant as the same
_NAMED: Final = {Unit.SHARE: "percent", Unit.SURVEY: "percent"}  # how messages call units that nobody declares

_NOTHING: Final = frozenset(
    {"-", "--", "—", "——", "–", "/", "\\", "无", "暂无", "未报", "未填报", "空", "n/a", "#n/a", "na", "none", "null",
     "nan", "nil", "?", "*"}
)  # fmt: skip
_YES_NO: Final = {"true": True, "false": False, "1": True, "0": False}


def read_value(value: Value, unit: Unit, places: int | None = None) -> Reading:
    """What the cell says in the unit: text as text, a date, yes or no, a number in the unit's base measure.

    A bare number is in the unit that is declared: 6.5 in percent is 6.5 %, and so is a workbook's 0.065 if the cell's
    own format shows percent.
    """
    if value.percent:
        return _read(value, unit, places)
    reading = read_plain(value.raw, unit, places, value.cell.sheet != "")
    return _read(value, unit, places) if reading.remarks else reading


@lru_cache(maxsize=1 << 16, typed=True)  # yes is no 1
def read_plain(held: Plain, unit: Unit, places: int | None, in_sheet: bool) -> Reading:
    """What is said by what a cell held. Many hold the same; only what there is to remark depends on the cell."""
    return _read(as_value(held, Cell("", 0, sheet="sheet" if in_sheet else "")), unit, places)


def _read(value: Value, unit: Unit, places: int | None) -> Reading:
    if isinstance(value.raw, str) and unit is not Unit.TEXT and _plain(value.raw).lower() in _NOTHING:
        return _wrong(value, "AS6110")
    match unit:
        case Unit.DATE:
            return _date(value)
        case Unit.YES_NO:
            return _yes_no(value)
        case _ if unit.is_number or unit is Unit.SURVEY:
            return _number(value, unit, places)
        case _:
            return Reading(raw_text(value))


def read_weight(value: Value) -> Reading:
    """A weight: a number, or a percentage of the whole."""
    reading = read_value(value, Unit.SHARE if is_share(value) else Unit.NUMBER)
    if isinstance(reading.value, Fraction) and reading.value.numerator <= 0:
        return _wrong(value, "AS6112")
    return reading


def is_share(value: Value) -> bool:
    return value.percent or (isinstance(value.raw, str) and _plain(value.raw).endswith("%"))


def bare_number(value: Value | Plain) -> Fraction | None:
    """The number of a cell that says neither by a sign nor by its format what it is counted in."""
    match value.raw if isinstance(value, Value) else value:
        case bool():
            return None
        case int() as number:
            return Fraction(number)
        case Fraction() as number:
            return None if isinstance(value, Value) and value.percent else number
        case str() as text if (found := _NUMBER.fullmatch(_plain(text))) and found[3] is None:
            return Fraction(found[1] + found[2].replace(",", ""))
        case _:
            return None


def _plain(text: str) -> str:
    return narrow(text).strip().replace("−", "-")


def _wrong(value: Value, code: str, **arguments: str) -> Reading:
    return Reading(
        MISSING, (Diagnostic(code, arguments={"text": brief(raw_text(value)), **arguments}, cell=value.cell),)
    )


# ---------------------------------------------------------------- numbers

_NUMBER = re.compile(r"([+-]?)((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?) *([^0-9.,+\- ].*)?")


def _number(value: Value, unit: Unit, places: int | None) -> Reading:
    base = Fraction(1, 100) if unit in _IN_HUNDREDTHS else Fraction(1)
    match value.raw:
        case bool() | date():
            return _not_a_number(value, unit)
        case Fraction() as number:
            if value.percent and unit not in _IN_HUNDREDTHS:
                return _wrong(value, "AS6102", unit=_unit(unit))
            return _checked(value, unit, number if value.percent else number * base, places)
        case text:
            plain = _plain(text)
            found = _NUMBER.fullmatch(plain)
            if found is None:
                return _not_a_number(value, unit)
            sign, digits, suffix = found.groups()
            if suffix is not None:
                measure = _measure(suffix)
                if unit.thing:
                    if suffix not in (unit.thing, unit.label):
                        return _wrong(value, "AS6102", unit=unit.label)
                elif measure is None:
                    return _not_a_number(value, unit)
                elif measure.measures != _MEASURES.get(unit):
                    return _wrong(value, "AS6102", unit=_unit(unit))
                else:
                    base = Fraction(measure.factor)
            digits = digits.replace(",", "")
            if len(digits.replace(".", "")) > LIMITS.digits:
                return _wrong(value, "AS6105", limit=str(LIMITS.digits))
            number = Fraction(sign + digits)
            reading = _checked(value, unit, number if base == 1 else number * base, places)
            # a number that a workbook holds as text is left out of its sums: what was seen there may be wrong
            if value.cell.sheet and suffix is None and not reading.remarks:
                remark = Diagnostic("AS6103", arguments={"text": raw_text(value)}, cell=value.cell)
                return Reading(reading.value, (remark,))
            return reading


def _measure(suffix: str) -> Word | None:
    return vocabulary().find("measure", suffix) or vocabulary().find("measure", suffix.lower())


def _checked(value: Value, unit: Unit, number: Fraction, places: int | None) -> Reading:
    limit = 10**LIMITS.digits
    if abs(number.numerator) >= limit or number.denominator >= limit:
        return _wrong(value, "AS6105", limit=str(LIMITS.digits))
    if unit.counts and (number < 0 or (number.denominator != 1 and not unit.thing)):
        return _wrong(value, "AS6106")
    if places is not None:
        needed = decimal_places(number * 100 if unit in _IN_HUNDREDTHS else number)
        if needed is None or needed > places:
            bare = bare_number(value) if unit in RATES else None
            if bare is not None and abs(bare) <= 1:
                return _wrong(value, "AS6115", places=str(places), percent=exact_text(bare * 100))
            return _wrong(value, "AS6104", places=str(places))
    return Reading(number)


def _not_a_number(value: Value, unit: Unit) -> Reading:
    if number := _without_reserve(value):
        return _wrong(value, "AS6114", number=number)
    return _wrong(value, "AS6101", unit=_unit(unit), suggestion=_likely(value, unit))


_RESERVED = re.compile(r"(?:约|大约|大概|近|将近|超过?|不足|[≈~<>≤≥]=?) *(.+)|(.+?)(?:左右|上下|以上|以下|多|余|\+)")


def _without_reserve(value: Value) -> str:
    """The number of one that is said to be about right, or a bound."""
    found = _RESERVED.fullmatch(_plain(value.raw)) if isinstance(value.raw, str) else None
    number = (found[1] or found[2]).strip() if found else ""
    written = _NUMBER.fullmatch(number)
    return number if written and (written[3] is None or _measure(written[3])) else ""


def _likely(value: Value, unit: Unit) -> str:
    """The right form of a number whose meaning is not in doubt."""
    plain = _plain(value.raw) if isinstance(value.raw, str) else ""
    if unit is Unit.MONEY and re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)? *[万亿]", plain):
        return f"{plain}元"
    if re.fullmatch(r"[+-]?\.[0-9]+", plain):
        return plain.replace(".", "0.")
    if found := re.fullmatch(r"百分之([0-9]+(?:\.[0-9]+)?)", plain):
        return f"{found[1]}%"
    return ""


def _unit(unit: Unit) -> str:
    if unit.thing:
        return unit.label
    named = _NAMED.get(unit, unit.value)
    if ("name", named) in vocabulary().words:
        return both("name", named)
    return both("measure", named)


# ---------------------------------------------------------------- dates

_DATES = (
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})"),
    re.compile(r"([0-9]{4}) *年 *([0-9]{1,2}) *月 *([0-9]{1,2}) *日"),
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_HAN_DATE = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)
_HAN_DIGITS: Final = {"〇": 0, "零": 0, "○": 0} | {digit: n for n, digit in enumerate("一二三四五六七八九", 1)}


def _date(value: Value) -> Reading:
    match value.raw:
        case date() as day:
            return Reading(day)
        case str() as text:
            plain = _plain(text)
            for pattern in _DATES:
                if found := pattern.fullmatch(plain):
                    day_found = _day(int(found[1]), int(found[2]), int(found[3]))
                    return _wrong(value, "AS6108") if day_found is None else Reading(day_found)
            if counted := _counted_day(bare_number(value)):
                return _wrong(value, "AS6113", date=counted.isoformat())
            return _wrong(value, "AS6107", suggestion=_likely_date(plain))
        case _:
            if counted := _counted_day(bare_number(value)):
                return _wrong(value, "AS6113", date=counted.isoformat())
            return _wrong(value, "AS6107", suggestion="")


_DAY_NOUGHT: Final = date(1899, 12, 30)  # from which spreadsheets count the days
_COUNTED_DAYS: Final = range(20_000, 80_000)  # 1954 to 2119: what may be meant, beside a year or a date without signs


def _counted_day(number: Fraction | None) -> date | None:
    """The day that a spreadsheet shows as this number where a cell's format is not one of dates."""
    if number is None or number.denominator != 1 or number.numerator not in _COUNTED_DAYS:
        return None
    return _DAY_NOUGHT + timedelta(days=number.numerator)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _likely_date(plain: str) -> str:
    """The right form of a date whose meaning is not in doubt."""
    found = None
    if compact := _COMPACT.fullmatch(plain):
        found = _day(int(compact[1]), int(compact[2]), int(compact[3]))
    elif han := _HAN_DATE.fullmatch(plain):
        year = int("".join(str(_HAN_DIGITS[digit]) for digit in han[1]))
        found = _day(year, _han_number(han[2]), _han_number(han[3]))
    return "" if found is None else found.isoformat()


def _han_number(text: str) -> int:
    """A number below a hundred in Chinese characters; 0 for what is none."""
    tens, ten, ones = text.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    return (_HAN_DIGITS.get(tens, 1) * 10 if ten else 0) + _HAN_DIGITS.get(ones, 0)


# ---------------------------------------------------------------- yes and no


def _yes_no(value: Value) -> Reading:
    match value.raw:
        case bool() as answer:
            return Reading(answer)
        case Fraction() as number if number in (0, 1) and not value.percent:
            return Reading(number == 1)
        case str() as text:
            plain = _plain(text).lower()
            if plain in _YES_NO:
                return Reading(_YES_NO[plain])
            for id in ("yes", "no"):
                if plain in vocabulary().get("name", id).spellings:
                    return Reading(id == "yes")
            return _wrong(value, "AS6109")
        case _:
            return _wrong(value, "AS6109")
