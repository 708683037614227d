"""The exact backend: operations within a row."""

import itertools
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from exact_drafts import Draft, data, dataset, day, entity, item, past
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.backends.columns import Fault, Value
from assessdsl.backends.exact import run_again
from assessdsl.backends.logic import both, either, every, opposite, some
from assessdsl.backends.ratios import BITS
from assessdsl.facts import Missing
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import (
    ENTITY,
    GROUP,
    POLICY,
    Calculate,
    Choose,
    Clamp,
    Compare,
    Constant,
    Fail,
    Gate,
    Grain,
    InGroup,
    Load,
    Logic,
    Round,
    Streak,
    Supply,
)
from assessdsl.quantity import rounded
from assessdsl.source import Cell, Source, Span

THIRD = Fraction(1, 3)


def of_facts(operation: Any, **facts: Any) -> Any:
    """What an operation on the facts, taken in their order, gives for one entity."""
    draft = Draft()
    ids = [draft.fact(name) for name in facts]
    draft.add(operation(*ids))
    return draft.run(dataset(entity("a", **facts)))[0]


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("+", (1, 2), 3), ("-", (1, 3), -2), ("*", (Fraction(2, 3), 3), 2), ("/", (1, 3), THIRD),
        ("/", (0, 3), 0), ("/", (-1, 3), -THIRD), ("/", (1, 0), "AS5002"), ("/", (0, 0), "AS5002"),
        ("min", (3, 1, 2), 1), ("max", (3, 1, 4), 4), ("max", (2,), 2), ("abs", (-3,), 3), ("neg", (3,), -3),
        ("days_between", (day("2022-03-01"), day("2022-02-27")), 2),
        ("days_between", (day("2022-02-27"), day("2022-03-01")), -2),
        ("add_days", (day("2022-02-27"), 2), day("2022-03-01")),
        ("add_days", (day("2022-02-27"), Fraction(1, 2)), "AS5011"),
        ("add_days", (day("9999-12-31"), 1), "AS5011"),
        ("add_days", (day("2022-01-01"), 10**40), "AS5011"),
        ("add_months", (day("2022-01-31"), 1), day("2022-02-28")),
        ("add_months", (day("2022-01-31"), 10**30), "AS5011"),
        ("add_months", (day("9999-12-01"), 1), "AS5011"),
        ("add_months", (day("2022-01-31"), THIRD), "AS5011"),
        ("whole_power", (0, 0), 1), ("whole_power", (0, 2), 0), ("whole_power", (0, -1), "AS5009"),
        ("whole_power", (-2, 3), -8), ("whole_power", (2, -2), Fraction(1, 4)), ("whole_power", (1, 10**40), 1),
        ("whole_power", (2, BITS - 1), 2 ** (BITS - 1)), ("whole_power", (2, 10**40), "AS5009"),
        ("whole_power", (Fraction(1, 2), 10**40), "AS5009"),
        ("power", (-1, Fraction(1, 2), 4, Fraction(1, 2)), "AS5009"), ("power", (0, 1, 4, 1), 0),
        ("power", (4, Fraction(1, 2), 8, THIRD), 4),
        ("per", (1, 3), THIRD), ("per", (1, 0), None),
        ("ln", (0,), "AS5009"), ("ln", (-1,), "AS5009"), ("ln", (1,), 0),
        ("ln", (Fraction(1, 2),), Fraction("-0.69314718055994530941723212145817656807550013436026")),
    ],
)  # fmt: skip
def test_calculate(name: str, operands: tuple[Any, ...], expected: Any) -> None:
    facts = {f"x{number}": value for number, value in enumerate(operands)}
    assert of_facts(lambda *ids: Calculate(name, ids), **facts) == expected


@pytest.mark.parametrize("name", ["+", "-", "*", "/", "min", "max"])
@pytest.mark.parametrize(("first", "second"), [(None, 1), (1, None), (None, None), (None, 0)])
def test_missing_stays_missing(name: str, first: Any, second: Any) -> None:
    assert of_facts(lambda *ids: Calculate(name, ids), x=first, y=second) is None


def test_a_fault_is_stronger_than_a_missing_value() -> None:
    draft = Draft()
    x, fail = draft.fact("x"), draft.add(Fail("AS5203"), POLICY)
    for ids in ((x, fail), (fail, x)):
        draft.add(Calculate("+", ids))
    columns = draft.columns(dataset(entity("a", x=None)))
    assert [columns.values[id][0].code for id in (2, 3)] == ["AS5203"] * 2  # type: ignore[union-attr]


def test_is_missing() -> None:
    draft = Draft()
    draft.add(Calculate("is_missing", (draft.fact("x"),)))
    assert draft.run(dataset(entity("a", x=None), entity("b", x=0), entity("c"))) == [True, False, True]


def test_numbers_without_end_are_stopped() -> None:
    draft = Draft()
    id = draft.fact("x")
    for _ in range(20):
        id = draft.add(Calculate("*", (id, id)))
    long, short = draft.run(dataset(entity("a", x=10**49), entity("b", x=1)))
    assert (long, short) == ("AS5009", 1)
    longest = max(
        value.numerator
        for values in draft.columns(dataset(entity("a", x=10**49))).values
        for value in values
        if isinstance(value, Fraction)
    )
    assert longest < 10**LIMITS.result_digits


def test_a_small_fraction_with_a_long_denominator_is_stopped() -> None:
    draft = Draft()
    id = draft.fact("x")
    for _ in range(20):
        id = draft.add(Calculate("/", (id, draft.constant(10**49 + 1))))
        id = draft.add(Calculate("*", (id, id)))
    assert draft.run(dataset(entity("a", x=1))) == ["AS5009"]


def test_a_number_may_be_as_long_as_the_limit_and_no_longer() -> None:
    draft = Draft()
    draft.add(Calculate("*", (draft.fact("x"), draft.constant(1))))
    long, longer = Fraction(2 ** (BITS - 1)), Fraction(2**BITS)
    numbers = (long, longer, 1 / long, 1 / longer)
    found = draft.run(dataset(*(entity(f"e{row}", x=number) for row, number in enumerate(numbers))))
    assert found == [long, "AS5009", 1 / long, "AS5009"]


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        ("<", [True, False, False]), ("<=", [True, True, False]), (">", [False, False, True]),
        (">=", [False, True, True]), ("==", [False, True, False]), ("!=", [True, False, True]),
    ],
)  # fmt: skip
def test_compare(sign: Any, expected: list[bool]) -> None:
    for low, middle, high in ((1, 2, 3), (day("2022-01-01"), day("2022-01-02"), day("2022-02-01"))):
        found = [of_facts(lambda *ids: Compare(sign, *ids), x=value, y=middle) for value in (low, middle, high)]
        assert found == expected
    assert of_facts(lambda *ids: Compare(sign, *ids), x=None, y=1) is None


def test_text_is_compared_for_equality() -> None:
    assert of_facts(lambda *ids: Compare("==", *ids), x="good", y="good") is True
    assert of_facts(lambda *ids: Compare("!=", *ids), x="good", y="poor") is True


# ---------------------------------------------------------------- truth

UNKNOWN, FAULT = Missing(), Fault("AS5002")
TRUTHS: list[Value] = [True, False, UNKNOWN, FAULT]
truths = st.sampled_from(TRUTHS)


@pytest.mark.parametrize(
    ("left", "right", "conjunction", "disjunction"),
    [
        (True, True, True, True), (True, False, False, True), (False, False, False, False),
        (True, UNKNOWN, UNKNOWN, True), (False, UNKNOWN, False, UNKNOWN), (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
        (True, FAULT, FAULT, True), (False, FAULT, False, FAULT), (UNKNOWN, FAULT, FAULT, FAULT),
    ],
)  # fmt: skip
def test_truth_tables(left: Value, right: Value, conjunction: Value, disjunction: Value) -> None:
    assert both(left, right) == both(right, left) == conjunction
    assert either(left, right) == either(right, left) == disjunction


@given(truths, truths, truths)
def test_laws_of_truth(x: Value, y: Value, z: Value) -> None:
    assert both(x, both(y, z)) == both(both(x, y), z) == every([x, y, z])
    assert either(x, either(y, z)) == either(either(x, y), z) == some([z, y, x])
    assert opposite(both(x, y)) == either(opposite(x), opposite(y))
    assert opposite(opposite(x)) == x
    assert both(x, either(x, y)) in (x, both(x, y), either(x, y))
    if UNKNOWN not in (x, y) and FAULT not in (x, y):
        assert both(x, y) == (x and y)
        assert either(x, y) == (x or y)


@given(st.lists(st.tuples(truths, truths), min_size=1, max_size=6))
def test_columns_agree_with_rows(rows: list[tuple[Value, Value]]) -> None:
    """Loops over columns without missing values take a short way, which must not differ."""
    draft = Draft()
    fail = draft.add(Fail("AS5002"), POLICY)
    x, y = (draft.add(Choose(draft.fact(f"{name}_fails"), fail, draft.fact(name))) for name in ("x", "y"))
    join = {name: draft.add(Logic(name, (x, y))) for name in ("and", "or")}  # type: ignore[arg-type]
    negated = draft.add(Logic("not", (x,)))

    def facts(name: str, value: Value) -> dict[str, Any]:
        known = value if isinstance(value, bool) else None
        return {name: known, f"{name}_fails": value is FAULT}

    columns = draft.columns(
        dataset(*(entity(f"e{n}", **facts("x", a), **facts("y", b)) for n, (a, b) in enumerate(rows)))
    )

    def same(found: Value, expected: Value) -> bool:
        return type(found) is type(expected) and (not isinstance(expected, bool) or found is expected)

    for row, (a, b) in enumerate(rows):
        assert same(columns.values[join["and"]][row], both(a, b))
        assert same(columns.values[join["or"]][row], either(a, b))
        assert same(columns.values[negated][row], opposite(a))


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ((True, True, True), True), ((True, True, False), False), ((True, None, True), None),
        ((True, None, False), False), ((None, None, None), None), ((False, True, True), False), ((True,), True),
    ],
)  # fmt: skip
def test_streak(years: tuple[bool | None, ...], expected: bool | None) -> None:
    facts = {f"y{number}": held for number, held in enumerate(years)}
    assert of_facts(lambda *ids: Streak(ids), **facts) is expected


@pytest.mark.parametrize(
    ("years", "at_least", "expected"),
    [
        ((True, True, False), 2, True), ((True, False, False), 2, False), ((True, None, False), 2, None),
        ((True, None, None), 3, None), ((False, False, None), 2, False), ((True, True, None), 2, True),
        ((False, None, None), 2, None), ((False, False, False), 1, False),
    ],
)  # fmt: skip
def test_streak_of_some_years(years: tuple[bool | None, ...], at_least: int, expected: bool | None) -> None:
    facts = {f"y{number}": held for number, held in enumerate(years)}
    assert of_facts(lambda *ids: Streak(ids, at_least), **facts) is expected


# ---------------------------------------------------------------- choice


def test_only_the_branch_that_is_taken_can_fail() -> None:
    draft = Draft()
    x = draft.fact("x")
    fail = draft.add(Fail("AS5203"), POLICY)
    positive = draft.add(Compare(">", x, draft.constant(0)))
    draft.add(Choose(positive, x, fail))
    assert draft.run(dataset(entity("a", x=1), entity("b", x=0), entity("c", x=None))) == [1, "AS5203", None]


def test_a_division_behind_a_condition() -> None:
    draft = Draft()
    x, zero = draft.fact("x"), draft.constant(0)
    quotient = draft.add(Calculate("/", (draft.constant(1), x)))
    draft.add(Choose(draft.add(Compare("==", x, zero)), zero, quotient))
    assert draft.run(dataset(entity("a", x=0), entity("b", x=4))) == [0, Fraction(1, 4)]


def test_supply_stands_in_for_missing_values_only() -> None:
    draft = Draft()
    x = draft.fact("x")
    quotient = draft.add(Calculate("/", (draft.constant(1), x)))
    draft.add(Supply(quotient, draft.constant(7)))
    assert draft.run(dataset(entity("a", x=None), entity("b", x=0), entity("c", x=1))) == [7, "AS5002", 1]


def test_what_supply_does_not_need_cannot_fail() -> None:
    draft = Draft()
    draft.add(Supply(draft.fact("x"), draft.add(Fail("AS5204"), POLICY)))
    assert draft.run(dataset(entity("a", x=3), entity("b", x=None))) == [3, "AS5204"]


def test_a_missing_fact_that_stops_is_named_with_its_place() -> None:
    draft = Draft()
    x, fail = draft.fact("x"), draft.add(Fail("AS5204", (("y", "z"),)), POLICY)
    supplied = [draft.add(Supply(value, fail)) for value in (x, draft.constant(None))]
    quotient = draft.add(Calculate("/", (draft.constant(1), draft.fact("zero"))))
    supplied.append(draft.add(Supply(x, quotient)))  # what fails by itself is told with its own place
    values = draft.columns(dataset(entity("a", x=None, zero=0))).values
    found = [values[id][0] for id in supplied]
    assert [(fault.code, fault.arguments, str(fault.cell or "")) for fault in found if isinstance(fault, Fault)] == [
        ("AS5204", (("fact", "x"), ("y", "z")), "facts.csv:2 x"),
        ("AS5204", (("y", "z"),), ""),
        ("AS5002", (), "facts.csv:2 zero"),
    ]


# ---------------------------------------------------------------- limits and gates


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (5, 0, 3, 3), (-1, 0, 3, 0), (2, 0, 3, 2), (3, 0, 3, 3), (5, 4, 3, 3), (None, 0, 3, None), (1, None, 3, None),
    ],
)  # fmt: skip
def test_clamp(value: Any, low: Any, high: Any, expected: Any) -> None:
    assert of_facts(lambda *ids: Clamp(*ids), value=value, low=low, high=high) == expected


def test_clamp_on_one_side() -> None:
    assert of_facts(lambda x, low: Clamp(x, low, None), x=-5, low=-2) == -2
    assert of_facts(lambda x, high: Clamp(x, None, high), x=5, high=2) == 2
    assert of_facts(lambda x: Clamp(x, None, None), x=5) == 5


@pytest.mark.parametrize(
    ("value", "mode", "places", "expected"),
    [
        (Fraction(5, 2), "half_up", 0, 3), (Fraction(-5, 2), "half_up", 0, -3), (Fraction(5, 2), "half_even", 0, 2),
        (Fraction(1, 3), "up", 2, Fraction(34, 100)), (Fraction(-1, 3), "floor", 1, Fraction(-4, 10)),
        (Fraction(155), "half_up", -1, 160), (None, "half_up", 2, None),
    ],
)  # fmt: skip
def test_round(value: Any, mode: str, places: int, expected: Any) -> None:
    assert of_facts(lambda x: Round(x, mode, places), x=value) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        # of 2.4, 2.5, 2.6, 3.5, and of these below zero
        ("half_up", [2, 3, 3, 4, -2, -3, -3, -4]), ("half_down", [2, 2, 3, 3, -2, -2, -3, -3]),
        ("half_even", [2, 2, 3, 4, -2, -2, -3, -4]), ("up", [3, 3, 3, 4, -3, -3, -3, -4]),
        ("down", [2, 2, 2, 3, -2, -2, -2, -3]), ("floor", [2, 2, 2, 3, -3, -3, -3, -4]),
        ("ceiling", [3, 3, 3, 4, -2, -2, -2, -3]),
    ],
)  # fmt: skip
def test_every_way_of_rounding(mode: str, expected: list[int]) -> None:
    values = [sign * Fraction(tenths, 10) for sign in (1, -1) for tenths in (24, 25, 26, 35)]
    assert [rounded(value, mode, 0) for value in values] == expected
    assert rounded(Fraction(0), mode, 2) == 0
    assert rounded(10**30 + Fraction(7), mode, 0) == 10**30 + 7  # more than a float holds
    assert [rounded(value * 10**30, mode, -30) for value in values] == [one * 10**30 for one in expected]


@pytest.mark.parametrize(
    ("value", "when", "at_most", "expected"),
    [
        (8, True, None, 0), (8, False, None, 8), (8, None, None, "AS5006"), (-2, True, None, 0),
        (None, True, None, None), (None, False, None, None), (None, None, None, "AS5006"),
        (8, True, 5, 5), (3, True, 5, 3), (8, False, 5, 8), (8, None, 5, "AS5006"),
    ],
)  # fmt: skip
def test_gate(value: Any, when: Any, at_most: Any, expected: Any) -> None:
    facts = {"value": value, "when": when} | ({} if at_most is None else {"at_most": at_most})
    assert of_facts(lambda *ids: Gate("safety", *ids), **facts) == expected


def test_a_gate_that_takes_all_does_not_mend_a_score_that_fails() -> None:
    draft = Draft()
    fail = draft.add(Fail("AS5203"), POLICY)
    draft.add(Gate("safety", fail, draft.fact("when")))
    assert draft.run(dataset(entity("a", when=True), entity("b", when=None))) == ["AS5203", "AS5203"]


def test_a_limit_that_is_not_known_is_asked_only_where_the_gate_takes_away() -> None:
    assert of_facts(lambda *ids: Gate("safety", *ids), value=8, when=False, at_most=None) == 8
    assert of_facts(lambda *ids: Gate("safety", *ids), value=8, when=True, at_most=None) is None


# ---------------------------------------------------------------- loads

A, B = Grain("target", "growth"), Grain("entry", "growth")


def test_loads() -> None:
    draft = Draft()
    draft.add(Load("target", "planned"), A)
    draft.add(Load("tag", "key"), A)
    draft.add(Load("entry", "level"), B)
    draft.add(Load("entity", "group"))
    draft.add(Load("sample", "survey"))
    draft.add(Load("benchmark", "province"), POLICY)
    draft.add(InGroup(("h",)))
    draft.add(InGroup(("h",)), A)
    rows = dataset(
        entity("a", "g", samples={"survey": 400}),
        entity("b", "h"),
        items={
            "growth": [
                item(0, "t1", planned=3, tags="key major", entries=[{"level": "city"}, {}]),
                item(0, "t2", entries=[]),
                item(1, "t3", planned=0, entries=[{"level": "town"}]),
            ]
        },
        benchmarks=data(province=7),
    )
    found = [draft.run(rows, id) for id in range(8)]
    assert found == [
        [3, None, 0], [True, False, False], ["city", None, "town"], ["g", "h"], [400, None], [7],
        [False, True], [False, False, True],
    ]  # fmt: skip


def test_coarser_values_are_spread_over_finer_rows() -> None:
    draft = Draft()
    ids = (draft.entry("growth", "actual"), draft.fact("x"), draft.of("growth", "weight"), draft.constant(1))
    total = ids[0]
    for id in ids[1:]:
        total = draft.add(Calculate("+", (total, id)), B)
    rows = dataset(
        entity("a", x=100),
        entity("b", x=200),
        items={
            "growth": [
                item(1, "t1", weight=10, entries=[{"actual": 1}, {"actual": 2}]),
                item(0, "t2", weight=20, entries=[{"actual": 3}]),
            ]
        },
    )
    assert draft.run(rows) == [212, 213, 124]


def test_a_row_stands_under_coarser_ones_of_the_same_indicator() -> None:
    layout = Draft().columns(dataset(entity("a"))).layout
    grains = (POLICY, GROUP, ENTITY, A, B)
    for coarser, finer in itertools.combinations_with_replacement(grains, 2):
        assert layout.reaches(finer, coarser)
        assert layout.reaches(coarser, finer) is (coarser == finer)
    assert not layout.reaches(B, Grain("target", "others"))


def test_what_is_missing_says_what_and_where() -> None:
    draft = Draft(language="zh")
    draft.of("growth", "actual")
    draft.fact("x")
    rows = dataset(entity("a", x=None), items={"growth": [item(0, "t1", actual=None), item(0, "t2")]})
    columns = draft.columns(rows)
    found = [(value.name, str(value.cell)) for value in (*columns.values[0], *columns.values[1])]  # type: ignore[union-attr]
    assert found == [("实绩", "facts.csv:2 actual"), ("实绩", "targets.csv:2"), ("x", "facts.csv:2 x")]


HISTORY = {
    2021: [past("a", 3, tier="poor"), past("old", 1), past("x", 2), past("y", 4)],
    2020: [past("a", 9, total=None)],
}


@pytest.mark.parametrize(
    ("name", "before", "expected"),
    [
        ("a", (), 3),  # the entity's own
        ("new", ("old",), 1),  # renamed
        ("new", ("older", "old"), None),  # several bodies went into it
        ("merged", ("x", "y"), None),
        ("merged", ("x", "z"), None),
        ("a", ("x",), None),  # it took in another body after that year
        ("a", ("z",), 3),
        ("unknown", (), None),
        ("unknown", ("z",), None),
    ],
)
def test_history_of_the_entity_or_its_predecessor(name: str, before: tuple[str, ...], expected: Any) -> None:
    draft = Draft()
    draft.add(Load("history", "rank", 1))
    assert draft.run(dataset(entity(name, before=before), history=HISTORY)) == [expected]


def test_history_of_other_years_and_values() -> None:
    draft = Draft()
    ids = [
        draft.add(Load("history", *load))
        for load in (("tier", 1), ("total", 1), ("rank", 2), ("total", 2), ("rank", 3))
    ]
    rows = dataset(entity("a"), history=HISTORY)
    assert [draft.run(rows, id) for id in ids] == [["poor"], [80], [9], [None], [None]]


def test_group_and_peers_of_an_earlier_year() -> None:
    draft = Draft()
    ids = [draft.add(Load("history", name, 1)) for name in ("group", "peers", "peers_in_group")]
    published = [past("a", 2), past("b", 1, group="h"), past("c", 3), past("d", None), past("e", 4, group="")]
    rows = dataset(*(entity(name) for name in "abcde"), history={2021: published})
    assert [draft.run(rows, id) for id in ids] == [
        ["g", "h", "g", "g", None],
        [4, 4, 4, None, 4],
        [2, 1, 2, None, 1],
    ]


def test_what_the_history_does_not_hold_is_named() -> None:
    for language, names in (
        ("en", ["previous(total)", "previous(rank, years: 2)"]),
        ("zh", ["上期(总分)", "上期(名次, 年数: 2)"]),
    ):
        draft = Draft(language=language)
        ids = [draft.add(Load("history", name, offset)) for name, offset in (("total", 1), ("rank", 2))]
        columns = draft.columns(dataset(entity("new")))
        assert [columns.values[id][0].name for id in ids] == names  # type: ignore[union-attr]


# ---------------------------------------------------------------- where it failed


def test_a_fault_is_told_of_the_target_that_took_it() -> None:
    source = Source("policy.assess", "score if planned == 0 then error else actual")
    draft = Draft()
    planned = draft.of("growth", "planned")
    is_zero = draft.add(Compare("==", planned, draft.constant(0)), A)
    fail = draft.add(Fail("AS5203"), POLICY, span=Span(source, 27, 32))
    draft.add(Choose(is_zero, fail, draft.of("growth", "actual")), A)
    rows = dataset(
        entity("a"), entity("b"), items={"growth": [item(0, "t1", planned=1, actual=1), item(1, "t2", planned=0)]}
    )
    fault = draft.columns(rows).values[-1][1]
    assert isinstance(fault, Fault)
    assert (fault.entity, fault.indicator, fault.target) == ("b", "growth", "t2")
    assert fault.cell == Cell("facts.csv", 2, "planned")
    assert fault.span.text == "error"


def test_a_division_by_zero_points_at_the_divisor() -> None:
    draft = Draft()
    draft.add(Calculate("/", (draft.fact("x"), draft.fact("y"))))
    fault = draft.columns(dataset(entity("a", x=1, y=0))).values[-1][0]
    assert isinstance(fault, Fault)
    assert (fault.entity, str(fault.cell)) == ("a", "facts.csv:2 y")


def test_a_fault_of_the_whole_policy_points_at_its_own_cell() -> None:
    draft = Draft()
    province, fail = draft.add(Load("benchmark", "province"), POLICY), draft.add(Fail("AS5203"), POLICY)
    is_zero = draft.add(Compare("==", province, draft.constant(0)), POLICY)
    draft.add(Calculate("+", (draft.fact("x"), draft.add(Choose(is_zero, fail, province), POLICY))))
    fault = draft.columns(dataset(entity("a", x=1), benchmarks=data(province=0))).values[-1][0]
    assert isinstance(fault, Fault)
    assert (fault.entity, str(fault.cell)) == ("a", "facts.csv:2 province")


def test_a_fault_of_an_entry_points_at_its_own_row() -> None:
    draft = Draft()
    draft.add(Calculate("/", (draft.constant(1), draft.entry("growth", "actual"))), B)
    rows = dataset(
        entity("a"),
        items={
            "growth": [item(0, "t1", entries=[{"actual": 1}]), item(0, "t2", entries=[{"actual": 2}, {"actual": 0}])]
        },
    )
    fault = draft.columns(rows).values[-1][2]
    assert isinstance(fault, Fault)
    assert (fault.target, str(fault.cell)) == ("t2", "facts.csv:2 actual")


def test_a_missing_fact_that_must_be_there_points_at_its_cell() -> None:
    draft = Draft()
    draft.add(Supply(draft.fact("x"), draft.add(Fail("AS5204", (("fact", "x"),)), POLICY)))
    fault = draft.columns(dataset(entity("a", x=None))).values[-1][0]
    assert isinstance(fault, Fault)
    assert (fault.entity, str(fault.cell), fault.arguments) == ("a", "facts.csv:2 x", (("fact", "x"),))


def test_an_undecided_gate_names_the_gate_and_the_fact() -> None:
    draft = Draft()
    draft.add(Gate("safety", draft.fact("x"), draft.fact("accidents")))
    fault = draft.columns(dataset(entity("a", x=1, accidents=None))).values[-1][0]
    assert isinstance(fault, Fault)
    assert fault.arguments == (("fact", "accidents"), ("gate", "safety"))
    assert str(fault.cell) == "facts.csv:2 accidents"


# ---------------------------------------------------------------- against a naive reading

numbers = st.fractions(min_value=-9, max_value=9, max_denominator=9) | st.none()


def naive(name: str, x: Any, y: Any) -> Any:
    if x is None or y is None:
        return None
    if name == "/" and y == 0:
        return "AS5002"
    return {"+": x + y, "-": x - y, "*": x * y, "/": x / y if y else 0, "min": min(x, y), "max": max(x, y)}[name]


@given(
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5), st.sampled_from(["+", "-", "*", "/", "min", "max"])
)
def test_arithmetic_of_columns(rows: list[tuple[Any, Any]], name: str) -> None:
    draft = Draft()
    draft.add(Calculate(name, (draft.fact("x"), draft.fact("y"))))
    found = draft.run(dataset(*(entity(f"e{n}", x=x, y=y) for n, (x, y) in enumerate(rows))))
    assert found == [naive(name, x, y) for x, y in rows]


def test_every_constant_kind() -> None:
    draft = Draft()
    values = [Fraction(1), True, "text", date(2022, 1, 1)]
    for value, grain in itertools.product(values, (POLICY, ENTITY)):
        draft.add(Constant(value), grain)
    found = [draft.run(dataset(entity("a"), entity("b")), id) for id in range(8)]
    assert found == [copies for value in values for copies in ([value], [value, value])]


# ---------------------------------------------------------------- again, with other values


def test_what_follows_is_worked_out_again_and_nothing_else() -> None:
    draft = Draft()
    x, y = draft.fact("x"), draft.fact("y")
    total, double = draft.add(Calculate("+", (x, y))), draft.add(Calculate("+", (y, y)))
    rows = dataset(entity("a", x=1, y=2), entity("b", x=3, y=4))
    before = draft.columns(rows)
    again = run_again(draft.plan(), rows, before, {x: [Fraction(10), Fraction(20)]}, {total})
    assert [list(again.values[id]) for id in (x, y, total)] == [[10, 20], [2, 4], [12, 24]]
    assert again.values[double] is before.values[double]
    assert before.values[total] == [3, 7]


def test_what_follows_is_worked_out_again_in_its_order() -> None:
    """Numbers of steps in a set are not in their order: Python gives 8 before 1."""
    draft = Draft()
    one, x = draft.constant(1), draft.fact("x")
    more = draft.add(Calculate("+", (x, one)))
    others = [draft.constant(number) for number in range(5)]
    last = draft.add(Calculate("+", (more, others[-1])))
    rows = dataset(entity("a", x=1))
    again = run_again(draft.plan(), rows, draft.columns(rows), {x: [Fraction(10)]}, {more, last})
    assert (last, again.values[last]) == (8, [15])


# ---------------------------------------------------------------- rounding

_FRACTIONS = st.fractions(min_value=-50, max_value=50, max_denominator=40)


@given(_FRACTIONS, st.integers(-2, 3))
def test_a_number_is_rounded_to_the_nearest_that_has_so_many_places(number: Fraction, places: int) -> None:
    step = Fraction(10) ** -places
    assert rounded(number, "floor", places) == number // step * step
    assert rounded(number, "ceiling", places) == -(-number // step) * step
    assert rounded(number, "half_even", places) == round(number / step) * step
