"""The explanation of an entity's result, or of one indicator of it."""

from fractions import Fraction
from typing import Any

from attrs import field, frozen

from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.explanation.ledger import entity_ledger, indicator_ledger, indicator_marks
from assessdsl.explanation.records import LedgerLine, Node
from assessdsl.explanation.text import ledger_lines, tree_lines
from assessdsl.explanation.tree import entity_node, indicator_node, new_working
from assessdsl.explanation.view import Place, View
from assessdsl.plan.steps import ComponentOutput, IndicatorOutput
from assessdsl.quantity import Quantity, Unit, exact_text
from assessdsl.result import Result
from assessdsl.vocabulary import nearest


@frozen
class Explanation:
    """Why an entity, or one indicator of it, has its score.

    `full` and `score` are on the scale of the ledger: its lines sum to full − score. Of an indicator of a bonus or a
    penalty, full is 0 and the score is what it adds to the total.
    """

    entity: str
    indicator: str
    full: Fraction
    score: Fraction
    root: Node = field(repr=False)
    ledger: tuple[LedgerLine, ...] = field(repr=False)
    language: str = "en"

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"entity": self.entity}
        if self.indicator:
            data["indicator"] = self.indicator
        data |= {
            "full": exact_text(self.full),
            "score": exact_text(self.score),
            "ledger": [line.to_data() for line in self.ledger],
            "explanation": self.root.to_data(),
        }
        return data

    def __str__(self) -> str:
        lost = Quantity(self.full - self.score, Unit.POINTS)
        return "\n".join([*tree_lines(self.root, self.language), "", *ledger_lines(self.ledger, lost, self.language)])


def explain(result: Result, entity: str, indicator: str | None = None, *, language: str | None = None) -> Explanation:
    """Every point of an entity's result traced to the policy's lines and the data's cells.

    In the policy's language unless another is asked for. DataError where there is no such entity or indicator.
    """
    if not isinstance(result, Result) or not isinstance(entity, str):
        raise TypeError("explain takes a result and the name of an entity, as its table has it")
    view = View(result, language or result.language)
    number = _entity_number(view, entity)
    if indicator is None:
        outputs, place = view.plan.outputs, Place(number)
        root = entity_node(view, number)
        full, score = view.number(outputs.full, place), view.number(outputs.total, place)
        return Explanation(entity, "", full, score, root, entity_ledger(view, number), view.language)
    component, output = _indicator_output(view, number, indicator)
    full, contributed = indicator_marks(view, component, output, number)
    root = indicator_node(view, new_working(view), component, output, number)
    lines = indicator_ledger(view, component, output, number)
    score = -contributed if component.kind == "penalty" else contributed
    return Explanation(entity, indicator, full, score, root, lines, view.language)


def _entity_number(view: View, entity: str) -> int:
    names = [record.entity for record in view.trace.dataset.entities]
    if entity in names:
        return names.index(entity)
    near = nearest(entity, names)
    raise DataError([Diagnostic("AS5101", arguments={"name": entity, "suggestion": near or ""})], view.language)


def _indicator_output(view: View, entity: int, indicator: str) -> tuple[ComponentOutput, IndicatorOutput]:
    found = {
        output.name: (component, output)
        for component in view.plan.outputs.every_component
        for output in component.indicators
    }
    if indicator not in found:
        near = nearest(indicator, list(found))
        arguments = {"name": indicator, "suggestion": near or ""}
        raise DataError([Diagnostic("AS5102", arguments=arguments)], view.language)
    component, output = found[indicator]
    if not view.truth(output.applies, Place(entity)):
        record = view.trace.dataset.entities[entity]
        arguments = {"name": indicator, "entity": record.entity, "group": record.group}
        raise DataError([Diagnostic("AS5103", span=output.span, arguments=arguments)], view.language)
    return component, output
