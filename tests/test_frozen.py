"""The frozen targets against the present ones: a frozen set only grows, and is scored as it was frozen."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.binding import Bound, bind
from assessdsl.data import from_records
from assessdsl.diagnostics import render
from assessdsl.facts import Item
from assessdsl.period import Period
from assessdsl.plan.inputs import IndicatorSchema, Schema
from assessdsl.quantity import Unit

FIELDS = frozenset({"planned", "actual", "weight", "due", "completed_on"})
PROJECTS = IndicatorSchema("projects", Unit.NUMBER, ("county",), True, True, False, "higher", FIELDS)
COSTS = IndicatorSchema("costs", Unit.MONEY, ("county",), True, True, False, "lower", FIELDS)
EXTRAS = IndicatorSchema("extras", Unit.NUMBER, ("county",), False, False, True, "higher", frozenset())
SCHEMA = Schema(
    period=Period(2022),
    groups=("county",),
    indicators=(PROJECTS, COSTS, EXTRAS),
    facts=(),
    judgements=(),
    benchmarks=(),
    tiers=(),
    removal_forbidden=True,
    authorities=("市委常委会", "党政联席会议"),
)
ENTITIES = [{"entity": "东区", "group": "county"}, {"entity": "西区", "group": "county"}]
T1 = {
    "target": "t1", "entity": "东区", "indicator": "projects", "planned": 8, "weight": 60, "due": "2022-10-31",
    "required": "是", "baseline": 5, "tags": "民生、产业", "owner": "区长", "standard": "建成", "source": "报告",
}  # fmt: skip
T2 = {**T1, "target": "t2", "weight": 40}
C1 = {**T1, "target": "c1", "indicator": "costs"}
FROZEN = [T1, T2, C1]


def bound(present: list[dict[str, Any]], facts: list[dict[str, Any]] | None = None) -> Bound:
    return bind(SCHEMA, from_records(entities=ENTITIES, targets=present, frozen=FROZEN, facts=facts or []))


def kept(found: Bound, target: str) -> Item:
    return next(item for items in found.dataset.items.values() for item in items if item.target == target)


def registered(found: Bound) -> list[tuple[Any, ...]]:
    """Everything that was registered about what is scored."""
    reported = ("actual", "completed_on", "forfeited")
    return [
        (
            name,
            item.entity,
            item.target,
            item.tags,
            {key: datum.value for key, datum in item.fields.items() if key not in reported},
        )
        for name, items in found.dataset.items.items()
        for item in items
        if item.target
    ]


AS_FROZEN = registered(bound(FROZEN))


def test_an_unchanged_register_is_scored_as_it_stands() -> None:
    found = bound(FROZEN)
    assert (found.changes, found.diagnostics) == ((), ())
    assert len(AS_FROZEN) == 3
    assert not kept(found, "t1").restored
    alone = bind(SCHEMA, from_records(entities=ENTITIES, targets=FROZEN))
    assert alone.dataset == found.dataset


@pytest.mark.parametrize(
    ("target", "change", "kind", "code", "texts"),
    [
        ("t1", {"planned": 7}, "lowered", "AS7002", ("8", "7")),
        ("t1", {"planned": None}, "lowered", "AS7002", ("8", "")),
        ("t1", {"planned": 9}, "altered", "AS7008", ("8", "9")),
        ("c1", {"planned": 9}, "lowered", "AS7002", ("8", "9")),
        ("c1", {"planned": 7}, "altered", "AS7008", ("8", "7")),
        ("t1", {"weight": 10}, "lightened", "AS7003", ("60", "10")),
        ("t1", {"weight": 70}, "altered", "AS7008", ("60", "70")),
        ("c1", {"weight": 10}, "lightened", "AS7003", ("60", "10")),
        ("c1", {"weight": 70}, "altered", "AS7008", ("60", "70")),
        ("t1", {"due": "2022-12-31"}, "postponed", "AS7006", ("2022-10-31", "2022-12-31")),
        ("t1", {"due": None}, "postponed", "AS7006", ("2022-10-31", "")),
        ("t1", {"due": "2022-09-30"}, "altered", "AS7008", ("2022-10-31", "2022-09-30")),
        ("t1", {"indicator": "costs"}, "reclassified", "AS7005", ("projects", "costs")),
        ("t1", {"required": "否"}, "reclassified", "AS7005", ("是", "否")),
        ("t1", {"tags": "产业"}, "reclassified", "AS7005", ("民生、产业", "产业")),
        ("t1", {"baseline": 6}, "altered", "AS7008", ("5", "6")),
        ("t1", {"direction": "lower"}, "altered", "AS7008", ("", "lower")),
        ("t1", {"entity": "西区"}, "reassigned", "AS7007", ("东区", "西区")),
    ],
)
def test_changes(target: str, change: dict[str, Any], kind: str, code: str, texts: tuple[str, str]) -> None:
    present = [{**row, **change} if row["target"] == target else row for row in FROZEN]
    number = 1 + next(index for index, row in enumerate(FROZEN) if row["target"] == target)
    found = bound(present)
    (made,) = found.changes
    assert (made.kind, made.entity, made.target) == (kind, "东区", target)
    assert (made.registered, made.present, made.column) == (*texts, next(iter(change)))
    assert str(made.cell) == f"targets:{number} {next(iter(change))}"
    assert [(one.code, one.severity, one.cell) for one in found.diagnostics] == [(code, "warning", made.cell)]
    assert kept(found, target).restored
    assert registered(found) == AS_FROZEN


def test_a_target_that_is_required_only_now_was_not_made_easier() -> None:
    free = {**T1, "required": "否"}
    found = bind(SCHEMA, from_records(entities=ENTITIES, targets=[T1], frozen=[free], facts=[]))
    assert [(change.kind, change.registered, change.present) for change in found.changes] == [("altered", "否", "是")]


def test_no_order_of_rows_shows_in_what_is_told() -> None:
    parts = [{**T1, "target": name, "split_of": "t1"} for name in ("t1a", "t1b")]
    added = [{**T1, "target": name} for name in ("n1", "n2")]
    present = [*parts, {**C1, "weight": 1}, *added]

    def told(present: list[dict[str, Any]], frozen: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
        found = bind(SCHEMA, from_records(entities=ENTITIES, targets=present, frozen=frozen, facts=[]))
        return [(change.kind, change.target, change.present) for change in found.changes]

    expected = [
        ("lightened", "c1", "1"), ("split", "t1", "t1a、t1b"), ("removed", "t2", ""),
        ("added", "n1", ""), ("added", "n2", ""),
    ]  # fmt: skip
    assert told(present, FROZEN) == expected
    assert told(present[::-1], FROZEN[::-1]) == expected


def test_what_stands_otherwise_but_means_the_same_is_no_change() -> None:
    same = {"planned": "8.0", "due": "2022年10月31日", "required": "yes", "tags": "产业;民生", "owner": " 区长 "}
    assert bound([{**T1, **same}, T2, C1]).changes == ()


def test_several_changes_of_one_target_are_each_told() -> None:
    found = bound([{**T1, "planned": 7, "weight": 1, "due": "2023-01-01"}, T2, C1])
    assert [change.kind for change in found.changes] == ["lowered", "lightened", "postponed"]


def test_a_description_that_was_changed_is_only_told() -> None:
    found = bound([{**T1, "owner": "副区长", "standard": None}, T2, C1])
    assert found.changes == ()
    assert [(one.code, one.arguments["column"]) for one in found.diagnostics] == [
        ("AS7010", "owner 责任主体"),
        ("AS7010", "standard 考核标准"),
    ]
    assert not kept(found, "t1").restored


def test_a_removed_target_scores_nothing_unless_something_was_reported() -> None:
    found = bound([T2, C1])
    assert [(change.kind, change.target, str(change.cell)) for change in found.changes] == [
        ("removed", "t1", "frozen:1 target")
    ]
    item = kept(found, "t1")
    assert (item.restored, item.fields["forfeited"].value) == (True, True)
    assert registered(found) == AS_FROZEN
    done = kept(bound([T2, C1], [{"target": "t1", "completed_on": "2022-10-01"}]), "t1")
    assert (done.restored, done.fields["forfeited"].value) == (True, False)
    assert done.fields["completed_on"].value == date(2022, 10, 1)
    empty = kept(bound([T2, C1], [{"target": "t1"}]), "t1")
    assert empty.fields["forfeited"].value is True


def test_a_target_that_stands_is_never_forfeited() -> None:
    found = bound([{**T1, "planned": 1}, T2, C1])
    assert [kept(found, name).fields["forfeited"].value for name in ("t1", "t2", "c1")] == [False] * 3


def test_a_split_target_stays_whole_and_its_parts_are_not_scored() -> None:
    parts = [{**T1, "target": name, "weight": 30, "split_of": "t1"} for name in ("t1a", "t1b")]
    found = bound([*parts, T2, C1], [{"target": "t1a", "actual": 8}])
    assert [(change.kind, change.target, change.registered, change.present) for change in found.changes] == [
        ("split", "t1", "t1", "t1a、t1b")
    ]
    assert registered(found) == AS_FROZEN
    assert kept(found, "t1").fields["forfeited"].value is True
    shrunk = bound([{**T1, "weight": 30}, parts[0], T2, C1])
    assert [change.kind for change in shrunk.changes] == ["split", "lightened"]
    assert registered(shrunk) == AS_FROZEN
    assert kept(shrunk, "t1").fields["forfeited"].value is False


def test_an_authorised_part_is_still_a_part() -> None:
    part = {**T1, "target": "t1a", "split_of": "t1", "authority": "市委常委会"}
    assert registered(bound([T1, T2, C1, part])) == AS_FROZEN


def test_a_part_of_nothing_is_an_error() -> None:
    found = bound([*FROZEN, {**T1, "target": "t3", "split_of": "t11", "authority": "市委常委会"}])
    assert [(one.code, one.severity, one.arguments["suggestion"]) for one in found.diagnostics] == [
        ("AS7011", "error", "t1")
    ]


def test_a_part_of_an_addition_is_an_addition() -> None:
    rows = [{**T1, "target": "t3", "authority": "市委常委会"}, {**T1, "target": "t3a", "split_of": "t3"}]
    found = bound([*FROZEN, *rows])
    assert [(one.code, one.arguments["target"]) for one in found.diagnostics] == [("AS7009", "t3a")]
    assert "`市委常委会`、`党政联席会议`" in (found.diagnostics[0].help("en") or "")


@pytest.mark.parametrize(
    ("authority", "scored"),
    [("市委常委会", True), (" 党政联席会议 ", True), ("办公室", False), (None, False)],
)
def test_an_addition_needs_a_named_authority(authority: str | None, scored: bool) -> None:
    added = {**T1, "target": "t3", "weight": 900, "authority": authority}
    found = bound([*FROZEN, added], [{"target": "t3", "completed_on": "2022-01-01"}])
    names = [item.target for item in found.dataset.items["projects"]]
    assert names == (["t1", "t2", "t3"] if scored else ["t1", "t2"])
    assert [change.kind for change in found.changes] == ([] if scored else ["added"])
    assert not any(item.restored for item in found.dataset.items["projects"])
    assert [one.code for one in found.diagnostics] == ([] if scored else ["AS7009"])


def test_a_report_may_follow_the_target_to_where_it_was_put() -> None:
    moved = [{**T1, "indicator": "costs", "entity": "西区"}, T2, C1]
    found = bound(moved, [{"target": "t1", "entity": "西区", "indicator": "costs", "actual": 4}])
    assert kept(found, "t1").fields["actual"].value == Fraction(4)
    assert registered(found) == AS_FROZEN
    assert all(one.severity == "warning" for one in found.diagnostics)


def test_a_target_that_cannot_be_read_is_not_called_removed() -> None:
    found = bound([{**T1, "indicator": "projcets"}, T2, C1])
    assert [one.code for one in found.diagnostics] == ["AS6203"]


def test_an_entity_that_was_renamed_keeps_its_targets_without_a_change() -> None:
    entities = [{"entity": "新东区", "group": "county", "successor_of": "东区"}]
    present = [{**row, "entity": "新东区"} for row in FROZEN]
    found = bind(SCHEMA, from_records(entities=entities, targets=present, frozen=FROZEN))
    assert (found.changes, found.diagnostics) == ((), ())


def test_messages_say_what_the_policy_says() -> None:
    found = bound([{**T1, "planned": 7}, T2, C1]).diagnostics[0]
    assert "made easier after the freeze: from `8` to `7`" in found.message("en")
    assert "被放宽:由 `8` 改为 `7`" in found.message("zh")
    english, chinese = render(found, "en"), render(found, "zh")
    assert "`removal forbidden`" in english
    assert "移出" not in english
    assert "`移出 禁止`" in chinese
    assert "removal" not in chinese


def test_a_target_moved_to_where_none_are_scored_is_told_once() -> None:
    found = bound([{**T1, "indicator": "extras"}, T2, C1])
    assert [one.code for one in found.diagnostics] == ["AS7005"]


def test_without_the_frozen_targets_changes_cannot_be_seen() -> None:
    alone = bind(SCHEMA, from_records(entities=ENTITIES, targets=FROZEN))
    assert [(one.code, one.severity) for one in alone.diagnostics] == [("AS7012", "note")]
    assert bind(SCHEMA, from_records(entities=ENTITIES)).diagnostics == ()
    allowed = evolve(SCHEMA, removal_forbidden=False)
    assert bind(allowed, from_records(entities=ENTITIES, targets=FROZEN)).diagnostics == ()


present_rows = st.lists(
    st.fixed_dictionaries(
        {
            "target": st.sampled_from(["t1", "t2", "c1", "t3", "t4"]),
            "entity": st.sampled_from(["东区", "西区"]),
            "indicator": st.sampled_from(["projects", "costs", "extras"]),
            "planned": st.none() | st.integers(-9, 9),
            "weight": st.integers(1, 99),
            "due": st.none() | st.dates(date(2022, 1, 1), date(2023, 1, 1)),
            "required": st.sampled_from(["是", "否", None]),
            "baseline": st.none() | st.integers(0, 9),
            "direction": st.sampled_from([None, "higher", "lower"]),
            "tags": st.sampled_from([None, "民生", "产业、民生"]),
            "split_of": st.sampled_from([None, "t1", "c1"]),
            "authority": st.sampled_from([None, "办公室"]),
            "period": st.sampled_from([None, 2022, 2021]),
        }
    ),
    max_size=5,
    unique_by=lambda row: row["target"],
)


@given(present_rows)
def test_nothing_done_to_the_present_targets_changes_what_is_scored(present: list[dict[str, Any]]) -> None:
    assert registered(bound(present)) == AS_FROZEN
