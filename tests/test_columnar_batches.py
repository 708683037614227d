"""Rows in batches: what is written is what a frame gives, whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import test_columnar as alone

import assessdsl
from assessdsl.backends.columnar import parquet
from assessdsl.backends.columnar.gathered import Numbers, Shelf

RULES = """
  rank by total within group ties shared
  tier good "Good" top 30% of group rounded down ties included vetoed counted when total >= 60 points
  tier poor "Poor" otherwise
  accountability {
    finding fell "Fell" when in_bottom(3, of: group, ties: included) and disgrace
    finding low "Low" when total < 60 points
    finding twice "Twice" when streak(in_bottom(5, of: group, ties: included), years: 2)
    finding worse "Worse" when rank > previous(rank) and base < 90 points
  }
}
"""
POLICY = alone.SIMPLE.replace("\n}\n", RULES).replace(
    '  component base', '  group office "Offices"\n  judgement disgrace "Disgrace"\n  component base', 1
).replace("missing zero\n", "missing zero\n      rounding half_up to 2 places\n")  # fmt: skip


def policy() -> assessdsl.Policy:
    return assessdsl.loads(POLICY)


def frame(rows: int) -> pl.DataFrame:
    planned = [(7 * row) % 50 + 1 for row in range(rows)]
    return pl.DataFrame({
        "entity": [f"e{(37 * row) % rows}" for row in range(rows)],
        "group": [("county", "Offices", "office")[row * row % 3] for row in range(rows)],
        "growth.planned": planned, "growth.actual": [(11 * row) % (own + 3) for row, own in enumerate(planned)],
        "disgrace": [True if row % 5 == 0 else None for row in range(rows)],
    })  # fmt: skip


def history(rows: int) -> pl.DataFrame:
    names = [f"e{row}" for row in range(0, rows + 10, 2)]
    return pl.DataFrame({
        "period": 2021, "entity": names, "rank": [row // 2 + 1 for row in range(len(names))],
        "group": [("county", "office")[row % 2] for row in range(len(names))],
    })  # fmt: skip


def sources(given: pl.DataFrame, folder: Path) -> dict[str, Any]:
    given.write_parquet(folder / "given.parquet", row_group_size=13)
    return {
        "path": folder / "given.parquet", "text": str(folder / "given.parquet"), "lazy": given.lazy(), "frame": given,
        "reader": pa.RecordBatchReader.from_batches(given.to_arrow().schema, given.to_arrow().to_batches(5)),
        "lazy scan": pl.scan_parquet(folder / "given.parquet").with_columns(pl.col("growth.actual") + 0),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["path", "text", "lazy", "frame", "reader", "lazy scan"])
def test_what_is_written_is_what_a_frame_gives(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    given, before = frame(97), history(97)
    more: dict[str, Any] = {"history": before, "components": True, "indicators": True}
    written = assessdsl.evaluate_batches(policy(), sources(given, tmp_path)[kind], tmp_path / "out.parquet", **more)
    expected = assessdsl.evaluate_frame(policy(), given, **more).to_frame("polars")
    found = pl.read_parquet(written.path).with_columns(pl.col(pl.Categorical).cast(pl.String))
    assert written.rows == 97
    assert found.to_dict(as_series=False) == expected.to_dict(as_series=False)
    assert set(found["worse"]) == {"no", "raised", "undetermined"}
    assert {"out.parquet", "given.parquet"} >= {path.name for path in tmp_path.iterdir()}


def test_rows_without_names_are_numbered(tmp_path: Path) -> None:
    written = assessdsl.evaluate_batches(policy(), frame(7).drop("entity"), tmp_path / "out.parquet")
    assert pl.read_parquet(written.path)["entity"].to_list() == [1, 2, 3, 4, 5, 6, 7]


def refused(given: Any, into: Path, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(assessdsl.AssessmentError) as raised:
        assessdsl.evaluate_batches(more.pop("rules", None) or policy(), given, into, **more)
    assert not list(into.parent.iterdir()), "something was left behind"
    return [(one.code, str(one.cell or "")) for one in raised.value.diagnostics]


def test_a_name_that_stands_in_two_batches_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    names = [f"e{row}" for row in range(40)]
    names[33] = "e4"
    assert refused(frame(40).with_columns(entity=pl.Series(names)), tmp_path / "out") == [("AS6210", "frame:34 entity")]


def test_what_is_wrong_is_told_of_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    odd = frame(40).with_columns(pl.Series("growth.actual", [1.5] * 25 + [1 / 3] * 15))
    assert refused(odd, tmp_path / "out") == [("AS5414", "frame:26 growth.actual")]


def test_no_rows_are_refused(tmp_path: Path) -> None:
    assert refused(frame(3).head(0), tmp_path / "out") == [("AS6201", "")]


RESTING = {
    "places": "if rank_of(actual, of: group, ties: shared) <= 9 then 100% else 50%",
    "a mean": "if actual >= mean(actual, of: group) then 100% else 50%",
    "a median": "if actual >= median(actual, of: everyone) then 100% else 50%",
    "the best": "clamp(ratio(actual, best(actual, of: group), zero: 1), 0%, 100%)",
    "places by a mean": "if rank_of(ratio(actual, mean(actual, of: group), zero: 0), of: group, ties: dense) <= 4 "
    "then 100% else 50%",
}


@pytest.mark.parametrize("kind", ["path", "reader"])
@pytest.mark.parametrize("resting", RESTING)
def test_scores_that_rest_on_all_are_scored(
    resting: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    rules = assessdsl.loads(POLICY.replace("attainment(actual, planned, zero_plan: error)", RESTING[resting]))
    given, told = frame(97), list[tuple[int, int | None]]()
    written = assessdsl.evaluate_batches(
        rules, sources(given, tmp_path)[kind], tmp_path / "out", progress=lambda *done: told.append(done)
    )
    expected = assessdsl.evaluate_frame(rules, given).to_frame("polars")
    found = pl.read_parquet(written.path).with_columns(pl.col(pl.Categorical).cast(pl.String))
    assert found.to_dict(as_series=False) == expected.to_dict(as_series=False)
    readings = 3 if resting == "places by a mean" else 2
    assert told[-1] == (97 * readings, 97 * readings)


def test_what_is_no_source_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="Parquet"):
        assessdsl.evaluate_batches(policy(), 7, tmp_path / "out")
    with pytest.raises(OSError, match="nowhere"):
        assessdsl.evaluate_batches(policy(), tmp_path / "nowhere.parquet", tmp_path / "out")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_an_interrupted_run_leaves_what_was_there(
    kind: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    (tmp_path / "out.parquet").write_text("as it was")
    told: list[tuple[int, int | None]] = []

    def progress(done: int, rows: int | None) -> None:
        told.append((done, rows))
        if done == 30:
            raise kind

    with pytest.raises(kind):
        assessdsl.evaluate_batches(policy(), frame(97), tmp_path / "out.parquet", progress=progress)
    assert told == [(10, None), (20, None), (30, None)]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.parquet", "as it was")]


def test_of_the_row_groups_that_were_read_none_is_kept(tmp_path: Path) -> None:
    rows, groups = parquet.ROWS, 8
    numbers = [pa.array(range(at, at + rows)) for at in range(8)]
    one = pa.table({f"c{at}": column for at, column in enumerate(numbers)})
    with pa.parquet.ParquetWriter(tmp_path / "given.parquet", one.schema) as writer:
        for _ in range(groups):
            writer.write_table(one)
    del one, numbers
    before, held = pa.total_allocated_bytes(), []
    given = parquet.opened(tmp_path / "given.parquet", tmp_path)
    for _ in given.tables(rows):
        held.append(pa.total_allocated_bytes() - before)
    assert given.count == rows * groups
    assert max(held) < 1.5 * held[0]


def test_of_the_rows_that_are_written_none_is_kept(tmp_path: Path) -> None:
    held = []

    def batches() -> Iterator[dict[str, Any]]:
        before = pa.total_allocated_bytes()
        for _ in range(6):
            held.append(pa.total_allocated_bytes() - before)
            yield {"entity": pa.array(range(parquet.ROWS))}

    parquet.write(tmp_path / "found.parquet", batches())
    assert max(held) == held[1]


@pytest.mark.parametrize(("last", "found"), [(2, ([10, -4, 7], 2)), (1 << 61, ([2, 0, 1], 0))])
def test_numbers_of_batches_go_over_one_scale_where_64_bits_hold_it(
    last: int, found: tuple[list[int], int], tmp_path: Path
) -> None:
    numbers = Numbers(Shelf(tmp_path), "number")
    numbers.put(np.array([5, -2], np.int64), 1, None)
    numbers.put(np.array([7], np.int64), last, None)
    held, scale, quotients = numbers.take()
    assert (held.tolist(), scale) == found
    assert (quotients is None) == bool(scale)


def test_scores_of_batches_go_over_one_scale_where_64_bits_hold_it(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(parquet, "ROWS", 1)
    free = assessdsl.loads(POLICY.replace("rounding half_up to 2 places of total\n", "", 1).replace(
        "      rounding half_up to 2 places\n", ""))  # fmt: skip
    numbers = [7, 11, 13]
    given = frame(3).with_columns(pl.Series("growth.planned", numbers), pl.Series("growth.actual", [1, 2, 3]))
    written = assessdsl.evaluate_batches(free, given, tmp_path / "out")
    assert pl.read_parquet(written.path)["total_x1001"].to_list() == [14300, 18200, 23100]
    apart = given.with_columns(pl.Series("growth.planned", [2**31 - 1, 2**31 - 19, 2**31 - 61]))
    (tmp_path / "out").unlink()
    assert refused(apart, tmp_path / "out", rules=free)[0][0] == "AS5412"


FRACTIONS = """
policy p "P" {
  period 2022
  full 100 points
  rounding half_up to 0 places of total
  group county "Counties"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      unit count
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
  rank by total, base within group ties shared
  tier good "Good" top 30% of group rounded down ties included when total >= 20 points
  tier poor "Poor" otherwise
  accountability {
    finding behind "Behind" when base < 60 points - rank * 1 point / 10
    finding low "Low" when base < mean(total, of: group) - 5 points
  }
}
"""


def test_numbers_without_a_common_denominator_are_kept_as_fractions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS", 10)
    rules = assessdsl.loads(FRACTIONS)
    planned = [1_000_003 + 2 * row for row in range(200)]
    given = pl.DataFrame({
        "entity": [f"e{row}" for row in range(200)], "group": "county", "growth.planned": planned,
        "growth.actual": [own * (row % 7 + 1) // 9 for row, own in enumerate(planned)],
    })  # fmt: skip
    written = assessdsl.evaluate_batches(rules, given, tmp_path / "out")
    expected = assessdsl.evaluate_frame(rules, given).to_frame("polars")
    found = pl.read_parquet(written.path).with_columns(pl.col(pl.Categorical).cast(pl.String))
    assert found.to_dict(as_series=False) == expected.to_dict(as_series=False)
    assert len(set(found["rank"])) > 150
    assert {"no", "raised"} == set(found["behind"]) == set(found["low"])


def test_who_was_called_otherwise_before_is_told_from_all_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the predecessor was called before, its own row says, which stands in another batch."""
    monkeypatch.setattr(parquet, "ROWS", 10)
    given = frame(97)
    names, before = given["entity"].to_list(), [""] * 97
    names[2], before[2] = "heir", "middle"
    names[90], before[90] = "middle", "old"
    given = given.with_columns(entity=pl.Series(names), successor_of=pl.Series(before), disgrace=pl.lit(True))
    past = pl.DataFrame({"period": 2021, "entity": ["old", "e5"], "rank": [1, 2], "group": ["county"] * 2})
    more: dict[str, Any] = {"history": past, "components": True}
    expected = assessdsl.evaluate_frame(policy(), given, **more).to_frame("polars")
    for source in (given, given.lazy(), pa.RecordBatchReader.from_stream(given)):
        written = assessdsl.evaluate_batches(policy(), source, tmp_path / "out", **more)
        found = pl.read_parquet(written.path).with_columns(pl.col(pl.Categorical).cast(pl.String))
        assert found.to_dict(as_series=False) == expected.to_dict(as_series=False)
    known = expected.filter(pl.col("worse") != "undetermined")["entity"].to_list()
    assert {"heir", "middle"} <= set(known)
