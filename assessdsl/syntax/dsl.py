"""Reading the DSL."""

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Source
from assessdsl.syntax.grammar import scan
from assessdsl.syntax.lexer import Lexer
from assessdsl.syntax.parser import parse
from assessdsl.syntax.stream import Stream
from assessdsl.syntax.things import resolved
from assessdsl.syntax.tree import Document


def read_dsl(source: Source) -> tuple[Document, list[Diagnostic]]:
    """The tree of a text in the DSL, as far as it can be read, and what is wrong with it."""
    lexer = Lexer(Stream(source, scan(source.text)))
    statements, diagnostics = parse(lexer)
    if lexer.unclosed:  # read again, now that it is known that the indentation must tell where a `}` is missing
        lexer = Lexer(Stream(source, scan(source.text)), to_place=lexer.unclosed)
        statements, diagnostics = parse(lexer)
    return resolved(Document(statements, source, tuple(lexer.stream.comments))), diagnostics
