"""Where everyone stands before the year is over: scores, places and tiers between the worst case and the best.

Each bound holds whatever the open facts turn out to be (see outlook.py). A tier is *secured* when no completion of the
facts takes it away, *lost* when none gives it any more.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType

from attrs import field, frozen

from assessdsl.binding import bind
from assessdsl.check import constant
from assessdsl.diagnostics import DataError, arrange
from assessdsl.engine import Policy
from assessdsl.facts import Facts
from assessdsl.plan.ranges import Range
from assessdsl.record.as_of import known_on
from assessdsl.record.outlook import Stands, outlook
from assessdsl.record.possible import Some
from assessdsl.record.prospect import Prospect


def _read_only(entities: Mapping[str, "InterimEntity"]) -> Mapping[str, "InterimEntity"]:
    return MappingProxyType(dict(entities))


@frozen
class InterimComponent:
    name: str
    label: str
    score: Range


@frozen
class InterimEntity:
    """`total` is None where no completion of the facts gives a result. Tiers by name, the best first."""

    entity: str
    label: str
    group: str
    total: Range | None
    best_rank: int | None
    worst_rank: int | None
    tiers: tuple[str, ...]  # that are still possible
    secured: str  # at least this tier, if there is a worse one
    lost: tuple[str, ...]  # tiers better than all that are possible
    components: tuple[InterimComponent, ...]

    @property
    def is_settled(self) -> bool:
        """Whether nothing that is open can change the total, the place or the tier."""
        return (
            self.total is not None
            and self.total.only is not None
            and self.best_rank == self.worst_rank
            and len(self.tiers) < 2
        )


@frozen
class Interim:
    as_of: date
    closed: bool  # nothing can be reported any more
    entities: Mapping[str, InterimEntity] = field(converter=_read_only, hash=False)


def interim(policy: Policy, facts: Facts, as_of: date, *, stands: Stands = "verified") -> Interim:
    """Of every entity what is still possible, from what was known at the end of the day.

    stands: whether facts stand when they were verified, or as soon as they were reported. Raises DataError with every
    diagnostic if the data is wrong; a benchmark that is not given yet is not wrong.
    """
    tables = known_on(facts, as_of)
    bound = bind(policy.plan.schema, tables)
    if any(remark.is_error and remark.code != "AS6221" for remark in bound.diagnostics):
        raise DataError(arrange(bound.diagnostics), policy.language)
    within = reported_within(policy)
    open_facts = outlook(policy.plan.schema, bound.dataset, tables, as_of, stands=stands, reported_within=within)
    prospect = Prospect(policy.plan, open_facts)
    names = [name for name, _ in policy.plan.tiers]
    found = {record.entity: _entity(prospect, row, names) for row, record in enumerate(open_facts.dataset.entities)}
    return Interim(as_of, open_facts.closed, found)


def reported_within(policy: Policy) -> int | None:
    """The days within which what happened must be reported, where the policy says so."""
    monitoring = policy.checked.policy.monitoring
    for deadline in () if monitoring is None else monitoring.deadlines:
        if deadline.name == "reporting" and (known := constant(deadline.days, policy.checked)) is not None:
            return int(known[0]) if isinstance(known[0], Fraction) else None
    return None


def last_day(policy: Policy) -> date | None:
    """The last day on which something of the year may be reported; None where the policy names none."""
    within = reported_within(policy)
    return None if within is None else policy.plan.schema.period.last_day + timedelta(days=within)


def _entity(prospect: Prospect, row: int, names: list[str]) -> InterimEntity:
    outputs, record = prospect.plan.outputs, prospect.outlook.dataset.entities[row]
    rank = None if outputs.rank is None else _range(prospect.at(outputs.rank)[row])
    possible = sorted(prospect.tiers[row]) if prospect.tiers else []
    return InterimEntity(
        entity=record.entity,
        label=record.label,
        group=record.group,
        total=_range(prospect.at(outputs.total)[row]),
        best_rank=None if rank is None or rank.low is None else int(rank.low),
        worst_rank=None if rank is None or rank.high is None else int(rank.high),
        tiers=tuple(names[number] for number in possible),
        secured=names[possible[-1]] if possible and possible[-1] < len(names) - 1 else "",
        lost=tuple(names[: possible[0]]) if possible else (),
        components=tuple(
            InterimComponent(component.name, component.label, found)
            for component in outputs.components
            if (found := _range(prospect.at(component.score)[row])) is not None
            and _applies(prospect, component.applies, row)
        ),
    )


def _range(value: Some) -> Range | None:
    return value.what if isinstance(value.what, Range) else None


def _applies(prospect: Prospect, step: int, row: int) -> bool:
    return prospect.at(step)[row].may(True)
