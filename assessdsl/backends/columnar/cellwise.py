"""Texts, categories and Python's own objects, read value by value as those of the tables are.

Of many rows few are different: each value is read once. Names, which mostly are, are looked at all together.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import lcm
from numbers import Rational, Real
from typing import Any, Final

import numpy as np
from attrs import evolve, frozen

from assessdsl.backends.columnar.column import Array, Column, Read, Unreadable
from assessdsl.backends.columnar.inputs import HUNDREDTHS, Key
from assessdsl.backends.columnar.nodes import EXACT
from assessdsl.binding.values import Reading, is_share, read_value, read_weight
from assessdsl.data.columns import raw_text, trimmed
from assessdsl.data.records import plain_value
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import Diagnostic
from assessdsl.facts import MISSING, Missing, Value, as_value
from assessdsl.period import read_period
from assessdsl.quantity import Unit, decimal_places
from assessdsl.source import Cell, visible

LONGEST: Final = 18  # digits of a decimal that surely fit into 64 bits
PERIOD: Final = Key("number", Unit.NUMBER, 0, column="period")
_NOTHING: Final = -1
_PART: Final = 1 << 13  # rows; most categories occur among the first
BAR: Final = "|"  # between names, for it is nowhere part of another character


@frozen(eq=False)
class Coded:
    """The different values of a column, and of each row the number of its own, -1 for nothing."""

    values: Sequence[Any]
    numbers: Array


def coded(given: Iterable[Any]) -> Coded:
    numbers: list[int] = []
    known: dict[Any, int] = {}
    values: list[Any] = []
    for one in given:
        if _is_nothing(one):
            numbers.append(_NOTHING)
            continue
        try:
            number = known.setdefault((type(one), one), len(values))
        except TypeError:  # what cannot be looked up is no value of a cell either
            number = len(values)
        if number == len(values):
            values.append(one)
        numbers.append(number)
    return Coded(values, np.array(numbers, np.int64))


def _is_nothing(one: Any) -> bool:
    """What libraries put where there is nothing: None, NA, and what is not equal to itself."""
    if one is None or type(one).__name__ == "NAType":
        return True
    return isinstance(one, date | Real | np.datetime64) and bool(one != one)


# ---------------------------------------------------------------- values


def read_cells(given: Coded, key: Key, at: Cell, remarks: Remarks) -> Read:
    """The column as the tables would have it; what is wrong goes to the remarks, row by row. `at`: its heading.

    Raises Unreadable where columns cannot hold it.
    """
    found: list[Any] = []
    wrong: dict[int, tuple[Diagnostic, ...]] = {}
    shares: set[bool] = set()
    for number, one in enumerate(given.values):
        if key.kind == "number" and key.places is None and _is_binary(one):
            raise Unreadable("AS5413", int(np.argmax(given.numbers == number)) + 1, value=str(one))
        own = Remarks()
        value = _value(one, at, own)
        reading = Reading(MISSING) if value is None else _reading(value, key)
        if value is not None and key.column == "weight":
            shares.add(is_share(value))
        found.append(None if isinstance(reading.value, Missing) else reading.value)
        if told := (*own.found, *reading.remarks):
            wrong[number] = told
    if len(shares) > 1:
        raise Unreadable(
            "AS5415",
            held_en="percentages beside other numbers",
            held_zh="百分数和其他数",
            wanted_en="weights of one kind",
            wanted_zh="同一种权重",
        )
    for row, told in _rows(given, wrong):
        for remark in told:
            remarks.keep(evolve(remark, cell=evolve(at, row=row + 1)))
    if key.kind == "text":
        return _of_words(given, found)
    return _of_numbers(given, found, key)


def _is_binary(one: Any) -> bool:
    """Whether a number is a binary fraction, of which nobody says how many places it has."""
    is_binary = isinstance(one, Real) and not isinstance(one, Rational)
    return is_binary and abs(one) < EXACT and bool(one % 1)


def _value(one: Any, at: Cell, remarks: Remarks) -> Value | None:
    if isinstance(one, str):
        return Value(str(one), at) if one and not one.isspace() else None
    if isinstance(one, np.datetime64):
        one = one.astype("datetime64[us]")
    held = plain_value(one.item() if isinstance(one, np.generic) else one, at, remarks)
    return None if held is None else as_value(held, at)


def _reading(value: Value, key: Key) -> Reading:
    match key.column:
        case "weight":
            return read_weight(value)
        case "period":
            period = read_period(raw_text(value))
            if period is None:
                unread = Diagnostic("AS6222", arguments={"text": raw_text(value)}, cell=value.cell)
                return Reading(MISSING, (unread,))
            return Reading(Fraction(period.year))
        case _ if key.kind == "text":
            return Reading(raw_text(value))
        case _:
            return read_value(value, key.unit, key.places)


def _rows(given: Coded, wrong: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
    """The rows that hold what is wrong, each with what is."""
    if wrong:
        for row in np.flatnonzero(np.isin(given.numbers, list(wrong))).tolist():
            yield row, wrong[int(given.numbers[row])]


def _of_numbers(given: Coded, found: Sequence[Any], key: Key) -> Read:
    """Numbers in their unit, days and yes or no."""
    scale = 1
    if key.kind == "number":
        factor = 100 if key.unit in HUNDREDTHS else 1
        found = [None if one is None else one * factor for one in found]
        places = [decimal_places(one) for one in found if one is not None]
        known = [one for one in places if one is not None]
        scale = 10 ** max(known, default=0)
        if len(known) < len(places):
            scale = lcm(*(one.denominator for one in found if one is not None))
        found = [None if one is None else int(one * scale) for one in found]
        for number, one in enumerate(found):
            if one is not None and max(abs(one), scale) >= 1 << 63:
                raise Unreadable("AS5416", int(np.argmax(given.numbers == number)) + 1, digits=str(LONGEST))
    elif key.kind == "day":
        found = [None if one is None else one.toordinal() for one in found]
    kind = np.bool_ if key.kind == "truth" else np.int64
    absent = np.array([*(one is None for one in found), True])[given.numbers]  # the last is of no value
    filler = 1 if key.kind == "day" else 0
    data: Array = np.array([*(filler if one is None else one for one in found), filler], kind)[given.numbers]
    return Read(Column(data, absent if absent.any() else None), scale)


# ---------------------------------------------------------------- names


def spelled(values: Iterable[Any]) -> list[str | None]:
    """Values as names, None for nothing. Raises Unreadable where one is no value of a cell."""
    remarks, at = Remarks(), Cell("", 0)
    found = [None if _is_nothing(one) else _value(one, at, remarks) for one in values]
    for remark in remarks.found:
        raise Unreadable(remark.code, 0, **remark.arguments)
    return [None if one is None else raw_text(one) for one in found]


def named(column: Column, words: Sequence[str]) -> Read:
    """Texts by their numbers, as names are compared."""
    if is_tidy(words):
        return Read(column, words=tuple(words))
    return _of_words(numbered(column, words), list(map(trimmed, words)))


def numbered(column: Column, words: Sequence[str]) -> Coded:
    numbers = column.data.astype(np.int64)
    return Coded(words, numbers if column.missing is None else np.where(column.missing, _NOTHING, numbers))


def _of_words(given: Coded, found: Sequence[str | None]) -> Read:
    words = sorted({one for one in found if one})
    code = {word: number for number, word in enumerate(words)}
    numbers = np.array([*(code.get(one or "", _NOTHING) for one in found), _NOTHING], np.int32)[given.numbers]
    missing = numbers == _NOTHING
    return Read(Column(np.where(missing, 0, numbers), missing if missing.any() else None), words=tuple(words))


def categories(native: Any) -> Read:
    """Texts that Polars holds as numbers already: only the numbers that occur are looked up."""
    data, missing = filled(native.to_physical(), 0)
    last = np.full(int(data.max(initial=0)) + 1, -1)  # a row that has it
    for start in range(0, len(data), _PART):
        part = slice(start, min(start + _PART, len(data)))
        rows = np.arange(part.start, part.stop)
        there = slice(None) if missing is None else ~missing[part]
        last[data[part][there]] = rows[there]
        if last.min() >= 0:
            break
    numbers = np.flatnonzero(last >= 0)
    words = native[last[numbers]].cast(str).to_list()
    if len(numbers) == len(last):  # its numbers leave none out
        return named(Column(data, missing), words)
    order = sorted(range(len(words)), key=words.__getitem__)
    code = np.zeros(len(last), np.min_scalar_type(len(words)))
    code[numbers[order]] = range(len(words))
    return named(Column(code[data], missing), [words[number] for number in order])


def filled(series: Any, filler: Any) -> tuple[Array, Array | None]:
    """The values with something where there is nothing, and where that is."""
    if not series.null_count():
        return series.to_numpy(), None
    return series.fill_null(filler).to_numpy(), series.is_null().to_numpy()


def is_tidy(words: Sequence[str]) -> bool:
    """Whether texts surely are as names are compared, without blanks around them."""
    return is_tidy_text(BAR.join(words))


def is_tidy_text(names: str) -> bool:
    """The same of names that are joined by bars. They are looked at all together."""
    text = f"{BAR}{names}{BAR}"
    if text.isascii():
        signs = np.frombuffer(text.encode("ascii"), np.uint8)
        if signs.min() < 32 or signs.max() == 127:
            return False
        bars, blanks = signs == ord(BAR), signs == ord(" ")
        return not ((bars[1:] & (bars | blanks)[:-1]).any() or (bars[:-1] & blanks[1:]).any())
    if not text.isprintable() or not unicodedata.is_normalized("NFC", text):
        return False
    return not any(pair in text for pair in ((BAR * 2, f" {BAR}", f"{BAR} ") if " " in text else (BAR * 2,)))


def unseen(one: Read) -> Iterator[tuple[int, str]]:
    """The rows with names that have characters which nobody sees, and the names."""
    wrong = {number: word for number, word in enumerate(one.words) if has_unseen(word)}
    return _rows(numbered(one.column, one.words), wrong)


def has_unseen(name: str) -> bool:
    return not name.isprintable() and visible(name) != name
