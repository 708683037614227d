"""Plans and data written down by hand, small enough to be read, for the tests of the exact backend."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from attrs import define, evolve, field

from assessdsl.backends import run
from assessdsl.backends.columns import Columns, Fault, Value
from assessdsl.facts import Dataset, Datum, EntityRecord, Item, Missing, PastResult
from assessdsl.period import Period
from assessdsl.plan.inputs import Schema
from assessdsl.plan.steps import (
    ENTITY,
    POLICY,
    Aggregate,
    Band,
    BandTier,
    Calculate,
    Choose,
    Combine,
    Compare,
    ComponentOutput,
    Constant,
    FindingOutput,
    Gate,
    Grain,
    IndicatorOutput,
    InGroup,
    Load,
    Logic,
    Operation,
    Outputs,
    Part,
    Plan,
    Raise,
    Rank,
    Round,
    Stage,
    Step,
    Supply,
)
from assessdsl.quantity import Unit
from assessdsl.source import NOWHERE, Cell, Span

MISSING = Missing()


def exact(value: Any) -> Any:
    """Whole numbers as fractions, None as a missing value."""
    if value is None:
        return MISSING
    return Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value


def plain(value: Value) -> Any:
    """As tests write values: a missing value is None, a fault its code."""
    match value:
        case Missing():
            return None
        case Fault(code):
            return code
        case _:
            return value


def data(**fields: Any) -> dict[str, Datum]:
    return {name: Datum(exact(value), Cell("facts.csv", 2, name)) for name, value in fields.items()}


def entity(
    name: str, group: str = "g", *, before: Sequence[str] = (), samples: Any = None, **facts: Any
) -> EntityRecord:
    cell = Cell("entities.csv", 2 + len(name))
    return EntityRecord(name, f"“{name}”", group, data(**facts), data(**(samples or {})), tuple(before), cell)


def item(
    row: int, target: str = "", *, entries: Iterable[Mapping[str, Any]] = (), tags: str = "", **fields: Any
) -> Item:
    cell = Cell("targets.csv", 2 + row)
    return Item(
        row, target, data(**fields), tuple(data(**entry) for entry in entries), frozenset(tags.split()), cell=cell
    )


def past(name: str, rank: Any, *, group: str = "g", total: Any = 80, tier: Any = "good") -> PastResult:
    return PastResult(name, group, exact(total), exact(rank), exact(tier), Cell("history.csv", 2))


def dataset(
    *entities: EntityRecord,
    items: Mapping[str, Sequence[Item]] | None = None,
    benchmarks: Mapping[str, Datum] | None = None,
    history: Mapping[int, Sequence[PastResult]] | None = None,
) -> Dataset:
    return Dataset(
        entities,
        {name: tuple(rows) for name, rows in (items or {}).items()},
        benchmarks or {},
        {year: tuple(rows) for year, rows in (history or {}).items()},
    )


@define
class Draft:
    """A plan in the making."""

    groups: tuple[str, ...] = ("g", "h")
    tiers: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    steps: list[Step] = field(factory=list)

    def add(
        self,
        operation: Operation,
        grain: Grain = ENTITY,
        unit: Unit = Unit.NUMBER,
        name: str = "",
        span: Span = NOWHERE,
    ) -> int:
        self.steps.append(Step(len(self.steps), operation, grain, unit, span, name))
        return len(self.steps) - 1

    def fact(self, name: str) -> int:
        return self.add(Load("entity", name), name=name)

    def of(self, indicator: str, name: str) -> int:
        return self.add(Load("target", name), Grain("target", indicator), name=name)

    def entry(self, indicator: str, name: str) -> int:
        return self.add(Load("entry", name), Grain("entry", indicator), name=name)

    def constant(self, value: Any, grain: Grain = POLICY) -> int:
        return self.add(Constant(exact(value)), grain)

    def plan(self, outputs: Outputs | None = None) -> Plan:
        return Plan(
            name="draft",
            label="Draft",
            language=self.language,
            fingerprint="sha256:0",
            steps=tuple(self.steps),
            outputs=outputs or Outputs((), 0, (), 0, None, None, None, ()),
            schema=Schema(Period(2022), self.groups, (), (), (), (), ()),
            tiers=self.tiers,
            groups=tuple((name, name.upper()) for name in self.groups),
        )

    def columns(self, data: Dataset) -> Columns:
        return run(self.plan(), data)

    def run(self, data: Dataset, id: int = -1) -> list[Any]:
        """The values of a step, of the last without a number."""
        return [plain(value) for value in self.columns(data).values[id]]


def day(text: str) -> date:
    return date.fromisoformat(text)


ROADS, SAFETY = Grain("target", "roads"), Grain("target", "safety")


def office(language: str = "en") -> Plan:
    """A small policy: roads by target, safety by entity with a gate, a bonus, rank, two tiers, three findings."""
    d = Draft(tiers=(("top", "Top"), ("rest", "Rest")), language=language)
    yes, full, half, zero = d.constant(True), d.constant(100), d.constant(50), d.constant(0)
    in_g = d.add(InGroup(("g",)))
    # roads: the share that was built, of 50 points, by weight; who has no road has the mean
    built, planned = d.of("roads", "actual"), d.of("roads", "planned")
    road_points = d.add(Calculate("*", (half, d.of("roads", "weight"))), ROADS, Unit.POINTS)
    share = d.add(Calculate("/", (built, planned)), ROADS, Unit.SHARE)
    road_score = d.add(Calculate("*", (share, road_points)), ROADS, Unit.POINTS)
    met = d.add(Compare(">=", built, planned), ROADS, Unit.YES_NO)
    roads = d.add(Aggregate("sum", road_score, ROADS, ENTITY), unit=Unit.POINTS)
    number = d.add(Aggregate("count", planned, ROADS, ENTITY), unit=Unit.COUNT)
    absent = d.add(Compare("==", number, zero), unit=Unit.YES_NO)
    # safety: 50 points, of the group g only, none after an accident
    given = d.of("safety", "actual")
    gated = d.add(Gate("safe", given, d.fact("accident")), SAFETY, Unit.POINTS)
    safe = d.add(Aggregate("sum", gated, SAFETY, ENTITY), unit=Unit.POINTS)
    safe_points = d.add(Choose(in_g, half, zero), unit=Unit.POINTS)
    parts = (Part("roads", roads, half, averaged=absent), Part("safety", safe, safe_points))
    base = d.add(Combine(parts, full), unit=Unit.POINTS)
    mean = d.add(Calculate("/", (safe, safe_points)), ENTITY, Unit.SHARE)
    stands_in = d.add(Calculate("*", (half, mean)), ENTITY, Unit.POINTS)
    instead = d.add(Choose(absent, stands_in, roads), unit=Unit.POINTS)
    award = d.add(Supply(d.fact("award"), zero), unit=Unit.POINTS)
    bonus = d.add(Combine((Part("award", award, zero, counted=False),)), unit=Unit.POINTS)
    both = (Part("base", base, full), Part("extra", bonus, zero, counted=False))
    summed = d.add(Combine(both), unit=Unit.POINTS)
    total = d.add(Round(summed, "half_up", 1), unit=Unit.POINTS)
    rank = d.add(Rank((total,), "group", "shared"), unit=Unit.COUNT)
    top = BandTier("top", d.constant(Fraction(1, 2)), rounded="up")
    tier = d.add(Band(rank, "group", (top, BandTier("rest"))), unit=Unit.TIER)
    unmet = d.add(Logic("not", (met,)), ROADS, Unit.YES_NO)
    some = d.add(Aggregate("any", unmet, ROADS, ENTITY), unit=Unit.YES_NO)
    fault = d.fact("fault")
    findings = (
        d.add(Raise("explain", some, (unmet,), d.constant(15))),
        d.add(Raise("refer", fault, (fault,))),
        d.add(Raise("warn", d.add(Compare("==", d.add(Load("history", "tier", 1)), d.constant("rest"))))),
    )
    awards = d.constant(0, Grain("target", "award"))
    road = IndicatorOutput(
        "roads", "Roads", road_points, (Stage("score", road_score),), met, roads, half, yes, absent, instead=instead
    )
    safety = IndicatorOutput("safety", "Safety", half, (Stage("gate", gated),), None, safe, safe_points, in_g, None)
    extra = IndicatorOutput("award", "", zero, (Stage("score", awards),), None, award, zero, yes, None)
    components = (
        ComponentOutput("base", "Base", "base", (road, safety), (Stage("sum", base),), base, full, yes),
        ComponentOutput("extra", "Extra", "bonus", (extra,), (Stage("sum", bonus),), bonus, zero, yes),
    )
    names = ("explain", "refer", "warn")
    outputs = Outputs(
        components=components,
        full=full,
        total_stages=(Stage("sum", summed), Stage("rounding", total)),
        total=total,
        rank=rank,
        tier=tier,
        eligible=None,
        findings=tuple(FindingOutput(n, n.title(), step) for n, step in zip(names, findings, strict=True)),
        places=1,
    )
    return d.plan(outputs)


def road(row: int, target: str, actual: Any, *, planned: Any = 10, weight: Any = 1) -> Item:
    return item(row, target, actual=actual, planned=planned, weight=weight)


def office_data(*, accident: Any = False, built: Any = 5, fault: Any = True) -> Dataset:
    """East has two roads, one of them not finished; west has none; south stands in the other group."""
    found = entity("east", accident=accident, award=2)
    found = evolve(
        found, facts={**found.facts, "fault": Datum(exact(fault), Cell("judgements.csv", 3), "panel", "no. 7")}
    )
    return dataset(
        found,
        entity("west", accident=False, fault=False),
        entity("south", "h", fault=False),
        items={
            "roads": [
                road(0, "t1", 10, weight=Fraction(3, 5)),
                road(0, "t2", built, weight=Fraction(2, 5)),
                road(2, "t3", 12),
            ],
            "safety": [item(0, actual=45), item(1, actual=30)],
        },
        history={2021: [past("west", 2, tier="rest"), past("south", 1, group="h", tier="top")]},
    )
