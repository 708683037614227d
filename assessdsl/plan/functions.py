"""The functions of the language to steps, given the steps of their operands."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from attrs import frozen

from assessdsl.check.units import ROOTS, rounded_unit
from assessdsl.plan.builder import Builder
from assessdsl.plan.means import mean_steps
from assessdsl.plan.steps import ENTITY, Calculate, Clamp, Compare, Load, Logic, Round, Supply
from assessdsl.quantity import Unit
from assessdsl.source import Span

# By their names: what is not a step, a value or an operand of its own, but says what another one is for.
PLAIN: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("min", "max", "abs", "clamp", "floor", "ceiling", "brackets", "is_missing", "exp"), frozenset()),
    "arithmetic_mean": frozenset(),
    "ratio": frozenset({"zero"}),
    "ladder": frozenset({"below"}),
    "lookup": frozenset({"otherwise"}),
    **dict.fromkeys(("sqrt", "root", "power", "ln", "geometric_mean", "harmonic_mean"), frozenset({"undefined"})),
    "generalised_mean": frozenset({"power", "undefined"}),
}


@frozen
class Operand:
    """An operand of a call: `value`, `label: value`, or `key: value`."""

    value: int
    span: Span
    key: int | None = None
    label: str = ""


def function_steps(name: str, operands: Sequence[Operand], builder: Builder, span: Span) -> int:
    """The step of the call's value."""
    plain = tuple(operand.value for operand in operands if not operand.label)
    labelled = {operand.label: operand.value for operand in operands if operand.label}
    undefined = labelled.get("undefined")
    match name:
        case "min" | "max":
            return builder.add(Calculate(name, plain), builder.common(*plain), span)
        case "abs":
            return builder.add(Calculate("abs", plain), builder.unit(plain[0]), span)
        case "clamp":
            value, low, high = plain
            return builder.add(Clamp(value, low, high), builder.common(*plain), span)
        case "floor" | "ceiling":
            return builder.add(Round(plain[0], name, 0), rounded_unit(builder.unit(plain[0])), span)
        case "is_missing":
            return builder.add(Calculate("is_missing", plain), Unit.YES_NO, span)
        case "ratio":
            left, right = plain
            nothing = builder.constant(0, builder.unit(right), span)
            is_zero = builder.add(Compare("==", right, nothing), Unit.YES_NO, operands[1].span)
            return builder.choose(is_zero, labelled["zero"], builder.calculate("/", left, right, span), span)
        case "ladder" | "lookup" | "brackets":
            subject, *rest = operands
            steps = [operand for operand in rest if operand.key is not None]
            if name == "brackets":
                return _brackets(subject.value, steps, builder, span)
            return _chosen(name, subject.value, steps, labelled, builder)
        case "sqrt" | "root":
            degree = Fraction(2) if name == "sqrt" else builder.value(plain[1])
            return _root(plain[0], degree, undefined, builder, span)
        case "power":
            return _power(plain[0], plain[1], undefined, builder, span)
        case "ln":
            logarithm = builder.add(Calculate("ln", plain), Unit.NUMBER, span)
            nothing = builder.constant(0, builder.unit(plain[0]), span)
            return _unless(("<=", plain[0], nothing), undefined, logarithm, builder, span)
        case "exp":
            return builder.add(Calculate("exp", plain), Unit.NUMBER, span)
        case _:
            one = builder.constant(1, Unit.NUMBER, span)
            values = [operand for operand in operands if not operand.label]
            values_and_weights = [
                (operand.value, one) if operand.key is None else (operand.key, operand.value) for operand in values
            ]
            exponent = builder.value(labelled["power"]) if "power" in labelled else None
            return mean_steps(name, values_and_weights, exponent, undefined, builder, span)


def _chosen(name: str, subject: int, steps: Sequence[Operand], labelled: Mapping[str, int], builder: Builder) -> int:
    """The value of the last step reached, or of the one that the subject equals. Where every possible value is listed,
    the last needs no comparison."""
    instead = labelled.get("below" if name == "ladder" else "otherwise")
    if instead is None:
        *steps, last = steps
        instead = last.value
    result = instead
    for step in steps:
        assert step.key is not None
        reached = Compare(">=" if name == "ladder" else "==", subject, step.key)
        condition = builder.add(reached, Unit.YES_NO, step.span)
        result = builder.choose(condition, step.value, result, step.span)
    return result


def _brackets(subject: int, steps: Sequence[Operand], builder: Builder, span: Span) -> int:
    """Of each bracket the part of the subject that lies in it, by its rate."""
    unit = builder.unit(subject)
    parts: list[int] = []
    for number, step in enumerate(steps):
        assert step.key is not None
        end = steps[number + 1].key if number + 1 < len(steps) else None
        held = builder.add(Clamp(subject, step.key, end), unit, step.span)
        inside = builder.add(Calculate("-", (held, step.key)), unit, step.span)
        parts.append(builder.calculate("*", inside, step.value, step.span))
    return builder.joined("+", parts, span)


# ---------------------------------------------------------------- powers and roots


def _unless(condition: tuple[str, int, int], undefined: int | None, value: int, builder: Builder, span: Span) -> int:
    """The value, or the author's where there is none; without one the checker has seen that it cannot happen."""
    if undefined is None:
        return value
    sign, left, right = condition
    when = builder.add(Compare(sign, left, right), Unit.YES_NO, span)  # type: ignore[arg-type]
    return builder.choose(when, undefined, value, span)


def _root(x: int, degree: Fraction, undefined: int | None, builder: Builder, span: Span) -> int:
    unit = ROOTS[builder.unit(x)]
    inverse = builder.constant(1 / degree, Unit.NUMBER, span)
    nothing = builder.constant(0, builder.unit(x), span)
    root = builder.add(Calculate("power", (x, inverse)), unit, span)
    if degree % 2 == 0:
        return _unless(("<", x, nothing), undefined, root, builder, span)
    # an odd root of a number below zero is the one of its opposite, below zero
    opposite = builder.add(Calculate("neg", (x,)), builder.unit(x), span)
    mirrored = builder.add(Calculate("power", (opposite, inverse)), unit, span)
    below = builder.add(Calculate("neg", (mirrored,)), unit, span)
    is_below = builder.add(Compare("<", x, nothing), Unit.YES_NO, span)
    return builder.choose(is_below, below, root, span)


def _power(x: int, y: int, undefined: int | None, builder: Builder, span: Span) -> int:
    unit, known = ROOTS[builder.unit(x)], builder.value(y)
    nothing = builder.constant(0, builder.unit(x), span)
    if known is not None and known.denominator == 1:
        whole = builder.add(Calculate("whole_power", (x, y)), unit, span)
        return whole if known >= 0 else _unless(("==", x, nothing), undefined, whole, builder, span)
    result = builder.add(Calculate("power", (x, y)), unit, span)
    if known is not None:
        return _unless(("<" if known > 0 else "<=", x, nothing), undefined, result, builder, span)
    if undefined is None:
        return result
    no_number = builder.constant(0, builder.unit(y), span)
    is_below = builder.add(Compare("<", x, nothing), Unit.YES_NO, span)
    is_zero = builder.add(Compare("==", x, nothing), Unit.YES_NO, span)
    falls = builder.add(Compare("<", y, no_number), Unit.YES_NO, span)
    no_inverse = builder.add(Logic("and", (is_zero, falls)), Unit.YES_NO, span)
    when = builder.add(Logic("or", (is_below, no_inverse)), Unit.YES_NO, span)
    return builder.choose(when, undefined, result, span)


def survey(name: str, id: int, builder: Builder, span: Span) -> int:
    """`sample(…)` or `result(…)` of a fact."""
    operation = builder.steps[id].operation
    if isinstance(operation, Supply) and name == "result":
        given = survey(name, operation.value, builder, span)
        return builder.add(Supply(given, operation.instead), Unit.SHARE, span)
    # what stands in for a missing result is no sample
    load = builder.steps[operation.value].operation if isinstance(operation, Supply) else operation
    assert isinstance(load, Load)
    assert load.source == "entity"
    if name == "sample":
        return builder.add(Load("sample", load.name), Unit.COUNT, span, grain=ENTITY, name=load.name)
    return builder.add(Load("entity", load.name), Unit.SHARE, span, grain=ENTITY, name=load.name)
