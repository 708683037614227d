"""Amounts that must be known before the data: points, places, quotas, years."""

from collections.abc import Sequence

from assessdsl.check.constants import constant, whole
from assessdsl.check.context import Context
from assessdsl.check.expressions import unit_of
from assessdsl.check.names import CONSTANT
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Expression


def check_places(expression: Expression, context: Context) -> None:
    """Places of rounding: a whole number that is known before the data."""
    count = check_whole(expression, (Unit.NUMBER, Unit.PLACES), context)
    if count is not None and abs(count) > LIMITS.rounding_places:
        context.add("AS4033", expression.span, limit=str(LIMITS.rounding_places))


def check_whole(expression: Expression, possible: Sequence[Unit], context: Context) -> int | None:
    """A constant whole number of one of the units."""
    found = check_constant(expression, possible, context)
    if found is None:
        return None
    count = whole(expression, context.checked)
    if count is None:
        context.add("AS3010", expression.span, found=expression.span.text)
    return count


def check_constant(expression: Expression, possible: Sequence[Unit], context: Context) -> Unit | None:
    """The unit of a value that must be known before the data, and be of one of the units."""
    unit = unit_of(expression, CONSTANT, context)
    if unit is None:
        return None
    if unit not in possible:
        expected = context.unit_text(possible[-1])
        found = context.unit_text(unit)
        context.add("AS3005", expression.span, found=expression.span.text, unit=found, expected=expected)
        return None
    if constant(expression, context.checked) is None:
        context.add("AS3011", expression.span, found=expression.span.text)
        return None
    return unit
