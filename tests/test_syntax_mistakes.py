"""One mistake gives one remark, at its place, and what follows is still read."""

import pytest

from assessdsl.diagnostics import render
from assessdsl.source import Source
from assessdsl.syntax import read
from assessdsl.syntax.tree import Statement

# ⟦ and ⟧ stand around what is marked. A line `issued 1` follows in the same block.
MISTAKES = {
    "unknown sign": ("AS1010", "total 1 ⟦@⟧ 2"),
    "unknown letter in a name": ("AS1010", "group sh⟦а⟧re"),
    "enumeration comma": ("AS1010", "for a⟦、⟧b"),
    "full-width digits": ("AS1010", "full ⟦１⟧００"),
    "text that does not end": ("AS1011", 'group a ⟦"⟧Counties'),
    "text with two kinds of quotation mark": ("AS1011", 'group a ⟦“⟧Counties"'),
    "backtick that does not end": ("AS1011", "group ⟦`⟧a"),
    "escape": ("AS1012", 'group a "x⟦\\n⟧y"'),
    "backticks around two words": ("AS1015", "group ⟦`a b`⟧"),
    "exponent": ("AS1016", "full ⟦1e3⟧ points"),
    "other base": ("AS1016", "full ⟦0x1F⟧"),
    "point without digits before": ("AS1016", "full ⟦.5⟧"),
    "point without digits behind": ("AS1016", "full ⟦5.⟧ points"),
    "separator": ("AS1018", "full ⟦1,000⟧ points"),
    "full-width separator": ("AS1018", "full ⟦1，000⟧ points"),
    "underscores": ("AS1018", "full ⟦1_000⟧ points"),
    "zeros behind a comma in brackets": ("AS1018", "total max(⟦1,000⟧, 2)"),
    "no such day": ("AS1019", "issued ⟦2022-02-30⟧"),
    "no such day in Chinese": ("AS1019", "issued ⟦2022年2月30日⟧"),
    "day without zeros": ("AS1019", "issued ⟦2022-2-8⟧"),
    "glued statement": ("AS1021", "⟦权重40⟧"),
    "glued clause": ("AS1021", "tier a ⟦当总分⟧ >= 60分"),
    "glued clause and number": ("AS1021", "tier a ⟦前20⟧% of group"),
    "two values": ("AS1030", "parameter a = 3 ⟦4⟧"),
    "percent of nothing": ("AS1030", "total a ⟦%⟧"),
    "nothing behind an operator": ("AS1031", "total 1 ⟦+⟧"),
    "nothing behind a word operator": ("AS1031", "gate a when b ⟦and⟧"),
    "nothing between operators": ("AS1031", "total 1 ⟦* *⟧ 2"),
    "nothing behind =": ("AS1031", "parameter a ⟦=⟧"),
    "nothing behind a comma": ("AS1031", "for a⟦, ,⟧ b"),
    "nothing in brackets": ("AS1031", "total ⟦()⟧"),
    "number at the start": ("AS1032", "⟦40 points⟧"),
    "text at the start": ("AS1032", '⟦"a"⟧ group b'),
    "backticks at the start": ("AS1032", "⟦`group`⟧ b"),
    "= at the start": ("AS1032", "⟦=⟧ 3"),
    "colon at the start": ("AS1032", "⟦:⟧ 3"),
    "operator at the start": ("AS1033", "total 1;\n⟦+⟧ 2"),
    "bracket that stays open": ("AS1034", "total max⟦(⟧1, min(2, 3)"),
    "bracket that stays open behind an operator": ("AS1034", "total 2 * ⟦(⟧1 +"),
    "bracket too many": ("AS1035", "total max(1, 2)⟦)⟧ + 3"),
    "brace too many": ("AS1037", "⟦}⟧"),
    "brace on the next line": ("AS1038", "component a\n⟦{⟧\n points 3\n}"),
    "= for ==": ("AS1039", "gate a when b ⟦=⟧ 3 then zero"),
    "= in brackets": ("AS1039", "parameter a = if(b ⟦=⟧ 3) then 1 else 2"),
    "= behind a word": ("AS1039", "full ⟦=⟧ 100 points"),
    "second =": ("AS1039", "parameter a = b ⟦=⟧ 3"),
    "if without then": ("AS1040", "total if 1 > 2 ⟦else⟧ 3"),
    "if without else": ("AS1041", "gate a when if b then ⟦c⟧"),
    "if without else before a clause": ("AS1041", "gate a when if b then c ⟦then⟧ zero"),
    "comma left out": ("AS1042", "total max(1 ⟦2⟧)"),
    "comma left out before a label": ("AS1042", "total f(a ⟦zero⟧: 2)"),
    "colon": ("AS1043", "full⟦:⟧ 100 points"),
    "full-width colon": ("AS1043", "满分⟦：⟧100分"),
}


def marked(text: str) -> tuple[str, int, int]:
    start, end = text.index("⟦"), text.index("⟧") - 1
    return text.replace("⟦", "").replace("⟧", ""), start, end


def words(statements: tuple[Statement, ...]) -> list[str]:
    return [word for statement in statements for word in (statement.word, *words(statement.block or ()))]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_the_dsl(mistake: str) -> None:
    code, line = MISTAKES[mistake]
    text, start, end = marked(f"policy p {{\n{line}\nissued 1\n}}\nrank 2\n")
    if mistake == "brace too many":
        text, start, end = marked(f"policy p {{\n}}\n{line}\nissued 1\nrank 2\n")
    document, found = read(Source("p.assess", text))
    assert [(remark.code, remark.span.start, remark.span.end) for remark in found] == [(code, start, end)]
    assert words(document.statements)[-2:] == ["issued", "rank"]
    for language in ("en", "zh"):
        assert "``" not in render(found[0], language), "a message that quotes nothing"


ONLY_DSL = {
    "operator at the start",
    "brace too many",
    "brace on the next line",
    "colon",
    "full-width colon",
    "text at the start",
}


@pytest.mark.parametrize("mistake", [mistake for mistake in MISTAKES if mistake not in ONLY_DSL])
def test_mistake_in_yaml(mistake: str) -> None:
    """The same statement as one key with nothing behind it, and as a word and the rest."""
    code, line = MISTAKES[mistake]
    quoted = "'" + line.replace("'", "''") + "'"
    text, start, end = marked(f"policy p:\n  {quoted}:\n  issued:\nrank:\n")
    document, found = read(Source("p.yaml", text))
    assert [(remark.code, remark.span.start, remark.span.end) for remark in found] == [(code, start, end)]
    assert words(document.statements)[-2:] == ["issued", "rank"]


def test_several_mistakes_give_as_many_remarks() -> None:
    lines = [line for mistake, (_, line) in MISTAKES.items() if not mistake.startswith("brace")]
    text = "policy p {\n" + "\n".join(line.replace("⟦", "").replace("⟧", "") for line in lines) + "\n}\n"
    _, found = read(Source("p.assess", text))
    expected = [code for mistake, (code, _) in MISTAKES.items() if not mistake.startswith("brace")]
    assert [remark.code for remark in found] == expected


def test_a_wrong_head_keeps_its_name_and_its_block() -> None:
    text = 'policy p {\n  component base "Base" 3 @ 4 {\n    points 40 +\n    indicator a { score 1 }\n  }\n}\n'
    document, found = read(Source("p", text))
    assert [remark.code for remark in found] == ["AS1010", "AS1031"]
    (component,) = document.statements[0].block or ()
    assert component.broken
    assert [part.span.text for part in component.series[0]] == ["base", '"Base"']
    points, indicator = component.block or ()
    assert points.broken
    assert points.span.text == "points 40 +"
    assert not indicator.broken


def test_text_that_does_not_end_leaves_its_block_open() -> None:
    document, found = read(Source("p", 'policy p "P {\n  full 100 points\n}\n'))
    assert [remark.code for remark in found] == ["AS1011"]
    assert words(document.statements) == ["policy", "full"]


@pytest.mark.parametrize(
    ("text", "statement", "expected"),
    [
        ("policy p {\n  full 1\n", "policy", ["policy", "full"]),
        (
            "policy p {\n  component a {\n    points 1\n  component b {\n    points 2\n  }\n}\n",
            "component a",
            ["policy", "component", "points", "component", "points"],
        ),
        (
            "policy p {\n  component a {\n    indicator i {\n      points 1\n  }\n  full 1\n}\n",
            "indicator i",
            ["policy", "component", "indicator", "points", "full"],
        ),
    ],
    ids=["at the end", "before a statement further left", "before another brace further left"],
)
def test_missing_brace_is_placed_by_the_indentation(text: str, statement: str, expected: list[str]) -> None:
    document, found = read(Source("p", text))
    assert [remark.code for remark in found] == ["AS1036"]
    at = found[0].span.start
    assert text[at:].startswith(statement)
    assert words(document.statements) == expected
    assert len(document.statements) == 1
    if statement != "policy":
        assert [part.word for part in document.statements[0].block or ()][-1] in ("component", "full")


YAML_MISTAKES = {
    "anchor": ("AS1062", "policy p:\n  full: ⟦&a⟧ 1\n"),
    "alias": ("AS1062", "policy p:\n  full: ⟦*a⟧\n"),
    "tag": ("AS1063", "policy p:\n  full: ⟦!!int 1⟧\n"),
    "merge": ("AS1064", "policy p:\n  ⟦<<⟧:\n    full: 1\n"),
    "second document": ("AS1065", "policy p:\n  full: 1\n⟦---⟧\npolicy q:\n"),
    "second key": ("AS1066", "policy p:\n  group  a: A\n  ⟦group a⟧: B\n"),
    "full-width colon": ("AS1067", "政策 p:\n  权重⟦：⟧40\n"),
    "full-width colon among keys": ("AS1067", "政策 p:\n  权重⟦：⟧40\n  满分: 100分\n"),
    "full-width colon with a blank": ("AS1067", "政策 p:\n  组别 a⟦：⟧ A\n  满分: 100分\n"),
    "full-width colon in a clause": ("AS1067", "门槛 a:\n  当: 得分⟦：⟧3\n"),
    "full-width colon for the whole": ("AS1067", "政策⟦：⟧p\n"),
    "list as a key": ("AS1068", "policy p:\n  ? ⟦[⟧a]\n  : b\n"),
    "empty key": ("AS1068", "policy p:\n  ⟦''⟧: b\n"),
    "list at the top": ("AS1069", "⟦-⟧ policy p\n"),
    "text at the top": ("AS1069", "⟦policy p⟧\n"),
    "keys below a clause": ("AS1069", "gate a:\n  when:\n    ⟦b⟧: c\n"),
    "keys below a label": ("AS1069", "gate a:\n  label:\n    ⟦b⟧: c\n"),
    "list in a list": ("AS1069", "guarantee:\n  - ⟦-⟧ monotone\n"),
    "brace in a text": ("AS1070", "policy p:\n  register: freeze ⟦{⟧\n"),
    "semicolon in a text": ("AS1070", "policy p:\n  full: 100⟦;⟧ period 2022\n"),
    "label of two lines": ("AS1071", "group a: ⟦'b\n\n  c'⟧\n"),
    "label too long": ("AS1013", f"group a: ⟦{'b' * 2001}⟧\n"),
    "two keys on a line": ("AS1072", "policy p:\n  full: 1⟦:⟧ 2\n"),
    "line without a colon": ("AS1073", "policy p:\n  full: 1\n  ⟦total⟧\n  rank: 2\n"),
    "quotation mark left out": ("AS1074", "policy p:\n  group a: 'b⟦\n⟧"),
    "indentation": ("AS1075", "policy p:\n    full: 1\n  ⟦total⟧: 2\n"),
    "tab": ("AS1061", "policy p:\n⟦\t⟧full: 1\n"),
    "sign that YAML keeps for itself": ("AS1060", "policy p:\n  full: ⟦@⟧1\n"),
    "nothing for a value": ("AS1031", "parameter a:\n  ⟦value⟧:\n"),
    "bracket over two texts": ("AS1034", "rank:\n  - by max⟦(⟧1\n  - by 2\n"),
}


@pytest.mark.parametrize("mistake", YAML_MISTAKES)
def test_mistake_of_yaml(mistake: str) -> None:
    code, text = YAML_MISTAKES[mistake]
    text, start, end = marked(text)
    _, found = read(Source("p.yaml", text))
    if mistake == "indentation":
        end = start + 1  # PyYAML knows only where it begins
    assert [(remark.code, remark.span.start, remark.span.end) for remark in found] == [(code, start, end)]
