"""Every example policy: its surfaces mean the same, and it scores as was worked out without the engine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

import assessdsl
from assessdsl.quantity import exact_text
from assessdsl.result import EntityResult, Result

POLICIES = Path(__file__).parent.parent / "policies"
CASES = sorted(path.parent for path in POLICIES.glob("*/expected.json"))
FILES = [path for case in CASES for path in sorted(case.glob("policy*")) if path.suffix in (".assess", ".yaml")]


def named(path: Path) -> str:
    return path.relative_to(POLICIES).as_posix()


@pytest.fixture(scope="module")
def results() -> dict[Path, Result]:
    """Each case scored once, by its first policy file."""
    scored = {}
    for case in CASES:
        policy = assessdsl.load(next(path for path in FILES if path.parent == case))
        scored[case] = assessdsl.evaluate(policy, assessdsl.read_facts(case / "facts"))
    return scored


def expected_of(case: Path) -> dict[str, Any]:
    entities: dict[str, Any] = json.loads((case / "expected.json").read_text("utf-8"))["entities"]
    return entities


def outcome(entity: EntityResult) -> dict[str, Any]:
    """What the result says of an entity, in the form of expected.json."""
    register = [finding for finding in entity.findings if finding.name.startswith("target_")]
    return {
        "group": entity.group,
        "total": exact_text(entity.total.value),
        "rank": entity.rank,
        "tier": entity.tier,
        "components": {name: exact_text(part.score.value) for name, part in entity.components.items()},
        "indicators": {
            name: exact_text(indicator.score.value)
            for part in entity.components.values()
            for name, indicator in part.indicators.items()
        },
        "findings": [
            {
                "name": finding.name,
                "status": finding.status,
                "within_days": finding.within_days,
                "targets": sorted(cite.target for cite in finding.cites if cite.target),
                "judgements": [
                    {"judgement": cite.judgement, "author": cite.author, "evidence": cite.evidence}
                    for cite in sorted(finding.cites, key=lambda cite: cite.judgement)
                    if cite.judgement
                ],
            }
            for finding in entity.findings
            if finding not in register
        ],
        "register": sorted(
            ({"kind": finding.name.removeprefix("target_"), "target": finding.cites[0].target} for finding in register),
            key=lambda attempt: (attempt["kind"], attempt["target"]),
        ),
    }


def test_there_are_cases() -> None:
    assert "municipal_2022" in {case.name for case in CASES}
    assert {named(path) for path in FILES} >= {
        f"municipal_2022/policy{ending}" for ending in (".assess", ".en.assess", ".yaml")
    }


@pytest.mark.parametrize("path", FILES, ids=named)
def test_policy_has_no_remarks(path: Path) -> None:
    assert assessdsl.load(path).diagnostics == ()


@pytest.mark.parametrize("case", CASES, ids=named)
def test_surfaces_mean_the_same(case: Path) -> None:
    """Equal trees, hence equal fingerprints and equal results."""
    policies = [assessdsl.load(path) for path in FILES if path.parent == case]
    assert len(policies) > 1
    for other in policies[1:]:
        assert other.checked.policy == policies[0].checked.policy
        assert other.fingerprint == policies[0].fingerprint


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_expected_entities_are_scored(case: Path, results: dict[Path, Result]) -> None:
    assert list(results[case].entities) == list(expected_of(case))


@pytest.mark.parametrize(
    ("case", "entity"),
    [pytest.param(case, entity, id=f"{named(case)}-{entity}") for case in CASES for entity in expected_of(case)],
)
def test_scores_as_worked_out(case: Path, entity: str, results: dict[Path, Result]) -> None:
    assert outcome(results[case].entities[entity]) == expected_of(case)[entity]


@pytest.mark.parametrize("seed", ["1", "2"])
@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_working_gives_what_is_expected(case: Path, seed: str) -> None:
    """The committed results are those of the working, byte for byte. It runs where no installed package is in reach."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    printed = subprocess.run(
        [sys.executable, "-S", "-B", "worked.py", "--print"],
        cwd=case / "worked",
        env=environment | {"PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    ).stdout
    assert printed == (case / "expected.json").read_bytes()


def test_the_sheet_shows_the_present_facts_and_agrees(tmp_path: Path) -> None:
    """The committed workbook has the inputs and formulas that its script writes, and its values are as expected."""
    openpyxl = pytest.importorskip("openpyxl")
    case = POLICIES / "municipal_2022"
    fresh = tmp_path / "worked.xlsx"
    subprocess.run([sys.executable, "-B", case / "worked" / "sheet.py", fresh], check=True)

    def cells(path: Path, *, values: bool) -> dict[str, list[list[Any]]]:
        book = openpyxl.load_workbook(path, data_only=values)
        return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}

    committed = case / "worked" / "worked.xlsx"
    assert cells(committed, values=False) == cells(fresh, values=False)

    expected = expected_of(case)
    heading, *rows = cells(committed, values=True)["县区"]
    names = [name.replace("\n", "") for name in heading]
    assert {row[0] for row in rows} == {name for name, entity in expected.items() if entity["group"] == "county"}
    for row in rows:
        entity, shown = expected[row[0]], dict(zip(names, row, strict=True))
        assert shown["总分"] == float(entity["total"])
        assert (shown["名次"], shown["等次"]) == (entity["rank"], entity["tier"])
        assert shown["是否一致"] == "一致"


# ---------------------------------------------------------------- the hard cases bite

CITY = POLICIES / "municipal_2022"

# A rule, what one could mistake it for, and an entity for whom that makes a difference. Of the city in English words.
CITY_MISTAKES = [
    ("half_up to 2 places", "half_even to 2 places", "青岚区"),
    ("half_up to 2 places", "down to 2 places", "松澜区"),
    ("count highest_level_once", "count all", "市教育局"),
    ("as bonus {\n    cap 5 points", "as bonus {\n    cap 6 points", "市科技局"),
    ("as penalty {\n    cap 5 points", "as penalty {\n    cap 6 points", "市城市管理局"),
    ("completed_on > due", "completed_on >= due", "市交通运输局"),
    ("not completed or completed_on > due", "not completed", "市公安局"),
    ("shared by weight", "shared by count", "竹汀县"),
    ("absent redistribute", "absent zero", "市审计局"),
    ("1 pp: 80%", "1.1 pp: 80%", "松澜区"),
    ("0 pp: 50%", "0.1 pp: 50%", "临澄县"),
    ("if actual >= 0% then 100%", "if actual >= 0% then 0%", "竹汀县"),
    ("if actual <= 0 元 then 100%", "if actual <= 0 元 then 0%", "市信访局"),
    ("100% else 0%)\n      missing   zero", "100% else 100%)\n      missing   zero", "市体育局"),
    ("missing   zero", "missing   full", "市退役军人局"),
    ("at_least: 400", "at_least: 401", "市体育局"),
    ("too_small: 60%", "too_small: 0%", "望岫县"),
    ("missing 60%", "missing zero", "市统计局"),
    ("direction lower", "direction higher", "市机关事务局"),
    ("major_accidents > 0", "major_accidents > 1", "青岚区"),
    ("vetoed skipped", "vetoed counted", "松澜区"),
    ("ties excluded vetoed", "ties included vetoed", "市市场监管局"),
    ("rounded down", "rounded up", "市卫生健康委"),
    ("rank by total, differentiated", "rank by total", "砚溪区"),
    ("total >= 60 points", "total >= 61 points", "望岫县"),
    ('by "市委常委会", ', "by ", "松澜区"),
    (', "党政联席会议"', "", "市水务局"),
    ("any(required targets,", "any(targets,", "市商务局"),
    ("fault and major_loss", "fault or major_loss", "市公安局"),
    ("ties: included)", "ties: excluded)", "芷岭区"),
    (
        "streak(in_bottom(2, of: group, ties: included), years: 2)",
        "in_bottom(2, of: group, ties: included)",
        "市园林绿化中心",
    ),
    ("years: 2", "years: 3", "梧原县"),
    ("in_bottom(2", "in_bottom(1", "芷岭区"),
    (", years: 2) and poor_performance", ", years: 2)", "市供销合作社"),
]


# The same of the others.
MISTAKES = {
    "municipal_2022/policy.en.assess": CITY_MISTAKES,
    "civil_servant_appraisal/policy.assess": [
        ("四舍五入 到 1位", "五舍六入 到 1位", "王立群"),
        ("四舍五入 到 1位", "舍去 到 1位", "王立群"),
        ("名额取整 四舍五入", "名额取整 舍去", "杨慎行"),
        ("名额取整 四舍五入", "名额取整 进一", "冯若水"),
        ("并列 不计入", "并列 计入", "冯若水"),
        ("被否决者 递补", "被否决者 占用", "孙晓岚"),
        ("总分, duties", "总分, daily", "李卓然"),
        ("总分, duties 在", "总分 在", "孙晓岚"),
        ("absent_days == 0天", "absent_days <= 1天", "杨慎行"),
        ("总分 >= 85分", "总分 > 85分", "杨慎行"),
        ("总分 >= 60分", "总分 > 60分", "王立群"),
        ("当 months_on_duty >= 6个月 且 总分 >= 70分", "当 months_on_duty > 6个月 且 总分 >= 70分", "吴静姝"),
        ("上限 5分", "上限 6分", "沈一鸣"),
        ("未下达 重新分配", "未下达 零分", "褚云帆"),
        ("缺失   零分", "缺失   满分", "卫东升"),
        (" 取代 demotion", "", "郑国梁"),
        ("年数: 3", "年数: 2", "杨慎行"),
        ("当 warned 则", "当 demerit 则", "赵启明"),
    ],
    "nursing_home_stars/policy.assess": [
        ("half_up to 2 places", "half_down to 2 places", "beech"),
        ("half_up to 2 places", "down to 2 places", "beech"),
        ("4.1: 100%", "4.2: 100%", "alder"),
        ("3.5: 80%", "3.6: 80%", "beech"),
        ("hours_a_day() < 3", "hours_a_day() < 2.9", "damson"),
        ("2.5: 40%, 3: 60%", "2.5: 40%, 2.9: 60%", "damson"),
        ("80%: 100%", "81%: 100%", "beech"),
        ("50%: 50%", "51%: 50%", "elm"),
        ("sample(answers) < 30", "sample(answers) < 29", "fir"),
        ("at_least: 30", "at_least: 31", "chestnut"),
        ("safety < 12.5 points", "safety <= 12.5 points", "elm"),
        ("then at most 10 points", "then zero", "hazel"),
        ("dementia_unit otherwise redistribute", "dementia_unit otherwise zero", "chestnut"),
        ("rehabilitation_unit otherwise redistribute", "rehabilitation_unit otherwise full", "gorse"),
        ("complaints, zero: 100%", "complaints, zero: 0%", "damson"),
        ("total >= 85 points", "total > 85 points", "beech"),
        ("total >= 45 points", "total > 45 points", "maple"),
        ("total, safety", "safety, total", "hazel"),
        ("abuse or suspension", "abuse and suspension", "ivy"),
        ("missing 50%", "missing zero", "kale"),
        ("years: 2", "years: 3", "kale"),
    ],
    "development_index/policy.assess": [
        ("half_up to 3 places", "down to 3 places", "Dunmere"),
        ("half_up to 3 places", "half_up to 4 places", "Fenwick"),
        ("half_up to 3 places", "half_up to 2 places", "Estoval"),
        ("score    geometric_mean", "score    arithmetic_mean", "Kesh"),
        ("high: 85", "high: 90", "Aldmark"),
        ("low: 20", "low: 25", "Perrin"),
        ("low: ln(100)", "low: ln(50)", "Lorne"),
        ("goalposts(expected_years, low: 0, high: 18) else", "0% else", "Hallow"),
        ("ties shared\n\n", "ties dense\n\n", "Estoval"),
        ("within everyone", "within group", "Perrin"),
        ("total >= 0.8 points", "total > 0.8 points", "Corrin"),
        ("rank >= 3", "rank >= 4", "Jorvale"),
        ("mean(total, of: group)", "mean(total, of: everyone)", "Jorvale"),
    ],
    "hospital_department/policy.en.assess": [
        ("half_up to 2 places", "down to 2 places", "妇产科"),
        ("95%: 80%, 98%: 100%", "95%: 80%, 98.1%: 100%", "普外科"),
        ("95%: 80%", "95.1%: 80%", "呼吸内科"),
        ("-30%: 70%", "-31%: 70%", "泌尿外科"),
        ("-30%: 70%", "-29%: 70%", "妇产科"),
        ("step: 0.5 days", "step: 0.4 days", "普外科"),
        ("step: 0.5 days", "step: 0.6 days", "泌尿外科"),
        ("step: 2 items", "step: 1 item", "检验科"),
        ("if actual <= 0% then 100% else 0%", "if actual <= 0% then 0% else 0%", "内分泌科"),
        ("if actual <= 0% then 100% else 0%", "if actual <= 0% then 100% else 100%", "儿科"),
        ("base: 60%", "base: 50%", "放射科"),
        ("at_least: 50", "at_least: 51", "儿科"),
        ("at_least: 50", "at_least: 49", "内分泌科"),
        ("missing mean", "missing zero", "超声科"),
        ("step: 1 wan_yuan", "step: 0.9 wan_yuan", "泌尿外科"),
        ("cap 5 points", "cap 6 points", "心内科"),
        ("cap 8 points", "cap 20 points", "神经外科"),
        ("count highest_level_once", "count all", "骨科"),
        ("then at most 24 points", "then zero", "放射科"),
        ("next 30% of group rounded down", "next 30% of group rounded half_up", "泌尿外科"),
        ("ties included vetoed", "ties excluded vetoed", "消化内科"),
        ("total >= 90 points", "total > 90 points", "妇产科"),
        ("when rebate then tier at most good", "when rebate then tier at most pass", "普外科"),
        ("years: 2", "years: 3", "神经外科"),
    ],
    "survey_and_panel/policy.assess": [
        ("四舍六入五成双 到 1位", "四舍五入 到 1位", "社会保险窗口"),
        ("四舍六入五成双 到 1位", "舍去 到 1位", "公积金窗口"),
        ("去掉: 1", "去掉: 2", "不动产登记窗口"),
        ("不足: 平均(记录, 实绩)", "不足: 0", "税务窗口"),
        ('最小样本" = 200', '最小样本" = 201', "医疗保障窗口"),
        ('最小样本" = 200', '最小样本" = 199', "婚姻登记窗口"),
        ("样本不足: 70%", "样本不足: 60%", "婚姻登记窗口"),
        ("< 60% 则", "<= 60% 则", "公证窗口"),
        ("无有效票: 60%", "无有效票: 0%", "婚姻登记窗口"),
        ("未下达 重新分配\n    }\n    指标 q3", "未下达 零分\n    }\n    指标 q3", "税务窗口"),
        ("并列 不空位", "并列 共享", "公积金窗口"),
        ("被否决者 占用", "被否决者 递补", "公积金窗口"),
        ("前 4个", "前 5个", "公积金窗口"),
        (" 取代 rectification", "", "交通运输窗口"),
        ("当 forged 则 零分", "当 forged 则 至多 60分", "市场监管窗口"),
    ],
}


@pytest.mark.parametrize(
    ("path", "rule", "mistake", "entity"),
    [
        pytest.param(path, *mistake, id=f"{path.split('/')[0]}-{mistake[1]}")
        for path, mistakes in MISTAKES.items()
        for mistake in mistakes
    ],
)
def test_a_mistaken_rule_shows(path: str, rule: str, mistake: str, entity: str) -> None:
    """The facts tell each rule from the one that it is easily mistaken for."""
    text = (POLICIES / path).read_text("utf-8")
    assert text.count(rule) == 1
    policy = assessdsl.loads(text.replace(rule, mistake), "mistaken.assess")
    case = (POLICIES / path).parent
    result = assessdsl.evaluate(policy, assessdsl.read_facts(case / "facts"))
    assert outcome(result.entities[entity]) != expected_of(case)[entity]


def test_every_policy_is_tried_with_mistakes() -> None:
    assert {path.split("/")[0] for path in MISTAKES} == {case.name for case in CASES}


def test_the_order_of_rows_changes_nothing(results: dict[Path, Result]) -> None:
    facts = assessdsl.read_facts(CITY / "facts")
    turned = attrs.evolve(facts, **{name: rows[::-1] for name, rows in facts.tables()})
    assert assessdsl.evaluate(assessdsl.load(CITY / "policy.en.assess"), turned) == results[CITY]


def test_tables_in_gb18030_give_the_same(tmp_path: Path, results: dict[Path, Result]) -> None:
    for table in (CITY / "facts").glob("*.csv"):
        (tmp_path / table.name).write_bytes(table.read_text("utf-8").encode("gb18030"))
    policy = assessdsl.load(CITY / "policy.en.assess")
    assert assessdsl.evaluate(policy, assessdsl.read_facts(tmp_path)) == results[CITY]
