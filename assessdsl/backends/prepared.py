"""The score of one entity at a time, for programs that score within a request.

What the inputs are is told by their keys, so that for each set of keys that comes along the plan is once made into code
(see compiled/). Whatever the code does not do, and all that is wrong with the inputs, goes the long way: through the
tables and the exact engine, which gives the same numbers, and messages.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from fractions import Fraction
from operator import itemgetter
from typing import Any, Final

from attrs import evolve, field, frozen

from assessdsl.backends.assemble import diagnostic
from assessdsl.backends.columns import Fault
from assessdsl.backends.compiled.code import Code, Leave, code_for, fraction
from assessdsl.backends.compiled.shape import Form, Shape, Slot, loads, shapes
from assessdsl.backends.compiled.symbols import Known
from assessdsl.backends.exact import run
from assessdsl.backends.prepared_inputs import Inputs, as_records
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.diagnostics import DataError, Diagnostic, PolicyError, arrange
from assessdsl.facts import Dataset
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import Aggregate, Band, Grain, Load, Plan, Raise, Rank, Step, Streak
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Quantity, Unit

_VARIANTS: Final = 256  # sets of keys for which code is kept
_BOUND: Final = 10**LIMITS.digits


@frozen(eq=False)
class Score:
    """The score of one entity. `values` are the outputs as the code gives them, of which `fractions` makes numbers: a
    whole number over its scale, or a pair of whole numbers. Scores are compared by their fractions."""

    values: tuple[Any, ...]
    scales: tuple[int | None, ...]
    names: tuple[tuple[str, str], ...]  # ("total", ""), ("component", name), ("indicator", name)

    @property
    def fractions(self) -> tuple[Fraction, ...]:
        return tuple(map(fraction, self.values, self.scales))

    @property
    def total(self) -> Quantity:
        return Quantity(fraction(self.values[0], self.scales[0]), Unit.POINTS)

    @property
    def components(self) -> dict[str, Quantity]:
        return self._of("component")

    @property
    def indicators(self) -> dict[str, Quantity]:
        """Empty, unless they were asked for when the policy was prepared."""
        return self._of("indicator")

    def _of(self, kind: str) -> dict[str, Quantity]:
        numbers = zip(self.names, self.fractions, strict=True)
        return {name: Quantity(number, Unit.POINTS) for (of, name), number in numbers if of == kind}


@frozen
class _Variant:
    """The code for one set of keys, whole numbers as numbers."""

    run: Callable[..., tuple[Any, ...]]
    scales: tuple[int | None, ...]
    size: int  # keys of the inputs, the group's included
    keys: frozenset[str]  # those that the code takes
    numbers: Callable[[Inputs], tuple[Any, ...]]
    whole: tuple[type, ...]  # the types of as many whole numbers
    others: Callable[[Inputs], tuple[Any, ...]]
    kinds: tuple[type, ...]  # their types
    least: tuple[tuple[int, int], ...]  # the places of numbers that have a least value, and that


@frozen(eq=False)
class Prepared:
    """A policy made ready to score one entity alone. Threads may share it; it can be pickled.

    Inputs are a mapping: `group`; facts, judgements and benchmarks by name; of an indicator `NAME.planned`,
    `NAME.actual`, `NAME.completed_on` and whatever else the tables of targets and facts have, in English or Chinese.
    An indicator that targets share takes a list of such mappings under its name; reported rows are a list under
    `NAME.entries`. Values are as in the tables: a bare number is in the declared unit. What is None or not there is
    missing. Whole numbers and dates are quickest.
    """

    plan: Plan
    language: str
    outputs: tuple[int, ...]  # steps
    names: tuple[tuple[str, str], ...]
    _loads: tuple[tuple[Load, Grain], ...] = field(init=False, repr=False)
    _first: dict[str, _Variant] = field(init=False, factory=dict, repr=False)  # of each group
    _variants: dict[tuple[str, tuple[str, ...]], _Variant] = field(init=False, factory=dict, repr=False)
    _codes: dict[Shape, Code | None] = field(init=False, factory=dict, repr=False)

    @_loads.default
    def _loaded(self) -> tuple[tuple[Load, Grain], ...]:
        return loads(self.plan, sorted(_closure(self.plan, self.outputs)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Prepared, (self.plan, self.language, self.outputs, self.names)

    def score(self, given: Inputs) -> Score:
        """The exact score. Raises DataError with every diagnostic if the inputs are wrong."""
        try:
            group = given.get("group", "")
            variant = self._first[group]
            if len(given) != variant.size:
                variant = self._variants[group, tuple(given)]
            try:
                numbers = variant.numbers(given)
            except KeyError:
                variant = self._variants[group, tuple(given)]
                numbers = variant.numbers(given)
            if tuple(map(type, numbers)) == variant.whole:
                others = variant.others(given)
                if (
                    tuple(map(type, others)) == variant.kinds
                    and (not numbers or (max(numbers) < _BOUND and min(numbers) > -_BOUND))
                    and not any(numbers[place] < least for place, least in variant.least)
                ):
                    return Score(variant.run(*numbers, *others), variant.scales, self.names)
        except (KeyError, TypeError, Leave):  # other keys, values of other types, or what the code does not do
            pass
        return self._long_way(given)

    def _long_way(self, given: Inputs) -> Score:
        if None in given.values():
            return self.score({key: value for key, value in given.items() if value is not None})
        dataset = self._bound(given)
        shape, arguments = next(shapes(self.plan, self._loads, dataset))
        if shape not in self._codes and len(self._codes) < _VARIANTS:
            self._codes[shape] = code_for(self.plan, shape, self.outputs)
        self._keep(given, shape)
        if (code := self._codes.get(shape)) is not None:
            with suppress(Leave):
                return Score(code.run(*arguments), code.scales, self.names)
        return self._exact(dataset)

    def _exact(self, dataset: Dataset) -> Score:
        columns = run(self.plan, dataset)
        values = [columns.values[id][0] for id in self.outputs]
        found = []
        for id, value in zip(self.outputs, values, strict=True):
            if isinstance(value, Fault):
                found.append(diagnostic(columns.layout.located(value, self.plan.steps[id].grain, 0)))
            elif not isinstance(value, Fraction):
                arguments = (("fact", getattr(value, "name", "")),)
                fault = Fault("AS5001", arguments, self.plan.steps[id].span, getattr(value, "cell", None))
                found.append(diagnostic(columns.layout.located(fault, self.plan.steps[id].grain, 0)))
        if found:
            raise DataError(arrange(found), self.language)
        return Score(tuple(values), (None,) * len(values), self.names)

    # ------------------------------------------------------------ inputs as tables

    def _bound(self, given: Inputs) -> Dataset:
        schema = evolve(self.plan.schema, required_columns=(), removal_forbidden=False)
        bound = bind(schema, from_records(**as_records(self.plan.schema, given, self.language)))
        if any(remark.is_error for remark in bound.diagnostics):
            raise DataError(arrange(bound.diagnostics), self.language)
        return bound.dataset

    def _keep(self, given: Inputs, shape: Shape) -> None:
        """Code that takes the inputs as they are, for the next that have the same keys."""
        group, keys = given.get("group", ""), tuple(given)
        if len(self._variants) >= _VARIANTS or (group, keys) in self._variants:
            return
        found = _variant(self.plan, shape, given, self.outputs)
        if found is not None:
            self._variants[group, keys] = found
            if found.keys == given.keys() - {"group"}:  # a mapping of this size with all these keys has no others
                self._first.setdefault(group, found)


def prepared(plan: Plan, language: str, *, indicators: bool = False) -> Prepared:
    """The plan made ready. Raises PolicyError where a score depends on more than the entity itself."""
    outputs, names = [plan.outputs.total], [("total", "")]
    for component in plan.outputs.every_component:
        outputs.append(component.score)
        names.append(("component", component.name))
        for indicator in component.indicators if indicators else ():
            outputs.append(indicator.score)
            names.append(("indicator", indicator.name))
    found = {}
    for id in sorted(_closure(plan, outputs)):
        if (code := _beyond(plan.steps[id])) is not None:
            found[code, plan.steps[id].span] = Diagnostic(code, plan.steps[id].span)
    if found:
        raise PolicyError(arrange(found.values()), language)
    return Prepared(plan, language, tuple(outputs), tuple(names))


def _closure(plan: Plan, ids: list[int] | tuple[int, ...]) -> set[int]:
    seen: set[int] = set()
    waiting = list(ids)
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen.add(id)
            waiting.extend(inputs(plan.steps[id].operation))
    return seen


def _beyond(step: Step) -> str | None:
    """The code of what a step reads beside the entity's own data of the year."""
    match step.operation:
        case Rank() | Band() | Raise():
            return "AS5301"
        case Aggregate(over=over, to=to) if over.kind == "entity" or to.kind in ("group", "policy"):
            return "AS5301"
        case Streak():
            return "AS5302"
        case Load(source="history"):
            return "AS5302"
        case Load(offset=offset) if offset:
            return "AS5302"
        case _:
            return None


# ---------------------------------------------------------------- the quick way


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


def _variant(plan: Plan, shape: Shape, given: Inputs, outputs: tuple[int, ...]) -> _Variant | None:
    """None where an input is no plain whole number, yes/no or date, for what it is then may be part of the shape."""
    if not all(type(value) in _QUICK for key, value in given.items() if key != "group"):
        return None
    units = _units(plan)
    numbers: list[tuple[Slot, int, str, Unit]] = []
    others: list[tuple[Slot, Form, str]] = []
    fixed: dict[Slot, Known] = {}
    for slot, form in shape.forms:
        key, unit = _key(slot), units[slot[0], slot[1]]
        if key is not None and slot[0].name in plan.schema.judgements and key not in given:
            fixed[slot] = Known(False)  # what people did not find
        elif key is None or key not in given:
            return None
        elif isinstance(form, int) and type(given[key]) is int:
            numbers.append((slot, 100 if unit in _HUNDREDTHS else 1, key, unit))
        elif form in ("truth", "thing"):
            others.append((slot, form, key))
        else:
            return None
    forms: tuple[tuple[Slot, Form], ...] = (
        *((slot, scale) for slot, scale, _, _ in numbers),
        *((slot, form) for slot, form, _ in others),
    )
    code = code_for(plan, evolve(shape, forms=forms), outputs, fixed)
    if code is None:
        return None
    return _Variant(
        run=code.run,
        scales=code.scales,
        size=len(given),
        keys=frozenset(key for *_, key in others) | {key for _, _, key, _ in numbers},
        numbers=_getter([key for _, _, key, _ in numbers]),
        whole=(int,) * len(numbers),
        others=_getter([key for *_, key in others]),
        kinds=tuple(type(given[key]) for *_, key in others),
        least=tuple(
            (place, 1 if slot[0].name == "weight" else 0)
            for place, (slot, _, _, unit) in enumerate(numbers)
            if unit.counts or slot[0].name == "weight"
        ),
    )


_QUICK: Final = (int, bool, date)
_HUNDREDTHS: Final = frozenset({Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP})


def _units(plan: Plan) -> dict[tuple[Load, Grain], Unit]:
    return {(step.operation, step.grain): step.unit for step in plan.steps if isinstance(step.operation, Load)}


def _getter(keys: list[str]) -> Callable[[Inputs], tuple[Any, ...]]:
    match keys:
        case []:
            return lambda given: ()
        case [only]:
            return lambda given: (given[only],)
        case _:
            return itemgetter(*keys)
