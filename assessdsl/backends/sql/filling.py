"""The tables of a plan filled from bound data."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from attrs import evolve

from assessdsl.backends.alike import apart
from assessdsl.backends.columns import Layout, layout
from assessdsl.backends.data import load
from assessdsl.backends.held import Held
from assessdsl.backends.order import ranked
from assessdsl.backends.sql.cells import ZERO
from assessdsl.backends.sql.names import named
from assessdsl.backends.sql.tables import ENTITY_TABLE, POLICY_TABLE, Column, Key, Tables, loaded
from assessdsl.backends.work import Work
from assessdsl.facts import Dataset
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Grain, Load, Plan
from assessdsl.quantity import decimal_places


def tables_of(plan: Plan, dataset: Dataset) -> tuple[Tables, dict[str, list[dict[str, Any]]]]:
    """The tables of a bound data set, and their rows by column."""
    rows_of = layout(plan, dataset)
    single = frozenset(
        indicator.name
        for indicator in plan.schema.indicators
        if not indicator.shared and _most(rows_of.entity_of.get(indicator.name, ())) <= 1
    )
    rows = dict(_keys(plan, rows_of, single))
    columns: dict[Key, Column] = {}
    for key, step, column in loaded(plan, single):
        if isinstance(key.operation, Load):
            values = load(plan, dataset, key.operation, step.grain)
        else:
            values = list(ranked(Work(plan, dataset, Held(rows_of, apart(plan), [])), step, key.operation))
        columns[key], stored = _filled(column, values)
        for row, value in zip(_rows(rows, rows_of, step.grain, single, column.table), stored, strict=True):
            row[column.name] = value
    tables = Tables(
        plan,
        columns,
        single,
        len(rows_of.entities),
        {name: _most(above) for name, above in rows_of.entity_of.items()},
        {name: _most(above) for name, above in rows_of.item_of.items()},
    )
    kept = tables.keys()
    return tables, {table: found for table, found in rows.items() if table in kept}


def _most(above: Sequence[int]) -> int:
    counts: dict[int, int] = {}
    for row in above:
        counts[row] = counts.get(row, 0) + 1
    return max(counts.values(), default=0)


def _keys(plan: Plan, rows_of: Layout, single: frozenset[str]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    names = named(plan)
    yield POLICY_TABLE, [{}]
    entities: list[dict[str, Any]] = [
        {"entity": name, "group_name": rows_of.groups[group]}
        for name, group in zip(rows_of.entities, rows_of.group_of, strict=True)
    ]
    for name in sorted(single):
        there = set(rows_of.entity_of.get(name, ()))
        for number, row in enumerate(entities):
            row[names.flag(name)] = number in there
    yield ENTITY_TABLE, entities
    for indicator in plan.schema.indicators:
        name = indicator.name
        owners = rows_of.entity_of.get(name, ())
        if name not in single:
            yield (
                names.targets(name),
                [
                    {"item": number, "entity": rows_of.entities[owner], "target": rows_of.targets[name][number]}
                    for number, owner in enumerate(owners)
                ],
            )
        yield (
            names.entries(name),
            [
                {"entity": rows_of.entities[owners[item]]} | ({} if name in single else {"item": item})
                for item in rows_of.item_of.get(name, ())
            ],
        )


def _rows(
    rows: Mapping[str, list[dict[str, Any]]], rows_of: Layout, grain: Grain, single: frozenset[str], table: str
) -> list[dict[str, Any]]:
    if grain.kind == "target" and grain.indicator in single:
        return [rows[table][owner] for owner in rows_of.entity_of.get(grain.indicator, ())]
    return rows[table]


def _filled(column: Column, values: Sequence[object]) -> tuple[Column, list[Any]]:
    """The column with its unit and range, and what is stored of each value."""
    if column.kind == "date":
        days = [Fraction(value.toordinal()) for value in values if isinstance(value, date)]
        reach = Range(min(days), max(days)) if days else ZERO
        return evolve(column, range=reach), [v.isoformat() if isinstance(v, date) else None for v in values]
    if column.kind != "number":
        return column, [value if isinstance(value, str | bool) else None for value in values]
    numbers = [value for value in values if isinstance(value, Fraction)]
    unit = _unit(numbers)
    reach = Range(min(numbers), max(numbers)) if numbers else ZERO
    stored = [int(value / unit) if isinstance(value, Fraction) else None for value in values]
    return evolve(column, unit=unit, range=reach), stored


def _unit(numbers: Sequence[Fraction]) -> Fraction:
    """A power of ten of which all are multiples, the greatest; where a number is no decimal, one over an integer."""
    places = [decimal_places(number) for number in numbers]
    known = [place for place in places if place is not None]
    if len(known) < len(places):
        return Fraction(1, lcm(*(number.denominator for number in numbers)))
    if most := max(known, default=0):
        return Fraction(1, 10**most)
    common, unit = gcd(*(number.numerator for number in numbers)), 1
    while common and common % (unit * 10) == 0:
        unit *= 10
    return Fraction(unit)
