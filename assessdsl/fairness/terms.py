"""Steps of a plan as terms of a solver: numbers are rationals, roundings whole numbers; nothing is approximated.

All that was not moved is the same in both copies. What other rows add is a number of its own, of which only is said
what is known of it. What is no step of this kind (roots, logarithms, deviations) may be anything.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from functools import reduce
from typing import Any, Final, Literal

from attrs import define, field, frozen

from assessdsl.fairness.analysis.narrow import Known
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import (
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
    Rank,
    Round,
    Step,
    Supply,
)
from assessdsl.quantity import Unit

Copy = Literal["before", "after"]


@frozen(eq=False)
class Term:
    value: Any
    missing: Any
    fault: Any


@define
class Terms:
    z3: Any
    known: Known
    step: int
    moved: Iterable[int]
    solver: Any
    whole: bool  # what is counted is a whole number
    _found: dict[tuple[int, Copy | Literal[""]], Term] = field(factory=dict)
    _words: dict[str, int] = field(factory=dict)
    _rests: dict[tuple[Any, ...], Any] = field(factory=dict)
    _touched: set[int] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self._touched = set(self.known.resting_on(self.step, dict.fromkeys(self.moved)))
        self._touched |= set(self.moved)

    def of(self, id: int, copy: Copy) -> Term:
        side: Copy | Literal[""] = copy if id in self._touched else ""
        if (id, side) not in self._found:
            self._found[id, side] = self._step(self.known.plan.steps[id], copy, side)
        return self._found[id, side]

    # ------------------------------------------------------------ leaves

    def _number(self, value: Fraction) -> Any:
        return self.z3.RealVal(f"{value.numerator}/{value.denominator}")

    def _plain(self, value: Any) -> Term:
        no = self.z3.BoolVal(False)
        return Term(value, no, no)

    def _constant(self, value: Fraction | bool | str | date) -> Any:
        match value:
            case bool():
                return self.z3.BoolVal(value)
            case Fraction():
                return self._number(value)
            case date():
                return self._number(Fraction(value.toordinal()))
            case _:
                return self._number(Fraction(self._words.setdefault(value, len(self._words))))

    def _free(self, name: str, unit: Unit, bounds: Range) -> Any:
        """A value of which only its bounds are known."""
        if unit is Unit.YES_NO:
            return self.z3.Bool(name)
        value = self.z3.Real(name)
        if bounds.low is not None:
            self.solver.add(value >= self._number(bounds.low))
        if bounds.high is not None:
            self.solver.add(value <= self._number(bounds.high))
        if self.whole and unit in _WHOLE:
            self.solver.add(self.z3.IsInt(value))
        return value

    def _any(self, step: Step, side: str) -> Term:
        """Whatever the step may be."""
        value = self._free(f"s{step.id}{side}", step.unit, self.known.range(step.id))
        return Term(value, self.z3.Bool(f"m{step.id}{side}"), self.z3.BoolVal(False))

    def facts(self, model: Any, copy: Copy) -> dict[int, Fraction | None]:
        """What the model says of the facts."""
        found: dict[int, Fraction | None] = {}
        for id, side in list(self._found):
            step = self.known.plan.steps[id]
            if isinstance(step.operation, Load) and side in ("", copy) and step.unit is not Unit.YES_NO:
                term = self._found[id, side]
                value = model.eval(term.value, model_completion=True)
                lost = self.z3.is_true(model.eval(term.missing, model_completion=True))
                if self.z3.is_rational_value(value):
                    exact = Fraction(value.numerator_as_long(), value.denominator_as_long())
                    found[id] = None if lost else exact
        return found

    # ------------------------------------------------------------ steps

    def _step(self, step: Step, copy: Copy, side: str) -> Term:
        z3 = self.z3
        match step.operation:
            case Constant(value):
                return self._plain(self._constant(value))
            case Load(source, name, _):
                there = source == "tag" or name in ("forfeited", "is_target", "direction", "group")
                term = self._any(step, side)
                return Term(term.value, z3.BoolVal(False) if there else term.missing, term.fault)
            case Fail():
                zero = z3.BoolVal(False) if step.unit is Unit.YES_NO else self._number(Fraction(0))
                return Term(zero, z3.BoolVal(False), z3.BoolVal(True))
            case InGroup():
                return self._plain(z3.Bool(f"g{step.id}"))
            case Calculate(operator, ids):
                return self._calculate(step, operator, [self.of(id, copy) for id in ids], side)
            case Compare(sign, left, right):
                return self._compare(sign, self.of(left, copy), self.of(right, copy))
            case Logic(operator, ids):
                return self._logic(operator, [self.of(id, copy) for id in ids])
            case Choose(condition, chosen, other):
                asked, one, two = (self.of(id, copy) for id in (condition, chosen, other))
                if str(one.value.sort()) != str(two.value.sort()):  # an `error` stands for any kind
                    one, two = (self._like(one, two), self._like(two, one))
                return Term(
                    z3.If(asked.value, one.value, two.value),
                    z3.Or(asked.missing, z3.If(asked.value, one.missing, two.missing)),
                    z3.Or(asked.fault, z3.If(asked.value, one.fault, two.fault)),
                )
            case Supply(value, instead):
                one, two = self.of(value, copy), self.of(instead, copy)
                two = self._like(two, one)
                lost = z3.And(z3.Not(one.fault), one.missing)
                return Term(
                    z3.If(lost, two.value, one.value),
                    z3.And(lost, two.missing),
                    z3.Or(one.fault, z3.And(lost, two.fault)),
                )
            case Clamp(value, low, high):
                term = self.of(value, copy)
                for bound, most in ((low, False), (high, True)):
                    if bound is not None:
                        limit = self.of(bound, copy)
                        beyond = term.value > limit.value if most else term.value < limit.value
                        term = self._strict([term, limit], z3.If(beyond, limit.value, term.value))
                return term
            case Round(value, mode, places):
                term = self.of(value, copy)
                return Term(self._rounded(term.value, mode, places), term.missing, term.fault)
            case Gate(value=value, when=when, at_most=at_most):
                return self._gate(value, when, at_most, copy)
            case Combine() as combine:
                return self._combine(step, combine, copy, side)
            case Aggregate() as aggregate:
                return self._aggregate(step, aggregate, copy, side)
            case Rank() as rank:
                return self._rank(step, rank, copy, side)
            case _:
                return self._any(step, side)

    def _like(self, term: Term, other: Term) -> Term:
        """An `error` where another kind of value is expected."""
        if str(term.value.sort()) == str(other.value.sort()):
            return term
        blank = self.z3.BoolVal(False) if str(other.value.sort()) == "Bool" else self._number(Fraction(0))
        return Term(blank, term.missing, term.fault)

    def _strict(self, parts: list[Term], value: Any) -> Term:
        z3 = self.z3
        return Term(value, z3.Or([part.missing for part in parts]), z3.Or([part.fault for part in parts]))

    def _calculate(self, step: Step, operator: str, parts: list[Term], side: str) -> Term:
        z3, values = self.z3, [part.value for part in parts]
        match operator:
            case "+":
                return self._strict(parts, values[0] + values[1])
            case "-" | "days_between":
                return self._strict(parts, values[0] - values[1])
            case "*":
                return self._strict(parts, values[0] * values[1])
            case "/" | "per":
                term = self._strict(parts, values[0] / values[1])
                zero = values[1] == 0
                if operator == "per":
                    return Term(term.value, z3.Or(term.missing, zero), term.fault)
                return Term(term.value, term.missing, z3.Or(term.fault, z3.And(z3.Not(term.missing), zero)))
            case "min":
                return self._strict(parts, reduce(lambda one, two: z3.If(one < two, one, two), values))
            case "max":
                return self._strict(parts, reduce(lambda one, two: z3.If(one > two, one, two), values))
            case "abs":
                return self._strict(parts, z3.If(values[0] < 0, -values[0], values[0]))
            case "neg":
                return self._strict(parts, -values[0])
            case "add_days":
                return self._strict(parts, values[0] + values[1])
            case "is_missing":
                return Term(parts[0].missing, z3.BoolVal(False), parts[0].fault)
            case "whole_power":
                exponent = self.known.range(step.operation.inputs[1]).only  # type: ignore[union-attr]
                if exponent is not None and 1 <= exponent <= 4:
                    return self._strict(parts, reduce(lambda one, two: one * two, [values[0]] * int(exponent)))
        return self._any(step, side)

    def _compare(self, sign: str, one: Term, two: Term) -> Term:
        left, right = one.value, two.value
        if str(left.sort()) != str(right.sort()):
            two = self._like(two, one)
            right = two.value
        value = {
            "==": lambda: left == right, "!=": lambda: left != right, "<": lambda: left < right,
            "<=": lambda: left <= right, ">": lambda: left > right, ">=": lambda: left >= right,
        }[sign]()  # fmt: skip
        return self._strict([one, two], value)

    def _logic(self, operator: str, parts: list[Term]) -> Term:
        """What decides, decides; else what failed, else what is missing."""
        z3 = self.z3
        if operator == "not":
            return Term(z3.Not(parts[0].value), parts[0].missing, parts[0].fault)
        known = [z3.Not(z3.Or(part.missing, part.fault)) for part in parts]
        wanted = operator == "or"
        decided = z3.Or(
            [
                z3.And(sure, part.value if wanted else z3.Not(part.value))
                for sure, part in zip(known, parts, strict=True)
            ]
        )
        fault = z3.And(z3.Not(decided), z3.Or([part.fault for part in parts]))
        missing = z3.And(z3.Not(decided), z3.Not(fault), z3.Or([part.missing for part in parts]))
        return Term(decided if wanted else z3.Not(decided), missing, fault)

    def _rounded(self, value: Any, mode: str, places: int) -> Any:
        z3 = self.z3
        scale = self._number(Fraction(10) ** places)
        scaled = value * scale
        low = z3.ToInt(scaled)  # downwards
        up = -z3.ToInt(-scaled)
        half = self._number(Fraction(1, 2))
        rest = scaled - z3.ToReal(low)
        match mode:
            case "floor":
                found = low
            case "ceiling":
                found = up
            case "down":
                found = z3.If(scaled >= 0, low, up)
            case "up":
                found = z3.If(scaled >= 0, up, low)
            case "half_up":
                found = z3.If(scaled >= 0, z3.ToInt(scaled + half), -z3.ToInt(-scaled + half))
            case "half_down":
                found = z3.If(scaled >= 0, -z3.ToInt(half - scaled), z3.ToInt(scaled + half))
            case _:
                found = z3.If(rest < half, low, z3.If(rest > half, low + 1, z3.If(low % 2 == 0, low, low + 1)))
        return z3.ToReal(found) / scale

    def _gate(self, value: int, when: int, at_most: int | None, copy: Copy) -> Term:
        z3 = self.z3
        score, asked = self.of(value, copy), self.of(when, copy)
        if at_most is None:
            left = self._number(Fraction(0))
        else:
            limit = self.of(at_most, copy)
            left = z3.If(score.value < limit.value, score.value, limit.value)
        fault = z3.Or(score.fault, asked.fault, asked.missing)
        return Term(z3.If(asked.value, left, score.value), score.missing, fault)

    # ------------------------------------------------------------ many to one

    def _combine(self, step: Step, combine: Combine, copy: Copy, side: str) -> Term:
        if combine.method != "sum" or any(part.averaged is not None for part in combine.parts):
            return self._any(step, side)
        z3 = self.z3
        zero = self._number(Fraction(0))
        counted, others, left = zero, zero, zero
        terms: list[Term] = []
        for part in combine.parts:
            score, points = self.of(part.score, copy), self.of(part.points, copy)
            terms.append(points)
            dropped = z3.And(points.value == 0, z3.BoolVal(part.counted and combine.full is not None))
            terms.append(
                Term(score.value, z3.And(z3.Not(dropped), score.missing), z3.And(z3.Not(dropped), score.fault))
            )
            if part.counted:
                counted, left = counted + part.sign * z3.If(dropped, zero, score.value), left + points.value
            else:
                others = others + part.sign * score.value
        if combine.full is None:
            return self._strict(terms, counted + others)
        full = self.of(combine.full, copy)
        value = others + z3.If(left == 0, zero, counted * full.value / left)
        return self._strict([*terms, full], value)

    def _rest(self, key: tuple[Any, ...], unit: Unit, bounds: Range) -> Any:
        """What other rows bring: the same in both copies."""
        if key not in self._rests:
            self._rests[key] = self._free("r" + "_".join(map(str, key)), unit, bounds)
        return self._rests[key]

    def _aggregate(self, step: Step, aggregate: Aggregate, copy: Copy, side: str) -> Term:
        """One row that may be moved, and what all others bring."""
        if not side or aggregate.distinct is not None or aggregate.drop:
            return self._any(step, side)
        z3 = self.z3
        value = self.of(aggregate.value, copy)
        kept = z3.BoolVal(True) if aggregate.when is None else self.of(aggregate.when, copy).value
        bounds = self.known.range(aggregate.value)
        number = self._rest(
            ("n", str(aggregate.over), str(aggregate.to), aggregate.when), Unit.COUNT, Range(Fraction(0))
        )
        key = (aggregate.function, aggregate.value, aggregate.over.indicator, aggregate.to.kind, aggregate.when)
        fault = z3.Or(value.fault, z3.BoolVal(False))
        low = Fraction(0) if bounds.low is not None and bounds.low >= 0 else None
        match aggregate.function:
            case "sum":
                rest = self._rest(key, Unit.NUMBER, Range(low, None))
                return Term(z3.If(kept, value.value, 0) + rest, z3.And(kept, value.missing), fault)
            case "count":
                return Term(z3.If(kept, self._number(Fraction(1)), 0) + number, z3.BoolVal(False), fault)
            case "least" | "greatest" if aggregate.when is None:
                rest = self._rest(key, Unit.NUMBER, bounds)
                more = value.value > rest if aggregate.function == "greatest" else value.value < rest
                both = z3.If(z3.Or(number == 0, more), value.value, rest)
                return Term(both, value.missing, fault)
            case "mean" if aggregate.when is None:
                rest = self._rest(key, Unit.NUMBER, Range(low, None))
                self.solver.add(z3.Implies(number == 0, rest == 0))
                return Term((value.value + rest) / (number + 1), value.missing, fault)
            case "any" | "all" if aggregate.when is None:
                rest = self._rest(key, Unit.YES_NO, Range())
                joined = z3.Or(value.value, rest) if aggregate.function == "any" else z3.And(value.value, rest)
                return Term(joined, value.missing, fault)
        return self._any(step, side)

    def _rank(self, step: Step, rank: Rank, copy: Copy, side: str) -> Term:
        """A place among so many, no later where the key is no worse."""
        if not side or rank.offset or len(rank.keys) != 1:
            return self._any(step, side)
        z3 = self.z3
        key = self.of(rank.keys[0], copy)
        place = self._free(f"p{step.id}{side}", Unit.COUNT, Range(Fraction(1)))
        to = "group" if rank.within == "group" else "policy"
        number = self._rest(("n", str(step.grain), to, None), Unit.COUNT, Range(Fraction(0)))
        self.solver.add(place <= number + 1)
        other: Copy = "before" if copy == "after" else "after"
        if (step.id, other) in self._found:
            theirs, against = self._found[step.id, other], self.of(rank.keys[0], other)
            ahead, behind = key.value >= against.value, key.value <= against.value
            if rank.lowest_first:
                ahead, behind = behind, ahead
            self.solver.add(z3.Implies(ahead, place <= theirs.value), z3.Implies(behind, place >= theirs.value))
        return Term(place, key.missing, key.fault)


_WHOLE: Final = frozenset({Unit.COUNT, Unit.DATE})
