"""Rounded scores that depend on one quotient alone, as tables.

Let a ≥ 0 and p > 0 be whole numbers. Where a rounded score depends on a ÷ p alone, it has steps; where all of these
stand at multiples of 1/n, and the score at a step is that behind it, floor(n·a ÷ p) tells the score. So one division
and one look into a table take the place of comparisons, limits and rounding.

The steps are found by working the plan out at a quotient and just behind it, as a value and a slope, which also tells
up to which quotient nothing else is decided; and from there again.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from itertools import pairwise
from math import ceil, lcm
from typing import Final

from attrs import define, field, frozen

from assessdsl.backends.compiled.block import Block
from assessdsl.backends.compiled.symbols import Known, Symbol, Whole, as_decimal, times
from assessdsl.backends.scalars import COMPARE
from assessdsl.facts import Missing
from assessdsl.plan.steps import (
    Aggregate,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Constant,
    Gate,
    InGroup,
    Load,
    Logic,
    Plan,
    Round,
    Supply,
)
from assessdsl.plan.walk import inputs
from assessdsl.quantity import rounded

ENTRIES: Final = 10_000  # of a table
_MOST_PIECES: Final = 100
_STEPS: Final = 64  # so few cannot make a number too long of two that are read

_HALVES: Final = {"half_up": Fraction(1, 2), "floor": Fraction(0), "down": Fraction(0)}
"""The modes in which a number above zero that stands between two is taken up there, and how far between."""


class _Unfit(Exception):
    """It is no such score, or not plainly."""


@frozen
class _Near:
    """A number that is `value` + `slope`·(x − x₀) times p to the `degree`, from x₀ up to some x behind it."""

    value: Fraction
    slope: Fraction = Fraction(0)
    degree: int = 0

    @property
    def is_zero(self) -> bool:
        return not self.value and not self.slope


@define
class _Sight:
    """The plan worked out at the quotient x, or just behind it. `turns`: where something else may be decided."""

    plan: Plan
    given: dict[int, Symbol]  # by step, of what is loaded
    group: str
    above: str
    below: str
    x: Fraction
    behind: bool
    turns: list[Fraction] = field(factory=list)
    seen: dict[int, object] = field(factory=dict)

    def of(self, id: int) -> object:
        if id not in self.seen:
            self.seen[id] = self._worked_out(id)
        return self.seen[id]

    def number(self, id: int) -> _Near:
        value = self.of(id)
        if not isinstance(value, _Near):
            raise _Unfit
        return value

    def truth(self, id: int) -> bool:
        value = self.of(id)
        if not isinstance(value, bool):
            raise _Unfit
        return value

    def _worked_out(self, id: int) -> object:
        match self.plan.steps[id].operation:
            case Constant(value):
                return _Near(value) if isinstance(value, Fraction) else value
            case Load():
                return self._loaded(self.given[id])
            case InGroup(groups):
                return self.group in groups
            case Choose(condition, chosen, other):
                return self.of(chosen if self.truth(condition) else other)
            case Supply(value, instead):
                own = self.of(value)
                return self.of(instead) if isinstance(own, Missing) else own
            case Compare(sign, left, right):
                return self._compared(self.of(left), sign, self.of(right))
            case Logic("not", (only,)):
                return not self.truth(only)
            case Logic(name, ids):
                truths = list(map(self.truth, ids))
                return any(truths) if name == "or" else all(truths)
            case Clamp(value, low, high):
                own = self.number(value)
                own = own if low is None else self._extreme(own, self.number(low), ">")
                return own if high is None else self._extreme(own, self.number(high), "<")
            case Gate(value=value, when=when, at_most=at_most):
                own, holds = self.number(value), self.truth(when)
                if not holds:
                    return own
                return _Near(Fraction(0)) if at_most is None else self._extreme(own, self.number(at_most), "<")
            case Calculate("is_missing", (only,)):
                return isinstance(self.of(only), Missing)
            case Calculate(name, ids):
                return self._calculated(name, [self.number(id) for id in ids])
            case _:
                raise _Unfit

    def _loaded(self, symbol: Symbol) -> object:
        match symbol:
            case Known(Fraction() as value):
                return _Near(value)
            case Known(value):
                return value
            case Whole(self.above, scale):
                return _Near(self.x / scale, Fraction(1, scale), 1)
            case Whole(self.below, scale):
                return _Near(Fraction(1, scale), degree=1)
            case _:
                raise _Unfit

    def _calculated(self, name: str, given: list[_Near]) -> _Near:
        first, *others = given
        match name:
            case "+":
                return _sum(first, others[0])
            case "-":
                return _sum(first, _scaled(others[0], Fraction(-1)))
            case "neg":
                return _scaled(first, Fraction(-1))
            case "*":
                return _product(first, others[0])
            case "/" | "per":
                by = others[0]
                if by.slope or not by.value:
                    raise _Unfit
                return _product(first, _Near(1 / by.value, degree=-by.degree))
            case "abs":
                return self._extreme(first, _scaled(first, Fraction(-1)), ">")
            case "min" | "max":
                for other in others:
                    first = self._extreme(first, other, "<" if name == "min" else ">")
                return first
            case _:
                raise _Unfit

    def _compared(self, left: object, sign: str, right: object) -> bool:
        if not isinstance(left, _Near) or not isinstance(right, _Near):
            if isinstance(left, _Near | Missing) or isinstance(right, _Near | Missing):
                raise _Unfit
            return COMPARE[sign](left, right)
        difference = _sum(left, _scaled(right, Fraction(-1)))
        if difference.slope:
            self.turns.append(self.x - difference.value / difference.slope)
        first = difference.value or (difference.slope if self.behind else Fraction(0))
        return COMPARE[sign](first, Fraction(0))

    def _extreme(self, left: _Near, right: _Near, sign: str) -> _Near:
        return left if self._compared(left, sign, right) else right


def _sum(left: _Near, right: _Near) -> _Near:
    if left.is_zero or right.is_zero:
        return right if left.is_zero else left
    if left.degree != right.degree:
        raise _Unfit
    return _Near(left.value + right.value, left.slope + right.slope, left.degree)


def _scaled(near: _Near, by: Fraction) -> _Near:
    return _Near(near.value * by, near.slope * by, near.degree)


def _product(left: _Near, right: _Near) -> _Near:
    if left.slope and right.slope:
        raise _Unfit
    slope = left.slope * right.value + right.slope * left.value
    return _Near(left.value * right.value, slope, left.degree + right.degree)


_Pieces = tuple[tuple[Fraction, Fraction, Fraction], ...]
"""A score before it is rounded: from each start on, up to the next, value + slope·(x − start)."""


def _pieces(plan: Plan, given: dict[int, Symbol], group: str, above: str, below: str, id: int) -> _Pieces:
    x = Fraction(0)
    found: list[tuple[Fraction, Fraction, Fraction]] = []
    while len(found) < _MOST_PIECES:
        there, behind = (_Sight(plan, given, group, above, below, x, behind) for behind in (False, True))
        at, near = there.number(id), behind.number(id)
        if at.value != near.value or any(one.degree and not one.is_zero for one in (at, near)):
            raise _Unfit
        found.append((x, near.value, near.slope))
        later = [turn for turn in behind.turns if turn > x]
        if not later:
            return tuple(found)
        x = min(later)
    raise _Unfit


@lru_cache(64)
def _table(pieces: _Pieces, mode: str, places: int) -> tuple[int, tuple[int, ...], int] | None:
    """How many entries there are to 1, the entries, and what follows; in units of the last place."""
    power = 10**places
    parts = 1
    for start, value, slope in pieces:
        parts = lcm(parts, start.denominator)
        if slope < 0 or (slope and value < 0):
            return None
        if slope:
            first = start + (_HALVES[mode] / power - value) / slope
            parts = lcm(parts, first.denominator, (1 / (slope * power)).denominator)
    end, last, slope = pieces[-1]
    if slope or not 0 < end * parts <= ENTRIES:
        return None
    entries: list[int] = []
    for (start, value, slope), (until, *_) in pairwise(pieces):
        count = int((until - start) * parts)
        if slope:
            first, step = value * power + _HALVES[mode], slope * power / parts
            scale = lcm(first.denominator, step.denominator)
            one, more = int(first * scale), int(step * scale)
            entries += [(one + more * entry) // scale for entry in range(count)]
        else:
            entries += [int(rounded(value, mode, places) * power)] * count
    return parts, tuple(entries), int(rounded(last, mode, places) * power)


def tabulated(
    block: Block,
    plan: Plan,
    given: dict[int, Symbol],
    group: str,
    id: int,
    mode: str,
    places: int,
    decimals: Mapping[str, int],
) -> tuple[Whole, set[str]] | None:
    """The value of a step, rounded, if it depends on one quotient of whole numbers of which none is below zero, with
    the names of the two. By zero, the code gives up. `given`: what is loaded for the step, by step."""
    numbers = {symbol.code: symbol for symbol in given.values() if isinstance(symbol, Whole)}
    if mode not in _HALVES or places < 0 or len(numbers) != 2 or any(one.low is None for one in numbers.values()):
        return None
    for above, below in (tuple(numbers), tuple(reversed(numbers))):
        try:
            table = _table(_pieces(plan, given, group, above, below, id), mode, places)
        except _Unfit:
            continue
        if table is not None:
            as_they_are = above in decimals and decimals[above] == decimals.get(below)
            return _looked_up(block, above, below, *table, places, as_they_are), {above, below}
    return None


def _looked_up(
    block: Block,
    above: str,
    below: str,
    parts: int,
    entries: tuple[int, ...],
    last: int,
    places: int,
    as_they_are: bool,
) -> Whole:
    end = Fraction(len(entries), parts)
    name = block.name()
    if as_they_are:  # Decimals of as many places have the quotient of the whole numbers
        above, below = as_decimal(above), as_decimal(below)
        multiple: Callable[[str, int], str] = partial(_multiple, block)
        entry = f"({multiple(above, parts)} // {below}).__floor__()"  # int() of it takes half as long again
        positive = below
    else:
        multiple = times
        doubtful = max(2, ceil(2 * end))  # from here on, what is below the end has a divisor above 1
        right = f"{above} >= 0 and type({above}) is type({below}) is int"
        block.write(f"if {above} < {doubtful} and not ({right}): raise Leave")
        entry = f"{multiple(above, parts)} // {below}"
        positive = f"{below} > 1 or ({below} == 1 and type({below}) is int)"
    block.write(f"if {multiple(above, end.denominator)} < {multiple(below, end.numerator)}:")
    block.write(f"    {name} = {block.constant(entries)}[{entry}]")
    block.write(f"elif {positive}: {name} = {last}")
    block.write("else: raise Leave")
    least, most = min(*entries, last), max(*entries, last)
    bits = max(abs(least), abs(most)).bit_length()
    return Whole(name, 10**places, bits, Fraction(least, 10**places), Fraction(most, 10**places))


def _multiple(block: Block, name: str, factor: int) -> str:
    return name if factor == 1 else f"{name}*{block.constant(_decimal(factor))}"


@lru_cache(64)
def _decimal(number: int) -> Decimal:
    return Decimal(number)


def loaded(plan: Plan, id: int) -> list[int] | None:
    """The steps that load what a step depends on; None if that is much, or of several rows."""
    seen: set[int] = set()
    waiting = [id]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        operation = plan.steps[one].operation
        if len(seen) > _STEPS or isinstance(operation, Aggregate | Combine | Round):
            return None
        waiting.extend(inputs(operation))
    return sorted(one for one in seen if isinstance(plan.steps[one].operation, Load))
