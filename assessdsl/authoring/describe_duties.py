"""What a policy obliges the office to do, and when."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Final

from assessdsl.authoring.describe_records import Duty
from assessdsl.check import Checked, whole
from assessdsl.period import Period
from assessdsl.syntax.tree import Expression

_ACTIVITIES: Final = ("analysis", "bulletin", "inquiry", "inspection")
_MONTHS: Final = {"monthly": 1, "quarterly": 3, "yearly": 12}


def duties(checked: Checked) -> tuple[Duty, ...]:
    """In the order of the year; those of each month, quarter and year behind those of one day; then the findings."""
    policy = checked.policy
    once = [
        Duty(kind, days=(day,))
        for kind, day in (("issued", policy.issued), ("effective", policy.effective))
        if day is not None
    ]
    register = policy.register
    if register is not None:
        freeze = () if register.freeze is None else (register.freeze,)
        if register.consultation == "required":
            once.append(Duty("consultation", days=freeze))
        if freeze:
            once.append(Duty("freeze", days=freeze))
    once.sort(key=lambda duty: duty.days)
    found = [*once, *_activities(checked)]
    for finding in policy.findings:
        found.append(Duty("finding", finding.name, finding.label, within=_days(finding.within, checked)))
    if policy.appeal is not None:
        found.append(Duty("appeal", within=_days(policy.appeal, checked)))
    return tuple(found)


def _days(within: Expression | None, checked: Checked) -> int | None:
    return None if within is None else whole(within, checked)


def _activities(checked: Checked) -> Iterator[Duty]:
    monitoring, period = checked.policy.monitoring, checked.policy.period
    if monitoring is None or period is None:
        return
    for activity in _ACTIVITIES:
        often: str | None = getattr(monitoring, activity)
        if often is not None:
            yield Duty(activity, often=often, days=last_days(period, _MONTHS[often]))


def last_days(period: Period, months: int) -> tuple[date, ...]:
    """The last day of every so many months of the period."""
    found: list[date] = []
    first, last = period.first_day, period.last_day
    for count in range(first.month - 1 + months, first.month + 12 * (last.year - first.year + 1), months):
        year, month = divmod(count - 1, 12)
        day = date(first.year + year, month + 1, monthrange(first.year + year, month + 1)[1])
        if day <= last:
            found.append(day)
    return tuple(found)
