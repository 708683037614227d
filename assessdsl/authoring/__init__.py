"""What authors of policies work with: layout, remarks beyond what is wrong, descriptions, tests, comparison."""

from typing import TYPE_CHECKING

from assessdsl.deferred import on_first_use

if TYPE_CHECKING:
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

_HOMES = {
    "comparison": ("Comparison", "compare"),
    "describe_policy": ("describe",),
    "describe_text": ("Description",),
    "format": ("Formatted", "format_file", "format_text", "policy_files"),
    "lint": ("Linted", "lint_file", "lint_text"),
    "testing": ("TestReport", "junit", "report_text", "run_tests"),
}
__getattr__ = on_first_use(__name__, {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names})
