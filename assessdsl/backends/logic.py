"""Truth with missing values, and what passes through a strict operation."""

from collections.abc import Iterable, Sequence

from assessdsl.backends.columns import Fault, Value
from assessdsl.facts import Missing


def both(left: Value, right: Value) -> Value:
    """False if either is; else what stands in the way of knowing. The order does not matter."""
    if left is False or right is False:
        return False
    return obstacle((left, right)) or True


def either(left: Value, right: Value) -> Value:
    if left is True or right is True:
        return True
    return obstacle((left, right)) or False


def opposite(value: Value) -> Value:
    return not value if isinstance(value, bool) else value


def every(values: Iterable[Value]) -> Value:
    result: Value = True
    for value in values:
        result = both(result, value)
    return result


def some(values: Iterable[Value]) -> Value:
    result: Value = False
    for value in values:
        result = either(result, value)
    return result


def obstacle(values: Sequence[Value | None]) -> Fault | Missing | None:
    """What a strict operation gives instead of a value: the first fault, else the first missing value, else None."""
    missing = None
    for value in values:
        if isinstance(value, Fault):
            return value
        if missing is None and isinstance(value, Missing):
            missing = value
    return missing
