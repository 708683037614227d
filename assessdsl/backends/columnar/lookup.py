"""Rows on disk under numbers, and names looked up in far more names than memory holds (extra `parquet`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import numpy as np
from attrs import define, field

from assessdsl.backends.columnar.cellwise import spelled
from assessdsl.backends.columnar.column import Array, Unreadable
from assessdsl.backends.columnar.parquet import usual

NOBODY: Final = -1
_NAME: Final = " name"
_TOGETHER: Final = 1 << 17  # names that are held at once


def _arrow() -> Any:
    import pyarrow as arrow  # see parquet.py, by which whoever comes here was told of it
    import pyarrow.compute

    return arrow


@define(eq=False)
class Sorted:
    """Rows put aside under numbers, and read again number by number, each in the order in which they were put.

    They stand in one file, piece by piece, however many numbers there are: of each piece the place is kept.
    """

    path: Path
    _writer: Any = field(default=None, init=False)
    _file: Any = field(default=None, init=False)
    _reader: Any = field(default=None, init=False)
    _places: dict[int, list[int]] = field(factory=dict, init=False)
    _pieces: int = field(default=0, init=False)

    def put(self, table: Any, numbers: Array) -> None:
        arrow = _arrow()
        if not len(numbers):
            return
        if self._writer is None:
            self._writer = arrow.ipc.new_file(str(self.path), table.schema)
        order = np.argsort(numbers, kind="stable")
        table, numbers = table.take(order).combine_chunks(), numbers[order]
        starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 1)).tolist()
        for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True):
            for batch in table.slice(start, stop - start).to_batches():
                self._writer.write_batch(batch)
                self._places.setdefault(int(numbers[start]), []).append(self._pieces)
                self._pieces += 1

    def close(self) -> None:
        """Ends the writing, or the reading."""
        for one in (self._writer, self._file):
            if one is not None:
                one.close()
        self._writer = self._reader = self._file = None

    def numbers(self) -> list[int]:
        return sorted(self._places)

    def pieces(self, number: int) -> Iterator[Any]:
        arrow = _arrow()
        if self._writer is not None:
            self.close()
        for place in self._places.get(number, ()):
            if self._reader is None:
                self._file = arrow.OSFile(str(self.path))
                self._reader = arrow.ipc.open_file(self._file)
            yield arrow.Table.from_batches([self._reader.get_batch(place)])

    def take(self, number: int) -> Any:
        """All rows of a number; None where there are none."""
        found = list(self.pieces(number))
        return _arrow().concat_tables(found) if found else None


@define(eq=False)
class Names:
    """Names, each with numbers that belong to it: as many as there are, they are looked up some at a time."""

    folder: Path
    what: str  # of which files are named
    count: int  # of names, about
    columns: tuple[str, ...]  # of numbers
    _known: Sorted = field(init=False)

    @_known.default
    def _of_names(self) -> Sorted:
        return Sorted(self.folder / f"{self.what}.names")

    @property
    def _parts(self) -> int:
        return self.count // _TOGETHER + 1

    def put(self, names: Any, numbers: Mapping[str, Array]) -> None:
        """Names in an Arrow array; rows without a name are left out."""
        arrow = _arrow()
        table = arrow.table({"name": texts(names), **numbers})
        table = table.filter(table["name"].is_valid())
        self._known.put(table, self._parts_of(table["name"]))

    def twice(self) -> Iterator[Any]:
        """Of each name that stands more than once, all rows."""
        arrow = _arrow()
        for part in self._known.numbers():
            known = self._known.take(part)
            counted = known["name"].value_counts()
            several = counted.field("values").filter(arrow.compute.greater(counted.field("counts"), 1))
            if len(several):
                yield known.filter(arrow.compute.is_in(known["name"], value_set=several))

    def looked_up(self, tables: Iterable[tuple[Any, Any]], into: str) -> Iterator[tuple[Any, dict[str, Array]]]:
        """Tables, each with the names to look up, in another order of rows: with each, the numbers of the name of each
        row, `NOBODY` where that is not known. `into`: what the file is called in which they wait."""
        waiting = Sorted(self.folder / f"{into}.waiting")
        for table, names in tables:
            names = texts(names)
            waiting.put(table.append_column(_NAME, names), self._parts_of(names))
        for part in waiting.numbers():
            known = self._known.take(part)
            for table in waiting.pieces(part):
                yield table.drop_columns([_NAME]), self._numbers(known, table[_NAME])
        waiting.close()
        waiting.path.unlink(missing_ok=True)

    def _parts_of(self, names: Any) -> Array:
        """Of each name the number of the part in which it is looked up."""
        coded = names.combine_chunks().dictionary_encode()
        of_word = [crc32(word.encode("utf-8", "surrogatepass")) % self._parts for word in coded.dictionary.to_pylist()]
        parts: Array = np.array([*of_word, 0], np.int64)  # the last is for no name
        found: Array = parts[coded.indices.fill_null(len(of_word)).to_numpy()]
        return found

    def _numbers(self, known: Any, names: Any) -> dict[str, Array]:
        arrow = _arrow()
        if known is None:
            return {name: np.full(len(names), NOBODY) for name in self.columns}
        at = arrow.compute.index_in(names, value_set=known["name"], skip_nulls=True).fill_null(NOBODY).to_numpy()
        return {name: np.append(known[name].to_numpy(), NOBODY)[at] for name in self.columns}  # -1 takes the last


def texts(names: Any) -> Any:
    """Names as an Arrow column of texts, without blanks around them. Raises Unreadable where they are none."""
    arrow = _arrow()
    if not isinstance(names, arrow.ChunkedArray):
        names = arrow.chunked_array([arrow.array(names)])
    return spelled_alike(names).cast(arrow.large_string())


def spelled_alike(names: Any) -> Any:
    """An Arrow column of names, each as names are compared; whole numbers as they are. Raises Unreadable."""
    arrow = _arrow()
    names, compute, types = usual(names), arrow.compute, arrow.types
    if types.is_integer(names.type) or types.is_null(names.type):
        return names
    if not (types.is_string(names.type) or types.is_large_string(names.type)):
        return _spelled(names)
    try:
        alike = compute.utf8_trim_whitespace(names)
        if not compute.all(compute.string_is_ascii(alike)).as_py():
            alike = compute.utf8_normalize(alike, "NFC")
    except arrow.ArrowInvalid:
        raise Unreadable("AS5415", held=str(names.type), wanted_en="texts in UTF-8", wanted_zh="UTF-8 文本") from None
    return compute.if_else(compute.equal(compute.binary_length(alike), 0), None, alike)


def _spelled(names: Any) -> Any:
    arrow = _arrow()
    types, kind = arrow.types, names.type
    known = (types.is_decimal, types.is_floating, types.is_boolean, types.is_date, types.is_timestamp)
    if not any(of(kind) for of in known):
        raise Unreadable("AS5415", held=str(kind), wanted_en="texts", wanted_zh="文本")
    return arrow.chunked_array([arrow.array(spelled(names.to_pylist()), arrow.large_string())])


def among(names: Any, words: Sequence[str | None]) -> Array:
    """Which of the texts are among some words."""
    arrow = _arrow()
    known = arrow.array(words, arrow.large_string())
    found: Array = arrow.compute.is_in(names, value_set=known).to_numpy()
    return found
