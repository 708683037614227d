"""Exact values of expressions that need no data."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final, assert_never

from attrs import define, field

from assessdsl import irrational
from assessdsl.check.context import Checked, Known
from assessdsl.check.units import COMPARISONS, ROOTS, combine, join, literal, rounded_unit
from assessdsl.limits import LIMITS
from assessdsl.quantity import ROUNDING_MODES, Unit, add_months, rounded
from assessdsl.syntax.tree import Argument, Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text

_STEPS: Final = 20_000  # operations for one value
_DEPTH: Final = 150
# how the subject of a table goes with its keys, and the label of what stands in where it goes with none
_TABLES: Final = {"ladder": (">=", "below"), "lookup": ("==", "otherwise")}
IRRATIONAL: Final = frozenset({"sqrt", "root", "power", "ln", "exp"})
_BITS: Final = 4_096  # of a value on the way


def constant(expression: Expression, checked: Checked) -> Known | None:
    """The value and unit of an expression that needs no data; None if it does, or if it has no value."""
    return _Evaluation(checked).value(expression, {})


def constant_with(expression: Expression, operands: Mapping[str, Known | None], checked: Checked) -> Known | None:
    """As `constant`, in the body of a definition: with the values of its operands, where they are known."""
    return _Evaluation(checked).value(expression, operands)


@define
class _Evaluation:
    checked: Checked
    steps: int = 0
    depth: int = 0
    rounded: int = 0  # how many roundings it stands in: what is not exact is a value only there
    calls: dict[tuple[object, ...], Known | None] = field(factory=dict)

    def value(self, expression: Expression, parameters: Mapping[str, Known | None]) -> Known | None:
        self.steps += 1
        if self.steps > _STEPS or self.depth > _DEPTH:
            return None
        self.depth += 1
        found = self._value(expression, parameters)
        self.depth -= 1
        return found if _is_small(found) else None

    def _value(self, expression: Expression, parameters: Mapping[str, Known | None]) -> Known | None:
        match expression:
            case Number():
                return literal(expression)
            case Text(value):
                return value, Unit.TEXT
            case Day(value):
                return value, Unit.DATE
            case Name():
                return parameters[expression.id] if expression.id in parameters else self._name(expression)
            case Prefix("not", operand):
                known = self.value(operand, parameters)
                return (not known[0], Unit.YES_NO) if known and isinstance(known[0], bool) else None
            case Prefix(_, operand):
                known = self.value(operand, parameters)
                return (-known[0], known[1]) if known and isinstance(known[0], Fraction) else None
            case Choice(condition, chosen, other):
                decided = self.value(condition, parameters)
                if decided is None:
                    return None
                return self.value(chosen if decided[0] is True else other, parameters)
            case Operation():
                return self._operation(expression, parameters)
            case Call():
                return self._call(expression, parameters)
            case _:
                assert_never(expression)

    def _name(self, name: Name) -> Known | None:
        match name.word:
            case "yes" | "no":
                return name.word == "yes", Unit.YES_NO
            case "zero":
                return Fraction(0), Unit.NUMBER
            case "period":
                period = self.checked.policy.period
                return (Fraction(period.year), Unit.NUMBER) if period else None
        if name.id in self.checked.constants:
            return self.checked.constants[name.id]
        if any(tier.name == name.id for tier in self.checked.policy.tiers):
            return name.id, Unit.TIER
        if any(group.name == name.id for group in self.checked.policy.groups):
            return name.id, Unit.GROUP
        return None

    def _operation(self, operation: Operation, parameters: Mapping[str, Known | None]) -> Known | None:
        operator = operation.operators[0]
        if operator in ("and", "or"):
            decisive = operator == "or"
            found = [self.value(operand, parameters) for operand in operation.operands]
            if any(known is not None and known[0] is decisive for known in found):
                return decisive, Unit.YES_NO
            return None if None in found else (not decisive, Unit.YES_NO)
        values = [self.value(operand, parameters) for operand in operation.operands]
        first, *rest = values
        if operator in COMPARISONS:
            for sign, (left, right) in zip(operation.operators, pairwise(values), strict=True):
                held = None if left is None or right is None else compare(sign, left, right)
                if held is not True:
                    return None if held is None else (False, Unit.YES_NO)
            return True, Unit.YES_NO
        for sign, right in zip(operation.operators, rest, strict=True):
            if first is None or right is None:
                return None
            first = calculate(sign, first, right)
            if not _is_small(first):
                return None
        return first

    def _call(self, call: Call, parameters: Mapping[str, Known | None]) -> Known | None:
        name = call.function.id
        function = self.checked.functions.get(name)
        if function is not None:
            bound = bind(call.arguments, tuple(parameter.id for parameter in function.parameters))
            if bound is None:
                return None
            values = {parameter.id: self.value(bound[parameter.id], parameters) for parameter in function.parameters}
            key = (name, self.rounded > 0, *values.values())
            if key not in self.calls:
                self.calls[key] = self.value(function.body, values)
            return self.calls[key]
        if name in _TABLES and call.arguments:
            return self._table(call, parameters)
        self.rounded += name == "round"
        plain = [self.value(argument.value, parameters) for argument in call.arguments if argument.key is None]
        self.rounded -= name == "round"
        known = [found for found in plain if found is not None]
        if not known or len(known) != len(plain):
            return None
        numbers = [found[0] for found in known if isinstance(found[0], Fraction)]
        if len(numbers) != len(known):
            return None
        unit: Unit | None = known[0][1]
        if name in IRRATIONAL:
            power = _power(name, numbers, exact=not self.rounded)
            return None if power is None or unit not in ROOTS else (power, ROOTS[unit])
        for found in known[1:]:
            unit = join(unit, found[1]) if unit else None
        if unit is None:
            return None
        match name, numbers:
            case "min", _:
                return min(numbers), unit
            case "max", _:
                return max(numbers), unit
            case "abs", [number]:
                return abs(number), unit
            case "clamp", [number, low, high]:
                return min(max(number, low), high), unit
            case (("floor" | "ceiling"), [number]) if unit not in (Unit.PERCENT, Unit.PP):
                return rounded(number, name, 0), rounded_unit(unit)
            case "round", [number]:
                return self._rounded(call, number, unit)
        return None

    def _table(self, call: Call, parameters: Mapping[str, Known | None]) -> Known | None:
        """The value of the step that is reached, or of the key that is equal: of this year, where it goes by years."""
        sign, instead = _TABLES[call.function.id]
        subject = self.value(call.arguments[0].value, parameters)
        chosen: Known | None = None
        unit: Unit | None = None
        for argument in call.arguments[1:]:
            found = self.value(argument.value, parameters)
            if subject is None or found is None or argument.key is None:
                return None
            unit = join(unit, found[1]) if unit else found[1]
            if unit is None:
                return None
            if isinstance(argument.key, Name) and argument.key.id == instead:
                chosen = chosen or found
                continue
            key = self.value(argument.key, parameters)
            holds = None if key is None else compare(sign, subject, key)
            if holds is None:
                return None
            chosen = found if holds else chosen
        return (chosen[0], unit) if chosen and unit else None

    def _rounded(self, call: Call, number: Fraction, unit: Unit) -> Known | None:
        labelled = {argument.key.id: argument.value for argument in call.arguments if isinstance(argument.key, Name)}
        places, mode = labelled.get("places"), labelled.get("mode")
        count = whole(places, self.checked) if places is not None else None
        if count is None or abs(count) > LIMITS.rounding_places:
            return None
        if not isinstance(mode, Name) or mode.id not in ROUNDING_MODES:
            return None
        hundredths = 2 if unit in (Unit.SHARE, Unit.PERCENT, Unit.PP) else 0
        return rounded(number, mode.id, count + hundredths), rounded_unit(unit)


def _power(name: str, numbers: Sequence[Fraction], *, exact: bool) -> Fraction | None:
    """The value of a root, a power or a logarithm, as every engine works it out; None where it has none.
    `exact`: only that of a power that stays a fraction."""
    match name, numbers:
        case "power", [x, y] if y.denominator == 1 and abs(y) * (_bits(x) + 1) <= _BITS:
            return x ** int(y) if x or y >= 0 else None
        case _ if exact:
            return None
        case "power", [x, y] if x >= 0:
            return irrational.power([(x, y)])
        case "sqrt", [x] if x >= 0:
            return irrational.power([(x, Fraction(1, 2))])
        case "root", [x, n] if n.denominator == 1 and n >= 2 and (x >= 0 or n % 2):
            root = irrational.power([(abs(x), 1 / n)])
            return root if root is None or x >= 0 else -root
        case "ln", [x] if x > 0:
            return irrational.ln(x)
        case "exp", [x]:
            return irrational.exp(x)
    return None


def _bits(number: Fraction) -> int:
    return number.numerator.bit_length() + number.denominator.bit_length()


def _is_small(known: Known | None) -> bool:
    if known is None or not isinstance(known[0], Fraction):
        return True
    return _bits(known[0]) <= _BITS


def whole(expression: Expression, checked: Checked) -> int | None:
    """The value of a constant that is a whole number."""
    known = constant(expression, checked)
    if known is None or not isinstance(known[0], Fraction) or known[0].denominator != 1:
        return None
    return int(known[0])


def bind(arguments: tuple[Argument, ...], parameters: tuple[str, ...]) -> dict[str, Expression] | None:
    """The operands of a call by the function's parameters; None where they do not fit."""
    plain = [argument.value for argument in arguments if argument.key is None]
    bound: dict[str, Expression] = dict(zip(parameters, plain, strict=False))
    for argument in arguments:
        if argument.key is not None:
            if not isinstance(argument.key, Name) or argument.key.id in bound:
                return None
            bound[argument.key.id] = argument.value
    return bound if set(bound) == set(parameters) and len(plain) <= len(parameters) else None


def compare(operator: str, left: Known, right: Known) -> bool | None:
    a, b = left[0], right[0]
    zero = Unit.NUMBER in (left[1], right[1]) and 0 in (a, b) and left[1].is_number and right[1].is_number
    if combine(operator, left[1], right[1]) is None and not zero:
        return None
    if operator in ("==", "!="):
        return (a == b) == (operator == "==")
    if (isinstance(a, Fraction) and isinstance(b, Fraction)) or (isinstance(a, date) and isinstance(b, date)):
        match operator:
            case "<":
                return a < b  # type: ignore[operator]
            case "<=":
                return a <= b  # type: ignore[operator]
            case ">":
                return a > b  # type: ignore[operator]
            case _:
                return a >= b  # type: ignore[operator]
    return None


def calculate(operator: str, left: Known, right: Known) -> Known | None:
    unit = combine(operator, left[1], right[1])
    if unit is None:
        return None
    a, b = left[0], right[0]
    if isinstance(a, date) or isinstance(b, date):
        return _dated(operator, left, right)
    if not isinstance(a, Fraction) or not isinstance(b, Fraction):
        return None
    match operator:
        case "+":
            return a + b, unit
        case "-":
            return a - b, unit
        case "*":
            return a * b, unit
        case _:
            return (a / b, unit) if b else None


def _dated(operator: str, left: Known, right: Known) -> Known | None:
    a, b = left[0], right[0]
    if not isinstance(a, date):
        return None
    if isinstance(b, date):
        return Fraction((a - b).days), Unit.DAYS
    if not isinstance(b, Fraction) or b.denominator != 1:
        return None
    count = int(b) if operator == "+" else -int(b)
    try:
        return (add_months(a, count) if right[1] is Unit.MONTHS else a + timedelta(days=count)), Unit.DATE
    except (ValueError, OverflowError):  # beyond the calendar
        return None
