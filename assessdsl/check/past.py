"""Functions of earlier years: what can be asked of them, and of which years."""

from fractions import Fraction

from attrs import evolve

from assessdsl.ast.nodes import Benchmark
from assessdsl.check.amounts import check_constant, check_whole
from assessdsl.check.constants import constant, whole
from assessdsl.check.context import Context
from assessdsl.check.expressions import called_from, condition, needs, unit_of
from assessdsl.check.names import Scope, word_of
from assessdsl.check.operands import Operands
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Call, Expression, Name

_RESULTS = ("total", "rank", "tier", "group")


def past_unit(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    """The unit of `streak`, `held`, `previous`, `mean_over` and `in_bottom`."""
    subject, name = operands.plain[0], call.function.text
    if call.function.id == "in_bottom":
        _bottom(call, subject, operands, scope, context)
        return Unit.YES_NO if needs("rank", name, call.span, scope, context) else None
    if not needs("history", name, call.span, scope, context):
        return None
    if (years := operands.labelled.get("years")) is not None:
        _years(call, years, scope, context)
    if call.function.id in ("streak", "held"):
        if (times := operands.labelled.get("at_least")) is not None:
            _times(times, operands.labelled["years"], scope, context)
        _unknown_years(call, operands, scope, context)
        outcomes = scope.only("total", "rank", "tier").adding("group")
        condition(subject, evolve(outcomes, indicator=None, past=True), context)
        return Unit.YES_NO
    return _subject(call, subject, scope, context)


def _bottom(call: Call, subject: Expression, operands: Operands, scope: Scope, context: Context) -> None:
    """The last so many, or the last share, of which it is said how it is rounded to a number of places."""
    function, rounding = call.function.text, operands.labelled.get("rounded")
    unit = check_constant(subject, (Unit.NUMBER, Unit.COUNT, Unit.SHARE), context)
    value = constant(subject, context.checked) if unit is not None else None
    if value is not None and isinstance(value[0], Fraction):
        if unit is not Unit.SHARE and value[0].denominator != 1:
            context.add("AS3010", subject.span, found=subject.span.text)
        elif value[0] <= 0 or (unit is Unit.SHARE and value[0] > 1):
            context.add("AS4032", subject.span, called_from(scope))
    if unit is not None and (unit is Unit.SHARE) != (rounding is not None):
        context.add("AS4401", call.span, called_from(scope), function=function, found=subject.span.text)
    if (least := operands.labelled.get("at_least")) is not None:
        check_whole(least, (Unit.NUMBER, Unit.COUNT), context)


def _unknown_years(call: Call, operands: Operands, scope: Scope, context: Context) -> None:
    """Years that are passed over need a limit to how far back the others may lie, and nothing else does."""
    missing, within = operands.labelled.get("missing"), operands.labelled.get("within")
    if (word_of(missing) == "skip") != (within is not None):
        context.add("AS4402", call.span, called_from(scope), function=call.function.text)
    if within is None:
        return
    furthest = check_whole(within, (Unit.NUMBER, Unit.YEARS), context)
    least = whole(operands.labelled["years"], context.checked)
    if furthest is not None and least is not None and not least <= furthest <= LIMITS.streak_years:
        limit = str(LIMITS.streak_years)
        context.add("AS4403", within.span, called_from(scope), found=within.span.text, least=str(least), limit=limit)


def _years(call: Call, years: Expression, scope: Scope, context: Context) -> None:
    number = check_whole(years, (Unit.NUMBER, Unit.YEARS), context)
    least = 1 if call.function.id == "previous" else 2
    if number is not None and not least <= number <= LIMITS.streak_years:
        code = "AS4031" if call.function.id in ("streak", "held") else "AS4305"
        limit = str(LIMITS.streak_years)
        context.add(code, years.span, called_from(scope), function=call.function.text, least=str(least), limit=limit)


def _times(times: Expression, years: Expression, scope: Scope, context: Context) -> None:
    """In how many of the years: once at least, and not more often than there are years."""
    number, most = check_whole(times, (Unit.NUMBER, Unit.YEARS, Unit.COUNT), context), whole(years, context.checked)
    if number is not None and (number < 1 or (most is not None and number > most)):
        context.add("AS4203", times.span, called_from(scope), found=times.span.text, years=years.span.text)


def _subject(call: Call, subject: Expression, scope: Scope, context: Context) -> Unit | None:
    """Of an earlier year are known: published results, what was reported, facts and benchmarks."""
    mean = call.function.id == "mean_over"
    if word_of(subject) in _RESULTS[: 2 if mean else 4] and getattr(subject, "id", "") not in scope.parameters:
        return unit_of(subject, scope if mean else Scope(frozenset({"total", "rank", "tier", "group"})), context)
    if isinstance(subject, Call) and subject.function.id == "in_bottom" and not mean:
        return unit_of(subject, Scope(frozenset({"rank"})), context)
    if _reported(subject, scope, context):
        unit = unit_of(subject, scope, context)
        if unit is None or (unit is not Unit.SURVEY and (unit.is_number or not mean)):
            return unit
    words = ("total", "rank", *(() if mean else ("tier", "group")), "actual")
    choices = context.listed("name", *words) + ", " + context.listed("word", "fact", "benchmark")
    name = call.function.text
    context.add("AS2117", subject.span, called_from(scope), function=name, found=subject.span.text, choices=choices)
    return None


def _reported(subject: Expression, scope: Scope, context: Context) -> bool:
    """Whether the tables hold it for every year."""
    if not isinstance(subject, Name) or subject.id in scope.parameters:
        return False
    if subject.word == "actual":
        return not scope.has("entry")
    kind = context.values.get(subject.id, ("",))[0]
    return kind == "fact" or (kind == "benchmark" and _from_the_data(subject.id, context))


def _from_the_data(name: str, context: Context) -> bool:
    found: Benchmark | None = next((one for one in context.policy.benchmarks if one.name == name), None)
    return found is not None and found.value is None
