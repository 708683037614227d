"""Of a policy with many indicators each is looked at by itself, and what is alike once: with the same answers."""

from fractions import Fraction as F

import pytest

import assessdsl
from assessdsl.fairness import asked as asked_module
from assessdsl.fairness import counterexample, plainer, trial
from assessdsl.fairness.analysis.narrow import Known
from assessdsl.fairness.analysis.signs import DOWN, UP, Movement
from assessdsl.fairness.asked import Asked
from assessdsl.fairness.case import Case, score
from assessdsl.fairness.prove import prove
from assessdsl.fairness.solver import A_SECOND, Answer, Question, ask
from assessdsl.fairness.study import study, with_settled
from assessdsl.plan.ranges import Range
from assessdsl.result import Result

HEAD = """\
policy p "P" {
  period 2022
  full 100 points
  group g "G"
  component base "Base" { points 100 points
"""
DIPS = "if actual >= 50% and actual < 51% then 0% else ratio(actual, 100%, zero: error)"
RISES = "efficacy(actual, worst(actual, of: group), best(actual, of: group), base: 60%, equal: 100%)"


def policy(*scores: str, points: tuple[int, ...] = ()) -> assessdsl.Policy:
    each = points or (100 // len(scores),) * len(scores)
    indicators = "".join(
        f'indicator i{number} "I{number}" {{ points {own} points; unit percent to 1 places; score {score}; '
        f"missing zero; absent zero }}\n"
        for number, (score, own) in enumerate(zip(scores, each, strict=True))
    )
    return assessdsl.loads(HEAD + indicators + "  }\n  rank by total within group ties shared\n}\n")


# ---------------------------------------------------------------- what is asked of a solver


def questions(monkeypatch: pytest.MonkeyPatch, of: assessdsl.Policy) -> tuple[list[Question], list[Answer]]:
    """What the solver was asked for all indicators, and what each was told."""
    put: list[Question] = []

    def noted(known: Known, question: Question, work: int) -> Answer:
        put.append(question)
        return ask(known, question, work)

    monkeypatch.setattr(asked_module, "ask", noted)
    looked, once = study(of), Asked()
    facts = {fact.indicator: fact.step for fact in looked.facts if fact.name == "actual"}
    told = [
        once.ask(looked.known, Question(part.stages[-1].step, "falls", {facts[name]: 1}), A_SECOND)
        for name, part in looked.indicators.items()
    ]
    for name, answer in zip(looked.indicators, told, strict=True):
        alone = ask(
            looked.known, Question(looked.indicators[name].stages[-1].step, "falls", {facts[name]: 1}), A_SECOND
        )
        assert answer.verdict == alone.verdict, name
        if answer.verdict == "found":  # by its own steps
            assert facts[name] in answer.before
            assert facts[name] in answer.after
    return put, told


def test_of_indicators_that_differ_in_names_only_the_solver_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    put, told = questions(monkeypatch, policy(DIPS, DIPS, RISES, DIPS, RISES))
    assert len(put) == 2
    assert [answer.verdict for answer in told] == ["found", "found", "never", "found", "never"]


@pytest.mark.parametrize(
    "other", [policy(DIPS, DIPS, points=(40, 60)), policy(DIPS, DIPS.replace("51%", "52%")), policy(DIPS, RISES)]
)
def test_a_number_or_a_step_makes_another_question(monkeypatch: pytest.MonkeyPatch, other: assessdsl.Policy) -> None:
    assert len(questions(monkeypatch, other)[0]) == 2


def test_which_way_and_which_steps_are_moved_is_part_of_the_question() -> None:
    looked, once = study(policy(DIPS, DIPS)), Asked()
    score = looked.indicators["i0"].stages[-1].step
    fact = next(fact.step for fact in looked.facts if fact.indicator == "i0")
    for question in (Question(score, "falls", {fact: 1}), Question(score, "rises", {fact: 1}),
                     Question(score, "falls", {fact: -1}), Question(score, "rises", {})):  # fmt: skip
        assert once.ask(looked.known, question, A_SECOND).verdict == ask(looked.known, question, A_SECOND).verdict


def test_bounds_are_part_of_the_question() -> None:
    """The same steps, of which more is known."""
    looked, once = study(policy(DIPS, DIPS)), Asked()
    for name, range in (("i0", None), ("i1", Range(F(60, 100), F(1)))):
        part = looked.indicators[name]
        fact = next(fact.step for fact in looked.facts if fact.indicator == name)
        known = looked.known
        if range is not None:
            known = Known(known.plan, {**dict(enumerate(known.bounds)), fact: range})  # type: ignore[arg-type]
        question = Question(part.stages[-1].step, "falls", {fact: 1})
        assert once.ask(known, question, A_SECOND).verdict == ("found" if range is None else "never")


# ---------------------------------------------------------------- how values move


@pytest.mark.parametrize("scores", [(DIPS, RISES), (RISES, DIPS, RISES, DIPS)])
def test_what_was_proved_of_a_step_changes_only_what_rests_on_it(scores: tuple[str, ...]) -> None:
    looked = study(policy(*scores))
    settled = {}
    for fact in looked.facts:
        if fact.name == "actual":
            looked.movement.of(looked.plan.outputs.total)
            settled[looked.indicators[fact.indicator].stages[-1].step, (fact.step, False)] = UP
            looked = with_settled(looked, dict([list(settled.items())[-1]]))
    anew = Movement(looked.known, settled=settled)
    for step in looked.plan.steps:
        assert looked.movement.of(step.id) == anew.of(step.id), step
        assert looked.movement.absent(step.id) == anew.absent(step.id), step
    actuals = {fact.step for fact in looked.facts if fact.name == "actual"}
    moved = looked.movement.of(looked.plan.outputs.total)
    assert {moved[step, False] for step in actuals} == {UP}
    assert Movement(looked.known).of(looked.plan.outputs.total) != moved


def test_about_one_score_only_what_rests_on_it_is_looked_at() -> None:
    looked = study(policy(DIPS, RISES, DIPS, RISES))
    score = looked.indicators["i0"].stages[-1].step
    about = Movement(looked.known, frozenset({score}))
    assert about.of(looked.plan.outputs.total) == {(score, False): UP}
    assert DOWN not in about.of(looked.plan.outputs.total).values()
    assert len({id for id, _ in about._found}) < len(looked.plan.steps) / 3


def test_one_solver_call_settles_all_that_are_alike() -> None:
    report = prove(policy(*(RISES,) * 4), only=("monotone", "rank_monotone"), cases=0)
    assert {one.status for one in report.standings[0].verdicts} == {"solver"}


# ---------------------------------------------------------------- cases


def test_of_what_is_alike_each_counterexample_is_scored_whole_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many are alike: the first is made plain at length, the others as it was, each of their two cases once."""
    scored: list[Case] = []

    def noted(case: Case) -> Result:
        scored.append(case)
        return score(case)

    monkeypatch.setattr(trial, "score", noted)
    monkeypatch.setattr(counterexample, "score", noted)
    monkeypatch.setattr(plainer, "_WIDE", 1_000)
    capped = "min(actual, 50%)"
    counts = []
    for number in (2, 4):
        scored.clear()
        (standing,) = prove(policy(*(capped,) * number), only=("strict_response",)).standings
        assert {one.status for one in standing.verdicts if one.counterexample} == {"refuted"}
        for one in standing.verdicts:
            found = one.counterexample
            assert found is not None
            assert found.after is not None
            totals = [score(case).entities[found.entity].total.value for case in (found.before, found.after)]
            assert totals[0] == totals[1]
        assert len({id(case) for case in scored}) == len(scored)
        counts.append(len(scored))
    assert counts[1] - counts[0] <= 2 * 2 + 8
