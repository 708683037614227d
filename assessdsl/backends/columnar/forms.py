"""How the value of a step is held in columns.

A number is whole numbers over one scale, or two columns of whole numbers, or, where these would grow too long, `Near`:
a floating-point number with a proven bound on its error. Its order among others, and what it is rounded to, are then
known for nearly every row; the rows for which they are not are left to the exact engine.
"""

from fractions import Fraction

from attrs import frozen

from assessdsl.backends.columnar.nodes import Bit, Node


@frozen
class Whole:
    """`node` ÷ `scale`."""

    node: Node
    scale: int

    @property
    def known(self) -> Fraction | None:
        return None if self.node.known is None else Fraction(self.node.known, self.scale)


Ends = tuple[Fraction, Fraction]


@frozen
class Ratio:
    """`above` ÷ `below`, which is above zero in every row. `within`: between what it lies, where more is known than of
    its numbers."""

    above: Node
    below: Node
    within: Ends | None = None


@frozen
class Near:
    """A number that is known but for a little. `log`: the number of which it is the natural logarithm, if it is one;
    logarithms of equal numbers are equal, and others in their order."""

    node: Node
    log: Whole | Ratio | None = None


@frozen
class Truth:
    bit: Bit


@frozen
class Day:
    """A date, as the number of its day."""

    node: Node


@frozen
class Text:
    """One of some words: the node holds which."""

    node: Node
    words: tuple[str, ...]


Number = Whole | Ratio | Near
Form = Number | Truth | Day | Text


@frozen
class Held:
    """The value of a step in every row. Where it is `missing` or `left`, what the form holds means nothing: it is not
    there, or is left to the exact engine."""

    form: Form | None
    missing: Bit = False
    left: Bit = False


def ends(one: Number) -> Ends:
    """Between what it lies."""
    if isinstance(one, Near):
        return one.node.low, one.node.high
    if isinstance(one, Whole):
        return Fraction(one.node.low, one.scale), Fraction(one.node.high, one.scale)
    corners = [Fraction(a, b) for a in (one.above.low, one.above.high) for b in (one.below.low, one.below.high)]
    low, high = one.within or (min(corners), max(corners))
    return max(low, min(corners)), min(high, max(corners))
