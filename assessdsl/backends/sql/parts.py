"""The parts of a score put together in SQL."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from sqlglot import exp

from assessdsl.backends.sql.arithmetic import binary, joined, whole
from assessdsl.backends.sql.cells import Cell, Refused, constant
from assessdsl.backends.sql.relations import any_of
from assessdsl.backends.sql.translation import Translation, missing, present
from assessdsl.plan.steps import Combine, Part, Step

_ZERO: Final = Cell(constant(Fraction(0)))


def combined(t: Translation, step: Step, combine: Combine, alias: str, name: str) -> Cell:
    scores = [t.atom_of(part.score, alias) for part in combine.parts]
    points = [t.atom_of(part.points, alias) for part in combine.parts]
    full = None if combine.full is None else t.of(combine.full)
    needed = any_of([*(cell.fault for cell in points), None if full is None else full.fault])
    added = _added(t, step, combine.parts, scores, points, alias, name)
    if combine.method == "sum":
        value = _sum(t, step, combine, added, points, full, alias, name)
    else:
        assert full is not None
        value = _of_shares(t, step, combine.method, added, points, full, alias, name)
    known = [present(cell.plain) for cell in points if not isinstance(cell.plain, exp.Literal)]
    if full is not None and not isinstance(full.plain, exp.Literal):
        known.append(present(full.plain))
    number = value.number
    if known:
        number = t.arithmetic.chosen([(joined(exp.And, known), number)])
    return Cell(number, any_of((needed, value.fault)))


def _dropped(points: Cell) -> exp.Expr:
    """Whether a part has no points."""
    if points.number.range.only is not None and isinstance(points.plain, exp.Literal):
        return exp.true() if points.number.range.only == 0 else exp.false()
    return binary(exp.EQ, points.plain, whole(0))


def _added(
    t: Translation,
    step: Step,
    parts: Sequence[Part],
    scores: Sequence[Cell],
    points: Sequence[Cell],
    alias: str,
    name: str,
) -> list[Cell]:
    """What each part adds; a part without points is not asked for its score."""
    mean: Cell | None = None
    averaged = [None if part.averaged is None else t.atom_of(part.averaged, alias) for part in parts]
    if any(cell is not None for cell in averaged):
        mean = _mean(t, step, parts, scores, points, averaged, alias, name)
    result: list[Cell] = []
    for part, score, own, stands_in in zip(parts, scores, points, averaged, strict=True):
        value = score
        if stands_in is not None and mean is not None:
            value = t.choose(stands_in, _product(t, own, mean), score)
        if part.counted:
            empty = _dropped(own)
            unasked: exp.Expr = (
                empty if isinstance(empty, exp.Boolean) else exp.and_(empty, missing(score.plain), copy=False)
            )
            if isinstance(unasked, exp.Boolean) and unasked.this:
                unasked = missing(score.plain)
            value = t.choose(Cell(unasked), _ZERO, value)
        if part.sign < 0:
            value = Cell(t.arithmetic.negative(value.number), value.fault)
        result.append(value)
    return result


def _product(t: Translation, left: Cell, right: Cell) -> Cell:
    return Cell(t.arithmetic.multiply(left.number, right.number), any_of((left.fault, right.fault)))


def _sum_of(t: Translation, cells: Sequence[Cell]) -> Cell:
    return Cell(t.arithmetic.total([cell.number for cell in cells]), any_of(cell.fault for cell in cells))


def _mean(
    t: Translation,
    step: Step,
    parts: Sequence[Part],
    scores: Sequence[Cell],
    points: Sequence[Cell],
    averaged: Sequence[Cell | None],
    alias: str,
    name: str,
) -> Cell:
    """The unweighted mean of the shares of those parts for which none stands in."""
    shares, ones = [], []
    for number, (part, score, own, stands_in) in enumerate(zip(parts, scores, points, averaged, strict=True)):
        if not part.counted:
            continue
        out = [_dropped(own)] + ([] if stands_in is None else [stands_in.plain])
        left_out = Cell(exp.or_(*out, copy=False), None if stands_in is None else stands_in.fault)
        share = t.divide(score, own, alias, f"{name}_share{number}", None)
        shares.append(t.choose(left_out, _ZERO, share))
        ones.append(t.choose(left_out, _ZERO, Cell(constant(Fraction(1)))))
    total = _sum_of(t, shares)
    return t.divide(total, _sum_of(t, ones), alias, f"{name}_mean", step.id)


def _sum(
    t: Translation,
    step: Step,
    combine: Combine,
    added: Sequence[Cell],
    points: Sequence[Cell],
    full: Cell | None,
    alias: str,
    name: str,
) -> Cell:
    counted = _sum_of(t, [cell for part, cell in zip(combine.parts, added, strict=True) if part.counted])
    others = _sum_of(t, [cell for part, cell in zip(combine.parts, added, strict=True) if not part.counted])
    if full is None:
        return _sum_of(t, [counted, others])
    has_points = [cell for part, cell in zip(combine.parts, points, strict=True) if part.counted]
    available = _sum_of(t, [Cell(cell.value) for cell in has_points])
    if all(isinstance(cell.plain, exp.Literal) for cell in (*has_points, full)):
        there = sum((cell.number.range.only or Fraction(0) for cell in has_points), Fraction(0))
        if there == full.number.range.only:
            return _sum_of(t, [counted, others])
    available = t.atom(available, alias, f"{name}_available")
    full = t.atom(full, alias, f"{name}_full")
    counted = t.atom(counted, alias, f"{name}_counted")
    spread = t.divide(_product(t, counted, full), available, alias, f"{name}_spread", None)
    whole_ = t.compare("==", available.number, full.number)
    none = binary(exp.EQ, available.plain, whole(0))
    empty = Cell(exp.null(), whole(step.id)) if combine.total else _ZERO
    own = t.choose(Cell(whole_), counted, t.choose(Cell(none), empty, spread))
    return _sum_of(t, [own, others])


def _of_shares(
    t: Translation,
    step: Step,
    method: str,
    added: Sequence[Cell],
    points: Sequence[Cell],
    full: Cell,
    alias: str,
    name: str,
) -> Cell:
    if method == "geometric":
        raise Refused("operation", "geometric")
    if method == "harmonic" or not all(
        isinstance(cell.plain, exp.Literal) and cell.number.range.only for cell in points
    ):
        raise Refused("operation", method)
    shares = [
        t.divide(score, own, alias, f"{name}_share{number}", None)
        for number, (score, own) in enumerate(zip(added, points, strict=True))
    ]
    if not shares:
        return _ZERO
    found = shares[0]
    if method == "least":
        found = t.extreme(shares, greatest=False, alias=alias, name=f"{name}_least")
    else:
        for share in shares[1:]:
            found = _product(t, found, share)
    return _product(t, found, full)
