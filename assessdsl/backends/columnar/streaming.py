"""More entities than memory holds: scored batch by batch, and ordered by what is kept of each.

Of a batch only its scores are put aside, on disk. In memory stays what places and tiers go by, some bytes for each
entity, and whatever else the steps behind them read. When all batches are through, places and tiers are given, and the
scores go with them into the result. What the scores themselves rest on is decided before, in readings of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from hashlib import blake2b
from math import lcm
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from attrs import define, evolve, field, frozen

from assessdsl.backends.columnar import parquet
from assessdsl.backends.columnar.asked import Asked, Reading, asked
from assessdsl.backends.columnar.column import Array, Unreadable
from assessdsl.backends.columnar.gathered import Gathered, Shelf
from assessdsl.backends.columnar.inputs import headings
from assessdsl.backends.columnar.lookup import spelled_alike
from assessdsl.backends.columnar.lowering import Unscaled, refusals
from assessdsl.backends.columnar.parquet import Once, Spill, Stored, names, opened, stored, words, write
from assessdsl.backends.columnar.past import Family
from assessdsl.backends.columnar.places import Places, Standing
from assessdsl.backends.columnar.reading import named_twice, over
from assessdsl.backends.columnar.routing import Parts, Routed, family
from assessdsl.backends.columnar.score import STATES, Scoring
from assessdsl.backends.columnar.table import Table
from assessdsl.backends.columns import Value
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.plan.steps import Aggregate, Band, Plan
from assessdsl.source import Cell

Progress = Callable[[int, int | None], None]
TableOf = Callable[[Any, Parts, Family], tuple[Table, Mapping[str, Fraction]]]
"""The columns of a batch, with the rows about it in other tables, and what is common to all."""

_TOGETHER: Final = 4  # times as many rows of all tables as of entities alone, at most
_LEAST: Final = 1 << 12


@frozen(eq=False)
class Sources:
    """Where the tables are read from."""

    entities: Any
    targets: Any = None
    entries: Any = None


def score_batches(
    plan: Plan,
    language: str,
    sources: Sources,
    into: Path,
    scores: Mapping[str, int],
    states: Mapping[str, int],
    table: TableOf,
    threads: int,
    kernels: bool,
    progress: Progress | None,
) -> tuple[int, int]:
    """Writes the scores and, of eligibility and findings, the states: steps by their names. How many rows there are,
    and how many of them the exact engine did."""
    with refusals(plan, language):
        asking = asked(plan, list(dict.fromkeys(scores.values())), list(states.values()), kernels=kernels)
    with TemporaryDirectory(prefix=".assessdsl-", dir=into.parent) as name:
        folder = Path(name)
        batches = _opened(plan, language, sources, folder, 1 + len(asking.before), progress)
        stream = _Stream(plan, language, asking, {**scores, **states}, batches, table, threads, kernels, folder)
        for number, reading in enumerate(asking.before):
            stream.decide(number, reading)
        for batch in batches.read():
            stream.put(batch)
        if not stream.rows:
            raise DataError([Diagnostic("AS6201")], language)
        write(into, _results(stream, stream.all_together(), scores, states))
    return stream.rows, stream.by_exact_engine


# ---------------------------------------------------------------- batches


@frozen(eq=False)
class _Batch:
    """Rows of entities, with names, from number `first` on; and the rows about them in other tables."""

    entities: Any
    first: int
    parts: Parts

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.entities.num_rows)


@define(eq=False)
class _Batches:
    """All batches, `readings` times. `told`: with the rows that are done, and all; a row counts with each reading."""

    entities: Stored | Once
    size: int
    readings: int
    progress: Progress | None
    family: Family
    routed: Routed | None = None
    done: int = 0

    def read(self) -> Iterator[_Batch]:
        first = 0
        for number, table in enumerate(self.entities.tables(self.size)):
            if "entity" not in table.column_names:
                table = table.append_column("entity", names(table, first + 1))
            else:
                table = _named(table)
            yield _Batch(table, first, {} if self.routed is None else self.routed.of(number))
            first += table.num_rows
            self.done += table.num_rows
            self.tell()

    def tell(self) -> None:
        if self.progress is not None:
            count = self.entities.count
            self.progress(self.done, None if count is None else count * self.readings)


def _opened(
    plan: Plan, language: str, sources: Sources, folder: Path, readings: int, progress: Progress | None
) -> _Batches:
    """Raises DataError where the tables do not fit one another."""
    entities = _of_own_names(opened(sources.entities, folder / "source.parquet"), language)
    entities = evolve(entities, names=headings(plan.schema, entities.columns))
    try:
        return _routed(plan, language, entities, sources, folder, readings, progress)
    except Unreadable as error:
        raise DataError([Diagnostic(error.code, arguments={"name": "entity", **error.arguments})], language) from None


def _routed(
    plan: Plan,
    language: str,
    entities: Stored | Once,
    sources: Sources,
    folder: Path,
    readings: int,
    progress: Progress | None,
) -> _Batches:
    others = [
        None if one is None else stored(_of_own_names(opened(one, path), language), path)
        for path, one in ((folder / "targets.parquet", sources.targets), (folder / "entries.parquet", sources.entries))
    ]
    more = sum(one.count for one in others if one is not None)
    if readings == 1 and others == [None, None] and "successor_of" not in entities.columns:
        return _Batches(entities, parquet.ROWS, readings, progress, Family())
    entities = stored(entities, folder / "source.parquet")
    related, wrong = family(plan.schema, entities)
    share = _TOGETHER * parquet.ROWS * entities.count // max(1, entities.count + more)
    size = min(parquet.ROWS, max(_LEAST, share))
    batches = _Batches(entities, size, readings, progress, related)
    if others != [None, None] and not wrong:
        batches.routed = Routed(plan.schema, related, folder, size, batches.tell)
        wrong = batches.routed.put(entities, *others)
    if wrong:
        raise DataError(arrange(wrong), language)
    return batches


def _named(table: Any) -> Any:
    """The rows with their names as names are compared; what are no names, the batch tells."""
    with suppress(Unreadable):
        return table.set_column(table.column_names.index("entity"), "entity", spelled_alike(table["entity"]))
    return table


def _of_own_names(found: Stored | Once, language: str) -> Stored | Once:
    """Raises DataError where two columns have one name."""
    twice = named_twice(found.columns)
    if twice is not None:
        raise DataError([Diagnostic(twice.code, arguments=twice.arguments)], language)
    return found


# ---------------------------------------------------------------- the result


def _results(
    stream: "_Stream", together: Scoring, scores: Mapping[str, int], states: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """The columns of each batch, with what all decided together."""
    plan, start = stream.plan, 0
    rank, tier = together.placed()
    late_states = {name: together.states(id) for name, id in states.items() if id in stream.asked.later_answers}
    for put_aside in stream.columns():
        rows = slice(start, start + len(put_aside["entity"]))
        start = rows.stop
        columns: dict[str, Any] = {"entity": put_aside["entity"]}
        for name in scores:
            columns[over(name, stream.scale(name))] = put_aside[name]
        if rank is not None:
            columns["rank"] = rank[rows]
        if tier is not None:
            columns["tier"] = words(tier[rows], [name for name, _ in plan.tiers])
        for name, id in states.items():
            state = late_states[name][rows] if name in late_states else put_aside[name]
            columns[name] = state == 1 if id == plan.outputs.eligible else words(state, STATES)
        yield columns


@frozen
class _Decided:
    """What all decided together before the scores: places and tiers of all rows, and aggregates."""

    places: dict[int, Places] = field(factory=dict)
    tiers: dict[int, Standing] = field(factory=dict)
    aggregates: dict[int, list[Value]] = field(factory=dict)

    def tell(self, scoring: Scoring, rows: slice) -> None:
        """What rows may rest on."""
        scoring.places.update((id, places.part(rows)) for id, places in self.places.items())
        scoring.tiers.update((id, tiers.part(rows)) for id, tiers in self.tiers.items())
        scoring.aggregates.update(self.aggregates)


@define(eq=False)
class _Stream:
    """The entities of all batches so far."""

    plan: Plan
    language: str
    asked: Asked
    outputs: Mapping[str, int]  # the scores that are put aside, and the answers, by name
    batches: _Batches
    table: TableOf
    threads: int
    kernels: bool
    folder: Path
    spill: Spill = field(init=False)
    shelf: Shelf = field(init=False)
    kept: Gathered = field(init=False)
    decided: _Decided = field(factory=_Decided, init=False)
    by_exact_engine: int = 0
    scales: dict[str, list[int]] = field(factory=dict)  # of the batches, by output

    def __attrs_post_init__(self) -> None:
        self.spill, self.shelf = Spill(self.folder / "scores.arrow"), Shelf(self.folder)
        self.kept = Gathered(self.plan, self.shelf, "kept")

    @property
    def rows(self) -> int:
        return self.kept.rows

    def decide(self, number: int, reading: Reading) -> None:
        """What scores rest on, from all batches."""
        found = Gathered(self.plan, self.shelf, f"reading {number}")
        wanted, steps = reading.wanted, [self.plan.steps[id] for id in reading.decided]
        for batch in self.batches.read():
            scoring = self._scoring(batch)
            with refusals(self.plan, self.language):
                scoring.stage(wanted)
                for step in steps:
                    if isinstance(step.operation, Aggregate):
                        found.offer(step.id, *scoring.offered(step, step.operation))
            found.put(scoring, frozenset((*wanted.numbers, *wanted.answers)), frozenset(wanted.answers), frozenset())
        whole = found.all_together(self.language, self.threads, self.kernels)
        self.decided.tell(whole, slice(None))
        for step in steps if found.rows else ():
            with refusals(self.plan, self.language):
                match step.operation:
                    case Aggregate():
                        found.aggregate(whole, step.id)
                        self.decided.aggregates[step.id] = list(whole.aggregates[step.id])
                    case Band():
                        whole.decide(step)
                        self.decided.tiers[step.id] = whole.tiers[step.id]
                    case _:
                        whole.decide(step)
                        self.decided.places[step.id] = Places(whole.places[step.id].column)

    def _scoring(self, batch: _Batch) -> Scoring:
        """Raises DataError with what is wrong in the batch."""
        try:
            table, common = self.table(batch.entities, batch.parts, self.batches.family)
        except DataError as error:
            raise self._moved(error, batch) from None
        everyone = self.batches.entities.count or 0
        scoring = Scoring(self.plan, self.language, table, common, self.threads, None, self.kernels, everyone=everyone)
        self.decided.tell(scoring, batch.rows)
        return scoring

    def put(self, batch: _Batch) -> None:
        """Raises DataError with what is wrong in the batch."""
        scoring = self._scoring(batch)
        try:
            with refusals(self.plan, self.language):
                scoring.stage(self.asked.wanted)
                columns: dict[str, Any] = {"entity": names(batch.entities, 0)}
                for name, id in self.outputs.items():
                    if id in scoring.numbers:
                        columns[name], scale = scoring.numbers[id]
                        self.scales.setdefault(name, []).append(scale)
                        if not scale:
                            raise Unscaled(self.plan.steps[id])
                    elif id in scoring.answers:
                        columns[name] = scoring.states(id)
        except DataError as error:
            raise self._moved(error, batch) from None
        self.spill.put(columns)
        self.shelf.put("names", np.frombuffer(b"".join(map(_digest, map(str, scoring.table.names))), np.int64))
        self.kept.put(scoring, self.asked.kept, self.asked.told, self.asked.past)
        self.by_exact_engine += len(scoring.left)

    def _moved(self, error: DataError, batch: _Batch) -> DataError:
        return DataError([_moved(one, batch.first) for one in error.diagnostics], self.language)

    def all_together(self) -> Scoring:
        """Places, tiers and what rests on them. Raises DataError, also where two entities have one name."""
        self.spill.close()
        self._unique()
        scoring = self.kept.all_together(self.language, self.threads, self.kernels)
        self.decided.tell(scoring, slice(None))
        scoring.run((), self.asked.later_answers)
        return scoring

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


def _moved(remark: Diagnostic, rows: int) -> Diagnostic:
    """What is told of a row of a batch, of the row among all."""
    cell = remark.cell
    return remark if cell is None or cell.file != "frame" else evolve(remark, cell=evolve(cell, row=cell.row + rows))
