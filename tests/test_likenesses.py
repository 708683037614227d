"""What misspelt names were meant to be, among very many names, is looked for only as long as that costs little."""

import assessdsl
from assessdsl.data.remarks import Remarks
from assessdsl.limits import LIMITS


def test_of_few_names_every_misspelt_one_is_told() -> None:
    names, remarks = [f"target-{number:03}" for number in range(200)], Remarks()
    assert [remarks.like("target", f"tarket-{number:03}", names) for number in range(200)] == names


def test_among_thousands_only_the_first_are_told() -> None:
    names, remarks = [f"target-{number:05}" for number in range(4000)], Remarks()
    found = [remarks.like("target", f"tarket-{number:05}", names) for number in range(100)]
    told = -(-LIMITS.compared_names // len(names))
    assert found == names[:told] + [""] * (100 - told)
    assert remarks.like("target", "tarket-00000", names) == "target-00000", "what was found stays known"


def test_percentages_are_called_as_chinese_offices_call_them() -> None:
    text = """
policy example "Example" {{
  period 2022
  full 10 points
  rounding half_up to 2 places of total
  group county "Counties"
  fact rate {unit} "Rate" missing zero
  component base "Base" {{
    points 10 points
    indicator late "Late" {{
      points 10 points
      score if rate > 50% then 100% else 0%
    }}
  }}
  rank by total within group ties shared
}}
"""
    plans = {
        assessdsl.loads(text.format(unit=unit)).plan.schema.facts[0].unit for unit in ("百分比", "百分数", "百分率")
    }
    assert [unit.name for unit in plans] == ["PERCENT"]
