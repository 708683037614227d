"""The inputs of one entity, as a program hands them over, as records of the tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from assessdsl.binding.values import read_value
from assessdsl.data import from_records
from assessdsl.data.columns import column_of
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.facts import Facts, Row, Value
from assessdsl.plan.inputs import IndicatorSchema, Schema
from assessdsl.quantity import Unit
from assessdsl.source import Cell
from assessdsl.vocabulary import nearest, vocabulary

Inputs = Mapping[str, Any]
Record = dict[str, Any]

INPUTS: Final = Cell("inputs", 1)  # where what a program hands over stands
_ENTITY: Final = "entity"
_COLUMNS: Final = (
    "planned", "actual", "baseline", "weight", "due", "required", "completed_on", "sample", "level", "category", "item",
)  # fmt: skip
_WHOSE: Final = ("target", "entity", "indicator", "fact")
_ENTRIES: Final = ("entries", "明细")
_OF_KEYS: Final = ("inputs", "frame")
WHO: Final = ("entity", "label", "since", "successor_of")  # columns of the table of entities that hold no values


def as_records(schema: Schema, given: Inputs, language: str) -> dict[str, list[Record]]:
    """The records by table. Raises DataError with every key that is not known, or does not hold what it should."""
    entity: Record = {"entity": _ENTITY}
    tables: dict[str, list[Record]] = {name: [] for name in ("targets", "facts", "judgements", "benchmarks")}
    indicators = {indicator.name: indicator for indicator in schema.indicators}
    facts = {fact.name: fact for fact in schema.facts}
    benchmarks = {benchmark.name for benchmark in schema.benchmarks}
    columns: dict[str, Record] = {}
    wrong: list[Diagnostic] = []
    known = [*facts, *schema.judgements, *benchmarks, *indicators]
    samples = {name: value for key, value in given.items() if (name := sampled(str(key), facts))}
    for key, value in given.items():
        name, _, column = str(key).rpartition(".")
        if key == "group" or (key in facts and facts[key].attribute):
            entity[key] = value
        elif key in facts:
            tables["facts"].append({"entity": _ENTITY, "fact": key, "actual": value, "sample": samples.get(key)})
        elif key in schema.judgements:
            if _is_found(key, value, wrong):
                found = {"judgement": key, "author": "inputs", "evidence": "inputs"}
                tables["judgements"].append({"entity": _ENTITY, **found})
        elif key in benchmarks:
            tables["benchmarks"].append({"name": key, "value": value})
        elif key in indicators and indicators[key].shared:
            for number, target in enumerate(_mappings(key, value, wrong), 1):
                wrong += (
                    unknown(f"{key}.{heading}", known)
                    for heading in target
                    if not (heading in _ENTRIES or _column(heading))
                )
                _put(tables, indicators[key], target, f"{key}-{number}", wrong)
        elif name in indicators and (column in _ENTRIES or _column(column)):
            columns.setdefault(name, {})[column] = value
        elif not sampled(str(key), facts):
            wrong.append(unknown(str(key), known))
    for name, held in columns.items():
        _put(tables, indicators[name], held, name, wrong)
    if wrong:
        raise DataError(arrange(wrong), language)
    return {"entities": [entity], **{name: rows for name, rows in tables.items() if rows}}


def as_facts(tables: Mapping[str, Sequence[tuple[Record, Cell]]], language: str) -> Facts:
    """The tables of records, each with the place that it comes from: that is what messages and explanations name.

    Of inputs of one entity a place is the key that they were given under. Raises DataError.
    """

    def place(cell: Cell) -> Cell:
        record, own = tables[cell.file][cell.row - 1]
        return evolve(own, column=_key(cell.file, record, cell.column) if own.file in _OF_KEYS else cell.column)

    def moved(remarks: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        return arrange(one if one.cell is None else evolve(one, cell=place(one.cell)) for one in remarks)

    def of_row(row: Row) -> Row:
        values = {id: evolve(value, cell=place(value.cell)) for id, value in row.values.items()}
        return Row(values, place(row.cell), {id: place(row.at(id)).column for id in row.columns})

    try:
        facts = from_records(**{table: [record for record, _ in held] for table, held in tables.items()})
    except DataError as error:
        raise DataError(moved(error.diagnostics), language) from None
    rows = {table: tuple(map(of_row, getattr(facts, table))) for table in tables}
    return evolve(facts, **rows, remarks=moved(facts.remarks))


def _is_found(key: str, given: Any, wrong: list[Diagnostic]) -> bool:
    """Whether people found something; a text says so as in a table."""
    if not isinstance(given, str) or not given or given.isspace():
        return bool(given) and not isinstance(given, str)
    reading = read_value(Value(given, evolve(INPUTS, column=key)), Unit.YES_NO)
    wrong += reading.remarks
    return reading.value is True


def _key(table: str, record: Record, column: str) -> str:
    """Under which key of the inputs a column of a record was given."""
    whose = record.get("indicator") or record.get("fact") or record.get("judgement") or record.get("name") or ""
    if not whose or not column:
        return column
    _, numbered, number = str(record.get("target", "")).partition(f"{whose}-")
    if numbered and number.isdecimal():  # as a program counts them
        whose = f"{whose}[{int(number) - 1}]"
    if column in _WHOSE or table in ("judgements", "benchmarks") or ("fact" in record and column == "actual"):
        return str(whose)
    return f"{whose}.{column}"


def about_whom(schema: Schema) -> frozenset[str]:
    """The keys that say who it is, as in the table of entities; no score rests on them."""
    own = {
        *schema.judgements,
        *(one.name for kind in (schema.facts, schema.indicators, schema.benchmarks) for one in kind),
    }
    return frozenset(
        spelling for id in WHO for spelling in vocabulary().get("column", id).spellings if spelling not in own
    )


def unknown(key: str, known: Collection[str]) -> Diagnostic:
    """Of a key that names no input; `known`: those without what follows the point."""
    name, dot, column = key.rpartition(".")
    if name in known:
        likely = like_heading(column)
        suggestion = f"{name}.{likely}" if likely else ""
    elif column in known:  # of an indicator each column has a key of its own
        suggestion = f"{key}.planned` / `{key}.actual` / `{key}.entries"
    elif column_of("entities", key) == "group":  # in another language, or in capitals
        suggestion = "group"
    else:
        likely = nearest(name or column, list(known)) or ""
        suggestion = f"{likely}{dot}{column if dot else ''}" if likely else ""
    return Diagnostic("AS5303", arguments={"name": key, "suggestion": suggestion})


def like_heading(heading: str) -> str:
    """The column of targets and of what is reported that a heading is like; "" for none."""
    words = vocabulary()
    return nearest(heading, [*_ENTRIES, *(one for id in _COLUMNS for one in words.get("column", id).spellings)]) or ""


def sampled(key: str, facts: Collection[str]) -> str:
    """The survey of whose sample a key says how large it is; "" for another key."""
    name, _, column = key.rpartition(".")
    return name if name in facts and column_of("facts", column) == "sample" else ""


def _mappings(key: str, given: Any, wrong: list[Diagnostic]) -> list[Record]:
    """A list of mappings, as it should be."""
    found: list[Any] = [None] if not isinstance(given, Iterable) or isinstance(given, str | Mapping) else list(given)
    if all(isinstance(one, Mapping) for one in found):
        return [{str(heading): value for heading, value in one.items()} for one in found]
    if given is not None:
        wrong.append(Diagnostic("AS5304", arguments={"name": key}))
    return []


def _column(heading: str) -> tuple[str, str] | None:
    """The table and the column that a heading names, of a target before of what was reported of it."""
    for table in ("targets", "facts"):
        if (column := column_of(table, heading)) is not None:
            return table, column
    return None


def _put(
    tables: dict[str, list[Record]], schema: IndicatorSchema, held: Record, name: str, wrong: list[Diagnostic]
) -> None:
    """The rows of one target, or of what was reported without one."""
    of_table: dict[str, Record] = {"targets": {}, "facts": {}}
    entries: list[Record] = []
    for heading, value in held.items():
        if heading in _ENTRIES:
            entries = _mappings(f"{schema.name}.{heading}", value, wrong)
        elif (found := _column(heading)) is not None:
            of_table[found[0]][found[1]] = value
    common = {"entity": _ENTITY, "indicator": schema.name}
    if of_table["targets"] or schema.shared:
        tables["targets"].append({**common, "target": name, **of_table["targets"]})
        common["target"] = name
    tables["facts"] += [{**common, **row} for row in ([of_table["facts"]] if of_table["facts"] else []) + entries]
