"""Tables bound to what a plan takes: items and facts, and everything that does not fit, each at its cell."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.binding import Bound, bind
from assessdsl.data import from_records, read_facts
from assessdsl.facts import MISSING, Datum, Item, Missing
from assessdsl.period import Period
from assessdsl.plan.inputs import FactSchema, IndicatorSchema, Schema
from assessdsl.quantity import Unit

Tables = Mapping[str, list[dict[str, Any]]]

ALL = ("county", "department")
GROWTH = IndicatorSchema(
    "growth", Unit.PERCENT, ("county",), True, False, False, "higher",
    frozenset({"actual", "planned", "completed_on"}), places=1,
)  # fmt: skip
PROJECTS = IndicatorSchema(
    "projects", Unit.NUMBER, ALL, True, True, False, "higher", frozenset({"weight", "due", "completed_on"})
)
AWARD = IndicatorSchema(
    "award", Unit.NUMBER, ALL, False, False, True, "higher", frozenset({"level", "item"}), levels=("national", "local")
)
REPLIES = IndicatorSchema("replies", Unit.NUMBER, ALL, False, False, False, "lower", frozenset({"actual"}))
SCHEMA = Schema(
    period=Period(2022),
    groups=ALL,
    indicators=(GROWTH, PROJECTS, AWARD, REPLIES),
    facts=(FactSchema("accidents", Unit.COUNT), FactSchema("responses", Unit.SURVEY, places=1)),
    judgements=("fault", "major_loss"),
    benchmarks=(FactSchema("province", Unit.PERCENT),),
    tiers=("good", "poor"),
)
BASE: Tables = {
    "entities": [{"entity": "东区", "group": "county"}, {"entity": "交通局", "group": "department"}],
    "targets": [{"target": "g1", "entity": "东区", "indicator": "growth", "planned": "8%"}],
    "benchmarks": [{"name": "province", "value": "6.8%"}],
}


def bound(schema: Schema = SCHEMA, **tables: list[dict[str, Any]]) -> Bound:
    return bind(schema, from_records(**{**BASE, **tables}))


def remarks(schema: Schema = SCHEMA, **tables: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(found.code, str(found.cell)) for found in bound(schema, **tables).diagnostics]


def items(indicator: str, **tables: list[dict[str, Any]]) -> tuple[Item, ...]:
    found = bound(**tables)
    assert found.diagnostics == ()
    return found.dataset.items[indicator]


def given_fields(item: Item) -> dict[str, Any]:
    return {name: datum.value for name, datum in item.fields.items()}


NOT_FORFEITED = {"direction": "higher", "is_target": True, "forfeited": False}


# ---------------------------------------------------------------- items


def test_a_target_with_its_report() -> None:
    report = {"target": "g1", "actual": "7.5%", "completed_on": "2022-12-30"}
    (item,) = items("growth", facts=[report])
    assert (item.entity, item.target) == (0, "g1")
    assert given_fields(item) == NOT_FORFEITED | {
        "planned": Fraction(8, 100),
        "actual": Fraction(75, 1000),
        "completed_on": date(2022, 12, 30),
    }
    assert [{name: datum.value for name, datum in entry.items()} for entry in item.entries] == [
        {"actual": Fraction(75, 1000), "completed_on": date(2022, 12, 30)}
    ]
    assert str(item.fields["actual"].cell) == "facts:1 actual"


def test_nothing_reported_is_missing_and_not_zero() -> None:
    (item,) = items("growth")
    assert given_fields(item) == NOT_FORFEITED | {"planned": Fraction(8, 100)}
    assert item.entries == ()


def test_a_report_may_name_the_entity_and_the_indicator_where_there_is_one_target() -> None:
    (item,) = items("growth", facts=[{"entity": "东区", "indicator": "growth", "actual": 7}])
    assert (item.target, item.fields["actual"].value) == ("g1", Fraction(7, 100))


def test_without_a_target_the_report_is_the_item_and_with_neither_there_is_none() -> None:
    (item,) = items("growth", targets=[], facts=[{"entity": "东区", "indicator": "growth", "actual": 7}])
    assert item.target == ""
    assert given_fields(item) == {
        "direction": "higher", "is_target": False, "forfeited": False, "actual": Fraction(7, 100)
    }  # fmt: skip
    assert items("growth", targets=[]) == ()


def test_an_indicator_without_targets_has_an_item_for_every_entity() -> None:
    first, second = items("replies", facts=[{"entity": "交通局", "indicator": "replies", "actual": 3}])
    assert (first.entity, first.target, "actual" in first.fields) == (0, "", False)
    assert (second.entity, second.fields["actual"].value, second.fields["direction"].value) == (1, 3, "lower")


def test_many_rows_of_one_item_stay_apart_in_their_order() -> None:
    rows = [{"entity": "东区", "indicator": "award", "level": level, "item": "a"} for level in ("local", "national")]
    item = items("award", facts=rows)[0]
    assert [entry["level"].value for entry in item.entries] == ["local", "national"]
    assert "actual" not in item.fields


def test_several_targets_that_share_the_points() -> None:
    targets = [
        {"target": "p2", "entity": "东区", "indicator": "projects", "weight": 40, "due": "2022年10月31日"},
        {
            "target": "p1", "entity": "东区", "indicator": "projects", "weight": 60, "tags": "民生、基础设施",
            "required": "是", "direction": "越低越好", "baseline": 3,
        },
    ]  # fmt: skip
    first, second = items("projects", targets=targets)
    assert (first.target, second.target) == ("p1", "p2")
    assert first.tags == {"民生", "基础设施"}
    assert given_fields(first) == {
        "direction": "lower", "is_target": True, "forfeited": False, "weight": 60, "required": True, "baseline": 3
    }  # fmt: skip
    assert second.fields["due"].value == date(2022, 10, 31)


def test_a_plan_in_words_is_left_to_an_indicator_that_does_not_read_it() -> None:
    target = {"target": "p1", "entity": "东区", "indicator": "projects", "weight": 1, "planned": "建成通车"}
    (item,) = items("projects", targets=[target])
    assert "planned" not in item.fields
    assert remarks(targets=[{**BASE["targets"][0], "planned": "建成通车"}]) == [("AS6101", "targets:1 planned")]


@given(st.permutations(range(6)), st.permutations(range(3)))
def test_the_order_of_rows_changes_nothing(order: list[int], entities: list[int]) -> None:
    rows = [{"target": f"p{n}", "entity": f"e{n % 3}", "indicator": "projects", "weight": n + 1} for n in range(6)]
    reports = [{"target": f"p{n}", "completed_on": "2022-01-01"} for n in range(6)]
    three = [{"entity": f"e{n}", "group": "county", "accidents": n} for n in range(3)]
    expected = bound(entities=three, targets=rows, facts=reports)
    found = bound(
        entities=[three[n] for n in entities], targets=[rows[n] for n in order], facts=[reports[n] for n in order[::-1]]
    )
    assert found.dataset == expected.dataset
    assert expected.dataset.items["projects"]


# ---------------------------------------------------------------- entities, facts, judgements


def test_entities() -> None:
    records = [
        {"entity": "新区", "group": "county", "successor_of": "旧区、老城", "accidents": "2次"},
        {"entity": "旧区", "group": "county", "label": "旧城区", "successor_of": "古城"},
    ]
    dataset = bound(entities=records, targets=[]).dataset
    assert [entity.entity for entity in dataset.entities] == ["新区", "旧区"]
    by_name = {entity.entity: entity for entity in dataset.entities}
    assert by_name["新区"].predecessors == ("旧区", "老城", "古城")
    assert by_name["新区"].facts["accidents"] == Datum(Fraction(2))
    assert by_name["旧区"].label == "旧城区"
    assert by_name["新区"].label == "新区"
    assert "accidents" not in by_name["旧区"].facts


def test_an_earlier_name_leads_to_the_entity_that_bears_another_now() -> None:
    entities = [{"entity": "东区", "group": "county", "successor_of": "东县"}]
    target = {"target": "g1", "entity": "东县", "indicator": "growth", "planned": 8}
    (item,) = items("growth", entities=entities, targets=[target])
    assert item.entity == 0
    two = [*entities, {"entity": "西区", "group": "county", "successor_of": "东县"}]
    assert remarks(entities=two, targets=[target]) == [("AS6202", "targets:1 entity")]


def test_facts_of_entities_and_surveys() -> None:
    rows = [
        {"entity": "东区", "fact": "responses", "actual": "85.5%", "sample": "400份"},
        {"entity": "交通局", "fact": "responses", "actual": 90.1},
        {"entity": "东区", "fact": "accidents", "actual": 0},
    ]
    east, office = bound(facts=rows).dataset.entities
    assert east.facts["responses"].value == Fraction(855, 1000)
    assert east.samples["responses"].value == 400
    assert east.facts["accidents"].value == 0
    assert office.facts["responses"].value == Fraction(901, 1000)
    assert office.samples == {}
    assert "accidents" not in office.facts


def test_judgements_are_found_or_not_found() -> None:
    row = {"entity": "东区", "judgement": "fault", "author": "审计局", "evidence": "报告1", "date": "2023-01-05"}
    east, office = bound(judgements=[row]).dataset.entities
    assert east.facts["fault"] == Datum(True, author="审计局", evidence="报告1")
    assert str(east.facts["fault"].cell) == "judgements:1 judgement"
    assert office.facts["fault"] == Datum(False)
    assert east.facts["major_loss"] == Datum(False)


# ---------------------------------------------------------------- benchmarks and history


def test_the_benchmark_of_the_assessed_year_counts() -> None:
    rows = [{"name": "province", "period": year, "value": f"{year - 2015}%"} for year in (2021, 2022, 2023)]
    found = bound(benchmarks=rows)
    assert found.diagnostics == ()
    assert found.dataset.benchmarks == {"province": Datum(Fraction(7, 100))}


def test_history_by_year() -> None:
    rows = [
        {"period": "2021年", "entity": "西区", "group": "county", "total": "93.15", "rank": 2, "tier": "poor"},
        {"period": 2021, "entity": "东区", "total": "97.40分", "rank": 1, "tier": "good"},
        {"period": 2020, "entity": "东区"},
    ]
    history = bound(history=rows).dataset.history
    assert list(history) == [2020, 2021]
    assert [past.entity for past in history[2021]] == ["东区", "西区"]
    assert history[2021][0].total == Fraction(487, 5)
    assert (history[2021][1].rank, history[2021][1].tier, history[2021][1].group) == (2, "poor", "county")
    assert isinstance(history[2020][0].total, Missing)
    assert history[2020][0].tier == MISSING


# ---------------------------------------------------------------- what does not fit

G1 = BASE["targets"][0]
P1 = {"target": "p1", "entity": "东区", "indicator": "projects", "weight": 10}
P2 = {**P1, "target": "p2"}
EAST = BASE["entities"][0]
FOUND = {"entity": "东区", "judgement": "fault", "author": "审计局", "evidence": "报告1"}


AWARDED = {"entity": "东区", "indicator": "award", "item": "a"}


@pytest.mark.parametrize(
    ("tables", "code", "place"),
    [
        ({"entities": [], "targets": []}, "AS6201", "None"),
        ({"targets": [{**G1, "entity": "东县区"}]}, "AS6202", "targets:1 entity"),
        ({"targets": [{**G1, "indicator": "growht"}]}, "AS6203", "targets:1 indicator"),
        ({"facts": [{"entity": "东区", "fact": "accident", "actual": 1}]}, "AS6204", "facts:1 fact"),
        ({"entities": [{**EAST, "accident": 1}]}, "AS6204", "entities:1 accident"),
        ({"benchmarks": [{"name": "provinces", "value": 1}, *BASE["benchmarks"]]}, "AS6205", "benchmarks:1 name"),
        ({"judgements": [{**FOUND, "judgement": "faults"}]}, "AS6206", "judgements:1 judgement"),
        ({"entities": [{**EAST, "group": "countys"}]}, "AS6207", "entities:1 group"),
        ({"facts": [{**AWARDED, "level": "locale"}]}, "AS6208", "facts:1 level"),
        ({"facts": [{"target": "g2", "actual": 1}]}, "AS6209", "facts:1 target"),
        ({"entities": [EAST, EAST]}, "AS6210", "entities:2 entity"),
        ({"targets": [G1, G1]}, "AS6210", "targets:2 target"),
        ({"benchmarks": BASE["benchmarks"] * 2}, "AS6210", "benchmarks:2 name"),
        ({"facts": [{"entity": "东区", "fact": "accidents", "actual": 1}] * 2}, "AS6210", "facts:2 actual"),
        (
            {"entities": [{**EAST, "accidents": 1}], "facts": [{"entity": "东区", "fact": "accidents", "actual": 1}]},
            "AS6210",
            "facts:1 actual",
        ),
        ({"history": [{"period": 2021, "entity": "东区"}] * 2}, "AS6210", "history:2 entity"),
        ({"facts": [{"target": "g1", "actual": 1}] * 2}, "AS6211", "facts:2"),
        ({"facts": [{"target": "g1", "actual": 1}, {"entity": "东区", "indicator": "growth"}]}, "AS6211", "facts:2"),
        ({"targets": [{**G1, "entity": "交通局"}]}, "AS6212", "targets:1 indicator"),
        ({"facts": [{"entity": "交通局", "indicator": "growth", "actual": 1}]}, "AS6212", "facts:1 indicator"),
        ({"targets": [G1, {**G1, "target": "g2"}]}, "AS6213", "targets:2 target"),
        ({"entities": [EAST, {"group": "county"}]}, "AS6214", "entities:2"),
        ({"entities": [EAST, {"entity": "西区"}]}, "AS6214", "entities:2"),
        ({"targets": [G1, {**P1, "target": ""}]}, "AS6214", "targets:2 target"),
        ({"facts": [{"indicator": "growth", "actual": 1}]}, "AS6214", "facts:1"),
        ({"history": [{"period": None, "entity": "东区"}]}, "AS6214", "history:1 period"),
        ({"targets": [{**P1, "weight": None}]}, "AS6215", "targets:1 weight"),
        ({"targets": [{**P1, "weight": 0}]}, "AS6112", "targets:1 weight"),
        ({"facts": [{"target": "g1", "entity": "交通局"}]}, "AS6218", "facts:1 entity"),
        ({"facts": [{"target": "g1", "indicator": "award", "level": "local"}]}, "AS6218", "facts:1 indicator"),
        ({"judgements": [{**FOUND, "evidence": None}]}, "AS6219", "judgements:1 evidence"),
        ({"judgements": [{**FOUND, "author": " "}]}, "AS6219", "judgements:1 author"),
        ({"facts": [{"target": "g1", "period": 2021}]}, "AS6220", "facts:1 period"),
        ({"facts": [{"target": "g1", "period": "21"}]}, "AS6222", "facts:1 period"),
        ({"benchmarks": []}, "AS6221", "None"),
        ({"benchmarks": [{"name": "province", "value": None}]}, "AS6221", "None"),
        ({"benchmarks": [{"name": "province", "value": 1, "period": 2021}]}, "AS6221", "None"),
        ({"history": [{"period": "去年", "entity": "东区"}]}, "AS6222", "history:1 period"),
        ({"entities": [{**EAST, "successor_of": "东区"}]}, "AS6223", "entities:1 entity"),
        (
            {"entities": [{**EAST, "successor_of": "东县"}], "history": [{"period": 2021, "entity": "东区"}]},
            "AS6224",
            "entities:1 successor_of",
        ),
        ({"history": [{"period": 2021, "entity": "东区", "tier": "goood"}]}, "AS6225", "history:1 tier"),
        ({"entities": [{**EAST, "电话": 1}]}, "AS6226", "entities:1 电话"),
        ({"entities": [{**EAST, "成立日期": 1}]}, "AS6016", "entities:1 成立日期"),
        ({"history": [{"period": year, "entity": "东区"} for year in (2022, 2023)]}, "AS6251", "history:1 period"),
        ({"history": [{"period": 2021, "entity": "a"}, {"period": 2020, "entity": "b"}]}, "AS6252", "history:1 entity"),
        ({"facts": [{"entity": "东区", "fact": "responses", "actual": "0.85"}]}, "AS6115", "facts:1 actual"),
        ({"benchmarks": [{"name": "province", "value": "0.068"}]}, "AS6116", "benchmarks:1 value"),
        ({"entities": [{**EAST, "fault": "是"}]}, "AS6227", "entities:1 fault"),
        ({"targets": [{**G1, "indicator": "replies"}]}, "AS6228", "targets:1 indicator"),
        ({"targets": [P1, P2], "facts": [{"entity": "东区", "indicator": "projects"}]}, "AS6229", "facts:1"),
        ({"facts": [{"entity": "东区", "actual": 1}]}, "AS6230", "facts:1"),
        ({"facts": [{"entity": "东区", "fact": "accidents", "indicator": "growth"}]}, "AS6231", "facts:1 fact"),
        ({"entities": [{**EAST, "entity": "东\u200b区"}], "targets": []}, "AS6232", "entities:1 entity"),
        ({"targets": [{**P1, "weight": "30%"}, {**P2, "weight": "70"}]}, "AS6233", "targets:2 weight"),
        ({"targets": [{**G1, "direction": "up"}]}, "AS6234", "targets:1 direction"),
        ({"facts": [{"entity": "东区", "indicator": "award", "level": "local"}]}, "AS6235", "facts:1"),
        ({"history": [{"period": 2021, "entity": "东区", "rank": 0}]}, "AS6236", "history:1 rank"),
        ({"history": [{"period": 2021, "entity": "东区", "rank": "1.5"}]}, "AS6106", "history:1 rank"),
        ({"targets": [{**G1, "due": "年底"}]}, "AS6107", "targets:1 due"),
        ({"facts": [{"target": "g1", "actual": "7.53%"}]}, "AS6104", "facts:1 actual"),
        ({"facts": [{"target": "g1", "verified": "ok"}]}, "AS6109", "facts:1 verified"),
        ({"entities": [{**EAST, "since": "去年"}]}, "AS6107", "entities:1 since"),
        ({"judgements": [{**FOUND, "date": "去年"}]}, "AS6107", "judgements:1 date"),
    ],
)  # fmt: skip
def test_what_does_not_fit(tables: dict[str, list[dict[str, Any]]], code: str, place: str) -> None:
    """One mistake gives one remark, at its place."""
    assert remarks(**tables) == [(code, place)]


@pytest.mark.parametrize(
    ("tables", "suggestion"),
    [
        ({"targets": [{**G1, "entity": "交通厅"}]}, "交通局"),
        ({"targets": [{**G1, "indicator": "growht"}]}, "growth"),
        ({"facts": [{"target": "g11", "actual": 1}]}, "g1"),
    ],
)
def test_suggestions(tables: dict[str, list[dict[str, Any]]], suggestion: str) -> None:
    assert bound(**tables).diagnostics[0].arguments["suggestion"] == suggestion


def test_everything_is_told_in_one_run_at_its_place() -> None:
    found = remarks(
        entities=[EAST, EAST],
        targets=[{**G1, "entity": "x"}, {**P1, "indicator": "y"}],
        facts=[{"target": "z"}, {"entity": "东区", "fact": "accidents", "actual": -1}],
        judgements=[{**FOUND, "author": None}],
    )
    assert found == [
        ("AS6210", "entities:2 entity"),
        ("AS6209", "facts:1 target"),
        ("AS6106", "facts:2 actual"),
        ("AS6219", "judgements:1 author"),
        ("AS6202", "targets:1 entity"),
        ("AS6203", "targets:2 indicator"),
    ]


def test_a_report_about_a_target_that_is_wrong_is_no_second_mistake() -> None:
    found = remarks(targets=[{**G1, "indicator": "growht"}], facts=[{"target": "g1", "actual": 7}])
    assert found == [("AS6203", "targets:1 indicator")]


def test_required_is_asked_for_where_the_plan_reads_it() -> None:
    schema = evolve(SCHEMA, indicators=(evolve(GROWTH, fields=GROWTH.fields | {"required"}),))
    assert remarks(schema) == [("AS6216", "targets:1")]
    assert remarks(schema, targets=[{**G1, "required": "否"}]) == []
    assert remarks(schema, targets=[{**G1, "required": "maybe"}]) == [("AS6109", "targets:1 required")]


def test_what_the_register_requires_is_a_warning() -> None:
    schema = evolve(SCHEMA, required_columns=("owner", "due"))
    found = bound(schema, targets=[{**G1, "owner": "区长"}]).diagnostics
    assert [(one.code, one.severity, one.arguments["column"]) for one in found] == [("AS6217", "warning", "due 时限")]


def test_a_policy_without_groups_takes_entities_without_groups() -> None:
    schema = evolve(SCHEMA, groups=(), indicators=(evolve(REPLIES, groups=()),))
    found = bound(schema, entities=[{"entity": "东区"}], targets=[])
    assert found.diagnostics == ()
    assert len(found.dataset.items["replies"]) == 1


def test_rows_of_another_year_are_told_once_for_each_table() -> None:
    rows = [{"target": "g1", "period": 2022, "actual": 7}, *({"target": "g1", "period": 2021} for _ in range(3))]
    found = bound(facts=rows, targets=[G1, {**P1, "period": 2020}])
    assert [(one.code, one.arguments["count"], one.arguments["period"]) for one in found.diagnostics] == [
        ("AS6220", "3", "2021"),
        ("AS6220", "1", "2020"),
    ]
    assert found.dataset.items["growth"][0].fields["actual"].value == Fraction(7, 100)
    assert found.dataset.items["projects"] == ()


def test_warnings_of_the_readers_come_along() -> None:
    found = bound(entities=[{**EAST, "电话": 1}]).diagnostics
    facts = evolve(from_records(**BASE), remarks=found)
    assert bind(SCHEMA, facts).diagnostics == found


# ---------------------------------------------------------------- labels

LABELLED = evolve(
    SCHEMA,
    group_labels=("区县", "部门"),
    indicators=(
        evolve(GROWTH, label="GDP增速"),
        evolve(PROJECTS, label="项目"),
        evolve(AWARD, label="获奖", level_labels=("国家级", "省级")),
        evolve(REPLIES, label="项目"),
    ),
    facts=tuple(evolve(fact, label=label) for fact, label in zip(SCHEMA.facts, ("重大事故", "满意度"), strict=True)),
    judgement_labels=tuple(f"认定{name}" for name in SCHEMA.judgements),
    tier_labels=tuple(f"等次{name}" for name in SCHEMA.tiers),
    benchmarks=(evolve(SCHEMA.benchmarks[0], label="全省增速"),),
)


def test_labels_stand_for_names() -> None:
    by_name = bound(
        LABELLED,
        entities=[{"entity": "东区", "group": "county", "accidents": 1}, {"entity": "交通局", "group": "department"}],
        facts=[
            {"entity": "东区", "indicator": "award", "level": "national", "item": "a"},
            {"entity": "东区", "fact": "responses", "actual": "80%", "sample": 500},
        ],
        judgements=[{"entity": "东区", "judgement": "fault", "author": "组", "evidence": "号"}],
        history=[{"period": 2021, "entity": "东区", "group": "county", "tier": "good"}],
    )
    by_label = bound(
        LABELLED,
        entities=[{"entity": "东区", "group": "区县", "重大事故": 1}, {"entity": "交通局", "group": "部门"}],
        targets=[{"target": "g1", "entity": "东区", "indicator": "GDP增速", "planned": "8%"}],
        facts=[
            {"entity": "东区", "indicator": "获奖", "level": "国家级", "item": "a"},
            {"entity": "东区", "fact": "满意度", "actual": "80%", "sample": 500},
        ],
        judgements=[{"entity": "东区", "judgement": "认定fault", "author": "组", "evidence": "号"}],
        benchmarks=[{"name": "全省增速", "value": "6.8%"}],
        history=[{"period": 2021, "entity": "东区", "group": "区县", "tier": "等次good"}],
    )
    assert (by_name.diagnostics, by_label.diagnostics) == ((), ())
    assert by_label.dataset == by_name.dataset


def test_a_label_of_two_things_names_neither_and_a_misspelt_one_is_told_with_its_name() -> None:
    report = {"entity": "东区", "indicator": "项目", "actual": 1}
    (found,) = bound(LABELLED, facts=[report]).diagnostics
    assert (found.code, found.arguments["name"]) == ("AS6203", "项目")
    entities = [{"entity": "东区", "group": "县区"}, {"entity": "交通局", "group": "部门"}]
    (found,) = bound(LABELLED, entities=entities).diagnostics
    assert found.help("zh") == "是否想写 `county` / `区县`?"


def test_a_name_that_is_a_word_of_the_language_goes_by_every_spelling_of_the_word() -> None:
    progress, bonus = evolve(GROWTH, name="progress", label="形象进度"), evolve(AWARD, name="bonus", label="进度")
    schema = evolve(SCHEMA, indicators=(progress, bonus), benchmarks=())

    def of(indicator: str) -> Bound:
        return bound(schema, targets=[{**G1, "indicator": indicator}], benchmarks=[])

    for spelling in ("progress", "进度", "形象进度"):
        found = of(spelling)
        assert found.diagnostics == ()
        assert [item.target for item in found.dataset.items["progress"]] == ["g1"]
    assert of("进毒").diagnostics[0].help("zh") == "是否想写 `进度` / `形象进度`?"
    assert of("形象进毒").diagnostics[0].help("zh") == "是否想写 `progress` / `形象进度`?"


# ---------------------------------------------------------------- told once


def test_without_entities_nothing_else_is_told() -> None:
    history = [{"period": "x", "entity": "y"}]
    assert remarks(entities=[], facts=[{"target": "x"}], history=history) == [("AS6201", "None")]
    assert remarks(entities=[{"entity": "", "group": "county"}]) == [("AS6214", "entities:1 entity")]


def test_a_wrong_heading_is_told_at_the_heading(tmp_path: Path) -> None:
    (tmp_path / "entities.csv").write_text("2022年\n电话,entity,group,acidents\n1,东区,county,1\n1,西区,county,2\n")
    found = bind(evolve(SCHEMA, benchmarks=()), read_facts(tmp_path)).diagnostics
    assert [(one.code, str(one.cell).rpartition(":")[2]) for one in found] == [("AS6226", "A2"), ("AS6204", "D2")]


def test_reports_that_no_score_reads_are_told_once() -> None:
    schema = evolve(SCHEMA, indicators=(evolve(REPLIES, fields=frozenset()), GROWTH))
    rows = [{"entity": name, "indicator": "replies", "actual": 1} for name in ("东区", "交通局")]
    (found,) = bound(schema, facts=rows).diagnostics
    assert (found.code, found.severity, str(found.cell)) == ("AS6250", "warning", "facts:1")
    assert found.message("en").endswith(": 2 rows were not used")
    for read in (
        {"fields": frozenset({"completed_on"})}, {"many_entries": True}, {"past": frozenset({1})},
        {"states": frozenset({"exempt"})},
    ):  # fmt: skip
        changed = evolve(REPLIES, **{"fields": frozenset(), **read})
        assert remarks(evolve(SCHEMA, indicators=(changed, GROWTH)), facts=rows) == []


def rates(*values: object, places: int | None = None, **others: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What is told of values reported in percent."""
    changed = evolve(GROWTH, places=places, fields=GROWTH.fields - {"planned"})
    targets = [{**G1, "target": f"t{index}", "entity": f"e{index}"} for index in range(len(values))]
    return remarks(
        evolve(SCHEMA, indicators=(changed, REPLIES), benchmarks=()),
        entities=[{"entity": f"e{index}", "group": "county"} for index in range(len(values))],
        targets=targets,
        facts=[{"target": f"t{index}", "actual": value} for index, value in enumerate(values)],
        benchmarks=[],
        **others,
    )


def test_bare_percentages_of_which_none_is_above_one_may_be_fractions() -> None:
    assert rates("0", "0.08", "-0.5") == [("AS6116", "facts:2 actual")]
    assert rates(Fraction(8, 100)) == [("AS6116", "facts:1 actual")]
    for in_order in (("0.08", "8"), ("8", "0.08"), ("0.08%",), ("0",), (None,), ("12", "5%")):
        assert rates(*in_order) == []
    assert rates("0.8", places=1) == []
    (found,) = bound(
        evolve(SCHEMA, indicators=(REPLIES,)), benchmarks=[{"name": "province", "value": "0.068"}], targets=[]
    ).diagnostics
    assert found.help("zh") == "请写作 `6.8%`;若确为此意,请写 `0.068%`"


def test_numbers_of_another_indicator_do_not_hide_them() -> None:
    second = evolve(REPLIES, unit=Unit.PERCENT)
    rows = [{"target": "g1", "actual": "0.08"}, {"entity": "东区", "indicator": "replies", "actual": 12}]
    schema = evolve(SCHEMA, indicators=(evolve(GROWTH, places=None), second))
    assert remarks(schema, facts=rows) == [("AS6116", "facts:1 actual")]


def test_numbers_as_text_are_told_once_for_a_column(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "entities"
    sheet.append(["entity", "group", "accidents", "responses"])
    for name, accidents, responses in (("东区", 1, "80"), ("西区", "2", "85"), ("南区", "3", 90)):
        sheet.append([name, "county", accidents, responses])
    made.save(tmp_path / "facts.xlsx")
    found = bind(evolve(SCHEMA, benchmarks=()), read_facts(tmp_path / "facts.xlsx")).diagnostics
    assert [(one.code, str(one.cell).rpartition(":")[2], one.arguments["count"]) for one in found] == [
        ("AS6103", "D2", "2"),
        ("AS6103", "C3", "2"),
    ]
