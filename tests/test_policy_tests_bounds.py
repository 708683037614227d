"""What a test expects at least or at most, and of one case against another."""

import json
from pathlib import Path

import pytest

import assessdsl
from assessdsl.authoring.format import format_text
from assessdsl.authoring.testing.read import read_tests

POLICY = """\
policy towns "Towns" {
  period 2022
  full 100 points
  group town "Towns"
  component base "Base" {
    points 100 points
    indicator growth "Growth" { points 60 points; unit percent to 1 places; score attainment(actual, planned, zero_plan: 0%); missing zero; absent zero }
    indicator road "Road" { points 40 points; score if actual > 0 then 100% else 0%; missing zero; absent zero }
  }
  rank by total within group ties shared
  tier good "Good" when total >= 60 points
  tier fair "Fair" when total >= 30 points
  tier poor "Poor" otherwise
}
"""  # noqa: E501
# low has 15 points and is poor, mid 30 and fair, high 60 and good; `worse` has mid alone, with 15
TESTS = """\
uses policy "policy.assess"
test worse {
  cases { common group town, planned growth 8.0%; columns entity, actual growth; row mid, 2.0% }
  expect mid {}
}
test one {
  cases {
    common group town, planned growth 8.0%
    columns entity, actual growth
    row low, 2.0%
    row mid, 4.0%
    row high, 8.0%
  }
  LINE
}
"""


def run(folder: Path, line: str, text: str = TESTS) -> assessdsl.TestReport:
    (folder / "policy.assess").write_text(POLICY, "utf-8")
    path = folder / "towns.test.assess"
    path.write_text(text.replace("LINE", line), "utf-8")
    return assessdsl.run_tests([path])


RIGHT = [
    "expect mid { total at least 30 points at most 30 points }",
    "expect mid { total above 29 points below 31; rank at most 2 above 1 below 3 }",
    "expect mid { scores growth at least 30 points; scores base growth at most 30; scores road at most 0 points }",
    'expect mid { scores growth "mid growth" above 29.9 points }',
    "expect mid { tier at least fair at most good above poor below good }",
    'expect low { tier at most fair above "" }',
    "expect mid { total above test worse at least entity low below entity high; tier below entity high }",
    "expect mid { rank test worse within 1; total test worse within 15 points at most entity mid }",
    "expect high { total above test worse entity mid; tier above test worse entity mid }",
    "expect high { scores growth test worse entity mid within 45 points }",
    "expect high {}",
]  # fmt: skip
WRONG = [
    ("expect mid { total at least 31 points }", "mid total", "at least 31", "30"),
    ("expect mid { total at most 29 }", "mid total", "at most 29", "30"),
    ("expect mid { total above 30 }", "mid total", "above 30", "30"),
    ("expect mid { total below 30 }", "mid total", "below 30", "30"),
    ("expect mid { rank at most 1 }", "mid rank", "at most 1", "2"),
    ("expect mid { scores road at least 1 }", "mid Road", "at least 1", "0"),
    ('expect mid { scores growth "mid growth" below 30 }', "mid Growth mid growth", "below 30", "30"),
    ("expect mid { tier at least good }", "mid tier", "at least Good (good)", "Fair (fair)"),
    ("expect mid { tier at most poor }", "mid tier", "at most Poor (poor)", "Fair (fair)"),
    ("expect mid { tier above fair }", "mid tier", "above Fair (fair)", "Fair (fair)"),
    ("expect mid { total at most test worse }", "mid total", "at most 15 (worse)", "30"),
    ("expect mid { total test worse }", "mid total", "15 (worse)", "30"),
    ("expect mid { total test worse within 14 points }", "mid total", "15 (worse) ± 14", "30"),
    ("expect mid { total at least entity high }", "mid total", "at least 60 (high)", "30"),
    ("expect mid { total at least test worse entity mid below test one entity low }", "mid total",
     "below 15 (one, low)", "30"),
    ("expect mid { tier entity high }", "mid tier", "Good (good) (high)", "Fair (fair)"),
]  # fmt: skip


@pytest.mark.parametrize("line", RIGHT)
def test_what_lies_within_the_bounds_passes(line: str, tmp_path: Path) -> None:
    report = run(tmp_path, line)
    assert report.passed, str(report)
    assert not report.diagnostics


@pytest.mark.parametrize(("line", "what", "expected", "actual"), WRONG)
def test_what_lies_beyond_them_fails(line: str, what: str, expected: str, actual: str, tmp_path: Path) -> None:
    (failure,) = run(tmp_path, line).outcomes[1].failures
    assert (failure.what, failure.expected, failure.actual) == (what, expected, actual)


def test_both_languages_and_surfaces_expect_the_same(tmp_path: Path) -> None:
    dsl = TESTS.replace(
        "LINE",
        "expect mid { total at least test worse at most 90 points; rank at most entity low; tier at least fair; "
        "scores growth at least 30 points; scores growth test worse within 15 points }",
    )
    zh = format_text(dsl, language="zh", name="t.test.assess").after
    assert "总分 至少 test worse 至多 90分" in zh
    by_hand = zh.replace("test worse", "测试 worse").replace("entity low", "单位 low")
    yaml = """\
uses policy: policy.assess
test worse:
  cases:
    common: group town, planned growth 8.0%
    columns: entity, actual growth
    row: mid, 2.0%
  expect mid: {}
test one:
  cases:
    common: group town, planned growth 8.0%
    columns: entity, actual growth
    row:
      - low, 2.0%
      - mid, 4.0%
  expect mid:
    total: at least test worse at most 90 points
    rank: at most entity low
    tier: at least fair
    scores growth: at least 30 points
    scores growth test worse within 15 points:
"""
    found = []
    for name, text in (("a.test.assess", dsl), ("b.test.assess", by_hand), ("c.test.yaml", yaml)):
        (tmp_path / "policy.assess").write_text(POLICY, "utf-8")
        (tmp_path / name).write_text(text, "utf-8")
        tests, remarks = read_tests(tmp_path / name)
        assert not remarks
        found.append([sorted(map(repr, one.expectations)) for one in tests])
        report = assessdsl.run_tests([tmp_path / name])
        assert report.passed, str(report)
    assert found[0] == found[1] == found[2]
    back = format_text(yaml, language="en", name="c.test.yaml").after
    (tmp_path / "d.test.yaml").write_text(back, "utf-8")
    assert [sorted(map(repr, one.expectations)) for one in read_tests(tmp_path / "d.test.yaml")[0]] == found[0]
    wrong = yaml.replace("at least test worse", "below test worse")
    (tmp_path / "c.test.yaml").write_text(wrong, "utf-8")
    assert "期望 不足 15 (worse),实得 30" in str(assessdsl.run_tests([tmp_path / "c.test.yaml"], language="zh"))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("expect mid { total at least test wrose }", "AS9517"),
        ("expect mid { tier at least test wrose }", "AS9517"),
        ("expect mid { total at least entity midd }", "AS9516"),
        ("expect low { total at least test worse }", "AS9516"),  # which has no such entity
        ("expect mid { total at least 30% }", "AS9513"),
        ("expect mid { total 30 within 1 points }", "AS9514"),  # only what has no exact value to expect
        ("expect mid { total at least 3 within 1 points }", "AS2007"),
        ("expect mid { total }", "AS2011"),
        ("expect mid { total at least }", "AS2011"),
        ("expect mid { scores growth }", "AS2011"),
        ("expect mid { scores at least 5 }", "AS2010"),
        ("expect mid { tier at least best }", "AS9515"),
        ("expect mid { total at least 5 6 }", "AS2012"),
        ("expect mid { total 5, 6 }", "AS2012"),
        ("expect mid { total at least test worse worse }", "AS2012"),
        ("expect mid { finding talk at least 3 }", "AS2007"),
    ],
)
def test_what_is_no_bound_is_told_once(line: str, code: str, tmp_path: Path) -> None:
    report = run(tmp_path, line)
    assert [found.code for found in report.diagnostics] == [code]
    assert not report.passed
    assert json.dumps(report.to_data())


def test_a_policy_has_no_bounds_of_tests() -> None:
    for written in ("total at least 5 points", "rank by total within group ties shared at least 3"):
        text = POLICY.replace("rank by total within group ties shared", written)
        with pytest.raises(assessdsl.PolicyError) as raised:
            assessdsl.loads(text)
        assert "AS2007" in {one.code for one in raised.value.diagnostics}


def test_against_a_test_that_stops_nothing_holds(tmp_path: Path) -> None:
    stops = TESTS.replace("row mid, 2.0% }", "row mid, none }").replace("  expect mid {}\n", "  diagnostic AS6101\n", 1)
    report = run(tmp_path, "expect mid { total at least test worse }", stops)
    (failure,) = report.outcomes[1].failures
    assert failure.expected == "at least none (worse)"


def test_that_something_has_a_result_is_expected(tmp_path: Path) -> None:
    report = run(tmp_path, "expect hihg {}")
    assert [found.code for found in report.diagnostics] == ["AS9516"]
    stops = TESTS.replace("row mid, 2.0% }", "row mid, none }")
    assert not run(tmp_path, "expect mid {}", stops).outcomes[0].passed
