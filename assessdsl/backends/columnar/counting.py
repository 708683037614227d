"""What is done with each of millions of rows that places are given to: it is numbered and counted by its key, and what
a table says of its number is looked up. By NumPy, or by loops of machine code on several threads (extra `kernels`).

NumPy goes through rows in parts, with arrays so short that their memory is used again at once: fresh memory costs more
than the arithmetic. Numbers that stay are of 32 bits.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property, partial
from itertools import count
from typing import Any, Final, TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from assessdsl.backends.columnar.machine import callable_at, compiled
from assessdsl.backends.columnar.memory import empty, full

Integers = NDArray[np.integer[Any]]
Booleans = NDArray[np.bool_]
Rows = Callable[[int, int], Any]  # what is done with rows, from one up to another
_Found = TypeVar("_Found")

_PART: Final = 1 << 15
_FEW: Final = 1 << 15  # rows with which NumPy is done before a thread has begun
_SHARE: Final = 1 << 16  # rows that a thread takes at a time
_TABLES: Final = 4  # numbers in the tables of all threads, for each row
_LOOP: Final = """
define i64 @loop(%GIVEN, i64 %start, i64 %stop) {
entry:
  %is.any = icmp slt i64 %start, %stop
  br i1 %is.any, label %row, label %done
row:
  %i = phi i64 [%start, %entry], [%next, %row]
%LINES
  %next = add nuw nsw i64 %i, 1
  %is.more = icmp slt i64 %next, %stop
  br i1 %is.more, label %row, label %done
done:
  ret i64 0
}
"""


@frozen
class Linear:
    """The number of a row from its group and its key: group × span + sign × (key − origin), below `count`."""

    span: int
    origin: int
    sign: int
    count: int

    def numbers(self, keys: Integers, groups: Integers | None) -> Integers:
        found = np.subtract(keys, self.origin, dtype=np.int64)
        if self.sign < 0:
            np.negative(found, out=found)
        if groups is not None:
            found += groups.astype(np.int64) * self.span
        return found


def parts(rows: int, first: int = 0) -> Iterator[slice]:
    return (slice(start, min(start + _PART, rows)) for start in range(first, rows, _PART))


def short(most: int) -> type[np.integer[Any]]:
    return np.int32 if most < 1 << 31 else np.int64


def tally(into: Integers, numbers: Integers, weights: Integers | None = None) -> None:
    """Adds 1 for each of the numbers, or its weight."""
    # of other types it is many times slower
    own = into.dtype.type(1) if weights is None else weights.astype(into.dtype, copy=False)
    np.add.at(into, numbers.astype(np.intp, copy=False), own)


def counts(numbers: Integers, count: int, weights: Integers | None = None) -> Integers:
    """How often each number below `count` occurs, or what its weights come to; shape (count,)."""
    found: Integers = full(count, 0, np.int64 if weights is not None else short(len(numbers)))
    for part in parts(len(numbers)):
        tally(found, numbers[part], None if weights is None else weights[part])
    return found


@frozen(eq=False)
class Counting:
    """How it is done: by so many threads if by machine code, else by one."""

    threads: int = 1
    kernels: bool = False

    def numbered(
        self, keys: Integers, groups: Integers | None, known: Booleans | None, linear: Linear
    ) -> tuple[Integers, Integers]:
        """The number of each row, `count` where it is not known; and how many rows have each number."""
        rows, count = len(keys), linear.count
        into: Integers = empty(rows, short(count))
        given = {"keys": keys, "groups": groups, "known": known, "into": into}
        arrays = [one for one in given.values() if one is not None]
        if not self._fits(arrays, count + 1) or keys.dtype.kind != "i":
            sizes = full(count + 1, 0, short(rows))
            for part in parts(rows):
                numbers = linear.numbers(keys[part], None if groups is None else groups[part])
                if known is not None:
                    numbers[~known[part]] = count
                into[part] = numbers
                tally(sizes, numbers)
            return into, sizes
        loop = _numbering(*("" if one is None else one.dtype.str[1:] for one in (keys, groups, known)))
        each: list[Integers] = []  # of each thread

        def begun() -> Rows:
            own = full(count + 1, 0, np.int32)
            each.append(own)
            return partial(loop, *_places(arrays), linear.span, linear.origin, linear.sign, count, *_places([own]))

        self.through(rows, begun, _TABLES * rows // count)
        for more in each[1:]:
            each[0] += more
        return into, each[0]

    def looked_up(self, numbers: Integers, *tables: Integers) -> list[Integers]:
        """What each of the tables, of one length, has at each of the numbers, which are all within it."""
        found, loop = self.looking_up(numbers, *tables)
        self.through(len(numbers), lambda: loop)
        return found

    def looking_up(self, numbers: Integers, *tables: Integers) -> tuple[list[Integers], Rows]:
        """The same, once all rows have been gone through by what comes with it, which any threads may share."""
        found: list[Integers] = [empty(len(numbers), table.dtype) for table in tables]
        if self._fits([*tables, *found, numbers], len(tables[0])) and numbers.dtype == np.int32:
            loop, arrays = _looking_up(*(table.itemsize for table in tables)), [numbers, *tables, *found]
            return found, lambda start, stop: loop(*_places(arrays), start, stop)

        def look_up(start: int, stop: int) -> None:
            for part in parts(stop, start):
                for table, into in zip(tables, found, strict=True):
                    np.take(table, numbers[part], out=into[part], mode="clip")

        return found, look_up

    def ahead(self, rows: int, work: Callable[[], _Found]) -> Callable[[], _Found]:
        """What is called for the result of some work on rows. Another thread may have begun it by then."""
        if not self.kernels or self.threads < 2 or rows < _FEW:
            return work
        begun = self._pool.submit(work)
        return lambda: work() if begun.cancel() else begun.result()

    def _fits(self, arrays: list[Any], count: int) -> bool:
        """Whether loops of machine code are made for that."""
        is_long = self.kernels and len(arrays[-1]) >= _FEW and max(count, len(arrays[-1])) < 1 << 31
        return is_long and all(one.flags.c_contiguous for one in arrays)

    def through(self, rows: int, begun: Callable[[], Rows], most: int | None = None) -> None:
        """Runs loops over all rows, in `most` threads at most. `begun`: what a thread that takes a share runs over it;
        it holds the arrays. Nobody waits for a thread that has not begun before the others are through."""
        shares = count()

        def work() -> None:
            loop = None
            while (start := next(shares) * _SHARE) < rows:
                loop = loop or begun()
                loop(start, min(start + _SHARE, rows))

        threads = min(self.threads, -(-rows // _SHARE), self.threads if most is None else most)
        others = [self._pool.submit(work) for _ in range(threads - 1)]
        try:
            work()
        finally:
            for one in others:
                if not one.cancel():
                    one.result()

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max(1, self.threads - 1))


BY_NUMPY: Final = Counting()


def _places(arrays: list[Any]) -> tuple[int, ...]:
    return tuple(one.__array_interface__["data"][0] for one in arrays)


# ---------------------------------------------------------------- machine code


@cache
def _numbering(keys: str, groups: str, known: str) -> Any:
    """Of arrays of these types (`i8`: signed, of 8 bytes), or without them."""
    given = ["ptr %keys"]
    lines = [*_read("key", keys, "%keys"), "%from = sub i64 %key, %origin", "%own = mul i64 %from, %sign"]
    number = "%own"
    if groups:
        given.append("ptr %groups")
        lines += [*_read("group", groups, "%groups"), "%base = mul i64 %group, %span", f"%of = add i64 {number}, %base"]
        number = "%of"
    if known:
        given.append("ptr %known")
        lines += [*_read("there", "u1", "%known"), "%is.known = icmp ne i64 %there, 0"]
        lines.append(f"%number = select i1 %is.known, i64 {number}, i64 %count")
        number = "%number"
    lines += [
        f"%short = trunc i64 {number} to i32",
        "%p.into = getelementptr i32, ptr %into, i64 %i",
        "store i32 %short, ptr %p.into",
        f"%p.size = getelementptr i32, ptr %sizes, i64 {number}",
        "%size = load i32, ptr %p.size",
        "%more = add i32 %size, 1",
        "store i32 %more, ptr %p.size",
    ]
    given += ["ptr %into", "i64 %span", "i64 %origin", "i64 %sign", "i64 %count", "ptr %sizes"]
    return _compiled(given, lines)


@cache
def _looking_up(*sizes: int) -> Any:
    """In tables of numbers of so many bytes."""
    lines = _read("number", "i4", "%numbers")
    for at, size in enumerate(sizes):
        kind = f"i{8 * size}"
        lines += [
            f"%p.table.{at} = getelementptr {kind}, ptr %table.{at}, i64 %number",
            f"%found.{at} = load {kind}, ptr %p.table.{at}",
            f"%p.into.{at} = getelementptr {kind}, ptr %into.{at}, i64 %i",
            f"store {kind} %found.{at}, ptr %p.into.{at}",
        ]
    given = [f"ptr %{name}.{at}" for name in ("table", "into") for at in range(len(sizes))]
    return _compiled(["ptr %numbers", *given], lines)


def _read(name: str, kind: str, array: str) -> list[str]:
    """The row's number in an array, as 64 bits."""
    own = f"i{8 * int(kind[1:])}"
    place = f"%p.{name} = getelementptr {own}, ptr {array}, i64 %i"
    if own == "i64":
        return [place, f"%{name} = load i64, ptr %p.{name}"]
    extended = f"{'sext' if kind[0] == 'i' else 'zext'} {own} %{name}.short to i64"
    return [place, f"%{name}.short = load {own}, ptr %p.{name}", f"%{name} = {extended}"]


def _compiled(given: list[str], lines: list[str]) -> Any:
    """A function that can be called, and that holds its machine code."""
    text = _LOOP.replace("%GIVEN", ", ".join(given)).replace("%LINES", "\n".join(f"  {line}" for line in lines))
    code = compiled(text, "loop")
    function = callable_at(code, len(given) + 2)
    function.held = code
    return function
