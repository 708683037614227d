"""Assessment periods."""

import re
from datetime import date

from attrs import frozen

_YEAR = re.compile(r"[0-9]{4}")


@frozen(order=True, str=False)
class Period:
    """An assessed year."""

    year: int

    @property
    def first_day(self) -> date:
        return date(self.year, 1, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, 12, 31)

    def before(self, years: int) -> "Period":
        return Period(self.year - years)

    def __str__(self) -> str:
        return str(self.year)


def read_period(text: str) -> Period | None:
    """A period from `2022` or `2022年`; None if the text is neither."""
    text = text.strip().removesuffix("年").removesuffix("年度")
    return Period(int(text)) if _YEAR.fullmatch(text) and int(text) > 0 else None
