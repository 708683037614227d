"""A value as straight pieces of one number: exact breaks, slopes and jumps.

Between two breaks the value is a line (or yes or no throughout); at a break it has a value of its own.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from attrs import field, frozen

from assessdsl.fairness.analysis.narrow import Known
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Calculate, Choose, Clamp, Compare, Constant, Gate, Logic, Round, Supply
from assessdsl.plan.walk import reached
from assessdsl.quantity import rounded

_MOST: Final = 400  # breaks, beyond which nobody reads them


@frozen
class Line:
    slope: Fraction
    start: Fraction  # the value at 0

    def at(self, x: Fraction) -> Fraction:
        return self.slope * x + self.start


Value = Line | bool


@frozen
class Jump:
    """Where the value leaps: from what it is just before, at, and just after."""

    at: Fraction
    before: Fraction | None  # None: outside of what the number can be
    value: Fraction
    after: Fraction | None

    @property
    def size(self) -> Fraction:
        seen = [one for one in (self.before, self.value, self.after) if one is not None]
        return max(seen) - min(seen)


@frozen
class Pieces:
    breaks: tuple[Fraction, ...]
    inside: tuple[Value, ...]  # one more than the breaks
    at: tuple[Fraction | bool, ...]
    domain: Range = field(default=Range())

    def lines(self) -> Iterator[tuple[Fraction | None, Fraction | None, Line]]:
        """The lines within the domain, each with its ends."""
        ends = (None, *self.breaks, None)
        for number, line in enumerate(self.inside):
            low, high = ends[number], ends[number + 1]
            above = self.domain.low is not None and high is not None and high <= self.domain.low
            below = self.domain.high is not None and low is not None and low >= self.domain.high
            if isinstance(line, Line) and not above and not below:
                yield low, high, line

    def jumps(self) -> tuple[Jump, ...]:
        found = []
        for number, at in enumerate(self.breaks):
            value, before, after = self.at[number], self.inside[number], self.inside[number + 1]
            low, high = self.domain.low, self.domain.high
            if (low is not None and at < low) or (high is not None and at > high):
                continue
            assert isinstance(value, Fraction)
            assert isinstance(before, Line)
            assert isinstance(after, Line)
            one = Jump(at, None if at == low else before.at(at), value, None if at == high else after.at(at))
            if one.size:
                found.append(one)
        return tuple(found)

    def _moves(self, sign: int) -> bool:
        if any(line.slope * sign > 0 for _, _, line in self.lines()):
            return True
        return any(
            before is not None and after is not None and (after - before) * sign > 0
            for jump in self.jumps()
            for before, after in ((jump.before, jump.value), (jump.value, jump.after))
        )

    @property
    def rises(self) -> bool:
        """Whether the value anywhere grows with the number."""
        return self._moves(1)

    @property
    def falls(self) -> bool:
        return self._moves(-1)

    @property
    def flat(self) -> tuple[tuple[Fraction | None, Fraction | None], ...]:
        """Between which numbers nothing moves the value."""
        leaping = {jump.at for jump in self.jumps()}
        found: list[tuple[Fraction | None, Fraction | None]] = []
        for low, high, line in self.lines():
            if line.slope:
                continue
            if found and found[-1][1] == low and low not in leaping:
                low = found.pop()[0]
            found.append((low, high))
        return tuple(found)


class _Curved(Exception):
    """The value is not made of straight pieces of the one number."""


def _constant(value: Fraction | bool) -> Pieces:
    return Pieces((), (value if isinstance(value, bool) else Line(Fraction(0), value),), ())


def piecewise(known: Known, id: int, base: int) -> Pieces | None:
    """The step's value, where none is missing, by the number that another step holds; None where it is not made of
    straight pieces."""
    found: dict[int, Pieces] = {base: Pieces((), (Line(Fraction(1), Fraction(0)),), ())}
    try:
        for one in _between(known, id, base):
            found[one] = _step(known, one, found)
    except _Curved:
        return None
    drawn = found[id]
    bounds = known.range(base)
    return Pieces(drawn.breaks, drawn.inside, drawn.at, bounds) if isinstance(drawn.inside[0], Line) else None


def difference(one: Pieces, two: Pieces) -> Pieces | None:
    """The second less the first, of pieces of the same number; None where there would be too many."""
    try:
        drawn = _combined(two, one, _of_lines(_CALCULATED["-"]))
    except _Curved:
        return None
    return Pieces(drawn.breaks, drawn.inside, drawn.at, one.domain)


def _between(known: Known, id: int, base: int) -> list[int]:
    """The steps to be drawn: what the one rests on, but not what the number itself is made of."""
    return sorted(reached({id}, lambda one: () if one == base else _operands(known, one)) - {base})


def _operands(known: Known, id: int) -> tuple[int, ...]:
    match known.plan.steps[id].operation:
        case Constant():
            return ()
        case Calculate(operator, ids) if operator in _CALCULATED or operator in ("*", "/", "min", "max"):
            return ids
        case Compare(_, left, right):
            return left, right
        case Logic(_, ids):
            return ids
        case Choose(condition, chosen, other):
            return condition, chosen, other
        case Clamp(value, low, high):
            return tuple(one for one in (value, low, high) if one is not None)
        case Round(value, _, _) | Supply(value, _):  # whether it is missing does not change with the number
            return (value,)
        case Gate(value=value, when=when, at_most=at_most):
            return (value, when) if at_most is None else (value, when, at_most)
    raise _Curved


_CALCULATED: Final[dict[str, Callable[[Line, Line], Line]]] = {
    "+": lambda one, two: Line(one.slope + two.slope, one.start + two.start),
    "-": lambda one, two: Line(one.slope - two.slope, one.start - two.start),
    "neg": lambda one, two: Line(-one.slope, -one.start),
}


def _step(known: Known, id: int, found: dict[int, Pieces]) -> Pieces:
    operation = known.plan.steps[id].operation
    match operation:
        case Constant(value):
            if not isinstance(value, Fraction | bool):
                raise _Curved
            return _constant(value)
        case Calculate("min" | "max", ids):
            held = found[ids[0]]
            for other in ids[1:]:
                held = _extreme(operation.operator, held, found[other])
            return held
        case Calculate("*", (left, right)):
            return _combined(found[left], found[right], _product)
        case Calculate("/", (left, right)):
            return _combined(found[left], found[right], _quotient)
        case Calculate(operator, ids):
            return _combined(found[ids[0]], found[ids[-1]], _of_lines(_CALCULATED[operator]))
        case Compare(sign, left, right):
            return _compared(sign, found[left], found[right])
        case Logic("not", (one,)):
            return _combined(found[one], found[one], lambda value, _: not _answer(value))
        case Logic(operator, ids):
            joined = found[ids[0]]
            for other in ids[1:]:
                joined = _combined(joined, found[other], _and if operator == "and" else _or)
            return joined
        case Choose(condition, chosen, other):
            return _chosen(found[condition], found[chosen], found[other])
        case Clamp(value, low, high):
            raised = found[value] if low is None else _extreme("max", found[value], found[low])
            return raised if high is None else _extreme("min", raised, found[high])
        case Round(value, mode, places):
            return _combined(found[value], found[value], _rounding(mode, places))
        case Supply(value, _):
            return found[value]
        case Gate(value=gated, when=when, at_most=at_most):
            kept = _constant(Fraction(0)) if at_most is None else _extreme("min", found[gated], found[at_most])
            return _chosen(found[when], kept, found[gated])
    raise _Curved


# ---------------------------------------------------------------- cell by cell


def _answer(value: Value) -> bool:
    if not isinstance(value, bool):
        raise _Curved
    return value


def _line(value: Value) -> Line:
    if isinstance(value, bool):
        raise _Curved
    return value


_Operation = Callable[[Value, Value], Value]


def _and(one: Value, two: Value) -> Value:
    return _answer(one) and _answer(two)


def _or(one: Value, two: Value) -> Value:
    return _answer(one) or _answer(two)


def _of_lines(operation: Callable[[Line, Line], Line]) -> _Operation:
    return lambda one, two: operation(_line(one), _line(two))


def _product(one: Value, two: Value) -> Value:
    first, second = _line(one), _line(two)
    if first.slope and second.slope:
        raise _Curved
    return Line(first.slope * second.start + second.slope * first.start, first.start * second.start)


def _quotient(one: Value, two: Value) -> Value:
    first, second = _line(one), _line(two)
    if second.slope or not second.start:
        raise _Curved
    return Line(first.slope / second.start, first.start / second.start)


def _rounding(mode: str, places: int) -> _Operation:
    def operation(one: Value, _: Value) -> Value:
        line = _line(one)
        if line.slope:
            raise _Curved
        return Line(Fraction(0), rounded(line.start, mode, places))

    return operation


def _split(pieces: Pieces, breaks: tuple[Fraction, ...]) -> Pieces:
    """The same with more breaks."""
    own = dict(zip(pieces.breaks, pieces.at, strict=True))
    inside: list[Value] = []
    at: list[Fraction | bool] = []
    number = 0
    for one in breaks:
        value = pieces.inside[number]
        inside.append(value)
        at.append(own[one] if one in own else value.at(one) if isinstance(value, Line) else value)
        number += one in own
    inside.append(pieces.inside[number])
    return Pieces(breaks, tuple(inside), tuple(at))


def _together(*parts: Pieces) -> list[Pieces]:
    breaks = tuple(sorted({one for part in parts for one in part.breaks}))
    if len(breaks) > _MOST:
        raise _Curved
    return [_split(part, breaks) for part in parts]


def _point(value: Fraction | bool) -> Value:
    return value if isinstance(value, bool) else Line(Fraction(0), value)


def _value(value: Value) -> Fraction | bool:
    return value if isinstance(value, bool) else value.start


def _combined(one: Pieces, two: Pieces, operation: _Operation) -> Pieces:
    first, second = _together(one, two)
    inside = tuple(operation(*pair) for pair in zip(first.inside, second.inside, strict=True))
    at = tuple(_value(operation(_point(left), _point(right))) for left, right in zip(first.at, second.at, strict=True))
    return Pieces(first.breaks, inside, at)


def _crossing(one: Pieces, two: Pieces) -> list[Pieces]:
    """Both, with a break wherever they cross."""
    first, second = _together(one, two)
    ends = (None, *first.breaks, None)
    crossed: set[Fraction] = set()
    for number, pair in enumerate(zip(first.inside, second.inside, strict=True)):
        left, right = _line(pair[0]), _line(pair[1])
        if left.slope != right.slope:
            x = (right.start - left.start) / (left.slope - right.slope)
            low, high = ends[number], ends[number + 1]
            if (low is None or low < x) and (high is None or x < high):
                crossed.add(x)
    breaks = tuple(sorted({*first.breaks, *crossed}))
    if len(breaks) > _MOST:
        raise _Curved
    return [_split(first, breaks), _split(second, breaks)]


def _sides(one: Pieces, two: Pieces) -> tuple[Pieces, Pieces, list[int], list[int]]:
    """Both with common breaks, and the sign of their difference inside each cell and at each break."""
    first, second = _crossing(one, two)
    ends = first.breaks
    inside = []
    for number, pair in enumerate(zip(first.inside, second.inside, strict=True)):
        x = _within(ends, number)
        difference = _line(pair[0]).at(x) - _line(pair[1]).at(x)
        inside.append((difference > 0) - (difference < 0))
    at = [(left > right) - (left < right) for left, right in zip(first.at, second.at, strict=True)]
    return first, second, inside, at


def _within(ends: tuple[Fraction, ...], number: int) -> Fraction:
    """A number inside a cell."""
    if not ends:
        return Fraction(0)
    if number == 0:
        return ends[0] - 1
    if number == len(ends):
        return ends[-1] + 1
    return (ends[number - 1] + ends[number]) / 2


def _extreme(name: str, one: Pieces, two: Pieces) -> Pieces:
    first, second, inside, at = _sides(one, two)
    wanted = 1 if name == "max" else -1
    return Pieces(
        first.breaks,
        tuple(a if sign == wanted else b for a, b, sign in zip(first.inside, second.inside, inside, strict=True)),
        tuple(a if sign == wanted else b for a, b, sign in zip(first.at, second.at, at, strict=True)),
    )


_HOLDS: Final = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "!=": (-1, 1)}


def _compared(sign: str, one: Pieces, two: Pieces) -> Pieces:
    first, _, inside, at = _sides(one, two)
    holds = _HOLDS[sign]
    return Pieces(first.breaks, tuple(one in holds for one in inside), tuple(one in holds for one in at))


def _chosen(condition: Pieces, chosen: Pieces, other: Pieces) -> Pieces:
    asked, first, second = _together(condition, chosen, other)
    return Pieces(
        asked.breaks,
        tuple(a if _answer(when) else b for when, a, b in zip(asked.inside, first.inside, second.inside, strict=True)),
        tuple(a if when is True else b for when, a, b in zip(asked.at, first.at, second.at, strict=True)),
    )
