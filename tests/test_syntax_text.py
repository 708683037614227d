"""From bytes to tokens: encoding, language, comments, layout, the grammar itself and the word table."""

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from assessdsl.resources import resource
from assessdsl.source import Source
from assessdsl.syntax import decode, read, write
from assessdsl.syntax.grammar import tables_of
from assessdsl.syntax.literals import split_glued
from assessdsl.syntax.tabulate import compile_grammar, tabulated
from assessdsl.vocabulary import Kind, vocabulary

GRAMMAR = resource("grammars", "assess.lark").read_text("utf-8")


def test_grammar_is_unambiguous_and_its_terminals_are_disjoint() -> None:
    pytest.importorskip("interegular")
    compile_grammar(GRAMMAR, parser="lalr", strict=True)
    compile_grammar(GRAMMAR, parser=None, strict=True)


def test_the_tables_are_those_of_the_grammar() -> None:
    """If not: python -m assessdsl.syntax.tabulate"""
    assert json.loads(resource("grammars", "assess.tables.json").read_text("utf-8")) == tabulated(GRAMMAR)


def test_tables_of_another_grammar_are_refused() -> None:
    tables = tabulated(GRAMMAR)
    with pytest.raises(ValueError, match="the grammar was changed"):
        tables_of(GRAMMAR + "\n", tables)


def test_reading_leaves_no_file_behind(tmp_path: Path) -> None:
    code = "from assessdsl.syntax import *; from assessdsl.source import Source; read(Source('p', 'policy p {}'))"
    places = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    environment = {**os.environ, **places, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the word table


@pytest.mark.parametrize("kind", ["word", "clause", "operator", "measure", "function", "name", "label"])
def test_no_two_words_of_a_kind_are_spelled_alike(kind: Kind) -> None:
    for one, other in combinations(vocabulary().all(kind), 2):
        assert not set(one.spellings) & set(other.spellings)


def test_words_that_may_stand_in_one_place_are_spelled_apart() -> None:
    spellings = {kind: {s for word in vocabulary().all(kind) for s in word.spellings}
                 for kind in ("clause", "operator", "name", "function", "measure")}  # fmt: skip
    assert not spellings["clause"] & spellings["name"]
    assert not spellings["clause"] & spellings["function"]
    assert not spellings["clause"] & spellings["measure"]
    assert not spellings["operator"] & (spellings["name"] | spellings["function"] | spellings["measure"])
    assert spellings["operator"] & spellings["clause"] == {"then", "则"}  # told apart by the `if` before


# ---------------------------------------------------------------- bytes


def test_byte_order_mark_is_no_part_of_the_text() -> None:
    source, found = decode("p", b"\xef\xbb\xbfpolicy p {}")
    assert source is not None
    assert (source.text, found) == ("policy p {}", [])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("# language: zh\npolicy p {}", "zh"),
        ("\n# a policy\n# language: en\n政策 p {}", "en"),
        ("# 语言：中文\npolicy p {}", "zh"),
        ("政策 p {\n  年度 2022\n}", "zh"),
        ('policy p "区县考核办法" {\n  period 2022  # 年度 满分 总分\n}', "en"),
        ("政策 p {\n  period 2022\n  满分 100分\n}", "zh"),
        ("什么都不是", "zh"),
        ("nothing known", "en"),
        ("", "en"),
        ("政策 p {}\n# language: en", "zh"),
    ],
)
def test_language(text: str, language: str) -> None:
    source, found = decode("p", text.encode())
    assert source is not None
    assert (source.language, found) == (language, [])


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_other_encodings_are_guessed_and_their_language_told(encoding: str) -> None:
    source, (remark,) = decode("p", "政策 p {\n  年度 2022\n}\n".encode(encoding))
    assert source is None
    assert remark.arguments["encoding"].lower().replace("-", "") == encoding.replace("-", "")
    assert remark.span.source.language == "zh"


# ---------------------------------------------------------------- lines, words, comments


def tree(text: str) -> object:
    document, found = read(Source("p", text))
    assert found == [], text
    return document


@pytest.mark.parametrize(
    "text",
    [
        "policy p {full 100 points; period 2022}",
        "policy p {; ;full 100 points;;\n\n period 2022;}",
        "policy p {\n full\t100points\n period 2022 }",
        "policy p\u3000｛ full 100分；period 2022 ｝",
        "政策 p {\r\n  满分 100分\r\n  年度 2022\r\n}\r\n",
        "policy p { # a\n # b\n full 100 points # c\n period 2022\n}# d",
    ],
)
def test_layout_does_not_matter(text: str) -> None:
    assert tree(text) == tree("policy p {\n  full 100 points\n  period 2022\n}\n")


@pytest.mark.parametrize(
    "text",
    [
        "total max(1,\n\n  # why\n  2)",
        "total max(\n1\n,2\n)",
        "total max（1，2）",
    ],
)
def test_statements_carry_on_in_brackets(text: str) -> None:
    assert tree(text) == tree("total max(1, 2)")


@pytest.mark.parametrize("text", ["gate a when\n b and\n c then\n zero", "gate a when b 且\n c 则 零分"])
def test_statements_carry_on_behind_operators_and_clause_words(text: str) -> None:
    assert tree(text) == tree("gate a when b and c then zero")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("total ａ + 1".replace("ａ", "a") + " － 2 × 3 ÷ 4", "total a + 1 - 2 * 3 / 4"),
        (
            "gate a when b ≥ 1 and c ＜＝ 2 and d ＝＝ 3 and e !＝ 4",
            "gate a when b >= 1 and c <= 2 and d == 3 and e != 4",
        ),
        ("gate a when b 不低于 1 且 c 不等于 2 或 非 d", "gate a when b >= 1 and c != 2 or not d"),
        ("parameter a ＝ 40％", "parameter a = 40%"),
        ("组别 a “甲”", 'group a "甲"'),
        ("issued 2022年2月8日", "issued 2022-02-08"),
        ("full 010.50 points", "full 10.5 points"),
        ("tier a 前 20% 于 组别 至多 b", "tier a top 20% of group at most b"),
        ("total 如果 a 则 如果 b 则 1 否则 2 否则 3", "total if a then (if b then 1 else 2) else 3"),
        ("gate a when if b then c else d then zero", "gate a when (if b then c else d) then zero"),
        ("total a + (b) - c", "total a + b - c"),
    ],
)
def test_two_ways_to_write_one_thing(one: str, other: str) -> None:
    assert tree(one) == tree(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("total (a - b) - c", "total a - b - c"),
        ("total a - (b - c)", "total a - b - c"),
        ("total -(a + b)", "total -a + b"),
        ("gate a when not (b and c)", "gate a when not b and c"),
        ("gate a when (b < c) < d", "gate a when b < c < d"),
        ("total `rank`", "total rank"),
        ("group a `when`", "group a when"),
        ("total sum(a)", "total `sum`(a)"),
        ('group a "甲"', 'group a "“甲”"'),
    ],
)
def test_two_things(one: str, other: str) -> None:
    assert tree(one) != tree(other)


def test_comments_are_kept_in_their_places() -> None:
    text = """\
# language: en
# first

# second
policy p {  # of the policy
  # of the points
  full 100 points  # of full marks

  # before a block
  component a {
    points 1 point  # inside

    # the last
  }  # behind the block
  total max(1, 2)
}
# the end
"""
    document, found = read(Source("p", text))
    assert found == []
    assert write(document, "dsl", "en") == text
    yaml = write(document, "yaml", "en")
    again, found = read(Source("p.yaml", yaml))
    assert found == []
    assert [comment.text for comment in again.comments] == [comment.text for comment in document.comments]
    assert "  full: 100 points  # of full marks\n" in yaml
    inside = "total max(1,  # one\n  # two\n  2)\n"
    assert write(read(Source("p", inside))[0], "dsl", "en") == "# language: en\n# one\n# two\ntotal max(1, 2)\n"


def test_words_are_written_as_the_author_spelled_them_in_the_same_language() -> None:
    text = "# language: zh\n计次 3件\n追加 由 a\n得分 完成值\n考核期 2022年2月8日\n"
    document, _ = read(Source("p", text))
    assert write(document, "dsl", "zh") == text.replace("得分 ", "得分   ").replace("计次 ", "计次   ").replace(
        "追加 ", "追加   "
    )
    assert write(document, "dsl", "en").splitlines()[1:] == [
        "count    3 items", "addition by a", "score    actual", "period   2022-02-08"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "parts"),
    [("权重40", ("权重", "40")), ("points40", ("points", "40")), ("pointsof", None), ("权", None), ("甲乙", None)],
)
def test_split_glued(text: str, parts: tuple[str, str] | None) -> None:
    assert split_glued(text, ("word",)) == parts
