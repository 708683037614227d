"""Leaps of a score and how much of each reaches it: from plans of a few steps, worked out by hand."""

from collections.abc import Sequence
from fractions import Fraction as F
from typing import Any

import pytest
from test_fairness_analysis_signs import ABOVE, ACROSS, Build, Sketch, movement, n

from assessdsl.fairness.analysis.inputs import Fact
from assessdsl.fairness.analysis.jumps import Leap, leaps, resolution
from assessdsl.plan.steps import ENTITY, GROUP, Aggregate, Clamp, Fail, Gate, Logic, Round, Supply
from assessdsl.quantity import Unit
from assessdsl.source import NOWHERE


@pytest.mark.parametrize(
    ("unit", "places", "step"),
    [
        (Unit.COUNT, None, F(1)), (Unit.DATE, None, F(1)), (Unit.YES_NO, None, F(1)), (Unit.NUMBER, None, None),
        (Unit.NUMBER, 0, F(1)), (Unit.NUMBER, 2, F(1, 100)), (Unit.NUMBER, 3, F(1, 1000)), (Unit.PERCENT, None, None),
        (Unit.PERCENT, 0, F(1, 100)), (Unit.PERCENT, 1, F(1, 1000)), (Unit.PP, 2, F(1, 10000)),
    ],
)  # fmt: skip
def test_the_smallest_difference_that_can_be_reported(unit: Unit, places: int | None, step: F | None) -> None:
    assert resolution(Fact(0, "x", "", 1, unit, places)) == step


def test_what_crosses_by_the_finest_of_its_facts() -> None:
    one, two = Fact(0, "x", "", 1, Unit.NUMBER, 1), Fact(1, "y", "", 1, Unit.NUMBER, 2)
    free = Fact(2, "z", "", 1, Unit.NUMBER)

    def least(*facts: Fact) -> F | None:
        return Leap("choice", 0, facts, None, None, None, NOWHERE).least_change

    assert (least(one, two), least(two, one), least(one)) == (F(1, 100), F(1, 100), F(1, 10))
    assert (least(one, free), least(free), least()) == (None, None, None)


def found(build: Build, facts: str = "x", **domains: Any) -> list[tuple[Any, ...]]:
    """Of each leap: its kind, by which facts, at which line, and how much of the last step it is at the most."""
    draft, id, movement_of = movement(build, domains)
    of_facts = tuple(Fact(draft[name], name, "", 1, Unit.NUMBER) for name in facts)
    return [
        (leap.kind, "".join(fact.name for fact in leap.facts), leap.line, leap.size)
        for leap in leaps(movement_of.known, movement_of, id, of_facts)
    ]


def step(d: Sketch, high: Any = 10, low: Any = 0, by: str = "x") -> int:
    """So much from 3 on."""
    return d.choose(d.compare(by, ">=", n(3)), n(high), n(low))


def sizes(build: Build, facts: str = "x", **domains: Any) -> list[Any]:
    return [one[-1] for one in found(build, facts, **domains)]


def test_a_choice_leaps_at_its_line() -> None:
    assert found(step) == [("choice", "x", F(3), F(10))]
    assert found(lambda d: step(d, 4, 7)) == [("choice", "x", F(3), F(3))]
    assert found(lambda d: step(d, 5, 5)) == [("choice", "x", F(3), F(0))]
    assert found(step, "y") == []  # nothing that is reported crosses it

    def build(d: Sketch) -> int:
        return d["x"] * 0 + d.choose(d.compare("y", ">", "x"), n(1), n(0))

    assert found(build, "yx") == [("choice", "xy", None, F(1))]  # in the order of the plan


def test_a_choice_between_answers_is_no_leap() -> None:
    def build(d: Sketch) -> int:
        return d.choose(d.compare("x", ">", n(3)), d.answer(True), d.answer(False), Unit.YES_NO)

    assert found(build) == []


def test_what_both_branches_give_at_the_line() -> None:
    def build(d: Sketch) -> int:
        return d.choose(d.compare("x", ">", n(3)), d.calculate("*", "x", n(2)), d.calculate("+", "x", n(1)))

    assert found(build) == [("choice", "x", F(3), F(2))]  # from 4 to 6
    assert found(lambda d: d.choose(d.compare("x", ">", n(3)), "y", n(1)), y=(0, 9)) == [("choice", "x", F(3), F(8))]
    assert found(lambda d: d.choose(d.compare("x", ">", n(3)), "y", n(1))) == [("choice", "x", F(3), None)]


@pytest.mark.parametrize(("operator", "holds", "fails"), [("and", 7, 9), ("or", 9, 2)])
def test_what_a_branch_gives_where_several_conditions_hold(operator: Any, holds: int, fails: int) -> None:
    """Both hold only where y is at least 2; neither holds only where it is less."""

    def asked(d: Sketch) -> int:
        return d.add(Logic(operator, (d.compare("x", ">", n(3)), d.compare("y", ">=", n(2)))), unit=Unit.YES_NO)

    assert sizes(lambda d: d.choose(asked(d), d.calculate("-", n(9), "y"), n(0)), y=(0, 9)) == [holds]
    assert sizes(lambda d: d.choose(asked(d), n(0), "y"), y=(0, 9)) == [fails]


@pytest.mark.parametrize(
    ("after", "size"),
    [
        (lambda d, s: d.calculate("+", s, "y"), 10),
        (lambda d, s: d.calculate("+", s, "z"), 10),  # of 11 by which the sum can move
        (lambda d, s: d.calculate("-", "y", s), 10),
        (lambda d, s: d.calculate("neg", s), 10),
        (lambda d, s: d.calculate("+", s, s), 20),
        (lambda d, s: d.calculate("max", s, "z"), 9),  # from 1, as z is no less, to 10
        (lambda d, s: d.calculate("*", s, "z"), 20),
        (lambda d, s: d.calculate("*", "z", s), 20),
        (lambda d, s: d.calculate("*", s, n(-3)), 30),
        (lambda d, s: d.calculate("*", s, "y"), None),
        (lambda d, s: d.calculate("/", s, "z"), 10),
        (lambda d, s: d.calculate("/", s, n(-4)), F(5, 2)),
        (lambda d, s: d.calculate("/", s, "across"), None),
        (lambda d, s: d.add(Supply(s, d.constant(1))), 10),
        (lambda d, s: d.add(Clamp(s, None, d["y"])), 10),
        (lambda d, s: d.add(Clamp(s, d["y"], None)), 10),
        (lambda d, s: d.add(Clamp(s, d.constant(2), d.constant(6))), 4),
        (lambda d, s: d.choose(d.compare("y", ">", n(0)), s, n(0)), 10),
        (lambda d, s: d.choose(d.compare("y", ">", n(0)), d.calculate("*", s, n(2)), s), 20),
        (lambda d, s: d.add(Gate("g", s, d.compare("y", ">", n(0)))), 10),
        (lambda d, s: d.add(Gate("g", s, d.compare("y", ">", n(0)), d.calculate("*", s, n(3)))), 10),
        (lambda d, s: d.calculate("+", "y", n(1)), "none"),
    ],
)
def test_how_much_of_a_leap_comes_through(after: Any, size: Any) -> None:
    def build(d: Sketch) -> int:
        return after(d, step(d))  # type: ignore[no-any-return]

    got = sizes(build, z=ABOVE, across=ACROSS)
    assert got == ([] if size == "none" else [size])


FREE = (None, None)


@pytest.mark.parametrize(
    ("after", "domain", "expected"),
    [
        (lambda d, s: d.choose(d.compare("k", ">", n(0)), d.calculate("*", s, n(2)), s), FREE, [20]),
        (lambda d, s: d.choose(d.compare(s, ">", n(5)), n(1), n(0)), FREE, [None, 1]),
        (lambda d, s: d.add(Gate("g", s, d.compare("k", ">", n(0)))), FREE, [10]),
        (lambda d, s: d.add(Gate("g", s, d.compare("k", ">", n(0)), d.calculate("*", s, n(3)))), FREE, [30]),
        (lambda d, s: d.add(Gate("g", d.constant(1), d.compare(s, ">", n(5)))), FREE, [None, 1]),
        (lambda d, s: d.add(Clamp(s, None, d.calculate("*", s, n(3)))), FREE, [30]),
        (lambda d, s: d.calculate("max", s, d.calculate("*", s, n(3))), FREE, [30]),
        (lambda d, s: d.calculate("*", s, "w"), (-3, 2), [30]),
        (lambda d, s: d.calculate("*", s, "w"), (0, None), [None]),
        (lambda d, s: d.calculate("*", s, "w"), (None, 0), [None]),
        (lambda d, s: d.calculate("/", s, "w"), (2, 4), [5]),
        (lambda d, s: d.calculate("/", s, "w"), (-4, -2), [5]),
        (lambda d, s: d.calculate("/", s, "w"), (F(1, 2), F(4, 5)), [20]),
        (lambda d, s: d.calculate("/", s, "w"), (0, 4), [None]),
        (lambda d, s: d.calculate("/", s, "w"), (-4, 0), [None]),
        (lambda d, s: d.calculate("/", s, "w"), (2, None), [None]),
        (lambda d, s: d.calculate("/", n(1), d.calculate("+", s, n(F(1, 100)))), FREE, [None]),
    ],
)
def test_how_much_comes_through_where_the_score_has_no_ends(after: Any, domain: Any, expected: list[Any]) -> None:
    assert sizes(lambda d: d.calculate("+", after(d, step(d)), "y"), w=domain) == expected


def test_where_no_factor_is_known_the_score_is_worked_out_on_either_side() -> None:
    assert sizes(lambda d: d.calculate("/", n(1), d.calculate("+", step(d), n(F(1, 100))))) == [100 - F(100, 1001)]

    def build(d: Sketch) -> int:
        chosen = d.choose(d.compare("x", ">", n(3)), d.calculate("*", "x", n(2)), d.calculate("+", "x", n(1)))
        return d.calculate("/", n(1), d.calculate("+", chosen, "x"))

    assert sizes(build, x=(0, 10)) == [F(1, 7) - F(1, 9)]  # x is 3 there


def test_what_is_the_same_on_either_side_or_stops_is_no_leap() -> None:
    assert sizes(lambda d: d.calculate("*", step(d, 5, 5), "y")) == [0]
    assert sizes(lambda d: d.choose(d.compare("x", ">", n(3)), d.add(Fail("AS5203")), n(7))) == [0]
    assert sizes(lambda d: d.choose(d.compare("x", ">", n(3)), n(7), d.add(Fail("AS5203")))) == [0]
    text = lambda d: d.choose(d.compare("x", ">", n(3)), d.constant("a"), d.constant("b"), Unit.TEXT)  # noqa: E731
    assert sizes(text) == [None]


def test_gates_leap_by_what_they_take() -> None:
    def build(d: Sketch, limit: Any = None) -> int:
        return d.add(Gate("g", d["y"], d.compare("x", ">", n(3)), None if limit is None else d.constant(limit)))

    assert found(build, y=(2, 9)) == [("gate", "x", F(3), F(9))]
    assert found(lambda d: build(d, 4), y=(2, 9)) == [("gate", "x", F(3), F(5))]
    assert found(build) == [("gate", "x", F(3), None)]
    assert found(build, "z", y=(2, 9)) == []


@pytest.mark.parametrize(
    ("places", "times", "size"),
    [
        (0, 4, F(4)),
        (1, 4, F(4, 10)),
        (2, 1, F(1, 100)),
        (-1, 2, F(20)),
        (-2, 1, F(100)),
        (6, 1, F(1, 10**6)),
        (7, 1, None),
    ],
)
def test_roundings_leap_by_their_last_place(places: int, times: int, size: F | None) -> None:
    def build(d: Sketch) -> int:
        return d.calculate("*", d.add(Round(d["x"], "floor", places)), n(times))

    expected: Sequence[Any] = [] if size is None else [("rounding", "x", None, size)]
    assert found(build) == expected
    assert found(build, "y") == []


def test_no_leap_is_greater_than_the_score_can_move() -> None:
    def build(d: Sketch) -> int:
        whole = d.calculate("*", d.add(Round(d["x"], "floor", 0)), n(50))
        return d.add(Clamp(whole, d.constant(2), d.constant(9)))

    assert found(build) == [("rounding", "x", None, F(7))]
    fine = lambda d: d.add(Clamp(d.add(Round(d["x"], "floor", 0)), d.constant(2), d.constant(9)))  # noqa: E731
    assert found(fine) == [("rounding", "x", None, F(1))]
    half = lambda d: d.add(Clamp(d.add(Round(d["x"], "floor", 0)), d.constant(2), None))  # noqa: E731
    assert found(half) == [("rounding", "x", None, F(1))]
    assert found(lambda d: d.calculate("*", d.add(Round(d["x"], "floor", 0)), d["y"])) == [
        ("rounding", "x", None, None)
    ]
    assert sizes(lambda d: d.add(Clamp(d.calculate("*", step(d), d["y"]), d.constant(2), d.constant(9)))) == [F(7)]


def test_others_do_not_cross_for_an_entity() -> None:
    def build(d: Sketch) -> int:
        mean = d.add(Aggregate("mean", d["x"], ENTITY, GROUP), GROUP)
        return d.choose(d.compare(mean, ">", n(3)), n(1), n(0))

    assert [one[1] for one in found(build)] == ["x"]
