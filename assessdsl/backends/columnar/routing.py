"""Tables of targets and of entries that do not fit into memory, in any order, read batch by batch of the entities.

Each row is put aside under the batch of whom it is about. Names are looked up among names on disk, some at a time, so
that memory does not grow with the tables. A row about nobody goes with the first batch, which tells what is wrong.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import define, field

from assessdsl.backends.columnar.about import Of, Part, heading_of, years_ago
from assessdsl.backends.columnar.column import Array
from assessdsl.backends.columnar.lookup import NOBODY, Names, Sorted, among, texts
from assessdsl.backends.columnar.parquet import Stored, plain
from assessdsl.backends.columnar.past import Family, family_of
from assessdsl.backends.columnar.reading import frame_of
from assessdsl.binding.naming import of_indicators
from assessdsl.diagnostics import Diagnostic
from assessdsl.plan.inputs import Schema
from assessdsl.source import Cell

Parts = Mapping[Of, Part]

_CHUNK: Final = 1 << 18  # rows that are put aside at once
_TOLD: Final = 1000  # rows about nobody; each of them is a mistake
_ROW, _OWN, _ABROAD = " row", " own", " abroad"


def family(schema: Schema, entities: Stored) -> tuple[Family, list[Diagnostic]]:
    """Who was called otherwise before, of all entities."""
    if not {"entity", "successor_of"}.issubset(entities.columns):
        return Family(), []
    given: dict[str, str] = {}
    for table in entities.tables(_CHUNK, ["entity", "successor_of"]):
        some = table.filter(table["successor_of"].is_valid())
        names, before = (texts(some[column]).to_pylist() for column in ("entity", "successor_of"))
        given |= {str(name): text for name, text in zip(names, before, strict=True) if name and text}

    def present(names: Iterable[str]) -> Collection[str]:
        wanted, found = set(names), set[str]()
        for table in entities.tables(_CHUNK, ["entity"]) if wanted else ():
            found.update(wanted.intersection(texts(table["entity"]).to_pylist()))
        return found

    return family_of(schema, given, present)


@define(eq=False)
class Routed:
    """The tables on disk, by the batches of `size` entities."""

    schema: Schema
    family: Family
    folder: Path
    size: int
    tell: Callable[[], None]  # that some rows were read
    _given: dict[Of, Sorted] = field(factory=dict, init=False)
    _none: dict[Of, Any] = field(factory=dict, init=False)  # the tables without rows
    _successors: dict[str, int] = field(factory=dict, init=False)  # the numbers of entities, by earlier names
    _heirs: dict[str, list[int]] = field(factory=dict, init=False)  # of all that bore a name
    _nobodys: int = field(default=0, init=False)

    def put(self, entities: Stored, targets: Stored | None, entries: Stored | None) -> list[Diagnostic]:
        """Reads the tables; and tells what is wrong with them that no batch can tell."""
        names, wrong = self._names_of(entities), list[Diagnostic]()
        registered = None if targets is None else Names(self.folder, "targets", targets.count, ("own", "indicator"))
        if targets is not None and registered is not None:
            into = self._into("targets", targets)
            for table, found in names.looked_up(self._read("targets", targets, "entity"), "targets"):
                own = self._own(table, "targets", found["own"], self._successors)
                wrong += self._register(table, own, registered)
                kept = self._kept(own)
                into.put(table.take(kept), np.maximum(own[kept], 0) // self.size)
                self.tell()
            wrong += self._twice(registered)
        if entries is not None and not wrong:
            into = self._into("entries", entries)
            known = names.looked_up(self._read("entries", entries, "entity"), "entries")
            named = ((table.append_column(_OWN, [found["own"]]), _named("entries", table, "target"))
                     for table, found in self._told(known))  # fmt: skip
            found_targets: Iterator[tuple[Any, dict[str, Array]]]
            if registered is None:
                found_targets = ((table, {"own": _nobody(table), "indicator": _nobody(table)}) for table, _ in named)
            else:
                found_targets = registered.looked_up(named, "named")
            for table, target in found_targets:
                wrong += self._put_entries(table, target["own"], target["indicator"], into)
                self.tell()
        for one in self._given.values():
            one.close()
        return wrong

    def of(self, batch: int) -> Parts:
        """The rows about the entities of a batch, in the order in which they were given."""
        found: dict[Of, Part] = {}
        for of, given in self._given.items():
            table = given.take(batch)
            if table is None:
                found[of] = Part(frame_of(self._none[of]))
                continue
            table = table.take(np.argsort(table[_ROW].to_numpy()))
            elsewhere = frozenset[str]()
            if of == "entries":
                elsewhere = frozenset(_named(of, table.filter(table[_ABROAD]), "entity").unique().to_pylist())
                table = table.drop_columns([_OWN, _ABROAD])
            found[of] = Part(frame_of(table.drop_columns([_ROW])), table[_ROW].to_numpy(), elsewhere)
        return found

    def _kept(self, own: Array) -> Array:
        """The rows, of those about nobody only as many as can be told of."""
        nobodys = np.flatnonzero(own == NOBODY)
        more = nobodys[max(0, _TOLD - self._nobodys) :]
        self._nobodys += len(nobodys)
        return np.delete(np.arange(len(own)), more)

    def _told(self, tables: Iterable[tuple[Any, dict[str, Array]]]) -> Iterator[tuple[Any, dict[str, Array]]]:
        for one in tables:
            yield one
            self.tell()

    def _into(self, of: Of, given: Stored) -> Sorted:
        self._none[of] = plain(given.schema.empty_table())
        self._given[of] = Sorted(self.folder / f"{of}.sorted")
        return self._given[of]

    # ------------------------------------------------------------ whom a row is about

    def _names_of(self, entities: Stored) -> Names:
        names, first = Names(self.folder, "entities", entities.count, ("own",)), 0
        bearers = dict.fromkeys(self.family.lineages, NOBODY)
        for table in entities.tables(_CHUNK, ["entity"] if "entity" in entities.columns else []):
            numbers = np.arange(first, first + table.num_rows)
            given = texts(table["entity"]) if table.column_names else texts(numbers + 1)
            names.put(given, {"own": numbers})
            for name, number in zip(given.to_pylist(), numbers.tolist(), strict=True) if bearers else ():
                if name in bearers:
                    bearers[name] = number
            first += table.num_rows
            self.tell()
        self._successors.update({before: bearers[name] for before, name in self.family.successors.items()})
        for name, generations in self.family.lineages.items():
            for before in chain(*generations):
                self._heirs.setdefault(before, []).append(bearers[name])
        return names

    def _read(self, of: Of, given: Stored, id: str) -> Iterator[tuple[Any, Any]]:
        """The rows with their numbers, and the names in a column."""
        first = 0
        for table in given.tables(_CHUNK):
            table = plain(table).append_column(_ROW, [np.arange(first, first + table.num_rows)])
            first += table.num_rows
            yield table, _named(of, table, id)

    def _own(self, table: Any, of: Of, own: Array, successors: Mapping[str, int]) -> Array:
        """The numbers of the entities, also of those that are called by an earlier name."""
        if not successors:
            return own
        unknown = np.flatnonzero(own == NOBODY)
        words = _named(of, table, "entity").take(unknown).to_pylist()
        found = own.copy()
        found[unknown] = [successors.get(word, NOBODY) for word in words]
        return found

    def _years(self, table: Any, of: Of) -> tuple[Array, list[Diagnostic]]:
        remarks: list[Diagnostic] = []
        return years_ago(self.schema, Part(frame_of(table), table[_ROW].to_numpy()), of, remarks), remarks

    def _indicator(self, table: Any, of: Of) -> Array:
        """The numbers of the indicators that the rows name."""
        naming, numbers = of_indicators(self.schema), {one.name: at for at, one in enumerate(self.schema.indicators)}
        coded = _named(of, table, "indicator").combine_chunks().dictionary_encode()
        known = [numbers.get(naming.find(word) or "", NOBODY) for word in coded.dictionary.to_pylist()]
        numbered = np.array([*known, NOBODY], np.int64)
        found: Array = numbered[coded.indices.fill_null(len(known)).to_numpy()]
        return found

    # ------------------------------------------------------------ targets

    def _register(self, table: Any, own: Array, registered: Names) -> list[Diagnostic]:
        years, wrong = self._years(table, "targets")
        now = np.flatnonzero(years == 0)
        numbers = {"own": own[now], "indicator": self._indicator(table, "targets")[now]}
        registered.put(_named("targets", table, "target").take(now), {**numbers, _ROW: table[_ROW].to_numpy()[now]})
        return wrong

    def _twice(self, registered: Names) -> Iterator[Diagnostic]:
        for table in registered.twice():
            first: dict[str, int] = {}
            for row, name in sorted(zip(table[_ROW].to_pylist(), table["name"].to_pylist(), strict=True)):
                if first.setdefault(name, row) != row:
                    told = {"name": name, "first": str(Cell("targets", first[name] + 1, "target"))}
                    yield Diagnostic("AS6210", arguments=told, cell=Cell("targets", row + 1, "target"))

    # ------------------------------------------------------------ entries

    def _put_entries(self, table: Any, owner: Array, indicator: Array, into: Sorted) -> list[Diagnostic]:
        """Each row under the batch of the target that it names, else of the entity. `owner` and `indicator`: of the
        target."""
        years, wrong = self._years(table, "entries")
        named = table[_OWN].to_numpy()
        entity = self._own(table, "entries", named, self._successors)
        of = np.where(owner == NOBODY, entity, owner)
        now = np.flatnonzero(years == 0)
        now = now[self._kept(of[now])]
        abroad = (entity != NOBODY) & (entity // self.size != of // self.size)
        rows, batches = [now], [np.maximum(of[now], 0) // self.size]
        for row, batch in self._earlier(table, np.flatnonzero(years > 0), named, owner, indicator):
            rows.append(row)
            batches.append(batch)
        at = np.concatenate(rows)
        into.put(table.append_column(_ABROAD, [abroad & (years == 0)]).take(at), np.concatenate(batches))
        return wrong

    def _earlier(
        self, table: Any, rows: Array, named: Array, owner: Array, indicator: Array
    ) -> Iterator[tuple[Array, Array]]:
        """Rows about earlier years with their batches: that of the present target of the name if they name no one else,
        else those of the entity of that name and of its heirs (see earlier.py)."""
        if not len(rows) or not any(
            [*(one.past for one in self.schema.facts), *(one.past for one in self.schema.indicators)]
        ):
            return
        table, named, owner, indicator = table.take(rows), named[rows], owner[rows], indicator[rows]
        words, told = _named("entries", table, "entity"), self._indicator(table, "entries")
        of_target = among(_named("entries", table, "fact"), ["", None]) & (owner != NOBODY)
        of_target &= (told == NOBODY) | (told == indicator)
        own = of_target & ((owner == named) | among(words, ["", None]))
        of, several = np.where(own, owner, named), among(words, list(self._heirs)) & ~own
        known = ~several & (of != NOBODY)
        yield rows[known], of[known] // self.size
        for at in np.flatnonzero(several).tolist():
            heirs = [*self._heirs[words[at].as_py()], *([int(named[at])] if named[at] != NOBODY else [])]
            if of_target[at] and int(owner[at]) in heirs:
                heirs = [int(owner[at])]
            batches = np.unique(np.array(heirs) // self.size)
            yield np.full(len(batches), rows[at]), batches


def _named(of: Of, table: Any, id: str) -> Any:
    """The texts of a column, by its id; nothing where there is no such column."""
    heading = heading_of(of, table.column_names, id)
    return texts([None] * table.num_rows if heading is None else table[heading])


def _nobody(table: Any) -> Array:
    return np.full(table.num_rows, NOBODY)
