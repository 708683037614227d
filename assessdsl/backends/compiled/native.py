"""The code of one entity as machine code (extra `kernels`).

It is a short cut and nothing else: it takes numbers of 64 bits, yes/no and dates from a plain dictionary, and wherever
anything is otherwise — a key that is not there, another type, a longer number, a divisor that is not above zero, a
place outside of a table, or Python's `raise Leave` — it calls the Python function, whose answer it gives. So whatever
is not understood here need not be, and there is no second source of a message or a meaning.
"""

import ast
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import pairwise
from operator import add, itemgetter, mul, sub
from typing import Any, Final

from attrs import define, field, frozen

from assessdsl.backends.columnar.machine import available, compiled
from assessdsl.backends.compiled.code import Code
from assessdsl.backends.compiled.entry import TAKEN, around, pointer
from assessdsl.backends.compiled.interpreter import address, function_of, functions
from assessdsl.backends.compiled.kept import Run

_MOST: Final = 2**63
_LINES: Final = 30_000  # which take some seconds to compile
_END: Final = "ret ptr %tuple"
_OPERATIONS: Final[dict[type[ast.operator], tuple[str, Callable[[int, int], int]]]] = {
    ast.Add: ("sadd", add), ast.Sub: ("ssub", sub), ast.Mult: ("smul", mul),
}  # fmt: skip
_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "slt", ast.LtE: "sle", ast.Gt: "sgt", ast.GtE: "sge",
}  # fmt: skip
_TYPES: Final = {"int": int, "bool": bool, "date": date}


class Unfit(Exception):
    """The code has something that there is no machine code for."""


@frozen
class _Held:
    """A value in a register. Dates are numbers in the order of the days."""

    register: str
    kind: type


@frozen
class _Known:
    """What does not depend on the inputs: a whole number, a truth or a type."""

    value: Any


@frozen
class _Sum:
    """The sum of so many numbers of 64 bits, which the code only holds against a limit."""

    count: int


_Value = _Held | _Known | _Sum
_Names = dict[str, _Value]


def translator() -> Callable[[Code], Run]:
    """Gives a function that gives or raises what the code's own does, sooner; that one itself where there is no machine
    code for it. Raises ImportError without llvmlite."""
    available()
    return _native


def _native(code: Code) -> Run:
    if not functions():
        return code.run
    writing = _Writing(code.constants)
    try:
        text = writing.text(code.source)
    except (Unfit, RecursionError):
        return code.run
    return function_of(compiled(text, "run", level=1), code.run, writing.held)


@define
class _Writing:
    """LLVM's language while it is written. Only addresses and whole numbers reach it."""

    constants: Mapping[str, Any]
    held: list[Any] = field(factory=list)  # what has an address in the text
    _names: _Names = field(factory=dict)
    _values: list[_Held] = field(factory=list)  # last taken out of the inputs
    _lines: list[str] = field(factory=list)
    _count: int = 0
    _at: str = "begin"  # the block that is written
    _tables: dict[str, str] = field(factory=dict)

    def text(self, source: str) -> str:
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef)
        if self._body(function.body) or self._lines[-1] != _END:  # not where it always asks the Python function
            raise Unfit
        if len(self._lines) > _LINES:
            raise Unfit
        return around(self._lines)

    # ------------------------------------------------------------ lines

    def _line(self, text: str) -> str:
        self._count += 1
        self._lines.append(f"%r{self._count} = {text}")
        return f"%r{self._count}"

    def _begin(self, label: str) -> None:
        self._lines.append(f"{label}:")
        self._at = label

    def _label(self) -> str:
        self._count += 1
        return f"b{self._count}"

    def _go(self, label: str) -> None:
        self._lines.append(f"br label %{label}")

    def _unless(self, wrong: str, to: str = "odd") -> None:
        """Goes on, unless it is wrong."""
        after = self._label()
        self._lines.append(f"br i1 {wrong}, label %{to}, label %{after}, !prof !0")
        self._begin(after)

    # ------------------------------------------------------------ inputs

    def _taken(self, keys: Sequence[str], kinds: Sequence[type]) -> None:
        self._values = [self._input(key, kind) for key, kind in zip(keys, kinds, strict=True)]

    def _input(self, key: str, kind: type) -> _Held:
        self.held.append(key)
        found = self._line(f"call {{i64, i1}} @{TAKEN[kind]}(ptr %given, ptr {pointer(address(key))})")
        self._unless(self._line(f"extractvalue {{i64, i1}} {found}, 1"))
        value = self._line(f"extractvalue {{i64, i1}} {found}, 0")
        return _Held(self._line(f"icmp ne i64 {value}, 0") if kind is bool else value, kind)

    # ------------------------------------------------------------ statements

    def _body(self, statements: Sequence[ast.stmt]) -> bool:
        """Whether it goes on behind them."""
        for number, statement in enumerate(statements):
            match statement:
                case ast.Assign([ast.Name("values")], ast.Call(ast.Name(getter), [ast.Name("given")])):
                    keys = _keys(self.constants.get(getter))
                    self._taken(keys, self._kinds(statements[number + 2 : number + 3]) or (int,) * len(keys))
                case ast.Assign([ast.Tuple(names)], ast.Name("values")):
                    for name, held in zip(names, self._values, strict=True):
                        self._names[ast.unparse(name)] = held
                case ast.Assign([ast.Name("size")], ast.Call(ast.Name("sum"), [ast.Name("values")])):
                    self._names["size"] = _Sum(len(self._values))
                case ast.Assign([ast.Name(name)], value):
                    self._names[name] = self._value(value)
                case ast.If() if self._kinds([statement]) is not None:
                    pass  # they were taken as these
                case ast.If(test, body, otherwise):
                    if not self._branches(self._truth(test), body, otherwise):
                        return False
                case ast.Raise(ast.Name("Leave")):
                    self._go("odd")
                    return False
                case ast.Return(ast.Tuple(outputs)):
                    self._give(outputs)
                    return False
                case ast.Pass():
                    pass
                case _:
                    raise Unfit
        return True

    def _kinds(self, statements: Sequence[ast.stmt]) -> tuple[type, ...] | None:
        """The types of the values, where the code holds them against these and leaves."""
        match [ast.unparse(one).split() for one in statements]:
            case [["if", "tuple(map(type,", "values))", "!=", name, "raise", "Leave"]]:
                kinds: tuple[type, ...] = self.constants[name.removesuffix(":")]
                return kinds
            case _:
                return None

    def _branches(self, test: _Held | _Known, body: Sequence[ast.stmt], otherwise: Sequence[ast.stmt]) -> bool:
        if isinstance(test, _Known):
            return self._body(body if test.value else otherwise)
        before = self._names
        first, second, after = self._label(), self._label(), self._label()
        self._lines.append(f"br i1 {test.register}, label %{first}, label %{second}")
        ends: list[tuple[_Names, str]] = []
        for label, statements in ((first, body), (second, otherwise)):
            self._begin(label)
            self._names = dict(before)
            if self._body(statements):
                self._go(after)
                ends.append((self._names, self._at))
        if not ends:
            return False
        self._begin(after)
        self._names = ends[0][0]
        if len(ends) == 2:
            (one, here), (other, there) = ends
            self._names = {name: self._either(one[name], here, other[name], there) for name in one if name in other}
        return True

    def _either(self, one: _Value, here: str, other: _Value, there: str) -> _Value:
        kind = _kind(one)
        if kind is not _kind(other):
            raise Unfit
        if one == other:
            return one
        form = "i1" if kind is bool else "i64"
        return _Held(self._line(f"phi {form} [{_operand(one)}, %{here}], [{_operand(other)}, %{there}]"), kind)

    def _give(self, outputs: Sequence[ast.expr]) -> None:
        """Everything is worked out before the first object is made."""
        values = [list(map(self._value, one.elts if isinstance(one, ast.Tuple) else [one])) for one in outputs]
        if not all(_kind(one) is int for parts in values for one in parts):
            raise Unfit
        new = pointer(functions()["PyTuple_New"])
        self._lines.append(f"%tuple = call ptr {new}(i64 {len(values)})")
        self._unless(self._line("icmp eq ptr %tuple, null"), "failed")
        for place, parts in enumerate(values):
            numbers = ", ".join(f"i64 {_operand(one)}" for one in parts)
            how = "put" if len(parts) == 1 else "pair"
            self._unless(self._line(f"call i1 @{how}(ptr %tuple, i64 {place}, {numbers})"), "full")
        self._lines.append(_END)

    # ------------------------------------------------------------ values

    def _value(self, code: ast.expr) -> _Value:
        match code:
            case ast.Constant(int() as value):
                return _Known(value)
            case ast.Name(name) if name in self._names:
                return self._names[name]
            case ast.Name(name) if name in _TYPES:
                return _Known(_TYPES[name])
            case ast.Name(name) if type(self.constants.get(name)) is int:
                return _Known(self.constants[name])
            case ast.UnaryOp(ast.USub(), operand):
                return self._calculated(ast.Sub(), _Known(0), self._value(operand))
            case ast.UnaryOp(ast.Not(), operand):
                return self._not(self._value(operand))
            case ast.BinOp(left, (ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv()) as operator, right):
                return self._calculated(operator, self._value(left), self._value(right))
            case ast.Compare(left, operators, others):
                return self._chain(operators, [self._value(one) for one in (left, *others)])
            case ast.BoolOp(operator, parts):
                name = "and" if isinstance(operator, ast.And) else "or"
                return self._logic(name, [self._truth(part) for part in parts])
            case ast.IfExp(test, first, second):
                return self._chosen(self._truth(test), first, second)
            case ast.Call(ast.Name("type"), [of]):
                return _Known(_kind(self._value(of)))
            case ast.Call(ast.Name("abs"), [of]):
                return self._magnitude(self._value(of))
            case ast.Subscript(ast.Name(table), at):
                return self._looked_up(table, self._value(at))
            case _:
                raise Unfit

    def _truth(self, code: ast.expr) -> _Held | _Known:
        match self._value(code):
            case _Held(_, kind) as held if kind is bool:
                return held
            case _Known(bool()) as known:
                return known
            case _:
                raise Unfit

    def _calculated(self, operator: ast.operator, left: _Value, right: _Value) -> _Value:
        if _kind(left) is not int or _kind(right) is not int:
            raise Unfit
        if isinstance(operator, ast.FloorDiv):
            return self._floor(_operand(left), right)
        name, function = _OPERATIONS[type(operator)]
        if isinstance(left, _Known) and isinstance(right, _Known):
            return _Known(function(left.value, right.value))
        given = f"i64 {_operand(left)}, i64 {_operand(right)}"
        both = self._line(f"call {{i64, i1}} @llvm.{name}.with.overflow.i64({given})")
        self._unless(self._line(f"extractvalue {{i64, i1}} {both}, 1"))
        return _Held(self._line(f"extractvalue {{i64, i1}} {both}, 0"), int)

    def _floor(self, above: str, divisor: _Value) -> _Held:
        """A processor stops at a division by nought, and of the least number by -1."""
        below = _operand(divisor)
        self._unless(self._line(f"icmp slt i64 {below}, 1"))
        quotient = self._line(f"sdiv i64 {above}, {below}")
        rest = self._line(f"srem i64 {above}, {below}")
        return _Held(self._line(f"add i64 {quotient}, {self._line(f'ashr i64 {rest}, 63')}"), int)

    def _not(self, value: _Value) -> _Value:
        match value:
            case _Known(known):
                return _Known(not known)
            case _Held(register, kind) if kind is bool:
                return _Held(self._line(f"xor i1 {register}, true"), bool)
            case _Held(register, kind) if kind is int:
                return _Held(self._line(f"icmp eq i64 {register}, 0"), bool)
            case _:
                raise Unfit

    def _chain(self, operators: Sequence[ast.cmpop], values: Sequence[_Value]) -> _Held | _Known:
        pairs = zip(operators, pairwise(values), strict=True)
        return self._logic("and", [self._compared(operator, *pair) for operator, pair in pairs])

    def _compared(self, operator: ast.cmpop, left: _Value, right: _Value) -> _Held | _Known:
        match operator, left, right:
            case ((ast.Is() | ast.IsNot()), _Known(type() as one), _Known(type() as other)):
                return _Known((one is other) is isinstance(operator, ast.Is))
            case ast.GtE(), _Sum(count), _Known(int() as limit) if limit >= count * _MOST:
                return _Known(False)
        kind = _kind(left)
        if kind is not _kind(right) or type(operator) not in _COMPARISONS:
            raise Unfit
        sign = _COMPARISONS[type(operator)]
        if kind is bool and sign not in ("eq", "ne"):
            raise Unfit
        form = "i1" if kind is bool else "i64"
        return _Held(self._line(f"icmp {sign} {form} {_operand(left)}, {_operand(right)}"), bool)

    def _logic(self, name: str, given: Sequence[_Held | _Known]) -> _Held | _Known:
        decides = name == "or"
        if any(isinstance(one, _Known) and one.value is decides for one in given):
            return _Known(decides)
        result: _Held | None = None
        for one in [each for each in given if isinstance(each, _Held)]:
            joined = "" if result is None else self._line(f"{name} i1 {result.register}, {one.register}")
            result = _Held(joined or one.register, bool)
        return result or _Known(not decides)

    def _chosen(self, test: _Held | _Known, first: ast.expr, second: ast.expr) -> _Value:
        if isinstance(test, _Known):
            return self._value(first if test.value else second)
        labels, after = (self._label(), self._label()), self._label()
        self._lines.append(f"br i1 {test.register}, label %{labels[0]}, label %{labels[1]}")
        ends = []
        for label, code in zip(labels, (first, second), strict=True):
            self._begin(label)
            ends.append((self._value(code), self._at))
            self._go(after)
        self._begin(after)
        return self._either(*ends[0], *ends[1])

    def _magnitude(self, value: _Value) -> _Value:
        less = self._calculated(ast.Sub(), _Known(0), value)
        below = self._line(f"icmp slt i64 {_operand(value)}, 0")
        return _Held(self._line(f"select i1 {below}, i64 {_operand(less)}, i64 {_operand(value)}"), int)

    def _looked_up(self, name: str, at: _Value) -> _Value:
        table = self.constants.get(name)
        if type(table) is not tuple or _kind(at) is not int:
            raise Unfit
        if name not in self._tables:
            try:
                numbers = array("q", table)
            except (TypeError, OverflowError) as error:
                raise Unfit from error
            self.held.append(numbers)
            self._tables[name] = pointer(numbers.buffer_info()[0])
        place = _operand(at)
        self._unless(self._line(f"icmp uge i64 {place}, {len(table)}"))
        entry = self._line(f"getelementptr i64, ptr {self._tables[name]}, i64 {place}")
        return _Held(self._line(f"load i64, ptr {entry}"), int)


def _keys(getter: Any) -> tuple[str, ...]:
    match getter:
        case partial(args=args):
            return args
        case itemgetter():
            return tuple(getter.__reduce__()[1])
        case _:
            raise Unfit


def _kind(value: _Value) -> type:
    match value:
        case _Held(_, kind):
            return kind
        case _Known(known):
            return type(known)
        case _Sum():
            return int


def _operand(value: _Value) -> str:
    """A register, or a number of 64 bits."""
    match value:
        case _Held(register):
            return register
        case _Known(bool() as truth):
            return str(truth).lower()
        case _Known(int() as number) if -_MOST <= number < _MOST:
            return str(number)
        case _:
            raise Unfit
