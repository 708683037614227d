"""Rows in batches, from Parquet, Arrow streams and lazy frames, and results into Parquet: the one module that knows
pyarrow (extra `parquet`)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from attrs import define, field

from assessdsl.backends.columnar.vectors import Array

ROWS: Final = 1 << 16  # of a batch: some tens of MB


def _arrow() -> Any:
    try:
        import pyarrow as arrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            f"batches are read and written with pyarrow: pip install 'assessdsl[parquet]' ({error})"
        ) from error
    return arrow


def batches(source: Any, folder: Path) -> tuple[Iterator[Any], int | None]:
    """The rows of a Parquet file, a lazy Polars frame or whatever gives an Arrow stream, in tables of some size; and
    how many rows there are, if that is known before. `folder`: for what must be written meanwhile.

    Raises TypeError where the source is none of these, OSError where it cannot be read.
    """
    arrow = _arrow()
    if isinstance(source, str | os.PathLike):
        file = arrow.parquet.ParquetFile(source)
        given = (  # of all row groups at once, Arrow keeps each that was read until the last
            batch
            for number in range(file.num_row_groups)
            for batch in file.iter_batches(batch_size=ROWS, row_groups=[number])
        )
        return _even(arrow, given), file.metadata.num_rows
    if hasattr(source, "sink_parquet"):
        source.sink_parquet(folder / "source.parquet")
        return batches(folder / "source.parquet", folder)
    if hasattr(source, "__arrow_c_stream__"):
        return _even(arrow, arrow.RecordBatchReader.from_stream(source)), None
    raise TypeError(
        f"rows in batches come from a Parquet file, an Arrow stream or a lazy frame, not from {source!r:.80}"
    )


def _even(arrow: Any, given: Iterator[Any]) -> Iterator[Any]:
    """Tables of about as many rows, whatever the sizes of the batches."""
    waiting: list[Any] = []
    for batch in given:
        for start in range(0, batch.num_rows, ROWS):
            waiting.append(batch.slice(start, ROWS))
            if sum(one.num_rows for one in waiting) >= ROWS:
                yield arrow.Table.from_batches(waiting)
                waiting = []
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
