"""Reading the statements of blocks, one node of each; what cannot be made is remarked and left out."""

from collections.abc import Callable
from typing import Final, TypeVar

from attrs import define, evolve, field

from assessdsl.ast.operands import Block, Remarks, chosen, clause, name_list, read_block, single
from assessdsl.quantity import Unit
from assessdsl.source import Span
from assessdsl.syntax.tree import Expression, Name, Statement, Text

T = TypeVar("T")

# What is declared as one of these, or as one of the policy's own things.
UNITS: Final = ("number", "percent", "pp", "money", "count", "days", "months", "date", "text", "yes_no", "survey")


def _reaches(statement: Statement, span: Span) -> bool:
    """Whether the place lies in the statement or its block."""
    return statement.span.source is span.source and statement.span.start <= span.start <= statement.end


@define
class Reading:
    remarks: Remarks
    things: dict[str, Unit] = field(factory=dict)  # that the policy counts, by their names and labels

    def each(self, block: Block, word: str, make: Callable[[Statement], T | None]) -> tuple[T, ...]:
        """A node of each statement of a word; those that cannot be made are left out."""
        found: list[T] = []
        for statement in block.many(word):
            before = len(self.remarks.diagnostics)
            node = make(statement)
            if node is None:
                block.broken.add(word)
                self.remarks.doubt(evolve(statement, block=None))
            else:
                found.append(node)
                if any(remark.is_error for remark in self.remarks.diagnostics[before:]):
                    self.remarks.doubt(evolve(statement, block=None))
        return tuple(found)

    def maybe(self, block: Block, word: str, make: Callable[[Statement], T | None]) -> T | None:
        found = self.each(block, word, make)
        return found[0] if found else None

    def value(self, block: Block, word: str) -> Expression | None:
        def operand(statement: Statement) -> Expression | None:
            return single(statement, self.remarks)

        found: tuple[Expression, ...] = self.each(block, word, operand)
        return found[0] if found else None

    def block(self, statement: Statement) -> Block:
        block = read_block(statement.block or (), statement.word, self.remarks)
        if statement.block is None or any(self._innermost(statement, span) for span in self.remarks.unread):
            block.broken.add("")
        return block

    def _innermost(self, statement: Statement, span: Span) -> bool:
        """Whether the place lies in the statement's block, and in none within it."""
        return _reaches(statement, span) and not any(
            _reaches(other, span) for other in statement.block or () if other.block is not None
        )

    def names(self, statement: Statement) -> tuple[Name, ...] | None:
        return name_list(statement, statement.series, statement.word_span, self.remarks) or None

    def unit(self, statement: Statement, operand: Expression | None) -> Unit | None:
        if operand is None:
            word = statement.word_span.text or statement.word
            self.remarks.add("AS2024", statement.word_span, word=word, choices=self.remarks.listed("name", UNITS))
            return None
        if isinstance(operand, Name) and operand.text in self.things:
            return self.things[operand.text]
        found = chosen(operand, UNITS, self.remarks, others=tuple(self.things))
        return Unit(found) if found else None

    def of_thing(self, statement: Statement) -> Statement:
        """`count of household "…"` is another way to write `household "…"`."""
        of = clause(statement, "of")
        if of is None or not of.series or not statement.series:
            return statement
        *before, unit = statement.series[0]
        label = () if not isinstance(unit, Text) or not before else (unit,)
        if label:
            *before, unit = before
        if not isinstance(unit, Name) or unit.word != "count":
            self.remarks.add("AS2042", of.span, word=statement.word_span.text or statement.word)
            return statement
        clauses = tuple(found for found in statement.clauses if found is not of)
        return evolve(statement, series=((*before, *of.series[0], *label),), clauses=clauses)

    def one_of(self, *possible: str) -> Callable[[Statement], str | None]:
        return lambda statement: chosen(single(statement, self.remarks), possible, self.remarks)
