"""Versions and amendments of a policy, how many indicators it allows itself, and the plans that it stands in."""

from assessdsl.ast.edition import Amendment
from assessdsl.check.amounts import check_whole
from assessdsl.check.context import Context
from assessdsl.diagnostics import Related
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit


def check_edition(context: Context) -> None:
    policy, edition = context.policy, context.policy.edition
    if edition.indicators is not None:
        limit = check_whole(edition.indicators, (Unit.NUMBER, Unit.COUNT), context)
        if limit is not None and len(context.indicators) > limit:
            context.add("AS4301", edition.limit_span, found=str(len(context.indicators)), limit=str(limit))
    if edition.amendments and not edition.version and context.lacks("version", policy):
        context.add("AS4304", edition.amendments[0].span)
    first: dict[str, Amendment] = {}
    for amendment in edition.amendments:
        if policy.period is not None and amendment.on > policy.period.last_day:
            related = (Related(policy.period_span, "the assessed year", "考核年度"),)
            context.add("AS4302", amendment.span, related, found=str(amendment.on), period=str(policy.period))
        if amendment.label in first:
            related = (Related(first[amendment.label].span, "it stands here already", "此处已经写过"),)
            context.add("AS4303", amendment.span, related, name=amendment.label)
        first.setdefault(amendment.label, amendment)
    _plans(context)


def _plans(context: Context) -> None:
    """The assessed year is one of each plan's, of which there are no more than one can look back."""
    policy = context.policy
    for plan in policy.plans:
        if not 1 <= plan.years <= LIMITS.streak_years:
            first, last, limit = str(plan.first), str(plan.last), str(LIMITS.streak_years)
            context.add("AS4306", plan.span, name=plan.name, first=first, last=last, limit=limit)
        elif policy.period is not None and not plan.first <= policy.period <= plan.last:
            related = (Related(policy.period_span, "the assessed year", "考核年度"),)
            context.add("AS4307", plan.span, related, name=plan.name, period=str(policy.period))
