"""The shape of one entity's data: which values there are, and in what form. Code is written for a shape; the values
themselves are its arguments."""

from fractions import Fraction
from typing import Final, Literal

from attrs import frozen

from assessdsl.backends.data import history
from assessdsl.facts import Dataset, Datum, Item, Missing, Scalar
from assessdsl.plan.steps import Grain, Load, Plan

Slot = tuple[Load, Grain, int, int]
"""A value that the plan loads: of an item and an entry by their numbers, else 0."""

Form = int | Literal["exact", "truth", "thing"]
"""How a value is given: a number over this denominator, or as it is."""


@frozen
class ItemShape:
    fields: tuple[tuple[str, Scalar], ...]  # which the binding sets: direction, is_target, forfeited
    tags: frozenset[str]
    entries: int


@frozen
class Shape:
    group: str
    items: tuple[tuple[str, tuple[ItemShape, ...]], ...]  # by indicator
    forms: tuple[tuple[Slot, Form], ...]  # of the values that are there, in the order of the arguments

    def of(self, indicator: str) -> tuple[ItemShape, ...]:
        return next((items for name, items in self.items if name == indicator), ())


IMPLIED: Final = ("direction", "is_target", "forfeited")
_DECIMALS: Final = tuple(10**places for places in (0, 1, 2, 3, 4, 6, 8, 10, 12, 15))


def form_of(value: Scalar) -> Form:
    match value:
        case bool():
            return "truth"
        case Fraction():
            return next((scale for scale in _DECIMALS if scale % value.denominator == 0), "exact")
        case _:
            return "thing"


def argument(value: Scalar, form: Form) -> int | Scalar:
    """The value as the code takes it."""
    if isinstance(form, int):
        assert isinstance(value, Fraction)
        return value.numerator * (form // value.denominator)
    return value


def shape_of(
    plan: Plan, loads: tuple[tuple[Load, Grain], ...], dataset: Dataset, row: int
) -> tuple[Shape, list[object]]:
    """The shape of one entity of a dataset, and the arguments."""
    record = dataset.entities[row]
    items = {name: [item for item in found if item.entity == row] for name, found in dataset.items.items()}
    forms: list[tuple[Slot, Form]] = []
    arguments: list[object] = []
    for load, grain in loads:
        for item, entry, value in _values(plan, dataset, row, items, load, grain):
            if not isinstance(value, Missing):
                form = form_of(value)
                forms.append(((load, grain, item, entry), form))
                arguments.append(argument(value, form))
    shapes = tuple((name, tuple(map(_item_shape, found))) for name, found in sorted(items.items()))
    return Shape(record.group, shapes, tuple(forms)), arguments


def _item_shape(item: Item) -> ItemShape:
    fields = tuple((name, item.fields[name].value) for name in IMPLIED if name in item.fields)
    return ItemShape(fields, item.tags, len(item.entries))


def _values(
    plan: Plan, dataset: Dataset, row: int, items: dict[str, list[Item]], load: Load, grain: Grain
) -> list[tuple[int, int, Scalar]]:
    """What a load gives for the entity, by item and entry."""
    record, own = dataset.entities[row], items.get(grain.indicator, [])

    def of(data: dict[str, Datum] | object) -> Scalar:
        datum = data.get(load.name) if hasattr(data, "get") else None
        return Missing() if datum is None else datum.value

    match load.source:
        case "target":
            return [
                (number, 0, of(item.past.get(load.offset, {}) if load.offset else item.fields))
                for number, item in enumerate(own)
                if load.name not in IMPLIED
            ]
        case "entry":
            return [(number, at, of(entry)) for number, item in enumerate(own) for at, entry in enumerate(item.entries)]
        case "entity":
            if load.name == "group":
                return []
            return [(0, 0, of(record.past.get(load.offset, {}) if load.offset else record.facts))]
        case "sample":
            return [(0, 0, of(record.samples))]
        case "benchmark":
            data = dataset.past_benchmarks.get(load.offset, {}) if load.offset else dataset.benchmarks
            return [(0, 0, of(data))]
        case "history":
            published = history(plan, dataset, load.offset)(record)
            value: Scalar = Missing() if published is None else getattr(published, load.name)
            return [(0, 0, value)]
        case _:
            return []
