"""What a solver was asked, so that it is asked but once: of indicators that differ in their names only, once for all.

Two questions are alike if the steps that they rest on are the same ones, read in the same order, with the same
numbers, units and bounds, whatever these steps and their indicators are called: all that a question puts to a solver
is of these. The answer for one is then the answer for the other, each by its own steps.
"""

from collections.abc import Hashable, Mapping
from fractions import Fraction

from attrs import evolve, field, frozen

from assessdsl.fairness.analysis.narrow import Known
from assessdsl.fairness.solver import Answer, Question, ask
from assessdsl.plan.steps import Aggregate, Combine, Fail, Gate, Grain, Operation
from assessdsl.plan.walk import renumbered


@frozen(eq=False)
class Asked:
    """Answers by what was asked; those of one policy, or of several."""

    _found: dict[Hashable, Answer] = field(factory=dict)

    def ask(self, known: Known, question: Question, work: int) -> Answer:
        """As `ask` of the solver."""
        numbers = _numbered(known, question)
        key = (work, _alike(known, question, numbers))
        if key not in self._found:
            answer = ask(known, question, work)
            self._found[key] = Answer(answer.verdict, _told(answer.before, numbers), _told(answer.after, numbers))
        answer, ids = self._found[key], dict(enumerate(numbers))
        return Answer(answer.verdict, _told(answer.before, ids), _told(answer.after, ids))


def _numbered(known: Known, question: Question) -> dict[int, int]:
    """All that it rests on, numbered as it is met on the way down: what is shared with others may stand anywhere."""
    found: dict[int, int] = {}
    waiting = [*question.equals.values(), *question.equals, *question.moved, question.step]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found[id] = len(found)
            waiting += reversed(known.inputs(id))
    return found


def _told(values: Mapping[int, Fraction | None], to: Mapping[int, int]) -> dict[int, Fraction | None]:
    return {to[id]: value for id, value in values.items()}


def _alike(known: Known, question: Question, numbers: Mapping[int, int]) -> Hashable:
    """All of the question but for names, with the steps by their numbers."""
    indicators: dict[str, str] = {}

    def of(grain: Grain) -> Grain:
        if not grain.indicator:
            return grain
        return Grain(grain.kind, indicators.setdefault(grain.indicator, str(len(indicators))))

    def nameless(operation: Operation) -> Operation:
        match renumbered(operation, numbers.__getitem__):
            case Aggregate() as aggregate:
                return evolve(aggregate, over=of(aggregate.over), to=of(aggregate.to))
            case Combine(parts=parts) as combine:
                return evolve(combine, parts=tuple(evolve(part, name="") for part in parts))
            case Gate() as gate:
                return evolve(gate, name="")
            case Fail(code):
                return Fail(code)
            case other:
                return other

    plan = known.plan
    return (
        numbers[question.step],
        question.asked,
        frozenset((numbers[load], way) for load, way in question.moved.items()),
        frozenset((numbers[load], numbers[other]) for load, other in question.equals.items()),
        tuple(
            (nameless((step := plan.steps[id]).operation), of(step.grain), step.unit, known.bounds[id])
            for id in numbers
        ),
    )
