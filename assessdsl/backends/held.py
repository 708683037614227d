"""The values of a plan: by batches, as the exact engine works them out, and by steps, as everybody else reads them."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from attrs import field, frozen

from assessdsl.backends.alike import Batch, Batches, Rows, apart
from assessdsl.backends.columns import Columns, Layout, Value
from assessdsl.backends.ratios import Column, column
from assessdsl.plan.steps import Plan


@frozen(eq=False)
class Held:
    """Of each step by its id its values, which become Fractions when somebody reads them."""

    layout: Layout
    batches: Batches
    columns: list[Column]  # of each batch
    _starts: dict[Rows, list[int]] = field(factory=dict, init=False)
    _above: dict[tuple[Rows, Rows], Sequence[int]] = field(factory=dict, init=False)
    _steps: dict[int, Column] = field(factory=dict, init=False)

    def starts(self, rows: Rows) -> list[int]:
        """Where the rows of each of the grains start, and where those of the last end."""
        if rows not in self._starts:
            self._starts[rows] = list(accumulate(self.layout.counts(rows.grains), initial=0))
        return self._starts[rows]

    def start(self, id: int) -> int:
        """The row of its batch at which a step starts."""
        number, place = self.batches.places[id]
        return self.starts(self.batches.batches[number].rows)[place] if place else 0

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

    def several(self, number: int, first: int, last: int) -> Column:
        """The values of steps that stand one behind the other in a batch, from the first to that before the last."""
        starts = self.starts(self.batches.batches[number].rows)
        return self.columns[number].part(starts[first], starts[last])

    def step(self, id: int) -> Column:
        if id not in self._steps:
            number, place = self.batches.places[id]
            alone = len(self.batches.batches[number].steps) == 1
            self._steps[id] = self.columns[number] if alone else self.several(number, place, place + 1)
        return self._steps[id]

    def __getitem__(self, id: int, /) -> Sequence[Value]:
        return self.step(range(len(self.batches.grains))[id]).read

    def __iter__(self) -> Iterator[Sequence[Value]]:
        return map(self.__getitem__, self.batches.places)

    def __len__(self) -> int:
        return len(self.batches.grains)


def held_apart(plan: Plan, columns: Columns) -> Held:
    """The values of columns, each step as a batch of its own."""
    values = columns.values
    if isinstance(values, Held):
        return Held(columns.layout, apart(plan), [values.step(id) for id in values.batches.places])
    return Held(columns.layout, apart(plan), [column(own) for own in values])
