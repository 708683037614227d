"""An entity of a database read back, for the exact engine to work out again what is to be explained.

The values that steps load are taken from the tables, which hold what binding settled; nothing is bound a second time.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from attrs import evolve
from sqlglot import exp

from assessdsl.backends.assemble import assemble
from assessdsl.backends.columns import Columns, Value, layout
from assessdsl.backends.exact import run_again
from assessdsl.backends.sql.dialects import Dialect
from assessdsl.backends.sql.stored import Connection, dialect_of, fetched, measured
from assessdsl.backends.sql.tables import ENTITY_TABLE, POLICY_TABLE, Column, Key, Tables
from assessdsl.backends.trace import Trace
from assessdsl.diagnostics import DataError
from assessdsl.facts import Dataset, EntityRecord, Item, Missing
from assessdsl.plan.steps import Aggregate, Band, Load, Plan, Rank, Step
from assessdsl.plan.walk import inputs, reached
from assessdsl.result import Result

_Row = Mapping[str, Any]


def recalled(plan: Plan, connection: Connection, entity: str) -> Result:
    """The result of an entity, without its place, tier and findings. Where its total rests on others, all are read.
    Without entities where it is not there; raises DataError where it has no result."""
    dialect = dialect_of(connection)
    tables = measured(plan, connection)
    outputs = plan.outputs
    alone = evolve(plan, outputs=evolve(outputs, rank=None, tier=None, findings=()))
    of_all = any(
        _compares(plan.steps[id]) for id in reached([outputs.total], lambda id: inputs(plan.steps[id].operation))
    )
    rows = {table: _rows(connection, dialect, tables, table, None if of_all else entity) for table in tables.wanted()}
    dataset, parents = _skeleton(plan, tables, rows)
    own = layout(plan, dataset)
    given: dict[int, Sequence[Value]] = {}
    for step in plan.steps:
        operation = step.operation
        if isinstance(operation, Load) or (isinstance(operation, Rank) and operation.offset):
            column = tables.columns.get(Key(operation, step.grain.indicator))
            held = [] if column is None else parents[column.table, step.grain.indicator]
            given[step.id] = (
                [Missing(name=operation.name if isinstance(operation, Load) else "")] * own.rows(step.grain)
                if column is None
                else [_value(column, row[column.name]) for row in held]
            )
    before = Columns(own, tuple(step.grain for step in plan.steps), [[]] * len(plan.steps))
    columns = run_again(alone, dataset, before, given, [step.id for step in plan.steps if step.id not in given])
    result, faults = assemble(alone, dataset, columns, register_findings={}, published=None, warnings=())
    if result is None:
        raise DataError(faults, "zh" if plan.language == "zh" else "en")
    return evolve(result, language=plan.language, trace=Trace(alone, dataset, columns))


def _compares(step: Step) -> bool:
    match step.operation:
        case Rank(offset=0) | Band():
            return True
        case Aggregate(to=to):
            return to.kind in ("group", "policy")
        case _:
            return False


def _rows(connection: Connection, dialect: Dialect, tables: Tables, table: str, entity: str | None) -> list[_Row]:
    """The rows of a table, or those of one entity, in the order of a data set."""
    names = tables.wanted()[table]
    query = exp.select(*(exp.column(name, quoted=True) for name in names)).from_(exp.table_(table, quoted=True))
    if table != POLICY_TABLE and entity is not None:
        query = query.where(exp.EQ(this=exp.column("entity", quoted=True), expression=exp.Literal.string(entity)))
    found = [dict(zip(names, row, strict=True)) for row in fetched(connection, query, dialect)]
    return sorted(found, key=lambda row: [str(row.get(key, "")) for key in ("entity", "target")])


def _skeleton(
    plan: Plan, tables: Tables, rows: Mapping[str, list[_Row]]
) -> tuple[Dataset, dict[tuple[str, str], list[_Row]]]:
    """The entities, items and entries, without what they hold; and of each table, and of each indicator within it,
    the rows that hold it."""
    entities = rows[ENTITY_TABLE]
    number = {row["entity"]: place for place, row in enumerate(entities)}
    held: dict[tuple[str, str], list[_Row]] = {
        (POLICY_TABLE, ""): rows.get(POLICY_TABLE, []),
        (ENTITY_TABLE, ""): entities,
    }
    items: dict[str, tuple[Item, ...]] = {}
    for indicator in plan.schema.indicators:
        name = indicator.name
        single = name in tables.single
        table = ENTITY_TABLE if single else tables.names.targets(name)
        there = [row for row in rows[table] if not single or row[tables.names.flag(name)]]
        key = "entity" if single else "item"
        reported: dict[Any, list[_Row]] = {}
        for row in rows.get(tables.names.entries(name), ()):
            reported.setdefault(row[key], []).append(row)
        entries = [reported.get(row[key], []) for row in there]
        held[table, name] = there
        held[tables.names.entries(name), name] = [row for own in entries for row in own]
        items[name] = tuple(
            Item(number[row["entity"]], row.get("target") or "", {}, tuple({} for _ in own))
            for row, own in zip(there, entries, strict=True)
        )
    records = tuple(EntityRecord(row["entity"], "", row["group_name"], {}) for row in entities)
    return Dataset(records, items, {}, {}), held


def _value(column: Column, held: Any) -> Value:
    match held:
        case None:
            return Missing(name=column.name)
        case bool() | int() if column.kind == "yes_no":
            return bool(held)
        case int() | Decimal():
            return Fraction(int(held)) * column.unit
        case str() if column.kind == "date":
            return date.fromisoformat(held)
        case date() | str():
            return held
        case _:
            raise AssertionError(f"a column of {column.kind} holds {held!r}")
