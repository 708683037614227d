"""Obligations and how they are followed up, judgements, the honours list, the ledger of use."""

import json
from datetime import date
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from made_up_history import POLICY, entries, event, policy, result, tables

import assessdsl
from assessdsl.data import from_records
from assessdsl.record.accountability import Obligation, follow_up, judgement_rows, obligations
from assessdsl.record.history import History
from assessdsl.record.honours import Honours, honours
from assessdsl.record.uses import ledger
from assessdsl.result import Result

PUBLISHED = date(2023, 1, 20)


def targets(*names: str, required: str = "yes") -> list[dict[str, Any]]:
    return [
        {"target": name, "entity": name.split("-")[0], "indicator": "road", "planned": 10, "required": required}
        for name in names
    ]


def reports(**actual: int) -> list[dict[str, Any]]:
    return [{"target": name.replace("_", "-"), "actual": value} for name, value in actual.items()]


def scored(**more: list[dict[str, Any]]) -> Result:
    return assessdsl.evaluate(policy(), tables(**more), history=[], published=PUBLISHED)


# ---------------------------------------------------------------- obligations


def test_every_required_target_that_was_not_met_obliges_once() -> None:
    found = obligations(
        scored(targets=targets("ash-1", "ash-2", "birch-1", "birch-2"), facts=reports(ash_1=10, ash_2=9, birch_1=1))
    )
    assert [(one.name, one.due) for one in found] == [
        ("2022/ash/target/ash-2", date(2023, 1, 30)),
        ("2022/birch/target/birch-1", date(2023, 1, 25)),  # two findings rest on it: the earlier day
        ("2022/birch/target/birch-2", date(2023, 1, 25)),
    ]
    assert [[finding.name for finding in one.findings] for one in found] == [
        ["explain"], ["explain", "serious"], ["explain", "serious"],
    ]  # fmt: skip
    assert found[1].title() == "birch · birch-1 · To explain, Serious"


@given(st.lists(st.tuples(st.sampled_from(["ash", "birch", "cedar"]), st.booleans(), st.integers(0, 12)), max_size=6))
def test_as_many_obligations_as_required_targets_that_were_not_met(given_: list[tuple[str, bool, int]]) -> None:
    rows, facts, expected = [], [], set()
    for number, (entity, required, actual) in enumerate(given_):
        name = f"{entity}-{number}"
        rows += targets(name, required="yes" if required else "no")
        facts.append({"target": name, "actual": actual})
        if required and actual < 10:
            expected.add(f"2022/{entity}/target/{name}")
    names = [one.name for one in obligations(scored(targets=rows, facts=facts))]
    assert len(names) == len(set(names))
    assert set(names) == expected


def test_a_finding_that_rests_on_no_target_is_a_referral_with_its_ground() -> None:
    judged = [{"entity": "ash", "judgement": "fault", "author": "office", "evidence": "report 7"}]
    (one,) = obligations(scored(judgements=judged))
    assert (one.name, one.target, one.due) == ("2022/ash/finding/referred", "", None)
    assert [(cite.judgement, cite.author, cite.evidence) for cite in one.cites] == [("fault", "office", "report 7")]


def test_what_was_done_to_a_frozen_target_is_another_matter() -> None:
    text = POLICY.replace("accountability {", "register { removal forbidden }\n  accountability {")
    data = tables(targets=targets("ash-2"), facts=reports(ash_2=10), frozen=targets("ash-1", "ash-2"))
    found = obligations(assessdsl.evaluate(policy(text=text), data, history=[], published=PUBLISHED))
    assert {one.name for one in found} == {"2022/ash/target/ash-1", "2022/ash/target_removed/ash-1"}
    removed = next(one for one in found if "removed" in one.name)
    assert removed.title("zh") == "ash · 移出目标 ash-1"


def test_what_is_undetermined_obliges_to_nothing() -> None:
    judged = [{"entity": "cedar", "judgement": "idle", "author": "office", "evidence": "report 7"}]
    found = scored(judgements=judged)
    assert {one.status for one in found.entities["cedar"].findings} == {"undetermined"}
    assert obligations(found) == ()


def test_a_deadline_may_run_from_a_day_that_is_given_later() -> None:
    found = assessdsl.evaluate(policy(), tables(targets=targets("ash-1")), history=[])
    assert [one.due for one in obligations(found)] == [None]
    assert [one.due for one in obligations(found, PUBLISHED)] == [date(2023, 1, 30)]


# ---------------------------------------------------------------- following up


def one_obligation() -> tuple[Obligation, ...]:
    return obligations(scored(targets=targets("ash-1")))


NAME = "2022/ash/target/ash-1"
EXPLAINED = event("explanation", NAME, "2023-01-28", text="the contractor …")
LATE = event("explanation", NAME, "2023-02-03", text="the contractor …")
RETURNED = event("acceptance", NAME, "2023-01-29", accepted=False)
ACCEPTED = event("acceptance", NAME, "2023-02-05", accepted=True)


@pytest.mark.parametrize(
    ("events", "day", "state", "late"),
    [
        ([], "2023-01-30", "open", 0),
        ([], "2023-01-31", "overdue", 1),
        ([EXPLAINED], "2023-01-27", "open", 0),
        ([EXPLAINED], "2023-02-20", "explained", 0),
        ([LATE], "2023-02-02", "overdue", 3),
        ([LATE], "2023-02-20", "explained", 4),
        ([EXPLAINED, RETURNED], "2023-01-30", "returned", 0),
        ([EXPLAINED, RETURNED], "2023-02-02", "overdue", 3),
        ([EXPLAINED, RETURNED, LATE], "2023-02-04", "explained", 4),
        ([EXPLAINED, RETURNED, LATE, ACCEPTED], "2023-02-20", "accepted", 4),
        ([EXPLAINED, ACCEPTED], "2023-02-20", "accepted", 0),
    ],
)
def test_how_an_obligation_stands_on_a_day(events: list[Any], day: str, state: str, late: int) -> None:
    (found,), remarks = follow_up(one_obligation(), entries(*events), date.fromisoformat(day))
    assert (found.state, found.late_days) == (state, late)
    assert not remarks
    assert json.loads(json.dumps(found.to_data()))["state"] == state


def test_it_is_told_in_both_languages() -> None:
    (found,), _ = follow_up(one_obligation(), entries(LATE), date(2023, 2, 20))
    assert found.text("en") == "ash · ash-1 · To explain · explained · 4 days late · by 2023-01-30"
    assert found.text("zh") == "ash · ash-1 · To explain · 已说明 · 逾期4天 · 期限 2023-01-30"


def test_an_answer_to_nothing_is_told() -> None:
    stray = event("explanation", "2022/ash/target/none", "2023-01-28", text="…")
    found, remarks = follow_up(one_obligation(), entries(stray), date(2023, 2, 1))
    assert [one.state for one in found] == ["overdue"]
    assert [one.code for one in remarks] == ["AS7409"]


# ---------------------------------------------------------------- judgements


def judged(name: str, day: str = "2023-01-10", evidence: tuple[str, ...] = ("report 7",), **more: Any) -> Any:
    return event("judgement", "ash", day, evidence=evidence, judgement=name, **{"author": "commission", **more})


def test_a_judgement_counts_with_its_author_and_evidence() -> None:
    rows, remarks = judgement_rows(entries(judged("fault")), date(2023, 1, 31))
    assert not remarks
    found = assessdsl.evaluate(policy(), evolve(from_records(**tables()), judgements=rows), history=[])
    (finding,) = found.entities["ash"].findings
    assert (finding.name, finding.cites[0].author, finding.cites[0].evidence) == ("referred", "commission", "report 7")


@pytest.mark.parametrize("ground", [{"evidence": ()}, {"evidence": (" ",)}, {"author": ""}, {"author": " "}])
def test_without_them_it_does_not(ground: dict[str, Any]) -> None:
    rows, remarks = judgement_rows(entries(judged("fault", **ground)), date(2023, 1, 31))
    assert rows == ()
    assert [one.code for one in remarks] == ["AS7410"]


def test_a_judgement_is_taken_back_from_its_day() -> None:
    back = judged("fault", "2023-01-20", withdrawn=True)
    both = entries(judged("fault"), back)
    assert len(judgement_rows(both, date(2023, 1, 19))[0]) == 1
    assert judgement_rows(both, date(2023, 1, 20)) == ((), ())
    assert judgement_rows(both, date(2023, 1, 9)) == ((), ())


# ---------------------------------------------------------------- honours


def reasons(found: Honours) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {line.entity: (line.reason, line.by) for line in found.lines}


def test_who_is_on_the_list_and_why_the_others_are_not() -> None:
    data = tables(
        [{"entity": "ash", "accidents": 1}, {"entity": "dill", "group": "county", "score": 75}],
        judgements=[{"entity": "birch", "judgement": "idle", "author": "office", "evidence": "report 3"}],
    )
    data["entities"].append({"entity": "elder", "group": "county", "score": 65})
    found = honours(assessdsl.evaluate(policy(), data, history=[]))
    assert reasons(found) == {
        "ash": ("vetoed", ("Safety",)),
        "birch": ("ineligible", ("not idle",)),
        "dill": ("awarded", ()),
        "elder": ("no_place", ()),
        "cedar": ("condition", ("total >= 60 points",)),
        "mint": ("awarded", ()),
    }
    assert [line.entity for line in found.listed] == ["dill", "mint"]
    assert [line.entity for line in found.others] == ["ash", "birch", "elder", "cedar"]
    assert json.loads(json.dumps(found.to_data()))["lines"][2] == {
        "entity": "dill", "group": "county", "tier": "excellent", "listed": True, "reason": "awarded", "rank": 3,
        "by": [],
    }  # fmt: skip
    assert (
        found.text("en")
        == """\
Excellent
  dill: rank 3, 75.0
  mint: rank 1, 70.0
  − ash: barred by Safety
  − birch: may not compete: not idle
  − elder: no place was left, rank 4
  − cedar: does not meet: total >= 60 points"""
    )
    assert "  − elder:第4名,名额已满" in found.text("zh")


def test_a_tie_over_the_line_and_better_tiers() -> None:
    data = tables([{"entity": "ash", "score": 80}, {"entity": "dill", "group": "county", "score": 70}])
    found = assessdsl.evaluate(policy(), data, history=[])
    assert reasons(honours(found)) == {
        "ash": ("tie", ()),
        "birch": ("tie", ()),
        "dill": ("no_place", ()),
        "cedar": ("condition", ("total >= 60 points",)),
        "mint": ("awarded", ()),
    }
    assert reasons(honours(found, ["good"]))["mint"] == ("better", ("Excellent",))
    assert [line.tier for line in honours(found, ["good", "excellent"]).lines][:5] == ["good"] * 5


def test_there_is_no_honour_that_the_policy_does_not_know() -> None:
    with pytest.raises(assessdsl.DataError) as raised:
        honours(result(), ["superb"])
    assert [one.code for one in raised.value.diagnostics] == ["AS7411"]
    assert "excellent, good, poor" in str(raised.value)


# ---------------------------------------------------------------- the ledger of use


def history() -> History:
    first, second = result(2021), result(2021, [{"entity": "cedar", "score": 35}])
    return History().add(first, date(2022, 1, 20)).add(second, date(2022, 3, 1), reason="ruling")


def used(day: str, version: int = 1, entity: str = "ash", **more: Any) -> Any:
    held = {"result": history().published[version - 1].digest, "purpose": "honour", "document": "doc 5", **more}
    return event("use", entity, day, authority="committee", **held)


def test_every_use_of_a_result_stands_in_the_ledger() -> None:
    events = entries(used("2022-03-05"), used("2022-02-01", entity="cedar", purpose="interview"))
    found, remarks = ledger(history(), events, date(2022, 12, 31))
    assert not remarks
    assert [(use.entity, use.purpose, use.version, use.superseded, use.by) for use in found.uses] == [
        ("cedar", "interview", 1, False, "committee"), ("ash", "honour", 1, True, "committee"),
    ]  # fmt: skip
    assert found.unused == ((2021, 2),)
    assert found.of(history().published[0].digest) == found.uses
    assert found.text("zh").splitlines()[0] == "2022-02-01 · 2021 · cedar · 约谈 · doc 5 · committee"
    assert found.uses[0].to_data()["on"] == "2022-02-01"
    before, _ = ledger(history(), events, date(2022, 2, 10))
    assert (len(before.uses), before.unused) == (1, ())


@pytest.mark.parametrize(
    "wrong",
    [
        used("2022-03-05", result="sha256:0"),
        used("2022-03-05", entity="nobody"),
        used("2022-01-19"),
        used("2022-03-05", purpose="revenge"),
    ],
)
def test_a_use_without_a_result_does_not_count(wrong: Any) -> None:
    found, remarks = ledger(history(), entries(wrong), date(2022, 12, 31))
    assert found.uses == ()
    assert [one.code for one in remarks] == ["AS7405"]
