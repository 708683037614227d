"""Assessments from the register: its tables, findings, both scores, and results that are made again."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from registers import ENTITIES, POLICY, S1, T1, T2, begun, frozen, put, refused

import assessdsl
from assessdsl.diagnostics import DataError, RegisterError
from assessdsl.record import Bound, Register, evaluate, verify_result
from assessdsl.result import finding_title

ADJUSTED = {"data": {"planned": "4%"}, "authority": "the council", "reason": "flood"}
TABLES = {
    "entities": ENTITIES,
    "facts": [{"target": "t1", "actual": "8%"}, {"target": "t2", "actual": "6%"}],
}


def policy_of(register: Register) -> assessdsl.Policy:
    assert register.policy is not None
    return register.policy


def scored(register: Register, facts: Any = (), **given: Any) -> Bound:
    return evaluate(policy_of(register), register.snapshot(**given), facts)


def totals(bound: Bound) -> dict[str, Fraction]:
    return {name: entity.total.value for name, entity in bound.result.entities.items()}


# ---------------------------------------------------------------- tables


def test_the_register_scores_as_the_tables_do() -> None:
    """With nothing but targets in the register, the result is that of the same tables."""
    rows = [{"target": "t1", **T1}, {"target": "t2", **T2}]
    policy = assessdsl.loads(POLICY)
    plain = assessdsl.evaluate(policy, {**TABLES, "targets": rows}, frozen=rows)
    bound = scored(frozen(), TABLES)
    assert bound.result.digest == plain.digest
    assert bound.adjusted is None
    assert bound.differences == {}
    assert bound.warnings == plain.warnings


def test_targets_of_the_tables_give_way_to_those_of_the_register() -> None:
    easier = {**TABLES, "targets": [{"target": "t1", **T1, "planned": "1%"}], "frozen": []}
    assert scored(frozen(), easier).result.digest == scored(frozen(), TABLES).result.digest


def test_reports_of_the_register_are_facts() -> None:
    register = frozen()
    put(register, "report", "t1", "03-31", data={"actual": "2%", "mode": "desk", "assessor": "Wu"})
    put(
        register,
        "report",
        "t1",
        "06-30",
        data={"actual": "8%", "mode": "on_site", "source": "survey", "verified": "yes"},
    )
    put(register, "report", "t1", "05-31", data={"actual": "3%"})  # recorded late: it is of an earlier day
    put(register, "report", "t2", "06-30", data={"actual": "6%"}, key="r2")
    assert scored(register).result.digest == scored(frozen(), TABLES).result.digest
    row = next(row for row in register.snapshot().facts(assessdsl.Facts()).facts if row.values["target"].raw == "t1")
    assert {column: value.raw for column, value in row.values.items()} == {
        "target": "t1", "actual": "8%", "mode": "on_site", "source": "survey", "verified": "yes",
    }  # fmt: skip
    assert str(row.at("actual")) == f"register:{row.cell.row} actual"
    put(register, "correction", "r2", "07-15", data={"actual": "7.5%"}, reason="counted anew")
    assert totals(scored(register))["west"] == 100
    assert totals(scored(register, as_of=date(2022, 7, 14)))["west"] == 80
    put(register, "correction", "r2", "07-16", data={"withdrawn": True}, reason="false")
    assert totals(scored(register))["west"] == 0


def test_reports_that_count_one_by_one_all_count() -> None:
    register = frozen()
    for number in ("1", "2", "3"):
        put(register, "report", "east", f"06-0{number}", data={"indicator": "warning"}, key=f"w{number}")
    east = scored(register, TABLES).result.entities["east"]
    assert east.components["penalty"].indicators["warning"].score.value == 3
    put(register, "correction", "w2", "06-09", data={"withdrawn": True}, reason="appeal")
    east = scored(register, TABLES).result.entities["east"]
    assert east.components["penalty"].indicators["warning"].score.value == 2


def test_what_is_reported_twice_is_told() -> None:
    register = frozen()
    put(register, "report", "t1", "06-30", data={"actual": "8%"})
    with pytest.raises(DataError) as error:
        scored(register, TABLES)
    assert [found.code for found in error.value.diagnostics] == ["AS6211"]


def test_answers_to_instructions_are_counted() -> None:
    register = frozen()
    given = {"source": "the mayor", "content": "repair", "due": "2022-05-10"}
    for number, (owner, replied) in enumerate([("east", "05-10"), ("east", "05-11"), ("east", "06-30"), ("west", "")]):
        put(register, "instruct", f"i{number}", "04-20", data={**given, "owner": owner})
        if replied:
            put(register, "reply_instruction", f"i{number}", replied)
    late = {
        name: entity.components["penalty"].indicators["late"].score.value
        for name, entity in scored(register, TABLES).result.entities.items()
    }
    assert late == {"east": 1, "west": 0}
    counted = [
        (row.values["entity"].raw, row.values["fact"].raw, row.values["actual"].raw)
        for row in register.snapshot().facts(assessdsl.Facts()).facts
    ]
    assert counted == [("east", "late_replies", "2"), ("west", "late_replies", "0")]


def test_where_no_instruction_is_registered_nothing_is_known_of_replies() -> None:
    assert frozen().snapshot().facts(assessdsl.Facts()).facts == ()


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ("instructions", 3), ("late_replies", 2), ("late_reply_days", 6), ("returned_replies", 1),
        ("unanswered_instructions", 1), ("completed_instructions", 1),
    ],
)  # fmt: skip
def test_each_count(fact: str, expected: int) -> None:
    register = begun(POLICY.replace("late_replies", fact))
    given = {"source": "the mayor", "owner": "east", "content": "repair", "due": "2022-05-10"}
    for name in ("i1", "i2", "i3"):
        put(register, "instruct", name, "04-20", data=given)
    put(register, "reply_instruction", "i1", "05-09")
    put(register, "complete_instruction", "i1", "05-09")
    put(register, "reply_instruction", "i2", "05-12")
    put(register, "return_instruction", "i2", "05-13", reason="no figures")
    put(register, "reply_instruction", "i2", "05-14")
    rows = register.snapshot().facts(assessdsl.Facts()).facts
    assert [(row.values["entity"].raw, row.values["actual"].raw) for row in rows] == [
        ("east", str(expected)),
        ("west", "0"),
    ]


# ---------------------------------------------------------------- findings


def test_attempts_become_findings_of_the_result() -> None:
    register = frozen()
    refused(register, "set_target", "t1", "05-01", data={**T1, "planned": "7%"}, actor="Li")
    refused(register, "withdraw_target", "t2", "05-02", actor="Li")
    result = scored(register, TABLES).result
    (east,), (west,) = result.entities["east"].findings, result.entities["west"].findings
    assert (east.name, east.detail, east.cites[0].target) == ("target_lowered_refused", "8% → 7%", "t1")
    assert (east.cites[0].indicator, east.cites[0].author) == ("growth", "Li")
    assert west.name == "target_removed_refused"
    assert finding_title(east, "en") == "target made easier (tried and refused) t1"
    assert finding_title(west, "zh") == "试图移出目标(已驳回) t2"
    assert not result.entities["west"].components["base"].indicators["growth"].targets[0].restored
    before = scored(register, TABLES, as_of=date(2022, 4, 30)).result
    assert before.entities["east"].findings == ()


def test_a_target_of_an_instruction_that_is_not_registered_is_a_finding() -> None:
    register = frozen()
    given = {"data": {**T2, "instruction": "i7"}, "authority": "the mayor"}
    made = put(register, "add_target", "t3", "05-01", **given)
    assert [found.code for found in made.diagnostics] == ["AS7219"]
    (finding,) = scored(register, TABLES).result.entities["west"].findings
    assert (finding.name, finding.detail, finding.cites[0].target) == ("instruction_unregistered", "i7", "t3")
    instruction = {"source": "the mayor", "owner": "west", "content": "x", "due": "2022-06-30", "target": "t3"}
    put(register, "instruct", "i7", "05-02", data=instruction)
    assert scored(register, TABLES).result.entities["west"].findings == ()


# ---------------------------------------------------------------- both scores


def test_adjustments_are_scored_both_ways() -> None:
    register = frozen()
    put(register, "adjust", "t2", "07-31", **ADJUSTED)
    bound = scored(register, TABLES)
    assert totals(bound) == {"east": 100, "west": 80}
    assert bound.adjusted is not None
    assert bound.adjusted.entities["west"].total.value == 100
    assert bound.adjusted.entities["west"].findings == ()
    assert [(name, one.value, two.value) for name, (one, two) in bound.differences.items()] == [("west", 80, 100)]
    assert str(bound).endswith("With the adjustments that were approved\n  west  80.00 → 100.00")
    assert scored(register, TABLES, as_of=date(2022, 7, 30)).adjusted is None


def test_an_adjusted_target_that_was_described_otherwise_keeps_both() -> None:
    register = frozen(targets={"t1": T1, "t2": T2, "s1": S1})
    put(register, "adjust", "t2", "07-31", **ADJUSTED)
    put(register, "set_target", "t2", "08-01", data={**T2, "owner": "Wang"})
    tables = register.snapshot().facts(assessdsl.Facts(), adjusted=True)
    (row,) = [row for row in tables.targets if row.values["target"].raw == "t2"]
    assert (row.values["planned"].raw, row.values["owner"].raw) == ("4%", "Wang")
    bound = scored(register, {**TABLES, "facts": [*TABLES["facts"], {"target": "s1", "actual": "100"}]})
    assert bound.adjusted is not None
    assert bound.adjusted.entities["west"].findings == ()


# ---------------------------------------------------------------- results that are made again


def adjusted_register() -> Register:
    register = frozen()
    put(register, "adjust", "t2", "07-31", **ADJUSTED)
    refused(register, "withdraw_target", "t2", "08-01")
    return register


def codes_of(kept: Any, register: Register, facts: Any = TABLES, **given: Any) -> list[str]:
    return [found.code for found in verify_result(kept, register, facts, **given).diagnostics]


def test_a_result_is_made_again_from_its_file(tmp_path: Path) -> None:
    register, path = adjusted_register(), tmp_path / "result.json"
    bound = evaluate(policy_of(register), register.snapshot(), TABLES, published=date(2023, 1, 15))
    path.write_text(bound.to_json(), "utf-8")
    put(register, "report", "t1", "09-30", data={"actual": "9%"})  # what comes later changes nothing
    found = verify_result(path, register, TABLES)
    assert found.agrees
    assert found.digest == bound.result.digest
    turned = {"entities": ENTITIES[::-1], "facts": TABLES["facts"][::-1]}
    assert verify_result(path, register, turned).agrees
    assert json.loads(bound.to_json())["binding"]["published"] == "2023-01-15"


def test_a_result_of_a_day_is_made_again() -> None:
    register = adjusted_register()
    kept = scored(register, TABLES, as_of=date(2022, 3, 31)).to_data()
    assert kept["adjusted"] is None
    assert verify_result(kept, register, TABLES).agrees
    kept["binding"]["as_of"] = None
    assert codes_of(kept, register) == ["AS7221"]


def at(kept: dict[str, Any], *path: str) -> dict[str, Any]:
    for name in path:
        kept = kept[name]
    return kept


ALTERED: list[tuple[tuple[str, ...], Any, str]] = [
    (("result", "entities", "west", "total"), "100", "AS7221"),
    (("result", "entities", "west", "tier"), "poor", "AS7221"),
    (("result", "entities", "west", "findings"), [], "AS7221"),
    (("adjusted", "entities", "west", "total"), "99", "AS7221"),
    (("digest",), "sha256:0", "AS7221"),
    (("adjusted_digest",), None, "AS7221"),
    (("adjusted",), None, "AS7221"),
    (("binding", "fingerprint"), "sha256:0", "AS7223"),
    (("binding", "root"), "00", "AS7225"),
    (("binding", "size"), 1000, "AS7224"),
    (("binding", "facts", "facts"), "sha256:0", "AS7222"),
    (("binding", "facts"), {}, "AS7222"),
]


@pytest.mark.parametrize(("path", "value", "code"), ALTERED, ids=[".".join(path) for path, _, _ in ALTERED])
def test_what_was_altered_is_told(path: tuple[str, ...], value: Any, code: str) -> None:
    register = adjusted_register()
    kept = json.loads(scored(register, TABLES).to_json())
    assert codes_of(kept, register) == []
    at(kept, *path[:-1])[path[-1]] = value
    assert codes_of(kept, register) == [code]


def test_other_tables_are_named() -> None:
    register = adjusted_register()
    kept = scored(register, TABLES).to_data()
    other = {**TABLES, "facts": [{"target": "t1", "actual": "8.1%"}, {"target": "t2", "actual": "6%"}]}
    (found,) = verify_result(kept, register, other).diagnostics
    assert (found.code, found.arguments["tables"]) == ("AS7222", "`facts`")


def test_a_register_that_was_rolled_back_is_told() -> None:
    register = adjusted_register()
    kept = scored(register, TABLES).to_data()
    copy = Register.in_memory()
    copy.record_all([entry.event for entry in register.store.entries(0, 6)])
    assert codes_of(kept, copy) == ["AS7224"]


def test_another_policy_is_told() -> None:
    register = adjusted_register()
    changed = assessdsl.loads(POLICY.replace("cap 5 points", "cap 4 points"))
    kept = scored(register, TABLES).to_data()
    assert codes_of(kept, register, policy=changed) == ["AS7223"]
    bound = evaluate(changed, register.snapshot(), TABLES)
    assert "AS7218" in [found.code for found in bound.warnings]
    assert "AS7218" not in [found.code for found in scored(register, TABLES).warnings]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"form": "assessdsl-result/1", "binding": {"size": -1}}'])
def test_what_is_no_bound_result_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(text, "utf-8")
    with pytest.raises(RegisterError) as error:
        verify_result(path, frozen())
    assert [found.code for found in error.value.diagnostics] == ["AS7226"]
    with pytest.raises(RegisterError):
        verify_result(tmp_path / "nowhere.json", frozen())


@pytest.mark.parametrize(
    "change",
    [{"size": True}, {"size": "3"}, {"as_of": 3}, {"as_of": "soon"}, {"facts": []}, {"published": {}}],
    ids=str,
)
def test_a_binding_of_another_shape_is_told(change: dict[str, Any]) -> None:
    kept = scored(frozen(), TABLES).to_data()
    kept["binding"] |= change
    with pytest.raises(RegisterError) as error:
        verify_result(kept, frozen(), TABLES)
    assert [found.code for found in error.value.diagnostics] == ["AS7226"]
