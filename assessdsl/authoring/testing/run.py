"""Tests are found beside policies, and run."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import define, field, frozen

from assessdsl import engine
from assessdsl.ast.operands import Remarks
from assessdsl.authoring.coverage import Observation
from assessdsl.authoring.testing.read import SUFFIXES, read_tests
from assessdsl.authoring.testing.records import Expectation, Failure, PolicyTest, TestOutcome
from assessdsl.authoring.testing.report import TestReport
from assessdsl.authoring.testing.tables import facts_of
from assessdsl.authoring.testing.verify import Verification
from assessdsl.authoring.testing.words import word
from assessdsl.diagnostics import AssessmentError, Diagnostic, arrange
from assessdsl.result import Result
from assessdsl.vocabulary import nearest

_FOLDER = "tests"


def run_tests(paths: Iterable[str | Path], *, language: str | None = None) -> TestReport:
    """Runs the tests of files, of folders and all that is in them, and those beside a policy.

    A file of tests ends in `.test.assess`, `.test.yaml` or `.test.yml`. Messages are in the language of each file,
    unless one is given. Raises OSError if a file cannot be read.
    """
    run = _Run(language)
    files: dict[Path, Path] = {}
    wrong: list[Diagnostic] = []
    for path in map(Path, paths):
        found = list(_files(path))
        if not found:
            wrong.append(Diagnostic("AS9501", arguments={"path": path.as_posix()}))
        files |= {file.resolve(): file for file in found if file.resolve() not in files}
    outcomes: list[TestOutcome] = []
    languages: list[str] = []
    for file in files.values():
        tests, diagnostics = read_tests(file)
        wrong += diagnostics
        outcomes += run.file(tests)
        languages += [test.span.source.language for test in tests]
        languages += [diagnostic.span.source.language for diagnostic in diagnostics]
    spoken = language or (languages[0] if languages else "en")
    wrong += run.mistakes
    coverage = tuple(observation.coverage(spoken) for observation in run.observations.values())
    return TestReport(tuple(outcomes), arrange(wrong), coverage, spoken)


def _files(path: Path) -> Iterator[Path]:
    """The files of tests that a path means, in the order of their names."""
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names) if _is_test(name))
    elif path.exists() and _is_test(path.name):
        yield path
    elif path.exists():
        for beside in (path.parent, path.parent / _FOLDER):
            names = sorted(os.listdir(beside)) if beside.is_dir() else []
            yield from (file for name in names if _is_test(name) and _names(file := beside / name, path))
    else:
        raise FileNotFoundError(2, os.strerror(2), path.as_posix())


def _is_test(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _names(file: Path, policy: Path) -> bool:
    """Whether a file of tests is about the policy, or is wrong, which its author will want to know."""
    tests, diagnostics = read_tests(file)
    return bool(diagnostics) or any(test.policy.resolve() == policy.resolve() for test in tests)


@frozen(eq=False)
class _Scored:
    """What came of the facts of a test: a result, or errors. expected: by the test and by its tables of cases."""

    policy: engine.Policy | AssessmentError
    result: Result | None
    expected: tuple[Expectation, ...]
    found: tuple[Diagnostic, ...]
    remarks: Remarks  # on the test itself


@define
class _Run:
    """Policies are loaded once, and remember what was tried of them."""

    language: str | None
    observations: dict[Path, Observation] = field(factory=dict)
    mistakes: list[Diagnostic] = field(factory=list)  # in the texts of tests
    _policies: dict[Path, engine.Policy | AssessmentError] = field(factory=dict)

    def policy(self, path: Path) -> engine.Policy | AssessmentError:
        key = path.resolve()
        if key not in self._policies:
            try:
                self._policies[key] = policy = engine.load(path)
                self.observations[key] = Observation(policy)
            except AssessmentError as error:
                self._policies[key] = error
        return self._policies[key]

    def file(self, tests: Iterable[PolicyTest]) -> list[TestOutcome]:
        """The tests of a file: each may look at what came of the others."""
        scored = [(test, self.scored(test)) for test in tests]
        others = {test.name: one.result for test, one in scored}
        return [self.outcome(test, one, others) for test, one in scored]

    def scored(self, test: PolicyTest) -> _Scored:
        remarks = Remarks(self.language or test.span.source.language)
        policy = self.policy(test.policy)
        if isinstance(policy, AssessmentError):
            return _Scored(policy, None, test.expectations, policy.diagnostics, remarks)
        expected = test.expectations
        try:
            facts, more = facts_of(test, policy.plan.schema, remarks)
            expected += more
            result = engine.evaluate(policy, facts)
        except AssessmentError as error:
            return _Scored(policy, None, expected, error.diagnostics, remarks)
        self.observations[test.policy.resolve()].note(result)
        return _Scored(policy, result, expected, result.warnings, remarks)

    def outcome(self, test: PolicyTest, scored: _Scored, others: Mapping[str, Result | None]) -> TestOutcome:
        remarks, language, found = scored.remarks, scored.remarks.language, scored.found
        failures: list[Failure] = []
        if not any(_is_error(code) for code in test.codes):
            failures += self.verified(scored, others)
        raised = {diagnostic.code for diagnostic in found}
        if missing := [code for code in test.codes if code not in raised]:
            shown = ", ".join(sorted(raised)) or word("none", language)
            failures.append(Failure(word("diagnostics", language), ", ".join(missing), shown, span=test.codes_span))
        self.mistakes += remarks.diagnostics
        wrong = [remark for remark in found if remark.is_error and remark.code not in test.codes]
        return TestOutcome(
            name=test.name,
            label=test.label,
            language=language,
            failures=tuple(sorted(failures, key=lambda failure: failure.span.start)),
            diagnostics=arrange((*wrong, *remarks.diagnostics)),
            expectations=len(scored.expected) + len(test.codes),
            span=test.span,
        )

    def verified(self, scored: _Scored, others: Mapping[str, Result | None]) -> Iterator[Failure]:
        policy, result, remarks = scored.policy, scored.result, scored.remarks
        if result is None or isinstance(policy, AssessmentError):
            return
        known: dict[str, Verification] = {}
        told: set[str] = set()
        for one in scored.expected:
            entity = result.entities.get(one.entity)
            if entity is None and one.entity in told:
                continue
            if entity is None:
                told.add(one.entity)
                near = nearest(one.entity, list(result.entities)) or ""
                remarks.add("AS9516", one.span, name=one.entity, suggestion=near)
                continue
            if one.entity not in known:
                known[one.entity] = Verification(policy, result, entity, others, remarks)
            failure = known[one.entity].failure(one)
            if failure is not None:
                yield failure


def _is_error(code: str) -> bool:
    return Diagnostic(code).is_error
