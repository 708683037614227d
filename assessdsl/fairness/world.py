"""A case as it was bound and scored, of which one thing at a time is said otherwise.

Only what follows from that is worked out again: of a wide policy, a hundredth of it. What is found so is scored whole
before it is shown.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, Generic, TypeVar

from attrs import define, evolve, field, frozen

from assessdsl.backends import run
from assessdsl.backends.assemble import Assembly
from assessdsl.backends.columns import Columns, Fault, layout
from assessdsl.backends.exact import run_again
from assessdsl.binding import Bound, bind
from assessdsl.engine import Policy
from assessdsl.facts import Dataset, EntityRecord, Item, Missing
from assessdsl.fairness.case import Case, Coordinate, coordinates
from assessdsl.fairness.made_cases import called, case_of_rows, indicators_of
from assessdsl.fairness.made_up import Rows
from assessdsl.plan.steps import ENTITY, Load, Outputs, Plan
from assessdsl.plan.walk import inputs, reached

_MANY: Final = 64  # variants that are bound together
_NAME: Final = 4  # letters of the name that each has then


@frozen
class About:
    """What is said otherwise: of an indicator, else of a fact of the entity."""

    indicator: str
    fact: str = ""


def said(rows: Rows, about: About) -> Iterator[bool]:
    """Of each row whether it says something about it."""
    for (table, record), indicator in zip(rows, indicators_of(rows), strict=True):
        if about.indicator:
            yield indicator == about.indicator
        else:
            yield table == "facts" and str(record.get("fact", "")) == about.fact


@frozen(eq=False)
class Reach:
    """Which steps follow from what."""

    plan: Plan
    told: frozenset[int]  # of which it is told where they have no value
    _users: Mapping[int, Sequence[int]]
    _held: dict[About, frozenset[int]] = field(factory=dict)

    def of(self, about: About) -> frozenset[int]:
        """The steps that read it, and all that follow from them."""
        if about not in self._held:
            own = (step.id for step in self.plan.steps if _reads(step.grain.indicator, step.operation, about))
            self._held[about] = frozenset(reached(own, lambda id: self._users.get(id, ())))
        return self._held[about]


def _reads(indicator: str, operation: object, about: About) -> bool:
    if about.indicator:
        return indicator == about.indicator
    return isinstance(operation, Load) and operation.source in ("entity", "sample") and operation.name == about.fact


def reach(plan: Plan) -> Reach:
    users: dict[int, list[int]] = {}
    for step in plan.steps:
        for id in inputs(step.operation):
            users.setdefault(id, []).append(step.id)
    return Reach(plan, frozenset(_told_of(plan.outputs)), users)


def _told_of(outputs: Outputs) -> Iterator[int]:
    for whole in outputs.every_component:
        yield from (whole.applies, whole.score, whole.points)
        for part in whole.indicators:
            yield from (part.applies, part.stages[-1].step, part.target_points, part.score, part.points)
    ends = (outputs.total, outputs.rank, outputs.eligible, outputs.tier, *(one.step for one in outputs.findings))
    yield from (id for id in ends if id is not None)


@frozen(eq=False)
class Told:
    """What is said of each entity."""

    policy: Policy
    benchmarks: Rows
    rows: Mapping[str, Rows]

    def case(self) -> Case:
        """The tables: those of the entities one after another."""
        return case_of_rows(self.policy, (*self.benchmarks, *(row for rows in self.rows.values() for row in rows)))

    def offset(self, entity: str, table: str) -> int:
        """How many rows of the table stand before those of the entity."""
        names = list(self.rows)
        before = names[: names.index(entity)]
        return sum(1 for name in before for one, _ in self.rows[name] if one == table)


@frozen(eq=False)
class World:
    """whole: every entity has a result."""

    told: Told
    dataset: Dataset
    columns: Columns
    reach: Reach
    whole: bool

    @property
    def policy(self) -> Policy:
        return self.told.policy

    def total(self, entity: str) -> Fraction | None:
        """None where the policy stops, for whomever it is."""
        number = next(row for row, one in enumerate(self.dataset.entities) if one.entity == entity)
        total = self.columns.at(self.policy.plan.outputs.total, ENTITY)[number]
        return total if self.whole and isinstance(total, Fraction) else None

    def otherwise(self, entity: str, about: About, variants: Sequence[Rows]) -> Iterator["World | None"]:
        """With something else said about it, of one entity: all rows of each variant, the entity's own first. None of
        what cannot be read."""
        for start in range(0, len(variants), _MANY):
            some = variants[start : start + _MANY]
            for rows, part in zip(some, _bound(self.policy, self.told.benchmarks, about, some), strict=True):
                yield None if part is None else self._with(entity, about, rows, part)

    def _with(self, entity: str, about: About, rows: Rows, part: "_Part") -> "World":
        number = next(row for row, one in enumerate(self.dataset.entities) if one.entity == entity)
        anew = self.reach.of(about)
        if about.indicator:
            held = self.dataset.items.get(about.indicator, ())
            mine = tuple(
                evolve(item, entity=number, target=entity + item.target[_NAME:])
                if item.target
                else evolve(item, entity=number)
                for item in part.items
            )
            others = [item for item in held if item.entity != number]
            items = tuple(sorted((*others, *mine), key=lambda item: (item.entity, item.target)))
            dataset = evolve(self.dataset, items={**self.dataset.items, about.indicator: items})
            before = self.columns
            if list(map(_shape, items)) != list(map(_shape, held)):
                before = evolve(before, layout=layout(self.policy.plan, dataset))
        else:
            entities = list(self.dataset.entities)
            entities[number] = _told(entities[number], part.entity, about.fact)
            dataset, before = evolve(self.dataset, entities=tuple(entities)), self.columns
        columns = run_again(self.policy.plan, dataset, before, {}, anew)
        whole = (self.whole and _plain(columns, anew & self.reach.told)) or _whole(self.policy.plan, dataset, columns)
        return evolve(
            self,
            told=evolve(self.told, rows={**self.told.rows, entity: rows}),
            dataset=dataset,
            columns=columns,
            whole=whole,
        )


def world(policy: Policy, benchmarks: Rows, rows: Mapping[str, Rows], known: Reach) -> World | None:
    """None where the tables cannot be read."""
    case = case_of_rows(policy, (*benchmarks, *(row for own in rows.values() for row in own)))
    bound = bind(policy.plan.schema, case.facts)
    if any(one.is_error for one in bound.diagnostics):
        return None
    columns = run(policy.plan, bound.dataset)
    whole = _whole(policy.plan, bound.dataset, columns)
    return World(Told(policy, benchmarks, rows), bound.dataset, columns, known, whole)


def _whole(plan: Plan, dataset: Dataset, columns: Columns) -> bool:
    assembly = Assembly(plan, dataset, columns, None)
    return not any(assembly.obstacles(row) for row in range(len(dataset.entities)))


def _plain(columns: Columns, ids: Iterable[int]) -> bool:
    """Whether no step among them lacks a value, so that nothing can stop there."""
    return not any(isinstance(value, Fault | Missing) for id in ids for value in columns.values[id])


def _shape(item: Item) -> tuple[int, str, int]:
    return item.entity, item.target, len(item.entries)


def _told(old: EntityRecord, new: EntityRecord, fact: str) -> EntityRecord:
    facts = {name: datum for name, datum in old.facts.items() if name != fact}
    samples = {name: datum for name, datum in old.samples.items() if name != fact}
    return evolve(
        old,
        facts=facts | {name: datum for name, datum in new.facts.items() if name == fact},
        samples=samples | {name: datum for name, datum in new.samples.items() if name == fact},
    )


# ---------------------------------------------------------------- what was made before

_T = TypeVar("_T")


@define(eq=False)
class _Run(Generic[_T]):
    """What is left of an iterator, and what came of it so far."""

    left: Iterator[_T]
    found: list[_T] = field(factory=list)

    def __iter__(self) -> Iterator[_T]:
        number = 0
        while True:
            if number == len(self.found):
                one = next(self.left, None)
                if one is None:
                    return
                self.found.append(one)
            yield self.found[number]
            number += 1


@frozen(eq=False)
class Worlds:
    """Worlds and rows of one policy, by what they were made from: several properties are asked of the same."""

    reach: Reach
    _around: dict[Hashable, World | None] = field(factory=dict)
    _coordinates: dict[World, tuple[Coordinate, ...]] = field(factory=dict)
    _made: dict[Hashable, Rows] = field(factory=dict)
    _kept: dict[Hashable, _Run[Any]] = field(factory=dict)

    def around(self, key: Hashable, make: Callable[[], World | None]) -> World | None:
        if key not in self._around:
            self._around[key] = make()
        return self._around[key]

    def coordinates(self, around: World) -> tuple[Coordinate, ...]:
        if around not in self._coordinates:
            self._coordinates[around] = coordinates(around.told.case(), dataset=around.dataset)
        return self._coordinates[around]

    def made(self, key: Hashable, make: Callable[[], Rows]) -> Rows:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def kept(self, key: Hashable, make: Callable[[], Iterator[_T]]) -> Iterable[_T]:
        """As far as it was asked for before, and on from there."""
        if key not in self._kept:
            self._kept[key] = _Run(make())
        return self._kept[key]


# ---------------------------------------------------------------- what is said, bound by itself


@frozen(eq=False)
class _Part:
    entity: EntityRecord
    items: tuple[Item, ...]


def _bound(policy: Policy, benchmarks: Rows, about: About, variants: Sequence[Rows]) -> list[_Part | None]:
    """What each says about it; all are bound at once, unless something cannot be read."""
    mine = [_of(rows, about, f"{number:0{_NAME}}") for number, rows in enumerate(variants)]
    bound = bound_about(case_of_rows(policy, (*benchmarks, *(row for rows in mine for row in rows))), about)
    if any(one.is_error for one in bound.diagnostics):
        if len(variants) == 1:
            return [None]
        return [part for rows in variants for part in _bound(policy, benchmarks, about, [rows])]
    items: dict[int, list[Item]] = {}
    for item in bound.dataset.items.get(about.indicator, ()):
        items.setdefault(item.entity, []).append(item)
    return [_Part(entity, tuple(items.get(number, ()))) for number, entity in enumerate(bound.dataset.entities)]


def bound_about(case: Case, about: About) -> Bound:
    """A case in which nothing but what is about it is said: of a wide policy, all other indicators are left aside."""
    schema = case.policy.plan.schema
    wanted = tuple(one for one in schema.indicators if one.name == about.indicator)
    return bind(evolve(schema, indicators=wanted), case.facts)


def _of(rows: Rows, about: About, name: str) -> Rows:
    """The entity, and what is said about it, under another name."""
    told = zip(rows, said(rows, about), strict=True)
    return called(tuple(row for row, kept in told if kept or row[0] == "entities"), name)
