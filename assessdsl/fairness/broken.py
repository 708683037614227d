"""Where one scored case breaks a property: gates that leak, gaps that are made up for, orders that are turned."""

from collections.abc import Iterator
from fractions import Fraction

from attrs import evolve, frozen

from assessdsl.backends import run
from assessdsl.backends.columns import Columns
from assessdsl.check.bounds import amount
from assessdsl.engine import Policy
from assessdsl.fairness.analysis.inputs import only_limited
from assessdsl.plan.steps import ENTITY, Band, Clamp, Gate, Outputs, Plan, Round, Stage
from assessdsl.result import EntityResult, Result

Pair = tuple[EntityResult, EntityResult]


@frozen
class Scored:
    """The stages of a value on the way to the total: of the total, a component, an indicator, or each of its
    targets."""

    part: tuple[str, ...]  # the component, and its indicator; none is the total
    stages: tuple[Stage, ...]


def scored_by(outputs: Outputs) -> Iterator[Scored]:
    yield Scored((), outputs.total_stages)
    for component in outputs.every_component:
        yield Scored((component.name,), component.stages)
        for part in component.indicators:
            yield Scored((component.name, part.name), part.stages)
            yield Scored((component.name, part.name), part.held)


def pairs(policy: Policy, result: Result) -> Iterator[Pair]:
    """Every two entities that are ranked together, both ways."""
    ranking = policy.checked.policy.ranking
    everyone = ranking is not None and ranking.within == "everyone"
    entities = result.entities.values()
    return (
        (one, other)
        for one in entities
        for other in entities
        if one is not other and (everyone or one.group == other.group)
    )


def limits(policy: Policy, property: str) -> list[tuple[str, Fraction]]:
    """The bounds that the policy claims of it, each with its clause."""
    return [
        (clause, limit)
        for one in policy.checked.policy.guarantees
        if one.property == property
        for clause, bound in one.bounds
        if (limit := amount(bound, policy.checked)) is not None
    ]


# ---------------------------------------------------------------- gates


@frozen
class Fired:
    """A gate that fired, what it allows, and what is left behind it. target: of a gate of targets, "" else."""

    gate: str
    entity: str
    part: tuple[str, ...]
    target: str
    left: Fraction
    allowed: Fraction

    @property
    def leaks(self) -> bool:
        return self.left > self.allowed


def fired(result: Result) -> Iterator[Fired]:
    trace = result.trace
    plan, columns = trace.plan, trace.columns
    for of, stage in ((scored, one) for scored in scored_by(plan.outputs) for one in scored.stages):
        gate = plan.steps[stage.step].operation
        if not isinstance(gate, Gate):
            continue
        grain = plan.steps[of.stages[-1].step].grain
        scores, holds = columns.at(of.stages[-1].step, grain), columns.at(gate.when, grain)
        most = columns.at(gate.at_most, grain) if gate.at_most is not None else [Fraction(0)] * len(scores)
        above = columns.layout.parents(grain, ENTITY)
        for row, (value, unmet, limit) in enumerate(zip(scores, holds, most, strict=True)):
            if unmet is True and isinstance(value, Fraction) and isinstance(limit, Fraction):
                entity = columns.layout.entities[above[row]]
                target = columns.layout.targets[grain.indicator][row] if grain.indicator else ""
                yield Fired(gate.name, entity, of.part, target, value, max(limit, Fraction(0)))
                for whole in _above(plan, of.part) if gate.at_most is None else ():
                    sum_, score = (
                        columns.at(stage.step, ENTITY)[above[row]] for stage in (whole.stages[0], whole.stages[-1])
                    )
                    if isinstance(sum_, Fraction) and isinstance(score, Fraction) and sum_ <= 0:
                        yield Fired(gate.name, entity, whole.part, "", score, Fraction(0))


def _above(plan: Plan, part: tuple[str, ...]) -> Iterator[Scored]:
    """What a part is put together in, where that only limits the sum: who has nothing in it should be given nothing."""
    for component in plan.outputs.every_component:
        if part[:1] == (component.name,) and component.kind != "penalty":
            found = [Scored((component.name,), component.stages)] if len(part) > 1 else []
            found += [Scored((), plan.outputs.total_stages)] if component in plan.outputs.components else []
            yield from (one for one in found if only_limited(plan, one.stages))


# ---------------------------------------------------------------- dominance


@frozen
class Gap:
    """The first is ahead of the second in the major component by more than the policy allows to be made up for."""

    first: EntityResult
    second: EntityResult
    major: str
    minor: str
    ahead: Fraction
    behind: Fraction  # in the minor component

    @property
    def made_up(self) -> bool:
        return self.behind >= self.ahead


def gaps(policy: Policy, result: Result) -> Iterator[Gap]:
    for one in policy.checked.policy.guarantees:
        gap = next((amount(bound, policy.checked) for clause, bound in one.bounds if clause == "above"), None)
        if one.property != "dominance" or gap is None or len(one.subjects) != 2:
            continue
        major, minor = (name.id for name in one.subjects)
        for first, second in pairs(policy, result):
            ahead = _worth(first, major) - _worth(second, major)
            if ahead > gap:
                yield Gap(first, second, major, minor, ahead, _worth(second, minor) - _worth(first, minor))


def _worth(entity: EntityResult, name: str) -> Fraction:
    parts = {part.name: part for component in entity.components.values() for part in component.every}
    part = parts[name]
    return part.score.value if part.kind != "penalty" else -part.score.value


# ---------------------------------------------------------------- roundings


def unrounded(plan: Plan) -> Plan | None:
    """The plan without the roundings that the policy declares; None if it declares none."""
    declared = {stage.step for of in scored_by(plan.outputs) for stage in of.stages if stage.kind == "rounding"}
    if not declared:
        return None
    steps = tuple(
        evolve(step, operation=Clamp(step.operation.value, None, None))
        if step.id in declared and isinstance(step.operation, Round)
        else step
        for step in plan.steps
    )
    return evolve(plan, steps=steps)


@frozen
class Ahead:
    """The first is ahead before anything is rounded, by so much to so much."""

    first: EntityResult
    second: EntityResult
    one: Fraction
    other: Fraction

    @property
    def turned(self) -> bool:
        return self.first.total.value < self.second.total.value


def ahead(policy: Policy, result: Result) -> Iterator[Ahead]:
    plan = unrounded(policy.plan)
    if plan is None:
        return
    columns = run(plan, result.trace.dataset)
    exact = dict(zip(columns.layout.entities, columns.at(plan.outputs.total, ENTITY), strict=True))
    for first, second in pairs(policy, result):
        one, other = exact[first.entity], exact[second.entity]
        if isinstance(one, Fraction) and isinstance(other, Fraction) and one > other:
            yield Ahead(first, second, one, other)


# ---------------------------------------------------------------- tiers


def outclassed(policy: Policy, result: Result) -> Iterator[Pair]:
    """Who ranks before another, may have the other's tier, meets what it asks, and has a lower one or none."""
    trace = result.trace
    outputs = trace.plan.outputs
    if outputs.tier is None or outputs.rank is None:
        return
    band = trace.plan.steps[outputs.tier].operation
    assert isinstance(band, Band)
    order = {name: place for place, (name, _) in enumerate(trace.plan.tiers)}
    allowed = _allowed(band, trace.columns)
    for first, second in pairs(policy, result):
        if first.rank is None or second.rank is None or first.rank >= second.rank or second.tier is None:
            continue
        place = order[second.tier]
        if place in allowed[first.entity] and (first.tier is None or order[first.tier] > place):
            yield first, second


def _allowed(band: Band, columns: Columns) -> dict[str, set[int]]:
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
