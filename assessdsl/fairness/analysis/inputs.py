"""The facts by which an entity may do better or worse, and which way is better."""

from itertools import pairwise
from typing import Final, Literal

from attrs import frozen

from assessdsl.plan.steps import Aggregate, Calculate, Clamp, Gate, Load, Plan, Round, Stage
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Unit

_PERFORMANCE: Final = frozenset({"actual", "completed_on"})
_FRAME: Final = ("planned", "baseline", "weight")  # of a target: what was agreed before


@frozen
class Fact:
    """A fact that a plan loads. `better`: 1 more (later), -1 less (earlier), 0 where nothing says so."""

    step: int
    name: str
    indicator: str  # "" of a fact of the entity
    better: Literal[-1, 0, 1]
    unit: Unit
    places: int | None = None  # that a reported value may have, where that is declared


def performance(plan: Plan) -> tuple[Fact, ...]:
    """What is reported of an entity's own work this year: not what was planned or frozen, nor how many were asked.

    An indicator says which way is better. Of what is deducted for, and of entries that are of one class or another,
    nothing says so (more votes may be more bad votes), nor of facts of entities, but that a survey should come out
    well.
    """
    schemas = {schema.name: schema for schema in plan.schema.indicators}
    facts = {fact.name: fact for fact in plan.schema.facts}
    classed = _classed(plan)
    penalties = {
        part.name for whole in plan.outputs.every_component if whole.kind == "penalty" for part in whole.indicators
    }
    found: list[Fact] = []
    for step in plan.steps:
        match step.operation:
            case Load("target" | "entry" as source, name, 0) if name in _PERFORMANCE:
                schema = schemas[step.grain.indicator]
                better = -1 if name == "completed_on" or schema.direction == "lower" else 1
                if schema.name in penalties or (schema.name in classed and source == "entry"):
                    better = 0
                places = schema.places if name == "actual" else None
                found.append(Fact(step.id, name, schema.name, better, step.unit, places))  # type: ignore[arg-type]
            case Load("entity", name, 0) if name in facts and not facts[name].attribute:
                survey = facts[name].unit is Unit.SURVEY
                found.append(Fact(step.id, name, "", 1 if survey else 0, facts[name].unit, facts[name].places))
            case Load("entity", name, 0) if name in plan.schema.judgements:
                found.append(Fact(step.id, name, "", 0, Unit.YES_NO))
    return tuple(found)


def frame(plan: Plan) -> tuple[Fact, ...]:
    """What was agreed of targets beforehand."""
    return tuple(
        Fact(step.id, step.operation.name, step.grain.indicator, 0, step.unit)
        for step in plan.steps
        if isinstance(step.operation, Load) and step.operation.source == "target" and step.operation.name in _FRAME
    )


def _classed(plan: Plan) -> frozenset[str]:
    """The indicators whose entries count by their class or level, or of which several kinds are put together."""
    return frozenset(
        step.grain.indicator
        for step in plan.steps
        if isinstance(step.operation, Load)
        and step.operation.source == "entry"
        and step.operation.name in ("category", "level")
    )


def enters(plan: Plan, id: int) -> frozenset[int]:
    """The steps that rest on it, and itself."""
    touched = {id}
    for step in plan.steps[id + 1 :]:
        if not touched.isdisjoint(inputs(step.operation)):
            touched.add(step.id)
    return frozenset(touched)


def reads_peers(plan: Plan) -> tuple[int, ...]:
    """The aggregates over other entities."""
    return tuple(
        step.id
        for step in plan.steps
        if isinstance(step.operation, Aggregate) and step.operation.to.kind in ("group", "policy")
    )


def only_limited(plan: Plan, stages: tuple[Stage, ...]) -> bool:
    """Whether each stage takes the one before and limits, gates or rounds it, and adds nothing to it."""
    for before, stage in pairwise(stages):
        match plan.steps[stage.step].operation:
            case Calculate("min" | "max", ids) if before.step in ids:
                pass
            case Clamp(value, _, _) | Round(value, _, _) | Gate(value=value) if value == before.step:
                pass
            case _:
                return False
    return True
