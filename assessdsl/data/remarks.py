"""The remarks on tables, collected so that one run tells all of them."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from attrs import Factory, define, evolve

from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.quantity import exact_text
from assessdsl.source import NOWHERE, Cell, Span
from assessdsl.vocabulary import Kind, nearest, vocabulary

_GUESSED = 200  # misspelt names for which a likeness is sought: it takes time that grows with the names


@define
class Rates:
    """The bare numbers of percentages. Where all of them are at most 1, they may be meant as fractions of one."""

    _small: dict[tuple[str, str, str, str], dict[Cell, Fraction]] = Factory(dict)  # by column and what they speak of
    _large: set[tuple[str, str, str, str]] = Factory(set)

    def saw(self, of: str, cell: Cell, number: Fraction) -> None:
        key = (cell.file, cell.sheet, cell.column, of)
        if abs(number) > 1:
            self._large.add(key)
            self._small.pop(key, None)
        elif key not in self._large:
            self._small.setdefault(key, {})[cell] = number

    def told(self) -> Iterator[Diagnostic]:
        for (*_, of), cells in self._small.items():
            cell, number = next(iter(cells.items()))
            arguments = {
                "of": of, "count": str(len(cells)), "number": exact_text(number), "percent": exact_text(number * 100)
            }  # fmt: skip
            yield Diagnostic("AS6116", arguments=arguments, cell=cell)


@define
class Remarks:
    found: list[Diagnostic] = Factory(list)
    _counts: dict[str, int] = Factory(dict)
    _beyond: dict[str, int] = Factory(dict)  # where it is told how many are not kept
    _likenesses: dict[tuple[str, str], str] = Factory(dict)
    _compared: int = 0
    rates: Rates = Factory(Rates)
    _gathered: dict[tuple[str, ...], tuple[int, set[Cell]]] = Factory(dict)

    def add(self, code: str, cell: Cell | None = None, span: Span = NOWHERE, **arguments: str) -> None:
        self.keep(Diagnostic(code, span, arguments, cell))

    def keep(self, diagnostic: Diagnostic) -> None:
        severity, kept = diagnostic.severity, LIMITS.diagnostics_kept
        count = self._counts[severity] = self._counts.get(severity, 0) + 1
        if count <= kept:
            self.found.append(diagnostic)
            return
        told = {"kept": str(kept), "count": str(count - kept)}
        if count == kept + 1:
            self._beyond[severity] = len(self.found)
            self.found.append(Diagnostic("AS6253", arguments=told, severity=severity))
        self.found[self._beyond[severity]] = Diagnostic("AS6253", arguments=told, severity=severity)

    def gather(self, key: tuple[str, ...], diagnostic: Diagnostic) -> None:
        """What holds at many places is told at the first of them, with their number as `count`."""
        assert diagnostic.cell is not None
        if key not in self._gathered:
            self._gathered[key] = len(self.found), set()
            self.keep(diagnostic)
        index, cells = self._gathered[key]
        cells.add(diagnostic.cell)
        if index < len(self.found) and self.found[index].code == diagnostic.code:
            first = self.found[index]
            self.found[index] = evolve(first, arguments={**first.arguments, "count": str(len(cells))})

    @property
    def wrong(self) -> bool:
        """Whether there is any error among them."""
        return "error" in self._counts

    def like(self, kind: str, text: str, candidates: Iterable[str]) -> str:
        """The candidate of a kind that is most like a misspelt text, or nothing; also where looking would cost much."""
        known = self._likenesses.get((kind, text))
        if known is not None:
            return known
        if len(self._likenesses) >= _GUESSED or self._compared >= LIMITS.compared_names:
            return ""
        possible = tuple(candidates)
        self._compared += len(possible)
        found = self._likenesses[kind, text] = nearest(text, possible) or ""
        return found


def both(kind: Kind, id: str) -> str:
    """A word as messages of either language show it."""
    word = vocabulary().get(kind, id)
    return f"{word.en[0]} {word.zh[0]}"
