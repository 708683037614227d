"""Components to steps: their parts, how these are combined, and what holds the whole."""

from functools import reduce

from attrs import evolve, frozen

from assessdsl.ast import nodes
from assessdsl.check import residual_parts
from assessdsl.check.units import RATIOS
from assessdsl.plan.expressions import Expressions
from assessdsl.plan.indicators import IndicatorLowering, LoweredIndicator
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import (
    ENTITY,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    ComponentOutput,
    Gate,
    Logic,
    Operation,
    Part,
    Stage,
)
from assessdsl.quantity import Unit
from assessdsl.source import Span

Path = tuple[nodes.Component, ...]  # the components in which it stands and itself, the outermost first


@frozen
class LoweredComponent:
    output: ComponentOutput
    droppable: bool  # whether all of its points may go to other components
    ineligible: tuple[int, ...]  # yes/no, of the entity: what takes it out of the tiers with a quota


def lower_component(
    path: Path, expressions: Expressions, outer: int | None = None, remainder: int | None = None
) -> LoweredComponent:
    """The component's steps; afterwards its score can be named. `outer`: the points of that in which it stands."""
    component, span = path[-1], path[-1].span
    full = _full(component, expressions, outer) if remainder is None else remainder
    left = _remainder(path, expressions, full)
    lowered = [
        IndicatorLowering(expressions, path, indicator, full, left.get(indicator.name)).indicator()
        for indicator in component.indicators
    ]
    inner = [lower_component((*path, part), expressions, full, left.get(part.name)) for part in component.components]
    lowered = _infected(component, expressions, lowered)
    counted = component.kind == "base"
    parts = [
        Part(found.output.name, found.output.score, found.output.points, averaged=found.averaged, counted=counted)
        for found in lowered
    ]
    parts += [Part(found.output.name, found.output.score, found.output.points, counted=counted) for found in inner]
    lowered = _with_means(expressions, lowered, parts)
    droppable = any("redistribute" in _kinds(indicator) for indicator in component.indicators)
    droppable = droppable or any(part.droppable for part in inner)
    applies = expressions.in_groups(expressions.checked.policy.groups_of(*path), span)
    stages = _combined(component, expressions, tuple(parts), full, droppable)
    stages += _held(component, expressions, stages[-1].step, applies)
    score = expressions.components[component.name] = stages[-1].step
    output = ComponentOutput(
        name=component.name,
        label=component.label,
        kind=component.kind,
        indicators=tuple(found.output for found in lowered),
        stages=tuple(stages),
        score=score,
        points=_given_points(expressions, component, tuple(parts), full, applies, droppable),
        applies=applies,
        components=tuple(part.output for part in inner),
        outside=component.outside,
        span=span,
    )
    barring = [id for found in lowered for id in found.ineligible] + [id for found in inner for id in found.ineligible]
    return LoweredComponent(output, droppable and counted, tuple(barring))


def _full(component: nodes.Component, expressions: Expressions, outer: int | None) -> int:
    if component.weight is None or outer is None:
        return expressions.points(component.points, component.points_span)
    weight = expressions.lower(component.weight, Scope())
    return expressions.builder.add(Calculate("*", (weight, outer)), Unit.POINTS, component.weight_span)


def _remainder(path: Path, expressions: Expressions, full: int) -> dict[str, int]:
    """The points of the part that has what the others leave."""
    component, builder = path[-1], expressions.builder
    if component.remainder is None:
        return {}
    left, span = full, component.remainder.span
    for part in residual_parts(component):
        if part.weight is None:
            points = expressions.points(part.points, part.points_span)
        else:
            share = expressions.lower(part.weight, Scope())
            points = builder.add(Calculate("*", (share, full)), Unit.POINTS, part.weight_span)
        left = builder.add(Calculate("-", (left, points)), Unit.POINTS, span)
    return {component.remainder.id: left}


# ---------------------------------------------------------------- rules across indicators


def _with_means(expressions: Expressions, lowered: list[LoweredIndicator], parts: list[Part]) -> list[LoweredIndicator]:
    """What indicators give where the mean of the others may stand in for them: see the step Combine."""
    if all(part.averaged is None for part in parts):
        return lowered

    def of_entity(operation: Operation, unit: Unit = Unit.NUMBER) -> int:
        return builder.add(operation, unit, span, grain=ENTITY)

    builder, span = expressions.builder, lowered[0].output.span
    nothing, none, one = (
        builder.constant(*each, span) for each in ((0, Unit.POINTS), (0, Unit.NUMBER), (1, Unit.NUMBER))
    )
    shares, counts = list[int](), list[int]()
    for part in parts:
        if not part.counted:
            continue
        own = of_entity(Compare("!=", part.points, nothing), Unit.YES_NO)
        if part.averaged is not None:
            own = of_entity(Logic("and", (own, of_entity(Logic("not", (part.averaged,)), Unit.YES_NO))), Unit.YES_NO)
        shares.append(of_entity(Choose(own, of_entity(Calculate("/", (part.score, part.points))), none)))
        counts.append(of_entity(Choose(own, one, none)))
    if not shares:
        return lowered
    total, count = (
        reduce(lambda left, right: of_entity(Calculate("+", (left, right))), ids) for ids in (shares, counts)
    )
    mean = of_entity(Calculate("/", (total, count)))

    def with_mean(found: LoweredIndicator) -> LoweredIndicator:
        if found.averaged is None:
            return found
        output = found.output
        has_none = of_entity(Compare("==", output.points, nothing), Unit.YES_NO)
        product = of_entity(Calculate("*", (output.points, mean)), Unit.POINTS)
        stands_in = of_entity(Choose(has_none, nothing, product), Unit.POINTS)
        instead = of_entity(Choose(found.averaged, stands_in, output.score), Unit.POINTS)
        return evolve(found, output=evolve(output, instead=instead))

    return [with_mean(found) for found in lowered]


def _infected(
    component: nodes.Component, expressions: Expressions, lowered: list[LoweredIndicator]
) -> list[LoweredIndicator]:
    """Where one indicator is below the line, the others are held."""
    for rule in component.contagion:
        below = [_is_below(found, rule, expressions) for found in lowered]
        lowered = [
            _limited(found, rule, [other for place, other in enumerate(below) if place != number], expressions)
            for number, found in enumerate(lowered)
        ]
    return lowered


def _is_below(found: LoweredIndicator, rule: nodes.Contagion, expressions: Expressions) -> int:
    """Of an indicator that has points and a score of its own."""
    builder, output, span = expressions.builder, found.output, rule.below.span
    line = builder.add(
        Calculate("*", (expressions.lower(rule.below, Scope()), output.points)), Unit.POINTS, span, grain=ENTITY
    )
    nothing = builder.constant(0, Unit.POINTS, span)
    asked = [builder.add(Compare(">", output.points, nothing), Unit.YES_NO, span, grain=ENTITY)]
    for left_out in (found.averaged, output.others):
        if left_out is not None:
            asked.append(builder.add(Logic("not", (left_out,)), Unit.YES_NO, span, grain=ENTITY))
    low = builder.add(Compare("<", output.score, line), Unit.YES_NO, span, grain=ENTITY)
    return builder.add(Logic("and", (*asked, low)), Unit.YES_NO, span, grain=ENTITY)


def _limited(
    found: LoweredIndicator, rule: nodes.Contagion, others: list[int], expressions: Expressions
) -> LoweredIndicator:
    builder, output = expressions.builder, found.output
    if not others:
        return found
    when = builder.add(Logic("or", tuple(others)), Unit.YES_NO, rule.span, grain=ENTITY)
    share = expressions.lower(rule.at_most, Scope())
    most = builder.add(Calculate("*", (share, output.points)), Unit.POINTS, rule.at_most.span, grain=ENTITY)
    gate = Gate(rule.name, output.score, when, most)
    score = builder.add(gate, Unit.POINTS, rule.span, grain=ENTITY, name=output.name)
    before = output.held or (Stage("sum", output.score),)
    stage = Stage("contagion", score, rule.name, rule.label)
    return evolve(found, output=evolve(output, score=score, held=(*before, stage)))


# ---------------------------------------------------------------- the component


def _combined(
    component: nodes.Component, expressions: Expressions, parts: tuple[Part, ...], full: int, droppable: bool
) -> list[Stage]:
    builder, combination = expressions.builder, component.combine
    method = "sum" if combination is None else combination.method
    span = component.span if combination is None else combination.span
    if method in ("geometric", "harmonic", "least", "product"):
        step = Combine(parts, full, method)
        return [Stage("expression", builder.add(step, Unit.POINTS, span, grain=ENTITY, name=component.name))]
    whole = full if droppable or method == "mean" else None
    summed = builder.add(Combine(parts, whole), Unit.POINTS, span, grain=ENTITY, name=component.name)
    stages = [Stage("sum", summed)]
    if combination is not None and combination.expression is not None:
        shares = {
            part.name: builder.add(Calculate("per", (part.score, part.points)), Unit.SHARE, span, grain=ENTITY)
            for part in parts
        }
        value = expressions.lower(combination.expression, Scope(parameters=shares))
        if builder.unit(value) in (*RATIOS, Unit.NUMBER):
            value = builder.add(Calculate("*", (value, full)), Unit.POINTS, span, grain=ENTITY, name=component.name)
        stages.append(Stage("expression", value))
    return stages


def _held(component: nodes.Component, expressions: Expressions, score: int, applies: int) -> list[Stage]:
    """Gates, limits and rounding."""
    builder, scope, span = expressions.builder, Scope(), component.span
    stages: list[Stage] = []
    for gate in component.gates:
        when = builder.add(Logic("and", (applies, expressions.lower(gate.when, scope))), Unit.YES_NO, gate.span)
        score = expressions.gated(score, gate, when, scope, ENTITY)
        stages.append(Stage("gate", score, gate.name, gate.label))
    if component.cap is not None or component.floor is not None:
        low = None if component.floor is None else expressions.lower(component.floor, scope)
        high = None if component.cap is None else expressions.lower(component.cap, scope)
        score = builder.add(Clamp(score, low, high), Unit.POINTS, span, grain=ENTITY, name=component.name)
        stages.append(Stage("limit", score))
    roundings = [component.rounding] if component.rounding else []
    roundings += [r for r in expressions.checked.policy.rounding if any(name.id == component.name for name in r.of)]
    for rounding in roundings:
        score = expressions.rounded(score, rounding, ENTITY)
        stages.append(Stage("rounding", score))
    return stages


def _given_points(
    expressions: Expressions,
    component: nodes.Component,
    parts: tuple[Part, ...],
    full: int,
    applies: int,
    droppable: bool,
) -> int:
    """Full marks of the entity; none where all were given to the other components."""
    builder, span = expressions.builder, component.points_span
    zero = builder.constant(0, Unit.POINTS, span)
    if component.kind != "base":
        return zero
    given = applies
    if droppable:
        left = _sum_of_points(parts, expressions, span)
        some = builder.add(Compare(">", left, zero), Unit.YES_NO, span, grain=ENTITY)
        given = builder.add(Logic("and", (applies, some)), Unit.YES_NO, span)
    return builder.choose(given, full, zero, span)


def _sum_of_points(parts: tuple[Part, ...], expressions: Expressions, span: Span) -> int:
    left = parts[0].points
    for part in parts[1:]:
        left = expressions.builder.add(Calculate("+", (left, part.points)), Unit.POINTS, span, grain=ENTITY)
    return left


def _kinds(indicator: nodes.Indicator) -> tuple[str, ...]:
    handlings = [indicator.missing, indicator.absent, *(handled.handling for handled in indicator.states)]
    if indicator.applies is not None:
        handlings.append(indicator.applies.otherwise)
    return tuple(handling.kind for handling in handlings if handling is not None)
