"""The register in its file: transactions, the same event sent again, several programs, what was known when."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registers import ENTITIES, POLICY, T1, T2, begun, consulted, event, frozen, put, refused

import assessdsl
from assessdsl.diagnostics import RegisterError
from assessdsl.record import Entry, Event, Register, Snapshot
from assessdsl.record.kinds import KINDS, PHASES
from assessdsl.record.register import refusals
from assessdsl.record.state import State, apply, attempted, folded


def test_a_register_is_found_again_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "2022.register"
    policy = assessdsl.loads(POLICY)
    with Register.open(path, policy=policy) as register:
        register.begin({"entities": ENTITIES, "targets": [{"target": "t1", **T1}]}, valid=date(2022, 1, 10), actor="me")
        size, root = register.store.size, register.store.root()
    with Register.open(path) as again:  # it knows its policy
        assert (again.store.size, again.store.root()) == (size, root)
        assert again.policy is not None
        assert again.policy.fingerprint == policy.fingerprint
        assert not again.record(event("set_target", "t2", data={**T2, "planned": "x"})).accepted
        put(again, "set_target", "t2", data=T2)
        assert list(again.snapshot().state.targets) == ["t1", "t2"]


def test_it_is_begun_with_a_policy() -> None:
    with pytest.raises(TypeError, match="policy"):
        Register.in_memory().begin({"entities": ENTITIES}, valid=date(2022, 1, 10), actor="me")


def test_the_policy_of_a_register_is_whole(tmp_path: Path) -> None:
    """Also of one that extends another: the files may be gone when the register is opened."""
    (tmp_path / "base.assess").write_text(POLICY, "utf-8")
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "own.assess").write_text('extends "../base.assess"\npolicy city { period 2023 }', "utf-8")
    policy = assessdsl.load(tmp_path / "city" / "own.assess")
    register = Register.in_memory(policy=policy)
    register.begin({"entities": ENTITIES}, valid=date(2023, 1, 10), actor="me", strict=True)
    text = register.snapshot().state.policy
    assert "extends" not in text
    assert assessdsl.loads(text).fingerprint == policy.fingerprint


def test_a_register_that_is_opened_with_another_policy_says_so(tmp_path: Path) -> None:
    policy, changed = assessdsl.loads(POLICY), assessdsl.loads(POLICY.replace("cap 5 points", "cap 4 points"))
    with Register.open(tmp_path / "r", policy=policy) as register:
        assert register.diagnostics == ()
        register.begin({"entities": ENTITIES}, valid=date(2022, 1, 10), actor="me", strict=True)
        assert register.diagnostics == ()
    with Register.open(tmp_path / "r", policy=changed) as register:
        assert [found.code for found in register.diagnostics] == ["AS7218"]
        assert register.policy is not None
        assert register.policy.fingerprint == policy.fingerprint


def test_the_policy_may_be_amended_before_the_freeze() -> None:
    register = begun()
    changed = assessdsl.loads(POLICY.replace("at most 50%", "at most 10%"))
    data = assessdsl.record.register.policy_data(changed)
    put(register, "amend_policy", "example", "01-31", data=data, reason="the county asked for it")
    assert register.policy is not None
    assert register.policy.fingerprint == changed.fingerprint
    assert "AS7216" in refused(consulted(register), "freeze", on="02-28")
    assert refused(frozen(), "amend_policy", "example", "03-01", data=data, reason="x") == ["AS7204"]


# ---------------------------------------------------------------- keys


def test_the_same_event_sent_again_is_the_same_entry() -> None:
    register = begun()
    given = {"key": "k1", "data": T2}
    first = put(register, "set_target", "t3", **given)
    size = register.store.size
    assert put(register, "set_target", "t3", **given).entry == first.entry
    assert register.store.size == size
    with pytest.raises(RegisterError) as error:
        register.record(event("set_target", "t4", **given))
    assert [found.code for found in error.value.diagnostics] == ["AS7108"]


def test_a_refused_event_sent_again_is_the_same_refusal() -> None:
    register = frozen()
    lowered = event("set_target", "t1", "05-01", data={**T1, "planned": "7%"}, key="k1")
    first, second = register.record(lowered), register.record(lowered)
    assert first.entry == second.entry
    assert [(found.code, found.severity, found.message("zh")) for found in first.diagnostics] == [
        (found.code, found.severity, found.message("zh")) for found in second.diagnostics
    ]
    assert len(register.snapshot().state.attempts) == 1
    with pytest.raises(RegisterError):
        register.record(event("withdraw_target", "t1", key="k1"))


def test_without_a_key_only_what_was_recorded_last_is_the_same_event() -> None:
    register = begun()
    first = put(register, "set_target", "t3", data=T1)
    assert put(register, "set_target", "t3", data=T1).entry == first.entry
    put(register, "set_target", "t3", data=T2)
    back = put(register, "set_target", "t3", data=T1)
    assert back.entry.index > first.entry.index
    assert register.snapshot().state.targets["t3"].values["entity"].raw == "east"


def test_what_was_refused_may_be_tried_again_when_things_have_changed() -> None:
    register = begun()
    assert refused(register, "freeze", on="02-28")
    put(consulted(register), "freeze", on="02-28")


def test_names_are_compared_in_normal_form() -> None:
    register = begun()
    put(register, "enrol", "cafe\u0301", data={"group": "town"})
    assert refused(register, "enrol", "caf\u00e9", data={"group": "county"}) == ["AS7206"]
    put(register, "consult", "caf\u00e9")


# ---------------------------------------------------------------- transactions


def test_strict_raises_after_the_attempt_is_recorded() -> None:
    register = frozen()
    with pytest.raises(RegisterError) as error:
        register.record(event("withdraw_target", "t1"), strict=True)
    assert [found.code for found in error.value.diagnostics] == ["AS7207"]
    assert [attempt.kind for attempt in register.snapshot().state.attempts] == ["withdraw_target"]


def test_many_are_recorded_together_or_not_at_all() -> None:
    register = begun()
    size = register.store.size
    with pytest.raises(RegisterError):
        register.record_all([event("consult", "east"), event("consult", "")])
    with pytest.raises(RegisterError):  # the second bears the first's key: found when the first is already written
        register.record_all([event("consult", "east", key="k"), event("consult", "west", key="k")])
    assert register.store.size == size
    assert put(register, "consult", "east").entry.index == size  # nothing of it is remembered
    made = register.record_all([event("consult", "west"), event("freeze"), event("close_consultation")])
    assert [one.accepted for one in made] == [True, False, True]


def test_two_programs_keep_one_register(tmp_path: Path) -> None:
    path = tmp_path / "r"
    policy = assessdsl.loads(POLICY)
    with Register.open(path, policy=policy) as one, Register.open(path) as other:
        one.begin({"entities": ENTITIES, "targets": [{"target": "t1", **T1}]}, valid=date(2022, 1, 10), actor="me")
        put(other, "set_target", "t2", data=T2)
        consulted(one)
        put(other, "freeze", on="02-28")
        assert refused(one, "withdraw_target", "t2") == ["AS7207"]
        assert one.snapshot() == other.snapshot()


def test_refusals_are_kept_with_the_attempt() -> None:
    register = frozen()
    made = register.record(event("set_target", "t1", "05-01", data={**T1, "planned": "7%", "due": "2023-06-30"}))
    kept = refusals(made.entry)
    assert [(one.code, one.message("en")) for one in kept] == [
        (one.code, one.message("en")) for one in made.diagnostics
    ]
    (attempt,) = register.snapshot().state.attempts
    assert [(one.kind, one.registered, one.present, one.column) for one in attempt.changes] == [
        ("lowered", "8%", "7%", "planned"),
        ("postponed", "2022-12-31", "2023-06-30", "due"),
    ]
    assert attempt.codes == ("AS7207", "AS7207")


# ---------------------------------------------------------------- what was known when


def test_what_was_known_when() -> None:
    moments = iter(datetime(2022, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(1000))
    register = frozen(clock=lambda: next(moments))
    first = put(register, "report", "t1", "06-30", data={"actual": "8%"}, key="r1").entry
    size = register.store.size
    put(register, "correction", "r1", "06-30", data={"actual": "6%"}, reason="counted twice")

    def actual(**given: Any) -> object:
        return register.snapshot(**given).state.reports["r1"].row.values["actual"].raw

    assert (actual(), actual(size=size), actual(known_at=first.recorded)) == ("6%", "8%", "8%")
    assert register.snapshot(known_at=first.recorded).size == size
    assert register.snapshot(known_at=first.recorded - timedelta(days=1)).state.reports == {}
    assert register.snapshot(size=size).root == register.store.root(size).hex()


def test_what_holds_on_a_day() -> None:
    register = frozen()
    put(register, "add_target", "t3", "05-01", data=T1, authority="the mayor")
    put(register, "report", "t1", "06-30", data={"actual": "8%"})
    for day, phase, targets, reports in (
        ("2022-01-09", "", 0, 0),
        ("2022-01-10", "draft", 2, 0),
        ("2022-02-27", "consulted", 2, 0),
        ("2022-02-28", "frozen", 2, 0),
        ("2022-05-01", "frozen", 3, 0),
        ("2022-06-30", "running", 3, 1),
    ):
        snapshot = register.snapshot(date.fromisoformat(day))
        state = snapshot.state
        assert (state.phase, len(state.targets), len(state.reports)) == (phase, targets, reports), day
        assert (snapshot.size, state.size) == (register.store.size, register.store.size)


# ---------------------------------------------------------------- whatever is sent

_NAMES = st.sampled_from(["t1", "t2", "t3", "east", "west", "i1", "", "k1"])
_TEXTS = st.sampled_from(["8%", "7%", "1", "0.5", "east", "west", "growth", "2022-12-31", "2023-12-31", "x", "Li", ""])
_FIELDS = [
    "actual", "content", "due", "entity", "indicator", "instruction", "owner", "planned", "source", "split_of", "text",
    "weight",
]  # fmt: skip
_EVENTS = st.builds(
    Event,
    st.sampled_from(sorted(KINDS)),
    _NAMES,
    st.dates(date(2022, 1, 1), date(2022, 12, 31)),
    st.just("office"),
    key=st.sampled_from(["", "", "", "k1", "k2"]),
    data=st.one_of(
        st.dictionaries(st.sampled_from(_FIELDS), _TEXTS),
        st.dictionaries(st.sampled_from(_FIELDS), _TEXTS, max_size=2).map(lambda changed: T1 | changed),
    ),
    authority=st.sampled_from(["", "the council"]),
    reason=st.sampled_from(["", "flood"]),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_EVENTS, max_size=12), st.booleans())
def test_whatever_is_sent_the_frozen_set_only_grows(events: list[Event], held: bool) -> None:
    register = frozen() if held else begun()
    was = register.snapshot().state
    for one in events:
        size = register.store.size
        try:
            made = register.record(one)
        except RegisterError:
            assert register.store.size == size
            continue
        state = register.snapshot().state
        assert made.accepted == (not any(found.is_error for found in made.diagnostics))
        assert register.store.size - size in (0, 1)
        assert not made.accepted or PHASES.index(state.phase) >= PHASES.index(was.phase)
        if was.frozen is not None:
            assert state.frozen == was.frozen
            assert was.held.items() <= state.held.items()
            for name, row in was.held.items():
                scored = row.values.keys() - {"owner", "standard", "source"}
                assert {column: state.targets[name].values.get(column) for column in scored} == {
                    column: row.values[column] for column in scored
                }
        was = state
    step = State()
    for entry in register.store.entries():
        apply(step, entry)
    assert step == folded(register.store.entries())


@settings(max_examples=60)
@given(st.lists(_EVENTS, max_size=12))
def test_a_file_of_any_entries_is_folded(events: list[Event]) -> None:
    """What stands in a register that was tampered with is for verification to judge; reading it must not break."""
    entries = [Entry(index, datetime(2022, 1, 1, tzinfo=UTC), one) for index, one in enumerate(events)]
    state = folded(entries)
    assert state.size == len(entries)
    snapshot = Snapshot(len(entries), "", None, state, None)
    snapshot.facts(assessdsl.Facts(), adjusted=True)
    snapshot.findings()
    for entry in entries:
        attempted(entry)
        refusals(entry)
