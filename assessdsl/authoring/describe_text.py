"""A description of a policy: as plain data, and as text for people in English or Chinese."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, Final

from attrs import frozen

from assessdsl.authoring.describe_records import Column, Cost, Duty, MajorShare, Part, PeerGroup, Rule, Supply
from assessdsl.plan.ranges import Bound, negative
from assessdsl.quantity import Unit, exact_text, quantity_text
from assessdsl.source import pad, visible, width
from assessdsl.vocabulary import Kind, vocabulary

_WORDS: Final = {
    "full": ("full marks", "满分"),
    "major": ("major work", "重大工作"),
    "tagged": ("targets tagged {tag}", "标签为 {tag} 的目标"),
    "earlier": ("also of {years}", "另需 {years} 年度"),
    "points": ("points", "分值"),
    "share": ("share", "占比"),
    "least": ("least", "最低"),
    "most": ("most", "最高"),
    "no limit": ("no limit", "不限"),
    "rules": ("rules", "规则"),
    "line": ("line", "行"),
    "duties": ("duties", "职责"),
    "data": ("data", "数据"),
    "all": ("all", "全部"),
    "several": ("several", "可多条"),
    "optional": ("optional", "可空"),
    "places": ("to {number} places", "{number} 位小数"),
    "within": ("within {days} days of publication", "公布后 {days} 天内"),
    "by": ("by", "不晚于"),
    "no deadline": ("no deadline", "无期限"),
    "cost": ("cost", "计算量"),
    "steps": ("{number} steps", "{number} 步"),
    "policy": ("once", "一次"),
    "group": ("for each group", "每个组别"),
    "entity": ("for each entity", "每个单位"),
    "target": ("for each target", "每个目标"),
    "entry": ("for each entry", "每条记录"),
}  # fmt: skip
Rows = list[tuple[str, ...]]


@frozen(str=False)
class Description:
    """What a policy asks of whom: points, duties, data. Its text is in the language that it was asked for."""

    policy: str
    label: str
    period: str
    language: str
    fingerprint: str
    full: Fraction
    groups: tuple[PeerGroup, ...]
    major: tuple[MajorShare, ...]
    rules: tuple[Rule, ...]
    duties: tuple[Duty, ...]
    data: tuple[Supply, ...]
    cost: Cost

    def __str__(self) -> str:
        return _text(self)

    def to_data(self) -> dict[str, Any]:
        """As plain data, for JSON: numbers as exact texts."""
        return {
            "policy": self.policy,
            "label": self.label,
            "period": self.period,
            "fingerprint": self.fingerprint,
            "full": exact_text(self.full),
            "groups": [group.to_data() for group in self.groups],
            "major": [share.to_data() for share in self.major],
            "rules": [rule.to_data() for rule in self.rules],
            "duties": [duty.to_data() for duty in self.duties],
            "data": [supply.to_data() for supply in self.data],
            "cost": self.cost.to_data(),
        }


def _text(description: Description) -> str:
    language = description.language
    full = quantity_text(description.full, Unit.POINTS)
    title = visible(description.label or description.policy)
    blocks = [[f"{title}  {description.period}  {_word('full', language)} {full}"]]
    for group in description.groups:
        header = tuple(_word(key, language) for key in ("points", "share", "least", "most"))
        rows = [(visible(group.label or group.name), *header), *_parts(group.total, language, 1)]
        blocks.append(_aligned(rows, right={1, 2, 3, 4}))
    if description.major:
        rows = [_major(share, language) for share in description.major]
        blocks.append([_word("major", language), *_aligned(rows, right={1})])
    blocks.append([_word("rules", language), *(line for rule in description.rules for line in _rule(rule, language))])
    if description.duties:
        blocks.append([_word("duties", language), *_aligned([_duty(duty, language) for duty in description.duties])])
    blocks.append([_word("data", language), *_data(description, language)])
    grains = [f"{_word(grain, language)} {number}" for grain, number in description.cost.by_grain]
    steps = _word("steps", language).format(number=description.cost.steps)
    blocks.append([f"{_word('cost', language)}  {steps}: {', '.join(grains)}"])
    return "\n\n".join("\n".join(block) for block in blocks)


def _word(key: str, language: str) -> str:
    return _WORDS[key][language == "zh"]


def _spelled(id: str, language: str, *kinds: Kind) -> str:
    found = next((vocabulary().words[kind, id] for kind in kinds if (kind, id) in vocabulary().words), None)
    return id if found is None else found.spelling(language)


def _aligned(rows: Sequence[tuple[str, ...]], right: frozenset[int] | set[int] = frozenset()) -> list[str]:
    widths = [max(width(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    return ["  ".join(pad(cell, widths[i], right=i in right) for i, cell in enumerate(row)).rstrip() for row in rows]


# ---------------------------------------------------------------- points


def _parts(part: Part, language: str, depth: int, penalty: bool = False) -> Iterator[tuple[str, ...]]:
    """What a penalty takes away is shown below zero."""
    penalty = penalty or part.kind == "penalty"
    name = part.label or part.name or _spelled("total", language, "word")
    share = "" if part.share is None else quantity_text(part.share, Unit.SHARE)
    points = "" if part.points is None else quantity_text(part.points, Unit.POINTS)
    scores = negative(part.scores) if penalty else part.scores
    ends = (_bound(scores.low, language), _bound(scores.high, language))
    yield ("  " * depth + visible(name), points, share, *ends)
    for inner in part.parts:
        yield from _parts(inner, language, depth + 1, penalty)


def _bound(bound: Bound, language: str) -> str:
    return _word("no limit", language) if bound is None else quantity_text(bound, Unit.POINTS)


def _major(share: MajorShare, language: str) -> tuple[str, ...]:
    name = _word("tagged", language).format(tag=share.names[0]) if share.of_targets else ", ".join(share.names)
    return f"  {visible(name)}", "" if share.share is None else quantity_text(share.share, Unit.SHARE)


# ---------------------------------------------------------------- rules


def _rule(rule: Rule, language: str) -> Iterator[str]:
    if not rule.says:
        return
    yield f"  {visible(rule.label or rule.name)}  ({_word('line', language)} {rule.line})"
    rows: Rows = [(f"    {_spelled(word, language, 'word')}", visible(text)) for word, text in rule.says]
    yield from _aligned(rows)


# ---------------------------------------------------------------- duties


def _duty(duty: Duty, language: str) -> tuple[str, ...]:
    kind = _spelled(duty.kind, language, "word")
    if duty.kind == "finding":
        when = (
            _word("no deadline", language)
            if duty.within is None
            else _word("within", language).format(days=duty.within)
        )
        return f"  {when}", f"{kind} {visible(duty.label or duty.name)}"
    if duty.often:
        days = " ".join(day.strftime("%m-%d") for day in duty.days)
        return f"  {_spelled(duty.often, language, 'name')}", kind, days
    day = duty.days[0].isoformat() if duty.days else ""
    return f"  {_word('by', language)} {day}".rstrip() if duty.kind == "consultation" and day else f"  {day}", kind


# ---------------------------------------------------------------- data


def _data(description: Description, language: str) -> Iterator[str]:
    labels = {group.name: group.label or group.name for group in description.groups}
    for table, supplies in groupby(description.data, key=lambda supply: supply.table):
        yield f"  {_spelled(table, language, 'table')}"
        rows: Rows = []
        for supply in supplies:
            groups = [labels[name] for name in supply.groups]
            whose = ", ".join(groups) if groups and len(groups) < len(labels) else _word("all", language)
            name = supply.label or supply.name
            if not name:
                rows.append((f"    {'; '.join(_column(column, language) for column in supply.columns)}",))
                continue
            several = f" ({_word('several', language)})" if supply.many else ""
            if supply.earlier:
                several += f"; {_word('earlier', language).format(years=', '.join(supply.earlier))}"
            columns = "; ".join(_column(column, language) for column in supply.columns)
            rows.append((f"    {visible(name)}", visible(whose), visible(columns) + several))
        yield from _aligned_rows(rows)


def _aligned_rows(rows: Rows) -> list[str]:
    """The rows of one cell are not aligned with the others."""
    return _aligned(rows) if all(len(row) > 1 for row in rows) else ["".join(row) for row in rows]


def _column(column: Column, language: str) -> str:
    remarks = []
    if column.unit:
        unit = "percent" if column.unit == Unit.SHARE.value else column.unit  # as people write it
        remarks.append(_spelled(unit, language, "name", "measure"))
    if column.places is not None:
        remarks.append(_word("places", language).format(number=column.places))
    if not column.needed:
        remarks.append(_word("optional", language))
    name = _spelled(column.name, language, "column")
    return f"{name} ({', '.join(remarks)})" if remarks else name
