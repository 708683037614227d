"""The syntax tree: what both surfaces, the DSL and YAML, are read into and written from.

A file is a list of statements. A statement is a word, a series of operands, clauses, an optional `= expression`
and an optional block. Positions are outside equality, so that the twins of a policy can be compared.
"""

from datetime import date
from fractions import Fraction

from attrs import field, frozen

from assessdsl.source import NOWHERE, Source, Span


def _span() -> Span:
    return field(default=NOWHERE, eq=False, repr=False)


@frozen
class Thing:
    """What a policy of its own counts by: 户, 公里."""

    name: str
    label: str = field(default="", eq=False)


@frozen
class Number:
    """A literal number. `measure` is the id of the word behind it, "" for none; or it counts things."""

    value: Fraction  # as written: not multiplied by the measure's factor
    measure: str = ""
    span: Span = _span()
    thing: Thing | None = None
    behind: str = field(default="", eq=False, repr=False)  # what stands behind the digits, as it was written


@frozen
class Text:
    value: str
    span: Span = _span()


@frozen
class Day:
    value: date
    span: Span = _span()


@frozen
class Name:
    """A name. `word` is its id where the text is a word of the language and not in backticks, else ""."""

    text: str = field(eq=False)
    word: str = ""
    span: Span = _span()
    id: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "id", self.word or self.text)


@frozen
class Argument:
    """An operand of a call: `value`, or `key: value`. A key that is a word of kind label is a Name with that word."""

    value: "Expression"
    key: "Expression | None" = None
    span: Span = _span()


@frozen
class Call:
    """A function and its arguments; `function.word` is set for the functions of the language and the prelude."""

    function: Name
    arguments: tuple[Argument, ...]
    span: Span = _span()


@frozen
class Operation:
    """A chain of operators of one precedence: operands[0] operators[0] operands[1] …

    `or`, `and`: all alike. `+ -` and `* /`: from left to right. Comparisons: `a <= b < c` is `a <= b and b < c`.
    """

    operators: tuple[str, ...]
    operands: tuple["Expression", ...]
    span: Span = _span()


@frozen
class Prefix:
    """`not x` or `-x`."""

    operator: str
    operand: "Expression"
    span: Span = _span()


@frozen
class Choice:
    """`if condition then chosen else other`."""

    condition: "Expression"
    chosen: "Expression"
    other: "Expression"
    span: Span = _span()


Expression = Number | Text | Day | Name | Call | Operation | Prefix | Choice
Phrase = tuple[Expression, ...]  # operands side by side: gdp_growth "GDP增速"
Series = tuple[Phrase, ...]  # phrases between commas


@frozen
class Clause:
    """A word of kind clause and its operands: `when total >= 60`, `by "A", "B"`."""

    word: str
    series: Series = ()
    span: Span = _span()


@frozen
class Statement:
    """`word series clauses = value { block }`. `word` is an id of kind word, or the text that is not one."""

    word: str
    series: Series = ()
    clauses: tuple[Clause, ...] = ()
    value: Expression | None = None
    block: tuple["Statement", ...] | None = None
    span: Span = _span()  # without the block
    word_span: Span = _span()
    end: int = field(default=0, eq=False, repr=False)  # the offset behind the statement and its block
    broken: bool = field(
        default=False, eq=False, repr=False
    )  # it has a syntax error: what stands in it is not complete


@frozen
class Comment:
    """A comment without its `#`, and whether it stands behind something on its line."""

    text: str
    span: Span = _span()
    trailing: bool = False


@frozen
class Document:
    """A file that was read. Comments lie beside the tree, in the order of their places."""

    statements: tuple[Statement, ...]
    source: Source = field(eq=False, repr=False)
    comments: tuple[Comment, ...] = field(default=(), eq=False)
