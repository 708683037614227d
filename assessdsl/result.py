"""The result of an assessment: an immutable record that prints itself, turns into plain data, and has a digest."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from attrs import field, frozen

from assessdsl.diagnostics import Diagnostic
from assessdsl.quantity import Quantity


@frozen
class Citation:
    """A fact that a finding rests on: a target that was not met, a judgement with its author and evidence."""

    indicator: str = ""
    target: str = ""
    judgement: str = ""
    author: str = ""
    evidence: str = ""
    where: str = field(default="", eq=False)  # the cell


@frozen
class Finding:
    """A consequence for an entity. `undetermined`: a fact that would decide it is not known."""

    name: str
    label: str
    status: Literal["raised", "undetermined"] = "raised"
    cites: tuple[Citation, ...] = ()
    within_days: int | None = None
    due: date | None = None  # within_days after the day of publication, where that was given
    detail: str = ""  # of findings about the register: what was registered and what was found


@frozen
class TargetResult:
    target: str  # "" where the entity reported without a target
    score: Quantity
    points: Quantity
    met: bool | None
    restored: bool = False


@frozen
class IndicatorResult:
    name: str
    label: str
    score: Quantity
    points: Quantity
    targets: tuple[TargetResult, ...]
    absent: bool = False


@frozen
class ComponentResult:
    name: str
    label: str
    kind: str
    score: Quantity
    points: Quantity
    indicators: Mapping[str, IndicatorResult]


@frozen
class EntityResult:
    """Score, tier, eligibility and findings are four separate outputs."""

    entity: str
    label: str
    group: str
    total: Quantity
    rank: int | None
    tier: str | None
    eligible: bool
    findings: tuple[Finding, ...]
    components: Mapping[str, ComponentResult]


@frozen
class Result:
    """All entities, by name. `trace` is what explanations are read from; it is outside equality and the digest."""

    policy: str
    label: str
    period: int
    fingerprint: str  # of the policy
    entities: Mapping[str, EntityResult]
    groups: tuple[tuple[str, str], ...]
    tiers: tuple[tuple[str, str], ...]
    language: str = field(default="en", eq=False)
    warnings: tuple[Diagnostic, ...] = field(default=(), eq=False)
    trace: Any = field(default=None, eq=False, repr=False)
