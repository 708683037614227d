"""Code for many values to one: the parts of a score, and the rows of an entity's own items and entries.

Where the shape tells which rows and parts count, it is a sum or an extreme; else the exact engine's own functions are
called with fractions.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from assessdsl.backends import aggregate
from assessdsl.backends.compiled import arithmetic
from assessdsl.backends.compiled.block import Block
from assessdsl.backends.compiled.symbols import (
    NEVER,
    Exact,
    Known,
    Never,
    Number,
    Symbol,
    Truth,
    as_value,
    fraction_of,
    is_missing,
    number,
    truth,
)
from assessdsl.facts import MISSING
from assessdsl.plan.steps import Aggregate, Combine

_ZERO = Known(Fraction(0))


# ---------------------------------------------------------------- parts of a score


def combined(block: Block, operation: Combine, symbol: Callable[[int], Symbol]) -> Symbol:
    scores = [symbol(part.score) for part in operation.parts]
    points = [symbol(part.points) for part in operation.parts]
    averaged: list[Symbol] = [
        Known(False) if part.averaged is None else symbol(part.averaged) for part in operation.parts
    ]
    full = None if operation.full is None else symbol(operation.full)
    given = [*points, *averaged, *([] if full is None else [full])]
    if any(isinstance(one, Never) for one in (*scores, *given)):
        return NEVER
    certain = all(isinstance(one, Known) for one in given) and not any(map(is_missing, given))
    if operation.method == "sum" and certain and Known(True) not in averaged:
        return _sum(block, operation, scores, points, full)
    return _called(block, operation, scores, points, averaged, full)


def _sum(block: Block, operation: Combine, scores: list[Symbol], points: list[Symbol], full: Symbol | None) -> Symbol:
    counted: list[Number] = []
    others: list[Number] = []
    available = Fraction(0)
    for part, score, given in zip(operation.parts, scores, points, strict=True):
        assert isinstance(given, Known)
        available += fraction_of(given) if part.counted else 0
        if is_missing(score):
            if part.counted and not fraction_of(given):
                continue  # a dropped part is not asked for its score
            return Known(MISSING)
        own = number(score) if part.sign == 1 else arithmetic.negated(block, number(score))
        (counted if part.counted else others).append(own)
    sum_of_counted = arithmetic.total(block, counted)
    if full is None or fraction_of(_known(full)) == available:
        return arithmetic.total(block, [sum_of_counted, *others])
    if operation.total and not available:
        block.leave()
        return NEVER
    factor = fraction_of(_known(full)) / available if available else Fraction(0)
    return arithmetic.total(block, [arithmetic.multiplied(block, Known(factor), sum_of_counted), *others])


def _known(symbol: Symbol) -> Known:
    assert isinstance(symbol, Known)
    return symbol


def _called(
    block: Block,
    operation: Combine,
    scores: list[Symbol],
    points: list[Symbol],
    averaged: list[Symbol],
    full: Symbol | None,
) -> Symbol:
    def of_parts(*values: object) -> object:
        count = len(operation.parts)
        scored = [
            aggregate.Scored(part, *row)  # type: ignore[arg-type]
            for part, *row in zip(
                operation.parts, values[:count], values[count : 2 * count], values[2 * count : 3 * count], strict=True
            )
        ]
        return aggregate.combination(operation, scored, values[3 * count] if full is not None else None)  # type: ignore[arg-type]

    given = [*scores, *points, *averaged, *([] if full is None else [full])]
    return _fraction(block, of_parts, given)


def _fraction(block: Block, function: Callable[..., object], given: Sequence[Symbol]) -> Symbol:
    """A function of the exact engine; what is no fraction (missing, a fault) is left to that engine."""
    codes = ", ".join(as_value(block, symbol) for symbol in given)
    result = block.put(f"{block.constant(function)}({codes})")
    block.leave(f"type({result}) is not Fraction or too_long({result})")
    return Exact(result)


# ---------------------------------------------------------------- rows


def aggregated(
    block: Block, operation: Aggregate, values: list[Symbol], holds: list[Symbol] | None, keys: list[Symbol] | None
) -> Symbol:
    if any(isinstance(one, Never) for one in (*values, *(holds or ()), *(keys or ()))):
        return NEVER
    if operation.function in ("any", "all"):
        return _truths(block, operation, values, holds)
    if holds is not None and keys is None and operation.function in ("sum", "count"):
        return _counted(block, operation, values, holds)
    certain = holds is None or all(isinstance(one, Known) and isinstance(one.value, bool) for one in holds)
    if certain and keys is None:
        kept = values if holds is None else [v for v, one in zip(values, holds, strict=True) if one == Known(True)]
        if any(map(is_missing, kept)):
            return Known(MISSING)
        if (simple := _simple(block, operation, kept)) is not None:
            return simple
    return _of_rows(block, operation, values, holds, keys)


def _counted(block: Block, operation: Aggregate, values: list[Symbol], holds: list[Symbol]) -> Symbol:
    """A sum or a number of the rows for which the condition holds."""
    added: list[Number] = []
    for value, one in zip(values, holds, strict=True):
        if one == Known(False):
            continue
        if is_missing(one):
            return Known(MISSING)
        if is_missing(value):
            if isinstance(one, Known):
                return Known(MISSING)
            block.leave(truth(one))
            continue
        own = Known(Fraction(1)) if operation.function == "count" else number(value)
        added.append(own if isinstance(one, Known) else arithmetic.chosen(block, truth(one), own, _ZERO))
    return arithmetic.total(block, added)


def _simple(block: Block, operation: Aggregate, kept: list[Symbol]) -> Symbol | None:
    match operation.function:
        case "count":
            return Known(Fraction(len(kept)))
        case "sum":
            return arithmetic.total(block, list(map(number, kept)))
        case "least" | "greatest" if kept:
            return arithmetic.extreme(block, list(map(number, kept)), "<" if operation.function == "least" else ">")
        case "mean" if kept and not operation.drop:
            whole = arithmetic.total(block, list(map(number, kept)))
            return arithmetic.multiplied(block, Known(Fraction(1, len(kept))), whole)
        case _:
            return None


def _truths(block: Block, operation: Aggregate, values: list[Symbol], holds: list[Symbol] | None) -> Symbol:
    """Any, or all, of the rows for which the condition holds; what is missing leaves it open if it could decide."""
    decides = operation.function == "any"
    codes: list[str] = []
    open_rows = False
    for value, one in zip(values, holds or [Known(True)] * len(values), strict=True):
        row = [one, value] if decides else [_opposite(block, one), value]
        if any(isinstance(each, Known) and each.value is (not decides) for each in row):
            continue  # `any`: not among them, or false; `all`: not among them, or true
        parts = [truth(each) for each in row if isinstance(each, Truth)]
        joined = f"({(' and ' if decides else ' or ').join(parts)})"
        if any(map(is_missing, row)) and parts:
            block.leave(joined if decides else f"not {joined}")
        elif any(map(is_missing, row)):
            open_rows = True
        elif parts:
            codes.append(joined)
        else:
            return Known(decides)
    if not codes:
        return Known(MISSING if open_rows else not decides)
    whole = block.put((" or " if decides else " and ").join(codes))
    if open_rows:
        block.leave(f"not {whole}" if decides else whole)
        return Known(decides)
    return Truth(whole)


def _opposite(block: Block, symbol: Symbol) -> Symbol:
    match symbol:
        case Known(bool() as value):
            return Known(not value)
        case Truth(code):
            return Truth(block.put(f"not {code}"))
        case _:
            return symbol


def _of_rows(
    block: Block, operation: Aggregate, values: list[Symbol], holds: list[Symbol] | None, keys: list[Symbol] | None
) -> Symbol:
    count = len(values)

    def of_rows(*given: object) -> object:
        parts = [given[start : start + count] for start in range(0, len(given), count)] if count else [(), (), ()]
        conditions = list(parts[1]) if holds is not None else None
        named = list(parts[-1]) if keys is not None else None
        return aggregate.of_rows(operation, list(parts[0]), conditions, named)  # type: ignore[arg-type]

    return _fraction(block, of_rows, [*values, *(holds or ()), *(keys or ())])
