"""Workbooks: .xlsx and .ods. The only module that imports the reader of workbooks."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from assessdsl.data.columns import Cells, letter, rows_of, table_of, told_no_table
from assessdsl.data.formats import Marks, TooLarge, Unreadable, ods_marks, plain_copy, xlsx_marks
from assessdsl.data.remarks import Remarks
from assessdsl.facts import Row, Value
from assessdsl.limits import LIMITS
from assessdsl.source import Cell

SUFFIXES = (".xlsx", ".xlsm", ".ods")


def read_workbook(name: str, data: bytes, remarks: Remarks, only: str = "") -> dict[str, tuple[Row, ...]]:
    """The tables of a workbook by the names of its sheets. `only`: the one table that is wanted.

    Hidden sheets are not read: what counts must be seen. One that bears a table's name is told of.
    """
    try:
        import python_calamine as calamine
    except ImportError:
        remarks.add("AS6007", Cell(name, 1), path=name, command='pip install "assessdsl[excel]"')
        return {}
    try:
        files, copy = plain_copy(data)
        marks = ods_marks(files) if name.lower().endswith(".ods") else xlsx_marks(files)
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(copy))
    except TooLarge:
        remarks.add("AS6009", Cell(name, 1), path=name, limit=f"{LIMITS.table_bytes >> 20} MiB")
        return {}
    except (Unreadable, calamine.CalamineError):
        remarks.add("AS6003", Cell(name, 1), path=name)
        return {}
    tables: dict[str, tuple[Row, ...]] = {}
    first: dict[str, str] = {}
    for sheet in book.sheets_metadata:
        place = Cell(name, 1, "", sheet.name)
        table = table_of(sheet.name)
        if only and table != only and len(book.sheets_metadata) == 1:
            table = only
        if sheet.typ != calamine.SheetTypeEnum.WorkSheet or (only and table != only):
            continue
        if sheet.visible != calamine.SheetVisibleEnum.Visible:
            if table is not None:
                remarks.add("AS6025", place, sheet=sheet.name)
        elif table is None:
            told_no_table(sheet.name, place, remarks)
        elif table in first:
            remarks.add("AS6013", place, table=sheet.name, first=first[table])
        else:
            first[table] = sheet.name
            try:
                cells = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            except calamine.CalamineError:
                remarks.add("AS6003", place, path=name)
                continue
            seen = marks.get(sheet.name, Marks())
            rows = rows_of(table, place, _lines(place, cells, seen, remarks), remarks)
            tables[table] = rows
            if rows:
                _told_merged(place, seen, rows[0].cell.row, remarks)
    return tables


def _told_merged(place: Cell, marks: Marks, first: int, remarks: Remarks) -> None:
    """A merged cell among headings and rows says of which cells its value is; only titles above may be merged."""
    for (row, column), last in marks.merged:
        if last[0] + 2 >= first:
            remarks.add("AS6024", Cell(place.file, row + 1, letter(column), place.sheet))


def _lines(place: Cell, cells: list[list[Any]], marks: Marks, remarks: Remarks) -> Iterator[tuple[int, Cells]]:
    for row, line in enumerate(cells):
        values: list[Value | None] = []
        for column, held in enumerate(line):
            cell = Cell(place.file, row + 1, letter(column), place.sheet)
            if (row, column) in marks.errors:
                remarks.add("AS6022", cell, text=marks.errors[row, column])
                values.append(None)
            elif (row, column) in marks.unworked:
                remarks.add("AS6023", cell)
                values.append(None)
            else:
                values.append(_value(held, cell, (row, column) in marks.percent, remarks))
        yield row + 1, values


def _value(held: Any, cell: Cell, percent: bool, remarks: Remarks) -> Value | None:
    match held:
        case bool():
            return Value(held, cell)
        case str():
            return Value(held, cell) if held and not held.isspace() else None
        case int() | float():
            number = Decimal(repr(held))
            if not number.is_finite():
                remarks.add("AS6027", cell, text=str(number))
                return None
            return Value(Fraction(number), cell, percent)
        case datetime():
            return Value(held.date(), cell)
        case date():
            return Value(held, cell)
        case _:  # a time of day or a duration
            remarks.add("AS6026", cell, name=cell.column)
            return None
