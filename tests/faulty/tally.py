"""What becomes of a faulty policy, and how often."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Final, Literal

from attrs import frozen

import assessdsl
from assessdsl.diagnostics import PolicyError
from assessdsl.engine import Policy
from assessdsl.fairness.prove import prove
from assessdsl.fairness.verdict import Standing
from faulty.faults import Faulty
from faulty.replay import shows

Outcome = Literal["refuted", "refused", "not replayed", "missed", "not kept"]
"""`refuted`: and the counterexample was replayed; `refused`: the checker does not accept the policy; `not kept`: the
good policy could not be proved to keep the guarantee, so that breaking it shows nothing; the rest is wrong."""
WRONG: Final = ("not replayed", "missed")


@cache
def kept(text: str) -> bool:
    """Whether the policy's guarantee is proved."""
    policy = _read(text)
    return policy is not None and _standing(policy, cases=0).status in ("proved", "solver")


def outcome(one: Faulty) -> Outcome:
    if not kept(one.good):
        return "not kept"
    policy = _read(one.bad)
    if policy is None:
        return "refused"
    found = [verdict.counterexample for verdict in _standing(policy, cases=200).verdicts if verdict.counterexample]
    if not found:
        return "missed"
    return "refuted" if all(shows(shown, one.good, one.bad) for shown in found) else "not replayed"


def _standing(policy: Policy, cases: int) -> Standing:
    (found,) = prove(policy, cases=cases, seconds=2).standings
    return found


def _read(text: str) -> Policy | None:
    try:
        return assessdsl.loads(text)
    except PolicyError:
        return None


@frozen
class Tally:
    found: Counter[tuple[str, Outcome]]

    def of(self, *outcomes: Outcome) -> int:
        return sum(number for (_, outcome), number in self.found.items() if outcome in outcomes)

    def __str__(self) -> str:
        names = dict.fromkeys(fault for fault, _ in self.found)
        rows = [f"{'':50} refuted refused missed"]
        rows += [
            f"{name:50} {self.found[name, 'refuted']:7} {self.found[name, 'refused']:7} "
            f"{sum(self.found[name, wrong] for wrong in WRONG):6}"
            for name in names
        ]
        return "\n".join(rows)


def tallied(corpus: Iterable[Faulty]) -> Tally:
    return Tally(Counter((one.fault, outcome(one)) for one in corpus))
