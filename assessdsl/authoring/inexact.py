"""Which values of a plan have left the fractions: logarithms, exponentials and roots, until they are rounded."""

from typing import Final

from assessdsl.plan.steps import Calculate, Plan, Round
from assessdsl.plan.walk import inputs

_LEAVES_FRACTIONS: Final = frozenset({"ln", "log", "log10", "exp", "power", "root", "sqrt"})


def is_inexact(plan: Plan, *name: str) -> bool:
    """Whether the score of a component, or of an indicator by its component and name or its name alone, is inexact."""
    waiting = [output.score for output in plan.outputs.components if name == (output.name,)]
    for component in plan.outputs.components:
        for indicator in component.indicators:
            if name in ((indicator.name,), (component.name, indicator.name)):
                waiting.append(indicator.score)
    seen: set[int] = set()
    while waiting:
        step = plan.steps[waiting.pop()]
        if step.id in seen or isinstance(step.operation, Round):
            continue
        seen.add(step.id)
        if isinstance(step.operation, Calculate) and step.operation.operator in _LEAVES_FRACTIONS:
            return True
        waiting.extend(inputs(step.operation))
    return False
