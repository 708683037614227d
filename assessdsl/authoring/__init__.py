"""What authors of policies work with: layout, remarks beyond what is wrong, descriptions, tests, comparison."""

from assessdsl.authoring.comparison import Comparison, compare
from assessdsl.authoring.describe_policy import describe
from assessdsl.authoring.describe_text import Description
from assessdsl.authoring.format import Formatted, format_file, format_text, policy_files
from assessdsl.authoring.lint import Linted, lint_file, lint_text
from assessdsl.authoring.testing import TestReport, junit, report_text, run_tests

__all__ = [
    "Comparison",
    "Description",
    "Formatted",
    "Linted",
    "TestReport",
    "compare",
    "describe",
    "format_file",
    "format_text",
    "junit",
    "lint_file",
    "lint_text",
    "policy_files",
    "report_text",
    "run_tests",
]
