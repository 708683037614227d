"""Two policies side by side: the parts that both have, and what is found out about them."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, Literal

from attrs import frozen

from assessdsl.engine import Policy
from assessdsl.fairness.case import Case
from assessdsl.plan.steps import Plan, Stage
from assessdsl.source import Span

Held = Literal["proved", "solver", "tested", "unknown", "refuted"]
Relation = Literal["equivalent", "never_higher", "never_lower", "incomparable", "unknown"]
_WORSE: Final[tuple[Held, ...]] = ("proved", "solver", "tested", "unknown", "refuted")
HIGHER: Final = 1
LOWER: Final = -1


@frozen(eq=False)
class Differing:
    """The same facts of an entity, scored by both policies; and the first stage in which the scores differ."""

    entity: str
    old: Case
    new: Case
    was: Fraction
    now: Fraction
    name: str  # of the part at which they part, and the stage
    stage: str
    before: str
    after: str
    spans: tuple[Span, Span]  # in the old policy and in the new


@frozen(eq=False)
class Side:
    """Whether the new score is never on one side of the old."""

    status: Held
    cases: int = 0
    shown: Differing | None = None


@frozen(eq=False)
class Compared:
    """Of one indicator, component, or (`total`) of all, for the entities of one group ("" if there are no groups)."""

    group: str
    kind: Literal["indicator", "component", "total"]
    name: str
    label: str
    never_higher: Side
    never_lower: Side

    @property
    def relation(self) -> Relation:
        sides = (self.never_higher.status, self.never_lower.status)
        if sides == ("refuted", "refuted"):
            return "incomparable"
        if not {"refuted", "unknown"} & set(sides):
            return "equivalent"
        if sides[0] not in ("refuted", "unknown"):
            return "never_higher"
        return "never_lower" if sides[1] not in ("refuted", "unknown") else "unknown"

    @property
    def status(self) -> Held:
        """How what the relation says is known: of what holds the weakest; `refuted` where nothing holds."""
        held = [side.status for side in (self.never_higher, self.never_lower) if side.status != "refuted"]
        return max(held, key=_WORSE.index, default="refuted")

    @property
    def cases(self) -> int:
        tried = [side.cases for side in (self.never_higher, self.never_lower) if side.status == "tested"]
        return min(tried, default=0)


@frozen(eq=False)
class Comparison:
    old: Policy
    new: Policy
    language: str
    compared: tuple[Compared, ...]
    only_old: tuple[str, ...]  # groups, components and indicators of one policy
    only_new: tuple[str, ...]
    solver: bool

    def of(self, name: str, group: str = "") -> Compared:
        """By the name of an indicator or a component, or `total`; without a group, of the first that has it."""
        of_name = (one for one in self.compared if (one.name or "total") == name)
        return next(one for one in of_name if not group or one.group == group)


@frozen(eq=False)
class Pair:
    """A part of both plans: its steps that are compared, from the finest, the last being the score."""

    kind: Literal["indicator", "component", "total"]
    name: str
    label: str
    steps: tuple[tuple[int, int], ...]
    stages: tuple[tuple[Stage, ...], tuple[Stage, ...]]


@frozen(eq=False)
class Scored:
    """A component or an indicator of a plan: its steps that are compared, and the step that says to whom it applies."""

    kind: Literal["indicator", "component"]
    label: str
    steps: tuple[int, ...]
    stages: tuple[Stage, ...]
    applies: int


def parts(plan: Plan) -> dict[str, Scored]:
    found: dict[str, Scored] = {}
    for whole in reversed(plan.outputs.every_component):
        for part in whole.indicators:
            steps = (part.stages[-1].step, part.score)
            found[part.name] = Scored("indicator", part.label, steps, (*part.stages, *part.held), part.applies)
        found[whole.name] = Scored("component", whole.label, (whole.score,), whole.stages, whole.applies)
    return found


def pairs(old: Plan, new: Plan) -> Iterator[Pair]:
    first = parts(old)
    for name, part in parts(new).items():
        if name in first and first[name].kind == part.kind:
            steps = tuple(zip(first[name].steps, part.steps, strict=True))
            yield Pair(part.kind, name, part.label, steps, (first[name].stages, part.stages))
    ends = (old.outputs, new.outputs)
    yield Pair("total", "", "", ((ends[0].total, ends[1].total),), (ends[0].total_stages, ends[1].total_stages))
