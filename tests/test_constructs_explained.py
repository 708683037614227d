"""What the constructs across parts and states leave in the explanation, in the data of a result and in Chinese."""

from fractions import Fraction
from typing import Any

import pytest

import assessdsl
from assessdsl.diagnostics import DataError

FRAME = """# language: en
policy example "Example" {{
  period 2022
  full 100 points
  group county "Counties"
  fact good number "Good" missing error
  attribute listed yes_no "Listed" missing error
  {rules}
}}
"""


def evaluated(rules: str, state: str = "", **entity: Any) -> assessdsl.Result:
    row = {"entity": "east", "group": "county", "good": "40", "listed": "yes"} | entity
    target = {"target": "t1", "entity": "east", "indicator": "growth", "planned": "8"}
    fact = {"target": "t1", "state": state} | ({"actual": "4"} if state != "exempt" else {})
    tables = {"entities": [row], "targets": [target], "facts": [fact]}
    return assessdsl.evaluate(assessdsl.loads(FRAME.format(rules=rules)), tables if "growth" in rules else [row])


def causes(result: assessdsl.Result) -> dict[str, Fraction]:
    return {f"{line.cause} {line.indicator}": line.points for line in assessdsl.explain(result, "east").ledger}


CONTAGION = """component base "Base" { points 100 points
    contagion line "Bottom line" when below 60% then others at most 80%
    indicator roads "Roads" { points 70 points; score good * 1 point; missing error }
    indicator water "Water" { points 30 points; score if listed then 100% else 90% } }"""


def test_contagion_is_a_line_of_the_indicator_that_was_held_down() -> None:
    result = evaluated(CONTAGION)
    assert causes(result) == {"score roads": 30, "contagion water": 6}
    (line,) = assessdsl.explain(result, "east", "water").ledger
    assert (line.gate, line.points) == ("line", 6)
    assert "Bottom line" in line.label
    assert "held down by another Bottom line" in str(assessdsl.explain(result, "east"))


STATES = """component base "Base" { points 100 points
    indicator roads "Roads" { points 60 points; score good * 1 point; missing error }
    indicator growth "Growth" { points 40 points; score attainment(actual, planned, zero_plan: error)
      missing zero; absent zero; exempt 25%; disputed as_reported; falsified zero } }
  eligible listed_ones "Listed" when listed"""


@pytest.mark.parametrize(
    ("state", "score", "lost"),
    [
        ("", "20", {"score roads": 20, "score growth": 20}),
        ("exempt", "10", {"score roads": 20, "state growth": 30}),
        ("disputed", "20", {"score roads": 20, "score growth": 20}),
        ("falsified", "0", {"score roads": 20, "score growth": 20, "state growth": 20}),
    ],
)
def test_a_state_is_carried_to_the_result_and_its_ledger(state: str, score: str, lost: dict[str, int]) -> None:
    result = evaluated(STATES, state)
    (target,) = result.to_data()["entities"]["east"]["components"]["base"]["indicators"]["growth"]["targets"]
    assert (target["score"], target.get("state", "reported")) == (score, state or "reported")
    assert causes(result) == lost


def test_a_state_is_read_in_chinese_and_never_beside_a_value() -> None:
    assert causes(evaluated(STATES, "作假"))["state growth"] == 20
    with pytest.raises(DataError, match="AS6240"):
        evaluated(STATES.replace("exempt 25%", "not_applicable 25%"), "不适用")


def test_what_does_not_apply_is_said_in_the_result_and_its_ledger() -> None:
    rules = """component base "Base" { points 100 points
    indicator roads "Roads" { points 60 points; score good * 1 point; missing error }
    indicator water "Water" { points 40 points; applies when listed otherwise zero; score 100% } }"""
    result = evaluated(rules, listed="no")
    water = result.to_data()["entities"]["east"]["components"]["base"]["indicators"]["water"]
    assert (water["score"], water["applies"]) == ("0", False)
    assert causes(result) == {"score roads": 20, "not_applicable water": 40}
    assert "does not apply" in str(assessdsl.explain(result, "east"))


def test_inner_components_are_shown_with_what_combining_took() -> None:
    rules = """component base "Base" { points 100 points
    component inner "Inner" { points 80 points; combine least
      indicator roads "Roads" { points 40 points; score good * 1 point; missing error }
      indicator water "Water" { points 40 points; score 50% } }
    indicator air "Air" { points 20 points; score if listed then 100% else 0% } }"""
    result = evaluated(rules)
    base = result.to_data()["entities"]["east"]["components"]["base"]
    assert (base["score"], base["components"]["inner"]["score"]) == ("60", "40")
    assert causes(result) == {"score water": 20, "combination ": 20}
    lines = str(result.entities["east"]).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["Base", "Air", "Inner", "Roads", "Water"]


CHINESE = """# language: zh
政策 示例 "示例" {
  年度 2022
  满分 100 分
  组别 区县 "区县"
  事实 得数 数值 "得数" 缺失 报错
  属性 上市 是否 "上市" 缺失 报错
  板块 基础 "基础" {
    分值 100 分
    连带 底线 "底线" 当 不足 60% 则 其他 至多 80%
    尾差 至 空气
    指标 道路 "道路" { 权重 33.3%; 得分 得数 * 1%; 缺失 报错 }
    指标 供水 "供水" { 权重 33.3%; 适用条件 当 上市 其余 重新分配; 得分 100% }
    指标 空气 "空气" { 权重 33.3%; 得分 100% }
  }
  板块 附加 "附加" 作为 加分项 { 上限 5 分; 不计入 总分
    指标 奖 "奖" { 得分 得数 * 0.01 分; 缺失 报错 } }
  排名 按 总分, 附加 在 组别 并列 共享
  问责 {
    考核认定 提醒 "提醒" 当 末位(1, 范围: 组别, 并列: 计入)
    考核认定 调整 "调整" 当 累计(末位(1, 范围: 组别, 并列: 计入), 至少: 1, 年数: 2) 取代 提醒
    考核认定 多项 "多项" 当 成立数(得数 > 30, 上市, 得数 < 20) >= 2
  }
}
"""


def test_every_construct_in_chinese() -> None:
    rows = [{"单位": "东区", "组别": "区县", "得数": "40", "上市": "是"}]
    result = assessdsl.evaluate(assessdsl.loads(CHINESE), rows)
    east = result.entities["东区"]
    assert east.total.value == Fraction("13.32") + Fraction("26.64") + Fraction("26.72")
    assert [finding.name for finding in east.findings] == ["调整", "多项"]
    assert "被取代于 调整" in str(assessdsl.explain(result, "东区"))


# ---------------------------------------------------------------- what a number is told as

TRIMMED = """component base "Base" { points 100 points
    indicator votes "Votes" { points 50 points; missing error
      score trimmed_mean(entries, actual, drop: 1, fewer: 0) * 1 point }
    indicator ratio "Ratio" { points 50 points; score min(good / 0.005, 100%) } }"""


@pytest.mark.parametrize(("language", "mark", "times"), [("en", "left out", "8000 times"), ("zh", "已去掉", "8000 倍")])
def test_a_trimmed_mean_tells_what_it_left_out_and_a_great_ratio_is_a_multiple(
    language: str, mark: str, times: str
) -> None:
    row = {"entity": "east", "group": "county", "good": "40", "listed": "yes"}
    facts = [{"entity": "east", "indicator": "votes", "actual": value} for value in ("7", "9", "2", "9")]
    policy = assessdsl.loads(FRAME.format(rules=TRIMMED))
    result = assessdsl.evaluate(policy, {"entities": [row], "facts": facts})
    lines = str(assessdsl.explain(result, "east", language=language)).splitlines()
    assert [mark in line for line in lines if line.strip().startswith(("entry", "记录"))] == [False, False, True, True]
    assert any(line.strip().startswith("good / 0.005") and times in line for line in lines)


EACH = """fact accidents count "Accidents" missing error
  component base "Base" { points 100 points
    indicator done "Done" { points 50 points
      score if accidents < listed_ones * 60% then ratio(accidents, listed_ones, zero: error) else 0% }
    indicator safety "Safety" { points 50 points; score 100% - accidents * 10% } }
  fact listed_ones count "Listed" missing error"""


def test_a_portion_of_a_count_is_told_as_what_it_stands_beside() -> None:
    rules = FRAME.format(rules=EACH)
    row = {"entity": "east", "group": "county", "good": 1, "listed": "yes", "accidents": 2, "listed_ones": 5}
    text = str(assessdsl.explain(assessdsl.evaluate(assessdsl.loads(rules), [row]), "east"))
    told = [" ".join(line.split()[:-1]) for line in text.splitlines()]
    assert "accidents * 10% 20%" in told
    assert "listed_ones * 60% 3" in told
    assert not any(line.startswith("listed_ones no") for line in told), "nobody asked whether it is zero"
