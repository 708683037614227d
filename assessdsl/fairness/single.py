"""Properties that one scored case shows or refutes: bounds, gates, ties, tiers, findings."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from attrs import evolve

from assessdsl.backends import run
from assessdsl.backends.columns import Columns, Value
from assessdsl.backends.logic import opposite
from assessdsl.check.bounds import amount
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.fairness.case import Case, score
from assessdsl.fairness.made_cases import called, case_of_rows, mended, traded
from assessdsl.fairness.made_up import one_of
from assessdsl.fairness.trial import Outcome, Trying, Witness
from assessdsl.plan.steps import (
    ENTITY,
    Aggregate,
    Band,
    Clamp,
    Gate,
    Grain,
    Logic,
    Outputs,
    Plan,
    Raise,
    Round,
    Stage,
    Streak,
)
from assessdsl.quantity import Unit, quantity_text, rounded
from assessdsl.result import EntityResult


def _shows(name: str, trying: Trying, entity: str, en: str, zh: str) -> Witness:
    return Witness(name, trying.case, None, entity, en, zh)


def _points(value: Fraction) -> str:
    return quantity_text(value, Unit.POINTS)


# ---------------------------------------------------------------- scores


def bounded(trying: Trying) -> Outcome:
    """Within the bounds that the policy claims."""
    limits = [
        (clause, limit)
        for one in trying.policy.checked.policy.guarantees
        if one.property == "bounded"
        for clause, bound in one.bounds
        if (limit := amount(bound, trying.policy.checked)) is not None
    ]
    for name, entity in trying.result.entities.items():
        for clause, limit in limits:
            total = entity.total.value
            if total < limit if clause == "from" else total > limit:
                side_en, side_zh = ("below", "低于") if clause == "from" else ("above", "高于")
                en = f"the total of `{name}` is {entity.total}, {side_en} {_points(limit)}"
                zh = f"`{name}` 的总分是 {entity.total}，{side_zh} {_points(limit)}"
                return _shows("bounded", trying, name, en, zh)
    return "held" if limits else "nothing"


def scored_by(outputs: Outputs) -> Iterator[tuple[Stage, ...]]:
    """The stages of every value on the way to the total."""
    yield outputs.total_stages
    for component in outputs.every_component:
        yield component.stages
        for part in component.indicators:
            yield part.stages
            yield part.held


def absolute(trying: Trying) -> Outcome:
    """Where a gate fired, no more is left than it allows, whatever comes after it."""
    trace = trying.result.trace
    plan, columns = trace.plan, trace.columns
    fired = False
    for stages, stage in [(of, one) for of in scored_by(plan.outputs) for one in of]:
        gate = plan.steps[stage.step].operation
        if not isinstance(gate, Gate):
            continue
        grain = plan.steps[stages[-1].step].grain
        scores, holds = columns.at(stages[-1].step, grain), columns.at(gate.when, grain)
        most = columns.at(gate.at_most, grain) if gate.at_most is not None else [Fraction(0)] * len(scores)
        for row, (value, unmet, limit) in enumerate(zip(scores, holds, most, strict=True)):
            if unmet is not True or not isinstance(value, Fraction) or not isinstance(limit, Fraction):
                continue
            fired = True
            if value > max(limit, Fraction(0)):
                entity = columns.layout.entities[columns.layout.parents(grain, ENTITY)[row]]
                en = f"the gate `{gate.name}` fired for `{entity}`, and {_points(value)} points are left"
                zh = f"`{entity}` 触发门槛 `{gate.name}`，仍得 {_points(value)} 分"
                return _shows("absolute", trying, entity, en, zh)
    return "held" if fired else "nothing"


def dominance(trying: Trying) -> Outcome:
    """A gap of more than was claimed in one component is not made up for in the other."""
    outcome: Outcome = "nothing"
    for one in trying.policy.checked.policy.guarantees:
        gap = next((amount(bound, trying.policy.checked) for clause, bound in one.bounds if clause == "above"), None)
        if one.property != "dominance" or gap is None or len(one.subjects) != 2:
            continue
        major, minor = (name.id for name in one.subjects)
        for first, second in _pairs(trying):
            ahead = _component(first, major) - _component(second, major)
            if ahead <= gap:
                continue
            outcome = "held"
            behind = _component(second, minor) - _component(first, minor)
            if behind >= ahead:
                en = f"`{first.entity}` is ahead by {_points(ahead)} in `{major}`, and `{minor}` makes up for it"
                zh = f"`{first.entity}` 在 `{major}` 领先 {_points(ahead)} 分，被 `{minor}` 抵消"
                return _shows("dominance", trying, first.entity, en, zh)
    return outcome


def _component(entity: EntityResult, name: str) -> Fraction:
    parts = {part.name: part for component in entity.components.values() for part in component.every}
    part = parts[name]
    return part.score.value if part.kind != "penalty" else -part.score.value


def _pairs(trying: Trying) -> Iterator[tuple[EntityResult, EntityResult]]:
    """Every two entities that are ranked together, both ways."""
    ranking = trying.policy.checked.policy.ranking
    everyone = ranking is not None and ranking.within == "everyone"
    entities = trying.result.entities.values()
    return (
        (one, other)
        for one in entities
        for other in entities
        if one is not other and (everyone or one.group == other.group)
    )


def unrounded(plan: Plan) -> Plan | None:
    """The plan without the roundings that the policy declares; None if it declares none."""
    declared = {stage.step for stages in scored_by(plan.outputs) for stage in stages if stage.kind == "rounding"}
    if not declared:
        return None
    steps = tuple(
        evolve(step, operation=Clamp(step.operation.value, None, None))
        if step.id in declared and isinstance(step.operation, Round)
        else step
        for step in plan.steps
    )
    return evolve(plan, steps=steps)


def rounding_safe(trying: Trying) -> Outcome:
    """Who is ahead before anything is rounded is not behind after it; also of two who lie on both sides of a half."""
    outcome = _rounding_safe(trying)
    if outcome == "held" or outcome == "nothing":
        group = one_of(trying.pick, trying.policy.plan.schema.groups or ("",))
        benchmarks, known = trying.maker.benchmarks(trying.pick)
        first, second = traded(trying.maker, trying.pick, trying.maker.entity(trying.pick, "甲", group, known))
        two = {"甲": (group, first), "乙": (group, called(second, "乙"))}
        pair = _rounding_safe(evolve(trying, scored=mended(trying.policy, trying.safe, benchmarks, two)))
        outcome = outcome if pair == "nothing" else pair
    return outcome


def _rounding_safe(trying: Trying) -> Outcome:
    plan = unrounded(trying.policy.plan)
    if plan is None or len(trying.result.entities) < 2:
        return "nothing"
    columns = run(plan, trying.result.trace.dataset)
    exact = dict(zip(columns.layout.entities, columns.at(plan.outputs.total, ENTITY), strict=True))
    for first, second in _pairs(trying):
        ahead, behind = exact[first.entity], exact[second.entity]
        if not isinstance(ahead, Fraction) or not isinstance(behind, Fraction):
            continue
        if ahead > behind and first.total.value < second.total.value:
            en = (
                f"`{first.entity}` is ahead of `{second.entity}` by {_points(ahead)} to {_points(behind)}, "
                f"and behind after rounding: {first.total} to {second.total}"
            )
            zh = (
                f"`{first.entity}` 取整前以 {_points(ahead)} 对 {_points(behind)} 领先 `{second.entity}`，"
                f"取整后 {first.total} 对 {second.total} 落后"
            )
            return _shows("rounding_safe", trying, first.entity, en, zh)
    return "held"


# ---------------------------------------------------------------- tiers


def tiers_follow(trying: Trying) -> Outcome:
    """Who ranks higher, may have the tier of who ranks lower, and meets what it asks, has it or a better one; and no
    more have a tier with a quota than it has places, but for those who tie where the policy lets them in."""
    trace = trying.result.trace
    plan = trace.plan
    if plan.outputs.tier is None or plan.outputs.rank is None:
        return "nothing"
    band = plan.steps[plan.outputs.tier].operation
    assert isinstance(band, Band)
    order = {name: place for place, (name, _) in enumerate(plan.tiers)}
    allowed = _allowed(trying, band, trace.columns)
    for first, second in _pairs(trying):
        if first.rank is None or second.rank is None or first.rank >= second.rank or second.tier is None:
            continue
        place = order[second.tier]
        if place in allowed[first.entity] and (first.tier is None or order[first.tier] > place):
            en = f"`{first.entity}` ranks before `{second.entity}`, and has a tier below `{second.tier}`"
            zh = f"`{first.entity}` 名次在 `{second.entity}` 之前，等次却低于 `{second.tier}`"
            return _shows("tiers_follow", trying, first.entity, en, zh)
    return _quotas(trying, band, trace.columns)


def _allowed(trying: Trying, band: Band, columns: Columns) -> dict[str, set[int]]:
    """The tiers, by number, whose condition each entity meets and that no veto and no eligibility keeps from it."""
    found: dict[str, set[int]] = {}
    names = [tier.name for tier in band.tiers]
    for row, name in enumerate(columns.layout.entities):
        eligible = band.eligible is None or columns.at(band.eligible, ENTITY)[row] is True
        vetoes = [veto.tier for veto in band.vetoes if columns.at(veto.when, ENTITY)[row] is True]
        best = max((names.index(tier) for tier in vetoes), default=0)
        found[name] = {
            number
            for number, tier in enumerate(band.tiers)
            if number >= best
            and (tier.quota is None or eligible)
            and (tier.when is None or columns.at(tier.when, ENTITY)[row] is True)
        }
    return found


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
                zh = f"`{tier.name}` 及以上等次有 {held} 个，名额只有 {places} 个"
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
                zh = f"`{name}` 的考核认定 `{output.name}` 与其条件不符"
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
                zh = f"`{name}` 的考核认定 `{output.name}` 所列目标与未达成的目标不符"
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
    rows = trying.maker.entity(trying.pick, "甲", one_of(trying.pick, groups), known)
    case = case_of_rows(trying.policy, (*benchmarks, *rows))
    faults = stopping(case)
    if faults:
        return Witness("always_defined", case, None, "甲", faults[0].message("en"), faults[0].message("zh"))
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
