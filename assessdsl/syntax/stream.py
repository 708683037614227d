"""Raw tokens with a view of those that come. Comments are laid aside on the way."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from attrs import Factory, define

from assessdsl.source import Source, Span
from assessdsl.syntax.grammar import Raw
from assessdsl.syntax.tree import Comment
from assessdsl.vocabulary import Kind, Word, vocabulary

FILE_END: Final = "$END"
_SIGNS: Final = frozenset({"COMPARE", "PLUS", "MINUS", "TIMES", "OVER", "_COMMA"})
_ADDED: Final = frozenset({"STRING", "NUMBER", "DATE", "QUOTED_NAME"})


@define
class Stream:
    source: Source
    _raw: Iterator[Raw]
    comments: list[Comment] = Factory(list)
    _ahead: deque[Raw] = Factory(deque)

    def put_back(self, raw: Raw) -> None:
        self._ahead.appendleft(raw)

    def stop(self) -> None:
        """Nothing more is read."""
        self._raw = iter(())
        self._ahead.clear()

    def peek(self, distance: int = 0) -> Raw:
        """A raw token that comes; comments are laid aside on the way."""
        if len(self._ahead) > distance:
            return self._ahead[distance]
        while len(self._ahead) <= distance:
            raw = next(self._raw, None)
            if raw is None:
                end = len(self.source.text)
                self._ahead.append(Raw(FILE_END, "", end, end))
            elif raw.type == "COMMENT":
                self._comment(raw)
            else:
                self._ahead.append(raw)
        return self._ahead[distance]

    def take(self) -> Raw:
        raw = self.peek()
        self._ahead.popleft()
        return raw

    def _comment(self, raw: Raw) -> None:
        text = self.source.text
        before = text[text.rfind("\n", 0, raw.start) + 1 : raw.start]
        self.comments.append(Comment(raw.text[1:].strip(), self.span(raw), bool(before.strip())))

    def span(self, raw: Raw) -> Span:
        return Span(self.source, raw.start, raw.end)

    def spelled(self, kind: Kind, distance: int = 0) -> tuple[Word, int] | None:
        """The word of a kind that the coming names spell, and how many of them: the longest."""
        known, first = vocabulary(), self.peek(distance)
        if first.type != "NAME":
            return None
        phrases = known.phrases.get((kind, first.text))
        for parts in sorted(phrases, key=len, reverse=True) if phrases else ():
            coming = [self.peek(distance + i) for i in range(len(parts))]
            if all(raw.type == "NAME" and raw.text == part for raw, part in zip(coming, parts, strict=True)):
                word = known.find(kind, " ".join(parts))
                assert word is not None
                return word, len(parts)
        word = known.find(kind, first.text)
        return (word, 1) if word else None

    def operator_follows(self) -> bool:
        """Whether the next line starts with an operator, as no statement does: what stands before it goes on there."""
        distance = 0
        while self.peek(distance).type == "NEWLINE":
            distance += 1
        if distance == 0 or self.spelled("word", distance):
            return False
        word = self.spelled("operator", distance)
        return self.peek(distance).type in _SIGNS or (word is not None and word[0].id not in ("if", "not"))

    def statement_at(self, distance: int) -> bool:
        """Whether a new statement seems to stand there: its word and an operand, which no expression has."""
        if not self.spelled("word", distance):
            return False
        follows = self.peek(distance + 1)
        if follows.type == "NAME":
            return not (self.spelled("operator", distance + 1) or self.spelled("clause", distance + 1))
        return follows.type in _ADDED
