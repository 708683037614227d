"""What is asked of entities that come in batches: of each batch, and of all when these are through."""

from collections.abc import Sequence

from attrs import frozen

from assessdsl.backends.columnar.lowering import Unscaled, Wanted
from assessdsl.backends.columnar.together import closure, goes_by, is_together, obstacles, waiting
from assessdsl.plan.steps import Aggregate, InGroup, Load, Plan, Rank, Step
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Unit


@frozen
class Reading:
    """One reading of all batches: what each is asked for, and what all decide together then."""

    wanted: Wanted
    decided: tuple[int, ...]


@frozen
class Asked:
    """Steps. `before`: the readings before the scores, which rest on what these decide. Those `kept` are read when all
    are through."""

    before: tuple[Reading, ...]
    wanted: Wanted
    kept: frozenset[int]
    told: frozenset[int]  # of these, the answers of which a tier must be sure
    later_answers: tuple[int, ...]
    past: frozenset[int]


def asked(plan: Plan, numbers: Sequence[int], answers: Sequence[int], *, kernels: bool) -> Asked:
    """Raises Unscaled where something cannot be kept, or an aggregate not be worked out."""
    asked_for = [*numbers, *answers, *(id for id in (plan.outputs.rank, plan.outputs.tier) if id is not None)]
    before = _before(plan, [*obstacles(plan), *numbers], closure(plan, asked_for), kernels)
    done = {id for reading in before for id in reading.decided}
    later = waiting(plan, done)
    first_answers = [id for id in answers if id not in later]
    first_numbers = list(numbers)
    kept: set[int] = set()
    past: set[int] = set()
    told: set[int] = set()
    for id in sorted(closure(plan, asked_for, done) & later):
        step = plan.steps[id]
        if is_together(step):
            more_numbers, more_answers = goes_by(step)
            told.update(more_answers)
        else:
            more_numbers, more_answers = [], []
            for given in (plan.steps[one] for one in inputs(step.operation) if one not in later and one not in done):
                _sort(given, more_numbers, more_answers, past)
        for ids, into in ((more_numbers, first_numbers), (more_answers, first_answers)):
            own = [one for one in ids if one not in later]
            kept.update(own)
            into += own
    wanted = Wanted(tuple(dict.fromkeys(first_numbers)), tuple(dict.fromkeys(first_answers)), kernels=kernels)
    late = tuple(id for id in answers if id in later)
    return Asked(before, wanted, frozenset(kept), frozenset(told), late, frozenset(past))


def _before(plan: Plan, scores: Sequence[int], asked_for: set[int], kernels: bool) -> tuple[Reading, ...]:
    """The readings that decide what scores rest on, and aggregates of all that is asked for."""
    aggregates = [id for id in asked_for if is_together(plan.steps[id]) and _is_aggregate(plan.steps[id])]
    needed = [id for id in sorted(closure(plan, [*scores, *aggregates])) if is_together(plan.steps[id])]
    found: list[Reading] = []
    done: set[int] = set()
    while len(done) < len(needed):
        later = waiting(plan, done)
        now = [id for id in needed if id not in done and later.isdisjoint(inputs(plan.steps[id].operation))]
        numbers, answers = [], []
        for step in (plan.steps[id] for id in now):
            if isinstance(step.operation, Aggregate) and step.operation.distinct is not None:
                raise Unscaled(step, [step])
            numbers += goes_by(step)[0]
            answers += goes_by(step)[1]
        wanted = Wanted(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(answers)), obstacles=False, kernels=kernels)
        found.append(Reading(wanted, tuple(now)))
        done.update(now)
    return tuple(found)


def _is_aggregate(step: Step) -> bool:
    return isinstance(step.operation, Aggregate)


def _sort(step: Step, numbers: list[int], answers: list[int], past: set[int]) -> None:
    """What a step that waits reads, and how it is kept."""
    match step.operation:
        case Load(source="history") | Rank():
            past.add(step.id)
        case InGroup() | Load(source="entity", name="group"):
            pass  # the group is kept of all
        case _ if step.grain.kind == "policy":
            pass
        case _ if step.unit is Unit.YES_NO:
            answers.append(step.id)
        case _ if step.unit.is_number:
            numbers.append(step.id)
        case _:
            raise Unscaled(step, [step])
