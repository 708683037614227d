"""The columns of an assessment, and each row as the inputs of one entity."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from assessdsl.backends.columnar.blockwise import guessed
from assessdsl.backends.columnar.column import Array, Read
from assessdsl.backends.columnar.exactly import Entity
from assessdsl.backends.columnar.inputs import Described, Key
from assessdsl.backends.columnar.items import Items, value_of
from assessdsl.backends.columnar.past import Past
from assessdsl.backends.columnar.ranking import Peers
from assessdsl.backends.columns import Value
from assessdsl.binding.naming import of_groups, of_levels
from assessdsl.plan.steps import Grain, Plan
from assessdsl.source import Cell


@frozen(eq=False)
class Table:
    """The columns of a frame, by their keys."""

    rows: int
    names: Sequence[Any]  # of the entities
    read: Mapping[str, Read]
    keys: Mapping[str, Key]
    common: Mapping[str, Any]  # as it was given
    past: Mapping[int, Past] = field(factory=dict)  # by step, what was published earlier
    held: Mapping[int, Entity] | None = None  # rows as inputs, where no others may be asked for
    items: Items = field(factory=Items)  # of their own tables

    def earlier(self, rows: Sequence[int]) -> dict[int, list[Value]]:
        """What was published of some rows."""
        return {id: [one.value(row) for row in rows] for id, one in self.past.items()}

    def group_numbers(self, plan: Plan, grain: Grain) -> tuple[Array, int]:
        """Of each row the number of its group in the policy's order, -1 for none, and how many there are; of a step
        that is of everyone, of one group."""
        group = self.read.get("group")
        if group is None or not plan.groups or grain.kind != "group":
            return np.zeros(self.rows, np.int64), 1
        names = [name for name, _ in plan.groups]
        words = words_of(plan, self.keys["group"], group.words)
        number = np.array([names.index(word) if word in names else -1 for word in words], np.int64)
        return np.where(group.column.absent(), -1, number[group.column.data]), len(names)

    def peers(self, plan: Plan, within: str) -> Peers:
        """Who is compared with whom."""
        group = self.read.get("group")
        if within == "everyone" or group is None or not plan.groups:
            return Peers(self.rows)
        words, numbers = words_of(plan, self.keys["group"], group.words), group.column.data
        if len(set(words)) < len(words):  # two words may name one group: its name and its label
            numbers = np.array([words.index(word) for word in words], np.min_scalar_type(len(words)))[numbers]
        return Peers(self.rows, numbers, len(words))

    def entity(self, row: int) -> Entity:
        """A row as the inputs of one entity."""
        if self.held is not None:
            return self.held[row]
        found = {key: value_of(self.read[key], what, row) for key, what in self.keys.items() if not what.numbered}
        given = {key: value for key, value in found.items() if value is not None}
        return str(self.names[row]), given, self.items.records(row), Cell("frame", row + 1)


def described(plan: Plan, key: Key, read: Read) -> Described:
    column = read.column
    nullable = column.missing is not None
    if key.kind in ("truth", "text"):
        words = words_of(plan, key, read.words)
        return Described(high=max(1, len(words) - 1), nullable=nullable, words=words)
    low, high = guessed(column.data, column.missing)
    return Described(read.scale, low, high, nullable)


def words_of(plan: Plan, key: Key, words: Sequence[str]) -> tuple[str, ...]:
    """The words as the policy has them."""
    match key.column:
        case "group":
            named = of_groups(plan.schema)
        case "level":
            named = of_levels(next(one for one in plan.schema.indicators if one.name == key.indicator))
        case _:
            return tuple(words)
    return tuple(named.find(word) or word for word in words)
