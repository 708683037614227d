"""The columns of an assessment, and each row as the inputs of one entity."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from assessdsl.backends.columnar.exactly import Entity
from assessdsl.backends.columnar.inputs import Key
from assessdsl.backends.columnar.items import Items, value_of
from assessdsl.backends.columnar.past import Past
from assessdsl.backends.columnar.reading import Read
from assessdsl.backends.columns import Value


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

    def entity(self, row: int) -> Entity:
        """A row as the inputs of one entity."""
        if self.held is not None:
            return self.held[row]
        found = {key: value_of(self.read[key], what, row) for key, what in self.keys.items() if not what.numbered}
        given = {key: value for key, value in found.items() if value is not None}
        return str(self.names[row]), given, self.items.records(row)
