"""Bound tables as frames: a row for each entity, and tables of targets and of what was reported."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import test_conformance
from attrs import frozen

import assessdsl
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.facts import Dataset, Datum, Missing
from assessdsl.quantity import Unit, decimal_places

HUNDREDTHS = {Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP}
_DECIMALS = ("planned", "baseline", "plan_total", "weight", "actual", "sample")


class NotInFrames(Exception):
    """What is given is not to be scored, or has no place in frames."""


@frozen
class Frames:
    entities: pl.DataFrame
    targets: pl.DataFrame
    entries: pl.DataFrame
    common: dict[str, Any]

    @property
    def more(self) -> dict[str, Any]:
        return {"targets": self.targets, "entries": self.entries, "common": self.common}


def framed(given: dict[str, Any]) -> tuple[assessdsl.Policy, assessdsl.Facts, Dataset, Frames]:
    """The policy of a conformance case, and its tables as they are, bound and in frames. Raises NotInFrames."""
    text = test_conformance.source(given)
    checked, _ = assessdsl.check_text(text.name, text.text)
    if checked is None:
        raise NotInFrames("not a policy")
    policy = assessdsl.loads(text.text, text.name)
    try:
        facts = from_records(**test_conformance.tables(given))
    except assessdsl.DataError as error:
        raise NotInFrames("no tables") from error
    bound = bind(policy.plan.schema, facts)
    if any(remark.is_error for remark in bound.diagnostics):
        raise NotInFrames("wrong tables")
    return policy, facts, bound.dataset, frames(policy, bound.dataset)


def frames(policy: assessdsl.Policy, dataset: Dataset) -> Frames:
    """Raises NotInFrames."""
    schema = policy.plan.schema
    units = {fact.name: fact.unit for fact in schema.facts}
    rows: list[dict[str, Any]] = []
    for entity in dataset.entities:
        row: dict[str, Any] = {"entity": entity.entity, **({"group": entity.group} if schema.groups else {})}
        if entity.generations:
            row["successor_of"] = " < ".join("、".join(generation) for generation in entity.generations)
        row |= {
            name: _raw(datum, units.get(name)) for name, datum in entity.facts.items() if name in units or datum.value
        }
        row |= {f"{name}.sample": _raw(datum, Unit.COUNT) for name, datum in entity.samples.items()}
        rows.append(row)
    targets: list[dict[str, Any]] = []
    entries = [
        {
            "entity": entity.entity,
            "fact": name,
            "period": schema.period.year - years,
            "actual": _raw(datum, units[name]),
        }
        for entity in dataset.entities
        for years, past in entity.past.items()
        for name, datum in past.items()
    ]
    for indicator in schema.indicators:
        kinds = {"weight": Unit.NUMBER, "sample": Unit.COUNT}
        for item in dataset.items[indicator.name]:
            about = {"entity": dataset.entities[item.entity].entity, "indicator": indicator.name}
            reported = {key for entry in item.entries for key in entry} if not indicator.many_entries else set()
            fields = {
                name: _raw(datum, kinds.get(name, indicator.unit))
                for name, datum in item.fields.items()
                if name not in {"is_target", "state", *reported}
            }
            if fields["direction"] == indicator.direction:
                del fields["direction"]
            if not fields["forfeited"]:
                del fields["forfeited"]
            if item.target:
                tags = {"tags": "、".join(sorted(item.tags))} if item.tags else {}
                targets.append({"target": item.target, **about, **fields, **tags})
            entries += (
                {"target": item.target or None, **about, "period": schema.period.year - years,
                 "actual": _raw(past["actual"], indicator.unit)}
                for years, past in item.past.items()
            )  # fmt: skip
            for entry in item.entries:
                held = {name: _raw(datum, kinds.get(name, indicator.unit)) for name, datum in entry.items()}
                entries.append({"target": item.target or None, **about, **held})
    common: dict[str, Any] = {}
    for benchmark in schema.benchmarks:
        if benchmark.name in dataset.benchmarks:
            common[benchmark.name] = _raw(dataset.benchmarks[benchmark.name], benchmark.unit)
        for years, past in dataset.past_benchmarks.items():
            if benchmark.name in past:
                now = common.get(benchmark.name)
                by_year = now if isinstance(now, dict) else {} if now is None else {schema.period.year: now}
                by_year[schema.period.year - years] = _raw(past[benchmark.name], benchmark.unit)
                common[benchmark.name] = by_year
    needed = ["target", "entity", "indicator"]
    return Frames(table(rows, ["entity"]), table(targets, needed), table(entries, needed), common)


def _raw(datum: Datum, unit: Unit | None) -> Any:
    """As a program would have it: a number in its unit."""
    if isinstance(datum.value, Fraction):
        return datum.value * 100 if unit in HUNDREDTHS else datum.value
    return None if isinstance(datum.value, Missing) else datum.value


def table(rows: list[dict[str, Any]], needed: list[str]) -> pl.DataFrame:
    names = dict.fromkeys([*needed, *(name for row in rows for name in row)])
    return pl.DataFrame({name: column([row.get(name) for row in rows]) for name in names})


def column(values: list[Any]) -> pl.Series:
    numbers = [value for value in values if isinstance(value, Fraction)]
    if not numbers:
        return pl.Series(values, dtype=None if any(value is not None for value in values) else pl.String)
    places = [decimal_places(value) for value in numbers]
    if None in places:
        raise NotInFrames("no decimal")
    most = max(place for place in places if place is not None)
    whole = [None if value is None else int(value * 10**most) for value in values]
    if not most:
        return pl.Series(whole, dtype=pl.Int64)
    return pl.Series([None if n is None else Decimal(n).scaleb(-most) for n in whole], dtype=pl.Decimal(38, most))


def published(dataset: Dataset) -> pl.DataFrame | None:
    """What was published in earlier years."""
    rows = [(year, row) for year, rows in dataset.history.items() for row in rows]
    if not rows:
        return None

    def numbers(values: list[Any]) -> pl.Series:
        return column([None if isinstance(one, Missing) else one for one in values])

    return pl.DataFrame({
        "period": [year for year, _ in rows], "entity": [row.entity for _, row in rows],
        "group": [row.group or None for _, row in rows], "total": numbers([row.total for _, row in rows]),
        "rank": numbers([row.rank for _, row in rows]),
        "tier": [None if isinstance(row.tier, Missing) else row.tier for _, row in rows],
    })  # fmt: skip
