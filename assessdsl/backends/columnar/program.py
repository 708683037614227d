"""A program over whole columns: one operation after another, each result with the range in which it was proved to lie.

Whole numbers within ±2⁵³ are held as binary floating-point numbers of 64 bits, which hold them exactly, are worked on
several at a time and divide quickly; greater ones, within ±2⁶³, as integers. `real` nodes are not exact: each carries a
bound on how far it can be from the number that it stands for, and nothing but a decision that this bound leaves no
doubt about is ever taken from one. Of some it is known, too, what part of itself the error can be: these are zero where
what they stand for is, and have its sign.
"""

from collections.abc import Collection
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from attrs import define, field

from assessdsl.backends.columnar.nodes import (
    EXACT,
    FARTHEST,
    LONGEST,
    Bit,
    Kind,
    Node,
    Part,
    bounded,
    has_sign,
    of_one,
    of_product,
    shorter,
)

_HALF_ULP: Final = Fraction(1, EXACT)  # the relative error of one rounded operation, at most
_MANTISSA: Final = Fraction(706, 1000), Fraction(1416, 1000)


class TooWide(Exception):
    """A whole number that could take more than 64 bits, or another far greater than any use."""


@define
class Program:
    """Nodes in an order in which they can be worked out. Equal operations are one node."""

    nodes: list[Node] = field(factory=list)
    _index: dict[Any, Node] = field(factory=dict)

    def _node(
        self,
        operator: str,
        inputs: tuple[Node, ...],
        kind: Kind,
        low: Fraction | int = 0,
        high: Fraction | int = 0,
        error: Fraction = Fraction(0),
        value: Any = None,
        part: Part | None = None,
    ) -> Node:
        key = (
            operator,
            tuple(one.number for one in inputs),
            kind,
            value,
            (low, high, error) if kind == "real" else None,
        )
        if key not in self._index:
            least, most = (int(low), int(high)) if kind == "whole" else (Fraction(low), Fraction(high))
            if kind == "whole" and max(-least, most) > LONGEST:
                raise TooWide
            if kind == "real":
                part = bounded(part, Fraction(least), Fraction(most), error)
                error = error if part is None else min(error, part.of_it * max(-least, most))
            made = Node(len(self.nodes), operator, inputs, kind, least, most, error, value, part)
            self.nodes.append(made)
            self._index[key] = made
        return self._index[key]

    # ------------------------------------------------------------ columns and constants

    def column(self, key: str, low: int, high: int) -> Node:
        return self._node("column", (), "whole", low, high, value=key)

    def bits(self, key: str) -> Node:
        return self._node("column", (), "bit", value=key)

    def missing(self, key: str) -> Node:
        return self._node("missing", (), "bit", value=key)

    def constant(self, value: int) -> Node:
        return self._node("constant", (), "whole", value, value, value=value)

    def real_constant(self, value: Fraction, off: Fraction = Fraction(0)) -> Node:
        """`off`: how far the number may be from what it stands for."""
        error = abs(value) * _HALF_ULP + off
        part = None if off else Part(_HALF_ULP, abs(value) or Fraction(1))
        return self._node("constant", (), "real", value - off, value + off, error, value, part)

    # ------------------------------------------------------------ whole numbers

    def add(self, left: Node, right: Node) -> Node:
        if left.known == 0:
            return right
        if right.known == 0:
            return left
        return self._folded("+", (left, right), left.low + right.low, left.high + right.high)

    def subtract(self, left: Node, right: Node) -> Node:
        if right.known == 0:
            return left
        return self._folded("-", (left, right), left.low - right.high, left.high - right.low)

    def multiply(self, left: Node, right: Node) -> Node:
        for one, other in ((left, right), (right, left)):
            if one.known == 1:
                return other
            if one.known is not None and other.operator == "*" and (inner := other.inputs[1].known) is not None:
                return self.multiply(other.inputs[0], self.constant(int(one.known * inner)))
        if left.known is not None:
            left, right = right, left
        if right.known is not None and left.operator == "choose" and left.inputs[1].known is not None:
            condition, chosen, other = left.inputs
            return self.choose(condition, self.multiply(chosen, right), self.multiply(other, right))
        corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        return self._folded("*", (left, right), min(corners), max(corners))

    def negate(self, one: Node) -> Node:
        return self._folded("neg", (one,), -one.high, -one.low)

    def magnitude(self, one: Node) -> Node:
        if one.low >= 0:
            return one
        return self._folded("abs", (one,), 0, max(-one.low, one.high)) if one.high > 0 else self.negate(one)

    def least(self, left: Node, right: Node) -> Node:
        if left is right or left.high <= right.low:
            return left
        if right.high <= left.low:
            return right
        return self._folded("min", (left, right), min(left.low, right.low), min(left.high, right.high))

    def greatest(self, left: Node, right: Node) -> Node:
        if left is right or left.low >= right.high:
            return left
        if right.low >= left.high:
            return right
        return self._folded("max", (left, right), max(left.low, right.low), max(left.high, right.high))

    def floor_divide(self, left: Node, right: Node) -> Node:
        """The quotient rounded down. The divisor is above zero in every row.

        With floating-point numbers it is exact: between a quotient that is no whole number and the next one lies at
        least 1 ÷ divisor, which is more than the rounding of the quotient can be while the dividend is within 2⁵³.
        """
        assert right.low >= 1
        if right.known == 1:
            return left
        corners = [a // b for a in (left.low, left.high) for b in (right.low, right.high)]
        return self._folded("//", (left, right), min(corners), max(corners))

    def _folded(self, operator: str, inputs: tuple[Node, ...], low: Fraction | int, high: Fraction | int) -> Node:
        if low == high:
            return self.constant(int(low))
        return self._node(operator, inputs, "whole", low, high)

    # ------------------------------------------------------------ yes and no

    def compare(self, left: Node, sign: str, right: Node) -> Bit:
        """The comparison of whole numbers."""
        match sign:
            case ">" | ">=":
                return self.compare(right, "<" if sign == ">" else "<=", left)
            case "<":
                if left.high < right.low:
                    return True
                if left.low >= right.high:
                    return False
                return self._node("<", (left, right), "bit")
            case "<=":
                return self.opposite(self.compare(right, "<", left))
            case "!=":
                return self.opposite(self.compare(left, "==", right))
            case _:
                if left.known is not None:
                    left, right = right, left
                if left.high < right.low or left.low > right.high:
                    return False
                if left.known is not None and left.known == right.known:
                    return True
                if right.known is not None and right.known == left.low:
                    return self.compare(left, "<", self.constant(int(left.low) + 1))
                if right.known is not None and right.known == left.high:
                    return self.compare(right, "<=", left)
                return self._node("==", (left, right), "bit")

    def among(self, one: Node, numbers: Collection[int]) -> Bit:
        """Whether a whole number is one of some numbers."""
        found, rest = list[Bit](), sorted(set(numbers))
        while rest:
            run = 1
            while run < len(rest) and rest[run] == rest[0] + run:
                run += 1
            first, last = self.constant(rest[0]), self.constant(rest[run - 1])
            found.append(self.both(self.compare(one, ">=", first), self.compare(one, "<=", last)))
            rest = rest[run:]
        return self.either(*found)

    def both(self, *bits: Bit) -> Bit:
        found: dict[Node, None] = {}
        for bit in bits:
            if bit is False:
                return False
            if not isinstance(bit, bool):
                found[bit] = None
        if any(self.opposite(bit) in found for bit in found):
            return False
        result: Bit = True
        for bit in sorted(found, key=lambda bit: bit.number):
            result = bit if isinstance(result, bool) else self._node("and", (result, bit), "bit")
        return result

    def either(self, *bits: Bit) -> Bit:
        found: dict[Node, None] = {}
        for bit in bits:
            if bit is True:
                return True
            if not isinstance(bit, bool):
                found[bit] = None
        if any(self.opposite(bit) in found for bit in found):
            return True
        result: Bit = False
        for bit in sorted(found, key=lambda bit: bit.number):
            result = bit if isinstance(result, bool) else self._node("or", (result, bit), "bit")
        return result

    def opposite(self, bit: Bit) -> Bit:
        if isinstance(bit, bool):
            return not bit
        return bit.inputs[0] if bit.operator == "not" else self._node("not", (bit,), "bit")

    def choose_bit(self, condition: Bit, chosen: Bit, other: Bit) -> Bit:
        if chosen is other:
            return chosen
        return self.either(self.both(condition, chosen), self.both(self.opposite(condition), other))

    # ------------------------------------------------------------ of both kinds of numbers

    def choose(self, condition: Bit, chosen: Node, other: Node) -> Node:
        if isinstance(condition, bool):
            return chosen if condition else other
        if chosen is other:
            return chosen
        if condition.operator == "not":
            return self.choose(condition.inputs[0], other, chosen)
        return self._node(
            "choose",
            (condition, chosen, other),
            chosen.kind,
            min(chosen.low, other.low),
            max(chosen.high, other.high),
            max(chosen.error, other.error),
            part=of_one(chosen, other),
        )

    # ------------------------------------------------------------ numbers with a bound on their error

    def real(
        self,
        operator: str,
        inputs: tuple[Node, ...],
        low: Fraction,
        high: Fraction,
        error: Fraction,
        part: Part | None = None,
    ) -> Node:
        """`error` and `part`: what the errors of the inputs come to; the operation's own rounding is added."""
        most = max(abs(low), abs(high))
        if most > FARTHEST:
            raise TooWide
        low, high = shorter(low, floor), shorter(high, ceil)
        error += (most + error) * _HALF_ULP
        if part is not None:
            part = Part(part.of_it * (1 + _HALF_ULP) + _HALF_ULP, part.least)
        return self._node(operator, inputs, "real", low, high, shorter(error, ceil), part=part)

    def as_real(self, one: Node) -> Node:
        if one.kind == "real":
            return one
        if one.known is not None:
            return self.real_constant(Fraction(one.known))
        off = _HALF_ULP if one.is_long else Fraction(0)
        error = max(abs(one.low), abs(one.high)) * off
        return self._node("real", (one,), "real", one.low, one.high, error, part=Part(off, Fraction(1)))

    def quotient(self, above: Node, below: Node, within: tuple[Fraction, Fraction] | None = None) -> Node:
        """Of numbers of which the divisor is above zero in every row. `within`: between what the quotient lies."""
        off = sum(part * _HALF_ULP for one, part in ((above, 1), (below, 2)) if one.is_long)
        # a long whole number is off by a part of itself, and so is the quotient
        error = above.error if above.kind == "real" else Fraction(0)
        above, divisor = self.as_real(above), self.as_real(below)
        corners = [Fraction(a) / b for a in (above.low, above.high) for b in (below.low, below.high)]
        low, high = min(corners), max(corners)
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        most = max(abs(low), abs(high))
        assert divisor.part is not None
        if below.kind == "whole":
            error = error / below.low * (1 + off) + most * off
        else:
            least = below.low * (1 - divisor.part.of_it)
            error = (above.error + most * below.error) / least
        part = None
        if above.part is not None:
            of_it = (1 + above.part.of_it) / (1 - divisor.part.of_it) - 1
            part = Part(of_it, above.part.least / divisor.high)
        return self.real("/", (above, divisor), low, high, error, part)

    def real_add(self, left: Node, right: Node, sign: str = "+") -> Node:
        left, right = self.as_real(left), self.as_real(right)
        if sign == "+":
            low, high = left.low + right.low, left.high + right.high
        else:
            low, high = left.low - right.high, left.high - right.low
        one_sign = sign == "+" and (min(left.low, right.low) >= 0 or max(left.high, right.high) <= 0)
        part = of_one(left, right) if one_sign else None
        return self.real(sign, (left, right), low, high, left.error + right.error, part)

    def real_multiply(self, left: Node, right: Node) -> Node:
        left, right = self.as_real(left), self.as_real(right)
        corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        one, two = max(abs(left.low), abs(left.high)), max(abs(right.low), abs(right.high))
        error = one * right.error + two * left.error + left.error * right.error
        return self.real("*", (left, right), min(corners), max(corners), error, of_product(left, right))

    def real_extreme(self, left: Node, right: Node, sign: str) -> Node:
        left, right = self.as_real(left), self.as_real(right)
        pick = min if sign == "<" else max
        if left.high <= right.low or right.high <= left.low:
            return left if (left.high <= right.low) == (sign == "<") else right
        ends = pick(left.low, right.low), pick(left.high, right.high)
        error, part = max(left.error, right.error), of_one(left, right)
        return self._node(pick.__name__, (left, right), "real", *ends, error=error, part=part)

    def real_magnitude(self, one: Node) -> Node:
        low = max(one.low, -one.high, Fraction(0))
        return self._node("abs", (one,), "real", low, max(-one.low, one.high), one.error, part=one.part)

    def real_negate(self, one: Node) -> Node:
        return self._node("neg", (one,), "real", -one.high, -one.low, one.error, part=one.part)

    def real_below(self, left: Node, right: Node) -> tuple[Bit, Bit]:
        """Whether the one is below the other, and where that cannot be told."""
        if left.high < right.low or right.high <= left.low:
            return bool(left.high < right.low), False
        if has_sign(left, right) or has_sign(right, left):
            return self._node("<", (left, right), "bit"), False
        difference = self.real_add(left, right, "-")
        zero, doubt = self.real_constant(Fraction(0)), self._within(difference, difference.error)
        return self._node("<", (difference, zero), "bit"), doubt

    def real_equal(self, left: Node, right: Node) -> tuple[Bit, Bit]:
        """Whether they are equal, and where that cannot be told."""
        if has_sign(left, right) or has_sign(right, left):
            return self._node("==", (left, right), "bit"), False
        difference = self.real_add(left, right, "-")
        return False, self._within(difference, difference.error)

    def real_floor(self, one: Node) -> tuple[Node, Bit]:
        """The number rounded down, and where that cannot be told."""
        low, high = floor(one.low - one.error), floor(one.high + one.error)
        if low == high:
            return self.constant(low), False
        nearest = self._node("rint", (one,), "real", one.low, one.high, one.error)
        distance = self._node("-", (one, nearest), "real", Fraction(-1), Fraction(1), Fraction(0))
        return self._node("floor", (one,), "whole", low, high), self._within(distance, one.error)

    def _within(self, one: Node, bound: Fraction) -> Bit:
        """Where the number is no further from zero than the bound; a little more, for the bound's own rounding."""
        magnitude = self._node("abs", (one,), "real", Fraction(0), max(-one.low, one.high), one.error)
        limit = self.real_constant(2 * bound)
        return self._node("<", (magnitude, limit), "bit") if bound else False

    # ------------------------------------------------------------ powers of two

    def mantissa(self, one: Node) -> Node:
        """Of a number above zero what is left of it but for a power of two: from √½ to √2."""
        assert one.part is not None
        return self._node("mantissa", (one,), "real", *_MANTISSA, error=_MANTISSA[1] * one.part.of_it, part=one.part)

    def exponent(self, one: Node) -> Node:
        """Of a number above zero that power of two."""
        low, high = (end.numerator.bit_length() - end.denominator.bit_length() for end in (one.low, one.high))
        return self._node("exponent", (one,), "real", low - 2, high + 2)

    def power_of_two(self, one: Node) -> Node:
        """Two to the power of a whole number within ±1000."""
        ends = Fraction(2) ** int(one.low), Fraction(2) ** int(one.high)
        return self._node("power_of_two", (one,), "real", *ends, part=Part(Fraction(0), ends[0]))

    def nearest(self, one: Node) -> Node:
        """A whole number that is no further from it than the error and a half."""
        return self._node("rint", (one,), "real", floor(one.low - one.error), ceil(one.high + one.error))
