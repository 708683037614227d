"""Numbers that have left the fractions: they are rounded before anything is decided by them.

A root or logarithm is worked out to 50 digits. Its sign and whether it is zero are certain, so that it may be compared
with nought; a sum of such numbers has not even that.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, assert_never

from attrs import define, field

from assessdsl.ast.nodes import Component, Eligibility, FindingRule, Gate, Indicator
from assessdsl.ast.walk import is_label
from assessdsl.check.bounds import interval
from assessdsl.check.constants import bind, constant
from assessdsl.check.context import Context
from assessdsl.check.intervals import ANYTHING, Interval, Known
from assessdsl.check.names import COLLECTIONS, word_of
from assessdsl.check.units import COMPARISONS
from assessdsl.diagnostics import Related
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text

Certainty = int  # one of these three, the less certain the greater
EXACT: Final = 0
SIGNED: Final = 1  # its sign, and whether it is zero, are certain
INEXACT: Final = 2
_NOUGHT: Final = Number(Fraction(0))
_DEPTH: Final = 150
_STEPS: Final = 20_000  # expressions that are looked at, those of a definition for each kind of call
_KEEPING: Final = frozenset({"min", "max", "clamp", "abs", "best", "worst"})  # what gives one of its operands
_DECIDING: Final = frozenset({"floor", "ceiling", "rank_of"})
_TABLES: Final = frozenset({"ladder", "lookup"})
_LEAVING: Final = frozenset({"sqrt", "root", "ln", "exp", "geometric_mean", "deviation"})


def check_inexact(context: Context) -> None:
    policy, search = context.policy, _Search(context)
    rounded = {name.id for rounding in policy.rounding for name in rounding.of}
    for component in policy.components:
        found = search.component(component, rounded)
        if not component.outside:
            search.sum_of_components = _added([search.sum_of_components, found])
    total = search.sum_of_components if policy.total is None else search.of(policy.total, {})
    if total and "total" not in rounded:
        for name, span in search.unrounded:
            context.add("AS3112", span, name=name)
    rules: list[Gate | Eligibility | FindingRule] = [*policy.gates, *policy.eligibility, *policy.findings]
    conditions = [rule.when for rule in rules]
    conditions += [tier.when for tier in policy.tiers if tier.when is not None]
    if policy.monitoring is not None:
        conditions += [light.when for light in policy.monitoring.lights if light.when is not None]
    for condition in conditions:
        search.of(condition, {})
    for key in policy.ranking.by if policy.ranking is not None else ():
        search.decide(key, search.of(key, {}))


def _added(parts: Sequence[Certainty]) -> Certainty:
    return INEXACT if any(parts) else EXACT


@define
class _Search:
    context: Context
    names: dict[str, Certainty] = field(factory=dict)  # of components
    unrounded: list[tuple[str, Span]] = field(factory=list)  # scores that nothing has rounded yet
    sum_of_components: Certainty = EXACT
    called: dict[tuple[object, ...], Certainty] = field(factory=dict)
    known: Known | None = None  # between what the operands of the definition lie that is looked at
    depth: int = 0
    steps: int = 0
    call: Span | None = None  # of the author's, within which a definition is looked at
    hidden: bool = False  # the definition is not the author's

    # ------------------------------------------------------------ scores

    def component(self, component: Component, rounded: set[str]) -> Certainty:
        before = len(self.unrounded)
        parts = {indicator.name: self.indicator(indicator) for indicator in component.indicators}
        for indicator in component.indicators if component.contagion else ():
            if indicator.score is not None:
                self.decide(indicator.score, parts[indicator.name])
        parts |= {part.name: self.component(part, rounded) for part in component.components}
        for gate in component.gates:
            self.of(gate.when, {})
        found = _added(list(parts.values()))
        if component.combine is not None:
            if component.combine.expression is not None:
                found = self.of(component.combine.expression, parts)
            if component.combine.method == "geometric":
                found = max(found, SIGNED)
            if found and len(self.unrounded) == before:
                self.unrounded.append((component.name, component.combine.span))
        if component.rounding is not None or component.name in rounded:
            del self.unrounded[before:]
            found = EXACT
        self.names[component.name] = found
        return found

    def indicator(self, indicator: Indicator) -> Certainty:
        found = EXACT if indicator.score is None else self.of(indicator.score, {})
        for gate in indicator.gates:
            self.of(gate.when, {})
        if indicator.rounding is not None:
            return EXACT
        if found:
            self.unrounded.append((indicator.name, indicator.score_span))
        return found

    # ------------------------------------------------------------ expressions

    def of(self, expression: Expression, names: Mapping[str, Certainty]) -> Certainty:
        """How certain a value is; remarks on what is decided by one that is not exact. `names`: operands, parts."""
        self.steps += 1
        if self.depth > _DEPTH or self.steps > _STEPS:
            return EXACT
        self.depth += 1
        found = self._of(expression, names)
        self.depth -= 1
        return found

    def _of(self, e: Expression, names: Mapping[str, Certainty]) -> Certainty:
        match e:
            case Number() | Text() | Day():
                return EXACT
            case Name():
                return names.get(e.id, self.names.get(e.id, EXACT))
            case Prefix(_, operand):
                return self.of(operand, names)
            case Choice(condition, chosen, other):
                self.of(condition, names)
                return max(self.of(chosen, names), self.of(other, names))
            case Operation(operators, operands):
                found = [self.of(operand, names) for operand in operands]
                if operators[0] in COMPARISONS:
                    for (left, own), (right, other_own) in pairwise(zip(operands, found, strict=True)):
                        self.decide(left, own, right)
                        self.decide(right, other_own, left)
                    return EXACT
                if operators[0] in ("and", "or"):
                    return EXACT
                return max(found) if operators[0] in ("*", "/") else _added(found)
            case Call():
                return self._call(e, names)
            case _:
                assert_never(e)

    def decide(self, operand: Expression, certainty: Certainty, other: Expression | None = None) -> None:
        """Something is decided by an operand, by comparing it with the other."""
        is_zero = isinstance(other, Number) and other.value == 0
        if certainty == EXACT or (is_zero and (certainty == SIGNED or self._is_apart(operand))):
            return
        span = self.call if self.hidden and self.call is not None else operand.span
        related = (
            (Related(self.call, "called here", "在此处调用"),) if self.call is not None and not self.hidden else ()
        )
        self.context.add("AS3107", span, related, found=span.text)

    def _is_apart(self, operand: Expression) -> bool:
        """Whether it lies wholly above zero, or below."""
        low, high = self._interval(operand)
        return (low is not None and low > 0) or (high is not None and high < 0)

    def _is_never_below(self, operand: Expression) -> bool:
        low = self._interval(operand)[0]
        return low is not None and low >= 0

    def _interval(self, expression: Expression) -> Interval:
        return interval(expression, self.context.checked, self.known, in_body=self.known is not None)

    def _call(self, call: Call, names: Mapping[str, Certainty]) -> Certainty:
        name = call.function.id
        if name in self.context.checked.functions:
            return self._defined(call, names)
        values = [argument.value for argument in call.arguments if word_of(argument.value) not in COLLECTIONS]
        found = [self.of(value, names) for value in values if not _is_word(value, call)]
        keys = [argument.key for argument in call.arguments if argument.key and not is_label(argument, call)]
        of_keys = [self.of(key, names) for key in keys]
        first = found[0] if found else EXACT
        if name in _TABLES:
            if values:
                self.decide(values[0], first)
            for key, certainty in zip(keys, of_keys, strict=True):
                self.decide(key, certainty)
            return max(found[1:], default=EXACT)
        if name in _DECIDING:
            if values:
                self.decide(values[0], first)
            return EXACT
        if name in ("round", "previous", "count", "any", "all"):
            return EXACT
        if name in _KEEPING:
            return max(found, default=EXACT)
        if name == "ratio":
            if len(found) > 1 and found[1] == INEXACT:
                self.decide(values[1], INEXACT, _NOUGHT)
            return max(found, default=EXACT)
        if name == "sum" and len(call.arguments) == 1 and word_of(call.arguments[0].value) == "components":
            return self.sum_of_components
        everything = [*found, *of_keys]
        if self._leaves(call):
            if any(is_label(a, call) and a.key and word_of(a.key) == "undefined" for a in call.arguments):
                for value, certainty in [*zip(values, found, strict=False), *zip(keys, of_keys, strict=True)]:
                    if certainty and not self._is_never_below(value):
                        self.decide(value, certainty, _NOUGHT)
            certain = name in ("exp", "geometric_mean") or first == EXACT
            return SIGNED if certain and INEXACT not in everything else INEXACT
        return max(everything, default=EXACT) if name == "power" else _added(everything)

    def _leaves(self, call: Call) -> bool:
        """Whether the call's value has left the fractions though its operands have not."""
        labelled = {word_of(argument.key): argument.value for argument in call.arguments if argument.key}
        plain = [argument.value for argument in call.arguments if argument.key is None]
        if call.function.id in _LEAVING:
            return True
        exponent = plain[1] if call.function.id == "power" and len(plain) > 1 else labelled.get("power")
        if call.function.id not in ("power", "generalised_mean") or exponent is None:
            return False
        known = constant(exponent, self.context.checked)
        value = known[0] if known else None
        if call.function.id == "power":
            return not isinstance(value, Fraction) or value.denominator != 1
        return value not in (1, -1)

    def _defined(self, call: Call, names: Mapping[str, Certainty]) -> Certainty:
        function = self.context.checked.functions[call.function.id]
        bound = bind(call.arguments, tuple(parameter.id for parameter in function.parameters))
        if bound is None:
            return EXACT
        given = {parameter.id: self.of(bound[parameter.id], names) for parameter in function.parameters}
        hidden = function.name in self.context.prelude
        # between what exact operands lie is not asked: there is much of it, and little that would follow
        spans: Known = {
            parameter: self._interval(bound[parameter.id]) if any(given.values()) else ANYTHING
            for parameter in function.parameters
        }
        key = (function.name, *given.values(), *spans.values())
        # what is decided in the prelude is remarked on wherever it is called
        if key in self.called and not (hidden and any(given.values())):
            return self.called[key]
        self.called[key] = EXACT  # a definition that uses itself is remarked on elsewhere
        outer = self.call, self.hidden, self.known
        if not self.hidden:
            self.call = call.span if self.call is None or hidden else self.call
            self.hidden = hidden
        self.known = spans
        self.called[key] = self.of(function.body, given)
        self.call, self.hidden, self.known = outer
        return self.called[key]


def _is_word(value: Expression, call: Call) -> bool:
    """Whether an operand is a word that is no value: a mode, the peers, how ties count."""
    return any(
        argument.value is value and word_of(argument.key) in ("mode", "of", "ties") for argument in call.arguments
    )
