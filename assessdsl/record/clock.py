"""The moment at which something is recorded. The one place where the machine's clock is read."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

Clock = Callable[[], datetime]
"""Gives a moment with its time zone."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def rehearsed(on: date, last: datetime | None = None) -> Clock:
    """Noon of a day, for a register that is kept for practice; never before the moment that was recorded last."""
    noon = datetime.combine(on, time(12), UTC)
    return lambda: noon if last is None else max(noon, last)
