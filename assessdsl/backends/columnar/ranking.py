"""Places among peers, in arrays: what the plan's step `Rank` means, for millions of rows at once.

Rows of the same peers with equal keys form a block. The blocks are numbered in order, so that a place is a running sum
of their sizes: two ranks by the same keys, and the tiers, share one ordering. Nothing is ordered where there is room
for a block of every possible key (totals are bounded); else one sort of keys that are packed into 63 bits orders the
rows, and where they do not fit, a sort by several columns.

Rows are gone through in parts, with arrays so short that their memory is used again at once: fresh memory costs more
than the arithmetic. Numbers that stay are of 32 bits.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from assessdsl.backends.columnar.memory import empty, full

Integers = NDArray[np.integer[Any]]
Booleans = NDArray[np.bool_]
Ties = Literal["shared", "dense", "last"]

_BITS: Final = 63
_PART: Final = 1 << 15
_SPARSE: Final = 4  # as many blocks for each row are gone through in less time than rows are sorted


@frozen(eq=False)
class Peers:
    """Which rows are compared with one another: of each row the number of its group, below `count`.

    Without `of_row`, every row with every other.
    """

    rows: int
    of_row: Integers | None = None
    count: int = 1

    @cached_property
    def sizes(self) -> Integers:
        """How many rows each group has, shape (count,)."""
        return np.array([self.rows]) if self.of_row is None else counts(self.of_row, self.count)


@frozen(eq=False)
class Key:
    """A key of a rank: whole numbers of one scale, shape (rows,), the known ones within `low` and `high`."""

    values: Integers
    low: int
    high: int


@frozen(eq=False)
class Blocks:
    """Rows in blocks, the best first, group by group. A block may be empty.

    of_row: the number of each row's block, shape (rows,); for a row without a place, one more than any block has.
    first: the first block of each group and, at the end, the number of blocks; shape (groups + 1,).
    sizes: how many rows each block has, shape (blocks,).
    """

    of_row: Integers
    first: Integers
    sizes: Integers

    @property
    def count(self) -> int:
        return int(self.first[-1])

    def within(self, running: Integers) -> Integers:
        """A running sum over all blocks, shape (blocks + 1,), counted from the first block of each group instead."""
        found: Integers = np.repeat(running[self.first[:-1]], np.diff(self.first))
        return np.subtract(running[:-1], found, out=found)


def blocks(keys: Sequence[Key], peers: Peers, known: Booleans | None, *, lowest_first: bool) -> Blocks:
    """The order of the rows by their keys, compared one after the other. Where `known` is false a row has no place."""
    spans = [peers.count, *(key.high - key.low + 1 for key in keys)]
    room = 1
    for span in spans:
        room *= span
    ordered = _counted if room <= _SPARSE * peers.rows else _sorted
    of_row, first = ordered(keys, peers, known, room, lowest_first)
    return Blocks(of_row, first, counts(of_row, int(first[-1]) + 1)[:-1])


def parts(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + _PART, rows)) for start in range(0, rows, _PART))


def counts(numbers: Integers, count: int) -> Integers:
    """How often each number below `count` occurs, shape (count,)."""
    found: Integers = full(count, 0, _short(len(numbers)))
    for part in parts(len(numbers)):
        tally(found, numbers[part])
    return found


def tally(into: Integers, numbers: Integers) -> None:
    """Adds 1 for each of the numbers."""
    np.add.at(into, numbers.astype(np.intp, copy=False), into.dtype.type(1))  # of other types it is many times slower


def ranks(ordered: Blocks, ties: Ties, *, from_the_end: bool = False) -> Integers:
    """The place of each row among its peers, 1 for the first and 0 for none; shape (rows,).

    Counted from the end, the places are those of a rank by this rank: as `in_bottom` needs them.
    """
    own = ordered.sizes > 0 if ties == "dense" else ordered.sizes
    running = sums(own, ordered.sizes.dtype)
    before = ordered.within(running)
    if from_the_end:
        after: Integers = np.repeat(np.diff(running[ordered.first]), np.diff(ordered.first))
        after -= before
        after -= own
        before = after
    places: Integers = empty(len(running), running.dtype)
    np.add(before, own if ties == "last" else 1, out=places[:-1])
    places[-1] = 0
    found: Integers = empty(len(ordered.of_row), places.dtype)
    return np.take(places, ordered.of_row, out=found, mode="clip")


def sums(numbers: Integers | Booleans, kind: Any) -> Integers:
    """How much all before come to, and at the end all."""
    found: Integers = empty(len(numbers) + 1, kind)
    found[0] = 0
    np.cumsum(numbers, dtype=found.dtype, out=found[1:])
    return found


def _short(most: int) -> type[np.integer[Any]]:
    return np.int32 if most < 1 << 31 else np.int64


def _packed(keys: Sequence[Key], peers: Peers, part: slice, lowest_first: bool) -> Any:
    """The group and the keys of each row as one number, the best of a group first; nothing of rows without a place."""
    packed = np.int64(0) if peers.of_row is None else peers.of_row[part].astype(np.int64)
    for key in keys:
        values = key.values[part]
        first, second = (values, key.low) if lowest_first else (key.high, values)
        packed = packed * np.int64(key.high - key.low + 1) + np.subtract(first, second, dtype=np.int64)
    return packed


def _counted(
    keys: Sequence[Key], peers: Peers, known: Booleans | None, room: int, lowest_first: bool
) -> tuple[Integers, Integers]:
    """Blocks for every key that there could be, and the first of each group."""
    of_row = empty(peers.rows, _short(room))
    for part in parts(peers.rows):
        packed = _packed(keys, peers, part, lowest_first)
        if known is not None:
            packed[~known[part]] = room
        of_row[part] = packed
    return of_row, np.arange(peers.count + 1) * (room // peers.count)


def _sorted(
    keys: Sequence[Key], peers: Peers, known: Booleans | None, room: int, lowest_first: bool
) -> tuple[Integers, Integers]:
    """Blocks for the keys that there are, and the first of each group."""
    rows = None if known is None else np.flatnonzero(known)
    if room.bit_length() <= _BITS:
        packed = _packed(keys, peers, slice(None), lowest_first)
        order, begins, group = _by_packed_keys(packed if rows is None else packed[rows], room, room // peers.count)
    else:
        order, begins, group = _by_columns(keys, peers, slice(None) if rows is None else rows, lowest_first)
    numbers = np.cumsum(begins, dtype=_short(peers.rows))
    numbers -= 1
    of_row = np.full(peers.rows, int(numbers[-1]) + 1 if len(numbers) else 0, numbers.dtype)
    of_row[order if rows is None else rows[order]] = numbers
    return of_row, np.searchsorted(group[begins], np.arange(peers.count + 1))


def _by_packed_keys(packed: Integers, room: int, span: int) -> tuple[Integers, Booleans, Integers]:
    """The order, where in it a block begins, and the group of each place; a group's keys have so wide a span. One sort
    of keys that hold their row, too, is several times as fast as a sort of rows by their keys."""
    bits = max(1, (len(packed) - 1).bit_length())
    if room.bit_length() + bits <= _BITS:
        packed <<= bits
        packed |= np.arange(len(packed))
        packed.sort()
        order = packed & ((1 << bits) - 1)
        packed >>= bits
    else:
        order = np.argsort(packed)
        packed = packed[order]
    return order, _changes(packed), packed // span


def _by_columns(
    keys: Sequence[Key], peers: Peers, rows: Integers | slice, lowest_first: bool
) -> tuple[Integers, Booleans, Integers]:
    columns = [key.values[rows] if lowest_first else ~key.values[rows] for key in keys]  # ~x orders as −x and fits
    group = np.zeros(len(columns[0]), np.int64) if peers.of_row is None else peers.of_row[rows]
    order = np.lexsort([*reversed(columns), group])
    begins = np.zeros(len(order), np.bool_)
    for column in (group, *columns):
        begins |= _changes(column[order])
    return order, begins, group[order]


def _changes(ordered: Integers) -> Booleans:
    """Where a number differs from the one before it. The first does."""
    found = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found
