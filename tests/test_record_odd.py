"""What seldom happens to a register: attempts in disguise, odd texts, odd days, clocks, and many at once."""

from registers import T1, begun, event, frozen, put, refused

from assessdsl.facts import Facts


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
