"""A policy as it is looked at: its plan, what is known of it, and how its values move."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import evolve, field, frozen

from assessdsl.ast.nodes import Gate, Indicator
from assessdsl.ast.nodes import Policy as Tree
from assessdsl.authoring.describe_bounds import Bounds, bounds_by_group
from assessdsl.engine import Policy
from assessdsl.fairness.analysis.inputs import Fact, performance
from assessdsl.fairness.analysis.narrow import Known, know
from assessdsl.fairness.analysis.signs import Movement, Source
from assessdsl.fairness.asked import Asked
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import ComponentOutput, IndicatorOutput, Plan
from assessdsl.quantity import quantity_text


@frozen(eq=False, slots=False)
class Study:
    policy: Policy
    known: Known
    movement: Movement
    facts: tuple[Fact, ...]
    asked: Asked = field(factory=Asked, repr=False)
    _parts: Mapping[str, IndicatorOutput] = field(init=False, repr=False)

    @_parts.default
    def _indicators(self) -> dict[str, IndicatorOutput]:
        return {part.name: part for whole in self.plan.outputs.every_component for part in whole.indicators}

    @property
    def plan(self) -> Plan:
        return self.policy.plan

    @property
    def tree(self) -> Tree:
        return self.policy.checked.policy

    @property
    def indicators(self) -> Mapping[str, IndicatorOutput]:
        return self._parts

    @cached_property
    def groups(self) -> Mapping[str, Bounds]:
        """What each step may be for the entities of each group."""
        return bounds_by_group(self.plan) or {"": self.known.bounds}

    @cached_property
    def indicator_of(self) -> Mapping[int, tuple[str, ...]]:
        """By the step of a fact, the indicators whose scores rest on it."""
        found: dict[int, list[str]] = {fact.step: [] for fact in self.facts}
        for name, part in self.indicators.items():
            for id in self.known.cone(part.stages[-1].step):
                if id in found:
                    found[id].append(name)
        return {step: tuple(names) for step, names in found.items()}

    def component_of(self, indicator: str) -> ComponentOutput:
        return next(
            whole
            for whole in self.plan.outputs.every_component
            if any(part.name == indicator for part in whole.indicators)
        )

    def whole_range(self, id: int) -> Range:
        """Between what a number lies for the entities of any group."""
        found: Range | None = None
        for bounds in self.groups.values():
            own = bounds[id]
            one = own if isinstance(own, Range) else Range()
            if found is None:
                found = one
            else:
                low = None if found.low is None or one.low is None else min(found.low, one.low)
                high = None if found.high is None or one.high is None else max(found.high, one.high)
                found = Range(low, high)
        return found or Range()

    def shown(self, id: int, one: Range) -> tuple[str, str]:
        """The ends of a range as people write them."""
        unit = self.plan.steps[id].unit
        low = "−∞" if one.low is None else quantity_text(one.low, unit)
        return low, "∞" if one.high is None else quantity_text(one.high, unit)

    def gates(self) -> Iterator[tuple[Gate, Indicator | None]]:
        """Every gate of the policy, and the indicator in which it stands."""
        for gate in self.tree.gates:
            yield gate, None
        for component in self.tree.every_component:
            for gate in component.gates:
                yield gate, None
            for indicator in component.indicators:
                for gate in indicator.gates:
                    yield gate, indicator


def with_settled(study: Study, settled: Mapping[tuple[int, Source], int]) -> Study:
    """The same, where more was proved of how some steps move."""
    return evolve(study, movement=study.movement.with_settled(settled))


def study(policy: Policy) -> Study:
    known = know(policy.plan)
    return Study(policy, known, Movement(known), performance(policy.plan))
