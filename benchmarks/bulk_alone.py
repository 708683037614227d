"""Engines in processes of their own: how much memory one needs, and how long a process takes that scores one entity."""

import ctypes
import gc
import statistics
import sys
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Final

from attrs import frozen

from benchmarks.bulk import Engine, given
from benchmarks.bulk_engines import ENGINES
from benchmarks.engines import policy, zen_graph
from benchmarks.measure import median, process

_CODE: Final = "from benchmarks.bulk_alone import measure_memory; measure_memory()"
_MIB: Final = 1024

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
