"""Writing YAML, so that it reads back to the same tree."""

import re
from typing import Final

from attrs import define, field, frozen

from assessdsl.source import width
from assessdsl.syntax.literals import HAN
from assessdsl.syntax.margin import INDENT, Margin, beside
from assessdsl.syntax.spelling import Language, Speller, speller
from assessdsl.syntax.tree import Call, Clause, Document, Name, Series, Statement, Text
from assessdsl.syntax.wrapping import COLUMNS, wrapped
from assessdsl.syntax.yaml_events import full_width_key
from assessdsl.vocabulary import Word, vocabulary

_PLAIN: Final = re.compile(f"[0-9A-Za-z_{HAN}(](?:[^\\s:#]|[:](?=\\S)| (?=[^\\s#])|(?<=\\S)#)*")
_LONG_KEY: Final = 900  # characters; a longer key must be announced by `?`
_TOGETHER: Final = frozenset({("then", "at_most"), ("top", "of"), ("next", "of"), ("from", "to")})


def scalar_text(text: str) -> str:
    """The text as YAML: plain where that is safe, else in single quotes."""
    if _PLAIN.fullmatch(text) and not full_width_key(text):
        return text
    return _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@frozen
class _Item:
    """A statement as YAML: its key, and a scalar (None: nothing), or keys with the statements of its block."""

    statement: Statement
    key: str
    scalar: str | None = None
    keys: tuple[tuple[str, str | None], ...] = ()

    @property
    def nested(self) -> bool:
        return bool(self.keys) or self.statement.block is not None


def _split_label(statement: Statement) -> tuple[str | None, Series]:
    """The label, if it stands where a reader of YAML puts one: behind the names. And the operands without it."""
    if len(statement.series) == 1:
        phrase = statement.series[0]
        at = next((i for i, part in enumerate(phrase) if isinstance(part, Text)), 0)
        label = phrase[at]
        if (
            at
            and isinstance(label, Text)
            and isinstance(phrase[0], Name | Call)
            and all(isinstance(part, Name) for part in phrase[1:at])
            and not any(isinstance(part, Text) for part in phrase[at + 1 :])
            and not (phrase[at + 1 :] and isinstance(phrase[at + 1], Name))
        ):
            return label.value, ((*phrase[:at], *phrase[at + 1 :]),)
    return None, statement.series


def _named(series: Series) -> bool:
    """Whether a key with these operands is read as a name whose value or label is the scalar."""
    if len(series) != 1:
        return False
    return isinstance(series[0][0], Name | Call) and not any(isinstance(part, Text) for part in series[0])


@define
class _YamlWriter:
    speller: Speller
    margin: Margin
    lines: list[str] = field(factory=list)

    # ------------------------------------------------------------ one statement

    def item(self, statement: Statement) -> _Item:
        word = vocabulary().words.get(("word", statement.word))
        bare = statement.block is None
        if word is None or (bare and word.block and word.declares):
            return self.whole(statement)
        spelling = self.speller.statement_word(statement)
        if bare and word.text:
            match statement:
                case Statement(series=((Text(text),),), clauses=(), value=None) if not text.startswith(('"', "“")):
                    return _Item(statement, spelling, text)
                case _:
                    return self.whole(statement)
        if bare and not word.declares:
            return _Item(statement, spelling, self.speller.rest(statement, statement.series) or None)
        label, operands = _split_label(statement)
        key = f"{spelling} {self.speller.series(operands)}".rstrip()
        value = None if statement.value is None else self.speller.expression(statement.value)
        if bare and not statement.clauses:
            if label is not None and value is None and not word.value:
                return _Item(statement, key, label)
            if label is None and value is not None and word.value and _named(operands):
                return _Item(statement, key, value)
            if label is None and value is None:
                return self.whole(statement)
        key, clauses = self.clauses(key, statement.clauses, word)
        keys: list[tuple[str, str | None]] = []
        if label is not None:
            keys.append((self.speller.word("column", "label"), label))
        keys += clauses
        if value is not None:
            keys.append((self.speller.word("column", "value"), value))
        return _Item(statement, key, None, tuple(keys))

    def whole(self, statement: Statement) -> _Item:
        """Everything but the block in the key."""
        word = self.speller.statement_word(statement)
        return _Item(statement, f"{word} {self.speller.rest(statement, statement.series)}".rstrip())

    def clauses(
        self, key: str, clauses: tuple[Clause, ...], statement: Word
    ) -> tuple[str, list[tuple[str, str | None]]]:
        """A key for each clause. One that cannot have its own (it has had one, or its word is also that of a
        statement) stands behind what comes before it."""
        keys: list[tuple[str, str | None]] = []
        before = ""
        for clause in clauses:
            spelling = self.speller.clause_word(clause)
            taken = vocabulary().find("word", spelling.split(" ")[0]) and clause.word not in statement.clauses
            if not keys and taken:
                key = f"{key} {self.speller.clause(clause)}"
            elif keys and (taken or (before, clause.word) in _TOGETHER or spelling in dict(keys)):
                name, text = keys[-1]
                keys[-1] = (name, f"{text or ''} {self.speller.clause(clause)}".strip())
            else:
                keys.append((spelling, self.speller.operands(clause) or None))
            before = clause.word
        return key, keys

    # ------------------------------------------------------------ a block

    def block(self, statements: tuple[Statement, ...], depth: int, end: int | None) -> None:
        previous: Statement | None = None
        for group in self.groups(statements):
            in_list = len(group) > 1
            for i, item in enumerate(group):
                for line in self.margin.above(item.statement, previous):
                    self.put(line, depth)
                if in_list and i == 0:
                    self.put_key(item.key, None, "", depth)
                self.write(item, depth, in_list=in_list)
                previous = item.statement
        for line in self.margin.comments(end, first=not statements):
            self.put(line, depth)

    def groups(self, statements: tuple[Statement, ...]) -> list[list[_Item]]:
        """The statements by their keys, since a key may stand only once."""
        groups: list[list[_Item]] = []
        by_key: dict[str, list[_Item]] = {}
        for statement in statements:
            item = self.item(statement)
            same = by_key.get(item.key)
            if same is not None and same is not groups[-1] and not item.nested:
                item = self.whole(statement)
                same = by_key.get(item.key)
            if same is None:
                groups.append(by_key.setdefault(item.key, []))
                same = groups[-1]
            same.append(item)
        return groups

    def write(self, item: _Item, depth: int, *, in_list: bool) -> None:
        statement = item.statement
        placed = self.margin.has(statement)
        comment = self.margin.beside(statement.word_span.start, statement.span.end) if placed else None
        text = beside(comment)
        if item.nested and not item.keys and not statement.block:
            text = " {}" + text
        if in_list:
            depth += 1
            self.put_scalar("-", item.scalar, text, depth)
        else:
            self.put_key(item.key, item.scalar, text, depth)
        for key, scalar in item.keys:
            self.put_key(key, scalar, "", depth + 1)
        if statement.block is not None:
            self.block(statement.block, depth + 1, statement.end if placed else 0)

    def put_key(self, key: str, scalar: str | None, text: str, depth: int) -> None:
        if len(key) > _LONG_KEY:
            self.put(f"? {scalar_text(key)}", depth)
            self.put_scalar(":", scalar, text, depth)
        else:
            self.put_scalar(f"{scalar_text(key)}:", scalar, text, depth)

    def put_scalar(self, head: str, scalar: str | None, text: str, depth: int) -> None:
        """A scalar and what stands behind it; one that is too long on several lines, which the reader folds."""
        if scalar is None:
            self.put(head + text, depth)
            return
        written = scalar_text(scalar)
        start = f"{INDENT * depth}{head} "
        if width(start + written) > COLUMNS:
            quoted = _quoted(scalar)
            *above, last = wrapped(start + quoted, len(start) + 1)
            if above and " ".join(line.strip() for line in (*above, last)) == f"{head} {quoted}":
                self.lines += above
                start, written = "", last
        self.lines.append(start + written + text)

    def put(self, text: str, depth: int) -> None:
        self.lines.append((INDENT * depth + text).rstrip())


def write_yaml(document: Document, language: Language) -> str:
    """The document in YAML."""
    writer = _YamlWriter(speller(document, language), Margin.of(document))
    writer.put(f"# language: {language}", 0)
    writer.block(document.statements, 0, None)
    return "\n".join(writer.lines) + "\n"
