"""A frame scored in columns: the numbers, places, tiers and findings of the exact engine, or a refusal."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
import test_conformance

import assessdsl
from assessdsl.binding import bind
from assessdsl.data import from_records
from assessdsl.facts import Dataset, Datum
from assessdsl.frames import FrameResult, evaluate_frame
from assessdsl.quantity import Unit, decimal_places

HUNDREDTHS = {Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP}


class NotWide(Exception):
    """The data does not fit into one row for each entity."""


def column(policy: assessdsl.Policy, unit: Unit, values: list[Any]) -> pl.Series:
    """Bound values as a program would have them in a frame."""
    there = [value for value in values if value is not None]
    if any(isinstance(value, Fraction) for value in there):
        factor = 100 if unit in HUNDREDTHS else 1
        places = [decimal_places(value * factor) for value in there]
        if None in places:
            raise NotWide("no decimal")
        most = max(place for place in places if place is not None)
        numbers = [None if value is None else int(value * factor * 10**most) for value in values]
        if not most:
            return pl.Series(numbers, dtype=pl.Int64)
        return pl.Series([None if n is None else Decimal(n).scaleb(-most) for n in numbers], dtype=pl.Decimal(38, most))
    return pl.Series(values)


def wide(policy: assessdsl.Policy, dataset: Dataset) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Bound tables as one row for each entity, and what is common to all. Raises NotWide."""
    schema = policy.plan.schema
    if dataset.history or dataset.past_benchmarks:
        raise NotWide("earlier years")
    columns: dict[str, tuple[Unit, dict[int, Datum]]] = {}

    def put(key: str, unit: Unit, row: int, datum: Datum) -> None:
        columns.setdefault(key, (unit, {}))[1][row] = datum

    units = {fact.name: fact.unit for fact in schema.facts}
    for row, entity in enumerate(dataset.entities):
        if entity.past or entity.predecessors:
            raise NotWide("earlier years")
        for name, datum in entity.facts.items():
            if name in units or datum.value:
                put(name, units.get(name, Unit.YES_NO), row, datum)
        for name, datum in entity.samples.items():
            put(f"{name}.sample", Unit.COUNT, row, datum)
    for indicator in schema.indicators:
        seen = set()
        for item in dataset.items[indicator.name]:
            odd = item.tags or item.past or item.restored or len(item.entries) > 1 or item.entity in seen
            seen.add(item.entity)
            if odd or item.fields["direction"].value != indicator.direction or item.fields["forfeited"].value:
                raise NotWide("items")
            held = {
                name: datum
                for name, datum in item.fields.items()
                if name not in ("direction", "is_target", "forfeited")
            }
            for entry in item.entries:
                held |= entry
                if not entry:
                    raise NotWide("a report of nothing")
            if item.target and not held.keys() & {"planned", "weight", "due", "baseline", "required", "plan_total"}:
                raise NotWide("a target without a column")
            for name, datum in held.items():
                if name in ("state", "links_to"):
                    raise NotWide(name)
                kind = {"weight": Unit.NUMBER, "sample": Unit.COUNT}.get(name, indicator.unit)
                put(f"{indicator.name}.{name}", kind, item.entity, datum)
    rows = range(len(dataset.entities))
    frame: dict[str, Any] = {"entity": [entity.entity for entity in dataset.entities]}
    if schema.groups:
        frame["group"] = [entity.group for entity in dataset.entities]
    for key, (unit, found) in columns.items():
        frame[key] = column(policy, unit, [found[row].value if row in found else None for row in rows])
    common = {}
    for benchmark in schema.benchmarks:
        if benchmark.name in dataset.benchmarks:
            value = dataset.benchmarks[benchmark.name].value
            assert isinstance(value, Fraction)
            common[benchmark.name] = value * 100 if benchmark.unit in HUNDREDTHS else value
    return pl.DataFrame(frame), common


def told(result: FrameResult, row: int) -> Mapping[str, Any]:
    scores = {name: Fraction(int(numbers[row]), result.scales[name]) for name, numbers in result.scores.items()}
    findings = {name: int(states[row]) for name, states in result.findings.items()}
    return {
        **scores, "rank": None if result.rank is None else int(result.rank[row]),
        "tier": None if result.tier is None else result.tiers[result.tier[row]],
        "eligible": True if result.eligible is None else bool(result.eligible[row]), **findings,
    }  # fmt: skip


def expected(result: assessdsl.Result, entity: str, names: list[str]) -> Mapping[str, Any]:
    one = result.entities[entity]
    scores: dict[str, Any] = {name: Fraction(0) for name in result.trace.plan and names}
    scores["total"] = one.total.value
    for component in one.components.values():
        for inner in component.every:
            scores |= {inner.name: inner.score.value} if inner.name in names else {}
            scores |= {part.name: part.score.value for part in inner.indicators.values() if part.name in names}
    states = {finding.name: 1 if finding.status == "raised" else 2 for finding in one.findings}
    findings = {finding.name: states.get(finding.name, 0) for finding in result.trace.plan.outputs.findings}
    return {**scores, "rank": one.rank, "tier": one.tier, "eligible": one.eligible, **findings}


def codes(error: assessdsl.AssessmentError) -> set[str]:
    return {found.code for found in error.diagnostics if found.is_error}


def agree(policy: assessdsl.Policy, tables: Any) -> str:
    """How a frame of the tables is scored beside the tables: `equal`, `refused`, or why they make no frame."""
    schema = policy.plan.schema
    try:
        facts = from_records(**tables)
    except assessdsl.DataError:
        return "unreadable"
    bound = bind(schema, facts)
    if any(remark.is_error for remark in bound.diagnostics) or facts.frozen is not None:
        return "unreadable"
    try:
        frame, common = wide(policy, bound.dataset)
    except NotWide as error:
        return str(error)
    wrong: set[str] = set()
    try:
        result = assessdsl.evaluate(policy, facts)
    except assessdsl.DataError as error:
        wrong = codes(error)
    if wrong:
        with pytest.raises(assessdsl.AssessmentError) as raised:
            evaluate_frame(policy, frame, common=common)
        if isinstance(raised.value, assessdsl.PolicyError):
            return "refused"
        assert codes(raised.value) == wrong
        return "equal"
    for more in ({"components": True, "indicators": True}, {"components": True}, {}):
        try:
            found = evaluate_frame(policy, frame, common=common, **more)
        except assessdsl.PolicyError as error:
            last = codes(error)
            continue
        for row, entity in enumerate(frame["entity"]):
            assert told(found, row) == expected(result, entity, list(found.scores)), entity
        return "equal"
    return f"refused {', '.join(sorted(last))}"


def cases() -> Iterator[Any]:
    for param in test_conformance._cases():
        case = param.values[0]
        if "files" not in case:
            yield param


@pytest.mark.parametrize("case", list(cases()))
def test_conformance_case(case: dict[str, Any], record_property: Any) -> None:
    try:
        policy = assessdsl.loads(test_conformance.source(case).text, test_conformance.source(case).name)
    except assessdsl.PolicyError:
        return
    tables = {name: test_conformance._rows(case[name]) for name in test_conformance.TABLES if name in case}
    how = agree(policy, tables)
    print("HOW", how)
