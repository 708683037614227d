"""Monitoring as a whole: the tables are read or refused, lights come from the exact engine, texts are for people."""

import json
from datetime import date
from typing import Any

import pytest

import assessdsl
from assessdsl.diagnostics import DataError, codes
from assessdsl.engine import Policy
from assessdsl.quantity import exact_text
from assessdsl.record.monitor import monitor
from assessdsl.record.monitored import Monitored

POLICY = """
policy town "Town" {
  period 2022
  full 100 points
  group town "Towns"
  fact strikes count "Strikes" missing zero
  component base "Base" {
    points 100 points
    indicator works "Works" {
      points 60 points shared by count
      score if completed then 100% else 0%
      missing zero
      absent zero
      progress stepped by milestones
      evidence on_site
    }
    indicator revenue "Revenue" {
      points 40 points
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
  gate idle "Idle" when strikes > 3 then at most 50 points
  rank by total within group ties shared
  tier good "Good" when total >= 60 points
  tier poor "Poor" otherwise
  monitoring {
    analysis monthly
    inquiry quarterly
    exposure within 10 days
    evidence desk
    progress linear
    light green when progress >= expected and strikes == 0 items
    light yellow when progress >= expected - 10 pp
    light red otherwise
  }
}
"""
DAY = date(2022, 6, 30)
TABLES: dict[str, list[dict[str, Any]]] = {
    "entities": [
        {"entity": "ash", "group": "town", "strikes": "0"},
        {"entity": "elm", "group": "town", "strikes": "1"},
    ],
    "targets": [
        {
            "target": "a1",
            "entity": "ash",
            "indicator": "works",
            "due": "2022-12-31",
            "sector": "deputy",
            "area": "roads",
        },
        {"target": "a2", "entity": "ash", "indicator": "revenue", "planned": "100", "sector": "deputy", "area": "tax"},
        {"target": "e2", "entity": "elm", "indicator": "revenue", "planned": "100", "sector": "mayor", "area": "tax"},
    ],
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return assessdsl.loads(POLICY)


def followed(policy: Policy, day: date = DAY, **tables: list[dict[str, Any]]) -> Monitored:
    return monitor(policy, TABLES | tables, day)


def reading(target: str, **more: str) -> dict[str, str]:
    return {"target": target, "date": "2022-06-30", **more}


@pytest.mark.parametrize(
    ("target", "reached", "light"),
    [("a2", "50", "green"), ("a2", "45", "yellow"), ("a2", "39", "red"), ("e2", "50", "yellow"), ("a2", None, "")],
)
def test_lights_are_those_of_the_policy(policy: Policy, target: str, reached: str | None, light: str) -> None:
    """Of 365 days 181 have passed, 49.6 %; and elm has had a strike, which its lights ask for."""
    progress = [reading(target, actual=reached)] if reached else []
    standing = {each.target: each for each in followed(policy, progress=progress).standings}[target]
    assert standing.light == light
    if light:
        line = POLICY.splitlines().index(next(one for one in POLICY.splitlines() if f"light {light}" in one)) + 1
        assert standing.rule.line == line
        assert str(standing.cell) == "progress:1 actual"
    else:
        assert standing.basis == "not_reported"


def test_progress_on_the_way_changes_no_score(policy: Policy) -> None:
    plain = assessdsl.evaluate(policy, TABLES)
    more = TABLES | {"progress": [reading("a2", actual="90")], "milestones": MILESTONES}
    assert assessdsl.evaluate(policy, more).digest == plain.digest


MILESTONES = [
    {"target": "a1", "milestone": "plan", "due": "2022-03-31", "share": "30%"},
    {"target": "a1", "milestone": "open", "due": "2022-12-31", "share": "70%"},
]


def test_late_milestones_are_named_and_what_is_overdue(policy: Policy) -> None:
    (standing,) = (each for each in followed(policy, milestones=MILESTONES).standings if each.target == "a1")
    assert (standing.late_milestones, standing.overdue, standing.light) == (("plan",), False, "red")
    (later,) = (
        each for each in followed(policy, date(2023, 1, 1), milestones=MILESTONES).standings if each.target == "a1"
    )
    assert later.overdue
    assert exact_text(later.expected or 0) == "1"  # type: ignore[arg-type]


# ---------------------------------------------------------------- tables that are wrong

WRONG: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("AS7310", "progress", [reading("a9", actual="1")]),
    ("AS7310", "milestones", [MILESTONES[0] | {"target": "a9"}]),
    ("AS7310", "supervision", [{"kind": "problem", "date": "2022-02-01", "target": "a9"}]),
    ("AS7311", "milestones", MILESTONES[:1]),
    ("AS7312", "supervision", [{"kind": "visit", "date": "2022-02-01"}]),
    *[
        ("AS7313", "supervision", [{"kind": "analysis", "date": "2022-02-01", "covers": text}])
        for text in ("April", "2022-13", "2022-00", "2022-Q5", "2022-", "0000", "9999-12", "２０２２")
    ],
    ("AS7314", "supervision", [{"kind": "exposure", "date": "2022-02-01", "about": "p1"}]),
    ("AS7316", "progress", [reading("a2")]),
    ("AS6210", "progress", [reading("a2", actual="1"), reading("a2", actual="2")]),
    ("AS6210", "milestones", [MILESTONES[0], MILESTONES[0]]),
    ("AS6210", "supervision", [{"kind": "problem", "date": "2022-02-01", "event": "p1"}] * 2),
    ("AS6018", "progress", [{"target": "a2", "actual": "1"}]),
    ("AS6214", "milestones", [{"target": "", "milestone": "x", "due": "2022-03-31", "share": "100%"}, MILESTONES[0]]),
]


@pytest.mark.parametrize(("code", "table", "rows"), WRONG)
def test_what_is_wrong_in_a_table_is_told_at_its_cell(
    policy: Policy, code: str, table: str, rows: list[dict[str, Any]]
) -> None:
    with pytest.raises(DataError) as raised:
        followed(policy, **{table: rows})
    found = [remark for remark in raised.value.diagnostics if remark.code == code]
    assert found
    assert all(remark.cell is not None and remark.cell.file == table for remark in found)


def test_all_codes_of_monitoring_are_raised_by_a_test() -> None:
    tested = {code for code, _, _ in WRONG} | {"AS7301", "AS7302", "AS7303", "AS7304", "AS7305", "AS7315", "AS7317"}
    assert {code for code in codes() if code.startswith("AS73")} <= tested


def test_the_policy_must_say_how_targets_are_followed() -> None:
    without = POLICY[: POLICY.index("  monitoring {")] + "}\n"
    with pytest.raises(DataError) as raised:
        followed(assessdsl.loads(without))
    assert [remark.code for remark in raised.value.diagnostics] == ["AS7317"]


def test_inquiries_need_leaders_and_areas(policy: Policy) -> None:
    targets = [{name: value for name, value in row.items() if name != "area"} for row in TABLES["targets"]]
    report = followed(policy, targets=targets)
    assert [remark.code for remark in report.warnings] == ["AS7315"]
    assert {duty.activity for duty in report.duties} == {"analysis"}


# ---------------------------------------------------------------- supervision, evidence, burden


def test_the_leaders_and_areas_are_those_of_the_targets(policy: Policy) -> None:
    charges = {(duty.charge.leader, duty.charge.area) for duty in followed(policy).duties if duty.charge}
    assert charges == {("deputy", "roads"), ("deputy", "tax"), ("mayor", "tax")}


@pytest.mark.parametrize(
    ("mode", "lacking"),
    [("desk", ("on_site",)), ("现场考评", ("desk",)), ("hearsay", ("desk", "on_site")), ("", ("desk", "on_site"))],
)
def test_modes_of_evidence_that_are_lacking(policy: Policy, mode: str, lacking: tuple[str, ...]) -> None:
    report = followed(policy, facts=[{"target": "a1", "completed_on": "2022-05-01", "evidence_mode": mode}])
    assert [(gap.target, gap.modes) for gap in report.evidence] == [("a1", lacking)]


def test_evidence_of_several_rows_is_taken_together(policy: Policy) -> None:
    several = [{"entity": "elm", "indicator": "revenue", "actual": "1", "evidence_mode": "书面"}]
    assert followed(policy, facts=several).evidence == ()


def test_the_burden_counts_what_was_filed_and_asked_for(policy: Policy) -> None:
    supervision = [
        {"kind": "request", "date": "2022-02-01", "entity": "ash", "item": "accounts"},
        {"kind": "request", "date": "2022-03-01", "entity": "ash", "item": "accounts"},
        {"kind": "request", "date": "2022-03-01", "entity": "ash", "item": "plans"},
        {"kind": "inspection", "date": "2022-03-01", "target": "e2"},
        {"kind": "request", "date": "2022-07-01", "entity": "elm", "item": "accounts"},
    ]
    report = followed(policy, supervision=supervision, progress=[reading("a2", actual="9")])
    found = {each.entity: (each.filings, each.checks, each.requests) for each in report.burden}
    assert found == {"ash": (1, 0, 3), "elm": (0, 1, 0)}
    assert [(each.item, each.times) for each in report.burden[0].repeated] == [("accounts", 2)]


# ---------------------------------------------------------------- for people and programs


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("targets", "what is still possible")), ("zh", ("目标进度", "仍有可能的结果"))]
)
def test_the_text_speaks_the_language_and_its_columns_stand_in_line(
    policy: Policy, language: str, words: tuple[str, ...]
) -> None:
    report = followed(policy, progress=[reading("a2", actual="9")], milestones=MILESTONES)
    text = report.text(language)
    assert all(word in text for word in words)
    assert ("analysis" in text) == (language == "en")
    assert str(report) == report.text("en")


def test_the_data_are_exact_and_always_the_same(policy: Policy) -> None:
    tables = {"progress": [reading("a2", actual="9"), reading("e2", actual="80")], "milestones": MILESTONES}
    turned = {name: rows[::-1] for name, rows in tables.items()}
    first, second = followed(policy, **tables), followed(policy, **turned)
    data, other = json.loads(first.to_json()), json.loads(second.to_json())
    for each in (*data["targets"], *other["targets"]):
        each.pop("cell")
    assert data == other
    assert data["targets"][0]["ahead"] == "-0.3"
    assert data["interim"]["ash"]["total"] == {"least": "0", "most": "100"}
