"""A frame scored: its columns read, the plan's code run over them, what that leaves open done exactly, and places and
tiers given."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np
from attrs import evolve, field, frozen

from assessdsl.backends.columnar.bands import Truth as Condition
from assessdsl.backends.columnar.bands import tiers
from assessdsl.backends.columnar.blockwise import Blockwise, Progress
from assessdsl.backends.columnar.column import AnyColumn, Array, Column
from assessdsl.backends.columnar.conditions import needs, of_blocks, rest_on_key, undecided
from assessdsl.backends.columnar.counting import Counting, Rows
from assessdsl.backends.columnar.exactly import TOGETHER, Entity, Exactly, exactly, unlooked
from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.lowering import Given, Lowered, Source, Unscaled, Wanted, quota, refusals
from assessdsl.backends.columnar.peers import Exact, NotExact, Offered, aggregated, divided, left_open, offers, spread
from assessdsl.backends.columnar.places import Places, Standing, written
from assessdsl.backends.columnar.quotients import Quotients
from assessdsl.backends.columnar.ranking import Key as RankKey
from assessdsl.backends.columnar.ranking import Peers, blocks, extent, ranks
from assessdsl.backends.columnar.table import Table, described
from assessdsl.backends.columnar.together import closure, goes_by, obstacles, together, waiting
from assessdsl.backends.columns import Value
from assessdsl.diagnostics import DataError, Diagnostic, arrange
from assessdsl.facts import Missing
from assessdsl.limits import LIMITS
from assessdsl.plan.steps import Aggregate, Band, Plan, Rank, Step
from assessdsl.plan.walk import inputs

STATES: Final = ("no", "raised", "undetermined")  # of a finding, by number


@frozen(eq=False)
class Scoring:
    """What was worked out so far. Places and tiers are given between stages, since all entities decide them together.

    numbers: by step, whole numbers over a scale. answers: by step, whether it holds, and where that is not known.
    """

    plan: Plan
    language: str
    table: Table
    common: Mapping[str, Fraction]
    threads: int
    progress: Progress | None
    kernels: bool = False
    numbers: dict[int, tuple[Array, int]] = field(factory=dict)
    answers: dict[int, tuple[Array, Array | None]] = field(factory=dict)
    places: dict[int, Places] = field(factory=dict)
    tiers: dict[int, Standing] = field(factory=dict)
    left: list[int] = field(factory=list)  # the rows that the exact engine did
    aggregates: dict[int, Sequence[Value]] = field(factory=dict)  # of groups in the policy's order, or of everyone
    quotients: dict[int, Quotients] = field(factory=dict)  # numbers that no scale was known for
    is_told: bool = False  # what stands in the way of scores
    _described: dict[str, Described] = field(init=False)
    _counting: Counting = field(init=False)
    _peers_of: dict[str, Peers] = field(factory=dict, init=False)
    _written: list[Array] = field(factory=list, init=False)  # the places and the tiers of the result
    absent: dict[int, set[int]] = field(factory=dict)  # rows in which a number is missing
    everyone: int = 0  # how many have places, where these are not the rows alone

    @_described.default
    def _of_columns(self) -> dict[str, Described]:
        table = self.table
        return {key: described(self.plan, table.keys[key], one) for key, one in table.read.items()}

    @_counting.default
    def _by_threads(self) -> Counting:
        return Counting(self.threads, self.kernels)

    def run(self, numbers: Sequence[int], answers: Sequence[int]) -> None:
        """Works out the steps. Raises PolicyError where the plan cannot be scored so, DataError where data is wrong."""
        with refusals(self.plan, self.language):
            self._stages(list(numbers), list(answers))
            for id in numbers:
                if not self.numbers[id][1]:
                    raise Unscaled(self.plan.steps[id])

    def _stages(self, numbers: list[int], answers: list[int]) -> None:
        """What rests on places and tiers waits until these are given; what they go by comes first."""
        plan, asked = self.plan, obstacles(self.plan)
        final = [*numbers, *answers, *asked]
        final += [id for id in (plan.outputs.rank, plan.outputs.tier) if id is not None]
        decided_together = set(together(plan, final)) - self._decided()
        for id in sorted(decided_together):
            more = needs(plan, plan.steps[id], self.table.rows)
            numbers, answers = [*numbers, *more[0]], [*answers, *more[1]]
        waiting_numbers = dict.fromkeys(id for id in numbers if id not in self.numbers)
        waiting_answers = dict.fromkeys(id for id in answers if id not in self.answers)
        told = self.is_told
        while waiting_numbers or waiting_answers or not decided_together <= self._decided():
            for step in (plan.steps[id] for id in sorted(decided_together - self._decided())):
                if isinstance(step.operation, Aggregate):
                    self._of_peers(step, step.operation)
            later = waiting(plan, self._decided())
            now = [[id for id in ids if id not in later] for ids in (waiting_numbers, waiting_answers)]
            tell = not told and later.isdisjoint(asked)
            if now[0] or now[1] or tell:
                beside = self._write() if decided_together <= self._decided() else None
                self.stage(Wanted(tuple(now[0]), tuple(now[1]), obstacles=tell, kernels=self.kernels), beside)
                told = told or tell
                for id in (*now[0], *now[1]):
                    waiting_numbers.pop(id, None)
                    waiting_answers.pop(id, None)
            self._decide(plan.steps[id] for id in sorted(decided_together - self._decided()))
            for id in filter(self._is_known, self.places):
                waiting_numbers.pop(id, None)

    def _lacks(self, step: Step) -> bool:
        """Whether something is wanting that a place or a tier goes by."""
        numbers, answers = needs(self.plan, step, self.table.rows)
        if (
            isinstance(step.operation, Aggregate)
            or not all(map(self._is_known, numbers))
            or any(id not in self.answers for id in answers)
        ):
            return True
        return isinstance(step.operation, Band) and step.operation.rank not in self.places

    def _is_known(self, id: int) -> bool:
        """Whether a number is, of all rows. To places there is nothing to add, if each row has one."""
        return id in self.numbers or (id in self.places and self.places[id].is_of_all)

    def _decided(self) -> set[int]:
        return {*self.places, *self.tiers, *self.aggregates}

    def _of_peers(self, step: Step, aggregate: Aggregate) -> None:
        """An aggregate of a group, or of everyone, if what it is of is known."""
        if not waiting(self.plan, self._decided()).isdisjoint(inputs(aggregate)):
            return
        if aggregate.distinct is not None:
            raise Unscaled(step, [step])
        self.aggregate(step, aggregate, *self.offered(step, aggregate))

    def offered(self, step: Step, aggregate: Aggregate) -> tuple[list[Offered], Array, list[Exact]]:
        """What the rows give to an aggregate, the number of each one's group, and what is left to the exact engine."""
        lowered, numbers, answers = self._run(Wanted((), (), obstacles=False, kernels=self.kernels, peers=step.id))
        group, _ = self.table.group_numbers(self.plan, step.grain)
        parts = self._parts(np.flatnonzero(answers[-1]))
        exact = [one for part, own in parts for one in left_open(aggregate, part, group[own])]
        return offers(lowered.scales, numbers, answers), group, exact

    def aggregate(
        self, step: Step, aggregate: Aggregate, rows: Sequence[Offered], group: Array, exact: Sequence[Exact]
    ) -> None:
        """The value of an aggregate for each group, from what all rows give. Raises Unscaled."""
        groups = len(self.plan.groups) if step.grain.kind == "group" and "group" in self.table.read else 1
        try:
            found = aggregated(aggregate, rows, group, max(1, groups), exact)
        except NotExact:
            raise Unscaled(step, [step]) from None
        nothing = Missing(name=step.span.text or step.name)
        self.aggregates[step.id] = [nothing if isinstance(one, Missing) else one for one in found]

    def _run(self, wanted: Wanted, beside: Rows | None = None) -> tuple[Lowered, list[Array], list[Array]]:
        given, described = dict[int, Given](), dict(self._described)
        columns: dict[str, AnyColumn] = {key: one.column for key, one in self.table.read.items()}
        for id, key, column, one, what in self._worked_out(wanted):
            given[id], columns[key], described[key] = one, column, what
        source = Source(self.plan, self.table.keys, described, self.common, given)
        blockwise = Blockwise(source, wanted, columns, self.table.rows)
        numbers, answers = blockwise.run(self.threads, self.progress, beside)
        known = tuple(map(all, zip(*(lowered.always_known for lowered in blockwise.lowered), strict=True)))
        return evolve(blockwise.lowered[0], always_known=known), numbers, answers

    def stage(self, wanted: Wanted, beside: Rows | None = None) -> None:
        """The values of steps that do not wait for places and tiers which are not given yet."""
        lowered, numbers, answers = self._run(wanted, beside)
        divisors = iter(numbers[len(wanted.numbers) :])
        for id, array, scale in zip(wanted.numbers, numbers, lowered.scales, strict=False):
            self.numbers[id] = array, scale
            if not scale:
                self.quotients[id] = Quotients(array, next(divisors))
        for at, id in enumerate(wanted.answers):
            self.answers[id] = answers[2 * at], None if lowered.always_known[at] else answers[2 * at + 1]
        left = np.flatnonzero(answers[-1])
        if wanted.obstacles:
            self.left[:] = left.tolist()
        quotients = {id: self.quotients[id] for id in wanted.numbers if id in self.quotients}
        for own in quotients.values():
            own.above[left], own.below[left] = 0, 1
        self._exactly(left, wanted)
        for id, own in quotients.items():
            self.numbers[id] = own.over_one() or (own.in_order(), 0)

    def _worked_out(self, wanted: Wanted) -> Iterator[tuple[int, str, AnyColumn, Given, Described]]:
        """What later stages read of earlier ones and all of earlier years, as columns."""
        for id, one in self.table.past.items():
            low, high = extent(one.column.data)
            what = Described(one.scale, low, high, nullable=True, words=one.words)
            yield id, f" {id}", one.column, Given(f" {id}", one.scale, one.words), what
        for id, places in self.places.items():
            yield id, *places.known(id, max(1, self.everyone, self.table.rows))
        for id, standing in self.tiers.items():
            yield id, *standing.known(id)
        for id, values in self.aggregates.items():
            of_row, _ = self.table.group_numbers(self.plan, self.plan.steps[id].grain)
            for column in spread(f" {id}", values, of_row):
                yield id, *column
        if not self.places:
            return
        done = {*self.places, *self.tiers, *self.aggregates, *self.numbers, *self.answers}
        asked = [*wanted.numbers, *wanted.answers, *(obstacles(self.plan) if wanted.obstacles else ())]
        read = closure(self.plan, asked if wanted.peers is None else [wanted.peers], done)
        for id, (numbers, scale) in self.numbers.items():
            if (not scale and not self.is_told) or id in self.places or id not in read:
                continue  # it is worked out again, or there as places
            known = self._known(id)
            missing = None if known is None else ~known
            if not scale:
                own = self.quotients[id]
                yield from ((id, *column) for column in divided(f" {id}", own.above, own.below, missing))
                continue
            low, high = extent(numbers)
            what = Described(scale, low, high, nullable=missing is not None)
            yield id, f" {id}", Column(numbers, missing), Given(f" {id}", scale), what
        for id, (holds, unknown) in self.answers.items():
            if id not in read:
                continue
            what = Described(nullable=unknown is not None)
            yield id, f" {id}", Column(holds, unknown), Given(f" {id}", is_answer=True), what

    def states(self, id: int) -> Array:
        """Of an answer, 1 where it holds, 0 where it does not, 2 where that is not known."""
        holds, unknown = self.answers[id]
        return holds.astype(np.int8) if unknown is None else np.where(unknown, 2, holds).astype(np.int8)

    # ------------------------------------------------------------ what is left to the exact engine

    def _exactly(self, left: Array, wanted: Wanted) -> None:
        """Fills in what the columns left open. Raises DataError with all that is wrong."""
        if not len(left):
            return
        found: list[Diagnostic] = []
        for number, (part, at) in enumerate(self._parts(left), 1):
            if wanted.obstacles:
                found += part.obstacles()
            if not found:
                self._take(part, at, wanted)
            if len(found) >= LIMITS.diagnostics_kept:
                found += unlooked(len(left) - number * TOGETHER, len(found))
                break
        if found:
            raise DataError(arrange(found), self.language)

    def _parts(self, rows: Array) -> Iterator[tuple[Exactly, list[int]]]:
        """Rows by the exact engine, some at a time, and which rows these are."""
        at: dict[str, int] = {}

        def entities() -> Iterator[Entity]:
            for row in rows.tolist():
                entity = self.table.entity(row)
                at[entity[0]] = row
                yield entity

        for part in exactly(self.plan, self.language, entities(), self.table.common):
            own = [at.pop(record.entity) for record in part.dataset.entities]
            places = {id: one.values(own) for id, one in self.places.items()}
            tiers = {id: one.values(own) for id, one in self.tiers.items()}
            yield part.again({**places, **tiers, **self.table.earlier(own), **self.aggregates}), own

    def _take(self, part: Exactly, at: Sequence[int], wanted: Wanted) -> None:
        for own, row in enumerate(at):
            for id in wanted.numbers:
                value = part.value(id, own)
                if isinstance(value, Fraction):
                    self._put(id, row, value)
                else:
                    self.absent.setdefault(id, set()).add(row)
                    self.numbers[id][0][row] = 0  # of what has no scale, the number above
            for id in wanted.answers:
                value = part.value(id, own)
                holds, unknown = self.answers[id]
                holds[row] = value is True
                if unknown is not None:
                    unknown[row] = not isinstance(value, bool)

    def _put(self, id: int, row: int, value: Fraction) -> None:
        """A number of the exact engine, for which all may have to be over a finer scale."""
        if id in self.quotients:
            if not self.quotients[id].put(row, value):
                raise Unscaled(self.plan.steps[id])
            return
        numbers, scale = self.numbers[id]
        finer = (value * scale).denominator
        most = max(Fraction(int(numbers.max())), Fraction(-int(numbers.min())), abs(value) * scale) * finer
        if most >= 1 << 63:
            raise Unscaled(self.plan.steps[id])
        if finer > 1:
            numbers *= finer
            self.numbers[id] = numbers, scale * finer
        numbers[row] = int(value * scale * finer)

    def _known(self, *ids: int) -> Array | None:
        """Where none of the numbers is missing; None: nowhere is one."""
        absent = sorted(set().union(*(self.absent.get(id, ()) for id in ids)))
        if not absent:
            return None
        known = np.ones(self.table.rows, np.bool_)
        known[absent] = False
        return known

    # ------------------------------------------------------------ places and tiers

    def placed(self) -> tuple[Array | None, Array | None]:
        """The place and the number of the tier of each row, as far as the policy gives any."""
        if not self._written and (beside := self._write()):
            self._counting.through(self.table.rows, lambda: beside)
        rank, tier = self.plan.outputs.rank, self.plan.outputs.tier
        return None if rank is None else self._written[0], None if tier is None else self._written[-1]

    def _write(self) -> Rows | None:
        """Begins that. What it gives is to be done with all rows, beside anything else."""
        rank, tier = self.plan.outputs.rank, self.plan.outputs.tier
        columns = [] if rank is None else [self.places[rank].column]
        columns += [] if tier is None else [self.tiers[tier].column]
        self._written[:], beside = written(columns, self._counting)
        return beside

    def _peers(self, within: str) -> Peers:
        if within not in self._peers_of:
            self._peers_of[within] = self.table.peers(self.plan, within)
        return self._peers_of[within]

    def _decide(self, steps: Iterable[Step]) -> None:
        """One after the other, while other threads see to the ranks that need not wait."""
        waiting, ahead = list(steps), dict[int, Callable[[], Places]]()
        for step in [step for step in waiting if not self._lacks(step)][1:]:
            if isinstance(step.operation, Rank):
                ahead[step.id] = self._counting.ahead(self.table.rows, partial(self._ranked, step.operation))
        for step in waiting:
            if not self._lacks(step):
                self.decide(step, ahead.get(step.id))

    def decide(self, step: Step, ranked: Callable[[], Places] | None = None) -> None:
        """A place or a tier of all rows, from what it goes by. `ranked`: gives the places."""
        match step.operation:
            case Rank() as rank:
                self.places[step.id] = ranked() if ranked else self._ranked(rank)
            case Band() as band:
                self.tiers[step.id] = Standing(self._banded(step, band), tuple(tier.name for tier in band.tiers))
            case _:
                raise AssertionError(f"{step.operation} is not decided by all together")

    def _ranked(self, rank: Rank) -> Places:
        """The places; with the order, if it is not that of another rank from the end."""
        first = self.plan.steps[rank.keys[0]].operation
        if len(rank.keys) == 1 and isinstance(first, Rank) and first.within == rank.within and not rank.lowest_first:
            order = self.places[rank.keys[0]].ordered
            if order is not None and order.is_complete:
                return Places(ranks(order, rank.ties, from_the_end=True), is_of_all=True)
        numbers = [self.numbers[id][0] if id in self.numbers else self.places[id].column.data for id in rank.keys]
        keys, known = [RankKey(one, *extent(one)) for one in numbers], self._known(*rank.keys)
        ordered = blocks(keys, self._peers(rank.within), known, lowest_first=rank.lowest_first, counting=self._counting)
        return Places(ranks(ordered, rank.ties), ordered.is_complete, ordered)

    def _banded(self, step: Step, band: Band) -> AnyColumn:
        source = Source(self.plan, self.table.keys, self._described, self.common, {})
        rank = self.plan.steps[band.rank].operation
        assert isinstance(rank, Rank)
        ordered = self.places[band.rank].ordered
        peers, key, asked = self._peers(band.within), rest_on_key(self.plan, step), goes_by(step)[1]
        known = None
        if ordered is None or rank.within != band.within:
            places = self.places[band.rank].column.data
            by_place = RankKey(places, 0, self.table.rows)
            ordered = blocks([by_place], peers, places > 0, lowest_first=True)
        elif key is not None:
            known = of_blocks(self.plan, asked, key, ordered, self.numbers[key][1])
        conditions = self._conditions(asked) if known is None else known
        found = tiers(
            band,
            ordered,
            peers,
            [None if tier.quota is None else quota(source, tier.quota) for tier in band.tiers],
            [None if tier.when is None else conditions[tier.when] for tier in band.tiers],
            [conditions[veto.when] for veto in band.vetoes],
            None if band.eligible is None else conditions[band.eligible],
            by_blocks=known is not None,
        )
        if found.undecided is not None and (found.undecided >= 0).any():
            parts = self._parts(np.flatnonzero(found.undecided >= 0))
            raise DataError(arrange(undecided(step, band, found.undecided, parts)), self.language)
        return found.column

    def _conditions(self, ids: Sequence[int]) -> dict[int, Condition]:
        """Of each entity."""
        new = tuple(id for id in ids if id not in self.answers)
        if new:
            self.stage(Wanted((), new, obstacles=False, kernels=self.kernels))
        found = {id: self.answers[id] for id in ids}
        return {id: Condition(holds, None if unknown is None else ~unknown) for id, (holds, unknown) in found.items()}
