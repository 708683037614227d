"""Tables of targets and of entries in any order, beside entities in batches."""

import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import polars as pl
import pytest
from test_columnar_batches_conformance import over_one

import assessdsl
from assessdsl.backends.columnar import parquet, routing, streaming

TEXT = """# language: en
policy p "P" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  fact visits count "Visits"
  component base "Base" {
    points 80 points
    indicator project "Projects" {
      points 80 points shared by weight
      unit count
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
  component other "Other" {
    points 20 points
    indicator visited "Visited" {
      points 20 points
      score if visits > 3 then 100% else 40%
      missing zero
    }
  }
  rank by total within group ties shared
}
"""
POLICY = assessdsl.loads(TEXT)
LIBRARY = str(Path(assessdsl.__file__).parent)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, rows in ((parquet, "ROWS", 10), (streaming, "_LEAST", 4), (routing, "_CHUNK", 7)):
        monkeypatch.setattr(module, name, rows)


def tables(count: int, each: int = 3) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """In no order. Half of the entries name a target, the rest of them the entity too; and there are facts."""
    shuffled = np.random.default_rng(7).permutation
    entities = pl.DataFrame({"entity": [f"e{row}" for row in range(count)], "group": "county"})
    rows = shuffled(count * each)
    targets = pl.DataFrame({
        "target": [f"t{row}" for row in rows], "entity": [f"e{row % count}" for row in rows], "indicator": "project",
        "planned": [row % 7 + 2 for row in rows], "weight": [row % 3 + 1 for row in rows],
    })  # fmt: skip
    rows = shuffled(count * each)
    named = [None if row % 2 else f"e{row % count}" for row in rows]
    of_targets = pl.DataFrame(
        {"target": [f"t{row}" for row in rows], "entity": named, "actual": [row % 5 for row in rows]}
    )
    of_facts = pl.DataFrame({
        "entity": [f"e{row}" for row in shuffled(count)], "fact": "visits", "actual": [row % 6 for row in range(count)],
    })  # fmt: skip
    return entities, targets, pl.concat([of_targets, of_facts], how="diagonal").sample(fraction=1, shuffle=True, seed=3)


def both(
    into: Path, entities: pl.DataFrame, targets: Any, entries: Any, policy: assessdsl.Policy = POLICY
) -> tuple[Any, Any]:
    """What frames give and what batches do: the columns, or the diagnostics with their places."""
    found: list[Any] = []
    for in_batches in (False, True):
        try:
            if in_batches:
                sources = (None if one is None else one.lazy() for one in (targets, entries))
                more = dict(zip(("targets", "entries"), sources, strict=True))
                assessdsl.evaluate_batches(policy, entities, into / "out", **more)
                found.append(pl.read_parquet(into / "out").to_dict(as_series=False))
            else:
                frame = assessdsl.evaluate_frame(policy, entities, targets=targets, entries=entries).to_frame()
                found.append(frame.to_dict(as_series=False))
        except assessdsl.DataError as error:
            found.append({(one.code, str(one.cell), tuple(sorted(one.arguments.items()))) for one in error.diagnostics})
    return found[0], found[1]


def test_tables_in_any_order(tmp_path: Path) -> None:
    expected, found = both(tmp_path, *tables(97))
    assert found == expected
    assert len(set(found["total_x100"])) > 50


def test_either_table_alone_and_headings_in_chinese(tmp_path: Path) -> None:
    entities, targets, entries = tables(23)
    reported = targets.with_columns(actual=pl.lit(2))
    expected, found = both(tmp_path, entities, reported, None)
    assert found == expected
    facts = entries.filter(pl.col("fact").is_not_null()).rename({"entity": "单位", "fact": "实绩项", "actual": "实绩"})
    expected, found = both(tmp_path, entities, None, facts.drop("target"))
    assert found == expected
    chinese = {"target": "目标编号", "entity": "单位", "indicator": "指标", "planned": "目标值", "weight": "权重"}
    expected, found = both(tmp_path, entities, targets.rename(chinese), entries)
    assert found == expected
    assert "total_x100" in found


def test_years_that_the_policy_does_not_ask_for(tmp_path: Path) -> None:
    entities, targets, entries = tables(23)
    old = entries.with_columns(period=pl.lit(2021))
    expected, found = both(
        tmp_path, entities, targets, pl.concat([old, entries.with_columns(period=pl.lit(2022)), old])
    )
    assert found == expected
    assert len(set(found["rank"])) > 5
    expected, found = both(tmp_path, entities, targets, old)
    assert found == expected


@pytest.mark.parametrize("empty", ["targets", "entries"])
def test_tables_without_rows(empty: str, tmp_path: Path) -> None:
    entities, targets, entries = tables(23)
    targets, entries = (
        one.head(0) if name == empty else one for name, one in (("targets", targets), ("entries", entries))
    )
    if empty == "targets":
        entries = entries.filter(pl.col("fact").is_not_null())
    expected, found = both(tmp_path, entities, targets, entries)
    assert found == expected
    assert len(found["rank"]) == 23


WRONG: dict[str, Any] = {
    "an entity that is none": ("targets", 17, {"entity": "nobody"}),
    "no entity": ("targets", 17, {"entity": None}),
    "a target of the name of another": ("targets", 40, {"target": "t5"}),
    "a target that is none": ("entries", 17, {"target": "none", "entity": None}),
    "a target of another entity": ("entries", 17, {"target": "t5", "entity": "e90"}),
    "an entry of an entity that is none": ("entries", 17, {"target": None, "entity": "nobody", "fact": "visits"}),
    "nobody's": ("entries", 17, {"target": None, "entity": None, "fact": "visits"}),
    "of nothing": ("entries", 17, {"target": None, "entity": "e7", "fact": None}),
    "a number that is none": ("targets", 17, {"planned": 5.25}),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_told_of_its_row(kind: str, tmp_path: Path) -> None:
    entities, *given = tables(97)
    of, row, changes = WRONG[kind]
    at = ("targets", "entries").index(of)
    for column, value in changes.items():
        values = given[at][column].to_list()
        values[row] = value
        given[at] = given[at].with_columns(pl.Series(column, values, strict=False))
    expected, found = both(tmp_path, entities, *given)
    assert isinstance(expected, set)
    assert found
    assert found <= expected, "of the first batch in which something is wrong"


@pytest.mark.parametrize("of", ["targets", "entries"])
def test_of_rows_about_nobody_so_many_are_told_as_are_kept(
    of: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "_TOLD", 5)
    entities, targets, entries = tables(97)
    strange = {"entity": "nobody", "target": None} if of == "entries" else {"entity": "nobody"}
    changed = [pl.lit(value).alias(column) for column, value in strange.items()]
    given = (targets.with_columns(changed), None) if of == "targets" else (targets, entries.with_columns(changed))
    expected, found = both(tmp_path, entities, *given)
    assert found <= expected
    assert 0 < len({place for _, place, _ in found}) <= 5 < len(expected)


def steps_of_the_interpreter(run: Callable[[], object]) -> int:
    """How many instructions of the library it takes: a measure of time that is the same on every machine."""
    counted = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal counted
        if event == "call":
            if not frame.f_code.co_filename.startswith(LIBRARY):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        counted += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return counted


def test_entries_that_name_targets_are_read_in_a_time_that_grows_with_them() -> None:
    def taken(count: int) -> int:
        frame, targets, entries = tables(count, 1)
        return steps_of_the_interpreter(
            lambda: assessdsl.evaluate_frame(POLICY, frame, targets=targets, entries=entries)
        )

    taken(10)  # what is kept from then on
    assert taken(400) < 4 * taken(100)


PAST = assessdsl.loads("""
policy p "P" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group g "G"
  fact f number "F"
  component a "A" { points 60 points
    indicator i "I" { points 60 points; unit number
      score ladder(actual - previous(actual), 0: 50%, 2: 100%, below: 10%); missing 5%; absent zero } }
  component b "B" { points 30 points
    indicator k "K" { points 30 points shared by weight; unit number
      score ladder(actual - previous(actual) - planned, 0: 50%, 2: 100%, below: 10%); missing 5%; absent zero } }
  component c "C" { points 10 points
    indicator m "M" { points 10 points; score if f > previous(f) then 100% else 20%; missing 7% } }
  rank by total within group ties shared
}
""")
ENTRY = ("target", "entity", "indicator", "fact", "period")


@pytest.mark.parametrize("seed", range(40))
def test_whose_the_rows_of_earlier_years_are(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies that were renamed, merged and split, some of which are still there; targets that were another's then."""
    monkeypatch.setattr(parquet, "ROWS", 3)
    chosen, gone = random.Random(seed), ["o1", "o2", "o3"]
    names = [f"e{row}" for row in range(chosen.randint(3, 14))]
    before = [chosen.choice(["", "", "{0}", "{1}", "{0}、{1}", "{1} < {0}"]) for _ in names]
    entities = pl.DataFrame({
        "entity": names, "group": "g",
        "successor_of": [text.format(chosen.choice(gone), chosen.choice(names)) for text in before],
    })  # fmt: skip
    whose = [(name, kind) for name in names for kind in chosen.choice(["", "k", "i", "ki", "kk", "kki"])]
    targets = pl.DataFrame({
        "target": [f"t{row}" for row in range(len(whose))], "entity": [name for name, _ in whose],
        "indicator": [kind for _, kind in whose], "planned": [row % 3 for row in range(len(whose))],
        "weight": [1 if kind == "k" else None for _, kind in whose],
    }, schema_overrides={"target": pl.String, "weight": pl.Int64})  # fmt: skip
    rows: set[tuple[str | None, ...]] = {
        (f"t{row}", None if row % 2 else name, None, None, "2022") for row, (name, _) in enumerate(whose)
    } | {(None, name, None, "f", "2022") for name in names}
    for _ in range(12):
        target = chosen.choice([None, "gone", *(f"t{row}" for row in range(len(whose)))])
        who = chosen.choice([None, *names, *gone])
        rows.add((target, who, chosen.choice(["i", "k", None]), None, "2021"))
        rows.add((None, who, None, "f", "2021"))
    ordered = sorted(rows, key=str)
    chosen.shuffle(ordered)
    given = pl.DataFrame({name: [row[at] for row in ordered] for at, name in enumerate(ENTRY)})
    entries = given.with_columns(
        pl.col("period").cast(pl.Int64), actual=pl.Series([chosen.randint(0, 9) for _ in ordered])
    )
    expected, found = both(tmp_path, entities, targets, entries, PAST)
    if isinstance(expected, set):
        assert found
        assert found <= expected
    else:
        assert over_one(pl.DataFrame(found)) == over_one(pl.DataFrame(expected))
