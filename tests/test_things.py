"""Counts of things that a policy declares: messages, layout, explanations; their rules are conformance cases."""

import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assessdsl
from assessdsl.authoring import format_text
from assessdsl.check.units import combine
from assessdsl.diagnostics import Diagnostic
from assessdsl.quantity import Quantity, Unit, counted
from assessdsl.source import Source
from assessdsl.syntax import read, write

POLICY = """# language: {language}
policy p "p" {{
  period 2022
  full 100 points
  thing household "户"
  thing 公里 to 1 place
  group g "g"
  fact moved household "moved" missing error
  fact roads 公里 "roads" missing error
  component c "c" {{ points 100 points
    indicator i "i" {{ points 100 points; missing error
      score {score} }} }}
}}
"""


def text(score: str, language: str = "en") -> str:
    return POLICY.format(score=score, language=language)


def test_so_much_for_each_is_suggested() -> None:
    found = remarks(text("100% - moved * 10%"))
    assert [(one.code, one.arguments["suggestion"]) for one in found] == [("AS3001", "moved / 1 户 * 10%")]


def remarks(source: str) -> list[Diagnostic]:
    return [found for found in assessdsl.engine.check_text("policy.assess", source)[1] if found.is_error]


@pytest.mark.parametrize(
    ("score", "code", "at", "message", "help"),
    [
        (
            "if moved + roads >= 5户 then 100% else 0%", "AS3015", "moved + roads",
            "`moved` is a count of 户, and `roads` is a count of 公里: unlike things neither add nor compare",
            "convert one into the other at a rate of your own, as in `moved / 1 户 * 3 公里`",
        ),
        (
            "if moved >= 5 items then 100% else 0%", "AS3015", "moved >= 5 items",
            "`moved` is a count of 户, and `5 items` is a count: unlike things neither add nor compare",
            "convert one into the other at a rate of your own, as in `5 items * 1 户`",
        ),
        (
            "if moved >= 5 hosehold then 100% else 0%", "AS1020", "hosehold",
            "`hosehold` behind the number `5` is neither a measure nor a declared thing",
            "write a measure such as `household`, or declare what is counted: `thing hosehold`",
        ),
        (
            "if moved >= 5户数 then 100% else 0%", "AS1021", "5户数",
            "`5户数` is read as one name", "put a blank between the words: `5户 数`",
        ),
        (
            "if moved * moved > 1 then 100% else 0%", "AS3002", "moved * moved",
            "`moved` is a count of 户, and `moved` is a count of 户: `*` of these has no meaning",
            "to count how many, divide by one of it: `moved / 1 户`",
        ),
    ],
)  # fmt: skip
def test_messages(score: str, code: str, at: str, message: str, help: str) -> None:
    (found,) = remarks(text(score))
    assert (found.code, found.span.text, found.message("en"), found.help("en")) == (code, at, message, help)


def test_a_message_in_chinese() -> None:
    (found,) = remarks(text("if moved + roads >= 5户 then 100% else 0%", "zh"))
    assert found.message("zh") == ("`moved` 是以户计的数量,而 `roads` 是以公里计的数量:所计不同,不能相加或比较")
    assert found.help("zh") == "请按自定的折算标准换算,例如 `moved / 1 户 * 3 公里`"


def test_a_misspelt_unit_is_told_what_there_is() -> None:
    (found,) = remarks(text("100%").replace("fact moved household", "fact moved houshold"))
    assert (found.code, found.help("en")) == ("AS2013", "did you mean `household`?")


def test_explanations_say_what_is_counted() -> None:
    policy = assessdsl.loads(text("if moved + 1 >= 5户 and roads > 2 then 100% else 0%"))
    result = assessdsl.evaluate(policy, [{"entity": "a", "group": "g", "moved": "4户", "roads": "2.5"}])
    shown = str(assessdsl.explain(result, "a"))
    assert "5 户" in shown
    assert "2.5 公里" in shown


def test_describe_says_what_the_data_counts() -> None:
    policy = assessdsl.loads(text("if moved >= 5户 and roads > 2 then 100% else 0%"))
    columns = [column for supply in assessdsl.authoring.describe(policy).data for column in supply.columns]
    assert {("户", 0), ("公里", 1)} <= {(column.unit, column.places) for column in columns}


@pytest.mark.parametrize("score", ["if moved >= 5 户 then 100% else 0%", "if moved >= 5 household then 100% else 0%"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_name_that_was_written_stays(score: str, language: str) -> None:
    written = format_text(text(score), language=language).after  # type: ignore[arg-type]
    assert ("户 " in written.split("moved >=")[1]) == ("户" in score)
    assert format_text(written, language=language).after == written  # type: ignore[arg-type]


def test_a_measure_that_another_file_may_declare_is_not_translated() -> None:
    document, _ = read(Source("policy.assess", 'extends "a"\npolicy p {\n  limit 5户\n}\n'))
    assert "5 户" in write(document, "dsl", "en")
    document, _ = read(Source("policy.assess", "policy p {\n  limit 5户\n}\n"))
    assert "5 items" in write(document, "dsl", "en")


def test_a_unit_of_things_is_one_object() -> None:
    unit = counted("household", "户")
    assert pickle.loads(pickle.dumps(unit)) is unit
    assert pickle.loads(pickle.dumps(Unit.COUNT)) is Unit.COUNT
    assert counted("户", "户") is counted("户")
    assert str(Quantity(Fraction(5, 2), unit)) == "2.5 户"


UNITS = [*Unit, counted("户"), counted("公里")]


@given(st.sampled_from(["+", "-", "==", "<", "if", "*"]), st.sampled_from(UNITS), st.sampled_from(UNITS))
def test_only_differences_know_left_from_right(operator: str, left: Unit, right: Unit) -> None:
    if operator != "-" and Unit.DATE not in (left, right):
        assert combine(operator, left, right) is combine(operator, right, left)
    if left.thing and right.counts and left is not right:
        found = combine(operator, left, right)
        assert found is (left if operator == "*" and right is Unit.COUNT else None)
