"""What a test expects of an entity."""

from typing import Any, Final

from assessdsl.ast.operands import Remarks, chosen, clause, declared, no_rest, read_block, single
from assessdsl.authoring.testing.operands import cell
from assessdsl.authoring.testing.records import Expectation
from assessdsl.source import Span
from assessdsl.syntax.tree import Expression, Name, Phrase, Prefix, Statement, Text
from assessdsl.vocabulary import vocabulary

_ANSWERS: Final = {"yes": "raised", "no": "not", "undetermined": "undetermined"}
_OUTCOMES: Final = ("total", "rank", "tier", "eligible", "finding")
_OTHER_WORDS: Final = ("total", "rank", "eligible", "tier")


def expectations(statement: Statement, remarks: Remarks) -> tuple[Expectation, ...]:
    """Those of one `expect ENTITY { … }`."""
    operand = single(statement, remarks)
    block = read_block(statement.block or (), "expect", remarks)
    if operand is None:
        return ()
    entity = cell(operand)
    found: list[Expectation] = []
    for word in _OTHER_WORDS:
        for each in block.many(word):
            for other in each.clauses:
                remarks.add("AS2007", other.span, word=each.word_span.text, clause=other.span.text[:20], clauses="")
            value = single(each, remarks)
            if value is not None:
                found += outcome(entity, (word,), value, each.span, remarks)
    for each in block.many("scores"):
        score = _score(entity, each, remarks)
        if score is not None:
            found.append(score)
    for each in block.many("finding"):
        found += [_finding(entity, phrase, remarks) for phrase in each.series]
        if not each.series:
            remarks.add("AS2011", each.word_span, word=each.word_span.text)
    return tuple(sorted(found, key=lambda expected: expected.span.start))


def outcome(
    entity: str, heading: tuple[str, ...], value: Expression, span: Span, remarks: Remarks
) -> tuple[Expectation, ...]:
    """What a heading of a table of cases, or the word of a statement, expects of the entity; nothing where the answer
    is none of those that there are, of which it is told."""
    word = vocabulary().find("word", heading[0])
    match word.id if word and word.id in _OUTCOMES else "":
        case "tier":
            return (Expectation(entity, "tier", status=cell(value), span=span),)
        case "eligible":
            answer = chosen(value, ("yes", "no"), remarks)
            return () if answer is None else (Expectation(entity, "eligible", status=answer, span=span),)
        case "finding":
            answer = chosen(value, tuple(_ANSWERS), remarks)
            if answer is None:
                return ()
            return (Expectation(entity, "finding", heading[1:], status=_ANSWERS[answer], span=span),)
        case ("total" | "rank") as kind:
            return (Expectation(entity, kind, value=value, span=span),)
        case _:
            return (Expectation(entity, "score", heading, value, span=span),)


def _score(entity: str, statement: Statement, remarks: Remarks) -> Expectation | None:
    named = declared(statement, remarks, value=True)
    if named is None:
        return None
    within = clause(statement, "within")
    rest: list[Any] = [*([Text(named.label)] if named.label else []), *named.rest]
    value = statement.value
    if value is None and rest and not isinstance(rest[-1], Name | Text):
        value = rest.pop()
    if value is None:
        remarks.add("AS2011", statement.word_span, word=statement.word_span.text)
        return None
    no_rest(statement, tuple(part for part in rest if not isinstance(part, Name | Text)), remarks)
    names = (named.name.text, *(part.text for part in rest if isinstance(part, Name)))
    return Expectation(
        entity,
        "score",
        names,
        value,
        cites=(named.label,) if named.label else (),
        tolerance=single(statement, remarks, within) if within else None,
        span=statement.span,
    )


def _finding(entity: str, phrase: Phrase, remarks: Remarks) -> Expectation:
    """`explanation "C4-GDP"`, `not referral`, `organisation undetermined`, `""` for none at all."""
    first, *rest = phrase
    status = "raised"
    if isinstance(first, Prefix) and first.operator == "not":
        first, status = first.operand, "not"
    cites = tuple(part.value for part in rest if isinstance(part, Text))
    for part in rest:
        if isinstance(part, Name) and part.word == "undetermined":
            status = part.word
        elif not isinstance(part, Text):
            remarks.add("AS9507", part.span, found=part.span.text)
    return Expectation(entity, "finding", (cell(first),), status=status, cites=cites, span=phrase[0].span)
