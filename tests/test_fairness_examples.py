"""A small policy that breaks each property, what `prove` says of it, and how it is mended: the page of examples. Of
what no policy can break, a rule with which one might take the promise for more than it is.

`--update-docs` writes the pages anew.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from attrs import frozen

import assessdsl
from assessdsl.fairness import check_property
from assessdsl.fairness.prove import CATALOGUE, prove
from assessdsl.fairness.reasons import told
from assessdsl.fairness.verdict import Verdict
from assessdsl.policy import Policy
from assessdsl.source import Source
from assessdsl.syntax import read, write

ROOT = Path(__file__).parent.parent
PAGES = {"en": ROOT / "docs" / "fairness-examples.md", "zh": ROOT / "docs" / "fairness-examples.zh.md"}
Language = Literal["en", "zh"]
CASES = 10
"""On which a property that no rule breaks is tried."""

HEAD = """\
# language: en
policy towns "Towns" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
"""
TIERS = """\
  rank by total within group ties shared
  tier good "Good" when total >= 60 points
  tier poor "Poor" otherwise
"""
GROWTH = "score attainment(actual, 10%, zero_plan: 0%)"
PLANNED = "score attainment(actual, planned, zero_plan: 100%)"
ONE = f"""\
{HEAD}\
  component base "Base" {{
    points 100 points
    indicator growth "Growth" {{
      points 100 points
      unit percent to 1 places
      {GROWTH}
      missing zero
      absent zero
    }}
  }}
{TIERS}}}
"""
SEVERAL = f"""\
{HEAD}\
  group city "Cities"
  fact fined yes_no "Fined" missing error
  component base "Base" {{
    points 100 points
    indicator growth "Growth" {{
      points 60 points
      unit percent to 1 places
      {GROWTH}
      missing zero
      absent zero
    }}
    indicator roads "Roads" {{
      points 40 points
      unit percent to 1 places
      score clamp(actual, 0%, 100%)
      missing zero
      absent zero
    }}
    gate clean "Clean" when fined then zero
  }}
  component extra "Extra" as bonus {{
    cap 5 points
    indicator award "Awards" {{
      each 1 points
      count once
    }}
  }}
{TIERS}}}
"""
TARGETS = f"""\
{HEAD}\
  fact fined yes_no "Fined" missing no
  component base "Base" {{
    points 100 points
    indicator roads "Roads" {{
      points 100 points shared by weight
      unit money
      {PLANNED}
      missing zero
      absent zero
    }}
    gate clean "Clean" when fined then zero
  }}
{TIERS}\
  register {{
    freeze 2022-02-28
  }}
  accountability {{
    finding talk "To explain" when any(required targets, not met)
  }}
}}
"""
FRAMES = {
    ONE: ("One indicator", "一项指标"),
    SEVERAL: ("A gate, a bonus, two groups", "门槛、加分、两个组别"),
    TARGETS: ("Targets", "目标"),
}
LABELS = {
    "Towns": "乡镇", "Cities": "城区", "Fined": "受罚", "Mood": "满意度", "Capital": "首府", "Base": "基础",
    "Growth": "增速", "Roads": "道路", "Clean": "廉洁", "Extra": "加分", "Awards": "表彰", "To explain": "作出说明",
    "Good": "良好", "Poor": "较差",
}  # fmt: skip


@frozen
class Example:
    """A property as it is claimed; a line of the frame, and what stands in its place: first so that it is broken."""

    claim: str
    frame: str
    line: str
    wrong: str
    right: str
    told: tuple[str, str]  # how it is mended, in both languages
    given: str = ""  # declared besides

    @property
    def property(self) -> str:
        return self.claim.split()[0]


@frozen
class Kept:
    """A property that no rule breaks; a rule in place of a line of the frame by which someone may think it broken."""

    claim: str
    frame: str
    line: str
    rule: str
    why: tuple[str, str]  # it always holds
    more: tuple[str, str]  # what it does not promise
    given: str = ""

    @property
    def property(self) -> str:
        return self.claim


EXAMPLES = (
    Example(
        "always_defined", ONE,
        "missing zero",
        "missing mean",
        "missing zero",
        ("a mean of the others needs others: say what holds without them", "取平均须有其他指标;没有时怎么办,要写明"),
    ),
    Example(
        "monotone", ONE,
        GROWTH,
        "score ladder(actual, 5%: 80%, 8%: 60%, below: 0%)",
        "score ladder(actual, 5%: 60%, 8%: 80%, below: 0%)",
        ("put the rungs in order", "把各档次序改正"),
    ),
    Example(
        "rank_monotone", ONE,
        GROWTH,
        "score ladder(actual, 5%: 80%, 8%: 60%, below: 0%)",
        "score ladder(actual, 5%: 60%, 8%: 80%, below: 0%)",
        ("put the rungs in order", "把各档次序改正"),
    ),
    Example(
        "strict_response", ONE,
        GROWTH,
        "score clamp(result(mood), 0%, 80%)",
        "score result(mood)",
        (
            "cap nothing before the best report that there can be. Of what has no best, such as growth, this is "
            "claimed too widely: all points are reached somewhere, and what is better still scores no more",
            "最好的填报之前不封顶。增速之类没有上限的事实,得满分之后再好也不多得分,不宜作此承诺",
        ),
        '  fact mood survey "Mood" missing error\n',
    ),
    Example(
        "bounded from 0 to 100 points", ONE,
        GROWTH,
        "score ratio(actual, 10%, zero: 0%)\n      cap 120 points",
        GROWTH,
        ("hold the share at all of it", "得分以满分为限"),
    ),
    Example(
        "proportional", ONE,
        GROWTH,
        "score attainment(actual, 10%, zero_plan: 0%) / 2",
        GROWTH,
        ("let the best report score all points", "让最好的成绩得满分"),
    ),
    Example(
        "independent", ONE,
        GROWTH,
        "score ratio(actual, best(actual, of: group), zero: 0)",
        GROWTH,
        ("compare with a plan or a fixed figure, not with others", "与计划或固定数比较,不与他人比较"),
    ),
    Example(
        "no_cliff above 5 points", ONE,
        GROWTH,
        "score ladder(actual, 5%: 60%, 8%: 80%, below: 0%)",
        GROWTH,
        ("score in proportion", "按比例计分"),
    ),
    Example(
        "tiers_follow_scores", ONE,
        'tier good "Good" when total >= 60 points',
        'tier good "Good" when total <= 60 points',
        'tier good "Good" when total >= 60 points',
        ("ask more of the better tier", "等次越高,要求越高"),
    ),
    Example(
        "missing_not_rewarded", ONE,
        "missing zero",
        "missing 60%",
        "missing zero",
        ("who reports nothing has nothing", "不填报不得分"),
    ),
    Example(
        "truthful", ONE,
        GROWTH,
        "score ratio(actual, planned, zero: 0)\n      cap 200 points",
        "score attainment(actual, planned, zero_plan: 100%)",
        ("pay nothing for overshooting a low plan", "超出低计划不多得分"),
    ),
    Example(
        "group_neutral", SEVERAL,
        GROWTH,
        "score if group == town then 100% else attainment(actual, 10%, zero_plan: 0%)",
        GROWTH,
        ("score all groups alike, or ask each for indicators of its own", "各组别同一算法,或各设各的指标"),
    ),
    Example(
        "rounding_safe", SEVERAL,
        "points 60 points",
        "points 60 points\n      rounding half_up to 0 places",
        "points 60 points",
        ("round the total only, once and last", "只在最后对总分取整一次"),
    ),
    Example(
        "absolute clean", SEVERAL,
        'gate clean "Clean" when fined then zero',
        'gate clean "Clean" when fined then zero\n    floor 10 points',
        'gate clean "Clean" when fined then zero',
        ("give no points behind the gate", "门槛之后不设保底分"),
    ),
    Example(
        "dominance of base over extra above 5 points", SEVERAL,
        "cap 5 points",
        "cap 10 points",
        "cap 5 points",
        ("cap the bonus at the gap that it may make up for", "加分的上限不高于容许弥补的差距"),
    ),
    Example(
        "no_double_count", SEVERAL,
        "count once",
        "count all",
        "count once",
        ("count an item once, however often it is reported", "同一事项无论填报几次只计一次"),
    ),
    Example(
        "obligations_complete", TARGETS,
        'finding talk "To explain" when any(required targets, not met)',
        'finding talk "To explain" when any(required targets, not met) and total < 60 points',
        'finding talk "To explain" when any(required targets, not met)',
        ("ask whoever has not met one, whatever the total", "凡未达成的都要说明,不论总分"),
    ),
    Example(
        "no_removal", TARGETS,
        PLANNED,
        "score if actual >= planned then 100% else 0 - 50%\n      floor 0 - 50 points",
        PLANNED,
        ("let no target score less than nothing, or forbid removal", "目标不得负分,或写明 `移出 禁止`"),
    ),
    Example(
        "no_splitting", TARGETS,
        "points 100 points shared by weight",
        "points 100 points shared by count",
        "points 100 points shared by weight",
        (
            "share by weight, of which each half has half, or forbid removal",
            "按权重分摊,拆开后权重各半;或写明 `移出 禁止`",
        ),
    ),
)  # fmt: skip
TESTED_AT_BEST = ("strict_response",)  # of which nothing is proved

KEPT = (
    Kept(
        "anonymous", ONE,
        GROWTH,
        "score if capital then 100% else attainment(actual, 10%, zero_plan: 0%)",
        ("the language has no word for the name of an entity", "办法的语言中没有“单位名称”这个词"),
        (
            "that all are asked for the same: a rule may read a fact that only one town has, or its group. "
            "For groups there is `group_neutral`",
            "人人适用同一规则:规则可以读取只有一个乡镇才有的事实,也可以读取组别;组别另有 `组别中立`",
        ),
        '  fact capital yes_no "Capital" missing no\n',
    ),
    Kept(
        "order_invariant", TARGETS,
        PLANNED,
        "score if late_days > 0 days then 50% else 100%",
        ("rows are put in order before they are read, and numbers are exact", "各行先排序再读取,数值精确"),
        (
            "that time does not count: who completes later may have less. What comes first in the table has no meaning",
            "早晚不计:晚完成的可以少得分;只是表中谁先谁后没有意义",
        ),
    ),
    Kept(
        "scale_invariant", TARGETS,
        PLANNED,
        "score clamp(actual / 1000万元, 0%, 100%)",
        (
            "each cell is read in the unit that the policy declares (3000万元 is 0.3亿元), and an amount is never "
            "taken for points: `score actual` is refused here ([AS3004](diagnostics/AS3004.md))",
            "每格按办法声明的单位读取(3000万元即0.3亿元),绝对数不能当作分数:此处写 `得分 实绩` "
            "会被拒绝([AS3004](diagnostics/AS3004.md))",
        ),
        (
            "that large and small are compared fairly: a town with twice as many people builds more roads. "
            "Divide by what it is large in",
            "大小单位可比:人口多一倍的乡镇修路自然多。应先除以规模",
        ),
    ),
    Kept(
        "ties_equal", SEVERAL,
        'tier good "Good" when total >= 60 points',
        'tier good "Good" when total >= 60 points and not fined',
        (
            "places are counted by those who are ahead, and nothing else breaks a tie",
            "名次按领先者个数确定,别无其他依据打破并列",
        ),
        (
            "that equal totals are enough for a tier whose condition asks for more than the total. "
            "The verdict names the line",
            "总分相同等次必同:等次的条件若不只看总分,可以不同;结论会指出该行",
        ),
    ),
    Kept(
        "accountability_exact", TARGETS,
        'finding talk "To explain" when any(required targets, not met)',
        'finding talk "To explain" when fined',
        (
            "a condition holds, does not, or is open; findings follow from it and from nothing else",
            "条件或成立、或不成立、或待定,认定只由条件得出",
        ),
        (
            "that nobody escapes by silence: who does not report `fined` is taken for not fined, because its handling "
            "says so. With `missing error` the question is asked",
            "无人能以不填报逃避:`受罚` 不填报即按未受罚处理,这是办法自己写的;写 `缺失 报错` 才会追问",
        ),
    ),
)  # fmt: skip

HEADS = {
    "en": (
        "# Broken promises, and how they are mended",
        "[中文](fairness-examples.zh.md)",
        "Three small policies, one rule of which is written wrong: what `assessdsl prove` finds, and the rule as it\n"
        "holds. What the properties mean is said in [Fairness](fairness.md). A test runs every example of this page.",
        ("Given", "Wrong", "Found", "Right", "Then", "Mended"),
        ("Given", "Rule", "Verdict", "Why", "How it is known", "Not promised"),
        "The policy, of which one line at a time is written otherwise:",
        "## What every policy keeps",
        "No rule can break these. It is easy to take them for more than they are: below, a rule that keeps the\n"
        "promise and may yet surprise. Each is seen on the plan, as the verdict says, and is tried on cases besides.",
        "{verdict}; the same on {cases} cases made up for this policy",
        {"proved": "proved", "solver": "proved by solver", "tested": "tested, not proved"},
    ),
    "zh": (
        "# 承诺的反例与改法",
        "[English](fairness-examples.md)",
        "三部小办法,每次写错一条规则:`assessdsl prove` 找到什么,怎样改才守住承诺。\n"
        "各项性质的含义见[公平性](fairness.zh.md)。本页各例均由测试运行。",
        ("另有", "写错", "找到", "改正", "结论", "改法"),
        ("另有", "规则", "结论", "为什么", "怎样得知", "没有承诺"),
        "办法如下,各例只换其中一行:",
        "## 任何办法都守住的",
        "以下各项任何规则都破坏不了,但容易被理解得过宽。每项举一条规则:承诺仍然成立,结果却可能出人意料。\n"
        "各项均由办法的计算步骤看出,并另用数据检验。",
        "{verdict};为本办法另造{cases}例数据检验,均成立",
        {"proved": "已证明", "solver": "求解器证明", "tested": "已检验,未证明"},
    ),
}  # fmt: skip


def text(one: Example | Kept, rule: str, language: Language) -> str:
    changed = base(one).replace(one.line, rule).rstrip()[:-1] + f"  guarantee {one.claim}\n}}\n"
    return said(changed, language)


def base(one: Example | Kept) -> str:
    """The frame, with what is declared besides."""
    assert one.frame.count(f" {one.line}\n") == 1
    return one.frame.replace(HEAD, HEAD + one.given)


@cache
def said(text: str, language: Language) -> str:
    """As it is written in that language."""
    document, remarks = read(Source("policy.assess", text))
    assert not remarks
    found = write(document, "dsl", language)
    for one, other in LABELS.items():
        found = found.replace(f'"{one}"', f'"{other}"') if language == "zh" else found
    return found


def spaced(text: str) -> list[str]:
    """Its lines, however they are aligned."""
    return [" ".join(line.split()) for line in text.splitlines()]


def shown(one: Example | Kept, rule: str, language: Language) -> str:
    """The lines that stand in place of the one."""
    plain = spaced(said(base(one), language))
    at = spaced(base(one)).index(one.line)
    return (
        "; ".join(spaced(text(one, rule, language))[at : at + 1 + rule.count("\n")]) if rule != one.line else plain[at]
    )


def given(one: Example | Kept, language: Language) -> str:
    plain = spaced(said(one.frame, language))
    return "".join(line for line in spaced(said(base(one), language)) if line not in plain)


def policy(one: Example | Kept, rule: str, language: Language) -> Policy:
    return assessdsl.loads(text(one, rule, language))


@cache
def verdict(one: Example | Kept, rule: str, language: Language) -> Verdict:
    """The one with a counterexample, or else the weakest."""
    (standing,) = prove(policy(one, rule, language), cases=100).standings
    order = ("refuted", "unknown", "unasked", "tested", "solver", "proved")
    return min(standing.verdicts, key=lambda verdict: (verdict.counterexample is None, order.index(verdict.status)))


def named(one: Example | Kept) -> str:
    return one.property


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_the_wrong_one_is_refuted_and_the_right_one_proved(example: Example, language: Language) -> None:
    assert verdict(example, example.wrong, language).status == "refuted"
    proved = ("tested",) if example.property in TESTED_AT_BEST else ("proved", "solver")
    assert verdict(example, example.right, language).status in proved


@pytest.mark.parametrize("one", KEPT, ids=named)
def test_what_no_rule_breaks_is_proved_and_holds_on_cases(one: Kept) -> None:
    assert verdict(one, one.rule, "en").status == "proved"
    assert check_property(policy(one, one.rule, "en"), one.property, examples=CASES).status == "tested"


def test_an_amount_is_no_score() -> None:
    (one,) = (one for one in KEPT if one.property == "scale_invariant")
    with pytest.raises(assessdsl.PolicyError, match="AS3004"):
        policy(one, "score actual", "en")


def test_every_property_has_its_example() -> None:
    shown = [verdict_of.property for verdict_of in (*EXAMPLES, *KEPT)]
    assert sorted("tiers_follow" if name == "tiers_follow_scores" else name for name in shown) == sorted(CATALOGUE)


def page(language: Language) -> str:
    title, other, about, broken, kept, of_frame, always, too_wide, known, standing = HEADS[language]
    number = 1 if language == "zh" else 0
    parts = [title, other, about]
    for frame, heading in FRAMES.items():
        policy = said(frame, language)
        parts += [f"## {heading[number]}", of_frame, f"```assess\n{policy}```"]
        for example in (one for one in EXAMPLES if one.frame == frame):
            found = verdict(example, example.wrong, language).counterexample
            assert found is not None
            cells = (
                code(given(example, language)),
                code(shown(example, example.wrong, language)),
                found.told(language),
                code(shown(example, example.right, language)),
                standing[verdict(example, example.right, language).status],
                example.told[number],
            )
            parts.append(entry(claim(example, example.wrong, language), broken, cells))
    parts += [always, too_wide]
    for one in KEPT:
        reasons = "; ".join(told(reason, language) for reason in verdict(one, one.rule, language).reasons)
        told_of = (
            code(given(one, language)),
            code(shown(one, one.rule, language)),
            standing["proved"],
            one.why[number],
            known.format(verdict=reasons, cases=CASES),
            one.more[number],
        )
        parts.append(entry(claim(one, one.rule, language), kept, told_of))
    return "\n\n".join(parts) + "\n"


def claim(one: Example | Kept, rule: str, language: Language) -> str:
    lines = spaced(text(one, rule, language))
    return next(line for line in lines if line.startswith(("guarantee", "保证")))


def entry(heading: str, columns: tuple[str, ...], cells: tuple[str, ...]) -> str:
    rows = [f"- {name}: {cell}" for name, cell in zip(columns, cells, strict=True) if cell]
    return f"### `{heading}`\n\n" + "\n".join(rows)


def code(line: str) -> str:
    return f"`{line}`" if line else ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_is_found(language: Language, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-docs"):
        PAGES[language].write_text(page(language), "utf-8")
    assert PAGES[language].read_text("utf-8") == page(language)
