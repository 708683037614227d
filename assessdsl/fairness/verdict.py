"""What is found out about a guarantee: verdicts with their reasons, and the report of all of them."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal

from attrs import Factory, field, frozen

from assessdsl.fairness.counterexample import Counterexample
from assessdsl.source import NOWHERE, Span

Status = Literal["unasked", "proved", "solver", "tested", "unknown", "refuted"]
"""`proved` by looking at the plan, `solver`: proved by one; `tested`: held in so many cases, and not proved; `refuted`:
a counterexample was replayed in the exact engine; `unasked`: the policy does not say what would be better."""

_WORSE: Final[tuple[Status, ...]] = ("unasked", "proved", "solver", "tested", "unknown", "refuted")


def worst(*found: Status) -> Status:
    return max(found, key=_WORSE.index, default="unasked")


@frozen
class Reason:
    """Why: a key of the table of texts, with what stands in them; the line of the policy."""

    key: str
    arguments: Mapping[str, str] = field(factory=dict, hash=False)
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class Verdict:
    """On one thing that a guarantee is about: an indicator, a fact, a gate, or the policy as a whole."""

    about: str  # its name; "" the policy
    label: str
    status: Status
    reasons: tuple[Reason, ...] = ()
    cases: int = 0  # that were tried
    counterexample: Counterexample | None = None
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class Claim:
    """A property, what it is claimed of, and its bounds. `claimed`: it stands in the policy."""

    property: str
    subjects: tuple[str, ...] = ()
    called: tuple[str, ...] = ()  # what people call these
    bounds: Mapping[str, Fraction] = Factory(dict)  # by clause: from, to, above
    claimed: bool = False
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class Standing:
    """A property with the verdicts on all that it is about. Without any it does not speak of this policy."""

    claim: Claim
    verdicts: tuple[Verdict, ...]

    @property
    def status(self) -> Status:
        return worst(*(verdict.status for verdict in self.verdicts))


@frozen
class Report:
    """Of every guarantee that a policy claims, or, where it claims none, of the whole catalogue."""

    policy: str
    label: str
    fingerprint: str
    language: str
    standings: tuple[Standing, ...]
    solver: bool  # whether one was at hand

    @property
    def refuted(self) -> bool:
        return any(standing.status == "refuted" for standing in self.standings)

    @property
    def settled(self) -> bool:
        """Whether everything that is asked was proved or refuted."""
        return all(standing.status not in ("tested", "unknown") for standing in self.standings)
