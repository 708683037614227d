"""Workbooks: .xlsx and .ods. The only module that imports the reader of workbooks."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any

from assessdsl.data.columns import Cells, letter, rows_of, table_of, told_no_table
from assessdsl.data.formats import Marks, Place, TooLarge, Unreadable, ods_marks, plain_copy, xlsx_marks
from assessdsl.data.numbers import shortest
from assessdsl.data.remarks import Remarks
from assessdsl.facts import Plain, Row, Value
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
    marked = marks.errors.keys() | marks.unworked | marks.percent
    for row, line in enumerate(cells):
        values: list[Value | Plain | None] = []
        for column, held in enumerate(line):
            if (row, column) in marked:
                values.append(_marked(held, (row, column), place, marks, remarks))
            else:
                values.append(_plain(held, (row, column), place, remarks))
        yield row + 1, values


def _marked(held: Any, at: Place, place: Cell, marks: Marks, remarks: Remarks) -> Value | Plain | None:
    if at in marks.errors:
        remarks.add("AS6022", _cell(place, at), text=marks.errors[at])
        return None
    if at in marks.unworked:
        remarks.add("AS6023", _cell(place, at))
        return None
    plain = _plain(held, at, place, remarks)
    if isinstance(plain, int | Fraction) and not isinstance(plain, bool):
        return Value(Fraction(plain), _cell(place, at), percent=True)
    return plain


def _plain(held: Any, at: Place, place: Cell, remarks: Remarks) -> Plain | None:
    match held:
        case str():
            return held if held and not held.isspace() else None
        case bool() | int():
            return held
        case float() if isfinite(held):
            return shortest(held)
        case float():
            remarks.add("AS6027", _cell(place, at), text=str(Decimal(repr(held))))
            return None
        case datetime():
            return held.date()
        case date():
            return held
        case _:  # a time of day or a duration
            cell = _cell(place, at)
            remarks.add("AS6026", cell, name=cell.column)
            return None


def _cell(place: Cell, at: Place) -> Cell:
    return Cell(place.file, at[0] + 1, letter(at[1]), place.sheet)
