"""What the exact backend has worked out so far, and how its operations reach it."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from attrs import evolve, field, frozen

from assessdsl.backends.alike import Batch, Rows, Source
from assessdsl.backends.columns import Fault, Layout, Value
from assessdsl.backends.data import cell_of, fields_of
from assessdsl.backends.held import Held
from assessdsl.backends.logic import obstacle
from assessdsl.backends.ratios import BITS, Column, column, in_turn
from assessdsl.facts import Dataset, Datum, Item, Missing
from assessdsl.plan.steps import Grain, Load, Plan, Step
from assessdsl.plan.walk import inputs
from assessdsl.source import Cell

_SPECIAL: Final = frozenset({Missing, Fault})


@frozen(eq=False)
class Work:
    plan: Plan
    dataset: Dataset
    held: Held
    _items: dict[tuple[Rows, int], tuple[Sequence[Item], Sequence[Mapping[str, Datum]]]] = field(
        factory=dict, init=False
    )
    _repeated: dict[tuple[int, Rows], Column] = field(factory=dict, init=False)  # one value, for so many rows

    @property
    def layout(self) -> Layout:
        return self.held.layout

    # ------------------------------------------------------------ of a batch

    def told(self, batch: Batch, column: Column) -> Column:
        """The column with its faults told for whom they happen, and where."""
        if Fault not in column.kinds:
            return column
        values = list(column.values)
        for row, value in enumerate(values):
            if isinstance(value, Fault) and not value.entity:
                step, own = self.place(batch, row)
                cell = value.cell or self.cell(step.id, step.grain, own)
                values[row] = self.layout.located(evolve(value, cell=cell), step.grain, own)
        return Column(values, column.below, kinds=column.kinds)

    def rows(self, batch: Batch) -> int:
        return self.held.starts(batch.rows)[-1]

    def items(self, rows: Rows, offset: int) -> tuple[Sequence[Item], Sequence[Mapping[str, Datum]]]:
        """The items of the indicators, one after the other, or those of which these are the entries; and what is known
        of each of so many years ago."""
        if (rows, offset) not in self._items:
            items = [item for grain in rows.grains for item in self.dataset.items.get(grain.indicator, ())]
            self._items[rows, offset] = items, fields_of(items, offset)
        return self._items[rows, offset]

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
        held, own = self.held, self.held.columns[source.batch]
        if source.one:
            key = source.ids[0], batch.over
            if key not in self._repeated:
                self._repeated[key] = own.everywhere(held.start(source.ids[0]), held.starts(batch.over)[-1])
            return self._repeated[key]
        rows: list[int] = []
        for grain, id in zip(batch.over.grains, source.ids, strict=True):
            start, above = held.start(id), self.layout.parents(grain, self.plan.steps[id].grain)
            rows += [start + row for row in above] if start else above
        return own.take(rows)

    def strictly(self, columns: Sequence[Column], function: Callable[..., Column]) -> Column:
        """The function of the columns; a fault or a missing value in a row is the result of the row."""
        return self.split(columns, function, lambda _, *values: obstacle(values))

    def split(
        self, columns: Sequence[Column], function: Callable[..., Column], of_row: Callable[..., Value | None]
    ) -> Column:
        """The function of the columns, but in rows that have a fault or a missing value: there `of_row` of the row and
        its values."""
        for own in columns:
            if not own.whole:
                break
        else:  # there is none
            return function(*columns)
        special = {
            row for own in columns if not own.whole for row, value in enumerate(own.values) if type(value) in _SPECIAL
        }
        known = [row for row in range(len(columns[0].values)) if row not in special]
        others = sorted(special)
        read = zip(others, *(own.take(others).read for own in columns), strict=True)
        answers = column([of_row(*row) for row in read])
        return in_turn(known, function(*(own.take(known) for own in columns)), others, answers)

    def bounded(self, batch: Batch, own: Column) -> Column:
        """The column, a fault where a number has more digits than a computation may have."""
        if own.bits <= BITS:
            return own
        values: list[Value] = list(own.read)
        for row, value in enumerate(values):
            if isinstance(value, Fraction) and too_long(value):
                values[row] = self.fault("AS5009", *self.place(batch, row))
        return column(values)

    def or_fault(self, batch: Batch, own: Column, code: str, *, about_last: bool = False) -> Column:
        """The column, a fault where it has no value; with the cell of the last input of the step, or of the step."""
        if type(None) not in own.kinds:
            return own
        values = list(own.values)
        for row in (row for row, value in enumerate(values) if value is None):
            step, own_row = self.place(batch, row)
            about = inputs(step.operation)[-1] if about_last else None
            values[row] = self.fault(code, step, own_row, about=about)
        return Column(values, own.below)

    # ------------------------------------------------------------ of a step

    def spread(self, id: int, grain: Grain) -> Column:
        """A step's values, spread over the rows of a grain."""
        held, own = self.held.step(id), self.plan.steps[id].grain
        return held if own is grain or own == grain else held.take(self.layout.parents(grain, own))

    def column(self, id: int, grain: Grain) -> Sequence[Value]:
        """As spread, numbers as Fractions."""
        values, own = self.held[id], self.plan.steps[id].grain
        return values if own == grain else [values[row] for row in self.layout.parents(grain, own)]

    def fault(self, code: str, step: Step, row: int, *, about: int | None = None, cell: Cell | None = None) -> Fault:
        """A fault of a row of the step, with the cell of the data that the step `about` was worked out from."""
        if cell is None:
            cell = self.cell(step.id if about is None else about, step.grain, row)
        return self.layout.located(Fault(code, span=step.span, cell=cell), step.grain, row)

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
