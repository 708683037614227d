"""What a workbook's own files say of its cells beyond their values: percent formats, errors, formulas never worked out.

The reader of values tells none of these apart: an error would pass for an empty cell, 6.5 % for 0.065. It also sets
aside memory for every cell between the first and the last, so the extent is measured here first.
"""

import io
import lzma
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final
from xml.parsers import expat

from attrs import define, field

from assessdsl.limits import LIMITS

Place = tuple[int, int]  # row and column, from 0

_MOST_CELLS = 5_000_000
_MOST_REPEATED = 10_000  # cells of one mark that a file may write as one
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
)  # fmt: skip


class Unreadable(Exception):
    """The file is not a workbook in good order."""


class TooLarge(Exception):
    """The workbook holds more than is read."""


@define
class Marks:
    """Of one sheet."""

    percent: set[Place] = field(factory=set)
    errors: dict[Place, str] = field(factory=dict)
    unworked: set[Place] = field(factory=set)  # formulas without a value
    merged: list[tuple[Place, Place]] = field(factory=list)
    rows: int = 0
    columns: int = 0

    def reach(self, row: int, column: int) -> None:
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
        if self.rows > LIMITS.table_rows or self.rows * self.columns > _MOST_CELLS:
            raise TooLarge


def plain_copy(data: bytes) -> tuple[Mapping[str, bytes], bytes]:
    """The files of the archive, measured while they are unpacked, and an archive of just these.

    The sizes that an archive states may be false; whoever reads the copy reads nothing that was not measured.
    """
    files: dict[str, bytes] = {}
    left = LIMITS.table_bytes
    copy = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(copy, "w") as out:
            for info in archive.infolist():
                if info.is_dir() or not info.filename.endswith((".xml", ".rels", "mimetype")):
                    continue  # pictures and the like hold no values
                with archive.open(info) as packed:
                    content = packed.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise TooLarge
                if info.filename in files:
                    raise Unreadable
                files[info.filename] = content
                out.writestr(zipfile.ZipInfo(info.filename), content)
    except _BROKEN as error:
        raise Unreadable from error
    return files, copy.getvalue()


def _walk(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Reads XML; names without their namespaces. Document types, with which a file could grow, are refused."""

    def refuse(*_: object) -> None:
        raise Unreadable

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: start(
        name.rpartition("}")[2], {key.rpartition("}")[2]: value for key, value in attributes.items()}
    )
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition("}")[2])
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Unreadable from error


# ---------------------------------------------------------------- .xlsx

_BUILT_IN_PERCENT: Final = {9, 10}


def _shows_percent(code: str) -> bool:
    """Whether a number format shows percentages: a % that is not quoted, escaped, or in brackets."""
    return "%" in re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", code)


def _percent_styles(styles: bytes) -> frozenset[int]:
    formats = dict.fromkeys(_BUILT_IN_PERCENT, True)
    percent: list[bool] = []
    of_cells = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal of_cells
        if name == "numFmt":
            formats[int(attributes["numFmtId"])] = _shows_percent(attributes["formatCode"])
        elif name == "cellXfs":
            of_cells = True
        elif name == "xf" and of_cells:
            percent.append(formats.get(int(attributes.get("numFmtId", "0")), False))

    def end(name: str) -> None:
        nonlocal of_cells
        if name == "cellXfs":
            of_cells = False

    _walk(styles, start, end)
    return frozenset(index for index, shows in enumerate(percent) if shows)


def _place(reference: str) -> Place:
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", reference)
    if found is None or int(found[2]) == 0:
        raise Unreadable
    column = 0
    for character in found[1]:
        column = column * 26 + ord(character) - 64
    return int(found[2]) - 1, column - 1


def _sheet_marks(sheet: bytes, percent: frozenset[int]) -> Marks:
    marks = Marks()
    row = column = -1
    kind = ""
    formula = False
    inside = ""  # the part of a cell that holds text that is wanted

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, kind, formula, inside
        inside = ""
        if name == "c":
            row, column = _place(attributes["r"]) if "r" in attributes else (row, column + 1)
            kind, formula = attributes.get("t", "n"), False
            if kind == "n" and int(attributes.get("s", "0")) in percent:
                marks.percent.add((row, column))
        elif name == "v":
            marks.reach(row, column)
            if kind == "e":
                marks.errors[row, column] = ""
                inside = "v"
            elif kind == "str":
                marks.unworked.discard((row, column))  # also where the formula gives an empty text
            elif formula:
                inside = "f"
        elif name == "f":
            formula = True
            marks.unworked.add((row, column))
        elif name == "is":
            marks.reach(row, column)
        elif name == "row":
            row, column = int(attributes["r"]) - 1 if "r" in attributes else row + 1, -1
        elif name == "mergeCell":
            first, _, last = attributes["ref"].partition(":")
            marks.merged.append((_place(first), _place(last or first)))

    def text(characters: str) -> None:
        if inside == "v":
            marks.errors[row, column] += characters
        elif inside == "f" and characters:
            marks.unworked.discard((row, column))

    _walk(sheet, start, None, text)
    return marks


def xlsx_marks(files: Mapping[str, bytes]) -> Mapping[str, Marks]:
    """The marks of every sheet, by its name."""
    targets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes["Id"]] = posixpath.normpath(posixpath.join("/xl", attributes["Target"])).lstrip("/")

    sheets: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            sheets[attributes["name"]] = attributes["id"]

    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= files.keys():
        raise Unreadable
    _walk(files["xl/_rels/workbook.xml.rels"], relation)
    _walk(files["xl/workbook.xml"], sheet)
    percent = _percent_styles(files["xl/styles.xml"]) if "xl/styles.xml" in files else frozenset[int]()
    paths = {name: targets.get(id, "") for name, id in sheets.items()}
    return {name: _sheet_marks(files[path], percent) for name, path in paths.items() if path in files}


# ---------------------------------------------------------------- .ods


def ods_marks(files: Mapping[str, bytes]) -> Mapping[str, Marks]:
    """The marks of every sheet, by its name."""
    if "content.xml" not in files:
        raise Unreadable
    sheets: dict[str, Marks] = {}
    marks = Marks()
    row = column = 0
    height = wide = 1  # how often the row and the cell are repeated
    wrong: list[Place] = []  # the cells whose error is being read

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal marks, row, column, height, wide, wrong
        if name == "table":
            marks = sheets[attributes["name"]] = Marks()
            row = 0
        elif name == "table-row":
            column, height = 0, int(attributes.get("number-rows-repeated", "1"))
        elif name in ("table-cell", "covered-table-cell"):
            wide, wrong = int(attributes.get("number-columns-repeated", "1")), []
            across = int(attributes.get("number-columns-spanned", "1"))
            down = int(attributes.get("number-rows-spanned", "1"))
            if across > 1 or down > 1:
                marks.merged.append(((row, column), (row + down - 1, column + across - 1)))
            kind = attributes.get("value-type")
            if kind is not None:
                marks.reach(row + height - 1, column + wide - 1)
            if kind in ("percentage", "error"):
                if height * wide > _MOST_REPEATED:
                    raise TooLarge
                places = [
                    (down, across) for down in range(row, row + height) for across in range(column, column + wide)
                ]
                if kind == "error":
                    wrong = places
                    marks.errors |= dict.fromkeys(places, "")
                else:
                    marks.percent.update(places)

    def end(name: str) -> None:
        nonlocal row, column, wrong
        if name == "table-row":
            row += height
        elif name in ("table-cell", "covered-table-cell"):
            column, wrong = column + wide, []

    def text(characters: str) -> None:
        for place in wrong:
            marks.errors[place] += characters

    _walk(files["content.xml"], start, end, text)
    return sheets
