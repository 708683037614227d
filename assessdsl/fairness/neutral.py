"""Cases of two entities of whom the same is said, in two groups, and who score otherwise."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Final

from attrs import frozen

from assessdsl.fairness.case import Case
from assessdsl.fairness.claims.groups import shared
from assessdsl.fairness.counterexample import values_at
from assessdsl.fairness.driven import case_for, rows_of, starts
from assessdsl.fairness.edits import plainest
from assessdsl.fairness.made_cases import called, case_of_rows, fixed, indicators_of
from assessdsl.fairness.made_up import Rows, entity_name
from assessdsl.fairness.refute import Tried
from assessdsl.fairness.search import Bench
from assessdsl.fairness.study import Study
from assessdsl.fairness.trial import Witness, after
from assessdsl.quantity import Unit, quantity_text

_MADE: Final = 30  # of each group


@frozen(eq=False)
class _Shown:
    alone: Case  # the first entity
    witness: Witness


def told_apart(at: Bench, looked: Study, about: str) -> Tried:
    """about: an indicator; "" the total."""
    asked = {part.name: groups for part, groups in shared(looked)}
    groups = asked.get(about, looked.plan.schema.groups)
    cases = 0
    for first, second in combinations(groups, 2):
        others = tuple(at.maker.entity(fixed(0), entity_name(2, looked.policy.language), second, at.safe.known))
        for peers in ((), others):  # a comparison within the group tells them apart only by who else is there

            def told(edited: tuple[Case, ...], peers: Rows = peers, second: str = second) -> _Shown | None:
                found = _apart(at, looked, about, edited[0], second, asked, peers)
                return None if found is None else _Shown(edited[0], found)

            for case in _cases(at, first):
                cases += 1
                shown = told((case,))
                if shown is not None:
                    plain = plainest(shown, lambda one: (one.alone,), told, at.name)
                    return Tried(plain.witness, cases)
    return Tried(None, cases)


def _cases(at: Bench, group: str) -> Iterator[Case]:
    yield from (case_for(at, rows) for rows in starts(at) if rows[0][1].get("group") == group)
    for seed in range(_MADE):
        yield case_for(at, at.maker.entity(fixed(seed), at.name, group, at.safe.known))


def _apart(
    at: Bench, looked: Study, about: str, case: Case, group: str, asked: dict[str, tuple[str, ...]], peers: Rows
) -> Witness | None:
    rows = rows_of(case, at.name)
    mine = next(str(record["group"]) for table, record in rows if table == "entities")
    safe = called(at.safe.entities[group], at.other)
    like = tuple(
        (table, {**record, "group": group} if table == "entities" else record)
        for (table, record), indicator in zip(called(rows, at.other), indicators_of(rows), strict=True)
        if not indicator or group in asked[indicator]
    )
    own = tuple(
        row for row, one in zip(safe, indicators_of(safe), strict=True) if one and mine not in asked[one]
    )  # what only the second group is asked for
    benchmarks = tuple(("benchmarks", record) for record in case.records().get("benchmarks", []))
    scored = after(case_of_rows(at.maker.policy, (*benchmarks, *rows, *like, *own, *peers)))
    if scored is None:
        return None
    step = looked.indicators[about].score if about else looked.plan.outputs.total
    one, two = (values_at(scored.result, step, name)[""] for name in (at.name, at.other))
    if not isinstance(one, Fraction) or not isinstance(two, Fraction) or one == two:
        return None
    first, second = (dict(looked.plan.groups).get(name) or name for name in (mine, group))
    points = [quantity_text(value, Unit.POINTS) for value in (one, two)]
    label = (looked.indicators[about].label or about) if about else ""
    en = (
        f"`{at.name}` ({first}) and `{at.other}` ({second}) report the same, and have {points[0]} and {points[1]} "
        f"in {label or 'total'}"
    )
    zh = f"`{at.name}`({first})与`{at.other}`({second})填报相同,{label or '总分'}却为{points[0]}分与{points[1]}分"
    return Witness("group_neutral", scored.case, None, at.name, en, zh)
