"""What was reported in earlier years: the rows of the table of entries that speak of these, as far as the policy asks.

Whose a row is, is as the binding has it (see binding/past.py): that of the present target of its name, if it names no
one else; else that of the entity and the indicator.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import define, evolve, field, frozen

from assessdsl.backends.columnar.about import Part, heading_of, moved
from assessdsl.backends.columnar.column import Array, Column, Read
from assessdsl.backends.columnar.inputs import Key, of_fact, of_indicator
from assessdsl.backends.columnar.past import Lineages
from assessdsl.backends.columnar.reading import read, there
from assessdsl.binding.naming import of_facts, of_indicators
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import own
from assessdsl.plan.inputs import FactSchema, IndicatorSchema, Schema
from assessdsl.quantity import Unit
from assessdsl.source import Cell

_TEXT: Final = Key("text", Unit.TEXT, None)
_WHO: Final = ("target", "entity", "indicator", "fact")
_NOBODYS: Final = -1  # rows of an entity's old targets, which cannot be told apart

Registered = Mapping[str, tuple[int, int, int]]
"""Of each target the numbers of its indicator, its entity and its own."""


@frozen(eq=False)
class Value:
    """What was reported of a fact or an indicator so many years ago: of whom (the row of the entity, the number and the
    name of the target), in the same order as the column."""

    schema: FactSchema | IndicatorSchema
    years: int
    of: Array
    places: Array
    targets: Sequence[str]
    key: Key
    column: Read
    rows: Array  # their numbers in the table


@define(eq=False)
class Earlier:
    """The rows by whom they are about. `several`: by indicator, how many targets each entity has."""

    schema: Schema
    part: Part
    years: Array
    lineages: Lineages
    names: Sequence[Any]
    registered: Registered
    several: Mapping[int, Array]
    remarks: list[Diagnostic] = field(factory=list)
    _of_targets: dict[tuple[int, str], int] = field(factory=dict)
    _of_entities: dict[tuple[str, int, str], dict[str, int]] = field(factory=dict)  # by kind, years and name
    _old: dict[tuple[str, int, str], str] = field(factory=dict)  # the target of the row of an entity

    def values(self) -> Iterator[Value]:
        """What is wrong with the rows goes to the remarks."""
        self._sort()
        for fact in self.schema.facts:
            for years in sorted(fact.past):
                rows = self._of_rows(("fact", years, fact.name), range(len(self.names)))
                yield from self._value(fact, years, [(row, 0, "", at) for row, at in rows], of_fact(fact))
        for number, indicator in enumerate(self.schema.indicators):
            key = of_indicator(indicator, "actual")
            for years in sorted(indicator.past) if key is not None else ():
                assert key is not None
                yield from self._value(indicator, years, list(self._of_items(number, indicator, years)), key)

    def _of_items(self, number: int, indicator: IndicatorSchema, years: int) -> Iterator[tuple[int, int, str, int]]:
        several = self.several.get(number)
        found: set[int] = set()
        names: dict[int, str] = {}
        for name, (own_number, entity, place) in self.registered.items():
            if own_number != number:
                continue
            names[entity] = name
            if (years, name) in self._of_targets:
                found.add(entity)
                yield entity, place, name, self._of_targets[years, name]
        alone = [row for row in range(len(self.names)) if row not in found and (several is None or several[row] < 2)]
        for row, at in self._of_rows(("indicator", years, indicator.name), alone):
            yield row, 0, names.get(row, ""), at

    def _of_rows(self, key: tuple[str, int, str], rows: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The entities' own rows, each under its own name or that of its predecessor."""
        held = self._of_entities.get(key, {})
        for row in rows if held else ():
            at = own(str(self.names[row]), self.lineages.get(row, ()), held)
            if at is not None and at != _NOBODYS:
                yield row, at

    def _value(
        self, schema: FactSchema | IndicatorSchema, years: int, found: list[tuple[int, int, str, int]], key: Key
    ) -> Iterator[Value]:
        heading = self._heading("actual")
        if not found or heading is None:
            return
        found.sort()
        of, places, at = (np.array([one[which] for one in found], np.int64) for which in (0, 1, 3))
        columns, wrong = read(self.part.frame[at], {heading: ("actual", key)}, "entries")
        self.remarks += (moved(remark, self.part.rows[at]) for remark in wrong)
        if "actual" in columns:
            key = evolve(key, indicator="", column="", table="entities", years=years)
            names, rows = [one[2] for one in found], self.part.rows[at]
            yield Value(schema, years, of, places, names, key, columns["actual"], rows)

    # ------------------------------------------------------------ whose a row is

    def _sort(self) -> None:
        facts = {one.name: one for one in self.schema.facts}
        indicators = {one.name: one for one in self.schema.indicators}
        named, named_facts = of_indicators(self.schema), of_facts(self.schema)
        has_value = self._there("actual")
        columns = {id: self._words(id) for id in _WHO}
        for row in np.flatnonzero(has_value).tolist():
            years = int(self.years[row])
            target, entity, word, fact = (columns[id][row] for id in _WHO)
            if fact:
                name = named_facts.find(fact) or ""
                if name in facts and years in facts[name].past and entity:
                    self._once(row, self._of_entities.setdefault(("fact", years, name), {}), entity, name)
                continue
            indicator = named.find(word) if word else None
            if (present := self._present(target, entity, indicator)) is not None:
                indicator = self.schema.indicators[present[0]].name
            if indicator is None or years not in indicators[indicator].past:
                continue
            if present is not None:
                if (years, target) in self._of_targets:
                    self._twice(row, str(self.names[present[1]]), indicator, target)
                self._of_targets[years, target] = row
            elif entity:
                self._put(row, years, entity, indicator, target)

    def _present(self, target: str, entity: str, indicator: str | None) -> tuple[int, int, int] | None:
        """The target that a row names, unless it was another's then."""
        found = self.registered.get(target)
        if found is None:
            return None
        before = (name for generation in self.lineages.get(found[1], ()) for name in generation)
        same = not entity or entity == str(self.names[found[1]]) or entity in before
        return found if same and indicator in (None, self.schema.indicators[found[0]].name) else None

    def _put(self, row: int, years: int, entity: str, indicator: str, target: str) -> None:
        found, key = self._of_entities.setdefault(("indicator", years, indicator), {}), (indicator, years, entity)
        if entity not in found:
            found[entity], self._old[key] = row, target
        elif self._old[key] == target:
            self._twice(row, entity, indicator, target)
        else:
            found[entity] = _NOBODYS

    def _once(self, row: int, found: dict[str, int], entity: str, fact: str) -> None:
        if entity in found:
            told = {"name": f"{entity} {fact}", "first": str(self._cell(found[entity], "actual"))}
            self.remarks.append(Diagnostic("AS6210", arguments=told, cell=self._cell(row, "actual")))
        else:
            found[entity] = row

    def _twice(self, row: int, entity: str, indicator: str, target: str) -> None:
        told = {"entity": entity, "indicator": indicator, "target": target}
        self.remarks.append(Diagnostic("AS6211", arguments=told, cell=self._cell(row)))

    # ------------------------------------------------------------ columns

    def _heading(self, id: str) -> str | None:
        return heading_of("entries", self.part.frame.columns, id)

    def _cell(self, row: int, column: str = "") -> Cell:
        return Cell("entries", int(self.part.rows[row]) + 1, column)

    def _there(self, id: str) -> Array:
        heading = self._heading(id)
        if heading is None:
            return np.zeros(len(self.part.rows), np.bool_)
        return there(self.part.frame, heading)

    def _words(self, id: str) -> list[str]:
        heading = self._heading(id)
        if heading is None:
            return [""] * len(self.part.rows)
        columns, wrong = read(self.part.frame, {heading: (id, _TEXT)}, "entries")
        self.remarks += (moved(remark, self.part.rows) for remark in wrong)
        if id not in columns or not columns[id].words:
            return [""] * len(self.part.rows)
        one = columns[id]
        absent = one.column.absent()
        return ["" if absent[row] else one.words[code] for row, code in enumerate(one.column.data.tolist())]


def spread(value: Value, place: int, count: int) -> Read:
    """The values of the targets of a number, in a column of the entities."""
    rows = value.places == place
    data, missing = np.zeros(count, value.column.column.data.dtype), np.ones(count, np.bool_)
    data[value.of[rows]] = value.column.column.data[rows]
    missing[value.of[rows]] = value.column.column.absent()[rows]
    return evolve(value.column, column=Column(data, missing))
