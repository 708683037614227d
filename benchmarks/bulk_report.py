"""`python -m benchmarks --bulk`: many entities at once, as tables and charts for docs/performance.md, part by part."""

import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Final

from attrs import frozen

import assessdsl
from benchmarks.bulk import Finding, answers, compare, given, scores
from benchmarks.bulk_alone import Memory, Start, batches, memory, starting
from benchmarks.bulk_engines import C_KEPT, DUCKDB, ENGINES, NUMPY, OURS, POLARS, C
from benchmarks.chart import chart
from benchmarks.peers import PAGE, write

_PACKAGES = ("numpy", "llvmlite", "polars", "pyarrow", "duckdb", "openfisca-core", "zen-engine")
_STRAIGHT = "in proportion to it"
_EXACT = [engine for engine in ENGINES if engine.exact]
_TARGETS: Final = 20  # where it is not the targets that differ

# How many times as fast ours is to be, of so many targets, with places or without: beside which, columns, with kernels.
_AIMS: Final[Mapping[tuple[int, bool], Sequence[tuple[str, float | None, float | None]]]] = {
    (20, False): ((POLARS, 1.1, None), (NUMPY, 2, None), (C, 0.45, 0.8), (C_KEPT, None, None)),
    (100, False): ((POLARS, 1.1, None), (NUMPY, 2, None), (C, 0.45, 0.8), (C_KEPT, None, None)),
    (20, True): ((POLARS, 1.4, None), (DUCKDB, 3.5, None), (C, None, 0.7), (C_KEPT, None, None)),
    (100, True): ((POLARS, 1.25, None), (DUCKDB, 3.5, None), (C, None, 0.7), (C_KEPT, None, None)),
}


@frozen
class Report:
    text: str  # Markdown
    charts: Mapping[str, str]  # SVG by the file's name


def measured(part: str, *, quick: bool) -> Report:
    """Of one of PARTS."""
    report = PARTS[part](quick)
    return Report(f"{', '.join(_versions())}.{' With `--quick`.' if quick else ''}\n\n{report.text}\n", report.charts)


def put(part: str, report: Report, page: Path = PAGE) -> None:
    """Onto the page, with the charts beside it."""
    between = f"<!-- measured by `python -m benchmarks --bulk {part} --write` -->\n", f"<!-- end of bulk {part} -->\n"
    write(report.text, page, between)
    for name, svg in report.charts.items():
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


# ---------------------------------------------------------------- beside others


def _beside(targets: int, quick: bool) -> Report:
    """At several sizes; the greatest with places as well. Engines that are not exact only at the greatest, and with
    few targets: of them it matters how many answers are wrong."""
    most, rounds, seconds = (2_000_000 // targets, 5, 0.15) if quick else (1_000_000, 15, 4.0)
    sizes = (100, most) if quick else (100, 10_000, most)
    parts, missing = list[str](), dict[str, None]()
    lines: dict[str, list[tuple[float, float]]] = {}
    for size in sizes:
        asked = given(size, targets)
        engines = ENGINES if (size, targets) == (most, _TARGETS) else _EXACT
        expected = scores(asked)
        found, left = compare(engines, asked, expected, rounds=rounds, seconds=seconds)
        missing |= dict.fromkeys(left)
        parts.insert(0, f"#### {size:,} entities, {targets} targets: totals and components\n\n{_times(found)}")
        for one in found:
            if one.engine in {engine.name for engine in _EXACT}:
                lines.setdefault(one.engine, []).append((size, size / one.seconds / 1e6))
    ranked, _ = compare(_EXACT, asked, answers(asked), rounds=rounds, seconds=seconds)
    with_places = f"#### {most:,} entities, {targets} targets: with ranks, tiers and the rule of two years"
    parts.insert(1, f"{with_places}\n\n{_times(ranked)}")
    parts.insert(0, f"{most:,} entities, {targets} targets:\n\n{_aims(targets, found, ranked)}")
    if missing:
        parts.append("Not measured: " + "; ".join(missing) + ".")
    title = f"Exact scores a second, {targets} targets"
    name = f"bulk-engines-{targets}.svg"
    parts.append(f"![{title}, by the number of entities]({name})")
    return Report("\n\n".join(parts), {name: chart(title, "entities", "million entities a second", lines)})


def _aims(targets: int, found: Sequence[Finding], ranked: Sequence[Finding]) -> str:
    rows = []
    for name, of in (("totals", found), ("with places", ranked)):
        seconds = {one.engine: one.seconds for one in of}
        for beside, *aims in _AIMS[targets, of is ranked]:
            reached = [seconds[beside] / seconds[own] if {beside, own} <= seconds.keys() else None for own in OURS]
            numbers = [aims[0], *reached[:2], aims[1], reached[2]]
            rows.append([f"{name}, beside {beside}", *("" if one is None else f"{one:.2f}" for one in numbers)])
    return _table(["times as fast", "columns: aim", "one thread", "two threads", "kernels: aim", "reached"], rows)


def _times(found: Sequence[Finding]) -> str:
    ours = next((one.seconds for one in found if one.engine == OURS[0]), found[0].seconds)
    rows = [
        [one.engine, _ms(one.seconds), " – ".join(map(_ms, one.middle)), str(one.rounds), _ms(one.processor),
         f"{one.entities / one.seconds / 1e6:.3g}", f"{one.seconds / ours:.2f}", f"{one.wrong:,}"]
        for one in sorted(found, key=lambda one: one.seconds)
    ]  # fmt: skip
    heads = ["engine", "ms", "middle half", "rounds", "processor ms", "million entities a second", "times ours"]
    return _table([*heads, "entities wrong"], rows)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}"


# ---------------------------------------------------------------- alone


def _memory(quick: bool) -> Report:
    entities = 100_000 if quick else 1_000_000
    found: Sequence[Memory] = memory(_EXACT, entities, _TARGETS, ranked=False)
    rows = [[one.engine, str(one.columns), str(one.own), str(one.beyond)] for one in found]
    table = _table(["MiB", "the columns", "in its own form as well", "beyond these, at most"], rows)
    return Report(f"{entities:,} entities, {_TARGETS} targets, totals and components:\n\n{table}", {})


def _growth(quick: bool) -> Report:
    """Ours over decades of entities and of targets: time, and memory beyond the columns."""
    ours = [engine for engine in ENGINES if engine.name == OURS[0]]
    biggest = 100_000 if quick else 1_000_000
    sizes = [(biggest // 1000 * 10**power, _TARGETS) for power in range(4)]
    widths = [(biggest // 1000, targets) for targets in ((4, 40) if quick else (4, 40, 400, 1000))]
    by_entities, by_targets = f"by entities, {_TARGETS} targets", f"by targets, {biggest // 1000:,} entities"
    rows, lines = [], dict[str, list[tuple[float, float]]]()
    for name, cases in ((by_entities, sizes), (by_targets, widths)):
        for entities, targets in cases:
            asked = given(entities, targets)
            (found,), _ = compare(ours, asked, scores(asked), rounds=5 if quick else 15, seconds=1.0)
            (needed, *_) = [*memory(ours, entities, targets, ranked=False), None]
            each = found.seconds / (entities * targets) * 1e9
            peak = "" if needed is None else str(needed.beyond)
            middle = " – ".join(map(_ms, found.middle))
            rows.append([f"{entities:,} × {targets:,}", _ms(found.seconds), middle, f"{each:.3g}", peak])
            lines.setdefault(name, []).append((entities * targets, found.seconds * 1e3))
    first = lines[by_entities]
    lines[_STRAIGHT] = [(count, first[-1][1] * count / first[-1][0]) for count, _ in first]
    heads = ["entities × targets", "ms", "middle half", "ns for each target of an entity", "MiB beyond the columns"]
    text = f"{_table(heads, rows)}\n\n![Time by entities × targets](bulk-growth.svg)"
    return Report(text, {"bulk-growth.svg": chart(f"Time, {OURS[0]}", "entities × targets", "ms", lines)})


def _batches(quick: bool) -> Report:
    """Out of core: time, and the most memory of the process."""
    rows = 25_000 if quick else 250_000
    with tempfile.TemporaryDirectory() as folder:
        found = batches(Path(folder), rows, (1, 4) if quick else (1, 4, 16), _TARGETS)
    table, lines = [], dict[str, list[tuple[float, float]]]()
    for one in found:
        name = "with ranks, tiers and the rule of two years" if one.ranked else "totals"
        table.append([f"{one.rows:,}, {name}", f"{one.seconds:.2f}", f"{one.processor:.2f}",
                      f"{one.seconds / one.rows * 1e6:.2f}", str(one.most or ""), f"{one.wrong:,}"])  # fmt: skip
        if one.most:
            lines.setdefault(name, []).append((one.rows, one.most))
    heads = ["rows", "seconds", "processor seconds", "µs for each row", "MiB of the process, at most", "rows wrong"]
    text = _table(heads, table)
    if not lines:
        return Report(text, {})
    everything = [(one.rows, one.rows * 2 * _TARGETS * 8 / 2**20) for one in found if not one.ranked]
    drawn = chart("Memory, batch by batch", "rows", "MiB", lines | {"the columns alone, if all were held": everything})
    return Report(f"{text}\n\n![Memory by rows](bulk-batches.svg)", {"bulk-batches.svg": drawn})


def _start(quick: bool) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        found: Sequence[Start] = starting(Path(folder), _TARGETS, 5 if quick else 25)
    rows = [
        [one.name, f"{one.median * 1e3:.0f}", f"{one.least * 1e3:.0f}", f"{one.median / one.bare:.2f}"] for one in found
    ]
    return Report(_table(["process", "ms", "at least", "times `python -c pass`"], rows), {})


PARTS: Final[Mapping[str, Callable[[bool], Report]]] = {
    "20": partial(_beside, 20),
    "100": partial(_beside, 100),
    "memory": _memory,
    "growth": _growth,
    "batches": _batches,
    "start": _start,
}
