"""The values of a plan: by batches, as the exact engine works them out, and by steps, as everybody else reads them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from attrs import field, frozen

from assessdsl.backends.alike import Batch, Batches, Rows, apart
from assessdsl.backends.columns import Columns, Layout, Value, layout
from assessdsl.backends.ratios import Column, column
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Grain, Part, Plan, Step

Place = tuple[int, int, int]
"""A batch, and of its rows that at which a step starts and that at which it ends."""


@frozen(eq=False)
class Ground:
    """What batches stand on in a dataset, whatever is worked out: their rows, and the columns of those that read
    no others. Each part is made when it is first asked for."""

    layout: Layout
    batches: Batches
    laid: dict[int, Column] = field(factory=dict, init=False)  # of batches that read no others
    repeated: dict[tuple[int, Rows], Column] = field(factory=dict, init=False)  # a constant, for so many rows
    _starts: dict[Rows, list[int]] = field(factory=dict, init=False)
    _places: dict[int, Place] = field(factory=dict, init=False)
    _above: dict[tuple[Rows, Rows], Sequence[int]] = field(factory=dict, init=False)
    _summands: dict[int, Sequence[tuple[Place | int, int]]] = field(factory=dict, init=False)

    def starts(self, rows: Rows) -> list[int]:
        """Where the rows of each of the grains start, and where those of the last end."""
        if rows not in self._starts:
            self._starts[rows] = list(accumulate(map(self.layout.rows, rows.grains), initial=0))
        return self._starts[rows]

    def place(self, id: int) -> Place:
        if id not in self._places:
            number, place = self.batches.places[id]
            start, end = self.starts(self.batches.batches[number].rows)[place : place + 2]
            self._places[id] = number, start, end
        return self._places[id]

    def summands(self, step: Step, parts: Sequence[Part]) -> Sequence[tuple[Place | int, int]]:
        """The scores of parts, with their signs: the places, of those that stand one behind the other in a batch as
        one; of a score that is of another grain than the step, the id."""
        if step.id not in self._summands:
            self._summands[step.id] = [
                (one, sign)
                for sign in (1, -1)
                for one in self._one_behind_another([part.score for part in parts if part.sign == sign], step.grain)
            ]
        return self._summands[step.id]

    def _one_behind_another(self, ids: Iterable[int], grain: Grain) -> list[Place | int]:
        found: list[Place | int] = []
        for id in ids:
            number, start, end = self.place(id)
            match found:
                case _ if self.batches.grains[id] != grain:
                    found.append(id)
                case [*_, (before, first, last)] if (before, last) == (number, start):
                    found[-1] = number, first, end
                case _:
                    found.append((number, start, end))
        return found

    def above(self, batch: Batch) -> Sequence[int]:
        """Of an aggregate: for each row that it puts together, under which row of the batch it stands; a range where
        each stands alone, in the order of the rows."""
        key = batch.over, batch.rows
        if key not in self._above:
            parents, starts = self.layout.parents, self.starts(batch.rows)
            grains = zip(batch.over.grains, batch.rows.grains, starts[:-1], strict=True)
            found = [start + row for over, to, start in grains for row in parents(over, to)]
            alone = range(starts[-1])
            self._above[key] = alone if found == list(alone) else found
        return self._above[key]


def ground(plan: Plan, dataset: Dataset, batches: Batches) -> Ground:
    """That of a dataset, which keeps the last."""
    kept: Ground | None = dataset.notes.get(ground)
    if kept is None or kept.batches is not batches:
        kept = dataset.notes[ground] = Ground(layout(plan, dataset), batches)
    return kept


@frozen(eq=False)
class Held:
    """Of each step by its id its values, which become Fractions when somebody reads them."""

    ground: Ground
    columns: list[Column]  # of each batch
    _steps: dict[int, Column] = field(factory=dict, init=False)

    def step(self, id: int) -> Column:
        if id not in self._steps:
            number, start, end = self.ground.place(id)
            own = self.columns[number]
            self._steps[id] = own if end - start == len(own.values) else own.part(start, end)
        return self._steps[id]

    def __getitem__(self, id: int, /) -> Sequence[Value]:
        return self.step(range(len(self))[id]).read

    def __iter__(self) -> Iterator[Sequence[Value]]:
        return map(self.__getitem__, self.ground.batches.places)

    def __len__(self) -> int:
        return len(self.ground.batches.grains)


def held_apart(plan: Plan, columns: Columns) -> Held:
    """The values of columns, each step as a batch of its own."""
    values = columns.values
    steps = map(values.step, range(len(plan.steps))) if isinstance(values, Held) else map(column, values)
    return Held(Ground(columns.layout, apart(plan)), list(steps))
