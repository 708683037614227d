"""The SQL engine against the exact one: equal, or refused before anything runs, for a reason that a table tells."""

import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from test_conformance import TABLES, _cases, _rows, load

import assessdsl
from assessdsl import databases, engine
from assessdsl.backends.assemble import Assembly
from assessdsl.backends.columns import Fault
from assessdsl.backends.exact import run
from assessdsl.backends.sql.dialects import DialectName
from assessdsl.binding import bind
from assessdsl.facts import Dataset, Missing

ROOT = Path(__file__).parent.parent
GAPS = tomllib.loads((Path(__file__).parent / "sql_gaps.toml").read_text("utf-8"))
DIALECTS: tuple[DialectName, ...] = ("duckdb", "sqlite")


def connection(dialect: DialectName) -> Any:
    return duckdb.connect() if dialect == "duckdb" else sqlite3.connect(":memory:")


@cache
def cases() -> Mapping[str, list[tuple[str, dict[str, Any]]]]:
    """The conformance cases that have data, by file."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for case in _cases():
        (data,) = case.values
        if "entities" in data:
            found.setdefault(str(case.id).split(":")[0], []).append((str(case.id), data))
    return found


def outputs(plan: Any) -> Iterator[tuple[str, int]]:
    out = plan.outputs
    yield "total", out.total
    for name, step in (("rank", out.rank), ("tier", out.tier), ("eligible", out.eligible)):
        if step is not None:
            yield name, step
    for component in out.every_component:
        yield f"component_{component.name}", component.score
        for indicator in component.indicators:
            yield f"indicator_{indicator.name}", indicator.score
    for finding in out.findings:
        yield f"finding_{finding.name}", finding.step


def compared(policy: assessdsl.Policy, dataset: Dataset, dialect: DialectName) -> str:
    """`equal`, or the code with which the engine refused. Anything else is a failure."""
    from assessdsl.backends import sql

    columns = run(policy.plan, dataset)
    exact = Assembly(policy.plan, dataset, columns, None)
    stopped = {entity.entity for row, entity in enumerate(dataset.entities) if exact.obstacles(row)}
    with connection(dialect) as database:
        sql.store(policy.plan, dataset, database)
        try:
            scores = sql.evaluate(policy.plan, database)
        except assessdsl.PolicyError as refused:
            (remark,) = refused.diagnostics
            return remark.code
        except assessdsl.DataError as error:
            assert {remark.code for remark in error.diagnostics} == {"AS5504"}
            assert {remark.arguments["entity"] for remark in error.diagnostics} == stopped
            return "equal"
    assert not stopped
    assert scores.entities == tuple(entity.entity for entity in dataset.entities)
    for name, step in outputs(policy.plan):
        for row, entity in enumerate(scores.entities):
            wanted = exact.value(step, row)
            if isinstance(wanted, Missing | Fault):
                wanted = None
            found = scores.columns[name][row]
            assert (found, type(found)) == (wanted, type(wanted)), f"{name} of {entity}"
    return "equal"


@pytest.mark.parametrize("file", sorted({str(case.id).split(":")[0] for case in _cases()}))
def test_conformance_cases_agree(file: str, tmp_path: Path) -> None:
    gaps: dict[str, dict[str, str]] = {dialect: {} for dialect in DIALECTS}
    for number, (name, case) in enumerate(cases().get(file, [])):
        try:
            policy = load(case, tmp_path / str(number))
            bound = bind(policy.plan.schema, engine.tables_of({t: _rows(case[t]) for t in TABLES if t in case}))
        except assessdsl.AssessmentError:
            continue  # wrong before any engine is asked
        if any(remark.is_error for remark in bound.diagnostics):
            continue
        for dialect in DIALECTS:
            if (told := compared(policy, bound.dataset, dialect)) != "equal":
                gaps[dialect][name] = told
    assert gaps == {
        dialect: {name: told for name, told in GAPS[dialect].items() if name.split(":")[0] == file}
        for dialect in DIALECTS
    }
