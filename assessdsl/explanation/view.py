"""The values of a plan's steps as they were for one entity, one of its targets or one of its reported rows."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import assert_never

from attrs import define, frozen

from assessdsl.backends.columns import Fault
from assessdsl.backends.data import cell_of, history
from assessdsl.backends.trace import Trace
from assessdsl.explanation.records import Shown
from assessdsl.facts import MISSING, Item, Missing, Scalar
from assessdsl.plan.steps import Grain, Load, Plan, Step
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Quantity, Unit
from assessdsl.result import ComponentResult, EntityResult, Result
from assessdsl.source import Cell


@frozen
class Place:
    """Whose value: of an entity, of one of its items of an indicator, of one of the item's entries."""

    entity: int
    indicator: str = ""
    item: int = -1  # index into the indicator's items
    entry: int = -1  # index into the item's entries


@define(frozen=True, slots=False, eq=False)
class View:
    result: Result
    language: str

    @property
    def trace(self) -> Trace:
        trace = self.result.trace
        assert isinstance(trace, Trace)
        return trace

    @property
    def plan(self) -> Plan:
        return self.trace.plan

    def outcome(self, entity: int) -> EntityResult:
        return self.result.entities[self.trace.dataset.entities[entity].entity]

    def component(self, entity: int, name: str) -> ComponentResult:
        components = self.outcome(entity).components.values()
        return next(inner for component in components for inner in component.every if inner.name == name)

    def step(self, id: int) -> Step:
        return self.plan.steps[id]

    def value(self, id: int, place: Place) -> Scalar:
        """The step's value there. What could not be worked out, and so was not used, is missing."""
        value = self.trace.columns.values[id][self._row(self.step(id).grain, place)]
        return MISSING if isinstance(value, Fault) else value

    def number(self, id: int, place: Place) -> Fraction:
        """A score; 0 where it does not exist, because a part that is not there has no points."""
        value = self.value(id, place)
        return value if isinstance(value, Fraction) else Fraction(0)

    def truth(self, id: int | None, place: Place) -> bool:
        return id is not None and self.value(id, place) is True

    def shown(self, id: int, place: Place) -> Shown:
        return as_shown(self.value(id, place), Unit.SHARE if id in self._each else self.step(id).unit)

    @cached_property
    def _each(self) -> frozenset[int]:
        """The portions of counts that are so much for each: they stand beside shares."""
        return frozenset(
            input
            for step in self.plan.steps
            if step.unit in (Unit.SHARE, Unit.POINTS)
            for input in inputs(step.operation)
            if self.step(input).unit is Unit.PORTION
        )

    def items(self, indicator: str, entity: int) -> tuple[Place, ...]:
        """Where the entity's items of the indicator are, in their order."""
        rows = self._items[indicator][entity] if indicator in self._items else []
        return tuple(Place(entity, indicator, row) for row in rows)

    def item(self, place: Place) -> Item:
        return self.trace.dataset.items[place.indicator][place.item]

    def peers(self, entity: int, within: str) -> tuple[int, ...]:
        """The entities among which one is ranked, itself included."""
        entities = self.trace.dataset.entities
        own = entities[entity].group
        return tuple(number for number, other in enumerate(entities) if within != "group" or other.group == own)

    def below(self, grain: Grain, place: Place) -> Iterator[Place]:
        """The rows of a finer grain that lie under a place."""
        if grain.kind == "target":
            yield from self.items(grain.indicator, place.entity)
        elif grain.kind == "entry":
            items = (place,) if place.item >= 0 else self.items(grain.indicator, place.entity)
            for item in items:
                for number in range(len(self.item(item).entries)):
                    yield Place(item.entity, item.indicator, item.item, number)
        else:
            yield place

    def cell(self, step: Step, place: Place) -> Cell | None:
        """Where the data stands that a load reads there, or the row in which it is not there."""
        load, layout = step.operation, self.trace.columns.layout
        assert isinstance(load, Load)
        if load.source == "history":
            return self.past_cell(load.offset, place)
        return cell_of(self.trace.dataset, layout, load, step.grain, self._row(step.grain, place))

    def past_cell(self, offset: int, place: Place) -> Cell | None:
        """Where the entity's result of an earlier year stands."""
        past = history(self.plan, self.trace.dataset, offset)(self.trace.dataset.entities[place.entity])
        return None if past is None else past.cell

    def item_cell(self, place: Place) -> Cell | None:
        """Where an item stands: its target, else what was reported."""
        item = self.item(place)
        reported = (data.cell for row in (item.fields, *item.entries) for data in row.values())
        return item.cell or next((cell for cell in reported if cell is not None), None)

    @cached_property
    def _items(self) -> Mapping[str, list[list[int]]]:
        layout = self.trace.columns.layout
        return {indicator: layout.items(indicator) for indicator in self.trace.dataset.items}

    def _row(self, grain: Grain, place: Place) -> int:
        layout = self.trace.columns.layout
        match grain.kind:
            case "policy":
                return 0
            case "group":
                return layout.group_of[place.entity]
            case "entity":
                return place.entity
            case "target":
                assert place.item >= 0
                return place.item
            case "entry":  # an item's entries stand together
                assert place.entry >= 0
                return bisect_left(layout.item_of[grain.indicator], place.item) + place.entry
            case _:
                assert_never(grain.kind)


def as_shown(value: Scalar, unit: Unit) -> Shown:
    match value:
        case Fraction():
            return Quantity(value, unit)
        case bool() | str() | date() | Missing():
            return value
