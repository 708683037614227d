"""Histories by the engine and by the plain statement."""

from collections.abc import Sequence

from attrs import field, frozen

from assessdsl.fairness.plain_years import Answer, Lineage, Year
from histories.cases import History
from histories.engine import answers
from histories.rules import RULES, asked, of_year


@frozen
class Tally:
    histories: int = 0
    findings: int = 0
    undetermined: int = 0
    mismatches: tuple[str, ...] = field(factory=tuple)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.histories + other.histories,
            self.findings + other.findings,
            self.undetermined + other.undetermined,
            self.mismatches + other.mismatches,
        )

    def __str__(self) -> str:
        counts = f"{self.histories:,} histories, {self.findings:,} findings ({self.undetermined:,} undetermined)"
        return "\n".join([f"{counts}, {len(self.mismatches)} differ", *self.mismatches[:5]])


def compare(histories: Sequence[History], years: "Years") -> Tally:
    found, undetermined, wrong = 0, 0, list[str]()
    for history, given in zip(histories, answers(histories), strict=True):
        for entity in history.now:
            lineage = history.lineage.get(entity, ())
            by_year = [years.of(entity, lineage, year) for year in (history.now, *history.past)]
            for name, rule in RULES.items():
                expected = asked(name, tuple(answer[rule.condition] for answer in by_year))
                found += 1
                undetermined += expected is None
                if given[entity][name] is not expected:
                    wrong.append(f"{name} of {entity}: {given[entity][name]}, not {expected}: {history}")
    return Tally(len(histories), found, undetermined, tuple(wrong))


class Years:
    """The answers of one year, worked out once: the same tables come again and again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Lineage, int], tuple[Year, dict[str, Answer]]] = {}

    def of(self, entity: str, lineage: Lineage, year: Year) -> dict[str, Answer]:
        key = (entity, lineage, id(year))
        if key not in self._known:
            self._known[key] = year, of_year(entity, lineage, year)  # the year is kept, and so its identity
        return self._known[key][1]
