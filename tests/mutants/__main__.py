"""`python -m mutants [--every N] [MODULE …]`: how many changes of these modules the tests notice, and which not."""

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from mutants.change import Mutant, mutants
from mutants.plant import ROOT, source_of
from mutants.run import Planter

_SCORED: Final = (
    "tests/test_conformance.py::test_case", "tests/test_policies.py", "tests/test_exact_aggregate.py",
    "tests/test_exact_assemble.py", "tests/test_exact_columns.py", "tests/test_exact_numbers.py",
    "tests/test_exact_order.py", "tests/test_exact_scalars.py", "tests/test_exact_unknown.py",
    "tests/test_explain_tree.py", "tests/test_frozen.py", "tests/test_functions.py",
    "tests/test_functions_irrational.py", "tests/test_peers.py", "tests/test_periods.py", "tests/test_result.py",
    "tests/test_things.py",
)  # fmt: skip
_ANALYSIS: Final = (
    *(f"tests/{path.name}" for path in sorted((ROOT / "tests").glob("test_fairness_analysis*.py"))),
    "tests/test_fairness_comparison.py", "tests/test_fairness_gaming.py", "tests/test_fairness_prove.py",
    "tests/test_fairness_solver.py",
)  # fmt: skip
TESTS: Final[Mapping[str, Sequence[str]]] = {
    **{
        f"assessdsl.{name}": _SCORED
        for name in (
            "backends.exact", "backends.aggregate", "backends.order", "backends.logic", "backends.scalars",
            "backends.ratios", "backends.alike", "backends.held", "backends.work", "backends.data", "backends.columns",
            "backends.assemble", "quantity", "binding.frozen",
        )
    },
    "assessdsl.backends.columnar.quotients": (
        "tests/test_columnar_batches.py", "tests/test_columnar_counting.py", "tests/test_columnar_parts.py",
        "tests/test_columnar_ranking.py",
    ),
    "assessdsl.backends.columnar.ranking": ("tests/test_columnar_counting.py", "tests/test_columnar_ranking.py"),
    "assessdsl.backends.columnar.peers": ("tests/test_columnar_parts.py", "tests/test_columnar_peers.py"),
    "assessdsl.backends.sql.stages": ("tests/test_sql_stages.py",),
    "assessdsl.backends.sql.simplify": ("tests/test_sql_simplify.py",),
    "assessdsl.backends.unknown": (*_SCORED, "tests/test_record_history.py"),
    **{
        f"assessdsl.fairness.analysis.{path.stem}": _ANALYSIS
        for path in sorted((ROOT / "assessdsl" / "fairness" / "analysis").glob("[a-z]*.py"))
    },
}  # fmt: skip
"""The modules, and the tests that should notice."""

PAGE: Final = ROOT / "docs" / "mutants.md"


def equivalent() -> dict[tuple[str, str], str]:
    """Why a change makes no difference, by module and change: what the page says."""
    rows = re.findall(r"^\| `([\w.]+)` \| `` (.+?) `` \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {(module, change.replace("\\|", "|")): why for module, change, why in rows}


def of_module(module: str, every: int, holding: str, again: Container[tuple[str, str]] | None) -> Iterator[Mutant]:
    for number, one in enumerate(mutants(module, source_of(module).read_text("utf-8"))):
        if number % every == 0 and holding in one.name and (again is None or (module, one.name) in again):
            yield one


def open_in(told: str) -> Container[tuple[str, str]]:
    """The changes that the command told as not noticed."""
    return set(re.findall(r"^(?:survived|not reached): ([\w.]+)  (.+)$", told, re.MULTILINE))


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TESTS)}")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth change")
    parser.add_argument("--holding", default="", metavar="TEXT", help="only changes whose name holds this text")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only those that were not noticed, as told before")
    parser.add_argument("--tests", nargs="+", default=(), metavar="FILE", help="the tests to ask, instead of the usual")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="so many changes at the same time")
    parser.add_argument("--most", type=int, metavar="N", help="so many tests for each change, the likeliest to notice")
    asked = parser.parse_args()
    os.chdir(ROOT)
    again = None if asked.again is None else open_in(asked.again.read_text("utf-8"))
    modules = asked.modules or list(TESTS)
    known, open_ones = equivalent(), 0
    out = os.fdopen(os.dup(1), "w")

    def tell(text: str) -> None:
        print(text, file=out, flush=True)

    def run(planter: Planter) -> None:
        nonlocal open_ones
        for module in modules:
            start = time.monotonic()
            found: Counter[str] = Counter()
            names = {one.name for one in mutants(module, source_of(module).read_text("utf-8"))}
            for stale in sorted(name for of, name in known if of == module and name not in names):
                tell(f"explained, though there is no such change: {module}  {stale}")
                open_ones += 1
            for mutant, fate in planter.fates(of_module(module, asked.every, asked.holding, again)):
                explained = (module, mutant.name) in known
                noticed = fate in ("killed", "killed by time")
                found["explained" if explained and fate == "survived" else fate] += 1
                if explained == noticed:
                    tell(f"{fate}{', though explained' if explained else ''}: {module}  {mutant.name}")
                    open_ones += 1
            counts = ", ".join(f"{count} {what}" for what, count in sorted(found.items()))
            tell(f"{module}: {found.total()} changes, {counts}; {time.monotonic() - start:.0f} s")

    files = asked.tests or sorted({test for module in modules for test in TESTS[module]})
    planter = Planter(modules, asked.workers, asked.most, run)
    with tempfile.TemporaryDirectory() as folder:
        settings = [
            "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:xdist", "--capture=sys",
            "-p", "mutants.examples", "--hypothesis-profile=mutants",
        ]  # fmt: skip
        ended = pytest.main([*settings, f"--basetemp={folder}/tests", *files], plugins=[planter])
    for id in planter.tests.failed:
        tell(f"fails without a change: {id}")
    return 2 if planter.tests.failed or ended else 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
