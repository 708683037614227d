"""Following an assessment during its year: how far every target is, what supervision owes, and what is still possible.

report = monitor(policy, assessdsl.read_facts("facts"), as_of=date(2022, 9, 30))
print(report)
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from attrs import evolve

from assessdsl.ast.monitoring import Monitoring
from assessdsl.backends.exact import run
from assessdsl.binding import bind
from assessdsl.binding.cells import text_in
from assessdsl.check import constant
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.engine import Policy, Records, tables_of
from assessdsl.facts import Dataset, Datum, Facts, Item, Row
from assessdsl.plan.lights import Lights, lights
from assessdsl.plan.steps import Grain
from assessdsl.record.as_of import known_on
from assessdsl.record.calendar import OF_LEADERS, Charge, Duty, duties, exposures
from assessdsl.record.following import Following, Supervision
from assessdsl.record.interim import interim
from assessdsl.record.monitored import Monitored
from assessdsl.record.outlook import Stands
from assessdsl.record.progress import Milestone, Progress, Reading, Schedule, expected, progress, schedule
from assessdsl.record.standings import Burden, EvidenceGap, Repeated, Standing
from assessdsl.vocabulary import vocabulary


def monitor(
    policy: Policy,
    facts: Facts | str | Path | Mapping[str, Records] | Records,
    as_of: date,
    *,
    stands: Stands = "verified",
) -> Monitored:
    """facts: as `evaluate` takes them, beside the tables of milestones, progress and supervision; of a register,
    `snapshot.facts(…)`. stands: whether facts stand when they were verified, or as soon as they were reported.

    Raises DataError with every diagnostic if the data is wrong, or the policy does not say how targets are followed.
    """
    monitoring = policy.checked.policy.monitoring
    if monitoring is None:
        missing = Diagnostic("AS7317", policy.checked.policy.span, {"name": policy.label or policy.name})
        raise DataError((missing,), policy.language)
    tables = known_on(tables_of(facts), as_of)
    bound = bind(policy.plan.schema, tables)
    schemas = {schema.name: schema for schema in policy.plan.schema.indicators}
    items = dict(_targets(bound.dataset))
    remarks = Remarks()
    registered = frozenset(text_in(row, "target") for row in (*tables.targets, *(tables.frozen or ())))
    reader = Following({name: schemas[indicator] for name, (indicator, _) in items.items()}, registered, remarks)
    milestones, readings = reader.milestones(tables.milestones), reader.readings(tables.progress)
    events = reader.supervision(tables.supervision)
    charges = _charges(tables.targets)
    owed = [activity for activity in OF_LEADERS if getattr(monitoring, activity) is not None]
    if owed and not charges:
        remarks.add("AS7315", span=monitoring.span)
    found = arrange((*bound.diagnostics, *remarks.found))
    if any(remark.is_error and remark.code != "AS6221" for remark in found):
        raise DataError(found, policy.language)
    deadlines = _deadlines(policy, monitoring)
    return Monitored(
        policy=policy.name,
        label=policy.label,
        period=policy.plan.schema.period,
        as_of=as_of,
        groups=policy.plan.groups,
        tiers=policy.plan.tiers,
        standings=_standings(policy, bound.dataset, milestones, readings, as_of),
        duties=tuple(_duties(policy, monitoring, deadlines, events, charges, as_of)),
        exposures=exposures(events, deadlines["exposure"], as_of) if "exposure" in deadlines else (),
        evidence=tuple(_gaps(policy, monitoring, items, bound.dataset, tables.facts)),
        burden=tuple(_burden(bound.dataset, items, tables, events)),
        bulletins=tuple(event for event in events if event.kind == "bulletin"),
        interim=interim(policy, tables, as_of, stands=stands),
        language=policy.language,
        warnings=tuple(remark for remark in found if not remark.is_error),
    )


def _targets(dataset: Dataset) -> Iterator[tuple[str, tuple[str, Item]]]:
    for indicator, items in dataset.items.items():
        yield from ((item.target, (indicator, item)) for item in items if item.target)


def _charges(targets: Iterable[Row]) -> tuple[Charge, ...]:
    """The leaders and their areas, as the targets name them."""
    named = {(text_in(row, "sector"), text_in(row, "area")) for row in targets}
    return tuple(Charge(leader, area) for leader, area in sorted(named) if leader and area)


def _deadlines(policy: Policy, monitoring: Monitoring) -> dict[str, int]:
    found = {}
    for deadline in monitoring.deadlines:
        known = constant(deadline.days, policy.checked)
        assert known is not None
        found[deadline.name] = int(known[0])  # type: ignore[arg-type]
    return found


# ---------------------------------------------------------------- targets


def _standings(
    policy: Policy,
    dataset: Dataset,
    milestones: Mapping[str, tuple[Milestone, ...]],
    readings: Mapping[str, tuple[Reading, ...]],
    as_of: date,
) -> tuple[Standing, ...]:
    """By entity, then in the order of the policy's indicators."""
    rules = lights(policy.checked, policy.plan)
    plans = _schedules(policy)
    period = policy.plan.schema.period
    known: dict[str, list[tuple[Progress, Standing]]] = {}
    items: dict[str, tuple[Item, ...]] = {}
    for indicator, own in dataset.items.items():
        plan = plans.get(indicator)
        standing = []
        for item in own:
            due, steps = _due(item), milestones.get(item.target, ())
            reached = progress(item, steps, readings.get(item.target, ()), plan, as_of)
            hoped = None if plan is None else expected(plan, period, due, steps, as_of)
            entity = dataset.entities[item.entity]
            standing.append(
                (
                    reached,
                    Standing(
                        entity=entity.entity,
                        entity_label=entity.label,
                        group=entity.group,
                        indicator=indicator,
                        target=item.target,
                        due=due,
                        progress=reached.share,
                        basis=reached.basis,
                        cell=reached.cell,
                        expected=hoped,
                        late_milestones=tuple(
                            step.name for step in steps if step.due <= as_of and not step.reached(as_of)
                        ),
                        overdue=due is not None and due < as_of and (reached.share is None or reached.share < 1),
                    ),
                )
            )
        known[indicator] = standing
        items[indicator] = tuple(
            evolve(item, fields={**item.fields, **_fields(each)}) for item, (_, each) in zip(own, standing, strict=True)
        )
    lit = _lit(rules, evolve(dataset, items=items), known)
    return tuple(sorted(lit, key=lambda each: (each.entity, list(known).index(each.indicator), each.target)))


def _fields(standing: Standing) -> dict[str, Datum]:
    values = {"progress": standing.progress, "expected": standing.expected}
    return {name: Datum(value, standing.cell) for name, value in values.items() if value is not None}


def _lit(
    rules: Lights, dataset: Dataset, known: Mapping[str, Sequence[tuple[Progress, Standing]]]
) -> Iterator[Standing]:
    """The targets with their lights, as the exact engine finds them. A condition that is not known leaves the light
    open, unless an earlier one holds."""
    columns = run(rules.plan, dataset)
    for indicator, standings in known.items():
        grain = Grain("target", indicator)
        answers = [(rule, columns.at(rule.step, grain)) for rule in rules.rules[indicator]]
        for row, (_, standing) in enumerate(standings):
            if not standing.target:
                continue
            decided = next(((rule, column[row]) for rule, column in answers if column[row] is not False), None)
            if decided is None or decided[1] is not True:
                yield standing
            else:
                yield evolve(standing, light=decided[0].colour, rule=decided[0].span)


def _schedules(policy: Policy) -> dict[str, Schedule]:
    checked = policy.checked
    general = None if checked.policy.monitoring is None else checked.policy.monitoring.progress
    found = {}
    for indicator in checked.policy.indicators:
        pace = indicator.progress or general
        if pace is not None:
            found[indicator.name] = schedule(pace, checked)
    return found


def _due(item: Item) -> date | None:
    datum = item.fields.get("due")
    return datum.value if datum is not None and isinstance(datum.value, date) else None


# ---------------------------------------------------------------- supervision


def _duties(
    policy: Policy,
    monitoring: Monitoring,
    deadlines: Mapping[str, int],
    events: Sequence[Supervision],
    charges: Sequence[Charge],
    as_of: date,
) -> Iterator[Duty]:
    for activity in ("analysis", "bulletin", *OF_LEADERS):
        often: str | None = getattr(monitoring, activity)
        if often is not None:
            on_site = activity == "inspection" and monitoring.on_site
            days = deadlines.get(activity, 0)
            period = policy.plan.schema.period
            yield from duties(activity, often, days, events, charges, period, as_of, on_site=on_site)


def _gaps(
    policy: Policy, monitoring: Monitoring, items: Mapping[str, tuple[str, Item]], dataset: Dataset, rows: Iterable[Row]
) -> Iterator[EvidenceGap]:
    """Targets of which something was reported, and modes of evidence that are required and lacking."""
    modes: dict[str, set[str]] = {}
    alone = {
        (dataset.entities[item.entity].entity, indicator): name for name, (indicator, item) in sorted(items.items())
    }
    for row in rows:
        target = text_in(row, "target") or alone.get((text_in(row, "entity"), text_in(row, "indicator")), "")
        if target:
            word = vocabulary().find("name", text_in(row, "mode"))
            modes.setdefault(target, set()).add("" if word is None else word.id)
    own = {indicator.name: indicator.evidence for indicator in policy.checked.policy.indicators}
    for target, (indicator, item) in sorted(items.items()):
        lacking = [mode for mode in (*monitoring.evidence, *own[indicator]) if mode not in modes.get(target, ())]
        if target in modes and lacking:
            yield EvidenceGap(dataset.entities[item.entity].entity, target, tuple(dict.fromkeys(lacking)))


def _burden(
    dataset: Dataset, items: Mapping[str, tuple[str, Item]], tables: Facts, events: Sequence[Supervision]
) -> Iterator[Burden]:
    """What each entity had to file, how often it was looked into, and what it was asked for more than once."""
    owner = {name: dataset.entities[item.entity].entity for name, (_, item) in items.items()}
    filed = Counter(
        owner.get(text_in(row, "target")) or text_in(row, "entity") for row in (*tables.facts, *tables.progress)
    )
    checks = Counter(event.entity or owner.get(event.target, "") for event in events if event.kind in OF_LEADERS)
    asked = Counter(
        (event.entity or owner.get(event.target, ""), event.target, event.item)
        for event in events
        if event.kind == "request"
    )
    for entity in (record.entity for record in dataset.entities):
        own = {(target, item): times for (whom, target, item), times in asked.items() if whom == entity}
        repeated = tuple(Repeated(*what, times) for what, times in sorted(own.items()) if times > 1)
        if filed[entity] or checks[entity] or own:
            yield Burden(entity, filed[entity], checks[entity], sum(own.values()), repeated)
