"""The word table: every word of the language with its English and Chinese spellings, and where it may stand."""

import difflib
import math
import tomllib
from functools import cache
from typing import Any, Literal

from attrs import frozen

from assessdsl.resources import resource

Kind = Literal["word", "clause", "operator", "measure", "function", "name", "label", "table", "column"]
LANGUAGES = ("en", "zh")


@frozen
class Word:
    """One word of the language; the fields after `meaning` say how a statement or a measure may be used."""

    kind: Kind
    id: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    meaning: tuple[str, str] = ("", "")
    parents: tuple[str, ...] = ()  # of a statement: the blocks in which it may stand
    declares: bool = False  # its first operand is a new name
    clauses: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()  # the clauses it takes in `expect`
    value: bool = False  # takes "= expression"
    block: bool = False
    text: bool = False  # its only operand is a text
    many: bool = False
    measures: str = ""  # of a measure: the kind of unit
    factor: str = "1"
    labels: tuple[str, ...] | None = None  # of a function whose other keys are operands: only these are labels there

    def spelling(self, language: str) -> str:
        return (self.zh if language == "zh" else self.en)[0]

    @property
    def spellings(self) -> tuple[str, ...]:
        return self.en + self.zh


@frozen
class Vocabulary:
    words: dict[tuple[Kind, str], Word]  # by kind and id
    spelled: dict[tuple[Kind, str], Word]  # by kind and spelling
    phrases: dict[tuple[Kind, str], tuple[tuple[str, ...], ...]]  # spellings of two words, by their first

    def get(self, kind: Kind, id: str) -> Word:
        return self.words[kind, id]

    def find(self, kind: Kind, spelling: str) -> Word | None:
        return self.spelled.get((kind, spelling))

    def all(self, kind: Kind) -> tuple[Word, ...]:
        return tuple(word for (of_kind, _), word in self.words.items() if of_kind == kind)

    def children(self, parent: str) -> tuple[Word, ...]:
        """The statements that may stand in a block."""
        return tuple(word for word in self.all("word") if parent in word.parents)


def _read(kind: Kind, id: str, entry: dict[str, Any]) -> Word:
    meaning = entry.get("meaning", ["", ""])
    return Word(
        kind=kind,
        id=id,
        en=tuple(entry["en"]),
        zh=tuple(entry["zh"]),
        meaning=(meaning[0], meaning[1]),
        parents=tuple(entry.get("in", ())),
        declares=entry.get("declares", False),
        clauses=tuple(entry.get("clauses", ())),
        expects=tuple(entry.get("expects", ())),
        value=entry.get("value", False),
        block=entry.get("block", False),
        text=entry.get("text", False),
        many=entry.get("many", False),
        measures=entry.get("kind", ""),
        factor=entry.get("factor", "1"),
        labels=tuple(entry["labels"]) if "labels" in entry else None,
    )


@cache
def vocabulary() -> Vocabulary:
    """The table of `grammars/vocabulary.toml`, read once."""
    table = tomllib.loads(resource("grammars", "vocabulary.toml").read_text("utf-8"))
    words: dict[tuple[Kind, str], Word] = {}
    spelled: dict[tuple[Kind, str], Word] = {}
    phrases: dict[tuple[Kind, str], tuple[tuple[str, ...], ...]] = {}
    kinds: tuple[Kind, ...] = (
        "word", "clause", "operator", "measure", "function", "name", "label", "table", "column",
    )  # fmt: skip
    for kind in kinds:
        for id, entry in table.get(kind, {}).items():
            word = words[kind, id] = _read(kind, id, entry)
            for spelling in word.spellings:
                spelled.setdefault((kind, spelling), word)
                parts = tuple(spelling.split(" "))
                if len(parts) > 1:
                    phrases[kind, parts[0]] = (*phrases.get((kind, parts[0]), ()), parts)
    return Vocabulary(words, spelled, phrases)


def nearest(text: str, candidates: "list[str] | tuple[str, ...]") -> str | None:
    """The candidate most like a misspelt text, or none that is like it. Order of the candidates breaks ties."""
    least = math.nextafter(0.6 if text.isascii() else 0.5, 0)  # of two Han characters, one may be wrong
    near = None
    matcher = difflib.SequenceMatcher()
    matcher.set_seq2(text[:60])
    ways = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # each finds no more than those before it,
    # and takes longer: of many names, most cannot be more like than the best so far
    for candidate in list(dict.fromkeys(candidates))[:5000]:
        matcher.set_seq1(candidate)
        if all((likeness := way()) > least for way in ways):
            near, least = candidate, likeness
    return near
