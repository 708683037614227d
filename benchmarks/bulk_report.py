"""`python -m benchmarks --bulk`: many entities at once, as tables and charts for docs/performance.md."""

import platform
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from attrs import frozen

import assessdsl
from benchmarks.bulk import Finding, compare, given
from benchmarks.bulk_alone import Memory, Start, memory, starting
from benchmarks.bulk_engines import ENGINES, OURS
from benchmarks.chart import chart
from benchmarks.peers import PAGE, write

_BETWEEN = (
    "<!-- measured by `python -m benchmarks --bulk --write` -->\n",
    "<!-- end of what was measured in bulk -->\n",
)
_PACKAGES = ("numpy", "llvmlite", "polars", "duckdb", "openfisca-core", "zen-engine")
_STRAIGHT = "in proportion to it"


@frozen
class Report:
    text: str  # Markdown
    charts: dict[str, str]  # SVG by the file's name


def report(*, quick: bool) -> Report:
    targets, most, rounds = ((20,), 100_000, 3) if quick else ((20, 100), 1_000_000, 7)
    sizes = [size for size in (100, 10_000, 1_000_000) if size < most] + [most]
    run = "With `--quick`: smaller sizes, fewer rounds" if quick else "All sizes"
    parts, charts, missing = [f"{', '.join(_versions())}. {run}."], dict[str, str](), dict[str, None]()
    lines: dict[str, list[tuple[float, float]]] = {}
    for count in targets:
        for size in sizes:
            found, left = compare(ENGINES, given(size, count), ranked=False, rounds=rounds)
            missing |= dict.fromkeys(left)
            parts.append(f"### {size:,} entities, {count} targets: totals and components\n\n{_times(found)}")
            if count == targets[0]:
                for one in found:
                    lines.setdefault(one.engine, []).append((size, size / one.seconds / 1e6))
        found, _ = compare(ENGINES, given(most, count), ranked=True, rounds=rounds)
        parts.append(
            f"### {most:,} entities, {count} targets: with ranks, tiers and the rule of two years\n\n{_times(found)}"
        )
    if missing:
        parts.append("Not measured: " + "; ".join(missing) + ".")
    charts["bulk-engines.svg"] = chart(
        f"Scores a second, {targets[0]} targets", "entities", "million entities a second", lines
    )
    parts.append(f"![Million entities a second by the number of entities, {targets[0]} targets](bulk-engines.svg)")
    needed = memory(ENGINES, most, targets[0], ranked=False)
    parts.append(f"### Memory: {most:,} entities, {targets[0]} targets\n\n{_memory(needed)}")
    text, charts["bulk-growth.svg"] = _growth(quick=quick)
    parts.append(text)
    with tempfile.TemporaryDirectory() as folder:
        started = starting(Path(folder), targets[0], 5 if quick else 25)
    parts.append(f"### A process of its own\n\n{_started(started)}")
    return Report("\n\n".join(parts) + "\n", charts)


def put(measured: Report, page: Path = PAGE) -> None:
    """Onto the page, with the charts beside it."""
    write(measured.text, page, _BETWEEN)
    for name, svg in measured.charts.items():
        (page.parent / name).write_text(svg, "utf-8")


def _versions() -> list[str]:
    found = [f"Python {platform.python_version()}", f"assessdsl {assessdsl.__version__}", platform.machine()]
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return found


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines).replace("| --- |", "|---|", 1)


def _times(found: Sequence[Finding]) -> str:
    ours = next((one.seconds for one in found if one.engine == OURS[0]), found[0].seconds)
    rows = [
        [one.engine, f"{one.seconds * 1e3:.4g}", f"{one.processor * 1e3:.4g}",
         f"{one.entities / one.seconds / 1e6:.3g}", f"{one.seconds / ours:.2f}", f"{one.wrong:,}"]
        for one in sorted(found, key=lambda one: one.seconds)
    ]  # fmt: skip
    return _table(["engine", "ms", "processor ms", "million entities a second", "times ours", "entities wrong"], rows)


def _memory(found: Sequence[Memory]) -> str:
    rows = [[one.engine, str(one.columns), str(one.own), str(one.beyond)] for one in found]
    return _table(["MiB", "the columns", "in its own form as well", "beyond these, at most"], rows)


def _started(found: Sequence[Start]) -> str:
    rows = [
        [one.name, f"{one.median * 1e3:.0f}", f"{one.least * 1e3:.0f}", f"{one.median / one.bare:.2f}"] for one in found
    ]
    return _table(["process", "ms", "at least", "times `python -c pass`"], rows)


def _growth(*, quick: bool) -> tuple[str, str]:
    """Ours over three decades of entities and of targets: time, and memory beyond the columns."""
    ours = [engine for engine in ENGINES if engine.name == OURS[0]]
    biggest = 100_000 if quick else 1_000_000
    sizes = [(biggest // 1000 * 10**power, 20) for power in range(4)]
    widths = [(biggest // 100, targets) for targets in ((4, 40, 400) if quick else (4, 40, 400, 5000))]
    rows, lines = [], dict[str, list[tuple[float, float]]]()
    for name, cases in (("by entities, 20 targets", sizes), (f"by targets, {biggest // 100:,} entities", widths)):
        for entities, targets in cases:
            (found,), _ = compare(ours, given(entities, targets), ranked=False, rounds=3 if quick else 9)
            (needed, *_) = [*memory(ours, entities, targets, ranked=False), None]
            each = found.seconds / (entities * targets) * 1e9
            peak = "" if needed is None else str(needed.beyond)
            rows.append([f"{entities:,} × {targets:,}", f"{found.seconds * 1e3:.4g}", f"{each:.3g}", peak])
            lines.setdefault(name, []).append((entities * targets, found.seconds * 1e3))
    first = lines["by entities, 20 targets"]
    lines[_STRAIGHT] = [(count, first[-1][1] * count / first[-1][0]) for count, _ in first]
    table = _table(["entities × targets", "ms", "ns for each target of an entity", "MiB beyond the columns"], rows)
    text = f"### How it grows\n\n{table}\n\n![Time by entities × targets](bulk-growth.svg)"
    return text, chart(f"Time, {OURS[0]}", "entities × targets", "ms", lines)
