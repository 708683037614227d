"""Targets and reported entries from tables of their own, as numbered columns of the rows of their entities.

The items of an entity are numbered, and so are the entries of an item: the second target's planned value stands under
`NAME.planned@2`, what its first entry says under `NAME.actual@2@1`. So a row has all that its scores rest on, whatever
the order of the tables. Who has far more than others is left to the exact engine.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

import numpy as np
from attrs import define, evolve, field, frozen

from assessdsl.backends.columnar.about import NOBODY, Head, Of, Part, head_of, moved, years_ago
from assessdsl.backends.columnar.column import Array, Column, Read
from assessdsl.backends.columnar.earlier import Earlier, spread
from assessdsl.backends.columnar.inputs import Key, beyond, earlier, key_of, keys_of, of_indicator
from assessdsl.backends.columnar.past import Lineages
from assessdsl.backends.columnar.reading import read
from assessdsl.binding.naming import of_facts
from assessdsl.data.columns import column_of
from assessdsl.diagnostics import Diagnostic
from assessdsl.plan.inputs import IndicatorSchema, Schema
from assessdsl.quantity import Unit
from assessdsl.source import Cell

Record = dict[str, Any]

MOST: Final = 64  # items of an indicator, and entries of an item, that are numbered
_MOST_TOGETHER: Final = 512


@frozen(eq=False)
class Long:
    """Rows of one indicator in a table, by their entities: `of` ascends. `targets`: what each is called. `rows`: their
    numbers in the table."""

    of: Array
    columns: Mapping[str, Read]
    keys: Mapping[str, Key]
    targets: Sequence[str]
    rows: Array

    def records(self, row: int, table: Of) -> Iterator[tuple[Record, Cell]]:
        """Those of an entity, each with its place."""
        for at in range(*np.searchsorted(self.of, (row, row + 1)).tolist()):
            found = {column: value_of(one, self.keys[column], at) for column, one in self.columns.items()}
            record = {
                "target": self.targets[at] or None, **{name: one for name, one in found.items() if one is not None}
            }  # fmt: skip
            yield record, Cell(table, int(self.rows[at]) + 1)


@frozen(eq=False)
class Items:
    """What the tables hold: by its keys, and by indicator as it stands there."""

    keys: Mapping[str, Key] = field(factory=dict)
    read: Mapping[str, Read] = field(factory=dict)
    targets: Mapping[str, Long] = field(factory=dict)
    entries: Mapping[str, Long] = field(factory=dict)
    past: Mapping[tuple[str, str, int], Long] = field(factory=dict)  # by what it is of, its name, and the year

    def records(self, row: int) -> dict[str, list[tuple[Record, Cell]]]:
        """Of an entity, the rows of the tables `targets` and `facts`."""
        found: dict[str, list[tuple[Record, Cell]]] = {"targets": [], "facts": []}
        for name, long in self.targets.items():
            for record, place in long.records(row, "targets"):
                reported = {column: record.pop(column) for column in list(record) if _is_reported(long, column)}
                found["targets"].append(({"indicator": name, **record}, place))
                if reported:
                    found["facts"].append(({"indicator": name, "target": record["target"], **reported}, place))
        for name, long in self.entries.items():
            found["facts"] += (({"indicator": name, **record}, at) for record, at in long.records(row, "entries"))
        for (of, name, year), long in self.past.items():
            past = {of: name, "period": str(year)}
            found["facts"] += (({**past, **record}, at) for record, at in long.records(row, "entries"))
        return {table: records for table, records in found.items() if records}


def _is_reported(long: Long, column: str) -> bool:
    return column in long.keys and long.keys[column].table == "facts"


def value_of(one: Read, key: Key, row: int) -> Any:
    """What a column holds in a row, in its unit; None for nothing."""
    if one.column.missing is not None and one.column.missing[row]:
        return None
    value = one.column.data[row]
    match key.kind:
        case "number":
            return Fraction(int(value), one.scale)
        case "truth":
            return bool(value)
        case "day":
            return date.fromordinal(int(value))
        case "text":
            return one.words[int(value)]


def items_of(
    schema: Schema,
    names: Sequence[Any],
    lineages: Lineages,
    successors: Mapping[str, int],
    targets: Part | None,
    entries: Part | None,
) -> tuple[Items, list[Diagnostic]]:
    """The tables for the entities named, and what is wrong with them. `successors`: their rows by former names."""
    if targets is None and entries is None:
        return Items(), []  # to look up a million names takes longer than to score them
    tables = _Tables(schema, names, {**{str(name): row for row, name in enumerate(names)}, **successors})
    given: dict[Of, Part | None] = {"targets": targets, "entries": entries}
    heads = {
        of: head_of(schema, tables.rows, of, part, tables.remarks) for of, part in given.items() if part is not None
    }
    if not tables.remarks and "targets" in heads:
        tables.put_targets(heads["targets"])
    if not tables.remarks and "entries" in heads:
        tables.put_entries(heads["entries"])
        tables.put_facts(heads["entries"])
    if not tables.remarks and entries is not None:
        tables.put_earlier(entries, lineages)
    return Items(tables.keys, tables.found, tables.targets, tables.entries, tables.past), tables.remarks


@define(eq=False)
class _Tables:
    schema: Schema
    names: Sequence[Any]  # of the entities
    rows: Mapping[str, int]  # of these, also by former names
    remarks: list[Diagnostic] = field(factory=list)
    keys: dict[str, Key] = field(factory=dict)
    found: dict[str, Read] = field(factory=dict)
    targets: dict[str, Long] = field(factory=dict)
    entries: dict[str, Long] = field(factory=dict)
    past: dict[tuple[str, str, int], Long] = field(factory=dict)
    _registered: dict[str, tuple[int, int, int]] = field(factory=dict)  # target: its indicator, entity and number
    _items: dict[int, Array] = field(factory=dict)  # by indicator, how many targets each entity has

    # ------------------------------------------------------------ targets

    def put_targets(self, head: Head) -> None:
        named = head.names()
        for number, indicator in enumerate(self.schema.indicators):
            rows = np.flatnonzero(head.indicator == number)
            if not len(rows):
                continue
            of = head.entity[rows]
            order = np.argsort(of, kind="stable")
            rows, of = rows[order], of[order]
            places, self._items[number] = _places(of), np.bincount(of, minlength=self.count)
            if not indicator.shared and indicator.targeted:
                for at in np.flatnonzero(places == 1).tolist():
                    told = {"entity": self._entity(of[at]), "indicator": indicator.name}
                    head.told(
                        "AS6213",
                        int(rows[at]),
                        "",
                        **told,
                        first=str(head.cell(int(rows[at - 1]))),
                    )
            names = [named[row] for row in rows.tolist()]
            self._registered |= {
                name: (number, int(entity), int(place)) for name, entity, place in zip(names, of, places, strict=True)
            }
            keys, columns = self._read(head, indicator, rows)
            self.targets[indicator.name] = Long(of, columns, keys, names, head.part.rows[rows])
            self._spread(indicator, of, (places,), keys, columns)

    def _entity(self, row: Any) -> str:
        return str(self.names[int(row)])

    @property
    def count(self) -> int:
        return len(self.names)

    # ------------------------------------------------------------ entries

    def put_entries(self, head: Head) -> None:
        indicator, entity, place, names = self._about(head)
        if self.remarks:
            return
        for number, schema in enumerate(self.schema.indicators):
            rows = np.flatnonzero(indicator == number)
            if not len(rows):
                continue
            reported = self.targets.get(schema.name)
            for column, key in () if reported is None else reported.keys.items():
                if key.table == "facts":
                    head.told("AS5419", 0, column, column=column, indicator=schema.name)
            order = np.lexsort([place[rows], entity[rows]])
            rows = rows[order]
            of, items = entity[rows], place[rows]
            entries = _places(of * (int(items.max()) + 1) + items)
            if not schema.many_entries:
                for at in np.flatnonzero(entries == 1).tolist():
                    told = {"entity": self._entity(of[at]), "indicator": schema.name, "target": names[rows[at]]}
                    head.told("AS6211", int(rows[at]), "", **told)
            keys, columns = self._read(head, schema, rows)
            targets = [names[row] for row in rows.tolist()]
            self.entries[schema.name] = Long(of, columns, keys, targets, head.part.rows[rows])
            self._spread(schema, of, (items, entries), keys, columns)

    def _about(self, head: Head) -> tuple[Array, Array, Array, list[str]]:
        """Of each row its indicator, entity, the number of its item, and the name of its target."""
        indicator, entity = head.indicator.copy(), head.entity.copy()
        place, names = np.zeros(len(entity), np.int64), [""] * len(entity)
        by_target = np.zeros(len(entity), np.bool_)
        if head.target is not None and head.target.words:
            by_target = ~head.target.column.absent()
            nobody, words = (NOBODY, NOBODY, 0), head.target.words
            known = np.array([self._registered.get(word, nobody) for word in words], np.int64).T
            codes = head.target.column.data
            found = known[:, codes]
            names = [
                words[code] if given else "" for code, given in zip(codes.tolist(), by_target.tolist(), strict=True)
            ]
            for row in np.flatnonzero(by_target & (found[0] == NOBODY)).tolist():
                head.told("AS6209", row, "target", name=names[row], suggestion="")
            by_known = by_target & (found[0] != NOBODY)
            for own, registered, column in ((indicator, found[0], "indicator"), (entity, found[1], "entity")):
                for row in np.flatnonzero(by_known & (own != NOBODY) & (own != registered)).tolist():
                    at = int(registered[row])
                    named = self.schema.indicators[at].name if column == "indicator" else self._entity(at)
                    told = {"target": names[row], "column": column, "registered": named, "reported": ""}
                    head.told("AS6218", row, column, **told)
                np.copyto(own, registered, where=by_known)
            targeted = np.array([*(one.targeted for one in self.schema.indicators), False])
            place = np.where(by_known & targeted[found[0]], found[2], 0)
        facts = np.zeros(len(entity), np.bool_) if head.fact is None else ~head.fact.column.absent()
        for row in np.flatnonzero(~by_target & ~facts & (indicator == NOBODY)).tolist():
            head.told("AS6230", row, "indicator")
        for row in np.flatnonzero(facts & (by_target | (indicator != NOBODY))).tolist():
            assert head.fact is not None
            head.told(
                "AS6231",
                row,
                "fact",
                fact=head.fact.words[int(head.fact.column.data[row])],
                other=names[row],
            )
        for row in np.flatnonzero(~by_target & (facts | (indicator != NOBODY)) & (entity == NOBODY)).tolist():
            head.told("AS6214", row, "entity", column="entity")
        for number, several in self._items.items():
            schema = self.schema.indicators[number]
            rows = np.flatnonzero(~by_target & (indicator == number) & (entity >= 0))
            if not schema.targeted or not len(rows):
                continue
            for row in rows[several[entity[rows]] > 1].tolist():
                told = {"entity": self._entity(entity[row]), "indicator": schema.name, "targets": ""}
                head.told("AS6229", row, "target", **told)
        return indicator, entity, place, names

    def put_facts(self, head: Head) -> None:
        """Rows about facts of entities, as columns of them."""
        if head.fact is None:
            return
        facts, naming = {one.name: one for one in self.schema.facts}, of_facts(self.schema)
        absent = head.fact.column.absent()
        for code, word in enumerate(head.fact.words):
            rows = np.flatnonzero(~absent & (head.fact.column.data == code))
            name = naming.find(word)
            if name is None or name not in facts:
                head.told("AS6204", int(rows[0]), "fact", name=word, suggestion="")
                continue
            if facts[name].attribute:
                head.told("AS6241", int(rows[0]), "fact", name=name)
                continue
            of = head.entity[rows]
            for row in rows[_places_unordered(of) > 0].tolist():
                head.told("AS6210", row, "fact", name=f"{self._entity(head.entity[row])} {name}", first="")
            known, _ = keys_of(self.schema, [name, f"{name}.sample"])
            for key, what in known.values():
                wanted = "sample" if key.endswith(".sample") and key != name else "actual"
                heading = next((one for one in head.frame.columns if column_of("facts", one) == wanted), None)
                if heading is None:
                    continue
                columns, wrong = read(head.frame[rows], {heading: (key, what)}, "entries")
                self.remarks += (moved(remark, head.part.rows[rows]) for remark in wrong)
                if key in columns and not columns[key].column.absent().all():
                    self._put(key, what, columns[key], of, slice(None))

    def put_earlier(self, part: Part, lineages: Lineages) -> None:
        """Rows about earlier years."""
        if not any(one.past for one in self.schema.facts) and not any(one.past for one in self.schema.indicators):
            return
        years = years_ago(self.schema, part, "entries", self.remarks)
        rows = np.flatnonzero(years > 0)
        found = Earlier(self.schema, part.of(rows), years[rows], lineages, self.names, self._registered, self._items)
        for value in found.values():
            name, year, kept = value.schema.name, self.schema.period.year - value.years, {"actual": value.key}
            numbered = any(key.indicator == name and key.slot for key in self.keys.values())
            of = "indicator" if isinstance(value.schema, IndicatorSchema) else "fact"
            for place in np.unique(value.places[value.places < MOST]).tolist():
                own = key_of(name, "actual", (place,) if numbered else ()) if of == "indicator" else name
                self.keys[earlier(own, value.years)] = value.key
                self.found[earlier(own, value.years)] = spread(value, place, self.count)
            self.past[of, name, year] = Long(value.of, {"actual": value.column}, kept, value.targets, value.rows)
        self.remarks += found.remarks

    # ------------------------------------------------------------ columns

    def _read(self, head: Head, indicator: IndicatorSchema, rows: Array) -> tuple[dict[str, Key], dict[str, Read]]:
        """The columns that the indicator reads, of some rows."""
        keys: dict[str, Key] = {}
        wanted: dict[str, tuple[str, Key]] = {}
        for name in head.frame.columns:
            key = of_indicator(indicator, name, items=True)
            if key is not None and not (head.of == "entries" and key.table == "targets"):
                wanted[name] = key.column, key
        columns, wrong = read(head.frame[rows], wanted, head.of)
        self.remarks += (moved(remark, head.part.rows[rows]) for remark in wrong)
        columns = {column: one for column, one in columns.items() if not one.column.absent().all()}
        keys = {column: key for column, key in wanted.values() if column in columns}
        return keys, columns

    def _spread(
        self,
        indicator: IndicatorSchema,
        of: Array,
        numbers: tuple[Array, ...],
        keys: Mapping[str, Key],
        columns: Mapping[str, Read],
    ) -> None:
        """The rows in numbered columns of their entities. `numbers`: of each row that of its item, and of its entry."""
        most = MOST
        if len(numbers) > 1:
            most = max(1, min(MOST, _MOST_TOGETHER // (1 + min(MOST, int(numbers[0].max())))))
        more = (numbers[0] >= MOST) | (numbers[-1] >= most)
        if more.any():
            self._put(beyond(indicator.name), Key("truth", Unit.YES_NO, None, indicator=indicator.name),
                      _there(len(of)), of, more)  # fmt: skip
        packed = numbers[0] * MOST + (numbers[1] if len(numbers) > 1 else 0)
        for number in np.unique(packed[~more]).tolist():
            rows = packed == number
            slot = (number // MOST, number % MOST)[: len(numbers)]
            table: Literal["targets", "facts"] = "targets" if len(slot) == 1 else "facts"
            presence = Key("truth", Unit.YES_NO, None, table, indicator.name, slot=slot)
            self._put(key_of(indicator.name, "", slot), presence, _there(len(of)), of, rows)
            reported = np.zeros(len(of), np.bool_)
            for column, one in columns.items():
                key = keys[column]
                own = (*slot, 0) if key.table == "facts" and len(slot) == 1 else slot
                self._put(key_of(indicator.name, column, own), evolve(key, slot=own), one, of, rows)
                if own != slot:
                    reported |= ~one.column.absent()
            if (rows & reported).any():
                slot = (*slot, 0)
                presence = evolve(presence, table="facts", slot=slot)
                self._put(key_of(indicator.name, "", slot), presence, _there(len(of)), of, rows & reported)

    def _put(self, name: str, key: Key, one: Read, of: Array, rows: Any) -> None:
        """A column of the entities with the values of some rows."""
        data = np.zeros(self.count, one.column.data.dtype)
        missing = np.ones(self.count, np.bool_)
        if name in self.found:
            data, missing = self.found[name].column.data, self.found[name].column.absent()
        at = of[rows]
        data[at], missing[at] = one.column.data[rows], one.column.absent()[rows]
        self.keys[name] = key
        self.found[name] = evolve(one, column=Column(data, missing if missing.any() else None))


def _there(rows: int) -> Read:
    return Read(Column(np.ones(rows, np.bool_)))


def _places(ordered: Array) -> Array:
    """Of each number among those equal to it, of which the first has 0. The numbers ascend."""
    if not len(ordered):
        return np.zeros(0, np.int64)
    at = np.arange(len(ordered))
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    found: Array = at - np.maximum.accumulate(np.where(begins, at, 0))
    return found


def _places_unordered(numbers: Array) -> Array:
    order = np.argsort(numbers, kind="stable")
    found = np.empty(len(numbers), np.int64)
    found[order] = _places(numbers[order])
    return found
