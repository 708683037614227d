"""Proofs of wide policies, the whole catalogue: by looking at the plan, by a solver target by target, and by cases;
against one question about the whole policy put to the same solver.

Times are of the processor: of the one process that does all of it.
"""

import platform
import time
from pathlib import Path
from typing import Final

from attrs import frozen

import assessdsl
from assessdsl.engine import Policy
from assessdsl.fairness.prove import CATALOGUE, prove
from assessdsl.fairness.solver import A_SECOND, Question, ask
from assessdsl.fairness.study import study
from assessdsl.fairness.verdict import Report
from benchmarks.cases import indicators_policy

_PLANNED: Final = "attainment(actual, planned, zero_plan: error)"
_RELATIVE: Final = "efficacy(actual, worst(actual, of: group), best(actual, of: group), base: 60%, equal: 100%)"
_KINDS: Final = (("against plans", _PLANNED), ("against others", _RELATIVE))
PAGE: Final = Path(__file__).parent.parent / "docs" / "fairness.md"
BETWEEN: Final = ("<!-- proofs -->\n", "\n<!-- end of proofs -->")


@frozen
class _Proved:
    """Of a policy of so many targets: seconds by phase, and what was found of the properties that speak of it."""

    name: str
    plan: float
    solver: float
    cases: float
    monotone: float  # that a better report scores no less: by plan and solver
    once: float  # the same, asked once
    answer: str  # of that one question
    standings: tuple[str, ...]


def _timed(policy: Policy, only: tuple[str, ...], *, cases: int, solve: bool) -> tuple[float, Report]:
    start = time.process_time()
    report = prove(policy, only=only, cases=cases, solve=solve)
    return time.process_time() - start, report


def _proved(kind: str, score: str, targets: int, seconds: int) -> _Proved:
    policy = assessdsl.loads(indicators_policy(targets).replace(_PLANNED, score))
    assert policy.plan.steps  # made once, before anything is measured
    plan, _ = _timed(policy, CATALOGUE, cases=0, solve=False)
    solved, _ = _timed(policy, CATALOGUE, cases=0, solve=True)
    whole, report = _timed(policy, CATALOGUE, cases=200, solve=True)
    monotone, alone = _timed(policy, ("monotone",), cases=0, solve=True)
    start = time.process_time()
    looked = study(policy)
    moved = {fact.step: fact.better for fact in looked.facts}
    question = Question(policy.plan.outputs.total, "falls", moved)
    answer = ask(looked.known, question, seconds * A_SECOND, steps=len(policy.plan.steps))
    once = time.process_time() - start
    by_target = alone.standings[0].status
    if (by_target in ("proved", "solver")) != (answer.verdict == "never") and answer.verdict != "unknown":
        raise AssertionError(f"{targets} targets {kind}: {by_target}, but by one question {answer.verdict}")
    found = tuple(standing.status for standing in report.standings)
    told = "the same" if answer.verdict == "never" else "no answer"
    return _Proved(
        f"{targets}, {kind}", plan, max(0.0, solved - plan), max(0.0, whole - solved), monotone, once, told, found
    )


def proofs(*, quick: bool) -> str:
    """A table. The one question may take the solver as much work as it does in about half a minute, twice."""
    rows = [
        "| targets | whole report | by the plan | solver | cases | proved · by solver · tested · refuted "
        "| monotone alone | as one query |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for targets in (2, 5) if quick else (2, 10, 50, 200):
        for kind, score in _KINDS:
            one = _proved(kind, score, targets, 1 if quick else 5)
            counts = " · ".join(str(one.standings.count(name)) for name in ("proved", "solver", "tested", "refuted"))
            whole = one.plan + one.solver + one.cases
            cells = (
                one.name, _seconds(whole), _seconds(one.plan), _seconds(one.solver), _seconds(one.cases), counts,
                _seconds(one.monotone), f"{one.answer}, {_seconds(one.once)}",
            )  # fmt: skip
            rows.append("| " + " | ".join(cells) + " |")
            print(rows[-1], flush=True)
    return "\n".join((*rows, "", f"Python {platform.python_version()}, {platform.machine()}.", ""))


def _seconds(time: float) -> str:
    return f"{time:.2f} s" if time < 10 else f"{time:.0f} s"
