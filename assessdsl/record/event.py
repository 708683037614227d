"""What a register is made of: events, and the entries in which they were recorded.

An event says what happened, from which day it holds in the world (valid time), who says so and on what ground. An
entry is an event at its place in the register, with the moment at which it was recorded (record time). Nothing is ever
changed: what turns out to be wrong is corrected by a further event.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from attrs import field, frozen

Plain = str | int | bool | None | tuple["Plain", ...] | Mapping[str, "Plain"]
"""What an event may hold. An exact number is text: `"7.5 %"` as its author wrote it, or `"15/2"`."""


def _read_only(mapping: Mapping[str, Plain]) -> Mapping[str, Plain]:
    return MappingProxyType(dict(mapping))


@frozen
class Event:
    """Something that happened to what a register holds."""

    kind: str
    subject: str  # what it is about: a target, an entity, an instruction …; "" for the register itself
    valid: date  # the day from which it holds
    actor: str  # who recorded it
    key: str = ""  # a second event with the same key is the same event, sent again; "": the register chooses one
    data: Mapping[str, Plain] = field(factory=dict, converter=_read_only, hash=False)
    authority: str = ""  # on whose behalf
    reason: str = ""
    evidence: tuple[str, ...] = ()


@frozen
class Entry:
    """An event at its place in the register."""

    index: int  # from 0
    recorded: datetime  # in UTC
    event: Event
