"""Queries written and run: the scores of a plan where its data lie."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from attrs import frozen

from assessdsl.backends.sql.dialects import DIALECTS, DialectName
from assessdsl.backends.sql.filling import tables_of
from assessdsl.backends.sql.query import Query, Unable, query
from assessdsl.backends.sql.stages import prefix, rows, script
from assessdsl.backends.sql.stored import Connection, declared, dialect_of, fetched, measured
from assessdsl.backends.sql.tables import Tables, created
from assessdsl.diagnostics import DataError, Diagnostic, PolicyError
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Plan

_NAMED: Final = 20  # entities that are named where they have no result
_CODES: Final = {
    "too_large": "AS5501",
    "no_bounds": "AS5501",
    "operation": "AS5502",
    "not_a_number": "AS5502",
    "row_denominators": "AS5503",
}

Value = Fraction | str | bool | None


@frozen
class Scores:
    """What a query gave: for each output its values, one for each entity in the order of `entities`.

    Outputs are named `total`, `rank`, `tier`, `eligible`, `component_NAME`, `indicator_NAME` and `finding_NAME`. A
    finding is yes, no, or None where it is undetermined.
    """

    policy: str
    fingerprint: str
    entities: tuple[str, ...]
    groups: tuple[str, ...]
    columns: Mapping[str, tuple[Value, ...]]

    def of(self, entity: str) -> dict[str, Value]:
        """The outputs of one entity."""
        row = self.entities.index(entity)
        return {name: values[row] for name, values in self.columns.items()}


def text(plan: Plan, dialect: DialectName, dataset: Dataset | None = None) -> str:
    """The statements that make the tables, and the query. Without data, numbers are taken to have nine digits of their
    declared units at most. Raises PolicyError where the dialect cannot do a step exactly."""
    tables = declared(plan) if dataset is None else tables_of(plan, dataset)[0]
    written = written_for(plan, tables, dialect)
    held = tables.definitions(DIALECTS[dialect])
    statements = [created(table, columns, DIALECTS[dialect]) for table, columns in held.items()]
    statements += script(written.views, written.text) if written.views else [written.text]
    return "\n\n".join(f"{statement};" for statement in statements) + "\n"


def evaluate(plan: Plan, connection: Connection) -> Scores:
    """The scores of all entities in the tables of the connection. Raises PolicyError where the database cannot do a
    step exactly, DataError where tables are not there, or an entity has no result."""
    dialect = dialect_of(connection)
    written = written_for(plan, measured(plan, connection), dialect.name, prefix())
    if written.views:
        return scores(plan, written, rows(connection, plan, written.views, written.text))
    return scores(plan, written, fetched(connection, written.text, dialect))


def scores(plan: Plan, written: Query, rows: Sequence[Sequence[Any]]) -> Scores:
    """What the rows of the query say. Raises DataError where an entity has no result."""
    stopped = [(str(row[0]), int(row[2])) for row in rows if row[2] is not None]
    if stopped:
        raise DataError(tuple(_stopped(plan, stopped)), "zh" if plan.language == "zh" else "en")
    rows = sorted(rows, key=lambda row: str(row[0]))
    columns: dict[str, tuple[Value, ...]] = {}
    place = 3
    for output in written.outputs:
        if output.is_number:
            columns[output.column] = tuple(
                None if row[place] is None else Fraction(int(row[place]), int(row[place + 1])) for row in rows
            )
            place += 2
        else:
            columns[output.column] = tuple(_plain(row[place]) for row in rows)
            place += 1
    return Scores(plan.name, plan.fingerprint, tuple(row[0] for row in rows), tuple(row[1] for row in rows), columns)


def _plain(value: Any) -> Value:
    return bool(value) if isinstance(value, int) else value  # SQLite has no yes and no


def _stopped(plan: Plan, stopped: list[tuple[str, int]]) -> Iterator[Diagnostic]:
    for entity, id in stopped[:_NAMED]:
        step = plan.steps[id]
        yield Diagnostic("AS5504", step.span, {"entity": entity, "count": str(len(stopped))})


def written_for(plan: Plan, tables: Tables, dialect: DialectName, prefix: str = "assessdsl_") -> Query:
    """The query; names of views begin with the prefix. Raises PolicyError where a step cannot be done exactly."""
    try:
        return query(plan, tables, dialect, prefix)
    except Unable as unable:
        arguments = {"dialect": dialect, "detail": unable.detail, "step": str(unable.step.id)}
        found = Diagnostic(_CODES[unable.reason], unable.step.span, arguments)
        raise PolicyError([found], "zh" if plan.language == "zh" else "en") from None
