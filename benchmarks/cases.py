"""Policies and records of any size. The same size gives the same case every time."""

from typing import Any

Records = dict[str, list[dict[str, Any]]]

_HEAD = """\
# language: en
policy benchmark "Benchmark" {{
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" {{
    points 100 points
"""

_TAIL = """\
  }
  rank by total within group ties shared
  tier excellent "Excellent" top 20% of group rounded down ties excluded when total >= 80 points
  tier qualified "Qualified" when total >= 60 points
  tier poor "Poor" otherwise
}
"""

_ONE = """\
    indicator i{number} "Indicator {number}" {{
      points {points} points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }}
"""

_SHARED = """\
    indicator task "Tasks" {
      points 100 points shared by weight
      unit percent to 1 places
      gate completed "Not completed" when not completed or completed_on > due then zero
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
"""


def indicators_policy(count: int) -> str:
    """A policy of so many indicators with one target each. `count` divides 100, or is a multiple of 100."""
    points = f"{100 // count}" if count <= 100 else f"{100 / count}"
    return _HEAD.format() + "".join(_ONE.format(number=number, points=points) for number in range(count)) + _TAIL


def shared_policy() -> str:
    """A policy of one indicator that the targets of an entity share."""
    return _HEAD.format() + _SHARED + _TAIL


def records(entities: int, targets: int, *, shared: bool) -> Records:
    """So many entities with so many targets each; one in seven falls short, one in eleven is late."""
    tables: Records = {"entities": [], "targets": [], "facts": []}
    for entity in range(entities):
        name = f"e{entity:05}"
        tables["entities"].append({"entity": name, "group": "county", "label": name})
        for target in range(targets):
            number = entity * targets + target
            key = {"target": f"{name}-{target:03}", "entity": name, "indicator": "task" if shared else f"i{target}"}
            planned = 50 + number % 37
            actual = planned - number % 7 if number % 3 == 0 else planned + 1
            late = "2022-12-31" if number % 11 == 0 else "2022-11-30"
            tables["targets"].append(
                {**key, "planned": f"{planned}%", "weight": str(1 + number % 3), "due": "2022-12-01"}
            )
            tables["facts"].append({**key, "actual": f"{actual}%", "completed_on": late})
    return tables
