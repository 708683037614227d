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

from assessdsl.backends.columnar.inputs import Key
from assessdsl.backends.columnar.program import EXACT
from assessdsl.backends.columnar.vectors import Array, Column
from assessdsl.diagnostics import Diagnostic
from assessdsl.quantity import decimal_places
from assessdsl.source import Cell

_DAY_NOUGHT: Final = date(1970, 1, 1).toordinal()
_PART: Final = 1 << 15  # rows
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
    """The frame of what pandas, Polars, Arrow or DuckDB hold. Raises TypeError if it is none."""
    frame = nw.from_native(given)
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame


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
    if key.kind != "number" or series is None or not series.dtype.is_signed_integer():
        return None
    return None if series.null_count() or not len(series) else Read(Column(series.to_numpy()))


def _column(series: nw.Series[Any], key: Key) -> Read:
    if series.null_count() == len(series):
        return Read(Column(np.zeros(len(series), np.int64), np.ones(len(series), np.bool_)))
    match key.kind:
        case "number":
            return _numbers(series, key)
        case "truth":
            if series.dtype != nw.Boolean:
                raise _unlike(series, "yes/no", "是否值")
            filled, missing = _filled(series, False)
            return Read(Column(filled.astype(np.bool_, copy=False), missing))
        case "day":
            if series.dtype not in (nw.Date, nw.Datetime):
                raise _unlike(series, "dates", "日期")
            days = series.cast(nw.Date).to_numpy().astype("datetime64[D]")
            missing = np.isnat(days)
            return Read(Column(days.view(np.int64) + _DAY_NOUGHT, missing if missing.any() else None))
        case "text":
            return _texts(series)


def _unlike(series: nw.Series[Any], en: str, zh: str) -> Unreadable:
    return Unreadable("AS5415", held=str(series.dtype), wanted_en=en, wanted_zh=zh)


def _filled(series: nw.Series[Any], filler: Any) -> tuple[Array, Array | None]:
    """The values with something where there is nothing, and where that is."""
    if not series.null_count():
        return series.to_numpy(), None
    return series.fill_null(filler).to_numpy(), series.is_null().to_numpy()


# ---------------------------------------------------------------- numbers


def _numbers(series: nw.Series[Any], key: Key) -> Read:
    if series.dtype == nw.Object:
        return _objects(series, key)
    if series.dtype.is_integer():
        data, missing = _filled(series, 0)
        if data.dtype == np.uint64 and data.max(initial=0) >= 1 << 63:
            raise Unreadable("AS5416", digits=str(_LONGEST))
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
        physical = nw.from_native(series.to_native().to_physical(), series_only=True).fill_null(0)
        bound = 1 << 63
        fits = ((physical < bound) & (physical >= -bound)).to_numpy()
        if not fits.all():
            raise Unreadable("AS5416", int(np.flatnonzero(~fits)[0]) + 1, digits=str(_LONGEST))
        low = physical.cast(nw.Int64).to_numpy()
        return low, low >> 63, missing
    array = series.to_arrow()
    halves = np.frombuffer(array.buffers()[1], np.int64)[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = halves[::2], halves[1::2]
    if missing is not None:  # what stands where there is nothing, nobody knows
        low, high = np.where(missing, 0, low), np.where(missing, 0, high)
    return low, high, missing


def _objects(series: nw.Series[Any], key: Key) -> Read:
    """Python's own decimals and whole numbers, as pandas has them."""
    given = [None if _is_nothing(one) else one for one in series.to_list()]
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
    missing = np.array([one is None for one in given])
    return Read(Column(np.array(numbers, np.int64), missing if missing.any() else None), 10**places)


def _is_nothing(value: Any) -> bool:
    return value is None or (
        value.is_nan() if isinstance(value, Decimal) else value != value
    )  # NaN alone is unlike itself


def _floats(series: nw.Series[Any], key: Key) -> Read:
    if key.places is None:
        raise Unreadable("AS5413")
    data = series.to_numpy().astype(np.float64, copy=False)
    missing = series.is_null().to_numpy() | np.isnan(data)
    filled = np.where(missing, np.float64(0), data)
    power = np.float64(10**key.places)
    numbers = np.rint(filled * power)
    fits = (np.abs(numbers) < EXACT // 2) & (numbers / power == filled)
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        raise Unreadable("AS5414", row + 1, value=str(data[row]), places=str(key.places))
    return Read(Column(numbers.astype(np.int64), missing if missing.any() else None), 10**key.places)


# ---------------------------------------------------------------- texts


def names_of(frame: Frame) -> tuple[Sequence[Any], list[Diagnostic]]:
    """What the rows are called, and which rows have no name, or that of another."""
    if "entity" not in frame.columns:
        return range(1, len(frame) + 1), []
    names = frame["entity"].to_list()
    first: dict[str, int] = {}
    remarks: list[Diagnostic] = []
    if frame["entity"].null_count() or frame["entity"].n_unique() < len(names):
        for row, name in enumerate(names, 1):
            cell = Cell("frame", row, "entity")
            if _is_nothing(name):
                remarks.append(Diagnostic("AS6214", arguments={"column": "entity"}, cell=cell))
            elif first.setdefault(str(name), row) != row:
                told = {"name": str(name), "first": str(Cell("frame", first[str(name)], "entity"))}
                remarks.append(Diagnostic("AS6210", arguments=told, cell=cell))
    return names, remarks


def _texts(series: nw.Series[Any]) -> Read:
    if series.implementation.is_polars() and series.dtype in (nw.Categorical, nw.Enum):
        return _categories(series)
    words = sorted(str(word) for word in series.cast(nw.String).drop_nulls().unique().to_list())
    codes = series.cast(nw.String).replace_strict(words, list(range(len(words))), default=None, return_dtype=nw.Int32)
    data, missing = _filled(codes, 0)
    return Read(Column(data.astype(np.int32, copy=False), missing), words=tuple(words))


def _categories(series: nw.Series[Any]) -> Read:
    """Texts that Polars holds as numbers already: only the numbers that occur are looked up."""
    native = series.to_native()
    data, missing = _filled(nw.from_native(native.to_physical(), series_only=True), 0)
    last = np.full(int(data.max(initial=0)) + 1, -1)  # a row that has it
    for start in range(0, len(data), _PART):
        part = slice(start, min(start + _PART, len(data)))
        rows = np.arange(part.start, part.stop)
        there = slice(None) if missing is None else ~missing[part]
        last[data[part][there]] = rows[there]
        if last.min() >= 0:
            break
    numbers = np.flatnonzero(last >= 0)
    words = nw.from_native(native[last[numbers]], series_only=True).cast(nw.String).to_list()
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
