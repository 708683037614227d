"""What a description of a policy is made of."""

from datetime import date
from fractions import Fraction
from typing import Any, Literal

from attrs import frozen

from assessdsl.plan.ranges import Bound, Range
from assessdsl.quantity import exact_text


@frozen
class Part:
    """A scored part, for the entities of one group: full marks, and between what its score lies."""

    kind: Literal["total", "base", "bonus", "penalty", "indicator"]
    name: str
    label: str
    points: Fraction | None  # None: it has no full marks of its own
    share: Fraction | None  # of the policy's full marks
    scores: Range
    parts: tuple["Part", ...] = ()

    def to_data(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "points": _number(self.points),
            "share": _number(self.share),
            "least": _number(self.scores.low),
            "most": _number(self.scores.high),
            "parts": [part.to_data() for part in self.parts],
        }


@frozen
class PeerGroup:
    """The tree of points of a group."""

    name: str
    label: str
    total: Part

    def to_data(self) -> dict[str, Any]:
        return {"name": self.name, "label": self.label, "total": self.total.to_data()}


@frozen
class MajorShare:
    """What share of the full marks the parts of these names or tags have together, or the targets that carry a tag."""

    names: tuple[str, ...]
    share: Fraction | None
    of_targets: bool = False

    def to_data(self) -> dict[str, Any]:
        of = "targets" if self.of_targets else "parts"
        return {"names": list(self.names), "share": _number(self.share), "of": of}


@frozen
class Rule:
    """How something is scored: what the policy says, word by word. `line` is its place in the policy."""

    kind: str  # the id of a word: policy, component, indicator
    name: str
    label: str
    line: int
    says: tuple[tuple[str, str], ...]  # the word's id and what stands behind it

    def to_data(self) -> dict[str, Any]:
        says = [{"word": word, "text": text} for word, text in self.says]
        return {"kind": self.kind, "name": self.name, "label": self.label, "line": self.line, "says": says}


@frozen
class Duty:
    """What is due: on days of the year, or so many days from the publication of the results."""

    kind: str  # the id of a word: freeze, consultation, analysis, finding …
    name: str = ""  # of a finding
    label: str = ""
    often: str = ""  # the id of a word: monthly, quarterly, yearly
    days: tuple[date, ...] = ()
    within: int | None = None  # days from the publication

    def to_data(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "often": self.often,
            "days": [day.isoformat() for day in self.days],
            "within_days": self.within,
        }


@frozen
class Column:
    """A column that must be supplied, or may be left empty."""

    name: str  # the id of a word of the table
    unit: str = ""
    places: int | None = None
    needed: bool = True

    def to_data(self) -> dict[str, Any]:
        return {"column": self.name, "unit": self.unit, "places": self.places, "needed": self.needed}


@frozen
class Supply:
    """What is supplied in a table about one indicator, fact, judgement or benchmark; "" for the table itself."""

    table: str
    name: str
    label: str
    groups: tuple[str, ...]  # whose entities; empty: all
    columns: tuple[Column, ...]
    many: bool = False  # several rows for an entity
    earlier: tuple[str, ...] = ()  # the years before of which it is supplied too

    def to_data(self) -> dict[str, Any]:
        columns = [column.to_data() for column in self.columns]
        groups = list(self.groups)
        return {
            "table": self.table, "name": self.name, "label": self.label, "groups": groups, "several": self.many,
            "columns": columns, "earlier": list(self.earlier),
        }  # fmt: skip


@frozen
class Cost:
    """How many steps are run: once, for each group, entity, target and entry."""

    steps: int
    by_grain: tuple[tuple[str, int], ...]

    def to_data(self) -> dict[str, Any]:
        return {"steps": self.steps, "by_grain": dict(self.by_grain)}


def _number(value: Bound) -> str | None:
    return None if value is None else exact_text(value)
