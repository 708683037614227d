"""Divisors that may be zero."""

from fractions import Fraction
from itertools import pairwise

from assessdsl.ast.walk import children
from assessdsl.check.constants import constant
from assessdsl.check.context import Context
from assessdsl.syntax.tree import Choice, Expression, Operation, Prefix

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRROR = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def check_divisors(root: Expression, context: Context) -> None:
    """Remarks on each divisor that neither is a constant nor stands where a condition rules zero out."""
    waiting: list[tuple[Expression, frozenset[Expression]]] = [(root, frozenset())]
    while waiting:
        expression, nonzero = waiting.pop()
        if isinstance(expression, Choice):
            waiting.append((expression.condition, nonzero))
            waiting.append((expression.chosen, nonzero | ruled_out(expression.condition, True, context)))
            waiting.append((expression.other, nonzero | ruled_out(expression.condition, False, context)))
            continue
        if isinstance(expression, Operation) and expression.operators[0] in ("*", "/"):
            for operator, divisor in zip(expression.operators, expression.operands[1:], strict=True):
                if operator == "/" and divisor not in nonzero:
                    _divisor(divisor, context)
        waiting.extend((child, nonzero) for child in children(expression))


def _divisor(divisor: Expression, context: Context) -> None:
    known = constant(divisor, context.checked)
    if known is None:
        context.add("AS4019", divisor.span, found=divisor.span.text)
    elif known[0] == 0:
        context.add("AS4020", divisor.span, found=divisor.span.text)


def ruled_out(condition: Expression, holds: bool, context: Context) -> frozenset[Expression]:
    """What is not zero if the condition holds, or if it does not."""
    match condition:
        case Prefix("not", operand):
            return ruled_out(operand, not holds, context)
        case Operation(operators, operands) if operators[0] in ("and", "or"):
            if (operators[0] == "and") != holds:
                return frozenset()
            return frozenset().union(*(ruled_out(operand, holds, context) for operand in operands))
        case Operation(operators, operands) if operators[0] in _OPPOSITE:
            if not holds and len(operators) > 1:
                return frozenset()
            found = set()
            for operator, (left, right) in zip(operators, pairwise(operands), strict=True):
                sign = operator if holds else _OPPOSITE[operator]
                for subject, other, way in ((left, right, sign), (right, left, _MIRROR[sign])):
                    known = constant(other, context.checked)
                    if known and isinstance(known[0], Fraction) and _excludes_zero(way, known[0]):
                        found.add(subject)
            return frozenset(found)
    return frozenset()


def _excludes_zero(operator: str, bound: Fraction) -> bool:
    """Whether `x operator bound` says that x is not zero."""
    match operator:
        case "!=":
            return bound == 0
        case "==":
            return bound != 0
        case ">":
            return bound >= 0
        case ">=":
            return bound > 0
        case "<":
            return bound <= 0
        case _:
            return bound < 0
