"""What a backend gives: the values of every step, one for each row of the step's grain, and how the rows hang together.

Rows stand in a fixed order: the policy; the groups as the policy lists them; the entities and the items as the dataset
holds them; the entries item by item.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol, assert_never

from attrs import evolve, field, frozen

from assessdsl.facts import Dataset, Item, Scalar
from assessdsl.plan.steps import ENTITY, Grain, Plan
from assessdsl.source import NOWHERE, Cell, Span


@frozen
class Fault:
    """A value that could not be worked out. It is a diagnostic only where it reaches an output or a decision."""

    code: str
    arguments: tuple[tuple[str, str], ...] = ()
    span: Span = field(default=NOWHERE, eq=False)
    cell: Cell | None = field(default=None, eq=False)
    entity: str = ""
    indicator: str = ""
    target: str = ""


Value = Scalar | Fault

_FINENESS = {"policy": 0, "group": 1, "entity": 2, "target": 3, "entry": 4}


@frozen
class Layout:
    """The rows of every grain, and under which row of a coarser grain each of them stands."""

    groups: tuple[str, ...]
    entities: tuple[str, ...]
    group_of: Sequence[int]  # of each entity
    entity_of: Mapping[str, Sequence[int]]  # of each item, by indicator
    items_of: Mapping[str, Sequence[Item]] = field(eq=False, repr=False)  # by indicator
    _parents: dict[tuple[Grain, Grain], Sequence[int]] = field(factory=dict, eq=False, repr=False, init=False)

    @cached_property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the items, by indicator."""
        return {name: tuple(item.target for item in items) for name, items in self.items_of.items()}

    @cached_property
    def item_of(self) -> Mapping[str, Sequence[int]]:
        """The item of each entry, by indicator."""
        return {
            name: [row for row, item in enumerate(items) for _ in item.entries] for name, items in self.items_of.items()
        }

    def rows(self, grain: Grain) -> int:
        return self.counts((grain,))[0]

    def counts(self, grains: Sequence[Grain]) -> list[int]:
        """How many rows each of some grains has that are of one kind."""
        match grains[0].kind:
            case "policy":
                return [1] * len(grains)
            case "group":
                return [len(self.groups)] * len(grains)
            case "entity":
                return [len(self.entities)] * len(grains)
            case "target":
                return [len(self.items_of.get(grain.indicator, ())) for grain in grains]
            case "entry":
                return [len(self.item_of.get(grain.indicator, ())) for grain in grains]
            case _:
                assert_never(grains[0].kind)

    def reaches(self, grain: Grain, to: Grain) -> bool:
        """Whether every row of a grain stands under one of the other."""
        if _FINENESS[grain.kind] < _FINENESS[to.kind]:
            return False
        return not to.indicator or grain.indicator == to.indicator

    def parents(self, grain: Grain, to: Grain) -> Sequence[int]:
        """For each row of a grain the row of the same or a coarser grain under which it stands."""
        if to.kind == "entity" and grain.kind == "target":
            return self.entity_of.get(grain.indicator, ())
        if (grain, to) not in self._parents:
            assert self.reaches(grain, to), f"{to} is not above {grain}"
            self._parents[grain, to] = self._stands_under(grain, to)
        return self._parents[grain, to]

    def _stands_under(self, grain: Grain, to: Grain) -> Sequence[int]:
        if grain == to:
            return range(self.rows(grain))
        if to.kind == "policy":
            return [0] * self.rows(grain)
        if grain.kind == "entity":
            return self.group_of
        if grain.kind == "target":
            above = self.parents(ENTITY, to)
            return [above[entity] for entity in self.entity_of.get(grain.indicator, ())]
        above = self.parents(Grain("target", grain.indicator), to)
        return [above[item] for item in self.item_of.get(grain.indicator, ())]

    def located(self, fault: Fault, grain: Grain, row: int) -> Fault:
        """The fault with the names of the entity, indicator and target of the row, if it has none yet."""
        if fault.entity or not self.reaches(grain, ENTITY):
            return fault
        target = ""
        if grain.indicator:
            item = self.parents(grain, Grain("target", grain.indicator))[row]
            target = self.targets[grain.indicator][item]
        entity = self.entities[self.parents(grain, ENTITY)[row]]
        return evolve(fault, entity=entity, indicator=grain.indicator, target=target)

    def items(self, indicator: str) -> list[list[int]]:
        """The rows of each entity's items of an indicator."""
        found: list[list[int]] = [[] for _ in self.entities]
        for row, entity in enumerate(self.entity_of.get(indicator, ())):
            found[entity].append(row)
        return found


def layout(plan: Plan, dataset: Dataset) -> Layout:
    # a policy without groups has all entities in one
    groups = tuple(name for name, _ in plan.groups) or ("",)
    index = {name: row for row, name in enumerate(groups)}
    return Layout(
        groups=groups,
        entities=tuple(entity.entity for entity in dataset.entities),
        group_of=[index[entity.group] if plan.groups else 0 for entity in dataset.entities],
        entity_of={name: [item.entity for item in items] for name, items in dataset.items.items()},
        items_of=dataset.items,
    )


class Values(Protocol):
    """Those of each step by its id, or as many lists."""

    def __getitem__(self, id: int, /) -> Sequence[Value]: ...

    def __iter__(self) -> Iterator[Sequence[Value]]: ...

    def __len__(self) -> int: ...


@frozen
class Columns:
    """The values of each step by its id."""

    layout: Layout
    grains: tuple[Grain, ...] = field(repr=False)  # of each step
    values: Values = field(repr=False)

    def at(self, id: int, grain: Grain) -> Sequence[Value]:
        """A step's values spread over the rows of a finer grain."""
        values = self.values[id]
        if self.grains[id] == grain:
            return values
        return [values[row] for row in self.layout.parents(grain, self.grains[id])]
