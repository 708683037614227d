"""Whose rank, tier or findings change without a part, with a neutral factor, or by a small addition or deduction."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final, Literal

from attrs import evolve, frozen

from assessdsl.fairness.robust.replay import Given, Outcome, Standing, World, shifted
from assessdsl.plan.steps import Calculate, Combine, ComponentOutput, IndicatorOutput, Load
from assessdsl.quantity import Unit

Kind = Literal["component", "indicator", "bonus", "penalty", "factor"]

_NEUTRAL: Final = Fraction(1)


@frozen
class Moved:
    """Whose outcome is another."""

    entity: str
    was: Standing
    now: Standing


@frozen
class Without:
    """What becomes of everybody without a part, or with a difficulty factor of 1 for all.

    Without a part of the full marks all totals are lower, so that tiers and findings would say nothing: of components
    and indicators only the ranks are compared, and nothing else is told.
    """

    kind: Kind
    name: str
    label: str
    moved: tuple[Moved, ...] | None  # None: the policy would stop with an error


@frozen
class Shift:
    """What becomes of everybody when one entity's total has so many points more."""

    entity: str
    by: Fraction
    moved: tuple[Moved, ...]


@frozen
class Dominance:
    """What small items decide: bonus and penalty items, and indicators of no more than δ points.

    shifts: only those where somebody's outcome changes; None where no δ was given.
    """

    items: tuple[Without, ...]
    delta: Fraction | None
    shifts: tuple[Shift, ...] | None


def without_each(world: World) -> tuple[Without, ...]:
    """Each component and indicator left out of what its scores are combined in, and each difficulty factor neutral."""
    outputs = world.plan.outputs
    found: list[Without] = []
    for component in outputs.components:
        if not component.outside:
            kind: Kind = "component" if component.kind == "base" else component.kind
            found.append(_left_out(world, outputs.total_stages[0].step, outputs.total, kind, component))
    for component in counted(world):
        kind = "indicator" if component.kind == "base" else component.kind
        step = component.stages[0].step
        found += [_left_out(world, step, component.score, kind, part) for part in component.indicators]
    for name, label, ids in _factors(world):
        given: Given = {id: [_NEUTRAL if isinstance(one, Fraction) else one for one in world.column(id)] for id in ids}
        found.append(Without("factor", name, label, _moved(world, world.outcome(given))))
    return tuple(found)


def dominance(world: World, parts: tuple[Without, ...], delta: Fraction | None) -> Dominance:
    """parts: as `without_each` gives them. delta: the points of what is small; the policy's maker must say it."""
    if delta is not None and delta <= 0:
        raise ValueError("δ is a number of points above 0")
    small = {name for name, most in _points(world).items() if delta is not None and 0 < most <= delta}
    items = tuple(
        one for one in parts if one.kind in ("bonus", "penalty") or (one.kind == "indicator" and one.name in small)
    )
    if delta is None:
        return Dominance(items, None, None)
    total = world.summed
    column, shifts = world.column(total), list[Shift]()
    for row, entity in enumerate(world.names):
        for by in (-delta, delta):
            moved = _moved(world, world.outcome({total: shifted(column, {row: by})})) or ()
            if moved:
                shifts.append(Shift(entity, by, moved))
    return Dominance(items, delta, tuple(shifts))


def _moved(world: World, outcome: Outcome | None, *, ranks_only: bool = False) -> tuple[Moved, ...] | None:
    if outcome is None:
        return None
    pairs = zip(world.names, world.base, outcome, strict=True)
    if ranks_only:
        return tuple(
            Moved(name, Standing(was.total, was.rank, None, ()), Standing(now.total, now.rank, None, ()))
            for name, was, now in pairs
            if was.rank != now.rank
        )
    return tuple(Moved(name, was, now) for name, was, now in pairs if was.outcome() != now.outcome())


def _left_out(world: World, combined: int, whole: int, kind: Kind, part: ComponentOutput | IndicatorOutput) -> Without:
    """Without the part of a Combine; with a score of 0 where it has no other, or the whole does not rest on it."""
    step = world.plan.steps[combined]
    operation = step.operation
    assert isinstance(operation, Combine)
    parts = tuple(one for one in operation.parts if one.name != part.name)
    if parts and (whole == combined or world.follows(whole, combined)):
        steps = list(world.plan.steps)
        steps[combined] = evolve(step, operation=evolve(operation, parts=parts))
        changed = World(evolve(world.plan, steps=tuple(steps)), world.dataset, world.columns)
        outcome = changed.outcome({}, (combined,))
    else:
        outcome = world.outcome({part.score: [Fraction(0)] * len(world.names)})
    ranks_only = kind in ("component", "indicator")
    return Without(kind, part.name, part.label, _moved(world, outcome, ranks_only=ranks_only))


def _factors(world: World) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Attributes of entities by which something is multiplied or divided."""
    factors = {
        id
        for step in world.plan.steps
        if isinstance(step.operation, Calculate) and step.operation.operator in ("*", "/", "per")
        for id in step.operation.inputs
        if isinstance(world.plan.steps[id].operation, Load)
    }
    for fact in world.plan.schema.facts:
        ids = world.loads("entity", fact.name)
        if fact.attribute and fact.unit in (Unit.NUMBER, Unit.SHARE) and factors & set(ids):
            yield fact.name, fact.label, ids


def _points(world: World) -> Mapping[str, Fraction]:
    """The most points that anybody has of each indicator."""
    found: dict[str, Fraction] = {}
    for part in indicators(world):
        column = [value for value in world.column(part.points) if isinstance(value, Fraction)]
        found[part.name] = max(column, default=Fraction(0))
    return found


def indicators(world: World) -> Iterator[IndicatorOutput]:
    for component in counted(world):
        yield from component.indicators


def counted(world: World) -> Iterator[ComponentOutput]:
    """The components that are in the total, with those within them."""
    for component in world.plan.outputs.components:
        if not component.outside:
            yield from component.every
