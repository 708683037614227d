"""Exact arithmetic on the values of steps in columns: see forms.py."""

from collections.abc import Callable
from fractions import Fraction
from math import gcd, lcm

from attrs import evolve, frozen

from assessdsl.backends.columnar.forms import Near, Number, Ratio, Whole, ends
from assessdsl.backends.columnar.nodes import Bit, Node, Part
from assessdsl.backends.columnar.program import Program, TooWide
from assessdsl.backends.columnar.rounding import ROUND, near_rounded
from assessdsl.quantity import rounded


@frozen
class Arithmetic:
    """Operations on numbers. Some give, beside the result, where it is left open."""

    program: Program

    def known(self, value: Fraction) -> Whole:
        return Whole(self.program.constant(value.numerator), value.denominator)

    def constant(self, value: Fraction) -> Number:
        """The same, of however many digits."""
        try:
            return self.known(value)
        except TooWide:
            return Near(self.program.real_constant(value))

    def scaled(self, one: Whole, scale: int) -> Node:
        """The whole numbers over a multiple of their scale."""
        return self.program.multiply(one.node, self.program.constant(scale // one.scale))

    def _as_ratio(self, one: Whole | Ratio) -> Ratio:
        return one if isinstance(one, Ratio) else Ratio(one.node, self.program.constant(one.scale))

    def near(self, one: Number) -> Node:
        match one:
            case Near(node):
                return node
            case Ratio(above, below):
                return self.program.quotient(above, below, ends(one))
            case Whole(node, 1):
                return self.program.as_real(node)
            case Whole(node, scale):
                if one.known is not None:
                    return self.program.real_constant(one.known)
                return self.program.quotient(node, self.program.constant(scale))

    # ------------------------------------------------------------ sums and products

    def add(self, left: Number, right: Number, sign: str = "+") -> Number:
        if sign == "-" and (difference := self._of_logarithms(left, right)) is not None:
            return difference
        if isinstance(right, Whole) and right.known == 0:
            return left
        if isinstance(left, Whole) and left.known == 0 and sign == "+":
            return right
        p = self.program
        operation = p.add if sign == "+" else p.subtract
        try:
            match left, right:
                case Whole(), Whole():
                    scale = lcm(left.scale, right.scale)
                    return Whole(operation(self.scaled(left, scale), self.scaled(right, scale)), scale)
                case Whole() | Ratio(), Whole() | Ratio():
                    one, two = self._over_one(left, right)
                    (low, high), other = ends(left), ends(right)
                    more = other if sign == "+" else (-other[1], -other[0])
                    return Ratio(operation(one.above, two.above), one.below, (low + more[0], high + more[1]))
        except TooWide:
            pass
        first, second = self.near(left), self.near(right)
        return Near((sign == "-" and _less(p, first, second)) or p.real_add(first, second, sign))

    def _of_logarithms(self, left: Number, right: Number) -> Near | None:
        """Their difference, of which it is known where it is zero, and how near to zero it is elsewhere."""
        one, two = self._log(left), self._log(right)
        if one is None or two is None:
            return None
        equal, doubt = self.compare(one, "==", two)
        if doubt is not False or isinstance(equal, bool):
            return None
        p, (low, most), (least, high) = self.program, ends(one), ends(two)
        # ln x lies no nearer to zero than (x − 1) ÷ x; half of it, since logarithms are rounded to 50 digits
        divisor = 2 * self._as_ratio(one).below.high * self._as_ratio(two).below.high * max(most, high, Fraction(1))
        node = p.real_add(self.near(left), self.near(right), "-")
        rises, falls = low >= high, most <= least
        ends_of_it = Fraction(0) if rises else node.low, Fraction(0) if falls else node.high
        part = Part(node.error * divisor, 1 / divisor)
        unlike = p.real("-", node.inputs, *ends_of_it, node.error, part)
        return Near(p.choose(equal, p.real_constant(Fraction(0)), unlike)) if unlike.part is not None else None

    def _log(self, one: Number) -> Whole | Ratio | None:
        """The number of which one is the natural logarithm, if that is known."""
        if isinstance(one, Whole) and one.known == 0:
            return self.known(Fraction(1))
        return one.log if isinstance(one, Near) else None

    def _of_both(
        self, left: Number, right: Number, of_logs: Callable[[Number, Number], Number]
    ) -> Whole | Ratio | None:
        """The number of which one of two numbers, whichever it is, is the logarithm."""
        one, two = self._log(left), self._log(right)
        found = None if one is None or two is None else of_logs(one, two)
        return None if isinstance(found, Near) else found

    def _over_one(self, left: Whole | Ratio, right: Whole | Ratio) -> tuple[Ratio, Ratio]:
        """The numbers over one divisor."""
        one, two = self._as_ratio(left), self._as_ratio(right)
        if one.below is two.below:
            return one, two
        p = self.program
        shared = gcd(int(one.below.known or 0), int(two.below.known or 0)) if one.below.known and two.below.known else 1
        first, second = (_divided(p, each.below, shared) for each in (two, one))
        below = p.multiply(one.below, first)
        return Ratio(p.multiply(one.above, first), below), Ratio(p.multiply(two.above, second), below)

    def multiply(self, left: Number, right: Number) -> Number:
        if isinstance(right, Whole) and right.known is not None:
            left, right = right, left
        p = self.program
        try:
            match left, right:
                case Whole(), Whole():
                    shared = gcd(int(left.node.known or 0), right.scale) if left.node.known is not None else 1
                    factor = _divided(p, left.node, shared) if shared > 1 else left.node
                    return self._reduced(Whole(p.multiply(factor, right.node), left.scale * (right.scale // shared)))
                case Whole() | Ratio(), Whole() | Ratio():
                    one, two = self._as_ratio(left), self._as_ratio(right)
                    corners = [a * b for a in ends(left) for b in ends(right)]
                    within = min(corners), max(corners)
                    return Ratio(p.multiply(one.above, two.above), p.multiply(one.below, two.below), within)
        except TooWide:
            pass
        return Near(p.real_multiply(self.near(left), self.near(right)))

    def _reduced(self, one: Whole) -> Whole:
        if one.node.known is None:
            return one
        return self.known(Fraction(one.node.known, one.scale))

    def divide(self, left: Number, right: Number) -> tuple[Number | None, Bit]:
        """The quotient, and where the divisor is zero; no quotient if it is zero everywhere."""
        p = self.program
        match right:
            case Whole() if right.known is not None:
                return (None, True) if right.known == 0 else (self.multiply(left, self.known(1 / right.known)), False)
            case Whole(node, scale) if (most := node.known_or_zero) is not None:
                return self.multiply(left, self.known(Fraction(scale, most))), p.compare(node, "==", p.constant(0))
            case Whole(node, scale):
                zero, negative, size = self._divisor(node)
                inverse = Ratio(p.constant(scale), size)
                if isinstance(left, Whole):  # scales that both have are not multiplied
                    shared = gcd(left.scale, scale)
                    inverse = Ratio(p.constant(scale // shared), size)
                    left = Whole(left.node, left.scale // shared)
            case Ratio(above, below):
                zero, negative, size = self._divisor(above)
                inverse = Ratio(below, size)
            case Near(node):
                if node.part is None:
                    return Near(node), True  # a divisor that may be zero, and is not known exactly
                nothing, least = (p.real_constant(one) for one in (Fraction(0), node.part.least / 2))
                (zero, _), (negative, _) = p.real_equal(node, nothing), p.real_below(node, nothing)
                size = p.real_extreme(p.real_magnitude(node), least, ">")
                own = self.near(left)
                return Near(p.quotient(p.choose(negative, p.real_negate(own), own), size)), zero
        if negative is not False:
            left = self.choose(negative, self.negate(left), left)
        return self.multiply(inverse, left), zero

    def power(self, base: Number, exponent: int) -> tuple[Number | None, Bit]:
        """The base times itself so often; of an exponent below zero one over that, which zero leaves open."""
        result: Number = self.known(Fraction(1))
        for _ in range(abs(exponent)):
            result = self.multiply(result, base)
        return (result, False) if exponent >= 0 else self.divide(self.known(Fraction(1)), result)

    def _divisor(self, node: Node) -> tuple[Bit, Bit, Node]:
        """Where it is zero, where below, and its magnitude, at least one."""
        p = self.program
        zero = p.compare(node, "==", p.constant(0))
        negative = p.compare(node, "<", p.constant(0))
        return zero, negative, p.greatest(p.magnitude(node), p.constant(1))

    def negate(self, one: Number) -> Number:
        match one:
            case Whole(node, scale):
                return Whole(self.program.negate(node), scale)
            case Ratio(above, below):
                low, high = ends(one)
                return Ratio(self.program.negate(above), below, (-high, -low))
            case Near(node):
                return Near(self.program.real_negate(node))

    def magnitude(self, one: Number) -> Number:
        match one:
            case Whole(node, scale):
                return Whole(self.program.magnitude(node), scale)
            case Ratio(above, below):
                low, high = ends(one)
                return Ratio(self.program.magnitude(above), below, (max(low, -high, Fraction(0)), max(-low, high)))
            case Near(node):
                return Near(self.program.real_magnitude(node))

    # ------------------------------------------------------------ order

    def compare(self, left: Number, sign: str, right: Number) -> tuple[Bit, Bit]:
        """The comparison, and where it is left open."""
        p = self.program
        try:
            match left, right:
                case Whole(), Whole():
                    shared = gcd(left.scale, right.scale)
                    first = p.multiply(left.node, p.constant(right.scale // shared))
                    second = p.multiply(right.node, p.constant(left.scale // shared))
                    return p.compare(first, sign, second), False
                case Ratio(above, _), Whole() if right.known == 0:
                    return p.compare(above, sign, right.node), False
                case Whole() | Ratio(), Whole() | Ratio():
                    one, two = self._as_ratio(left), self._as_ratio(right)
                    if one.below is two.below:
                        return p.compare(one.above, sign, two.above), False
                    return p.compare(p.multiply(one.above, two.below), sign, p.multiply(two.above, one.below)), False
        except TooWide:
            pass
        if sign in ("==", "!="):
            equal, doubt = p.real_equal(self.near(left), self.near(right))
            return equal if sign == "==" else p.opposite(equal), doubt
        if sign in (">", "<="):
            left, right = right, left
        below, doubt = p.real_below(self.near(left), self.near(right))
        return below if sign in ("<", ">") else p.opposite(below), doubt

    def within(self, one: Number, low: Fraction, high: Fraction) -> Number:
        """The same, of which it is known that it lies between these."""
        least, most = ends(one)
        match one:
            case Ratio():
                return evolve(one, within=(max(least, low), min(most, high)))
            case Near(node) if node.inputs:
                ends_of_both = max(least, low), min(most, high)
                return Near(self.program.real(node.operator, node.inputs, *ends_of_both, node.error, node.part))
            case _:
                return one

    def choose(self, condition: Bit, chosen: Number, other: Number) -> Number:
        p = self.program
        if isinstance(condition, bool):
            return chosen if condition else other
        try:
            match chosen, other:
                case Whole(), Whole():
                    scale = lcm(chosen.scale, other.scale)
                    nodes = self.scaled(chosen, scale), self.scaled(other, scale)
                    return Whole(p.choose(condition, *nodes), scale)
                case Whole() | Ratio(), Whole() | Ratio():
                    one, two = self._over_one(chosen, other) if _has_zero(chosen, other) else self._each(chosen, other)
                    (low, high), others = ends(chosen), ends(other)
                    return Ratio(
                        p.choose(condition, one.above, two.above),
                        p.choose(condition, one.below, two.below),
                        (min(low, others[0]), max(high, others[1])),
                    )
        except TooWide:
            pass
        node = p.choose(condition, p.as_real(self.near(chosen)), p.as_real(self.near(other)))
        return Near(node, self._of_both(chosen, other, lambda one, two: self.choose(condition, one, two)))

    def _each(self, left: Whole | Ratio, right: Whole | Ratio) -> tuple[Ratio, Ratio]:
        return self._as_ratio(left), self._as_ratio(right)

    def extreme(self, left: Number, right: Number, sign: str) -> tuple[Number, Bit]:
        """The least (`<`) or the greatest (`>`), and where it is left open."""
        p = self.program
        pick = p.least if sign == "<" else p.greatest
        try:
            match left, right:
                case Whole(), Whole():
                    scale = lcm(left.scale, right.scale)
                    return Whole(pick(self.scaled(left, scale), self.scaled(right, scale)), scale), False
                case Whole() | Ratio(), Whole() | Ratio():
                    if (sure := self._sure(left, right, sign)) is not None:
                        return sure, False
                    one, two = self._over_one(left, right)
                    of_both = min if sign == "<" else max
                    low, high = map(of_both, ends(left), ends(right))
                    return Ratio(pick(one.above, two.above), one.below, (low, high)), False
        except TooWide:
            pass
        log = self._of_both(left, right, lambda one, two: self.extreme(one, two, sign)[0])
        return Near(p.real_extreme(self.near(left), self.near(right), sign), log), False

    def _sure(self, left: Whole | Ratio, right: Whole | Ratio, sign: str) -> Whole | Ratio | None:
        """The one that their ranges tell to be the extreme."""
        one, two = ends(left), ends(right)
        if one[1] <= two[0]:
            return left if sign == "<" else right
        if two[1] <= one[0]:
            return right if sign == "<" else left
        return None

    # ------------------------------------------------------------ rounding

    def round(self, one: Number, mode: str, places: int) -> tuple[Number, Bit]:
        """The rounded number, and where it is left open."""
        p = self.program
        if isinstance(one, Whole):
            if one.known is not None:
                return self.known(rounded(one.known, mode, places)), False
            if places >= 0 and 10**places % one.scale == 0:
                return one, False
        factor = self.known(Fraction(10) ** places)
        scaled = self.multiply(one, factor)
        if not isinstance(scaled, Near):
            above, below = (scaled.node, p.constant(scaled.scale)) if isinstance(scaled, Whole) else (
                scaled.above, scaled.below)  # fmt: skip
            try:
                return self._placed(ROUND[mode](p, above, below), places), False
            except TooWide:
                scaled = Near(self.near(scaled))
        node, open_rows = near_rounded(p, scaled.node, mode)
        return self._placed(node, places), open_rows

    def _placed(self, node: Node, places: int) -> Whole:
        if places >= 0:
            return Whole(node, 10**places)
        return Whole(self.program.multiply(node, self.program.constant(10**-places)), 1)


def _less(p: Program, one: Node, end: Node) -> Node | None:
    """A number that is held between ends, less one of them: where it is at that end, exactly zero."""
    if one is end:
        return p.real_constant(Fraction(0))
    if one.operator not in ("min", "max"):
        return None
    parts = [_less(p, part, end) for part in one.inputs]
    if parts == [None, None]:
        return None
    first, second = (part or p.real_add(own, end, "-") for part, own in zip(parts, one.inputs, strict=True))
    return p.real_extreme(first, second, "<" if one.operator == "min" else ">")


def _has_zero(left: Number, right: Number) -> bool:
    return any(isinstance(one, Whole) and one.known == 0 for one in (left, right))


def _divided(program: Program, node: Node, by: int) -> Node:
    return node if by == 1 or node.known is None else program.constant(int(node.known) // by)
