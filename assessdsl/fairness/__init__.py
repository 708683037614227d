"""What a policy promises, and how it is shown: analysis, proofs, properties, strategies, robustness."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assessdsl.fairness.case import Case, case_of, score
    from assessdsl.fairness.leaps import cliffs
    from assessdsl.fairness.made_policies import policies
    from assessdsl.fairness.plays import gaming
    from assessdsl.fairness.proof_comparison import compare_proofs
    from assessdsl.fairness.robust import Uncertainty, robustness
    from assessdsl.fairness.strategies import check_all, check_property, from_policy

__all__ = [
    "Case",
    "Uncertainty",
    "case_of",
    "check_all",
    "check_property",
    "cliffs",
    "compare_proofs",
    "from_policy",
    "gaming",
    "policies",
    "robustness",
    "score",
]

_HOME = {
    "Case": "case",
    "case_of": "case",
    "score": "case",
    "cliffs": "leaps",
    "compare_proofs": "proof_comparison",
    "gaming": "plays",
    "policies": "made_policies",
    "Uncertainty": "robust",
    "robustness": "robust",
    "check_all": "strategies",
    "check_property": "strategies",
    "from_policy": "strategies",
}


def __getattr__(name: str) -> Any:
    """Loaded on first use: the pytest plugin imports this package in every run of everybody's tests."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise ImportError(f"`{name}` needs Hypothesis: pip install 'assessdsl[fairness]'") from error
    globals()[name] = value
    return value
