"""Programs run with NumPy, block by block: the one module that works on arrays.

A block is small enough that what is worked on stays in the processor's cache, and its registers are used again for the
next. NumPy lets other threads run while it works, so that blocks are shared among threads.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from assessdsl.backends.columnar.program import EXACT, Bit, Node

BLOCK: Final = 1 << 14  # rows; a register of a block takes 128 KiB

Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Column:
    """Whole numbers over a scale, days, numbers of words, or yes and no; and where there is nothing."""

    data: Array
    missing: Array | None = None  # yes where there is no value

    def part(self, rows: Any) -> "Column":
        return Column(self.data[rows], None if self.missing is None else self.missing[rows])

    def beyond(self, low: int, high: int) -> Array:
        """The rows of which the value lies outside a range."""
        if self.data.dtype == np.bool_:
            return np.zeros(len(self.data), np.bool_)
        found: Array = (self.data < low) | (self.data > high)
        return found if self.missing is None else found & ~self.missing

    def within(self, beyond: Array, filler: int) -> "Column":
        """The column with something else in some rows."""
        return self if self.data.dtype == np.bool_ else Column(np.where(beyond, filler, self.data), self.missing)


class OutOfRange(Exception):
    """A value of a column lies outside the range for which the program was written."""


_WHOLE: Final[dict[str, Callable[..., Any]]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "neg": np.negative, "abs": np.absolute,
    "min": np.minimum, "max": np.maximum, "floor": np.floor, "rint": np.rint,
}  # fmt: skip
_BITS: Final[dict[str, Callable[..., Any]]] = {
    "<": np.less, "==": np.equal, "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip
_NOTHING: Final = np.empty(0, np.dtype("?"))
_KINDS: Final = {"real": np.dtype("f8"), "long": np.dtype("i8"), "bit": np.dtype("?")}

Operand = int | Any  # the number of a register, or a constant
Step = tuple[Any, ...]


@frozen(eq=False)
class Code:
    """What is done with each block. `registers`: the kind of each; `loads` and `steps` in order."""

    registers: tuple[str, ...]
    steps: tuple[Step, ...]
    stores: tuple[tuple[int, Any], ...]  # the output, and its register or constant

    def run(self, columns: Mapping[str, Column], outputs: Sequence[Array], room: "Room") -> None:
        """Works out all rows of the columns. Raises OutOfRange."""
        held = room.views(self.registers, len(outputs[-1]))
        for step in self.steps:
            match step:
                case "load", key, register, low, high:
                    _load(columns[key], held[register], low, high)
                case "bits", key, register:
                    held[register] = columns[key].data
                case "missing", key, register:
                    missing = columns[key].missing
                    assert missing is not None
                    held[register] = missing
                case "copy", source, register:
                    np.copyto(held[register], _value(held, source), casting="unsafe")
                case "choose", condition, chosen, register:
                    np.copyto(held[register], _value(held, chosen), where=held[condition])
                case function, sources, register:
                    function(*[_value(held, source) for source in sources], out=held[register])
        for output, source in self.stores:
            np.copyto(outputs[output], _value(held, source), casting="unsafe")


def _value(held: list[Array], source: Any) -> Any:
    return held[source] if type(source) is int else source


def _load(column: Column, into: Array, low: Any, high: Any) -> None:
    np.copyto(into, column.data, casting="unsafe")
    if column.missing is not None:
        np.copyto(into, low, where=column.missing)
    least, most = into.min(), into.max()
    if least < low or most > high:
        raise OutOfRange


@frozen(eq=False)
class Room:
    """The registers of one thread."""

    _arrays: dict[tuple[str, int], Array] = field(factory=dict)

    def views(self, registers: Sequence[str], rows: int) -> list[Array]:
        held = []
        for number, kind in enumerate(registers):
            if kind == "view":
                held.append(_NOTHING)
                continue
            if (kind, number) not in self._arrays or len(self._arrays[kind, number]) < rows:
                self._arrays[kind, number] = np.empty(max(rows, BLOCK), _KINDS[kind])
            held.append(self._arrays[kind, number][:rows])
        return held


def code(outputs: Sequence[Bit]) -> Code:
    """The code for nodes, each an output."""
    writer = _Writer(_uses(outputs))
    for node in _order(outputs):
        writer.write(node)
    stores = []
    for number, output in enumerate(outputs):
        stores.append((number, output if isinstance(output, bool) else writer.result(output)))
    return Code(tuple(writer.registers), tuple(writer.steps), tuple(stores))


def _order(outputs: Sequence[Bit]) -> list[Node]:
    """The nodes as they are needed, so that few are held at a time."""
    done: dict[Node, None] = {}
    for output in outputs:
        if isinstance(output, bool):
            continue
        waiting: list[tuple[Node, bool]] = [(output, False)]
        while waiting:
            node, ready = waiting.pop()
            if ready:
                done[node] = None
            elif node not in done:
                waiting.append((node, True))
                waiting.extend((one, False) for one in reversed(node.inputs))
    return list(done)


def _uses(outputs: Sequence[Bit]) -> dict[Node, int]:
    """How often each node is read."""
    found: dict[Node, int] = {}
    for node in _order(outputs):
        for one in node.inputs:
            found[one] = found.get(one, 0) + 1
    for output in outputs:
        if not isinstance(output, bool):
            found[output] = found.get(output, 0) + 1
    return found


def _kind(node: Node) -> str:
    return "bit" if node.kind == "bit" else "long" if node.is_long else "real"


@frozen
class _Writer:
    """Gives nodes registers, each free again when the last that reads it has read it."""

    uses: dict[Node, int]
    registers: list[str] = field(factory=list)
    steps: list[Step] = field(factory=list)
    _of: dict[Node, int] = field(factory=dict)
    _free: dict[str, list[int]] = field(factory=dict)

    def _take(self, kind: str) -> int:
        if self._free.get(kind):
            return self._free[kind].pop()
        self.registers.append(kind)
        return len(self.registers) - 1

    def _give(self, kind: str, register: int) -> None:
        self._free.setdefault(kind, []).append(register)

    def _read(self, node: Node) -> Any:
        """The register of a node, or a constant."""
        if node.operator != "constant":
            return self._of[node]
        return _constant(node)

    def _done(self, *nodes: Node) -> None:
        """The nodes have been read once."""
        for node in nodes:
            self.uses[node] -= 1
            if not self.uses[node] and node in self._of and self.registers[self._of[node]] != "view":
                self._give(_kind(node), self._of[node])

    def _is_own(self, node: Node, kind: str) -> bool:
        """Whether the value stands in a register of the kind."""
        return node in self._of and self.registers[self._of[node]] == kind

    def _as(self, node: Node, kind: str) -> tuple[Any, int | None]:
        """The value in another kind of number, and a register to give back."""
        if node.operator == "constant":
            return (np.int64(int(node.low)) if kind == "long" else _constant(node)), None
        if _kind(node) == kind:
            return self._of[node], None
        register = self._take(kind)
        self.steps.append(("copy", self._of[node], register))
        return register, register

    def result(self, node: Node) -> Any:
        return self._read(node)

    def write(self, node: Node) -> None:
        kind = _kind(node)
        match node.operator:
            case "constant":
                return
            case "column" if node.kind == "whole":
                self._of[node] = self._take(kind)
                self.steps.append(("load", node.value, self._of[node], int(node.low), int(node.high)))
            case "column" | "missing":
                # a view of the column itself: its register is never given to another
                self.registers.append("view")
                self._of[node] = len(self.registers) - 1
                self.steps.append(("bits" if node.operator == "column" else "missing", node.value, self._of[node]))
            case "choose":
                condition, chosen, other = node.inputs
                source, cast = self._as(chosen, kind)
                if self.uses[other] == 1 and other is not chosen and self._is_own(other, kind):
                    register = self._of[other]  # nobody else reads it
                    self.steps.append(("choose", self._of[condition], source, register))
                    self._done(condition, chosen)
                else:
                    register = self._take(kind)
                    self.steps.append(("copy", self._read(other), register))
                    self.steps.append(("choose", self._of[condition], source, register))
                    self._done(condition, chosen, other)
                if cast is not None:
                    self._give(kind, cast)
                self._of[node] = register
            case _:
                self._operation(node, kind)

    def _operation(self, node: Node, kind: str) -> None:
        sources: list[tuple[Any, int | None]]
        if kind == "bit" and node.inputs[0].kind == "bit":
            sources = [(self._of[one], None) for one in node.inputs]
            works = "bit"
        else:
            works = "long" if _works_long(node) else "real"
            sources = [self._as(one, works) for one in node.inputs]
        for _, register in sources:
            if register is not None:
                self._give(works, register)
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
                self.steps.append((function, given, inner))
        if inner != register:
            self.steps.append(("copy", inner, register))
            self._give(works, inner)
        self._of[node] = register


def _works_long(node: Node) -> bool:
    """Whether the operation must be done in integers."""
    if any(one.kind == "real" for one in (node, *node.inputs)):
        return False
    if node.operator == "//" and max(abs(node.inputs[0].low), node.inputs[0].high) + node.inputs[1].high > EXACT:
        return True
    return any(one.is_long for one in (node, *node.inputs))


def _constant(node: Node) -> Any:
    """A constant as a 64-bit floating-point number, which it is exactly or of which its error tells."""
    if node.is_long:
        return np.int64(int(node.low))
    value = Fraction(node.value)
    return np.float64(value.numerator / value.denominator)
