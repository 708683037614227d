"""The named properties of the catalogue that can be tried on cases, and for which policies there is something to try.

A property is a trial: it takes a scored case and picks, and gives a witness, or says that the property held, or that
the case gave no occasion. Ids are those of the `guarantee` statement, and `temporal`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from attrs import frozen

from assessdsl.engine import Policy
from assessdsl.fairness import metamorphic, single
from assessdsl.fairness.broken import scored_by
from assessdsl.fairness.trial import Trial
from assessdsl.vocabulary import vocabulary


@frozen
class Property:
    id: str
    en: str
    zh: str
    trial: Trial

    def label(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


_OWN: Final = {"temporal": ("later years change nothing", "以后年度的数据不改变本年度结果")}


@cache
def properties() -> Mapping[str, Property]:
    """Every property, by its id."""
    words = vocabulary().words
    return {
        name: Property(name, *(_OWN[name] if name in _OWN else words["name", name].meaning), trial)
        for name, trial in {**metamorphic.TRIALS, **single.TRIALS}.items()
    }


def not_applicable(name: str, policy: Policy) -> tuple[str, str] | None:
    """Why there is nothing to try, in both languages."""
    plan, tree = policy.plan, policy.checked.policy
    claims = {one.property for one in tree.guarantees}
    stages = {stage.kind for of in scored_by(plan.outputs) for stage in of.stages}
    targeted = [one for one in plan.schema.indicators if one.targeted]
    planned = any({"planned", "actual"} <= one.fields for one in targeted)
    shared = any(one.shared for one in targeted)
    no_tiers = plan.outputs.tier is None or plan.outputs.rank is None
    no_findings = (not plan.outputs.findings, "the policy has no findings", "办法没有考核认定")
    lacks = {
        "bounded": ("bounded" not in claims, "the policy claims no bounds", "办法没有承诺上下界"),
        "dominance": ("dominance" not in claims, "the policy claims none", "办法没有承诺"),
        "no_cliff": ("no_cliff" not in claims, "the policy claims no limit of a jump", "办法没有承诺跳变的上限"),
        "absolute": ("gate" not in stages, "the policy has no gate on points", "办法没有分值上的门槛"),
        "rounding_safe": ("rounding" not in stages, "the policy rounds nothing", "办法不取整"),
        "rank_monotone": (plan.outputs.rank is None, "the policy ranks no one", "办法不排名"),
        "tiers_follow": (no_tiers, "the policy has no tiers", "办法没有等次"),
        "accountability_exact": no_findings,
        "obligations_complete": no_findings,
        "no_removal": (not targeted, "no indicator reads targets", "没有指标使用目标"),
        "no_splitting": (not shared, "no indicator is shared by targets", "没有分摊分值的指标"),
        "truthful": (not planned, "nothing is scored against a plan", "没有指标与计划比较"),
    }
    lacking, en, zh = lacks.get(name, (False, "", ""))
    return (en, zh) if lacking else None
