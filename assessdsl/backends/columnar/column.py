"""A column of a frame, or of what was worked out of one, in arrays."""

from typing import Any

import numpy as np
from attrs import frozen

Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Column:
    """Whole numbers over a scale, days, numbers of words, or yes and no; and where there is nothing."""

    data: Array
    missing: Array | None = None  # yes where there is no value

    def part(self, rows: Any) -> "Column":
        return Column(self.data[rows], None if self.missing is None else self.missing[rows])

    def numbers_of(self, rows: Any) -> Array:
        found: Array = self.data[rows]
        return found

    def absent(self) -> Array:
        return np.zeros(len(self.data), np.bool_) if self.missing is None else self.missing

    def beyond(self, low: int, high: int) -> Array:
        """The rows of which the value lies outside a range."""
        if self.data.dtype == np.bool_ or lies(self.data, low, high):
            return np.zeros(len(self.data), np.bool_)
        found: Array = (self.data < low) | (self.data > high)
        return found if self.missing is None else found & ~self.missing

    def within(self, beyond: Array, filler: int) -> "Column":
        """The column with something else in some rows."""
        return self if self.data.dtype == np.bool_ else Column(np.where(beyond, filler, self.data), self.missing)


@frozen(eq=False)
class Looked:
    """A column of what a table has at the number of each row, with nothing missing: places, and whatever else is the
    same for many. It is looked up where it is read, and takes no memory of its own."""

    table: Array
    numbers: Array
    missing: None = None

    @property
    def data(self) -> Array:
        return self.part(slice(None)).data

    def part(self, rows: Any) -> Column:
        return Column(self.numbers_of(rows))

    def numbers_of(self, rows: Any) -> Array:
        found: Array = self.table.take(self.numbers[rows], mode="clip")  # all are within it, and to look takes longer
        return found

    def absent(self) -> Array:
        return np.zeros(len(self.numbers), np.bool_)


AnyColumn = Column | Looked


@frozen(eq=False)
class Read:
    """A column of a frame, over `scale`; of text, its words by their numbers."""

    column: Column
    scale: int = 1
    words: tuple[str, ...] = ()


class Unreadable(Exception):
    """A column that cannot be taken for what the policy wants. `row`: the first for which it cannot; 0 for all."""

    def __init__(self, code: str, row: int = 0, **arguments: str) -> None:
        super().__init__(code)
        self.code, self.row, self.arguments = code, row, arguments


def lies(data: Array, low: int, high: int) -> bool:
    if low == 0 and data.dtype == np.int64:  # what is below zero is beyond all others
        return bool(np.maximum.reduce(data.view(np.uint64)) <= high)
    return bool(np.minimum.reduce(data) >= low and np.maximum.reduce(data) <= high)
