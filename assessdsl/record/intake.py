"""Events from what people write: rows of a table, and fields named in English or Chinese."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

from attrs import evolve

from assessdsl.binding.values import read_value
from assessdsl.data import read_table
from assessdsl.data.columns import COLUMNS, column_of, raw_text
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import Row, Value
from assessdsl.quantity import Unit
from assessdsl.record.canonical import event_text
from assessdsl.record.event import Event, Plain
from assessdsl.record.kinds import KINDS
from assessdsl.record.state import FILE, State
from assessdsl.source import Cell
from assessdsl.vocabulary import vocabulary

# The table whose columns a kind's rows have, and the columns that say what an event is about, the first that is filled.
_TABLES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "enrol": ("entities", ("entity",)),
    "set_target": ("targets", ("target",)),
    "add_target": ("targets", ("target",)),
    "report": ("facts", ("target", "entity")),
    "judgement": ("judgements", ("entity",)),
    "milestone": ("milestones", ("target",)),
    "progress": ("progress", ("target",)),
    "supervise": ("supervision", ("event",)),
    # any headings, beside the entity's
    "consult": ("entities", ("entity",)),
    "comment": ("entities", ("entity",)),
    "use": ("entities", ("entity",)),
    "instruct": ("entities", ("instruction",)),
}
FROM_TABLES: Final = tuple(_TABLES)
"""The kinds of event of which a table can hold many."""

_RENEWED: Final = ("set_target", "milestone")  # of which what was recorded last stands

FIELD_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("内容", "意见", "说明"), "content": ("内容",), "adopted": ("采纳", "是否采纳"), "source": ("来源",),
    "owner": ("责任单位", "承办单位", "单位", "entity"), "due": ("时限", "期限"), "target": ("目标编号",),
    "group": ("组别",), "label": ("名称",), "since": ("设立日期",), "successor_of": ("承继自",),
    "planned": ("计划",), "baseline": ("基数",), "weight": ("权重",), "withdrawn": ("撤回",), "judgement": ("认定",),
    "author": ("认定人",), "accepted": ("采纳", "是否采纳"), "claim": ("主张", "申诉请求"), "indicator": ("指标",),
    "upheld": ("成立", "是否成立"), "result": ("结果",), "purpose": ("用途",), "document": ("文件", "文号"),
}  # fmt: skip
"""How the fields of events that are no columns of tables are called in Chinese."""

_OF_EVENTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("key", "记录编号"), "key"), **dict.fromkeys(("instruction", "编号", "事项编号"), "instruction"),
    **dict.fromkeys(("authority", "批准机关"), "authority"), **dict.fromkeys(("reason", "原因", "事由"), "reason"),
    **dict.fromkeys(("evidence", "依据", "证据"), "evidence"),
}  # fmt: skip


def field_of(kind: str, name: str) -> str:
    """The id of an event's field, by its name in either language; a name that is none stays."""
    known = KINDS[kind]
    fields = {**known.needs, **known.may}
    if name in fields:
        return name
    if known.columns and (column := column_of(known.columns, name)) is not None:
        return column
    word = vocabulary().find("column", name)
    if word is not None and word.id in fields:
        return word.id
    return next((field for field in fields if name in FIELD_WORDS.get(field, ())), name)


def held(kind: str, field: str, text: str) -> Plain:
    """What a field holds, as the register keeps it; a text that is none of the kind stays, for the register to tell."""
    type = {**KINDS[kind].needs, **KINDS[kind].may}.get(field)
    value = Value(text, Cell(FILE, 0))
    match type:
        case "day":
            return "" if (day := day_of(text)) is None else day.isoformat()
        case "yes_no":
            found = read_value(value, Unit.YES_NO).value
            return found if isinstance(found, bool) else text
        case _:
            return text


def day_of(text: str) -> date | None:
    """The day that a text names, `2022-02-28`, `2022/2/28` or `2022年2月28日`."""
    found = read_value(Value(text, Cell(FILE, 0)), Unit.DATE).value if text.strip() else None
    return found if isinstance(found, date) else None


def read_rows(kind: str, path: Path) -> tuple[Row, ...]:
    """The rows of a file for events of a kind: CSV in UTF-8 or GB18030, or a workbook. Raises DataError."""
    table, _ = _TABLES[kind]
    rows: tuple[Row, ...] = getattr(read_table(path, table), table)
    return rows


def events_of_rows(kind: str, rows: Iterable[Row], valid: date, actor: str, authority: str = "") -> list[Event]:
    """An event for every row. Of entities, columns that are facts stay with the facts."""
    return [_event(kind, row, valid, actor, authority) for row in rows]


def _event(kind: str, row: Row, valid: date, actor: str, authority: str) -> Event:
    table, subjects = _TABLES[kind]
    texts = {column: raw_text(value) for column, value in row.values.items()}
    about = next((column for column in subjects if column in texts), subjects[0])
    known = KINDS[kind]
    fields, own = {**known.needs, **known.may}, dict[str, str]()
    data: dict[str, Plain] = {}
    for column, text in texts.items():
        name = field_of(kind, column)
        if column == about:
            continue
        if (table == known.columns and column in COLUMNS[table]) or name in fields:
            data[name] = held(kind, name, text)
        elif column in _OF_EVENTS:
            own[_OF_EVENTS[column]] = text
    subject = texts.get(about) or own.get(about, "")
    evidence = (own["evidence"],) if "evidence" in own else ()
    return Event(
        kind, subject, valid, actor, own.get("key", ""), data, own.get("authority", authority), own.get("reason", ""),
        evidence,
    )  # fmt: skip


def keyed(events: Sequence[Event], state: State) -> list[Event]:
    """The events of a table under keys that are the same when the table is sent again, whole or mended: what is there
    already is not recorded twice. What was replaced since, and is to stand again, is recorded again."""
    times: Counter[str] = Counter()
    found: list[Event] = []
    for event in events:
        text = event_text(event)
        times[text] += 1
        key = event.key or f"{event.kind}-{sha256(f'{times[text]} {text}'.encode()).hexdigest()[:16]}"
        found.append(evolve(event, key=key))
    sent = {event.key for event in found}
    return [_renewed(event, sent, state) if event.kind in _RENEWED else event for event in found]


def _renewed(event: Event, sent: set[str], state: State) -> Event:
    last = state.latest.get(event.subject)
    replaced = last is not None and last.event.kind == event.kind and last.event.key not in sent
    return evolve(event, key=f"{event.key}-{state.size}") if replaced and event.key in state.keys else event


def placed(diagnostics: Iterable[Diagnostic], row: Row) -> list[Diagnostic]:
    """The remarks on the event of a row, at the place of the row."""
    return [
        evolve(one, cell=row.at(one.cell.column) if one.cell is not None and one.cell.file == FILE else row.cell)
        for one in diagnostics
    ]
