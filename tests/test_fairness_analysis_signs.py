"""Which way each kind of step moves, from plans of a few steps written by hand."""

from collections.abc import Callable, Mapping
from fractions import Fraction as F
from typing import Any

import pytest
from attrs import define, field
from exact_drafts import Draft

from assessdsl.authoring.describe_bounds import narrowed
from assessdsl.fairness.analysis.narrow import Known, know
from assessdsl.fairness.analysis.signs import BOTH, DOWN, UP, Movement, turned
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import (
    ENTITY,
    GROUP,
    Aggregate,
    Band,
    BandTier,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Fail,
    Gate,
    InGroup,
    Load,
    Logic,
    Part,
    Raise,
    Rank,
    Round,
    Streak,
    Supply,
)
from assessdsl.quantity import Unit

SIGNS = {1: "up", 2: "down", 3: "both"}


@define
class Sketch(Draft):
    """A draft of which a fact is loaded once, by its name."""

    loaded: dict[str, int] = field(factory=dict)

    def __getitem__(self, name: str) -> int:
        if name not in self.loaded:
            self.loaded[name] = self.fact(name)
        return self.loaded[name]

    def calculate(self, name: str, *ids: Any) -> int:
        return self.add(Calculate(name, tuple(map(self.id, ids))))

    def compare(self, one: Any, sign: Any, two: Any) -> int:
        return self.add(Compare(sign, self.id(one), self.id(two)), unit=Unit.YES_NO)

    def choose(self, when: int, one: Any, two: Any, unit: Unit = Unit.NUMBER) -> int:
        return self.add(Choose(when, self.id(one), self.id(two)), unit=unit)

    def answer(self, value: bool) -> int:
        id = self.constant(value)
        self.steps[id] = self.steps[id].__class__(id, self.steps[id].operation, self.steps[id].grain, Unit.YES_NO)
        return id

    def id(self, what: Any) -> int:
        """A step; the fact of a name; ("number", n), a number that is always the same."""
        return self[what] if isinstance(what, str) else self.constant(F(what[1])) if isinstance(what, tuple) else what


def n(value: Any) -> tuple[str, Any]:
    return "number", value


Build = Callable[[Sketch], int]
Domains = Mapping[str, tuple[Any, Any]]


def movement(build: Build, domains: Domains = {}, about: str = "") -> tuple[Sketch, int, Movement]:  # noqa: B006
    draft = Sketch()
    id = build(draft)
    plan = draft.plan()
    given = {draft[name]: Range(*(None if end is None else F(end) for end in ends)) for name, ends in domains.items()}
    bounds = narrowed(plan, know(plan).bounds, given, range(len(plan.steps)))
    asked = frozenset({draft[about]} if about else ())
    return draft, id, Movement(Known(plan, bounds), asked)


def moved(build: Build, domains: Domains = {}, about: str = "") -> dict[str, str]:  # noqa: B006
    """Which way the last step moves, by the fact; of other entities' facts, behind `others'`."""
    draft, id, found = movement(build, domains, about)
    return {
        ("others' " if peer else "") + draft.steps[step].name: SIGNS[sign]
        for (step, peer), sign in found.of(id).items()
    }


PLUS, MINUS, ACROSS, ABOVE = (0, None), (None, 0), (-1, 1), (1, 2)


@pytest.mark.parametrize(
    ("operator", "x", "y", "expected"),
    [
        ("+", ACROSS, ACROSS, ("up", "up")),
        ("-", ACROSS, ACROSS, ("up", "down")),
        ("min", ACROSS, ACROSS, ("up", "up")),
        ("*", PLUS, PLUS, ("up", "up")),
        ("*", PLUS, MINUS, ("down", "up")),
        ("*", MINUS, PLUS, ("up", "down")),
        ("*", ACROSS, PLUS, ("up", "both")),
        ("*", (None, F(1, 2)), (None, F(1, 2)), ("both", "both")),
        ("*", (F(-1, 2), None), PLUS, ("up", "both")),
        ("/", PLUS, ABOVE, ("up", "down")),
        ("/", MINUS, ABOVE, ("up", "up")),
        ("/", ACROSS, ABOVE, ("up", "both")),
        ("/", PLUS, (-2, -1), ("down", "down")),
        ("/", MINUS, (-2, -1), ("down", "up")),
        ("/", ACROSS, ACROSS, ("both", "both")),
        ("/", PLUS, (-1, F(1, 2)), ("both", "both")),
        ("per", PLUS, ABOVE, ("up", "down")),
        ("whole_power", PLUS, (2, 2), ("both", "both")),  # the exponent is a fact
        ("days_between", ACROSS, ACROSS, ("up", "down")),
        ("add_days", ACROSS, ACROSS, ("up", "up")),
        ("unheard of", ACROSS, ACROSS, ("both", "both")),
    ],
)
def test_two_numbers(operator: str, x: Any, y: Any, expected: tuple[str, str]) -> None:
    assert moved(lambda d: d.calculate(operator, "x", "y"), {"x": x, "y": y}) == dict(zip("xy", expected, strict=True))


@pytest.mark.parametrize(
    ("build", "domain", "expected"),
    [
        (lambda d: d.calculate("neg", "x"), ACROSS, "down"),
        (lambda d: d.calculate("abs", "x"), PLUS, "up"),
        (lambda d: d.calculate("abs", "x"), MINUS, "down"),
        (lambda d: d.calculate("abs", "x"), ACROSS, "both"),
        (lambda d: d.calculate("ln", "x"), ABOVE, "up"),
        (lambda d: d.calculate("exp", "x"), ACROSS, "up"),
        (lambda d: d.calculate("/", n(12), "x"), ABOVE, "down"),
        (lambda d: d.calculate("/", n(-12), "x"), ABOVE, "up"),
        (lambda d: d.calculate("/", n(12), "x"), ACROSS, "both"),
        (lambda d: d.calculate("/", "x", n(-2)), ACROSS, "down"),
        (lambda d: d.calculate("*", "x", "x"), ACROSS, "both"),
        (lambda d: d.add(Round(d["x"], "floor", 0)), ACROSS, "up"),
        (lambda d: d.calculate("*", d.calculate("neg", "x"), d.calculate("neg", "x")), PLUS, "up"),
        (lambda d: d.calculate("max", "x", d.calculate("neg", "x")), ACROSS, "both"),
        (lambda d: d.calculate("max", "x", d.calculate("neg", "x")), PLUS, "up"),  # drawn, as no rule can tell
        (lambda d: d.calculate("min", "x", d.calculate("neg", "x")), PLUS, "down"),
        (lambda d: d.calculate("-", "x", d.calculate("*", "x", n(2))), ACROSS, "down"),
        (lambda d: d.calculate("-", d.calculate("neg", "x"), d.calculate("*", "x", n(-3))), ACROSS, "up"),
    ],
)  # fmt: skip
def test_one_number(build: Build, domain: Any, expected: str) -> None:
    assert moved(build, {"x": domain}) == {"x": expected}


def test_times_what_was_published_and_is_never_below_one() -> None:
    rank = Load("history", "rank", 1)
    assert moved(lambda d: d.calculate("*", "x", d.add(rank, unit=Unit.COUNT)), {"x": ACROSS}) == {"x": "up"}
    assert moved(lambda d: d.calculate("*", d.add(rank, unit=Unit.COUNT), "x"), {"x": ACROSS}) == {"x": "up"}


def test_no_plan_is_too_long() -> None:
    def build(d: Sketch) -> int:
        found = d["x"]
        for _ in range(1500):
            found = d.calculate("neg", found)
        return found

    assert moved(build) == {"x": "up"}


def test_what_takes_itself_away_does_not_move() -> None:
    assert moved(lambda d: d.calculate("-", "x", "x")) == {}


@pytest.mark.parametrize(
    ("exponent", "plus", "minus", "across"),
    [
        (F(2), "up", "down", "both"),
        (F(3), "up", "up", "up"),
        (F(1), "up", "up", "up"),
        (F(0), "up", "up", "both"),
        (F(-1), "down", "down", "both"),
        (F(-2), "down", "up", "both"),
        (F(-3), "down", "down", "both"),
        (F(1, 2), "up", "up", "up"),  # which below zero has no value
        (F(-1, 2), "down", "down", "down"),
    ],
)  # fmt: skip
def test_powers(exponent: F, plus: str, minus: str, across: str) -> None:
    for domain, expected in ((ABOVE, plus), (PLUS, plus), ((-2, -1), minus), (MINUS, minus), (ACROSS, across)):
        assert moved(lambda d: d.calculate("power", "x", n(exponent)), {"x": domain}) == {"x": expected}


def test_powers_of_several_bases() -> None:
    def build(d: Sketch) -> int:
        return d.calculate("power", "x", n(2), "y", n(-2), "z", n(3))

    domains = {"x": PLUS, "y": PLUS, "z": PLUS}
    assert moved(build, domains) == {"x": "up", "y": "down", "z": "up"}
    assert moved(build, {**domains, "x": ACROSS}) == {"x": "both", "y": "down", "z": "up"}
    free = moved(lambda d: d.calculate("power", "x", "by", "y", n(2)), domains)
    assert free == {"x": "both", "by": "both", "y": "up"}


@pytest.mark.parametrize(
    ("one", "sign", "two", "expected"),
    [
        ("x", ">", "y", {"x": "up", "y": "down"}),
        ("x", ">=", "y", {"x": "up", "y": "down"}),
        ("x", "<", "y", {"x": "down", "y": "up"}),
        ("x", "<=", "y", {"x": "down", "y": "up"}),
        ("x", "<", n(0), {"x": "down"}),
        (n(0), "<", "x", {"x": "up"}),
        ("x", "==", "y", {"x": "both", "y": "both"}),
        ("x", "==", n(1), {"x": "down"}),  # the least
        ("x", "!=", n(1), {"x": "up"}),
        (n(1), "==", "x", {"x": "down"}),
        ("x", "==", n(9), {"x": "up"}),  # the greatest
        ("x", "!=", n(9), {"x": "down"}),
        (n(9), "!=", "x", {"x": "down"}),
        ("x", "==", n(5), {"x": "both"}),
        ("y", "==", n(5), {"y": "both"}),
        ("y", "!=", n(5), {"y": "both"}),
        ("x", "==", "one", {"x": "both", "one": "both"}),
        (n(1), "==", "one", {"one": "down"}),
        (n(1), "==", n(1), {}),
        (n(1), "<", n(1), {}),
    ],
)
def test_comparisons(one: Any, sign: str, two: Any, expected: dict[str, str]) -> None:
    assert moved(lambda d: d.compare(one, sign, two), {"x": (1, 9), "one": (1, 1)}) == expected


def test_logic() -> None:
    def both(d: Sketch) -> tuple[int, int]:
        return d.compare("x", ">", n(0)), d.compare("y", "<", n(0))

    assert moved(lambda d: d.add(Logic("and", both(d)))) == {"x": "up", "y": "down"}
    assert moved(lambda d: d.add(Logic("not", (both(d)[0],)))) == {"x": "down"}


YES, NO, FAIL = "yes", "no", "fail"


@pytest.mark.parametrize(
    ("chosen", "other", "expected"),
    [
        (YES, NO, {"x": "up"}),
        (NO, YES, {"x": "down"}),
        (YES, YES, {"x": "up"}),
        (NO, NO, {"x": "up"}),
        (YES, "y", {"x": "up", "y": "up"}),
        ("y", YES, {"x": "down", "y": "up"}),
        ("y", NO, {"x": "up", "y": "up"}),
        (NO, "y", {"x": "down", "y": "up"}),
        ("y", "z", {"x": "both", "y": "up", "z": "up"}),
        (FAIL, "y", {"x": "both", "y": "up"}),
        ("y", FAIL, {"x": "both", "y": "up"}),
    ],
)
def test_a_choice_of_answers(chosen: str, other: str, expected: dict[str, str]) -> None:
    def build(d: Sketch) -> int:
        def answer(name: str) -> int:
            if name == FAIL:
                return d.add(Fail("AS5203"), unit=Unit.YES_NO)
            return d.answer(name == YES) if name in (YES, NO) else d.compare(name, ">", n(0))

        one, two = answer(chosen), answer(other)
        return d.choose(d.compare("x", ">", n(3)), one, two, Unit.YES_NO)

    assert moved(build) == expected


@pytest.mark.parametrize(
    ("y", "z", "expected"),
    [
        ((5, 6), (1, 5), "up"),
        ((1, 5), (5, 6), "down"),
        ((5, 6), (1, F(11, 2)), "both"),
        ((None, 6), (1, 5), "both"),
        ((5, 6), (1, None), "both"),
        ((1, None), (None, 1), "up"),
    ],
)
def test_a_choice_of_numbers(y: Any, z: Any, expected: str) -> None:
    def build(d: Sketch) -> int:
        return d.choose(d.compare("x", ">", n(3)), "y", "z")

    assert moved(build, {"y": y, "z": z}) == {"x": expected, "y": "up", "z": "up"}


def test_in_a_branch_more_is_known() -> None:
    def build(d: Sketch) -> int:
        return d.choose(d.compare("x", ">", n(0)), d.calculate("*", "x", "y"), n(0))

    assert moved(build, {"y": PLUS}) == {"x": "up", "y": "up"}

    def otherwise(d: Sketch) -> int:
        return d.choose(d.compare("x", "<", n(0)), n(0), d.calculate("*", "x", "y"))

    assert moved(otherwise, {"y": PLUS}) == {"x": "up", "y": "up"}
    assert moved(lambda d: d.calculate("*", "x", "y"), {"y": PLUS}) == {"x": "up", "y": "both"}


def test_a_choice_that_asks_nothing_reported() -> None:
    assert moved(lambda d: d.choose(d.add(InGroup(("g",))), "y", "z")) == {"y": "up", "z": "up"}


@pytest.mark.parametrize(
    ("at_most", "y", "expected"),
    [
        ("", PLUS, {"x": "down", "y": "up"}),
        ("", ACROSS, {"x": "both", "y": "up"}),
        ("z", ACROSS, {"x": "down", "y": "up", "z": "up"}),
    ],
)
def test_gates(at_most: str, y: Any, expected: dict[str, str]) -> None:
    def build(d: Sketch) -> int:
        return d.add(Gate("g", d["y"], d.compare("x", ">", n(3)), d[at_most] if at_most else None))

    assert moved(build, {"y": y}) == expected


@pytest.mark.parametrize(
    ("method", "domain", "expected"),
    [
        ("sum", ACROSS, {"x": "up", "y": "down", "z": "up", "points": "both", "averaged": "both", "full": "up"}),
        ("product", PLUS, {"x": "up", "y": "down", "z": "up", "points": "both", "averaged": "both", "full": "up"}),
        (
            "product",
            ACROSS,
            {"x": "both", "y": "both", "z": "both", "points": "both", "averaged": "both", "full": "up"},
        ),
    ],
)
def test_combinations(method: Any, domain: Any, expected: dict[str, str]) -> None:
    def build(d: Sketch) -> int:
        one = d.constant(1)
        parts = (
            Part("x", d["x"], d["points"]),
            Part("y", d["y"], one, sign=-1),
            Part("z", d["z"], one, averaged=d.compare("averaged", ">", n(0))),
        )
        return d.add(Combine(parts, d["full"], method))

    assert moved(build, dict.fromkeys("xyz", domain)) == expected


def test_a_product_in_which_one_other_part_can_be_below_zero() -> None:
    def build(d: Sketch) -> int:
        one = d.constant(1)
        return d.add(Combine(tuple(Part(name, d[name], one) for name in "xyz"), None, "product"))

    assert moved(build, {"x": PLUS, "y": PLUS, "z": ACROSS}) == {"x": "both", "y": "both", "z": "up"}


@pytest.mark.parametrize(
    ("function", "value", "when"),
    [
        ("count", "", "up"), ("any", "up", "up"), ("all", "up", "down"), ("sum", "up", "both"),
        ("product", "both", "both"), ("variance", "both", "both"), ("mean", "up", "both"),
        ("median", "up", "both"), ("least", "up", "both"), ("greatest", "up", "both"),
    ],
)  # fmt: skip
def test_many_rows_to_one(function: Any, value: str, when: str) -> None:
    def build(d: Sketch) -> int:
        return d.add(Aggregate(function, d["x"], ENTITY, ENTITY, d.compare("w", ">", n(0)), d["k"]))

    assert moved(build) == ({"x": value} if value else {}) | {"w": when, "k": "both"}


@pytest.mark.parametrize(
    ("function", "domain", "value", "when"),
    [
        ("sum", PLUS, "up", "up"), ("sum", MINUS, "up", "down"), ("sum", ACROSS, "up", "both"),
        ("product", PLUS, "up", "both"), ("product", MINUS, "both", "both"),
    ],
)  # fmt: skip
def test_many_rows_of_known_sign(function: Any, domain: Any, value: str, when: str) -> None:
    def build(d: Sketch) -> int:
        return d.add(Aggregate(function, d["x"], ENTITY, ENTITY, d.compare("w", ">", n(0))))

    assert moved(build, {"x": domain}) == {"x": value, "w": when}
    assert moved(lambda d: d.add(Aggregate(function, d["x"], ENTITY, ENTITY)), {"x": domain}) == {"x": value}


def test_what_is_asked_of_peers_moves_with_theirs() -> None:
    def build(d: Sketch) -> int:
        return d.add(Aggregate("mean", d["x"], ENTITY, GROUP), GROUP)

    assert moved(build) == {"x": "up", "others' x": "up"}


@pytest.mark.parametrize(("lowest", "own", "others"), [(False, "down", "up"), (True, "up", "down")])
def test_a_rank(lowest: bool, own: str, others: str) -> None:
    def build(d: Sketch) -> int:
        return d.add(Rank((d["x"],), "group", "shared", lowest_first=lowest))

    assert moved(build) == {"x": own, "others' x": others}

    def against(d: Sketch) -> int:
        mean = d.add(Aggregate("mean", d["x"], ENTITY, GROUP), GROUP)
        return d.add(Rank((d.calculate("+", mean, n(1)),), "group", "shared", lowest_first=lowest))

    assert moved(against) == {"x": own, "others' x": "both"}
    assert moved(lambda d: d.add(Rank((d["x"],), "group", "shared", lowest_first=lowest, offset=1))) == {}


def test_findings_and_tiers() -> None:
    def answer(d: Sketch, name: str) -> int:
        return d.compare(name, ">", n(0))

    assert moved(lambda d: d.add(Raise("f", answer(d, "x"), unless=(answer(d, "y"),)))) == {"x": "up", "y": "down"}
    assert moved(lambda d: d.add(Streak((answer(d, "x"), answer(d, "y"))))) == {"x": "up", "y": "up"}
    assert moved(lambda d: d.add(Band(d["x"], "group", (BandTier("top"),)))) == {"x": "both"}
    assert moved(lambda d: d.add(Clamp(d["x"], d["y"], d["z"]))) == {"x": "up", "y": "up", "z": "up"}
    assert moved(lambda d: d.add(Clamp(d["x"], None, None))) == {"x": "up"}
    assert moved(lambda d: d.add(Fail("AS5203"))) == {}


def test_turned_round_up_is_down() -> None:
    one, two, three = (1, False), (2, False), (3, True)
    assert turned({one: UP, two: DOWN, three: BOTH}) == {one: DOWN, two: UP, three: BOTH}


@pytest.mark.parametrize(
    ("source", "unit", "moves"),
    [
        ("entity", Unit.NUMBER, True), ("target", Unit.POINTS, True), ("entity", Unit.DATE, True),
        ("entity", Unit.YES_NO, True), ("sample", Unit.SURVEY, True), ("entity", Unit.TEXT, False),
        ("entity", Unit.GROUP, False), ("history", Unit.NUMBER, False), ("benchmark", Unit.NUMBER, False),
    ],
)  # fmt: skip
def test_what_moves_at_all(source: Any, unit: Unit, moves: bool) -> None:
    found = moved(lambda d: d.add(Load(source, "x"), unit=unit, name="x"))
    assert found == ({"x": "up"} if moves else {})


def test_about_a_step_nothing_else_moves() -> None:
    def build(d: Sketch) -> int:
        return d.calculate("-", "y", d.calculate("*", "x", n(2)))

    assert moved(build, about="x") == {"x": "down"}
    draft, id, found = movement(build)
    product = id - 2
    about = Movement(found.known, frozenset({product}))
    assert dict(about.of(id)) == {(product, False): 2}
    assert dict(about.of(product)) == {(product, False): 1}
    assert dict(about.of(draft["x"])) == {}


def test_what_was_proved_otherwise_is_taken_up() -> None:
    draft, id, found = movement(lambda d: d.calculate("-", d.calculate("*", "x", "y"), "z"))
    source, product = (draft["x"], False), id - 2
    settled = Movement(found.known, settled={(product, source): 2})
    assert settled.of(id)[source] == 2
    assert found.of(id)[source] == 3


def test_what_is_proved_later_changes_all_that_rests_on_it() -> None:
    def build(d: Sketch) -> int:
        return d.choose(d.compare(d.calculate("*", "x", "y"), ">", "z"), "w", n(0))

    draft, id, found = movement(build)
    source = (draft["x"], False)
    product = next(one for one, step in enumerate(draft.steps) if isinstance(step.operation, Calculate))
    assert found.of(id)[source] == found.absent(id)[source] == BOTH
    later, anew = found.with_settled({(product, source): 0}), Movement(found.known, settled={(product, source): 0})
    for step in range(len(draft.steps)):
        assert dict(later.of(step)) == dict(anew.of(step))
        assert dict(later.absent(step)) == dict(anew.absent(step))
    assert source not in {**later.of(id), **later.absent(id)}


# ---------------------------------------------------------------- where a handling stands in


def test_what_stands_in_for_a_missing_value() -> None:
    assert moved(lambda d: d.add(Supply(d["x"], d["y"]))) == {"x": "up", "y": "up"}


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (ABOVE, {"x": "up", "y": "down"}), ((1, None), {"x": "up", "y": "down"}), (PLUS, {"x": "up", "y": "both"}),
        (ACROSS, {"x": "both", "y": "both"}), ((None, 5), {"x": "both", "y": "both"}),
    ],
)  # fmt: skip
def test_a_division_that_is_missing_for_a_zero(y: Any, expected: dict[str, str]) -> None:
    def build(d: Sketch) -> int:
        return d.add(Supply(d.calculate("per", "x", "y"), d.constant(0)))

    assert moved(build, {"x": PLUS, "y": y}) == expected


@pytest.mark.parametrize(
    ("chosen", "other", "expected"),
    [
        (n(5), n(1), {"x": "up"}),
        ("y", n(1), {"x": "both", "y": "up"}),  # the one branch may be missing, the other never
        (n(7), "y", {"x": "both", "y": "up"}),
        ("x", n(1), {"x": "up"}),  # where the condition is decided, x is there
    ],
)
def test_a_choice_of_what_may_be_missing(chosen: Any, other: Any, expected: dict[str, str]) -> None:
    def build(d: Sketch) -> int:
        return d.add(Supply(d.choose(d.compare("x", ">", n(3)), chosen, other), d.constant(0)))

    assert moved(build, {"y": (5, 6)}) == expected


@pytest.mark.parametrize(
    "within",
    [
        lambda d, miss: d.calculate("+", miss, n(1)),
        lambda d, miss: d.calculate("+", n(1), miss),
        lambda d, miss: d.add(Clamp(miss, None, d.constant(9))),
        lambda d, miss: d.add(Round(miss, "floor", 0)),
        lambda d, miss: d.add(Gate("g", miss, d.add(InGroup(("g",))))),
        lambda d, miss: d.add(Supply(d["z"], miss)),
        lambda d, miss: d.add(Combine((Part("p", d.constant(1), d.constant(1)), Part("q", miss, d.constant(1))))),
        lambda d, miss: d.add(Aggregate("sum", miss, ENTITY, ENTITY)),
        lambda d, miss: d.choose(d.add(InGroup(("g",))), miss, n(1)),
        lambda d, miss: d.add(Rank((miss,), "group", "shared")),
        lambda d, miss: d.add(Logic("or", (d.compare(miss, ">", n(0)), d.add(InGroup(("g",)))))),
        lambda d, miss: d.compare(n(1), "<", miss),
    ],
)  # fmt: skip
def test_what_is_missing_with_another(within: Callable[[Sketch, int], int]) -> None:
    _, id, found = movement(lambda d: within(d, d.calculate("per", n(1), "y")), {"y": ACROSS})
    assert set(found.absent(id).values()) == {3}
    _, id, found = movement(lambda d: within(d, d.calculate("per", n(1), "y")), {"y": ABOVE})
    assert dict(found.absent(id)) == {}


def test_whether_it_is_missing() -> None:
    assert moved(lambda d: d.calculate("is_missing", "x")) == {}
    assert moved(lambda d: d.calculate("is_missing", d.calculate("per", n(1), "x"))) == {"x": "both"}
