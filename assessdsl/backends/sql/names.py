"""Names of tables and columns that every database keeps apart.

PostgreSQL cuts a name behind 63 bytes, which are 21 Chinese characters; DuckDB, SQLite and Spark read `Growth` and
`growth` as one. The names are the same in all of them, so that tables can move.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from assessdsl.plan.steps import Plan

_MOST: Final = 63  # bytes of a name
_LABEL: Final = 45  # of an indicator's within another, such as `targets of NAME_12`


@frozen
class Names:
    """What stands for each indicator in the names of tables and columns."""

    labels: Mapping[str, str]

    def flag(self, indicator: str) -> str:
        return f"has_{self.labels[indicator]}"

    def targets(self, indicator: str) -> str:
        return f"targets_{self.labels[indicator]}"

    def entries(self, indicator: str) -> str:
        return f"entries_{self.labels[indicator]}"

    def part(self, of: str, indicator: str) -> str:
        """Within the query."""
        return f"{of} of {self.labels[indicator]}"


def named(plan: Plan) -> Names:
    taken: set[str] = set()
    return Names({one.name: distinct(taken, one.name, most=_LABEL) for one in plan.schema.indicators})


def distinct(taken: set[str], head: str, tail: str = "", *, most: int = _MOST) -> str:
    """The name, with its head cut to what is kept of it, and with a number where it is taken; from now on it is."""
    end, number = tail, 1
    while (found := _cut(head, most - len(end.encode())) + end).casefold() in taken:
        number += 1
        end = f"_{number}{tail}"
    taken.add(found.casefold())
    return found


def _cut(text: str, most: int) -> str:
    return text.encode()[: max(most, 0)].decode(errors="ignore")
