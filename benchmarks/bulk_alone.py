"""Engines in processes of their own: how much memory one needs, files that are scored batch by batch, and how long a
process takes that scores one entity."""

import ctypes
import gc
import statistics
import sys
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import frozen

from benchmarks.bulk import TIERS, Answers, Array, Engine, given, placed, scores, wrong
from benchmarks.bulk_engines import BEFORE, ENGINES, GROUP_NAMES, PLACES, inputs
from benchmarks.engines import policy, zen_graph
from benchmarks.measure import median, process

_CODE: Final = "from benchmarks.bulk_alone import measure_memory; measure_memory()"
_MIB: Final = 1024

_BATCHES: Final = """
import sys, time
import assessdsl
policy = assessdsl.load(sys.argv[1])
start, processor = time.perf_counter(), time.process_time()
assessdsl.evaluate_batches(policy, *sys.argv[2:])
print(time.perf_counter() - start, time.process_time() - processor)
try:
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1])
except FileNotFoundError:
    print(0)
"""

_SCORE_ONE = """
import sys
import assessdsl
prepared = assessdsl.prepare(assessdsl.load(sys.argv[1]))
given = {"group": "county"}
for number in range(int(sys.argv[2])):
    given[f"i{number}.planned"], given[f"i{number}.actual"] = 16, 11
print(prepared.score(given).total)
"""

_EVALUATE_ONE = """
import sys
import assessdsl
rows = [{"entity": "e", "indicator": f"i{number}"} for number in range(int(sys.argv[2]))]
tables = {
    "entities": [{"entity": "e", "group": "county"}],
    "targets": [row | {"target": row["indicator"], "planned": 16} for row in rows],
    "facts": [row | {"target": row["indicator"], "actual": 11} for row in rows],
}
result = assessdsl.evaluate(assessdsl.load(sys.argv[1]), tables)
print(result.entities["e"].total)
"""

_ZEN_ONE = """
import sys
import zen
content = zen.ZenDecisionContent(open(sys.argv[1], encoding="utf-8").read())
given = {}
for number in range(int(sys.argv[2])):
    given[f"i{number}p"], given[f"i{number}a"] = 16, 11
print(zen.ZenEngine({"loader": lambda key: content}).evaluate("policy", given)["result"]["total"])
"""


@frozen
class Memory:
    """In MiB: the columns that were made, the same in the engine's own form, and at most beyond these while it ran."""

    engine: str
    columns: int
    own: int
    beyond: int


def memory(engines: Sequence[Engine], entities: int, targets: int, *, ranked: bool) -> list[Memory]:
    """Of the engines that are there, on a system that tells it (Linux)."""
    found = []
    for engine in engines:
        told = process(_CODE, engine.name, str(entities), str(targets), str(int(ranked)))().split()
        if told:
            columns, own, beyond = map(int, told)
            found.append(Memory(engine.name, columns, own, beyond))
    return found


def measure_memory() -> None:
    """The process of one engine. It prints nothing where the engine is not there."""
    name, entities, targets, ranked = sys.argv[1:]
    engine = next(one for one in ENGINES if one.name == name)
    if not Path("/proc/self/clear_refs").exists():
        return
    start = _now()
    asked = given(int(entities), int(targets))
    gc.collect()
    columns = _now()
    try:
        runner = engine.prepare(asked, ranked == "1")
    except ImportError:
        return
    if runner is None:
        return
    gc.collect()
    own = _now()
    Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
    runner.run()
    print(*((some // _MIB) for some in (columns - start, own - columns, _status("VmHWM") - own)))


def _now() -> int:
    """What is in memory, without what was freed and only kept for later."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)  # of glibc
    return _status("VmRSS")


def _status(name: str) -> int:
    """In KiB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


@frozen
class Batches:
    """Of a process that scores a file: seconds, and MiB at most, libraries and code included (0: nobody tells)."""

    rows: int
    ranked: bool
    seconds: float
    processor: float
    most: int
    wrong: int


def batches(folder: Path, rows: int, copies: Sequence[int], targets: int) -> list[Batches]:
    """Parquet files of so many copies of the same rows, under names of their own; a copy is a row group."""
    asked, source, into = given(rows, targets), folder / "given.parquet", folder / "scored.parquet"
    expected = scores(asked)["total"]
    found = []
    for count in copies:
        _write(source, inputs(asked) | {"before": asked.before}, asked.group, count)
        for ranked in (False, True):
            rules = folder / f"policy{ranked}.assess"
            rules.write_text(policy(targets, GROUP_NAMES, PLACES if ranked else BEFORE), "utf-8")
            seconds, processor, most = process(_BATCHES, str(rules), str(source), str(into))().split()
            answers = {"total": np.tile(expected, count)}
            if ranked:
                answers |= placed(answers["total"], np.tile(asked.group, count), np.tile(asked.before, count))
            off = wrong(_scored(into), answers)
            found.append(Batches(rows * count, ranked, float(seconds), float(processor), int(most) // _MIB, off))
    return found


def _write(path: Path, columns: dict[str, Array], group: Array, copies: int) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = len(group)
    groups = pyarrow.DictionaryArray.from_arrays(pyarrow.array(group.astype(np.int32)), GROUP_NAMES)
    table = pyarrow.table({"group": groups, **columns})
    writer = None
    for copy in range(copies):
        names = pyarrow.array(np.arange(copy * rows, (copy + 1) * rows)).cast(pyarrow.string())
        named = table.append_column("entity", names)
        writer = writer or parquet.ParquetWriter(path, named.schema)
        writer.write_table(named, row_group_size=rows)
    if writer is not None:
        writer.close()


def _scored(path: Path) -> Answers:
    from pyarrow import parquet

    table = parquet.read_table(path)
    found: dict[str, Any] = {"total": table["total_x100"].to_numpy()}
    if "rank" in table.column_names:
        tiers = table["tier"].to_numpy()
        found |= {
            "rank": table["rank"].to_numpy(),
            "tier": np.select([tiers == tier for tier in TIERS], range(len(TIERS)), -1),
            "bottom": table["last"].to_numpy() == "raised",
        }
    return found


@frozen
class Start:
    """In seconds, of processes of their own: start, work, and end."""

    name: str
    median: float
    least: float
    bare: float  # the median of a Python that does nothing


def starting(folder: Path, targets: int, rounds: int) -> list[Start]:
    """From nothing to one entity's score, a process each, one engine after the other in every round. What is kept of
    policies is kept in the folder, and was put there by a process before. Raises ValueError if scores differ."""
    rules, graph = folder / "policy.assess", folder / "graph.json"
    rules.write_text(policy(targets), "utf-8")
    graph.write_text(zen_graph(targets, "totals")[0], "utf-8")
    kept = str(folder / "kept")
    codes = {
        "python -c pass": "pass",
        "import assessdsl": "import assessdsl",
        f"assessdsl: load, prepare and score one entity, {targets} targets": _SCORE_ONE,
        f"assessdsl: load and evaluate one entity, {targets} targets": _EVALUATE_ONE,
        f"zen-engine: load and evaluate one entity, {targets} targets": _ZEN_ONE,
    }
    runs = {
        name: process(code, str(graph if "zen" in name else rules), str(targets), ASSESSDSL_CACHE=kept)
        for name, code in codes.items()
    }
    told = {Fraction(total) for run in runs.values() if (total := run().strip())}
    if len(told) != 1:
        raise ValueError(f"the engines disagree: {', '.join(map(str, sorted(told)))}")
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(median(run, 1))
    bare = statistics.median(times["python -c pass"])
    return [Start(name, statistics.median(found), min(found), bare) for name, found in times.items()]
