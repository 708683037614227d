"""Roots, logarithms, powers and means of shares in columns: the numbers of the exact engine, whatever is in doubt."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from frames_of_tables import frames
from hypothesis import example, given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.backends.columnar.arithmetic import Arithmetic
from assessdsl.backends.columnar.column import Column
from assessdsl.backends.columnar.forms import Near, Ratio, Whole
from assessdsl.backends.columnar.nodes import Bit
from assessdsl.backends.columnar.peers import Offered, aggregated
from assessdsl.backends.columnar.powers import Powers
from assessdsl.backends.columnar.program import Program
from assessdsl.backends.columnar.vectors import a_room, code
from assessdsl.backends.scalars import CALCULATE
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.frames import FrameResult, evaluate_frame
from assessdsl.plan.steps import ENTITY, GROUP, Aggregate

LONG = (1 << 61) - 1

# ---------------------------------------------------------------- the bounds


def worked_out(p: Program, outputs: Sequence[Bit], rows: Sequence[Sequence[int]]) -> list[list[Any]]:
    columns = {f"{at}": Column(np.array(one, np.int64)) for at, one in enumerate(zip(*rows, strict=True))}
    found = [np.empty(len(rows), np.bool_ if isinstance(one, bool) or one.kind == "bit" else np.float64)
             for one in outputs]  # fmt: skip
    with a_room() as room:
        assert code(outputs).bind(columns, found, room)(0, len(rows)) == []
    return [one.tolist() for one in found]


def amounts() -> st.SearchStrategy[int]:
    return st.one_of(st.integers(1, 9), st.integers(1, LONG), st.integers(0, 60).map(lambda n: 1 << n),
                     st.integers(1, 10**6).map(lambda n: n * n))  # fmt: skip


@pytest.mark.parametrize("operator", ["ln", "exp", "root", "mean", "of a mean"])
@settings(max_examples=30)
@given(st.lists(st.tuples(amounts(), amounts(), amounts()), min_size=1, max_size=20))
@example([(1, 1, 1), (LONG, 1, LONG)])
def test_a_number_is_no_further_off_than_is_proved(operator: str, rows: list[tuple[int, int, int]]) -> None:
    p = Program()
    numbers = Arithmetic(p)
    one, two, three = (p.column(f"{at}", 1, max(row[at] for row in rows)) for at in range(3))
    powers, half = Powers(numbers), numbers.known(Fraction(1, 2))
    below_one = Ratio(p.least(one, two), p.greatest(one, two), (Fraction(0), Fraction(1)))
    match operator:
        case "ln":
            form, left = powers.ln(Ratio(one, two))
        case "exp":
            form, left = powers.exp(Near(p.real_multiply(numbers.near(below_one), p.real_constant(Fraction(300)))))
        case "root":
            form, left = powers.power([(Whole(one, 100), numbers.known(Fraction(1, 3)))])
        case _:
            form, left = powers.power([(Ratio(one, two), half), (Whole(three, 10), half)])
            if operator == "of a mean":
                assert isinstance(form, Near)
                form, left = powers.ln(form)
    assert isinstance(form, Near)
    assert left is False
    node = form.node
    for value, (a, b, c) in zip(worked_out(p, [node], rows)[0], rows, strict=True):
        match operator:
            case "ln":
                exact = CALCULATE["ln"](Fraction(a, b))
            case "exp":
                exact = CALCULATE["exp"](300 * Fraction(min(a, b), max(a, b)))
            case "root":
                exact = CALCULATE["power"](Fraction(a, 100), Fraction(1, 3))
            case _:
                exact = CALCULATE["power"](Fraction(a, b), Fraction(1, 2), Fraction(c, 10), Fraction(1, 2))
        if operator == "of a mean":
            exact = CALCULATE["ln"](exact)
        off = abs(Fraction(value) - exact)
        assert off <= node.error
        assert node.low <= exact <= node.high
        if node.part is not None:
            assert off <= node.part.of_it * abs(exact)
            assert not exact or abs(exact) >= node.part.least
    if operator in ("exp", "root", "mean"):
        assert node.part is not None
        assert node.part.of_it < Fraction(1, 1 << 40)


def test_whether_a_number_that_is_held_at_zero_is_zero_is_in_doubt() -> None:
    """Unless it is known what part of itself its error can be."""
    p = Program()
    numbers, one = Arithmetic(p), p.column("0", 0, 9)
    third = Near(p.real_multiply(one, p.real_constant(Fraction(1, 3))))
    nothing = numbers.known(Fraction(0))
    held, _ = numbers.extreme(numbers.add(third, numbers.known(Fraction(1)), "-"), nothing, ">")
    (_, doubt), (equal, none) = numbers.compare(held, "==", nothing), numbers.compare(third, "==", nothing)
    assert none is False
    assert worked_out(p, [equal], [(0,), (1,), (9,)]) == [[True, False, False]]
    assert worked_out(p, [doubt], [(3,), (9,)]) == [[True, False]]


# ---------------------------------------------------------------- policies

SCORES = {
    "square root": "sqrt(x, undefined: 7) * 1 point",
    "cube root": "root(x, 3) * 1 point",
    "logarithm": "ln(x, undefined: 0) * 10 points",
    "power of e": "exp(x / 10) * 1 point",
    "decay": "exp(0 - x) * 100 points",
    "power": "power(x, 0.75, undefined: 3) * 1 point",
    "power below zero": "power(x, -0.5, undefined: 3) * 1 point",
    "power of two columns": "power(x, y / 10, undefined: 2) * 1 point",
    "geometric mean": "geometric_mean(x: 1, y: 2, undefined: 0) * 1 point",
    "harmonic mean": "harmonic_mean(x: 1, y: 2, undefined: 0) * 1 point",
    "mean of cubes": "generalised_mean(x, y, power: 3, undefined: 0) * 1 point",
    "mean of roots": "generalised_mean(x: 1, y: 3, power: 0.5, undefined: 0) * 1 point",
    "root of a root": "sqrt(sqrt(x, undefined: 0)) * 10 points",
    "mean of goalposts": "geometric_mean(goalposts(x, low: 0, high: 20), goalposts(ln(y, undefined: 0), "
    "low: ln(2), high: ln(75))) * 100 points",
    "mean at goalposts": "geometric_mean(goalposts(ln(clamp(x, 2, 25)), low: ln(2), high: ln(25)), "
    "goalposts(y, low: 0, high: 20)) * 100 points",
    "goalposts turned round": "goalposts(ln(y, undefined: 0), low: ln(20), high: ln(1.5)) * 100 points",
    "between two logarithms": "(ln(max(x, 0.01)) - ln(max(y, 0.01))) * 10 points",
    "root of the way between": "sqrt(max(0, ln(max(x, 1)) - ln(max(y, 1)))) * 10 points",
    "root from one on": "sqrt(goalposts(ln(max(x, 1)), low: ln(1), high: ln(30))) * 100 points",
    "logarithm of a ratio": "(ln(ratio(x, y, zero: 1), undefined: 0) - ln(3)) * 10 points",
    "rounded in between": "if round(sqrt(x, undefined: 0), places: 1, mode: MODE) >= 2 then 80 points else y * 1 point",
    "sign": "if sqrt(x, undefined: 0) * (y + 1) > 0 then 80 points else 5 points",
    "among peers": "z_score(x, mean: mean(x, of: group), deviation: deviation(x, of: group), zero: 2) * 10 points",
}
MODES = ("half_up", "half_even", "half_down", "up", "down", "floor", "ceiling")

POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding MODE to PLACES places of total
  group county "Counties"; group office "Offices"
  fact x number "X" missing error
  fact y number "Y" missing error
  component base "Base" { points 100 points; floor -100 points
    indicator i "I" { points 100 points; floor -100 points; score SCORE; missing error } }
  rank by total within group ties shared
  tier first "First" top 30% of group rounded down ties excluded when total >= 3 points
  tier poor "Poor" otherwise
}
"""

SHARES = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding MODE to PLACES places of total
  group county "Counties"; group office "Offices"
  fact x number "X" missing error
  fact y number "Y" missing error
  component base "Base" { points 100 points; combine METHOD
    indicator i "I" { points 30 points; score max(0, min(1, x / 20)) * 100%; missing error }
    indicator j "J" { points 50 points; score max(0, min(1, y / 40)) * 100%; missing error }
    indicator k "K" { points 20 points; unit number to 1 places
      score attainment(actual, planned, zero_plan: 100%); missing zero; absent redistribute } }
  rank by total within group ties shared
}
"""


@cache
def policy(text: str, score: str, mode: str, places: int) -> assessdsl.Policy:
    return assessdsl.loads(
        text.replace("SCORE", score).replace("METHOD", score).replace("MODE", mode).replace("PLACES", f"{places}")
    )


def amount() -> st.SearchStrategy[Decimal]:
    """Squares and cubes among them, halves of roots, zero, and what is below it."""
    exact = st.integers(0, 30).map(lambda n: n * n * 25)
    some = st.one_of(exact, st.integers(-100, 3000), st.integers(0, 9).map(lambda n: n**3 * 100), st.integers(0, 60))
    return some.map(lambda n: Decimal(n).scaleb(-2))


def tables() -> st.SearchStrategy[Any]:
    """Entities, some of them with a target."""
    some = st.none() | st.integers(0, 90)
    one = st.tuples(st.sampled_from(("county", "office")), amount(), amount(), some, some)
    return st.lists(one, min_size=1, max_size=8).map(as_tables)


def as_tables(rows: Sequence[tuple[str, Decimal, Decimal, int | None, int | None]]) -> dict[str, Any]:
    found: dict[str, Any] = {"entities": [], "targets": [], "facts": []}
    for number, (group, x, y, planned, actual) in enumerate(rows):
        found["entities"].append({"entity": f"e{number}", "group": group, "x": x, "y": y})
        if planned is not None:
            found["targets"].append(
                {"target": f"k{number}", "entity": f"e{number}", "indicator": "k", "planned": planned}
            )
        if planned is not None and actual is not None:
            found["facts"].append({"target": f"k{number}", "actual": actual})
    return found


def agree(own: assessdsl.Policy, given: dict[str, Any], *, kernels: bool = False) -> FrameResult:
    """The columns beside the exact engine."""
    facts = from_records(**given)
    held = frames(own, bind(own.plan.schema, facts).dataset)
    expected, found = assessdsl.evaluate(own, facts), evaluate_frame(own, held.entities, **held.more, kernels=kernels)
    assert found.rank is not None
    for row, name in enumerate(held.entities["entity"]):
        entity = expected.entities[name]
        assert (found.total(row), found.rank[row]) == (entity.total.value, entity.rank), given["entities"][row]
        assert found.tier is None or found.tiers[found.tier[row]] == entity.tier
    return found


@pytest.mark.parametrize("score", SCORES)
@settings(max_examples=25)
@given(tables(), st.sampled_from(MODES), st.integers(0, 2))
def test_they_score_as_the_exact_engine(score: str, drawn: dict[str, Any], mode: str, places: int) -> None:
    agree(policy(POLICY, SCORES[score], mode, places), {"entities": drawn["entities"]})


@given(
    st.lists(st.tuples(st.sampled_from(("county", "office")), st.integers(-(10**11), 10**11)), min_size=2, max_size=9)
)
@example([("county", 10**11), ("county", 10**11), ("county", 1), ("office", 3), ("office", 3)])
def test_variances_of_groups_may_be_fractions_of_more_than_64_bits(drawn: list[tuple[str, int]]) -> None:
    own = policy(POLICY, SCORES["among peers"], "half_up", 2)
    named = [(group, Decimal(number).scaleb(-2), Decimal(1), None, None) for group, number in drawn]
    agree(own, {"entities": as_tables(named)["entities"]})


@given(st.lists(st.integers(-(1 << 31), 1 << 31) | st.integers(-(1 << 40), 1 << 40), min_size=1, max_size=9))
def test_a_variance_is_that_of_fractions(numbers: list[int]) -> None:
    variance = Aggregate("variance", 0, ENTITY, GROUP)
    everyone = np.ones(len(numbers), np.bool_)
    offered = [Offered(everyone, ~everyone, np.array(numbers), 100)]
    mean = Fraction(sum(numbers), 100 * len(numbers))
    expected = sum((Fraction(one, 100) - mean) ** 2 for one in numbers) / len(numbers)
    assert aggregated(variance, offered, np.zeros(len(numbers), np.int64), 1, []) == [expected]


@pytest.mark.parametrize("method", ["geometric", "harmonic", "least", "product"])
@settings(max_examples=25)
@given(tables(), st.sampled_from(MODES), st.integers(0, 2))
def test_parts_are_put_together_as_by_the_exact_engine(
    method: str, drawn: dict[str, Any], mode: str, places: int
) -> None:
    """Parts of which the points went to the others among them."""
    agree(policy(SHARES, method, mode, places), drawn)


def many(rows: int) -> dict[str, Any]:
    return as_tables([
        ("county" if n % 3 else "office", Decimal(n * 37 % 2003).scaleb(-2), Decimal(n * 53 % 1999 + 1).scaleb(-2),
         n % 7 or None, n % 5) for n in range(rows)
    ])  # fmt: skip


@pytest.mark.parametrize("kernels", [False, pytest.param(True, marks=pytest.mark.skipif(
    find_spec("llvmlite") is None, reason="no LLVM"))])  # fmt: skip
def test_nearly_all_rows_are_done_in_columns(kernels: bool) -> None:
    for score in list(SCORES)[:: 4 if kernels else 1]:  # to compile them takes longer than all else
        found = agree(policy(POLICY, SCORES[score], "half_up", 2), {"entities": many(150)["entities"]}, kernels=kernels)
        assert found.by_exact_engine <= 4, score
    for method in ("geometric",) if kernels else ("geometric", "harmonic", "least", "product"):
        assert agree(policy(SHARES, method, "half_up", 2), many(150), kernels=kernels).by_exact_engine <= 4, method


AT_ZERO = {
    "mean at goalposts": ((2, 20), (1, 21), (2, 7)),
    "goalposts turned round": ((1, 20), (2, 21), (7, 20)),
    "root from one on": ((1, 5), (0, 3)),
    "root of the way between": ((2, 2), (7, 7), (1, 3)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("score", AT_ZERO)
def test_what_stands_at_a_goalpost_is_in_no_doubt(score: str, mode: str) -> None:
    """A logarithm is that of the goalpost where the number is: the way to it is zero."""
    rows = [("county", Decimal(x), Decimal(y), None, None) for x, y in AT_ZERO[score]]
    assert agree(policy(POLICY, SCORES[score], mode, 2), {"entities": as_tables(rows)["entities"]}).by_exact_engine == 0


@pytest.mark.parametrize("mode", ["up", "down", "floor", "ceiling"])
def test_what_is_zero_is_in_no_doubt(mode: str) -> None:
    rows = [("county", Decimal(0), Decimal(number), None, None) for number in range(9)]
    own = policy(POLICY, SCORES["geometric mean"], mode, 2)
    assert agree(own, {"entities": as_tables(rows)["entities"]}).by_exact_engine == 0
