"""What the cases of a counterexample come to where the property holds: what a test made of it expects."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final, Literal

from attrs import evolve, frozen

from assessdsl.authoring.testing.records import Beside, Bound
from assessdsl.fairness.broken import ahead, fired, gaps, limits, outclassed, pairs
from assessdsl.fairness.case import score
from assessdsl.fairness.counterexample import Counterexample
from assessdsl.fairness.regrouped import apart, next_to
from assessdsl.result import Result

BEFORE: Final = Beside(test="before")


@frozen
class Held:
    """Of an entity, in the last of the cases: its total, rank or tier, or the score of a part, against a number, or
    against what it has in the case before, or another entity in the same. `any`: it has a result at all."""

    entity: str
    of: Literal["any", "total", "rank", "tier", "scores"]
    bound: Bound = "equal"
    against: Fraction | Beside = BEFORE
    part: tuple[str, ...] = ()  # a component, and its indicator
    target: str = ""
    within: Fraction | None = None


_OF_TWO: Final[Mapping[str, Held]] = {
    "monotone": Held("", "total", "at_least"),
    "rank_monotone": Held("", "rank", "at_most"),
    "strict_response": Held("", "total", "above"),
    "independent": Held("", "total"),
    "no_double_count": Held("", "total"),
    "no_cliff": Held("", "total"),
    "missing_not_rewarded": Held("", "total", "at_most"),
    "truthful": Held("", "total", "at_most"),
    "no_removal": Held("", "total", "at_most"),
    "no_splitting": Held("", "total", "at_most"),
}


def promised(shown: Counterexample) -> tuple[Held, ...]:
    """What fails as long as the policy breaks the property; nothing where no score, rank or tier shows it."""
    if shown.after is not None:
        if shown.property == "no_double_count" and len(shown.after.facts.facts) == len(shown.before.facts.facts):
            return ()  # of a fact that feeds several scores the total may well follow it
        held = _OF_TWO.get(shown.property)
        size = [limit for _, limit in limits(shown.before.policy, "no_cliff")] if shown.property == "no_cliff" else []
        return () if held is None else (evolve(held, entity=shown.entity, within=min(size, default=None)),)
    if shown.property == "always_defined":
        return (Held(shown.entity, "any"),)
    look = _OF_ONE.get(shown.property)
    return () if look is None else tuple(look(shown, score(shown.before)))


def _bounded(shown: Counterexample, result: Result) -> Iterator[Held]:
    for clause, limit in limits(shown.before.policy, "bounded"):
        yield Held(shown.entity, "total", "at_least" if clause == "from" else "at_most", limit)


def _absolute(shown: Counterexample, result: Result) -> Iterator[Held]:
    for one in fired(result):
        if one.leaks:
            of: Literal["scores", "total"] = "scores" if one.part else "total"
            yield Held(one.entity, of, "at_most", one.allowed, one.part, one.target)


def _dominance(shown: Counterexample, result: Result) -> Iterator[Held]:
    """What the one behind has in the minor component leaves the other ahead."""
    for one in gaps(shown.before.policy, result):
        if one.made_up:
            parts = {part.name: part for whole in one.first.components.values() for part in whole.every}
            own = parts[one.minor]
            sign = -1 if own.kind == "penalty" else 1
            line = own.score.value + sign * one.ahead
            yield Held(one.second.entity, "scores", "below" if sign > 0 else "above", line, (one.minor,))


def _rounding_safe(shown: Counterexample, result: Result) -> Iterator[Held]:
    for one in ahead(shown.before.policy, result):
        if one.turned:
            yield Held(one.first.entity, "total", "at_least", Beside(entity=one.second.entity))


def _tiers_follow(shown: Counterexample, result: Result) -> Iterator[Held]:
    """Who may have the other's tier; else who scores more, which the tiers' own conditions turn round."""
    order = [name for name, _ in result.tiers]
    found = list(outclassed(shown.before.policy, result)) or [
        (first, second)
        for first, second in pairs(shown.before.policy, result)
        if first.entity == shown.entity
        and first.total.value > second.total.value
        and second.tier is not None
        and (first.tier is None or order.index(first.tier) > order.index(second.tier))
    ]
    for first, second in found:
        yield Held(first.entity, "tier", "at_least", Beside(entity=second.entity))


def _group_neutral(shown: Counterexample, result: Result) -> Iterator[Held]:
    other = next_to(shown.before, shown.entity)
    for one in apart(shown.before.policy.plan, result, shown.entity, other):
        of: Literal["scores", "total"] = "scores" if one.part else "total"
        yield Held(shown.entity, of, "at_least", Beside(entity=other), one.part)
        yield Held(shown.entity, of, "at_most", Beside(entity=other), one.part)


_OF_ONE: Final[Mapping[str, Callable[[Counterexample, Result], Iterator[Held]]]] = {
    "bounded": _bounded,
    "absolute": _absolute,
    "dominance": _dominance,
    "rounding_safe": _rounding_safe,
    "tiers_follow": _tiers_follow,
    "group_neutral": _group_neutral,
}
