"""Aggregates of peers in arrays: those of the exact engine over the same values, whatever rows it is left."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assessdsl.backends.aggregate import of_rows
from assessdsl.backends.columnar.column import Array
from assessdsl.backends.columnar.peers import NotExact, aggregated, left_open, offers, spread
from assessdsl.backends.columns import Value
from assessdsl.backends.ratios import BITS
from assessdsl.facts import MISSING, Missing
from assessdsl.plan.steps import ENTITY, GROUP, Aggregate

LONGEST = (1 << 63) - 1
GROUPS = 3
NUMBERS = ("sum", "count", "mean", "median", "variance", "product", "least", "greatest")
STATES = st.sampled_from(["in"] * 6 + ["out", "unknown"])
# over one divisor, or over none that 64 bits hold
FORMS = {
    "whole": st.integers(-9, 9).map(Fraction),
    "long": st.sampled_from([1, 2**31, -(2**32), 2**32, 2**40, LONGEST, -LONGEST]).map(Fraction),
    "tenths": st.integers(-99, 99).map(lambda n: Fraction(n, 10)),
    "fractions": st.fractions(-9, 9, max_denominator=12),
    "odd": st.sampled_from([Fraction(1, LONGEST), Fraction(-1, LONGEST - 2), Fraction(1, 2), Fraction(3, 2)]),
}
Cell = tuple[Fraction, str]  # a value, and whether it counts
Row = tuple[int, bool, list[Cell]]  # a group, whether the row is left to the exact engine, and what it has of items


@st.composite
def offered(draw: st.DrawFn) -> tuple[list[str], list[Row]]:
    forms = draw(st.lists(st.sampled_from(list(FORMS)), min_size=1, max_size=2))
    cells = st.tuples(*(st.tuples(FORMS[form], STATES) for form in forms)).map(list)
    left = st.integers(0, 5).map(lambda n: not n)
    return forms, draw(st.lists(st.tuples(st.integers(0, GROUPS - 2), left, cells), max_size=8))


def scale_of(form: str) -> int:
    return {"whole": 1, "long": 1, "tenths": 10}.get(form, 0)


def outputs(forms: list[str], rows: list[Row], hides: Any) -> tuple[list[Array], list[Array]]:
    """As code gives them: where a row counts, or is not known or left, there stands whatever it may be."""
    numbers: list[Array] = []
    divisors: list[Array] = []
    answers: list[Array] = []
    left = np.array([row[1] for row in rows], np.bool_)
    for at, form in enumerate(forms):
        cells = [row[2][at] for row in rows]
        scale = scale_of(form)
        above = [value.numerator * (scale // value.denominator) if scale else value.numerator for value, _ in cells]
        states = np.array([state for _, state in cells], np.str_)
        numbers.append(np.where((states == "in") & ~left, np.array(above, np.int64), hides))
        if not scale:
            divisors.append(np.array([value.denominator for value, _ in cells], np.int64))
        answers += [(states == "in") | (states == "unknown") | left, states == "unknown"]
    return [*numbers, *divisors], [*answers, left]


def held(cell: Cell) -> tuple[Value, Value]:
    return (MISSING if cell[1] == "unknown" else cell[0]), cell[1] != "out"


@settings(max_examples=300)
@given(st.sampled_from(NUMBERS), st.integers(0, 1), offered())
@example("least", 0, (["whole", "tenths"], [(0, False, [(Fraction(1), "in"), (Fraction(2), "out")])]))
@example("greatest", 0, (["odd", "whole"], [(0, False, [(Fraction(1), "out"), (Fraction(2), "in")])]))
@example("variance", 0, (["whole"], [(0, False, [(Fraction(2**32), "in")])]))
def test_they_are_those_of_the_exact_engine(function: Any, drop: int, drawn: tuple[list[str], list[Row]]) -> None:
    forms, rows = drawn
    aggregate = Aggregate(function, 0, ENTITY, GROUP, drop=drop if function == "mean" else 0)
    group = np.array([row[0] for row in rows], np.intp)
    exact = [(own, *held(cell)) for own, left, cells in rows if left for cell in cells]
    expected = []
    for number in range(GROUPS):
        pairs = [held(cell) for own, _, cells in rows if own == number for cell in cells]
        expected.append(of_rows(aggregate, [one[0] for one in pairs], [one[1] for one in pairs], None))
    try:
        found = aggregated(
            aggregate, offers([scale_of(form) for form in forms], *outputs(forms, rows, 7)), group, GROUPS, exact
        )
    except NotExact:
        assert None in expected or "odd" in forms
        return
    assert found == expected


@settings(max_examples=200)
@given(
    st.sampled_from(["any", "all"]),
    st.lists(st.tuples(st.integers(0, GROUPS - 2), st.integers(0, 5).map(lambda n: not n),
                       st.lists(st.sampled_from([True, False, None]), min_size=2, max_size=2)), max_size=6),
)  # fmt: skip
def test_whether_any_or_all_do(function: Any, rows: list[tuple[int, bool, list[bool | None]]]) -> None:
    aggregate = Aggregate(function, 0, ENTITY, GROUP)
    group = np.array([row[0] for row in rows], np.intp)
    left = np.array([row[1] for row in rows], np.bool_)
    answers = []
    for at in range(2):
        own = [row[2][at] for row in rows]
        answers += [np.array([one in (None, function == "any") for one in own], np.bool_),
                    np.array([one is None for one in own], np.bool_)]  # fmt: skip
    each: list[tuple[int, Value]] = [
        (own, MISSING if one is None else one) for own, _, values in rows for one in values
    ]  # fmt: skip
    exact = [
        (own, MISSING if one is None else one, True) for own, is_left, values in rows if is_left for one in values
    ]  # fmt: skip
    expected = [of_rows(aggregate, [one for own, one in each if own == number], None, None) for number in range(GROUPS)]
    assert aggregated(aggregate, offers([], [], [*answers, left]), group, GROUPS, exact) == expected


@given(
    st.lists(st.none() | st.booleans(), min_size=1, max_size=4)
    | st.lists(st.none() | st.fractions(-9, 9, max_denominator=7) | st.sampled_from([
        Fraction(LONGEST), Fraction(-LONGEST, 2), Fraction(1, LONGEST), Fraction(LONGEST + 1), Fraction(1, LONGEST + 1),
    ]), min_size=1, max_size=4),
    st.lists(st.integers(0, 3), min_size=1, max_size=6),
)  # fmt: skip
def test_values_of_groups_are_read_in_the_rows(given: list[Any], rows: list[int]) -> None:
    values: list[Value] = [MISSING if one is None else one for one in given]
    of_row = np.array([row % len(values) for row in rows])
    (key, column, form, what), *others = spread("key", values, of_row)
    assert (key, what.scale) == ("key", 1)
    absent = column.absent().tolist()
    assert what.nullable == (column.missing is not None) == any(absent)
    for row, of in enumerate(of_row.tolist()):
        value = values[of]
        assert absent[row] == isinstance(value, Missing)
        if isinstance(value, bool):
            assert form.is_answer
            assert bool(column.data[row]) == value
        elif isinstance(value, Fraction):
            number = int(column.data[row])
            assert what.low <= number <= what.high
            if form.values:
                assert form.values[number] == value
                continue
            ((name, below, _, divisors),) = others
            assert (name, divisors.scale) == (form.divisor, 1)
            assert divisors.low <= int(below.data[row]) <= divisors.high
            assert Fraction(number, int(below.data[row])) == value
            assert form.within is not None
            assert form.within[0] <= value <= form.within[1]


def test_a_number_that_grows_without_end_is_told() -> None:
    numbers = np.full(BITS // 62, LONGEST)
    (one,) = offers([1], [numbers], [numbers > 0, numbers < 0, numbers < 0])
    with pytest.raises(NotExact):
        aggregated(Aggregate("product", 0, ENTITY, GROUP), [one], np.zeros(len(numbers), np.intp), 1, [])


def test_of_values_too_long_for_columns_which_it_is_stands_there() -> None:
    for longest, is_held in ((Fraction(1, LONGEST), True), (Fraction(1, LONGEST + 1), False)):
        ((_, _, form, _), *_) = spread("key", [longest], np.zeros(1, np.intp))
        assert bool(form.divisor) == is_held


@pytest.mark.parametrize("scale", [1, 10])
def test_where_nobody_is_known_rows_of_nothing_are_no_rows(scale: int) -> None:
    nothing = np.zeros(0, np.int64)
    (one,) = offers([scale], [nothing], [nothing == 1, nothing == 1, nothing == 1])
    for function, expected in (("sum", 0), ("greatest", MISSING), ("variance", MISSING)):
        aggregate: Any = Aggregate(function, 0, ENTITY, GROUP)  # type: ignore[arg-type]
        assert aggregated(aggregate, [one], np.zeros(0, np.intp), 1, []) == [expected]


class Left:
    """Entities that the columns left open, with two items each, of which the second is left out."""

    def values(self, id: int, _: Any, entity: int) -> list[Value]:
        return [True, False] if id else [Fraction(entity), Fraction(9)]


def test_what_is_left_gives_all_values_and_whether_they_count() -> None:
    part: Any = Left()
    for when, counts in ((1, False), (None, True)):
        found = left_open(Aggregate("sum", 0, ENTITY, GROUP, when=when), part, np.array([4, 5]))
        assert list(found) == [(4, 0, True), (4, 9, counts), (5, 1, True), (5, 9, counts)]
