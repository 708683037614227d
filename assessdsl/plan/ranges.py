"""Between what a number may lie, and which answers a question may have: arithmetic with bounds that may be infinite."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Final

from attrs import frozen

from assessdsl.irrational import ln
from assessdsl.quantity import rounded

Bound = Fraction | None  # None: there is none


@frozen
class Range:
    """A number: at least `low`, at most `high`."""

    low: Bound = None
    high: Bound = None

    @property
    def only(self) -> Fraction | None:
        """The number, if there is only one."""
        return self.low if self.low == self.high else None


@frozen
class Answer:
    """Yes or no: which of them is possible."""

    possible: frozenset[bool] = frozenset((True, False))


@frozen
class Thing:
    """A text, a date, a group or a tier; None if it is not known which."""

    value: str | date | None = None


@frozen
class Never:
    """No value at all: the assessment stops."""


Possible = Range | Answer | Thing | Never
ANY: Final = Range()
NOTHING: Final = Range(Fraction(0), Fraction(0))
NOT_NEGATIVE: Final = Range(Fraction(0))
YES, NO, EITHER = Answer(frozenset((True,))), Answer(frozenset((False,))), Answer()


def exactly(value: Fraction) -> Range:
    return Range(value, value)


def hull(*possible: Possible) -> Possible:
    """What covers all of them."""
    given = [one for one in possible if not isinstance(one, Never)]
    ranges = [one for one in given if isinstance(one, Range)]
    if not given:
        return Never()
    if len(ranges) == len(given):
        return Range(least(one.low for one in ranges), greatest(one.high for one in ranges))
    answers = [one for one in given if isinstance(one, Answer)]
    if len(answers) == len(given):
        return Answer(frozenset().union(*(one.possible for one in answers)))
    first = given[0]
    return first if isinstance(first, Thing) and all(one == first for one in given) else Thing()


def least(bounds: Iterable[Bound]) -> Bound:
    """The least of lower bounds."""
    found = list(bounds)
    return None if None in found else min(bound for bound in found if bound is not None)


def greatest(bounds: Iterable[Bound]) -> Bound:
    """The greatest of upper bounds."""
    found = list(bounds)
    return None if None in found else max(bound for bound in found if bound is not None)


# ---------------------------------------------------------------- arithmetic

_End = tuple[int, Fraction]  # (-1, 0) below all numbers, (0, x), (1, 0) above all


def _ends(one: Range) -> tuple[_End, _End]:
    zero = Fraction(0)
    return (-1, zero) if one.low is None else (0, one.low), (1, zero) if one.high is None else (0, one.high)


def _range(low: _End, high: _End) -> Range:
    return Range(low[1] if low[0] == 0 else None, high[1] if high[0] == 0 else None)


def add(left: Range, right: Range) -> Range:
    return Range(
        None if left.low is None or right.low is None else left.low + right.low,
        None if left.high is None or right.high is None else left.high + right.high,
    )


def negative(one: Range) -> Range:
    return Range(None if one.high is None else -one.high, None if one.low is None else -one.low)


def _times(left: _End, right: _End) -> _End:
    if left[0] == left[1] == 0 or right[0] == right[1] == 0:
        return (0, Fraction(0))
    if left[0] == right[0] == 0:
        return (0, left[1] * right[1])
    return (_sign(left) * _sign(right), Fraction(0))


def _sign(end: _End) -> int:
    return end[0] or (1 if end[1] > 0 else -1)


def multiply(left: Range, right: Range) -> Range:
    ends = [_times(*pair) for pair in product(_ends(left), _ends(right))]
    return _range(min(ends), max(ends))


def divide(left: Range, right: Range) -> Range:
    """The divisor is not zero: where it could be, the policy has ruled it out."""
    zero = Fraction(0)
    if right.low is not None and right.low >= 0:
        inverse = Range(
            zero if right.high is None else None if right.high == 0 else 1 / right.high,
            None if right.low == 0 else 1 / right.low,
        )
        return ANY if right.high == 0 else multiply(left, inverse)
    if right.high is not None and right.high <= 0:
        return negative(divide(left, negative(right)))
    return ANY


def lowest(parts: list[Range]) -> Range:
    """Of the least of several numbers."""
    highs = [one.high for one in parts if one.high is not None]
    return Range(least(one.low for one in parts), min(highs) if highs else None)


def highest(parts: list[Range]) -> Range:
    """Of the greatest of several numbers."""
    return negative(lowest([negative(one) for one in parts]))


def magnitude(one: Range) -> Range:
    if one.low is not None and one.low >= 0:
        return one
    if one.high is not None and one.high <= 0:
        return negative(one)
    return Range(Fraction(0), highest([one, negative(one)]).high)


def held(value: Range, low: Range | None, high: Range | None) -> Range:
    """Held between bounds: the upper one prevails."""
    raised = value if low is None else highest([value, low])
    return raised if high is None else lowest([raised, high])


def rounded_range(value: Range, mode: str, places: int) -> Range:
    def one(bound: Bound) -> Bound:
        return None if bound is None else rounded(bound, mode, places)

    return Range(one(value.low), one(value.high))


def logarithm(one: Range) -> Range:
    """Of what is above zero."""
    low, high = (None if bound is None or bound <= 0 else ln(bound) for bound in (one.low, one.high))
    return Range(low, high)


# ---------------------------------------------------------------- questions


def calculated(operator: str, numbers: list[Range]) -> Range | None:
    """The range of an operation's result (see steps.Calculate); None of one that goes by more than ranges."""
    match operator, numbers:
        case "+", [left, right]:
            return add(left, right)
        case "-", [left, right]:
            return add(left, negative(right))
        case "*", [left, right]:
            return multiply(left, right)
        case (("/" | "per"), [left, right]):
            return divide(left, right)
        case "min", _:
            return lowest(numbers)
        case "max", _:
            return highest(numbers)
        case "abs", [one]:
            return magnitude(one)
        case "neg", [one]:
            return negative(one)
        case "ln", [one]:
            return logarithm(one)
        case _:
            return None


def compare(sign: str, left: Possible, right: Possible) -> Answer:
    if isinstance(left, Thing) and isinstance(right, Thing):
        if left.value is None or right.value is None or sign not in ("==", "!="):
            return EITHER
        return YES if (left.value == right.value) == (sign == "==") else NO
    if not isinstance(left, Range) or not isinstance(right, Range):
        return EITHER
    if sign in (">", ">="):
        return compare("<" if sign == ">" else "<=", right, left)
    below = left.high is not None and right.low is not None and left.high < right.low
    above = left.low is not None and right.high is not None and left.low > right.high
    touching = left.only is not None and left.only == right.only
    match sign:
        case "<":
            at_least = left.low is not None and right.high is not None and left.low >= right.high
            return YES if below else NO if at_least else EITHER
        case "<=":
            at_most = left.high is not None and right.low is not None and left.high <= right.low
            return YES if at_most else NO if above else EITHER
        case "==":
            return YES if touching else NO if below or above else EITHER
        case _:
            return NO if touching else YES if below or above else EITHER


def both(parts: list[Answer]) -> Answer:
    if any(True not in part.possible for part in parts):
        return NO
    return YES if all(False not in part.possible for part in parts) else EITHER


def opposite(one: Answer) -> Answer:
    return Answer(frozenset(not answer for answer in one.possible))


def either(parts: list[Answer]) -> Answer:
    return opposite(both([opposite(part) for part in parts]))
