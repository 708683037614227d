"""Cases that refute a property of one fact, found by moving just that fact."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Final

from attrs import evolve, frozen

from assessdsl.fairness.case import Case, put, twin
from assessdsl.fairness.made_up import cell, entity_name
from assessdsl.fairness.plainer import plain_move
from assessdsl.fairness.search import Bench
from assessdsl.fairness.settle import Hint
from assessdsl.fairness.stories import Change
from assessdsl.fairness.sweep import Swept, swept
from assessdsl.fairness.trial import Witness

_TWIN: Final = 3  # by its number, of whom the same is said as of the first


@frozen(eq=False)
class Subject:
    """Whose cells are moved: of these indicators or facts of entities, those of one name. `better` as for facts."""

    indicators: frozenset[str]
    facts: frozenset[str]
    name: str
    better: int
    alone: bool  # no entity's total reads what others did
    limit: Fraction | None = None  # of a leap
    others: bool = False  # whether the cell of another entity is moved


@frozen(eq=False)
class Tried:
    witness: Witness | None
    cases: int


Pair = tuple[Fraction | None, Fraction | None, Fraction, Fraction]
"""The cell's value before and after, and the totals."""


def refuted(at: Bench, property: str, subject: Subject, hints: tuple[Hint, ...] = ()) -> Tried:
    """The first pair of cases in which the property fails; of several the one whose totals differ most."""
    cases = 0
    for found in swept(
        at, subject.indicators, subject.facts, subject.name, alone=subject.alone, others=subject.others, hints=hints
    ):
        cases += len(found.totals)
        pairs = sorted(_FAILING[property](found, subject), key=lambda pair: -abs(pair[3] - pair[2]))
        for pair in pairs[:1]:
            change = Change(evolve(found.coordinate, better=subject.better), *pair[:2])
            witness = plain_move(at, property, change, *_cases(property, at.name, found, change))
            if witness is not None:
                return Tried(witness, cases)
    return Tried(None, cases)


def _reported(found: Swept) -> list[tuple[Fraction, Fraction]]:
    return [(value, total) for value, total in found.totals if value is not None]


def _worse_to_better(found: Swept, subject: Subject) -> list[tuple[Fraction, Fraction]]:
    return sorted(_reported(found), reverse=subject.better < 0)


def _falls(found: Swept, subject: Subject) -> Iterator[Pair]:
    ordered: list[tuple[Fraction | None, Fraction]] = [*_worse_to_better(found, subject)]
    if subject.name == "completed_on":  # what is not completed at all is worse than any day
        ordered = [(value, total) for value, total in found.totals if value is None] + ordered
    for number, (value, total) in enumerate(ordered):
        for better, then in ordered[number + 1 :]:
            if then < total:
                yield value, better, total, then


def _stays(found: Swept, subject: Subject) -> Iterator[Pair]:
    for (value, total), (better, then) in pairwise(_worse_to_better(found, subject)):
        if then == total:
            yield value, better, total, then


def _leaps(found: Swept, subject: Subject) -> Iterator[Pair]:
    """Between two values that no report can lie between."""
    assert subject.limit is not None
    for (value, total), (better, then) in pairwise(_worse_to_better(found, subject)):
        if abs(then - total) > subject.limit and abs(better - value) <= found.step:
            yield value, better, total, then


def _silence(found: Swept, subject: Subject) -> Iterator[Pair]:
    silent = [total for value, total in found.totals if value is None]
    for value, total in _reported(found):
        if silent and silent[0] > total:
            yield value, None, total, silent[0]


def _misstated(found: Swept, subject: Subject) -> Iterator[Pair]:
    """Another plan scores more than the one that was met."""
    reached = found.beside
    honest = dict(_reported(found)).get(reached) if reached is not None else None
    for value, total in _reported(found):
        if honest is not None and total > honest:
            yield reached, value, honest, total


def _others_move(found: Swept, subject: Subject) -> Iterator[Pair]:
    ordered = _reported(found)
    for (value, total), (other, then) in pairwise(ordered):
        if then != total:
            yield value, other, total, then


_FAILING: Final[Mapping[str, Callable[[Swept, Subject], Iterator[Pair]]]] = {
    "monotone": _falls, "strict_response": _stays, "no_cliff": _leaps, "missing_not_rewarded": _silence,
    "truthful": _misstated, "rank_monotone": _falls, "independent": _others_move,
}  # fmt: skip
DIRECTED: Final = frozenset(_FAILING)


def _cases(property: str, name: str, found: Swept, change: Change) -> tuple[Case, Case]:
    """A fall in rank is shown beside another of whom the same is said, who does not move."""
    one, first = found.coordinate, found.with_value(change.before)
    if property != "rank_monotone":
        return first, found.with_value(change.after)
    first = twin(first, name, entity_name(_TWIN, first.policy.language))
    raw = None if change.after is None else cell(change.after, one.unit)
    return first, put(first, one.place, raw)
