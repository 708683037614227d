"""Checker and lowering agree on units: whatever is checked without errors can be lowered."""

import random
import re

import pytest

import assessdsl
from assessdsl.resources import resource

TEXTS = [path.read_text("utf-8") for path in sorted(resource("policies").glob("*/policy*.assess"))]
PIECES = (
    "0", "2", "50%", "2 pp", "3 points", "5 days", "1 months", "10 yuan", "4 items", "100%", "actual", "planned",
    "error", "total", "min(1, 2%)", "late_days", "actual - planned", "actual / planned", "percent", "money", "number",
    "days", "count", "share", "points", "实绩", "计划", "报错", "总分", "百分比", "个数", "3分", "2个百分点",
)  # fmt: skip
TOKEN = re.compile(r"[0-9.]+ ?(?:%|pp|points|point|days|yuan|items|分|个百分点)?|[a-z_]+|[\u4e00-\u9fff]+|[+*/-]")


def test_an_error_that_stands_for_a_value_takes_its_unit() -> None:
    checked, found = assessdsl.check_text(
        "policy.assess",
        """policy example {
  period 2022
  full 100 points
  group county
  fact x percent missing zero
  component base {
    points 100 points
    indicator a {
      points 100 points
      score  efficacy(x, worst(x, of: group), best(error, of: group), base: 60%, equal: 1)
    }
  }
}""",
    )
    assert checked is not None, found


@pytest.mark.parametrize("seed", range(4))
def test_what_is_checked_can_be_lowered(seed: int) -> None:
    """check_text lowers what it finds no error in, and asserts what the checker has promised."""
    draw = random.Random(seed)
    lowered = 0
    for _ in range(150):
        text = draw.choice(TEXTS)
        place = draw.choice(list(TOKEN.finditer(text)))
        checked, _ = assessdsl.check_text(
            "policy.assess", text[: place.start()] + draw.choice(PIECES) + text[place.end() :]
        )
        lowered += checked is not None
    assert lowered
