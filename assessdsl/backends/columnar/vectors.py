"""Programs run with NumPy, block by block: the one module that works on arrays.

A block is small enough that what is worked on stays in the processor's cache, and its registers are used again for the
next. NumPy lets other threads run while it works, so that blocks are shared among threads.

Whole numbers within ±2²⁴ are held in floating-point numbers of 32 bits, on which a processor works twice as fast; all
that is said of 2⁵³ and 64 bits holds of these too. Nothing is done by masks that the processor would have to guess: a
choice between whole numbers is a product.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from assessdsl.backends.columnar import bits
from assessdsl.backends.columnar.column import AnyColumn, Array, lies
from assessdsl.backends.columnar.kinds import SHORT, is_product, kind_of, order_of, working_kind
from assessdsl.backends.columnar.nodes import Bit, Node

BLOCK: Final = 1 << 16  # rows; a register of a block takes 256 or 512 KiB
_PART: Final = 1 << 13  # rows of a block that are done again if any are beyond the ranges
_KEPT: Final = 8  # rooms
_BOUND: Final = 64  # codes that are bound to the registers of one, each for a number of rows
_SMALL: Final = 1 << 24  # bytes
_HALF_LONG: Final = 1 << 31


class OutOfRange(Exception):
    """A value of a column lies outside the range for which the program was written."""


_WHOLE: Final[dict[str, Callable[..., Any]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "neg": np.negative, "abs": np.absolute,
    "min": np.minimum, "max": np.maximum, "floor": np.floor, "rint": np.rint,
    "mantissa": bits.mantissa, "exponent": bits.exponent, "power_of_two": bits.power_of_two,
}  # fmt: skip
_BITS: Final[dict[str, Callable[..., Any]]] = {
    "<": np.less, "==": np.equal, "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip
_KINDS: Final[dict[str, np.dtype[Any]]] = {
    "short": np.dtype("f4"), "real": np.dtype("f8"), "half": np.dtype("i4"), "long": np.dtype("i8"),
    "bit": np.dtype("?"),
}  # fmt: skip

Rows = Callable[[int, int], list[tuple[int, int]]]
"""Works out the rows from one number to another; those that lie beyond the ranges of the code come back, in order."""

Operand = int | Any  # the number of a register, or a constant
Step = tuple[Any, ...]


@frozen(eq=False)
class Code:
    """What is done with each block. `registers`: the kind of each; or the number that it holds, in its kind."""

    registers: tuple[Any, ...]
    steps: tuple[Step, ...]
    stores: tuple[tuple[int, Any], ...]  # the output, and its register or constant

    def bind(self, columns: Mapping[str, AnyColumn], outputs: Sequence[Array], room: "Room") -> Rows:
        return partial(self._run, columns, outputs, room)

    def _run(
        self, columns: Mapping[str, AnyColumn], outputs: Sequence[Array], room: "Room", start: int, stop: int
    ) -> list[tuple[int, int]]:
        bound, rows = room.bound(self, stop - start), slice(start, stop)
        try:
            for key, operation in bound.steps:
                if key is None:
                    operation()
                else:
                    operation(columns[key], rows)
        except OutOfRange:
            if stop - start <= _PART:
                return [(start, stop)]
            parts = [(at, min(at + _PART, stop)) for at in range(start, stop, _PART)]
            return [beyond for part in parts for beyond in self._run(columns, outputs, room, *part)]
        for (output, _), source in zip(self.stores, bound.stores, strict=True):
            np.copyto(outputs[output][rows], source, casting="unsafe")
        return []


def _short(into: Array, low: int, high: int) -> Callable[[AnyColumn, slice], None]:
    """Reads numbers into 32 bits, once: what is greater is rounded to no less than 2²⁴, and so is beyond, too.

    The calls are those that hold the interpreter's lock for the shortest time: no other thread gets on in it.
    """
    # from nought on, floating-point numbers are in the order of their bits, and all below nought have greater ones
    ordered = into if low < 0 else into.view(np.uint32)
    least, most = np.array([low, high], np.float32).view(ordered.dtype)

    def load(column: AnyColumn, rows: slice) -> None:
        into[...] = column.numbers_of(rows)
        if column.missing is not None:
            np.copyto(into, low, where=column.missing[rows])
        if ordered[ordered.argmax()] > most or (low and ordered[ordered.argmin()] < least):
            raise OutOfRange

    return load


def _load(into: Array, low: int, high: int, half: Array, column: AnyColumn, rows: slice) -> None:
    part = column.part(rows)
    data, missing = part.data, part.missing
    if missing is not None and not lies(data, low, high):
        data = np.where(missing, low, data)
    if not lies(data, low, high):
        raise OutOfRange
    if data.dtype == np.int64 and max(-low, high) < _HALF_LONG and into.dtype != np.int64:
        np.copyto(half, data, casting="unsafe")  # by way of 32 bits is quicker
        data = half
    np.copyto(into, data, casting="unsafe")


def _mask(is_missing: bool, into: Array, column: AnyColumn, rows: slice) -> None:
    part = column.part(rows)
    found = part.missing if is_missing else part.data
    assert found is not None
    np.copyto(into, found, casting="unsafe")


@frozen(eq=False)
class Bound:
    """Code with the arrays that it works on. `steps`: what is called, with the column of a key if there is one."""

    steps: list[tuple[str | None, Callable[..., Any]]]
    stores: list[Any]


@frozen(eq=False)
class Room:
    """The registers of one thread."""

    _arrays: dict[Any, Array] = field(factory=dict)
    _bound: dict[tuple[Code, int], Bound] = field(factory=dict)

    def is_small(self) -> bool:
        return sum(array.nbytes for array in self._arrays.values()) <= _SMALL

    def bound(self, code: Code, rows: int) -> Bound:
        if (code, rows) not in self._bound:
            if len(self._bound) >= _BOUND:
                self._bound.clear()
            self._bound[code, rows] = self._bind(code, rows)
        return self._bound[code, rows]

    def _bind(self, code: Code, rows: int) -> Bound:
        held = self.registers(code.registers, rows)

        def value(source: Any) -> Any:
            return held[source] if type(source) is int else np.asarray(source)  # quicker than a scalar

        steps = list[tuple[str | None, Callable[..., Any]]]()
        for step in code.steps:
            match step:
                case "load", key, register, low, high if held[register].dtype == np.float32 and max(-low, high) < SHORT:
                    steps.append((key, _short(held[register], low, high)))
                case "load", key, register, low, high:
                    steps.append((key, partial(_load, held[register], low, high, self._own("half", 0, rows))))
                case "mask", key, is_missing, register:
                    steps.append((key, partial(_mask, is_missing, held[register])))
                case "copy", source, register:
                    steps.append((None, partial(np.copyto, held[register], value(source), "unsafe")))
                case "choose", condition, chosen, register:
                    steps.append((None, partial(np.copyto, held[register], value(chosen), where=held[condition])))
                case function, sources, register:
                    steps.append((None, partial(function, *map(value, sources), out=held[register])))
        return Bound(steps, [value(source) for _, source in code.stores])

    def registers(self, kinds: Sequence[Any], rows: int) -> list[Array]:
        return [self._own(kind, number, rows) for number, kind in enumerate(kinds)]

    def _own(self, kind: Any, number: int, rows: int) -> Array:
        """A register of a kind; or a column of one number."""
        key = (kind, number) if isinstance(kind, str) else (kind.dtype, kind)
        if key not in self._arrays or len(self._arrays[key]) < rows:
            size = max(rows, BLOCK)
            self._arrays[key] = np.empty(size, _KINDS[kind]) if isinstance(kind, str) else np.full(size, kind)
        return self._arrays[key][:rows]


_ROOMS: Final[list[Room]] = []  # that no thread is in: fresh memory costs as much as much of the work in it


@contextmanager
def a_room() -> Iterator[Room]:
    """Registers that no other thread has. Some are kept for the next frame."""
    try:
        room = _ROOMS.pop()
    except IndexError:
        room = Room()
    yield room
    if room.is_small() and len(_ROOMS) < _KEPT:
        _ROOMS.append(room)


def code(outputs: Sequence[Bit]) -> Code:
    """The code for nodes, each an output."""
    writer = _Writer(_uses(outputs), _turned(outputs))
    for node in order_of(outputs):
        writer.write(node)
    stores = []
    for number, output in enumerate(outputs):
        stores.append((number, output if isinstance(output, bool) else writer.result(output)))
    return Code(tuple(writer.registers), tuple(writer.steps), tuple(stores))


def _uses(outputs: Sequence[Bit]) -> dict[Node, int]:
    """How often each node is read."""
    found: dict[Node, int] = {}
    for node in order_of(outputs):
        for one in node.inputs:
            found[one] = found.get(one, 0) + 1
    for output in outputs:
        if not isinstance(output, bool):
            found[output] = found.get(output, 0) + 1
    return found


def _turned(outputs: Sequence[Bit]) -> set[Node]:
    """Comparisons of which nothing but the opposite is needed."""
    found, needed = set[Node](), {node for node in outputs if not isinstance(node, bool)}
    for node in order_of(outputs):
        for one in node.inputs:
            turns = node.operator == "choose" and one is node.inputs[0] and node.inputs[1].known == 0
            (found if one.operator == "<" and turns and is_product(node) else needed).add(one)
    return found - needed


@frozen
class _Writer:
    """Gives nodes registers, each free again when the last that reads it has read it."""

    uses: dict[Node, int]
    turned: set[Node]  # bits of which the opposite is held
    registers: list[Any] = field(factory=list)
    steps: list[Step] = field(factory=list)
    _of: dict[Node, int] = field(factory=dict)
    _free: dict[str, list[int]] = field(factory=dict)
    _filled: dict[Any, int] = field(factory=dict)

    def _take(self, kind: str) -> int:
        if self._free.get(kind):
            return self._free[kind].pop()
        self.registers.append(kind)
        return len(self.registers) - 1

    def _give(self, kind: str, register: int) -> None:
        self._free.setdefault(kind, []).append(register)

    def _done(self, *nodes: Node) -> None:
        """The nodes have been read once."""
        for node in nodes:
            self.uses[node] -= 1
            if not self.uses[node] and node in self._of:
                self._give(kind_of(node), self._of[node])

    def _as(self, node: Node, kind: str, *, filled: bool = False) -> tuple[Any, int | None]:
        """The value in a kind of number, and a register to give back. filled: a constant as a column, too."""
        if node.operator == "constant":
            value = _constant(node.value, kind)
            if not filled:
                return value, None
            key = (kind, value)
            if key not in self._filled:
                self.registers.append(value)
                self._filled[key] = len(self.registers) - 1
            return self._filled[key], None
        if kind_of(node) == kind:
            return self._of[node], None
        register = self._take(kind)
        self.steps.append(("copy", self._of[node], register))
        return register, register

    def result(self, node: Node) -> Any:
        return _constant(node.value, kind_of(node)) if node.operator == "constant" else self._of[node]

    def write(self, node: Node) -> None:
        kind = kind_of(node)
        match node.operator:
            case "constant":
                return
            case "column" if node.kind == "whole":
                self._of[node] = self._take(kind)
                self.steps.append(("load", node.value, self._of[node], int(node.low), int(node.high)))
            case "column" | "missing":
                self._of[node] = self._take(kind)
                self.steps.append(("mask", node.value, node.operator == "missing", self._of[node]))
            case "choose":
                self._choice(node, kind)
            case _:
                self._operation(node, kind)

    def _choice(self, node: Node, kind: str) -> None:
        """Of whole numbers, `other + condition × (chosen − other)`; of others, by a mask."""
        condition, chosen, other = node.inputs
        if not is_product(node):
            source, cast = self._as(chosen, kind)
            start, second = self._as(other, kind)
            self._release(kind, second)  # it is read before anything is written into it
            register = self._take(kind)
            if start is not register:
                self.steps.append(("copy", start, register))
            self.steps.append(("choose", self._of[condition], source, register))
            self._release(kind, cast)
            self._done(*node.inputs)
            self._of[node] = register
            return
        holds, bit = self._of[condition], None
        if chosen.known == 0:
            if condition not in self.turned:
                bit = holds = self._take("bit")
                self.steps.append((np.logical_not, [self._of[condition]], bit))
            chosen, other = other, chosen
        (more, first), (base, second) = self._as(chosen, kind), self._as(other, kind)
        register = self._take(kind)
        if other.known != 0 and not (isinstance(more, np.generic) and isinstance(base, np.generic)):
            self.steps.append((np.subtract, [more, base], register))
            more = register
        elif other.known != 0:
            more = more - base
        if isinstance(more, np.generic):
            self.steps.append(("copy", holds, register))
            self.steps.append((np.multiply, [register, more], register))
        else:
            self.steps.append((np.multiply, [more, holds], register))
        if other.known != 0:
            self.steps.append((np.add, [register, base], register))
        self._release("bit", bit)
        self._release(kind, first, second)
        self._done(*node.inputs)
        self._of[node] = register

    def _release(self, kind: str, *registers: int | None) -> None:
        for register in registers:
            if register is not None:
                self._give(kind, register)

    def _operation(self, node: Node, kind: str) -> None:
        sources: list[tuple[Any, int | None]]
        if kind == "bit" and node.inputs[0].kind == "bit":
            sources = [(self._of[one], None) for one in node.inputs]
            works = "bit"
        else:
            works = working_kind(node)
            # a constant is no column only where NumPy is as quick with it
            sources = [self._as(one, works, filled=node.operator in ("min", "max")) for one in node.inputs]
        self._release(works, *(register for _, register in sources))
        self._done(*node.inputs)
        register = self._take(kind)
        inner = register if works == kind or kind == "bit" else self._take(works)
        given = [source for source, _ in sources]
        match node.operator:
            case "real":
                self.steps.append(("copy", given[0], inner))
            case "//" if works == "long":
                self.steps.append((np.floor_divide, given, inner))
            case "//":
                self.steps.append((np.divide, given, inner))
                self.steps.append((np.floor, [inner], inner))
            case _:
                function = _BITS[node.operator] if kind == "bit" else _WHOLE[node.operator]
                function = np.greater_equal if node in self.turned else function
                self.steps.append((function, given, inner))
        if inner != register:
            self.steps.append(("copy", inner, register))
            self._give(works, inner)
        self._of[node] = register


def _constant(value: Fraction | int, kind: str) -> Any:
    """A constant in a kind of number, which holds it exactly or of whose error is known."""
    if kind == "long":
        return np.int64(int(value))
    number = Fraction(value)
    return _KINDS[kind].type(number.numerator / number.denominator)
