"""What monitoring finds of single targets and entities, and all that it finds as plain data."""

from datetime import date
from fractions import Fraction
from typing import Any

from attrs import field, frozen

from assessdsl.plan.ranges import Range
from assessdsl.quantity import exact_text
from assessdsl.record.calendar import Duty, Exposure
from assessdsl.record.interim import InterimEntity
from assessdsl.record.progress import Basis
from assessdsl.source import NOWHERE, Cell, Span


@frozen
class Standing:
    """How far a target is. Shares: 1 is all of it. `rule`: the line of the policy that gave the light; `cell`: where
    progress was read, or what was not reported."""

    entity: str
    entity_label: str
    group: str
    indicator: str
    target: str
    due: date | None
    progress: Fraction | None
    basis: Basis
    expected: Fraction | None
    late_milestones: tuple[str, ...] = ()
    overdue: bool = False
    light: str = ""
    rule: Span = field(default=NOWHERE, eq=False, repr=False)
    cell: Cell | None = field(default=None, eq=False)

    @property
    def ahead(self) -> Fraction | None:
        """In percentage points ÷ 100; below zero: behind."""
        return None if self.progress is None or self.expected is None else self.progress - self.expected


@frozen
class EvidenceGap:
    """Ways in which evidence of a reported target must be gathered, and was not."""

    entity: str
    target: str
    modes: tuple[str, ...]


@frozen
class Repeated:
    """What an entity was asked for more than once."""

    target: str
    item: str
    times: int


@frozen
class Burden:
    """How many rows an entity filed, how often it was looked into, and how often it was asked for evidence."""

    entity: str
    filings: int
    checks: int
    requests: int
    repeated: tuple[Repeated, ...] = ()


# ---------------------------------------------------------------- plain data


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else exact_text(value)


def standing_data(each: Standing) -> dict[str, Any]:
    return {
        "entity": each.entity,
        "indicator": each.indicator,
        "target": each.target,
        "due": None if each.due is None else each.due.isoformat(),
        "progress": _exact(each.progress),
        "basis": each.basis,
        "expected": _exact(each.expected),
        "ahead": _exact(each.ahead),
        "light": each.light or None,
        "rule": str(each.rule) if each.rule != NOWHERE else None,
        "cell": None if each.cell is None else str(each.cell),
        "late_milestones": list(each.late_milestones),
        "overdue": each.overdue,
    }


def duty_data(each: Duty) -> dict[str, Any]:
    return {
        "activity": each.activity,
        "of": each.slot.name,
        "deadline": each.deadline.isoformat(),
        "status": each.status,
        "done": [event.on.isoformat() for event in each.done],
        "on_site": [event.on.isoformat() for event in each.done if event.on_site],
        **({} if each.charge is None else {"leader": each.charge.leader, "area": each.charge.area}),
    }


def exposure_data(each: Exposure) -> dict[str, Any]:
    return {
        "problem": each.problem.event,
        "entity": each.problem.entity,
        "item": each.problem.item,
        "found": each.problem.on.isoformat(),
        "deadline": each.deadline.isoformat(),
        "status": each.status,
        "exposed": [one.on.isoformat() for one in each.done],
    }


def burden_data(each: Burden) -> dict[str, Any]:
    return {
        "entity": each.entity,
        "filings": each.filings,
        "checks": each.checks,
        "requests": each.requests,
        "repeated": [{"target": one.target, "item": one.item, "times": one.times} for one in each.repeated],
    }


def _bounds(found: Range | None) -> dict[str, str | None] | None:
    return None if found is None else {"least": _exact(found.low), "most": _exact(found.high)}


def interim_data(each: InterimEntity) -> dict[str, Any]:
    return {
        "group": each.group,
        "total": _bounds(each.total),
        "best_rank": each.best_rank,
        "worst_rank": each.worst_rank,
        "tiers": list(each.tiers),
        "secured": each.secured or None,
        "lost": list(each.lost),
        "components": {one.name: _bounds(one.score) for one in each.components},
    }
