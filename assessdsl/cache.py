"""A folder of texts that were worked out once and can be worked out again at any time.

It is `assessdsl` in the user's cache folder; `ASSESSDSL_CACHE` names another, or says `off`. An entry is a file that is
put in its place whole, so that many programs may write at once, and it carries a digest of itself: one that was cut off
or altered by accident is as good as none. Whatever goes wrong here, nothing is kept, and nothing else happens. Only
plain text is kept, nothing that runs when it is read.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

BYTES: Final = 64 << 20  # of all entries together; those that were not asked for longest go first
_DIGEST: Final = 64  # characters of a digest
_ENDING: Final = ".json"
_OFF: Final = frozenset({"off", "0", "no", "false"})


def folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path | None:
    """Where entries are kept; None where none are: by the user's word, or for want of a home."""
    chosen = environment.get("ASSESSDSL_CACHE", "")
    if chosen:
        return None if chosen.lower() in _OFF else Path(chosen)
    if platform == "win32":
        base = environment.get("LOCALAPPDATA", "")
    elif platform == "darwin":
        base = os.path.join(environment.get("HOME", ""), "Library", "Caches")
    else:
        given = environment.get("XDG_CACHE_HOME", "")  # one that is not absolute is to be ignored
        base = given if os.path.isabs(given) else os.path.join(environment.get("HOME", ""), ".cache")
    return Path(base) / "assessdsl" if os.path.isabs(base) else None


def digest(*parts: str | bytes) -> str:
    """A digest of the parts, which no other parts have."""
    found = sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        found.update(b"%d:" % len(data))
        found.update(data)
    return found.hexdigest()


def made_by(*parts: Path) -> str:
    """A digest of the program files in folders, by what tells them from others without reading them: as Python tells
    whether its own compiled files are still those of a text."""
    files = sorted((entry for part in parts for entry in os.scandir(part) if entry.is_file()), key=lambda one: one.path)
    about = ((entry.path, entry.stat()) for entry in files)
    return digest(*(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}" for path, stat in about), sys.version)


def fetch(key: str) -> str | None:
    """The text that was kept under a key, if it is there and whole."""
    place = folder()
    if place is None:
        return None
    path = place / (key + _ENDING)
    try:
        with open(path, "rb") as file:
            if _of_others(os.fstat(file.fileno())):
                return None
            data = file.read(BYTES)
        if sha256(data[_DIGEST:]).hexdigest().encode() != data[:_DIGEST]:
            return None
        os.utime(path)
        return data[_DIGEST:].decode()
    except (OSError, ValueError):
        return None


def _of_others(stat: os.stat_result) -> bool:
    """Whether a file is that of another user, who could write in it what he likes."""
    return hasattr(os, "getuid") and stat.st_uid not in (os.getuid(), 0)


def store(key: str, text: str) -> None:
    """Keeps a text under a key, or does not."""
    place, data = folder(), text.encode()
    if place is None or len(data) > BYTES // 4:
        return
    with suppress(OSError):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, half = place / (key + _ENDING), place / f"{key}.{os.getpid()}"
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with suppress(OSError):
            with open(descriptor, "wb") as file:
                file.write(sha256(data).hexdigest().encode() + data)
            os.replace(half, path)
        half.unlink(missing_ok=True)
        _bound(place)


def _bound(place: Path) -> None:
    entries = [(entry.stat(), entry.path) for entry in os.scandir(place) if entry.is_file()]
    entries.sort(key=lambda entry: (entry[0].st_mtime_ns, entry[1]))
    left = sum(stat.st_size for stat, _ in entries)
    for stat, path in entries:
        if left <= BYTES:
            return
        with suppress(OSError):
            os.unlink(path)
        left -= stat.st_size
