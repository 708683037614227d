"""Conditions over several years of which some are not known."""

from collections.abc import Sequence

from assessdsl.plan.builder import Builder
from assessdsl.plan.steps import Calculate, Compare, Logic, Supply
from assessdsl.quantity import Unit
from assessdsl.source import Span


def not_held_if_unknown(years: Sequence[int], builder: Builder, span: Span) -> tuple[int, ...]:
    """The conditions of the years, where a year that is not known is one in which it did not hold."""
    no = builder.constant(False, Unit.YES_NO, span)
    return tuple(builder.add(Supply(year, no), Unit.YES_NO, span) for year in years)


def held_in_known(years: Sequence[int], of: int, at_least: int, builder: Builder, span: Span) -> int:
    """Whether it held in at least so many of the last `of` years that are known. With fewer known years it can hold
    only in those."""
    one, none = (builder.constant(number, Unit.COUNT, span) for number in (1, 0))
    most, least = (builder.constant(number, Unit.COUNT, span) for number in (of, at_least))
    known, held = none, none  # so far, from this year backwards
    for year, holds in zip(years, not_held_if_unknown(years, builder, span), strict=True):
        unknown = builder.add(Calculate("is_missing", (year,)), Unit.YES_NO, span)
        known = builder.calculate("+", known, builder.choose(unknown, none, one, span), span)
        counts = builder.add(
            Logic("and", (holds, builder.add(Compare("<=", known, most), Unit.YES_NO, span))), Unit.YES_NO, span
        )
        held = builder.calculate("+", held, builder.choose(counts, one, none, span), span)
    return builder.add(Compare(">=", held, least), Unit.YES_NO, span)
