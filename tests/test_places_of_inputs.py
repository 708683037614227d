"""What is wrong with inputs of one entity and with frames is told under the key, or at the row, that holds it."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import assessdsl
from assessdsl.frames import evaluate_batches, evaluate_frame

TEXT = """
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  benchmark province percent "Province"
  fact complaints count "Complaints" missing zero
  fact happy survey "Happy"
  judgement disgrace "Disgrace"
  component base "Base" {
    points 100 points
    indicator satisfied { points 20 points; score survey(happy, at_least: 100, too_small: 60%); missing zero }
    indicator growth "Growth" {
      points 20 points
      unit percent to 1 places
      gate low "Low" when disgrace or actual < province then zero
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
    indicator jobs "Jobs" {
      points 40 points shared by weight
      unit count
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent full
    }
    indicator prize "Prize" { points 20 points; each 2 points; count once }
  }
  component penalty "Penalty" as penalty { cap 5 points; indicator complained { score complaints * 0.5 points } }
  rank by total within group ties shared
}
"""
POLICY = assessdsl.loads(TEXT)
GIVEN: dict[str, Any] = {"group": "county", "growth.planned": 8, "growth.actual": 7, "province": 3}
DONE = {"weight": 1, "planned": 5, "actual": 4}


def of_inputs(**inputs: Any) -> list[tuple[str, str]]:
    with pytest.raises(assessdsl.DataError) as raised:
        assessdsl.prepare(POLICY).score({**GIVEN, **inputs})
    assert raised.value.__suppress_context__ or raised.value.__context__ is None  # no errors of ours are shown above it
    return [(one.code, str(one.cell or one.arguments["name"])) for one in raised.value.diagnostics]


@pytest.mark.parametrize(
    ("inputs", "code", "place"),
    [
        ({"complaints": -1}, "AS6106", "inputs:1 complaints"),
        ({"complaints": [1]}, "AS6026", "inputs:1 complaints"),
        ({"growth.actual": Decimal("7.25")}, "AS6104", "inputs:1 growth.actual"),
        ({"growth.实绩": "x"}, "AS6101", "inputs:1 growth.actual"),
        ({"province": "x"}, "AS6101", "inputs:1 province"),
        ({"group": "village"}, "AS6207", "inputs:1 group"),
        ({"happy": "x"}, "AS6101", "inputs:1 happy"),
        ({"happy": "80%", "happy.sample": -2}, "AS6106", "inputs:1 happy.sample"),
        ({"jobs": [DONE, {**DONE, "weight": -1}]}, "AS6112", "inputs:1 jobs[1].weight"),
        ({"jobs": [DONE, {**DONE, "actaul": 3}]}, "AS5303", "jobs.actaul"),
        ({"jobs": DONE}, "AS5304", "jobs"),
        ({"jobs": 5}, "AS5304", "jobs"),
        ({"jobs": [5]}, "AS5304", "jobs"),
        ({"prize.entries": [DONE, "x"]}, "AS5304", "prize.entries"),
        ({"prize.entries": [{"item": "a", "actaul": 1}]}, "AS6016", "inputs:1 prize.actaul"),
    ],
)
def test_what_is_wrong_stands_under_its_key(inputs: dict[str, Any], code: str, place: str) -> None:
    assert of_inputs(**inputs) == [(code, place)]


def test_keys_that_are_no_texts_are_not_known() -> None:
    with pytest.raises(assessdsl.DataError, match="no input `3`"):
        assessdsl.prepare(POLICY).score({**GIVEN, 3: 4})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        ("growth", "growth.planned` / `growth.actual` / `growth.entries"),
        ("growth.plan", "growth.planned"),
        ("growth.实积", "growth.实绩"),
        ("grwoth.actual", "growth.actual"),
        ("compliants", "complaints"),
    ],
)
def test_what_was_meant_is_another_key(key: str, suggestion: str) -> None:
    with pytest.raises(assessdsl.DataError) as raised:
        assessdsl.prepare(POLICY).score({**GIVEN, key: 1})
    assert [one.arguments["suggestion"] for one in raised.value.diagnostics] == [suggestion]
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(POLICY, pl.DataFrame({"group": ["county"], key: [1]}))
    assert [one.arguments["suggestion"] for one in raised.value.diagnostics] == [suggestion]


def test_a_sample_is_read_under_every_name_of_its_column() -> None:
    prepared = assessdsl.prepare(POLICY)
    given = {**GIVEN, "happy": "80%"}
    enough, too_small = prepared.score({**given, "happy.sample": 200}), prepared.score(given)
    assert prepared.score({**given, "happy.样本数": 200}).total == enough.total != too_small.total


def test_messages_of_what_cannot_be_read_are_in_the_language_of_the_policy() -> None:
    policy = assessdsl.loads(f"# language: zh{TEXT}")
    with pytest.raises(assessdsl.DataError, match="不是文字"):
        assessdsl.prepare(policy).score({**GIVEN, "complaints": [1]})


# ---------------------------------------------------------------- frames


def frame(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"entity": ["a", "b", "c", "d"], "group": ["county"] * 4, **columns})


def of_frame(given: pl.DataFrame, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(POLICY, given, common={"province": 3}, **more)
    return [(one.code, str(one.cell)) for one in raised.value.diagnostics]


def test_what_the_exact_engine_finds_wrong_stands_at_its_row() -> None:
    columns = {"complaints": [1, 2, -1, 3], "growth.planned": [0, 5, 5, 5], "growth.actual": [5] * 4}
    assert of_frame(frame(**columns)) == [("AS6106", "frame:3 complaints")]
    del columns["complaints"]
    assert of_frame(frame(**columns)) == [("AS5203", "frame:1 growth.planned")]
    assert of_frame(frame().with_columns(group=pl.Series(["county", None, "county", "x"]))) == [
        ("AS6214", "frame:2"),
        ("AS6207", "frame:4 group"),
    ]


def test_of_many_wrong_rows_each_is_told() -> None:
    rows = 1100
    given = pl.DataFrame({"group": ["county"] * rows, "complaints": [1] * 50 + [-1] * (rows - 50)})
    found = of_frame(given)
    assert found == [("AS6106", f"frame:{row} complaints") for row in range(51, rows + 1)]


def test_what_is_wrong_with_targets_and_entries_stands_at_their_rows() -> None:
    targets = pl.DataFrame(
        {"target": ["1", "2", "3"], "entity": ["d", "a", "b"], "indicator": ["jobs"] * 3, "weight": [1, 1, -1]}
    ).with_columns(planned=5)
    assert of_frame(frame(), targets=targets) == [("AS6112", "targets:3 weight")]
    entries = pl.DataFrame({"target": ["2", "3", "1"], "actual": [4, 4, -4]})
    good = targets.with_columns(weight=1)
    assert of_frame(frame(), targets=good, entries=entries) == [("AS6106", "entries:3 actual")]


def test_batches_tell_the_row_among_all(tmp_path: Any) -> None:
    rows = 70_000
    given = pl.DataFrame({"group": ["county"] * rows, "complaints": [1] * (rows - 1) + [-1]})
    given.write_parquet(tmp_path / "in.parquet")
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_batches(POLICY, tmp_path / "in.parquet", tmp_path / "out.parquet", common={"province": 3})
    assert [str(one.cell) for one in raised.value.diagnostics] == [f"frame:{rows} complaints"]


def test_an_explanation_names_rows_and_columns_of_the_frame() -> None:
    columns = {"growth.planned": [5] * 4, "growth.actual": [2, 3, 4, 5]}
    text = str(evaluate_frame(POLICY, frame(**columns), common={"province": 3}).explain("c"))
    assert "frame:3 growth.actual" in text
