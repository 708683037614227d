"""Between what an expression lies, as far as the policy alone says it."""

from fractions import Fraction
from itertools import pairwise

from assessdsl.ast.nodes import AtMost, Component
from assessdsl.ast.walk import names
from assessdsl.check.constants import constant
from assessdsl.check.context import Checked
from assessdsl.check.intervals import ANYTHING, Bound, Interval, Intervals, Known
from assessdsl.check.units import COMPARISONS
from assessdsl.syntax.tree import Expression, Name, Operation, Prefix


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
        return ANYTHING
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
        if component.outside:
            continue
        cap = amount(component.cap, checked)
        if component.kind != "base" and cap is None:
            return ANYTHING
        if component.kind == "bonus" and high is not None and cap is not None:
            high += cap
        elif component.kind == "penalty" and cap is not None:
            low -= cap
    bases = [component for component in checked.policy.components if component.kind == "base"]
    return (low if all(_not_negative(base) for base in bases) else None), high


def _not_negative(component: Component) -> bool:
    if component.combine is not None and component.combine.method == "expression":
        return False
    return (
        component.floor is None
        and all(part.floor is None for part in component.indicators)
        and all(map(_not_negative, component.components))
    )


def _component(component: Component, checked: Checked) -> Interval:
    limits = [amount(limit, checked) for limit in (component.points, component.cap) if limit is not None]
    known = [limit for limit in limits if limit is not None]
    return (Fraction(0) if _not_negative(component) else None), (min(known) if known else None)


def interval(
    expression: Expression, checked: Checked, known: Known | None = None, *, in_body: bool = False
) -> Interval:
    """`known`: expressions of which more is known where this one stands; in a definition's body, all its operands."""
    intervals = Intervals(checked, lambda name: _named(name, checked), lambda: _components(checked), in_body=in_body)
    return intervals.of(expression, known or {})


def _named(name: Name, checked: Checked) -> Interval:
    match name.word:
        case "total":
            return total_bounds(checked)
        case "rank":
            return Fraction(1), None
    for component in checked.policy.every_component:
        if component.name == name.id:
            return _component(component, checked)
    for fact in checked.policy.facts:
        if fact.name == name.id and fact.unit.counts:
            return Fraction(0), None
    return ANYTHING


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
