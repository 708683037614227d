"""Places among peers, in arrays: what the plan's step `Rank` means, for millions of rows at once.

Rows of the same peers with equal keys form a block. The blocks are numbered in order, so that a place is a running sum
of their sizes: two ranks by the same keys, and the tiers, share one ordering. Nothing is ordered where there is room
for a block of every possible key (totals are bounded); else one sort of keys that are packed into 63 bits orders the
rows, and where they do not fit, a sort by several columns.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Ties = Literal["shared", "dense", "last"]

_BITS: Final = 63
_ROOM: Final = 4  # blocks for each row, up to which counting costs less than a sort


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
        return np.array([self.rows]) if self.of_row is None else np.bincount(self.of_row, minlength=self.count)


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
    """

    of_row: Integers
    first: Integers

    @cached_property
    def sizes(self) -> Integers:
        """How many rows each block has, shape (blocks,)."""
        return np.bincount(self.of_row, minlength=self.count + 1)[:-1]

    @property
    def count(self) -> int:
        return int(self.first[-1])

    def within(self, running: Integers) -> Integers:
        """A running sum over all blocks, shape (blocks + 1,), counted from the first block of each group instead."""
        return running[:-1] - np.repeat(running[self.first[:-1]], np.diff(self.first))


def blocks(keys: Sequence[Key], peers: Peers, known: Booleans | None, *, lowest_first: bool) -> Blocks:
    """The order of the rows by their keys, compared one after the other. Where `known` is false a row has no place."""
    spans = [peers.count, *(key.high - key.low + 1 for key in keys)]
    room = 1
    for span in spans:
        room *= span
    if room <= _ROOM * peers.rows:
        return _counted(_packed(keys, peers, lowest_first), known, spans, room)
    rows = np.arange(peers.rows) if known is None else np.flatnonzero(known)
    if room.bit_length() <= _BITS:
        order, begins, group = _by_packed_keys(_packed(keys, peers, lowest_first)[rows], room, spans)
    else:
        order, begins, group = _by_columns(keys, peers, rows, lowest_first)
    numbers = np.cumsum(begins) - 1
    count = int(begins.sum())
    of_row = np.full(peers.rows, count)
    of_row[rows[order]] = numbers
    return Blocks(of_row, np.searchsorted(group[begins], np.arange(peers.count + 1)))


def ranks(ordered: Blocks, ties: Ties, *, from_the_end: bool = False) -> Integers:
    """The place of each row among its peers, 1 for the first and 0 for none; shape (rows,).

    Counted from the end, the places are those of a rank by this rank: as `in_bottom` needs them.
    """
    sizes = np.append(ordered.sizes > 0 if ties == "dense" else ordered.sizes, 0)
    running = np.zeros(len(sizes), np.int64)
    np.cumsum(sizes[:-1], out=running[1:])
    before, own = ordered.within(running), sizes[:-1]
    if from_the_end:
        before = np.repeat(np.diff(running[ordered.first]), np.diff(ordered.first)) - before - own
    places = np.zeros(len(sizes), np.int64)
    np.add(before, own if ties == "last" else 1, out=places[:-1])
    return places[ordered.of_row]


def _packed(keys: Sequence[Key], peers: Peers, lowest_first: bool) -> Integers:
    """The group and the keys of each row as one number, the best of a group first; nothing of rows without a place."""
    packed = peers.of_row
    for key in keys:
        first, second = (key.values, key.low) if lowest_first else (key.high, key.values)
        places = np.subtract(first, second, dtype=np.int64)
        if packed is not None:
            places += packed * np.int64(key.high - key.low + 1)
        packed = places
    assert packed is not None
    return packed


def _counted(packed: Integers, known: Booleans | None, spans: Sequence[int], room: int) -> Blocks:
    if known is not None:
        packed[~known] = room
    return Blocks(packed, np.arange(spans[0] + 1) * (room // spans[0]))


def _by_packed_keys(packed: Integers, room: int, spans: Sequence[int]) -> tuple[Integers, Booleans, Integers]:
    """The order, where in it a block begins, and the group of each place. One sort of keys that hold their row, too, is
    several times as fast as a sort of rows by their keys."""
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
    return order, _changes(packed), packed // (room // spans[0])


def _by_columns(
    keys: Sequence[Key], peers: Peers, rows: Integers, lowest_first: bool
) -> tuple[Integers, Booleans, Integers]:
    group = np.zeros(len(rows), np.int64) if peers.of_row is None else peers.of_row[rows]
    columns = [key.values[rows] if lowest_first else ~key.values[rows] for key in keys]  # ~x orders as −x and fits
    order = np.lexsort([*reversed(columns), group])
    begins = np.zeros(len(rows), np.bool_)
    for column in (group, *columns):
        begins |= _changes(column[order])
    return order, begins, group[order]


def _changes(ordered: Integers) -> Booleans:
    """Where a number differs from the one before it. The first does."""
    found = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=found[1:])
    return found
