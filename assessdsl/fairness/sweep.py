"""What one cell does to the total: its values where the policy turns and beside them, all else held still.

Perturbing one coordinate of one target finds what improving everything hides. Where no entity reads what others did,
all values are scored at once, each in an entity of its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Final

from attrs import evolve, frozen

from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy
from assessdsl.fairness.case import Case, Coordinate, Place, Raw, coordinates, put, resolution, resolution_of, score
from assessdsl.fairness.made_cases import called, case_of_rows, fixed
from assessdsl.fairness.made_up import Record, Rows, cell, entity_name, turning
from assessdsl.fairness.search import Bench
from assessdsl.fairness.trial import input_of, known_beside, number_of
from assessdsl.fairness.world import About, Told, World, bound_about, said, world
from assessdsl.quantity import Unit

_CONTEXTS: Final = 16
_FEWEST: Final = 6
_OF_ALL: Final = 960  # contexts of the indicators of a policy, before each has fewer
_VALUES: Final = 14  # of one cell
_ALIKE: Final = 3  # contexts that differ in the cell itself only, which takes nearly the same values in each
_PLANS: Final = (Fraction(0), Fraction(1), Fraction(-1))
_OTHERS: Final = (1, 2)  # with whom the entity is compared, by the numbers of their names


@frozen(eq=False)
class Swept:
    """One entity, one of whose cells takes several values: by value, what it scores. None: the cell is empty."""

    world: Told
    cells: tuple[Coordinate, ...]  # of the case
    coordinate: Coordinate
    totals: tuple[tuple[Fraction | None, Fraction], ...]  # the values in their order, the empty cell first
    step: Fraction  # between two values that can be reported
    beside: Fraction | None  # of what was reached the plan, of a plan what was reached

    def with_value(self, value: Fraction | None) -> Case:
        raw: Raw | None = None if value is None else cell(value, self.coordinate.unit)
        return put(self.world.case(), self.coordinate.place, raw)


def swept(
    at: Bench,
    indicators: frozenset[str],
    facts: frozenset[str],
    name: str,
    *,
    alone: bool,
    others: bool = False,
    hints: tuple[Mapping[tuple[str, str], Fraction], ...] = (),
) -> Iterator[Swept]:
    """Of the cells called `name` of the indicators (or, of an entity, of the facts), in several contexts.

    alone: no entity's total reads what others did. others: whether the cell is that of another entity. hints: values of
    facts, by indicator and name, that are tried first.
    """
    for group in at.safe.entities:
        for about in (*(About(one) for one in sorted(indicators)), *(About("", one) for one in sorted(facts))):
            schema = next((one for one in at.maker.policy.plan.schema.indicators if one.name == about.indicator), None)
            if schema is None or not group or group in schema.groups:
                yield from at.worlds.kept(
                    (group, about, name, alone, others, str(hints)),
                    partial(_swept, at, group, about, name, at.other if others else at.name, alone=alone, hints=hints),
                )


def _swept(
    at: Bench,
    group: str,
    about: About,
    name: str,
    mover: str,
    *,
    alone: bool,
    hints: tuple[Mapping[tuple[str, str], Fraction], ...],
) -> Iterator[Swept]:
    seen: set[str] = set()
    alike: Counter[tuple[Place, str]] = Counter()
    own = called(at.safe.entities[group], at.name)
    made = [_context(at, group, own, about, seed) for seed in range(_contexts(at))]
    whole = next((rows for rows in made if _has(rows, about, name)), own)
    contexts = [(_hinted(at, whole, hint), True) for hint in hints] + [(rows, False) for rows in made]
    for seed, (rows, hint) in enumerate(contexts):
        if str(rows) in seen:
            continue
        seen.add(str(rows))
        around = _around(at, group, None if alone else seed)
        if around is None:
            continue
        there = next(around.otherwise(at.name, about, (rows,))) if not hint else _hinted_world(at, around, rows)
        if there is None:
            continue
        cells = _cells(at, around, there, about, mover)
        for coordinate, local in cells.mine:
            if coordinate.name != name:
                continue
            like = (coordinate.place, str(_with_cell(rows, local, None, coordinate)))
            alike[like] += 1
            if alike[like] > _ALIKE and not hint:
                continue
            more = [other[key] for other in hints if (key := (coordinate.indicator, name)) in other and hint]
            more = [value for value in more if coordinate.unit is not Unit.DATE or _is_day(value)]
            found = _totals(at, there, cells, coordinate, local, about, mover, more)
            if len(found) > 1:
                yield Swept(
                    there.told,
                    cells.every,
                    coordinate,
                    tuple(found),
                    resolution(coordinate),
                    _beside(cells.every, coordinate),
                )


def _contexts(at: Bench) -> int:
    """Of a wide policy each cell is tried in fewer, so that all are tried in reasonable time."""
    indicators = len(at.maker.policy.plan.schema.indicators)
    return max(_FEWEST, min(_CONTEXTS, _OF_ALL // max(1, indicators)))


def _around(at: Bench, group: str, seed: int | None) -> World | None:
    """Of whom what is safe is said, alone or among others."""
    safe = at.safe.entities[group]

    def make() -> World | None:
        others = {} if seed is None else _peers(at, group, seed)
        return world(at.maker.policy, at.safe.benchmarks, {at.name: called(safe, at.name), **others}, at.worlds.reach)

    return at.worlds.around((group, seed), make)


def _hinted_world(at: Bench, around: World, rows: Rows) -> World | None:
    return world(at.maker.policy, at.safe.benchmarks, {**around.told.rows, at.name: rows}, at.worlds.reach)


@frozen(eq=False)
class _Cells:
    """Those that are moved, each with where it stands among the rows of its entity; and all of the case."""

    mine: tuple[tuple[Coordinate, Place], ...]
    every: tuple[Coordinate, ...]


def _cells(at: Bench, around: World, there: World, about: About, mover: str) -> _Cells:
    """What stands around is the same as before but for what is said about one thing."""
    rows = there.told.rows.get(mover, ())
    kept = [
        number
        for number, (row, says) in enumerate(zip(rows, said(rows, about), strict=True))
        if says or row[0] == "entities"
    ]
    small = case_of_rows(at.maker.policy, (*at.safe.benchmarks, *(rows[number] for number in kept)))
    local = _numbered(rows)
    in_small = {place: number for number, place in zip(kept, _numbered([rows[number] for number in kept]), strict=True)}
    mine = []
    for one in coordinates(small, dataset=bound_about(small, about).dataset):
        wanted = one.indicator == about.indicator if about.indicator else one.name == about.fact and not one.indicator
        key = (one.place.table, one.place.row)
        if one.entity == mover and wanted and key in in_small:
            place = Place(*local[in_small[key]], one.place.column)
            moved = evolve(place, row=place.row + there.told.offset(mover, place.table))
            mine.append((evolve(one, place=moved), place))
    others = [
        one
        for one in at.worlds.coordinates(around)
        if one.entity != mover or (one.indicator != about.indicator if about.indicator else one.name != about.fact)
    ]
    return _Cells(tuple(mine), (*others, *(one for one, _ in mine)))


def _numbered(rows: Sequence[tuple[str, Record]]) -> list[tuple[str, int]]:
    """Of each row its table, and its number there."""
    counted: Counter[str] = Counter()
    found = []
    for table, _ in rows:
        found.append((table, counted[table]))
        counted[table] += 1
    return found


def _is_day(value: Fraction) -> bool:
    """A solver knows of no first or last day of the calendar."""
    return date.min.toordinal() <= value <= date.max.toordinal()


def _context(at: Bench, group: str, safe: Rows, about: About, seed: int) -> Rows:
    """What is safe, but for what is said about one thing."""
    if seed == 0:
        return safe
    made = at.worlds.made((group, seed), lambda: at.maker.entity(fixed(seed), at.name, group, at.safe.known))
    mine = [row for row, says in zip(made, said(made, about), strict=True) if says]
    if seed % 2:  # what is planned decides most: nothing, and less than nothing
        mine = [(table, _planned(record, _PLANS[seed // 2 % len(_PLANS)])) for table, record in mine]
    return (*(row for row, says in zip(safe, said(safe, about), strict=True) if not says), *mine)


def _hinted(at: Bench, safe: Rows, hint: Mapping[tuple[str, str], Fraction]) -> Rows:
    """What is safe, with the values of the hint, as near as they can be reported."""
    schemas = {one.name: one for one in at.maker.policy.plan.schema.indicators}
    facts = {one.name: one for one in at.maker.policy.plan.schema.facts}
    of_target = {str(one["target"]): str(one["indicator"]) for table, one in safe if table == "targets"}
    changed: list[tuple[str, Record]] = []
    for table, record in safe:
        indicator = of_target.get(str(record.get("target"))) or str(record.get("indicator", ""))
        held = dict(record)
        for column in record:
            value = hint.get((indicator, column)) if indicator else None
            if value is not None and indicator in schemas and column in ("planned", "actual", "baseline"):
                unit, step = schemas[indicator].unit, resolution_of(schemas[indicator].unit, schemas[indicator].places)
                held[column] = cell(value // step * step, unit)
        name = str(record.get("fact", ""))
        if name in facts and (found := hint.get(("", name))) is not None and facts[name].unit.is_number:
            step = resolution_of(facts[name].unit, facts[name].places)
            held["actual"] = cell(found // step * step, facts[name].unit)
        changed.append((table, held))
    return tuple(changed)


def _planned(record: Record, plan: Fraction) -> Record:
    return {**record, "planned": plan} if "planned" in record else record


def _has(rows: Rows, about: About, name: str) -> bool:
    """Whether there is such a cell."""
    column = name if about.indicator else "actual"
    return any(says and column in record for (_, record), says in zip(rows, said(rows, about), strict=True))


def _peers(at: Bench, group: str, seed: int) -> dict[str, Rows]:
    """Others of the group, with whom it is compared."""
    found: dict[str, Rows] = {}
    for number, name in enumerate(entity_name(one, at.maker.policy.language) for one in _OTHERS):
        made = at.maker.entity(fixed(1000 * (seed + 1) + number), name, group, at.safe.known)
        stops = _stops(at.maker.policy, (*at.safe.benchmarks, *made)) is not None
        found[name] = called(at.safe.entities[group], name) if stops else made
    return found


def _stops(policy: Policy, rows: Rows) -> DataError | None:
    try:
        score(case_of_rows(policy, rows))
    except DataError as error:
        return error
    return None


def _totals(
    at: Bench,
    there: World,
    cells: _Cells,
    coordinate: Coordinate,
    local: Place,
    about: About,
    mover: str,
    more: list[Fraction],
) -> list[tuple[Fraction | None, Fraction]]:
    step = resolution(coordinate)
    snapped = {(value // step + add) * step for value in more for add in (0, 1)}
    values: list[Fraction | None] = [*sorted({*values_of(at, cells.every, coordinate), *snapped})]
    if coordinate.name not in ("planned", "baseline", "weight"):
        values.insert(0, None)
    rows = there.told.rows[mover]
    variants = [_with_cell(rows, local, value, coordinate) for value in values]
    found = zip(values, there.otherwise(mover, about, variants), strict=True)
    totals = ((value, one.total(at.name)) for value, one in found if one is not None)
    return [(value, total) for value, total in totals if total is not None]


def total_of(case: Case) -> Fraction | None:
    """Of the only entity; None where the policy stops."""
    try:
        (only,) = score(case).entities.values()
        return only.total.value
    except DataError:
        return None


def values_of(at: Bench, cells: tuple[Coordinate, ...], coordinate: Coordinate) -> list[Fraction]:
    """Where the policy turns, beside it, and far away. cells: all of the case."""
    policy = at.maker.policy
    own, known = number_of(coordinate), known_beside(coordinate, cells, policy)
    step, input = resolution(coordinate), input_of(coordinate, policy)
    free = {Fraction(0), step, *([own, own + step, own * 2, own / 2 // step * step] if own is not None else [])}
    if coordinate.unit in (Unit.PERCENT, Unit.PP, Unit.NUMBER, Unit.MONEY):
        free.add(-step)
    if coordinate.unit is Unit.DATE:
        free = set() if own is None else {own, own + 1, own - 1, own + 30}
    if coordinate.unit is Unit.SURVEY:
        free = {value for value in free if value <= 1}
    turns = turning(at.maker.breakpoints, input, coordinate.unit, coordinate.places, known, own)
    found = sorted({*turns[:_VALUES], *free})
    beside = _beside(cells, coordinate)
    return found if beside is None else sorted({*found, beside, beside - step, beside + step})


def _beside(cells: tuple[Coordinate, ...], coordinate: Coordinate) -> Fraction | None:
    other = {"actual": "planned", "planned": "actual"}.get(coordinate.name)
    for one in cells:
        if one.target and (one.target, one.name) == (coordinate.target, other):
            return number_of(one)
    return None


def _with_cell(rows: Rows, local: Place, value: Fraction | None, coordinate: Coordinate) -> Rows:
    """With another value of the cell, which stands there among the entity's own rows."""
    changed = []
    for (table, record), place in zip(rows, _numbered(rows), strict=True):
        if place == (local.table, local.row):
            rest = {column: raw for column, raw in record.items() if column != local.column}
            record = rest if value is None else {**rest, local.column: cell(value, coordinate.unit)}
        changed.append((table, record))
    return tuple(changed)
