"""Calls: the functions of the language, those of the prelude and of the policy."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve

from assessdsl.ast.nodes import Function
from assessdsl.check.amounts import check_places, check_whole
from assessdsl.check.constants import bind, constant
from assessdsl.check.context import Context
from assessdsl.check.expressions import called_from, common, condition, mismatch, needs, unit_of
from assessdsl.check.names import COLLECTIONS, Scope, word_of
from assessdsl.check.operands import SIGNATURES, Operands, Signature, arguments_fit, operands_of
from assessdsl.check.targeted import is_targeted
from assessdsl.check.units import combine
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Argument, Call, Expression, Text
from assessdsl.vocabulary import vocabulary

AGGREGATES: Final = ("sum", "count", "mean", "any", "all", "best", "worst")
_OVER: Final[Mapping[str, tuple[str, ...]]] = {
    "components": ("sum",),
    "targets": ("sum", "count", "mean", "any", "all"),
    "required_targets": ("sum", "count", "mean", "any", "all"),
    "entries": AGGREGATES,
}
_OF_PEERS: Final = ("best", "worst", "mean", "sum", "count")


def call_unit(call: Call, scope: Scope, context: Context) -> Unit | None:
    """The unit of a call's result, None where something is wrong."""
    name = call.function.id
    if name in context.checked.functions:
        return _defined(call, context.checked.functions[name], scope, context)
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
    match name:
        case "min" | "max" | "clamp":
            return _common(operands.plain, call, scope, context)
        case "abs" | "round" | "rank_of":
            return _one_number(call, operands, scope, context)
        case "ratio":
            return _ratio(call, operands, scope, context)
        case "ladder":
            return _ladder(call, operands, scope, context)
        case "streak" | "previous" | "in_bottom":
            return _past(call, operands, scope, context)
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
    if call.function.id in ("min", "max", "abs", "clamp", "round", "ratio", "ladder", "is_missing"):
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
    for argument in call.arguments:
        if word_of(argument.value) not in COLLECTIONS:
            unit_of(argument.value, scope, context)


# ---------------------------------------------------------------- plain functions


def _common(operands: Sequence[Expression], call: Call, scope: Scope, context: Context) -> Unit | None:
    units = [(operand, unit_of(operand, scope, context)) for operand in operands]
    found = common(units, call.span, scope, context)
    if found is not None and not found.is_number and found not in (Unit.DATE, Unit.ANY):
        _not_a_number(call, operands[0], found, scope, context)
        return None
    return found


def _not_a_number(call: Call, operand: Expression, unit: Unit, scope: Scope, context: Context) -> None:
    name, text = call.function.text, context.unit_text(unit)
    context.add("AS3006", operand.span, called_from(scope), operator=name, unit=text)


def _number(call: Call, operand: Expression, scope: Scope, context: Context) -> Unit | None:
    unit = unit_of(operand, scope, context)
    if unit is not None and not unit.is_number and unit is not Unit.ANY:
        _not_a_number(call, operand, unit, scope, context)
        return None
    return unit


def _one_number(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    unit = _number(call, operands.plain[0], scope, context)
    if call.function.id == "round":
        check_places(operands.labelled["places"], context)
    if call.function.id == "rank_of":
        return Unit.COUNT if needs("peers", call.function.text, call.span, scope, context) else None
    return unit


def _ratio(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    left, right = (unit_of(operand, scope, context) for operand in operands.plain)
    zero = unit_of(operands.labelled["zero"], scope, context)
    if left is None or right is None or zero is None:
        return None
    unit = combine("/", left, right)
    if unit is None:
        mismatch("/", (operands.plain[0], left), (operands.plain[1], right), call.span, scope, context)
        return None
    return common([(call, unit), (operands.labelled["zero"], zero)], call.span, scope, context)


def _ladder(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    subject = operands.plain[0]
    unit = _number_or_date(call, subject, scope, context)
    steps = [argument for argument in call.arguments if argument.key is not None]
    values: list[tuple[Expression, Unit | None]] = []
    last: tuple[Argument, object] | None = None
    for step in steps:
        values.append((step.value, unit_of(step.value, scope, context)))
        if word_of(step.key) == "below" or step.key is None:
            continue
        key = unit_of(step.key, scope, context)
        if unit is not None and key is not None and combine("<", unit, key) is None:
            mismatch("<", (subject, unit), (step.key, key), step.key.span, scope, context)
        last = _rises(step, last, scope, context)
    if "below" not in operands.labelled:
        context.add("AS4006", call.span, called_from(scope), function=call.function.text)
    if not values or (len(values) == 1 and "below" in operands.labelled):
        context.add("AS4042", call.span, called_from(scope), function=call.function.text)
        return None
    return common(values, call.span, scope, context)


def _number_or_date(call: Call, operand: Expression, scope: Scope, context: Context) -> Unit | None:
    unit = unit_of(operand, scope, context)
    if unit is not None and not unit.is_number and unit is not Unit.DATE:
        _not_a_number(call, operand, unit, scope, context)
        return None
    return unit


def _rises(
    step: Argument, last: tuple[Argument, object] | None, scope: Scope, context: Context
) -> tuple[Argument, object] | None:
    assert step.key is not None
    known = constant(step.key, context.checked)
    if known is None:
        if not any(name in scope.parameters for name in [word_of(step.key), getattr(step.key, "id", "")]):
            context.add("AS3011", step.key.span, called_from(scope), found=step.key.span.text)
        return last
    if last is not None and type(last[1]) is type(known[0]) and not known[0] > last[1]:  # type: ignore[operator]
        before = last[0].key.span.text if last[0].key else ""
        context.add("AS4005", step.key.span, called_from(scope), step=step.key.span.text, before=before)
    return step, known[0]


def _past(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    subject, name = operands.plain[0], call.function.text
    if call.function.id == "in_bottom":
        count = check_whole(subject, (Unit.NUMBER, Unit.COUNT), context)
        if count is not None and count < 1:
            context.add("AS4032", subject.span, called_from(scope))
        return Unit.YES_NO if needs("rank", name, call.span, scope, context) else None
    if not needs("history", name, call.span, scope, context):
        return None
    if call.function.id == "streak":
        years = check_whole(operands.labelled["years"], (Unit.NUMBER, Unit.YEARS), context)
        if years is not None and not 2 <= years <= LIMITS.streak_years:
            limit = str(LIMITS.streak_years)
            context.add("AS4031", operands.labelled["years"].span, called_from(scope), limit=limit)
        condition(subject, evolve(scope.only("total", "rank", "tier"), indicator=None, past=True), context)
        return Unit.YES_NO
    past_call = isinstance(subject, Call) and subject.function.id == "in_bottom"
    if word_of(subject) not in ("total", "rank", "tier") and not past_call:
        choices = context.listed("name", "total", "rank", "tier") + ", " + context.listed("function", "in_bottom")
        context.add("AS2117", subject.span, called_from(scope), function=name, found=subject.span.text, choices=choices)
        return None
    return unit_of(subject, Scope(frozenset({"total", "rank", "tier"})), context)


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
    signature = (
        Signature(1, 1, ("of", "when")) if peers else Signature(least, 1 if over == "components" else 2, ("when",))
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
    if (when := operands.labelled.get("when")) is not None:
        condition(when, inner, context)
    values = operands.plain if peers else operands.plain[1:]
    if over == "components":
        return Unit.POINTS
    if name in ("count", "any", "all"):
        for value in values:
            condition(value, inner, context)
        return Unit.COUNT if name == "count" else Unit.YES_NO
    return _number(call, values[0], inner, context)


def _inside(over: str, span: Span, function: str, whole_call: Span, scope: Scope, context: Context) -> Scope | None:
    """The scope of what is taken of each of the rows, None where there are none here."""
    match over:
        case "components":
            return scope if needs("components", span.text, span, scope, context) else None
        case "targets" | "required_targets":
            if not needs("targets", span.text, span, scope, context):
                return None
            indicators = [indicator for component in context.policy.components for indicator in component.indicators]
            if not any(is_targeted(indicator, context.checked.functions) for indicator in indicators):
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
    return unit if fitting else None


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
