"""Components and indicators: their scores, gates and handlings."""

from assessdsl.ast.nodes import Component, Eligibility, FindingRule, Gate, Handling, Indicator
from assessdsl.check.amounts import check_constant
from assessdsl.check.bounds import decide
from assessdsl.check.context import Context
from assessdsl.check.expressions import condition, unit_of
from assessdsl.check.missing import may_be_missing
from assessdsl.check.names import COMPONENT_GATE, FINDING, MEANINGS, Scope, of_indicator
from assessdsl.check.targeted import is_targeted
from assessdsl.check.units import RATIOS
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Expression, Name
from assessdsl.vocabulary import vocabulary

_HANDLINGS = ("error", "zero", "full", "redistribute", "mean", "ineligible")


def check_components(context: Context) -> None:
    for path in context.policy.paths:
        component, outermost = path[-1], len(path) == 1
        empty = not component.indicators and not component.components
        if empty and context.lacks("indicator", component) and context.lacks("component", component):
            word = context.spelled("word", "indicator")
            context.add("AS2020", component.span, name=component.name, word=word)
        if component.kind == "base" and component.points is None and outermost and context.lacks("points", component):
            context.add("AS2020", component.span, name=component.name, word=context.spelled("word", "points"))
        if component.kind != "base" and component.cap is None and outermost and context.lacks("cap", component):
            context.add("AS4004", component.span, name=component.name)
        for gate in component.gates:
            check_condition(gate.when, COMPONENT_GATE, context)
            check_decided(gate, context)
        for indicator in component.indicators:
            _indicator(component, indicator, context)


def check_condition(when: Expression, scope: Scope, context: Context) -> None:
    """A condition that stops the assessment where it cannot be decided: its facts say what stands in for them."""
    before = context.failures
    condition(when, scope, context)
    if context.failures == before:
        check_facts(when, context, may_stay_open=scope is FINDING)


def check_facts(expression: Expression, context: Context, *, may_stay_open: bool = False) -> None:
    culprit = may_be_missing(expression, context, facts_only=True, may_stay_open=may_stay_open)
    fact = context.facts.get(culprit.id) if isinstance(culprit, Name) else None
    if culprit is not None and fact is not None:
        related = (Related(culprit.span, "needed here", "此处用到"),)
        context.add("AS4018", fact.span, related, name=fact.name)


def check_decided(rule: Gate | Eligibility | FindingRule, context: Context) -> None:
    """A condition that holds for all or for none, whatever the data."""
    found = decide(rule.when, context.checked)
    if found is not None:
        context.add("AS4015" if found else "AS4014", rule.when.span, name=rule.name)


def _indicator(component: Component, indicator: Indicator, context: Context) -> None:
    scope = of_indicator(indicator)
    if indicator.score is not None:
        _score(component, indicator, indicator.score, scope, context)
    for gate in indicator.gates:
        check_condition(gate.when, scope, context)
        check_decided(gate, context)
    if indicator.applies is not None:
        check_condition(indicator.applies.when, COMPONENT_GATE, context)
    others = None if indicator.applies is None else indicator.applies.otherwise
    states = [handled.handling for handled in indicator.states]
    for handling in (indicator.missing, indicator.absent, others, *states):
        if handling is not None:
            _handling(component, indicator, handling, context)
    if (
        indicator.absent is None
        and context.lacks("absent", indicator)
        and context.lacks("score", indicator)
        and is_targeted(indicator, context.checked.functions)
    ):
        context.add("AS4017", indicator.span, name=indicator.name)


def _has_points(indicator: Indicator, context: Context) -> bool:
    given = indicator.points is not None or indicator.weight is not None
    return given or not (context.lacks("points", indicator) and context.lacks("weight", indicator))


def _score(component: Component, indicator: Indicator, score: Expression, scope: Scope, context: Context) -> None:
    before = context.failures
    unit = unit_of(score, scope, context)
    if unit is None or context.failures != before:
        return
    if unit not in (*RATIOS, Unit.POINTS, Unit.ANY):
        context.add("AS3004", score.span, found=score.span.text, unit=context.unit_text(unit))
        return
    if unit in RATIOS and component.kind != "base" and not _has_points(indicator, context):
        context.add("AS4048", score.span, name=indicator.name)
    if indicator.missing is None and context.lacks("missing", indicator):
        culprit = may_be_missing(score, context)
        if culprit is not None:
            context.add("AS4016", score.span, name=indicator.name, found=_named(culprit))


def _named(expression: Expression) -> str:
    return expression.text if isinstance(expression, Name) else expression.span.text


def _handling(component: Component, indicator: Indicator, handling: Handling, context: Context) -> None:
    value = handling.value
    if value is None:
        gives = handling.kind in ("redistribute", "mean")  # only base components have others to give to
        wants = gives or handling.kind == "full"
        if (wants and not _has_points(indicator, context)) or (gives and component.kind != "base"):
            context.add("AS4047", handling.span, found=context.spelled("name", handling.kind), name=indicator.name)
        return
    if isinstance(value, Name) and value.id not in context.values and value.word not in MEANINGS:
        if value.id not in context.policy.doubtful:
            spellings = [s for id in _HANDLINGS for s in vocabulary().get("name", id).spellings]
            near = context.suggestion(value.text, [*spellings, *context.values])
            choices = context.listed("name", *_HANDLINGS)
            context.add("AS2013", value.span, found=value.text, suggestion=near, choices=choices)
        return
    check_constant(value, (Unit.SHARE, Unit.POINTS), context)
