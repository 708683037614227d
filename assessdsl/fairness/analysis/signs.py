"""Which way each value of a plan moves when a fact does: up, down, not at all, or both ways as far as can be told.

Sound: where it says up, no data can show a fall. A fact moves while all others, and what is missing, stay as they are.
Where the rules for single steps cannot tell, a value that hangs on one number alone is looked at piece by piece.
"""

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from attrs import Factory, field, frozen

from assessdsl.fairness.analysis.missing import may_miss, there_if_known
from assessdsl.fairness.analysis.narrow import Given, Known
from assessdsl.fairness.analysis.pieces import Pieces, piecewise
from assessdsl.plan.ranges import Range
from assessdsl.plan.steps import (
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
    InGroup,
    Load,
    Logic,
    Part,
    Raise,
    Rank,
    Round,
    Step,
    Streak,
    Supply,
)
from assessdsl.plan.walk import reached
from assessdsl.quantity import Unit

UP: Final = 1
DOWN: Final = 2
BOTH: Final = UP | DOWN  # or not known

Source = tuple[int, bool]
"""The step that loads a fact, or that is asked about; whether it is another entity's."""

Signs = Mapping[Source, int]
_NONE: Final[Signs] = {}
_NOTHING_MORE: Final[frozenset[object]] = frozenset()
_BRANCHES: Final = 16  # what is kept in mind of the branches in which a step stands
_BASES: Final = 12  # numbers by which a value is tried to be drawn
_DRAWN: Final = 300  # steps, beyond which no value is looked at branch by branch or piece by piece


def flipped(sign: int) -> int:
    return (sign & UP) << 1 | (sign & DOWN) >> 1


def turned(signs: Signs) -> Signs:
    return {source: flipped(sign) for source, sign in signs.items()}


def unknown(signs: Signs) -> Signs:
    return dict.fromkeys(signs, BOTH)


def joined(parts: Iterable[Signs]) -> Signs:
    given = [part for part in parts if part]
    if len(given) < 2:
        return given[0] if given else _NONE
    found = dict(given[0])
    for part in given[1:]:
        for source, sign in part.items():
            found[source] = found.get(source, 0) | sign
    return found


def _not_negative(one: Range) -> bool:
    return one.low is not None and one.low >= 0


def _not_positive(one: Range) -> bool:
    return one.high is not None and one.high <= 0


def _never_below(one: Range, other: Range) -> bool:
    return one.low is not None and other.high is not None and one.low >= other.high


@frozen(eq=False)
class Movement:
    """How the values of a plan move with its facts, or with the steps that `about` names instead."""

    known: Known
    about: frozenset[int] = frozenset()
    settled: Mapping[tuple[int, Source], int] = field(factory=dict)  # by step and source, what was proved otherwise
    _found: dict[tuple[int, frozenset[object]], Signs] = field(factory=dict, repr=False, init=False)
    _absent: dict[int, Signs] = field(factory=dict, repr=False, init=False)
    _above: set[int] = field(default=Factory(lambda own: reached(own.about, own.known.users), True), init=False)

    def with_settled(self, settled: Mapping[tuple[int, Source], int]) -> "Movement":
        """The same, where more was proved. What does not rest on the steps that this is about moves as before."""
        anew = reached({id for id, _ in settled}, self.known.users)
        found = Movement(self.known, self.about, {**self.settled, **settled})
        found._found.update((key, signs) for key, signs in self._found.items() if key[0] not in anew)
        found._absent.update((id, signs) for id, signs in self._absent.items() if id not in anew)
        return found

    def of(self, id: int, given: Given | None = None) -> Signs:
        """By the fact, how the step's value moves; where more is `given` of some steps, how it does there."""
        if not given and (id, _NOTHING_MORE) not in self._found:
            for one in self.known.cone(id):  # in order, so that nothing is nested however long a plan is
                self._of(one, {})
        return self._of(id, given if given and len(given) <= _BRANCHES else {})

    def _of(self, id: int, given: Given) -> Signs:
        if self.about and id not in self._above:
            return _NONE
        if given and not (touched := self.known.resting_on(id, given)):
            given = {}
        elif given:
            given = {one: given[one] for one in touched if one in given}
        key = (id, frozenset(given.items()))
        if key not in self._found:
            moved = self._step(self.known.plan.steps[id], given)
            signs: Signs = {source: sign for source, sign in moved.items() if sign}
            if not given and BOTH in signs.values():
                signs = self._refined(id, signs)
            self._found[key] = {source: self.settled.get((id, source), sign) for source, sign in signs.items()}
        return self._found[key]

    def _refined(self, id: int, signs: Signs) -> Signs:
        """Piece by piece, where all that moves the value is one number, and no step before it went both ways."""
        before = {source for one in self.known.inputs(id) for source, sign in self.of(one).items() if sign == BOTH}
        own = [source for source, sign in signs.items() if sign == BOTH and not source[1] and source not in before]
        found = dict(signs)
        for source in own:
            pieces = self.pieces(id, source)
            if pieces is not None:
                base, drawn = pieces
                moved = self.of(base).get(source, 0)
                found[source] = joined([{source: moved if drawn.rises else 0},
                                        {source: flipped(moved) if drawn.falls else 0}]).get(source, 0)  # fmt: skip
        return {source: sign for source, sign in found.items() if sign}

    def pieces(self, id: int, source: Source) -> tuple[int, Pieces] | None:
        """The value as a function of one number that alone moves it with the source: the step of that number, and its
        pieces. None where it is not made of straight pieces of one number."""
        plan = self.known.plan
        cone = self.known.cone(id)
        supplied = (plan.steps[one].operation for one in cone)
        if len(cone) > _DRAWN or any(isinstance(one, Supply) and source in self.absent(one.value) for one in supplied):
            return None
        moved = [one for one in cone if one != id and plan.steps[one].unit.is_number and source in self.of(one)]
        for base in moved[:_BASES]:
            drawn = piecewise(self.known, id, base)
            if drawn is not None:
                return base, drawn
        return None

    # ------------------------------------------------------------ the rules for single steps

    def _step(self, step: Step, given: Given) -> Signs:
        if step.id in self.about:
            return {(step.id, False): UP}
        match step.operation:
            case Load(source, _, _):
                moves = step.unit.is_number or step.unit in (Unit.DATE, Unit.YES_NO, Unit.SURVEY)
                return {(step.id, False): UP} if moves and source not in ("history", "benchmark") else _NONE
            case Constant() | Fail() | InGroup():
                return _NONE
            case Calculate() as calculate:
                return self._calculate(calculate, given)
            case Compare(sign, left, right):
                return self._compare(sign, left, right, given)
            case Logic(operator, ids):
                parts = joined(self.of(id, given) for id in ids)
                return turned(parts) if operator == "not" else parts
            case Choose(condition, chosen, other):
                return self._choose(condition, chosen, other, given)
            case Supply(value, instead):
                return joined([self.of(value, given), self.of(instead, given), unknown(self.absent(value))])
            case Clamp(value, low, high):
                return joined(self.of(id, given) for id in (value, low, high) if id is not None)
            case Round(value, _, _):
                return self.of(value, given)
            case Gate() as gate:
                return self._gate(gate, given)
            case Combine() as combine:
                return self._combine(combine, given)
            case Aggregate() as aggregate:
                return self._aggregate(aggregate, given)
            case Rank() as rank:
                return self._rank(rank, given)
            case Band(rank=rank_step):
                return unknown(self.of(rank_step, given))
            case Streak(years, _):
                return joined(self.of(id, given) for id in years)
            case Raise(when=when, unless=unless):
                return joined([self.of(when, given), *(turned(self.of(id, given)) for id in unless)])
            case _:
                assert_never(step.operation)

    def _range(self, id: int, given: Given) -> Range:
        return self.known.range(id, given)

    def _scaled(self, signs: Signs, by: Range) -> Signs:
        return signs if _not_negative(by) else turned(signs) if _not_positive(by) else unknown(signs)

    def _calculate(self, calculate: Calculate, given: Given) -> Signs:
        ids = calculate.inputs
        parts = [self.of(id, given) for id in ids]
        match calculate.operator:
            case "+" | "min" | "max" | "ln" | "exp" | "add_days" | "add_months":
                return joined(parts)
            case "-" | "days_between":
                return joined([parts[0], turned(parts[1])])
            case "neg":
                return turned(parts[0])
            case "abs":
                return self._scaled(parts[0], self._range(ids[0], given))
            case "*":
                ranges = [
                    self._range(id, given) if part else Range() for id, part in zip(ids, parts[::-1], strict=True)
                ]
                return joined([self._scaled(parts[0], ranges[1]), self._scaled(parts[1], ranges[0])])
            case "/" | "per":
                by = self._range(ids[1], given)
                found = [self._scaled(parts[0], by)] if parts[0] else []
                if parts[1]:
                    one_sided = _not_negative(by) or _not_positive(by)
                    turned_by = turned(self._scaled(parts[1], self._range(ids[0], given)))
                    found.append(turned_by if one_sided else unknown(parts[1]))
                return joined(found)
            case "is_missing":
                return self.absent(ids[0])
            case "whole_power" | "power":
                return joined(
                    self._power(parts[at : at + 2], ids[at], ids[at + 1], given) for at in range(0, len(ids), 2)
                )
        return unknown(joined(parts))

    def _power(self, parts: list[Signs], base: int, exponent: int, given: Given) -> Signs:
        by, of = self._range(exponent, given), self._range(base, given)
        if by.only is None or parts[1]:
            return unknown(joined(parts))
        whole, odd = by.only.denominator == 1, by.only.numerator % 2 == 1
        if not whole or _not_negative(of) or (odd and by.only > 0):
            return parts[0] if by.only >= 0 else turned(parts[0])
        if _not_positive(of):
            return turned(parts[0]) if by.only > 0 or odd else parts[0]
        return unknown(parts[0])

    def _compare(self, sign: str, left: int, right: int, given: Given) -> Signs:
        first, second = self.of(left, given), self.of(right, given)
        if not first and not second:
            return _NONE
        if sign in ("==", "!="):
            return self._equal(sign, (left, right), (first, second), given)
        if sign in ("<", "<="):
            first, second = second, first
        return joined([first, turned(second)])

    def _equal(self, sign: str, ids: tuple[int, int], parts: tuple[Signs, Signs], given: Given) -> Signs:
        """To equal the least that it can be is to be no more."""
        for (id, part), (other, against) in ((one, two) for one, two in (
            ((ids[0], parts[0]), (ids[1], parts[1])), ((ids[1], parts[1]), (ids[0], parts[0])))):  # fmt: skip
            if part and not against:
                own, line = self._range(id, given), self._range(other, given)
                if own.low is not None and own.low == line.only:
                    return turned(part) if sign == "==" else part
                if own.high is not None and own.high == line.only:
                    return part if sign == "==" else turned(part)
        return unknown(joined(parts))

    def _choose(self, condition: int, chosen: int, other: int, given: Given) -> Signs:
        yes = no = given
        if max(len(self.known.cone(id)) for id in (condition, chosen, other)) <= _DRAWN:
            yes, no = (self.known.holding(condition, answer, given) for answer in (True, False))
        branches = joined([self.of(chosen, yes), self.of(other, no)])
        asked = self.of(condition, given)
        if not asked:
            return branches
        if self.known.plan.steps[chosen].unit is Unit.YES_NO:
            first, second = self.known.where(chosen, yes)[chosen], self.known.where(other, no)[other]
            above, below = (getattr(one, "possible", frozenset((True, False))) for one in (first, second))
            up, down = False not in above or True not in below, True not in above or False not in below
        else:
            one, two = self._range(chosen, yes), self._range(other, no)
            up, down = _never_below(one, two), _never_below(two, one)
        return joined([branches, asked if up else turned(asked) if down else unknown(asked)])

    def _gate(self, gate: Gate, given: Given) -> Signs:
        """A gate that opens gives back what it held; of what is below nothing it takes a loss away."""
        value, when = self.of(gate.value, given), self.of(gate.when, given)
        left = _NONE if gate.at_most is None else self.of(gate.at_most, given)
        takes = gate.at_most is not None or _not_negative(self._range(gate.value, given))
        return joined([value, left, turned(when) if takes else unknown(when)])

    # ------------------------------------------------------------ many to one

    def _combine(self, combine: Combine, given: Given) -> Signs:
        parts = [self._part(part, combine, given) for part in combine.parts]
        if combine.full is not None:
            parts.append(self.of(combine.full, given))
        return joined(parts)

    def _part(self, part: Part, combine: Combine, given: Given) -> Signs:
        score, points = self.of(part.score, given), self.of(part.points, given)
        if combine.method == "product":
            others = [other.score for other in combine.parts if other is not part]
            if not all(_not_negative(self._range(other, given)) for other in others):
                score = unknown(score)
        signed = score if part.sign > 0 else turned(score)
        averaged = _NONE if part.averaged is None else self.of(part.averaged, given)
        return joined([signed, unknown(points), unknown(averaged)])

    def _aggregate(self, aggregate: Aggregate, given: Given) -> Signs:
        value = self._of_rows(aggregate, given)
        if aggregate.to.kind in ("group", "policy"):
            return joined([value, {(id, True): sign for (id, _), sign in value.items()}])
        return value

    def _of_rows(self, aggregate: Aggregate, given: Given) -> Signs:
        value = self.of(aggregate.value, given)
        when = _NONE if aggregate.when is None else self.of(aggregate.when, given)
        key = _NONE if aggregate.distinct is None else unknown(self.of(aggregate.distinct, given))
        of = self._range(aggregate.value, given) if when or aggregate.function == "product" else Range()
        match aggregate.function:
            case "count":
                return joined([when, key])
            case "any":
                return joined([value, when, key])
            case "all":
                return joined([value, turned(when), key])
            case "sum":
                return joined([value, self._scaled(when, of), key])
            case "product":
                return joined([value if _not_negative(of) else unknown(value), unknown(when), key])
            case "variance":
                return joined([unknown(value), unknown(when), key])
            case "mean" | "median" | "least" | "greatest":
                return joined([value, unknown(when), key])
            case _:
                assert_never(aggregate.function)

    def _rank(self, rank: Rank, given: Given) -> Signs:
        """A better key has a smaller place, and pushes the others back."""
        if rank.offset:
            return _NONE
        keys = joined(self.of(key, given) for key in rank.keys)
        own = keys if rank.lowest_first else turned(keys)
        others = {(id, True): BOTH if peer else flipped(own[id, peer]) for (id, peer) in keys}
        return joined([own, others])

    def absent(self, id: int) -> Signs:
        """Whether the value is missing may hang on these facts' values, not only on whether they were reported."""
        for one in () if id in self._absent else self.known.cone(id):
            self._absent_of(one)
        return self._absent[id]

    def _absent_of(self, id: int) -> Signs:
        if id not in self._absent:
            operation = self.known.plan.steps[id].operation
            match operation:
                case Calculate("per", (left, right)):
                    divisor = self.known.range(right)
                    may = divisor.low is None or divisor.low <= 0
                    own = unknown(self.of(right)) if may else _NONE
                    found = joined([own, self.absent(left), self.absent(right)])
                case Calculate(inputs=ids) | Logic(inputs=ids):
                    found = joined(self.absent(one) for one in ids)
                case Choose(condition, chosen, other):
                    either = [self.absent(one) for one in (condition, chosen, other)]
                    there = there_if_known(self.known, condition)
                    may = any(may_miss(self.known, one, there) for one in (chosen, other))
                    found = joined([unknown(self.of(condition)) if may else _NONE, *either])
                case Load() | Constant() | Fail() | InGroup() | Band() | Raise() | Streak():
                    found = _NONE
                case Supply(_, instead):
                    found = self.absent(instead)
                case Compare(_, left, right):
                    found = joined([self.absent(left), self.absent(right)])
                case Clamp(value, _, _) | Round(value, _, _) | Gate(value=value):
                    found = self.absent(value)
                case Aggregate(value=value, when=when):
                    found = joined([self.absent(value), _NONE if when is None else unknown(self.of(when))])
                case Combine(parts=parts):
                    found = joined(self.absent(part.score) for part in parts)
                case Rank(keys=keys):
                    found = joined(self.absent(key) for key in keys)
                case _:
                    assert_never(operation)
            self._absent[id] = found
        return self._absent[id]
