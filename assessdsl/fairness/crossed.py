"""Cases of two entities that differ in two things, one for the better and one for the worse: an order is turned."""

from bisect import bisect_left
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Final

from assessdsl.backends import run
from assessdsl.fairness.broken import unrounded
from assessdsl.fairness.case import Case, Place, Raw, put
from assessdsl.fairness.driven import BETWEEN, Reads, case_for, driven, reads, rows_of, starts, turned, values_at_step
from assessdsl.fairness.made_cases import case_of_rows, fixed
from assessdsl.fairness.refute import Tried
from assessdsl.fairness.search import Bench
from assessdsl.fairness.single import dominance, rounding_safe
from assessdsl.fairness.study import Study
from assessdsl.fairness.trial import Trial, Trying, Witness, after
from assessdsl.fairness.verdict import Claim
from assessdsl.plan.steps import ENTITY, ComponentOutput, IndicatorOutput, Plan

_FINELY: Final = 8 * BETWEEN  # where no two are just so far apart
_PAIRS: Final = 40  # that are scored, of those which by their parts should show it


def _shown(at: Bench, trial: Trial, one: Case, two: Case) -> Witness | None:
    """Both in one case."""
    rows = (*at.safe.benchmarks, *rows_of(one, at.name), *rows_of(two, at.other))
    scored = after(case_of_rows(at.maker.policy, rows))
    found = None if scored is None else trial(Trying(at.maker, at.safe, scored, fixed(0)))
    return found if isinstance(found, Witness) else None


# ---------------------------------------------------------------- one component over another


def overturned(at: Bench, looked: Study, claim: Claim) -> Tried:
    """The one is ahead by just more than the gap in the major component, with the least in the minor one, of which the
    other has the most."""
    parts = {whole.name: whole for whole in looked.plan.outputs.every_component}
    major, minor = (parts[name] for name in claim.subjects)
    gap, cases = claim.bounds["above"], 0
    own, others = (reads(looked.known, part.score) for part in (major, minor))
    for rows in starts(at):
        sign = -1 if minor.kind == "penalty" else 1
        least, greatest = (driven(at, rows, way, minor.score, of=others) for way in (-sign, sign))
        cases += least.cases + greatest.cases
        if least.value is None or greatest.value is None:
            continue
        width = (greatest.value - least.value) * sign
        if width <= gap:
            continue
        for between in (BETWEEN, _FINELY):
            ahead, behind = (_worth(at, major, one.case, own - others, between) for one in (least, greatest))
            cases += len(ahead) + len(behind)
            gaps = sorted((one - two, one, two) for one in ahead for two in behind if gap < one - two <= width)
            if gaps:
                break
        for _, one, two in gaps[:_PAIRS]:
            witness = _shown(at, dominance, ahead[one], behind[two])
            if witness is not None:
                return Tried(witness, cases)
    return Tried(None, cases)


def _worth(at: Bench, part: ComponentOutput, case: Case, of: Reads, between: int) -> dict[Fraction, Case]:
    """By what the component then adds to the total, the case, and the one with as little and as much of it as can be,
    each with one cell turned."""
    sign = -1 if part.kind == "penalty" else 1
    ends = (driven(at, rows_of(case, at.name), way, part.score, of=of).case for way in (-1, 1))
    tried = [
        one
        for end in (case, *ends)
        for one in (end, *(put(end, place, raw) for place, raw in turned(at, end, of, between)))
    ]
    values = values_at_step(at, tried, part.score)
    return {value * sign: one for one, value in zip(tried, values, strict=True) if value is not None}


# ---------------------------------------------------------------- roundings


def rounded_apart(at: Bench, looked: Study) -> Tried:
    """What is lost or won where one part is rounded, against a little more or less of the others."""
    plan, cases = unrounded(looked.plan), 0
    if plan is None:
        return Tried(None, 0)
    outputs = looked.plan.outputs
    parts: list[ComponentOutput | IndicatorOutput] = list(outputs.every_component)
    parts += [part for whole in outputs.every_component for part in whole.indicators]
    for part in parts:
        if all(stage.kind != "rounding" for stage in part.stages):
            continue
        own = reads(looked.known, part.score)
        others = reads(looked.known, outputs.total) - own
        for rows in starts(at):
            base = case_for(at, rows)
            start = _totals(plan, base)
            inner, outer = (_moves(plan, base, turned(at, base, of)) for of in (own, others))
            cases += len(inner) + len(outer)
            if start is None:
                continue
            for one, two in islice(_pairs(inner, [(exact - start[0], move) for exact, _, move in outer]), _PAIRS):
                witness = _shown(at, rounding_safe, *(_put(base, moves) for moves in (one, two)))
                if witness is not None:
                    return Tried(witness, cases)
    return Tried(None, cases)


_Move = tuple[Place, Raw]


def _moves(plan: Plan, base: Case, moves: Iterator[_Move]) -> list[tuple[Fraction, Fraction, _Move]]:
    """The total before anything is rounded, and the total, after each move."""
    return [(*totals, move) for move in moves if (totals := _totals(plan, _put(base, (move,)))) is not None]


def _totals(plan: Plan, case: Case) -> tuple[Fraction, Fraction] | None:
    scored = after(case)
    if scored is None:
        return None
    columns = run(plan, scored.result.trace.dataset)
    exact = columns.at(plan.outputs.total, ENTITY)[0]
    return (exact, next(iter(scored.result.entities.values())).total.value) if isinstance(exact, Fraction) else None


def _put(case: Case, moves: tuple[_Move, ...]) -> Case:
    for place, raw in moves:
        case = put(case, place, raw)
    return case


def _pairs(
    inner: list[tuple[Fraction, Fraction, _Move]], outer: list[tuple[Fraction, _Move]]
) -> Iterator[tuple[tuple[_Move, _Move], tuple[_Move, _Move]]]:
    """Two moves for each of two entities, so that the first is ahead before anything is rounded, and behind after it:
    those first to whom the rounding makes the most of a difference."""
    apart = sorted(
        ((one - two, first, second) for one, first in outer for two, second in outer), key=lambda found: found[0]
    )
    sizes = [size for size, _, _ in apart]
    lost = [
        (other - total - (more - exact), more - exact, other - total, move, by)
        for exact, total, move in inner
        for more, other, by in inner
        if other - total > more - exact
    ]
    for _, low, high, move, by in sorted(lost, key=lambda found: -found[0]):
        at = bisect_left(sizes, (low + high) / 2)
        for size, first, second in apart[max(0, at - 1) : at + 1]:
            if low < size < high:
                yield (move, first), (by, second)
