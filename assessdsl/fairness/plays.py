"""What pays without doing better, and where doing better does not: looked at in given facts.

Each entity is asked what would have become of it with one cell, or one target, otherwise; all else as it was reported.
"""

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final, Literal

from attrs import evolve, frozen

from assessdsl.binding import bind
from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy, tables_of
from assessdsl.facts import Facts, Row
from assessdsl.fairness.breakpoints import Breakpoints, breakpoints
from assessdsl.fairness.case import Case, Coordinate, coordinates, put, resolution, score, split, without_entity
from assessdsl.fairness.leaps import read_across
from assessdsl.fairness.made_up import cell, turning
from assessdsl.fairness.trial import Move, input_of, known_beside, labels_of, number_of, shown
from assessdsl.quantity import Unit, exact_text, quantity_text

_LOWER: Final = (Fraction(9, 10), Fraction(1, 2))  # a plan that asks for less
_CHEAPEST: Final = 3  # of each entity

Kind = Literal["sandbagging", "splitting", "merging", "cheapest", "dead"]


@frozen(eq=False)
class Play:
    """What one entity would have gained by one change. Of `cheapest` the change is a real improvement; of `dead` too,
    and gains nothing."""

    kind: Kind
    entity: str
    target: str
    move: Move | None  # None of splitting and merging
    gain: Fraction
    label: str = ""  # of the indicator or the fact
    pays_at: Fraction | None = None  # of `dead`: the next value that gains

    def told(self, language: str) -> str:
        zh = language == "zh"
        what = self.move.told(language, self.label) if self.move is not None else ""
        next = shown(self.pays_at, self.move.coordinate.unit) if self.move and self.pays_at is not None else ""
        points = quantity_text(self.gain, Unit.POINTS)
        who = f"`{self.entity}` `{self.target}`" if self.target and self.move else f"`{self.entity}`"
        return _STORIES[self.kind][zh].format(who=who, target=self.target, what=what, points=points, next=next)


_STORIES: Final[dict[Kind, tuple[str, str]]] = {
    "sandbagging": ("{who} plans less: {what} gains {points}", "{who} 压低计划：{what}，多得 {points} 分"),
    "splitting": ("{who} splits `{target}`: gains {points}", "{who} 拆分目标 `{target}`，多得 {points} 分"),
    "merging": ("{who} keeps `{target}` in one: gains {points}", "{who} 合并如 `{target}` 的目标，多得 {points} 分"),
    "cheapest": ("{who}: {what} gains {points}", "{who}：{what}，多得 {points} 分"),
    "dead": ("{who}: {what} gains nothing, {next} does", "{who}：{what}，不多得分，到 {next} 才得"),
}
_TITLES: Final[dict[Kind, tuple[str, str]]] = {
    "sandbagging": ("planning less pays", "压低计划有利"),
    "splitting": ("splitting a target pays", "拆分目标有利"),
    "merging": ("merging targets pays", "合并目标有利"),
    "cheapest": ("the cheapest points", "最易得的分"),
    "dead": ("dead zones: doing a little better gains nothing", "不计分的区间：略有进步不多得分"),
}
_SHOWN: Final = 10  # plays of a kind, to people


@frozen(eq=False, str=False)
class Gaming:
    """Every play by its kind, the greatest gain first; and the entities that could not be looked at."""

    policy: str
    plays: tuple[Play, ...]
    left_out: tuple[str, ...] = ()  # what is reported of them alone is not enough to score them
    language: str = "en"

    def of(self, kind: Kind) -> tuple[Play, ...]:
        return tuple(play for play in self.plays if play.kind == kind)

    def to_data(self) -> dict[str, Any]:
        return {
            "policy": self.policy,
            "left_out": list(self.left_out),
            "plays": [
                {
                    "kind": play.kind, "entity": play.entity, "target": play.target, "gain": exact_text(play.gain),
                    "label": play.label,
                    "en": play.told("en"), "zh": play.told("zh"),
                }
                for play in self.plays
            ],
        }  # fmt: skip

    def to_json(self) -> str:
        return json.dumps(self.to_data(), ensure_ascii=False, indent=2) + "\n"

    def __str__(self) -> str:
        zh = self.language == "zh"
        lines: list[str] = []
        for kind, titles in _TITLES.items():
            plays = self.of(kind)
            if plays:
                lines += ["", titles[zh], *(f"  {play.told(self.language)}" for play in plays[:_SHOWN])]
            if len(plays) > _SHOWN:
                lines.append(f"  {'另有' if zh else 'and'} {len(plays) - _SHOWN} {'项' if zh else 'more'}")
        if self.left_out:
            lines += ["", f"{'未能分析' if zh else 'not looked at'}: {'、'.join(self.left_out)}"]
        return "\n".join(lines[1:]) or ("没有发现" if zh else "nothing was found")


def gaming(policy: Policy, facts: Any) -> Gaming:
    """facts: as `evaluate` takes them. Of frozen targets it is asked what else might have been frozen."""
    whole = _thawed(policy, tables_of(facts))
    apart, found = not read_across(policy.plan), breakpoints(policy.plan)
    plays: list[Play] = []
    left_out: list[str] = []
    names = [str(row.values["entity"].raw) for row in whole.facts.entities]
    for name in sorted(names):
        case = whole
        for other in names if apart else ():
            if other != name:
                case = without_entity(case, other)
        total = _total(case, name)
        if total is None:  # who cannot be scored alone
            case, total = whole, _total(whole, name)
        if total is None:
            left_out.append(name)
        else:
            plays += _plays(case, name, total, found)
    labels = labels_of(policy)
    plays = [evolve(play, label=labels.get(_about(play), "")) for play in plays]
    plays.sort(key=lambda play: (play.kind, -play.gain, play.entity, play.target))
    return Gaming(policy.name, tuple(plays), tuple(left_out), policy.language)


def _about(play: Play) -> str:
    return "" if play.move is None else play.move.coordinate.indicator or play.move.coordinate.name


def _thawed(policy: Policy, tables: Facts) -> Case:
    """The targets that are scored, as plain ones, so that others in their place are no changes of what was frozen."""
    if tables.frozen is None:
        return Case(policy, tables)
    scored = {item.target for items in bind(policy.plan.schema, tables).dataset.items.values() for item in items}
    registered = {_name(row) for row in tables.frozen}
    added = [row for row in tables.targets if _name(row) in scored - registered]
    return Case(policy, evolve(tables, targets=(*tables.frozen, *added), frozen=None))


def _name(row: Row) -> str:
    return str(row.values["target"].raw).strip() if "target" in row.values else ""


def _total(case: Case | None, entity: str) -> Fraction | None:
    if case is None:
        return None
    try:
        return score(case).entities[entity].total.value
    except DataError:
        return None


def _plays(case: Case, entity: str, total: Fraction, found: Breakpoints) -> Iterator[Play]:
    cells = tuple(one for one in coordinates(case) if one.entity in ("", entity))
    directions = {(one.target, one.indicator): one.better for one in cells if one.name == "actual"}
    cheap: list[tuple[Fraction, Play]] = []
    for one in cells:
        own = number_of(one)
        if own is None or one.entity != entity:
            continue
        if one.name == "planned" and (better := directions.get((one.target, one.indicator), 0)):
            easier = [own * share if better > 0 else own / share for share in _LOWER]
            played = [Play("sandbagging", entity, one.target, *_moved(case, one, to, total)) for to in easier]
            yield from [play for play in sorted(played, key=lambda play: -play.gain)[:1] if play.gain > 0]
        elif one.better:
            steps = [*_improvements(case, one, own, cells, found)]
            played = [Play("cheapest", entity, one.target, *_moved(case, one, to, total)) for to in steps]
            priced = [(_effort(play, own), play) for play in played if play.gain > 0]
            cheap += sorted(priced, key=lambda pair: pair[0])[:1]
            paying = [play.move.to for play in played if play.gain > 0 and play.move is not None]
            if paying and not played[0].gain and not _moved(case, one, (own + paying[0]) / 2, total)[1]:
                yield evolve(played[0], kind="dead", pays_at=paying[0])
    cheap.sort(key=lambda pair: (pair[0], -pair[1].gain))
    yield from [play for _, play in cheap[:_CHEAPEST]]
    for target in dict.fromkeys(one.target for one in cells if one.name == "weight" and one.target):
        parted = _total(split(case, target), entity)
        if parted is not None and parted != total:
            kind: Kind = "splitting" if parted > total else "merging"
            yield Play(kind, entity, target, None, abs(parted - total))


def _moved(case: Case, one: Coordinate, to: Fraction, total: Fraction) -> tuple[Move, Fraction]:
    """The cell with another value, at what can be reported, and what that gains."""
    smallest = resolution(one)
    to = to // smallest * smallest
    then = _total(put(case, one.place, cell(to, one.unit)), one.entity)
    return Move(one, to), Fraction(0) if then is None else then - total


def _improvements(
    case: Case, one: Coordinate, own: Fraction, cells: tuple[Coordinate, ...], found: Breakpoints
) -> Iterator[Fraction]:
    """One reportable step better, and the next values at which the policy turns."""
    policy = case.policy
    yield own + one.better * resolution(one)
    known = known_beside(one, cells, policy)
    turns = turning(found, input_of(one, policy), one.unit, one.places, known, own)
    step = one.better * resolution(one)
    ahead = {turn for turn in turns if (turn - own) * one.better > 0}
    there = [turn for turn in ahead if not {turn + step, turn + 2 * step} <= ahead]  # just short of a line is no place
    yield from sorted(there, key=lambda turn: abs(turn - own))[:4]


def _effort(play: Play, own: Fraction) -> Fraction:
    """How much of what was reached a gained point takes: comparable between units."""
    assert play.move is not None
    base = (
        max(abs(own), resolution(play.move.coordinate)) if play.move.coordinate.unit is not Unit.DATE else Fraction(365)
    )
    return abs(play.move.to - own) / base / play.gain
