"""Many values to one: the parts of a score, and the item or the entry of an entity. None: not in columns."""

from collections.abc import Mapping
from fractions import Fraction

from assessdsl.backends.columnar.choices import Choices
from assessdsl.backends.columnar.forms import Held, Number, Truth, Whole
from assessdsl.backends.columnar.program import Bit
from assessdsl.plan.steps import Aggregate, Combine


def combined(choices: Choices, combine: Combine, given: Mapping[int, Held]) -> Held | None:
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


def aggregated(choices: Choices, aggregate: Aggregate, given: Mapping[int, Held], exists: Bit) -> Held | None:
    """Of one row or none: of the entity's item, or of its entry."""
    if aggregate.drop:
        return None
    p, value = choices.program, given[aggregate.value]
    kept: Bit = exists
    missing: Bit = False
    open_rows: Bit = False
    if aggregate.when is not None:
        when = given[aggregate.when]
        if aggregate.function in ("any", "all"):
            own = when if aggregate.function == "any" else choices.logic("not", [when])
            value = choices.logic("and" if aggregate.function == "any" else "or", [own, value])
        else:
            kept = p.both(exists, choices.truth(when))
            missing = p.both(exists, when.missing)
            open_rows = p.both(exists, when.left)
    if aggregate.distinct is not None:
        key = given[aggregate.distinct]
        value = Held(value.form, p.either(value.missing, key.missing), p.either(value.left, key.left))
    there = Held(value.form, p.both(kept, value.missing), p.both(kept, value.left))
    nothing = _of_nothing(choices, aggregate)
    form, unlike = choices.one_of(kept, _of_one(choices, aggregate, there), nothing)
    return Held(
        form,
        p.either(there.missing, missing, p.both(p.opposite(kept), nothing.missing, p.opposite(missing))),
        p.either(there.left, open_rows, unlike),
    )


def _of_one(choices: Choices, aggregate: Aggregate, value: Held) -> Held:
    match aggregate.function:
        case "count":
            return Held(choices.numbers.known(Fraction(1)), value.missing, value.left)
        case "variance":
            return Held(choices.numbers.known(Fraction(0)), value.missing, value.left)
        case _:
            return value


def _of_nothing(choices: Choices, aggregate: Aggregate) -> Held:
    match aggregate.function:
        case "sum" | "count":
            return Held(choices.numbers.known(Fraction(0)))
        case "product":
            return Held(choices.numbers.known(Fraction(1)))
        case "any" | "all":
            return Held(Truth(aggregate.function == "all"))
        case _:
            return Held(None, missing=True)
