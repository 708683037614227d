"""Two plans as one, for the entities of one group: what both work out alike is one step of it.

Steps are alike if they do the same with steps that are alike. What depends on nothing but the group is decided first,
so that what is said of other groups makes no difference.
"""

from collections.abc import Mapping

from attrs import define, evolve, field, frozen

from assessdsl.authoring.describe_bounds import Bounds, bounds_anywhere, bounds_by_group
from assessdsl.engine import Policy
from assessdsl.fairness.analysis.narrow import Known
from assessdsl.plan.ranges import Possible, Range, highest, lowest
from assessdsl.plan.steps import (
    Calculate,
    Choose,
    Compare,
    Constant,
    Gate,
    Grain,
    InGroup,
    Load,
    Logic,
    Operation,
    Plan,
    Step,
)
from assessdsl.plan.walk import renumbered
from assessdsl.quantity import Unit


@frozen(eq=False)
class Merged:
    known: Known
    old: Mapping[int, int]  # by the id in the old plan, the id here
    new: Mapping[int, int]
    gaps: Mapping[tuple[int, int], int]  # by two ids here, the step with the second less the first


def merged(old: Policy, new: Policy, group: str, pairs: tuple[tuple[int, int], ...]) -> Merged:
    """pairs: steps of the old and of the new plan whose difference is to be a step too."""
    both = _Both(group)
    first_ids, second_ids = (both.take(policy.plan, _bounds(policy.plan, group)) for policy in (old, new))
    gaps: dict[tuple[int, int], int] = {}
    for first, second in pairs:
        one, two = first_ids[first], second_ids[second]
        if one != two and (one, two) not in gaps:
            model = new.plan.steps[second]
            gaps[one, two] = both.step(Calculate("-", (two, one)), model, Range())
    plan = evolve(new.plan, steps=tuple(both.steps))
    return Merged(Known(plan, Bounds(both.bounds, {})), first_ids, second_ids, gaps)


def between(policy: Policy, first: str, second: str, id: int) -> tuple[int, int]:
    """What a step of one plan is for the entities of either group: the same where they are scored alike."""
    both, bounds = _Both(first), bounds_anywhere(policy.plan)
    one = both.take(policy.plan, bounds)[id]
    both.group = second
    return one, both.take(policy.plan, bounds)[id]


def _bounds(plan: Plan, group: str) -> Bounds:
    return bounds_by_group(plan)[group] if group else bounds_anywhere(plan)


@define
class _Both:
    group: str
    steps: list[Step] = field(factory=list)
    bounds: list[Possible] = field(factory=list)
    _ids: dict[tuple[Operation, Grain, Unit], int] = field(factory=dict)

    def take(self, plan: Plan, bounds: Bounds) -> dict[int, int]:
        to: dict[int, int] = {}
        for one in plan.steps:
            operation = self._decided(renumbered(one.operation, to.__getitem__))
            to[one.id] = operation if isinstance(operation, int) else self.step(operation, one, bounds[one.id])
        return to

    def step(self, operation: Operation, model: Step, bounds: Possible) -> int:
        key = (operation, model.grain, model.unit)
        if key not in self._ids:
            self._ids[key] = len(self.steps)
            self.steps.append(evolve(model, id=len(self.steps), operation=operation))
            self.bounds.append(bounds)
            return self._ids[key]
        id = self._ids[key]
        held = self.bounds[id]
        if isinstance(held, Range) and isinstance(bounds, Range):
            self.bounds[id] = Range(highest([held, bounds]).low, lowest([held, bounds]).high)
        return id

    def _decided(self, operation: Operation) -> Operation | int:
        """A constant, or the step that is left, where the group decides."""
        match operation:
            case InGroup(groups):
                return Constant(self.group in groups)
            case Load("entity", "group", 0) if self.group:
                return Constant(self.group)
            case Compare("==" | "!=" as sign, left, right) if (named := self._named(left, right)) is not None:
                return Constant((named[0] == named[1]) == (sign == "=="))
            case Logic("not", (id,)) if (answer := self._answer(id)) is not None:
                return Constant(not answer)
            case Logic("and" | "or" as operator, ids):
                answers = [self._answer(id) for id in ids]
                if (operator == "or") in answers:
                    return Constant(operator == "or")
                open_ones = tuple(id for id, answer in zip(ids, answers, strict=True) if answer is None)
                if not open_ones:
                    return Constant(operator == "and")
                return open_ones[0] if len(open_ones) == 1 else Logic(operator, open_ones)
            case Choose(condition, chosen, other) if (answer := self._answer(condition)) is not None:
                return chosen if answer else other
            case Gate(value=value, when=when) if self._answer(when) is False:
                return value
        return operation

    def _named(self, left: int, right: int) -> tuple[str, str] | None:
        match self.steps[left].operation, self.steps[right].operation:
            case Constant(str() as one), Constant(str() as two):
                return one, two
        return None

    def _answer(self, id: int) -> bool | None:
        match self.steps[id].operation:
            case Constant(bool() as answer):
                return answer
        return None
