"""A plan run on values that are still open: of every step, for every row, what it may turn out to be.

Every value that a completion of the facts can give lies in what is found here. It is no wider than that where the
operands of an expression do not depend on one another, as those of scores seldom do.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from attrs import define, field

from assessdsl.backends.columns import Columns, Layout, layout
from assessdsl.backends.data import load
from assessdsl.backends.exact import run
from assessdsl.plan.ranges import ANY, EITHER, Answer, Never, Range, Thing, held, multiply, negative, rounded_range
from assessdsl.plan.steps import (
    ENTITY,
    GROUP,
    POLICY,
    Aggregate,
    Band,
    Calculate,
    Choose,
    Clamp,
    Combine,
    Compare,
    Constant,
    Fail,
    Gate,
    Grain,
    IndicatorOutput,
    InGroup,
    Load,
    Logic,
    Part,
    Plan,
    Raise,
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)
from assessdsl.plan.sums import Scored, combined_range, put_together
from assessdsl.plan.walk import inputs, under
from assessdsl.record.outlook import Outlook
from assessdsl.record.possible import (
    FAILED,
    UNREPORTED,
    Some,
    answers,
    calculated,
    chosen,
    compared,
    every,
    gated,
    known,
    opposite,
    some,
    strict,
    supplied,
)
from assessdsl.record.possible_rows import Entry, Place, aggregated, place_of
from assessdsl.record.possible_tiers import Candidate, Contest


@define
class Prospect:
    plan: Plan
    outlook: Outlook
    layout: Layout = field(init=False)
    tiers: list[frozenset[int]] = field(factory=list)  # of each entity, by number; nothing where none is given
    _exact: Columns = field(init=False)
    _values: dict[int, Sequence[Some]] = field(factory=dict)
    _indicators: dict[str, IndicatorOutput] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.layout = layout(self.plan, self.outlook.dataset)
        outputs = self.plan.outputs
        self._indicators = {one.name: one for part in outputs.every_component for one in part.indicators}
        self._exact = run(self.plan, self.outlook.dataset)
        wanted = [outputs.total, outputs.rank, outputs.eligible, outputs.tier]
        needed = self._needed([step for step in wanted if step is not None])
        for step in self.plan.steps:
            if step.id in needed:
                self._values[step.id] = self._column(step)

    def _needed(self, roots: list[int]) -> set[int]:
        """What scores, ranks and tiers rest on; findings are not asked for."""
        roots += [step for part in self.plan.outputs.every_component for step in (part.score, part.applies)]
        return under(self.plan.steps, roots)

    def at(self, id: int, grain: Grain = ENTITY) -> Sequence[Some]:
        """A step's values, spread over the rows of a finer grain."""
        own, values = self.plan.steps[id].grain, self._values[id]
        return values if own == grain else [values[row] for row in self.layout.parents(grain, own)]

    # ------------------------------------------------------------ steps

    def _column(self, step: Step) -> Sequence[Some]:
        rows = range(self.layout.rows(step.grain))
        match step.operation:
            case Load() as operation:
                return self._loaded(operation, step)
            case Constant(value):
                return [known(value)] * len(rows)
            case Fail():
                return [FAILED] * len(rows)
            case InGroup():
                return [known(value) for value in self._exact.at(step.id, step.grain)]
            case Aggregate() as operation:
                return self._aggregated(step, operation)
            case Rank() as operation:
                return self._ranked(step, operation)
            case Band() as operation:
                return self._banded(operation)
            case Combine() as operation:
                columns = {id: self.at(id, step.grain) for id in inputs(operation)}
                return [_combined(operation, {id: column[row] for id, column in columns.items()}) for row in rows]
            case Streak():
                return self._of_years(step)
            case Calculate("/", (left, right)) if (shares := self._shares(step, left, right)) is not None:
                return shares
            case operation:
                assert not isinstance(operation, Raise), "findings are not asked for"
                columns = {id: self.at(id, step.grain) for id in inputs(operation)}
                return [_value(operation, {id: column[row] for id, column in columns.items()}) for row in rows]

    def _loaded(self, operation: Load, step: Step) -> Sequence[Some]:
        values = load(self.plan, self.outlook.dataset, operation, step.grain)
        if operation.source == "entry":
            return self._entries(operation, step, [known(value) for value in values])
        found = [self.outlook.loaded(operation, step.grain, step.unit, row) for row in range(len(values))]
        return [known(value) if one is None else one for one, value in zip(found, values, strict=True)]

    def _entries(self, operation: Load, step: Step, values: list[Some]) -> Sequence[Some]:
        found, row = list(values), 0
        for item in self.outlook.dataset.items.get(step.grain.indicator, ()):
            for number in range(len(item.entries)):
                found[row] = self.outlook.entry(operation, item, number, step.unit) or values[row]
                row += 1
        return found

    def _of_years(self, step: Step) -> Sequence[Some]:
        """Where all years are known it is; what else it may be is not looked into."""
        columns = [self.at(id, step.grain) for id in inputs(step.operation)]
        exact = self._exact.at(step.id, step.grain)
        return [
            known(exact[row]) if all(map(_is_known, values)) else Some(EITHER, missing=True)
            for row, values in enumerate(zip(*columns, strict=True))
        ]

    def _shares(self, step: Step, left: int, right: int) -> Sequence[Some] | None:
        """An indicator's score where points of its items may be dropped: what they score together × its points ÷ the
        points that are left. Taken apart it would be much wider, as both depend on which are dropped."""
        whole, part = self.plan.steps[right].operation, self.plan.steps[left].operation
        if not isinstance(whole, Aggregate) or whole.over.kind != "target" or not isinstance(part, Calculate):
            return None
        output = self._indicators[whole.over.indicator]
        if whole.value != output.target_points or part.operator != "*":
            return None
        score, points = self.at(output.stages[-1].step, whole.over), self.at(output.target_points, whole.over)
        full = self.at(part.inputs[1], step.grain)
        found = []
        for entity, rows in enumerate(self.layout.items(whole.over.indicator)):
            items = [(score[row], points[row].number) for row in rows]
            if not rows or any(row in self._unsure(whole.over) for row in rows) or not _are_bounded(items):
                found.append(calculated("/", [self.at(left, step.grain)[entity], self.at(right, step.grain)[entity]]))
                continue
            scored = [Scored(most.high or Fraction(0), one.number, most.low == 0) for one, most in items if most.high]
            fails = any(one.fails and most.low for one, most in items)
            shares = put_together("sum", scored, Fraction(1)) if scored else ANY
            found.append(FAILED if fails else Some(multiply(shares, full[entity].number)))
        return found

    # ------------------------------------------------------------ rows

    def _unsure(self, grain: Grain) -> frozenset[int]:
        """The rows that may never come."""
        if grain.kind != "target":
            return frozenset()
        return frozenset(row for name, row in self.outlook.possible_items if name == grain.indicator)

    def _several(self, grain: Grain) -> frozenset[int]:
        """The rows that stand for all that may follow."""
        if grain.kind != "entry":
            return frozenset()
        found, row = set(), 0
        for item in self.outlook.dataset.items.get(grain.indicator, ()):
            for number in range(len(item.entries)):
                if self.outlook.is_last(item, number):
                    found.add(row)
                row += 1
        return frozenset(found)

    def _aggregated(self, step: Step, operation: Aggregate) -> Sequence[Some]:
        over = operation.over
        unsure, several = self._unsure(over), self._several(over)
        values = self.at(operation.value, over)
        when = None if operation.when is None else self.at(operation.when, over)
        keys = None if operation.distinct is None else self.at(operation.distinct, over)
        buckets: list[list[Entry]] = [[] for _ in range(self.layout.rows(operation.to))]
        for row, above in enumerate(self.layout.parents(over, operation.to)):
            buckets[above].append(
                Entry(
                    values[row],
                    None if when is None else when[row],
                    None if keys is None else keys[row],
                    row not in unsure and row not in several,
                    row in several,
                )
            )
        return [aggregated(operation, bucket) for bucket in buckets]

    def _ranked(self, step: Step, operation: Rank) -> Sequence[Some]:
        if operation.offset:
            return [known(value) for value in self._exact.at(step.id, step.grain)]
        places = self._places(operation, step.grain)
        keys = [self.at(key, step.grain) for key in operation.keys]
        found: list[Some] = [UNREPORTED] * len(places)
        for peers in self._peers(step.grain, operation.within):
            among = [places[row] for row in peers]
            for number, row in enumerate(peers):
                own = [column[row] for column in keys]
                found[row] = strict(own, lambda *_, n=number, a=among: place_of(n, a, operation))
        return found

    def _places(self, operation: Rank, grain: Grain) -> list[Place]:
        columns = [self.at(key, grain) for key in operation.keys]
        unsure = self._unsure(grain)
        found = []
        for row, values in enumerate(zip(*columns, strict=True)):
            keys = tuple(negative(one.number) if operation.lowest_first else one.number for one in values)
            found.append(Place(keys, row not in unsure and not any(one.missing for one in values)))
        return found

    def _peers(self, grain: Grain, within: str) -> list[list[int]]:
        to = GROUP if within == "group" else POLICY
        peers: list[list[int]] = [[] for _ in range(self.layout.rows(to))]
        for row, above in enumerate(self.layout.parents(grain, to)):
            peers[above].append(row)
        return peers

    # ------------------------------------------------------------ tiers

    def _banded(self, operation: Band) -> Sequence[Some]:
        ranking = self.plan.steps[operation.rank].operation
        assert isinstance(ranking, Rank)
        places = self._places(ranking, ENTITY)
        yes = answers([True])
        conditions = [None if tier.when is None else self.at(tier.when) for tier in operation.tiers]
        eligible = None if operation.eligible is None else self.at(operation.eligible)
        names = [tier.name for tier in operation.tiers]
        vetoes = [(names.index(veto.tier), self.at(veto.when)) for veto in operation.vetoes]
        quotas = [
            None if tier.quota is None else self.at(tier.quota, POLICY)[0].number.only for tier in operation.tiers
        ]
        self.tiers = [frozenset() for _ in places]
        for peers in self._peers(ENTITY, operation.within):
            candidates = [
                Candidate(
                    places[row],
                    tuple(yes if column is None else column[row] for column in conditions),
                    None if eligible is None else eligible[row],
                    _bests([(lowest, column[row]) for lowest, column in vetoes]),
                )
                for row in peers
            ]
            for row, possible in zip(peers, Contest(operation.tiers, candidates, quotas).possible(), strict=True):
                self.tiers[row] = possible
        return [
            Some(Thing(names[min(found)] if len(found) == 1 else None) if found else Never()) for found in self.tiers
        ]


def _bests(vetoes: Sequence[tuple[int, Some]]) -> frozenset[int]:
    """Which tiers may be the best that the vetoes leave."""
    found = {0}
    for lowest, fires in vetoes:
        fired = {max(best, lowest) for best in found} if fires.may(True) else set()
        found = (found if fires.may(False) or not fired else set()) | fired
    return frozenset(found)


def _is_known(one: Some) -> bool:
    match one.what:
        case Never():
            return True
        case Range() as number:
            return number.only is not None and not one.missing
        case Answer(possible):
            return len(possible) == 1 and not one.missing
        case Thing(value):
            return value is not None and not one.missing


def _are_bounded(items: Sequence[tuple[Some, Range]]) -> bool:
    """Whether each of them has points that are known when it has any."""
    return all(most.high is not None and most.low in (Fraction(0), most.high) for _, most in items)


def _combined(combine: Combine, values: dict[int, Some]) -> Some:
    def number(id: int) -> Range:
        return values[id].number

    def answer(id: int) -> Answer:
        what = values[id].what
        return what if isinstance(what, Answer) else EITHER

    needed = [part for part in combine.parts if _is_needed(part, values)]
    if any(values[part.score].fails for part in needed) or any(values[part.points].fails for part in combine.parts):
        return FAILED
    missing = any(values[part.score].missing or values[part.points].missing for part in combine.parts)
    gone = [part for part in combine.parts if part.counted and number(part.points).high == 0]
    if combine.full is not None and any(number(part.score) != Range(Fraction(0), Fraction(0)) for part in gone):
        return Some(ANY, missing)
    if combine.method == "product" and any((low := number(part.score).low) is None or low < 0 for part in needed):
        return Some(ANY, missing)
    return Some(combined_range(combine, number, answer), missing)


def _is_needed(part: Part, values: dict[int, Some]) -> bool:
    """Whether its own score is asked for in any case."""
    averaged = part.averaged is not None and values[part.averaged].may(True)
    low = values[part.points].number.low
    return not averaged and (not part.counted or (low is not None and low > 0))


def _value(
    operation: Calculate | Compare | Logic | Choose | Supply | Clamp | Round | Gate, values: dict[int, Some]
) -> Some:
    match operation:
        case Calculate(name, ids):
            return calculated(name, [values[id] for id in ids])
        case Compare(sign, left, right):
            return compared(sign, values[left], values[right])
        case Logic("and", ids):
            return every([values[id] for id in ids])
        case Logic("or", ids):
            return some([values[id] for id in ids])
        case Logic(_, ids):
            return opposite(values[ids[0]])
        case Choose(condition, first, second):
            return chosen(values[condition], values[first], values[second])
        case Supply(value, instead):
            return supplied(values[value], values[instead])
        case Clamp(value, low, high):
            return _clamped(values[value], *(None if id is None else values[id] for id in (low, high)))
        case Round(value, mode, places):
            return strict(
                [values[value]], lambda one: rounded_range(one, mode, places) if isinstance(one, Range) else ANY
            )
        case Gate(value=value, when=when, at_most=at_most):
            return gated(values[value], values[when], None if at_most is None else values[at_most])
        case _:
            assert_never(operation)


def _clamped(value: Some, low: Some | None, high: Some | None) -> Some:
    given = [one for one in (value, low, high) if one is not None]
    return strict(
        given,
        lambda *_: held(value.number, None if low is None else low.number, None if high is None else high.number),
    )
