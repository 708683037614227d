"""Which way values move, piece by piece, and where they leap: worked out by hand, and held against scored cases."""

from fractions import Fraction as F

import pytest

import assessdsl
from assessdsl.fairness.analysis.jumps import Leap
from assessdsl.fairness.analysis.pieces import Pieces
from assessdsl.fairness.analysis.signs import BOTH, DOWN, UP
from assessdsl.fairness.claims.scores import leaps_of
from assessdsl.fairness.study import Study, study

FRAME = """\
policy example "Example" {
  period 2022
  full 100 points
  group town "Towns"
  fact x number "X" missing error
  fact y number "Y" missing error
  fact n count "N" missing error
  attribute k number "K" missing error
  component base "Base" { points 100 points
    indicator it "It" { points 100 points; SCORE; missing zero }
  }
}
"""


def looked_at(score: str) -> Study:
    return study(assessdsl.loads(FRAME.replace("SCORE", score)))


def moves(score: str, name: str) -> int:
    looked = looked_at(score)
    step = next(fact.step for fact in looked.facts if fact.name == name)
    return looked.movement.of(looked.plan.outputs.total).get((step, False), 0)


@pytest.mark.parametrize(
    ("score", "sign"),
    [
        ("score clamp(x, 0, 100) * 1 points", UP),
        ("score clamp(100 - x, 0, 100) * 1 points", DOWN),
        ("score clamp(x * (0 - 2), 0, 100) * 1 points", DOWN),
        ("score clamp(x * k, 0, 100) * 1 points", BOTH),
        ("score if x >= 5 then 80% else 20%", UP),
        ("score if x >= 5 then 20% else 80%", DOWN),
        ("score if x < 5 then 20% else 80%", UP),
        ("score ladder(x, 1: 10%, 2: 20%, 3: 30%, below: 0%)", UP),
        ("score ladder(x, 1: 10%, 2: 30%, 3: 20%, below: 0%)", BOTH),
        ("score brackets(x, 0: 3, 10: 1, 20: 0) * 1 points", UP),
        ("score brackets(x, 0: 1, 10: 0 - 1) * 1 points", BOTH),
        # the branches cross, but meet just where the choice turns
        ("score if x >= 10 then clamp(x * 2, 0, 60) * 1 points else clamp(x, 0, 60) * 1 points", UP),
        ("score if x >= 10 then clamp(x, 0, 60) * 1 points else clamp(x * 2, 0, 60) * 1 points", BOTH),
        ("score (clamp(x, 0, 50) - clamp(x / 2, 0, 10)) * 1 points", UP),  # either part alone moves the other way
        ("score (clamp(x, 0, 50) - clamp(x * 2, 0, 10)) * 1 points", BOTH),
        ("score abs(x - 5) * 1 points", BOTH),
        ("score floor(clamp(x, 0, 100)) * 1 points", UP),
        ("score if x <= 0 then 0% else clamp(ratio(y, x, zero: 0%), 0%, 100%)", BOTH),
        ("score if is_missing(x) then 0% else 50%", 0),
        ("score if x == 0 then 100% else 0%", BOTH),
        ("score clamp(power(x, 3), 0, 100) * 1 points", UP),
        ("score if y > 0 then clamp(x / y, 0%, 100%) else 0%", UP),
        ("score if y < 0 then clamp(x / y, 0%, 100%) else 0%", DOWN),
        ("score if not (x >= 3 or x >= 5) then 0% else 40%", UP),
        ("score min(x, 100) * 1 points", UP),
        ("gate low \"low\" when x < 3 then zero; score clamp(x, 0, 100) * 1 points", UP),
        ("gate high \"high\" when x > 30 then at most 10 points; score clamp(x, 0, 100) * 1 points", BOTH),
    ],
)  # fmt: skip
def test_which_way_the_total_moves(score: str, sign: int) -> None:
    assert moves(score, "x") == sign


@pytest.mark.parametrize(
    ("score", "sign"),
    [
        ("score if n == 0 then 100% else 0%", DOWN),  # of what is never below zero, none is the least
        ("score if n <= 0 then 100% else 40%", DOWN),
    ],
)
def test_what_is_counted_is_never_below_zero(score: str, sign: int) -> None:
    assert moves(score, "n") == sign


def drawn(score: str) -> Pieces:
    looked = looked_at(score)
    step = next(fact.step for fact in looked.facts if fact.name == "x")
    found = looked.movement.pieces(looked.indicators["it"].stages[-1].step, (step, False))
    assert found is not None
    return found[1]


def test_pieces_are_exact() -> None:
    pieces = drawn("score if x > 10 then 80 points else clamp(x * 3, 0, 100) * 1 points")
    (jump,) = pieces.jumps()
    assert (jump.at, jump.before, jump.value, jump.after) == (F(10), F(30), F(30), F(80))
    assert pieces.rises
    assert not pieces.falls
    assert pieces.flat == ((None, F(0)), (F(10), None))


def test_a_dip_of_one_hundredth_is_seen() -> None:
    pieces = drawn("score if x >= 7.11 and x < 7.12 then 0 points else clamp(x * 3, 0, 100) * 1 points")
    assert pieces.falls
    assert [jump.at for jump in pieces.jumps()] == [F("7.11"), F("7.12")]


def leaps(score: str) -> tuple[Leap, ...]:
    return tuple(leap for leap in leaps_of(looked_at(score), "it") if leap.size)


@pytest.mark.parametrize(
    ("score", "sizes"),
    [
        ("score ladder(x, 1: 10%, 2: 30%, 3: 35%, below: 0%)", {(F(1), F(10)), (F(2), F(20)), (F(3), F(5))}),
        ("score clamp(x, 0, 100) * 1 points", set()),
        ("score if x >= 5 then 20% else 80%", {(F(5), F(60))}),
        ("score if x >= 10 then clamp(x, 0, 60) * 1 points else clamp(x * 2, 0, 60) * 1 points", {(F(10), F(10))}),
        ('gate low "low" when x < 3 then zero; score 70%', {(F(3), F(70))}),
    ],
)
def test_leaps_have_their_line_and_size(score: str, sizes: set[tuple[F, F]]) -> None:
    assert {(leap.line, leap.size) for leap in leaps(score)} == sizes


def test_whole_steps_are_leaps_over_the_least_that_can_be_reported() -> None:
    (leap,) = leaps("score clamp(floor(n / 10), 0, 100) * 4 points")
    assert (leap.kind, leap.size, leap.least_change) == ("rounding", F(4), F(1))


def test_others_move_a_score_through_what_is_asked_of_all() -> None:
    looked = looked_at("score ratio(x, best(x, of: group), zero: 0%)")
    step = next(fact.step for fact in looked.facts if fact.name == "x")
    assert (step, True) in looked.movement.of(looked.plan.outputs.total)
