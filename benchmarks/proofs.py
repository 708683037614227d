"""Proofs of wide policies: target by target, against one question about the whole policy put to the same solver."""

import time
from functools import partial

import assessdsl
from assessdsl.fairness.prove import CATALOGUE, prove
from assessdsl.fairness.solver import A_SECOND, Question, ask
from assessdsl.fairness.study import study
from benchmarks.cases import indicators_policy
from benchmarks.measure import Measurement, median

_PLANNED = "attainment(actual, planned, zero_plan: error)"
_RELATIVE = "efficacy(actual, worst(actual, of: group), best(actual, of: group), base: 60%, equal: 100%)"


def proving(targets: int, seconds: int) -> list[Measurement]:
    """That no better report scores less, and what is proved of everything that can be claimed. seconds: how much work
    the solver may spend on the one question; it is asked twice, and stopped by the clock much later, see `ask`."""
    found = []
    for kind, score in (("against plans", _PLANNED), ("against others", _RELATIVE)):
        policy = assessdsl.loads(indicators_policy(targets).replace(_PLANNED, score))
        case = f"{targets} targets {kind}"
        by_target = median(partial(prove, policy, only=("monotone",), cases=0), 1)
        (standing,) = prove(policy, only=("monotone",), cases=0).standings
        start = time.perf_counter()
        looked = study(policy)
        moved = {fact.step: fact.better for fact in looked.facts}
        answer = ask(looked.known, Question(policy.plan.outputs.total, "falls", moved), seconds * A_SECOND)
        at_once = time.perf_counter() - start
        told = {"never": "proved", "unknown": "gave up"}.get(answer.verdict, answer.verdict)
        name = f"monotone, {case}: {standing.status}"
        found.append(Measurement(name, by_target, 1, f"one query: {told}", at_once))
        found.append(
            Measurement(f"whole report, {case}", median(partial(prove, policy, only=CATALOGUE, cases=0), 1), 1)
        )
    return found
