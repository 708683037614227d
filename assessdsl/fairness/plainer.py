"""A witness made plain: fewer rows, other cells round and equal to plan, the smallest round change that still shows it.

Each step is scored whole by the exact engine and kept only if the property still fails. A reader then sees one thing
that is odd, the fault, and can work the scores out on paper.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Final

from attrs import define, evolve

from assessdsl.engine import Policy
from assessdsl.fairness.broken import fired
from assessdsl.fairness.case import IN_HUNDREDTHS, Case, Coordinate, coordinates, resolution, score
from assessdsl.fairness.edits import PAIRS, Edit, Kept, Spot, edits, plainest, put_all, put_at, settle, spot_of
from assessdsl.fairness.made_cases import fixed
from assessdsl.fairness.made_up import cell
from assessdsl.fairness.retold import told_again
from assessdsl.fairness.roundness import ROUND, due, near, plain_values, plainness
from assessdsl.fairness.search import Bench, Plain
from assessdsl.fairness.single import TRIALS
from assessdsl.fairness.stories import Change, fails, told_by
from assessdsl.fairness.trial import Trying, Witness, after, number_of
from assessdsl.quantity import Unit
from assessdsl.result import EntityResult

Lever = tuple[tuple[Edit, Fraction | None], ...]
"""One edit or another, with what of a plan is reached then."""

_WIDE: Final = 60  # cases of which plain ones may be looked for, where a policy has a thousand steps

_ALONE: Final = ("bounded", "absolute", "dominance", "rounding_safe", "tiers_follow")


def plain(witness: Witness, told: Callable[[tuple[Case, ...]], Witness | None]) -> Witness:
    """told: what cases show that are edited alike; None if not the same."""
    return plainest(witness, _cases, told, witness.entity)


def _cases(witness: Witness) -> tuple[Case, ...]:
    return tuple(case for case in (witness.before, witness.after) if case is not None)


def plain_change(witness: Witness) -> Witness:
    """Of two cases between which a target is taken out or split, or an item reported twice."""
    told = told_again(witness)
    return witness if told is None else plain(witness, told)


def plain_alone(at: Bench, witness: Witness) -> Witness:
    """Of one case of a property that is shown by one."""
    if witness.after is not None or witness.property not in _ALONE:
        return witness
    gate = _leaking(witness.before)

    def told(cases: tuple[Case, ...]) -> Witness | None:
        scored = after(cases[0])
        if scored is None or _leaking(cases[0]) != gate:
            return None
        found = TRIALS[witness.property](Trying(at.maker, at.safe, scored, fixed(0)))
        return found if isinstance(found, Witness) and found.before is cases[0] else None

    return plain(witness, told)


def _leaking(case: Case) -> str:
    return next((one.gate for one in fired(score(case)) if one.leaks), "")


def plain_move(at: Bench, property: str, change: Change, before: Case, after_: Case) -> Witness | None:
    """Of two cases between which one cell changes; None if they do not show it. In a wide policy what was plain of an
    indicator is tried first on the next, as every case that is scored takes long."""
    entity, policy, cells, one = at.name, before.policy, coordinates(before), change.coordinate
    spot = spot_of(before, one.place)
    moved = _Moved(property, policy, entity, change, spot, tuple(_twins(before, cells, change)))
    kept = Kept(Witness(property, before, after_, entity, "", ""), _cases, moved.told)
    others = tuple(edits(before, cells, {entity, one.entity}, one.indicator or one.name, spot))
    levers = tuple(_levers(before, cells, moved))
    alike = (property, one.name, one.unit, one.places, one.better, len(levers))
    wide = kept.left < _WIDE
    if wide and alike in at.plain and moved.as_before(kept, others, levers, at.plain[alike]):
        return kept.shown
    if (shown := moved.told((before, after_))) is None:
        return None
    kept.shown = shown
    settle(kept, others)
    chosen = tuple(
        next((number for number, edit in enumerate(lever) if moved.choose(kept, *edit)), None) for lever in levers
    )
    moved.choose(kept)
    at.plain[alike] = (moved.change.before, moved.change.after, chosen)
    return kept.shown


def _twins(case: Case, cells: Sequence[Coordinate], change: Change) -> Iterator[Spot]:
    mine = change.coordinate
    for one in cells:
        alike = (one.indicator, one.name) == (mine.indicator, mine.name) and one.entity != mine.entity
        if alike and number_of(one) == change.before:
            yield spot_of(case, one.place)


# ---------------------------------------------------------------- the cell that is moved


@define(eq=False)
class _Moved:
    """Which cell, from what to what; and the same cells of others of whom the same is said."""

    property: str
    policy: Policy
    entity: str  # to whom it happens
    change: Change
    spot: Spot
    twins: tuple[Spot, ...]

    def told(self, cases: tuple[Case, ...]) -> Witness | None:
        return told_by(self.property, self.change, cases[0], cases[1], self.entity)

    def choose(self, kept: Kept[Witness], edit: Edit = lambda case: case, reached: Fraction | None = None) -> bool:
        """The plainest values that show it, of round ones and of those near the present ones, after the edit. reached:
        of a plan what comes of it, which is the plan before."""
        base, old = edit(kept.shown.before), self.change
        fixed = old.before if reached is None else reached
        found: list[tuple[Fraction | None, EntityResult]] = []
        for value in self._values(reached):
            if kept.left <= 2 * PAIRS:
                break
            kept.left -= 1
            scored = after(self._with(base, value))
            if scored is not None:
                found.append((value, scored.result.entities[self.entity]))
        # of two who are ranked only the totals are known before both are scored
        asked = "monotone" if self.property == "rank_monotone" else self.property
        changes = [
            (change, abs(two.total.value - one.total.value))
            for was, one in found
            for now, two in found
            if was != now and (self.property != "truthful" or was == fixed)
            if fails(asked, change := evolve(old, before=was, after=now), one, two, base.policy)
        ]
        for change, size in sorted(changes, key=lambda found: plainness(*found))[:PAIRS]:
            self.change = change
            if plainness(change, size)[0] <= plainness(old, Fraction(1))[0] and kept.takes(edit, then=self._set):
                return True
        self.change = old
        return False

    def as_before(self, kept: Kept[Witness], others: tuple[Edit, ...], levers: tuple[Lever, ...], plain: Plain) -> bool:
        """With what was plain of another cell, if that shows it here."""
        old, (was, now, chosen) = self.change, plain
        self.change = evolve(old, before=was, after=now)
        edits = (lever[number][0] for lever, number in zip(levers, chosen, strict=True) if number is not None)
        taken = kept.takes(*others, *edits, then=self._set)
        self.change = self.change if taken else old
        return taken

    def _with(self, case: Case, value: Fraction | None) -> Case:
        return put_at(self.spot, None if value is None else cell(value, self.change.coordinate.unit), case)

    def _set(self, number: int, case: Case) -> Case:
        """With the value of the first or the second case."""
        first = self.change.before
        for twin in self.twins:
            case = put_at(twin, None if first is None else cell(first, self.change.coordinate.unit), case)
        return self._with(case, (first, self.change.after)[number])

    def _values(self, reached: Fraction | None) -> Iterator[Fraction | None]:
        one = self.change.coordinate
        own = [value for value in (self.change.before, self.change.after, reached) if value is not None]
        if None in (self.change.before, self.change.after):
            yield None
        if one.unit is Unit.DATE:
            day = due(self.policy).toordinal()
            yield from sorted({*own, Fraction(day), Fraction(day + 1)})
            return
        step = resolution(one)
        size = Fraction(1, 100) if one.unit in IN_HUNDREDTHS else Fraction(1)
        round_ones = {size * number for number in ROUND}
        beside = {rounded for value in own for rounded in near(value, size)}
        every = {value // step * step for value in (*round_ones, *beside)} | set(own)
        if self.property == "no_cliff":
            every |= {value + way * step for value in (*beside, *own) for way in (1, -1)}
        if all(value >= 0 for value in own):
            every = {value for value in every if value >= 0}
        if one.unit is Unit.SURVEY:
            every = {value for value in every if value <= 1}
        yield from sorted(every)


def _levers(case: Case, cells: Sequence[Coordinate], moved: _Moved) -> Iterator[Lever]:
    """What the moved cell is measured against, made plain, in one way or another: plan, day, benchmarks, what another
    has; of a plan what is reached."""
    mine = moved.change.coordinate
    kinds: dict[tuple[str, str], list[Coordinate]] = {}
    for one in cells:
        beside = one.name in ("planned", "baseline", "due") and one.name != mine.name
        reached = one.name == "actual" and mine.name == "planned"
        of_another = moved.property == "independent" and one.entity != mine.entity
        same = (one.indicator, bool(one.indicator) or one.name) == (mine.indicator, bool(mine.indicator) or mine.name)
        if (same and (beside or reached or of_another)) or not (one.entity or one.indicator):
            kinds.setdefault((one.indicator, one.name), []).append(one)
    for (_, name), those in kinds.items():
        spots, unit = tuple(spot_of(case, one.place) for one in those), those[0].unit
        yield tuple(
            (
                partial(put_all, spots, value, unit),
                number_of(evolve(those[0], value=value)) if name == "actual" and mine.name == "planned" else None,
            )
            for value in plain_values(those[0], case.policy)
        )
