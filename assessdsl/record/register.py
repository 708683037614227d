"""The register of an assessment year: what may be recorded is decided and recorded in one transaction.

register = Register.open("2022.register", policy=assessdsl.load("policy.assess"))
register.begin(assessdsl.read_facts("facts"), valid=date(2022, 1, 10), actor="目标办")
register.record(Event("freeze", "", date(2022, 2, 28), "目标办"))
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final

from attrs import Factory, define, evolve, frozen

from assessdsl import syntax
from assessdsl.diagnostics import Diagnostic, RegisterError, codes
from assessdsl.engine import Policy, Records, loads, tables_of
from assessdsl.facts import Facts
from assessdsl.record.canonical import decode, encode, event_text, unfit
from assessdsl.record.clock import Clock, system_clock
from assessdsl.record.event import Entry, Event, Plain
from assessdsl.record.form import malformed
from assessdsl.record.intake import events_of_rows
from assessdsl.record.rules import decide, other_policy
from assessdsl.record.snapshot import Snapshot
from assessdsl.record.state import State, apply, attempt_of, attempted, folded
from assessdsl.record.store import Store, Writer

_OF_A_REFUSAL: Final = 200  # characters of an argument that are kept with an attempt
_NO_KEY: Final = "-"
_NO_MOMENT: Final = datetime(1, 1, 1, tzinfo=UTC)


class _Undone(Exception):
    """What was recorded is taken back before it is committed."""


@frozen
class Recorded:
    """What became of an event: the entry, an `attempt` if it was refused, and what there is to say about it."""

    entry: Entry
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.entry.event.kind != "attempt"


@define
class _Held:
    """What was folded of the store so far."""

    state: State = Factory(State)
    policy: Policy | None = None

    def forget(self) -> None:
        self.state, self.policy = State(), None

    def of(self, text: str, fingerprint: str) -> Policy | None:
        """The policy by which the register is kept, read once."""
        if text and (self.policy is None or self.policy.fingerprint != fingerprint):
            self.policy = loads(text)
        return self.policy if text else None


@frozen(eq=False, repr=False)
class Register:
    """A register in a file, or in memory. Several programs may keep one register at the same time."""

    store: Store
    _given: Policy | None = None  # for `begin`; every later event goes by the policy that was recorded
    _held: _Held = Factory(_Held)

    @classmethod
    def open(
        cls, path: str | Path, *, policy: Policy | None = None, clock: Clock = system_clock, create: bool = True
    ) -> "Register":
        """The register at a path, which is made if there is none and `create` is left as it is. `policy`: by which a
        new one is to be kept. Raises RegisterError if the file cannot be read."""
        return cls(Store.open(path, clock=clock, create=create), policy)

    @classmethod
    def in_memory(cls, *, policy: Policy | None = None, clock: Clock = system_clock) -> "Register":
        return cls(Store.open(None, clock=clock), policy)

    def __repr__(self) -> str:
        return f"Register({self.store.path!r}, {self.store.size} entries)"

    def __enter__(self) -> "Register":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()

    # ------------------------------------------------------------ recording

    def record(self, event: Event, *, strict: bool = False) -> Recorded:
        """Records an event, or that it was tried and refused. An event without a key gets one; the same event sent
        again gives the entry of the first time.

        Raises RegisterError if the event is malformed or its key stands for another event: then nothing is recorded;
        and, if strict, when it was refused.
        """
        return self.record_all((event,), strict=strict)[0]

    def record_all(
        self,
        events: Iterable[Event],
        *,
        strict: bool = False,
        undo: Callable[[tuple[Recorded, ...]], bool] | None = None,
    ) -> tuple[Recorded, ...]:
        """Records several events in one transaction, each as `record` does. `undo`: whether, by what would come of
        them, nothing of it is to be kept after all."""
        events = tuple(events)
        keyed = (event if event.key else evolve(event, key=_NO_KEY) for event in events)
        if wrong := tuple(found for event in keyed for found in unfit(event)):
            raise RegisterError(wrong, self._language)
        if wrong := tuple(found for event in events for found in malformed(event)):
            raise RegisterError(wrong, self._language)
        events = tuple(map(_as_kept, events))
        made: tuple[Recorded, ...] = ()
        try:
            with self.store.writing() as writer:
                self._catch_up(writer)
                made = tuple(self._recorded(writer, event) for event in events)
                if made and writer.remarks:
                    made = (*made[:-1], evolve(made[-1], diagnostics=(*made[-1].diagnostics, *writer.remarks)))
                if undo is not None and undo(made):
                    raise _Undone
        except _Undone:
            self._held.forget()
        except BaseException:
            self._held.forget()  # it may hold what was not committed
            raise
        if strict and (refused := tuple(found for one in made if not one.accepted for found in one.diagnostics)):
            raise RegisterError(refused, self._language)
        return made

    def begin(
        self,
        facts: Facts | str | Path | Mapping[str, Records],
        *,
        valid: date,
        actor: str,
        strict: bool = False,
        more: Mapping[str, Plain] = MappingProxyType({}),
        undo: Callable[[tuple[Recorded, ...]], bool] | None = None,
    ) -> tuple[Recorded, ...]:
        """Opens the register by the policy that was given, with the entities and the targets of the tables. `more`:
        what else the event `open` holds, an `origin` by which anchors name the register or that it is a `rehearsal`.
        """
        if self._given is None:
            raise TypeError("a register is begun with a policy: Register.open(path, policy=…)")
        policy, tables = self._given, tables_of(facts)
        events = [Event("open", policy.name, valid, actor, data={**policy_data(policy), **more})]
        events += events_of_rows("enrol", tables.entities, valid, actor)
        events += events_of_rows("set_target", tables.targets, valid, actor)
        return self.record_all(events, strict=strict, undo=undo)

    @property
    def _language(self) -> str:
        return self._held.state.language if self._held.state.policy or self._given is None else self._given.language

    @property
    def policy(self) -> Policy | None:
        """The policy by which the register is kept, from its own text; none before it is begun."""
        return self.snapshot().policy

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """AS7218, if the policy that was given is not the one by which the register is kept."""
        kept = self.snapshot().state.fingerprint
        return () if self._given is None or not kept else other_policy(self._given, kept)

    def _catch_up(self, writer: Writer) -> None:
        for entry in writer.entries(self._held.state.size, writer.size):
            apply(self._held.state, entry)

    def _recorded(self, writer: Writer, event: Event) -> Recorded:
        state = self._held.state
        event = event if event.key else self._with_key(event)
        if (known := writer.find(event.key)) is not None:
            if known.event.kind == "attempt" and event_text(attempted(known)) == event_text(event):
                return Recorded(known, refusals(known))
            return Recorded(writer.append(event))  # the same event sent again; or another, which the store refuses
        decision = decide(self._held.of(state.policy, state.fingerprint) or self._given, state, event)
        if not decision.accepted:
            event = attempt_of(event, decision.changes, tuple(map(_kept, decision.diagnostics)))
        entry = writer.append(event)
        apply(state, entry)
        return Recorded(entry, decision.diagnostics)

    def _with_key(self, event: Event) -> Event:
        """With a key of its own, unless it repeats what was last recorded about its subject."""
        last = self._held.state.latest.get(event.subject)
        if last is not None and event_text(evolve(last.event, key="")) == event_text(event):
            return evolve(event, key=last.event.key)
        digest = sha256(f"{self._held.state.size} {event_text(event)}".encode()).hexdigest()
        return evolve(event, key=f"{event.kind}-{digest[:16]}")

    # ------------------------------------------------------------ reading

    def snapshot(
        self, as_of: date | None = None, *, size: int | None = None, known_at: datetime | None = None
    ) -> Snapshot:
        """What the register holds; of the day `as_of`, what holds on that day; of the first `size` entries, or of
        those recorded up to `known_at`, a moment with its time zone, what was known then. Raises RegisterError if it
        never held so many."""
        if known_at is not None and known_at.tzinfo is None:
            raise TypeError("known_at takes a moment with its time zone")
        if size is not None and not 0 <= size <= self.store.size:
            arguments = {"size": str(self.store.size), "asked": str(size)}
            raise RegisterError([Diagnostic("AS7504", arguments=arguments)], self._language)
        entries = self.store.entries(0, size)
        if known_at is not None:
            entries = tuple(entry for entry in entries if entry.recorded <= known_at)
        state = folded(entries, as_of)
        policy = self._held.of(state.policy, state.fingerprint)
        return Snapshot(len(entries), self.store.root(len(entries)).hex(), as_of, state, policy)


def _as_kept(event: Event) -> Event:
    """The event as its entry will hold it: names as tables are read, without blanks around them, and all text in
    normal form. So it is compared with what is there."""
    data = {name: _bare(held) if isinstance(held, str) else held for name, held in event.data.items()}
    return decode(encode(Entry(0, _NO_MOMENT, evolve(event, subject=_bare(event.subject), data=data)))).event


def _bare(text: str) -> str:
    bare = text.strip()
    return text if "\n" in bare else bare  # a text of several lines, such as a policy's, is no name


def policy_data(policy: Policy) -> Mapping[str, Plain]:
    """What the events `open` and `amend_policy` hold: the policy's whole text, also of what it extends."""
    document = policy.checked.document
    assert document is not None, "a policy that was loaded has its document"
    merged = evolve(document, statements=tuple(one for one in document.statements if one.word != "extends"))
    text = syntax.write(merged, "dsl", policy.language)
    return {"policy": text, "fingerprint": policy.fingerprint, "language": policy.language}


def _kept(diagnostic: Diagnostic) -> Mapping[str, Plain]:
    """A diagnostic as an attempt keeps it."""
    arguments: dict[str, Any] = {name: text[:_OF_A_REFUSAL] for name, text in diagnostic.arguments.items()}
    return {"code": diagnostic.code, "severity": diagnostic.severity, "arguments": arguments}


def refusals(entry: Entry) -> tuple[Diagnostic, ...]:
    """Why the event of an attempt was refused."""
    kept = entry.event.data.get("refused", ())
    found = []
    for one in kept if isinstance(kept, tuple) else ():
        match one:
            case {"code": str(code), "severity": str(severity), "arguments": Mapping() as arguments} if code in codes():
                texts = {name: str(text) for name, text in arguments.items()}
                found.append(Diagnostic(code, arguments=texts, severity=severity))
    return tuple(found)
