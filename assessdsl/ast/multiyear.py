"""Plans of several years, to which the targets of a year may link."""

from attrs import field, frozen

from assessdsl.period import Period
from assessdsl.source import NOWHERE, Span


@frozen
class MultiYearPlan:
    """From its first year to its last, both within it."""

    name: str
    label: str
    first: Period
    last: Period
    span: Span = field(default=NOWHERE, eq=False, repr=False)

    @property
    def years(self) -> int:
        return self.last.year - self.first.year + 1

    def passed(self, period: Period) -> int:
        """How many of its years have passed when the period is over."""
        return period.year - self.first.year + 1
