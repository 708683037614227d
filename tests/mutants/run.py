"""A changed module in a process of its own, in which the tests that should notice it run until one fails."""

import contextlib
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest
from attrs import frozen

from mutants.change import Mutant

Fate = Literal["killed", "killed by time", "survived"]
ROOT = Path(__file__).parents[2]


@frozen
class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    mutant: Mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self.mutant.module:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(source_of(name)))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(source_of(module.__name__))
        exec(compile(self.mutant.tree, module.__file__, "exec"), module.__dict__)


def source_of(module: str) -> Path:
    return ROOT / Path(*module.split(".")).with_suffix(".py")


def fate(mutant: Mutant, tests: Sequence[str], seconds: int) -> Fate:
    """The process is forked, so that what does not change is imported once."""
    child = os.fork()
    if child == 0:
        os._exit(_tested(mutant, tests))
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "killed by time"


def _tested(mutant: Mutant, tests: Sequence[str]) -> int:
    for name in [name for name in sys.modules if name.partition(".")[0] == "assessdsl"]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Changed(mutant))
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                plain = [
                    "-x",
                    "-q",
                    "-W",
                    "ignore::pytest.PytestAssertRewriteWarning",
                    "-p",
                    "no:cacheprovider",
                    "--no-header",
                    *tests,
                ]
                return int(pytest.main(plain))
    except BaseException:  # what stops the tests is noticed as well
        return 99
