"""The exact backend: columns, batches and pairs of whole numbers are short ways to what rows in fractions give."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from agreement.forms import FORMS
from agreement.made import made
from exact_by_rows import differing
from exact_drafts import Draft, office, office_data
from hypothesis import given
from hypothesis import strategies as st

import assessdsl
from assessdsl.backends import pairs, run
from assessdsl.backends.alike import apart, together
from assessdsl.backends.exact import run_again
from assessdsl.backends.scalars import CALCULATE, COMPARE
from assessdsl.binding import bind
from assessdsl.plan.steps import Calculate, Grain
from assessdsl.quantity import ROUNDING_MODES, rounded

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


def test_rows_of_an_office_with_gaps() -> None:
    plan, data = office(), office_data()
    assert differing(plan, data, run(plan, data)) == []


# ---------------------------------------------------------------- pairs

_NUMBERS = st.fractions(min_value=-50, max_value=50, max_denominator=40)
_PAIRS = st.builds(
    lambda number, times: (number.numerator * times, number.denominator * times), _NUMBERS, st.integers(1, 9)
)


@given(_PAIRS, _PAIRS, _PAIRS)
def test_pairs_are_reckoned_with_as_fractions_are(one: Any, other: Any, third: Any) -> None:
    both, each, all_of_them = (one, other), (one,), (one, other, third)
    given_to = {"+": both, "-": both, "*": both, "/": both, "per": both, "neg": each, "abs": each}
    for name, operands in {**given_to, "min": all_of_them, "max": all_of_them}.items():
        (found,) = pairs.CALCULATE[name](*([operand] for operand in operands))
        assert pairs.outer([found]) == [CALCULATE[name](*pairs.outer(operands))]
        if isinstance(found, tuple):
            assert found[1] > 0
            assert max(map(abs, found)).bit_length() <= pairs.BITS_OF[name](
                *(pairs.longest([operand]) for operand in operands)
            )
    for sign, holds in COMPARE.items():
        assert pairs.COMPARE[sign]([one, one], [other, one]) == [holds(Fraction(*one), Fraction(*other)), holds(1, 1)]
    assert pairs.outer([pairs.total(all_of_them)]) == [sum(pairs.outer(all_of_them))]


@given(_PAIRS, st.sampled_from(ROUNDING_MODES), st.integers(-2, 3))
def test_pairs_are_rounded_as_fractions_are(one: Any, mode: str, places: int) -> None:
    assert pairs.outer(pairs.rounded([one], mode, places)) == [rounded(Fraction(*one), mode, places)]


def test_long_pairs_are_reduced_and_others_left() -> None:
    long = 3**1000
    assert pairs.shortened([(2, 4), None], 3) == ([(2, 4), None], 3)
    assert pairs.shortened([(2 * long, 4 * long), None], 2000) == ([(1, 2), None], 2)
    assert pairs.longest([(-9, 2), True, None]) == 4
    assert pairs.longest([True]) == 0


def test_a_sum_is_too_long_if_its_reduced_denominator_is() -> None:
    long, other = 3**5000, 7**2500
    assert pairs.total([(1, long), (1, other)]) is None
    assert pairs.outer([pairs.total([(long, 2 * long), (other, other)])]) == [Fraction(3, 2)]


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
