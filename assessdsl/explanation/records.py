"""What an explanation is made of: an immutable tree of values with their places, and a ledger of points."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from attrs import field, frozen

from assessdsl.facts import Missing
from assessdsl.quantity import Quantity, exact_text
from assessdsl.source import NOWHERE, Cell, Span

Shown = Quantity | bool | str | date | Missing | None  # None: a heading without a value of its own

NodeKind = Literal[
    "entity", "component", "indicator", "target", "entry", "stage", "value", "fact",
    "rank", "peer", "tier", "finding", "note",
]  # fmt: skip

Cause = Literal[
    "score", "forfeited", "state", "missing", "absent", "not_applicable", "gate", "limit", "rounding", "contagion",
    "redistribution", "combination",
]  # fmt: skip


@frozen
class Node:
    """A value, what it is, and where it stands: the line of the policy, the cell of the data."""

    kind: NodeKind
    label: str
    value: Shown = None
    full: Quantity | None = None  # full marks, of what is scored
    step: int | None = None
    span: Span = field(default=NOWHERE, eq=False, repr=False)
    cell: Cell | None = None
    children: tuple["Node", ...] = field(default=(), repr=False)

    def walk(self) -> Iterator["Node"]:
        """The node and all that is below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": self.kind, "label": self.label}
        if self.value is not None:
            data["value"] = plain(self.value)
        if isinstance(self.value, Quantity):
            data["unit"] = self.value.unit.value
        if self.full is not None:
            data["full"] = plain(self.full)
        if self.step is not None:
            data["step"] = self.step
        data |= place_data(self.span, self.cell)
        if self.children:
            data["children"] = [child.to_data() for child in self.children]
        return data


@frozen
class LedgerLine:
    """Points that were lost (gained, where negative), why, and where."""

    points: Fraction
    cause: Cause
    label: str  # in the explanation's language
    component: str = ""
    indicator: str = ""
    target: str = ""
    gate: str = ""
    span: Span = field(default=NOWHERE, eq=False, repr=False)
    cell: Cell | None = None

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"points": exact_text(self.points), "cause": self.cause, "label": self.label}
        for name in ("component", "indicator", "target", "gate"):
            if text := getattr(self, name):
                data[name] = text
        return data | place_data(self.span, self.cell)


def plain(value: Shown) -> str | bool | None:
    """A value as plain data: numbers as exact text, in the base measure of their unit."""
    match value:
        case Quantity():
            return exact_text(value.value)
        case date():
            return value.isoformat()
        case bool() | str():
            return value
        case _:
            return None


def place_data(span: Span, cell: Cell | None) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if span.source.name:
        data["policy"] = {"file": span.source.name, "line": span.line, "column": span.position.column}
    if cell is not None:
        data["cell"] = {"file": cell.file, "sheet": cell.sheet, "row": cell.row, "column": cell.column}
    return data
