"""`python -m benchmarks --peers`: the engines side by side, as a table for people and for docs/performance.md."""

import platform
from importlib import metadata
from pathlib import Path

import assessdsl
from benchmarks.engines import ENGINES
from benchmarks.single import Ask, Finding, compare

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_BETWEEN = ("<!-- measured by `python -m benchmarks --peers --write` -->\n", "<!-- end of what was measured -->\n")
_ASKS: dict[Ask, str] = {
    "totals": "whole numbers in; total and components out",
    "decoded": "the same from mappings whose keys are texts of their own, as of decoded JSON",
    "indicators": "whole numbers in; total, components and every indicator out",
    "decimals": "`Decimal`s in; total and components out",
}


def peers(*, quick: bool) -> str:
    """Every engine in one run, as Markdown."""
    packages = ("zen-engine", "datalogic-py", "rule-engine", "cel-python")
    versions = [f"{name} {metadata.version(name)}" for name in packages if _is_here(name)]
    machine = f"Python {platform.python_version()}, assessdsl {assessdsl.__version__}, {platform.machine()}"
    parts = [f"{', '.join([machine, *versions])}."]
    missing: dict[str, None] = {}
    for ask, title in _ASKS.items():
        for targets in (20, 100):
            found, left = compare(ENGINES, targets, ask, quick=quick)
            missing |= dict.fromkeys(left)
            parts.append(f"### {targets} targets: {title}\n\n{_table(found)}")
    if missing:
        parts.append("Not measured: " + "; ".join(missing) + ".")
    return "\n\n".join(parts) + "\n"


def _is_here(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _table(found: list[Finding]) -> str:
    rows = ["| engine | µs | times ours | entities wrong |", "|---|--:|--:|--:|"]
    for one in sorted(found, key=lambda one: one.seconds):
        ratio = f"{one.ratio:.2f}" if one.ratio < 10 else f"{one.ratio:.0f}"
        wrong = f"{one.wrong} of {one.entities}"
        rows.append(f"| {one.engine} | {one.seconds * 1e6:.1f} | {ratio} | {wrong} |")
    return "\n".join(rows)


def write(measured: str, page: Path = PAGE, between: tuple[str, str] = _BETWEEN) -> None:
    """The page with what was measured in place of what stood there."""
    before, head, rest = page.read_text("utf-8").partition(between[0])
    _, tail, after = rest.partition(between[1])
    if not head or not tail:
        raise SystemExit(f"{page.name} does not say where the tables stand")
    page.write_text(f"{before}{head}\n{measured}\n{tail}{after}", "utf-8")
