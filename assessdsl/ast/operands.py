"""Reading blocks and operands by the word table; what is wrong with them is remarked, once for each mistake."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from attrs import Factory, define, evolve, field, frozen

from assessdsl.ast.walk import names
from assessdsl.diagnostics import Diagnostic, Related
from assessdsl.limits import LIMITS
from assessdsl.source import Span
from assessdsl.syntax.tree import Clause, Day, Expression, Name, Phrase, Series, Statement, Text
from assessdsl.vocabulary import Kind, Word, nearest, vocabulary

_NAME = re.compile(r"[A-Za-z_\u3400-\u9fff][0-9A-Za-z_\u3400-\u9fff]*")


# What is said about the order of blocks: nothing is, where brackets are missing or too many.
_OF_BLOCKS = frozenset({"AS2002", "AS2003", "AS2005", "AS2006", "AS2021", "AS2022"})


@define
class Remarks:
    """What was found so far; `doubtful` are the names in what could not be built."""

    language: str
    unbalanced: bool = False  # blocks do not end where they should, and statements may stand in a wrong one
    diagnostics: list[Diagnostic] = Factory(list)
    doubtful: set[str] = Factory(set)
    misplaced: set[str] = Factory(set)  # words of statements that stand where they may not
    compared: int = 0
    unread: list[Span] = field(factory=list)  # where the reader gave up a statement
    quiet: list[Span] = field(factory=list)  # statements that were remarked on already, and are read on as far as goes

    def add(self, code: str, span: Span, related: tuple[Related, ...] = (), **arguments: str) -> None:
        if self.unbalanced and code in _OF_BLOCKS:
            return
        if not any(other.holds(span) for other in self.quiet):
            self.diagnostics.append(Diagnostic(code, span, arguments, related=related))

    def suggestion(self, text: str, possible: Sequence[str]) -> str:
        """What the text was surely meant to be, as long as looking for it costs little."""
        self.compared += len(possible)
        return (nearest(text, list(possible)) or "") if self.compared <= LIMITS.compared_names else ""

    def spelled(self, kind: Kind, id: str) -> str:
        word = vocabulary().words.get((kind, id))
        return word.spelling(self.language) if word else id

    def listed(self, kind: Kind, ids: Iterable[str]) -> str:
        return ", ".join(f"`{self.spelled(kind, id)}`" for id in ids)

    def doubt(self, statement: Statement) -> None:
        """The statement is left out: whatever it names is neither unknown nor unused."""
        waiting = [statement]
        while waiting:
            current = waiting.pop()
            series = [*current.series, *(phrase for clause in current.clauses for phrase in clause.series)]
            roots = [operand for phrase in series for operand in phrase]
            for root in [*roots, *([current.value] if current.value is not None else [])]:
                self.doubtful.update(name.id for name in names(root))
            waiting.extend(current.block or ())

    def doubt_text(self, text: str) -> None:
        self.doubtful.update(_NAME.findall(text))


@frozen
class Block:
    """The statements of a block by their words, those that may stand there and are used rightly."""

    statements: Mapping[str, tuple[Statement, ...]]
    broken: set[str]

    def one(self, word: str) -> Statement | None:
        return self.statements.get(word, (None,))[0]

    def many(self, word: str) -> tuple[Statement, ...]:
        return self.statements.get(word, ())


def read_block(statements: Sequence[Statement], parent: str, remarks: Remarks) -> Block:
    """The block's statements sorted by word; what may not stand there is remarked and left out."""
    table = vocabulary()
    written = {statement.word for statement in statements}
    kept: dict[str, list[Statement]] = {}
    broken: set[str] = set()
    for statement in statements:
        if any(statement.span.holds(evolve(span, end=span.start)) for span in remarks.unread):
            remarks.quiet.append(statement.span)
        word = table.words.get(("word", statement.word))
        if word is None:
            guess = _unknown(statement, parent, remarks)
            if guess is None or not guess.whole or (not guess.word.many and guess.word.id in written):
                broken.add(guess.word.id if guess else "")
                remarks.doubt(statement)
                continue
            # read on as what was meant, or all that rests on it would be remarked on too
            written.add(guess.word.id)
            word, statement = guess.word, evolve(statement, word=guess.word.id)
            remarks.quiet.append(statement.span)
        if parent not in word.parents:
            places = remarks.listed("word", (place for place in word.parents if place != "file"))
            if parent == "file":
                remarks.add("AS2003", statement.word_span, word=_written(statement), places=places)
            else:
                remarks.add(
                    "AS2002", statement.word_span,
                    word=_written(statement), parent=remarks.spelled("word", parent), places=places,
                )  # fmt: skip
            broken.add(word.id)
            remarks.misplaced.add(word.id)
            remarks.doubt(statement)
        elif word.id in kept and not word.many:
            first = Related(kept[word.id][0].word_span, "it stands here already", "此处已经写过")
            code = "AS2005" if word.id == "policy" else "AS2006"
            remarks.add(code, statement.word_span, (first,), word=_written(statement))
            remarks.doubt(statement)
        else:
            kept.setdefault(word.id, []).append(_parts(statement, word, parent, remarks))
    return Block({word: tuple(found) for word, found in kept.items()}, broken)


def _written(statement: Statement) -> str:
    return statement.word_span.text or statement.word


@frozen
class Guess:
    """What a word that is none was surely meant for; not `whole` where an operand is glued to it."""

    word: Word
    whole: bool


def _unknown(statement: Statement, parent: str, remarks: Remarks) -> Guess | None:
    table, text = vocabulary(), statement.word
    possible = {spelling: word for word in table.children(parent) for spelling in word.spellings}
    heads = sorted((s for s in possible if text.startswith(s)), key=len, reverse=True)
    if heads and (text[len(heads[0])].isdigit() or not heads[0].isascii()):
        remarks.add("AS2001", statement.word_span, word=text, suggestion=f"{heads[0]} {text[len(heads[0]) :]}")
        return Guess(possible[heads[0]], whole=False)
    near = remarks.suggestion(text, list(possible))
    elsewhere = near or remarks.suggestion(text, [s for word in table.all("word") for s in word.spellings])
    remarks.add("AS2001", statement.word_span, word=text, suggestion=elsewhere)
    return Guess(possible[near], whole=True) if near else None


def _with_name(statement: Statement, word: Word, remarks: Remarks) -> Statement:
    """`tier top "…"`: a word where the name should be is taken for the name, so that no more is said."""
    if not word.declares or statement.series or not statement.clauses:
        return statement
    first, *others = statement.clauses
    spellings = vocabulary().get("clause", first.word).spellings
    text = max((s for s in spellings if first.span.text.startswith(s)), key=len, default=first.word)
    span = Span(first.span.source, first.span.start, first.span.start + len(text))
    remarks.add("AS2039", span, name=text, word=_written(statement))
    phrase, *rest = first.series or ((),)
    return evolve(statement, series=((Name(text, span=span), *phrase), *rest), clauses=tuple(others))


def _parts(statement: Statement, word: Word, parent: str, remarks: Remarks) -> Statement:
    """The statement without the clauses, value and block that its word does not take."""
    clauses: dict[str, Clause] = {}
    taken = word.expects if parent == "expect" else word.clauses
    written = _written(statement)
    if parent != "expect" or any(clause.word not in taken for clause in statement.clauses[:1]):
        statement = _with_name(statement, word, remarks)
    for clause in statement.clauses:
        shown = remarks.spelled("clause", clause.word)
        if clause.word not in taken:
            takes = remarks.listed("clause", taken)
            remarks.add("AS2007", clause.span, word=written, clause=shown, clauses=takes)
        elif clause.word in clauses:
            first = Related(clauses[clause.word].span, "it stands here already", "此处已经写过")
            remarks.add("AS2008", clause.span, (first,), word=written, clause=shown)
        else:
            clauses[clause.word] = clause
    block = statement.block
    if block is not None and not word.block:
        remarks.add("AS2018", statement.word_span, word=written)
        block = None
    if word.block and block is None:
        remarks.add("AS2019", statement.word_span, word=written)
    return evolve(statement, clauses=tuple(clauses.values()), block=block)


def clause(statement: Statement, word: str) -> Clause | None:
    return next((found for found in statement.clauses if found.word == word), None)


def needed_clause(statement: Statement, word: str, remarks: Remarks) -> Clause | None:
    found = clause(statement, word)
    if found is None:
        shown = remarks.spelled("clause", word)
        remarks.add("AS2009", statement.word_span, word=_written(statement), clause=shown)
    return found


@frozen
class Declared:
    """What a declaring statement begins with: its name, its label, and the operands left."""

    name: Name
    label: str
    rest: Phrase


# Words that mean a value in an expression: what is declared by such a name could not be named.
VALUE_WORDS = frozenset(
    {
        "actual", "planned", "baseline", "weight", "due", "completed_on", "completed", "late_days", "required", "met",
        "linked", "plan_total", "achieved", "elapsed",
        "not_applicable", "exempt", "disputed", "falsified",
        "progress", "expected", "level", "category", "item", "components", "targets", "required_targets", "entries",
        "total", "rank", "tier", "group", "everyone", "period", "error", "zero", "yes", "no",
    }
)  # fmt: skip


def declared(statement: Statement, remarks: Remarks, *, value: bool = False) -> Declared | None:
    """`value`: expressions may name it."""
    series = statement.series
    if not series or not isinstance(series[0][0], Name):
        span = series[0][0].span if series else statement.word_span
        remarks.add("AS2010", span, word=_written(statement))
        return None
    _no_more(statement, series[1:], remarks)
    if value:
        check_name(series[0][0], remarks)
    return declared_phrase(series[0][0], series[0][1:])


def check_name(name: Name, remarks: Remarks) -> None:
    if name.word in VALUE_WORDS:
        remarks.add("AS2110", name.span, name=name.text)


def declared_phrase(name: Name, rest: Phrase) -> Declared:
    label = next((operand for operand in rest if isinstance(operand, Text)), None)
    return Declared(name, label.value if label else "", tuple(operand for operand in rest if operand is not label))


def no_rest(statement: Statement, rest: Phrase, remarks: Remarks) -> None:
    if rest:
        _extra(statement, rest[0], remarks)


def _no_more(statement: Statement, series: Series, remarks: Remarks) -> None:
    if series:
        _extra(statement, series[0][0], remarks)


def _extra(statement: Statement, operand: Expression, remarks: Remarks) -> None:
    word = vocabulary().words["word", statement.word]
    possible = [spelling for id in word.clauses for spelling in vocabulary().get("clause", id).spellings]
    near = remarks.suggestion(operand.text, possible) if isinstance(operand, Name) else ""
    remarks.add("AS2012", operand.span, word=_written(statement), found=operand.span.text, suggestion=near)


def single(statement: Statement, remarks: Remarks, of: Clause | None = None) -> Expression | None:
    """The only operand of a statement, or of one of its clauses."""
    series, span = (of.series, of.span) if of else (statement.series, statement.word_span)
    if not series:
        word = remarks.spelled("clause", of.word) if of else _written(statement)
        remarks.add("AS2011", span, word=word)
        return None
    no_rest(statement, series[0][1:], remarks)
    _no_more(statement, series[1:], remarks)
    return series[0][0]


def name_list(statement: Statement, series: Series, span: Span, remarks: Remarks) -> tuple[Name, ...]:
    """Names between commas."""
    found = []
    for phrase in series:
        no_rest(statement, phrase[1:], remarks)
        if isinstance(phrase[0], Name):
            found.append(phrase[0])
        else:
            remarks.add("AS2010", phrase[0].span, word=_written(statement))
    if not series:
        remarks.add("AS2010", span, word=_written(statement))
    return tuple(found)


def chosen(
    operand: Expression | None,
    possible: Sequence[str],
    remarks: Remarks,
    kind: Kind = "name",
    *,
    others: Sequence[str] = (),
) -> str | None:
    """The operand's id, which must be one of the words possible there. `others`: what else may stand there."""
    if operand is None:
        return None
    table = vocabulary()
    if isinstance(operand, Name):
        other = table.find(kind, operand.text)
        for id in (operand.id, other.id if other else ""):
            if id in possible:
                return id
    text = operand.text if isinstance(operand, Name) else operand.span.text
    spellings = [*others, *(s for id in possible for s in table.get(kind, id).spellings)]
    choices = ", ".join([remarks.listed(kind, possible), *(f"`{other}`" for other in others)])
    remarks.add("AS2013", operand.span, found=text, suggestion=remarks.suggestion(text, spellings), choices=choices)
    return None


def day(statement: Statement, remarks: Remarks, of: Clause | None = None) -> date | None:
    operand = single(statement, remarks, of)
    if operand is None or isinstance(operand, Day):
        return operand.value if operand else None
    remarks.add("AS2014", operand.span, word=_written(statement), found=operand.span.text)
    return None


def texts(statement: Statement, series: Series, span: Span, remarks: Remarks) -> tuple[str, ...]:
    """Texts between commas."""
    found = []
    for operand in (operand for phrase in series for operand in phrase):
        if isinstance(operand, Text):
            found.append(operand.value)
        else:
            remarks.add("AS2015", operand.span, word=_written(statement), found=operand.span.text)
    if not series:
        remarks.add("AS2015", span, word=_written(statement), found="")
    return tuple(found)
