"""`python -m histories [--every N]`: all histories, or every Nth; how many were compared, and what differed."""

import argparse
import sys
from itertools import islice

from histories.cases import FAMILIES, Family
from histories.compare import Tally, Years, compare

_BATCH = 2000


def main() -> int:
    parser = argparse.ArgumentParser(prog="histories", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth history of each family")
    every = parser.parse_args().every
    whole = Tally()
    for family in FAMILIES:
        tally = of_family(family, every)
        whole += tally
        print(f"{family.name}: {tally}", flush=True)
    print(f"all: {whole}")
    return 1 if whole.mismatches else 0


def of_family(family: Family, every: int) -> Tally:
    tally, known = Tally(), Years()
    chosen = islice(family.histories(), 0, None, every)
    while batch := tuple(islice(chosen, _BATCH)):
        tally += compare(batch, known)
    return tally


if __name__ == "__main__":
    sys.exit(main())
