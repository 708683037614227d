"""CSV files: encodings, headings in two languages, what is wrong with a file, and where it stands."""

import os
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessdsl.data import from_records, read_facts, read_table
from assessdsl.data.columns import COLUMNS, column_of, letter
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.facts import Value
from assessdsl.limits import LIMITS, Limits
from assessdsl.source import Cell


def folder(path: Path, **tables: str | bytes) -> Path:
    for name, text in tables.items():
        (path / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def wrong(path: Path, **tables: str | bytes) -> list[Diagnostic]:
    with pytest.raises(DataError) as caught:
        read_facts(folder(path, **tables))
    return list(caught.value.diagnostics)


ENTITIES = "entity,group\n东区,county\n"


def test_a_cell_keeps_what_it_held_and_where(tmp_path: Path) -> None:
    facts = read_facts(folder(tmp_path, entities='\ufeffentity,group,label\n东区,county," East, \n""1"" "\n\n西区,,\n'))
    east, west = facts.entities
    assert east.values["label"] == Value(' East, \n"1" ', Cell("", 0))
    assert east.values["label"].cell == Cell(f"{tmp_path.as_posix()}/entities.csv", 2, "C")
    assert west.values.keys() == {"entity"}  # an empty cell is not there
    assert west.at("label") == Cell(f"{tmp_path.as_posix()}/entities.csv", 4, "C")  # but it can be pointed at


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    facts = read_facts(folder(tmp_path, 单位="单位,组别,名称\n青岚区,county,澜州市青岚区\n".encode(encoding)))
    assert {id: value.raw for id, value in facts.entities[0].values.items()} == {
        "entity": "青岚区",
        "group": "county",
        "label": "澜州市青岚区",
    }


@pytest.mark.parametrize(
    "data",
    ["单位".encode("utf-16"), b"entity\0\n", b"\x80\x81\xff", b"\x93\x94entity\xe2", "单位\ue000".encode("gb18030")],
)
def test_what_is_no_text(tmp_path: Path, data: bytes) -> None:
    assert [found.code for found in wrong(tmp_path, entities=data)] == ["AS6012"]


@pytest.mark.parametrize(
    ("table", "heading", "id"),
    [
        ("facts", "  Completed_On ", "completed_on"),
        ("facts", "completed on", "completed_on"),
        ("facts", "完成值", "actual"),
        ("facts", "ｅｎｔｉｔｙ", "entity"),
        ("benchmarks", "名称", "name"),
        ("entities", "名称", "label"),
        ("facts", "evidence_mode", "mode"),
        ("facts", "mode", "mode"),
        ("facts", "planned", None),
    ],
)
def test_headings(table: str, heading: str, id: str | None) -> None:
    assert column_of(table, heading) == id


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_has_one_meaning_in_its_table(table: str) -> None:
    for id in COLUMNS[table]:
        assert column_of(table, id) == id


def test_columns_of_entities_that_are_no_columns_are_facts(tmp_path: Path) -> None:
    facts = read_facts(folder(tmp_path, entities="entity,Major_Accidents\n东区,2\n"))
    assert facts.entities[0].values["Major_Accidents"].raw == "2"


@pytest.mark.parametrize(
    ("table", "text", "code", "place", "arguments"),
    [
        ("facts", "target,actuals\n", "AS6016", "B1", {"heading": "actuals", "suggestion": "actual"}),
        ("facts", "目标,指标名\n", "AS6016", "B1", {"suggestion": "指标"}),
        ("targets", "目标,单位,指标名\n", "AS6018", "C1", {"heading": "指标名"}),
        ("targets", "target,entity\n", "AS6018", "1", {"heading": "", "column": "indicator 指标"}),
        ("facts", "target,actual,实绩\n", "AS6017", "C1", {"heading": "实绩"}),
        ("facts", "target,actual\nt1\n", "AS6019", "2", {"found": "1", "expected": "2"}),
        ("facts", "target,actual\nt1,1,2\n", "AS6019", "2", {"found": "3", "expected": "2"}),
        ("facts", "target,,actual\nt1,5,6\n", "AS6020", "B2", {"text": "5"}),
        ("facts", 'target,actual\nt1,"5\n', "AS6021", "2", {}),
        ("facts", 'target,actual\nt1,"5"6\n', "AS6021", "2", {}),
        ("facts", "", "AS6015", "1", {}),
        ("facts", "\n\n , \n", "AS6015", "1", {}),
        ("facts", "target,item\nt1," + "长" * 2001 + "\n", "AS6028", "B2", {}),
        ("facts", "target,item\nt1," + "x" * 200_000 + "\n", "AS6028", "2", {}),
        ("facts", "target" + ",x" * 1000 + "\n", "AS6011", "1", {}),
        ("fact", "target,actual\n", "AS6014", "1", {"suggestion": "facts"}),
        ("实迹", "a\n", "AS6014", "1", {"suggestion": "实绩"}),
        ("单位", ENTITIES, "AS6013", "1", {}),
    ],
)
def test_wrong_tables(tmp_path: Path, table: str, text: str, code: str, place: str, arguments: dict[str, str]) -> None:
    found = wrong(tmp_path, entities=ENTITIES, **{table: text})
    assert [(one.code, str(one.cell)) for one in found] == [(code, f"{tmp_path.as_posix()}/{table}.csv:{place}")]
    assert arguments.items() <= found[0].arguments.items()


@pytest.mark.parametrize(
    ("table", "text", "code", "place", "help"),
    [
        ("说明", "a\n", "AS6030", "说明.csv:1", "`单位`, `目标`, `冻结目标`, `实绩`"),
        ("notes", "a\n", "AS6030", "notes.csv:1", "`entities`, `targets`, `frozen`"),
        ("facts", "序号,目标,备注,实绩\n1,t1,好,5\n", "AS6031", "facts.csv:A1 facts.csv:C1", "may stay"),
        ("targets", "target,entity,indicator,Description\nt1,东区,x,?\n", "AS6031", "targets.csv:D1", "may stay"),
    ],
)
def test_what_is_for_people_is_left_out_with_a_warning(
    tmp_path: Path, table: str, text: str, code: str, place: str, help: str
) -> None:
    facts = read_facts(folder(tmp_path, entities=ENTITIES, **{table: text}))
    assert [(one.code, one.severity) for one in facts.remarks] == [(code, "warning")] * len(place.split())
    assert [str(one.cell).removeprefix(f"{tmp_path.as_posix()}/") for one in facts.remarks] == place.split()
    assert help in (facts.remarks[0].help("en") or "")
    assert len(facts.entities) == 1
    assert all(row.values.keys() <= {"target", "entity", "indicator", "actual"} for row in facts.facts + facts.targets)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    found = wrong(tmp_path, entities="entity,entity\n", facts="target,actuals\n", targets="target,entity,due\n")
    assert [one.code for one in found] == ["AS6017", "AS6016", "AS6018"]


def test_headings_without_rows_and_trailing_commas_are_in_order(tmp_path: Path) -> None:
    facts = read_facts(
        folder(tmp_path, entities="entity,group,,\n东区,county,,\n西区,county\n", facts="target,actual\n")
    )
    assert len(facts.entities) == 2
    assert facts.facts == ()


def test_a_title_above_the_headings_is_passed_over(tmp_path: Path) -> None:
    facts = read_facts(folder(tmp_path, entities="2022年被考核单位,\n,\n单位,组别\n东区,county\n"))
    assert [row.values["entity"].raw for row in facts.entities] == ["东区"]
    assert facts.entities[0].cell.row == 4


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    facts = read_facts(folder(tmp_path, entities="entity,label\n东区,=1+1\n"))
    assert facts.entities[0].values["label"].raw == "=1+1"


def test_given_frozen_targets_differ_from_none(tmp_path: Path) -> None:
    assert read_facts(folder(tmp_path, entities=ENTITIES)).frozen is None
    assert read_facts(folder(tmp_path, frozen="target,entity,indicator\n")).frozen == ()


# ---------------------------------------------------------------- files and folders


def code_of(path: Path | str) -> str:
    with pytest.raises(DataError) as caught:
        read_facts(path)
    return caught.value.diagnostics[0].code


def test_paths(tmp_path: Path) -> None:
    folder(tmp_path, entities=ENTITIES)
    (tmp_path / "notes.md").write_text("not a table")
    assert len(read_facts(str(tmp_path)).entities) == 1
    assert code_of(tmp_path / "nowhere") == "AS6001"
    assert code_of("a\0b") == "AS6001"
    assert code_of("x" * 5000) == "AS6001"
    assert code_of(tmp_path / "entities.csv") == "AS6005"
    assert code_of(tmp_path / "notes.md") == "AS6006"
    (tmp_path / "empty").mkdir()
    assert code_of(tmp_path / "empty") == "AS6004"
    (tmp_path / "facts.xls").write_bytes(b"")
    assert code_of(tmp_path) == "AS6006"


def test_links_lead_nowhere_else(tmp_path: Path) -> None:
    inner = tmp_path / "facts"
    inner.mkdir()
    (tmp_path / "secret.csv").write_text(ENTITIES)
    (inner / "entities.csv").symlink_to(tmp_path / "secret.csv")
    assert code_of(inner) == "AS6029"
    (inner / "entities.csv").unlink()
    (inner / "real.txt").write_text(ENTITIES)
    (inner / "entities.csv").symlink_to("real.txt")
    assert len(read_facts(inner).entities) == 1
    (inner / "entities.csv").unlink()
    (inner / "entities.csv").symlink_to("entities.csv")
    assert code_of(inner) == "AS6029"


def test_what_is_no_ordinary_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "entities.csv")
    assert code_of(tmp_path) == "AS6002"


def test_one_table(tmp_path: Path) -> None:
    folder(tmp_path, past="年度,单位,总分\n2021,东区,90\n")
    assert read_table(tmp_path / "past.csv").history[0].values["total"].raw == "90"
    for path, code in ((tmp_path, "AS6008"), (tmp_path / "none.csv", "AS6001")):
        with pytest.raises(DataError) as caught:
            read_table(path)
        assert [found.code for found in caught.value.diagnostics] == [code]
    folder(tmp_path, present="target,entity,indicator\nt1,东区,growth\n")
    frozen = read_table(tmp_path / "present.csv", "frozen").frozen
    assert frozen is not None
    assert frozen[0].values["target"].raw == "t1"
    folder(tmp_path, noted="年度,单位,备注\n2021,东区,好\n")
    assert [found.code for found in read_table(tmp_path / "noted.csv").remarks] == ["AS6031"]


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, entities="entity\n" + "东区\n" * 20)
    monkeypatch.setattr("assessdsl.data.columns.LIMITS", Limits(table_rows=10))
    assert code_of(tmp_path) == "AS6010"
    monkeypatch.setattr("assessdsl.data.read.LIMITS", Limits(table_bytes=100))
    assert code_of(tmp_path) == "AS6009"


# ---------------------------------------------------------------- properties

names = st.text("abz东西区 _,\"\n'=@;。", min_size=1, max_size=8).filter(lambda text: bool(text.strip()))
records = st.lists(
    st.fixed_dictionaries({"entity": names}, optional={"group": names, "label": names, "major_accidents": names}),
    max_size=6,
)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@given(records, st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_csv_says_what_records_say(
    tmp_path: Path, given_records: list[dict[str, str]], encoding: str, end: str
) -> None:
    columns = ["entity", "group", "label", "major_accidents"]
    lines = [columns, *([record.get(column, "") for column in columns] for record in given_records)]
    text = "".join(",".join(map(quoted, line)) + end for line in lines)
    facts = read_facts(folder(tmp_path, entities=text.encode(encoding)))
    assert facts == from_records(entities=given_records)


@given(st.one_of(st.binary(max_size=200), st.text('entity,group"\n\r东\0\t=\ufeff﻿', max_size=60).map(str.encode)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_any_bytes_give_tables_or_diagnostics(tmp_path: Path, data: bytes) -> None:
    folder(tmp_path, entities=data)
    try:
        read_facts(tmp_path)
    except DataError as error:
        told = str(error)
    else:
        return
    assert "AS60" in told


@given(st.integers(0, 20_000))
def test_letters_of_columns_count_as_spreadsheets_do(column: int) -> None:
    number = 0
    for character in letter(column):
        number = number * 26 + ord(character) - 64
    assert number == column + 1


def test_a_table_of_misspelt_cells_takes_no_time(tmp_path: Path) -> None:
    header = "target," + ",".join(f"actual{number}" for number in range(900))
    found = wrong(tmp_path, facts=header + "\n")
    assert len(found) == 900
    assert LIMITS.diagnostics_shown < 900


def test_exact_numbers_of_records_are_kept() -> None:
    facts = from_records(entities=[{"entity": "东区", "major_accidents": Fraction(1, 3)}])
    assert facts.entities[0].values["major_accidents"].raw == Fraction(1, 3)
