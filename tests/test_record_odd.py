"""What seldom happens to a register: attempts in disguise, odd texts, odd days, clocks, and many at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from unicodedata import normalize

import pytest
from registers import ENTITIES, POLICY, T1, T2, begun, consulted, day, event, frozen, put, refused

import assessdsl
from assessdsl.diagnostics import RegisterError
from assessdsl.facts import Facts
from assessdsl.record import Recorded, Register, evaluate, verify_result
from assessdsl.record.belated import belated, with_belated
from assessdsl.record.clock import rehearsed
from assessdsl.record.register import policy_data
from assessdsl.record.store import Writer


def test_a_lowering_is_not_hidden_behind_a_split_of_itself() -> None:
    register = frozen()
    lowered = {**T1, "planned": "1%", "split_of": "t1"}
    assert refused(register, "set_target", "t1", "05-01", data=lowered) == ["AS7207"]
    assert [one.name for one in register.snapshot().findings()["east"]] == ["target_lowered_refused"]


def test_only_an_appeal_is_ruled_on() -> None:
    register = frozen()
    put(register, "assess", on="12-31", data={"digest": "x"})
    put(register, "publish", on="12-31")
    put(register, "appeal", "east", on="12-31", key="claim", data={"claim": "no"}, evidence=("letter",))
    ruling = {"data": {"upheld": True}, "authority": "the council", "reason": "as measured"}
    for key in ("clam", register.store.entries()[0].event.key):
        made = register.record(event("ruling", key, "12-31", **ruling))
        assert [found.code for found in made.diagnostics] == ["AS7205"]
    put(register, "ruling", "claim", "12-31", **ruling)


def test_blanks_around_a_name_make_no_other_name() -> None:
    """Else an entity would be enrolled twice, which nothing could take back, and no freeze would be complete."""
    assert refused(begun(), "enrol", " east ", "01-11", data={"group": "county"}) == ["AS7206"]
    register = frozen()
    again = {"data": T1, "authority": "the council"}
    assert refused(register, "add_target", "t1\n", "05-01", **again) == ["AS7206"]
    assert refused(register, "withdraw_target", "\u3000t1", "05-01") == ["AS7207"]
    put(register, "add_target", " t3", "05-01", data={**T1, "entity": " east"}, authority="the council")
    assert register.snapshot().state.targets["t3"].values["entity"].raw == "east"


def test_reports_stand_beside_counts_of_a_fact_without_a_label() -> None:
    register = frozen()
    put(register, "report", "t1", "06-30", data={"actual": "8%"})
    put(register, "report", "east", "06-30", data={"fact": "late_replies", "actual": "7"})
    order = {"source": "the mayor", "owner": "east", "content": "repair the bridge", "due": "2022-05-10"}
    put(register, "instruct", "i1", "05-01", data=order)
    facts = [
        {column: value.raw for column, value in row.values.items()} for row in register.snapshot().facts(Facts()).facts
    ]
    assert facts == [
        {"target": "t1", "actual": "8%"},
        {"entity": "east", "fact": "late_replies", "actual": "0"},
        {"entity": "west", "fact": "late_replies", "actual": "0"},
    ]


def test_an_adjustment_is_taken_back_but_not_made_twice() -> None:
    register = frozen()
    approved = {"authority": "the council", "reason": "flood"}
    put(register, "adjust", "t1", "05-01", data={"planned": "7.5%"}, **approved)
    assert refused(register, "adjust", "t1", "06-01", data={"planned": "7.5%"}, **approved) == ["AS7209"]
    put(register, "adjust", "t1", "07-01", data={"planned": "8%"}, **approved)
    assert register.snapshot().state.adjusted["t1"].values["planned"].raw == "8%"


def test_of_two_programs_that_freeze_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "register"
    policy = assessdsl.loads(POLICY)
    begun_at = [{"target": name, **row} for name, row in (("t1", T1), ("t2", T2))]
    with Register.open(path, policy=policy) as register:
        register.begin({"entities": ENTITIES, "targets": begun_at}, valid=day("01-10"), actor="office", strict=True)
        consulted(register)
    together = Barrier(2)

    def freeze(who: str) -> bool:
        with Register.open(path) as own:
            together.wait()
            return own.record(event("freeze", on="02-28", actor=who)).accepted

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(freeze, ("one", "other"))) == [False, True]
    with Register.open(path) as register:
        kinds = [entry.event.kind for entry in register.store.entries()]
    assert (kinds.count("freeze"), kinds[-1]) == (1, "attempt")


def test_a_clock_that_goes_back_leaves_the_order() -> None:
    moments = iter(datetime(2024, 2, 29, 12, tzinfo=UTC) - timedelta(hours=hour) for hour in range(1000))
    register = frozen(clock=lambda: next(moments))
    made = register.record(event("report", "t1", "06-30", data={"actual": "8%"}))
    assert [found.code for found in made.diagnostics] == ["AS7110"]
    recorded = [entry.recorded for entry in register.store.entries()]
    assert recorded == sorted(recorded)
    assert register.snapshot(known_at=recorded[0]).size == len(recorded)


@pytest.mark.parametrize(
    ("on", "seen", "unseen"),
    [("2024-02-29", "2024-02-29", "2024-02-28"), ("2022-12-31", "2022-12-31", "2022-12-30"),
     ("2023-01-01", "2023-01-01", "2022-12-31")],
)  # fmt: skip
def test_what_holds_from_a_day_holds_from_that_day(on: str, seen: str, unseen: str) -> None:
    register = frozen()
    put(register, "report", "t1", on, data={"actual": "8%"})
    assert [len(register.snapshot(day(text)).state.reports) for text in (seen, unseen)] == [1, 0]


@pytest.mark.parametrize(("due", "late"), [("2024-02-28", 2), ("2024-02-29", 1), ("2023-02-28", 367)])
def test_days_of_lateness_count_leap_days(due: str, late: int) -> None:
    register = begun()
    order = {"source": "the mayor", "owner": "east", "content": "repair the bridge", "due": due}
    put(register, "instruct", "i1", data=order)
    put(register, "reply_instruction", "i1", "2024-03-01")
    assert register.snapshot().state.instructions["i1"].replies[0].late_days == late


@pytest.mark.parametrize("text", ["a\0b", "\u202etxt", "\x1b[31m", "’＝1＋1", "x" * 200_000, "e\u0301"])
def test_odd_texts_are_kept_as_they_are_but_for_their_normal_form(text: str) -> None:
    register = frozen()
    sent = event("report", "t1", "06-30", reason=text, key=text, data={"actual": "8%", "source": text})
    made = register.record(sent)
    kept = register.store.entries()[made.entry.index].event
    assert (kept.reason, kept.key, kept.data["source"]) == (normalize("NFC", text),) * 3
    assert register.record(sent) == made
    assert "\x1b" not in register.record(event("withdraw_target", text, "06-30")).diagnostics[0].message("en")


def test_half_a_character_is_told() -> None:
    register = frozen()
    size = register.store.size
    for given in ({"reason": "\ud800"}, {"key": "\udfff"}, {"data": {"actual": "8%", "source": "\ud800"}}):
        with pytest.raises(RegisterError) as error:
            register.record(event("report", "t1", "06-30", **{"data": {"actual": "8%"}, **given}))
        assert {found.code for found in error.value.diagnostics} == {"AS7109"}
    assert register.store.size == size


def test_names_of_another_normal_form_are_the_same() -> None:
    register = begun()
    put(register, "enrol", "caf\u00e9", data={"group": "town"})
    assert refused(register, "enrol", "cafe\u0301", "01-11", data={"group": "town"}) == ["AS7206"]
    put(register, "set_target", "t3", data={**T1, "entity": "cafe\u0301"})


def test_the_policy_is_not_changed_after_the_freeze() -> None:
    other = assessdsl.loads(POLICY.replace("0.5 points", "0.6 points"))
    register = frozen()
    assert refused(register, "amend_policy", "example", "05-01", data=policy_data(other), reason="better") == ["AS7204"]
    assert [found.code for found in evaluate(other, register.snapshot()).warnings] == ["AS7218"]


def test_a_register_stays_in_its_year() -> None:
    other = assessdsl.loads(POLICY.replace("period 2022", "period 2023"))
    asked = {"data": policy_data(other), "reason": "better"}
    assert refused(begun(), "amend_policy", "example", **asked) == ["AS7230"]


@pytest.mark.parametrize("baseline", ["60亿元", "7 pp", "much"])
def test_a_baseline_is_of_the_unit_of_its_plan(baseline: str) -> None:
    """No score reads it, but what is asked of ambition does."""
    register = begun()
    (planned,) = refused(register, "set_target", "t1", data={**T1, "planned": baseline})
    assert refused(register, "set_target", "t1", data={**T1, "baseline": baseline}) == [planned]


def test_a_report_of_what_the_register_counts_is_told() -> None:
    register = frozen()
    made = put(register, "report", "east", "06-30", data={"fact": "late_replies", "actual": "7"})
    assert [found.code for found in made.diagnostics] == ["AS7231"]
    made = put(register, "report", "t1", "06-30", data={"actual": "8%"})
    assert made.diagnostics == ()


def test_a_moment_names_its_time_zone() -> None:
    with pytest.raises(TypeError, match="time zone"):
        frozen().snapshot(known_at=datetime(2022, 5, 1))
    for size in (-3, 999):
        with pytest.raises(RegisterError, match=f"{size}"):
            frozen().snapshot(size=size)


@pytest.mark.parametrize(("on", "told"), [("2022-02-28", []), ("2022-03-01", ["freeze"]), ("2022-11-05", ["freeze"])])
def test_what_is_recorded_after_its_deadline_is_told(on: str, told: list[str]) -> None:
    register = frozen(clock=rehearsed(date.fromisoformat(on)))
    (made,) = with_belated(register.policy, [Recorded(register.snapshot().state.of_kind("freeze")[0])])
    found = belated(register.snapshot())
    assert [one.code for one in found] == ["AS7232"] * len(told)
    assert made.diagnostics == found


def test_an_adjustment_after_the_last_day_for_it_is_told() -> None:
    register = frozen(clock=rehearsed(date(2022, 10, 1)))
    approved = {"authority": "the council", "reason": "flood"}
    put(register, "adjust", "t1", "05-01", data={"planned": "7.5%"}, **approved)
    text = belated(register.snapshot())[-1].message("en")
    assert all(day in text for day in ("2022-05-01", "2022-10-01", "2022-09-30"))


def test_two_registers_of_one_year_are_told_apart() -> None:
    """They hold the same targets, but a result is bound to one of them."""
    one, other = frozen(), frozen()
    assert one.policy is not None
    bound = evaluate(one.policy, one.snapshot())
    found = verify_result(json.loads(bound.to_json()), other).diagnostics
    assert [each.code for each in found] == ["AS7225"]


def test_recording_does_not_slow_down_as_a_register_grows() -> None:
    """Not a measure of time: how many entries are read for one event more."""
    register = frozen()
    read: list[int] = []
    true = Writer.entries
    put(register, "report", "t1", "06-30", data={"actual": "8%"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Writer, "entries", lambda self, start=0, stop=None: read.append((stop or self.size) - start)
            or true(self, start, stop)
        )  # fmt: skip
        for number in range(50):
            put(register, "report", "t1", "07-01", data={"actual": "8%", "source": str(number)})
    assert max(read) <= 1
