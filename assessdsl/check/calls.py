"""Calls: the functions of the language, those of the prelude and of the policy."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from attrs import evolve

from assessdsl.ast.nodes import Function
from assessdsl.ast.walk import nodes
from assessdsl.check.amounts import check_places, check_whole
from assessdsl.check.constants import bind, constant
from assessdsl.check.context import Context
from assessdsl.check.expressions import called_from, common, condition, mismatch, needs, unit_of
from assessdsl.check.functions import FUNCTIONS, function_unit, number
from assessdsl.check.names import COLLECTIONS, Scope, word_of
from assessdsl.check.operands import SIGNATURES, Operands, Signature, arguments_fit, operands_of
from assessdsl.check.past import past_unit
from assessdsl.check.targeted import is_targeted
from assessdsl.check.units import combine, rounded_unit
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Expression, Name, Text
from assessdsl.vocabulary import vocabulary

_OF_TARGETS: Final = ("sum", "count", "mean", "any", "all", "product", "weighted_mean")
_SPREADS: Final = ("median", "variance", "deviation", "product", "weighted_mean", "trimmed_mean")
AGGREGATES: Final = ("sum", "count", "mean", "any", "all", "best", "worst", *_SPREADS)
_OF_ORDER: Final = ("median", "trimmed_mean")  # for which the rows stand in one order
_OVER: Final[Mapping[str, tuple[str, ...]]] = {
    "components": ("sum",),
    "targets": (*_OF_TARGETS, *_OF_ORDER, "variance", "deviation"),
    "required_targets": (*_OF_TARGETS, *_OF_ORDER, "variance", "deviation"),
    "entries": AGGREGATES,
}
_OF_PEERS: Final = ("best", "worst", "mean", "sum", "count", *_SPREADS)
_STEPS: Final = frozenset({"step", "up_step", "down_step"})  # parameters of the prelude that must be above zero
_LABELS: Final[Mapping[str, tuple[str, ...]]] = {"weighted_mean": ("weight",), "trimmed_mean": ("drop", "fewer")}


def call_unit(call: Call, scope: Scope, context: Context) -> Unit | None:
    """The unit of a call's result, None where something is wrong."""
    name = call.function.id
    if name in context.checked.functions:
        return _defined(call, context.checked.functions[name], scope, context)
    if name in context.built_in_anew:
        _arguments(call, scope, context)
        return None  # which of the two is meant is not known
    if name in AGGREGATES:
        return _aggregate(call, scope, context)
    if name not in SIGNATURES:
        _unknown(call, context, scope)
        return None
    before = context.failures
    operands = operands_of(call, SIGNATURES[name], scope, context)
    if context.failures != before:
        _operands_alone(call, scope, context)
        return None
    if name in FUNCTIONS:
        return function_unit(call, operands, scope, context)
    match name:
        case "round" | "rank_of":
            return _one_number(call, operands, scope, context)
        case "count_of":
            for operand in operands.plain:
                condition(operand, scope, context)
            return Unit.COUNT
        case "streak" | "held" | "previous" | "mean_over" | "in_bottom":
            return past_unit(call, operands, scope, context)
        case "tagged":
            if not isinstance(operands.plain[0], Text):
                context.add("AS3009", operands.plain[0].span, called_from(scope), function=call.function.text)
            return Unit.YES_NO if needs("target", call.function.text, call.span, scope, context) else None
        case "is_missing":
            return Unit.YES_NO if unit_of(operands.plain[0], scope, context) else None
        case _:
            return _of_survey(call, operands.plain[0], scope, context)


def _operands_alone(call: Call, scope: Scope, context: Context) -> None:
    """What is wrong in the operands themselves is said too, where they can be looked at alone."""
    if call.function.id in (*FUNCTIONS, "round", "is_missing"):
        for argument in call.arguments:
            if word_of(argument.key) != "mode":
                unit_of(argument.value, scope, context)


def _unknown(call: Call, context: Context, scope: Scope) -> None:
    if call.function.id not in context.policy.doubtful:
        spellings = [spelling for word in vocabulary().all("function") for spelling in word.spellings]
        known = [*spellings, *context.checked.functions]
        suggestion = context.suggestion(call.function.text, known)
        context.used.add(f"{suggestion}()")
        span = call.function.span
        context.add("AS2102", span, called_from(scope), name=call.function.text, suggestion=suggestion)
    _arguments(call, scope, context)


def _arguments(call: Call, scope: Scope, context: Context) -> None:
    for argument in call.arguments:
        if word_of(argument.value) not in COLLECTIONS:
            unit_of(argument.value, scope, context)


# ---------------------------------------------------------------- of data


def _one_number(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    unit = number(call, operands.plain[0], scope, context)
    if call.function.id == "round":
        check_places(operands.labelled["places"], context)
        return None if unit is None else rounded_unit(unit)
    if call.function.id == "rank_of":
        return Unit.COUNT if needs("peers", call.function.text, call.span, scope, context) else None
    return unit


def _of_survey(call: Call, fact: Expression, scope: Scope, context: Context) -> Unit | None:
    unit = unit_of(fact, scope, context)
    if unit is None:
        return None
    if unit is not Unit.SURVEY:
        expected = context.unit_text(Unit.SURVEY)
        found = context.unit_text(unit)
        context.add("AS3005", fact.span, called_from(scope), found=fact.span.text, unit=found, expected=expected)
        return None
    return Unit.COUNT if call.function.id == "sample" else Unit.SHARE


# ---------------------------------------------------------------- aggregates


def _aggregate(call: Call, scope: Scope, context: Context) -> Unit | None:
    name, over = call.function.id, word_of(call.arguments[0].value) if call.arguments else ""
    function, related = call.function.text, called_from(scope)
    peers = over not in COLLECTIONS
    least = 1 if name == "count" or over == "components" else 2
    labels = ("when", *_LABELS.get(name, ()))
    signature = (
        Signature(0 if name == "count" else 1, 1, ("of", *labels))
        if peers
        else Signature(least, 1 if over == "components" else 2, labels)
    )
    if peers and name not in _OF_PEERS:
        choices = context.listed("name", *(other for other, functions in _OVER.items() if name in functions))
        found = call.arguments[0].value.span.text if call.arguments else ""
        context.add("AS2117", call.span, related, function=function, found=found, choices=choices)
        return None
    if not peers and name not in _OVER[over]:
        choices = context.listed("name", *(other for other, functions in _OVER.items() if name in functions))
        span = call.arguments[0].value.span
        context.add("AS2117", span, related, function=function, found=span.text, choices=choices)
        return None
    before = context.failures
    operands = operands_of(call, signature, scope, context)
    if context.failures != before:
        return None
    inner = _inside(over, call.arguments[0].value.span, function, call.span, scope, context)
    if inner is None:
        return None
    if over in ("targets", "required_targets") and name in _OF_ORDER:
        several = [one.name for one in context.indicators if is_targeted(one, context.checked.functions)]
        if len(several) > 1:
            context.add("AS2122", call.span, related, function=function, indicators=", ".join(several))
            return None
    if (when := operands.labelled.get("when")) is not None:
        condition(when, inner, context)
    values = operands.plain if peers else operands.plain[1:]
    if over == "components":
        return Unit.POINTS
    if name in ("count", "any", "all"):
        for value in values:
            condition(value, inner, context)
        return Unit.COUNT if name == "count" else Unit.YES_NO
    unit = number(call, values[0], inner, context)
    return None if unit is None else _aggregated(call, values[0], unit, operands, scope, inner, context)


def _aggregated(
    call: Call, value: Expression, unit: Unit, operands: Operands, scope: Scope, inner: Scope, context: Context
) -> Unit | None:
    """The unit of an aggregate of numbers."""
    labelled = operands.labelled
    match call.function.id:
        case "product" | "variance":
            found = combine("*", unit, unit)
            if found is None:
                mismatch("*", (value, unit), (value, unit), value.span, inner, context)
            return found
        case "deviation":
            return Unit.PP if unit is Unit.PERCENT else unit
        case "weighted_mean":
            return unit if number(call, labelled["weight"], inner, context) is not None else None
        case "trimmed_mean":
            dropped = check_whole(labelled["drop"], (Unit.NUMBER, Unit.COUNT), context)
            if dropped is not None and not 1 <= dropped <= LIMITS.dropped:
                span = labelled["drop"].span
                most = str(LIMITS.dropped)
                context.add("AS3110", span, called_from(scope), found=span.text, least="1", most=most)
            fewer = unit_of(labelled["fewer"], scope, context)
            return common([(value, unit), (labelled["fewer"], fewer)], call.span, scope, context)
        case _:
            return unit


def _inside(over: str, span: Span, function: str, whole_call: Span, scope: Scope, context: Context) -> Scope | None:
    """The scope of what is taken of each of the rows, None where there are none here."""
    match over:
        case "components":
            return scope if needs("components", span.text, span, scope, context) else None
        case "targets" | "required_targets":
            if not needs("targets", span.text, span, scope, context):
                return None
            if not any(is_targeted(indicator, context.checked.functions) for indicator in context.indicators):
                context.add("AS4036", span, called_from(scope))
                return None
            return evolve(scope.only("entity", "history").adding("target", "met"), indicator=None)
        case "entries":
            if not needs("entries", span.text, span, scope, context):
                return None
            return evolve(scope.adding("entry"), families=scope.adding("entry").families - {"entries", "peers"})
        case _:
            return scope if needs("peers", function, whole_call, scope, context) else None


# ---------------------------------------------------------------- defined functions


def _defined(call: Call, function: Function, scope: Scope, context: Context) -> Unit | None:
    """A call of a function that is written in the language: its body is looked at with the units of the operands."""
    context.used.add(function.name + "()")
    parameters = tuple(parameter.id for parameter in function.parameters)
    given = [argument for argument in call.arguments if argument.key is not None]
    fits = arguments_fit(call, parameters, scope, context)
    units = dict.fromkeys(parameters) if not fits else {}
    if not fits:
        for argument in [*given, *(other for other in call.arguments if other.key is None)]:
            unit_of(argument.value, scope, context)
        return None
    bound = bind(call.arguments, parameters) or {}
    units = {id: unit_of(operand, scope, context) for id, operand in bound.items()}
    if None in units.values() or function.name in scope.functions:
        return None  # remarked on already; that a definition uses itself, where it is defined
    families = scope.only("entity", "history").families
    key = (function.name, tuple(units[id] for id in parameters), families)
    if key not in context.calls:
        context.calls[key] = _body(call, function, units, scope, context)
    unit, fitting = context.calls[key]
    if not fitting and function.name in context.prelude:
        listed = ", ".join(
            f"`{operand.span.text}` {context.unit_text(unit)}" for id, operand in bound.items() if (unit := units[id])
        )
        context.add("AS3012", call.span, called_from(scope), function=call.function.text, operands=listed)
    if function.name in context.prelude:
        _check_steps(call, bound, scope, context)
    return unit if fitting else None


def _check_steps(call: Call, bound: Mapping[str, Expression], scope: Scope, context: Context) -> None:
    """What the forms of the prelude divide by: the author would not see where that is zero."""
    for id in _STEPS & set(bound):
        operand = bound[id]
        known = constant(operand, context.checked)
        of_definition = any(isinstance(node, Name) and node.id in scope.parameters for node in nodes(operand))
        if not of_definition and (known is None or not isinstance(known[0], Fraction) or known[0] <= 0):
            text = operand.span.text
            context.add("AS3102", operand.span, called_from(scope), function=call.function.text, found=text)


def _body(
    call: Call, function: Function, units: Mapping[str, Unit | None], scope: Scope, context: Context
) -> tuple[Unit | None, bool]:
    inner = Scope(
        scope.only("entity", "history").families,
        parameters=units,
        functions=(*scope.functions, function.name),
        call=scope.call or call.span,
    )
    hidden = function.name in context.prelude
    before = context.failures
    context.muted += hidden
    unit = unit_of(function.body, inner, context)
    context.muted -= hidden
    return unit, unit is not None and context.failures == before
