"""The solver's terms are the steps, exactly: held against the exact engine; and what it settles."""

from fractions import Fraction as F
from itertools import product

import pytest

import assessdsl
from assessdsl.fairness.prove import prove
from assessdsl.fairness.solver import A_SECOND, Question, ask
from assessdsl.fairness.study import Study, study
from assessdsl.quantity import ROUNDING_MODES, rounded

FRAME = """\
policy example "Example" {
  period 2022
  full 100 points
  group town "Towns"
  fact x number "X" missing error
  fact y number "Y" missing error
  component base "Base" { points 100 points
    indicator it "It" { points 100 points; floor 0 - 1000 points; cap 1000 points; score SCORE; missing zero }
  }
}
"""
WORK = 5 * A_SECOND


def looked_at(score: str) -> tuple[Study, int, int]:
    """The policy, the step of its score, and that of x."""
    looked = study(assessdsl.loads(FRAME.replace("SCORE", score)))
    x = next(fact.step for fact in looked.facts if fact.name == "x")
    return looked, looked.indicators["it"].stages[-1].step, x


@pytest.mark.parametrize("mode", ROUNDING_MODES)
def test_roundings_are_exact(mode: str) -> None:
    """Half-ways and their neighbours, above and below nothing."""
    for number in (F("2.5"), F("-2.5"), F("3.5"), F("-3.5"), F("2.49"), F("-0.5"), F("0.5")):
        value, held = _text(number), _text(rounded(number, mode, 0))
        near = f"x >= {value} and x <= {value}"
        looked, step, x = looked_at(
            f"if {near} then (round(x, places: 0, mode: {mode}) - {held}) * 1 points else 0 points"
        )
        questions = [Question(step, "falls", {x: 0}), Question(step, "rises", {x: 0})]
        answers = [ask(looked.known, question, WORK).verdict for question in questions]
        assert answers == ["never", "never"], (mode, number)  # it is what the exact engine rounds it to, so always 0


def _text(number: F) -> str:
    return (
        f"({number.numerator} / {number.denominator})"
        if number >= 0
        else f"(0 - {-number.numerator} / {number.denominator})"
    )


@pytest.mark.parametrize(
    ("score", "falls", "rises"),
    [
        ("clamp(x, 0, 100) * 1 points", "never", "found"),
        ("abs(x) * 1 points", "found", "found"),
        ("(if x > 0 then 50 else 50) * 1 points", "never", "never"),
        ("if x > 3 then max(x, y) * 1 points else min(x, y) * 1 points", "never", "found"),  # no rule for steps sees it
        ("if y > 0 then clamp(x * x / y, 0, 10) * 1 points else 0 points", "found", "found"),
        ("if x >= y then 60 points else clamp(x - y, 0 - 9, 0) * 1 points", "never", "found"),
        ("(clamp(x, 0, y) + clamp(y - x, 0, 1000)) * 1 points", "found", "never"),
        ("if is_missing(x) then 5 points else 7 points", "never", "never"),
    ],
)  # fmt: skip
def test_answers(score: str, falls: str, rises: str) -> None:
    looked, step, x = looked_at(score)
    assert ask(looked.known, Question(step, "falls", {x: 1}), WORK).verdict == falls
    assert ask(looked.known, Question(step, "rises", {x: 1}), WORK).verdict == rises


def test_what_is_found_replays() -> None:
    looked, step, x = looked_at("if y > 0 then clamp(x * x / y, 0, 10) * 1 points else 0 points")
    answer = ask(looked.known, Question(step, "falls", {x: 1}), WORK)
    y = next(fact.step for fact in looked.facts if fact.name == "y")
    totals = []
    for side in (answer.before, answer.after):
        record = {"entity": "a", "group": "town", "x": side[x], "y": side[y]}
        totals.append(assessdsl.evaluate(looked.policy, [record]).entities["a"].total.value)
    assert answer.before[x] < answer.after[x]  # type: ignore[operator]
    assert totals[0] > totals[1]


RELATIVE = [
    ("efficacy(x, worst(x, of: group), best(x, of: group), base: 60%, equal: 100%)", "solver"),
    ("clamp(ratio(x - worst(x, of: group), best(x, of: group) - worst(x, of: group), zero: 100%), 0%, 100%)", "solver"),
    ("lookup(rank_of(x, of: group, ties: shared), 1: 100%, 2: 60%, otherwise: 20%)", "solver"),
    ("lookup(rank_of(x, of: group, ties: shared), 1: 60%, 2: 100%, otherwise: 20%)", "unasked"),
    ("clamp(x / 100 - mean(x, of: group) / 100, 0, 1) * 100 points", "solver"),
]


@pytest.mark.parametrize(("score", "status"), RELATIVE)
def test_relative_forms_are_settled_by_what_others_can_be(score: str, status: str) -> None:
    policy = assessdsl.loads(FRAME.replace("SCORE", score).replace('  fact y number "Y" missing error\n', ""))
    (found,) = prove(policy, only=("monotone",), cases=0).standings
    assert found.status == status


def test_solver_and_plan_never_contradict_each_other() -> None:
    """Where looking at the plan says which way a score moves, the solver finds nothing to the contrary."""
    numbers = ("x", "x * 2", "0 - x", "y", "x - y", "5")
    for one, two in product(numbers, numbers):
        looked, step, x = looked_at(f"clamp(if x > 3 then {one} else {two}, 0, 50) * 1 points")
        sign = looked.movement.of(step).get((x, False), 0)
        for way, forbidden in (("falls", (0, 1)), ("rises", (0, 2))):
            if sign in forbidden:
                answer = ask(looked.known, Question(step, way, {x: 1}), WORK)  # type: ignore[arg-type]
                assert answer.verdict == "never", (one, two, way)


def test_without_the_extra_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessdsl.fairness.prove.available", lambda: False)
    monkeypatch.setattr("assessdsl.fairness.solver._asked", None)
    policy = assessdsl.loads(FRAME.replace("SCORE", RELATIVE[0][0]).replace('  fact y number "Y" missing error\n', ""))
    report = prove(policy, only=("monotone",), cases=0)
    assert not report.solver
    assert [verdict.reasons[-1].key for standing in report.standings for verdict in standing.verdicts] == ["no_solver"]
