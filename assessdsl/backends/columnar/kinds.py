"""In what order nodes are worked out, and in which kind of number each is held."""

from collections.abc import Sequence
from typing import Final

from assessdsl.backends.columnar.nodes import EXACT, Bit, Node

SHORT: Final = 1 << 24  # whole numbers up to here are held exactly by 32-bit floating-point numbers


def order_of(outputs: Sequence[Bit]) -> list[Node]:
    """The nodes as they are needed, so that few are held at a time."""
    done: dict[Node, None] = {}
    for output in outputs:
        if isinstance(output, bool):
            continue
        waiting: list[tuple[Node, bool]] = [(output, False)]
        while waiting:
            node, ready = waiting.pop()
            if ready:
                done[node] = None
            elif node not in done:
                waiting.append((node, True))
                waiting.extend((one, False) for one in reversed(node.inputs))
    return list(done)


def is_product(node: Node) -> bool:
    """Whether a choice is `other + condition × (chosen − other)`."""
    most = {"short": SHORT, "real": EXACT}.get(kind_of(node), -1)
    return node.kind == "whole" and node.high - node.low <= most


def kind_of(node: Node) -> str:
    """The kind of register that holds it."""
    if node.kind == "bit":
        return "bit"
    return "real" if node.kind == "real" else _of_size(max(-node.low, node.high))


def _of_size(most: int) -> str:
    return "short" if most <= SHORT else "real" if most <= EXACT else "long"


def working_kind(node: Node) -> str:
    """In what kind of number the operation is done."""
    if any(one.kind == "real" for one in (node, *node.inputs)):
        return "real"
    most = max(max(-one.low, one.high) for one in (node, *node.inputs) if one.kind == "whole")
    if node.operator == "//":
        above, below = node.inputs
        most = max(most, max(-above.low, above.high) + below.high)
    return _of_size(most)
