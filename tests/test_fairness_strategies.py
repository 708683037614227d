"""What is made up for policies is valid, and stands where policies turn; made-up policies are valid too."""

import tomllib
from collections import Counter
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import pytest
from faulty_policies import DIP, ITEM_ROUNDING, one
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl import fairness
from assessdsl.engine import Policy
from assessdsl.fairness.breakpoints import Input, breakpoints
from assessdsl.fairness.made_cases import fixed, make, safe
from assessdsl.fairness.made_policies import cut, policy_text
from assessdsl.fairness.made_up import maker
from assessdsl.period import Period
from assessdsl.quantity import Quantity

ROOT = Path(__file__).parent.parent
NAMES = sorted(path.parent.name for path in ROOT.glob("policies/*/policy.assess"))


def loaded(name: str) -> Policy:
    return assessdsl.load(ROOT / "policies" / name / "policy.assess")


@pytest.mark.parametrize("name", NAMES)
def test_data_for_every_example_policy_can_be_scored(name: str) -> None:
    policy = loaded(name)
    made, well = maker(policy), safe(maker(policy))
    assert well is not None
    totals = Counter(
        entity.total.value for seed in range(6) for entity in make(made, well, fixed(seed)).result.entities.values()
    )
    assert len(totals) > 2


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_strategies_give_tables_cases_and_entities(data: st.DataObject) -> None:
    policy = loaded("municipal_2022")
    strategies = fairness.from_policy(policy)
    assert assessdsl.evaluate(policy, data.draw(strategies.facts)).entities
    case = data.draw(strategies.cases)
    assert assessdsl.evaluate(policy, case.records()).digest == fairness.score(case).digest
    assert len(data.draw(strategies.entities).entities) == 1


def test_thresholds_of_a_dip_are_solved_back_to_the_cell() -> None:
    actual = Input("target", "actual", "i")
    turns = {surface.solve(actual, {}) for surface in breakpoints(assessdsl.loads(DIP).plan).of(actual)}
    assert {Fraction(49, 100), Fraction(1, 2), Fraction(0), Fraction(1)} <= turns


def test_a_threshold_that_another_cell_moves_is_solved_with_it() -> None:
    policy = assessdsl.loads(one("score ladder(actual - planned, 2 pp: 100%, below: 0%); missing zero; absent zero"))
    actual, planned = Input("target", "actual", "i"), Input("target", "planned", "i")
    surfaces = breakpoints(policy.plan).of(actual)
    turns = {surface.solve(actual, {planned: Fraction(7, 100)}) for surface in surfaces}
    assert Fraction(9, 100) in turns
    assert all(surface.solve(actual, {}) is None for surface in surfaces if planned in surface.inputs)


def test_halves_at_which_a_rounding_turns_are_found_near_a_value() -> None:
    actual = Input("target", "actual", "i1")
    surfaces = [one for one in breakpoints(assessdsl.loads(ITEM_ROUNDING).plan).of(actual) if one.kind == "rounding"]
    turns = {surface.solve(actual, {}, Fraction(3, 10)) for surface in surfaces}
    assert Fraction(31, 100) in turns or Fraction(29, 100) in turns  # 15.5 or 14.5 of 50 points


@given(st.integers(1, 8), st.integers(0, 10**6))
def test_what_is_cut_sums_to_the_whole(parts: int, seed: int) -> None:
    found = cut(fixed(seed), 100, parts)
    assert sum(found) == 100
    assert len(found) == parts
    assert min(found) > 0


@pytest.mark.parametrize("seed", range(12))
def test_made_up_policies_are_valid_and_can_be_scored(seed: int) -> None:
    policy = assessdsl.loads(policy_text(fixed(seed)))
    made = maker(policy)
    well = safe(made)
    assert well is not None
    assert make(made, well, fixed(seed)).result.entities


def test_made_up_policies_hold_every_construct() -> None:
    texts = " ".join(policy_text(fixed(seed)) for seed in range(60))
    for word in ("ladder", "attainment", "control", "survey", "efficacy", "rank_of", "best", "contagion", "combine",
                 "shared by weight", "shared by count", "rounding", "highest_level_once", "then at most",
                 "ties included", "ties excluded", "vetoed counted", "within everyone", "streak"):  # fmt: skip
        assert word in texts, word


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(fairness.policies())
def test_policies_are_a_strategy(policy: Policy) -> None:
    assert policy.name == "generated"


def test_hypothesis_is_told_of_our_values() -> None:
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["hypothesis"]
    module, function = entry["assessdsl"].split(":")
    getattr(import_module(module), function)()

    @settings(max_examples=30)
    @given(st.from_type(Period), st.from_type(Quantity))
    def valid(period: Period, quantity: Quantity) -> None:
        assert 1 <= period.year <= 9999
        assert str(quantity)

    valid()
