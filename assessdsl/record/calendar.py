"""What was to be done to follow up, and whether it was: analyses, bulletins, inquiries, inspections, exposures."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal

from attrs import frozen

from assessdsl.period import Period
from assessdsl.record.following import Slot, Supervision, slots

Status = Literal["done", "late", "missing", "due", "upcoming"]
"""`late`: done, behind its last day. `missing`: not done, and its last day is over. `due`: its last day is to come."""

MONTHS: Final[Mapping[str, int]] = {"monthly": 1, "quarterly": 3, "yearly": 12}
OF_LEADERS: Final = ("inquiry", "inspection")


@frozen
class Charge:
    """An area of work and the leader who answers for it."""

    leader: str
    area: str


@frozen
class Duty:
    """Something that is due once in a month, a quarter or a year; of a leader in an area, or of the office."""

    activity: str
    slot: Slot
    deadline: date
    status: Status
    done: tuple[Supervision, ...] = ()
    charge: Charge | None = None


@frozen
class Exposure:
    """A problem that was found, and by when it is to be made public."""

    problem: Supervision
    deadline: date
    status: Status
    done: tuple[Supervision, ...] = ()


def duties(
    activity: str,
    often: str,
    days: int,
    events: Sequence[Supervision],
    charges: Sequence[Charge],
    period: Period,
    as_of: date,
    *,
    on_site: bool = False,
) -> tuple[Duty, ...]:
    """Of one activity; of inquiries and inspections for every leader and area. days: how long behind its month or
    quarter it may be recorded. on_site: whether only what took place where it happens is counted."""
    own = [event for event in events if event.kind == activity and event.on <= as_of and (event.on_site or not on_site)]
    found = []
    for charge in charges if activity in OF_LEADERS else (None,):
        theirs = own if charge is None else [event for event in own if _is_of(event, charge, charges)]
        for slot in slots(period, MONTHS[often]):
            done = tuple(event for event in theirs if slot.holds(event.of))
            deadline = slot.last + timedelta(days=days)
            status = _status(done, slot.first, deadline, as_of)
            found.append(Duty(activity, slot, deadline, status, done, charge))
    return tuple(found)


def _is_of(event: Supervision, charge: Charge, charges: Sequence[Charge]) -> bool:
    """Where a leader has one area only, it need not be named."""
    if event.leader != charge.leader:
        return False
    return event.area == charge.area or (not event.area and sum(one.leader == charge.leader for one in charges) == 1)


def _status(done: Sequence[Supervision], first: date, deadline: date, as_of: date) -> Status:
    if any(event.on <= deadline for event in done):
        return "done"
    if done:
        return "late"
    if as_of > deadline:
        return "missing"
    return "due" if as_of >= first else "upcoming"


def exposures(events: Iterable[Supervision], days: int, as_of: date) -> tuple[Exposure, ...]:
    """Of every problem that was found by the day; days: within which it is to be made public."""
    known = [event for event in events if event.on <= as_of]
    found = []
    for problem in (event for event in known if event.kind == "problem"):
        done = tuple(one for one in known if one.kind == "exposure" and problem.event and one.about == problem.event)
        deadline = problem.on + timedelta(days=days)
        found.append(Exposure(problem, deadline, _status(done, problem.on, deadline, as_of), done))
    return tuple(found)
