"""The grammar file, compiled once: a lexer of raw tokens and a table-driven parser. Nothing is cached on disk."""

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from attrs import define
from lark import Lark
from lark.parsers.lalr_interactive_parser import InteractiveParser

from assessdsl.resources import resource
from assessdsl.syntax import reductions


@define
class Raw:
    """A token as the terminals of the grammar see it, before its place in the statement is known."""

    type: str
    text: str
    start: int
    end: int


def compile_grammar(*, parser: str | None, strict: bool = False) -> Lark:
    """`strict` refuses ambiguity; it needs the package interegular and time, so only the tests ask for it."""
    text = resource("grammars", "assess.lark").read_text("utf-8")
    callbacks = cast(Any, SimpleNamespace(**reductions.CALLBACKS)) if parser else None
    return Lark(
        text,
        start="document",
        parser=cast(Any, parser),
        lexer="basic",
        strict=strict,
        maybe_placeholders=False,
        transformer=callbacks,
    )


@cache
def _lexer() -> Lark:
    return compile_grammar(parser=None)


@cache
def _parser() -> Lark:
    return compile_grammar(parser="lalr")


def scan(text: str) -> Iterator[Raw]:
    """The raw tokens of a text."""
    for token in _lexer().lex(text):
        start = token.start_pos or 0
        yield Raw(token.type, str(token), start, start + len(token))


def start_parser() -> InteractiveParser:
    return _parser().parse_interactive("")
