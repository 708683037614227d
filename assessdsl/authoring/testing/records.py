"""What a test of a policy says, and what came of it."""

from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from assessdsl.data.columns import Cells
from assessdsl.diagnostics import Diagnostic
from assessdsl.source import NOWHERE, Span
from assessdsl.syntax.tree import Expression, Phrase

Kind = Literal["scored", "total", "score", "rank", "tier", "eligible", "finding"]
Bound = Literal["equal", "at_least", "at_most", "above", "below"]


def _span() -> Span:
    return field(default=NOWHERE, eq=False, repr=False)


@frozen
class File:
    """A file or folder that a test uses: `table` is empty for a folder or workbook of all tables."""

    table: str
    path: Path
    span: Span = _span()


@frozen
class Given:
    """Rows of a table that stand in the test: the line and the cells of the headings, then of each row."""

    table: str
    lines: tuple[tuple[int, Cells], ...]
    span: Span = _span()


@frozen
class CaseRow:
    cells: tuple[str, ...]
    expected: Phrase
    span: Span = _span()


@frozen
class Cases:
    """A table with an entity in each row. A column is one word, or a column of a table and what it is about."""

    columns: tuple[tuple[str, ...], ...]
    constants: tuple[tuple[tuple[str, ...], str], ...]
    expected: tuple[tuple[str, ...], ...]
    rows: tuple[CaseRow, ...]
    span: Span = _span()


@frozen
class Beside:
    """Where what is expected stands instead: in another test of the file, of another entity, or both; "" the same."""

    test: str = ""
    entity: str = ""


@frozen
class Expectation:
    """What must come of a test for an entity; `scored`: that it has a result at all.

    name: of a score its component and indicator, as far as they are named; of a finding its name.
    cites: the target of a score; the targets and judgements that a finding cites.
    status: of a finding; else the tier, or `yes` and `no`. value: of what is a number.
    bound: how what is found may lie to the value, or to what stands `beside` it in place of a value or tier.
    """

    entity: str
    kind: Kind
    name: tuple[str, ...] = ()
    value: Expression | None = None
    status: str = ""
    cites: tuple[str, ...] = ()
    tolerance: Expression | None = None
    bound: Bound = "equal"
    beside: Beside | None = None
    span: Span = _span()


@frozen
class PolicyTest:
    name: str
    label: str
    policy: Path
    files: tuple[File, ...]
    given: tuple[Given, ...]
    cases: tuple[Cases, ...]
    expectations: tuple[Expectation, ...]
    codes: tuple[str, ...]
    span: Span = _span()
    codes_span: Span = _span()


@frozen
class Failure:
    """What was expected and what is, and lines that explain what is."""

    what: str
    expected: str
    actual: str
    why: tuple[str, ...] = ()
    span: Span = _span()

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"what": self.what, "expected": self.expected, "actual": self.actual}
        data |= {"file": self.span.source.name, "line": self.span.line}
        return data | ({"why": list(self.why)} if self.why else {})


@frozen
class TestOutcome:
    """A test that was run. `diagnostics`: those that it did not expect, or that say what is wrong with the test."""

    name: str
    label: str
    language: str
    failures: tuple[Failure, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    expectations: int = 0
    span: Span = _span()

    @property
    def passed(self) -> bool:
        return not self.failures and not self.diagnostics

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "file": self.span.source.name,
            "line": self.span.line,
            "passed": self.passed,
            "expectations": self.expectations,
            "failures": [failure.to_data() for failure in self.failures],
            "diagnostics": [found.plain(self.language) for found in self.diagnostics],
        }
