"""Counterexamples: replayed by the exact engine, told in the file's language, exported as tests that run."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import assessdsl
from assessdsl.cli import main
from assessdsl.fairness.case import score
from assessdsl.fairness.counterexample import Counterexample
from assessdsl.fairness.proof_text import counterexample_lines
from assessdsl.fairness.prove import prove
from assessdsl.fairness.search import bench, search
from assessdsl.fairness.single import tiers_follow
from assessdsl.fairness.trial import Trying, Witness

POLICY = """\
# language: zh
政策 towns "乡镇" {
  年度 2022
  满分 100分
  组别 town "乡镇"
  板块 base "基础" { 分值 100分
    指标 growth "增速" { 分值 100分; 计量 百分比 到 1位
      得分 如果 实绩 >= 8% 则 80% 否则 完成率(实绩, 8%, 零计划: 0%); 缺失 零分; 未下达 零分 }
  }
  排名 按 总分 在 组别 并列 共享
  保证 单调; 保证 名次单调; 保证 如实申报; 保证 无断崖 超出 10分
}
"""


MENDED = POLICY.replace("如果 实绩 >= 8% 则 80% 否则 ", "")


def found(name: str, text: str = POLICY) -> Counterexample:
    (standing,) = prove(assessdsl.loads(text), only=(name,), cases=20, solve=False).standings
    (shown,) = [verdict.counterexample for verdict in standing.verdicts if verdict.counterexample is not None]
    return shown


def test_two_cases_side_by_side() -> None:
    shown = found("monotone")
    assert shown.after is not None
    totals = [score(case).entities[shown.entity].total.value for case in (shown.before, shown.after)]
    assert totals == [Fraction("87.5"), Fraction(80)]
    (cell,) = shown.differences
    assert (cell.table, cell.column, cell.before, cell.after) == ("facts", "actual", "7%", "8%")
    assert shown.parting is not None
    assert (shown.parting.indicator, shown.parting.span.line) == ("增速", 8)
    assert shown.zh == "`甲`做得更好(增速实绩由7%变为8%),总分却由87.5分降为80分"
    text = "\n".join(counterexample_lines(shown, "zh"))
    assert "变化前" in text
    assert "第8行" in text


def test_a_value_is_at_the_precision_that_is_reported() -> None:
    """7.9 % is the last value below 8 % that a report with one place can have."""
    assert found("no_cliff").differences[0].before == "7.9%"


def test_who_falls_behind_is_told_with_the_ranks() -> None:
    shown = found("rank_monotone")
    assert [seen.rank for seen in shown.seen] == ["1", "2"]
    assert shown.zh == "`甲`做得更好(增速实绩由7%变为8%),名次却从第1名落到第2名"


def test_exported_tests_fail_until_the_policy_is_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.assess"
    path.write_text(POLICY, "utf-8")
    tests = tmp_path / "tests"
    assert main(["prove", str(path), "--no-solver", "--cases", "20", "--export", str(tests), "--only", "monotone"]) == 1
    capsys.readouterr()
    assert main(["test", str(tmp_path)]) == 1
    assert "甲 总分:期望 至少 87.5 (变化前),实得 80" in capsys.readouterr().out
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)], capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert "1 failed" in ran.stdout
    other = tmp_path / "elsewhere"
    assert main(["prove", str(path), "--no-solver", "--cases", "20", "--export", str(other), "--only", "monotone"]) == 1
    assert [file.suffix for file in other.iterdir()] == [".py"]  # a test of a policy stands beside it
    path.write_text(MENDED, "utf-8")
    assert main(["test", str(tmp_path)]) == 0
    assert "2 个测试" in capsys.readouterr().out
    mended = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(other)]
    ran = subprocess.run(mended, capture_output=True, text=True, cwd=tmp_path.parent)
    assert "1 passed" in ran.stdout


def test_a_witness_is_made_smaller_and_still_refutes() -> None:
    """The search is for cases of several entities; what it hands back needs no more than the property does."""
    policy = assessdsl.loads(POLICY)
    at = bench(policy)
    assert at is not None

    def more_than_half(trying: Trying) -> Witness | str:
        for name, entity in trying.result.entities.items():
            if entity.total.value > 50:
                return Witness("test", trying.case, None, name, "", "")
        return "held"

    searched = search(at, more_than_half, cases=50)  # type: ignore[arg-type]
    assert searched.witness is not None
    result = score(searched.witness.before)
    assert len(result.entities) == 1
    assert result.entities[searched.witness.entity].total.value > 50


def test_what_does_not_replay_is_no_refutation() -> None:
    """A property that never fails has no witness, however long it is looked for."""
    at = bench(assessdsl.loads(POLICY))
    assert at is not None
    searched = search(at, tiers_follow, cases=10)
    assert searched.witness is None
    assert searched.cases == 0  # the policy has no tiers, so there was no occasion


def test_entities_have_names_of_the_policys_language() -> None:
    """Also in the names of their targets, and of a twin's."""
    text = POLICY.replace("# language: zh", "# language: en")
    for name in ("monotone", "rank_monotone"):
        shown = found(name, text)
        assert shown.entity == "A"
        assert "`A`" in shown.en
        assert shown.after is not None
        for case in (shown.before, shown.after):
            assert "A" in score(case).entities
            assert not {"甲", "乙", "丁"} & set(str(case.records()))
    assert found("monotone").entity == "甲"
