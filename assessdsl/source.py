"""Text and places in it."""

import bisect
import unicodedata
from functools import cache, cached_property
from typing import Literal

from attrs import define, frozen

from assessdsl.resources import resource

Language = Literal["en", "zh"]


@frozen
class Position:
    """A place as people count: line and column from 1, the column in characters."""

    line: int
    column: int


@define(frozen=True, slots=False, eq=False)
class Source:
    """A text and the name by which it is shown, for example its path as the user gave it."""

    name: str
    text: str
    language: Language = "en"

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(i + 1 for i, character in enumerate(self.text) if character == "\n")]

    def position(self, offset: int) -> Position:
        line = bisect.bisect_right(self._line_starts, offset) - 1
        return Position(line + 1, offset - self._line_starts[line] + 1)

    def line_text(self, line: int) -> str:
        """The text of a line (from 1), without its end."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@frozen
class Span:
    """A part of a source, from offset `start` up to `end`."""

    source: Source
    start: int
    end: int

    @property
    def position(self) -> Position:
        return self.source.position(self.start)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.position.line

    def __str__(self) -> str:
        place = self.position
        return f"{self.source.name}:{place.line}:{place.column}"

    def __repr__(self) -> str:
        return f"<{self}>"

    @property
    def order(self) -> tuple[str, int]:
        """By which places are sorted."""
        return self.source.name, self.start

    def holds(self, other: "Span") -> bool:
        """Whether the other lies in it, in the same text."""
        return self.source is other.source and self.start <= other.start and other.end <= self.end

    def to(self, other: "Span") -> "Span":
        return Span(self.source, self.start, max(self.end, other.end))


NOWHERE = Span(Source("", ""), 0, 0)


@cache
def prelude_source() -> Source:
    """The functions that are written in the language itself: one object, so that places in it can be told."""
    path = resource("grammars", "prelude.assess")
    return Source(path.name, path.read_text("utf-8"))


@frozen
class Cell:
    """Where a value of a table stands: file, sheet, row (from 1, as the table's own program counts) and column."""

    file: str
    row: int
    column: str = ""
    sheet: str = ""

    def __str__(self) -> str:
        sheet = f"[{self.sheet}]" if self.sheet else ""
        if self.column.isascii() and self.column.isupper():
            return f"{self.file}{sheet}:{self.column}{self.row}"
        return " ".join(filter(None, (f"{self.file}{sheet}:{self.row}", self.column)))  # records have names of columns


def width(text: str) -> int:
    """Columns that the text takes on a terminal: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """The text filled with blanks to a number of terminal columns."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks


_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """The text with control, invisible and direction-changing characters written as `<U+202E>`."""
    if text.isprintable():  # nearly every text, and many are looked at
        return text
    return "".join(
        f"<U+{ord(character):04X}>" if unicodedata.category(character) in _UNSAFE else character for character in text
    )
