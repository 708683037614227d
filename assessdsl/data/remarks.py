"""The remarks on tables, collected so that one run tells all of them."""

from attrs import Factory, define

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import NOWHERE, Cell, Span
from assessdsl.vocabulary import Kind, nearest, vocabulary

_KEPT = 10_000  # of each severity: a table of a million wrong rows must not fill the memory
_GUESSED = 200  # misspelt names for which a likeness is sought: it takes time that grows with the names


@define
class Remarks:
    found: list[Diagnostic] = Factory(list)
    _counts: dict[str, int] = Factory(dict)
    _likenesses: dict[tuple[str, str], str] = Factory(dict)

    def add(self, code: str, cell: Cell | None = None, span: Span = NOWHERE, **arguments: str) -> None:
        self.keep(Diagnostic(code, span, arguments, cell))

    def keep(self, diagnostic: Diagnostic) -> None:
        count = self._counts[diagnostic.severity] = self._counts.get(diagnostic.severity, 0) + 1
        if count <= _KEPT:
            self.found.append(diagnostic)

    @property
    def wrong(self) -> bool:
        """Whether there is any error among them."""
        return "error" in self._counts

    def like(self, kind: str, text: str, candidates: tuple[str, ...]) -> str:
        """The candidate of a kind that is most like a misspelt text, or nothing."""
        if (kind, text) not in self._likenesses and len(self._likenesses) < _GUESSED:
            self._likenesses[kind, text] = nearest(text, candidates) or ""
        return self._likenesses.get((kind, text), "")


def both(kind: Kind, id: str) -> str:
    """A word as messages of either language show it."""
    word = vocabulary().get(kind, id)
    return f"{word.en[0]} {word.zh[0]}"
