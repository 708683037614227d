"""The syntax tree to the AST, walks over it, and its canonical form."""

import difflib
import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import attrs
import pytest

from assessdsl import syntax
from assessdsl.ast import build
from assessdsl.ast.nodes import AtMost, Handling, Policy, Quota, TierAtMost, Zero
from assessdsl.ast.operands import VALUE_WORDS
from assessdsl.ast.walk import canonical, children, fingerprint, names, nodes
from assessdsl.check.names import COLLECTIONS, MEANINGS
from assessdsl.period import Period
from assessdsl.quantity import Unit
from assessdsl.source import Source
from assessdsl.syntax.tree import Expression, Name, Number, Operation
from assessdsl.vocabulary import nearest, vocabulary

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "policies" / "municipal_2022"


def built(text: str, name: str = "policy.assess") -> Policy:
    document, remarks = syntax.read(Source(name, text))
    policy, more = build(document, remarks)
    assert not remarks
    assert not more
    assert policy is not None
    return policy


def part(line: str) -> Policy:
    return built(f"policy example {{\n{line}\n}}")


@pytest.fixture(scope="module")
def example() -> Policy:
    return built((EXAMPLE / "policy.en.assess").read_text("utf-8"))


def test_the_whole_example(example: Policy) -> None:
    assert (example.name, example.label) == ("municipal_2022", "2022年度全市目标管理考核办法")
    assert (example.period, example.issued, example.effective) == (Period(2022), date(2022, 2, 10), date(2022, 1, 1))
    assert [group.name for group in example.groups] == ["county", "department"]
    assert [(component.name, component.kind) for component in example.components] == [
        ("base", "base"),
        ("differentiated", "base"),
        ("public", "base"),
        ("bonus", "bonus"),
        ("penalty", "penalty"),
    ]
    project = example.components[1].indicators[0]
    assert project.shared_by == "weight"
    assert isinstance(project.gates[0].consequence, Zero)
    assert project.absent == Handling("redistribute")
    award = example.components[3].indicators[0]
    assert [(level.name, level.label) for level in award.levels] == [
        ("national", "国家级"),
        ("provincial", "省级"),
        ("municipal", "市级"),
    ]
    assert award.count == "highest_level_once"
    budget = example.components[0].indicators[3]
    assert (budget.unit, budget.direction) == (Unit.MONEY, "lower")
    assert example.groups_of(example.components[0], budget) == ("department",)
    assert example.groups_of(example.components[1]) == ("county", "department")
    assert example.gates[0].consequence == TierAtMost(Name("qualified"))
    assert example.tiers[0].quota == Quota(Name("top_share"), False, "down", "excluded", "skipped", "group")
    assert [tier.otherwise for tier in example.tiers] == [False, False, True]
    assert example.ranking is not None
    assert (example.ranking.within, example.ranking.ties, len(example.ranking.by)) == ("group", "shared", 2)
    assert example.register is not None
    assert example.register.freeze == date(2022, 2, 28)
    assert example.register.require == ("owner", "due", "standard")
    assert example.register.authorities == ("市委常委会", "党政联席会议")
    assert example.monitoring is not None
    assert (example.monitoring.analysis, example.monitoring.inquiry) == ("monthly", "monthly")
    assert [(light.colour, light.when is None) for light in example.monitoring.lights] == [
        ("green", False),
        ("yellow", False),
        ("red", True),
    ]
    assert example.findings[0].name == "explanation"
    assert example.findings[0].within == Number(Fraction(15), "days")
    dominance = example.guarantees[3]
    assert [name.id for name in dominance.subjects] == ["differentiated", "bonus"]
    assert dominance.bounds == (("above", Number(Fraction(5), "points")),)


def test_twins_build_equal_policies_of_one_fingerprint(example: Policy) -> None:
    twins = [built(path.read_text("utf-8"), path.name) for path in sorted(EXAMPLE.glob("policy*.*"))]
    assert len(twins) >= 2
    for twin in twins:
        assert twin == example
        assert fingerprint(twin) == fingerprint(example)


CHANGES = [
    ("period 2022", "period 2023"),
    ("half_up to 2 places", "half_up to 3 places"),
    ("points 20 points", "points 20.5 points"),
    ("count all", "count once"),
    ('"区县"', '"县"'),
    ("total >= 85 points", "total > 85 points"),
    ("ties excluded", "ties included"),
    ("removal forbidden", ""),
]


def test_the_fingerprint_is_of_the_meaning() -> None:
    def text(first: str = "period 2022") -> str:
        return (
            f"policy p {{\n{first}\nrounding half_up to 2 places of total\n"
            'group county "区县"\nregister {\nremoval forbidden\n}\n'
            "component base {\nindicator one {\npoints 20 points\neach 1 point\ncount all\n}\n}\n"
            "tier good top 20% of group ties excluded when total >= 85 points\n}"
        )

    first = fingerprint(built(text()))
    assert first.startswith("sha256:")
    assert fingerprint(built("# a comment\n" + text().replace("\n", "\n\n  "), "other.assess")) == first
    found = {first}
    for old, new in CHANGES:
        changed = text().replace(old, new)
        assert changed != text(), old
        found.add(fingerprint(built(changed)))
    assert len(found) == len(CHANGES) + 1


def test_the_canonical_form_is_plain_data(example: Policy) -> None:
    form = canonical(example)
    assert json.loads(json.dumps(form, ensure_ascii=False)) == form
    text = json.dumps(form)
    assert "span" not in text
    assert '"n/d"' not in text
    assert "2022-02-28" in text
    assert all(not isinstance(value, float | int) or isinstance(value, bool) for value in _leaves(form))


def _leaves(form: object) -> list[object]:
    if isinstance(form, dict):
        return [leaf for value in form.values() for leaf in _leaves(value)]
    if isinstance(form, list):
        return [leaf for value in form for leaf in _leaves(value)]
    return [form]


def test_a_name_in_backticks_is_not_the_word() -> None:
    word, name = part("total rank"), part("total `rank`")
    assert word != name
    assert fingerprint(word) != fingerprint(name)


@pytest.mark.parametrize(
    ("consequence", "expected"),
    [
        ("then zero", Zero()),
        ("then at most 5 points", AtMost(Number(Fraction(5), "points"))),
        ("then tier at most good", TierAtMost(Name("good"))),
    ],
)
def test_consequences(consequence: str, expected: object) -> None:
    assert part(f"gate one when total > 3 {consequence}").gates[0].consequence == expected


def test_handlings_are_words_or_values() -> None:
    policy = part(
        "fact a count missing error; fact b count missing zero; fact c percent missing 3%; fact d money missing `zero`"
    )
    found = [fact.missing for fact in policy.facts]
    assert [handling and handling.kind for handling in found] == ["error", "zero", "value", "value"]
    assert found[2] == Handling("value", Number(Fraction(3), "percent"))


def test_definitions_may_stand_beside_the_policy() -> None:
    policy = built("define half(x) = x * 50%\npolicy p {\ndefine twice(x) = x * 2\n}")
    assert [(function.name, [name.id for name in function.parameters]) for function in policy.functions] == [
        ("half", ["x"]),
        ("twice", ["x"]),
    ]


def test_what_is_broken_is_noted_and_left_out() -> None:
    text = "policy p {\nfact a cuont\nfact b count\ncomponent c {\npoints\nindicator d {\nscroe 3%\nxyzzy e\n}\n}\n}"
    policy, remarks = build(syntax.read(Source("p.assess", text))[0])
    assert policy is not None
    assert sorted(remark.code for remark in remarks) == ["AS2001", "AS2001", "AS2011", "AS2013"]
    assert [fact.name for fact in policy.facts] == ["b"]
    assert (policy.broken, policy.components[0].broken) == ({"fact"}, {"points"})
    indicator = policy.components[0].indicators[0]
    assert indicator.broken == {""}
    assert indicator.score == Number(Fraction(3), "percent")  # read on as what was meant
    assert {"a", "e"} <= policy.doubtful


@pytest.mark.parametrize("text", ["", "# nothing\n", "group county\n"])
def test_a_file_without_a_policy(text: str) -> None:
    policy, remarks = build(syntax.read(Source("p.assess", text))[0])
    assert policy is None
    assert [remark.code for remark in remarks] == ["AS2003" if text.startswith("group") else "AS2004"]


def test_walks_are_in_the_order_of_the_text_and_need_no_stack() -> None:
    (tier,) = part("tier good when if a > 1 then f(b, 2: c, zero: d) else not -e + g").tiers
    assert tier.when is not None
    assert [name.id for name in names(tier.when)] == ["a", "f", "b", "c", "d", "e", "g"]  # a label is no name
    assert len(children(tier.when)) == 3
    deep: Expression = Name("a")
    for _ in range(5_000):
        deep = Operation(("+",), (deep, Number(Fraction(1))))
    assert sum(1 for _ in nodes(deep)) == 10_001
    assert [name.id for name in names(deep)] == ["a"]


def test_words_that_mean_a_value_are_those_that_the_checker_knows() -> None:
    assert {*MEANINGS, *COLLECTIONS, "everyone"} == VALUE_WORDS
    assert all(("name", word) in vocabulary().words for word in VALUE_WORDS)


def test_two_han_characters_of_which_one_is_wrong() -> None:
    assert nearest("得份", ["分值", "得分", "权重"]) == "得分"
    assert nearest("甲乙", ["分值", "得分", "权重"]) is None
    assert nearest("百分数", ["百分比", "百分点"]) == "百分比"  # both are as like: the first of them


def test_what_is_less_like_than_another_is_hardly_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    class Counted(difflib.SequenceMatcher[str]):
        def ratio(self) -> float:
            compared.append(self.a)
            return super().ratio()

    monkeypatch.setattr(difflib, "SequenceMatcher", Counted)
    assert nearest("county-0042-raod", [f"county-{number:04}-road" for number in range(1000)]) == "county-0042-road"
    assert len(compared) < 100


def test_every_node_has_a_place(example: Policy) -> None:
    parts = [
        *example.components,
        *example.tiers,
        *example.facts,
        *example.judgements,
        *example.findings,
        *example.gates,
    ]
    parts += [indicator for component in example.components for indicator in component.indicators]
    for node in parts:
        assert attrs.asdict(node, recurse=False)["span"].text.split()[0]
        assert node.name in node.span.text
