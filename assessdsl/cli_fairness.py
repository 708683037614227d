"""The commands about fairness."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import evolve

from assessdsl import engine
from assessdsl.cli_authoring import progress_line, remark
from assessdsl.diagnostics import DataError
from assessdsl.facts import Facts
from assessdsl.fairness.both_text import comparison_json, comparison_text
from assessdsl.fairness.export import policy_test, pytest_case
from assessdsl.fairness.leaps import Cliffs, cliffs
from assessdsl.fairness.plays import Gaming, gaming
from assessdsl.fairness.proof_comparison import compare_proofs
from assessdsl.fairness.proof_remarks import remarks
from assessdsl.fairness.proof_text import report_json, report_junit, report_text
from assessdsl.fairness.prove import CATALOGUE, prove
from assessdsl.fairness.robust import Uncertainty, bulletin, robustness, text
from assessdsl.fairness.verdict import Report
from assessdsl.source import visible
from assessdsl.vocabulary import vocabulary


def a_property(text: str) -> str:
    """Its id, or the word with which it is claimed."""
    word = vocabulary().find("name", text)
    name = text if word is None else word.id
    if name not in CATALOGUE:
        known = ", ".join(map(repr, CATALOGUE))
        raise argparse.ArgumentTypeError(f"invalid choice: {text!r} (choose from {known})")
    return name


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
    """Each counterexample that scores, ranks or tiers show as a test of the policy, and as one for pytest."""
    folder.mkdir(parents=True, exist_ok=True)
    home, there = policy.resolve().parent, folder.resolve()
    named = Path(os.path.relpath(policy.resolve(), there)).as_posix()  # as a test of the policy names it
    replays = there in (home, home / "tests")  # elsewhere no test of a policy may use it
    for standing in report.standings:
        for verdict in standing.verdicts:
            if (shown := verdict.counterexample) is None:
                continue
            name = "_".join(part for part in (shown.property, *verdict.about.split()) if part)
            if replays and (text := policy_test(shown, named, language)) is not None:
                (folder / f"{name}.test.yaml").write_text(text, "utf-8")
            if (text := pytest_case(shown, named, language)) is not None:
                (folder / f"test_{name}.py").write_text(text, "utf-8")


def show_leaps_or_plays(arguments: argparse.Namespace) -> None:
    look: Callable[[engine.Policy, Facts | None], Cliffs | Gaming] = cliffs if arguments.command == "cliffs" else gaming
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    try:
        facts = None
        if arguments.facts is not None:
            facts = engine.read_facts(arguments.facts)
            engine.evaluate(policy, facts)  # what is wrong with the tables is told before anything is made of them
        found = evolve(look(policy, facts), language=arguments.language or policy.language)
    except DataError as error:
        raise DataError(error.diagnostics, arguments.language or policy.language) from None
    sys.stdout.write(found.to_json() if arguments.format == "json" else f"{found}\n")


def look_at_robustness(arguments: argparse.Namespace) -> None:
    policy = engine.load(arguments.policy)
    remark(policy.diagnostics, arguments, policy.language)
    with progress_line(sys.stderr) as progress:
        report = robustness(
            policy,
            arguments.facts,
            uncertainty=Uncertainty(weights=arguments.weights),
            replicates=arguments.replicates,
            seed=arguments.seed,
            delta=arguments.delta,
            spread=arguments.spread,
            history=arguments.history,
            frozen_targets=arguments.frozen,
            progress=progress,
        )
    match arguments.format:
        case "text":
            print(text(report, arguments.language))
        case "bulletin":
            for entity, line in bulletin(report, arguments.language).items():
                print(f"{visible(report.result.entities[entity].label or entity)}: {line}")
        case "json":
            sys.stdout.write(report.to_json())


def prove_comparison(arguments: argparse.Namespace) -> None:
    old, new = (engine.load(path) for path in (arguments.old, arguments.new))
    found = compare_proofs(old, new, language=arguments.language)
    sys.stdout.write(comparison_json(found) if arguments.format == "json" else f"{comparison_text(found)}\n")
