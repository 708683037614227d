"""`python -m mutants [--every N] [MODULE …]`: how many changes of these modules the tests notice, and which not."""

import argparse
import contextlib
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Final

from mutants.change import Mutant, mutants, unchanged
from mutants.run import ROOT, Fate, fate, source_of

_CASES: Final = ("tests/test_conformance.py", "tests/test_policies.py")
_ANALYSIS: Final = ("tests/test_fairness_analysis.py", "tests/test_fairness_solver.py", "tests/test_fairness_prove.py")
TESTS: Final[Mapping[str, Sequence[str]]] = {
    "assessdsl.backends.exact": _CASES,
    "assessdsl.backends.aggregate": ("tests/test_exact_aggregate.py", *_CASES),
    "assessdsl.backends.order": ("tests/test_exact_order.py", *_CASES),
    "assessdsl.backends.logic": ("tests/test_exact_scalars.py", *_CASES),
    "assessdsl.backends.scalars": ("tests/test_exact_scalars.py", *_CASES),
    "assessdsl.quantity": ("tests/test_things.py", "tests/test_exact_order.py", "tests/test_exact_scalars.py", *_CASES),
    "assessdsl.binding.frozen": ("tests/test_frozen.py", *_CASES),
    "assessdsl.fairness.analysis.signs": _ANALYSIS,
    "assessdsl.fairness.analysis.pieces": _ANALYSIS,
    "assessdsl.fairness.analysis.jumps": _ANALYSIS,
    "assessdsl.fairness.analysis.narrow": _ANALYSIS,
}
"""The modules, and the tests that should notice, the quickest first."""

PAGE: Final = ROOT / "docs" / "mutants.md"
_SECONDS: Final = 180


def equivalent() -> dict[tuple[str, str], str]:
    """Why a change makes no difference, by module and change: what the page says."""
    rows = re.findall(r"^\| `([\w.]+)` \| `` (.+?) `` \| (.+?) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {(module, change.replace("\\|", "|")): why for module, change, why in rows}


def of_module(module: str, every: int) -> Iterator[Mutant]:
    found = mutants(module, source_of(module).read_text("utf-8"))
    return (one for number, one in enumerate(found) if number % every == 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(TESTS)}")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth change")
    parser.add_argument("--holding", default="", metavar="TEXT", help="only changes whose name holds this text")
    asked = parser.parse_args()
    for name in ("pytest", "hypothesis", "lark", "yaml", "attrs", "z3"):
        with contextlib.suppress(ImportError):
            import_module(name)  # once, before the processes part
    known, open_ones = equivalent(), 0
    for module in asked.modules or TESTS:
        if fate(unchanged(module, source_of(module).read_text("utf-8")), TESTS[module], _SECONDS) != "survived":
            print(f"{module}: its tests fail as it is")
            return 2
        found: Counter[Fate | str] = Counter()
        for mutant in of_module(module, asked.every):
            if asked.holding not in mutant.name:
                continue
            what = fate(mutant, TESTS[module], _SECONDS)
            explained = what == "survived" and (module, mutant.name) in known
            found["explained" if explained else what] += 1
            if what == "survived" and not explained:
                print(f"survived: {module}  {mutant.name}", flush=True)
        open_ones += found["survived"]
        print(
            f"{module}: {found.total()} changes, "
            + ", ".join(f"{count} {what}" for what, count in sorted(found.items())),
            flush=True,
        )
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
