"""The commands for appeals: filed, looked at before the ruling for what it would change, and ruled on."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from assessdsl.cli_authoring import print_json, remark
from assessdsl.cli_register import day, event_of, language_of, meant, opened, parted, record_events
from assessdsl.cli_results import policy_of, result_of, tables_of
from assessdsl.data.columns import raw_text
from assessdsl.diagnostics import RegisterError
from assessdsl.record import Entry, Snapshot
from assessdsl.record.appeals import Correction, admissible, appeals, last_day
from assessdsl.record.bound import preview
from assessdsl.record.clock import system_clock
from assessdsl.record.form import of_kind, told
from assessdsl.record.intake import day_of
from assessdsl.record.rules import unknown
from assessdsl.record.state import Report
from assessdsl.source import visible

_WORDS: Final = {
    "en": {
        "late": "late",
        "open": "open",
        "upheld": "upheld",
        "dismissed": "dismissed",
        "until": "appeals until {day}",
    },
    "zh": {"late": "逾期", "open": "待裁定", "upheld": "成立", "dismissed": "不成立", "until": "申诉截止 {day}"},
}


def file_appeal(arguments: argparse.Namespace) -> int:
    """What comes late is recorded as late: it is for people to decide."""
    with opened(arguments) as register:
        subjects, data = parted("appeal", arguments.items)
        if subjects:
            raise RegisterError([told("AS7503", text=subjects[0], **of_kind("appeal"))])
        for entry in register.snapshot().state.of_kind("publish")[-1:]:
            found = admissible(policy_of(register), entry.event.valid, day(arguments))
            late = [evolve(one, severity="warning") for one in found]
            remark(late, arguments, language_of(register, arguments))
        return record_events(register, [event_of("appeal", arguments.entity, data, arguments)], arguments)


def list_appeals(arguments: argparse.Namespace) -> int:
    with opened(arguments) as register:
        words = _WORDS[language_of(register, arguments)]
        published = register.snapshot().state.of_kind("publish")
        until = last_day(policy_of(register), published[-1].event.valid) if published else None
        found = appeals(register.store.entries(), arguments.as_of or system_clock().date(), until)
        if arguments.format == "json":
            data = [
                {
                    "appeal": one.name, "entity": one.entity, "claim": one.claim, "state": one.state, "late": one.late,
                    "made": one.made.event.valid.isoformat(), "evidence": list(one.made.event.evidence),
                }
                for one in found
            ]  # fmt: skip
            print_json({"until": None if until is None else until.isoformat(), "appeals": data})
            return 0
        if until is not None:
            print(words["until"].format(day=until))
        for one in found:
            late = words["late"] if one.late else ""
            parts = (one.name, one.made.event.valid.isoformat(), one.entity, words[one.state], late, one.claim)
            print(visible("  ".join(filter(None, parts))))
    return 0


def preview_appeal(arguments: argparse.Namespace) -> int:
    """What would change for everyone. Nothing is recorded."""
    with opened(arguments) as register:
        language, snapshot = language_of(register, arguments), register.snapshot()
        key = meant("ruling", arguments.appeal, snapshot)
        appeal = _appeal(key, snapshot)
        entry = result_of(snapshot)
        published = day_of(str(entry.event.data.get("published", "")))
        found = preview(
            policy_of(register),
            register.snapshot(),
            tables_of(arguments, register),
            _corrections(arguments),
            published=published,
        )
        if arguments.format == "json":
            print_json({"appeal": key, "entity": appeal.event.subject, **found.to_data()})
        else:
            print(found.text(language, about=appeal.event.subject))
    return 0


def rule(arguments: argparse.Namespace) -> int:
    """Records the ruling, and with it the corrections that it orders of what was reported to the register."""
    with opened(arguments) as register:
        snapshot = register.snapshot()
        key = meant("ruling", arguments.appeal, snapshot)
        _appeal(key, snapshot)
        events = [event_of("ruling", key, {"upheld": arguments.verdict == "upheld"}, arguments)]
        for correction in _corrections(arguments):
            _, data = parted("correction", _pairs(correction.values))
            data |= {"withdrawn": True} if correction.change == "remove" else {}
            corrected = event_of("correction", _reported(correction, snapshot), data, arguments)
            events.append(evolve(corrected, key=""))
        return record_events(register, events, arguments)


def _pairs(columns: Mapping[str, str]) -> list[str]:
    return [f"{column}={text}" for column, text in columns.items()]


def _appeal(key: str, snapshot: Snapshot) -> Entry:
    state = snapshot.state
    entries = {entry.event.key: entry for entry in state.of_kind("appeal")}
    if key not in entries:
        raise RegisterError([unknown(key, "event", entries)])
    return entries[key]


def _reported(correction: Correction, snapshot: Snapshot) -> str:
    """The key of the one report that a correction is about."""
    _, where = parted("correction", _pairs(correction.where))
    found = [
        key
        for key, report in snapshot.state.reports.items()
        if correction.change != "add" and not report.withdrawn and where and where.items() <= _row(report).items()
    ]
    if correction.table not in ("facts", "实绩") or len(found) != 1:
        raise RegisterError([told("AS7507", what=f"{correction.table} {correction.text}")])
    return found[0]


def _row(report: Report) -> dict[str, str]:
    return {column: raw_text(value) for column, value in report.row.values.items()}


def _corrections(arguments: argparse.Namespace) -> list[Correction]:
    return [_correction(words) for words in arguments.correct]


def _correction(words: Sequence[str]) -> Correction:
    """`facts target=R1 to actual=10`, `facts add target=R1 actual=10`, `facts remove target=R1`."""
    table, *rest = words
    split = next((number for number, word in enumerate(rest) if word in ("to", "改为")), len(rest))
    change: Any = {"add": "add", "增加": "add", "remove": "remove", "删除": "remove"}.get(
        rest[0] if rest else "", "replace"
    )
    where, values = (
        {name: text for name, _, text in (word.partition("=") for word in part if "=" in word)}
        for part in (rest[:split], rest[split:])
    )
    return Correction(table, {} if change == "add" else where, where if change == "add" else values, change)
