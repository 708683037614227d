"""The register of entities: who is assessed, in which group, under which earlier names."""

import re
from collections.abc import Mapping, Sequence
from itertools import chain

from attrs import define, evolve, field, frozen

from assessdsl.binding.cells import name_in, scalar
from assessdsl.binding.naming import Naming, of_facts, of_groups, of_judgements
from assessdsl.data.columns import COLUMNS, like_column
from assessdsl.data.remarks import Remarks
from assessdsl.facts import Datum, EntityRecord, Facts, Row
from assessdsl.plan.inputs import FactSchema, Schema
from assessdsl.quantity import Unit
from assessdsl.source import Cell

_SEPARATORS = re.compile(r"[、,;，；]")
_BEFORE = re.compile(r"[<＜]")  # behind it stands what the body before it was called before
_Lineage = tuple[tuple[str, ...], ...]


@define
class Entity:
    """An entity while its facts are gathered."""

    name: str
    label: str
    group: str
    cell: Cell
    facts: dict[str, Datum] = field(factory=dict)
    samples: dict[str, Datum] = field(factory=dict)
    lineage: _Lineage = ()  # the names of its predecessors by generation, the nearest first

    @property
    def predecessors(self) -> tuple[str, ...]:
        return tuple(name for generation in self.lineage for name in generation)

    def record(self) -> EntityRecord:
        return EntityRecord(
            self.name, self.label, self.group, self.facts, self.samples, self.predecessors, self.cell,
            lineage=self.lineage,
        )  # fmt: skip


@frozen
class Roster:
    """The entities by name, and the present names of those that were called otherwise before."""

    entities: Mapping[str, Entity]
    successors: Mapping[str, str]

    def present(self, name: str) -> Entity | None:
        return self.entities.get(name) or self.entities.get(self.successors.get(name, ""))

    def find(self, row: Row, remarks: Remarks, *, needed: bool = True) -> Entity | None:
        """The entity that a row names, by its present or an earlier name."""
        held = row.held.get("entity")
        if isinstance(held, str) and held in self.entities and held.isprintable():  # nearly always
            return self.entities[held]
        name = name_in(row, "entity", remarks, needed=needed)
        if not name:
            return None
        entity = self.present(name)
        if entity is None:
            suggestion = remarks.like("entity", name, self.entities)
            remarks.add("AS6202", row.at("entity"), name=name, suggestion=suggestion)
        return entity


def read_entities(schema: Schema, facts: Facts, remarks: Remarks) -> Roster:
    entities: dict[str, Entity] = {}
    earlier: dict[str, _Lineage] = {}
    if not facts.entities:
        remarks.add("AS6201")
    named, groups = of_facts(schema), of_groups(schema)
    _told_unknown_columns(schema, named, facts.entities, remarks)
    headings = list(dict.fromkeys(heading for row in facts.entities for heading in row.values))
    by_name = {fact.name: fact for fact in schema.facts}
    columns = [
        (by_name[name], heading)
        for heading in headings
        if heading not in COLUMNS["entities"] and (name := named.find(heading)) is not None
    ]
    for row in facts.entities:
        name = name_in(row, "entity", remarks)
        if not name:
            continue
        if name in entities:
            remarks.add("AS6210", row.at("entity"), name=name, first=str(entities[name].cell))
            continue
        cell = row.at("entity")
        entity = Entity(name, name_in(row, "label", remarks, needed=False) or name, _group(groups, row, remarks), cell)
        entities[name] = entity
        scalar(row, "since", Unit.DATE, None, remarks)
        earlier[name] = _generations(name_in(row, "successor_of", remarks, needed=False))
        for fact, heading in columns:
            put_fact(entity, fact, row, heading, remarks)
    _told_unknown_predecessors(facts, entities, earlier, remarks)
    for name, entity in entities.items():
        entity.lineage = _lineage(name, earlier, entity.cell, remarks)
    return Roster(entities, _successors(entities))


def lineages(schema: Schema, given: Mapping[str, str], remarks: Remarks) -> Roster:
    """Of entities only what they were called before, as `successor_of` has it, by their names."""
    rows = tuple(Row({"entity": name, "successor_of": before}, Cell("frame", 0)) for name, before in given.items())
    return read_entities(evolve(schema, groups=(), group_labels=()), Facts(entities=rows), remarks)


def put_fact(entity: Entity, fact: FactSchema, row: Row, column: str, remarks: Remarks) -> None:
    """A fact of the entity from a cell; the second one for the same fact is refused."""
    datum = scalar(row, column, fact.unit, fact.places, remarks, of=fact.name)
    if datum is None:
        return
    if (first := entity.facts.get(fact.name)) is not None:
        remarks.add("AS6210", row.at(column), name=f"{entity.name} {fact.name}", first=str(first.cell))
        return
    entity.facts[fact.name] = datum


def _group(groups: Naming, row: Row, remarks: Remarks) -> str:
    group = name_in(row, "group", remarks, needed=bool(groups.written))
    if not group or not groups.written:
        return group
    name = groups.find(group)
    if name is None:
        remarks.add("AS6207", row.at("group"), name=group, suggestion=groups.like(group, remarks))
    return name or ""


def _told_unknown_columns(schema: Schema, facts: Naming, rows: Sequence[Row], remarks: Remarks) -> None:
    """A heading that is no column is the name of a fact; another is most likely a fact misspelt, or not used at all."""
    judgements = of_judgements(schema)
    present = {column for row in rows for column in row.columns}
    seen: set[str] = set()
    for row in rows:
        for heading in row.values:
            if heading in seen or heading in COLUMNS["entities"] or facts.find(heading):
                continue
            seen.add(heading)
            place = row.heading(heading)
            if judgements.find(heading):
                remarks.add("AS6227", place, name=heading)
            elif suggestion := facts.like(heading, remarks):
                remarks.add("AS6204", place, name=heading, suggestion=suggestion)
            elif suggestion := like_column("entities", heading, present, remarks):
                remarks.add("AS6016", place, heading=heading, suggestion=suggestion)
            else:
                remarks.add("AS6226", place, name=heading)


def _told_unknown_predecessors(
    facts: Facts, entities: Mapping[str, Entity], earlier: Mapping[str, _Lineage], remarks: Remarks
) -> None:
    """A predecessor of whom nothing is known is most likely misspelt, and a streak over the years would be lost."""
    known = {name_in(row, "entity", remarks, needed=False) for row in facts.history} | entities.keys()
    if not facts.history:
        return
    everyone = sorted(known)
    for row in facts.entities:
        for name in chain(*earlier.get(name_in(row, "entity", remarks, needed=False), ())):
            if name not in known:
                suggestion = remarks.like("predecessor", name, everyone)
                remarks.add("AS6224", row.at("successor_of"), name=name, suggestion=suggestion)


def _generations(text: str) -> _Lineage:
    """`left, right < centre`: left and right went into the entity, and both were once centre."""
    each = (tuple(part.strip() for part in _SEPARATORS.split(names) if part.strip()) for names in _BEFORE.split(text))
    return tuple(generation for generation in each if generation)


def _lineage(name: str, earlier: Mapping[str, _Lineage], cell: Cell, remarks: Remarks) -> _Lineage:
    """All earlier names. What the row does not say of a predecessor's own past, the predecessor's row may."""
    found, seen = list(earlier[name]), set(chain(*earlier[name]))
    number = max(0, len(found) - 1)
    while number < len(found):
        before = [name for each in found[number] for name in chain(*earlier.get(each, ())[:1])]
        rest = earlier.get(found[number][0], ())[1:] if len(found[number]) == 1 else ()
        for generation in (before, *rest):
            if fresh := tuple(dict.fromkeys(each for each in generation if each not in seen)):
                found.append(fresh)
                seen.update(fresh)
        number += 1
    if name in seen:
        remarks.add("AS6223", cell, name=name)
        return ()
    return tuple(found)


def _successors(entities: Mapping[str, Entity]) -> Mapping[str, str]:
    """Earlier names to present ones, where just one entity bore the name and no other bears it now."""
    heirs: dict[str, list[str]] = {}
    for name, entity in entities.items():
        for before in entity.predecessors:
            heirs.setdefault(before, []).append(name)
    return {before: names[0] for before, names in heirs.items() if len(names) == 1 and before not in entities}
