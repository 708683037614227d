"""The SQL engine against the exact one: equal, or refused before anything runs, for a reason that a table tells.

Here each conformance case runs in SQLite or, one in eight, in DuckDB, which takes longer to open; `make postgres` and
`make spark` run all of them in all.
"""

import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sql_agreement import cases, files, gaps, verdict

import assessdsl
from assessdsl.backends import sql
from assessdsl.backends.sql.run import Scores
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
        dialect = "sqlite" if number % ONE_IN else "duckdb"
        told = verdict(case.policy.plan, case.dataset, lambda *given, dialect=dialect: in_database(dialect, *given))
        assert told == gaps(dialect).get(case.name, "equal"), f"{case.name} in {dialect}"


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
