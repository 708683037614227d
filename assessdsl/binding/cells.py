"""The cells of a row: names, values, and whether the row is of the assessed period."""

from attrs import define, field

from assessdsl.binding.values import RATES, bare_number, read_text, read_value
from assessdsl.data.columns import raw_text, trimmed
from assessdsl.data.remarks import Remarks, both
from assessdsl.facts import Datum, Missing, Row
from assessdsl.period import Period, read_period
from assessdsl.quantity import Unit
from assessdsl.source import Cell, visible


def text_in(row: Row, column: str) -> str:
    if (text := row.plain(column)) is not None:
        return trimmed(text)
    value = row.get(column)
    return "" if value is None else raw_text(value)


def name_in(row: Row, column: str, remarks: Remarks, *, needed: bool = True) -> str:
    """A name; characters that nobody sees would make two names of one."""
    name = text_in(row, column)
    if not name and needed:
        remarks.add("AS6214", row.at(column), column=both("column", column))
    if not name.isprintable() and visible(name) != name:
        remarks.add("AS6232", row.at(column), name=name)
    return name


def scalar(row: Row, column: str, unit: Unit, places: int | None, remarks: Remarks, *, of: str = "") -> Datum | None:
    """The value of a cell; nothing where the cell is empty or wrong. `of`: the thing that a number speaks of, among
    other things in its column."""
    if not row.has(column):
        return None
    text = row.plain(column)
    if text is not None and not row.cell.sheet and not (of and places is None and unit in RATES):
        plain = read_text(text, unit, places)
        if not plain.remarks:
            return None if isinstance(plain.value, Missing) else Datum(plain.value, row.at(column))
    value = row.get(column)
    assert value is not None
    reading = read_value(value, unit, places)
    for remark in reading.remarks:
        if remark.code == "AS6103":
            remarks.gather((remark.code, value.cell.file, value.cell.sheet, value.cell.column), remark)
        else:
            remarks.keep(remark)
    if of and places is None and unit in RATES and (number := bare_number(value)):
        remarks.rates.saw(of, value.cell, number)
    return None if isinstance(reading.value, Missing) else Datum(reading.value, value.cell)


@define
class Calendar:
    """Which rows of a table are of the assessed period. Rows without a period are."""

    period: Period
    remarks: Remarks
    _others: dict[tuple[str, str], tuple[Cell, int]] = field(factory=dict)  # first place and number of rows

    def holds(self, row: Row) -> bool:
        if not row.has("period"):
            return True
        period = self.of(row)
        if period == self.period:
            return True
        if period is not None:
            key = (f"{row.cell.file} {row.cell.sheet}", str(period))
            first, count = self._others.get(key, (row.at("period"), 0))
            self._others[key] = first, count + 1
        return False

    def of(self, row: Row) -> Period | None:
        text = text_in(row, "period")
        period = read_period(text)
        if period is None:
            self.remarks.add("AS6222", row.at("period"), text=text)
        return period

    def told(self) -> None:
        """Tells once for each table and period how many rows were left out."""
        for (_, period), (first, count) in self._others.items():
            self.remarks.add("AS6220", first, period=period, count=str(count), assessed=str(self.period))
