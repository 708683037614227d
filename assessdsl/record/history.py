"""What was published of earlier years: results that later years look back on, kept whole and checked when read."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from attrs import evolve, field, frozen

from assessdsl.diagnostics import DataError, Diagnostic
from assessdsl.json_text import canonical_json
from assessdsl.quantity import canonical_text
from assessdsl.result import Result
from assessdsl.source import Cell

_FORMAT: Final = "assessdsl history 1"


def _read_only(mapping: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(mapping))


@frozen
class Standing:
    """How an entity stood in a published result."""

    period: int
    entity: str
    label: str
    group: str
    total: Fraction
    rank: int | None
    tier: str | None
    findings: tuple[str, ...]  # names of those that were raised
    undetermined: tuple[str, ...]  # of those that could not be decided


@frozen
class Published:
    """A result as it was published. `binding`: what it was worked out from, beside the policy: the size and root of a
    register, the digest of the facts. A later version of a year's result says why it takes the place of the one
    before it, which stays."""

    result: str = field(repr=False)  # the canonical text
    digest: str
    policy: str
    fingerprint: str
    period: int
    published: date
    version: int = 1
    reason: str = ""
    binding: Mapping[str, str] = field(factory=dict, converter=_read_only, hash=False)
    standings: Mapping[str, Standing] = field(factory=dict, hash=False, eq=False, repr=False)  # by entity

    def data(self) -> dict[str, Any]:
        """The result as plain data, numbers as `n/d`."""
        return dict(json.loads(self.result))


@frozen
class History:
    """Published results, by year and version."""

    published: tuple[Published, ...] = ()

    def add(
        self, result: Result, published: date, *, reason: str = "", binding: Mapping[str, str] | None = None
    ) -> "History":
        """With a result more. One of a year that has a result already takes its place from its day on, and says why.

        Raises DataError (AS7403) if it does not, if its day is before that of the result which it replaces, or if
        that says the same.
        """
        return self._with(_read_result(result.canonical(), published, 1, reason, binding or {}), result.language)

    def add_file(self, path: str | Path, published: date, *, reason: str = "") -> "History":
        """As `add`, of a result that stands in a file as JSON, alone or bound to a register. Raises OSError if it
        cannot be read, DataError if it holds no result (AS7401) or not the one of its digest (AS7402)."""
        data, name = _json(Path(path).read_bytes(), str(path)), str(path)
        try:
            bound = data.get("binding")
            held = {} if bound is None else {key: str(bound[key]) for key in ("size", "root")}
            text = canonical_json(_canonical(data["result"] if "binding" in data else data))
            found = _read_result(text, published, 1, reason, held)
        except _NO_RESULT:
            raise DataError((_unreadable(name, "result"),)) from None
        if data.get("digest", found.digest) != found.digest:
            arguments = {"period": str(found.period), "version": "1", "digest": str(data["digest"])[:23]}
            raise DataError((Diagnostic("AS7402", arguments=arguments, cell=Cell(name, 1)),))
        return self._with(found, "en")

    def _with(self, found: Published, language: str) -> "History":
        before = self.current(found.period)
        if before is not None:
            if not found.reason or found.published < before.published or before.digest == found.digest:
                arguments = {"period": str(found.period), "published": before.published.isoformat()}
                raise DataError((Diagnostic("AS7403", arguments=arguments),), language)
            found = evolve(found, version=before.version + 1)
        ordered = sorted((*self.published, found), key=lambda one: (one.period, one.version))
        return History(tuple(ordered))

    def current(self, year: int, as_of: date | None = None) -> Published | None:
        """The result of a year that held on a day: the last version that was published by then."""
        found = [one for one in self.published if one.period == year and (as_of is None or one.published <= as_of)]
        return found[-1] if found else None

    def find(self, digest: str) -> Published | None:
        return next((one for one in self.published if one.digest == digest), None)

    @property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({one.period for one in self.published}))

    def of(self, entity: str, as_of: date | None = None) -> tuple[Standing, ...]:
        """What was published under a name, by year. Years in which it was not assessed are not there."""
        current = (self.current(year, as_of) for year in self.years)
        return tuple(one.standings[entity] for one in current if one is not None and entity in one.standings)

    def records(self, before: int | None = None, as_of: date | None = None) -> list[dict[str, Any]]:
        """The rows of the table `history`, for `evaluate`: of the years before one, as they held on a day."""
        rows = []
        for year in self.years:
            current = self.current(year, as_of)
            if current is None or (before is not None and year >= before):
                continue
            rows += [_row(standing) for _, standing in sorted(current.standings.items())]
        return rows

    # ------------------------------------------------------------ files

    def to_json(self) -> str:
        held = [
            {
                "result": one.data(),
                "digest": one.digest,
                "published": one.published.isoformat(),
                "version": one.version,
                "reason": one.reason,
                "binding": dict(one.binding),
            }
            for one in self.published
        ]
        data = {"format": _FORMAT, "published": held}
        return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def save(self, path: str | Path) -> None:
        """Whole or not at all: what stood there stays until the new text is written."""
        new = Path(path).with_name(Path(path).name + ".new")
        new.write_text(self.to_json(), "utf-8")
        new.replace(path)


def load_history(path: str | Path) -> History:
    """The history of a file that `save` wrote. Raises OSError if it cannot be read, DataError with all that is wrong
    with what it holds: AS7401 what is no history, AS7402 a result that is not the one of its digest."""
    return read_history(Path(path).read_bytes(), str(path))


def read_history(text: str | bytes, name: str = "history.json") -> History:
    """As load_history, of a text."""
    data = _json(text, name)
    if data.get("format") != _FORMAT or not isinstance(data.get("published"), list):
        raise DataError((_unreadable(name, f'"format": "{_FORMAT}"'),))
    found: list[Published] = []
    wrong: list[Diagnostic] = []
    for number, held in enumerate(data["published"], 1):
        try:
            one = _read_result(
                canonical_json(held["result"]),
                date.fromisoformat(held["published"]),
                _whole(held["version"]),
                _text(held["reason"]),
                {_text(key): _text(value) for key, value in held["binding"].items()},
            )
            digest = _text(held["digest"])
        except _NO_RESULT:
            wrong.append(_unreadable(name, f"published[{number}]"))
            continue
        if digest != one.digest:
            arguments = {"period": str(one.period), "version": str(one.version), "digest": digest[:23]}
            wrong.append(Diagnostic("AS7402", arguments=arguments, cell=Cell(name, number)))
        found.append(one)
    found.sort(key=lambda one: (one.period, one.version))
    versions: dict[int, int] = {}
    for one in found:
        versions[one.period] = versions.get(one.period, 0) + 1
        if one.version != versions[one.period]:
            wrong.append(_unreadable(name, f"{one.period}: version {one.version}"))
    if wrong:
        raise DataError(tuple(wrong))
    return History(tuple(found))


_NO_RESULT: Final = (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError, RecursionError)


def _canonical(data: Any) -> Any:
    """The data of a result with its numbers as `n/d`, of which digests are taken."""
    match data:
        case dict():
            return {
                name: canonical_text(Fraction(value))
                if name in ("total", "score", "points") and isinstance(value, str)
                else _canonical(value)
                for name, value in data.items()
            }
        case list():
            return list(map(_canonical, data))
        case _:
            return data


def _json(text: str | bytes, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_float=_refused, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise DataError((_unreadable(name, "JSON"),)) from None
    if not isinstance(data, dict):
        raise DataError((_unreadable(name, "{ }"),))
    return data


def _unreadable(name: str, what: str) -> Diagnostic:
    return Diagnostic("AS7401", arguments={"name": name, "what": what})


def _refused(text: str) -> None:
    raise ValueError(f"{text} is not exact")


def _read_result(text: str, published: date, version: int, reason: str, binding: Mapping[str, str]) -> Published:
    """A published result from its canonical text. KeyError, TypeError or ValueError: it is none."""
    data = json.loads(text)
    period = _whole(data["period"])
    one = Published(
        result=text,
        digest="sha256:" + hashlib.sha256(text.encode()).hexdigest(),
        policy=_text(data["policy"]),
        fingerprint=_text(data["fingerprint"]),
        period=period,
        published=published,
        version=version,
        reason=reason,
        binding=binding,
    )
    standings = {_text(name): _standing(period, name, held) for name, held in data["entities"].items()}
    return evolve(one, standings=MappingProxyType(standings))


def _standing(period: int, name: str, held: Mapping[str, Any]) -> Standing:
    return Standing(
        period=period,
        entity=name,
        label=_text(held["label"]),
        group=_text(held["group"]),
        total=Fraction(_text(held["total"])),
        rank=None if held["rank"] is None else _whole(held["rank"]),
        tier=None if held["tier"] is None else _text(held["tier"]),
        findings=_findings(held["findings"], "raised"),
        undetermined=_findings(held["findings"], "undetermined"),
    )


def _findings(held: Iterable[Mapping[str, Any]], status: str) -> tuple[str, ...]:
    return tuple(_text(one["name"]) for one in held if one["status"] == status)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number is wanted")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text is wanted")
    return value


def _row(standing: Standing) -> dict[str, Any]:
    """What is not known stays out of the row."""
    row: dict[str, Any] = {
        "period": str(standing.period),
        "entity": standing.entity,
        "group": standing.group,
        "total": standing.total,
        "rank": standing.rank,
        "tier": standing.tier,
        "findings": "; ".join(standing.findings),
    }
    return {column: value for column, value in row.items() if value not in (None, "")}
