"""Reading YAML: keys and scalars become the same tokens as the DSL's, so that one parser builds the tree."""

from collections.abc import Iterator

from attrs import define, evolve

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Source, Span
from assessdsl.syntax import literals
from assessdsl.syntax.grammar import Raw, scan
from assessdsl.syntax.lexer import Lexer
from assessdsl.syntax.parser import parse
from assessdsl.syntax.stream import Stream
from assessdsl.syntax.things import resolved
from assessdsl.syntax.tree import Document
from assessdsl.syntax.yaml_events import Entry, Mapping, Node, Sequence, full_width_key, read_entries
from assessdsl.syntax.yaml_scalars import Scalar
from assessdsl.vocabulary import Word, vocabulary

_QUOTES = ('"', "“")
_SIGNS_OF_BLOCKS = frozenset({"_LBRACE", "RBRACE", "SEMICOLON"})


def _tokens(scalar: Scalar) -> Iterator[Raw]:
    """The raw tokens of a scalar, with their places in the file. Line ends in it are blanks."""
    for raw in scan(scalar.text):
        start, end = scalar.place(raw.start, raw.end)
        match raw.type:
            case "NEWLINE":
                continue
            case "UNCLOSED":  # up to the end of the line, but a `{` there opens no block
                yield Raw(raw.type, raw.text[0], start, end)
            case type:
                yield Raw("REFUSED" if type in _SIGNS_OF_BLOCKS else type, raw.text, start, end)
    yield Raw("STOP", "", scalar.end, scalar.end)


def _clause_of(key: Scalar, statement: Word | None) -> tuple[Word, int] | None:
    """The clause that a key names, and how many characters spell it, unless it names a statement of the block."""
    known = vocabulary()
    parts = key.text.split(" ")
    for count in (2, 1):
        clause = known.find("clause", " ".join(parts[:count])) if len(parts) >= count else None
        if clause is None:
            continue
        if known.find("word", parts[0]) and not (statement and clause.id in statement.clauses):
            return None
        return clause, len(" ".join(parts[:count]))
    return None


@define
class _Writer:
    """Turns keys and what they hold into raw tokens."""

    source: Source
    diagnostics: list[Diagnostic]

    def block(self, mapping: Mapping) -> Iterator[Raw]:
        for entry in mapping.entries:
            yield from self.statement(entry.key, entry.value)

    def statement(self, key: Scalar, value: Node, *, in_list: bool = False) -> Iterator[Raw]:
        tokens = list(_tokens(key))
        word = vocabulary().find("word", tokens[0].text) if tokens[0].type == "NAME" else None
        match value:
            case None:
                yield from tokens
            case Scalar():
                yield from self.one_scalar(key, tokens, word, value)
            case Mapping():
                yield from self.parts(tokens, word, value)
                return
            case Sequence():
                if in_list:
                    self.refuse(value, key.text)
                    return
                for item in value.items:
                    yield from self.statement(key, item, in_list=True)
                return
        yield Raw("SEMICOLON", ";", tokens[-1].end, tokens[-1].end)

    def one_scalar(self, key: Scalar, tokens: list[Raw], word: Word | None, value: Scalar) -> Iterator[Raw]:
        """A statement whose key holds a label, a value, or the rest of the statement."""
        if self.has_full_width_colon(value):
            yield from tokens
            return
        names = self.names(tokens)
        if word and word.text and names == 1 and not value.text.startswith(_QUOTES):
            yield from tokens[:1]
            yield from self.label(value)
            yield from tokens[1:]
        elif word and word.declares and names > 1 and not self.labelled(tokens):
            bound = _clause_of(value, word)
            if bound and bound[0].id in word.expects:  # at least so much
                yield from tokens
                yield from _tokens(value)
            elif word.value:
                yield from tokens
                yield Raw("_EQUALS", "=", value.start, value.start)
                yield from _tokens(value)
            else:
                yield from tokens[:names]
                yield from self.label(value)
                yield from tokens[names:]
        elif word or not names:
            yield from tokens
            yield from _tokens(value)
        else:  # an unknown word: whether a label or an expression follows cannot be known
            yield from tokens

    def labelled(self, tokens: list[Raw]) -> bool:
        """Whether a key holds a text of its own, which is not an operand in brackets."""
        depth = 0
        for raw in tokens:
            depth += (raw.type == "_LPAR") - (raw.type == "RPAR")
            if raw.type == "STRING" and depth == 0:
                return True
        return False

    def names(self, tokens: list[Raw]) -> int:
        """How many tokens a key begins with before a label may follow: the word, names, and the brackets of a call."""
        depth = 0
        for i, raw in enumerate(tokens):
            depth += (raw.type == "_LPAR") - (raw.type == "RPAR")
            if depth or raw.type == "RPAR":
                continue
            if raw.type not in {"NAME", "QUOTED_NAME"} or (i and vocabulary().find("clause", raw.text)):
                return i
        return len(tokens)

    def parts(self, tokens: list[Raw], word: Word | None, mapping: Mapping) -> Iterator[Raw]:
        """A statement whose key holds its label, clauses, value and block."""
        label: Node = None
        value: Entry | None = None
        clauses: list[Raw] = []
        inner: list[Entry] = []
        for entry in mapping.entries:
            column = vocabulary().find("column", entry.key.text)
            if column and column.id == "label":
                label = entry.value
            elif column and column.id == "value":
                value = entry
            elif clause := _clause_of(entry.key, word):
                clauses += self.clause(entry, *clause)
            else:
                inner.append(entry)
        names = self.names(tokens)
        yield from tokens[:names]
        if label is not None:
            yield from self.label(label)
        yield from tokens[names:]
        yield from clauses
        if value is not None:
            yield Raw("_EQUALS", "=", value.key.start, value.key.end)
            yield from self.scalar(value)
        if inner or (word and word.block):
            yield Raw("_LBRACE", "{", mapping.start, mapping.start)
            yield from self.block(Mapping(tuple(inner), mapping.start, mapping.end))
            yield Raw("RBRACE", "}", mapping.end, mapping.end)
        else:
            yield Raw("SEMICOLON", ";", mapping.end, mapping.end)

    def clause(self, entry: Entry, word: Word, length: int) -> Iterator[Raw]:
        yield Raw("CLAUSE", word.id, *entry.key.place(0, length))
        for raw in _tokens(_rest(entry.key, length)):
            if raw.type != "STOP":
                yield raw
        if isinstance(entry.value, Sequence):  # the phrases of its series
            for i, item in enumerate(entry.value.items):
                if i:
                    yield Raw("_COMMA", ",", entry.value.start, entry.value.start)
                yield from self.scalar(Entry(entry.key, item))
        else:
            yield from self.scalar(entry)

    def scalar(self, entry: Entry) -> Iterator[Raw]:
        match entry.value:
            case None:
                pass
            case Scalar() as scalar:
                if not self.has_full_width_colon(scalar):
                    yield from _tokens(scalar)
            case other:
                self.refuse(other, entry.key.text)

    def label(self, node: Node) -> Iterator[Raw]:
        if not isinstance(node, Scalar):
            assert node is not None
            self.refuse(node, vocabulary().get("column", "label").spelling(self.source.language))
            return
        text = node.text.rstrip("\r\n")
        span = Span(self.source, node.start, node.end)
        if "\n" in text:
            self.diagnostics.append(Diagnostic("AS1071", span))
        elif fault := literals.check_text(text, span):
            self.diagnostics.append(fault)
        elif not self.has_full_width_colon(node):
            yield Raw("LABEL", text, node.start, node.end)

    def has_full_width_colon(self, scalar: Scalar) -> bool:
        suggestion = full_width_key(scalar.text) if scalar.style is None else None
        if suggestion is None:
            return False
        at, end = scalar.place(scalar.text.index("："), scalar.text.index("：") + 1)
        arguments = {"text": scalar.text, "suggestion": suggestion}
        self.diagnostics.append(Diagnostic("AS1067", Span(self.source, at, end), arguments))
        return True

    def refuse(self, node: Mapping | Sequence, key: str) -> None:
        span = Span(self.source, node.start, min(node.start + 1, node.end))
        self.diagnostics.append(Diagnostic("AS1069", span, {"found": key}))


def _rest(scalar: Scalar, length: int) -> Scalar:
    """The rest of a scalar behind its first characters."""
    return evolve(scalar, text=scalar.text[length:], starts=scalar.starts[length:], ends=scalar.ends[length:])


def read_yaml(source: Source) -> tuple[Document, list[Diagnostic]]:
    """The tree of a text in YAML, as far as it can be read, and what is wrong with it."""
    node, comments, diagnostics = read_entries(source)
    writer = _Writer(source, diagnostics)
    raw: Iterator[Raw] = iter(())
    match node:
        case Mapping():
            raw = writer.block(node)
        case Sequence():
            writer.refuse(node, source.name)
        case Scalar():
            if not writer.has_full_width_colon(node):
                span = Span(source, node.start, node.end)
                diagnostics.append(Diagnostic("AS1069", span, {"found": source.name}))
    lexer = Lexer(Stream(source, raw, comments))
    statements, remarks = parse(lexer)
    ordered = tuple(sorted(lexer.stream.comments, key=lambda comment: comment.span.start))
    return resolved(Document(statements, source, ordered)), [*diagnostics, *remarks]
