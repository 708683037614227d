"""What happened to a register in a year, with the tables beside it, and what comes of it."""

from datetime import date
from typing import Any

from attrs import frozen

from assessdsl.diagnostics import AssessmentError
from assessdsl.engine import Policy
from assessdsl.facts import Facts
from assessdsl.fairness.case import Case
from assessdsl.record import Entry, Event, Register, Snapshot, evaluate
from assessdsl.record.monitor import monitor
from assessdsl.record.state import attempted, folded
from assessdsl.result import Result


@frozen(eq=False, repr=False)
class Course:
    """What happened to a register in a year, entry by entry. `beside`: the tables that no register holds, which are
    scored with it."""

    policy: Policy
    entries: tuple[Entry, ...]
    beside: Facts

    def __repr__(self) -> str:
        return "\n  ".join([f"a register of {self.policy.name}:", *map(told, self.entries)])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How Hypothesis prints it."""
        printer.text(repr(self))

    def register(self) -> Register:
        """A register in memory to which all of it was sent, what was refused too, each at its moment."""
        moments = iter(self.entries)
        register = Register.in_memory(policy=self.policy, clock=lambda: next(moments).recorded)
        register.record_all(map(sent, self.entries))
        return register

    def snapshot(self, as_of: date | None = None, *, size: int | None = None) -> Snapshot:
        """What its first so many entries say, as Register.snapshot gives it, but for the root."""
        entries = self.entries[:size]
        return Snapshot(len(entries), "", as_of, folded(entries, as_of), self.policy)

    def case(self, snapshot: Snapshot | None = None) -> Case:
        """The tables that are scored."""
        return Case(self.policy, (snapshot or self.snapshot()).facts(self.beside))

    def result(self, snapshot: Snapshot | None = None) -> Result | None:
        """By the targets as they were issued; None where the policy stops."""
        try:
            return evaluate(self.policy, snapshot or self.snapshot(), self.beside).result
        except AssessmentError:
            return None

    def followed(self, snapshot: Snapshot, day: date) -> object:
        """How far each target is by then, and how far it should be; None where the policy does not ask."""
        if self.policy.checked.policy.monitoring is None:
            return None
        try:
            found = monitor(self.policy, snapshot.facts(self.beside), day).standings
        except AssessmentError:
            return None
        return [(one.target, one.progress, one.expected, one.late_milestones, one.light) for one in found]


def sent(entry: Entry) -> Event:
    """The event as it was sent, whether it was refused or not."""
    return attempted(entry) if entry.event.kind == "attempt" else entry.event


def told(entry: Entry) -> str:
    """An entry in a line; of what was refused, what was sent and why not."""
    event = sent(entry)
    data = {name: held for name, held in event.data.items() if name not in ("policy", "fingerprint", "language")}
    parts = (str(entry.index), str(event.valid), event.kind, event.subject, str(data or ""), event.authority)
    refused = [code for one in folded((entry,)).attempts for code in one.codes]
    return " ".join(part for part in (*parts, event.reason, *(("refused", *refused) if refused else ())) if part)
