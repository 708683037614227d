"""One piece of a program as a loop over rows, in LLVM's language. Nothing of a policy reaches its text."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
from attrs import define, field, frozen

from assessdsl.backends.columnar import bits
from assessdsl.backends.columnar.kinds import kind_of, working_kind
from assessdsl.backends.columnar.machine import MachineCode, compiled
from assessdsl.backends.columnar.nodes import Bit, Node

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


@frozen
class Output:
    """An output, by its number: unlike whatever a column may be called."""

    number: int


@frozen
class TableOf:
    """The table in which the numbers of a column are looked up."""

    key: str


@frozen(eq=False)
class Piece:
    """One loop. `arrays`: the column and whether what is read is where it is missing, its table, the register, or the
    output."""

    code: MachineCode
    arrays: tuple[Any, ...]
    numbers: tuple[Any, ...]


def _held(node: Node) -> str:
    """The kind of number in which a node is held: here, 64 bits take no longer than 32."""
    own = kind_of(node)
    return "real" if own == "short" else own


@define
class Loop:
    """Writes the loop of a piece."""

    registers: Mapping[Node, int]
    nullable: Collection[str]
    types: Mapping[Any, str]  # of columns, and of tables
    outputs: Sequence[Bit]
    _arrays: dict[Any, str] = field(factory=dict)  # by what it is, its type
    _numbers: list[Any] = field(factory=list)
    _names: dict[Node, str] = field(factory=dict)
    _lines: list[str] = field(factory=list)
    _beyond: str = "%before"

    def piece(self, nodes: Sequence[Node]) -> Piece:
        for node in nodes:
            self._names[node] = self._write(node)
        for node in nodes:
            if node in self.registers:
                self._store(node, self.registers[node], _HELD[_held(node)])
            for number, output in enumerate(self.outputs):
                if output is node:
                    self._store(node, Output(number), "i8" if node.kind == "bit" else "i64")
        return Piece(compiled(self._text(), "loop"), tuple(self._arrays), tuple(self._numbers))

    def _text(self) -> str:
        numbers = [("double" if isinstance(one, np.float64) else "i64") for one in self._numbers]
        given = [f"ptr noalias %a{at}" for at in range(len(self._arrays))]
        given += [f"{kind} %n{at}" for at, kind in enumerate(numbers)]
        read, passed = [], []
        for at, (what, kind) in enumerate(self._arrays.items()):
            is_one_for_all = isinstance(what, int | TableOf)  # what of rows, from the first of these
            read += [f"%p{at} = getelementptr ptr, ptr %arrays, i64 {at}", f"%b{at} = load ptr, ptr %p{at}"]
            read.append(f"%a{at} = getelementptr {kind}, ptr %b{at}, i64 {0 if is_one_for_all else '%start'}")
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

    def _place(self, what: Any, kind: str, at: str = "%i") -> str:
        """Where the row's value of an array is, or that of another place."""
        self._arrays.setdefault(what, kind)
        return self._line(f"getelementptr {kind}, ptr %a{list(self._arrays).index(what)}, i64 {at}")

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
        """A column's value, and its type, such as `i8`: signed, of 8 bytes."""
        own, table = self.types[key, is_missing][1:], TableOf(key)
        value = self._line(f"load {_bits(own)}, ptr {self._place((key, is_missing), _bits(own))}")
        if is_missing or table not in self.types:
            return value, own
        number, own = self._extended(value, own), self.types[table][1:]
        return self._line(f"load {_bits(own)}, ptr {self._place(table, _bits(own), number)}"), own

    def _extended(self, value: str, own: str) -> str:
        """In 64 bits."""
        if own[1:] == "8":
            return value
        return self._line(f"{'sext' if own[0] == 'i' else 'zext'} {_bits(own)} {value} to i64")

    def _write(self, node: Node) -> str:
        kind = _held(node)
        match node.operator:
            case "column" if node.kind == "whole":
                return self._column(node, kind)
            case "column" | "missing":
                value, own = self._loaded(node.value, is_missing=node.operator == "missing")
                return self._line(f"icmp ne {_bits(own)} {value}, 0")
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
        value = self._extended(value, own)
        least = self._number(np.int64(low))
        if node.value in self.nullable:
            missing, own = self._loaded(node.value, is_missing=True)
            is_missing = self._line(f"icmp ne {_bits(own)} {missing}, 0")
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
            case (("mantissa" | "exponent" | "power_of_two"), _):
                return self._of_bits(operator, given[0])
            case _:
                return self._line((_REAL if works == "real" else _LONG)[operator].format(*given))

    def _of_bits(self, operator: str, given: str) -> str:
        """See bits.py."""
        if operator == "power_of_two":
            given = self._line(f"fadd double {given}, {bits.POWER}.0")
            found = self._line(f"bitcast double {given} to i64")
            found = self._line(f"shl i64 {found}, {bits.PLACES}")
            return self._line(f"bitcast i64 {found} to double")
        found = self._line(f"bitcast double {given} to i64")
        found = self._line(f"sub i64 {found}, {bits.ROOT}")
        if operator == "mantissa":
            found = self._line(f"and i64 {found}, {bits.REST}")
            found = self._line(f"add i64 {found}, {bits.ROOT}")
            return self._line(f"bitcast i64 {found} to double")
        found = self._line(f"ashr i64 {found}, {bits.PLACES}")
        found = self._line(f"add i64 {found}, {bits.BITS_OF_WHOLE}")
        found = self._line(f"bitcast i64 {found} to double")
        return self._line(f"fsub double {found}, {bits.WHOLE}.0")


def _bits(own: str) -> str:
    return f"i{8 * int(own[1:])}"


def _constant(node: Node, kind: str) -> Any:
    number = node.value.numerator / node.value.denominator if kind == "real" else int(node.value)
    return np.float64(number) if kind == "real" else np.int64(number)
