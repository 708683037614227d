"""What the code of one entity is worked out with where it becomes machine code."""

from typing import Any, Final

from attrs import frozen

MOST: Final = 2**63  # and -MOST: between these are the numbers of 64 bits


class Unfit(Exception):
    """The code has something that there is no machine code for."""


@frozen
class Held:
    """A value in a register. Dates are numbers in the order of the days."""

    register: str
    kind: type


@frozen
class Known:
    """What does not depend on the inputs: a whole number, a truth or a type."""

    value: Any


@frozen
class Sum:
    """The sum of so many numbers of 64 bits, which the code only holds against a limit."""

    count: int


Value = Held | Known | Sum
Names = dict[str, Value]


def kind_of(value: Value) -> type:
    match value:
        case Held(_, kind):
            return kind
        case Known(known):
            return type(known)
        case Sum():
            return int


def operand(value: Value) -> str:
    """A register, or a number of 64 bits."""
    match value:
        case Held(register):
            return register
        case Known(bool() as truth):
            return str(truth).lower()
        case Known(int() as number) if -MOST <= number < MOST:
            return str(number)
        case _:
            raise Unfit
