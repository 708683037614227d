"""Workbooks: what only their own files tell, and files that mean harm."""

import datetime
import io
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessdsl.data import from_records, read_facts, read_table
from assessdsl.data.formats import _shows_percent
from assessdsl.diagnostics import DataError
from assessdsl.facts import Value
from assessdsl.limits import Limits
from assessdsl.source import Cell


def book(path: Path, change: Callable[[Any], object] = lambda book: None) -> Path:
    """A workbook with an entity and a few facts, and what is changed in it."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "单位"
    sheet.append(["单位", "组别", "设立日期", "growth", "accidents", "done"])
    sheet.append(["东区", "county", date(2001, 2, 3), 0.065, 2, True])
    sheet["D2"].number_format = "0.0%"
    change(made)
    made.save(path / "facts.xlsx")
    return path / "facts.xlsx"


def codes_of(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(DataError) as caught:
        read_facts(path)
    return [(found.code, str(found.cell).removeprefix(path.as_posix())) for found in caught.value.diagnostics]


def test_cells_keep_their_kinds_formats_and_places(tmp_path: Path) -> None:
    path = book(tmp_path)
    row = read_facts(path).entities[0]
    place = Cell("", 0)
    assert row.values == {
        "entity": Value("东区", place),
        "group": Value("county", place),
        "since": Value(date(2001, 2, 3), place),
        "growth": Value(Fraction(65, 1000), place, percent=True),
        "accidents": Value(Fraction(2), place),
        "done": Value(True, place),
    }
    assert row.values["growth"].cell == Cell(path.as_posix(), 2, "D", "单位")


@pytest.mark.parametrize(
    ("code", "percent"),
    [
        ("0%", True),
        ("0.00%;[Red]-0.00%", True),
        ('0.0"%"', False),
        (r"0.0\%", False),
        ("General", False),
        ("[$%-804]0", False),
        ("_%0", False),
    ],
)
def test_percent_formats(code: str, percent: bool) -> None:
    assert _shows_percent(code) is percent


def test_a_number_is_its_shortest_decimal_and_a_format_without_percent_leaves_it(tmp_path: Path) -> None:
    def change(made: Any) -> None:
        made.active["D2"], made.active["D2"].number_format = 0.1, '0.0"%"'

    row = read_facts(book(tmp_path, change)).entities[0]
    assert row.values["growth"] == Value(Fraction(1, 10), Cell("", 0))


def test_what_is_told_of_cells(tmp_path: Path) -> None:
    def change(made: Any) -> None:
        sheet = made.active
        sheet["D2"], sheet["D2"].data_type = "#DIV/0!", "e"
        sheet["E2"] = "=1+1"
        sheet["C2"] = datetime.time(12, 30)
        sheet.append(["西区", "county"])
        sheet.merge_cells("B2:B3")

    assert codes_of(book(tmp_path, change)) == [
        ("AS6024", "[单位]:B2"),
        ("AS6026", "[单位]:C2"),
        ("AS6022", "[单位]:D2"),
        ("AS6023", "[单位]:E2"),
    ]


def test_a_merged_title_is_passed_over(tmp_path: Path) -> None:
    def change(made: Any) -> None:
        made.active.insert_rows(1)
        made.active["A1"] = "2022年被考核单位"
        made.active.merge_cells("A1:F1")

    facts = read_facts(book(tmp_path, change))
    assert facts.entities[0].cell.row == 3


def test_hidden_sheets_are_not_read_and_others_are_tables(tmp_path: Path) -> None:
    def hidden(made: Any) -> None:
        made.create_sheet("targets").sheet_state = "hidden"
        made.create_sheet("说明").sheet_state = "veryHidden"

    facts = read_facts(book(tmp_path, hidden))
    assert facts.targets == ()
    assert [(found.code, found.severity) for found in facts.remarks] == [("AS6025", "warning")]
    assert codes_of(book(tmp_path, lambda made: made.create_sheet("fact"))) == [("AS6014", "[fact]:1")]
    assert codes_of(book(tmp_path, lambda made: made.create_sheet("Entities"))) == [("AS6013", "[Entities]:1")]
    assert codes_of(book(tmp_path, lambda made: made.create_sheet("facts"))) == [("AS6015", "[facts]:1")]


def test_a_table_that_begins_further_in_keeps_its_places(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "entities"
    sheet["C4"], sheet["C6"] = "entity", "东区"
    made.save(tmp_path / "facts.xlsx")
    row = read_facts(tmp_path / "facts.xlsx").entities[0]
    assert str(row.values["entity"].cell).endswith("[entities]:C6")


def test_one_table_of_a_workbook(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.title = "whatever"
    made.active.append(["period", "entity", "total"])
    made.active.append([2021, "东区", 90.5])
    made.save(tmp_path / "past.xlsx")
    assert read_table(tmp_path / "past.xlsx").history[0].values["total"].raw == Fraction(181, 2)
    made.create_sheet("notes")
    made.save(tmp_path / "past.xlsx")
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "past.xlsx")
    assert [found.code for found in caught.value.diagnostics] == ["AS6004"]


def test_the_same_tables_as_csv(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.title = "targets"
    rows = [["target", "entity", "indicator", "planned"], ["t1", "东区", "growth", "8%"]]
    for row in rows:
        made.active.append(row)
    made.save(tmp_path / "facts.xlsx")
    expected = from_records(targets=[dict(zip(rows[0], rows[1], strict=True))])
    assert read_facts(tmp_path / "facts.xlsx") == expected


def test_without_the_extra_the_command_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(DataError, match=r'pip install "assessdsl\[excel\]"'):
        read_facts(book(tmp_path))


# ---------------------------------------------------------------- .ods

ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="entities">
<table:table-row><table:table-cell office:value-type="string"><text:p>entity</text:p></table:table-cell>
<table:table-cell/><table:table-cell office:value-type="string"><text:p>growth</text:p></table:table-cell>
</table:table-row><table:table-row>
<table:table-cell office:value-type="string"><text:p>East</text:p></table:table-cell><table:table-cell/>{cell}
</table:table-row>
<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="1024"/>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def ods(path: Path, cell: str) -> Path:
    with zipfile.ZipFile(path / "facts.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.replace("\n", "").format(cell=cell))
        archive.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return path / "facts.ods"


def test_percentages_and_errors_of_an_ods_file(tmp_path: Path) -> None:
    percent = (
        '<table:table-cell office:value-type="percentage" office:value="0.065"><text:p>6.5%</text:p></table:table-cell>'
    )
    row = read_facts(ods(tmp_path, percent)).entities[0]
    assert row.values["growth"] == Value(Fraction(65, 1000), Cell("", 0), percent=True)
    assert str(row.values["growth"].cell).endswith(":C2")
    number = (
        '<table:table-cell office:value-type="float" office:value="0.065"><text:p>0.065</text:p></table:table-cell>'
    )
    assert not read_facts(ods(tmp_path, number)).entities[0].values["growth"].percent
    error = (
        '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error">'
        "<text:p>#DIV/0!</text:p></table:table-cell>"
    )
    assert codes_of(ods(tmp_path, error)) == [("AS6022", "[entities]:C2")]
    merged = (
        '<table:table-cell table:number-rows-spanned="2" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell>"
    )
    assert codes_of(ods(tmp_path, merged)) == [("AS6024", "[entities]:C2")]


@pytest.mark.parametrize("kind", ["percentage", "string"])
def test_a_cell_repeated_without_end(tmp_path: Path, kind: str) -> None:
    cell = (
        f'<table:table-cell table:number-columns-repeated="999999999" office:value-type="{kind}" office:value="1">'
        "<text:p>1</text:p></table:table-cell>"
    )
    assert codes_of(ods(tmp_path, cell))[0][0] == "AS6009"


# ---------------------------------------------------------------- files that mean harm


def repacked(path: Path, **members: bytes | None) -> Path:
    """The workbook with some of its files changed; the names' underscores stand for slashes and points."""
    with zipfile.ZipFile(path) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    for name, content in members.items():
        full = {"sheet": "xl/worksheets/sheet1.xml", "styles": "xl/styles.xml", "workbook": "xl/workbook.xml"}[name]
        if content is None:
            del files[full]
        else:
            files[full] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
)


HEADING = '<c r="A1" t="inlineStr"><is><t>entity</t></is></c>'


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"sheet": (SHEET % '<row><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>').encode()}, "AS6009"),
        ({"sheet": b'<!DOCTYPE a [<!ENTITY b "cccc">]><a>&b;</a>'}, "AS6003"),
        ({"sheet": (SHEET % '<row r="1"><c r="?"><v>1</v></c></row>').encode()}, "AS6003"),
        ({"sheet": (SHEET % '<row r="x"/>').encode()}, "AS6003"),
        ({"sheet": b"<worksheet"}, "AS6003"),
        ({"sheet": b'<?xml version="1.0" encoding="UTF-9"?><worksheet/>'}, "AS6003"),
        ({"styles": b"<styleSheet><numFmts><numFmt/></numFmts></styleSheet>"}, "AS6003"),
        ({"sheet": (SHEET % f'<row>{HEADING}</row><row><c r="A2"><v>1e400</v></c></row>').encode()}, "AS6027"),
        ({"workbook": None}, "AS6003"),
        ({"sheet": None}, "AS6003"),
    ],
)  # fmt: skip
def test_broken_or_hostile_workbooks(tmp_path: Path, members: dict[str, bytes | None], code: str) -> None:
    assert codes_of(repacked(book(tmp_path), **members))[0][0] == code


def test_a_workbook_is_measured_while_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = repacked(book(tmp_path), sheet=b"<a>" + b" " * 300_000 + b"</a>")
    assert path.stat().st_size < 50_000
    monkeypatch.setattr("assessdsl.data.formats.LIMITS", Limits(table_bytes=200_000))
    assert codes_of(path)[0][0] == "AS6009"


def test_a_false_size_in_the_archive_is_found(tmp_path: Path) -> None:
    path = repacked(book(tmp_path), sheet=b"<a>" + b" " * 300_000 + b"</a>")
    data = bytearray(path.read_bytes())
    size = (300_007).to_bytes(4, "little")
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    assert codes_of(path)[0][0] == "AS6003"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_what_is_no_workbook(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "facts.xlsx").write_bytes(data)
    assert codes_of(tmp_path / "facts.xlsx")[0][0] == "AS6003"


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
def test_any_damage_gives_tables_or_diagnostics(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "facts.xlsx"
    if not (tmp_path / "good.xlsx").exists():
        (tmp_path / "good.xlsx").write_bytes(book(tmp_path).read_bytes())
    with zipfile.ZipFile(tmp_path / "good.xlsx") as archive:
        files = {info.filename: bytearray(archive.read(info)) for info in archive.infolist()}
    names = ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"]
    content = files[data.draw(st.sampled_from(names))]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 8))
        content[start : start + length] = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b"9999999", b'"', b"%"]))
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, held in files.items():
            archive.writestr(name, bytes(held))
    path.write_bytes(packed.getvalue())
    try:
        read_facts(path)
    except DataError as error:
        told = str(error)
    else:
        return
    assert "AS60" in told
