"""Every guarantee of a policy: proved by looking at its plan, by a solver, tried on cases, or refuted by one.

First the plan is looked at. What that leaves open goes to a solver, piece by piece, if one is installed; what is then
still open is tried on cases made near where the policy turns. A case that refutes is scored by the exact engine; a
verdict by solver stands only where what it was asked covers the steps exactly.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Final

from attrs import evolve

from assessdsl.ast.nodes import Guarantee
from assessdsl.check.bounds import amount
from assessdsl.engine import Policy
from assessdsl.fairness.claims import data, groups, outcomes, scores
from assessdsl.fairness.claims.scores import at_least, at_most, named
from assessdsl.fairness.counterexample import counterexample
from assessdsl.fairness.crossed import overturned, rounded_apart
from assessdsl.fairness.crowd import (
    beyond,
    counted_twice,
    fed_twice,
    hidden,
    leaking,
    order_reversed,
    reach,
    tiers_turned,
    unexplained,
    unreported,
)
from assessdsl.fairness.neutral import told_apart
from assessdsl.fairness.plainer import plain_alone, plain_change
from assessdsl.fairness.properties import not_applicable, properties
from assessdsl.fairness.refute import DIRECTED, Subject, Tried, refuted
from assessdsl.fairness.search import Bench, bench, search
from assessdsl.fairness.settle import SETTLED, Hint, settled
from assessdsl.fairness.single import called_in
from assessdsl.fairness.solver import available
from assessdsl.fairness.study import Study, study
from assessdsl.fairness.trial import Witness
from assessdsl.fairness.verdict import Claim, Reason, Report, Standing, Verdict

_LOOKED_AT: Final[Mapping[str, Callable[[Study, Claim], tuple[Verdict, ...]]]] = {
    "anonymous": data.anonymous,
    "order_invariant": data.order_invariant,
    "scale_invariant": data.scale_invariant,
    "always_defined": data.always_defined,
    "monotone": scores.monotone,
    "rank_monotone": scores.rank_monotone,
    "strict_response": scores.strict_response,
    "bounded": scores.bounded,
    "proportional": scores.proportional,
    "independent": scores.independent,
    "group_neutral": groups.group_neutral,
    "no_cliff": scores.no_cliff,
    "rounding_safe": scores.rounding_safe,
    "absolute": outcomes.absolute,
    "dominance": outcomes.dominance,
    "ties_equal": outcomes.ties_equal,
    "tiers_follow": outcomes.tiers_follow,
    "accountability_exact": outcomes.accountability_exact,
    "obligations_complete": outcomes.obligations_complete,
    "missing_not_rewarded": data.missing_not_rewarded,
    "no_removal": data.no_removal,
    "no_splitting": data.no_splitting,
    "no_double_count": data.no_double_count,
    "truthful": data.truthful,
}
CATALOGUE: Final = tuple(_LOOKED_AT)
"""Every property that a policy can claim, by its id."""


def prove(
    policy: Policy, *, only: tuple[str, ...] = (), cases: int = 200, seconds: int = 10, solve: bool = True
) -> Report:
    """The standing of each guarantee that the policy claims; where it claims none, of the whole catalogue.

    only: properties by id, claimed or not. cases: how many are tried for what could not be proved. seconds: the most
    that a solver thinks about one step. solve: whether it is asked at all.
    """
    looked = study(policy)
    claims = tuple(_claims(policy, only))
    at = None if cases == 0 else bench(policy)
    solver = solve and available()
    standings = tuple(_standing(looked, claim, at, cases, seconds if solver else 0) for claim in claims)
    if solve and not solver:
        standings = tuple(map(_without_solver, standings))
    return Report(policy.name, policy.label, policy.fingerprint, policy.language, standings, solver)


def _without_solver(standing: Standing) -> Standing:
    """What is open says that a solver might have told."""
    if standing.claim.property not in SETTLED:
        return standing
    advised = (
        evolve(one, reasons=(*one.reasons, Reason("no_solver")))
        if one.status in ("unknown", "tested", "unasked")
        else one
        for one in standing.verdicts
    )
    return evolve(standing, verdicts=tuple(advised))


def _claims(policy: Policy, only: tuple[str, ...]) -> Iterator[Claim]:
    claimed = [_claim(policy, one) for one in policy.checked.policy.guarantees]
    if not only:
        yield from claimed or (Claim(name) for name in CATALOGUE)
        return
    for name in only:
        own = [claim for claim in claimed if claim.property == name]
        yield from own or [Claim(name)]


def _claim(policy: Policy, guarantee: Guarantee) -> Claim:
    known = {clause: amount(bound, policy.checked) for clause, bound in guarantee.bounds}
    bounds: dict[str, Fraction] = {clause: value for clause, value in known.items() if value is not None}
    subjects = tuple(name.id for name in guarantee.subjects)
    called = tuple(called_in(policy, name) for name in subjects)
    return Claim(guarantee.property, subjects, called, bounds, True, guarantee.span)


def _standing(looked: Study, claim: Claim, at: Bench | None, cases: int, seconds: int) -> Standing:
    verdicts = _LOOKED_AT[claim.property](looked, claim)
    hints: Mapping[str, tuple[Hint, ...]] = {}
    if seconds and any(verdict.status in ("unknown", "unasked") for verdict in verdicts):
        found = settled(looked, claim, verdicts, seconds)
        verdicts, hints = found.verdicts, found.hints
    if any(map(_open, verdicts)):
        verdicts = _tried(looked, claim, verdicts, at, cases, hints)
    return Standing(claim, verdicts)


# ---------------------------------------------------------------- cases


def _open(verdict: Verdict) -> bool:
    """Whether a case is looked for; also where none is needed to refute."""
    return verdict.status == "unknown" or (verdict.status == "refuted" and verdict.counterexample is None)


def _tried(
    looked: Study,
    claim: Claim,
    verdicts: tuple[Verdict, ...],
    at: Bench | None,
    cases: int,
    hints: Mapping[str, tuple[Hint, ...]],
) -> tuple[Verdict, ...]:
    """What is open, tried on cases. A property that is proved of one indicator is not asked of it again."""
    known = properties().get(claim.property)
    if at is None:
        return verdicts
    to_try = known is not None and not_applicable(claim.property, looked.policy) is None
    found: list[Verdict] = []
    for verdict in verdicts:
        if not _open(verdict):
            found.append(verdict)
        elif (directed := _directed(looked, claim, verdict, at)) is not None:
            shown = None if directed.witness is None else plain_alone(at, directed.witness)
            found.append(_with(verdict, shown, directed.cases))
        elif known is None or not to_try:
            found.append(verdict)
        elif claim.property in DIRECTED:
            found.append(_moved(looked, claim, verdict, at, hints.get(verdict.about, ())))
        else:
            searched = search(at, known.trial, cases=cases, accepted=partial(_is_about, looked, verdict.about))
            shown = None if searched.witness is None else plain_change(searched.witness)
            found.append(_with(verdict, shown, searched.cases))
    return tuple(found)


def _directed(looked: Study, claim: Claim, verdict: Verdict, at: Bench) -> Tried | None:
    """Where there is a way straight to a case."""
    match claim.property:
        case "bounded":
            whole = looked.whole_range(looked.plan.outputs.total)
            low, high = claim.bounds.get("from"), claim.bounds.get("to")
            return beyond(at, None if at_least(whole.low, low) else low, None if at_most(whole.high, high) else high)
        case "rounding_safe" if _alone(looked):
            found = order_reversed(at)
            return found if found.witness is not None else rounded_apart(at, looked)
        case "dominance" if len(claim.subjects) == 2 and claim.bounds:
            return overturned(at, looked, claim)
        case "proportional":
            return reach(at, looked, verdict.about)
        case "obligations_complete" if verdict.about in looked.indicators:
            return unexplained(at, looked, verdict.about)
        case "group_neutral":
            return told_apart(at, looked, verdict.about)
        case "absolute" if (found := leaking(at, looked, verdict.about)).witness is not None:
            return found
        case "tiers_follow" if _alone(looked):
            return tiers_turned(at)
        case "always_defined" if (found := unreported(at)).witness is not None:
            return found
        case "no_double_count" if verdict.about in looked.indicators:
            return counted_twice(at, verdict.about)
        case "no_double_count":
            return fed_twice(at, looked, verdict.about)
    return None


def _alone(looked: Study) -> bool:
    """Whether no entity's total reads what others did."""
    return not any(peer for _, peer in looked.movement.of(looked.plan.outputs.total))


def _moved(looked: Study, claim: Claim, verdict: Verdict, at: Bench, hints: tuple[Hint, ...]) -> Verdict:
    """The cells that the verdict is about, moved one by one."""
    cases, subjects = 0, tuple(_subjects(looked, claim, verdict))
    ways = [partial(refuted, at, claim.property, subject, hints) for subject in subjects]
    if claim.property == "missing_not_rewarded":
        ways += [partial(hidden, at, subject) for subject in subjects]
    for way in ways:
        tried = way()
        cases += tried.cases
        if tried.witness is not None:
            return _with(verdict, tried.witness, cases)
    return _with(verdict, None, cases)


def _subjects(looked: Study, claim: Claim, verdict: Verdict) -> Iterator[Subject]:
    alone = _alone(looked)
    limit = claim.bounds.get("above")
    if claim.property == "truthful":
        yield Subject(frozenset({verdict.about}), frozenset(), "planned", 0, alone)
        return
    if claim.property == "no_cliff" and limit is None:
        return
    if claim.property == "independent":
        read = {id for id, peer in looked.movement.of(looked.plan.outputs.total) if peer}
        for fact in looked.facts:
            if fact.step in read:
                own = frozenset({fact.indicator} if fact.indicator else ())
                yield Subject(own, frozenset(() if own else {fact.name}), fact.name, 0, False, others=True)
        return
    for fact in looked.facts:
        if verdict.about in (named(looked, fact)[0], *looked.indicator_of[fact.step]):
            own = frozenset({fact.indicator} if fact.indicator else ())
            facts = frozenset(() if fact.indicator else {fact.name})
            yield Subject(own, facts, fact.name, fact.better, alone, limit)


def _with(verdict: Verdict, witness: Witness | None, cases: int) -> Verdict:
    if witness is not None:
        return evolve(verdict, status="refuted", cases=cases, counterexample=counterexample(witness))
    return evolve(verdict, status="tested", cases=cases) if cases and verdict.status == "unknown" else verdict


def _is_about(looked: Study, about: str, witness: Witness) -> bool:
    """Whether the cases differ in what the verdict is about, and in nothing else; of the policy every one is."""
    name = about.split(" ")[0]
    targeted = name in looked.indicators
    if not about or witness.after is None or not (targeted or name in _facts(looked)):
        return True
    changed = _changed(witness)
    return bool(changed) and changed <= {name}


def _facts(looked: Study) -> set[str]:
    return {fact.name for fact in looked.policy.plan.schema.facts}


def _changed(witness: Witness) -> set[str]:
    """The indicators and facts whose rows differ between the cases."""
    assert witness.after is not None
    before, after = witness.before.records(), witness.after.records()
    indicator_of = {
        str(row["target"]): str(row["indicator"]) for row in (*before.get("targets", []), *after.get("targets", []))
    }
    found: set[str] = set()
    for table in sorted({*before, *after}):
        if table == "frozen":
            continue
        one, two = before.get(table, []), after.get(table, [])
        for row in (*(row for row in one if row not in two), *(row for row in two if row not in one)):
            target = str(row.get("target", ""))
            found.add(indicator_of.get(target) or str(row.get("indicator") or row.get("fact") or ""))
    return found
