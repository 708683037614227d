"""The traffic lights of targets, as steps that the exact engine runs beside a policy's own.

`progress` and `expected` are fields of a target that monitoring works out and puts beside the others.
"""

from attrs import evolve, frozen

from assessdsl.check import Checked
from assessdsl.plan.builder import Builder
from assessdsl.plan.expressions import Expressions
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import Plan
from assessdsl.quantity import Unit
from assessdsl.source import Span


@frozen
class LightRule:
    """A light of an indicator's targets, where `step` holds: yes/no, of each target."""

    colour: str
    step: int
    span: Span


@frozen
class Lights:
    """`plan` holds the steps of the lights alone; of each indicator its rules, the first that holds decides."""

    plan: Plan
    rules: dict[str, tuple[LightRule, ...]]


def lights(checked: Checked, plan: Plan) -> Lights:
    """`plan`: that of the policy, whose schema the data is bound by."""
    monitoring, builder = checked.policy.monitoring, Builder()
    expressions = Expressions(checked, builder)
    rules: dict[str, tuple[LightRule, ...]] = {}
    for indicator in checked.policy.indicators:
        found = []
        for light in () if monitoring is None else monitoring.lights:
            if light.when is None:
                id = builder.constant(True, Unit.YES_NO, light.span)
            else:
                id = expressions.lower(light.when, Scope(indicator))
            found.append(LightRule(light.colour, id, light.span))
        rules[indicator.name] = tuple(found)
    steps, number = builder.finished(rule.step for found in rules.values() for rule in found)
    numbered = {name: tuple(evolve(rule, step=number(rule.step)) for rule in found) for name, found in rules.items()}
    return Lights(evolve(plan, steps=steps), numbered)
