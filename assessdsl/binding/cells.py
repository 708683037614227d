"""The cells of a row: names, values, and whether the row is of the assessed period."""

from attrs import define, field

from assessdsl.binding.values import RATES, Reading, bare_number, read_plain, read_value, read_weight
from assessdsl.data.columns import raw_text, trimmed
from assessdsl.data.remarks import Remarks, both
from assessdsl.facts import Datum, Missing, Row, Value, as_value
from assessdsl.period import Period, read_period
from assessdsl.quantity import Unit
from assessdsl.source import Cell, visible


def text_in(row: Row, column: str) -> str:
    held = row.held.get(column)
    if held is None:
        return ""
    if isinstance(held, str):
        return trimmed(held)
    value = row.get(column)
    assert value is not None
    return raw_text(value)


def name_in(row: Row, column: str, remarks: Remarks, *, needed: bool = True) -> str:
    """A name; characters that nobody sees would make two names of one."""
    name = text_in(row, column)
    if name and name.isprintable():  # nearly every name
        return name
    if not name and needed:
        remarks.add("AS6214", row.at(column), column=both("column", column))
    if visible(name) != name:
        remarks.add("AS6232", row.at(column), name=name)
    return name


def scalar(row: Row, column: str, unit: Unit, places: int | None, remarks: Remarks, *, of: str = "") -> Datum | None:
    """The value of a cell; nothing where the cell is empty or wrong. `of`: the thing that a number speaks of, among
    other things in its column."""
    held = row.held.get(column)
    if held is None:
        return None
    if isinstance(held, Value):
        reading, cell = read_value(held, unit, places), held.cell
    else:
        reading, cell = read_plain(held, unit, places, row.cell.sheet != ""), row.at(column)
        if reading.remarks:  # which tell the place
            reading = read_value(as_value(held, cell), unit, places)
    if of and places is None and unit in RATES and (number := bare_number(held)):
        remarks.rates.saw(of, cell, number)
    if reading.remarks:
        _tell(reading, cell, remarks)
    return None if isinstance(reading.value, Missing) else Datum(reading.value, cell)


def weight(row: Row, remarks: Remarks) -> Datum | None:
    value = row.get("weight")
    if value is None:
        return None
    reading = read_weight(value)
    _tell(reading, value.cell, remarks)
    return None if isinstance(reading.value, Missing) else Datum(reading.value, value.cell)


def _tell(reading: Reading, cell: Cell, remarks: Remarks) -> None:
    for remark in reading.remarks:
        if remark.code == "AS6103":
            remarks.gather((remark.code, cell.file, cell.sheet, cell.column), remark)
        else:
            remarks.keep(remark)


@define
class Calendar:
    """Which rows of a table are of the assessed period. Rows without a period are."""

    period: Period
    remarks: Remarks
    _read: dict[str, Period | None] = field(factory=dict)
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
        if text not in self._read:  # of many rows there are few years
            self._read[text] = read_period(text)
        period = self._read[text]
        if period is None:
            self.remarks.add("AS6222", row.at("period"), text=text)
        return period

    def told(self) -> None:
        """Tells once for each table and period how many rows were left out."""
        for (_, period), (first, count) in self._others.items():
            self.remarks.add("AS6220", first, period=period, count=str(count), assessed=str(self.period))
