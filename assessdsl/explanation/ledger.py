"""The ledger: every point between full marks and the score, by cause and place, so that the lines sum exactly.

A part is measured on its own scale: full marks of a target, an indicator or a base component are the points that it
has; those of bonuses and penalties are nothing, so that what a bonus gives is a loss below zero. What the parts do not
account for belongs to the step that combines them: redistribution of dropped points, or the total's own expression.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from attrs import evolve

from assessdsl.explanation.records import Cause, LedgerLine
from assessdsl.explanation.view import Place, View
from assessdsl.explanation.words import word
from assessdsl.plan.steps import Combine, ComponentOutput, IndicatorOutput, Stage
from assessdsl.source import Span

_CAUSES: Final[dict[str, Cause]] = {
    "score": "score",
    "forfeited": "forfeited",
    "state": "state",
    "contagion": "contagion",
    "missing": "missing",
    "gate": "gate",
    "limit": "limit",
    "rounding": "rounding",
    "sum": "combination",
    "expression": "combination",
}


def entity_ledger(view: View, entity: int) -> tuple[LedgerLine, ...]:
    """Lines that sum to full marks − total."""
    outputs, place = view.plan.outputs, Place(entity)
    inside = [component for component in outputs.components if not component.outside]
    lines = [line for component in inside for line in component_ledger(view, component, entity)]
    lost = sum((line.points for line in lines), Fraction(0))
    first = outputs.total_stages[0]
    after = view.number(first.step, place)
    span = view.step(first.step).span
    lines.append(
        _line(view, view.number(outputs.full, place) - lost - after, _combining_cause(view, first.step), "", span)
    )
    lines += _stages(view, outputs.total_stages[1:], place, after, 1, "")
    return tuple(line for line in lines if line.points)


def component_ledger(view: View, component: ComponentOutput, entity: int) -> Iterator[LedgerLine]:
    """Lines that sum to the component's points − its score; of a bonus or penalty to what it takes from the total."""
    place = Place(entity)
    if not view.truth(component.applies, place):
        return
    sign, points = _scale(view, component, place)
    lines: list[LedgerLine] = []
    for indicator in component.indicators:
        lines += indicator_ledger(view, component, indicator, entity)
    for part in component.components:
        lines += component_ledger(view, part, entity)
    first = component.stages[0]
    after = view.number(first.step, place)
    lost = sum((line.points for line in lines), Fraction(0))
    cause = _combining_cause(view, first.step)
    lines.append(_line(view, sign * (points - after) - lost, cause, component.label, component.span))
    lines += _stages(view, component.stages[1:], place, after, sign, component.label)
    yield from (evolve(line, component=line.component or component.name) for line in lines if line.points)


def indicator_ledger(
    view: View, component: ComponentOutput, indicator: IndicatorOutput, entity: int
) -> tuple[LedgerLine, ...]:
    """Lines that sum to the indicator's points − what it contributes."""
    place = Place(entity)
    if not view.truth(indicator.applies, place):
        return ()
    sign = -1 if component.kind == "penalty" else 1
    full, contributed = indicator_marks(view, component, indicator, entity)
    lines: list[LedgerLine] = []
    averaged = takes_mean(view, component, indicator, entity)
    dropped = component.kind == "base" and full == 0
    others = view.truth(indicator.others, place)
    items = () if averaged or dropped or others else view.items(indicator.name, entity)
    for item in items:
        target = view.item(item).target
        label = " / ".join(text for text in (component.label, indicator.label, target) if text)
        level = view.number(indicator.target_points, item) if component.kind == "base" else Fraction(0)
        for line in _stages(view, indicator.stages, item, level, sign, label, indicator.span):
            lines.append(evolve(line, target=target, cell=view.item_cell(item)))
    held: list[LedgerLine] = []
    if indicator.held and not (averaged or dropped):
        label = f"{component.label} / {indicator.label}"
        level = view.number(indicator.held[0].step, place)
        held = list(_stages(view, indicator.held[1:], place, level, sign, label, indicator.span))
    rest = sign * (full - contributed) - sum((line.points for line in (*lines, *held)), Fraction(0))
    cause: Cause = "redistribution" if items else "missing"  # among the targets, of those that are left out
    if view.truth(indicator.absent, place):
        cause = "absent"
    if others:
        cause = "not_applicable"
    lines.append(_line(view, rest, cause, f"{component.label} / {indicator.label}", indicator.span))
    lines += held
    return tuple(evolve(line, component=component.name, indicator=indicator.name) for line in lines if line.points)


def indicator_marks(
    view: View, component: ComponentOutput, indicator: IndicatorOutput, entity: int
) -> tuple[Fraction, Fraction]:
    """The indicator's full marks and what it contributes to its component, before redistribution."""
    had = view.component(entity, component.name).indicators[indicator.name]
    return had.points.value if component.kind == "base" else Fraction(0), had.score.value


def takes_mean(view: View, component: ComponentOutput, indicator: IndicatorOutput, entity: int) -> bool:
    """Whether the mean of the component's other indicators stands in for this one."""
    combine = view.step(component.stages[0].step).operation
    assert isinstance(combine, Combine)
    return any(part.name == indicator.name and view.truth(part.averaged, Place(entity)) for part in combine.parts)


def _scale(view: View, component: ComponentOutput, place: Place) -> tuple[int, Fraction]:
    """Which way the component counts, and the full marks that it has."""
    match component.kind:
        case "base":
            return 1, view.number(component.points, place)
        case "bonus":
            return 1, Fraction(0)
        case "penalty":
            return -1, Fraction(0)


def _stages(
    view: View,
    stages: tuple[Stage, ...],
    place: Place,
    level: Fraction,
    sign: int,
    label: str,
    span: Span | None = None,
) -> Iterator[LedgerLine]:
    """A line for each stage that changed the value, which starts from `level`."""
    for stage in stages:
        after = view.value(stage.step, place)
        if not isinstance(after, Fraction):
            continue  # the stage of missing facts, which comes next, says what stands in
        where = view.step(stage.step).span
        if not where.source.name and span is not None:
            where = span
        line = _line(view, sign * (level - after), _CAUSES[stage.kind], label, where)
        yield evolve(line, gate=stage.name, label=f"{line.label} {stage.label or stage.name}".strip())
        level = after


def _line(view: View, points: Fraction, cause: Cause, label: str, span: Span) -> LedgerLine:
    text = label or word("total", view.language)
    return LedgerLine(points, cause, f"{text}: {word(cause, view.language)}", span=span)


def _combining_cause(view: View, step: int) -> Cause:
    operation = view.step(step).operation
    gives = isinstance(operation, Combine) and operation.full is not None and operation.method == "sum"
    return "redistribution" if gives else "combination"
