"""What the parser builds: one function for each rule of the grammar, from the children to a node of the tree.

They run while the parser reads, so that no deep tree is ever walked recursively.
"""

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from attrs import frozen

from assessdsl.limits import LIMITS
from assessdsl.source import Span
from assessdsl.syntax.lexeme import Lexeme
from assessdsl.syntax.tree import (
    Argument,
    Call,
    Choice,
    Clause,
    Day,
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


class TooDeep(Exception):
    """An expression whose operators stand too deep within one another."""

    def __init__(self, span: Span) -> None:
        self.span = span
        super().__init__(span)


@frozen
class _Value:
    expression: Expression


@frozen
class _Block:
    statements: tuple[Statement, ...]
    end: int


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside an expression."""
    match expression:
        case Call(_, arguments):
            return tuple(part for argument in arguments for part in (argument.key, argument.value) if part is not None)
        case Operation(_, operands):
            return operands
        case Prefix(_, operand):
            return (operand,)
        case Choice(condition, chosen, other):
            return (condition, chosen, other)
        case _:
            return ()


def _shallow(expression: Expression) -> Expression:
    """The expression, unless it is nested deeper than the limit."""
    level: list[Expression] = [expression]
    for _ in range(LIMITS.nesting):
        level = [part for outer in level for part in children(outer)]
        if not level:
            return expression
    raise TooDeep(expression.span)


def _name(parts: Sequence[Lexeme]) -> Name:
    return Name(parts[0].text, parts[0].word, parts[0].span)


def _number(parts: Sequence[Lexeme]) -> Number:
    assert isinstance(parts[0].value, Fraction)
    return Number(parts[0].value, parts[0].word, parts[0].span, behind=parts[0].text)


def _text(parts: Sequence[Lexeme]) -> Text:
    return Text(parts[0].text, parts[0].span)


def _day(parts: Sequence[Lexeme]) -> Day:
    assert isinstance(parts[0].value, date)
    return Day(parts[0].value, parts[0].span)


def _argument(parts: Sequence[Expression]) -> Argument:
    if len(parts) == 1:
        return Argument(parts[0], None, parts[0].span)
    return Argument(parts[1], parts[0], parts[0].span.to(parts[1].span))


def _call(parts: Sequence[Any]) -> Call:
    function, *arguments, closing = parts
    name = Name(function.text, function.word, function.span)
    return Call(name, tuple(arguments), function.span.to(closing.span))


def _chain(parts: Sequence[Any]) -> Operation:
    operands, operators = tuple(parts[::2]), tuple(operator.word for operator in parts[1::2])
    return Operation(operators, operands, operands[0].span.to(operands[-1].span))


def _prefix(parts: Sequence[Any]) -> Prefix:
    operator, operand = parts
    return Prefix(operator.word, operand, operator.span.to(operand.span))


def _choice(parts: Sequence[Any]) -> Choice:
    first, condition, chosen, other = parts
    return Choice(condition, chosen, other, first.span.to(other.span))


def _bracketed(parts: Sequence[Any]) -> Expression:
    expression: Expression = parts[0]
    return expression


def _phrase(parts: Sequence[Expression]) -> Phrase:
    return (_shallow(parts[0]), *parts[1:])


def _series(parts: Sequence[Phrase]) -> Series:
    return tuple(parts)


def _last(series: Series, before: Span) -> Span:
    return before.to(series[-1][-1].span) if series else before


def _clause(parts: Sequence[Any]) -> Clause:
    word: Lexeme = parts[0]
    series: Series = parts[1] if len(parts) > 1 else ()
    return Clause(word.word, series, _last(series, word.span))


def _value(parts: Sequence[Expression]) -> _Value:
    return _Value(_shallow(parts[0]))


def _block(parts: Sequence[Any]) -> _Block:
    *statements, closing = parts
    return _Block(tuple(statements), closing.span.end)


def _statement(parts: Sequence[Any]) -> Statement:
    word: Lexeme = parts[0]
    series: Series = ()
    clauses: list[Clause] = []
    value: Expression | None = None
    block: tuple[Statement, ...] | None = None
    span = word.span
    end = 0
    for part in parts[1:-1]:
        match part:
            case tuple():
                series = part
                span = _last(series, span)
            case Clause():
                clauses.append(part)
                span = span.to(part.span)
            case _Value():
                value = part.expression
                span = span.to(value.span)
            case _Block():
                block, end = part.statements, part.end
    if word.reach is not None:
        span = span.to(word.reach)
    return Statement(
        word.word or word.text,
        series,
        tuple(clauses),
        value,
        block,
        span=span,
        word_span=word.span,
        end=max(end, span.end),
        broken=word.broken,
    )


def _document(parts: Sequence[Statement]) -> tuple[Statement, ...]:
    return tuple(parts)


CALLBACKS: Final[dict[str, Callable[[Any], Any]]] = {
    "document": _document,
    "statement": _statement,
    "clause": _clause,
    "value": _value,
    "block": _block,
    "series": _series,
    "phrase": _phrase,
    "chain": _chain,
    "prefix": _prefix,
    "choice": _choice,
    "bracketed": _bracketed,
    "call": _call,
    "argument": _argument,
    "name": _name,
    "number": _number,
    "text": _text,
    "day": _day,
}
