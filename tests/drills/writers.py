"""Processes that write to one register at the same time, and make it together."""

from functools import partial
from pathlib import Path

from assessdsl.record.verification import verify
from drills.process import child, keys, record


def writers(folder: Path, count: int) -> str:
    path = folder / "register"
    running = [child(partial(record, path, f"p{number}", count)) for number in range(8)]
    acknowledged = [key for process in running for key in process.words()]
    assert len(acknowledged) == 8 * count
    assert keys(path) == set(acknowledged)
    assert verify(path).status == "self-consistent"
    return f"8 processes with {count} events each: all {len(acknowledged)} kept, none twice"
