"""The algebra of measurement units (docs/language.md, section 3). The checker and the plan use this one table."""

from fractions import Fraction
from typing import Final

from assessdsl.quantity import Unit, counted
from assessdsl.syntax.tree import Number
from assessdsl.vocabulary import vocabulary

COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ORDERED: Final = frozenset({Unit.DATE})  # beside numbers: what `<` can compare

# A plain number stands beside these and takes their unit.
_TAKES_NUMBER: Final = frozenset(
    {Unit.SHARE, Unit.POINTS, Unit.COUNT, Unit.PORTION, Unit.DAYS, Unit.MONTHS, Unit.YEARS, Unit.PLACES}
)
# What may multiply any number; of two of them, the product has the unit of the later.
_FACTORS: Final = (Unit.NUMBER, Unit.COUNT, Unit.SHARE, Unit.PERCENT, Unit.PORTION)
# 60 % of 5 is 3, and 10 % for each of 5 is 50 %: the number is the same, and what it goes with tells which was meant.
_PORTION_GOES_WITH: Final = frozenset({Unit.COUNT, Unit.SHARE, Unit.PERCENT})
RATIOS: Final = frozenset({Unit.SHARE, Unit.PERCENT, Unit.PORTION})  # what a score may be of its points
_SPANS: Final = frozenset({Unit.DAYS, Unit.MONTHS, Unit.YEARS})
# What powers and logarithms are taken of, and the unit of a root or power of it.
ROOTS: Final = {
    Unit.NUMBER: Unit.NUMBER, Unit.SHARE: Unit.SHARE, Unit.PERCENT: Unit.PERCENT, Unit.COUNT: Unit.NUMBER,
    Unit.PORTION: Unit.PORTION, Unit.ANY: Unit.ANY,
}  # fmt: skip
# What keeps the unit of what it divides.
_DIVISORS: Final = frozenset({Unit.NUMBER, Unit.SHARE, Unit.COUNT, Unit.PORTION})


def literal(number: Number) -> tuple[Fraction, Unit]:
    """A literal's value in the base measure of its unit."""
    if number.thing is not None:
        return number.value, counted(number.thing.name, number.thing.label)
    if not number.measure:
        return number.value, Unit.ANY if number.behind else Unit.NUMBER  # what is unknown was remarked on
    word = vocabulary().get("measure", number.measure)
    return number.value * Fraction(word.factor), Unit(word.measures)


def join(left: Unit, right: Unit) -> Unit | None:
    """The unit of values that stand for one another, as in `if`, `min`, `max`, `clamp`, and in comparisons."""
    if left is right or right is Unit.ANY:
        return left
    if left is Unit.ANY:
        return right
    for one, other in ((left, right), (right, left)):
        if one is Unit.NUMBER and (other in _TAKES_NUMBER or other.thing):
            return other
        if one is Unit.SHARE and other is Unit.PERCENT:
            return other
        if one is Unit.PORTION and other in _PORTION_GOES_WITH:
            return other
    return None


def _sum(operator: str, left: Unit, right: Unit) -> Unit | None:
    match left, right:
        case Unit.PERCENT, Unit.PERCENT if operator == "-":
            return Unit.PP
        case Unit.PERCENT, Unit.PP:
            return Unit.PERCENT
        case Unit.PP, Unit.PERCENT if operator == "+":
            return Unit.PERCENT
        case Unit.DATE, Unit.DATE:
            return Unit.DAYS if operator == "-" else None
        case Unit.DATE, Unit.DAYS | Unit.MONTHS:
            return Unit.DATE
        case (Unit.SHARE | Unit.PORTION, Unit.PERCENT) | (Unit.PERCENT, Unit.SHARE | Unit.PORTION):
            return None
    found = join(left, right)
    return found if found is not None and (found.is_number or found is Unit.ANY) else None


def _product(left: Unit, right: Unit) -> Unit | None:
    if Unit.COUNT in (left, right) and (left in RATIOS or right in RATIOS):
        return Unit.PORTION
    if left in _FACTORS and right in _FACTORS:
        return max(left, right, key=_FACTORS.index)
    pairs = ((left, right), (right, left))
    for one, other in pairs:
        if one in _FACTORS and other.is_number:
            return other
    for one, other in pairs:
        if one.thing and other.is_number and not other.thing:  # households * 100 yuan: so much for each
            return other
        if one in _SPANS and other is Unit.POINTS:  # late_days * 0.1 points
            return other
    return None


def _quotient(left: Unit, right: Unit) -> Unit | None:
    if not left.is_number or not right.is_number:
        return None
    if left is right or (left is Unit.PORTION and right is Unit.COUNT):
        return Unit.SHARE
    if left is Unit.COUNT and right is Unit.PORTION:
        return right
    return left if right in _DIVISORS or right.thing else None  # so much for each thing


def rounded_unit(unit: Unit) -> Unit:
    """The unit of a rounded value: what is rounded of a count's portion is a count."""
    return Unit.COUNT if unit is Unit.PORTION else unit


def combine(operator: str, left: Unit, right: Unit) -> Unit | None:
    """The unit of `left operator right`, or None where the two do not go together.

    Beside the operators of the language, `if`, `min`, `max` and `clamp` name values that stand for one another.
    """
    if operator in COMPARISONS:
        found = join(left, right)
        ordered = found is not None and (found.is_number or found in _ORDERED or found is Unit.ANY)
        return Unit.YES_NO if found is not None and (ordered or operator in ("==", "!=")) else None
    if operator in ("and", "or"):
        return Unit.YES_NO if {left, right} <= {Unit.YES_NO, Unit.ANY} else None
    if operator not in ("+", "-", "*", "/"):
        return join(left, right)
    if Unit.ANY in (left, right):
        return right if left is Unit.ANY else left
    if operator == "*":
        return _product(left, right)
    if operator == "/":
        return _quotient(left, right)
    return _sum(operator, left, right)
