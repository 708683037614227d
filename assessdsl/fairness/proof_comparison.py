"""Two policies compared for all data: who can have more or less by the new one than by the old, and who cannot.

For the entities of each group, of every indicator and component that both have, and of the total: whether the new
policy's score is ever higher, and whether ever lower, wherever both give one. First the plans are looked at together,
then a solver is asked about the difference, then cases are tried near where either policy turns. What is claimed to be
higher or lower is shown: the same facts, scored by both.
"""

from fractions import Fraction

from assessdsl.engine import Policy
from assessdsl.fairness.analysis.gap import NONE, Gaps
from assessdsl.fairness.both import HIGHER, LOWER, Compared, Comparison, Pair, Side, parts
from assessdsl.fairness.both import pairs as pairs_of
from assessdsl.fairness.both_tried import Tried
from assessdsl.fairness.merged import Merged, merged
from assessdsl.fairness.solver import A_SECOND, available, ever
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import Constant, Plan


def compare_proofs(
    old: Policy, new: Policy, *, cases: int = 24, seconds: int = 5, solve: bool = True, language: str | None = None
) -> Comparison:
    """Parts are matched by their names. cases: how many tables of several entities are tried, half of them near where
    each policy turns. seconds: the most that a solver thinks about one difference. solve: whether it is asked."""
    groups = _groups(old.plan, new.plan)
    pairs = tuple(pairs_of(old.plan, new.plan))
    solver = solve and available()
    tried = Tried(old, new, pairs, cases, language or new.language) if cases else None
    compared: list[Compared] = []
    for group in groups:
        both = merged(old, new, group, tuple(step for pair in pairs for step in pair.steps))
        looked, gaps = Gaps(both.known), Gaps(both.known)
        for pair in pairs:
            if _for_none(both, old.plan, new.plan, pair):
                continue
            found = _settled(both, looked, gaps, pair, seconds if solver else 0)
            sides = {
                way: side if side.status != "unknown" or tried is None else tried.side(group, pair, way)
                for way, side in found.items()
            }
            compared.append(Compared(group, pair.kind, pair.name, pair.label, sides[HIGHER], sides[LOWER]))
    names = [{*plan.schema.groups, *parts(plan)} for plan in (old.plan, new.plan)]
    only = [tuple(sorted(names[one] - names[1 - one])) for one in (0, 1)]
    return Comparison(old, new, language or new.language, tuple(compared), only[0], only[1], solver)


def _groups(old: Plan, new: Plan) -> tuple[str, ...]:
    if not old.schema.groups and not new.schema.groups:
        return ("",)
    return tuple(group for group in new.schema.groups if group in old.schema.groups)


def _for_none(both: Merged, old: Plan, new: Plan, pair: Pair) -> bool:
    """Whether the part is in neither policy for the group."""
    if pair.kind == "total":
        return False
    applies = (both.old[parts(old)[pair.name].applies], both.new[parts(new)[pair.name].applies])
    return all(both.known.plan.steps[id].operation == Constant(False) for id in applies)


# ---------------------------------------------------------------- proofs


def _settled(both: Merged, looked: Gaps, gaps: Gaps, pair: Pair, seconds: int) -> dict[int, Side]:
    """Both sides: looked at, then by a solver. What it settles of a finer step (`gaps`) serves the coarser ones."""
    found: dict[int, Side] = {}
    for first, second in pair.steps:
        one, two = both.old[first], both.new[second]
        for way in (HIGHER, LOWER):
            by_solver = Side("solver" if _never(gaps.of(one, two), way) else "unknown")
            found[way] = Side("proved") if _never(looked.of(one, two), way) else by_solver
        if not seconds or (one, two) not in both.gaps:
            continue
        for way, side in tuple(found.items()):
            if side.status == "unknown" and ever(both.known, both.gaps[one, two], way, seconds * A_SECOND) == "never":
                gaps.settle(one, two, Range(None, Fraction(0)) if way == HIGHER else Range(Fraction(0), None))
                found[way] = Side("solver")
    return found


def _never(gap: Range, way: int) -> bool:
    """Whether nothing in the range is on that side of zero."""
    if gap == NONE:
        return True
    return (gap.high is not None and gap.high <= 0) if way == HIGHER else (gap.low is not None and gap.low >= 0)
