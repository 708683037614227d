"""`python -m agreement [--cases 100000] [--seed 1]`: the engines beside the exact one. A case is one entity.

Fails where an engine gives another number, crashes, refuses what it is not declared to refuse, or no longer refuses
what it is. Interrupted, it tells what it has tried; with `--tally FILE` it goes on from there.
"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from agreement.engines import ENGINES
from agreement.forms import FORMS
from agreement.tally import Asked, Tally, keep, kept, tried

ENTITIES = 250  # that one policy is made for


def agreement(cases: int, first: int, asked: Asked, processes: int = 1, file: Path | None = None) -> Tally:
    """Stops early when it is interrupted, with what was tried; with a file, goes on from what that holds."""
    tally, seed = (file and kept(file, asked)) or (Tally(), first)
    with suppress(KeyboardInterrupt):
        for found in _seeds(partial(tried, asked=asked), seed, processes, lambda: tally.of("cases") >= cases):
            tally.add(found)
            seed += 1
            if file is not None:
                keep(file, asked, tally, seed)
    return tally


def _seeds(run: Callable[[int], Tally], seed: int, processes: int, enough: Callable[[], bool]) -> Iterator[Tally]:
    if processes == 1:
        while not enough():
            yield run(seed)
            seed += 1
        return
    with ProcessPoolExecutor(processes) as pool:
        while not enough():
            yield from pool.map(run, range(seed, seed + processes))
            seed += processes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m agreement", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first policies")
    parser.add_argument("--form", action="append", choices=FORMS)
    parser.add_argument("--engine", action="append", choices=list(ENGINES))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--tally", type=Path, metavar="FILE", help="what was tried, written as it goes, and gone on with"
    )
    chosen = parser.parse_args()
    engines = chosen.engine or list(ENGINES)
    asked = (chosen.form or list(FORMS), engines, ENTITIES)
    tally = agreement(chosen.cases, chosen.seed, asked, chosen.processes, chosen.tally)
    print(tally.table(engines))
    cases, half, roundings, halves = map(tally.of, ("cases", "half", "roundings", "halves"))
    shares = f"{halves:,} of {roundings:,} roundings ({halves / max(roundings, 1):.0%})"
    print(f"{cases:,} cases; {shares} and {half / max(cases, 1):.0%} of the cases half-way; {tally.seconds:.0f} s")
    print("of each engine: cases in which it agrees with the exact one (of these, on the way that it is made for)")
    faults = [*tally.faults[:20], *tally.gaps()]
    print("\n".join(faults) or "no number differs")
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
