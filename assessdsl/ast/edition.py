"""Which text of a policy it is: its version, how it was amended, and how many indicators it allows itself."""

from datetime import date

from attrs import field, frozen

from assessdsl.source import NOWHERE, Span
from assessdsl.syntax.tree import Expression


@frozen
class Amendment:
    """A change of the policy: what it is, by whom, from which day, and why."""

    label: str
    by: tuple[str, ...]
    on: date
    reason: str
    span: Span = field(default=NOWHERE, eq=False, repr=False)


@frozen
class Edition:
    version: str = ""
    amendments: tuple[Amendment, ...] = ()
    indicators: Expression | None = None  # no more than so many
    version_span: Span = field(default=NOWHERE, eq=False, repr=False)
    limit_span: Span = field(default=NOWHERE, eq=False, repr=False)
