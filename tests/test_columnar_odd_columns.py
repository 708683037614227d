"""Frames as people have them: what libraries make of gaps, dates and long numbers is read, or refused plainly."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa
import pytest

import assessdsl
from assessdsl.backends.columnar import kernels
from assessdsl.frames import evaluate_batches, evaluate_frame

POLICY = assessdsl.loads("""
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  group town "Towns"
  fact complaints count "Complaints" missing zero
  fact spent money "Spent" to 2 places missing zero
  fact factor number "Factor" missing 1
  fact calm yes_no "Calm" missing no
  component base "Base" {
    points 100 points
    indicator late "Late" {
      points 50 points
      gate late "late" when not completed or completed_on > due then zero
      score 100%
      missing zero
      absent full
    }
    indicator other "Other" {
      points 50 points
      score if complaints < 10 and spent < 100 yuan and factor <= 1 and not calm then 100% else 20%
    }
  }
  rank by total within group ties shared
}
""")
NAMES = {"entity": ["a", "b", "c"], "group": ["county"] * 3}
DUE = date(2022, 6, 30)


def totals(frame: Any) -> list[int]:
    found = evaluate_frame(POLICY, frame)
    assert found.scales["total"] == 1 or found.scales["total"] == 100
    return [int(found.total(row)) for row in range(len(found))]


def told(frame: Any) -> list[tuple[str, str]]:
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(POLICY, frame)
    return [(one.code, str(one.cell or "")) for one in raised.value.diagnostics]


def of_pandas(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({**NAMES, **columns})


def of_polars(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({**NAMES, **columns})


def of_arrow(**columns: Any) -> pa.Table:
    return pa.table({**NAMES, **columns})


ON_TIME = [date(2022, 6, 1), None, date(2022, 7, 1)]
MOMENTS = [datetime(2022, 6, 30, 23), None, datetime(2022, 7, 1, 1)]


@pytest.mark.parametrize(
    "completed",
    [
        pytest.param(ON_TIME, id="dates of Python"),
        pytest.param([MOMENTS[0], None, ON_TIME[2]], id="dates beside moments"),
        pytest.param(pd.Series(MOMENTS), id="datetime64"),
        pytest.param(pd.Series(MOMENTS).dt.tz_localize("Asia/Shanghai"), id="moments of a zone"),
        pytest.param(pd.Series(ON_TIME, dtype=pd.ArrowDtype(pa.date32())), id="dates of Arrow"),
        pytest.param(pd.Series(MOMENTS, dtype=pd.ArrowDtype(pa.timestamp("us"))), id="moments of Arrow"),
    ],
)
def test_dates_as_pandas_has_them(completed: Any) -> None:
    due = pd.Series([DUE] * 3)
    assert totals(of_pandas(**{"late.due": due, "late.completed_on": completed})) == [100, 50, 50]


def test_moments_of_a_zone_are_the_days_of_its_clocks() -> None:
    columns = of_pandas(**{"late.due": pd.Series([DUE] * 3), "late.completed_on": pd.Series(MOMENTS)})
    columns["late.completed_on"] = columns["late.completed_on"].dt.tz_localize("America/New_York")
    for frame in (pl.from_pandas(columns), pa.Table.from_pandas(columns)):
        assert totals(frame) == [100, 50, 50]


def test_no_date_beyond_those_of_the_calendar() -> None:
    days = pl.Series([1, None, 10**7], dtype=pl.Int32).cast(pl.Date)
    found = told(of_polars(**{"late.due": [DUE] * 3, "late.completed_on": days}))
    assert found == [("AS5415", "frame:3 late.completed_on")]
    assert told(of_pandas(**{"late.due": [1, "x", DUE]})) == [
        ("AS6107", "frame:1 late.due"),
        ("AS6107", "frame:2 late.due"),
    ]


@pytest.mark.parametrize(
    "complaints",
    [
        pytest.param(pd.Series([10, None, 2]), id="floats, as pandas has numbers with a gap"),
        pytest.param(pd.Series([10, None, 2], dtype="Int64"), id="numbers with gaps"),
        pytest.param(pd.Series([10, pd.NA, 2], dtype=object), id="objects"),
        pytest.param(pl.Series([10, None, 2], dtype=pl.Int128), id="numbers of 128 bits"),
        pytest.param(pl.Series([10.0, None, 2.0], dtype=pl.Float32), id="short floats"),
        pytest.param(pl.Series(["10.00", None, "2"]).cast(pl.Decimal(10, 2)), id="decimals"),
        pytest.param(pd.Series(["10.0", None, "2"], dtype=pd.ArrowDtype(pa.decimal128(5, 1))), id="Arrow's decimals"),
    ],
)
def test_whole_numbers_with_gaps_are_whole(complaints: Any) -> None:
    make = of_polars if isinstance(complaints, pl.Series) else of_pandas
    assert totals(make(complaints=complaints)) == [60, 100, 100]


@pytest.mark.parametrize(
    ("column", "code"),
    [
        (pl.Series([Decimal("1.5"), Decimal(1), Decimal(2)]), "AS5417"),
        (pl.Series([1.5, 1.0, 2.0]), "AS5414"),
        (pl.Series([10**30, 1, 2], dtype=pl.Int128), "AS5416"),
        (pl.Series([(1 << 64) - 1, 1, 2], dtype=pl.UInt64), "AS5416"),
    ],
)
def test_what_is_no_count_is_none_in_columns(column: Any, code: str) -> None:
    assert told(of_polars(complaints=column)) == [(code, "frame:1 complaints")]


def test_the_least_number_of_64_bits_is_a_number_like_others() -> None:
    least = -(1 << 63)
    assert totals(of_polars(factor=[least, 1, 2])) == [100, 100, 60]
    rows = 40_000
    many = pl.DataFrame({"group": ["county"] * rows, "factor": [2] * (rows - 1) + [least]})
    assert sum(totals(many)) == 60 * (rows - 1) + 100


def test_floats_of_no_declared_places_are_taken_where_they_are_whole() -> None:
    assert totals(of_polars(factor=[1.0, None, 2.0])) == [100, 100, 60]
    assert told(of_polars(factor=[1.0, 2.0, 0.5])) == [("AS5413", "frame:3 factor")]


def test_short_floats_are_the_decimals_to_which_they_are_nearest() -> None:
    assert totals(of_polars(spent=pl.Series([99.99, 100.0, None], dtype=pl.Float32))) == [100, 60, 100]
    beyond = pl.Series([1.0, 83886.09, 1.0], dtype=pl.Float32)  # 83886.09 and 83886.1 may be one number of 32 bits
    assert told(of_polars(spent=beyond)) == [("AS5414", "frame:2 spent")]


def test_truths_as_pandas_has_them() -> None:
    for calm in (pd.Series([True, None, False], dtype=object), pd.Series([True, None, False], dtype="boolean")):
        assert totals(of_pandas(calm=calm)) == [60, 100, 100]
    assert totals(of_pandas(calm=pd.Series([True, "no", False], dtype=object))) == [60, 100, 100]


def test_a_column_is_called_what_its_library_calls_it() -> None:
    with pytest.raises(assessdsl.DataError, match=r"holds `Duration\(time_unit='s'\)`"):
        evaluate_frame(POLICY, of_arrow(spent=pa.array([7] * 3, pa.duration("s"))))


# ---------------------------------------------------------------- groups and names


@pytest.mark.parametrize("compiled", [False, True])
def test_a_group_that_the_policy_does_not_have_is_refused(compiled: bool) -> None:
    frame = pl.DataFrame({"entity": ["a", "b"], "group": ["county", "village"]})
    with pytest.raises(assessdsl.DataError, match="no group `village`"):
        evaluate_frame(POLICY, frame, kernels=compiled)


def test_a_frame_without_groups_is_told_once() -> None:
    assert told(pl.DataFrame({"complaints": [1] * 100_000})) == [("AS6018", "frame:0")]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_name_of_nothing_is_none(make: Any) -> None:
    assert told(make({**NAMES, "entity": ["a", "", "c"]})) == [("AS6214", "frame:2 entity")]


def test_names_that_are_written_alike_are_one() -> None:
    assert told(pd.DataFrame({**NAMES, "entity": [1, "1", pd.NA]})) == [
        ("AS6210", "frame:2 entity"),
        ("AS6214", "frame:3 entity"),
    ]


def test_no_two_columns_have_one_name() -> None:
    twice = [[*NAMES["entity"]], [*NAMES["group"]], [1, 2, 3], [4, 5, 6]]
    headings = ["entity", "group", "complaints", "complaints"]
    frames = [pd.DataFrame(dict(enumerate(twice))).set_axis(headings, axis=1), pa.table(twice, names=headings)]
    for frame in frames:
        with pytest.raises(assessdsl.DataError, match="`complaints` stands twice, first at #3"):
            evaluate_frame(POLICY, frame)


def test_a_column_that_has_no_name_is_not_known() -> None:
    assert told(of_pandas().assign(**{"3": [1, 2, 3]}).rename(columns={"3": 3})) == [("AS5303", "")]


def test_whatever_gives_an_arrow_stream_is_a_frame() -> None:
    table = of_arrow(complaints=[10, 1, 2])
    assert totals(table.to_batches()[0]) == totals(table.to_reader()) == [60, 100, 100]
    assert totals(duckdb.connect().from_arrow(table)) == [60, 100, 100]


# ---------------------------------------------------------------- headings

CHINESE = {
    "单位": ["甲", "乙", "丙"],
    "组别": ["county", "Towns", "town"],
    "名称": ["甲县", "乙镇", "丙镇"],
    "complaints": [10, 1, 2],
}


def test_the_table_of_entities_has_its_own_headings() -> None:
    found = evaluate_frame(POLICY, pl.DataFrame(CHINESE))
    assert found.to_frame()["entity"].to_list() == CHINESE["单位"]
    assert [int(found.total(row)) for row in range(3)] == [60, 100, 100]
    assert found.rank is not None
    assert found.rank.tolist() == [1, 1, 1]
    assert totals(pd.DataFrame(CHINESE).rename(columns={"单位": "Entity", "组别": "Group"})) == [60, 100, 100]
    assert told(pl.DataFrame(CHINESE).with_columns(被考核单位="单位")) == [("AS5303", "")]


@pytest.mark.parametrize("of", ["file", "stream"])
@pytest.mark.parametrize("with_targets", [False, True])
def test_batches_have_these_headings_too(of: str, with_targets: bool, tmp_path: Path) -> None:
    table = pl.DataFrame(CHINESE).with_columns(原单位=pl.Series([None, "丁", None])).to_arrow()
    source: Any = table.to_reader()
    if of == "file":
        pl.from_arrow(table).write_parquet(source := tmp_path / "in.parquet")
    targets = pl.DataFrame(
        {"目标": ["1"], "单位": ["丁"], "指标": ["late"], "时限": [DUE], "完成日期": [date(2022, 7, 1)]}
    )
    targets.write_parquet(tmp_path / "targets.parquet")
    into = tmp_path / "out.parquet"
    evaluate_batches(POLICY, source, into, targets=tmp_path / "targets.parquet" if with_targets else None)
    found = pl.read_parquet(into)
    assert found["entity"].to_list() == CHINESE["单位"]
    assert found["total"].to_list() == [60, 50 if with_targets else 100, 100]


def test_batches_have_no_two_columns_of_one_name(tmp_path: Path) -> None:
    twice = pa.table([["a"], ["b"]], names=["entity", "entity"])
    once = pl.DataFrame(CHINESE)
    for sources in ((twice.to_reader(), None), (once.lazy(), twice.to_reader())):
        with pytest.raises(assessdsl.DataError, match="`entity` stands twice"):
            evaluate_batches(POLICY, sources[0], tmp_path / "out.parquet", targets=sources[1])


def test_a_folder_is_no_place_for_a_result(tmp_path: Path) -> None:
    (tmp_path / "result").mkdir()
    with pytest.raises(IsADirectoryError, match="result"):
        evaluate_batches(POLICY, iter(()), tmp_path / "result")  # told before anything is read


def test_code_that_is_too_long_for_a_compiler_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = assessdsl.loads("""
policy awards "Awards" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" { points 100 points; indicator all { points 100 points; score 50% } }
  component bonus "Bonus" as bonus {
    cap 50 points
    indicator award "Award" { count highest_level_once; level high "High" 2 points; level low "Low" 1 points }
  }
}
""")
    entities = pl.DataFrame({"entity": ["a", "b"], "group": ["county"] * 2})
    entries = pl.DataFrame(
        {"entity": ["a"] * 6, "indicator": ["award"] * 6, "item": ["1", "2", "1", "3", "1", "2"],
         "level": ["high", "low", "low", "low", "high", "high"]}
    )  # fmt: skip
    compiled = []
    written = kernels.Kernels._written

    def noted(self: kernels.Kernels, types: Any) -> Any:
        compiled.append(types)
        return written(self, types)

    monkeypatch.setattr(kernels.Kernels, "_written", noted)
    monkeypatch.setattr(kernels, "_LONGEST", 100)
    found = evaluate_frame(policy, entities, entries=entries, kernels=True)
    assert [int(found.total(row)) for row in range(2)] == [55, 50]
    assert found.by_exact_engine == 0
    assert not compiled
    evaluate_frame(policy, entities, entries=entries[:2], kernels=True)
    assert compiled


UNREAD = assessdsl.loads(
    """policy p "P" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  fact unread "Unread" count missing zero
  component a "A" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      unit count
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
}
"""
)


def test_what_nobody_reads_is_checked_as_well() -> None:
    rows = 30_000
    held = {"growth.actual": 5, "growth.planned": 6, "unread": 3}
    frame = pl.DataFrame({"group": ["county"] * rows, **{name: [one] * rows for name, one in held.items()}})
    assert evaluate_frame(UNREAD, frame).by_exact_engine == 0
    one_below = frame.with_columns(unread=pl.when(pl.int_range(rows) == 777).then(-1).otherwise("unread"))
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(UNREAD, one_below)
    assert [one.code for one in raised.value.diagnostics] == ["AS6106"]


# ---------------------------------------------------------------- types

INTS = pa.array([1, None, 2])
ENDS = pa.array([1, 2, 3], pa.int32())
TYPES: dict[str, Any] = {
    "run-ends": pa.RunEndEncodedArray.from_arrays(ENDS, INTS),
    "run-ends of texts": pa.RunEndEncodedArray.from_arrays(ENDS, pa.array(["1", None, "2"], pa.string_view())),
    "dictionary": INTS.dictionary_encode(),
    "dictionary with nothing in it": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), pa.array(["1", None, "2"])),
    "views": pa.array(["1", None, "2"], pa.string_view()),
    "narrow decimals": pa.array([Decimal(1), None, Decimal(2)], pa.decimal32(5, 1)),
    "wide decimals": pa.array([Decimal(1), None, Decimal(2)], pa.decimal256(50, 1)),
    "decimals of a slice": pa.array([Decimal(9), Decimal(1), None, Decimal(2)], pa.decimal128(5, 1)).slice(1),
    "half floats": pa.array([1.0, None, 2.0], pa.float16()),
    "extension": pa.ExtensionArray.from_storage(pa.opaque(pa.int64(), "x", "y"), INTS),
    "chunks, some empty": pa.chunked_array([INTS[:0], INTS[:1], INTS[:0], INTS[1:]]),
}
REFUSED: dict[str, Any] = {
    "lists": pa.array([[1], None, [2]]),
    "views of lists": pa.array([[1], None, [2]], pa.list_view(pa.int64())),
    "structures": pa.array([{"a": 1}, None, {"a": 2}]),
    "durations": INTS.cast(pa.duration("s")),
    "times": INTS.cast(pa.int32()).cast(pa.time32("s")),
    "intervals": pa.array([(1, 2, 3), None, (1, 2, 3)], pa.month_day_nano_interval()),
    "no text": pa.array([b"1", None, b"\xff"]).view(pa.string()),
    "bytes": pa.array([b"1", None, b"2"]),
}


def in_libraries(column: Any, name: str) -> list[Any]:
    held = {key: value for key, value in NAMES.items() if key != name}
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    of_arrow = pd.Series(pd.arrays.ArrowExtensionArray(chunked))  # type: ignore[attr-defined]
    return [pa.table({**held, name: column}), pd.DataFrame({**held, name: of_arrow})]


@pytest.mark.parametrize("kind", [*TYPES])
def test_odd_types_hold_what_usual_ones_do(kind: str) -> None:
    for frame in in_libraries(TYPES[kind], "factor"):
        assert totals(frame) == [100, 100, 60]
    for frame in in_libraries(TYPES[kind], "entity"):
        assert told(frame) == [("AS6214", "frame:2 entity")]


@pytest.mark.parametrize("name", ["entity", "group", "factor", "calm", "late.due"])
@pytest.mark.parametrize("kind", [*REFUSED])
def test_what_is_no_value_is_refused_plainly(kind: str, name: str) -> None:
    for frame in in_libraries(REFUSED[kind], name):
        assert "AS5415" in {code for code, _ in told(frame)}


@pytest.mark.parametrize("kind", [*REFUSED])
def test_what_is_no_value_is_refused_in_batches_and_entries(kind: str, tmp_path: Path) -> None:
    entries = pa.table({"entity": ["a", "b", "c"], "fact": ["factor"] * 3, "actual": REFUSED[kind]})
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_batches(POLICY, of_arrow().to_reader(), tmp_path / "out.parquet", entries=entries.to_reader())
    assert [one.code for one in raised.value.diagnostics] == ["AS5415"]
    with pytest.raises(assessdsl.DataError, match="AS5415"):
        evaluate_frame(POLICY, of_arrow(), entries=entries)


def test_no_fact_is_called_by_what_stands_where_there_is_nothing() -> None:
    days = pa.array([DUE, None, DUE])
    entries = pa.table({"entity": ["a", "b", "c"], "fact": days, "indicator": ["late"] * 3})
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(POLICY, of_arrow(), entries=entries)
    assert {one.code for one in raised.value.diagnostics} <= {"AS6204", "AS6231"}


def test_a_column_alone_is_no_frame() -> None:
    for one in (pl.Series([1]), pd.Series([1])):
        with pytest.raises(TypeError, match="Series"):
            evaluate_frame(POLICY, one)


def test_categories_that_no_row_has_are_not_looked_at() -> None:
    assert totals(of_pandas(factor=pd.Categorical([1, None, 2], categories=[0.5, "x", 1, 2]))) == [100, 100, 60]


@pytest.mark.parametrize("scale", [-2, -5])
def test_decimals_of_hundreds_are_numbers(scale: int) -> None:
    column = pa.array([Decimal(500_000), None, Decimal(0)], pa.decimal128(9, scale))
    for frame in in_libraries(column, "complaints"):
        assert totals(frame) == [60, 100, 100]


def test_objects_of_pandas_are_told_row_by_row() -> None:
    odd = [[1], Decimal("sNaN"), Decimal("1e999999")]
    assert told(of_pandas(factor=pd.Series(odd, dtype=object))) == [
        ("AS6026", "frame:1 factor"),
        ("AS6027", "frame:2 factor"),
        ("AS6105", "frame:3 factor"),
    ]
    assert totals(of_pandas(factor=pd.Categorical([1.0, None, 2.0]))) == [100, 100, 60]


def test_beyond_the_mistakes_that_are_listed_rows_are_counted() -> None:
    rows = 11_200
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(POLICY, pl.DataFrame({"group": ["village"] * rows}))
    first, *others = raised.value.diagnostics
    assert (first.code, first.arguments["count"], len(others)) == ("AS5420", "1200", 10_000)
    entities = [{"entity": str(number), "group": "village"} for number in range(rows)]
    with pytest.raises(assessdsl.DataError) as raised:
        assessdsl.evaluate(POLICY, entities)
    first, *others = raised.value.diagnostics
    assert (first.code, first.arguments["count"], len(others)) == ("AS6253", "1200", 10_000)
