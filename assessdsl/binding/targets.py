"""The register of targets: what was planned for whom, by when and with what weight."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from attrs import field, frozen

from assessdsl.binding.cells import Calendar, name_in, scalar, text_in, weight
from assessdsl.binding.entities import Entity, Roster
from assessdsl.binding.naming import Naming, of_indicators, of_plans
from assessdsl.binding.values import is_share
from assessdsl.data.remarks import Remarks, both
from assessdsl.facts import Datum, Row
from assessdsl.plan.inputs import IndicatorSchema, Schema
from assessdsl.quantity import Unit
from assessdsl.source import Cell
from assessdsl.vocabulary import vocabulary

_SEPARATORS = re.compile(r"[、,;，；|]")


@frozen
class Target:
    """A registered target, read."""

    name: str
    entity: str
    indicator: str
    fields: Mapping[str, Datum]  # planned, baseline, weight, due, required, direction, links_to, plan_total: if given
    tags: frozenset[str]
    row: Row = field(eq=False, repr=False)

    @property
    def cell(self) -> Cell:
        return self.row.at("target")

    def text(self, column: str) -> str:
        return text_in(self.row, column)


def indicators_of(schema: Schema) -> Mapping[str, IndicatorSchema]:
    return {indicator.name: indicator for indicator in schema.indicators}


def applies(indicator: IndicatorSchema, entity: Entity) -> bool:
    return not indicator.groups or not entity.group or entity.group in indicator.groups


def find_indicator(
    row: Row, indicators: Mapping[str, IndicatorSchema], named: Naming, remarks: Remarks, *, needed: bool = True
) -> IndicatorSchema | None:
    held = row.held.get("indicator")
    if isinstance(held, str) and held in indicators and held.isprintable():  # nearly always
        return indicators[held]
    text = name_in(row, "indicator", remarks, needed=needed)
    name = named.find(text)
    if text and name is None:
        remarks.add("AS6203", row.at("indicator"), name=text, suggestion=named.like(text, remarks))
    return None if name is None else indicators[name]


def read_targets(
    schema: Schema, rows: Iterable[Row], roster: Roster, calendar: Calendar, remarks: Remarks
) -> tuple[dict[str, Target], set[str]]:
    """The targets by their names, and the names of those that are wrong: they are told and left out."""
    indicators, named, plans = indicators_of(schema), of_indicators(schema), of_plans(schema)
    targets: dict[str, Target] = {}
    wrong: set[str] = set()
    for row in rows:
        if not calendar.holds(row):
            continue
        name = name_in(row, "target", remarks)
        entity = roster.find(row, remarks)
        indicator = find_indicator(row, indicators, named, remarks)
        if name in targets:
            remarks.add("AS6210", row.at("target"), name=name, first=str(targets[name].cell))
        elif name and entity is not None and indicator is not None:
            if not applies(indicator, entity):
                remarks.add(
                    "AS6212", row.at("indicator"), indicator=indicator.name, entity=entity.name, group=entity.group
                )
                wrong.add(name)
                continue
            tags = tags_of(text_in(row, "tags"))
            fields = _fields(row, indicator, remarks)
            fields |= _link(row, name, plans, remarks)
            targets[name] = Target(name, entity.name, indicator.name, fields, tags, row)
        else:
            wrong.add(name)
    return targets, wrong - targets.keys()


@lru_cache(maxsize=1 << 12)
def tags_of(text: str) -> frozenset[str]:
    """The tags in the cell of a target."""
    return frozenset(tag.strip() for tag in _SEPARATORS.split(text) if tag.strip())


def _fields(row: Row, indicator: IndicatorSchema, remarks: Remarks) -> dict[str, Datum]:
    found = {}
    for column in _FIELDS:
        if column in row.held and (datum := _field(row, column, indicator, remarks)) is not None:
            found[column] = datum
    return found


_FIELDS: Final = ("due", "required", "weight", "direction", "planned", "baseline", "plan_total")


def _field(row: Row, column: str, indicator: IndicatorSchema, remarks: Remarks) -> Datum | None:
    match column:
        case "due":
            return scalar(row, column, Unit.DATE, None, remarks)
        case "required":
            return scalar(row, column, Unit.YES_NO, None, remarks)
        case "weight":
            return weight(row, remarks)
        case "direction":
            return _direction(row, remarks)
        case _ if column in indicator.fields:
            return scalar(row, column, indicator.unit, indicator.places, remarks, of=indicator.name)
        case _:  # a target that is described in words may serve an indicator that does not read it
            return scalar(row, column, indicator.unit, indicator.places, Remarks())


def _link(row: Row, target: str, plans: Naming, remarks: Remarks) -> dict[str, Datum]:
    """The plan of several years to which the target links."""
    if not (row.has("links_to") or row.has("plan_total")):
        return {}
    text = text_in(row, "links_to")
    given, lacking = ("links_to", "plan_total") if text else ("plan_total", "links_to")
    if row.has(given) and not row.has(lacking):
        has, lacks = both("column", given), both("column", lacking)
        remarks.add("AS6243", row.at(lacking), target=target, given=has, lacking=lacks)
    name = plans.find(text)
    if name is None:
        if text:
            remarks.add("AS6242", row.at("links_to"), target=target, name=text, suggestion=plans.like(text, remarks))
        return {}
    return {"links_to": Datum(name, row.at("links_to"))}


def _direction(row: Row, remarks: Remarks) -> Datum | None:
    text = text_in(row, "direction")
    if not text:
        return None
    word = vocabulary().find("name", text.lower())
    if word is None or word.id not in ("higher", "lower"):
        remarks.add("AS6234", row.at("direction"), text=text)
        return None
    return Datum(word.id, row.at("direction"))


def told_incomplete(schema: Schema, targets: Iterable[Target], remarks: Remarks) -> None:
    """What the policy's register requires of every target and the present ones lack."""
    for target in targets:
        for column in schema.required_columns:
            if not target.row.has(column):
                remarks.add("AS6217", target.row.at(column), target=target.name, column=both("column", column))


def told_unscorable(schema: Schema, targets: Mapping[str, Target], remarks: Remarks) -> None:
    """What the targets that are scored lack for it."""
    indicators = indicators_of(schema)
    together: dict[tuple[str, str], list[Target]] = {}
    for target in targets.values():
        if not indicators[target.indicator].targeted:
            remarks.add("AS6228", target.row.at("indicator"), target=target.name, indicator=target.indicator)
            continue
        together.setdefault((target.entity, target.indicator), []).append(target)
        for column, code in (("weight", "AS6215"), ("required", "AS6216")):
            if column in indicators[target.indicator].fields and not target.row.has(column):
                remarks.add(code, target.row.at(column), target=target.name, indicator=target.indicator)
    for (entity, name), several in together.items():
        if len(several) > 1 and not indicators[name].shared:
            remarks.add("AS6213", several[1].cell, entity=entity, indicator=name, first=str(several[0].cell))
        if len(several) > 1 and "weight" in indicators[name].fields:
            weights = [value for target in several if (value := target.row.get("weight")) is not None]
            if len({is_share(value) for value in weights}) > 1:
                remarks.add("AS6233", weights[-1].cell, entity=entity, indicator=name)
