"""An explanation as text: indented, in aligned columns, each line with its place."""

from collections.abc import Iterable, Iterator
from pathlib import PurePath

from attrs import evolve

from assessdsl.explanation.records import LedgerLine, Node
from assessdsl.explanation.words import shown, word
from assessdsl.quantity import Quantity, Unit, decimal_places
from assessdsl.source import Cell, Span, pad, visible, width

_WIDEST = 60  # columns of labels; a longer one stands alone on its line
_Line = tuple[str, str, str]  # label, value, place


def tree_lines(root: Node, language: str) -> list[str]:
    return _aligned(_walk(root, language, 0))


def ledger_lines(ledger: tuple[LedgerLine, ...], total: Quantity, language: str) -> list[str]:
    """The ledger with its sum, the points in a column of their own."""
    rows = [(_signed(Quantity(line.points, Unit.POINTS)), line) for line in ledger]
    sum_text = _signed(total)
    wide = max(width(text) for text in [*(text for text, _ in rows), sum_text])
    lines = [
        (f"  {pad(text, wide, right=True)}  {visible(line.label)}", "", place(line.span, line.cell))
        for text, line in rows
    ]
    lines.append((f"  {pad(sum_text, wide, right=True)}  {word('ledger sum', language)}", "", ""))
    return [word("ledger", language), *_aligned(lines)]


def place(span: Span, cell: Cell | None) -> str:
    """`policy.assess:23` and `facts.csv:D7`, by the names of the files alone."""
    places = []
    if span.source.name:
        places.append(f"{PurePath(span.source.name).name}:{span.line}")
    if cell is not None:
        places.append(str(evolve(cell, file=PurePath(cell.file).name)))
    return visible("  ".join(places))


def _walk(node: Node, language: str, depth: int) -> Iterator[_Line]:
    value = shown(node.value, language)
    if node.full is not None:
        value = f"{value} / {shown(node.full, language)}"
    yield "  " * depth + visible(node.label), visible(value), place(node.span, node.cell)
    for child in node.children:
        yield from _walk(child, language, depth + 1)


def _aligned(lines: Iterable[_Line]) -> list[str]:
    lines = list(lines)
    labels = max((width(label) for label, _, _ in lines if width(label) <= _WIDEST), default=0)
    values = max((width(value) for _, value, _ in lines), default=0)
    aligned: list[str] = []
    for label, value, where in lines:
        if width(label) > labels and (value or where):
            aligned.append(label)
            label = ""
        aligned.append(f"{pad(label, labels)}  {pad(value, values)}  {where}".rstrip())
    return aligned


def _signed(quantity: Quantity) -> str:
    """A loss with a minus, a gain with a plus, which is how people read a ledger; `≈` where the number has no end."""
    lost = quantity.value > 0
    text = str(Quantity(abs(quantity.value), Unit.POINTS))
    sign = "-" if lost else "+" if quantity.value else ""
    exact = decimal_places(quantity.value) is not None
    return f"{sign}{text}" if exact or not text.startswith("≈") else f"≈{sign}{text[1:]}"
