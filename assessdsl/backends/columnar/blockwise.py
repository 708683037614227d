"""The code of a plan run over the blocks of a frame, by several threads."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Lock
from typing import Any, Final

import numpy as np
from attrs import define, evolve, field

from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.lowering import Lowered, Source, Unscaled, Wanted, lower, nothing
from assessdsl.backends.columnar.memory import empty
from assessdsl.backends.columnar.program import TooWide
from assessdsl.backends.columnar.vectors import BLOCK, Array, Column, Room, a_room

_SAMPLE: Final = 1 << 10  # values from which the range of a column is first guessed
_NEIGHBOURS: Final = 8
_OUTLIERS: Final = 1 << 7  # one value in so many may be far greater than the others
_FEW: Final = 1000  # rows that the exact engine may do alone
_LEAST: Final = 1 << 15  # rows of a block, if there are so many
_LONGEST: Final = (1 << 63) - 1

Progress = Callable[[int, int], None]


class Rescaled(Exception):
    """With wider columns, the outputs have other scales: what was worked out is to be worked out again."""


def guessed(data: Array, missing: Array | None) -> tuple[int, int]:
    """The range that nearly all values of a column seem to lie in, with room to spare. Every block is held to it.

    A few values that are far greater than the others would make the code slower for all: these go another way.
    """
    sample = _some(data) if missing is None else _some(data)[~_some(missing)]
    if not len(sample):
        return 1, 1
    few = len(sample) // _OUTLIERS
    ends = np.partition(sample, (few, len(sample) - 1 - few))
    return _wide(int(min(ends[few], max(0, sample.min()))), int(ends[-1 - few]))


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
    columns: Mapping[str, Column]
    rows: int
    lowered: list[Lowered] = field(init=False)  # for narrow columns, and for wider ones
    _ranges: list[dict[str, Described]] = field(init=False)
    _lock: Any = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        try:
            self.lowered = [lower(self.source, self.wanted)]
        except (TooWide, Unscaled) as error:
            if self.rows > _FEW or (isinstance(error, Unscaled) and not error.is_near):
                raise
            self.lowered = [nothing((1,) * len(self.wanted.numbers), len(self.wanted.answers))]
        self._ranges = [dict(self.source.described)]

    def run(self, threads: int, progress: Progress | None) -> tuple[list[Array], list[Array]]:
        """The numbers, and the divisors of those that have no scale; and of each answer whether it holds and whether
        it is not known, and last which rows are left.
        Raises Unscaled and TooWide."""
        while True:
            scales = self.lowered[0].scales
            numbers = [empty(self.rows, np.int64) for _ in range(len(scales) + scales.count(0))]
            answers = [empty(self.rows, np.bool_) for _ in range(2 * len(self.lowered[0].always_known) + 1)]
            try:
                self._all([*numbers, *answers], threads, progress)
                return numbers, answers
            except Rescaled:
                continue

    def _all(self, outputs: Sequence[Array], threads: int, progress: Progress | None) -> None:
        numbers, done, stopped = count(), count(1), False
        block = min(BLOCK, max(_LEAST, -(-self.rows // threads)))
        blocks = -(-self.rows // block)

        def work() -> None:
            nonlocal stopped
            try:
                with a_room() as room:
                    run = self.lowered[0].code.bind(self.columns, outputs, room)
                    while not stopped and (number := next(numbers)) < blocks:
                        for start, stop in run(number * block, min((number + 1) * block, self.rows)):
                            self._part(outputs, start, stop, room)
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

    def _part(self, outputs: Sequence[Array], start: int, stop: int, room: Room) -> None:
        """Some rows of which not all lie within the ranges."""
        own = {key: column.part(slice(start, stop)) for key, column in self.columns.items()}
        self._beyond(own, [output[start:stop] for output in outputs], room, 0)

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
        self._widen(own, level)
        worked_out = [np.empty(len(rows), output.dtype) for output in outputs]
        self._rows(own, worked_out, room, level + 1)
        if len(rows) < len(beyond):
            within = {key: column.within(beyond, ranges[key].low) for key, column in columns.items()}
            self.lowered[level].code.bind(within, outputs, room)(0, len(beyond))
        for output, values in zip(outputs, worked_out, strict=True):
            output[rows] = values

    def _widen(self, columns: Mapping[str, Column], level: int) -> None:
        """Makes the next level, if there is none, or makes it wide enough."""
        with self._lock:
            present = self._ranges[min(level + 1, len(self._ranges) - 1)]
            wider = {key: _covering(present[key], column) for key, column in columns.items()}
            described = {**present, **wider}
            if level + 1 < len(self.lowered) and described == present:
                return
            try:
                lowered = lower(evolve(self.source, described=described), evolve(self.wanted, kernels=False))
            except TooWide:
                lowered = nothing(self.lowered[0].scales, len(self.lowered[0].always_known))
            same = lowered.scales == self.lowered[0].scales
            self.lowered[level + 1 :] = [lowered]
            self._ranges[level + 1 :] = [described]
            if not same:
                self.source = evolve(self.source, described=described)
                self.lowered, self._ranges = [lowered], [described]
                raise Rescaled


def _covering(described: Described, column: Column) -> Described:
    """A range that holds the column too."""
    if column.data.dtype == np.bool_ or not len(column.data):
        return described
    there = column.data if column.missing is None else column.data[~column.missing]
    low, high = (int(there.min()), int(there.max())) if len(there) else (described.low, described.high)
    if described.low <= low and high <= described.high:
        return described
    low, high = _wide(min(described.low, low), max(described.high, high))
    return evolve(described, low=min(described.low, low), high=max(described.high, high))
