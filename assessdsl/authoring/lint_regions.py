"""Sets of numbers, as conditions on one subject describe them: `60 <= x < 85 or x == 100`."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Final

from attrs import frozen

from assessdsl.check import Checked, constant
from assessdsl.check.bounds import interval
from assessdsl.syntax.tree import Call, Expression, Name, Operation, Prefix

# A cut lies just below (-1) or just above (1) a number; None is beyond all numbers. So `x >= 60` starts at the cut
# (60, -1), and `x > 60` at (60, 1).
_Cut = tuple[Fraction, int] | None


@frozen
class Piece:
    """The numbers between two cuts."""

    start: _Cut  # None: from below all
    end: _Cut  # None: to above all

    @property
    def is_point(self) -> bool:
        return self.start is not None and self.end is not None and self.start[0] == self.end[0]


@frozen
class Region:
    """Pieces that rise and do not touch."""

    pieces: tuple[Piece, ...]

    def __or__(self, other: "Region") -> "Region":
        return ~(~self & ~other)

    def __and__(self, other: "Region") -> "Region":
        found = []
        for left in self.pieces:
            for right in other.pieces:
                start, end = _later(left.start, right.start), _earlier(left.end, right.end)
                if start is None or end is None or start < end:
                    found.append(Piece(start, end))
        return Region(tuple(sorted(found, key=_order)))

    def __invert__(self) -> "Region":
        cuts: list[_Cut] = [None]
        for piece in self.pieces:
            cuts += (piece.start, piece.end)
        cuts.append(None)
        pieces = []
        for number in range(0, len(cuts), 2):
            start, end = cuts[number], cuts[number + 1]
            at_the_edge = (number == 0 and end is None) or (number == len(cuts) - 2 and start is None)
            if not (at_the_edge and self.pieces):
                pieces.append(Piece(start, end))
        return Region(tuple(pieces))

    @property
    def is_empty(self) -> bool:
        return not self.pieces

    def within(self, other: "Region") -> bool:
        return (self & ~other).is_empty


EVERYTHING: Final = Region((Piece(None, None),))


def _order(piece: Piece) -> tuple[bool, Fraction, int]:
    return (False, Fraction(0), 0) if piece.start is None else (True, *piece.start)


def _later(left: _Cut, right: _Cut) -> _Cut:
    return right if left is None else left if right is None else max(left, right)


def _earlier(left: _Cut, right: _Cut) -> _Cut:
    return right if left is None else left if right is None else min(left, right)


# ---------------------------------------------------------------- conditions

_PARTS: Final = 100  # of a condition that is looked at as a whole, so that no policy takes long
Constraint = tuple[Expression, Region]  # the subject, and the numbers for which the condition holds
_MIRROR: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def compared(sign: str, bound: Fraction) -> Region:
    """The numbers that stand so to the bound."""
    below, above = (bound, -1), (bound, 1)
    match sign:
        case "<":
            return Region((Piece(None, below),))
        case "<=":
            return Region((Piece(None, above),))
        case ">":
            return Region((Piece(above, None),))
        case ">=":
            return Region((Piece(below, None),))
        case "==":
            return Region((Piece(below, above),))
        case _:
            return ~compared("==", bound)


def constraint(condition: Expression, checked: Checked) -> Constraint | None:
    """Of a condition that compares one subject with constants, in any combination; None for others."""
    match condition:
        case Prefix("not", operand):
            found = constraint(operand, checked)
            return None if found is None else (found[0], ~found[1])
        case Operation(operators, operands) if operators[0] in ("and", "or"):
            return _joined(operators[0], [constraint(operand, checked) for operand in operands])
        case Operation(operators, operands) if operators[0] in _MIRROR:
            pairs = zip(operators, pairwise(operands), strict=True)
            return _joined("and", [_comparison(sign, *pair, checked) for sign, pair in pairs])
    return None


def _joined(operator: str, parts: list[Constraint | None]) -> Constraint | None:
    if parts[0] is None or len(parts) > _PARTS:
        return None
    subject, region = parts[0]
    for part in parts[1:]:
        if part is None or part[0] != subject:
            return None
        region = region & part[1] if operator == "and" else region | part[1]
    return subject, region


def _comparison(sign: str, left: Expression, right: Expression, checked: Checked) -> Constraint | None:
    for subject, other, turned in ((left, right, sign), (right, left, _MIRROR[sign])):
        known = constant(other, checked)
        if known is not None and isinstance(known[0], Fraction) and constant(subject, checked) is None:
            return subject, compared(turned, known[0])
    return None


def conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """The conditions that must all hold."""
    match condition:
        case Operation(operators, operands) if operators[0] == "and":
            return tuple(part for operand in operands for part in conjuncts(operand))
    return (condition,)


def domain(subject: Expression, checked: Checked) -> Region:
    """The numbers that a subject may be, as far as the policy alone says it."""
    if not isinstance(subject, Name | Call | Operation | Prefix):
        return EVERYTHING
    low, high = interval(subject, checked)
    return Region((Piece(None if low is None else (low, -1), None if high is None else (high, 1)),))


def union(regions: Iterable[Region]) -> Region:
    found = Region(())
    for region in regions:
        found = found | region
    return found


def gaps(covered: list[Region], possible: Region) -> list[Piece]:
    """What lies between the bands and belongs to none, though others lie there too: a single number between two
    bands, or one of several pieces. Bands of single numbers are not looked at."""
    if any(piece.is_point for region in covered for piece in region.pieces):
        return []
    rest = possible & ~union(covered)
    inner = [piece for piece in rest.pieces if _between(piece, union(covered))]
    return [piece for piece in inner if piece.is_point or len(rest.pieces) > 1]


def _between(piece: Piece, covered: Region) -> bool:
    starts = any(other.end is not None and other.end == piece.start for other in covered.pieces)
    return starts and any(other.start is not None and other.start == piece.end for other in covered.pieces)
