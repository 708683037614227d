"""Tables from a program's own records."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from numbers import Rational

from attrs import define, field

from assessdsl.data.columns import brief, column_of, like_table, missing_columns, table_list, table_of, tidy
from assessdsl.data.numbers import plain_number, shortest
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import DataError, arrange
from assessdsl.facts import Facts, Plain, Row, Value
from assessdsl.limits import LIMITS
from assessdsl.source import Cell

Records = Iterable[Mapping[str, object]]
_Pair = tuple[str | None, str]  # the column and its heading


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
    headings = _Headings(table, name, remarks)
    longest, most_bits = LIMITS.text_characters, LIMITS.digits
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
        values: dict[str, Plain] = {}
        ids, columns = headings.of(tuple(map(str, record)), number)
        for (id, heading), held in zip(ids, record.values(), strict=True):
            if id is None:
                continue
            if isinstance(held, str):
                if held and not held.isspace():
                    values[id] = str(held)
                    if len(held) > longest:
                        remarks.add("AS6028", Cell(name, number, heading), limit=str(longest))
            elif type(held) is int and held.bit_length() <= most_bits:  # most numbers, and none too long
                values[id] = held
            elif (value := plain_value(held, Cell(name, number, heading), remarks)) is not None:
                values[id] = value
        if values:
            rows.append(Row(values, place, columns))
    if some:
        headings.told_missing()
    return tuple(rows)


@define
class _Headings:
    """The columns of a table's records, each of which brings its own headings."""

    table: str
    name: str
    remarks: Remarks
    _ids: dict[str, str | None] = field(factory=dict)  # by heading
    _unknown: list[tuple[int, Value]] = field(factory=list)
    _shapes: dict[tuple[str, ...], tuple[tuple[_Pair, ...], Mapping[str, str]]] = field(factory=dict)

    def of(self, keys: tuple[str, ...], number: int) -> tuple[tuple[_Pair, ...], Mapping[str, str]]:
        """For each key of a record the column, or none, and the key; and the key of each column."""
        known = self._shapes.get(keys)
        if known is not None:
            return known
        pairs = tuple((self._id(heading, number), heading) for heading in keys)
        columns: dict[str, str] = {}
        for id, heading in pairs:
            if id in columns:
                cell = Cell(self.name, number, heading)
                self.remarks.add("AS6017", cell, heading=heading, first=columns[id])
            if id is not None:
                columns[id] = heading
        if len(columns) == sum(id is not None for id, _ in pairs):  # else it is told for every record
            self._shapes[keys] = pairs, columns
        return pairs, columns

    def _id(self, heading: str, number: int) -> str | None:
        if heading not in self._ids:
            id = column_of(self.table, heading)
            if id is None:
                self._unknown.append((len(self._unknown), Value(heading, Cell(self.name, number, heading))))
                id = (tidy(heading) or None) if self.table == "entities" else None
            self._ids[heading] = id
        return self._ids[heading]

    def told_missing(self) -> None:
        present = {id for id in self._ids.values() if id is not None}
        missing_columns(self.table, Cell(self.name, 1), present, self._unknown, self.remarks)


def plain_value(held: object, cell: Cell, remarks: Remarks) -> Plain | None:
    """What something of a program is, other than text; None for nothing, and for what is told to the remarks."""
    match held:
        case None | bool():
            return held
        case Rational():
            exact = Fraction(int(held.numerator), int(held.denominator))
            if max(abs(exact.numerator), exact.denominator).bit_length() > 40 * LIMITS.digits:
                remarks.add("AS6105", cell, text=_quoted(held), limit=str(LIMITS.digits))
                return None
            return plain_number(exact)
        case float() if isfinite(held):
            return shortest(held)
        case float():
            return _decimal(Decimal(float.__repr__(held)), cell, remarks)
        case Decimal():
            return _decimal(held, cell, remarks)
        case date():
            # a date that is not equal to itself is how dataframes mark that there is none
            if held != held:
                remarks.add("AS6027", cell, text=_quoted(held))
                return None
            return held.date() if isinstance(held, datetime) else held
        case _:
            remarks.add("AS6026", cell, name=cell.column)
            return None


def _decimal(number: Decimal, cell: Cell, remarks: Remarks) -> Plain | None:
    if not number.is_finite():
        remarks.add("AS6027", cell, text=str(number))
        return None
    if abs(number.adjusted()) > 10 * LIMITS.digits:  # its digits could not be written out
        remarks.add("AS6105", cell, text=brief(str(number)), limit=str(LIMITS.digits))
        return None
    return plain_number(Fraction(number))


def _quoted(held: object) -> str:
    """How a number that is not read is shown; one of very many digits has no text."""
    try:
        return brief(str(held))
    except ValueError:
        return "…"
