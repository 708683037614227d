"""Properties of what is handed in: what is missing, planned, taken out, split, counted twice, or cannot be scored."""

from collections.abc import Iterator

from assessdsl.authoring.describe_bounds import Bounds
from assessdsl.fairness.analysis.inputs import frame
from assessdsl.fairness.analysis.missing import may_miss
from assessdsl.fairness.analysis.signs import DOWN, UP
from assessdsl.fairness.claims.halves import same_by_halves
from assessdsl.fairness.claims.scores import named
from assessdsl.fairness.study import Study
from assessdsl.fairness.trial import labels_of
from assessdsl.fairness.verdict import Claim, Reason, Status, Verdict
from assessdsl.plan.ranges import NO, Answer, Never, Possible, Range, hull
from assessdsl.plan.steps import (
    Aggregate,
    Calculate,
    Choose,
    Combine,
    Compare,
    Fail,
    IndicatorOutput,
    Load,
    Operation,
    Part,
    Rank,
    Supply,
)
from assessdsl.source import Span


def anonymous(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """No step reads a name. What names decide is only how rows hang together."""
    return (Verdict("", "", "proved", (Reason("reads_no_name"),)),)


def order_invariant(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    return (Verdict("", "", "proved", (Reason("sorted_first"),)),)


def scale_invariant(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    return (Verdict("", "", "proved", (Reason("read_by_unit"),)),)


# ---------------------------------------------------------------- what is missing


def missing_not_rewarded(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """What stands in for a missing fact, against the least that a report can score."""
    found: list[Verdict] = []
    labels = labels_of(study.policy)
    for name, part in study.indicators.items():
        reasons, status = list[Reason](), "proved"
        for stage in part.stages:
            operation = study.plan.steps[stage.step].operation
            if stage.kind == "missing" and isinstance(operation, Supply):
                reason, good = _stands_in(study, part, operation, study.plan.steps[stage.step].span)
                reasons.append(reason)
                status = status if good else "unknown"
        for id, supply in _handled_facts(study, part.stages[0].step):
            reason, good = _supplied(study, id, supply)
            reasons.append(reason)
            status = status if good else "unknown"
        found.append(Verdict(name, part.label, status, tuple(reasons), span=part.span))  # type: ignore[arg-type]
    scored = {id for part in study.indicators.values() for id, _ in _handled_facts(study, part.stages[0].step)}
    for id, supply in _handled_facts(study, study.plan.outputs.total):
        if id not in scored:  # what a gate or a limit alone reads
            reason, good = _supplied(study, id, supply)
            load = study.plan.steps[supply.value]
            about = load.operation.name  # type: ignore[union-attr]
            found.append(
                Verdict(about, labels.get(about, ""), "proved" if good else "unknown", (reason,), span=load.span)
            )
    return tuple(found)


def _stands_in(study: Study, part: IndicatorOutput, supply: Supply, span: Span) -> tuple[Reason, bool]:
    instead, value = study.known.bounds[supply.instead], study.known.range(supply.value)
    if isinstance(instead, Never):
        return Reason("missing_stops", {}, span), True
    if not may_miss(study.known, supply.value, frozenset()):
        return Reason("never_missing", {}, part.span), True
    if _given_away(study, part):
        return Reason("missing_given_away", {}, span), False
    least = study.known.range(part.stages[-1].step).low
    if isinstance(instead, Range) and instead.high is not None:
        worst_report = value.low if value.low is not None else least
        floor = least if worst_report is None else max(worst_report, least) if least is not None else worst_report
        if floor is not None and instead.high <= floor:
            return Reason("missing_no_better", {}, span), True
    return Reason("missing_beats", {}, span), False


def _given_away(study: Study, part: IndicatorOutput) -> bool:
    """Whether the points of a target that was not reported go to others."""
    operation = study.plan.steps[part.target_points].operation
    return isinstance(operation, Choose) and any(
        isinstance(study.plan.steps[id].operation, Calculate)
        and study.plan.steps[id].operation.operator == "is_missing"  # type: ignore[union-attr]
        for id in study.known.cone(operation.condition)
    )


def _handled_facts(study: Study, score: int) -> Iterator[tuple[int, Supply]]:
    """The facts of entities that the score reads, with the handling that they declare."""
    for id in study.known.cone(score):
        operation = study.plan.steps[id].operation
        if isinstance(operation, Supply):
            load = study.plan.steps[operation.value].operation
            if isinstance(load, Load) and load.source == "entity" and load.name not in study.plan.schema.judgements:
                yield id, operation


def _supplied(study: Study, id: int, supply: Supply) -> tuple[Reason, bool]:
    """Whether what stands in for a fact can be better for the total than the worst report of it."""
    step = study.plan.steps[id]
    arguments = {"name": labels_of(study.policy).get(step.name) or step.name}
    instead = study.known.bounds[supply.instead]
    if isinstance(instead, Never):
        return Reason("missing_stops", {}, step.span), True
    sign = study.movement.of(study.plan.outputs.total).get((supply.value, False), 0)
    own = study.known.range(supply.value)
    if sign == 0:
        return Reason("no_effect", arguments, step.span), True
    if isinstance(instead, Range):
        no_more = sign == UP and None not in (instead.high, own.low) and instead.high <= own.low  # type: ignore[operator]
        no_less = sign == DOWN and None not in (instead.low, own.high) and instead.low >= own.high  # type: ignore[operator]
        if no_more or no_less or _held_beyond(study, id, supply, instead, sign):
            return Reason("missing_no_better", {}, step.span), True
    return Reason("missing_fact_beats", arguments, step.span), False


def _held_beyond(study: Study, id: int, supply: Supply, instead: Range, sign: int) -> bool:
    """Whether whatever is worse than what stands in scores as it does: each step that reads it is held there."""
    if sign not in (UP, DOWN) or study.known.users(supply.value) != (id,):
        return False
    moving: dict[int, Possible] = {id: Range(None, instead.high) if sign == UP else Range(instead.low, None)}
    for one in range(id + 1, study.plan.outputs.total + 1):
        read = [input for input in study.known.inputs(one) if input in moving]
        if not read:
            continue
        match study.plan.steps[one].operation:
            case Aggregate("least" | "greatest", value=value, when=None) if read == [value]:
                moving[one] = moving[value]  # it moves with what is worse where all of it is worse
            case Aggregate() | Rank():
                moving[one] = study.known.bounds[one]
            case _:
                beside = {input: study.known.bounds[input] for input in study.known.inputs(one)}
                left = [study.known.where(one, {**beside, input: moving[input]})[one] for input in read]
                if not all(map(_single, left)):
                    moving[one] = hull(*left)
    return study.plan.outputs.total not in moving


def _single(possible: Possible) -> bool:
    match possible:
        case Range():
            return possible.only is not None
        case Answer():
            return len(possible.possible) == 1
    return False


# ---------------------------------------------------------------- whether there is a result


def always_defined(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """What can stop an assessment of valid data, beside the author's own `error`."""
    found: list[Reason] = []
    stops: list[Span] = []
    needed = {id for root in _roots(study) for id in study.known.cone(root)}
    for id in sorted(needed):
        step = study.plan.steps[id]
        match step.operation:
            case Fail():
                stops.append(step.span)
            case Calculate("/", (_, right)) if not _never_zero(study, id, right):
                found.append(Reason("divides", {}, step.span))
            case Calculate("whole_power" | "power" | "ln" | "add_days" | "add_months", _):
                found.append(Reason("may_have_none", {}, step.span))
            case Combine(parts=parts, total=True, full=full) if full is not None:
                points = [study.known.range(part.points).low for part in parts if part.counted]
                if all(low is not None and low <= 0 for low in points) and not _some_points(study, step.operation):
                    found.append(Reason("nothing_left_to_score", {}, step.span))
            case Combine(parts=parts) if not all(_have_a_mean(parts, bounds) for bounds in study.groups.values()):
                found.append(Reason("no_mean_of_others", {}, step.span))
    reasons = [Reason("author_stops", {}, span) for span in dict.fromkeys(stops)]
    status: Status = "unknown" if found else "proved"
    return (Verdict("", "", status, (*found, *reasons) if found or reasons else (Reason("nothing_stops"),)),)


def _roots(study: Study) -> Iterator[int]:
    outputs = study.plan.outputs
    yield outputs.total
    yield from (id for id in (outputs.rank, outputs.tier, outputs.eligible) if id is not None)
    yield from (finding.step for finding in outputs.findings)


def _some_points(study: Study, combine: Combine) -> bool:
    """Whether in every group some component keeps its points, whatever is dropped."""
    return all(
        any(isinstance(own := bounds[part.points], Range) and own.low is not None and own.low > 0
            for part in combine.parts if part.counted)
        for bounds in study.groups.values()
    )  # fmt: skip


def _have_a_mean(parts: tuple[Part, ...], bounds: Bounds) -> bool:
    """Whether, wherever a mean of the others stands in, one of them has points, and a score of its own."""
    averaged = [part for part in parts if part.averaged is not None and bounds[part.averaged] != NO]
    own = (bounds[part.points] for part in parts if part.counted and part not in averaged)
    return not averaged or any(isinstance(points, Range) and (points.low or 0) > 0 for points in own)


def _never_zero(study: Study, id: int, divisor: int) -> bool:
    """Not zero wherever the quotient is taken: by its bounds, because it is shared points, or because a choice rules it
    out."""
    one = study.known.range(divisor)
    if (one.low is not None and one.low > 0) or (one.high is not None and one.high < 0):
        return True
    whole = study.plan.steps[divisor].operation
    if isinstance(whole, Aggregate) and whole.over.kind == "target" and whole.function in ("sum", "count"):
        return True  # of an entity that has such a target: weights are above 0, and what is left is asked for first
    return not _asked_anyway(study, id, divisor)


def _asked_anyway(study: Study, quotient: int, divisor: int) -> bool:
    """Whether a result rests on the quotient by a way on which no choice rules a divisor of zero out."""
    roots, seen = frozenset(_roots(study)), {quotient}
    waiting = [quotient]
    while waiting:
        one = waiting.pop()
        if one in roots:
            return True
        for user in study.known.users(one):
            if user not in seen and not _rules_out(study, study.plan.steps[user].operation, one, divisor):
                seen.add(user)
                waiting.append(user)
    return False


def _rules_out(study: Study, choose: Operation, chosen: int, divisor: int) -> bool:
    """Whether it is a choice of this only where the divisor is not zero."""
    if not isinstance(choose, Choose) or choose.condition == chosen or choose.chosen == choose.other:
        return False
    answer = choose.chosen == chosen
    held = study.known.holding(choose.condition, answer, {}).get(divisor)
    if isinstance(held, Range) and ((held.low or 0) > 0 or (held.high or 0) < 0):
        return True
    return _unequal_zero(study, choose.condition, answer, divisor)


def _unequal_zero(study: Study, condition: int, answer: bool, divisor: int) -> bool:
    """Whether the condition keeps the divisor, or the two whose difference it is, from being equal."""
    match study.plan.steps[condition].operation:
        case Compare(sign, left, right):
            zero = study.known.range(right).only == 0 and left == divisor
            apart = study.plan.steps[divisor].operation in (
                Calculate("-", (left, right)),
                Calculate("-", (right, left)),
            )
            return (zero or apart) and (sign in ("==", "<=", ">=") if not answer else sign in ("!=", ">", "<"))
    return False


# ---------------------------------------------------------------- targets


def no_removal(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """A target that was taken out scores as it was registered; without a report, nothing."""
    forbidden = study.plan.schema.removal_forbidden
    restored = Reason("restored", {}, study.plan.schema.register_span) if forbidden else Reason("restored_if_frozen")
    found: list[Verdict] = []
    for schema in study.plan.schema.indicators:
        if not schema.targeted:
            continue
        part = study.indicators[schema.name]
        least = study.known.range(part.stages[-1].step).low
        kept = least is not None and least >= 0 and not _penalised(study, schema.name)
        reason = restored if kept else Reason("less_than_nothing", {}, part.span)
        found.append(Verdict(schema.name, part.label, "proved" if kept else "unknown", (reason,), span=part.span))
    return tuple(found)


def _penalised(study: Study, indicator: str) -> bool:
    return study.component_of(indicator).kind == "penalty"


def no_splitting(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """The parts are not scored, or two halves score together what the whole does."""
    found: list[Verdict] = []
    for schema in study.plan.schema.indicators:
        if not schema.shared:
            continue
        part = study.indicators[schema.name]
        reason, status = Reason("may_split", {}, part.span), "unknown"
        if study.plan.schema.removal_forbidden:
            reason, status = Reason("parts_not_scored", {}, study.plan.schema.register_span), "proved"
        elif same_by_halves(study.known, schema.name, study.plan.outputs.total):
            reason, status = Reason("halves_alike", {}, part.span), "proved"
        found.append(Verdict(schema.name, part.label, status, (reason,), span=part.span))  # type: ignore[arg-type]
    return tuple(found)


def truthful(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Whether the score reads the plan at all, and which way it moves with it."""
    found: list[Verdict] = []
    moved = study.movement.of(study.plan.outputs.total)
    for agreed in frame(study.plan):
        if agreed.name != "planned":
            continue
        about, label = agreed.indicator, named(study, agreed)[1]
        label = study.indicators[about].label or about
        sign = moved.get((agreed.step, False), 0)
        span = study.plan.steps[agreed.step].span
        if sign == 0:
            found.append(Verdict(about, label, "proved", (Reason("plan_unread", {"name": label}, span),), span=span))
        else:
            key = {1: "plan_more", 2: "plan_less", 3: "plan_both"}[sign]
            found.append(Verdict(about, label, "unknown", (Reason(key, {"name": label}, span),), span=span))
    return tuple(found)


def no_double_count(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Each fact of an entity feeds one indicator; an item that is reported twice counts once."""
    found: list[Verdict] = []
    by_entry = {one.name for one in study.tree.indicators if one.each is not None or one.levels}
    for fact in study.facts:
        if not fact.indicator and len(feeding := study.indicator_of[fact.step]) > 1:
            about, label = named(study, fact)
            names = ", ".join(study.indicators[name].label or name for name in feeding)
            span = study.plan.steps[fact.step].span
            found.append(
                Verdict(about, label, "unknown", (Reason("feeds_several", {"names": names}, span),), span=span)
            )
    for step in study.plan.steps:
        match step.operation:
            case Aggregate("sum", over=over, distinct=None) if over.kind == "entry" and over.indicator in by_entry:
                if step.id in study.known.cone(study.plan.outputs.total):
                    part = study.indicators[over.indicator]
                    reason = Reason("every_entry", {}, step.span)
                    found.append(Verdict(part.name, part.label, "unknown", (reason,), span=step.span))
    return tuple(found) or (Verdict("", "", "proved", (Reason("counted_once"),)),)
