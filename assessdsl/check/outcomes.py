"""What follows from the scores: the total, gates of the policy, eligibility, conditions of tiers, findings."""

from assessdsl.ast.nodes import TierAtMost
from assessdsl.check.context import Context
from assessdsl.check.expressions import unit_of
from assessdsl.check.names import FINDING, OUTCOME, TIER, TOTAL
from assessdsl.check.precedence import check_precedence
from assessdsl.check.rules import check_deadline
from assessdsl.check.scores import check_condition, check_decided, check_facts
from assessdsl.quantity import Unit


def check_outcomes(context: Context) -> None:
    policy = context.policy
    if policy.total is not None:
        unit = unit_of(policy.total, TOTAL, context)
        if unit is not None and unit not in (Unit.POINTS, Unit.ANY):
            found, expected = context.unit_text(unit), context.unit_text(Unit.POINTS)
            text = policy.total.span.text
            context.add("AS3005", policy.total.span, found=text, unit=found, expected=expected)
        elif unit is not None:
            check_facts(policy.total, context)
    for gate in policy.gates:
        check_condition(gate.when, OUTCOME if isinstance(gate.consequence, TierAtMost) else TOTAL, context)
        check_decided(gate, context)
    for rule in policy.eligibility:
        check_condition(rule.when, OUTCOME, context)
        check_decided(rule, context)
    for tier in policy.tiers:
        if tier.when is not None:
            check_condition(tier.when, TIER, context)
    check_precedence(context)
    if policy.appeal is not None:
        check_deadline(policy.appeal, context)
    for finding in policy.findings:
        check_condition(finding.when, FINDING, context)
        check_decided(finding, context)
        if finding.within is not None:
            check_deadline(finding.within, context)
