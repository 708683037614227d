"""What was tried and what came of it: added up over seeds, and kept in a file, so that a long run can go on."""

import json
import os
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from agreement.engines import ENGINES, EVERY, Refused
from agreement.gaps import GAPS
from agreement.made import Made, made

Asked = tuple[Sequence[str], Sequence[str], int]  # forms, engines, entities that each policy is made for
_ENOUGH: Final = 1_000  # cases, of which some are refused where an engine refuses few policies
_MOST_FAULTS: Final = 1_000  # that are kept


@define
class Tally:
    """`counts`: by form, engine and what is counted: `tried`, and of these `agreed`, `quick` (on the way that the
    engine is made for), `refused`, `crashed`; without an engine `cases`, `half`, `roundings` and `halves`."""

    counts: Counter[tuple[str, str, str]] = field(factory=Counter)
    faults: list[str] = field(factory=list)  # other numbers, and crashes
    seconds: float = 0.0  # of the processor

    def of(self, what: str, form: str | None = None, engine: str = "") -> int:
        """The count, of all forms if none is named."""
        return sum(count for key, count in self.counts.items() if key[1:] == (engine, what) and form in (None, key[0]))

    def add(self, other: "Tally") -> None:
        self.counts += other.counts
        self.faults = [*self.faults, *other.faults][:_MOST_FAULTS]
        self.seconds += other.seconds

    def hold(self, form: str, seed: int, case: Made, engine: str) -> None:
        """Holds the answers of the engine against the exact ones."""
        count = len(case.answers)
        self.counts[form, engine, "tried"] += count
        try:
            given = ENGINES[engine](case)
        except Refused:
            self.counts[form, engine, "refused"] += count
            return
        except Exception as error:  # whatever it is, the run goes on
            self.counts[form, engine, "crashed"] += count
            self.faults.append(f"{engine}, {form}, seed {seed}: {_told(error)}")
            return
        self.counts[form, engine, "quick"] += given.quick
        for row, (answer, own) in enumerate(zip(case.answers, given.answers, strict=True)):
            if own is not None and any(one not in (None, other) for one, other in zip(own, answer, strict=True)):
                entity = case.dataset.entities[row].entity
                shown = [str(one) for one in own], [str(one) for one in answer]
                self.faults.append(f"{engine}, {form}, seed {seed}, {entity}: {shown[0]}, not {shown[1]}")
            else:
                self.counts[form, engine, "agreed"] += 1

    def gaps(self) -> list[str]:
        """Where refusals are other than declared."""
        found = []
        for (form, name, what), tried in self.counts.items():
            if what != "tried":
                continue
            declared, refused = GAPS.get((form, name)), self.counts[form, name, "refused"]
            if refused and declared is None:
                found.append(f"{name} refuses {form}, and is not declared to")
            if declared == "all" and refused < tried:
                found.append(f"{name} no longer refuses {form}: take the gap out of the table")
            if not refused and (declared == "some" or (declared == "few" and tried >= _ENOUGH)):
                found.append(f"{name} refused no policy of {form}: take the gap out of the table")
        return found

    def table(self, engines: Sequence[str]) -> str:
        rows = [["form", "cases", "half-way", *engines]]
        for form in dict.fromkeys(form for form, *_ in self.counts):
            cases, half = self.of("cases", form), self.of("half", form)
            rows.append(
                [form, f"{cases:,}", f"{half / max(cases, 1):.0%}", *(self._cell(form, one) for one in engines)]
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join(line.rstrip() for line in lines)

    def _cell(self, form: str, engine: str) -> str:
        agreed, quick, refused = (self.of(what, form, engine) for what in ("agreed", "quick", "refused"))
        return f"{agreed:,} ({quick:,})" + (f", refused {refused:,}" if refused else "")


def tried(seed: int, asked: Asked, every: Mapping[str, int] = EVERY) -> Tally:
    """The policies of a seed, one of each form. `every`: by engine, of how many seeds it is asked one."""
    forms, engines, entities = asked
    tally = Tally()
    start = time.process_time()
    for form in forms:
        try:
            case = made(form, seed, entities)
        except Exception as error:
            tally.faults.append(f"the exact engine, {form}, seed {seed}: {_told(error)}")
            continue
        counts = {"cases": len(case.answers), "half": case.half, "roundings": case.roundings, "halves": case.halves}
        for what, count in counts.items():
            tally.counts[form, "", what] += count
        for engine in engines:
            if (seed - 1) % every.get(engine, 1) == 0:
                tally.hold(form, seed, case, engine)
    tally.seconds = time.process_time() - start
    return tally


def _told(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"


# ---------------------------------------------------------------- in a file


def kept(file: Path, asked: Asked) -> tuple[Tally, int] | None:
    """What a file holds, and the seed to go on with; None where there is no file."""
    if not file.exists():
        return None
    held = json.loads(file.read_text("utf-8"))
    if held["asked"] != _plain(asked):
        raise SystemExit(f"{file} is of other forms, engines or entities: {held['asked']}")
    counts = Counter({(form, engine, what): count for form, engine, what, count in held["counts"]})
    return Tally(counts, held["faults"], held["seconds"]), held["next"]


def keep(file: Path, asked: Asked, tally: Tally, next: int) -> None:
    """Never half a file, whenever the run is stopped."""
    counts = [[*key, count] for key, count in tally.counts.items()]
    held = {"asked": _plain(asked), "next": next, "seconds": tally.seconds, "counts": counts, "faults": tally.faults}
    beside = file.with_name(f"{file.name}.new")
    beside.write_text(json.dumps(held, ensure_ascii=False, indent=1), "utf-8")
    os.replace(beside, file)


def _plain(asked: Asked) -> list[Any]:
    forms, engines, entities = asked
    return [list(forms), list(engines), entities]
