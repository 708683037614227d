"""One entity at a time: a workload, and each engine's answers to it counted and timed in one run.

Workload: of each target 0 if `actual < planned × 60 %`, else its share of 100 points by `actual ÷ planned`, at most
all, rounded half up to two places; four components, and the total. A quarter of the targets stands at exactly 60 %, a
quarter half-way between two roundings.

Mappings have the same texts as keys, as those of a program that names its fields, or reads rows of a database; when
`decoded` is asked, each has texts of its own, as decoded JSON has, in which a dictionary finds a key more slowly.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from attrs import frozen

Ask = Literal["totals", "decoded", "indicators", "decimals"]
Given = dict[str, Any]  # i0.planned, i0.actual and so on: whole numbers, or Decimals with one place
COMPONENTS = 4


@frozen
class Scorer:
    """What an engine has prepared. `read` makes hundredths of points of what it gives: total, components, indicators
    if they were asked for. Only `score` is timed."""

    score: Callable[[Given], Any]
    read: Callable[[Any], Sequence[int]]
    native: Callable[[Given], Given] = lambda given: given  # other names, say, where the engine cannot have these


@frozen
class Engine:
    name: str
    prepare: Callable[[int, Ask], Scorer | None]  # None: what is asked, it cannot; ImportError: it is not installed
    slow: bool = False  # answers a tenth of the entities


@frozen
class Finding:
    engine: str
    targets: int
    ask: Ask
    seconds: float
    ratio: float  # of the time to ours
    wrong: int
    entities: int


def entities(count: int, targets: int, ask: Ask) -> list[Given]:
    chance = random.Random(f"{targets} {ask}")
    made = []
    for _ in range(count):
        given: Given = {"group": "county"}
        for number in range(targets):
            planned, actual = _target(chance)
            if ask == "decimals":
                planned, actual = planned.scaleb(-1), actual.scaleb(-1)
            for name, value in (("planned", planned), ("actual", actual)):
                key = f"i{number}.{name}"
                given[key if ask == "decoded" else sys.intern(key)] = value if ask == "decimals" else int(value)
        made.append(given)
    return made


def _target(chance: random.Random) -> tuple[Decimal, Decimal]:
    some = chance.randint(1, 60)
    match chance.randrange(4):
        case 0:
            return Decimal(5 * some), Decimal(3 * some)
        case 1:
            return Decimal(8 * some), Decimal(chance.choice((5, 7)) * some)
        case _:
            return Decimal(7 * some), Decimal(chance.randint(0, 8 * some))


def exactly(given: Given, targets: int, ask: Ask) -> list[int]:
    """The answer, by fractions."""
    points = []
    for number in range(targets):
        planned, actual = Fraction(given[f"i{number}.planned"]), Fraction(given[f"i{number}.actual"])
        share = Fraction(0) if actual < planned * Fraction(60, 100) else min(Fraction(1), actual / planned)
        points.append((share * 100 / targets * 100 + Fraction(1, 2)).__floor__())
    each = targets // COMPONENTS
    components = [sum(points[at : at + each]) for at in range(0, targets, each)]
    return [sum(components), *components, *(points if ask == "indicators" else ())]


def compare(engines: Sequence[Engine], targets: int, ask: Ask, *, quick: bool) -> tuple[list[Finding], list[str]]:
    """Of each engine, and of those that are left out, why. The first engine is what ratios are to."""
    givens = entities(100 if quick else 1000, targets, ask)
    answers = [exactly(given, targets, ask) for given in givens]
    prepared: list[tuple[Engine, Scorer, list[Given], int]] = []
    left = []
    for engine in engines:
        try:
            scorer = engine.prepare(targets, ask)
        except ImportError as missing:
            left.append(f"{engine.name}: {missing}")
            continue
        if scorer is None:
            continue
        own = [scorer.native(given) for given in givens[: len(givens) // 10 if engine.slow else None]]
        pairs = zip(own, answers, strict=False)
        wrong = sum(list(scorer.read(scorer.score(given))) != answer for given, answer in pairs)
        prepared.append((engine, scorer, own, wrong))
    times = _times([(scorer.score, own[:20]) for _, scorer, own, _ in prepared], 7 if quick else 21)
    found = [
        Finding(engine.name, targets, ask, seconds, seconds / times[0], wrong, len(own))
        for (engine, _, own, wrong), seconds in zip(prepared, times, strict=True)
    ]
    return found, left


def _times(scorers: list[tuple[Callable[[Given], Any], list[Given]]], rounds: int) -> list[float]:
    """Medians of the processor time of one call, in seconds, of all threads. The engines take turns."""
    calls = []
    for score, givens in scorers:
        start = time.process_time()
        score(givens[0])
        calls.append(max(1, int(0.01 / max(time.process_time() - start, 1e-6))))
    times: list[list[float]] = [[] for _ in scorers]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for number, ((score, givens), count) in enumerate(zip(scorers, calls, strict=True)):
                batch = [givens[at % len(givens)] for at in range(count)]
                start = time.process_time()
                for given in batch:
                    score(given)
                times[number].append((time.process_time() - start) / count)
    finally:
        gc.enable()
    return [statistics.median(own) for own in times]
