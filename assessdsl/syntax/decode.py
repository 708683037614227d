"""Bytes to text: encoding, characters that are refused, and the language of the file."""

import re
import unicodedata
from typing import Final, Literal

from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.source import Source, Span
from assessdsl.syntax.literals import HAN, character_name
from assessdsl.vocabulary import Kind, vocabulary

# Besides the categories below: characters that look like nothing, or change what stands before them.
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_ALLOWED_CONTROLS: Final = frozenset("\t\n\r")
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
_SHOWN: Final = 20  # refused characters that are reported one by one

_LANGUAGE_LINE: Final = re.compile(r"#\s*(?:language|语言)\s*[:：]\s*([^\s#]*)\s*$")
_LANGUAGES: Final[dict[str, Literal["en", "zh"]]] = {
    "en": "en", "english": "en", "英文": "en", "英语": "en",
    "zh": "zh", "chinese": "zh", "中文": "zh", "汉语": "zh",
}  # fmt: skip
_TEXT_OR_COMMENT: Final = re.compile(r'"[^"\n]*"?|“[^”\n]*”?|#[^\n]*')
_NAMES: Final = re.compile(f"[A-Za-z_{HAN}][0-9A-Za-z_{HAN}]*")
_COUNTED: Final[tuple[Kind, ...]] = ("word", "clause", "operator", "function", "name", "label")


def decode(name: str, data: bytes) -> tuple[Source | None, list[Diagnostic]]:
    """The text of a file, or what is wrong with its bytes."""
    if len(data) > LIMITS.file_bytes:
        start = data[:4096].decode("utf-8", "replace")
        sizes = {"size": str(len(data)), "limit": str(LIMITS.file_bytes)}
        return None, [Diagnostic("AS1001", Span(Source(name, start, language(start)), 0, 0), sizes)]
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(name, data, error.start)]
    source = Source(name, text, language(text))
    if refused := _refused(source):
        return None, refused
    if not unicodedata.is_normalized("NFC", text):
        return None, [_not_normal(source)]
    if (unknown := _language_line(text)) and unknown[1].lower() not in _LANGUAGES:
        span = Span(source, unknown.start(1), unknown.end(1))
        return source, [Diagnostic("AS1005", span, {"language": unknown[1] or "…"})]
    return source, []


def _language_line(text: str) -> re.Match[str] | None:
    """The line that chooses the language, if the file begins with it (other comments may stand before it)."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].strip()
        if line and not line.startswith("#"):
            return None
        if found := _LANGUAGE_LINE.search(text, at, end):
            return found
        at = end + 1
    return None


def is_language_comment(text: str) -> bool:
    """Whether a comment chooses the language of its file."""
    return _LANGUAGE_LINE.fullmatch("#" + text) is not None


def language(text: str) -> Literal["en", "zh"]:
    """The language that a text chooses, else the one in which most of its words of the language are."""
    if (line := _language_line(text)) and (chosen := _LANGUAGES.get(line[1].lower())):
        return chosen
    known = vocabulary()
    balance = 0
    for found in _NAMES.finditer(_TEXT_OR_COMMENT.sub(" ", text)):
        spelling = found[0]
        if any(known.find(kind, spelling) for kind in _COUNTED):
            balance += -1 if spelling.isascii() else 1
    if balance == 0:  # no word is right: the letters decide
        balance = sum(len(found[0]) * (-1 if found[0].isascii() else 1) for found in _NAMES.finditer(text))
    return "zh" if balance > 0 else "en"


def _not_utf8(name: str, data: bytes, offset: int) -> Diagnostic:
    encoding = ""
    text = data.decode("utf-8", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, text = "UTF-16", data.decode("utf-16", "replace")
        at = 0
    else:
        at = len(data[:offset].decode("utf-8", "replace"))
        try:
            guess = data.decode("gb18030")
        except UnicodeDecodeError:
            pass
        else:
            encoding, text = "GB18030", guess
            at = len(data[:offset].decode("gb18030", "replace"))
    span = Span(Source(name, text, language(text)), at, min(at + 1, len(text)))
    return Diagnostic("AS1002", span, {"offset": str(offset), "encoding": encoding})


def _is_refused(character: str) -> bool:
    code = ord(character)
    return (
        (unicodedata.category(character) in _REFUSED_CATEGORIES and character not in _ALLOWED_CONTROLS)
        or character in _FILLERS
        or 0xFE00 <= code <= 0xFE0F  # variation selectors
        or 0xE0100 <= code <= 0xE01EF
        or 0xFDD0 <= code <= 0xFDEF  # no characters at all
        or code & 0xFFFE == 0xFFFE
    )


def _refused(source: Source) -> list[Diagnostic]:
    text = source.text
    wrong = {character for character in set(text) if _is_refused(character)}
    places = [i for i, character in enumerate(text) if character in wrong] if wrong else []
    places += [found.start() for found in _LONE_RETURN.finditer(text)]
    return [
        Diagnostic("AS1004", Span(source, at, at + 1), {"name": character_name(text[at])})
        for at in sorted(places)[:_SHOWN]
    ]


def _not_normal(source: Source) -> Diagnostic:
    """The first place at which the text is not in normal form C."""
    at = 0
    for line in source.text.splitlines(keepends=True):
        if not unicodedata.is_normalized("NFC", line):
            break
        at += len(line)
    else:
        line, at = source.text, 0
    normal = unicodedata.normalize("NFC", line)
    same = next((i for i, (a, b) in enumerate(zip(line, normal, strict=False)) if a != b), min(len(line), len(normal)))
    end = same + 1
    while end < len(line) and unicodedata.combining(line[end]):
        end += 1
    written = line[same:end]
    suggestion = unicodedata.normalize("NFC", written)
    return Diagnostic(
        "AS1003",
        Span(source, at + same, at + end),
        {"character": written, "suggestion": suggestion if suggestion != written else ""},
    )
