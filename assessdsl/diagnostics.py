"""Remarks on policies and data: their codes, texts in English and Chinese, and how they are shown.

The texts stand in `grammars/diagnostics/*.toml`, one file for each range of codes:

    [AS2001]
    slug = "unknown-indicator"
    severity = "error"                 # error, warning or note
    en = "there is no indicator `{name}`"
    zh = "没有名为 `{name}` 的指标"
    help_en = "did you mean `{suggestion}`?"      # shown when all of its arguments are given
    help_zh = "是否想写 `{suggestion}`?"
"""

import json
import string
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from attrs import Factory, field, frozen

from assessdsl.limits import LIMITS
from assessdsl.resources import resource
from assessdsl.source import NOWHERE, Cell, Span, visible, width


@frozen
class Code:
    """A stable code with its texts."""

    code: str
    slug: str
    severity: str
    text: Mapping[str, str]  # by language
    help: Mapping[str, str]


@cache
def codes() -> Mapping[str, Code]:
    """Every code, by its number."""
    found: dict[str, Code] = {}
    for path in sorted(resource("grammars", "diagnostics").glob("*.toml")):
        for code, entry in tomllib.loads(path.read_text("utf-8")).items():
            assert code not in found, f"{code} is defined twice"
            help = {language: entry[f"help_{language}"] for language in ("en", "zh") if f"help_{language}" in entry}
            found[code] = Code(code, entry["slug"], entry["severity"], {"en": entry["en"], "zh": entry["zh"]}, help)
    return found


@frozen
class Related:
    """Another place that a diagnostic speaks of."""

    span: Span
    en: str
    zh: str


@frozen
class Diagnostic:
    """One remark: a code, where it stands, and the arguments of its text."""

    code: str
    span: Span = NOWHERE
    arguments: Mapping[str, str] = Factory(dict)
    cell: Cell | None = None
    related: tuple[Related, ...] = ()
    severity: str = field(default="")

    def __attrs_post_init__(self) -> None:
        if not self.severity:
            object.__setattr__(self, "severity", codes()[self.code].severity)

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    @property
    def slug(self) -> str:
        return codes()[self.code].slug

    def message(self, language: str) -> str:
        return _fill(codes()[self.code].text[language], self._spoken(language))

    def _spoken(self, language: str) -> Mapping[str, str]:
        """The arguments as one language says them: `rule_en` stands for `rule` in English texts."""
        end = f"_{language}"
        own = {name.removesuffix(end): text for name, text in self.arguments.items() if name.endswith(end)}
        return {**self.arguments, **own}

    def help(self, language: str) -> str | None:
        """What to do about it, if all that the help speaks of is known."""
        text = codes()[self.code].help.get(language)
        if text is None:
            return None
        needed = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        arguments = self._spoken(language)
        return _fill(text, arguments) if all(arguments.get(name) for name in needed) else None

    @property
    def place(self) -> str:
        if self.cell is not None:
            return str(self.cell)
        return str(self.span) if self.span.source.name else ""

    def plain(self, language: str) -> dict[str, Any]:
        """As plain data, for JSON."""
        data: dict[str, Any] = {
            "code": self.code,
            "slug": self.slug,
            "severity": self.severity,
            "message": self.message(language),
        }
        if help := self.help(language):
            data["help"] = help
        if self.cell is not None:
            data["file"], data["row"] = self.cell.file, self.cell.row
            data["sheet"], data["column"] = self.cell.sheet, self.cell.column
        elif self.span.source.name:
            start, end = self.span.position, self.span.source.position(self.span.end)
            data["file"] = self.span.source.name
            data["line"], data["column"] = start.line, start.column
            data["end_line"], data["end_column"] = end.line, end.column
        if self.related:
            data["related"] = [
                {"file": other.span.source.name, "line": other.span.line, "message": getattr(other, language)}
                for other in self.related
            ]
        return data


class AssessmentError(Exception):
    """A policy or its data is wrong. Carries every diagnostic; its text is their rendering."""

    def __init__(self, diagnostics: Sequence[Diagnostic], language: str = "en") -> None:
        self.diagnostics = tuple(diagnostics)
        self.language = language
        super().__init__(self.diagnostics, language)

    def __str__(self) -> str:
        return render_all(self.diagnostics, self.language)


class PolicyError(AssessmentError):
    """The policy is wrong."""


class DataError(AssessmentError):
    """The data is wrong."""


class RegisterError(AssessmentError):
    """A register cannot be read or written, or refuses what was to be recorded."""


def arrange(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of their places, each once."""
    unique: dict[tuple[Any, ...], Diagnostic] = {}
    for diagnostic in diagnostics:
        cell, span = diagnostic.cell, diagnostic.span
        place = (cell.file, cell.sheet, cell.row, cell.column) if cell else (span.source.name, "", span.start, "")
        unique.setdefault((*place, diagnostic.code, tuple(sorted(diagnostic.arguments.items()))), diagnostic)
    return tuple(diagnostic for _, diagnostic in sorted(unique.items(), key=lambda pair: pair[0]))


_MARK = {
    "en": {"error": "error", "warning": "warning", "note": "note"},
    "zh": {"error": "错误", "warning": "警告", "note": "提示"},
}
_HELP = {"en": "help", "zh": "建议"}


def _fill(text: str, arguments: Mapping[str, str]) -> str:
    safe = {name: _shorten(visible(str(value))) for name, value in arguments.items()}
    return text.format_map(safe)


def _shorten(text: str) -> str:
    limit = LIMITS.message_characters
    return text if len(text) <= limit else text[: limit - 1] + "…"


def render(diagnostic: Diagnostic, language: str = "en") -> str:
    """The diagnostic with its source line, an underline aligned under wide characters, and help."""
    mark = _MARK[language][diagnostic.severity]
    lines = [f"{mark}[{diagnostic.code} {diagnostic.slug}]: {diagnostic.message(language)}"]
    if diagnostic.place:
        lines.append(f"  --> {visible(diagnostic.place)}")
    if diagnostic.cell is None and diagnostic.span.source.name:
        lines += _excerpt(diagnostic.span)
    others = list(dict.fromkeys(f"  {visible(str(one.span))}: {getattr(one, language)}" for one in diagnostic.related))
    lines += others[: LIMITS.places_shown]
    if len(others) > LIMITS.places_shown:
        lines.append(f"  {_more(len(others) - LIMITS.places_shown, language)}")
    if help := diagnostic.help(language):
        lines.append(f"  = {_HELP[language]}: {help}")
    return "\n".join(lines)


_EXCERPT = 160  # characters of a source line that are shown


def _excerpt(span: Span) -> list[str]:
    start = span.position
    line = span.source.line_text(start.line)
    first = max(0, start.column - 1 - _EXCERPT // 2)
    shown = line[first : first + _EXCERPT]
    before = visible(shown[: start.column - 1 - first].replace("\t", " "))
    length = max(1, min(span.end - span.start, len(shown) - (start.column - 1 - first)))
    marked = visible(shown[start.column - 1 - first :][:length])
    gutter = " " * len(str(start.line))
    return [
        f"{gutter} |",
        f"{start.line} | {visible(shown.replace(chr(9), ' '))}",
        f"{gutter} | {' ' * width(before)}{'^' * max(1, width(marked))}",
    ]


def render_all(diagnostics: Sequence[Diagnostic], language: str = "en") -> str:
    """Every diagnostic, up to the number that is shown, and how many there are beyond."""
    shown = [render(diagnostic, language) for diagnostic in diagnostics[: LIMITS.diagnostics_shown]]
    left = len(diagnostics) - len(shown)
    if left > 0:
        shown.append(_more(left, language))
    return "\n\n".join(shown)


def _more(count: int, language: str) -> str:
    return f"… {count} more" if language == "en" else f"…… 另有 {count} 条"


def to_json(diagnostics: Sequence[Diagnostic], language: str = "en") -> str:
    return json.dumps([diagnostic.plain(language) for diagnostic in diagnostics], ensure_ascii=False, indent=2)
