"""Between what an expression lies, given between what its names do.

What is not exact lies where it is worked out to lie: the bounds are of the numbers that are used.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Final

from attrs import define, field

from assessdsl.ast.walk import is_label
from assessdsl.check.constants import bind, constant
from assessdsl.check.context import Checked
from assessdsl.check.names import COLLECTIONS, word_of
from assessdsl.irrational import ln
from assessdsl.syntax.tree import Call, Choice, Expression, Name, Number, Operation, Prefix

Bound = Fraction | None
Interval = tuple[Bound, Bound]  # None: no bound is known
Known = Mapping[Expression, Interval]
ANYTHING: Final[Interval] = (None, None)
NOT_NEGATIVE: Final[Interval] = (Fraction(0), None)
_STEPS: Final = 5_000  # expressions that are looked at for one
_DEPTH: Final = 150
_ROOTS: Final = frozenset({"sqrt", "root", "power", "geometric_mean", "harmonic_mean", "generalised_mean", "round"})
_AMONG: Final = frozenset(
    {"mean", "median", "best", "worst", "trimmed_mean"}
)  # a value among those that are aggregated


@define
class Intervals:
    """`named` knows the bounds of names; `components` those of the sum of all."""

    checked: Checked
    named: Callable[[Name], Interval]
    components: Callable[[], Interval]
    steps: int = 0
    depth: int = 0
    in_body: bool = False  # of a definition: names mean its operands first
    called: dict[tuple[object, ...], Interval] = field(factory=dict)

    def of(self, expression: Expression, known: Known) -> Interval:
        self.steps += 1
        if self.steps > _STEPS or self.depth > _DEPTH:
            return ANYTHING
        self.depth += 1
        found = self._of(expression, known)
        self.depth -= 1
        return found

    def _of(self, expression: Expression, known: Known) -> Interval:
        if expression in known:
            return known[expression]
        if not self.in_body or isinstance(expression, Number | Name):
            value = constant(expression, self.checked)
            if value is not None:
                return (value[0], value[0]) if isinstance(value[0], Fraction) else ANYTHING
        match expression:
            case Name():
                return self.named(expression)
            case Prefix("-", operand):
                return negative(self.of(operand, known))
            case Choice(condition, chosen, other):
                decided = constant(condition, self.checked) if isinstance(condition, Name) else None
                if decided is not None and condition not in known:
                    return self.of(chosen if decided[0] is True else other, known)
                return either([self.of(chosen, known), self.of(other, known)])
            case Operation(operators, operands) if set(operators) <= {"+", "-", "*", "/"}:
                found = self.of(operands[0], known)
                for operator, operand in zip(operators, operands[1:], strict=True):
                    found = _calculated(operator, found, self.of(operand, known))
                return found
            case Call():
                return self._call(expression, known)
        return ANYTHING

    def _call(self, call: Call, known: Known) -> Interval:
        name = call.function.id
        if name in self.checked.functions:
            return self._defined(call, known)
        if name == "sum" and call.arguments and word_of(call.arguments[0].value) == "components":
            return self.components()
        labelled = {word_of(a.key): a.value for a in call.arguments if a.key is not None and is_label(a, call)}
        if "of" in labelled or (call.arguments and word_of(call.arguments[0].value) in COLLECTIONS):
            return self._aggregate(call, labelled)
        plain = [self.of(a.value, known) for a in call.arguments if a.key is None]
        if name in _ROOTS:  # what is not negative stays so; rounding may pass any other bound
            keys = [self.of(a.key, known) for a in call.arguments if a.key is not None and not is_label(a, call)]
            operands = plain[:1] if name in ("sqrt", "root", "power") else [*plain, *keys]
            found = NOT_NEGATIVE if operands and all(low is not None and low >= 0 for low, _ in operands) else ANYTHING
            instead = labelled.get("undefined")
            if instead is None:
                return found
            # where there is a value, no even root is below zero; of other powers it is not known
            return either([NOT_NEGATIVE if name == "sqrt" else found, self.of(instead, known)])
        match name:
            case "exp":
                return NOT_NEGATIVE
            case "ln" if plain and plain[0][0] is not None and plain[0][0] > 0:
                low, high = (None if bound is None else ln(bound) for bound in plain[0])
                return low, high
            case "min" | "max" if plain:
                return _leaning(name, plain)
            case "clamp" if len(plain) == 3:
                return _leaning("min", [_leaning("max", plain[:2]), plain[2]])
            case "abs" if plain:
                (low, high), opposite = plain[0], negative(plain[0])
                return _leaning("max", [(Fraction(0), None if low is None or high is None else max(high, -low)),
                                        _leaning("max", [plain[0], opposite])])  # fmt: skip
            case "floor" | "ceiling" if plain:
                whole = floor if name == "floor" else ceil
                low, high = (None if bound is None else Fraction(whole(bound)) for bound in plain[0])
                return low, high
            case "ratio" if len(plain) == 2 and "zero" in labelled:
                quotient, (least, most) = _calculated("/", *plain), plain[1]
                if (least is not None and least > 0) or (most is not None and most < 0):
                    return quotient
                return either([quotient, self.of(labelled["zero"], known)])
            case "ladder" | "lookup":
                return either([self.of(a.value, known) for a in call.arguments[1:]])
            case "brackets":
                rates = [self.of(a.value, known) for a in call.arguments[1:]]
                return NOT_NEGATIVE if all(low is not None and low >= 0 for low, _ in rates) else ANYTHING
            case "arithmetic_mean":
                return either([self.of(a.value if a.key is None else a.key, known) for a in call.arguments])
        return ANYTHING

    def _aggregate(self, call: Call, labelled: Mapping[str, Expression]) -> Interval:
        """Of other rows: what is known of this one says nothing of them."""
        name = call.function.id
        if name in ("count", "variance", "deviation"):
            return NOT_NEGATIVE
        if name == "rank_of":
            return Fraction(1), None
        values = [a.value for a in call.arguments if a.key is None and word_of(a.value) not in COLLECTIONS]
        if self.in_body or not values:
            return ANYTHING
        found = self.of(values[0], {})
        if name in _AMONG:
            return either([found, self.of(labelled["fewer"], {})]) if "fewer" in labelled else found
        if name in ("sum", "product") and found[0] is not None and found[0] >= 0:
            return NOT_NEGATIVE
        return ANYTHING

    def _defined(self, call: Call, known: Known) -> Interval:
        function = self.checked.functions[call.function.id]
        bound = bind(call.arguments, tuple(parameter.id for parameter in function.parameters))
        if bound is None:
            return ANYTHING
        given: Known = {parameter: self.of(bound[parameter.id], known) for parameter in function.parameters}
        key = (function.name, *given.values())
        if key not in self.called:
            self.called[key] = ANYTHING  # a definition that uses itself is remarked on elsewhere
            outer, self.in_body = self.in_body, True
            self.called[key] = self.of(function.body, given)
            self.in_body = outer
        return self.called[key]


def negative(interval: Interval) -> Interval:
    low, high = interval
    return (None if high is None else -high), (None if low is None else -low)


def either(intervals: Sequence[Interval]) -> Interval:
    """What holds of a value that lies in one of them."""
    lows = [low for low, _ in intervals if low is not None]
    highs = [high for _, high in intervals if high is not None]
    return (
        min(lows) if len(lows) == len(intervals) > 0 else None,
        max(highs) if len(highs) == len(intervals) > 0 else None,
    )


def _leaning(name: str, parts: Sequence[Interval]) -> Interval:
    """A bound of one operand holds for all on the side to which the function leans."""
    pick: Callable[[list[Fraction]], Fraction] = min if name == "min" else max
    lows = [low for low, _ in parts if low is not None]
    highs = [high for _, high in parts if high is not None]
    low = pick(lows) if len(lows) == len(parts) or (name == "max" and lows) else None
    high = pick(highs) if len(highs) == len(parts) or (name == "min" and highs) else None
    return low, high


def _calculated(operator: str, left: Interval, right: Interval) -> Interval:
    (low, high), (other_low, other_high) = left, right
    match operator:
        case "+":
            return _plus(low, other_low), _plus(high, other_high)
        case "-":
            return _calculated("+", left, negative(right))
        case "/":
            if other_high is not None and other_high < 0:
                return _calculated("/", negative(left), negative(right))
            if other_low is None or other_low < 0:
                return ANYTHING
            if other_low == 0 or other_high is None:
                # by what is not negative: the sign stays
                return (
                    Fraction(0) if low is not None and low >= 0 else None,
                    Fraction(0) if high is not None and high <= 0 else None,
                )
            return _calculated("*", left, (1 / other_high, 1 / other_low))
        case _:
            if low is None or high is None or other_low is None or other_high is None:
                positive = low is not None and low >= 0 and other_low is not None and other_low >= 0
                return (low * other_low, None) if positive and low is not None and other_low is not None else ANYTHING
            corners = [one * other for one in (low, high) for other in (other_low, other_high)]
            return min(corners), max(corners)


def _plus(left: Bound, right: Bound) -> Bound:
    return None if left is None or right is None else left + right
