"""How targets are followed during the year."""

from typing import Literal

from attrs import field, frozen

from assessdsl.source import NOWHERE, Span
from assessdsl.syntax.tree import Expression


def _span() -> Span:
    return field(default=NOWHERE, eq=False, repr=False)


@frozen
class Light:
    colour: str
    when: Expression | None  # None: otherwise
    span: Span = _span()


@frozen
class PacePoint:
    """Of quarters: the share of the year's work that a quarter has. Of a curve: the share that is done when so many
    months have passed."""

    share: Expression
    months: Expression | None = None
    span: Span = _span()


@frozen
class Pace:
    """How much of a target is expected to be done by a day.

    `linear` and `stepped` say what is expected within a quarter, between milestones and between points of a curve;
    `steady`: all of it, at any time.
    """

    method: Literal["linear", "stepped", "steady"]
    by: Literal["", "quarters", "milestones", "curve"] = ""
    points: tuple[PacePoint, ...] = ()
    span: Span = _span()


@frozen
class Deadline:
    """Days, behind its month, quarter or year, by which an activity must be recorded; or from what happened."""

    name: str  # analysis, bulletin, inquiry, inspection, exposure, reporting
    days: Expression
    span: Span = _span()


@frozen
class Monitoring:
    """How often each activity is due ("monthly", "quarterly", "yearly"), how progress is expected, and the lights."""

    analysis: str | None = None
    bulletin: str | None = None
    inquiry: str | None = None
    inspection: str | None = None
    on_site: bool = False  # inspections must go to where it happens
    deadlines: tuple[Deadline, ...] = ()
    evidence: tuple[str, ...] = ()  # modes that every target needs
    progress: Pace | None = None
    lights: tuple[Light, ...] = ()
    span: Span = _span()
    broken: frozenset[str] = field(default=frozenset(), eq=False, repr=False)
