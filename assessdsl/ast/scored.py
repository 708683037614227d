"""Components and indicators: statements to nodes."""

from typing import Any, Final

from attrs import evolve

from assessdsl.ast import monitored, parts
from assessdsl.ast.nodes import (
    Applicability,
    Combination,
    Component,
    Contagion,
    Handling,
    Indicator,
    StateHandling,
)
from assessdsl.ast.operands import chosen, clause, declared, name_list, needed_clause, no_rest, single
from assessdsl.ast.reading import Reading
from assessdsl.quantity import Unit
from assessdsl.syntax.tree import Name, Statement

METHODS: Final = ("sum", "mean", "geometric", "harmonic", "least", "product")


def component(reading: Reading, statement: Statement, within: str = "") -> Component | None:
    """`within`: the kind of the component in which it stands."""
    named = declared(statement, reading.remarks, value=True)
    block = reading.block(statement)
    kind = clause(statement, "as")
    if kind is not None and within:
        reading.remarks.add("AS4204", kind.span)
        kind = None
    chosen_kind = (
        chosen(single(statement, reading.remarks, kind), ("bonus", "penalty"), reading.remarks)
        if kind
        else within or "base"
    )
    points, weight, word = block.one("points"), block.one("weight"), statement.word_span
    if weight is not None and not within:
        name = named.name.text if named else ""
        reading.remarks.add("AS4216", weight.span, name=name)
        block.broken.add("points")
    if points is not None and (shared := clause(points, "shared_by")) is not None:
        reading.remarks.add("AS2026", shared.span)
    indicators = reading.each(block, "indicator", lambda found: indicator(reading, found))
    inner = reading.each(block, "component", lambda found: component(reading, found, chosen_kind or "base"))
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
        weight=reading.value(block, "weight"),
        weight_span=weight.span if weight else word,
        cap=reading.value(block, "cap"),
        floor=reading.value(block, "floor"),
        groups=reading.maybe(block, "for", reading.names) or (),
        indicators=indicators,
        components=inner,
        combine=reading.maybe(block, "combine", lambda found: _combination(reading, found)),
        contagion=reading.each(block, "contagion", lambda found: _contagion(reading, found)),
        outside=reading.maybe(block, "outside", reading.one_of("total")) is not None,
        remainder=reading.maybe(block, "remainder", lambda found: _remainder(reading, found)),
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
        unit=reading.maybe(block, "unit", lambda found: _unit(reading, found)),
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
        applies=reading.maybe(block, "applies", lambda found: _applicability(reading, found)),
        states=tuple(
            StateHandling(state, found)
            for state in parts.STATES
            if (found := reading.maybe(block, state, lambda found: _of_state(reading, found))) is not None
        ),
        gates=reading.each(block, "gate", lambda found: parts.gate(found, reading.remarks, of_policy=False)),
        progress=reading.maybe(block, "progress", lambda found: monitored.pace(reading, found)),
        evidence=reading.maybe(block, "evidence", lambda found: monitored.evidence(reading, found)) or (),
        span=statement.span,
    )
    parts.one_way_of_scoring(statement, block, reading.remarks)
    return evolve(indicator, broken=frozenset(block.broken))


def _of_state(reading: Reading, statement: Statement) -> Handling | None:
    possible = parts.OF_DISPUTES if statement.word == "disputed" else parts.OF_SCORES
    return parts.handling(statement, reading.remarks, possible)


def _applicability(reading: Reading, statement: Statement) -> Applicability | None:
    when = needed_clause(statement, "when", reading.remarks)
    condition = single(statement, reading.remarks, when) if when else None
    if statement.series:
        no_rest(statement, statement.series[0], reading.remarks)
    others, handling = clause(statement, "otherwise"), None
    if others is not None:
        handling = parts.handling(statement, reading.remarks, parts.OF_OTHERS, others)
        if handling is None:
            return None
    return Applicability(condition, handling, statement.span) if condition is not None else None


def _combination(reading: Reading, statement: Statement) -> Combination | None:
    operand = single(statement, reading.remarks)
    if operand is None:
        return None
    if isinstance(operand, Name) and operand.word in METHODS:
        method: Any = operand.word
        return Combination(method, None, statement.span)
    return Combination("expression", operand, statement.span)


def _contagion(reading: Reading, statement: Statement) -> Contagion | None:
    """`contagion NAME "label" when below P then others at most Q`: the words between are for the ear."""
    named = declared(statement, reading.remarks)
    below, at_most = (needed_clause(statement, word, reading.remarks) for word in ("below", "at_most"))
    for word in ("when", "then", "others"):
        found = clause(statement, word)
        if found is not None and found.series:
            no_rest(statement, found.series[0], reading.remarks)
    if named is None or below is None or at_most is None:
        return None
    no_rest(statement, named.rest, reading.remarks)
    line, most = single(statement, reading.remarks, below), single(statement, reading.remarks, at_most)
    if line is None or most is None:
        return None
    return Contagion(named.name.id, named.label, line, most, statement.span)


def _remainder(reading: Reading, statement: Statement) -> Name | None:
    to = needed_clause(statement, "to", reading.remarks)
    if statement.series:
        no_rest(statement, statement.series[0], reading.remarks)
    names = name_list(statement, to.series[:1], to.span, reading.remarks) if to else ()
    return names[0] if names else None


def _unit(reading: Reading, statement: Statement) -> Unit | None:
    counted = reading.of_thing(statement)
    return reading.unit(counted, single(counted, reading.remarks))
