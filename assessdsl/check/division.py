"""Divisors that may be zero."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from assessdsl.ast.walk import children, nodes
from assessdsl.check.constants import bind, constant, constant_with
from assessdsl.check.context import Context, Known
from assessdsl.syntax.tree import Call, Choice, Expression, Operation, Prefix

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRROR = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

_CALLS = 50  # of one definition that are looked at one by one
Operands = Mapping[str, Known | None]  # by the definition's parameters


def check_divisors(root: Expression, context: Context, calls: Sequence[Operands] = ()) -> None:
    """Remarks on each divisor that neither is a constant nor stands where a condition rules zero out.

    `calls`: of the body of a definition, the operands of every call, those that are known before the data.
    """
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
                    _divisor(divisor, context, calls)
        waiting.extend((child, nonzero) for child in children(expression))


def operands_of_calls(expressions: Iterable[Expression], context: Context) -> Mapping[str, Sequence[Operands]]:
    """What is known of the operands of each call of the policy's own functions."""
    own = {function.name: tuple(each.id for each in function.parameters) for function in context.policy.functions}
    found: dict[str, list[Operands]] = {}
    for expression in expressions:
        for node in nodes(expression):
            if isinstance(node, Call) and node.function.id in own:
                bound = bind(node.arguments, own[node.function.id]) or {}
                operands = {id: constant(operand, context.checked) for id, operand in bound.items()}
                found.setdefault(node.function.id, []).append(operands)
    return found


def _divisor(divisor: Expression, context: Context, calls: Sequence[Operands]) -> None:
    known = constant(divisor, context.checked)
    if known is None:
        if 0 < len(calls) <= _CALLS:
            values = (constant_with(divisor, operands, context.checked) for operands in calls)
            if all(value is not None and value[0] != 0 for value in values):
                return
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
