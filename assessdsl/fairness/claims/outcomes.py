"""Properties of what follows from scores: gates, dominance, ranks, tiers, findings."""

from collections.abc import Iterator
from fractions import Fraction

from assessdsl.ast.nodes import TierAtMost, Zero
from assessdsl.fairness.analysis.inputs import only_limited
from assessdsl.fairness.analysis.signs import DOWN, Movement
from assessdsl.fairness.study import Study
from assessdsl.fairness.trial import labels_of
from assessdsl.fairness.verdict import Claim, Reason, Status, Verdict
from assessdsl.plan.ranges import NOTHING, Range, lowest
from assessdsl.plan.steps import Aggregate, Band, Choose, Combine, Gate, Load, Logic, Raise, Rank, Stage, Supply
from assessdsl.plan.walk import reached
from assessdsl.quantity import Unit, quantity_text

# ---------------------------------------------------------------- gates


def absolute(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Where the gate's condition holds nothing is left, or no more than it says, whatever comes after it."""
    found: list[Verdict] = []
    for gate, _ in study.gates():
        wanted = gate.name in claim.subjects if claim.subjects else isinstance(gate.consequence, Zero)
        if not wanted:
            continue
        if isinstance(gate.consequence, TierAtMost):
            tier = dict(study.plan.tiers).get(gate.consequence.tier.id) or gate.consequence.tier.text
            reason = Reason("veto_last", {"tier": tier}, gate.span)
            found.append(Verdict(gate.name, gate.label, "proved", (reason,), span=gate.span))
            continue
        for stages, number, above in _stages(study, gate.name):
            found.append(_gate(study, gate.name, gate.label, stages, number, above))
    return tuple(found)


_Stages = tuple[Stage, ...]


def _stages(study: Study, gate: str) -> Iterator[tuple[_Stages, int, tuple[_Stages, ...]]]:
    """The stages among which the gate stands, its place among them, and those of what they are put together in."""
    outputs = study.plan.outputs
    lists: list[tuple[_Stages, tuple[_Stages, ...]]] = [(outputs.total_stages, ())]
    for whole in outputs.every_component:
        counts = whole in outputs.components and whole.kind != "penalty"
        above: tuple[_Stages, ...] = (outputs.total_stages,) if counts else ()
        lists.append((whole.stages, above))
        lists += [(part.stages, (whole.stages, *above) if whole.kind != "penalty" else ()) for part in whole.indicators]
    for stages, above in lists:
        for number, stage in enumerate(stages):
            if stage.kind == "gate" and stage.name == gate:
                yield stages, number, above


def _gate(study: Study, name: str, label: str, stages: _Stages, number: int, above: tuple[_Stages, ...]) -> Verdict:
    id = stages[number].step
    gate = study.plan.steps[id].operation
    assert isinstance(gate, Gate)
    span = study.plan.steps[id].span
    allowed = (
        NOTHING if gate.at_most is None else lowest([study.known.range(gate.value), study.known.range(gate.at_most)])
    )
    final = study.known.range(stages[-1].step, {id: allowed})
    most = Fraction(0) if gate.at_most is None else allowed.high
    reasons: list[Reason] = []
    if final.high is None or most is None or final.high > max(most, Fraction(0)):
        shown = "∞" if final.high is None else quantity_text(final.high, Unit.POINTS)
        reasons.append(Reason("lifted_again", {"most": shown}, study.plan.steps[stages[-1].step].span))
    for whole in above if gate.at_most is None else ():
        given = study.known.range(whole[-1].step, {whole[0].step: NOTHING})
        if only_limited(study.plan, whole) and (given.high is None or given.high > 0):
            shown = "∞" if given.high is None else quantity_text(given.high, Unit.POINTS)
            reasons.append(Reason("lifted_above", {"most": shown}, study.plan.steps[whole[-1].step].span))
    if (way := _way_round(study, gate.when)) is not None:
        reasons.append(Reason("not_asked", {}, study.plan.steps[way].span))
    status: Status = "unknown" if reasons else "proved"
    held = (Reason("nothing_left" if gate.at_most is None else "no_more_left", {}, span),)
    return Verdict(name, label, status, tuple(reasons) or held, span=span)


def _way_round(study: Study, when: int) -> int | None:
    """What makes that the gate is not asked though its condition holds: points given away for a missing fact."""
    match study.plan.steps[when].operation:
        case Choose(condition, chosen, _) if study.known.is_constant(chosen):
            asked = study.plan.steps[condition].operation
            forfeited = isinstance(asked, Load) and asked.name == "forfeited"
            return None if forfeited or _scores_nothing(study, condition) else condition
    return None


def _scores_nothing(study: Study, condition: int) -> bool:
    """Only targets that were taken out and not reported are meant."""
    match study.plan.steps[condition].operation:
        case Logic("or", ids):
            return all(_scores_nothing(study, id) for id in ids)
        case Load(_, "forfeited", _):
            return True
    return False


# ---------------------------------------------------------------- one component over another


def dominance(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """What the minor component can move the total by, against the gap that it must not make up for."""
    outputs = study.plan.outputs
    parts = {whole.name: whole for whole in outputs.every_component}
    if len(claim.subjects) != 2 or not all(name in parts for name in claim.subjects):
        return tuple(
            Verdict(whole.name, whole.label, "proved", (_width(study, whole.name),), span=whole.span)
            for whole in outputs.components
            if whole.kind != "base" and not whole.outside
        )
    major, minor = (parts[name] for name in claim.subjects)
    width, gap = _span_of(study, minor.score), claim.bounds.get("above")
    reasons = [_width(study, minor.name)]
    plain = major in outputs.components and minor in outputs.components and _is_sum(study, major.name)
    if plain and width is not None and gap is not None and width <= gap:
        return (Verdict(minor.name, minor.label, "proved", tuple(reasons), span=minor.span),)
    if not plain:
        reasons.append(Reason("not_a_sum", {}, study.plan.steps[outputs.total].span))
    return (Verdict(minor.name, minor.label, "unknown", tuple(reasons), span=minor.span),)


def _width(study: Study, name: str) -> Reason:
    part = next(whole for whole in study.plan.outputs.every_component if whole.name == name)
    width = _span_of(study, part.score)
    shown = "∞" if width is None else quantity_text(width, Unit.POINTS)
    return Reason("moves_by", {"name": part.label or part.name, "width": shown}, part.span)


def _span_of(study: Study, id: int) -> Fraction | None:
    """The widest that a score ranges within one group."""
    widths = [_wide(bounds[id]) for bounds in study.groups.values()]
    return None if None in widths else max((width for width in widths if width is not None), default=Fraction(0))


def _wide(possible: object) -> Fraction | None:
    if not isinstance(possible, Range) or possible.low is None or possible.high is None:
        return None
    return possible.high - possible.low


def _is_sum(study: Study, major: str) -> bool:
    """Whether the total is the sum of the components, and no less where the sum is more; points that are dropped make
    what is left of base components count for more, never for less."""
    total = study.plan.outputs.total_stages
    combine = study.plan.steps[total[0].step].operation
    if not isinstance(combine, Combine) or combine.method != "sum":
        return False
    after = Movement(study.known, frozenset({total[0].step}))
    signs = after.of(study.plan.outputs.total)
    counted = any(part.name == major and part.sign > 0 for part in combine.parts)
    return counted and set(signs) == {(total[0].step, False)} and not signs[total[0].step, False] & DOWN


# ---------------------------------------------------------------- ranks and tiers


def ties_equal(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    rank = study.plan.outputs.rank
    if rank is None:
        return ()
    step = study.plan.steps[rank]
    operation = step.operation
    assert isinstance(operation, Rank)
    reasons = [Reason("equal_keys" if len(operation.keys) == 1 else "equal_in_all_keys", {}, step.span)]
    apart = [id for id in _conditions(study) if not _follows(study, id, operation.keys)]
    reasons += [Reason("told_apart", {}, study.plan.steps[id].span) for id in apart]
    return (Verdict("", "", "proved", tuple(reasons), span=step.span),)


def _conditions(study: Study) -> tuple[int, ...]:
    """What decides about tiers beside the rank."""
    tier = study.plan.outputs.tier
    band = None if tier is None else study.plan.steps[tier].operation
    if not isinstance(band, Band):
        return ()
    asked = [one.when for one in band.tiers if one.when is not None] + [veto.when for veto in band.vetoes]
    return tuple(asked + ([] if band.eligible is None else [band.eligible]))


def _follows(study: Study, id: int, keys: tuple[int, ...]) -> bool:
    """Whether the condition rests on nothing of the entity's but the keys of its rank."""
    for one in _above(study, id, frozenset(keys)):
        operation = study.plan.steps[one].operation
        if isinstance(operation, Load) and operation.source not in ("benchmark",):
            return False
    return True


def _above(study: Study, id: int, stops: frozenset[int]) -> set[int]:
    """The step and what it rests on, not looking behind the stops."""
    return reached({id}, lambda one: () if one in stops else study.known.inputs(one)) - stops


def tiers_follow(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Tiers are given in the order of the rank; a condition keeps that order if it rises with the keys."""
    tier, rank = study.plan.outputs.tier, study.plan.outputs.rank
    if tier is None or rank is None:
        return ()
    ranked, band = study.plan.steps[rank].operation, study.plan.steps[tier].operation
    assert isinstance(ranked, Rank)
    assert isinstance(band, Band)
    moved, labels = Movement(study.known, frozenset({ranked.keys[0]})), dict(study.plan.tiers)
    reasons, status = [Reason("in_order_of_rank", {}, study.plan.steps[tier].span)], "proved"
    for one in band.tiers:
        if one.when is None or len(getattr(study.known.bounds[one.when], "possible", (True, False))) == 1:
            continue  # of all totals that there are it holds, or of none
        span, named = study.plan.steps[one.when].span, {"name": labels.get(one.name) or one.name}
        signs = moved.of(one.when)
        if any(sign & DOWN for sign in signs.values()):
            reasons.append(Reason("turns_back", named, span))
            status = "unknown"
        elif not _follows(study, one.when, ranked.keys[:1]):
            reasons.append(Reason("asks_more", named, span))
    return (Verdict("", "", status, tuple(reasons), span=study.plan.steps[tier].span),)  # type: ignore[arg-type]


# ---------------------------------------------------------------- findings


def accountability_exact(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """A finding is three-valued: it can only be wrong where a handling hides that a fact is missing."""
    found: list[Verdict] = []
    labels = labels_of(study.policy)
    for output in study.plan.outputs.findings:
        step = study.plan.steps[output.step]
        rule = step.operation
        assert isinstance(rule, Raise)
        hidden = [
            id
            for id in _above(study, rule.when, frozenset(_scores(study)))
            if isinstance(operation := study.plan.steps[id].operation, Supply)
            and isinstance(study.plan.steps[operation.value].operation, Load)
            and study.known.is_constant(operation.instead)
            and study.plan.steps[operation.value].name != "state"
            and study.plan.steps[operation.value].grain.kind == "entity"
        ]
        reasons = [Reason("as_it_stands", {"name": output.label or output.name}, step.span)]
        steps = [study.plan.steps[id] for id in hidden]
        reasons += [Reason("missing_counts", {"name": labels.get(one.name) or one.name}, one.span) for one in steps]
        found.append(Verdict(output.name, output.label, "proved", tuple(reasons), span=step.span))
    return tuple(found)


def _scores(study: Study) -> Iterator[int]:
    yield study.plan.outputs.total
    for whole in study.plan.outputs.every_component:
        yield whole.score
        yield from (part.score for part in whole.indicators)


def obligations_complete(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Of each indicator that scores targets: some finding is raised where a required one is not met, and names it."""
    if not study.plan.outputs.findings and not claim.claimed:
        return ()
    found: list[Verdict] = []
    for name, part in study.indicators.items():
        if part.met is None:
            continue
        obliging = [output for output in study.plan.outputs.findings if _obliges(study, output.step, part.met)]
        if obliging:
            reason = Reason(
                "obliged_by", {"name": obliging[0].label or obliging[0].name}, study.plan.steps[obliging[0].step].span
            )
            found.append(Verdict(name, part.label, "proved", (reason,), span=part.span))
        else:
            found.append(Verdict(name, part.label, "unknown", (Reason("nobody_asks", {}, part.span),), span=part.span))
    return tuple(found)


def _obliges(study: Study, finding: int, met: int) -> bool:
    """Whether the finding is raised wherever a required target is not met, and nothing overrides it."""
    rule = study.plan.steps[finding].operation
    assert isinstance(rule, Raise)
    return not rule.unless and any(_any_unmet(study, id, met) for id in _alternatives(study, rule.when))


def _alternatives(study: Study, id: int) -> Iterator[int]:
    match study.plan.steps[id].operation:
        case Logic("or", ids):
            for one in ids:
                yield from _alternatives(study, one)
        case _:
            yield id


def _any_unmet(study: Study, id: int, met: int) -> bool:
    match study.plan.steps[id].operation:
        case Aggregate("any", value, _, _, when):
            unmet = study.plan.steps[value].operation == Logic("not", (met,))
            names = set() if when is None else {study.plan.steps[one].name for one in _conjuncts(study, when)}
            return unmet and names <= {"required", "is_target", ""}
    return False


def _conjuncts(study: Study, id: int) -> Iterator[int]:
    match study.plan.steps[id].operation:
        case Logic("and", ids):
            for one in ids:
                yield from _conjuncts(study, one)
        case _:
            yield id
