"""The input: tables as they were read, before a policy gives their values a meaning.

Nothing is interpreted here. A cell keeps what the file held, and where. `binding/` reads values by the units
that the policy declares.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from attrs import Factory, evolve, field, frozen

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Cell

T = TypeVar("T")


@frozen
class Value:
    """What a cell held.

    `raw` is text from CSV, or a workbook's or program's own text, exact number, date or yes/no.
    `percent` is set where the cell's own format says that the number is a percentage: a workbook shows 0.4 as 40 %.
    """

    raw: str | Fraction | date | bool
    cell: Cell = field(eq=False)
    percent: bool = False


Plain = str | int | Fraction | date | bool
"""What a cell held and nothing beside it, as a percentage has: a whole number may be an int."""


def _bare(held: Mapping[str, Value | Plain]) -> Mapping[str, Value]:
    """What a row holds, without the places, which are outside its equality."""
    return {column: one if isinstance(one, Value) else as_value(one, Cell("", 0)) for column, one in held.items()}


def as_value(held: Plain, cell: Cell) -> Value:
    return Value(held if isinstance(held, bool) or not isinstance(held, int) else Fraction(held), cell)


@frozen
class Row:
    """One row of a table: its filled cells by column id. An empty cell is not there.

    What is plain is held as it is, and becomes a Value when it is asked for: nearly all that a table holds is, and
    of millions of small objects the making takes longer than all that is done with them.
    """

    held: Mapping[str, Value | Plain] = field(alias="values", eq=_bare)
    cell: Cell = field(eq=False)  # of the row, without a column
    columns: Mapping[str, str] = field(eq=False, factory=dict, repr=False)  # id → letter, to point at an empty cell
    heading_row: int = field(eq=False, default=0, repr=False)  # 0: the row brings its own headings, as records do

    @property
    def values(self) -> Mapping[str, Value]:
        return {
            column: held if isinstance(held, Value) else as_value(held, self.at(column))
            for column, held in self.held.items()
        }

    def get(self, column: str) -> Value | None:
        held = self.held.get(column)
        return held if held is None or isinstance(held, Value) else as_value(held, self.at(column))

    def has(self, column: str) -> bool:
        return column in self.held

    def at(self, column: str) -> Cell:
        """The place of a cell, filled or not."""
        cell = self.cell
        return Cell(cell.file, cell.row, self.columns.get(column, ""), cell.sheet)

    def heading(self, column: str) -> Cell:
        """The place of a column's heading."""
        return evolve(self.at(column), row=self.heading_row or self.cell.row)


@frozen
class Facts:
    """All the tables of an assessment. Columns that are not in the word table keep their heading: facts of entities."""

    entities: tuple[Row, ...] = ()
    targets: tuple[Row, ...] = ()
    facts: tuple[Row, ...] = ()
    judgements: tuple[Row, ...] = ()
    benchmarks: tuple[Row, ...] = ()
    history: tuple[Row, ...] = ()
    frozen: tuple[Row, ...] | None = None  # the targets as they were frozen; None: not given
    milestones: tuple[Row, ...] = ()  # of targets; this and the next two are for monitoring
    progress: tuple[Row, ...] = ()  # values on the way, which no score rests on
    supervision: tuple[Row, ...] = ()  # what those who follow up did
    successions: tuple[Row, ...] = ()  # which bodies became which
    tenures: tuple[Row, ...] = ()  # who led them
    remarks: tuple[Diagnostic, ...] = field(default=(), eq=False)  # warnings of the readers

    def tables(self) -> Iterator[tuple[str, tuple[Row, ...]]]:
        for name in ("entities", "targets", "facts", "judgements", "benchmarks", "history"):
            yield name, getattr(self, name)
        if self.frozen is not None:
            yield "frozen", self.frozen
        for name in ("milestones", "progress", "supervision", "successions", "tenures"):
            yield name, getattr(self, name)


@frozen
class Missing:
    """The value of a fact that was not given. Never zero."""

    cell: Cell | None = field(default=None, eq=False)
    name: str = field(default="", eq=False)  # of the fact, as the policy calls it


MISSING = Missing()

# What a bound cell holds. Text serves also for tiers, groups and levels.
Scalar = Fraction | bool | str | date | Missing


@frozen
class Datum:
    """A bound value and the cell that it came from; of a judgement also who made it, on what evidence."""

    value: Scalar
    cell: Cell | None = field(default=None, eq=False)
    author: str = ""
    evidence: str = ""


@frozen
class Item:
    """What an indicator scores for an entity: one of its targets, or the entity's report without a target.

    `fields` holds data by name: planned, actual, baseline, weight, due, completed_on, required, links_to, plan_total,
    and always direction ("higher" or "lower": the target's own, else the indicator's), is_target (yes/no) and forfeited
    (yes/no: the target was taken out after the freeze and nothing was reported for it, so that it scores nothing,
    whatever the handling of missing facts). What is not there is missing.
    `entries` are the reported rows: actual, level, category, item, completed_on, sample.
    `restored` is set where the target was taken out or altered after the freeze and is scored as it was frozen.
    """

    entity: int  # index into Dataset.entities
    target: str  # "" for none
    fields: Mapping[str, Datum]
    entries: tuple[Mapping[str, Datum], ...] = ()
    tags: frozenset[str] = frozenset()
    restored: bool = False
    cell: Cell | None = field(default=None, eq=False)
    past: Mapping[int, Mapping[str, Datum]] = Factory(dict)  # what was reported of it so many years ago


@frozen
class EntityRecord:
    entity: str
    label: str
    group: str
    facts: Mapping[str, Datum]  # by fact name; judgements too, as yes/no
    samples: Mapping[str, Datum] = Factory(dict)  # sample sizes of surveys, by fact name
    predecessors: tuple[str, ...] = ()  # earlier names of the entity, from the register of entities
    cell: Cell | None = field(default=None, eq=False)
    past: Mapping[int, Mapping[str, Datum]] = Factory(dict)  # its facts of so many years ago
    lineage: tuple[tuple[str, ...], ...] = ()  # the predecessors by generation, the nearest first

    @property
    def generations(self) -> tuple[tuple[str, ...], ...]:
        """Those that went into the entity, those that went into these, and so on; without a lineage all at once."""
        return self.lineage or ((self.predecessors,) if self.predecessors else ())


@frozen
class PastResult:
    """A row of the history: a published result."""

    entity: str
    group: str
    total: Scalar
    rank: Scalar
    tier: Scalar
    cell: Cell | None = field(default=None, eq=False)


def own(name: str, generations: Sequence[Sequence[str]], rows: Mapping[str, T]) -> T | None:
    """What earlier rows hold of an entity, under its own name or that of a predecessor.

    Where several bodies went into the entity or into a predecessor, nothing of theirs is its own, nor of what was
    before them; and where there are rows under two of its names, neither is.
    """
    held = [rows[name]] if name in rows else []
    alone = True
    for generation in generations:
        alone = alone and len(generation) == 1
        found = [rows[before] for before in generation if before in rows]
        if found and not alone:
            return None
        held += found
    return held[0] if len(held) == 1 else None


@frozen
class Dataset:
    """The data of an assessment, bound to a policy: exact values in base measures, in a fixed order.

    Entities are sorted by name, items by (entity, target), so that no order of rows can change a result.
    """

    entities: tuple[EntityRecord, ...]
    items: Mapping[str, tuple[Item, ...]]  # by indicator
    benchmarks: Mapping[str, Datum]
    history: Mapping[int, tuple[PastResult, ...]]  # by year
    past_benchmarks: Mapping[int, Mapping[str, Datum]] = Factory(dict)  # of so many years ago
