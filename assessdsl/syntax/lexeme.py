"""A token whose place is known: what the parser is fed with."""

from datetime import date
from fractions import Fraction
from typing import Final

from attrs import define

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Span

BARE_CLAUSES: Final = frozenset({"otherwise"})  # with nothing behind them: a line may end there


@define
class Lexeme:
    """`type` is a terminal of the grammar, or ERROR, which stops its statement with the remark in `faults`."""

    type: str
    span: Span
    text: str = ""  # of a name or a text; of an operator, its id; of a number, what stands behind it
    word: str = ""  # the id of a word of the language
    value: Fraction | date | None = None
    faults: tuple[Diagnostic, ...] = ()
    broken: bool = False  # of a WORD: something in its statement was wrong
    reach: Span | None = None  # of a broken WORD: up to where its statement was read

    @property
    def shown(self) -> str:
        """What the author wrote, to be quoted between backticks."""
        return (self.span.text or self.text).strip("`")
