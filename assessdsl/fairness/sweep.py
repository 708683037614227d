"""What one cell does to the total: its values where the policy turns and beside them, all else held still.

Perturbing one coordinate of one target finds what improving everything hides. Where no entity reads what others did,
all values are scored at once, each in an entity of its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from attrs import frozen

from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy
from assessdsl.fairness.case import Case, Coordinate, Place, Raw, coordinates, put, resolution, resolution_of, score
from assessdsl.fairness.made_cases import called, case_of_rows, fixed
from assessdsl.fairness.made_up import Record, Rows, cell, turning
from assessdsl.fairness.search import Bench
from assessdsl.fairness.trial import input_of, known_beside, number_of
from assessdsl.quantity import Unit

_CONTEXTS: Final = 16
_VALUES: Final = 14  # of one cell
_ALIKE: Final = 3  # contexts that differ in the cell itself only, which takes nearly the same values in each
_PLANS: Final = (Fraction(0), Fraction(1), Fraction(-1))
NAME: Final = "甲"
OTHER: Final = "乙"
_OTHERS: Final = (OTHER, "丙")


@frozen(eq=False)
class Swept:
    """One entity, one of whose cells takes several values: by value, what it scores. None: the cell is empty."""

    case: Case
    cells: tuple[Coordinate, ...]  # of the case
    coordinate: Coordinate
    totals: tuple[tuple[Fraction | None, Fraction], ...]  # the values in their order, the empty cell first
    step: Fraction  # between two values that can be reported
    beside: Fraction | None  # of what was reached the plan, of a plan what was reached

    def with_value(self, value: Fraction | None) -> Case:
        raw: Raw | None = None if value is None else cell(value, self.coordinate.unit)
        return put(self.case, self.coordinate.place, raw)


def swept(
    at: Bench,
    indicators: frozenset[str],
    facts: frozenset[str],
    name: str,
    *,
    alone: bool,
    mover: str = NAME,
    hints: tuple[Mapping[tuple[str, str], Fraction], ...] = (),
) -> Iterator[Swept]:
    """Of the cells called `name` of the indicators (or, of an entity, of the facts), in several contexts.

    alone: no entity's total reads what others did. mover: whose cell it is, if not the entity's own. hints: values of
    facts, by indicator and name, that are tried first.
    """
    policy = at.maker.policy
    for group, safe in at.safe.entities.items():
        schemas = [one for one in policy.plan.schema.indicators if one.name in indicators]
        if schemas and all(group and group not in one.groups for one in schemas):
            continue
        seen: set[str] = set()
        alike: Counter[tuple[Place, str]] = Counter()
        own = called(safe, NAME)
        made = [_context(at, group, own, indicators, facts, seed) for seed in range(_CONTEXTS)]
        whole = next((rows for rows in made if _has(rows, indicators, facts, name)), own)
        contexts = [(_hinted(at, whole, hint), True) for hint in hints] + [(rows, False) for rows in made]
        for seed, (rows, hint) in enumerate(contexts):
            if str(rows) in seen:
                continue
            seen.add(str(rows))
            others = () if alone else _peers(at, group, seed)
            case = case_of_rows(policy, (*at.safe.benchmarks, *rows, *others))
            cells = coordinates(case)
            for coordinate in cells:
                wanted = coordinate.indicator in indicators or (not coordinate.indicator and coordinate.name in facts)
                if coordinate.entity != mover or not wanted or coordinate.name != name:
                    continue
                around = (coordinate.place, str(_entity(rows, coordinate, NAME, None)))
                alike[around] += 1
                if alike[around] > _ALIKE and not hint:
                    continue
                more = [other[key] for other in hints if (key := (coordinate.indicator, name)) in other and hint]
                more = [value for value in more if coordinate.unit is not Unit.DATE or _is_day(value)]
                found = _totals(at, case, cells, rows, coordinate, more, alone=alone)
                if len(found) > 1:
                    yield Swept(
                        case, cells, coordinate, tuple(found), resolution(coordinate), _beside(cells, coordinate)
                    )


def _is_day(value: Fraction) -> bool:
    """A solver knows of no first or last day of the calendar."""
    return date.min.toordinal() <= value <= date.max.toordinal()


def _context(at: Bench, group: str, safe: Rows, indicators: frozenset[str], facts: frozenset[str], seed: int) -> Rows:
    """What is safe, but for what is said of the indicators and facts."""
    if seed == 0:
        return safe
    made = at.maker.entity(fixed(seed), NAME, group, at.safe.known)
    if seed % 2:  # what is planned decides most: nothing, and less than nothing
        made = tuple((table, _planned(record, _PLANS[seed // 2 % len(_PLANS)])) for table, record in made)
    kept = [row for row in safe if not _concerns(safe, row, indicators, facts)]
    return (*kept, *(row for row in made if _concerns(made, row, indicators, facts)))


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


def _has(rows: Rows, indicators: frozenset[str], facts: frozenset[str], name: str) -> bool:
    """Whether there is such a cell."""
    column = "actual" if facts and not indicators else name
    return any(column in record and _concerns(rows, (table, record), indicators, facts) for table, record in rows)


def _concerns(rows: Rows, row: tuple[str, Record], indicators: frozenset[str], facts: frozenset[str]) -> bool:
    table, record = row
    if table not in ("targets", "facts"):
        return False
    of_target = {str(one["target"]): str(one["indicator"]) for name, one in rows if name == "targets"}
    indicator = of_target.get(str(record.get("target"))) or str(record.get("indicator", ""))
    return indicator in indicators or str(record.get("fact", "")) in facts


def _peers(at: Bench, group: str, seed: int) -> Rows:
    """Others of the group, with whom it is compared."""
    found: list[tuple[str, Record]] = []
    for number, name in enumerate(_OTHERS):
        made = at.maker.entity(fixed(1000 * (seed + 1) + number), name, group, at.safe.known)
        found += (
            made
            if _stops(at.maker.policy, (*at.safe.benchmarks, *made)) is None
            else called(at.safe.entities[group], name)
        )
    return tuple(found)


def _stops(policy: Policy, rows: Rows) -> DataError | None:
    try:
        score(case_of_rows(policy, rows))
    except DataError as error:
        return error
    return None


def _totals(
    at: Bench,
    case: Case,
    cells: tuple[Coordinate, ...],
    rows: Rows,
    coordinate: Coordinate,
    more: list[Fraction],
    *,
    alone: bool,
) -> list[tuple[Fraction | None, Fraction]]:
    step = resolution(coordinate)
    snapped = {(value // step + add) * step for value in more for add in (0, 1)}
    values: list[Fraction | None] = [*sorted({*values_of(at, cells, coordinate), *snapped})]
    if coordinate.name not in ("planned", "baseline", "weight"):
        values.insert(0, None)
    if not alone:
        return [
            (value, total) for value in values if (total := total_of(put_value(case, coordinate, value))) is not None
        ]
    return _together(at, rows, coordinate, values)


def put_value(case: Case, coordinate: Coordinate, value: Fraction | None) -> Case:
    return put(case, coordinate.place, None if value is None else cell(value, coordinate.unit))


def total_of(case: Case) -> Fraction | None:
    try:
        return score(case).entities[NAME].total.value
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


def _together(
    at: Bench, rows: Rows, coordinate: Coordinate, values: list[Fraction | None]
) -> list[tuple[Fraction | None, Fraction]]:
    """All values in one case, each in an entity of its own."""
    named = {f"{NAME}{number}": value for number, value in enumerate(values)}
    for _ in range(3):
        tables = [row for name, value in named.items() for row in _entity(rows, coordinate, name, value)]
        try:
            result = score(case_of_rows(at.maker.policy, (*at.safe.benchmarks, *tables)))
        except DataError as error:
            told = {diagnostic.arguments.get("entity", "") for diagnostic in error.diagnostics if diagnostic.is_error}
            left = {name: value for name, value in named.items() if name not in told}
            if len(left) == len(named) or not left:
                return []
            named = left
            continue
        return [(value, result.entities[name].total.value) for name, value in named.items()]
    return []


def _entity(rows: Rows, coordinate: Coordinate, name: str, value: Fraction | None) -> Rows:
    """The entity under another name, with another value of the cell."""
    place, number = coordinate.place, -1
    changed: list[tuple[str, Record]] = []
    for table, record in rows:
        if table == place.table:
            number += 1
            if number == place.row:
                rest = {column: raw for column, raw in record.items() if column != place.column}
                record = rest if value is None else {**rest, place.column: cell(value, coordinate.unit)}
        changed.append((table, record))
    return called(tuple(changed), name)
