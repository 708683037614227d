"""What is known of a target that links to a plan of several years, to steps."""

from collections.abc import Callable, Sequence

from attrs import evolve

from assessdsl.ast.multiyear import MultiYearPlan
from assessdsl.period import Period
from assessdsl.plan.builder import Builder
from assessdsl.plan.fields import field_step
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import Choose, Compare, Supply
from assessdsl.quantity import Unit
from assessdsl.source import Span


def plan_step(
    name: str, plans: Sequence[MultiYearPlan], period: Period, scope: Scope, builder: Builder, span: Span
) -> int:
    """`linked`, `elapsed` or `achieved`. But for the first, nothing of a target without a link."""
    link = field_step("links_to", scope, builder, span)
    match name:
        case "linked":
            none = builder.constant("", Unit.TEXT, span)
            given = builder.add(Supply(link, none), Unit.TEXT, span)
            return builder.add(Compare("!=", given, none), Unit.YES_NO, span, name=name)
        case "elapsed":

            def share(plan: MultiYearPlan) -> int:
                passed, years = (builder.constant(n, Unit.YEARS, span) for n in (plan.passed(period), plan.years))
                return builder.calculate("/", passed, years, span)

            return _of_its_plan(name, share, plans, link, builder, span)
        case _:

            def so_far(plan: MultiYearPlan) -> int:
                years = (evolve(scope, entries=False, offset=year) for year in range(plan.passed(period)))
                return builder.joined("+", [field_step("actual", year, builder, span) for year in years], span)

            return _of_its_plan(name, so_far, plans, link, builder, span)


def _of_its_plan(
    name: str,
    value: Callable[[MultiYearPlan], int],
    plans: Sequence[MultiYearPlan],
    link: int,
    builder: Builder,
    span: Span,
) -> int:
    """The value for the plan to which the target links; missing where there is no link."""
    result = value(plans[-1])
    for plan in reversed(plans):
        named = builder.constant(plan.name, Unit.TEXT, span)
        links = builder.add(Compare("==", link, named), Unit.YES_NO, span)
        chosen = value(plan)
        result = builder.add(Choose(links, chosen, result), builder.unit(chosen), span, name=name)
    return result
