"""The tables by which targets are followed: milestones, progress and supervision, read into exact values."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Final

from attrs import define, field, frozen

from assessdsl.binding.cells import name_in, scalar, text_in
from assessdsl.data.remarks import Remarks
from assessdsl.facts import Datum, Row
from assessdsl.period import Period
from assessdsl.plan.inputs import IndicatorSchema
from assessdsl.quantity import Unit, add_months, quantity_text
from assessdsl.record.progress import Milestone, Reading
from assessdsl.source import Cell
from assessdsl.vocabulary import vocabulary

KINDS: Final = ("analysis", "bulletin", "inquiry", "inspection", "problem", "exposure", "request")
_SPAN: Final = re.compile(r"([0-9]{4})(?:-(?:([0-9]{1,2})|[Qq]([1-4])))?")


@frozen
class Slot:
    """A month, a quarter or a year in which something is due."""

    name: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def slots(period: Period, months: int) -> tuple[Slot, ...]:
    """The parts of so many months of a year: 1, 3 or 12."""
    return tuple(_slot(period.year, number, months) for number in range(12 // months))


def _slot(year: int, number: int, months: int) -> Slot:
    first = date(year, 1 + number * months, 1)
    last = date.fromordinal(add_months(first, months).toordinal() - 1)
    name = {1: f"{year}-{number + 1:02}", 3: f"{year}-Q{number + 1}", 12: str(year)}[months]
    return Slot(name, first, last)


@frozen
class Supervision:
    """Something that those who follow up did. `of`: a day of the month, quarter or year to which it belongs."""

    kind: str
    on: date
    of: date
    event: str = ""
    leader: str = ""
    area: str = ""
    entity: str = ""
    target: str = ""
    item: str = ""
    on_site: bool = False
    about: str = ""
    cell: Cell | None = field(default=None, eq=False)


@define
class Following:
    """Reads the tables; what is wrong is remarked and left out. `indicators`: those of the targets that are scored;
    `registered`: of every target that was ever registered."""

    indicators: Mapping[str, IndicatorSchema]
    registered: frozenset[str]
    remarks: Remarks

    def milestones(self, rows: Iterable[Row]) -> dict[str, tuple[Milestone, ...]]:
        """Of each target, in the order of their days."""
        found: dict[str, dict[str, Milestone]] = {}
        for row in rows:
            target, name = self._target(row), name_in(row, "milestone", self.remarks)
            due, share = self._needed(row, "due", Unit.DATE), self._needed(row, "share", Unit.SHARE)
            done, accepted = (self._value(row, *one) for one in (("done_on", Unit.DATE), ("accepted", Unit.YES_NO)))
            if not target or not name or due is None or share is None:
                continue
            own = found.setdefault(target, {})
            if name in own:
                self.remarks.add("AS6210", row.at("milestone"), name=f"{target} {name}", first=str(own[name].cell))
                continue
            own[name] = Milestone(
                name,
                _day(due),
                _number(share),
                text_in(row, "standard"),
                None if done is None else _day(done),
                None if accepted is None else accepted.value is True,
                (done or due).cell,
            )
        for target, several in found.items():
            together = sum((each.share for each in several.values()), Fraction(0))
            if together != 1:
                shown = quantity_text(together, Unit.SHARE)
                self.remarks.add("AS7311", next(iter(several.values())).cell, target=target, sum=shown)
        return {
            target: tuple(sorted(found[target].values(), key=lambda each: (each.due, each.name))) for target in found
        }

    def readings(self, rows: Iterable[Row]) -> dict[str, tuple[Reading, ...]]:
        """Of each target, in the order of their days."""
        found: dict[str, dict[date, Reading]] = {}
        for row in rows:
            target, on = self._target(row), self._needed(row, "date", Unit.DATE)
            if not target or on is None:
                continue
            schema = self.indicators.get(target)
            actual = None
            if schema is not None and row.get("actual") is not None:
                actual = scalar(row, "actual", schema.unit, schema.places, self.remarks, of=schema.name)
            share = self._value(row, "share", Unit.SHARE)
            if row.get("actual") is None and row.get("share") is None:
                self.remarks.add("AS7316", row.at("share"))
            own = found.setdefault(target, {})
            if _day(on) in own:
                first = str(own[_day(on)].cell)
                self.remarks.add("AS6210", row.at("date"), name=f"{target} {_day(on)}", first=first)
            elif given := (share or actual):
                reached, done = (None if one is None else _number(one) for one in (actual, share))
                own[_day(on)] = Reading(_day(on), reached, done, given.cell)
        return {target: tuple(own[on] for on in sorted(own)) for target, own in found.items()}

    def supervision(self, rows: Iterable[Row]) -> tuple[Supervision, ...]:
        """In the order of their days."""
        found: list[Supervision] = []
        numbers: dict[str, Cell] = {}
        exposures: list[tuple[Row, str]] = []
        for row in rows:
            kind, on = self._kind(row), self._needed(row, "date", Unit.DATE)
            target = self._target(row) if row.get("target") is not None else ""
            span, event = self._covers(row), text_in(row, "event")
            on_site = self._value(row, "on_site", Unit.YES_NO)
            if event and event in numbers:
                self.remarks.add("AS6210", row.at("event"), name=event, first=str(numbers[event]))
                continue
            if event:
                numbers[event] = row.at("event")
            if not kind or on is None:
                continue
            if kind == "exposure" and row.get("about") is not None:
                exposures.append((row, text_in(row, "about")))
            texts = {column: text_in(row, column) for column in ("leader", "area", "entity", "item", "about")}
            found.append(
                Supervision(
                    kind, _day(on), _day(on) if span is None else span.first, event,
                    target=target, on_site=on_site is not None and on_site.value is True, cell=row.at("kind"), **texts,
                )
            )  # fmt: skip
        problems = tuple(each.event for each in found if each.kind == "problem" and each.event)
        for row, about in exposures:
            if about not in problems:
                suggestion = self.remarks.like("problem", about, problems)
                self.remarks.add("AS7314", row.at("about"), about=about, suggestion=suggestion)
        return tuple(sorted(found, key=lambda each: (each.on, KINDS.index(each.kind), each.event)))

    # ------------------------------------------------------------ cells

    def _target(self, row: Row) -> str:
        name = name_in(row, "target", self.remarks)
        if name and name not in self.registered:
            suggestion = self.remarks.like("target", name, tuple(sorted(self.registered)))
            self.remarks.add("AS7310", row.at("target"), name=name, suggestion=suggestion)
            return ""
        return name

    def _needed(self, row: Row, column: str, unit: Unit) -> Datum | None:
        if row.get(column) is None:
            name_in(row, column, self.remarks)  # which tells that it is empty
            return None
        return scalar(row, column, unit, None, self.remarks)

    def _value(self, row: Row, column: str, unit: Unit) -> Datum | None:
        return scalar(row, column, unit, None, self.remarks)

    def _kind(self, row: Row) -> str:
        text = name_in(row, "kind", self.remarks)
        found = _kinds().get(text)
        if text and found is None:
            choices = ", ".join(f"`{spelling}`" for spelling in _kinds())
            self.remarks.add("AS7312", row.at("kind"), text=text, choices=choices)
        return found or ""

    def _covers(self, row: Row) -> Slot | None:
        text = text_in(row, "covers")
        if not text:
            return None
        found = _SPAN.fullmatch(text)
        year = int(found[1]) if found else 0
        if found is None or not 1 <= year < date.max.year or (found[2] and not 1 <= int(found[2]) <= 12):
            self.remarks.add("AS7313", row.at("covers"), text=text)
            return None
        if found[2]:
            return _slot(year, int(found[2]) - 1, 1)
        return _slot(year, int(found[3]) - 1, 3) if found[3] else _slot(year, 0, 12)


@cache
def _kinds() -> Mapping[str, str]:
    """The kinds by every spelling of their words."""
    found: dict[str, str] = {}
    for id in KINDS:
        word = vocabulary().words.get(("word", id)) or vocabulary().get("name", id)
        found.update(dict.fromkeys(word.spellings, id))
    return found


def _day(datum: Datum) -> date:
    assert isinstance(datum.value, date)
    return datum.value


def _number(datum: Datum) -> Fraction:
    assert isinstance(datum.value, Fraction)
    return datum.value
