"""The code of one entity as machine code (extra `kernels`).

It is a short cut and nothing else: it takes numbers of 64 bits, Decimals of one word, yes/no and dates from a plain
dictionary, and wherever anything is otherwise — a key that is not there, another type, a longer number, a divisor that
is not above zero, a place outside of a table, or Python's `raise Leave` — it calls the Python function, whose answer it
gives. So whatever is not understood here need not be, and there is no second source of a message or a meaning.
"""

import ast
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from itertools import pairwise
from operator import add, itemgetter, mul, sub
from typing import Any, Final

from attrs import define, field

from assessdsl.backends.columnar.machine import available, compiled
from assessdsl.backends.compiled.code import Code
from assessdsl.backends.compiled.entry import MOST_PLACES, around, pointer, taken
from assessdsl.backends.compiled.interpreter import decimals, function_of, functions
from assessdsl.backends.compiled.kept import Run, Scales
from assessdsl.backends.compiled.registers import MOST, Held, Known, Names, Sum, Unfit, Value, kind_of, operand

_LINES: Final = 30_000  # which take some seconds to compile
_END: Final = "ret ptr %tuple"
_OPERATIONS: Final[dict[type[ast.operator], tuple[str, Callable[[int, int], int]]]] = {
    ast.Add: ("sadd", add), ast.Sub: ("ssub", sub), ast.Mult: ("smul", mul),
}  # fmt: skip
_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "slt", ast.LtE: "sle", ast.Gt: "sgt", ast.GtE: "sge",
}  # fmt: skip
_TYPES: Final = {"int": int, "bool": bool, "date": date}


def translator() -> Callable[[Code, Iterable[Code]], tuple[Run, Scales]]:
    """Gives a function that gives or raises what the code's own does, sooner, and the scales of what it gives; those of
    the code where there is no machine code for it. It is made of the first that can be of others, which do the same
    given whole numbers for Decimals. Raises ImportError without llvmlite."""
    available()
    return _native


def _native(code: Code, others: Iterable[Code]) -> tuple[Run, Scales]:
    for one in others if functions() else ():
        factors = [_factor(*scales) for scales in zip(one.scales, code.scales, strict=True)]
        if 0 in factors or (one.places and not _are_read(one.places)):
            continue
        writing = _Writing(one.constants, one.places)
        with suppress(Unfit, RecursionError):
            text = writing.text(one.source)
            behind = code.run if set(factors) == {1} else _finer(code.run, factors)
            return function_of(compiled(text, "run", level=1), behind, writing.held), one.scales
    return code.run, code.scales


def _factor(scale: int | None, of: int | None) -> int:
    """What makes a value over a scale one over another; 0 if nothing does."""
    if scale is None or of is None:
        return int(scale is of)
    return 0 if scale % of else scale // of


def _finer(run: Run, factors: Sequence[int]) -> Run:
    return lambda given: tuple(map(mul, run(given), factors))  # by 1, a pair stays what it is


def _are_read(places: Mapping[str, int]) -> bool:
    return decimals() and max(places.values()) <= MOST_PLACES


@define
class _Writing:
    """LLVM's language while it is written. Only addresses and whole numbers reach it."""

    constants: Mapping[str, Any]
    places: Mapping[str, int]  # of Decimals, by key
    held: list[Any] = field(factory=list)  # what has an address in the text
    _names: Names = field(factory=dict)
    _values: list[Held] = field(factory=list)  # last taken out of the inputs
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
        return around(self._lines, decimals=bool(self.places))

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

    def _input(self, key: str, kind: type) -> Held:
        self.held.append(key)
        found = self._line(taken(key, kind, self.places.get(key)))
        self._unless(self._line(f"extractvalue {{i64, i1}} {found}, 1"))
        value = self._line(f"extractvalue {{i64, i1}} {found}, 0")
        return Held(self._line(f"icmp ne i64 {value}, 0") if kind is bool else value, kind)

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
                    self._names["size"] = Sum(len(self._values))
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

    def _branches(self, test: Held | Known, body: Sequence[ast.stmt], otherwise: Sequence[ast.stmt]) -> bool:
        if isinstance(test, Known):
            return self._body(body if test.value else otherwise)
        if len(self._lines) > _LINES:
            raise Unfit  # before all the rest is written in vain
        before = self._names
        first, second, after = self._label(), self._label(), self._label()
        self._lines.append(f"br i1 {test.register}, label %{first}, label %{second}")
        ends: list[tuple[Names, str]] = []
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
            self._names = {
                name: value if value is other[name] else self._either(value, here, other[name], there)
                for name, value in one.items()
                if name in other
            }
        return True

    def _either(self, one: Value, here: str, other: Value, there: str) -> Value:
        kind = kind_of(one)
        if kind is not kind_of(other):
            raise Unfit
        if one == other:
            return one
        form = "i1" if kind is bool else "i64"
        return Held(self._line(f"phi {form} [{operand(one)}, %{here}], [{operand(other)}, %{there}]"), kind)

    def _give(self, outputs: Sequence[ast.expr]) -> None:
        """Everything is worked out before the first object is made."""
        values = [list(map(self._value, one.elts if isinstance(one, ast.Tuple) else [one])) for one in outputs]
        if not all(kind_of(one) is int for parts in values for one in parts):
            raise Unfit
        new = pointer(functions()["PyTuple_New"])
        self._lines.append(f"%tuple = call ptr {new}(i64 {len(values)})")
        self._unless(self._line("icmp eq ptr %tuple, null"), "failed")
        for place, parts in enumerate(values):
            numbers = ", ".join(f"i64 {operand(one)}" for one in parts)
            how = "put" if len(parts) == 1 else "pair"
            self._unless(self._line(f"call i1 @{how}(ptr %tuple, i64 {place}, {numbers})"), "full")
        self._lines.append(_END)

    # ------------------------------------------------------------ values

    def _value(self, code: ast.expr) -> Value:
        match code:
            case ast.Constant(int() as value):
                return Known(value)
            case ast.Name(name) if name in self._names:
                return self._names[name]
            case ast.Name(name) if name in _TYPES:
                return Known(_TYPES[name])
            case ast.Name(name) if type(self.constants.get(name)) is int:
                return Known(self.constants[name])
            case ast.UnaryOp(ast.USub(), operand):
                return self._calculated(ast.Sub(), Known(0), self._value(operand))
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
                return Known(kind_of(self._value(of)))
            case ast.Call(ast.Name("abs"), [of]):
                return self._magnitude(self._value(of))
            case ast.Subscript(ast.Name(table), at):
                return self._looked_up(table, self._value(at))
            case _:
                raise Unfit

    def _truth(self, code: ast.expr) -> Held | Known:
        match self._value(code):
            case Held(_, kind) as held if kind is bool:
                return held
            case Known(bool()) as known:
                return known
            case _:
                raise Unfit

    def _calculated(self, operator: ast.operator, left: Value, right: Value) -> Value:
        if kind_of(left) is not int or kind_of(right) is not int:
            raise Unfit
        if isinstance(operator, ast.FloorDiv):
            return self._floor(operand(left), right)
        name, function = _OPERATIONS[type(operator)]
        if isinstance(left, Known) and isinstance(right, Known):
            return Known(function(left.value, right.value))
        given = f"i64 {operand(left)}, i64 {operand(right)}"
        both = self._line(f"call {{i64, i1}} @llvm.{name}.with.overflow.i64({given})")
        self._unless(self._line(f"extractvalue {{i64, i1}} {both}, 1"))
        return Held(self._line(f"extractvalue {{i64, i1}} {both}, 0"), int)

    def _floor(self, above: str, divisor: Value) -> Held:
        """A processor stops at a division by nought, and of the least number by -1."""
        below = operand(divisor)
        self._unless(self._line(f"icmp slt i64 {below}, 1"))
        quotient = self._line(f"sdiv i64 {above}, {below}")
        rest = self._line(f"srem i64 {above}, {below}")
        return Held(self._line(f"add i64 {quotient}, {self._line(f'ashr i64 {rest}, 63')}"), int)

    def _not(self, value: Value) -> Value:
        match value:
            case Known(known):
                return Known(not known)
            case Held(register, kind) if kind is bool:
                return Held(self._line(f"xor i1 {register}, true"), bool)
            case Held(register, kind) if kind is int:
                return Held(self._line(f"icmp eq i64 {register}, 0"), bool)
            case _:
                raise Unfit

    def _chain(self, operators: Sequence[ast.cmpop], values: Sequence[Value]) -> Held | Known:
        pairs = zip(operators, pairwise(values), strict=True)
        return self._logic("and", [self._compared(operator, *pair) for operator, pair in pairs])

    def _compared(self, operator: ast.cmpop, left: Value, right: Value) -> Held | Known:
        match operator, left, right:
            case ((ast.Is() | ast.IsNot()), Known(type() as one), Known(type() as other)):
                return Known((one is other) is isinstance(operator, ast.Is))
            case ast.GtE(), Sum(count), Known(int() as limit) if limit >= count * MOST:
                return Known(False)
        kind = kind_of(left)
        if kind is not kind_of(right) or type(operator) not in _COMPARISONS:
            raise Unfit
        sign = _COMPARISONS[type(operator)]
        if kind is bool and sign not in ("eq", "ne"):
            raise Unfit
        form = "i1" if kind is bool else "i64"
        return Held(self._line(f"icmp {sign} {form} {operand(left)}, {operand(right)}"), bool)

    def _logic(self, name: str, given: Sequence[Held | Known]) -> Held | Known:
        decides = name == "or"
        if any(isinstance(one, Known) and one.value is decides for one in given):
            return Known(decides)
        result: Held | None = None
        for one in [each for each in given if isinstance(each, Held)]:
            joined = "" if result is None else self._line(f"{name} i1 {result.register}, {one.register}")
            result = Held(joined or one.register, bool)
        return result or Known(not decides)

    def _chosen(self, test: Held | Known, first: ast.expr, second: ast.expr) -> Value:
        if isinstance(test, Known):
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

    def _magnitude(self, value: Value) -> Value:
        less = self._calculated(ast.Sub(), Known(0), value)
        below = self._line(f"icmp slt i64 {operand(value)}, 0")
        return Held(self._line(f"select i1 {below}, i64 {operand(less)}, i64 {operand(value)}"), int)

    def _looked_up(self, name: str, at: Value) -> Value:
        table = self.constants.get(name)
        if type(table) is not tuple or kind_of(at) is not int:
            raise Unfit
        if name not in self._tables:
            try:
                numbers = array("q", table)
            except (TypeError, OverflowError) as error:
                raise Unfit from error
            self.held.append(numbers)
            self._tables[name] = pointer(numbers.buffer_info()[0])
        place = operand(at)
        self._unless(self._line(f"icmp uge i64 {place}, {len(table)}"))
        entry = self._line(f"getelementptr i64, ptr {self._tables[name]}, i64 {place}")
        return Held(self._line(f"load i64, ptr {entry}"), int)


def _keys(getter: Any) -> tuple[str, ...]:
    match getter:
        case partial(args=args):
            return args
        case itemgetter():
            return tuple(getter.__reduce__()[1])
        case _:
            raise Unfit
