"""Text → tree → text → tree, on both surfaces and in both languages."""

from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessdsl.source import Source
from assessdsl.syntax import decode, read, write
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
    Phrase,
    Prefix,
    Series,
    Statement,
    Text,
)
from assessdsl.vocabulary import Word, vocabulary

POLICIES = sorted((Path(__file__).parent.parent / "policies" / "municipal_2022").glob("policy*"))
SURFACES = ("dsl", "yaml")
LANGUAGES = ("en", "zh")


def policy(path: Path) -> Document:
    source, found = decode(path.name, path.read_bytes())
    assert source is not None
    document, more = read(source)
    assert found + more == []
    return document


def reread(text: str, surface: str) -> Document:
    document, found = read(Source(f"policy.{'yaml' if surface == 'yaml' else 'assess'}", text))
    assert found == [], text
    return document


# ---------------------------------------------------------------- the example policy


def test_there_are_three_twins() -> None:
    assert [path.name for path in POLICIES] == ["policy.assess", "policy.en.assess", "policy.yaml"]


def test_twins_are_equal_trees() -> None:
    chinese, english, yaml = (policy(path) for path in POLICIES)
    assert chinese == english
    assert chinese == yaml


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_policy_survives_writing(path: Path, surface: str, language: str) -> None:
    document = policy(path)
    text = write(document, surface, language)
    again = reread(text, surface)
    assert again == document
    comments = [comment.text for comment in document.comments[1:]]  # the first is the language
    assert [comment.text for comment in again.comments] == [f"language: {language}", *comments]
    assert [comment.trailing for comment in again.comments] == [comment.trailing for comment in document.comments]
    assert write(again, surface, language) == text


@pytest.mark.parametrize("path", [POLICIES[0], POLICIES[2]], ids=lambda path: path.name)
def test_policy_is_as_the_writer_lays_it_out(path: Path) -> None:
    document = policy(path)
    surface = "yaml" if path.suffix == ".yaml" else "dsl"
    assert write(document, surface, "zh") == path.read_text("utf-8")


# ---------------------------------------------------------------- generated trees

HAN = "目标考核组别权重一二的在不前按"
identifiers = st.one_of(
    st.text("abcxyz_" + HAN, min_size=1, max_size=6),
    st.sampled_from([spelling for word in vocabulary().words.values() for spelling in word.spellings]).filter(
        lambda spelling: spelling.replace("_", "a").isalnum()
    ),
)
names = st.builds(Name, identifiers)
labels = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u3164\uffa0"))
numbers = st.builds(
    lambda digits, places, measure: Number(Fraction(digits, 10**places), measure),
    st.integers(0, 10**9),
    st.integers(0, 4),
    st.sampled_from(["", *(word.id for word in vocabulary().all("measure"))]),
)
days = st.builds(Day, st.dates(date(1, 1, 1)))
texts = st.builds(Text, labels)


def word_names(kind: str) -> st.SearchStrategy[Name]:
    words = vocabulary().all(kind)  # type: ignore[arg-type]
    return st.sampled_from([Name(word.en[0], word.id) for word in words])


def chains(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Operation]:
    kinds = st.sampled_from([("or",), ("and",), ("+", "-"), ("*", "/"), ("==", "!=", "<", "<=", ">", ">=")])

    def chain(operators: tuple[str, ...], operands: list[Expression], draw: list[int]) -> Operation:
        chosen = tuple(operators[i % len(operators)] for i in draw[: len(operands) - 1])
        return Operation(chosen, tuple(operands))

    return st.builds(
        chain, kinds, st.lists(inner, min_size=2, max_size=4), st.lists(st.integers(0, 5), min_size=3, max_size=3)
    )


def call(function: Name, arguments: tuple[Argument, ...]) -> Call:
    """A call as it can be read: where keys are operands, only the function's own labels are labels."""
    word = vocabulary().words.get(("function", function.word))
    if word is not None and word.labels is not None:
        labels = {id for id in (word.id for word in vocabulary().all("label")) if id not in word.labels}
        arguments = tuple(
            evolve(a, key=Name(f"_{a.key.text}")) if isinstance(a.key, Name) and a.key.word in labels else a
            for a in arguments
        )
    return Call(function, arguments)


def larger(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    keys = st.one_of(st.none(), word_names("label"), names, numbers)
    arguments = st.lists(st.builds(Argument, inner, keys), max_size=3).map(tuple)
    functions = st.one_of(names, word_names("function"))
    return st.one_of(
        chains(inner),
        st.builds(Prefix, st.sampled_from(["not", "-"]), inner),
        st.builds(Choice, inner, inner, inner),
        st.builds(call, functions, arguments),
    )


operands: st.SearchStrategy[Expression] = st.one_of(names, word_names("name"), numbers, texts, days)
expressions = st.recursive(operands, larger, max_leaves=12)
MEASURES = {spelling for word in vocabulary().all("measure") for spelling in word.spellings}


WORDS = {spelling for word in vocabulary().all("name") for spelling in word.spellings}


def last(expression: Expression) -> Expression:
    """What the text of an expression ends with."""
    match expression:
        case Operation(_, operands):
            return last(operands[-1])
        case Prefix(_, operand) | Choice(_, _, operand):
            return last(operand)
        case _:
            return expression


def readable(phrase: Phrase) -> bool:
    """Side by side, no two words make another: `5` and `items`, `required` and `targets`."""
    for before, after in pairwise(map(last, phrase)):
        if not isinstance(after, Name) or not after.word:
            continue
        spellings = {
            part for spelling in vocabulary().get("name", after.word).spellings for part in spelling.split(" ")
        }
        if isinstance(before, Number) and not before.measure and spellings & MEASURES:
            return False
        if isinstance(before, Name) and f"{before.text} {after.text}" in WORDS:
            return False
    return True


phrases = st.builds(lambda first, rest: (first, *rest), expressions, st.lists(operands, max_size=2)).filter(readable)
series = st.lists(phrases, min_size=1, max_size=3).map(tuple)
clause_words = st.sampled_from([word.id for word in vocabulary().all("clause")])


@st.composite
def clauses(draw: st.DrawFn, word: Word) -> Clause:
    ids = st.sampled_from(word.clauses) if word.clauses else clause_words
    return Clause(draw(ids), draw(st.one_of(st.just(()), series)))


@st.composite
def statements(draw: st.DrawFn, parent: str, depth: int = 0) -> Statement:
    word = draw(st.sampled_from(vocabulary().children(parent)))
    operands: Series = draw(st.one_of(st.just(()), series, st.tuples(st.tuples(names)), st.tuples(declarations)))
    block = None
    if word.block:
        inner = st.lists(statements(word.id, depth + 1), max_size=3) if depth < 3 else st.just([])
        block = draw(st.one_of(st.none(), inner.map(tuple)))
    found = draw(st.lists(clauses(word), max_size=3)) if word.clauses or draw(st.booleans()) else []
    value = draw(st.one_of(st.none(), expressions)) if word.value and not found else None
    return Statement(word.id, operands, tuple(found), value, block)


declarations: st.SearchStrategy[Phrase] = st.one_of(
    st.tuples(names, texts), st.tuples(names, word_names("name"), texts), st.tuples(names, texts, numbers)
)
documents = st.lists(statements("file"), max_size=3).map(lambda found: Document(tuple(found), Source("", "")))


@pytest.mark.parametrize("language", LANGUAGES)
@given(document=documents)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_generated_tree_survives_the_dsl(document: Document, language: str) -> None:
    assert reread(write(document, "dsl", language), "dsl") == document


def keyed_apart(found: tuple[Statement, ...]) -> bool:
    """YAML brings equal keys together: only where they are together already is the order kept."""
    keys = [(statement.word, statement.series) for statement in found]
    words = [statement.word for statement in found]
    bare = {statement.word for statement in found if not statement.series and not statement.clauses}
    return (
        len(set(keys)) == len(keys)
        and all(words.count(word) == 1 for word in bare)  # nothing tells their keys apart
        and all(keyed_apart(statement.block) for statement in found if statement.block is not None)
    )


@pytest.mark.parametrize("language", LANGUAGES)
@given(document=documents.filter(lambda document: keyed_apart(document.statements)))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])
def test_generated_tree_survives_yaml(document: Document, language: str) -> None:
    text = write(document, "yaml", language)
    again = reread(text, "yaml")
    assert again == document, text
    assert reread(write(again, "dsl", language), "dsl") == document
