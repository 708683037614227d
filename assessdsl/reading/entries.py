"""What of a policy is kept that only those need who need its plan."""

from assessdsl.diagnostics import Diagnostic
from assessdsl.plan import wire
from assessdsl.plan.alone import beyond, outputs_alone
from assessdsl.plan.steps import Plan

Held = tuple[Plan, tuple[Diagnostic, ...]]


def body_of(plan: Plan, diagnostics: tuple[Diagnostic, ...]) -> str:
    return wire.written((plan, diagnostics))


def plan_of(body: str) -> Held | None:
    """None if it is no such text."""
    try:
        plan, diagnostics = wire.read(body)
        return plan, diagnostics
    except (ValueError, TypeError, LookupError):
        return None


def scores_alone(plan: Plan) -> bool:
    """Whether the scores of one entity, of every indicator too, rest on its own data of the year."""
    return not beyond(plan, outputs_alone(plan, indicators=True)[0])
