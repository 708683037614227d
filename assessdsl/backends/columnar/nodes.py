"""The nodes of a program over columns: see program.py."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final, Literal

from attrs import frozen

EXACT: Final = 1 << 53  # whole numbers up to here are held exactly by 64-bit floating-point numbers
LONGEST: Final = (1 << 63) - 1
FARTHEST: Final = 1 << 900  # real numbers from zero; beyond 2¹⁰²³ there are none
_NEAREST: Final = Fraction(1, FARTHEST)  # to zero, of those with a part: within 2⁻¹⁰²² they have fewer digits
_LARGEST_PART: Final = Fraction(1, 1 << 10)
_DIGITS: Final = 256  # binary, of the fractions that bound a number

Kind = Literal["whole", "real", "bit"]


@frozen
class Part:
    """That a real number is off by no more than a part of what it stands for, which is zero or at least `least` from
    it."""

    of_it: Fraction
    least: Fraction


@frozen(eq=False)
class Node:
    """One column of values. Compared by identity: a program holds each node once."""

    number: int
    operator: str
    inputs: tuple["Node", ...]
    kind: Kind
    low: Any = 0  # of whole numbers whole, else a fraction
    high: Any = 0
    error: Fraction = Fraction(0)  # of real: how far it can be from what it stands for
    value: Any = None  # of a constant, the number; of a column, its key
    part: Part | None = None  # of real

    @property
    def known(self) -> int | None:
        """The number, if it is the same in every row."""
        return self.low if self.kind == "whole" and self.low == self.high else None

    @property
    def known_or_zero(self) -> int | None:
        """The number, if it is the same in every row but those where it is zero: so are the points of most parts."""
        others = [one.known for one in self.inputs[1:] if one.known != 0] if self.operator == "choose" else []
        return others[0] if len(others) == 1 else None

    @property
    def is_long(self) -> bool:
        """Whether it is held as integers."""
        return self.kind == "whole" and max(abs(self.low), abs(self.high)) > EXACT


Bit = Node | bool
"""Yes or no in every row; or the same in all of them."""


def bounded(part: Part | None, low: Fraction, high: Fraction, error: Fraction) -> Part | None:
    """The part that is known of a number, if it is; or that follows from how far it is from zero, if that is less."""
    nearest = max(low, -high)
    parts = [] if part is None else [part]
    if nearest > 0:
        parts.append(Part(error / nearest, nearest))
    best = min(parts, key=lambda one: one.of_it, default=None)
    if best is None or best.of_it > _LARGEST_PART or best.least < _NEAREST:
        return None
    return Part(shorter(best.of_it, ceil), shorter(best.least, floor))


def of_one(left: Node, right: Node) -> Part | None:
    """Of one of them, whichever it is; or of their sum, if they have one sign."""
    if left.part is None or right.part is None:
        return None
    return Part(max(left.part.of_it, right.part.of_it), min(left.part.least, right.part.least))


def of_product(left: Node, right: Node) -> Part | None:
    if left.part is None or right.part is None:
        return None
    return Part((1 + left.part.of_it) * (1 + right.part.of_it) - 1, left.part.least * right.part.least)


def has_sign(one: Node, zero: Node) -> bool:
    """Whether a number is what it stands for beside zero."""
    return zero.operator == "constant" and zero.value == 0 and one.part is not None


def shorter(one: Fraction, whole: Callable[[Fraction], int]) -> Fraction:
    """The number, or one of fewer digits: below it by `floor`, above it by `ceil`."""
    if one.numerator.bit_length() + one.denominator.bit_length() <= _DIGITS:
        return one
    places = _DIGITS // 4 - one.numerator.bit_length() + one.denominator.bit_length()
    return Fraction(whole(one * Fraction(2) ** places)) / Fraction(2) ** places
