"""Why a finding is undetermined: what is not known of its entity, of which year, and for what reason."""

from collections.abc import Callable, Iterator

from assessdsl.backends.columns import Value
from assessdsl.facts import Dataset, EntityRecord, Missing, own
from assessdsl.plan.steps import Aggregate, Load, Plan, Rank
from assessdsl.plan.walk import inputs
from assessdsl.result import Unknown, UnknownReason


def unknowns(
    plan: Plan, dataset: Dataset, conditions: tuple[int, ...], row: int, value: Callable[[int, int], Value]
) -> tuple[Unknown, ...]:
    """What the conditions of an entity are missing for; the latest year first. `value` is that of a step for an entity.

    Of targets nothing is listed: those that are not known are cited. What peers lack is not looked for.
    """
    found: set[Unknown] = set()
    waiting, seen = list(conditions), set(conditions)
    while waiting:
        step = plan.steps[waiting.pop()]
        if step.grain.indicator or not isinstance(value(step.id, row), Missing):
            continue
        found.update(_unknown(plan, dataset, step.operation, dataset.entities[row]))
        if not isinstance(step.operation, Aggregate):
            fresh = [id for id in inputs(step.operation) if id not in seen]
            seen.update(fresh)
            waiting += fresh
    return tuple(sorted(found, key=lambda one: (-one.period, one.name)))


def _unknown(plan: Plan, dataset: Dataset, operation: object, entity: EntityRecord) -> Iterator[Unknown]:
    year = plan.schema.period.year
    match operation:
        case Load("history", name, offset):
            name = "rank" if name.startswith("peers") else name
            yield Unknown(name, year - offset, _reason(dataset, year - offset, entity))
        case Rank(offset=offset) if offset:
            yield Unknown("rank", year - offset, _reason(dataset, year - offset, entity))
        case Load("entity" | "sample" | "benchmark", name, offset):
            yield Unknown(name, year - offset, "not_reported")


def _reason(dataset: Dataset, year: int, entity: EntityRecord) -> UnknownReason:
    """Why nothing of a year's results is the entity's own, as facts.own decides it."""
    published = {past.entity: past for past in dataset.history.get(year, ())}
    names = (entity.entity, *entity.predecessors)
    held = [name for name in names if name in published]
    if not held:
        return "not_assessed"
    if own(entity.entity, entity.generations, published) is not None:
        return "not_published"
    return (
        "two_results"
        if entity.entity in held or all(len(names) == 1 for names in entity.generations)
        else "several_predecessors"
    )
