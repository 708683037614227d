"""assessdsl: assessment rules as text that people read and programs run exactly.

policy = assessdsl.load("policy.assess")
result = assessdsl.evaluate(policy, assessdsl.read_facts("facts"))
print(result)
print(assessdsl.explain(result, "…"))
"""

from importlib import import_module

TYPE_CHECKING = False  # what type checkers take for true; `typing` takes longer to import than all else here

if TYPE_CHECKING:
    from typing import Any

    from assessdsl.authoring import (
        Comparison,
        Description,
        Formatted,
        Linted,
        TestReport,
        compare,
        describe,
        format_file,
        format_text,
        lint_file,
        lint_text,
        run_tests,
    )
    from assessdsl.backends.prepared import Prepared, Score
    from assessdsl.diagnostics import AssessmentError, DataError, Diagnostic, PolicyError, RegisterError
    from assessdsl.engine import (
        Explanation,
        check_file,
        check_text,
        convert,
        explain,
        plan_text,
        read_facts,
    )
    from assessdsl.evaluation import evaluate
    from assessdsl.facts import Facts
    from assessdsl.frames import BatchesResult, FrameResult, evaluate_batches, evaluate_frame
    from assessdsl.policy import Policy, load, loads, prepare
    from assessdsl.record import History, Register
    from assessdsl.result import Result

__version__ = "0.1.0"

__all__ = [
    "AssessmentError",
    "BatchesResult",
    "Comparison",
    "DataError",
    "Description",
    "Diagnostic",
    "Explanation",
    "Facts",
    "Formatted",
    "FrameResult",
    "History",
    "Linted",
    "Policy",
    "PolicyError",
    "Prepared",
    "Register",
    "RegisterError",
    "Result",
    "Score",
    "TestReport",
    "check_file",
    "check_text",
    "compare",
    "convert",
    "describe",
    "evaluate",
    "evaluate_batches",
    "evaluate_frame",
    "explain",
    "format_file",
    "format_text",
    "lint_file",
    "lint_text",
    "load",
    "loads",
    "plan_text",
    "prepare",
    "read_facts",
    "run_tests",
]

_HOME = {
    "Comparison": "authoring",
    "Description": "authoring",
    "Formatted": "authoring",
    "Linted": "authoring",
    "TestReport": "authoring",
    "compare": "authoring",
    "describe": "authoring",
    "format_file": "authoring",
    "format_text": "authoring",
    "lint_file": "authoring",
    "lint_text": "authoring",
    "run_tests": "authoring",
    "Prepared": "backends.prepared",
    "Score": "backends.prepared",
    "AssessmentError": "diagnostics",
    "DataError": "diagnostics",
    "Diagnostic": "diagnostics",
    "PolicyError": "diagnostics",
    "Policy": "policy",
    "load": "policy",
    "loads": "policy",
    "prepare": "policy",
    "History": "record",
    "Register": "record",
    "RegisterError": "diagnostics",
    "evaluate": "evaluation",
    "Facts": "facts",
    "BatchesResult": "frames",
    "FrameResult": "frames",
    "evaluate_batches": "frames",
    "evaluate_frame": "frames",
    "Result": "result",
}


def __getattr__(name: str) -> "Any":
    """Names are loaded on first use, so that importing the package costs nothing that is not needed."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME.get(name, 'engine')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
