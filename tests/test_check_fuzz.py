"""Whatever stands in a file, it is built and checked with remarks, never with an exception, and soon."""

import time
from datetime import date
from pathlib import Path

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
    Statement,
    Text,
)
from assessdsl.vocabulary import vocabulary

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


NAMES = st.sampled_from(["one", "two", "base", "good", "f", "", "超", *(word.id for word in vocabulary().all("name"))])
NAME = st.builds(lambda text, word: Name(text, text if word else ""), NAMES, st.booleans())
FUNCTION = st.builds(
    lambda text, word: Name(text, text if word else ""),
    st.sampled_from(["f", "g", *(word.id for word in vocabulary().all("function"))]),
    st.booleans(),
)
LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.builds(Number, st.fractions(), st.sampled_from(["", *(word.id for word in vocabulary().all("measure"))])),
    st.builds(Text, st.text(max_size=3)),
    st.builds(Day, st.dates(date(1, 1, 1), date(9999, 12, 31))),
    NAME,
)
LABELS = st.one_of(
    st.none(), st.builds(lambda id: Name(id, id), st.sampled_from([w.id for w in vocabulary().all("label")]))
)


def _inner(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def chain(operators: list[str]) -> st.SearchStrategy[Expression]:
        return st.lists(st.tuples(st.sampled_from(operators), parts), min_size=1, max_size=3).flatmap(
            lambda pairs: st.builds(
                lambda first: Operation(
                    tuple(operator for operator, _ in pairs), (first, *(operand for _, operand in pairs))
                ),
                parts,
            )
        )

    arguments = st.lists(st.builds(Argument, parts, st.one_of(LABELS, parts)), max_size=4).map(tuple)
    return st.one_of(
        st.builds(Call, FUNCTION, arguments),
        chain(["+", "-"]),
        chain(["*", "/"]),
        chain(["<", "<=", "==", "!=", ">", ">="]),
        chain(["and"]),
        chain(["or"]),
        st.builds(Prefix, st.sampled_from(["not", "-"]), parts),
        st.builds(Choice, parts, parts, parts),
    )


EXPRESSIONS = st.recursive(LEAVES, _inner, max_leaves=8)
SERIES = st.lists(st.lists(EXPRESSIONS, min_size=1, max_size=3).map(tuple), max_size=2).map(tuple)
CLAUSES = st.lists(
    st.builds(Clause, st.sampled_from([word.id for word in vocabulary().all("clause")]), SERIES), max_size=3
).map(tuple)


def _statements(parent: str, depth: int) -> st.SearchStrategy[tuple[Statement, ...]]:
    words = [word for word in vocabulary().children(parent) if depth or not word.block]

    def of(id: str) -> st.SearchStrategy[Statement]:
        word = vocabulary().get("word", id)
        series = SERIES
        if word.declares:  # mostly right at the beginning, or nothing would ever be built
            series = st.one_of(series, st.tuples(st.tuples(NAME, EXPRESSIONS)), st.tuples(st.tuples(NAME)))
        block = _statements(id, depth - 1) if word.block and depth else st.none()
        return st.builds(Statement, st.just(id), series, CLAUSES, EXPRESSIONS if word.value else st.none(), block)

    one = st.one_of([of(word.id) for word in words])
    return st.lists(one, min_size=1, max_size=6).map(tuple)


@settings(max_examples=150, deadline=None)
@given(_statements("policy", 3))
def test_made_up_trees(statements: tuple[Statement, ...]) -> None:
    policy = Statement("policy", ((Name("example"),),), block=statements)
    looked_at(Document((policy,), Source("policy.assess", "")))


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
    assert found == {"AS2119", "AS3011"}  # too much work to know the last of these values


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
