"""Tables from a program's own records."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from numbers import Rational

from assessdsl.data.columns import column_of, missing_columns, tidy, too_long
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import DataError, arrange
from assessdsl.facts import Facts, Row, Value
from assessdsl.limits import LIMITS
from assessdsl.source import Cell

Records = Iterable[Mapping[str, object]]


def from_records(
    *,
    entities: Records = (),
    targets: Records = (),
    facts: Records = (),
    judgements: Records = (),
    benchmarks: Records = (),
    history: Records = (),
    frozen: Records | None = None,
) -> Facts:
    """The tables of an assessment from lists of mappings, whose keys are the headings of the tables.

    A value is text, an exact number, a date, yes/no or nothing; a float is read as its shortest decimal.
    In messages the table stands for the file, and the record's number for the row.
    """
    remarks = Remarks()
    read = Facts(
        entities=_table("entities", entities, remarks),
        targets=_table("targets", targets, remarks),
        facts=_table("facts", facts, remarks),
        judgements=_table("judgements", judgements, remarks),
        benchmarks=_table("benchmarks", benchmarks, remarks),
        history=_table("history", history, remarks),
        frozen=None if frozen is None else _table("frozen", frozen, remarks),
    )
    if remarks.found:
        raise DataError(arrange(remarks.found))
    return read


def _table(table: str, records: Records, remarks: Remarks) -> tuple[Row, ...]:
    if isinstance(records, str | Mapping) or not isinstance(records, Iterable):
        remarks.add("AS6026", Cell(table, 1), name=table)
        return ()
    rows: list[Row] = []
    ids: dict[str, str | None] = {}  # by heading
    unknown: list[tuple[int, Value]] = []
    some = False
    for number, record in enumerate(records, 1):
        some = True
        place = Cell(table, number)
        if number > LIMITS.table_rows:
            remarks.add("AS6010", place, limit=str(LIMITS.table_rows))
            break
        if not isinstance(record, Mapping):
            remarks.add("AS6026", place, name=table)
            continue
        values: dict[str, Value] = {}
        columns: dict[str, str] = {}
        for key, held in record.items():
            heading = str(key)
            if heading not in ids:
                ids[heading] = column_of(table, heading)
                if ids[heading] is None:
                    unknown.append((len(unknown), Value(heading, Cell(table, number, heading))))
                    ids[heading] = (tidy(heading) or None) if table == "entities" else None
            id = ids[heading]
            if id is None:
                continue
            cell = Cell(table, number, heading)
            if id in columns:
                remarks.add("AS6017", cell, heading=heading, first=columns[id])
            columns[id] = heading
            value = _value(held, cell, remarks)
            if value is not None:
                values[id] = value
                too_long(value, remarks)
        if values:
            rows.append(Row(values, place, columns))
    if some:
        missing_columns(table, Cell(table, 1), {id for id in ids.values() if id is not None}, unknown, remarks)
    return tuple(rows)


def _value(held: object, cell: Cell, remarks: Remarks) -> Value | None:
    match held:
        case None:
            return None
        case bool():
            return Value(held, cell)
        case str():
            return Value(str(held), cell) if held and not held.isspace() else None
        case Rational():
            exact = Fraction(int(held.numerator), int(held.denominator))
            if max(abs(exact.numerator), exact.denominator).bit_length() > 40 * LIMITS.digits:
                remarks.add("AS6105", cell, text=_quoted(held), limit=str(LIMITS.digits))
                return None
            return Value(exact, cell)
        case float():
            return _decimal(Decimal(float.__repr__(held)), cell, remarks)
        case Decimal():
            return _decimal(held, cell, remarks)
        case date():
            # a date that is not equal to itself is how dataframes mark that there is none
            if held != held:
                remarks.add("AS6027", cell, text=_quoted(held))
                return None
            return Value(held.date() if isinstance(held, datetime) else held, cell)
        case _:
            remarks.add("AS6026", cell, name=cell.column)
            return None


def _decimal(number: Decimal, cell: Cell, remarks: Remarks) -> Value | None:
    if not number.is_finite():
        remarks.add("AS6027", cell, text=str(number))
        return None
    if abs(number.adjusted()) > 10 * LIMITS.digits:  # its digits could not be written out
        remarks.add("AS6105", cell, text=str(number), limit=str(LIMITS.digits))
        return None
    return Value(Fraction(number), cell)


def _quoted(held: object) -> str:
    """How a number that is not read is shown; one of very many digits has no text."""
    try:
        return str(held)
    except ValueError:
        return "…"
