"""Appeals: until when, what a correction would change for everyone, and what becomes of it."""

import json
from datetime import date
from typing import Any

import pytest
import registers
from hypothesis import given
from hypothesis import strategies as st
from made_up_history import POLICY, entries, event, policy, tables

import assessdsl
from assessdsl.data import from_records
from assessdsl.diagnostics import RegisterError
from assessdsl.facts import Facts
from assessdsl.record.appeals import (
    Correction,
    Ripple,
    admissible,
    appeals,
    corrected,
    last_day,
    preview,
    ripple,
)
from assessdsl.record.history import History

PUBLISHED = date(2023, 1, 20)


def facts(**more: Any) -> Facts:
    rows = [{"target": "ash-1", "entity": "ash", "indicator": "road", "planned": 10, "required": "yes"}]
    return from_records(**tables(targets=rows, facts=[{"target": "ash-1", "actual": 2}], **more))


BIRCH = Correction("entities", {"entity": "birch"}, {"score": "20"}, source="ruling 3")
ROAD = Correction("facts", {"target": "ash-1"}, {"actual": "10"}, source="ruling 4")


def ahead(*corrections: Correction, held: Facts | None = None) -> Ripple:
    return preview(policy(), held or facts(), corrections, history=[])


# ---------------------------------------------------------------- what it would change


def test_what_a_correction_would_change_for_everyone() -> None:
    found = ahead(ROAD)
    assert {one.entity: (one.before.rank, one.after.rank) for one in found.moved} == {"ash": (2, 1), "birch": (1, 2)}
    (ash, birch) = found.moved
    assert (str(ash.before.total), str(ash.after.total)) == ("62.0", "94.0")
    assert (ash.before.tier, ash.after.tier, birch.after.tier) == ("good", "excellent", "good")
    assert (ash.gone, ash.come) == (("To explain",), ())
    assert [one.entity for one in found.others("ash")] == ["birch"]
    assert (
        found.text("en", about="ash")
        == """\
ash  total 62.0 → 94.0  rank 2 → 1  tier Good → Excellent
  − To explain
others who are moved
birch  rank 1 → 2  tier Excellent → Good"""
    )
    assert found.text("zh", about="birch").splitlines()[:2] == [
        "birch  名次 1 → 2  等次 Excellent → Good",
        "受影响的其他单位",
    ]
    data = json.loads(json.dumps(found.to_data()))
    assert data["moved"][0]["before"] == {"total": "62", "rank": 2, "tier": "good", "eligible": True}
    assert (data["before"], data["after"]) == (found.before.digest, found.after.digest)


def test_nothing_is_entered_by_looking_ahead() -> None:
    held = facts()
    before = assessdsl.evaluate(policy(), held, history=[]).digest
    ahead(ROAD, held=held)
    assert assessdsl.evaluate(policy(), held, history=[]).digest == before


def test_a_correction_that_changes_nothing() -> None:
    found = ahead(Correction("entities", {"entity": "ash"}, {"score": "90"}))
    assert found.moved == ()
    assert found.text("en") == "nobody's result changes"
    assert found.before.digest == found.after.digest


@given(st.lists(st.tuples(st.sampled_from(["ash", "birch", "cedar", "mint"]), st.integers(0, 100)), max_size=3))
def test_what_is_foreseen_is_what_comes(changes: list[tuple[str, int]]) -> None:
    """The result after the corrections is the result of tables that held the right values from the first."""
    found = ahead(*(Correction("entities", {"entity": name}, {"score": str(score)}) for name, score in changes))
    right = tables([{"entity": name, "score": score} for name, score in dict(changes).items()])
    rows = [{"target": "ash-1", "entity": "ash", "indicator": "road", "planned": 10, "required": "yes"}]
    plain = assessdsl.evaluate(
        policy(), {**right, "targets": rows, "facts": [{"target": "ash-1", "actual": 2}]}, history=[]
    )
    assert found.after.digest == plain.digest
    still = set(plain.entities) - {one.entity for one in found.moved}
    for name in still:
        was, now = found.before.entities[name], found.after.entities[name]
        assert (was.total, was.rank, was.tier, was.findings) == (now.total, now.rank, now.tier, now.findings)


def test_rows_are_added_and_removed() -> None:
    judged = {"entity": "cedar", "judgement": "fault", "author": "office", "evidence": "report 3"}
    withdrawn = Correction("judgements", {"entity": "cedar", "judgement": "fault"}, change="remove")
    assert ahead(withdrawn, held=facts(judgements=[judged])).moved[0].gone == ("Referred",)
    made = Correction("认定", {}, {"单位": "cedar", "认定": "fault", "认定人": "office", "依据": "3"}, "add")
    assert ahead(made).moved[0].come == ("Referred",)


def test_an_undetermined_finding_that_is_decided_is_a_change() -> None:
    judged = [{"entity": "cedar", "judgement": "idle", "author": "office", "evidence": "report 3"}]
    row = {"period": "2021", "entity": "cedar", "group": "county", "rank": "3"}
    before = assessdsl.evaluate(policy(), tables(judgements=judged), history=[])
    after = assessdsl.evaluate(policy(), tables(judgements=judged), history=[row])
    (moved,) = ripple(before, after).moved
    assert "Handled (undetermined)" in moved.gone
    assert "Handled" in moved.come


def test_a_corrected_value_points_at_the_ruling() -> None:
    wrong = Correction("facts", {"target": "ash-1"}, {"actual": "many"}, source="ruling 4")
    with pytest.raises(assessdsl.DataError) as raised:
        ahead(wrong)
    assert "ruling 4" in str(raised.value.diagnostics[0].cell)


@pytest.mark.parametrize(
    "wrong",
    [
        Correction("facts", {"target": "none"}, {"actual": "1"}),
        Correction("facts", {}, {"actual": "1"}),
        Correction("entities", {"group": "county"}, {"score": "1"}),
        Correction("nothing", {"entity": "ash"}, {"score": "1"}),
        Correction("frozen", {"target": "ash-1"}, {"planned": "1"}),
        Correction("remarks", {"entity": "ash"}, {"score": "1"}),
        Correction("entities", {"entity": "ash"}, change="remove"),
        Correction("entities", {"entity": "ash"}, {"entity": "oak"}),
        Correction("单位", {"单位": "ash"}, {"被考核单位": "oak"}),
        Correction("entities", {}, {"entity": "oak"}, "add"),
    ],
)
def test_a_correction_names_one_row(wrong: Correction) -> None:
    with pytest.raises(assessdsl.DataError) as raised:
        corrected(facts(), [wrong, ROAD, wrong])
    assert [one.code for one in raised.value.diagnostics] == ["AS7406", "AS7406"], "all that is wrong is told"


def test_results_of_different_entities_are_not_compared() -> None:
    other = assessdsl.evaluate(policy(), [{"entity": "oak", "group": "county", "score": 1}], history=[])
    with pytest.raises(ValueError, match="different entities"):
        ripple(ahead().before, other)


# ---------------------------------------------------------------- until when, and what was ruled


def test_the_policy_says_until_when() -> None:
    assert last_day(policy(), PUBLISHED) == date(2023, 2, 4)
    assert last_day(policy(text=POLICY.replace("appeal within 15 days", "")), PUBLISHED) is None


@pytest.mark.parametrize(
    ("day", "codes"), [("2023-01-19", ["AS7407"]), ("2023-01-20", []), ("2023-02-04", []), ("2023-02-05", ["AS7407"])]
)
def test_an_appeal_comes_in_time(day: str, codes: list[str]) -> None:
    assert [one.code for one in admissible(policy(), PUBLISHED, date.fromisoformat(day))] == codes
    without = policy(text=POLICY.replace("appeal within 15 days", ""))
    assert bool(admissible(without, PUBLISHED, date.fromisoformat(day))) == (day < "2023-01-20")


@pytest.mark.parametrize("within", [" within 1.5 days", "", " within 3 points", " x within 3 days", " within -1 days"])
def test_a_deadline_is_a_number_of_days(within: str) -> None:
    with pytest.raises(assessdsl.PolicyError):
        policy(text=POLICY.replace("appeal within 15 days", f"appeal{within}"))


def test_how_appeals_stand() -> None:
    events = entries(
        event("appeal", "ash", "2023-01-25", key="A1", claim="the road was done", evidence=("photo",)),
        event("appeal", "birch", "2023-02-10", key="A2", claim="too late", evidence=("letter",)),
        event("appeal", "cedar", "2023-02-01", key="A3", claim="wrong count", evidence=("list",)),
        event("ruling", "A1", "2023-02-08", authority="committee", reason="accepted", upheld=True),
        event("ruling", "A3", "2023-02-09", authority="committee", reason="no evidence", upheld=False),
        event("ruling", "A9", "2023-02-09", authority="committee", reason="?", upheld=False),
    )
    until = last_day(policy(), PUBLISHED)
    found = appeals(events, date(2023, 2, 28), until)
    assert [(one.name, one.entity, one.state, one.late) for one in found] == [
        ("A1", "ash", "upheld", False), ("A2", "birch", "open", True), ("A3", "cedar", "dismissed", False),
    ]  # fmt: skip
    assert [one.state for one in appeals(events, date(2023, 2, 3), until)] == ["open", "open"]
    assert appeals(events, date(2023, 2, 3))[0].claim == "the road was done"


def test_a_ruling_gives_a_new_version_and_leaves_the_published_one() -> None:
    kept = History().add(ahead().before, PUBLISHED)
    found = ahead(ROAD)
    revised = kept.add(found.after, date(2023, 2, 10), reason="ruling 4")
    first = revised.current(2022, date(2023, 2, 9))
    assert first is not None
    assert first.digest == assessdsl.evaluate(policy(), facts(), history=[]).digest, "it can be worked out again"
    again = assessdsl.evaluate(policy(), corrected(facts(), [ROAD]), history=[])
    assert revised.published[-1].digest == again.digest
    assert [one.reason for one in revised.published] == ["", "ruling 4"]


# ---------------------------------------------------------------- in a register

REGISTERED = registers.POLICY.replace(
    "  register {",
    """  judgement fault
  accountability { appeal within 15 days
    finding referred "Referred" when fault within 15 days }
  register {""",
)


def test_from_a_judgement_to_a_new_version_in_a_register() -> None:
    """What the register takes when, and that a correction after a ruling leaves the published result as it was."""
    register = registers.frozen(policy=REGISTERED)
    report = registers.put(register, "report", "t1", "12-31", data={"actual": "4%"}).entry
    registers.put(register, "report", "t2", "12-31", data={"actual": "5%"})
    judged = {"judgement": "fault", "author": "commission"}
    with pytest.raises(RegisterError, match="evidence"):
        registers.put(register, "judgement", "west", "12-31", data=judged)
    registers.put(register, "judgement", "west", "12-31", data=judged, evidence=("report 7",))
    policy_ = register.policy
    assert policy_ is not None
    snapshot = register.snapshot()
    base = from_records(entities=registers.ENTITIES)
    result = assessdsl.evaluate(policy_, snapshot.facts(base))
    (cite,) = next(one for one in result.entities["west"].findings if one.name == "referred").cites
    assert (cite.author, cite.evidence) == ("commission", "report 7")
    assert cite.where.startswith("register")

    claim = {"data": {"claim": "7 % were reached"}, "evidence": ("bulletin",)}
    assert registers.refused(register, "appeal", "east", "2023-01-22", **claim) == ["AS7204"], "nothing is published"
    registers.put(register, "assess", "", "2023-01-19", data={"digest": result.digest})
    registers.put(register, "publish", "", "2023-01-20")
    appeal = registers.put(register, "appeal", "east", "2023-01-22", **claim).entry
    found = preview(policy_, snapshot.facts(base), [Correction("facts", {"target": "t1"}, {"actual": "7%"})])
    assert [one.entity for one in found.moved] == ["east", "west"]
    ruling = {"authority": "the council", "reason": "the bulletin says so", "data": {"upheld": True}}
    registers.put(register, "ruling", appeal.event.key, "2023-02-01", **ruling)
    registers.put(
        register, "correction", report.event.key, "2023-02-01", data={"actual": "7%"}, reason="ruling on the appeal"
    )
    after = assessdsl.evaluate(policy_, register.snapshot().facts(base))
    assert after.digest == found.after.digest, "what was foreseen is what came"
    assert assessdsl.evaluate(policy_, register.snapshot(size=snapshot.size).facts(base)).digest == result.digest
    replaced = {"digest": after.digest, "replaces": result.digest}
    registers.put(register, "revise", "", "2023-02-02", data=replaced, authority="the council", reason="ruling")
    registers.put(register, "use", "east", "2023-02-10", data={
        "result": after.digest, "purpose": "honour", "document": "notice 9",
    })  # fmt: skip
    stand = appeals(register.store.entries(), date(2023, 3, 1), last_day(policy_, date(2023, 1, 20)))
    assert [(one.entity, one.state, one.late) for one in stand] == [("east", "upheld", False)]
