"""The SQL engine against the exact one: equal, or refused before anything runs, for a reason that a table tells.

Here each conformance case runs in SQLite or, one in eight, in DuckDB, which takes longer to open; the example policies
run in DuckDB. `make postgres` and `make spark` run all of them in all.
"""

import sqlite3
from contextlib import closing
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import polars
import pytest
from attrs import evolve
from sql_agreement import EXAMPLES, cases, files, gaps, verdict

import assessdsl
from assessdsl import databases
from assessdsl.backends import sql
from assessdsl.backends.assemble import assemble
from assessdsl.backends.exact import run
from assessdsl.backends.sql.run import Scores, written_for
from assessdsl.backends.sql.stored import measured
from assessdsl.backends.trace import Trace
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Plan

ONE_IN = 8
"""Of so many cases one runs in DuckDB."""


def connection(dialect: str) -> Any:
    return duckdb.connect(config={"threads": 1}) if dialect == "duckdb" else sqlite3.connect(":memory:")


def in_database(dialect: str, plan: Plan, dataset: Dataset) -> Scores:
    database = connection(dialect)
    try:
        sql.store(plan, dataset, database)
        return sql.evaluate(plan, database)
    finally:
        database.close()


@pytest.mark.parametrize("file", files())
def test_conformance_cases_agree(file: str, tmp_path: Path) -> None:
    for number, case in enumerate(cases(file, tmp_path)):
        dialect = "sqlite" if number % ONE_IN and file != EXAMPLES else "duckdb"
        told = verdict(case.policy.plan, case.dataset, lambda *given, dialect=dialect: in_database(dialect, *given))
        assert told == gaps(dialect).get(case.name, "equal"), f"{case.name} in {dialect}"


@pytest.mark.parametrize("file", ["forms", "targets", "units", "plans"])
def test_an_entity_is_explained_from_the_database(file: str, tmp_path: Path) -> None:
    explained = 0
    for case in cases(file, tmp_path):
        plan, dataset = case.policy.plan, case.dataset
        columns = run(plan, dataset)
        result, _ = assemble(plan, dataset, columns, register_findings={}, published=None, warnings=())
        if result is None:
            continue
        exact = evolve(result, trace=Trace(plan, dataset, columns))
        with closing(connection("sqlite")) as database:
            sql.store(plan, dataset, database)
            for entity in result.entities:
                wanted, found = assessdsl.explain(exact, entity), databases.explain(case.policy, database, entity)
                assert (found.full, found.score) == (wanted.full, wanted.score), case.name
                assert [line.points for line in found.ledger] == [line.points for line in wanted.ledger], case.name
                explained += 1
    assert explained


def test_who_is_not_there_is_not_explained(tmp_path: Path) -> None:
    (case, *_) = cases(files()[0], tmp_path)
    with closing(connection("sqlite")) as database:
        sql.store(case.policy.plan, case.dataset, database)
        with pytest.raises(assessdsl.DataError, match="nobody"):
            databases.explain(case.policy, database, "nobody")


def test_tables_are_looked_for_where_a_query_finds_them(tmp_path: Path) -> None:
    (case, *_) = cases(files()[0], tmp_path)
    with duckdb.connect(config={"threads": 1}) as database:
        database.execute("CREATE SCHEMA elsewhere; SET search_path = 'elsewhere'")
        sql.store(case.policy.plan, case.dataset, database)
        scores = sql.evaluate(case.policy.plan, database)
        database.execute("SET search_path = 'main'")
        with pytest.raises(assessdsl.DataError, match="AS5506"):
            sql.evaluate(case.policy.plan, database)
        database.execute("CREATE TEMP TABLE entities AS FROM elsewhere.entities")
        for table in ("targets_%", "entries_%", "policy_values", "assessdsl_units"):
            query = (
                f"SELECT table_name FROM duckdb_tables() WHERE schema_name = 'elsewhere' AND table_name LIKE '{table}'"
            )
            for (name,) in database.execute(query).fetchall():
                database.execute(f'CREATE TABLE "{name}" AS FROM elsewhere."{name}"')
        assert sql.evaluate(case.policy.plan, database) == scores


GROWTH = """policy growth "Growth" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
  component base "Base" {
    points 100 points
    indicator grown "Growth" {
      points 100 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
  rank by total within group ties shared
  tier best "Best" top 50% of group rounded down ties excluded when total >= 60 points
  tier poor "Poor" otherwise
}
"""


def test_every_backend_gives_the_same_numbers() -> None:
    policy = assessdsl.loads(GROWTH)
    towns = [("ash", "6.5", "7"), ("birch", None, "3"), ("cedar", "1", "3"), ("elm", "4", "3.9")]
    tables = {
        "entities": [{"entity": name, "group": "town"} for name, *_ in towns],
        "targets": [{"target": name, "entity": name, "indicator": "grown", "planned": of} for name, _, of in towns],
        "facts": [{"target": name, "actual": actual} for name, actual, _ in towns if actual],
    }
    exact = assessdsl.evaluate(policy, tables).entities
    frame = polars.DataFrame(
        {
            "entity": [name for name, *_ in towns],
            "group": ["town"] * 4,
            "grown.actual": [None if actual is None else Decimal(actual) for _, actual, _ in towns],
            "grown.planned": [Decimal(of) for *_, of in towns],
        },
        schema_overrides={"grown.actual": polars.Decimal(9, 1), "grown.planned": polars.Decimal(9, 1)},
    )
    framed = assessdsl.evaluate(policy, frame, backend="columnar")
    with closing(connection("sqlite")) as database:
        databases.store(policy, tables, database)
        stored = assessdsl.evaluate(policy, database, backend="sql")
    for row, (name, *_) in enumerate(towns):
        wanted = (exact[name].total.value, exact[name].rank, exact[name].tier)
        found = stored.of(name)
        assert (found["total"], found["rank"], found["tier"]) == wanted
        total = Fraction(int(framed.scores["total"][row]), framed.scales["total"])
        assert (total, framed.rank[row], framed.tiers[framed.tier[row]]) == wanted


def test_what_is_missing_nowhere_is_not_asked_for() -> None:
    """The query is written for what stands in the tables: with a value that is missing it is another."""
    policy = assessdsl.loads(GROWTH)
    with closing(connection("sqlite")) as database:
        database.executescript(databases.query(policy, "sqlite").split("WITH")[0])
        row = "INSERT INTO entities VALUES (?, 'town', ?, ?, 70, 0, 1)"
        database.execute(row, ("ash", True, 65))
        short = written_for(policy.plan, measured(policy.plan, database), "sqlite").text
        assert "IS NULL" not in short.split("RANK()")[0]
        database.execute(row, ("birch", True, None))
        assert len(written_for(policy.plan, measured(policy.plan, database), "sqlite").text) > len(short)
        database.execute(row, ("cedar", False, None))
        scores = sql.evaluate(policy.plan, database)
    assert scores.columns["total"] == (Fraction(9286, 100), 0, 0)


def test_evaluate_has_the_database_score(tmp_path: Path) -> None:
    (case, *_) = cases(files()[0], tmp_path)
    with duckdb.connect(config={"threads": 1}) as database:
        sql.store(case.policy.plan, case.dataset, database)
        found = assessdsl.evaluate(case.policy, database, backend="sql")
        assert found == sql.evaluate(case.policy.plan, database)
        with pytest.raises(TypeError, match="history"):
            assessdsl.evaluate(case.policy, database, backend="sql", history=[])  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="backend is exact, columnar, sql or spark"):
        assessdsl.evaluate(case.policy, [], backend="quick")  # type: ignore[call-overload]
