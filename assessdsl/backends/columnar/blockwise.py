"""The code of a plan run over the blocks of a frame, by several threads."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Lock
from typing import Any, Final

import numpy as np
from attrs import define, evolve, field

from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.lowering import Lowered, Source, Wanted, lower
from assessdsl.backends.columnar.vectors import BLOCK, Array, Column, OutOfRange, Room

_SAMPLE: Final = 1 << 12  # values from which the range of a column is first guessed
_LONGEST: Final = (1 << 63) - 1

Progress = Callable[[int, int], None]


class Rescaled(Exception):
    """With wider columns, the outputs have other scales: what was worked out is to be worked out again."""


def guessed(data: Array, missing: Array | None) -> tuple[int, int]:
    """The range that the values of a column seem to lie in, with room to spare. Every block is held to it."""
    step = max(1, len(data) // _SAMPLE)
    sample = data[::step] if missing is None else data[::step][~missing[::step]]
    return _wide(int(sample.min()), int(sample.max())) if len(sample) else (1, 1)


def _wide(low: int, high: int) -> tuple[int, int]:
    """Whether a range reaches zero, or below, is left as it is."""
    most = min(_LONGEST, (1 << (2 * max(abs(low), abs(high), 1)).bit_length()) - 1)
    return (-most if low < 0 else min(low, 1)), most


@define(eq=False)
class Blockwise:
    """What is run: the code for columns that lie in the ranges described, made anew where one turns out wider."""

    source: Source
    wanted: Wanted
    columns: Mapping[str, Column]
    rows: int
    lowered: Lowered = field(init=False)
    _lock: Any = field(factory=Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self.lowered = lower(self.source, self.wanted)

    def run(self, threads: int, progress: Progress | None) -> tuple[list[Array], list[Array]]:
        """The numbers; and of each answer whether it holds and whether it is not known, and last which rows are left.
        Raises Unscaled and TooWide."""
        while True:
            numbers = [np.empty(self.rows, np.int64) for _ in self.wanted.numbers]
            answers = [np.empty(self.rows, np.bool_) for _ in range(2 * len(self.wanted.answers) + 1)]
            try:
                self._all([*numbers, *answers], threads, progress)
                return numbers, answers
            except Rescaled:
                continue

    def _all(self, outputs: Sequence[Array], threads: int, progress: Progress | None) -> None:
        numbers, done, stopped = count(), count(1), False
        blocks = -(-self.rows // BLOCK)

        def work() -> None:
            room = Room()
            while not stopped and (number := next(numbers)) < blocks:
                self._block(outputs, number * BLOCK, min((number + 1) * BLOCK, self.rows), room)
                finished = next(done)
                if progress is not None:
                    progress(min(finished * BLOCK, self.rows), self.rows)

        if threads < 2 or blocks < 2:
            work()
            return
        with ThreadPoolExecutor(threads) as pool:
            running = [pool.submit(work) for _ in range(threads)]
            try:
                for one in running:
                    one.result()
            except BaseException:
                stopped = True  # the others stop before their next block
                raise

    def _block(self, outputs: Sequence[Array], start: int, stop: int, room: Room) -> None:
        while True:
            try:
                self.lowered.code.run(self.columns, outputs, start, stop, room)
                return
            except OutOfRange as error:
                self._widen(error)

    def _widen(self, error: OutOfRange) -> None:
        with self._lock:
            old = self.source.described[error.key]
            if old.low <= error.low and error.high <= old.high:
                return  # another thread did
            low, high = _wide(min(old.low, error.low), max(old.high, error.high))
            wider: Described = evolve(old, low=min(old.low, low), high=max(old.high, high))
            self.source = evolve(self.source, described={**self.source.described, error.key: wider})
            lowered = lower(self.source, self.wanted)
            same = lowered.scales == self.lowered.scales
            self.lowered = lowered
            if not same:
                raise Rescaled
