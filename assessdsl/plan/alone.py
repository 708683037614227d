"""What of a plan is worked out for one entity alone, and whether it can be."""

from collections.abc import Sequence

from assessdsl.diagnostics import Diagnostic
from assessdsl.plan.steps import Aggregate, Band, Load, Plan, Raise, Rank, Step, Streak
from assessdsl.plan.walk import under


def outputs_alone(plan: Plan, *, indicators: bool) -> tuple[tuple[int, ...], tuple[tuple[str, str], ...]]:
    """The steps, and what each is: ("total", ""), ("component", name), ("indicator", name)."""
    outputs, names = [plan.outputs.total], [("total", "")]
    for component in plan.outputs.every_component:
        outputs.append(component.score)
        names.append(("component", component.name))
        for indicator in component.indicators if indicators else ():
            outputs.append(indicator.given)
            names.append(("indicator", indicator.name))
    return tuple(outputs), tuple(names)


def beyond(plan: Plan, outputs: Sequence[int]) -> list[Diagnostic]:
    """Where they depend on more than the entity's own data of the year."""
    found = {}
    for id in sorted(under(plan.steps, outputs)):
        if (code := _beyond(plan.steps[id])) is not None:
            found[code, plan.steps[id].span] = Diagnostic(code, plan.steps[id].span)
    return list(found.values())


def _beyond(step: Step) -> str | None:
    match step.operation:
        case Rank() | Band() | Raise():
            return "AS5301"
        case Aggregate(over=over, to=to) if over.kind == "entity" or to.kind in ("group", "policy"):
            return "AS5301"
        case Streak():
            return "AS5302"
        case Load(source="history"):
            return "AS5302"
        case Load(offset=offset) if offset:
            return "AS5302"
        case _:
            return None
