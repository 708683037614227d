"""The exact backend: a loop over the plan's steps, on exact numbers. It is the oracle for every other backend.

Every step is worked out for all its rows, and steps that do the same in one go (see alike.py). Numbers are numerators
and denominators as long as they are here (see ratios.py). A value that fails is a Fault, which passes through strict
operations and is dropped with a branch that is not taken, so that the order of work never shows.
"""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial, reduce
from typing import Any, Final, assert_never

from attrs import evolve

from assessdsl.backends import ratios
from assessdsl.backends.aggregate import aggregated, combined
from assessdsl.backends.alike import Batch, together
from assessdsl.backends.collector import collector_at_rest
from assessdsl.backends.columns import Columns, Fault, Value, layout
from assessdsl.backends.data import OF_ITEMS, load, load_of
from assessdsl.backends.held import Held, held_apart
from assessdsl.backends.logic import both, either, obstacle, opposite, some
from assessdsl.backends.order import banded, ranked
from assessdsl.backends.ratios import Column, column
from assessdsl.backends.scalars import CALCULATE, COMPARE
from assessdsl.backends.work import Work
from assessdsl.facts import Dataset, Missing
from assessdsl.plan.steps import (
    GROUP,
    POLICY,
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


@collector_at_rest
def run(plan: Plan, dataset: Dataset, wanted: tuple[int, ...] | None = None) -> Columns:
    """The values of all steps of the plan; with `wanted`, of these and of what they rest on, and no others."""
    batches = together(plan, wanted)
    work = Work(plan, dataset, Held(layout(plan, dataset), batches, []))
    for batch in batches.batches:
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
        own = column(given[id]) if id in given else _values(work, batch)
        held.columns[id] = work.told(batch, own)
    return _columns(work)


def _columns(work: Work) -> Columns:
    return Columns(work.layout, work.held.batches.grains, work.held)


def _values(work: Work, batch: Batch) -> Column:
    operation = batch.operation
    match operation:
        case Load():
            if operation.source in OF_ITEMS:
                return _of_items(work, batch, operation)
            return column(load(work.plan, work.dataset, operation, batch.rows.grains[0]) * len(batch.steps))
        case Constant() | Fail():
            return _said(work, batch)
        case InGroup(groups):
            inside = [name in groups for name in work.layout.groups]
            return Column([inside[row] for grain in batch.rows.grains for row in work.layout.parents(grain, GROUP)])
        case Calculate(name):
            return _calculated(work, batch, name)
        case Compare(sign):
            return work.strictly(work.inputs(batch), partial(ratios.compared, COMPARE[sign]))
        case Logic(name):
            return _logic(name, work.inputs(batch))
        case Choose():
            return ratios.chosen(*work.inputs(batch))
        case Supply():
            value, instead = work.inputs(batch)
            return value if Missing not in value.kinds else _supplied(value, instead)
        case Clamp(_, low, high):
            return _clamped(work, work.inputs(batch), low is not None, high is not None)
        case Round(_, mode, places):
            (value,) = work.inputs(batch)
            return work.strictly([value], lambda numbers: ratios.rounded(numbers, mode, places))
        case Gate(name):
            return _gated(work, batch, name, work.inputs(batch))
        case Combine():
            return combined(work, batch, operation)
        case Aggregate():
            return aggregated(work, batch, operation)
        case Rank():
            return column(ranked(work, batch.steps[0], operation))
        case Band():
            return column(banded(work, batch.steps[0], operation))
        case Streak(_, at_least):
            years = work.inputs(batch)
            return _logic("and", years) if at_least is None else _held(years, at_least)
        case Raise(when=when, unless=unless):
            columns = (work.column(id, batch.steps[0].grain) for id in (when, *unless))
            return Column([both(first, opposite(some(others))) for first, *others in zip(*columns, strict=True)])
        case _:
            assert_never(operation)


def _of_items(work: Work, batch: Batch, operation: Load) -> Column:
    items, fields = work.items(batch.rows, operation.offset)
    if operation.source == "target":
        with suppress(KeyError):  # to ask of each whether it is there takes as long as to reach it
            known = column([own[operation.name].value for own in fields])
            if known.whole:
                return known
    return column(load_of(work.plan, operation, items, fields))


def _said(work: Work, batch: Batch) -> Column:
    """What the policy says, which is kept where it is said once for all."""
    notes = work.plan.notes
    if batch not in notes:
        made = column([value for step in batch.steps for value in _same(work, step)])
        if batch.rows.grains[0] != POLICY:
            return made
        notes[batch] = made
    kept: Column = notes[batch]
    return kept


def _same(work: Work, step: Step) -> list[Value]:
    """One value for all rows of a step."""
    match step.operation:
        case Constant(value):
            return [value] * work.layout.rows(step.grain)
        case Fail(code, arguments):
            return [Fault(code, arguments, step.span)] * work.layout.rows(step.grain)
        case _:
            raise AssertionError(step)


def _held(years: Sequence[Column], at_least: int) -> Column:
    result: list[Value] = []
    for values in zip(*(own.values for own in years), strict=True):
        if values.count(True) >= at_least or len(values) - values.count(False) < at_least:
            result.append(values.count(True) >= at_least)
        else:
            result.append(obstacle(values) or False)
    return Column(result)


def _supplied(value: Column, instead: Column) -> Column:
    missing = Column([isinstance(own, Missing) for own in value.values])
    if Fault in instead.kinds:
        pairs = zip(value.values, instead.values, strict=True)
        told = [_pointing(other, own) if isinstance(own, Missing) else other for own, other in pairs]
        instead = Column(told, instead.below, kinds=instead.kinds)
    return ratios.chosen(missing, instead, value)


def _pointing(instead: Any, missing: Missing) -> Any:
    """Where the fact should stand that was to be there."""
    if not isinstance(instead, Fault) or instead.cell is not None:
        return instead
    named = dict(instead.arguments) | ({"fact": missing.name} if missing.name else {})
    return evolve(instead, arguments=tuple(sorted(named.items())), cell=missing.cell)


_GROWING: Final = frozenset({"+", "-", "*", "/", "whole_power", "power", "ln", "exp"})
_WITHOUT_RESULT: Final = {
    "/": "AS5002", "add_days": "AS5011", "add_months": "AS5011", "whole_power": "AS5009", "power": "AS5009",
    "ln": "AS5009", "exp": "AS5009",
}  # fmt: skip


def _calculated(work: Work, batch: Batch, name: str) -> Column:
    columns = work.inputs(batch)
    if name == "is_missing":
        values = columns[0].values
        if columns[0].whole:
            return Column([False] * len(values))
        return Column([value if isinstance(value, Fault) else isinstance(value, Missing) for value in values])
    function = ratios.CALCULATE.get(name)
    own = work.strictly(columns, _one_by_one(CALCULATE[name]) if function is None else function)
    if name in _WITHOUT_RESULT:
        own = work.or_fault(batch, own, _WITHOUT_RESULT[name], about_last=True)
    return work.bounded(batch, own) if name in _GROWING else own


def _one_by_one(function: Callable[..., Any]) -> Callable[..., Column]:
    """A function of values as one of columns."""
    return lambda *columns: column(list(map(function, *(own.read for own in columns))))


def _logic(name: str, columns: Sequence[Column]) -> Column:
    lists = [own.values for own in columns]
    if name == "not":
        return Column(list(map(operator.not_ if columns[0].whole else opposite, lists[0])))
    if all(own.whole for own in columns):
        plain = operator.and_ if name == "and" else operator.or_
        return Column(reduce(lambda left, right: list(map(plain, left, right)), lists))
    join = both if name == "and" else either
    return Column(reduce(lambda left, right: list(map(join, left, right)), lists))


def _clamped(work: Work, columns: Sequence[Column], low: bool, high: bool) -> Column:
    """No less than `low` and then no more than `high`."""

    def within(numbers: Column, *limits: Column) -> Column:
        if low:
            numbers = ratios.greatest(numbers, limits[0])
        return ratios.least(numbers, limits[-1]) if high else numbers

    return work.strictly(columns, within)


def _gated(work: Work, batch: Batch, gate: str, columns: Sequence[Column]) -> Column:
    """The score comes before its gate, so a score that fails is not mended by a gate that takes it away."""

    def of_columns(value: Column, when: Column, most: Column | None = None) -> Column:
        less = Column([0] * len(value.values)) if most is None else ratios.least(value, most)
        return ratios.chosen(when, less, value)

    def of_row(row: int, value: Value, holds: Value, *most: Value) -> Value:
        if holds is False or isinstance(value, Fault):
            return value
        if isinstance(holds, Missing | Fault):
            step, own_row = work.place(batch, row)
            return work.undecided("AS5006", step, own_row, holds, gate=gate)
        return value if isinstance(value, Missing) else most[0]

    return work.split(columns, of_columns, of_row)
