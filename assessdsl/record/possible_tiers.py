"""Which tiers are still possible for entities whose ranks are still open.

Two questions are asked of each entity and tier: whether the entity may get it, and whether it surely gets it or a
better one. Neither answer claims more than follows from what is possible for each of its peers.
"""

from collections.abc import Sequence
from fractions import Fraction

from attrs import Factory, define, frozen

from assessdsl.plan.steps import BandTier
from assessdsl.quantity import rounded
from assessdsl.record.possible import Some
from assessdsl.record.possible_rows import Place


@frozen
class Candidate:
    """An entity: its place, for each tier whether its condition holds, whether it is eligible, and which tiers may be
    the best that the vetoes leave."""

    place: Place
    conditions: tuple[Some, ...]
    eligible: Some | None
    bests: frozenset[int]

    def may(self, number: int, tier: BandTier) -> bool:
        """Whether it may be a candidate."""
        if tier.quota is not None and tier.vetoed == "skipped" and min(self.bests) > number:
            return False
        return all(one.may(True) for one in self._asked(number, tier))

    def must(self, number: int, tier: BandTier) -> bool:
        if tier.quota is not None and tier.vetoed == "skipped" and max(self.bests) > number:
            return False
        return self.place.is_sure and all(one.surely(True) for one in self._asked(number, tier))

    def _asked(self, number: int, tier: BandTier) -> list[Some]:
        return [self.conditions[number], *([self.eligible] if tier.quota is not None and self.eligible else [])]


@define
class Contest:
    """Entities that compete with one another. Of each, the tiers that it may get before vetoes, and the worst."""

    tiers: Sequence[BandTier]
    peers: Sequence[Candidate]
    quotas: Sequence[Fraction | None]  # of each tier; None: none, or not known before the data
    _may: list[set[int]] = Factory(list)
    _at_least: list[int | None] = Factory(list)  # surely in this tier or a better one

    def possible(self) -> list[frozenset[int]]:
        """The tiers of each entity after vetoes, by their numbers."""
        self._may = [set() for _ in self.peers]
        self._at_least = [None for _ in self.peers]
        for number, tier in enumerate(self.tiers):
            open_rows = [row for row in range(len(self.peers)) if self._at_least[row] is None]
            may = [row for row in open_rows if self._may_get(row, number, tier)]
            must = [row for row in open_rows if self._must_get(row, number, tier)]
            for row in may:
                self._may[row].add(number)
            for row in must:
                self._at_least[row] = number
        return [
            frozenset(
                max(number, best)
                for number in self._may[row]
                for best in peer.bests
                if best <= number or not self._skips(self.tiers[number])
            )
            for row, peer in enumerate(self.peers)
        ]

    def _skips(self, tier: BandTier) -> bool:
        return tier.quota is not None and tier.vetoed == "skipped"

    def _places(self, number: int, tier: BandTier) -> int | None:
        quota = self.quotas[number]
        if quota is None:
            return None
        return int(rounded(quota * len(self.peers) if tier.is_share else quota, tier.rounded, 0))

    def _may_get(self, row: int, number: int, tier: BandTier) -> bool:
        own = self.peers[row]
        if not own.may(number, tier):
            return False
        places = None if tier.quota is None else self._places(number, tier)
        if places is None:
            return True
        taken = 0
        for other, peer in enumerate(self.peers):
            better = self._at_least[other] is not None
            if other == row or not (peer.place.is_sure and peer.place.surely_above(own.place)):
                # who is better placed in an earlier tier uses up a place of this one wherever it ranks
                taken += other != row and better and not tier.next
            elif better:
                taken += not tier.next
            else:
                taken += peer.must(number, tier) and (not tier.next or not self._may[other])
        return taken < places

    def _must_get(self, row: int, number: int, tier: BandTier) -> bool:
        """It or a better one, surely."""
        own = self.peers[row]
        if not own.must(number, tier):
            return False
        if tier.quota is None:
            return True
        places = self._places(number, tier)
        if places is None:
            return False
        taken = 1
        for other, peer in enumerate(self.peers):
            if other == row:
                continue
            ahead = peer.may(number, tier) and not (own.place.is_sure and own.place.surely_above(peer.place))
            better = bool(self._may[other]) and not tier.next
            taken += ahead or better
        return taken <= places
