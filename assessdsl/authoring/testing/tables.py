"""The data of a test: the files that it uses, its own rows, and the entities of its tables of cases."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import define, evolve, field

from assessdsl.ast.operands import Remarks
from assessdsl.authoring.testing.expectations import outcome
from assessdsl.authoring.testing.records import Cases, Expectation, PolicyTest
from assessdsl.data import read_facts, read_table
from assessdsl.data.columns import COLUMNS, column_of, rows_of
from assessdsl.data.remarks import Remarks as DataRemarks
from assessdsl.diagnostics import DataError
from assessdsl.facts import Facts, Row, Value
from assessdsl.plan.inputs import Schema
from assessdsl.source import Cell
from assessdsl.vocabulary import nearest, vocabulary

_SAID_ONLY: Final = ("owner", "standard", "source")  # columns of a target that no score reads
_KEYS: Final = frozenset({"target", "entity", "indicator", "fact", "label", "period", *_SAID_ONLY})
_OF_TARGETS: Final = frozenset(COLUMNS["targets"]) - _KEYS
_OF_REPORTS: Final = frozenset(COLUMNS["facts"]) - _KEYS


def facts_of(test: PolicyTest, schema: Schema, remarks: Remarks) -> tuple[Facts, tuple[Expectation, ...]]:
    """The facts, and what the tables of cases expect. Raises DataError where a table is wrong."""
    facts = Facts()
    for file in test.files:
        facts = read_table(file.path, file.table, facts) if file.table else read_facts(file.path)
    found = DataRemarks()
    for given in test.given:
        rows = rows_of(given.table, Cell(given.span.source.name, given.span.line), given.lines, found, even=True)
        facts = _added(facts, given.table, rows)
    expected: list[Expectation] = []
    for cases in test.cases:
        table = _CaseTable(cases, schema, test.name, remarks)
        expected += table.read()
        for name, more in table.tables.items():
            facts = _added(facts, name, tuple(more))
    if found.wrong:
        raise DataError(found.found)
    return evolve(facts, remarks=(*facts.remarks, *found.found)), tuple(expected)


def _added(facts: Facts, table: str, rows: tuple[Row, ...]) -> Facts:
    held: dict[str, Any] = {table: (*(getattr(facts, table) or ()), *rows)}
    return evolve(facts, **held)


@define
class _CaseTable:
    """Turns each row into an entity with its targets and reports."""

    cases: Cases
    schema: Schema
    author: str  # of judgements; what stands where a target must name its owner or standard
    remarks: Remarks
    tables: dict[str, list[Row]] = field(factory=dict)

    def read(self) -> Iterator[Expectation]:
        for heading in (*self.cases.columns, *(heading for heading, _ in self.cases.constants)):
            self.told_unknown(heading)
        for row in self.cases.rows:
            held = dict(self.cases.constants) | dict(zip(self.cases.columns, row.cells, strict=True))
            place = Cell(row.span.source.name, row.span.line)
            entity = next((text for heading, text in held.items() if _is_entity(heading)), "")
            if not entity:
                self.remarks.add("AS9511", row.span)
                continue
            self.entity(entity, held, place)
            for heading, value in zip(self.cases.expected, row.expected, strict=True):
                yield from outcome(entity, heading, value, value.span, self.remarks)

    def told_unknown(self, heading: tuple[str, ...]) -> None:
        if self.place_of(heading) is None:
            known = [fact.name for fact in self.schema.facts] + [one.name for one in self.schema.indicators]
            known += [*self.schema.judgements, "entity", "group", "单位", "组别"]
            near = nearest(heading[-1], known) or ""
            self.remarks.add("AS9512", self.cases.span, column=" ".join(heading), suggestion=near)

    def place_of(self, heading: tuple[str, ...]) -> tuple[str, str, str] | None:
        """The table, the column, and whom or what the column is about."""
        *columns, name = heading
        indicators = {indicator.name for indicator in self.schema.indicators}
        facts = {fact.name for fact in self.schema.facts}
        if not columns:
            if (column := column_of("entities", name)) is not None:
                return "entities", column, ""
            if name in facts:
                return "facts", "actual", name
            if name in self.schema.judgements:
                return "judgements", "judgement", name
            return ("facts", "actual", name) if name in indicators else None
        column = column_of("targets", columns[0]) or column_of("facts", columns[0])
        if len(columns) > 1 or column is None or name not in indicators | facts:
            return None
        if column in _OF_REPORTS:
            return "facts", column, name
        return ("targets", column, name) if column in _OF_TARGETS and name in indicators else None

    def entity(self, entity: str, held: dict[tuple[str, ...], str], place: Cell) -> None:
        own: dict[str, Value] = {}
        targets: dict[str, dict[str, Value]] = {}
        reports: dict[str, dict[str, Value]] = {}
        for heading, text in held.items():
            if not text or (found := self.place_of(heading)) is None:
                continue
            table, column, name = found
            match table:
                case "entities":
                    own[column] = Value(text, place)
                case "targets":
                    targets.setdefault(name, {})[column] = Value(text, place)
                case "facts":
                    reports.setdefault(name, {})[column] = Value(text, place)
                case _:
                    self.judgement(entity, name, text, place)
        self.put("entities", own, place)
        for name, values in targets.items():
            said = {
                column: Value(self.author, place) for column in self.schema.required_columns if column in _SAID_ONLY
            }
            key = {"target": f"{entity} {name}", "entity": entity, "indicator": name}
            self.put("targets", said | {id: Value(text, place) for id, text in key.items()} | values, place)
        facts = {fact.name for fact in self.schema.facts}
        for name, values in reports.items():
            about = {"entity": entity, "fact" if name in facts else "indicator": name}
            self.put("facts", {id: Value(text, place) for id, text in about.items()} | values, place)

    def judgement(self, entity: str, name: str, text: str, place: Cell) -> None:
        answer = vocabulary().find("name", text)
        if answer is not None and answer.id == "no":
            return
        said = {"entity": entity, "judgement": name, "author": self.author, "evidence": text}
        self.put("judgements", {column: Value(held, place) for column, held in said.items()}, place)

    def put(self, table: str, values: dict[str, Value], place: Cell) -> None:
        self.tables.setdefault(table, []).append(Row(values, place))


def _is_entity(heading: tuple[str, ...]) -> bool:
    return len(heading) == 1 and column_of("entities", heading[0]) == "entity"
