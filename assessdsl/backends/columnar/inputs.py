"""What the columns of a frame hold, in the terms of a plan.

The keys are those of one entity's inputs (see prepared_inputs.py): `group`, facts, judgements and attributes by name,
`NAME.planned`, `NAME.actual` and so on of an indicator; beside them `entity`. Where targets and entries come in
tables of their own, an entity's items of an indicator are numbered, and so are the entries of an item:
`NAME.planned@1`, `NAME.actual@1@2` (see items.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, Literal

from attrs import field, frozen

from assessdsl.backends.columnar.forms import Day, Form, Held, Text, Truth, Whole
from assessdsl.backends.columnar.nodes import Bit
from assessdsl.backends.columnar.program import Program
from assessdsl.backends.columnar.translate import MISSING, Slot
from assessdsl.backends.prepared_inputs import WHO, sampled, unknown
from assessdsl.binding.targets import tags_of
from assessdsl.data.columns import column_of
from assessdsl.diagnostics import Diagnostic
from assessdsl.plan.inputs import FactSchema, IndicatorSchema, Schema
from assessdsl.plan.steps import Grain, Load
from assessdsl.quantity import Unit

Kind = Literal["number", "truth", "day", "text"]
FORFEITED: Final = "forfeited"  # a column of targets: taken out after the freeze, so nothing is scored without a report
HUNDREDTHS: Final = frozenset({Unit.SHARE, Unit.PERCENT, Unit.SURVEY, Unit.PP})
_DATES: Final = ("completed_on", "due")
_REPORTED: Final = ("actual", "completed_on")
_READ: Final = (
    "planned", "baseline", "plan_total", "weight", "due", "required", "actual", "completed_on", "sample", "level",
    "category", "item",
)  # fmt: skip
_READ_OF_ITEMS: Final = (*_READ, "tags", "direction", "state", "links_to")


@frozen
class Key:
    """What a column of a frame is."""

    kind: Kind
    unit: Unit
    places: int | None  # that are declared
    table: Literal["entities", "targets", "facts", "judgements"] = "entities"
    indicator: str = ""
    column: str = ""  # of the table
    words: tuple[tuple[str, str], ...] = ()  # of text that is one of some words: each with its label
    slot: Slot = ()  # of an item, or of an entry: its number
    years: int = 0  # how long ago it was reported

    @property
    def numbered(self) -> bool:
        """Whether it comes from a table of targets or of entries."""
        return bool(self.slot or self.years) or (bool(self.indicator) and not self.column)


@frozen
class Described:
    """What the values of a column are: whole numbers over `scale` that lie between `low` and `high`."""

    scale: int = 1
    low: int = 0
    high: int = 1
    nullable: bool = False
    words: tuple[str, ...] = ()  # of text, by number


def headings(schema: Schema, names: Sequence[str]) -> dict[str, str]:
    """Columns that the table of entities has under other names, too: `单位`, `组别` …; what each is called here."""
    found: dict[str, str] = {}
    own = {*(fact.name for fact in schema.facts), *schema.judgements}
    for name in names:
        id = column_of("entities", name)
        if id in ("group", *WHO) and id not in names and id not in found.values() and name not in own:
            found[name] = id
    return found


def keys_of(schema: Schema, names: Iterable[str]) -> tuple[dict[str, tuple[str, Key]], list[Diagnostic]]:
    """The columns of a frame by their names: the key under which each is known, and what it is."""
    facts = {fact.name: fact for fact in schema.facts}
    indicators = {indicator.name: indicator for indicator in schema.indicators}
    found: dict[str, tuple[str, Key]] = {}
    strange: list[str] = []
    for name in names:
        of, _, heading = name.rpartition(".")
        if name == "group":
            words = tuple(zip(schema.groups, schema.group_labels, strict=True))
            found[name] = "group", Key("text", Unit.GROUP, None, column="group", words=words)
        elif name in facts:
            found[name] = name, of_fact(facts[name])
        elif name in schema.judgements:
            found[name] = name, Key("truth", Unit.YES_NO, None, "judgements")
        elif sampled(name, facts):
            found[name] = f"{of}.sample", Key("number", Unit.COUNT, 0)
        elif of in indicators and (key := of_indicator(indicators[of], heading)) is not None:
            found[name] = f"{of}.{key.column}", key
        elif name not in WHO:
            strange.append(name)
    return found, [unknown(name, [*facts, *schema.judgements, *indicators]) for name in strange]


def _kind(unit: Unit) -> Kind:
    match unit:
        case Unit.YES_NO:
            return "truth"
        case Unit.DATE:
            return "day"
        case _ if unit.is_number or unit is Unit.SURVEY:
            return "number"
        case _:
            return "text"


def key_of(indicator: str, column: str, slot: Slot = ()) -> str:
    """The key of a column of an indicator. Without a name it is whether the item, or the entry, is there."""
    return (f"{indicator}.{column}" if column else indicator) + "".join(f"@{number + 1}" for number in slot)


def earlier(key: str, years: int) -> str:
    """The key of what was reported so many years ago."""
    return f"{key}~{years}"


def beyond(indicator: str) -> str:
    """The key of whether an entity has more items or entries than are numbered."""
    return f"{indicator}@"


def of_fact(fact: FactSchema) -> Key:
    return Key(_kind(fact.unit), fact.unit, _places(fact.unit, fact.places))


def _places(unit: Unit, declared: int | None) -> int | None:
    """A count is whole, unless the policy says otherwise of the thing that it counts."""
    return 0 if declared is None and unit.counts else declared


def of_indicator(indicator: IndicatorSchema, heading: str, *, items: bool = False) -> Key | None:
    """What a column of an indicator is, if it is read. `items`: of tables of targets and entries."""
    table: Literal["targets", "facts"]
    if items and heading == FORFEITED:
        return Key("truth", Unit.YES_NO, None, "targets", indicator.name, FORFEITED)
    for table in ("targets", "facts"):
        column = column_of(table, heading)
        if column is None:
            continue
        if column not in (_READ_OF_ITEMS if items else _READ):
            return None
        if column in _DATES:
            return Key("day", Unit.DATE, None, table, indicator.name, column)
        if column == "required":
            return Key("truth", Unit.YES_NO, None, table, indicator.name, column)
        if column in ("category", "item", "level", "tags", "direction", "state", "links_to"):
            words = tuple(zip(indicator.levels, indicator.level_labels, strict=True)) if column == "level" else ()
            return Key("text", Unit.TEXT, None, table, indicator.name, column, words)
        if column == "weight":
            return Key("number", Unit.NUMBER, None, table, indicator.name, column)
        if column == "sample":
            return Key("number", Unit.COUNT, 0, table, indicator.name, column)
        places = _places(indicator.unit, indicator.places)
        return Key("number", indicator.unit, places, table, indicator.name, column)
    return None


@frozen
class FrameInputs:
    """The columns as the values that a plan loads. `common`: what is the same for all, by its key."""

    schema: Schema
    program: Program
    keys: Mapping[str, Key]
    described: Mapping[str, Described]
    common: Mapping[str, Fraction]
    _indicators: dict[str, IndicatorSchema] = field(init=False)
    _numbered: dict[str, list[int]] = field(init=False)  # of indicators in tables of their own: items, and entries of
    # an item, at most
    _existing: dict[tuple[Grain, Slot], Bit] = field(factory=dict, init=False)

    @_indicators.default
    def _by_name(self) -> dict[str, IndicatorSchema]:
        return {indicator.name: indicator for indicator in self.schema.indicators}

    @_numbered.default
    def _most(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for key in self.keys.values():
            for place, number in enumerate(key.slot):
                most = found.setdefault(key.indicator, [1, 0])
                most[place] = max(most[place], number + 1)
        return found

    def slots(self, grain: Grain) -> Sequence[Slot]:
        """The items, or the entries, that an entity may have."""
        items, entries = self._numbered.get(grain.indicator, (1, 1))
        match grain.kind:
            case "target":
                return [(item,) for item in range(items)]
            case "entry":
                return [(item, entry) for item in range(items) for entry in range(entries)]
            case _:
                return [()]

    def _key(self, indicator: IndicatorSchema, column: str, slot: Slot) -> str:
        return key_of(indicator.name, column, slot if indicator.name in self._numbered else ())

    # ------------------------------------------------------------ the values

    def load(self, load: Load, grain: Grain, slot: Slot) -> Held:
        indicator = self._indicators.get(grain.indicator)
        match load.source:
            case "target" if indicator is not None and load.offset:
                return self._column(earlier(self._key(indicator, load.name, slot), load.offset))
            case "entity" if load.offset:
                return self._column(earlier(load.name, load.offset))
            case "target" if indicator is not None:
                return self._of_item(indicator, load.name, slot)
            case "entry" if indicator is not None:
                return self._column(self._key(indicator, load.name, slot))
            case "tag" if indicator is not None:
                return self._has_tag(self._column(self._key(indicator, "tags", slot)), load.name)
            case "entity" if load.name == "group":
                return Held(self.group())
            case "entity" if load.name in self.schema.judgements:
                return self._judgement(load.name)
            case "entity":
                return self._column(load.name)
            case "sample":
                own, sample = self._column(load.name), self._column(f"{load.name}.sample")
                return Held(sample.form, self.program.either(own.missing, sample.missing))
            case "benchmark":
                key = earlier(load.name, load.offset) if load.offset else load.name
                return Held(self._known(self.common[key])) if key in self.common else MISSING
            case _:
                return MISSING

    def _known(self, value: Fraction) -> Whole:
        return Whole(self.program.constant(value.numerator), value.denominator)

    def _judgement(self, name: str) -> Held:
        """What people did not find is not so."""
        return Held(Truth(self._found(self._column(name))))

    def _found(self, held: Held) -> Bit:
        """Where there is a yes."""
        there = self.program.opposite(held.missing)
        return self.program.both(held.form.bit, there) if isinstance(held.form, Truth) else False

    def _has_tag(self, tags: Held, name: str) -> Held:
        if not isinstance(tags.form, Text):
            return Held(Truth(False))
        p = self.program
        among = [number for number, word in enumerate(tags.form.words) if name in tags_of(word)]
        return Held(Truth(p.both(p.among(tags.form.node, among), p.opposite(tags.missing))))

    def _of_item(self, indicator: IndicatorSchema, name: str, slot: Slot) -> Held:
        match name:
            case "direction":
                return Held(Text(self.program.constant(0), (indicator.direction,)))
            case "is_target":
                return Held(Truth(self._is_target(indicator, slot)))
            case "forfeited":
                given = self._found(self._column(self._key(indicator, name, slot)))
                return Held(Truth(self.program.both(given, self.program.opposite(self._has_entries(indicator, slot)))))
            case "actual" | "completed_on" if indicator.many_entries:
                return MISSING  # each entry speaks for itself
            case _:
                return self._column(self._key(indicator, name, (*slot, 0) if name in _REPORTED else slot))

    def _column(self, key: str) -> Held:
        if key not in self.described:
            return MISSING
        p, kind, unit, column = self.program, self.keys[key].kind, self.keys[key].unit, self.described[key]
        missing: Bit = p.missing(key) if column.nullable else False
        form: Form
        match kind:
            case "number":
                scale = column.scale * (100 if unit in HUNDREDTHS else 1)
                form = Whole(p.column(key, column.low, column.high), scale)
            case "truth":
                form = Truth(p.bits(key))
            case "day":
                form = Day(p.column(key, column.low, column.high))
            case "text":
                form = self._text(key, column)
        return Held(form, missing)

    def _text(self, key: str, column: Described) -> Text:
        p = self.program
        if len(column.words) < 2:
            return Text(p.constant(0), column.words or ("",))
        return Text(p.column(key, 0, len(column.words) - 1), column.words)

    def group(self) -> Text:
        if "group" not in self.described:
            return Text(self.program.constant(0), ("",))
        return self._text("group", self.described["group"])

    # ------------------------------------------------------------ items

    def exists(self, grain: Grain, slot: Slot) -> Bit:
        if (grain, slot) not in self._existing:
            self._existing[grain, slot] = self._exists(self._indicators[grain.indicator], grain, slot)
        return self._existing[grain, slot]

    def _exists(self, indicator: IndicatorSchema, grain: Grain, slot: Slot) -> Bit:
        p = self.program
        if grain.kind == "entry":
            return p.both(self._reported(indicator, slot), self._applies(indicator))
        if not indicator.targeted:
            return self._applies(indicator) if slot == (0,) else False
        return p.both(self._anything(indicator, slot), self._applies(indicator))

    def _is_target(self, indicator: IndicatorSchema, slot: Slot) -> Bit:
        if indicator.shared and indicator.name not in self._numbered:
            return self._anything(indicator, slot)
        return self._registered(indicator, slot) if indicator.targeted else False

    def _anything(self, indicator: IndicatorSchema, slot: Slot) -> Bit:
        """Whether there is an item."""
        return self.program.either(self._registered(indicator, slot), self._has_entries(indicator, slot))

    def _has_entries(self, indicator: IndicatorSchema, slot: Slot) -> Bit:
        entries = self.slots(Grain("entry", indicator.name))
        return self.program.either(*(self._reported(indicator, entry) for entry in entries if entry[:1] == slot))

    def _registered(self, indicator: IndicatorSchema, slot: Slot) -> Bit:
        return self._any(indicator, "targets", slot)

    def _reported(self, indicator: IndicatorSchema, slot: Slot) -> Bit:
        return self._any(indicator, "facts", slot)

    def _any(self, indicator: IndicatorSchema, table: str, slot: Slot) -> Bit:
        """Whether the entity has the item or entry; or, where it is not numbered, a value in one of its columns."""
        p = self.program
        if indicator.name in self._numbered:
            key = key_of(indicator.name, "", slot)
            return p.opposite(self._column(key).missing) if key in self.described else False
        return p.either(
            *(
                p.opposite(p.missing(name)) if self.described[name].nullable else True
                for name, key in self.keys.items()
                if key.indicator == indicator.name and key.table == table
            )
        )

    def _applies(self, indicator: IndicatorSchema) -> Bit:
        if not indicator.groups:
            return True
        group = self.group()
        among = [number for number, word in enumerate(group.words) if word in indicator.groups or not word]
        return self.program.among(group.node, among)

    # ------------------------------------------------------------ what is wrong

    def wrong(self) -> Bit:
        """The rows that hold what the tables may not hold, of which the exact engine says what; or what columns leave
        to it."""
        p = self.program
        found: list[Bit] = []
        for name, key in self.keys.items():
            held = self._column(name)
            there = p.opposite(held.missing)
            if isinstance(held.form, Whole) and key.unit.counts:
                found.append(p.both(there, p.compare(held.form.node, "<", p.constant(0))))
            if isinstance(held.form, Whole) and key.column == "weight":
                found.append(p.both(there, p.compare(held.form.node, "<=", p.constant(0))))
            if isinstance(held.form, Text) and key.column in ("direction", "state", "links_to"):
                usual = [self._indicators[key.indicator].direction] if key.column == "direction" else []
                among = [number for number, word in enumerate(held.form.words) if word not in usual]
                found.append(p.both(there, p.among(held.form.node, among)))
            if name == beyond(key.indicator):
                found.append(there)
        if self.schema.groups:
            group = self.group()
            unlisted = [number for number, word in enumerate(group.words) if word not in self.schema.groups]
            found.append(p.among(group.node, unlisted))
            if "group" in self.described and self.described["group"].nullable:
                found.append(p.missing("group"))
        for indicator in self.schema.indicators:
            for slot in self.slots(Grain("target", indicator.name)):
                found += self._wrong_items(indicator, slot)
        return p.either(*found)

    def _wrong_items(self, indicator: IndicatorSchema, slot: Slot) -> Iterable[Bit]:
        p = self.program
        anything, target = self._anything(indicator, slot), self._is_target(indicator, slot)
        yield p.both(anything, p.opposite(self._applies(indicator)))
        if not indicator.targeted:
            yield self._registered(indicator, slot)
        for column in ("weight", "required"):
            if column in indicator.fields:
                yield p.both(target, self._column(self._key(indicator, column, slot)).missing)
