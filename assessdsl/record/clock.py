"""The moment at which something is recorded. The one place where the machine's clock is read."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives a moment with its time zone."""


def system_clock() -> datetime:
    return datetime.now(UTC)
