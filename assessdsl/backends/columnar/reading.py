"""Columns of a frame as whole numbers: the one module that knows frames (through narwhals).

Nothing is taken for what it is not. A decimal is a whole number of its places. A binary floating-point number is taken
where the policy declares decimal places and it is the nearest to a decimal with so many; else it is refused.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

import narwhals as nw
import numpy as np
from attrs import frozen

from assessdsl.backends.columnar.column import Array, Column
from assessdsl.backends.columnar.inputs import Key
from assessdsl.backends.columnar.nodes import EXACT
from assessdsl.diagnostics import Diagnostic
from assessdsl.quantity import decimal_places
from assessdsl.source import Cell

_DAY_NOUGHT: Final = date(1970, 1, 1).toordinal()
_PART: Final = 1 << 13  # rows; most categories occur among the first
_FIRST_DAY, _LAST_DAY = date.min.toordinal(), date.max.toordinal()
_SHORT: Final = 1 << 24  # below it, numbers of 32 bits hold whole numbers
_LONGEST: Final = 18  # digits of a decimal that surely fit into 64 bits

Frame = nw.DataFrame[Any]


class Unreadable(Exception):
    """A column that cannot be taken for what the policy wants."""

    def __init__(self, code: str, row: int = 0, **arguments: str) -> None:
        super().__init__(code)
        self.code, self.row, self.arguments = code, row, arguments


@frozen(eq=False)
class Read:
    """A column, over `scale`; of text, its words by their numbers."""

    column: Column
    scale: int = 1
    words: tuple[str, ...] = ()


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
        frame = nw.from_arrow(given, backend="pyarrow")
    for name in frame.columns:
        if not isinstance(name, str):  # as pandas has them
            raise Unreadable("AS5303", name=str(name), suggestion="")
    found: Frame = frame
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
    remarks: list[Diagnostic] = []
    polars = {one.name: one for one in frame.to_native().get_columns()} if frame.implementation.is_polars() else {}
    for name, (key, what) in keys.items():
        try:
            found[key] = _plain(polars.get(name), what) or _column(frame.get_column(name), what)
        except Unreadable as error:
            arguments = {"name": name, **error.arguments}
            cell = Cell(table, error.row, name) if error.row else None
            remarks.append(Diagnostic(error.code, arguments=arguments, cell=cell))
    return found, remarks


def _plain(series: Any, key: Key) -> Read | None:
    """What needs no looking at: whole numbers without gaps, as Polars holds them. Of few rows, all else is slow."""
    if key.kind != "number" or series is None or not series.dtype.is_signed_integer() or str(series.dtype) == "Int128":
        return None
    return None if series.null_count() or not len(series) else Read(Column(series.to_numpy()))


def _column(series: nw.Series[Any], key: Key) -> Read:
    if series.null_count() == len(series):
        return Read(Column(np.zeros(len(series), np.int64), np.ones(len(series), np.bool_)))
    match key.kind:
        case "number":
            return _numbers(series, key)
        case "truth":
            return _truths(series)
        case "day":
            return _days(series)
        case "text":
            return _texts(series)


def _unlike(series: nw.Series[Any], en: str, zh: str) -> Unreadable:
    held = series.dtype if series.dtype != nw.Unknown else getattr(series.to_native(), "type", series.dtype)
    return Unreadable("AS5415", held=str(held), wanted_en=en, wanted_zh=zh)


def _python(series: nw.Series[Any]) -> tuple[list[Any], Array]:
    """Python's own values as pandas has them, with None for whatever it takes for nothing; and where that is."""
    missing = series.is_null().to_numpy().astype(np.bool_)
    return [None if gap else one for one, gap in zip(series.to_list(), missing.tolist(), strict=True)], missing


def _truths(series: nw.Series[Any]) -> Read:
    if series.dtype == nw.Object:
        given, missing = _python(series)
        if all(one is None or isinstance(one, bool | np.bool_) for one in given):
            return Read(Column(np.array(given, np.bool_), missing if missing.any() else None))
    if series.dtype != nw.Boolean:
        raise _unlike(series, "yes/no", "是否值")
    filled, gaps = _filled(series, False)
    return Read(Column(filled.astype(np.bool_, copy=False), gaps))


def _days(series: nw.Series[Any]) -> Read:
    """Days by their numbers; of moments the day that a clock there showed."""
    missing = series.is_null().to_numpy().astype(np.bool_)
    if series.dtype == nw.Datetime:
        naive = series if series.dtype.time_zone is None else series.dt.replace_time_zone(None)  # type: ignore[attr-defined]
        values = naive.to_numpy()
    elif series.dtype in (nw.Date, nw.Object):
        values = series.to_numpy()
    else:
        raise _unlike(series, "dates", "日期")
    if values.dtype == np.object_:
        given, missing = _python(series)
        if not all(one is None or isinstance(one, date) for one in given):
            raise _unlike(series, "dates", "日期")
        days = np.array([0 if one is None else one.toordinal() for one in given], np.int64)
    else:
        days = values.astype("datetime64[D]").view(np.int64) + _DAY_NOUGHT
    days = np.where(missing, _FIRST_DAY, days) if missing.any() else days
    beyond = (days < _FIRST_DAY) | (days > _LAST_DAY)
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        wanted = {"wanted_en": "dates of the years 1 to 9999", "wanted_zh": "公元 1 年至 9999 年的日期"}
        raise Unreadable("AS5415", row + 1, held=str((days[row] - _DAY_NOUGHT).astype("datetime64[D]")), **wanted)
    return Read(Column(days, missing if missing.any() else None))


def _filled(series: Any, filler: Any) -> tuple[Array, Array | None]:
    """The values with something where there is nothing, and where that is."""
    if not series.null_count():
        return series.to_numpy(), None
    return series.fill_null(filler).to_numpy(), series.is_null().to_numpy()


# ---------------------------------------------------------------- numbers


def _numbers(series: nw.Series[Any], key: Key) -> Read:
    if series.dtype == nw.Object:
        return _objects(series, key)
    if series.dtype.is_integer():
        if series.dtype in (nw.Int128, nw.UInt128):
            series = _of_64_bits(series)
        data, missing = _filled(series, 0)
        if data.dtype == np.uint64 and data.max(initial=0) >= 1 << 63:
            raise Unreadable("AS5416", int(np.flatnonzero(data >= 1 << 63)[0]) + 1, digits=str(_LONGEST))
        return Read(Column(data, missing))
    if isinstance(series.dtype, nw.Decimal):
        return _decimals(series, key)
    if series.dtype.is_float():
        return _floats(series, key)
    raise _unlike(series, "whole numbers or decimals", "整数或十进制小数")


def _decimals(series: nw.Series[Any], key: Key) -> Read:
    scale = series.dtype.scale if isinstance(series.dtype, nw.Decimal) else 0
    low, high, missing = _words_of_decimals(series)
    if not np.array_equal(high, low >> 63):
        raise Unreadable("AS5416", int(np.flatnonzero(high != low >> 63)[0]) + 1, digits=str(_LONGEST))
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
    fits = ((series < bound) & (series >= -bound)).fill_null(True).to_numpy()
    if not fits.all():
        raise Unreadable("AS5416", int(np.flatnonzero(~fits)[0]) + 1, digits=str(_LONGEST))
    return series.cast(nw.Int64)


def _objects(series: nw.Series[Any], key: Key) -> Read:
    """Python's own decimals and whole numbers, as pandas has them."""
    given, missing = _python(series)
    there = [one for one in given if one is not None]
    if not all(type(one) in (int, Decimal) for one in there):
        raise _unlike(series, "whole numbers or decimals", "整数或十进制小数")
    for row, one in enumerate(given, 1):
        if isinstance(one, Decimal) and not one.is_finite():
            raise Unreadable("AS5414", row, value=str(one), places=str(key.places or 0))
    exact = [Fraction(0) if one is None else Fraction(one) for one in given]
    each = [decimal_places(one) or 0 for one in exact]
    places = max(each, default=0)
    if key.places is not None and places > key.places:
        row = next(row for row, own in enumerate(each, 1) if own > key.places)
        raise Unreadable("AS5417", row, places=str(key.places))
    numbers = [int(one * 10**places) for one in exact]
    for row, number in enumerate(numbers, 1):
        if max(abs(number), 10**places) >= 1 << 63:
            raise Unreadable("AS5416", row, digits=str(_LONGEST))
    return Read(Column(np.array(numbers, np.int64), missing if missing.any() else None), 10**places)


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


def names_of(frame: Frame) -> tuple[Sequence[Any], list[Diagnostic]]:
    """What the rows are called, and which rows have no name, or that of another."""
    if "entity" not in frame.columns:
        return range(1, len(frame) + 1), []
    series = frame["entity"]
    names = series.to_list()
    first: dict[str, int] = {}
    remarks: list[Diagnostic] = []
    doubtful = series.null_count() or series.n_unique() < len(names) or series.dtype == nw.Object
    if doubtful or "" in names:
        gaps = series.is_null().to_list()
        for row, (name, gap) in enumerate(zip(names, gaps, strict=True), 1):
            cell = Cell("frame", row, "entity")
            if gap or name == "":
                remarks.append(Diagnostic("AS6214", arguments={"column": "entity"}, cell=cell))
            elif first.setdefault(str(name), row) != row:
                told = {"name": str(name), "first": str(Cell("frame", first[str(name)], "entity"))}
                remarks.append(Diagnostic("AS6210", arguments=told, cell=cell))
    return names, remarks


def _texts(series: nw.Series[Any]) -> Read:
    if series.implementation.is_polars() and series.dtype in (nw.Categorical, nw.Enum):
        return _categories(series.to_native())
    words = sorted(str(word) for word in series.cast(nw.String).drop_nulls().unique().to_list())
    codes = series.cast(nw.String).replace_strict(words, list(range(len(words))), default=None, return_dtype=nw.Int32)
    data, missing = _filled(codes, 0)
    return Read(Column(data.astype(np.int32, copy=False), missing), words=tuple(words))


def _categories(native: Any) -> Read:
    """Texts that Polars holds as numbers already: only the numbers that occur are looked up."""
    data, missing = _filled(native.to_physical(), 0)
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
        return Read(Column(data, missing), words=tuple(words))
    order = sorted(range(len(words)), key=words.__getitem__)
    code = np.zeros(len(last), np.min_scalar_type(len(words)))
    code[numbers[order]] = range(len(words))
    return Read(Column(code[data], missing), words=tuple(words[number] for number in order))


# ---------------------------------------------------------------- results


def over(name: str, scale: int) -> str:
    """The name of a column of whole numbers over a scale."""
    return name if scale == 1 else f"{name}_x{scale}"


def written(columns: Mapping[str, Sequence[Any] | Array], backend: Literal["polars", "pandas", "pyarrow"]) -> Any:
    return nw.from_dict(dict(columns), backend=backend).to_native()
