"""Places and tiers among peers."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

from attrs import field, frozen

from assessdsl.backends.columns import Fault, Value
from assessdsl.backends.data import history, ranked_then
from assessdsl.backends.held import held_apart
from assessdsl.backends.logic import both, obstacle
from assessdsl.backends.ratios import Column
from assessdsl.backends.trace import Trace
from assessdsl.backends.work import Work
from assessdsl.facts import MISSING, Missing
from assessdsl.plan.steps import ENTITY, GROUP, POLICY, Band, BandTier, Rank, Step
from assessdsl.quantity import rounded

Ties = Literal["shared", "dense", "last"]


def places(keys: Sequence[Any], ties: Ties, *, lowest_first: bool) -> list[int]:
    """The place of each key among all of them, 1 for the first."""
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=not lowest_first)
    result = [0] * len(keys)
    start, number = 0, 0
    while start < len(order):
        end = start + 1
        while end < len(order) and keys[order[end]] == keys[order[start]]:
            end += 1
        number += 1
        place = {"shared": start + 1, "dense": number, "last": end}[ties]
        for row in order[start:end]:
            result[row] = place
        start = end
    return result


# ---------------------------------------------------------------- rank


def ranked(work: Work, step: Step, operation: Rank) -> Sequence[Value]:
    if operation.offset:
        return _published(work, step, operation)
    result: list[Value] = [MISSING] * work.layout.rows(step.grain)
    columns = [_in_order(work.spread(key, step.grain)) for key in operation.keys]
    for peers in _peers(work, step, operation.within):
        known: list[int] = []
        for row in peers:
            found = obstacle([column[row] for column in columns])
            if found is None:
                known.append(row)
            else:
                result[row] = found
        keys = [tuple(column[row] for column in columns) for row in known]
        for row, place in zip(known, places(keys, operation.ties, lowest_first=operation.lowest_first), strict=True):
            result[row] = Fraction(place)
    return result


def _in_order(own: Column) -> Sequence[Any]:
    """What is in the order of the values: where all are over one number, numerators, which are quicker to compare."""
    return own.values if isinstance(own.below, int) else own.read


def _peers(work: Work, step: Step, within: Literal["group", "everyone"]) -> list[list[int]]:
    """The rows that are compared with one another."""
    to = GROUP if within == "group" else POLICY
    peers: list[list[int]] = [[] for _ in range(work.layout.rows(to))]
    for row, above in enumerate(work.layout.parents(step.grain, to)):
        peers[above].append(row)
    return peers


def _published(work: Work, step: Step, operation: Rank) -> list[Value]:
    """Places from the end of the results of an earlier year, as they were published."""
    among = "peers_in_group" if operation.within == "group" else "peers"
    found: dict[str, int] = {}
    for rows in ranked_then(work.plan, work.dataset, operation.offset, among).values():
        numbers = places([rank for _, rank in rows], operation.ties, lowest_first=False)
        found.update((name, place) for (name, _), place in zip(rows, numbers, strict=True))
    earlier = history(work.plan, work.dataset, operation.offset)
    result: list[Value] = []
    for entity in work.dataset.entities:
        past_result = earlier(entity)
        if past_result is not None and past_result.entity in found:
            result.append(Fraction(found[past_result.entity]))
        else:
            result.append(Missing(past_result.cell if past_result else None, step.span.text or step.name))
    return result


# ---------------------------------------------------------------- tiers


def banded(work: Work, step: Step, operation: Band) -> Sequence[Value]:
    result: list[Value] = [MISSING] * work.layout.rows(ENTITY)
    names = [tier.name for tier in operation.tiers]
    for peers in competitions(work, step, operation):
        for number in range(len(names)):
            peers.fill(number)
        for row in peers.rows:
            if row in peers.failed:
                result[row] = peers.failed[row]
            elif row in peers.tiers:
                result[row] = names[max(peers.tiers[row], peers.best[row])]
            else:
                result[row] = Missing(name=step.name)
    return result


def competitions(work: Work, step: Step, operation: Band) -> "list[Peers]":
    """Those who compete with one another, before any tier is given."""
    names = [tier.name for tier in operation.tiers]
    vetoes = [(veto.name, names.index(veto.tier), work.column(veto.when, ENTITY)) for veto in operation.vetoes]
    found: list[Peers] = []
    for rows in _peers(work, step, operation.within):
        best: dict[int, int] = {}  # of each peer, the best tier that the vetoes leave
        failed: dict[int, Fault] = {}
        for row in rows:
            best[row] = 0
            for gate, lowest, column in vetoes:
                holds = column[row]
                if isinstance(holds, Missing | Fault):
                    failed[row] = work.undecided("AS5006", step, row, holds, gate=gate)
                elif holds:
                    best[row] = max(best[row], lowest)
        found.append(Peers(work, step, operation, rows, best, failed))
    return found


def crossed(trace: Trace, id: int) -> list[tuple[list[int], list[bool]]]:
    """Of those who compete with one another, for each tier whether a tie stood over the line of its quota."""
    step = trace.plan.steps[id]
    assert isinstance(step.operation, Band)
    work = Work(trace.plan, trace.dataset, held_apart(trace.plan, trace.columns))
    number = range(len(step.operation.tiers))
    return [(peers.rows, [peers.fill(tier) for tier in number]) for peers in competitions(work, step, step.operation)]


@frozen
class Peers:
    """Entities that compete with one another, and the tiers that they have so far. A tier is known by its number."""

    work: Work
    step: Step
    operation: Band
    rows: list[int]
    best: dict[int, int]
    failed: dict[int, Fault]
    tiers: dict[int, int] = field(factory=dict)

    def fill(self, number: int) -> bool:
        """Gives the tier to those of the peers who have no better one and to whom it is due. Whether a tie stands over
        the line of its quota."""
        tier = self.operation.tiers[number]
        candidates = [row for row in self.rows if self._is_candidate(row, number, tier)]
        if tier.quota is None:
            self.tiers.update((row, number) for row in candidates)
            return False
        ranks = self.work.column(self.operation.rank, ENTITY)
        blocks: dict[Fraction, list[int]] = {}
        for row in candidates:
            rank = ranks[row]
            if isinstance(rank, Missing | Fault):
                self._fail(row, tier, rank)
            else:
                blocks.setdefault(rank, []).append(row)  # type: ignore[arg-type]
        free, over = self._places(tier), False
        for _, block in sorted(blocks.items()):
            if free <= 0:
                break
            over = len(block) > free
            if over and tier.ties == "excluded":
                break
            self.tiers.update((row, number) for row in block)
            free -= len(block)
        return over

    def _is_candidate(self, row: int, number: int, tier: BandTier) -> bool:
        if row in self.tiers or row in self.failed:
            return False
        if tier.quota is not None and tier.vetoed == "skipped" and self.best[row] > number:
            return False
        holds: Value = True if tier.when is None else self.work.column(tier.when, ENTITY)[row]
        if tier.quota is not None and self.operation.eligible is not None:
            holds = both(holds, self.work.column(self.operation.eligible, ENTITY)[row])
        if isinstance(holds, Missing | Fault):
            self._fail(row, tier, holds)
        return holds is True

    def _places(self, tier: BandTier) -> int:
        """The places that are left of the tier's quota, which is the same for all."""
        assert tier.quota is not None
        quota = self.work.column(tier.quota, POLICY)[0]
        if isinstance(quota, Missing | Fault):
            for row in self.rows:
                self._fail(row, tier, quota)
            return 0
        assert isinstance(quota, Fraction)
        heads = rounded(quota * len(self.rows) if tier.is_share else quota, tier.rounded, 0)
        return int(heads) - (0 if tier.next else len(self.tiers))

    def _fail(self, row: int, tier: BandTier, value: Missing | Fault) -> None:
        self.failed[row] = self.work.undecided("AS5007", self.step, row, value, tier=tier.name)
