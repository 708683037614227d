"""What the group of an entity decides: whether the same facts score the same in every group that is asked for them."""

from collections.abc import Iterator
from itertools import pairwise

from assessdsl.fairness.merged import between
from assessdsl.fairness.study import Study
from assessdsl.fairness.verdict import Claim, Reason, Verdict
from assessdsl.plan.steps import Aggregate, IndicatorOutput, Load, Plan, Rank
from assessdsl.plan.walk import under
from assessdsl.source import Span


def group_neutral(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Of each indicator that several groups are asked for, and of the total where all groups are asked for the same."""
    found = [
        _verdict(study, part.name, part.label, part.score, groups, part.span)
        for part, groups in shared(study.plan)
        if len(groups) > 1
    ]
    groups = study.plan.schema.groups
    if len(groups) > 1 and all(len(own) == len(groups) for _, own in shared(study.plan)):
        total = study.plan.outputs.total
        found.append(_verdict(study, "", "", total, groups, study.plan.steps[total].span))
    return tuple(found)


def shared(plan: Plan) -> Iterator[tuple[IndicatorOutput, tuple[str, ...]]]:
    """Each indicator with the groups that are asked for it."""
    every = plan.schema.groups
    parts = {part.name: part for whole in plan.outputs.every_component for part in whole.indicators}
    for schema in plan.schema.indicators:
        yield parts[schema.name], tuple(name for name in every if name in schema.groups)


def _verdict(study: Study, about: str, label: str, id: int, groups: tuple[str, ...], span: Span) -> Verdict:
    if (peers := _reads_peers(study.plan, id)) is not None:
        return Verdict(about, label, "unknown", (Reason("reads_peers", {}, peers),), span=span)
    for first, second in pairwise(groups):
        one, other = between(study.policy, first, second, id)
        if one != other:
            labels = dict(study.plan.groups)
            named = {"first": labels.get(first) or first, "second": labels.get(second) or second}
            return Verdict(about, label, "unknown", (Reason("reads_group", named, span),), span=span)
    return Verdict(about, label, "proved", (Reason("group_unread", {}, span),), span=span)


def _reads_peers(plan: Plan, id: int) -> Span | None:
    return next((plan.steps[one].span for one in compared(plan, id)), None)


def compared(plan: Plan, id: int) -> Iterator[int]:
    """The steps on the way that look at the group's others."""
    for one in sorted(under(plan.steps, [id])):
        match plan.steps[one].operation:
            case Aggregate(to=to) if to.kind == "group":
                yield one
            case Rank(within="group") | Load("history", "peers_in_group", _):
                yield one
