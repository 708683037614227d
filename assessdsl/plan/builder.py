"""Collects steps: equal ones are one step, constants are calculated at once, and what nothing needs is left out."""

import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from attrs import define, field

from assessdsl.check import units
from assessdsl.diagnostics import Diagnostic, PolicyError
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import (
    POLICY,
    Calculate,
    Choose,
    Clamp,
    Compare,
    Constant,
    Fail,
    Grain,
    Logic,
    Operation,
    Round,
    Step,
)  # fmt: skip
from assessdsl.plan.walk import inputs, renumbered, under
from assessdsl.quantity import Unit, rounded
from assessdsl.source import Span

_FINENESS: Final = {"policy": 0, "group": 1, "entity": 2, "target": 3, "entry": 4}


def finest(grains: Iterable[Grain]) -> Grain:
    """The grain that has a value for every row of all of them."""
    return max(grains, key=lambda grain: _FINENESS[grain.kind], default=POLICY)


# What is calculated at once when all inputs are constants; not division by zero: the backends say where it fails.
_FOLD: Final[dict[str, Callable[..., Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "min": min, "max": max, "abs": abs, "neg": operator.neg,
    "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


_FOLDED_BITS: Final = 2_000


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


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
        # yes equals 1 as a key, so a constant's type belongs to it; a failure says on which line it stands
        kind = type(operation.value).__name__ if isinstance(operation, Constant) else ""
        place = span.order if isinstance(operation, Fail) else ()
        key = (type(operation).__name__, kind, place, operation, grain, unit, name)
        id = self._known.setdefault(key, len(self.steps))
        if id == len(self.steps):
            if id >= LIMITS.plan_steps:
                raise PolicyError((Diagnostic("AS5401", span, {"limit": str(LIMITS.plan_steps)}),))
            self.steps.append(Step(id, operation, grain, unit, span, name))
        return id

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
            case Round(value, mode, places):
                known = self.value(value)
                return None if known is None else Constant(rounded(known, mode, places))
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
        if name == "/" and values[1] == 0:
            return None
        # what grows without end is left to the backend, which says so for whom it happens to
        if any(isinstance(value, Fraction) and _bits(value) > _FOLDED_BITS for value in values):
            return None
        return Constant(_FOLD[name](*values))

    def choose(self, condition: int, chosen: int, other: int, span: Span) -> int:
        decided = self.value(condition)
        unit = self.common(chosen, other)
        if decided is not None:
            kept = chosen if decided else other
            if self.unit(kept) is unit:
                return kept
            if (value := self.value(kept)) is not None:
                return self.add(Constant(value), unit, span, grain=POLICY)
        return self.add(Choose(condition, chosen, other), unit, span)

    def common(self, *ids: int) -> Unit:
        """The unit of values that stand for one another."""
        found = self.unit(ids[0])
        for id in ids[1:]:
            joined = units.combine("if", found, self.unit(id))
            assert joined is not None, f"the checker lets {found} stand for {self.unit(id)}"
            found = joined
        return found

    def calculate(self, sign: str, left: int, right: int, span: Span) -> int:
        first, second = self.unit(left), self.unit(right)
        unit = units.combine(sign, first, second)
        assert unit is not None, f"the checker lets {first} {sign} {second} pass"
        name = sign
        if first is Unit.DATE and second is Unit.DATE:
            name = "days_between"
        elif first is Unit.DATE:
            name = "add_months" if second is Unit.MONTHS else "add_days"
            if sign == "-":
                right = self.add(Calculate("neg", (right,)), second, span)
        return self.add(Calculate(name, (left, right)), unit, span)

    def joined(self, sign: str, ids: Sequence[int], span: Span) -> int:
        """All of them, one after the other."""
        result = ids[0]
        for id in ids[1:]:
            result = self.calculate(sign, result, id, span)
        return result

    def mean(self, ids: Sequence[int], span: Span) -> int:
        part = self.constant(Fraction(1, len(ids)), Unit.NUMBER, span)
        return self.calculate("*", self.joined("+", ids, span), part, span)

    def fail(self, code: str, span: Span, **arguments: str) -> int:
        return self.add(Fail(code, tuple(arguments.items())), Unit.ANY, span, grain=POLICY)

    def round(self, value: int, mode: str, places: int, span: Span, grain: Grain | None = None) -> int:
        unit = self.unit(value)
        # shares and rates are written, and so rounded, in percent: 33.3 % has one place
        hundredths = 2 if unit in (Unit.SHARE, Unit.PERCENT, Unit.PP) else 0
        operation = Round(value, mode, int(self.value(places)) + hundredths)
        return self.add(operation, units.rounded_unit(unit), span, grain=grain)

    def finished(self, roots: Iterable[int]) -> tuple[tuple[Step, ...], Callable[[int], int]]:
        """The steps that the roots need, numbered anew in order, and the new number of each old one."""
        new = {old: number for number, old in enumerate(sorted(under(self.steps, roots)))}
        kept = ((number, self.steps[old]) for old, number in new.items())
        steps = tuple(
            Step(number, renumbered(old.operation, new.__getitem__), old.grain, old.unit, old.span, old.name)
            for number, old in kept
        )
        return steps, new.__getitem__
