"""Lexemes that need no word: numbers with their measures, text that does not end, signs that are unknown."""

import re
from typing import Final

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Span
from assessdsl.syntax import literals
from assessdsl.syntax.grammar import Raw
from assessdsl.syntax.lexeme import Lexeme
from assessdsl.syntax.stream import Stream
from assessdsl.vocabulary import nearest, vocabulary

_EXPONENT_OR_BASE: Final = re.compile(r"[eE][0-9]*|[xXoObB][0-9A-Fa-f]*|_[0-9_]*")
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
    elif glued and follows.type == "NAME" and not (stream.spelled("operator") or stream.spelled("clause")):
        if fault is None:
            lexeme.faults = (_wrong_measure(stream, raw, follows),)
    else:
        return lexeme
    stream.take()
    lexeme.span = span.to(stream.span(follows))
    return lexeme


def _wrong_measure(stream: Stream, number: Raw, measure: Raw) -> Diagnostic:
    span = stream.span(number).to(stream.span(measure))
    text = measure.text
    if text.startswith("_") and text.strip("_0123456789") == "":
        return Diagnostic("AS1018", span, {"number": span.text, "suggestion": span.text.replace("_", "")})
    if _EXPONENT_OR_BASE.fullmatch(text):
        return Diagnostic("AS1016", span, {"number": span.text})
    if unknown := literals.check_name(text, stream.span(measure)):
        return unknown
    if parts := literals.split_glued(text, ("measure",)):
        suggestion = f"{number.text}{parts[0]} {parts[1]}"
        return Diagnostic("AS1021", span, {"text": span.text, "suggestion": suggestion})
    spellings = [spelling for word in vocabulary().all("measure") for spelling in word.spellings]
    meant = nearest(text, spellings) or ""
    return Diagnostic("AS1020", stream.span(measure), {"measure": text, "number": number.text, "suggestion": meant})
