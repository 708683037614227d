"""Whom and what the rows of a table of targets or of entries are about."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

import numpy as np
from attrs import evolve, field, frozen

from assessdsl.backends.columnar.cellwise import PERIOD, unseen
from assessdsl.backends.columnar.column import Array, Read
from assessdsl.backends.columnar.inputs import FORFEITED, Key
from assessdsl.backends.columnar.reading import Frame, filled_rows, read
from assessdsl.backends.prepared_inputs import like_heading
from assessdsl.binding.naming import of_indicators
from assessdsl.data.columns import column_of
from assessdsl.diagnostics import Diagnostic
from assessdsl.plan.inputs import Schema
from assessdsl.quantity import Unit
from assessdsl.source import Cell

Of = Literal["targets", "entries"]

NOBODY: Final = -1
_ELSEWHERE: Final = -2
_TABLE: Final[Mapping[Of, str]] = {"targets": "targets", "entries": "facts"}
_TEXT: Final = Key("text", Unit.TEXT, None)
_WHO: Final = ("target", "entity", "indicator", "fact", "period")


@frozen(eq=False)
class Part:
    """Rows of a table that are about some of the entities, and the number of each among all. `elsewhere`: whom they
    name of the other entities."""

    frame: Frame
    rows: Array = field()
    elsewhere: frozenset[str] = frozenset()

    @rows.default
    def _all(self) -> Array:
        return np.arange(len(self.frame))

    def of(self, rows: Array) -> "Part":
        return Part(self.frame[rows], self.rows[rows], self.elsewhere)


@frozen(eq=False)
class Head:
    """Of each row the numbers of its entity and its indicator, `NOBODY` where it names none."""

    of: Of
    part: Part
    entity: Array
    indicator: Array
    target: Read | None
    fact: Read | None
    remarks: list[Diagnostic]

    @property
    def frame(self) -> Frame:
        return self.part.frame

    def cell(self, row: int, at: str = "") -> Cell:
        return Cell(self.of, int(self.part.rows[row]) + 1, at)

    def told(self, code: str, row: int, at: str, **arguments: str) -> None:
        self.remarks.append(Diagnostic(code, arguments=arguments, cell=self.cell(row, at)))

    def names(self) -> list[str]:
        """What the targets are called; without names, by the numbers of their rows."""
        if self.target is None:
            return [f"#{row + 1}" for row in self.part.rows.tolist()]
        one, absent = self.target, self.target.column.absent()
        names = [one.words[code] if one.words else "" for code in one.column.data.tolist()]
        for row in np.flatnonzero(absent).tolist():
            self.told("AS6214", row, "target", column="target")
        if len(one.words) < len(names):
            first: dict[str, int] = {}
            for row, name in enumerate(names):
                if not absent[row] and first.setdefault(name, row) != row:
                    self.told("AS6210", row, "target", name=name, first=str(self.cell(first[name], "target")))
        return names


def head_of(schema: Schema, entities: Mapping[str, int], of: Of, part: Part, remarks: list[Diagnostic]) -> Head:
    """What is wrong with it goes to the remarks. `entities`: the rows of those who are assessed, by name."""
    named: dict[str, str] = {}
    for name in part.frame.columns:
        if name == FORFEITED and of == "targets":
            continue
        ids = {column_of("targets", name), column_of("facts", name)} - {None}
        if not ids:
            remarks.append(Diagnostic("AS5303", arguments={"name": name, "suggestion": like_heading(name)}))
        named |= {str(id): name for id in ids if id in _WHO}
    for id in ("entity", "indicator") if of == "targets" else ():
        if id not in named:
            remarks.append(Diagnostic("AS6018", arguments={"column": id, "heading": ""}, cell=Cell(of, 0)))
    if "period" in named:
        part = part.of(np.flatnonzero(years_ago(schema, part, of, remarks) == 0))
    wanted = {name: (id, _TEXT) for id, name in named.items() if id != "period"}
    columns, wrong = read(part.frame, wanted, of)
    if (filled := filled_rows(part.frame, columns.values())) is not None:
        part = part.of(filled)
        columns, wrong = read(part.frame, wanted, of)
    remarks += (moved(remark, part.rows) for remark in wrong)
    for id, one in columns.items():
        for row, name in unseen(one):
            cell = Cell(of, int(part.rows[row]) + 1, id)
            remarks.append(Diagnostic("AS6232", arguments={"name": name}, cell=cell))
    indicators = {one.name: number for number, one in enumerate(schema.indicators)}
    naming = of_indicators(schema)

    def indicator(word: str) -> int | None:
        return indicators.get(naming.find(word) or "")

    def entity(word: str) -> int | None:
        return entities.get(word, _ELSEWHERE if word in part.elsewhere else None)

    nobody = np.full(len(part.rows), NOBODY, np.int64)
    head = Head(of, part, nobody, nobody.copy(), columns.get("target"), columns.get("fact"), remarks)
    _number(head, head.entity, columns.get("entity"), "entity", entity, "AS6202")
    _number(head, head.indicator, columns.get("indicator"), "indicator", indicator, "AS6203")
    return head


def years_ago(schema: Schema, part: Part, of: Of, remarks: list[Diagnostic]) -> Array:
    """Of what year each row speaks; without one, of the assessed year."""
    now = np.zeros(len(part.rows), np.int64)
    period = heading_of(of, part.frame.columns, "period")
    wanted = {} if period is None else {period: ("period", PERIOD)}
    columns, wrong = read(part.frame, wanted, of)
    remarks += (moved(remark, part.rows) for remark in wrong)
    if "period" not in columns:
        return now
    one = columns["period"].column
    return np.where(one.absent(), 0, schema.period.year - one.data)


def heading_of(of: Of, headings: Iterable[str], id: str) -> str | None:
    """What a column of the table is called there."""
    return next((name for name in headings if column_of(_TABLE[of], name) == id), None)


def moved(remark: Diagnostic, rows: Array) -> Diagnostic:
    """What is told of a row of some, of the row among all."""
    cell = remark.cell
    return remark if cell is None else evolve(remark, cell=evolve(cell, row=int(rows[cell.row - 1]) + 1))


def _number(
    head: Head, into: Array, one: Read | None, column: str, find: Callable[[str], int | None], code: str
) -> None:
    """The numbers of what the words name."""
    missing = np.ones(len(into), np.bool_) if one is None else one.column.absent()
    if one is not None and one.words:
        given = [find(word) for word in one.words]
        numbers = np.array([NOBODY if number is None else number for number in given], np.int64)
        np.copyto(into, np.where(missing, NOBODY, numbers[one.column.data]))
        for row in np.flatnonzero(~missing & (into == NOBODY)).tolist():
            head.told(code, row, column, name=one.words[int(one.column.data[row])], suggestion="")
    if head.of == "targets":
        for row in np.flatnonzero(missing).tolist():
            head.told("AS6214", row, column, column=column)
