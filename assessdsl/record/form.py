"""The form of an event: what is wrong with it whatever the register holds."""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from assessdsl.data.columns import COLUMNS
from assessdsl.diagnostics import Diagnostic
from assessdsl.record.event import Event, Plain
from assessdsl.record.kinds import KINDS, Type, spoken
from assessdsl.vocabulary import nearest


def told(code: str, **arguments: str) -> Diagnostic:
    return Diagnostic(code, arguments=arguments)


def of_kind(kind: str) -> dict[str, str]:
    """The arguments of a message that speaks of a kind of event."""
    en, zh = spoken(kind)
    return {"kind_en": en, "kind_zh": zh}


_IS_TYPE: Final[Mapping[Type, tuple[Callable[[Plain], bool], str, str]]] = {
    "text": (lambda held: isinstance(held, str) and bool(held.strip()), "a text", "文字"),
    "day": (lambda held: isinstance(held, str) and _is_day(held), "a day as 2022-02-28", "日期,如 2022-02-28"),
    "yes_no": (lambda held: isinstance(held, bool), "true or false", "真或假"),
    "number": (
        lambda held: isinstance(held, str) and _is_number(held),
        "an exact number as text",
        "以文字写出的准确数",
    ),
    "texts": (lambda held: isinstance(held, tuple) and all(isinstance(one, str) for one in held), "texts", "若干文字"),
}


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        Fraction(text)
    except (ValueError, ZeroDivisionError):
        return False
    return "e" not in text.lower() and "_" not in text


def malformed(event: Event) -> tuple[Diagnostic, ...]:
    """What is wrong with the event itself, whatever the register holds: it is not even an attempt."""
    kind = KINDS.get(event.kind)
    if kind is None or event.kind == "attempt":
        suggestion = nearest(event.kind, [name for name in KINDS if name != "attempt"]) or ""
        return (told("AS7201", name=event.kind, suggestion=suggestion),)
    found: list[Diagnostic] = []
    given = {"subject": event.subject or "-" if kind.subject in ("", "any") else event.subject, "actor": event.actor}
    given |= {"authority": event.authority} if kind.authority else {}
    given |= {"reason": event.reason} if kind.reason else {}
    given |= {"evidence": " ".join(event.evidence)} if kind.evidence else {}
    for name, text in given.items():
        if not text.strip():
            found.append(told("AS7202", field=name, **of_kind(event.kind)))
    for name in kind.needs:
        if name not in event.data:
            found.append(told("AS7202", field=name, **of_kind(event.kind)))
    typed = {**kind.needs, **kind.may}
    columns = () if not kind.columns else COLUMNS[kind.columns]
    for name, held in event.data.items():
        if name in typed:
            right, en, zh = _IS_TYPE[typed[name]]
            if not right(held):
                found.append(told("AS7203", field=name, type_en=en, type_zh=zh, **of_kind(event.kind)))
        elif name not in columns:
            suggestion = nearest(name, [*typed, *columns]) or ""
            found.append(told("AS7229", field=name, suggestion=suggestion, **of_kind(event.kind)))
        elif not isinstance(held, str | bool):
            right, en, zh = _IS_TYPE["text"]
            found.append(told("AS7203", field=name, type_en=en, type_zh=zh, **of_kind(event.kind)))
    return tuple(found)
