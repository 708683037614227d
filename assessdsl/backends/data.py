"""The values that a plan loads from the data. What is not there is missing, and says what it is and where it is not."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final, assert_never

from attrs import evolve

from assessdsl.backends.columns import Layout, Value
from assessdsl.facts import Dataset, Datum, EntityRecord, Item, Missing, PastResult, Scalar, own
from assessdsl.plan.steps import Grain, Load, Plan
from assessdsl.source import Cell
from assessdsl.vocabulary import vocabulary


def load(plan: Plan, dataset: Dataset, operation: Load, grain: Grain) -> list[Value]:
    """The values for the rows of a grain."""
    if operation.source in OF_ITEMS:
        items = dataset.items.get(grain.indicator, ())
        return load_of(plan, operation, items, fields_of(items, operation.offset))
    name = operation.name
    match operation.source:
        case "entity" if name == "group":
            return [entity.group for entity in dataset.entities]
        case "entity":
            shown = _shown(name, operation.offset, plan.language)
            return [
                _value(_of_year(entity.facts, entity.past, operation).get(name), shown, entity.cell)
                for entity in dataset.entities
            ]
        case "sample":
            return [_value(entity.samples.get(name), name, entity.cell) for entity in dataset.entities]
        case "benchmark":
            data = _of_year(dataset.benchmarks, dataset.past_benchmarks, operation)
            return [_value(data.get(name), _shown(name, operation.offset, plan.language), None)]
        case "history":
            find = history(plan, dataset, operation.offset)
            shown = _shown(_spelling(name, plan.language), operation.offset, plan.language)
            peers = {group: len(rows) for group, rows in ranked_then(plan, dataset, operation.offset, name).items()}
            return [_published(find(entity), name, shown, peers) for entity in dataset.entities]
        case _:
            raise AssertionError(operation)


OF_ITEMS: Final = frozenset({"target", "entry", "tag"})


def fields_of(items: Sequence[Item], years: int) -> list[Mapping[str, Datum]]:
    """What is known of each item of so many years ago."""
    return [item.past.get(years, {}) for item in items] if years else [item.fields for item in items]


def load_of(plan: Plan, operation: Load, items: Sequence[Item], fields: Sequence[Mapping[str, Datum]]) -> list[Value]:
    """The values of items, of which this is known, or of their entries."""
    name, shown = operation.name, _spelling(operation.name, plan.language)
    match operation.source:
        case "target":
            shown = _shown(shown, operation.offset, plan.language)
            return [_value(own.get(name), shown, item.cell) for own, item in zip(fields, items, strict=True)]
        case "entry":
            return [_value(entry.get(name), shown, item.cell) for item in items for entry in item.entries]
        case "tag":
            return [name in item.tags for item in items]
        case _:
            raise AssertionError(operation)


def cell_of(dataset: Dataset, layout: Layout, operation: Load, grain: Grain, row: int) -> Cell | None:
    """Where the value of one row stands, or the row of the table in which it is not there."""
    above: Cell | None = None
    data: Mapping[str, Datum] = {}
    match operation.source:
        case "target" | "tag":
            item = dataset.items[grain.indicator][row]
            above, data = item.cell, _of_year(item.fields, item.past, operation)
        case "entry":
            number = layout.item_of[grain.indicator][row]
            item = dataset.items[grain.indicator][number]
            above, data = item.cell, item.entries[row - bisect_left(layout.item_of[grain.indicator], number)]
        case "entity":
            entity = dataset.entities[row]
            above, data = entity.cell, _of_year(entity.facts, entity.past, operation)
        case "sample":
            above, data = dataset.entities[row].cell, dataset.entities[row].samples
        case "benchmark":
            data = _of_year(dataset.benchmarks, dataset.past_benchmarks, operation)
        case "history":
            pass
        case _:
            assert_never(operation.source)
    datum = data.get(operation.name)
    return datum.cell if datum is not None and datum.cell is not None else above


def _of_year(present: Mapping[str, Datum], past: Mapping[int, Mapping[str, Datum]], load: Load) -> Mapping[str, Datum]:
    return past.get(load.offset, {}) if load.offset else present


def _shown(name: str, years: int, language: str) -> str:
    """What was asked for, as the policy's author writes it."""
    if not years:
        return name
    label = f", {vocabulary().get('label', 'years').spelling(language)}: {years}" if years > 1 else ""
    return f"{vocabulary().get('function', 'previous').spelling(language)}({name}{label})"


def history(plan: Plan, dataset: Dataset, offset: int) -> Callable[[EntityRecord], PastResult | None]:
    """Finds the published result of an entity so many years ago, under its own name or that of its predecessor."""
    published: Mapping[str, PastResult] = {
        row.entity: row for row in dataset.history.get(plan.schema.period.year - offset, ())
    }

    return lambda entity: own(entity.entity, entity.generations, published)


def ranked_then(plan: Plan, dataset: Dataset, offset: int, peers: str) -> Mapping[str, list[tuple[str, Fraction]]]:
    """The entities that had a published rank so many years ago, with it, by group; `peers`: all together, under ""."""
    found: dict[str, list[tuple[str, Fraction]]] = {}
    for row in dataset.history.get(plan.schema.period.year - offset, ()):
        if isinstance(row.rank, Fraction):
            found.setdefault("" if peers == "peers" else row.group, []).append((row.entity, row.rank))
    return found


def _published(row: PastResult | None, name: str, shown: str, peers: Mapping[str, int]) -> Value:
    """What was published of an entity, or among how many it was ranked."""
    if row is None:
        return Missing(name=shown)
    value: Scalar
    match name:
        case "total":
            value = row.total
        case "rank":
            value = row.rank
        case "tier":
            value = row.tier
        case "group":
            value = row.group or Missing()
        case _:
            value = row.rank if isinstance(row.rank, Missing) else Fraction(peers[row.group if "group" in name else ""])
    return Missing(row.cell, shown) if isinstance(value, Missing) else value


def _value(datum: Datum | None, name: str, row: Cell | None) -> Value:
    if datum is None:
        return Missing(row, name)
    if isinstance(datum.value, Missing):
        return evolve(datum.value, cell=datum.value.cell or datum.cell or row, name=name)
    return datum.value


def _spelling(name: str, language: str) -> str:
    """A word of the language as the policy's author writes it."""
    word = vocabulary().words.get(("name", name))
    return word.spelling(language) if word else name
