"""The named properties of the catalogue that can be tried on cases, and for which policies there is something to try.

A property is a trial: it takes a scored case and picks, and gives a witness, or says that the property held, or that
the case gave no occasion. Ids are those of the `guarantee` statement, and those of what happens over time, which no
policy needs to claim.
"""

from collections.abc import Mapping
from functools import cache, partial
from typing import Final

from attrs import frozen

from assessdsl.engine import Policy
from assessdsl.fairness import metamorphic, over_time, single
from assessdsl.fairness.broken import scored_by
from assessdsl.fairness.made_registers import course_of
from assessdsl.fairness.over_time import OfRegister, asked_of_years
from assessdsl.fairness.trial import Outcome, Trial, Trying
from assessdsl.vocabulary import vocabulary


@frozen
class Property:
    id: str
    en: str
    zh: str
    trial: Trial
    of_register: OfRegister | None = None  # the same of a register that is there already

    def label(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


_OWN: Final = {
    "temporal": ("later years change nothing", "以后年度的数据不改变本年度结果"),
    "years_exact": ("rules over several years hold exactly where each year says so", "跨年度规则严格按各年情况认定"),
    "targets_kept": ("a frozen target is never taken out or made easier", "冻结后的目标不被移出或放宽"),
    "register_rules": ("the register takes what the policy allows, and nothing else", "台账只登记办法允许的事项"),
    "reports_commute": ("the order of independent reports does not matter", "互不相干的填报次序不影响结果"),
    "settled": ("what was known at a moment has the same result for ever", "按当时所知得出的结果此后不变"),
}


@cache
def properties() -> Mapping[str, Property]:
    """Every property, by its id."""
    return {
        name: Property(name, *_told(name), trial)
        for name, trial in {**metamorphic.TRIALS, **single.TRIALS, **over_time.TRIALS}.items()
    } | {
        name: Property(name, *_told(name), partial(_of_case, of_register), of_register)
        for name, of_register in over_time.OF_REGISTERS.items()
    }


def _told(name: str) -> tuple[str, str]:
    return _OWN[name] if name in _OWN else vocabulary().words["name", name].meaning


def _of_case(of_register: OfRegister, trying: Trying) -> Outcome:
    """Of a register that is made of the case."""
    return of_register(course_of(trying.maker, trying.case, trying.pick), trying.pick)


def not_applicable(name: str, policy: Policy) -> tuple[str, str] | None:
    """Why there is nothing to try, in both languages."""
    plan, tree = policy.plan, policy.checked.policy
    claims = {one.property for one in tree.guarantees}
    stages = {stage.kind for of in scored_by(plan.outputs) for stage in of.stages}
    targeted = [one for one in plan.schema.indicators if one.targeted]
    planned = any({"planned", "actual"} <= one.fields for one in targeted)
    shared = any(one.shared for one in targeted)
    no_tiers = plan.outputs.tier is None or plan.outputs.rank is None
    no_register = (tree.register is None, "the policy has no rules of a register", "办法没有目标台账的规定")
    no_years = (not any(asked_of_years(policy)), "no finding looks back on several years", "没有考核认定涉及多年结果")
    no_findings = (not plan.outputs.findings, "the policy has no findings", "办法没有考核认定")
    lacks = {
        "bounded": ("bounded" not in claims, "the policy claims no bounds", "办法没有承诺上下界"),
        "dominance": ("dominance" not in claims, "the policy claims none", "办法没有承诺"),
        "no_cliff": ("no_cliff" not in claims, "the policy claims no limit of a jump", "办法没有承诺跳变的上限"),
        "absolute": ("gate" not in stages, "the policy has no gate on points", "办法没有分值上的门槛"),
        "rounding_safe": ("rounding" not in stages, "the policy rounds nothing", "办法不取整"),
        "group_neutral": (len(plan.schema.groups) < 2, "the policy has only one group", "办法只有一个组别"),
        "rank_monotone": (plan.outputs.rank is None, "the policy ranks no one", "办法不排名"),
        "tiers_follow": (no_tiers, "the policy has no tiers", "办法没有等次"),
        "accountability_exact": no_findings,
        "obligations_complete": no_findings,
        "no_removal": (not targeted, "no indicator reads targets", "没有指标使用目标"),
        "no_splitting": (not shared, "no indicator is shared by targets", "没有分摊分值的指标"),
        "targets_kept": no_register,
        "register_rules": no_register,
        "reports_commute": no_register,
        "settled": no_register,
        "years_exact": no_years,
        "truthful": (not planned, "nothing is scored against a plan", "没有指标与计划比较"),
    }
    lacking, en, zh = lacks.get(name, (False, "", ""))
    return (en, zh) if lacking else None
