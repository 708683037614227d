"""The values of a query: exact numbers as whole numbers over known units, and what may stand in the way of a value.

A value in SQL is NULL where it is missing and where it fails. Where it fails, `fault` tells the step that did.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm
from typing import Final

from attrs import evolve, frozen
from sqlglot import exp

from assessdsl.plan.ranges import Range


class Refused(Exception):
    """A step that the dialect cannot do exactly, by its reason: see REASONS in refusals."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@frozen
class Factor:
    """A column of whole numbers from 1 to `high`, by which numbers are divided."""

    relation: str
    column: str
    high: int

    @property
    def expression(self) -> exp.Expr:
        return exp.column(self.column, self.relation, quoted=True)


@frozen(eq=False)
class Number:
    """`n` × unit ÷ the product of the factors. `range` holds the number itself."""

    n: exp.Expr
    unit: Fraction
    range: Range
    factors: tuple[Factor, ...] = ()

    @property
    def bound(self) -> int:
        """No `n` is greater, nor less than its negative."""
        return bound(self.range, self.unit, self.factors)


@frozen(eq=False)
class Cell:
    """The value of a step: a number, or an expression of another kind; NULL where it is missing or fails."""

    value: Number | exp.Expr
    fault: exp.Expr | None = None  # the id of the step that failed, else NULL; None: it never fails

    @property
    def number(self) -> Number:
        if isinstance(self.value, Number):
            return self.value
        if is_null(self.value):
            return Number(exp.null(), Fraction(1), ZERO)
        raise Refused("not_a_number")

    @property
    def plain(self) -> exp.Expr:
        """The value of a kind that is no number; of a number without factors, its whole number."""
        return self.value.n if isinstance(self.value, Number) else self.value


def fixed(number: Number) -> Number:
    """With the range of the number itself, where it is known."""
    known = literal(number.n)
    if known is None or number.factors:
        return number
    return evolve(number, range=Range(known * number.unit, known * number.unit))


ZERO: Final = Range(Fraction(0), Fraction(0))


def literal(one: exp.Expr) -> int | None:
    """The number of a literal, with its sign."""
    match one:
        case exp.Literal(is_string=False):
            return int(one.this)
        case exp.Neg(this=exp.Literal() as under):
            return -int(under.this)
        case _:
            return None


def is_null(node: exp.Expr) -> bool:
    return isinstance(node, exp.Null)


def magnitude(range: Range) -> Fraction:
    """The greatest distance from zero."""
    if range.low is None or range.high is None:
        raise Refused("no_bounds")
    return max(abs(range.low), abs(range.high))


def bound(range: Range, unit: Fraction, factors: Iterable[Factor]) -> int:
    found = magnitude(range) / unit
    for factor in factors:
        found *= factor.high
    return -(-found.numerator // found.denominator)


def constant(value: Fraction) -> Number:
    if value == 0:
        return Number(exp.Literal.number(0), Fraction(1), ZERO)
    return Number(exp.Literal.number(1 if value > 0 else -1), abs(value), Range(value, value))


def common_unit(numbers: Iterable[Number]) -> Fraction:
    """The greatest unit of which all of them are multiples; a zero is one of any."""
    units = [number.unit for number in numbers if number.range != ZERO]
    if not units:
        return Fraction(1)
    return Fraction(gcd(*(unit.numerator for unit in units)), lcm(*(unit.denominator for unit in units)))


def common_factors(numbers: Iterable[Number]) -> tuple[Factor, ...]:
    found: list[Factor] = []
    for number in numbers:
        if number.range != ZERO:
            found += without(number.factors, found)
    return tuple(found)


def without(factors: Iterable[Factor], taken: Iterable[Factor]) -> list[Factor]:
    """The factors that are left when those taken are."""
    left, rest = [], list(taken)
    for factor in factors:
        if factor in rest:
            rest.remove(factor)
        else:
            left.append(factor)
    return left
