"""Comments that silence a rule: `# lint: off AS9024 reason` behind a statement is for that statement, on a line of its
own for the statement that follows with its block; above `policy`, for the whole file."""

import re
from collections.abc import Iterator
from typing import Final

from attrs import define, field

from assessdsl.authoring.lint_config import code_of, names
from assessdsl.authoring.lint_subject import Edit, Remark
from assessdsl.diagnostics import Diagnostic, codes
from assessdsl.source import Span
from assessdsl.syntax.tree import Comment, Document, Statement
from assessdsl.vocabulary import nearest

_PRAGMA: Final = re.compile(r"(?:lint\s*[:：]\s*off|检查\s*[:：]\s*关闭?)(?![0-9A-Za-z_])(.*)")
_BREAK: Final = re.compile(r"[\s,，、]+")
_LIKE_A_RULE: Final = re.compile(r"AS[0-9]+|[a-z]+(?:-[a-z0-9]+)+")


@define
class Pragma:
    """A comment, the codes that it silences, where it does, and those that were silenced."""

    comment: Comment
    codes: tuple[str, ...]
    reach: tuple[tuple[int, int], ...]
    used: set[str] = field(factory=set)

    def silences(self, found: Diagnostic) -> bool:
        if found.code not in self.codes or found.span.source is not self.comment.span.source:
            return False
        if not any(start <= found.span.start <= end for start, end in self.reach):
            return False
        self.used.add(found.code)
        return True


def pragmas(document: Document) -> tuple[list[Pragma], list[Remark]]:
    """Those of a file, and what is wrong with them."""
    found: list[Pragma] = []
    remarks: list[Remark] = []
    statements = [one for one in _all(document.statements) if one.word_span.source is document.source]
    for comment in document.comments:
        written = _PRAGMA.fullmatch(comment.text.strip())
        if written is None:
            continue
        known: list[str] = []
        given = [token for token in _BREAK.split(written[1]) if token]
        for token in given:
            if not _LIKE_A_RULE.fullmatch(token):
                break  # the reason begins
            code = code_of(token)
            if code is None:
                remarks.append(_remark("AS9112", comment, name=token, suggestion=nearest(token, names()) or ""))
            elif codes()[code].severity == "error":
                remarks.append(_remark("AS9104", comment, code=token))
            else:
                known.append(code)
        if not given or not _LIKE_A_RULE.fullmatch(given[0]):
            remarks.append(_remark("AS9111", comment))
        if known:
            found.append(Pragma(comment, tuple(known), tuple(_reach(comment, statements))))
    return found, remarks


def _remark(number: str, comment: Comment, **arguments: str) -> Remark:
    return Remark(Diagnostic(number, comment.span, arguments))


def _all(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    for statement in statements:
        yield statement
        yield from _all(statement.block or ())


def _reach(comment: Comment, statements: list[Statement]) -> Iterator[tuple[int, int]]:
    source, line = comment.span.source, comment.span.line
    if not comment.trailing:
        following = next((one for one in statements if one.word_span.start > comment.span.start), None)
        if following is not None:
            yield following.word_span.start, max(following.end, following.span.end)
        return
    for one in statements:
        if one.word_span.line <= line <= source.position(max(one.span.end - 1, 0)).line:
            yield one.word_span.start, one.span.end


def without_effect(found: list[Pragma]) -> Iterator[Remark]:
    for pragma in found:
        idle = [code for code in pragma.codes if code not in pragma.used]
        if idle:
            edits = (Edit(_whole(pragma.comment)),) if len(idle) == len(pragma.codes) else ()
            arguments = {"codes": ", ".join(idle)}
            yield Remark(Diagnostic("AS9113", pragma.comment.span, arguments), edits)


def _whole(comment: Comment) -> Span:
    """The comment with the blanks before it, or its line if it has one of its own."""
    text, span = comment.span.source.text, comment.span
    start = span.start
    while start and text[start - 1] in " \t":
        start -= 1
    end = span.end + 1 if not comment.trailing and text[span.end : span.end + 1] == "\n" else span.end
    return Span(span.source, start, end)
