"""The SQL engine against the exact one over the conformance cases and the example policies, for whatever database runs
the query."""

import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import sql_names
import test_conformance
from attrs import frozen

import assessdsl
from assessdsl import engine
from assessdsl.backends.assemble import Assembly
from assessdsl.backends.columns import Fault
from assessdsl.backends.exact import run
from assessdsl.backends.sql.outputs import outputs
from assessdsl.backends.sql.run import Scores
from assessdsl.binding import bind
from assessdsl.facts import Dataset, Missing
from assessdsl.plan.steps import Plan

EXAMPLES = "policies"
ODD_NAMES = "odd names"
POLICIES = Path(__file__).parents[1] / "policies"

Score = Callable[[Plan, Dataset], Scores]
"""Scores a data set in a database. Raises PolicyError where it refuses, DataError where an entity has no result."""


@frozen
class Case:
    name: str
    policy: assessdsl.Policy
    dataset: Dataset


def gaps(dialect: str) -> dict[str, str]:
    """The code with which a dialect refuses a case, by its name."""
    known = tomllib.loads((Path(__file__).parent / "sql_gaps.toml").read_text("utf-8"))
    return {**known["every"], **known[dialect]}


@cache
def _all() -> list[Any]:
    return list(test_conformance.cases())


def files() -> list[str]:
    return [*sorted({_file(case.id) for case in _all()}), ODD_NAMES, EXAMPLES]


def _file(name: Any) -> str:
    return str(name).split(":")[0]


def cases(file: str, folder: Path) -> Iterator[Case]:
    """The cases of a conformance file that have data without mistakes; or the example policies with their facts, or
    policies with odd names."""
    if file == ODD_NAMES:
        for name, named in sql_names.NAMED.items():
            policy = assessdsl.loads(sql_names.text(*named))
            facts = engine.tables_of(sql_names.given(*named))
            yield Case(f"{ODD_NAMES}: {name}", policy, bind(policy.plan.schema, facts).dataset)
    if file == EXAMPLES:
        for home in sorted(path.parent for path in POLICIES.glob("*/expected.json")):
            policy = assessdsl.load(home / "policy.assess")
            facts = engine.tables_of(assessdsl.read_facts(home / "facts"))
            yield Case(f"{EXAMPLES}: {home.name}", policy, bind(policy.plan.schema, facts).dataset)
    for number, case in enumerate(_all()):
        (data,) = case.values
        if _file(case.id) != file or "entities" not in data or _is_wrong(data["expect"]):
            continue
        policy = test_conformance.load(data, folder / str(number))
        tables = engine.tables_of(test_conformance.tables(data))
        yield Case(str(case.id), policy, bind(policy.plan.schema, tables).dataset)


def _is_wrong(expected: Any) -> bool:
    """Whether a case is about mistakes that are found before anyone is scored: of the engines are only those of AS5."""
    return isinstance(expected, list) and not all(code.startswith("AS5") for code in expected)


def verdict(plan: Plan, dataset: Dataset, score: Score) -> str:
    """`equal`, or the code with which the engine refused. Anything else fails."""
    exact = Assembly(plan, dataset, run(plan, dataset), None)
    stopped = {entity.entity for row, entity in enumerate(dataset.entities) if exact.obstacles(row)}
    try:
        scores = score(plan, dataset)
    except assessdsl.PolicyError as refused:
        (remark,) = refused.diagnostics
        return remark.code
    except assessdsl.DataError as error:
        told = {(remark.code, remark.arguments["entity"]) for remark in error.diagnostics}
        return "equal" if told == {("AS5504", entity) for entity in stopped} else f"stops: {sorted(told)}"
    if stopped:
        return f"does not stop: {sorted(stopped)}"
    assert sorted(scores.entities) == [entity.entity for entity in dataset.entities]
    for kind, name, step in outputs(plan):
        column = scores.columns[f"{kind}_{name}" if name else kind]
        for row, entity in enumerate(dataset.entities):
            wanted = exact.value(step, row)
            if isinstance(wanted, Missing | Fault):
                wanted = None
            found = column[scores.entities.index(entity.entity)]
            assert (found, type(found)) == (wanted, type(wanted)), f"{kind} {name} of {entity.entity}"
    return "equal"
