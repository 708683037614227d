"""Where authors who had only the manual stumbled: each place says what is meant, or does what they meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assessdsl
from assessdsl.authoring import format_text
from assessdsl.cli import main
from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Source
from assessdsl.syntax import read

POLICY = """policy p "p" {{
  period 2022
  full 100 points
  group g "g"
  fact n number "n" missing error
  fact r percent "r" missing error
  {declared}
  component c "c" {{
    points 100 points
    indicator i "i" {{
      points 100 points
      missing error
      score {score}
    }}
  }}
  {outcome}
}}
"""


def text(score: str = "100%", declared: str = "", outcome: str = "") -> str:
    return POLICY.format(score=score, declared=declared, outcome=outcome)


def remarks(source: str) -> list[Diagnostic]:
    return [found for found in assessdsl.engine.check_text("policy.assess", source)[1] if found.is_error]


def total(source: str, **facts: object) -> str:
    record = {"entity": "a", "group": "g", "n": 3000, "r": 5, **facts}
    result = assessdsl.evaluate(assessdsl.loads(source), [record])
    return str(result.entities["a"].total.value)


# ---------------------------------------------------------------- what is not known where it is needed


def test_a_definition_is_given_what_it_does_not_know() -> None:
    (found,) = remarks(text("pay(2) * 10%", "define pay(x) = x * sum(entries, actual)"))
    assert found.code == "AS2109"
    assert str(found.help("en")).endswith("as in `pay(mean(entries, actual))`")
    found = next(
        one for one in remarks(text("pay(planned) * 10%", "define pay(x) = x * planned")) if one.code == "AS2109"
    )
    assert str(found.help("zh")).endswith("`pay(planned)`")
    assert next(one for one in remarks(text("if total > 5 then 100% else 0%"))).help("en") is None


def test_a_quota_of_each_group_is_a_tier_of_each_group() -> None:
    quota = "top if group == g then 20% else 30% of group rounded up ties excluded"
    tiers = f"rank by total within group ties shared; tier good {quota}"
    (found,) = remarks(text(outcome=tiers + "; tier poor otherwise"))
    assert (found.code, found.span.text) == ("AS2109", "if group == g then 20% else 30%")
    assert str(found.help("en")).endswith("as in `when group == g`")


# ---------------------------------------------------------------- a name of the prelude


def test_a_definition_may_have_the_name_of_a_form_of_the_prelude() -> None:
    own = "define whole_steps(x, step) = floor(x / 1500)"
    assert total(text("whole_steps(n, 7) * 10%", own)) == "20"
    assert remarks(text("whole_steps(n) * 10%", own))[0].code == "AS2114"


def test_the_prelude_goes_on_meaning_its_own() -> None:
    own = "define whole_steps(x, step) = floor(x / 1500)"
    assert total(text("band(n, 1000, 10%, 100%)", own)) == total(text("band(n, 1000, 10%, 100%)")) == "30"


def test_a_definition_with_the_name_of_a_built_in_gives_one_remark() -> None:
    found = remarks(text("max(n) * 1%", "define max(x) = x"))
    assert [remark.code for remark in found] == ["AS2118"]


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    "score",
    [
        "if n > 1\n    then 40%\n    else 60%",
        "if n > 1\n\n      and n < 9000  # both\n    # and so\n    then 40% else 60%",
        "0.2 * 100%\n    + 20%",
        "clamp(40%, 0%\n    , 100%)",
        "if n\n >= 5 then 40% else 60%",
    ],
)
def test_a_line_that_starts_with_an_operator_goes_on(score: str) -> None:
    assert total(text(score)) == "40"


def test_a_consequence_may_stand_on_the_next_line() -> None:
    assert total(text("100%", outcome="gate z when n > 1\n    then at most 30 points")) == "30"


def test_in_chinese_too() -> None:
    assert total(text("如果 n > 1\n      则 40%\n      否则 60%")) == "40"


def test_what_stands_behind_a_line_that_is_wrong_is_not_remarked_on() -> None:
    (found,) = remarks(text("if @ > 1\n    then 40%\n    else 60%"))
    assert (found.code, found.span.text) == ("AS1010", "@")


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("sign", "expected"),
    [("大于", "0"), ("小于", "0"), ("大于等于", "100"), ("小于等于", "100"), ("不大于", "100"), ("不小于", "100"),
     ("等于", "100"), ("不等于", "0")],
)  # fmt: skip
def test_comparisons_in_words(sign: str, expected: str) -> None:
    assert total(text(f"如果 n {sign} 3000 则 100% 否则 0%")) == expected


@pytest.mark.parametrize("name", ["2022年增速", "3rd_party", "5村"])
def test_a_name_that_starts_with_a_digit(name: str) -> None:
    (found,) = remarks(text(declared=f"fact {name} number missing zero"))
    assert (found.code, found.span.text, found.help("en")) == (
        "AS1044", name, f"start it with a letter, a Han character or `_`, such as `_{name}`",
    )  # fmt: skip


# ---------------------------------------------------------------- units


def test_a_rate_beside_a_negative_share() -> None:
    (found,) = remarks(
        text("if r - 3% >= -2% then 100% else 0%", "benchmark b percent = 3%").replace("r - 3%", "r - b")
    )
    assert (found.code, found.help("en")) == ("AS3001", "write `-2 pp`")


def test_a_rate_by_a_share_is_no_share() -> None:
    (found,) = remarks(text("1 - r / 10%"))
    assert (found.code, found.help("en")) == ("AS3001", "write `r / like(10%, r)`")
    assert total(text("1 - r / like(10%, r)")) == "50"


def test_steps_of_a_wrong_unit_are_told_together() -> None:
    declared = "benchmark b percent = 3%"
    (found,) = remarks(text("ladder(r - b, 0%: 50%, 1%: 80%, 2%: 100%, below: 0%)", declared))
    assert (found.code, found.span.text, found.help("en")) == ("AS3001", "0%", "write `0 pp`")
    assert [other.en for other in found.related] == ["and `1%`", "and `2%`"]


# ---------------------------------------------------------------- what may be missing, or zero


def test_a_condition_may_be_decided_without_a_fact() -> None:
    outcome = "gate z when k > 1 then at most 30 points"
    (found,) = remarks(text(declared="fact k number", outcome=outcome))
    assert (found.code, "`not is_missing(k) and …`" in (found.help("en") or "")) == ("AS4018", True)
    decided = text(declared="fact k number", outcome=outcome.replace("when", "when not is_missing(k) and"))
    assert (total(decided), total(decided, k=2)) == ("100", "30")


def test_a_divisor_that_every_call_gives() -> None:
    declared = "define each(x, y) = x / (y * 2)"
    assert total(text("each(n, 5000) + each(n, y: 10000)", declared)) == "45"


@pytest.mark.parametrize("call", ["each(n, n)", "each(n, 5) + each(1, 0)", "each(n, 5) + each(1, n)"])
def test_a_divisor_that_some_call_leaves_open(call: str) -> None:
    found = remarks(text(call, "define each(x, y) = x / y"))
    assert [(remark.code, remark.span.text) for remark in found] == [("AS4019", "y")]


# ---------------------------------------------------------------- Python


def test_what_is_no_policy_result_or_entity() -> None:
    policy = assessdsl.loads(text())
    result = assessdsl.evaluate(policy, [{"entity": "a", "group": "g", "n": 1, "r": 1}])
    with pytest.raises(TypeError, match="the text of a policy"):
        assessdsl.loads(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="that load or loads gave"):
        assessdsl.evaluate("policy.assess", [])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the name of an entity"):
        assessdsl.explain(result, 3)  # type: ignore[arg-type]


# ---------------------------------------------------------------- long lines

BROKEN = """# language: en
policy p "p" {
  define share(months) = if months <= 1 then 100% else if months <= 2 or months == 17 then 80%
      else if months <= 3 and months > 0 then 60% else 0%
  fact n number "n" missing error  # what it is
  gate late "a gate, with a label, else and or" when n > 1 and n < 9 and not (n == 3 or n == 4) and n + n != 5
      then at most 30 points  # why
  component c "c" {
    points 100 points
    indicator i "i" {
      score ladder(n, 1: 10%, 2: 20%, 3: 30%, 4: 40%, 5: 50%, 6: lookup(n, 6: 61%, 7: 62%, otherwise: 63%), 8: 80%,
            9: 90%, below: 0%)
    }
  }
}
"""


LONG = BROKEN.replace("\n      else", " else").replace("\n      then", " then").replace("\n            9", " 9")


def test_long_statements_are_laid_out_on_several_lines() -> None:
    assert format_text(LONG).after == BROKEN
    assert not format_text(BROKEN).changed
    assert format_text(format_text(LONG, language="zh").after, language="en").after == BROKEN


NAMES = st.sampled_from(["n", "months", "a_rather_long_name_of_a_fact", "`or`", '"else, and (or"'])


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=2, max_size=6).map(lambda parts: f"max({', '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=6).map(lambda parts: f"({' + '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=6).map(lambda parts: f"({' and '.join(parts)})"),
        st.tuples(inner, inner, inner).map(lambda parts: "(if {} then {} else {})".format(*parts)),
    )


@given(st.recursive(NAMES, _expressions, max_leaves=40), st.sampled_from(["en", "zh"]))
def test_breaking_lines_changes_nothing(expression: str, language: str) -> None:
    source = f'policy p "p" {{\n  define f(x) = {expression}\n}}\n'
    written = format_text(source, language=language).after  # type: ignore[arg-type]
    assert read(Source("policy.assess", written))[0] == read(Source("policy.assess", source))[0]
    assert not format_text(written).changed


# ---------------------------------------------------------------- in the policy's language


def test_readers_speak_the_language_of_the_policy() -> None:
    policy = assessdsl.loads("# language: zh\n" + text())
    with pytest.raises(assessdsl.DataError) as raised:
        assessdsl.evaluate(policy, "no_such_folder")
    assert str(raised.value).startswith("错误[")


def test_tables_and_tallies_are_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, facts = tmp_path / "p.assess", tmp_path / "facts"
    path.write_text("# language: zh\n" + text(declared="fact k number missing zero"), "utf-8")
    facts.mkdir()
    (facts / "entities.csv").write_text("entity,group,n,r,k\na,g,1,1%,1\n", "utf-8")
    main(["check", str(path)])
    assert capsys.readouterr().out.endswith("p.assess: 3 个警告\n")
    main(["evaluate", str(path), str(facts), "--format", "csv"])
    heading, row = capsys.readouterr().out.removeprefix("\ufeff").splitlines()
    assert heading == "单位,名称,组别,总分,名次,等次,参评资格,考核认定,c"
    assert row == "a,a,g,100,,,是,,100"


# ---------------------------------------------------------------- Chinese words that authors try first


def test_chinese_words_that_authors_try_first_are_words_and_stay() -> None:
    source = """# language: zh
政策 p "p" {
  年度 2022
  满分 100分
  组别 g "g"
  板块 c "c" {
    分值 100分
    指标 i "i" {
      分值       100分
      单位       百分比
      得分       阶梯(排名(比值(实绩, 上年(实绩), 除零: 0), 范围: 组别, 并列: 共享), 1: 100%, 2: 50%, 以下: 0%)
      缺失       零分
      未下达目标 零分
    }
  }
}
"""
    assert remarks(source) == []
    assert format_text(source).after == source
