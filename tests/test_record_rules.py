"""What a register takes and what it refuses: phases, subjects, the form of events, completeness, what is frozen."""

from typing import Any

import pytest
from registers import POLICY, S1, T1, T2, begun, consulted, event, frozen, put, refused

import assessdsl
from assessdsl.diagnostics import RegisterError
from assessdsl.record import Event, Register
from assessdsl.record.form import malformed
from assessdsl.record.kinds import HELD, KINDS, PHASE_WORDS, PHASES, first_of
from assessdsl.record.register import policy_data

INSTRUCTION = {"source": "the mayor", "owner": "east", "content": "repair the bridge", "due": "2022-05-10"}


# ---------------------------------------------------------------- the table of kinds


def test_the_table_of_kinds_is_of_one_piece() -> None:
    assert set(PHASE_WORDS) == {"", *PHASES}
    for name, kind in KINDS.items():
        assert kind.en
        assert kind.zh
        assert kind.phases, name
        assert set(kind.phases) <= {"", *PHASES}
        assert not kind.enters or kind.enters in PHASES
        assert not set(kind.needs) & set(kind.may)


def test_every_phase_but_the_last_leads_on() -> None:
    """From each phase an event leads to a later one, so that no register is stuck."""
    for phase in ("", *PHASES[:-1]):
        onwards = [
            kind.enters for kind in KINDS.values() if phase in kind.phases and kind.enters and kind.enters != phase
        ]
        order = ("", *PHASES)
        assert any(order.index(enters) > order.index(phase) for enters in onwards), phase


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (event("freez"), "AS7201"),
        (event("attempt", "t1"), "AS7201"),
        (event("consult"), "AS7202"),
        (event("consult", "east", actor=" "), "AS7202"),
        (event("comment", "east"), "AS7202"),
        (event("comment", "east", data={"text": " "}), "AS7203"),
        (event("comment", "east", data={"text": 7}), "AS7203"),
        (event("reply", "k", data={"text": "no", "adopted": "no"}), "AS7203"),
        (event("instruct", "i1", data={**INSTRUCTION, "due": "2022-02-30"}), "AS7203"),
        (event("instruct", "i1", data={**INSTRUCTION, "due": "20220510"}), "AS7203"),
        (event("set_target", "t3", data={**T1, "planned": 8}), "AS7203"),
        (event("set_target", "t3", data={**T1, "planed": "8%"}), "AS7229"),
        (event("set_target", "t3", data={**T1, "planned": ("8%", {"a": "b"})}), "AS7203"),
        (event("correction", "k", data={"actual": "7%"}), "AS7202"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_a_malformed_event_is_not_recorded(wrong: Event, code: str) -> None:
    register = begun()
    size = register.store.size
    with pytest.raises(RegisterError) as error:
        register.record(wrong)
    assert {found.code for found in error.value.diagnostics} == {code}
    assert register.store.size == size


@pytest.mark.parametrize(
    "given",
    [
        {"subject": None}, {"actor": 3}, {"kind": None}, {"valid": "2022-01-01"}, {"data": {"text": 0.5}},
        {"data": {"text": {"text"}}}, {"reason": b"x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_event_at_all_is_told(given: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "kind": "comment", "subject": "east", "valid": event("x").valid, "actor": "east", "data": {"text": "x"},
    }  # fmt: skip
    with pytest.raises(RegisterError):
        begun().record(Event(**{**fields, **given}))


def test_a_misspelt_field_is_guessed() -> None:
    (found,) = malformed(event("report", "t1", data={"actuall": "8%"}))
    assert found.help("en") == "did you mean `actual`?"


# ---------------------------------------------------------------- phases

NOT_YET = [
    ("report", "t1", {"data": {"actual": "8%"}}, "freeze"),
    ("add_target", "t3", {"data": T1}, "freeze"),
    ("adjust", "t1", {"data": {"planned": "7.5%"}}, "freeze"),
    ("comment", "east", {"data": {"text": "x"}}, "consult"),
    ("close_consultation", "", {}, "consult"),
    ("assess", "", {"data": {"digest": "x"}}, "freeze"),
    ("publish", "", {}, "assess"),
    ("finalise", "", {}, "publish"),
]


@pytest.mark.parametrize(("kind", "subject", "given", "first"), NOT_YET, ids=[row[0] for row in NOT_YET])
def test_what_comes_too_early_is_told_what_must_come_first(
    kind: str, subject: str, given: dict[str, Any], first: str
) -> None:
    made = begun().record(event(kind, subject, **given))
    (found,) = made.diagnostics
    assert (found.code, found.arguments["first"]) == ("AS7204", first)
    assert found.help("en") == f"`{first}` must come first"


def test_what_comes_too_late_has_nothing_that_could_come_first() -> None:
    made = frozen().record(event("consult", "east"))
    (found,) = made.diagnostics
    assert (found.code, found.help("en")) == ("AS7204", None)
    assert "draft, consultation" in found.message("en")


def test_the_first_event_opens_the_register() -> None:
    register = Register.in_memory()
    assert refused(register, "freeze") == ["AS7204"]
    policy = assessdsl.loads(POLICY)
    put(register, "open", policy.name, data=policy_data(policy))
    assert register.policy is not None
    assert register.policy.fingerprint == policy.fingerprint
    assert refused(register, "open", policy.name, on="01-11", data=policy_data(policy)) == ["AS7204"]


def test_the_text_of_the_policy_must_be_that_of_its_fingerprint() -> None:
    data = dict(policy_data(assessdsl.loads(POLICY)))
    register = Register.in_memory()
    made = register.record(event("open", "example", data={**data, "policy": POLICY.replace("8%", "9%") + " "}))
    assert made.accepted  # blanks are nothing
    changed = POLICY.replace("at most 50%", "at most 60%")
    other = Register.in_memory().record(event("open", "example", data={**data, "policy": changed}))
    assert not other.accepted
    assert [found.code for found in other.diagnostics] == ["AS7218"]
    broken = Register.in_memory().record(event("open", "example", data={**data, "policy": "policy {"}))
    assert not broken.accepted


def test_the_whole_life() -> None:
    register = frozen()
    put(register, "report", "t1", "06-30", data={"actual": "8%"})
    assert register.snapshot().state.phase == "running"
    put(register, "assess", on="12-31", data={"digest": "sha256:0"})
    assert refused(register, "report", "t1", "12-31", data={"actual": "9%"}) == ["AS7204"]
    put(register, "publish", on="2023-01-15")
    put(register, "finalise", on="2023-02-15")
    assert register.snapshot().state.phase == "final"


def test_what_leads_to_a_phase_is_found() -> None:
    assert first_of(HELD) == "freeze"
    assert first_of(("final",)) == "finalise"
    assert first_of(("draft",)) == "open"


# ---------------------------------------------------------------- what an event is about


@pytest.mark.parametrize(
    ("kind", "subject", "given", "code"),
    [
        ("withdraw_target", "t9", {}, "AS7205"),
        ("consult", "north", {}, "AS7205"),
        ("enrol", "east", {"data": {"group": "town"}}, "AS7206"),
        ("enrol", "north", {"data": {"group": "contry"}}, "AS6207"),
        ("set_target", "", {"data": T1}, "AS6214"),
        ("set_target", "t3", {"data": {**T1, "entity": "north"}}, "AS7205"),
        ("set_target", "t3", {"data": {**T1, "indicator": "grwth"}}, "AS6203"),
        ("set_target", "t3", {"data": {**T1, "planned": "8.25%"}}, "AS6104"),
        ("set_target", "t3", {"data": {**T1, "due": "soon"}}, "AS6107"),
        ("instruct", "i1", {"data": {**INSTRUCTION, "owner": "north"}}, "AS7205"),
        ("reply_instruction", "i1", {}, "AS7205"),
    ],
)
def test_what_is_not_there_or_cannot_be_read(kind: str, subject: str, given: dict[str, Any], code: str) -> None:
    assert refused(begun(), kind, subject, **given) == [code]


@pytest.mark.parametrize(
    ("subject", "data", "code"),
    [
        ("t9", {"actual": "8%"}, "AS7205"),
        ("t1", {"actual": "eight"}, "AS6101"),
        ("t1", {"actual": "8.25%"}, "AS6104"),
        ("east", {"indicator": "grwth", "actual": "8%"}, "AS6203"),
        ("north", {"indicator": "warning"}, "AS7205"),
        ("east", {"fact": "late_replys", "actual": "1"}, "AS6204"),
    ],
)
def test_a_report_must_be_readable(subject: str, data: dict[str, str], code: str) -> None:
    assert refused(frozen(), "report", subject, "06-30", data=data) == [code]


# ---------------------------------------------------------------- consultation and freeze


def test_everyone_is_asked_and_answered_before_the_freeze() -> None:
    register = begun()
    assert "AS7210" in refused(register, "freeze")
    put(register, "consult", "east", "01-20")
    comment = put(register, "comment", "east", "01-25", data={"text": "too high"}, actor="east")
    made = register.record(event("close_consultation", on="02-01"))
    assert [found.code for found in made.diagnostics] == ["AS7210", "AS7211"]
    assert made.diagnostics[0].arguments["entity"] == "west"
    assert refused(register, "freeze") == ["AS7204"]  # the consultation is not closed
    put(register, "consult", "west", "02-02")
    assert refused(register, "reply", "no such key", data={"text": "x"}) == ["AS7205"]
    put(register, "reply", comment.entry.event.key, "02-03", data={"text": "no", "adopted": False})
    put(register, "close_consultation", on="02-04")
    assert refused(register, "comment", "east", data={"text": "late"}) == ["AS7204"]
    put(register, "freeze", on="02-28")
    assert register.snapshot().state.comments[comment.entry.event.key].reply is not None


def test_a_consultation_that_is_optional_may_be_left_out() -> None:
    register = begun(POLICY.replace("consultation required", "consultation optional"))
    put(register, "freeze", on="02-28")


def test_a_freeze_that_comes_late_is_remarked() -> None:
    made = consulted(begun()).record(event("freeze", on="03-01"))
    assert made.accepted
    assert [found.code for found in made.diagnostics] == ["AS7220"]


P1 = {**S1, "planned": "60", "parent": "s1"}

INCOMPLETE: list[tuple[dict[str, dict[str, str]], list[tuple[str, str]]]] = [
    ({"t1": T1, "t2": T2}, []),
    ({"t1": {**T1, "owner": ""}, "t2": T2}, [("AS7212", "t1")]),
    ({"t1": {**T1, "due": "", "owner": ""}, "t2": T2}, [("AS7212", "t1"), ("AS7212", "t1")]),
    ({"t1": T1}, [("AS7213", "west")]),
    ({"t1": {**T1, "planned": "7%"}, "t2": T2}, [("AS7215", "t1")]),
    ({"t1": {**T1, "planned": "10.6%"}, "t2": T2}, [("AS7216", "t1")]),
    ({"t1": {**T1, "planned": "10.5%"}, "t2": T2}, []),  # half of the baseline beyond it, to the point
    ({"t1": {**T1, "baseline": ""}, "t2": T2}, [("AS7212", "t1")]),
    ({"t1": {**T1, "weight": ""}, "t2": T2}, [("AS6215", "t1")]),
    ({"t1": T1, "t2": T2, "s1": S1}, []),
    ({"t1": T1, "t2": T2, "s1": {**S1, "planned": "120"}}, [("AS7215", "s1")]),  # lower is better
    ({"t1": T1, "t2": T2, "s1": {**S1, "planned": "59"}}, [("AS7216", "s1")]),
    ({"t1": T1, "t2": T2, "s1": {**S1, "direction": "higher"}}, [("AS7215", "s1")]),
    # parts of what is to be kept low may not come to more
    ({"t1": T1, "t2": T2, "s1": S1, "p1": P1}, []),
    ({"t1": T1, "t2": T2, "s1": S1, "p1": P1, "p2": {**P1, "planned": "60"}}, [("AS7214", "s1")]),
    ({"t1": T1, "t2": {**T2, "parent": "t1"}}, [("AS7214", "t1")]),  # 7.5 % does not reach 8 %
    ({"t1": T1, "t2": T2, "t3": {**T1, "parent": "t1"}}, []),
    ({"t1": T1, "t2": {**T2, "parent": "t9"}}, [("AS7228", "t2")]),
    ({"t1": {**T1, "parent": "t1"}, "t2": T2}, [("AS7228", "t1")]),
    ({"t1": T1, "t2": T2, "s1": {**S1, "parent": "t1"}}, [("AS7228", "s1")]),
    ({"t1": T1, "t2": {**T2, "planned": "", "parent": "t1"}}, [("AS7212", "t2")]),
]


@pytest.mark.parametrize(("targets", "expected"), INCOMPLETE, ids=range(len(INCOMPLETE)))
def test_the_set_is_complete_before_it_is_frozen(
    targets: dict[str, dict[str, str]], expected: list[tuple[str, str]]
) -> None:
    made = consulted(begun(targets=targets)).record(event("freeze", on="02-28"))
    found = [(one.code, one.arguments.get("target") or one.arguments["entity"]) for one in made.diagnostics]
    assert sorted(found) == sorted(expected)
    assert made.accepted == (not expected)


def test_parts_that_are_added_reach_the_whole() -> None:
    policy = POLICY.replace("direction lower", "direction higher").replace("control(", "attainment(")
    whole = {**S1, "planned": "130"}
    for second, codes_of in (("69", ["AS7214"]), ("70", [])):
        parts = {"p1": {**P1, "baseline": "50"}, "p2": {**P1, "planned": second, "baseline": "60"}}
        made = consulted(begun(policy, {"t1": T1, "t2": T2, "s1": whole, **parts})).record(event("freeze", on="02-28"))
        assert [found.code for found in made.diagnostics] == codes_of


def test_a_baseline_of_nothing_bounds_nothing() -> None:
    targets = {"t1": {**T1, "baseline": "0%"}, "t2": T2}
    put(consulted(begun(targets=targets)), "freeze", on="02-28")


# ---------------------------------------------------------------- after the freeze


def changed(**columns: str) -> dict[str, Any]:
    return {"data": {**T1, **columns}}


FORBIDDEN: list[tuple[str, dict[str, Any], str]] = [
    ("withdraw_target", {}, "removed"),
    ("set_target", changed(planned="7.9%"), "lowered"),
    ("set_target", changed(planned=""), "lowered"),
    ("set_target", changed(weight="0.5"), "lightened"),
    ("set_target", changed(due="2023-01-31"), "postponed"),
    ("set_target", changed(indicator="spending"), "reclassified"),
    ("set_target", changed(required="no"), "reclassified"),
    ("set_target", changed(tags="roads"), "reclassified"),
    ("set_target", changed(entity="west"), "reassigned"),
    ("set_target", changed(planned="9%"), "altered"),
    ("set_target", changed(baseline="6%"), "altered"),
]


@pytest.mark.parametrize(
    ("kind", "given", "change"),
    FORBIDDEN,
    ids=[f"{change} {number}" for number, (_, _, change) in enumerate(FORBIDDEN)],
)
def test_a_frozen_target_is_not_changed(kind: str, given: dict[str, Any], change: str) -> None:
    register = frozen()
    before = register.snapshot().state
    made = register.record(event(kind, "t1", "05-01", **given))
    assert not made.accepted
    assert "AS7207" in [found.code for found in made.diagnostics]
    after = register.snapshot()
    assert after.state.targets == before.targets
    assert after.state.frozen == before.frozen
    (attempt,) = after.state.attempts
    assert change in [one.kind for one in attempt.changes]
    assert f"target_{change}_refused" in [finding.name for finding in after.findings()["east"]]


def test_a_part_of_a_frozen_target_is_not_added() -> None:
    register = frozen()
    part = {"data": {**T1, "planned": "4%", "split_of": "t1"}, "authority": "the council"}
    assert refused(register, "add_target", "t1a", "05-01", **part) == ["AS7207"]
    assert refused(register, "set_target", "t1a", "05-01", **part) == ["AS7207"]
    assert [finding.name for finding in register.snapshot().findings()["east"]] == ["target_split_refused"] * 2


def test_a_frozen_target_may_be_described_otherwise() -> None:
    register = frozen()
    made = register.record(event("set_target", "t1", "05-01", **changed(owner="Wang")))
    assert made.accepted
    assert [found.code for found in made.diagnostics] == ["AS7010"]
    state = register.snapshot().state
    assert state.targets["t1"].values["owner"].raw == "Wang"
    assert state.frozen is not None
    assert state.frozen["t1"].values["owner"].raw == "Li"


def test_after_the_results_nothing_is_described_otherwise() -> None:
    register = frozen()
    put(register, "assess", on="12-31", data={"digest": "x"})
    assert refused(register, "set_target", "t1", "12-31", **changed(owner="Wang")) == ["AS7204"]
    assert refused(register, "set_target", "t1", "12-31", **changed(planned="7%")) == ["AS7207"]


@pytest.mark.parametrize(
    ("authority", "accepted"),
    [("the council", True), ("the mayor", True), (" the council ", True), ("", False), ("me", False)],
)
def test_targets_are_added_by_those_whom_the_policy_names(authority: str, accepted: bool) -> None:
    register = frozen()
    made = register.record(event("add_target", "t3", "05-01", data=T1, authority=authority))
    assert made.accepted == accepted
    snapshot = register.snapshot()
    assert ("t3" in snapshot.state.targets) == accepted
    expected = [] if accepted else ["target_added_refused"]
    assert [finding.name for finding in snapshot.findings().get("east", ())] == expected
    if not accepted:
        assert [found.code for found in made.diagnostics] == ["AS7208"]


def test_what_was_added_is_held_too() -> None:
    register = frozen()
    put(register, "add_target", "t3", "05-01", data=T1, authority="the mayor")
    assert refused(register, "withdraw_target", "t3", "06-01") == ["AS7207"]
    assert refused(register, "set_target", "t3", "06-01", **changed(planned="5%"), authority="the mayor") == ["AS7207"]
    assert refused(register, "add_target", "t3", "06-01", data=T1, authority="the mayor") == ["AS7206"]
    assert refused(register, "set_target", "t4", "06-01", data=T1) == ["AS7208"]


APPROVED = {"data": {"planned": "7.5%"}, "authority": "the council", "reason": "flood"}


@pytest.mark.parametrize(
    ("given", "on", "why"),
    [
        (APPROVED, "09-30", ""),
        (APPROVED, "10-01", "adjustments end on 2022-09-30"),
        ({**APPROVED, "authority": "the mayor"}, "09-30", "it is for `the council` to approve it"),
        ({**APPROVED, "authority": ""}, "09-30", "it is for `the council` to approve it"),
        ({**APPROVED, "reason": "bad luck"}, "09-30", "the reasons that are allowed are `flood`、`drought`"),
        ({**APPROVED, "data": {"planned": "8.0%"}}, "09-30", "nothing would change"),
    ],
)
def test_adjustments_are_those_that_the_policy_provides_for(given: dict[str, Any], on: str, why: str) -> None:
    register = frozen()
    made = register.record(event("adjust", "t1", on, **given))
    assert made.accepted == (not why)
    assert [(found.code, found.arguments["why_en"]) for found in made.diagnostics] == ([("AS7209", why)] if why else [])
    assert bool(register.snapshot().state.adjusted) == (not why)


def test_adjustments_follow_one_another() -> None:
    register = frozen()
    put(register, "adjust", "t1", "05-01", **APPROVED)
    put(register, "adjust", "t1", "06-01", **{**APPROVED, "data": {"due": "2023-01-31"}})
    row = register.snapshot().state.adjusted["t1"]
    assert (row.values["planned"].raw, row.values["due"].raw) == ("7.5%", "2023-01-31")
    assert refused(register, "adjust", "t1", "07-01", **{**APPROVED, "data": {"planned": "low"}}) == ["AS6101"]


def test_a_policy_without_the_rule_has_no_adjustments() -> None:
    line = next(line for line in POLICY.splitlines() if "adjustment by" in line)
    register = frozen(policy=POLICY.replace(line, ""))
    assert refused(register, "adjust", "t1", "05-01", **APPROVED) == ["AS7209"]


# ---------------------------------------------------------------- instructions


def test_instructions_are_answered_in_order() -> None:
    register = begun()
    put(register, "instruct", "i1", "04-20", data=INSTRUCTION)

    def status() -> str:
        return register.snapshot().state.instructions["i1"].status

    assert status() == "open"
    assert refused(register, "return_instruction", "i1", "05-01", reason="early") == ["AS7227"]
    put(register, "reply_instruction", "i1", "05-12")
    assert status() == "replied"
    put(register, "return_instruction", "i1", "05-13", reason="no figures", data={"due": "2022-05-20"})
    assert status() == "returned"
    put(register, "reply_instruction", "i1", "05-20")
    put(register, "complete_instruction", "i1", "05-21")
    assert status() == "done"
    assert refused(register, "reply_instruction", "i1", "05-22") == ["AS7227"]
    known = register.snapshot().state.instructions["i1"]
    assert [reply.late_days for reply in known.replies] == [2, 0]
    assert refused(register, "instruct", "i1", "06-01", data=INSTRUCTION) == ["AS7206"]
