"""Whether an assessment did one of the things that a policy may do."""

from typing import Literal, assert_never

from attrs import frozen

from assessdsl.authoring.marks import Marks
from assessdsl.backends.order import crossed
from assessdsl.facts import Missing
from assessdsl.plan.steps import Band, Calculate, Choose, Clamp, Supply


@frozen
class Holds:
    """A used value of the step is this; None: missing."""

    step: int
    value: bool | str | None


@frozen
class Used:
    """A value of the step was used."""

    step: int


@frozen
class Taken:
    """The branch of a choice was taken."""

    step: int
    side: bool


@frozen
class Supplied:
    """What stands in for a missing value was used."""

    step: int


@frozen
class Bounded:
    """A limit changed a value."""

    step: int
    side: Literal["low", "high"]


@frozen
class Decides:
    """An operand of `min` or `max` was the least or the greatest."""

    step: int
    operand: int


@frozen
class TiedOver:
    """A tie stood over the line of a tier's quota."""

    step: int
    tier: int


Probe = Holds | Used | Taken | Supplied | Bounded | Decides | TiedOver


def took(probe: Probe, marks: Marks) -> bool:
    step = marks.trace.plan.steps[probe.step]
    operation, grain = step.operation, step.grain
    match probe:
        case Used():
            return bool(marks.rows[step.id])
        case Holds(value=None):
            return any(isinstance(value, Missing) for _, value in marks.used(step.id))
        case Holds(value=wanted):
            return any(type(value) is type(wanted) and value == wanted for _, value in marks.used(step.id))
        case Taken(side=side):
            assert isinstance(operation, Choose)
            return any(marks.value(operation.condition, row, grain) is side for row, _ in marks.used(step.id))
        case Supplied():
            assert isinstance(operation, Supply)
            return any(isinstance(marks.value(operation.value, row, grain), Missing) for row, _ in marks.used(step.id))
        case Bounded(side=side):
            assert isinstance(operation, Clamp)
            bound = operation.low if side == "low" else operation.high
            return bound is not None and any(
                value != marks.value(operation.value, row, grain) and value == marks.value(bound, row, grain)
                for row, value in marks.used(step.id)
            )
        case Decides(operand=operand):
            assert isinstance(operation, Calculate)
            id = operation.inputs[operand]
            return any(marks.value(id, row, grain) == value for row, value in marks.used(step.id))
        case TiedOver(tier=number):
            assert isinstance(operation, Band)
            return any(over[number] for _, over in crossed(marks.trace, step.id))
        case _:
            assert_never(probe)
