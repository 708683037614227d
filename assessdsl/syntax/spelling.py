"""Nodes as text, in the words of one language. Both surfaces write operands, clauses and values so."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, Literal, assert_never

from attrs import evolve, frozen

from assessdsl.quantity import exact_text
from assessdsl.syntax.tree import (
    Argument,
    Call,
    Choice,
    Clause,
    Day,
    Document,
    Expression,
    Name,
    Number,
    Operation,
    Phrase,
    Prefix,
    Series,
    Statement,
    Text,
)
from assessdsl.vocabulary import Kind, vocabulary

Language = Literal["en", "zh"]

# How tightly a node binds; an operand that binds less tightly than its place asks for stands in brackets.
_CHOICE, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _NEGATIVE, _ATOM = range(9)
_CHAIN: Final = {"or": _OR, "and": _AND, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}
_OF_WORDS: Final = frozenset({"as", "ties", "vetoed", "rounded", "within", "shared"})  # clauses that name no name
_LONGEST: Final = 100  # characters around an operator
_TAKEN: Final[tuple[Kind, ...]] = ("operator", "clause")  # words that no name may look like, wherever it stands


def _binding(expression: Expression) -> int:
    match expression:
        case Choice():
            return _CHOICE
        case Operation(operators):
            return _CHAIN.get(operators[0], _COMPARISON)
        case Prefix(operator):
            return _NOT if operator == "not" else _NEGATIVE
        case _:
            return _ATOM


def _ends_in_number(expression: Expression) -> bool:
    """Whether the text of an expression ends with a number that has no measure."""
    match expression:
        case Number(_, measure):
            return not measure and not expression.behind
        case Operation(_, operands):
            return _ends_in_number(operands[-1])
        case Prefix(_, operand) | Choice(_, _, operand):
            return _ends_in_number(operand)
        case _:
            return False


@frozen
class Speller:
    language: Language
    own: frozenset[str] = frozenset()  # names of the author's that are words of the language too: they stay as written
    counts_as_written: bool = False  # 户 may be a thing of the policy that this one extends, and no `items`

    def word(self, kind: Kind, id: str, written: str = "") -> str:
        """A word of the language: as the author spelled it, if in this language. What is none stays as it is."""
        word = vocabulary().words.get((kind, id))
        if word is None:
            return id
        spellings = word.zh if self.language == "zh" else word.en
        return written if written in spellings else spellings[0]

    def expression(self, expression: Expression, place: int = _CHOICE) -> str:
        text = self._expression(expression)
        return f"({text})" if _binding(expression) < place else text

    def _expression(self, expression: Expression) -> str:
        match expression:
            case Number():
                return self.number(expression)
            case Text(value):
                return text_literal(value)
            case Day(value, span):
                if self.language == "zh" and "年" in span.text:
                    return f"{value.year}年{value.month}月{value.day}日"
                return value.isoformat()
            case Name():
                return self.name(expression, ("name",))
            case Call(function, arguments):
                word = vocabulary().words.get(("function", function.word))
                labels = word.labels if word else None
                return f"{self.name(function, ('function',))}({', '.join(self.argument(a, labels) for a in arguments)})"
            case Operation(operators, operands):
                inner = _binding(expression) + 1
                parts = [self.expression(operands[0], inner)]
                for operator, (left, right) in zip(operators, pairwise(operands), strict=True):
                    parts += (self.word("operator", operator, _between(left, right)), self.expression(right, inner))
                return " ".join(parts)
            case Prefix(operator, operand):
                blank = " " if operator == "not" else ""
                return self.word("operator", operator) + blank + self.expression(operand, _binding(expression))
            case Choice(condition, chosen, other):
                words = [self.word("operator", id) for id in ("if", "then", "else")]
                parts = [self.expression(condition, _OR), self.expression(chosen, _OR), self.expression(other)]
                return " ".join(f"{word} {part}" for word, part in zip(words, parts, strict=True))
            case _:
                assert_never(expression)

    def argument(self, argument: Argument, labels: tuple[str, ...] | None) -> str:
        """`labels`: of a function whose other keys are operands."""
        value = self.expression(argument.value)
        match argument.key:
            case None:
                return value
            case Name() as key:
                label = vocabulary().find("label", key.text)
                operand = labels is not None and key.word not in labels and (label is None or label.id not in labels)
                return f"{self.name(key, ('name',) if operand else ('label', 'name'))}: {value}"
            case key:
                return f"{self.expression(key)}: {value}"

    def name(self, name: Name, kinds: tuple[Kind, ...], *, behind_number: bool = False) -> str:
        """A name of the author's is untouched, and in backticks where it would be read as a word."""
        if name.word and name.text in self.own:
            return name.text
        if name.word:
            kind = next((kind for kind in kinds if (kind, name.word) in vocabulary().words), None)
            return self.word(kind, name.word, name.text) if kind else name.text
        known = vocabulary()
        taken = (*_TAKEN, *kinds)
        if behind_number or any(known.find(kind, name.text) or (kind, name.text) in known.phrases for kind in taken):
            return f"`{name.text}`"
        return name.text

    def number(self, number: Number) -> str:
        digits = exact_text(number.value)
        own = self.counts_as_written and number.measure == "items" and not number.behind.isascii()
        if number.behind and (own or not number.measure):
            return digits + ("" if self.language == "zh" and not number.behind.isascii() else " ") + number.behind
        if not number.measure:
            return digits
        word = vocabulary().get("measure", number.measure)
        if self.language == "zh":  # 三件 stays 三件: the first spelling is only for what was written otherwise
            written = [spelling for spelling in word.zh if number.span.text.endswith(spelling)]
            return digits + max(written, key=len, default=word.zh[0])
        if word.en[0] == "%":
            return digits + "%"
        return f"{digits} {word.en[1] if number.value == 1 and len(word.en) > 1 else word.en[0]}"

    def phrase(self, phrase: Phrase) -> str:
        parts: list[str] = []
        before: Expression | None = None
        for part in phrase:
            behind_number = before is not None and _ends_in_number(before)
            if isinstance(part, Name):
                parts.append(self.name(part, ("name",), behind_number=behind_number))
            else:
                parts.append(self.expression(part))
            before = part
        return " ".join(parts)

    def series(self, series: Series) -> str:
        return ", ".join(self.phrase(phrase) for phrase in series)

    def clause(self, clause: Clause) -> str:
        return f"{self.clause_word(clause)} {self.operands(clause)}".rstrip()

    def operands(self, clause: Clause) -> str:
        """What stands behind the word of a clause. Where that is one of a few words, it is none of the author's."""
        speller = evolve(self, own=frozenset()) if clause.word in _OF_WORDS else self
        return speller.series(clause.series)

    def clause_word(self, clause: Clause) -> str:
        before = clause.span.start + len(clause.span.text)
        if clause.series:
            before = clause.series[0][0].span.start
        written = clause.span.source.text[clause.span.start : before].strip(" :：\t")
        return self.word("clause", clause.word, written)

    def statement_word(self, statement: Statement) -> str:
        return self.word("word", statement.word, statement.word_span.text)

    def rest(self, statement: Statement, series: Series) -> str:
        """What stands behind the word of a statement, without its block."""
        parts = [self.series(series)] if series else []
        parts += [self.clause(clause) for clause in statement.clauses]
        if statement.value is not None:
            parts.append(f"= {self.expression(statement.value)}")
        return " ".join(parts)


def _between(left: Expression, right: Expression) -> str:
    """What was written between two operands, without brackets."""
    end, start = left.span.start + len(left.span.text), right.span.start
    written = left.span.source.text[end : min(start, end + _LONGEST)] if left.span.source is right.span.source else ""
    return written.strip(" \t\n()（）")


def speller(document: Document, language: Language) -> Speller:
    """For the words of a document."""
    own = frozenset(_declared(document.statements))
    return Speller(language, own, any(statement.word == "extends" for statement in document.statements))


def _declared(statements: tuple[Statement, ...]) -> Iterator[str]:
    """The names that are declared, and are words too. A light's name is always a word."""
    for statement in statements:
        word = vocabulary().words.get(("word", statement.word))
        if word and word.declares and word.id != "light":
            yield from (phrase[0].text for phrase in statement.series if isinstance(phrase[0], Name) and phrase[0].word)
        yield from _declared(statement.block or ())


def text_literal(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
