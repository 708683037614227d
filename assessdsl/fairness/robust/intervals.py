"""Between which ranks an entity comes out, and what moves the ranking most, when what was chosen or measured might have
been a little different."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil

from attrs import field, frozen

from assessdsl.fairness.robust.chances import Draw, Index, draws, share_at, sobol
from assessdsl.fairness.robust.choices import Open
from assessdsl.fairness.robust.replay import Outcome

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


@frozen
class Uncertainty:
    """What might have been different, and by how much.

    weights: each weight by up to this share of itself, either way, and all so that every sum of the policy is kept.
    parameters: by name, from where to where. surveys: whether the share that a survey found is known only as well as
    the number of those asked allows. middle: the share of replicates that a rank interval covers.
    """

    weights: Fraction = Fraction(1, 10)
    parameters: Mapping[str, tuple[Fraction, Fraction]] = field(factory=dict)
    surveys: bool = True
    middle: Fraction = Fraction(9, 10)

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.weights < 1:
            raise ValueError("weights may vary by a share of themselves from 0 to less than 1, such as Fraction(1, 10)")
        if not 0 < self.middle <= 1:
            raise ValueError("the middle part of the replicates is a share of them, such as Fraction(9, 10)")
        for name, (low, high) in self.parameters.items():
            if low > high:
                raise ValueError(f"the range of `{name}` ends before it begins")


@frozen
class Interval:
    """An entity's ranks over the replicates. low to high covers the middle part of them."""

    entity: str
    rank: int  # as the policy stands
    low: int
    high: int
    best: int
    worst: int
    median: int
    tiers: tuple[tuple[str, Fraction], ...]  # the share of replicates in each, the best tier first


@frozen(eq=False)
class Intervals:
    entities: tuple[Interval, ...]
    replicates: int  # that came to a result
    stopped: int  # in which the policy stops with an error


@frozen
class Factor:
    """An uncertain choice. `survey`: the samples of all entities together."""

    kind: str  # weight, parameter, survey
    name: str
    label: str = ""


@frozen(eq=False)
class Sensitivity:
    """What part of the variation each choice explains, the greatest total effect first.

    ranking: of the mean distance of all entities from the rank that they have. entities: of each one's rank.
    """

    points: int  # that were sampled
    runs: int
    ranking: tuple[tuple[Factor, Index], ...]
    entities: Mapping[str, tuple[tuple[Factor, Index], ...]]


@frozen(eq=False)
class Sampling:
    """How draws become choices."""

    open: Open
    uncertainty: Uncertainty
    labels: Mapping[str, str]

    @property
    def factors(self) -> tuple[tuple[Factor, int], ...]:
        """Each with the number of draws that it takes."""
        weights = self.open.own if self.uncertainty.weights and len(self.open.own) > 1 else ()
        found = [(Factor("weight", name, self.open.weights[name].label), 1) for name in weights]
        found += [(Factor("parameter", name, self.labels.get(name, "")), 1) for name in self.uncertainty.parameters]
        if self.uncertainty.surveys:
            surveys = self.open.surveys.items()
            found += [(Factor("survey", name, self.labels.get(name, "")), len(all_of)) for name, all_of in surveys]
        return tuple(found)

    @property
    def width(self) -> int:
        return sum(size for _, size in self.factors)

    def outcome(self, draw: Draw) -> Outcome | None:
        """What comes out of one draw for every uncertain number."""
        asked: dict[str, Fraction] = {}
        parameters: dict[str, Fraction] = {}
        shares: dict[tuple[str, int], Fraction] = {}
        start = 0
        for factor, size in self.factors:
            match factor.kind:
                case "weight":
                    asked[factor.name] = self.open.weights[factor.name].base * (2 * draw[start] - 1)
                case "parameter":
                    low, high = self.uncertainty.parameters[factor.name]
                    parameters[factor.name] = low + (high - low) * draw[start]
                case _:
                    for number, sample in enumerate(self.open.surveys[factor.name]):
                        share = share_at(sample.share, sample.size, draw[start + number])
                        shares[factor.name, sample.row] = share
            start += size
        changes = self.changes(asked)
        return self.open.world.outcome(self.open.given(changes, parameters, shares))

    def changes(self, asked: Mapping[str, Fraction]) -> dict[str, Fraction]:
        """The nearest change that keeps the sums, made smaller as a whole where a weight would leave its range."""
        found = self.open.balance.nearest({name: self.uncertainty.weights * one for name, one in asked.items()})
        limits = {name: self.open.weights[name].base * self.uncertainty.weights for name in self.open.own}
        scale = min(
            (limits[name] / abs(one) for name, one in found.items() if one and name in limits), default=Fraction(1)
        )
        return {name: one * min(scale, Fraction(1)) for name, one in found.items()}


def rank_intervals(sampling: Sampling, replicates: int, seed: int, progress: Progress | None = None) -> Intervals:
    """Replicates of the whole assessment, each with exact ranks."""
    world = sampling.open.world
    base = world.base
    ranks: list[list[int]] = [[] for _ in base]
    tiers: list[Counter[str]] = [Counter() for _ in base]
    done = 0
    for number, draw in enumerate(draws(seed, replicates, sampling.width), start=1):
        outcome = sampling.outcome(draw)
        if outcome is not None:
            done += 1
            for row, standing in enumerate(outcome):
                if standing.rank is not None:
                    ranks[row].append(standing.rank)
                if standing.tier is not None:
                    tiers[row][standing.tier] += 1
        if progress is not None:
            progress(number, replicates)
    order = [name for name, _ in world.plan.tiers]
    return Intervals(
        tuple(
            _interval(
                world.names[row], standing.rank, sorted(ranks[row]), tiers[row], order, sampling.uncertainty.middle
            )
            for row, standing in enumerate(base)
            if standing.rank is not None and ranks[row]
        ),
        done,
        replicates - done,
    )


def _interval(
    entity: str, rank: int, ranks: Sequence[int], tiers: Counter[str], order: Sequence[str], middle: Fraction
) -> Interval:
    count, outside = len(ranks), (1 - middle) / 2
    return Interval(
        entity,
        rank,
        low=_at(ranks, outside),
        high=_at(ranks, 1 - outside),
        best=ranks[0],
        worst=ranks[-1],
        median=_at(ranks, Fraction(1, 2)),
        tiers=tuple((name, Fraction(tiers[name], count)) for name in order if tiers[name]),
    )


def _at(ordered: Sequence[int], share: Fraction) -> int:
    """The least of them that at least this share does not exceed."""
    return ordered[max(ceil(share * len(ordered)), 1) - 1]


def sensitivity(sampling: Sampling, replicates: int, seed: int, progress: Progress | None = None) -> Sensitivity | None:
    """Which choice moves the ranking most; with at most twice as many runs as replicates, or 8 points. None without
    anything uncertain, or ranks."""
    factors = [factor for factor, _ in sampling.factors]
    blocks = [size for _, size in sampling.factors]
    base = sampling.open.world.base
    if not factors or not base or sampling.open.world.plan.outputs.rank is None:
        return None
    power = max((2 * replicates // (len(blocks) + 2)).bit_length() - 1, 3)
    runs, done = 2**power * (len(blocks) + 2), 0

    def outputs(draw: Draw) -> list[Fraction]:
        nonlocal done
        outcome = sampling.outcome(draw) or base
        pairs = list(zip(outcome, base, strict=True))
        moved = [Fraction(abs((one.rank or 0) - (was.rank or 0))) for one, was in pairs]
        done += 1
        if progress is not None:
            progress(done, runs)
        return [sum(moved, Fraction(0)) / len(moved), *(Fraction(one.rank or 0) for one in outcome)]

    ranking, *entities = [_sorted(factors, row) for row in sobol(outputs, blocks, power, seed)]
    return Sensitivity(2**power, runs, ranking, dict(zip(sampling.open.world.names, entities, strict=True)))


def _sorted(factors: Sequence[Factor], indices: Sequence[Index]) -> tuple[tuple[Factor, Index], ...]:
    return tuple(sorted(zip(factors, indices, strict=True), key=lambda pair: -pair[1].total))
