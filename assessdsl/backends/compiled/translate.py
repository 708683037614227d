"""A plan for one entity of a known shape, step by step, as straight Python code.

What rarely happens is not written: the code gives up (`Leave`), and the exact engine is asked. So a missing value that
only turns out at run time, a division by zero and a number that grows too long cost time and change nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final, assert_never

from attrs import define, field

from assessdsl.backends.compiled import arithmetic
from assessdsl.backends.compiled.block import Block
from assessdsl.backends.compiled.quotient import loaded, tabulated
from assessdsl.backends.compiled.rounding import round_code
from assessdsl.backends.compiled.rows import aggregated, combined
from assessdsl.backends.compiled.shape import Shape, Slot
from assessdsl.backends.compiled.symbols import (
    NEVER,
    Exact,
    Known,
    Never,
    Ratio,
    Symbol,
    Thing,
    Truth,
    Whole,
    as_value,
    is_missing,
    number,
    truth,
)
from assessdsl.backends.scalars import CALCULATE, COMPARE
from assessdsl.facts import MISSING, Missing
from assessdsl.plan.steps import (
    Aggregate,
    Band,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Constant,
    Fail,
    Gate,
    Grain,
    InGroup,
    Load,
    Logic,
    Plan,
    Raise,
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)

Row = tuple[int, int]  # the number of an item and of an entry of it; 0 where the grain has none
TOP: Final[Row] = (0, 0)


class Unsuited(Exception):
    """The value is not of one entity alone."""


@define
class Translation:
    plan: Plan
    shape: Shape
    slots: dict[Slot, Symbol] = field(factory=dict)
    unchecked: set[str] | None = None  # numbers that the code itself is to check, where it is to
    decimals: Mapping[str, int] = field(factory=dict)  # which of them are given as Decimals, and their places

    # ------------------------------------------------------------ steps

    def symbol(self, block: Block, id: int, row: Row = TOP) -> Symbol:
        """The value of a step; its code is written where it is first asked for."""
        step = self.plan.steps[id]
        at = self._row(step.grain, row)
        found: Symbol | None = block.find((id, at))
        if found is None:
            found = self._write(block, step, at)
            block.known[id, at] = found
        return found

    def _row(self, grain: Grain, row: Row) -> Row:
        match grain.kind:
            case "policy" | "group" | "entity":
                return TOP
            case "target":
                return row[0], 0
            case "entry":
                return row
            case _:
                assert_never(grain.kind)

    def rows(self, grain: Grain) -> list[Row]:
        items = self.shape.of(grain.indicator)
        match grain.kind:
            case "target":
                return [(number, 0) for number in range(len(items))]
            case "entry":
                return [(number, entry) for number, item in enumerate(items) for entry in range(item.entries)]
            case _:
                return [TOP]

    def _write(self, block: Block, step: Step, row: Row) -> Symbol:
        match step.operation:
            case Load() as load:
                return self._load(load, step.grain, row)
            case Constant(value):
                return Known(value)
            case Fail():
                block.leave()
                return NEVER
            case Calculate(name, ids):
                return self._calculated(block, name, [self.symbol(block, id, row) for id in ids])
            case Compare(sign, left, right):
                return self._compared(block, self.symbol(block, left, row), sign, self.symbol(block, right, row))
            case Logic(name, ids):
                return logic(block, name, [self.symbol(block, id, row) for id in ids])
            case InGroup(groups):
                return Known(self.shape.group in groups)
            case Choose(condition, chosen, other):
                return self._choose(block, self.symbol(block, condition, row), row, chosen, other)
            case Supply(value, instead):
                own = self.symbol(block, value, row)
                return self.symbol(block, instead, row) if is_missing(own) else own
            case Clamp(value, low, high):
                return self._clamped(block, row, value, low, high)
            case Round(value, mode, places):
                return self._rounded(block, row, value, mode, places)
            case Gate(value=value, when=when, at_most=at_most):
                return self._gated(block, row, value, when, at_most)
            case Combine() as operation:
                return combined(block, operation, lambda id: self.symbol(block, id, row))
            case Aggregate() as operation:
                return self._aggregated(block, operation, row)
            case Streak(years, None):
                return logic(block, "and", [self.symbol(block, id, row) for id in years])
            case Streak() | Rank() | Band() | Raise():
                raise Unsuited
            case _:
                assert_never(step.operation)

    def _load(self, load: Load, grain: Grain, row: Row) -> Symbol:
        item = self.shape.of(grain.indicator)[row[0]] if grain.indicator else None
        if load.source == "tag" and item is not None:
            return Known(load.name in item.tags)
        if load.source == "entity" and load.name == "group":
            return Known(self.shape.group)
        if load.source == "target" and item is not None and not load.offset:
            for name, value in item.fields:
                if name == load.name:
                    return Known(value)
        return self.slots.get((load, grain, *row), Known(MISSING))

    # ------------------------------------------------------------ operations

    def _calculated(self, block: Block, name: str, given: Sequence[Symbol]) -> Symbol:
        if any(isinstance(symbol, Never) for symbol in given):
            return NEVER
        if name == "is_missing":
            return Known(is_missing(given[0]))
        if any(map(is_missing, given)):
            return Known(MISSING)
        match name:
            case "days_between":
                later, earlier = given
                return Whole(block.put(f"({_thing(block, later)} - {_thing(block, earlier)}).days"), 1, 32)
            case "add_days" | "add_months":
                return Thing(_called(block, name, given))
            case "ln" | "exp" | "power" | "whole_power":
                return Exact(_called(block, name, given))
        numbers = [number(symbol) for symbol in given]
        match name:
            case "+" | "-":
                return arithmetic.added(block, numbers[0], numbers[1], name)
            case "*":
                return arithmetic.multiplied(block, numbers[0], numbers[1])
            case "/":
                return arithmetic.divided(block, numbers[0], numbers[1])
            case "per":
                if isinstance(numbers[1], Known) and not numbers[1].value:
                    return Known(MISSING)
                return arithmetic.divided(block, numbers[0], numbers[1])
            case "neg":
                return arithmetic.negated(block, numbers[0])
            case "abs":
                return arithmetic.magnitude(block, numbers[0])
            case "min" | "max":
                return arithmetic.extreme(block, numbers, "<" if name == "min" else ">")
            case _:
                raise Unsuited

    def _compared(self, block: Block, left: Symbol, sign: str, right: Symbol) -> Symbol:
        if _stops(left) or _stops(right):
            return _stopped(left, right)
        if isinstance(left, Known) and isinstance(right, Known):
            return Known(COMPARE[sign](left.value, right.value))
        if _is_number(left):
            code = f"({arithmetic.compared(block, number(left), sign, number(right))})"
            positive = isinstance(left, Whole) and sign == "<=" and right == Known(Fraction(0))
            return Truth(code, left.code if positive and isinstance(left, Whole) else "")
        return Truth(block.put(f"{as_value(block, left)} {sign} {as_value(block, right)}"))

    def _clamped(self, block: Block, row: Row, value: int, low: int | None, high: int | None) -> Symbol:
        given = [self.symbol(block, id, row) for id in (value, low, high) if id is not None]
        if any(map(_stops, given)):
            return _stopped(*given)
        numbers = [number(symbol) for symbol in given]
        result = numbers[0] if low is None else arithmetic.extreme(block, numbers[:2], ">")
        return result if high is None else arithmetic.extreme(block, [result, numbers[-1]], "<")

    def _rounded(self, block: Block, row: Row, value: int, mode: str, places: int) -> Symbol:
        if self.unchecked is not None and (ids := loaded(self.plan, value)) is not None:
            given = {id: self.symbol(block, id, row) for id in ids}
            outermost = block.around is None  # what is checked in a branch only may go unchecked
            decimals = self.decimals if outermost else {}
            found = tabulated(block, self.plan, given, self.shape.group, value, mode, places, decimals)
            if found is not None:
                score, checked = found
                if outermost:
                    self.unchecked -= checked
                return score
        own = self.symbol(block, value, row)
        return own if _stops(own) else round_code(block, number(own), mode, places)

    def _choose(self, block: Block, condition: Symbol, row: Row, chosen: int, other: int) -> Symbol:
        if isinstance(condition, Known):
            if isinstance(condition.value, Missing):
                return condition
            return self.symbol(block, chosen if condition.value else other, row)
        if isinstance(condition, Never):
            return NEVER
        return branched(
            block,
            condition,
            lambda inner: self.symbol(inner, chosen, row),
            lambda inner: self.symbol(inner, other, row),
        )

    def _gated(self, block: Block, row: Row, value: int, when: int, at_most: int | None) -> Symbol:
        """The score comes before its gate; a score that is missing passes a gate that lets it be."""
        score, holds = self.symbol(block, value, row), self.symbol(block, when, row)
        if isinstance(score, Never) or isinstance(holds, Never):
            return NEVER
        if isinstance(holds, Known):
            if holds.value is False:
                return score
            if holds.value is not True:  # undecided: the exact engine says for whom and why
                block.leave()
                return NEVER

        def left(inner: Block) -> Symbol:
            if is_missing(score) or at_most is None:
                return score if is_missing(score) else Known(Fraction(0))
            most = self.symbol(inner, at_most, row)
            return most if _stops(most) else arithmetic.extreme(inner, [number(score), number(most)], "<")

        if isinstance(holds, Known):
            return left(block)
        return branched(block, holds, left, lambda _: score)

    def _aggregated(self, block: Block, operation: Aggregate, row: Row) -> Symbol:
        if operation.over.kind == "entity" or operation.to.kind in ("group", "policy"):
            raise Unsuited
        rows = [at for at in self.rows(operation.over) if operation.to.kind == "entity" or at[0] == row[0]]

        def column(id: int | None) -> list[Symbol] | None:
            return None if id is None else [self.symbol(block, id, at) for at in rows]

        values = column(operation.value)
        assert values is not None
        return aggregated(block, operation, values, column(operation.when), column(operation.distinct))


def _stops(symbol: Symbol) -> bool:
    return isinstance(symbol, Never) or is_missing(symbol)


def _stopped(*given: Symbol) -> Symbol:
    return NEVER if any(isinstance(symbol, Never) for symbol in given) else Known(MISSING)


def _is_number(symbol: Symbol) -> bool:
    return isinstance(symbol, Whole | Ratio | Exact) or (
        isinstance(symbol, Known) and isinstance(symbol.value, Fraction)
    )


def _thing(block: Block, symbol: Symbol) -> str:
    assert isinstance(symbol, Thing | Known)
    return as_value(block, symbol)


def _called(block: Block, name: str, given: Sequence[Symbol]) -> str:
    """The exact engine's own function; where it has no result, that engine says why."""
    codes = ", ".join(as_value(block, symbol) for symbol in given)
    result = block.put(f"{block.constant(CALCULATE[name])}({codes})")
    block.leave(f"{result} is None")
    return result


def branched(
    block: Block, condition: Symbol, first: Callable[[Block], Symbol], second: Callable[[Block], Symbol]
) -> Symbol:
    """One of two values, each worked out only where it is wanted."""
    with block.inner() as left, block.inner() as right:
        if isinstance(condition, Truth) and condition.unless_above:
            right.known["above zero", condition.unless_above] = True
        values = [(left, first(left)), (right, second(right))]
    all_missing = all(is_missing(value) for _, value in values)
    live = [
        (inner, value)
        for inner, value in values
        if not isinstance(value, Never) and (all_missing or not is_missing(value))
    ]
    if not live:
        block.leave()
        return NEVER
    code = truth(condition)
    if len(live) == 1:  # the other gave up, or is missing for some and not for others: not of one shape
        inner, value = live[0]
        block.leave(f"not {code}" if inner is left else code)
        for line in inner.lines:
            block.lines.append(line.removeprefix("    "))
        block.known.update(inner.known)
        return value
    same = isinstance(live[0][1], Known) and live[0][1] == live[1][1]
    result = live[0][1] if same else _assigned(block, live)
    if left.lines or right.lines:
        block.take(f"if {code}:", left)
        block.take_otherwise(right)
    return result


def _assigned(block: Block, live: Sequence[tuple[Block, Symbol]]) -> Symbol:
    values = [value for _, value in live]
    if all(_is_number(value) for value in values):
        # a fraction or a pair may take lines of its own, in the block in which it is worked out
        wide = any(isinstance(value, Exact) for value in values)
        ready = [Exact(as_value(inner, value)) if wide else number(value) for inner, value in live]
        codes, form = arithmetic.unified(block, ready)
        names = [block.name() for _ in codes[0]]
        for (inner, _), given in zip(live, codes, strict=True):
            for name, code in zip(names, given, strict=True):
                inner.settle(name, code, alone=given.count(code) == 1)
        return arithmetic.formed(form, names)
    name = block.name()
    for inner, value in live:
        inner.write(f"{name} = {as_value(inner, value)}")
    return Truth(name) if all(_is_truth(value) for value in values) else Thing(name)


def _is_truth(symbol: Symbol) -> bool:
    return isinstance(symbol, Truth) or (isinstance(symbol, Known) and isinstance(symbol.value, bool))


def logic(block: Block, name: str, given: Sequence[Symbol]) -> Symbol:
    """`and`, `or` and `not` with missing values: what is missing leaves the answer open unless another decides it."""
    if any(isinstance(symbol, Never) for symbol in given):
        return NEVER
    if name == "not":
        own = given[0]
        if isinstance(own, Known):
            return own if isinstance(own.value, Missing) else Known(not own.value)
        return Truth(block.put(f"not {truth(own)}"))
    decides = name == "or"
    if any(isinstance(symbol, Known) and symbol.value is decides for symbol in given):
        return Known(decides)
    codes = [truth(symbol) for symbol in given if not isinstance(symbol, Known)]
    joined = f" {name} ".join(codes)
    if any(map(is_missing, given)):
        if not codes:
            return Known(MISSING)
        block.leave(f"not ({joined})" if decides else joined)
        return Known(decides)
    return Truth(block.put(joined)) if codes else Known(not decides)
