"""Dates some days or months on, and whole powers, in columns."""

from datetime import date, timedelta
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.quantity import add_months

TEXT = """
policy p "P" {{
  period 2022
  full 100 points
  group county "Counties"
  fact start date "Start"
  fact target date "Target"
  fact number count "Number"
  component base "Base" {{
    points 100 points
    indicator i "I" {{ points 100 points; score {score}; missing error }}
  }}
}}
"""
MONTHS = assessdsl.loads(TEXT.format(score="if start + number * 1 months == target then 100% else 0%"))
DAYS = assessdsl.loads(TEXT.format(score="if start + number * 1 days == target then 100% else 0%"))


def totals(policy: assessdsl.Policy, rows: list[tuple[date, date, int]], kernels: bool = False) -> list[Fraction]:
    columns = dict(zip(("start", "target", "number"), zip(*rows, strict=True), strict=True))
    frame = pl.DataFrame({"group": ["county"] * len(rows), **columns})
    found = assessdsl.evaluate_frame(policy, frame, kernels=kernels)
    assert not found.by_exact_engine
    return [found.total(row) for row in range(len(rows))]


def test_every_day_of_the_calendar_and_every_length_of_a_month() -> None:
    days = [date(1, 1, 31) + timedelta(17 * row) for row in range(214_000)]
    days += [date(year, 2, day) for year in (1900, 2000, 2023, 2024) for day in (27, 28)]
    rows = [(day, add_months(day, row % 24), row % 24) for row, day in enumerate(days) if day.year < 9990]
    assert set(totals(MONTHS, rows)) == {100}
    assert set(totals(DAYS, [(day, day + timedelta(row % 999), row % 999) for row, (day, *_) in enumerate(rows)])) == {
        100
    }


@given(st.lists(st.tuples(st.dates(max_value=date(9900, 1, 1)), st.integers(0, 1100), st.booleans()), min_size=1))
@example(
    [
        (date(2024, 1, 31), 1, True),
        (date(2023, 1, 31), 1, True),
        (date(1, 1, 1), 0, True),
        (date(9899, 12, 31), 9, True),
    ]
)
@settings(max_examples=25, deadline=None)
def test_months_are_those_of_the_exact_engine(drawn: list[tuple[date, int, bool]]) -> None:
    rows = [(day, add_months(day, number) + timedelta(0 if same else 1), number) for day, number, same in drawn]
    assert totals(MONTHS, rows) == [100 if same else 0 for *_, same in drawn]


@pytest.mark.parametrize("kernels", [False, True])
def test_with_kernels_and_without(kernels: bool) -> None:
    rows = [(date(2022, 1, 31), date(2022, 2, 28), 1), (date(2024, 1, 31), date(2024, 2, 28), 1)]
    assert totals(MONTHS, rows, kernels) == [100, 0]


def test_what_the_calendar_does_not_hold_is_told() -> None:
    frame = pl.DataFrame(
        {"group": ["county"], "start": [date(9999, 12, 1)], "target": [date(2022, 1, 1)], "number": [1]}
    )
    with pytest.raises(assessdsl.DataError) as raised:
        assessdsl.evaluate_frame(MONTHS, frame)
    assert [one.code for one in raised.value.diagnostics] == ["AS5011"]


@pytest.mark.parametrize(("score", "wanted"), [
    ("power(number, 3) * 1 point", [0, 27, 8]),
    ("power(number, -2, undefined: 5) * 1 point", [5, Fraction(1, 9), Fraction(1, 4)]),
])  # fmt: skip
def test_whole_powers(score: str, wanted: list[Fraction]) -> None:
    policy = assessdsl.loads(TEXT.format(score=score).replace("number count", "number number"))
    frame = pl.DataFrame({"group": ["county"] * 3, "number": [0, 3, 2]})
    found = assessdsl.evaluate_frame(policy, frame)
    assert [found.total(row) for row in range(3)] == wanted
