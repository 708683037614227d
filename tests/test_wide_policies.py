"""Of very wide policies, with hundreds of indicators for tens of groups: the work grows with their size, not with its
square, and nothing is left out of what is shown. Calls are counted, because a clock would tell of the machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import assessdsl
from assessdsl.authoring import lint_text

INDICATOR = """
    indicator i{number} "Indicator {number}" {{
      weight 10%
      for g{group}
      unit percent
      score attainment(actual, planned, zero_plan: if actual >= 0% then 100% else 0%)
      missing zero
      absent zero
    }}"""


def wide(groups: int) -> str:
    """Ten indicators for each group."""
    declared = "".join(f'  group g{group} "Group {group}"\n' for group in range(groups))
    indicators = "".join(INDICATOR.format(number=number, group=number % groups) for number in range(10 * groups))
    return f"""policy wide "Wide" {{
  period 2022
  full 100 points
{declared}
  component base "Base" {{
    points 100 points
{indicators}
  }}
  accountability {{ finding unmet "Unmet" when any(targets, not met) }}
}}
"""


def calls(job: Callable[[], Any]) -> int:
    counted = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        job()
    finally:
        sys.setprofile(before)
    return counted


def tables(groups: int) -> dict[str, Any]:
    entities = [{"entity": f"e{group}", "group": f"g{group}"} for group in range(groups)]
    common = [{"entity": f"e{number % groups}", "indicator": f"i{number}"} for number in range(10 * groups)]
    return {
        "entities": entities,
        "targets": [{**row, "target": f"t{n}", "planned": "5%"} for n, row in enumerate(common)],
        "facts": [{"target": f"t{n}", "actual": "4%"} for n in range(10 * groups)],
    }


def test_the_work_grows_with_the_size() -> None:
    little, much = wide(3), wide(12)
    first, second = assessdsl.loads(little), assessdsl.loads(much)
    jobs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
        "load": (lambda: assessdsl.loads(little), lambda: assessdsl.loads(much)),
        "lint": (lambda: lint_text(little, "p.assess"), lambda: lint_text(much, "p.assess")),
        "describe": (lambda: str(assessdsl.describe(first)), lambda: str(assessdsl.describe(second))),
    }
    for job in jobs.values():
        job[0]()  # what is read once is read
    growth = {name: calls(large) / calls(small) for name, (small, large) in jobs.items()}
    assert all(times < 7 for times in growth.values()), growth  # four times as wide


def test_everything_is_shown() -> None:
    policy = assessdsl.loads(wide(30))
    text = str(assessdsl.describe(policy))
    assert all(f"Indicator {number} " in text or f"Indicator {number}\n" in text for number in range(300))
    result = assessdsl.evaluate(policy, tables(30))
    assert {str(entity.total) for entity in result.entities.values()} == {"80"}
    shown = str(assessdsl.explain(result, "e7"))
    assert {line.split("  ")[2].strip() for line in shown.splitlines() if line.startswith("    Indicator")} == {
        f"Indicator {number}" for number in range(7, 300, 30)
    }
