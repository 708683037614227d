"""The commands about fairness."""

import argparse
import os
import sys
from pathlib import Path

from assessdsl import engine
from assessdsl.cli_authoring import remark
from assessdsl.fairness.export import policy_test, pytest_case
from assessdsl.fairness.proof_remarks import remarks
from assessdsl.fairness.proof_text import report_json, report_junit, report_text
from assessdsl.fairness.prove import prove
from assessdsl.fairness.verdict import Report


def prove_policy(arguments: argparse.Namespace) -> int:
    """1 if a guarantee is refuted; with `--strict` also if one is not proved."""
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    report = prove(
        policy,
        only=tuple(arguments.only or ()),
        cases=arguments.cases,
        seconds=arguments.seconds,
        solve=not arguments.no_solver,
    )
    remark(remarks(report), arguments, policy.language)
    match arguments.format:
        case "text":
            print(report_text(report, arguments.language))
        case "json":
            sys.stdout.write(report_json(report, arguments.language))
        case "junit":
            sys.stdout.write(report_junit(report, strict=arguments.strict, language=arguments.language))
    if arguments.export is not None:
        _export(report, arguments.policy, arguments.export, arguments.language or policy.language)
    return 1 if report.refuted or (arguments.strict and not report.settled) else 0


def _export(report: Report, policy: Path, folder: Path, language: str) -> None:
    """Each counterexample as a test of the policy and, where two scores show it, as one for pytest."""
    folder.mkdir(parents=True, exist_ok=True)
    named = Path(os.path.relpath(policy, folder)).as_posix()  # as a test of the policy names it
    for standing in report.standings:
        for verdict in standing.verdicts:
            if (shown := verdict.counterexample) is None:
                continue
            name = "_".join(part for part in (shown.property, *verdict.about.split()) if part)
            (folder / f"{name}.test.yaml").write_text(policy_test(shown, named, language), "utf-8")
            if (text := pytest_case(shown, str(policy), language)) is not None:
                (folder / f"test_{name}.py").write_text(text, "utf-8")
