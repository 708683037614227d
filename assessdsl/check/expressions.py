"""Units of expressions; names that are not known, or not here; operands that do not go together."""

from itertools import pairwise
from typing import Final, assert_never

from assessdsl.check.context import Context
from assessdsl.check.names import COLLECTIONS, FAMILY_TEXT, MEANINGS, OF_ENTRIES, OF_PLANS, Family, Scope
from assessdsl.check.units import COMPARISONS, combine, join, literal
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit, exact_text
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Choice, Day, Expression, Name, Number, Operation, Prefix, Text
from assessdsl.vocabulary import Kind, vocabulary

DEPTH: Final = 150


def unit_of(expression: Expression, scope: Scope, context: Context) -> Unit | None:
    """The unit of an expression. None: something is wrong in it, which was remarked on."""
    if context.depth >= DEPTH:
        context.add("AS2121", scope.call or expression.span, limit=str(DEPTH))
        return None
    context.depth += 1
    try:
        return _unit(expression, scope, context)
    finally:
        context.depth -= 1


def _unit(expression: Expression, scope: Scope, context: Context) -> Unit | None:
    match expression:
        case Number():
            return literal(expression)[1]
        case Text():
            return Unit.TEXT
        case Day():
            return Unit.DATE
        case Name():
            return _name(expression, scope, context)
        case Call():
            return context.call_unit(expression, scope, context)
        case Prefix("not", operand):
            condition(operand, scope, context)
            return Unit.YES_NO
        case Prefix(_, operand, span):
            unit = unit_of(operand, scope, context)
            if unit is not None and not unit.is_number and unit is not Unit.ANY:
                context.add("AS3006", span, called_from(scope), operator="-", unit=context.unit_text(unit))
                return None
            return unit
        case Choice(when, chosen, other, span):
            condition(when, scope, context)
            units = [(part, unit_of(part, scope, context)) for part in (chosen, other)]
            return common(units, span, scope, context)
        case Operation():
            return _operation(expression, scope, context)
        case _:
            assert_never(expression)


def condition(expression: Expression, scope: Scope, context: Context) -> None:
    """Remarks on a condition that is not yes or no."""
    unit = unit_of(expression, scope, context)
    if unit is not None and unit not in (Unit.YES_NO, Unit.ANY):
        text = expression.span.text
        context.add("AS3003", expression.span, called_from(scope), found=text, unit=context.unit_text(unit))


def called_from(scope: Scope) -> tuple[Related, ...]:
    """Where the definition in which something is wrong was called."""
    return (Related(scope.call, "called here", "在此处调用"),) if scope.call is not None else ()


def common(parts: list[tuple[Expression, Unit | None]], span: Span, scope: Scope, context: Context) -> Unit | None:
    """The unit of values that stand for one another."""
    first, found = parts[0]
    for other, unit in parts[1:]:
        if found is None or unit is None:
            return None
        both = join(found, unit)
        if both is None:
            mismatch("if", (first, found), (other, unit), other.span, scope, context)
            return None
        if both is not found:
            first = other
        found = both
    return found


def mismatch(
    operator: str,
    left: tuple[Expression, Unit],
    right: tuple[Expression, Unit],
    span: Span,
    scope: Scope,
    context: Context,
    others: tuple[Related, ...] = (),
) -> None:
    """Two values that do not go together: what each is, and how to write what was surely meant. `others`: where the
    same is wrong too."""
    names = {
        "left": left[0].span.text, "left_unit": context.unit_text(left[1]),
        "right": right[0].span.text, "right_unit": context.unit_text(right[1]),
    }  # fmt: skip
    if operator in COMPARISONS and left[1] is right[1]:
        context.add("AS3007", span, called_from(scope), operator=operator, unit=names["left_unit"])
        return
    code = "AS3002" if operator in ("*", "/") else "AS3001"
    if code == "AS3001" and (suggestion := _of_other_things(left, right, context)):
        context.add("AS3015", span, called_from(scope) + others, **names, suggestion=suggestion)
        return
    if code == "AS3002":
        names["operator"] = operator
        names["suggestion"] = _counted(left, right, context) if operator == "*" else ""
    else:
        names["suggestion"] = _rewritten(left, right, context)
    context.add(code, span, called_from(scope) + others, **names)


# A literal of one unit that stands beside another unit: the measure that it should have had.
_MEASURES: Final = {
    (Unit.SHARE, Unit.PERCENT): "pp", (Unit.SHARE, Unit.PP): "pp", (Unit.NUMBER, Unit.PERCENT): "percent",
    (Unit.NUMBER, Unit.PP): "pp", (Unit.NUMBER, Unit.MONEY): "yuan", (Unit.SHARE, Unit.POINTS): "points",
    (Unit.POINTS, Unit.SHARE): "percent", (Unit.PP, Unit.SHARE): "percent",
}  # fmt: skip


def _rewritten(left: tuple[Expression, Unit], right: tuple[Expression, Unit], context: Context) -> str:
    pairs = ((right, left), (left, right))
    for (expression, unit), (_, other) in pairs:
        match expression:
            case Operation(("*",), (counted, Number(measure="percent") as each)) if unit.thing and other is Unit.SHARE:
                return f"{counted.span.text} / 1 {unit.label} * {each.span.text}"
            case Operation(("/",), (rate, Number(measure="percent") as step)) if other in (Unit.NUMBER, Unit.SHARE):
                # a rate by a plain share stays a rate; by a rate it is a share
                text = rate.span.text
                return f"{text} / {context.spelled('function', 'like')}({step.span.text}, {text})"
    for (expression, unit), (_, other) in pairs:
        sign, literal = ("-", expression.operand) if isinstance(expression, Prefix) else ("", expression)
        if isinstance(literal, Number) and (unit, other) in _MEASURES:
            measure = context.spelled("measure", _MEASURES[unit, other])
            return f"{sign}{exact_text(literal.value)}{'' if measure == '%' else ' '}{measure}"
    return ""


def _of_other_things(left: tuple[Expression, Unit], right: tuple[Expression, Unit], context: Context) -> str:
    """How one count becomes a count of what the other counts: at a rate, or by saying what it counts."""
    if not all(unit.counts for _, unit in (left, right)):
        return ""
    if not left[1].thing or not right[1].thing:
        (plain, _), (_, unit) = (left, right) if right[1].thing else (right, left)
        return f"{plain.span.text} * 1 {unit.label}"
    return f"{left[0].span.text} / 1 {left[1].label} * 3 {right[1].label}"


_ONES: Final = {Unit.DAYS: "days", Unit.MONTHS: "months", Unit.YEARS: "years", Unit.MONEY: "yuan"}


def _counted(left: tuple[Expression, Unit], right: tuple[Expression, Unit], context: Context) -> str:
    """How many of its unit the first is: days become a count that points can be given for."""
    for expression, unit in (left, right):
        if unit.thing:
            return f"{expression.span.text} / 1 {unit.label}"
        if unit in _ONES:
            return f"{expression.span.text} / 1 {context.spelled('measure', _ONES[unit])}"
    return ""


def _operation(operation: Operation, scope: Scope, context: Context) -> Unit | None:
    operands, operators = operation.operands, operation.operators
    if operators[0] in ("and", "or"):
        for operand in operands:
            condition(operand, scope, context)
        return Unit.YES_NO
    units = [unit_of(operand, scope, context) for operand in operands]
    if operators[0] in COMPARISONS:
        parts = zip(operands, units, strict=True)
        for sign, (one, other) in zip(operators, pairwise(parts), strict=True):
            _pair(sign, one, other, one[0].span.to(other[0].span), scope, context)
        return Unit.YES_NO
    found, left = units[0], operands[0]
    for sign, right, unit in zip(operators, operands[1:], units[1:], strict=True):
        span = operands[0].span.to(right.span)
        found = _pair(sign, (left, found), (right, unit), span, scope, context)
        if left is operands[0] or isinstance(left, Operation):
            left = Operation((sign,), (left, right), span)
    return found


def _pair(
    operator: str,
    left: tuple[Expression, Unit | None],
    right: tuple[Expression, Unit | None],
    span: Span,
    scope: Scope,
    context: Context,
) -> Unit | None:
    if left[1] is None or right[1] is None:
        return None
    found = combine(operator, left[1], right[1])
    if operator in COMPARISONS and (_is_zero(left[0], right[1]) or _is_zero(right[0], left[1])):
        return Unit.YES_NO
    if found is None:
        mismatch(operator, (left[0], left[1]), (right[0], right[1]), span, scope, context)
    return found


def _is_zero(expression: Expression, other: Unit) -> bool:
    """Nought is the same in every unit, so that it is compared with any number."""
    return isinstance(expression, Number) and not expression.measure and expression.value == 0 and other.is_number


# ---------------------------------------------------------------- names


def _name(name: Name, scope: Scope, context: Context) -> Unit | None:
    if name.id in scope.parameters:
        return scope.parameters[name.id]
    if name.word in MEANINGS:
        return _word(name, scope, context)
    found = declared(name, scope, context)
    if found is not None:
        kind, unit = found
        families: dict[str, Family] = {"fact": "entity", "judgement": "entity", "component": "components"}
        if not needs(families.get(kind, "constant"), name.text, name.span, scope, context):
            return None
        return unit
    if name.word:
        suggestion = {"full": "100%"}.get(name.word, "")
        context.add("AS2116", name.span, called_from(scope), name=name.text, suggestion=suggestion)
    elif name.id not in context.policy.doubtful:
        suggestion = _suggestion(name, scope, context)
        context.used.add(suggestion)  # what was surely meant is not unused
        context.add("AS2101", name.span, called_from(scope), name=name.text, suggestion=suggestion)
    return None


def declared(name: Name, scope: Scope, context: Context) -> tuple[str, Unit | None] | None:
    context.used.add(name.id)
    if scope.indicator and any(level.name == name.id for level in scope.indicator.levels):
        return "level", Unit.LEVEL
    found = context.values.get(name.id)
    if found is not None and found[0] == "parameter":
        known = context.checked.constants.get(name.id)
        return "parameter", known[1] if known else None
    return (found[0], found[1]) if found else None


def _word(name: Name, scope: Scope, context: Context) -> Unit | None:
    meaning = MEANINGS[name.word]
    family = meaning.family
    if family == "target" and name.word in OF_ENTRIES and scope.has("entry"):
        family = "entry"
    if not needs(family, name.text, name.span, scope, context):
        return None
    if name.word in OF_PLANS and not context.policy.plans and context.lacks("plan", context.policy):
        context.add("AS4308", name.span, called_from(scope), name=name.text)
        return None
    if meaning.unit is not None:
        return meaning.unit
    if scope.indicator is not None:
        if scope.indicator.unit is None and not context.lacks("unit", scope.indicator):
            return None
        return scope.indicator.unit or Unit.NUMBER
    units = {indicator.unit or Unit.NUMBER for indicator in context.indicators}
    if len(units) == 1:
        return units.pop()
    if "progress" not in scope.families:
        context.add("AS3008", name.span, name=name.text)
    return None


def needs(family: Family, text: str, span: Span, scope: Scope, context: Context) -> bool:
    """Whether what the text names can be used here; remarks where it cannot."""
    if scope.has(family):
        return True
    reason = FAMILY_TEXT["past" if scope.past else family][context.language == "zh"]
    advice = _as_operand(family, text, scope, context) if scope.functions else {}
    context.add("AS2109", span, called_from(scope), name=text, family=reason, **advice)
    return False


def _as_operand(family: Family, text: str, scope: Scope, context: Context) -> dict[str, str]:
    """How a definition is given what it cannot know by itself."""
    if family == "entries":
        mean, entries, actual = (context.spelled(*word) for word in _MEAN_OF_ENTRIES)
        text = f"{mean}({entries}, {actual})"
    call = f"{scope.functions[-1]}({text})"
    return {
        "advice_en": f"a definition knows its operands and what is of the entity: give it this as one, as in `{call}`",
        "advice_zh": f"定义中只有参数和单位自身的内容:请作为参数传入,例如 `{call}`",
    }


_MEAN_OF_ENTRIES: Final[tuple[tuple[Kind, str], ...]] = (("function", "mean"), ("name", "entries"), ("name", "actual"))


def _suggestion(name: Name, scope: Scope, context: Context) -> str:
    """A known name like it, or the same text with a blank where a word was glued to it."""
    known = [*scope.parameters, *context.values]
    if scope.indicator:
        known += [level.name for level in scope.indicator.levels]
    words = [
        (spelling, id) for id, meaning in MEANINGS.items() if scope.has(meaning.family)
        for spelling in vocabulary().get("name", id).spellings
    ]  # fmt: skip
    spellings = [*known, *(spelling for spelling, _ in words)]
    kinds: tuple[Kind, ...] = ("clause", "operator")
    for kind in kinds:
        for word in vocabulary().all(kind):
            for head in word.spellings:
                rest = name.text[len(head) :]
                if rest and name.text.startswith(head) and (rest in spellings or rest in COLLECTIONS):
                    return f"{head} {rest}"
    return context.suggestion(name.text, spellings)
