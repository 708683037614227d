"""Tests beside a policy: facts, and what must come of them."""

from assessdsl.authoring.testing.records import Failure, PolicyTest, TestOutcome
from assessdsl.authoring.testing.report import TestReport, junit, report_text
from assessdsl.authoring.testing.run import run_tests

__all__ = ["Failure", "PolicyTest", "TestOutcome", "TestReport", "junit", "report_text", "run_tests"]
