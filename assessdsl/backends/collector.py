"""Python's collector of cycles, at rest while many values are made that hold none."""

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def collector_at_rest(function: Callable[P, R]) -> Callable[P, R]:
    """Nothing that an evaluation makes refers back to itself, and the collector would look through all of it again and
    again, for most of the time that many entities take. Whoever of several threads finds it at work, sets it to work
    again; who has it off, keeps it off."""

    @wraps(function)
    def at_rest(*args: P.args, **kwargs: P.kwargs) -> R:
        if not gc.isenabled():
            return function(*args, **kwargs)
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            gc.enable()

    return at_rest
