"""How far each target is, and how far it is expected to be by a day.

Progress is a share of what was planned: what was achieved from the baseline, or from nothing, towards the planned
value; the milestones that were reached; the share of the work that was reported; all of it once a target that is
described in words was completed. What nobody reported is not known, and never nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, Literal

from attrs import field, frozen

from assessdsl.ast.monitoring import Pace
from assessdsl.check import Checked, constant
from assessdsl.facts import Datum, Item
from assessdsl.period import Period
from assessdsl.quantity import add_months
from assessdsl.source import Cell
from assessdsl.syntax.tree import Expression

Basis = Literal["completed", "milestones", "share", "actual", "not_reported", "no_plan", "no_baseline"]
"""What progress was read from; the last three: why it is not known."""

_WHOLE: Final = Fraction(1)
_NOTHING: Final = Fraction(0)


@frozen
class Milestone:
    name: str
    due: date
    share: Fraction  # of the whole work
    standard: str = ""
    done_on: date | None = None
    accepted: bool | None = None
    cell: Cell | None = field(default=None, eq=False)

    def reached(self, day: date) -> bool:
        """One that names a standard is reached when it was accepted."""
        if self.done_on is None or self.done_on > day or self.accepted is False:
            return False
        return not self.standard or self.accepted is True


@frozen
class Reading:
    """Where a target stood on a day: a value in its unit, or the share of the work that was done."""

    on: date
    actual: Fraction | None = None
    share: Fraction | None = None
    cell: Cell | None = field(default=None, eq=False)


@frozen
class Progress:
    share: Fraction | None
    basis: Basis
    cell: Cell | None = field(default=None, eq=False)


# ---------------------------------------------------------------- what is expected


@frozen
class Schedule:
    """A pace with its shares and months worked out."""

    method: str
    by: str
    points: tuple[tuple[int, Fraction], ...] = ()  # months that have passed, and the share that is done by then


def schedule(pace: Pace, checked: Checked) -> Schedule:
    shares = [_constant(point.share, checked) for point in pace.points]
    if pace.by == "quarters":
        done = [sum(shares[: number + 1], _NOTHING) for number in range(len(shares))]
        points = tuple((3 * number, share) for number, share in enumerate(done, 1))
    else:
        points = tuple(
            (int(_constant(point.months, checked)), share) for point, share in zip(pace.points, shares, strict=True)
        )
    return Schedule(pace.method, pace.by, points)


def _constant(expression: Expression | None, checked: Checked) -> Fraction:
    known = None if expression is None else constant(expression, checked)
    value = None if known is None else known[0]
    assert isinstance(value, Fraction), "the checker lets only constants stand here"
    return value


def expected(
    plan: Schedule, period: Period, due: date | None, milestones: Sequence[Milestone], day: date
) -> Fraction | None:
    """The share that is expected by the end of a day; None where it is expected by milestones and there are none.

    From the day on which it is due all of it is. `linear` counts the days of the period that have passed, today's among
    them, up to the day on which it is due, or else the last.
    """
    if plan.method == "steady" or (due is not None and day >= due):
        return _WHOLE
    if plan.by == "milestones":
        if not milestones:
            return None
        days = [(each.due, each.share) for each in sorted(milestones, key=lambda each: each.due)]
        points = [
            (on, sum((share for _, share in days[: number + 1]), _NOTHING)) for number, (on, _) in enumerate(days)
        ]
    elif plan.by:
        points = [(_month_end(period, months), share) for months, share in plan.points]
    else:
        points = [(due or period.last_day, _WHOLE)]
    return _between(points, period, day, stepped=plan.method == "stepped")


def _month_end(period: Period, months: int) -> date:
    return date.fromordinal(add_months(period.first_day, months).toordinal() - 1)


def _between(points: Sequence[tuple[date, Fraction]], period: Period, day: date, *, stepped: bool) -> Fraction:
    before, share = date.fromordinal(period.first_day.toordinal() - 1), _NOTHING
    for on, done in points:
        if on <= day:
            before, share = on, done
        elif stepped or day <= before:
            return share
        else:
            return share + (done - share) * Fraction((day - before).days, (on - before).days)
    return share


# ---------------------------------------------------------------- what was achieved


def progress(
    item: Item, milestones: Sequence[Milestone], readings: Sequence[Reading], plan: Schedule | None, day: date
) -> Progress:
    """Of a target, by the end of a day. Its final fact comes before what was reported on the way."""
    completed, actual = item.fields.get("completed_on"), item.fields.get("actual")
    planned = _number(item.fields, "planned")
    if planned is None and completed is not None:
        return Progress(_WHOLE, "completed", completed.cell)
    if actual is not None and isinstance(actual.value, Fraction):
        return _towards(item.fields, actual.value, actual.cell)
    if milestones and plan is not None and plan.by == "milestones":
        reached = [each for each in milestones if each.reached(day)]
        last = max(reached, key=lambda each: each.done_on or day, default=milestones[0])
        return Progress(sum((each.share for each in reached), _NOTHING), "milestones", last.cell)
    known = [reading for reading in readings if reading.on <= day]
    if not known:
        return Progress(None, "not_reported", item.cell)
    latest = max(known, key=lambda reading: reading.on)
    if latest.share is not None:
        return Progress(latest.share, "share", latest.cell)
    assert latest.actual is not None
    return _towards(item.fields, latest.actual, latest.cell)


def _towards(fields: Mapping[str, Datum], actual: Fraction, cell: Cell | None) -> Progress:
    """The way from the baseline to what was planned, in either direction; without a baseline from nothing, which says
    how far one is only where higher is better."""
    planned, baseline = _number(fields, "planned"), _number(fields, "baseline")
    lower = fields["direction"].value == "lower"
    if planned is None:
        return Progress(None, "no_plan", cell)
    if baseline is None and lower:
        return Progress(None, "no_baseline", cell)
    start = baseline or _NOTHING
    if planned == start:
        return Progress(None, "no_plan", cell)
    return Progress((actual - start) / (planned - start), "actual", cell)


def _number(fields: Mapping[str, Datum], name: str) -> Fraction | None:
    datum = fields.get(name)
    return datum.value if datum is not None and isinstance(datum.value, Fraction) else None
