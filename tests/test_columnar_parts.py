"""The parts of the columnar engine by themselves: fractions all but equal, groups, many targets, old reports."""

from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import assessdsl
from assessdsl.backends.columnar import lowering
from assessdsl.backends.columnar.blockwise import Blockwise
from assessdsl.backends.columnar.items import MOST
from assessdsl.backends.columnar.peers import NotExact, Offered, aggregated
from assessdsl.backends.columnar.quotients import Quotients
from assessdsl.facts import MISSING
from assessdsl.frames import evaluate_frame
from assessdsl.plan.steps import ENTITY, GROUP, Aggregate

LONGEST = (1 << 63) - 1

# ---------------------------------------------------------------- fractions


def quotients(values: list[Fraction]) -> Quotients:
    above, below = zip(*((one.numerator, one.denominator) for one in values), strict=True)
    return Quotients(np.array(above, np.int64), np.array(below, np.int64))


def near() -> st.SearchStrategy[Fraction]:
    """Fractions close to one another: neighbours differ by less than a floating-point number can tell."""
    return st.builds(lambda below, off: Fraction(below // 3 + off, below), st.integers(LONGEST - 99, LONGEST),
                     st.integers(-2, 2))  # fmt: skip


@given(st.lists(near() | st.fractions(-9, 9, max_denominator=60), min_size=1, max_size=12))
def test_fractions_stand_in_their_order_however_close_they_are(values: list[Fraction]) -> None:
    places = quotients(values).in_order().tolist()
    for one, first in zip(values, places, strict=True):
        for other, second in zip(values, places, strict=True):
            assert (one < other, one == other) == (first < second, first == second)


@given(st.lists(st.fractions(-9, 9, max_denominator=10**9), min_size=1, max_size=6))
def test_over_one_divisor_they_are_what_they_were(values: list[Fraction]) -> None:
    found = quotients(values).over_one()
    if found is None:
        assert max(1, *map(abs, values)) * np.lcm.reduce([one.denominator for one in values], dtype=object) > LONGEST
    else:
        assert [Fraction(number, found[1]) for number in found[0].tolist()] == values


@pytest.mark.parametrize(
    ("values", "numbers", "scale"),
    [([Fraction(1, LONGEST), Fraction(1)], [1, LONGEST], LONGEST), ([Fraction(LONGEST)], [LONGEST], 1)],
)
def test_one_divisor_may_be_as_long_as_can_be(values: list[Fraction], numbers: list[int], scale: int) -> None:
    found = quotients(values).over_one()
    assert found is not None
    assert (found[0].tolist(), found[1]) == (numbers, scale)


def test_no_number_that_is_too_long_is_put() -> None:
    own = quotients([Fraction(1, 3)])
    given = [Fraction(1, LONGEST + 1), Fraction(LONGEST + 1), Fraction(-LONGEST, 2)]
    assert [own.put(0, one) for one in given] == [False, False, True]
    assert (own.above[0], own.below[0]) == (-LONGEST, 2)


# ---------------------------------------------------------------- groups


def of_groups(function: Any, numbers: list[int], scale: int = 1, **more: Any) -> list[Any]:
    rows = len(numbers)
    offered = Offered(np.ones(rows, np.bool_), np.zeros(rows, np.bool_), np.array(numbers, np.int64), scale, **more)
    aggregate = Aggregate(function, 0, ENTITY, GROUP)
    return aggregated(aggregate, [offered], np.arange(rows) % 2, 3, [])


def test_a_sum_grows_longer_than_64_bits() -> None:
    assert of_groups("sum", [LONGEST, -LONGEST, LONGEST, -LONGEST], 10) == [
        Fraction(2 * LONGEST, 10), Fraction(-2 * LONGEST, 10), 0]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "found"),
    [("count", [2, 1, 0]), ("mean", [3, 7, MISSING]), ("least", [1, 7, MISSING]), ("greatest", [5, 7, MISSING]),
     ("median", [3, 7, MISSING]), ("variance", [4, 0, MISSING])],
)  # fmt: skip
def test_of_a_group_and_of_one_that_has_nobody(function: str, found: list[Any]) -> None:
    assert of_groups(function, [1, 7, 5]) == found


def test_fractions_without_a_common_divisor_are_compared_but_not_added() -> None:
    values = [Fraction(1, LONGEST), Fraction(1, 2), Fraction(2, LONGEST - 2)]
    order = quotients(values).in_order().tolist()
    assert of_groups("greatest", order, 0, quotients=quotients(values)) == [values[2], values[1], MISSING]
    with pytest.raises(NotExact):
        of_groups("sum", order, 0, quotients=quotients(values))


# ---------------------------------------------------------------- many targets


@pytest.mark.parametrize("more", [0, 1])
def test_of_an_entity_with_more_targets_than_are_numbered_all_are_scored(more: int) -> None:
    policy, number = assessdsl.loads(SHARED), MOST + more
    targets = pl.DataFrame({
        "target": [f"t{at}" for at in range(number + 1)], "entity": ["many"] * number + ["one"],
        "indicator": "project", "planned": [2] * (number + 1), "actual": [at % 3 for at in range(number + 1)],
    })  # fmt: skip
    found = evaluate_frame(policy, pl.DataFrame({"entity": ["many", "one"], "group": "county"}), targets=targets)
    expected = sum((Fraction(min(at % 3, 2), 2) for at in range(number)), Fraction(0)) / number * 100
    assert found.total(0) == Fraction(round(expected * 100), 100)
    assert found.by_exact_engine == more


# ---------------------------------------------------------------- values that no sample shows


def forbidden(*_: Any) -> None:
    raise AssertionError


def many_rows(*, kernels: bool, **odd: tuple[int, int]) -> list[int]:
    """The totals where nearly all have done 7 of 8. odd: what each column holds instead, and every how many rows."""
    if kernels:
        pytest.importorskip("llvmlite")
    rows, given = np.arange(100_000), {}
    for name, usual in (("planned", 8), ("actual", 7)):
        value, often = odd.get(name, (usual, 1000))
        given[f"growth.{name}"] = np.where(rows % often == 300, value, usual)
    groups = pl.Series(["south", "north", "west", "east"] * 25_000, dtype=pl.Categorical)
    policy = assessdsl.loads(GROWTH)
    found = evaluate_frame(policy, pl.DataFrame({"group": groups, **given}), kernels=kernels, threads=2)
    assert found.by_exact_engine == 0
    return list(found.scores["total"].tolist())


@pytest.mark.parametrize("kernels", [False, True])
def test_zeros_that_no_sample_shows_are_not_left_to_wider_code(kernels: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blockwise, "_widen", forbidden)
    found = many_rows(kernels=kernels, actual=(0, 781))
    assert [row for row, total in enumerate(found) if total == 0] == list(range(300, 100_000, 781))
    assert set(found) == {0, 8750}


@pytest.mark.parametrize("kernels", [False, True])
def test_rows_beside_a_great_number_are_done_with_it(kernels: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blockwise, "_beyond", forbidden)
    found = many_rows(kernels=kernels, planned=(10**14, 78_100), actual=(10**14 - 10**12, 78_100))
    assert {row: total for row, total in enumerate(found) if total != 8750} == {300: 9900, 78_400: 9900}


def test_that_a_number_is_too_wide_for_columns_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, lower = list[Any](), lowering._lower

    def counted(*given: Any) -> Any:
        asked.append(given)
        return lower(*given)

    monkeypatch.setattr(lowering, "_lower", counted)
    score = "attainment(actual, planned, zero_plan: error)"
    policy = assessdsl.loads(GROWTH.replace(score, "(actual * planned - 5 * actual) * 1%"))
    planned = [8] * 2000 + [LONGEST - 7]
    frame = pl.DataFrame({"group": ["south"] * 2001, "growth.planned": planned, "growth.actual": planned})
    for _ in range(2):
        found = evaluate_frame(policy, frame)
        assert found.by_exact_engine == 1
        assert found.total(0) == 24
    assert len(asked) == 2  # for most rows, and for one


GROWTH = """policy example "Example" {
  period 2022
  full 100 points
  group north "North"
  group south "South"
  group east "East"
  group west "West"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      unit count
      score attainment(actual, planned, zero_plan: error)
      rounding half_up to 2 places
      missing error
      absent error
    }
  }
}
"""

# ---------------------------------------------------------------- earlier years

SHARED = """policy example "Example" {
  period 2022
  full 100 points
  rounding half_even to 2 places of total
  group county "Counties"
  component base "Base" {
    points 100 points
    indicator project "Projects" {
      points 100 points shared by count
      unit count
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
}
"""
GROWN = """policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  fact roads count missing zero
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      score if roads > previous(roads) then 100% else 50%
      missing zero
    }
  }
}
"""


def entries(**more: list[Any]) -> pl.DataFrame:
    rows = {"entity": ["Ash", "Old", "Gone"], "fact": ["roads"] * 3, "period": [2021] * 3, "actual": [3, 5, 7]}
    return pl.DataFrame({**rows, **more})


ENTITIES = pl.DataFrame(
    {"entity": ["Ash", "Birch"], "successor_of": [None, "Old"], "roads": [4, 4], "group": ["county", "county"]}
)


def test_what_was_reported_a_year_ago_counts_under_a_former_name() -> None:
    found = evaluate_frame(assessdsl.loads(GROWN), ENTITIES, entries=entries())
    assert [found.total(row) for row in range(2)] == [100, 50]
    assert found.explain("Birch", "growth").score == 50


def test_nothing_is_the_own_past_of_what_several_went_into() -> None:
    merged = ENTITIES.with_columns(successor_of=pl.Series([None, "Old、Gone"]))
    found = evaluate_frame(assessdsl.loads(GROWN), merged, entries=entries())
    assert [found.total(row) for row in range(2)] == [100, 0]


@pytest.mark.parametrize(
    ("given", "code", "cell"),
    [
        (entries(entity=["Ash", "Old", "Ash"]), "AS6210", "entries:3 actual"),
        (entries(actual=["3", "x", "7"]), "AS6101", "entries:2 actual"),
        (entries(period=["2021", "21", "2021"]), "AS6222", "entries:2 period"),
    ],
)
def test_what_is_wrong_with_old_rows_is_told(given: pl.DataFrame, code: str, cell: str) -> None:
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(assessdsl.loads(GROWN), ENTITIES, entries=given)
    assert (code, cell) in {(one.code, str(one.cell or "")) for one in raised.value.diagnostics}


def test_an_entity_that_was_called_as_it_is_now_is_told() -> None:
    round_ = ENTITIES.with_columns(successor_of=pl.Series(["Birch", "Ash"]))
    with pytest.raises(assessdsl.DataError) as raised:
        evaluate_frame(assessdsl.loads(GROWN), round_)
    assert {one.code for one in raised.value.diagnostics} == {"AS6223"}
