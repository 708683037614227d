"""Rules across the parts of a component: contagion, combining, remainders, and what stands outside the total."""

from attrs import evolve

from assessdsl.ast.nodes import Component, Contagion
from assessdsl.ast.walk import names
from assessdsl.check.amounts import check_constant
from assessdsl.check.bounds import amount
from assessdsl.check.context import Context
from assessdsl.check.expressions import unit_of
from assessdsl.check.names import CONSTANT
from assessdsl.check.points import parts_of
from assessdsl.check.units import RATIOS
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Expression

_SCORES = (*RATIOS, Unit.NUMBER, Unit.POINTS, Unit.ANY)


def check_constructs(context: Context) -> None:
    for path in context.policy.paths:
        component = path[-1]
        for rule in component.contagion:
            _contagion(component, rule, context)
        _combination(component, context)
        _remainder(component, context)
        if component.outside and (component.kind != "bonus" or len(path) > 1):
            context.add("AS4206", component.span, name=component.name)
        for indicator in component.indicators:
            applies = indicator.applies
            if applies is not None and applies.otherwise is None and component.kind == "base":
                context.add("AS4207", applies.span, name=indicator.name)
    _outside(context)


def _contagion(component: Component, rule: Contagion, context: Context) -> None:
    if len(component.indicators) < 2 and context.lacks("indicator", component):
        context.add("AS4208", rule.span, name=rule.name)
    for share in (rule.below, rule.at_most):
        if check_constant(share, (Unit.SHARE,), context) is None:
            continue
        value = amount(share, context.checked)
        if value is not None and not 0 <= value <= 1:
            context.add("AS4209", share.span, found=share.span.text)
    for indicator in component.indicators:
        if indicator.points is None and indicator.weight is None and context.lacks("points", indicator):
            context.add("AS4048", rule.span, name=indicator.name)


def _combination(component: Component, context: Context) -> None:
    combination = component.combine
    if combination is None or combination.method == "sum":
        return
    if component.kind != "base":
        context.add("AS4210", combination.span, name=component.name)
        return
    if combination.expression is not None:
        _expression(component, combination.expression, context)


def _expression(component: Component, expression: Expression, context: Context) -> None:
    """Of the shares of the parts, each of which must always have one."""
    before = context.failures
    shares: dict[str, Unit | None] = {part.name: Unit.SHARE for part in parts_of(component)}
    unit = unit_of(expression, evolve(CONSTANT, parameters=shares), context)
    if unit is not None and context.failures == before and unit not in _SCORES:
        context.add("AS3004", expression.span, found=expression.span.text, unit=context.unit_text(unit))
    used = {name.id for name in names(expression)}
    for part in parts_of(component):
        if part.name not in used:
            context.add("AS4211", expression.span, name=part.name)
        if (span := _may_be_left_out(part, context)) is not None:
            context.add("AS4213", span, name=part.name, component=component.name)


def _may_be_left_out(part: object, context: Context) -> Span | None:
    """Where it is said that the part has no share of its own for some entity."""
    if isinstance(part, Component):
        return next((found for inner in parts_of(part) if (found := _may_be_left_out(inner, context))), None)
    handlings = [getattr(part, "missing", None), getattr(part, "absent", None)]
    handlings += [handled.handling for handled in getattr(part, "states", ())]
    applies = getattr(part, "applies", None)
    handlings.append(applies.otherwise if applies is not None else None)
    return next((one.span for one in handlings if one is not None and one.kind in ("redistribute", "mean")), None)


def _remainder(component: Component, context: Context) -> None:
    named = component.remainder
    if named is None:
        return
    known = [part.name for part in parts_of(component)]
    if named.id not in known and context.lacks("indicator", component) and context.lacks("component", component):
        suggestion = context.suggestion(named.text, known)
        context.add("AS4214", named.span, name=named.text, component=component.name, suggestion=suggestion)


def _outside(context: Context) -> None:
    """What stands outside the total is in no sum of it."""
    policy = context.policy
    outside = {component.name for component in policy.components if component.outside}
    if policy.total is not None:
        for name in names(policy.total):
            if name.id in outside:
                context.add("AS4215", name.span, name=name.text)
