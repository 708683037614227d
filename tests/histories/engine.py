"""Many histories at once through the plan: each is a group of its own, or two, in one assessment."""

from collections.abc import Sequence
from fractions import Fraction

from attrs import evolve

from assessdsl import loads
from assessdsl.backends import run
from assessdsl.backends.columns import Fault
from assessdsl.facts import MISSING, Dataset, Datum, EntityRecord, Item, Missing, PastResult
from assessdsl.fairness.plain_years import Answer, Year
from assessdsl.plan.steps import Plan
from histories.cases import History
from histories.rules import RULES

YEAR = 2022


def policy(groups: Sequence[str] = ("g",)) -> str:
    findings = "\n".join(f'    finding {name} "{name}" when {rule.policy}' for name, rule in RULES.items())
    listed = "\n".join(f'  group {group} "{group}"' for group in groups)
    return f"""\
policy histories "Histories" {{
  period {YEAR}
  full 100 points
{listed}
  fact score number missing error
  component all "All" {{ points 100 points
    indicator score_points "Score" {{ points 100 points; score score * 1% }} }}
  rank by total within group ties shared
  accountability {{
{findings}
  }}
}}
"""


PLAN: Plan = loads(policy()).plan


def answers(histories: Sequence[History]) -> list[dict[str, dict[str, Answer]]]:
    """Of each history, by entity and rule."""
    groups: dict[str, None] = {}
    records: list[EntityRecord] = []
    past: dict[int, list[PastResult]] = {YEAR - 1: [], YEAR - 2: []}
    for number, history in enumerate(histories):
        start = f"{number}."
        for entity, (group, rank) in history.now.items():
            groups[start + group] = None
            lineage = tuple(tuple(start + name for name in names) for names in history.lineage.get(entity, ()))
            records.append(
                EntityRecord(
                    start + entity,
                    "",
                    start + group,
                    {"score": Datum(Fraction(100 - (rank or 0)))},
                    predecessors=tuple(name for names in lineage for name in names),
                    lineage=lineage,
                )
            )
        for offset, year in enumerate(history.past, 1):
            past[YEAR - offset] += _results(start, year)
    plan = evolve(PLAN, groups=tuple((group, "") for group in groups))
    items = tuple(Item(row, "", {}) for row in range(len(records)))
    results = {year: tuple(rows) for year, rows in past.items()}
    columns = run(plan, Dataset(tuple(records), {"score_points": items}, {}, results))
    found: list[dict[str, dict[str, Answer]]] = [{} for _ in histories]
    steps = [(finding.name, columns.values[finding.step]) for finding in plan.outputs.findings]
    for row, record in enumerate(records):
        number, entity = record.entity.split(".", 1)
        found[int(number)][entity] = {name: _answer(values[row]) for name, values in steps}
    return found


def _results(start: str, year: Year) -> list[PastResult]:
    return [
        PastResult(start + body, start + group, MISSING, MISSING if rank is None else Fraction(rank), MISSING)
        for body, (group, rank) in year.items()
    ]


def _answer(value: object) -> Answer:
    assert not isinstance(value, Fault), value
    return None if isinstance(value, Missing) else bool(value)
