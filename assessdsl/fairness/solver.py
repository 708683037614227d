"""Questions about a step of a plan for a solver (z3).

A question is about two copies of a step, one before and one after some facts were moved. What other rows add is a
number of which only its bounds are said, so that an answer of no holds for all rows there can be.
"""

from collections.abc import Mapping
from fractions import Fraction
from importlib.util import find_spec
from typing import Any, Final, Literal

from attrs import field, frozen

from assessdsl.fairness.analysis.narrow import Known
from assessdsl.fairness.terms import Terms

_STEPS: Final = 1_500  # beyond which it is not asked: putting the question alone takes too long
A_SECOND: Final = 2_000_000  # the work that the solver does in about that time, as it counts it itself


def available() -> bool:
    """Whether the extra `prove` is installed."""
    return find_spec("z3") is not None


@frozen
class Question:
    """Whether the step can have more before than after (`falls`), or less (`rises`).

    moved: by the step that loads a fact, which way it goes from before to after: 1 up, -1 down, 0 either.
    equals: by the step of a fact that is moved, the step whose value it has afterwards.
    """

    step: int
    asked: Literal["falls", "rises"]
    moved: Mapping[int, int]
    equals: Mapping[int, int] = field(factory=dict)


@frozen
class Answer:
    """`never`: there are no such data. `found`: the values of facts, by the steps that load them, for which it is so if
    what they leave out can be as the solver took it."""

    verdict: Literal["never", "found", "unknown"]
    before: Mapping[int, Fraction | None] = field(factory=dict)
    after: Mapping[int, Fraction | None] = field(factory=dict)


def ask(known: Known, question: Question, work: int, *, steps: int = _STEPS) -> Answer:
    """First with counts that may be any number, which is much easier to say no to; then with whole ones. work: what may
    be spent on each, see A_SECOND. steps: of how many at the most it is asked."""
    if len(known.cone(question.step)) > steps:
        return Answer("unknown")
    relaxed = _asked(known, question, work, whole=False)
    return relaxed if relaxed.verdict == "never" else _asked(known, question, work, whole=True)


def ever(known: Known, step: int, way: int, work: int) -> Literal["never", "unknown"]:
    """Whether the step can be above zero (way 1), or below (-1), where it has a value."""
    import z3

    if len(known.cone(step)) > _STEPS:
        return "unknown"
    for whole in (False, True):
        solver = _solver(work)
        terms = Terms(z3, known, step, (), solver, whole)
        for id in known.cone(step):
            terms.of(id, "before")
        term = terms.of(step, "before")
        solver.add(z3.Not(term.missing), z3.Not(term.fault), term.value > 0 if way > 0 else term.value < 0)
        if str(solver.check()) == "unsat":
            return "never"
    return "unknown"


def _solver(work: int) -> Any:
    import z3

    solver = z3.Solver()
    solver.set("rlimit", work)  # the same answer on a busy machine
    solver.set("timeout", 10_000 + 10_000 * work // A_SECOND)
    solver.set("random_seed", 0)
    return solver


def _asked(known: Known, question: Question, work: int, *, whole: bool) -> Answer:
    import z3

    solver = _solver(work)
    terms = Terms(z3, known, question.step, question.moved, solver, whole)
    for id in known.cone(question.step):  # in order, so that nothing is nested however long a plan is
        terms.of(id, "before")
        terms.of(id, "after")
    one, two = terms.of(question.step, "before"), terms.of(question.step, "after")
    for load, way in sorted(question.moved.items()):
        before, after = terms.of(load, "before"), terms.of(load, "after")
        solver.add(z3.Not(before.missing), z3.Not(after.missing))
        if way:
            less, more = (before.value, after.value) if way > 0 else (after.value, before.value)
            solver.add(z3.And(more, z3.Not(less)) if z3.is_bool(more) else more > less)
        if load in question.equals:
            other = terms.of(question.equals[load], "after")
            solver.add(after.value == other.value, z3.Not(other.missing))
    for term in (one, two):
        solver.add(z3.Not(term.missing), z3.Not(term.fault))
    solver.add(one.value > two.value if question.asked == "falls" else one.value < two.value)
    match str(solver.check()):
        case "unsat":
            return Answer("never")
        case "sat":
            model = solver.model()
            return Answer("found", *(terms.facts(model, copy) for copy in ("before", "after")))
        case _:
            return Answer("unknown")
