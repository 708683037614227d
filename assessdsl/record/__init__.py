"""The register of targets, from draft to final, and what is remembered of results."""

from assessdsl.record.bound import Bound, Verified, evaluate, verify_result
from assessdsl.record.event import Entry, Event
from assessdsl.record.register import Recorded, Register
from assessdsl.record.snapshot import Snapshot

__all__ = [
    "Bound",
    "Entry",
    "Event",
    "Recorded",
    "Register",
    "Snapshot",
    "Verified",
    "evaluate",
    "verify_result",
]
