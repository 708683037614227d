"""Policies that were read before, kept in the cache: for the same text, under the same name, by the same program."""

import json
from collections.abc import Mapping, Sequence
from functools import cache as once
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assessdsl import cache, reading
from assessdsl.limits import LIMITS
from assessdsl.paths import contained, read_file
from assessdsl.resources import resource

if TYPE_CHECKING:
    from assessdsl.diagnostics import Diagnostic
    from assessdsl.files import Extended
    from assessdsl.plan.steps import Plan


class About(NamedTuple):
    """What is asked of a policy most often."""

    name: str
    label: str
    language: str
    fingerprint: str


class Kept(NamedTuple):
    """What is kept of a policy, and the files that it extends, as they are now."""

    key: str  # under which it is kept; what else is kept of it is so under keys of which this is a part
    about: About
    alone: bool  # whether one entity can be scored alone, without others and earlier years
    extended: Mapping[Path, bytes]
    body: str  # the plan and the remarks, see `reading.plan_of`


def fetch(name: str, data: bytes, root: Path) -> Kept | None:
    """What was kept of a policy, if neither it nor anything that it rests on has changed since."""
    key = _key(name, data, root)
    text = None if key is None else cache.fetch(key)
    if key is None or text is None:
        return None
    try:
        head, _, body = text.partition("\n")
        about, alone, extended = json.loads(head)
        held = {Path(file): _unchanged(root, Path(file), *found) for file, *found in extended}
        return Kept(key, About(*about), alone is True, held, body)
    except (OSError, ValueError, TypeError, LookupError):
        return None


def keep(
    name: str,
    data: bytes,
    root: Path,
    plan: "Plan",
    diagnostics: "tuple[Diagnostic, ...]",
    extended: "Sequence[Extended]",
) -> Kept | None:
    """Keeps a policy that was just read; None if nothing is kept."""
    key = _key(name, data, root)
    if key is None or cache.folder() is None:
        return None
    about = About(plan.name, plan.label, plan.language, plan.fingerprint)
    alone, body = reading.scores_alone(plan), reading.body_of(plan, diagnostics)
    files = [(str(one.file), one.written, str(one.folder), cache.digest(one.data)) for one in extended]
    cache.store(key, f"{json.dumps((about, alone, files))}\n{body}")
    return Kept(key, about, alone, {one.file: one.data for one in extended}, body)


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
    """What reads policies and makes code of them: another version of it may do so otherwise."""
    package, grammars = Path(__file__).parent.parent, resource("grammars")
    parts = ("syntax", "ast", "check", "plan", "reading", "backends", "backends/compiled")
    try:
        version = (package / "__init__.py").read_bytes()
        folders = [package, *(package / part for part in parts)]
        return cache.digest(version, cache.made_by(*folders, grammars, grammars / "diagnostics"))
    except OSError:  # a program that does not lie in files
        return None
