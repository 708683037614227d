"""Lexemes that need no word: numbers with their measures, text that does not end, signs that are unknown."""

import re
from typing import Final

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Span
from assessdsl.syntax import literals
from assessdsl.syntax.grammar import Raw
from assessdsl.syntax.lexeme import Lexeme
from assessdsl.syntax.stream import Stream
from assessdsl.vocabulary import Kind

_EXPONENT_OR_BASE: Final = re.compile(r"[eE][0-9]*|[xXoObB][0-9A-Fa-f]*|_[0-9_]*")
NEVER_COUNTED: Final[tuple[Kind, ...]] = ("operator", "clause", "word", "name")  # words that are no things
_BLOCK_AT_LINE_END: Final = re.compile(r"[{｛]\s*(#.*)?$")


def error(code: str, span: Span, **arguments: str) -> Lexeme:
    return Lexeme("ERROR", span, faults=(Diagnostic(code, span, arguments),))


def unknown(stream: Stream, raw: Raw, previous: Lexeme | None) -> Lexeme:
    """A sign that is none of the language, or a point that belongs to a number."""
    span, follows = stream.span(raw), stream.peek()
    if raw.text == ".":
        before = previous is not None and previous.type == "NUMBER" and previous.span.end == raw.start
        after = follows.type == "NUMBER" and follows.start == raw.end
        if before or after:
            whole = Span(
                stream.source,
                previous.span.start if before and previous else raw.start,
                follows.end if after else raw.end,
            )
            return error("AS1016", whole, number=whole.text)
    return Lexeme("ERROR", span, faults=(literals.unknown_character(raw.text, span),))


def unclosed_text(stream: Stream) -> Lexeme:
    """Text that does not end on its line; a `{` at the end of the line still opens the statement's block."""
    raw = stream.take()
    if block := _BLOCK_AT_LINE_END.search(raw.text, 1):
        start = raw.start + block.start()
        stream.put_back(Raw("_LBRACE", block[0][0], start, start + 1))
    span = stream.span(raw)
    closing = {"`": "`", '"': '"'}.get(raw.text[0], "”")
    return error("AS1011", Span(stream.source, span.start, span.start + 1), quote=raw.text[0], closing=closing)


def number(stream: Stream) -> Lexeme:
    """A number with the measure behind it."""
    raw = stream.take()
    span = stream.span(raw)
    value, fault = literals.read_number(raw.text, span)
    lexeme = Lexeme("NUMBER", span, value=value, faults=(fault,) if fault else ())
    follows = stream.peek()
    glued = follows.start == raw.end
    if follows.type == "PERCENT":
        lexeme.word = "percent"
    elif measure := stream.spelled("measure"):
        lexeme.word = measure[0].id
    elif not _may_be_counted(stream, follows):
        return lexeme
    elif fault is None and glued and (wrong := _wrong_measure(stream, raw, follows)):
        lexeme.faults = (wrong,)
    stream.take()
    lexeme.text = follows.text
    lexeme.span = span.to(stream.span(follows))
    return lexeme


def _may_be_counted(stream: Stream, follows: Raw) -> bool:
    """Whether a name behind a number says what is counted: it is no word of the language, no function, and bare."""
    if follows.type != "NAME" or stream.peek(1).type == "_LPAR":
        return False
    return not any(stream.spelled(kind) for kind in NEVER_COUNTED)


def _wrong_measure(stream: Stream, number: Raw, measure: Raw) -> Diagnostic | None:
    """What no thing is called that may be glued to a number."""
    span = stream.span(number).to(stream.span(measure))
    text = measure.text
    if text.startswith("_") and text.strip("_0123456789") == "":
        return Diagnostic("AS1018", span, {"number": span.text, "suggestion": span.text.replace("_", "")})
    if _EXPONENT_OR_BASE.fullmatch(text):
        return Diagnostic("AS1016", span, {"number": span.text})
    return literals.check_name(text, stream.span(measure))
