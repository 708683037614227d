"""The score of one entity at a time, for programs that score within a request.

What the inputs are is told by their keys, so that for each set of keys that comes along the plan is once made into code
(see compiled/). Whatever the code does not do, and all that is wrong with the inputs, goes the long way: through the
tables and the exact engine, which gives the same numbers, and messages.
"""

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any, Final

from attrs import evolve, field, frozen

from assessdsl.backends.assemble import diagnostic
from assessdsl.backends.columns import Fault
from assessdsl.backends.compiled.code import Code, Leave, code_for, fraction
from assessdsl.backends.compiled.shape import Shape, loads, shapes
from assessdsl.backends.exact import run
from assessdsl.backends.prepared_inputs import Inputs, as_records
from assessdsl.backends.prepared_quick import UNSUITED, Variant, direct_for, variant_for
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.diagnostics import DataError, Diagnostic, PolicyError, arrange
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Aggregate, Band, Grain, Load, Plan, Raise, Rank, Step, Streak
from assessdsl.plan.walk import under
from assessdsl.quantity import Quantity, Unit

_VARIANTS: Final = 256  # sets of keys for which code is kept


@frozen
class Layout:
    """What the numbers of a score are."""

    scales: tuple[int | None, ...]
    names: tuple[tuple[str, str], ...]  # ("total", ""), ("component", name), ("indicator", name)


@frozen(eq=False, init=False)
class Score:
    """The score of one entity. `values` are the outputs as the code gives them, of which `fractions` makes numbers: a
    whole number over its scale, or a pair of whole numbers. Scores are compared by their fractions."""

    _held: tuple[tuple[Any, ...], Layout]

    @property
    def values(self) -> tuple[Any, ...]:
        return self._held[0]

    @property
    def scales(self) -> tuple[int | None, ...]:
        return self._held[1].scales

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """("total", ""), ("component", name), ("indicator", name)"""
        return self._held[1].names

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


_blank: Final = object.__new__
_hold: Final = vars(Score)["_held"].__set__  # an __init__ would take a twelfth of the time that a score takes


def _score(values: tuple[Any, ...], layout: Layout) -> Score:
    score = _blank(Score)
    _hold(score, (values, layout))
    return score


@frozen(eq=False)
class Prepared:
    """A policy made ready to score one entity alone. Threads may share it; it can be pickled.

    Inputs are a mapping: `group`; facts, judgements and benchmarks by name; of an indicator `NAME.planned`,
    `NAME.actual`, `NAME.completed_on` and whatever else the tables of targets and facts have, in English or Chinese.
    An indicator that targets share takes a list of such mappings under its name; reported rows are a list under
    `NAME.entries`. Values are as in the tables: a bare number is in the declared unit. What is None or not there is
    missing. Whole numbers are quickest, then `Decimal`s.
    """

    plan: Plan
    language: str
    outputs: tuple[int, ...]  # steps
    names: tuple[tuple[str, str], ...]
    _loads: tuple[tuple[Load, Grain], ...] = field(init=False, repr=False)
    _direct: dict[tuple[str, int], tuple[Callable[[Inputs], tuple[Any, ...]], Layout]] = field(
        init=False, factory=dict, repr=False
    )  # by group, and how many keys there are
    _first: dict[str, Variant] = field(init=False, factory=dict, repr=False)  # of each group
    _variants: dict[tuple[str, tuple[str, ...]], Variant] = field(init=False, factory=dict, repr=False)
    _codes: dict[Shape, Code | None] = field(init=False, factory=dict, repr=False)

    @_loads.default
    def _loaded(self) -> tuple[tuple[Load, Grain], ...]:
        return loads(self.plan, sorted(under(self.plan.steps, self.outputs)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Prepared, (self.plan, self.language, self.outputs, self.names)

    def score(self, given: Inputs) -> Score:
        """The exact score. Raises DataError with every diagnostic if the inputs are wrong."""
        try:
            run, layout = self._direct[given.get("group", ""), len(given)]
            score = _blank(Score)
            _hold(score, (run(given), layout))
            return score
        except UNSUITED:
            return self._checked(given)

    def _checked(self, given: Inputs) -> Score:
        try:
            group = given.get("group", "")
            variant = self._first[group]
            if len(given) != variant.size:
                variant = self._variants[group, tuple(given)]
            try:
                values, scales = variant.run(given)
            except KeyError:  # as many keys, and others
                values, scales = self._variants[group, tuple(given)].run(given)
            return _score(values, Layout(scales, self.names))
        except UNSUITED:
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
                return _score(code.run(*arguments), Layout(code.scales, self.names))
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
        return _score(tuple(values), Layout((None,) * len(values), self.names))

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
        kept = self._variants.get((group, keys))
        if kept is None and len(self._variants) >= _VARIANTS:
            return
        variant = variant_for(self.plan, shape, given, self.outputs, kept)
        if variant is not None:
            self._variants[group, keys] = variant
            if variant.keys == given.keys() - {"group"}:  # a mapping of this size with all these keys has no others
                self._first.setdefault(group, variant)
                if (code := direct_for(self.plan, shape, given, self.outputs)) is not None:
                    self._direct[group, len(given)] = code.run, Layout(code.scales, self.names)


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
    for id in sorted(under(plan.steps, outputs)):
        if (code := _beyond(plan.steps[id])) is not None:
            found[code, plan.steps[id].span] = Diagnostic(code, plan.steps[id].span)
    if found:
        raise PolicyError(arrange(found.values()), language)
    return Prepared(plan, language, tuple(outputs), tuple(names))


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
