"""A small register for tests: a policy with every rule of the register, two entities, two targets."""

from datetime import date
from typing import Any

import assessdsl
from assessdsl.record import Event, Recorded, Register

POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  group town "Towns"
  fact late_replies count missing zero
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 60 points shared by weight
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
    indicator spending "Spending" {
      points 40 points shared by weight
      unit money
      direction lower
      score control(actual, planned, zero_plan: error)
      missing zero
      absent redistribute
    }
  }
  component penalty "Penalty" as penalty {
    cap 5 points
    indicator warning "Warning" { each 1 point; count all }
    indicator late "Late replies" { score late_replies * 0.5 points }
  }
  rank by total within group ties shared
  tier good "Good" when total >= 60 points
  tier poor "Poor" otherwise
  register {
    consultation required
    freeze 2022-02-28
    require owner, due
    removal forbidden
    addition by "the council", "the mayor"
    coverage county
    cascade sums
    ambition above baseline at most 50%
    adjustment by "the council" until 2022-09-30 for "flood", "drought"
  }
}
"""
T1 = {
    "entity": "east", "indicator": "growth", "planned": "8%", "baseline": "7%", "weight": "1", "owner": "Li",
    "due": "2022-12-31", "tags": "jobs", "required": "yes",
}  # fmt: skip
T2 = {**T1, "entity": "west", "planned": "7.5%"}
S1 = {**T1, "indicator": "spending", "planned": "100", "baseline": "120"}
ENTITIES = [{"entity": "east", "group": "county"}, {"entity": "west", "group": "county"}]


def day(text: str) -> date:
    return date.fromisoformat(text if len(text) == 10 else f"2022-{text}")


def event(kind: str, subject: str = "", on: str = "01-10", **given: Any) -> Event:
    return Event(kind, subject, day(on), given.pop("actor", "office"), **given)


def put(register: Register, kind: str, subject: str = "", on: str = "01-10", **given: Any) -> Recorded:
    """Records what must be accepted."""
    return register.record(event(kind, subject, on, **given), strict=True)


def refused(register: Register, kind: str, subject: str = "", on: str = "01-10", **given: Any) -> list[str]:
    """The codes of the errors for which something is refused."""
    made = register.record(event(kind, subject, on, **given))
    assert not made.accepted
    assert made.entry.event.kind == "attempt"
    return [found.code for found in made.diagnostics if found.is_error]


def begun(policy: str = POLICY, targets: dict[str, dict[str, str]] | None = None, **given: Any) -> Register:
    register = Register.in_memory(policy=assessdsl.loads(policy), **given)
    chosen = {"t1": T1, "t2": T2} if targets is None else targets
    rows = [{"target": name, **columns} for name, columns in chosen.items()]
    register.begin({"entities": ENTITIES, "targets": rows}, valid=day("01-10"), actor="office", strict=True)
    return register


def consulted(register: Register) -> Register:
    for name in ("east", "west"):
        put(register, "consult", name, "01-20")
    put(register, "close_consultation", on="02-10")
    return register


def frozen(**given: Any) -> Register:
    register = consulted(begun(**given))
    put(register, "freeze", on="02-28")
    return register
