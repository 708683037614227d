"""Each step of a plan as an expression of SQL."""

from fractions import Fraction
from typing import Final, assert_never

from attrs import evolve
from sqlglot import exp

from assessdsl.backends.sql.aggregates import aggregated
from assessdsl.backends.sql.arithmetic import SIGNS, binary, case, whole
from assessdsl.backends.sql.cells import Cell, Number, Refused, constant, fixed, is_null
from assessdsl.backends.sql.order import banded, ranked
from assessdsl.backends.sql.parts import combined
from assessdsl.backends.sql.relations import any_of
from assessdsl.backends.sql.translation import FALSE, NULL, TRUE, Translation, missing, not_, present
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import (
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
    Raise,
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)

_DAYS: Final = (1, 3_652_059)  # the ordinals of the first and the last day of the calendar
_POWER: Final = 12  # beyond which a power is not written as a product


def translate(t: Translation, step: Step) -> Cell:
    name = f"s{step.id}_{step.name}" if step.name else f"s{step.id}"
    alias = t.alias(step.grain)
    cell = _translated(t, step, alias, name)
    comment = f"line {step.span.line}" if step.span.line else ""
    settle = t.relations.atom if t.uses.get(step.id, 0) > 1 else t.relations.short
    value = cell.value
    if isinstance(value, Number):
        value = fixed(evolve(value, n=settle(alias, value.n, name, comment)))
    else:
        value = settle(alias, value, name, comment)
    fault = None if cell.fault is None else settle(alias, cell.fault, f"{name}_fault", comment)
    return Cell(value, None if fault is None or is_null(fault) else fault)


def _translated(t: Translation, step: Step, alias: str, name: str) -> Cell:
    match step.operation:
        case Load() as load:
            return t.tables.cell(load, step)
        case Constant(value):
            match value:
                case bool():
                    return Cell(exp.true() if value else exp.false())
                case Fraction():
                    return Cell(constant(value))
                case str():
                    return Cell(exp.Literal.string(value))
                case _:
                    return Cell(constant(Fraction(value.toordinal())))
        case Fail():
            return Cell(exp.null(), whole(step.id))
        case Calculate(operator, ids):
            return _calculate(t, step, operator, ids, alias, name)
        case Compare(sign, left, right):
            return _compare(t, step, sign, left, right)
        case Logic("not", (only,)):
            return t.opposite(t.of(only))
        case Logic(operator, ids):
            return t.both([t.of(id) for id in ids], either=operator == "or")
        case InGroup(groups):
            group = exp.column("group_name", "e", quoted=True)
            if not groups:
                return Cell(exp.false())
            return Cell(exp.In(this=group, expressions=[exp.Literal.string(one) for one in groups]))
        case Choose(condition, chosen, other):
            return t.choose(t.atom_of(condition, alias), t.of(chosen), t.of(other))
        case Supply(value, instead):
            return t.supply(t.atom_of(value, alias), t.of(instead))
        case Clamp(value, low, high):
            cell = t.of(value)
            for id, greatest in ((low, True), (high, False)):
                if id is not None:
                    cell = t.extreme((cell, t.of(id)), greatest=greatest, alias=alias, name=name)
            return cell
        case Round(value, mode, places):
            cell = t.atom_of(value, alias)
            return Cell(t.arithmetic.rounded(cell.number, mode, places), cell.fault)
        case Gate() as gate:
            return _gate(t, step, gate, alias, name)
        case Combine() as combine:
            return combined(t, step, combine, alias, name)
        case Aggregate() as aggregate:
            return aggregated(t, step, aggregate, name)
        case Rank() as rank:
            return t.tables.cell(rank, step) if rank.offset else ranked(t, step, rank, alias, name)
        case Band() as band:
            return banded(t, step, band, name)
        case Streak(years, None):
            return t.both([t.of(id) for id in years])
        case Streak(years, at_least):
            assert at_least is not None
            return _held(t, years, at_least)
        case Raise(when=when, unless=unless):
            if not unless:
                return t.of(when)
            others = t.both([t.of(id) for id in unless], either=True)
            return t.both([t.of(when), t.opposite(others)])
        case _:
            assert_never(step.operation)


def _calculate(t: Translation, step: Step, operator: str, ids: tuple[int, ...], alias: str, name: str) -> Cell:
    cells = [t.of(id) for id in ids]
    if operator == "is_missing":
        own = cells[0]
        if own.fault is None:
            return Cell(missing(own.plain))
        return Cell(case((missing(own.fault), missing(own.plain))), own.fault)
    fault = any_of(cell.fault for cell in cells)
    sums = t.arithmetic
    match operator, cells:
        case (("+" | "-"), [left, right]):
            return Cell(sums.add(left.number, right.number, minus=operator == "-"), fault)
        case "*", [left, right]:
            return Cell(sums.multiply(left.number, right.number), fault)
        case (("/" | "per"), [left, right]):
            return t.divide(left, right, alias, name, step.id if operator == "/" else None)
        case (("min" | "max"), _):
            return t.extreme(cells, greatest=operator == "max", alias=alias, name=name)
        case "neg", [one]:
            return Cell(sums.negative(one.number), fault)
        case "abs", [one]:
            one = t.atom(one, alias, f"{name}_of")
            return Cell(sums.extreme([one.number, sums.negative(one.number)], greatest=True), fault)
        case "days_between", [later, earlier]:
            return Cell(sums.add(later.number, earlier.number, minus=True), fault)
        case "add_days", [day, days]:
            return _later(t, step, day, days, alias, name)
        case "whole_power", [base, times]:
            return _power(t, step, base, times, alias, name)
        case _:
            raise Refused("operation", operator)


def _later(t: Translation, step: Step, day: Cell, days: Cell, alias: str, name: str) -> Cell:
    if days.number.factors or days.number.unit.denominator != 1:
        raise Refused("operation", "add_days")
    moved = t.atom(Cell(t.arithmetic.add(day.number, days.number)), alias, name)
    ordinal = t.arithmetic.n_at(moved.number, Fraction(1), ())
    inside = exp.and_(binary(exp.GTE, ordinal, whole(_DAYS[0])), binary(exp.LTE, ordinal, whole(_DAYS[1])), copy=False)
    first, last = (Fraction(end) for end in _DAYS)
    kept = t.arithmetic.chosen([(inside, moved.number)])
    ours = case((not_(inside), whole(step.id)))
    return Cell(evolve(kept, range=Range(first, last)), any_of((day.fault, days.fault, ours)))


def _power(t: Translation, step: Step, base: Cell, times: Cell, alias: str, name: str) -> Cell:
    exponent = times.number.range.only
    if exponent is None or not 0 <= exponent <= _POWER or not isinstance(times.number.n, exp.Literal | exp.Neg):
        raise Refused("operation", "whole_power")
    result = constant(Fraction(1))
    if not exponent:
        kept = t.arithmetic.chosen([(present(base.plain), result)])
        return Cell(kept, base.fault)
    one = t.atom(base, alias, f"{name}_base")
    result = one.number
    for _ in range(int(exponent) - 1):
        result = t.arithmetic.multiply(result, one.number)
    return Cell(result, base.fault)


def _compare(t: Translation, step: Step, sign: str, left: int, right: int) -> Cell:
    first, second = t.of(left), t.of(right)
    fault = any_of((first.fault, second.fault))
    if isinstance(first.value, Number) or isinstance(second.value, Number):
        return Cell(t.compare(sign, first.number, second.number), fault)
    if sign not in ("==", "!="):
        raise Refused("operation", sign)
    return Cell(binary(SIGNS[sign], first.plain, second.plain), fault)


def _gate(t: Translation, step: Step, gate: Gate, alias: str, name: str) -> Cell:
    value, when = t.atom_of(gate.value, alias), t.atom_of(gate.when, alias)
    limit = Cell(constant(Fraction(0))) if gate.at_most is None else t.atom_of(gate.at_most, alias)
    holds, n = when.plain, value.plain
    shut = t.arithmetic.chosen([(present(n), limit.number)])
    if gate.at_most is not None:
        least = t.arithmetic.extreme([value.number, limit.number], greatest=False)
        shut = least
    kept = Cell(t.arithmetic.chosen([(not_(holds), value.number), (holds, shut)]))
    undecided = any_of((when.fault, case((missing(holds), whole(step.id)))))
    if when.fault is None and isinstance(t.plan.steps[gate.when].operation, Constant):
        undecided = None
    faults = [value.fault, undecided]
    if limit.fault is not None:
        faults.append(case((exp.and_(holds, present(n), copy=False), limit.fault)))
    return Cell(kept.value, any_of(faults))


def _held(t: Translation, years: tuple[int, ...], at_least: int) -> Cell:
    cells = [t.of(id) for id in years]

    def count(conditions: list[exp.Expr]) -> exp.Expr:
        found: exp.Expr = case((conditions[0], whole(1)), other=whole(0))
        for condition in conditions[1:]:
            found = exp.Add(this=found, expression=case((condition, whole(1)), other=whole(0)))
        return exp.paren(found, copy=False)

    held = count([cell.plain for cell in cells])
    possible = count([exp.func("COALESCE", cell.plain, TRUE, copy=False) for cell in cells])
    enough = binary(exp.GTE, held, whole(at_least))
    too_few = binary(exp.LT, possible, whole(at_least))
    fault = any_of(cell.fault for cell in cells)
    if fault is not None:
        fault = case((exp.or_(enough, too_few, copy=False), NULL), other=fault)
    return Cell(case((enough, TRUE), (too_few, FALSE)), fault)
