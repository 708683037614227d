"""The exact backend: columns of numerators and batches of steps are short ways to what rows in fractions give."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import test_conformance
from agreement.forms import FORMS
from agreement.made import made
from exact_by_rows import differing
from exact_drafts import Draft, dataset, entity, item, office, office_data
from hypothesis import given
from hypothesis import strategies as st
from test_fairness_analysis_pieces import Drawn

import assessdsl
from assessdsl.backends import ratios, run
from assessdsl.backends.alike import apart, together
from assessdsl.backends.columns import Columns, Fault
from assessdsl.backends.exact import run_again
from assessdsl.backends.ratios import BITS, Column, column
from assessdsl.backends.scalars import CALCULATE, COMPARE
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.facts import MISSING, Missing
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import ENTITY, POLICY, Aggregate, Calculate, Combine, Grain, Load, Part, Rank
from assessdsl.quantity import ROUNDING_MODES, Unit, rounded
from assessdsl.source import Cell

POLICIES = Path(__file__).parent.parent / "policies"


@pytest.mark.parametrize("form", [*FORMS])
def test_rows_of_forms(form: str) -> None:
    case = made(form, 3, 12)
    assert differing(case.policy.plan, case.dataset, case.columns) == []


@pytest.mark.parametrize("name", sorted(path.parent.name for path in POLICIES.glob("*/policy.en.assess")))
def test_rows_of_policies(name: str) -> None:
    policy = assessdsl.load(POLICIES / name / "policy.en.assess")
    bound = bind(policy.plan.schema, assessdsl.read_facts(POLICIES / name / "facts")).dataset
    columns = run(policy.plan, bound)
    assert differing(policy.plan, bound, columns) == []
    every = range(len(policy.plan.steps))
    assert [*run_again(policy.plan, bound, columns, {}, every).values] == [*columns.values]


@pytest.mark.parametrize("case", [case for case in test_conformance.cases() if "files" not in case.values[0]])
def test_rows_of_conformance_cases(case: dict[str, Any]) -> None:
    text = test_conformance.source(case)
    try:
        plan = assessdsl.loads(text.text, text.name).plan
        bound = bind(plan.schema, from_records(**test_conformance.tables(case)))
    except assessdsl.AssessmentError:
        return
    if not any(remark.is_error for remark in bound.diagnostics):
        columns = run(plan, bound.dataset)
        assert differing(plan, bound.dataset, columns) == []
        again = run_again(plan, bound.dataset, columns, {}, range(len(plan.steps)))
        assert [*again.values] == [*columns.values]


@pytest.mark.parametrize("part", range(4))
def test_rows_of_random_plans(part: int) -> None:
    for seed in range(part * 200, part * 200 + 200):
        drawn = Drawn(seed)
        drawn.line(4)
        any_number = drawn.random.randint
        numbers = (Fraction(any_number(-40, 40), any_number(1, 4)) if any_number(0, 9) else None for _ in range(6))
        data = dataset(*(entity(f"e{number}", x=x) for number, x in enumerate(numbers)))
        assert differing(drawn.plan(), data, run(drawn.plan(), data)) == [], seed


def test_rows_of_an_office_with_gaps() -> None:
    plan, data = office(), office_data()
    assert differing(plan, data, run(plan, data)) == []


# ---------------------------------------------------------------- arithmetic on columns

_NUMBERS = st.fractions(min_value=-50, max_value=50, max_denominator=40)
_SPECIAL = st.sampled_from([MISSING, Fault("AS5002")])
_ROWS = 4


@st.composite
def columns(draw: Any, values: Any = _NUMBERS) -> Column:
    """Numbers over one denominator or over one each, reduced or not, or one number throughout."""
    times = draw(st.lists(st.integers(1, 9), min_size=_ROWS, max_size=_ROWS))
    held = column(draw(st.lists(values, min_size=_ROWS, max_size=_ROWS)))
    match draw(st.sampled_from(("one", "each", "same"))):
        case "each":
            above = [value * by if type(value) is int else value for value, by in zip(held.values, times, strict=True)]
            return Column(above, [d * by for d, by in zip(held.denominators, times, strict=True)])
        case "same":
            return held.everywhere(0, _ROWS)
        case _:
            return held


def _holds(found: Column, expected: list[Any]) -> None:
    assert [*found.read] == expected
    assert set(map(type, found.values)) <= found.kinds
    assert Column(found.values, found.below).bits <= found.bits
    assert all(d > 0 for d in found.denominators)
    assert not found.same or found.read == found.read[:1] * len(found.read)


@given(columns(), columns(), columns())
def test_columns_are_reckoned_with_as_fractions_are(one: Column, other: Column, third: Column) -> None:
    two, each, three = (one, other), (one,), (one, other, third)
    given_to = {
        "+": two,
        "-": two,
        "*": two,
        "/": two,
        "per": two,
        "neg": each,
        "abs": each,
        "min": three,
        "max": three,
    }
    for name, operands in given_to.items():
        rows = zip(*(own.read for own in operands), strict=True)
        _holds(ratios.CALCULATE[name](*operands), [CALCULATE[name](*row) for row in rows])
    for holds in COMPARE.values():
        _holds(ratios.compared(holds, one, other), list(map(holds, one.read, other.read)))
    _holds(
        ratios.added_up(three, (1, -1, 1)), [x - y + z for x, y, z in zip(*(own.read for own in three), strict=True)]
    )
    _holds(ratios.folded(one, 2), [one.read[0] + one.read[2], one.read[1] + one.read[3]])
    _holds(ratios.folded(one, _ROWS), one.read)
    summed = ratios.gathered(one, (0, 2, 2, 0), 3).read
    assert summed == [one.read[0] + one.read[3], 0, one.read[1] + one.read[2]]


@given(columns(), st.sampled_from(ROUNDING_MODES), st.integers(-2, 3))
def test_columns_are_rounded_as_fractions_are(own: Column, mode: str, places: int) -> None:
    _holds(ratios.rounded(own, mode, places), [rounded(number, mode, places) for number in own.read])


@given(
    st.lists(st.booleans() | _SPECIAL, min_size=_ROWS, max_size=_ROWS) | st.just([False] * _ROWS),
    columns(_NUMBERS | _SPECIAL),
    columns(_NUMBERS | _SPECIAL),
)
def test_what_is_chosen_keeps_its_denominator(conditions: list[Any], first: Column, second: Column) -> None:
    rows = zip(conditions, first.read, second.read, strict=True)
    expected = [one if holds is True else other if holds is False else holds for holds, one, other in rows]
    _holds(ratios.chosen(Column(conditions), first, second), expected)


@given(st.lists(_NUMBERS | _SPECIAL | st.booleans() | st.none(), max_size=5))
def test_a_column_has_the_values_that_it_was_made_of(values: list[Any]) -> None:
    own = column(values)
    assert own.read == values
    assert column(own.take([*range(len(values))][::-1]).read).read == values[::-1]
    assert own.part(1, 3).read == values[1:3]


def test_how_long_a_result_can_be_is_known() -> None:
    one = Column([1])
    for name, number in (("+", 1), ("-", -1)):
        _holds(ratios.CALCULATE[name](one, Column([number])), [Fraction(2)])
    for places in (-9, 9):
        _holds(ratios.rounded(one, "up", places), [10 ** max(-places, 0)])


def test_the_sign_of_what_is_divided_by_goes_to_the_numerator() -> None:
    numbers, by = Column([3, 3, 3]), Column([1, -1, 0])
    _holds(ratios.CALCULATE["/"](numbers, by), [3, -3, None])
    _holds(ratios.CALCULATE["per"](numbers, by), [3, -3, MISSING])
    assert ratios.CALCULATE["/"](numbers, by).below == [1, 1, 1]


def test_decimals_are_held_over_one_number() -> None:
    assert column([Fraction(1, 2), Fraction(3, 10), Fraction(2)]).below == 10
    assert column([Fraction(1, 2), MISSING]).below == [2, 1]
    assert column([Fraction(3), True]).below == 1


def test_what_is_no_number_is_over_one() -> None:
    gap, each = Column([MISSING]), Column([2, 2], [4, 6])
    assert ratios.in_turn([0, 2], Column([1, 3], 4), [1], gap).below == 4
    assert ratios.in_turn([0, 2], each, [1], gap).below == [4, 1, 6]
    assert ratios.reduced(Column([2, MISSING], [4, 1])).below == [2, 1]
    assert ratios.chosen(Column([True, MISSING]), each, Column([1, 1], [5, 7])).below == [4, 1]
    assert ratios.gathered(Column([1, 1], [3**5000, 7**2500]), [0, 0], 1).below == [1]


def test_long_numbers_are_reduced_and_others_left() -> None:
    long = column([Fraction(3**300), Fraction(1, 3**300)])
    assert ratios.CALCULATE["*"](long, long).denominators == [1, 3**600]
    assert ratios.CALCULATE["/"](long, long).denominators == [1, 1]
    twice = Column([3**300, 3**300], [3**300, 1])
    assert ratios.chosen(Column([True, False]), twice, twice).denominators == [1, 1]
    short = Column([2, 4], 4)
    assert ratios.CALCULATE["*"](short, short).below == 16
    assert ratios.added_up([short, short], (1, 1)).below == 4
    assert Column([True]).bits == Column([]).bits == 0
    assert Column([-9, MISSING], 4).bits == 4


def test_one_value_for_many_rows_is_reduced() -> None:
    held = column([Fraction(1, 2), Fraction(3, 5), Fraction(2)])
    assert held.below == 10
    assert [held.everywhere(row, 2).below for row in range(3)] == [2, 5, 1]
    assert Column([MISSING, True], [1, 1]).everywhere(1, 2).read == [True, True]


def test_where_a_handling_stands_in_nothing_is_known_to_be_missing_any_more() -> None:
    gap = Column([1, MISSING])
    assert ratios.chosen(Column([False, True]), Column([2, 2]), gap).numeric


def test_what_is_chosen_from_columns_of_two_kinds_is_of_either() -> None:
    _holds(ratios.chosen(Column([True, False]), Column([1, 2]), Column([True, True])), [1, True])


def test_numbers_that_only_might_be_long_are_left() -> None:
    number = Column([2, 2], bits=500)
    assert ratios.CALCULATE["*"](number, Column([4, 4], [8, 6], bits=500)).below == [8, 6]


def test_what_a_column_is_known_to_hold() -> None:
    numbers, gap, nobody = Column([-1, 2]), Column([1, MISSING]), Column([])
    assert [own.numeric for own in (numbers, gap, nobody, Column([True]))] == [True, False, True, False]
    assert [own.whole for own in (numbers, gap, nobody, Column([Fault("AS5002")]))] == [True, False, True, False]
    assert Column([1, 1], [1, 1024]).bits == Column([1024, 1], [1, 1]).bits == 11


def test_numbers_may_be_a_little_longer_than_their_digits_before_these_are_counted() -> None:
    digits = LIMITS.result_digits
    assert isinstance(BITS, int)
    assert Column([10**digits]).bits <= BITS < Column([10 ** (digits + 20)]).bits


def test_a_sum_is_too_long_if_its_reduced_denominator_is() -> None:
    long, other = 3**5000, 7**2500
    assert ratios.total([(1, long), (1, other)]) is None
    short = ratios.total([(long, 2 * long), (other, other)])
    assert short is not None
    assert short == (3, 2)
    assert set(map(type, short)) == {int}
    assert ratios.total([(1, 1)]) == (1, 1)
    assert ratios.total([(1, 2 ** (BITS - 1))]) == (1, 2 ** (BITS - 1))
    assert ratios.total([(1, 2**BITS)]) is None
    one, two = Column([1], [long]), Column([1, 1], [long, other])
    assert ratios.added_up([one, Column([1], [other])], (1, 1)).values == [None]
    assert ratios.gathered(two, [0, 0], 1).values == [None]


def test_a_sum_that_is_too_long_beside_one_that_is_missing_is_told_of_its_entity() -> None:
    draft = Draft()
    parts = tuple(Part(name, draft.fact(name), draft.constant(Fraction(10))) for name in ("x", "y"))
    draft.add(Combine(parts))
    long = {"x": Fraction(1, 3**5000), "y": Fraction(1, 7**2500)}
    columns = draft.columns(dataset(entity("a", x=1, y=None), entity("b", **long), entity("c", x=1, y=2)))
    missing, fault, three = columns.values[-1]
    assert (missing, three) == (MISSING, 3)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.entity) == ("AS5009", "b")


# ---------------------------------------------------------------- sums of parts that stand side by side


@pytest.mark.parametrize("signs", [(1, 1, 1), (1, -1, 1), (-1, -1, 1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1), (0, 1)])
@pytest.mark.parametrize("gap", [None, 0, 2])
@pytest.mark.parametrize("constant", [False, True])
def test_parts_that_stand_side_by_side_are_added_up_as_others(
    signs: tuple[Any, ...], order: tuple[int, ...], gap: int | None, constant: bool
) -> None:
    draft, names = Draft(), ("parks", "roads", "safety")
    scores = []
    for name in names:
        score = draft.of(name, "actual")
        scores.append(draft.add(Aggregate("sum", score, Grain("target", name), ENTITY)))
    points = [draft.constant(10) for _ in names]
    parts = [Part(names[at], scores[at], points[at], sign) for at, sign in zip(order, signs, strict=False)]
    if constant:
        both = draft.constant(3), draft.constant(4)
        parts[1:1] = [Part(f"rest{number}", id, points[0]) for number, id in enumerate(both)]
    draft.add(Combine(tuple(parts)))
    actual = {name: [Fraction(100 + row, 3**row) + len(name) for row in range(3)] for name in names}
    if gap is not None:
        actual["roads"][gap] = None  # type: ignore[call-overload]
    data = dataset(
        *(entity(f"e{row}") for row in range(3)),
        items={name: [item(row, actual=held) for row, held in enumerate(actual[name])] for name in names},
    )
    expected = []
    for row in range(3):
        added = [
            None if (own := actual[names[at]][row]) is None else sign * own
            for at, sign in zip(order, signs, strict=False)
        ]
        expected.append(None if None in added else sum(added) + (7 if constant else 0))
    assert draft.run(data) == expected


@pytest.mark.parametrize(
    ("points", "full", "given"),
    [
        ((10, 20), 30, [23, 7]),
        ((10, 20), None, [23, 7]),
        ((10, 20), 60, [46, 14]),
        ((10, 20), 0, [0, 0]),
        ((10, 0), 10, [23, 7]),
    ],
)
def test_points_that_the_policy_says_are_asked_for_but_once(points: Any, full: int | None, given: list[Any]) -> None:
    draft = Draft()
    parts = [Part(name, draft.fact(name), draft.constant(own)) for name, own in zip("xy", points, strict=True)]
    draft.add(Combine(tuple(parts), None if full is None else draft.constant(full)))
    plan = draft.plan()
    data = dataset(entity("a", x=8, y=15), entity("b", x=3, y=4))
    assert [run(plan, data).values[-1] for _ in range(2)] == [given, given]


# ---------------------------------------------------------------- what is loaded and what is said


def test_what_a_plan_keeps_is_of_whatever_data_it_is_run_on() -> None:
    draft = Draft()
    one, each = draft.constant(7), draft.constant(5, ENTITY)
    draft.add(Calculate("+", (draft.fact("x"), each)))
    plan = draft.plan()
    for numbers in ([1], [1, 2, 3], []):
        found = run(plan, dataset(*(entity(f"e{number}", x=number) for number in numbers))).values
        assert [*map(list, (found[one], found[each], found[-1]))] == [
            [7],
            [5] * len(numbers),
            [number + 5 for number in numbers],
        ]


def test_what_is_missing_of_an_item_says_what_and_where() -> None:
    draft = Draft()
    actual = draft.of("roads", "actual")
    for gap, cell in ((item(1, actual=None), Cell("facts.csv", 2, "actual")), (item(1), Cell("targets.csv", 3))):
        data = dataset(entity("a"), entity("b"), items={"roads": [item(0, actual=3), gap]})
        known, missing = run(draft.plan(), data).values[actual]
        assert (known, missing) == (3, MISSING)
        assert isinstance(missing, Missing)
        assert (missing.name, missing.cell) == ("actual", cell)


def test_a_reported_row_is_asked_for_its_own_value() -> None:
    draft = Draft()
    of_rows, of_item = draft.entry("roads", "actual"), draft.of("roads", "actual")
    tagged = draft.add(Load("tag", "actual"), Grain("target", "roads"))
    data = dataset(entity("a"), items={"roads": [item(0, actual=1, entries=[{"actual": 2}])]})
    found = run(draft.plan(), data).values
    assert [*map(list, (found[of_rows], found[of_item], found[tagged]))] == [[2], [1], [False]]


# ---------------------------------------------------------------- batches


def test_like_steps_of_several_indicators_are_one_batch() -> None:
    draft = Draft()
    half = draft.constant(Fraction(1, 2))
    for name in ("roads", "safety"):
        draft.add(Calculate("*", (draft.of(name, "actual"), half)), Grain("target", name))
    plan = draft.plan()
    assert [[step.id for step in batch.steps] for batch in together(plan).batches] == [[0], [1, 3], [2, 4]]
    assert [[step.id for step in batch.steps] for batch in apart(plan).batches] == [[0], [1], [2], [3], [4]]
    assert together(plan) is together(plan)
    assert apart(plan) is apart(plan)


def test_steps_are_alike_in_whatever_unit_their_numbers_are() -> None:
    draft = Draft()
    for name, unit in (("roads", Unit.COUNT), ("safety", Unit.SHARE), ("award", Unit.YES_NO)):
        draft.add(Load("target", "actual"), Grain("target", name), unit)
    assert [[step.id for step in batch.steps] for batch in together(draft.plan()).batches] == [[0, 1], [2]]


def test_what_reads_peers_is_worked_out_by_itself() -> None:
    draft = Draft()
    score = draft.fact("score")
    ranks = [draft.add(Rank((score,), "group", "shared")) for _ in range(2)]
    data = dataset(entity("east", score=1), entity("west", score=2))
    assert [[step.id for step in batch.steps] for batch in together(draft.plan()).batches] == [[0], [1], [2]]
    assert [draft.run(data, rank) for rank in ranks] == [[2, 1]] * 2


def test_what_is_rested_on_comes_first_whatever_else_is_left_out() -> None:
    draft = Draft()
    numbers = [draft.constant(number) for number in range(8)]
    last = draft.add(Calculate("neg", (numbers[1],)), POLICY)
    plan = draft.plan()
    assert [[step.id for step in batch.steps] for batch in together(plan, (last,)).batches] == [[1], [8]]
    assert run(plan, dataset(), (last,)).values[last] == [-1]


def test_what_another_engine_gave_is_gone_on_from() -> None:
    plan, data = office(), office_data()
    known = run(plan, data)
    total = plan.outputs.total
    read = Columns(known.layout, known.grains, [*known.values])
    for before in (known, read):
        assert [*run_again(plan, data, before, {}, [total]).values] == read.values


def test_what_is_not_wanted_is_not_worked_out() -> None:
    plan, data = office(), office_data()
    wanted = (plan.outputs.total,)
    assert run(plan, data, wanted).values[plan.outputs.total] == run(plan, data).values[plan.outputs.total]
    assert plan.outputs.rank is not None
    with pytest.raises(KeyError):
        run(plan, data, wanted).values[plan.outputs.rank]
