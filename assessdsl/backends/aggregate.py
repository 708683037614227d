"""Many values to one: the parts of a score, and the rows of a finer grain."""

from collections import Counter
from collections.abc import Collection, Sequence
from fractions import Fraction
from math import prod
from operator import eq
from typing import Any, Literal, NamedTuple, assert_never

from assessdsl.backends import ratios
from assessdsl.backends.alike import Batch
from assessdsl.backends.columns import Fault, Value
from assessdsl.backends.logic import both, either, every, obstacle, opposite, some
from assessdsl.backends.ratios import Column, column
from assessdsl.backends.work import Work, too_long
from assessdsl.facts import Missing
from assessdsl.irrational import power
from assessdsl.plan.steps import POLICY, Aggregate, Combine, Constant, Part, Plan, Step


def exact_sum(numbers: Sequence[Fraction]) -> Fraction | None:
    """The sum; None if its denominator grows too long."""
    found = ratios.total([number.as_integer_ratio() for number in numbers])
    return None if found is None else Fraction(*found)


# ---------------------------------------------------------------- parts of a score


class Scored(NamedTuple):
    """A part of one entity's score."""

    part: Part
    score: Value
    points: Value
    averaged: Value


def combined(work: Work, batch: Batch, operation: Combine) -> Column:
    step, everyone = batch.steps[0], range(work.rows(batch))
    scores, signs = _summands(work, step, operation)
    apart = _apart(work, step, operation, scores, everyone)
    others = sorted(apart)
    if not others:
        found = ratios.added_up([ratios.folded(own, len(everyone)) for own in scores], signs)
    elif len(others) == len(everyone):
        found = _one_by_one(work, step, operation, others)
    else:
        plain = [row for row in everyone if row not in apart]
        of_parts = [work.spread(part.score, step.grain).take(plain) for part in operation.parts]
        sums = ratios.added_up(of_parts, [part.sign for part in operation.parts])
        found = ratios.in_turn(plain, sums, others, _one_by_one(work, step, operation, others))
    return work.bounded(batch, work.or_fault(batch, found, "AS5009"))


def _summands(work: Work, step: Step, operation: Combine) -> tuple[list[Column], list[int]]:
    """The scores and their signs; of those that stand side by side, one behind the other in one column."""
    held = work.held
    scores, signs = list[Column](), list[int]()
    for sign, ids in held.batches.summands(step, operation.parts):
        number, first = held.batches.places[ids[0]]
        own = held.batches.grains[ids[0]] == step.grain
        scores.append(held.several(number, first, first + len(ids)) if own else work.spread(ids[0], step.grain))
        signs.append(sign)
    return scores, signs


def _apart(
    work: Work, step: Step, operation: Combine, scores: Sequence[Column], everyone: Sequence[int]
) -> Collection[int]:
    """The rows that are no plain sum: where something is missing, points were dropped, or a mean stands in."""
    parts = operation.parts
    if operation.method != "sum" or not parts:
        return set(everyone)
    found = {
        row % len(everyone)
        for own in scores
        if not own.numeric
        for row, value in enumerate(own.values)
        if type(value) is not int
    }
    for part in parts:
        if part.averaged is not None:
            averaged = work.spread(part.averaged, step.grain).values
            found.update(row for row, value in enumerate(averaged) if value is not False)
    if _given_out(work.plan, step, operation):
        return found
    needed = [part.points for part in parts] + ([] if operation.full is None else [operation.full])
    at = POLICY if all(work.plan.steps[id].grain.kind == "policy" for id in needed) else step.grain
    points = [work.spread(id, at) for id in needed]
    if not all(own.numeric for own in points):
        return set(everyone)
    counted = [own for own, part in zip(points, parts, strict=False) if part.counted]
    available = ratios.added_up(counted, [1] * len(counted)) if counted else Column([0] * work.layout.rows(at))
    if not available.numeric:
        return set(everyone)
    if operation.full is not None:
        fits = ratios.compared(eq, points[-1], available).values
        found.update(everyone if at == POLICY and fits != [True] else (row for row, fit in enumerate(fits) if not fit))
    return found


def _given_out(plan: Plan, step: Step, operation: Combine) -> bool:
    """Whether the policy itself says all points, and the counted parts have those that there are to have."""
    key = _given_out, step.id
    if key not in plan.notes:
        said = [plan.steps[part.points].operation for part in operation.parts]
        points = [one.value for one in said if isinstance(one, Constant) and isinstance(one.value, Fraction)]
        counted = exact_sum([own for own, part in zip(points, operation.parts, strict=False) if part.counted])
        fits = operation.full is None or plan.steps[operation.full].operation == Constant(counted or Fraction(0))
        plan.notes[key] = len(points) == len(said) and counted is not None and fits
    known: bool = plan.notes[key]
    return known


def _one_by_one(work: Work, step: Step, operation: Combine, rows: Sequence[int]) -> Column:
    def read(id: int | None, otherwise: bool | None) -> Sequence[Any]:
        return [otherwise] * len(rows) if id is None else work.spread(id, step.grain).take(rows).read

    parts = [
        zip(read(part.score, None), read(part.points, None), read(part.averaged, False), strict=True)
        for part in operation.parts
    ]
    result: list[Value] = []
    for row, full in zip(rows, read(operation.full, None), strict=True):
        scored = [Scored(part, *next(own)) for part, own in zip(operation.parts, parts, strict=True)]
        value = combination(operation, scored, full)
        result.append(work.fault(value, step, row) if isinstance(value, str) else value)
    return column(result)


def combination(operation: Combine, parts: list[Scored], full: Value | None) -> Value | str:
    """One entity's parts put together, or the code of what prevents it."""
    if operation.method == "sum":
        return _combined(parts, full, operation.total)
    return _of_shares(operation.method, parts, full)


def _combined(parts: list[Scored], full: Value | None, total: bool) -> Value | str:
    """The sum of one entity's parts, or the code of what prevents it."""
    if (found := obstacle([*(scored.points for scored in parts), full])) is not None:
        return found
    added = part_scores(parts)
    if not isinstance(added, list):
        return added
    counted = exact_sum([number for scored, number in zip(parts, added, strict=True) if scored.part.counted])
    others = exact_sum([number for scored, number in zip(parts, added, strict=True) if not scored.part.counted])
    available = exact_sum([_number(scored.points) for scored in parts if scored.part.counted])
    if counted is None or others is None or available is None:
        return "AS5009"
    if full is None or full == available:
        return counted + others
    if total and not available:
        return "AS5014"
    return others + (counted * _number(full) / available if available else 0)


def _of_shares(method: str, parts: list[Scored], full: Value | None) -> Value | str:
    """The mean, the least or the product of the parts' shares, of the points that they have together."""
    if (found := obstacle([*(scored.points for scored in parts), full])) is not None:
        return found
    scores = part_scores(parts)
    if not isinstance(scores, list):
        return scores
    weights = [_number(scored.points) for scored in parts]
    shares = [(score / weight, weight) for score, weight in zip(scores, weights, strict=True) if weight]
    if not shares:
        return Fraction(0)
    whole = exact_sum([weight for _, weight in shares])
    if method in ("geometric", "harmonic") and any(share < 0 for share, _ in shares):
        return "AS5012"
    value: Fraction | None
    match method:
        case "least":
            value = min(share for share, _ in shares)
        case "product":
            value = prod((share for share, _ in shares), start=Fraction(1))
        case _ if any(share == 0 for share, _ in shares) or whole is None:
            value = None if whole is None else Fraction(0)
        case "harmonic":
            sum_of_inverses = exact_sum([weight / share for share, weight in shares])
            value = None if sum_of_inverses is None else whole / sum_of_inverses
        case _:
            value = power((share, weight / whole) for share, weight in shares)
    return "AS5009" if value is None else value * _number(full)


def part_scores(parts: list[Scored]) -> list[Fraction] | Missing | Fault | str:
    """What each part adds to the sum, or the code of what prevents it.

    A part that was dropped is not asked for its score: its points went to the others.
    """
    asked = [not p.part.counted or p.points != 0 or isinstance(p.score, Fraction) for p in parts]
    needed = [value for p, ask in zip(parts, asked, strict=True) if ask for value in _needed(p)]
    if (found := obstacle(needed)) is not None:
        return found
    mean = Fraction(0)
    if any(p.averaged is True and p.points for p in parts):
        own = [p for p in parts if p.part.counted and p.points and not p.averaged]
        if not own:
            return "AS5010"
        total = exact_sum([_number(p.score) / _number(p.points) for p in own])
        if total is None:
            return "AS5009"
        mean = total / len(own)
    return [
        p.part.sign * (_number(p.points) * mean if p.averaged is True else _number(p.score)) if ask else Fraction(0)
        for p, ask in zip(parts, asked, strict=True)
    ]


def _needed(scored: Scored) -> tuple[Value, ...]:
    return (scored.averaged, scored.score) if scored.averaged is False else (scored.averaged,)


def _number(value: Value | None) -> Fraction:
    assert isinstance(value, Fraction)
    return value


# ---------------------------------------------------------------- rows of a finer grain


def aggregated(work: Work, batch: Batch, operation: Aggregate) -> Column:
    columns, above, rows = work.inputs(batch), work.held.above(batch), work.rows(batch)
    one_each = above == range(rows)
    if operation.when is None and operation.distinct is None and not operation.drop:
        if operation.function == "sum" and columns[0].numeric:
            if one_each:
                return columns[0]
            return work.or_fault(batch, ratios.gathered(columns[0], above, rows), "AS5009")
        if operation.function == "count" and columns[0].whole:
            counts = Counter(above)
            return Column([1] * rows if one_each else [counts[row] for row in range(rows)])
    values = columns[0].read
    kept: Sequence[Value | None] = values
    if operation.when is not None:
        kept = [_where(operation.function, *pair) for pair in zip(columns[1].values, values, strict=True)]
    buckets = _buckets(kept, kept, above, rows)
    if operation.distinct is not None:
        keys = _buckets(columns[-1].read, kept, above, rows)
        buckets = list(map(_distinct, keys, buckets))
    nothing = (
        Missing(name=step.span.text or step.name) for step in batch.steps for _ in range(work.layout.rows(step.grain))
    )
    found = [_aggregate(operation, *pair) for pair in zip(buckets, nothing, strict=True)]
    return work.or_fault(batch, column(found), "AS5009")


def of_rows(
    operation: Aggregate, values: Sequence[Value], holds: Sequence[Value] | None, keys: Sequence[Value] | None
) -> Value | None:
    """The aggregate of the rows under one row of the coarser grain; None where the number grows too long."""
    kept: list[Value | None] = list(values)
    if holds is not None:
        kept = [_where(operation.function, *pair) for pair in zip(holds, values, strict=True)]
    bucket = [value for value in kept if value is not None]
    if keys is not None:
        bucket = _distinct([key for key, value in zip(keys, kept, strict=True) if value is not None], bucket)
    return _aggregate(operation, bucket, Missing())


def _buckets(
    column: Sequence[Value | None], kept: Sequence[Value | None], above: Sequence[int], count: int
) -> list[list[Value]]:
    """The values of the column by the row under which they stand, without the rows that are left out."""
    buckets: list[list[Value]] = [[] for _ in range(count)]
    for row, value, stays in zip(above, column, kept, strict=True):
        if value is not None and stays is not None:
            buckets[row].append(value)
    return buckets


def _where(function: str, holds: Value, value: Value) -> Value | None:
    """What a row adds to the aggregate; None where it is left out."""
    if holds is True:
        return value
    if holds is False:
        return None
    # a row that may or may not belong: it leaves `any` and `all` open only if it could decide them
    if function == "any":
        return both(holds, value)
    if function == "all":
        return either(opposite(holds), value)
    return obstacle((holds,))


def _distinct(keys: list[Value], values: list[Value]) -> list[Value]:
    """The greatest value of each key. What is not known stays, and so leaves the aggregate open."""
    greatest: dict[Value, Value] = {}
    open_values: list[Value] = []
    for key, value in zip(keys, values, strict=True):
        if (found := obstacle((key, value))) is not None:
            open_values.append(found)
        elif key not in greatest or greatest[key] < value:  # type: ignore[operator]
            greatest[key] = value
    return [*greatest.values(), *open_values]


def _aggregate(operation: Aggregate, values: list[Value], nothing: Missing) -> Value | None:
    """The aggregate of the rows; None where the number grows too long."""
    if operation.function == "any":
        return some(values)
    if operation.function == "all":
        return every(values)
    if (found := obstacle(values)) is not None:
        return found
    if operation.function == "count":
        return Fraction(len(values))
    if len(values) == 1 and not operation.drop and operation.function != "variance":
        return values[0]
    numbers = values if not operation.drop else sorted(values)[operation.drop : len(values) - operation.drop]
    if not numbers and operation.function not in ("sum", "product"):
        return nothing
    return _of_numbers(operation.function, numbers)  # type: ignore[arg-type]


def _of_numbers(
    function: Literal["sum", "mean", "median", "variance", "product", "least", "greatest"], numbers: list[Fraction]
) -> Fraction | None:
    match function:
        case "sum":
            return exact_sum(numbers)
        case "mean":
            return _mean(numbers)
        case "median":
            half, ordered = len(numbers) // 2, sorted(numbers)
            return ordered[half] if len(numbers) % 2 else (ordered[half - 1] + ordered[half]) / 2
        case "variance":
            mean = _mean(numbers)
            return None if mean is None else _mean([(number - mean) ** 2 for number in numbers])
        case "product":
            return _product(numbers)
        case "least":
            return min(numbers)
        case "greatest":
            return max(numbers)
        case _:
            assert_never(function)


def _mean(numbers: list[Fraction]) -> Fraction | None:
    total = exact_sum(numbers)
    return None if total is None else total / len(numbers)


def _product(numbers: list[Fraction]) -> Fraction | None:
    result = Fraction(1)
    for number in numbers:
        result *= number
        if too_long(result):
            return None
    return result
