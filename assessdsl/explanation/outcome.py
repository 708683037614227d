"""Why an entity has its rank, its tier and its findings."""

from fractions import Fraction
from pathlib import PurePath

from assessdsl.explanation.records import Node
from assessdsl.explanation.view import Place, View
from assessdsl.explanation.words import named, word
from assessdsl.explanation.working import Working
from assessdsl.plan.steps import Band, BandTier, FindingOutput, Raise, Rank
from assessdsl.quantity import Quantity, Unit, rounded
from assessdsl.result import EntityResult, Finding, finding_title, unknown_text
from assessdsl.source import NOWHERE


def rank_node(view: View, working: Working, id: int, entity: int) -> Node:
    """The keys by which the entity is ranked, among how many, and with whom it is tied."""
    step, place = view.step(id), Place(entity)
    operation = step.operation
    assert isinstance(operation, Rank)
    children = [
        Node(
            "value", working.known.get(key) or working.text(view.step(key)) or word("key", view.language),
            view.shown(key, place), None, key, view.step(key).span,
        )
        for key in operation.keys
    ]  # fmt: skip
    peers = view.peers(entity, operation.within)
    own = tuple(view.value(key, place) for key in operation.keys)
    for peer in peers:
        if peer != entity and tuple(view.value(key, Place(peer)) for key in operation.keys) == own:
            record = view.trace.dataset.entities[peer]
            label = f"{word('tied', view.language)} {record.label or record.entity}"
            children.append(Node("peer", label, cell=record.cell))
    children.append(Node("note", word("peers", view.language), Quantity(Fraction(len(peers)))))
    return Node("rank", word("rank", view.language), view.shown(id, place), None, id, step.span, None, tuple(children))


def tier_node(view: View, working: Working, id: int, entity: int) -> Node:
    """The tiers from the best down to the entity's own, each with what let it in or kept it out."""
    step, place = view.step(id), Place(entity)
    band = step.operation
    assert isinstance(band, Band)
    labels = {name: label or name for name, label in view.plan.tiers}
    own = view.value(id, place)
    children = []
    for tier in band.tiers:
        children.append(_tier_line(view, working, band, tier, labels[tier.name], own == tier.name, entity))
        if tier.name == own:
            break
    for veto in band.vetoes:
        if view.truth(veto.when, place):
            label = f"{word('veto', view.language)} {veto.label or veto.name}"
            limit = f"{named('clause', 'at_most', view.language)} {labels[veto.tier]}"
            span, below = view.step(veto.when).span, working.nodes(veto.when, place)
            children.append(Node("stage", label, limit, None, veto.when, span, None, below))
    value = labels[own] if isinstance(own, str) else word("no tier", view.language)
    return Node("tier", word("tier", view.language), value, None, id, step.span, None, tuple(children))


def _tier_line(
    view: View, working: Working, band: Band, tier: BandTier, label: str, reached: bool, entity: int
) -> Node:
    place = Place(entity)
    children: list[Node] = []
    decided = "reached" if reached else "no place"
    if tier.when is not None:
        children += working.nodes(tier.when, place)
        if not view.truth(tier.when, place):
            decided = "not met"
    if tier.quota is not None:
        children.append(_quota_node(view, band, tier, tier.quota, entity))
        if band.eligible is not None and not view.truth(band.eligible, place):
            span, below = view.step(band.eligible).span, working.nodes(band.eligible, place)
            children.append(
                Node("stage", word("eligible", view.language), False, None, band.eligible, span, None, below)
            )
            decided = "not eligible" if decided == "no place" else decided
    order = [each.name for each in band.tiers]
    barred = any(
        view.truth(veto.when, place) and order.index(veto.tier) > order.index(tier.name) for veto in band.vetoes
    )
    if barred and decided == "no place":
        decided = "vetoed"
    return Node("stage", label, word(decided, view.language), children=tuple(children))


def _quota_node(view: View, band: Band, tier: BandTier, id: int, entity: int) -> Node:
    """How many places there are; of a share, behind what it is a share of."""
    label, quota = word("quota", view.language), view.value(id, Place(entity))
    if not tier.is_share or not isinstance(quota, Fraction):
        return Node("value", label, view.shown(id, Place(entity)), None, id)
    peers = len(view.peers(entity, band.within))
    places = rounded(quota * peers, tier.rounded, 0)
    return Node("value", f"{label} ({Quantity(quota, Unit.SHARE)} × {peers})", Quantity(places, Unit.COUNT), None, id)


def finding_nodes(view: View, working: Working, entity: int, result: EntityResult) -> list[Node]:
    steps = {output.name: output.step for output in view.plan.outputs.findings}
    found = [_finding_node(view, working, entity, finding, steps.get(finding.name)) for finding in result.findings]
    return found + [
        node for output in view.plan.outputs.findings if (node := _overridden(view, working, entity, output))
    ]


def _overridden(view: View, working: Working, entity: int, output: FindingOutput) -> Node | None:
    """A finding whose condition holds, but which gives way before another."""
    step, place = view.step(output.step), Place(entity)
    assert isinstance(step.operation, Raise)
    if not view.truth(step.operation.when, place):
        return None
    labels = {other.name: other.label or other.name for other in view.plan.outputs.findings}
    above = [
        labels[name]
        for name, id in zip(output.overridden_by, step.operation.unless, strict=True)
        if view.truth(id, place)
    ]
    if not above:
        return None
    label = f"{word('overridden', view.language)} {'、'.join(above) if view.language == 'zh' else ', '.join(above)}"
    below = working.nodes(step.operation.when, place)
    return Node("finding", labels[output.name], label, None, output.step, step.span, None, below)


def _finding_node(view: View, working: Working, entity: int, finding: Finding, id: int | None) -> Node:
    """Those of the register have no step: they come from comparing the frozen targets with the present ones."""
    place, span = Place(entity), NOWHERE
    children: list[Node] = []
    if id is not None:
        step = view.step(id)
        assert isinstance(step.operation, Raise)
        span = step.span
        children += working.nodes(step.operation.when, place)
    for unknown in finding.unknown:
        children.append(Node("note", unknown_text(unknown, view.language)))
    if finding.detail:
        children.append(Node("note", finding.detail))
    for cite in finding.cites:
        what = " ".join(text for text in (cite.indicator, cite.target, cite.judgement) if text)
        where = PurePath(cite.where).name  # without the folder, as all places are shown
        by = " · ".join(text for text in (cite.author, cite.evidence, where) if text)
        children.append(Node("note", f"{word('cites', view.language)} {what}".strip(), by or None))
    return Node(
        "finding", finding_title(finding, view.language), word(finding.status, view.language), None, id, span, None,
        tuple(children),
    )  # fmt: skip
