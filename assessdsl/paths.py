"""Paths that a file names: relative to it, and inside one folder tree, whatever links stand there."""

import errno
import os
import re
import stat
from pathlib import Path
from typing import Final, NamedTuple

POLICY_ENDINGS: Final = (".assess", ".yaml", ".yml")
_NOT_RELATIVE: Final = re.compile(r"[/~]|[A-Za-z]:|.*[\\\x00]", re.DOTALL)
# a link that takes the file's place meanwhile is not followed, a pipe is not waited for
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Refused(NamedTuple):
    """Why a path is not followed, as the code of a diagnostic."""

    code: str


def root_of(file: Path) -> Path:
    """The folder tree from which a policy file may take others: that of the folder above its own.

    The whole disk is never such a tree.
    """
    folder = file.resolve().parent
    above = folder.parent
    return folder if above == above.parent else above


def contained(written: str, folder: Path, root: Path) -> Path | Refused:
    """The policy file that a path means in a folder. What lies outside the root is not even looked at."""
    if not written or _NOT_RELATIVE.match(written):
        return Refused("AS1102")
    if not written.lower().endswith(POLICY_ENDINGS):
        return Refused("AS1103")
    try:
        path = (folder / written).resolve()
        inside = path.is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # links in a circle, or a name that is too long
        return Refused("AS1105")
    if not inside:
        return Refused("AS1101")
    return path if path.name.lower().endswith(POLICY_ENDINGS) else Refused("AS1103")


def read_file(path: Path, most: int) -> bytes:
    """No more of a file than so many bytes. Raises OSError if it cannot be read or is no plain file."""
    descriptor = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    with open(descriptor, "rb") as file:
        return file.read(most)
