"""A small policy that breaks each property, what `prove` says of it, and how it is mended: the page of examples.

`--update-docs` writes the pages anew.
"""

from pathlib import Path
from typing import Literal

import pytest
from attrs import frozen

import assessdsl
from assessdsl.fairness.prove import prove
from assessdsl.fairness.verdict import Verdict
from assessdsl.source import Source
from assessdsl.syntax import read, write
from assessdsl.syntax.tree import Document

ROOT = Path(__file__).parent.parent
PAGES = {"en": ROOT / "docs" / "fairness-examples.md", "zh": ROOT / "docs" / "fairness-examples.zh.md"}
FRAME = """\
# language: en
policy towns "Towns" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      unit percent to 1 places
      score attainment(actual, 10%, zero_plan: 0%)
      missing zero
      absent zero
    }
  }
  rank by total within group ties shared
  tier good "Good" when total >= 60 points
  tier poor "Poor" otherwise
}
"""


@frozen
class Example:
    """A property as it is claimed; lines of the frame with what stands in their place, first so that it is broken."""

    claim: str
    line: str
    wrong: str
    right: str
    told: tuple[str, str]  # how it is mended, in both languages

    @property
    def property(self) -> str:
        return self.claim.split()[0]


GROWTH = "score attainment(actual, 10%, zero_plan: 0%)"
EXAMPLES = (
    Example(
        "monotone",
        GROWTH,
        "score ladder(actual, 5%: 80%, 8%: 60%, below: 0%)",
        "score ladder(actual, 5%: 60%, 8%: 80%, below: 0%)",
        ("put the rungs in order", "把各档次序改正"),
    ),
    Example(
        "rank_monotone",
        GROWTH,
        "score ladder(actual, 5%: 80%, 8%: 60%, below: 0%)",
        "score ladder(actual, 5%: 60%, 8%: 80%, below: 0%)",
        ("put the rungs in order", "把各档次序改正"),
    ),
    Example(
        "bounded from 0 to 100 points",
        GROWTH,
        "score ratio(actual, 10%, zero: 0%)\n      cap 120 points",
        GROWTH,
        ("hold the share at all of it", "得分以满分为限"),
    ),
    Example(
        "proportional",
        GROWTH,
        "score attainment(actual, 10%, zero_plan: 0%) / 2",
        GROWTH,
        ("let the best report score all points", "让最好的成绩得满分"),
    ),
    Example(
        "independent",
        GROWTH,
        "score ratio(actual, best(actual, of: group), zero: 0)",
        GROWTH,
        ("compare with a plan or a fixed figure, not with others", "与计划或固定数比较,不与他人比较"),
    ),
    Example(
        "no_cliff above 5 points",
        GROWTH,
        "score ladder(actual, 5%: 60%, 8%: 80%, below: 0%)",
        GROWTH,
        ("score in proportion", "按比例计分"),
    ),
    Example(
        "tiers_follow_scores",
        'tier good "Good" when total >= 60 points',
        'tier good "Good" when total <= 60 points',
        'tier good "Good" when total >= 60 points',
        ("ask more of the better tier", "等次越高,要求越高"),
    ),
    Example(
        "missing_not_rewarded",
        "missing zero",
        "missing 60%",
        "missing zero",
        ("who reports nothing has nothing", "不填报不得分"),
    ),
    Example(
        "truthful",
        GROWTH,
        "score ratio(actual, planned, zero: 0)\n      cap 200 points",
        "score attainment(actual, planned, zero_plan: 100%)",
        ("pay nothing for overshooting a low plan", "超出低计划不多得分"),
    ),
)

HEADS = {
    "en": (
        "# Broken promises, and how they are mended",
        "[中文](fairness-examples.zh.md)",
        "One policy, one rule of it written wrong: what `assessdsl prove` finds, and the rule as it holds.\n"
        "What the properties mean is said in [Fairness](fairness.md). A test runs every example of this page.",
        ("Wrong", "Found", "Right", "Mended"),
        "The policy, of which one line at a time is written otherwise:",
    ),
    "zh": (
        "# 承诺的反例与改法",
        "[English](fairness-examples.md)",
        "同一部办法,每次写错一条规则:`assessdsl prove` 找到什么,怎样改才守住承诺。\n"
        "各项性质的含义见[公平性](fairness.zh.md)。本页各例均由测试运行。",
        ("写错", "找到", "改正", "改法"),
        "办法如下,各例只换其中一行:",
    ),
}


def text(example: Example, rule: str, language: Literal["en", "zh"]) -> str:
    changed = FRAME.replace(example.line, rule).rstrip()[:-1] + f"  guarantee {example.claim}\n}}\n"
    document, remarks = read(Source("policy.assess", changed))
    assert not remarks
    return said(document, language)


def said(document: Document, language: Literal["en", "zh"]) -> str:
    found = write(document, "dsl", language)
    for one, other in (("Towns", "乡镇"), ("Base", "基础"), ("Growth", "增速"), ("Good", "良好"), ("Poor", "较差")):
        found = found.replace(f'"{one}"', f'"{other}"') if language == "zh" else found
    return found


def spaced(text: str) -> list[str]:
    """Its lines, however they are aligned."""
    return [" ".join(line.split()) for line in text.splitlines()]


def rule(example: Example, rule: str, language: Literal["en", "zh"]) -> str:
    """The lines that differ from the frame, without the claim; where none does, the one that is named."""
    plain = spaced(said(read(Source("policy.assess", FRAME))[0], language))
    lines = [line for line in spaced(text(example, rule, language)) if line not in plain]
    named = plain[spaced(FRAME).index(example.line)]
    return "; ".join(line for line in lines if not line.startswith(("guarantee", "保证"))) or named


def verdict(example: Example, rule: str, language: Literal["en", "zh"]) -> Verdict:
    policy = assessdsl.loads(text(example, rule, language))
    (standing,) = prove(policy, cases=100).standings
    return next((one for one in standing.verdicts if one.counterexample), standing.verdicts[0])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.property)
def test_the_wrong_one_is_refuted_and_the_right_one_proved(example: Example, language: Literal["en", "zh"]) -> None:
    assert verdict(example, example.wrong, language).status == "refuted"
    assert verdict(example, example.right, language).status in ("proved", "solver")


def page(language: Literal["en", "zh"]) -> str:
    title, other, about, columns, frame = HEADS[language]
    parts = [title, other, about]
    for example in EXAMPLES:
        found = verdict(example, example.wrong, language).counterexample
        assert found is not None
        shown = f"`{rule(example, example.wrong, language)}`", found.told(language)
        lines = text(example, example.wrong, language).splitlines()
        claim = next(line.strip() for line in lines if line.strip().startswith(("guarantee", "保证")))
        right = rule(example, example.right, language)
        cells = (*shown, f"`{right}`", example.told[language == "zh"])
        rows = [f"- {name}: {cell}" for name, cell in zip(columns, cells, strict=True)]
        parts.append(f"## `{claim}`\n\n" + "\n".join(rows))
    policy = said(read(Source("policy.assess", FRAME))[0], language)
    return "\n\n".join((*parts, frame, f"```assess\n{policy}```")) + "\n"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_is_found(language: Literal["en", "zh"], request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-docs"):
        PAGES[language].write_text(page(language), "utf-8")
    assert PAGES[language].read_text("utf-8") == page(language)
