"""Many entities at once: a workload in columns, the answers to it, and engines timed on it in one run.

Workload: that of `single`, and with `ranked` the rank by total within the group, two tiers with quotas and two without,
and whether an entity is among the last two of its group this year and was the year before. A quarter of the targets
stands at exactly 60 %, a quarter half-way between two roundings; the last entities have amounts for which the quotients
stand on either side of 2^53; totals tie often. One in a thousand had nothing done, and was among the last before.
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
LEAST: Final = 3  # rounds, of the slowest too


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


# total, c0 to c3 in hundredths of points; with places also rank, tier (a number) and bottom (0 or 1)
Answers = dict[str, Array]


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
    """Of one run, in seconds: medians by the clock, and of the processors, all threads."""

    engine: str
    entities: int
    targets: int
    ranked: bool
    seconds: float
    middle: tuple[float, float]  # between which half of the rounds were, by the clock
    processor: float
    rounds: int
    wrong: int


def given(entities: int, targets: int) -> Given:
    """The same for the same size. The quotients of more than 100 targets would go beyond 64 bits at the edge: there is
    none."""
    chance = np.random.default_rng([entities, targets])
    edge = (np.arange(entities) >= entities - max(1, entities // EDGE)) & (targets <= 100)
    idle = np.arange(entities) % EDGE == EDGE // 2
    group = chance.integers(0, GROUPS, entities)
    planned, actual = [], []
    for _ in range(targets):
        p, a = _target(chance, entities)
        # 100 points are 10,000 hundredths: of the quotient (2 × points × a + p) ÷ 2p the numerator is what grows
        factor = np.where(edge, 2**53 // (2 * 10_000 // targets * 100), 1) + np.where(edge, _small(chance, entities), 0)
        planned.append(p * factor)
        actual.append(np.where(idle, 0, a * factor + np.where(edge, _small(chance, entities), 0)))
    before = np.where(idle, -1, chance.integers(0, 5000, entities))
    return Given(tuple(planned), tuple(actual), group, _ranks(before, group))


def _small(chance: np.random.Generator, count: int) -> Array:
    return chance.integers(0, 3, count)


def _target(chance: np.random.Generator, count: int) -> tuple[Array, Array]:
    some, kind = chance.integers(1, 61, count), chance.integers(0, 4, count)
    half = np.where(chance.integers(0, 2, count) == 0, 5, 7) * some
    any_actual = (chance.random(count) * (8 * some + 1)).astype(np.int64)
    planned = np.array([5, 8, 7, 7]).take(kind) * some
    return planned, np.where(kind == 0, 3 * some, np.where(kind == 1, half, any_actual))


def _ranks(totals: Array, group: Array) -> Array:
    ranks = np.empty_like(totals)
    for number in range(GROUPS):
        of = group == number
        ordered = np.sort(totals[of])
        ranks[of] = 1 + of.sum() - np.searchsorted(ordered, totals[of], side="right")
    return ranks


def scores(asked: Given) -> Answers:
    """By whole numbers, a column at a time."""
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
    return found


def answers(asked: Given) -> Answers:
    """The scores, and the places by them."""
    found = scores(asked)
    return found | placed(found["total"], asked.group, asked.before)


def placed(totals: Array, groups: Array, earlier: Array) -> Answers:
    """By definition."""
    found = {name: np.zeros(len(totals), np.int64) for name in ("rank", "tier", "bottom")}
    for group in range(GROUPS):
        rows = np.flatnonzero(groups == group)
        own, before, count = totals[rows], earlier[rows], len(rows)
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
    engines: Sequence[Engine], asked: Given, expected: Answers, *, rounds: int, seconds: float
) -> tuple[list[Finding], list[str]]:
    """Of each engine, and of those that are left out, why. Asked is what is expected.

    The engines take turns. One that is too slow to have every turn in so many seconds has fewer, but LEAST at least,
    spread over the run.
    """
    ranked = "rank" in expected
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
    times = [[_timed(runner)] for _, runner, _ in prepared]
    turns = [_turns(own[0].whole, rounds, seconds) for own in times]
    for turn in range(1, rounds):
        for (_, runner, _), own, at in zip(prepared, times, turns, strict=True):
            if turn in at:
                own.append(_timed(runner))
    found = []
    for (engine, _, off), own in zip(prepared, times, strict=True):
        clock = sorted(one.clock for one in own)
        middle = clock[len(clock) // 4], clock[-1 - len(clock) // 4]
        processor = statistics.median(one.processor for one in own)
        size = (asked.entities, asked.targets)
        found.append(Finding(engine.name, *size, ranked, statistics.median(clock), middle, processor, len(own), off))
    return found, left


@frozen
class _Time:
    """Of one run, in seconds; `whole` is what it took to measure it."""

    clock: float
    processor: float
    whole: float


def _turns(one: float, rounds: int, seconds: float) -> set[int]:
    """In which rounds after the first an engine has a turn that takes so long."""
    count = min(rounds, max(LEAST, int(seconds / one))) - 1
    return {1 + at * (rounds - 1) // count for at in range(count)} if count > 0 else set()


def _timed(runner: Runner) -> _Time:
    """The run before is not timed: it pays for what another engine left in the caches and in the memory's allocator.
    Of few entities it runs so often that a clock can tell."""
    gc.collect()
    first = time.perf_counter()
    runner.run()
    count = 1
    while True:
        start, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            runner.run()
        end, used = time.perf_counter(), time.process_time() - processor
        if end - start > 0.01 or count >= 1000:
            return _Time((end - start) / count, used / count, end - first)
        count *= 10
