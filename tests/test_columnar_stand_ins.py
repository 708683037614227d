"""Where the mean of the others stands in for an indicator, or its points go to them: as by the exact engine."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from frames_of_tables import frames
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl import databases
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.frames import FrameResult, evaluate_batches, evaluate_frame
from assessdsl.result import EntityResult

METHODS = ("sum", "geometric", "harmonic", "least", "product")
HANDLINGS = ("mean", "redistribute", "zero", "40%")

POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"; group office "Offices"
  fact x number "X"
  component base "Base" { points 70 points; combine METHOD
    indicator i "I" { points 30 points; applies when is_missing(x) or x > 3 otherwise HANDLING0
      score max(0, min(1, x / 23)) * 100%; missing HANDLING0 }
    indicator j "J" { points 20 points; unit number to 1 places
      score attainment(actual, planned, zero_plan: 100%)ROUNDED; missing HANDLING1; absent HANDLING0 }
    indicator k "K" { points 13 points; unit number to 1 places
      score attainment(actual, planned, zero_plan: 100%)ROUNDED; missing HANDLING2; absent HANDLING1 }
    indicator l "L" { points 7 points
      score 100% * 2 / 3; missing zero } }
  component rest "Rest" { points 30 points
    indicator m "M" { points 30 points; score max(0, min(1, x / 7)) * 100%; missing zero } }
  rank by total within group ties shared
}
"""


@cache
def policy(method: str, *handlings: str, rounded: bool = False) -> assessdsl.Policy:
    text = POLICY.replace("METHOD", method).replace("ROUNDED", "; rounding half_up to 3 places" if rounded else "")
    for number, handling in enumerate(handlings):
        text = text.replace(f"HANDLING{number}", handling)
    return assessdsl.loads(text)


Row = tuple[str, Decimal | None, tuple[int, int | None] | None, tuple[int, int | None] | None]


def rows() -> st.SearchStrategy[list[Row]]:
    """Entities that may lack the fact, and the plan of either target or what was reported of it."""
    fact = st.none() | st.sampled_from((-1, 0, 300, 301, 1999, 2000)) | st.integers(0, 2100)
    target = st.none() | st.tuples(st.integers(0, 40), st.none() | st.integers(0, 41))
    amount = fact.map(lambda n: None if n is None else Decimal(n).scaleb(-2))
    return st.lists(st.tuples(st.sampled_from(("county", "office")), amount, target, target), min_size=1, max_size=9)


def tables(rows: Sequence[Row]) -> dict[str, Any]:
    found: dict[str, Any] = {"entities": [], "targets": [], "facts": []}
    for number, (group, x, *targets) in enumerate(rows):
        found["entities"].append({"entity": f"e{number}", "group": group, "x": x})
        for indicator, target in zip("jk", targets, strict=True):
            if target is not None:
                named = {"target": f"{indicator}{number}"}
                found["targets"].append({**named, "entity": f"e{number}", "indicator": indicator, "planned": target[0]})
                if target[1] is not None:
                    found["facts"].append({**named, "actual": target[1]})
    return found


def indicators(entity: EntityResult) -> dict[str, Fraction | None]:
    found = [one for component in entity.components.values() for one in component.indicators.values()]
    return {one.name: one.score.value for one in found}


def agree(own: assessdsl.Policy, given: dict[str, Any], **more: Any) -> FrameResult | None:
    """The columns beside the exact engine; None where that has no scores."""
    facts = from_records(**given)
    held = frames(own, bind(own.plan.schema, facts).dataset)
    try:
        expected = assessdsl.evaluate(own, facts)
    except assessdsl.DataError as error:
        codes = {one.code for one in error.diagnostics}
        with pytest.raises(assessdsl.DataError) as refused:
            evaluate_frame(own, held.entities, **held.more, **more)
        assert codes == {one.code for one in refused.value.diagnostics}
        return None
    found = evaluate_frame(own, held.entities, **held.more, **more)
    assert found.rank is not None
    for row, name in enumerate(held.entities["entity"]):
        entity = expected.entities[name]
        assert (found.total(row), found.rank[row]) == (entity.total.value, entity.rank), given["entities"][row]
        if more.get("indicators"):
            assert {one: Fraction(int(numbers[row]), found.scales[one]) for one, numbers in found.scores.items()} == {
                "total": entity.total.value, **indicators(entity)}  # fmt: skip
    return found


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40)
@given(rows(), st.tuples(*[st.sampled_from(HANDLINGS)] * 3))
def test_they_score_as_the_exact_engine(method: str, drawn: list[Row], handlings: tuple[str, ...]) -> None:
    agree(policy(method, *handlings), tables(drawn))


@pytest.mark.parametrize(
    ("method", "handlings", "rounded"),
    [
        ("sum", ("mean", "mean", "mean"), True),
        ("sum", ("mean", "redistribute", "40%"), False),
        ("geometric", ("mean", "mean", "zero"), False),
    ],
)
def test_so_they_are_by_compiled_kernels(method: str, handlings: tuple[str, ...], rounded: bool) -> None:
    pytest.importorskip("llvmlite")
    own = policy(method, *handlings, rounded=rounded)

    @settings(max_examples=15)
    @given(rows())
    def scored(drawn: list[Row]) -> None:
        agree(own, tables(drawn), kernels=True, indicators=rounded)

    scored()
    found = agree(own, tables(many(500)), kernels=True, indicators=rounded)
    assert found is not None
    assert found.by_exact_engine <= 5


@settings(max_examples=60)
@given(rows(), st.tuples(*[st.sampled_from(HANDLINGS)] * 3))
def test_what_indicators_give_where_the_mean_of_the_others_stands_in(
    drawn: list[Row], handlings: tuple[str, ...]
) -> None:
    agree(policy("sum", *handlings, rounded=True), tables(drawn), indicators=True)


STOOD_IN: list[Row] = [
    ("county", None, None, (10, 5)), ("county", Decimal(10), (8, None), (10, 5)), ("office", Decimal(1), (8, 7), None),
]  # fmt: skip


def test_so_they_are_given_for_one_entity_and_by_batches_and_queries(tmp_path: Path) -> None:
    own, given = policy("sum", "mean", "mean", "mean", rounded=True), tables(STOOD_IN)
    facts, columns = from_records(**given), {"i", "j", "k", "l", "m"}
    expected = {name: indicators(entity) for name, entity in assessdsl.evaluate(own, facts).entities.items()}
    assert expected["e0"]["i"] == Fraction(35, 2)

    prepared = assessdsl.prepare(own, indicators=True).score({"group": "county", "k.planned": 10, "k.actual": 5})
    assert {name: score.value for name, score in prepared.indicators.items()} == expected["e0"]

    connection = duckdb.connect()
    databases.store(own, facts, connection)
    scores = assessdsl.evaluate(own, connection, backend="sql")
    for name, found in expected.items():
        assert {one: scores.of(name)[f"indicator_{one}"] for one in columns} == found

    held = frames(own, bind(own.plan.schema, facts).dataset)
    held.entities.write_parquet(tmp_path / "entities.parquet")
    for table in ("targets", "entries"):
        held.more[table].write_parquet(tmp_path / f"{table}.parquet")
    evaluate_batches(own, tmp_path / "entities.parquet", tmp_path / "scores.parquet", indicators=True,
                     targets=tmp_path / "targets.parquet", entries=tmp_path / "entries.parquet")  # fmt: skip
    for row in pl.read_parquet(tmp_path / "scores.parquet").to_dicts():
        scaled = {name.partition("_x")[0]: Fraction(number, int(name.partition("_x")[2] or 1))
                  for name, number in row.items() if name.partition("_x")[0] in columns}  # fmt: skip
        assert scaled == expected[row["entity"]]


def many(rows: int) -> list[Row]:
    """Three of ten lack something, and all have half of the points at least."""
    return [
        ("county" if n % 3 else "office", None if n % 11 == 0 else Decimal(n * 37 % 2003 + 1).scaleb(-2),
         None if n % 7 == 0 else (n % 13 + 1, None if n % 5 == 0 else n % 11 + 1), (n % 17 + 1, n % 19 + 1))
        for n in range(rows)
    ]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("handling", HANDLINGS)
def test_nearly_all_rows_are_done_in_columns(method: str, handling: str) -> None:
    found = agree(policy(method, handling, handling, handling), tables(many(150)))
    assert found is not None
    assert found.by_exact_engine <= 2


def test_where_nothing_is_left_to_take_the_mean_of_it_is_told_as_ever() -> None:
    own = assessdsl.loads(POLICY.replace("METHOD", "sum").replace("score 100% * 2 / 3; missing zero",
                          "score x * 1%; missing mean").replace("HANDLING0", "mean").replace("HANDLING1", "mean")
                          .replace("HANDLING2", "mean").replace("ROUNDED", ""))  # fmt: skip
    with pytest.raises(assessdsl.DataError) as refused:
        evaluate_frame(own, pl.DataFrame({"entity": ["a"], "group": ["county"], "x": [None]}))
    assert {one.code for one in refused.value.diagnostics} == {"AS5010"}
