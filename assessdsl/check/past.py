"""Functions of earlier years: what can be asked of them, and of which years."""

from attrs import evolve

from assessdsl.ast.nodes import Benchmark
from assessdsl.check.amounts import check_whole
from assessdsl.check.constants import whole
from assessdsl.check.context import Context
from assessdsl.check.expressions import called_from, condition, needs, unit_of
from assessdsl.check.names import Scope, word_of
from assessdsl.check.operands import Operands
from assessdsl.limits import LIMITS
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Call, Expression, Name

_RESULTS = ("total", "rank", "tier")


def past_unit(call: Call, operands: Operands, scope: Scope, context: Context) -> Unit | None:
    """The unit of `streak`, `held`, `previous`, `mean_over` and `in_bottom`."""
    subject, name = operands.plain[0], call.function.text
    if call.function.id == "in_bottom":
        count = check_whole(subject, (Unit.NUMBER, Unit.COUNT), context)
        if count is not None and count < 1:
            context.add("AS4032", subject.span, called_from(scope))
        return Unit.YES_NO if needs("rank", name, call.span, scope, context) else None
    if not needs("history", name, call.span, scope, context):
        return None
    if (years := operands.labelled.get("years")) is not None:
        _years(call, years, scope, context)
    if call.function.id in ("streak", "held"):
        if (times := operands.labelled.get("at_least")) is not None:
            _times(times, operands.labelled["years"], scope, context)
        condition(subject, evolve(scope.only("total", "rank", "tier"), indicator=None, past=True), context)
        return Unit.YES_NO
    return _subject(call, subject, scope, context)


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
    if word_of(subject) in _RESULTS[: 2 if mean else 3] and getattr(subject, "id", "") not in scope.parameters:
        return unit_of(subject, scope if mean else Scope(frozenset({"total", "rank", "tier"})), context)
    if isinstance(subject, Call) and subject.function.id == "in_bottom" and not mean:
        return unit_of(subject, Scope(frozenset({"rank"})), context)
    if _reported(subject, scope, context):
        unit = unit_of(subject, scope, context)
        if unit is None or (unit is not Unit.SURVEY and (unit.is_number or not mean)):
            return unit
    words = ("total", "rank", *(() if mean else ("tier",)), "actual")
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
