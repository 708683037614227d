"""Programs run as loops that numba compiles (extra `kernels`): what a block needs is read once and written once.

The nodes are cut into pieces, about one for each indicator, and each piece is one loop. Numbers stand outside of it, as
arguments: indicators of one form share what was compiled. Nothing of a policy reaches the text of a loop.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from threading import Lock
from typing import Any, Final

import numpy as np
from attrs import define, field, frozen

from assessdsl.backends.columnar.program import Bit, Node
from assessdsl.backends.columnar.vectors import Array, Column, OutOfRange, Room, kind_of, order_of, working_kind

_LOADS: Final = 8  # columns that one loop reads, at most
_NAMES: Final = {"long": "int64", "real": "float64"}
_INFIX: Final = {"+": "+", "-": "-", "*": "*", "/": "/", "<": "<", "==": "==", "and": "&", "or": "|"}
_WRITING: Final = Lock()


@cache
def _compiled(text: str) -> Any:
    try:
        import numba
    except ImportError as error:
        raise ImportError(f"kernels are compiled with numba: pip install 'assessdsl[kernels]' ({error})") from error
    names = {"int64": numba.int64, "float64": numba.float64, "floor": np.floor, "rint": np.rint}
    exec(text, names)  # written below, of operators and the names of arguments alone
    return numba.njit(nogil=True, error_model="numpy", boundscheck=False)(names["kernel"])


@frozen(eq=False)
class _Piece:
    """One loop. `columns`: key and whether what is read is where it is missing; `reads` and `writes`: registers."""

    kernel: Any
    columns: tuple[tuple[str, bool], ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    numbers: tuple[Any, ...]


@frozen(eq=False)
class Kernels:
    """What is done with each block. `registers`: the kind of each; `stores`: the register or the constant of each
    output."""

    registers: tuple[str, ...]
    pieces: tuple[_Piece, ...]
    stores: tuple[Any, ...]

    def run(self, columns: Mapping[str, Column], outputs: Sequence[Array], room: Room) -> None:
        """Works out all rows of the columns. Raises OutOfRange."""
        held = room.registers(self.registers, len(outputs[-1]))
        for piece in self.pieces:
            read = [columns[key].absent() if is_missing else columns[key].data for key, is_missing in piece.columns]
            arrays = [*read, *(held[one] for one in piece.reads), *(held[one] for one in piece.writes)]
            if piece.kernel(*arrays, *piece.numbers):
                raise OutOfRange
        for output, source in zip(outputs, self.stores, strict=True):
            np.copyto(output, held[source] if type(source) is int else source, casting="unsafe")


def kernels(outputs: Sequence[Bit], nullable: Collection[str]) -> Kernels:
    """The loops for nodes, each an output. `nullable`: columns where something can be missing. Raises ImportError."""
    pieces = _cut(order_of(outputs))
    ends = {node for node in outputs if not isinstance(node, bool)}
    home = {node: number for number, piece in enumerate(pieces) for node in piece}
    later = {one for node in home for one in node.inputs if home.get(one, -1) != home[node]} | ends
    registers: dict[Node, int] = {}
    kinds: list[str] = []
    for node in home:
        if node in later:
            registers[node] = len(kinds)
            kinds.append(_held(node))
    with _WRITING:
        written = [_Text(registers, nullable).piece(piece) for piece in pieces]
    stores = [
        node if isinstance(node, bool) else _constant(node, _held(node)) if node.operator == "constant" else
        registers[node] for node in outputs
    ]  # fmt: skip
    return Kernels(tuple(kinds), tuple(written), tuple(stores))


def _held(node: Node) -> str:
    """The kind of number in which a node is held: here, 64 bits take no longer than 32."""
    own = kind_of(node)
    return "real" if own == "short" else own


def _constant(node: Node, kind: str) -> Any:
    number = node.value.numerator / node.value.denominator if kind == "real" else int(node.value)
    return np.float64(number) if kind == "real" else np.int64(number)


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


@define
class _Text:
    """Writes the loop of a piece."""

    registers: Mapping[Node, int]
    nullable: Collection[str]
    _columns: dict[tuple[str, bool], str] = field(factory=dict)
    _reads: dict[Node, str] = field(factory=dict)
    _numbers: list[Any] = field(factory=list)
    _names: dict[Node, str] = field(factory=dict)
    _lines: list[str] = field(factory=list)

    def piece(self, nodes: Sequence[Node]) -> _Piece:
        for node in nodes:
            self._names[node] = f"v{len(self._names)}"
            self._write(node, self._names[node])
        writes = [node for node in nodes if node in self.registers]
        self._lines += [f"w{number}[i] = {self._names[node]}" for number, node in enumerate(writes)]
        arrays = [*self._columns.values(), *self._reads.values(), *(f"w{number}" for number in range(len(writes)))]
        arguments = ", ".join([*arrays, *(f"n{number}" for number in range(len(self._numbers)))])
        body = "\n        ".join(self._lines)
        text = (
            f"def kernel({arguments}):\n    bad = False\n    for i in range({arrays[0]}.shape[0]):\n"
            f"        {body}\n    return bad\n"
        )
        return _Piece(
            _compiled(text),
            tuple(self._columns),
            tuple(self.registers[node] for node in self._reads),
            tuple(self.registers[node] for node in writes),
            tuple(self._numbers),
        )

    def _column(self, key: str, *, missing: bool) -> str:
        return self._columns.setdefault((key, missing), f"c{len(self._columns)}") + "[i]"

    def _number(self, value: Any) -> str:
        """An argument of its own, whatever others happen to be equal: else indicators of one form would differ."""
        self._numbers.append(value)
        return f"n{len(self._numbers) - 1}"

    def _value(self, node: Node, kind: str) -> str:
        """A node in a kind of number, or as it is."""
        if node.operator == "constant":
            return self._number(_constant(node, kind))
        own = self._names.get(node)
        name = own or self._reads.setdefault(node, f"r{len(self._reads)}") + "[i]"
        return name if kind in ("bit", _held(node)) else f"{_NAMES[kind]}({name})"

    def _write(self, node: Node, name: str) -> None:
        kind = _held(node)
        match node.operator:
            case "column" if node.kind == "whole":
                self._load(node, name, kind)
            case "column" | "missing":
                self._lines.append(f"{name} = {self._column(node.value, missing=node.operator == 'missing')} != 0")
            case "choose":
                condition, chosen, other = node.inputs
                values = self._value(chosen, kind), self._value(other, kind)
                self._lines.append(f"{name} = {values[0]} if {self._value(condition, 'bit')} else {values[1]}")
            case _ if node.inputs[0].kind == "bit":
                given = [self._value(one, "bit") for one in node.inputs]
                self._lines.append(f"{name} = {self._applied(node.operator, given, 'bit')}")
            case operator:
                own = "long" if working_kind(node) == "long" else "real"
                result = self._applied(operator, [self._value(one, own) for one in node.inputs], own)
                plain = kind in ("bit", own)
                self._lines.append(f"{name} = {result}" if plain else f"{name} = {_NAMES[kind]}({result})")

    def _load(self, node: Node, name: str, kind: str) -> None:
        low, high = (self._number(np.int64(int(end))) for end in (node.low, node.high))
        self._lines.append(f"x{name} = int64({self._column(node.value, missing=False)})")
        if node.value in self.nullable:
            self._lines.append(f"x{name} = {low} if {self._column(node.value, missing=True)} else x{name}")
        self._lines.append(f"bad |= (x{name} < {low}) | (x{name} > {high})")
        self._lines.append(f"{name} = {_NAMES[kind]}(x{name})")

    def _applied(self, operator: str, given: Sequence[str], kind: str) -> str:
        match operator:
            case "not":
                return f"not {given[0]}"
            case "neg":
                return f"-{given[0]}"
            case "real":
                return given[0]
            case "//":
                above, below = given
                return f"{above} // {below}" if kind == "long" else f"floor({above} / {below})"
            case "abs" | "min" | "max" | "floor" | "rint":
                return f"{operator}({', '.join(given)})"
            case _:
                return f" {_INFIX[operator]} ".join(given)
