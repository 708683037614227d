"""Published results kept and read again; successions and leaders; why a finding is undetermined."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_history import POLICY, policy, result, tables

import assessdsl
from assessdsl.data import from_records
from assessdsl.record.history import History, load_history, read_history
from assessdsl.record.succession import (
    NONE,
    LeaderRule,
    Succession,
    Tenure,
    check_successions,
    evaluate_with,
    leaders,
    with_successions,
)
from assessdsl.result import Unknown

LATER = [{"entity": "cedar", "score": 35}]


def codes(action: Callable[[], object]) -> list[str]:
    with pytest.raises(assessdsl.AssessmentError) as raised:
        action()
    return [found.code for found in raised.value.diagnostics]


def history() -> History:
    return History().add(result(2020), date(2021, 1, 20)).add(result(2021, LATER), date(2022, 1, 20))


# ---------------------------------------------------------------- what is kept


def test_a_result_is_kept_whole_and_found_again(tmp_path: Path) -> None:
    kept = history()
    kept.save(tmp_path / "history.json")
    read = load_history(tmp_path / "history.json")
    assert read == kept
    current = read.current(2021)
    assert current is not None
    assert current.digest == result(2021, LATER).digest
    assert current.data()["entities"]["cedar"]["total"] == "35/1"
    assert [one.period for one in read.of("cedar")] == [2020, 2021]
    assert read.of("cedar")[1].rank == 3
    assert read.of("nobody") == ()
    assert read.years == (2020, 2021)
    assert list(tmp_path.iterdir()) == [tmp_path / "history.json"], "nothing else is left behind"


def test_the_next_year_looks_back_on_it() -> None:
    found = assessdsl.evaluate(policy(2022), tables(LATER, judgements=[
        {"entity": "cedar", "judgement": "idle", "author": "office", "evidence": "report 3"}
    ]), history=history().records(before=2022))  # fmt: skip
    assert [one.name for one in found.entities["cedar"].findings if one.status == "raised"] == ["handled"]
    assert all(row["period"] in ("2020", "2021") for row in history().records())
    assert history().records(before=2021) == [row for row in history().records() if row["period"] == "2020"]


def test_a_further_version_says_why_and_takes_the_place_from_its_day() -> None:
    first, second = result(2021), result(2021, LATER)
    kept = History().add(first, date(2022, 1, 20)).add(second, date(2022, 3, 1), reason="ruling 3")
    assert [(one.version, one.reason) for one in kept.published] == [(1, ""), (2, "ruling 3")]
    for day, expected in ((date(2022, 2, 28), first), (date(2022, 3, 1), second), (None, second)):
        current = kept.current(2021, day)
        assert current is not None
        assert current.digest == expected.digest
    assert kept.current(2021, date(2022, 1, 19)) is None
    assert kept.find(first.digest) is kept.published[0], "the earlier one stays"
    rows = {row["entity"]: row["total"] for row in kept.records(as_of=date(2022, 2, 1))}
    assert rows["cedar"] == 30
    assert read_history(kept.to_json()) == kept


@pytest.mark.parametrize(
    ("again", "day", "reason"),
    [(LATER, date(2022, 3, 1), ""), (LATER, date(2022, 1, 1), "ruling"), ([], date(2022, 3, 1), "ruling")],
)
def test_a_year_is_published_once(again: list[Any], day: date, reason: str) -> None:
    kept = History().add(result(2021), date(2022, 1, 20))
    assert codes(lambda: kept.add(result(2021, again), day, reason=reason)) == ["AS7403"]


def altered(change: Callable[[Any], None]) -> str:
    data = json.loads(history().to_json())
    change(data)
    return json.dumps(data)


def set_rank(data: Any) -> None:
    data["published"][1]["result"]["entities"]["cedar"]["rank"] = 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (altered(set_rank), "AS7402"),
        (altered(lambda data: data["published"][0].update(digest="sha256:0")), "AS7402"),
        (altered(lambda data: data["published"][0].pop("digest")), "AS7401"),
        (altered(lambda data: data["published"][0].update(version=2)), "AS7401"),
        (altered(lambda data: data["published"][0].update(version=True)), "AS7401"),
        (altered(lambda data: data["published"][0]["result"].update(entities=[1])), "AS7401"),
        (altered(lambda data: data["published"][0]["result"]["entities"]["ash"].update(total="1/0")), "AS7401"),
        (altered(lambda data: data["published"].append(7)), "AS7401"),
        (altered(lambda data: data.update(format="another")), "AS7401"),
        ("[]", "AS7401"),
        ("{", "AS7401"),
        ("[" * 100_000, "AS7401"),
        (b"\xff\xfe", "AS7401"),
        ('{"format": 1.5}', "AS7401"),
    ],
)  # fmt: skip
def test_what_is_no_history_is_told(text: str, code: str) -> None:
    assert code in codes(lambda: read_history(text))


@given(st.data())
def test_no_change_of_a_figure_goes_unseen(data: st.DataObject) -> None:
    """Whatever of a result is changed in its file, the digest tells."""
    held = json.loads(history().to_json())
    entity = data.draw(st.sampled_from(["ash", "birch", "cedar", "mint"]))
    fields = {"total": "99/1", "rank": 9, "tier": "other", "group": "other", "label": "other", "eligible": False}
    name = data.draw(st.sampled_from(sorted(fields)))
    held["published"][data.draw(st.integers(0, 1))]["result"]["entities"][entity][name] = fields[name]
    assert codes(lambda: read_history(json.dumps(held))) == ["AS7402"]


# ---------------------------------------------------------------- why it is undetermined


def undetermined(past: list[dict[str, Any]], cedar: dict[str, Any] | None = None) -> tuple[Unknown, ...]:
    entities = [*LATER, {"entity": "cedar", "score": 35, **(cedar or {})}]
    judged = [{"entity": "cedar", "judgement": "idle", "author": "office", "evidence": "report 3"}]
    found = assessdsl.evaluate(policy(), tables(entities, judgements=judged), history=past)
    finding = next(one for one in found.entities["cedar"].findings if one.name == "handled")
    assert (finding.status == "undetermined") == bool(finding.unknown)
    return finding.unknown


OLD_RESULT = {"period": "2021", "entity": "old", "rank": 3}
OLD = {"entity": "cedar", "successor_of": "old、other"}


@pytest.mark.parametrize(
    ("past", "cedar", "reason"),
    [
        ([{"period": "2020", "entity": "cedar", "rank": 3}], {}, "not_assessed"),
        ([{"period": "2021", "entity": "cedar", "group": "county"}], {}, "not_published"),
        ([OLD_RESULT], OLD, "several_predecessors"),
        ([OLD_RESULT, {**OLD_RESULT, "entity": "cedar"}], {"successor_of": "old"}, "two_results"),
        ([{"period": "2021", "entity": "old", "group": "county"}], {"successor_of": "old"}, "not_published"),
    ],
)  # fmt: skip
def test_a_finding_says_what_is_not_known_and_why(
    past: list[dict[str, Any]], cedar: dict[str, Any], reason: Any
) -> None:
    assert undetermined(past, cedar) == (Unknown("rank", 2021, reason),)


def test_what_is_not_known_is_shown_and_counts_in_the_digest() -> None:
    judged = [{"entity": "cedar", "judgement": "idle", "author": "office", "evidence": "report 3"}]
    found = assessdsl.evaluate(policy(), tables(judgements=judged), history=[])
    assert "Handled (undetermined, rank of 2021: not assessed" in str(found)
    held = [one for one in found.to_data()["entities"]["cedar"]["findings"] if one["name"] == "handled"]
    assert held[0]["unknown"] == [{"name": "rank", "period": 2021, "reason": "not_assessed"}]
    same = next(one for one in found.entities["cedar"].findings if one.name == "same")
    assert [(one.name, one.period) for one in same.unknown] == [("leader", 2022), ("leader", 2021), ("rank", 2021)]
    assert "rank of 2021: not assessed" in str(assessdsl.explain(found, "cedar"))


# ---------------------------------------------------------------- successions


DAY, LAST = date(2022, 3, 1), date(2022, 12, 31)


def successor(entity: str, *successions: Succession, finding: str = "", as_of: date = LAST) -> str:
    facts = with_successions(from_records(entities=tables()["entities"]), successions, as_of, finding)
    value = next(row for row in facts.entities if str(row.values["entity"].raw) == entity).get("successor_of")
    return "" if value is None else str(value.raw)


def test_who_inherits() -> None:
    merged = Succession("merged", ("x", "y"), ("ash",), DAY, "doc 1")
    assert successor("ash", merged) == "x, y"
    assert successor("ash", merged, as_of=date(2022, 2, 28)) == "", "it has not happened yet"
    declared = Succession("merged", ("x", "y"), ("ash",), DAY, "doc 1", {"ash": "y"}, {"handled": {"ash": NONE}})
    assert successor("ash", declared) == "y"
    assert successor("ash", declared, finding="handled") == ""
    assert successor("ash", declared, finding="referred") == "y"
    older = Succession("renamed", ("w",), ("y",), date(2020, 1, 1), "doc 0")
    assert successor("ash", declared, older) == "y < w"
    assert successor("ash", merged, older) == "x, y < w"
    split = Succession("split", ("x",), ("ash", "birch"), DAY, "doc 2", {"birch": NONE})
    assert (successor("ash", split), successor("birch", split), successor("cedar", split)) == ("x", "", "")
    kept = Succession("merged", ("ash", "x"), ("ash",), DAY, "doc 3")
    assert successor("ash", kept) == "x"


@pytest.mark.parametrize(
    "wrong",
    [
        Succession("renamed", ("x", "y"), ("a",), DAY, "doc"),
        Succession("renamed", ("x",), ("x",), DAY, "doc"),
        Succession("merged", ("x",), ("a",), DAY, "doc"),
        Succession("merged", ("x", "y"), ("a", "b"), DAY, "doc"),
        Succession("split", ("x",), ("a",), DAY, "doc"),
        Succession("renamed", ("x",), ("a",), DAY, ""),
        Succession("renamed", ("x",), ("a",), DAY, "doc", {"b": "x"}),
        Succession("renamed", ("x",), ("a",), DAY, "doc", {"a": "y"}),
        Succession("renamed", ("x",), ("a",), DAY, "doc", {}, {"handled": {"a": "y"}}),
        Succession("merged", ("a", "x"), ("a",), DAY, "doc", {"a": "x"}),
    ],
    ids=str,
)
def test_inconsistent_successions(wrong: Succession) -> None:
    assert [found.code for found in check_successions((wrong,))] == ["AS7404"]
    assert codes(lambda: successor("ash", wrong)) == ["AS7404"]


def test_a_body_has_one_successor() -> None:
    one, two = (Succession("renamed", ("x",), (heir,), DAY, "doc") for heir in ("a", "b"))
    assert [found.arguments["number"] for found in check_successions((one, two))] == ["2"]


PAST = [
    {"period": "2021", "entity": "old", "group": "county", "rank": 3},
    {"period": "2021", "entity": "other", "group": "county", "rank": 1},
    {"period": "2021", "entity": "birch", "group": "county", "rank": 2},
]


def found_of_cedar(*successions: Succession, text: str = POLICY) -> dict[str, str]:
    judged = [{"entity": "cedar", "judgement": "idle", "author": "office", "evidence": "report 3"}]
    facts = from_records(
        **tables(judgements=judged, facts=[
            {"entity": "cedar", "fact": "leader", "actual": "Li"},
            {"entity": "old", "fact": "leader", "period": "2021", "actual": "Li"},
        ])
    )  # fmt: skip
    outcome = evaluate_with(policy(text=text), facts, successions, history=PAST)
    return {one.name: one.status for one in outcome.entities["cedar"].findings}


def test_a_merged_body_has_no_past_of_its_own_unless_it_is_declared() -> None:
    def merged(inherits: dict[str, str], rules: dict[str, dict[str, str]] | None = None) -> Succession:
        return Succession("merged", ("old", "other"), ("cedar",), DAY, "doc", inherits, rules or {})

    assert found_of_cedar(merged({})) == {"handled": "undetermined", "same": "undetermined"}
    assert found_of_cedar(merged({"cedar": "old"})) == {"handled": "raised", "same": "raised"}
    assert found_of_cedar(merged({"cedar": "other"})) == {}
    assert found_of_cedar(merged({"cedar": "old"}, {"handled": {"cedar": "other"}})) == {"same": "raised"}
    assert found_of_cedar(merged({"cedar": "old"}, {"handled": {"cedar": NONE}})) == {
        "handled": "undetermined", "same": "raised",
    }  # fmt: skip


def test_findings_of_different_inheritance_do_not_override_one_another() -> None:
    text = POLICY.replace("and idle within 30 days", "and idle within 30 days overrides same")
    rules = {"handled": {"cedar": "other"}}
    merged = Succession("merged", ("old", "other"), ("cedar",), DAY, "doc", {"cedar": "old"}, rules)
    assert codes(lambda: found_of_cedar(merged, text=text)) == ["AS7408"]


# ---------------------------------------------------------------- leaders

TENURES = (
    Tenure("ash", "Li", date(2019, 1, 1), date(2022, 6, 30)),
    Tenure("ash", "Wu", date(2022, 7, 1)),
    Tenure("birch", "Li", date(2021, 1, 1), date(2022, 6, 30)),
    Tenure("birch", "Li", date(2022, 7, 1)),
    Tenure("cedar", "He", date(2022, 1, 1), date(2022, 6, 30)),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("whole_year", {("ash", "2021"): "Li", ("birch", "2021"): "Li", ("birch", "2022"): "Li"}),
        ("year_end", {("ash", "2021"): "Li", ("ash", "2022"): "Wu", ("birch", "2021"): "Li", ("birch", "2022"): "Li"}),
        ("longest", {
            ("ash", "2021"): "Li", ("ash", "2022"): "Wu", ("birch", "2021"): "Li", ("birch", "2022"): "Li",
            ("cedar", "2022"): "He",
        }),
    ],
)  # fmt: skip
def test_who_counts_as_the_leader_of_a_year(rule: LeaderRule, expected: dict[tuple[str, str], str]) -> None:
    rows = leaders(TENURES, (2021, 2022), rule)
    assert {(row["entity"], row["period"]): row["actual"] for row in rows} == expected


def test_a_tie_of_leaders_leaves_it_open() -> None:
    both = (Tenure("ash", "Li", date(2021, 1, 1)), Tenure("ash", "Wu", date(2021, 1, 1)))
    assert leaders(both, (2021,), "longest") == leaders(both, (2021,), "year_end") == []


@pytest.mark.parametrize(("changed", "expected"), [(False, "raised"), (True, None)])
def test_a_rule_may_ask_for_the_same_leader(changed: bool, expected: str | None) -> None:
    until = (date(2021, 12, 31),) if changed else ()
    tenures = [Tenure("cedar", "He", date(2020, 1, 1), *until)] + [Tenure("cedar", "Wu", date(2022, 1, 1))] * changed
    facts = leaders(tenures, (2021, 2022), "whole_year")
    past = [{"period": "2021", "entity": "cedar", "group": "county", "rank": 3}]
    outcome = assessdsl.evaluate(policy(), tables(facts=facts), history=past).entities["cedar"]
    assert {one.name: one.status for one in outcome.findings}.get("same") == expected
