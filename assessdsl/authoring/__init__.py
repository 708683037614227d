"""What authors of policies work with: layout, remarks beyond what is wrong, descriptions, tests, comparison."""

from assessdsl.authoring.format import Formatted, format_file, format_text, policy_files
from assessdsl.authoring.testing import TestReport, junit, report_text, run_tests

__all__ = [
    "Formatted",
    "TestReport",
    "format_file",
    "format_text",
    "junit",
    "policy_files",
    "report_text",
    "run_tests",
]
