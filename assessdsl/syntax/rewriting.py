"""Expressions with some of their nodes changed; all else, and every place, stays."""

from collections.abc import Callable
from typing import assert_never

from attrs import evolve

from assessdsl.syntax.tree import Argument, Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text


def rewritten(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with every node as `change` gives it, the inner ones first.

    Recursive: the reader holds the nesting within its limit.
    """

    def argument(given: Argument) -> Argument:
        key = None if given.key is None else rewritten(given.key, change)
        return evolve(given, value=rewritten(given.value, change), key=key)

    match expression:
        case Number() | Text() | Day() | Name():
            return change(expression)
        case Call(arguments=arguments):
            return change(evolve(expression, arguments=tuple(map(argument, arguments))))
        case Operation(operands=operands):
            return change(evolve(expression, operands=tuple(rewritten(operand, change) for operand in operands)))
        case Prefix(operand=operand):
            return change(evolve(expression, operand=rewritten(operand, change)))
        case Choice(condition=condition, chosen=chosen, other=other):
            condition, chosen, other = (rewritten(part, change) for part in (condition, chosen, other))
            return change(evolve(expression, condition=condition, chosen=chosen, other=other))
        case _:
            assert_never(expression)
