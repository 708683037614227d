"""Remarks on policies beyond what is wrong: what is surely not meant, hardly fair, or easily forgotten."""

from collections.abc import Iterable
from pathlib import Path

from attrs import evolve, frozen

from assessdsl import engine
from assessdsl.authoring import lint_branches, lint_points, lint_process, lint_words
from assessdsl.authoring.format import replace
from assessdsl.authoring.lint_config import Config, find_config, read_config
from assessdsl.authoring.lint_pragmas import Pragma, pragmas, without_effect
from assessdsl.authoring.lint_subject import Edit, Remark, Subject
from assessdsl.check import Checked
from assessdsl.diagnostics import Diagnostic, PolicyError, arrange
from assessdsl.limits import LIMITS
from assessdsl.paths import root_of
from assessdsl.source import Source

RULES = (*lint_branches.RULES, *lint_points.RULES, *lint_words.RULES, *lint_process.RULES)
_PASSES = 10  # of fixes: one may show another
_MARK = b"\xef\xbb\xbf"  # the byte order mark, which is no part of the text


@frozen
class Linted:
    """What is remarked on a policy: by the checker, and if that finds no error, by the rules."""

    name: str
    language: str
    diagnostics: tuple[Diagnostic, ...]
    edits: tuple[Edit, ...] = ()
    fixed: str | None = None  # the text with what can be mended safely; None if nothing was mended

    @property
    def clean(self) -> bool:
        """Whether there is nothing but notes."""
        return all(found.severity == "note" for found in self.diagnostics)


def lint_text(
    text: str, name: str = "policy.assess", config: Config | None = None, *, root: Path | None = None, fix: bool = False
) -> Linted:
    """Remarks on a policy's text; with `fix`, on what is left when its safe fixes are made."""
    config = config or Config()
    found = _lint(text, name, config, root)
    return _mended(text, found, config, root) if fix else found


def lint_file(path: str | Path, config: str | Path | None = None, *, fix: bool = False) -> Linted:
    """As lint_text, of a file, which is replaced if something in it was mended. Without a config, the `assessdsl.toml`
    beside the policy or in the nearest folder above is used.

    Raises OSError if a file cannot be read or written, PolicyError if the configuration is wrong.
    """
    place = find_config(Path(path)) if config is None else Path(config)
    chosen, wrong = (Config(), []) if place is None else read_config(place)
    if wrong:
        raise PolicyError(arrange(wrong))
    with open(path, "rb") as file:
        data = file.read(LIMITS.file_bytes + 1)
    root, mark = root_of(Path(path)), _MARK if data.startswith(_MARK) else b""
    try:
        text = data.removeprefix(mark).decode()
    except UnicodeDecodeError:  # the checker says why
        return _result(str(path), None, engine.check_text(str(path), data, root=root)[1], ())
    found = lint_text(text, str(path), chosen, root=root, fix=fix)
    if found.fixed is not None:
        replace(Path(path), mark + found.fixed.encode())
    return found


def _lint(text: str, name: str, config: Config, root: Path | None) -> Linted:
    checked, diagnostics = engine.check_text(name, text, root=root)
    if checked is None:
        return _result(name, None, diagnostics, ())
    remarks = [Remark(found) for found in diagnostics]
    remarks += _remarks(checked, config)
    silent, wrong = ([], []) if checked.document is None else pragmas(checked.document)
    kept = [one for one in remarks if not _silenced(one.diagnostic, silent)]
    kept += [*wrong, *without_effect(silent)]
    chosen = [one for one in (_weighed(one, config) for one in kept) if one is not None]
    edits = tuple(edit for one in chosen for edit in one.edits)
    return _result(name, checked.policy.source, [one.diagnostic for one in chosen], edits)


def _silenced(found: Diagnostic, silent: list[Pragma]) -> bool:
    """Every comment that reaches it counts as used."""
    return bool([pragma for pragma in silent if pragma.silences(found)])


def _remarks(checked: Checked, config: Config) -> Iterable[Remark]:
    subject = Subject(checked, config.limits)
    for _, rule in RULES:
        yield from rule(subject)


def _weighed(one: Remark, config: Config) -> Remark | None:
    """With the severity that the configuration gives it; None if it is off."""
    severity = config.severity.get(one.diagnostic.code, one.diagnostic.severity)
    if one.diagnostic.is_error or severity == one.diagnostic.severity:
        return one
    return None if severity == "off" else evolve(one, diagnostic=evolve(one.diagnostic, severity=severity))


def _result(name: str, source: Source | None, found: Iterable[Diagnostic], edits: tuple[Edit, ...]) -> Linted:
    diagnostics = arrange(found)
    language = source.language if source else next((one.span.source.language for one in diagnostics), "en")
    return Linted(name, language, diagnostics, edits)


# ---------------------------------------------------------------- fixes


def _mended(text: str, found: Linted, config: Config, root: Path | None) -> Linted:
    """What is left when the edits are made. An edit that brings an error, or mends nothing, is not made."""
    written = text
    for _ in range(_PASSES):
        edits = [edit for edit in found.edits if edit.span.source.name == found.name]
        for chosen in (_apart(edits), *([edit] for edit in edits)):
            attempt = _edited(written, chosen)
            after = _lint(attempt, found.name, config, root)
            if chosen and _better(found, after):
                written, found = attempt, after
                break
        else:
            break
    return evolve(found, fixed=None if written == text else written)


def _better(before: Linted, after: Linted) -> bool:
    return not any(one.is_error for one in after.diagnostics) and len(after.edits) < len(before.edits)


def _apart(edits: list[Edit]) -> list[Edit]:
    """Those that do not overlap."""
    chosen: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        if not chosen or chosen[-1].span.end <= edit.span.start:
            chosen.append(edit)
    return chosen


def _edited(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
