"""Tables made up for a policy: valid by the way they are built, and near where the policy turns.

All that is left open is asked of a `Pick`, a whole number between two others. So the same maker serves Hypothesis,
which draws and shrinks the numbers, and whoever needs the same data in every run.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, TypeVar

from attrs import define, field, frozen

from assessdsl.ast.nodes import Handling
from assessdsl.engine import Policy
from assessdsl.fairness.breakpoints import Breakpoints, Input, breakpoints
from assessdsl.fairness.case import Raw, resolution_of, written
from assessdsl.plan.inputs import FactSchema, IndicatorSchema
from assessdsl.plan.steps import Load
from assessdsl.quantity import Unit

T = TypeVar("T")

Pick = Callable[[int, int], int]
"""A whole number from the first to the last, both included; 0, or what is nearest to it, is the simplest."""

Record = dict[str, Raw]
Rows = tuple[tuple[str, Record], ...]
"""Records, each with the table in which it stands."""


_RANGE: Final[Mapping[Unit, tuple[Fraction, Fraction]]] = {
    Unit.PERCENT: (Fraction(-1, 5), Fraction(3, 2)),
    Unit.SHARE: (Fraction(0), Fraction(3, 2)),
    Unit.SURVEY: (Fraction(0), Fraction(1)),
    Unit.PP: (Fraction(-1, 10), Fraction(1, 10)),
    Unit.COUNT: (Fraction(0), Fraction(12)),
    Unit.DAYS: (Fraction(0), Fraction(60)),
    Unit.MONTHS: (Fraction(0), Fraction(24)),
    Unit.MONEY: (Fraction(0), Fraction(100_000)),
}
_OTHERS: Final = (Fraction(0), Fraction(120))
_ENTRIES: Final = 60  # of one item, at the most

_UNKNOWN: Final = ("missing", "absent")  # what an indicator may say about what was not given


@frozen
class Maker:
    """What is known of a policy's data before any is made."""

    policy: Policy
    breakpoints: Breakpoints
    tags: Mapping[str, tuple[str, ...]]  # that a policy asks for, by indicator
    years: tuple[int, ...]  # of the history, how many years ago
    handled: Mapping[str, frozenset[str]]  # by indicator or fact: what may be left out
    lower: frozenset[str]  # indicators of which less is better

    def entity(self, pick: Pick, name: str, group: str, benchmarks: Mapping[Input, Fraction]) -> Rows:
        """What is said of one entity."""
        making = _Making(self, pick, name, group, dict(benchmarks))
        making.facts()
        for schema in self.policy.plan.schema.indicators:
            if not schema.groups or group in schema.groups or not group:
                making.indicator(schema)
        making.history()
        return tuple(making.rows)

    def carried(self, pick: Pick, name: str, group: str) -> tuple[Record, ...]:
        """The targets of the first indicator by which an entity of the group can carry any."""
        for schema in self.policy.plan.schema.indicators:
            if schema.targeted and (not schema.groups or group in schema.groups or not group):
                making = _Making(self, pick, name, group, {})
                making.indicator(schema, carried=True)
                return tuple(record for table, record in making.rows if table == "targets")
        return ()

    def benchmarks(self, pick: Pick) -> tuple[Rows, dict[Input, Fraction]]:
        rows: list[tuple[str, Record]] = []
        known: dict[Input, Fraction] = {}
        for schema in self.policy.plan.schema.benchmarks:
            for ago in (0, *sorted(schema.past)):
                input = Input("benchmark", schema.name)
                value = near(self, pick, input, schema.unit, schema.places, known)
                if not ago:
                    known[input] = value
                rows.append(("benchmarks", {"name": schema.name, "value": cell(value, schema.unit)} | self.year(ago)))
        return tuple(rows), known

    def year(self, ago: int) -> Record:
        return {"period": str(self.policy.plan.schema.period.before(ago))} if ago else {}


def maker(policy: Policy) -> Maker:
    tags: dict[str, dict[str, None]] = {}
    years: set[int] = set()
    for step in policy.plan.steps:
        match step.operation:
            case Load(source="tag", name=name):
                tags.setdefault(step.grain.indicator, {}).setdefault(name)
            case Load(source="history", offset=ago):
                years.add(ago)
            case _:
                pass
    tree = policy.checked.policy
    handled = {
        indicator.name: frozenset(word for word in _UNKNOWN if _stands_in(getattr(indicator, word)))
        for indicator in tree.indicators
    }
    handled |= {fact.name: frozenset({"missing"} if _stands_in(fact.missing) else ()) for fact in tree.facts}
    return Maker(
        policy=policy,
        breakpoints=breakpoints(policy.plan),
        tags={name: tuple(found) for name, found in tags.items()},
        years=tuple(sorted(years)),
        handled=handled,
        lower=frozenset(one.name for one in policy.plan.schema.indicators if one.direction == "lower"),
    )


def _stands_in(handling: Handling | None) -> bool:
    return handling is not None and handling.kind != "error"


def entity_name(number: int, language: str) -> str:
    """What made-up entities are called: 甲 乙 丙 … or A B C …"""
    letters, more = ("甲乙丙丁戊己庚辛", "单位{}") if language == "zh" else ("ABCDEFGH", "entity {}")
    return letters[number] if number < len(letters) else more.format(number + 1)


# ---------------------------------------------------------------- single values


def one_of(pick: Pick, values: Sequence[T]) -> T:
    return values[pick(0, len(values) - 1)]


def seldom(pick: Pick, times: int) -> bool:
    """Once in so many times; the simplest is not."""
    return pick(0, times - 1) == times - 1


def near(
    maker: Maker, pick: Pick, input: Input, unit: Unit, places: int | None, known: Mapping[Input, Fraction]
) -> Fraction:
    """A value that can be reported: any, or one at or next to where the policy turns."""
    smallest = resolution_of(unit, places)
    low, high = _range(maker, input, unit)
    free = pick(-int(-low // smallest), int(high // smallest)) * smallest
    turns = turning(maker.breakpoints, input, unit, places, known, free)
    if input.indicator in maker.lower:
        turns = tuple(turn for turn in turns if turn >= 0)
    if not turns or pick(0, 2) == 0:
        return free
    return one_of(pick, turns)


def turning(
    found: Breakpoints,
    input: Input,
    unit: Unit,
    places: int | None,
    known: Mapping[Input, Fraction],
    near: Fraction | None = None,
) -> tuple[Fraction, ...]:
    """The reportable values at and on both sides of every surface that the others leave to this input."""
    smallest = resolution_of(unit, places)
    values: dict[Fraction, None] = {}
    for surface in found.of(input):
        turn = surface.solve(input, known, near)
        if turn is not None:
            below = (turn // smallest) * smallest
            for steps in (0, 1, -1):
                values.setdefault(below + steps * smallest)
    if input.name == "planned":
        values.setdefault(Fraction(0))
    return tuple(value for value in values if _possible(value, input, unit))


def _possible(value: Fraction, input: Input, unit: Unit) -> bool:
    if input.name == "weight":
        return value > 0
    if unit is Unit.SURVEY and value > 1:
        return False
    if unit is Unit.DATE:
        return date(1900, 1, 1).toordinal() <= value <= date(9000, 1, 1).toordinal()
    return value >= 0 or unit in (Unit.PERCENT, Unit.PP, Unit.NUMBER, Unit.MONEY)


def _range(maker: Maker, input: Input, unit: Unit) -> tuple[Fraction, Fraction]:
    """Wide enough for the thresholds that stand in the policy alone."""
    if unit is Unit.DATE:
        year = maker.policy.plan.schema.period
        return Fraction(year.first_day.toordinal()), Fraction(year.last_day.toordinal())
    low, high = _RANGE.get(unit, _OTHERS)
    if input.indicator in maker.lower:
        low = max(low, Fraction(0))  # what should be low (a rate of infection) is counted from none
    turns = (surface.solve(input, {}) for surface in maker.breakpoints.of(input) if surface.kind != "rounding")
    high = max((high, *(turn * Fraction(5, 4) for turn in turns if turn is not None)))
    return low, min(high, Fraction(10**9))


def cell(value: Fraction, unit: Unit) -> Raw:
    return date.fromordinal(int(value)) if unit is Unit.DATE else written(value, unit)


# ---------------------------------------------------------------- one entity


@define
class _Making:
    """The rows of an entity while they are made."""

    maker: Maker
    pick: Pick
    name: str
    group: str
    known: dict[Input, Fraction]
    rows: list[tuple[str, Record]] = field(factory=list)

    def facts(self) -> None:
        schema = self.maker.policy.plan.schema
        row: Record = {"entity": self.name}
        if self.group:
            row["group"] = self.group
        self.rows.append(("entities", row))
        for fact in schema.facts:
            if fact.attribute:
                if self._given(fact.name):
                    row[fact.name] = self._fact(fact)
                continue
            for ago in (0, *sorted(fact.past)):
                if self._given(fact.name):
                    record: Record = {"entity": self.name, "fact": fact.name, "actual": self._fact(fact)}
                    if fact.unit is Unit.SURVEY:
                        sample = near(self.maker, self.pick, Input("sample", fact.name), Unit.COUNT, 0, self.known)
                        record["sample"] = sample
                    self.rows.append(("facts", record | self.maker.year(ago)))
        for judgement in schema.judgements:
            if seldom(self.pick, 4):
                found: Record = {"judgement": judgement, "author": "office", "evidence": "report"}
                self.rows.append(("judgements", {"entity": self.name} | found))

    def _given(self, name: str) -> bool:
        return "missing" not in self.maker.handled[name] or not seldom(self.pick, 6)

    def _fact(self, fact: FactSchema) -> Raw:
        return self._value(Input("entity", fact.name), fact.unit, fact.places)

    def _value(self, input: Input, unit: Unit, places: int | None) -> Raw:
        if unit is Unit.YES_NO:
            return bool(self.pick(0, 1))
        if unit is Unit.TEXT:
            return self._text(input)
        value = near(self.maker, self.pick, input, unit, places, self.known)
        self.known[input] = value
        return cell(value, unit)

    def _text(self, input: Input) -> str:
        words = self.maker.breakpoints.words.get(input)
        return one_of(self.pick, words) if words else f"{input.name} {self.pick(1, 3)}"

    # ------------------------------------------------------------ indicators

    def indicator(self, schema: IndicatorSchema, *, carried: bool = False) -> None:
        """carried: the entity has a target."""
        own = dict(self.known)  # of one target nothing is known to the next
        common: Record = {"entity": self.name, "indicator": schema.name}
        if not schema.targeted:
            self._reports(schema, common)
            return
        least = 0 if "absent" in self.maker.handled[schema.name] and not carried else 1
        registered = schema.fields & {"planned", "baseline", "weight", "due", "required"}
        if not carried and not registered and not schema.shared and self.pick(0, 1) == 0:
            self._reports(schema, common)
            return
        most = 3 if schema.shared else 1
        for number in range(least if seldom(self.pick, 4) else self.pick(1, most)):
            self.known = dict(own)
            target = f"{self.name}-{schema.name}-{number + 1}"
            row: Record = {"target": target, **common}
            for column in ("planned", "baseline"):
                if column in schema.fields:
                    row[column] = self._value(Input("target", column, schema.name), schema.unit, schema.places)
            if "weight" in schema.fields or schema.shared:
                weight = Fraction(self.pick(1, 10))
                row["weight"] = self.known[Input("target", "weight", schema.name)] = weight
            if schema.fields & {"due", "late_days", "completed_on"}:
                row["due"] = self._value(Input("target", "due", schema.name), Unit.DATE, None)
            row["required"] = self.pick(0, 3) < 3
            for column in self.maker.policy.plan.schema.required_columns:
                row.setdefault(column, "office" if column != "due" else date(self._year, 12, 31))
            if "links_to" in row:  # what is part of a plan of several years says how much that asks for
                row["plan_total"] = cell(Fraction(self.pick(1, 10)), schema.unit)
            if tags := [tag for tag in self.maker.tags.get(schema.name, ()) if self.pick(0, 1)]:
                row["tags"] = "、".join(tags)
            self.rows.append(("targets", row))
            self._reports(schema, {"target": target})
        self.known = own

    @property
    def _year(self) -> int:
        return self.maker.policy.plan.schema.period.year

    def _reports(self, schema: IndicatorSchema, common: Record) -> None:
        """What was reported of one item."""
        if schema.many_entries:
            for number in range(self._entries(schema)):
                self._report(schema, common, "entry", number)
            return
        for ago in (0, *sorted(schema.past)):
            self._report(schema, common, "target", 0, ago)

    def _entries(self, schema: IndicatorSchema) -> int:
        least = 0 if "missing" in self.maker.handled[schema.name] or "actual" not in schema.fields else 1
        count = Input("count", "", schema.name)
        turns = turning(self.maker.breakpoints, count, Unit.COUNT, 0, self.known)
        if turns and seldom(self.pick, 3):
            return max(least, min(_ENTRIES, int(one_of(self.pick, turns))))
        return self.pick(least, 4)

    def _report(self, schema: IndicatorSchema, common: Record, source: str, number: int, ago: int = 0) -> None:
        row: Record = {}
        optional = "missing" in self.maker.handled[schema.name] or source == "entry"
        if not ago and schema.states and seldom(self.pick, 6):
            row["state"] = one_of(self.pick, sorted(schema.states))
        if "actual" in schema.fields and not (optional and seldom(self.pick, 8)):
            row["actual"] = self._value(_input(source, "actual", schema), schema.unit, schema.places)
        if schema.fields & {"completed_on", "late_days", "completed"} and self.pick(0, 3) < 3:
            row["completed_on"] = self._value(_input(source, "completed_on", schema), Unit.DATE, None)
        if schema.levels:
            row["level"] = one_of(self.pick, schema.levels)
        if "category" in schema.fields:
            row["category"] = self._text(_input(source, "category", schema))
        if schema.many_entries and ("item" in schema.fields or not row or schema.levels):
            row["item"] = f"item {self.pick(1, 3) if seldom(self.pick, 3) else number + 1}"
        if row.get("state") == "not_applicable":
            row = {"state": "not_applicable"}
        if row:
            self.rows.append(("facts", common | row | self.maker.year(ago)))

    # ------------------------------------------------------------ earlier years

    def history(self) -> None:
        plan = self.maker.policy.plan
        for ago in self.maker.years:
            if seldom(self.pick, 6):
                continue
            row: Record = {"period": str(self._year - ago), "entity": self.name}
            if self.group:
                row["group"] = self.group
            row |= {"total": Fraction(self.pick(0, 100)), "rank": Fraction(self.pick(1, 4))}
            if plan.tiers:
                row["tier"] = one_of(self.pick, [name for name, _ in plan.tiers])
            self.rows.append(("history", row))


def _input(source: str, name: str, schema: IndicatorSchema) -> Input:
    return Input("entry" if source == "entry" else "target", name, schema.name)
