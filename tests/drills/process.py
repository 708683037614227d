"""Processes of a drill: they write to a register, one event in a transaction, and say what was acknowledged."""

import os
import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from attrs import frozen

from assessdsl.record.event import Event
from assessdsl.record.store import Store


def event(key: str) -> Event:
    return Event("report", "t1", date(2022, 2, 28), "张三", key, {"actual": "7.5 %", "note": key * 5}, evidence=(key,))


@frozen
class Child:
    """A forked process, which says words."""

    process: int
    said: int

    def words(self, kill_after: float | None = None) -> list[str]:
        """What it said until it ended, or until it was killed so many seconds from now."""
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(self.process, signal.SIGKILL)
        with open(self.said) as said:
            words = said.read().split()
        os.waitpid(self.process, 0)
        return words


Say = Callable[[str], None]


def child(work: Callable[[Say], None]) -> Child:
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return Child(process, reading)
    os.close(reading)
    try:
        work(lambda word: void(os.write(writing, f"{word}\n".encode())))
    finally:
        os._exit(0)


def void(_: object) -> None:
    pass


def record(path: Path, name: str, count: int, say: Say) -> None:
    with Store.open(path) as register:
        for number in range(count):
            key = f"{name}-{number}"
            with register.writing() as writer:
                writer.append(event(key))
            say(key)


def keys(path: Path) -> set[str]:
    """Of all that is recorded, each once."""
    with Store.open(path) as register:
        found = [entry.event.key for entry in register.entries()]
    assert len(found) == len(set(found))
    return set(found)
