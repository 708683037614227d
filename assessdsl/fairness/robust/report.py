"""The whole report on how firmly a result stands."""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from attrs import fields, frozen, has

from assessdsl.engine import Policy, evaluate
from assessdsl.fairness.robust.chances import require
from assessdsl.fairness.robust.choices import open_choices
from assessdsl.fairness.robust.intervals import (
    Factor,
    Intervals,
    Progress,
    Sampling,
    Sensitivity,
    Uncertainty,
    rank_intervals,
    sensitivity,
)
from assessdsl.fairness.robust.replay import world
from assessdsl.fairness.robust.spread import Influence, Separation, influence, separation
from assessdsl.fairness.robust.standing import PeerTable, Profile, peer_tables, profiles
from assessdsl.fairness.robust.turning import Turn, turns
from assessdsl.fairness.robust.without import Dominance, Without, dominance, without_each
from assessdsl.quantity import Unit, exact_text
from assessdsl.result import Result


@frozen(eq=False)
class Robustness:
    """Everything that was asked. `robust.text` tells it to people."""

    result: Result
    uncertainty: Uncertainty
    seed: int
    varied: tuple[Factor, ...]  # what was taken as uncertain
    units: Mapping[str, Unit]  # of the parameters among it
    held: tuple[str, ...]  # components and indicators whose weights were not varied
    intervals: Intervals
    sensitivity: Sensitivity | None
    turns: tuple[Turn, ...]
    influence: tuple[Influence, ...]
    without: tuple[Without, ...]
    dominance: Dominance
    spread: Fraction | None  # the least range of totals that was declared
    separation: tuple[Separation, ...]
    profiles: tuple[Profile, ...]
    peers: tuple[PeerTable, ...]

    def to_data(self) -> dict[str, Any]:
        """As plain data: numbers as exact text, in the base measure of their unit."""
        data = {"policy": self.result.policy, "fingerprint": self.result.fingerprint, "result": self.result.digest}
        told = [one.name for one in fields(Robustness) if one.name != "result"]
        return data | {name: _plain(getattr(self, name)) for name in told}

    def to_json(self) -> str:
        return json.dumps(self.to_data(), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    match value:
        case Fraction():
            return exact_text(value)
        case Unit():
            return value.value
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
        case tuple():
            return [_plain(one) for one in value]
        case _ if has(type(value)):
            return {one.name: _plain(getattr(value, one.name)) for one in fields(type(value))}
        case _:
            return value


_USUAL: Final = Uncertainty()


def robustness(
    policy: Policy,
    facts: Any,
    *,
    uncertainty: Uncertainty = _USUAL,
    replicates: int = 500,
    seed: int = 1,
    delta: Fraction | None = None,
    spread: Fraction | None = None,
    progress: Progress | None = None,
    history: Any = None,
    frozen_targets: Any = None,
) -> Robustness:
    """What else would have come out, had what was chosen or measured been a little different.

    facts: as `evaluate` takes them; so are history and frozen_targets. replicates: of the whole assessment, for the
    rank intervals; up to twice as many runs go to the sensitivity. seed: of what is drawn.
    delta: the points up to which an addition, a deduction or an indicator is small; spread: the least range of totals
    in a group. Neither has a default, and without one what it is needed for is not judged. progress: told of each
    of the three long parts, one after the other, how many of its runs are done.

    Raises DataError where the data is wrong, and where the extra `analysis` is missing; ValueError where a parameter to
    be varied is none of the policy's, or is not a number that can be.
    """
    require(policy.language)
    if replicates < 1:
        raise ValueError("there must be one replicate at least")
    result = evaluate(policy, facts, history=history, frozen=frozen_targets)
    opened = open_choices(policy, result.trace, tuple(uncertainty.parameters))
    sampling = Sampling(opened, uncertainty, _labels(policy))
    scored = world(result.trace)
    parts = without_each(scored)
    return Robustness(
        result=result,
        uncertainty=uncertainty,
        seed=seed,
        varied=tuple(factor for factor, _ in sampling.factors),
        units={name: policy.checked.constants[name][1] for name in uncertainty.parameters},
        held=opened.held,
        intervals=rank_intervals(sampling, replicates, seed, progress),
        sensitivity=sensitivity(sampling, replicates, seed, progress),
        turns=turns(opened, progress),
        influence=influence(scored),
        without=parts,
        dominance=dominance(scored, parts, delta),
        spread=spread,
        separation=separation(scored, spread),
        profiles=profiles(scored),
        peers=peer_tables(scored),
    )


def _labels(policy: Policy) -> dict[str, str]:
    tree = policy.checked.policy
    found = {one.name: one.label for one in tree.facts}
    return found | {one.name: one.label for one in tree.parameters}
