"""Tables to exact values, by what a plan takes; all that is wrong in one run, each thing at its cell."""

from collections.abc import Iterable, Mapping
from functools import cache

from attrs import frozen

from assessdsl.binding.cells import Calendar, name_in, scalar, text_in
from assessdsl.binding.entities import Roster, read_entities
from assessdsl.binding.frozen import Change, Comparison, compare
from assessdsl.binding.naming import of_benchmarks, of_groups, of_tiers
from assessdsl.binding.past import Past, past_benchmarks
from assessdsl.binding.reports import Entry, Reports, read_judgements
from assessdsl.binding.states import STATES
from assessdsl.binding.targets import Target, applies, read_targets, told_incomplete, told_unscorable
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import Diagnostic, arrange
from assessdsl.facts import MISSING, Dataset, Datum, Facts, Item, PastResult, Row, Scalar
from assessdsl.plan.inputs import FactSchema, IndicatorSchema, Schema
from assessdsl.quantity import Unit


@frozen
class Bound:
    dataset: Dataset
    changes: tuple[Change, ...]
    diagnostics: tuple[Diagnostic, ...]


def bind(schema: Schema, facts: Facts) -> Bound:
    """The data of the assessment, in a fixed order. Where a diagnostic is an error the dataset is not to be used."""
    remarks = Remarks()
    calendar = Calendar(schema.period, remarks)
    roster = read_entities(schema, facts, remarks)
    if not roster.entities:  # every row of every other table would name an entity that is not listed
        return Bound(Dataset((), {}, {}, {}), (), arrange((*facts.remarks, *remarks.found)))
    present, wrong = read_targets(schema, facts.targets, roster, calendar, remarks)
    told_incomplete(schema, present.values(), remarks)
    if facts.frozen is None:
        compared = Comparison(present)
        if schema.removal_forbidden and present:
            remarks.add("AS7012", span=schema.register_span)
    else:
        before, unread = read_targets(schema, facts.frozen, roster, calendar, remarks)
        compared = compare(schema, before, present, wrong, remarks)
        wrong |= unread
    told_unscorable(schema, compared.scored, remarks)
    reports = Reports(schema, roster, compared.scored, present, wrong, remarks)
    past = Past(schema, roster, compared.scored, remarks)
    reports.read(past.read(facts.facts), calendar)
    read_judgements(schema, facts.judgements, roster, calendar, remarks)
    benchmarks = _benchmarks(schema.benchmarks, facts.benchmarks, schema, remarks)
    history = _history(schema, facts.history, roster, remarks)
    calendar.told()
    for remark in remarks.rates.told():
        remarks.keep(remark)
    names = sorted(roster.entities)
    targets = _by_indicator(schema, compared)
    dataset = Dataset(
        entities=tuple(past.record(roster.entities[name].record()) for name in names),
        items={
            indicator.name: past.items(
                indicator, _items(indicator, names, roster, compared, targets[indicator.name], reports.entries), names
            )
            for indicator in schema.indicators
        },
        benchmarks=benchmarks,
        history=history,
        past_benchmarks=past_benchmarks(schema, facts.benchmarks, remarks),
    )
    return Bound(dataset, compared.changes, arrange((*facts.remarks, *remarks.found)))


# ---------------------------------------------------------------- items


def _by_indicator(schema: Schema, compared: Comparison) -> Mapping[str, Mapping[str, list[Target]]]:
    """The targets that are scored, by indicator and entity."""
    found: dict[str, dict[str, list[Target]]] = {indicator.name: {} for indicator in schema.indicators}
    for target in compared.scored.values():
        found[target.indicator].setdefault(target.entity, []).append(target)
    return found


def _items(
    indicator: IndicatorSchema,
    names: list[str],
    roster: Roster,
    compared: Comparison,
    scored: Mapping[str, list[Target]],
    entries: Mapping[tuple[str, str, str], list[Entry]],
) -> tuple[Item, ...]:
    """What the indicator scores: an entity's targets, or else what it reported; or one thing for every entity."""
    targets = scored if indicator.targeted else {}
    items: list[Item] = []
    for index, name in enumerate(names):
        if targets.get(name):
            items += [
                _target_item(indicator, index, target, compared, entries.get((indicator.name, name, target.name), []))
                for target in sorted(targets[name], key=lambda target: target.name)
            ]
        elif applies(indicator, roster.entities[name]):
            rows = entries.get((indicator.name, name, ""), [])
            if rows or not indicator.targeted:
                fields = _reported(indicator, rows)
                fields |= _implied(indicator.direction, is_target=False, forfeited=False)
                items.append(Item(index, "", fields, tuple(rows)))
    return tuple(items)


def _target_item(
    indicator: IndicatorSchema, entity: int, target: Target, compared: Comparison, rows: list[Entry]
) -> Item:
    forfeited = target.name in compared.withdrawn and not any(row.keys() - {"state"} for row in rows)
    fields = _reported(indicator, rows)
    fields |= _implied(indicator.direction, is_target=True, forfeited=forfeited)
    fields |= target.fields
    return Item(
        entity,
        target.name,
        fields,
        tuple(rows),
        target.tags,
        target.name in compared.restored,
        target.cell,
    )


@cache
def _implied(direction: str, *, is_target: bool, forfeited: bool) -> Mapping[str, Datum]:
    return {"direction": Datum(direction), "is_target": Datum(is_target), "forfeited": Datum(forfeited)}


def _reported(indicator: IndicatorSchema, rows: list[Entry]) -> dict[str, Datum]:
    """What was reported of the item itself; where there may be many rows, each speaks for itself."""
    if indicator.many_entries or not rows:
        found = {row["state"].value: row["state"] for row in rows if "state" in row}
        gravest = next((found[state] for state in reversed(STATES) if state in found), None)
        return {} if gravest is None else {"state": gravest}
    return {column: datum for column, datum in rows[0].items() if column in ("actual", "completed_on", "state")}


# ---------------------------------------------------------------- benchmarks and history


def _benchmarks(
    wanted: tuple[FactSchema, ...], rows: Iterable[Row], schema: Schema, remarks: Remarks
) -> Mapping[str, Datum]:
    by_name, named = {benchmark.name: benchmark for benchmark in wanted}, of_benchmarks(schema)
    calendar = Calendar(schema.period, remarks)  # a table of benchmarks holds many years, which needs no remark
    found: dict[str, Datum] = {}
    told: set[str] = set()
    for row in rows:
        text = name_in(row, "name", remarks)
        if not calendar.holds(row) or not text:
            continue
        name = named.find(text)
        if name is None:
            remarks.add("AS6205", row.at("name"), name=text, suggestion=named.like(text, remarks))
        elif name in found:
            remarks.add("AS6210", row.at("name"), name=name, first=str(found[name].cell))
        elif row.has("value"):
            told.add(name)
            if datum := scalar(row, "value", by_name[name].unit, by_name[name].places, remarks, of=name):
                found[name] = datum
    for benchmark in wanted:
        if benchmark.name not in told:
            remarks.add("AS6221", span=benchmark.span, name=benchmark.name, period=str(schema.period))
    return {name: found[name] for name in sorted(found)}


def _history(
    schema: Schema, rows: Iterable[Row], roster: Roster, remarks: Remarks
) -> Mapping[int, tuple[PastResult, ...]]:
    """The published results by year, each year's by entity."""
    calendar, tiers, groups = Calendar(schema.period, remarks), of_tiers(schema), of_groups(schema)
    known = {name for entity in roster.entities.values() for name in (entity.name, *entity.predecessors)}
    years: dict[int, dict[str, PastResult]] = {}
    for row in rows:
        entity = name_in(row, "entity", remarks)
        period = calendar.of(row) if name_in(row, "period", remarks) else None
        if period is None or not entity:
            continue
        if period.year >= schema.period.year:
            later = {"period": str(period), "assessed": str(schema.period)}
            remarks.gather(("AS6251", row.cell.file), Diagnostic("AS6251", arguments=later, cell=row.at("period")))
            continue
        if entity not in known:
            other = Diagnostic("AS6252", arguments={"name": entity}, cell=row.at("entity"))
            remarks.gather((other.code, row.cell.file), other)
        year = years.setdefault(period.year, {})
        if entity in year:
            remarks.add("AS6210", row.at("entity"), name=f"{period} {entity}", first=str(year[entity].cell))
            continue
        total = scalar(row, "total", Unit.POINTS, None, remarks)
        tier, group = text_in(row, "tier"), text_in(row, "group")
        if tier and tiers.find(tier) is None:
            remarks.add("AS6225", row.at("tier"), name=tier, suggestion=tiers.like(tier, remarks))
        year[entity] = PastResult(
            entity,
            groups.find(group) or group,
            MISSING if total is None else total.value,
            _rank(row, remarks),
            tiers.find(tier) or tier or MISSING,
            row.at("entity"),
        )
    return {year: tuple(years[year][name] for name in sorted(years[year])) for year in sorted(years)}


def _rank(row: Row, remarks: Remarks) -> Scalar:
    datum = scalar(row, "rank", Unit.COUNT, None, remarks)
    if datum is not None and datum.value == 0:
        remarks.add("AS6236", row.at("rank"), text=text_in(row, "rank"))
        return MISSING
    return MISSING if datum is None else datum.value
