"""Someone whose score is as low or as high as can be found: cell by cell the value that brings it nearest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import Final

from attrs import evolve, frozen

from assessdsl.diagnostics import DataError
from assessdsl.fairness.analysis.inputs import reads_peers
from assessdsl.fairness.analysis.narrow import Known
from assessdsl.fairness.case import Case, Place, Raw, coordinates, put, resolution, score, with_rows
from assessdsl.fairness.made_cases import called, case_of_rows, fixed
from assessdsl.fairness.made_up import Record, Rows, cell
from assessdsl.fairness.search import Bench
from assessdsl.fairness.sweep import total_of, values_of
from assessdsl.fairness.trial import number_of
from assessdsl.plan.steps import ENTITY, Load
from assessdsl.quantity import Unit
from assessdsl.result import Result

_TOLD_ALL: Final = 20  # of whom one is sought that can be scored
_FEW: Final = (0, 1, 2, 4, 8, 16, 32)  # items that are reported
_MORE: Final = (64, 128, 256, 512, 1024)  # one after another, as long as the value still moves
BETWEEN: Final = 16  # values tried between the least and the greatest at which the policy turns
_TIMES: Final = (2, 3, 5, 7, 11)  # the greatest of them

Reads = frozenset[str]
"""Names of indicators, facts, judgements and benchmarks."""


@frozen(eq=False)
class Driven:
    case: Case
    value: Fraction | None
    cases: int  # that were scored


def reads(known: Known, *steps: int) -> Reads:
    """What the steps rest on."""
    on = (known.plan.steps[id] for one in steps for id in known.cone(one))
    names = (one.grain.indicator or (one.operation.name if isinstance(one.operation, Load) else "") for one in on)
    return frozenset(name for name in names if name)


def starts(at: Bench) -> Iterator[Rows]:
    """Of each group someone of whom everything is reported, if any of so many can be scored, and what is safe: without
    judgements, which may take all, and with them."""
    told_all = evolve(at.maker, handled=dict.fromkeys(at.maker.handled, frozenset[str]()))
    for group, safe in at.safe.entities.items():
        made = [_completed(told_all.entity(fixed(seed), at.name, group, at.safe.known)) for seed in range(_TOLD_ALL)]
        made.sort(key=lambda rows: -sum(len(record) for _, record in rows))
        held = (rows for rows in made if total_of(case_for(at, rows)) is not None)
        for rows in (*islice(held, 1), called(safe, at.name)):
            plain = tuple(row for row in rows if row[0] != "judgements")
            yield from (plain, rows) if plain != rows else (rows,)


def case_for(at: Bench, rows: Rows) -> Case:
    return case_of_rows(at.maker.policy, (*at.safe.benchmarks, *rows))


def rows_of(case: Case, name: str) -> Rows:
    """What the case says of its only entity, under the name."""
    tables = ((table, record) for table, records in case.records().items() for record in records)
    return called(tuple(row for row in tables if row[0] not in ("benchmarks", "frozen")), name)


def _completed(rows: Rows) -> Rows:
    """What was due and reported, completed."""
    due = {row["target"]: row["due"] for table, row in rows if table == "targets" and "due" in row}
    return tuple(
        (table, {"completed_on": due[record["target"]], **record})
        if table == "facts" and record.get("target") in due and "state" not in record
        else (table, record)
        for table, record in rows
    )


# ---------------------------------------------------------------- the least and the most


def heights(at: Bench) -> Iterable[Case]:
    """Of each start who scores as much as can be found, without hiding anything that was reported."""

    def make(rows: Rows) -> Case:
        return driven(at, rows, 1, at.maker.policy.plan.outputs.total, hiding=False).case

    return at.worlds.kept("heights", lambda: map(make, starts(at)))


def driven(at: Bench, rows: Rows, sign: int, step: int, *, of: Reads | None = None, hiding: bool = True) -> Driven:
    """What the entity has at the step, brought as low (sign -1) or as high (1) as the cells do it, each in turn, twice
    over. of: whose cells; None all. hiding: whether cells are emptied."""
    case, cases = _entered(at, rows, sign, step, of)
    (best,) = values_at_step(at, [case], step)
    for _ in range(2):
        for place, contents, leads in _cells(at, case, sign, of):
            contents = tuple(raw for raw in contents if hiding or raw is not None)
            attempts = [put(case, place, raw) for raw in contents]
            cases += len(attempts)
            for raw, attempt, value in zip(contents, attempts, values_at_step(at, attempts, step), strict=True):
                if value is not None and (
                    best is None or (value - best) * sign > 0 or (leads and raw and value == best)
                ):
                    case, best = attempt, value
        silent = [_without(case, names) for names in _together(at, of)] if hiding else []
        cases += len(silent)
        for attempt, value in zip(silent, values_at_step(at, silent, step), strict=True):
            if value is not None and (best is None or (value - best) * sign > 0):
                case, best = attempt, value
    return Driven(case, best, cases)


def _together(at: Bench, of: Reads | None) -> Iterator[frozenset[str]]:
    """The indicators of each component: what each has alone may be given to the others as long as one is left."""
    for whole in at.maker.policy.plan.outputs.every_component:
        names = frozenset(part.name for one in whole.every for part in one.indicators if _wanted(part.name, of))
        if len(names) > 1:
            yield names


def _without(case: Case, names: Reads) -> Case:
    """Nothing is reported of these indicators."""
    indicator = {row.values["target"].raw: row.values["indicator"].raw for row in case.facts.targets}
    about = [
        {indicator.get(value.raw, value.raw) for column in ("indicator", "target") if (value := row.get(column))}
        for row in case.facts.facts
    ]
    kept = (row for row, own in zip(case.facts.facts, about, strict=True) if names.isdisjoint(own))
    return with_rows(case, "facts", kept)


def values_at_step(at: Bench, cases: Sequence[Case], step: int) -> list[Fraction | None]:
    """What the entity of each case has there, None where the policy stops: all scored at once, each under a name of its
    own, where nothing is put together of several entities."""
    if reads_peers(at.maker.policy.plan):
        return [found.get(at.name) for case in cases for found in (_scored(case, step),)]
    named = {f"{at.name}{number}": case for number, case in enumerate(cases)}
    left = dict(named)
    while left:
        rows = [row for name, case in left.items() for row in rows_of(case, name)]
        try:
            found = _at(score(case_of_rows(at.maker.policy, (*at.safe.benchmarks, *rows))), step)
            return [found.get(name) for name in named]
        except DataError as error:
            told = {diagnostic.arguments.get("entity", "") for diagnostic in error.diagnostics if diagnostic.is_error}
            if not told & left.keys():
                return [found.get(at.name) for case in cases for found in (_scored(case, step),)]
            left = {name: case for name, case in left.items() if name not in told}
    return [None for _ in cases]


def _scored(case: Case, step: int) -> Mapping[str, Fraction | None]:
    try:
        return _at(score(case), step)
    except DataError:
        return {}


def _at(result: Result, step: int) -> Mapping[str, Fraction | None]:
    """What each entity has at the step."""
    columns = result.trace.columns
    values = columns.at(step, ENTITY)
    return {
        name: value if isinstance(value, Fraction) else None
        for name, value in zip(columns.layout.entities, values, strict=True)
    }


def _entered(at: Bench, rows: Rows, sign: int, step: int, of: Reads | None) -> tuple[Case, int]:
    """Of what is reported item by item, no item, or so many of one level: what brings the value nearest."""
    (best,), cases = values_at_step(at, [case_for(at, rows)], step), 0
    for schema in at.maker.policy.plan.schema.indicators:
        if not schema.many_entries or schema.targeted or "actual" in schema.fields or not _wanted(schema.name, of):
            continue
        rest = tuple(row for row in rows if row[1].get("indicator") != schema.name)
        for level in schema.levels or ("",):
            key: Record = {"entity": at.name, "indicator": schema.name, **({"level": level} if level else {})}
            last: Fraction | None = None
            for numbers in (_FEW, *((more,) for more in _MORE)):
                attempts = [
                    (*rest, *(("facts", {**key, "item": f"{level}{one}"}) for one in range(number)))
                    for number in numbers
                ]
                values = values_at_step(at, [case_for(at, attempt) for attempt in attempts], step)
                cases += len(attempts)
                for attempt, value in zip(attempts, values, strict=True):
                    if value is not None and (best is None or (value - best) * sign > 0):
                        rows, best = attempt, value
                if values[-1] in (last, *values[-2:-1]):
                    break
                last = values[-1]
    return case_for(at, rows), cases


def _cells(at: Bench, case: Case, sign: int, of: Reads | None) -> Iterator[tuple[Place, tuple[Raw | None, ...], bool]]:
    """The cells that the policy reads, each with what is tried in it: also nothing, also the words that it compares;
    and whether each value leads further that way than the one before, even if only together with other cells."""
    cells = coordinates(case)
    for one in cells:
        if _wanted(one.indicator or one.name, of):
            values = sorted(values_of(at, cells, one), reverse=one.better * sign < 0)
            yield one.place, (None, *(cell(value, one.unit) for value in values)), one.better != 0
    words = at.maker.breakpoints.words
    for number, row in enumerate(case.facts.facts):
        for column in ("category", "level"):
            if column in row.values and _wanted(
                str(row.values["indicator"].raw) if "indicator" in row.values else "", of
            ):
                found = {word for input, own in words.items() if input.name == column for word in own}
                yield Place("facts", number, column), tuple(sorted(found)), False


def _wanted(name: str, of: Reads | None) -> bool:
    return of is None or name in of


# ---------------------------------------------------------------- one cell through its values


def turned(at: Bench, case: Case, of: Reads, between: int = BETWEEN) -> Iterator[tuple[Place, Raw]]:
    """One cell of those named through the values at which the policy turns, evenly between them, and far beyond."""
    cells = coordinates(case)
    for one in cells:
        if one.entity != at.name or (one.indicator or one.name) not in of or number_of(one) is None:
            continue
        values = values_of(at, cells, one)
        low, step = values[0], resolution(one)
        even = {low + (values[-1] - low) * part / between // step * step for part in range(between)}
        beyond = () if one.unit in (Unit.DATE, Unit.SURVEY) else (values[-1] * times for times in _TIMES)
        for value in sorted({*values, *even, *beyond}):
            yield one.place, cell(value, one.unit)
