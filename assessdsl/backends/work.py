"""What the exact backend has worked out so far, and how its operations reach it."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from attrs import evolve, field, frozen

from assessdsl.backends.columns import Fault, Layout, Value
from assessdsl.backends.data import cell_of
from assessdsl.backends.logic import obstacle
from assessdsl.facts import Dataset, Missing
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import ENTITY, Grain, Load, Plan, Step
from assessdsl.plan.walk import inputs
from assessdsl.source import Cell

BITS = LIMITS.result_digits * 10 // 3  # a decimal digit takes a little more than three bits

_SPECIAL: Final = frozenset({Missing, Fault})
_NUMBER: Final = frozenset({Fraction})


@frozen
class Work:
    plan: Plan
    dataset: Dataset
    layout: Layout
    values: list[Sequence[Value]] = field(factory=list)
    kinds: list[frozenset[type] | None] = field(factory=list)  # of each step's values, for loops without special
    # cases; None until somebody asks
    _spread: dict[tuple[int, Grain], Sequence[Value]] = field(factory=dict, init=False)

    def add(self, step: Step, values: Sequence[Value]) -> None:
        """Keeps the values of a step; faults are told for whom they happen as soon as that is known."""
        kinds = frozenset(map(type, values))
        if Fault in kinds and self.layout.reaches(step.grain, ENTITY):
            values = [self._told(value, step, row) for row, value in enumerate(values)]
        if step.id < len(self.values):
            self.values[step.id], self.kinds[step.id] = values, kinds
        else:
            self.values.append(values)
            self.kinds.append(kinds)

    def column(self, id: int, grain: Grain) -> Sequence[Value]:
        """A step's values, spread over the rows of a grain."""
        own = self.plan.steps[id].grain
        if own == grain:
            return self.values[id]
        if (id, grain) not in self._spread:
            values = self.values[id]
            if own.kind == "policy":
                self._spread[id, grain] = list(values) * self.layout.rows(grain)
            else:
                self._spread[id, grain] = [values[row] for row in self.layout.parents(grain, own)]
        return self._spread[id, grain]

    def whole(self, *ids: int) -> bool:
        """Whether the steps have neither faults nor missing values."""
        return all(_SPECIAL.isdisjoint(self._kinds(id)) for id in ids)

    def numeric(self, *ids: int) -> bool:
        """Whether the steps have numbers only."""
        return all(self._kinds(id) <= _NUMBER for id in ids)

    def _kinds(self, id: int) -> frozenset[type]:
        kinds = self.kinds[id]
        if kinds is None:
            kinds = self.kinds[id] = frozenset(map(type, self.values[id]))
        return kinds

    def strictly(self, step: Step, ids: Sequence[int], function: Callable[..., Any]) -> list[Any]:
        """The function of each row's values; a fault or a missing value among them is the result."""
        columns = [self.column(id, step.grain) for id in ids]
        if self.whole(*ids):
            return list(map(function, *columns))
        return [function(*row) if (found := obstacle(row)) is None else found for row in zip(*columns, strict=True)]

    def bounded(self, step: Step, values: list[Any]) -> list[Any]:
        """The values, a fault where a number has more digits than a computation may have."""
        return [
            self.fault("AS5009", step, row) if type(value) is Fraction and too_long(value) else value
            for row, value in enumerate(values)
        ]

    def fault(
        self, code: str, step: Step, row: int, *, about: int | None = None, cell: Cell | None = None, **names: str
    ) -> Fault:
        """A fault of a row of the step, with the cell of the data that the step `about` was worked out from."""
        if cell is None:
            cell = self.cell(step.id if about is None else about, step.grain, row)
        fault = Fault(code, tuple(sorted(names.items())), step.span, cell)
        return self.layout.located(fault, step.grain, row)

    def undecided(self, code: str, step: Step, row: int, value: Missing | Fault, **names: str) -> Fault:
        """The fault of a decision that a missing value leaves open."""
        if isinstance(value, Fault):
            return value
        fault = self.fault(code, step, row, cell=value.cell)
        return evolve(fault, arguments=tuple(sorted({**names, "fact": value.name}.items())))

    def cell(self, id: int, grain: Grain, row: int) -> Cell | None:
        """The first cell that the value of a row was worked out from, without going to other rows."""
        seen: set[int] = set()
        waiting = [id]
        while waiting:
            step = self.plan.steps[waiting.pop()]
            if step.id in seen or not self.layout.reaches(grain, step.grain):
                continue
            seen.add(step.id)
            if isinstance(step.operation, Load):
                at = self.layout.parents(grain, step.grain)[row]
                if (found := cell_of(self.dataset, self.layout, step.operation, step.grain, at)) is not None:
                    return found
            waiting.extend(reversed(inputs(step.operation)))
        return None

    def _told(self, value: Value, step: Step, row: int) -> Value:
        if not isinstance(value, Fault) or value.entity:
            return value
        cell = value.cell or self.cell(step.id, step.grain, row)
        return self.layout.located(evolve(value, cell=cell), step.grain, row)


def too_long(value: Fraction) -> bool:
    return value.numerator.bit_length() > BITS or value.denominator.bit_length() > BITS
