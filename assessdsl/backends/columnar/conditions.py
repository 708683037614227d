"""Conditions of tiers. Those that rest on nothing but what the places go by, such as a total of 85 points, are worked
out once for each value that this can have, not for each entity."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from assessdsl.backends.assemble import diagnostic
from assessdsl.backends.columnar.bands import Truth
from assessdsl.backends.columnar.blockwise import Blockwise, guessed
from assessdsl.backends.columnar.column import Array, Column
from assessdsl.backends.columnar.exactly import Exactly
from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.lowering import Given, Source, Unscaled, Wanted
from assessdsl.backends.columnar.program import TooWide
from assessdsl.backends.columnar.ranking import Blocks
from assessdsl.backends.columnar.together import closure, goes_by
from assessdsl.backends.columns import Fault
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import MISSING, Missing
from assessdsl.plan.steps import Band, Compare, Constant, Logic, Plan, Rank, Round, Step

_MANY: Final = 1 << 18  # entities from which blocks are likely to be far fewer
_BLOCKS: Final = 1  # for each entity, at most


def needs(plan: Plan, step: Step, entities: int) -> tuple[list[int], list[int]]:
    """What a place or a tier goes by, as far as it is to be known of each entity before."""
    numbers, answers = goes_by(step)
    return numbers, [] if entities >= _MANY and rest_on_key(plan, step) is not None else answers


def rest_on_key(plan: Plan, step: Step) -> int | None:
    """The step that the places go by, if all that tiers among the same peers go by rests on it alone, and it is a whole
    number over a scale whatever the data is."""
    if not isinstance(step.operation, Band):
        return None
    match plan.steps[step.operation.rank].operation:
        case Rank(keys=[key], within=within) if within == step.operation.within:
            rest = closure(plan, goes_by(step)[1], [key]) - {key}
            plain = all(isinstance(plan.steps[id].operation, Constant | Compare | Logic) for id in rest)
            return key if plain and isinstance(plan.steps[key].operation, Round) else None
        case _:
            return None


def of_blocks(plan: Plan, ids: Sequence[int], key: int, ordered: Blocks, scale: int) -> dict[int, Truth] | None:
    """Whether the conditions hold for those of each block. None: that is not known, or blocks are not so few."""
    name, entities = f" {key}", len(ordered.of_row)
    if entities < _MANY or ordered.count > _BLOCKS * entities:
        return None
    if ordered.ends is None or not ordered.is_complete or not scale:
        return None
    first, last = ordered.ends
    values = np.arange(first, last + 1) if first <= last else np.arange(first, last - 1, -1)
    low, high = guessed(np.array(ordered.ends), None)  # none lies beyond
    source = Source(plan, {}, {name: Described(scale, low, high)}, {}, {key: Given(name, scale)})
    wanted = Wanted((), tuple(ids), obstacles=False)
    try:
        _, answers = Blockwise(source, wanted, {name: Column(values)}, len(values)).run(1, None)
    except (TooWide, Unscaled):
        return None
    if answers[-1].any():
        return None
    groups, each = len(ordered.first) - 1, zip(ids, answers[:-1:2], answers[1:-1:2], strict=True)
    return {
        id: Truth(np.tile(holds, groups), np.tile(~unknown, groups) if unknown.any() else None)
        for id, holds, unknown in each
    }


def undecided(
    step: Step, band: Band, numbers: Array, parts: Iterable[tuple[Exactly, list[int]]]
) -> Iterator[Diagnostic]:
    """Why it is not known which tier is due. `numbers`: of each row that of the tier, or on from these that of the
    veto. `parts`: the rows."""
    for part, at in parts:
        for own, row in enumerate(at):
            number = int(numbers[row])
            if number < len(band.tiers):
                tier = band.tiers[number]
                code, named, asked = "AS5007", ("tier", tier.name), (tier.when, band.eligible, tier.quota)
            else:
                veto = band.vetoes[number - len(band.tiers)]
                code, named, asked = "AS5006", ("gate", veto.name), (veto.when, None, None)
            values = [part.value(id, own) for id in asked if id is not None]
            missing = next((one for one in values if isinstance(one, Missing)), MISSING)
            arguments = (named, ("fact", missing.name))
            yield diagnostic(Fault(code, arguments, step.span, missing.cell, part.dataset.entities[own].entity))
