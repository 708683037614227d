"""How far the scores of a group lie apart, and which parts spread them: nominal weights are what a policy says,
effective ones what its scores do."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from attrs import frozen

from assessdsl.fairness.robust.replay import World, known
from assessdsl.fairness.robust.without import counted
from assessdsl.irrational import power
from assessdsl.plan.steps import ComponentOutput, IndicatorOutput

_PLACES: Final = 4  # of what is a root


@frozen
class Gap:
    """Between two neighbours in the ranking."""

    above: str
    below: str
    points: Fraction


@frozen
class TierGap:
    """From the lowest total of a tier down to the highest of the next that anybody has; below 0 where they overlap."""

    above: str
    below: str
    points: Fraction


@frozen
class Separation:
    """Of one group's totals. deviation: of the population, rounded to four places."""

    group: str
    entities: int
    highest: Fraction
    lowest: Fraction
    deviation: Fraction
    gaps: tuple[Gap, ...]  # from the top
    ties: int  # pairs of neighbours with the same total
    tiers: tuple[TierGap, ...]
    compressed: bool | None  # whether the range is below what was declared; None: nothing was

    @property
    def range(self) -> Fraction:
        return self.highest - self.lowest


@frozen
class Influence:
    """What part of a group's differences a part makes.

    nominal: its share of the points. effective: its covariance with the sum of all parts of its kind, as a share of
    that sum's variance, so that the effective weights add up to 1; None where nobody differs. correlation: with the
    total, rounded to four places; None where one of them is the same for all.
    """

    group: str
    kind: Literal["component", "indicator"]
    name: str
    label: str
    nominal: Fraction
    effective: Fraction | None
    correlation: Fraction | None


def separation(world: World, spread: Fraction | None = None) -> tuple[Separation, ...]:
    """spread: the least range of totals that the policy's maker wants to see in a group."""
    base = world.base
    found: list[Separation] = []
    for group, rows in world.groups.items():
        order = sorted(rows, key=lambda row: (-base[row].total, world.names[row]))
        totals = [base[row].total for row in order]
        gaps = tuple(
            Gap(world.names[above], world.names[below], base[above].total - base[below].total)
            for above, below in pairwise(order)
        )
        tiers: dict[str, list[Fraction]] = {name: [] for name, _ in world.plan.tiers}
        for row in order:
            if (tier := base[row].tier) is not None:
                tiers[tier].append(base[row].total)
        held = [(name, values) for name, values in tiers.items() if values]
        found.append(
            Separation(
                group,
                len(order),
                totals[0],
                totals[-1],
                _root(_covariance(totals, totals)),
                gaps,
                sum(not gap.points for gap in gaps),
                tuple(TierGap(a, b, min(above) - max(below)) for (a, above), (b, below) in pairwise(held)),
                None if spread is None else totals[0] - totals[-1] < spread,
            )
        )
    return tuple(found)


def influence(world: World) -> tuple[Influence, ...]:
    """Of every component and indicator that is in the total, by group."""
    found: list[Influence] = []
    wholes = [_Part("component", one, one.kind) for one in world.plan.outputs.components if not one.outside]
    parts = [_Part("indicator", part, one.kind) for one in counted(world) for part in one.indicators]
    for rows in world.groups.items():
        found += (*_influence(world, *rows, wholes), *_influence(world, *rows, parts))
    return tuple(found)


@frozen(eq=False)
class _Part:
    kind: Literal["component", "indicator"]
    output: ComponentOutput | IndicatorOutput
    counts: str  # how: base, bonus, penalty


def _influence(world: World, group: str, rows: Sequence[int], parts: Sequence[_Part]) -> Iterator[Influence]:
    totals = _values(world, world.plan.outputs.total, rows)
    scores = [_values(world, part.output.score, rows, -1 if part.counts == "penalty" else 1) for part in parts]
    points = [sum(_values(world, part.output.points, rows), Fraction(0)) for part in parts]
    summed = [sum(column, Fraction(0)) for column in zip(*scores, strict=True)]
    whole, marks = _covariance(summed, summed), sum(points)
    for part, score, most in zip(parts, scores, points, strict=True):
        if most or any(score):  # else it is of another group
            yield Influence(
                group,
                part.kind,
                part.output.name,
                part.output.label,
                most / marks if marks else Fraction(0),
                _covariance(score, summed) / whole if whole else None,
                _correlation(score, totals),
            )


def _values(world: World, id: int, rows: Sequence[int], sign: int = 1) -> list[Fraction]:
    column = world.column(id)
    return [sign * known(column, row) for row in rows]


def _covariance(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    count = len(left)
    means = sum(left, Fraction(0)) / count, sum(right, Fraction(0)) / count
    products = ((one - means[0]) * (other - means[1]) for one, other in zip(left, right, strict=True))
    return sum(products, Fraction(0)) / count


def _correlation(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction | None:
    squares = _covariance(left, left) * _covariance(right, right)
    if not squares:
        return None
    both = _covariance(left, right)
    size = _root(both * both / squares)
    return size if both >= 0 else -size


def _root(value: Fraction) -> Fraction:
    found = power([(value, Fraction(1, 2))])
    assert found is not None
    return round(found, _PLACES)
