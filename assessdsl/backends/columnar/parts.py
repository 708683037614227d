"""The parts of a score put together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import reduce
from typing import Final

from attrs import evolve, frozen

from assessdsl.backends.columnar.arithmetic import Arithmetic
from assessdsl.backends.columnar.choices import Choices
from assessdsl.backends.columnar.forms import Held, Number, Whole, ends
from assessdsl.backends.columnar.many import Values
from assessdsl.backends.columnar.nodes import Bit
from assessdsl.backends.columnar.powers import BEYOND, Powers
from assessdsl.plan.steps import Combine, Part

_Shares = Sequence[tuple[Number, Number, Bit]]


@frozen
class _Scored:
    """A part: what it adds, its points, where it has none, and where the mean of the others stands in."""

    part: Part
    score: Number | None  # None: nowhere
    points: Whole
    dropped: Bit
    averaged: Bit
    missing: Bit
    left: Bit

    def share(self, numbers: Arithmetic) -> Number | None:
        """Of its points, where it has any."""
        return None if self.score is None else numbers.divide(self.score, self.points)[0]


def combined(choices: Choices, combine: Combine, given: Values) -> Held:
    """The sum of the parts, where points were dropped in proportion of what is left; or a mean of their shares."""
    p = choices.program
    if not all(isinstance(given[part.points].form, Whole) for part in combine.parts):
        return Held(None, left=True)
    parts, open_rows = _added(choices, list(_scored(choices, combine, given)))
    missing = p.either(*(one.missing for one in parts))
    left = p.either(open_rows, *(one.left for one in parts))
    full: Number | None = None
    if combine.full is not None:
        held = given[combine.full]
        missing, left = p.either(missing, held.missing), p.either(left, held.left)
        assert isinstance(held.form, Whole)
        full = held.form
    result, open_rows = (_sum if combine.method == "sum" else _mean)(choices, combine.method, parts, full)
    return Held(result, missing, p.either(left, open_rows))


def _scored(choices: Choices, combine: Combine, given: Values) -> Iterator[_Scored]:
    p, numbers = choices.program, choices.numbers
    zero = numbers.known(Fraction(0))
    for part in combine.parts:
        score, points = given[part.score], given[part.points]
        assert isinstance(points.form, Whole)
        missing, left = points.missing, points.left
        averaged: Bit = False
        if part.averaged is not None:
            held = given[part.averaged]
            averaged, left = choices.truth(held), p.either(left, held.left, held.missing)
        none = p.compare(points.form.node, "==", p.constant(0))
        dropped = none if part.counted else False
        asked = p.both(p.opposite(dropped), p.opposite(averaged))
        missing, left = p.either(missing, p.both(score.missing, asked)), p.either(left, p.both(score.left, asked))
        own: Number | None = None
        if score.form is not None:
            unknown = p.both(dropped, p.either(score.missing, score.left))
            own = numbers.choose(unknown, zero, score.form)  # type: ignore[arg-type]
        yield _Scored(part, own, points.form, none, averaged, missing, left)


def _added(choices: Choices, parts: Sequence[_Scored]) -> tuple[list[_Scored], Bit]:
    """What each adds: where the mean of the others stands in, its points by that; and where that is left open."""
    p, numbers = choices.program, choices.numbers
    if all(one.averaged is False for one in parts):
        return [_signed(numbers, one) for one in parts], False
    nothing, each = (numbers.known(Fraction(number)) for number in (0, 1))
    total: Number = nothing
    count: Number = nothing
    for one in parts:
        share = one.share(numbers) if one.part.counted else None
        if share is not None:
            kept = p.both(p.opposite(one.dropped), p.opposite(one.averaged))
            total = numbers.add(total, numbers.choose(kept, share, nothing))
            count = numbers.add(count, numbers.choose(kept, each, nothing))
    mean, nobody = numbers.divide(total, count)
    found = []
    for one in parts:
        if one.averaged is not False and mean is not None:
            stands_in = numbers.multiply(one.points, mean)
            score = stands_in if one.score is None else numbers.choose(one.averaged, stands_in, one.score)
            one = evolve(one, score=score)
        found.append(_signed(numbers, one))
    asked = p.either(*(p.both(one.averaged, p.opposite(one.dropped)) for one in parts))
    return found, p.both(nobody, asked)


def _signed(numbers: Arithmetic, one: _Scored) -> _Scored:
    return one if one.part.sign == 1 or one.score is None else evolve(one, score=numbers.negate(one.score))


def _sum(choices: Choices, _: str, parts: Sequence[_Scored], full: Number | None) -> tuple[Number | None, Bit]:
    numbers = choices.numbers
    zero: Number = numbers.known(Fraction(0))
    counted, others, available = zero, zero, zero
    for one in parts:
        if one.part.counted:
            available = numbers.add(available, one.points)
        if one.score is not None and one.part.counted:
            counted = numbers.add(counted, one.score)
        elif one.score is not None:
            others = numbers.add(others, one.score)
    if full is None or _is_known(full, available):
        return numbers.add(counted, others), False
    spread, nothing = numbers.divide(numbers.multiply(counted, full), available)
    # with nothing available, the exact engine knows what that means
    return (None, True) if spread is None else (numbers.add(spread, others), nothing)


def _is_known(full: Number, available: Number) -> bool:
    """Whether no points were dropped."""
    known = [one.known for one in (full, available) if isinstance(one, Whole) and one.known]
    return len(known) == 2 and known[0] == known[1]


def _mean(choices: Choices, method: str, parts: Sequence[_Scored], full: Number | None) -> tuple[Number | None, Bit]:
    """Of the shares of the parts that have points, 0 if none has; times the points that they have together."""
    p, numbers = choices.program, choices.numbers
    zero, whole = numbers.known(Fraction(0)), _total(numbers, [one.points for one in parts])
    shares: list[tuple[Number, Number, Bit]] = []  # with their weights, and where they have points
    for one in parts:
        share = one.share(numbers)
        if share is not None:
            shares.append((share, one.points, p.opposite(one.dropped)))
    result, left = _METHODS[method](choices, shares, whole) if shares else (zero, False)
    if result is None or full is None:
        return None, True
    if method in ("geometric", "harmonic") and shares:  # it lies between its shares, or is zero
        each = [ends(share) for share, _, _ in shares]
        most = max(high for _, high in each) * (1 + BEYOND)
        result = numbers.within(result, min(Fraction(0), *(low for low, _ in each)), most)
    there = p.either(*(kept for _, _, kept in shares))
    return numbers.multiply(full, numbers.choose(there, result, zero)), p.both(there, left)


def _total(numbers: Arithmetic, given: Iterable[Number]) -> Number:
    nothing: Number = numbers.known(Fraction(0))
    return reduce(numbers.add, given, nothing)


def _geometric(choices: Choices, shares: _Shares, whole: Number) -> tuple[Number | None, Bit]:
    numbers = choices.numbers
    zero, one = (numbers.known(Fraction(number)) for number in (0, 1))
    factors = []
    for share, weight, kept in shares:
        exponent, _ = numbers.divide(weight, whole)
        own = numbers.within(exponent or zero, Fraction(0), Fraction(1))  # the whole has all weights in it
        factors.append((numbers.choose(kept, share, one), numbers.choose(kept, own, zero)))
    return Powers(numbers).power(factors)


def _harmonic(choices: Choices, shares: _Shares, whole: Number) -> tuple[Number | None, Bit]:
    """0 where a share is 0; of one below 0 there is none."""
    p, numbers = choices.program, choices.numbers
    zero = numbers.known(Fraction(0))
    inverses: list[Number] = []
    left: Bit = False
    nothing: Bit = False
    for share, weight, kept in shares:
        is_zero, doubt = numbers.compare(share, "==", zero)
        below, also = numbers.compare(share, "<", zero)
        inverse, _ = numbers.divide(weight, share)
        inverses.append(numbers.choose(kept, inverse or zero, zero))
        nothing = p.either(nothing, p.both(kept, is_zero))
        left = p.either(left, p.both(kept, p.either(doubt, below, also)))
    mean, none = numbers.divide(whole, _total(numbers, inverses))
    if mean is None:
        return zero, p.either(left, p.opposite(nothing))
    return numbers.choose(nothing, zero, mean), p.either(left, p.both(none, p.opposite(nothing)))


def _product(choices: Choices, shares: _Shares, _: Number) -> tuple[Number | None, Bit]:
    numbers = choices.numbers
    one = numbers.known(Fraction(1))
    return reduce(numbers.multiply, (numbers.choose(kept, share, one) for share, _, kept in shares)), False


def _least(choices: Choices, shares: _Shares, _: Number) -> tuple[Number | None, Bit]:
    p, numbers = choices.program, choices.numbers
    (result, _, seen), *others = shares
    left: Bit = False
    for share, _, kept in others:
        less, doubt = numbers.extreme(result, share, "<")
        left = p.either(left, p.both(seen, kept, doubt))
        result = numbers.choose(seen, numbers.choose(kept, less, result), share)
        seen = p.either(seen, kept)
    return result, left


_METHODS: Final[dict[str, Callable[[Choices, _Shares, Number], tuple[Number | None, Bit]]]] = {
    "geometric": _geometric, "harmonic": _harmonic, "product": _product, "least": _least,
}  # fmt: skip
