"""What follows from findings: a referral with its facts, an obligation to answer, and whether it was answered.

A finding is never a punishment. It obliges an entity to explain, or refers it to those who decide; the explanation is
accepted or returned by people. Every required target that was not met obliges to explain it exactly once, however
many findings rest on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from attrs import evolve, frozen

from assessdsl.diagnostics import Diagnostic, arrange
from assessdsl.facts import Row
from assessdsl.record.event import Entry
from assessdsl.record.state import row_of
from assessdsl.result import Citation, Finding, Result, finding_title
from assessdsl.source import visible

_OF_REGISTER: Final = ("target_", "instruction_")  # findings about what was done to a target
Followed = Literal["open", "overdue", "explained", "returned", "accepted"]

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "open": "open", "overdue": "overdue", "explained": "explained", "returned": "returned", "accepted": "accepted",
        "due": "by", "late": "{days} days late",
    },
    "zh": {
        "open": "待说明", "overdue": "逾期", "explained": "已说明", "returned": "退回重新说明", "accepted": "已采纳",
        "due": "期限", "late": "逾期{days}天",
    },
}  # fmt: skip


@frozen
class Obligation:
    """To explain a target that was not met, or to answer a finding that rests on no target. `name` is what events
    about it are recorded under. `due` is None where the policy gives no deadline, or nothing was published yet."""

    name: str
    entity: str
    target: str
    findings: tuple[Finding, ...]  # in the policy's order
    due: date | None
    cites: tuple[Citation, ...]

    def title(self, language: str = "en") -> str:
        """Whose it is, and what it is about."""
        titles = [finding_title(finding, language) for finding in self.findings]
        target = "" if any(self.target in title for title in titles) else self.target
        return visible(" · ".join(text for text in (self.entity, target, ", ".join(titles)) if text))


def obligations(result: Result, published: date | None = None) -> tuple[Obligation, ...]:
    """Those that follow from a result, by entity. Deadlines are those of the findings; of a result that was worked out
    without a day of publication, they run from the day given here. What is undetermined obliges to nothing yet."""
    found: dict[str, Obligation] = {}
    for entity in sorted(result.entities):
        for finding in result.entities[entity].findings:
            if finding.status == "raised":
                for one in _of_finding(result, entity, finding, published):
                    before = found.get(one.name)
                    found[one.name] = one if before is None else _joined(before, one)
    return tuple(found.values())


def _of_finding(result: Result, entity: str, finding: Finding, published: date | None) -> Iterable[Obligation]:
    due = finding.due
    if due is None and published is not None and finding.within_days is not None:
        due = published + timedelta(days=finding.within_days)
    start = f"{result.period}/{entity}"
    targets = {citation.target: citation for citation in finding.cites if citation.target}
    if not finding.label and finding.name.startswith(_OF_REGISTER):  # not whether the target was met
        for target, citation in targets.items():
            yield Obligation(f"{start}/{finding.name}/{target}", entity, target, (finding,), due, (citation,))
    elif targets:
        for target, citation in targets.items():
            yield Obligation(f"{start}/target/{target}", entity, target, (finding,), due, (citation,))
    else:
        yield Obligation(f"{start}/finding/{finding.name}", entity, "", (finding,), due, finding.cites)


def _joined(one: Obligation, other: Obligation) -> Obligation:
    """Two findings about one target: it is explained once, by the earlier day."""
    days = [due for due in (one.due, other.due) if due is not None]
    return evolve(
        one,
        findings=tuple(dict.fromkeys((*one.findings, *other.findings))),
        due=min(days) if days else None,
        cites=tuple(dict.fromkeys((*one.cites, *other.cites))),
    )


# ---------------------------------------------------------------- what was answered


@frozen
class FollowUp:
    """How an obligation stands on a day."""

    obligation: Obligation
    state: Followed
    late_days: int = 0  # of the last explanation, or of none until the day
    explained: tuple[Entry, ...] = ()
    decided: tuple[Entry, ...] = ()  # acceptances and returns

    def to_data(self) -> dict[str, Any]:
        one = self.obligation
        return {
            "obligation": one.name,
            "entity": one.entity,
            "target": one.target,
            "findings": [finding.name for finding in one.findings],
            "due": None if one.due is None else one.due.isoformat(),
            "state": self.state,
            "late_days": self.late_days,
            "explained": [entry.event.valid.isoformat() for entry in self.explained],
            "decided": [entry.event.valid.isoformat() for entry in self.decided],
        }

    def text(self, language: str = "en") -> str:
        words, one = _WORDS[language], self.obligation
        said = [one.title(language), words[self.state]]
        if self.late_days:
            said.append(words["late"].format(days=self.late_days))
        if one.due is not None:
            said.append(f"{words['due']} {one.due.isoformat()}")
        return " · ".join(said)


def follow_up(
    due: Sequence[Obligation], entries: Iterable[Entry], as_of: date
) -> tuple[tuple[FollowUp, ...], tuple[Diagnostic, ...]]:
    """How each obligation stands on a day, from the events `explanation` and `acceptance` until then; and remarks on
    events about none of them (AS7409)."""
    explained: dict[str, list[Entry]] = {one.name: [] for one in due}
    decided: dict[str, list[Entry]] = {one.name: [] for one in due}
    found: list[Diagnostic] = []
    for entry in entries:
        event = entry.event
        if event.kind not in ("explanation", "acceptance") or event.valid > as_of:
            continue
        if event.subject not in explained:
            found.append(Diagnostic("AS7409", arguments={"name": event.subject, "entry": str(entry.index)}))
            continue
        (explained if event.kind == "explanation" else decided)[event.subject].append(entry)
    return tuple(_standing(one, explained[one.name], decided[one.name], as_of) for one in due), arrange(found)


def _standing(one: Obligation, explained: list[Entry], decided: list[Entry], as_of: date) -> FollowUp:
    accepted = bool(decided) and decided[-1].event.data.get("accepted") is True
    returned = bool(decided) and not accepted
    answered = bool(explained) and not (returned and decided[-1].index > explained[-1].index)
    told = explained[-1].event.valid if answered else as_of
    late = 0 if one.due is None else max(0, (told - one.due).days)
    state: Followed
    if accepted:
        state = "accepted"
    elif answered:
        state = "explained"
    elif late:
        state = "overdue"
    else:
        state = "returned" if returned else "open"
    return FollowUp(one, state, late, tuple(explained), tuple(decided))


# ---------------------------------------------------------------- judgements


def judgement_rows(
    entries: Iterable[Entry], as_of: date | None = None
) -> tuple[tuple[Row, ...], tuple[Diagnostic, ...]]:
    """The rows of the table `judgements` from events of this kind, all or until a day. One without an author or without
    evidence binds nobody: it is left out, with a remark (AS7410). A later one about the same entity and judgement that
    withdraws it takes it back."""
    rows: dict[tuple[str, str], Row] = {}
    found: list[Diagnostic] = []
    for entry in entries:
        event = entry.event
        if event.kind != "judgement" or (as_of is not None and event.valid > as_of):
            continue
        name, author = str(event.data.get("judgement", "")), str(event.data.get("author", ""))
        if event.data.get("withdrawn") is True:
            rows.pop((event.subject, name), None)
        elif not author.strip() or not any(text.strip() for text in event.evidence):
            arguments = {"name": name, "entity": event.subject, "entry": str(entry.index)}
            found.append(Diagnostic("AS7410", arguments=arguments))
        else:
            columns = {
                "entity": event.subject, "judgement": name, "author": author,
                "evidence": "; ".join(event.evidence), "date": event.valid.isoformat(),
            }  # fmt: skip
            rows[event.subject, name] = row_of(entry.index, columns)
    return tuple(rows.values()), arrange(found)
