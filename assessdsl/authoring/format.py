"""Policies laid out well: the same tree and the same comments, written anew on their own surface."""

import os
import tempfile
from collections import Counter
from difflib import unified_diff
from pathlib import Path
from typing import Final, Literal

from attrs import frozen

from assessdsl import syntax
from assessdsl.diagnostics import Diagnostic, PolicyError, arrange
from assessdsl.limits import LIMITS
from assessdsl.syntax.margin import said
from assessdsl.syntax.spelling import Language
from assessdsl.syntax.tree import Document

_YAML: Final = (".yaml", ".yml")
_PASSES: Final = 5


@frozen
class Formatted:
    """A policy's text, and how it should stand."""

    name: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after

    def diff(self) -> str:
        """What changes, line by line; nothing if nothing does."""
        lines = unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), self.name, self.name
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def format_text(text: str | bytes, name: str = "policy.assess", language: Language | None = None) -> Formatted:
    """The text well laid out, in the words of one language (otherwise its own). The name's ending tells the surface.

    Raises PolicyError if the text cannot be read whole, or if something of it would be lost.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    source, found = syntax.decode(name, data)
    if source is None:
        raise PolicyError(found, _language_of(found))
    document, remarks = syntax.read(source)
    if any(remark.is_error for remark in (*found, *remarks)):
        raise PolicyError(arrange((*found, *remarks)), source.language)
    written = _settled(document, language or ("zh" if source.language == "zh" else "en"))
    mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""
    if "\r\n" in source.text[: source.text.find("\n") + 1]:  # as the file's first line ends
        written = written.replace("\n", "\r\n")
    return Formatted(name, mark + source.text, mark + written)


def _language_of(found: list[Diagnostic]) -> str:
    return found[0].span.source.language if found else "en"


def _settled(document: Document, language: Language) -> str:
    """The document as text that is written the same when it is read again: a comment that moves may move others."""
    surface: Literal["dsl", "yaml"] = "yaml" if document.source.name.lower().endswith(_YAML) else "dsl"
    written = syntax.write(document, surface, language)
    for _ in range(_PASSES):
        again = _read_again(document, written)
        before, written = written, syntax.write(again, surface, language)
        if written == before:
            break
    return before


def _read_again(document: Document, written: str) -> Document:
    """What was written, read: the same tree, with every comment. Raises PolicyError if it cannot be read."""
    source, found = syntax.decode(document.source.name, written.encode())
    if source is None:
        raise PolicyError(found, document.source.language)
    again, remarks = syntax.read(source)
    if any(remark.is_error for remark in remarks):
        raise PolicyError(arrange(remarks), document.source.language)
    assert again == document, "the writer changed the policy"
    kept, before = (Counter(comment.text for comment in said(one)) for one in (again, document))
    assert kept == before, "the writer changed the comments"
    return again


# ---------------------------------------------------------------- files


def format_file(path: str | Path, language: Language | None = None, *, write: bool = True) -> Formatted:
    """As format_text, of a file, which is replaced by what was written, whole or not at all.

    Raises OSError if it cannot be read or written.
    """
    with open(path, "rb") as file:
        data = file.read(LIMITS.file_bytes + 1)
    formatted = format_text(data, str(path), language)
    if write and formatted.changed:
        replace(Path(path), formatted.after.encode())
    return formatted


def replace(path: Path, data: bytes) -> None:
    """The file's new content, in its place under its permissions once all of it is on the disk."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, target.stat().st_mode & 0o7777)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def policy_files(path: Path) -> list[Path]:
    """The file; or of a folder, the policies in it and below, in the order of their names."""
    if not path.is_dir():
        return [path]
    return sorted(found for found in path.rglob("*.assess") if found.is_file())
