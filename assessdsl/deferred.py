"""Names that are loaded on first use, so that a program waits only for what it does."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, NamedTuple


def on_first_use(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a module, for names that stand in other modules. No name may be that of a module within it:
    whoever imports this one would then put it in the name's place."""

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[module], name, value)
        return value

    return load


class Later(NamedTuple):
    """A module that is loaded when something of it is asked for."""

    module: str

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.module), name)
