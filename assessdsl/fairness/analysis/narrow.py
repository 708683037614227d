"""What is known of the steps of a plan: in general, and inside a branch, where its condition holds."""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import field, frozen

from assessdsl.authoring.describe_bounds import Bounds, bounds_anywhere, narrowed
from assessdsl.plan.ranges import Answer, Possible, Range, exactly, highest, lowest
from assessdsl.plan.steps import Compare, Constant, Logic, Plan, Supply
from assessdsl.plan.walk import inputs, reached

_OPPOSITE: Final[dict[str, str]] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_MIRRORED: Final[dict[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

Given = dict[int, Possible]
"""What more is known of some steps."""


@frozen(eq=False)
class Known:
    """A plan and the bounds of its steps, for whatever entity."""

    plan: Plan
    bounds: Bounds
    _inputs: tuple[tuple[int, ...], ...] = field(init=False, repr=False)
    _users: Mapping[int, tuple[int, ...]] = field(init=False, repr=False)
    _cones: dict[int, tuple[int, ...]] = field(factory=dict, repr=False, init=False)

    def cone(self, id: int) -> tuple[int, ...]:
        """The step and all that it rests on, in order."""
        if id not in self._cones:
            self._cones[id] = tuple(sorted(reached({id}, self.inputs)))
        return self._cones[id]

    @_inputs.default
    def _of_steps(self) -> tuple[tuple[int, ...], ...]:
        return tuple(inputs(step.operation) for step in self.plan.steps)

    @_users.default
    def _of_inputs(self) -> dict[int, tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for user, read in enumerate(self._inputs):
            for id in dict.fromkeys(read):
                found.setdefault(id, []).append(user)
        return {id: tuple(users) for id, users in found.items()}

    def users(self, id: int) -> tuple[int, ...]:
        """The steps that read it."""
        return self._users.get(id, ())

    def inputs(self, id: int) -> tuple[int, ...]:
        return self._inputs[id]

    def range(self, id: int, given: Given | None = None) -> Range:
        """Between what a number lies."""
        found = self.where(id, given)[id] if given else self.bounds[id]
        return found if isinstance(found, Range) else Range()

    def reported(self, id: int, given: Given) -> Range:
        """Between what a number lies where nothing that rests on what is given is missing."""
        known = dict(given)
        for one in self.resting_on(id, given):
            operation = self.plan.steps[one].operation
            if isinstance(operation, Supply) and one not in given:
                known[one] = self.where(operation.value, known)[operation.value]
        return self.range(id, known)

    def where(self, id: int, given: Given | None) -> Bounds:
        """What holds of the step and all that it rests on, where more is known of some steps."""
        if not given:
            return self.bounds
        return narrowed(self.plan, self.bounds, given, self.resting_on(id, given))

    def resting_on(self, id: int, given: Mapping[int, object]) -> tuple[int, ...]:
        """Of the step and all that it rests on, what rests on one of those given, and these."""
        touched: set[int] = set()
        for one in self.cone(id):
            if one in given or not touched.isdisjoint(self._inputs[one]):
                touched.add(one)
        return tuple(sorted(touched))

    def holding(self, condition: int, answer: bool, given: Given) -> Given:
        """The same, and what is known of other steps where the condition holds, or where it does not."""
        bounds = self.where(condition, given)
        found = dict(given)
        for id, possible in self._holding(condition, answer, bounds, set()):
            known = found.get(id, bounds[id])
            if isinstance(known, Range) and isinstance(possible, Range):
                possible = Range(highest([known, possible]).low, lowest([known, possible]).high)
            if possible != bounds[id]:
                found[id] = possible
        return found

    def _holding(
        self, condition: int, answer: bool, bounds: Bounds, seen: set[tuple[int, bool]]
    ) -> Iterator[tuple[int, Possible]]:
        if (condition, answer) in seen:
            return
        seen.add((condition, answer))
        if not self.is_constant(condition):
            yield condition, Answer(frozenset((answer,)))
        match self.plan.steps[condition].operation:
            case Compare(sign, left, right):
                held = sign if answer else _OPPOSITE[sign]
                yield from self._compared(left, held, right, bounds)
                yield from self._compared(right, _MIRRORED[held], left, bounds)
            case Logic("not", (one,)):
                yield from self._holding(one, not answer, bounds, seen)
            case Logic(operator, ids) if (operator == "and") == answer:
                for id in ids:
                    yield from self._holding(id, answer, bounds, seen)

    def _compared(self, id: int, sign: str, other: int, bounds: Bounds) -> Iterator[tuple[int, Possible]]:
        own, against = bounds[id], bounds[other]
        if self.is_constant(id) or not isinstance(own, Range) or not isinstance(against, Range):
            return
        match sign:
            case "<" | "<=":
                yield id, Range(None, against.high)
            case ">" | ">=":
                yield id, Range(against.low, None)
            case "==":
                yield id, against

    def at_the_line(self, condition: int) -> Given | None:
        """What is known where the condition is just decided by a comparison with a number; None if it is not one."""
        match self.plan.steps[condition].operation:
            case Compare(_, left, right):
                for id, other in ((left, right), (right, left)):
                    line = self.bounds[other]
                    if isinstance(line, Range) and line.only is not None and not self.is_constant(id):
                        return {id: exactly(line.only)}
        return None

    def is_constant(self, id: int) -> bool:
        return isinstance(self.plan.steps[id].operation, Constant)


def know(plan: Plan) -> Known:
    return Known(plan, bounds_anywhere(plan))
