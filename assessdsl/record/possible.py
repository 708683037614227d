"""What a value may turn out to be while facts are still open, and the operations of a plan on such values.

A day stands as its number (date.toordinal), so that a range may hold days too. What stops an assessment is no value:
bounds speak of the results that there can be.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from functools import reduce
from typing import Final

from attrs import frozen

from assessdsl import irrational
from assessdsl.backends.columns import Fault, Value
from assessdsl.backends.scalars import CALCULATE
from assessdsl.facts import Missing
from assessdsl.plan.ranges import (
    ANY,
    EITHER,
    NOT_NEGATIVE,
    NOTHING,
    Answer,
    Never,
    Possible,
    Range,
    Thing,
    add,
    compare,
    divide,
    exactly,
    hull,
    lowest,
    negative,
)
from assessdsl.plan.ranges import calculated as of_ranges
from assessdsl.quantity import Unit, add_months


@frozen
class Some:
    """Any value of `what`; with `missing`, perhaps none is ever reported."""

    what: Possible
    missing: bool = False

    @property
    def number(self) -> Range:
        return self.what if isinstance(self.what, Range) else ANY

    @property
    def fails(self) -> bool:
        """Whether there is nothing that it can be: whoever needs it has no result."""
        return isinstance(self.what, Never) and not self.missing

    def may(self, answer: bool) -> bool:
        return isinstance(self.what, Answer) and answer in self.what.possible

    def surely(self, answer: bool) -> bool:
        return self.what == Answer(frozenset((answer,))) and not self.missing


FAILED: Final = Some(Never())
UNREPORTED: Final = Some(Never(), missing=True)


def known(value: Value) -> Some:
    match value:
        case bool():
            return Some(Answer(frozenset((value,))))
        case Fraction():
            return Some(exactly(value))
        case date():
            return Some(exactly(Fraction(value.toordinal())))
        case str():
            return Some(Thing(value))
        case Missing():
            return UNREPORTED
        case Fault():
            return FAILED


def anything(unit: Unit) -> Possible:
    """Whatever may be reported in a unit."""
    if unit is Unit.YES_NO:
        return EITHER
    if unit.counts:
        return NOT_NEGATIVE
    if unit is Unit.SURVEY:
        return Range(Fraction(0), Fraction(1))
    return ANY if unit.is_number or unit is Unit.DATE else Thing()


def union(parts: Iterable[Some]) -> Some:
    found = list(parts)
    return Some(hull(*(one.what for one in found)), any(one.missing for one in found))


def answers(possible: Iterable[bool], missing: bool = False) -> Some:
    found = frozenset(possible)
    return Some(Answer(found) if found else Never(), missing)


def strict(parts: Sequence[Some], function: Callable[..., Possible]) -> Some:
    """Missing where one of the parts is; no value where one of them has none."""
    if any(one.fails for one in parts):
        return FAILED
    missing = any(one.missing for one in parts)
    if any(isinstance(one.what, Never) for one in parts):
        return Some(Never(), missing)
    return Some(function(*(one.what for one in parts)), missing)


# ---------------------------------------------------------------- calculations


def calculated(operator: str, parts: Sequence[Some]) -> Some:
    if operator == "is_missing":
        return answers([*([True] if parts[0].missing else []), *([] if isinstance(parts[0].what, Never) else [False])])
    result = strict(parts, lambda *numbers: _number(operator, [n if isinstance(n, Range) else ANY for n in numbers]))
    if operator == "per" and not isinstance(parts[1].what, Never) and _may_be_zero(parts[1].number):
        return Some(result.what, missing=True)
    return result


def _may_be_zero(one: Range) -> bool:
    return (one.low is None or one.low <= 0) and (one.high is None or one.high >= 0)


def _number(operator: str, numbers: list[Range]) -> Possible:
    points = [one.only for one in numbers]
    exact = [point for point in points if point is not None]
    if len(exact) == len(points) and operator not in ("days_between", "add_days", "add_months"):
        value = CALCULATE[operator](*exact)
        return exactly(value) if isinstance(value, Fraction) else Never()
    match operator, numbers:
        case "add_days", [left, right]:
            return add(left, right)
        case "days_between", [left, right]:
            return add(left, negative(right))
        case (("/" | "per"), [left, right]):
            return _divided(left, right)
        case "add_months", [day, months] if months.only is not None:
            return Range(_months_on(day.low, months.only), _months_on(day.high, months.only))
        case "exp", [one]:
            return Range(irrational.exp(one.low) if one.low is not None else Fraction(0), _of(irrational.exp, one.high))
        case "whole_power", [base, _] if base.low is not None and base.low >= 0:
            return NOT_NEGATIVE
        case "power", _:
            return _power(numbers)
        case _:
            return of_ranges(operator, numbers) or ANY


def _divided(left: Range, right: Range) -> Possible:
    if right == NOTHING:
        return Never()
    if right.high == 0:
        return negative(divide(left, negative(right)))
    return divide(left, right)


def _months_on(day: Fraction | None, months: Fraction) -> Fraction | None:
    try:
        return None if day is None else Fraction(add_months(date.fromordinal(int(day)), int(months)).toordinal())
    except (OverflowError, ValueError):  # beyond the calendar
        return None


def _of(function: Callable[[Fraction], Fraction | None], bound: Fraction | None) -> Fraction | None:
    return None if bound is None else function(bound)


def _power(numbers: list[Range]) -> Range:
    """Of bases and exponents in turn: none of the bases that give a value is below zero."""
    bases, exponents = numbers[::2], [one.only for one in numbers[1::2]]
    if any(exponent is None or exponent <= 0 for exponent in exponents):
        return NOT_NEGATIVE

    def ends(values: list[Fraction | None]) -> Fraction | None:
        pairs = [(max(v, Fraction(0)), e) for v, e in zip(values, exponents, strict=True) if v is not None and e]
        return irrational.power(pairs) if len(pairs) == len(values) else None

    return Range(ends([one.low or Fraction(0) for one in bases]) or Fraction(0), ends([one.high for one in bases]))


# ---------------------------------------------------------------- questions


def compared(sign: str, left: Some, right: Some) -> Some:
    return strict((left, right), lambda first, second: compare(sign, first, second))


def opposite(one: Some) -> Some:
    if not isinstance(one.what, Answer):
        return one
    return answers((not answer for answer in one.what.possible), one.missing)


def every(parts: Sequence[Some]) -> Some:
    """No if one is; else, with what is missing, not known."""
    possible = [False] if any(one.may(False) for one in parts) else []
    possible += [True] if all(one.may(True) for one in parts) else []
    open_end = any(one.missing for one in parts) and all(one.missing or one.may(True) for one in parts)
    return answers(possible, open_end)


def some(parts: Sequence[Some]) -> Some:
    return opposite(every([opposite(one) for one in parts]))


# ---------------------------------------------------------------- decisions


def chosen(condition: Some, first: Some, second: Some) -> Some:
    taken = [one for one, answer in ((first, True), (second, False)) if condition.may(answer)]
    return union([*taken, *([UNREPORTED] if condition.missing else [])]) if taken or condition.missing else FAILED


def supplied(value: Some, instead: Some) -> Some:
    if not value.missing:
        return value
    return instead if isinstance(value.what, Never) else union((Some(value.what), instead))


def gated(value: Some, when: Some, at_most: Some | None) -> Some:
    """Where it is not known whether the gate fires there is no result."""
    if value.fails:
        return FAILED
    left: list[Some] = [value] if when.may(False) else []
    if when.may(True):
        limit = Some(NOTHING) if at_most is None else at_most
        kept = limit if at_most is None else strict((Some(value.what), limit), _least)
        if not isinstance(value.what, Never):
            left.append(kept)
        if value.missing:
            left.append(UNREPORTED)
    return union(left) if left else FAILED


def _least(*parts: Possible) -> Possible:
    return lowest([one for one in parts if isinstance(one, Range)])


def total(parts: Iterable[Range]) -> Range:
    return reduce(add, parts, NOTHING)
