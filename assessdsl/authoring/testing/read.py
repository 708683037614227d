"""Files of tests, in the DSL and in YAML, to tests."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from attrs import define, frozen

from assessdsl import syntax
from assessdsl.ast.operands import (
    Block,
    Remarks,
    chosen,
    clause,
    declared,
    name_list,
    no_rest,
    read_block,
    single,
)
from assessdsl.authoring.testing.expectations import expectations
from assessdsl.authoring.testing.operands import cell, cells
from assessdsl.authoring.testing.records import CaseRow, Cases, File, Given, PolicyTest
from assessdsl.data.columns import COLUMNS
from assessdsl.diagnostics import Diagnostic, arrange, codes
from assessdsl.facts import Value
from assessdsl.limits import LIMITS
from assessdsl.source import Cell, Source, Span
from assessdsl.syntax.tree import Series, Statement
from assessdsl.vocabulary import nearest, vocabulary

SUFFIXES: Final = (".test.assess", ".test.yaml", ".test.yml")
_FOLDER: Final = "tests"  # beside a policy; its files may name the policies above it
_TABLES: Final = tuple(COLUMNS)


@frozen
class _Shared:
    """What a test uses: its own, and what its file gives to all of its tests."""

    policy: File | None
    files: tuple[File, ...]
    given: tuple[Given, ...]


def read_tests(path: Path) -> tuple[tuple[PolicyTest, ...], tuple[Diagnostic, ...]]:
    """The tests of a file, and what is wrong with it. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        source, found = syntax.decode(path.as_posix(), file.read(LIMITS.file_bytes + 1))
    if source is None:
        return (), arrange(found)
    document, unread = syntax.read(source)
    remarks = Remarks(source.language, unread=[remark.span for remark in unread if remark.is_error])
    reader = _Reader(source, path.parent, remarks)
    tests = reader.file(document.statements)
    return tests, arrange((*found, *unread, *remarks.diagnostics))


@define
class _Reader:
    source: Source
    folder: Path
    remarks: Remarks
    told: bool = False  # which policy is meant, rightly or wrongly

    def file(self, statements: Sequence[Statement]) -> tuple[PolicyTest, ...]:
        block = read_block(statements, "tests", self.remarks)
        shared = self.used(block, None)
        tests: dict[str, PolicyTest] = {}
        for statement in block.many("test"):
            test = self.test(statement, shared)
            if test is None:
                continue
            if test.name in tests:
                self.remarks.add("AS9510", test.span, name=test.name)
            tests.setdefault(test.name, test)
        if not tests and not self.remarks.diagnostics and not self.remarks.unread:
            self.remarks.add("AS9501", Span(self.source, 0, 0), path=self.source.name)
        return tuple(tests.values())

    def test(self, statement: Statement, shared: _Shared) -> PolicyTest | None:
        named = declared(statement, self.remarks)
        if named is None:
            return None
        no_rest(statement, named.rest, self.remarks)
        before = len(self.remarks.diagnostics)
        block = read_block(statement.block or (), "test", self.remarks)
        used = self.used(block, shared)
        cases = tuple(found for each in block.many("cases") if (found := self.cases(each)) is not None)
        expected = tuple(one for each in block.many("expect") for one in expectations(each, self.remarks))
        expected_codes = tuple(code for each in block.many("diagnostic") for code in self.codes(each))
        unread = any(statement.span.start <= span.start <= statement.end for span in self.remarks.unread)
        whole = len(self.remarks.diagnostics) == before and not unread
        if used.policy is None and whole and not self.told:
            self.remarks.add("AS9502", statement.span, name=named.name.text)
        elif whole and not (expected or expected_codes or any(table.expected for table in cases)):
            self.remarks.add("AS9503", statement.span, name=named.name.text)
        if used.policy is None or not whole:
            return None
        named_codes = block.one("diagnostic")
        return PolicyTest(
            name=named.name.text,
            label=named.label,
            policy=used.policy.path,
            files=used.files,
            given=used.given,
            cases=cases,
            expectations=expected,
            codes=expected_codes,
            span=statement.span,
            codes_span=named_codes.span if named_codes else statement.span,
        )

    # ------------------------------------------------------------ what a test uses

    def used(self, block: Block, shared: _Shared | None) -> _Shared:
        policy, files = (shared.policy, shared.files) if shared else (None, ())
        own: list[File] = []
        for statement in block.many("uses"):
            file = self.file_of(statement)
            if file is None:
                continue
            if file.table == "policy":
                policy = file
            else:
                own.append(file)
        given = tuple(found for each in block.many("given") if (found := self.given(each)) is not None)
        return _Shared(policy, (*files, *own), (*(shared.given if shared else ()), *given))

    def file_of(self, statement: Statement) -> File | None:
        named = declared(statement, self.remarks)
        if named is None:
            return None
        no_rest(statement, named.rest, self.remarks)
        word = vocabulary().find("word", named.name.text)
        is_policy = word is not None and word.id == "policy"
        self.told = self.told or is_policy
        table = "policy" if is_policy else chosen(named.name, _TABLES, self.remarks, "table")
        if table is None:
            return None
        path = self.contained(named.label, statement.span)
        if path is None:
            return None
        whole = table == "facts" and path.suffix.lower() != ".csv"
        return File("" if whole else table, path, statement.span)

    def contained(self, written: str, span: Span) -> Path | None:
        """The path, which leads to something in the folder of the tests, or of the policy that they stand beside."""
        home = self.folder.parent if self.folder.resolve().name == _FOLDER else self.folder
        path = self.folder / written
        try:
            inside = path.resolve().is_relative_to(home.resolve())
            there = inside and path.exists()
        except (OSError, RuntimeError, ValueError):
            inside = there = False
        if not written or Path(written).is_absolute() or not inside:
            self.remarks.add("AS9504", span, path=written, folder=home.as_posix())
            return None
        if not there:
            self.remarks.add("AS9505", span, path=written)
            return None
        plain = Path(os.path.normpath(path))  # as people name it, unless a link leads elsewhere
        return plain if plain.resolve() == path.resolve() else path

    # ------------------------------------------------------------ tables

    def given(self, statement: Statement) -> Given | None:
        table = chosen(single(statement, self.remarks), _TABLES, self.remarks, "table")
        block = read_block(statement.block or (), "given", self.remarks)
        columns = block.one("columns")
        if table is None or columns is None:
            if table is not None:
                self.remarks.add("AS9506", statement.word_span)
            return None
        lines = []
        for line in (columns, *block.many("row")):
            if (found := clause(line, "then")) is not None:
                self.remarks.add("AS9507", found.span, found=found.span.text)
            values = cells(line.series, self.remarks)
            place = Cell(self.source.name, line.span.line)
            lines.append((line.span.line, [Value(text, place) if text else None for text in values]))
        return Given(table, tuple(lines), statement.span)

    def cases(self, statement: Statement) -> Cases | None:
        block = read_block(statement.block or (), "cases", self.remarks)
        columns = block.one("columns")
        if columns is None:
            self.remarks.add("AS9506", statement.word_span)
            return None
        then = clause(columns, "then")
        expected = self.headings(then.series) if then else ()
        constants = []
        for phrase in (phrase for found in block.many("common") for phrase in found.series):
            if len(phrase) < 2:
                self.remarks.add("AS9507", phrase[0].span, found=phrase[0].span.text)
            else:
                constants.append((tuple(map(cell, phrase[:-1])), cell(phrase[-1])))
        heads = self.headings(columns.series)
        rows = []
        for row in block.many("row"):
            outcome = clause(row, "then")
            values = tuple(phrase[0] for phrase in outcome.series) if outcome else ()
            inputs = cells(row.series, self.remarks)
            wanted, found = len(heads) + len(expected), len(inputs) + len(values)
            if len(inputs) != len(heads) or len(values) != len(expected):
                self.remarks.add("AS9508", row.span, found=str(found), expected=str(wanted))
            for phrase in outcome.series if outcome else ():
                no_rest(row, phrase[1:], self.remarks)
            rows.append(CaseRow(inputs, values, row.span))
        return Cases(heads, tuple(constants), expected, tuple(rows), statement.span)

    def headings(self, series: Series) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(cell, phrase)) for phrase in series)

    def codes(self, statement: Statement) -> tuple[str, ...]:
        found = []
        for name in name_list(statement, statement.series, statement.word_span, self.remarks):
            if name.text in codes():
                found.append(name.text)
            else:
                near = nearest(name.text, tuple(codes()))
                self.remarks.add("AS9509", name.span, found=name.text, suggestion=near or "")
        return tuple(found)
