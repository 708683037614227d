"""Cases that refute a property of one fact, found by moving just that fact."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final

from attrs import evolve, frozen

from assessdsl.fairness.case import Coordinate, put, twin
from assessdsl.fairness.made_up import cell
from assessdsl.fairness.search import Bench
from assessdsl.fairness.settle import Hint
from assessdsl.fairness.sweep import NAME, Swept, swept
from assessdsl.fairness.trial import Move, Witness
from assessdsl.fairness.trial import after as tried
from assessdsl.quantity import Unit, quantity_text

_TWIN: Final = "丁"  # of whom the same is said as of the first


@frozen(eq=False)
class Subject:
    """Whose cells are moved: of these indicators or facts of entities, those of one name. `better` as for facts."""

    indicators: frozenset[str]
    facts: frozenset[str]
    name: str
    better: int
    alone: bool  # no entity's total reads what others did
    limit: Fraction | None = None  # of a leap
    mover: str = NAME  # whose cell is moved


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
        at, subject.indicators, subject.facts, subject.name, alone=subject.alone, mover=subject.mover, hints=hints
    ):
        cases += len(found.totals)
        pairs = sorted(_FAILING[property](found, subject), key=lambda pair: -abs(pair[3] - pair[2]))
        for pair in pairs[:1]:
            told = _witness(property, found, pair)
            witness = _overtaken(found, pair, told) if property == "rank_monotone" else told
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


def _overtaken(found: Swept, pair: Pair, witness: Witness) -> Witness | None:
    """Beside another of whom the same is said, who does not move: who falls in the total falls behind."""
    before = twin(witness.before, NAME, _TWIN)
    raw = None if pair[1] is None else cell(pair[1], found.coordinate.unit)
    after = put(before, found.coordinate.place, raw)
    was, now = (None if scored is None else scored.result.entities[NAME].rank for scored in map(tried, (before, after)))
    if was is None or now is None or was >= now:
        return None
    assert pair[1] is not None
    move = Move(evolve(found.coordinate, value=_as_value(found.coordinate, pair[0])), pair[1])
    return Witness(
        "rank_monotone", before, after, NAME,
        f"`{NAME}` does better ({move.told('en')}), and falls from rank {was} to rank {now}",
        f"`{NAME}`做得更好({move.told('zh')}),名次却从第{was}名落到第{now}名",
    )  # fmt: skip


_FAILING: Final[Mapping[str, Callable[[Swept, Subject], Iterator[Pair]]]] = {
    "monotone": _falls, "strict_response": _stays, "no_cliff": _leaps, "missing_not_rewarded": _silence,
    "truthful": _misstated, "rank_monotone": _falls, "independent": _others_move,
}  # fmt: skip
DIRECTED: Final = frozenset(_FAILING)


def _witness(property: str, found: Swept, pair: Pair) -> Witness:
    before, after, was, now = pair
    one = found.coordinate
    totals = {"was": quantity_text(was, Unit.POINTS), "now": quantity_text(now, Unit.POINTS)}
    told = {
        language: story.format(
            entity=NAME,
            mover=one.entity,
            about=one.indicator or one.name,
            move="" if after is None else Move(evolve(one, value=_as_value(one, before)), after).told(language),
            **totals,
        )
        for language, story in zip(("en", "zh"), _STORIES[property], strict=True)
    }
    return Witness(property, found.with_value(before), found.with_value(after), NAME, told["en"], told["zh"])


def _as_value(coordinate: Coordinate, number: Fraction | None) -> Fraction | date | str:
    if number is None:
        return "—"
    return date.fromordinal(int(number)) if coordinate.unit is Unit.DATE else number


_STORIES: Final[Mapping[str, tuple[str, str]]] = {
    "monotone": (
        "`{entity}` does better ({move}), and its total falls from {was} to {now}",
        "`{entity}`做得更好({move}),总分却由{was}降为{now}",
    ),
    "rank_monotone": ("", ""),
    "independent": (
        "`{mover}` {move}, and the total of `{entity}` goes from {was} to {now}",
        "`{mover}`{move},`{entity}`的总分由{was}变为{now}",
    ),
    "strict_response": (
        "`{entity}` does better ({move}), and its total stays at {was}", "`{entity}`做得更好({move}),总分仍是{was}"
    ),
    "no_cliff": (
        "a small difference ({move}) moves the total of `{entity}` from {was} to {now}",
        "微小差别({move})使`{entity}`的总分由{was}变为{now}",
    ),
    "missing_not_rewarded": (
        "`{entity}` does not report `{about}`, and its total rises from {was} to {now}",
        "`{entity}`不填报`{about}`,总分由{was}升为{now}",
    ),
    "truthful": (
        "`{entity}` plans other than what it reaches ({move}), and its total rises from {was} to {now}",
        "`{entity}`申报与预期不符的计划({move}),总分由{was}升为{now}",
    ),
}  # fmt: skip
