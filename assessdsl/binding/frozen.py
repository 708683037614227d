"""The frozen targets against the present ones: a frozen set only grows, and is scored as it was frozen."""

from collections.abc import Iterator, Mapping, Set
from datetime import date
from fractions import Fraction
from typing import Final

from attrs import evolve, field, frozen

from assessdsl.binding.targets import Target, indicators_of
from assessdsl.data.columns import tidy
from assessdsl.data.remarks import Remarks, both
from assessdsl.facts import Datum
from assessdsl.plan.inputs import Schema
from assessdsl.source import Cell
from assessdsl.vocabulary import LANGUAGES, vocabulary


@frozen
class Change:
    """What was done to a target after the freeze.

    kind: removed, lowered, lightened, split, reclassified, postponed, reassigned, altered (otherwise), added.
    `column` is what was changed; `registered` and `present` are its texts. Of a split `present` names the parts.
    """

    kind: str
    entity: str
    indicator: str
    target: str
    registered: str = ""
    present: str = ""
    cell: Cell | None = field(default=None, eq=False)
    column: str = ""


@frozen
class Comparison:
    """The targets that are scored, and all that was done to the frozen ones."""

    scored: Mapping[str, Target]
    changes: tuple[Change, ...] = ()
    restored: frozenset[str] = frozenset()  # targets scored otherwise than they stand now
    withdrawn: frozenset[str] = frozenset()  # those of them that do not stand any more


CODES: Final = {
    "removed": "AS7001",
    "lowered": "AS7002",
    "lightened": "AS7003",
    "split": "AS7004",
    "reclassified": "AS7005",
    "postponed": "AS7006",
    "reassigned": "AS7007",
    "altered": "AS7008",
    "added": "AS7009",
}
_DESCRIBED: Final = ("owner", "standard", "source")  # registered too, but nothing is scored by them


def compare(
    schema: Schema, before: Mapping[str, Target], present: Mapping[str, Target], wrong: Set[str], remarks: Remarks
) -> Comparison:
    """What is scored: every frozen target as it was frozen, and what was added with a named authority.

    `wrong`: present targets that could not be read, and of which nothing can be said.
    """
    parts = _parts(before, present, remarks)
    changes: list[Change] = []
    for name, target in sorted(before.items()):
        now = present.get(name)
        if of_target := parts.get(name):
            names = "、".join(of_target)
            changes.append(_change("split", target, name, names, present[of_target[0]].row.at("split_of")))
        elif now is None and name not in wrong:
            changes.append(_change("removed", target, target.text("planned"), "", target.cell))
        if now is not None:
            changes += _differences(schema, target, now)
            _told_described(target, now, remarks)
    all_parts = {part for names in parts.values() for part in names}
    scored = dict(before)
    for name, target in sorted(present.items()):
        if name in before or name in all_parts:
            continue
        if _authorised(schema, target):
            scored[name] = target
        else:
            authority = target.text("authority")
            changes.append(_change("added", target, "", authority, target.row.at("authority")))
    for change in changes:
        _told(schema, change, remarks)
    restored = frozenset(change.target for change in changes).intersection(before)
    return Comparison(scored, tuple(changes), restored, frozenset(before.keys() - present.keys()))


def _parts(
    before: Mapping[str, Target], present: Mapping[str, Target], remarks: Remarks
) -> Mapping[str, tuple[str, ...]]:
    """The targets that say that they were split off, by the frozen target."""
    parts: dict[str, tuple[str, ...]] = {}
    for name, target in sorted(present.items()):
        origin = target.text("split_of")
        if not origin or name in before:
            continue
        if origin in before:
            parts[origin] = (*parts.get(origin, ()), name)
        elif origin not in present:
            suggestion = remarks.like("target", origin, before)
            remarks.add("AS7011", target.row.at("split_of"), name=origin, suggestion=suggestion)
    return parts


def _change(kind: str, target: Target, registered: str, present: str, cell: Cell) -> Change:
    return Change(kind, target.entity, target.indicator, target.name, registered, present, cell)


def _changed(kind: str, before: Target, now: Target, column: str) -> Change:
    change = _change(kind, before, before.text(column), now.text(column), now.row.at(column))
    return evolve(change, column=column)


def _differences(schema: Schema, before: Target, now: Target) -> Iterator[Change]:
    """Each registered value that stands otherwise now."""
    if now.entity != before.entity:
        yield _changed("reassigned", before, now, "entity")
    if now.indicator != before.indicator:
        yield _changed("reclassified", before, now, "indicator")
    if now.tags != before.tags:
        yield _changed("reclassified", before, now, "tags")
    for column in ("required", "planned", "weight", "due", "baseline", "direction", "links_to", "plan_total"):
        kind = _kind(schema, before, now, column)
        if kind:
            yield _changed(kind, before, now, column)


def _kind(schema: Schema, before: Target, now: Target, column: str) -> str:
    """What kind of change was made to a value, or nothing where it stands as it was."""
    first, second = before.fields.get(column), now.fields.get(column)
    if first is None and second is None:  # not given, or described in words
        return "" if tidy(before.text(column)) == tidy(now.text(column)) else "altered"
    if first is not None and second is not None and first.value == second.value:
        return ""
    easier = first is not None and (second is None or _easier(schema, before, column, first, second))
    match column:
        case "planned" | "plan_total" if easier:
            return "lowered"
        case "weight" if easier:
            return "lightened"
        case "due" if easier:
            return "postponed"
        case "required" if easier:
            return "reclassified"
        case _:
            return "altered"


def _easier(schema: Schema, before: Target, column: str, first: Datum, second: Datum) -> bool:
    """Whether less is asked now than before, of two values that are not equal."""
    match first.value, second.value:
        case bool() as was, bool():
            return was
        case Fraction() as was, Fraction() as is_now if column in ("planned", "plan_total"):
            direction = before.fields.get("direction")
            lower = (direction.value if direction else indicators_of(schema)[before.indicator].direction) == "lower"
            return is_now > was if lower else is_now < was
        case Fraction() as was, Fraction() as is_now:
            return is_now < was
        case date() as was, date() as is_now:
            return is_now > was
        case _:
            return False


def _told_described(before: Target, now: Target, remarks: Remarks) -> None:
    for column in _DESCRIBED:
        if tidy(before.text(column)) != tidy(now.text(column)):
            remarks.add(
                "AS7010", now.row.at(column), target=before.name, column=both("column", column),
                registered=before.text(column), present=now.text(column),
            )  # fmt: skip


def _authorised(schema: Schema, target: Target) -> bool:
    """Whether the target names who added it; one of those whom the policy names, if it names any."""
    authority = tidy(target.text("authority"))
    return authority in {tidy(name) for name in schema.authorities} if schema.authorities else bool(authority)


def _told(schema: Schema, change: Change, remarks: Remarks) -> None:
    if change.kind == "added":
        remarks.add(
            CODES["added"], change.cell, target=change.target, entity=change.entity,
            authorities="、".join(f"`{name}`" for name in schema.authorities),
        )  # fmt: skip
        return
    words = (vocabulary().get("word", "removal"), vocabulary().get("name", "forbidden"))
    rules = {
        language: " ".join(word.spelling(language) for word in words) if schema.removal_forbidden else ""
        for language in LANGUAGES
    }
    remarks.add(
        CODES[change.kind], change.cell, target=change.target, entity=change.entity, indicator=change.indicator,
        registered=change.registered, present=change.present,
        column=both("column", change.column) if change.column else "",
        rule_en=rules["en"], rule_zh=rules["zh"],
    )  # fmt: skip
