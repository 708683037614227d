"""The aggregates of the language, many rows to one value, and the places of rows among others."""

from fractions import Fraction

from attrs import frozen

from assessdsl.plan.builder import Builder
from assessdsl.plan.steps import ENTITY, GROUP, POLICY, Aggregate, Calculate, Compare, Grain, Load, Rank
from assessdsl.quantity import Unit
from assessdsl.source import Span

# A rate's distance from another rate is in percentage points.
_SPREAD = {Unit.PERCENT: Unit.PP}


@frozen
class Rows:
    """The rows of a grain under each row of a coarser one, those for which the condition holds."""

    builder: Builder
    over: Grain
    to: Grain
    condition: int | None
    span: Span

    def aggregate(self, function: str, value: int, *, drop: int = 0) -> int:
        unit = Unit.COUNT if function == "count" else self.builder.unit(value)
        aggregate = Aggregate(function, value, self.over, self.to, self.condition, drop=drop)  # type: ignore[arg-type]
        return self.builder.add(aggregate, unit, self.span, grain=self.to)

    def weighted_sum(self, value: int, weight: int) -> int:
        weighted = self.builder.add(Calculate("*", (value, weight)), self.builder.unit(value), self.span)
        return self.aggregate("sum", weighted)

    def weighted_mean(self, value: int, weight: int) -> int:
        sums = (self.weighted_sum(value, weight), self.aggregate("sum", weight))
        return self.builder.add(Calculate("per", sums), self.builder.unit(value), self.span)

    def trimmed_mean(self, value: int, drop: int, fewer: int) -> int:
        """Of too few rows, those that are dropped would be all."""
        least = self.builder.constant(2 * drop + 1, Unit.COUNT, self.span)
        too_few = self.builder.add(Compare("<", self.aggregate("count", value), least), Unit.YES_NO, self.span)
        return self.builder.choose(too_few, fewer, self.aggregate("mean", value, drop=drop), self.span)

    def deviation(self, value: int) -> int:
        return root_of_variance(self.aggregate("variance", value), self.builder, self.span)


def root_of_variance(variance: int, builder: Builder, span: Span) -> int:
    unit = builder.unit(variance)
    half = builder.constant(Fraction(1, 2), Unit.NUMBER, span)
    return builder.add(Calculate("power", (variance, half)), _SPREAD.get(unit, unit), span)


def variance_of(mean: int, squares: int, count: int, builder: Builder, span: Span) -> int:
    """Of rows of several grains: the mean of their squares less the square of their mean, which is exactly theirs."""
    unit = builder.unit(mean)
    of_squares = builder.add(Calculate("per", (squares, count)), unit, span)
    square = builder.add(Calculate("*", (mean, mean)), unit, span)
    return builder.add(Calculate("-", (of_squares, square)), unit, span)


def place_from_the_end(keys: tuple[int, ...], within: str, ties: str, offset: int, builder: Builder, span: Span) -> int:
    # counted from the end, a tie that is included has the best place it could have, one that is not the worst
    method = "shared" if ties == "included" else "last"
    rank = Rank(keys, within, method, offset=offset)  # type: ignore[arg-type]
    return builder.add(rank, Unit.COUNT, span, grain=ENTITY, name="in_bottom")


def number_ranked(keys: tuple[int, ...], within: str, offset: int, builder: Builder, span: Span) -> int:
    """How many of the peers have a place: of this year, or in the results published so many years ago."""
    if offset:
        name = "peers_in_group" if within == "group" else "peers"
        return builder.add(Load("history", name, offset), Unit.COUNT, span, grain=ENTITY)
    return Rows(builder, ENTITY, GROUP if within == "group" else POLICY, None, span).aggregate("count", keys[0])


def place_among(value: int, within: str, ties: str, lowest_first: bool, builder: Builder, span: Span) -> int:
    rank = Rank((value,), within, ties, lowest_first=lowest_first)  # type: ignore[arg-type]
    return builder.add(rank, Unit.COUNT, span, grain=builder.steps[value].grain, name="rank_of")
