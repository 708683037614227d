"""Rows that the columns leave open, by the exact engine: as many at a time as make a fair table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from attrs import evolve, frozen

from assessdsl.backends.assemble import Assembly
from assessdsl.backends.columnar.inputs import FORFEITED
from assessdsl.backends.columnar.together import waiting
from assessdsl.backends.columns import Columns, Value
from assessdsl.backends.exact import run, run_again
from assessdsl.backends.prepared_inputs import Record, as_facts, as_records
from assessdsl.binding import bind
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import MISSING, Dataset
from assessdsl.plan.steps import ENTITY, Grain, Plan
from assessdsl.plan.walk import inputs
from assessdsl.source import Cell

TOGETHER: Final = 500

Given = Mapping[str, Any]
Tables = Mapping[str, Sequence[tuple[Record, Cell]]]
Entity = tuple[str, Given, Tables, Cell]
"""Its name, its inputs, rows of tables that are about it, each with its place, and its own place."""


@frozen(eq=False)
class Exactly:
    """Some entities, as the exact engine has them, without what all entities decide together."""

    plan: Plan
    dataset: Dataset
    columns: Columns
    wrong: tuple[Diagnostic, ...] = ()  # with the data

    def obstacles(self) -> list[Diagnostic]:
        """Why the entities have no scores."""
        assembly = Assembly(self.plan, self.dataset, self.columns, None)
        rows = range(len(self.dataset.entities))
        return [*self.wrong, *(remark for row in rows for remark in assembly.obstacles(row))]

    def value(self, id: int, entity: int) -> Value:
        """The value of a step for an entity; of its one item, if the step has a value of items."""
        grain = self.columns.grains[id]
        if grain.kind != "target":
            return self.columns.at(id, ENTITY)[entity]
        values = self.values(id, grain, entity)
        return values[0] if len(values) == 1 else MISSING

    def values(self, id: int, grain: Grain, entity: int) -> list[Value]:
        """The values of a step for all that an entity has of a grain."""
        above = self.columns.layout.parents(grain, ENTITY)
        return [value for value, own in zip(self.columns.at(id, grain), above, strict=True) if own == entity]

    def again(self, given: Mapping[int, Sequence[Value]]) -> "Exactly":
        """As it is with the values of some steps, which all entities decide."""
        if not given:
            return self
        anew: set[int] = set()
        for step in self.plan.steps:
            if step.id not in given and not {*given, *anew}.isdisjoint(inputs(step.operation)):
                anew.add(step.id)
        return evolve(self, columns=run_again(self.plan, self.dataset, self.columns, given, anew))


def exactly(plan: Plan, language: str, entities: Iterable[Entity], common: Given) -> Iterator[Exactly]:
    """The entities, with what is common to all."""
    outputs = plan.outputs
    of_all = waiting(plan, ())
    own = tuple(finding for finding in outputs.findings if finding.step not in of_all)
    alone = evolve(plan, outputs=evolve(outputs, rank=None, tier=None, findings=own))
    schema = evolve(plan.schema, required_columns=(), removal_forbidden=False)
    rest = iter(entities)
    while some := list(islice(rest, TOGETHER)):
        tables = {"benchmarks": [(record, Cell("common", 1)) for record in _benchmarks(common)]}
        for name, given, more, place in some:
            for table, records in as_records(plan.schema, given, language).items():
                tables.setdefault(table, []).extend((_of(record, name), place) for record in records)
            for table, rows in more.items():
                tables.setdefault(table, []).extend(({**row, "entity": name}, own) for row, own in rows)
        bound = bind(schema, as_facts(_as_frozen(tables), language))
        wrong = tuple(remark for remark in bound.diagnostics if remark.is_error)
        dataset = Dataset((), {}, {}, {}) if wrong else bound.dataset
        yield Exactly(alone, dataset, run(alone, dataset), wrong)


def unlooked(rows: int, kept: int) -> Iterator[Diagnostic]:
    """How many rows are left where so many mistakes were found that no more are looked for."""
    if rows > 0:
        yield Diagnostic("AS5420", arguments={"count": str(rows), "kept": str(kept)})


def _benchmarks(common: Given) -> Iterator[dict[str, Any]]:
    for name, value in common.items():
        if isinstance(value, Mapping):
            yield from ({"name": name, "value": one, "period": str(year)} for year, one in value.items())
        else:
            yield {"name": name, "value": value}


def _as_frozen(tables: Tables) -> Tables:
    """Where targets say whether they were taken out, all as they were frozen, beside those that still stand."""
    targets = tables.get("targets", [])
    if not any(FORFEITED in target for target, _ in targets):
        return tables
    frozen = [
        ({name: value for name, value in target.items() if name != FORFEITED}, place) for target, place in targets
    ]
    present = [now for now, (target, _) in zip(frozen, targets, strict=True) if not target.get(FORFEITED)]
    return {**tables, "frozen": frozen, "targets": present}


def _of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """The record under the entity's name; no two entities have a target of one name."""
    own = {**record, "entity": name} if "entity" in record else record
    return {**own, "target": f"{name} · {own['target']}"} if "target" in own else own
