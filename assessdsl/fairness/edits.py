"""Edits by which cases become plain: rows that go, cells that become round and equal to plan.

Each is kept only if what the cases show is still shown, scored whole by the exact engine.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Final, Generic, TypeVar

from attrs import define

from assessdsl.facts import Row
from assessdsl.fairness.case import (
    IN_HUNDREDTHS,
    Case,
    Coordinate,
    Place,
    Raw,
    coordinates,
    put,
    with_rows,
    without_entity,
    written,
)
from assessdsl.fairness.roundness import digits, near, plain_values
from assessdsl.fairness.trial import number_of
from assessdsl.quantity import Unit

T = TypeVar("T")

_WORK: Final = 70_000  # steps of plans that are scored for what is shown once
_FEWEST: Final = 30
_MOST: Final = 240
PAIRS: Final = 4  # of values, the plainest first, that are scored whole

Edit = Callable[[Case], Case]
RowId = tuple[str, int]
"""A row by its table and its own number, which stays when others go."""
Spot = tuple[str, int, str]
"""A cell by its row and its column."""


@define(eq=False)
class Kept(Generic[T]):
    """The plainest so far that shows it, and how many more cases may be scored."""

    shown: T
    cases: Callable[[T], tuple[Case, ...]]
    told: Callable[[tuple[Case, ...]], T | None]  # None: these cases do not show it
    left: int = 0

    def __attrs_post_init__(self) -> None:
        self.left = max(_FEWEST, min(_MOST, _WORK // len(self.cases(self.shown)[0].policy.plan.steps)))

    def takes(self, *edits: Edit, then: Callable[[int, Case], Case] = lambda _, case: case) -> bool:
        """then: what is done to the first and to the second case, told by their number."""
        if self.left <= 0:
            return False
        cases = self.cases(self.shown)
        self.left -= len(cases)
        for edit in edits:
            cases = tuple(map(edit, cases))
        shown = self.told(tuple(then(number, case) for number, case in enumerate(cases)))
        if shown is not None:
            self.shown = shown
        return shown is not None


def settle(kept: Kept[T], edits: Sequence[Edit]) -> None:
    """All at once if that still shows it, else by halves, so that few cases are scored where little matters."""
    if not edits or kept.left <= 0 or kept.takes(*edits) or len(edits) == 1:
        return
    middle = len(edits) // 2
    settle(kept, edits[:middle])
    settle(kept, edits[middle:])


def plainest(
    shown: T, cases: Callable[[T], tuple[Case, ...]], told: Callable[[tuple[Case, ...]], T | None], entity: str
) -> T:
    """With no more than is needed to show it, as `told` finds that it is shown. entity: to whom it happens."""
    kept = Kept(shown, cases, told)
    first = cases(shown)[0]
    settle(kept, tuple(edits(first, coordinates(first), {entity})))
    left = cases(kept.shown)[0]
    entries = (row for row in left.facts.facts if not (text(row, "target") or text(row, "fact")))
    settle(kept, [partial(_without_rows, frozenset({("facts", row.cell.row)})) for row in entries])
    seen: set[tuple[str, str]] = set()
    for row in left.facts.targets:  # whoever has one target of an indicator has all that is asked of it
        if (of := (text(row, "entity"), text(row, "indicator"))) in seen:
            kept.takes(partial(_without_rows, frozenset(_about_target(left, text(row, "target")))))
        seen.add(of)
    for case in range(len(cases(shown))):
        for spot, one, number in tuple(_still_odd(cases(kept.shown)[case])):
            _rounder(kept, spot, one, number, case)
    return kept.shown


def _rounder(kept: Kept[T], spot: Spot, one: Coordinate, number: Fraction, case: int) -> None:
    """In every case, or in this one only."""
    size = Fraction(1, 100) if one.unit in IN_HUNDREDTHS else Fraction(1)
    plainer = sorted({*near(number, size)}, key=lambda value: (digits(value, one.unit), abs(value - number)))
    plainer = [value for value in plainer[:PAIRS] if digits(value, one.unit) < digits(number, one.unit)]
    for value in ([Fraction(1)] if _beyond_all(one, number) else []) + plainer:
        edit = partial(put_all, (spot,), value, one.unit)
        if kept.takes(edit) or (len(kept.cases(kept.shown)) > 1 and kept.takes(then=partial(_in_one, case, edit))):
            return


def _beyond_all(one: Coordinate, number: Fraction) -> bool:
    """A rate of which there is more than all."""
    return one.unit in IN_HUNDREDTHS and one.unit is not Unit.PP and number > 1


def _in_one(case: int, edit: Edit, number: int, held: Case) -> Case:
    return edit(held) if number == case else held


# ---------------------------------------------------------------- cells


def spot_of(case: Case, place: Place) -> Spot:
    rows: tuple[Row, ...] = getattr(case.facts, place.table)
    return place.table, rows[place.row].cell.row, place.column


def place_of(case: Case, spot: Spot) -> Place | None:
    rows: tuple[Row, ...] = getattr(case.facts, spot[0])
    return next((Place(spot[0], at, spot[2]) for at, row in enumerate(rows) if row.cell.row == spot[1]), None)


def put_at(spot: Spot, raw: Raw | None, case: Case) -> Case:
    place = place_of(case, spot)
    return case if place is None else put(case, place, raw)


def text(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value.raw).strip()


# ---------------------------------------------------------------- edits


def edits(
    case: Case, cells: Sequence[Coordinate], own: set[str], mine: str = "", spot: Spot | None = None
) -> Iterator[Edit]:
    """Rows that go, those first of which there is most; then cells that become plain, all of a kind alike. own: the
    entities that it is about. mine: the indicator or fact of which one cell, at the spot, is moved."""
    for row in case.facts.entities:
        if (name := text(row, "entity")) not in own:
            yield partial(_without_entity, name)
    yield from _rows_gone(case, spot)
    kinds: dict[tuple[str, str], list[tuple[Spot, Coordinate]]] = {}
    for one in cells:
        kinds.setdefault((one.indicator or one.name, one.name), []).append((spot_of(case, one.place), one))
    for (about, name), those in kinds.items():
        for value in plain_values(those[0][1], case.policy)[:1]:
            if about != mine or name == "weight":
                yield partial(put_all, tuple(spot for spot, _ in those), value, those[0][1].unit)


def _without_entity(name: str, case: Case) -> Case:
    return without_entity(case, name)


def _rows_gone(case: Case, spot: Spot | None) -> Iterator[Edit]:
    """Entries that no target asks for, judgements, and of several targets of an indicator all but one; those of a kind
    together, so that two of whom the same is said stay alike."""
    held = None if spot is None else spot[:2]
    kinds: dict[tuple[str, ...], set[RowId]] = {}
    for table in ("judgements", "facts"):
        for row in getattr(case.facts, table):
            if not (text(row, "target") or text(row, "fact")) and (table, row.cell.row) != held:
                of = text(row, "indicator") or text(row, "judgement")
                kinds.setdefault((table, of), set()).add((table, row.cell.row))
    at = None if spot is None else place_of(case, spot)
    kept = "" if at is None else text(getattr(case.facts, at.table)[at.row], "target")
    seen: set[tuple[str, str]] = set()
    for row in sorted(case.facts.targets, key=lambda row: text(row, "target") != kept):
        key = (text(row, "entity"), text(row, "indicator"))
        if key in seen:
            kinds.setdefault(("targets", key[1]), set()).update(_about_target(case, text(row, "target")))
        seen.add(key)
    for rows in kinds.values():
        yield partial(_without_rows, frozenset(rows))


def _about_target(case: Case, target: str) -> Iterator[RowId]:
    for table in ("targets", "facts", "frozen"):
        for row in getattr(case.facts, table) or ():
            if text(row, "target") == target:
                yield table, row.cell.row


def _without_rows(gone: frozenset[RowId], case: Case) -> Case:
    for table in sorted({table for table, _ in gone}):
        kept = [row for row in getattr(case.facts, table) if (table, row.cell.row) not in gone]
        case = with_rows(case, table, kept)
    return case


def put_all(spots: tuple[Spot, ...], value: Fraction | date, unit: Unit, case: Case) -> Case:
    raw = written(value, unit)
    for spot in spots:
        case = put_at(spot, raw, case)
    return case


# ---------------------------------------------------------------- what is left


def _still_odd(case: Case) -> Iterator[tuple[Spot, Coordinate, Fraction]]:
    """The cells of which a rounder value might do."""
    for one in coordinates(case):
        number = number_of(one)
        if number is None or one.unit is Unit.DATE or (number == 0 and not one.indicator):
            continue  # of a fact of an entity nothing is as good as can be; of a target it is a case of its own
        if digits(number, one.unit) > 1 or _beyond_all(one, number):
            yield spot_of(case, one.place), one, number
