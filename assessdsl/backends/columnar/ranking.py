"""Places among peers, in arrays: what the plan's step `Rank` means, for millions of rows at once.

Rows of the same peers with equal keys form a block. The blocks are numbered in order, so that a place is a running sum
of their sizes: two ranks by the same keys, and the tiers, share one ordering. Nothing is ordered where there is room
for a block of every possible key (totals are bounded); else one sort of keys that are packed into 63 bits orders the
rows, and where they do not fit, a sort by several columns.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from attrs import frozen

from assessdsl.backends.columnar.column import Looked
from assessdsl.backends.columnar.counting import BY_NUMPY, Booleans, Counting, Integers, Linear, counts, short
from assessdsl.backends.columnar.memory import empty

Ties = Literal["shared", "dense", "last"]

_BITS: Final = 63
_SPARSE: Final = 4  # as many blocks for each row are gone through in less time than rows are sorted


@frozen(eq=False)
class Peers:
    """Which rows are compared with one another: of each row the number of its group, below `count`.

    Without `of_row`, every row with every other. `weights`: how many entities a row stands for, if not for one each.
    """

    rows: int
    of_row: Integers | None = None
    count: int = 1
    weights: Integers | None = None

    @cached_property
    def sizes(self) -> Integers:
        """How many entities each group has, shape (count,)."""
        if self.of_row is None:
            return np.array([self.rows if self.weights is None else self.weights.sum()])
        return counts(self.of_row, self.count, self.weights)


@frozen(eq=False)
class Key:
    """A key of a rank: whole numbers of one scale, shape (rows,), the known ones within `low` and `high`."""

    values: Integers
    low: int
    high: int


def extent(numbers: Integers) -> tuple[int, int]:
    """The least and the greatest of them."""
    return (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)


@frozen(eq=False)
class Blocks:
    """Rows in blocks, the best first, group by group. A block may be empty.

    of_row: the number of each row's block, shape (rows,); for a row without a place, one more than any block has.
    first: the first block of each group and, at the end, the number of blocks; shape (groups + 1,).
    sizes: how many rows each block has, shape (blocks,).
    is_complete: whether every row has a place.
    ends: of the one key, what the first and the last block of each group stand for, where there is a block for all that
    lies between.
    """

    of_row: Integers
    first: Integers
    sizes: Integers
    is_complete: bool
    ends: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        return int(self.first[-1])

    def within(self, running: Integers) -> Integers:
        """A running sum over all blocks, shape (blocks + 1,), counted from the first block of each group instead."""
        found: Integers = np.repeat(running[self.first[:-1]], np.diff(self.first))
        return np.subtract(running[:-1], found, out=found)


def blocks(
    keys: Sequence[Key],
    peers: Peers,
    known: Booleans | None,
    *,
    lowest_first: bool,
    counting: Counting = BY_NUMPY,
) -> Blocks:
    """The order of the rows by their keys, compared one after the other. Where `known` is false a row has no place."""
    spans = [peers.count, *(key.high - key.low + 1 for key in keys)]
    room = 1
    for span in spans:
        room *= span
    first: Integers
    if room <= _SPARSE * peers.rows:
        of_row, sizes = _counted(keys, peers, known, lowest_first, counting)
        first = np.arange(peers.count + 1) * (room // peers.count)
    else:
        of_row, first, sizes = _sorted(keys, peers, known, room, lowest_first)
    ends = None
    if len(keys) == 1 and len(sizes) == room:
        ends = (keys[0].low, keys[0].high) if lowest_first else (keys[0].high, keys[0].low)
    return Blocks(of_row, first, sizes, known is None, ends)


def ranks(ordered: Blocks, ties: Ties, *, from_the_end: bool = False) -> Looked:
    """The place of each row among its peers, 1 for the first and 0 for none.

    Counted from the end, the places are those of a rank by this rank: as `in_bottom` needs them.
    """
    running = sums(ordered.sizes > 0 if ties == "dense" else ordered.sizes, ordered.sizes.dtype)
    edges, one = running[ordered.first], int(ties != "last")  # those who tie are counted, or one comes after the others
    places: Integers = empty(len(running), running.dtype)
    if from_the_end:
        ends: Integers = np.repeat(edges[1:] + one, np.diff(ordered.first))
        np.subtract(ends, running[one : len(ends) + one], out=places[:-1])
    else:
        starts: Integers = np.repeat(edges[:-1] - one, np.diff(ordered.first))
        np.subtract(running[1 - one : len(starts) + 1 - one], starts, out=places[:-1])
    places[-1] = 0
    return Looked(places, ordered.of_row)


def sums(numbers: Integers | Booleans, kind: Any) -> Integers:
    """How much all before come to, and at the end all."""
    found: Integers = empty(len(numbers) + 1, kind)
    found[0] = 0
    np.cumsum(numbers, dtype=found.dtype, out=found[1:])
    return found


def _linear(key: Key, groups: int, lowest_first: bool) -> Linear:
    """The best of a group is first."""
    span = key.high - key.low + 1
    return Linear(span, key.low, 1, groups * span) if lowest_first else Linear(span, key.high, -1, groups * span)


def _counted(
    keys: Sequence[Key], peers: Peers, known: Booleans | None, lowest_first: bool, counting: Counting
) -> tuple[Integers, Integers]:
    """Blocks for every key that there could be, and their sizes."""
    sizes: Integers = np.zeros(0, np.int64)
    of_row, count = peers.of_row, peers.count
    for key in keys:
        linear = _linear(key, count, lowest_first)
        of_row, sizes = counting.numbered(key.values, of_row, known, linear)
        count = linear.count
    assert of_row is not None
    return of_row, sizes[:-1]


def _sorted(
    keys: Sequence[Key], peers: Peers, known: Booleans | None, room: int, lowest_first: bool
) -> tuple[Integers, Integers, Integers]:
    """Blocks for the keys that there are, the first of each group, and their sizes."""
    rows = None if known is None else np.flatnonzero(known)
    if room.bit_length() <= _BITS:
        packed, count = peers.of_row, peers.count
        for key in keys:
            linear = _linear(key, count, lowest_first)
            packed, count = linear.numbers(key.values, packed), linear.count
        assert packed is not None
        order, begins, group = _by_packed_keys(packed if rows is None else packed[rows], room, room // peers.count)
    else:
        order, begins, group = _by_columns(keys, peers, slice(None) if rows is None else rows, lowest_first)
    numbers = np.cumsum(begins, dtype=short(peers.rows))
    numbers -= 1
    of_row = np.full(peers.rows, int(numbers[-1]) + 1 if len(numbers) else 0, numbers.dtype)
    of_row[order if rows is None else rows[order]] = numbers
    at = np.flatnonzero(begins)
    sizes = np.diff(at, append=len(order)).astype(numbers.dtype)
    return of_row, np.searchsorted(group[at], np.arange(peers.count + 1)), sizes


def _by_packed_keys(packed: Integers, room: int, span: int) -> tuple[Integers, Booleans, Integers]:
    """The order, where in it a block begins, and the group of each place; a group's keys have so wide a span. One sort
    of keys that hold their row, too, is several times as fast as a sort of rows by their keys."""
    bits = len(packed).bit_length()
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
