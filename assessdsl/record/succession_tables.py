"""Successions and tenures as tables hold them."""

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final, Literal

from attrs import evolve

from assessdsl.binding.cells import name_in, scalar, text_in
from assessdsl.data import from_records
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import DataError, arrange
from assessdsl.engine import Policy, Records
from assessdsl.facts import Facts, Row
from assessdsl.quantity import Unit
from assessdsl.record.succession import NONE, LeaderRule, Succession, Tenure, evaluate_with, leaders
from assessdsl.result import Result

_Kind = Literal["renamed", "merged", "split"]
_KINDS: Final[dict[str, _Kind]] = {
    "renamed": "renamed", "更名": "renamed", "merged": "merged", "合并": "merged", "split": "split", "拆分": "split",
}  # fmt: skip
_NONE: Final = (NONE, "无")
_SEPARATORS: Final = re.compile(r"[、,;，；]")


def successions_of(rows: Iterable[Row]) -> tuple[Succession, ...]:
    """The rows of the same change are one succession. Raises DataError with all that cannot be read."""
    remarks = Remarks()
    found: dict[tuple[object, ...], Succession] = {}
    for number, row in enumerate(rows, 1):
        kind = _KINDS.get(text_in(row, "kind").casefold())
        before, after, on = _names(row, "before", remarks), _names(row, "after", remarks), _day(row, "date", remarks)
        document, heir = name_in(row, "document", remarks), name_in(row, "entity", remarks, needed=False)
        if not before or not after or on is None or not document:
            continue
        reasons = []
        if kind is None:
            text = text_in(row, "kind")
            reasons.append((f"`{text}` is none of renamed, merged, split", f"`{text}` 不是更名、合并或拆分"))
        inherits = text_in(row, "inherits")
        if not inherits and (heir or text_in(row, "finding")):
            reasons.append(("it does not say what is inherited", "没有写明承继谁的结果"))
        if inherits and not heir and len(after) > 1:
            reasons.append(("it does not say which of them inherits", "没有写明由哪个单位承继"))
        for en, zh in reasons:
            what = f"{'+'.join(before)} → {'+'.join(after)}"
            remarks.add("AS7404", row.cell, number=str(number), what=what, reason_en=en, reason_zh=zh)
        if reasons or kind is None:
            continue
        one = found.get((kind, before, after, on), Succession(kind, before, after, on, document))
        if inherits:
            declared = {heir or after[0]: NONE if inherits.casefold() in _NONE else inherits}
            if finding := text_in(row, "finding"):
                rules = {**one.rules, finding: {**one.rules.get(finding, {}), **declared}}
                one = evolve(one, rules=rules)
            else:
                one = evolve(one, inherits={**one.inherits, **declared})
        found[kind, before, after, on] = one
    if remarks.wrong:
        raise DataError(arrange(remarks.found))
    return tuple(found.values())


def tenures_of(rows: Iterable[Row]) -> tuple[Tenure, ...]:
    """Raises DataError with all that cannot be read."""
    remarks = Remarks()
    found = []
    for row in rows:
        entity, leader = name_in(row, "entity", remarks), name_in(row, "leader", remarks)
        since, until = _day(row, "took_office", remarks), _day(row, "left_office", remarks, needed=False)
        if since is not None and until is not None and until < since:
            remarks.add("AS7412", row.at("left_office"), leader=leader, since=str(since), until=str(until))
        if entity and leader and since is not None:
            found.append(Tenure(entity, leader, since, until))
    if remarks.wrong:
        raise DataError(arrange(remarks.found))
    return tuple(found)


def with_leaders(facts: Facts, year: int, rule: LeaderRule, fact: str = "leader") -> Facts:
    """The tables, in which the tenures have become facts of this year and of the one before, which `previous` reads."""
    rows = from_records(facts=leaders(tenures_of(facts.tenures), (year - 1, year), rule, fact)).facts
    return evolve(facts, facts=(*facts.facts, *rows), tenures=())


def evaluate_tables(
    policy: Policy,
    facts: Facts,
    *,
    history: str | Path | Records | None = None,
    frozen: str | Path | Records | None = None,
    published: date | None = None,
) -> Result:
    """As evaluate_with, by the successions that the tables hold. Raises DataError."""
    try:
        successions = successions_of(facts.successions)
    except DataError as error:
        raise DataError(error.diagnostics, policy.language) from None
    tables = evolve(facts, successions=())
    return evaluate_with(policy, tables, successions, history=history, frozen=frozen, published=published)


def _names(row: Row, column: str, remarks: Remarks) -> tuple[str, ...]:
    names = _SEPARATORS.split(name_in(row, column, remarks))
    return tuple(name.strip() for name in names if name.strip())


def _day(row: Row, column: str, remarks: Remarks, *, needed: bool = True) -> date | None:
    if needed:
        name_in(row, column, remarks)
    found = scalar(row, column, Unit.DATE, None, remarks)
    return found.value if found is not None and isinstance(found.value, date) else None
