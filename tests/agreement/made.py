"""Cases: a policy, and bound data of many entities that stand near where it turns, with the exact answers."""

from fractions import Fraction

from attrs import evolve, frozen

import assessdsl
from agreement.forms import text_of
from assessdsl.backends import run
from assessdsl.backends.columns import Columns
from assessdsl.binding import bind
from assessdsl.facts import Dataset
from assessdsl.fairness.case import resolution_of, written
from assessdsl.fairness.made_cases import case_of_rows, fixed
from assessdsl.fairness.made_up import Pick, Record, Rows, maker, one_of
from assessdsl.plan.steps import Constant, Round
from assessdsl.quantity import Unit

Answer = tuple[Fraction, ...]  # total, components, indicators


@frozen(eq=False)
class Made:
    policy: assessdsl.Policy
    dataset: Dataset
    outputs: tuple[int, ...]  # steps
    answers: tuple[Answer, ...]  # by entity
    columns: Columns
    roundings: int
    halves: int  # of these, how many stood half-way between two
    half: int  # entities of which one did


def made(form: str, seed: int, count: int) -> Made:
    """So many entities, but for those for whom the policy stops."""
    policy = assessdsl.loads(text_of(form, seed))
    making = maker(policy)
    benchmarks, known = making.benchmarks(fixed(seed))
    rows = list(benchmarks)
    for number in range(count):
        pick = fixed(seed * 1_000_003 + number)
        group = one_of(pick, policy.plan.schema.groups)
        rows += _half_way(pick, policy, making.entity(pick, f"e{number:04}", group, known))
    bound = bind(policy.plan.schema, case_of_rows(policy, rows).facts)
    wrong = [remark for remark in bound.diagnostics if remark.is_error]
    assert not wrong, wrong[0]
    plan = policy.plan
    components = plan.outputs.every_component
    indicators = (indicator for component in components for indicator in component.indicators)
    outputs = (plan.outputs.total, *(part.score for part in (*components, *indicators)))
    dataset = bound.dataset
    while True:
        columns = run(plan, dataset)
        answers = tuple(zip(*(columns.values[id] for id in outputs), strict=True))
        stopped = {row for row, answer in enumerate(answers) if not all(isinstance(one, Fraction) for one in answer)}
        if not stopped:
            break
        dataset = _without(dataset, stopped)
    return Made(policy, dataset, outputs, answers, columns, *_halves(policy, columns))


def _without(dataset: Dataset, rows: set[int]) -> Dataset:
    kept = [row for row in range(len(dataset.entities)) if row not in rows]
    place = {row: number for number, row in enumerate(kept)}
    items = {
        name: tuple(evolve(item, entity=place[item.entity]) for item in held if item.entity in place)
        for name, held in dataset.items.items()
    }
    return evolve(dataset, entities=tuple(dataset.entities[row] for row in kept), items=items)


def _half_way(pick: Pick, policy: assessdsl.Policy, rows: Rows) -> Rows:
    """The rows, some of which are changed so that a share of the points stands half-way between two roundings."""
    plan = policy.plan
    owners = {str(record["target"]): str(record["indicator"]) for table, record in rows if table == "targets"}
    changed: dict[tuple[str, str], Record] = {}
    for indicator in (one for component in plan.outputs.components for one in component.indicators):
        schema = next(one for one in plan.schema.indicators if one.name == indicator.name)
        points = plan.steps[indicator.target_points].operation
        if pick(0, 2) and schema.unit in (Unit.NUMBER, Unit.COUNT) and isinstance(points, Constant) and points.value:
            stages = [
                stage.step for stage in (*indicator.stages, *plan.outputs.total_stages) if stage.kind == "rounding"
            ]
            rounding = plan.steps[stages[0]].operation
            assert isinstance(rounding, Round)
            assert isinstance(points.value, Fraction)
            steps = 2 * int(points.value) * 10**rounding.places
            smallest = resolution_of(schema.unit, schema.places)
            changed["targets", indicator.name] = {"planned": written(steps * smallest, schema.unit)}
            done = (2 * pick(0, steps // 2 - 1) + 1) * smallest
            changed["facts", indicator.name] = {"actual": written(done, schema.unit)}
    return tuple((table, row | changed.get((table, owners.get(str(row.get("target")), "")), {})) for table, row in rows)


def _halves(policy: assessdsl.Policy, columns: Columns) -> tuple[int, int, int]:
    """Of the roundings of scores: how many, how many half-way, and the entities that have one that is."""
    count = halves = 0
    entities: set[int] = set()
    for step in policy.plan.steps:
        if isinstance(step.operation, Round) and step.grain.kind in ("target", "entity"):
            held = columns.values[step.operation.value]
            grain = policy.plan.steps[step.operation.value].grain
            if grain != step.grain:
                continue
            rows = [row for row, value in enumerate(held) if isinstance(value, Fraction)]
            half = [row for row in rows if (held[row] * 10**step.operation.places).denominator == 2]
            count, halves = count + len(rows), halves + len(half)
            of = columns.layout.entity_of.get(step.grain.indicator)
            entities.update(half if of is None else (of[row] for row in half))
    return count, halves, len(entities)
