"""The commands that read a register, prove it and keep it."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from assessdsl.cli_authoring import print_json, remark
from assessdsl.cli_register import Command, a_day, language_of, of_register, opened, origin
from assessdsl.data.columns import raw_text
from assessdsl.diagnostics import RegisterError
from assessdsl.facts import Row
from assessdsl.record import (
    Checkpoint,
    Entry,
    Register,
    SigningKey,
    Snapshot,
    Store,
    VerifierKey,
    read_anchors,
    sign,
    verify,
)
from assessdsl.record.belated import belated
from assessdsl.record.canonical import encode
from assessdsl.record.form import told
from assessdsl.record.kinds import KINDS, PHASE_WORDS, spoken
from assessdsl.record.register import refusals
from assessdsl.record.rules import unknown
from assessdsl.record.state import STATUS_WORDS
from assessdsl.result import aligned
from assessdsl.source import visible

_WORDS: Final = {
    "en": {
        "as_of": "as of {day}", "rehearsal": "rehearsal", "size": "{size} entries, root {root}",
        "targets": "{entities} entities, {targets} targets", "frozen": "frozen on {day}: {count}",
        "added": "added {count}", "adjusted": "adjusted {count}",
        "asked": "consultation: {asked} of {entities} asked, {comments} comments, {open} not replied to",
        "comments": "not replied to", "instructions": "instructions", "attempts": "refused",
        "late": "{days} days late", "returned": "returned ×{count}", "now": "as it stands", "held": "as it was frozen",
        "entries": "entries", "saved": "written: {path}", "appeals": "appeals",
    },
    "zh": {
        "as_of": "截至{day}", "rehearsal": "演练", "size": "{size} 条,根值 {root}",
        "targets": "单位 {entities} 个,目标 {targets} 项", "frozen": "{day}冻结 {count} 项",
        "added": "追加 {count} 项", "adjusted": "调整 {count} 项",
        "asked": "征求意见:应征求 {entities} 个单位,已征求 {asked} 个;意见 {comments} 条,未答复 {open} 条",
        "comments": "未答复的意见", "instructions": "批示交办事项", "attempts": "未予受理",
        "late": "迟复{days}天", "returned": "退回{count}次", "now": "现状", "held": "冻结时",
        "entries": "记录", "saved": "已写入:{path}", "appeals": "申诉",
    },
}  # fmt: skip


# ---------------------------------------------------------------- what it holds


def show(arguments: argparse.Namespace) -> int:
    with opened(arguments) as register:
        language = language_of(register, arguments)
        snapshot = register.snapshot(arguments.as_of, size=arguments.size)
        remark(belated(snapshot), arguments, language)
        if arguments.name:
            return _show_one(register, snapshot, arguments, language)
        if arguments.format == "json":
            print_json(_state_data(register, snapshot))
            return 0
        for line in _overview(register, snapshot, language):
            print(visible(line))
    return 0


def _overview(register: Register, snapshot: Snapshot, language: str) -> Iterator[str]:
    words, state = _WORDS[language], snapshot.state
    zh = language == "zh"
    comma = "," if zh else ", "
    opening = state.of_kind("open")
    name = origin(register) if opening else ""
    about = [name, PHASE_WORDS[state.phase][zh]]
    if snapshot.as_of is not None:
        about.append(words["as_of"].format(day=snapshot.as_of))
    if opening and opening[0].event.data.get("rehearsal") is True:
        about.append(words["rehearsal"])
    yield "  ".join(filter(None, about))
    yield words["size"].format(size=snapshot.size, root=snapshot.root)
    parts = [words["targets"].format(entities=len(state.entities), targets=len(state.targets))]
    if state.frozen is not None:
        parts.append(words["frozen"].format(day=state.frozen_on, count=len(state.frozen)))
    counts = (("added", len(state.added)), ("adjusted", len(state.adjusted)))
    parts += [words[word].format(count=count) for word, count in counts if count]
    yield comma.join(parts)
    waiting = [one for one in state.comments.values() if one.reply is None]
    if state.asked:
        counted = {"asked": len(state.asked), "entities": len(state.entities), "comments": len(state.comments)}
        yield words["asked"].format(**counted, open=len(waiting))
    yield from _section(words["comments"], [_comment_row(one.entry) for one in waiting])
    yield from _section(words["instructions"], list(_instruction_rows(snapshot, language)))
    yield from _section(words["attempts"], [_attempt_row(one.entry, language) for one in state.attempts])


def _section(title: str, rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield ""
        yield title
        yield from (f"  {line}" for line in aligned(rows, right=set()))


def _comment_row(entry: Entry) -> tuple[str, ...]:
    return entry.event.subject, entry.event.valid.isoformat(), entry.event.key, str(entry.event.data.get("text", ""))


def _instruction_rows(snapshot: Snapshot, language: str) -> Iterator[tuple[str, ...]]:
    words, zh = _WORDS[language], language == "zh"
    for one in snapshot.state.instructions.values():
        late = sum(reply.late_days for reply in one.replies)
        remarks = [words["late"].format(days=late)] if late else []
        remarks += [words["returned"].format(count=len(one.returns))] if one.returns else []
        yield (
            one.name, one.source, one.owner, one.due.isoformat(), STATUS_WORDS[one.status][zh], "; ".join(remarks),
            one.content,
        )  # fmt: skip


def _attempt_row(entry: Entry, language: str) -> tuple[str, ...]:
    event = entry.event
    found = refusals(entry)
    why = f"{found[0].code} {found[0].message(language)}" if found else ""
    why += f" (+{len(found) - 1})" if len(found) > 1 else ""
    kind = spoken(str(event.data.get("kind", "")))[language == "zh"]
    return str(entry.index), event.valid.isoformat(), kind, event.subject, event.actor, why


def _state_data(register: Register, snapshot: Snapshot) -> dict[str, Any]:
    state = snapshot.state
    return {
        "origin": origin(register) if state.of_kind("open") else "",
        "phase": state.phase,
        "size": snapshot.size,
        "root": snapshot.root,
        "as_of": None if snapshot.as_of is None else snapshot.as_of.isoformat(),
        "rehearsal": any(one.event.data.get("rehearsal") is True for one in state.of_kind("open")),
        "fingerprint": state.fingerprint,
        "entities": [_row_data(row) for row in state.entities.values()],
        "targets": [_row_data(row) for row in state.targets.values()],
        "frozen": None if state.frozen is None else [_row_data(row) for row in state.frozen.values()],
        "added": list(state.added),
        "adjusted": {name: _row_data(row) for name, row in state.adjusted.items()},
        "asked": list(state.asked),
        "comments": [
            {
                "key": key, "entity": one.entry.event.subject, "text": one.entry.event.data.get("text"),
                "reply": None if one.reply is None else one.reply.event.data.get("text"),
            }
            for key, one in state.comments.items()
        ],
        "instructions": [
            {
                "instruction": one.name, "source": one.source, "owner": one.owner, "due": one.due.isoformat(),
                "status": one.status, "late_days": [reply.late_days for reply in one.replies],
                "returned": len(one.returns), "content": one.content, "target": one.target,
            }
            for one in state.instructions.values()
        ],
        "attempts": [json.loads(encode(one.entry)) for one in state.attempts],
    }  # fmt: skip


def _row_data(row: Row) -> dict[str, str]:
    return {column: raw_text(value) for column, value in row.values.items()}


def _show_one(register: Register, snapshot: Snapshot, arguments: argparse.Namespace, language: str) -> int:
    """An entity, a target, an instruction, or what was recorded under a key."""
    state, name, words = snapshot.state, arguments.name, _WORDS[language]
    entries = [one for one in state.keys.values() if _is_about(one, name)]
    if not entries and name not in state.entities:
        things = (*state.entities, *state.targets, *state.instructions, *state.keys)
        raise RegisterError([unknown(name, "event", things)], language)
    held, now = (state.frozen or {}).get(name), state.targets.get(name, state.entities.get(name))
    if arguments.format == "json":
        data = {"frozen": None if held is None else _row_data(held), "present": None if now is None else _row_data(now)}
        print_json({**data, "entries": [json.loads(encode(one)) for one in entries]})
        return 0
    sections: list[tuple[str, Sequence[tuple[str, ...]]]] = [
        (words[word], [*_row_data(row).items()]) for word, row in (("held", held), ("now", now)) if row is not None
    ]
    sections.append((words["entries"], [_log_row(one, language) for one in entries]))
    lines = [line for title, rows in sections for line in _section(title, rows)]
    for line in lines[1:]:
        print(visible(line))
    return 0


def _is_about(entry: Entry, name: str) -> bool:
    event = entry.event
    data = event.data.get("data") if event.kind == "attempt" else event.data
    owners = [data.get(field) for field in ("entity", "owner", "target")] if isinstance(data, Mapping) else []
    return name in (event.subject, event.key, *owners)


# ---------------------------------------------------------------- the entries


def log(arguments: argparse.Namespace) -> int:
    with opened(arguments) as register:
        language = language_of(register, arguments)
        known = register.snapshot(size=arguments.size).state.keys.values()
        entries = [
            entry
            for entry in known
            if (not arguments.kind or entry.event.kind in arguments.kind)
            and (not arguments.about or _is_about(entry, arguments.about))
            and (arguments.as_of is None or entry.event.valid <= arguments.as_of)
        ]
        if arguments.format == "json":
            print_json([json.loads(encode(entry)) for entry in entries])
        elif entries:
            for line in aligned([_log_row(entry, language) for entry in entries], right={0}):
                print(visible(line))
    return 0


def _log_row(entry: Entry, language: str) -> tuple[str, ...]:
    event = entry.event
    kind = event.kind if event.kind != "attempt" else f"attempt/{event.data.get('kind', '')}"
    said = [event.authority, event.reason, *event.evidence]
    said += [
        f"{name}={value}" for name, value in _shown(event.data if event.kind != "attempt" else event.data.get("data"))
    ]
    return str(entry.index), event.valid.isoformat(), kind, event.subject, event.actor, "; ".join(filter(None, said))


def _shown(data: Any) -> Iterator[tuple[str, str]]:
    """The fields that fit on a line: not the text of a policy."""
    for name, value in data.items() if isinstance(data, Mapping) else ():
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        yield name, "…" if "\n" in text else text


# ---------------------------------------------------------------- proof


def verify_register(arguments: argparse.Namespace) -> int:
    """1 if the register was altered."""
    known = [VerifierKey.parse(_text(key)) for key in arguments.key]
    language = arguments.language or _language_of_file(arguments.register)
    anchors = [anchor for text in arguments.anchor for anchor in _anchors(text, known, language)]
    found = verify(arguments.register, anchors, copy=arguments.copy)
    if arguments.format == "json":
        sys.stdout.write(found.to_json(language))
    else:
        print(found.text(language))
    return 1 if found.status == "altered" else 0


def _anchors(text: str, known: Sequence[VerifierKey], language: str) -> tuple[Checkpoint, ...]:
    try:
        return read_anchors(_text(text), known)
    except RegisterError as error:
        raise RegisterError(error.diagnostics, language) from error


def _text(given: str) -> str:
    """The text of a file of that name, or what was given."""
    path = Path(given)
    try:
        if len(given) < 4096 and path.is_file():
            return path.read_text("utf-8", errors="replace")
    except (OSError, ValueError):
        pass
    return given


def _language_of_file(path: Path) -> str:
    """Also of a register that was altered."""
    try:
        with Store.open(path, create=False) as store:
            return str(store.entries(0, 1)[0].event.data.get("language", "en"))
    except (RegisterError, IndexError):
        return "en"


def _checkpoint(register: Register, size: int | None) -> Checkpoint:
    if not register.store.size or (size is not None and size > register.store.size):
        raise RegisterError([told("AS7504", size=str(register.store.size), asked=str(size or 0))])
    size = register.store.size if size is None else size
    return Checkpoint(origin(register), size, register.store.root(size))


def anchor(arguments: argparse.Namespace) -> int:
    with opened(arguments) as register:
        made = _checkpoint(register, arguments.size)
        if arguments.format == "json":
            print_json({"origin": made.origin, "size": made.size, "root": made.root.hex(), "anchor": made.anchor("en")})
        else:
            print(made.anchor(language_of(register, arguments)))
    return 0


def checkpoint(arguments: argparse.Namespace) -> int:
    with opened(arguments) as register:
        made = _checkpoint(register, arguments.size)
        keys = [SigningKey.load(path) for path in arguments.key]
        text = str(sign(made, *keys)) if keys else made.text
        if arguments.format == "json":
            print_json({"origin": made.origin, "size": made.size, "root": made.root.hex(), "note": text})
        else:
            sys.stdout.write(text)
    return 0


def new_key(arguments: argparse.Namespace) -> int:
    key = SigningKey.generate(arguments.name)
    key.save(arguments.file)
    print(key.verifier)
    return 0


def show_key(arguments: argparse.Namespace) -> int:
    print(SigningKey.load(arguments.file).verifier)
    return 0


def backup(arguments: argparse.Namespace) -> int:
    """A copy that was read back and compared; of a backup, the register again."""
    with opened(arguments) as register:
        register.store.backup(arguments.to)
        size, root = register.store.size, register.store.root().hex()
        if arguments.format == "json":
            print_json({"path": str(arguments.to), "size": size, "root": root})
        else:
            words = _WORDS[language_of(register, arguments)]
            print(words["saved"].format(path=visible(str(arguments.to))), words["size"].format(size=size, root=root))
    return 0


# ---------------------------------------------------------------- arguments


def at_moment(command: argparse.ArgumentParser) -> None:
    command.add_argument("--as-of", type=a_day, metavar="DATE", help="what holds on that day. 截至日期")
    command.add_argument("--size", type=_size, metavar="N", help="of the first so many entries. 截至条数")


def _size(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"`{text}` is not a whole number")


def add_views(command: Command) -> None:
    """The commands that read, prove and keep."""
    showing = command("show", "what the register holds, or all about one thing. 查看台账")
    of_register(showing)
    showing.add_argument("name", nargs="?", metavar="NAME", help="an entity, target, instruction or key. 单位、目标等")
    at_moment(showing)
    showing.set_defaults(run=show)
    logging = command("log", "the entries, one on a line. 逐条查看")
    of_register(logging)
    logging.add_argument("--kind", action="append", choices=KINDS, metavar="KIND", help="only of this kind. 种类")
    logging.add_argument("--about", metavar="NAME", help="only about this. 有关")
    at_moment(logging)
    logging.set_defaults(run=log)
    verifying = command("verify", "what is known of the register: whether it was altered. 校验台账")
    of_register(verifying)
    verifying.add_argument(
        "--anchor", action="append", default=[], metavar="FILE|TEXT", help="printed, or a checkpoint. 锚点"
    )
    verifying.add_argument("--key", action="append", default=[], metavar="KEY", help="of a signer that is known. 公钥")
    verifying.add_argument("--copy", type=Path, metavar="FILE", help="an earlier copy. 较早的副本")
    verifying.set_defaults(run=verify_register)
    anchoring = command("anchor", "the line to print in a bulletin. 打印锚点")
    of_register(anchoring)
    anchoring.add_argument("--size", type=_size, metavar="N", help="of the first so many entries. 截至条数")
    anchoring.set_defaults(run=anchor)
    noting = command("checkpoint", "the register's state, signed. 签名检查点")
    of_register(noting)
    noting.add_argument("--key", action="append", default=[], type=Path, metavar="FILE", help="to sign with. 私钥文件")
    noting.add_argument("--size", type=_size, metavar="N", help="of the first so many entries. 截至条数")
    noting.set_defaults(run=checkpoint)
    for verb, text in (("backup", "a copy, read back and compared. 备份"), ("restore", "a register of a backup. 恢复")):
        copying = command(verb, text)
        of_register(copying)
        copying.add_argument("to", type=Path, metavar="FILE", help="a new file. 新文件")
        copying.set_defaults(run=backup)
    making = command("new-key", "a key that signs checkpoints. 生成密钥")
    making.add_argument("name", metavar="NAME", help="of who signs. 签名人")
    making.add_argument("file", type=Path, metavar="FILE", help="where it is kept. 密钥文件")
    making.set_defaults(run=new_key)
    telling = command("key", "the public part of a key. 查看公钥")
    telling.add_argument("file", type=Path, metavar="FILE", help="where it is kept. 密钥文件")
    telling.set_defaults(run=show_key)
