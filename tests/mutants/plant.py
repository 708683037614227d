"""A changed module put in the place of the one that was imported, by the code of its functions."""

import gc
import importlib
import sys
from collections.abc import Iterator
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Final

from mutants.change import Mutant, unchanged

ROOT: Final = Path(__file__).parents[2]


def source_of(module: str) -> Path:
    return ROOT / Path(*module.split(".")).with_suffix(".py")


def plant(mutant: Mutant) -> None:
    """What others imported of the module, and the classes that are made of it, are those very functions; a name of the
    module stands for its new value wherever it stood for the old one. LookupError where a function is not found."""
    importlib.import_module(mutant.module)
    if mutant.names:
        _rename(mutant)
        return
    source = source_of(mutant.module)
    was, now = (
        list(_functions(compile(tree, str(source), "exec")))
        for tree in (unchanged(mutant.module, source.read_text("utf-8")).tree, mutant.tree)
    )
    others = {_place(before): after for before, after in zip(was, now, strict=True) if before != after}
    living = [
        found
        for found in gc.get_objects()
        if isinstance(found, FunctionType) and found.__module__ == mutant.module and _place(found.__code__) in others
    ]
    if others.keys() != {_place(function.__code__) for function in living}:
        raise LookupError(mutant.name)
    for function in living:
        function.__code__ = others[_place(function.__code__)]


def _functions(code: CodeType) -> Iterator[CodeType]:
    """Of a module and its classes, in the order of the text; not those within functions, which come with them."""
    for held in code.co_consts:
        if isinstance(held, CodeType):
            if held.co_flags & CO_OPTIMIZED:
                yield held
            else:
                yield from _functions(held)


def _place(code: CodeType) -> object:
    return code.co_qualname, tuple(code.co_positions())


def _rename(mutant: Mutant) -> None:
    fresh = ModuleType(mutant.module)
    exec(compile(mutant.tree, str(source_of(mutant.module)), "exec"), vars(fresh))
    for name in mutant.names:
        old = vars(sys.modules[mutant.module])[name]
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is old:
                setattr(module, name, vars(fresh)[name])
