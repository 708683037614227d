"""The values of a plan as the exact engine holds them, by batches, and as everybody else reads them, by steps."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

from attrs import Factory, define, field, frozen

from assessdsl.backends.alike import Batches, Rows, apart
from assessdsl.backends.columns import Columns, Fault, Layout, Value
from assessdsl.backends.pairs import inner, longest, outer, shortened
from assessdsl.facts import Missing
from assessdsl.plan.steps import Plan

_SPECIAL: Final = frozenset({Missing, Fault})


@define(eq=False)
class Column:
    """Values of a batch or of a step, numbers as pairs, and what is known of all of them."""

    values: Sequence[Any]
    kinds: frozenset[type] = Factory(lambda self: frozenset(map(type, self.values)), takes_self=True)
    """No value is of another type."""
    _bits: int | None = None
    _read: list[Value] | None = field(default=None, init=False)

    @property
    def bits(self) -> int:
        """No number has more."""
        if self._bits is None:
            self._bits = longest(self.values) if tuple in self.kinds else 0
        return self._bits

    @property
    def whole(self) -> bool:
        """Neither faults nor missing values."""
        return _SPECIAL.isdisjoint(self.kinds)

    @property
    def read(self) -> list[Value]:
        """The values, numbers as Fractions."""
        if self._read is None:
            self._read = outer(self.values)
        return self._read


def calculated(values: Sequence[Any], bits: int) -> Column:
    """What an operation gave, of which it is known that no number has more bits."""
    short, bits = shortened(values, bits)
    return Column(short, bits=bits)


@frozen(eq=False)
class Held:
    """Of each step by its id its values, which become Fractions when somebody reads them."""

    layout: Layout
    batches: Batches
    columns: list[Column]  # of each batch
    _starts: dict[Rows, list[int]] = field(factory=dict, init=False)
    _steps: dict[int, Column] = field(factory=dict, init=False)

    def starts(self, rows: Rows) -> list[int]:
        """Where the rows of each of the grains start, and where those of the last end."""
        if rows not in self._starts:
            self._starts[rows] = list(accumulate(map(self.layout.rows, rows.grains), initial=0))
        return self._starts[rows]

    def start(self, id: int) -> int:
        """The row of its batch at which a step starts."""
        number, place = self.batches.places[id]
        return self.starts(self.batches.batches[number].rows)[place] if place else 0

    def batch(self, id: int) -> int:
        return self.batches.places[id][0]

    def values(self, id: int) -> Sequence[Any]:
        """The values of a step, numbers as pairs."""
        number, place = self.batches.places[id]
        values, batch = self.columns[number].values, self.batches.batches[number]
        if len(batch.steps) == 1:
            return values
        starts = self.starts(batch.rows)
        return values[starts[place] : starts[place + 1]]

    def step(self, id: int) -> Column:
        column = self.columns[self.batch(id)]
        if len(self.batches.batches[self.batch(id)].steps) == 1:
            return column
        if id not in self._steps:
            self._steps[id] = Column(self.values(id), column.kinds)
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
    return Held(columns.layout, apart(plan), [Column(inner(own)) for own in values])
