"""`python -m drills [--quick] [NAME …]`: puts registers through what may happen to them, and says what was seen."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from drills.full import full
from drills.kills import kills
from drills.life import lives
from drills.tampering import flipped, table, tampered
from drills.writers import writers

# Name, drill, how often in the longer form and in the quick one.
DRILLS: tuple[tuple[str, Callable[[Path, int], str], int, int], ...] = (
    ("kills", kills, 2000, 10),
    ("full", full, 500, 15),
    ("writers", writers, 150, 4),
    ("tampered", tampered, 100_000, 60),
    ("flipped", flipped, 20_000, 60),
    ("lives", lives, 1000, 3),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few of each")
    parser.add_argument("--count", type=int, help="how often, instead")
    parser.add_argument("--folder", help="on the disk that is to be tried")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*(name for name, *_ in DRILLS), "attacks"]))
    chosen = parser.parse_args()
    if "attacks" in chosen.names or not chosen.names:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            for row in table(Path(folder)):
                print("| " + " | ".join(row) + " |", flush=True)
    for name, drill, often, quick in DRILLS:
        if chosen.names and name not in chosen.names:
            continue
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            start = time.monotonic()
            said = drill(Path(folder), chosen.count or (quick if chosen.quick else often))
            print(f"{name}: {said} ({time.monotonic() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
