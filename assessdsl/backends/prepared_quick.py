"""Inputs of one entity straight into code, where they are numbers, yes/no and dates under keys that came before.

Nothing is taken unchecked: what is not plainly right raises one of `UNSUITED`, and goes the long way, which says why.
"""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import (
    Decimal,
)
from fractions import Fraction
from struct import Struct, error
from typing import Any, Final

from attrs import evolve, field, frozen

from assessdsl.backends.compiled.code import BOUND, Code, code_for
from assessdsl.backends.compiled.direct import CONTEXT, Input, direct_code_for, whole_code_for
from assessdsl.backends.compiled.kept import Leave, getter
from assessdsl.backends.compiled.shape import Form, Shape, Slot, form_of
from assessdsl.backends.compiled.symbols import Known
from assessdsl.backends.prepared_inputs import Inputs
from assessdsl.plan.steps import ENTITY, POLICY, Grain, Load, Plan
from assessdsl.quantity import Unit

_NUMBERS: Final = frozenset({int, Decimal})
_QUICK: Final = _NUMBERS | {bool, date}
_HUNDREDTHS: Final = frozenset({Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP})

_product: Final = CONTEXT.multiply
_unbroken: Final = CONTEXT.to_integral_exact


@frozen
class _Coded:
    """The code for the numbers of a variant. `factors` make the whole numbers that it takes of what is given."""

    run: Callable[..., tuple[Any, ...]]
    scales: tuple[int | None, ...]
    factors: tuple[Decimal, ...]


@frozen
class Variant:
    """What one set of keys holds, and the code for it: `codes[True]` if there is a Decimal, else `codes[False]`."""

    size: int  # keys of the inputs, the group's included
    keys: frozenset[str]  # those that the code takes
    _numbers: Callable[[Inputs], tuple[Any, ...]]
    _whole: tuple[type, ...]  # the types of as many whole numbers
    _in_64_bits: Callable[..., object]  # raises unless so many whole numbers are
    _others: Callable[[Inputs], tuple[Any, ...]] | None
    _kinds: tuple[type, ...]  # their types
    _counts: Callable[[Inputs], tuple[Any, ...]] | None  # the numbers that are not below zero
    _weights: Callable[[Inputs], tuple[Any, ...]] | None  # those that are above it
    codes: dict[bool, _Coded] = field(init=False, factory=dict)

    def run(self, given: Inputs) -> tuple[tuple[Any, ...], tuple[int | None, ...]]:
        """The values and their scales. Raises one of prepared.UNSUITED."""
        numbers = self._numbers(given)
        types = tuple(map(type, numbers))
        if types == self._whole:
            coded = self.codes[False]
        elif _NUMBERS.issuperset(types):
            coded = self.codes[True]
            numbers = tuple(map(int, map(_unbroken, map(_product, numbers, coded.factors))))
        else:
            raise TypeError
        try:
            self._in_64_bits(*numbers)
        except error:  # they seldom are not, and one by one they take longer
            if max(numbers) >= BOUND or min(numbers) <= -BOUND:
                raise Leave from None
        if self._counts is not None and min(self._counts(given)) < 0:
            raise Leave
        if self._weights is not None and min(self._weights(given)) <= 0:
            raise Leave
        if self._others is None:
            return coded.run(*numbers), coded.scales
        others = self._others(given)
        if tuple(map(type, others)) != self._kinds:
            raise TypeError
        return coded.run(*numbers, *others), coded.scales


def variant_for(
    plan: Plan, shape: Shape, given: Inputs, outputs: tuple[int, ...], kept: Variant | None
) -> Variant | None:
    """The variant of the keys, the one that is kept if there is, with code for numbers such as these; None where there
    is nothing new, or no such code."""
    layout = _layout(plan, shape, given)
    if layout is None:
        return None
    decimals = Decimal in map(type, given.values())
    factors = layout.factors(decimals)
    if kept is not None and (before := kept.codes.get(decimals)) is not None:
        factors = tuple(map(max, before.factors, factors))
        if factors == before.factors:
            return None
    forms: tuple[tuple[Slot, Form], ...] = (
        *((one.slot, one.base * int(factor)) for one, factor in zip(layout.numbers, factors, strict=True)),
        *((slot, form) for slot, form, _ in layout.others),
    )
    code = code_for(plan, evolve(shape, forms=forms), outputs, layout.fixed)
    if code is None:
        return None
    variant = kept or _variant(layout, given)
    variant.codes[decimals] = _Coded(code.run, code.scales, factors)
    return variant


def direct_for(plan: Plan, shape: Shape, given: Inputs, outputs: tuple[int, ...]) -> Code | None:
    """Code that takes inputs with these keys and types as they are; None where there is none."""
    layout = _layout(plan, shape, given)
    if layout is None:
        return None
    inputs = _inputs(layout, given, layout.factors(True), either=False)
    return direct_code_for(plan, shape, outputs, layout.fixed, inputs)


def whole_codes_for(
    plan: Plan, shape: Shape, given: Inputs, outputs: tuple[int, ...], variant: Variant
) -> Iterator[Code]:
    """The same for machine code, which makes whole numbers of Decimals itself (see `whole_code_for`): first code to
    which any number may be given as either, with as many places as ever came; then code of these types."""
    layout = _layout(plan, shape, given)
    if layout is None:
        return
    factors = layout.factors(True)
    widest = variant.codes[True].factors if True in variant.codes else factors
    for inputs in (_inputs(layout, given, widest, either=True), _inputs(layout, given, factors, either=False)):
        if (code := whole_code_for(plan, shape, outputs, layout.fixed, inputs)) is not None:
            yield code


@frozen
class _Number:
    """A number among the inputs."""

    slot: Slot
    key: str
    unit: Unit
    places: int | None  # that are declared
    form: int  # what it now is over

    @property
    def base(self) -> int:
        return 100 if self.unit in _HUNDREDTHS else 1


@frozen
class _Layout:
    """What the inputs hold for the slots of a shape."""

    numbers: tuple[_Number, ...]
    others: tuple[tuple[Slot, Form, str], ...]  # with their keys
    fixed: dict[Slot, Known]

    def factors(self, decimals: bool) -> tuple[Decimal, ...]:
        """What makes each number whole: of its declared places, or else of as many as any of the numbers now has."""
        if not decimals:
            return (Decimal(1),) * len(self.numbers)
        widest = max((one.form // one.base for one in self.numbers if one.places is None), default=1) or 1
        return tuple(Decimal(widest if one.places is None else 10**one.places) for one in self.numbers)


def _inputs(layout: _Layout, given: Inputs, factors: tuple[Decimal, ...], *, either: bool) -> list[Input]:
    keys = {key: key for key in given}  # the program's own texts, which are found soonest
    taken = []
    for one, factor in zip(layout.numbers, factors, strict=True):
        kind = Decimal if either else type(given[one.key])
        places = factor.adjusted() if kind is Decimal else 0
        form = one.base * 10**places
        taken.append(Input(keys[one.key], one.slot, form, kind, places, one.slot[0].name == "weight"))
    taken.sort(key=lambda one: one.places)
    return taken + [Input(keys[key], slot, form, type(given[key])) for slot, form, key in layout.others]


def _layout(plan: Plan, shape: Shape, given: Inputs) -> _Layout | None:
    """None where an input is no plain number, yes/no or date, for what it is then may be part of the shape."""
    if not all(type(value) in _QUICK for key, value in given.items() if key != "group"):
        return None
    units = {(step.operation, step.grain): step.unit for step in plan.steps if isinstance(step.operation, Load)}
    numbers: list[_Number] = []
    others: list[tuple[Slot, Form, str]] = []
    fixed: dict[Slot, Known] = {}
    for slot, form in shape.forms:
        key = _key(slot)
        if key is not None and slot[0].name in plan.schema.judgements and key not in given:
            fixed[slot] = Known(False)  # what people did not find
        elif key is None or key not in given:
            return None
        elif isinstance(form, int) and type(given[key]) in _NUMBERS:
            unit = units[slot[0], slot[1]]
            numbers.append(_Number(slot, key, unit, _places(plan, slot, unit), form))
        elif form in ("truth", "thing"):
            others.append((slot, form, key))
        else:
            return None
    taken = {one.key for one in numbers} | {key for *_, key in others} | {"group"}
    for key in given:
        if key in taken:
            continue
        idle = _idle(plan, key)
        if idle is None:
            return None
        slot, idle_unit = idle
        if idle_unit is None and type(given[key]) in (bool, date):
            others.append((slot, "thing", key))
            continue
        if idle_unit is None or type(given[key]) not in _NUMBERS:
            return None
        form = form_of(Fraction(given[key]) / (100 if idle_unit in _HUNDREDTHS else 1))
        if not isinstance(form, int):
            return None
        numbers.append(_Number(slot, key, idle_unit, _places(plan, slot, idle_unit), form))
    return _Layout(tuple(numbers), tuple(others), fixed)


def _idle(plan: Plan, key: str) -> tuple[Slot, Unit | None] | None:
    """The slot and, of a number, the unit of an input that no score asks for, and that is checked all the same."""
    name, _, column = key.rpartition(".")
    schema = plan.schema
    for indicator in schema.indicators:
        if indicator.name == name and column in ("planned", "actual", "baseline"):
            return (Load("target", column), Grain("target", name), 0, 0), indicator.unit
        if indicator.name == name and column in ("due", "completed_on", "required"):
            return (Load("target", column), Grain("target", name), 0, 0), None
    for fact in schema.facts:
        if fact.name == key:
            return (Load("entity", key), ENTITY, 0, 0), fact.unit
    for benchmark in schema.benchmarks:
        if benchmark.name == key:
            return (Load("benchmark", key), POLICY, 0, 0), benchmark.unit
    return ((Load("entity", key), ENTITY, 0, 0), None) if key in schema.judgements else None


def _variant(layout: _Layout, given: Inputs) -> Variant:
    keys = [one.key for one in layout.numbers]
    others = [key for *_, key in layout.others]
    counts = [one.key for one in layout.numbers if one.unit.counts]
    weights = [one.key for one in layout.numbers if one.slot[0].name == "weight"]
    return Variant(
        size=len(given),
        keys=frozenset(keys) | set(others),
        numbers=getter(keys),
        whole=(int,) * len(keys),
        in_64_bits=Struct(f"{len(keys)}q").pack,
        others=getter(others) if others else None,
        kinds=tuple(type(given[key]) for key in others),
        counts=getter(counts) if counts else None,
        weights=getter(weights) if weights else None,
    )


def _key(slot: Slot) -> str | None:
    """The key under which the inputs have the value of a slot; none for those of lists."""
    load, grain, item, _ = slot
    match load.source:
        case "target" if not item:
            return f"{grain.indicator}.{load.name}"
        case "entity" | "benchmark":
            return load.name
        case "sample":
            return f"{load.name}.sample"
        case _:
            return None


def _places(plan: Plan, slot: Slot, unit: Unit) -> int | None:
    """The decimal places that a number may have, where binding holds it to that."""
    load, grain, *_ = slot
    if unit is Unit.COUNT:
        return 0
    match load.source:
        case "target" if load.name != "weight":
            return next(one.places for one in plan.schema.indicators if one.name == grain.indicator)
        case "entity":
            return next(one.places for one in plan.schema.facts if one.name == load.name)
        case "benchmark":
            return next(one.places for one in plan.schema.benchmarks if one.name == load.name)
        case _:
            return None
