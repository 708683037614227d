"""What a comparison of two policies finds."""

from fractions import Fraction
from typing import Any, Literal

from attrs import field, frozen

from assessdsl.quantity import exact_text
from assessdsl.source import NOWHERE, Span

Action = Literal["added", "removed", "renamed", "moved", "changed"]


@frozen
class Change:
    """A part of the policy that was added, removed, renamed, moved, or one thing of it that was changed.

    part: the id of its statement; owner: the component or indicator in which it stands. what: of a change, the id of
    the statement or clause. before and after are in the authors' words. numbers: the values that alone differ in an
    expression. users: what a changed parameter, benchmark or function acts on.
    """

    action: Action
    part: str
    name: str = ""
    label: str = ""
    owner: str = ""
    what: str = ""
    before: str = ""
    after: str = ""
    numbers: tuple[tuple[str, str], ...] = ()
    users: tuple[str, ...] = ()
    old: Span = field(default=NOWHERE, eq=False, repr=False)
    new: Span = field(default=NOWHERE, eq=False, repr=False)

    def to_data(self) -> dict[str, Any]:
        texts = ("action", "part", "name", "label", "owner", "what", "before", "after")
        data: dict[str, Any] = {text: value for text in texts if (value := getattr(self, text))}
        if self.numbers:
            data["numbers"] = [{"before": before, "after": after} for before, after in self.numbers]
        if self.users:
            data["users"] = list(self.users)
        for side, span in (("old", self.old), ("new", self.new)):
            if span.source.name:
                data[side] = {"file": span.source.name, "line": span.line}
        return data


@frozen
class Points:
    """Full marks of a component or an indicator in both policies; none where it does not stand."""

    part: Literal["component", "indicator"]
    name: str
    label: str
    before: Fraction | None
    after: Fraction | None

    def to_data(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "name": self.name,
            "label": self.label,
            "before": _text(self.before),
            "after": _text(self.after),
        }


@frozen
class Count:
    """How many indicators there are; `group` is empty for all together."""

    group: str
    label: str
    before: int
    after: int

    def to_data(self) -> dict[str, Any]:
        return {"group": self.group, "label": self.label, "before": self.before, "after": self.after}


@frozen
class Share:
    """Points as a share of the full marks: of a component, of the parts that were asked for by name or tag, or of the
    targets that carry the tag."""

    names: tuple[str, ...]
    label: str
    before: Fraction | None
    after: Fraction | None
    of_targets: bool = False

    def to_data(self) -> dict[str, Any]:
        data = {"names": list(self.names), "before": _text(self.before), "after": _text(self.after)}
        return data | {"of": "targets" if self.of_targets else "parts"}


@frozen
class Cause:
    """Points that an entity has more, or fewer, in one place."""

    points: Fraction
    label: str
    component: str = ""
    indicator: str = ""

    def to_data(self) -> dict[str, Any]:
        data = {"points": exact_text(self.points), "label": self.label}
        return data | {name: text for name in ("component", "indicator") if (text := getattr(self, name))}


@frozen
class Standing:
    """How an entity stands under one policy."""

    total: Fraction
    rank: int | None
    tier: str
    findings: tuple[str, ...]  # names; those that are undetermined with a `?`

    def to_data(self) -> dict[str, Any]:
        return {
            "total": exact_text(self.total),
            "rank": self.rank,
            "tier": self.tier or None,
            "findings": list(self.findings),
        }


@frozen
class Move:
    """An entity that stands differently, and what makes the difference."""

    entity: str
    label: str
    before: Standing | None
    after: Standing | None
    why: tuple[Cause, ...] = ()

    def to_data(self) -> dict[str, Any]:
        return {
            "entity": self.entity,
            "label": self.label,
            "before": None if self.before is None else self.before.to_data(),
            "after": None if self.after is None else self.after.to_data(),
            "why": [cause.to_data() for cause in self.why],
        }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else exact_text(value)
