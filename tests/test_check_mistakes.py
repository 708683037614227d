"""Each policy with mistakes gives just the remarks that stand on its lines, and a right one gives none."""

from pathlib import Path

import pytest
from attrs import evolve
from expected_remarks import assert_just_the_expected

from assessdsl import syntax
from assessdsl.ast import build
from assessdsl.check import check
from assessdsl.diagnostics import Diagnostic, Related, render, render_all
from assessdsl.limits import LIMITS
from assessdsl.source import Source, Span

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "policies_with_mistakes"


def remarks_on(text: str, name: str = "policy.assess") -> list[Diagnostic]:
    source, found = syntax.decode(name, text.encode())
    assert source is not None, found
    document, remarks = syntax.read(source)
    policy, more = build(document, remarks)
    return [*found, *remarks, *more, *(check(policy).diagnostics if policy else ())]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.assess")), ids=lambda path: path.name)
def test_just_the_expected_remarks(path: Path) -> None:
    text = path.read_text("utf-8")
    assert_just_the_expected(text, remarks_on(text))


def test_five_mistakes_give_five_messages_in_chinese() -> None:
    text = (FOLDER / "five_mistakes.zh.assess").read_text("utf-8")
    found = sorted(remarks_on(text), key=lambda remark: remark.span.start)
    assert [(remark.span.text, remark.message("zh"), remark.help("zh")) for remark in found] == [
        ("得份", "没有以 `得份` 开头的语句", "是否想写 `得分`?"),
        ("计划 + 2%", "`计划` 是百分率,而 `2%` 是比例,两者单位不同", "请写 `2 个百分点`"),
        ("分值 40 分", "`区县` 在 `差异` 的各指标合计 30 分,与板块分值 40 分不符(相差 -10)", None),
        (
            "完成率(实绩, 计划, 零计划: 报错)",
            "`实绩` 可能缺失,而 `项目` 没有写明缺失时如何处理",
            "请加上 `缺失 零分`、`缺失 报错` 或其他处理方式",
        ),
        ("事故", "没有名为 `事故` 的内容", "是否想写 `事故数`?"),
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "policies").glob("*/policy*")), ids=lambda path: path.name)
def test_the_example_policies_have_no_mistakes(path: Path) -> None:
    found = remarks_on(path.read_text("utf-8"), path.name)
    assert found == [], render_all(found)


def test_remarks_are_in_the_order_of_the_text() -> None:
    text = (FOLDER / "rules.assess").read_text("utf-8")
    policy, _ = build(syntax.read(Source("policy.assess", text))[0])
    assert policy is not None
    places = [remark.span.start for remark in check(policy).diagnostics]
    assert len(places) > 10
    assert places == sorted(places)


RIGHT = """\
policy example {
  period 2022
  full 100 points
  group county
  benchmark province percent
  parameter least = 400
  define late_share(days) = clamp(days / 50 days, 0%, 100%)
  fact poll survey
  fact accidents count missing zero
  fact visits count
  judgement fraud
  component base {
    points 100 points
    indicator one { points 10 points; unit percent; SCORE }
    indicator two { points 90 points; unit percent; score if completed then 100% else 0%; absent zero }
  }
  component extra as bonus {
    cap 5 points
    indicator award { level national 2 points; level local 1 point; count once }
  }
  gate safety when accidents > 0 or is_missing(visits) then tier at most fair
  rank by total, base within group ties dense
  tier good top 20% of group rounded half_up ties included vetoed counted when rank <= 3
  tier fair next 2 of group ties excluded vetoed skipped when total >= 60
  tier poor otherwise
  accountability {
    finding first when any(required targets, not met and tagged("major")) within 15 days
    finding second when streak(in_bottom(least - 398, of: group, ties: excluded) or tier == poor, years: 3) and fraud
    finding third when previous(total) - total > 10 points and count(targets, when: required) >= 2
    finding fourth when not is_missing(visits) and visits < 3 and late_share(2 days) < 50%
    finding fifth when result(poll) < 50% and sample(poll) > least and province > 3%
  }
}
"""

# scores that are right, each with a target's fields handled
SCORES = (
    "score actual",
    "score if actual >= province + 2 pp then 100% else 0%",
    "score ladder(actual - province, 0 pp: 50%, 1 pp: 8 points / 10 points, below: 0%)",
    "score ratio(actual, best(actual, of: group), zero: 0%)",
    "score if planned == 0 then 0% else actual / planned",
    "score if not (planned <= 0 or actual < 0) then actual / planned else zero",
    "score if 0 < planned < 50% then actual / planned else error",
    "score max(0 points, 10 points - late_days / 1 day * 0.1 points)",
    "score max(0%, 100% - late_share(late_days))",
    "score if completed and completed_on <= due + 3 months then 100% else 0%",
    'score mean(entries, actual, when: category == "expert")',
    "score (5 - rank_of(actual, of: everyone, ties: shared)) * 1 point",
    "score if previous(tier) == good and group == county then 100% else 50%",
    "score control(zero_plan: error, actual: actual, planned: planned)",
    "score if planned > 0 then round(100% - actual / planned, places: 1, mode: half_even) else 0%",
)


@pytest.mark.parametrize("score", SCORES)
def test_right_scores(score: str) -> None:
    handled = f"{score}; missing zero; absent redistribute"
    text = RIGHT.replace("SCORE", handled).replace("fact poll survey", "fact poll survey missing error")
    found = [remark for remark in remarks_on(text) if remark.code != "AS2119"]
    assert found == [], render_all(found)


def test_the_twin_in_yaml_is_remarked_on_at_its_place() -> None:
    text = (
        "考核办法 示例:\n  年度: 2022\n  满分: 100 分\n  组别 区县:\n  板块 基础:\n    分值: 100 分\n    指标 投资:\n"
    )
    text += "      分值: 100 分\n      得分: '完成律(实绩, 计划, 零计划: 报错)'\n      缺失: 零分\n      未下达: 零分\n"
    (found,) = remarks_on(text, "policy.yaml")
    assert (found.code, found.span.text, found.span.line) == ("AS2102", "完成律", 9)
    assert found.arguments["suggestion"] == "完成率"


BRACKETS = """\
policy p {
  period 2022
  full 100 points
  group county
  component base {
    points 100 points
    indicator one {
      points 100 points
      score 100%
    }
  }
  component more as bonus {
    cap 5 points
    indicator two {
      each 1 point
    }
  }
  rank by total within group ties shared
  tier good when total >= 60 points
  tier poor otherwise
}
"""


def _without_one_bracket() -> list[str]:
    lines = BRACKETS.splitlines()
    ends = [number for number, line in enumerate(lines) if line.strip() == "}"]
    return ["\n".join(lines[:number] + lines[number + 1 :]) for number in ends]


def _with_one_more() -> list[str]:
    lines = BRACKETS.splitlines()
    return ["\n".join([*lines[:number], "}", *lines[number:]]) for number in range(1, len(lines))]


@pytest.mark.parametrize("text", [*_without_one_bracket(), *_with_one_more()])
def test_one_bracket_too_few_or_too_many_is_one_message(text: str) -> None:
    (found,) = remarks_on(text)
    assert found.code in ("AS1036", "AS1037")


@pytest.mark.parametrize("number", [n for n, line in enumerate(BRACKETS.splitlines()) if line.endswith("{")])
def test_a_block_that_does_not_begin_is_named(number: int) -> None:
    lines = BRACKETS.splitlines()
    lines[number] = lines[number].rstrip(" {")
    assert {(remark.code, remark.span.line) for remark in remarks_on("\n".join(lines))} == {
        ("AS2019", number + 1),
        ("AS1037", len(lines)),
    }


@pytest.mark.parametrize("line", ["rank by total within group ties shared", "cap 5 points", "points 100 points"])
def test_what_stands_in_another_block_is_not_said_to_be_lacking(line: str) -> None:
    elsewhere = f"  full 100 points\n  register {{\n    {line}\n  }}\n"
    text = BRACKETS.replace(f"  {line}\n", "").replace("  full 100 points\n", elsewhere)
    assert {remark.code for remark in remarks_on(text)} == {"AS2002"}


def test_suggestions_are_looked_for_as_long_as_that_costs_little() -> None:
    facts = "\n".join(f"fact fact_{number} count missing zero" for number in range(1000))
    gates = "\n".join(f"gate g{number} when fcat_{number} > 0 then zero" for number in range(1000))
    found = remarks_on(BRACKETS.replace("  group county", f"  group county\n{facts}\n{gates}"))
    suggested = [bool(remark.arguments["suggestion"]) for remark in found if remark.code == "AS2101"]
    assert len(suggested) == 1000
    assert suggested[:20] == [True] * 20
    assert sum(suggested) <= LIMITS.compared_names // 1000


def test_of_many_other_places_some_are_shown() -> None:
    source = Source("p.assess", "\n".join("x" * 30))
    many = tuple(Related(Span(source, 2 * number, 2 * number + 1), "here", "此处") for number in range(12))
    remark = Diagnostic("AS9021", arguments={"name": "a", "other": "b"}, related=(*many, *many))
    for language, last in (("en", "  … 7 more"), ("zh", "  …… 另有 7 条")):
        lines = render(remark, language).splitlines()
        assert [line.split(":")[1] for line in lines if line.startswith("  p.assess")] == ["1", "2", "3", "4", "5"]
        assert last in lines
    assert render(evolve(remark, related=many[:5])).count("p.assess") == 5
    assert "more" not in render(evolve(remark, related=many[:5]))
