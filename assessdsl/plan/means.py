"""Means of several values with weights, to steps. Weights need not sum to 1: each counts for its share of their sum."""

from collections.abc import Sequence
from fractions import Fraction

from assessdsl.plan.builder import Builder
from assessdsl.plan.steps import Calculate, Compare, Logic
from assessdsl.quantity import Unit
from assessdsl.source import Span

Weighted = Sequence[tuple[int, int]]  # values and weights


def mean_steps(
    name: str, values: Weighted, power: Fraction | None, undefined: int | None, builder: Builder, span: Span
) -> int:
    """The step of a mean by its name. `undefined` stands where it has no value: a value below zero, or a zero in a mean
    that divides by the values; without it, the checker has seen that this cannot happen."""
    unit = builder.common(*(value for value, _ in values))
    whole = _sum([weight for _, weight in values], Unit.NUMBER, builder, span)
    match name:
        case "arithmetic_mean":
            return _arithmetic(values, whole, unit, builder, span)
        case "geometric_mean":
            divides, result = False, _geometric(values, whole, unit, builder, span)
        case "harmonic_mean":
            divides, result = True, _generalised(values, whole, Fraction(-1), unit, builder, span)
        case _:
            assert power is not None
            divides, result = power < 0, _generalised(values, whole, power, unit, builder, span)
    if undefined is None:
        return result
    nothing = builder.constant(0, unit, span)
    refused = tuple(
        builder.add(Compare("<=" if divides else "<", value, nothing), Unit.YES_NO, span) for value, _ in values
    )
    return builder.choose(builder.add(Logic("or", refused), Unit.YES_NO, span), undefined, result, span)


def _sum(ids: Sequence[int], unit: Unit, builder: Builder, span: Span) -> int:
    total = ids[0]
    for id in ids[1:]:
        total = builder.add(Calculate("+", (total, id)), unit, span)
    return total


def _arithmetic(values: Weighted, whole: int, unit: Unit, builder: Builder, span: Span) -> int:
    parts = [builder.add(Calculate("*", pair), unit, span) for pair in values]
    return builder.add(Calculate("/", (_sum(parts, unit, builder, span), whole)), unit, span)


def _geometric(values: Weighted, whole: int, unit: Unit, builder: Builder, span: Span) -> int:
    """Rounded only once: the product of the powers is one step."""
    factors: list[int] = []
    for value, weight in values:
        factors += (value, builder.add(Calculate("/", (weight, whole)), Unit.NUMBER, span))
    return builder.add(Calculate("power", tuple(factors)), unit, span)


def _generalised(values: Weighted, whole: int, power: Fraction, unit: Unit, builder: Builder, span: Span) -> int:
    """The mean of the values' powers, to the power of the inverse."""
    exponent, inverse = (builder.constant(number, Unit.NUMBER, span) for number in (power, 1 / power))
    raised = [
        (builder.add(Calculate(_operator(power), (value, exponent)), unit, span), weight) for value, weight in values
    ]
    mean = _arithmetic(raised, whole, unit, builder, span)
    return builder.add(Calculate(_operator(1 / power), (mean, inverse)), unit, span)


def _operator(power: Fraction) -> str:
    return "whole_power" if power.denominator == 1 else "power"
