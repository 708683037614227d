"""What changed in meaning between two policies and, given facts, who stands differently and why."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from attrs import evolve, field, frozen

from assessdsl import engine
from assessdsl.ast.edition import Amendment
from assessdsl.ast.nodes import Policy
from assessdsl.authoring.compare_facts import moves
from assessdsl.authoring.compare_numbers import counts, points, shares
from assessdsl.authoring.compare_policies import changes
from assessdsl.authoring.compare_records import Change, Count, Move, Points, Share
from assessdsl.authoring.compare_text import (
    amendment_lines,
    change_line,
    count_lines,
    move_lines,
    points_lines,
    share_lines,
    shown,
    word,
)
from assessdsl.diagnostics import Diagnostic
from assessdsl.engine import Records
from assessdsl.facts import Facts
from assessdsl.quantity import Unit, quantity_text
from assessdsl.result import finding_title
from assessdsl.source import visible


@frozen(str=False)
class Comparison:
    """Of an old policy with a new one. `moves` is none where no facts were given."""

    old: str  # names or labels
    new: str
    fingerprints: tuple[str, str]
    changes: tuple[Change, ...]
    points: tuple[Points, ...]
    counts: tuple[Count, ...]
    shares: tuple[Share, ...]
    amendments: tuple[Amendment, ...] = ()  # those that the new policy states and the old does not
    moves: tuple[Move, ...] | None = None
    remarks: tuple[Diagnostic, ...] = ()  # more indicators than before, no more weight of major work
    entities: int = 0
    labels: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # of tiers and findings, by their names
    language: str = "en"

    @property
    def same(self) -> bool:
        """Whether both mean the same."""
        return self.fingerprints[0] == self.fingerprints[1]

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "old": {"policy": self.old, "fingerprint": self.fingerprints[0]},
            "new": {"policy": self.new, "fingerprint": self.fingerprints[1]},
            "same": self.same,
            "indicators": [count.to_data() for count in self.counts],
            "shares": [share.to_data() for share in self.shares],
            "points": [one.to_data() for one in self.points],
            "changes": [change.to_data() for change in self.changes],
            "amendments": [
                {"label": one.label, "by": list(one.by), "on": one.on.isoformat(), "reason": one.reason}
                for one in self.amendments
            ],
        }
        data["remarks"] = [remark.plain(self.language) for remark in self.remarks]
        return data if self.moves is None else data | {"moves": [move.to_data() for move in self.moves]}

    def __str__(self) -> str:
        language = self.language
        lines = [visible(f"{self.old} → {self.new}")]
        if self.same:
            lines.append(word("same", language))
        sections = (
            ("indicators", list(count_lines(self.counts, language))),
            ("shares", list(share_lines(self.shares, language))),
            ("points", list(points_lines(self.points, language))),
            ("amendments", list(amendment_lines(self.amendments))),
            ("changes", [change_line(change, language) for change in self.changes if not _is_amendment(change)]),
        )
        for title, body in sections:
            if body and not self.same:
                lines += ["", word(title, language), *shown(iter(body))]
        if self.moves is not None:
            title = word("moves", language, count=len(self.moves), all=self.entities)
            lines += ["", title if self.moves else word("no moves", language)]
            lines += shown(move_lines(self.moves, dict(self.labels), language))
        return "\n".join(lines)


def compare(
    old: engine.Policy,
    new: engine.Policy,
    facts: Facts | Mapping[str, Records] | Records | None = None,
    *,
    facts_new: Facts | Mapping[str, Records] | Records | None = None,
    major: Sequence[str] = (),
    language: str | None = None,
) -> Comparison:
    """What changed in meaning from one policy to the other, from their parts and not from lines of text.

    facts: as evaluate takes them, for both policies, or for the old one where the new has `facts_new`: then who stands
    differently is told, and why. major: names of components and indicators, or tags, whose share of the points together
    is told. In the new policy's language, unless another is given. Raises DataError where facts or names are wrong.
    """
    spoken = language or new.language
    before, after = old.checked.policy, new.checked.policy
    found = changes(before, after, spoken)
    renamed = {change.before: change.after for change in found if change.action == "renamed"}
    moved, entities, results = None, 0, None
    labels = dict((*old.plan.tiers, *new.plan.tiers))
    if facts is not None:
        first = engine.evaluate(old, facts)
        second = engine.evaluate(new, facts if facts_new is None else facts_new)
        results = first, second
        moved = moves(first, second, spoken, renamed)
        entities = len(first.entities.keys() | second.entities.keys())
        found_by = [
            each for result in (first, second) for entity in result.entities.values() for each in entity.findings
        ]
        labels |= {finding.name: finding_title(evolve(finding, cites=()), spoken) for finding in found_by}
    told = shares(old, new, major, renamed, results, spoken)
    counted = counts(before, after)
    return Comparison(
        old=_title(old),
        new=_title(new),
        fingerprints=(old.fingerprint, new.fingerprint),
        changes=found,
        points=points(old, new, renamed),
        counts=counted,
        amendments=tuple(one for one in after.edition.amendments if one not in before.edition.amendments),
        shares=told,
        remarks=() if old.fingerprint == new.fingerprint else tuple(_remarks(counted[0], told, major, after)),
        moves=moved,
        entities=entities,
        labels=tuple(labels.items()),
        language=spoken,
    )


def _remarks(count: Count, told: Sequence[Share], major: Sequence[str], after: Policy) -> Iterator[Diagnostic]:
    """Indicators are to become fewer, and major work is to weigh more."""
    if count.after > count.before:
        numbers = {"before": str(count.before), "after": str(count.after)}
        yield Diagnostic("AS9552", after.span, numbers)
    for share in told:
        if not set(share.names) & set(major) or (share.after or 0) > (share.before or 0):
            continue
        was, now = (quantity_text(value or Fraction(0), Unit.SHARE, 1) for value in (share.before, share.after))
        name = ", ".join(share.names)
        yield Diagnostic("AS9553", after.span, {"name": name, "before": was, "after": now})


def _is_amendment(change: Change) -> bool:
    return change.part == "amendment" and change.action == "added"


def _title(policy: engine.Policy) -> str:
    return policy.label or policy.name
