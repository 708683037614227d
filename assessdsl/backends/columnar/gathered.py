"""What is kept of all batches, until all are through: what places, tiers and aggregates go by."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, evolve, field, frozen

from assessdsl.backends.columnar.column import Array, Column, Read
from assessdsl.backends.columnar.exactly import Entity
from assessdsl.backends.columnar.inputs import Key
from assessdsl.backends.columnar.past import Past
from assessdsl.backends.columnar.peers import Exact, Offered
from assessdsl.backends.columnar.quotients import Quotients
from assessdsl.backends.columnar.score import Scoring
from assessdsl.backends.columnar.table import Table
from assessdsl.binding.naming import of_groups
from assessdsl.plan.inputs import Schema
from assessdsl.plan.steps import Aggregate, Plan
from assessdsl.quantity import Unit

_LONGEST = (1 << 63) - 1


@frozen
class Shelf:
    """Arrays that are put aside piece by piece, since pieces that stayed among what each batch frees would keep the
    memory from being used again."""

    folder: Path

    def put(self, name: str, piece: Any) -> None:
        with (self.folder / name).open("ab") as file:
            np.asarray(piece).tofile(file)

    def take(self, name: str, kind: Any) -> Array:
        """All pieces as one; nothing of what was never put."""
        path = self.folder / name
        return np.fromfile(path, kind) if path.exists() else np.empty(0, kind)


@define(eq=False)
class Numbers:
    """A number of all rows, put aside batch by batch, each over a scale of its own or a divisor for each row."""

    shelf: Shelf
    name: str
    _pieces: list[tuple[int, int]] = field(factory=list)  # the scale and the rows; 0: each has its divisor

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def put(self, numbers: Array, scale: int, quotients: Quotients | None) -> None:
        if not scale:
            assert quotients is not None
            one = quotients.reduced()
            numbers = one.above
            self.shelf.put(f"{self.name} below", one.below)
        self.shelf.put(self.name, numbers.astype(np.int64, copy=False))
        self._pieces.append((scale, len(numbers)))

    def take(self) -> tuple[Array, int, Quotients | None]:
        """Over one scale if there is one; else over 0 in order, and as fractions."""
        numbers, start = self.shelf.take(self.name, np.int64), 0
        whole = lcm(*(scale for scale, _ in self._pieces))
        for scale, rows in self._pieces if whole else ():
            own, times = numbers[start : start + rows], whole // scale
            start += rows
            if times > 1 and _most(own) > _LONGEST // times:
                return self._divided()
            own *= times
        return (numbers, whole, None) if whole else self._divided()

    def _divided(self) -> tuple[Array, int, Quotients | None]:
        above, given, start = self.shelf.take(self.name, np.int64), self.shelf.take(f"{self.name} below", np.int64), 0
        parts = []
        for scale, rows in self._pieces:
            parts.append(np.full(rows, scale) if scale else given[start : start + rows])
            start += 0 if scale else rows
        found = Quotients(above, np.concatenate(parts))
        numbers, scale = found.over_one() or (found.in_order(), 0)
        return numbers, scale, None if scale else found


@define(eq=False)
class Gathered:
    """Of the rows of all batches so far. `name`: what its files are called."""

    plan: Plan
    shelf: Shelf
    name: str
    rows: int = 0
    _numbers: dict[int, Numbers] = field(factory=dict)
    _answers: set[int] = field(factory=set)
    _unknown: set[int] = field(factory=set)  # answers that are not known of some row
    _past: dict[int, Past] = field(factory=dict)  # the last of each, for its scale and its words
    _absent: dict[int, set[int]] = field(factory=dict)
    _open: dict[int, Entity] = field(factory=dict)  # rows that may have to be told of
    _offers: dict[int, Numbers] = field(factory=dict)
    _exact: dict[int, list[Exact]] = field(factory=dict)
    _common: tuple[Mapping[str, Any], Mapping[str, Fraction]] = ({}, {})

    def put(self, scoring: Scoring, kept: frozenset[int], told: frozenset[int], past: frozenset[int]) -> None:
        """The values of steps for a batch."""
        table = scoring.table
        for id in kept:
            if id in scoring.numbers:
                numbers = self._numbers.setdefault(id, Numbers(self.shelf, f"{self.name} number {id}"))
                numbers.put(*scoring.numbers[id], scoring.quotients.get(id))
                self._absent.setdefault(id, set()).update(self.rows + row for row in scoring.absent.get(id, ()))
            if id in scoring.answers:
                holds, unknown = scoring.answers[id]
                self._answers.add(id)
                self._put(f"answer {id}", holds)
                self._put(f"unknown {id}", np.zeros(table.rows, np.bool_) if unknown is None else unknown)
                if unknown is not None:
                    self._unknown.add(id)
                for row in np.flatnonzero(unknown).tolist() if unknown is not None and id in told else ():
                    name, given, items, place = table.entity(row)
                    self._open[self.rows + row] = name, given, items, evolve(place, row=self.rows + row + 1)
        for id in past:
            if id in table.past:
                self._past[id] = one = table.past[id]
                self._put(f"past {id}", one.column.data)
                self._put(f"missing {id}", one.column.missing)
        if "group" in table.read:
            self._put("group", _group_codes(self.plan.schema, table.read["group"]))
        self._common = table.common, scoring.common
        self.rows += table.rows

    def offer(self, id: int, rows: Sequence[Offered], group: Array, exact: Sequence[Exact]) -> None:
        """What a batch gives to an aggregate. Of all rows only those stay that are kept, or may be."""
        self._exact.setdefault(id, []).extend(exact)
        numbers = self._offers.setdefault(id, Numbers(self.shelf, f"{self.name} offer {id}"))
        for one in rows:
            own = np.flatnonzero(one.kept | one.unknown)
            self._put(f"kept {id}", one.kept[own])
            self._put(f"open {id}", one.unknown[own])
            self._put(f"of {id}", group[own].astype(np.int16))
            if one.numbers is not None:
                quotients = one.quotients and Quotients(one.quotients.above[own], one.quotients.below[own])
                numbers.put(one.numbers[own], one.scale, quotients)

    def all_together(self, language: str, threads: int, kernels: bool) -> Scoring:
        """All rows, with what is kept of them."""
        group = self._take("group", np.int16)
        words = (*self.plan.schema.groups, "")  # the last is of rows that are in none, which are refused later
        read = {"group": Read(Column(group), words=words)} if len(group) else {}
        past = {
            id: Past(
                Column(self._take(f"past {id}", np.int64), self._take(f"missing {id}", np.bool_)), one.scale, one.words
            )
            for id, one in self._past.items()
        }
        keys = {"group": Key("text", Unit.GROUP, None, column="group")} if read else {}
        table = Table(self.rows, (), read, keys, self._common[0], past, self._open)
        scoring = Scoring(
            self.plan, language, table, self._common[1], threads, None, kernels, absent=self._absent, is_told=True
        )  # fmt: skip
        for id, numbers in self._numbers.items():
            values, scale, quotients = numbers.take()
            scoring.numbers[id] = _short(values), scale
            if quotients is not None:
                scoring.quotients[id] = quotients
        for id in self._answers:
            unknown = self._take(f"unknown {id}", np.bool_) if id in self._unknown else None
            scoring.answers[id] = self._take(f"answer {id}", np.bool_), unknown
        return scoring

    def aggregate(self, scoring: Scoring, id: int) -> None:
        """Works out an aggregate from what was offered."""
        step = self.plan.steps[id]
        assert isinstance(step.operation, Aggregate)
        kept, unknown = self._take(f"kept {id}", np.bool_), self._take(f"open {id}", np.bool_)
        values = self._offers[id].take() if self._offers[id] else (None, 1, None)
        rows = [Offered(kept, unknown, *values)]
        scoring.aggregate(step, step.operation, rows, self._take(f"of {id}", np.int16), self._exact[id])

    def _put(self, name: str, piece: Any) -> None:
        self.shelf.put(f"{self.name} {name}", piece)

    def _take(self, name: str, kind: Any) -> Array:
        return self.shelf.take(f"{self.name} {name}", kind)


def _most(numbers: Array) -> int:
    return max(-int(numbers.min(initial=0)), int(numbers.max(initial=0)))


def _short(numbers: Array) -> Array:
    """As few bytes as hold them."""
    low, high = int(numbers.min(initial=0)), int(numbers.max(initial=0))
    for kind in (np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return numbers.astype(kind)
    return numbers


def _group_codes(schema: Schema, read: Read) -> Array:
    """The numbers of the groups; one more for none that is known."""
    named, absent = of_groups(schema), read.column.absent()
    names = [named.find(word) or word for word in read.words]
    codes = [schema.groups.index(name) if name in schema.groups else len(schema.groups) for name in names]
    return np.where(absent, len(schema.groups), np.array([*codes, 0], np.int16)[read.column.data]).astype(np.int16)
