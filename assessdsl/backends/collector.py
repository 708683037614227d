"""Python's collector of cycles, at rest while many values are made that hold none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Nothing that an evaluation makes refers back to itself, and the collector would look through all of it again and
    again, for most of the time that many entities take. Whoever of several threads finds it at work, sets it to work
    again; who has it off, keeps it off."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
