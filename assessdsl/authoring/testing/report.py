"""The report of tests: as text for people, as plain data, and as JUnit XML."""

from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from attrs import frozen

from assessdsl.authoring.coverage import Coverage
from assessdsl.authoring.testing.records import Failure, TestOutcome
from assessdsl.authoring.testing.words import counted, word
from assessdsl.diagnostics import Diagnostic, render
from assessdsl.source import visible


@frozen(str=False)
class TestReport:
    """Every test that was run, what is wrong with the files of tests, and how much of the policies was tried."""

    outcomes: tuple[TestOutcome, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    language: str = "en"

    @property
    def passed(self) -> bool:
        return not self.diagnostics and all(outcome.passed for outcome in self.outcomes)

    def to_data(self, *, coverage: bool = True) -> dict[str, Any]:
        data: dict[str, Any] = {
            "passed": self.passed,
            "tests": [outcome.to_data() for outcome in self.outcomes],
            "diagnostics": [found.plain(self.language) for found in self.diagnostics],
        }
        return data | ({"coverage": [one.to_data() for one in self.coverage]} if coverage else {})

    def __str__(self) -> str:
        return report_text(self)


def report_text(report: TestReport, *, coverage: bool = False, minimum: int | None = None) -> str:
    """What failed, with expected against found; the coverage, if it is asked for; and a summary."""
    lines: list[str] = []
    for outcome in report.outcomes:
        if not outcome.passed:
            told = [found for found in outcome.diagnostics if found not in report.diagnostics]
            lines += [*_outcome(outcome, told), ""]
    if coverage:
        for one in report.coverage:
            lines += [*coverage_lines(one, report.language, minimum), ""]
    return "\n".join([*lines, summary(report)])


def summary(report: TestReport) -> str:
    language = report.language
    failed = sum(not outcome.passed for outcome in report.outcomes)
    outcome = word("some failed", language, count=failed) if failed else word("all passed", language)
    checked = sum(outcome.expectations for outcome in report.outcomes)
    return word(
        "summary",
        language,
        tests=counted(len(report.outcomes), "test", "个测试", language),
        expectations=counted(checked, "expectation", "项期望", language),
        outcome=outcome,
    )


def _outcome(outcome: TestOutcome, diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    title = " ".join(part for part in (outcome.name, f'"{outcome.label}"' if outcome.label else "") if part)
    yield f"{word('failed', outcome.language)} {visible(title)}  {visible(str(outcome.span))}"
    for failure in outcome.failures:
        yield from _failure(failure, outcome.language)
    for found in diagnostics:
        yield from (f"  {line}" for line in render(found, outcome.language).splitlines())


def _failure(failure: Failure, language: str) -> Iterator[str]:
    where = f"{failure.span.source.name}:{failure.span.line}"
    wanted, found = word("expected", language), word("actual", language)
    colon, comma = (":", ",") if language == "zh" else (": ", ", ")
    yield visible(f"  {failure.what}{colon}{wanted} {failure.expected}{comma}{found} {failure.actual}  {where}")
    yield from (f"    {line}".rstrip() for line in failure.why)


def coverage_lines(coverage: Coverage, language: str, minimum: int | None = None) -> Iterator[str]:
    """How much was tried, and what never was, by the lines of the policy."""
    yield word(
        "coverage",
        language,
        policy=visible(coverage.file),
        hit=coverage.hit,
        all=len(coverage.items),
        percent=coverage.percent,
    )
    for item in coverage.untried:
        yield "  " + visible(word("untried", language, line=item.line, text=item.text))
    if minimum is not None and not coverage.reaches(minimum):
        yield "  " + word("too little", language, minimum=minimum)


# ---------------------------------------------------------------- JUnit


def junit(report: TestReport) -> str:
    """The report as JUnit XML: a suite for each file, a case for each test; what belongs to no test has its own."""
    of_tests = [found for outcome in report.outcomes for found in outcome.diagnostics]
    others = [found for found in report.diagnostics if found not in of_tests]
    suites = ElementTree.Element("testsuites", _counts(report.outcomes, len(others)))
    by_file: dict[str, list[TestOutcome]] = {}
    for outcome in report.outcomes:
        by_file.setdefault(outcome.span.source.name, []).append(outcome)
    for file, outcomes in by_file.items():
        suite = ElementTree.SubElement(suites, "testsuite", {"name": visible(file)} | _counts(outcomes))
        for outcome in outcomes:
            attributes = {"name": outcome.name, "classname": file, "file": file, "line": str(outcome.span.line)}
            case = ElementTree.SubElement(suite, "testcase", {key: visible(text) for key, text in attributes.items()})
            for failure in outcome.failures:
                _problem(case, "failure", failure.what, list(_failure(failure, outcome.language)))
            for found in outcome.diagnostics:
                _problem(case, "error", found.message(outcome.language), render(found, outcome.language).splitlines())
    if others:
        suite = ElementTree.SubElement(suites, "testsuite", {"name": "assessdsl"} | _counts((), len(others)))
        for found in others:
            named = {"name": f"{found.code} {found.slug}", "classname": "assessdsl"}
            case = ElementTree.SubElement(suite, "testcase", named)
            _problem(case, "error", found.message(report.language), render(found, report.language).splitlines())
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _counts(outcomes: Sequence[TestOutcome], wrong: int = 0) -> dict[str, str]:
    return {
        "tests": str(len(outcomes) + wrong),
        "failures": str(sum(bool(outcome.failures) for outcome in outcomes)),
        "errors": str(wrong + sum(bool(outcome.diagnostics) for outcome in outcomes)),
    }


def _problem(case: ElementTree.Element, kind: str, message: str, lines: list[str]) -> None:
    element = ElementTree.SubElement(case, kind, {"message": visible(message)})
    element.text = "\n".join(map(visible, lines))
