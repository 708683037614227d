"""Checkpoints, signed notes, keys and printed anchors: against published vectors, and against slips and forgeries."""

import json
import string
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.diagnostics import RegisterError
from assessdsl.record.checkpoint import Checkpoint, Note, read_anchors, sign
from assessdsl.record.keys import SigningKey, VerifierKey

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "notes.json").read_text("utf-8"))
CHECKPOINT = Checkpoint("example.org/targets/2022", 1234, bytes(range(32)))
OFFICE, COUNCIL = SigningKey("example.org/targets/2022", b"o" * 32), SigningKey("council.example.org", b"c" * 32)


def code(error: pytest.ExceptionInfo[RegisterError]) -> str:
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.message("en")
    assert diagnostic.message("zh")
    return diagnostic.code


# ---------------------------------------------------------------- published vectors


@pytest.mark.parametrize("vector", VECTORS["notes"], ids=lambda vector: vector["source"])
def test_published_notes(vector: dict[str, Any]) -> None:
    note = Note.parse(vector["note"])
    known = tuple(map(VerifierKey.parse, vector["keys"]))
    assert str(note) == vector["note"]
    assert [str(key) for key in known] == vector["keys"]
    assert set(note.signers(known)) == set(known)
    for key in known:
        assert note.signers([key]) == (key,)
        with pytest.raises(RegisterError) as error:
            Note(note.text.replace("e", "i", 1), note.signatures).signers([key])
        assert code(error) == "AS7123"


def test_published_signing_key_signs_to_the_letter() -> None:
    vector = VECTORS["notes"][0]
    key = SigningKey.parse(vector["signing_key"])
    note = Note.parse(vector["note"])
    assert str(key.verifier) == vector["keys"][0]
    assert str(Note(note.text, ()).signed_with(key)) == vector["note"]


def test_published_checkpoint_of_a_public_log() -> None:
    vector = VECTORS["notes"][2]
    (found,) = read_anchors(vector["note"], [VerifierKey.parse(vector["keys"][0])])
    assert (found.origin, found.size) == (vector["checkpoint"]["origin"], vector["checkpoint"]["size"])


KEY = VECTORS["notes"][0]["keys"][0]
PARTS = [KEY[:start] + KEY[end:] for start in range(0, len(KEY), 3) for end in range(start + 1, len(KEY), 7)]


@pytest.mark.parametrize("text", [*VECTORS["bad_keys"], *PARTS, "", "+", "name+00000000+", "钥匙"])
def test_mangled_keys_are_none(text: str) -> None:
    with pytest.raises(RegisterError) as error:
        VerifierKey.parse(text)
    assert code(error) == "AS7117"


# ---------------------------------------------------------------- notes


def test_several_sign_and_each_is_known_by_its_own_key() -> None:
    note = Note.parse(str(sign(CHECKPOINT, OFFICE).signed_with(COUNCIL)))
    assert note.signers([OFFICE.verifier, COUNCIL.verifier]) == (OFFICE.verifier, COUNCIL.verifier)
    assert note.signers([COUNCIL.verifier]) == (COUNCIL.verifier,)
    assert read_anchors(str(note), [COUNCIL.verifier]) == (CHECKPOINT,)


def test_another_key_under_the_same_name_proves_nothing() -> None:
    forged = sign(CHECKPOINT, SigningKey(OFFICE.name, b"f" * 32))
    with pytest.raises(RegisterError) as error:
        read_anchors(str(forged), [OFFICE.verifier])
    assert code(error) == "AS7124"
    assert OFFICE.name in str(error.value)


def test_one_false_signature_of_a_known_key_spoils_the_note() -> None:
    other = sign(Checkpoint("example.org/targets/2022", 9, bytes(32)), OFFICE).signatures
    note = Note(CHECKPOINT.text, (*sign(CHECKPOINT, COUNCIL).signatures, *other))
    assert note.signers([COUNCIL.verifier])  # who does not know the office ignores it
    with pytest.raises(RegisterError) as error:
        note.signers([COUNCIL.verifier, OFFICE.verifier])
    assert code(error) == "AS7123"


def test_unsigned_text_is_not_read_where_a_signature_is_asked_for() -> None:
    for text in (CHECKPOINT.text, CHECKPOINT.anchor("en")):
        with pytest.raises(RegisterError) as error:
            read_anchors(text, [OFFICE.verifier])
        assert code(error) == "AS7121"


LINE = str(sign(CHECKPOINT, OFFICE)).splitlines()[-1]


@pytest.mark.parametrize(
    "text",
    [
        CHECKPOINT.text + "\n",
        CHECKPOINT.text + LINE + "\n",  # no blank line
        CHECKPOINT.text + "\n" + LINE,  # no end of line
        CHECKPOINT.text + "\n" + LINE.replace("— ", "- ") + "\n",
        CHECKPOINT.text + "\n" + LINE.replace("— ", "—  ") + "\n",
        CHECKPOINT.text + "\n" + LINE[:-3] + "\n",
        CHECKPOINT.text + "\n" + LINE + "\r\n",
        "\n" + LINE + "\n",
        CHECKPOINT.text + "\n" + (LINE + "\n") * 101,
        CHECKPOINT.text + "\n— a AAAA\n",
        "",
    ],
)
def test_malformed_notes_are_refused(text: str) -> None:
    with pytest.raises(RegisterError) as error:
        read_anchors(text, [OFFICE.verifier])
    assert code(error) == "AS7121"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n",
        "origin\n1\n",
        "origin\n01\n" + CHECKPOINT.text.splitlines()[2] + "\n",
        "origin\n-1\n" + CHECKPOINT.text.splitlines()[2] + "\n",
        "origin\n٣\n" + CHECKPOINT.text.splitlines()[2] + "\n",
        "origin\n1\nAAAA\n",
        "origin\n1\nnot base64\n",
        "origin\n1\n" + CHECKPOINT.text.splitlines()[2][:-2] + "9=\n",  # other bits at the end, the same bytes
        CHECKPOINT.text + "\n",
        CHECKPOINT.text.rstrip("\n"),
        "the register is fine",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(RegisterError) as error:
        read_anchors(text)
    assert code(error) == "AS7121"


def test_extension_lines_are_kept_and_signed() -> None:
    extended = Checkpoint("example.org", 0, bytes(32), ("one", "two"))
    note = str(sign(extended, OFFICE))
    assert read_anchors(note, [OFFICE.verifier]) == (extended,)
    with pytest.raises(RegisterError):
        read_anchors(note.replace("two", "2"), [OFFICE.verifier])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a,b", "a\nb", "\uff21", "\u3000"])
def test_names_that_could_be_misread_are_refused(name: str) -> None:
    for make in (lambda: Checkpoint(name, 1, bytes(32)), lambda: SigningKey.generate(name)):
        with pytest.raises(RegisterError) as error:
            make()
        assert code(error) == "AS7120"


# ---------------------------------------------------------------- printed anchors


@given(
    data=st.data(),
    language=st.sampled_from(["en", "zh"]),
    size=st.integers(0, 10**9),
    root=st.binary(min_size=32, max_size=32),
    origin=st.sampled_from(["example.org/targets", "市目标办/2022"]),
)
def test_an_anchor_is_read_from_the_page_on_which_it_is_printed(
    data: st.DataObject, language: str, size: int, root: bytes, origin: str
) -> None:
    checkpoint = Checkpoint(origin, size, root)
    line = checkpoint.anchor(language)
    place = data.draw(st.integers(line.index(origin) + len(origin), len(line)), "where the line breaks")
    page = f"第三季度通报\n\n{line[:place]}\n   {line[place:].upper()}。\n后文"
    assert read_anchors(page) == (checkpoint,)
    assert read_anchors(f"a {line} b\n{line}") == (checkpoint, checkpoint)


def test_a_slip_in_typing_is_told_from_a_register_that_differs() -> None:
    """Every other digit at every place of the line, whose size begins its numbers."""
    line = CHECKPOINT.anchor("zh")
    places = [place for place in range(line.index("1234"), len(line)) if line[place] in string.hexdigits]
    slips = [(place, typed) for place in places for typed in "0123456789abcdef" if typed != line[place]]
    assert len(slips) == (4 + 64 + 4) * 15
    for place, typed in slips:
        with pytest.raises(RegisterError) as error:
            read_anchors(line[:place] + typed + line[place + 1 :])
        assert code(error) == "AS7122"


@pytest.mark.parametrize("cut", range(20, len(CHECKPOINT.anchor("en")), 9))
def test_an_anchor_that_breaks_off_is_refused(cut: int) -> None:
    with pytest.raises(RegisterError) as error:
        read_anchors(CHECKPOINT.anchor("en")[:cut])
    assert code(error) == "AS7122"


# ---------------------------------------------------------------- keys in files


def test_a_key_is_kept_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    key = SigningKey.generate("example.org")
    key.save(path)
    assert SigningKey.load(path) == key
    assert SigningKey.generate("example.org") != key
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RegisterError) as error:
        key.save(path)
    assert code(error) == "AS7119"
    path.chmod(0o640)
    with pytest.raises(RegisterError) as error:
        SigningKey.load(path)
    assert code(error) == "AS7118"


def test_a_key_never_shows_itself(tmp_path: Path) -> None:
    path = tmp_path / "office.key"
    OFFICE.save(path)
    secret = path.read_text().strip().split("+")[-1]
    assert secret not in repr(OFFICE)
    path.write_text(path.read_text().replace("example", "examp1e"))
    with pytest.raises(RegisterError) as error:
        SigningKey.load(path)
    assert code(error) == "AS7117"
    assert secret not in str(error.value)


def test_a_verifier_key_does_not_sign() -> None:
    with pytest.raises(RegisterError) as error:
        SigningKey.parse(str(OFFICE.verifier))
    assert code(error) == "AS7117"


def test_files_that_cannot_be_reached_are_said(tmp_path: Path) -> None:
    for action in (lambda: SigningKey.load(tmp_path / "none"), lambda: OFFICE.save(tmp_path / "none" / "key")):
        with pytest.raises(RegisterError) as error:
            action()
        assert code(error) == "AS7107"


def test_without_the_package_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(RegisterError) as error:
        sign(CHECKPOINT, OFFICE)
    assert code(error) == "AS7116"
    assert 'pip install "assessdsl[sign]"' in str(error.value)
