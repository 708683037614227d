"""Cases of two entities of whom the same is said, in two groups, and who score otherwise."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from attrs import frozen

from assessdsl.fairness.case import Case, Place, put
from assessdsl.fairness.claims.groups import compared, shared
from assessdsl.fairness.driven import Reads, case_for, reads, rows_of, starts, turned
from assessdsl.fairness.edits import plainest
from assessdsl.fairness.made_cases import fixed
from assessdsl.fairness.made_up import Rows, entity_name
from assessdsl.fairness.refute import Tried
from assessdsl.fairness.regrouped import apart, in_two_groups, shown_apart
from assessdsl.fairness.search import Bench
from assessdsl.fairness.study import Study
from assessdsl.fairness.trial import Witness

_MADE: Final = 30  # of each group


@frozen(eq=False)
class _Shown:
    alone: Case  # the first entity
    witness: Witness


def told_apart(at: Bench, looked: Study, about: str) -> Tried:
    """about: an indicator; "" the total."""
    plan, policy, cases = looked.plan, looked.policy, 0
    groups = {part.name: groups for part, groups in shared(plan)}.get(about, plan.schema.groups)
    step = looked.indicators[about].score if about else plan.outputs.total
    of = reads(looked.known, *compared(plan, step))
    for first, second in combinations(groups, 2):
        for case, peers in _cases(at, first, second, of):
            cases += 1

            def told(edited: tuple[Case, ...], peers: Rows = peers, second: str = second) -> _Shown | None:
                scored = in_two_groups(policy, at.safe, edited[0], at.other, second, peers)
                if scored is None:
                    return None
                every = apart(plan, scored.result, at.name, at.other)
                found = next((one for one in every if one.about == about), None)
                return None if found is None else _Shown(edited[0], shown_apart(scored, at.name, at.other, found))

            shown = told((case,))
            if shown is not None:
                plain = plainest(shown, lambda one: (one.alone,), told, at.name)
                return Tried(plain.witness, cases)
    return Tried(None, cases)


def _cases(at: Bench, first: str, second: str, of: Reads) -> Iterator[tuple[Case, Rows]]:
    """Someone in the first group, and who else is in the second. of: what is compared within a group; of that the
    others report the least or the most, as that alone may tell two apart."""
    begun = [case_for(at, rows) for rows in starts(at) if rows[0][1].get("group") == first]
    made = (case_for(at, at.maker.entity(fixed(seed), at.name, first, at.safe.known)) for seed in range(_MADE))
    yield from ((case, ()) for case in (*begun, *made))
    third = entity_name(2, at.maker.policy.language)
    for case in begun if of else ():
        tried: dict[Place, list[Case]] = {}  # by the cell, from its least value to its greatest
        for place, raw in turned(at, case, of):
            tried.setdefault(place, []).append(put(case, place, raw))
        for every in tried.values():
            for end in (every[0], every[-1]):
                peers = tuple(
                    (table, {**record, "group": second} if table == "entities" else record)
                    for table, record in rows_of(end, third)
                )
                yield from ((one, peers) for one in every)
