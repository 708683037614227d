"""Many entities at once: a workload in columns, the answers to it, and engines timed on it in one run.

Workload: that of `single`, and with `ranked` the rank by total within the group, two tiers with quotas and two without,
and whether an entity is among the last two of its group this year and was the year before. A quarter of the targets
stands at exactly 60 %, a quarter half-way between two roundings; the last entities have amounts for which the quotients
stand on either side of 2^53; totals tie often.
"""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from benchmarks.single import COMPONENTS

Array = NDArray[Any]
GROUPS: Final = 20
TIERS: Final = ("excellent", "good", "qualified", "poor")
EDGE: Final = 1000  # one entity in so many has amounts near 2^53


@frozen(eq=False)
class Given:
    """Whole numbers in columns: each of int64, one for each entity."""

    planned: tuple[Array, ...]  # of each target
    actual: tuple[Array, ...]
    group: Array  # below GROUPS
    before: Array  # the rank in the group that was published last year

    @property
    def entities(self) -> int:
        return len(self.group)

    @property
    def targets(self) -> int:
        return len(self.planned)


Answers = dict[str, Array]  # total, c0 to c3 in hundredths of points; if ranked: rank, tier (a number), bottom (0 or 1)


@frozen(eq=False)
class Runner:
    """What an engine has prepared, with the data in its own form. `read` makes answers of what it gives. Only `run` is
    timed."""

    run: Callable[[], Any]
    read: Callable[[Any], Answers]


@frozen
class Engine:
    name: str
    prepare: Callable[[Given, bool], Runner | None]  # None: what is asked, it cannot; ImportError: it is not installed
    exact: bool = True  # whether it means to be


@frozen
class Finding:
    """Medians of one run, in seconds: by the clock, and of the processors, all threads."""

    engine: str
    entities: int
    targets: int
    ranked: bool
    seconds: float
    processor: float
    wrong: int


def given(entities: int, targets: int) -> Given:
    """The same for the same size."""
    chance = np.random.default_rng([entities, targets])
    edge = np.arange(entities) >= entities - max(1, entities // EDGE)
    group = chance.integers(0, GROUPS, entities)
    planned, actual = [], []
    for _ in range(targets):
        p, a = _target(chance, entities)
        # 100 points are 10,000 hundredths: of the quotient (2 × points × a + p) ÷ 2p the numerator is what grows
        factor = np.where(edge, 2**53 // (2 * 10_000 // targets * 100), 1) + np.where(edge, _small(chance, entities), 0)
        planned.append(p * factor)
        actual.append(a * factor + np.where(edge, _small(chance, entities), 0))
    return Given(tuple(planned), tuple(actual), group, _ranks(chance.integers(0, 5000, entities), group))


def _small(chance: np.random.Generator, count: int) -> Array:
    return chance.integers(0, 3, count)


def _target(chance: np.random.Generator, count: int) -> tuple[Array, Array]:
    some, kind = chance.integers(1, 61, count), chance.integers(0, 4, count)
    half = np.where(chance.integers(0, 2, count) == 0, 5, 7) * some
    any_actual = chance.integers(0, 8 * some + 1)
    return (
        np.choose(kind, [5 * some, 8 * some, 7 * some, 7 * some]),
        np.choose(kind, [3 * some, half, any_actual, any_actual]),
    )


def _ranks(totals: Array, group: Array) -> Array:
    ranks = np.empty_like(totals)
    for number in range(GROUPS):
        of = group == number
        ordered = np.sort(totals[of])
        ranks[of] = 1 + of.sum() - np.searchsorted(ordered, totals[of], side="right")
    return ranks


def answers(asked: Given, *, ranked: bool) -> Answers:
    """By whole numbers, a column at a time; the places by definition."""
    points = 100 * 100 // asked.targets
    each = asked.targets // COMPONENTS
    found: Answers = {}
    for component in range(COMPONENTS):
        total = np.zeros(asked.entities, np.int64)
        for target in range(component * each, (component + 1) * each):
            p, a = asked.planned[target], asked.actual[target]
            score = np.minimum(points, (2 * points * a + p) // (2 * p))
            total += np.where(a * 10 < p * 6, 0, score)
        found[f"c{component}"] = total
    found["total"] = sum(found.values(), np.zeros(asked.entities, np.int64))
    if ranked:
        found |= _placed(found["total"], asked)
    return found


def _placed(totals: Array, asked: Given) -> Answers:
    found = {name: np.zeros(asked.entities, np.int64) for name in ("rank", "tier", "bottom")}
    for group in range(GROUPS):
        rows = np.flatnonzero(asked.group == group)
        own, before, count = totals[rows], asked.before[rows], len(rows)
        ordered = np.sort(own)
        better = count - np.searchsorted(ordered, own, side="right")
        with_ties = count - np.searchsorted(ordered, own, side="left")
        behind_then = np.searchsorted(np.sort(-before), -before, side="left")
        # nobody is kept from a place: those who get one are the first, as far as whole ties fit
        found["rank"][rows] = better + 1
        found["tier"][rows] = np.select(
            [(own >= 8500) & (with_ties <= count * 20 // 100), (own >= 7500) & (with_ties <= count * 50 // 100),
             own >= 6000],
            [0, 1, 2], 3,
        )  # fmt: skip
        found["bottom"][rows] = (count - with_ties < 2) & (behind_then < 2)
    return found


def wrong(found: Answers, expected: Answers) -> int:
    """Of how many entities any number differs."""
    differs = np.zeros(len(expected["total"]), np.bool_)
    for name, values in expected.items():
        differs |= np.asarray(found[name]) != values
    return int(differs.sum())


def compare(
    engines: Sequence[Engine], asked: Given, *, ranked: bool, rounds: int
) -> tuple[list[Finding], list[str]]:  # fmt: skip
    """Of each engine, and of those that are left out, why. The engines take turns."""
    expected = answers(asked, ranked=ranked)
    prepared: list[tuple[Engine, Runner, int]] = []
    left = []
    for engine in engines:
        try:
            runner = engine.prepare(asked, ranked)
        except ImportError as missing:
            left.append(f"{engine.name}: {missing}")
            continue
        if runner is not None:
            prepared.append((engine, runner, wrong(runner.read(runner.run()), expected)))
    times: list[list[tuple[float, float]]] = [[] for _ in prepared]
    for turn in range(rounds):
        for number, (engine, runner, _) in enumerate(prepared):
            if turn >= 3 and not engine.exact:
                continue  # of these it matters more how many are wrong
            gc.collect()
            times[number].append(_timed(runner.run))
    found = []
    for (engine, _, off), own in zip(prepared, times, strict=True):
        seconds, processor = (statistics.median(one[which] for one in own) for which in (0, 1))
        size = (asked.entities, asked.targets)
        found.append(Finding(engine.name, *size, ranked, seconds, processor, off))
    return found, left


def _timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Of few entities it runs so often that a clock can tell."""
    count, seconds = 1, 0.0
    while True:
        start, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            run()
        seconds, used = time.perf_counter() - start, time.process_time() - processor
        if seconds > 0.01 or count >= 1000:
            return seconds / count, used / count
        count *= 10
