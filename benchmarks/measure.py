"""Measurements: medians of repeated runs, and what they are compared with."""

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from attrs import frozen


@frozen
class Measurement:
    """A median in seconds; `against` is that of what it is compared with."""

    name: str
    seconds: float
    repeats: int
    against: str = ""
    against_seconds: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.against_seconds is None else self.seconds / self.against_seconds


def median(action: Callable[[], object], repeats: int) -> float:
    """The median time of the action, without the collector's pauses falling on some runs and not on others."""
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def process(code: str, *arguments: str, **environment: str) -> Callable[[], str]:
    """A run of the code in a Python of its own, which keeps what it compiles as Python does. What it prints is
    returned."""
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> str:
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(
            command, check=True, capture_output=True, encoding="utf-8", env=surroundings | environment
        )
        return done.stdout

    return run


def table(measurements: list[Measurement]) -> str:
    rows = [("", "median", "runs", "against", "median", "ratio")]
    for one in measurements:
        against = "" if one.against_seconds is None else f"{one.against_seconds * 1000:.1f} ms"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        rows.append((one.name, f"{one.seconds * 1000:.1f} ms", str(one.repeats), one.against, against, ratio))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    right = (1, 2, 4, 5)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
