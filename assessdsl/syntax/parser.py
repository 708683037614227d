"""The parse: lexemes to statements. A statement that is wrong gives one remark, and reading goes on behind it."""

from typing import Final, cast

from attrs import Factory, define, evolve

from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.syntax import literals
from assessdsl.syntax.grammar import Parser, Unexpected
from assessdsl.syntax.lexeme import Lexeme
from assessdsl.syntax.lexer import Lexer
from assessdsl.syntax.reductions import TooDeep
from assessdsl.syntax.tree import Statement
from assessdsl.vocabulary import vocabulary

_OPERATORS: Final = frozenset({"OR", "AND", "COMPARE", "PLUS", "TIMES", "OVER", "_COMMA", "_THEN", "_ELSE", "MINUS"})
_ONLY_EXPECTED: Final = (
    (frozenset({"_THEN"}), "AS1040"),
    (frozenset({"_ELSE"}), "AS1041"),
    (frozenset({"RPAR", "_COMMA", "_COLON"}), "AS1042"),
)


@define
class _Parse:
    lexer: Lexer
    diagnostics: list[Diagnostic]
    parser: Parser = Factory(Parser)
    # For each statement that is open: the height of the parser's stack before it, and what was read of it.
    open: list[tuple[int, list[Lexeme]]] = Factory(list)
    between: bool = True  # whether a statement may start here
    wrong: int = 0

    def run(self) -> tuple[Statement, ...]:
        while True:
            lexeme = self.lexer.next()
            if self.between and lexeme.type == "$END":
                return cast(tuple[Statement, ...], self.parser.finish())
            if self.wrong > LIMITS.diagnostics_shown:
                self.diagnostics.append(Diagnostic("AS1053", lexeme.span, {"limit": str(LIMITS.diagnostics_shown)}))
                return ()
            if self.between and lexeme.type not in {"WORD", "RBRACE"}:
                self.no_word(lexeme)
            else:
                self.read(lexeme)

    def read(self, lexeme: Lexeme) -> None:
        if lexeme.type == "ERROR":
            self.recover(lexeme, lexeme.faults)
            return
        try:
            self.feed(lexeme)
        except Unexpected as unexpected:
            self.recover(lexeme, (self.explain(lexeme, unexpected.expected),))
        except TooDeep as deep:
            self.recover(lexeme, (Diagnostic("AS1050", deep.span, {"limit": str(LIMITS.nesting)}),))

    def feed(self, lexeme: Lexeme) -> None:
        self.parser.feed(lexeme)
        match lexeme.type:
            case "WORD":
                self.open.append((len(self.parser.states) - 1, []))
            case "END":
                self.open.pop()
        self.between = lexeme.type in {"END", "_LBRACE"}
        if self.open:
            self.open[-1][1].append(lexeme)
        if lexeme.faults:
            self.diagnostics += lexeme.faults
            self.wrong += len(lexeme.faults)
            self.open[-1][1][0].broken = True

    def recover(self, wrong: Lexeme, remarks: tuple[Diagnostic, ...]) -> None:
        """Drop what was read of the statement but its word, name and label, and go on behind it."""
        height, lexemes = self.open.pop()
        if not lexemes[0].broken:  # a second remark would be about the first mistake
            self.diagnostics += remarks
            self.wrong += 1
        del self.parser.states[height:]
        del self.parser.values[height - 1 :]
        self.lexer.skip(wrong)
        reach = wrong.span
        for remark in remarks:
            reach = reach.to(remark.span)
        kept = [evolve(lexemes[0], broken=True, faults=(), reach=reach)]
        for lexeme, type in zip(lexemes[1:], ("NAME", "TEXT"), strict=False):
            if lexeme.type != type:
                break
            kept.append(evolve(lexeme, faults=()))
        for lexeme in kept:
            self.feed(lexeme)
        if wrong.type == "_LBRACE":
            self.feed(wrong)
        elif not self.lexer.at_block:
            self.feed(self.lexer.finish(kept[-1]))

    def no_word(self, lexeme: Lexeme) -> None:
        """Something other than a word stands where a statement starts."""
        self.wrong += 1
        if lexeme.type == "ERROR":
            self.diagnostics += lexeme.faults
        else:
            code = "AS1033" if lexeme.type in _OPERATORS else "AS1032"
            self.diagnostics.append(Diagnostic(code, lexeme.span, {"found": lexeme.shown}))
        if not self.lexer.in_statement:
            return
        self.lexer.skip(lexeme)
        if self.lexer.at_block:
            self.feed(Lexeme("WORD", lexeme.span, broken=True))
        else:
            self.lexer.finish(lexeme)

    def explain(self, found: Lexeme, expected: set[str]) -> Diagnostic:
        """What is wrong with a lexeme that the grammar does not allow here."""
        previous = self.open[-1][1][-1]
        if glued := _glued(previous, found):
            return glued
        at = found.span if found.type != "END" else previous.span
        shown = {"found": found.shown, "previous": previous.shown}
        if "_LPAR" in expected:
            return Diagnostic("AS1031", at if found.type == "END" else previous.span.to(found.span), shown)
        code = next((code for only, code in _ONLY_EXPECTED if expected <= only), "AS1030")
        return Diagnostic(code, at, shown)


def _glued(previous: Lexeme, found: Lexeme) -> Diagnostic | None:
    """A name that swallowed the word before it, where the grammar then stumbles: `当总分 >= 60`."""
    if previous.type != "NAME" or previous.word or previous.span.text.startswith("`"):
        return None
    parts = literals.split_glued(previous.text, ("clause", "operator"))
    if parts is None:
        return None
    known = parts[1][0].isdigit() or any(vocabulary().find(kind, parts[1]) for kind in ("name", "function"))
    if not known and found.type not in _OPERATORS:
        return None
    return Diagnostic("AS1021", previous.span, {"text": previous.text, "suggestion": " ".join(parts)})


def parse(lexer: Lexer) -> tuple[tuple[Statement, ...], list[Diagnostic]]:
    """Every statement, those that are wrong marked so, and the remarks on them."""
    parse = _Parse(lexer, [])
    statements = parse.run()
    return statements, parse.diagnostics
