"""`python -m agreement [--cases 100000] [--seed 1]`: the engines beside the exact one. A case is one entity.

Fails where an engine gives another number, refuses what it is not declared to refuse, or no longer refuses what it is.
Interrupted, it tells what it has tried.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from attrs import define, field

from agreement.engines import ENGINES, Refused
from agreement.forms import FORMS
from agreement.gaps import GAPS
from agreement.made import Made, made

ENTITIES = 250  # that one policy is made for


@define
class Tally:
    cases: Counter[str] = field(factory=Counter)  # by form
    half: Counter[str] = field(factory=Counter)
    roundings: int = 0
    halves: int = 0
    agreed: Counter[tuple[str, str]] = field(factory=Counter)  # by form and engine
    quick: Counter[tuple[str, str]] = field(factory=Counter)
    refused: Counter[tuple[str, str]] = field(factory=Counter)
    wrong: list[str] = field(factory=list)

    def add(self, form: str, seed: int, case: Made, engines: Sequence[str]) -> None:
        self.cases[form] += len(case.answers)
        self.half[form] += case.half
        self.roundings += case.roundings
        self.halves += case.halves
        for name in engines:
            try:
                given = ENGINES[name](case)
            except Refused:
                self.refused[form, name] += len(case.answers)
                continue
            self.quick[form, name] += given.quick
            for row, (answer, own) in enumerate(zip(case.answers, given.answers, strict=True)):
                if own is not None and any(one not in (None, other) for one, other in zip(own, answer, strict=True)):
                    entity = case.dataset.entities[row].entity
                    self.wrong.append(f"{name}, {form}, seed {seed}, {entity}: {own}, not {answer}")
                else:
                    self.agreed[form, name] += 1

    def gaps(self, engines: Sequence[str]) -> list[str]:
        """Where refusals are other than declared."""
        found = []
        for form in self.cases:
            for name in engines:
                declared, refused = GAPS.get((form, name)), self.refused[form, name]
                if refused and declared is None:
                    found.append(f"{name} refuses {form}, and is not declared to")
                if declared == "all" and refused < self.cases[form]:
                    found.append(f"{name} no longer refuses {form}: take the gap out of the table")
                if declared == "some" and not refused:
                    found.append(f"{name} refused no policy of {form}: take the gap out of the table")
        return found

    def table(self, engines: Sequence[str]) -> str:
        rows = [["form", "cases", "half-way", *engines]]
        for form, count in self.cases.items():
            row = [form, f"{count:,}", f"{self.half[form] / max(count, 1):.0%}"]
            for name in engines:
                refused, quick = self.refused[form, name], self.quick[form, name]
                row.append(f"{self.agreed[form, name]:,} ({quick:,})" + (f", refused {refused:,}" if refused else ""))
            rows.append(row)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def agreement(cases: int, first: int, forms: Sequence[str], engines: Sequence[str], entities: int = ENTITIES) -> Tally:
    """Stops early when it is interrupted, with what was tried."""
    tally = Tally()
    seed = first
    with suppress(KeyboardInterrupt):
        while sum(tally.cases.values()) < cases:
            for form in forms:
                tally.add(form, seed, made(form, seed, entities), engines)
            seed += 1
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m agreement", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first policies")
    parser.add_argument("--form", action="append", choices=FORMS)
    parser.add_argument("--engine", action="append", choices=list(ENGINES))
    chosen = parser.parse_args()
    engines = chosen.engine or list(ENGINES)
    start = time.process_time()
    tally = agreement(chosen.cases, chosen.seed, chosen.form or list(FORMS), engines)
    print(tally.table(engines))
    cases = sum(tally.cases.values())
    half = sum(tally.half.values())
    roundings = f"{tally.halves:,} of {tally.roundings:,} roundings ({tally.halves / tally.roundings:.0%})"
    seconds = time.process_time() - start
    print(f"{cases:,} cases; {roundings} and {half / cases:.0%} of the cases half-way; {seconds:.0f} s")
    print("of each engine: cases in which it agrees with the exact one (of these, on the way that it is made for)")
    faults = [*tally.wrong[:20], *tally.gaps(engines)]
    print("\n".join(faults) or "no number differs")
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
