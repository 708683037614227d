"""What a property is asked of: a scored case, and what is drawn to change it; and what a trial finds."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal

from attrs import evolve, frozen

from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy
from assessdsl.fairness.breakpoints import Input
from assessdsl.fairness.case import Case, Coordinate, coordinates, put, resolution, score
from assessdsl.fairness.made_cases import Safe, Scored
from assessdsl.fairness.made_up import Maker, Pick, cell, one_of, turning
from assessdsl.quantity import Unit, quantity_text
from assessdsl.record import Entry
from assessdsl.result import Result


@frozen(eq=False)
class Trying:
    """A scored case, and the picks with which a change to it is drawn."""

    maker: Maker
    safe: Safe
    scored: Scored
    pick: Pick

    @property
    def case(self) -> Case:
        return self.scored.case

    @property
    def result(self) -> Result:
        return self.scored.result

    @property
    def policy(self) -> Policy:
        return self.scored.case.policy


@frozen(eq=False)
class Witness:
    """Cases that refute a property, scored by the exact engine, and what they show."""

    property: str
    before: Case
    after: Case | None  # None: the one case shows it
    entity: str  # whom it happens to
    en: str
    zh: str
    entries: tuple[Entry, ...] = ()  # of a register, where one shows it
    results: tuple[Result, ...] = ()  # of the cases, where they are at hand

    def told(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


Outcome = Witness | Literal["held", "nothing"]
"""`nothing`: the case gives no occasion to try the property."""

Trial = Callable[[Trying], Outcome]


def after(case: Case | None) -> Scored | None:
    """The changed case, scored; None where there is none, or where the policy stops for it."""
    if case is None:
        return None
    try:
        return Scored(case, score(case))
    except DataError:
        return None


# ---------------------------------------------------------------- one coordinate


@frozen
class Move:
    """One cell takes another value."""

    coordinate: Coordinate
    to: Fraction

    def told(self, language: str, label: str = "") -> str:
        """`major_project` actual 5 → 6, in words; with its label, if given."""
        one = self.coordinate
        about = one.indicator or one.name
        name = "" if about == one.name else f" {cell_name(one.name, language)}"
        was, now = (shown(value, one.unit) for value in (one.value, self.to))
        return f"{label or f'`{about}`'}{name} {was} → {now}"


_NAMES: Final = {
    "actual": "实绩", "planned": "计划", "baseline": "基数", "weight": "权重", "due": "时限",
    "completed_on": "完成日期", "sample": "样本数",
}  # fmt: skip


def cell_name(name: str, language: str) -> str:
    return _NAMES.get(name, name) if language == "zh" else name


def labels_of(policy: Policy) -> dict[str, str]:
    """What people call the indicators and facts, where they have a label."""
    tree = policy.checked.policy
    facts = {one.name: one.label for one in tree.facts}
    return facts | {one.name: one.label for one in tree.indicators}


def shown(value: object, unit: Unit) -> str:
    match value:
        case Fraction() if unit is Unit.DATE:
            return str(cell(value, unit))
        case Fraction() if unit is Unit.SURVEY:
            return quantity_text(value, Unit.SHARE)
        case Fraction():
            return quantity_text(value, unit)
        case _:
            return str(value)


def number_of(coordinate: Coordinate) -> Fraction | None:
    """Its value as a number; of a date its day's. None of what is neither."""
    if isinstance(coordinate.value, Fraction):
        return coordinate.value
    if coordinate.unit is Unit.DATE and hasattr(coordinate.value, "toordinal"):
        return Fraction(coordinate.value.toordinal())
    return None


def input_of(coordinate: Coordinate, policy: Policy) -> Input:
    schema = next((one for one in policy.plan.schema.indicators if one.name == coordinate.indicator), None)
    if schema is None:
        return Input("entity" if coordinate.entity else "benchmark", coordinate.name)
    reported = coordinate.name in ("actual", "completed_on")
    return Input("entry" if schema.many_entries and reported else "target", coordinate.name, schema.name)


def known_beside(coordinate: Coordinate, all_of: tuple[Coordinate, ...], policy: Policy) -> dict[Input, Fraction]:
    """The inputs that go with it: of its target, its entity and the policy."""
    found: dict[Input, Fraction] = {}
    for other in all_of:
        same = other.entity in ("", coordinate.entity)
        if same and (other.target in ("", coordinate.target) or other.indicator != coordinate.indicator):
            number = number_of(other)
            if number is not None and other.place != coordinate.place:
                found[input_of(other, policy)] = number
    return found


def _open_to(
    trying: Trying, kept: Callable[[Coordinate], bool], *, improved: bool
) -> tuple[Coordinate, list[Fraction]] | None:
    """One of the cells that are kept, with the values at which the policy turns by it, the worst first."""
    all_of = coordinates(trying.case, dataset=trying.result.trace.dataset)
    open_to = [one for one in all_of if kept(one) and number_of(one) is not None and (one.better or not improved)]
    if not open_to:
        return None
    one = one_of(trying.pick, open_to)
    known = known_beside(one, all_of, trying.policy)
    input = input_of(one, trying.policy)
    turns = turning(trying.maker.breakpoints, input, one.unit, one.places, known, number_of(one))
    if one.indicator in trying.maker.lower:
        turns = tuple(turn for turn in turns if turn >= 0)
    return one, sorted(turns, reverse=one.better < 0)


def moved(trying: Trying, kept: Callable[[Coordinate], bool], *, improved: bool) -> tuple[Move, Case] | None:
    """One cell of those that are kept takes another value, near where the policy turns; if improved, a better one."""
    found = _open_to(trying, kept, improved=improved)
    if found is None:
        return None
    one, turns = found
    was, better = number_of(one), one.better or 1
    assert was is not None
    others = [turn for turn in turns if (turn - was) * better > 0 or (turn != was and not improved)]
    to = one_of(trying.pick, others) if others and trying.pick(0, 3) else was + better * resolution(one)
    if one.unit is Unit.SURVEY and to > 1:
        return None
    return Move(one, to), put(trying.case, one.place, cell(to, one.unit))


_CLIMB: Final = 6


def climbed(trying: Trying, kept: Callable[[Coordinate], bool]) -> list[tuple[Move, Trying, Scored]]:
    """One cell goes up some of the values at which the policy turns, or that lie beside them: each step with what it
    was before, scored, and what came of it."""
    found = _open_to(trying, kept, improved=True)
    if found is None:
        return []
    one, turns = found
    start = trying.pick(0, max(0, len(turns) - _CLIMB))
    steps: list[tuple[Fraction, Scored]] = []
    for value in turns[start : start + _CLIMB]:
        scored = after(put(trying.case, one.place, cell(value, one.unit)))
        if scored is not None:
            steps.append((value, scored))
    return [
        (Move(_at(one, low), high), evolve(trying, scored=before), then)
        for (low, before), (high, then) in pairwise(steps)
    ]


def _at(one: Coordinate, number: Fraction) -> Coordinate:
    return evolve(one, value=date.fromordinal(int(number)) if one.unit is Unit.DATE else number)
