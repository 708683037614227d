"""Programs run as compiled loops (extra `kernels`): what is needed is read once, where it lies, and written once.

The nodes are cut into pieces, about one for each indicator, and each piece is one loop over some rows that stay in the
processor's first cache. Numbers stand outside of it, as arguments: indicators of one form share what was compiled.
Nothing of a policy reaches the text of a loop. One call goes through many rows, and no other thread waits for it.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from attrs import define, field, frozen

from assessdsl.backends.columnar.machine import MachineCode, available, callable_at, compiled
from assessdsl.backends.columnar.program import Bit, Node
from assessdsl.backends.columnar.vectors import Array, Column, Room, Rows, kind_of, order_of, working_kind

_LOADS: Final = 8  # columns that one loop reads, at most
_CHUNK: Final = 4096  # rows that all loops go through before the next
_HELD: Final = {"long": "i64", "real": "double", "bit": "i8"}  # in memory
_REAL: Final = {
    "+": "fadd double {0}, {1}", "-": "fsub double {0}, {1}", "*": "fmul double {0}, {1}", "/": "fdiv double {0}, {1}",
    "neg": "fneg double {0}", "abs": "call double @llvm.fabs.f64(double {0})",
    "floor": "call double @llvm.floor.f64(double {0})", "rint": "call double @llvm.rint.f64(double {0})",
    "<": "fcmp olt double {0}, {1}", "==": "fcmp oeq double {0}, {1}",
}  # fmt: skip
_LONG: Final = {
    "+": "add i64 {0}, {1}", "-": "sub i64 {0}, {1}", "*": "mul i64 {0}, {1}", "neg": "sub i64 0, {0}",
    "abs": "call i64 @llvm.abs.i64(i64 {0}, i1 false)", "<": "icmp slt i64 {0}, {1}", "==": "icmp eq i64 {0}, {1}",
}  # fmt: skip
_BITS: Final = {
    "and": "and i1 {0}, {1}",
    "or": "or i1 {0}, {1}",
    "not": "xor i1 {0}, true",
    "==": "icmp eq i1 {0}, {1}",
}

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
class _Piece:
    """One loop. `arrays`: the column and whether what is read is where it is missing, the register, or the output."""

    code: MachineCode
    arrays: tuple[Any, ...]
    numbers: tuple[Any, ...]


@frozen(eq=False)
class _Loops:
    """The loops for columns of certain types. `arrays`: of all pieces, which of the columns, registers and outputs."""

    pieces: tuple[_Piece, ...]
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
    _loops: dict[tuple[str, ...], _Loops] = field(factory=dict)

    def bind(self, columns: Mapping[str, Column], outputs: Sequence[Array], room: Room) -> Rows:
        read = [columns[key].absent() if is_missing else columns[key].data for key, is_missing in self.columns]
        read = [np.ascontiguousarray(one) for one in read]
        types = tuple(one.dtype.str for one in read)
        if types not in self._loops:
            self._loops[types] = self._written(types)
        loops = self._loops[types]
        registers = np.empty((loops.registers, _CHUNK))
        given = [*read, *registers, *outputs]
        addresses = np.array([one.__array_interface__["data"][0] for one in given], np.int64)
        constants = [
            (output, one if isinstance(one, bool) else int(one.value)) for one, output in zip(
                self.outputs, outputs, strict=True) if isinstance(one, bool) or one.operator == "constant"
        ]  # fmt: skip
        return partial(_through, loops, addresses[loops.arrays], constants, (read, registers))

    def _written(self, types: Sequence[str]) -> _Loops:
        cut = _cut(order_of(self.outputs))
        held, registers = _registers(cut)
        of_type = dict(zip(self.columns, types, strict=True))
        pieces = tuple(_Loop(held, self.nullable, of_type, self.outputs).piece(nodes) for nodes in cut)
        places = {one: number for number, one in enumerate([*self.columns, *range(registers)])}
        outputs = {("output", number): len(places) + number for number in range(len(self.outputs))}
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
    loops: _Loops, arrays: Array, constants: Sequence[tuple[Array, int]], kept: Any, start: int, stop: int
) -> list[tuple[int, int]]:
    """Works out some rows. Those beyond the ranges come back. `kept`: what the addresses in `arrays` are of."""
    for output, value in constants:
        output[start:stop] = value
    if not loops.pieces:
        return []
    beyond = np.empty(-(-(stop - start) // _CHUNK), np.bool_)
    given = (loops.table, len(loops.pieces), arrays, loops.numbers, beyond)
    places = [one if isinstance(one, int) else one.__array_interface__["data"][0] for one in given]
    if not loops.through(*places, start, stop):
        return []
    edges = np.flatnonzero(np.diff(beyond, prepend=False, append=False))
    found = [(start + int(one) * _CHUNK) for one in edges]
    return [(one, min(other, stop)) for one, other in zip(found[::2], found[1::2], strict=True)]


def kernels(outputs: Sequence[Bit], nullable: Collection[str]) -> Kernels:
    """The loops for nodes, each an output. `nullable`: columns where something can be missing. Raises ImportError."""
    available()
    columns: dict[tuple[str, bool], None] = {}
    for node in order_of(outputs):
        if node.operator in ("column", "missing"):
            columns[node.value, node.operator == "missing"] = None
            if node.operator == "column" and node.kind == "whole" and node.value in nullable:
                columns[node.value, True] = None
    return Kernels(tuple(outputs), frozenset(nullable), tuple(columns))


def _held(node: Node) -> str:
    """The kind of number in which a node is held: here, 64 bits take no longer than 32."""
    own = kind_of(node)
    return "real" if own == "short" else own


def _cut(order: Sequence[Node]) -> list[list[Node]]:
    """Pieces that end where something is added to what earlier pieces worked out."""
    pieces: list[list[Node]] = [[]]
    for node in order:
        if node.operator == "constant":
            continue
        loads = sum(one.operator in ("column", "missing") for one in pieces[-1])
        if loads >= _LOADS and node.operator in ("column", "missing"):
            pieces.append([])
        pieces[-1].append(node)
        own = set(pieces[-1])
        outside = [one for one in node.inputs if one not in own and one.operator != "constant"]
        if node.operator in ("+", "or") and outside:
            pieces.append([])
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


@define
class _Loop:
    """Writes the loop of a piece."""

    registers: Mapping[Node, int]
    nullable: Collection[str]
    types: Mapping[tuple[str, bool], str]
    outputs: Sequence[Bit]
    _arrays: dict[Any, str] = field(factory=dict)  # by what it is, its type
    _numbers: list[Any] = field(factory=list)
    _names: dict[Node, str] = field(factory=dict)
    _lines: list[str] = field(factory=list)
    _beyond: str = "%before"

    def piece(self, nodes: Sequence[Node]) -> _Piece:
        for node in nodes:
            self._names[node] = self._write(node)
        for node in nodes:
            if node in self.registers:
                self._store(node, self.registers[node], _HELD[_held(node)])
            for number, output in enumerate(self.outputs):
                if output is node:
                    self._store(node, ("output", number), "i8" if node.kind == "bit" else "i64")
        return _Piece(compiled(self._text(), "loop"), tuple(self._arrays), tuple(self._numbers))

    def _text(self) -> str:
        numbers = [("double" if isinstance(one, np.float64) else "i64") for one in self._numbers]
        given = [f"ptr noalias %a{at}" for at in range(len(self._arrays))]
        given += [f"{kind} %n{at}" for at, kind in enumerate(numbers)]
        read, passed = [], []
        for at, (what, kind) in enumerate(self._arrays.items()):
            is_register = isinstance(what, int)
            read += [f"%p{at} = getelementptr ptr, ptr %arrays, i64 {at}", f"%b{at} = load ptr, ptr %p{at}"]
            read.append(f"%a{at} = getelementptr {kind}, ptr %b{at}, i64 {0 if is_register else '%start'}")
            passed.append(f"ptr %a{at}")
        for at, kind in enumerate(numbers):
            read += [f"%q{at} = getelementptr i64, ptr %numbers, i64 {at}", f"%n{at} = load {kind}, ptr %q{at}"]
            passed.append(f"{kind} %n{at}")
        inside, outside = ("\n  ".join(lines) for lines in (self._lines, read))
        return f"""
declare double @llvm.floor.f64(double)
declare double @llvm.rint.f64(double)
declare double @llvm.fabs.f64(double)
declare i64 @llvm.abs.i64(i64, i1)
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.smin.i64(i64, i64)
define internal i64 @rows({", ".join(["i64 %rows", *given])}) "prefer-vector-width"="512" noinline {{
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %before = phi i1 [false, %entry], [{self._beyond}, %loop]
  {inside}
  %next = add nuw nsw i64 %i, 1
  %more = icmp slt i64 %next, %rows
  br i1 %more, label %loop, label %done
done:
  %found = zext i1 {self._beyond} to i64
  ret i64 %found
}}
define i64 @loop(ptr %arrays, ptr %numbers, i64 %start, i64 %count) {{
  {outside}
  %found = call i64 @rows({", ".join(["i64 %count", *passed])})
  ret i64 %found
}}
"""

    def _line(self, text: str) -> str:
        """The name of what the line gives."""
        self._lines.append(f"%v{len(self._lines)} = {text}")
        return f"%v{len(self._lines) - 1}"

    def _place(self, what: Any, kind: str) -> str:
        """Where the row's value of an array is."""
        self._arrays.setdefault(what, kind)
        return self._line(f"getelementptr {kind}, ptr %a{list(self._arrays).index(what)}, i64 %i")

    def _number(self, value: Any) -> str:
        """An argument of its own, whatever others happen to be equal: else indicators of one form would differ."""
        self._numbers.append(value)
        return f"%n{len(self._numbers) - 1}"

    def _store(self, node: Node, what: Any, kind: str) -> None:
        value = self._names[node]
        if node.kind == "bit":
            value = self._line(f"zext i1 {value} to i8")
        elif kind == "i64" and _held(node) == "real":
            value = self._line(f"fptosi double {value} to i64")
        place = self._place(what, kind)
        self._lines.append(f"store {kind} {value}, ptr {place}")

    def _value(self, node: Node, kind: str) -> str:
        """A node in a kind of number, or as it is."""
        if node.operator == "constant":
            return self._number(_constant(node, kind))
        own = _held(node)
        if node not in self._names:
            found = self._line(f"load {_HELD[own]}, ptr {self._place(self.registers[node], _HELD[own])}")
            self._names[node] = self._line(f"icmp ne i8 {found}, 0") if own == "bit" else found
        name = self._names[node]
        if kind == own:
            return name
        return self._line(f"sitofp i64 {name} to double" if kind == "real" else f"fptosi double {name} to i64")

    def _loaded(self, key: str, *, is_missing: bool) -> tuple[str, str]:
        """A column's value, and its type."""
        own = self.types[key, is_missing]
        kind = f"i{8 * int(own[2:])}"
        return self._line(f"load {kind}, ptr {self._place((key, is_missing), kind)}"), kind

    def _write(self, node: Node) -> str:
        kind = _held(node)
        match node.operator:
            case "column" if node.kind == "whole":
                return self._column(node, kind)
            case "column" | "missing":
                value, own = self._loaded(node.value, is_missing=node.operator == "missing")
                return self._line(f"icmp ne {own} {value}, 0")
            case "choose":
                condition, chosen, other = node.inputs
                holds = self._value(condition, "bit")
                values = self._value(chosen, kind), self._value(other, kind)
                return self._line(self._choice(kind, holds, *values))
            case operator if node.inputs[0].kind == "bit":
                return self._line(_BITS[operator].format(*(self._value(one, "bit") for one in node.inputs)))
            case operator:
                works = "long" if working_kind(node) == "long" else "real"
                result = self._operation(operator, works, [self._value(one, works) for one in node.inputs])
                if kind in ("bit", works):
                    return result
                return self._line(
                    f"sitofp i64 {result} to double" if kind == "real" else f"fptosi double {result} to i64"
                )

    def _choice(self, kind: str, holds: str, chosen: str, other: str) -> str:
        own = "i64" if kind == "long" else "double"
        return f"select i1 {holds}, {own} {chosen}, {own} {other}"

    def _column(self, node: Node, kind: str) -> str:
        low, high = int(node.low), int(node.high)
        value, own = self._loaded(node.value, is_missing=False)
        if own != "i64":
            signed = self.types[node.value, False][1] == "i"
            value = self._line(f"{'sext' if signed else 'zext'} {own} {value} to i64")
        least = self._number(np.int64(low))
        if node.value in self.nullable:
            missing, own = self._loaded(node.value, is_missing=True)
            is_missing = self._line(f"icmp ne {own} {missing}, 0")
            value = self._line(self._choice("long", is_missing, least, value))
        above = self._line(f"sub i64 {value}, {least}")  # what is below is beyond all others, without a sign
        span = self._number(np.uint64(high - low).astype(np.int64))
        beyond = self._line(f"icmp ugt i64 {above}, {span}")
        self._beyond = self._line(f"or i1 {self._beyond}, {beyond}")
        return value if kind == "long" else self._line(f"sitofp i64 {value} to double")

    def _operation(self, operator: str, works: str, given: Sequence[str]) -> str:
        match operator, works:
            case (("min" | "max"), "real"):
                holds = self._line(f"fcmp {'olt' if operator == 'min' else 'ogt'} double {given[0]}, {given[1]}")
                return self._line(self._choice("real", holds, *given))
            case (("min" | "max"), _):
                return self._line(f"call i64 @llvm.s{operator}.i64(i64 {given[0]}, i64 {given[1]})")
            case "//", "real":
                quotient = self._line(f"fdiv double {given[0]}, {given[1]}")
                return self._line(f"call double @llvm.floor.f64(double {quotient})")
            case "//", _:
                # in a row beyond the ranges the divisor may be anything, and a processor stops at nought
                below = self._line(f"call i64 @llvm.smax.i64(i64 {given[1]}, i64 1)")
                quotient = self._line(f"sdiv i64 {given[0]}, {below}")
                rest = self._line(f"srem i64 {given[0]}, {below}")
                return self._line(f"add i64 {quotient}, {self._line(f'ashr i64 {rest}, 63')}")
            case "real", _:
                return given[0]
            case _:
                return self._line((_REAL if works == "real" else _LONG)[operator].format(*given))


def _constant(node: Node, kind: str) -> Any:
    number = node.value.numerator / node.value.denominator if kind == "real" else int(node.value)
    return np.float64(number) if kind == "real" else np.int64(number)
