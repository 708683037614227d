"""Plain data as JSON text: in one form only, of which digests are taken, and for people."""

import json
import unicodedata
from typing import Any


def canonical_json(data: Any) -> str:
    """The one text of plain data that digests are taken of, as in RFC 8785: text in normal form C, keys in the order
    of their UTF-16 code units, no blanks. Exact numbers are text already."""
    return json.dumps(_normal(data), ensure_ascii=False, separators=(",", ":"))


def _normal(data: Any) -> Any:
    match data:
        case str():
            return data if data.isascii() else unicodedata.normalize("NFC", data)
        case bool() | int() | None:
            return data
        case list():
            return list(map(_normal, data))
        case dict() if all(map(str.isascii, data)):
            return {key: _normal(data[key]) for key in sorted(data)}
        case dict():
            named = {unicodedata.normalize("NFC", key): value for key, value in data.items()}
            ordered = sorted(named, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return {key: _normal(named[key]) for key in ordered}
        case _:
            raise TypeError(f"{type(data).__name__} is not plain data")


def indented_json(data: Any) -> str:
    """What `json.dumps(…, ensure_ascii=False, indent=2, sort_keys=True)` makes of plain data whose keys are texts, and
    a line's end.

    That hands each piece up through every level of the data, and takes three times as long.
    """
    return _indented(data, "\n") + "\n"


def _indented(data: Any, margin: str) -> str:
    inner = margin + "  "
    match data:
        case dict() if data:
            parts = [f"{inner}{_encoded(key)}: {_indented(data[key], inner)}" for key in sorted(data)]
            return f"{{{','.join(parts)}{margin}}}"
        case list() | tuple() if data:
            return f"[{','.join([inner + _indented(part, inner) for part in data])}{margin}]"
        case _:
            return _encoded(data)


_encoded = json.JSONEncoder(ensure_ascii=False).encode
