"""Values that are known before the data, and what an indicator or a call reads."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from assessdsl import syntax
from assessdsl.ast import build
from assessdsl.check import Checked, check, constant, is_targeted
from assessdsl.check.bounds import decide, total_bounds
from assessdsl.quantity import Unit
from assessdsl.source import Source

POLICY = """\
policy example {{
  period 2022
  full 100 points
  group county
  benchmark rate percent = 5.5%
  benchmark later percent
  parameter half = 50%
  parameter other = whole - half
  parameter whole = max(half, 100%)
  define bound(x, least) = if x < least then least else x
  define growing(x) = growing_more(x * 3 + 1)
  define growing_more(x) = x * x * x * x * x * x * x * x
  fact visits count missing zero
  fact poll survey missing error
  component base {{
    points 100 points
    indicator one {{ points 100 points; score 100%; absent zero; missing zero; {extra} }}
  }}
  component more as bonus {{ cap 5 points; indicator two {{ each 1 point }} }}
  component less as penalty {{ cap 3 points; indicator three {{ each 1 point }} }}
  {top}
  tier good when {condition}
  tier poor otherwise
  rank by total within group ties shared
}}
"""


def checked(condition: str = "total > 3", extra: str = "", top: str = "") -> Checked:
    text = POLICY.format(condition=condition, extra=extra, top=top)
    document, remarks = syntax.read(Source("policy.assess", text))
    assert not remarks
    policy, remarks = build(document)
    assert policy is not None
    assert not remarks
    return check(policy)


VALUES: list[tuple[str, Any]] = [
    ("rate", (Fraction(11, 200), Unit.PERCENT)),
    ("other", (Fraction(1, 2), Unit.SHARE)),
    ("1 / 3", (Fraction(1, 3), Unit.SHARE)),
    ("bound(half, least: whole)", (Fraction(1), Unit.SHARE)),
    ("bound(rate, least: 1%)", (Fraction(11, 200), Unit.PERCENT)),
    ("2 亿元 - 3 万元 * 2", (Fraction(199_940_000), Unit.MONEY)),
    ("clamp(-3, 0, 5)", (Fraction(0), Unit.NUMBER)),
    ("round(2 / 3, places: 1, mode: half_up)", (Fraction(667, 1000), Unit.SHARE)),
    ("round(-2.5, places: 0, mode: half_up)", (Fraction(-3), Unit.NUMBER)),
    ("2022-01-31 + 1 month", (date(2022, 2, 28), Unit.DATE)),
    ("2022-01-31 - 2022-01-01", (Fraction(30), Unit.DAYS)),
    ("period + 1", (Fraction(2023), Unit.NUMBER)),
    ("no and total > 3", (False, Unit.YES_NO)),
    ("1 < 2 <= 2 and not 1 == 2", (True, Unit.YES_NO)),
    ("3 < 2 < total", (False, Unit.YES_NO)),
    ("if yes then 1 else total", (Fraction(1), Unit.NUMBER)),
    ("later", None),
    ("total", None),
    ("1 / (half - 50%)", None),
    ("9999-12-31 + 1 day", None),
    ("growing(growing(growing(growing(9999999999))))", None),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_constants(text: str, value: Any) -> None:
    found = checked(f"({text}) == ({text})")
    when = found.policy.tiers[0].when
    assert when is not None
    assert constant(when.operands[0], found) == value  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("extra", "targeted"),
    [
        ("", False),
        ("gate late when completed_on > due then zero", True),
        ('gate tagged_one when tagged("x") then zero', True),
        ("gate none when visits > 3 then zero", False),
        ("gate own when bound(actual, least: 3) > 3 then zero", True),
        ("gate own when bound(visits, least: 3) > 3 then zero", False),
        ("gate entry when sum(entries, actual) > 3 then zero", False),
        ("gate entry when count(entries, completed and level == local) > 3 then zero", False),
        ("gate entry when sum(entries, actual, when: actual > planned) > 3 then zero", True),
        ("gate peers when best(actual, of: group) > 3 then zero", True),
    ],
)
def test_which_indicators_score_targets(extra: str, targeted: bool) -> None:
    found = checked(extra=extra)
    assert is_targeted(found.policy.components[0].indicators[0], found.functions) is targeted


@pytest.mark.parametrize(
    ("condition", "decided"),
    [
        ("total > 105", False),
        ("total >= 105", None),
        ("total >= -3", True),
        ("total >= -2", None),
        ("105 < total or visits < 0", False),
        ("not base <= 100", False),
        ("max(total, 7 points) >= 7", True),
        ("clamp(total, 0 points, 50 points) > 50", False),
        ("base + more > 105", False),
        ("base - less < -3", False),
        ("visits >= 0 and visits < 3", None),
        ("rank < 1", False),
        ("total == 3", None),
    ],
)
def test_what_is_decided_whatever_the_data(condition: str, decided: bool | None) -> None:
    found = checked(condition)
    when = found.policy.tiers[0].when
    assert when is not None
    assert decide(when, found) is decided


def test_the_bounds_of_the_total_follow_its_expression() -> None:
    assert total_bounds(checked(top="total clamp(sum(components), 0 points, 90 points)")) == (0, 90)
    assert total_bounds(checked(top="total base * 50% + more")) == (0, 55)
