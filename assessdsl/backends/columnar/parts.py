"""The parts of a score put together. None: not in columns."""

from fractions import Fraction

from assessdsl.backends.columnar.choices import Choices
from assessdsl.backends.columnar.forms import Held, Number, Whole
from assessdsl.backends.columnar.many import Values
from assessdsl.backends.columnar.program import Bit
from assessdsl.plan.steps import Combine


def combined(choices: Choices, combine: Combine, given: Values) -> Held | None:
    """The sum of the parts; where points were dropped, in proportion of what is left."""
    if combine.method != "sum":
        return None
    p, numbers = choices.program, choices.numbers
    zero: Number = numbers.known(Fraction(0))
    counted, others, available = zero, zero, zero
    missing: Bit = False
    left: Bit = False
    for part in combine.parts:
        score, points = given[part.score], given[part.points]
        averaged = False if part.averaged is None else given[part.averaged]
        if not isinstance(points.form, Whole):
            return Held(None, left=True)
        missing, left = p.either(missing, points.missing), p.either(left, points.left)
        dropped: Bit = False
        if part.counted:
            available = numbers.add(available, points.form)
            dropped = p.compare(points.form.node, "==", p.constant(0))
        if isinstance(averaged, Held):  # a mean that stands in is left to the exact engine
            left = p.either(left, averaged.left, averaged.missing, choices.truth(averaged))
        asked = p.opposite(dropped)
        missing, left = p.either(missing, p.both(score.missing, asked)), p.either(left, p.both(score.left, asked))
        if score.form is None:
            continue
        own = numbers.choose(p.both(dropped, p.either(score.missing, score.left)), zero, score.form)  # type: ignore[arg-type]
        own = own if part.sign == 1 else numbers.negate(own)
        counted, others = (numbers.add(counted, own), others) if part.counted else (counted, numbers.add(others, own))
    if combine.full is None:
        return Held(numbers.add(counted, others), missing, left)
    full = given[combine.full]
    missing, left = p.either(missing, full.missing), p.either(left, full.left)
    assert isinstance(full.form, Whole)
    if isinstance(available, Whole) and available.known is not None and available.known == full.form.known != 0:
        return Held(numbers.add(counted, others), missing, left)
    spread, nothing = numbers.divide(numbers.multiply(counted, full.form), available)
    if spread is None:
        return Held(None, missing, True)
    # with nothing available, the exact engine knows what that means
    return Held(numbers.add(spread, others), missing, p.either(left, nothing))
