"""What was reported: rows about targets, about indicators of an entity, and about an entity's own facts."""

from collections.abc import Iterable, Mapping, Set

from attrs import define, field

from assessdsl.binding.cells import Calendar, name_in, scalar, text_in
from assessdsl.binding.entities import Roster, put_fact
from assessdsl.binding.naming import Naming, of_facts, of_indicators, of_judgements, of_levels
from assessdsl.binding.states import state_in, told_value
from assessdsl.binding.targets import Target, applies, find_indicator, indicators_of
from assessdsl.data.remarks import Remarks, both
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import Datum, Row
from assessdsl.plan.inputs import FactSchema, IndicatorSchema, Schema
from assessdsl.quantity import Unit

Entry = Mapping[str, Datum]

# What an entry says beside the value.
_OTHERS = (
    ("completed_on", Unit.DATE),
    ("sample", Unit.COUNT),
    ("level", Unit.TEXT),
    ("category", Unit.TEXT),
    ("item", Unit.TEXT),
)
_REPORTED = frozenset({"actual", "state", *(column for column, _ in _OTHERS)})


@define
class Reports:
    """The reported rows of each item, by indicator, entity and target ("" without one)."""

    schema: Schema
    roster: Roster
    scored: Mapping[str, Target]
    present: Mapping[str, Target]
    unread: Set[str]  # targets of which it was told that they are wrong
    remarks: Remarks
    entries: dict[tuple[str, str, str], list[Entry]] = field(factory=dict)
    _targets: dict[tuple[str, str], list[str]] = field(init=False, factory=dict)
    _indicators: Mapping[str, IndicatorSchema] = field(init=False)
    _facts: Mapping[str, FactSchema] = field(init=False)
    _named: Naming = field(init=False)  # indicators
    _named_facts: Naming = field(init=False)
    _named_levels: dict[str, Naming] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self._indicators = indicators_of(self.schema)
        self._facts = {fact.name: fact for fact in self.schema.facts}
        self._named, self._named_facts = of_indicators(self.schema), of_facts(self.schema)
        self._named_levels = {indicator.name: of_levels(indicator) for indicator in self.schema.indicators}
        for name, target in self.scored.items():
            self._targets.setdefault((target.indicator, target.entity), []).append(name)

    def read(self, rows: Iterable[Row], calendar: Calendar) -> None:
        for row in rows:
            if calendar.holds(row):
                scalar(row, "verified", Unit.YES_NO, None, self.remarks)
                self._read(row)

    def _read(self, row: Row) -> None:
        given = [column for column in ("target", "indicator", "fact") if column in row.held]
        if not given:
            self.remarks.add("AS6230", row.at("indicator"))
        elif "fact" in given and len(given) > 1:
            self.remarks.add("AS6231", row.at("fact"), fact=text_in(row, "fact"), other=text_in(row, given[0]))
        elif "fact" in given:
            self._read_fact(row)
        elif "target" in given:
            self._read_of_target(row)
        else:
            self._read_of_indicator(row)

    def _read_fact(self, row: Row) -> None:
        text, entity = name_in(row, "fact", self.remarks), self.roster.find(row, self.remarks)
        name = self._named_facts.find(text)
        schema = None if name is None else self._facts[name]
        if schema is None:
            suggestion = self._named_facts.like(text, self.remarks)
            self.remarks.add("AS6204", row.at("fact"), name=text, suggestion=suggestion)
        elif schema.attribute:
            self.remarks.add("AS6241", row.at("fact"), name=schema.name)
        elif entity is not None:
            state = state_in(row, self.remarks)
            if state == "missing":
                told_value(row, state, self.remarks)
            elif state not in ("", "reported"):
                self.remarks.add("AS6239", row.at("state"), state=both("name", state), indicator=schema.name)
            put_fact(entity, schema, row, "actual", self.remarks)
            if schema.unit is Unit.SURVEY and (sample := scalar(row, "sample", Unit.COUNT, None, self.remarks)):
                entity.samples.setdefault(schema.name, sample)

    def _read_of_target(self, row: Row) -> None:
        name = name_in(row, "target", self.remarks)
        target = self.scored.get(name)
        entity = self.roster.find(row, self.remarks, needed=False)
        indicator = find_indicator(row, self._indicators, self._named, self.remarks, needed=False)
        if target is None:
            if name not in self.present and name not in self.unread:  # of these it was told why they are not scored
                suggestion = self.remarks.like("target", name, self.scored)
                self.remarks.add("AS6209", row.at("target"), name=name, suggestion=suggestion)
            return
        present = self.present.get(name, target)
        if entity is not None and entity.name not in (target.entity, present.entity):
            self._contradiction(row, "entity", name, target.entity)
        elif indicator is not None and indicator.name not in (target.indicator, present.indicator):
            self._contradiction(row, "indicator", name, target.indicator)
        else:
            scored_by = self._indicators[target.indicator]
            self._put(row, scored_by, target.entity, name if scored_by.targeted else "")

    def _contradiction(self, row: Row, column: str, target: str, registered: str) -> None:
        self.remarks.add(
            "AS6218", row.at(column), target=target, column=both("column", column),
            reported=text_in(row, column), registered=registered,
        )  # fmt: skip

    def _read_of_indicator(self, row: Row) -> None:
        entity = self.roster.find(row, self.remarks)
        indicator = find_indicator(row, self._indicators, self._named, self.remarks)
        if entity is None or indicator is None:
            return
        if not applies(indicator, entity):
            self.remarks.add(
                "AS6212", row.at("indicator"), indicator=indicator.name, entity=entity.name, group=entity.group
            )
            return
        targets = self._targets.get((indicator.name, entity.name), []) if indicator.targeted else []
        if len(targets) > 1:
            self.remarks.add(
                "AS6229", row.at("target"), entity=entity.name, indicator=indicator.name, targets="、".join(targets[:5])
            )
            return
        self._put(row, indicator, entity.name, targets[0] if targets else "")

    def _put(self, row: Row, indicator: IndicatorSchema, entity: str, target: str) -> None:
        entry = self._entry(row, indicator)
        entries = self.entries.setdefault((indicator.name, entity, target), [])
        if entries and not indicator.many_entries:
            self.remarks.add("AS6211", row.cell, entity=entity, indicator=indicator.name, target=target)
        if not (indicator.many_entries or indicator.past or indicator.states or indicator.fields & _REPORTED):
            unused = Diagnostic("AS6250", arguments={"indicator": indicator.name}, cell=row.cell)
            self.remarks.gather((unused.code, indicator.name), unused)
        entries.append(entry)

    def _state(self, row: Row, indicator: IndicatorSchema) -> Datum | None:
        """The state of the fact, where it is neither reported nor missing."""
        state = state_in(row, self.remarks)
        if state in ("", "reported"):
            return None
        if state in ("missing", "not_applicable"):
            told_value(row, state, self.remarks)
        if state == "missing":
            return None
        if state not in indicator.states:
            shown = both("name", state)
            self.remarks.add("AS6239", row.at("state"), state=shown, indicator=indicator.name)
        return Datum(state, row.at("state"))

    def _entry(self, row: Row, indicator: IndicatorSchema) -> Entry:
        found = {}
        actual = scalar(row, "actual", indicator.unit, indicator.places, self.remarks, of=indicator.name)
        if actual is not None:
            found["actual"] = actual
        for column, unit in _OTHERS:
            if column in row.held and (datum := scalar(row, column, unit, None, self.remarks)) is not None:
                found[column] = datum
            elif unit is Unit.TEXT and column in indicator.fields:
                self.remarks.add("AS6235", row.at(column), column=both("column", column), indicator=indicator.name)
        if (state := self._state(row, indicator)) is not None:
            found["state"] = state
        if indicator.levels and (level := text_in(row, "level")):
            named = self._named_levels[indicator.name]
            name, cell = named.find(level), row.at("level")
            found["level"] = Datum(level if name is None else name, cell)
            if name is None:
                suggestion = named.like(level, self.remarks)
                self.remarks.add("AS6208", cell, name=level, indicator=indicator.name, suggestion=suggestion)
        return found


def read_judgements(schema: Schema, rows: Iterable[Row], roster: Roster, calendar: Calendar, remarks: Remarks) -> None:
    """What people found. A judgement binds someone to someone's finding, so it names its author and evidence."""
    named = of_judgements(schema)
    for row in rows:
        if not calendar.holds(row):
            continue
        entity, text = roster.find(row, remarks), name_in(row, "judgement", remarks)
        name = named.find(text)
        scalar(row, "date", Unit.DATE, None, remarks)
        for column in ("author", "evidence"):
            if not row.has(column):
                remarks.add("AS6219", row.at(column), name=text, column=both("column", column))
        if text and name is None:
            remarks.add("AS6206", row.at("judgement"), name=text, suggestion=named.like(text, remarks))
        elif name is not None and entity is not None:
            found = Datum(True, row.at("judgement"), text_in(row, "author"), text_in(row, "evidence"))
            entity.facts.setdefault(name, found)
    for entity in roster.entities.values():
        for name in schema.judgements:
            entity.facts.setdefault(name, Datum(False))
