"""A checked policy to a plan, in the fixed order of work (docs/language.md, section 5)."""

from collections.abc import Callable

from attrs import evolve

from assessdsl.ast.nodes import FindingRule, Policy, Rounding, Tier, TierAtMost
from assessdsl.ast.walk import fingerprint
from assessdsl.check import Checked, overriders
from assessdsl.plan.builder import Builder
from assessdsl.plan.components import LoweredComponent, lower_component
from assessdsl.plan.expressions import Expressions
from assessdsl.plan.schema import schema
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import (
    ENTITY,
    Band,
    BandTier,
    Combine,
    ComponentOutput,
    FindingOutput,
    IndicatorOutput,
    Logic,
    Outputs,
    Part,
    Plan,
    Raise,
    Rank,
    Stage,
    Veto,
)
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Call


def lower(checked: Checked) -> Plan:
    """The plan of a policy that was checked without errors."""
    policy, builder = checked.policy, Builder()
    expressions = Expressions(checked, builder)
    components = tuple(lower_component((component,), expressions) for component in policy.components)
    outputs = _outcomes(expressions, components, _total(expressions, components))
    steps, number = builder.finished(_roots(outputs))
    return Plan(
        name=policy.name,
        label=policy.label,
        language=policy.source.language,
        fingerprint=fingerprint(policy),
        steps=steps,
        outputs=_renumbered(outputs, number),
        schema=schema(expressions, steps),
        tiers=tuple((tier.name, tier.label) for tier in policy.tiers),
        groups=tuple((group.name, group.label) for group in policy.groups),
    )


def _total(expressions: Expressions, components: tuple[LoweredComponent, ...]) -> tuple[Stage, ...]:
    """The stages of the total; afterwards its value can be named."""
    policy, builder = expressions.checked.policy, expressions.builder
    parts = tuple(
        Part(
            component.output.name,
            component.output.score,
            component.output.points,
            sign=-1 if component.output.kind == "penalty" else 1,
            counted=component.output.kind == "base",
        )
        for component in components
        if not component.output.outside
    )
    # only where points can be dropped is there anything to give to the other components
    droppable = any(component.droppable for component in components)
    combine = Combine(parts, expressions.points(policy.full, policy.full_span) if droppable else None, total=True)
    total = builder.add(combine, Unit.POINTS, policy.total_span, grain=ENTITY, name="components")
    expressions.parts = total
    stages = [Stage("sum", total)]
    if policy.total is not None:
        total = expressions.lower(policy.total, Scope())
        if total != expressions.parts:
            stages.append(Stage("limit" if _is_limit(policy) else "expression", total))
    for gate in policy.gates:
        if not isinstance(gate.consequence, TierAtMost):
            total = expressions.gated(total, gate, expressions.lower(gate.when, Scope()), Scope(), ENTITY)
            stages.append(Stage("gate", total, gate.name, gate.label))
    for rounding in _roundings(policy):
        total = expressions.rounded(total, rounding, ENTITY)
        stages.append(Stage("rounding", total))
    expressions.results["total"] = total
    return tuple(stages)


def _roundings(policy: Policy) -> list[Rounding]:
    """Those of the total."""
    return [rounding for rounding in policy.rounding if any(name.id == "total" for name in rounding.of)]


def _is_limit(policy: Policy) -> bool:
    """Whether the total is the sum of the components held within limits."""
    match policy.total:
        case Call(function, arguments) if function.id in ("min", "max", "clamp"):
            values = [argument.value for argument in arguments]
            return any(isinstance(value, Call) and value.function.id == "sum" for value in values)
    return False


def _outcomes(
    expressions: Expressions, components: tuple[LoweredComponent, ...], total_stages: tuple[Stage, ...]
) -> Outputs:
    """Eligibility, rank, tiers, findings."""
    policy, builder = expressions.checked.policy, expressions.builder
    eligible = None
    met = [expressions.lower(rule.when, Scope()) for rule in policy.eligibility]
    barring = [id for component in components for id in component.ineligible]
    met += [builder.add(Logic("not", (id,)), Unit.YES_NO, builder.steps[id].span, grain=ENTITY) for id in barring]
    if met:
        span = policy.eligibility[0].span if policy.eligibility else builder.steps[barring[0]].span
        eligible = builder.add(Logic("and", tuple(met)), Unit.YES_NO, span, grain=ENTITY, name="eligible")
    rank = tier = None
    if policy.ranking is not None:
        keys = tuple(expressions.lower(key, Scope()) for key in policy.ranking.by)
        ranked = Rank(keys, policy.ranking.within, policy.ranking.ties or "shared")
        rank = builder.add(ranked, Unit.COUNT, policy.ranking.span, grain=ENTITY, name="rank")
        expressions.results["rank"] = rank
        if policy.tiers:
            tier = _band(expressions, rank, eligible)
            expressions.results["tier"] = tier
    places = [builder.value(expressions.lower(rounding.places, Scope())) for rounding in _roundings(policy)]
    return Outputs(
        components=tuple(component.output for component in components),
        full=expressions.points(policy.full, policy.full_span),
        total_stages=total_stages,
        total=expressions.results["total"],
        rank=rank,
        tier=tier,
        eligible=eligible,
        findings=_findings(expressions, policy.findings),
        places=int(places[-1]) if places else None,
    )


def _band(expressions: Expressions, rank: int, eligible: int | None) -> int:
    policy, builder = expressions.checked.policy, expressions.builder
    assert policy.ranking is not None
    vetoes = tuple(
        Veto(gate.name, expressions.lower(gate.when, Scope()), gate.consequence.tier.id, gate.label)
        for gate in policy.gates
        if isinstance(gate.consequence, TierAtMost)
    )
    tiers = tuple(_band_tier(expressions, tier) for tier in policy.tiers)
    band = Band(rank, policy.ranking.within, tiers, eligible, vetoes)
    return builder.add(band, Unit.TIER, policy.tiers[0].span, grain=ENTITY, name="tier")


def _band_tier(expressions: Expressions, tier: Tier) -> BandTier:
    when = None if tier.when is None else expressions.lower(tier.when, Scope())
    if tier.quota is None:
        return BandTier(tier.name, when=when)
    share = expressions.lower(tier.quota.share, Scope())
    return BandTier(
        tier.name,
        quota=share,
        is_share=expressions.builder.unit(share) is Unit.SHARE,
        next=tier.quota.next,
        rounded=tier.quota.rounded or "down",
        ties=tier.quota.ties or "excluded",
        vetoed=tier.quota.vetoed or "skipped",
        when=when,
    )


def _findings(expressions: Expressions, rules: tuple[FindingRule, ...]) -> tuple[FindingOutput, ...]:
    conditions: dict[str, tuple[int, tuple[int, ...]]] = {}  # and what they cite
    for rule in rules:
        expressions.cited.clear()
        when = expressions.lower(rule.when, Scope())
        conditions[rule.name] = when, tuple(dict.fromkeys(expressions.cited))
    above = overriders(rules)
    found = []
    for rule in rules:
        when, cites = conditions[rule.name]
        within = None if rule.within is None else expressions.lower(rule.within, Scope())
        step = Raise(rule.name, when, cites, within, tuple(conditions[name][0] for name in above[rule.name]))
        id = expressions.builder.add(step, Unit.YES_NO, rule.span, grain=ENTITY, name=rule.name)
        found.append(FindingOutput(rule.name, rule.label, id, above[rule.name]))
    return tuple(found)


def _roots(outputs: Outputs) -> list[int]:
    """Every step that the outputs name."""
    found: list[int] = []

    def note(id: int) -> int:
        found.append(id)
        return id

    _renumbered(outputs, note)
    return found


def _renumbered(outputs: Outputs, to: Callable[[int], int]) -> Outputs:
    def maybe(id: int | None) -> int | None:
        return None if id is None else to(id)

    def each(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(evolve(stage, step=to(stage.step)) for stage in stages)

    def indicator(output: IndicatorOutput) -> IndicatorOutput:
        return evolve(
            output,
            target_points=to(output.target_points),
            stages=each(output.stages),
            met=maybe(output.met),
            score=to(output.score),
            points=to(output.points),
            applies=to(output.applies),
            absent=maybe(output.absent),
            others=maybe(output.others),
            instead=maybe(output.instead),
            held=each(output.held),
        )

    def component(output: ComponentOutput) -> ComponentOutput:
        return evolve(
            output,
            indicators=tuple(map(indicator, output.indicators)),
            stages=each(output.stages),
            score=to(output.score),
            points=to(output.points),
            applies=to(output.applies),
            components=tuple(map(component, output.components)),
        )

    return evolve(
        outputs,
        components=tuple(map(component, outputs.components)),
        full=to(outputs.full),
        total_stages=each(outputs.total_stages),
        total=to(outputs.total),
        rank=maybe(outputs.rank),
        tier=maybe(outputs.tier),
        eligible=maybe(outputs.eligible),
        findings=tuple(evolve(finding, step=to(finding.step)) for finding in outputs.findings),
    )
