"""What tables tell of an earlier day: what was reported or happened after it is not known yet."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from attrs import evolve

from assessdsl.binding.values import read_value
from assessdsl.facts import Facts, Row
from assessdsl.quantity import Unit

# The columns whose day says when a row came to be known.
_DAYS: Final = {
    "facts": ("date", "completed_on"),
    "judgements": ("date",),
    "progress": ("date",),
    "supervision": ("date",),
}


def known_on(facts: Facts, day: date) -> Facts:
    """The tables as they were known at the end of the day. Rows without a day are known."""
    known: dict[str, Any] = {table: _known(getattr(facts, table), columns, day) for table, columns in _DAYS.items()}
    return evolve(facts, **known)


def _known(rows: Iterable[Row], columns: tuple[str, ...], day: date) -> tuple[Row, ...]:
    return tuple(row for row in rows if all((on := day_in(row, column)) is None or on <= day for column in columns))


def day_in(row: Row, column: str) -> date | None:
    """The day in a cell; nothing where it is empty or holds none."""
    value = row.get(column)
    found = None if value is None else read_value(value, Unit.DATE, None).value
    return found if isinstance(found, date) else None
