"""The tables and their columns: headings to ids, and cells to rows."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import chain
from typing import Final

from attrs import evolve

from assessdsl.data.remarks import Remarks, both
from assessdsl.facts import Plain, Row, Value, as_value
from assessdsl.limits import LIMITS
from assessdsl.quantity import exact_text
from assessdsl.source import Cell
from assessdsl.vocabulary import nearest, vocabulary

Cells = Sequence[Value | Plain | None]

_TARGET: Final = (
    "target", "entity", "indicator", "label", "period", "planned", "baseline", "direction", "weight", "due", "owner",
    "overall", "sector", "principal", "standard", "source", "parent", "instruction", "tags", "required", "authority",
    "split_of", "links_to", "plan_total", "area",
)  # fmt: skip

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "entities": ("entity", "group", "label", "since", "successor_of"),  # and facts of the entity by their names
    "targets": _TARGET,
    "frozen": _TARGET,
    "facts": (
        "target", "entity", "indicator", "fact", "period", "actual", "completed_on", "level", "category", "item",
        "sample", "mode", "verified", "state", "source", "date", "assessor",
    ),
    "judgements": ("entity", "judgement", "author", "evidence", "date", "period"),
    "benchmarks": ("name", "value", "period", "source"),
    "history": ("period", "entity", "group", "total", "rank", "tier", "findings"),
    "milestones": ("target", "milestone", "due", "share", "standard", "done_on", "accepted", "source"),
    "progress": ("target", "date", "actual", "share", "source"),
    "supervision": (
        "event", "kind", "date", "covers", "leader", "area", "entity", "target", "item", "on_site", "about", "source",
    ),
    "successions": ("kind", "before", "after", "date", "document", "entity", "inherits", "finding"),
    "tenures": ("entity", "leader", "took_office", "left_office"),
}  # fmt: skip

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "entities": ("entity",),
    "targets": ("target", "entity", "indicator"),
    "frozen": ("target", "entity", "indicator"),
    "facts": (),  # a target, or an entity with an indicator or a fact: told row by row
    "judgements": ("entity", "judgement", "author", "evidence"),
    "benchmarks": ("name", "value"),
    "history": ("period", "entity"),
    "milestones": ("target", "milestone", "due", "share"),
    "progress": ("target", "date"),
    "supervision": ("kind", "date"),
    "successions": ("kind", "before", "after", "date", "document"),
    "tenures": ("entity", "leader", "took_office"),
}

_MOST_COLUMNS = 1_000

# Common names of what stands in workbooks for people, which are not misspelt names of ours however like them they are.
_FOR_PEOPLE: Final = frozenset(
    {"no", "note", "notes", "remark", "remarks", "comment", "comments", "title", "description", "readme", "unit",
     "序号", "备注", "说明", "目录", "封面", "填表说明", "完成情况", "计量单位", "姓名", "联系人", "联系电话", "填报人",
     "填报日期", "填报单位", "审核人"}
)  # fmt: skip

_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def narrow(text: str) -> str:
    """The text with full-width signs and digits as ASCII; nothing else is folded."""
    return text.translate(_NARROW)


def tidy(text: str) -> str:
    """A heading or a file's name as it is compared, but for upper and lower case."""
    return unicodedata.normalize("NFC", narrow(text).strip())


def _key(text: str) -> str:
    return re.sub(r"\s+", "_", tidy(text)).casefold()


@cache
def _headings(table: str) -> Mapping[str, str]:
    """The ids of a table's columns by every heading that names them."""
    found: dict[str, str] = {}
    for id in COLUMNS[table]:
        for spelling in (id, *vocabulary().get("column", id).spellings):
            found.setdefault(_key(spelling), id)
    return found


def column_of(table: str, heading: str) -> str | None:
    return _headings(table).get(_key(heading))


def table_of(name: str) -> str | None:
    """The table that a file or a sheet of this name holds."""
    return _tables().get(_key(name))


@cache
def _tables() -> Mapping[str, str]:
    return {_key(spelling): word.id for word in vocabulary().all("table") for spelling in word.spellings}


def table_names() -> tuple[str, ...]:
    return tuple(_tables())


def like_table(name: str) -> str:
    key = _key(name)
    return "" if key in _FOR_PEOPLE else nearest(key, table_names()) or ""


def table_list(name: str) -> str:
    """All tables, for one who wrote a name that is like none of them."""
    return "`, `".join(word.spelling("en" if name.isascii() else "zh") for word in vocabulary().all("table"))


def told_no_table(name: str, place: Cell, remarks: Remarks) -> None:
    """What bears no table's name is for people; but a name that is nearly one is a table misnamed."""
    if suggestion := like_table(name):
        remarks.add("AS6014", place, sheet=name, suggestion=suggestion)
    else:
        remarks.add("AS6030", place, sheet=name, tables=table_list(name))


def like_column(table: str, heading: str, present: Collection[str], remarks: Remarks) -> str:
    """The heading of a column that is not there which a misspelt one was surely meant to be."""
    key = _key(heading)
    if key in _FOR_PEOPLE:
        return ""
    free = tuple(spelling for spelling, id in _headings(table).items() if id not in present)
    return remarks.like(f"column of {table} beside {len(present)}", key, free)


def letter(column: int) -> str:
    """A column's letter, from 0: A, B … Z, AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def trimmed(text: str) -> str:
    """A text as names are compared."""
    text = text.strip()
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def raw_text(value: Value) -> str:
    """What a cell held, as it is quoted in messages and compared as a name."""
    match value.raw:
        case str() as text:
            return trimmed(text)
        case bool() as answer:
            return "TRUE" if answer else "FALSE"
        case date() as day:
            return day.isoformat()
        case Fraction() as number:
            return f"{exact_text(number * 100)}%" if value.percent else exact_text(number)


def brief(text: str) -> str:
    """A text as messages quote it: of a number of very many digits the ends."""
    return f"{text[:12]}…{text[-4:]}" if len(text) > 60 and re.fullmatch(r"[-+0-9.,/%]+", text) else text


def _values(place: Cell, number: int, cells: Cells) -> list[Value | None]:
    return [
        cell
        if cell is None or isinstance(cell, Value)
        else as_value(cell, Cell(place.file, number, letter(index), place.sheet))
        for index, cell in enumerate(cells)
    ]


def _title(table: str, cells: Sequence[Value | None]) -> bool:
    """Whether a row above the headings is a title: one filled cell, which is no heading."""
    filled = [cell for cell in cells if cell is not None]
    return len(filled) == 1 and column_of(table, raw_text(filled[0])) is None


def rows_of(
    table: str, place: Cell, lines: Iterable[tuple[int, Cells]], remarks: Remarks, *, even: bool = False
) -> tuple[Row, ...]:
    """The rows below the headings. `place`: file and sheet. `even`: each line must have a cell for every heading."""
    lines = iter(lines)
    titles: list[tuple[int, list[Value | None]]] = []
    for number, cells in lines:
        if any(cell is not None for cell in cells):
            titles.append((number, _values(place, number, cells)))
            if not _title(table, titles[-1][1]):
                break
    if not titles:
        remarks.add("AS6015", place, table=place.sheet or place.file)
        return ()
    if _title(table, titles[-1][1]):  # nothing but single cells: the first is the heading, misspelt
        lines = chain(titles[1:], lines)
        titles = titles[:1]
    number, headings = titles[-1]
    headings = headings[: 1 + max(index for index, cell in enumerate(headings) if cell is not None)]
    if len(headings) > _MOST_COLUMNS:
        remarks.add("AS6011", Cell(place.file, number, "", place.sheet), limit=str(_MOST_COLUMNS))
        return ()
    ids = _ids(table, place, number, headings, remarks)
    heading_row = number
    columns = {id: letter(index) for index, id in enumerate(ids) if id is not None}
    rows: list[Row] = []
    for number, cells in lines:
        if not any(cell is not None for cell in cells):
            continue
        where = Cell(place.file, number, "", place.sheet)
        if len(rows) >= LIMITS.table_rows:
            remarks.add("AS6010", where, limit=str(LIMITS.table_rows))
            break
        if even and (len(cells) < len(headings) or any(cell is not None for cell in cells[len(headings) :])):
            remarks.add("AS6019", where, found=str(len(cells)), expected=str(len(headings)))
            continue
        values: dict[str, Value | Plain] = {}
        for index, cell in enumerate(cells):
            if cell is None:
                continue
            if index >= len(headings) or headings[index] is None:
                beside = _values(place, number, cells)[index]
                assert beside is not None
                remarks.add("AS6020", beside.cell, text=raw_text(beside))
            elif (id := ids[index]) is not None:
                values[id] = cell
                if isinstance(cell, str) and len(cell) > LIMITS.text_characters:
                    remarks.add("AS6028", evolve(where, column=letter(index)), limit=str(LIMITS.text_characters))
        if values:
            rows.append(Row(values, where, columns, heading_row))
    return tuple(rows)


def _ids(table: str, place: Cell, number: int, headings: Sequence[Value | None], remarks: Remarks) -> list[str | None]:
    """The ids of the columns; None for those without a heading or with a wrong one."""
    ids: list[str | None] = []
    first: dict[str, Value] = {}
    unknown: list[tuple[int, Value]] = []
    for index, heading in enumerate(headings):
        if heading is None:
            ids.append(None)
            continue
        id = column_of(table, raw_text(heading))
        if id is None:
            unknown.append((index, heading))
            id = tidy(raw_text(heading)) if table == "entities" else None
        if id is not None and id in first:
            remarks.add("AS6017", heading.cell, heading=raw_text(heading), first=str(first[id].cell))
            id = None
        elif id is not None:
            first[id] = heading
        ids.append(id)
    for index in missing_columns(table, Cell(place.file, number, "", place.sheet), set(first), unknown, remarks):
        ids[index] = None
    return ids


def missing_columns(
    table: str, place: Cell, present: set[str], unknown: list[tuple[int, Value]], remarks: Remarks
) -> set[int]:
    """Tells which columns are missing and which headings are unknown; gives the indexes of the wrong ones.

    A misspelt heading of a column that must be there is told once.
    """
    wrong: set[int] = set()
    for id in REQUIRED[table]:
        if id in present:
            continue
        spellings = vocabulary().get("column", id).spellings
        free = {raw_text(heading): (index, heading) for index, heading in unknown if index not in wrong}
        likely = next((near for spelling in spellings if (near := nearest(spelling, tuple(free)))), "")
        cell = place
        if likely:
            wrong.add(free[likely][0])
            cell = free[likely][1].cell
        remarks.add("AS6018", cell, column=both("column", id), heading=likely)
    if table != "entities":
        for index, heading in unknown:
            if index not in wrong:
                wrong.add(index)
                text = raw_text(heading)
                if suggestion := like_column(table, text, present, remarks):
                    remarks.add("AS6016", heading.cell, heading=text, suggestion=suggestion)
                else:
                    remarks.add("AS6031", heading.cell, heading=text)
    return wrong
