"""A policy as its users score it: `assessdsl.evaluate` on a Spark session, beside the exact engine.

`python -m spark.public` runs it alone.
"""

import sys
from collections.abc import Iterator
from typing import Any

import assessdsl
from assessdsl import databases
from assessdsl.result import EntityResult

POLICY = """# language: en
policy towns "Towns" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
  group county "Counties"
  judgement fault "Fault"
  component base "Base" {
    points 80 points
    indicator growth "Growth" {
      points 80 points
      unit percent to 1 places
      gate low "Below 60 %" when not is_missing(actual) and actual < planned * 60% then zero
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
  component projects "Projects" {
    points 20 points
    indicator project "Project" {
      points 20 points shared by weight
      unit count
      score if actual >= mean(actual, of: group) then 100% else 50%
      missing zero
      absent zero
    }
  }
  rank by total within group ties shared
  tier best "Best" top 40% of group rounded down ties excluded when total >= 60 points
  tier rest "Rest" otherwise
  accountability {
    finding blamed "Blamed" when fault and total < 90 points
  }
}
"""
COUNT = 40


def tables() -> dict[str, list[dict[str, Any]]]:
    """Of some there is no target, of others no report; places are shared."""
    names = [f"e{row}" for row in range(COUNT)]
    grown = [{"target": f"g{row}", "entity": name, "indicator": "growth", "planned": str(row % 9 + 6)}
             for row, name in enumerate(names) if row % 13]  # fmt: skip
    made = [{"target": f"p{row}.{at}", "entity": name, "indicator": "project", "planned": "3", "weight": str(at + 1)}
            for row, name in enumerate(names) for at in range(row % 4)]  # fmt: skip
    reported = [
        {"target": target["target"], "actual": str(row * 7 % 11)}
        for row, target in enumerate([*grown, *made]) if row % 8
    ]  # fmt: skip
    return {
        "entities": [{"entity": name, "group": ("town", "county")[row % 2]} for row, name in enumerate(names)],
        "targets": [*grown, *made],
        "facts": reported,
        "judgements": [{"entity": name, "judgement": "fault", "author": "a", "evidence": "b"} for name in names[::5]],
    }


def differences(spark: Any) -> Iterator[str]:
    """What Spark found otherwise than the exact engine: nothing, if all is well."""
    policy, given = assessdsl.loads(POLICY), tables()
    exact = assessdsl.evaluate(policy, given)
    databases.store(policy, given, spark)
    scores = assessdsl.evaluate(policy, spark, backend="spark")
    if set(scores.entities) != set(exact.entities):
        yield f"entities: {sorted(set(scores.entities) ^ set(exact.entities))}"
    for name in scores.entities:
        wanted, found = outputs(exact.entities[name]), scores.of(name)
        yield from (
            f"{name} {one}: {found.get(one)}, not {wanted[one]}" for one in wanted if found.get(one) != wanted[one]
        )


def outputs(result: EntityResult) -> dict[str, Any]:
    """What the exact engine says of an entity, under the names of the columns."""
    found: dict[str, Any] = {
        "total": result.total.value, "rank": result.rank, "tier": result.tier,
        "finding_blamed": any(one.name == "blamed" for one in result.findings),
    }  # fmt: skip
    for component in result.components.values():
        found[f"component_{component.name}"] = component.score.value
        found |= {f"indicator_{one.name}": one.score.value for one in component.indicators.values()}
    return found


if __name__ == "__main__":
    from spark.__main__ import interpreted

    told = list(differences(interpreted()))
    print("\n".join(told) or f"{COUNT} entities equal")
    sys.exit(bool(told))
