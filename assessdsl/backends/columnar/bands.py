"""Tiers among peers, in arrays: what the plan's step `Band` means, for millions of entities at once.

Each tier takes one pass over the entities, or two; a quota is shared out over the blocks of equal ranks. Where nothing
but what the ranks go by is asked, those of a block are equal in everything: then the passes are over blocks.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from assessdsl.backends.columnar.column import AnyColumn, Column, Looked
from assessdsl.backends.columnar.counting import Booleans, Integers, parts, tally
from assessdsl.backends.columnar.memory import full
from assessdsl.backends.columnar.ranking import Blocks, Peers, sums
from assessdsl.plan.steps import Band, BandTier
from assessdsl.quantity import rounded

Numbers = NDArray[np.signedinteger[Any]]


@frozen(eq=False)
class Truth:
    """A condition of each row or block: whether it holds, and where that is known; without `known`, everywhere."""

    holds: Booleans
    known: Booleans | None = None

    def of(self, some: Integers) -> "Truth":
        return Truth(self.holds[some], None if self.known is None else self.known[some])


@frozen(eq=False)
class Tiers:
    """column: of each row its tier by its number, −1 for none.

    undecided: −1, or the number of the tier of which it is not known whether it is due to the row; vetoes are numbered
    on from the tiers. Such a row has no tier. None: there is no such row.
    """

    column: AnyColumn
    undecided: Numbers | None


def tiers(
    band: Band,
    ranked: Blocks,
    peers: Peers,
    quotas: Sequence[Fraction | None],
    when: Sequence[Truth | None],
    vetoes: Sequence[Truth],
    eligible: Truth | None,
    *,
    by_blocks: bool = False,
) -> Tiers:
    """The tiers that the step gives. `quotas` and `when`: of each of its tiers; a quota that the tier has and that is
    None is not known. `vetoes`: of each of its vetoes. `ranked`: the entities by the step's rank. `by_blocks`: whether
    the conditions are those of blocks, and not of entities; then every one of these has a place."""
    if not by_blocks:
        return _tiers(band, ranked, peers, quotas, when, vetoes, eligible)
    there = np.flatnonzero(ranked.sizes > 0)
    sizes, first = ranked.sizes[there], np.searchsorted(there, ranked.first)
    groups: Integers = np.repeat(np.arange(peers.count), np.diff(first))
    found = _tiers(
        band,
        Blocks(np.arange(len(there)), first, sizes, is_complete=True),
        Peers(len(there), groups, peers.count, sizes),
        quotas,
        [None if one is None else one.of(there) for one in when],
        [one.of(there) for one in vetoes],
        None if eligible is None else eligible.of(there),
    )

    def in_rows(numbers: Numbers) -> Looked:
        table = full(ranked.count + 1, -1, numbers.dtype)
        table[there] = numbers
        return Looked(table, ranked.of_row)

    undecided = None if found.undecided is None else in_rows(found.undecided).data
    return Tiers(in_rows(found.column.data), undecided)


def _tiers(
    band: Band,
    ranked: Blocks,
    peers: Peers,
    quotas: Sequence[Fraction | None],
    when: Sequence[Truth | None],
    vetoes: Sequence[Truth],
    eligible: Truth | None,
) -> Tiers:
    names = [tier.name for tier in band.tiers]
    contest = _Contest(band, ranked, peers, when, eligible)
    for number, (veto, truth) in enumerate(zip(band.vetoes, vetoes, strict=True)):
        contest.veto(len(names) + number, names.index(veto.tier), truth)
    for number, quota in enumerate(quotas):
        contest.fill(number, quota)
    found = contest.of_row
    if contest.best is not None:
        np.maximum(found, contest.best, out=found, where=found >= 0)
    if contest.open:
        found[contest.undecided >= 0] = -1
    return Tiers(Column(found), contest.undecided if contest.open else None)


@define(eq=False)
class _Contest:
    """What has been given so far."""

    band: Band
    ranked: Blocks
    peers: Peers
    when: Sequence[Truth | None]
    eligible: Truth | None
    of_row: Numbers = field(init=False)
    undecided: Numbers = field(init=False)
    open: bool = False  # whether any row may be undecided
    best: Numbers | None = None  # the best tier that the vetoes leave
    held: Integers = field(init=False)  # how many of each group have a tier, as long as it matters

    def __attrs_post_init__(self) -> None:
        self.of_row, self.undecided = self._column(-1), self._column(-1)
        self.held = np.zeros(self.peers.count, np.int64)

    def _column(self, number: int) -> Numbers:
        few = len(self.band.tiers) + len(self.band.vetoes) < 1 << 7
        return full(self.peers.rows, number, np.int8 if few else np.int32)

    def veto(self, number: int, lowest: int, truth: Truth) -> None:
        if self.best is None:
            self.best = self._column(0)
        np.maximum(self.best, lowest, out=self.best, where=truth.holds)
        if truth.known is not None:
            self._leave(np.flatnonzero(~truth.known), number)

    def fill(self, number: int, quota: Fraction | None) -> None:
        """Gives the tier to those who have no better one and to whom it is due."""
        tier = self.band.tiers[number]
        if tier.quota is None:
            for part in parts(self.peers.rows):
                self._give(self._due(number, part), number)
        elif quota is None:
            self._leave(slice(None), number)
        else:
            sizes = full(self.ranked.count, 0, self.ranked.sizes.dtype)
            due = [self._due(number, part) for part in parts(self.peers.rows)]
            for rows in due:
                tally(sizes, self.ranked.of_row[rows], self._weights(rows))
            fits = self._fitting(sizes, quota, tier)
            for rows in due:
                self._give(rows[np.flatnonzero(fits[self.ranked.of_row[rows]])], number)

    def _due(self, number: int, part: slice) -> Integers:
        """The rows of a part to which the tier is due, if its quota has a place."""
        tier = self.band.tiers[number]
        holds, known = self.of_row[part] < 0, None
        if self.open:
            holds &= self.undecided[part] < 0
        if tier.quota is not None and tier.vetoed == "skipped" and self.best is not None:
            holds &= self.best[part] <= number
        for truth in (self.when[number], self.eligible if tier.quota is not None else None):
            if truth is None:
                continue
            if truth.known is None:
                holds &= truth.holds[part]
            else:
                holds &= truth.holds[part] | ~truth.known[part]
                known = truth.known[part] if known is None else known & truth.known[part]
        rows: Integers = np.flatnonzero(holds) + part.start
        if tier.quota is not None:
            ranked = self.ranked.of_row[rows] < self.ranked.count
            known = ranked if known is None else known[rows - part.start] & ranked
        elif known is not None:
            known = known[rows - part.start]
        if known is None or known.all():
            return rows
        self._leave(rows[~known], number)
        rows = rows[known]
        return rows

    def _fitting(self, sizes: Integers, quota: Fraction, tier: BandTier) -> Booleans:
        """Of each block, whether the candidates in it get a place; of so many."""
        taken = self.ranked.within(sums(sizes, sizes.dtype))
        taken += sizes if tier.ties == "excluded" else 1
        free = _heads(tier, quota, self.peers) - (0 if tier.next else self.held)
        fits: Booleans = taken <= np.repeat(free, np.diff(self.ranked.first))
        return fits

    def _give(self, rows: Integers, number: int) -> None:
        self.of_row[rows] = number
        if self.peers.of_row is None:
            weights = self._weights(rows)
            self.held += len(rows) if weights is None else int(weights.sum())
        elif any(tier.quota is not None and not tier.next for tier in self.band.tiers[number + 1 :]):
            tally(self.held, self.peers.of_row[rows], self._weights(rows))

    def _weights(self, rows: Integers) -> Integers | None:
        return None if self.peers.weights is None else self.peers.weights[rows]

    def _leave(self, rows: Integers | slice, number: int) -> None:
        self.undecided[rows] = number
        self.open = True


def _heads(tier: BandTier, quota: Fraction, peers: Peers) -> Integers:
    """The places of the quota in each group. Groups of one size have equally many."""
    sizes, of_group = np.unique(peers.sizes, return_inverse=True)
    shares = [quota * int(size) if tier.is_share else quota for size in sizes]
    heads = [int(rounded(share, tier.rounded, 0)) for share in shares]
    # no group has more entities than the greatest: a greater number of places says nothing more, and need not fit
    return np.array([max(-1, min(places, int(sizes[-1]))) for places in heads], np.int64)[of_group]
