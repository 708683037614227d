"""The page of the data lists every table and column with all of their spellings, and reads values as it says."""

import re
from datetime import date
from pathlib import Path

import pytest

from assessdsl.binding.values import read_value
from assessdsl.data.columns import COLUMNS, REQUIRED, column_of, table_of
from assessdsl.facts import Value
from assessdsl.quantity import Unit
from assessdsl.source import Cell
from assessdsl.vocabulary import vocabulary

DOCS = Path(__file__).parent.parent / "docs"
PAGES = ("data.md", "data.zh.md")


def quoted(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", text))


def sections(page: str) -> dict[tuple[str, ...], list[list[str]]]:
    """The rows of each table's table, by the names in its title."""
    parts = re.split(r"^(##+ .+)$", (DOCS / page).read_text("utf-8"), flags=re.MULTILINE)
    return {
        quoted(title): [re.split(r" (?<!\\)\| ", row) for row in re.findall(r"^\| (`.+) \|$", text, re.MULTILINE)]
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
        if title.startswith("### `")
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_table_and_column_is_listed_with_its_spellings(page: str) -> None:
    words = vocabulary()
    assert list(sections(page)) == [words.get("table", table).spellings for table in COLUMNS]
    for names, rows in sections(page).items():
        table = table_of(names[0]) or ""
        expected = [words.get("column", id) for id in COLUMNS[table]]
        assert [quoted(row[0]) for row in rows] == [word.en for word in expected]
        assert [quoted(row[1]) for row in rows] == [word.zh for word in expected]
        for id, row in zip(COLUMNS[table], rows, strict=True):
            assert all(column_of(table, heading) == id for heading in quoted(row[0]) + quoted(row[1]))
            assert row[2] == (("yes" if page == "data.md" else "是") if id in REQUIRED[table] else "")
            assert all(row[3:])
            assert len(row) == 5


UNITS = (Unit.PERCENT, Unit.PP, Unit.MONEY, Unit.POINTS, Unit.COUNT, Unit.DAYS, Unit.NUMBER)


@pytest.mark.parametrize("page", PAGES)
def test_values_are_read_as_the_page_says(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    table = re.split(r"^\|---.*\n", text[text.index("`6.5`") :], flags=re.MULTILINE)[1].partition("\n\n")[0]
    rows = [re.split(r" ?\| ?", row)[1:5] for row in table.splitlines()]
    for unit, (_, _, written, refused) in zip(UNITS, rows, strict=True):
        for example in quoted(written):
            some = Unit.MONTHS if "月" in example else unit
            assert not read_value(Value(example, Cell("facts.csv", 2)), some).remarks, example
        for example in quoted(refused)[:1]:
            assert read_value(Value(example, Cell("facts.csv", 2)), unit).remarks, example
    for day in ("2022-10-31", "2022/10/31", "2022.10.31", "2022年10月31日"):
        assert f"`{day}`" in text
        assert read_value(Value(day, Cell("facts.csv", 2)), Unit.DATE).value == date(2022, 10, 31)
