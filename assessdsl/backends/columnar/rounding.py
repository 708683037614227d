"""Rounding, of quotients of whole numbers and of numbers that are known but for a little."""

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from assessdsl.backends.columnar.nodes import Bit, Node
from assessdsl.backends.columnar.program import Program


def near_rounded(p: Program, node: Node, mode: str) -> tuple[Node, Bit]:
    """Where halves could be meant, and so the mode matters, the row is left open."""
    if mode.startswith("half"):
        return p.real_floor(p.real_add(node, p.real_constant(Fraction(1, 2))))
    down, open_rows = p.real_floor(node)
    zero, doubt = p.real_equal(node, p.real_constant(Fraction(0)))
    if doubt is False:  # what is zero is no longer open, and stays what it is
        open_rows = p.both(open_rows, p.opposite(zero))
    if mode == "floor" or (mode == "down" and node.low - node.error >= 0):
        return down, open_rows
    # where the number is another whole one, the row is open
    up = p.choose(doubt is False and zero, down, p.add(down, p.constant(1)))
    if mode == "ceiling" or (mode == "up" and node.low - node.error >= 0):
        return up, open_rows
    below, doubt = p.real_below(node, p.real_constant(Fraction(0)))
    up_if = below if mode == "down" else p.opposite(below)
    return p.choose(up_if, up, down), p.either(open_rows, doubt)


def _by_sign(p: Program, above: Node, positive: Node, negative: Node) -> Node:
    return p.choose(p.compare(above, "<", p.constant(0)), negative, positive)


def _half_up(p: Program, above: Node, below: Node) -> Node:
    size = p.magnitude(above)
    double = p.multiply(below, p.constant(2))
    result = p.floor_divide(p.add(p.multiply(size, p.constant(2)), below), double)
    return result if above.low >= 0 else _by_sign(p, above, result, p.negate(result))


def _half_down(p: Program, above: Node, below: Node) -> Node:
    size = p.magnitude(above)
    double = p.multiply(below, p.constant(2))
    result = p.negate(p.floor_divide(p.subtract(below, p.multiply(size, p.constant(2))), double))
    return result if above.low >= 0 else _by_sign(p, above, result, p.negate(result))


def _half_even(p: Program, above: Node, below: Node) -> Node:
    double, two = p.multiply(below, p.constant(2)), p.constant(2)
    shifted = p.add(p.multiply(above, two), below)
    up = p.floor_divide(shifted, double)
    tie = p.compare(shifted, "==", p.multiply(up, double))
    odd = p.compare(up, "!=", p.multiply(p.floor_divide(up, two), two))
    return p.choose(p.both(tie, odd), p.subtract(up, p.constant(1)), up)


def _floor(p: Program, above: Node, below: Node) -> Node:
    return p.floor_divide(above, below)


def _ceiling(p: Program, above: Node, below: Node) -> Node:
    return p.negate(p.floor_divide(p.negate(above), below))


def _up(p: Program, above: Node, below: Node) -> Node:
    if above.low >= 0:
        return _ceiling(p, above, below)
    return _by_sign(p, above, _ceiling(p, above, below), _floor(p, above, below))


def _down(p: Program, above: Node, below: Node) -> Node:
    if above.low >= 0:
        return _floor(p, above, below)
    return _by_sign(p, above, _floor(p, above, below), _ceiling(p, above, below))


ROUND: Final[dict[str, Callable[[Program, Node, Node], Node]]] = {
    "half_up": _half_up, "half_down": _half_down, "half_even": _half_even, "up": _up, "down": _down,
    "floor": _floor, "ceiling": _ceiling,
}  # fmt: skip
