"""Assessments where the data lie: a policy as SQL, its tables in a database, its scores from there.

Takes the extra `sql`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from assessdsl import engine
from assessdsl.backends import sql
from assessdsl.binding import bind
from assessdsl.diagnostics import DataError, arrange
from assessdsl.facts import Dataset, Facts

if TYPE_CHECKING:
    from assessdsl.backends.sql import Scores
    from assessdsl.backends.sql.dialects import DialectName
    from assessdsl.explanation import Explanation

Tables = Facts | str | Path | dict[str, engine.Records]


def query(policy: engine.Policy, dialect: "DialectName", facts: Tables | None = None) -> str:
    """SQL that makes the tables of the policy and scores what is in them. With facts, it is written for numbers as
    large as theirs; without, for numbers of nine digits. Raises PolicyError where the dialect cannot do it exactly."""
    return sql.text(policy.plan, dialect, None if facts is None else _bound(policy, facts))


def store(policy: engine.Policy, facts: Tables, connection: Any) -> None:
    """Writes facts, read and checked as by `evaluate`, into tables of a DuckDB or sqlite3 connection, which must not be
    there yet. Raises DataError with every diagnostic if the data is wrong."""
    sql.store(policy.plan, _bound(policy, facts), connection)


def evaluate(policy: engine.Policy, connection: Any) -> "Scores":
    """The exact scores of what is in the tables of a DuckDB or sqlite3 connection, worked out by the database."""
    return sql.evaluate(policy.plan, connection)


def explain(policy: engine.Policy, connection: Any, entity: str, indicator: str | None = None) -> "Explanation":
    """Every point of the score that an entity has by what is in the tables of the connection, by the exact engine; its
    rank, tier and findings are not part of it. Only its own rows are read, unless its score rests on others'."""
    return engine.explain(sql.recalled(policy.plan, connection, entity), entity, indicator)


def _bound(policy: engine.Policy, facts: Tables) -> Dataset:
    bound = bind(policy.plan.schema, engine.tables_of(facts))
    if any(diagnostic.is_error for diagnostic in bound.diagnostics):
        raise DataError(arrange(bound.diagnostics), policy.language)
    return bound.dataset
