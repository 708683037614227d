"""`python -m faulty [--written N] [--places N]`: makes the corpus, and says what the prover finds in it."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator

import assessdsl
from faulty.faults import Faulty, faulty
from faulty.good import good_policies
from faulty.tally import WRONG, Tally, kept, outcome


def corpus(written: int, places: int) -> Iterator[Faulty]:
    """Each text once: written: how many policies of each writer; places: how many of each fault in each policy."""
    seen: set[str] = set()
    for name, text in good_policies(written):
        for one in faulty(name, text, assessdsl.loads(text), places):
            if one.bad not in seen:
                seen.add(one.bad)
                yield one


def main() -> int:
    parser = argparse.ArgumentParser(prog="faulty", description=__doc__)
    parser.add_argument("--written", type=int, default=8, metavar="N", help="policies from each of two writers")
    parser.add_argument("--places", type=int, default=2, metavar="N", help="of each fault in each policy")
    parser.add_argument("--only", default="", metavar="TEXT", help="faults whose name holds this text")
    asked = parser.parse_args()
    tally, good = Tally(Counter()), set[str]()
    for one in corpus(asked.written, asked.places):
        if asked.only not in one.fault:
            continue
        what = outcome(one)
        tally.found[one.fault, what] += 1
        if kept(one.good):
            good.add(one.good)
        if what in WRONG:
            print(f"{what}: {one.fault}, in {one.of}\n{one.bad}", flush=True)
    print(tally)
    print(
        f"{len(good)} good policies proved to keep what they claim; of {tally.of('refuted', *WRONG)} with a fault "
        f"{tally.of('refuted')} refuted and replayed; {tally.of('refused')} more refused before they can be scored"
    )
    return 1 if tally.of(*WRONG) else 0


if __name__ == "__main__":
    sys.exit(main())
