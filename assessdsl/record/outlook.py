"""What can still change before an assessment is closed: which facts stand, and which are open.

A fact stands when it was verified, or, where the office says so, as soon as it was reported. Targets, judgements that
were made, benchmarks that are known and results of earlier years stand; nothing is supposed of targets that may be
added. What is open may take any value of its unit, or never be reported.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, Literal

from attrs import evolve, frozen

from assessdsl.binding.values import read_value
from assessdsl.facts import Dataset, Datum, Facts, Item, Row
from assessdsl.plan.inputs import IndicatorSchema, Schema
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Grain, Load
from assessdsl.quantity import Unit
from assessdsl.record.possible import Some, anything
from assessdsl.source import Cell

Stands = Literal["verified", "reported"]
_REPORTED: Final = frozenset({"actual", "completed_on", "state"})
_Place = tuple[str, str, int]


def _place(cell: Cell | None) -> _Place | None:
    return None if cell is None else (cell.file, cell.sheet, cell.row)


@frozen
class Outlook:
    """`dataset` holds further rows: of an entity without one the item that may yet be reported (`possible_items`), and
    last of each item's entries one that stands for all that may follow (`is_last` of an open item)."""

    dataset: Dataset
    schema: Schema
    closed: bool  # nothing can be reported any more
    earliest: date | None  # what is not reported yet was not completed before this day; None: it may have been
    possible_items: frozenset[tuple[str, int]]  # indicator and row
    _final: frozenset[_Place]
    _reported_stands: bool

    def stands(self, cell: Cell | None) -> bool:
        return self.closed or self._reported_stands or _place(cell) in self._final

    def open(self, name: str, unit: Unit) -> Some:
        """What may still be reported."""
        if name == "completed_on" and self.earliest is not None:
            return Some(Range(Fraction(self.earliest.toordinal())), missing=True)
        return Some(anything(unit), missing=True)

    def loaded(self, load: Load, grain: Grain, unit: Unit, row: int) -> Some | None:
        """What a value of the data may turn out to be; None where it stands as it is."""
        if self.closed or load.offset or load.source in ("tag", "history"):
            return None
        match load.source:
            case "target":
                return self._of_item(load.name, self.dataset.items[grain.indicator][row], grain.indicator, row, unit)
            case "entity":
                return self._of_entity(load.name, row, unit)
            case "sample":
                datum = self.dataset.entities[row].samples.get(load.name)
                return None if datum is not None and self.stands(datum.cell) else self.open(load.name, Unit.COUNT)
            case "benchmark":
                return None if load.name in self.dataset.benchmarks else self.open(load.name, unit)
        return None

    def entry(self, load: Load, item: Item, number: int, unit: Unit) -> Some | None:
        """As `loaded`, of a column of a reported row."""
        if self.closed:
            return None
        reported = item.entries[number]
        if number == len(item.entries) - 1 or not self._row_stands(reported):
            return self.open(load.name, unit)
        return None

    def is_last(self, item: Item, number: int) -> bool:
        """Whether the entry stands for all that may follow."""
        return not self.closed and number == len(item.entries) - 1

    def _of_item(self, name: str, item: Item, indicator: str, row: int, unit: Unit) -> Some | None:
        if name == "forfeited":
            given = item.fields["forfeited"].value
            return Some(anything(Unit.YES_NO)) if given is True else None
        if name not in _REPORTED:
            return None
        if item.entries and all(map(self._row_stands, item.entries)):
            return None
        return self.open(name, unit)

    def _row_stands(self, row: Mapping[str, Datum]) -> bool:
        return bool(row) and all(self.stands(datum.cell) for datum in row.values())

    def _of_entity(self, name: str, row: int, unit: Unit) -> Some | None:
        entity = self.dataset.entities[row]
        if name == "group":
            return None
        if name in self.schema.judgements:
            found = entity.facts.get(name)
            return None if found is not None and found.value is True else Some(anything(Unit.YES_NO))
        datum = entity.facts.get(name)
        declared = next((fact for fact in self.schema.facts if fact.name == name), None)
        if datum is not None and ((declared is not None and declared.attribute) or self.stands(datum.cell)):
            return None
        own = Unit.SURVEY if declared is not None and declared.unit is Unit.SURVEY else unit
        return self.open(name, own)


def outlook(
    schema: Schema, dataset: Dataset, facts: Facts, as_of: date, *, stands: Stands, reported_within: int | None
) -> Outlook:
    """`reported_within`: days after which what happened cannot be reported any more; None: no such rule."""
    last = schema.period.last_day
    closed = reported_within is not None and as_of > last + timedelta(days=reported_within)
    earliest = None if reported_within is None else as_of + timedelta(days=1 - reported_within)
    verified = frozenset(place for row in facts.facts if _is_verified(row) and (place := _place(row.cell)))
    items: dict[str, tuple[Item, ...]] = dict(dataset.items)
    possible: set[tuple[str, int]] = set()
    if not closed:
        for indicator in schema.indicators:
            items[indicator.name] = _with_possible(indicator, dataset, items[indicator.name], schema)
            possible |= {
                (indicator.name, row)
                for row, item in enumerate(items[indicator.name])
                if row >= len(dataset.items[indicator.name])
            }
    return Outlook(
        evolve(dataset, items=items), schema, closed, earliest, frozenset(possible), verified, stands == "reported"
    )


def _is_verified(row: Row) -> bool:
    value = row.get("verified")
    return value is not None and read_value(value, Unit.YES_NO, None).value is True


def _with_possible(
    indicator: IndicatorSchema, dataset: Dataset, items: tuple[Item, ...], schema: Schema
) -> tuple[Item, ...]:
    """The items with those that may come, at the end."""
    found = list(items)
    if indicator.targeted:
        have = {item.entity for item in items}
        fields = {
            "direction": Datum(indicator.direction), "is_target": Datum(False), "forfeited": Datum(False),
        }  # fmt: skip
        found += [
            Item(row, "", fields)
            for row, entity in enumerate(dataset.entities)
            if row not in have and (not schema.groups or entity.group in indicator.groups)
        ]
    if indicator.many_entries:
        found = [evolve(item, entries=(*item.entries, {})) for item in found]
    return tuple(found)
