"""Tiers, quotas, ranking and vetoes."""

from fractions import Fraction
from itertools import pairwise
from typing import Final

from assessdsl.ast.nodes import Eligibility, FindingRule, Gate, Tier, TierAtMost
from assessdsl.ast.walk import names, nodes
from assessdsl.check.amounts import check_constant
from assessdsl.check.bounds import amount, decide, total_bounds
from assessdsl.check.constants import constant
from assessdsl.check.context import Context
from assessdsl.check.expressions import unit_of
from assessdsl.check.names import FAMILY_TEXT, OUTCOME, TIER
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit, exact_text
from assessdsl.syntax.tree import Call, Expression, Name, Operation

_TIERS: Final = 50  # before it, with which a tier is compared
_MIRROR: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


def check_tiers(context: Context) -> None:
    policy = context.policy
    _ranking(context)
    caught: list[tuple[Tier, list[Expression]]] = []  # tiers that take all for whom the conditions hold
    for tier in policy.tiers:
        if tier.quota is not None:
            _quota(tier, context)
        conditions = [] if tier.when is None else _conjuncts(tier.when)
        earlier = next((other for other, parts in caught[-_TIERS:] if _stronger(conditions, parts, context)), None)
        if earlier is not None:
            related = (Related(earlier.span, "who reaches this is here already", "达到此条件的已归入这一等次"),)
            context.add("AS4008", tier.span, related, name=tier.name, earlier=earlier.name)
        elif tier.when is not None and _fits(tier.when, context) and decide(tier.when, context.checked) is False:
            high = total_bounds(context.checked)[1]
            most = exact_text(high) if high is not None else ""
            context.add("AS4011", tier.when.span, name=tier.name, most=most)
        if tier.quota is None and (tier.otherwise or tier.when is not None):
            caught.append((tier, conditions))
    if policy.tiers and not any(tier.otherwise for tier in policy.tiers) and context.lacks("tier", policy):
        context.add("AS4007", policy.tiers[-1].span, name=policy.tiers[-1].name)
    _vetoes(context)


def _fits(condition: Expression, context: Context) -> bool:
    before = context.failures
    unit_of(condition, TIER, context)
    return context.failures == before


def _ranking(context: Context) -> None:
    policy, ranking = context.policy, context.policy.ranking
    if ranking is None:
        if not context.lacks("rank", policy):
            return
        uses = [tier.span for tier in policy.tiers]
        rules: list[FindingRule | Eligibility | Gate] = [*policy.findings, *policy.eligibility, *policy.gates]
        for rule in rules:
            uses += [
                node.span for node in nodes(rule.when)
                if (isinstance(node, Call) and node.function.id == "in_bottom")
                or (isinstance(node, Name) and node.word == "rank")
            ]  # fmt: skip
        if uses:
            context.add("AS4034", uses[0])
        return
    for key in ranking.by:
        unit = unit_of(key, OUTCOME, context)
        if unit is not None and not unit.is_number:
            context.add("AS3006", key.span, operator=context.spelled("word", "rank"), unit=context.unit_text(unit))
    if ranking.ties is None:
        context.add("AS4012", ranking.span)


def _quota(tier: Tier, context: Context) -> None:
    policy, quota = context.policy, tier.quota
    assert quota is not None
    if any(name.word == "group" for name in names(quota.share)):
        _by_group(tier, quota.share, context)
        return
    unit = check_constant(quota.share, (Unit.NUMBER, Unit.COUNT, Unit.SHARE), context)
    value = amount(quota.share, context.checked) if unit else None
    if value is not None:
        share = unit is Unit.SHARE
        if not (0 <= value <= 1 if share else value >= 0 and value.denominator == 1):
            context.add("AS4030", quota.share.span, found=quota.share.span.text)
    given = {"of": quota.of, "rounded": quota.rounded, "ties": quota.ties}
    lacking = [word for word, found in given.items() if found is None]
    if unit in (Unit.NUMBER, Unit.COUNT) and "rounded" in lacking:
        lacking.remove("rounded")  # a whole number of places
    if lacking:
        context.add("AS4009", tier.span, name=tier.name, clauses=context.listed("clause", *lacking))
    vetoes = [gate for gate in policy.gates if isinstance(gate.consequence, TierAtMost)]
    if quota.vetoed is None and vetoes:
        related = (Related(vetoes[0].span, "the veto", "否决条件"),)
        context.add("AS4010", tier.span, related, name=tier.name)
    if quota.of and policy.ranking and quota.of != policy.ranking.within:
        related = (Related(policy.ranking.span, "the ranking", "排名"),)
        context.add("AS4043", tier.span, related, name=tier.name, peers=context.spelled("name", policy.ranking.within))


def _by_group(tier: Tier, share: Expression, context: Context) -> None:
    group, when = context.spelled("name", "group"), context.spelled("clause", "when")
    name = next((group.name for group in context.policy.groups), group)
    condition = f"{when} {group} == {name}"
    context.add(
        "AS2109", share.span, name=group, family=FAMILY_TEXT["group"][context.language == "zh"],
        advice_en=f"a tier has one quota: write a tier for each group, as in `{condition}`",
        advice_zh=f"一个等次只有一个名额:请为每个组别各写一个等次,例如 `{condition}`",
    )  # fmt: skip


def _vetoes(context: Context) -> None:
    policy = context.policy
    tiers = [tier.name for tier in policy.tiers]
    for gate in policy.gates:
        if not isinstance(gate.consequence, TierAtMost):
            continue
        tier = gate.consequence.tier
        if tier.id not in tiers:
            if tier.id not in policy.doubtful and context.lacks("tier", policy):
                context.add("AS2104", tier.span, name=tier.text, suggestion=context.suggestion(tier.text, tiers))
        elif tier.id == tiers[0]:
            context.add("AS4013", tier.span, name=gate.name, tier=tier.text)


def _conjuncts(condition: Expression) -> list[Expression]:
    """The conditions of which all must hold, chains of comparisons taken apart."""
    match condition:
        case Operation(operators, operands) if operators[0] == "and":
            return [part for operand in operands for part in _conjuncts(operand)]
        case Operation(operators, operands) if operators[0] in ("<", "<=", ">", ">=", "=="):
            return [
                Operation((operator,), (left, right))
                for operator, (left, right) in zip(operators, pairwise(operands), strict=True)
            ]
    return [condition]


def _stronger(conditions: list[Expression], than: list[Expression], context: Context) -> bool:
    """Whether the conditions say all that the others say."""
    return all(any(_implies(condition, other, context) for condition in conditions) for other in than)


def _implies(condition: Expression, other: Expression, context: Context) -> bool:
    if condition == other:
        return True
    first, second = _threshold(condition, context), _threshold(other, context)
    if first is None or second is None or first[0] != second[0]:
        return False
    (_, sign, bound), (_, other_sign, other_bound) = first, second
    if sign[0] != other_sign[0]:
        return False
    strict, other_strict = len(sign) == 1, len(other_sign) == 1
    if bound == other_bound:
        return strict or not other_strict
    return bound > other_bound if sign[0] == ">" else bound < other_bound


def _threshold(condition: Expression, context: Context) -> tuple[Expression, str, Fraction] | None:
    """A comparison of something with a constant number."""
    if not isinstance(condition, Operation) or condition.operators[0] not in _MIRROR:
        return None
    operator, (left, right) = condition.operators[0], condition.operands[:2]
    for subject, bound, sign in ((left, right, operator), (right, left, _MIRROR[operator])):
        known = constant(bound, context.checked)
        if known and isinstance(known[0], Fraction) and sign != "==":
            return subject, sign, known[0]
    return None
