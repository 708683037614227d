"""What was reported in earlier years, as far as the policy asks for it.

A row of an earlier year speaks of the present target of its name, if it names no one else; else of the entity and the
indicator, whatever the target was called then. Old rows may name entities and targets that are no more: these are left.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import define, evolve, field

from assessdsl.binding.cells import Calendar, name_in, scalar, text_in
from assessdsl.binding.entities import Roster
from assessdsl.binding.naming import Naming, of_benchmarks, of_facts, of_indicators
from assessdsl.binding.targets import Target, indicators_of
from assessdsl.data.remarks import Remarks
from assessdsl.facts import MISSING, Datum, EntityRecord, Item, Row, own
from assessdsl.period import read_period
from assessdsl.plan.inputs import FactSchema, IndicatorSchema, Schema

_TWICE: Final = Datum(MISSING)  # where old targets of one entity cannot be told apart


def years_ago(row: Row, schema: Schema) -> int:
    """How many years before the assessed one; 0 for other rows."""
    period = read_period(text_in(row, "period"))
    return 0 if period is None else max(0, schema.period.year - period.year)


@define
class Past:
    """Reported values of earlier years. Entities stand under the names that the rows give them."""

    schema: Schema
    roster: Roster
    targets: Mapping[str, Target]
    remarks: Remarks
    _of_targets: dict[tuple[int, str], Datum] = field(factory=dict)
    _of_entities: dict[tuple[str, int, str], dict[str, Datum]] = field(factory=dict)  # by kind, years and name
    _old: dict[tuple[int, str, str], str] = field(factory=dict)  # the target of a row of an entity and indicator
    _indicators: Mapping[str, IndicatorSchema] = field(init=False)
    _facts: Mapping[str, FactSchema] = field(init=False)
    _named: Naming = field(init=False)
    _named_facts: Naming = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._indicators = indicators_of(self.schema)
        self._facts = {fact.name: fact for fact in self.schema.facts}
        self._named, self._named_facts = of_indicators(self.schema), of_facts(self.schema)

    def read(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Reads the rows of earlier years that are wanted; gives back all others."""
        indicators, facts = self.schema.indicators, self.schema.facts
        wanted = any(one.past for one in indicators) or any(one.past for one in facts)
        return tuple(row for row in rows if not (wanted and self._read(row)))

    def _read(self, row: Row) -> bool:
        years = years_ago(row, self.schema)
        if not years:
            return False
        if row.has("fact"):
            return self._read_fact(row, years)
        target = self._present_target(row)
        name = self._named.find(text_in(row, "indicator")) if target is None else target.indicator
        indicator = self._indicators.get(name or "")
        if indicator is None or years not in indicator.past:
            return False
        datum = scalar(row, "actual", indicator.unit, indicator.places, self.remarks)
        if datum is None:
            return True
        if target is not None:
            key = (years, target.name)
            if key in self._of_targets:
                self._told_twice(row, target.entity, indicator, target.name)
            self._of_targets[key] = datum
        elif entity := name_in(row, "entity", self.remarks):
            self._put(row, years, entity, indicator, datum)
        return True

    def _present_target(self, row: Row) -> Target | None:
        """The target that the row names, unless it was another's then."""
        target = self.targets.get(text_in(row, "target"))
        if target is None:
            return None
        entity, indicator = text_in(row, "entity"), self._named.find(text_in(row, "indicator"))
        bodies = (target.entity, *self.roster.entities[target.entity].predecessors)
        same = (not entity or entity in bodies) and (indicator is None or indicator == target.indicator)
        return target if same else None

    def _put(self, row: Row, years: int, entity: str, indicator: IndicatorSchema, datum: Datum) -> None:
        found = self._of_entities.setdefault(("indicator", years, indicator.name), {})
        old, key = text_in(row, "target"), (years, indicator.name, entity)
        if entity not in found:
            found[entity] = datum
            self._old[key] = old
        elif old == self._old[key]:
            self._told_twice(row, entity, indicator, old)
        else:
            found[entity] = _TWICE

    def _told_twice(self, row: Row, entity: str, indicator: IndicatorSchema, target: str) -> None:
        self.remarks.add("AS6211", row.cell, entity=entity, indicator=indicator.name, target=target)

    def _read_fact(self, row: Row, years: int) -> bool:
        fact = self._facts.get(self._named_facts.find(text_in(row, "fact")) or "")
        if fact is None or years not in fact.past:
            return False
        entity, datum = (
            name_in(row, "entity", self.remarks),
            scalar(row, "actual", fact.unit, fact.places, self.remarks),
        )
        found = self._of_entities.setdefault(("fact", years, fact.name), {})
        if entity in found and datum is not None:
            first = str(found[entity].cell)
            self.remarks.add("AS6210", row.at("actual"), name=f"{entity} {fact.name}", first=first)
        elif entity and datum is not None:
            found[entity] = datum
        return True

    # ------------------------------------------------------------ what an item and an entity had

    def items(self, indicator: IndicatorSchema, items: Sequence[Item], names: Sequence[str]) -> tuple[Item, ...]:
        """The indicator's items with what was reported of them."""
        if not indicator.past:
            return tuple(items)
        number = Counter(item.entity for item in items)
        return tuple(
            evolve(item, past=self._of_item(indicator, item, names[item.entity], number[item.entity] == 1))
            for item in items
        )

    def _of_item(
        self, indicator: IndicatorSchema, item: Item, entity: str, alone: bool
    ) -> Mapping[int, Mapping[str, Datum]]:
        past = {}
        for years in sorted(indicator.past):
            found = self._of_targets.get((years, item.target)) if item.target else None
            if found is None and alone:
                found = self._own(("indicator", years, indicator.name), entity)
            if found is not None:
                past[years] = {"actual": found}
        return past

    def record(self, entity: EntityRecord) -> EntityRecord:
        """The entity with its facts of earlier years."""
        past: dict[int, dict[str, Datum]] = {}
        for fact in self.schema.facts:
            for years in sorted(fact.past):
                found = self._own(("fact", years, fact.name), entity.entity)
                if found is not None:
                    past.setdefault(years, {})[fact.name] = found
        return evolve(entity, past=past) if past else entity

    def _own(self, key: tuple[str, int, str], entity: str) -> Datum | None:
        found = own(entity, self.roster.entities[entity].lineage, self._of_entities.get(key, {}))
        return None if found is _TWICE else found


def past_benchmarks(schema: Schema, rows: Iterable[Row], remarks: Remarks) -> Mapping[int, Mapping[str, Datum]]:
    """Benchmarks of the earlier years that the policy asks for; a year may lack one."""
    by_name, named = {benchmark.name: benchmark for benchmark in schema.benchmarks}, of_benchmarks(schema)
    calendar = Calendar(schema.period, remarks)
    found: dict[int, dict[str, Datum]] = {}
    for row in rows:
        benchmark = by_name.get(named.find(text_in(row, "name")) or "")
        if benchmark is None or not benchmark.past or not row.has("period") or calendar.of(row) is None:
            continue
        years = years_ago(row, schema)
        if years not in benchmark.past:
            continue
        values = found.setdefault(years, {})
        if benchmark.name in values:
            remarks.add("AS6210", row.at("name"), name=benchmark.name, first=str(values[benchmark.name].cell))
        elif (datum := scalar(row, "value", benchmark.unit, benchmark.places, remarks)) is not None:
            values[benchmark.name] = datum
    return found
