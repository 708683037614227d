"""The smallest change of one weight by which the first of a group, or anybody's tier, is another.

One weight is moved and all others follow as `balance` says. Looked for outwards on a grid, and then by halving; where
the totals are straight lines in between, the very point is worked out, and tried on both sides.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final, Literal

from attrs import field, frozen

from assessdsl.fairness.robust.choices import Open
from assessdsl.fairness.robust.intervals import Progress
from assessdsl.fairness.robust.replay import Outcome, known
from assessdsl.plan.steps import ENTITY, Round
from assessdsl.quantity import Unit, rounded

GRID: Final = 16  # steps to the end of each way, twice the weight or nothing left of one; the last is not taken
_HALVINGS: Final = 20
_BESIDE: Final = 1024  # how many times nearer than its bracket a point is tried from

Kind = Literal["first", "tier"]


@frozen
class Turn:
    """One weight at which an outcome turns, the others in balance.

    at: the weight, exactly where it turns if `exact`; else by no more than `within` before that. weights: all that
    would change with it, in the order of the policy. entities: who is first, or in another tier, just behind it.
    """

    kind: Kind
    weight: str
    label: str
    way: Literal["up", "down"]
    unit: Unit  # points, or a share of those around it
    base: Fraction
    at: Fraction
    exact: bool
    within: Fraction
    weights: tuple[tuple[str, Fraction], ...]
    entities: tuple[tuple[str, str, str], ...]  # entity, what it was, what it is: ranks or tiers

    @property
    def change(self) -> Fraction:
        """As a share of the weight."""
        return (self.at - self.base) / self.base


@frozen(eq=False)
class _Ray:
    """What comes out when one weight has so much more, or less."""

    open: Open
    weight: str
    direction: Mapping[str, Fraction]  # of all weights, for one point of this one
    _known: dict[Fraction, Outcome | None] = field(factory=dict, init=False)  # both kinds of turn ask for the same

    def changes(self, step: Fraction) -> dict[str, Fraction]:
        return {name: one * step for name, one in self.direction.items()}

    def outcome(self, step: Fraction) -> Outcome | None:
        if step not in self._known:
            self._known[step] = self.open.world.outcome(self.open.given(self.changes(step), {}, {}))
        return self._known[step]

    def totals(self, step: Fraction) -> list[Fraction]:
        """Before they are rounded."""
        columns = self.open.world.again(self.open.given(self.changes(step), {}, {}))
        column = columns.at(_unrounded(self.open)[0], ENTITY)
        return [known(column, row) for row in range(len(column))]

    def end(self, sign: int) -> Fraction:
        """The weight is doubled or gone, or another one is gone."""
        ends = [self.open.weights[self.weight].base]
        for name, one in self.direction.items():
            if one * sign < 0:
                ends.append(self.open.weights[name].base / abs(one))
        return sign * min(ends)


def turns(opened: Open, progress: Progress | None = None) -> tuple[Turn, ...]:
    """By weight, kind and way the first turn that is met, the smallest relative change first."""
    rays = [ray for name in opened.own if (ray := _ray(opened, name)) is not None]
    found: list[Turn] = []
    for number, ray in enumerate(rays, start=1):
        for sign in (-1, 1):
            for kind in ("first", "tier"):
                found += _turn(ray, sign, kind)
        if progress is not None:
            progress(number, len(rays))
    return tuple(sorted(found, key=lambda turn: (abs(turn.change), turn.weight, turn.kind)))


def _ray(opened: Open, name: str) -> _Ray | None:
    asked = opened.balance.nearest({name: Fraction(1)})
    if not asked[name]:
        return None  # nothing else could give or take
    return _Ray(opened, name, {other: one / asked[name] for other, one in asked.items() if one})


def _turn(ray: _Ray, sign: int, kind: Kind) -> Iterator[Turn]:
    base = ray.open.world.base
    own, end = _signature(base, kind), ray.end(sign)
    before = Fraction(0)
    for step in range(1, GRID):
        behind = end * step / GRID
        outcome = ray.outcome(behind)
        if outcome is None:
            return
        if _signature(outcome, kind) != own:
            break
        before = behind
    else:
        return

    def same(step: Fraction) -> bool:
        outcome = ray.outcome(step)
        return outcome is not None and _signature(outcome, kind) == own

    for _ in range(_HALVINGS):
        middle = (before + behind) / 2
        before, behind = (middle, behind) if same(middle) else (before, middle)
    width = abs(behind - before)
    exact = next((point for point in _points(ray, before, behind) if _is_turn(point, width, sign, same)), None)
    at = before if exact is None else exact
    then = ray.outcome(behind)
    assert then is not None
    weight = ray.open.weights[ray.weight]
    changes = ray.changes(at)
    yield Turn(
        kind, ray.weight, weight.label, "up" if sign > 0 else "down", weight.unit,
        weight.base, weight.base + at, exact is not None, Fraction(0) if exact is not None else width,
        tuple((name, one.base + changes[name]) for name, one in ray.open.weights.items() if name in changes),
        tuple(_changed(ray.open, base, then, kind)),
    )  # fmt: skip


def _is_turn(point: Fraction, width: Fraction, sign: int, same: Callable[[Fraction], bool]) -> bool:
    beside = sign * width / _BESIDE
    return same(point - beside) and not same(point + beside)


def _signature(outcome: Outcome, kind: Kind) -> tuple[object, ...]:
    if kind == "tier":
        return tuple(one.tier for one in outcome)
    return tuple(one.rank == 1 for one in outcome)


def _changed(opened: Open, base: Outcome, then: Outcome, kind: Kind) -> Iterator[tuple[str, str, str]]:
    for name, was, now in zip(opened.world.names, base, then, strict=True):
        if kind == "tier" and was.tier != now.tier:
            yield name, str(was.tier), str(now.tier)
        elif kind == "first" and (was.rank == 1) != (now.rank == 1):
            yield name, str(was.rank), str(now.rank)


# ---------------------------------------------------------------- the exact point


def _unrounded(opened: Open) -> tuple[int, Round | None]:
    """The step of the total before it is rounded, and the rounding."""
    stages = opened.world.plan.outputs.total_stages
    last = opened.world.plan.steps[stages[-1].step].operation
    if stages[-1].kind == "rounding" and isinstance(last, Round):
        return last.value, last
    return stages[-1].step, None


def _points(ray: _Ray, before: Fraction, behind: Fraction) -> list[Fraction]:
    """Where a total reaches the next rounded value or a plain number, or two change places; nearest first. None where a
    total is no straight line, nor the quotient of two, as it is where points go to the other parts."""
    parts = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(1))
    known = zip(*(ray.totals(before + part * (behind - before)) for part in parts), strict=True)
    curves = [_curve(*values) for values in known]
    whole = [curve for curve in curves if curve is not None]
    if len(whole) < len(curves):
        return []
    rounding = _unrounded(ray.open)[1]
    found: set[Fraction] = set()
    for number, curve in enumerate(whole):
        ends = [curve.at(Fraction(0)), curve.at(Fraction(1))]
        if ends[0] == ends[1]:
            continue
        values = [_simplest(min(ends), max(ends))]
        if rounding is not None:
            ends = [rounded(value, rounding.mode, rounding.places) for value in ends]
            values = [*ends, sum(ends, Fraction(0)) / 2] if ends[0] != ends[1] else []
        found |= {part for value in values if (part := curve.reaches(value)) is not None}
        if rounding is None:
            found |= {part for other in whole[:number] if (part := curve.meets(other)) is not None}
    return [before + part * (behind - before) for part in sorted(found) if 0 <= part <= 1]


@frozen
class _Curve:
    """(a + b·x) ÷ (1 + c·x)."""

    a: Fraction
    b: Fraction
    c: Fraction

    def at(self, x: Fraction) -> Fraction:
        return (self.a + self.b * x) / (1 + self.c * x)

    def reaches(self, value: Fraction) -> Fraction | None:
        slope = self.b - value * self.c
        return (value - self.a) / slope if slope else None

    def meets(self, other: "_Curve") -> Fraction | None:
        """Of two with the same denominator."""
        slope = self.b - other.b
        return (other.a - self.a) / slope if slope and self.c == other.c else None


def _curve(first: Fraction, quarter: Fraction, half: Fraction, last: Fraction) -> _Curve | None:
    """Through the values at 0, 1/2 and 1; None if that at 1/4 is not on it."""
    if half == last:
        return _Curve(first, Fraction(0), Fraction(0)) if first == quarter == half else None
    c = (first + last - 2 * half) / (half - last)
    if c in (-1, -2, -4):  # it would have no value at one of the four
        return None
    found = _Curve(first, last * (1 + c) - first, c)
    return found if found.at(Fraction(1, 4)) == quarter else None


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The number with the smallest denominator from low to high."""
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    floor = low.numerator // low.denominator
    return floor + 1 / _simplest(1 / (high - floor), 1 / (low - floor))
