"""Logarithms, powers of e, and powers whose exponents are no whole numbers: known but for a little, and never more."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from attrs import frozen

from assessdsl import irrational
from assessdsl.backends.columnar.arithmetic import Arithmetic
from assessdsl.backends.columnar.forms import Near, Number, Ratio, Whole, ends
from assessdsl.backends.columnar.logarithms import LARGEST, exponential, logarithm
from assessdsl.backends.columnar.nodes import Bit, Node
from assessdsl.backends.columnar.program import Program
from assessdsl.backends.scalars import CALCULATE

_TIMES: Final = 1 << 32  # further from zero than the error: nearer ones have no logarithm that is known well enough
BEYOND: Final = Fraction(1, 10**40)  # more than logarithms of 50 digits can be off
_WORST: Final = Fraction(1, 1 << 20)  # error of an exponent


@frozen
class Powers:
    """Each gives the result, and where it is left open."""

    numbers: Arithmetic

    @property
    def _program(self) -> Program:
        return self.numbers.program

    def of(self, operator: str, given: Sequence[Number]) -> tuple[Number | None, Bit]:
        """By the names of the steps."""
        known = [one.known for one in given if isinstance(one, Whole) and one.known is not None]
        if len(known) == len(given):
            value = CALCULATE[operator](*known)
            if value is None:
                return None, True
            found = self.numbers.constant(value)
            match operator, found, given[0]:
                case "ln", Near(node), Whole() as one:
                    return Near(node, one), False
            return found, False
        match operator:
            case "ln":
                return self.ln(*given)
            case "exp":
                return self.exp(*given)
            case _:
                return self.power(list(zip(given[::2], given[1::2], strict=True)))

    def ln(self, one: Number) -> tuple[Number | None, Bit]:
        node, left = self._logarithm(one)
        log = None if isinstance(one, Near) else one
        return Near(node, log), self._program.either(left, *self._is(one, "<="))

    def exp(self, one: Number) -> tuple[Number | None, Bit]:
        p, node = self._program, self.numbers.near(one)
        if node.error > _WORST:
            return None, True
        left: Bit = False
        if max(-node.low, node.high) > LARGEST:
            least, most = (p.real_constant(Fraction(end)) for end in (-LARGEST, LARGEST))
            left = p.either(p.real_below(node, least)[0], p.real_below(most, node)[0])
            node = p.real_extreme(p.real_extreme(node, least, ">"), most, "<")
        return Near(exponential(p, node)), left

    def power(self, factors: Sequence[tuple[Number, Number]]) -> tuple[Number | None, Bit]:
        """The product of the bases to the power of their exponents; zeros by the sum of theirs."""
        p, numbers, nothing = self._program, self.numbers, self.numbers.known(Fraction(0))
        total: Number = nothing
        of_zeros: Number = nothing
        left: Bit = False
        zeros: list[Bit] = []
        for base, exponent in factors:
            zero, unknown = self._zero(base)
            below, doubt = self._is(base, "<")
            node, near = self._logarithm(base)
            left = p.either(left, below, p.both(p.either(doubt, unknown, near), p.opposite(zero)))
            added: Number = numbers.multiply(exponent, Near(node))
            if not _rises(exponent):
                added = numbers.choose(zero, nothing, added)
            of_zeros = numbers.add(of_zeros, numbers.choose(zero, exponent, nothing))
            total = numbers.add(total, added)
            zeros.append(zero)
        found, open_rows = self.exp(total)
        is_zero = p.either(*zeros)
        if not all(_rises(exponent) for _, exponent in factors):
            rises, doubt = numbers.compare(of_zeros, ">", nothing)
            left = p.either(left, doubt, *numbers.compare(of_zeros, "<", nothing))
            is_zero = p.both(is_zero, rises)
        if found is None:
            return nothing, p.either(left, p.opposite(is_zero))
        return numbers.choose(is_zero, nothing, found), p.either(left, p.both(open_rows, p.opposite(is_zero)))

    def _zero(self, one: Number) -> tuple[Bit, Bit]:
        """Where it is zero; and where that is left open, but for numbers that are so near to it that they have no
        logarithm."""
        if isinstance(one, Near) and one.node.part is None:
            return _surely_zero(self._program, one.node), False
        return self._is(one, "==")

    def _is(self, one: Number, sign: str) -> tuple[Bit, Bit]:
        """How it stands beside zero, and where that is left open."""
        return self.numbers.compare(one, sign, self.numbers.known(Fraction(0)))

    def _logarithm(self, one: Number) -> tuple[Node, Bit]:
        """Where the number is above zero, its logarithm; and where that is left open."""
        p = self._program
        match one:
            case Whole(node, 1):
                return logarithm(p, p.as_real(p.greatest(node, p.constant(1)))), False
            case Whole(node, scale):
                return self._quotient(one, node, p.constant(scale)), False
            case Ratio(above, below):
                return self._quotient(one, above, below), False
            case Near(node):
                if node.part is not None:
                    least = p.real_constant(node.part.least / 2)
                    return logarithm(p, p.real_extreme(node, least, ">")), False
                least = p.real_constant(max(node.error, Fraction(1, 1 << 100)) * _TIMES)
                near = p.real_below(node, p.real_constant(2 * least.low))[0]
                return logarithm(p, p.real_extreme(node, least, ">")), near

    def _quotient(self, one: Whole | Ratio, above: Node, below: Node) -> Node:
        """Its own range tells more than those of its numbers."""
        p = self._program
        (over, _), (under, _) = (self._logarithm(Whole(part, 1)) for part in (above, below))
        found, (least, most) = p.real_add(over, under, "-"), ends(one)
        low = max(found.low, irrational.ln(least) - BEYOND) if least > 0 else found.low
        high = min(found.high, irrational.ln(most) + BEYOND) if most > 0 else found.high
        return p.real("-", found.inputs, low, high, found.error)


def _surely_zero(p: Program, node: Node) -> Bit:
    """Where a number is zero because it is held at that end."""
    match node.operator, node.inputs:
        case "max", (one, zero) | (zero, one) if zero.operator == "constant" and zero.value == 0:
            below, doubt = p.real_below(one, zero)
            return p.both(below, p.opposite(doubt))
        case "min", (one, other):
            return p.either(*(_surely_zero(p, a) for a, b in ((one, other), (other, one)) if b.low >= 0))
        case (("*" | "/"), _):
            return p.either(*(_surely_zero(p, factor) for factor in node.inputs[: 1 if node.operator == "/" else 2]))
        case _:
            return False


def _rises(exponent: Number) -> bool:
    """Whether it is surely above zero."""
    return not isinstance(exponent, Near) and ends(exponent)[0] > 0
