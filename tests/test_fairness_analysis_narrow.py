"""What more is known where a condition holds, what can be missing there, and what an entity can do about its facts."""

from collections.abc import Callable
from fractions import Fraction as F
from typing import Any

import pytest
from attrs import evolve
from test_fairness_analysis_signs import Build, Sketch, movement, n

import assessdsl
from assessdsl.fairness.analysis.inputs import enters, frame, only_limited, performance, reads_peers
from assessdsl.fairness.analysis.missing import may_miss, there_if_known
from assessdsl.fairness.analysis.narrow import Given, Known
from assessdsl.plan.ranges import ANY, NO, YES, Range
from assessdsl.plan.steps import (
    ENTITY,
    GROUP,
    POLICY,
    Aggregate,
    Clamp,
    Compare,
    Gate,
    Grain,
    InGroup,
    Load,
    Logic,
    Plan,
    Round,
    Stage,
    Step,
    Supply,
)
from assessdsl.quantity import Unit


def held(build: Build, answer: bool, **domains: Any) -> dict[str, Any]:
    """What is known of the facts where the last step holds, or where it does not: ends of ranges, or yes and no."""
    draft, id, found = movement(build, domains)
    given = found.known.holding(id, answer, {})
    names = {step: name for name, step in draft.loaded.items()}
    assert not any(found.known.is_constant(step) for step in given)
    shown = {}
    for step, one in given.items():
        if step in names:
            shown[names[step]] = (one.low, one.high) if isinstance(one, Range) else one
    return shown


@pytest.mark.parametrize(
    ("one", "sign", "two", "yes", "no"),
    [
        ("x", "<", n(3), (0, 3), (3, 9)),
        ("x", "<=", n(3), (0, 3), (3, 9)),
        ("x", ">", n(3), (3, 9), (0, 3)),
        ("x", ">=", n(3), (3, 9), (0, 3)),
        ("x", "==", n(3), (3, 3), None),
        ("x", "!=", n(3), None, (3, 3)),
        (n(3), "<", "x", (3, 9), (0, 3)),
        (n(3), ">=", "x", (0, 3), (3, 9)),
        (n(3), "==", "x", (3, 3), None),
        ("x", "<", n(10), None, (10, 9)),  # nothing new; and what cannot be
    ],
)
def test_where_a_comparison_holds(one: Any, sign: str, two: Any, yes: Any, no: Any) -> None:
    for answer, expected in ((True, yes), (False, no)):
        found = held(lambda d: d.compare(one, sign, two), answer, x=(0, 9))
        assert found == ({} if expected is None else {"x": expected})


def test_what_reads_a_step() -> None:
    draft, id, found = movement(lambda d: d.calculate("+", d.calculate("*", "x", "x"), "x"))
    assert found.known.users(draft["x"]) == (id - 1, id)
    assert found.known.users(id) == ()


def test_two_facts_compared_limit_each_other() -> None:
    assert held(lambda d: d.compare("x", "<", "y"), True, x=(0, None), y=(None, 9)) == {"x": (0, 9), "y": (0, 9)}
    assert held(lambda d: d.compare("x", "<", "y"), False, x=(0, 4), y=(2, 9)) == {"x": (2, 4), "y": (2, 4)}


@pytest.mark.parametrize(
    ("build", "yes", "no"),
    [
        (lambda d: d.add(Logic("not", (d.compare("x", ">", n(3)),))), {"x": (0, 3)}, {"x": (3, 9)}),
        (
            lambda d: d.add(Logic("and", (d.compare("x", ">", n(3)), d.compare("y", "<", n(5))))),
            {"x": (3, 9), "y": (0, 5)},
            {},
        ),
        (
            lambda d: d.add(Logic("or", (d.compare("x", ">", n(3)), d.compare("y", "<", n(5))))),
            {},
            {"x": (0, 3), "y": (5, 9)},
        ),
        (lambda d: d.add(Logic("and", (d.compare("x", ">", n(3)), d.compare("x", "<", n(5))))), {"x": (3, 5)}, {}),
    ],
)
def test_where_a_question_made_of_others_holds(build: Build, yes: Any, no: Any) -> None:
    assert held(build, True, x=(0, 9), y=(0, 9)) == yes
    assert held(build, False, x=(0, 9), y=(0, 9)) == no


def test_the_condition_itself_is_decided() -> None:
    _, id, found = movement(lambda d: d.compare("x", ">", n(3)))
    known = found.known
    assert (known.holding(id, True, {})[id], known.holding(id, False, {})[id]) == (YES, NO)
    before: Given = {0: Range(F(0), F(1))}
    assert known.holding(id, True, before) is not before
    assert before == {0: Range(F(0), F(1))}
    _, id, found = movement(lambda d: d.answer(True))
    assert found.known.holding(id, True, {}) == found.known.holding(id, False, {}) == {}


def test_a_question_asked_on_every_way_is_looked_at_once() -> None:
    """Looked at again on each, this would be two to the sixtieth looks."""

    def build(d: Sketch) -> int:
        asked = d.compare("x", ">", n(3))
        for _ in range(60):
            asked = d.add(Logic("and", (d.add(Logic("and", (asked,))), asked)), unit=Unit.YES_NO)
        return asked

    assert held(build, True, x=(0, 9)) == {"x": (3, 9)}


def test_of_days_compared_nothing_is_known() -> None:
    def build(d: Sketch) -> int:
        done, due = (d.add(Load("target", name), unit=Unit.DATE) for name in ("completed_on", "due"))
        return d.compare(done, "<", due)

    assert held(build, True) == held(build, False) == {}


def test_what_was_given_stays_known_in_a_branch() -> None:
    draft, id, found = movement(lambda d: d.compare("x", ">", n(3)), {"x": (0, 9)})
    x = draft["x"]
    assert found.known.holding(id, True, {x: Range(F(2), F(5))})[x] == Range(F(3), F(5))
    assert found.known.holding(id, False, {x: Range(F(2), F(5))})[x] == Range(F(2), F(3))


@pytest.mark.parametrize(
    ("build", "line"),
    [
        (lambda d: d.compare("x", ">", n(3)), {"x": 3}),
        (lambda d: d.compare(n(3), ">", "x"), {"x": 3}),
        (lambda d: d.compare("x", ">", "one"), {"x": 1}),  # a fact of which only one number is possible
        (lambda d: d.compare("x", ">", "y"), None),
        (lambda d: d.compare(n(3), ">", n(4)), None),
        (lambda d: d.add(Compare("==", d.add(Load("entity", "group"), unit=Unit.GROUP), d.constant("g"))), None),
        (lambda d: d.add(Logic("not", (d.compare("x", ">", n(3)),))), None),
    ],
)
def test_where_a_comparison_is_just_decided(build: Build, line: Any) -> None:
    draft, id, found = movement(build, {"one": (1, 1)})
    at = found.known.at_the_line(id)
    expected = line and {draft[name]: Range(F(value), F(value)) for name, value in line.items()}
    assert at == expected


def test_what_a_step_rests_on() -> None:
    draft, id, found = movement(lambda d: d.calculate("+", d.calculate("+", "x", "y"), d.calculate("neg", "x")))
    x, y = draft["x"], draft["y"]
    known = found.known
    assert known.cone(id) == tuple(sorted(known.cone(id)))
    assert set(known.cone(id)) == {x, y, x + 2, x + 3, id} == {0, 1, 2, 3, 4}
    assert known.cone(2) == (0, 1, 2)
    _, last, wide = movement(
        lambda d: [d["x"], d["y"], *(d.constant(i) for i in range(6)), d.calculate("neg", "y")][-1]
    )
    assert (wide.known.cone(last), wide.known.resting_on(last, {1: ANY})) == ((1, 8), (1, 8))  # a set gives 8 first

    def shared(d: Sketch) -> int:
        one = d["x"]
        for _ in range(60):
            one = d.calculate("+", d.calculate("neg", one), d.calculate("abs", one))
        return one

    _, last, deep = movement(shared)
    assert len(deep.known.cone(last)) == 181, "on two to the sixtieth ways"
    assert known.cone(id) is known.cone(id)
    assert known.resting_on(id, {y: ANY}) == (1, 2, 4)
    assert known.resting_on(3, {y: ANY}) == ()
    assert known.resting_on(id, {2: ANY}) == (2, 4)
    assert known.where(id, None) is known.where(id, {}) is known.bounds
    assert known.range(id, {x: Range(F(0), F(1)), y: Range(F(5), F(6))}) == Range(F(4), F(7))
    assert known.range(2, {x: Range(F(0), F(1)), y: Range(F(5), F(6))}) == Range(F(5), F(7))


def test_what_is_reported_has_nothing_standing_in_for_it() -> None:
    draft, id, found = movement(
        lambda d: d.calculate("+", d.add(Supply(d["x"], d.constant(90))), d.add(Supply(d["y"], d.constant(70)))),
        {"x": (0, 9), "y": (0, 9)},
    )
    known, one = found.known, Range(F(1), F(1))
    assert known.range(id, {draft["x"]: one}) == Range(F(1), F(160))
    assert known.reported(id, {draft["x"]: one}) == Range(F(1), F(71))
    first = next(step.id for step in draft.steps if isinstance(step.operation, Supply))
    assert known.reported(id, {draft["x"]: one, first: Range(F(5), F(5))}) == Range(F(5), F(75))


# ---------------------------------------------------------------- what can be missing


def of(build: Build) -> tuple[Sketch, int, Known]:
    draft, id, found = movement(build)
    return draft, id, found.known


@pytest.mark.parametrize(
    ("build", "there"),
    [
        (lambda d: d.compare("x", ">", "y"), "xy"),
        (lambda d: d.add(Logic("not", (d.compare("x", ">", n(0)),))), "x"),
        (lambda d: d.add(Logic("or", (d.compare("x", ">", n(0)), d.compare("y", ">", n(0))))), ""),
        (lambda d: d.compare(d.calculate("+", "x", d.calculate("abs", "y")), ">", n(0)), "xy"),
        (lambda d: d.calculate("is_missing", "x"), ""),
        (lambda d: d.compare(d.add(Supply(d["x"], d["y"])), ">", n(0)), ""),
        (lambda d: d.add(Clamp(d.add(Round(d["x"], "floor", 0)), d["y"], d["z"])), "xyz"),
        (lambda d: d.calculate("+", d.calculate("neg", "x"), d.calculate("neg", "x")), "x"),
        (lambda d: d["x"], "x"),
        (lambda d: d.constant(1), ""),
    ],
)
def test_what_was_reported_where_a_step_has_a_value(build: Build, there: str) -> None:
    draft, id, known = of(build)
    assert there_if_known(known, id) == {draft[name] for name in there}


@pytest.mark.parametrize(
    ("build", "there", "may"),
    [
        (lambda d: d["x"], "", True),
        (lambda d: d["x"], "x", False),
        (lambda d: d.calculate("+", "x", "y"), "x", True),
        (lambda d: d.calculate("+", "x", "y"), "xy", False),
        (lambda d: d.calculate("+", d.calculate("neg", "x"), d.calculate("neg", "x")), "x", False),
        (lambda d: d.calculate("is_missing", "x"), "", False),
        (lambda d: d.calculate("+", d.calculate("is_missing", "x"), "y"), "", True),
        (lambda d: d.add(Supply(d["x"], d.constant(1))), "", False),
        (lambda d: d.add(Supply(d["x"], d["y"])), "", True),
        (lambda d: d.add(Supply(d["x"], d["y"])), "x", True),
        (lambda d: d.constant(1), "", False),
        (lambda d: d.add(InGroup(("g",))), "", False),
        (lambda d: d.add(Load("tag", "road")), "", False),
        (lambda d: d.add(Load("entity", "group")), "", False),
        (lambda d: d.add(Load("target", "group")), "", True),
        (lambda d: d.add(Load("target", "forfeited")), "", False),
        (lambda d: d.add(Load("target", "is_target")), "", False),
        (lambda d: d.add(Load("target", "direction")), "", False),
        (lambda d: d.add(Load("target", "actual")), "", True),
        (lambda d: d.add(Aggregate("mean", d.constant(1), ENTITY, GROUP)), "", True),
        (lambda d: d.add(Aggregate("least", d["x"], ENTITY, GROUP)), "x", True),
        *(
            (lambda d, name=name: d.add(Aggregate(name, d["x"], ENTITY, GROUP)), there, not there)
            for name in ("any", "all", "count", "sum", "product")
            for there in ("", "x")
        ),
    ],
)  # fmt: skip
def test_what_can_be_missing(build: Build, there: str, may: bool) -> None:
    draft, id, known = of(build)
    assert may_miss(known, id, frozenset(draft[name] for name in there)) is may


@pytest.mark.parametrize("look", [there_if_known, lambda known, id: may_miss(known, id, frozenset({0}))])
def test_what_hangs_together_in_many_ways_is_looked_at_once(look: Callable[[Known, int], object]) -> None:
    def build(d: Sketch) -> int:
        found = d["x"]
        for _ in range(60):
            found = d.calculate("+", d.calculate("neg", found), d.calculate("abs", found))
        return found

    _, id, known = of(build)
    assert look(known, id) in (frozenset({0}), False)


# ---------------------------------------------------------------- facts


POLICY_TEXT = """\
policy example "Example" {
  period 2022
  full 100 points
  group town "Towns"
  fact x number "X" to 1 places missing error
  fact poll survey "Poll" missing error
  attribute k number "K" missing error
  judgement idle "Idle"
  component base "Base" { points 100 points
    indicator roads "Roads" { points 50 points shared by weight; unit number
      score if completed_on > due then 0% else attainment(actual, planned, zero_plan: error)
      missing zero; absent redistribute }
    indicator waste "Waste" { points 40 points; unit number to 2 places; direction lower
      score control(actual, planned, zero_plan: error); missing zero; absent redistribute }
    indicator poll "Poll" { points 10 points
      score clamp(x * k, 0, 5) * 1 points + survey(poll, at_least: 4, too_small: 0%) * 5 points }
  }
  component extra "Extra" as bonus { cap 5 points
    indicator award "Award" { each 1 point; count highest_level_once } }
  component less "Less" as penalty { cap 5 points
    indicator warning "Warning" { each 0.5 points } }
  gate lazy "Lazy" when idle then at most 50 points
}
"""


def told(plan: Plan) -> list[tuple[str, str, int, Unit, int | None]]:
    return [(one.name, one.indicator, one.better, one.unit, one.places) for one in performance(plan)]


def loading(*loads: tuple[Load, Grain]) -> Plan:
    """The policy, and these steps alone, beside its schema and outputs."""
    plan = assessdsl.loads(POLICY_TEXT).plan
    return evolve(plan, steps=tuple(Step(id, load, grain, Unit.COUNT) for id, (load, grain) in enumerate(loads)))


def test_facts_by_which_an_entity_does_better() -> None:
    assert told(assessdsl.loads(POLICY_TEXT).plan) == [
        ("completed_on", "roads", -1, Unit.DATE, None),
        ("actual", "roads", 1, Unit.NUMBER, None),
        ("actual", "waste", -1, Unit.NUMBER, 2),
        ("completed_on", "waste", -1, Unit.DATE, None),
        ("x", "", 0, Unit.NUMBER, 1),
        ("poll", "", 1, Unit.SURVEY, None),
        ("idle", "", 0, Unit.YES_NO, None),
    ]


def test_of_what_is_deducted_or_of_a_class_nothing_says_what_is_better() -> None:
    def grain(kind: Any, indicator: str) -> Grain:
        return Grain(kind, indicator)

    names = ("roads", "waste", "award", "warning")
    loads = [(Load(kind, "actual"), grain(kind, name)) for name in names for kind in ("target", "entry")]
    unclassed = {(step.indicator, step.better) for step in performance(loading(*loads))}
    assert unclassed == {("roads", 1), ("waste", -1), ("award", 1), ("warning", 0)}
    for column in ("level", "category"):
        plan = loading(*loads, (Load("entry", column), grain("entry", "award")))
        assert [one.better for one in performance(plan)] == [1, 1, -1, -1, 1, 0, 0, 0]
    for other in (
        (Load("entry", "item"), grain("entry", "award")),
        (Load("target", "level"), grain("target", "award")),
    ):
        assert [one.better for one in performance(loading(*loads, other))] == [1, 1, -1, -1, 1, 1, 0, 0]


def test_what_is_of_another_year_or_asked_of_others_is_no_performance() -> None:
    target = Grain("target", "roads")
    assert told(loading((Load("target", "actual", 1), target), (Load("target", "planned"), target))) == []
    assert told(loading((Load("entity", "x", 1), ENTITY), (Load("entity", "k"), ENTITY))) == []
    assert told(loading((Load("entity", "idle", 1), ENTITY), (Load("entity", "group"), ENTITY))) == []
    assert told(loading((Load("sample", "poll"), ENTITY))) == []


def test_what_was_agreed_beforehand() -> None:
    found = frame(assessdsl.loads(POLICY_TEXT).plan)
    assert {(one.name, one.indicator, one.better) for one in found} == {
        ("planned", "roads", 0), ("weight", "roads", 0), ("planned", "waste", 0),
    }  # fmt: skip
    target = Grain("target", "roads")
    assert [one.name for one in frame(loading((Load("target", "baseline"), target), (Load("target", "due"), target)))] == ["baseline"]  # fmt: skip  # noqa: E501


def test_what_rests_on_a_step() -> None:
    draft, id, known = of(lambda d: d.calculate("+", d.calculate("+", "x", "y"), d.calculate("neg", "x")))
    plan = known.plan
    assert enters(plan, draft["y"]) == {1, 2, 4}
    assert enters(plan, draft["x"]) == {0, 2, 3, 4}
    assert enters(plan, id) == {id}


def test_what_asks_others() -> None:
    draft = Sketch()
    asking = [draft.add(Aggregate("mean", draft["x"], ENTITY, to), to) for to in (GROUP, POLICY)]
    draft.add(Aggregate("mean", draft["x"], ENTITY, ENTITY))
    draft.compare("x", ">", asking[0])
    assert reads_peers(draft.plan()) == tuple(asking)


def test_stages_that_only_limit_the_one_before() -> None:
    draft = Sketch()
    x, y, gate = draft["x"], draft["y"], draft.add(InGroup(("g",)))
    limits = [
        draft.calculate("min", "x", "y"), draft.calculate("max", "y", "x"), draft.add(Clamp(x, y, None)),
        draft.add(Round(x, "floor", 0)), draft.add(Gate("g", x, gate)),
    ]  # fmt: skip
    others = [
        draft.calculate("min", "y", n(1)), draft.calculate("+", "x", "y"), draft.add(Clamp(y, x, None)),
        draft.add(Round(y, "floor", 0)), draft.add(Gate("g", y, gate, x)), draft.constant(1),
    ]  # fmt: skip

    def only(*ids: int) -> bool:
        return only_limited(draft.plan(), tuple(Stage("limit", id) for id in ids))

    assert [only(x, id) for id in limits] == [True] * len(limits)
    assert [only(x, id) for id in others] == [False] * len(others)
    further = draft.add(Round(limits[0], "floor", 0))
    assert only(x, limits[0], further)
    assert not only(y, others[0], further)
    assert only(x)
    assert only()
