"""Cells to exact values by declared units: every way in which offices write them, and what is not read."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.binding.values import read_value, read_weight
from assessdsl.facts import MISSING, Scalar, Value
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit, exact_text
from assessdsl.source import Cell

PLACE = Cell("facts.csv", 2, "B")
SHEET = Cell("facts.xlsx", 2, "B", "facts")


def value(raw: str | Fraction | date | bool, unit: Unit, places: int | None = None, percent: bool = False) -> Scalar:
    reading = read_value(Value(raw, PLACE, percent), unit, places)
    assert not reading.remarks, reading.remarks[0].message("en")
    return reading.value


@pytest.mark.parametrize(
    ("raw", "unit", "expected"),
    [
        ("40%", Unit.PERCENT, "2/5"),
        ("40 %", Unit.PERCENT, "2/5"),
        ("４０％", Unit.PERCENT, "2/5"),
        ("40", Unit.PERCENT, "2/5"),
        ("0.4", Unit.PERCENT, "1/250"),
        ("-1.5%", Unit.PERCENT, "-3/200"),
        ("－1.5%", Unit.PERCENT, "-3/200"),
        ("−1.5", Unit.PERCENT, "-3/200"),
        ("+6.5", Unit.PERCENT, "13/200"),
        ("85.5", Unit.SURVEY, "171/200"),
        ("2pp", Unit.PP, "1/50"),
        ("2个百分点", Unit.PP, "1/50"),
        ("2", Unit.PP, "1/50"),
        ("1200", Unit.MONEY, "1200"),
        ("300万元", Unit.MONEY, "3000000"),
        ("3.5亿元", Unit.MONEY, "350000000"),
        ("1,234.5元", Unit.MONEY, "2469/2"),
        ("１，２３４", Unit.MONEY, "1234"),
        ("12", Unit.COUNT, "12"),
        ("12个", Unit.COUNT, "12"),
        ("12 件", Unit.COUNT, "12"),
        ("3 items", Unit.COUNT, "3"),
        ("0", Unit.COUNT, "0"),
        ("3分", Unit.POINTS, "3"),
        ("97.40", Unit.POINTS, "487/5"),
        ("15天", Unit.DAYS, "15"),
        ("3个月", Unit.MONTHS, "3"),
        (" 7 ", Unit.NUMBER, "7"),
        ("\u3000007.50", Unit.NUMBER, "15/2"),
    ],
)
def test_numbers(raw: str, unit: Unit, expected: str) -> None:
    assert value(raw, unit) == Fraction(expected)


def test_a_bare_number_is_in_the_declared_unit_whatever_its_size() -> None:
    for number in (Fraction("0.065"), Fraction("6.5"), Fraction(650)):
        assert value(number, Unit.PERCENT) == number / 100
        assert value(exact_text(number), Unit.PERCENT) == number / 100
        assert value(number, Unit.PERCENT, percent=True) == number  # a workbook that shows it as a percentage


@given(st.decimals(-(10**12), 10**12, places=4), st.sampled_from([Unit.PERCENT, Unit.PP, Unit.MONEY, Unit.NUMBER]))
def test_a_number_is_read_as_exactly_what_is_written(number: object, unit: Unit) -> None:
    exact = Fraction(str(number))
    assert value(str(number), unit) == value(exact, unit) == (exact / 100 if unit in (Unit.PERCENT, Unit.PP) else exact)


@given(st.integers(0, 10**15))
def test_separators_stand_between_groups_of_three(number: int) -> None:
    assert value(f"{number:,}", Unit.NUMBER) == number


@pytest.mark.parametrize(
    ("raw", "unit", "code", "suggestion"),
    [
        ("300万", Unit.MONEY, "AS6101", "300万元"),
        ("3.5 亿", Unit.MONEY, "AS6101", "3.5 亿元"),
        (".5", Unit.NUMBER, "AS6101", "0.5"),
        ("百分之40", Unit.PERCENT, "AS6101", "40%"),
        ("1e3", Unit.NUMBER, "AS6101", ""),
        ("0x10", Unit.NUMBER, "AS6101", ""),
        ("12,34", Unit.NUMBER, "AS6101", ""),
        ("1,2345", Unit.NUMBER, "AS6101", ""),
        ("1 234", Unit.NUMBER, "AS6101", ""),
        ("5.", Unit.NUMBER, "AS6101", ""),
        ("٣", Unit.NUMBER, "AS6101", ""),
        ("1/3", Unit.NUMBER, "AS6101", ""),
        ("=1+1", Unit.NUMBER, "AS6101", ""),
        ("5\u200b", Unit.NUMBER, "AS6101", ""),
        (True, Unit.COUNT, "AS6101", ""),
        (date(2022, 3, 1), Unit.COUNT, "AS6101", ""),
        ("40%", Unit.COUNT, "AS6102", None),
        ("40%", Unit.NUMBER, "AS6102", None),
        ("2pp", Unit.PERCENT, "AS6102", None),
        ("2%", Unit.PP, "AS6102", None),
        ("3元", Unit.PERCENT, "AS6102", None),
        ("2.5", Unit.COUNT, "AS6106", None),
        ("-1", Unit.COUNT, "AS6106", None),
        (Fraction(5, 2), Unit.COUNT, "AS6106", None),
        ("1" * 51, Unit.NUMBER, "AS6105", None),
        (Fraction(10**50), Unit.NUMBER, "AS6105", None),
        ("9" * 50 + "亿元", Unit.MONEY, "AS6105", None),
        ("-", Unit.NUMBER, "AS6110", None),
        ("无", Unit.PERCENT, "AS6110", None),
        ("N/A", Unit.DATE, "AS6110", None),
        (" / ", Unit.YES_NO, "AS6110", None),
        ("二〇二二年三月一日", Unit.DATE, "AS6107", "2022-03-01"),
        ("二零二二年十二月三十一日", Unit.DATE, "AS6107", "2022-12-31"),
        ("二〇二二年十月二十日", Unit.DATE, "AS6107", "2022-10-20"),
        ("二〇二二年二月三十日", Unit.DATE, "AS6107", ""),
        ("二〇二二年十十月一日", Unit.DATE, "AS6107", ""),
        ("20220301", Unit.DATE, "AS6107", "2022-03-01"),
        ("3/1/2022", Unit.DATE, "AS6107", ""),
        ("2022年3月", Unit.DATE, "AS6107", ""),
        ("2022-03/01", Unit.DATE, "AS6107", ""),
        (True, Unit.DATE, "AS6107", ""),
        ("2022-02-30", Unit.DATE, "AS6108", None),
        ("2022年13月1日", Unit.DATE, "AS6108", None),
        ("0000-01-01", Unit.DATE, "AS6108", None),
        ("ok", Unit.YES_NO, "AS6109", None),
        ("2", Unit.YES_NO, "AS6109", None),
        (Fraction(2), Unit.YES_NO, "AS6109", None),
        (date(2022, 3, 1), Unit.YES_NO, "AS6109", None),
    ],
)
def test_what_is_not_read(raw: str | Fraction | date | bool, unit: Unit, code: str, suggestion: str | None) -> None:
    reading = read_value(Value(raw, PLACE), unit)
    assert reading.value == MISSING
    assert [(found.code, found.cell) for found in reading.remarks] == [(code, PLACE)]
    assert reading.remarks[0].arguments.get("suggestion") == suggestion


@pytest.mark.parametrize(
    ("raw", "unit", "places", "fits"),
    [
        ("6.50", Unit.PERCENT, 1, True),
        ("6.53", Unit.PERCENT, 1, False),
        ("6.53", Unit.PERCENT, 2, True),
        (Fraction("0.30000000000000004"), Unit.NUMBER, 2, False),
        (Fraction(1, 3), Unit.NUMBER, 20, False),
        (Fraction(1, 3), Unit.NUMBER, None, True),
        ("3.141592万元", Unit.MONEY, 2, True),
        ("3.1415921万元", Unit.MONEY, 2, False),
        ("5", Unit.NUMBER, 0, True),
    ],
)
def test_declared_places(raw: str | Fraction, unit: Unit, places: int | None, fits: bool) -> None:
    found = read_value(Value(raw, PLACE), unit, places).remarks
    assert [remark.code for remark in found] == ([] if fits else ["AS6104"])


@pytest.mark.parametrize(
    "text", ["2022-03-01", "2022/3/1", "2022年3月1日", "2022.3.1", "２０２２年３月１日", " 2022-3-01 "]
)
def test_dates(text: str) -> None:
    assert value(text, Unit.DATE) == date(2022, 3, 1)


@given(st.dates(date(1000, 1, 1)))
def test_every_day_can_be_written(day: date) -> None:
    han = str.maketrans("0123456789", "〇一二三四五六七八九")
    ones = ["", *"一二三四五六七八九"]
    numbers = [tens + one for tens in ("", "十", "二十", "三十") for one in ones]
    text = f"{str(day.year).translate(han)}年{numbers[day.month]}月{numbers[day.day]}日"
    assert read_value(Value(text, PLACE), Unit.DATE).remarks[0].arguments["suggestion"] == day.isoformat()
    assert value(f"{day.year}年{day.month}月{day.day}日", Unit.DATE) == day
    assert value(day, Unit.DATE) == day


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("是", True), ("否", False), ("Yes", True), ("no", False), ("TRUE", True), ("1", True), (Fraction(0), False)],
)
def test_yes_and_no(raw: str | Fraction | bool, expected: bool) -> None:
    assert value(raw, Unit.YES_NO) is expected


def test_text_is_what_stands_there() -> None:
    assert value(" 无 ", Unit.TEXT) == "无"
    assert value("e\u0301", Unit.TEXT) == "\u00e9"
    assert value(Fraction(12), Unit.TEXT) == "12"
    assert value(date(2022, 3, 1), Unit.TEXT) == "2022-03-01"


def test_a_number_that_a_workbook_holds_as_text_is_read_with_a_warning() -> None:
    reading = read_value(Value("6.5", SHEET), Unit.PERCENT)
    assert reading.value == Fraction(65, 1000)
    assert [(found.code, found.severity) for found in reading.remarks] == [("AS6103", "warning")]
    assert not read_value(Value("6.5%", SHEET), Unit.PERCENT).remarks  # nobody would take it for a number
    assert not read_value(Value("6.5", SHEET), Unit.TEXT).remarks


def test_a_percent_cell_is_not_a_plain_number() -> None:
    reading = read_value(Value(Fraction(1, 2), SHEET, percent=True), Unit.COUNT)
    assert [(found.code, found.arguments["text"]) for found in reading.remarks] == [("AS6102", "50%")]


def test_weights() -> None:
    assert read_weight(Value("30", PLACE)).value == 30
    assert read_weight(Value("30％", PLACE)).value == Fraction(3, 10)
    assert read_weight(Value(Fraction(3, 10), SHEET, percent=True)).value == Fraction(3, 10)
    for raw in ("0", "-1", "0%"):
        assert [found.code for found in read_weight(Value(raw, PLACE)).remarks] == ["AS6112"]


@given(st.text(max_size=40), st.sampled_from([unit for unit in Unit if unit is not Unit.PORTION]))  # of no cell
def test_any_text_gives_a_value_or_a_remark(text: str, unit: Unit) -> None:
    reading = read_value(Value(text, PLACE), unit)
    assert (reading.value == MISSING) == bool(reading.remarks)
    if isinstance(reading.value, Fraction):
        assert abs(reading.value.numerator) < 10**LIMITS.digits


@pytest.mark.parametrize(
    ("raw", "unit", "code", "help"),
    [
        ("约8%", Unit.PERCENT, "AS6114", "`8%`"),
        ("约 5", Unit.NUMBER, "AS6114", "`5`"),
        ("5左右", Unit.NUMBER, "AS6114", "`5`"),
        ("＞300万元", Unit.MONEY, "AS6114", "`300万元`"),
        (">=3", Unit.NUMBER, "AS6114", "`3`"),
        ("不足1,000元", Unit.MONEY, "AS6114", "`1,000元`"),
        ("45280", Unit.DATE, "AS6113", "`2023-12-20`"),
        (Fraction(44621), Unit.DATE, "AS6113", "`2022-03-01`"),
    ],
)
def test_what_is_surely_meant_is_shown(raw: str | Fraction, unit: Unit, code: str, help: str) -> None:
    (found,) = read_value(Value(raw, PLACE), unit).remarks
    assert found.code == code
    assert help in (found.help("en") or "")


@pytest.mark.parametrize("raw", ["约8成", "左右", "约", "8多件事"])
def test_what_holds_no_number_has_none(raw: str) -> None:
    (found,) = read_value(Value(raw, PLACE), Unit.NUMBER).remarks
    assert found.code == "AS6101"


@pytest.mark.parametrize("raw", ["2022", "20221231", "19999", "80000", "45280.5", Fraction(1, 2)])
def test_other_numbers_are_no_day_numbers(raw: str | Fraction) -> None:
    assert [found.code for found in read_value(Value(raw, PLACE), Unit.DATE).remarks] == ["AS6107"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [("0.085", "AS6115"), ("-0.08", "AS6115"), ("1", ""), ("0.085%", "AS6104"), ("1.25", "AS6104"), ("0.5", "")],
)
def test_a_small_bare_percentage_with_too_many_places_is_likely_a_fraction(raw: str, code: str) -> None:
    for unit in (Unit.PERCENT, Unit.SHARE, Unit.SURVEY):
        assert "".join(found.code for found in read_value(Value(raw, PLACE), unit, 1).remarks) == code
    number = [found.code for found in read_value(Value("0.085", PLACE), Unit.PP, 1).remarks]
    assert number == ["AS6104"]


def test_the_help_says_both_readings() -> None:
    (found,) = read_value(Value("0.08", PLACE), Unit.PERCENT, 0).remarks
    assert found.help("en") == "8 % is written `8%` or `8`; `0.08` here means 0.08 %"


def test_numbers_of_very_many_digits_are_shortened_in_messages() -> None:
    for raw in ("1" * 100, Fraction(10**100)):
        (found,) = read_value(Value(raw, PLACE), Unit.NUMBER).remarks
        assert found.code == "AS6105"
        assert len(found.message("en")) < 60
