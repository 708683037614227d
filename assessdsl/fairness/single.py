"""Properties that one scored case shows or refutes: bounds, gates, ties, tiers, findings."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from attrs import evolve

from assessdsl.backends.columns import Columns, Value
from assessdsl.backends.logic import opposite
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.engine import Policy
from assessdsl.fairness.broken import ahead, fired, gaps, limits, outclassed, scored_by, unrounded
from assessdsl.fairness.case import Case, score
from assessdsl.fairness.made_cases import called, case_of_rows, mended, traded
from assessdsl.fairness.made_up import entity_name, one_of
from assessdsl.fairness.trial import Outcome, Trying, Witness, labels_of
from assessdsl.plan.steps import ENTITY, Aggregate, Band, Grain, Logic, Raise, Streak
from assessdsl.quantity import Unit, quantity_text, rounded


def _shows(name: str, trying: Trying, entity: str, en: str, zh: str) -> Witness:
    return Witness(name, trying.case, None, entity, en, zh)


def _points(value: Fraction) -> str:
    return quantity_text(value, Unit.POINTS)


def called_in(policy: Policy, name: str) -> str:
    """What people call a component, an indicator or a gate."""
    outputs = policy.plan.outputs
    gates = {stage.name: stage.label for of in scored_by(outputs) for stage in of.stages if stage.kind == "gate"}
    wholes = {whole.name: whole.label for whole in outputs.every_component}
    return gates.get(name) or wholes.get(name) or labels_of(policy).get(name) or name


# ---------------------------------------------------------------- scores


def bounded(trying: Trying) -> Outcome:
    """Within the bounds that the policy claims."""
    claimed = limits(trying.policy, "bounded")
    for name, entity in trying.result.entities.items():
        for clause, limit in claimed:
            total = entity.total.value
            if total < limit if clause == "from" else total > limit:
                side_en, side_zh = ("below", "低于") if clause == "from" else ("above", "高于")
                en = f"the total of `{name}` is {entity.total}, {side_en} {_points(limit)}"
                zh = f"`{name}`的总分是{entity.total}分,{side_zh}{_points(limit)}分"
                return _shows("bounded", trying, name, en, zh)
    return "held" if claimed else "nothing"


def absolute(trying: Trying) -> Outcome:
    """Where a gate fired, no more is left than it allows, whatever comes after it."""
    outcome: Outcome = "nothing"
    for one in fired(trying.result):
        outcome = "held"
        if one.leaks:
            gate = called_in(trying.policy, one.gate)
            where = called_in(trying.policy, one.part[-1]) if one.part else ""
            en = (
                f"the gate `{gate}` fired for `{one.entity}`, and {_points(one.left)} points are left"
                f"{f' in `{where}`' if where else ''}"
            )
            zh = f"`{one.entity}`触发门槛`{gate}`,{f'`{where}`' if where else '总分'}仍得{_points(one.left)}分"
            return _shows("absolute", trying, one.entity, en, zh)
    return outcome


def dominance(trying: Trying) -> Outcome:
    """A gap of more than was claimed in one component is not made up for in the other."""
    outcome: Outcome = "nothing"
    for one in gaps(trying.policy, trying.result):
        outcome = "held"
        if one.made_up:
            name, other = one.first.entity, one.second.entity
            ahead_by, behind = _points(one.ahead), _points(one.behind)
            major, minor = (called_in(trying.policy, part) for part in (one.major, one.minor))
            en = (
                f"`{name}` is ahead of `{other}` by {ahead_by} in `{major}`, which `{minor}` makes up for with {behind}"
            )
            zh = f"`{name}`在`{major}`领先`{other}`{ahead_by}分,`{other}`在`{minor}`多得{behind}分,足以抵消"
            return _shows("dominance", trying, name, en, zh)
    return outcome


def rounding_safe(trying: Trying) -> Outcome:
    """Who is ahead before anything is rounded is not behind after it; also of two who lie on both sides of a half."""
    outcome = _rounding_safe(trying)
    if outcome == "held" or outcome == "nothing":
        group = one_of(trying.pick, trying.policy.plan.schema.groups or ("",))
        benchmarks, known = trying.maker.benchmarks(trying.pick)
        one, other = (entity_name(number, trying.policy.language) for number in (0, 1))
        first, second = traded(trying.maker, trying.pick, trying.maker.entity(trying.pick, one, group, known))
        two = {one: (group, first), other: (group, called(second, other))}
        pair = _rounding_safe(evolve(trying, scored=mended(trying.policy, trying.safe, benchmarks, two)))
        outcome = outcome if pair == "nothing" else pair
    return outcome


def _rounding_safe(trying: Trying) -> Outcome:
    if unrounded(trying.policy.plan) is None or len(trying.result.entities) < 2:
        return "nothing"
    for one in ahead(trying.policy, trying.result):
        if one.turned:
            first, second = one.first.entity, one.second.entity
            en = (
                f"`{first}` is ahead of `{second}` by {_points(one.one)} to {_points(one.other)}, "
                f"and behind after rounding: {one.first.total} to {one.second.total}"
            )
            zh = (
                f"取整前`{first}`以{_points(one.one)}分对{_points(one.other)}分领先`{second}`,"
                f"取整后却以{one.first.total}分对{one.second.total}分落后"
            )
            return _shows("rounding_safe", trying, first, en, zh)
    return "held"


# ---------------------------------------------------------------- tiers


def tiers_follow(trying: Trying) -> Outcome:
    """Who ranks higher, may have the tier of who ranks lower, and meets what it asks, has it or a better one; and no
    more have a tier with a quota than it has places, but for those who tie where the policy lets them in."""
    plan = trying.result.trace.plan
    if plan.outputs.tier is None or plan.outputs.rank is None:
        return "nothing"
    for first, second in outclassed(trying.policy, trying.result):
        en = f"`{first.entity}` ranks before `{second.entity}`, and has a tier below `{second.tier}`"
        zh = f"`{first.entity}`名次在`{second.entity}`之前,等次却低于`{second.tier}`"
        return _shows("tiers_follow", trying, first.entity, en, zh)
    band = plan.steps[plan.outputs.tier].operation
    assert isinstance(band, Band)
    return _quotas(trying, band, trying.result.trace.columns)


def _quotas(trying: Trying, band: Band, columns: Columns) -> Outcome:
    groups = trying.policy.plan.groups or (("", ""),)
    vetoed = {
        name
        for row, name in enumerate(columns.layout.entities)
        if any(columns.at(veto.when, ENTITY)[row] is True for veto in band.vetoes)
    }
    peers = (
        [[*trying.result.entities.values()]]
        if band.within == "everyone"
        else [[one for one in trying.result.entities.values() if one.group == name] for name, _ in groups]
    )
    for of in peers:
        for number, tier in enumerate(band.tiers):
            if tier.quota is None or tier.ties == "included" or not of:
                continue
            quota = columns.at(tier.quota, ENTITY)[0]
            assert isinstance(quota, Fraction)
            places = rounded(quota * len(of) if tier.is_share else quota, tier.rounded, 0)
            counted = [tier.name] if tier.next else [one.name for one in band.tiers[: number + 1]]
            placed = [one for one in of if one.entity not in vetoed]  # who falls there uses up no place
            held = sum(one.tier in counted for one in placed)
            own = sum(one.tier == tier.name for one in placed)
            if own and held > places:
                en = f"{held} have the tier `{tier.name}` or a better one, for which there are {places} places"
                zh = f"`{tier.name}`及以上等次有{held}个,名额只有{places}个"
                return _shows("tiers_follow", trying, of[0].entity, en, zh)
    return "held"


# ---------------------------------------------------------------- findings


def accountability_exact(trying: Trying) -> Outcome:
    """A finding is raised where every condition of its rule holds and nothing overrides it, and is undetermined only
    where a value that is not known would decide it: worked out again from the conditions, by a way of its own."""
    trace = trying.result.trace
    outputs = trace.plan.outputs.findings
    for number, name in enumerate(trace.columns.layout.entities):
        raised = {one.name: one.status for one in trying.result.entities[name].findings}
        for output in outputs:
            rule = trace.plan.steps[output.step].operation
            assert isinstance(rule, Raise)
            holds = _all(
                [_decided(trace, rule.when, number), *(opposite(_decided(trace, id, number)) for id in rule.unless)]
            )
            wanted = "raised" if holds is True else None if holds is False else "undetermined"
            if raised.get(output.name) != wanted:
                en = f"the finding `{output.name}` about `{name}` is {raised.get(output.name)}, and should be {wanted}"
                zh = f"`{name}`的考核认定`{output.name}`与其条件不符"
                return _shows("accountability_exact", trying, name, en, zh)
    return "held" if outputs else "nothing"


def _all(values: list[Any]) -> Value:
    """Three-valued: one that is no decides, then one that is not known."""
    if any(value is False for value in values):
        return False
    return next((value for value in values if value is not True), True)


def _decided(trace: Any, id: int, row: int) -> Value:
    """A condition of an entity from its smallest parts."""
    operation, columns = trace.plan.steps[id].operation, trace.columns
    match operation:
        case Logic("and", ids) | Streak(ids, None):
            return _all([_decided(trace, one, row) for one in ids])
        case Logic("or", ids):
            return opposite(_all([opposite(_decided(trace, one, row)) for one in ids]))
        case Logic("not", (one,)):
            return opposite(_decided(trace, one, row))
        case Aggregate("any" | "all" as function, value, over, Grain("entity"), None):
            rows = [at for at, above in enumerate(columns.layout.parents(over, ENTITY)) if above == row]
            values = columns.at(value, over)
            if function == "all":
                return _all([values[at] for at in rows])
            return opposite(_all([opposite(values[at]) for at in rows]))
        case _:
            found: Value = columns.at(id, ENTITY)[row]
            return found


def obligations_complete(trying: Trying) -> Outcome:
    """Where a rule asks about targets, its finding names each target for which it holds, once."""
    trace = trying.result.trace
    some = False
    for output in trace.plan.outputs.findings:
        rule = trace.plan.steps[output.step].operation
        assert isinstance(rule, Raise)
        cited = [id for id in rule.cites if trace.plan.steps[id].grain.kind == "target"]
        for name, entity in trying.result.entities.items():
            finding = next((one for one in entity.findings if one.name == output.name), None)
            if not cited or finding is None or finding.status != "raised":
                continue
            some = True
            named = sorted(one.target for one in finding.cites if one.target)
            wanted = sorted({target for id in cited for target in _for_whom(trace, id, name)} - {""})
            if named != wanted:
                en = f"the finding `{output.name}` about `{name}` names {named}, and should name {wanted}"
                zh = f"`{name}`的考核认定`{output.name}`所列目标与未达成的目标不符"
                return _shows("obligations_complete", trying, name, en, zh)
    return "held" if some else "nothing"


def _for_whom(trace: Any, id: int, entity: str) -> Iterator[str]:
    grain, columns = trace.plan.steps[id].grain, trace.columns
    above = columns.layout.parents(grain, ENTITY)
    for row, value in enumerate(columns.at(id, grain)):
        if value is True and columns.layout.entities[above[row]] == entity:
            yield columns.layout.targets[grain.indicator][row]


# ---------------------------------------------------------------- data

AUTHORS = frozenset({"AS5201", "AS5202", "AS5203", "AS5204", "AS5205", "AS5006", "AS5007"})
"""The policy itself says that it stops: `error`, and what cannot be decided because a fact is missing."""


def always_defined(trying: Trying) -> Outcome:
    """The policy stops for no valid data, but where it says so itself."""
    groups = trying.policy.plan.schema.groups or ("",)
    benchmarks, known = trying.maker.benchmarks(trying.pick)
    name = entity_name(0, trying.policy.language)
    rows = trying.maker.entity(trying.pick, name, one_of(trying.pick, groups), known)
    case = case_of_rows(trying.policy, (*benchmarks, *rows))
    faults = stopping(case)
    if faults:
        return Witness("always_defined", case, None, name, faults[0].message("en"), faults[0].message("zh"))
    return "held"


def stopping(case: Case) -> tuple[Diagnostic, ...]:
    """Why the policy has no result, where its author does not say so."""
    try:
        score(case)
    except DataError as error:
        return tuple(one for one in error.diagnostics if one.is_error and one.code not in AUTHORS)
    return ()


TRIALS: dict[str, Callable[[Trying], Outcome]] = {
    "bounded": bounded,
    "absolute": absolute,
    "dominance": dominance,
    "rounding_safe": rounding_safe,
    "tiers_follow": tiers_follow,
    "accountability_exact": accountability_exact,
    "obligations_complete": obligations_complete,
    "always_defined": always_defined,
}
