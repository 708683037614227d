"""The filter behind the lexer: raw tokens become what they are by where they stand.

A statement's word, a clause, a function, a measure, a label and a name are all spelled alike; only their places tell
them apart. Line ends become END where a statement ends and vanish elsewhere. What cannot be right becomes an ERROR.
"""

import re
from collections import deque
from typing import Final

from attrs import Factory, define

from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.source import Source, Span
from assessdsl.syntax import atoms, literals
from assessdsl.syntax.atoms import error
from assessdsl.syntax.grammar import Raw
from assessdsl.syntax.lexeme import BARE_CLAUSES, Lexeme
from assessdsl.syntax.stream import FILE_END, Stream
from assessdsl.vocabulary import Word, vocabulary

_SIGNS: Final = {"PLUS": "+", "MINUS": "-", "TIMES": "*", "OVER": "/"}
_COMPARISONS: Final = {"≤": "<=", "≥": ">=", "＝": "=", "＜": "<", "＞": ">"}
_WORD_OPERATORS: Final = {"or": "OR", "and": "AND", "not": "NOT", "if": "IF"}
_CARRIES_ON: Final = frozenset(  # what cannot end a statement, so that the next line belongs to it
    {"IF", "_THEN", "_ELSE", "OR", "AND", "NOT", "COMPARE", *_SIGNS, "_COMMA", "_EQUALS"}
)
_OPERANDS: Final = frozenset({"NAME", "NUMBER", "TEXT", "DAY", "FUNCTION", "IF", "NOT", "MINUS"})
_INDENT: Final = re.compile(r"[ \t]*")


def _line_start(source: Source, offset: int) -> int:
    return offset - source.position(offset).column + 1


@define
class Lexer:
    """Gives the parser one lexeme after the other. `skip` goes on behind a statement that is wrong."""

    stream: Stream
    _ready: deque[Lexeme] = Factory(deque)
    _blocks: list[Lexeme] = Factory(list)  # the words of the statements whose blocks are open
    _brackets: list[Lexeme] = Factory(list)
    _ifs: list[tuple[int, bool]] = Factory(list)  # the brackets around each open `if`; whether its `then` is awaited
    _word: Lexeme | None = None  # of the statement; none: no statement has begun
    _previous: Lexeme | None = None
    _clause: bool = False  # whether the statement has had one
    _operands: int = 0
    _statements: int = 0
    _stopped: bool = False  # a limit was exceeded: what follows is not read
    unclosed: int = 0  # blocks that were open at the end of the file
    _to_place: int = 0  # blocks whose missing `}` is to be found by the indentation

    def next(self) -> Lexeme:
        lexeme = self._ready.popleft() if self._ready else self._read()
        if lexeme.type == "END":
            self._word = self._previous = None
            self._ifs.clear()
            self._brackets.clear()
        else:
            self._previous = lexeme
            if lexeme.type in _OPERANDS:
                self._operands += 1
            if self._operands > LIMITS.expression_nodes and not self._stopped:
                return self._stop("AS1051", lexeme.span, LIMITS.expression_nodes)
        return lexeme

    def skip(self, wrong: Lexeme) -> None:
        """Go to the end of the statement in which a lexeme is wrong, or to its block."""
        depth = 0 if any(fault.code == "AS1011" for fault in wrong.faults) else len(self._brackets)
        last = ""
        self._ready.clear()
        while wrong.type != "END" and wrong.type != "_LBRACE":
            raw = self.stream.peek()
            if raw.type in {"_LBRACE", "RBRACE", "SEMICOLON", FILE_END}:
                break
            ends = depth == 0 and last not in _CARRIES_ON and not self.stream.operator_follows()
            if raw.type == "NEWLINE" and (ends or self.stream.statement_at(1)):
                break
            if raw.type != "NEWLINE":
                last = raw.type
            depth = max(0, depth + (raw.type == "_LPAR") - (raw.type == "RPAR"))
            self.stream.take()
        self._brackets.clear()
        self._ifs.clear()

    @property
    def in_statement(self) -> bool:
        return self._word is not None

    @property
    def at_block(self) -> bool:
        return self.stream.peek().type == "_LBRACE"

    def finish(self, word: Lexeme) -> Lexeme:
        """The end of a statement that was skipped."""
        self._word = self._previous = None
        return Lexeme("END", Span(self.stream.source, word.span.end, word.span.end))

    # ------------------------------------------------------------ lexemes

    def _read(self) -> Lexeme:
        while True:
            raw = self.stream.peek()
            match raw.type:
                case "NEWLINE":
                    if lexeme := self._line_end():
                        return lexeme
                case "SEMICOLON":
                    if unclosed := self._unclosed():
                        return unclosed
                    self.stream.take()
                    if self._word:
                        return self._end()
                case "STOP":  # the end of a scalar
                    if unclosed := self._unclosed():
                        return unclosed
                    self.stream.take()
                case "RBRACE" | "_LBRACE" | "$END":
                    if unclosed := self._unclosed():
                        return unclosed
                    if raw.type == "_LBRACE":
                        return self._open()
                    if self._word:
                        return self._end()
                    if raw.type == "RBRACE" and not self._blocks:
                        self.stream.take()
                        return error("AS1037", self.stream.span(raw))
                    return self._close()
                case _:
                    if not self._word:
                        return self._begin()
                    return self._inside()

    def _line_end(self) -> Lexeme | None:
        statement_follows = self.stream.statement_at(1)
        if self._brackets and statement_follows:
            return self._unclosed()
        operator_follows = self.stream.operator_follows()
        self.stream.take()
        if not self._word or self._brackets:
            return None
        previous = self._previous
        assert previous is not None
        carries_on = previous.type in _CARRIES_ON or (previous.type == "CLAUSE" and previous.word not in BARE_CLAUSES)
        carries_on = carries_on or operator_follows
        return None if carries_on and not statement_follows else self._end()

    def _end(self) -> Lexeme:
        assert self._previous is not None
        end = self._previous.span.end
        return Lexeme("END", Span(self.stream.source, end, end))

    def _unclosed(self) -> Lexeme | None:
        if not self._brackets:
            return None
        bracket = self._brackets[0]
        self._brackets.clear()
        return error("AS1034", bracket.span)

    def _nesting(self) -> bool:
        return len(self._blocks) + len(self._brackets) >= LIMITS.nesting

    def _stop(self, code: str, span: Span, limit: int) -> Lexeme:
        """A limit is exceeded: the rest of the file is not read."""
        self.stream.stop()
        self._stopped = True
        return error(code, span, limit=str(limit))

    def _open(self) -> Lexeme:
        raw = self.stream.peek()
        if not self._word:
            self._word = error("AS1038", self.stream.span(raw))
            return self._word
        if self._nesting():
            return self._stop("AS1050", self.stream.span(raw), LIMITS.nesting)
        self.stream.take()
        self._blocks.append(self._word)
        self._word = None
        return Lexeme("_LBRACE", self.stream.span(raw))

    def _close(self) -> Lexeme:
        raw = self.stream.peek()
        if not self._blocks:
            return Lexeme(FILE_END, self.stream.span(raw))
        word = self._blocks.pop()
        closing = Lexeme("RBRACE", self.stream.span(raw))
        if self._misplaced(raw, word):
            self._to_place -= 1
            closing.faults = (Diagnostic("AS1036", word.span, {"statement": word.shown}),)
        elif raw.type == "RBRACE":
            self.stream.take()
        else:
            if not self.unclosed and not self._stopped:
                closing.faults = (Diagnostic("AS1036", word.span, {"statement": word.shown}),)
            self.unclosed += 1
        self._ready.append(Lexeme("END", Span(self.stream.source, raw.end, raw.end)))
        return closing

    def _misplaced(self, raw: Raw, word: Lexeme) -> bool:
        """Whether a token stands too far to the left to be inside the block, or to be its end."""
        if not self._to_place or raw.type == "$END":
            return False
        text = self.stream.source.text
        line, outer = (_line_start(self.stream.source, at) for at in (raw.start, word.span.start))
        if _INDENT.match(text, line, raw.start).end() != raw.start:  # type: ignore[union-attr]
            return False
        return raw.start - line <= word.span.start - outer - (raw.type == "RBRACE")

    def _begin(self) -> Lexeme:
        """The first lexeme of a statement."""
        if self._blocks and self._misplaced(self.stream.peek(), self._blocks[-1]):
            return self._close()
        self._clause, self._operands = False, 0
        self._statements += 1
        raw = self.stream.peek()
        if self._statements > LIMITS.statements:
            return self._stop("AS1052", self.stream.span(raw), LIMITS.statements)
        if raw.type != "NAME":
            self._word = self._inside()
            return self._word
        word, count = self.stream.spelled("word") or (None, 1)
        span, text = self._names(count)
        self._word = Lexeme("WORD", span, text, word.id if word else "")
        if word is not None:
            return self._word
        if fault := literals.check_name(text, span):
            self._word = Lexeme("ERROR", span, text, faults=(fault,))
        elif parts := literals.split_glued(text, ("word",)):
            self._word.faults = (Diagnostic("AS1021", span, {"text": text, "suggestion": " ".join(parts)}),)
        return self._word

    def _names(self, count: int) -> tuple[Span, str]:
        taken = [self.stream.take() for _ in range(count)]
        span = self.stream.span(taken[0]).to(self.stream.span(taken[-1]))
        return span, " ".join(raw.text for raw in taken)

    def _inside(self) -> Lexeme:
        """A lexeme within a statement."""
        raw = self.stream.peek()
        span = self.stream.span(raw)
        match raw.type:
            case "NAME":
                return self._name()
            case "NUMBER":
                return atoms.number(self.stream)
            case "UNCLOSED":
                return atoms.unclosed_text(self.stream)
        self.stream.take()
        match raw.type:
            case "QUOTED_NAME":
                text = raw.text[1:-1]
                fault = literals.check_quoted_name(text, span)
                type = "FUNCTION" if self.stream.peek().type == "_LPAR" else "NAME"
                return Lexeme(type, span, text, faults=(fault,) if fault else ())
            case "STRING":
                text, fault = literals.read_text(raw.text, span)
                return Lexeme("TEXT", span, text, faults=(fault,) if fault else ())
            case "LABEL":
                return Lexeme("TEXT", span, raw.text)
            case "CLAUSE":
                self._clause, self._operands = True, 0
                return Lexeme("CLAUSE", span, word=raw.text)
            case "DATE":
                day, fault = literals.read_day(raw.text, span)
                return Lexeme("DAY", span, value=day, faults=(fault,) if fault else ())
            case "COMPARE":
                return Lexeme("COMPARE", span, word="".join(_COMPARISONS.get(sign, sign) for sign in raw.text))
            case "_LPAR":
                if self._nesting():
                    return error("AS1050", span, limit=str(LIMITS.nesting))
                called = self._previous.word if self._previous and self._previous.type == "FUNCTION" else ""
                self._brackets.append(Lexeme("_LPAR", span, word=called))
                return self._brackets[-1]
            case "RPAR":
                return self._close_bracket(span)
            case "_EQUALS":
                return self._equals(span)
            case "_COMMA":
                return self._comma(span)
            case "_COLON":
                return Lexeme("_COLON", span) if self._brackets else self._colon(span)
            case "REFUSED":
                return error("AS1070", span, found=raw.text)
            case "UNKNOWN":
                return atoms.unknown(self.stream, raw, self._previous)
        return Lexeme(raw.type, span, word=_SIGNS.get(raw.type, ""))

    def _name(self) -> Lexeme:
        raw = self.stream.peek()
        if operator := self.stream.spelled("operator"):
            return self._operator(*operator)
        called = self.stream.peek(1).type == "_LPAR"
        function = self.stream.spelled("function")
        if called and function and self.stream.peek(1).start == raw.end:
            span, text = self._names(1)
            return Lexeme("FUNCTION", span, text, function[0].id)
        if not self._brackets and (clause := self.stream.spelled("clause")):
            return self._begin_clause(*clause)
        if label := self._label():
            span, text = self._names(label[1])
            return Lexeme("NAME", span, text, label[0].id)
        word, count = (function if called else self.stream.spelled("name")) or (None, 1)
        span, text = self._names(count)
        fault = literals.check_name(text, span) if word is None else None
        if fault and fault.code == "AS1010":
            return Lexeme("ERROR", span, text, faults=(fault,))
        type = "FUNCTION" if called else "NAME"
        return Lexeme(type, span, text, word.id if word else "", faults=(fault,) if fault else ())

    def _label(self) -> tuple[Word, int] | None:
        """The label that stands before a colon: any, or one of those that the function has beside operands as keys."""
        label = self.stream.spelled("label") if self._brackets else None
        if label is None or self.stream.peek(label[1]).type != "_COLON":
            return None
        function = vocabulary().words.get(("function", self._brackets[-1].word))
        keyed = function is not None and function.labels is not None and label[0].id not in function.labels
        return None if keyed else label

    def _begin_clause(self, word: Word, count: int) -> Lexeme:
        span, text = self._names(count)
        self._clause, self._operands = True, 0
        return Lexeme("CLAUSE", span, text, word.id)

    def _operator(self, word: Word, count: int) -> Lexeme:
        depth = len(self._brackets)
        awaited = self._ifs[-1][1] if self._ifs and self._ifs[-1][0] == depth else None
        if word.id == "then" and awaited is not True and depth == 0:
            return self._begin_clause(word, count)
        span, text = self._names(count)
        match word.id:
            case "then":
                if awaited:
                    self._ifs[-1] = (depth, False)
                return Lexeme("_THEN", span, text)
            case "else":
                if awaited is False:
                    self._ifs.pop()
                return Lexeme("_ELSE", span, text)
            case "if":
                self._ifs.append((depth, True))
        return Lexeme(_WORD_OPERATORS.get(word.id, "COMPARE"), span, text, word.id)

    def _close_bracket(self, span: Span) -> Lexeme:
        if not self._brackets:
            return error("AS1035", span)
        self._brackets.pop()
        while self._ifs and self._ifs[-1][0] > len(self._brackets):
            self._ifs.pop()
        return Lexeme("RPAR", span)

    def _equals(self, span: Span) -> Lexeme:
        """`=` defines, in the statements that take a value; whoever writes it elsewhere means to compare."""
        if self._word is None:  # nothing to define
            return Lexeme("_EQUALS", span)
        word = vocabulary().words.get(("word", self._word.word))
        if self._brackets or self._clause or (word and not word.value):
            return error("AS1039", span)
        self._clause, self._operands = True, 0
        return Lexeme("_EQUALS", span)

    def _comma(self, span: Span) -> Lexeme:
        previous, follows = self._previous, self.stream.peek()
        if (
            previous is not None
            and previous.type == "NUMBER"
            and previous.span.end == span.start
            and follows.type == "NUMBER"
            and follows.start == span.end
            and len(follows.text.partition(".")[0]) == 3
            and (not self._brackets or follows.text.startswith("0"))  # max(1,200) has two operands
        ):
            whole = previous.span.to(self.stream.span(follows))
            number = previous.span.text + follows.text
            return error("AS1018", whole, number=whole.text, suggestion=number)
        if not self._brackets:
            self._operands = 0
        return Lexeme("_COMMA", span)

    def _colon(self, span: Span) -> Lexeme:
        if self._word is None or self._previous is None:
            return Lexeme("_COLON", span)
        follows = self.stream.peek()
        suggestion = f"{self._previous.shown} {follows.text}" if follows.type != "NEWLINE" else ""
        return error("AS1043", span, suggestion=suggestion)
