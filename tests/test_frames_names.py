"""Odd texts in frames are what they are in tables: the same scores, or the same thing told at the same row."""

from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.backends.columnar.inputs import keys_of
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
  tier low "Low" when not is_missing(previous(tier)) and previous(tier) == low
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
    "2022年6月1日", "2022.06.01", "20220601", "2022-13-01", "2022-6-31", "44713", "二〇二二年六月一日", "1万元",
    "2.5亿元", "3 个", "3件", "12 months", "约5", "≥3", "5+", "inf", "1/2", "0.005", "0.05", "9" * 17, "9" * 60,
    "1\u200b", "\ud800",
)  # fmt: skip
Told = list[tuple[str, int]]
Found = dict[str, Any] | Told


def tables(entities: list[dict[str, Any]], **more: list[dict[str, Any]]) -> Found:
    """What the exact engine makes of records: totals and tiers by entity, or what is wrong, by row."""
    try:
        result = assessdsl.evaluate(POLICY, {"entities": entities, **more})
    except assessdsl.DataError as error:
        return _told(error)
    return {name: (one.total.value, one.rank, one.tier) for name, one in result.entities.items()}


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


@pytest.mark.parametrize("make", [*MAKES])
@pytest.mark.parametrize("fact", FACTS)
def test_each_odd_value_is_what_it_is_in_tables(make: str, fact: str) -> None:
    scored = 0
    for value in ODD_VALUES:
        if _held([value], make):
            usual = "2022-01-01" if fact == "opened" else "1"
            rows = [{"entity": "a", "group": "county", fact: usual}, {"entity": "b", "group": "county", fact: value}]
            exact, found = tables(rows), frames(of_records(rows, MAKES[make]))
            scored += isinstance(found, dict)
            assert found == exact, repr(value)
    assert 5 < scored < len(ODD_VALUES) // 2


# ---------------------------------------------------------------- names

blanks = st.lists(st.sampled_from(BLANKS), max_size=2).map("".join)
names = st.builds(lambda before, name, after: before + name + after, blanks, st.sampled_from(ODD_NAMES), blanks)
groups = st.builds(
    lambda before, name, after: before + name + after,
    blanks, st.sampled_from(["county", "town", "镇", "Counties", "village", ""]), blanks,
)  # fmt: skip
makes = st.sampled_from([*MAKES])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(names, groups), min_size=1, max_size=4), makes)
def test_names_and_groups_are_what_they_are_in_tables(given_: list[tuple[str, str]], make: str) -> None:
    rows = [{"entity": name, "group": group, "complaints": "3"} for name, group in given_]
    exact, found = tables(rows), frames(of_records(rows, MAKES[make]))
    if isinstance(exact, list):
        assert isinstance(found, list)
        assert set(found) & set(exact)
    else:
        assert found == exact


ENTITIES = [
    {"entity": "Alpha", "group": "county", "successor_of": ""},
    {"entity": "甲", "group": "county", "successor_of": " Old\u3000"},
    {"entity": "Å", "group": "town", "successor_of": "\u00a0"},
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(names, names, st.sampled_from(["growth", " growth\u3000", "Growth", "late", "x"])), max_size=3),
    st.lists(st.tuples(names, st.sampled_from(["8", " ８ ", "4.5%", "—", " "])), max_size=3),
    makes,
)
def test_targets_and_entries_are_what_they_are_in_tables(
    given_: list[tuple[str, str, str]], reported: list[tuple[str, str]], make: str
) -> None:
    columns = ("target", "entity", "indicator")
    targets = [{**dict(zip(columns, one, strict=True)), "planned": "8 "} for one in given_]
    entries = [{"target": name, "actual": value} for name, value in reported]
    more = {"targets": targets, "facts": entries}
    exact = tables(ENTITIES, **{name: rows for name, rows in more.items() if rows})
    framed = {"targets": targets, "entries": entries}
    found = frames(
        of_records(ENTITIES, MAKES[make]),
        **{name: of_records(rows, MAKES[make]) for name, rows in framed.items() if rows},
    )
    if isinstance(exact, list):
        assert isinstance(found, list)
        assert set(found) & set(exact)  # either may stop at what makes the rest doubtful
    else:
        assert found == exact


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2021", " 2021年", "2020", "２０２１", "21", "x", ""]), names,
            st.sampled_from(["low", " low\u3000", "Low", "good", ""]),
            st.sampled_from(["1", " 2", "0", "-1", ""]),
        ),
        min_size=1, max_size=3,
    ),
    makes,
)  # fmt: skip
def test_a_history_is_what_it_is_in_tables(given_: list[tuple[str, str, str, str]], make: str) -> None:
    columns = ("period", "entity", "tier", "rank")
    history = [dict(zip(columns, one, strict=True)) for one in given_]
    exact = tables(ENTITIES, history=history)
    found = frames(of_records(ENTITIES, MAKES[make]), history=of_records(history, MAKES[make]))
    if isinstance(exact, list):
        assert isinstance(found, list)
        assert set(found) & set(exact)  # either may stop at what makes the rest doubtful
    else:
        assert found == exact


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(names, names), min_size=1, max_size=3), st.sampled_from([str, "large", "dictionary"]))
def test_batches_take_names_as_frames_do(tmp_path_factory: Any, given_: list[tuple[str, str]], kind: Any) -> None:
    def table(rows: list[dict[str, Any]]) -> pa.Table:
        made: pa.Table = of_records(rows, pa.table)
        if kind == "large":
            return made.cast(pa.schema([(name, pa.large_string()) for name in made.column_names]))
        if kind == "dictionary":
            return pa.table({name: made[name].dictionary_encode() for name in made.column_names})
        return made

    entities = [{"entity": name, "group": " county"} for name, _ in given_]
    entries = [{"entity": name, "indicator": " growth", "actual": "8 "} for _, name in given_]
    into = tmp_path_factory.mktemp("batches") / "out.parquet"
    found: Found
    try:
        evaluate_batches(POLICY, table(entities).to_reader(), into, entries=table(entries).to_reader())
        written = pl.read_parquet(into)
        found = dict(zip(written["entity"], zip(written["total"], written["rank"], strict=True), strict=True))
    except assessdsl.DataError as error:
        found = _told(error)
    whole = frames(table(entities), entries=table(entries))
    if isinstance(whole, dict):
        assert found == {name: (total, rank) for name, (total, rank, _) in whole.items()}
    else:
        assert isinstance(found, list)


WEIGHTED = assessdsl.loads("""
policy p "P" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" {
    points 100 points
    indicator works "Works" {
      points 100 points shared by weight
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent full
    }
  }
}
""")


@pytest.mark.parametrize(
    ("weights", "expected"), [(["40%", "６０％"], 70), (["2 ", "3"], 70), (["40%", "60"], ("AS5415", "AS6233"))]
)
def test_weights_are_all_percentages_or_none_is(weights: list[str], expected: Any) -> None:
    entities = [{"entity": "a", "group": "county"}]
    targets = [
        {"target": f"t{n}", "entity": "a", "indicator": "works", "planned": 10, "weight": weight}
        for n, weight in enumerate(weights)
    ]
    facts = [{"target": "t0", "actual": 10}, {"target": "t1", "actual": 5}]
    tables = {"entities": entities, "targets": targets, "facts": facts}
    frames = {"targets": pl.DataFrame(targets), "entries": pl.DataFrame(facts)}
    if isinstance(expected, tuple):
        with pytest.raises(assessdsl.DataError) as raised:
            evaluate_frame(WEIGHTED, pl.DataFrame(entities), **frames)
        with pytest.raises(assessdsl.DataError) as told:
            assessdsl.evaluate(WEIGHTED, tables)
        assert tuple(one.diagnostics[0].code for one in (raised.value, told.value)) == expected
    else:
        assert assessdsl.evaluate(WEIGHTED, tables).entities["a"].total.value == expected
        assert evaluate_frame(WEIGHTED, pl.DataFrame(entities), **frames).total(0) == expected


JUDGED = assessdsl.loads("""
policy p "P" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  judgement bad "Bad"
  component base "Base" {
    points 100 points
    indicator other "Other" { points 100 points; score if bad then 0% else 100% }
  }
}
""")


@pytest.mark.parametrize(
    ("text", "expected"), [("no", 100), ("否", 100), (" ", 100), ("", 100), ("yes ", 0), ("是", 0), ("x", "AS6109")]
)
def test_a_judgement_is_what_its_text_says(text: str, expected: Any) -> None:
    frame = pl.DataFrame({"group": ["county"], "bad": [text]})
    score = assessdsl.prepare(JUDGED).score
    if isinstance(expected, str):
        for refused in (lambda: score({"group": "county", "bad": text}), lambda: evaluate_frame(JUDGED, frame)):
            with pytest.raises(assessdsl.DataError, match=expected):
                refused()
    else:
        assert score({"group": "county", "bad": text}).total.value == expected
        assert evaluate_frame(JUDGED, frame).total(0) == expected


def test_a_fact_may_be_called_as_a_column_of_entities_is() -> None:
    policy = assessdsl.loads(
        """policy example "Example" {
  period 2022
  full 100 points
  group town "Towns"
  fact label count "Labels" missing zero
  component base "Base" {
    points 100 points
    indicator many "Many" {
      points 100 points
      score if label > 5 then 100% else 0%
    }
  }
}"""
    )
    given = {"entity": "a", "group": "town", "label": 7, "since": None}
    assert evaluate_frame(policy, pl.DataFrame([given])).total(0) == 100
    assert assessdsl.prepare(policy).score(given).total.value == 100


def test_what_names_mean_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def counted(schema: Any, names: Any) -> Any:
        asked.append(list(names))
        return keys_of(schema, names)

    monkeypatch.setattr(assessdsl.frames, "keys_of", counted)
    policy = assessdsl.loads(
        """policy example "Example" {
  period 2022
  full 100 points
  group town "镇"
  fact complaints count "Complaints" missing zero
  component base "Base" {
    points 100 points
    indicator calm "Calm" {
      points 100 points
      score if complaints < 5 then 100% else 0%
    }
  }
}"""
    )
    columns = {"单位": ["a"], "组别": ["town"], "complaints": [3]}
    first, second = (evaluate_frame(policy, pl.DataFrame(columns)) for _ in range(2))
    assert asked == [["entity", "group", "complaints"]]
    assert first.total(0) == second.total(0)
    for _ in range(2):  # what was told once is told again
        with pytest.raises(assessdsl.DataError) as told:
            evaluate_frame(policy, pl.DataFrame({**columns, "complaint": [3]}))
        assert [one.code for one in told.value.diagnostics] == ["AS5303"]
