"""The exact backend: a loop over the plan's steps in fractions. It is the oracle for every other backend.

Every step is worked out for all its rows. A value that fails is a Fault, which passes through strict operations and is
dropped with a branch that is not taken, so that the order of work never shows.
"""

import operator
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Final, assert_never

from attrs import evolve

from assessdsl.backends.aggregate import aggregated, combined
from assessdsl.backends.collector import collector_at_rest
from assessdsl.backends.columns import Columns, Fault, Value, layout
from assessdsl.backends.data import load
from assessdsl.backends.logic import both, either, obstacle, opposite, some
from assessdsl.backends.order import banded, ranked
from assessdsl.backends.scalars import CALCULATE, COMPARE, compared, greatest, least
from assessdsl.backends.work import Work
from assessdsl.facts import Dataset, Missing
from assessdsl.plan.steps import (
    GROUP,
    Aggregate,
    Band,
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
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)
from assessdsl.quantity import rounded

_ZERO: Final = Fraction(0)


@collector_at_rest()
def run(plan: Plan, dataset: Dataset) -> Columns:
    """The values of all steps of the plan."""
    work = Work(plan, dataset, layout(plan, dataset))
    for step in plan.steps:
        work.add(step, _values(work, step))
    return Columns(work.layout, tuple(step.grain for step in plan.steps), tuple(work.values))


def run_again(
    plan: Plan, dataset: Dataset, before: Columns, given: Mapping[int, Sequence[Value]], anew: Collection[int]
) -> Columns:
    """As `run`, where most is known from before: the steps of `given` have these values, those of `anew` are worked
    out again, and all others keep what they had. What follows from either must be among `anew`."""
    work = Work(plan, dataset, before.layout, list(before.values), [None] * len(before.values))
    for id in sorted({*given, *anew}):
        step = plan.steps[id]
        work.add(step, given[id] if id in given else _values(work, step))
    return Columns(work.layout, before.grains, tuple(work.values))


def _values(work: Work, step: Step) -> Sequence[Value]:
    match step.operation:
        case Load() as operation:
            return load(work.plan, work.dataset, operation, step.grain)
        case Constant(value):
            return [value] * work.layout.rows(step.grain)
        case Fail(code, arguments):
            return [Fault(code, arguments, step.span)] * work.layout.rows(step.grain)
        case Calculate(name, ids):
            return _calculated(work, step, name, ids)
        case Compare(sign, left, right):
            if work.numeric(left, right):
                return compared(sign, work.column(left, step.grain), work.column(right, step.grain))
            return work.strictly(step, (left, right), COMPARE[sign])
        case Logic(name, ids):
            return _logic(work, step, name, ids)
        case InGroup(groups):
            inside = [name in groups for name in work.layout.groups]
            return [inside[row] for row in work.layout.parents(step.grain, GROUP)]
        case Choose(condition, chosen, other):
            columns = (work.column(id, step.grain) for id in (condition, chosen, other))
            return [
                first if holds is True else second if holds is False else holds
                for holds, first, second in zip(*columns, strict=True)
            ]
        case Supply(value, instead):
            return list(map(_supplied, work.column(value, step.grain), work.column(instead, step.grain)))
        case Clamp(value, low, high):
            return _clamped(work, step, value, low, high)
        case Round(value, mode, places):
            return work.strictly(step, (value,), lambda number: rounded(number, mode, places))
        case Gate() as operation:
            return _gated(work, step, operation)
        case Combine() as operation:
            return combined(work, step, operation)
        case Aggregate() as operation:
            return aggregated(work, step, operation)
        case Rank() as operation:
            return ranked(work, step, operation)
        case Band() as operation:
            return banded(work, step, operation)
        case Streak(years, at_least):
            return _logic(work, step, "and", years) if at_least is None else _held(work, step, years, at_least)
        case Raise(when=when, unless=unless):
            columns = (work.column(id, step.grain) for id in (when, *unless))
            return [both(first, opposite(some(others))) for first, *others in zip(*columns, strict=True)]
        case _:
            assert_never(step.operation)


def _held(work: Work, step: Step, years: tuple[int, ...], at_least: int) -> list[Value]:
    result: list[Value] = []
    for values in zip(*(work.column(id, step.grain) for id in years), strict=True):
        if values.count(True) >= at_least or len(values) - values.count(False) < at_least:
            result.append(values.count(True) >= at_least)
        else:
            result.append(obstacle(values) or False)
    return result


def _supplied(value: Value, instead: Value) -> Value:
    if not isinstance(value, Missing):
        return value
    if isinstance(instead, Fault) and instead.cell is None:
        named = dict(instead.arguments) | ({"fact": value.name} if value.name else {})
        return evolve(instead, arguments=tuple(sorted(named.items())), cell=value.cell)  # where the fact should stand
    return instead


_GROWING: Final = frozenset({"+", "-", "*", "/", "whole_power", "power", "ln", "exp"})
_WITHOUT_RESULT: Final = {
    "/": "AS5002", "add_days": "AS5011", "add_months": "AS5011", "whole_power": "AS5009", "power": "AS5009",
    "ln": "AS5009", "exp": "AS5009",
}  # fmt: skip


def _calculated(work: Work, step: Step, name: str, ids: tuple[int, ...]) -> Sequence[Value]:
    if name == "is_missing":
        own = work.column(ids[0], step.grain)
        return [value if isinstance(value, Fault) else isinstance(value, Missing) for value in own]
    values = work.strictly(step, ids, CALCULATE[name])
    if name in _WITHOUT_RESULT:
        code = _WITHOUT_RESULT[name]
        values = [
            work.fault(code, step, row, about=ids[-1]) if value is None else value for row, value in enumerate(values)
        ]
    return work.bounded(step, values) if name in _GROWING else values


def _logic(work: Work, step: Step, name: str, ids: tuple[int, ...]) -> Sequence[Value]:
    columns = [work.column(id, step.grain) for id in ids]
    if name == "not":
        return [opposite(value) for value in columns[0]]
    if work.whole(*ids):
        plain = operator.and_ if name == "and" else operator.or_
        return reduce(lambda left, right: list(map(plain, left, right)), columns)
    join = both if name == "and" else either
    return reduce(lambda left, right: list(map(join, left, right)), columns)


def _clamped(work: Work, step: Step, value: int, low: int | None, high: int | None) -> Sequence[Value]:
    """No less than `low` and then no more than `high`."""
    if low is None:
        return work.column(value, step.grain) if high is None else work.strictly(step, (value, high), least)
    if high is None:
        return work.strictly(step, (value, low), greatest)
    return work.strictly(step, (value, low, high), lambda number, floor, top: least(greatest(number, floor), top))


def _gated(work: Work, step: Step, gate: Gate) -> Sequence[Value]:
    """The score comes before its gate, so a score that fails is not mended by a gate that takes it away."""
    grain = step.grain
    most = [_ZERO] * work.layout.rows(grain) if gate.at_most is None else work.column(gate.at_most, grain)
    result: list[Value] = []
    rows = zip(work.column(gate.value, grain), work.column(gate.when, grain), most, strict=True)
    for row, (value, holds, limit) in enumerate(rows):
        if holds is False or isinstance(value, Fault):
            result.append(value)
        elif isinstance(holds, Missing | Fault):
            result.append(work.undecided("AS5006", step, row, holds, gate=gate.name))
        elif isinstance(value, Missing):
            result.append(value)
        elif gate.at_most is None or isinstance(limit, Missing | Fault):
            result.append(limit)
        else:
            result.append(min(value, limit))
    return result
