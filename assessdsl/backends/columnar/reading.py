"""Columns of a frame as whole numbers: the one module that knows frames (through narwhals).

Nothing is taken for what it is not. A decimal is a whole number of its places. A binary floating-point number is taken
where the policy declares decimal places and it is the nearest to a decimal with so many; else it is refused. What a
library has no type of its own for, and texts, are read as in the tables (see cellwise.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, Final, Literal, cast

import narwhals as nw
import numpy as np
from attrs import evolve

from assessdsl.backends.columnar.cellwise import (
    BAR,
    LONGEST,
    PERIOD,
    Coded,
    categories,
    coded,
    filled,
    is_tidy,
    is_tidy_text,
    named,
    numbered,
    read_cells,
    unseen,
)
from assessdsl.backends.columnar.column import Array, Column, Read, Unreadable
from assessdsl.backends.columnar.inputs import Key
from assessdsl.backends.columnar.nodes import EXACT
from assessdsl.backends.columnar.parquet import plain, usual
from assessdsl.data.columns import trimmed
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import Diagnostic
from assessdsl.quantity import Unit
from assessdsl.source import Cell

_DAY_NOUGHT: Final = date(1970, 1, 1).toordinal()
_FIRST_DAY, _LAST_DAY = date.min.toordinal(), date.max.toordinal()
_SHORT: Final = 1 << 24  # below it, numbers of 32 bits hold whole numbers
_CATEGORIES: Final = (nw.Categorical, nw.Enum)
_TEXTS: Final = (nw.String, *_CATEGORIES)
_NAMES: Final = (nw.String, nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32, nw.UInt64)
_NAME: Final = Key("text", Unit.TEXT, None)

Frame = nw.DataFrame[Any]


def frame_of(given: Any) -> Frame:
    """The frame of what pandas, Polars, Arrow or DuckDB hold, or of an Arrow stream. Raises TypeError if it is none,
    Unreadable if its columns do not each have a name of their own."""
    frame: Any
    try:
        frame = nw.from_native(given)
        frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    except nw.exceptions.DuplicateError:
        twice = named_twice(list(getattr(given, "column_names", None) or given.columns))
        if twice is None:
            raise
        raise twice from None
    except TypeError:
        if not hasattr(given, "__arrow_c_stream__"):
            raise
        try:
            frame = nw.from_arrow(given, backend="pyarrow")
        except ValueError:
            raise TypeError(f"a frame has columns, and {type(given).__name__} is none") from None
    for name in frame.columns:
        if not isinstance(name, str):  # as pandas has them
            raise Unreadable("AS5303", name=str(name), suggestion="")
    found: Frame = nw.from_native(plain(frame.to_native())) if frame.implementation.is_pyarrow() else frame
    return found


def named_twice(names: Sequence[Any]) -> Unreadable | None:
    """What is wrong with names of which two are one."""
    first: dict[Any, int] = {}
    for number, name in enumerate(names, 1):
        if first.setdefault(name, number) != number:
            return Unreadable("AS6017", heading=str(name), first=f"#{first[name]}")
    return None


def read(
    frame: Frame, keys: Mapping[str, tuple[str, Key]], table: str = "frame"
) -> tuple[dict[str, Read], list[Diagnostic]]:
    """The columns by their keys, and what is wrong with them. `table`: what the frame is called where it is."""
    found: dict[str, Read] = {}
    remarks = Remarks()
    polars = {one.name: one for one in frame.to_native().get_columns()} if frame.implementation.is_polars() else {}
    for name, (key, what) in keys.items():
        quickly = _plain(polars[name], what) if polars else None
        if quickly is not None:
            found[key] = quickly
            continue
        at = Cell(table, 0, name)
        try:
            found[key] = _column(_series(frame, name), what, at, remarks)
        except Unreadable as error:
            arguments = {"name": name, **error.arguments}
            cell = evolve(at, row=error.row) if error.row else None
            remarks.keep(Diagnostic(error.code, arguments=arguments, cell=cell))
    return found, remarks.found


def _plain(series: Any, key: Key) -> Read | None:
    """What needs no looking at: whole numbers without gaps, as Polars holds them. Of few rows, all else is slow."""
    if key.kind != "number" or key is PERIOD or series.null_count() or not len(series):
        return None
    dtype = series.dtype
    return Read(Column(series.to_numpy())) if dtype.is_signed_integer() and str(dtype) != "Int128" else None


def _series(frame: Frame, name: str) -> nw.Series[Any]:
    """A column; what pandas holds in Arrow's memory, as Arrow does."""
    series = frame.get_column(name)
    native = series.to_native()
    if frame.implementation.is_pandas_like() and hasattr(native.dtype, "pyarrow_dtype"):
        return nw.from_native(usual(native.array.__arrow_array__()), series_only=True)
    return series


def _column(series: nw.Series[Any], key: Key, at: Cell, remarks: Remarks) -> Read:
    dtype = series.dtype
    if dtype == nw.Object or (dtype in _CATEGORIES and not series.implementation.is_polars()) or _is_long(series):
        return read_cells(_coded(series), key, at, remarks)
    if series.null_count() == len(series):
        return Read(Column(np.zeros(len(series), np.int64), np.ones(len(series), np.bool_)))
    if key.kind == "text" and dtype in (nw.Date, nw.Datetime):
        return read_cells(_coded_days(series), key, at, remarks)
    if dtype in _TEXTS:
        try:
            texts = _texts(series)
        except UnicodeEncodeError:  # halves of characters, which Python's own texts may have
            return read_cells(_coded(series), key, at, remarks)
        except UnicodeDecodeError:
            raise _unlike(series, "texts in UTF-8", "UTF-8 文本") from None
        return texts if key.kind == "text" else read_cells(numbered(texts.column, texts.words), key, at, remarks)
    match key.kind:
        case "number":
            numbers = _numbers(series, key, at, remarks)
            return _years(numbers, at, remarks) if key is PERIOD else numbers
        case "truth":
            return _truths(series, key, at, remarks)
        case "day":
            return _days(series)
        case "text":
            if not (dtype.is_numeric() or dtype == nw.Boolean):
                raise _unlike(series, "texts", "文本")
            return read_cells(_coded(series), key, at, remarks)


def _unlike(series: nw.Series[Any], en: str, zh: str) -> Unreadable:
    held = series.dtype if series.dtype != nw.Unknown else getattr(series.to_native(), "type", series.dtype)
    return Unreadable("AS5415", held=str(held), wanted_en=en, wanted_zh=zh)


def _is_long(series: nw.Series[Any]) -> bool:
    """Whether it holds decimals of which narwhals does not know."""
    return series.dtype == nw.Unknown and str(getattr(series.to_native(), "type", "")).startswith("decimal")


def _coded(series: nw.Series[Any]) -> Coded:
    native = series.to_native()
    if series.dtype in _CATEGORIES and hasattr(native, "cat"):  # of pandas
        values, numbers = native.cat.categories.tolist(), native.cat.codes.to_numpy().astype(np.int64)
        used = np.unique(numbers[numbers >= 0])
        found = np.where(numbers < 0, -1, np.searchsorted(used, numbers))
        return Coded([values[number] for number in used.tolist()], found)
    return coded(series.to_list())


def _coded_days(series: nw.Series[Any]) -> Coded:
    days = _days(series).column
    there = ~days.absent()
    known = np.unique(days.data[there])
    return Coded(list(map(date.fromordinal, known.tolist())), np.where(there, np.searchsorted(known, days.data), -1))


def _truths(series: nw.Series[Any], key: Key, at: Cell, remarks: Remarks) -> Read:
    if series.dtype == nw.Boolean:
        given, gaps = filled(series, False)
        return Read(Column(given.astype(np.bool_, copy=False), gaps))
    if series.dtype.is_numeric():
        return read_cells(_coded(series), key, at, remarks)
    raise _unlike(series, "yes/no", "是否值")


def _days(series: nw.Series[Any]) -> Read:
    """Days by their numbers; of moments the day that a clock there showed."""
    missing = series.is_null().to_numpy().astype(np.bool_)
    if series.dtype not in (nw.Date, nw.Datetime):
        raise _unlike(series, "dates", "日期")
    zone = series.dtype.time_zone if isinstance(series.dtype, nw.Datetime) else None
    values = (series if zone is None else series.dt.replace_time_zone(None)).to_numpy()
    days = values.astype("datetime64[D]").view(np.int64) + _DAY_NOUGHT
    days = np.where(missing, _FIRST_DAY, days) if missing.any() else days
    beyond = (days < _FIRST_DAY) | (days > _LAST_DAY)
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        wanted = {"wanted_en": "dates of the years 1 to 9999", "wanted_zh": "公元 1 年至 9999 年的日期"}
        raise Unreadable("AS5415", row + 1, held=str((days[row] - _DAY_NOUGHT).astype("datetime64[D]")), **wanted)
    return Read(Column(days, missing if missing.any() else None))


# ---------------------------------------------------------------- numbers


def _numbers(series: nw.Series[Any], key: Key, at: Cell, remarks: Remarks) -> Read:
    if series.dtype.is_integer():
        if series.dtype in (nw.Int128, nw.UInt128):
            series = _of_64_bits(series)
        data, missing = filled(series, 0)
        if data.dtype == np.uint64 and data.max(initial=0) >= 1 << 63:
            raise Unreadable("AS5416", int(np.flatnonzero(data >= 1 << 63)[0]) + 1, digits=str(LONGEST))
        return Read(Column(data, missing))
    if isinstance(series.dtype, nw.Decimal):
        return _decimals(series, key)
    if series.dtype.is_float():
        return _floats(series, key)
    raise _unlike(series, "whole numbers or decimals", "整数或十进制小数")


def _years(one: Read, at: Cell, remarks: Remarks) -> Read:
    """Of a period."""
    absent = one.column.absent()
    wrong = ~absent & ((one.column.data < 1000) | (one.column.data > 9999))
    for row in np.flatnonzero(wrong).tolist():
        remarks.add("AS6222", evolve(at, row=row + 1), text=str(int(one.column.data[row])))
    return Read(Column(np.where(wrong, 1000, one.column.data).astype(np.int64), absent | wrong))


def _decimals(series: nw.Series[Any], key: Key) -> Read:
    scale = series.dtype.scale if isinstance(series.dtype, nw.Decimal) else 0
    low, high, missing = _words_of_decimals(series)
    if not np.array_equal(high, low >> 63):
        raise Unreadable("AS5416", int(np.flatnonzero(high != low >> 63)[0]) + 1, digits=str(LONGEST))
    places = scale if key.places is None else min(scale, key.places)
    if places < scale:
        step = 10 ** (scale - places)
        low, rest = np.divmod(low, step)
        if rest.any():
            # the number has more places than the policy declares
            raise Unreadable("AS5417", int(np.flatnonzero(rest)[0]) + 1, places=str(places))
    return Read(Column(low, missing), 10**places)


def _words_of_decimals(series: nw.Series[Any]) -> tuple[Array, Array, Array | None]:
    """The low and the high half of 128-bit numbers, and where there is nothing."""
    missing = series.is_null().to_numpy() if series.null_count() else None
    if series.implementation.is_polars():
        # Polars shares numbers of 128 bits by Arrow alone; those that fit into 64 bits it casts
        physical = nw.from_native(series.to_native().to_physical(), series_only=True)
        low = _of_64_bits(physical.fill_null(0)).to_numpy()
        return low, low >> 63, missing
    array = series.to_arrow()
    array = array.combine_chunks() if hasattr(array, "combine_chunks") else array
    halves = np.frombuffer(array.buffers()[1], np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = halves[::2], halves[1::2]
    if missing is not None:  # what stands where there is nothing, nobody knows
        low, high = np.where(missing, 0, low), np.where(missing, 0, high)
    return low, high, missing


def _of_64_bits(series: nw.Series[Any]) -> nw.Series[Any]:
    bound = 1 << 63
    fits = (series < bound).fill_null(True).to_numpy()
    if series.dtype != nw.UInt128:
        fits &= (series >= -bound).fill_null(True).to_numpy()
    if not fits.all():
        raise Unreadable("AS5416", int(np.flatnonzero(~fits)[0]) + 1, digits=str(LONGEST))
    return series.cast(nw.Int64)


def _floats(series: nw.Series[Any], key: Key) -> Read:
    """Without declared places only whole numbers are taken: pandas has such a column where one of them is missing."""
    short = series.dtype == nw.Float32
    data = series.to_numpy().astype(np.float32 if short else np.float64, copy=False)
    missing = series.is_null().to_numpy().astype(np.bool_) | np.isnan(data)
    filled = np.where(missing, 0, data)
    power = np.float64(10 ** (key.places or 0))
    numbers = np.rint(filled * power)
    nearest = (numbers / power).astype(data.dtype)
    fits = (np.abs(numbers) < (_SHORT if short else EXACT) // 2) & (nearest == filled)
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        if key.places is None:
            raise Unreadable("AS5413", row + 1, value=str(data[row]))
        raise Unreadable("AS5414", row + 1, value=str(data[row]), places=str(key.places))
    return Read(Column(numbers.astype(np.int64), missing if missing.any() else None), int(power))


# ---------------------------------------------------------------- texts


def filled_rows(frame: Frame, some: Iterable[Read]) -> Array | None:
    """The rows that hold anything, as tables leave out the others; None for all. `some`: columns that were read."""
    empty = np.ones(len(frame), np.bool_)
    for one in some:
        empty &= one.column.absent()
    rows = np.flatnonzero(empty)
    for name in frame.columns:
        if not len(rows):
            return None
        rows = rows[~there(frame[rows], name)]
    return np.delete(np.arange(len(frame)), rows) if len(rows) else None


def there(frame: Frame, name: str) -> Array:
    """The rows that hold something in a column."""
    series = _series(frame, name)
    if series.dtype in (*_TEXTS, nw.Object):
        columns, _ = read(frame, {name: (name, _NAME)})
        return ~columns[name].column.absent() if name in columns else np.ones(len(frame), np.bool_)
    missing = series.is_null().to_numpy().astype(np.bool_)
    return ~missing & ~np.isnan(series.to_numpy().astype(np.float64)) if series.dtype.is_float() else ~missing


def names_of(frame: Frame) -> tuple[Sequence[Any], list[Diagnostic]]:
    """What the rows are called, and which rows have no name, or that of another."""
    if "entity" not in frame.columns:
        return range(1, len(frame) + 1), []
    series = _series(frame, "entity")
    if series.dtype in _NAMES and not series.null_count() and series.n_unique() == len(series):
        with suppress(UnicodeError):
            known = series.implementation.is_polars() and series.dtype == nw.String
            if known and is_tidy_text(series.to_native().str.join(BAR).item()):
                return cast(Sequence[str], series), []  # it does not change, and most names nobody asks for
            names = series.to_list()
            if series.dtype.is_integer() or is_tidy(names):
                return names, []
            names = list(map(trimmed, names))
            if is_tidy(names) and len(set(names)) == len(names):
                return names, []
    return _names(frame)


def _names(frame: Frame) -> tuple[Sequence[Any], list[Diagnostic]]:
    columns, told = read(frame, {"entity": ("entity", _NAME)})
    if "entity" not in columns:
        return [""] * len(frame), told
    one, absent = columns["entity"], columns["entity"].column.absent().tolist()
    names = ["" if gap else one.words[code] for code, gap in zip(one.column.data.tolist(), absent, strict=True)]
    first: dict[str, int] = {}
    remarks = Remarks()
    for remark in told:
        remarks.keep(remark)
    wrong = {remark.cell.row for remark in told if remark.cell is not None}
    for row, name in enumerate(names, 1):
        at = Cell("frame", row, "entity")
        if not name and row not in wrong:
            remarks.add("AS6214", at, column="entity")
        elif name and first.setdefault(name, row) != row:
            remarks.add("AS6210", at, name=name, first=str(evolve(at, row=first[name])))
    for row, name in unseen(one):
        remarks.add("AS6232", Cell("frame", row + 1, "entity"), name=name)
    return names, remarks.found


def _texts(series: nw.Series[Any]) -> Read:
    if series.implementation.is_polars() and series.dtype in _CATEGORIES:
        return categories(series.to_native())
    words = sorted(series.drop_nulls().unique().to_list())
    codes = series.replace_strict(words, list(range(len(words))), default=None, return_dtype=nw.Int32)
    data, missing = filled(codes, 0)
    return named(Column(data.astype(np.int32, copy=False), missing), words)


# ---------------------------------------------------------------- results


def over(name: str, scale: int) -> str:
    """The name of a column of whole numbers over a scale."""
    return name if scale == 1 else f"{name}_x{scale}"


def written(columns: Mapping[str, Sequence[Any] | Array], backend: Literal["polars", "pandas", "pyarrow"]) -> Any:
    return nw.from_dict(dict(columns), backend=backend).to_native()
