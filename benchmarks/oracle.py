"""The exact engine beside the compiled code of `assessdsl.prepare`: the same policy and entities, one run.

`assessdsl.prepare` works out the scores alone, from a mapping of whole numbers that it checks. The exact engine works
from tables that were read and bound before, and of which nothing was worked out yet; told which values are wanted it
works out these, else every step of the plan, on which ranks, findings and explanations rest. `assessdsl.evaluate` reads
the tables as well, and makes the whole result.
"""

import gc
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import evolve

import assessdsl
from assessdsl.backends import run
from assessdsl.binding import bind
from assessdsl.data import from_records
from benchmarks.engines import policy
from benchmarks.single import Given, entities

PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"
BETWEEN: Final = (
    "<!-- measured by `python -m benchmarks --oracle --write` -->\n",
    "\n<!-- end of the exact engine -->",
)

_HEAD: Final = """\
| targets × entities | `prepare`, µs | scores, µs | times | every step, µs | times | `evaluate`, µs | times |
|---|--:|--:|--:|--:|--:|--:|--:|
"""


def measured(*, quick: bool) -> str:
    """The table; every time is that of one entity."""
    about = f"Python {platform.python_version()}, assessdsl {assessdsl.__version__}, {platform.machine()}.\n\n"
    sizes = [(targets, count) for targets in (20, 100) for count in ((1, 10, 100) if quick else (1, 10, 100, 1000))]
    return about + _HEAD + "".join(_row(targets, count, 5 if quick else 15) for targets, count in sizes)


def _row(targets: int, count: int, rounds: int) -> str:
    ours = assessdsl.loads(policy(targets))
    plan, givens = ours.plan, entities(count, targets, "totals")
    prepared, tables = assessdsl.prepare(ours), _records(givens, targets)
    dataset = bind(plan.schema, from_records(**tables)).dataset
    outputs = plan.outputs
    scores = (outputs.total, *(part.score for part in outputs.every_component))

    def one_by_one() -> list[assessdsl.Score]:
        return [prepared.score(given) for given in givens]

    exact = run(plan, dataset, scores)
    for number, score in enumerate(one_by_one()):
        assert tuple(exact.values[id][number] for id in scores) == score.fractions

    def exactly(*wanted: Any) -> None:
        run(plan, evolve(dataset), *wanted)  # a dataset keeps what was made of it

    actions = one_by_one, partial(exactly, scores), exactly, partial(assessdsl.evaluate, ours, tables)
    compiled, *others = (seconds / count * 1e6 for seconds in _times(actions, rounds))
    cells = "".join(f" {micros:.1f} | {micros / compiled:.0f} |" for micros in others)
    return f"| {targets} × {count:,} | {compiled:.2f} |{cells}\n"


def _records(givens: Sequence[Given], targets: int) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {"entities": [], "targets": [], "facts": []}
    for number, given in enumerate(givens):
        name = f"e{number:04}"
        tables["entities"].append({"entity": name, "group": given["group"]})
        for target in range(targets):
            key = {"target": f"{name}-{target}", "entity": name, "indicator": f"i{target}"}
            tables["targets"].append({**key, "planned": given[f"i{target}.planned"]})
            tables["facts"].append({**key, "actual": given[f"i{target}.actual"]})
    return tables


def _times(actions: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Medians of the processor time of a call, in seconds. The actions take turns."""
    calls = []
    for action in actions:
        start = time.process_time()
        action()
        calls.append(max(1, int(0.02 / max(time.process_time() - start, 1e-6))))
    times: list[list[float]] = [[] for _ in actions]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for number, (action, count) in enumerate(zip(actions, calls, strict=True)):
                start = time.process_time()
                for _ in range(count):
                    action()
                times[number].append((time.process_time() - start) / count)
    finally:
        gc.enable()
    return [statistics.median(each) for each in times]
