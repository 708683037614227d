"""Tables from a program's own records."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from numbers import Rational

from assessdsl.data.columns import brief, column_of, like_table, missing_columns, table_list, table_of, tidy, too_long
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
    **others: Records | None,
) -> Facts:
    """The tables of an assessment from lists of mappings, whose keys are the headings of the tables.

    Tables may be given under any of their names: `单位` is `entities`.

    A value is text, an exact number, a date, yes/no or nothing; a float is read as its shortest decimal.
    In messages the table stands for the file, and the record's number for the row.
    """
    remarks = Remarks()
    given: dict[str, Records | None] = {
        "entities": entities, "targets": targets, "facts": facts, "judgements": judgements,
        "benchmarks": benchmarks, "history": history, "frozen": frozen,
    }  # fmt: skip
    first = {table: table for table, records in given.items() if records is not None and records != ()}
    for name, records in others.items():
        table = table_of(name)
        if table is None:
            remarks.add("AS6014", Cell(name, 1), sheet=name, suggestion=like_table(name) or table_list(name))
        elif table in first:
            remarks.add("AS6013", Cell(name, 1), table=name, first=first[table])
        else:
            first[table], given[table] = name, records
    read = {
        table: _table(table, first.get(table, table), () if records is None else records, remarks)
        for table, records in given.items()
        if records is not None or table != "frozen"
    }
    if remarks.wrong:
        raise DataError(arrange(remarks.found))
    return Facts(**read, remarks=arrange(remarks.found))


def _table(table: str, name: str, records: Records, remarks: Remarks) -> tuple[Row, ...]:
    """The rows; `name`: what messages call the table."""
    if isinstance(records, str | Mapping) or not isinstance(records, Iterable):
        remarks.add("AS6026", Cell(name, 1), name=name)
        return ()
    rows: list[Row] = []
    ids: dict[str, str | None] = {}  # by heading
    shapes: dict[tuple[str, ...], Mapping[str, str]] = {}  # columns of the records that have these keys
    unknown: list[tuple[int, Value]] = []
    some = False
    for number, record in enumerate(records, 1):
        some = True
        place = Cell(name, number)
        if number > LIMITS.table_rows:
            remarks.add("AS6010", place, limit=str(LIMITS.table_rows))
            break
        if not isinstance(record, Mapping):
            remarks.add("AS6026", place, name=name)
            continue
        values: dict[str, Value | str] = {}
        keys = tuple(map(str, record))
        known = shapes.get(keys)  # a column that stands twice is told for every record
        columns: dict[str, str] = {}
        for heading, held in zip(keys, record.values(), strict=True):
            if heading not in ids:
                ids[heading] = column_of(table, heading)
                if ids[heading] is None:
                    unknown.append((len(unknown), Value(heading, Cell(name, number, heading))))
                    ids[heading] = (tidy(heading) or None) if table == "entities" else None
            id = ids[heading]
            if id is None:
                continue
            if known is None:
                if id in columns:
                    remarks.add("AS6017", Cell(name, number, heading), heading=heading, first=columns[id])
                columns[id] = heading
            if isinstance(held, str):
                if held and not held.isspace():
                    values[id] = str(held)
                    if len(held) > LIMITS.text_characters:
                        too_long(Value(held, Cell(name, number, heading)), remarks)
            elif (value := held_value(held, Cell(name, number, heading), remarks)) is not None:
                values[id] = value
        if known is None and len(columns) == sum(ids[heading] is not None for heading in keys):
            shapes[keys] = known = columns
        if values:
            rows.append(Row(values, place, columns if known is None else known))
    if some:
        missing_columns(table, Cell(name, 1), {id for id in ids.values() if id is not None}, unknown, remarks)
    return tuple(rows)


def held_value(held: object, cell: Cell, remarks: Remarks) -> Value | None:
    """What something of a program is, other than text; None for nothing, and for what is told to the remarks."""
    match held:
        case None:
            return None
        case bool():
            return Value(held, cell)
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
        remarks.add("AS6105", cell, text=brief(str(number)), limit=str(LIMITS.digits))
        return None
    return Value(Fraction(number), cell)


def _quoted(held: object) -> str:
    """How a number that is not read is shown; one of very many digits has no text."""
    try:
        return brief(str(held))
    except ValueError:
        return "…"
