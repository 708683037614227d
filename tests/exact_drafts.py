"""Plans and data written down by hand, small enough to be read, for the tests of the exact backend."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from attrs import define, field

from assessdsl.backends import run
from assessdsl.backends.columns import Columns, Fault, Value
from assessdsl.facts import Dataset, Datum, EntityRecord, Item, Missing, PastResult
from assessdsl.period import Period
from assessdsl.plan.steps import ENTITY, POLICY, Constant, Grain, Load, Operation, Outputs, Plan, Schema, Step
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
