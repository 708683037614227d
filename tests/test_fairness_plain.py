"""Counterexamples that a reader takes in at a glance: round numbers, nothing odd but the fault, in one language."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from faulty_policies import SPLITTING_PAYS, policy

import assessdsl
from assessdsl.fairness.case import score
from assessdsl.fairness.counterexample import Counterexample
from assessdsl.fairness.export import plain_tables
from assessdsl.fairness.proof_text import counterexample_lines, report_json, report_junit, report_text
from assessdsl.fairness.prove import CATALOGUE, prove
from assessdsl.fairness.verdict import Report
from assessdsl.vocabulary import vocabulary

CITY = Path(__file__).parent.parent / "policies" / "municipal_2022" / "policy.assess"

# Of each kind of fault: what is promised, the line that breaks it, and the sentence that shows it.
FAULTS = {
    "being late pays": (
        "单调",
        ("当 非 已完成 或 完成日期 > 时限", "当 非 已完成"),
        ("得分   100%", "得分   如果 完成日期 > 时限 则 100% 否则 80%; 缺失 零分"),
        "`甲`做得更好(重大项目完成日期由7月1日变为6月30日),总分却由100.00分降为90.00分",
    ),
    "bands that overlap": (
        "单调",
        (
            "分档(实绩 - province_gdp_growth, 0个百分点: 50%, 1个百分点: 80%, 2个百分点: 100%, 以下: 0%)",
            "如果 实绩 - province_gdp_growth >= 2个百分点 则 80% 否则 如果 实绩 > province_gdp_growth 则 100% 否则 0%",
        ),
        None,
        "`甲`做得更好(高于全省实绩由1%变为2%),总分却由100.00分降为96.00分",
    ),
    "the wrong direction": (
        "单调", ("方向   越低越好", "方向   越高越好"), None,
        "`甲`做得更好(预算执行实绩由100元变为200元),总分却由100.00分降为85.00分",
    ),
    "a plan that is not reached pays": (
        "如实申报",
        ("完成率(实绩, 计划, 零计划: 报错)", "最小(比值(实绩, 最大(计划, 1), 除零: 0%), 200%) / 2"),
        None,
        "`甲`的法定职责实际完成100;计划若不报100而报50,总分由87.50分升为100.00分",
    ),
    "what others did": (
        "独立",
        (
            "分档(实绩 - province_gdp_growth, 0个百分点: 50%, 1个百分点: 80%, 2个百分点: 100%, 以下: 0%)",
            "功效系数(实绩, 最差(实绩, 范围: 组别), 最优(实绩, 范围: 组别), 基础: 40%, 相等: 100%)",
        ),
        None,
        "只有`乙`变动(高于全省实绩由10%变为20%),`甲`的总分却由100.00分变为88.00分",
    ),
    "a gate that leaks": (
        "绝对 已完成", ("得分   100%", "得分   100%; 下限 1分"), None,
        "`甲`触发门槛`没有完成就得不了分`,`重大项目`仍得1分",
    ),
    "nobody has to explain": (
        "说明无漏", ("任一(必达目标, 非 达成) 在 15天", "fault 在 15天"), None,
        "`甲`未达成必达目标`甲-gdp_growth-1`(GDP增速,计划 20%,时限 6月30日,实绩 10%,完成日期 6月30日),没有考核认定列明该目标",  # noqa: E501
    ),
    "a bonus without a limit": (
        "主导 于 differentiated 优于 加分项 超出 5分", ("上限 5分", "上限 50分"), None,
        "`甲`在`差异分`领先`乙`50分,`乙`在`加分`多得50分,足以抵消",
    ),
}  # fmt: skip


def reported(fault: str) -> tuple[Report, Counterexample]:
    claim, *edits, _ = FAULTS[fault]
    text = re.sub(r"^  保证 .*\n", "", CITY.read_text("utf-8"), flags=re.MULTILINE)
    for edit in edits:
        if edit is not None:
            assert edit[0] in text
            text = text.replace(edit[0], edit[1], 1)  # type: ignore[index]
    report = prove(assessdsl.loads(text.rstrip().removesuffix("}") + f"  保证 {claim}\n}}\n"), solve=False, cases=20)
    return report, next(one.counterexample for one in report.standings[0].verdicts if one.counterexample)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_sentence_shows_the_fault_in_round_numbers(fault: str) -> None:
    _, shown = reported(fault)
    assert shown.zh == FAULTS[fault][-1]
    for case, seen in zip((shown.before, shown.after), shown.seen, strict=False):
        assert case is not None
        assert str(score(case).entities[shown.entity].total) == seen.total


@pytest.mark.parametrize("fault", ["being late pays", "bands that overlap", "the wrong direction"])
def test_all_else_is_as_planned(fault: str) -> None:
    """Whoever does nothing odd but one thing has all points before or after it."""
    _, shown = reported(fault)
    assert shown.seen[0].total == "100.00"
    assert not plain_tables(shown.before).get("judgements")
    (changed,) = shown.differences
    tables = plain_tables(shown.before)
    planned = {row["target"]: row.get("planned") for row in tables["targets"]}
    own = [row for row in tables["facts"] if "target" in row and row["target"] != changed.row and "actual" in row]
    others = {row["target"] for row in tables["targets"] if row["indicator"] != "above_province"}
    assert all(row["actual"] == planned[row["target"]] for row in own if row["target"] in others)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_report_of_a_chinese_policy_is_in_chinese(fault: str) -> None:
    """But for the names that its author gave, and the file of the standard forms."""
    report, _ = reported(fault)
    words = set(re.findall(r"[A-Za-z_]{3,}", report_text(report)))
    named = {word for word in words if word in CITY.read_text("utf-8")}
    assert words - named <= {"sha", "prelude", "assess", "like", "worst"} | set(
        re.findall("[a-f]+", report.fingerprint)
    )


def test_programs_are_told_where_the_cases_part() -> None:
    report, shown = reported("bands that overlap")
    told = json.loads(report_json(report))["guarantees"][0]["verdicts"]
    case = next(one["counterexample"] for one in told if "counterexample" in one)
    assert case["differences"] == [
        {"table": "facts", "row": "甲-above_province-1", "column": "actual", "before": "1%", "after": "2%"}
    ]
    assert shown.parting is not None
    assert case["part"] == {
        "of": "高于全省", "stage": "score", "before": "20", "after": "16", "line": shown.parting.span.line,
    }  # fmt: skip
    totals = [
        str(assessdsl.evaluate(shown.before.policy, case[when]).entities["甲"].total) for when in ("before", "after")
    ]
    assert totals == case["totals"] == ["100.00", "96.00"]


def test_junit_fails_with_the_sentence() -> None:
    report, shown = reported("a gate that leaks")
    suite = ElementTree.fromstring(report_junit(report, strict=False))[0]
    (case,) = suite
    assert case.get("name") == "绝对 没有完成就得不了分 completed"
    assert case[0].get("message") == shown.zh
    assert "差异分" in (case[0].text or "")


@pytest.mark.parametrize(("page", "language"), [("fairness.md", "en"), ("fairness.zh.md", "zh")])
def test_the_manual_says_of_every_property_what_it_means(page: str, language: str) -> None:
    """Beside the generated table."""
    text = (Path(__file__).parent.parent / "docs" / page).read_text("utf-8")
    text = re.sub(r"<!-- \w+ -->.*?<!-- end -->", "", text, flags=re.DOTALL)
    for name in CATALOGUE:
        word = vocabulary().get("name", name).spelling(language)
        assert f"**{word}**" in text or f"| `{word}` |" in text, word


# ---------------------------------------------------------------- what differs by more than a cell

RATE = "unit percent to 1 places; missing zero; absent zero"
NEGATIVE = f"""component c {{ points 100 points
  indicator i "Growth" {{ points 60 points; {RATE}; floor -20 points; score clamp(actual - 20 pp, -100%, 100%) }}
  indicator j {{ points 40 points; {RATE}; score clamp(actual, 0%, 100%) }} }}
"""
HALF = f"""component c {{ points 100 points
  indicator i "Growth" {{ points 60 points; {RATE}; score clamp(actual, 0%, 100%) / 2 }}
  indicator j {{ points 40 points; {RATE}; score clamp(actual, 0%, 100%) }} }}
"""
FED = """fact days "days" number missing error
component c { points 100 points
  indicator i "Beds" { points 60 points; score clamp(days / 200, 0%, 100%) }
  indicator j "Stays" { points 40 points; score clamp(days / 100, 0%, 100%) } }
"""
AWARDS = """component c { points 100 points
  indicator i { points 100 points; unit percent; score clamp(actual, 0%, 100%); missing zero; absent zero } }
component extra as bonus { cap 5 points; indicator award "Award" { each 1 points; count all } }
"""
CHANGES = {
    "no_removal": (
        policy(NEGATIVE),
        "`A-i-1` (Growth) is taken out of the frozen targets, and the total of `A` rises from -2.00 to 4.00",
        ("facts A-i-1: actual 10%, completed_on 2022-06-30 → —", "targets A-i-1: due 2022-06-30, planned 10% → —"),
    ),
    "no_splitting": (
        SPLITTING_PAYS, "`A-i-1` (i) is split into two halves, and the total of `A` rises from 50.56 to 67.04",
        (
            "facts A-i-1 (2): — → actual 1, completed_on 2022-06-30",
            "targets A-i-1 weight: 1 → 0.5",
            "targets A-i-1 (2): — → due 2022-06-30, planned 1, weight 0.5",
        ),
    ),
    "proportional": (
        policy(HALF), "between these reports of `Growth` its score moves by 30 points, of 60",
        ("facts A-i-1 actual: 0% → 100%",),
    ),
    "no_double_count": (
        policy(AWARDS), "`item 1` is reported twice in Award, and the total of `A` goes from 1.00 to 2.00",
        ("facts A award item 1: — → item item 1",),
    ),
    "a fact counted twice": (
        policy(FED), "one fact of `A`, days (200 → 1), moves several scores: Beds 60 → 0.3, Stays 40 → 0.4",
        ("facts A days actual: 200 → 1",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_other_changes_are_shown_plainly_too(name: str) -> None:
    text, told, lines = CHANGES[name]
    only = (name if name.startswith(("no_", "prop")) else "no_double_count",)
    report = prove(assessdsl.loads(text), only=only, solve=False, cases=150)
    shown = next(one.counterexample for one in report.standings[0].verdicts if one.counterexample)
    assert shown.en == told
    printed = [line.strip() for line in counterexample_lines(shown, "en")]
    assert tuple(printed[1 : 1 + len(lines)]) == lines
    for case, seen in zip((shown.before, shown.after), shown.seen, strict=True):
        assert case is not None
        assert str(score(case).entities["A"].total) == seen.total
