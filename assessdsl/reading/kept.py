"""Plans that were read before, kept in the cache: for the same text, under the same name, by the same program."""

from collections.abc import Mapping, Sequence
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from assessdsl import cache
from assessdsl.diagnostics import Diagnostic
from assessdsl.limits import LIMITS
from assessdsl.paths import contained, read_file
from assessdsl.plan import wire
from assessdsl.plan.steps import Plan
from assessdsl.resources import resource

if TYPE_CHECKING:
    from assessdsl.files import Extended


@frozen
class Kept:
    """A plan with the remarks on its policy, and the files that it extends, as they are now."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...]
    extended: Mapping[Path, bytes]


def fetch(name: str, data: bytes, root: Path) -> Kept | None:
    """What was kept of a policy, if neither it nor anything that it rests on has changed since."""
    key = _key(name, data, root)
    text = None if key is None else cache.fetch(key)
    if text is None:
        return None
    try:
        extended, plan, diagnostics = wire.read(text)
        held = {Path(file): _unchanged(root, Path(file), *about) for file, about in extended}
        return Kept(plan, diagnostics, held)
    except (OSError, ValueError, TypeError, LookupError):
        return None


def keep(
    name: str, data: bytes, root: Path, plan: Plan, diagnostics: tuple[Diagnostic, ...], extended: Sequence["Extended"]
) -> None:
    key = _key(name, data, root)
    if key is None or cache.folder() is None:
        return
    files = tuple((str(one.file), (one.written, str(one.folder), cache.digest(one.data))) for one in extended)
    cache.store(key, wire.written((files, plan, diagnostics)))


def _unchanged(root: Path, file: Path, written: str, folder: str, digest: str) -> bytes:
    """An extended file's bytes. Raises ValueError if its path means another file now, or if it was changed."""
    data = read_file(file, LIMITS.file_bytes + 1)
    if contained(written, Path(folder), root) != file or cache.digest(data) != digest:
        raise ValueError(written)
    return data


def _key(name: str, data: bytes, root: Path) -> str | None:
    if (program := _program()) is None:
        return None
    return cache.digest("policy", program, name, str(Path(name).resolve()), str(root.resolve()), data)


@once
def _program() -> str | None:
    """What reads policies: another version of it may read them otherwise."""
    package, grammars = Path(__file__).parent.parent, resource("grammars")
    folders = [package, *(package / part for part in ("syntax", "ast", "check", "plan", "reading"))]
    try:
        version = (package / "__init__.py").read_bytes()
        return cache.digest(version, cache.made_by(*folders, grammars, grammars / "diagnostics"))
    except OSError:  # a program that does not lie in files
        return None
