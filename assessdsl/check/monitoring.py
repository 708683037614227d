"""Rules of `monitoring`: lights, the pace at which progress is expected, deadlines."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from assessdsl.ast.monitoring import Light, Pace, PacePoint
from assessdsl.ast.walk import names
from assessdsl.check.amounts import check_constant, check_whole
from assessdsl.check.bounds import amount
from assessdsl.check.context import Context
from assessdsl.check.expressions import condition
from assessdsl.check.names import LIGHT
from assessdsl.diagnostics import Related
from assessdsl.quantity import Unit

_MONTHS = 12
_QUARTERS = 4


def check_monitoring(context: Context) -> None:
    monitoring, indicators = context.policy.monitoring, context.policy.indicators
    for pace in (monitoring.progress if monitoring else None, *(indicator.progress for indicator in indicators)):
        if pace is not None:
            _pace(pace, context)
    if monitoring is None:
        return
    for deadline in monitoring.deadlines:
        days = check_whole(deadline.days, (Unit.NUMBER, Unit.DAYS), context)
        if days is not None and days < 0:
            context.add("AS4029", deadline.days.span, found=deadline.days.span.text)
    if monitoring.lights:
        _lights(monitoring.lights, context)
        everywhere = monitoring.progress is not None or all(indicator.progress for indicator in indicators)
        if not everywhere and context.lacks("progress", monitoring):
            _expecting(monitoring.lights, context)


def _lights(lights: Sequence[Light], context: Context) -> None:
    for light in lights:
        if light.when is not None:
            condition(light.when, LIGHT, context)
    others = [light for light in lights if light.when is None]
    if not others:
        context.add("AS4040", lights[-1].span)
        return
    for light in lights[lights.index(others[0]) + 1 :]:
        related = (Related(others[0].span, "all that is left is here already", "其余情形已归入这里"),)
        context.add("AS4037", light.span, related, name=context.spelled("name", light.colour))


def _expecting(lights: Sequence[Light], context: Context) -> None:
    """What is expected by a day must be said: there is no pace that goes without saying."""
    named = (name for light in lights if light.when is not None for name in names(light.when))
    for name in named:
        if name.word == "expected":
            context.add("AS7301", name.span, name=name.text, word=context.spelled("word", "progress"))
            return


def _pace(pace: Pace, context: Context) -> None:
    shares = [_share(point, context) for point in pace.points]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return
    if pace.by == "quarters":
        if len(known) != _QUARTERS or sum(known) != 1:
            context.add("AS7302", pace.span, sum=f"{_percent(sum(known, Fraction(0)))}", count=str(len(known)))
    elif pace.by == "curve":
        _curve(pace, known, context)


def _share(point: PacePoint, context: Context) -> Fraction | None:
    if check_constant(point.share, (Unit.SHARE,), context) is None:
        return None
    share = amount(point.share, context.checked)
    if share is not None and not 0 <= share <= 1:
        context.add("AS7303", point.share.span, found=point.share.span.text)
        return None
    return share


def _curve(pace: Pace, shares: Sequence[Fraction], context: Context) -> None:
    """It rises to all of it within the year."""
    months: list[int] = []
    for point in pace.points:
        assert point.months is not None
        count = check_whole(point.months, (Unit.NUMBER, Unit.MONTHS), context)
        if count is None:
            return
        if not 1 <= count <= _MONTHS:
            context.add("AS7303", point.months.span, found=point.months.span.text)
            return
        months.append(count)
    for number, (before, after) in enumerate(pairwise(zip(months, shares, strict=True)), 1):
        if after[0] <= before[0] or after[1] < before[1]:
            context.add("AS7303", pace.points[number].span, found=pace.points[number].span.text)
            return
    if shares[-1] != 1:
        context.add("AS7304", pace.points[-1].span, found=pace.points[-1].share.span.text)


def _percent(share: Fraction) -> str:
    hundred = share * 100
    return f"{hundred.numerator}%" if hundred.denominator == 1 else f"{hundred.numerator}/{hundred.denominator} %"
