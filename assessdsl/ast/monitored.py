"""The statements of `monitoring`, some of which an indicator may have of its own."""

from typing import Any, Final

from assessdsl.ast import parts
from assessdsl.ast.monitoring import Deadline, Light, Monitoring, Pace, PacePoint
from assessdsl.ast.operands import chosen, clause, name_list, needed_clause, no_rest, single
from assessdsl.ast.reading import Reading
from assessdsl.syntax.tree import Clause, Expression, Name, Statement

_FREQUENCIES: Final = ("monthly", "quarterly", "yearly")
_ACTIVITIES: Final = ("analysis", "bulletin", "inquiry", "inspection")
_MODES: Final = ("in_public", "on_site", "desk", "survey")


def monitoring(reading: Reading, statement: Statement) -> Monitoring:
    block = reading.block(statement)
    often = {word: reading.maybe(block, word, lambda found: _often(reading, found)) for word in _ACTIVITIES}
    inspection = block.one("inspection")
    timed = [one for word in (*_ACTIVITIES, "exposure", "reporting") if (one := block.one(word)) is not None]
    return Monitoring(
        **often,
        on_site=inspection is not None and _is_on_site(inspection),
        deadlines=tuple(found for one in timed if (found := _deadline(reading, one)) is not None),
        evidence=reading.maybe(block, "evidence", lambda found: evidence(reading, found)) or (),
        progress=reading.maybe(block, "progress", lambda found: pace(reading, found)),
        lights=reading.each(block, "light", lambda found: _light(reading, found)),
        span=statement.span,
        broken=frozenset(block.broken),
    )


def _often(reading: Reading, statement: Statement) -> str | None:
    """`inspection quarterly on_site`: only of inspections it is said where they take place."""
    operands = [operand for phrase in statement.series for operand in phrase]
    if statement.word == "inspection" and len(operands) == 2:
        place = chosen(operands[1], ("on_site",), reading.remarks)
        return chosen(operands[0], _FREQUENCIES, reading.remarks) if place else None
    return chosen(single(statement, reading.remarks), _FREQUENCIES, reading.remarks)


def _is_on_site(statement: Statement) -> bool:
    operands = [operand for phrase in statement.series for operand in phrase]
    return len(operands) == 2 and isinstance(operands[1], Name) and operands[1].word == "on_site"


def _deadline(reading: Reading, statement: Statement) -> Deadline | None:
    """Of exposure and reporting it is all that is said."""
    if statement.word in _ACTIVITIES:
        within = clause(statement, "within")
    else:
        within = needed_clause(statement, "within", reading.remarks)
        if statement.series:
            no_rest(statement, statement.series[0], reading.remarks)
    days = single(statement, reading.remarks, within) if within else None
    return None if within is None or days is None else Deadline(statement.word, days, within.span)


def evidence(reading: Reading, statement: Statement) -> tuple[str, ...] | None:
    names = name_list(statement, statement.series, statement.word_span, reading.remarks)
    modes = [chosen(name, _MODES, reading.remarks) for name in names]
    return tuple(dict.fromkeys(mode for mode in modes if mode)) or None


def _light(reading: Reading, statement: Statement) -> Light | None:
    colour = reading.one_of("green", "yellow", "red")(statement)
    found, when = parts.when_or_otherwise(statement, reading.remarks)
    return Light(colour, when, statement.span) if colour and found else None


def pace(reading: Reading, statement: Statement) -> Pace | None:
    """`progress linear`, `progress steady`, `progress linear by quarters 15%, …`, `progress stepped by milestones`,
    `progress linear by curve 3 months 10%, …`."""
    method: Any = chosen(single(statement, reading.remarks), ("linear", "stepped", "steady"), reading.remarks)
    by = clause(statement, "by")
    if method is None:
        return None
    if by is None:
        if method == "stepped":
            needed_clause(statement, "by", reading.remarks)
            return None
        return Pace(method, span=statement.span)
    if method == "steady":
        no_rest(statement, by.series[0] if by.series else (), reading.remarks)
        return None
    operands = [operand for phrase in by.series for operand in phrase]
    kind: Any = chosen(operands[0] if operands else None, ("quarters", "milestones", "curve"), reading.remarks)
    if kind is None:
        return None
    points = _points(reading, statement, by, kind)
    return None if points is None else Pace(method, kind, points, statement.span)


def _points(reading: Reading, statement: Statement, by: Clause, kind: str) -> tuple[PacePoint, ...] | None:
    first, *others = by.series
    rows = [row for row in (first[1:], *others) if row]
    if kind == "milestones":
        for row in rows:
            no_rest(statement, row, reading.remarks)
        return None if rows else ()
    wanted = 2 if kind == "curve" else 1
    found: list[PacePoint] = []
    for row in rows:
        no_rest(statement, row[wanted:], reading.remarks)
        if len(row) < wanted:
            reading.remarks.add("AS7305", row[0].span, found=row[0].span.text)
            return None
        found.append(_point(*row[:wanted]))
    if not found:
        reading.remarks.add("AS2011", by.span, word=reading.remarks.spelled("name", kind))
    return tuple(found) or None


def _point(first: Expression, second: Expression | None = None) -> PacePoint:
    if second is None:
        return PacePoint(first, span=first.span)
    return PacePoint(second, first, first.span.to(second.span))
