"""Whatever stands in a file, it is built and checked with remarks, never with an exception, and soon."""

import time
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random

from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from assessdsl import syntax
from assessdsl.ast import build
from assessdsl.ast.walk import fingerprint
from assessdsl.check import check
from assessdsl.source import Source
from assessdsl.syntax.tree import (
    Argument,
    Call,
    Choice,
    Clause,
    Day,
    Document,
    Expression,
    Name,
    Number,
    Operation,
    Prefix,
    Series,
    Statement,
    Text,
)
from assessdsl.vocabulary import Kind, vocabulary

ROOT = Path(__file__).parent.parent
TEXTS = [
    path.read_text("utf-8")
    for path in [
        ROOT / "policies/municipal_2022/policy.en.assess",
        *sorted((ROOT / "tests/policies_with_mistakes").glob("*.assess")),
    ]
]


def looked_at(document: Document) -> None:
    policy, remarks = build(document)
    if policy is None:
        assert remarks
    else:
        checked = check(policy)
        assert check(policy) == checked
        fingerprint(policy)
        for remark in (*remarks, *checked.diagnostics):
            for language in ("en", "zh"):
                assert remark.message(language)
                remark.help(language)


@st.composite
def altered_texts(draw: st.DrawFn) -> str:
    """A policy with a few of its words left out, doubled, or put in each other's place."""
    words = draw(st.sampled_from(TEXTS)).replace("\n", " \n ").split(" ")
    for _ in range(draw(st.integers(1, 6))):
        at, other = draw(st.integers(0, len(words) - 1)), draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "copy"])):
            case "drop":
                words[at] = ""
            case "double":
                words.insert(at, words[at])
            case "swap":
                words[at], words[other] = words[other], words[at]
            case _:
                words[at] = words[other]
    return " ".join(words)


@settings(max_examples=150, deadline=None)
@given(altered_texts())
def test_altered_texts(text: str) -> None:
    looked_at(syntax.read(Source("policy.assess", text))[0])


@define
class Maker:
    """Makes trees of the right outer shape, and of any inside. Plainly random: a strategy for each part is slow."""

    random: Random

    def ids(self, kind: Kind) -> str:
        return self.random.choice([word.id for word in vocabulary().all(kind)])

    def name(self, kind: Kind = "name") -> Name:
        if self.random.random() < 0.5:
            return Name(id := self.ids(kind), id)
        return Name(self.random.choice(["one", "two", "base", "good", "f", "g", "超", "", "total"]))

    def expression(self, depth: int) -> Expression:
        pick = self.random.randrange(12 if depth else 5)
        match pick:
            case 0 | 1:
                return self.name()
            case 2:
                value = Fraction(self.random.randint(-9, 200), self.random.choice([1, 1, 1, 3, 10]))
                return Number(value, self.random.choice(["", "percent", "points", "pp", self.ids("measure")]))
            case 3:
                return Text(self.random.choice(["", "x", "一"]))
            case 4:
                return Day(self.random.choice([date(1, 1, 1), date(2022, 2, 28), date(9999, 12, 31)]))
            case 5 | 6 | 7:
                return Call(
                    self.name("function"), tuple(self.argument(depth - 1) for _ in range(self.random.randrange(4)))
                )
            case 8:
                return Prefix(self.random.choice(["not", "-"]), self.expression(depth - 1))
            case 9:
                return Choice(*(self.expression(depth - 1) for _ in range(3)))
            case _:
                family = self.random.choice(["+-", "*/", ["<", "<=", ">", ">=", "==", "!="], ["and"], ["or"]])
                operators = tuple(self.random.choice(family) for _ in range(self.random.randint(1, 3)))
                operands = tuple(self.expression(depth - 1) for _ in range(len(operators) + 1))
                return Operation(operators, operands)

    def argument(self, depth: int) -> Argument:
        key = self.random.choice([None, None, self.name("label"), self.expression(depth)])
        return Argument(self.expression(depth), key)

    def series(self) -> Series:
        phrases = range(self.random.randrange(3))
        return tuple(tuple(self.expression(2) for _ in range(self.random.randint(1, 3))) for _ in phrases)

    def statement(self, parent: str, depth: int) -> Statement:
        word = self.random.choice([word for word in vocabulary().children(parent) if depth or not word.block])
        series = self.series()
        if word.declares and self.random.random() < 0.8:  # or hardly anything would ever be built
            series = ((self.name(), *(self.expression(1) for _ in range(self.random.randrange(2)))),)
        elif self.random.random() < 0.6:
            series = ((self.expression(3),),)
        clauses = [
            Clause(clause, ((self.expression(3),),) if self.random.random() < 0.8 else self.series())
            for clause in (*word.clauses, self.ids("clause"))
            if self.random.random() < 0.6
        ]
        value = self.expression(3) if word.value else None
        block = self.block(word.id, depth - 1) if word.block and depth else None
        return Statement(word.id, series, tuple(clauses), value, block)

    def block(self, parent: str, depth: int) -> tuple[Statement, ...]:
        return tuple(self.statement(parent, depth) for _ in range(self.random.randint(1, 10)))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**64))
def test_made_up_trees(seed: int) -> None:
    block = Maker(Random(seed)).block("policy", 3)
    looked_at(Document((Statement("policy", ((Name("example"),),), block=block),), Source("policy.assess", "")))


def policy_with(definitions: str, score: str) -> str:
    return f"""policy example {{
      period 2022; full 100 points; group county
      {definitions}
      component base {{ points 100 points; indicator one {{ points 100 points; score {score} }} }}
    }}"""


def checked_within(text: str, seconds: int) -> set[str]:
    start = time.monotonic()
    document, _ = syntax.read(Source("policy.assess", text))
    policy, remarks = build(document)
    assert policy is not None
    found = {remark.code for remark in (*remarks, *check(policy).diagnostics)}
    assert time.monotonic() - start < seconds
    return found


def test_definitions_that_double_at_every_level_are_looked_at_once() -> None:
    levels = [f"define f{i + 1}(x) = min(f{i}(x * 50%), f{i}(x))" for i in range(40)]
    assert checked_within(policy_with("\n".join(["define f0(x) = x", *levels]), "f40(100%)"), 5) == set()
    values = [f"parameter v{i} = f{i}(100%)" for i in range(41)]
    found = checked_within(policy_with("\n".join(["define f0(x) = x", *levels, *values]), "f40(100%)"), 10)
    assert found == {"AS2119"}
    # where no two calls are alike, the work that a value may take is limited
    levels = [f"define f{i + 1}(x) = min(f{i}(x * 50%), f{i}(1 - x * x))" for i in range(40)]
    text = policy_with("\n".join(["define f0(x) = x", *levels, "parameter v = f40(100%)"]), "v")
    assert checked_within(text, 5) == {"AS3011"}


def test_definitions_that_use_one_another_a_thousand_deep() -> None:
    levels = [f"define f{i + 1}(x) = f{i}(x)" for i in range(1000)]
    assert checked_within(policy_with("\n".join(["define f0(x) = x", *levels]), "f1000(100%)"), 5) == {"AS2121"}
    parameters = [f"parameter p{i} = p{i + 1}" for i in range(1000)]
    text = policy_with("\n".join([*parameters, "parameter p1000 = 100%"]), "p0")
    assert checked_within(text, 5) == set()
    circle = policy_with("\n".join([*parameters, "parameter p1000 = p0"]), "p0")
    assert checked_within(circle, 5) == {"AS2115"}


def test_many_operands_in_one_expression() -> None:
    text = policy_with("", " + ".join(["0.01%"] * 4000))
    assert checked_within(text, 5) == set()
