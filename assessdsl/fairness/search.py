"""The search for a case that refutes a property: the same data in every run, near where the policy turns.

A case is made, and changed, by a row of picks. What refutes a property is made smaller by making the picks smaller:
fewer entities, plainer numbers, as long as the property still fails.
"""

from collections.abc import Callable, Hashable, Iterator
from fractions import Fraction
from typing import Final

from attrs import define, field, frozen

from assessdsl.engine import Policy
from assessdsl.fairness.made_cases import Safe, fixed, make, safe
from assessdsl.fairness.made_up import Maker, Pick, entity_name, maker
from assessdsl.fairness.trial import Outcome, Trial, Trying, Witness
from assessdsl.fairness.world import Worlds, reach

_ENTITIES: Final = 3
_SHRINKING: Final = 250  # attempts


@define
class _Recorded:
    """Picks that are noted, so that the same can be picked again."""

    of: Pick
    drawn: list[int] = field(factory=list)

    def pick(self, low: int, high: int) -> int:
        value = self.of(low, high)
        self.drawn.append(value - low)
        return value


def _again(picks: tuple[int, ...]) -> Pick:
    """The picks once more; the lowest where there are none left."""
    left = list(reversed(picks))

    def pick(low: int, high: int) -> int:
        return min(high, low + left.pop()) if left else low

    return pick


Plain = tuple[Fraction | None, Fraction | None, tuple[int | None, ...]]
"""Of a cell that is moved the values between which that is seen best, and which others were made plain how."""


@frozen(eq=False)
class Bench:
    """What is needed to make cases of a policy; none can be made of one that stops whatever is reported."""

    maker: Maker
    safe: Safe
    worlds: Worlds
    plain: dict[Hashable, Plain] = field(factory=dict)  # by what is alike, what was found before

    @property
    def name(self) -> str:
        """Of the entity that a case is about."""
        return entity_name(0, self.maker.policy.language)

    @property
    def other(self) -> str:
        """Of one with whom it is compared."""
        return entity_name(1, self.maker.policy.language)


def bench(policy: Policy) -> Bench | None:
    made = maker(policy)
    found = safe(made)
    return None if found is None else Bench(made, found, Worlds(reach(policy.plan)))


@frozen(eq=False)
class Searched:
    witness: Witness | None
    cases: int  # in which the property could be tried


def search(at: Bench, trial: Trial, *, cases: int, accepted: Callable[[Witness], bool] = lambda _: True) -> Searched:
    """Tries the property in so many cases, and makes the first witness smaller."""
    tried = 0
    for seed in range(cases):
        recorded = _Recorded(fixed(seed))
        outcome = _tried(at, trial, recorded.pick)
        if isinstance(outcome, Witness) and accepted(outcome):
            return Searched(_smaller(at, trial, tuple(recorded.drawn), outcome, accepted), tried + 1)
        tried += outcome != "nothing"
    return Searched(None, tried)


def _tried(at: Bench, trial: Trial, pick: Pick) -> Outcome:
    return trial(Trying(at.maker, at.safe, make(at.maker, at.safe, pick, entities=_ENTITIES), pick))


def _smaller(
    at: Bench, trial: Trial, picks: tuple[int, ...], witness: Witness, accepted: Callable[[Witness], bool]
) -> Witness:
    left = _SHRINKING
    again = True
    while again:
        again = False
        for attempt in _attempts(picks):
            if left == 0:
                return witness
            left -= 1
            recorded = _Recorded(_again(attempt))
            outcome = _tried(at, trial, recorded.pick)
            if isinstance(outcome, Witness) and accepted(outcome) and _size(recorded.drawn) < _size(picks):
                picks, witness, again = tuple(recorded.drawn), outcome, True
                break
    return witness


def _size(picks: tuple[int, ...] | list[int]) -> tuple[int, int, tuple[int, ...]]:
    """Fewer picks are less, then those whose sum is."""
    return len(picks), sum(picks), tuple(picks)


def _attempts(picks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Without some in a row; with some in a row at their lowest; with one halved or one less."""
    length = len(picks) // 2
    while length:
        for start in range(0, len(picks), length):
            yield picks[:start] + picks[start + length :]
            if any(picks[start : start + length]):
                yield picks[:start] + (0,) * len(picks[start : start + length]) + picks[start + length :]
        length //= 2
    for number, one in enumerate(picks):
        for less in dict.fromkeys((one // 2, one - 1)):
            if 0 <= less < one:
                yield (*picks[:number], less, *picks[number + 1 :])
