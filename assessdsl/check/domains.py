"""Roots, logarithms and powers of what they have no value for."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Final

from assessdsl.ast.walk import children
from assessdsl.check.bounds import interval
from assessdsl.check.constants import constant, whole
from assessdsl.check.context import Context
from assessdsl.check.division import ruled_out
from assessdsl.check.functions import keyed
from assessdsl.check.intervals import ANYTHING, Interval
from assessdsl.check.names import word_of
from assessdsl.syntax.tree import Call, Choice, Expression, Operation, Prefix

_WHERE: Final = {
    "below": ("below zero", "小于零"),
    "not above": ("not above zero", "不大于零"),
    "zero": ("zero", "等于零"),
}
_OPPOSITE: Final = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}
Known = Mapping[Expression, Interval]


def check_domains(root: Expression, context: Context) -> None:
    """Remarks on each whose operand may be what it has no value for, if no `undefined` says what holds then."""
    waiting: list[tuple[Expression, frozenset[Expression], Known]] = [(root, frozenset(), {})]
    while waiting:
        expression, nonzero, known = waiting.pop()
        if isinstance(expression, Choice):
            condition = expression.condition
            waiting.append((condition, nonzero, known))
            for branch, holds in ((expression.chosen, True), (expression.other, False)):
                apart = nonzero | ruled_out(condition, holds, context)
                waiting.append((branch, apart, {**known, **_learnt(condition, holds, known, context)}))
            continue
        if isinstance(expression, Call) and not any(word_of(a.key) == "undefined" for a in expression.arguments):
            _look_at(expression, nonzero, known, context)
        waiting.extend((child, nonzero, known) for child in children(expression))


def _look_at(call: Call, nonzero: frozenset[Expression], known: Known, context: Context) -> None:
    plain = [argument.value for argument in call.arguments if argument.key is None]
    name = call.function.id
    if name in context.checked.functions or not (plain or call.arguments):
        return
    match name:
        case "sqrt" if plain:
            _needs("below", call, plain[:1], nonzero, known, context)
        case "root" if len(plain) > 1:
            degree = whole(plain[1], context.checked)
            if degree is not None and degree % 2 == 0:
                _needs("below", call, plain[:1], nonzero, known, context)
        case "ln" if plain:
            _needs("not above", call, plain[:1], nonzero, known, context)
        case "power" if len(plain) > 1:
            exponent = _constant(plain[1], context)
            if exponent is None:
                # with an exponent that may fall below zero, zero has no value either
                low = interval(plain[1], context.checked, known)[0]
                where = "below" if low is not None and low >= 0 else "not above"
                _needs(where, call, plain[:1], nonzero, known, context)
            elif exponent.denominator != 1:
                _needs("below" if exponent > 0 else "not above", call, plain[:1], nonzero, known, context)
            elif exponent < 0:
                _needs("zero", call, plain[:1], nonzero, known, context)
        case "geometric_mean" | "harmonic_mean" | "generalised_mean":
            operands = [*plain, *(key for key, _ in keyed(call))]
            given = next((a.value for a in call.arguments if word_of(a.key) == "power"), None)
            exponent = _constant(given, context) if given is not None else None
            divides = name == "harmonic_mean" or (exponent is not None and exponent < 0)
            _needs("not above" if divides else "below", call, operands, nonzero, known, context)


def _constant(expression: Expression, context: Context) -> Fraction | None:
    known = constant(expression, context.checked)
    return known[0] if known and isinstance(known[0], Fraction) else None


def _needs(
    where: str, call: Call, operands: list[Expression], nonzero: frozenset[Expression], known: Known, context: Context
) -> None:
    for operand in operands:
        low, high = interval(operand, context.checked, known)
        is_apart = operand in nonzero or (low is not None and low > 0) or (high is not None and high < 0)
        is_never_below = low is not None and low >= 0
        fits = {"below": is_never_below, "not above": is_never_below and is_apart, "zero": is_apart}[where]
        if not fits:
            name, text = call.function.text, operand.span.text
            shown = _WHERE[where][context.language == "zh"]
            context.add("AS3106", operand.span, function=name, found=text, where=shown)


def _learnt(condition: Expression, holds: bool, known: Known, context: Context) -> Known:
    """Between what operands lie if the condition holds, or if it does not."""
    match condition:
        case Prefix("not", operand):
            return _learnt(operand, not holds, known, context)
        case Operation(operators, operands) if operators[0] in ("and", "or"):
            found: dict[Expression, Interval] = {}
            for operand in operands if (operators[0] == "and") == holds else ():
                found |= _learnt(operand, holds, {**known, **found}, context)
            return found
        case Operation(operators, operands) if operators[0] in _OPPOSITE and (holds or len(operators) == 1):
            found = {}
            for operator, (left, right) in zip(operators, pairwise(operands), strict=True):
                sign = operator if holds else _OPPOSITE.get(operator, "")
                for subject, other, is_below in (
                    (left, right, sign in ("<", "<=")),
                    (right, left, sign in (">", ">=")),
                ):
                    bound = _constant(other, context)
                    if bound is None or sign not in _OPPOSITE:
                        continue
                    low, high = found.get(subject, known.get(subject, ANYTHING))
                    if is_below:
                        found[subject] = (low, bound if high is None else min(bound, high))
                    else:
                        found[subject] = (bound if low is None else max(bound, low), high)
            return found
    return {}
