"""Numbers that count things of the policy's own: `5 户`, where the policy declares `thing 户`.

A thing may be declared behind its first use, or in the policy that this one extends. So what stands behind a number and
is no measure of the language is kept as it was written, and looked up when the whole tree is there.
"""

from collections.abc import Callable, Iterator, Mapping

from attrs import evolve

from assessdsl.diagnostics import Diagnostic
from assessdsl.source import Span
from assessdsl.syntax import literals
from assessdsl.syntax.atoms import NEVER_COUNTED
from assessdsl.syntax.rewriting import rewritten
from assessdsl.syntax.tree import (
    Call,
    Choice,
    Day,
    Document,
    Expression,
    Name,
    Number,
    Operation,
    Prefix,
    Statement,
    Text,
    Thing,
)
from assessdsl.vocabulary import nearest, vocabulary

_Change = Callable[[Expression], Expression]


def resolved(document: Document) -> Document:
    """The tree with the things that its numbers count: those behind whose digits a declared thing is written."""
    things = _spelled(document)

    def change(expression: Expression) -> Expression:
        if isinstance(expression, Number) and (thing := things.get(expression.behind)) is not None:
            return evolve(expression, measure="", thing=thing)
        return expression

    if not things:
        return document
    return evolve(document, statements=tuple(_statement(found, change) for found in document.statements))


def unknown(document: Document) -> Iterator[Diagnostic]:
    """Remarks on what stands behind numbers and is neither a measure nor a declared thing."""
    declared = tuple(_spelled(document))
    names = _places_of_names(document)
    for number in _numbers(document):
        if number.behind and not number.measure and number.thing is None:
            text = number.span.text
            if number.span in names and " " not in text:
                yield Diagnostic("AS1044", number.span, {"name": text, "suggestion": f"_{text}"})
            else:
                yield _unknown(number, declared)


def _places_of_names(document: Document) -> frozenset[Span]:
    """Where the names of what is declared should stand."""
    found, waiting = set[Span](), list(document.statements)
    while waiting:
        statement = waiting.pop()
        word = vocabulary().words.get(("word", statement.word))
        if word is not None and word.declares and statement.series:
            found.add(statement.series[0][0].span)
        waiting += statement.block or ()
    return frozenset(found)


def _spelled(document: Document) -> Mapping[str, Thing]:
    """The declared things by what may stand behind a number: their names, and their labels that are names too."""
    found: dict[str, Thing] = {}
    policies = (statement for statement in document.statements if statement.word == "policy")
    for statement in (inner for policy in policies for inner in policy.block or ()):
        if statement.word == "thing" and statement.series and isinstance(name := statement.series[0][0], Name):
            label = next((part.value for part in statement.series[0] if isinstance(part, Text)), "")
            thing = Thing(name.text, label)
            for text in (name.text, label):
                if not never_counted(text):
                    found.setdefault(text, thing)
    found.pop("", None)
    return found


def never_counted(text: str) -> bool:
    """Whether a text is a word that has a meaning of its own behind a number, or where another operand might stand."""
    measure = vocabulary().find("measure", text)
    if measure is not None and measure.measures != "count":
        return True
    return any(vocabulary().find(kind, text) for kind in NEVER_COUNTED)


def _unknown(number: Number, declared: tuple[str, ...]) -> Diagnostic:
    text, span = number.behind, number.span
    digits = span.text.removesuffix(text).rstrip()
    if number.span.text == digits + text and (parts := literals.split_glued(text, ("measure",))):
        suggestion = f"{digits}{parts[0]} {parts[1]}"
        return Diagnostic("AS1021", span, {"text": span.text, "suggestion": suggestion})
    spellings = [*declared, *(spelling for word in vocabulary().all("measure") for spelling in word.spellings)]
    language = span.source.language
    meant = nearest(text, spellings) or vocabulary().get("measure", "points").spelling(language)
    word = vocabulary().get("word", "thing").spelling(language)
    at = evolve(span, start=span.end - len(text))
    arguments = {"measure": text, "number": digits, "suggestion": meant, "declared": f"{word} {text}"}
    return Diagnostic("AS1020", at, arguments)


# ---------------------------------------------------------------- through the tree


def _numbers(document: Document) -> Iterator[Number]:
    """Every number of the tree."""
    statements, waiting = list(document.statements), list[Expression]()
    while statements:
        statement = statements.pop()
        statements += statement.block or ()
        for series in (statement.series, *(clause.series for clause in statement.clauses)):
            waiting += [part for phrase in series for part in phrase]
        if statement.value is not None:
            waiting.append(statement.value)
    while waiting:
        match waiting.pop():
            case Number() as number:
                yield number
            case Call(_, arguments):
                waiting += [part for a in arguments for part in (a.key, a.value) if part is not None]
            case Operation(_, operands):
                waiting += operands
            case Prefix(_, operand):
                waiting.append(operand)
            case Choice(condition, chosen, other):
                waiting += (condition, chosen, other)
            case Text() | Day() | Name():
                pass


def _statement(statement: Statement, change: _Change) -> Statement:
    return evolve(
        statement,
        series=_series(statement.series, change),
        clauses=tuple(evolve(clause, series=_series(clause.series, change)) for clause in statement.clauses),
        value=None if statement.value is None else rewritten(statement.value, change),
        block=None if statement.block is None else tuple(_statement(inner, change) for inner in statement.block),
    )


def _series(series: tuple[tuple[Expression, ...], ...], change: _Change) -> tuple[tuple[Expression, ...], ...]:
    return tuple(tuple(rewritten(part, change) for part in phrase) for phrase in series)
