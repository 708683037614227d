"""Ed25519 keys that sign checkpoints, written as C2SP's signed notes write them.

A verifier key is public: `name+id+key`. A signing key stands in a file of its own, which only its owner may read; it is
never kept in a register, for whoever could change the register could then sign it anew.
"""

import base64
import hashlib
import os
import re
import stat
from pathlib import Path
from typing import Any, Final
from unicodedata import is_normalized

from attrs import field, frozen

from assessdsl.diagnostics import Diagnostic, RegisterError

NOTE: Final = 0x01  # the kinds of signature: of the text itself,
COSIGNATURE: Final = 0x04  # and of the text with the second in which a witness saw it (C2SP tlog-cosignature)
_PRIVATE: Final = "PRIVATE+KEY+"


@frozen
class VerifierKey:
    """A key by which others know a signer."""

    name: str
    kind: int
    public: bytes  # 32 bytes

    @property
    def id(self) -> bytes:
        """Four bytes that name it beside a signature."""
        return _id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key that is written so. Raises RegisterError."""
        name, id, kind, public = _parts(text)
        key = cls(name, kind, public)
        if kind not in (NOTE, COSIGNATURE) or key.id.hex() != id:
            raise _error("AS7117", text=text)
        return key

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether the signature is this key's, of this text."""
        ed25519, mistaken = _library()
        message = text.encode()
        if self.kind == COSIGNATURE:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {seconds}\n".encode() + message
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except mistaken:
            return False
        return True


@frozen
class SigningKey:
    """A key with which its owner signs."""

    name: str
    _seed: bytes = field(repr=False)  # 32 bytes

    @classmethod
    def generate(cls, name: str) -> "SigningKey":
        check_name(name)
        ed25519, _ = _library()
        return cls(name, ed25519.Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """The key that is written so. Raises RegisterError, whose text does not show it."""
        name, id, kind, seed = _parts(text.strip().removeprefix(_PRIVATE), shown="…")
        key = cls(name, seed)
        if kind != NOTE or key.verifier.id.hex() != id:  # above all where it is a verifier key
            raise _error("AS7117", text="…")
        return key

    @classmethod
    def load(cls, path: str | Path) -> "SigningKey":
        """The key of a file that no one else may read."""
        try:
            with open(path, "rb") as file:
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise _error("AS7118", path=str(path))
                text = file.read(10_000).decode("utf-8", "replace")
        except OSError as error:
            raise _error("AS7107", path=str(path), detail=str(error)) from error
        return cls.parse(text)

    def save(self, path: str | Path) -> None:
        """Writes the key to a new file that only its owner may read."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise _error("AS7119", path=str(path)) from error
        except OSError as error:
            raise _error("AS7107", path=str(path), detail=str(error)) from error
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{self._text}\n")
            file.flush()
            os.fsync(descriptor)

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, NOTE, self._private.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        signature: bytes = self._private.sign(text.encode())
        return signature

    @property
    def _private(self) -> Any:
        ed25519, _ = _library()
        return ed25519.Ed25519PrivateKey.from_private_bytes(self._seed)

    @property
    def _text(self) -> str:
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{_base64(bytes([NOTE]) + self._seed)}"


def check_name(name: str) -> None:
    """Raises RegisterError unless a key or a register may be called so."""
    if not re.fullmatch(r"[^\s+,\x00-\x1f]+", name) or not is_normalized("NFKC", name):
        raise _error("AS7120", name=name)


def _parts(text: str, shown: str = "") -> tuple[str, str, int, bytes]:
    """The name, the id, the kind and the 32 bytes of a key; a key that is none is shown so."""
    match = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})", text.strip())
    if match is None:
        raise _error("AS7117", text=shown or text)
    data = base64.b64decode(match[3])
    return match[1], match[2], data[0], data[1:]


def _id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _error(code: str, **arguments: str) -> RegisterError:
    return RegisterError([Diagnostic(code, arguments=arguments)])


def _library() -> tuple[Any, type[Exception]]:
    """What signs, and what it raises at a signature that is not the key's."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise _error("AS7116", command='pip install "assessdsl[sign]"') from error
    return ed25519, InvalidSignature
