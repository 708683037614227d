"""The tree of an explanation: an entity's outcome, its components, indicators and targets, and what led to them."""

from collections.abc import Iterator
from fractions import Fraction

from attrs import evolve

from assessdsl.check.units import RATIOS
from assessdsl.explanation.ledger import indicator_marks
from assessdsl.explanation.outcome import finding_nodes, rank_node, tier_node
from assessdsl.explanation.records import Node
from assessdsl.explanation.view import Place, View
from assessdsl.explanation.words import word
from assessdsl.explanation.working import Working
from assessdsl.plan.steps import (
    Calculate,
    Choose,
    Compare,
    ComponentOutput,
    Constant,
    Gate,
    IndicatorOutput,
    Stage,
    Step,
)
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Quantity, Unit
from assessdsl.source import prelude_source
from assessdsl.vocabulary import vocabulary


def entity_node(view: View, entity: int) -> Node:
    outputs, place, result = view.plan.outputs, Place(entity), view.outcome(entity)
    working = new_working(view)
    children = [
        component_node(view, working, component, entity)
        for component in outputs.components
        if view.truth(component.applies, place)
    ]
    children += _stage_nodes(view, working, outputs.total_stages, place, outputs.total_stages[0].step)
    if outputs.rank is not None:
        children.append(rank_node(view, working, outputs.rank, entity))
    if outputs.tier is not None:
        children.append(tier_node(view, working, outputs.tier, entity))
    children += finding_nodes(view, working, entity, result)
    record = view.trace.dataset.entities[entity]
    full = Quantity(view.number(outputs.full, place), Unit.POINTS, outputs.places)
    return Node(
        "entity", result.label or result.entity, result.total, full, outputs.total, cell=record.cell,
        children=tuple(children),
    )  # fmt: skip


def component_node(view: View, working: Working, component: ComponentOutput, entity: int) -> Node:
    place = Place(entity)
    children = [
        indicator_node(view, working, component, indicator, entity)
        for indicator in component.indicators
        if view.truth(indicator.applies, place)
    ]
    children += [
        component_node(view, working, part, entity) for part in component.components if view.truth(part.applies, place)
    ]
    if component.outside:
        children.append(Node("note", word("outside", view.language), span=component.span))
    first = component.stages[0]
    children += _stage_nodes(view, working, component.stages, place, first.step if first.kind == "sum" else None)
    full = _points(view.number(component.points, place)) if component.kind == "base" else None
    score = _points(view.number(component.score, place))
    return Node(
        "component", component.label or component.name, score, full, component.score, component.span,
        children=tuple(children),
    )  # fmt: skip


def indicator_node(
    view: View, working: Working, component: ComponentOutput, indicator: IndicatorOutput, entity: int
) -> Node:
    place = Place(entity)
    full, contributed = indicator_marks(view, component, indicator, entity)
    others = view.truth(indicator.others, place)
    items = () if others else view.items(indicator.name, entity)
    children: list[Node] = []
    if others:
        label = word("not_applicable", view.language)
        assert indicator.others is not None
        below = working.nodes(indicator.others, place)
        children.append(Node("note", label, span=view.step(indicator.others).span, children=below))
    elif component.kind == "base" and full == 0:
        children.append(Node("note", word("left out", view.language), span=indicator.span))
    elif view.truth(indicator.absent, place):
        children.append(Node("note", word("absent", view.language), span=indicator.span))
    for item in items:
        stages = _stage_nodes(view, working, indicator.stages, item, None)
        data = view.item(item)
        if len(items) == 1 and not data.target:
            children += stages
            continue
        if data.restored:
            stages.insert(0, Node("note", word("restored", view.language), cell=data.cell))
        had = _points(view.number(indicator.target_points, item)) if component.kind == "base" else None
        score = view.shown(indicator.stages[-1].step, item)
        label = data.target or word("report", view.language)
        children.append(
            Node("target", label, score, had, indicator.stages[-1].step, cell=data.cell, children=tuple(stages))
        )
    children += _stage_nodes(view, working, indicator.held, place, indicator.held[0].step if indicator.held else None)
    return Node(
        "indicator", indicator.label or indicator.name, _points(contributed),
        _points(full) if component.kind == "base" else None,
        indicator.score, indicator.span, children=tuple(children),
    )  # fmt: skip


def new_working(view: View) -> Working:
    """A working that does not unfold what the tree shows in its own place."""
    outputs, known = view.plan.outputs, dict[int, str]()
    for component in outputs.every_component:
        for indicator in component.indicators:
            known[indicator.score] = indicator.label or indicator.name
        known[component.score] = component.label or component.name
    known[outputs.total_stages[0].step] = word("sum", view.language)
    known[outputs.total] = word("total", view.language)
    if outputs.rank is not None:
        known[outputs.rank] = word("rank", view.language)
    if outputs.tier is not None:
        known[outputs.tier] = word("tier", view.language)
    parts: list[ComponentOutput | IndicatorOutput] = list(outputs.every_component)
    parts += [indicator for component in outputs.every_component for indicator in component.indicators]
    rungs = frozenset(_rungs(view))
    return Working(
        view,
        known,
        labels={part.name: part.label or part.name for part in parts},
        parts=frozenset(part.span for part in parts),
        rungs=rungs,
        partial=frozenset(
            input
            for step in view.plan.steps
            for input in inputs(step.operation)
            if input not in rungs and (view.step(input).span == step.span or _unwritten(view.step(input)))
        ),
        foreign=frozenset({prelude_source()}),
    )


def _unwritten(step: Step) -> bool:
    """Whether the step compares with zero, as a `ratio` does, where the author wrote no comparison."""
    spellings = vocabulary().get("operator", "==").spellings
    return (
        isinstance(step.operation, Compare)
        and step.operation.operator == "=="
        and not any(sign in step.span.text for sign in (*spellings, ":", "："))
    )


def _rungs(view: View) -> Iterator[int]:
    """The conditions of the rungs of ladders (x >= step) and of the levels of entries (level == name)."""
    for step in view.plan.steps:
        if isinstance(step.operation, Choose):
            condition = view.step(step.operation.condition)
            match condition.operation:
                case Compare(operator, left, _) if condition.span == step.span:
                    if operator == ">=" or view.step(left).unit is Unit.LEVEL:
                        yield condition.id


def _stage_nodes(
    view: View, working: Working, stages: tuple[Stage, ...], place: Place, first: int | None
) -> list[Node]:
    """A line for each stage: the score always, a gate with whether it fired, the others where they changed something.

    `first`: the step of a sum, which its parts have shown already.
    """
    nodes: list[Node] = []
    before: object = None
    for stage in stages:
        step = view.step(stage.step)
        value = view.value(stage.step, place)
        label = f"{word(stage.kind, view.language)} {stage.label or stage.name}".strip()
        node = Node("stage", label, view.shown(stage.step, place), None, step.id, step.span)
        if isinstance(step.operation, Gate) and stage.kind == "gate":
            when = step.operation.when
            nodes.append(evolve(node, value=view.shown(when, place), children=working.nodes(when, place), step=when))
        elif stage.step == first:
            pass
        elif stage.kind == "score" or value != before:
            nodes.append(evolve(node, children=_stage_working(view, working, stage, place)))
        before = value
    return nodes


def _stage_working(view: View, working: Working, stage: Stage, place: Place) -> tuple[Node, ...]:
    step = view.step(stage.step)
    match stage.kind, step.operation:
        case "score", Calculate("*", (share, _)) if view.step(share).unit in RATIOS:
            # the author's expression is the share; its product with the points is the line above
            if isinstance(view.step(share).operation, Constant):
                return ()
            below = working.below(share, place, step.span)
            _, _, expression = working.text(step).partition(" ")  # behind the word `score`
            return (Node("value", expression, view.shown(share, place), None, share, step.span, None, below),)
        case (("score" | "missing" | "expression" | "forfeited"), _):
            return working.below(stage.step, place, step.span)
        case _:
            return ()


def _points(value: Fraction) -> Quantity:
    return Quantity(value, Unit.POINTS)
