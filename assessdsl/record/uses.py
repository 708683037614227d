"""What results were used for: honours, interviews, handling, each with its document, its day and who decided."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from attrs import frozen

from assessdsl.diagnostics import Diagnostic, arrange
from assessdsl.record.event import Entry
from assessdsl.record.history import History, Published
from assessdsl.source import visible

PURPOSES: Final[Mapping[str, tuple[str, str]]] = {
    "honour": ("honour", "评先评优"),
    "commendation": ("commendation", "通报表扬"),
    "reward": ("reward", "奖励"),
    "interview": ("interview", "约谈"),
    "reminder": ("reminder", "提醒"),
    "criticism": ("criticism", "通报批评"),
    "handling": ("organisational handling", "组织处理"),
    "referral": ("referral", "移送问责"),
    "promotion": ("promotion", "选拔任用"),
    "other": ("other", "其他"),
}


@frozen
class Use:
    """One use of a result. `superseded`: a later version of the result had been published by then."""

    result: str  # its digest
    period: int
    version: int
    entity: str
    purpose: str
    document: str
    by: str
    on: date
    superseded: bool = False

    def to_data(self) -> dict[str, Any]:
        return {
            "result": self.result,
            "period": self.period,
            "version": self.version,
            "entity": self.entity,
            "purpose": self.purpose,
            "document": self.document,
            "by": self.by,
            "on": self.on.isoformat(),
            "superseded": self.superseded,
        }


@frozen
class Ledger:
    """Every use that could be told to belong to a published result, by day; and the results that were never used."""

    uses: tuple[Use, ...]
    unused: tuple[tuple[int, int], ...]  # period and version

    def of(self, digest: str) -> tuple[Use, ...]:
        return tuple(use for use in self.uses if use.result == digest)

    def text(self, language: str = "en") -> str:
        lines = []
        for use in self.uses:
            purpose = PURPOSES[use.purpose][language == "zh"]
            version = f"{use.period}" if use.version == 1 else f"{use.period} ({use.version})"
            shown = (use.on.isoformat(), version, use.entity, purpose, use.document, use.by)
            lines.append(visible(" · ".join(shown)))
        return "\n".join(lines)


def ledger(history: History, entries: Iterable[Entry], as_of: date) -> tuple[Ledger, tuple[Diagnostic, ...]]:
    """The uses until a day, from events of the kind `use`. One that names no published result, an entity that is not
    in it, a day before its publication or no known purpose is told of (AS7405) and left out."""
    uses: list[Use] = []
    found: list[Diagnostic] = []
    for entry in entries:
        event = entry.event
        if event.kind != "use" or event.valid > as_of:
            continue
        published = history.find(str(event.data.get("result", "")))
        purpose = str(event.data.get("purpose", ""))
        wrong = _wrong(published, event.subject, purpose, event.valid)
        if published is None or wrong is not None:
            en, zh = wrong or ("", "")
            arguments = {"entity": event.subject, "entry": str(entry.index), "reason_en": en, "reason_zh": zh}
            found.append(Diagnostic("AS7405", arguments=arguments))
            continue
        current = history.current(published.period, event.valid)
        uses.append(
            Use(
                result=published.digest,
                period=published.period,
                version=published.version,
                entity=event.subject,
                purpose=purpose,
                document=str(event.data.get("document", "")),
                by=event.authority or event.actor,
                on=event.valid,
                superseded=current is not None and current.version > published.version,
            )
        )
    uses.sort(key=lambda use: (use.on, use.period, use.entity, use.purpose))
    used = {use.result for use in uses}
    unused = tuple(
        (one.period, one.version) for one in history.published if one.digest not in used and one.published <= as_of
    )
    return Ledger(tuple(uses), unused), arrange(found)


def _wrong(published: Published | None, entity: str, purpose: str, on: date) -> tuple[str, str] | None:
    if published is None:
        return "it names no published result", "所据结果未曾公布"
    if entity not in published.standings:
        return "the entity is not in that result", "该结果中没有这个单位"
    if on < published.published:
        return "the result was not published yet", "当时该结果尚未公布"
    if purpose not in PURPOSES:
        return f"`{purpose}` is no purpose: {', '.join(PURPOSES)}", f"`{purpose}` 不是已知用途:{'、'.join(PURPOSES)}"
    return None
