"""The rows of a finer grain as one value in SQL."""

from fractions import Fraction
from typing import Final

from attrs import evolve
from sqlglot import exp

from assessdsl.backends.sql.arithmetic import binary, case, whole
from assessdsl.backends.sql.cells import Cell, Number, Refused, constant
from assessdsl.backends.sql.relations import any_of
from assessdsl.backends.sql.translation import FALSE, NULL, TRUE, Translation, missing, not_, present
from assessdsl.plan.ranges import Range, hull
from assessdsl.plan.steps import Aggregate, Step

_ZERO = Cell(constant(Fraction(0)))
_UNROLLED: Final = 8  # rows of which each is written out


def aggregated(t: Translation, step: Step, aggregate: Aggregate, name: str) -> Cell:
    over, to = t.alias(aggregate.over), t.alias(aggregate.to)
    holds = Cell(exp.true()) if aggregate.when is None else t.of(aggregate.when)
    there = t.tables.there(aggregate.over)
    value = t.of(aggregate.value)
    if over == to:  # one row at most, which is a column of the entity's own
        return _of_one(t, aggregate, value, holds, there, over, name)
    if there is not None:
        holds = (
            holds
            if isinstance(holds.plain, exp.Boolean) and holds.plain.this
            else Cell(
                exp.and_(there, holds.plain, copy=False), None if holds.fault is None else case((there, holds.fault))
            )
        )
        holds = Cell(there, None) if aggregate.when is None else holds
    if aggregate.function in ("any", "all"):
        return _truth(t, aggregate, value, holds, over, to, name)
    return _numbers(t, aggregate, value, holds, over, to, name)


def _of_one(
    t: Translation, aggregate: Aggregate, value: Cell, holds: Cell, there: exp.Expr | None, alias: str, name: str
) -> Cell:
    inside = Cell(exp.true() if there is None else there)
    if aggregate.function == "any":
        return t.choose(inside, t.both([holds, value]), Cell(exp.false()))
    if aggregate.function == "all":
        return t.choose(inside, t.both([t.opposite(holds), value], either=True), Cell(exp.true()))
    value = t.atom(value, alias, f"{name}_own")
    if aggregate.distinct is not None:
        key = t.of(aggregate.distinct)
        value = t.choose(Cell(present(key.plain), key.fault), value, Cell(exp.null(), key.fault))
        value = t.atom(value, alias, f"{name}_keyed")
    nothing = Cell(exp.null())
    match aggregate.function:
        case "sum":
            nothing, one = _ZERO, value
        case "product":
            nothing, one = Cell(constant(Fraction(1))), value
        case "count":
            nothing, one = _ZERO, _known(t, value, Fraction(1))
        case "variance":
            one = _known(t, value, Fraction(0))
        case _:
            one = value
    if aggregate.drop:
        one = nothing
    holds = t.atom(holds, alias, f"{name}_when")
    return t.choose(inside, t.choose(holds, one, nothing), nothing)


def _known(t: Translation, value: Cell, number: Fraction) -> Cell:
    return Cell(t.arithmetic.chosen([(present(value.plain), constant(number))]), value.fault)


def _truth(t: Translation, aggregate: Aggregate, value: Cell, holds: Cell, over: str, to: str, name: str) -> Cell:
    """`any` and `all`: one row that decides is enough."""
    some = aggregate.function == "any"
    row = t.both([holds, value]) if some else t.both([t.opposite(holds), value], either=True)
    row = t.atom(row, over, f"{name}_row")
    deciding = row.plain if some else not_(row.plain)
    columns = [
        (f"{name}_decided", exp.Max(this=case((deciding, whole(1)), other=whole(0)))),
        (f"{name}_open", exp.Max(this=case((missing(row.plain), whole(1)), other=whole(0)))),
    ]
    if row.fault is not None:
        columns.append((f"{name}_failed", exp.Max(this=row.fault)))
    decided, open_, *failed = t.relations.collect(to, over, columns)
    yes = binary(exp.EQ, decided, whole(1))
    result = case(
        (yes, TRUE if some else FALSE),
        (binary(exp.EQ, open_, whole(1)), NULL),
        other=FALSE if some else TRUE,
    )
    return Cell(result, case((binary(exp.EQ, decided, whole(0)), failed[0])) if failed else None)


def _numbers(t: Translation, aggregate: Aggregate, value: Cell, holds: Cell, over: str, to: str, name: str) -> Cell:
    function, relations = aggregate.function, t.relations
    value = t.atom(value, over, f"{name}_of")
    holds = t.atom(holds, over, f"{name}_when")
    taken, certain = holds.plain, isinstance(holds.plain, exp.Boolean) and holds.plain.this
    lacking = (
        missing(value.plain) if certain else case((missing(taken), TRUE), (taken, missing(value.plain)), other=FALSE)
    )
    fault = value.fault
    if fault is not None and not certain:
        fault = case((taken, fault))
    fault = any_of((holds.fault, fault))
    if aggregate.distinct is not None:
        key = t.atom_of(aggregate.distinct, over)
        unkeyed = missing(key.plain) if certain else exp.and_(taken, missing(key.plain), copy=False)
        lacking = exp.or_(lacking, unkeyed, copy=False)
        if key.fault is not None:
            fault = any_of((key.fault if certain else case((taken, key.fault)), fault))
        taken = _once(t, aggregate, value, taken, key, over, name)
        certain = False
    complete: exp.Expr = exp.true()
    if relations.simplified(lacking) != FALSE:
        (lacks,) = relations.collect(
            to, over, [(f"{name}_lacks", exp.Max(this=case((lacking, whole(1)), other=whole(0))))]
        )
        complete = binary(exp.EQ, exp.func("COALESCE", lacks, whole(0), copy=False), whole(0))
    failed = None
    if fault is not None:
        (failed,) = relations.collect(to, over, [(f"{name}_failed", exp.Max(this=fault))])
    most = t.tables.most_rows(aggregate.over, aggregate.to)

    def counted(condition: exp.Expr) -> Number:
        size = exp.Sum(this=case((condition, whole(1)), other=whole(0)))
        (n,) = relations.collect(to, over, [(f"{name}_count", t.arithmetic.typed(size, wide=False))])
        return Number(exp.func("COALESCE", n, whole(0), copy=False), Fraction(1), Range(Fraction(0), Fraction(most)))

    count = counted(taken if not certain else TRUE)
    if function == "count":
        return Cell(t.arithmetic.chosen([(complete, count)]), failed)
    number = value.number
    number = evolve(number, n=number.n if certain else case((taken, number.n)))
    if function == "sum":
        total = _summed(t, number, over, to, name, most)
        zero = Number(whole(0), total.unit, Range(Fraction(0), Fraction(0)))
        return Cell(
            t.arithmetic.chosen([(exp.and_(complete, present(total.n), copy=False), total), (complete, zero)]), failed
        )
    if function in ("least", "greatest"):
        if any(factor.relation not in t.relations.up(to) for factor in number.factors):
            raise Refused("row_denominators", "1")
        kind = exp.Min if function == "least" else exp.Max
        (n,) = relations.collect(to, over, [(name, kind(this=number.n))])
        found = evolve(number, n=n)
        return Cell(t.arithmetic.chosen([(complete, found)]), failed)
    if function == "product":
        raise Refused("operation", "product")
    if function == "median" or aggregate.drop:
        number, count = _middle(t, aggregate, number, over, to, name, most)
    total = _summed(t, number, over, to, name, most)
    count = evolve(count, n=relations.atom(to, count.n, f"{name}_number"))
    by = t.positive(to, name)
    mean = t.arithmetic.divide(total, count, by)
    if function == "variance":
        square = _summed(t, t.arithmetic.multiply(number, number), over, to, f"{name}_squares", most)
        mean_of_squares = t.arithmetic.divide(square, count, by)
        own = evolve(mean, n=relations.atom(to, mean.n, f"{name}_mean"))
        mean = t.arithmetic.add(mean_of_squares, t.arithmetic.multiply(own, own), minus=True)
    return Cell(t.arithmetic.chosen([(complete, mean)]), failed)


def _by_row(t: Translation, number: Number, over: str, to: str, name: str, most: int) -> Number:
    """The sum over the rows where each is divided by factors of its own: row by row, as so many columns."""
    if most > _UNROLLED:
        raise Refused("row_denominators", str(_UNROLLED))
    order = exp.Order(expressions=[number.n])  # any order will do
    window = exp.Window(this=exp.RowNumber(), partition_by=t.relations.keys(over, to), order=order)
    place = t.relations.atom(over, window, f"{name}_row") if most > 1 else None
    above = t.relations.up(to)
    total = Number(whole(0), Fraction(1), Range(Fraction(0), Fraction(0)))
    for row in range(1, most + 1):

        def of_row(one: exp.Expr, row: int = row) -> exp.Expr:
            return exp.Max(this=one if place is None else case((binary(exp.EQ, place, whole(row)), one)))

        own = [factor for factor in number.factors if factor.relation not in above]
        names = [(f"{name}_{row}", of_row(number.n))]
        names += [(f"{name}_{row}_by", of_row(factor.expression)) for factor in own]
        n, *factors = t.relations.collect(to, over, names)
        held = [
            t.positive(to, f"{name}_{row}")(by, Range(Fraction(1), Fraction(factor.high)), factor.high)
            for by, factor in zip(factors, own, strict=True)
        ]
        rest = [factor for factor in number.factors if factor.relation in above]
        reach = hull(number.range, Range(Fraction(0), Fraction(0)))
        assert isinstance(reach, Range)
        found = Number(exp.func("COALESCE", n, whole(0), copy=False), number.unit, reach, (*rest, *held))
        total = t.arithmetic.add(total, found) if row > 1 else found
    return total


def _summed(t: Translation, number: Number, over: str, to: str, name: str, most: int) -> Number:
    """The sum over the rows; missing where there are none."""
    if any(factor.relation not in t.relations.up(to) for factor in number.factors):
        return _by_row(t, number, over, to, name, most)
    reach = number.range
    low, high = Fraction(0), Fraction(0)
    if reach.low is None or reach.high is None:
        raise Refused("no_bounds")
    low, high = min(low, reach.low * most), max(high, reach.high * most)
    found = Range(low, high)
    total = Number(exp.null(), number.unit, found, number.factors)
    wide = t.arithmetic.fits(total.bound)
    n = t.arithmetic.typed(number.n, wide=True) if wide else number.n
    summed = t.arithmetic.typed(exp.Sum(this=n), wide=wide)
    (column,) = t.relations.collect(to, over, [(name, summed)])
    return evolve(total, n=column)


def _once(
    t: Translation, aggregate: Aggregate, value: Cell, taken: exp.Expr, key: Cell, over: str, name: str
) -> exp.Expr:
    """Whether the row stands for those that are equal in the key: the one with the greatest value."""
    if isinstance(value.value, Number) and value.value.factors:
        raise Refused("row_denominators")
    kept = exp.and_(taken, present(key.plain), present(value.plain), copy=False)
    kept_number = case((kept, whole(1)), other=whole(0))
    window = exp.Window(
        this=exp.RowNumber(),
        partition_by=[*t.relations.keys(over, t.alias(aggregate.to)), key.plain, kept_number],
        order=exp.Order(expressions=[exp.Ordered(this=value.plain, desc=True, nulls_first=False)]),
    )
    first = t.relations.atom(over, window, f"{name}_first")
    return exp.and_(kept, binary(exp.EQ, first, whole(1)), copy=False)


def _middle(
    t: Translation, aggregate: Aggregate, number: Number, over: str, to: str, name: str, most: int
) -> tuple[Number, Number]:
    """The rows in the middle, and how many they are: of a median one or two, of a trimmed mean all but so many."""
    if number.factors:
        raise Refused("row_denominators")
    lacks = case((missing(number.n), whole(1)), other=whole(0))
    partition = [*t.relations.keys(over, to), lacks]
    order = exp.Order(expressions=[exp.Ordered(this=number.n, nulls_first=False)])
    place = t.relations.atom(
        over, exp.Window(this=exp.RowNumber(), partition_by=partition, order=order), f"{name}_place"
    )
    among = t.relations.atom(
        over,
        exp.Window(this=exp.Count(this=exp.Star()), partition_by=list(partition)),
        f"{name}_among",
    )
    if aggregate.function == "median":
        double = binary(exp.Mul, place, whole(2))
        inside = exp.and_(
            binary(exp.GTE, double, among), binary(exp.LTE, double, binary(exp.Add, among, whole(2))), copy=False
        )
    else:
        drop = whole(aggregate.drop)
        inside = exp.and_(binary(exp.GT, place, drop), binary(exp.LTE, place, binary(exp.Sub, among, drop)), copy=False)
    inside = exp.and_(inside, present(number.n), copy=False)
    size = exp.Sum(this=case((inside, whole(1)), other=whole(0)))
    (n,) = t.relations.collect(to, over, [(f"{name}_middle", t.arithmetic.typed(size, wide=False))])
    high = 2 if aggregate.function == "median" else most
    count = Number(exp.func("COALESCE", n, whole(0), copy=False), Fraction(1), Range(Fraction(0), Fraction(high)))
    return evolve(number, n=case((inside, number.n))), count
