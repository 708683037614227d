"""Rows in batches, from Parquet, Arrow streams and lazy frames, and results into Parquet: the one module that knows
pyarrow (extra `parquet`)."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import EINVAL, ENOENT
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import define, field, frozen

from assessdsl.backends.columnar.column import Array, Unreadable

ROWS: Final = 1 << 16  # of a batch: some tens of MB


def _arrow() -> Any:
    try:
        import pyarrow as arrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            f"batches are read and written with pyarrow: pip install 'assessdsl[parquet]' ({error})"
        ) from error
    return arrow


@frozen(eq=False)
class Once:
    """Rows that can be read but once, of a stream. `names`: what columns are called here, where that is otherwise."""

    reader: Any
    count: None = None
    names: Mapping[str, str] = field(factory=dict)

    @property
    def columns(self) -> list[str]:
        return _called(self.reader.schema.names, self.names)

    def tables(self, size: int) -> Iterator[Any]:
        """In tables of so many rows."""
        for table in _even(_arrow(), self.reader, size):
            yield table.rename_columns(self.columns)


@frozen(eq=False)
class Stored:
    """Rows that can be read again and again, of a Parquet file. `names`: what columns are called here, where that is
    otherwise."""

    path: Any
    count: int
    schema: Any
    names: Mapping[str, str] = field(factory=dict)

    @property
    def columns(self) -> list[str]:
        return _called(self.schema.names, self.names)

    def tables(self, size: int, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """In tables of so many rows: all columns, or some."""
        arrow = _arrow()
        with _readable(self.path):
            file, there = arrow.parquet.ParquetFile(self.path), {new: old for old, new in self.names.items()}
            if columns is not None:
                columns = [there.get(name, name) for name in columns]
            given = (  # of all row groups at once, Arrow keeps each that was read until the last
                batch
                for number in range(file.num_row_groups)
                for batch in file.iter_batches(batch_size=size, row_groups=[number], columns=columns)
            )
            for table in _even(arrow, given, size):
                yield table.rename_columns(_called(table.column_names, self.names))


def _called(names: Iterable[str], here: Mapping[str, str]) -> list[str]:
    return [here.get(name, name) for name in names]


def opened(source: Any, path: Path) -> Stored | Once:
    """The rows of a Parquet file, a lazy Polars frame or whatever gives an Arrow stream. `path`: where a lazy frame is
    written.

    Raises TypeError where the source is none of these, OSError where it cannot be read.
    """
    arrow = _arrow()
    if isinstance(source, str | os.PathLike):
        with _readable(source):
            file = arrow.parquet.ParquetFile(source)
        return Stored(source, file.metadata.num_rows, file.schema_arrow)
    if hasattr(source, "sink_parquet"):
        source.sink_parquet(path)
        return opened(path, path)
    if hasattr(source, "__arrow_c_stream__"):
        return Once(arrow.RecordBatchReader.from_stream(source))
    raise TypeError(
        f"rows in batches come from a Parquet file, an Arrow stream or a lazy frame, not from {source!r:.80}"
    )


@contextmanager
def _readable(path: Any) -> Iterator[None]:
    """What Arrow cannot make out is a file that cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT), os.fspath(path)) from None
    except _arrow().ArrowInvalid as error:
        raise OSError(EINVAL, f"cannot be read as Parquet: {error}", os.fspath(path)) from None


def whole(path: str | os.PathLike[str]) -> Any:
    """All rows of a Parquet file."""
    with _readable(path):
        return _arrow().parquet.read_table(path)


def stored(found: Stored | Once, path: Path) -> Stored:
    """Rows that can be read again: written to `path` if they could be read but once."""
    if isinstance(found, Stored):
        return found
    arrow = _arrow()
    given = found.reader.schema
    for one in given:
        if arrow.types.is_union(one.type) or arrow.types.is_interval(one.type):  # no file holds them
            raise Unreadable("AS5415", name=one.name, held=str(one.type), wanted_en="values", wanted_zh="单一的值")
    schema = plain(arrow.Table.from_batches([], given).rename_columns(found.columns)).schema
    with arrow.parquet.ParquetWriter(path, schema) as writer:
        for table in found.tables(ROWS):
            writer.write_table(plain(table))
    return Stored(path, arrow.parquet.read_metadata(path).num_rows, schema)


def plain(table: Any) -> Any:
    """The same rows in the usual types."""
    for number, name in enumerate(table.column_names):
        column = table.column(number)
        found = usual(column)
        if found is not column:
            table = table.set_column(number, name, found)
    return table


def usual(column: Any) -> Any:
    """The same values in a type that all of Arrow knows: texts as texts, not as views of them; what is numbered, or
    told but once, row by row; decimals in 128 bits of no less than whole numbers, if these hold them."""
    arrow, types = _arrow(), _arrow().types
    kind = column.type
    if isinstance(kind, arrow.BaseExtensionType):
        return usual(arrow.chunked_array([one.storage for one in column.chunks], kind.storage_type))
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return usual(_row_by_row(column, kind.value_type))
    if types.is_string_view(kind):
        return column.cast(arrow.large_string())
    if types.is_binary_view(kind):
        return column.cast(arrow.large_binary())
    if types.is_date64(kind):
        return column.cast(arrow.date32())
    if types.is_decimal(kind) and (not types.is_decimal128(kind) or kind.scale < 0):
        scale = max(0, kind.scale)
        with suppress(arrow.ArrowInvalid):
            return column.cast(arrow.decimal128(38, min(38, scale)))
        with suppress(arrow.ArrowInvalid):
            return column.cast(arrow.decimal256(76, scale))
    return column


def _row_by_row(column: Any, kind: Any) -> Any:
    arrow = _arrow()
    try:
        return column.cast(kind) if arrow.types.is_dictionary(column.type) else arrow.compute.run_end_decode(column)
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):  # not of every type
        return arrow.chunked_array([arrow.array(column.to_pylist(), kind)])


def _even(arrow: Any, given: Iterable[Any], size: int) -> Iterator[Any]:
    """Tables of as many rows, whatever the sizes of the batches; only the last has fewer."""
    waiting: list[Any] = []
    count = 0
    for batch in given:
        start = 0
        while start < batch.num_rows:
            waiting.append(batch.slice(start, size - count))
            start += waiting[-1].num_rows
            count += waiting[-1].num_rows
            if count == size:
                yield arrow.Table.from_batches(waiting)
                waiting, count = [], 0
                arrow.default_memory_pool().release_unused()
    if waiting:
        yield arrow.Table.from_batches(waiting)


@define(eq=False)
class Spill:
    """Columns put aside on disk, batch by batch, and read again in that order."""

    path: Path
    _writer: Any = field(default=None, init=False)

    def put(self, columns: Mapping[str, Any]) -> None:
        arrow = _arrow()
        batch = arrow.RecordBatch.from_pydict(dict(columns))
        if self._writer is None:
            self._writer = arrow.ipc.new_file(str(self.path), batch.schema)
        self._writer.write_batch(batch)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def read(self) -> Iterator[dict[str, Any]]:
        """Of each batch the columns: arrays, and of names an Arrow array."""
        arrow = _arrow()
        with arrow.OSFile(str(self.path)) as source, arrow.ipc.open_file(source) as reader:
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                yield {
                    name: column if name == "entity" else np.asarray(column)
                    for name, column in zip(batch.schema.names, batch.columns, strict=True)
                }


def names(table: Any, first: int) -> Any:
    """What the rows of a batch are called, as an Arrow array; without names, their numbers."""
    arrow = _arrow()
    if "entity" not in table.column_names:
        return arrow.array(np.arange(first, first + table.num_rows))
    column = table["entity"].combine_chunks()
    if arrow.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.combine_chunks() if isinstance(column, arrow.ChunkedArray) else column


def words(codes: Array, known: Sequence[str]) -> Any:
    """Words by their numbers."""
    arrow = _arrow()
    return arrow.DictionaryArray.from_arrays(
        arrow.array(codes.astype(np.int32)), arrow.array(list(known), arrow.string())
    )


def write(path: Path, given: Iterator[Mapping[str, Any]]) -> None:
    """A Parquet file of the batches: whole, or not there."""
    arrow = _arrow()
    partly = path.with_name(f".{path.name}.{os.getpid()}.partly")
    writer = None
    try:
        for columns in given:
            batch = arrow.RecordBatch.from_pydict(dict(columns))
            if writer is None:
                writer = arrow.parquet.ParquetWriter(partly, batch.schema)
            writer.write_table(arrow.Table.from_batches([batch]))  # `write_batch` would keep a million rows
        assert writer is not None
        writer.close()
        partly.replace(path)
    finally:
        if writer is not None:
            writer.close()
        partly.unlink(missing_ok=True)
