"""Odd texts in frames are what they are in tables: the same scores, or the same thing told at the same row."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.frames import evaluate_batches, evaluate_frame

POLICY = assessdsl.loads("""
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  group town "镇"
  fact complaints count "Complaints" missing zero
  fact spent money "Spent" to 2 places missing zero
  fact factor number "Factor" missing 1
  fact share percent "Share" to 1 places missing zero
  fact calm yes_no "Calm" missing no
  fact opened date "Opened" missing 2022-01-01
  component base "Base" {
    points 100 points
    indicator late "Late" {
      points 40 points
      gate late "late" when not completed or completed_on > due then zero
      score 100%
      missing zero
      absent full
    }
    indicator other "Other" {
      points 40 points
      score if complaints < 10 and spent < 100 yuan and factor <= 1 and not calm and share < 50% and opened < 2022-06-30
        then 100% else 20%
    }
    indicator growth "Growth" {
      points 20 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent full
    }
  }
  rank by total within group ties shared
  tier low "Low" when previous(tier) == low
  tier good "Good" otherwise
}
""")
FACTS = ("complaints", "spent", "factor", "share", "calm", "opened")
BLANKS = (" ", "  ", "\t", "\n", "\u3000", "\u00a0", "\u2003", "\x1f", "\u2029")
ODD_NAMES = ("Alpha", "Å", "A\u030a", "甲", "甲 乙", "a|b", "\u200b", "A\u200b", "", "\ufeffA", "Old", "County", "1")
ODD_VALUES = (
    "1", " 1 ", "\u00a01", "1\u00a0", "1 2", "1\u00a02", "+1", "-1", "−1", "1,234", "1,23", "12,345.50", "40%", "40 %",
    "４０", "４０％", "1．5", "1e3", "1E-2", ".5", "5.", "0x10", "1_000", "—", "-", "n/a", "N/A", "NaN", "null", "无",
    "", " ", "\u3000", "是", "否", "yes", "No", "TRUE", "true", "Ｙｅｓ", "1.0", "0", "2022-06-01", "2022/6/1",
    "2022年6月1日", "2022.06.01", "20220601", "2022-13-01", "2022-6-31", "44713", "二〇二二年六月一日", "1万元", "2.5亿元",
    "3 个", "3件", "12 months", "约5", "≥3", "5+", "inf", "1/2", "0.005", "0.05", "9" * 17, "9" * 60, "1\u200b",
    "\ud800",
)  # fmt: skip
Told = list[tuple[str, int]]
Found = dict[str, Any] | Told


def tables(entities: list[dict[str, Any]], **more: list[dict[str, Any]]) -> Found:
    """What the exact engine makes of records: totals and tiers by entity, or what is wrong, by row."""
    try:
        result = assessdsl.evaluate(POLICY, {"entities": entities, **more})
    except assessdsl.DataError as error:
        return _told(error)
    return {one.entity: (one.score.total, one.score.rank, one.score.tier) for one in result.entities}


def frames(frame: Any, **more: Any) -> Found:
    try:
        found = evaluate_frame(POLICY, frame, **more)
    except assessdsl.DataError as error:
        return _told(error)
    columns = found.to_frame("pandas")
    totals = (found.total(row) for row in range(len(found)))
    return dict(zip(columns["entity"], zip(totals, columns["rank"], columns["tier"], strict=True), strict=True))


def _told(error: assessdsl.DataError) -> Told:
    str(error)
    return sorted((one.code, one.cell.row if one.cell else 0) for one in error.diagnostics if one.is_error)


def of_records(rows: list[dict[str, Any]], make: Any) -> Any:
    names = dict.fromkeys(name for row in rows for name in row)
    return make({name: [row.get(name) for row in rows] for name in names})


MAKES = {
    "polars": pl.DataFrame,
    "categories": lambda columns: pl.DataFrame(columns).with_columns(pl.all().cast(pl.Categorical)),
    "arrow": pa.table,
    "numbered": lambda columns: pa.table({name: pa.array(one).dictionary_encode() for name, one in columns.items()}),
    "pandas": lambda columns: pd.DataFrame(columns, dtype=object),
    "texts of pandas": lambda columns: pd.DataFrame(columns, dtype="string"),
    "categories of pandas": lambda columns: pd.DataFrame(columns, dtype="category"),
    "arrow in pandas": lambda columns: pd.DataFrame(columns, dtype=pd.ArrowDtype(pa.string())),
}
AS_TEXT = pytest.mark.parametrize("make", [*MAKES])


def _held(texts: list[str], make: str) -> bool:
    """Not every library holds halves of characters."""
    return make == "pandas" or not any("\ud800" in text for text in texts)


@AS_TEXT
@pytest.mark.parametrize("fact", FACTS)
def test_each_odd_value_is_what_it_is_in_tables(make: str, fact: str) -> None:
    for value in ODD_VALUES:
        if _held([value], make) and not (make != "pandas" and value == "9" * 60):
            rows = [{"entity": "a", "group": "county", fact: "1"}, {"entity": "b", "group": "county", fact: value}]
            exact, found = tables(rows), frames(of_records(rows, MAKES[make]))
            assert found == exact or _beyond(exact, found), repr(value)


def _beyond(exact: Found, found: Found) -> bool:
    """What columns of 64 bits do not hold is refused there."""
    return isinstance(exact, dict) and isinstance(found, list) and {code for code, _ in found} == {"AS5416"}
