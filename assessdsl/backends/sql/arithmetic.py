"""Exact arithmetic of whole numbers in SQL, with a proof for each operation that its numbers fit.

Numbers within BIGINT are BIGINT, others have the wide type of the dialect; an operand is made wide before an operation
whose result may be. Operands that stand more than once in a formula must be columns or constants: see Relations.atom.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from attrs import evolve, frozen
from sqlglot import exp

from assessdsl.backends.sql.cells import (
    ZERO,
    Factor,
    Number,
    Refused,
    bound,
    common_factors,
    common_unit,
    constant,
    is_null,
    literal,
    magnitude,
    without,
)
from assessdsl.backends.sql.dialects import NARROW, Dialect, quotient
from assessdsl.plan import ranges
from assessdsl.plan.ranges import Range

_FLAT: Final = 50  # conditions without brackets

SIGNS: Final[dict[str, type[exp.Binary]]] = {
    "==": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip


def binary(kind: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return kind(this=operand(left), expression=operand(right))


def joined(kind: type[exp.Connector], conditions: Sequence[exp.Expr]) -> exp.Expr:
    """One or more conditions. Hundreds within one another would be too deep, for us and for databases: they are joined
    in pairs, and these in pairs, with brackets where they are many."""
    if len(conditions) == 1:
        return conditions[0]
    if len(conditions) > _FLAT:
        return joined(kind, [joined(kind, conditions[at : at + _FLAT]) for at in range(0, len(conditions), _FLAT)])
    found = [exp.paren(one, copy=False) if isinstance(one, exp.Connector) else one for one in conditions]
    while len(found) > 1:
        pairs = [kind(this=one, expression=other) for one, other in zip(found[::2], found[1::2], strict=False)]
        found = [*pairs, *found[2 * len(pairs) :]]
    return found[0]


def operand(one: exp.Expr) -> exp.Expr:
    return exp.paren(one, copy=False) if isinstance(one, exp.Binary | exp.Unary) and not _is_number(one) else one


def _is_number(one: exp.Expr) -> bool:
    return isinstance(one, exp.Paren) or (isinstance(one, exp.Neg) and isinstance(one.this, exp.Literal))


def whole(number: int) -> exp.Expr:
    return exp.Literal.number(number)


def case(*branches: tuple[exp.Expr, exp.Expr], other: exp.Expr | None = None) -> exp.Expr:
    """The value of the first condition that holds, else the other, else NULL; simplified where all are NULL."""
    values = [value for _, value in branches] + ([] if other is None else [other])
    if all(is_null(value) for value in values):
        return exp.null()
    found = exp.Case(ifs=[exp.If(this=condition, true=value) for condition, value in branches])
    if other is not None and not is_null(other):
        found.set("default", other)
    return found


@frozen
class Arithmetic:
    dialect: Dialect

    def fits(self, most: int) -> bool:
        """Whether numbers up to this are wide; what fits neither is refused."""
        if most > self.dialect.widest:
            raise Refused("too_large", str(len(str(most))))
        return most > NARROW

    def typed(self, one: exp.Expr, *, wide: bool) -> exp.Expr:
        """Cast to the type for it. A literal takes the type of what it stands beside."""
        if wide and self.dialect.wide is not None:
            return exp.cast(one, self.dialect.wide, copy=False)
        return exp.cast(one, "BIGINT", copy=False)

    def number(self, n: exp.Expr, unit: Fraction, range: Range, *factors: Factor, was: int = 0) -> Number:
        """The number, of the type that its bound asks for; `was`: the bound of what `n` was worked out from."""
        number = Number(n, unit, range, factors)
        wide = self.fits(number.bound)
        if was > NARROW and not wide and literal(n) is None and not is_null(n):
            return evolve(number, n=self.typed(n, wide=False))
        return number

    def n_at(self, number: Number, unit: Fraction, factors: Sequence[Factor], *, wide: bool = False) -> exp.Expr:
        """The whole number of a value over another unit and more factors, of which its own are among."""
        if number.range == ZERO:
            return number.n if is_null(number.n) or literal(number.n) is not None else _times(number.n, 1)
        ratio = number.unit / unit
        assert ratio.denominator == 1, "the unit is not a common one"
        missing = without(factors, number.factors)
        most = bound(number.range, unit, factors)
        wide = self.fits(most) or wide
        n = number.n
        if (known := literal(n)) is not None:
            n = whole(known * ratio.numerator)
            ratio = Fraction(1)
        elif wide and number.bound <= NARROW and not is_null(n):
            n = self.typed(n, wide=True)
        n = _times(n, ratio.numerator)
        for factor in missing:
            by = factor.expression
            if wide and factor.high <= NARROW and literal(n) is not None:
                by = self.typed(by, wide=True)
            n = by if literal(n) == 1 else binary(exp.Mul, n, by)
        return n

    def together(self, numbers: Sequence[Number]) -> tuple[list[exp.Expr], Fraction, tuple[Factor, ...], int]:
        """The whole numbers of values over a common unit and common factors; and the most that one can be."""
        unit, factors = common_unit(numbers), common_factors(numbers)
        most = max((bound(number.range, unit, factors) for number in numbers), default=0)
        wide = self.fits(most)
        return [self.n_at(number, unit, factors, wide=wide) for number in numbers], unit, factors, most

    # ------------------------------------------------------------ operations

    def add(self, left: Number, right: Number, *, minus: bool = False) -> Number:
        if right.range == ZERO and not is_null(right.n) and literal(right.n) is not None:
            return left
        reach = ranges.add(left.range, ranges.negative(right.range) if minus else right.range)
        unit, factors = common_unit((left, right)), common_factors((left, right))
        ends = [bound(one.range, unit, factors) for one in (left, right)]
        wide = self.fits(sum(ends))
        first, second = (self.n_at(one, unit, factors, wide=wide) for one in (left, right))
        return self.number(binary(exp.Sub if minus else exp.Add, first, second), unit, reach, *factors, was=sum(ends))

    def total(self, numbers: Sequence[Number]) -> Number:
        """Added in pairs, as conditions are joined."""
        if not numbers:
            return Number(whole(0), Fraction(1), ZERO)
        while len(numbers) > 1:
            pairs = [self.add(first, second) for first, second in zip(numbers[::2], numbers[1::2], strict=False)]
            numbers = [*pairs, *numbers[2 * len(pairs) :]]
        return numbers[0]

    def negative(self, one: Number) -> Number:
        known = literal(one.n)
        n = whole(-known) if known is not None else exp.Neg(this=operand(one.n))
        return evolve(one, n=n, range=ranges.negative(one.range))

    def multiply(self, left: Number, right: Number) -> Number:
        reach = ranges.multiply(left.range, right.range)
        unit, factors = left.unit * right.unit, (*left.factors, *right.factors)
        if reach == ZERO:
            unit, factors = Fraction(1), ()
        most = left.bound * right.bound
        wide = self.fits(most)
        for one, other in ((left, right), (right, left)):
            known = literal(one.n)
            if known is not None and reach != ZERO:
                n = other.n if known == 1 else exp.Neg(this=operand(other.n)) if known == -1 else None
                if n is not None:
                    return Number(n, unit, reach, factors)
        first = self.typed(left.n, wide=True) if wide and left.bound <= NARROW else left.n
        second = self.typed(right.n, wide=True) if wide and right.bound <= NARROW else right.n
        return self.number(binary(exp.Mul, first, second), unit, reach, *factors, was=most)

    def divide(self, left: Number, right: Number, positive: Callable[[exp.Expr, Range, int], Factor]) -> Number:
        """The quotient; missing where the divisor is zero. positive: makes a column of whole numbers above zero. The
        divisor's number stands there more than once."""
        if right.range == ZERO:
            return Number(exp.null(), Fraction(1), ZERO)
        known = literal(right.n)
        if known is not None:
            return self.multiply(left, constant(1 / (known * right.unit)))
        size = bound(right.range, right.unit, right.factors)
        own, other = without(left.factors, right.factors), without(right.factors, left.factors)
        unit = left.unit / right.unit
        least = right.unit
        for factor in right.factors:
            least = least / factor.high  # the divisor is no nearer to zero
        cap = magnitude(left.range) / least
        reach = ranges.divide(left.range, right.range)
        reach = Range(
            -cap if reach.low is None else max(reach.low, -cap), cap if reach.high is None else min(reach.high, cap)
        )
        n = self.n_at(evolve(left, factors=()), left.unit, other)
        low = right.range.low
        assert low is not None
        if low < 0:
            signed = case(
                (binary(exp.GT, right.n, whole(0)), n),
                (binary(exp.LT, right.n, whole(0)), exp.Neg(this=operand(n))),
            )
        elif low > 0:
            signed = n if is_null(right.n) else case((exp.Not(this=exp.Is(this=right.n, expression=exp.null())), n))
        else:
            signed = case((binary(exp.GT, right.n, whole(0)), n))
        factor = positive(right.n, right.range, size)
        return self.number(signed, unit, reach, *own, factor, was=self._most(left, other))

    def _most(self, number: Number, factors: Sequence[Factor]) -> int:
        most = number.bound
        for factor in factors:
            most *= factor.high
        return most

    def compare(self, sign: str, left: Number, right: Number) -> exp.Expr:
        (first, second), *_ = self.together((left, right))
        return binary(SIGNS[sign], first, second)

    def extreme(self, numbers: Sequence[Number], *, greatest: bool) -> Number:
        """The greatest or the least; missing if one of them is. Their numbers stand there more than once."""
        found = numbers[0]
        for number in numbers[1:]:
            (first, second), unit, factors, most = self.together((found, number))
            sign = exp.GTE if greatest else exp.LTE
            n = case(
                (binary(sign, first, second), first), (binary(SIGNS["<" if greatest else ">"], first, second), second)
            )
            reach = (ranges.highest if greatest else ranges.lowest)([found.range, number.range])
            found = self.number(n, unit, reach, *factors, was=most)
        return found

    def chosen(self, branches: Sequence[tuple[exp.Expr, Number]]) -> Number:
        """The number of the first condition that holds, else missing."""
        numbers = [number for _, number in branches if not is_null(number.n)]
        if not numbers:
            return Number(exp.null(), Fraction(1), ZERO)
        ns, unit, factors, _ = self.together([number for _, number in branches])
        reach = ranges.hull(*(number.range for number in numbers))
        assert isinstance(reach, Range)
        n = case(*((condition, n) for (condition, _), n in zip(branches, ns, strict=True)))
        if all(is_null(one) or literal(one) is not None for one in ns):
            n = self.typed(n, wide=False)  # literals alone would be of a smaller type yet
        return self.number(n, unit, reach, *factors)

    def rounded(self, one: Number, mode: str, places: int) -> Number:
        """Rounded to decimal places, by whole numbers alone. The number's own stands there more than once."""
        target = Fraction(1, 10**places) if places >= 0 else Fraction(10**-places)
        reach = ranges.rounded_range(one.range, mode, places)
        ratio = one.unit / target
        if not one.factors and ratio.denominator == 1:
            return one
        over_range = magnitude(one.range)
        under = ratio.denominator
        for factor in one.factors:
            under *= factor.high
        top = -(-(over_range / one.unit).numerator // (over_range / one.unit).denominator) * ratio.numerator
        for factor in one.factors:
            top *= factor.high
        wide = self.fits(2 * top + 2 * under)
        size = _sized(one)
        if wide and one.bound <= NARROW:
            size = self.typed(size, wide=True)
        over = _times(size, ratio.numerator)
        down = whole(ratio.denominator)
        if wide:
            down = self.typed(down, wide=True)
        for factor in one.factors:
            down = factor.expression if literal(down) == 1 else binary(exp.Mul, down, factor.expression)
        negative = one.range.low is not None and one.range.low < 0
        up, cut = self._nearest(over, down, mode, negative=False, wide=wide), None
        if negative:
            cut = self._nearest(over, down, mode, negative=True, wide=wide)
            up = case(
                (binary(exp.GTE, one.n, whole(0)), up), (binary(exp.LT, one.n, whole(0)), exp.Neg(this=operand(cut)))
            )
        return self.number(up, target, reach, was=NARROW + 1 if wide else 0)

    def _nearest(self, over: exp.Expr, down: exp.Expr, mode: str, *, negative: bool, wide: bool) -> exp.Expr:
        """A magnitude divided and rounded; of a negative number, floor goes away from zero."""

        def divided(top: exp.Expr, under: exp.Expr) -> exp.Expr:
            return quotient(self.dialect, operand(top), operand(under), wide=wide)

        double, twice = binary(exp.Mul, over, whole(2)), binary(exp.Mul, down, whole(2))
        outwards = "ceiling" if not negative else "floor"
        match mode:
            case "half_up":
                return divided(binary(exp.Add, double, down), twice)
            case "half_down":
                return divided(binary(exp.Sub, binary(exp.Add, double, down), whole(1)), twice)
            case "half_even":
                up = divided(binary(exp.Add, double, down), twice)
                at_half = binary(exp.EQ, binary(exp.Mod, binary(exp.Add, double, down), twice), whole(0))
                odd = binary(exp.EQ, binary(exp.Mod, up, whole(2)), whole(1))
                return binary(exp.Sub, up, case((exp.and_(at_half, odd, copy=False), whole(1)), other=whole(0)))
            case _ if mode in ("up", outwards):
                return divided(binary(exp.Sub, binary(exp.Add, over, down), whole(1)), down)
            case _:
                return divided(over, down)

    def sortable(self, one: Number) -> exp.Expr:
        """A whole number that is greater for greater values and equal for equal ones.

        Two values over factors of at most D differ by 1/D² or more, so their floors over 1/D² differ as they do.
        """
        if not one.factors:
            return one.n
        high = 1
        for factor in one.factors:
            high *= factor.high
        finest = evolve(
            one,
            unit=Fraction(1) * high * high,
            range=Range(_scaled(one.range.low, one, high), _scaled(one.range.high, one, high)),
        )
        return self.rounded(finest, "floor", 0).n


def _scaled(end: Fraction | None, one: Number, high: int) -> Fraction | None:
    return None if end is None else end / one.unit * high * high


def _sized(one: Number) -> exp.Expr:
    """The magnitude of the whole number."""
    if one.range.low is not None and one.range.low >= 0:
        return one.n
    return case(
        (binary(exp.GTE, one.n, whole(0)), one.n), (binary(exp.LT, one.n, whole(0)), exp.Neg(this=operand(one.n)))
    )


def _times(n: exp.Expr, by: int) -> exp.Expr:
    if by == 1:
        return n
    known = literal(n)
    return whole(known * by) if known is not None else binary(exp.Mul, n, whole(by))
