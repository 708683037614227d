"""The units of plain functions: whole numbers, tables, brackets, powers, means of several values."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from assessdsl.check.amounts import check_whole
from assessdsl.check.constants import constant
from assessdsl.check.context import Context
from assessdsl.check.expressions import called_from, common, mismatch, unit_of
from assessdsl.check.names import Scope, word_of
from assessdsl.check.operands import Operands
from assessdsl.check.units import ROOTS, combine, rounded_unit
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Call, Expression
from assessdsl.vocabulary import vocabulary

FUNCTIONS: Final = frozenset(
    {
        "min", "max", "clamp", "abs", "ratio", "floor", "ceiling",
        "ladder", "lookup", "brackets", "sqrt", "root", "power", "ln", "exp",
        "arithmetic_mean", "geometric_mean", "harmonic_mean", "generalised_mean",
    }
)  # fmt: skip
_DEGREES: Final = 100  # of a root
_LISTED: Final = 6  # values that a remark names
Keyed = tuple[Expression, Expression]  # key and value


def function_unit(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    """The unit of the call's result, None where something is wrong."""
    match call.function.id:
        case "min" | "max" | "clamp":
            return _common(call, operands.plain, scope, context)
        case "abs":
            return number(call, operands.plain[0], scope, context)
        case "ratio":
            return _ratio(call, operands, scope, context)
        case "floor" | "ceiling":
            return _whole(call, operands.plain[0], scope, context)
        case "ladder":
            return _ladder(call, operands, scope, context)
        case "lookup":
            return _lookup(call, operands, scope, context)
        case "brackets":
            return _brackets(call, operands, scope, context)
        case "sqrt" | "root" | "power":
            return _power(call, operands, scope, context)
        case "ln" | "exp":
            has_one = _dimensionless(call, operands.plain[0], scope, context) is not None
            return _or_undefined(call, Unit.NUMBER if has_one else None, operands, scope, context)
        case _:
            return _mean(call, operands, scope, context)


def keyed(call: Call) -> list[Keyed]:
    """The operands with keys that are no labels."""
    labels = vocabulary().get("function", call.function.id).labels or ()
    return [(a.key, a.value) for a in call.arguments if a.key is not None and word_of(a.key) not in labels]


def number(call: Call, operand: Expression, scope: Scope, context: Context, *other: Unit) -> Unit | None:
    """The unit of an operand that must be a number, or of one of the other units."""
    unit = unit_of(operand, scope, context)
    if unit is not None and not unit.is_number and unit is not Unit.ANY and unit not in other:
        _not_a_number(call, operand, unit, scope, context)
        return None
    return unit


def _not_a_number(call: Call, operand: Expression, unit: Unit, scope: Scope, context: Context) -> None:
    name, text = call.function.text, context.unit_text(unit)
    context.add("AS3006", operand.span, called_from(scope), operator=name, unit=text)


def _common(call: Call, operands: Sequence[Expression], scope: Scope, context: Context) -> Unit | None:
    found = common([(operand, unit_of(operand, scope, context)) for operand in operands], call.span, scope, context)
    if found is not None and not found.is_number and found not in (Unit.DATE, Unit.ANY):
        _not_a_number(call, operands[0], found, scope, context)
        return None
    return found


def _ratio(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    left, right = (unit_of(operand, scope, context) for operand in operands.plain)
    zero = unit_of(operands.labelled["zero"], scope, context)
    if left is None or right is None or zero is None:
        return None
    unit = combine("/", left, right)
    if unit is None:
        mismatch("/", (operands.plain[0], left), (operands.plain[1], right), call.span, scope, context)
        return None
    return common([(call, unit), (operands.labelled["zero"], zero)], call.span, scope, context)


def _whole(call: Call, operand: Expression, scope: Scope, context: Context) -> Unit | None:
    unit = number(call, operand, scope, context)
    if unit in (Unit.PERCENT, Unit.PP):
        one = f"1 {context.spelled('measure', 'pp')}"
        suggestion = f"{call.function.text}({operand.span.text} / {one})" if unit is Unit.PP else ""
        found, text = operand.span.text, context.unit_text(unit)
        context.add("AS3101", operand.span, called_from(scope), found=found, unit=text, suggestion=suggestion)
        return None
    return None if unit is None else rounded_unit(unit)


# ---------------------------------------------------------------- ladders, tables, brackets


def _ladder(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    unit = number(call, operands.plain[0], scope, context, Unit.DATE)
    steps = keyed(call)
    _steps(operands.plain[0], unit, steps, scope, context)
    if "below" not in operands.labelled:
        context.add("AS4006", call.span, called_from(scope), function=call.function.text)
    if not _has(steps, call, scope, context):
        return None
    values = [value for _, value in steps] + list(operands.labelled.values())
    return common([(value, unit_of(value, scope, context)) for value in values], call.span, scope, context)


def _brackets(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    subject, steps = operands.plain[0], keyed(call)
    unit = number(call, subject, scope, context)
    _steps(subject, unit, steps, scope, context)
    if not _has(steps, call, scope, context):
        return None
    found: list[tuple[Expression, Unit | None]] = []
    for key, rate in steps:
        rate_unit = number(call, rate, scope, context)
        if unit is None or rate_unit is None:
            return None
        product = combine("*", unit, rate_unit)
        if product is None:
            mismatch("*", (subject, unit), (rate, rate_unit), key.span.to(rate.span), scope, context)
            return None
        found.append((rate, product))
    return common(found, call.span, scope, context)


def _has(steps: Sequence[Keyed], call: Call, scope: Scope, context: Context) -> bool:
    if not steps:
        context.add("AS4042", call.span, called_from(scope), function=call.function.text)
    return bool(steps)


def _steps(subject: Expression, unit: Unit | None, steps: Sequence[Keyed], scope: Scope, context: Context) -> None:
    """Steps are known before the data, are of the subject's unit, and rise."""
    _comparable("<", (subject, unit), [key for key, _ in steps], scope, context)
    last: tuple[Expression, object] | None = None
    for key, _ in steps:
        known = _known(key, scope, context)
        if known is None:
            continue
        if last is not None and type(last[1]) is type(known) and not known > last[1]:  # type: ignore[operator]
            before = last[0].span.text
            context.add("AS4005", key.span, called_from(scope), step=key.span.text, before=before)
        last = key, known


def _comparable(
    sign: str, subject: tuple[Expression, Unit | None], keys: Sequence[Expression], scope: Scope, context: Context
) -> None:
    """Remarks once on all the keys that do not go with the subject."""
    wrong: list[tuple[Expression, Unit]] = []
    for key in keys:
        unit = unit_of(key, scope, context)
        if subject[1] is not None and unit is not None and combine(sign, subject[1], unit) is None:
            wrong.append((key, unit))
    if wrong and subject[1] is not None:
        first, *others = wrong
        too = tuple(Related(key.span, f"and `{key.span.text}`", f"`{key.span.text}` 亦然") for key, _ in others)
        mismatch(sign, (subject[0], subject[1]), first, first[0].span, scope, context, too)


def _known(expression: Expression, scope: Scope, context: Context) -> object | None:
    """The value of a constant; remarks where it is none, but for parameters of a definition."""
    known = constant(expression, context.checked)
    if known is None and not any(name in scope.parameters for name in (word_of(expression), _id(expression))):
        context.add("AS3011", expression.span, called_from(scope), found=expression.span.text)
    return None if known is None else known[0]


def _id(expression: Expression) -> str:
    return getattr(expression, "id", "")


def _lookup(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    subject, steps = operands.plain[0], keyed(call)
    unit = unit_of(subject, scope, context)
    seen: dict[object, Expression] = {}
    _comparable("==", (subject, unit), [key for key, _ in steps], scope, context)
    for key, _ in steps:
        known = _id(key) if unit is Unit.LEVEL else _known(key, scope, context)
        if known in seen and known is not None:
            context.add("AS3104", key.span, called_from(scope), found=key.span.text)
        seen.setdefault(known, key)
    if not _has(steps, call, scope, context) or unit is None:
        return None
    if "otherwise" not in operands.labelled:
        _exhaustive(call, unit, seen, scope, context)
    values = [value for _, value in steps] + list(operands.labelled.values())
    return common([(value, unit_of(value, scope, context)) for value in values], call.span, scope, context)


def _exhaustive(call: Call, unit: Unit, seen: dict[object, Expression], scope: Scope, context: Context) -> None:
    """Where not all possible values are listed, it must be said what the others give."""
    policy = context.policy
    possible: list[tuple[object, str]]
    match unit:
        case Unit.YES_NO:
            possible = [(True, context.spelled("name", "yes")), (False, context.spelled("name", "no"))]
        case Unit.TIER:
            possible = [(tier.name, tier.name) for tier in policy.tiers]
        case Unit.GROUP:
            possible = [(group.name, group.name) for group in policy.groups]
        case Unit.LEVEL if scope.indicator is not None:
            possible = [(level.name, level.name) for level in scope.indicator.levels]
        case _:
            possible = []
    lacking = [text for value, text in possible if value not in seen]
    if lacking or not possible:
        listed = ", ".join(f"`{text}`" for text in lacking[:_LISTED])
        context.add("AS3103", call.span, called_from(scope), function=call.function.text, lacking=listed)


# ---------------------------------------------------------------- powers and means


def _dimensionless(call: Call, operand: Expression, scope: Scope, context: Context) -> Unit | None:
    """The unit of a root or power of the operand: of a plain number or a ratio."""
    unit = number(call, operand, scope, context)
    if unit is not None and unit not in ROOTS:
        ones = {Unit.MONEY: "yuan", Unit.DAYS: "days", Unit.MONTHS: "months", Unit.YEARS: "years", Unit.PP: "pp"}
        measure = ones.get(unit)
        one = context.spelled("measure", measure) if measure else unit.label
        suggestion = f"{operand.span.text} / 1 {one}" if one else ""
        text, found = context.unit_text(unit), operand.span.text
        name = call.function.text
        related = called_from(scope)
        context.add("AS3105", operand.span, related, function=name, found=found, unit=text, suggestion=suggestion)
        return None
    return None if unit is None else ROOTS[unit]


def _power(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    unit = _dimensionless(call, operands.plain[0], scope, context)
    if call.function.id == "root":
        degree = check_whole(operands.plain[1], (Unit.NUMBER,), context)
        if degree is not None and not 2 <= degree <= _DEGREES:
            span = operands.plain[1].span
            context.add("AS3110", span, called_from(scope), found=span.text, least="2", most=str(_DEGREES))
    if call.function.id == "power" and _dimensionless(call, operands.plain[1], scope, context) is None:
        return None
    return _or_undefined(call, unit, operands, scope, context)


def _or_undefined(call: Call, unit: Unit | None, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    """The unit of the value, which is also that of what stands in for it."""
    undefined = operands.labelled.get("undefined")
    if undefined is None or unit is None:
        return unit
    return common([(call, unit), (undefined, unit_of(undefined, scope, context))], call.span, scope, context)


def _mean(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    weighted = keyed(call)
    values = [*operands.plain, *(key for key, _ in weighted)]
    if not values:
        name = call.function.text
        context.add("AS2111", call.span, called_from(scope), function=name, expected="1+", given="0")
        return None
    if weighted and operands.plain:
        context.add("AS3108", operands.plain[0].span, called_from(scope), found=operands.plain[0].span.text)
    for _, weight in weighted:
        if number(call, weight, scope, context) is not None:
            known = _known(weight, scope, context)
            if isinstance(known, Fraction) and known <= 0:
                context.add("AS3109", weight.span, called_from(scope), found=weight.span.text)
    power = operands.labelled.get("power")
    has_power = power is not None and number(call, power, scope, context) is not None
    if power is not None and has_power and _known(power, scope, context) == 0:
        name = context.spelled("function", "geometric_mean")
        context.add("AS3111", power.span, called_from(scope), suggestion=name)
    units = [(value, number(call, value, scope, context)) for value in values]
    if (undefined := operands.labelled.get("undefined")) is not None:
        units.append((undefined, unit_of(undefined, scope, context)))
    return common(units, call.span, scope, context)
