"""An expectation whose answer is none of those that there are is told and not compared."""

from pathlib import Path

import pytest

import assessdsl

POLICY = """\
policy towns "Towns" {
  period 2022
  full 100 points
  group town "Towns"
  component base "Base" { points 100 points; indicator growth "Growth" { points 100 points; score 80% } }
  rank by total within group ties shared
  tier good "Good" top 50% of group rounded up ties included vetoed skipped when total >= 60 points
  tier poor "Poor" otherwise
  eligible known "Known" when yes
  accountability { finding talk "Talk" when total < 50 points }
}
"""
CASES = "  cases { common group town; columns entity then growth, %s; row ash then 80, %s }\n"


@pytest.mark.parametrize("what", ["finding talk", "eligible"])
@pytest.mark.parametrize("answer", ['""', "maybe", "8.0%"])
def test_answers(tmp_path: Path, what: str, answer: str) -> None:
    (tmp_path / "policy.assess").write_text(POLICY, "utf-8")
    path = tmp_path / "towns.test.assess"
    path.write_text(f'uses policy "policy.assess"\ntest t "t" {{\n{CASES % (what, answer)}}}\n', "utf-8")
    report = assessdsl.run_tests([path])
    assert [found.code for found in report.diagnostics] == ["AS2013"]
    assert not report.passed
    path.write_text(path.read_text("utf-8").replace(f"80, {answer}", f"80, {'yes' if what == 'eligible' else 'no'}"))
    assert assessdsl.run_tests([path]).passed
