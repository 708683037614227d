"""The inputs of one entity, as a program hands them over, as records of the tables."""

from collections.abc import Mapping
from typing import Any, Final

from assessdsl.data.columns import column_of
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.plan.inputs import IndicatorSchema, Schema
from assessdsl.vocabulary import nearest

Inputs = Mapping[str, Any]
Record = dict[str, Any]

_ENTITY: Final = "entity"
_ENTRIES: Final = ("entries", "明细")


def as_records(schema: Schema, given: Inputs, language: str) -> dict[str, list[Record]]:
    """The records by table. Raises DataError with every key that is not known."""
    entity: Record = {"entity": _ENTITY}
    tables: dict[str, list[Record]] = {name: [] for name in ("targets", "facts", "judgements", "benchmarks")}
    indicators = {indicator.name: indicator for indicator in schema.indicators}
    facts = {fact.name: fact for fact in schema.facts}
    benchmarks = {benchmark.name for benchmark in schema.benchmarks}
    columns: dict[str, Record] = {}
    unknown: list[str] = []
    for key, value in given.items():
        name, _, column = key.rpartition(".")
        if key == "group" or (key in facts and facts[key].attribute):
            entity[key] = value
        elif key in facts:
            sample = given.get(f"{key}.sample", given.get(f"{key}.样本量"))
            tables["facts"].append({"entity": _ENTITY, "fact": key, "actual": value, "sample": sample})
        elif key in schema.judgements:
            if value:
                found = {"judgement": key, "author": "inputs", "evidence": "inputs"}
                tables["judgements"].append({"entity": _ENTITY, **found})
        elif key in benchmarks:
            tables["benchmarks"].append({"name": key, "value": value})
        elif key in indicators and indicators[key].shared:
            for number, target in enumerate(value):
                _put(tables, indicators[key], dict(target), f"{key}-{number + 1}")
        elif name in indicators and (column in _ENTRIES or _column(column) is not None):
            columns.setdefault(name, {})[column] = value
        elif not (name in facts and column_of("facts", column) == "sample"):
            unknown.append(key)
    if unknown:
        known = [*facts, *schema.judgements, *benchmarks, *indicators]
        raise DataError(arrange(_unknown(key, known) for key in unknown), language)
    for name, held in columns.items():
        _put(tables, indicators[name], held, name)
    return {"entities": [entity], **{name: rows for name, rows in tables.items() if rows}}


def _unknown(key: str, known: list[str]) -> Diagnostic:
    name, dot, column = key.partition(".")
    suggestion = nearest(name, known)
    return Diagnostic(
        "AS5303", arguments={"name": key, "suggestion": f"{suggestion}{dot}{column}" if suggestion else ""}
    )


def _column(heading: str) -> tuple[str, str] | None:
    """The table and the column that a heading names, of a target before of what was reported of it."""
    for table in ("targets", "facts"):
        if (column := column_of(table, heading)) is not None:
            return table, column
    return None


def _put(tables: dict[str, list[Record]], schema: IndicatorSchema, held: Record, name: str) -> None:
    """The rows of one target, or of what was reported without one."""
    of_table: dict[str, Record] = {"targets": {}, "facts": {}}
    entries: list[Record] = []
    for heading, value in held.items():
        if heading in _ENTRIES:
            entries = [dict(entry) for entry in value]
        elif (found := _column(heading)) is not None:
            of_table[found[0]][found[1]] = value
    common = {"entity": _ENTITY, "indicator": schema.name}
    if of_table["targets"] or schema.shared:
        tables["targets"].append({**common, "target": name, **of_table["targets"]})
        common["target"] = name
    tables["facts"] += [{**common, **row} for row in ([of_table["facts"]] if of_table["facts"] else []) + entries]
