"""The plan: a flat, ordered tuple of steps that every backend runs and the explanation reads backwards.

A step's inputs are ids of earlier steps. Its grain says what it has a value for: once for the policy, for each group,
entity, target (an item of one indicator) or entry (a reported row of one indicator). An input of a coarser grain is
spread over the finer one; going to a coarser grain takes an Aggregate.
"""

from datetime import date
from fractions import Fraction
from typing import Any, Literal

from attrs import field, frozen

from assessdsl.plan.inputs import Schema
from assessdsl.quantity import Unit
from assessdsl.source import NOWHERE, Span


@frozen(cache_hash=True)  # the key of much that is looked up
class Grain:
    kind: Literal["policy", "group", "entity", "target", "entry"]
    indicator: str = ""  # of targets and entries

    def __str__(self) -> str:
        return f"{self.kind} of {self.indicator}" if self.indicator else self.kind


POLICY, GROUP, ENTITY = Grain("policy"), Grain("group"), Grain("entity")


@frozen
class Load:
    """A value of the data.

    source `target`: a field of an item, see facts.Item. `entry`: a column of a reported row. `entity`: a fact or
    judgement; also `group`. `sample`: the sample size of a survey fact. `benchmark`. `tag`: whether the item carries
    the tag `name`. `history`: total, rank, tier or group of the entity, or of its predecessor, `offset` years ago, or
    the number of those ranked with it then (`peers_in_group`, or `peers` among everyone). With an
    offset, `actual` of a target, a fact or a benchmark is what was reported so many years ago.
    """

    source: Literal["target", "entry", "entity", "sample", "benchmark", "tag", "history"]
    name: str
    offset: int = 0


@frozen
class Constant:
    value: Fraction | bool | str | date


@frozen
class Fail:
    """The author's `error`: a diagnostic for whom it happens to, if the value is used."""

    code: str
    arguments: tuple[tuple[str, str], ...] = ()


@frozen
class Calculate:
    """A strict operation: missing if any input is missing, except `is_missing`.

    + - * / min max abs neg · per (a quotient that is missing where the divisor is 0) · days_between (date − date) ·
    add_days, add_months (date, number) · is_missing · whole_power (x, a whole number), exact · power (x, y, x, y, …),
    the product of each x to the power of its y, with no x below zero · ln · exp. The last three are rounded to 50
    significant digits, half to even (see irrational.py).
    """

    operator: str
    inputs: tuple[int, ...]


@frozen
class Compare:
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    left: int
    right: int


@frozen
class Logic:
    """Three-valued: false and missing is false, true or missing is true, otherwise missing stays missing."""

    operator: Literal["and", "or", "not"]
    inputs: tuple[int, ...]


@frozen
class InGroup:
    """Whether the entity belongs to one of the groups."""

    groups: tuple[str, ...]


@frozen
class Choose:
    """`chosen` where the condition holds, else `other`; only the one that is taken can fail."""

    condition: int
    chosen: int
    other: int


@frozen
class Supply:
    """`value`, or `instead` where it is missing: a declared handling."""

    value: int
    instead: int


@frozen
class Clamp:
    value: int
    low: int | None
    high: int | None


@frozen
class Round:
    value: int
    mode: str
    places: int


@frozen
class Gate:
    """`value`, or what the gate leaves of it where `when` holds: nothing, or no more than `at_most`."""

    name: str
    value: int
    when: int
    at_most: int | None = None


@frozen
class Part:
    """A scored part: its score, the points it had (0 where it was dropped), and whether the others' mean stands in."""

    name: str
    score: int
    points: int
    sign: Literal[1, -1] = 1
    averaged: int | None = None
    counted: bool = True  # in the denominator: not bonus or penalty


@frozen
class Combine:
    """The parts of an entity's score put together, by default their sum.

    A part whose `averaged` holds gets its points times the unweighted mean of the shares (score ÷ points) of the
    other counted parts that have points. Then, with `full`: the counted parts' sum is multiplied by full ÷ Σ points,
    so that points which were dropped go to the others in proportion; where Σ points is 0 the sum of them is 0, but in
    the `total` it fails: there is nothing that the points could go to.

    The other methods take the shares (score ÷ points) of the parts that have points, weighted by these where the method
    has weights, and give their mean, least or product × full. A geometric or harmonic mean with a share of 0 is 0; of a
    share below 0 there is none.
    """

    parts: tuple[Part, ...]
    full: int | None = None  # the points that the counted parts have together when none is dropped
    method: Literal["sum", "geometric", "harmonic", "least", "product"] = "sum"
    total: bool = False


@frozen
class Aggregate:
    """From a finer to a coarser grain. `any` and `all` are three-valued like Logic.

    `sum` and `count` of nothing are 0, `product` of nothing is 1, `any` of nothing is no, `all` of nothing is yes;
    `mean`, `median`, `variance`, `least` and `greatest` of nothing are missing. The `median` of an even number is the
    mean of the two in the middle; `variance` is that of the rows themselves, not of what they are a sample of. `drop`:
    so many of the greatest and of the least are left out of a `mean`, which is missing if nothing is left.
    Missing values make the aggregate missing; rows for which `when` does not hold are left out, rows for which it is
    missing make it missing. With `distinct`, rows that are equal in it count once, with the greatest of their values.
    The aggregate has a value for every row of `to`.
    `over` is the grain whose rows are aggregated; inputs of a coarser grain are spread over it first (a constant is
    summed once for every row).
    """

    function: Literal[
        "sum", "count", "mean", "median", "variance", "product", "least", "greatest", "any", "all"
    ]  # fmt: skip
    value: int
    over: Grain
    to: Grain
    when: int | None = None
    distinct: int | None = None
    drop: int = 0


@frozen
class Rank:
    """The place among the peers, 1 for the best.

    Keys are compared in their order; `lowest_first` counts from the other end. ties `shared`: 1 1 3; `dense`: 1 1 2;
    `last`: 2 2 3 (the worst place that a tie could have). Of entities, or of items of one indicator.
    With `offset`, the places from the end in the results published so many years ago (by published rank).
    A missing key leaves the rank missing and the row out of the others' ranks.
    """

    keys: tuple[int, ...]
    within: Literal["group", "everyone"]
    ties: Literal["shared", "dense", "last"]
    lowest_first: bool = False
    offset: int = 0


@frozen
class BandTier:
    name: str
    quota: int | None = None  # a share (is_share) or a number of places
    is_share: bool = True
    next: bool = False
    rounded: str = "down"
    ties: Literal["included", "excluded"] = "excluded"
    vetoed: Literal["skipped", "counted"] = "skipped"
    when: int | None = None


@frozen
class Veto:
    """A gate that allows no better tier than `tier`."""

    name: str
    when: int
    tier: str
    label: str = field(default="", eq=False)


@frozen
class Band:
    """The tier of each entity: the first, in order, whose condition holds and whose quota has a place; then vetoes.

    Places of a quota: share × number of peers, rounded, counted from the top, or (`next`) behind those who already
    have a better tier. Candidates are taken by rank among those without a tier for whom `when` and `eligible` hold
    (`eligible` is asked only for tiers with a quota). `excluded`: a tie that does not fit whole stays out, and so do
    all behind it; `included`: it is in whole. vetoed `skipped`: the vetoed are no candidates; `counted`: they use up
    their places and then fall.
    """

    rank: int
    within: Literal["group", "everyone"]
    tiers: tuple[BandTier, ...]
    eligible: int | None = None
    vetoes: tuple[Veto, ...] = ()


@frozen
class Streak:
    """Whether the condition held in each year: this one first, then the years before. Three-valued like `and`.

    With `at_least`, whether it held in so many of them: no, if it cannot have, whatever is not known.
    """

    years: tuple[int, ...]
    at_least: int | None = None


@frozen
class Raise:
    """A finding, where `when` holds and none of `unless`; undetermined where that is not known.

    `unless`: conditions of the findings that override it. `cites`: yes/no steps whose rows are cited.
    """

    name: str
    when: int
    cites: tuple[int, ...] = ()
    within: int | None = None  # days
    unless: tuple[int, ...] = ()


Operation = (
    Load | Constant | Fail | Calculate | Compare | Logic | InGroup | Choose | Supply | Clamp | Round | Gate
    | Combine | Aggregate | Rank | Band | Streak | Raise
)  # fmt: skip


@frozen
class Step:
    id: int
    operation: Operation
    grain: Grain
    unit: Unit
    span: Span = field(default=NOWHERE, eq=False, repr=False)
    name: str = ""  # what people call the value, where it has a name


@frozen
class Stage:
    """One value on the way of a score, for explanations: what happened, and the step that holds the value after it."""

    kind: Literal[
        "score", "forfeited", "state", "missing", "gate", "limit", "rounding", "sum", "contagion", "expression"
    ]  # fmt: skip
    step: int
    name: str = ""  # of a gate or a contagion; the state
    label: str = field(default="", eq=False)  # of a gate or a contagion


@frozen
class IndicatorOutput:
    """Where an indicator's values are. Those of targets first, then those of the entity."""

    name: str
    label: str
    target_points: int  # full marks of each target
    stages: tuple[Stage, ...]  # of each target; the last is its score
    met: int | None  # yes/no, of each target; None where it does not score targets
    score: int
    points: int  # full marks of the entity; 0 where they were given to the other indicators
    applies: int  # yes/no: whether the indicator is for the entity's group
    absent: int | None  # yes/no: the entity has no target and the declared handling stands in
    others: int | None = None  # yes/no: by its condition it does not apply, and the declared handling stands in
    instead: int | None = None  # its score, or what the mean of the others comes to; where that may stand in for it
    held: tuple[Stage, ...] = ()  # of the entity: the sum of its targets, and what contagion left of it
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @property
    def given(self) -> int:
        """What it gives to its component."""
        return self.score if self.instead is None else self.instead


@frozen
class ComponentOutput:
    name: str
    label: str
    kind: Literal["base", "bonus", "penalty"]
    indicators: tuple[IndicatorOutput, ...]
    stages: tuple[Stage, ...]  # of each entity: sum, gates, limit, rounding; the last is the score
    score: int
    points: int
    applies: int
    components: tuple["ComponentOutput", ...] = ()  # within it
    outside: bool = False  # not in the total
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @property
    def every(self) -> tuple["ComponentOutput", ...]:
        """It and all within it, each before those within it."""
        return (self, *(inner for part in self.components for inner in part.every))


@frozen
class FindingOutput:
    name: str
    label: str
    step: int
    overridden_by: tuple[str, ...] = ()  # names of findings, in the order of the step's `unless`


@frozen
class Outputs:
    components: tuple[ComponentOutput, ...]
    full: int
    total_stages: tuple[Stage, ...]
    total: int
    rank: int | None
    tier: int | None
    eligible: int | None
    findings: tuple[FindingOutput, ...]
    places: int | None = None  # to which the total is rounded

    @property
    def every_component(self) -> tuple[ComponentOutput, ...]:
        return tuple(inner for component in self.components for inner in component.every)


@frozen
class Plan:
    name: str
    label: str
    language: str
    fingerprint: str
    steps: tuple[Step, ...]
    outputs: Outputs
    schema: Schema
    tiers: tuple[tuple[str, str], ...]  # name and label, the best first
    groups: tuple[tuple[str, str], ...]
    notes: dict[Any, Any] = field(factory=dict, init=False, eq=False, repr=False)  # what engines made of it, to keep
