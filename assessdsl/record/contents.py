"""What stands in a register's file, read without trusting it, and what can be seen to be wrong with it."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from assessdsl.diagnostics import Diagnostic, RegisterError
from assessdsl.limits import LIMITS
from assessdsl.record import merkle
from assessdsl.record.canonical import decode, encode
from assessdsl.record.store import APPLICATION, FORMS, told

_PATIENCE: Final = 30  # seconds


@frozen
class Contents:
    """All that stands in a file. Of a file that was tampered with, anything may stand anywhere."""

    marks: tuple[Any, Any]  # application_id and user_version
    schema: frozenset[tuple[str, str]]  # name and statement of what is made, and a setting that is not ours
    entries: tuple[tuple[Any, Any, Any], ...]  # position, key, text
    nodes: Mapping[tuple[Any, Any], Any]  # level and position: hash
    damage: tuple[str, ...] = ()  # in the words of SQLite

    def hash(self, level: int, number: int) -> bytes:
        """The hash that is kept of a subtree; nothing where there is none."""
        kept = self.nodes.get((level, number))
        return kept if isinstance(kept, bytes) else b""

    @property
    def leaves(self) -> list[bytes]:
        """The leaf hashes of the entries as they stand."""
        return [merkle.leaf_hash(str(body).encode("utf-8", "surrogateescape")) for _, _, body in self.entries]


def read(path: str | Path) -> Contents:
    """All that stands in a file. What cannot be read is left out, and `damage` says so.

    Raises RegisterError if it is no register, or one that a later version wrote.
    """
    if not Path(path).exists():
        raise _error("AS7114", path=path)
    name = f"{Path(path).absolute().as_uri()}?mode=rw"  # takes back what a kill left half done, as any opening does
    with told(str(path), _PATIENCE), closing(sqlite3.connect(name, timeout=_PATIENCE, uri=True)) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * LIMITS.event_bytes)
        connection.isolation_level = None
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        for setting in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN")
        marks = [connection.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version")]
        # a write-ahead log beside the file could be cut off without a trace
        mode = {("journal_mode", "wal")} & {("journal_mode", connection.execute("PRAGMA journal_mode").fetchone()[0])}
        damage: list[str] = []
        schema = list(_rows(connection, "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL", damage))
        # a view in the place of a table could be without end
        tables = {name for name, kind, sql in schema if kind == "table" and str(sql).startswith("CREATE TABLE")}
        if not tables & {"entry", "node"} and not damage:
            raise _error("AS7101", path=path)
        if marks[0] == APPLICATION and marks[1] > len(FORMS):
            raise _error("AS7103", path=path, version=marks[1], known=len(FORMS))
        entries = _rows(connection, "SELECT position, key, body FROM entry ORDER BY position", damage)
        nodes = _rows(connection, "SELECT level, position, hash FROM node", damage)
        kept = Contents(
            (marks[0], marks[1]),
            frozenset({(str(name), str(sql)) for name, _, sql in schema} | mode),
            tuple(entries) if "entry" in tables else (),
            {(level, number): hash for level, number, hash in nodes} if "node" in tables else {},
        )
        damage += [line for (line,) in _rows(connection, "PRAGMA integrity_check(20)", damage) if line != "ok"]
        return evolve(kept, damage=tuple(damage))


def faults(contents: Contents) -> Iterator[Diagnostic]:
    """What shows, without anything from outside, that a file is not as assessdsl wrote it."""
    yield from _file(contents)
    yield from _entries(contents)
    yield from _hashes(contents)


def roots(leaves: Sequence[bytes]) -> Callable[[int], bytes]:
    """The Merkle root of the first so many leaves."""
    nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, number: int) -> bytes:
        return nodes[level, number]

    for size, leaf in enumerate(leaves):
        nodes |= {(level, number): hash for level, number, hash in merkle.grown(size, leaf, node)}
    return lambda size: merkle.root(size, node)


def _file(contents: Contents) -> Iterator[Diagnostic]:
    """What SQLite reports, and what keeps entries from being changed."""
    for line in contents.damage:
        yield finding("AS7131", detail=line)
    application, form = contents.marks
    if application != APPLICATION or not 1 <= form <= len(FORMS):
        yield finding("AS7132", name="application_id, user_version")
    for name in sorted({name for name, _ in _expected(form) ^ contents.schema}):
        yield finding("AS7132", name=name)


_REASONS: Final = {
    "text": {
        "reason_en": "its text is not the one that assessdsl writes",
        "reason_zh": "其文本不是 assessdsl 写入的形式",
    },
    "place": {"reason_en": "it says that it stands elsewhere", "reason_zh": "其自述位置与所在位置不同"},
    "key": {"reason_en": "it is filed under a key that is not its own", "reason_zh": "其存放的编号不是它自己的编号"},
}


def _entries(contents: Contents) -> Iterator[Diagnostic]:
    """Whether each entry is as it is written, at its place, under its key, and not before the one before it."""
    keys: set[str] = set()
    next, last = 0, None
    for position, key, body in contents.entries:
        if type(position) is not int or position < next:
            yield finding("AS7135", index=position, **_REASONS["place"])
            continue
        if position > next:
            yield finding("AS7133", first=next, last=position - 1)
        next = position + 1
        try:
            entry = decode(body)
            written = encode(entry)
        except (ValueError, TypeError):
            yield finding("AS7135", index=position, **_REASONS["text"])
            continue
        if written != body:
            yield finding("AS7135", index=position, **_REASONS["text"])
        if entry.index != position:
            yield finding("AS7135", index=position, **_REASONS["place"])
        if entry.event.key != key or key in keys:
            yield finding("AS7135", index=position, **_REASONS["key"])
        if last is not None and entry.recorded < last:
            yield finding("AS7137", index=position, moment=entry.recorded, last=last)
        keys.add(key)
        last = entry.recorded


def _hashes(contents: Contents) -> Iterator[Diagnostic]:
    """Whether the hashes that are kept follow from the entries, and from one another."""
    nodes, leaves = contents.nodes, contents.leaves
    for (position, _, _), leaf in zip(contents.entries, leaves, strict=True):
        if nodes.get((0, position)) != leaf:
            yield finding("AS7134", index=position)
    wanted = {(level, number) for level in range(len(leaves).bit_length()) for number in range(len(leaves) >> level)}
    for level, number in sorted(wanted | set(nodes), key=str):
        if (level, number) in wanted:
            below = [contents.hash(level - 1, 2 * number), contents.hash(level - 1, 2 * number + 1)] if level else []
            follows = not level or contents.hash(level, number) == merkle.node_hash(*below)
        else:
            follows = False
        if not follows:
            yield finding("AS7138", name=f"{level}/{number}")


@cache
def _expected(form: int) -> frozenset[tuple[str, str]]:
    """The tables and triggers of a register of a form."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in chain(*FORMS[: max(form, 1)]):
            connection.execute(statement)
        return frozenset(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))


def finding(code: str, **arguments: object) -> Diagnostic:
    return Diagnostic(code, arguments={name: str(value) for name, value in arguments.items()})


def _error(code: str, **arguments: object) -> RegisterError:
    return RegisterError([finding(code, **arguments)])


def _rows(connection: sqlite3.Connection, query: str, damage: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, up to where the file can no longer be read."""
    try:
        yield from connection.execute(query)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG):
            raise
        damage.append(str(error))
    except UnicodeDecodeError:  # a message of SQLite that quotes what it could not read
        damage.append("unreadable schema")
