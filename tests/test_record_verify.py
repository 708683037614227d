"""What is known of a register: never more than is known, and as exactly as can be what was done to it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from attrs import evolve
from drills.tampering import ATTACKS, ENTRIES, ORIGIN, Attack, anchor, anew, by_hand, edit, statement, write
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.diagnostics import RegisterError
from assessdsl.record.canonical import encode
from assessdsl.record.checkpoint import Checkpoint, read_anchors, sign
from assessdsl.record.contents import Contents, faults
from assessdsl.record.keys import SigningKey
from assessdsl.record.store import Store
from assessdsl.record.verification import Verification, examine, verify

TESTS = Path(__file__).parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "register"
    write(path, ENTRIES)
    return path


@pytest.fixture
def copy(tmp_path: Path, path: Path) -> Path:
    with Store.open(path) as register:
        register.backup(tmp_path / "copy")
    return tmp_path / "copy"


def codes(verification: Verification) -> set[str]:
    for finding in verification.diagnostics:
        for language in ("en", "zh"):
            assert "{" not in finding.message(language)
    return {finding.code for finding in verification.diagnostics}


# ---------------------------------------------------------------- what is known of a register as it was written


def test_alone_it_is_self_consistent_and_no_more(path: Path) -> None:
    found = verify(path)
    assert (found.status, found.size, found.vouched, found.diagnostics) == ("self-consistent", 20, 0, ())
    assert found.root == anchor(path).root
    assert "cannot be known without an anchor" in found.text("en")
    assert "仅自身一致" in found.text("zh")


def test_an_anchor_vouches_for_what_it_was_made_of(path: Path) -> None:
    found = verify(path, [anchor(path, 12), anchor(path, 5)])
    assert (found.status, found.vouched, found.diagnostics) == ("agrees", 12, ())
    assert "of 20 entries, the first 12 agree" in found.text("en")
    assert "the 8 entries since then" in found.text("en")
    assert "其后的 8 条" in found.text("zh")
    assert "since then" not in verify(path, [anchor(path)]).text("en")


def test_an_earlier_copy_vouches_for_what_it_holds(path: Path, copy: Path) -> None:
    with Store.open(path) as register, register.writing() as writer:
        writer.append(evolve(ENTRIES[0].event, key="later"))
    found = verify(path, copy=copy)
    assert (found.status, found.size, found.vouched) == ("agrees", 21, 20)


def test_an_anchor_of_nothing_vouches_for_nothing(path: Path) -> None:
    assert verify(path, [anchor(path, 0)]).status == "self-consistent"


def test_no_words_say_more_than_is_known(path: Path) -> None:
    for found in (verify(path), verify(path, [anchor(path)])):
        for word in ("intact", "unchanged", "authentic", "genuine", "完好", "未被改动"):
            assert word not in found.text("en") + found.text("zh")


def test_a_verification_is_plain_data(path: Path) -> None:
    write(path, ENTRIES[:3])
    found = verify(path, [Checkpoint(ORIGIN, 4, bytes(32))])
    data = json.loads(found.to_json("zh"))
    assert data == {**found.to_data("zh")}
    assert (data["status"], data["size"], data["vouched"], data["root"]) == ("altered", 3, 0, found.root.hex())
    assert [finding["code"] for finding in data["diagnostics"]] == ["AS7139"]


# ---------------------------------------------------------------- attacks


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_what_is_seen_of_an_attack(attack: Attack, path: Path, copy: Path) -> None:
    kept = anchor(path)
    attack.do(path)
    for found, expected in (
        (verify(path), attack.alone),
        (verify(path, [kept]), attack.anchored),
        (verify(path, copy=copy), attack.compared),
    ):
        assert codes(found) == expected
        assert found.status == ("altered" if expected else "self-consistent")


def test_every_attack_is_seen_with_an_anchor_or_a_copy() -> None:
    assert len(ATTACKS) >= 20
    for attack in ATTACKS:
        assert attack.anchored
        assert attack.compared


def test_the_entry_that_was_altered_is_named(path: Path, copy: Path) -> None:
    kept = anchor(path)
    next(attack for attack in ATTACKS if attack.name == "edit the text of an entry").do(path)
    (found,) = verify(path, [kept]).diagnostics
    assert found.arguments["index"] == "7"
    differs = verify(path, copy=copy).diagnostics[-1]
    assert differs.message("en") == (
        '`data.planned` of the entry 7 was changed: the copy has `"7.5 %"`, the register `"1 %"`'
    )


@pytest.mark.parametrize("sizes", [(), (3,), (3, 12), (3, 7, 8)])
def test_anchors_narrow_down_what_was_rewritten(path: Path, sizes: tuple[int, ...]) -> None:
    """The seventh entry is edited: the largest anchor before it agrees, every later one does not."""
    kept = [anchor(path, size) for size in (*sizes, 20)]
    anew(edit)(path)
    agreeing = max((size for size in sizes if size <= 7), default=0)
    wrong = [size for size in (*sizes, 20) if size > 7]
    found = verify(path, kept[::-1])
    assert found.vouched == agreeing
    assert [(one.code, one.arguments["first"], one.arguments["last"]) for one in found.diagnostics] == [
        ("AS7140", str(agreeing), str(size - 1)) for size in wrong
    ]


def test_what_a_copy_tells_of_entries_taken_out_put_in_and_moved(path: Path, copy: Path) -> None:
    named = {attack.name: attack for attack in ATTACKS}
    for name, code, key in (
        ("take one out, all anew", "AS7143", "k7"),
        ("put one in, all anew", "AS7144", "k99"),
        ("exchange two, all anew", "AS7145", "k7"),
    ):
        named[name].do(path)
        found = [finding for finding in verify(path, copy=copy).diagnostics if finding.code == code]
        assert [finding.arguments["key"] for finding in found] == [key]


values = st.recursive(
    st.sampled_from(["1", 1, True, None, "a", "true", "{}", "null"]),
    lambda inner: st.lists(inner, max_size=2).map(tuple) | st.dictionaries(st.sampled_from(["a", "b", "a.b"]), inner),
    max_leaves=4,
)
tables = st.dictionaries(st.sampled_from(["a", "b", "a.b"]), values, max_size=3)


@given(tables, tables)
def test_no_difference_from_a_copy_goes_unseen(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Not even between 1 and "1", nothing and an empty table, or a name with a point and a table within a table."""
    texts = [encode(evolve(ENTRIES[0], event=evolve(ENTRIES[0].event, data=data))) for data in (one, other)]
    contents = [Contents((0, 0), frozenset(), ((0, "k0", text),), {}) for text in texts]
    with patch("assessdsl.record.verification.faults", return_value=()):
        found = examine(contents[0], copy=contents[1])
    assert found.status == ("agrees" if texts[0] == texts[1] else "altered")


def test_a_copy_that_was_altered_itself_proves_nothing(path: Path, copy: Path) -> None:
    next(attack for attack in ATTACKS if attack.name == "edit the text of an entry").do(copy)
    found = verify(path, copy=copy)
    assert codes(found) == {"AS7146"}
    assert found.vouched == 0


def test_a_key_that_was_changed_signs_nothing_that_is_believed(path: Path) -> None:
    """Someone rewrites the register and signs a new checkpoint with a key of his own, under the office's name."""
    office, other = SigningKey(ORIGIN, b"o" * 32), SigningKey(ORIGIN, b"x" * 32)
    kept = str(sign(anchor(path), office))
    anew(edit)(path)
    forged = str(sign(anchor(path), other))
    assert verify(path, read_anchors(forged)).status == "agrees"  # who asks for no key believes it
    with pytest.raises(RegisterError) as error:
        read_anchors(forged, [office.verifier])
    assert [each.code for each in error.value.diagnostics] == ["AS7124"]
    assert verify(path, read_anchors(kept, [office.verifier])).status == "altered"


def test_anchors_of_another_register_are_no_proof_against_this_one(path: Path) -> None:
    mine, other = anchor(path), Checkpoint("example.org/targets/2021", 9, bytes(32))
    for anchors, origin in (([mine, other], ""), ([other], ORIGIN)):
        with pytest.raises(RegisterError) as error:
            verify(path, anchors, origin=origin)
        assert [each.code for each in error.value.diagnostics] == ["AS7141"]
        assert "2021" in str(error.value)
    assert verify(path, [mine], origin=ORIGIN).status == "agrees"


# ---------------------------------------------------------------- files


def test_what_a_kill_left_half_written_is_taken_back_first(path: Path, tmp_path: Path) -> None:
    """A journal stands beside the file, and pages of the transaction that it would undo are in the file already."""
    whole = verify(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE more AS WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n "
                           "WHERE x < 3000) SELECT x, randomblob(300) AS y FROM n")  # fmt: skip
        killed = tmp_path / "killed"
        shutil.copy(path, killed)
        shutil.copy(f"{path}-journal", f"{killed}-journal")
        connection.execute("ROLLBACK")
    assert killed.read_bytes() != path.read_bytes()
    assert Path(f"{killed}-journal").stat().st_size > 512
    assert verify(killed) == whole


def test_the_file_is_not_changed(path: Path, copy: Path) -> None:
    before = path.read_bytes()
    verify(path, [anchor(path)], copy=copy)
    statement("DROP TRIGGER entry_kept")(path)
    changed = path.read_bytes()
    verify(path)
    assert path.read_bytes() == changed != before


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "AS7114"), (b"", "AS7101"), (b"text" * 1000, "AS7101"), (b"SQLite format 3\x00" + bytes(84), "AS7101")],
)
def test_what_is_no_register_is_not_verified(tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RegisterError) as error:
        verify(path)
    assert [each.code for each in error.value.diagnostics] == [code]


@pytest.mark.parametrize("half_pages", range(1, 12))
def test_a_torn_file_is_damaged(path: Path, half_pages: int) -> None:
    """However many of its last pages are gone, or half of one more."""
    kept, data = anchor(path), path.read_bytes()
    assert len(data) >= 6 * 4096
    path.write_bytes(data[: len(data) - half_pages * 2048])
    try:
        found = codes(verify(path, [kept]))
    except RegisterError as error:
        found = {each.code for each in error.diagnostics}
    assert found & {"AS7101", "AS7102", "AS7131"}


def test_a_text_that_is_no_entry_is_out_of_form(path: Path) -> None:
    by_hand("UPDATE entry SET body = 'nonsense' WHERE position = 7")(path)
    found = verify(path)
    assert {(each.code, each.arguments["index"]) for each in found.diagnostics} == {("AS7134", "7"), ("AS7135", "7")}


def test_a_text_without_end_is_not_taken_into_memory(path: Path) -> None:
    by_hand("UPDATE entry SET body = hex(zeroblob(3000000)) WHERE position = 7")(path)
    found = verify(path)
    assert "AS7131" in codes(found)
    assert found.size in (6, 7), "what stands before it is examined"


anything = st.none() | st.integers(-3, 25) | st.text(max_size=4) | st.binary(max_size=4) | st.just("{}")
rows = st.lists(st.tuples(anything, anything, anything), max_size=6)


@given(
    st.tuples(anything, st.integers(-2, 3)),
    st.frozensets(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=2),
    rows,
    st.dictionaries(st.tuples(anything, anything), anything, max_size=6),
)
def test_whatever_stands_in_a_file_is_examined(
    marks: tuple[object, int], schema: frozenset[tuple[str, str]], entries: list[tuple[object, ...]], nodes: object
) -> None:
    """No content of any kind ends in anything but findings."""
    contents = Contents(marks, schema, tuple(entries), nodes)  # type: ignore[arg-type]
    found = examine(contents, [Checkpoint(ORIGIN, 3, bytes(32))], contents)
    assert found.status == "altered"
    assert found.text("zh")
    assert found.to_json("en")
    assert any(faults(contents))


# ---------------------------------------------------------------- drills


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the drills fork")
def test_the_drills_in_their_quick_form() -> None:
    """Ten kills, fifteen full disks, eight writers, tampered copies, flipped bits."""
    command = [sys.executable, "-m", "drills", "--quick", "kills", "full", "writers", "tampered", "flipped"]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == command[4:]
