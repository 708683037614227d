"""Published results of earlier years, for the entities of a frame: what the plan's loads of `history` and its places of
earlier years mean, in arrays.

They come in a frame of their own, a row for each entity and year, because those who are no longer assessed had places
too: who was among the last then cannot be told from the entities of now.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
from attrs import field, frozen

from assessdsl.backends.columnar.about import moved
from assessdsl.backends.columnar.cellwise import PERIOD, unseen
from assessdsl.backends.columnar.column import Array, Column, Read
from assessdsl.backends.columnar.counting import counts
from assessdsl.backends.columnar.inputs import Key
from assessdsl.backends.columnar.ranking import Key as RankKey
from assessdsl.backends.columnar.ranking import Peers, blocks, ranks
from assessdsl.backends.columnar.reading import Frame, filled_rows, read
from assessdsl.backends.columns import Value
from assessdsl.binding.entities import lineages
from assessdsl.binding.naming import Naming, of_groups, of_tiers
from assessdsl.data.columns import column_of
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import MISSING, own
from assessdsl.plan.inputs import Schema
from assessdsl.plan.steps import Load, Plan, Rank
from assessdsl.quantity import Unit
from assessdsl.source import Cell

Lineages = Mapping[int, Sequence[Sequence[str]]]
"""Of the rows of entities that were called otherwise before: their earlier names, by generation."""

_NEEDED: Final = ("period", "entity")
_FOR_PEOPLE: Final = ("findings",)
_TEXT: Final = Key("text", Unit.TEXT, None)


@frozen(eq=False)
class Past:
    """The values of a step: numbers over a scale, or numbers of words."""

    column: Column
    scale: int = 1
    words: tuple[str, ...] = ()

    def value(self, row: int) -> Value:
        if self.column.missing is not None and self.column.missing[row]:
            return MISSING
        number = int(self.column.data[row])
        return self.words[number] if self.words else Fraction(number, self.scale)


@frozen
class Family:
    """Entities that were called otherwise before: their earlier names by generation, and the present names of those
    that nobody bears now and one entity alone bore."""

    lineages: Mapping[str, Sequence[Sequence[str]]] = {}
    successors: Mapping[str, str] = {}

    def among(self, names: Sequence[Any]) -> tuple[Lineages, dict[str, int]]:
        """The lineages of these entities, by their rows; and the rows by earlier names."""
        if not self.lineages:
            return {}, {}
        rows = {str(name): row for row, name in enumerate(names) if str(name) in self.lineages}
        successors = {before: rows[name] for before, name in self.successors.items() if name in rows}
        return {row: self.lineages[name] for name, row in rows.items()}, successors


def family_of(
    schema: Schema, given: Mapping[str, str], present: Callable[[Iterable[str]], Collection[str]]
) -> tuple[Family, list[Diagnostic]]:
    """What the column `successor_of` says, by entity, and what is wrong with it. `present`: which of some names
    entities bear now."""
    if not given:
        return Family(), []
    remarks = Remarks()
    roster = lineages(schema, given, remarks)
    borne = present(roster.successors)
    successors = {before: name for before, name in roster.successors.items() if before not in borne}
    told = [one for one in remarks.found if one.is_error]
    return Family({name: one.lineage for name, one in roster.entities.items()}, successors), told


def befores(frame: Frame, names: Sequence[Any]) -> tuple[dict[str, str], list[Diagnostic]]:
    """What the column `successor_of` holds, by entity, and what is wrong with it."""
    if "successor_of" not in frame.columns:
        return {}, []
    columns, wrong = read(frame, {"successor_of": ("successor_of", _TEXT)})
    if "successor_of" not in columns:
        return {}, wrong
    one = columns["successor_of"]
    rows = np.flatnonzero(~one.column.absent()).tolist()
    return {str(names[row]): one.words[int(one.column.data[row])] for row in rows if names[row] != ""}, wrong


def published(plan: Plan, frame: Frame) -> "tuple[Published | None, list[Diagnostic]]":
    """The table, or what is wrong with it."""
    keys, remarks = _keys(plan, frame)
    if remarks:
        return None, remarks
    columns, remarks = read(frame, keys, table="history")
    numbers = filled_rows(frame, columns.values())
    if numbers is None:
        numbers = np.arange(len(frame))
    else:
        columns, remarks = read(frame[numbers], keys, table="history")
    remarks = [moved(remark, numbers) for remark in remarks]
    table = Published(plan, len(numbers), columns, numbers)
    if columns.keys() >= {*_NEEDED}:
        told = {(one.cell.row, column_of("history", one.cell.column)) for one in remarks if one.cell is not None}
        remarks += (one for one in table.wrong() if one.cell and (one.cell.row, one.cell.column) not in told)
    return (None, remarks) if remarks else (table, [])


def _keys(plan: Plan, frame: Frame) -> tuple[dict[str, tuple[str, Key]], list[Diagnostic]]:
    places = plan.outputs.places
    known = {
        "period": PERIOD,
        "entity": _TEXT,
        "group": _TEXT,
        "total": Key("number", Unit.POINTS, None),
        "rank": Key("number", Unit.COUNT, 0),
        "tier": _TEXT,
    }
    found: dict[str, tuple[str, Key]] = {}
    remarks: list[Diagnostic] = []
    for name in frame.columns:
        id = column_of("history", name)
        if id in known:
            is_binary = id == "total" and frame[name].dtype.is_float()
            found[name] = id, Key("number", Unit.POINTS, places) if is_binary else known[id]
        elif id not in _FOR_PEOPLE:
            remarks.append(Diagnostic("AS5303", arguments={"name": name, "suggestion": ""}))
    there = {id for id, _ in found.values()}
    for id in _NEEDED:
        if id not in there:
            arguments = {"column": id, "heading": ""}
            remarks.append(Diagnostic("AS6018", arguments=arguments, cell=Cell("history", 0)))
    return found, remarks


@frozen(eq=False)
class Published:
    """The results of earlier years."""

    plan: Plan
    rows: int
    columns: Mapping[str, Read]
    numbers: Array  # of the rows in the frame
    _group: tuple[Array, tuple[str, ...]] = field(init=False)  # of each row, the number of the word; "" for none

    @_group.default
    def _of_groups(self) -> tuple[Array, tuple[str, ...]]:
        return self._named("group", of_groups(self.plan.schema))

    def _there(self, id: str) -> Array:
        """The rows that have a value in a column."""
        if id not in self.columns:
            return np.zeros(self.rows, np.bool_)
        missing = self.columns[id].column.missing
        return np.ones(self.rows, np.bool_) if missing is None else ~missing

    def _named(self, id: str, naming: Naming) -> tuple[Array, tuple[str, ...]]:
        """Words as the policy has them, by their numbers: the name or the label of a thing is the same word."""
        if id not in self.columns or not self.columns[id].words:
            return np.zeros(self.rows, np.int64), ("",)
        one = self.columns[id]
        given = [naming.find(word) or word for word in one.words]
        words = ("", *dict.fromkeys(given))
        number = np.array([words.index(word) for word in given], np.int64)[one.column.data]
        return np.where(self._there(id), number, 0), words

    def _cell(self, row: int, column: str) -> Cell:
        return Cell("history", int(self.numbers[row]) + 1, column)

    def wrong(self) -> Iterator[Diagnostic]:
        for id in _NEEDED:
            for row in np.flatnonzero(~self._there(id)).tolist():
                yield Diagnostic("AS6214", arguments={"column": id}, cell=self._cell(row, id))
        if "rank" in self.columns:
            ranks_then = self.columns["rank"].column.data
            for row in np.flatnonzero(self._there("rank") & (ranks_then < 1)).tolist():
                code, told = "AS6106" if ranks_then[row] else "AS6236", {"text": str(int(ranks_then[row]))}
                yield Diagnostic(code, arguments=told, cell=self._cell(row, "rank"))
        if not all(self._there(id).all() for id in _NEEDED) or not self.rows:
            return
        years, entities = self.columns["period"].column.data.astype(np.int64), self.columns["entity"]
        for row, name in unseen(entities):
            yield Diagnostic("AS6232", arguments={"name": name}, cell=self._cell(row, "entity"))
        order = np.lexsort([np.arange(self.rows), entities.column.data, years])
        same = (years[order][1:] == years[order][:-1]) & (np.diff(entities.column.data[order]) == 0)
        for at in np.flatnonzero(same).tolist():
            first, row = int(order[at]), int(order[at + 1])
            name = f"{int(years[row])} {entities.words[int(entities.column.data[row])]}"
            told = {"name": name, "first": str(self._cell(first, "entity"))}
            yield Diagnostic("AS6210", arguments=told, cell=self._cell(row, "entity"))

    # ------------------------------------------------------------ the values

    def values(self, names: Sequence[Any], lineages: Lineages) -> dict[int, Past]:
        """By step, of the entities named."""
        at = {str(name): row for row, name in enumerate(names)} if self.rows else {}
        entities = self.columns["entity"]
        row_of = np.array([at.get(word, -1) for word in entities.words], np.int64)
        now = row_of[entities.column.data] if self.rows else np.zeros(0, np.int64)
        found: dict[int, Past] = {}
        for step in self.plan.steps:
            match step.operation:
                case Load(source="history", name=name, offset=offset):
                    of_year = self._value(name, self._of_year(offset))
                    found[step.id] = self._spread(of_year, offset, now, names, lineages)
                case Rank(offset=offset) as rank if offset:
                    found[step.id] = self._spread(self._places(rank), offset, now, names, lineages)
        return found

    def _of_year(self, offset: int) -> Array:
        period = self.columns["period"].column.data
        return np.flatnonzero(period == self.plan.schema.period.year - offset)

    def _value(self, name: str, rows: Array) -> Past:
        """What was published of the rows."""
        match name:
            case "tier":
                numbers, words = self._named("tier", of_tiers(self.plan.schema))
                return Past(Column(numbers[rows], numbers[rows] == 0), words=words)
            case "group":
                numbers, words = self._group
                return Past(Column(numbers[rows], numbers[rows] == 0), words=words)
            case "total" | "rank":
                there = self._there(name)[rows]
                if not there.any():
                    return Past(Column(np.zeros(len(rows), np.int64), ~there))
                one = self.columns[name]
                return Past(Column(one.column.data[rows], ~there), one.scale)
            case _:
                there = self._there("rank")[rows]
                peers = self._peers("group" if name == "peers_in_group" else "everyone", rows)
                of_row = np.zeros(len(rows), np.int64) if peers.of_row is None else peers.of_row
                return Past(Column(counts(of_row[there], peers.count)[of_row], ~there))

    def _peers(self, within: str, rows: Array) -> Peers:
        numbers, words = self._group
        return Peers(len(rows)) if within == "everyone" else Peers(len(rows), numbers[rows], len(words))

    def _places(self, rank: Rank) -> Past:
        """Places from the end of the results of an earlier year, as they were published."""
        rows = self._of_year(rank.offset)
        there = self._there("rank")[rows]
        published = self.columns["rank"].column.data[rows] if there.any() else np.zeros(len(rows), np.int64)
        published = np.where(there, published, 1)
        key = RankKey(published, 1, int(published.max(initial=1)))
        ordered = blocks([key], self._peers(rank.within, rows), there, lowest_first=False)
        return Past(Column(ranks(ordered, rank.ties).data, ~there))

    def _spread(self, of_year: Past, offset: int, now: Array, names: Sequence[Any], lineages: Lineages) -> Past:
        """From the rows of a year to the entities of now, each under its own name or that of its predecessor."""
        data, missing = np.zeros(len(names), np.int64), np.ones(len(names), np.bool_)
        rows = now[self._of_year(offset)]
        known = rows >= 0
        data[rows[known]] = of_year.column.data[known]
        assert of_year.column.missing is not None
        missing[rows[known]] = of_year.column.missing[known]
        if lineages:
            entities = self.columns["entity"]
            words = entities.column.data[self._of_year(offset)].tolist()
            place = {entities.words[word]: at for at, word in enumerate(words)} if entities.words else {}
            for row, generations in lineages.items():
                at = own(str(names[row]), generations, place)
                missing[row] = at is None or of_year.column.missing[at]
                data[row] = 0 if at is None else of_year.column.data[at]
        return Past(Column(data, missing), of_year.scale, of_year.words)
