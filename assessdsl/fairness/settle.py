"""What a solver settles of what looking at the plan leaves open: one indicator at a time, never the whole policy.

The score of one target, as its fact gets better, is asked about by itself; that the total follows it is seen on the
plan. Where the solver finds data that would refute, they are only a hint: where to look for a case.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from attrs import evolve, frozen

from assessdsl.fairness.analysis.inputs import Fact
from assessdsl.fairness.analysis.signs import BOTH, DOWN, UP, Source
from assessdsl.fairness.claims.scores import monotone, named, rank_monotone, sign_of
from assessdsl.fairness.solver import A_SECOND, Answer, Question
from assessdsl.fairness.study import Study, with_settled
from assessdsl.fairness.verdict import Claim, Reason, Verdict
from assessdsl.plan.steps import Load, Rank

SETTLED: Final = ("monotone", "rank_monotone", "truthful")  # properties of which a solver is asked
_GLANCE: Final = A_SECOND // 6  # for what nobody has declared

Hint = Mapping[tuple[str, str], Fraction]
"""Values of facts, by the indicator ("" of entities and benchmarks) and the name."""


@frozen(eq=False)
class Settled:
    verdicts: tuple[Verdict, ...]
    hints: Mapping[str, tuple[Hint, ...]]  # by what a verdict is about


def settled(looked: Study, claim: Claim, verdicts: tuple[Verdict, ...], seconds: int) -> Settled:
    match claim.property:
        case "monotone" | "rank_monotone":
            return _moving(looked, claim, verdicts, seconds)
        case "truthful":
            return _truthful(looked, verdicts, seconds)
        case _:
            return Settled(verdicts, {})


# ---------------------------------------------------------------- which way a score moves


def _moving(looked: Study, claim: Claim, verdicts: tuple[Verdict, ...], seconds: int) -> Settled:
    again: Callable[[Study, Claim], tuple[Verdict, ...]] = monotone if claim.property == "monotone" else rank_monotone
    open_ones = {verdict.about for verdict in verdicts if verdict.status in ("unknown", "unasked")}
    hints: dict[str, tuple[Hint, ...]] = {}
    for fact in looked.facts:
        about = named(looked, fact)[0]
        if about in open_ones:
            looked, found = _follow(looked, fact, seconds)
            if found:
                hints[about] = found
    now = {verdict.about: verdict for verdict in again(looked, claim)}
    return Settled(tuple(_by_solver(verdict, now[verdict.about]) for verdict in verdicts), hints)


def _by_solver(before: Verdict, now: Verdict) -> Verdict:
    if before.status not in ("unknown", "unasked") or now.status != "proved":
        return before
    return evolve(now, status="solver", reasons=(Reason("solver_up", {"name": now.label}, before.reasons[0].span),))


def _follow(looked: Study, fact: Fact, seconds: int) -> tuple[Study, tuple[Hint, ...]]:
    """The steps on the way of the score, from the fact upwards, as long as the rules cannot tell."""
    source: Source = (fact.step, False)
    hints: list[Hint] = []
    for id in _on_the_way(looked, fact):
        if sign_of(looked, fact, id) != BOTH:
            continue
        for way in (fact.better,) if fact.better else (1, -1):  # where nothing says what is better, either way
            question = Question(id, "falls", {fact.step: way})
            answer = looked.asked.ask(looked.known, question, seconds * A_SECOND if fact.better else _GLANCE)
            if answer.verdict == "never":
                looked = with_settled(looked, {(id, source): UP if way > 0 else DOWN})
                break
            hints += _hints(looked, answer) if fact.better else []
    return looked, tuple(hints)


def _on_the_way(looked: Study, fact: Fact) -> Iterator[int]:
    """The scores that rest on the fact: of targets, of the indicator, of components, and what ranks."""
    outputs = looked.plan.outputs
    for name in looked.indicator_of[fact.step]:
        part = looked.indicators[name]
        if fact.better:
            yield from (stage.step for stage in part.stages)
        yield part.stages[-1].step
        if fact.better:
            yield part.score
    if not fact.better:
        return
    for whole in reversed(outputs.every_component):
        yield from (stage.step for stage in whole.stages)
    yield from (stage.step for stage in outputs.total_stages)
    ranked = None if outputs.rank is None else looked.plan.steps[outputs.rank].operation
    if isinstance(ranked, Rank):
        yield from ranked.keys


def _hints(looked: Study, answer: Answer) -> list[Hint]:
    found: list[Hint] = []
    for side in (answer.before, answer.after):
        values = {}
        for step, value in side.items():
            load = looked.plan.steps[step]
            if isinstance(load.operation, Load) and value is not None and not load.operation.offset:
                values[load.grain.indicator, load.operation.name] = value
        if values:
            found.append(values)
    return found


# ---------------------------------------------------------------- plans


def _truthful(looked: Study, verdicts: tuple[Verdict, ...], seconds: int) -> Settled:
    """Whether any plan can score more than the one that is just met. That more for the target is no less in the total
    is seen on the plan."""
    found: list[Verdict] = []
    hints: dict[str, tuple[Hint, ...]] = {}
    for verdict in verdicts:
        part = looked.indicators[verdict.about]
        score = part.stages[-1].step
        loads = {
            step.operation.name: step.id
            for step in looked.plan.steps
            if isinstance(step.operation, Load)
            and step.grain.indicator == part.name
            and step.operation.source == "target"
            and not step.operation.offset
        }
        if verdict.status != "unknown" or not {"planned", "actual"} <= loads.keys() or not _lifts(looked, score):
            found.append(verdict)
            continue
        planned, actual = loads["planned"], loads["actual"]
        question = Question(score, "falls", {planned: 0}, {planned: actual})
        answer = looked.asked.ask(looked.known, question, seconds * A_SECOND)
        if answer.verdict == "never":
            reason = Reason("solver_plan", {"name": verdict.label}, verdict.reasons[0].span)
            verdict = evolve(verdict, status="solver", reasons=(reason,))
        elif answer.verdict == "found":
            hints[verdict.about] = tuple(_hints(looked, answer))
        found.append(verdict)
    return Settled(tuple(found), hints)


def _lifts(looked: Study, score: int) -> bool:
    """Whether the total is never less where the step's value is more."""
    moved = evolve(looked.movement, about=frozenset({score}))
    return moved.of(looked.plan.outputs.total).get((score, False), 0) in (0, UP)
