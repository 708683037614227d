"""CSV files: text in UTF-8 or GB18030, and its rows."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from assessdsl.data.columns import Cells, rows_of
from assessdsl.data.remarks import Remarks
from assessdsl.facts import Row
from assessdsl.limits import LIMITS
from assessdsl.source import Cell

# What GB18030 makes of bytes that are no text: nearly every byte sequence is valid in it.
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f\x80-\x9f\ue000-\uf8ff]")


def _decode(data: bytes) -> str | None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text or (encoding == "gb18030" and _NO_TEXT.search(text)) else text
    return None


def read_csv(table: str, name: str, data: bytes, remarks: Remarks) -> tuple[Row, ...]:
    """The rows of a table from the bytes of its file; `name`: how messages call the file."""
    text = _decode(data)
    if text is None:
        remarks.add("AS6012", Cell(name, 1), path=name)
        return ()
    return rows_of(table, Cell(name, 1), _lines(name, text, remarks), remarks, even=True)


def _lines(name: str, text: str, remarks: Remarks) -> Iterator[tuple[int, Cells]]:
    """The lines with their numbers as a spreadsheet counts them: a quoted cell may go over several lines of text."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            texts = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                remarks.add("AS6028", Cell(name, number), limit=str(LIMITS.text_characters))
            else:
                remarks.add("AS6021", Cell(name, number), line=str(reader.line_num))
            return
        yield number, [text if text and not text.isspace() else None for text in texts]
