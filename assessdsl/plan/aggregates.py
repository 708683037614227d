"""Aggregates of the language to steps: over peers, over an entity's targets, over reported rows."""

from collections.abc import Callable, Mapping

from attrs import evolve, frozen

from assessdsl.ast import nodes
from assessdsl.check.names import word_of
from assessdsl.plan.builder import Builder
from assessdsl.plan.fields import field_step, state_step
from assessdsl.plan.rows import Rows, root_of_variance, variance_of
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import ENTITY, GROUP, POLICY, Calculate, Grain, Logic
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Expression


@frozen
class Lowering:
    """What aggregates need of the lowering of the expressions within them; the mappings grow with it."""

    lower: Callable[[Expression, Scope], int]
    policy: nodes.Policy
    builder: Builder
    met: Mapping[str, int]  # by indicator: yes/no, whether its targets are met
    others: Mapping[str, int]  # by indicator: yes/no, the entities that it is not for
    cited: list[int]  # yes/no steps whose rows a finding rests on


def aggregate(
    whole: Lowering, name: str, plain: list[Expression], labelled: Mapping[str, Expression], scope: Scope, span: Span
) -> int:
    """The step of an aggregate of many rows; `sum(components)` is none."""
    if "of" in labelled:
        to = GROUP if word_of(labelled["of"]) == "group" else POLICY
        return _over(whole, name, plain, labelled, scope, scope, to, span)
    collection = word_of(plain[0])
    if collection == "entries":
        inner = evolve(scope, entries=True)
        return _over(whole, name, plain[1:], labelled, inner, scope, scope.grain, span)
    return _targets(whole, name, plain[1:], labelled, collection == "required_targets", scope, span)


def _over(
    whole: Lowering,
    name: str,
    plain: list[Expression],
    labelled: Mapping[str, Expression],
    inner: Scope,
    scope: Scope,
    to: Grain,
    span: Span,
) -> int:
    """An aggregate of values at the inner scope's grain."""
    condition = whole.lower(labelled["when"], inner) if "when" in labelled else None
    value = whole.lower(plain[0], inner) if plain else whole.builder.constant(True, Unit.YES_NO, span)
    value, condition = _counted(whole.builder, name, value, condition, span)
    rows = Rows(whole.builder, inner.grain, to, condition, span)
    match name:
        case "weighted_mean":
            return rows.weighted_mean(value, whole.lower(labelled["weight"], inner))
        case "trimmed_mean":
            drop = int(whole.builder.value(whole.lower(labelled["drop"], Scope())))
            return rows.trimmed_mean(value, drop, whole.lower(labelled["fewer"], scope))
        case "deviation":
            return rows.deviation(value)
    return rows.aggregate(_function_of(name, inner.indicator), value)


def _counted(builder: Builder, name: str, value: int, condition: int | None, span: Span) -> tuple[int, int | None]:
    """`count(…, COND)` counts the rows for which the condition holds."""
    if name != "count" or builder.unit(value) is not Unit.YES_NO:
        return value, condition
    both = value if condition is None else builder.add(Logic("and", (condition, value)), Unit.YES_NO, span)
    return value, both


def _targets(
    whole: Lowering,
    name: str,
    plain: list[Expression],
    labelled: Mapping[str, Expression],
    required: bool,
    scope: Scope,
    span: Span,
) -> int:
    """Over the entity's registered targets, of whatever indicator: an aggregate for each, then joined."""
    found, weights, squares = list[int](), list[int](), list[int]()
    alone = len(whole.met) == 1
    for indicator in whole.policy.indicators:
        if indicator.name in whole.met:
            inner = Scope(indicator, parameters=scope.parameters)
            conditions = [field_step("is_target", inner, whole.builder, span)]
            conditions += _left_in(whole, indicator, inner, span)
            if required:
                conditions.append(field_step("required", inner, whole.builder, span))
            if "when" in labelled:
                conditions.append(whole.lower(labelled["when"], inner))
            condition = whole.builder.add(Logic("and", tuple(conditions)), Unit.YES_NO, span)
            value = whole.lower(plain[0], inner) if plain else conditions[0]
            counted, holds = _counted(whole.builder, name, value, condition, span)
            _cite(whole, name, counted, condition, span)
            rows = Rows(whole.builder, inner.grain, ENTITY, holds, span)
            match name:
                case "mean":
                    found.append(rows.aggregate("sum", value))
                    weights.append(rows.aggregate("count", conditions[0]))
                case "weighted_mean":
                    weight = whole.lower(labelled["weight"], inner)
                    found.append(rows.weighted_sum(value, weight))
                    weights.append(rows.aggregate("sum", weight))
                case "trimmed_mean":  # of one indicator, as the checker saw to
                    drop = int(whole.builder.value(whole.lower(labelled["drop"], Scope())))
                    return rows.trimmed_mean(value, drop, whole.lower(labelled["fewer"], scope))
                case "deviation" if alone:
                    return rows.deviation(value)
                case "variance" | "deviation" if not alone:
                    found.append(rows.aggregate("sum", value))
                    weights.append(rows.aggregate("count", conditions[0]))
                    squares.append(rows.weighted_sum(value, value))
                case _:
                    found.append(rows.aggregate(name, counted))
    if name in ("any", "all"):
        return whole.builder.add(Logic("or" if name == "any" else "and", tuple(found)), Unit.YES_NO, span)
    joined = whole.builder.joined("*" if name == "product" else "+", found, span)
    if not weights:
        return joined
    count = whole.builder.joined("+", weights, span)
    mean = whole.builder.add(Calculate("per", (joined, count)), whole.builder.unit(joined), span)
    if not squares:
        return mean
    variance = variance_of(mean, whole.builder.joined("+", squares, span), count, whole.builder, span)
    return variance if name == "variance" else root_of_variance(variance, whole.builder, span)


def _left_in(whole: Lowering, indicator: nodes.Indicator, inner: Scope, span: Span) -> list[int]:
    """What does not apply is not among the targets, nor is what the entity is exempt from."""
    out = [whole.others[indicator.name]] if indicator.name in whole.others else []
    for handled in indicator.states:
        if handled.state in ("not_applicable", "exempt"):
            out.append(state_step(handled.state, inner, whole.builder, span))
    return [whole.builder.add(Logic("not", (id,)), Unit.YES_NO, span) for id in out]


def _cite(whole: Lowering, name: str, value: int, condition: int, span: Span) -> None:
    if whole.builder.unit(value) is not Unit.YES_NO or name not in ("any", "all", "count"):
        return
    decisive = whole.builder.add(Logic("not", (value,)), Unit.YES_NO, span) if name == "all" else value
    whole.cited.append(whole.builder.add(Logic("and", (condition, decisive)), Unit.YES_NO, span))


def _function_of(name: str, indicator: nodes.Indicator | None) -> str:
    if name in ("best", "worst"):
        is_higher = indicator is None or indicator.direction == "higher"
        return "greatest" if (name == "best") == is_higher else "least"
    return name
