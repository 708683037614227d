"""How far two steps lie apart, whatever the data: from plans of a few steps, worked out by hand."""

from collections.abc import Callable
from fractions import Fraction as F
from typing import Any

import pytest
from test_fairness_analysis_signs import ABOVE, ACROSS, MINUS, PLUS, Sketch, movement, n

from assessdsl.fairness.analysis.gap import Gaps, decides_missing, is_decided, missing_alike, span
from assessdsl.fairness.analysis.narrow import Known
from assessdsl.fairness.analysis.pieces import Line, Pieces
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import (
    ENTITY,
    GROUP,
    Aggregate,
    Choose,
    Clamp,
    Combine,
    Fail,
    Gate,
    InGroup,
    Logic,
    Part,
    Round,
    Supply,
)
from assessdsl.quantity import Unit

Pair = Callable[[Sketch], tuple[int, int]]
Ends = tuple[Any, Any]
FREE = (None, None)


def known_of(build: Pair, **domains: Ends) -> tuple[Known, int, int]:
    pair: list[int] = []

    def last(draft: Sketch) -> int:
        pair.extend(build(draft))
        return pair[1]

    _, _, found = movement(last, domains)
    return found.known, pair[0], pair[1]


def gap(build: Pair, **domains: Ends) -> Ends:
    known, one, two = known_of(build, **domains)
    found = Gaps(known).of(one, two)
    return found.low, found.high


def more(d: Sketch, by: Any, of: str = "x") -> int:
    return d.calculate("+", of, n(by))


def group(d: Sketch, name: str = "g") -> int:
    return d.add(InGroup((name,)), unit=Unit.YES_NO)


@pytest.mark.parametrize(
    ("build", "ends"),
    [
        (lambda d: (d["x"], d["x"]), (0, 0)),
        (lambda d: (d["x"], d["y"]), FREE),
        (lambda d: (more(d, 1), more(d, 2)), (1, 1)),
        (lambda d: (d.calculate("-", "x", n(1)), d.calculate("-", "x", n(3))), (-2, -2)),
        (lambda d: (d.calculate("neg", more(d, 1)), d.calculate("neg", more(d, 4))), (-3, -3)),
        (lambda d: (d.calculate("-", n(1), more(d, 1)), d.calculate("-", n(2), more(d, 5))), (-3, -3)),
        (lambda d: (d.calculate("min", "x", "y"), d.calculate("min", more(d, 1), more(d, 2, "y"))), (1, 2)),
        (lambda d: (d.calculate("max", "x", "y"), d.calculate("max", more(d, 1), more(d, 2, "y"))), (1, 2)),
        (lambda d: (d.calculate("min", "x", "y"), d.calculate("max", "x", "y")), FREE),
        (lambda d: (d.calculate("min", "x", "y"), d.calculate("min", "x", "y", "z")), FREE),
        (lambda d: (d.add(Round(d["x"], "floor", 0)), d.add(Round(more(d, F(1, 3)), "floor", 0))), (0, None)),
        (lambda d: (d.add(Round(d["x"], "floor", 0)), d.add(Round(more(d, -1), "floor", 0))), (None, 0)),
        (lambda d: (d.add(Round(d["x"], "floor", 0)), d.add(Round(more(d, 1), "floor", 1))), FREE),
        (lambda d: (d.add(Round(d["x"], "floor", 0)), d.add(Round(more(d, 1), "up", 0))), FREE),
        (lambda d: (d.add(Clamp(d["x"], d["y"], d["z"])), d.add(Clamp(more(d, 3), more(d, 1, "y"), more(d, 2, "z")))), (1, 3)),  # noqa: E501
        (lambda d: (d.add(Clamp(d["x"], d["y"], None)), d.add(Clamp(more(d, 3), more(d, 1, "y"), None))), (1, 3)),
        (lambda d: (d.add(Clamp(d["x"], None, d["y"])), d.add(Clamp(more(d, 3), d["y"], None))), FREE),
        (lambda d: (d.add(Clamp(d["x"], d["z"], d["y"])), d.add(Clamp(more(d, 3), d["z"], None))), FREE),
        (lambda d: (d.choose(group(d), "x", "y"), d.choose(group(d, "h"), more(d, 1), more(d, 2, "y"))), FREE),
    ],
)  # fmt: skip
def test_what_both_do_alike_carries_the_gap(build: Pair, ends: Ends) -> None:
    assert gap(build) == ends


def test_a_gap_that_may_be_nothing_keeps_its_way() -> None:
    def build(d: Sketch) -> tuple[int, int]:
        low, high = d.constant(0), d.constant(10)
        held = [d.add(Clamp(one, low, high)) for one in (d["x"], more(d, 1))]
        one, two = (d.add(Round(each, "floor", 0)) for each in held)
        return one, two

    assert gap(build) == (0, 10)
    assert gap(lambda d: build(d)[::-1]) == (-10, 0)


def test_of_one_choice_the_same_branch_is_taken() -> None:
    def build(d: Sketch) -> tuple[int, int]:
        asked = group(d)
        return d.choose(asked, "x", "y"), d.choose(asked, more(d, 1), more(d, 2, "y"))

    assert gap(build) == (1, 2)
    assert gap(lambda d: (d.choose(group(d), n(0), n(4)), d.choose(group(d, "h"), n(1), n(6)))) == (-3, 6)


def test_a_gate_is_open_for_both_or_shut_for_both() -> None:
    def build(d: Sketch, limits: tuple[Any, Any] = (None, None), other: bool = False) -> tuple[int, int]:
        asked = group(d)
        one, two = (None if limit is None else more(d, limit, "y") for limit in limits)
        again = group(d, "h") if other else asked
        return d.add(Gate("g", d["x"], asked, one)), d.add(Gate("g", more(d, 3), again, two))

    assert gap(build) == (0, 3)
    assert gap(lambda d: build(d, (1, 2))) == (1, 3)
    assert gap(lambda d: build(d, (9, 2))) == (-7, 3)
    for limits in ((None, 1), (1, None)):
        assert gap(lambda d, limits=limits: build(d, limits)) == FREE  # type: ignore[misc]
    assert gap(lambda d: build(d, other=True)) == FREE
    assert gap(lambda d: build(d, (1, 2), other=True)) == FREE


def test_products() -> None:
    assert gap(lambda d: (d.calculate("*", "x", n(2)), d.calculate("*", "x", n(3))), x=(0, 10)) == (0, 10)
    assert gap(lambda d: (d.calculate("*", "x", n(2)), d.calculate("*", "x", n(3))), x=(-10, 10)) == (-10, 10)
    both = lambda d: (d.calculate("*", "x", "z"), d.calculate("*", more(d, 2), more(d, 1, "z")))  # noqa: E731
    assert gap(both, x=(1, 5), z=(3, 5)) == (3 + 6, 7 + 10)


@pytest.mark.parametrize(
    ("by", "divisor", "ends"),
    [(1, ABOVE, (0, None)), (-1, ABOVE, (None, 0)), (1, PLUS, (0, None)), (1, ACROSS, FREE), (1, MINUS, FREE)],
)
def test_of_quotients_only_the_way_is_known(by: int, divisor: Ends, ends: Ends) -> None:
    assert gap(lambda d: (d.calculate("/", "x", "y"), d.calculate("/", more(d, by), "y")), y=divisor) == ends
    assert gap(lambda d: (d.calculate("/", "x", "y"), d.calculate("/", more(d, by), "z")), y=divisor) == FREE


def test_what_stands_in() -> None:
    both = lambda d: (d.add(Supply(d["x"], d["y"])), d.add(Supply(more(d, 1), more(d, 2, "y"))))  # noqa: E731
    assert gap(both) == (1, 2)  # they are missing together
    apart = lambda d: (d.add(Supply(d["x"], d.constant(1))), d.add(Supply(d["y"], d.constant(2))))  # noqa: E731
    assert gap(apart, x=(5, 6), y=(6, 7)) == (-4, 6)


@pytest.mark.parametrize(
    ("function", "ends"),
    [
        ("mean", (1, 1)), ("least", (1, 1)), ("greatest", (1, 1)), ("median", (1, 1)), ("sum", (0, None)),
        ("variance", FREE), ("product", FREE),
    ],
)  # fmt: skip
def test_many_rows_to_one(function: Any, ends: Ends) -> None:
    def build(d: Sketch, *given: Any, **of_two: Any) -> tuple[int, int]:
        one, two = d["x"], more(d, 1)
        first = d.add(Aggregate(function, one, ENTITY, GROUP, *given), GROUP)
        grain = of_two.get("to", GROUP)
        when = group(d) if "when" in of_two else None
        rest = (when,) if when is not None else given
        return first, d.add(Aggregate(function, two, ENTITY, grain, *rest), grain)

    assert gap(build) == ends
    assert gap(lambda d: build(d, group(d))) == ends
    assert gap(lambda d: build(d, when=True)) == FREE
    assert gap(lambda d: build(d, None, d["k"])) == FREE  # of equal ones only some count
    assert gap(lambda d: build(d, None, None, 1)) == FREE
    assert gap(lambda d: build(d, to=ENTITY)) == FREE


def parts(d: Sketch, *given: tuple[str, Any, Any], averaged: bool = False) -> tuple[Part, ...]:
    """By name and sign: what is added to the fact of that name."""
    asked = group(d) if averaged else None
    return tuple(
        Part(name, more(d, by, name), d.constant(1), sign, asked, counted=sign > 0) for name, by, sign in given
    )


@pytest.mark.parametrize(
    ("one", "two", "ends"),
    [
        ([("x", 0, 1)], [("x", 2, 1)], (2, 2)),
        ([("x", 0, -1)], [("x", 2, -1)], (-2, -2)),
        ([("x", 0, 1), ("y", 0, 1)], [("y", 1, 1), ("x", 2, 1)], (3, 3)),
        ([("x", 0, 1)], [("x", 2, 1), ("y", 0, 1)], (3, 5)),
        ([("x", 0, 1)], [("x", 2, 1), ("y", 0, -1)], (-1, 1)),
        ([("x", 0, 1), ("y", 0, 1)], [("x", 2, 1)], (-1, 1)),
        ([("y", 0, 1)], [("y", 0, -1)], (-6, -2)),
        ([("y", 0, -1)], [("y", 0, 1)], (2, 6)),
        ([("y", 0, 1), ("x", 0, 1)], [("y", 1, -1), ("x", 0, 1)], (-7, -3)),
    ],
)
def test_sums_part_by_part(one: list[Any], two: list[Any], ends: Ends) -> None:
    assert gap(lambda d: (d.add(Combine(parts(d, *one))), d.add(Combine(parts(d, *two)))), y=(1, 3)) == ends


def test_where_points_are_given_on_only_the_way_is_known() -> None:
    def build(d: Sketch, **changes: Any) -> tuple[int, int]:
        full, one = d.constant(100), d.constant(1)
        score = more(d, 2, "x")
        given = {"points": one, "sign": 1, "counted": True} | changes
        two = Part("x", score, given["points"], given["sign"], None, given["counted"])
        rest = (Part("y", d["y"], one),) if changes.get("further") else ()
        whole = changes.get("full", full)
        return d.add(Combine((Part("x", d["x"], one),), full)), d.add(Combine((two, *rest), whole))

    assert gap(build) == (0, None)
    assert gap(lambda d: build(d, points=d.constant(2))) == FREE
    assert gap(lambda d: build(d, counted=False)) == FREE
    assert gap(lambda d: build(d, sign=-1)) == FREE
    assert gap(lambda d: build(d, further=True)) == FREE
    assert gap(lambda d: build(d, full=d.constant(90))) == FREE
    assert gap(lambda d: build(d, full=None)) == FREE


def test_other_ways_of_putting_together_are_not_looked_into() -> None:
    def build(d: Sketch, method: Any, other: Any, averaged: bool = False) -> tuple[int, int]:
        one, two = (parts(d, ("x", by, 1), averaged=averaged and by == 2) for by in (0, 2))
        return d.add(Combine(one, None, method)), d.add(Combine(two, None, other))

    assert gap(lambda d: build(d, "sum", "sum")) == (2, 2)
    assert gap(lambda d: build(d, "sum", "product")) == FREE
    assert gap(lambda d: build(d, "product", "product")) == FREE
    assert gap(lambda d: build(d, "sum", "sum", averaged=True)) == FREE


# ---------------------------------------------------------------- drawn


@pytest.mark.parametrize(
    ("build", "x", "ends"),
    [
        (lambda d: (d["x"], d.calculate("max", "x", d.calculate("*", "x", n(2)))), (0, 4), (0, 4)),
        (lambda d: (d["x"], d.calculate("max", "x", d.calculate("*", "x", n(2)))), (0, None), (0, None)),
        (lambda d: (d["x"], d.calculate("max", "x", d.calculate("*", "x", n(2)))), (-4, 0), (0, 0)),
        (lambda d: (d["x"], d.calculate("max", "x", d.calculate("*", "x", n(2)))), FREE, (0, None)),
        (lambda d: (d["x"], d.calculate("min", "x", d.calculate("*", "x", n(2)))), FREE, (None, 0)),
        (lambda d: (d["x"], d.calculate("*", "x", n(2))), (-3, 5), (-3, 5)),
        (lambda d: (d["x"], d.add(Supply(d.calculate("max", "x", n(3)), d.constant(0)))), FREE, FREE),
        (lambda d: (d.add(Supply(d.calculate("max", "x", n(3)), d.constant(0))), d["x"]), FREE, FREE),
    ],
)  # fmt: skip
def test_as_pieces_of_one_number(build: Pair, x: Ends, ends: Ends) -> None:
    assert gap(build, x=x) == ends


def test_the_number_may_be_one_that_stands_in() -> None:
    def build(d: Sketch) -> tuple[int, int]:
        one = d.add(Supply(d["x"], d.constant(1)))
        return one, d.calculate("max", one, n(2))

    assert gap(build) == (0, None)


def test_the_number_below_may_tell_more() -> None:
    def build(d: Sketch) -> tuple[int, int]:
        size = d.calculate("max", "x", d.calculate("neg", "x"))
        return size, d.calculate("*", size, n(2))

    assert gap(build) == (0, None)


def test_no_plan_is_too_long() -> None:
    def build(d: Sketch) -> tuple[int, int]:
        one, two = d["x"], more(d, 1)
        for _ in range(400):
            one, two = d.calculate("neg", one), d.calculate("neg", two)
        return one, two

    assert gap(build) == (1, 1)


def test_what_is_settled_of_a_gap_stays() -> None:
    known, one, two = known_of(lambda d: (d["x"], d["y"]))
    gaps = Gaps(known)
    gaps.settle(one, two, Range(F(1), F(9)))
    gaps.settle(one, two, Range(F(0), F(5)))
    assert gaps.of(one, two) == Range(F(1), F(5))


@pytest.mark.parametrize(
    ("low", "high", "decided"),
    [(0, None, True), (None, 0, True), (F(1, 2), None, True), (None, F(1, 2), False), (F(-1, 2), None, False),
     (None, F(-1, 2), True), (-1, 1, False), (None, None, False)],
)  # fmt: skip
def test_decided_is_what_never_changes_its_sign(low: Any, high: Any, decided: bool) -> None:
    assert is_decided(Range(low, high)) is decided


@pytest.mark.parametrize(
    ("domain", "ends"),
    [
        (Range(), (None, 9)),
        (Range(F(0), F(4)), (-7, 9)),
        (Range(F(0), F(1)), (0, 2)),
        (Range(F(0), F(2)), (0, 9)),
        (Range(F(2), F(4)), (-7, 9)),
        (Range(F(3), F(4)), (-7, 3)),
        (Range(F(3), None), (None, 3)),
        (Range(F(7, 2), F(4)), (-7, -5)),
        (Range(None, F(1)), (None, 2)),
        (Range(None, F(2)), (None, 9)),
    ],
)
def test_between_what_pieces_lie(domain: Range, ends: Ends) -> None:
    """2x up to 2, 9 at 2, 6 up to 3, and 3 at 3; then 9 − 4x."""
    lines = (Line(F(2), F(0)), Line(F(0), F(6)), Line(F(-4), F(9)))
    found = span(Pieces((F(2), F(3)), lines, (F(9), F(3)), domain))
    assert (found.low, found.high) == ends


def test_nothing_drawn_says_nothing() -> None:
    assert span(Pieces((), (True,), ())) == Range()
    assert span(Pieces((F(1),), (True, False), (True,))) == Range()


# ---------------------------------------------------------------- missing alike


@pytest.mark.parametrize(
    ("build", "facts"),
    [
        (lambda d: d["x"], "x"),
        (lambda d: d.constant(1), ""),
        (lambda d: d.add(Fail("AS5203")), ""),
        (lambda d: d.calculate("+", "x", "y"), "xy"),
        (lambda d: d.calculate("is_missing", "x"), None),
        (lambda d: d.calculate("+", d.calculate("is_missing", "x"), "y"), None),
        (lambda d: d.calculate("per", "x", "y"), None),
        (lambda d: d.compare("x", "<", "y"), "xy"),
        (lambda d: d.add(Clamp(d.add(Round(d["x"], "floor", 0)), d["y"], None)), "xy"),
        (lambda d: d.choose(d.compare("x", "<", "y"), "x", n(1)), "xy"),
        (lambda d: d.choose(d.compare("x", "<", "y"), "z", n(1)), None),
        (lambda d: d.choose(d.compare("x", "<", "y"), n(1), "z"), None),
        (lambda d: d.add(Logic("and", (d.compare("x", "<", "y"), d.compare("y", "<", "x")))), "xy"),
        (lambda d: d.add(Logic("and", (d.compare("x", "<", "y"), d.compare("y", "<", n(1))))), None),
        (lambda d: d.add(Logic("not", (d.compare("x", "<", n(1)),))), "x"),
        (lambda d: d.add(Supply(d["x"], d["y"])), None),
    ],
)
def test_facts_that_decide_whether_it_is_missing(build: Any, facts: str | None) -> None:
    draft, id, found = movement(build)
    expected = None if facts is None else frozenset(draft[name] for name in facts)
    assert decides_missing(found.known, id) == expected


@pytest.mark.parametrize(
    ("build", "alike"),
    [
        (lambda d: (d["x"], d["x"]), True),
        (lambda d: (d["x"], d["y"]), False),
        (lambda d: (d["x"], d.calculate("neg", "x")), True),
        (lambda d: (d["x"], d.calculate("is_missing", "x")), False),
        (lambda d: (d.calculate("is_missing", "x"), d["x"]), False),
        (lambda d: (d.calculate("is_missing", "x"), d.calculate("is_missing", "y")), False),
    ],
)
def test_missing_for_the_same_data(build: Pair, alike: bool) -> None:
    known, one, two = known_of(build)
    assert missing_alike(known, one, two) is alike
    assert missing_alike(known, one, one)
    assert missing_alike(known, two, two)


@pytest.mark.parametrize(
    ("branches", "alike"),
    [(("z", "y", "z", "y"), True), (("z", "y", "z", "z"), False), (("z", "y", "y", "y"), False)],
)
def test_choices_that_are_missing_for_the_same_data(branches: tuple[str, str, str, str], alike: bool) -> None:
    a, b, c, e = branches

    def build(d: Sketch, again: bool = False) -> tuple[int, int]:
        asked = d.compare("x", "<", n(0))
        one = d.choose(asked, d.calculate("neg", a), b)
        return one, d.choose(d.compare("x", "<", n(0)) if again else asked, c, e)

    known, one, two = known_of(build)
    assert isinstance(known.plan.steps[one].operation, Choose)
    assert missing_alike(known, one, two) is alike
    known, one, two = known_of(lambda d: build(d, again=True))
    assert missing_alike(known, one, two) is False


@pytest.mark.parametrize("chosen", [True, False])
def test_no_choices_are_too_deep_to_compare_what_is_missing(chosen: bool) -> None:
    def build(d: Sketch) -> tuple[int, int]:
        asked, one, two = d.compare("x", "<", n(0)), d["y"], d["z"]
        for _ in range(1000):
            one, two = (d.choose(asked, *((each, "w") if chosen else ("w", each))) for each in (one, two))
        return one, two

    assert not missing_alike(*known_of(build))
