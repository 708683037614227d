"""Collects steps: equal ones are one step, constants are calculated at once, and what nothing needs is left out."""

import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final

from attrs import define, evolve, field

from assessdsl.plan.steps import POLICY, Calculate, Clamp, Compare, Constant, Grain, Logic, Operation, Step
from assessdsl.plan.walk import inputs, renumbered
from assessdsl.quantity import Unit
from assessdsl.source import Span

_FINENESS: Final = {"policy": 0, "group": 1, "entity": 2, "target": 3, "entry": 4}


def finest(grains: Iterable[Grain]) -> Grain:
    """The grain that has a value for every row of all of them."""
    return max(grains, key=lambda grain: _FINENESS[grain.kind], default=POLICY)


# What is calculated at once when all inputs are constants. Division is left to the backends, which say where it fails.
_FOLD: Final[dict[str, Callable[..., Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
    "min": min, "max": max, "abs": abs, "neg": operator.neg,
    "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@define
class Builder:
    steps: list[Step] = field(factory=list)
    _known: dict[tuple[Any, ...], int] = field(factory=dict)

    def add(self, operation: Operation, unit: Unit, span: Span, *, grain: Grain | None = None, name: str = "") -> int:
        """The id of the step. Without a grain it is the finest of the inputs', and constants are calculated."""
        if grain is None:
            if (constant := self._folded(operation)) is not None:
                operation = constant
            grain = finest(self.steps[id].grain for id in inputs(operation))
        # yes equals 1 as a key, so a constant's type belongs to it
        kind = type(operation.value).__name__ if isinstance(operation, Constant) else ""
        key = (type(operation).__name__, kind, operation, grain, unit, name)
        if key not in self._known:
            self._known[key] = len(self.steps)
            self.steps.append(Step(len(self.steps), operation, grain, unit, span, name))
        return self._known[key]

    def constant(self, value: Any, unit: Unit, span: Span) -> int:
        exact = Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value
        return self.add(Constant(exact), unit, span, grain=POLICY)

    def value(self, id: int) -> Any:
        """The value of a constant step, else None."""
        found = self.steps[id].operation
        return found.value if isinstance(found, Constant) else None

    def unit(self, id: int) -> Unit:
        return self.steps[id].unit

    def _folded(self, operation: Operation) -> Constant | None:
        match operation:
            case Calculate(name, ids):
                pass
            case Compare(name, left, right):
                ids = (left, right)
            case Clamp(value, low, high):
                bounds = [self.value(id) for id in (value, low, high) if id is not None]
                if None in bounds:
                    return None
                raised = bounds[0] if low is None else max(bounds[0], self.value(low))
                return Constant(raised if high is None else min(raised, self.value(high)))
            case Logic(name, ids):
                values = [self.value(id) for id in ids]
                if None in values:
                    return None
                return Constant(not values[0] if name == "not" else all(values) if name == "and" else any(values))
            case _:
                return None
        values = [self.value(id) for id in ids]
        if None in values or name not in _FOLD or not all(isinstance(value, (Fraction, str)) for value in values):
            return None
        return Constant(_FOLD[name](*values))

    def finished(self, roots: Iterable[int]) -> tuple[tuple[Step, ...], Callable[[int], int]]:
        """The steps that the roots need, numbered anew in order, and the new number of each old one."""
        needed: set[int] = set()
        waiting = list(roots)
        while waiting:
            id = waiting.pop()
            if id not in needed:
                needed.add(id)
                waiting.extend(inputs(self.steps[id].operation))
        new = {old: number for number, old in enumerate(sorted(needed))}
        steps = tuple(
            evolve(self.steps[old], id=number, operation=renumbered(self.steps[old].operation, new.__getitem__))
            for old, number in new.items()
        )
        return steps, new.__getitem__
