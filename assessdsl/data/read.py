"""Tables from files: a folder of CSV files, or one workbook."""

from pathlib import Path
from typing import Any

from attrs import evolve

from assessdsl.data.columns import table_of, told_no_table
from assessdsl.data.csv_file import read_csv
from assessdsl.data.remarks import Remarks
from assessdsl.data.workbook import SUFFIXES, read_workbook
from assessdsl.diagnostics import DataError, arrange
from assessdsl.facts import Facts, Row
from assessdsl.limits import LIMITS
from assessdsl.source import Cell

_NO_FACTS = Facts()
_TABLE_LIKE = (*SUFFIXES, ".xls", ".xlsb", ".tsv", ".txt", ".json", ".et", ".numbers")


def read_facts(path: str | Path) -> Facts:
    """The tables of an assessment: a folder of CSV files named after them, or a workbook with a sheet for each.

    Names and headings may be English or Chinese. Raises `DataError` with everything that is wrong.
    """
    path, remarks = Path(path), Remarks()
    tables: dict[str, tuple[Row, ...]] = {}
    match _kind(path, remarks):
        case "folder":
            tables = _read_folder(path, remarks)
        case "file" if path.suffix.lower() in SUFFIXES:
            data = _bytes(path, remarks)
            tables = {} if data is None else read_workbook(path.as_posix(), data, remarks)
        case "file" if path.suffix.lower() == ".csv":
            remarks.add("AS6005", Cell(path.as_posix(), 1), path=path.as_posix(), folder=path.parent.as_posix())
        case "file":
            remarks.add("AS6006", Cell(path.as_posix(), 1), path=path.as_posix())
        case _:
            pass
    if not tables and not remarks.wrong:
        remarks.add("AS6004", Cell(path.as_posix(), 1), path=path.as_posix())
    if remarks.wrong:
        raise DataError(arrange(remarks.found))
    return Facts(**tables, remarks=arrange(remarks.found))


def read_table(path: str | Path, table: str = "history", facts: Facts = _NO_FACTS) -> Facts:
    """The facts with one table from a CSV file or a workbook, whatever the file is called, in place of their own."""
    path, remarks = Path(path), Remarks()
    rows: tuple[Row, ...] = ()
    match _kind(path, remarks):
        case "folder":
            remarks.add("AS6008", Cell(path.as_posix(), 1), path=path.as_posix())
        case "file" if path.suffix.lower() not in (*SUFFIXES, ".csv"):
            remarks.add("AS6006", Cell(path.as_posix(), 1), path=path.as_posix())
        case "file":
            data = _bytes(path, remarks)
            if data is not None and path.suffix.lower() == ".csv":
                rows = read_csv(table, path.as_posix(), data, remarks)
            elif data is not None:
                found = read_workbook(path.as_posix(), data, remarks, only=table)
                if not found and not remarks.wrong:
                    remarks.add("AS6004", Cell(path.as_posix(), 1), path=path.as_posix())
                rows = found.get(table, ())
        case _:
            pass
    if remarks.wrong:
        raise DataError(arrange(remarks.found))
    held: dict[str, Any] = {table: rows, "remarks": (*facts.remarks, *arrange(remarks.found))}
    return evolve(facts, **held)


def _kind(path: Path, remarks: Remarks) -> str:
    """`folder` or `file`; nothing where it is neither."""
    name = path.as_posix()
    try:
        if path.is_dir():
            return "folder"
        if path.is_file():
            return "file"
        found = path.exists()
    except OSError:
        found = False
    remarks.add("AS6002" if found else "AS6001", Cell(name, 1), path=name)
    return ""


def _bytes(path: Path, remarks: Remarks) -> bytes | None:
    name = path.as_posix()
    try:
        with path.open("rb") as file:
            data = file.read(LIMITS.table_bytes + 1)
    except OSError:
        remarks.add("AS6002", Cell(name, 1), path=name)
        return None
    if len(data) > LIMITS.table_bytes:
        remarks.add("AS6009", Cell(name, 1), path=name, limit=f"{LIMITS.table_bytes >> 20} MiB")
        return None
    return data


def _read_folder(folder: Path, remarks: Remarks) -> dict[str, tuple[Row, ...]]:
    """The CSV files of the folder. Other files are left alone, unless they are named as a table."""
    tables: dict[str, tuple[Row, ...]] = {}
    first: dict[str, str] = {}
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "~$")))
        home = folder.resolve()
    except OSError:
        remarks.add("AS6002", Cell(folder.as_posix(), 1), path=folder.as_posix())
        return {}
    for path in paths:
        name, suffix, table = path.as_posix(), path.suffix.lower(), table_of(path.stem)
        place = Cell(name, 1)
        if suffix != ".csv":
            if suffix in _TABLE_LIKE and table is not None:
                remarks.add("AS6006", place, path=name)
        elif table is None:
            told_no_table(path.stem, place, remarks)
        elif table in first:
            remarks.add("AS6013", place, table=path.name, first=first[table])
        elif not _inside(path, home):
            remarks.add("AS6029", place, path=name)
        elif _kind(path, remarks) == "file":
            first[table] = path.name
            data = _bytes(path, remarks)
            tables[table] = () if data is None else read_csv(table, name, data, remarks)
    return tables


def _inside(path: Path, home: Path) -> bool:
    """Whether the file lies in the folder also when links are followed."""
    try:
        return path.resolve().is_relative_to(home)
    except (OSError, RuntimeError):
        return False
