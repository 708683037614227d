"""The properties of the catalogue on policies with a planted fault, which they find, and on good ones."""

import json

import pytest
from faulty_policies import FAULTY, GOOD, one
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl import fairness
from assessdsl.fairness.properties import properties

FAULTS = [(name, text) for name, texts in FAULTY.items() for text in texts]


@pytest.mark.parametrize(("name", "text"), FAULTS, ids=[f"{name}-{at}" for at, (name, _) in enumerate(FAULTS)])
def test_planted_faults_are_found_in_few_cases(name: str, text: str) -> None:
    policy = assessdsl.loads(text)
    verdict = fairness.check_all(policy, only=(name,), examples=150, simplest=False).of(name)
    assert verdict.status == "refuted", verdict.told("en")
    witness = verdict.witness
    assert witness is not None
    assert witness.en != witness.zh
    for case in (witness.before, witness.after):  # what is shown can be scored again from plain records
        if case is not None and name != "always_defined":
            assert assessdsl.evaluate(policy, case.records()).digest == fairness.score(case).digest


def test_a_good_policy_is_refuted_in_nothing_but_dead_zones_and_plans() -> None:
    report = fairness.check_all(assessdsl.loads(GOOD), examples=40)
    assert {verdict.property for verdict in report.refuted} == {"strict_response"}
    assert {verdict.property for verdict in report.verdicts} == set(properties())
    told = str(report)
    assert "monotone: tested on " in told
    assert "dominance: not applicable: the policy claims none" in told


def test_a_report_is_plain_data_and_always_the_same() -> None:
    policy = assessdsl.loads(FAULTY["bounded"][0])
    first, second = (
        fairness.check_all(policy, examples=60, only=("bounded", "monotone"), simplest=False) for _ in range(2)
    )
    assert first.to_json() == second.to_json()
    data = json.loads(first.to_json())
    assert data["fingerprint"] == policy.fingerprint
    witness = data["properties"][0]["witness"]
    assert assessdsl.evaluate(policy, witness["before"]).entities[witness["entity"]].total.value > 103


def test_the_example_city_keeps_what_it_promises() -> None:
    policy = assessdsl.load("policies/municipal_2022/policy.assess")
    kept = ("monotone", "rank_monotone", "bounded", "absolute", "no_removal", "tiers_follow", "obligations_complete")
    report = fairness.check_all(policy, examples=15, only=kept)
    assert not report.refuted, str(report)
    assert all(verdict.cases for verdict in report.verdicts)


def test_a_policy_that_stops_for_all_data_is_told() -> None:
    text = GOOD.replace("attainment(actual, planned, zero_plan: 100%)", "if actual == actual then error else 100%")
    text = text.replace("missing zero", "missing error").replace("absent zero", "absent error")
    with pytest.raises(Exception, match="stops with an error"):
        fairness.check_all(assessdsl.loads(text), examples=5)


HONEST = "score honest_plan(actual, planned, step: 10 items, each: {} points, gain: {} points, loss: {} points)"


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.data())
def test_to_plan_what_will_be_reached_scores_more_than_any_other_plan(
    gain: int, more: int, most: int, data: st.DataObject
) -> None:
    rates = (gain + more, gain, gain + more + most)
    text = one(HONEST.format(*rates) + "; floor -1000 points; cap 1000 points; missing zero; absent zero", unit="count")
    policy = assessdsl.loads(text)
    reached = data.draw(st.integers(0, 60))
    plans = data.draw(st.sets(st.integers(0, 90).filter(lambda plan: plan != reached), min_size=3, max_size=5))
    rows = {f"e{plan}": plan for plan in (*sorted(plans), reached)}
    result = assessdsl.evaluate(
        policy,
        {
            "entities": [{"entity": name, "group": "g"} for name in rows],
            "targets": [
                {"target": name, "entity": name, "indicator": "i", "planned": plan, "required": "yes"}
                for name, plan in rows.items()
            ],
            "facts": [{"target": name, "actual": reached} for name in rows],
        },
    )
    honest = result.entities[f"e{reached}"].total.value
    assert all(result.entities[f"e{plan}"].total.value < honest for plan in plans)


@pytest.mark.parametrize(("rates", "status"), [((2, 1, 4), "tested"), ((2, 3, 4), "refuted"), ((5, 1, 4), "refuted")])
def test_rates_in_another_order_make_another_plan_pay(rates: tuple[int, int, int], status: str) -> None:
    policy = assessdsl.loads(one(HONEST.format(*rates) + "; missing zero; absent zero", unit="count"))
    report = fairness.check_all(policy, only=("truthful",), examples=60, simplest=False)
    assert report.of("truthful").status == status
