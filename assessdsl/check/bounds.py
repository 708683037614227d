"""Between what an expression lies, as far as the policy alone says it."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from assessdsl.ast.nodes import AtMost, Component
from assessdsl.ast.walk import names
from assessdsl.check.constants import constant
from assessdsl.check.context import Checked
from assessdsl.check.names import word_of
from assessdsl.check.units import COMPARISONS
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Call, Expression, Name, Operation, Prefix

Bound = Fraction | None
Interval = tuple[Bound, Bound]  # None: no bound is known
_ANYTHING: Interval = (None, None)


def amount(expression: Expression | None, checked: Checked) -> Bound:
    """The value of a constant number."""
    known = None if expression is None else constant(expression, checked)
    return known[0] if known and isinstance(known[0], Fraction) else None


def total_bounds(checked: Checked) -> Interval:
    """Between what the total lies."""
    policy = checked.policy
    if policy.total is None:
        found = _components(checked)
    elif any(name.word == "total" for name in names(policy.total)):
        return _ANYTHING
    else:
        found = interval(policy.total, checked)
    for gate in policy.gates:
        if isinstance(gate.consequence, AtMost):
            most = amount(gate.consequence.value, checked)
            found = (None if found[0] is None or most is None else min(found[0], most), found[1])
    return found


def _components(checked: Checked) -> Interval:
    low, high = Fraction(0), amount(checked.policy.full, checked)
    for component in checked.policy.components:
        cap = amount(component.cap, checked)
        if component.kind != "base" and cap is None:
            return _ANYTHING
        if component.kind == "bonus" and high is not None and cap is not None:
            high += cap
        elif component.kind == "penalty" and cap is not None:
            low -= cap
    bases = [component for component in checked.policy.components if component.kind == "base"]
    return (low if all(_not_negative(base) for base in bases) else None), high


def _not_negative(component: Component) -> bool:
    return component.floor is None and all(indicator.floor is None for indicator in component.indicators)


def _component(component: Component, checked: Checked) -> Interval:
    limits = [amount(limit, checked) for limit in (component.points, component.cap) if limit is not None]
    known = [limit for limit in limits if limit is not None]
    return (Fraction(0) if _not_negative(component) else None), (min(known) if known else None)


def interval(expression: Expression, checked: Checked) -> Interval:
    if (known := constant(expression, checked)) is not None:
        return (known[0], known[0]) if isinstance(known[0], Fraction) else _ANYTHING
    match expression:
        case Name():
            return _named(expression, checked)
        case Prefix("-", operand):
            low, high = interval(operand, checked)
            return (None if high is None else -high), (None if low is None else -low)
        case Call():
            return _called(expression, checked)
        case Operation(operators, operands) if set(operators) <= {"+", "-"}:
            found = interval(operands[0], checked)
            for operator, operand in zip(operators, operands[1:], strict=True):
                low, high = interval(operand, checked)
                if operator == "-":
                    low, high = (None if high is None else -high), (None if low is None else -low)
                found = _plus(found[0], low), _plus(found[1], high)
            return found
    return _ANYTHING


def _plus(left: Bound, right: Bound) -> Bound:
    return None if left is None or right is None else left + right


def _named(name: Name, checked: Checked) -> Interval:
    match name.word:
        case "total":
            return total_bounds(checked)
        case "rank":
            return Fraction(1), None
    for component in checked.policy.components:
        if component.name == name.id:
            return _component(component, checked)
    for fact in checked.policy.facts:
        if fact.name == name.id and fact.unit is Unit.COUNT:
            return Fraction(0), None
    return _ANYTHING


def _called(call: Call, checked: Checked) -> Interval:
    plain = [argument.value for argument in call.arguments if argument.key is None]
    match call.function.id:
        case "sum" if plain and word_of(plain[0]) == "components":
            return _components(checked)
        case "count":
            return Fraction(0), None
        case "min" | "max" as name if plain:
            parts = [interval(operand, checked) for operand in plain]
            pick: Callable[[list[Fraction]], Fraction] = min if name == "min" else max
            lows = [low for low, _ in parts if low is not None]
            highs = [high for _, high in parts if high is not None]
            # a bound of one operand holds for all on the side to which the function leans
            low = pick(lows) if len(lows) == len(parts) or (name == "max" and lows) else None
            high = pick(highs) if len(highs) == len(parts) or (name == "min" and highs) else None
            return low, high
        case "clamp" if len(plain) == 3:
            (value_low, value_high), (low, _), (_, high) = (interval(operand, checked) for operand in plain)
            if low is not None and value_low is not None:
                low = max(low, value_low)
            if high is not None and value_high is not None:
                high = min(high, value_high)
            return low, high
    return _ANYTHING


def decide(condition: Expression, checked: Checked) -> bool | None:
    """Whether a condition holds whatever the data, never holds, or depends on them (None)."""
    known = constant(condition, checked)
    if known is not None:
        return known[0] if isinstance(known[0], bool) else None
    match condition:
        case Prefix("not", operand):
            found = decide(operand, checked)
            return None if found is None else not found
        case Operation(operators, operands) if operators[0] in ("and", "or"):
            decisive = operators[0] == "or"
            parts = [decide(operand, checked) for operand in operands]
            return decisive if decisive in parts else None if None in parts else not decisive
        case Operation(operators, operands) if operators[0] in COMPARISONS:
            spans = [interval(operand, checked) for operand in operands]
            held = [_compared(o, left, right) for o, (left, right) in zip(operators, pairwise(spans), strict=True)]
            return False if False in held else None if None in held else True
    return None


def _compared(operator: str, left: Interval, right: Interval) -> bool | None:
    if operator in (">", ">="):
        return _compared({">": "<", ">=": "<="}[operator], right, left)
    (low, high), (other_low, other_high) = left, right
    match operator:
        case "<":
            if high is not None and other_low is not None and high < other_low:
                return True
            return False if low is not None and other_high is not None and low >= other_high else None
        case "<=":
            if high is not None and other_low is not None and high <= other_low:
                return True
            return False if low is not None and other_high is not None and low > other_high else None
    return None
