"""The least and the most that each step of a plan can be, for the entities of one group, whatever the data.

No value ever lies outside. The bounds are reached where the operands of an expression do not depend on one another, as
those of scores seldom do; an indicator whose points are shared is looked at as if one target had them all.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from heapq import heappop, heappush
from typing import Final

from attrs import define, field, frozen

from assessdsl.plan.inputs import IndicatorSchema
from assessdsl.plan.ranges import (
    ANY,
    EITHER,
    NO,
    NOT_NEGATIVE,
    NOTHING,
    YES,
    Answer,
    Never,
    Possible,
    Range,
    Thing,
    both,
    calculated,
    compare,
    either,
    exactly,
    held,
    hull,
    lowest,
    opposite,
    rounded_range,
)
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
    IndicatorOutput,
    InGroup,
    Load,
    Logic,
    Plan,
    Rank,
    Round,
    Step,
    Supply,
)
from assessdsl.plan.sums import combined_range
from assessdsl.plan.walk import inputs
from assessdsl.quantity import Unit

_AT_LEAST_ONE: Final = Range(Fraction(1))


@frozen
class Bounds:
    """What each step may be: where it differs from what holds for entities of no group at all."""

    common: Sequence[Possible]
    own: Mapping[int, Possible]

    def __getitem__(self, step: int) -> Possible:
        return self.own[step] if step in self.own else self.common[step]


def bounds_anywhere(plan: Plan) -> Bounds:
    """What each step may be for whatever entity."""
    return Bounds(_Bounds(plan, None).all(()), {})


def narrowed(plan: Plan, known: Bounds, given: Mapping[int, Possible], wanted: Iterable[int]) -> Bounds:
    """What the wanted steps, in their order, may be where more is known of those that are given."""
    bounds, own = _Bounds(plan, None), {**known.own, **given}
    bounds.found = Bounds(known.common, own)
    for id in wanted:
        if id not in given:
            own[id] = bounds._step(plan.steps[id])
    return bounds.found


def bounds_by_group(plan: Plan) -> dict[str, Bounds]:
    """What each step may be for the entities of each group. Only what depends on the group is worked out for each."""
    anywhere = _Bounds(plan, None).all(())
    nowhere = _Bounds(plan, "").all(anywhere)
    dependents: list[list[int]] = [[] for _ in plan.steps]
    for step in plan.steps:
        for id in inputs(step.operation):
            dependents[id].append(step.id)
    touched: dict[str, list[int]] = {group: [] for group in plan.schema.groups}
    applying = {schema.name: schema.groups for schema in plan.schema.indicators}
    for step in plan.steps:
        for group in _told_apart(step, plan.schema.groups, applying):
            touched[group].append(step.id)
    return {group: _Bounds(plan, group).changed(nowhere, anywhere, touched[group], dependents) for group in touched}


def _told_apart(step: Step, groups: tuple[str, ...], applying: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    """The groups for whose entities the step may be something else than for those of no group."""
    match step.operation:
        case InGroup(named):
            return [group for group in named if group in groups]
        case Load("entity", "group"):
            return groups
        case Aggregate(over=over) if over.kind == "target":
            return applying[over.indicator]
    return ()


@define
class _Bounds:
    plan: Plan
    group: str | None  # None: any; "": none
    anywhere: Sequence[Possible] = ()  # the same for all groups, for what looks at everyone
    found: Bounds = field(init=False)
    _indicators: dict[str, IndicatorOutput] = field(init=False)
    _schemas: dict[str, IndicatorSchema] = field(init=False)

    def __attrs_post_init__(self) -> None:
        outputs = [output for component in self.plan.outputs.every_component for output in component.indicators]
        self._indicators = {output.name: output for output in outputs}
        self._schemas = {schema.name: schema for schema in self.plan.schema.indicators}

    def all(self, anywhere: Sequence[Possible]) -> Sequence[Possible]:
        self.anywhere = anywhere
        found: list[Possible] = []
        self.found = Bounds(found, {})
        for step in self.plan.steps:
            found.append(self._step(step))
        return found

    def changed(
        self, nowhere: Sequence[Possible], anywhere: Sequence[Possible], touched: list[int], dependents: list[list[int]]
    ) -> Bounds:
        """Worked out from what holds for no group: what is touched, and all that rests on what became different."""
        self.anywhere = anywhere
        own: dict[int, Possible] = {}
        self.found = Bounds(nowhere, own)
        waiting = sorted(set(touched))
        queued = set(waiting)
        while waiting:
            id = heappop(waiting)
            value = self._step(self.plan.steps[id])
            if value != nowhere[id]:
                own[id] = value
                for other in dependents[id]:
                    if other not in queued:
                        queued.add(other)
                        heappush(waiting, other)
        return self.found

    def number(self, id: int) -> Range:
        found = self.found[id]
        return found if isinstance(found, Range) else ANY

    def answer(self, id: int) -> Answer:
        found = self.found[id]
        return found if isinstance(found, Answer) else EITHER

    def _step(self, step: Step) -> Possible:
        match step.operation:
            case Constant(value):
                match value:
                    case bool():
                        return YES if value else NO
                    case Fraction():
                        return exactly(value)
                    case _:
                        return Thing(value)
            case Fail():
                return Never()
            case Load() as load:
                return self._load(load, step.unit)
            case Calculate() as calculate:
                return self._calculate(calculate, step)
            case Compare(sign, left, right):
                return compare(sign, self.found[left], self.found[right])
            case Logic(operator, ids):
                parts = [self.answer(id) for id in ids]
                return opposite(parts[0]) if operator == "not" else both(parts) if operator == "and" else either(parts)
            case InGroup(groups):
                return EITHER if self.group is None else YES if self.group in groups else NO
            case Choose(condition, chosen, other):
                possible = self.answer(condition).possible
                taken = [self.found[id] for id, answer in ((chosen, True), (other, False)) if answer in possible]
                return hull(*taken)
            case Supply(value, instead):
                return hull(self.found[value], self.found[instead])
            case Clamp(value, low, high):
                limits = [None if id is None else self.number(id) for id in (low, high)]
                return held(self.number(value), *limits)
            case Round(value, mode, places):
                return rounded_range(self.number(value), mode, places)
            case Gate() as gate:
                return self._gate(gate)
            case Combine() as combine:
                return combined_range(combine, self.number, self.answer)
            case Aggregate() as aggregate:
                return self._aggregate(aggregate, step.unit)
            case Rank():
                return _AT_LEAST_ONE
            case _:
                return _unknown(step.unit)

    def _load(self, load: Load, unit: Unit) -> Possible:
        if load.source == "entity" and load.name == "group":
            return Thing(self.group)
        if unit.counts and load.source != "history":
            return NOT_NEGATIVE
        if load.source == "history" and load.name == "rank":
            return _AT_LEAST_ONE
        if load.source == "target" and load.name == "weight":
            return NOT_NEGATIVE
        return _unknown(unit)

    # ------------------------------------------------------------ calculations

    def _calculate(self, calculate: Calculate, step: Step) -> Possible:
        if calculate.operator == "/" and (whole := self._share_of_one(*calculate.inputs)) is not None:
            return whole
        found = calculated(calculate.operator, [self.number(id) for id in calculate.inputs])
        if found is not None:
            return found
        return NOT_NEGATIVE if calculate.operator in ("power", "exp") else _unknown(step.unit)

    def _share_of_one(self, left: int, right: int) -> Range | None:
        """Of a single target: the indicator's points × weight ÷ all weights are the points; its score × points ÷
        the points that are left is the score."""
        whole = self.plan.steps[right].operation
        if not isinstance(whole, Aggregate) or whole.over.kind != "target":
            return None
        part = self.plan.steps[left].operation
        match part:
            case Calculate("*", (points, weight)) if whole.function == "sum" and weight == whole.value:
                return self.number(points)
            case Calculate("*", (score, _)) if whole.value == self._indicators[whole.over.indicator].target_points:
                return self.number(score)
        return self.number(left) if whole.function == "count" else None

    def _gate(self, gate: Gate) -> Range:
        value, fires = self.number(gate.value), self.answer(gate.when).possible
        left = NOTHING if gate.at_most is None else lowest([value, self.number(gate.at_most)])
        found = hull(*([value] if False in fires else []), *([left] if True in fires else []))
        return found if isinstance(found, Range) else ANY

    # ------------------------------------------------------------ many to one

    def _aggregate(self, aggregate: Aggregate, unit: Unit) -> Possible:
        if aggregate.over.kind == "target" and aggregate.function == "sum":
            output = self._indicators[aggregate.over.indicator]
            if aggregate.value == output.stages[-1].step:
                return self._items(output) if self._applies(output.name) else NOTHING
        if aggregate.to.kind == "policy" and self.anywhere:
            return self.anywhere[aggregate.value] if aggregate.function in _WITHIN else _beyond(aggregate, ANY, unit)
        value = self.found[aggregate.value]
        if aggregate.function in _WITHIN:
            return value
        return _beyond(aggregate, value if isinstance(value, Range) else ANY, unit)

    def _applies(self, indicator: str) -> bool:
        return self.group is None or self.group in self._schemas[indicator].groups

    def _items(self, output: IndicatorOutput) -> Range:
        """The items of an entity together, from what one of them may be."""
        one = self.number(output.stages[-1].step)
        if not self._schemas[output.name].shared or self._proportional(output):
            return one
        limits = [self.plan.steps[stage.step].operation for stage in output.stages if stage.kind == "limit"]
        within = any(isinstance(limit, Clamp) and limit.high == self._item_points(output) for limit in limits)
        rounded = any(stage.kind == "rounding" for stage in output.stages)
        low, high = one.low is not None and one.low >= 0, one.high is not None and one.high <= 0
        most = self.number(output.target_points).high if within and not rounded else None
        return Range(Fraction(0) if low else None, Fraction(0) if high else most)

    def _proportional(self, output: IndicatorOutput) -> bool:
        """Whether the score of a target is always the same share of its points, however many others there are."""
        points = self._item_points(output)
        for stage in output.stages:
            match stage.kind, self.plan.steps[stage.step].operation:
                case "score", Calculate("*", (_, own)) if own == points:
                    pass
                case "missing", Supply(_, instead) if self._proportional_value(instead, points):
                    pass
                case "limit", Clamp(_, low, high) if high == points and low is not None and not self.number(low).low:
                    pass
                case ("forfeited", Choose()) | ("gate", Gate(at_most=None)):
                    pass
                case "state", Choose(_, instead, _) if self._proportional_value(instead, points):
                    pass
                case _:
                    return False
        return True

    def _proportional_value(self, id: int, points: int) -> bool:
        match self.plan.steps[id].operation:
            case Calculate("*", (_, own)):
                return own == points
            case Fail():
                return True
            case _:
                return id == points or self.number(id) == NOTHING

    def _item_points(self, output: IndicatorOutput) -> int:
        """The step that holds the points of one target, whether they are counted or not."""
        operation = self.plan.steps[output.target_points].operation
        return operation.other if isinstance(operation, Choose) else output.target_points


_WITHIN: Final = frozenset({"mean", "median", "least", "greatest"})


def _beyond(aggregate: Aggregate, value: Range, unit: Unit) -> Possible:
    """Of any number of rows, none among them."""
    match aggregate.function:
        case "sum":
            low = value.low is not None and value.low >= 0
            high = value.high is not None and value.high <= 0
            return Range(Fraction(0) if low else None, Fraction(0) if high else None)
        case "count" | "variance":
            return NOT_NEGATIVE
        case "product":
            return NOT_NEGATIVE if value.low is not None and value.low >= 0 else ANY
        case _:
            return _unknown(unit)


def _unknown(unit: Unit) -> Possible:
    if unit is Unit.YES_NO:
        return EITHER
    return ANY if unit.is_number or unit is Unit.SURVEY else Thing()
