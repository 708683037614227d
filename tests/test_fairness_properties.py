"""The properties of the catalogue on policies with a planted fault, which they find, and on good ones."""

import json

import pytest
from faulty_policies import FAULTY, GOOD

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
