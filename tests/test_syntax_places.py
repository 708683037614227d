"""Every name and number of a tree points at what the author wrote, in both surfaces, whatever YAML's quoting."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from assessdsl.source import Source
from assessdsl.syntax import decode, read
from assessdsl.syntax.reductions import children
from assessdsl.syntax.tree import Call, Expression, Name, Number, Operation, Statement

POLICIES = sorted((Path(__file__).parent.parent / "policies" / "municipal_2022").glob("policy*"))


def expressions(statements: tuple[Statement, ...]) -> Iterator[Expression]:
    """Every expression of every statement, function names among them."""
    for statement in statements:
        series = [statement.series, *(clause.series for clause in statement.clauses)]
        waiting = [part for phrases in series for phrase in phrases for part in phrase]
        waiting += [statement.value] if statement.value is not None else []
        while waiting:
            expression = waiting.pop()
            yield expression
            if isinstance(expression, Call):
                yield expression.function
            waiting += children(expression)
        yield from expressions(statement.block or ())


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_spans_are_what_was_written(path: Path) -> None:
    source, _ = decode(path.name, path.read_bytes())
    assert source is not None
    found = list(expressions(read(source)[0].statements))
    names = [name for name in found if isinstance(name, Name)]
    numbers = [number for number in found if isinstance(number, Number)]
    assert len(names) > 100
    assert len(numbers) > 40
    for name in names:
        assert name.span.text == name.text
    for number in numbers:
        digits = "".join(character for character in number.span.text if character in "0123456789.")
        assert number.value == Fraction(digits)


SCALARS = {  # the same expression in every style of YAML: where `wrong` stands, line and column
    "plain": ("total: first + wrong * 2", 3, 18),
    "single": ("total: 'first + wrong * 2'", 3, 19),
    "double": ('total: "first + wrong * 2"', 3, 19),
    "double, escaped before": ('total: "\\u0066irst + wrong * 2"', 3, 24),
    "single, folded": ("total: 'first +\n\n      wrong * 2'", 5, 7),
    "double, folded": ('total: "first +\n      wrong * 2"', 4, 7),
    "double, line end escaped": ('total: "first + \\\n      wrong * 2"', 4, 7),
    "plain, folded": ("total: first\n      + wrong * 2", 4, 9),
    "block": ("total: |\n    first +\n    wrong * 2", 5, 5),
    "block, folded, chomped, with a comment": ("total: >-  # why\n    first +\n    wrong * 2", 5, 5),
    "block, deeper lines": ("total: >\n    first +\n       wrong * 2", 5, 8),
    "behind a mark": ("? total\n  : first + wrong * 2", 4, 13),
    "in a list": ("total:\n  - first + wrong * 2", 4, 13),
    "in brackets": ("component a: {points: first + wrong * 2}", 3, 33),
    "behind a quoted quote": ("total: '\"it''s\" == wrong * 2'", 3, 22),
}


@pytest.mark.parametrize("style", SCALARS)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_place_in_a_scalar(style: str, end: str) -> None:
    text, line, column = SCALARS[style]
    policy = f"# language: en\npolicy p:\n  {text}\n".replace("\n", end)
    source, found = decode("p.yaml", policy.encode())
    assert source is not None
    document, more = read(source)
    assert found + more == []
    (name,) = [x for x in expressions(document.statements) if isinstance(x, Name) and x.text == "wrong"]
    assert name.span.text == "wrong"
    assert (name.span.position.line, name.span.position.column) == (line, column)
    (product,) = [x for x in expressions(document.statements) if isinstance(x, Operation) and x.operators == ("*",)]
    assert product.span.text == "wrong * 2"


def test_an_escaped_name_points_at_its_escapes() -> None:
    source = Source("p.yaml", 'policy p:\n  total: "1 + \\u5206\\u503c"\n')
    document, found = read(source)
    assert found == []
    (name,) = [x for x in expressions(document.statements) if isinstance(x, Name) and x.text == "分值"]
    assert name.span.text == "\\u5206\\u503c"


@pytest.mark.parametrize("style", SCALARS)
def test_an_error_in_a_scalar_points_at_its_line_and_column(style: str) -> None:
    text, line, column = SCALARS[style]
    _, (remark,) = read(Source("p.yaml", f"# language: en\npolicy p:\n  {text}\n".replace("wrong", "wr²ng")))
    assert remark.code == "AS1010"
    assert (remark.span.position.line, remark.span.position.column) == (line, column + 2)
    assert remark.span.text == "²"


def test_spans_of_statements_and_words() -> None:
    text = 'policy p "P" {\n  gate g "G" when a > 1 then zero  # c\n  group b\n}\n'
    (policy,) = read(Source("p", text))[0].statements
    gate, group = policy.block or ()
    assert policy.span.text == 'policy p "P"'
    assert text[policy.span.start : policy.end] == text.strip()
    assert gate.span.text == 'gate g "G" when a > 1 then zero'
    assert gate.word_span.text == "gate"
    assert [clause.span.text for clause in gate.clauses] == ["when a > 1", "then zero"]
    assert text[group.span.start : group.end] == "group b"
