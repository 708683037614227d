"""Places and tiers once they are given: what rests on them looks them up where it reads them."""

from collections.abc import Sequence
from fractions import Fraction

from attrs import frozen

from assessdsl.backends.columnar.column import AnyColumn, Array, Column, Looked
from assessdsl.backends.columnar.counting import Counting, Rows
from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.lowering import Given
from assessdsl.backends.columnar.ranking import Blocks
from assessdsl.backends.columns import Value
from assessdsl.facts import MISSING

Known = tuple[str, AnyColumn, Given, Described]
"""What steps read that rest on it: the key of a column, the column, what step it is and what is in it."""


@frozen(eq=False)
class Places:
    """column: of each row its place, 0 for none. is_of_all: there is no such row. ordered: the order of the rows, if
    others may go by it."""

    column: AnyColumn
    is_of_all: bool = False
    ordered: Blocks | None = None

    def part(self, rows: slice) -> "Places":
        return Places(self.column.part(rows))

    def known(self, id: int, most: int) -> Known:
        column = self.column
        if not self.is_of_all and not (places := column.data).all():
            column = Column(places, places == 0)
        return f" {id}", column, Given(f" {id}"), Described(low=1, high=most, nullable=column.missing is not None)

    def values(self, rows: Sequence[int]) -> list[Value]:
        return [Fraction(place) if place else MISSING for place in self.column.part(rows).data.tolist()]


@frozen(eq=False)
class Standing:
    """column: of each row its tier by its number."""

    column: AnyColumn
    names: tuple[str, ...]

    def part(self, rows: slice) -> "Standing":
        return Standing(self.column.part(rows), self.names)

    def known(self, id: int) -> Known:
        return f" {id}", self.column, Given(f" {id}", words=self.names), Described(low=0, high=len(self.names) - 1)

    def values(self, rows: Sequence[int]) -> list[Value]:
        return [self.names[number] for number in self.column.part(rows).data.tolist()]


def written(columns: Sequence[AnyColumn], counting: Counting) -> tuple[list[Array], Rows | None]:
    """The values of columns, once all rows have been gone through by what comes with them, if anything does."""
    looked = [one for one in columns if isinstance(one, Looked)]
    if looked and len(looked) == len(columns) and all(one.numbers is looked[0].numbers for one in looked):
        return counting.looking_up(looked[0].numbers, *(one.table for one in looked))
    return [one.data for one in columns], None
