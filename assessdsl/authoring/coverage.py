"""How much of a policy its tests have tried: which of its branches were ever taken, by line."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from attrs import define, field, frozen

from assessdsl import engine
from assessdsl.authoring.coverage_items import Item, items
from assessdsl.authoring.coverage_probes import took
from assessdsl.authoring.marks import marked
from assessdsl.quantity import decimal_text, rounded
from assessdsl.result import Result


@frozen
class CoverageItem:
    """Something that a policy may do, its line, and whether any test made it do so."""

    line: int
    kind: str
    text: str
    tried: bool

    def to_data(self) -> dict[str, Any]:
        return {"line": self.line, "kind": self.kind, "text": self.text, "tried": self.tried}


@frozen
class Coverage:
    """Of one policy file."""

    file: str
    items: tuple[CoverageItem, ...]

    @property
    def hit(self) -> int:
        return sum(item.tried for item in self.items)

    @property
    def untried(self) -> tuple[CoverageItem, ...]:
        return tuple(item for item in self.items if not item.tried)

    @property
    def share(self) -> Fraction:
        return Fraction(self.hit, len(self.items)) if self.items else Fraction(1)

    @property
    def percent(self) -> str:
        # rounded down, so that 100% means all of it
        return decimal_text(rounded(self.share * 100, "floor", 1), 1) + "%"

    def reaches(self, minimum: int) -> bool:
        return self.share * 100 >= minimum

    def to_data(self) -> dict[str, Any]:
        return {
            "policy": self.file,
            "percent": self.percent.removesuffix("%"),
            "tried": self.hit,
            "items": [item.to_data() for item in self.items],
        }


@define
class Observation:
    """What the tests of a policy have tried so far."""

    policy: engine.Policy
    _items: Sequence[Item] = field(init=False)
    _tried: set[int] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self._items = items(self.policy)

    def note(self, result: Result) -> None:
        marks = marked(result.trace)
        for number, item in enumerate(self._items):
            if number not in self._tried and any(took(probe, marks) for probe in item.probes):
                self._tried.add(number)

    def coverage(self, language: str) -> Coverage:
        shown = tuple(
            CoverageItem(item.span.line, item.kind, item.text(language), number in self._tried)
            for number, item in enumerate(self._items)
        )
        return Coverage(self.policy.checked.policy.source.name, tuple(sorted(shown, key=lambda item: item.line)))
