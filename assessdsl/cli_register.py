"""The commands that record in a register: one for each kind of event, for one event or for a table of them."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

from attrs import evolve

from assessdsl import engine
from assessdsl.cli_authoring import remark
from assessdsl.data.columns import raw_text
from assessdsl.diagnostics import DataError, RegisterError
from assessdsl.facts import Facts, Row
from assessdsl.record import Entry, Event, Recorded, Register, Snapshot
from assessdsl.record.belated import with_belated
from assessdsl.record.clock import Clock, rehearsed, system_clock
from assessdsl.record.event import Plain
from assessdsl.record.form import of_kind, told
from assessdsl.record.intake import FROM_TABLES, day_of, events_of_rows, field_of, held, keyed, placed, read_rows
from assessdsl.record.keys import check_name
from assessdsl.record.kinds import KINDS, spoken
from assessdsl.record.register import policy_data
from assessdsl.source import visible

VERBS: Final = {
    "enrol": "enrol", "set": "set_target", "withdraw": "withdraw_target", "consult": "consult", "comment": "comment",
    "reply": "reply", "close": "close_consultation", "freeze": "freeze", "add": "add_target", "adjust": "adjust",
    "instruct": "instruct", "reply-instruction": "reply_instruction", "return-instruction": "return_instruction",
    "complete-instruction": "complete_instruction", "milestone": "milestone", "report": "report",
    "correct": "correction", "progress": "progress", "supervise": "supervise", "judge": "judgement",
    "publish": "publish", "explain": "explanation", "accept": "acceptance", "use": "use", "finalise": "finalise",
}  # fmt: skip
"""What is typed for a kind of event."""


# ---------------------------------------------------------------- opening


@contextmanager
def opened(arguments: argparse.Namespace) -> Iterator[Register]:
    """The register of the arguments, which must be there. Errors are told in its language."""
    language = "en"
    try:
        with Register.open(arguments.register, clock=_clock(arguments), create=False) as register:
            language = _kept_language(register)
            yield register
    except (RegisterError, DataError) as error:
        raise type(error)(error.diagnostics, language) from error


def _opening(register: Register) -> Entry:
    return register.store.entries(0, 1)[0]


def is_rehearsal(register: Register) -> bool:
    return bool(register.store.size) and _opening(register).event.data.get("rehearsal") is True


def origin(register: Register) -> str:
    """The name that anchors give the register."""
    event = _opening(register).event
    return str(event.data.get("origin", event.subject))


def language_of(register: Register, arguments: argparse.Namespace) -> str:
    return arguments.language or _kept_language(register)


def _kept_language(register: Register) -> str:
    """That of the policy; of a register that was altered, perhaps none that is known."""
    kept = _opening(register).event.data.get("language") if register.store.size else "en"
    return "zh" if kept == "zh" else "en"


def _clock(arguments: argparse.Namespace) -> Clock:
    """The machine's; in a rehearsal noon of the day that is given, so that a year can be tried in an hour."""
    on: date | None = getattr(arguments, "on", None)
    if on is None or not Path(arguments.register).exists():
        return system_clock
    with Register.open(arguments.register, create=False) as register:
        if not is_rehearsal(register):
            return system_clock
        last = register.store.entries(register.store.size - 1)[0].recorded
    return rehearsed(on, last)


def day(arguments: argparse.Namespace) -> date:
    """The day from which what is recorded holds: today, if it is not said."""
    on: date | None = arguments.on
    return on or system_clock().astimezone().date()


def open_register(arguments: argparse.Namespace) -> int:
    """A register that is there already stays as it is."""
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    tables = Facts() if arguments.facts is None else engine.read_facts(arguments.facts)
    check_name(arguments.origin or policy.name)  # it will stand in every anchor
    path = Path(arguments.register)
    clock = rehearsed(arguments.on) if arguments.rehearsal and arguments.on else system_clock
    more: dict[str, Plain] = {"origin": arguments.origin} if arguments.origin else {}
    more |= {"rehearsal": True} if arguments.rehearsal else {}
    there, size = path.exists(), 0
    try:
        with Register.open(path, policy=policy, clock=clock) as register:
            if register.store.size:
                raise RegisterError([told("AS7501", path=str(path))], policy.language)
            rows = [None, *tables.entities, *tables.targets]
            made = register.begin(
                tables,
                valid=day(arguments),
                actor=arguments.by,
                more=more,
                undo=lambda made: arguments.check or _mistaken(made),
            )
            size = register.store.size
            return _tell(made, rows, 0, arguments, policy.language, whole=True)
    finally:
        if not there and not size:  # what could not be begun leaves nothing behind
            path.unlink(missing_ok=True)


# ---------------------------------------------------------------- recording


def record(arguments: argparse.Namespace) -> int:
    """0 if all was recorded, 1 if something was refused."""
    kind = VERBS[arguments.verb]
    with opened(arguments) as register:
        snapshot, language = register.snapshot(), language_of(register, arguments)
        if is_rehearsal(register) and arguments.on is None:
            raise RegisterError([told("AS7502")], language)
        rows: list[Row | None] = []
        if arguments.source is not None:
            read = list(read_rows(kind, arguments.source))
            rows += read
            found = events_of_rows(kind, read, day(arguments), arguments.by, arguments.authority)
            events: Sequence[Event] = keyed([_completed(event, arguments) for event in found], snapshot.state)
        else:
            events = _events(kind, arguments, snapshot)
            rows += [None] * len(events)
        return record_events(register, events, arguments, rows)


def record_events(
    register: Register, events: Sequence[Event], arguments: argparse.Namespace, rows: Sequence[Row | None] = ()
) -> int:
    """Records events and says what came of them. Of a table nothing is recorded if a row is mistaken; what would change
    frozen targets is no mistake, and is recorded as tried."""
    whole = any(row is not None for row in rows)
    size = register.store.size
    made = register.record_all(events, undo=lambda made: arguments.check or (whole and _mistaken(made)))
    made = with_belated(register.policy, made)
    return _tell(made, rows or [None] * len(made), size, arguments, language_of(register, arguments), whole=whole)


def _mistaken(made: Sequence[Recorded]) -> bool:
    return any(not one.accepted and not one.entry.event.data.get("changes") for one in made)


def _completed(event: Event, arguments: argparse.Namespace) -> Event:
    """With what was said of all rows."""
    return evolve(event, reason=event.reason or arguments.reason, evidence=(*event.evidence, *arguments.evidence))


def _events(kind: str, arguments: argparse.Namespace, snapshot: Snapshot) -> list[Event]:
    """One event for each subject, all with the same fields."""
    state = snapshot.state
    subjects, data = parted(kind, arguments.items)
    about = KINDS[kind].subject
    if kind == "consult" and not subjects:
        subjects = [name for name in state.entities if name not in state.asked]
        if not subjects:
            return []
    elif about == "" and subjects:
        raise RegisterError([told("AS7503", text=subjects[0], **of_kind(kind))])
    return [
        event_of(kind, meant(kind, subject, snapshot), {**_as_it_stands(kind, subject, snapshot), **data}, arguments)
        for subject in subjects or [""]
    ]


def _as_it_stands(kind: str, subject: str, snapshot: Snapshot) -> Mapping[str, Plain]:
    """What nobody types anew: the columns of a target that is set again; which result is used."""
    state = snapshot.state
    if kind == "use":
        made = (*state.of_kind("assess"), *state.of_kind("revise"))
        return {"result": made[-1].event.data["digest"]} if made else {}
    row = state.targets.get(subject) if kind == "set_target" else None
    columns = {} if row is None else {column: raw_text(value) for column, value in row.values.items()}
    return {column: text for column, text in columns.items() if column not in ("target", "authority")}


def event_of(kind: str, subject: str, data: Mapping[str, Plain], arguments: argparse.Namespace) -> Event:
    return Event(
        kind, subject, day(arguments), arguments.by, arguments.key, data, arguments.authority, arguments.reason,
        tuple(arguments.evidence),
    )  # fmt: skip


def parted(kind: str, items: Sequence[str]) -> tuple[list[str], dict[str, Plain]]:
    """What events are about, and their fields, written `field=value`."""
    subjects, data = [], dict[str, Plain]()
    for item in items:
        name, sign, text = item.partition("=")
        if sign and name:
            field = field_of(kind, name.strip())
            data[field] = held(kind, field, text.strip())
        else:
            subjects.append(item)
    return subjects, data


def meant(kind: str, subject: str, snapshot: Snapshot) -> str:
    """The key of what a reply or a correction is about, where it is named by its entity or target."""
    state = snapshot.state
    match kind:
        case "reply":
            own = [
                key for key, one in state.comments.items() if one.entry.event.subject == subject and one.reply is None
            ]
            known = subject in state.comments
        case "correction":
            own = [
                key for key, one in state.reports.items() if one.entry.event.subject == subject and not one.withdrawn
            ]
            known = subject in state.reports
        case "ruling":
            own = [entry.event.key for entry in state.of_kind("appeal") if entry.event.subject == subject]
            known = any(entry.event.key == subject for entry in state.of_kind("appeal"))
        case _:
            return subject
    return own[0] if not known and len(own) == 1 else subject


def amend(arguments: argparse.Namespace) -> int:
    policy = engine.load(arguments.policy)
    with opened(arguments) as register:
        event = event_of("amend_policy", policy.name, policy_data(policy), arguments)
        return record_events(register, [event], arguments)


# ---------------------------------------------------------------- what came of it

_WORDS: Final = {
    "en": {
        "one": "entry {first}: {kind}{about}", "many": "entries {first} to {last}: {count} × {kind}",
        "known": "{count} recorded before, and not again",
        "tried": "entry {first}: refused, and recorded as tried: {kind}{about}",
        "none": "there is nothing to record",
        "check": "only tried: nothing was recorded", "whole": "nothing was recorded: {count} of {all} cannot be",
    },
    "zh": {
        "one": "第 {first} 条:{kind}{about}", "many": "第 {first} 至 {last} 条:{kind} {count} 件",
        "known": "{count} 件此前已记录,未重复记录", "tried": "第 {first} 条:未予受理,已记录曾试图进行:{kind}{about}",
        "none": "没有需要记录的事项",
        "check": "仅试运行,未作任何记录", "whole": "未作任何记录:{all} 件中有 {count} 件不能记录",
    },
}  # fmt: skip


def _tell(
    made: Sequence[Recorded],
    rows: Sequence[Row | None],
    size: int,
    arguments: argparse.Namespace,
    language: str,
    *,
    whole: bool,
) -> int:
    language = arguments.language or language
    refused = [one for one in made if not one.accepted]
    kept = not (arguments.check or (whole and _mistaken(made)))
    found = [
        each
        for one, row in zip(made, rows, strict=True)
        for each in (one.diagnostics if row is None else placed(one.diagnostics, row))
    ]
    if arguments.format == "json":
        data = {
            "kept": kept,
            "entries": [_plain(one, size) for one in made],
            "diagnostics": [each.plain(language) for each in found],
        }
        print(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        remark(found, arguments, language)
        for line in _lines(made, size, kept, language):
            print(visible(line))
        if not made:
            print(_WORDS[language]["none"])
        elif arguments.check:
            print(_WORDS[language]["check"])
        elif not kept:
            print(_WORDS[language]["whole"].format(count=len(refused), all=len(made)))
    return 1 if refused else 0


def _plain(one: Recorded, size: int) -> dict[str, object]:
    event = one.entry.event
    kind = event.kind if one.accepted else event.data.get("kind")
    return {
        "index": one.entry.index, "kind": kind, "subject": event.subject, "valid": event.valid.isoformat(),
        "key": event.key, "accepted": one.accepted, "known": one.entry.index < size,
    }  # fmt: skip


def _lines(made: Sequence[Recorded], size: int, kept: bool, language: str) -> Iterator[str]:
    """A line for what follows one another and is of one kind."""
    words, zh = _WORDS[language], language == "zh"
    runs: list[list[Recorded]] = []
    for one in made if kept else ():
        if one.entry.index < size:
            continue
        last = runs[-1][-1] if runs else None
        if last is not None and last.accepted and one.accepted and last.entry.event.kind == one.entry.event.kind:
            runs[-1].append(one)
        else:
            runs.append([one])
    for run in runs:
        first, event = run[0].entry.index, run[0].entry.event
        if len(run) > 1:
            yield words["many"].format(
                first=first, last=run[-1].entry.index, count=len(run), kind=spoken(event.kind)[zh]
            )
        else:
            kind = event.kind if run[0].accepted else str(event.data.get("kind"))
            about = f" {event.subject}" if event.subject else ""
            yield words["one" if run[0].accepted else "tried"].format(first=first, kind=spoken(kind)[zh], about=about)
    if known := sum(one.entry.index < size for one in made):
        yield words["known"].format(count=known)


# ---------------------------------------------------------------- arguments


def a_day(text: str) -> date:
    found = day_of(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"`{text}` is not a day like 2023-01-31")
    return found


Command = Callable[[str, str], argparse.ArgumentParser]


def of_register(command: argparse.ArgumentParser) -> None:
    command.add_argument("register", type=Path, metavar="REGISTER", help="the register's file. 台账文件")
    command.add_argument("--format", choices=("text", "json"), default="text", help="of the output. 输出格式")


def recording(command: argparse.ArgumentParser) -> None:
    """What every event may say."""
    command.add_argument("--by", required=True, metavar="NAME", help="who records it. 登记人")
    command.add_argument("--on", type=a_day, metavar="DATE", help="the day from which it holds; today. 日期")
    command.add_argument("--authority", default="", metavar="NAME", help="on whose behalf. 批准机关")
    command.add_argument("--reason", default="", metavar="TEXT", help="why. 原因")
    command.add_argument("--evidence", action="append", default=[], metavar="TEXT", help="on what it rests. 依据")
    command.add_argument("--key", default="", metavar="KEY", help="the same if it is sent again. 防重复标识")
    command.add_argument("--check", action="store_true", help="record nothing; say what would come. 只试不记")


def add_recording(command: Command) -> None:
    """The commands that record."""
    opening = command("open", "begin a register with a policy, its entities and targets. 建立台账")
    of_register(opening)
    opening.add_argument("policy", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")
    opening.add_argument("facts", type=Path, nargs="?", metavar="FACTS", help="tables of entities and targets. 数据")
    opening.add_argument("--origin", default="", metavar="NAME", help="what anchors call it. 台账标识")
    opening.add_argument("--rehearsal", action="store_true", help="for practice; recorded as such. 演练")
    recording(opening)
    opening.set_defaults(run=open_register)
    amending = command("amend", f"{KINDS['amend_policy'].en}. {KINDS['amend_policy'].zh}")
    of_register(amending)
    amending.add_argument("policy", type=Path, metavar="POLICY", help="a policy: .assess, .yaml. 办法文件")
    recording(amending)
    amending.set_defaults(run=amend)
    for verb, kind in VERBS.items():
        known = KINDS[kind]
        one = command(verb, f"{known.en}. {known.zh}")
        of_register(one)
        one.add_argument("items", nargs="*", metavar="NAME|FIELD=VALUE", help=_help(kind))
        if kind in FROM_TABLES:
            one.add_argument("--from", dest="source", type=Path, metavar="FILE", help="a table of many. 从表格导入")
        recording(one)
        one.set_defaults(run=record, source=None, verb=verb)


def _help(kind: str) -> str:
    known = KINDS[kind]
    fields = [
        *known.needs,
        *(f"{field}?" for field in known.may),
        *([f"columns of {known.columns}"] if known.columns else []),
    ]
    return "; ".join(filter(None, (f"about: {known.subject}" if known.subject else "", ", ".join(fields)))) or "nothing"
