"""Long statements on several lines: broken where the reader of the DSL goes on in the next line."""

import re
from typing import Final

from assessdsl.source import width
from assessdsl.syntax.margin import INDENT
from assessdsl.vocabulary import vocabulary

COLUMNS: Final = 120
_CONTINUED: Final = "    "
# Where a line breaks first, at one depth of brackets: an `else` parts more than an `and` does.
_RANKS: Final = {"else": 0, "then": 1, "or": 2, "and": 3, "+": 4, "-": 4}
_COMMA: Final = -1  # within brackets, where it parts operands
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|#.*|[()]|, | [^ "`#(),]+(?= )')


def wrapped(line: str, head: int = 0) -> list[str]:
    """The line of a statement, indented, as lines that hold to the width as far as they can; whole up to `head`.

    It breaks before operators, which no statement starts with, and behind commas within brackets.
    """
    indent = line[: len(line) - len(line.lstrip())] + _CONTINUED
    lines: list[str] = []
    depth = 0  # of the brackets that are open where the line starts
    while width(line) > COLUMNS and (found := _break(line, depth, head or len(indent + INDENT * depth))):
        at, depth = found
        head = 0
        lines.append(line[:at].rstrip())
        line = indent + INDENT * depth + line[at:].lstrip()
    return [*lines, line]


def _break(line: str, depth: int, least: int) -> tuple[int, int] | None:
    """Where the line breaks best, and the depth there: outside brackets, where it parts most, as late as fits."""
    known = vocabulary()
    found: list[tuple[bool, int, int, int]] = []
    for token in _TOKEN.finditer(line):
        text = token[0]
        if text in ("(", ")"):
            depth += 1 if text == "(" else -1
            continue
        word = known.find("operator", text[1:]) if text.startswith(" ") else None
        if word is not None and word.id in _RANKS:
            at, rank = token.start(), _RANKS[word.id]
        elif text == ", " and depth:
            at, rank = token.end(), _COMMA
        else:
            continue
        if at > least:
            fits = width(line[:at].rstrip()) <= COLUMNS
            found.append((not fits, depth, rank, -at if fits else at))
    if not found:
        return None
    _, depth, _, at = min(found)
    return abs(at), depth
