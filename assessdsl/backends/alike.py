"""Steps of a plan that do the same, each for another indicator or with another constant: they are worked out together.

A policy has many indicators that are scored alike, and in Python one value after another costs more than the same for
a whole column. Steps are alike if they do the same with what like steps give. So the batches have an order, too: what
a batch reads, stands in batches before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final

from attrs import evolve, field, frozen

from assessdsl.plan.steps import (
    Aggregate,
    Band,
    Combine,
    Constant,
    Grain,
    Operation,
    Part,
    Plan,
    Raise,
    Rank,
    Step,
    Streak,
)
from assessdsl.plan.walk import inputs, renumbered, under

Place = tuple[int, int]
"""Of a step: the number of its batch, and how many steps of that stand before it."""

Summand = tuple[int, tuple[int, ...]]
"""A sign, and steps: one, or several of one grain that stand one behind the other in a batch."""


@frozen(eq=False)
class Rows:
    """The rows of one grain behind those of another; one object for all that are equal."""

    grains: tuple[Grain, ...]


@frozen(eq=False)
class Source:
    """Where a batch has one of its inputs from: for each of its steps, a step of one earlier batch."""

    batch: int
    ids: tuple[int, ...]
    whole: bool  # these are all the rows of that batch, in their order
    one: bool  # it is the one value of a constant for all


@frozen(eq=False)
class Batch:
    number: int
    steps: tuple[Step, ...]
    sources: tuple[Source, ...]  # in the order in which `inputs` names them
    rows: Rows
    over: Rows  # those for which the inputs are wanted: of an Aggregate, what it puts together

    @property
    def operation(self) -> Operation:
        """Of the first; of the others it differs in nothing but inputs, constants and indicators."""
        return self.steps[0].operation


@frozen(eq=False)
class Batches:
    batches: tuple[Batch, ...]
    places: Mapping[int, Place]  # of each step
    grains: tuple[Grain, ...]  # of each step
    _summands: dict[int, Sequence[Summand]] = field(factory=dict, init=False, repr=False)

    def summands(self, step: Step, parts: Sequence[Part]) -> Sequence[Summand]:
        """What adds up to the sum of parts that a step is."""
        if step.id not in self._summands:
            found: list[Summand] = []
            for sign, id in sorted(((part.sign, part.score) for part in parts), key=itemgetter(0)):
                number, place = self.places[id]
                before = found[-1] if found else (0, ())
                follows = sign == before[0] and self.places[before[1][-1]] == (number, place - 1)
                if follows and self.grains[id] == step.grain:
                    found[-1] = sign, (*before[1], id)
                else:
                    found.append((sign, (id,)))
            self._summands[step.id] = found
        return self._summands[step.id]


_BY_ITSELF: Final = Combine | Rank | Band | Streak | Raise  # reads many columns, or the peers; there are few of them


def together(plan: Plan, wanted: tuple[int, ...] | None = None) -> Batches:
    """Like steps together; only those wanted, and what they rest on."""
    key = together, wanted
    if key not in plan.notes:
        ids = range(len(plan.steps)) if wanted is None else sorted(under(plan.steps, wanted))
        plan.notes[key] = _together(plan.steps, ids)
    made: Batches = plan.notes[key]
    return made


def apart(plan: Plan) -> Batches:
    """Each step as a batch of its own."""
    if apart not in plan.notes:
        members = [[(step, inputs(step.operation))] for step in plan.steps]
        plan.notes[apart] = _batches(plan.steps, members, {step.id: (step.id, 0) for step in plan.steps})
    made: Batches = plan.notes[apart]
    return made


def _together(steps: Sequence[Step], wanted: Iterable[int]) -> Batches:
    places: dict[int, Place] = {}
    numbers: dict[object, int] = {}
    members: list[list[tuple[Step, tuple[int, ...]]]] = []
    for step in (steps[id] for id in wanted):
        ids: list[int] = []

        def batch_of(id: int, ids: list[int] = ids) -> int:
            ids.append(id)
            return places[id][0]

        number = numbers.setdefault(_same(renumbered(step.operation, batch_of), step), len(members))
        if number == len(members):
            members.append([])
        places[step.id] = number, len(members[number])
        members[number].append((step, tuple(ids)))
    return _batches(steps, members, places)


def _same(operation: Operation, step: Step) -> object:
    """What is equal for steps that are worked out together."""
    done: object = operation
    match operation:
        case Constant(value):
            done = type(value)
        case Aggregate(over=over, to=to):
            done = evolve(operation, over=Grain(over.kind), to=Grain(to.kind))
        case _ if isinstance(operation, _BY_ITSELF):
            done = step.id
    return done, step.grain.kind, step.unit.is_number or step.unit


def _batches(
    steps: Sequence[Step], members: Sequence[Sequence[tuple[Step, tuple[int, ...]]]], places: Mapping[int, Place]
) -> Batches:
    """members: of each batch the steps, with the ids that they read."""
    known: dict[tuple[Grain, ...], Rows] = {}

    def rows(grains: Iterable[Grain]) -> Rows:
        of = Rows(tuple(grains))
        return known.setdefault(of.grains, of)

    def source(ids: tuple[int, ...], over: Rows) -> Source:
        batch = places[ids[0]][0]
        own = rows(steps[id].grain for id in ids)
        in_order = [places[id][1] for id in ids] == list(range(len(members[batch])))
        return Source(batch, ids, own is over and in_order, own.grains[0].kind == "policy" and len(set(ids)) == 1)

    def batch(number: int, own: Sequence[tuple[Step, tuple[int, ...]]]) -> Batch:
        over = rows(step.operation.over if isinstance(step.operation, Aggregate) else step.grain for step, _ in own)
        sources = tuple(source(ids, over) for ids in zip(*(ids for _, ids in own), strict=True))
        return Batch(number, tuple(step for step, _ in own), sources, rows(step.grain for step, _ in own), over)

    made = tuple(batch(number, own) for number, own in enumerate(members))
    return Batches(made, places, tuple(step.grain for step in steps))
