"""The register of targets, from draft to final, and what is remembered of results."""

from assessdsl.record.bound import Bound, Verified, evaluate, verify_result
from assessdsl.record.checkpoint import Checkpoint, Note, read_anchors, sign
from assessdsl.record.event import Entry, Event
from assessdsl.record.history import History, load_history
from assessdsl.record.keys import SigningKey, VerifierKey
from assessdsl.record.register import Recorded, Register
from assessdsl.record.snapshot import Snapshot
from assessdsl.record.store import Store
from assessdsl.record.verification import Verification, verify

__all__ = [
    "Bound",
    "Checkpoint",
    "Entry",
    "Event",
    "History",
    "Note",
    "Recorded",
    "Register",
    "SigningKey",
    "Snapshot",
    "Store",
    "Verification",
    "Verified",
    "VerifierKey",
    "evaluate",
    "load_history",
    "read_anchors",
    "sign",
    "verify",
    "verify_result",
]
