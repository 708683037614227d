"""What the exact backend has worked out so far, and how its operations reach it."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from attrs import evolve, field, frozen

from assessdsl.backends.alike import Batch, Rows, Source
from assessdsl.backends.columns import Fault, Layout, Value
from assessdsl.backends.data import cell_of
from assessdsl.backends.held import Column, Held
from assessdsl.backends.logic import obstacle
from assessdsl.backends.pairs import BITS, inner, outer
from assessdsl.facts import Dataset, Item, Missing
from assessdsl.plan.steps import ENTITY, Grain, Load, Plan, Step
from assessdsl.plan.walk import inputs
from assessdsl.source import Cell

_SPECIAL: Final = (Missing, Fault)
_NUMBER: Final = frozenset({tuple})


@frozen(eq=False)
class Work:
    plan: Plan
    dataset: Dataset
    held: Held
    _items: dict[Rows, list[Item]] = field(factory=dict, init=False)
    _above: dict[tuple[Rows, Rows], list[int]] = field(factory=dict, init=False)

    @property
    def layout(self) -> Layout:
        return self.held.layout

    # ------------------------------------------------------------ of a batch

    def told(self, batch: Batch, column: Column) -> Column:
        """The column with its faults told for whom they happen."""
        if Fault not in column.kinds:
            return column
        values = list(column.values)
        for row, value in enumerate(values):
            if isinstance(value, Fault) and not value.entity:
                step, own = self.place(batch, row)
                if self.layout.reaches(step.grain, ENTITY):
                    cell = value.cell or self.cell(step.id, step.grain, own)
                    values[row] = self.layout.located(evolve(value, cell=cell), step.grain, own)
        return Column(values, kinds=column.kinds)

    def rows(self, batch: Batch) -> int:
        return self.held.starts(batch.rows)[-1]

    def items(self, rows: Rows) -> list[Item]:
        """The items of the indicators, one after the other, or those of which these are the entries."""
        if rows not in self._items:
            self._items[rows] = [item for grain in rows.grains for item in self.dataset.items.get(grain.indicator, ())]
        return self._items[rows]

    def above(self, batch: Batch) -> list[int]:
        """Of an aggregate: for each row that it puts together, under which row of the batch it stands."""
        key = batch.over, batch.rows
        if key not in self._above:
            parents, starts = self.layout.parents, self.held.starts(batch.rows)
            grains = zip(batch.over.grains, batch.rows.grains, starts[:-1], strict=True)
            self._above[key] = [start + row for over, to, start in grains for row in parents(over, to)]
        return self._above[key]

    def place(self, batch: Batch, row: int) -> tuple[Step, int]:
        """The step to which a row of the batch belongs, and which of its rows it is."""
        starts = self.held.starts(batch.rows)
        number = bisect_right(starts, row) - 1
        return batch.steps[number], row - starts[number]

    def inputs(self, batch: Batch) -> list[Column]:
        """What the batch reads, for each of its rows."""
        columns = self.held.columns
        return [columns[source.batch] if source.whole else self._spread(batch, source) for source in batch.sources]

    def _spread(self, batch: Batch, source: Source) -> Column:
        held = self.held
        column = held.columns[source.batch]
        values: Sequence[Any]
        if source.one:
            values = [column.values[held.start(source.ids[0])]] * held.starts(batch.over)[-1]
        else:
            own = column.values
            values = [
                own[start + row]
                for grain, id in zip(batch.over.grains, source.ids, strict=True)
                for start, rows in ((held.start(id), self.layout.parents(grain, self.plan.steps[id].grain)),)
                for row in rows
            ]
        return Column(values, column.kinds, column.bits)

    def strictly(self, columns: Sequence[Column], function: Callable[..., list[Any]]) -> list[Any]:
        """The function of the columns; a fault or a missing value in a row is the result of the row, which the function
        is not given."""
        lists = [column.values for column in columns]
        if all(column.whole for column in columns):
            return function(*lists)
        open_rows = {
            row
            for column in columns
            if not column.whole
            for row, value in enumerate(column.values)
            if isinstance(value, _SPECIAL)
        }
        known = iter(function(*([one for row, one in enumerate(own) if row not in open_rows] for own in lists)))
        return [
            obstacle([own[row] for own in lists]) if row in open_rows else next(known) for row in range(len(lists[0]))
        ]

    def bounded(self, batch: Batch, column: Column) -> Column:
        """The column, a fault where a number has more digits than a computation may have."""
        if column.bits <= BITS:
            return column
        values = outer(column.values)
        for row, value in enumerate(values):
            if isinstance(value, Fraction) and too_long(value):
                values[row] = self.fault("AS5009", *self.place(batch, row))
        return Column(inner(values))

    # ------------------------------------------------------------ of a step

    def inside(self, id: int, grain: Grain) -> Sequence[Any]:
        """As column, numbers as pairs."""
        return self._spread_over(id, grain, self.held.values(id))

    def column(self, id: int, grain: Grain) -> Sequence[Value]:
        """A step's values, spread over the rows of a grain."""
        return self._spread_over(id, grain, self.held.step(id).read)

    def _spread_over(self, id: int, grain: Grain, values: Sequence[Any]) -> Sequence[Any]:
        own = self.plan.steps[id].grain
        return values if own == grain else [values[row] for row in self.layout.parents(grain, own)]

    def numeric(self, ids: Iterable[int]) -> bool:
        """Whether the steps have numbers only."""
        return all(self.held.columns[number].kinds <= _NUMBER for number in set(map(self.held.batch, ids)))

    def fault(
        self, code: str, step: Step, row: int, *, about: int | None = None, cell: Cell | None = None, **names: str
    ) -> Fault:
        """A fault of a row of the step, with the cell of the data that the step `about` was worked out from."""
        if cell is None:
            cell = self.cell(step.id if about is None else about, step.grain, row)
        fault = Fault(code, tuple(sorted(names.items())), step.span, cell)
        return self.layout.located(fault, step.grain, row)

    def undecided(self, code: str, step: Step, row: int, value: Missing | Fault, **names: str) -> Fault:
        """The fault of a decision that a missing value leaves open."""
        if isinstance(value, Fault):
            return value
        fault = self.fault(code, step, row, cell=value.cell)
        return evolve(fault, arguments=tuple(sorted({**names, "fact": value.name}.items())))

    def cell(self, id: int, grain: Grain, row: int) -> Cell | None:
        """The first cell that the value of a row was worked out from, without going to other rows."""
        seen: set[int] = set()
        waiting = [id]
        while waiting:
            step = self.plan.steps[waiting.pop()]
            if step.id in seen or not self.layout.reaches(grain, step.grain):
                continue
            seen.add(step.id)
            if isinstance(step.operation, Load):
                at = self.layout.parents(grain, step.grain)[row]
                if (found := cell_of(self.dataset, self.layout, step.operation, step.grain, at)) is not None:
                    return found
            waiting.extend(reversed(inputs(step.operation)))
        return None


def too_long(value: Fraction) -> bool:
    return value.numerator.bit_length() > BITS or value.denominator.bit_length() > BITS
