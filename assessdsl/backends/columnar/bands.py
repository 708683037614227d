"""Tiers among peers, in arrays: what the plan's step `Band` means, for millions of entities at once.

Each tier takes whole passes over the entities; a quota is shared out over the blocks of equal ranks.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from assessdsl.backends.columnar.ranking import Blocks, Booleans, Integers, Peers
from assessdsl.plan.steps import Band, BandTier
from assessdsl.quantity import rounded

Numbers = NDArray[np.int16]


@frozen(eq=False)
class Truth:
    """A condition of each row: whether it holds, and where that is known; without `known`, everywhere."""

    holds: Booleans
    known: Booleans | None = None


@frozen(eq=False)
class Tiers:
    """Of each row its tier by its number, −1 for none; shape (rows,).

    undecided: −1, or the number of the tier of which it is not known whether it is due to the row; vetoes are numbered
    on from the tiers. Such a row has no tier.
    """

    of_row: Numbers
    undecided: Numbers


def tiers(
    band: Band,
    ranked: Blocks,
    peers: Peers,
    quotas: Sequence[Fraction | None],
    when: Sequence[Truth | None],
    vetoes: Sequence[Truth],
    eligible: Truth | None,
) -> Tiers:
    """The tiers that the step gives. `quotas` and `when`: of each of its tiers; a quota that the tier has and that is
    None is not known. `vetoes`: of each of its vetoes. `ranked`: the entities by the step's rank."""
    names = [tier.name for tier in band.tiers]
    found = Tiers(np.full(peers.rows, -1, np.int16), np.full(peers.rows, -1, np.int16))
    best = np.zeros(peers.rows, np.int16)  # the best tier that the vetoes leave
    for number, (veto, truth) in enumerate(zip(band.vetoes, vetoes, strict=True)):
        np.maximum(best, names.index(veto.tier), out=best, where=truth.holds)
        if truth.known is not None:
            found.undecided[~truth.known] = len(names) + number
    for number, (tier, quota) in enumerate(zip(band.tiers, quotas, strict=True)):
        _fill(found, number, tier, quota, when[number], best, eligible, ranked, peers)
    np.maximum(found.of_row, best, out=found.of_row, where=found.of_row >= 0)
    found.of_row[found.undecided >= 0] = -1
    return found


def _fill(
    found: Tiers,
    number: int,
    tier: BandTier,
    quota: Fraction | None,
    when: Truth | None,
    best: Numbers,
    eligible: Truth | None,
    ranked: Blocks,
    peers: Peers,
) -> None:
    """Gives the tier to those who have no better one and to whom it is due."""
    asked = (found.of_row < 0) & (found.undecided < 0)
    conditions = [when, eligible] if tier.quota is not None else [when]
    if tier.quota is not None and tier.vetoed == "skipped":
        asked &= best <= number
    holds, known = asked, np.ones(peers.rows, np.bool_)
    for truth in conditions:
        if truth is None:
            continue
        if truth.known is None:
            holds = holds & truth.holds
        else:
            holds = holds & (truth.holds | ~truth.known)
            known &= truth.known
    if tier.quota is None:
        found.undecided[holds & ~known] = number
        found.of_row[holds & known] = number
        return
    if quota is None:
        found.undecided[:] = number
        return
    known &= ranked.of_row < ranked.count
    found.undecided[holds & ~known] = number
    rows = np.flatnonzero(holds & known)
    free = _heads(tier, quota, peers)
    if not tier.next and number:
        free = free - _holders(found, peers)
    block = ranked.of_row[rows]
    found.of_row[rows[_fitting(block, free, tier, ranked)[block]]] = number


def _fitting(block: Integers, free: Integers, tier: BandTier, ranked: Blocks) -> Booleans:
    """Of each block, whether the candidates in it get one of the places that are free in their group."""
    running = np.zeros(ranked.count + 1, np.int64)
    np.cumsum(np.bincount(block, minlength=ranked.count), out=running[1:])
    before = ranked.within(running)
    taken = before + np.diff(running) if tier.ties == "excluded" else before + 1
    fits: Booleans = taken <= np.repeat(free, np.diff(ranked.first))
    return fits


def _heads(tier: BandTier, quota: Fraction, peers: Peers) -> Integers:
    """The places of the quota in each group. Groups of one size have equally many."""
    sizes, of_group = np.unique(peers.sizes, return_inverse=True)
    share = quota if tier.is_share else Fraction(0)
    fixed = Fraction(0) if tier.is_share else quota
    heads = [int(rounded(share * int(size) + fixed, tier.rounded, 0)) for size in sizes]
    # no group has more rows than there are: a greater number of places says nothing more, and need not fit
    return np.array([max(-1, min(places, peers.rows)) for places in heads], np.int64)[of_group]


def _holders(found: Tiers, peers: Peers) -> Integers:
    """How many of each group have a tier."""
    has = found.of_row >= 0
    if peers.of_row is None:
        return np.array([np.count_nonzero(has)])
    return np.bincount(peers.of_row[has], minlength=peers.count)
