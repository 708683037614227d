"""A case: a policy with plain tables, what it scores, and the changes that fairness is asked about.

A change gives another case; nothing is altered in place. Cells are named by where they stand in the tables.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from assessdsl.binding import bind
from assessdsl.binding.values import is_share
from assessdsl.engine import Policy, Records, evaluate, tables_of
from assessdsl.facts import Dataset, Datum, Facts, Row, Scalar, Value
from assessdsl.quantity import Unit, decimal_places, exact_text
from assessdsl.record.succession_tables import evaluate_tables
from assessdsl.result import Result
from assessdsl.source import Cell

Raw = str | Fraction | date | bool
"""What a cell of a table holds."""

IN_HUNDREDTHS: Final = {Unit.SHARE: "%", Unit.PERCENT: "%", Unit.SURVEY: "%", Unit.PP: " pp"}


@frozen(eq=False, repr=False)
class Case:
    """A policy and the tables that are scored by it."""

    policy: Policy
    facts: Facts

    def __repr__(self) -> str:
        return f"case_of({self.policy.name}, {self.records()})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How Hypothesis and IPython print it, which else would print the policy's whole tree."""
        printer.text(repr(self))

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The tables that hold something as plain records, which `evaluate` takes and JSON can hold."""
        return {
            table: [{column: _plain(value) for column, value in row.values.items()} for row in rows]
            for table, rows in self.facts.tables()
            if rows
        }


def case_of(policy: Policy, tables: Facts | str | Path | Mapping[str, Records] | Records) -> Case:
    """tables: as `evaluate` takes them."""
    return Case(policy, tables_of(tables))


def score(case: Case) -> Result:
    """The exact result. Raises DataError where the tables are wrong, or where the policy stops with an `error`."""
    if case.facts.successions:
        return evaluate_tables(case.policy, case.facts)
    return evaluate(case.policy, case.facts)


def _plain(value: Value) -> str | int | bool | Fraction:
    match value.raw:
        case Fraction() as number if value.percent:
            return f"{exact_text(number * 100)}%"
        case Fraction() as number if number.denominator == 1:
            return number.numerator
        case Fraction() as number:
            return number if decimal_places(number) is None else exact_text(number)
        case date() as day:
            return day.isoformat()
        case other:
            return other


# ---------------------------------------------------------------- cells


@frozen(order=True)
class Place:
    """A cell: the table, the number of the row from 0, the column's id."""

    table: str
    row: int
    column: str


@frozen
class Coordinate:
    """A cell that a policy reads, with what it means."""

    place: Place
    entity: str  # "" of a benchmark
    indicator: str  # "" of a fact of the entity or a benchmark
    target: str
    name: str  # actual, planned …; of a fact or a benchmark its name; `sample` of a survey
    value: Scalar
    unit: Unit
    places: int | None = None  # decimal places of the written number, where they are declared
    better: int = 0  # 1: higher is better, -1: lower (earlier) is better, 0: nothing is declared


def coordinates(case: Case, *, dataset: Dataset | None = None) -> tuple[Coordinate, ...]:
    """Every filled cell whose value the policy takes, in the order of the tables. dataset: the tables as they were
    bound, where that is known."""
    found: list[Coordinate] = []
    places = {
        value.cell: Place(table, number, column)
        for table, rows in case.facts.tables()
        if table not in ("frozen", "history")
        for number, row in enumerate(rows)
        for column, value in row.values.items()
    }
    schema = case.policy.plan.schema
    penalties = _penalties(case.policy)
    data = bind(schema, case.facts).dataset if dataset is None else dataset

    def note(datum: Datum | None, *of: Any) -> None:
        place = None if datum is None or datum.cell is None else places.get(datum.cell)
        if datum is not None and place is not None:
            entity, indicator, target, name, unit, digits, better = of
            found.append(Coordinate(place, entity, indicator, target, name, datum.value, unit, digits, better))

    for fact in schema.facts:
        better = 1 if fact.unit is Unit.SURVEY else 0
        for entity in data.entities:
            note(entity.facts.get(fact.name), entity.entity, "", "", fact.name, fact.unit, fact.places, better)
            note(entity.samples.get(fact.name), entity.entity, "", "", "sample", Unit.COUNT, 0, 0)
    for benchmark in schema.benchmarks:
        note(data.benchmarks.get(benchmark.name), "", "", "", benchmark.name, benchmark.unit, benchmark.places, 0)
    for indicator in schema.indicators:
        for item in data.items.get(indicator.name, ()):
            entity_name, up = data.entities[item.entity].entity, item.fields["direction"].value == "higher"
            # of a penalty, and of entries in classes (votes for and against), more is neither better nor worse
            neither = indicator.name in penalties or "category" in indicator.fields
            better = 0 if neither else 1 if up else -1
            of = (entity_name, indicator.name, item.target)
            for name in ("planned", "baseline"):
                note(item.fields.get(name), *of, name, indicator.unit, indicator.places, 0)
            note(item.fields.get("weight"), *of, "weight", _weight(case, places, item.fields), None, 0)
            note(item.fields.get("due"), *of, "due", Unit.DATE, None, 0)
            for entry in item.entries:
                note(entry.get("actual"), *of, "actual", indicator.unit, indicator.places, better)
                note(entry.get("completed_on"), *of, "completed_on", Unit.DATE, None, -1)
    return tuple(sorted(found, key=lambda one: one.place))


def _weight(case: Case, places: Mapping[Cell, Place], fields: Mapping[str, Datum]) -> Unit:
    cell = fields["weight"].cell if "weight" in fields else None
    value = None if cell is None or cell not in places else value_at(case, places[cell])
    return Unit.SHARE if value is not None and is_share(value) else Unit.NUMBER


def _penalties(policy: Policy) -> frozenset[str]:
    """Indicators of penalties: more of what is deducted for is not better, whatever the direction."""
    outputs = policy.plan.outputs.every_component
    return frozenset(part.name for component in outputs if component.kind == "penalty" for part in component.indicators)


def value_at(case: Case, place: Place) -> Value | None:
    rows: tuple[Row, ...] = getattr(case.facts, place.table)
    return rows[place.row].get(place.column)


def resolution(coordinate: Coordinate) -> Fraction:
    """The smallest difference that can be reported, in the base measure of the unit; of dates in days."""
    return resolution_of(coordinate.unit, coordinate.places)


_PLACES: Final = {
    Unit.COUNT: 0, Unit.DAYS: 0, Unit.MONTHS: 0, Unit.YEARS: 0, Unit.DATE: 0, Unit.YES_NO: 0,
}  # fmt: skip


def resolution_of(unit: Unit, places: int | None) -> Fraction:
    """With no places declared, the second decimal, whole numbers of what is counted."""
    base = Fraction(1, 100) if unit in IN_HUNDREDTHS else Fraction(1)
    return base / Fraction(10) ** (_PLACES.get(unit, 2) if places is None else places)


def written(value: Scalar, unit: Unit) -> Raw:
    """A value as a cell holds it: rates with their sign, so that people can read the table."""
    match value:
        case bool() | str() | date():
            return value
        case Fraction() if unit in IN_HUNDREDTHS:
            number = value * 100
            return number if decimal_places(number) is None else f"{exact_text(number)}{IN_HUNDREDTHS[unit]}"
        case Fraction():
            return value
        case _:
            raise ValueError("a missing value is an empty cell")


# ---------------------------------------------------------------- changes


def put(case: Case, place: Place, raw: Raw | None) -> Case:
    """The case with another content of one cell; None empties it."""
    rows: tuple[Row, ...] = getattr(case.facts, place.table)
    row = with_cell(rows[place.row], place.column, raw)
    return with_rows(case, place.table, (*rows[: place.row], row, *rows[place.row + 1 :]))


def with_cell(row: Row, column: str, raw: Raw | None) -> Row:
    """The row with another content of one cell; None empties it."""
    rest = {name: value for name, value in row.values.items() if name != column}
    if raw is None:
        return evolve(row, values=rest)
    return evolve(
        row, values={**rest, column: Value(raw, row.at(column) if column in row.columns else _cell(row, column))}
    )


def _cell(row: Row, column: str) -> Cell:
    return evolve(row.cell, column=column)


def with_rows(case: Case, table: str, rows: Iterable[Row] | None) -> Case:
    """The case with other rows of a table."""
    held: dict[str, Any] = {table: None if rows is None else tuple(rows)}
    return evolve(case, facts=evolve(case.facts, **held))


def added(case: Case, table: str, record: Mapping[str, Raw]) -> Case:
    """With one more row."""
    rows: tuple[Row, ...] = getattr(case.facts, table)
    cell = Cell(rows[-1].cell.file if rows else table, max((row.cell.row for row in rows), default=0) + 1)
    values = {column: Value(raw, evolve(cell, column=column)) for column, raw in record.items()}
    return with_rows(case, table, (*rows, Row(values, cell, {column: column for column in record})))


def permuted(case: Case, orders: Mapping[str, Sequence[int]]) -> Case:
    """The rows of tables in another order: for each table the numbers of its rows."""
    for table, order in orders.items():
        rows: tuple[Row, ...] = getattr(case.facts, table)
        case = with_rows(case, table, [rows[number] for number in order])
    return case


_NAMES = re.compile(r"([、,;，；])")


def renamed(case: Case, names: Mapping[str, str]) -> Case:
    """Entities under other names, in every table."""

    def of(text: str) -> str:
        parts = _NAMES.split(text)
        return "".join(names.get(part.strip(), part) for part in parts)

    return _each_text(case, ("entity", "successor_of"), of)


def retargeted(case: Case, of: Callable[[str], str]) -> Case:
    """Targets under other names."""
    return _each_text(case, ("target",), of)


def _each_text(case: Case, columns: Sequence[str], to: Callable[[str], str]) -> Case:
    for table, rows in tuple(case.facts.tables()):
        changed = []
        for row in rows:
            for column in columns:
                value = row.get(column)
                if value is not None and isinstance(value.raw, str):
                    row = with_cell(row, column, to(value.raw))
            changed.append(row)
        case = with_rows(case, table, changed)
    return case


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return str(value.raw).strip() if value is not None else ""


def without_entity(case: Case, entity: str) -> Case:
    """Without an entity and all that is said of it."""
    of_it = {_text(row, "target") for row in case.facts.targets if _text(row, "entity") == entity} - {""}
    for table, rows in tuple(case.facts.tables()):
        kept = [row for row in rows if _text(row, "entity") != entity and _text(row, "target") not in of_it]
        case = with_rows(case, table, kept)
    return case


def frozen_now(case: Case) -> Case:
    """The same, with the targets frozen as they stand."""
    return with_rows(case, "frozen", case.facts.targets)


def without_target(case: Case, target: str) -> Case:
    """Without a target and what was reported about it. If the targets were frozen, it stays among the frozen ones."""
    for table in ("targets", "facts"):
        rows: tuple[Row, ...] = getattr(case.facts, table)
        case = with_rows(case, table, [row for row in rows if _text(row, "target") != target])
    return case


def twin(case: Case, entity: str, name: str) -> Case:
    """With a second entity of which the same is said; its targets have their own names."""
    of_it = {_text(row, "target") for row in case.facts.targets if _text(row, "entity") == entity} - {""}
    for table, rows in tuple(case.facts.tables()):
        same = [row for row in rows if _text(row, "entity") == entity or _text(row, "target") in of_it]
        last = max((row.cell.row for row in rows), default=0)
        for number, row in enumerate(same, 1):
            moved = evolve(row, cell=evolve(row.cell, row=last + number), values={})
            for column, value in row.values.items():
                raw: Raw = name if column == "entity" else value.raw
                if column == "target":
                    raw = f"{value.raw} {name}"
                moved = with_cell(moved, column, raw)
                moved = evolve(
                    moved, values={**moved.values, column: evolve(moved.values[column], percent=value.percent)}
                )
            rows = (*rows, moved)
        case = with_rows(case, table, rows)
    return case


SECOND: Final = " (2)"  # behind the name of the second part
AMOUNTS: Final = frozenset({"planned", "baseline", "actual"})
ADDITIVE: Final = frozenset({Unit.MONEY, Unit.COUNT})  # amounts; of rates each part has the whole's


def split(case: Case, target: str) -> Case | None:
    """With a target in two equal parts: half of its weight each, and of amounts half of what is planned and done.

    None where half of it cannot be written.
    """
    halves: dict[Place, Raw] = {}
    for one in coordinates(case):
        amount = one.name in AMOUNTS and one.unit in ADDITIVE
        if one.target == target and (amount or one.name == "weight") and isinstance(one.value, Fraction):
            half = one.value / 2
            if one.name != "weight" and half % resolution(one):
                return None
            halves[one.place] = written(half, one.unit)
    for place, raw in halves.items():
        case = put(case, place, raw)
    for table in ("targets", "facts"):
        rows: tuple[Row, ...] = getattr(case.facts, table)
        for row in [row for row in rows if _text(row, "target") == target]:
            values = {column: value.raw for column, value in row.values.items()}
            case = added(case, table, {**values, "target": f"{target}{SECOND}"})
    return case
