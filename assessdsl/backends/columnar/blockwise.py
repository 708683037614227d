"""The code of a plan run over the blocks of a frame, by several threads."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Lock
from typing import Any, Final

import numpy as np
from attrs import define, evolve, field

from assessdsl.backends.columnar.column import AnyColumn, Array, Column
from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.lowering import Lowered, Source, Unscaled, Wanted, lower, nothing
from assessdsl.backends.columnar.memory import empty
from assessdsl.backends.columnar.program import TooWide
from assessdsl.backends.columnar.vectors import BLOCK, Room, a_room

_SAMPLE: Final = 1 << 10  # values from which the range of a column is first guessed
_NEIGHBOURS: Final = 8
_OUTLIERS: Final = 1 << 7  # one value in so many may be far greater than the others
_FEW: Final = 1000  # rows that the exact engine may do alone
_LEAST: Final = 1 << 15  # rows of a block, if there are so many
_LONG: Final = 1 << 17
_BLOCK: Final = 1 << 20  # values that kernels read in a block
_LONGEST: Final = (1 << 63) - 1

Progress = Callable[[int, int], None]


class Rescaled(Exception):
    """With wider columns, the outputs have other scales: what was worked out is to be worked out again."""

    def __init__(self, source: Source, lowered: Lowered) -> None:
        super().__init__()
        self.source, self.lowered = source, lowered


def guessed(data: Array, missing: Array | None) -> tuple[int, int]:
    """The range that nearly all values of a column seem to lie in, with room to spare. Every block is held to it.

    A few values that are far greater than the others would make the code slower for all: these go another way.
    """
    sample = _some(data) if missing is None else _some(data)[~_some(missing)]
    if not len(sample):
        return 1, 1
    few = len(sample) // _OUTLIERS
    ordered = np.sort(sample)  # so few are sorted sooner than parted
    return _wide(int(min(ordered[few], max(0, ordered[0]))), int(ordered[-1 - few]))


def _some(data: Array) -> Array:
    """Values from everywhere, a few neighbours at a time: these are read at once."""
    step = len(data) * _NEIGHBOURS // _SAMPLE
    return data if step < _NEIGHBOURS else data[: len(data) // step * step].reshape(-1, step)[:, :_NEIGHBOURS].ravel()


def _wide(low: int, high: int) -> tuple[int, int]:
    """Whether a range reaches zero, or below, is left as it is."""
    most = min(_LONGEST, (1 << (2 * max(abs(low), abs(high), 1)).bit_length()) - 1)
    return (-most if low < 0 else min(low, 1)), most


@define(eq=False)
class Blockwise:
    """What is run: code for columns that lie in the ranges described; for the few rows that do not, code for wider
    ones, which is slower and leaves more open."""

    source: Source
    wanted: Wanted
    columns: Mapping[str, AnyColumn]
    rows: int
    lowered: list[Lowered] = field(init=False)  # for narrow columns, and for wider ones
    _ranges: list[dict[str, Described]] = field(init=False)
    _lock: Any = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        try:
            self.lowered = [lower(self.source, self.wanted)]
            self._look_at_what_is_not_read()
        except (TooWide, Unscaled) as error:
            if self.rows > _FEW or (isinstance(error, Unscaled) and not error.is_near):
                raise
            self.lowered = [nothing((1,) * len(self.wanted.numbers), len(self.wanted.answers))]
        self._ranges = [dict(self.source.described)]

    def _look_at_what_is_not_read(self) -> None:
        """No block holds such a column to its range, and on that rests whether anything in it is asked."""
        if not self.wanted.obstacles:
            return
        described = dict(self.source.described)
        unread = self.source.keys.keys() - self.lowered[0].reads
        for key, ends in _ends({key: self.columns[key].part(slice(None)) for key in unread}).items():
            described[key] = _covering(described[key], *ends)
        if described != self.source.described:
            self.source = evolve(self.source, described=described)
            self.lowered = [lower(self.source, self.wanted)]

    def run(
        self, threads: int, progress: Progress | None, beside: Callable[[int, int], Any] | None = None
    ) -> tuple[list[Array], list[Array]]:
        """The numbers, and the divisors of those that have no scale; and of each answer whether it holds and whether
        it is not known, and last which rows are left. `beside`: what else is done with the rows of each block.
        Raises Unscaled and TooWide."""
        while True:
            scales = self.lowered[0].scales
            numbers = [empty(self.rows, np.int64) for _ in range(len(scales) + scales.count(0))]
            answers = [empty(self.rows, np.bool_) for _ in range(2 * len(self.lowered[0].always_known) + 1)]
            try:
                self._all([*numbers, *answers], threads, progress, beside)
                return numbers, answers
            except Rescaled as error:  # no thread is at work any more
                self.source, self.lowered = error.source, [error.lowered]
                self._ranges = [dict(self.source.described)]

    def _all(
        self,
        outputs: Sequence[Array],
        threads: int,
        progress: Progress | None,
        beside: Callable[[int, int], Any] | None,
    ) -> None:
        numbers, done, stopped = count(), count(1), False
        block = min(BLOCK if threads < 2 else _LONG, max(_LEAST, -(-self.rows // threads)))
        if self.wanted.kernels:  # no registers limit it: as much as keeps all busy to the end, and calls few
            block = min(_LONG, max(_LEAST, _BLOCK // max(1, len(self.columns))))
        blocks = -(-self.rows // block)

        def work() -> None:
            nonlocal stopped
            try:
                with a_room() as room:
                    present = self.lowered[0]
                    run = present.code.bind(self.columns, outputs, room)
                    while not stopped and (number := next(numbers)) < blocks:
                        if present is not self.lowered[0]:
                            present = self.lowered[0]
                            run = present.code.bind(self.columns, outputs, room)
                        rows = number * block, min((number + 1) * block, self.rows)
                        for start, stop in run(*rows):
                            self._part(present, outputs, start, stop, room)
                        if beside is not None:
                            beside(*rows)
                        finished = next(done)
                        if progress is not None:
                            progress(min(finished * block, self.rows), self.rows)
            except BaseException:
                stopped = True  # the others stop before their next block
                raise

        if threads < 2 or blocks < 2:
            work()
            return
        pool = ThreadPoolExecutor(threads - 1)
        try:
            running = [pool.submit(work) for _ in range(threads - 1)]
            work()
            for one in running:
                one.result()
        except BaseException:
            stopped = True  # by whoever interrupts this thread
            pool.shutdown()
            raise
        pool.shutdown(wait=False)  # all is done, and to see the threads end takes milliseconds

    def _part(self, tried: Lowered, outputs: Sequence[Array], start: int, stop: int, room: Room) -> None:
        """Some rows of which not all lie within the ranges: all by wider code, unless that leaves any open."""
        own = {key: column.part(slice(start, stop)) for key, column in self.columns.items()}
        ends = _ends(own)
        self._begin_lower(ends)
        if (present := self.lowered[0]) is not tried:
            for rest in present.code.bind(self.columns, outputs, room)(start, stop):
                self._part(present, outputs, *rest, room)
            return
        self._widen(ends, 0)
        wider = self.lowered[1].code.bind(self.columns, outputs, room)
        if wider(start, stop) or outputs[-1][start:stop].any():
            self._beyond(own, [output[start:stop] for output in outputs], room, 0)

    def _begin_lower(self, ends: Mapping[str, tuple[int, int]]) -> None:
        """Makes code for columns that reach zero, or less, which no sample showed: there may be more such rows."""
        with self._lock:
            present = self._ranges[0]
            lower_ends = {}
            for key, (low, high) in ends.items():
                if -present[key].high <= low < present[key].low and high <= present[key].high:
                    lower_ends[key] = evolve(present[key], low=min(0, low) and -present[key].high)
            if not lower_ends:
                return
            described = {**present, **lower_ends}
            with suppress(TooWide, Unscaled):  # else these rows alone are left to wider code
                self._put(0, described, lower(evolve(self.source, described=described), self.wanted))

    def _rows(self, columns: Mapping[str, Column], outputs: Sequence[Array], room: Room, level: int) -> None:
        """Some rows, by the code of a level; those that its ranges do not hold, by that of the next."""
        if self.lowered[level].code.bind(columns, outputs, room)(0, len(outputs[-1])):
            self._beyond(columns, outputs, room, level)

    def _beyond(self, columns: Mapping[str, Column], outputs: Sequence[Array], room: Room, level: int) -> None:
        ranges = self._ranges[level]
        beyond = np.zeros(len(outputs[-1]), np.bool_)
        for key, column in columns.items():
            beyond |= column.beyond(ranges[key].low, ranges[key].high)
        rows = np.flatnonzero(beyond)
        own = {key: column.part(rows) for key, column in columns.items()}
        self._widen(_ends(own), level)
        worked_out = [np.empty(len(rows), output.dtype) for output in outputs]
        self._rows(own, worked_out, room, level + 1)
        if len(rows) < len(beyond):
            within = {key: column.within(beyond, ranges[key].low) for key, column in columns.items()}
            self.lowered[level].code.bind(within, outputs, room)(0, len(beyond))
        for output, values in zip(outputs, worked_out, strict=True):
            output[rows] = values

    def _widen(self, ends: Mapping[str, tuple[int, int]], level: int) -> None:
        """Makes the next level, if there is none, or makes it wide enough."""
        with self._lock:
            present = self._ranges[min(level + 1, len(self._ranges) - 1)]
            described = {**present, **{key: _covering(present[key], *own) for key, own in ends.items()}}
            if level + 1 < len(self.lowered) and described == present:
                return
            try:
                lowered = lower(evolve(self.source, described=described), self.wanted)
            except TooWide:
                lowered = nothing(self.lowered[0].scales, len(self.lowered[0].always_known))
            self._put(level + 1, described, lowered)

    def _put(self, level: int, described: dict[str, Described], lowered: Lowered) -> None:
        """What a level is from now on: other threads may be at work with any."""
        if lowered.scales != self.lowered[0].scales:
            raise Rescaled(evolve(self.source, described=described), lowered)
        self.lowered[level : level + 1] = [lowered]
        self._ranges[level : level + 1] = [described]


def _ends(columns: Mapping[str, Column]) -> dict[str, tuple[int, int]]:
    """The least and the greatest of each column that has any."""
    found = {}
    for key, column in columns.items():
        there = column.data if column.missing is None else column.data[~column.missing]
        if there.dtype != np.bool_ and len(there):
            found[key] = int(np.minimum.reduce(there)), int(np.maximum.reduce(there))
    return found


def _covering(described: Described, low: int, high: int) -> Described:
    """A range that holds what lies between these, too."""
    if described.low <= low and high <= described.high:
        return described
    wide = _wide(min(described.low, low), max(described.high, high))
    return evolve(described, low=min(described.low, low, wide[0]), high=max(described.high, wide[1]))
