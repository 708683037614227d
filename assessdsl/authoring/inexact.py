"""Which values of a plan have left the fractions: logarithms, exponentials and roots, until they are rounded."""

from typing import Final

from assessdsl.plan.steps import Calculate, Combine, Compare, Operation, Plan, Round
from assessdsl.plan.walk import inputs, reached

_LEAVES_FRACTIONS: Final = frozenset({"ln", "exp", "power"})
_ROUNDS: Final = frozenset({"floor", "ceiling"})


def is_inexact(plan: Plan, *name: str) -> bool:
    """Whether the score of a component, or of an indicator by its component and name or its name alone, is inexact."""
    scores: list[int] = []
    for component in plan.outputs.every_component:
        if name == (component.name,):
            scores.append(component.score)
        for indicator in component.indicators:
            if name in ((indicator.name,), (component.name, indicator.name)):
                scores.append(indicator.score)

    def inexactly(id: int) -> tuple[int, ...]:
        operation = plan.steps[id].operation
        return () if _is_exact(operation) else inputs(operation)

    operations = (plan.steps[id].operation for id in reached(scores, inexactly))
    return any(_is_inexact(one) and not _is_exact(one) for one in operations)


def _is_exact(operation: Operation) -> bool:
    """Whether what comes of it is exact, whatever goes into it."""
    match operation:
        case Round() | Compare():
            return True
        case Calculate(operator=operator):
            return operator in _ROUNDS
        case _:
            return False


def _is_inexact(operation: Operation) -> bool:
    match operation:
        case Calculate(operator=operator):
            return operator in _LEAVES_FRACTIONS
        case Combine(method=method):
            return method == "geometric"
        case _:
            return False
