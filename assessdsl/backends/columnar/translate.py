"""A plan, step by step, as a program over columns of entities.

An entity's items stand in its row, and so do their entries, each in a numbered slot: as many as any entity has. What a
row would take another way to work out (a number whose rounding is in doubt, all that is wrong) is not written: the row
is left to the exact engine. A step that no row can take makes the plan unsuited, if an output rests on it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final, Protocol, assert_never

from attrs import define, evolve, field, frozen

from assessdsl.backends.columnar.arithmetic import Arithmetic
from assessdsl.backends.columnar.calendar import days_later, months_later
from assessdsl.backends.columnar.choices import Choices
from assessdsl.backends.columnar.forms import Day, Form, Held, Near, Number, Text, Truth, Whole
from assessdsl.backends.columnar.many import aggregated, joined, offered
from assessdsl.backends.columnar.nodes import Bit
from assessdsl.backends.columnar.parts import combined
from assessdsl.backends.columnar.powers import Powers
from assessdsl.backends.columnar.program import Program
from assessdsl.backends.columnar.together import closure, is_together
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
    Grain,
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

LEFT: Final = Held(None, left=True)
MISSING: Final = Held(None, missing=True)


Slot = tuple[int, ...]
"""The number of an item; of an entry the number of its item and its own; () of an entity."""

_DEPTH: Final = {"target": 1, "entry": 2}  # of slots, by grain


class Inputs(Protocol):
    """What the columns hold."""

    def slots(self, grain: Grain) -> Sequence[Slot]: ...

    def load(self, load: Load, grain: Grain, slot: Slot) -> Held: ...

    def exists(self, grain: Grain, slot: Slot) -> Bit:
        """Whether the entity has the item, or the entry, of the grain."""
        ...

    def group(self) -> Text: ...


@frozen
class Place:
    """The values of steps for one item or entry, or for the entity; those of coarser grains serve all below."""

    plan: Plan
    slot: Slot
    _held: Mapping[tuple[int, Slot], Held]

    def __getitem__(self, id: int) -> Held:
        return self._held[id, self.slot[: _DEPTH.get(self.plan.steps[id].grain.kind, 0)]]


@define
class Translation:
    plan: Plan
    program: Program
    inputs: Inputs
    given: dict[int, Held] = field(factory=dict)  # steps that are worked out elsewhere
    unsuited: list[Step] = field(factory=list)  # that no row can take
    _held: dict[tuple[int, Slot], Held] = field(factory=dict)

    def held(self, ids: Sequence[int], slot: Slot = (0, 0)) -> list[Held]:
        """The values of steps; of items and entries, in a slot."""
        for id in sorted(closure(self.plan, ids, self.given)):
            step = self.plan.steps[id]
            slots = self.inputs.slots(step.grain)
            for each in slots:
                if (id, each) in self._held:
                    continue
                if id in self.given:
                    self._held[id, each] = self.given[id] if len(slots) == 1 else self._unsuited(step)
                else:
                    self._held[id, each] = self._write(step, Place(self.plan, each, self._held))
        place = Place(self.plan, slot, self._held)
        return [place[id] for id in ids]

    @property
    def choices(self) -> Choices:
        return Choices(self.program)

    @property
    def numbers(self) -> Arithmetic:
        return Arithmetic(self.program)

    def _write(self, step: Step, at: Place) -> Held:
        if is_together(step):
            return self._unsuited(step)
        match step.operation:
            case Load() as load:
                return self.inputs.load(load, step.grain, at.slot)
            case Constant(value):
                return Held(self._constant(value))
            case Fail():
                return LEFT
            case Calculate(name, ids):
                return self._calculated(step, name, [at[id] for id in ids])
            case Compare(sign, left, right):
                return self._compared(step, at[left], sign, at[right])
            case Logic(name, ids):
                return self.choices.logic(name, [at[id] for id in ids])
            case InGroup(groups):
                return Held(Truth(self.choices.is_one_of(self.inputs.group(), groups)))
            case Choose(condition, chosen, other):
                return self._chosen(step, at[condition], at[chosen], at[other])
            case Supply(value, instead):
                return self._supplied(step, at[value], at[instead])
            case Clamp(value, low, high):
                return self._clamped(at, value, low, high)
            case Round(value, mode, places):
                return self._strictly([at[value]], lambda one: self.numbers.round(one, mode, places))
            case Gate() as gate:
                return self._gated(at, gate)
            case Combine() as combine:
                return combined(self.choices, combine, at)
            case Aggregate() as aggregate:
                return aggregated(self.choices, aggregate, self._rows(aggregate, at.slot))
            case Streak(years, at_least):
                given = [at[id] for id in years]
                return self.choices.logic("and", given) if at_least is None else self.choices.at_least(at_least, given)
            case Raise(when=when, unless=unless):
                others = self.choices.logic("or", [at[id] for id in unless])
                return self.choices.logic("and", [at[when], self.choices.logic("not", [others])])
            case Rank() | Band():
                return MISSING  # places of earlier years, of which a frame holds nothing
            case _:
                assert_never(step.operation)

    def _rows(self, aggregate: Aggregate, slot: Slot) -> list[tuple[Place, Bit]]:
        """The rows of the finer grain under one row, each with whether it is there."""
        over = aggregate.over
        return [
            (Place(self.plan, one, self._held), over.kind == "entity" or self.inputs.exists(over, one))
            for one in self.inputs.slots(over)
            if one[: len(slot)] == slot
        ]

    def offered(self, aggregate: Aggregate) -> tuple[list[Held], list[Held]]:
        """What an entity gives to an aggregate of peers: numbers, and of each whether it counts. Of `any` and `all`,
        only whether it decides them."""
        self.held([id for id in (aggregate.value, aggregate.when) if id is not None])
        p, rows = self.program, self._rows(aggregate, ())
        if aggregate.function in ("any", "all"):
            held = joined(self.choices, aggregate, rows)
            return [], [held if aggregate.function == "any" else self.choices.logic("not", [held])]
        one, nothing = (self.numbers.known(Fraction(number)) for number in (1, 0))
        found = offered(self.choices, aggregate, rows)
        counts = [Held(Truth(p.both(row.kept, p.opposite(row.missing))), row.missing, row.left) for row in found]
        forms = [one if aggregate.function == "count" else row.value.form or nothing for row in found]
        return [Held(form) for form in forms], counts

    def _unsuited(self, step: Step) -> Held:
        self.unsuited.append(step)
        return LEFT

    def _constant(self, value: Any) -> Form:
        match value:
            case bool():
                return Truth(value)
            case Fraction():
                return self.numbers.constant(value)
            case date():
                return Day(self.program.constant(value.toordinal()))
            case _:
                return Text(self.program.constant(0), (value,))

    # ------------------------------------------------------------ operations

    def _strictly(self, given: Sequence[Held], operation: Callable[..., tuple[Form | None, Bit]]) -> Held:
        """The operation on forms, which gives the result and where it is left open."""
        missing, left = self.choices.obstacles(given)
        if missing is True or left is True or any(one.form is None for one in given):
            return Held(None, missing, left)
        form, open_rows = operation(*(one.form for one in given))
        return Held(form, missing, self.program.either(left, open_rows))

    def _calculated(self, step: Step, name: str, given: list[Held]) -> Held:
        p, numbers = self.program, self.numbers
        match name:
            case "is_missing":
                return Held(Truth(given[0].missing), left=given[0].left)
            case "+" | "-":
                return self._strictly(given, lambda left, right: (numbers.add(left, right, name), False))
            case "*":
                return self._strictly(given, lambda left, right: (numbers.multiply(left, right), False))
            case "/":
                return self._strictly(given, numbers.divide)
            case "per":
                held = self._strictly(given, numbers.divide)
                if isinstance(given[1].form, Near) or held.left is False:
                    return held
                missing, left = self.choices.obstacles(given)
                return Held(held.form, p.either(missing, p.both(held.left, p.opposite(left))), left)
            case "neg":
                return self._strictly(given, lambda one: (numbers.negate(one), False))
            case "abs":
                return self._strictly(given, lambda one: (numbers.magnitude(one), False))
            case "min" | "max":
                return self._strictly(given, lambda *each: self._extreme(each, "<" if name == "min" else ">"))
            case "days_between":
                return self._strictly(given, lambda later, earlier: (
                    Whole(p.subtract(later.node, earlier.node), 1), False))  # fmt: skip
            case "add_days" | "add_months" if isinstance(given[1].form, Whole | None):
                later = days_later if name == "add_days" else months_later
                return self._strictly(given, lambda day, number: later(p, day, number))
            case "whole_power" if isinstance(given[1].form, Whole) and given[1].form.known is not None:
                exponent = given[1].form.known.numerator
                return self._strictly(given[:1], lambda base: numbers.power(base, exponent))
            case "ln" | "exp" | "power":
                return self._strictly(given, lambda *each: Powers(numbers).of(name, each))
            case _:
                return self._unsuited(step)

    def _extreme(self, given: Sequence[Number], sign: str) -> tuple[Number, Bit]:
        result, open_rows = given[0], False
        left: Bit = open_rows
        for one in given[1:]:
            result, doubt = self.numbers.extreme(result, one, sign)
            left = self.program.either(left, doubt)
        return result, left

    def _compared(self, step: Step, left: Held, sign: str, right: Held) -> Held:
        def of_forms(one: Form, two: Form) -> tuple[Form | None, Bit]:
            p = self.program
            match one, two:
                case Day(), Day():
                    return Truth(p.compare(one.node, sign, two.node)), False
                case Text(), Text() if sign in ("==", "!="):
                    words = [word for word in one.words if word in two.words]
                    is_word = self.choices.is_word
                    same = p.either(*(p.both(is_word(one, word), is_word(two, word)) for word in words))
                    return Truth(same if sign == "==" else p.opposite(same)), False
                case Truth(), Truth() if sign in ("==", "!="):
                    same = p.choose_bit(one.bit, two.bit, p.opposite(two.bit))
                    return Truth(same if sign == "==" else p.opposite(same)), False
                case (Day() | Text() | Truth(), _) | (_, Day() | Text() | Truth()):
                    self.unsuited.append(step)
                    return None, True
                case _:
                    bit, doubt = self.numbers.compare(one, sign, two)
                    return Truth(bit), doubt

        return self._strictly([left, right], of_forms)

    def _chosen(self, step: Step, condition: Held, chosen: Held, other: Held) -> Held:
        if not isinstance(condition.form, Truth) or condition.missing is True or condition.left is True:
            return evolve(condition, form=None)
        p, bit = self.program, condition.form.bit
        if isinstance(bit, bool):
            taken = chosen if bit else other
            return Held(taken.form, p.either(condition.missing, taken.missing), p.either(condition.left, taken.left))
        form, open_rows = self.choices.one_of(bit, chosen, other)
        return Held(
            form,
            p.either(condition.missing, p.choose_bit(bit, chosen.missing, other.missing)),
            p.either(condition.left, p.choose_bit(bit, chosen.left, other.left), open_rows),
        )

    def _supplied(self, step: Step, value: Held, instead: Held) -> Held:
        p = self.program
        if value.missing is False:
            return value
        if value.missing is True:
            return Held(instead.form, instead.missing, p.either(value.left, instead.left))
        form, open_rows = self.choices.one_of(value.missing, instead, value)
        left = p.either(value.left, p.both(value.missing, instead.left), open_rows)
        return Held(form, p.both(value.missing, instead.missing), left)

    def _clamped(self, at: Place, value: int, low: int | None, high: int | None) -> Held:
        given = [at[id] for id in (value, low, high) if id is not None]

        def of_forms(one: Number, *bounds: Number) -> tuple[Number, Bit]:
            first: Bit = False
            second: Bit = False
            if low is not None:
                one, first = self.numbers.extreme(one, bounds[0], ">")
            if high is not None:
                one, second = self.numbers.extreme(one, bounds[-1], "<")
            return one, self.program.either(first, second)

        return self._strictly(given, of_forms)

    def _gated(self, at: Place, gate: Gate) -> Held:
        """The score comes before its gate: a missing one stays missing, whatever the gate leaves."""
        p, value, when = self.program, at[gate.value], at[gate.when]
        most = Held(self.numbers.known(Fraction(0))) if gate.at_most is None else at[gate.at_most]
        holds, lets = self.choices.truth(when), self.choices.falsity(when)
        undecided = p.both(p.opposite(holds), p.opposite(lets))
        if gate.at_most is None:
            least: Held = most
        else:
            least = self._strictly([evolve(value, missing=False, left=False), most],
                                   lambda one, two: self.numbers.extreme(one, two, "<"))  # fmt: skip
        form, open_rows = self.choices.one_of(holds, least, value) if holds is not False else (value.form, False)
        there = p.opposite(value.missing)
        return Held(
            form,
            p.either(value.missing, p.both(holds, least.missing)),
            p.either(value.left, undecided, p.both(holds, there, p.either(least.left, open_rows))),
        )
