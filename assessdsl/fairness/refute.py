"""Cases that refute a property of one fact, found by moving just that fact."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import islice, pairwise
from typing import Final

from attrs import evolve, frozen

from assessdsl.fairness.case import Case, Coordinate, Place, Raw, coordinates, put, twin
from assessdsl.fairness.made_cases import called, case_of_rows, fixed
from assessdsl.fairness.made_up import Record, Rows, cell
from assessdsl.fairness.search import Bench
from assessdsl.fairness.settle import Hint
from assessdsl.fairness.sweep import NAME, Swept, swept, total_of, values_of
from assessdsl.fairness.trial import Move, Witness
from assessdsl.fairness.trial import after as tried
from assessdsl.quantity import Unit, quantity_text

_TOLD_ALL: Final = 20
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


# ---------------------------------------------------------------- the least and the most


def beyond(at: Bench, low: Fraction | None, high: Fraction | None) -> Tried:
    """A total below or above the bounds: cell by cell the value that brings it nearest, twice over."""
    cases = 0
    for rows in _starts(at):
        for limit, sign in ((low, -1), (high, 1)):
            if limit is None:
                continue
            case, entered = _entered(at, rows, sign)
            driven, total, tried = _driven(at, case, sign)
            cases += entered + tried
            if total is not None and (total - limit) * sign > 0:
                shown, line = (quantity_text(value, Unit.POINTS) for value in (total, limit))
                en = f"the total of `{NAME}` is {shown}, {'below' if sign < 0 else 'above'} {line}"
                zh = f"`{NAME}`的总分是{shown},{'低于' if sign < 0 else '高于'}{line}"
                return Tried(Witness("bounded", driven, None, NAME, en, zh), cases)
    return Tried(None, cases)


def _starts(at: Bench) -> Iterator[Rows]:
    """Of each group someone of whom everything is reported, if any of so many can be scored, and what is safe: without
    judgements, which may take all, and with them."""
    told_all = evolve(at.maker, handled=dict.fromkeys(at.maker.handled, frozenset[str]()))
    for group, safe in at.safe.entities.items():
        made = [_completed(told_all.entity(fixed(seed), NAME, group, at.safe.known)) for seed in range(_TOLD_ALL)]
        made.sort(key=lambda rows: -sum(len(record) for _, record in rows))
        held = (
            rows for rows in made if total_of(case_of_rows(at.maker.policy, (*at.safe.benchmarks, *rows))) is not None
        )
        for rows in (*islice(held, 1), called(safe, NAME)):
            plain = tuple(row for row in rows if row[0] != "judgements")
            yield from (plain, rows) if plain != rows else (rows,)


def _completed(rows: Rows) -> Rows:
    """What was due and reported, completed."""
    due = {row["target"]: row["due"] for table, row in rows if table == "targets" and "due" in row}
    return tuple(
        (table, {"completed_on": due[record["target"]], **record})
        if table == "facts" and record.get("target") in due and "state" not in record
        else (table, record)
        for table, record in rows
    )


def _entered(at: Bench, rows: Rows, sign: int) -> tuple[Case, int]:
    """Of what is reported item by item, no item, or so many of one level: what brings the total nearest."""

    def made(chosen: Rows) -> Case:
        return case_of_rows(at.maker.policy, (*at.safe.benchmarks, *chosen))

    best, cases = total_of(made(rows)), 0
    for schema in at.maker.policy.plan.schema.indicators:
        if not schema.many_entries or schema.targeted or "actual" in schema.fields:
            continue
        rest = tuple(row for row in rows if row[1].get("indicator") != schema.name)
        for level, number in ((level, 2**power) for level in schema.levels or ("",) for power in range(6)):
            key: Record = {"entity": NAME, "indicator": schema.name, **({"level": level} if level else {})}
            for attempt in (rest, (*rest, *(("facts", {**key, "item": f"{level}{one}"}) for one in range(number)))):
                total = total_of(made(attempt))
                cases += 1
                if total is not None and (best is None or (total - best) * sign > 0):
                    rows, best = attempt, total
    return made(rows), cases


def _driven(at: Bench, case: Case, sign: int) -> tuple[Case, Fraction | None, int]:
    best, cases = total_of(case), 0
    for _ in range(2):
        for place, contents, leads in _cells(at, case, sign):
            for raw in contents:
                attempt = put(case, place, raw)
                total = total_of(attempt)
                cases += 1
                if total is not None and (
                    best is None or (total - best) * sign > 0 or (leads and raw and total == best)
                ):
                    case, best = attempt, total
    return case, best, cases


def _cells(at: Bench, case: Case, sign: int) -> Iterator[tuple[Place, tuple[Raw | None, ...], bool]]:
    """The cells that the policy reads, each with what is tried in it: also nothing, also the words that it compares;
    and whether each value leads further that way than the one before, even if only together with other cells."""
    cells = coordinates(case)
    for one in cells:
        values = sorted(values_of(at, cells, one), reverse=one.better * sign < 0)
        yield one.place, (None, *(cell(value, one.unit) for value in values)), one.better != 0
    words = at.maker.breakpoints.words
    for number, row in enumerate(case.facts.facts):
        for column in ("category", "level"):
            if column in row.values:
                found = {word for input, own in words.items() if input.name == column for word in own}
                yield Place("facts", number, column), tuple(sorted(found)), False
