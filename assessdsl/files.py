"""A policy's text and the files that it extends, read into one syntax tree."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from attrs import define, field, frozen

from assessdsl import syntax
from assessdsl.ast.extend import extended_path, merge, removals
from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.paths import Refused, contained, read_file
from assessdsl.syntax.things import resolved
from assessdsl.syntax.tree import Document, Text


@frozen
class Extended:
    """A file that was taken: by a path as it is written, in a folder."""

    file: Path
    written: str
    folder: Path
    data: bytes


@frozen
class Opened:
    """The tree of a policy, None where it cannot be made. `unread` are the remarks of the policy's own text, which
    may stand in place of statements."""

    document: Document | None
    diagnostics: tuple[Diagnostic, ...]
    unread: tuple[Diagnostic, ...] = ()
    extended: tuple[Extended, ...] = ()


def open_policy(name: str, data: bytes, root: Path | None, held: Mapping[Path, bytes] = MappingProxyType({})) -> Opened:
    """The policy of a text, with what it extends. Without a root it can extend nothing. Files that are held are not
    read again."""
    source, found = syntax.decode(name, data)
    if source is None:
        return Opened(None, tuple(found))
    document, unread = syntax.read(source)
    found += unread
    chain = _Chain(root, held, [document], [_place(name, root)], len(data), found)
    while (path := chain.path()) is not None:
        if not chain.follow(path):
            return Opened(None, tuple(chain.diagnostics))
    if chain.failed:
        return Opened(None, tuple(chain.diagnostics))
    found += removals(chain.documents[-1])
    merged = chain.documents[-1]
    for own in reversed(chain.documents[:-1]):
        merged, remarks = merge(own, merged)
        found += remarks
    merged = resolved(merged)  # what is counted may be declared in another of the files
    if _statements(merged) > LIMITS.statements:
        path, _ = extended_path(document)
        span = path.span if path else document.statements[0].span
        return Opened(None, (*found, Diagnostic("AS1052", span, {"limit": str(LIMITS.statements)})))
    return Opened(merged, tuple(found), tuple(unread), tuple(chain.extended))


def _statements(document: Document) -> int:
    count, waiting = 0, list(document.statements)
    while waiting:
        statement = waiting.pop()
        count += 1
        waiting += statement.block or ()
    return count


def _place(name: str, root: Path | None) -> Path:
    """Where the text stands: a path in its name counts if it lies inside the root."""
    if root is None:
        return Path(name)
    path = Path(name).resolve()
    return path if path.is_relative_to(root.resolve()) else root.resolve() / path.name


@define
class _Chain:
    """A policy, the one that it extends, the one which that extends, and so on."""

    root: Path | None
    held: Mapping[Path, bytes]
    documents: list[Document]
    places: list[Path]
    size: int
    diagnostics: list[Diagnostic]
    extended: list[Extended] = field(factory=list)
    failed: bool = field(default=False)  # an extended policy cannot be read whole

    def path(self) -> Text | None:
        path, remarks = extended_path(self.documents[-1])
        self.diagnostics += remarks
        self.failed = self.failed or bool(remarks)
        return path

    def follow(self, path: Text) -> bool:
        """Whether the next policy was reached; it is remarked on if not."""
        if self.root is None:
            return self.refuse("AS1109", path)
        if len(self.documents) > LIMITS.extended_files:
            return self.refuse("AS1107", path, limit=str(LIMITS.extended_files))
        file = contained(path.value, self.places[-1].parent, self.root)
        if isinstance(file, Refused):
            return self.refuse(file.code, path)
        if file in self.places:
            return self.refuse("AS1106", path)
        try:
            data = self.held[file] if file in self.held else read_file(file, LIMITS.file_bytes + 1)
        except FileNotFoundError:
            return self.refuse("AS1104", path)
        except OSError:
            return self.refuse("AS1105", path)
        self.extended.append(Extended(file, path.value, self.places[-1].parent, data))
        self.size += len(data)
        if self.size > LIMITS.extended_bytes:
            return self.refuse("AS1108", path, limit=str(LIMITS.extended_bytes))
        folder = os.path.dirname(self.documents[-1].source.name)
        source, remarks = syntax.decode(os.path.normpath(os.path.join(folder, path.value)), data)
        self.diagnostics += remarks
        if source is None:
            return False
        document, remarks = syntax.read(source)
        self.diagnostics += remarks
        self.failed = self.failed or any(remark.is_error for remark in remarks)
        if not any(statement.word == "policy" for statement in document.statements):
            self.failed = True
            self.refuse("AS1115", path)
        self.documents.append(document)
        self.places.append(file)
        return True

    def refuse(self, code: str, path: Text, **arguments: str) -> bool:
        self.diagnostics.append(Diagnostic(code, path.span, {"path": path.value, **arguments}))
        return False
