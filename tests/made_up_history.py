"""A small city over several years, for the tests of what is remembered of results."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import assessdsl
from assessdsl.record.event import Entry, Event
from assessdsl.result import Result

POLICY = """\
# language: en
policy city "City" {
  period 2022
  full 100 points
  rounding half_up to 1 places of total
  group county "Counties"
  group bureau "Bureaus"
  fact score number "Score" missing error
  fact accidents count "Accidents" missing zero
  fact leader text "Leader" missing undetermined
  judgement idle "Idle", fault "Fault"
  component work "Work" {
    points 100 points
    indicator level "Level" { points 60 points; score score * 1% }
    indicator road "Roads" {
      points 40 points shared by count
      unit number
      score attainment(actual, planned, zero_plan: error)
      missing zero; absent redistribute
    }
  }
  gate safety "Safety" when accidents > 0 then tier at most good
  eligible active "Active" when not idle
  rank by total within group ties shared
  tier excellent "Excellent" top 1 of group ties excluded vetoed skipped when total >= 60 points
  tier good "Good" when total >= 50 points
  tier poor "Poor" otherwise
  accountability {
    appeal within 15 days
    finding explain "To explain" when any(required targets, not met) within 10 days
    finding serious "Serious" when count(required targets, not met) >= 2 within 5 days
    finding handled "Handled" when streak(in_bottom(1, of: group, ties: included), years: 2) and idle within 30 days
    finding same "Same leader" when streak(in_bottom(1, of: group, ties: included), years: 2) and
      leader == previous(leader)
    finding referred "Referred" when fault
  }
}
"""


def policy(period: int = 2022, text: str = POLICY) -> assessdsl.Policy:
    return assessdsl.loads(text.replace("period 2022", f"period {period}"))


ENTITIES = [
    {"entity": "ash", "group": "county", "score": 90},
    {"entity": "birch", "group": "county", "score": 80},
    {"entity": "cedar", "group": "county", "score": 30},
    {"entity": "mint", "group": "bureau", "score": 70},
]


def tables(entities: Iterable[Mapping[str, Any]] = (), **more: list[dict[str, Any]]) -> dict[str, Any]:
    """The four entities, some of them with other facts, and further tables."""
    changes = {str(row["entity"]): row for row in entities}
    held = [{**row, **changes.pop(str(row["entity"]), {})} for row in ENTITIES]
    return {"entities": [*held, *changes.values()], **more}


def result(period: int = 2022, entities: Iterable[Mapping[str, Any]] = (), **more: list[dict[str, Any]]) -> Result:
    return assessdsl.evaluate(policy(period), tables(entities, **more))


def entries(*events: Event) -> tuple[Entry, ...]:
    moment = datetime(2023, 1, 1, tzinfo=UTC)
    return tuple(Entry(index, moment, event) for index, event in enumerate(events))


def event(kind: str, subject: str, day: str, **more: Any) -> Event:
    authority, reason, evidence = more.pop("authority", ""), more.pop("reason", ""), more.pop("evidence", ())
    key = more.pop("key", f"{kind}-{subject}-{day}")
    return Event(kind, subject, date.fromisoformat(day), "office", key, more, authority, reason, evidence)
