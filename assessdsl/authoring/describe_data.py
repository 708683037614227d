"""What must be supplied for a policy to be scored: tables, columns, units, precision, and of whom."""

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from assessdsl.ast.nodes import Policy
from assessdsl.authoring.describe_records import Column, Supply
from assessdsl.plan.inputs import IndicatorSchema
from assessdsl.plan.steps import IndicatorOutput, Load, Plan, Rank
from assessdsl.plan.walk import under
from assessdsl.quantity import Unit

# the columns that a register may have
_OF_TARGETS: Final = ("planned", "baseline", "weight", "due", "required", "links_to", "plan_total")
_OF_REPORTS: Final = ("actual", "completed_on", "level", "category", "item")
_MEASURED: Final = ("planned", "baseline", "plan_total", "actual")  # in the indicator's own unit


def supplies(plan: Plan, policy: Policy) -> tuple[Supply, ...]:
    """By table: first what every row of it names, then what is supplied about each thing."""
    entities = Supply("entities", "", "", (), tuple(Column(name) for name in ("entity", "group", "label")))
    return (entities, *_targets(plan), *_facts(plan, policy), *_others(plan, policy), *_history(plan))


def _outputs(plan: Plan) -> dict[str, IndicatorOutput]:
    return {output.name: output for component in plan.outputs.every_component for output in component.indicators}


def _targets(plan: Plan) -> Iterator[Supply]:
    outputs = _outputs(plan)
    tagged = {step.grain.indicator for step in plan.steps if _is_tag(step.operation)}
    for schema in plan.schema.indicators:
        if not schema.targeted:
            continue
        needed = _needed(plan, schema, outputs[schema.name])
        names = [name for name in _OF_TARGETS if name in schema.fields]
        columns = [_column(name, schema, needed) for name in names]
        columns += [Column(name) for name in plan.schema.required_columns if name not in names]
        if schema.name in tagged:
            columns.append(Column("tags", needed=False))
        columns = [
            Column(c.name, c.unit, c.places, c.needed or c.name in plan.schema.required_columns) for c in columns
        ]
        label = outputs[schema.name].label
        yield Supply("targets", schema.name, label, schema.groups, tuple(columns), many=schema.shared)


def _is_tag(operation: object) -> bool:
    return isinstance(operation, Load) and operation.source == "tag"


def _facts(plan: Plan, policy: Policy) -> Iterator[Supply]:
    outputs = _outputs(plan)
    for schema in plan.schema.indicators:
        needed = _needed(plan, schema, outputs[schema.name])
        reported = tuple(_column(name, schema, needed) for name in _OF_REPORTS if name in schema.fields)
        earlier = _years(plan, schema.past)
        if not reported and earlier:
            reported = (evolve(_column("actual", schema, needed), needed=False),)
        if reported:
            label, many = outputs[schema.name].label, schema.many_entries
            yield Supply("facts", schema.name, label, schema.groups, reported, many=many, earlier=earlier)
    for fact, declared in zip(plan.schema.facts, policy.facts, strict=True):
        survey = fact.unit is Unit.SURVEY
        actual = Column("actual", _named(Unit.SHARE if survey else fact.unit), fact.places)
        sample = (Column("sample", Unit.COUNT.value),) if survey else ()
        earlier = _years(plan, fact.past)
        yield Supply("facts", fact.name, declared.label, (), (actual, *sample), earlier=earlier)


def _others(plan: Plan, policy: Policy) -> Iterator[Supply]:
    for judgement in policy.judgements:
        who = (Column("author"), Column("evidence"))
        yield Supply("judgements", judgement.name, judgement.label, (), who)
    labels = {benchmark.name: benchmark.label for benchmark in policy.benchmarks}
    for benchmark in plan.schema.benchmarks:
        value = Column("value", _named(benchmark.unit), benchmark.places)
        earlier = _years(plan, benchmark.past)
        yield Supply("benchmarks", benchmark.name, labels[benchmark.name], (), (value,), earlier=earlier)


def _years(plan: Plan, past: frozenset[int]) -> tuple[str, ...]:
    return tuple(str(plan.schema.period.before(years)) for years in sorted(past))


def _history(plan: Plan) -> Iterator[Supply]:
    """The earlier years that are looked at, and what of them."""
    years: dict[int, set[str]] = {}
    for step in plan.steps:
        match step.operation:
            case Load("history", name, offset):
                years.setdefault(offset, set()).add(name)
            case Rank(offset=offset) if offset:
                years.setdefault(offset, set()).add("rank")
            case _:
                pass
    for offset, names in sorted(years.items()):
        columns = tuple(Column(name) for name in ("entity", "group", "total", "rank", "tier") if name in names | _WHO)
        yield Supply("history", str(plan.schema.period.before(offset)), "", (), columns)


_WHO: Final = frozenset({"entity", "group"})


def _column(name: str, schema: IndicatorSchema, needed: frozenset[str]) -> Column:
    if name in _MEASURED:
        return Column(name, _named(schema.unit), schema.places, name in needed)
    return Column(name, needed=name in needed)


def _needed(plan: Plan, schema: IndicatorSchema, output: IndicatorOutput) -> frozenset[str]:
    """The fields on which the indicator's own score rests; others only say whether a target was met."""
    return frozenset(
        load.name
        for id in under(plan.steps, (output.score, output.points))
        if plan.steps[id].grain.indicator == schema.name
        and isinstance(load := plan.steps[id].operation, Load)
        and not load.offset
    )


def _named(unit: Unit) -> str:
    return unit.label or unit.value
