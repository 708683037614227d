"""What of a plan all entities decide together, and what waits for it."""

from collections.abc import Collection, Iterable

from assessdsl.backends.columnar.kept import Kept
from assessdsl.plan.steps import Aggregate, Band, Plan, Rank, Step
from assessdsl.plan.walk import inputs, reached


def is_together(step: Step) -> bool:
    match step.operation:
        case Band():
            return True
        case Rank(offset=offset):
            return not offset  # places of earlier years are data
        case Aggregate(over=over, to=to):
            return over.kind == "entity" or to.kind in ("group", "policy")
        case _:
            return False


_inputs = Kept[tuple[tuple[int, ...], ...]](lambda plan: tuple(tuple(inputs(step.operation)) for step in plan.steps))
_together = Kept[tuple[int, ...]](
    lambda plan, ids: tuple(id for id in sorted(closure(plan, ids)) if is_together(plan.steps[id]))
)
_waiting = Kept[frozenset[int]](lambda plan, done: _that_wait(plan, done))


def closure(plan: Plan, ids: Iterable[int], done: Collection[int] = ()) -> set[int]:
    """The steps and all that they rest on; not what the steps that are done rest on."""
    of = _inputs(plan)
    return reached(ids, lambda id: () if id in done else of[id])


def together(plan: Plan, ids: Iterable[int]) -> tuple[int, ...]:
    """What of all that the steps rest on is decided together, in order."""
    return _together(plan, tuple(ids))


def waiting(plan: Plan, done: Iterable[int]) -> frozenset[int]:
    """The steps that rest on something that is decided together and is not done yet."""
    return _waiting(plan, frozenset(done))


def _that_wait(plan: Plan, done: Collection[int]) -> frozenset[int]:
    found = set[int]()
    for step, of in zip(plan.steps, _inputs(plan), strict=True):
        if step.id not in done and (is_together(step) or not found.isdisjoint(of)):
            found.add(step.id)
    return frozenset(found)


def obstacles(plan: Plan) -> list[int]:
    """The steps whose values an assessment needs, whether or not the total rests on them."""
    found = [plan.outputs.total]
    for component in plan.outputs.every_component:
        found += [component.applies, component.score, component.points]
        for indicator in component.indicators:
            found += [indicator.applies, indicator.stages[-1].step, indicator.target_points]
            found += [indicator.score, indicator.points]
            found += [] if indicator.others is None else [indicator.others]
    return found


def goes_by(step: Step) -> tuple[list[int], list[int]]:
    """The numbers and the answers that a place or a tier goes by."""
    match step.operation:
        case Rank(keys=keys):
            return list(keys), []
        case Band(tiers=given, eligible=eligible, vetoes=vetoes):
            whens = [tier.when for tier in given] + [eligible] + [veto.when for veto in vetoes]
            return [], [id for id in whens if id is not None]
        case _:
            return [], []
