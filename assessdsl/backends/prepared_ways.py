"""The long way to the score of one entity: code is made for it, through the tables, or the exact engine is asked.

It gives the same numbers, and the messages.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from fractions import Fraction
from importlib import import_module
from typing import Final

from attrs import evolve, field, frozen

from assessdsl import cache
from assessdsl.backends.assemble import diagnostic
from assessdsl.backends.columns import Fault
from assessdsl.backends.compiled import kept
from assessdsl.backends.compiled.code import Code, code_for
from assessdsl.backends.compiled.kept import Leave, Run, Scales
from assessdsl.backends.compiled.shape import Shape, loads, shapes
from assessdsl.backends.exact import run
from assessdsl.backends.prepared import UNSUITED, Direct, Given, Layout, Score, scored
from assessdsl.backends.prepared_inputs import INPUTS, Inputs, about_whom, as_facts, as_records
from assessdsl.backends.prepared_quick import Variant, direct_for, variant_for, whole_codes_for
from assessdsl.binding import bind
from assessdsl.diagnostics import DataError, PolicyError, arrange
from assessdsl.facts import Dataset
from assessdsl.plan.alone import beyond, outputs_alone
from assessdsl.plan.steps import Grain, Load, Plan
from assessdsl.plan.walk import under

_VARIANTS: Final = 256  # sets of keys for which code is kept


@frozen(eq=False)
class LongWay:
    """Code for what came along, of one policy."""

    plan: Plan
    language: str
    outputs: tuple[int, ...]  # steps
    names: tuple[tuple[str, str], ...]
    _of: Given
    _direct: Direct
    _native: Callable[[Code, Iterable[Code]], tuple[Run, Scales]] | None
    _loads: tuple[tuple[Load, Grain], ...] = field(init=False, repr=False)
    _first: dict[str, Variant] = field(init=False, factory=dict, repr=False)  # of each group
    _variants: dict[tuple[str, tuple[str, ...]], Variant] = field(init=False, factory=dict, repr=False)
    _codes: dict[Shape, Code | None] = field(init=False, factory=dict, repr=False)
    _unread: frozenset[str] = field(init=False, repr=False)

    @_unread.default
    def _about_whom(self) -> frozenset[str]:
        return about_whom(self.plan.schema)

    @_loads.default
    def _loaded(self) -> tuple[tuple[Load, Grain], ...]:
        return loads(self.plan, sorted(under(self.plan.steps, self.outputs)))

    def score(self, given: Inputs) -> Score:
        try:
            group = given.get("group", "")
            variant = self._first[group]
            if len(given) != variant.size:
                variant = self._variants[group, tuple(given)]
            try:
                values, scales = variant.run(given)
            except KeyError:  # as many keys, and others
                values, scales = self._variants[group, tuple(given)].run(given)
            return scored(values, Layout(scales, self.names))
        except UNSUITED:
            pass
        return self._by_tables(given)

    def _by_tables(self, given: Inputs) -> Score:
        if None in given.values() or not self._unread.isdisjoint(given):
            held = {key: value for key, value in given.items() if value is not None and key not in self._unread}
            with suppress(*UNSUITED):
                run_directly, layout = self._direct[held.get("group", ""), len(held)]
                return scored(run_directly(held), layout)
            return self.score(held)
        dataset = self._bound(given)
        shape, arguments = next(shapes(self.plan, self._loads, dataset))
        if shape not in self._codes and len(self._codes) < _VARIANTS:
            self._codes[shape] = code_for(self.plan, shape, self.outputs)
        self._keep(given, shape)
        if (code := self._codes.get(shape)) is not None:
            with suppress(Leave):
                return scored(code.run(*arguments), Layout(code.scales, self.names))
        return self._exact(dataset)

    def _exact(self, dataset: Dataset) -> Score:
        columns = run(self.plan, dataset, self.outputs)
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
        return scored(tuple(values), Layout((None,) * len(values), self.names))

    # ------------------------------------------------------------ inputs as tables

    def _bound(self, given: Inputs) -> Dataset:
        schema = evolve(self.plan.schema, required_columns=(), removal_forbidden=False)
        tables = as_records(self.plan.schema, given, self.language)
        placed = {table: [(record, INPUTS) for record in records] for table, records in tables.items()}
        bound = bind(schema, as_facts(placed, self.language))
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
                    run_directly, scales = self._quickest(code, shape, given, variant)
                    self._direct[group, len(given)] = run_directly, Layout(scales, self.names)
                    self._put_aside(group, len(given), code)

    def _quickest(self, code: Code, shape: Shape, given: Inputs, variant: Variant) -> tuple[Run, Scales]:
        """The function of the code, as machine code if that is asked for, and the scales of what it gives."""
        if self._native is None:
            return code.run, code.scales
        return self._native(code, whole_codes_for(self.plan, shape, given, self.outputs, variant))

    def _put_aside(self, group: str, size: int, code: Code) -> None:
        """For the programs that come after this one."""
        if (place := self._of.place(group, size)) is not None:
            text = kept.written(code.source, code.constants, code.scales, self.names)
            if text is not None:
                cache.store(place, text)


def long_way(of: Given, direct: Direct) -> LongWay:
    """Raises PolicyError where a score depends on more than the entity itself; ImportError as Prepared.check does."""
    plan = of.plan()
    outputs, names = outputs_alone(plan, indicators=of.indicators)
    if found := beyond(plan, outputs):
        raise PolicyError(arrange(found), of.language)
    native = import_module("assessdsl.backends.compiled.native").translator() if of.kernels else None
    return LongWay(plan, of.language, outputs, names, of, direct, native)
