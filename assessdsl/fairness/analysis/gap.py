"""How far two steps lie apart, whatever the data: bounds of the second less the first, where both have a value.

The two are walked down together. What both do alike carries the gap of what they do it with; where they do otherwise,
each is bounded by itself, or drawn as straight pieces of one number that both read.
"""

from fractions import Fraction
from typing import Final

from attrs import define, field

from assessdsl.fairness.analysis.narrow import Known
from assessdsl.fairness.analysis.pieces import Pieces, difference, piecewise
from assessdsl.plan.ranges import Range, add, exactly, greatest, highest, least, lowest, multiply, negative
from assessdsl.plan.steps import (
    Aggregate,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Constant,
    Fail,
    Gate,
    Load,
    Logic,
    Part,
    Round,
    Supply,
)

NONE: Final = exactly(Fraction(0))
_DEEP: Final = 120  # below which nothing is walked, so that no plan is too long


@define
class Gaps:
    known: Known
    _found: dict[tuple[int, int], Range] = field(factory=dict)

    def of(self, one: int, two: int, depth: int = 0) -> Range:
        if one == two:
            return NONE
        if (one, two) not in self._found:
            self._found[one, two] = self._worked_out(one, two, depth)
        return self._found[one, two]

    def settle(self, one: int, two: int, more: Range) -> None:
        """What else is known of a gap."""
        self._found[one, two] = _both(self.of(one, two), more)

    def _worked_out(self, one: int, two: int, depth: int) -> Range:
        found = add(self.known.range(two), negative(self.known.range(one)))
        if depth < _DEEP and not is_decided(found):
            found = _both(found, self._walked(one, two, depth + 1))
        if not is_decided(found):
            found = _both(found, self._drawn(one, two))
        return found

    def _walked(self, one: int, two: int, depth: int) -> Range:
        known = self.known

        def of(left: int, right: int) -> Range:
            return self.of(left, right, depth)

        match known.plan.steps[one].operation, known.plan.steps[two].operation:
            case (Supply(a, c), Supply(b, d)):
                apart = () if missing_alike(known, a, b, depth) else (of(a, d), of(c, b))
                return _hull(of(a, b), of(c, d), *apart)
            case (Choose(when, a, c), Choose(other, b, d)):
                return _hull(of(a, b), of(c, d), *(() if when == other else (of(a, d), of(c, b))))
            case (Calculate("+", (a, c)), Calculate("+", (b, d))):
                return add(of(a, b), of(c, d))
            case (Calculate("-", (a, c)), Calculate("-", (b, d))):
                return add(of(a, b), negative(of(c, d)))
            case (Calculate("neg", (a,)), Calculate("neg", (b,))):
                return negative(of(a, b))
            case (Calculate("*", (a, c)), Calculate("*", (b, d))):
                return add(multiply(known.range(b), of(c, d)), multiply(known.range(c), of(a, b)))
            case (Calculate("/", (a, c)), Calculate("/", (b, d))) if c == d:
                return _sign(of(a, b), known.range(c))
            case (Calculate("min" | "max" as name, ids), Calculate(other, others)) if name == other and len(ids) == len(
                others
            ):
                return _hull(*(of(a, b) for a, b in zip(ids, others, strict=True)))
            case (Clamp(a, low, high), Clamp(b, floor, ceiling)) if (low is None) == (floor is None) and (
                high is None
            ) == (ceiling is None):
                limits = ((low, floor), (high, ceiling))
                return _hull(of(a, b), *(of(c, d) for c, d in limits if c is not None and d is not None))
            case (Round(a, mode, places), Round(b, other, digits)) if (mode, places) == (other, digits):
                return _sign(of(a, b), exactly(Fraction(1)))
            case (Gate(value=a, when=when, at_most=None), Gate(value=b, when=other, at_most=None)) if when == other:
                return _hull(of(a, b), NONE)
            case (Gate(value=a, when=when, at_most=c), Gate(value=b, when=other, at_most=d)) if (
                when == other and c is not None and d is not None
            ):
                return _hull(of(a, b), of(c, d))
            case (Aggregate() as first, Aggregate() as second) if _same_rows(first, second):
                return _gathered(first.function, of(first.value, second.value))
            case (Combine() as first, Combine() as second):
                return self._combined(first, second, depth)
        return Range()

    def _combined(self, one: Combine, two: Combine, depth: int) -> Range:
        """Of sums, each part by its name; where points that were dropped go to others only the way is known."""
        if {one.method, two.method} != {"sum"} or any(p.averaged is not None for p in (*one.parts, *two.parts)):
            return Range()
        mine, theirs = ({part.name: part for part in combine.parts} for combine in (one, two))
        given = one.full is not None or two.full is not None
        found = NONE
        for name in {**mine, **theirs}:
            first, second = mine.get(name), theirs.get(name)
            if given and not (first and second and one.full == two.full and _alike(first, second)):
                return Range()
            found = add(found, self._part(first, second, depth))
        return _sign(found, exactly(Fraction(1))) if given else found

    def _part(self, first: Part | None, second: Part | None, depth: int) -> Range:
        if first is not None and second is not None and first.sign == second.sign:
            gap = self.of(first.score, second.score, depth)
            return gap if first.sign > 0 else negative(gap)
        ranges = [
            multiply(exactly(Fraction(part.sign * way)), self.known.range(part.score))
            for part, way in ((first, -1), (second, 1))
            if part is not None
        ]
        return ranges[0] if len(ranges) == 1 else add(ranges[0], ranges[1])

    def _drawn(self, one: int, two: int) -> Range:
        """As straight pieces of one number on which both hang, where nothing in between can be missing."""
        known = self.known
        found = Range()
        for base in sorted(set(known.cone(one)) & set(known.cone(two)), reverse=True):
            if isinstance(known.plan.steps[base].operation, Constant):
                continue
            first, second = piecewise(known, one, base), piecewise(known, two, base)
            if first is None or second is None or _supplied(known, one, base) or _supplied(known, two, base):
                continue
            drawn = difference(first, second)
            found = found if drawn is None else _both(found, span(drawn))
            if is_decided(found):
                return found
        return found


def is_decided(gap: Range) -> bool:
    """Whether the second is never less, or never more."""
    return (gap.low is not None and gap.low >= 0) or (gap.high is not None and gap.high <= 0)


def span(drawn: Pieces) -> Range:
    """Between what the pieces lie, over all that their number can be."""
    domain = drawn.domain
    ends: list[Range] = []
    for low, high, line in drawn.lines():
        start = max((one for one in (low, domain.low) if one is not None), default=None)
        end = min((one for one in (high, domain.high) if one is not None), default=None)
        ends.append(add(multiply(exactly(line.slope), Range(start, end)), exactly(line.start)))
    for x, value in zip(drawn.breaks, drawn.at, strict=True):
        inside = (domain.low is None or domain.low <= x) and (domain.high is None or x <= domain.high)
        if inside and not isinstance(value, bool):
            ends.append(exactly(value))
    return _hull(*ends) if ends else Range()


def missing_alike(known: Known, one: int, two: int, depth: int = 0) -> bool:
    """Whether the two are missing for the same data."""
    if one == two:
        return True
    first = decides_missing(known, one)
    if first is not None:
        return first == decides_missing(known, two)
    match known.plan.steps[one].operation, known.plan.steps[two].operation:
        case (Choose(when, a, c), Choose(other, b, d)) if when == other and depth < _DEEP:
            return missing_alike(known, a, b, depth + 1) and missing_alike(known, c, d, depth + 1)
    return False


def decides_missing(known: Known, id: int) -> frozenset[int] | None:
    """The facts without any of which the step is missing, and with all of which it is there; None if it is not so."""
    found: dict[int, frozenset[int] | None] = {}
    for one in known.cone(id):
        parts = [found[part] for part in known.inputs(one)]
        whole: frozenset[int] | None = None
        if all(part is not None for part in parts):
            sets = [part for part in parts if part is not None]
            match known.plan.steps[one].operation:
                case Constant() | Fail():
                    whole = frozenset()
                case Load():
                    whole = frozenset({one})
                case Calculate(operator) if operator not in ("is_missing", "per"):
                    whole = frozenset[int]().union(*sets)
                case Compare() | Round() | Clamp():
                    whole = frozenset[int]().union(*sets)
                case Choose():
                    whole = sets[0] if all(part <= sets[0] for part in sets) else None
                case Logic():
                    whole = sets[0] if all(part == sets[0] for part in sets) else None
        found[one] = whole
    return found[id]


def _supplied(known: Known, id: int, base: int) -> bool:
    """Whether something stands in for a missing value on the way from the base."""
    below = set(known.cone(base))
    return any(isinstance(known.plan.steps[one].operation, Supply) for one in known.cone(id) if one not in below)


def _same_rows(one: Aggregate, two: Aggregate) -> bool:
    if one.drop or two.drop or one.distinct is not None or two.distinct is not None:
        return False
    return (one.function, one.over, one.to, one.when) == (two.function, two.over, two.to, two.when)


def _gathered(function: str, gap: Range) -> Range:
    match function:
        case "mean" | "least" | "greatest" | "median":
            return gap
        case "sum":
            return _sign(gap, exactly(Fraction(1)))
    return Range()


def _alike(first: Part, second: Part) -> bool:
    return (first.points, first.sign, first.counted) == (second.points, second.sign, second.counted)


def _sign(gap: Range, factor: Range) -> Range:
    """Only which way it goes, times what never changes its sign."""
    if factor.low is not None and factor.low >= 0:
        return Range(
            Fraction(0) if gap.low is not None and gap.low >= 0 else None,
            Fraction(0) if gap.high is not None and gap.high <= 0 else None,
        )
    return Range()


def _hull(*ranges: Range) -> Range:
    return Range(least(one.low for one in ranges), greatest(one.high for one in ranges))


def _both(one: Range, two: Range) -> Range:
    return Range(highest([one, two]).low, lowest([one, two]).high)
