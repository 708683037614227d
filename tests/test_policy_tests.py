"""Tests beside policies: both surfaces, what they expect, how a difference is told, and what stands wrong in them."""

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.authoring import junit, report_text
from assessdsl.authoring.testing.read import read_tests
from assessdsl.cli import main
from assessdsl.quantity import exact_text

ROOT = Path(__file__).parent.parent
CITY = ROOT / "policies" / "municipal_2022"

POLICY = """\
policy towns "Towns" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
  parameter line = 60 points
  fact visitors count "Visitors" missing zero
  judgement neglect "Neglect"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 60 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: 100%)
      missing zero
      absent zero
    }
    indicator road "Roads" {
      points 40 points shared by weight
      gate finished "not finished" when not completed then zero
      score 100%
      absent redistribute
    }
  }
  component bonus "Bonus" as bonus {
    cap 5 points
    indicator guests "Guests" { score visitors * 1 points }
  }
  gate care "Care" when neglect then tier at most poor
  rank by total within group ties shared
  tier good "Good" top 50% of group rounded down ties excluded vetoed skipped when total >= line
  tier poor "Poor" otherwise
  accountability {
    finding talk "Talk" when any(targets, not met) within 15 days
    finding warn "Warn" when previous(total) < 60 points and neglect within 30 days
  }
}
"""

# ash: 45 of 60 and both roads; birch: all of growth, no road; cedar: nothing of growth, one road of two
FACTS = """\
uses policy "policy.assess"
given entities {
  columns entity, group, label,     visitors
  row     ash,    town,  "Ashford", 9
  row     birch,  town,  "",        0
  row     cedar,  town,  "",        0
}
given targets {
  columns target, entity, indicator, planned, weight
  row     ash-1,   ash,   growth, 8.0%, ""
  row     ash-2,   ash,   road,   "",   1
  row     birch-1, birch, growth, 8.0%, ""
  row     cedar-1, cedar, growth, 8.0%, ""
  row     cedar-2, cedar, road,   "",   3
  row     cedar-3, cedar, road,   "",   1
}
given facts {
  columns target, actual, completed_on
  row     ash-1,   6.0%, ""
  row     ash-2,   "",   2022-10-12
  row     birch-1, 8.0%, ""
  row     cedar-1, 0.0%, ""
  row     cedar-2, "",   2022-11-01
}
"""


def written(folder: Path, tests: str, name: str = "towns.test.assess", policy: str = POLICY) -> Path:
    (folder / "policy.assess").write_text(policy, "utf-8")
    (folder / name).write_text(tests, "utf-8")
    return folder / name


def run(folder: Path, tests: str, name: str = "towns.test.assess", policy: str = POLICY) -> assessdsl.TestReport:
    return assessdsl.run_tests([written(folder, tests, name, policy)])


def expecting(folder: Path, *lines: str) -> assessdsl.TestReport:
    return run(folder, FACTS + "test one {\n" + "\n".join(lines) + "\n}\n")


RIGHT = [
    "expect ash { total 90 points; rank 2; tier poor; eligible yes }",  # 45 + 40 + 5 of 9
    "expect ash { scores base = 85 points; scores bonus = 5 points; scores guests = 9; scores base growth = 45 }",
    'expect cedar { scores road "cedar-2" = 30 points; scores road "cedar-3" = 0 points; scores road 30 points }',
    "expect birch { scores road = 0; total 100; tier good; finding not talk }",
    'expect cedar { finding talk "cedar-1" "cedar-3" }',
    "expect birch { total line + 40 points }",
    "expect cedar { total 3 * 10 points }",
    'expect birch { finding "" }',
]
WRONG = [
    ("expect ash { total 90.5 points }", "Ashford total", "90.5", "90"),
    ("expect ash { rank 1 }", "Ashford rank", "1", "2"),
    ("expect ash { tier good }", "Ashford tier", "Good (good)", "Poor (poor)"),
    ("expect ash { eligible no }", "Ashford eligible", "no", "yes"),
    ("expect ash { scores growth = 136/3 }", "Ashford Growth", "136/3 (≈45.3333)", "45"),
    ("expect ash { scores bonus = 9 }", "Ashford Bonus", "9", "5"),
    ('expect cedar { scores road "cedar-3" = 10 }', "cedar Roads cedar-3", "10", "0"),
    ("expect birch { finding talk }", "birch finding talk", "raised", "not raised"),
    ("expect cedar { finding not talk }", "cedar finding talk", "not raised", "raised"),
    ("expect cedar { finding talk undetermined }", "cedar finding talk", "undetermined", "raised"),
    ('expect cedar { finding talk "cedar-2" }', "cedar finding talk citing", "cedar-2", "cedar-1, cedar-3"),
    ('expect cedar { finding "" }', "cedar finding", "none", "Talk"),
    ('expect ash { tier "" }', "Ashford tier", "none", "Poor (poor)"),
]


@pytest.mark.parametrize("line", RIGHT)
def test_what_is_so_passes(line: str, tmp_path: Path) -> None:
    report = expecting(tmp_path, line)
    assert not report.diagnostics
    assert report.passed, str(report)
    assert report.outcomes[0].expectations


@pytest.mark.parametrize(("line", "what", "expected", "actual"), WRONG)
def test_what_is_not_so_fails_at_its_line(line: str, what: str, expected: str, actual: str, tmp_path: Path) -> None:
    report = expecting(tmp_path, line)
    (failure,) = report.outcomes[0].failures
    assert (failure.what, failure.expected, failure.actual) == (what, expected, actual)
    assert failure.span.source.line_text(failure.span.line) == line
    assert not report.passed


def test_a_wrong_score_is_explained_by_its_working(tmp_path: Path) -> None:
    text = str(expecting(tmp_path, "expect ash { scores growth = 60 }"))
    assert "attainment(actual, planned, zero_plan: 100%)" in text
    assert re.search(r"actual +6% +towns.test.assess:19", text)
    assert "1 failed" in text


def test_a_wrong_total_is_explained_by_its_ledger(tmp_path: Path) -> None:
    failure = expecting(tmp_path, "expect cedar { total 50 }").outcomes[0].failures[0]
    assert any(line.split()[0] == "-60" and "Growth" in line for line in failure.why)
    assert any(line.split()[0] == "-10" and "gate not finished" in line for line in failure.why)


def test_a_wrong_tier_is_explained(tmp_path: Path) -> None:
    failure = expecting(tmp_path, "expect ash { tier good }").outcomes[0].failures[0]
    assert any("no place" in line for line in failure.why)


def test_an_undetermined_finding_is_known_from_one_that_is_not_raised(tmp_path: Path) -> None:
    judged = (
        "given judgements {\n columns entity, judgement, author, evidence\n row birch, neglect, office, report\n}\n"
    )
    report = run(
        tmp_path,
        FACTS
        + judged
        + "test one { expect birch { finding warn undetermined; tier poor }; expect ash { finding not warn } }",
    )
    assert report.passed, str(report)


# ---------------------------------------------------------------- tables of cases

CASES = """\
uses policy "policy.assess"
test growth "growth" {
  cases {
    common  group town, planned growth 8.0%
    columns entity, actual growth, visitors, neglect then growth, 总分, tier, finding talk
    row     a, 8.0%, 0, no  then 60, 100, good, no
    row     b, 4.0%, 7, yes then 30, 55, poor, yes
    row     c, "",   0, no  then 0, 0, poor, yes
  }
}
"""


def test_each_row_of_a_table_of_cases_is_an_entity(tmp_path: Path) -> None:
    report = run(tmp_path, CASES)
    assert report.passed, str(report)
    assert report.outcomes[0].expectations == 12


def test_a_wrong_case_fails_at_its_cell(tmp_path: Path) -> None:
    report = run(tmp_path, CASES.replace("then 30, 55", "then 30, 56"))
    (failure,) = report.outcomes[0].failures
    assert (failure.what, failure.expected, failure.actual) == ("b total", "56", "55")
    assert failure.span.text == "56"


def test_case_columns_make_targets_reports_and_judgements(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        'uses policy "policy.assess"\n'
        "test roads { cases {\n"
        "  common group town, weight road 2\n"
        "  columns entity, completed_on road, growth then road, base\n"
        '  row a, 2022-10-01, "" then 40, 40\n'
        '  row b, "", "" then 0, 0\n'
        "} }\n",
    )
    assert report.passed, str(report)


# ---------------------------------------------------------------- surfaces and languages

YAML = """\
uses policy: policy.assess
given entities:
  columns: entity, group, visitors
  row:
    - ash, town, 9
    - birch, town, 0
given targets:
  columns: target, entity, indicator, planned
  row:
    - t1, ash, growth, 8.0%
given facts:
  columns: target, actual
  row: t1, 6.0%
test ash:
  label: Ashford
  expect ash:
    total: 80 points
    tier: good
    scores growth: 45 points
    finding: [talk "t1", not warn]
  diagnostic: AS9999
"""
DSL = """\
# language: zh
采用 考核办法 "policy.assess"
给定 单位 {
  列 单位, 组别, visitors
  行 ash, town, 9
  行 birch, town, 0
}
给定 目标 {
  列 目标, 单位, 指标, 计划
  行 t1, ash, growth, 8.0%
}
给定 实绩 {
  列 目标, 实绩
  行 t1, 6.0%
}
测试 ash "Ashford" {
  期望 ash {
    总分 80分
    等次 good
    应得 growth = 45分
    考核认定 talk "t1", 未 warn
  }
}
"""


def test_both_surfaces_and_languages_say_the_same(tmp_path: Path) -> None:
    dsl, found = read_tests(written(tmp_path, DSL))
    assert not found
    yaml, found = read_tests(written(tmp_path, YAML.replace("  diagnostic: AS9999\n", ""), "towns.test.yaml"))
    assert not found
    (first,), (second,) = dsl, yaml
    assert sorted(map(repr, first.expectations)) == sorted(map(repr, second.expectations))
    assert {expected.kind for expected in first.expectations} == {"total", "tier", "score", "finding"}
    for one, other in zip(first.given, second.given, strict=True):
        values = [[[cell and cell.raw for cell in cells] for _, cells in given.lines[1:]] for given in (one, other)]
        assert values[0] == values[1]
    report = assessdsl.run_tests([tmp_path])
    assert len(report.outcomes) == 2
    assert report.passed, str(report)


def test_reports_are_in_the_language_of_the_file_or_as_asked(tmp_path: Path) -> None:
    path = written(tmp_path, DSL.replace("80分", "81分"))
    assert "期望 81,实得 80" in str(assessdsl.run_tests([path]))
    assert "expected 81, found 80" in str(assessdsl.run_tests([path], language="en"))


# ---------------------------------------------------------------- diagnostics


def test_expected_diagnostics_must_come_and_no_others(tmp_path: Path) -> None:
    given = 'uses policy "policy.assess"\ngiven entities {\n columns entity, group\n row a, village\n}\n'
    assert run(tmp_path, given + "test one { diagnostic AS6207 }").passed
    report = run(tmp_path, given + "test one { diagnostic AS6201 }")
    assert report.outcomes[0].failures[0].expected == "AS6201"
    assert [found.code for found in report.outcomes[0].diagnostics] == ["AS6207"]
    assert "AS6207" in report_text(report)


def test_errors_of_a_policy_may_be_expected(tmp_path: Path) -> None:
    broken = POLICY.replace("points 60 points", "points 50 points")
    test = 'uses policy "policy.assess"\ntest one { diagnostic AS4002 }'
    assert run(tmp_path, test, policy=broken).passed
    assert not run(tmp_path, test).passed


def test_a_file_that_cannot_be_read_as_tests_fails_the_run(tmp_path: Path) -> None:
    report = run(tmp_path, 'uses policy "policy.assess"\ntest one { expct a { total 1 } }')
    assert [found.code for found in report.diagnostics] == ["AS2001"]
    assert not report.passed


@pytest.mark.parametrize("path", ["../policy.assess", "/etc/passwd", "link.assess", "", "a\\0b"])
def test_tests_use_nothing_from_elsewhere(path: str, tmp_path: Path) -> None:
    outside, inside = tmp_path / "policy.assess", tmp_path / "city"
    outside.write_text(POLICY, "utf-8")
    inside.mkdir()
    (inside / "link.assess").symlink_to(outside)
    (inside / "a.test.assess").write_text(f'uses policy "{path}"\ntest one {{ expect a {{ total 1 }} }}', "utf-8")
    found = assessdsl.run_tests([inside]).diagnostics
    assert found
    assert {one.code for one in found} <= {"AS9504", "AS9505", "AS1012"}, path


def test_tests_below_a_policy_may_name_it_and_its_facts(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "facts").mkdir()
    (tmp_path / "policy.assess").write_text(POLICY, "utf-8")
    (tmp_path / "facts" / "entities.csv").write_text("entity,group,visitors\na,town,3\n", "utf-8")
    text = 'uses policy "../policy.assess"\nuses facts "../facts"\ntest one { expect a { scores bonus = 3 } }'
    (tmp_path / "tests" / "a.test.assess").write_text(text, "utf-8")
    (tmp_path / "other.assess").write_text(POLICY, "utf-8")
    for path in (tmp_path, tmp_path / "policy.assess", tmp_path / "tests" / "a.test.assess"):
        report = assessdsl.run_tests([path])
        assert report.passed, str(report)
        assert len(report.outcomes) == 1
    assert [found.code for found in assessdsl.run_tests([tmp_path / "other.assess"]).diagnostics] == ["AS9501"]


def test_a_table_from_a_file_takes_rows_of_the_test_as_well(tmp_path: Path) -> None:
    (tmp_path / "towns.csv").write_text("entity,group,visitors\na,town,3\n", "utf-8")
    text = (
        'uses policy "policy.assess"\nuses entities "towns.csv"\n'
        "test one {\n given entities {\n columns entity, group, visitors\n row b, town, 4\n }\n"
        " expect a { scores bonus = 3 }\n expect b { scores bonus = 4 }\n}"
    )
    report = run(tmp_path, text)
    assert report.passed, str(report)


def test_a_path_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        assessdsl.run_tests([tmp_path / "nowhere"])


# ---------------------------------------------------------------- reports

HOSTILE = FACTS + 'test one "<&\\"x" {\n expect ash { tier "]]><b>&" }\n}\n'


def test_junit_is_well_formed_whatever_a_test_says(tmp_path: Path) -> None:
    report = run(tmp_path, HOSTILE)
    suites = ElementTree.fromstring(junit(report).partition("\n")[2])
    (case,) = suites.iter("testcase")
    assert case.attrib["name"] == "one"
    assert suites.attrib == {"tests": "1", "failures": "1", "errors": "1"}
    assert [problem.tag for problem in case] == ["failure", "error"]  # another tier than expected, which is none
    assert "<b>" in (case[0].text or "")


def test_junit_holds_files_that_are_no_tests(tmp_path: Path) -> None:
    suites = ElementTree.fromstring(junit(run(tmp_path, "tst one")).partition("\n")[2])
    assert suites.attrib["errors"] == "1"
    assert next(suites.iter("error")).attrib["message"]


def test_json_holds_what_the_text_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, FACTS + "test one { expect ash { total 91 } }")
    assert main(["test", str(path), "--format", "json", "--coverage"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["passed"] is False
    assert data["tests"][0]["failures"][0]["expected"] == "91"
    assert data["tests"][0]["failures"][0]["line"] == 25
    assert data["coverage"][0]["items"]
    assert main(["test", str(path), "--format", "json"]) == 1
    assert "coverage" not in json.loads(capsys.readouterr().out)


def test_exit_code_tells_whether_all_passed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(written(tmp_path, FACTS + "test one { expect ash { total 90 } }"))]) == 0
    assert "1 test, 1 expectation: all passed" in capsys.readouterr().out
    assert main(["test", str(tmp_path), "--minimum", "100"]) == 1
    assert "below the minimum of 100%" in capsys.readouterr().out
    assert main(["test", str(tmp_path), "--minimum", "10"]) == 0
    assert main(["test", str(tmp_path), "--minimum", "101"]) == 2
    assert main(["test", str(written(tmp_path, "test one"))]) == 1


# ---------------------------------------------------------------- coverage


def tried(report: assessdsl.TestReport) -> dict[str, bool]:
    (coverage,) = report.coverage
    return {f"{item.line} {item.text}": item.tried for item in coverage.items}


def line_of(text: str) -> int:
    return 1 + POLICY[: POLICY.index(text)].count("\n")


def test_coverage_tells_what_was_never_tried_by_line(tmp_path: Path) -> None:
    found = tried(expecting(tmp_path, "expect ash { total 90 }"))
    gate, cap = line_of("gate finished"), line_of("cap 5")
    assert found[f"{gate} gate not finished fires"]
    assert found[f"{gate} gate not finished does not fire"]
    assert found[f"{cap} the cap of Bonus limits"]
    assert not found[f"{line_of('zero_plan')} zero_plan: 100% stands in"]
    assert not found[f"{line_of('gate care')} gate Care fires"]
    assert found[f"{line_of('tier good')} tier Good is reached"]
    assert not found[f"{line_of('tier good')} a tie over the quota line of Good"]
    assert found[f"{line_of('finding talk')} finding Talk is raised"]
    assert not found[f"{line_of('finding warn')} finding Warn is undetermined"]
    assert f"{line_of('finding talk')} finding Talk is undetermined" not in found  # it never can be
    assert found[f"{line_of('absent redistribute')} no target of Roads"]


CONDITIONS = """\
policy p "P" {
  period 2022
  full 10 points
  group g "G"
  fact a count missing zero
  fact b count missing 3 items
  define half(x) = if x > 4 then x * 0.5 points else x * 1 points
  component base "B" {
    points 10 points
    indicator one "One" { points 6 points; score ladder(a, 1: 50%, 2: 80%, below: 0%) }
    indicator two "Two" { points 4 points; score half(b); cap 2 points; floor 1 points }
  }
  component more "M" as bonus {
    cap 5 points
    indicator three "Three" { level big "Big" 2 points; level small "Small" 1 points; count once }
  }
  eligible some "Some" when a > 0
  rank by total within group ties shared
  tier best "Best" top 1 items of group rounded down ties included vetoed counted
  tier rest "Rest" otherwise
}
"""


@pytest.mark.parametrize(
    ("row", "item"),
    [
        ("1, 3", "10 step 1: 50%"),
        ("2, 3", "10 step 2: 80%"),
        ("0, 3", "10 below every step of a"),
        ("0, 5", "7 `x > 4` holds"),
        ("0, 4", "7 `x > 4` does not hold"),
        ("0, 3", "11 the cap of Two limits"),
        ("0, 0", "11 the floor of Two limits"),
        ('0, ""', "6 missing facts of b"),
        ('"", 0', "5 missing facts of a"),
        ("1, 0", "17 someone may compete (Some)"),
        ("0, 0", "17 someone may not compete (Some)"),
        ("1, 0", "19 tier Best is reached"),
        ("0, 0", "20 tier Rest is reached"),
    ],
)
def test_each_branch_counts_once_it_was_taken(row: str, item: str, tmp_path: Path) -> None:
    test = (
        'uses policy "policy.assess"\n'
        f"test one {{ cases {{\n common group g\n columns entity, a, b then eligible\n row e, {row} then no\n}} }}"
    )
    assert tried(run(tmp_path, test, policy=CONDITIONS))[item]
    other = (
        'uses policy "policy.assess"\n'
        "test one { cases {\n common group g\n columns entity, a, b then eligible\n row e, OTHER then no\n} }"
    )
    rows = ["1, 3", "0, 5", "0, 1"]
    assert not all(tried(run(tmp_path, other.replace("OTHER", each), policy=CONDITIONS))[item] for each in rows), (
        "an item that is always tried tells nothing"
    )


def test_a_branch_that_is_not_needed_is_not_tried(tmp_path: Path) -> None:
    """Columns hold the values of all branches; only those on the way to an outcome count."""
    policy = CONDITIONS.replace(
        "ladder(a, 1: 50%, 2: 80%, below: 0%)", "if a > 9 then if b > 9 then 100% else 50% else 0%"
    )
    table = "cases {\n common group g\n columns entity, a, b then one\n row e, 1, 10 then 0\n}"
    test = f'uses policy "policy.assess"\ntest one {{ {table} }}'
    found = tried(run(tmp_path, test, policy=policy))
    assert found["10 `a > 9` does not hold"]
    assert not found["10 `b > 9` holds"]
    assert not found["10 `b > 9` does not hold"]


def test_levels_and_ties_over_the_line_are_covered(tmp_path: Path) -> None:
    given = "given facts {\n columns entity, indicator, level, item\n row e, three, big, x\n}"
    head = f'uses policy "policy.assess"\ntest one {{ {given}\n'
    table = (
        "cases {\n common group g\n columns entity, a, b then tier\n row e, 1, 3 then best\n row f, 1, 3 then rest\n} }"
    )
    found = tried(run(tmp_path, head + table, policy=CONDITIONS))
    assert found["15 step Big"]
    assert not found["15 step Small"]
    assert not found["19 a tie over the quota line of Best"]
    tied = table.replace("f, 1, 3 then rest", "f, 1, 3 then best")
    bare = 'uses policy "policy.assess"\ntest one { '
    report = run(tmp_path, bare + tied, policy=CONDITIONS)
    assert report.passed, str(report)
    assert tried(report)["19 a tie over the quota line of Best"]


# ---------------------------------------------------------------- the example city


def test_the_city_passes_its_tests_and_is_covered() -> None:
    report = assessdsl.run_tests([CITY])
    assert report.passed, str(report)
    (coverage,) = report.coverage
    assert coverage.untried == ()
    assert {outcome.span.source.name.rpartition(".")[2] for outcome in report.outcomes} == {"assess", "yaml"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2个百分点: 100%", "3个百分点: 100%"),
        ("并列 不计入", "并列 计入"),
        ("被否决者 递补", "被否决者 占用"),
        ("缺失 60%", "缺失 50%"),
        ("四舍五入", "四舍六入五成双"),
        ("当 非 已完成 或 完成日期 > 时限", "当 非 已完成 或 完成日期 >= 时限"),
        ("最大(0分, 合计(各板块))", "合计(各板块)"),
        ("连续(末位(2", "连续(末位(1"),
        ("同项取最高", "逐条"),
        ("控制率(实绩, 计划, 零计划: 如果 实绩 <= 0元 则 100% 否则 0%)", "完成率(实绩, 计划, 零计划: 100%)"),
    ],
)
def test_the_citys_tests_find_a_changed_rule(old: str, new: str, tmp_path: Path) -> None:
    text = (CITY / "policy.assess").read_text("utf-8")
    assert old in text
    (tmp_path / "policy.assess").write_text(text.replace(old, new), "utf-8")
    for folder in ("facts", "tests"):
        shutil.copytree(CITY / folder, tmp_path / folder)
    report = assessdsl.run_tests([tmp_path])
    assert not report.diagnostics
    assert not report.passed


def test_published_expectations_agree_with_the_independent_working() -> None:
    expected = json.loads((CITY / "expected.json").read_text("utf-8"))["entities"]
    tests, found = read_tests(CITY / "tests" / "published.test.yaml")
    assert not found
    totals = [one for test in tests for one in test.expectations if one.kind == "total"]
    assert totals
    policy = assessdsl.load(CITY / "policy.assess")
    result = assessdsl.evaluate(policy, assessdsl.read_facts(CITY / "facts"))
    for one in totals:
        assert exact_text(result.entities[one.entity].total.value) == expected[one.entity]["total"]


# ---------------------------------------------------------------- whatever is written


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutilated_tests_are_told_and_never_fail(data: st.DataObject, tmp_path: Path) -> None:
    name, text = data.draw(st.sampled_from([("t.test.assess", DSL), ("t.test.yaml", YAML), ("t.test.assess", CASES)]))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 1, 2, 7, 40]))
        inserted = data.draw(
            st.sampled_from(["", "{", "}", '"', ",", " then ", "\n", "8.0%", "expect", ":", "-", "= 3", "行"])
        )
        text = text[:start] + inserted + text[start + length :]
    report = run(tmp_path, text, name)
    assert report_text(report, coverage=True, minimum=50)
    ElementTree.fromstring(junit(report).partition("\n")[2])
    assert json.dumps(report.to_data())
    assert report.passed or report.diagnostics or not all(outcome.passed for outcome in report.outcomes)


CONSTRUCTS = """\
policy p "P" {
  period 2022
  full 100 points
  group g "G"
  fact a percent missing zero
  fact b count missing zero
  component outer "Outer" {
    points 100 points
    indicator one "One" { points 40 points; score a; applies when b > 0 otherwise redistribute }
    component inner "Inner" {
      points 60 points
      contagion weak "Weak" below 50% at most 60%
      indicator two "Two" { points 30 points; score a; floor 1 points }
      indicator three "Three" { points 30 points; unit percent; score actual; missing zero; absent zero; exempt full }
    }
  }
  rank by total within group ties shared
  tier all "All" otherwise
}
"""


def test_constructs_are_tested_and_covered(tmp_path: Path) -> None:
    def tests(*rows: str) -> str:
        columns = "entity, a, b, actual three, state three then inner, inner two, three"
        table = "\n".join(f"row {row}" for row in rows)
        return f'uses policy "policy.assess"\ntest one {{ cases {{\ncommon group g\ncolumns {columns}\n{table}\n}} }}'

    weak = run(tmp_path, tests('x, 20%, 0, 100%, "" then 24, 6, 18'), policy=CONSTRUCTS)
    assert weak.passed, str(weak)
    found = tried(weak)
    assert found["9 One does not apply"]
    assert not found["9 One applies"]
    assert found["12 gate Weak fires"]
    assert not found["14 exempt full stands in"]
    state = run(tmp_path, tests("x, 80%, 1, 10%, exempt then 54, 24, 30"), policy=CONSTRUCTS)
    assert state.passed, str(state)
    found = tried(state)
    assert found["9 One applies"]
    assert not found["12 gate Weak fires"]
    assert found["14 exempt full stands in"]


INEXACT = """\
policy p "P" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group g "G"
  fact a number missing zero
  component base "Base" {
    points 100 points
    indicator one "One" { points 60 points; score sqrt(a, undefined: 0) * 1 points }
    indicator two "Two" { points 40 points; score 50% }
  }
  rank by total within group ties shared
  tier all "All" otherwise
}
"""


def test_a_tolerance_stands_only_where_a_value_is_inexact(tmp_path: Path) -> None:
    given_ = 'uses policy "policy.assess"\ngiven entities {\n columns entity, group, a\n row x, g, 2\n}\n'

    def codes(expectation: str) -> list[str]:
        report = run(tmp_path, given_ + f"test one {{ expect x {{ {expectation} }} }}", policy=INEXACT)
        assert not report.outcomes or report.passed or report.diagnostics or report.outcomes[0].failures
        return [found.code for found in report.diagnostics] + [f.actual for o in report.outcomes for f in o.failures]

    assert codes("scores one 1.4142 points within 0.0001 points") == []
    assert len(codes("scores one 1.41 points within 0.0001 points")) == 1
    assert codes("scores two 20 points within 1 points") == ["AS9514"]
    assert codes("scores base 21.4142 within 0.0001") == []
    assert codes("total 21.41") == []
