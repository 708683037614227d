"""Whole cases made up for a policy: entities that nearly tie, and what is mended where the policy stops."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final, Literal

from attrs import frozen

from assessdsl.binding.values import read_value
from assessdsl.data import from_records
from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy
from assessdsl.facts import Value
from assessdsl.fairness.breakpoints import Input
from assessdsl.fairness.case import Case, Raw, resolution_of, score, written
from assessdsl.fairness.made_up import Maker, Pick, Record, Rows, entity_name, one_of
from assessdsl.plan.inputs import IndicatorSchema
from assessdsl.quantity import Unit
from assessdsl.result import Result
from assessdsl.source import Cell

_TRIES: Final = 30  # to find entities for which a policy does not stop, of 20 each


@frozen(eq=False, repr=False)
class Scored:
    """A case with its result."""

    case: Case
    result: Result

    def __repr__(self) -> str:
        return repr(self.case)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


def case_of_rows(policy: Policy, rows: Iterable[tuple[str, Record]]) -> Case:
    tables: dict[str, list[Record]] = {}
    for table, record in rows:
        tables.setdefault(table, []).append(record)
    return Case(policy, from_records(**tables))


def fixed(seed: int) -> Pick:
    """Picks that are the same in every run: of a linear congruential generator (Numerical Recipes)."""
    state = [seed * 2_654_435_761 + 1]

    def pick(low: int, high: int) -> int:
        state[0] = (state[0] * 1_664_525 + 1_013_904_223) % 2**32
        return low + (state[0] >> 8) % (high - low + 1)

    return pick


@frozen
class Safe:
    """For each group what is said of an entity for which the policy does not stop, under the name `entity`."""

    benchmarks: Rows
    known: Mapping[Input, Fraction]
    entities: Mapping[str, Rows]

    def of(self, group: str, name: str) -> Rows:
        return called(self.entities[group], name)


def called(rows: Rows, name: str) -> Rows:
    """The same said of an entity of another name."""
    old = next(str(record["entity"]) for table, record in rows if table == "entities")

    def to(column: str, raw: Raw) -> Raw:
        if column == "entity":
            return name
        return f"{name}{str(raw)[len(old) :]}" if column == "target" else raw

    return tuple((table, {column: to(column, raw) for column, raw in record.items()}) for table, record in rows)


def safe(maker: Maker) -> Safe | None:
    """None if none was found: whatever is reported, the policy stops."""
    groups = maker.policy.plan.schema.groups or ("",)
    for seed in range(_TRIES):
        benchmarks, known = maker.benchmarks(fixed(seed))
        made = {group: _safe_of(maker, seed, group, benchmarks, known) for group in groups}
        found = {group: rows for group, rows in made.items() if rows is not None}
        if len(found) == len(groups):
            return Safe(benchmarks, known, found)
    return None


def _safe_of(maker: Maker, seed: int, group: str, benchmarks: Rows, known: Mapping[Input, Fraction]) -> Rows | None:
    """What is said of the indicators for which the policy stops is said otherwise, until it does not."""
    rows: Rows = ()
    stopping = frozenset[str]()
    for further in range(20):
        other = maker.entity(fixed(seed + 1000 * further), "entity", group, known)
        rows = _with_others(rows, other, stopping) if stopping else other
        case = case_of_rows(maker.policy, (*benchmarks, *rows))
        try:
            score(case)
            return rows
        except DataError as error:
            found = (one.arguments.get("indicator", "") for one in error.diagnostics if one.is_error)
            stopping = frozenset(filter(None, found))
    return None


def indicators_of(rows: Rows) -> list[str]:
    """Of each row the indicator that it is about; "" of none."""
    of_target = {str(one["target"]): str(one["indicator"]) for table, one in rows if table == "targets"}
    return [
        (of_target.get(str(record.get("target"))) or str(record.get("indicator", "")))
        if table in ("targets", "facts")
        else ""
        for table, record in rows
    ]


def _with_others(rows: Rows, others: Rows, indicators: frozenset[str]) -> Rows:
    """What the others say of these indicators, instead of what is said."""
    kept = (row for row, own in zip(rows, indicators_of(rows), strict=True) if own not in indicators)
    return (*kept, *(row for row, own in zip(others, indicators_of(others), strict=True) if own in indicators))


def mended(policy: Policy, safe: Safe, benchmarks: Rows, entities: Mapping[str, tuple[str, Rows]]) -> Scored:
    """The case, scored. An entity for which the policy stops (`error`, a division by zero) has what is safe instead."""
    held = dict(entities)
    for _ in range(3):
        case = case_of_rows(policy, (*benchmarks, *(row for _, rows in held.values() for row in rows)))
        try:
            return Scored(case, score(case))
        except DataError as error:
            told = {diagnostic.arguments.get("entity", "") for diagnostic in error.diagnostics if diagnostic.is_error}
            for name, (group, _) in held.items():
                if name in told or not told & held.keys():
                    held[name] = (group, safe.of(group, name))
    benchmarks = safe.benchmarks
    case = case_of_rows(
        policy, (*benchmarks, *(row for name, (group, _) in held.items() for row in safe.of(group, name)))
    )
    return Scored(case, score(case))


def make(maker: Maker, safe: Safe, pick: Pick, *, entities: int = 3) -> Scored:
    """A case of one to so many entities; some are like another but for a cell or two, so that they nearly tie."""
    benchmarks, known = maker.benchmarks(pick)
    groups = maker.policy.plan.schema.groups or ("",)
    made: dict[str, tuple[str, Rows]] = {}
    for number in range(pick(1, entities)):
        name = entity_name(number, maker.policy.language)
        if made and pick(0, 2):
            like = one_of(pick, sorted(made))
            group, rows = made[like]
            match pick(0, 2):
                case 0:
                    made[name] = (group, called(rows, name))
                case 1:
                    first, second = traded(maker, pick, rows)
                    made[like], made[name] = (group, first), (group, called(second, name))
                case _:
                    made[name] = (group, _with_one_of_another(maker, pick, called(rows, name), group, known))
        else:
            group = one_of(pick, groups)
            made[name] = (group, maker.entity(pick, name, group, known))
    return mended(maker.policy, safe, benchmarks, made)


def _with_one_of_another(maker: Maker, pick: Pick, rows: Rows, group: str, known: Mapping[Input, Fraction]) -> Rows:
    name = str(next(record["entity"] for table, record in rows if table == "entities"))
    other = {_key(table, record): record for table, record in maker.entity(pick, name, group, known)}
    numbers = [
        (row, column)
        for row, (table, record) in enumerate(rows)
        if table in ("facts", "targets")
        for column in ("actual", "completed_on", "sample", "planned", "weight")
        if column in record and column in other.get(_key(table, record), {})
    ]
    if not numbers:
        return rows
    row, column = one_of(pick, numbers)
    return _put(rows, row, column, other[_key(*rows[row])][column])


def _put(rows: Rows, row: int, column: str, raw: Raw) -> Rows:
    table, record = rows[row]
    return (*rows[:row], (table, {**record, column: raw}), *rows[row + 1 :])


def traded(maker: Maker, pick: Pick, rows: Rows) -> tuple[Rows, Rows]:
    """Two of whom the first has one reported value just before the nearest place at which it is rounded otherwise, the
    second just there, and another value by two steps less: if each is rounded, the order of their sums is turned."""
    indicators = {str(record["target"]): str(record["indicator"]) for table, record in rows if table == "targets"}
    schemas = {schema.name: schema for schema in maker.policy.plan.schema.indicators}
    cells: list[tuple[int, IndicatorSchema, Fraction]] = []
    for row, (table, record) in enumerate(rows):
        name = str(record.get("indicator", "")) or indicators.get(str(record.get("target")), "")
        value = Value(record["actual"], Cell("", 1)) if table == "facts" and "actual" in record else None
        if value is not None and name in schemas:
            number = read_value(value, schemas[name].unit, schemas[name].places).value
            if isinstance(number, Fraction) and schemas[name].unit is not Unit.COUNT:
                cells.append((row, schemas[name], number))
    if len(cells) < 2:
        return rows, rows
    first = pick(0, len(cells) - 1)
    others = [at for at, (_, schema, _) in enumerate(cells) if at != first and schema.unit is cells[first][1].unit]
    if not others:
        return rows, rows
    row, schema, own = cells[first]
    source: Literal["entry", "target"] = "entry" if schema.many_entries else "target"
    input, step = Input(source, "actual", schema.name), resolution_of(schema.unit, schema.places)
    roundings = [surface for surface in maker.breakpoints.of(input) if surface.kind == "rounding"]
    coarsest = max(roundings, key=lambda surface: surface.every or 0, default=None)  # of the item, before the total's
    turn = None if coarsest is None else coarsest.solve(input, {}, own)
    if turn is None:
        return rows, rows
    half = turn // step * step
    other, schema_of_other, number = cells[one_of(pick, others)]
    if schema_of_other.unit is Unit.PERCENT and not 0 < number < 1:
        number = Fraction(1, 2)  # beyond them a share is held
    just_before = _put(rows, row, "actual", written(half - step, schema.unit))
    there = _put(rows, row, "actual", written(half, schema.unit))
    return just_before, _put(there, other, "actual", written(number - 2 * step, schema_of_other.unit))


def _key(table: str, record: Record) -> tuple[Raw | str, ...]:
    return (table, *(record.get(column, "") for column in ("target", "indicator", "fact", "period", "item")))
