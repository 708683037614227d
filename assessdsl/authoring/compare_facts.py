"""Who stands differently under two policies on given facts, and why."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from attrs import frozen

from assessdsl.authoring.compare_records import Cause, Move, Standing
from assessdsl.explanation.ledger import entity_ledger
from assessdsl.explanation.view import View
from assessdsl.explanation.words import word
from assessdsl.result import EntityResult, Result

_CAUSES: Final = 5  # of an entity, those that count most
_OWN_CAUSES: Final = ("gate", "contagion", "redistribution", "limit", "rounding", "combination")


@frozen
class _Side:
    """A result, how to look into it, and the new names of its parts."""

    view: View
    rows: Mapping[str, int]  # by entity
    renamed: Mapping[str, str]


def _side(result: Result, language: str, renamed: Mapping[str, str]) -> _Side:
    view = View(result, language)
    rows = {record.entity: row for row, record in enumerate(view.trace.dataset.entities)}
    return _Side(view, rows, renamed)


def moves(before: Result, after: Result, language: str, renamed: dict[str, str]) -> tuple[Move, ...]:
    """Every entity whose total, rank, tier or findings differ; those who moved most come first."""
    found = []
    sides = _side(before, language, renamed), _side(after, language, {})
    for name in dict.fromkeys([*after.entities, *before.entities]):
        first, second = before.entities.get(name), after.entities.get(name)
        stood, stands = _standing(first, renamed), _standing(second, {})
        if stood == stands:
            continue
        both = first is not None and second is not None
        why = _why(*sides, name) if both else ()
        label = next((entity.label for entity in (second, first) if entity is not None), "")
        found.append(Move(name, label, stood, stands, why))
    return tuple(sorted(found, key=lambda move: (-_distance(move), move.entity)))


def _distance(move: Move) -> Fraction:
    if move.before is None or move.after is None:
        return Fraction(0)
    return abs(move.after.total - move.before.total)


def _standing(entity: EntityResult | None, renamed: dict[str, str]) -> Standing | None:
    if entity is None:
        return None
    findings = tuple(
        renamed.get(finding.name, finding.name) + ("?" if finding.status == "undetermined" else "")
        for finding in entity.findings
    )
    tier = entity.tier or ""
    return Standing(entity.total.value, entity.rank, renamed.get(tier, tier), findings)


_Key = tuple[str, str, str, str]  # component, indicator, cause, gate


def _why(before: _Side, after: _Side, name: str) -> tuple[Cause, ...]:
    """What the ledgers of both results say differently, by component, indicator and gate. All of it is the difference
    of the totals; what no indicator accounts for is redistribution."""
    differences: dict[_Key, Fraction] = {}
    labels: dict[_Key, str] = {}
    for side, sign in ((before, -1), (after, 1)):
        for key, points, label in _gains(side, name):
            differences[key] = differences.get(key, Fraction(0)) + sign * points
            labels[key] = label
    was, now = (side.view.result.entities[name].total.value for side in (before, after))
    rest: _Key = ("", "", "redistribution", "")
    differences[rest] = differences.get(rest, Fraction(0)) + now - was - sum(differences.values())
    labels.setdefault(rest, word("redistribution", after.view.language))
    most = sorted(differences, key=lambda key: (-abs(differences[key]), key))
    return tuple(Cause(differences[key], labels[key], key[0], key[1]) for key in most if differences[key])[:_CAUSES]


def _gains(side: _Side, name: str) -> Iterator[tuple[_Key, Fraction, str]]:
    """What an entity has got: full marks of its indicators, less the lines of the ledger."""
    view, number, renamed = side.view, side.rows[name], side.renamed
    parts: dict[tuple[str, str], str] = {}
    outer = [component for component in view.outcome(number).components.values() if not component.outside]
    for component in (inner for each in outer for inner in each.every):
        parts[component.name, ""] = component.label or component.name
        for indicator in component.indicators.values():
            label = f"{component.label or component.name} / {indicator.label or indicator.name}"
            parts[component.name, indicator.name] = label
            if component.kind == "base":
                key = (renamed.get(component.name, component.name), renamed.get(indicator.name, indicator.name))
                yield (*key, "score", ""), indicator.points.value, label
    for line in entity_ledger(view, number):
        cause = line.cause if line.cause in _OWN_CAUSES else "score"
        label = parts.get((line.component, line.indicator), word("total", view.language))
        if cause != "score":
            label = f"{label}: {line.label.rpartition(': ')[2]}"
        key = (renamed.get(line.component, line.component), renamed.get(line.indicator, line.indicator))
        yield (*key, cause, line.gate), -line.points, label
