"""Appeals: what is claimed, until when, and what a ruling would change for everyone, before it is entered.

A correction says which row of which table is to hold what. Previewed, it moves nothing but its own copy of the tables;
entered, it gives a new version of the result, and the published one stays as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from attrs import evolve, field, frozen

from assessdsl.check import whole
from assessdsl.data.columns import COLUMNS
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.engine import Policy, Records, evaluate
from assessdsl.facts import Facts, Row, Value
from assessdsl.quantity import Quantity, exact_text
from assessdsl.record.event import Entry
from assessdsl.result import EntityResult, Result, finding_title
from assessdsl.source import Cell, visible
from assessdsl.vocabulary import vocabulary

# ---------------------------------------------------------------- what is to be corrected


def _read_only(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return dict(mapping)


@frozen
class Correction:
    """`values` replace those in the one row of a table that is as `where` says, or are a row that is added, or the row
    is removed. Columns are named as in the table, in English or Chinese; a value is as its author writes it."""

    table: str
    where: Mapping[str, str] = field(factory=dict, converter=_read_only, hash=False)
    values: Mapping[str, str] = field(factory=dict, converter=_read_only, hash=False)
    change: Literal["replace", "add", "remove"] = "replace"
    source: str = ""  # the ruling that orders it

    @property
    def text(self) -> str:
        pairs = (" ".join(f"{column}={value}" for column, value in part.items()) for part in (self.where, self.values))
        return " → ".join(part for part in pairs if part)


def corrected(facts: Facts, corrections: Iterable[Correction]) -> Facts:
    """The tables with the corrections, one after the other. Raises DataError (AS7406) with every one that names no row
    or several, or no table or column."""
    wrong: list[Diagnostic] = []
    for correction in corrections:
        word = vocabulary().find("table", correction.table)
        table = word.id if word is not None else correction.table
        if table not in COLUMNS or getattr(facts, table) is None:
            wrong.append(_unfit(correction, "there is no such table", "没有这张表"))
            continue
        rows: tuple[Row, ...] = getattr(facts, table)
        where, values = (
            {_column(table, name): text for name, text in part.items()}
            for part in (correction.where, correction.values)
        )
        if table == "entities" and (correction.change != "replace" or "entity" in values):
            wrong.append(_unfit(correction, "who is assessed is no matter of a correction", "被考核单位不能以更正增减"))
            continue
        cell = Cell(correction.source or "correction", 1)
        new = {column: Value(text, evolve(cell, column=column)) for column, text in values.items() if text.strip()}
        if correction.change == "add":
            held: tuple[Row, ...] = (*rows, Row(new, cell, {column: column for column in values}))
        else:
            found = [number for number, row in enumerate(rows) if where and _is(row, where)]
            if len(found) != 1:
                en, zh = (f"{len(found)} rows are meant", f"对应 {len(found)} 行")
                wrong.append(_unfit(correction, en, zh))
                continue
            number = found[0]
            kept = {column: value for column, value in rows[number].values.items() if column not in values}
            changed = (evolve(rows[number], values=kept | new),) if correction.change == "replace" else ()
            held = (*rows[:number], *changed, *rows[number + 1 :])
        replaced: dict[str, Any] = {table: held}
        facts = evolve(facts, **replaced)
    if wrong:
        raise DataError(wrong)
    return facts


def _unfit(correction: Correction, en: str, zh: str) -> Diagnostic:
    arguments = {"table": correction.table, "what": correction.text, "reason_en": en, "reason_zh": zh}
    return Diagnostic("AS7406", arguments=arguments)


def _column(table: str, name: str) -> str:
    """The column's id; of entities, other headings are facts."""
    word = vocabulary().find("column", name)
    return word.id if word is not None and word.id in COLUMNS[table] else name


def _is(row: Row, where: Mapping[str, str]) -> bool:
    held = ((row.get(column), text) for column, text in where.items())
    return all((str(value.raw).strip() if value is not None else "") == text.strip() for value, text in held)


# ---------------------------------------------------------------- what it changes


@frozen
class Moved:
    """An entity that a correction moves: how it stood, and how it would stand."""

    before: EntityResult
    after: EntityResult

    @property
    def entity(self) -> str:
        return self.after.entity

    @property
    def gone(self) -> tuple[str, ...]:
        """Findings that it would no longer have."""
        return tuple(one for one in _titles(self.before) if one not in _titles(self.after))

    @property
    def come(self) -> tuple[str, ...]:
        return tuple(one for one in _titles(self.after) if one not in _titles(self.before))

    def to_data(self) -> dict[str, Any]:
        return {
            "entity": self.entity,
            "before": _standing(self.before),
            "after": _standing(self.after),
            "findings_gone": list(self.gone),
            "findings_come": list(self.come),
        }


def _standing(entity: EntityResult) -> dict[str, Any]:
    return {
        "total": exact_text(entity.total.value),
        "rank": entity.rank,
        "tier": entity.tier,
        "eligible": entity.eligible,
    }


def _titles(entity: EntityResult) -> tuple[str, ...]:
    """What a finding says of the entity, with whether it is certain."""
    open_ = {"en": " (undetermined)", "zh": "(待定)"}[entity.language]
    return tuple(
        finding_title(finding, entity.language) + (open_ if finding.status == "undetermined" else "")
        for finding in entity.findings
    )


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "total": "total", "rank": "rank", "tier": "tier", "eligible": "eligible", "yes": "yes", "no": "no",
        "nobody": "nobody's result changes", "others": "others who are moved",
    },
    "zh": {
        "total": "总分", "rank": "名次", "tier": "等次", "eligible": "参评资格", "yes": "是", "no": "否",
        "nobody": "所有单位的结果均不变", "others": "受影响的其他单位",
    },
}  # fmt: skip


@frozen
class Ripple:
    """Two results of the same entities, and whom the step from one to the other moves, in the order of their ranks."""

    before: Result = field(repr=False)
    after: Result = field(repr=False)
    moved: tuple[Moved, ...]

    def others(self, entity: str) -> tuple[Moved, ...]:
        """Those who are moved beside the one who appealed."""
        return tuple(one for one in self.moved if one.entity != entity)

    def to_data(self) -> dict[str, Any]:
        return {
            "before": self.before.digest,
            "after": self.after.digest,
            "moved": [one.to_data() for one in self.moved],
        }

    def text(self, language: str = "en", about: str = "") -> str:
        """Who is moved, and how; the one who appealed first, if it is said who that is."""
        words = _WORDS[language]
        if not self.moved:
            return words["nobody"]
        first = [one for one in self.moved if one.entity == about]
        lines = [line for one in first for line in _lines(one, words)]
        rest = [line for one in self.others(about) for line in _lines(one, words)]
        if first and rest:
            lines.append(words["others"])
        return "\n".join(map(visible, (*lines, *rest)))


def _lines(moved: Moved, words: Mapping[str, str]) -> list[str]:
    """`Ash District  total 81.5 → 83  rank 4 → 3  tier Good → Excellent`, and its findings."""
    before, after = moved.before, moved.after
    parts = [after.label or after.entity]
    pairs = [
        ("total", before.total, after.total),
        ("rank", before.rank, after.rank),
        ("tier", before.tier_label or before.tier, after.tier_label or after.tier),
        ("eligible", words["yes" if before.eligible else "no"], words["yes" if after.eligible else "no"]),
    ]
    parts += [f"{words[name]} {_shown(was)} → {_shown(now)}" for name, was, now in pairs if was != now]
    lines = ["  ".join(parts)]
    lines += [f"  − {title}" for title in moved.gone] + [f"  + {title}" for title in moved.come]
    return lines


def _shown(value: Quantity | int | str | None) -> str:
    return "–" if value is None else str(value)


def ripple(before: Result, after: Result) -> Ripple:
    """Whom it moves: those whose total, rank, tier, eligibility or findings differ. ValueError if they are not the
    same entities."""
    if before.entities.keys() != after.entities.keys():
        raise ValueError("the results are of different entities")
    moved = [
        Moved(was, now)
        for name, now in after.entities.items()
        if _standing(was := before.entities[name]) != _standing(now) or _titles(was) != _titles(now)
    ]
    last = len(after.entities) + 1
    moved.sort(key=lambda one: (one.after.group, one.after.rank or last, one.entity))
    return Ripple(before, after, tuple(moved))


def preview(
    policy: Policy,
    facts: Facts,
    corrections: Sequence[Correction],
    *,
    history: Records | None = None,
    frozen: Records | None = None,
    published: date | None = None,
) -> Ripple:
    """What corrections would change, for everyone. Nothing is entered. Raises DataError if a correction names no row,
    or if the corrected data is wrong."""
    before, after = (
        evaluate(policy, tables, history=history, frozen=frozen, published=published)
        for tables in (facts, corrected(facts, corrections))
    )
    return ripple(before, after)


# ---------------------------------------------------------------- claims and rulings


def last_day(policy: Policy, published: date) -> date | None:
    """Until when a result may be appealed; None where the policy gives no deadline."""
    days = None if policy.checked.policy.appeal is None else whole(policy.checked.policy.appeal, policy.checked)
    return None if days is None else published + timedelta(days=days)


def admissible(policy: Policy, published: date, day: date) -> tuple[Diagnostic, ...]:
    """Why an appeal of a day comes too late, or before there is anything to appeal (AS7407); nothing if it does not."""
    last = last_day(policy, published)
    if published <= day and (last is None or day <= last):
        return ()
    arguments = {"day": day.isoformat(), "from": published.isoformat(), "until": last.isoformat() if last else "–"}
    return (Diagnostic("AS7407", arguments=arguments),)


@frozen
class Appeal:
    """An appeal as it stands: `late` if it came after the last day, and the ruling, if there is one."""

    name: str  # the key of its event
    entity: str
    claim: str
    made: Entry
    late: bool
    ruling: Entry | None = None

    @property
    def state(self) -> Literal["open", "upheld", "dismissed"]:
        if self.ruling is None:
            return "open"
        return "upheld" if self.ruling.event.data.get("upheld") is True else "dismissed"


def appeals(entries: Iterable[Entry], as_of: date, until: date | None = None) -> tuple[Appeal, ...]:
    """The appeals of a register until a day, in their order. A ruling is about the key of the appeal."""
    found: dict[str, Appeal] = {}
    for entry in entries:
        event = entry.event
        if event.valid > as_of:
            continue
        if event.kind == "appeal":
            late = until is not None and event.valid > until
            found[event.key] = Appeal(event.key, event.subject, str(event.data.get("claim", "")), entry, late)
        elif event.kind == "ruling" and event.subject in found:
            found[event.subject] = evolve(found[event.subject], ruling=entry)
    return tuple(found.values())
