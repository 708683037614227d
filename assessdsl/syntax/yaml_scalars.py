"""Where each character of a YAML scalar stands in the file: quoting, escapes and folding undone."""

import re
from typing import Final

from attrs import frozen

_ESCAPE: Final = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r?\n[ \t]*|.)", re.DOTALL)
_BLANKS: Final = re.compile(r"[ \t\r\n]+")


@frozen
class Scalar:
    """A piece of text: as YAML reads it, and from where to where each of its characters is written."""

    text: str
    start: int
    end: int
    style: str | None  # the sign that YAML has for it; None: plain
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The part of the file in which a part of the text is written."""
        if not self.starts:
            return self.start, self.end
        first = self.starts[start] if start < len(self.starts) else self.ends[-1]
        return first, max(first, self.ends[end - 1] if end > start else first)


def locate(source: str, start: int, end: int, text: str, style: str | None) -> Scalar:
    """The scalar that YAML found between two places of the source."""
    if style == '"' or style == "'":
        places = _quoted(source, start + 1, end - 1, style)
    else:
        body = start if style is None else source.find("\n", start, end) + 1 or end
        places = _as_written(source, body, end, text)
    if len(places) != len(text):  # no known case; the scalar itself is still a true place
        places = [(start, end)] * len(text)
    return Scalar(text, start, end, style, tuple(first for first, _ in places), tuple(last for _, last in places))


def _as_written(source: str, start: int, end: int, text: str) -> list[tuple[int, int]]:
    """Plain and block scalars: what is not blank stands as written and in order; only blanks are folded."""
    places: list[tuple[int, int]] = []
    at = start
    for character in text:
        if character.isspace():
            places.append((min(at, end), min(at + 1, end)))
            if at < end and source[at] == character:
                at += 1
            continue
        while at < end and source[at] != character:
            at += 1
        places.append((at, at + 1))
        at += 1
    return places


def _quoted(source: str, start: int, end: int, quote: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    at = start
    while at < end:
        if quote == '"' and source[at] == "\\":
            escape = _ESCAPE.match(source, at, end)
            stop = escape.end() if escape else at + 1
            if escape is None or "\n" not in escape[0]:  # an escaped line end vanishes
                places.append((at, stop))
        elif quote == "'" and source.startswith("''", at):
            stop = at + 2
            places.append((at, stop))
        elif blanks := _BLANKS.match(source, at, end):
            stop = blanks.end()
            places += _folded(blanks[0], at)
        else:
            stop = at + 1
            places.append((at, stop))
        at = stop
    return places


def _folded(blanks: str, at: int) -> list[tuple[int, int]]:
    """Blanks in quotes: kept within a line; one line end is a blank, n of them are n - 1 line ends."""
    breaks = blanks.count("\n")
    if not breaks:
        return [(at + i, at + i + 1) for i in range(len(blanks))]
    return [(at, at + len(blanks))] * max(1, breaks - 1)
