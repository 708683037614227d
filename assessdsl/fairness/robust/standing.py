"""What every entity does well and badly among its peers, how far it is to the next rank and tier; tables of peers."""

from collections.abc import Callable
from fractions import Fraction
from statistics import median
from typing import Final, Literal

from attrs import frozen

from assessdsl.fairness.robust.replay import Standing, World, known, shifted
from assessdsl.fairness.robust.without import counted

_SHOWN: Final = 3
_FINE: Final = 10_000  # parts of full marks in which a margin is told, where the total is not rounded


@frozen
class Against:
    """An indicator of an entity against its peers, in points: what it has more than the median of them."""

    indicator: str
    label: str
    score: Fraction
    median: Fraction

    @property
    def lead(self) -> Fraction:
        return self.score - self.median


@frozen
class Margin:
    """The fewest points, on the places to which totals are rounded, that would lift the entity, all others as they are.

    by: the indicators with room for so many points, each of which would do it alone.
    """

    to: Literal["rank", "tier"]
    reaches: str  # the rank or tier that it would have
    points: Fraction
    by: tuple[tuple[str, str], ...]  # name and label


@frozen
class Profile:
    """strengths and weaknesses: at most three of each, the greatest lead or lag first. margins: none where nothing that
    full marks could add would lift it."""

    entity: str
    strengths: tuple[Against, ...]
    weaknesses: tuple[Against, ...]
    margins: tuple[Margin, ...]


@frozen
class PeerTable:
    """A group by rank: each part's score by entity, a penalty's below 0, with the best and the median of the group."""

    group: str
    columns: tuple[tuple[str, str], ...]  # name and label of each part: components, then indicators
    rows: tuple[tuple[str, int | None, Fraction, tuple[Fraction, ...]], ...]  # entity, rank, total, scores
    best: tuple[Fraction, ...]
    median: tuple[Fraction, ...]


def profiles(world: World) -> tuple[Profile, ...]:
    """Of every entity."""
    scores = _signed(world)
    found: dict[int, Profile] = {}
    for rows in world.groups.values():
        middle = {name: median(column[row] for row in rows) for name, (_, column) in scores.items()}
        for row in rows:
            against = [Against(name, label, column[row], middle[name]) for name, (label, column) in scores.items()]
            ahead = sorted((one for one in against if one.lead > 0), key=lambda one: -one.lead)
            behind = sorted((one for one in against if one.lead < 0), key=lambda one: one.lead)
            found[row] = Profile(
                world.names[row], tuple(ahead[:_SHOWN]), tuple(behind[:_SHOWN]), tuple(_margins(world, row))
            )
    return tuple(found[row] for row in sorted(found))


def peer_tables(world: World) -> tuple[PeerTable, ...]:
    base = world.base
    components = [one for one in world.plan.outputs.components if not one.outside]
    columns = {
        one.name: (
            one.label,
            [(-1 if one.kind == "penalty" else 1) * known(world.column(one.score), row) for row in range(len(base))],
        )
        for one in components
    }
    columns |= _signed(world)
    tables: list[PeerTable] = []
    for group, rows in world.groups.items():
        order = sorted(rows, key=lambda row: (base[row].rank or len(base), world.names[row]))
        scores = [[values[row] for row in order] for _, values in columns.values()]
        tables.append(
            PeerTable(
                group,
                tuple((name, label) for name, (label, _) in columns.items()),
                tuple(
                    (world.names[row], base[row].rank, base[row].total, tuple(column[place] for column in scores))
                    for place, row in enumerate(order)
                ),
                tuple(max(column) for column in scores),
                tuple(median(column) for column in scores),
            )
        )
    return tuple(tables)


def _signed(world: World) -> dict[str, tuple[str, list[Fraction]]]:
    """The label and everybody's score of each indicator, a penalty's below 0."""
    return {
        part.name: (
            part.label,
            [
                (-1 if component.kind == "penalty" else 1) * known(world.column(part.score), row)
                for row in range(len(world.names))
            ],
        )
        for component in counted(world)
        for part in component.indicators
    }


# ---------------------------------------------------------------- margins


def _margins(world: World, row: int) -> list[Margin]:
    tiers = [name for name, _ in world.plan.tiers]
    own = world.base[row]
    found: list[Margin] = []
    if own.rank is not None and own.rank > 1:
        rank = own.rank
        found += _margin(world, row, "rank", lambda one: one.rank is not None and one.rank < rank)
    if own.tier is not None and tiers.index(own.tier) > 0:
        place = tiers.index(own.tier)
        found += _margin(world, row, "tier", lambda one: one.tier is not None and tiers.index(one.tier) < place)
    return found


def _margin(world: World, row: int, to: Literal["rank", "tier"], better: Callable[[Standing], bool]) -> list[Margin]:
    """The fewest points that do it, looked for by halving: more points never do worse for the one who has them."""
    outputs = world.plan.outputs
    full, total = known(world.column(outputs.full), row), world.summed
    unit = full / _FINE if outputs.places is None else Fraction(10) ** -outputs.places
    column = world.column(total)

    def lifted(points: Fraction) -> Standing | None:
        outcome = world.outcome({total: shifted(column, {row: points})})
        return outcome[row] if outcome is not None and better(outcome[row]) else None

    own = world.base[row].total
    most = int(full // unit)
    gap = min(
        (int((one.total - own) // unit) for one in world.base if better(one) and one.total > own),
        default=0,
    )
    enough = next((size for size in (gap, gap + 1, most) if 0 < size <= most and lifted(size * unit) is not None), None)
    if enough is None:
        return []
    short = max(enough - 1, 0)
    if short and lifted(short * unit) is not None:
        short = 0
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (short, middle) if lifted(middle * unit) is not None else (middle, enough)
    points = enough * unit
    reached = lifted(points)
    assert reached is not None
    return [
        Margin(to, str(reached.rank) if to == "rank" else str(reached.tier), points, _alone(world, row, points, better))
    ]


def _alone(world: World, row: int, points: Fraction, better: Callable[[Standing], bool]) -> tuple[tuple[str, str], ...]:
    """The indicators in which the entity could gain so many points, and which would then do it by themselves."""
    found: list[tuple[str, str]] = []
    for component in counted(world):
        for part in component.indicators if component.kind == "base" else ():
            column = world.column(part.score)
            if known(world.column(part.points), row) - known(column, row) >= points:
                outcome = world.outcome({part.score: shifted(column, {row: points})})
                if outcome is not None and better(outcome[row]):
                    found.append((part.name, part.label))
    return tuple(found)
