"""The exact backend: a loop over the plan's steps, on exact numbers. It is the oracle for every other backend.

Every step is worked out for all its rows, and steps that do the same in one go (see alike.py). Numbers are pairs of
whole numbers as long as they are here (see pairs.py). A value that fails is a Fault, which passes through strict
operations and is dropped with a branch that is not taken, so that the order of work never shows.
"""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any, Final, assert_never

from attrs import evolve

from assessdsl.backends import pairs
from assessdsl.backends.aggregate import aggregated, combined
from assessdsl.backends.alike import Batch, together
from assessdsl.backends.collector import collector_at_rest
from assessdsl.backends.columns import Columns, Fault, Value, layout
from assessdsl.backends.data import OF_ITEMS, load, load_of
from assessdsl.backends.held import Column, Held, calculated, held_apart
from assessdsl.backends.logic import both, either, obstacle, opposite, some
from assessdsl.backends.order import banded, ranked
from assessdsl.backends.pairs import inner, outer
from assessdsl.backends.scalars import CALCULATE, COMPARE
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
from assessdsl.plan.walk import inputs

_NUMERIC: Final = frozenset({tuple, Missing, Fault})


@collector_at_rest()
def run(plan: Plan, dataset: Dataset, wanted: tuple[int, ...] | None = None) -> Columns:
    """The values of all steps of the plan; with `wanted`, of these and of what they rest on, and no others."""
    alike = together(plan, wanted)
    work = Work(plan, dataset, Held(layout(plan, dataset), alike, []))
    for batch in alike.batches:
        work.held.columns.append(work.told(batch, _values(work, batch)))
    return _columns(work)


def run_again(
    plan: Plan, dataset: Dataset, before: Columns, given: Mapping[int, Sequence[Value]], anew: Collection[int]
) -> Columns:
    """As `run`, where most is known from before: the steps of `given` have these values, those of `anew` are worked
    out again, and all others keep what they had. What follows from either must be among `anew`."""
    held = held_apart(plan, before)
    work = Work(plan, dataset, held)
    for id in sorted({*given, *anew}):
        batch = held.batches.batches[id]
        column = Column(inner(given[id])) if id in given else _values(work, batch)
        held.columns[id] = work.told(batch, column)
    return _columns(work)


def _columns(work: Work) -> Columns:
    return Columns(work.layout, work.held.batches.grains, work.held)


def _values(work: Work, batch: Batch) -> Column:
    operation = batch.operation
    match operation:
        case Load():
            if operation.source in OF_ITEMS:
                return _loaded(load_of(work.plan, operation, work.items(batch.rows)))
            return _loaded(load(work.plan, work.dataset, operation, batch.rows.grains[0]) * len(batch.steps))
        case Constant() | Fail():
            return Column([value for step in batch.steps for value in _same(work, step)])
        case InGroup(groups):
            inside = [name in groups for name in work.layout.groups]
            return Column([inside[row] for grain in batch.rows.grains for row in work.layout.parents(grain, GROUP)])
        case Calculate(name):
            return _calculated(work, batch, name)
        case Compare(sign):
            return _compared(work, sign, work.inputs(batch))
        case Logic(name):
            return _logic(name, work.inputs(batch))
        case Choose():
            return _chosen(*work.inputs(batch))
        case Supply():
            value, instead = work.inputs(batch)
            if Missing not in value.kinds:
                return value
            values = list(map(_supplied, value.values, instead.values))
            return calculated(values, max(value.bits, instead.bits))
        case Clamp(_, low, high):
            return _clamped(work, work.inputs(batch), low is not None, high is not None)
        case Round(_, mode, places):
            (value,) = work.inputs(batch)
            values = work.strictly([value], lambda numbers: pairs.rounded(numbers, mode, places))
            return calculated(values, value.bits + 4 * abs(places) + 2)
        case Gate(name):
            return _gated(work, batch, name, *work.inputs(batch))
        case Combine():
            return combined(work, batch, operation)
        case Aggregate():
            return aggregated(work, batch, operation)
        case Rank():
            return Column(inner(ranked(work, batch.steps[0], operation)))
        case Band():
            return Column(inner(banded(work, batch.steps[0], operation)))
        case Streak(_, at_least):
            years = work.inputs(batch)
            return _logic("and", years) if at_least is None else _held(years, at_least)
        case Raise(when=when, unless=unless):
            columns = (work.inside(id, batch.steps[0].grain) for id in (when, *unless))
            return Column([both(first, opposite(some(others))) for first, *others in zip(*columns, strict=True)])
        case _:
            assert_never(operation)


def _loaded(values: Sequence[Value]) -> Column:
    kinds = frozenset(map(type, values))
    return Column(inner(values)) if Fraction in kinds else Column(values, kinds)


def _same(work: Work, step: Step) -> list[Any]:
    """One value for all rows of a step."""
    match step.operation:
        case Constant(value):
            return inner([value]) * work.layout.rows(step.grain)
        case Fail(code, arguments):
            return [Fault(code, arguments, step.span)] * work.layout.rows(step.grain)
        case _:
            raise AssertionError(step)


def _held(years: Sequence[Column], at_least: int) -> Column:
    result: list[Value] = []
    for values in zip(*(column.values for column in years), strict=True):
        if values.count(True) >= at_least or len(values) - values.count(False) < at_least:
            result.append(values.count(True) >= at_least)
        else:
            result.append(obstacle(values) or False)
    return Column(result)


def _supplied(value: Any, instead: Any) -> Any:
    if not isinstance(value, Missing):
        return value
    if isinstance(instead, Fault) and instead.cell is None:
        named = dict(instead.arguments) | ({"fact": value.name} if value.name else {})
        return evolve(instead, arguments=tuple(sorted(named.items())), cell=value.cell)  # where the fact should stand
    return instead


def _chosen(condition: Column, chosen: Column, other: Column) -> Column:
    rows = zip(condition.values, chosen.values, other.values, strict=True)
    if condition.whole:
        values = [first if holds else second for holds, first, second in rows]
    else:
        values = [first if holds is True else second if holds is False else holds for holds, first, second in rows]
    return calculated(values, max(chosen.bits, other.bits))


_GROWING: Final = frozenset({"+", "-", "*", "/", "whole_power", "power", "ln", "exp"})
_WITHOUT_RESULT: Final = {
    "/": "AS5002", "add_days": "AS5011", "add_months": "AS5011", "whole_power": "AS5009", "power": "AS5009",
    "ln": "AS5009", "exp": "AS5009",
}  # fmt: skip


def _calculated(work: Work, batch: Batch, name: str) -> Column:
    columns = work.inputs(batch)
    if name == "is_missing":
        own = columns[0].values
        return Column([value if isinstance(value, Fault) else isinstance(value, Missing) for value in own])
    if name in pairs.CALCULATE:
        bits = pairs.BITS_OF[name](*(column.bits for column in columns))
        column = calculated(work.strictly(columns, pairs.CALCULATE[name]), bits)
    else:
        column = Column(work.strictly(columns, _one_by_one(CALCULATE[name])))
    if type(None) in column.kinds:
        values = list(column.values)
        for row in (row for row, value in enumerate(values) if value is None):
            step, own_row = work.place(batch, row)
            values[row] = work.fault(_WITHOUT_RESULT[name], step, own_row, about=inputs(step.operation)[-1])
        column = Column(values)
    return work.bounded(batch, column) if name in _GROWING else column


def _one_by_one(function: Callable[..., Any]) -> Callable[..., list[Any]]:
    """A function of values as one of columns."""
    return lambda *columns: inner(map(function, *map(outer, columns)))


def _compared(work: Work, sign: str, columns: Sequence[Column]) -> Column:
    numeric = all(column.kinds <= _NUMERIC for column in columns)
    return Column(work.strictly(columns, pairs.COMPARE[sign] if numeric else _one_by_one(COMPARE[sign])))


def _logic(name: str, columns: Sequence[Column]) -> Column:
    lists = [column.values for column in columns]
    if name == "not":
        return Column(list(map(operator.not_ if columns[0].whole else opposite, lists[0])))
    if all(column.whole for column in columns):
        plain = operator.and_ if name == "and" else operator.or_
        return Column(reduce(lambda left, right: list(map(plain, left, right)), lists))
    join = both if name == "and" else either
    return Column(reduce(lambda left, right: list(map(join, left, right)), lists))


def _clamped(work: Work, columns: Sequence[Column], low: bool, high: bool) -> Column:
    """No less than `low` and then no more than `high`."""

    def within(numbers: list[Any], *limits: pairs.Pairs) -> list[Any]:
        if low:
            numbers = pairs.greatest(numbers, limits[0])
        return pairs.least(numbers, limits[-1]) if high else numbers

    return calculated(work.strictly(columns, within), max(column.bits for column in columns))


def _gated(work: Work, batch: Batch, gate: str, value: Column, when: Column, most: Column | None = None) -> Column:
    """The score comes before its gate, so a score that fails is not mended by a gate that takes it away."""
    nothing = [(0, 1)] * len(value.values)
    limits = nothing if most is None else most.values
    bits = max(value.bits, 1 if most is None else most.bits)
    if value.whole and when.whole and (most is None or most.whole):
        lower = nothing if most is None else pairs.least(value.values, limits)
        rows = zip(when.values, lower, value.values, strict=True)
        return calculated([less if holds else all_of_it for holds, less, all_of_it in rows], bits)
    result: list[Any] = []
    for row, (own, holds, limit) in enumerate(zip(value.values, when.values, limits, strict=True)):
        if holds is False or isinstance(own, Fault):
            result.append(own)
        elif isinstance(holds, Missing | Fault):
            step, own_row = work.place(batch, row)
            result.append(work.undecided("AS5006", step, own_row, holds, gate=gate))
        elif isinstance(own, Missing):
            result.append(own)
        elif most is None or isinstance(limit, Missing | Fault):
            result.append(limit)
        else:
            result.extend(pairs.least([own], [limit]))
    return calculated(result, bits)
