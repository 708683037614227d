"""Numbers, days, texts and names as they are written, and what can be wrong with them."""

import re
import unicodedata
from datetime import date
from fractions import Fraction
from typing import Final

from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.source import Span
from assessdsl.vocabulary import Kind, vocabulary

HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_NAME: Final = re.compile(f"[A-Za-z_{HAN}][0-9A-Za-z_{HAN}]*")
_NO_NAME_CHARACTER: Final = re.compile(f"[^0-9A-Za-z_{HAN}]")
_DAY_PARTS: Final = re.compile("[-年月日]")
_ISO_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

# Signs that are typed by habit, and what the language has for them. Compatibility forms are found by NFKC.
_MEANT: Final = {
    "、": ",", "。": ";", "‘": '"', "’": '"', "'": '"', "「": '"', "」": '"', "『": '"', "』": '"',
    "《": '"', "》": '"',
    "[": "(", "]": ")", "【": "(", "】": ")", "〔": "(", "〕": ")", "—": "-", "–": "-", "‐": "-", "‒": "-", "―": "-",
    "≠": "!=", "≦": "<=", "≧": ">=", "∧": "and", "∨": "or", "¬": "not", "&": "and", "|": "or", "!": "not", "·": "*",
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i", "ѕ": "s", "ј": "j", "һ": "h",
    "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "Х": "X",
    "α": "a", "ο": "o", "ρ": "p", "ν": "v", "Α": "A", "Β": "B", "Ε": "E", "Ο": "O", "Ρ": "P", "Τ": "T", "Χ": "X",
}  # fmt: skip


def character_name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def unknown_character(character: str, span: Span) -> Diagnostic:
    folded = unicodedata.normalize("NFKC", character)
    meant = _MEANT.get(character) or (folded if folded != character and folded.strip() else "")
    return Diagnostic("AS1010", span, {"character": character, "name": character_name(character), "suggestion": meant})


def check_name(text: str, span: Span) -> Diagnostic | None:
    """What is wrong with a name that stands outside backticks."""
    if wrong := _NO_NAME_CHARACTER.search(text):
        start = min(span.start + wrong.start(), span.end - 1)
        return unknown_character(wrong[0], Span(span.source, start, start + 1))
    return _too_long(text, span)


def check_quoted_name(text: str, span: Span) -> Diagnostic | None:
    if not _NAME.fullmatch(text):
        return Diagnostic("AS1015", span, {"name": text})
    return _too_long(text, span)


def _too_long(text: str, span: Span) -> Diagnostic | None:
    if len(text) <= LIMITS.name_characters:
        return None
    sizes = {"size": str(len(text)), "limit": str(LIMITS.name_characters)}
    return Diagnostic("AS1014", span, {"name": text[:20] + "…", **sizes})


def read_number(text: str, span: Span) -> tuple[Fraction, Diagnostic | None]:
    size = len(text.replace(".", ""))
    if size > LIMITS.digits:
        sizes = {"size": str(size), "limit": str(LIMITS.digits)}
        return Fraction(0), Diagnostic("AS1017", span, sizes)
    return Fraction(text), None


def read_day(text: str, span: Span) -> tuple[date, Diagnostic | None]:
    year, month, day = (int(part) for part in _DAY_PARTS.split(text)[:3])
    try:
        found = date(year, month, day)
    except ValueError:
        return date.min, Diagnostic("AS1019", span, {"date": text})
    if "-" in text and not _ISO_DAY.fullmatch(text):  # 2022-2-8 might as well be meant as a difference
        return found, Diagnostic("AS1019", span, {"date": text})
    return found, None


def read_text(text: str, span: Span) -> tuple[str, Diagnostic | None]:
    """The text between the quotation marks, its escapes read."""
    body = text[1:-1]
    fault = None
    if "\\" in body:
        pieces: list[str] = []
        at = 0
        while (slash := body.find("\\", at)) >= 0:
            escaped = body[slash + 1]
            if escaped not in '"\\' and fault is None:
                start = span.start + 1 + slash
                fault = Diagnostic("AS1012", Span(span.source, start, start + 2), {"escape": "\\" + escaped})
            pieces += (body[at:slash], escaped)
            at = slash + 2
        body = "".join((*pieces, body[at:]))
    return body, fault or check_text(body, span)


def check_text(text: str, span: Span) -> Diagnostic | None:
    if len(text) <= LIMITS.text_characters:
        return None
    return Diagnostic("AS1013", span, {"size": str(len(text)), "limit": str(LIMITS.text_characters)})


def split_glued(text: str, kinds: tuple[Kind, ...]) -> tuple[str, str] | None:
    """A word of the language and what was written directly behind it: `权重40` is `权重` and `40`."""
    known = vocabulary()
    for end in range(min(len(text) - 1, LIMITS.name_characters), 0, -1):
        if any(known.find(kind, text[:end]) for kind in kinds) and not _inside_ascii(text, end):
            return text[:end], text[end:]
    return None


def _inside_ascii(text: str, at: int) -> bool:
    """Whether a cut would part two letters of one English word."""
    before, after = text[at - 1], text[at]
    return before.isascii() and after.isascii() and not after.isdigit()
