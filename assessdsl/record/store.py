"""The file in which a register stands: an append-only log in SQLite, with its Merkle tree.

What `Writer.append` gave back is durable once `Store.writing` has ended: it ends when SQLite has brought the commit to
the disk. An event that is sent again under its key gives the entry of the first time. Every error of SQLite becomes a
RegisterError; what was not acknowledged may then be sent again.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from threading import RLock
from typing import Any, Final, Self
from unicodedata import normalize

from attrs import define, field, frozen

from assessdsl.diagnostics import Diagnostic, RegisterError
from assessdsl.record import merkle
from assessdsl.record.canonical import decode, encode, event_text, unfit
from assessdsl.record.clock import Clock, system_clock
from assessdsl.record.event import Entry, Event

APPLICATION: Final = 0x61736467  # "asdg": what tells a register from other SQLite files
_NEEDED: Final = (3, 37, 0)  # STRICT tables
_BEHIND: Final = timedelta(minutes=1)  # so far apart the clocks of two honest machines may be

# What makes a register of the form n one of the form n + 1: the first makes one of an empty file. A text that was
# recorded is never touched: its hash is in anchors that were printed.
FORMS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE entry (
  position INTEGER PRIMARY KEY CHECK (position >= 0),
  key TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL
) STRICT""",
        """CREATE TABLE node (
  level INTEGER NOT NULL CHECK (level >= 0),
  position INTEGER NOT NULL CHECK (position >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID""",
        # an INSERT OR REPLACE would delete without the trigger of deletion
        """CREATE TRIGGER entry_appended BEFORE INSERT ON entry
WHEN NEW.position <> (SELECT coalesce(max(position), -1) + 1 FROM entry)
  OR EXISTS (SELECT 1 FROM entry WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'entries are only added at the end'); END""",
        """CREATE TRIGGER entry_unchanged BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END""",
        """CREATE TRIGGER entry_kept BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END""",
        """CREATE TRIGGER node_added BEFORE INSERT ON node
WHEN EXISTS (SELECT 1 FROM node WHERE level = NEW.level AND position = NEW.position)
BEGIN SELECT RAISE(ABORT, 'hashes are never changed'); END""",
        """CREATE TRIGGER node_unchanged BEFORE UPDATE ON node
BEGIN SELECT RAISE(ABORT, 'hashes are never changed'); END""",
        """CREATE TRIGGER node_kept BEFORE DELETE ON node
BEGIN SELECT RAISE(ABORT, 'hashes are never deleted'); END""",
    ),
)


# An entry is never read without its hash: a bit that the disk turned over must not become a planned value.
_HASHED: Final = "SELECT body, hash FROM entry LEFT JOIN node ON node.level = 0 AND node.position = entry.position"

# Of every connection. Why not a write-ahead log: docs/decisions/0013-register-files.md.
_SETTINGS: Final = ("synchronous = FULL", "fullfsync = ON", "trusted_schema = OFF", "cell_size_check = ON")


@frozen(eq=False)
class Store:
    """An open register file, or one in memory. Threads may share it; each process opens it for itself."""

    path: str  # "" in memory
    _connection: sqlite3.Connection
    _clock: Clock
    _patience: int
    _lock: Any = field(factory=RLock)

    @classmethod
    def open(
        cls, path: str | Path | None, *, clock: Clock = system_clock, create: bool = True, patience: int = 30
    ) -> "Store":
        """The register at a path, which is made if there is none; None: one in memory. While another program writes,
        it is waited for, up to so many seconds."""
        name = "" if path is None else str(path)
        if sqlite3.sqlite_version_info < _NEEDED:
            needed = ".".join(map(str, _NEEDED))
            raise _error("AS7113", needed=needed, found=sqlite3.sqlite_version)
        if path is not None and not create and not Path(path).exists():
            raise _error("AS7114", path=name)
        with told(name, patience):
            store = cls(name, _connect(path, patience, create), clock, patience)
            try:
                store._prepare()
            except BaseException:
                store.close()
                raise
        return store

    @property
    def size(self) -> int:
        """How many entries it holds."""
        with self._reading():
            return self._size()

    def entries(self, start: int = 0, stop: int | None = None) -> tuple[Entry, ...]:
        """From one index up to another, which is not included."""
        with self._reading():
            return self._entries(start, stop)

    def root(self, size: int | None = None) -> bytes:
        """The Merkle root of all entries, or of the first so many."""
        with self._reading():
            return merkle.root(self._first(size), self._node)

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The proof that an entry stands among the first so many."""
        with self._reading():
            return merkle.inclusion(index, self._first(size), self._node)

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """The proof that the first `new` entries begin with the first `old`."""
        with self._reading():
            return merkle.consistency(old, self._first(new), self._node)

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """One transaction, in which no other program writes. What was appended is acknowledged when it ends without
        an error; otherwise nothing of it is kept."""
        with self._transaction():
            yield Writer(self, self._size())

    def backup(self, path: str | Path) -> None:
        """Copies the register as it stands to a new file, which appears once it has been read back and compared.
        A backup is a register: to restore one, open it and back it up to where a register is needed."""
        target = Path(path)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
        for other in (target, _beside(target, "-journal"), _beside(target, "-wal")):  # they would be taken as its own
            if other.exists() and (other == target or other.stat().st_size):
                raise _error("AS7112", path=str(other))
        try:
            with self._reading():
                stands = self.size, self.root()  # having read, others cannot write until it is copied
                with told(str(path), self._patience), closing(_connect(unfinished, self._patience)) as copy:
                    self._connection.backup(copy)
            with Store.open(unfinished, create=False) as written:
                whole = written._value("PRAGMA integrity_check(1)") == "ok"
                if not whole or (written.size, written.root()) != stands:
                    raise _error("AS7115", path=str(path))
            _bring_to_disk(unfinished)
            unfinished.replace(target)
            _bring_to_disk(target.parent)
        except OSError as error:
            raise _error("AS7107", path=str(path), detail=str(error)) from error
        finally:
            unfinished.unlink(missing_ok=True)
            _beside(unfinished, "-journal").unlink(missing_ok=True)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __del__(self) -> None:  # from Python 3.13 a connection that is forgotten gives a warning
        self.close()

    def _prepare(self) -> None:
        for setting in _SETTINGS:
            self._connection.execute(f"PRAGMA {setting}")
        form = self._form()  # a file that is no register stays as it is
        mode = self._value("PRAGMA journal_mode = TRUNCATE")
        if mode not in ("truncate", "memory"):  # a file that someone put into another mode is in use
            raise _error("AS7104", path=self.path, seconds=str(self._patience))
        if form < len(FORMS):
            with self._transaction():
                for statement in chain(*FORMS[self._form() :]):  # another program may have been faster
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
                self._connection.execute(f"PRAGMA user_version = {len(FORMS)}")

    def _form(self) -> int:
        """The form in which the register stands; 0: the file is empty."""
        with self._reading():  # another program may be making it at this moment
            application, form = self._value("PRAGMA application_id"), self._value("PRAGMA user_version")
            empty = not application and not form and not self._value("SELECT count(*) FROM sqlite_schema")
        if application != APPLICATION and not empty:
            raise _error("AS7101", path=self.path)
        if form > len(FORMS):
            raise _error("AS7103", path=self.path, version=str(form), known=str(len(FORMS)))
        return int(form)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, told(self.path, self._patience):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # after some errors SQLite has rolled back itself
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What is read within it is of one moment."""
        with self._lock, told(self.path, self._patience):
            if self._connection.in_transaction:  # this thread's: it holds the lock
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def _value(self, query: str, *values: object) -> Any:
        rows = self._connection.execute(query, values).fetchall()
        return rows[0][0] if rows else None

    def _size(self) -> int:
        return int(self._value("SELECT coalesce(max(position), -1) + 1 FROM entry"))

    def _first(self, size: int | None) -> int:
        return self._size() if size is None else size

    def _entries(self, start: int, stop: int | None) -> tuple[Entry, ...]:
        stop = self._size() if stop is None else min(stop, self._size())
        query = f"{_HASHED} WHERE entry.position >= ? AND entry.position < ? ORDER BY entry.position"
        rows = self._connection.execute(query, (start, stop)).fetchall()  # a query half read would keep the lock
        found = tuple(self._entry(*row) for row in rows)
        if [entry.index for entry in found] != list(range(start, stop)):
            raise self._damaged()
        return found

    def _entry(self, body: str, hash: bytes) -> Entry:
        if merkle.leaf_hash(body.encode()) != hash:
            raise self._damaged()
        try:
            return decode(body)
        except ValueError as error:
            raise self._damaged() from error

    def _node(self, level: int, position: int) -> bytes:
        hash = self._value("SELECT hash FROM node WHERE level = ? AND position = ?", level, position)
        if hash is None:
            raise self._damaged()
        return bytes(hash)

    def _damaged(self) -> RegisterError:
        return _error("AS7102", path=self.path, **_NOT_WRITTEN_HERE)


_NOT_WRITTEN_HERE: Final = {
    "detail_en": "it holds entries that assessdsl did not write so",
    "detail_zh": "其中有并非由 assessdsl 如此写入的条目",
}


@define
class Writer:
    """The register under the lock of one transaction."""

    _store: Store
    size: int  # of entries, with those that were appended
    remarks: tuple[Diagnostic, ...] = ()  # on what was recorded
    _last: datetime | None = None

    def entries(self, start: int = 0, stop: int | None = None) -> tuple[Entry, ...]:
        return self._store._entries(start, stop)

    def find(self, key: str) -> Entry | None:
        """The entry that was recorded under a key."""
        rows = self._store._connection.execute(f"{_HASHED} WHERE key = ?", (normalize("NFC", key),)).fetchall()
        return self._store._entry(*rows[0]) if rows else None

    def append(self, event: Event) -> Entry:
        """Records an event; if it is there already, gives the entry of then. Raises RegisterError if it cannot be
        recorded, or if its key stands for another event."""
        if found := unfit(event):
            raise RegisterError(found)
        if known := self.find(event.key):
            if event_text(known.event) == event_text(event):
                return known
            raise _error("AS7108", key=event.key, index=str(known.index))
        body = encode(Entry(self.size, self._moment(), event))
        entry = decode(body)
        self._store._connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (entry.index, entry.event.key, body))
        made = merkle.grown(self.size, merkle.leaf_hash(body.encode()), self._store._node)
        self._store._connection.executemany("INSERT INTO node VALUES (?, ?, ?)", made)
        self.size, self._last = self.size + 1, entry.recorded
        return entry

    def _moment(self) -> datetime:
        """Now; but never before the entry before, so that the order of moments is that of the entries."""
        now = self._store._clock().astimezone(UTC)
        if self._last is None and self.size:
            self._last = self.entries(self.size - 1)[0].recorded
        if self._last is None or now >= self._last:
            return now
        if self._last - now > _BEHIND and not self.remarks:
            arguments = {"now": now.isoformat(" ", "seconds"), "last": self._last.isoformat(" ", "seconds")}
            self.remarks = (Diagnostic("AS7110", arguments=arguments),)
        return self._last


def _connect(path: str | Path | None, patience: int, create: bool = True) -> sqlite3.Connection:
    name = ":memory:" if path is None else f"{Path(path).absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    return sqlite3.connect(name, timeout=patience, isolation_level=None, check_same_thread=False, uri=True)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _bring_to_disk(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders, and needs none of this for them
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _error(code: str, **arguments: str) -> RegisterError:
    return RegisterError([Diagnostic(code, arguments=arguments)])


_CODES: Final = {
    sqlite3.SQLITE_NOTADB: "AS7101",
    sqlite3.SQLITE_CORRUPT: "AS7102",
    sqlite3.SQLITE_ERROR: "AS7102",  # a table is missing, or is another
    sqlite3.SQLITE_CONSTRAINT: "AS7102",  # what is there contradicts what is added
    sqlite3.SQLITE_BUSY: "AS7104",
    sqlite3.SQLITE_LOCKED: "AS7104",
    sqlite3.SQLITE_READONLY: "AS7105",
    sqlite3.SQLITE_FULL: "AS7106",
}


@contextmanager
def told(path: str, patience: int) -> Iterator[None]:
    """Says what SQLite says as a diagnostic."""
    try:
        yield
    except sqlite3.Error as error:
        if isinstance(error, sqlite3.ProgrammingError):  # of the caller, such as the use of a register that is closed
            raise
        number = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: text that is no UTF-8
        code = _CODES.get(number & 0xFF, "AS7107")
        raise _error(code, path=path, detail=f"SQLite: {error}", seconds=str(patience)) from error
    except UnicodeDecodeError as error:  # a message of SQLite that quotes what it could not read
        raise _error("AS7102", path=path, detail="SQLite") from error
