"""The commands for authors, and how remarks are printed."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from assessdsl import authoring, engine
from assessdsl.diagnostics import AssessmentError, Diagnostic, render_all, to_json
from assessdsl.limits import LIMITS
from assessdsl.source import visible


def complain(error: OSError) -> None:
    named = f"{visible(str(error.filename))}: " if error.filename else ""
    print(f"assessdsl: {named}{error.strerror or error}", file=sys.stderr)


def remark(diagnostics: Sequence[Diagnostic], arguments: argparse.Namespace, language: str) -> None:
    """Remarks that are not themselves the result."""
    if not diagnostics:
        return
    language = arguments.language or language
    as_json = getattr(arguments, "format", "") == "json"
    print(to_json(diagnostics, language) if as_json else render_all(diagnostics, language), file=sys.stderr)


@contextmanager
def progress_line(stream: TextIO) -> Iterator[Callable[[int, int | None], None] | None]:
    """What counts in one line of a terminal what is done, and of how many if that is known; nothing where nobody
    watches. The line is gone afterwards, however it ends."""
    if not stream.isatty():
        yield None
        return

    def tell(done: int, total: int | None) -> None:
        stream.write(f"\r{done}{'' if total is None else f'/{total}'}\x1b[K")
        stream.flush()

    try:
        yield tell
    finally:
        stream.write("\r\x1b[K")
        stream.flush()


def language_of(diagnostics: Sequence[Diagnostic]) -> str:
    return diagnostics[0].span.source.language if diagnostics else "en"


def look_through(
    arguments: argparse.Namespace, look: Callable[[Path], Sequence[Diagnostic]]
) -> tuple[list[Diagnostic], bool]:
    """The remarks on every policy, printed; and whether some file could not be read."""
    found: list[Diagnostic] = []
    unread = False
    for path in arguments.policies:
        try:
            diagnostics = look(path)
        except OSError as error:  # the other files are looked at all the same
            complain(error)
            unread = True
            continue
        found += diagnostics
        if arguments.format == "text":
            language = arguments.language or language_of(diagnostics)
            if diagnostics:
                print(render_all(diagnostics, language) + "\n", file=sys.stderr)
            print(f"{visible(str(path))}: {tally(diagnostics, language)}")
    if arguments.format == "json":
        print(to_json(found, arguments.language or language_of(found)))
    return found, unread


_SEVERITIES: Final = {"error": "个错误", "warning": "个警告", "note": "条提示"}


def tally(diagnostics: Sequence[Diagnostic], language: str) -> str:
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    found = [(word, counts[word]) for word in _SEVERITIES if counts[word]]
    if language == "zh":
        return ",".join(f"{count} {_SEVERITIES[word]}" for word, count in found) or "ok"
    return ", ".join(f"{count} {word if count == 1 else word + 's'}" for word, count in found) or "ok"


def lint_policies(arguments: argparse.Namespace) -> int:
    def look(path: Path) -> Sequence[Diagnostic]:
        linted = authoring.lint_file(path, arguments.config, fix=arguments.fix)
        if linted.fixed is not None and arguments.format == "text":
            print(f"{visible(str(path))}: mended")
        return linted.diagnostics

    found, unread = look_through(arguments, look)
    return 1 if unread or any(diagnostic.severity != "note" for diagnostic in found) else 0


def format_policies(arguments: argparse.Namespace) -> int:
    code = 0
    for path in [file for given in arguments.paths for file in authoring.policy_files(given)]:
        try:
            if str(path) == "-":
                text = sys.stdin.buffer.read(LIMITS.file_bytes + 1)
                formatted = authoring.format_text(text, arguments.stdin_name, arguments.language)
            else:
                kept = arguments.check or arguments.diff
                formatted = authoring.format_file(path, arguments.language, write=not kept)
        except AssessmentError as error:  # the other files are formatted all the same
            remark(error.diagnostics, arguments, error.language)
            code = 1
            continue
        except OSError as error:
            complain(error)
            code = 1
            continue
        if arguments.check and formatted.changed:
            code = 1
        if arguments.diff:
            sys.stdout.write(formatted.diff())
        elif str(path) == "-" and not arguments.check:
            sys.stdout.write(formatted.after)
        else:
            done = "would change" if arguments.check else "formatted"
            print(f"{visible(formatted.name)}: {done if formatted.changed else 'ok'}")
    return code


def describe_policy(arguments: argparse.Namespace) -> None:
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    facts = None if arguments.facts is None else engine.read_facts(arguments.facts)
    description = authoring.describe(policy, arguments.language, major=arguments.major, facts=facts)
    if arguments.format == "json":
        print_json(description.to_data())
    else:
        print(description)


def test_policies(arguments: argparse.Namespace) -> int:
    report = authoring.run_tests(arguments.paths, language=arguments.language)
    remark(report.diagnostics, arguments, report.language)
    measured = arguments.coverage or arguments.minimum is not None
    match arguments.format:
        case "text":
            print(authoring.report_text(report, coverage=measured, minimum=arguments.minimum))
        case "json":
            print_json(report.to_data(coverage=measured))
        case "junit":
            sys.stdout.write(authoring.junit(report))
    enough = arguments.minimum is None or all(one.reaches(arguments.minimum) for one in report.coverage)
    return 0 if report.passed and enough else 1


def compare_policies(arguments: argparse.Namespace) -> None:
    old, new = (engine.load(path) for path in (arguments.old, arguments.new))
    facts, facts_new = (
        None if path is None else engine.read_facts(path) for path in (arguments.facts, arguments.facts_new)
    )
    comparison = authoring.compare(
        old, new, facts, facts_new=facts_new, major=arguments.major, language=arguments.language
    )
    if arguments.format == "json":
        print_json(comparison.to_data())
    else:
        remark(comparison.remarks, arguments, comparison.language)
        print(comparison)


def print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))
