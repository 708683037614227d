"""What data a plan takes, for binding."""

from typing import Literal

from attrs import field, frozen

from assessdsl.period import Period
from assessdsl.quantity import Unit
from assessdsl.source import NOWHERE, Span


@frozen
class IndicatorSchema:
    """What data an indicator takes."""

    name: str
    unit: Unit
    groups: tuple[str, ...]
    targeted: bool  # scores targets; else one item for every entity of its groups
    shared: bool  # an entity may have several targets
    many_entries: bool  # an item may have several reported rows
    direction: Literal["higher", "lower"]
    fields: frozenset[str]  # fields of targets and entries that the plan loads
    levels: tuple[str, ...] = ()
    places: int | None = None
    label: str = field(default="", eq=False)
    level_labels: tuple[str, ...] = field(default=(), eq=False)
    states: frozenset[str] = frozenset()  # for which the policy says what happens
    past: frozenset[int] = frozenset()  # how many years ago `actual` is wanted too
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class FactSchema:
    name: str
    unit: Unit
    places: int | None = None
    label: str = field(default="", eq=False)
    span: Span = field(default=NOWHERE, eq=False, repr=False)
    past: frozenset[int] = frozenset()
    attribute: bool = False  # stands in the table of entities only


@frozen
class Schema:
    """What data the plan takes, for binding. Labels stand in the order of the names; data may use either."""

    period: Period
    groups: tuple[str, ...]
    indicators: tuple[IndicatorSchema, ...]
    facts: tuple[FactSchema, ...]
    judgements: tuple[str, ...]
    benchmarks: tuple[FactSchema, ...]  # those whose value comes from the data
    tiers: tuple[str, ...]
    required_columns: tuple[str, ...] = ()  # of every target
    removal_forbidden: bool = False
    authorities: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()  # of several years, to which targets may link
    group_labels: tuple[str, ...] = field(default=(), eq=False)
    judgement_labels: tuple[str, ...] = field(default=(), eq=False)
    tier_labels: tuple[str, ...] = field(default=(), eq=False)
    plan_labels: tuple[str, ...] = field(default=(), eq=False)
    register_span: Span = field(default=NOWHERE, eq=False, repr=False)
