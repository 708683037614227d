"""Expressions of a checked policy to steps."""

from collections.abc import Mapping
from itertools import pairwise
from typing import assert_never

from attrs import define, evolve, field

from assessdsl.ast import nodes
from assessdsl.check import Checked, units
from assessdsl.check.names import word_of
from assessdsl.diagnostics import Diagnostic, PolicyError
from assessdsl.limits import LIMITS
from assessdsl.plan.aggregates import Lowering, aggregate
from assessdsl.plan.builder import Builder
from assessdsl.plan.fields import field_step, state_step
from assessdsl.plan.functions import PLAIN, Operand, function_steps, survey
from assessdsl.plan.multiyear import plan_step
from assessdsl.plan.rows import number_ranked, place_among, place_from_the_end
from assessdsl.plan.scope import Scope
from assessdsl.plan.steps import (
    ENTITY,
    POLICY,
    Calculate,
    Compare,
    Constant,
    Gate,
    Grain,
    InGroup,
    Load,
    Logic,
    Round,
    Streak,
    Supply,
)
from assessdsl.plan.years import held_in_known, not_held_if_unknown
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text

_Declaration = nodes.Parameter | nodes.Benchmark | nodes.FactDeclaration | nodes.Judgement | nodes.Tier | nodes.Group


@define
class Expressions:
    """Lowers expressions onto a builder. `components` and `results` grow with what later parts may name."""

    checked: Checked
    builder: Builder
    components: dict[str, int] = field(factory=dict)
    results: dict[str, int] = field(factory=dict)  # total, rank, tier
    met: dict[str, int] = field(factory=dict)  # by indicator
    others: dict[str, int] = field(factory=dict)  # by indicator: yes/no, the entities that it is not for
    cited: list[int] = field(factory=list)  # yes/no steps whose rows a finding rests on
    parts: int | None = None  # sum(components), once the components are there
    _calls: dict[tuple[object, ...], int] = field(factory=dict)
    _declared: dict[str, _Declaration] = field(init=False)

    def __attrs_post_init__(self) -> None:
        policy = self.checked.policy
        kinds = (policy.groups, policy.tiers, policy.judgements, policy.facts, policy.benchmarks, policy.parameters)
        self._declared = {declared.name: declared for kind in kinds for declared in kind}

    def lower(self, expression: Expression, scope: Scope) -> int:
        match expression:
            case Number(span=span):
                value, unit = units.literal(expression)
                return self.builder.constant(value, unit, span)
            case Text(text, span):
                return self.builder.constant(text, Unit.TEXT, span)
            case Day(day, span):
                return self.builder.constant(day, Unit.DATE, span)
            case Name():
                return self._name(expression, scope)
            case Call():
                return self._call(expression, scope)
            case Choice(condition, chosen, other, span):
                holds, first, second = (self.lower(part, scope) for part in (condition, chosen, other))
                return self.builder.choose(holds, first, second, span)
            case Prefix("not", operand, span):
                return self.builder.add(Logic("not", (self.lower(operand, scope),)), Unit.YES_NO, span)
            case Prefix(_, operand, span):
                id = self.lower(operand, scope)
                return self.builder.add(Calculate("neg", (id,)), self.builder.unit(id), span)
            case Operation():
                return self._operation(expression, scope)
            case _:
                assert_never(expression)

    def _operation(self, operation: Operation, scope: Scope) -> int:
        ids = [self.lower(operand, scope) for operand in operation.operands]
        span = operation.span
        if operation.operators[0] in ("and", "or"):
            return self.builder.add(Logic(operation.operators[0], tuple(ids)), Unit.YES_NO, span)  # type: ignore[arg-type]
        if operation.operators[0] in ("+", "-", "*", "/"):
            result = ids[0]
            for sign, id in zip(operation.operators, ids[1:], strict=True):
                result = self.builder.calculate(sign, result, id, span)
            return result
        links = [
            self.builder.add(Compare(sign, left, right), Unit.YES_NO, span)  # type: ignore[arg-type]
            for sign, (left, right) in zip(operation.operators, pairwise(ids), strict=True)
        ]
        return links[0] if len(links) == 1 else self.builder.add(Logic("and", tuple(links)), Unit.YES_NO, span)

    # ------------------------------------------------------------ parts of scores

    def points(self, expression: Expression | None, span: Span) -> int:
        return self.builder.constant(0, Unit.POINTS, span) if expression is None else self.lower(expression, Scope())

    def in_groups(self, groups: tuple[str, ...], span: Span) -> int:
        """Whether the entity's group is one of these."""
        if len(groups) == len(self.checked.policy.groups):
            return self.builder.constant(True, Unit.YES_NO, span)
        return self.builder.add(InGroup(groups), Unit.YES_NO, span, grain=ENTITY)

    def gated(self, value: int, gate: nodes.Gate, when: int, scope: Scope, grain: Grain) -> int:
        at_most = self.lower(gate.consequence.value, scope) if isinstance(gate.consequence, nodes.AtMost) else None
        return self.builder.add(Gate(gate.name, value, when, at_most), Unit.POINTS, gate.span, grain=grain)

    def rounded(self, value: int, rounding: nodes.Rounding, grain: Grain) -> int:
        return self.builder.round(value, rounding.mode, self.lower(rounding.places, Scope()), rounding.span, grain)

    # ------------------------------------------------------------ names

    def _name(self, name: Name, scope: Scope) -> int:
        span, builder = name.span, self.builder
        if name.id in scope.parameters:
            return scope.parameters[name.id]
        if name.word in ("total", "rank", "tier"):  # in backticks they may be names of the author's
            if not scope.offset:
                return self.results[name.word]
            unit = {"total": Unit.POINTS, "rank": Unit.COUNT, "tier": Unit.TIER}[name.word]
            return builder.add(Load("history", name.word, scope.offset), unit, span, grain=ENTITY, name=name.word)
        if name.id in self.components:
            return self.components[name.id]
        match self._declared.get(name.id):
            case nodes.Benchmark(unit=unit, value=None):
                load = Load("benchmark", name.id, scope.offset)
                return builder.add(load, unit, span, grain=POLICY, name=name.id)
            case nodes.Parameter() | nodes.Benchmark() as declared:
                value, unit = self.checked.constants[declared.name]
                return builder.add(Constant(value), unit, declared.span, grain=POLICY, name=name.id)
            case nodes.FactDeclaration(unit=unit, missing=missing):
                found = builder.add(Load("entity", name.id, scope.offset), unit, span, grain=ENTITY, name=name.id)
                # a handling speaks of this year's fact
                if missing is None or missing.kind == "undetermined" or scope.offset:
                    return found
                return self._supplied(found, name.id, missing)
            case nodes.Judgement():
                found = builder.add(Load("entity", name.id), Unit.YES_NO, span, grain=ENTITY, name=name.id)
                self.cited.append(found)
                return found
            case nodes.Tier():
                return builder.constant(name.id, Unit.TIER, span)
            case nodes.Group():
                return builder.constant(name.id, Unit.GROUP, span)
            case None:
                pass
        if scope.indicator is not None and any(level.name == name.id for level in scope.indicator.levels):
            return builder.constant(name.id, Unit.LEVEL, span)
        return self._word(name.word, scope, span)

    def _word(self, word: str, scope: Scope, span: Span) -> int:
        match word:
            case "error":
                return self.builder.fail("AS5203", span)
            case "yes" | "no":
                return self.builder.constant(word == "yes", Unit.YES_NO, span)
            case "zero":
                return self.builder.constant(0, Unit.NUMBER, span)
            case "group":
                load = Load("history", "group", scope.offset) if scope.offset else Load("entity", "group")
                return self.builder.add(load, Unit.GROUP, span, grain=ENTITY, name="group")
            case "period":
                period = self.checked.policy.period
                return self.builder.constant(period.year if period else 0, Unit.NUMBER, span)
            case "met":
                assert scope.indicator is not None
                return self.met[scope.indicator.name]
            case "linked" | "elapsed" | "achieved":
                policy = self.checked.policy
                assert policy.period is not None
                return plan_step(word, policy.plans, policy.period, scope, self.builder, span)
            case _:
                return self.load(word, scope, span)

    def in_state(self, state: str, scope: Scope, span: Span) -> int:
        return state_step(state, scope, self.builder, span)

    def load(self, name: str, scope: Scope, span: Span) -> int:
        return field_step(name, scope, self.builder, span)

    def _supplied(self, load: int, fact: str, missing: nodes.Handling) -> int:
        span, unit = missing.span, self.builder.unit(load)
        if missing.kind == "error":
            instead = self.builder.fail("AS5204", span, fact=fact)
        elif missing.value is not None:
            instead = self.lower(missing.value, Scope())
        else:
            instead = self.builder.constant(0, unit, span)
        return self.builder.add(Supply(load, instead), unit, span, name=fact)

    # ------------------------------------------------------------ calls

    def _call(self, call: Call, scope: Scope) -> int:
        plain = [argument.value for argument in call.arguments if argument.key is None]
        labelled = {argument.key.id: argument.value for argument in call.arguments if isinstance(argument.key, Name)}
        name, span = call.function.id, call.span
        if name in self.checked.functions:
            return self._function(name, plain, labelled, scope, span)
        if name in PLAIN:
            return function_steps(name, self._operands(call, scope), self.builder, span)
        match name:
            case "round":
                mode, places = word_of(labelled["mode"]), self.lower(labelled["places"], Scope())
                return self.builder.round(self.lower(plain[0], scope), mode, places, span)
            case "sample" | "result":
                return survey(name, self.lower(plain[0], scope), self.builder, span)
            case "tagged":
                assert isinstance(plain[0], Text)
                assert scope.indicator is not None
                grain = evolve(scope, entries=False).grain
                return self.builder.add(Load("tag", plain[0].value), Unit.YES_NO, span, grain=grain)
            case "previous":
                ago = self._constant(labelled["years"]) if "years" in labelled else 1
                return self.lower(plain[0], evolve(scope, offset=ago))
            case "mean_over":
                return self.builder.mean(self._of_years(plain[0], labelled, scope), span)
            case "streak" | "held":
                return self._streak(plain[0], labelled, scope, span)
            case "count_of":
                one, none = (self.builder.constant(number, Unit.COUNT, span) for number in (1, 0))
                counted = [self.builder.choose(self.lower(part, scope), one, none, part.span) for part in plain]
                return self.builder.joined("+", counted, span)
            case "in_bottom":
                return self._in_bottom(plain[0], labelled, scope, span)
            case "rank_of":
                return self._rank_of(plain[0], labelled, scope, span)
            case _:
                if plain and word_of(plain[0]) == "components":
                    assert self.parts is not None
                    return self.parts
                within = Lowering(self.lower, self.checked.policy, self.builder, self.met, self.others, self.cited)
                return aggregate(within, name, plain, labelled, scope, span)

    def _constant(self, expression: Expression) -> int:
        return int(self.builder.value(self.lower(expression, Scope())))

    def _streak(self, condition: Expression, labelled: Mapping[str, Expression], scope: Scope, span: Span) -> int:
        missing = word_of(labelled.get("missing"))
        years = self._of_years(condition, {"years": labelled["within"]} if missing == "skip" else labelled, scope)
        of = self._constant(labelled["years"])
        least = self._constant(labelled["at_least"]) if "at_least" in labelled else None
        if missing == "skip":
            return held_in_known(years, of, least or of, self.builder, span)
        if missing == "break":
            years = not_held_if_unknown(years, self.builder, span)
        return self.builder.add(Streak(years, least), Unit.YES_NO, span, grain=ENTITY)

    def _of_years(self, value: Expression, labelled: Mapping[str, Expression], scope: Scope) -> tuple[int, ...]:
        """The value of this year and of the years before."""
        years = range(self._constant(labelled["years"]))
        return tuple(self.lower(value, evolve(scope, offset=year)) for year in years)

    def _function(
        self, name: str, plain: list[Expression], labelled: Mapping[str, Expression], scope: Scope, span: Span
    ) -> int:
        function = self.checked.functions[name]
        ids = [self.lower(operand, scope) for operand in plain]
        ids += [self.lower(labelled[parameter.id], scope) for parameter in function.parameters[len(plain) :]]
        # A call with the same arguments is lowered once, or nested definitions would double at every level.
        key = (name, *ids)
        if key not in self._calls:
            if len(self._calls) >= LIMITS.function_calls:
                raise PolicyError((Diagnostic("AS5401", span, {"limit": str(LIMITS.function_calls)}),))
            self._calls[key] = 0  # counted while its own calls are lowered
            bound = {parameter.id: id for parameter, id in zip(function.parameters, ids, strict=True)}
            before = len(self.builder.steps)
            found = self._calls[key] = self.lower(function.body, Scope(parameters=bound))
            if found >= before and function.span.source is not span.source:
                # in the prelude nobody looks it up: what it gives stands where it was called
                self.builder.steps[found] = evolve(self.builder.steps[found], span=span)
        return self._calls[key]

    def _operands(self, call: Call, scope: Scope) -> list[Operand]:
        """The operands of a plain function. Of `key: value` the key is an operand too, unless it is a label."""
        labels, found = PLAIN[call.function.id], list[Operand]()
        for argument in call.arguments:
            key = argument.key
            label = key.id if isinstance(key, Name) and key.id in labels else ""
            keyed = None if key is None or label else self.lower(key, scope)
            found.append(Operand(self.lower(argument.value, scope), argument.span, keyed, label))
        return found

    def _in_bottom(self, k: Expression, labelled: Mapping[str, Expression], scope: Scope, span: Span) -> int:
        keys = () if scope.offset else (self.results["rank"],)
        within, ties = word_of(labelled["of"]), word_of(labelled["ties"])
        place = place_from_the_end(keys, within, ties, scope.offset, self.builder, span)
        places = self.lower(k, Scope())
        if self.builder.unit(places) is Unit.SHARE:
            ranked = number_ranked(keys, within, scope.offset, self.builder, span)
            share = self.builder.add(Calculate("*", (places, ranked)), Unit.COUNT, span)
            places = self.builder.add(Round(share, word_of(labelled["rounded"]), 0), Unit.COUNT, span)
        found = self.builder.add(Compare("<=", place, places), Unit.YES_NO, span)
        if "at_least" not in labelled:
            return found
        ranked = number_ranked(keys, within, scope.offset, self.builder, span)
        enough = self.builder.add(Compare(">=", ranked, self.lower(labelled["at_least"], Scope())), Unit.YES_NO, span)
        return self.builder.add(Logic("and", (enough, found)), Unit.YES_NO, span)

    def _rank_of(self, value: Expression, labelled: Mapping[str, Expression], scope: Scope, span: Span) -> int:
        lowest = scope.indicator is not None and scope.indicator.direction == "lower"
        within, ties = word_of(labelled["of"]), word_of(labelled["ties"])
        return place_among(self.lower(value, scope), within, ties, lowest, self.builder, span)
