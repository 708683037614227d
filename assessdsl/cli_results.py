"""The commands for results of a register: worked out, verified, foreseen, answered for, used and remembered."""

import argparse
import sys
from pathlib import Path
from typing import Final

from attrs import evolve

from assessdsl import engine
from assessdsl.cli_authoring import print_json, remark
from assessdsl.cli_lineage import with_lineage
from assessdsl.cli_register import (
    event_of,
    language_of,
    opened,
    record_events,
)
from assessdsl.data import from_records, read_table
from assessdsl.diagnostics import DataError, Diagnostic, RegisterError
from assessdsl.facts import Facts
from assessdsl.record import Bound, Entry, Register, Snapshot, evaluate, verify_result
from assessdsl.record.accountability import follow_up, obligations
from assessdsl.record.clock import system_clock
from assessdsl.record.form import told
from assessdsl.record.history import History, load_history
from assessdsl.record.honours import honours
from assessdsl.record.intake import day_of
from assessdsl.record.monitor import monitor
from assessdsl.record.rules import other_policy, unknown
from assessdsl.record.uses import ledger
from assessdsl.source import visible

_TABLE_FILES: Final = (".xlsx", ".xlsm", ".ods")

_WORDS: Final = {
    "en": {
        "agrees": "agrees: {digest}", "unused": "never used: {results}", "version": "version {number}",
    },
    "zh": {
        "agrees": "一致:{digest}", "unused": "尚未运用:{results}", "version": "第{number}版",
    },
}  # fmt: skip


# ---------------------------------------------------------------- input


def tables_of(arguments: argparse.Namespace, register: Register) -> Facts:
    """The tables beside the register's."""
    tables = Facts() if arguments.facts is None else engine.read_facts(arguments.facts)
    year = policy_of(register).plan.schema.period.year
    tables = with_lineage(tables, arguments, year)
    if arguments.history is None:
        return tables
    if arguments.history.suffix.lower() != ".json":
        return read_table(arguments.history, "history", tables)
    rows = load_history(arguments.history).records(before=year)
    return evolve(tables, history=from_records(history=rows).history)


def policy_of(register: Register) -> engine.Policy:
    policy = register.policy
    if policy is None:
        raise RegisterError([told("AS7504", size="0", asked="1")])
    return policy


def result_of(snapshot: Snapshot) -> Entry:
    """The event by which the results that hold were worked out."""
    state = snapshot.state
    made = (*state.of_kind("assess"), *state.of_kind("revise"))
    if not made:
        raise RegisterError([told("AS7505")])
    return made[-1]


def _bound(register: Register, tables: Facts) -> Bound:
    """The results that hold, made again: they must be those that were recorded."""
    snapshot = register.snapshot()
    entry = result_of(snapshot)
    event = entry.event
    size = int(str(event.data.get("size", entry.index)))
    published = day_of(str(event.data.get("published", "")))
    bound = evaluate(policy_of(register), register.snapshot(size=size), tables, published=published)
    if bound.result.digest != event.data.get("digest"):
        arguments = {"index": str(entry.index), "found": bound.result.digest, "recorded": str(event.data["digest"])}
        raise RegisterError([told("AS7506", **arguments)])
    return bound


# ---------------------------------------------------------------- assess, verify


def assess(arguments: argparse.Namespace) -> int:
    """Works the results out, writes them to a new file and records that it was done: for the first time, or anew."""
    with opened(arguments) as register:
        snapshot = register.snapshot()
        kind = "assess" if arguments.verb == "assess" else "revise"
        before = result_of(snapshot).event.data["digest"] if kind == "revise" else None
        tables = tables_of(arguments, register)
        bound = evaluate(policy_of(register), snapshot, tables, published=arguments.published)
        remark(bound.warnings, arguments, bound.result.language)
        data = {"digest": bound.result.digest, "size": str(snapshot.size), "root": snapshot.root}
        data |= {} if bound.adjusted is None else {"adjusted_digest": bound.adjusted.digest}
        data |= {} if arguments.published is None else {"published": arguments.published.isoformat()}
        data |= {} if before is None else {"replaces": str(before)}
        event = event_of(kind, "", data, arguments)
        if arguments.format == "text":
            print(bound, end="\n\n")
        if arguments.check:
            return record_events(register, [event], arguments)
        with open(arguments.output, "x", encoding="utf-8", newline="\n") as file:  # a result is never written over
            file.write(bound.to_json())
        code = 1
        try:
            code = record_events(register, [event], arguments)
        finally:
            if code:
                arguments.output.unlink()
        return code


def verify(arguments: argparse.Namespace) -> int:
    """1 if the result is not what comes of the register and the tables."""
    with opened(arguments) as register:
        language = language_of(register, arguments)
        found = verify_result(arguments.result, register, tables_of(arguments, register))
        if arguments.format == "json":
            diagnostics = [one.plain(language) for one in found.diagnostics]
            print_json({"agrees": found.agrees, "digest": found.digest, "diagnostics": diagnostics})
        else:
            remark(found.diagnostics, arguments, language)
            if found.agrees:
                print(_WORDS[language]["agrees"].format(digest=found.digest))
    return 0 if found.agrees else 1


def monitor_register(arguments: argparse.Namespace) -> int:
    policy = engine.load(arguments.policy)
    language = arguments.language or policy.language
    tables = Facts() if arguments.facts is None else engine.read_facts(arguments.facts)
    others: tuple[Diagnostic, ...] = ()
    path: Path = arguments.register
    if path.is_dir() or path.suffix.lower() in _TABLE_FILES:
        tables = engine.read_facts(path)
    else:
        with opened(arguments) as register:
            snapshot = register.snapshot(arguments.as_of)
            tables, others = snapshot.facts(tables), other_policy(policy, snapshot.state.fingerprint)
    found = monitor(policy, tables, arguments.as_of, stands=arguments.stands)
    remark((*found.warnings, *others), arguments, language)
    if arguments.format == "json":
        sys.stdout.write(found.to_json())
    else:
        print(found.text(language), end="")
    return 0


# ---------------------------------------------------------------- what follows


def honours_list(arguments: argparse.Namespace) -> int:
    with opened(arguments) as register:
        found = honours(_bound(register, tables_of(arguments, register)).result, arguments.tier or None)
        if arguments.format == "json":
            print_json(found.to_data())
        else:
            print(found.text(language_of(register, arguments)))
    return 0


def follow(arguments: argparse.Namespace) -> int:
    """What is owed in answer to findings, and whether it was answered."""
    with opened(arguments) as register:
        language = language_of(register, arguments)
        bound = _bound(register, tables_of(arguments, register))
        state = register.snapshot().state
        published = state.of_kind("publish")
        due = obligations(bound.result, published[-1].event.valid if published else None)
        as_of = arguments.as_of or system_clock().date()
        found, remarks = follow_up(due, register.store.entries(), as_of)
        shown = [one for one in found if not arguments.entity or one.obligation.entity in arguments.entity]
        if arguments.format == "json":
            print_json([one.to_data() for one in shown])
        else:
            remark(remarks, arguments, language)
            for one in shown:
                print(visible(one.obligation.name))
                print(f"  {one.text(language)}")
    return 0


def uses(arguments: argparse.Namespace) -> int:
    with opened(arguments) as register:
        language = language_of(register, arguments)
        as_of = arguments.as_of or system_clock().date()
        found, remarks = ledger(load_history(arguments.history), register.store.entries(), as_of)
        remark(remarks, arguments, language)
        if arguments.format == "json":
            unused = [{"period": period, "version": version} for period, version in found.unused]
            print_json({"uses": [one.to_data() for one in found.uses], "unused": unused})
            return 0
        if found.uses:
            print(found.text(language))
        if found.unused:
            named = ", ".join(f"{period} ({version})" for period, version in found.unused)
            print(_WORDS[language]["unused"].format(results=named))
    return 0


# ---------------------------------------------------------------- history


def add_history(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file
    before = load_history(path) if path.exists() else History()
    history = before.add_file(arguments.result, arguments.on, reason=arguments.reason)
    history.save(path)
    (new,) = (one for one in history.published if one not in before.published)
    if arguments.format == "json":
        print_json({"period": new.period, "version": new.version, "digest": new.digest})
    else:
        language = arguments.language or "en"
        print(new.period, _WORDS[language]["version"].format(number=new.version), new.published, new.digest)
    return 0


def show_history(arguments: argparse.Namespace) -> int:
    """The results that were published; of an entity how it stood each year."""
    history = load_history(arguments.file)
    language = arguments.language or "en"
    if arguments.entity:
        rows = [row for row in history.records(as_of=arguments.as_of) if row["entity"] == arguments.entity]
        if not rows:
            raise DataError([unknown(arguments.entity, "entity", _names(history))], language)
        shown = [{column: str(value) for column, value in row.items()} for row in rows]
        if arguments.format == "json":
            print_json(shown)
        else:
            for row in shown:
                print(visible("  ".join(row.values())))
        return 0
    known = [one for one in history.published if arguments.as_of is None or one.published <= arguments.as_of]
    data = [
        {
            "period": one.period, "version": one.version, "published": one.published.isoformat(), "reason": one.reason,
            "policy": one.policy, "digest": one.digest,
        }
        for one in known
    ]  # fmt: skip
    if arguments.format == "json":
        print_json(data)
    else:
        for one in known:
            version = _WORDS[language]["version"].format(number=one.version)
            print(
                visible("  ".join(filter(None, (str(one.period), version, str(one.published), one.reason, one.digest))))
            )
    return 0


def _names(history: History) -> list[str]:
    return sorted({name for one in history.published for name in one.standings})
