"""What was recorded after a deadline as if it had been done before: the day that it holds from is anyone's to write."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from attrs import evolve

from assessdsl.diagnostics import Diagnostic
from assessdsl.engine import Policy
from assessdsl.record.event import Entry
from assessdsl.record.form import of_kind
from assessdsl.record.register import Recorded
from assessdsl.record.snapshot import Snapshot

_KINDS: Final = ("freeze", "adjust")


def belated(snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """AS7232 for each freeze and adjustment of the register that kept its deadline by the day that was written only."""
    return tuple(_told(snapshot.policy, (entry for kind in _KINDS for entry in snapshot.state.of_kind(kind))))


def with_belated(policy: Policy | None, made: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """What was recorded, with AS7232 where it applies."""
    return tuple(evolve(one, diagnostics=(*one.diagnostics, *_told(policy, (one.entry,)))) for one in made)


def _told(policy: Policy | None, entries: Iterable[Entry]) -> Iterator[Diagnostic]:
    for entry in entries:
        deadline, valid, recorded = _deadline(policy, entry.event.kind), entry.event.valid, entry.recorded.date()
        if deadline is not None and valid <= deadline < recorded:
            days = {"valid": str(valid), "recorded": str(recorded), "deadline": str(deadline)}
            yield Diagnostic("AS7232", arguments={**days, "index": str(entry.index), **of_kind(entry.event.kind)})


def _deadline(policy: Policy | None, kind: str) -> date | None:
    register = None if policy is None else policy.checked.policy.register
    if register is None or kind not in _KINDS:
        return None
    if kind == "freeze":
        return register.freeze
    return None if register.adjustment is None else register.adjustment.until
