"""Indicators to steps: each of their items first, then what the entity has of them."""

from attrs import define, field, frozen

from assessdsl.ast import nodes
from assessdsl.check import is_targeted, units
from assessdsl.plan.expressions import Expressions
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import (
    ENTITY,
    Aggregate,
    Calculate,
    Choose,
    Clamp,
    Compare,
    IndicatorOutput,
    Logic,
    Operation,
    Stage,
    Supply,
)
from assessdsl.quantity import Unit
from assessdsl.source import Span

_GIVES_AWAY = ("redistribute", "mean")  # handlings that leave an item without a score of its own


@frozen
class LoweredIndicator:
    output: IndicatorOutput
    averaged: int | None  # yes/no: the mean of the others stands in
    ineligible: tuple[int, ...]  # yes/no, of the entity: what takes it out of the tiers with a quota


@define
class IndicatorLowering:
    """One indicator: first each of its items, at the target's grain, then what the entity has of it.

    `path`: the components in which it stands, the outermost first.
    """

    expressions: Expressions
    path: tuple[nodes.Component, ...]
    node: nodes.Indicator
    component_points: int
    remainder: int | None = None  # its points, where they are what the others leave
    dropped: list[int] = field(factory=list)  # yes/no of each item: the points go to others, or the mean stands in
    stood_in: list[int] = field(factory=list)  # yes/no of each item: its state was handled
    barring: list[int] = field(factory=list)  # yes/no of each item: it takes the entity out of tiers with a quota

    @property
    def scope(self) -> Scope:
        return Scope(self.node)

    def add(self, operation: Operation, unit: Unit = Unit.POINTS, span: Span | None = None, *, name: str = "") -> int:
        """A step at the target's grain."""
        span = span or self.node.span
        return self.expressions.builder.add(operation, unit, span, grain=self.scope.grain, name=name)

    def of_entity(self, operation: Operation, unit: Unit = Unit.POINTS, *, name: str = "") -> int:
        return self.expressions.builder.add(operation, unit, self.node.span, grain=ENTITY, name=name)

    @property
    def zero(self) -> int:
        return self.expressions.builder.constant(0, Unit.POINTS, self.node.span)

    # ------------------------------------------------------------ each item

    def indicator(self) -> LoweredIndicator:
        targeted = is_targeted(self.node, self.expressions.checked.functions)
        points = self._points()
        item_points = self._item_points(points)
        value = self._score(item_points)
        stages = [Stage("score", value)]
        if targeted:
            lost = self.expressions.load("forfeited", self.scope, self.node.span)
            value = self.add(Choose(lost, self.zero, value))
            stages.append(Stage("forfeited", value))
            self.stood_in.append(lost)  # nothing was reported that a gate could be asked about
        for state in self.node.states:
            value = self._in_state(state, value, item_points)
            stages.append(Stage("state", value, state.state))
        if self.node.missing is not None and self.node.missing.kind in (*_GIVES_AWAY, "ineligible"):
            missing = self.add(Calculate("is_missing", (value,)), Unit.YES_NO)
            (self.dropped if self.node.missing.kind in _GIVES_AWAY else self.barring).append(missing)
        value = self.add(Supply(value, self._instead(item_points)), span=_span_of(self.node.missing, self.node))
        stages.append(Stage("missing", value))
        fired: list[int] = []
        dropped, ungated = self._either(self.dropped), self._either([*self.dropped, *self.stood_in])
        for gate in self.node.gates:
            when = self.expressions.lower(gate.when, self.scope)
            fired.append(when)
            if ungated is not None:
                no = self.expressions.builder.constant(False, Unit.YES_NO, gate.span)
                when = self.add(Choose(ungated, no, when), Unit.YES_NO, gate.span)
            value = self.expressions.gated(value, gate, when, self.scope, self.scope.grain)
            stages.append(Stage("gate", value, gate.name, gate.label))
        value = self._limited(value, item_points, points is not None)
        stages.append(Stage("limit", value))
        if self.node.rounding is not None:
            value = self.expressions.rounded(value, self.node.rounding, self.scope.grain)
            stages.append(Stage("rounding", value))
        met = None
        if targeted:
            met = self.expressions.met[self.node.name] = self._met(fired)
        left = item_points if dropped is None else self.add(Choose(dropped, self.zero, item_points))
        return self._entity(stages, value, left, points, met, targeted, dropped is not None)

    def _either(self, conditions: list[int]) -> int | None:
        if len(conditions) < 2:
            return conditions[0] if conditions else None
        return self.add(Logic("or", tuple(conditions)), Unit.YES_NO)

    def _is_in(self, state: str, span: Span) -> int:
        return self.expressions.in_state(state, self.scope, span)

    def _in_state(self, handled: nodes.StateHandling, value: int, item_points: int) -> int:
        """The score, or what stands in for it where the fact is in the state."""
        handling, span = handled.handling, handled.handling.span
        if handling.kind == "as_reported":
            return value
        holds = self._is_in(handled.state, span)
        self.stood_in.append(holds)
        if handling.kind in _GIVES_AWAY:
            self.dropped.append(holds)
        if handling.kind == "ineligible":
            self.barring.append(holds)
        if handling.kind == "error":
            return self.add(Choose(holds, self.expressions.builder.fail("AS5205", span), value), span=span)
        return self.add(Choose(holds, self._stand_in(handling, item_points), value), span=span)

    def _points(self) -> int | None:
        """Full marks of the indicator, None where a bonus or penalty has no limit of its own."""
        node, expressions = self.node, self.expressions
        if self.remainder is not None:
            return self.remainder
        if node.points is not None:
            return expressions.lower(node.points, Scope())
        if node.weight is not None:
            weight = expressions.lower(node.weight, Scope())
            return expressions.builder.add(
                Calculate("*", (weight, self.component_points)), Unit.POINTS, node.weight_span
            )
        return None

    def _item_points(self, points: int | None) -> int:
        if points is None:
            return self.zero
        if not self.node.shared_by:
            return points
        grain, span = self.scope.grain, self.node.points_span
        if self.node.shared_by == "count":
            row = self.expressions.load("is_target", self.scope, span)
            share = self.of_entity(Aggregate("count", row, grain, ENTITY), Unit.COUNT)
            return self.add(Calculate("/", (points, share)), span=span)
        weight = self.expressions.load("weight", self.scope, span)
        weights = self.of_entity(Aggregate("sum", weight, grain, ENTITY), Unit.NUMBER)
        weighted = self.add(Calculate("*", (points, weight)), span=span)
        return self.add(Calculate("/", (weighted, weights)), span=span)

    def _score(self, item_points: int) -> int:
        node, span = self.node, self.node.score_span
        if node.score is None:
            return self._per_entry()
        value = self.expressions.lower(node.score, self.scope)
        unit = self.expressions.builder.unit(value)
        if unit in units.RATIOS:
            return self.add(Calculate("*", (value, item_points)), span=span, name=node.name)
        assert unit in (Unit.POINTS, Unit.ANY), f"the checker lets {unit} be a score"
        return self.add(Calculate("+", (value, self.zero)), span=span, name=node.name)

    def _per_entry(self) -> int:
        node = self.node
        entries = Scope(node, entries=True)
        if node.each is not None:
            value = self.expressions.lower(node.each, Scope())
        else:
            level = self.expressions.load("level", entries, node.span)
            # binding has refused other levels, so the last one is what is left
            value = self.expressions.lower(node.levels[-1].points, Scope())
            for declared in node.levels[-2::-1]:
                value = self._at_level(level, declared, value, entries)
        distinct = None if node.count == "every" else self.expressions.load("item", entries, node.span)
        return self.add(Aggregate("sum", value, entries.grain, self.scope.grain, distinct=distinct), name=node.name)

    def _at_level(self, level: int, declared: nodes.Level, other: int, entries: Scope) -> int:
        builder, span = self.expressions.builder, declared.span
        name = builder.constant(declared.name, Unit.LEVEL, span)
        same = builder.add(Compare("==", level, name), Unit.YES_NO, span)
        points = self.expressions.lower(declared.points, Scope())
        return builder.add(Choose(same, points, other), Unit.POINTS, span, grain=entries.grain)

    def _instead(self, item_points: int) -> int:
        """What stands in for a score that a fact is missing for. Without a declared handling nothing does."""
        handling = self.node.missing
        if handling is None or handling.kind == "error":
            return self.expressions.builder.fail(
                "AS5201", _span_of(handling, self.node), fact=self.node.label or self.node.name
            )
        return self._stand_in(handling, item_points)

    def _stand_in(self, handling: nodes.Handling, points: int) -> int:
        match handling.kind:
            case "full":
                return points
            case "value":
                assert handling.value is not None
                value = self.expressions.lower(handling.value, Scope())
                if self.expressions.builder.unit(value) is not Unit.SHARE:
                    return value
                return self.expressions.builder.add(Calculate("*", (value, points)), Unit.POINTS, handling.span)
            case _:
                return self.zero

    def _limited(self, value: int, item_points: int, has_points: bool) -> int:
        node, expressions = self.node, self.expressions
        low = self.zero if node.floor is None else expressions.lower(node.floor, Scope())
        high = item_points if has_points else None
        if node.cap is not None:
            high = expressions.lower(node.cap, Scope())
        return self.add(Clamp(value, low, high), name=node.name)

    def _met(self, fired: list[int]) -> int:
        """Reached, and no gate fired. Nothing reported is not reached."""
        load, scope, span = self.expressions.load, self.scope, self.node.span
        planned, actual = load("planned", scope, span), load("actual", scope, span)
        lower = self.expressions.builder.constant("lower", Unit.TEXT, span)
        is_lower = self.add(Compare("==", load("direction", scope, span), lower), Unit.YES_NO)
        at_most = self.add(Compare("<=", actual, planned), Unit.YES_NO)
        at_least = self.add(Compare(">=", actual, planned), Unit.YES_NO)
        reached = self.add(Choose(is_lower, at_most, at_least), Unit.YES_NO)
        no = self.expressions.builder.constant(False, Unit.YES_NO, span)
        reported = self.add(Supply(reached, no), Unit.YES_NO)
        not_planned = self.add(Calculate("is_missing", (planned,)), Unit.YES_NO)
        open_day = self.add(Calculate("is_missing", (load("completed_on", scope, span),)), Unit.YES_NO)
        completed = self.add(Logic("not", (open_day,)), Unit.YES_NO)
        met = self.add(Choose(not_planned, completed, reported), Unit.YES_NO)
        states = [handled.state for handled in self.node.states]
        fired += [self._is_in(state, span) for state in states if state == "falsified"]
        free = [self.add(Logic("not", (when,)), Unit.YES_NO) for when in fired]
        return self.add(Logic("and", (met, *free)), Unit.YES_NO, name="met")

    # ------------------------------------------------------------ the entity

    def _entity(
        self,
        stages: list[Stage],
        value: int,
        left: int,
        points: int | None,
        met: int | None,
        targeted: bool,
        drops: bool,
    ) -> LoweredIndicator:
        node, expressions = self.node, self.expressions
        over = self.scope.grain
        score = self.of_entity(Aggregate("sum", value, over, ENTITY), name=node.name)
        full = self.zero if points is None else points
        applies = expressions.in_groups(expressions.checked.policy.groups_of(*self.path, node), node.span)
        given, averaged = applies, None
        others = self._others(applies)
        nothing_left = None
        if drops:
            remaining = self.of_entity(Aggregate("sum", left, over, ENTITY))
            nothing_left = self.of_entity(Compare("==", remaining, self.zero), Unit.YES_NO)
            scaled = self.of_entity(Calculate("/", (self.of_entity(Calculate("*", (score, full))), remaining)))
            score = self.of_entity(Choose(nothing_left, self.zero, scaled), name=node.name)
        absent = self._absent(applies, others) if targeted else None
        if absent is not None and node.absent is not None:
            score = self.of_entity(Choose(absent, self._for_absent(node.absent, full), score), name=node.name)
        instead = None if node.applies is None else node.applies.otherwise
        if others is not None:
            stand_in = self.zero if instead is None else self._stand_in(instead, full)
            score = self.of_entity(Choose(others, stand_in, score), name=node.name)
        left_out = [(handling, nothing_left) for handling in self._of_items()]
        for handling, when in (*left_out, (node.absent, absent), (instead, others)):
            if handling is None or when is None:
                continue
            if when is nothing_left and others is not None:
                when = self.of_entity(
                    Logic("and", (self.of_entity(Logic("not", (others,)), Unit.YES_NO), when)), Unit.YES_NO
                )
            if when is not others and handling is not node.absent and absent is not None:
                present = self.of_entity(Logic("not", (absent,)), Unit.YES_NO)
                when = self.of_entity(Logic("and", (present, when)), Unit.YES_NO)
            if handling.kind == "redistribute":
                kept = self.of_entity(Logic("not", (when,)), Unit.YES_NO)
                given = self.of_entity(Logic("and", (given, kept)), Unit.YES_NO)
            elif handling.kind == "mean":
                when = self.of_entity(Logic("and", (applies, when)), Unit.YES_NO)
                averaged = when if averaged is None else self.of_entity(Logic("or", (averaged, when)), Unit.YES_NO)
        output = IndicatorOutput(
            name=node.name,
            label=node.label,
            target_points=left,
            stages=tuple(stages),
            met=met,
            score=score,
            points=expressions.builder.choose(given, full, self.zero, node.points_span),
            applies=applies,
            absent=absent,
            others=others,
            span=node.span,
        )
        return LoweredIndicator(output, averaged, self._ineligible(applies, others, absent))

    def _of_items(self) -> list[nodes.Handling]:
        """The handlings by which items are dropped: one of each kind."""
        handlings = [self.node.missing, *(handled.handling for handled in self.node.states)]
        given = {handling.kind: handling for handling in handlings if handling is not None}
        return [given[kind] for kind in _GIVES_AWAY if kind in given]

    def _others(self, applies: int) -> int | None:
        """Of the groups that it is for, the entities that it is not for."""
        if self.node.applies is None:
            return None
        when, span = self.expressions.lower(self.node.applies.when, Scope()), self.node.applies.span
        others = self.of_entity(Logic("not", (when,)), Unit.YES_NO)
        found = self.expressions.builder.add(Logic("and", (applies, others)), Unit.YES_NO, span, grain=ENTITY)
        self.expressions.others[self.node.name] = found
        return found

    def _ineligible(self, applies: int, others: int | None, absent: int | None) -> tuple[int, ...]:
        found = [
            self.of_entity(Aggregate("any", barring, self.scope.grain, ENTITY), Unit.YES_NO) for barring in self.barring
        ]
        if absent is not None and self.node.absent is not None and self.node.absent.kind == "ineligible":
            found.append(absent)
        here = [applies] if others is None else [applies, self.of_entity(Logic("not", (others,)), Unit.YES_NO)]
        return tuple(self.of_entity(Logic("and", (*here, condition)), Unit.YES_NO) for condition in found)

    def _absent(self, applies: int, others: int | None) -> int:
        row = self.expressions.load("is_target", self.scope, self.node.span)
        items = self.of_entity(Aggregate("count", row, self.scope.grain, ENTITY), Unit.COUNT)
        none = self.of_entity(Compare("==", items, self.zero), Unit.YES_NO)
        meant = (
            [applies, none] if others is None else [applies, none, self.of_entity(Logic("not", (others,)), Unit.YES_NO)]
        )
        return self.of_entity(Logic("and", tuple(meant)), Unit.YES_NO)

    def _for_absent(self, handling: nodes.Handling, full: int) -> int:
        if handling.kind == "error":
            return self.expressions.builder.fail("AS5202", handling.span)
        return self._stand_in(handling, full)


def _span_of(handling: nodes.Handling | None, node: nodes.Indicator) -> Span:
    return node.span if handling is None else handling.span
