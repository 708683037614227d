"""Properties of scores: which way they move, between what they lie, what each part weighs."""

from collections.abc import Iterator
from fractions import Fraction

from attrs import evolve

from assessdsl.authoring.describe_bounds import Bounds
from assessdsl.fairness.analysis.inputs import Fact
from assessdsl.fairness.analysis.jumps import Leap, leaps
from assessdsl.fairness.analysis.signs import BOTH, DOWN, UP, flipped
from assessdsl.fairness.counterexample import stages
from assessdsl.fairness.study import Study
from assessdsl.fairness.trial import cell_name
from assessdsl.fairness.verdict import Claim, Reason, Status, Verdict
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Aggregate, Calculate, Combine, ComponentOutput, IndicatorOutput, Rank, Stage
from assessdsl.quantity import Unit, quantity_text, rounded
from assessdsl.source import Span


def monotone(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Of each fact that reaches the total: no better report scores less."""
    return tuple(_moved(study, fact, study.plan.outputs.total) for fact in _reaching(study))


def _reaching(study: Study) -> Iterator[Fact]:
    """The facts that the total rests on; of steps that load the same fact for a survey's sample none."""
    cone = set(study.known.cone(study.plan.outputs.total))
    return (fact for fact in study.facts if fact.step in cone)


def sign_of(study: Study, fact: Fact, id: int) -> int:
    """Which way the step's value moves as the fact gets better; as it grows, where nothing says what is better."""
    sign = study.movement.of(id).get((fact.step, False), 0)
    return flipped(sign) if fact.better < 0 else sign


def _moved(study: Study, fact: Fact, id: int) -> Verdict:
    sign, about, label = sign_of(study, fact, id), *named(study, fact)
    span = study.plan.steps[fact.step].span
    if (undone := _better_undone(study, fact, id)) is not None:
        reason = Reason("undone_pays", {"name": label}, study.plan.steps[undone].span)
        return Verdict(about, label, "unknown", (reason,), span=span)
    if sign == 0:
        return Verdict(about, label, "proved", (Reason("no_effect", {"name": label}, span),), span=span)
    if fact.better == 0 and sign == BOTH:
        return Verdict(about, label, "unasked", (Reason("undirected", {"name": label}, span),), span=span)
    if fact.better == 0:
        key = "grows" if sign == UP else "shrinks"
        return Verdict(about, label, "proved", (Reason(key, {"name": label}, span),), span=span)
    if sign == UP:
        return Verdict(about, label, "proved", (Reason("never_less", {"name": label}, span),), span=span)
    key = "falls" if sign == DOWN else "both_ways"
    return Verdict(about, label, "unknown", (Reason(key, {"name": label}, _at_fault(study, fact, id)),), span=span)


def _better_undone(study: Study, fact: Fact, id: int) -> int | None:
    """The step that asks whether the work was completed, where the value may be more if it was not."""
    for one in study.known.cone(id) if fact.name == "completed_on" else ():
        if study.plan.steps[one].operation == Calculate("is_missing", (fact.step,)):
            asked = evolve(study.movement, about=frozenset({one}))
            if asked.of(id).get((one, False), 0) & UP:
                return one
    return None


def named(study: Study, fact: Fact) -> tuple[str, str]:
    """What a fact is called: by its indicator, or by itself."""
    about = fact.indicator or fact.name
    if fact.indicator:
        shown = study.indicators[fact.indicator].label or about
        language = study.policy.language
        column = ("" if language == "zh" else " ") + cell_name(fact.name, language)
        return (about, shown) if fact.name == "actual" else (f"{about} {fact.name}", f"{shown}{column}")
    labels = [one.label for one in study.plan.schema.facts if one.name == about]
    return about, (labels or [about])[0] or about


def _at_fault(study: Study, fact: Fact, id: int) -> Span:
    """Of the first stage on the way from which on better may be less; in it, of the first step that goes both ways."""
    cone = set(study.known.cone(id))
    for _, stage, way in stages(study.plan):
        own = sign_of(study, fact, stage.step) if stage.step in cone else 0
        if (own if way > 0 else flipped(own)) & DOWN:
            within = study.known.cone(stage.step) if own == BOTH else (stage.step,)
            knot = next(one for one in within if sign_of(study, fact, one) == own)
            return study.plan.steps[knot].span
    return study.plan.steps[id].span


def rank_monotone(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Who does better in each key, and lifts no one else in any, does not fall."""
    rank = study.plan.outputs.rank
    if rank is None:
        return ()
    operation = study.plan.steps[rank].operation
    assert isinstance(operation, Rank)
    found: list[Verdict] = []
    for fact in _reaching(study):
        about, label = named(study, fact)
        own = [sign_of(study, fact, key) for key in operation.keys]
        lifted = [key for key in operation.keys if _peer_sign(study, fact, key) & UP]
        span = study.plan.steps[fact.step].span
        if fact.better == 0:
            continue
        undone = any(_better_undone(study, fact, key) is not None for key in operation.keys)
        if all(sign in (0, UP) for sign in own) and not lifted and not undone:
            found.append(Verdict(about, label, "proved", (Reason("ranks_no_lower", {"name": label}, span),), span=span))
        else:
            worse = next((key for key, sign in zip(operation.keys, own, strict=True) if sign & DOWN), None)
            key = "undone_pays" if undone else "both_ways" if worse is not None else "lifts_others"
            line = span if undone or worse is None else _at_fault(study, fact, worse)
            found.append(Verdict(about, label, "unknown", (Reason(key, {"name": label}, line),), span=span))
    return tuple(found)


def _peer_sign(study: Study, fact: Fact, id: int) -> int:
    """Which way others' values move as the fact of one gets better."""
    sign = study.movement.of(id).get((fact.step, True), 0)
    return flipped(sign) if fact.better < 0 else sign


def strict_response(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Where a score stays the same as a fact gets better."""
    found: list[Verdict] = []
    for fact in _reaching(study):
        if fact.better == 0:
            continue
        about, label = named(study, fact)
        span = study.plan.steps[fact.step].span
        flat = [reason for name in study.indicator_of[fact.step] for reason in _flat(study, fact, name)]
        reasons = tuple(flat) or (Reason("maybe_flat", {"name": label}, span),)
        found.append(Verdict(about, label, "unknown", reasons, span=span))
    return tuple(found)


def _flat(study: Study, fact: Fact, indicator: str) -> Iterator[Reason]:
    drawn = study.movement.pieces(study.indicators[indicator].stages[-1].step, (fact.step, False))
    if drawn is not None:
        base, pieces = drawn
        unit = study.plan.steps[base].unit
        for low, high in pieces.flat:
            ends = [
                "−∞" if low is None else quantity_text(low, unit),
                "∞" if high is None else quantity_text(high, unit),
            ]
            yield Reason("flat", {"from": ends[0], "to": ends[1]}, study.plan.steps[base].span)


def bounded(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    total = study.plan.outputs.total
    one = study.whole_range(total)
    low, high = study.shown(total, one)
    reason = Reason("between", {"low": low, "high": high}, study.plan.steps[total].span)
    if not claim.bounds:
        return (Verdict("", "", "unknown" if one.low is None or one.high is None else "proved", (reason,)),)
    within = at_least(one.low, claim.bounds.get("from")) and at_most(one.high, claim.bounds.get("to"))
    return (Verdict("", "", "proved" if within else "unknown", (reason,), span=claim.span),)


def at_least(low: Fraction | None, wanted: Fraction | None) -> bool:
    return wanted is None or (low is not None and low >= wanted)


def at_most(high: Fraction | None, wanted: Fraction | None) -> bool:
    return wanted is None or (high is not None and high <= wanted)


def proportional(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """Whether each indicator of a base component can move the score by all of its points."""
    found: list[Verdict] = []
    for component in study.plan.outputs.every_component:
        for part in component.indicators if component.kind == "base" else ():
            points, score = study.whole_range(part.points).high, study.whole_range(part.score)
            if not points:
                continue
            width = None if score.low is None or score.high is None else score.high - score.low
            shown = "∞" if width is None else quantity_text(width, Unit.POINTS)
            arguments = {"name": part.label or part.name, "width": shown, "points": quantity_text(points, Unit.POINTS)}
            key = "moves_all" if width == points else "moves_other"
            # no score lies outside of its bounds: where they are too near, there is nothing to look for
            status: Status = (
                "proved" if width == points else "refuted" if width is not None and width < points else "unknown"
            )
            found.append(Verdict(part.name, part.label, status, (Reason(key, arguments, part.span),), span=part.span))
    return tuple(found)


def independent(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    total = study.plan.outputs.total
    others = {id for (id, peer) in study.movement.of(total) if peer}
    readers = [
        step
        for id in study.known.cone(total)
        if (step := study.plan.steps[id]).grain.kind in ("entity", "target")
        and any(peer for _, peer in study.movement.of(id))
        and not any(
            any(peer for _, peer in study.movement.of(one)) and study.plan.steps[one].grain.kind in ("entity", "target")
            for one in study.known.cone(id)[:-1]
        )
    ]
    if not others and not _counts_peers(study):
        return (Verdict("", "", "proved", (Reason("reads_own"),)),)
    reasons = tuple(Reason("reads_others", {"line": step.span.text}, step.span) for step in readers)
    return (Verdict("", "", "unknown", reasons or (Reason("counts_others"),)),)


def _counts_peers(study: Study) -> bool:
    """Whether the total rests on what is asked of all, even on how many they are."""
    return any(
        study.plan.steps[id].grain.kind in ("group", "policy") and isinstance(study.plan.steps[id].operation, Aggregate)
        for id in study.known.cone(study.plan.outputs.total)
    )


def rounding_safe(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """A rounding of the whole total keeps the order; one of a part of it may not."""
    outputs = study.plan.outputs
    last = [stage.step for stage in outputs.total_stages if stage.kind == "rounding"]
    parts: list[ComponentOutput | IndicatorOutput] = list(outputs.every_component)
    parts += [part for whole in outputs.every_component for part in whole.indicators]
    inner = [(part, stage) for part in parts for stage in part.stages if stage.kind == "rounding"]
    alone = len(study.tree.components) == 1 and len(parts) <= 2
    if not inner or (alone and not last):
        key = "rounded_last" if last else "not_rounded" if not inner else "rounded_alone"
        span = study.plan.steps[last[0] if last else outputs.total].span
        return (Verdict("", "", "proved", (Reason(key, {}, span),)),)
    return tuple(_rounded_part(study, part, stage) for part, stage in inner)


def _rounded_part(study: Study, part: ComponentOutput | IndicatorOutput, stage: Stage) -> Verdict:
    reason = Reason("rounded_part", {"name": part.label or part.name}, study.plan.steps[stage.step].span)
    return Verdict(part.name, part.label, "unknown", (reason,), span=part.span)


# ---------------------------------------------------------------- cliffs


def no_cliff(study: Study, claim: Claim) -> tuple[Verdict, ...]:
    """The greatest leap of each indicator, as it reaches the total."""
    limit = claim.bounds.get("above")
    found: list[Verdict] = []
    for name, part in study.indicators.items():
        seen = [(leap, on_the_total(study, name, leap)) for leap in leaps_of(study, name)]
        seen = [(leap, size) for leap, size in seen if size != 0]
        if not seen:
            continue
        reasons = tuple(_leap_reason(study, leap, size) for leap, size in seen)
        known = [size for _, size in seen if size is not None]
        if limit is None:
            status = "proved" if len(known) == len(seen) else "unknown"
        else:
            status = "proved" if len(known) == len(seen) and max(known) <= limit else "unknown"
        found.append(Verdict(name, part.label, status, reasons, span=part.span))  # type: ignore[arg-type]
    return tuple(found) or (Verdict("", "", "proved", (Reason("no_leap"),)),)


def leaps_of(study: Study, indicator: str) -> tuple[Leap, ...]:
    """Of an indicator's score for one target, or of what it has without one."""
    part = study.indicators[indicator]
    facts = tuple(fact for fact in study.facts if indicator in study.indicator_of[fact.step])
    return leaps(study.known, study.movement, part.stages[-1].step, facts)


def on_the_total(study: Study, indicator: str, leap: Leap) -> Fraction | None:
    """Where points of others may be dropped, what is left weighs more; a rounding may lift a leap to its next step."""
    if leap.size is None:
        return None
    size = leap.size * _weighed_more(study, indicator)
    places = study.plan.outputs.places
    return size if places is None else rounded(size, "ceiling", places)


def _weighed_more(study: Study, indicator: str) -> Fraction:
    """By how much a point of the indicator can count for more, where the points of others are dropped."""
    path = {indicator, *(whole.name for whole in study.plan.outputs.every_component if indicator in _within(whole))}
    return max((_in_group(study, path, bounds) for bounds in study.groups.values()), default=Fraction(1))


def _in_group(study: Study, path: set[str], bounds: Bounds) -> Fraction:
    factor = Fraction(1)
    for step in study.plan.steps:
        match step.operation:
            case Combine(parts=parts, full=full, method="sum") if full is not None:
                own = [part for part in parts if part.name in path and part.counted and _end(bounds, part.points, 1)]
                left = sum(_end(bounds, part.points, 1 if part in own else 0) for part in parts if part.counted)
                if own and left:
                    factor *= max(Fraction(1), _end(bounds, full, 1) / left)
    return factor


def _within(component: ComponentOutput) -> set[str]:
    return {part.name for whole in component.every for part in whole.indicators}


def _end(bounds: Bounds, id: int, end: int) -> Fraction:
    found = bounds[id]
    bound = (found.low, found.high)[end] if isinstance(found, Range) else None
    return Fraction(0) if bound is None else bound


def _leap_reason(study: Study, leap: Leap, size: Fraction | None) -> Reason:
    names = ", ".join(dict.fromkeys(named(study, fact)[1] for fact in leap.facts))
    shown = "∞" if size is None else quantity_text(size, Unit.POINTS)
    arguments = {"names": names, "size": shown}
    if leap.line is not None and leap.subject is not None:
        arguments["line"] = quantity_text(leap.line, study.plan.steps[leap.subject].unit)
    if leap.least_change is not None:
        arguments["change"] = quantity_text(leap.least_change, leap.facts[0].unit)
    return Reason(f"leap_{leap.kind}", arguments, leap.span)
