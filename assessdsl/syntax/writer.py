"""Writing the DSL, well laid out."""

from itertools import groupby
from typing import assert_never

from attrs import define, field, frozen

from assessdsl.source import pad, width
from assessdsl.syntax.lexeme import BARE_CLAUSES
from assessdsl.syntax.margin import INDENT, Margin, beside
from assessdsl.syntax.spelling import Language, Speller, speller
from assessdsl.syntax.tree import Document, Statement
from assessdsl.syntax.wrapping import wrapped
from assessdsl.vocabulary import vocabulary


@frozen
class Line:
    """A line that is not aligned with others: a comment, the head of a block, its end, or nothing."""

    text: str


@frozen
class Row:
    """A statement without a block. Beside one another, plain rows have their operands in one column; rows that
    declare names have what follows the names in one column, if they are of one word."""

    word: str
    first: str  # a declared name; else ""
    rest: str
    comment: str = ""


@define
class _DslWriter:
    speller: Speller
    margin: Margin
    lines: list[str] = field(factory=list)

    def block(self, statements: tuple[Statement, ...], depth: int, end: int | None) -> None:
        rows: list[Row | Line] = []
        previous: Statement | None = None
        for statement in statements:
            rows += [Line(text) for text in self.margin.above(statement, previous)]
            if statement.block is None:
                rows.append(self.row(statement))
            else:
                self.flush(rows, depth)
                rows = []
                self.nested(statement, depth)
            previous = statement
        rows += [Line(text) for text in self.margin.comments(end, first=not statements)]
        self.flush(rows, depth)

    def row(self, statement: Statement) -> Row:
        comment = self.margin.behind(statement.span.end) if self.margin.has(statement) else None
        word = vocabulary().words.get(("word", statement.word))
        spelling = self.speller.statement_word(statement)
        series = statement.series
        first = ""
        if word and word.declares and len(series) == 1:
            first = self.speller.phrase(series[0][:1])
            series = (series[0][1:],) if len(series[0]) > 1 else ()
        rest = self.speller.rest(statement, series)
        if statement.value is None and statement.clauses:
            last = statement.clauses[-1]
            if not last.series and last.word not in BARE_CLAUSES:
                rest += ";"  # else the next line would be read as what the clause lacks
        return Row(spelling, first, rest, beside(comment))

    def nested(self, statement: Statement, depth: int) -> None:
        assert statement.block is not None
        placed = self.margin.has(statement)
        head = f"{self.speller.statement_word(statement)} {self.speller.rest(statement, statement.series)}".rstrip()
        comment = self.margin.behind_head(statement) if placed else None
        self.put(f"{head} {{{beside(comment)}", depth)
        self.block(statement.block, depth + 1, statement.end if placed else 0)
        comment = self.margin.behind(statement.end) if placed else None
        self.put("}" + beside(comment), depth)

    def put(self, text: str, depth: int) -> None:
        self.lines.append((INDENT * depth + text).rstrip())

    def flush(self, rows: list[Row | Line], depth: int) -> None:
        run: list[Row] = []
        for row in rows:
            match row:
                case Row():
                    run.append(row)
                case Line(text):
                    self.align(run, depth)
                    run = []
                    self.put(text, depth)
                case _:
                    assert_never(row)
        self.align(run, depth)

    def align(self, run: list[Row], depth: int) -> None:
        columns = max((width(row.word) for row in run if not row.first), default=0)
        for _, group in groupby(run, key=lambda row: (row.word, bool(row.first))):
            alike = list(group)
            names = max(width(row.first) for row in alike)
            for row in alike:
                first = f"{row.word} {pad(row.first, names)}" if row.first else pad(row.word, columns)
                *lines, last = wrapped((INDENT * depth + f"{first} {row.rest}").rstrip())
                self.lines += (*lines, last + row.comment)


def write_dsl(document: Document, language: Language) -> str:
    """The document in the DSL."""
    writer = _DslWriter(speller(document, language), Margin.of(document))
    writer.put(f"# language: {language}", 0)
    writer.block(document.statements, 0, None)
    return "\n".join(writer.lines) + "\n"
