"""More entities than memory holds: scored batch by batch, and ordered by what is kept of each.

Of a batch only its scores are put aside, on disk. In memory stays what places and tiers go by, some bytes for each
entity, and whatever else the steps behind them read. When all batches are through, places and tiers are given, and the
scores go with them into the result.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b
from math import lcm
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from attrs import define, evolve, field, frozen

from assessdsl.backends.columnar.exactly import Entity
from assessdsl.backends.columnar.inputs import Key
from assessdsl.backends.columnar.lowering import Unscaled, Wanted, refusals
from assessdsl.backends.columnar.parquet import Spill, batches, names, words, write
from assessdsl.backends.columnar.past import Past
from assessdsl.backends.columnar.reading import Read, over
from assessdsl.backends.columnar.score import STATES, Scoring, goes_by
from assessdsl.backends.columnar.table import Table
from assessdsl.backends.columnar.together import closure, is_together, obstacles, waiting
from assessdsl.backends.columnar.vectors import Array, Column
from assessdsl.binding.naming import of_groups
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.plan.inputs import Schema
from assessdsl.plan.steps import Aggregate, InGroup, Load, Plan, Rank, Step
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Unit
from assessdsl.source import Cell


@frozen
class Asked:
    """Steps: what each batch is asked for, and what waits for all. Those `kept` are read when all are through."""

    wanted: Wanted
    kept: frozenset[int]
    told: frozenset[int]  # of these, the answers of which a tier must be sure
    later_numbers: tuple[int, ...]
    later_answers: tuple[int, ...]
    past: frozenset[int]


def asked(plan: Plan, numbers: Sequence[int], answers: Sequence[int]) -> Asked:
    """Raises Unscaled where a score rests on what all decide together, or on more than can be kept."""
    later = waiting(plan, ())
    for id in obstacles(plan):
        if id in later:
            raise Unscaled(plan.steps[id], [plan.steps[id]])
    asked_for = [*numbers, *answers, *(id for id in (plan.outputs.rank, plan.outputs.tier) if id is not None)]
    first_numbers, first_answers = ([id for id in ids if id not in later] for ids in (numbers, answers))
    kept: set[int] = set()
    past: set[int] = set()
    told: set[int] = set()
    for id in sorted(closure(plan, asked_for) & later):
        step = plan.steps[id]
        if isinstance(step.operation, Aggregate) and is_together(step):
            raise Unscaled(step, [step])
        if is_together(step):
            more_numbers, more_answers = goes_by(step)
            told.update(more_answers)
        else:
            more_numbers, more_answers = [], []
            for given in (plan.steps[one] for one in inputs(step.operation) if one not in later):
                _sort(given, more_numbers, more_answers, past)
        for ids, into in ((more_numbers, first_numbers), (more_answers, first_answers)):
            own = [one for one in ids if one not in later]
            kept.update(own)
            into += own
    wanted = Wanted(tuple(dict.fromkeys(first_numbers)), tuple(dict.fromkeys(first_answers)))
    late = [tuple(id for id in ids if id in later) for ids in (numbers, answers)]
    return Asked(wanted, frozenset(kept), frozenset(told), late[0], late[1], frozenset(past))


def _sort(step: Step, numbers: list[int], answers: list[int], past: set[int]) -> None:
    """What a step that waits reads, and how it is kept."""
    match step.operation:
        case Load(source="history") | Rank():
            past.add(step.id)
        case InGroup() | Load(source="entity", name="group"):
            pass  # the group is kept of all
        case _ if step.grain.kind == "policy":
            pass
        case _ if step.unit is Unit.YES_NO:
            answers.append(step.id)
        case _ if step.unit.is_number:
            numbers.append(step.id)
        case _:
            raise Unscaled(step, [step])


def score_batches(
    plan: Plan,
    language: str,
    source: Any,
    into: Path,
    scores: Mapping[str, int],
    states: Mapping[str, int],
    table: Callable[[Any], tuple[Table, Mapping[str, Fraction]]],
    threads: int,
    kernels: bool,
    progress: Callable[[int, int | None], None] | None,
) -> tuple[int, int]:
    """Writes the scores and, of eligibility and findings, the states: steps by their names. How many rows there are,
    and how many of them the exact engine did. `table`: the columns of a batch, and what is common to all."""
    with TemporaryDirectory(prefix=".assessdsl-", dir=into.parent) as folder:
        given, rows = batches(source, Path(folder))
        with refusals(plan, language):
            asking = asked(plan, list(dict.fromkeys(scores.values())), list(states.values()))
        stream = _Stream(
            plan,
            language,
            asking,
            {**scores, **states},
            threads,
            kernels,
            Spill(Path(folder, "scores.arrow")),
            _Shelf(Path(folder)),
        )
        for batch in given:
            stream.put(batch, table)
            if progress is not None:
                progress(stream.rows, rows)
        if not stream.rows:
            raise DataError([Diagnostic("AS6201")], language)
        write(into, _results(stream, stream.all_together(), scores, states))
    return stream.rows, stream.by_exact_engine


def _results(
    stream: "_Stream", together: Scoring, scores: Mapping[str, int], states: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """The columns of each batch, with what all decided together."""
    plan, start = stream.plan, 0
    late_scores = {name: together.numbers[id] for name, id in scores.items() if id in stream.asked.later_numbers}
    late_states = {name: together.states(id) for name, id in states.items() if id in stream.asked.later_answers}
    for put_aside in stream.columns():
        rows = slice(start, start + len(put_aside["entity"]))
        start = rows.stop
        columns: dict[str, Any] = {"entity": put_aside["entity"]}
        for name in scores:
            if name in late_scores:
                numbers, scale = late_scores[name]
                columns[over(name, scale)] = numbers[rows]
            else:
                columns[over(name, stream.scale(name))] = put_aside[name]
        if plan.outputs.rank is not None:
            columns["rank"] = together.places[plan.outputs.rank][0][rows]
        if plan.outputs.tier is not None:
            columns["tier"] = words(together.tiers[plan.outputs.tier][rows], [name for name, _ in plan.tiers])
        for name, id in states.items():
            state = late_states[name][rows] if name in late_states else put_aside[name]
            columns[name] = state == 1 if id == plan.outputs.eligible else words(state, STATES)
        yield columns


@frozen
class _Shelf:
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
class _Stream:
    """The entities of all batches so far."""

    plan: Plan
    language: str
    asked: Asked
    outputs: Mapping[str, int]  # the scores that are put aside, and the answers, by name
    threads: int
    kernels: bool
    spill: Spill
    shelf: "_Shelf"
    rows: int = 0
    by_exact_engine: int = 0
    scales: dict[str, list[int]] = field(factory=dict)  # of the batches, by output
    _kept_scales: dict[int, list[tuple[int, int]]] = field(factory=dict)  # of kept numbers, with the rows of each batch
    _kept_past: dict[int, Past] = field(factory=dict)  # the last of each, for its scale and its words
    _unknown: set[int] = field(factory=set)  # kept answers that are not known of some row
    _absent: dict[int, set[int]] = field(factory=dict)
    _open: dict[int, Entity] = field(factory=dict)  # rows that may have to be told of
    _common: tuple[Mapping[str, Any], Mapping[str, Fraction]] = ({}, {})

    def put(self, batch: Any, table_of: Callable[[Any], tuple[Table, Mapping[str, Fraction]]]) -> None:
        """Raises DataError with what is wrong in the batch."""
        try:
            table, common = table_of(batch)
            scoring = Scoring(self.plan, self.language, table, common, self.threads, None, self.kernels)
            with refusals(self.plan, self.language):
                scoring.stage(self.asked.wanted)
                for id in scoring.quotients:
                    raise Unscaled(self.plan.steps[id])
        except DataError as error:
            raise DataError([_moved(one, self.rows) for one in error.diagnostics], self.language) from None
        self._common = table.common, common
        self._keep(table, scoring)
        named = names(batch, self.rows + 1)
        columns: dict[str, Any] = {"entity": named}
        for name, id in self.outputs.items():
            if id in scoring.numbers:
                columns[name], scale = scoring.numbers[id]
                self.scales.setdefault(name, []).append(scale)
            elif id in scoring.answers:
                columns[name] = scoring.states(id)
        self.spill.put(columns)
        self.shelf.put("names", np.frombuffer(b"".join(map(_digest, map(str, table.names))), np.int64))
        self.rows += table.rows
        self.by_exact_engine += len(scoring.left)

    def _keep(self, table: Table, scoring: Scoring) -> None:
        put = self.shelf.put
        for id in self.asked.kept:
            if id in scoring.numbers:
                numbers, scale = scoring.numbers[id]
                put(f"number {id}", numbers.astype(np.int64, copy=False))
                self._kept_scales.setdefault(id, []).append((scale, table.rows))
                self._absent.setdefault(id, set()).update(self.rows + row for row in scoring.absent.get(id, ()))
            if id in scoring.answers:
                holds, unknown = scoring.answers[id]
                put(f"answer {id}", holds)
                put(f"unknown {id}", np.zeros(table.rows, np.bool_) if unknown is None else unknown)
                if unknown is not None:
                    self._unknown.add(id)
                for row in np.flatnonzero(unknown).tolist() if unknown is not None and id in self.asked.told else ():
                    self._open[self.rows + row] = table.entity(row)
        for id in self.asked.past:
            if id in table.past:
                self._kept_past[id] = one = table.past[id]
                put(f"past {id}", one.column.data)
                put(f"missing {id}", one.column.missing)
        if "group" in table.read:
            put("group", _group_codes(self.plan.schema, table.read["group"]))

    def all_together(self) -> Scoring:
        """Places, tiers and what rests on them. Raises DataError, also where two entities have one name."""
        self.spill.close()
        self._unique()
        plan = self.plan
        take = self.shelf.take
        group = take("group", np.int16)
        read = {"group": Read(Column(group), words=plan.schema.groups)} if len(group) else {}
        past = {
            id: Past(Column(take(f"past {id}", np.int64), take(f"missing {id}", np.bool_)), one.scale, one.words)
            for id, one in self._kept_past.items()
        }
        keys = {"group": Key("text", Unit.GROUP, None, column="group")} if read else {}
        table = Table(self.rows, (), read, keys, self._common[0], past, self._open)
        scoring = Scoring(
            plan,
            self.language,
            table,
            self._common[1],
            self.threads,
            None,
            self.kernels,
            absent=self._absent,
            is_told=True,
        )
        for id in self.asked.kept:
            if id in self._kept_scales:
                scoring.numbers[id] = self._number(id)
            else:
                unknown = take(f"unknown {id}", np.bool_) if id in self._unknown else None
                scoring.answers[id] = take(f"answer {id}", np.bool_), unknown
        scoring.run(self.asked.later_numbers, self.asked.later_answers)
        return scoring

    def _number(self, id: int) -> tuple[Array, int]:
        """A kept number of all rows, over one scale."""
        numbers, start = self.shelf.take(f"number {id}", np.int64), 0
        whole = lcm(*(scale for scale, _ in self._kept_scales[id]))
        for scale, rows in self._kept_scales[id]:
            own = slice(start, start + rows)
            numbers[own] = self._over(id, numbers[own], whole // scale)
            start += rows
        return _short(numbers), whole

    def _unique(self) -> None:
        """No two entities have one name. What is kept of a name is too little to be sure: then the names are asked."""
        hashes = self.shelf.take("names", np.int64)
        hashes.sort()
        doubtful = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
        if not doubtful:
            return
        first: dict[str, int] = {}
        remarks: list[Diagnostic] = []
        row = 0
        for batch in self.spill.read():
            for name in map(str, batch["entity"].to_pylist()):
                row += 1
                if np.frombuffer(_digest(name), np.int64)[0] in doubtful and first.setdefault(name, row) != row:
                    told = {"name": name, "first": str(Cell("frame", first[name], "entity"))}
                    remarks.append(Diagnostic("AS6210", arguments=told, cell=Cell("frame", row, "entity")))
        if remarks:
            raise DataError(arrange(remarks), self.language)

    def columns(self) -> Iterator[dict[str, Any]]:
        """Of each batch all that is put aside, the scores over the scale that all share: see `scale`."""
        for number, batch in enumerate(self.spill.read()):
            for name, scales in self.scales.items():
                batch[name] = self._over(self.outputs[name], batch[name], self.scale(name) // scales[number])
            yield batch

    def _over(self, id: int, numbers: Array, times: int) -> Array:
        """Numbers over a scale that is so many times finer. Raises PolicyError where 64 bits do not hold them."""
        if times > 1 and max(-int(numbers.min()), int(numbers.max())) * times >= 1 << 63:
            with refusals(self.plan, self.language):
                raise Unscaled(self.plan.steps[id])
        return numbers * times

    def scale(self, name: str) -> int:
        return lcm(*self.scales[name])


def _digest(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _short(numbers: Array) -> Array:
    """As few bytes as hold them."""
    low, high = int(numbers.min()), int(numbers.max())
    for kind in (np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return numbers.astype(kind)
    return numbers


def _group_codes(schema: Schema, read: Read) -> Array:
    named = of_groups(schema)
    codes = [schema.groups.index(named.find(word) or word) for word in read.words]
    return np.array(codes, np.int16)[read.column.data]


def _moved(remark: Diagnostic, rows: int) -> Diagnostic:
    """What is told of a row of a batch, of the row among all."""
    cell = remark.cell
    return remark if cell is None or cell.file != "frame" else evolve(remark, cell=evolve(cell, row=cell.row + rows))
