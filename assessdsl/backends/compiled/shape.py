"""The shape of one entity's data: which values there are, and in what form. Code is written for a shape; the values
themselves are its arguments."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, Literal

from attrs import frozen

from assessdsl.backends.columns import Fault, Value, layout
from assessdsl.backends.data import load
from assessdsl.facts import Dataset, Item, Missing, Scalar
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


def form_of(value: Value) -> Form:
    match value:
        case bool():
            return "truth"
        case Fraction():
            return next((scale for scale in _DECIMALS if scale % value.denominator == 0), "exact")
        case _:
            return "thing"


def argument(value: Value, form: Form) -> object:
    """The value as the code takes it."""
    if isinstance(form, int):
        assert isinstance(value, Fraction)
        return value.numerator * (form // value.denominator)
    return value


def argued(load: Load) -> bool:
    """Whether what is loaded is an argument; else it is part of the shape."""
    if load.source == "tag" or (load.source == "entity" and load.name == "group"):
        return False
    return load.source != "target" or load.offset > 0 or load.name not in IMPLIED


def loads(plan: Plan, steps: Sequence[int]) -> tuple[tuple[Load, Grain], ...]:
    """What the steps take as arguments, each once."""
    found: dict[tuple[Load, Grain], None] = {}
    for id in steps:
        step = plan.steps[id]
        if isinstance(step.operation, Load) and argued(step.operation):
            found[step.operation, step.grain] = None
    return tuple(found)


def shapes(plan: Plan, wanted: Sequence[tuple[Load, Grain]], dataset: Dataset) -> Iterator[tuple[Shape, list[object]]]:
    """The shape of each entity of a dataset, and its arguments."""
    rows = layout(plan, dataset)
    columns = [load(plan, dataset, one, grain) for one, grain in wanted]
    items = {name: rows.items(name) for name in dataset.items}
    firsts = {name: _first_entries(found) for name, found in dataset.items.items()}
    for number, record in enumerate(dataset.entities):
        forms: list[tuple[Slot, Form]] = []
        arguments: list[object] = []
        for (one, grain), column in zip(wanted, columns, strict=True):
            own = items.get(grain.indicator, [()] * len(dataset.entities))[number]
            for item, entry, at in _places(grain, number, own, firsts.get(grain.indicator, ())):
                value = column[at]
                if not isinstance(value, Missing | Fault):
                    form = form_of(value)
                    forms.append(((one, grain, item, entry), form))
                    arguments.append(argument(value, form))
        shaped = tuple(
            (name, tuple(_item_shape(dataset.items[name][row]) for row in found[number]))
            for name, found in sorted(items.items())
            if found[number]
        )
        yield Shape(record.group, shaped, tuple(forms)), arguments


def _first_entries(items: Sequence[Item]) -> list[int]:
    """The row of each item's first entry, and behind the last what would be the next."""
    found = [0]
    for item in items:
        found.append(found[-1] + len(item.entries))
    return found


def _places(grain: Grain, entity: int, own: Sequence[int], firsts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """The numbers of item and entry, and the row of the column."""
    match grain.kind:
        case "target":
            yield from ((number, 0, row) for number, row in enumerate(own))
        case "entry":
            for number, row in enumerate(own):
                yield from ((number, at - firsts[row], at) for at in range(firsts[row], firsts[row + 1]))
        case "entity":
            yield 0, 0, entity
        case _:
            yield 0, 0, 0


def _item_shape(item: Item) -> ItemShape:
    fields = tuple((name, item.fields[name].value) for name in IMPLIED if name in item.fields)
    return ItemShape(fields, item.tags, len(item.entries))
