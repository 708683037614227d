"""Where a policy changes its mind: the values of inputs at which a step, a limit, a gate or a rounding turns.

Each is a surface: a quotient of two linear forms of inputs that takes a level, or one of evenly spaced levels (the
halves at which a rounding turns). Where all inputs but one are known, the surface gives the value of that one exactly.
What is not of this kind (products of inputs, other entities' results, logarithms) has no surface: data made at the
surfaces finds faults, and shows nothing by finding none.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Final, Literal, assert_never

from attrs import field, frozen

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
    Plan,
    Raise,
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)
from assessdsl.quantity import Unit
from assessdsl.source import NOWHERE, Span


@frozen(order=True)
class Input:
    """What of the data a plan reads: a field of a target or an entry, a fact, a benchmark; `count`: how many entries
    an indicator has. Dates count as the number of their day."""

    source: Literal["target", "entry", "entity", "sample", "benchmark", "count"]
    name: str
    indicator: str = ""


@frozen
class Linear:
    """A constant and inputs with their factors, none of which is zero."""

    terms: tuple[tuple[Input, Fraction], ...]
    constant: Fraction

    def factor(self, input: Input) -> Fraction:
        return dict(self.terms).get(input, Fraction(0))

    @property
    def is_constant(self) -> bool:
        return not self.terms


@frozen
class Quotient:
    top: Linear
    under: Linear


@frozen
class Surface:
    """Where the quotient is `level`, or, with `every`, differs from it by a whole multiple of that."""

    kind: Literal["step", "limit", "rounding"]
    form: Quotient
    level: Fraction = Fraction(0)
    every: Fraction | None = None
    step: int = field(default=-1, eq=False)
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @property
    def inputs(self) -> frozenset[Input]:
        return frozenset(input for part in (self.form.top, self.form.under) for input, _ in part.terms)

    def solve(self, wanted: Input, known: Mapping[Input, Fraction], near: Fraction | None = None) -> Fraction | None:
        """The value of one input, with those of the others. Of several levels that which lies nearest to where the
        wanted input is `near`, or the lowest above zero. None where there is no such value, or an input is unknown."""
        others = self.inputs - {wanted}
        if not others <= known.keys() or wanted not in self.inputs:
            return None
        top, under = _at(self.form.top, wanted, known), _at(self.form.under, wanted, known)
        level = self.level
        if self.every is not None and near is not None:
            below = under[0] * near + under[1]
            if below == 0:
                return None
            reached = (top[0] * near + top[1]) / below
            level += round((reached - level) / self.every) * self.every
        factor, rest = top[0] - level * under[0], top[1] - level * under[1]
        return None if factor == 0 else -rest / factor


def _at(form: Linear, wanted: Input, known: Mapping[Input, Fraction]) -> tuple[Fraction, Fraction]:
    """The factor of the wanted input, and all the rest."""
    rest = sum((factor * known[input] for input, factor in form.terms if input != wanted), form.constant)
    return form.factor(wanted), rest


@frozen
class Breakpoints:
    surfaces: tuple[Surface, ...]
    words: Mapping[Input, tuple[str, ...]]  # the texts with which an input is compared

    def of(self, input: Input) -> tuple[Surface, ...]:
        return self._by_input.get(input, ())

    @property
    def inputs(self) -> frozenset[Input]:
        return frozenset(self._by_input)

    _by_input: dict[Input, tuple[Surface, ...]] = field(init=False, eq=False, repr=False)

    @_by_input.default
    def _sorted_out(self) -> dict[Input, tuple[Surface, ...]]:
        found: dict[Input, tuple[Surface, ...]] = {}
        for surface in self.surfaces:
            for input in sorted(surface.inputs):
                found[input] = (*found.get(input, ()), surface)
        return found


_ALTERNATIVES: Final = 12  # forms of one step, by the branches that it can have come through
_INPUTS: Final = 8  # in one form

_NONE: Final = Linear((), Fraction(0))
_ONE: Final = Linear((), Fraction(1))


def breakpoints(plan: Plan) -> Breakpoints:
    forms: list[tuple[Quotient, ...]] = []
    surfaces: dict[Surface, None] = {}
    words: dict[Input, dict[str, None]] = {}
    for step in plan.steps:
        for surface in _surfaces(step, forms):
            if surface.inputs:
                surfaces.setdefault(surface)
        forms.append(_distinct(_forms(step, forms)))
        _note_words(step, plan, words)
    return Breakpoints(tuple(surfaces), {input: tuple(texts) for input, texts in words.items()})


def _distinct(forms: Iterable[Quotient]) -> tuple[Quotient, ...]:
    small = (form for form in forms if len(form.top.terms) + len(form.under.terms) <= _INPUTS)
    return tuple(dict.fromkeys(small))[:_ALTERNATIVES]


# ---------------------------------------------------------------- forms


def _forms(step: Step, forms: list[tuple[Quotient, ...]]) -> Iterator[Quotient]:
    """What the step's value can be of the inputs, by the branches through which it can come."""
    match step.operation:
        case Load() as load:
            if (input := input_of(load, step)) is not None:
                yield Quotient(Linear(((input, Fraction(1)),), Fraction(0)), _ONE)
        case Constant(value=bool() | str()):
            return
        case Constant(value=date() as day):
            yield Quotient(Linear((), Fraction(day.toordinal())), _ONE)
        case Constant(value=Fraction() as number):
            yield Quotient(Linear((), number), _ONE)
        case Calculate(operator, ids):
            yield from _calculated(operator, [forms[id] for id in ids])
        case Choose(_, chosen, other):
            yield from forms[chosen]
            yield from forms[other]
        case Supply(value, instead):
            yield from forms[value]
            yield from forms[instead]
        case Clamp(value=value) | Round(value=value) | Gate(value=value):
            yield from forms[value]
        case Combine(parts=parts, method="sum"):
            for chosen_forms in _together([forms[part.score] for part in parts]):
                total: Quotient | None = Quotient(_NONE, _ONE)
                for part, form in zip(parts, chosen_forms, strict=True):
                    total = None if total is None else _sum(total, form, Fraction(part.sign))
                if total is not None:
                    yield total
        case Aggregate() as aggregate:
            yield from _aggregated(aggregate, forms)
        case Constant() | Fail() | Compare() | Logic() | InGroup() | Combine() | Rank() | Band() | Streak() | Raise():
            return
        case _:
            assert_never(step.operation)


def input_of(load: Load, step: Step) -> Input | None:
    if load.offset or load.source in ("history", "tag") or not (_measured(step.unit)):
        return None
    match load.source:
        case "target" | "entry":
            return Input(load.source, load.name, step.grain.indicator)
        case "entity" | "sample" | "benchmark":
            return Input(load.source, load.name)
        case _:
            return None


def _measured(unit: Unit) -> bool:
    return unit.is_number or unit in (Unit.DATE, Unit.SURVEY)


def _together(alternatives: list[tuple[Quotient, ...]]) -> Iterator[tuple[Quotient, ...]]:
    """A choice of one from each; only the first few of very many."""
    for number, chosen in enumerate(product(*alternatives)):
        if number >= _ALTERNATIVES:
            return
        yield chosen


def _calculated(operator: str, operands: list[tuple[Quotient, ...]]) -> Iterator[Quotient]:
    match operator:
        case "min" | "max":
            for forms in operands:
                yield from forms
        case "neg":
            for (form,) in _together(operands):
                yield _scaled(form, Fraction(-1))
        case "abs":
            for (form,) in _together(operands):
                yield form
                yield _scaled(form, Fraction(-1))
        case "+" | "-" | "days_between" | "add_days":
            sign = Fraction(1 if operator in ("+", "add_days") else -1)
            for left, right in _together(operands):
                if (found := _sum(left, right, sign)) is not None:
                    yield found
        case "*" | "/" | "per":
            for left, right in _together(operands):
                other = right if operator == "*" else Quotient(right.under, right.top)
                if (found := _product(left, other)) is not None:
                    yield found
        case _:
            return


def _scaled(form: Quotient, factor: Fraction) -> Quotient:
    return Quotient(_times(form.top, factor), form.under)


def _times(form: Linear, factor: Fraction) -> Linear:
    if factor == 0:
        return _NONE
    return Linear(tuple((input, own * factor) for input, own in form.terms), form.constant * factor)


def _plus(left: Linear, right: Linear) -> Linear:
    terms = dict(left.terms)
    for input, factor in right.terms:
        terms[input] = terms.get(input, Fraction(0)) + factor
    kept = tuple((input, factor) for input, factor in sorted(terms.items()) if factor)
    return Linear(kept, left.constant + right.constant)


def _multiplied(left: Linear, right: Linear) -> Linear | None:
    if left.is_constant:
        return _times(right, left.constant)
    return _times(left, right.constant) if right.is_constant else None


def _sum(left: Quotient, right: Quotient, sign: Fraction) -> Quotient | None:
    right = _scaled(right, sign)
    if left.under == right.under:
        return Quotient(_plus(left.top, right.top), left.under)
    first, second = _multiplied(left.top, right.under), _multiplied(right.top, left.under)
    under = _multiplied(left.under, right.under)
    return None if first is None or second is None or under is None else Quotient(_plus(first, second), under)


def _product(left: Quotient, right: Quotient) -> Quotient | None:
    top: Linear | None
    under: Linear | None
    if left.under == right.top:
        top, under = left.top, right.under
    elif left.top == right.under:
        top, under = right.top, left.under
    else:
        top, under = _multiplied(left.top, right.top), _multiplied(left.under, right.under)
    return None if top is None or under is None or _NONE in (left.under, right.under) else Quotient(top, under)


def _aggregated(aggregate: Aggregate, forms: list[tuple[Quotient, ...]]) -> Iterator[Quotient]:
    """As if there were one target; of entries that are worth the same, their number."""
    if aggregate.to.kind in ("group", "policy") or aggregate.over.kind not in ("target", "entry"):
        return
    number = Input("count", "", aggregate.over.indicator)
    if aggregate.function == "count":
        yield Quotient(Linear(((number, Fraction(1)),), Fraction(0)), _ONE)
    elif aggregate.function in ("sum", "mean", "median", "least", "greatest"):
        for form in forms[aggregate.value]:
            if aggregate.over.kind == "entry" and aggregate.function == "sum" and form.top.is_constant:
                if form.under.is_constant and form.top.constant:
                    worth = form.top.constant / form.under.constant
                    yield Quotient(Linear(((number, worth),), Fraction(0)), _ONE)
            else:
                yield form


# ---------------------------------------------------------------- surfaces


def _surfaces(step: Step, forms: list[tuple[Quotient, ...]]) -> Iterator[Surface]:
    """Where the step turns."""

    def equal(kind: Literal["step", "limit"], left: int, right: int) -> Iterator[Surface]:
        for one, other in _together([forms[left], forms[right]]):
            if (found := _sum(one, other, Fraction(-1))) is not None and found.top.terms:
                top = _times(found.top, 1 / found.top.terms[0][1])  # of one surface that is met twice, one form
                yield Surface(kind, Quotient(top, _ONE), step=step.id, span=step.span)

    match step.operation:
        case Compare(_, left, right):
            yield from equal("step", left, right)
        case Calculate("min" | "max", ids):
            for number, left in enumerate(ids):
                for right in ids[number + 1 :]:
                    yield from equal("limit", left, right)
        case Calculate("abs", (id,)):
            for form in forms[id]:
                yield Surface("limit", form, step=step.id, span=step.span)
        case Clamp(value, low, high):
            for bound in (low, high):
                if bound is not None:
                    yield from equal("limit", value, bound)
        case Gate(value=value, at_most=int() as most):
            yield from equal("limit", value, most)
        case Round(value, mode, places):
            every = 1 / Fraction(10) ** places
            for form in forms[value]:
                yield Surface(
                    "rounding", form, every / 2 if mode.startswith("half") else Fraction(0), every, step.id, step.span
                )
        case _:
            return


def _note_words(step: Step, plan: Plan, words: dict[Input, dict[str, None]]) -> None:
    match step.operation:
        case Compare(left=left, right=right):
            for one, other in ((left, right), (right, left)):
                load, text = plan.steps[one].operation, plan.steps[other].operation
                if isinstance(load, Load) and isinstance(text, Constant) and isinstance(text.value, str):
                    source: Literal["target", "entry", "entity"] | None = (
                        load.source if load.source in ("target", "entry", "entity") else None
                    )
                    if source is not None and not load.offset:
                        input = Input(source, load.name, plan.steps[one].grain.indicator)
                        words.setdefault(input, {}).setdefault(text.value)
        case _:
            return
