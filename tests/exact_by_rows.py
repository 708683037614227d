"""The steps of a plan worked out once more, one row after the other and in fractions, from what the exact engine gave
for their inputs: without columns of numerators and batches of steps."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from assessdsl.backends.aggregate import Scored, combination, of_rows
from assessdsl.backends.columns import Columns, Fault, Value
from assessdsl.backends.data import load
from assessdsl.backends.logic import both, every, obstacle, opposite, some
from assessdsl.backends.scalars import CALCULATE, COMPARE
from assessdsl.facts import Dataset, Missing
from assessdsl.plan.steps import (
    GROUP,
    Aggregate,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Constant,
    Fail,
    Gate,
    InGroup,
    Load,
    Logic,
    Plan,
    Raise,
    Round,
    Step,
    Streak,
    Supply,
)
from assessdsl.quantity import rounded

_FAULT = object()
"""Some fault: which it is and whom it names is told by other tests."""


def differing(plan: Plan, dataset: Dataset, columns: Columns) -> list[str]:
    """The steps of which a row is otherwise."""
    return [
        f"%{step.id} row {row}: {found!r} instead of {value!r}"
        for step in plan.steps
        for row, (found, value) in enumerate(
            zip(columns.values[step.id], _values(plan, dataset, columns, step), strict=True)
        )
        if not _same(found, value)
    ]


def _same(found: Value, value: Any) -> bool:
    if value is _FAULT or isinstance(found, Fault):
        return isinstance(found, Fault) and (value is _FAULT or isinstance(value, Fault))
    return type(found) is type(value) and found == value


def _values(plan: Plan, dataset: Dataset, columns: Columns, step: Step) -> Sequence[Any]:
    rows = columns.layout.rows(step.grain)

    def of(*ids: int | None) -> list[tuple[Any, ...]]:
        given = [[None] * rows if id is None else columns.at(id, step.grain) for id in ids]
        return list(zip(*given, strict=True))

    match step.operation:
        case Load() as operation:
            return load(plan, dataset, operation, step.grain)
        case Constant(value):
            return [value] * rows
        case Fail():
            return [_FAULT] * rows
        case Calculate("is_missing", ids):
            return [value if isinstance(value, Fault) else isinstance(value, Missing) for (value,) in of(*ids)]
        case Calculate(name, ids):
            return [_strict(CALCULATE[name], row) for row in of(*ids)]
        case Compare(sign, left, right):
            return [_strict(COMPARE[sign], row) for row in of(left, right)]
        case Logic("not", ids):
            return [opposite(value) for (value,) in of(*ids)]
        case Logic(name, ids):
            return [(every if name == "and" else some)(row) for row in of(*ids)]
        case InGroup(groups):
            above = columns.layout.parents(step.grain, GROUP)
            return [columns.layout.groups[row] in groups for row in above]
        case Choose(condition, chosen, other):
            return [
                first if holds is True else second if holds is False else holds
                for holds, first, second in of(condition, chosen, other)
            ]
        case Supply(value, instead):
            return [own if not isinstance(own, Missing) else other for own, other in of(value, instead)]
        case Clamp(value, low, high):
            ids = [id for id in (value, low, high) if id is not None]
            return [
                _strict(lambda *numbers: _within(numbers, low is not None, high is not None), row) for row in of(*ids)
            ]
        case Round(value, mode, places):
            return [_strict(lambda number: rounded(number, mode, places), row) for row in of(value)]
        case Gate(_, value, when, at_most):
            return [_gated(*row) for row in of(value, when, at_most)]
        case Raise(when=when, unless=unless):
            return [both(first, opposite(some(others))) for first, *others in of(when, *unless)]
        case Streak(years, None):
            return [every(row) for row in of(*years)]
        case Combine() as operation:
            return [
                _FAULT if isinstance(value, str) else value
                for row in range(rows)
                for value in (_combined(columns, step, operation, row),)
            ]
        case Aggregate() as operation:
            return [_aggregated(columns, operation, row) for row in range(rows)]
        case _:  # places and tiers, and what held in some of the years
            return columns.values[step.id]


def _within(numbers: Sequence[Fraction], low: bool, high: bool) -> Fraction:
    number = max(numbers[:2]) if low else numbers[0]
    return min(number, numbers[-1]) if high else number


def _strict(function: Any, row: Sequence[Value]) -> Any:
    if (found := obstacle(row)) is not None:
        return found
    value = function(*row)
    return _FAULT if value is None else value


def _gated(value: Any, holds: Any, limit: Any) -> Any:
    if holds is False or isinstance(value, Fault):
        return value
    if holds is not True:
        return _FAULT
    if isinstance(value, Missing):
        return value
    if limit is None:
        return Fraction(0)
    return min(value, limit) if isinstance(limit, Fraction) else limit


def _combined(columns: Columns, step: Step, operation: Combine, row: int) -> Value | str:
    def of(id: int | None) -> Any:
        return False if id is None else columns.at(id, step.grain)[row]

    scored = [Scored(part, of(part.score), of(part.points), of(part.averaged)) for part in operation.parts]
    return combination(operation, scored, None if operation.full is None else of(operation.full))


def _aggregated(columns: Columns, operation: Aggregate, row: int) -> Any:
    own = [at for at, above in enumerate(columns.layout.parents(operation.over, operation.to)) if above == row]

    def of(id: int | None) -> list[Value] | None:
        return None if id is None else [columns.at(id, operation.over)[at] for at in own]

    value = of_rows(operation, of(operation.value) or [], of(operation.when), of(operation.distinct))
    return _FAULT if value is None else value
