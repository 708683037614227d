"""What becomes of a faulty policy, and how often."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Final, Literal

from attrs import frozen

from assessdsl.diagnostics import PolicyError
from assessdsl.engine import Policy, loads
from assessdsl.fairness.proof_comparison import compare_proofs
from assessdsl.fairness.prove import prove
from assessdsl.fairness.verdict import Standing
from faulty.faults import Faulty
from faulty.replay import shows

Outcome = Literal["refuted", "refused", "no fault", "not replayed", "missed", "not kept"]
"""`refuted`: and the counterexample was replayed; `refused`: the checker does not accept the policy; `no fault`: proved
to score all data as the good policy does; the rest is wrong, also `not kept`: the good policy could not be proved to
keep the guarantee, so that breaking it shows nothing."""
WRONG: Final = ("not replayed", "missed", "not kept")


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
        return "no fault" if _the_same(one) else "missed"
    return "refuted" if all(shows(shown, one.good, one.bad) for shown in found) else "not replayed"


def _the_same(one: Faulty) -> bool:
    """Of what follows from scores nothing is compared."""
    if loads(one.bad).checked.policy.guarantees[0].property in ("tiers_follow", "obligations_complete"):
        return False
    compared = compare_proofs(loads(one.good), loads(one.bad), cases=0).compared
    return all(
        side.status in ("proved", "solver") for pair in compared for side in (pair.never_higher, pair.never_lower)
    )


def _standing(policy: Policy, cases: int) -> Standing:
    (found,) = prove(policy, cases=cases, seconds=2).standings
    return found


def _read(text: str) -> Policy | None:
    try:
        return loads(text)
    except PolicyError:
        return None


@frozen
class Tally:
    found: Counter[tuple[str, Outcome]]

    def of(self, *outcomes: Outcome) -> int:
        return sum(number for (_, outcome), number in self.found.items() if outcome in outcomes)

    def __str__(self) -> str:
        rows = [f"{'':56} refuted refused no fault  wrong"]
        for name in dict.fromkeys(fault for fault, _ in self.found):
            own: Counter[Outcome] = Counter(
                {what: count for (fault, what), count in self.found.items() if fault == name}
            )
            wrong = sum(own[what] for what in WRONG)
            rows.append(f"{name:56} {own['refuted']:7} {own['refused']:7} {own['no fault']:8} {wrong:6}")
        return "\n".join(rows)


def tallied(corpus: Iterable[Faulty]) -> Tally:
    return Tally(Counter((one.fault, outcome(one)) for one in corpus))
