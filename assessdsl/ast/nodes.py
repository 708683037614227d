"""The AST: a policy in the terms of assessment. Expressions are those of the syntax tree.

Every node that a diagnostic or an explanation may point at has a span, outside equality.

`broken` holds the ids of the statements that stand in a block and could not be built, "" for one that may be any:
what seems to be lacking there may be only misspelt.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from attrs import field, frozen

from assessdsl.ast.edition import Edition
from assessdsl.ast.monitoring import Monitoring, Pace
from assessdsl.ast.multiyear import MultiYearPlan
from assessdsl.ast.register import Register
from assessdsl.period import Period
from assessdsl.quantity import Unit
from assessdsl.source import NOWHERE, Source, Span
from assessdsl.syntax.tree import Expression, Name


def _span() -> Span:
    return field(default=NOWHERE, eq=False, repr=False)


@frozen
class Rounding:
    mode: str
    places: Expression
    of: tuple[Name, ...] = ()  # `total` or components; empty: the part in which it stands
    span: Span = _span()


@frozen
class Group:
    name: str
    label: str
    span: Span = _span()


@frozen
class ThingDeclaration:
    """A thing that numbers of the policy count, to so many places."""

    name: str
    label: str
    places: Expression | None = None
    span: Span = _span()


@frozen
class Benchmark:
    name: str
    unit: Unit
    label: str
    value: Expression | None  # else from the data
    span: Span = _span()


@frozen
class Parameter:
    name: str
    label: str
    value: Expression
    span: Span = _span()


@frozen
class Function:
    name: str
    parameters: tuple[Name, ...]
    body: Expression
    span: Span = _span()


@frozen
class Handling:
    """What stands in for a missing fact, an absent target or a state of a fact: a word, or a value of the author's.

    `ineligible`: no points, and no tier that has a quota. `as_reported`, of a disputed fact: it counts as it stands.
    `undetermined`, of a fact that only findings read: they are left open.
    """

    kind: Literal["error", "zero", "full", "redistribute", "mean", "ineligible", "as_reported", "undetermined", "value"]
    value: Expression | None = None
    span: Span = _span()


@frozen
class FactDeclaration:
    """A fact of an entity."""

    name: str
    unit: Unit
    label: str
    places: Expression | None = None  # digits that a reported value may have
    missing: Handling | None = None
    attribute: bool = False  # stands in the table of entities only
    span: Span = _span()


@frozen
class Judgement:
    name: str
    label: str
    span: Span = _span()


@frozen
class Zero:
    """The gate's consequence: nothing."""


@frozen
class AtMost:
    """The gate's consequence: no more than this."""

    value: Expression


@frozen
class TierAtMost:
    """The gate's consequence: no better tier than this, whatever the score (一票否决, 一票否优)."""

    tier: Name


Consequence = Zero | AtMost | TierAtMost


@frozen
class Gate:
    name: str
    label: str
    when: Expression
    consequence: Consequence
    span: Span = _span()


@frozen
class Level:
    name: str
    label: str
    points: Expression
    span: Span = _span()


@frozen
class Applicability:
    """For whom an indicator is, by a condition on the entity, and what stands in for it for the others."""

    when: Expression
    otherwise: Handling | None
    span: Span = _span()


@frozen
class StateHandling:
    """What stands in for a score whose fact is in a state: not_applicable, exempt, disputed or falsified."""

    state: str
    handling: Handling


@frozen
class Indicator:
    """Exactly one of `score`, `each` and `levels` says how it is scored."""

    name: str
    label: str
    points: Expression | None = None
    points_span: Span = _span()
    shared_by: Literal["", "weight", "count"] = ""
    weight: Expression | None = None  # of the component's points, in place of `points`
    weight_span: Span = _span()
    unit: Unit | None = None
    places: Expression | None = None
    groups: tuple[Name, ...] = ()  # empty: those of the component
    direction: Literal["higher", "lower"] = "higher"
    score: Expression | None = None
    score_span: Span = _span()
    each: Expression | None = None
    count: Literal["every", "once", "highest_level_once"] = "every"
    levels: tuple[Level, ...] = ()
    cap: Expression | None = None
    floor: Expression | None = None
    rounding: Rounding | None = None
    missing: Handling | None = None
    absent: Handling | None = None
    applies: Applicability | None = None
    states: tuple[StateHandling, ...] = ()
    gates: tuple[Gate, ...] = ()
    progress: Pace | None = None  # else that of `monitoring`
    evidence: tuple[str, ...] = ()  # modes that its targets need beside those of `monitoring`
    span: Span = _span()
    broken: frozenset[str] = field(default=frozenset(), eq=False, repr=False)


@frozen
class Contagion:
    """Where one indicator's share of its points is below a line, the others are held at most at a share of theirs."""

    name: str
    label: str
    below: Expression
    at_most: Expression
    span: Span = _span()


@frozen
class Combination:
    """How the parts of a component make its score; `expression` is of their shares, by their names."""

    method: Literal["sum", "mean", "geometric", "harmonic", "least", "product", "expression"]
    expression: Expression | None = None
    span: Span = _span()


@frozen
class Component:
    """Its parts are its indicators and the components within it, which are of its kind."""

    name: str
    label: str
    kind: Literal["base", "bonus", "penalty"] = "base"
    points: Expression | None = None
    points_span: Span = _span()
    weight: Expression | None = None  # of the points of the component in which it stands, in place of `points`
    weight_span: Span = _span()
    cap: Expression | None = None
    floor: Expression | None = None
    groups: tuple[Name, ...] = ()  # empty: all
    indicators: tuple[Indicator, ...] = ()
    components: tuple["Component", ...] = ()
    combine: Combination | None = None  # None: the sum
    contagion: tuple[Contagion, ...] = ()
    outside: bool = False  # not in the total
    remainder: Name | None = None  # the part that has the points which the others leave
    gates: tuple[Gate, ...] = ()
    rounding: Rounding | None = None
    span: Span = _span()
    broken: frozenset[str] = field(default=frozenset(), eq=False, repr=False)

    def within(self) -> Iterator[tuple["Component", ...]]:
        """It and every component within it, each with those in which it stands, the outermost first."""
        yield (self,)
        for part in self.components:
            yield from ((self, *path) for path in part.within())


@frozen
class Eligibility:
    name: str
    label: str
    when: Expression
    span: Span = _span()


@frozen
class Ranking:
    by: tuple[Expression, ...]  # the first decides, the others break ties
    within: Literal["group", "everyone"]
    ties: Literal["shared", "dense"] | None  # None: not declared
    span: Span = _span()


@frozen
class Quota:
    """A number of places. `next`: counted behind the better tiers; else from the top."""

    share: Expression  # a share of the peers, or a count
    next: bool
    rounded: str | None
    ties: Literal["included", "excluded"] | None
    vetoed: Literal["skipped", "counted"] | None
    of: Literal["group", "everyone"] | None = None
    span: Span = _span()


@frozen
class Tier:
    name: str
    label: str
    quota: Quota | None = None
    when: Expression | None = None
    otherwise: bool = False
    span: Span = _span()


@frozen
class FindingRule:
    name: str
    label: str
    when: Expression
    within: Expression | None = None  # days from publication
    overrides: tuple[Name, ...] = ()  # findings that are not raised where this one is
    span: Span = _span()


@frozen
class Guarantee:
    """A property that the policy claims: its id, what it is about, and bounds."""

    property: str
    subjects: tuple[Name, ...] = ()
    bounds: tuple[tuple[str, Expression], ...] = ()  # by clause: from, to, above
    span: Span = _span()


@frozen
class Policy:
    name: str
    label: str
    period: Period | None = None
    period_span: Span = _span()
    issued: date | None = None
    issued_span: Span = _span()
    effective: date | None = None
    effective_span: Span = _span()
    full: Expression | None = None
    full_span: Span = _span()
    rounding: tuple[Rounding, ...] = ()
    total: Expression | None = None  # None: the sum of the components
    total_span: Span = _span()
    groups: tuple[Group, ...] = ()
    things: tuple[ThingDeclaration, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    functions: tuple[Function, ...] = ()
    facts: tuple[FactDeclaration, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    components: tuple[Component, ...] = ()
    gates: tuple[Gate, ...] = ()
    eligibility: tuple[Eligibility, ...] = ()
    ranking: Ranking | None = None
    tiers: tuple[Tier, ...] = ()
    register: Register | None = None
    monitoring: Monitoring | None = None
    findings: tuple[FindingRule, ...] = ()
    appeal: Expression | None = None  # the days after publication within which an entity may appeal
    guarantees: tuple[Guarantee, ...] = ()
    edition: Edition = Edition()
    plans: tuple[MultiYearPlan, ...] = ()  # to which targets may link
    source: Source = field(default=NOWHERE.source, eq=False, repr=False)
    span: Span = _span()
    broken: frozenset[str] = field(default=frozenset(), eq=False, repr=False)
    doubtful: frozenset[str] = field(default=frozenset(), eq=False, repr=False)  # names in what was not built

    @property
    def paths(self) -> tuple[tuple[Component, ...], ...]:
        """Every component with those in which it stands, the outermost first."""
        return tuple(path for component in self.components for path in component.within())

    @property
    def every_component(self) -> tuple[Component, ...]:
        return tuple(path[-1] for path in self.paths)

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return tuple(indicator for component in self.every_component for indicator in component.indicators)

    def groups_of(self, *parts: Component | Indicator) -> tuple[str, ...]:
        """The names of the groups to which a part applies, in the order of their declaration; given behind those in
        which it stands."""
        applies = [group.name for group in self.groups]
        for part in parts:
            if part.groups:
                named = {name.id for name in part.groups}
                applies = [name for name in applies if name in named]
        return tuple(applies)
