"""Which values of an assessment were used: those that its outcomes rest on, not the branches that were not taken."""

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from assessdsl.backends.columns import Layout, Value
from assessdsl.backends.trace import Trace
from assessdsl.facts import Missing
from assessdsl.plan.steps import Aggregate, Choose, Grain, Outputs, Raise, Supply
from assessdsl.plan.walk import inputs


@frozen
class Marks:
    """Of each step the rows whose value was used."""

    trace: Trace
    rows: Sequence[frozenset[int]]

    def used(self, step: int) -> Iterator[tuple[int, Value]]:
        """The used rows of a step with their values."""
        values = self.trace.columns.values[step]
        return ((row, values[row]) for row in self.rows[step])

    def value(self, step: int, row: int, grain: Grain) -> Value:
        """The value of a step for a row of the same or a finer grain."""
        layout, own = self.trace.columns.layout, self.trace.plan.steps[step].grain
        return self.trace.columns.values[step][layout.parents(grain, own)[row]]


def marked(trace: Trace) -> Marks:
    """From the outcomes backwards: an input is used for the rows whose values took it."""
    plan, layout = trace.plan, trace.columns.layout
    used: list[set[int]] = [set() for _ in plan.steps]
    for root in _roots(plan.outputs):
        used[root].update(range(layout.rows(plan.steps[root].grain)))
    marks = Marks(trace, [])
    for step in reversed(plan.steps):
        rows = used[step.id]
        if not rows:
            continue
        match step.operation:
            case Aggregate() as aggregate:
                over = _below(layout, rows, aggregate)
                if aggregate.when is not None:
                    _note(used, marks, aggregate.when, over, aggregate.over)
                    over = [row for row in over if marks.value(aggregate.when, row, aggregate.over) is True]
                for id in (aggregate.value, aggregate.distinct):
                    if id is not None:
                        _note(used, marks, id, over, aggregate.over)
            case Choose(condition, chosen, other):
                _note(used, marks, condition, rows, step.grain)
                for id, side in ((chosen, True), (other, False)):
                    taken = [row for row in rows if marks.value(condition, row, step.grain) is side]
                    _note(used, marks, id, taken, step.grain)
            case Supply(value, instead):
                _note(used, marks, value, rows, step.grain)
                lacking = [row for row in rows if isinstance(marks.value(value, row, step.grain), Missing)]
                _note(used, marks, instead, lacking, step.grain)
            case Raise(when=when):  # what it cites is told, and decides nothing
                _note(used, marks, when, rows, step.grain)
            case operation:
                for id in inputs(operation):
                    _note(used, marks, id, rows, step.grain)
    return Marks(trace, [frozenset(rows) for rows in used])


def _note(used: list[set[int]], marks: Marks, id: int, rows: Iterable[int], grain: Grain) -> None:
    layout, own = marks.trace.columns.layout, marks.trace.plan.steps[id].grain
    above = layout.parents(grain, own)
    used[id].update(above[row] for row in rows)


def _below(layout: Layout, rows: set[int], aggregate: Aggregate) -> list[int]:
    above = layout.parents(aggregate.over, aggregate.to)
    return [row for row in range(layout.rows(aggregate.over)) if above[row] in rows]


def _roots(outputs: Outputs) -> Iterator[int]:
    yield outputs.total
    yield from (id for id in (outputs.rank, outputs.tier, outputs.eligible) if id is not None)
    yield from (finding.step for finding in outputs.findings)
