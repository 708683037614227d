"""The register of targets, from draft to final, and what is remembered of results."""

from typing import TYPE_CHECKING

from assessdsl.deferred import on_first_use

if TYPE_CHECKING:
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

_HOMES = {
    "bound": ("Bound", "Verified", "evaluate", "verify_result"),
    "checkpoint": ("Checkpoint", "Note", "read_anchors", "sign"),
    "event": ("Entry", "Event"),
    "history": ("History", "load_history"),
    "keys": ("SigningKey", "VerifierKey"),
    "register": ("Recorded", "Register"),
    "snapshot": ("Snapshot",),
    "store": ("Store",),
    "verification": ("Verification", "verify"),
}
__getattr__ = on_first_use(__name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names})
