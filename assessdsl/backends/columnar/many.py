"""Many values to one: the items of an entity, and the entries of an item."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Protocol

from attrs import evolve, frozen

from assessdsl.backends.columnar.choices import Choices
from assessdsl.backends.columnar.forms import Held, Near, Number, Text, Truth, Whole, ends
from assessdsl.backends.columnar.nodes import Bit
from assessdsl.plan.steps import Aggregate


class Values(Protocol):
    """The values of steps, for one row of some grain."""

    def __getitem__(self, id: int) -> Held: ...


@frozen
class Row:
    """What one row of the finer grain gives, where it is `kept`: it is there, and is not left out."""

    kept: Bit
    value: Held
    missing: Bit
    left: Bit
    key: Held | None


def aggregated(choices: Choices, aggregate: Aggregate, rows: Sequence[tuple[Values, Bit]]) -> Held:
    """Of the rows of the finer grain that there may be, each with whether it is there."""
    if aggregate.function in ("any", "all"):
        return joined(choices, aggregate, rows)
    p = choices.program
    found = offered(choices, aggregate, rows)
    missing, left = p.either(*(row.missing for row in found)), p.either(*(row.left for row in found))
    if aggregate.distinct is not None and len(found) > 1:
        found, doubt = _once(choices, found)
        left = p.either(left, doubt)
    several = _Several(choices, [row for row in found if row.value.form is not None])
    result = several.aggregate(aggregate)
    return Held(result.form, p.either(missing, result.missing), p.either(left, result.left))


def offered(choices: Choices, aggregate: Aggregate, rows: Sequence[tuple[Values, Bit]]) -> list[Row]:
    """What each row that there may be gives."""
    return [_row(choices, aggregate, given, exists) for given, exists in rows if exists is not False]


def joined(choices: Choices, aggregate: Aggregate, rows: Sequence[tuple[Values, Bit]]) -> Held:
    """Whether any holds, or all. A row that may or may not belong leaves that open only if it could decide it."""
    is_any = aggregate.function == "any"
    found = []
    for given, exists in rows:
        if exists is False:
            continue
        value, belongs = given[aggregate.value], Held(Truth(exists))
        if aggregate.when is not None:
            belongs = choices.logic("and", [belongs, given[aggregate.when]])
        own = belongs if is_any else choices.logic("not", [belongs])
        found.append(choices.logic("and" if is_any else "or", [own, value]))
    return choices.logic("or" if is_any else "and", found) if found else Held(Truth(not is_any))


def _row(choices: Choices, aggregate: Aggregate, given: Values, exists: Bit) -> Row:
    p, value, kept = choices.program, given[aggregate.value], exists
    missing: Bit = False
    left: Bit = False
    if aggregate.when is not None:
        when = given[aggregate.when]
        kept = p.both(exists, choices.truth(when))
        missing, left = p.both(exists, when.missing), p.both(exists, when.left)
    key = None if aggregate.distinct is None else given[aggregate.distinct]
    for one in (value,) if key is None else (value, key):
        missing = p.either(missing, p.both(kept, one.missing))
        left = p.either(left, p.both(kept, one.left))
    return Row(kept, value, missing, left, key)


def _once(choices: Choices, rows: Sequence[Row]) -> tuple[list[Row], Bit]:
    """Of rows with equal keys the one with the greatest value, the first of those; and where that is left open."""
    p = choices.program
    found: list[Row] = []
    open_rows: Bit = False
    for at, row in enumerate(rows):
        kept = row.kept
        for other_at, other in enumerate(rows):
            if other_at == at or row.value.form is None or other.value.form is None:
                continue
            same = p.both(row.kept, other.kept, _same(choices, row.key, other.key))
            sign = ">=" if other_at < at else ">"
            better, doubt = choices.numbers.compare(other.value.form, sign, row.value.form)  # type: ignore[arg-type]
            kept = p.both(kept, p.opposite(p.both(same, better)))
            open_rows = p.either(open_rows, p.both(same, doubt))
        found.append(evolve(row, kept=kept))
    return found, open_rows


def _same(choices: Choices, left: Held | None, right: Held | None) -> Bit:
    p = choices.program
    match left and left.form, right and right.form:
        case Text() as one, Text() as two if one.words == two.words:
            return p.compare(one.node, "==", two.node)
        case Text() as one, Text() as two:
            shared = [word for word in one.words if word in two.words]
            return p.either(*(p.both(choices.is_word(one, word), choices.is_word(two, word)) for word in shared))
        case _:
            return False  # one of them is never there


@frozen
class _Several:
    """Rows with values, each with whether it is kept."""

    choices: Choices
    rows: Sequence[Row]

    def aggregate(self, aggregate: Aggregate) -> Held:
        match aggregate.function:
            case "sum":
                return Held(self._sum())
            case "count":
                return Held(self._count())
            case "product":
                return Held(self._product())
            case _ if not self.rows:
                return Held(None, missing=True)
            case "mean" if aggregate.drop:
                return self._trimmed(aggregate.drop)
            case "mean":
                return self._mean()
            case "variance":
                return self._variance()
            case "median":
                return self._median()
            case "least":
                return self._extreme("<")
            case _:
                return self._extreme(">")

    @property
    def _none(self) -> Bit:
        p = self.choices.program
        return p.opposite(p.either(*(row.kept for row in self.rows)))

    def _known(self, number: int) -> Number:
        return self.choices.numbers.known(Fraction(number))

    def _each(self, nothing: int) -> list[Number]:
        """The values, and something else of the rows that are not kept."""
        choose, instead = self.choices.numbers.choose, self._known(nothing)
        return [choose(row.kept, row.value.form, instead) for row in self.rows]  # type: ignore[arg-type]

    def _sum(self) -> Number:
        total = self._known(0)
        for number in self._each(0):
            total = self.choices.numbers.add(total, number)
        return total

    def _count(self) -> Number:
        numbers, total = self.choices.numbers, self._known(0)
        for row in self.rows:
            total = numbers.add(total, numbers.choose(row.kept, self._known(1), self._known(0)))
        return total

    def _product(self) -> Number:
        product = self._known(1)
        for number in self._each(1):
            product = self.choices.numbers.multiply(product, number)
        return product

    def _mean(self) -> Held:
        if len(self.rows) == 1:
            return Held(self.rows[0].value.form, missing=self._none)
        mean, none = self.choices.numbers.divide(self._sum(), self._count())
        return Held(mean, missing=none)

    def _variance(self) -> Held:
        numbers = self.choices.numbers
        if len(self.rows) == 1:
            return Held(self._known(0), missing=self._none)
        count, total, squares = self._count(), self._sum(), self._known(0)
        for number in self._each(0):
            squares = numbers.add(squares, numbers.multiply(number, number))
        above = numbers.add(numbers.multiply(count, squares), numbers.multiply(total, total), "-")
        variance, none = numbers.divide(above, numbers.multiply(count, count))
        return Held(variance, missing=none)

    def _extreme(self, sign: str) -> Held:
        p, numbers = self.choices.program, self.choices.numbers
        first, *others = self.rows
        result, seen = first.value.form, first.kept
        left: Bit = False
        for row in others:
            extreme, doubt = numbers.extreme(result, row.value.form, sign)  # type: ignore[arg-type]
            left = p.either(left, p.both(seen, row.kept, doubt))
            result = numbers.choose(seen, numbers.choose(row.kept, extreme, result), row.value.form)  # type: ignore[arg-type]
            seen = p.either(seen, row.kept)
        return Held(result, p.opposite(seen), left)

    # ------------------------------------------------------------ in order

    def _in_order(self) -> list[Number]:
        """The values, the least first and those that are kept before the others. Those of which the divisors differ are
        then known but for a little."""
        p, numbers = self.choices.program, self.choices.numbers
        forms: list[Number] = [row.value.form for row in self.rows]  # type: ignore[misc]
        if not all(isinstance(form, Whole) for form in forms):
            forms = [Near(p.as_real(numbers.near(form))) for form in forms]
        last = numbers.constant(Fraction(max(floor(ends(form)[1]) for form in forms) + 1))
        found = [numbers.choose(row.kept, form, last) for row, form in zip(self.rows, forms, strict=True)]
        for end in range(len(found) - 1, 0, -1):
            for at in range(end):
                pair = found[at], found[at + 1]
                found[at], found[at + 1] = (numbers.extreme(*pair, sign)[0] for sign in "<>")
        return found

    def _median(self) -> Held:
        p, numbers, ordered, count = self.choices.program, self.choices.numbers, self._in_order(), self._count()
        assert isinstance(count, Whole)
        middle: Number = self._known(0)
        for number in range(1, len(ordered) + 1):
            both = numbers.add(ordered[(number - 1) // 2], ordered[number // 2])
            middle = numbers.choose(p.compare(count.node, "==", p.constant(number)), both, middle)
        return Held(numbers.multiply(numbers.known(Fraction(1, 2)), middle), missing=self._none)

    def _trimmed(self, drop: int) -> Held:
        """The mean without so many of the least and of the greatest."""
        p, numbers, ordered, count = self.choices.program, self.choices.numbers, self._in_order(), self._count()
        assert isinstance(count, Whole)
        total: Number = self._known(0)
        for at in range(drop, len(ordered) - drop):
            is_within = p.compare(p.constant(at + drop), "<", count.node)
            total = numbers.add(total, numbers.choose(is_within, ordered[at], self._known(0)))
        rest = p.greatest(p.subtract(count.node, p.constant(2 * drop)), p.constant(0))
        mean, none = numbers.divide(total, Whole(rest, 1))
        return Held(mean, missing=none)
