"""Cliffs: where the smallest change that can be reported moves the total by leaps, and who stands near one.

The total is looked at on both sides of every value at which the policy turns, in several contexts; a jump is what the
slope on neither side explains. So each jump that is listed is one; a policy may have others, where it turns by products
of inputs or by what others did.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import comb
from typing import Any, Final

from attrs import evolve, frozen

from assessdsl.engine import Policy, tables_of
from assessdsl.fairness.breakpoints import Surface
from assessdsl.fairness.case import Case, Coordinate, coordinates, resolution
from assessdsl.fairness.search import Bench, bench
from assessdsl.fairness.sweep import Swept, swept
from assessdsl.fairness.trial import cell_name, input_of, known_beside, labels_of, number_of, shown
from assessdsl.plan.steps import ENTITY, Aggregate, Band, Load, Plan, Rank
from assessdsl.plan.walk import under
from assessdsl.quantity import Unit, exact_text, quantity_text

_NONE: Final[frozenset[str]] = frozenset()
_NEAREST: Final = 3
_FINE: Final = 20  # reportable steps that a plan needs, or a steep slope looks like a jump
_WINDOW: Final = 5  # reportable steps on either side of a threshold


@frozen(eq=False)
class Near:
    """An entity with the way that it has to the threshold: below 0 it is short of it, in the input's own direction."""

    entity: str
    target: str
    distance: Fraction


@frozen(eq=False)
class Bunching:
    """How many stand in a window just on the better side of a threshold, and how many just on the worse.

    `chance`: of at least so many on the better side, were both sides equally likely: a binomial tail, exact.
    """

    window: Fraction
    reached: int
    short: int
    chance: Fraction


@frozen(eq=False)
class Jump:
    about: str  # the indicator, or the fact of the entity
    label: str
    name: str  # of the cell: actual, planned …
    below: Fraction  # the last value before the jump, and the first behind it
    above: Fraction
    plan: Fraction | None  # of the target with which this was found
    was: Fraction  # the total before, and behind
    now: Fraction
    unit: Unit
    surface: Surface
    nearest: tuple[Near, ...] = ()
    bunching: Bunching | None = None

    @property
    def size(self) -> Fraction:
        return abs(self.now - self.was)

    @property
    def line(self) -> int:
        return self.surface.span.line if self.surface.span.source.name else 0

    def told(self, language: str) -> str:
        zh = language == "zh"
        low, high = shown(self.below, self.unit), shown(self.above, self.unit)
        plan = "" if self.plan is None else f" ({'计划' if zh else 'planned'} {shown(self.plan, self.unit)})"
        totals = f"{quantity_text(self.was, Unit.POINTS)} → {quantity_text(self.now, Unit.POINTS)}"
        line = f"{'第' if zh else 'line'} {self.line}{' 行' if zh else ''}: " if self.line else ""
        cell = "" if self.name == self.about else f" {cell_name(self.name, language)}"
        named = self.label or f"`{self.about}`"
        parts = [f"{line}{named}{cell} {low} → {high}{plan}: {'总分' if zh else 'total'} {totals}"]
        if self.nearest:
            steps = Unit.DAYS if self.unit is Unit.DATE else Unit.PP if self.unit is Unit.PERCENT else self.unit
            near = ", ".join(f"{one.entity} {quantity_text(one.distance, steps)}" for one in self.nearest)
            parts.append(f"  {'最近' if zh else 'nearest'}: {near}")
        if (found := self.bunching) is not None:
            chance = quantity_text(found.chance, Unit.SHARE, 1)
            parts.append(
                f"  线上 {found.reached} 个、线下 {found.short} 个,如两侧机会均等,此事概率 {chance}"
                if zh
                else f"  {found.reached} just reach it, {found.short} just miss it: {chance} by chance alone"
            )
        return "\n".join(parts)


@frozen(eq=False, str=False)
class Cliffs:
    """Every jump that was found, the greatest first."""

    policy: str
    jumps: tuple[Jump, ...]
    language: str = "en"

    def to_data(self) -> dict[str, Any]:
        return {"policy": self.policy, "jumps": [_data(jump) for jump in self.jumps]}

    def to_json(self) -> str:
        return json.dumps(self.to_data(), ensure_ascii=False, indent=2) + "\n"

    def __str__(self) -> str:
        if not self.jumps:
            return "没有发现跳变" if self.language == "zh" else "no jump was found"
        return "\n".join(jump.told(self.language) for jump in self.jumps)


def _data(jump: Jump) -> dict[str, Any]:
    data: dict[str, Any] = {
        "about": jump.about, "label": jump.label, "name": jump.name, "unit": jump.unit.value, "line": jump.line,
        "below": exact_text(jump.below), "above": exact_text(jump.above),
        "was": exact_text(jump.was), "now": exact_text(jump.now), "size": exact_text(jump.size),
        "nearest": [
            {"entity": one.entity, "target": one.target, "distance": exact_text(one.distance)} for one in jump.nearest
        ],
    }  # fmt: skip
    if (found := jump.bunching) is not None:
        data["bunching"] = {
            "window": exact_text(found.window), "reached": found.reached, "short": found.short,
            "chance": exact_text(found.chance),
        }  # fmt: skip
    return data


def cliffs(policy: Policy, facts: Any = None) -> Cliffs:
    """facts, as `evaluate` takes them: also who stands nearest to each jump, and whether entities bunch behind it."""
    at = bench(policy)
    found = [] if at is None else [*_jumps(at)]
    if facts is not None and at is not None:
        case = Case(policy, evolve(tables_of(facts), frozen=None))
        cells = coordinates(case)
        found = [_placed(jump, cells, policy) for jump in found]
    return Cliffs(policy.name, tuple(sorted(found, key=lambda jump: -jump.size)), policy.language)


def read_across(plan: Plan) -> frozenset[str]:
    """The indicators and facts that other entities' totals read: by a best, a worst, a mean or a rank of peers."""
    crossing = [
        id
        for id in under(plan.steps, (plan.outputs.total,))
        if isinstance(operation := plan.steps[id].operation, Rank | Band)
        or (isinstance(operation, Aggregate) and operation.to.kind in ("group", "policy"))
    ]
    below = [plan.steps[id] for id in under(plan.steps, crossing)]
    facts = {step.operation.name for step in below if isinstance(step.operation, Load) and step.grain == ENTITY}
    return frozenset(facts | {step.grain.indicator for step in below} - {""})


def _planned(plan: Plan) -> frozenset[str]:
    """The indicators whose scores read what was planned."""
    steps = [plan.steps[id] for id in under(plan.steps, (plan.outputs.total,))]
    loads = [step for step in steps if isinstance(step.operation, Load) and step.operation.name == "planned"]
    return frozenset(step.grain.indicator for step in loads)


def sweeps(at: Bench) -> Iterator[Swept]:
    """Every kind of reported cell that the policy reads as a number, in several contexts."""
    plan = at.maker.policy.plan
    across = read_across(plan)
    for indicator in plan.schema.indicators:
        for name in ("actual", "completed_on"):
            if name in indicator.fields:
                yield from swept(at, frozenset({indicator.name}), _NONE, name, alone=indicator.name not in across)
    for fact in plan.schema.facts:
        yield from swept(at, _NONE, frozenset({fact.name}), fact.name, alone=fact.name not in across)


def _jumps(at: Bench) -> Iterator[Jump]:
    """The greatest at each place at which the policy turns."""
    places = at.maker.policy.plan.outputs.places
    noise = Fraction(0) if places is None else 2 / Fraction(10) ** places  # of two totals that are rounded
    labels, planned = labels_of(at.maker.policy), _planned(at.maker.policy.plan)
    best: dict[tuple[str, str, int, Fraction], Jump] = {}
    for found in sweeps(at):
        if found.beside and found.coordinate.unit is not Unit.DATE and abs(found.beside) < _FINE * found.step:
            continue
        reported = [(value, total) for value, total in found.totals if value is not None]
        changes = [abs(then - total) for (_, total), (_, then) in pairwise(reported)]
        for number, ((below, was), (above, now)) in enumerate(pairwise(reported)):
            if above - below > found.step or changes[number] <= noise:
                continue
            beside = [  # what the slopes on both sides would give for one step
                changes[other] * found.step / (reported[other + 1][0] - reported[other][0])
                for other in (number - 1, number + 1)
                if 0 <= other < len(changes)
            ]
            if changes[number] - max(beside, default=Fraction(0)) <= noise:
                continue
            one = found.coordinate
            surface = _crossed(at, found, below, above)
            if surface is None:
                continue
            about = one.indicator or one.name
            plan = found.beside if about in planned else None
            jump = Jump(about, labels.get(about, ""), one.name, below, above, plan, was, now, one.unit, surface)
            key = (jump.about, jump.name, surface.step, surface.level)
            if key not in best or jump.size > best[key].size:
                best[key] = jump
    yield from best.values()


def _crossed(at: Bench, found: Swept, below: Fraction, above: Fraction) -> Surface | None:
    """The surface between two neighbouring values."""
    one, policy = found.coordinate, at.maker.policy
    input, known = input_of(one, policy), known_beside(one, found.cells, policy)
    for surface in at.maker.breakpoints.of(input):
        turn = surface.solve(input, known, above)
        if turn is not None and below <= turn <= above:
            return surface
    return None


def _placed(jump: Jump, cells: tuple[Coordinate, ...], policy: Policy) -> Jump:
    """With those whose cell stands nearest to the jump, each with its own threshold."""
    near: list[Near] = []
    window = Fraction(0)
    for one in cells:
        own = number_of(one)
        if (one.indicator or one.name) != jump.about or one.name != jump.name or own is None:
            continue
        known = known_beside(one, tuple(cell for cell in cells if cell.entity in ("", one.entity)), policy)
        turn = jump.surface.solve(input_of(one, policy), known, own)
        if turn is not None:
            near.append(Near(one.entity, one.target, own - turn))
            window = _WINDOW * resolution(one)
    near.sort(key=lambda it: (abs(it.distance), it.entity))
    upwards = jump.now > jump.was
    reached = sum(0 <= it.distance < window if upwards else -window < it.distance <= 0 for it in near)
    short = sum(-window <= it.distance < 0 if upwards else 0 < it.distance <= window for it in near)
    both = reached + short
    tail = Fraction(sum(comb(both, count) for count in range(reached, both + 1)), 2**both)
    bunching = Bunching(window, reached, short, tail) if both else None
    return evolve(jump, nearest=tuple(near[:_NEAREST]), bunching=bunching)
