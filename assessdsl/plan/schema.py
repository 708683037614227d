"""What data a plan takes."""

from assessdsl.ast.nodes import Component, Indicator
from assessdsl.check import is_targeted
from assessdsl.period import Period
from assessdsl.plan.expressions import Expressions
from assessdsl.plan.inputs import FactSchema, IndicatorSchema, Schema
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import Aggregate, Grain, Load, Step
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Expression


def schema(expressions: Expressions, steps: tuple[Step, ...]) -> Schema:
    """From the policy's declarations and from what the finished steps load."""
    policy = expressions.checked.policy
    register = policy.register
    loads = [step.operation for step in steps if isinstance(step.operation, Load) and step.operation.offset]

    of_indicator: dict[str, list[Step]] = {}
    for step in steps:
        over = step.operation.over if isinstance(step.operation, Aggregate) else step.grain
        for name in {step.grain.indicator, over.indicator}:
            of_indicator.setdefault(name, []).append(step)

    def past(source: str, name: str) -> frozenset[int]:
        return frozenset(load.offset for load in loads if load.source == source and load.name == name)

    return Schema(
        period=policy.period or Period(0),
        groups=tuple(group.name for group in policy.groups),
        indicators=tuple(
            _indicator(expressions, of_indicator.get(indicator.name, []), path, indicator)
            for path in policy.paths
            for indicator in path[-1].indicators
        ),
        facts=tuple(
            FactSchema(
                f.name,
                f.unit,
                _places(expressions, f.unit, f.places),
                f.label,
                f.span,
                past("entity", f.name),
                f.attribute,
            )
            for f in policy.facts
        ),
        judgements=tuple(judgement.name for judgement in policy.judgements),
        benchmarks=tuple(
            FactSchema(b.name, b.unit, _places(expressions, b.unit, None), b.label, b.span, past("benchmark", b.name))
            for b in policy.benchmarks
            if b.value is None
        ),
        tiers=tuple(tier.name for tier in policy.tiers),
        required_columns=() if register is None else register.require,
        removal_forbidden=register is not None and register.removal == "forbidden",
        authorities=() if register is None else register.authorities,
        plans=tuple(plan.name for plan in policy.plans),
        group_labels=tuple(group.label for group in policy.groups),
        judgement_labels=tuple(judgement.label for judgement in policy.judgements),
        tier_labels=tuple(tier.label for tier in policy.tiers),
        plan_labels=tuple(plan.label for plan in policy.plans),
        register_span=policy.span if register is None else register.span,
    )


def _places(expressions: Expressions, unit: Unit | None, places: Expression | None) -> int | None:
    """Those that are declared; else of a thing its own, which are none where it has none."""
    if places is None and unit is not None and unit.thing:
        places = next(thing.places for thing in expressions.checked.policy.things if thing.name == unit.thing)
        if places is None:
            return 0
    return None if places is None else int(expressions.builder.value(expressions.lower(places, Scope())))


def _indicator(
    expressions: Expressions, steps: list[Step], path: tuple[Component, ...], indicator: Indicator
) -> IndicatorSchema:
    loads = [step.operation for step in steps if step.grain.indicator and isinstance(step.operation, Load)]
    entry = Grain("entry", indicator.name)
    entries = any(
        step.grain == entry or (isinstance(step.operation, Aggregate) and step.operation.over == entry)
        for step in steps
    )
    return IndicatorSchema(
        name=indicator.name,
        unit=indicator.unit or Unit.NUMBER,
        groups=expressions.checked.policy.groups_of(*path, indicator),
        targeted=is_targeted(indicator, expressions.checked.functions),
        shared=indicator.shared_by != "",
        many_entries=entries,
        direction=indicator.direction,
        fields=frozenset(load.name for load in loads if load.source in ("target", "entry") and not load.offset),
        levels=tuple(level.name for level in indicator.levels),
        places=_places(expressions, indicator.unit, indicator.places),
        label=indicator.label,
        states=frozenset(handled.state for handled in indicator.states),
        level_labels=tuple(level.label for level in indicator.levels),
        past=frozenset(load.offset for load in loads if load.offset),
        span=indicator.span,
    )
