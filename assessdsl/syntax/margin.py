"""Comments and blank lines, which lie beside the tree, given back to the lines that are written."""

import re
from typing import Final

from attrs import define

from assessdsl.source import Source, Span
from assessdsl.syntax.decode import is_language_comment
from assessdsl.syntax.tree import Comment, Document, Statement

INDENT: Final = "  "
_ENDS: Final = re.compile(r"[ \t;；{｛]*")  # what ends a statement, or its head


def comment_text(comment: Comment) -> str:
    return f"# {comment.text}".rstrip()


def beside(comment: Comment | None) -> str:
    """The comment as it stands behind something on its line."""
    return "  " + comment_text(comment) if comment else ""


def said(document: Document) -> list[Comment]:
    """The comments but the one that chooses the language: the first that can, above the first statement."""
    top = document.statements[0].word_span.start if document.statements else len(document.source.text)
    choosing = next((c for c in document.comments if is_language_comment(c.text) and c.span.start < top), None)
    return [comment for comment in document.comments if comment is not choosing]


@define
class Margin:
    """The comments of a document, handed out in their order."""

    source: Source
    _comments: list[Comment]
    _at: int = 0

    @classmethod
    def of(cls, document: Document) -> "Margin":
        return cls(document.source, said(document))

    def before(self, offset: int | None) -> list[Comment]:
        """The comments up to a place (None: all that are left)."""
        start = self._at
        while self._at < len(self._comments) and (offset is None or self._comments[self._at].span.start < offset):
            self._at += 1
        return self._comments[start : self._at]

    def beside(self, *offsets: int) -> Comment | None:
        """The next comment, if it stands behind something on the line of one of these places."""
        if self._at == len(self._comments) or not self._comments[self._at].trailing:
            return None
        comment = self._comments[self._at]
        if comment.span.line not in {self.source.position(offset).line for offset in offsets}:
            return None
        self._at += 1
        return comment

    def behind(self, offset: int) -> Comment | None:
        """The next comment, if it is what stands behind this place on its line: of several statements on one line,
        behind the last."""
        ends = _ENDS.match(self.source.text, offset)
        if ends is None or self._at == len(self._comments) or self._comments[self._at].span.start != ends.end():
            return None
        return self.beside(offset)

    def behind_head(self, statement: Statement) -> Comment | None:
        """The next comment, if it stands behind what opens the statement's block, or beside a head of several lines."""
        start, end = statement.word_span.start, statement.span.end
        several = self.source.position(start).line < self.source.position(end).line
        return self.behind(end) or (self.beside(start) if several else None)

    def blank_above(self, span: Span) -> bool:
        """Whether the author left a line empty above this place."""
        line = span.line
        return line > 1 and not self.source.line_text(line - 1).strip()

    def has(self, statement: Statement) -> bool:
        """Whether the statement was read from this document's text, and was not made by a program."""
        return bool(self.source.text) and statement.word_span.source is self.source

    def comments(self, end: int | None, *, first: bool = False) -> list[str]:
        """The lines of the comments up to a place; `first`: at the top, where no blank line stands."""
        lines: list[str] = []
        for comment in self.before(end):
            if self.blank_above(comment.span) and (lines or not first):
                lines.append("")
            lines.append(comment_text(comment))
        return lines

    def above(self, statement: Statement, previous: Statement | None) -> list[str]:
        """The lines above a statement: a blank one, and comments, those within the statement among them."""
        if not self.has(statement):
            blocks = previous is not None and (statement.block is not None or previous.block is not None)
            return [""] if blocks else []
        lines = self.comments(statement.span.end, first=previous is None)
        listed = previous is not None and previous.word_span == statement.word_span  # under one key of YAML
        if self.blank_above(statement.word_span) and (lines or previous) and not listed:
            lines.append("")
        return lines
