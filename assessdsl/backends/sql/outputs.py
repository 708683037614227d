"""What a query gives, and the steps that it takes: what a finding cites is not among them."""

from collections.abc import Iterator

from attrs import evolve

from assessdsl.plan.steps import IndicatorOutput, Plan, Raise
from assessdsl.plan.walk import inputs, reached


def outputs(plan: Plan) -> Iterator[tuple[str, str, int]]:
    """The kind of each output, its name, and its step."""
    held = plan.outputs
    yield "total", "", held.total
    for kind, id in (("rank", held.rank), ("tier", held.tier), ("eligible", held.eligible)):
        if id is not None:
            yield kind, "", id
    for component in held.every_component:
        yield "component", component.name, component.score
        for indicator in component.indicators:
            yield "indicator", indicator.name, indicator.given
    for finding in held.findings:
        yield "finding", finding.name, finding.step


def indicators(plan: Plan) -> tuple[IndicatorOutput, ...]:
    return tuple(one for component in plan.outputs.every_component for one in component.indicators)


def needed(plan: Plan) -> frozenset[int]:
    """The steps from which the outputs follow, and what stands in their way."""
    roots = [id for _, _, id in outputs(plan)]
    for component in plan.outputs.every_component:
        roots += [component.points, component.applies]
    for one in indicators(plan):
        roots += [one.target_points, one.stages[-1].step, one.points, one.applies]
        roots += [] if one.others is None else [one.others]

    def read(id: int) -> tuple[int, ...]:
        operation = plan.steps[id].operation
        return inputs(evolve(operation, cites=(), within=None) if isinstance(operation, Raise) else operation)

    return frozenset(reached(roots, read))
