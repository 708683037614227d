"""Components and indicators: statements to nodes."""

from typing import Any

from attrs import evolve

from assessdsl.ast import parts
from assessdsl.ast.nodes import Component, Indicator
from assessdsl.ast.operands import chosen, clause, declared, no_rest, single
from assessdsl.ast.reading import Reading
from assessdsl.syntax.tree import Statement


def component(reading: Reading, statement: Statement) -> Component | None:
    named = declared(statement, reading.remarks, value=True)
    block = reading.block(statement)
    kind = clause(statement, "as")
    chosen_kind = (
        chosen(single(statement, reading.remarks, kind), ("bonus", "penalty"), reading.remarks) if kind else "base"
    )
    points, word = block.one("points"), statement.word_span
    if points is not None and (shared := clause(points, "shared_by")) is not None:
        reading.remarks.add("AS2026", shared.span)
    indicators = reading.each(block, "indicator", lambda found: indicator(reading, found))
    if named is None or chosen_kind is None:
        return None
    no_rest(statement, named.rest, reading.remarks)
    kinds: Any = chosen_kind
    return Component(
        name=named.name.id,
        label=named.label,
        kind=kinds,
        points=reading.value(block, "points"),
        points_span=points.span if points else word,
        cap=reading.value(block, "cap"),
        floor=reading.value(block, "floor"),
        groups=reading.maybe(block, "for", reading.names) or (),
        indicators=indicators,
        gates=reading.each(block, "gate", lambda found: parts.gate(found, reading.remarks, of_policy=False)),
        rounding=reading.maybe(
            block, "rounding", lambda found: parts.rounding(found, reading.remarks, of_policy=False)
        ),
        span=statement.span,
        broken=frozenset(block.broken),
    )


def indicator(reading: Reading, statement: Statement) -> Indicator | None:
    named = declared(statement, reading.remarks)
    block = reading.block(statement)
    if named is None:
        return None
    no_rest(statement, named.rest, reading.remarks)
    points, weight, score, unit = (block.one(word) for word in ("points", "weight", "score", "unit"))
    word, places = statement.word_span, clause(unit, "to") if unit else None
    shared = clause(points, "shared_by") if points else None
    direction: Any = reading.maybe(block, "direction", reading.one_of("higher", "lower"))
    count: Any = reading.maybe(block, "count", reading.one_of("every", "once", "highest_level_once"))
    share: Any = (
        points and shared and chosen(single(points, reading.remarks, shared), ("weight", "count"), reading.remarks)
    )
    if shared is not None and share is None:
        block.broken.add("points")
    indicator = Indicator(
        name=named.name.id,
        label=named.label,
        points=reading.value(block, "points"),
        points_span=points.span if points else word,
        shared_by=share or "",
        weight=reading.value(block, "weight"),
        weight_span=weight.span if weight else word,
        unit=reading.maybe(block, "unit", lambda found: reading.unit(found, single(found, reading.remarks))),
        places=single(unit, reading.remarks, places) if unit and places else None,
        groups=reading.maybe(block, "for", reading.names) or (),
        direction=direction or "higher",
        score=reading.value(block, "score"),
        score_span=score.span if score else word,
        each=reading.value(block, "each"),
        count=count or "every",
        levels=reading.each(block, "level", lambda found: parts.level(found, reading.remarks)),
        cap=reading.value(block, "cap"),
        floor=reading.value(block, "floor"),
        rounding=reading.maybe(
            block, "rounding", lambda found: parts.rounding(found, reading.remarks, of_policy=False)
        ),
        missing=reading.maybe(block, "missing", lambda found: parts.handling(found, reading.remarks, parts.OF_SCORES)),
        absent=reading.maybe(block, "absent", lambda found: parts.handling(found, reading.remarks, parts.OF_SCORES)),
        gates=reading.each(block, "gate", lambda found: parts.gate(found, reading.remarks, of_policy=False)),
        span=statement.span,
    )
    parts.one_way_of_scoring(statement, block, reading.remarks)
    return evolve(indicator, broken=frozenset(block.broken))
