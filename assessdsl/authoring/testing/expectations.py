"""What a test expects of an entity."""

from collections.abc import Iterator
from typing import Final

from attrs import evolve

from assessdsl.ast.operands import Remarks, check_name, chosen, clause, no_rest, read_block, single
from assessdsl.authoring.testing.operands import cell
from assessdsl.authoring.testing.records import Beside, Bound, Expectation
from assessdsl.data.columns import column_of
from assessdsl.source import Span
from assessdsl.syntax.tree import Expression, Name, Phrase, Prefix, Statement, Text
from assessdsl.vocabulary import vocabulary

_ANSWERS: Final = {"yes": "raised", "no": "not", "undetermined": "undetermined"}
_OUTCOMES: Final = ("total", "rank", "tier", "eligible", "finding")
_COMPARED: Final = ("total", "rank", "tier")
_BOUNDS: Final[tuple[Bound, ...]] = ("at_least", "at_most", "above", "below")


def expectations(statement: Statement, remarks: Remarks) -> tuple[Expectation, ...]:
    """Those of one `expect ENTITY { … }`; an empty block expects that the entity has a result."""
    operand = single(statement, remarks)
    block = read_block(statement.block or (), "expect", remarks)
    if operand is None:
        return ()
    entity = cell(operand)
    found: list[Expectation] = []
    if statement.block == ():
        found.append(Expectation(entity, "scored", span=statement.span))
    for word in _COMPARED:
        for each in block.many(word):
            found += _compared(entity, each, remarks)
    for each in block.many("eligible"):
        if (value := single(each, remarks)) is not None:
            found += outcome(entity, ("eligible",), value, each.span, remarks)
    for each in block.many("scores"):
        found += _scores(entity, each, remarks)
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


# ---------------------------------------------------------------- numbers and tiers, and how they may lie to others


def _compared(entity: str, statement: Statement, remarks: Remarks) -> Iterator[Expectation]:
    plain = Expectation(entity, statement.word, span=statement.span)  # type: ignore[arg-type]
    phrase = statement.series[0] if statement.series else ()
    for extra in statement.series[1:]:
        no_rest(statement, extra, remarks)
    yield from _bounds(plain, statement, phrase, remarks)


def _scores(entity: str, statement: Statement, remarks: Remarks) -> Iterator[Expectation]:
    """`scores base growth "t1" …`: names and the target, then what is expected of it."""
    phrase = statement.series[0] if statement.series else ()
    for extra in statement.series[1:]:
        no_rest(statement, extra, remarks)
    if not phrase or not isinstance(phrase[0], Name):
        remarks.add("AS2010", phrase[0].span if phrase else statement.word_span, word=statement.word_span.text)
        return
    check_name(phrase[0], remarks)
    length = 1
    while length < len(phrase) and isinstance(phrase[length], Name | Text) and not _refers(phrase, length):
        length += 1
    of, rest = phrase[:length], phrase[length:]
    if statement.value is not None:
        rest = (statement.value, *rest)
    names = tuple(part.text for part in of if isinstance(part, Name))
    cites = tuple(part.value for part in of if isinstance(part, Text))[:1]
    plain = Expectation(entity, "score", names, cites=cites, span=statement.span)
    yield from _bounds(plain, statement, rest, remarks)


def _bounds(plain: Expectation, statement: Statement, phrase: Phrase, remarks: Remarks) -> Iterator[Expectation]:
    """What it must equal, and each bound."""
    within, some = clause(statement, "within"), False
    for bound in _BOUNDS:
        if (found := clause(statement, bound)) is None:
            continue
        some = True
        for extra in found.series[1:]:
            no_rest(statement, extra, remarks)
        if found.series:
            yield from _against(evolve(plain, bound=bound), statement, found.series[0], remarks)
        else:
            remarks.add("AS2011", found.span, word=remarks.spelled("clause", bound))
    if within is not None and not phrase:
        word = statement.word_span.text
        remarks.add("AS2007", within.span, word=word, clause=remarks.spelled("clause", "within"), clauses="")
    if phrase:
        tolerance = single(statement, remarks, within) if within else None
        yield from _against(evolve(plain, tolerance=tolerance), statement, phrase, remarks)
    elif not some:
        remarks.add("AS2011", statement.word_span, word=statement.word_span.text)


def _against(plain: Expectation, statement: Statement, phrase: Phrase, remarks: Remarks) -> Iterator[Expectation]:
    """One value or tier, or `test NAME`, `entity NAME` or both."""
    if not _refers(phrase, 0):
        no_rest(statement, phrase[1:], remarks)
        if plain.kind == "tier":
            yield evolve(plain, status=cell(phrase[0]))
        else:
            yield evolve(plain, value=phrase[0])
        return
    beside = Beside()
    while _refers(phrase, 0):
        beside = evolve(beside, **{_kind(phrase[0]): cell(phrase[1])})
        phrase = phrase[2:]
    no_rest(statement, phrase, remarks)
    yield evolve(plain, beside=beside)


def _refers(phrase: Phrase, at: int) -> bool:
    return len(phrase) > at + 1 and bool(_kind(phrase[at])) and isinstance(phrase[at + 1], Name | Text)


def _kind(operand: Expression) -> str:
    """`test` or `entity`, if it is one of these words."""
    if not isinstance(operand, Name):
        return ""
    word = vocabulary().find("word", operand.text)
    if word is not None and word.id == "test":
        return "test"
    return "entity" if column_of("entities", operand.text) == "entity" else ""


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
