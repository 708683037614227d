"""A witness made plain: fewer rows, other cells round and equal to plan, the smallest round change that still shows it.

Each step is scored whole by the exact engine and kept only if the property still fails. A reader then sees one thing
that is odd, the fault, and can work the scores out on paper.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Final

from attrs import define, evolve

from assessdsl.engine import Policy
from assessdsl.facts import Row
from assessdsl.fairness.broken import fired
from assessdsl.fairness.case import (
    IN_HUNDREDTHS,
    Case,
    Coordinate,
    Place,
    Raw,
    coordinates,
    put,
    resolution,
    score,
    with_rows,
    without_entity,
    written,
)
from assessdsl.fairness.made_cases import fixed
from assessdsl.fairness.made_up import cell
from assessdsl.fairness.roundness import ROUND, digits, due, near, plain_values, plainness
from assessdsl.fairness.search import Bench
from assessdsl.fairness.single import TRIALS
from assessdsl.fairness.stories import Change, fails, told_by
from assessdsl.fairness.trial import Trying, Witness, after, number_of
from assessdsl.quantity import Unit
from assessdsl.result import EntityResult

_WORK: Final = 70_000  # steps of plans that are scored for one witness
_FEWEST: Final = 30
_MOST: Final = 240
_PAIRS: Final = 4  # of values, the plainest first, that are scored whole

Edit = Callable[[Case], Case]
RowId = tuple[str, int]
"""A row by its table and its own number, which stays when others go."""
Lever = tuple[tuple[Edit, Fraction | None], ...]
"""One edit or another, with what of a plan is reached then."""
Spot = tuple[str, int, str]
"""A cell by its row and its column."""


_ALONE: Final = ("bounded", "absolute", "dominance", "rounding_safe", "tiers_follow")


def plain(at: Bench, witness: Witness) -> Witness:
    """Of one case of a property that is shown by one."""
    if witness.after is not None or witness.property not in _ALONE:
        return witness
    gate = _leaking(witness.before)

    def retold(cases: tuple[Case, ...]) -> Witness | None:
        scored = after(cases[0])
        if scored is None or _leaking(cases[0]) != gate:
            return None
        found = TRIALS[witness.property](Trying(at.maker, at.safe, scored, fixed(0)))
        return found if isinstance(found, Witness) and found.before is cases[0] else None

    kept = _Kept(witness, _budget(witness.before.policy), retold)
    _settle(kept, tuple(_edits(witness.before, coordinates(witness.before), witness.entity, None)))
    entries = (row for row in kept.witness.before.facts.facts if not (_text(row, "target") or _text(row, "fact")))
    _settle(kept, [partial(_without_rows, frozenset({("facts", row.cell.row)})) for row in entries])
    for spot, one, number in tuple(_still_odd(kept.witness.before)):
        size = Fraction(1, 100) if one.unit in IN_HUNDREDTHS else Fraction(1)
        plainer = sorted({*near(number, size)}, key=lambda value: (digits(value, one.unit), abs(value - number)))
        for value in plainer[:_PAIRS]:
            if digits(value, one.unit) < digits(number, one.unit) and kept.takes(
                partial(_put_all, (spot,), value, one.unit)
            ):
                break
    return kept.witness


def _leaking(case: Case) -> str:
    return next((one.gate for one in fired(score(case)) if one.leaks), "")


def plain_move(witness: Witness, change: Change) -> Witness:
    """Of two cases between which one cell changes."""
    policy, cells = witness.before.policy, coordinates(witness.before)
    spot = _spot(witness.before, change.coordinate.place)
    moved = _Moved(witness.property, policy, witness.entity, change, spot, tuple(_twins(witness.before, cells, change)))
    kept = _Kept(witness, _budget(policy), moved.told)
    _settle(kept, tuple(_edits(witness.before, cells, witness.entity, moved)))
    for lever in _levers(witness.before, cells, moved):
        any(moved.choose(kept, edit, reached) for edit, reached in lever)
    moved.choose(kept)
    return kept.witness


def _twins(case: Case, cells: Sequence[Coordinate], change: Change) -> Iterator[Spot]:
    mine = change.coordinate
    for one in cells:
        alike = (one.indicator, one.name) == (mine.indicator, mine.name) and one.entity != mine.entity
        if alike and number_of(one) == change.before:
            yield _spot(case, one.place)


def _budget(policy: Policy) -> int:
    return max(_FEWEST, min(_MOST, _WORK // len(policy.plan.steps)))


# ---------------------------------------------------------------- what is kept


@define(eq=False)
class _Kept:
    """The plainest so far, and how many more cases may be scored."""

    witness: Witness
    left: int
    told: Callable[[tuple[Case, ...]], Witness | None]

    def takes(self, *edits: Edit, then: Callable[[int, Case], Case] = lambda _, case: case) -> bool:
        """then: what is done to the first and to the second case, told by their number."""
        if self.left <= 0:
            return False
        cases = tuple(case for case in (self.witness.before, self.witness.after) if case is not None)
        self.left -= len(cases)
        for edit in edits:
            cases = tuple(map(edit, cases))
        cases = tuple(then(number, case) for number, case in enumerate(cases))
        found = self.told(cases)
        if found is not None:
            self.witness = found
        return found is not None


def _settle(kept: _Kept, edits: Sequence[Edit]) -> None:
    """All at once if that is still a witness, else by halves, so that few cases are scored where little matters."""
    if not edits or kept.left <= 0 or kept.takes(*edits) or len(edits) == 1:
        return
    middle = len(edits) // 2
    _settle(kept, edits[:middle])
    _settle(kept, edits[middle:])


# ---------------------------------------------------------------- cells


def _spot(case: Case, place: Place) -> Spot:
    rows: tuple[Row, ...] = getattr(case.facts, place.table)
    return place.table, rows[place.row].cell.row, place.column


def _place(case: Case, spot: Spot) -> Place | None:
    rows: tuple[Row, ...] = getattr(case.facts, spot[0])
    return next((Place(spot[0], at, spot[2]) for at, row in enumerate(rows) if row.cell.row == spot[1]), None)


def _put(spot: Spot, raw: Raw | None, case: Case) -> Case:
    place = _place(case, spot)
    return case if place is None else put(case, place, raw)


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value.raw).strip()


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

    def choose(self, kept: _Kept, edit: Edit = lambda case: case, reached: Fraction | None = None) -> bool:
        """The plainest values that show it, of round ones and of those near the present ones, after the edit. reached:
        of a plan what comes of it, which is the plan before."""
        base, old = edit(kept.witness.before), self.change
        fixed = old.before if reached is None else reached
        found: list[tuple[Fraction | None, EntityResult]] = []
        for value in self._values(reached):
            if kept.left <= 2 * _PAIRS:
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
        for change, size in sorted(changes, key=lambda found: plainness(*found))[:_PAIRS]:
            self.change = change
            if plainness(change, size)[0] <= plainness(old, Fraction(1))[0] and kept.takes(edit, then=self._set):
                return True
        self.change = old
        return False

    def _with(self, case: Case, value: Fraction | None) -> Case:
        return _put(self.spot, None if value is None else cell(value, self.change.coordinate.unit), case)

    def _set(self, number: int, case: Case) -> Case:
        """With the value of the first or the second case."""
        first = self.change.before
        for twin in self.twins:
            case = _put(twin, None if first is None else cell(first, self.change.coordinate.unit), case)
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


# ---------------------------------------------------------------- all else


def _edits(case: Case, cells: Sequence[Coordinate], entity: str, moved: _Moved | None) -> Iterator[Edit]:
    """Rows that go, those first of which there is most; then cells that become plain, all of a kind alike."""
    own = {entity} if moved is None else {entity, moved.change.coordinate.entity}
    for row in case.facts.entities:
        if (name := _text(row, "entity")) not in own:
            yield partial(_without_entity, name)
    yield from _rows_gone(case, None if moved is None else moved.spot)
    kinds: dict[tuple[str, str], list[tuple[Spot, Coordinate]]] = {}
    for one in cells:
        kinds.setdefault((one.indicator or one.name, one.name), []).append((_spot(case, one.place), one))
    mine = "" if moved is None else moved.change.coordinate.indicator or moved.change.coordinate.name
    for (about, name), those in kinds.items():
        for value in plain_values(those[0][1], case.policy)[:1]:
            if about != mine or name == "weight":
                yield partial(_put_all, tuple(spot for spot, _ in those), value, those[0][1].unit)


def _without_entity(name: str, case: Case) -> Case:
    return without_entity(case, name)


def _rows_gone(case: Case, spot: Spot | None) -> Iterator[Edit]:
    """Entries that no target asks for, judgements, and of several targets of an indicator all but one; those of a kind
    together, so that two of whom the same is said stay alike."""
    held = None if spot is None else spot[:2]
    kinds: dict[tuple[str, ...], set[RowId]] = {}
    for table in ("judgements", "facts"):
        for row in getattr(case.facts, table):
            if not (_text(row, "target") or _text(row, "fact")) and (table, row.cell.row) != held:
                of = _text(row, "indicator") or _text(row, "judgement")
                kinds.setdefault((table, of), set()).add((table, row.cell.row))
    at = None if spot is None else _place(case, spot)
    kept = "" if at is None else _text(getattr(case.facts, at.table)[at.row], "target")
    seen: set[tuple[str, str]] = set()
    for row in sorted(case.facts.targets, key=lambda row: _text(row, "target") != kept):
        key = (_text(row, "entity"), _text(row, "indicator"))
        if key in seen:
            kinds.setdefault(("targets", key[1]), set()).update(_about_target(case, _text(row, "target")))
        seen.add(key)
    for rows in kinds.values():
        yield partial(_without_rows, frozenset(rows))


def _about_target(case: Case, target: str) -> Iterator[RowId]:
    for table in ("targets", "facts", "frozen"):
        for row in getattr(case.facts, table) or ():
            if _text(row, "target") == target:
                yield table, row.cell.row


def _without_rows(gone: frozenset[RowId], case: Case) -> Case:
    for table in sorted({table for table, _ in gone}):
        kept = [row for row in getattr(case.facts, table) if (table, row.cell.row) not in gone]
        case = with_rows(case, table, kept)
    return case


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
        spots, unit = tuple(_spot(case, one.place) for one in those), those[0].unit
        yield tuple(
            (
                partial(_put_all, spots, value, unit),
                number_of(evolve(those[0], value=value)) if name == "actual" and mine.name == "planned" else None,
            )
            for value in plain_values(those[0], case.policy)
        )


def _put_all(spots: tuple[Spot, ...], value: Fraction | date, unit: Unit, case: Case) -> Case:
    raw = written(value, unit)
    for spot in spots:
        case = _put(spot, raw, case)
    return case


# ---------------------------------------------------------------- what is left


def _still_odd(case: Case) -> Iterator[tuple[Spot, Coordinate, Fraction]]:
    """The cells of which a rounder value might do."""
    for one in coordinates(case):
        number = number_of(one)
        if number is not None and one.unit is not Unit.DATE and digits(number, one.unit) > 1:
            yield _spot(case, one.place), one, number
