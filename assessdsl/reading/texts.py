"""The whole reading of a policy: text, tree, check, plan."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from attrs import evolve, frozen

from assessdsl import syntax
from assessdsl.ast import build
from assessdsl.check import Checked, check
from assessdsl.diagnostics import Diagnostic, PolicyError, arrange
from assessdsl.files import Extended, open_policy
from assessdsl.plan.lower import lower
from assessdsl.plan.steps import Plan
from assessdsl.source import Language


@frozen
class Reading:
    """A policy that has no errors; and the files that it extends."""

    checked: Checked
    plan: Plan
    extended: tuple[Extended, ...]


def read_policy(
    name: str, data: bytes, root: Path | None, held: Mapping[Path, bytes] = MappingProxyType({})
) -> tuple[Reading | None, tuple[Diagnostic, ...]]:
    """The policy if there are no errors, and every diagnostic. Files that are held are not read again."""
    opened = open_policy(name, data, root, held)
    found = list(opened.diagnostics)
    if opened.document is None:
        return None, arrange(found)
    tree, remarks = build(opened.document, opened.unread)
    found += remarks
    if tree is None:
        return None, arrange(found)
    checked = evolve(check(tree), document=opened.document)
    found += checked.diagnostics
    if any(diagnostic.is_error for diagnostic in found):
        return None, arrange(found)
    try:
        plan = lower(checked)
    except PolicyError as error:  # the plan would be too large
        return None, arrange((*found, *error.diagnostics))
    return Reading(checked, plan, opened.extended), arrange(found)


def refused(name: str, found: tuple[Diagnostic, ...]) -> PolicyError:
    """The error of a policy that has some; in its own language, for what it extends may be in another."""
    sources = [diagnostic.span.source for diagnostic in found]
    own = [source for source in sources if source.name == name]
    return PolicyError(found, (own or sources)[0].language)


def converted(name: str, data: bytes, to: Literal["dsl", "yaml"], language: Language | None) -> str:
    """A policy's text written in the other surface or language. Raises PolicyError if it cannot be read whole."""
    source, found = syntax.decode(name, data)
    if source is None:
        raise PolicyError(found)
    document, found = syntax.read(source)
    if any(diagnostic.is_error for diagnostic in found):
        raise PolicyError(arrange(found), source.language)
    return syntax.write(document, to, language or source.language)
