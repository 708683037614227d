"""A policy and the one that it extends, as one syntax tree: what is written again takes the place of what stood there.

A statement takes the place of the one with the same word and name. One with a block is merged with it: what its heading
does not say again stays, and so do the statements of its block. One without a block is replaced whole.
"""

from collections.abc import Iterator, Sequence

from attrs import Factory, define, evolve

from assessdsl.ast.operands import clause
from assessdsl.diagnostics import Diagnostic, Related
from assessdsl.source import Span
from assessdsl.syntax.tree import Call, Clause, Document, Expression, Name, Phrase, Statement, Text
from assessdsl.vocabulary import nearest, vocabulary

Key = tuple[str, ...]


def extended_path(document: Document) -> tuple[Text | None, list[Diagnostic]]:
    """The path of the policy that a file extends, if it extends one."""
    statement = next((found for found in document.statements if found.word == "extends"), None)
    if statement is None:
        return None, []
    operands = _operands(statement)
    if len(operands) == 1 and isinstance(operands[0], Text):
        return operands[0], []
    found = operands[0].span.text if operands else ""
    arguments = {"word": statement.word_span.text, "found": found}
    return None, [Diagnostic("AS2015", operands[0].span if operands else statement.word_span, arguments)]


def removals(document: Document) -> list[Diagnostic]:
    """Remarks on what would be removed from a policy that extends none."""
    found = []
    waiting = list(document.statements)
    while waiting:
        statement = waiting.pop()
        if statement.word == "remove":
            found.append(Diagnostic("AS1110", statement.span))
        waiting += statement.block or ()
    return found


def merge(document: Document, base: Document) -> tuple[Document, list[Diagnostic]]:
    """The policy of a file put upon the one that it extends."""
    remarks = [*_same_version(document, base)]
    below = tuple(statement for statement in base.statements if statement.word != "extends")
    return evolve(document, statements=_merged(document.statements, below, remarks)), remarks


def _same_version(document: Document, base: Document) -> Iterator[Diagnostic]:
    """Two texts that differ are two versions: the name of one never stands for the other."""
    policy, extended = _the(document.statements, "policy"), _the(base.statements, "policy")
    before = _the(extended.block or (), "version") if extended else None
    if policy is None or before is None:
        return
    after = _the(policy.block or (), "version")
    version = next((found.value for found in _operands(before) if isinstance(found, Text)), "")
    if after is None or after.series == before.series:
        related = (Related(before.span, "the version of the extended policy", "所沿用办法的版本"),)
        yield Diagnostic("AS1114", after.span if after else policy.span, {"version": version}, related=related)


def _the(statements: Sequence[Statement], word: str) -> Statement | None:
    return next((found for found in statements if found.word == word), None)


# ---------------------------------------------------------------- what a statement is about


def _operands(statement: Statement) -> tuple[Expression, ...]:
    return tuple(operand for phrase in statement.series for operand in phrase)


def _key(statement: Statement) -> Key:
    """What a statement is about: two of one key cannot both hold."""
    word = vocabulary().words.get(("word", statement.word))
    if word is None or not word.many or word.id == "policy":
        return (statement.word,)
    if word.declares:
        return (word.id, *_named(_operands(statement)[:1]))
    subjects = tuple(found for id in ("of", "over") if (found := clause(statement, id)) is not None)
    about = [operand for subject in subjects for phrase in subject.series for operand in phrase]
    named = () if word.id == "rounding" else _named(_operands(statement))  # a mode is no name
    return (word.id, *named, *_named(about))


def _named(operands: Sequence[Expression]) -> Iterator[str]:
    """The names among the operands; a text behind a name is its label."""
    for i, operand in enumerate(operands):
        match operand:
            case Name(id=name) | Call(function=Name(id=name)):
                yield name
            case Text(value=name) if i == 0:
                yield name
            case _:
                pass


def _single(statements: Sequence[Statement]) -> Iterator[Statement]:
    """The statements, those that declare several things taken apart."""
    for statement in statements:
        if statement.word == "judgement" and len(statement.series) > 1:
            for phrase in statement.series:
                yield evolve(statement, series=(phrase,))
        else:
            yield statement


# ---------------------------------------------------------------- merging


@define
class _Place:
    """A statement of the extended policy, and the new ones that stand beside it."""

    statement: Statement | None  # None: removed
    taken: bool = False  # by a statement of the extending policy
    before: list[Statement] = Factory(list)
    behind: list[Statement] = Factory(list)


def _merged(own: Sequence[Statement], base: Sequence[Statement], remarks: list[Diagnostic]) -> tuple[Statement, ...]:
    """The statements of a block. New ones follow those of their word that they follow in their file, or stand before
    the first; without any, they stand at the end. So the order of tiers is the author's."""
    places = [_Place(statement) for statement in _single(base)]
    known: dict[Key, _Place] = {}
    for place in places:
        assert place.statement is not None
        known.setdefault(_key(place.statement), place)
    written = [statement for statement in _single(own) if statement.word != "remove"]
    for statement in own:
        if statement.word == "remove":
            _remove(statement, known, {_key(found): found for found in written}, remarks)
    last: dict[str, _Place] = {}
    waiting: dict[str, list[Statement]] = {}
    for statement in written:
        old = known.get(_key(statement))
        if old is not None and old.statement is not None and not old.taken:
            old.taken = True
            old.statement = _onto(statement, old.statement, remarks)
            old.before += waiting.pop(statement.word, [])
            last[statement.word] = old
        else:
            beside = last[statement.word].behind if statement.word in last else waiting.setdefault(statement.word, [])
            beside.append(_onto(statement, None, remarks))
    kept = [
        statement
        for place in places
        for statement in (*place.before, *([place.statement] if place.statement else []), *place.behind)
    ]
    return (*kept, *(statement for statements in waiting.values() for statement in statements))


def _onto(statement: Statement, base: Statement | None, remarks: list[Diagnostic]) -> Statement:
    if statement.block is None:
        return statement
    if base is None or base.block is None:
        return evolve(statement, block=_merged(statement.block, (), remarks))
    own = {found.word for found in statement.clauses}
    series = statement.series
    if len(series) == 1 and len(series[0]) == 1 and len(base.series) == 1:
        series = ((*series[0], *base.series[0][1:]),)  # only the name is written: the label stays
    return evolve(
        statement,
        series=series,
        clauses=(*(found for found in base.clauses if found.word not in own), *statement.clauses),
        block=_merged(statement.block, base.block, remarks),
    )


def _remove(
    statement: Statement, known: dict[Key, _Place], written: dict[Key, Statement], remarks: list[Diagnostic]
) -> None:
    for word, phrase, clauses, span in _removed(statement, remarks):
        key = _key(Statement(word, (phrase,) if phrase else (), clauses))
        text = span.text
        if key in written:
            first = Related(written[key].span, "written here", "写在此处")
            remarks.append(Diagnostic("AS1112", span, {"what": text}, related=(first,)))
        elif key not in known or known[key].statement is None:
            names = [other[1] for other in known if other[0] == word and len(other) > 1]
            near = (nearest(key[1], names) or "") if len(key) > 1 else ""
            remarks.append(Diagnostic("AS1111", span, {"what": text, "suggestion": near}))
        else:
            known[key].statement = None


def _removed(statement: Statement, remarks: list[Diagnostic]) -> Iterator[tuple[str, Phrase, tuple[Clause, ...], Span]]:
    """What is to be removed: the word of each statement, what names it, and where that is said."""
    table = vocabulary()
    clauses = tuple(found for found in statement.clauses if found.word != "missing")
    if (missing := clause(statement, "missing")) is not None:  # between statements it is a word, behind one a clause
        yield "missing", (), (), missing.span
    elif not statement.series:
        remarks.append(Diagnostic("AS1113", statement.word_span, {"found": ""}))
    word = ""
    for phrase in statement.series:
        first = phrase[0]
        found = table.find("word", first.text) if isinstance(first, Name) else None
        if found is not None and (len(phrase) > 1 or not word):
            word, phrase = found.id, phrase[1:]
        elif not word:
            remarks.append(Diagnostic("AS1113", first.span, {"found": first.span.text}))
            return
        yield word, phrase, clauses, first.span.to((phrase or (first,))[-1].span)
