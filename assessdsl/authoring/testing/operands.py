"""Operands of statements as the cells of a table."""

from assessdsl.ast.operands import Remarks
from assessdsl.syntax.tree import Expression, Name, Series, Text


def cell(operand: Expression) -> str:
    """What a cell holds: a text or a name itself; anything else as it is written, for the readers of tables to read."""
    match operand:
        case Text(value):
            return value
        case Name(text):
            return text
        case _:
            return operand.span.text


def cells(series: Series, remarks: Remarks) -> tuple[str, ...]:
    """The cells between commas, each of one operand."""
    for phrase in series:
        if len(phrase) > 1:
            text = phrase[0].span.to(phrase[-1].span).text
            remarks.add("AS9507", phrase[1].span, found=text)
    return tuple(cell(phrase[0]) for phrase in series)
