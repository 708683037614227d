"""A policy that was read: how it is loaded, and made ready to score one entity at a time.

From a plan that is kept (see reading/kept.py) to the score, nothing is imported that does not take part.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from assessdsl import reading
from assessdsl.backends.prepared import Given, Prepared
from assessdsl.limits import LIMITS
from assessdsl.paths import root_of
from assessdsl.reading import kept

if TYPE_CHECKING:
    from assessdsl.check import Checked
    from assessdsl.diagnostics import Diagnostic
    from assessdsl.plan.steps import Plan
    from assessdsl.source import Language

    Found = tuple[reading.Reading, tuple[Diagnostic, ...]]

Text = tuple[str, bytes, Path | None]
"""What a policy is read from: its name, its bytes, and the root of the files that it may extend."""


class Policy:
    """A policy that was read and checked without errors. Where it was kept from before, its plan is made when somebody
    asks for it, and its text is read when somebody asks for more."""

    def __init__(self, text: Text, *, read: "Found | None" = None, known: kept.Kept | None = None) -> None:
        self._text, self._read, self._known = text, read, known

    @cached_property
    def _found(self) -> "Found":
        if self._read is not None:
            return self._read
        return _read(self._text) if self._known is None else _read(self._text, self._known.extended)

    @cached_property
    def _plan(self) -> "tuple[Plan, tuple[Diagnostic, ...]]":
        if self._read is None and self._known is not None and (held := reading.plan_of(self._known.body)) is not None:
            return held
        return self._found[0].plan, self._found[1]

    @property
    def plan(self) -> "Plan":
        return self._plan[0]

    @property
    def diagnostics(self) -> "tuple[Diagnostic, ...]":
        """Warnings and notes."""
        return self._plan[1]

    @property
    def checked(self) -> "Checked":
        """The policy as it is written."""
        return self._found[0].checked

    @property
    def _about(self) -> "kept.About | Plan":
        return self.plan if self._known is None else self._known.about

    @property
    def name(self) -> str:
        return self._about.name

    @property
    def label(self) -> str:
        return self._about.label

    @property
    def language(self) -> "Language":
        return "zh" if self._about.language == "zh" else "en"

    @property
    def fingerprint(self) -> str:
        """A digest of what the policy means: the same in either surface and language, whatever its layout."""
        return self._about.fingerprint

    def prepared(self, *, indicators: bool, kernels: bool) -> Prepared:
        """See `prepare`."""
        known = self._known
        key = None if known is None else known.key
        ready = Prepared(Given(lambda: self.plan, self.language, indicators, key, kernels))
        if known is None or not known.alone or kernels:
            ready.check()
        return ready

    def __repr__(self) -> str:
        return f"Policy({self.name!r}, {self.label!r}, {self.fingerprint[:19]}…)"


def bytes_of(path: str | Path) -> bytes:
    """No more than what shows that the file is too large."""
    with open(path, "rb") as file:
        return file.read(LIMITS.file_bytes + 1)


def load(path: str | Path, *, root: str | Path | None = None) -> Policy:
    """The policy of a file. Raises PolicyError with every diagnostic if there is an error, OSError if the file cannot
    be read. root: the folder in which all that it extends must lie; without it, the folder above the file's own.

    Its plan is kept in the user's cache (see cache.py), so that the next program that loads the file need not read it.
    """
    folder = root_of(Path(path)) if root is None else Path(root)
    text = str(path), bytes_of(path), folder
    if (known := kept.fetch(*text)) is not None:
        return Policy(text, known=known)
    read, found = _read(text)
    return Policy(text, read=(read, found), known=kept.keep(*text, read.plan, found, read.extended))


def loads(text: str, name: str = "policy.assess", *, root: str | Path | None = None) -> Policy:
    """The policy of a text, which can extend others only with a root (see check_text). Raises PolicyError with every
    diagnostic if there is an error."""
    if not isinstance(text, str):
        raise TypeError("loads takes the text of a policy; load takes the path of its file")
    given = name, text.encode("utf-8", "surrogatepass"), None if root is None else Path(root)
    return Policy(given, read=_read(given))


def _read(text: Text, held: Mapping[Path, bytes] = MappingProxyType({})) -> "Found":
    read, found = reading.read_policy(*text, held)
    if read is None:
        raise reading.refused(text[0], found)
    return read, found


def prepare(policy: Policy, *, indicators: bool = False, kernels: bool = False) -> Prepared:
    """The policy made ready to score one entity at a time, exactly and within microseconds: see Prepared.

    indicators: whether a score holds that of every indicator too. kernels: whether the code becomes machine code, at
    some tenths of a second for inputs with other keys. Raises PolicyError where a score depends on other entities or
    earlier years.
    """
    return policy.prepared(indicators=indicators, kernels=kernels)
