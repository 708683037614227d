"""What a register was at a size: its checkpoint, signed or printed, to be kept where the office cannot change it.

A checkpoint is text as C2SP's tlog-checkpoint defines it: the origin (a name of the register), the size and the Merkle
root. It is signed as a C2SP signed note, by several keys if they are to answer for it. An anchor says the same in one
printed line, for a bulletin or a letter, with four characters that tell a slip in typing from a register that differs.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import Final
from unicodedata import normalize

from attrs import field, frozen

from assessdsl.diagnostics import Diagnostic, RegisterError
from assessdsl.record.keys import SigningKey, VerifierKey, check_name

_SIGNATURES: Final = 100  # that are read of one note
_NOTE_CHARACTERS: Final = 1 << 20


def _origin(_: object, __: object, origin: str) -> None:
    check_name(origin)


@frozen
class Checkpoint:
    """The register of a name had this Merkle root when it held so many entries."""

    origin: str = field(validator=_origin)
    size: int
    root: bytes  # 32 bytes
    extensions: tuple[str, ...] = ()  # further lines that were signed with it

    @property
    def text(self) -> str:
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint of a text without signatures. Raises RegisterError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not re.fullmatch("0|[1-9][0-9]{0,17}", lines[1]):
            raise _error("AS7121", text=text)
        try:
            root = base64.b64decode(lines[2], validate=True)
        except (binascii.Error, ValueError):
            root = b""
        if len(root) != 32 or base64.b64encode(root).decode() != lines[2]:
            raise _error("AS7121", text=text)
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:-1]))

    def anchor(self, language: str) -> str:
        """One line to print."""
        digits = self.root.hex()
        root = " ".join(digits[place : place + 4] for place in range(0, 64, 4))
        return _ANCHOR[language].format(origin=self.origin, size=self.size, root=root, check=self._check)

    @property
    def _check(self) -> str:
        plain = Checkpoint(self.origin, self.size, self.root)
        return hashlib.sha256(plain.text.encode()).hexdigest()[:4]


_ANCHOR: Final = {
    "en": "Register anchor: {origin}, {size} entries, root {root}, check {check}",
    "zh": "目标台账锚点:{origin},{size} 条,根值 {root},校验码 {check}",
}


def _words(*words: str) -> str:
    """One of some words; a printed line may break anywhere, even within one."""
    return "(?:" + "|".join(r"\s*".join(word.replace(" ", "")) for word in words) + ")"


_BEGINS: Final = re.compile(_words("register anchor", "目标台账锚点"), re.IGNORECASE)
_PRINTED: Final = re.compile(
    r"\s*:\s*(?P<origin>[^\s+,]+)\s*,\s*(?P<size>(?:[0-9]\s*){1,18})" + _words("entries", "条") + r"\s*,\s*"
    rf"{_words('root', '根值')}\s*(?P<root>(?:[0-9a-f]\s*){{64}}),\s*"
    rf"{_words('check', '校验码')}\s*(?P<check>(?:[0-9a-f]\s*){{4}})",
    re.IGNORECASE,
)


@frozen
class Signature:
    name: str
    key: bytes  # the id of the key, 4 bytes
    value: bytes


@frozen
class Note:
    """A text and its signatures, which say nothing until they are verified."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        lines = (f"— {each.name} {base64.b64encode(each.key + each.value).decode()}\n" for each in self.signatures)
        return f"{self.text}\n{''.join(lines)}"

    @classmethod
    def parse(cls, text: str) -> "Note":
        """The note that is written so. Raises RegisterError."""
        end = text.rfind("\n\n") + 1
        lines = text[end + 1 :].split("\n")
        sound = end > 0 and len(text) <= _NOTE_CHARACTERS and lines.pop() == "" and 0 < len(lines) <= _SIGNATURES
        if not sound or re.search(r"[\x00-\x09\x0b-\x1f]", text):
            raise _error("AS7121", text=text)
        return cls(text[:end], tuple(map(_signature, lines)))

    def signed_with(self, *keys: SigningKey) -> "Note":
        """With the signatures of further keys."""
        made = tuple(Signature(key.name, key.verifier.id, key.sign(self.text)) for key in keys)
        return Note(self.text, (*self.signatures, *made))

    def signers(self, known: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Which of the known keys signed it. Raises RegisterError if none did, or if a signature under the name of a
        known key is not of this text: such a note is worth nothing as a whole."""
        found: list[VerifierKey] = []
        for signature in self.signatures:
            for key in known:
                if (signature.name, signature.key) == (key.name, key.id):
                    if not key.verifies(self.text, signature.value):
                        raise _error("AS7123", name=key.name)
                    found.append(key)
        if not found:
            raise _error("AS7124", names=", ".join(dict.fromkeys(each.name for each in self.signatures)))
        return tuple(dict.fromkeys(found))


def sign(checkpoint: Checkpoint, *keys: SigningKey) -> Note:
    return Note(checkpoint.text, ()).signed_with(*keys)


def read_anchors(text: str, known: Sequence[VerifierKey] = ()) -> tuple[Checkpoint, ...]:
    """What a text vouches for: a checkpoint, a signed one, or a page on which anchors are printed.

    With known keys, only what one of them signed is read. Raises RegisterError.
    """
    if known or "\n— " in text:
        note = Note.parse(text)
        if known:
            note.signers(known)
        return (Checkpoint.parse(note.text),)
    page = normalize("NFKC", text)
    begins = list(_BEGINS.finditer(page))
    if not begins:
        return (Checkpoint.parse(text),)
    return tuple(_printed(page, begin.end()) for begin in begins)


def _printed(page: str, start: int) -> Checkpoint:
    match = _PRINTED.match(page, start)
    if match is None:
        raise _error("AS7122", text=page[start : start + 200].strip(" :"))
    size, root, check = ("".join(match[name].split()).lower() for name in ("size", "root", "check"))
    checkpoint = Checkpoint(match["origin"], int(size), bytes.fromhex(root))
    if checkpoint._check != check:
        raise _error("AS7122", text=match[0].strip(" :"))
    return checkpoint


def _signature(line: str) -> Signature:
    match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
    try:
        data = base64.b64decode(match[2], validate=True) if match else b""
    except (binascii.Error, ValueError):
        data = b""
    if match is None or len(data) < 5:
        raise _error("AS7121", text=line)
    return Signature(match[1], data[:4], data[4:])


def _error(code: str, **arguments: str) -> RegisterError:
    return RegisterError([Diagnostic(code, arguments=arguments)])
