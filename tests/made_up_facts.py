"""Facts made up for a policy: an entity's cells by name, each with the values that are tried."""

from collections.abc import Mapping
from typing import Any

from assessdsl.engine import Policy
from assessdsl.plan.inputs import IndicatorSchema
from assessdsl.quantity import Unit

Cells = dict[str, Any]
_NUMBERS: Mapping[Unit, tuple[str, ...]] = {
    Unit.PERCENT: ("-40%", "0%", "3%", "5%", "6%", "50%", "100%", "250%"),
    Unit.SHARE: ("0%", "35%", "60%", "85%", "100%"),
    Unit.SURVEY: ("0%", "35%", "60%", "100%"),
    Unit.COUNT: ("0", "1", "3", "8", "30", "1000"),
    Unit.YES_NO: ("yes", "no"),
}
_OTHERS = ("-20", "0", "1", "3", "10", "80", "5000")


def values_of(unit: Unit) -> tuple[str, ...]:
    return _NUMBERS[Unit.COUNT] if unit.counts else _NUMBERS.get(unit, _OTHERS)


def choices(policy: Policy, group: str) -> dict[str, tuple[Any, ...]]:
    """What may be reported of an entity of a group, by a name for each cell."""
    found: dict[str, tuple[Any, ...]] = {}
    for schema in policy.plan.schema.indicators:
        if group in schema.groups:
            found |= {f"{schema.name}.{name}": values for name, values in _of_indicator(schema).items()}
    for fact in policy.plan.schema.facts:
        found[f"fact.{fact.name}"] = values_of(fact.unit)
        if fact.unit is Unit.SURVEY:
            found[f"sample.{fact.name}"] = ("0", "399", "400", "1000")
    for judgement in policy.plan.schema.judgements:
        found[f"judgement.{judgement}"] = (False, True)
    return found


def _of_indicator(schema: IndicatorSchema) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    values = values_of(schema.unit)
    if schema.targeted:
        found["targets"] = (1, 2, 3) if schema.shared else (1,)
        found["planned"] = values
        found["done"] = ("", "2022-03-01", "2022-12-31")
    if "actual" in schema.fields and not schema.many_entries:
        found["actual"] = values
    if schema.many_entries:
        found["entries"] = (0, 1, 4, 40)
        found["actual"] = values
        if schema.levels:
            found["level"] = schema.levels
    return found


def tables(policy: Policy, entities: Mapping[str, tuple[str, Cells]]) -> dict[str, list[dict[str, Any]]]:
    """The records of entities, each with its group and its cells."""
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in ("entities", "targets", "facts", "judgements")}
    for entity, (group, cells) in entities.items():
        made["entities"].append({"entity": entity, "group": group})
        for schema in policy.plan.schema.indicators:
            if group in schema.groups:
                _reported(entity, schema, cells, made)
        for fact in policy.plan.schema.facts:
            row = {"entity": entity, "fact": fact.name, "actual": cells[f"fact.{fact.name}"]}
            if f"sample.{fact.name}" in cells:
                row["sample"] = cells[f"sample.{fact.name}"]
            made["facts"].append(row)
        for judgement in policy.plan.schema.judgements:
            if cells[f"judgement.{judgement}"]:
                row = {"entity": entity, "judgement": judgement, "author": "office", "evidence": "report"}
                made["judgements"].append(row)
    made["benchmarks"] = [{"name": one.name, "value": values_of(one.unit)[3]} for one in policy.plan.schema.benchmarks]
    return made


def _reported(entity: str, schema: IndicatorSchema, cells: Cells, made: dict[str, list[dict[str, Any]]]) -> None:
    def cell(name: str) -> Any:
        return cells.get(f"{schema.name}.{name}", "")

    common = {"entity": entity, "indicator": schema.name}
    targets = [f"{entity}-{schema.name}-{number}" for number in range(cell("targets") or 0)]
    for number, target in enumerate(targets):
        given = {"planned": cell("planned"), "weight": number + 1, "required": "yes", "due": "2022-06-30"}
        made["targets"].append({**common, "target": target, **given, "owner": "x", "standard": "y"})
    row = {name: cell(name) for name in ("actual", "level") if cell(name) != ""}
    if schema.targeted and not schema.many_entries:
        done = {"completed_on": cell("done")} if cell("done") else {}
        made["facts"] += [{"target": target, **row, **done} for target in targets]
    elif row or schema.many_entries:
        for number in range(cell("entries") if schema.many_entries else 1):
            item = {"item": f"item {number}"} if schema.many_entries else {}
            made["facts"].append({**(({"target": targets[0]}) if targets else common), **row, **item})
