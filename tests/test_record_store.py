"""The file of a register: what it acknowledged it keeps, nothing is changed, and every failure says what to do."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.diagnostics import RegisterError
from assessdsl.limits import LIMITS
from assessdsl.record import merkle, store
from assessdsl.record.canonical import decode, encode, unfit
from assessdsl.record.event import Entry, Event
from assessdsl.record.store import Store
from assessdsl.record.verification import verify

START = datetime(2022, 3, 1, 8, tzinfo=UTC)
DAY = date(2022, 2, 28)


def event(key: str, **data: Any) -> Event:
    return Event("report", "t1", DAY, "张三", key, data, "市委", "季度填报", ("附件1",))


def ticking() -> Callable[[], datetime]:
    moments = iter(START + timedelta(seconds=second) for second in range(10**6))
    return lambda: next(moments)


def fill(register: Store, count: int, first: int = 0) -> None:
    with register.writing() as writer:
        for number in range(first, first + count):
            writer.append(event(f"k{number}", value=str(number)))


def code(error: pytest.ExceptionInfo[RegisterError]) -> str:
    (diagnostic,) = error.value.diagnostics
    for language in ("en", "zh"):
        assert "{" not in diagnostic.message(language)
    return diagnostic.code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "2022 年 目标?%20.register"


@pytest.fixture
def register(path: Path) -> Iterator[Store]:
    with Store.open(path, clock=ticking()) as opened:
        yield opened


# ---------------------------------------------------------------- what is recorded


def test_what_is_recorded_is_read_back(path: Path, register: Store) -> None:
    recorded = event("k1", planned="7.5 %", tags=("重大", "民生"), met=None, place={"count": 3, "open": True})
    with register.writing() as writer:
        entry = writer.append(recorded)
        assert writer.entries() == (entry,)
    assert entry == Entry(0, START, recorded)
    with Store.open(path, create=False) as again:
        assert again.entries() == (entry,)
        assert again.size == 1
        assert again.root() == merkle.leaf_hash(encode(entry).encode())


def test_entries_are_read_in_parts(register: Store) -> None:
    fill(register, 10)
    whole = register.entries()
    assert [entry.index for entry in whole] == list(range(10))
    assert register.entries(3, 5) == whole[3:5]
    assert register.entries(8) == whole[8:]
    assert register.entries(8, 99) == whole[8:]
    assert register.entries(10) == register.entries(20) == ()


def test_roots_and_proofs_are_those_of_the_entries(register: Store) -> None:
    fill(register, 21)
    leaves = [merkle.leaf_hash(encode(entry).encode()) for entry in register.entries()]
    assert register.root(0) == merkle.EMPTY
    assert register.root() == register.root(21) != register.root(20)
    for size in (1, 8, 13, 21):
        for index in range(size):
            assert merkle.includes(leaves[index], index, size, register.inclusion(index, size), register.root(size))
        assert merkle.extends(size, register.root(size), 21, register.root(), register.consistency(size))


def test_a_register_in_memory_does_the_same(tmp_path: Path) -> None:
    with Store.open(None, clock=ticking()) as memory, Store.open(tmp_path / "r", clock=ticking()) as file:
        fill(memory, 5)
        fill(file, 5)
        assert memory.entries() == file.entries()
        assert memory.root() == file.root()
        memory.backup(tmp_path / "copy")
    assert verify(tmp_path / "copy").size == 5


def test_the_text_of_which_the_hash_is_taken_is_for_ever() -> None:
    """In normal form C, keys in the order of their UTF-16 units, as RFC 8785 escapes. An anchor was printed of it."""
    data = {"\ue000": 1, "\U00010000": "e\u0301\x7f", "a": ('\n\x01"\\', True, None, -5), "planned": "7.5 %"}
    entry = Entry(7, datetime(2022, 3, 1, 8, 0, 0, 1, UTC), event("k1", **data))
    assert encode(entry) == (
        '{"actor":"张三","authority":"市委","data":{"a":["\\n\\u0001\\"\\\\",true,null,-5],"planned":"7.5 %",'
        '"\U00010000":"é\x7f","\ue000":1},"evidence":["附件1"],"index":7,"key":"k1","kind":"report","reason":"季度填报",'
        '"recorded":"2022-03-01T08:00:00.000001Z","subject":"t1","valid":"2022-02-28"}'
    )
    assert (
        merkle.leaf_hash(encode(entry).encode()).hex()
        == "4437a8df0180a3a3eb01c3b628f1db46a31aefd67e2c6f6d089d1044ea56b5c7"
    )


# ---------------------------------------------------------------- keys


def test_an_event_that_is_sent_again_is_recorded_once(register: Store) -> None:
    with register.writing() as writer:
        first = writer.append(event("é", value="1"))
        assert writer.append(event("é", value="1")) == first
    with register.writing() as writer:
        assert writer.append(event("e\u0301", value="1")) == first  # the same text, otherwise composed
        assert writer.find("e\u0301") == first
        assert writer.find("other") is None
        assert writer.size == 1
    assert register.size == 1


def test_a_key_stands_for_one_event(register: Store) -> None:
    fill(register, 3)

    def clash() -> None:
        with register.writing() as writer:
            writer.append(event("k9"))
            writer.append(event("k1", value="other"))

    with pytest.raises(RegisterError) as error:
        clash()
    assert code(error) == "AS7108"
    assert "entry 1" in str(error.value)
    assert register.size == 3, "nothing of the transaction is kept"


# ---------------------------------------------------------------- what can be recorded

plain = st.recursive(
    st.text(max_size=5) | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
texts = st.text(max_size=6)
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda moment: moment.replace(tzinfo=UTC))
events = st.builds(
    Event, kind=st.text(min_size=1, max_size=5), subject=texts, valid=st.dates(), actor=texts,
    key=st.text(min_size=1, max_size=5), data=st.dictionaries(st.text(max_size=3), plain, max_size=3),
    authority=texts, reason=texts, evidence=st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip


@given(events, st.integers(0, 10**9), moments)
def test_the_text_of_an_entry_says_all_of_it(recorded: Event, index: int, moment: datetime) -> None:
    if unfit(recorded):  # two names that are one in normal form C
        return
    text = encode(Entry(index, moment, recorded))
    entry = decode(text)
    assert encode(entry) == text
    assert (entry.index, entry.recorded) == (index, moment)
    again = decode(encode(entry))
    assert again == entry
    if text.isascii():
        assert entry.event == recorded


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"in": value}
    return value


UNFIT = [
    (event("", x="1"), "key", "empty"),
    (event("k", x=0.5), "data.x", "not text"),
    (event("k", x=Fraction(1, 2)), "data.x", "not text"),
    (event("k", x=DAY), "data.x", "not text"),
    (event("k", x=2**53), "data.x", "15 digits"),
    (event("k", x=(1, -(2**53))), "data.x[1]", "15 digits"),
    (event("k", x="\ud800"), "data.x", "half a character"),
    (event("k\udc00"), "key", "half a character"),
    (event("k", x={"é": "1", "e\u0301": "2"}), "data.x", "written alike"),
    (event("k", x={1: "1"}), "data.x", "not text"),
    (event("k", x=deep(LIMITS.nesting + 1)), "data.x" + ".in" * LIMITS.nesting, "nested"),
    (Event("report", "t", START, "a", "k"), "valid", "not a day"),
    (Event("report", 7, DAY, "a", "k"), "subject", "not text"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(
    ("unfit_event", "field", "reason"), UNFIT, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_has_no_canonical_text_is_refused(register: Store, unfit_event: Event, field: str, reason: str) -> None:
    with pytest.raises(RegisterError) as error, register.writing() as writer:
        writer.append(unfit_event)
    assert code(error) == "AS7109"
    assert error.value.diagnostics[0].arguments["field"] == field
    assert reason in str(error.value)
    assert register.size == 0


def test_an_event_may_be_large_but_not_without_end(register: Store) -> None:
    fits = LIMITS.event_bytes - 1000
    with register.writing() as writer:
        writer.append(event("k1", x="x" * fits))
    assert register.entries()[0].event.data["x"] == "x" * fits
    with pytest.raises(RegisterError) as error, register.writing() as writer:
        writer.append(event("k2", x="x" * (fits + 1000)))
    assert code(error) == "AS7111"


WHOLE = encode(Entry(0, START, event("k", x=1)))
OTHERWISE = [
    ('"x":1', '"x":1.0'), ('"index":0', '"index":-1'), ('"index":0', '"index":"0"'), ('"index":0', '"index":true'),
    ('["附件1"]', '"附件1"'), ('["附件1"]', "[1]"), ('{"x":1}', "[]"), ('"张三"', "3"), ('"t1"', "null"),
    ('00Z"', '00"'), ("2022-02-28", "2022-02-30"), ('"actor"', '"author"'), ('"actor"', '"more":"","actor"'),
]  # fmt: skip


@pytest.mark.parametrize(("part", "other"), OTHERWISE)
def test_an_entry_has_its_fields_and_no_others(part: str, other: str) -> None:
    assert decode(WHOLE).event.data == {"x": 1}
    assert part in WHOLE
    with pytest.raises(ValueError, match=r"."):
        decode(WHOLE.replace(part, other))


def test_whole_numbers_are_recorded_up_to_what_every_reader_of_json_holds(register: Store) -> None:
    with register.writing() as writer:
        entry = writer.append(event("k", most=2**53 - 1, least=-(2**53) + 1))
    assert entry.event.data == {"most": 9007199254740991, "least": -9007199254740991}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        "1",
        '{"a":' * 5000,
        encode(Entry(0, START, event("k", x=1))).replace('"x":1', '"x":1.0'),
    ],
)
def test_what_is_no_entry_is_not_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text)


# ---------------------------------------------------------------- nothing is changed


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET body = '{}' WHERE position = 1",
        "DELETE FROM entry WHERE position = 2",
        "DELETE FROM entry",
        "REPLACE INTO entry VALUES (1, 'k1', '{}')",
        "REPLACE INTO entry VALUES (3, 'k1', '{}')",
        "INSERT OR REPLACE INTO entry VALUES (2, 'new', '{}')",
        "INSERT OR IGNORE INTO entry VALUES (2, 'new', '{}')",
        "INSERT INTO entry VALUES (7, 'new', '{}')",
        "INSERT INTO entry (key, body) VALUES ('new', '{}')",
        "INSERT INTO entry VALUES (-1, 'new', '{}')",
        "INSERT INTO entry VALUES (3, 'k1', '{}') ON CONFLICT DO UPDATE SET body = '{}'",
        "UPDATE node SET hash = zeroblob(32)",
        "DELETE FROM node WHERE level = 0",
        "REPLACE INTO node VALUES (0, 1, zeroblob(32))",
        "INSERT INTO node VALUES (9, 9, 'text')",
    ],
)
def test_no_statement_changes_an_entry(path: Path, register: Store, statement: str) -> None:
    fill(register, 3)
    before = (register.entries(), register.root())
    other = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        other.execute(statement)
    other.commit()
    other.close()
    assert (register.entries(), register.root()) == before
    assert verify(path).status == "self-consistent"


# ---------------------------------------------------------------- time


def test_record_time_never_goes_back(path: Path) -> None:
    moments = [START, START - timedelta(hours=1), START + timedelta(seconds=1)]
    clock = iter(moments)
    with Store.open(path, clock=lambda: next(clock)) as register:
        fill(register, 1)
        with register.writing() as writer:
            writer.append(event("behind"))
            (remark,) = writer.remarks
            writer.append(event("right again"))
        assert remark.code == "AS7110"
        assert not remark.is_error
        assert [entry.recorded for entry in register.entries()] == [START, START, moments[2]]


def test_a_few_seconds_behind_are_no_matter(path: Path) -> None:
    clock = iter([START, START - timedelta(seconds=30)])
    with Store.open(path, clock=lambda: next(clock)) as register, register.writing() as writer:
        writer.append(event("a"))
        writer.append(event("b"))
        assert writer.remarks == ()
        assert writer.entries()[1].recorded == START


# ---------------------------------------------------------------- several at once


def test_threads_may_share_a_register(register: Store) -> None:
    def work(name: str) -> None:
        for number in range(20):
            with register.writing() as writer:
                writer.append(event(f"{name}-{number}"))
            assert len(register.entries()) <= register.size

    threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert register.size == 80


def test_a_transaction_that_fails_leaves_nothing(path: Path, register: Store) -> None:
    fill(register, 2)
    before = register.root()

    def interrupted() -> None:
        with register.writing() as writer:
            writer.append(event("k9"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (register.size, register.root()) == (2, before)
    fill(register, 1, 2)
    assert verify(path).size == 3


def test_readers_see_whole_transactions(path: Path, register: Store) -> None:
    fill(register, 2)
    with Store.open(path, create=False) as reader:
        with register.writing() as writer:
            writer.append(event("k2"))
            assert reader.size == 2
            assert writer.size == register.size == 3
        assert reader.size == 3


def test_who_waits_too_long_is_told_so(path: Path, register: Store) -> None:
    with Store.open(path, patience=0) as other, register.writing() as writer:
        writer.append(event("first"))
        with pytest.raises(RegisterError) as error, other.writing() as second:
            second.append(event("second"))
    assert code(error) == "AS7104"
    assert register.size == 1


# ---------------------------------------------------------------- forms


V1 = """
CREATE TABLE old (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
INSERT INTO old VALUES (1, 'kept');
PRAGMA application_id = 1634952295;
PRAGMA user_version = 1;
"""


def test_an_older_form_is_brought_forward(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With forms made up for it: the first made one table, the second and third each change it."""
    connection = sqlite3.connect(path)
    connection.executescript(V1)
    connection.close()
    forms = (
        ("CREATE TABLE old (number INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT",),
        ("ALTER TABLE old RENAME TO entry", "ALTER TABLE entry RENAME COLUMN number TO position"),
        ("ALTER TABLE entry ADD COLUMN key TEXT NOT NULL DEFAULT ''", "UPDATE entry SET key = body"),
    )
    monkeypatch.setattr(store, "FORMS", forms)
    Store.open(path).close()
    Store.open(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT position, key, body FROM entry").fetchall() == [(1, "kept", "kept")]
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    connection.close()


def test_a_migration_that_fails_leaves_the_older_form(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    before = path.read_bytes()
    monkeypatch.setattr(store, "FORMS", (*store.FORMS, ("CREATE TABLE more (x)", "CREATE TABLE entry (x)")))
    with pytest.raises(RegisterError):
        Store.open(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert verify(path).status == "self-consistent"


def test_a_later_form_is_refused(path: Path) -> None:
    Store.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    for action in (lambda: Store.open(path), lambda: verify(path)):
        with pytest.raises(RegisterError) as error:
            action()
        assert code(error) == "AS7103"
    assert path.read_bytes() == before


# ---------------------------------------------------------------- what goes wrong


def other_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE contacts (name)")
    connection.commit()
    connection.close()


def torn(path: Path) -> None:
    with Store.open(path) as register:
        fill(register, 300)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


BROKEN: list[tuple[Callable[[Path], object], str]] = [
    (other_database, "AS7101"),
    (lambda path: path.write_bytes(os.urandom(5000)), "AS7101"),
    (lambda path: path.write_text("目标,单位\n" * 500), "AS7101"),
    (lambda path: path.mkdir(), "AS7107"),
    (torn, "AS7102"),
]


@pytest.mark.parametrize(("breaks", "expected"), BROKEN, ids=["other", "noise", "text", "folder", "torn"])
def test_what_is_no_whole_register_is_said_to_be_none(
    path: Path, breaks: Callable[[Path], object], expected: str
) -> None:
    breaks(path)
    before = path.read_bytes() if path.is_file() else b""

    def use() -> None:
        with Store.open(path) as register:
            fill(register, 1, 900)
            register.entries()

    with pytest.raises(RegisterError) as error:
        use()
    assert code(error) == expected
    assert not path.is_file() or path.read_bytes() == before, "it was left as it was"


def test_a_path_that_leads_nowhere(path: Path, tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as error:
        Store.open(path, create=False)
    assert code(error) == "AS7114"
    assert not path.exists()
    with pytest.raises(RegisterError) as error:
        Store.open(tmp_path / "none" / "register")
    assert code(error) == "AS7107"


def test_a_file_that_may_not_be_written_is_read(path: Path, register: Store) -> None:
    fill(register, 2)
    register._connection.execute("PRAGMA query_only = ON")  # as SQLite treats a file without the right to write
    assert register.size == 2
    with pytest.raises(RegisterError) as error:
        fill(register, 1, 2)
    assert code(error) == "AS7105"


def test_a_full_disk_loses_nothing_acknowledged(path: Path) -> None:
    """At every page at which the disk may fill up."""
    refused = 0
    with Store.open(path) as register:
        fill(register, 20)
        pages = register._value("PRAGMA page_count")
        for more in range(20):
            register._connection.execute(f"PRAGMA max_page_count = {pages + more}")
            size, before = register.size, register.root()
            with suppress(RegisterError):
                fill(register, 30, size)
                continue
            refused += 1
            with pytest.raises(RegisterError) as error:
                fill(register, 30, size)
            assert code(error) == "AS7106"
            assert (register.size, register.root()) == (size, before)
        assert refused > 5
        assert register.size > 50
    assert verify(path).status == "self-consistent"


def test_a_file_whose_entries_were_changed_is_not_read_on(path: Path, register: Store) -> None:
    fill(register, 3)
    other = sqlite3.connect(path)
    other.executescript("DROP TRIGGER entry_unchanged; UPDATE entry SET body = 'x' WHERE position = 1;")
    other.close()
    with pytest.raises(RegisterError) as error:
        register.entries()
    assert code(error) == "AS7102"
    other = sqlite3.connect(path)
    other.executescript(
        "DROP TRIGGER entry_kept; DELETE FROM entry WHERE position = 1; DELETE FROM entry; DROP TABLE node"
    )
    other.close()
    with pytest.raises(RegisterError) as error:
        fill(register, 1)
    assert code(error) == "AS7102"


def test_a_root_is_not_made_without_the_hashes(path: Path, register: Store) -> None:
    fill(register, 4)
    other = sqlite3.connect(path)
    other.executescript("DROP TRIGGER node_kept; DELETE FROM node WHERE level = 2;")
    other.close()
    with pytest.raises(RegisterError) as error:
        register.root()
    assert code(error) == "AS7102"


def test_a_gap_is_not_read_over(path: Path, register: Store) -> None:
    fill(register, 3)
    other = sqlite3.connect(path)
    other.executescript("DROP TRIGGER entry_kept; DELETE FROM entry WHERE position = 1;")
    other.close()
    with pytest.raises(RegisterError) as error:
        register.entries()
    assert code(error) == "AS7102"


def test_an_old_sqlite_is_said_to_be_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 0))
    with pytest.raises(RegisterError) as error:
        Store.open(None)
    assert code(error) == "AS7113"


def test_the_file_is_written_so_that_nothing_acknowledged_is_lost(register: Store) -> None:
    assert register._value("PRAGMA synchronous") == 2  # FULL
    assert register._value("PRAGMA journal_mode") == "truncate"
    assert register._value("PRAGMA fullfsync") == 1


def test_a_register_that_was_put_into_another_mode_is_put_back(path: Path, register: Store) -> None:
    fill(register, 2)
    register.close()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM entry").fetchone() == (2,)
    with pytest.raises(RegisterError) as error:
        Store.open(path, patience=0)
    assert code(error) == "AS7104"
    other.close()
    with Store.open(path) as again:
        assert again._value("PRAGMA journal_mode") == "truncate"
        assert again.size == 2


# ---------------------------------------------------------------- backup


def test_restore_drill(path: Path, register: Store, tmp_path: Path) -> None:
    """A backup is taken, the register is lost, the backup takes its place and goes on."""
    fill(register, 50)
    register.backup(tmp_path / "monday")
    fill(register, 10, 50)
    register.close()
    path.unlink()
    with Store.open(tmp_path / "monday", create=False) as kept:
        kept.backup(path)
    with Store.open(path, create=False) as restored:
        assert restored.size == 50
        fill(restored, 10, 50)
        assert restored.size == 60
    assert verify(path, copy=tmp_path / "monday").status == "agrees"


def test_a_backup_never_replaces_a_file(register: Store, tmp_path: Path) -> None:
    fill(register, 1)
    register.backup(tmp_path / "monday")
    before = (tmp_path / "monday").read_bytes()
    fill(register, 1, 1)
    with pytest.raises(RegisterError) as error:
        register.backup(tmp_path / "monday")
    assert code(error) == "AS7112"
    assert (tmp_path / "monday").read_bytes() == before
    with pytest.raises(RegisterError) as error:
        register.backup(tmp_path / "none" / "monday")
    assert code(error) == "AS7107"
    (tmp_path / "tuesday-journal").write_bytes(b"left by another register")
    with pytest.raises(RegisterError) as error:
        register.backup(tmp_path / "tuesday")
    assert "tuesday-journal" in str(error.value)
    assert not [file for file in tmp_path.iterdir() if "unfinished" in file.name]


def test_a_backup_that_the_system_refuses_leaves_nothing(
    register: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("the drive is gone")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(RegisterError) as error:
        register.backup(tmp_path / "monday")
    assert code(error) == "AS7107"
    assert not list(tmp_path.glob("monday*"))


def test_a_backup_that_reads_back_otherwise_is_not_kept(
    register: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(register, 5)

    original = Store.open.__func__  # type: ignore[attr-defined]

    def spoiled(cls: type[Store], path: Path, **options: Any) -> Store:
        opened: Store = original(cls, path, **options)
        opened._connection.executescript("DROP TRIGGER entry_kept; DELETE FROM entry WHERE position = 4;")
        return opened

    monkeypatch.setattr(Store, "open", classmethod(spoiled))
    with pytest.raises(RegisterError) as error:
        register.backup(tmp_path / "monday")
    assert code(error) == "AS7115"
    assert not list(tmp_path.glob("monday*"))


def test_backups_are_taken_while_others_write(path: Path, register: Store, tmp_path: Path) -> None:
    def work() -> None:
        with Store.open(path) as other:
            for number in range(40):
                fill(other, 1, number)

    thread = threading.Thread(target=work)
    thread.start()
    sizes = []
    for number in range(10):
        copy = tmp_path / f"backup-{number}"
        register.backup(copy)
        verification = verify(copy)
        assert verification.status == "self-consistent"
        sizes.append(verification.size)
    thread.join()
    assert sizes == sorted(sizes)
    assert verify(path, copy=tmp_path / "backup-9").status in ("agrees", "self-consistent")


def test_a_register_that_another_program_makes_at_the_same_moment_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two looks at the file it became a register."""
    path, read, made = tmp_path / "register", Store._value, list[threading.Thread]()

    def value(self: Store, query: str, *values: object) -> Any:
        found = read(self, query, *values)
        if query == "PRAGMA application_id" and not made:
            made.append(threading.Thread(target=lambda: Store.open(path).close()))
            made[0].start()
            made[0].join(0.5)  # it may have to wait until all was looked at
        return found

    monkeypatch.setattr(Store, "_value", value)
    with Store.open(path) as register:
        made[0].join()
        fill(register, 2)
    assert verify(path).status == "self-consistent"
