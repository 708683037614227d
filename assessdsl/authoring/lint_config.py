"""What `assessdsl.toml` says about the rules:

[lint]
indicators = 30          # no more for a group
negligible = "1%"        # of the full marks; dominant, bonus likewise

[lint.severity]
label-missing = "off"    # by slug or code: error, warning, note, off
"""

import re
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from attrs import Factory, frozen

from assessdsl.authoring.lint_subject import Limits
from assessdsl.diagnostics import Diagnostic, codes
from assessdsl.limits import LIMITS
from assessdsl.source import Source, Span
from assessdsl.vocabulary import nearest

NAME: Final = "assessdsl.toml"
_SEVERITIES: Final = ("error", "warning", "note", "off")
_SHARES: Final = ("negligible", "dominant", "bonus")
_KEYS: Final = (*_SHARES, "indicators", "severity")
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) *[%％]")


@frozen
class Config:
    """The limits of the rules, and severities by code."""

    limits: Limits = Factory(Limits)
    severity: Mapping[str, str] = Factory(dict)


def find_config(policy: Path) -> Path | None:
    """The file beside the policy, else in the nearest folder above."""
    folder = policy.absolute().parent
    return next((path for above in (folder, *folder.parents) if (path := above / NAME).is_file()), None)


def read_config(path: Path) -> tuple[Config, list[Diagnostic]]:
    """Raises OSError if the file cannot be read."""
    with open(path, "rb") as file:
        data = file.read(LIMITS.file_bytes + 1)
    source = Source(str(path), data[: LIMITS.file_bytes].decode("utf-8", "replace"))
    whole = Span(source, 0, 0)
    try:
        table = tomllib.loads(data.decode("utf-8"), parse_float=str)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        return Config(), [Diagnostic("AS9101", whole, {"problem": str(error)})]
    return _config(table, source)


def _config(table: dict[str, Any], source: Source) -> tuple[Config, list[Diagnostic]]:
    found: list[Diagnostic] = []
    for key in table:
        if key != "lint":
            found.append(_unknown(key, ("lint",), source))
    shares, indicators, severity = dict[str, Fraction](), None, dict[str, str]()
    lint = table.get("lint", {})
    for key, value in (lint if isinstance(lint, dict) else {"lint": lint}).items():
        if key in _SHARES and (share := _share(value)) is not None:
            shares[key] = share
        elif key == "indicators" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            indicators = value
        elif key == "severity" and isinstance(value, dict):
            severity, remarks = _severities(value, source)
            found += remarks
        elif key in _KEYS or key == "lint":
            found.append(Diagnostic("AS9103", _at(key, source), {"key": key, "choices": _choices(key)}))
        else:
            found.append(_unknown(key, _KEYS, source))
    return Config(Limits(**shares, indicators=indicators), severity), found


def _share(value: Any) -> Fraction | None:
    written = _SHARE.fullmatch(value) if isinstance(value, str) else None
    return None if written is None else Fraction(written[1]) / 100


def _choices(key: str) -> str:
    return (
        '"10%"' if key in _SHARES else "30" if key == "indicators" else "[lint]" if key == "lint" else "[lint.severity]"
    )


def _severities(table: dict[str, Any], source: Source) -> tuple[dict[str, str], list[Diagnostic]]:
    severity: dict[str, str] = {}
    found: list[Diagnostic] = []
    for key, value in table.items():
        code = code_of(key)
        if code is None:
            found.append(_unknown(key, names(), source))
        elif codes()[code].severity == "error":
            found.append(Diagnostic("AS9104", _at(key, source), {"code": key}))
        elif value not in _SEVERITIES:
            choices = ", ".join(f'"{name}"' for name in _SEVERITIES)
            found.append(Diagnostic("AS9103", _at(key, source), {"key": key, "choices": choices}))
        else:
            severity[code] = value
    return severity, found


def code_of(name: str) -> str | None:
    """A code by itself or by its slug."""
    if name in codes():
        return name
    return next((code.code for code in codes().values() if code.slug == name), None)


def names() -> tuple[str, ...]:
    """The rules that can be silenced, by code and by slug."""
    rules = [code for code in codes().values() if code.severity != "error"]
    return (*(code.code for code in rules), *(code.slug for code in rules))


def _unknown(key: str, possible: tuple[str, ...], source: Source) -> Diagnostic:
    return Diagnostic("AS9102", _at(key, source), {"key": key, "suggestion": nearest(key, possible) or ""})


def _at(key: str, source: Source) -> Span:
    start = source.text.find(key)
    return Span(source, max(start, 0), start + len(key)) if start >= 0 else Span(source, 0, 0)
