"""The honours list: who has a tier that is an honour, and of everyone the reason why, or why not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from attrs import evolve, frozen

from assessdsl.backends.order import crossed
from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.explanation.view import Place, View
from assessdsl.plan.steps import Band, BandTier
from assessdsl.result import Result
from assessdsl.source import visible

Reason = Literal["awarded", "better", "vetoed", "condition", "ineligible", "tie", "no_place"]

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "awarded": "rank {rank}, {total}", "better": "has a better one: {by}", "vetoed": "barred by {by}",
        "condition": "does not meet: {by}", "ineligible": "may not compete: {by}",
        "tie": "tied over the last place, rank {rank}", "no_place": "no place was left, rank {rank}", "none": "nobody",
    },
    "zh": {
        "awarded": "第{rank}名,{total}", "better": "已获更高等次:{by}", "vetoed": "被否决:{by}",
        "condition": "未达到条件:{by}", "ineligible": "不得参评:{by}",
        "tie": "第{rank}名并列,超出名额", "no_place": "第{rank}名,名额已满", "none": "无",
    },
}  # fmt: skip


@frozen
class Line:
    """An entity and one honour. `by`: the gates that bar it, the conditions that it fails, or its better tier."""

    entity: str
    label: str
    group: str
    tier: str
    tier_label: str
    reason: Reason
    rank: int | None
    total: str
    by: tuple[str, ...] = ()

    @property
    def listed(self) -> bool:
        return self.reason == "awarded"

    def text(self, language: str = "en") -> str:
        by = ("、" if language == "zh" else ", ").join(self.by)
        said = _WORDS[language][self.reason].format(rank=self.rank, total=self.total, by=by)
        return visible(
            f"{self.label or self.entity}:{said}" if language == "zh" else f"{self.label or self.entity}: {said}"
        )

    def to_data(self) -> dict[str, Any]:
        return {
            "entity": self.entity, "group": self.group, "tier": self.tier, "listed": self.listed,
            "reason": self.reason, "rank": self.rank, "by": list(self.by),
        }  # fmt: skip


@frozen
class Honours:
    """`listed`, and of all others why they are not."""

    period: int
    lines: tuple[Line, ...]

    @property
    def listed(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.listed)

    @property
    def others(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.listed)

    def to_data(self) -> dict[str, Any]:
        return {"period": self.period, "lines": [line.to_data() for line in self.lines]}

    def text(self, language: str = "en") -> str:
        """By honour: those who have it, and then the others with the reason."""
        parts = []
        for tier in dict.fromkeys(line.tier for line in self.lines):
            lines = [line for line in self.lines if line.tier == tier]
            listed = [f"  {line.text(language)}" for line in lines if line.listed] or [f"  {_WORDS[language]['none']}"]
            others = [f"  − {line.text(language)}" for line in lines if not line.listed]
            parts.append("\n".join([visible(lines[0].tier_label), *listed, *others]))
        return "\n\n".join(parts)


def honours(result: Result, tiers: Sequence[str] | None = None) -> Honours:
    """Who has one of the tiers, by default the best, and why each of the others does not; by group and rank.

    The result must be one that `evaluate` gave. Raises DataError (AS7411) if the policy has no such tier.
    """
    view = View(result, result.language)
    names = [name for name, _ in result.tiers]
    wanted = list(tiers) if tiers is not None else names[:1]
    step = view.plan.outputs.tier
    unknown = [tier for tier in wanted if tier not in names]
    if unknown or step is None or not wanted:
        arguments = {"name": ", ".join(unknown), "policy": result.policy, "tiers": ", ".join(names)}
        raise DataError((Diagnostic("AS7411", arguments=arguments),), result.language)
    band = view.step(step).operation
    assert isinstance(band, Band)
    entities = view.trace.dataset.entities
    group_order = {name: number for number, (name, _) in enumerate(result.groups)}
    lines = []
    for tier in wanted:
        of_tier = [_line(view, band, band.tiers[names.index(tier)], number) for number in range(len(entities))]
        for peers, over in crossed(view.trace, step):
            if over[names.index(tier)]:
                _tell_ties(of_tier, peers)
        lines += of_tier
    lines.sort(
        key=lambda line: (wanted.index(line.tier), group_order.get(line.group, 0), line.rank or len(lines), line.entity)
    )
    return Honours(result.period, tuple(lines))


def _tell_ties(lines: list[Line], peers: Sequence[int]) -> None:
    """Those of the best rank who got no place are the ones who tied over the line."""
    left = [number for number in peers if lines[number].reason == "no_place"]
    best = min((lines[number].rank or 0 for number in left), default=0)
    for number in left:
        if lines[number].rank == best:
            lines[number] = evolve(lines[number], reason="tie")


def _line(view: View, band: Band, tier: BandTier, entity: int) -> Line:
    outcome = view.outcome(entity)
    labels = {name: label or name for name, label in view.plan.tiers}
    reason, by = _reason(view, band, tier, entity, labels)
    return Line(
        entity=outcome.entity,
        label=outcome.label,
        group=outcome.group,
        tier=tier.name,
        tier_label=labels[tier.name],
        reason=reason,
        rank=outcome.rank,
        total=str(outcome.total),
        by=by,
    )


def _reason(
    view: View, band: Band, tier: BandTier, entity: int, labels: Mapping[str, str]
) -> tuple[Reason, tuple[str, ...]]:
    order = [one.name for one in band.tiers]
    place, own = Place(entity), view.outcome(entity).tier
    if own == tier.name:
        return "awarded", ()
    barring = tuple(
        veto.label or veto.name
        for veto in band.vetoes
        if view.truth(veto.when, place) and order.index(veto.tier) > order.index(tier.name)
    )
    if barring:
        return "vetoed", barring
    if own is not None and order.index(own) < order.index(tier.name):
        return "better", (labels[own],)
    if tier.when is not None and not view.truth(tier.when, place):
        return "condition", _failing(view, tier.when, place)
    if tier.quota is None:
        return "no_place", ()  # a tier with neither condition nor quota takes all who are left
    if band.eligible is not None and not view.truth(band.eligible, place):
        return "ineligible", _failing(view, band.eligible, place)
    return "no_place", ()


def _failing(view: View, condition: int, place: Place) -> tuple[str, ...]:
    """The parts of a condition that do not hold, as the policy writes them."""
    return tuple(dict.fromkeys(" ".join(view.step(id).span.text.split()) for id in _parts(view, condition, place)))


def _parts(view: View, condition: int, place: Place) -> Iterator[int]:
    operation = view.step(condition).operation
    if getattr(operation, "operator", "") == "and":
        for part in operation.inputs:  # type: ignore[union-attr]
            if not view.truth(part, place):
                yield from _parts(view, part, place)
    else:
        yield condition
