"""What two cases show that differ in one cell: whether they refute a property, and that in a sentence."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from attrs import frozen

from assessdsl.engine import Policy
from assessdsl.fairness.broken import limits
from assessdsl.fairness.case import Case, Coordinate, resolution
from assessdsl.fairness.trial import Witness, after, cell_name, labels_of, shown
from assessdsl.quantity import Unit
from assessdsl.result import EntityResult


@frozen(eq=False)
class Change:
    """A cell takes another value; None: nothing stands there. Of a day its number."""

    coordinate: Coordinate
    before: Fraction | None
    after: Fraction | None

    @property
    def better(self) -> bool:
        """Whether it is for the better; any day of completion is better than none."""
        if self.before is None or self.after is None:
            return self.before is None and self.coordinate.name == "completed_on"
        return (self.after - self.before) * self.coordinate.better > 0

    @property
    def width(self) -> Fraction:
        return Fraction(0) if self.before is None or self.after is None else abs(self.after - self.before)


def told_by(property: str, change: Change, before: Case, after_: Case, entity: str) -> Witness | None:
    """The cases, scored whole by the exact engine; None if they do not show that the property fails."""
    if (first := after(before)) is None or (second := after(after_)) is None:
        return None
    was, now = (one.result.entities[entity] for one in (first, second))
    if not fails(property, change, was, now, before.policy):
        return None
    en, zh = (_told(property, change, was, now, before.policy, language) for language in ("en", "zh"))
    return Witness(property, before, after_, entity, en, zh, results=(first.result, second.result))


def fails(property: str, change: Change, was: EntityResult, now: EntityResult, policy: Policy) -> bool:
    old, new = was.total.value, now.total.value
    match property:
        case "monotone":
            return change.better and new < old
        case "rank_monotone":
            return change.better and was.rank is not None and now.rank is not None and now.rank > was.rank
        case "strict_response":
            return change.better and new == old
        case "no_cliff":
            least = min((limit for _, limit in limits(policy, property)), default=Fraction(0))
            beside = None not in (change.before, change.after) and change.width <= resolution(change.coordinate)
            return beside and abs(new - old) > least
        case "missing_not_rewarded":
            return change.after is None and new > old
        case "truthful":
            return new > old
        case "independent":
            return new != old
    raise AssertionError(property)


def _told(property: str, change: Change, was: EntityResult, now: EntityResult, policy: Policy, language: str) -> str:
    one, zh = change.coordinate, language == "zh"
    about = one.indicator or one.name
    label = labels_of(policy).get(about) or about
    column = "" if about == one.name else cell_name(one.name, language)
    cell = f"{label}{column}" if zh and column != label else label if column == label else f"{label} {column}".strip()
    values = [cell_text(value, one, language) for value in (change.before, change.after)]
    return _STORIES[property][zh].format(
        entity=was.entity,
        mover=one.entity,
        about=label,
        move=f"{cell}由{values[0]}变为{values[1]}" if zh else f"{cell}: {values[0]} → {values[1]}",
        reached=values[0],
        planned=values[1],
        was=was.total,
        now=now.total,
        was_rank=was.rank,
        now_rank=now.rank,
    )


def cell_text(value: Fraction | None, one: Coordinate, language: str) -> str:
    """The value of a cell in the language, with its measure; of a day its number is given."""
    if value is None:
        return "无" if language == "zh" else "none"
    if one.unit is Unit.DATE:
        day = date.fromordinal(int(value))
        return f"{day.month}月{day.day}日" if language == "zh" else str(day)
    return shown(value, one.unit) + (_MEASURES[one.unit][language == "zh"] if one.unit in _MEASURES else "")


_MEASURES: Final = {Unit.MONEY: (" yuan", "元"), Unit.DAYS: (" days", "天")}

_STORIES: Final[Mapping[str, tuple[str, str]]] = {
    "monotone": (
        "`{entity}` does better ({move}), and its total falls from {was} to {now}",
        "`{entity}`做得更好({move}),总分却由{was}分降为{now}分",
    ),
    "rank_monotone": (
        "`{entity}` does better ({move}), and falls from rank {was_rank} to rank {now_rank}",
        "`{entity}`做得更好({move}),名次却从第{was_rank}名落到第{now_rank}名",
    ),
    "independent": (
        "only `{mover}` changes ({move}), and the total of `{entity}` goes from {was} to {now}",
        "只有`{mover}`变动({move}),`{entity}`的总分却由{was}分变为{now}分",
    ),
    "strict_response": (
        "`{entity}` does better ({move}), and its total stays at {was}",
        "`{entity}`做得更好({move}),总分仍是{was}分",
    ),
    "no_cliff": (
        "a small difference ({move}) moves the total of `{entity}` from {was} to {now}",
        "微小差别({move})使`{entity}`的总分由{was}分变为{now}分",
    ),
    "missing_not_rewarded": (
        "`{entity}` does not report {about} (it was {reached}), and its total rises from {was} to {now}",
        "`{entity}`不填报{about}(实为{reached}),总分反由{was}分升为{now}分",
    ),
    "truthful": (
        "`{entity}` reaches {reached} in {about}; with a plan of {planned} in place of {reached} its total rises "
        "from {was} to {now}",
        "`{entity}`的{about}实际完成{reached};计划若不报{reached}而报{planned},总分由{was}分升为{now}分",
    ),
}
