"""A changed module put in the place of the one that was imported, by the code of its functions."""

import gc
import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import _lru_cache_wrapper, cache
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Final

from assessdsl.backends.columnar.kept import Kept
from assessdsl.plan.steps import Plan
from mutants.change import Mutant

ROOT: Final = Path(__file__).parents[2]


def source_of(module: str) -> Path:
    return ROOT / Path(*module.split(".")).with_suffix(".py")


Living = Mapping[object, Sequence[FunctionType]]


def living(modules: Sequence[str]) -> Living:
    """The functions of these modules by their places in the text. Of one place there can be several, as attrs makes a
    class a second time."""
    for module in modules:
        importlib.import_module(module)
    found: dict[object, list[FunctionType]] = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__module__ in modules:
            found.setdefault((each.__module__, _place(each.__code__)), []).append(each)
    return found


def forget() -> None:
    """What engines keep of plans and of earlier calls: a change to what worked it out would not be seen."""
    for each in gc.get_objects():
        match each:
            case Plan():
                each.notes.clear()
            case Kept():
                each._answers.clear()
            case _lru_cache_wrapper() if str(each.__module__).startswith("assessdsl.backends."):
                each.cache_clear()


def plant(mutant: Mutant, functions: Living) -> None:
    """What others imported of the module, and the classes that are made of it, are those very functions; a name of the
    module stands for its new value wherever it stood for the old one. LookupError where a function is not found."""
    if mutant.names:
        _rename(mutant)
        return
    now = _functions(compile(mutant.tree, str(source_of(mutant.module)), "exec"))
    for before, after in zip(_as_it_is(mutant.module), now, strict=True):
        if before != after:
            for function in functions[mutant.module, _place(before)]:
                function.__code__ = after


@cache
def _as_it_is(module: str) -> tuple[CodeType, ...]:
    source = source_of(module)
    return tuple(_functions(compile(source.read_text("utf-8"), str(source), "exec")))


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
