"""The faults that `make mutants` plants: which there are, and that the tests notice those that matter and no other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mutants.change import mutants

TEXT = '''\
"""A module."""
LIMIT = 3

def chosen(many: list[int], of: int = 5) -> int:
    """No text is changed: 1."""
    assert many != [], 7
    for one in sorted(many):
        if one < LIMIT and not one == 2:
            many.append(one)
    match of:
        case 1 if many:
            return min(many)
    return [one for one in many if one][0]
'''


def test_every_small_change_has_a_name_and_the_lines_that_run_it() -> None:
    assert [(one.name, one.lines) for one in mutants("m", TEXT)] == [
        ("LIMIT: 3 → 4", range(1, 14)),
        ("chosen: sorted(many) → list(many)", range(7, 8)),
        ("chosen: if one < LIMIT and (not one == 2) → if True", range(8, 9)),
        ("chosen: if one < LIMIT and (not one == 2) → if False", range(8, 9)),
        ("chosen: one < LIMIT and (not one == 2) → one < LIMIT or not one == 2", range(8, 9)),
        ("chosen: one < LIMIT → one <= LIMIT", range(8, 9)),
        ("chosen: one < LIMIT → one >= LIMIT", range(8, 9)),
        ("chosen: not one == 2 → one == 2", range(8, 9)),
        ("chosen: one == 2 → one != 2", range(8, 9)),
        ("chosen: 2 → 3", range(8, 9)),
        ("chosen: many.append(one) → pass", range(9, 10)),
        ("chosen: case 1 if many → case 1 if True", range(11, 12)),
        ("chosen: case 1 if many → case 1 if False", range(11, 12)),
        ("chosen: 1 → 2", range(11, 12)),
        ("chosen: min(many) → max(many)", range(12, 13)),
        ("chosen: for one in many if one → for one in many", range(13, 14)),
        ("chosen: 0 → 1", range(13, 14)),
    ]


LIBRARY = """\
from attrs import frozen

LIMIT = 3
SIGNS = {"twice": lambda number: number * 2}

@frozen
class Kept:
    number: int

    @property
    def low(self) -> bool:
        return self.number < LIMIT

def least(first: int, second: int) -> int:
    return first if first < second else second

def forgotten() -> int:
    return 1
"""

ITS_TESTS = """\
import pytest
from library import LIMIT, SIGNS, Kept, least

@pytest.fixture(scope="module")
def kept():
    return [Kept(number).low for number in range(5)]

def test_it(kept, tmp_path):
    assert kept == [True, True, True, False, False]
    assert SIGNS["twice"](3) == 6
    assert least(1, 2) == 1
    assert least(2, 1) == 1
"""


def planted(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """The command, run on a library that has just these tests, and a page that explains one change."""
    shutil.copytree(Path(__file__).parent / "mutants", folder / "tests" / "mutants", dirs_exist_ok=True)
    (folder / "library.py").write_text(LIBRARY, "utf-8")
    (folder / "tests" / "test_library.py").write_text(tests, "utf-8")
    (folder / "docs").mkdir()
    (folder / "docs" / "mutants.md").write_text(
        "| `library` | `` least: first < second → first <= second `` | equal ones are the same |\n"
        "| `library` | `` least: first > second → first >= second `` | of a text that is gone |\n",
        "utf-8",
    )
    return subprocess.run(
        [sys.executable, "-m", "mutants", "library", "--tests", "tests/test_library.py", "--workers", "1"],
        cwd=folder, env={**os.environ, "PYTHONPATH": f"{folder}:{folder / 'tests'}"}, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip


def test_what_matters_is_noticed_and_what_does_not_survives(tmp_path: Path) -> None:
    told = planted(tmp_path, ITS_TESTS)
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.splitlines()[:-1] == [
        "explained, though there is no such change: library  least: first > second → first >= second",
        "not reached: library  forgotten: 1 → 2",
    ]
    assert told.stdout.splitlines()[-1].startswith("library: 9 changes, 1 explained, 7 killed, 1 not reached;")


def test_tests_that_fail_as_it_is_show_nothing(tmp_path: Path) -> None:
    told = planted(tmp_path, ITS_TESTS.replace("== 6", "== 7"))
    assert (told.returncode, told.stdout) == (2, "fails without a change: tests/test_library.py::test_it\n")


def test_nor_do_those_that_fail_later(tmp_path: Path) -> None:
    """They are tried twice first, in a process that ends."""
    counting = """\
    with open("count", "a+") as file:
        file.write("again\\n")
        file.seek(0)
        assert len(file.readlines()) < 3
"""
    told = planted(tmp_path, ITS_TESTS + counting)
    assert (told.returncode, told.stdout) == (2, "fails without a change: tests/test_library.py::test_it\n")
