"""The one text of an entry, of which its hash is taken: RFC 8785, with all text in normal form C.

Numbers that are not whole are text, and so are those beyond 2^53 - 1, which other readers of JSON would round.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from assessdsl.diagnostics import Diagnostic
from assessdsl.json_text import canonical_json
from assessdsl.limits import LIMITS
from assessdsl.record.event import Entry, Event, Plain

_MOST: Final = 2**53 - 1
_FIELDS: Final = {
    "actor", "authority", "data", "evidence", "index", "key", "kind", "reason", "recorded", "subject", "valid",
}  # fmt: skip


def encode(entry: Entry) -> str:
    """The canonical text of an entry whose event can be recorded."""
    recorded = entry.recorded.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return canonical_json({**_event(entry.event), "index": entry.index, "recorded": recorded})


def event_text(event: Event) -> str:
    """The canonical text of an event alone: two events are the same if their texts are."""
    return canonical_json(_event(event))


def decode(text: str) -> Entry:
    """The entry of a text. Raises ValueError if it is none."""
    try:
        data = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(data, dict) or set(data) != _FIELDS:
        raise ValueError("the fields of an entry are others")
    index, evidence, content = data["index"], data["evidence"], data["data"]
    texts = [data[name] for name in _FIELDS - {"index", "evidence", "data"}]
    if type(index) is not int or index < 0 or not isinstance(evidence, list) or not isinstance(content, dict):
        raise ValueError("a field of an entry is of another kind")
    if not all(isinstance(text, str) for text in (*texts, *evidence)):
        raise ValueError("a field of an entry is not text")
    if not data["recorded"].endswith("Z"):
        raise ValueError("the moment of an entry is not in UTC")
    event = Event(
        kind=data["kind"],
        subject=data["subject"],
        valid=date.fromisoformat(data["valid"]),
        actor=data["actor"],
        key=data["key"],
        data={name: _held(value) for name, value in content.items()},
        authority=data["authority"],
        reason=data["reason"],
        evidence=tuple(evidence),
    )
    return Entry(index, datetime.fromisoformat(data["recorded"]), event)


def unfit(event: Event) -> tuple[Diagnostic, ...]:
    """Why an event cannot be recorded: what it holds has no canonical text."""
    found = [Diagnostic("AS7109", arguments={"field": field, **reason}) for field, reason in _unfit(event)]
    if not found and len(event_text(event).encode()) > LIMITS.event_bytes:
        found = [Diagnostic("AS7111", arguments={"key": event.key, "limit": f"{LIMITS.event_bytes >> 10} KiB"})]
    return tuple(found)


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "subject": event.subject,
        "valid": event.valid.isoformat(),
        "actor": event.actor,
        "key": event.key,
        "data": _plain(event.data),
        "authority": event.authority,
        "reason": event.reason,
        "evidence": list(event.evidence),
    }


def _plain(value: Plain) -> Any:
    match value:
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
        case tuple() | list():
            return [_plain(part) for part in value]
        case _:
            return value


def _held(value: Any) -> Plain:
    match value:
        case dict():
            return {name: _held(part) for name, part in value.items()}
        case list():
            return tuple(map(_held, value))
        case _:
            return value  # type: ignore[no-any-return]


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not a whole number")


_REASONS: Final = {
    "kind": ("is not text, a whole number, yes or no, nothing, a list or a table of these",
             "不是文本、整数、是非、空值,也不是由它们组成的列表或表"),
    "number": ("is a whole number of more than 15 digits: write it as text", "是超过 15 位的整数:请写成文本"),
    "text": ("holds half a character", "含有不完整的字符"),
    "empty": ("is empty", "为空"),
    "names": ("holds two names that are written alike", "含有写法相同的两个名称"),
    "deep": (f"is nested more than {LIMITS.nesting} deep", f"嵌套超过 {LIMITS.nesting} 层"),
    "day": ("is not a day", "不是日期"),
}  # fmt: skip


def _reason(name: str) -> Mapping[str, str]:
    en, zh = _REASONS[name]
    return {"reason_en": en, "reason_zh": zh}


def _unfit(event: Event) -> Iterator[tuple[str, Mapping[str, str]]]:
    for name in ("kind", "key"):
        if not getattr(event, name):
            yield name, _reason("empty")
    for name in ("kind", "subject", "actor", "key", "authority", "reason"):
        value = getattr(event, name)
        if not isinstance(value, str):
            yield name, _reason("kind")
        elif not _whole(value):
            yield name, _reason("text")
    if type(event.valid) is not date:
        yield "valid", _reason("day")
    waiting: list[tuple[str, object, int]] = [("data", event.data, 0), ("evidence", event.evidence, 0)]
    while waiting:
        place, value, depth = waiting.pop()
        match value:
            case _ if depth > LIMITS.nesting:
                yield place, _reason("deep")
            case Mapping():
                if len({unicodedata.normalize("NFC", str(name)) for name in value}) < len(value):
                    yield place, _reason("names")
                for name, part in value.items():
                    if not isinstance(name, str):
                        yield place, _reason("kind")
                    elif not _whole(name):
                        yield place, _reason("text")
                    else:
                        waiting.append((f"{place}.{name}", part, depth + 1))
            case tuple() | list():
                waiting += [(f"{place}[{number}]", part, depth + 1) for number, part in enumerate(value)]
            case str():
                if not _whole(value):
                    yield place, _reason("text")
            case bool() | None:
                pass
            case int():
                if abs(value) > _MOST:
                    yield place, _reason("number")
            case _:
                yield place, _reason("kind")


def _whole(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
