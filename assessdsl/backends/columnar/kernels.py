"""Programs run as compiled loops (extra `kernels`): what is needed is read once, where it lies, and written once.

The nodes are cut into pieces, about one for each indicator, and each piece is one loop over some rows that stay in the
processor's first cache. Numbers stand outside of it, as arguments: indicators of one form share what was compiled.
Nothing of a policy reaches the text of a loop. One call goes through many rows, and no other thread waits for it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from assessdsl.backends.columnar.column import AnyColumn, Array, Looked
from assessdsl.backends.columnar.kinds import order_of
from assessdsl.backends.columnar.loops import Loop, Output, Piece, TableOf
from assessdsl.backends.columnar.machine import MachineCode, available, callable_at, compiled
from assessdsl.backends.columnar.nodes import Bit, Node
from assessdsl.backends.columnar.vectors import Room, Rows

_LOADS: Final = 8  # columns that one loop reads, at most
_LONGEST: Final = 2000  # nodes of a loop; of 1,500 LLVM makes one in a second, of 24,000 in half a minute
_CHUNK: Final = 4096  # rows that all loops go through before the next
# Goes through rows from `start` to `stop`: for each chunk of them, piece after piece, of each of which `pieces` has the
# address and where its arrays and numbers begin. Of each chunk it notes whether a column was beyond its range.
_THROUGH: Final = f"""
define i64 @through(ptr %pieces, i64 %count, ptr %arrays, ptr %numbers, ptr %beyond, i64 %start, i64 %stop) {{
entry:
  br label %chunk
chunk:
  %at = phi i64 [%start, %entry], [%after, %noted]
  %number = phi i64 [0, %entry], [%another, %noted]
  %all = phi i64 [0, %entry], [%so.far, %noted]
  %after = add i64 %at, {_CHUNK}
  %rest = sub i64 %stop, %at
  %is.last = icmp sle i64 %rest, {_CHUNK}
  %rows = select i1 %is.last, i64 %rest, i64 {_CHUNK}
  br label %piece
piece:
  %p = phi i64 [0, %chunk], [%next, %piece]
  %is.beyond = phi i64 [0, %chunk], [%either, %piece]
  %row = mul i64 %p, 3
  %row.1 = add i64 %row, 1
  %row.2 = add i64 %row, 2
  %p.function = getelementptr i64, ptr %pieces, i64 %row
  %p.arrays = getelementptr i64, ptr %pieces, i64 %row.1
  %p.numbers = getelementptr i64, ptr %pieces, i64 %row.2
  %address = load i64, ptr %p.function
  %first.array = load i64, ptr %p.arrays
  %first.number = load i64, ptr %p.numbers
  %function = inttoptr i64 %address to ptr
  %own.arrays = getelementptr i64, ptr %arrays, i64 %first.array
  %own.numbers = getelementptr i64, ptr %numbers, i64 %first.number
  %found = call i64 %function(ptr %own.arrays, ptr %own.numbers, i64 %at, i64 %rows)
  %either = or i64 %is.beyond, %found
  %next = add i64 %p, 1
  %is.more = icmp slt i64 %next, %count
  br i1 %is.more, label %piece, label %noted
noted:
  %note = trunc i64 %either to i8
  %p.note = getelementptr i8, ptr %beyond, i64 %number
  store i8 %note, ptr %p.note
  %so.far = or i64 %all, %either
  %another = add i64 %number, 1
  br i1 %is.last, label %done, label %chunk
done:
  ret i64 %so.far
}}
"""


@frozen(eq=False)
class _Loops:
    """The loops for columns of certain types. `arrays`: of all pieces, which of what is read, registers and outputs."""

    pieces: tuple[Piece, ...]
    registers: int
    table: Array  # of each piece the address, the first of its arrays and the first of its numbers
    arrays: Array
    numbers: Array
    through: Any
    held: MachineCode


@frozen(eq=False)
class Kernels:
    """What is done with rows. `columns`: what is read of which, and whether that is where something is missing."""

    outputs: tuple[Bit, ...]
    nullable: frozenset[str]
    columns: tuple[tuple[str, bool], ...]
    _loops: dict[tuple[tuple[Any, str], ...], _Loops] = field(factory=dict)

    def bind(self, columns: Mapping[str, AnyColumn], outputs: Sequence[Array], room: Room) -> Rows:
        read = {what: np.ascontiguousarray(one) for what, one in self._read(columns)}
        types = tuple((what, one.dtype.str) for what, one in read.items())
        if types not in self._loops:
            self._loops[types] = self._written(dict(types))
        loops = self._loops[types]
        registers = np.empty((loops.registers, _CHUNK))
        given = [*read.values(), *registers, *outputs]
        addresses = np.array([one.__array_interface__["data"][0] for one in given], np.int64)
        constants = [
            (output, one if isinstance(one, bool) else int(one.value)) for one, output in zip(
                self.outputs, outputs, strict=True) if isinstance(one, bool) or one.operator == "constant"
        ]  # fmt: skip
        arrays = addresses[loops.arrays]
        places = [one.__array_interface__["data"][0] for one in (loops.table, arrays, loops.numbers)]
        return partial(_through, loops, places, constants, (arrays, read, registers))

    def _read(self, columns: Mapping[str, AnyColumn]) -> Iterator[tuple[Any, Array]]:
        for key, is_missing in self.columns:
            match columns[key]:
                case one if is_missing:
                    yield (key, True), one.absent()
                case Looked(table, numbers):
                    yield (key, False), numbers
                    yield TableOf(key), table
                case column:
                    yield (key, False), column.data

    def _written(self, types: Mapping[Any, str]) -> _Loops:
        cut = _cut(order_of(self.outputs))
        held, registers = _registers(cut)
        pieces = tuple(Loop(held, self.nullable, types, self.outputs).piece(nodes) for nodes in cut)
        places = {one: number for number, one in enumerate([*types, *range(registers)])}
        outputs = {Output(number): len(places) + number for number in range(len(self.outputs))}
        arrays = [(places | outputs)[one] for piece in pieces for one in piece.arrays]
        numbers = b"".join(one.tobytes() for piece in pieces for one in piece.numbers)
        table, array, number = [], 0, 0
        for piece in pieces:
            table += [piece.code.address, array, number]
            array += len(piece.arrays)
            number += len(piece.numbers)
        through = compiled(_THROUGH, "through")
        return _Loops(
            pieces, registers, np.array(table, np.int64), np.array(arrays, np.int64),
            np.frombuffer(numbers + b"\0" * 8, np.int64), callable_at(through, 7), through,
        )  # fmt: skip


def _through(
    loops: _Loops, places: Sequence[int], constants: Sequence[tuple[Array, int]], kept: Any, start: int, stop: int
) -> list[tuple[int, int]]:
    """Works out some rows. Those beyond the ranges come back. `kept`: what the addresses are of, the `places` and those
    that stand there."""
    for output, value in constants:
        output[start:stop] = value
    if not loops.pieces:
        return []
    beyond = np.empty(-(-(stop - start) // _CHUNK), np.bool_)
    table, *others = places
    if not loops.through(table, len(loops.pieces), *others, beyond.__array_interface__["data"][0], start, stop):
        return []
    edges = np.flatnonzero(np.diff(beyond, prepend=False, append=False))
    found = [(start + int(one) * _CHUNK) for one in edges]
    return [(one, min(other, stop)) for one, other in zip(found[::2], found[1::2], strict=True)]


def kernels(outputs: Sequence[Bit], nullable: Collection[str]) -> Kernels | None:
    """The loops for nodes, each an output; None where one would be so long that LLVM takes many seconds for it.
    `nullable`: columns where something can be missing. Raises ImportError."""
    available()
    if any(len(piece) > _LONGEST for piece in _cut(order_of(outputs))):
        return None
    columns: dict[tuple[str, bool], None] = {}
    for node in order_of(outputs):
        if node.operator in ("column", "missing"):
            columns[node.value, node.operator == "missing"] = None
            if node.operator == "column" and node.kind == "whole" and node.value in nullable:
                columns[node.value, True] = None
    return Kernels(tuple(outputs), frozenset(nullable), tuple(columns))


def _cut(order: Sequence[Node]) -> list[list[Node]]:
    """Pieces that end where something is added to what earlier pieces worked out."""
    pieces: list[list[Node]] = [[]]
    own, loads = set[Node](), 0  # of the last piece
    for node in order:
        if node.operator == "constant":
            continue
        is_load = node.operator in ("column", "missing")
        if loads >= _LOADS and is_load:
            pieces.append([])
            own, loads = set(), 0
        pieces[-1].append(node)
        own.add(node)
        loads += is_load
        outside = any(one not in own and one.operator != "constant" for one in node.inputs)
        if node.operator in ("+", "or") and outside:
            pieces.append([])
            own, loads = set(), 0
    return [piece for piece in pieces if piece]


def _registers(pieces: Sequence[Sequence[Node]]) -> tuple[dict[Node, int], int]:
    """The registers of nodes that later pieces read, each free again after the last of them; and how many there are."""
    home = {node: number for number, piece in enumerate(pieces) for node in piece}
    last: dict[Node, int] = {}
    for number, piece in enumerate(pieces):
        for node in piece:
            last |= {one: number for one in node.inputs if home.get(one, number) != number}
    ends: dict[int, list[Node]] = {}
    for node, number in last.items():
        ends.setdefault(number, []).append(node)
    held: dict[Node, int] = {}
    free: list[int] = []
    count = 0
    for number, piece in enumerate(pieces):
        for node in piece:
            if node in last:
                if not free:
                    free.append(count)
                    count += 1
                held[node] = free.pop()
        free += [held[node] for node in ends.get(number, ())]
    return held, count
