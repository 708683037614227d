"""Rounded scores that depend on one quotient: looked up in a table where they can be, and always the exact ones."""

import random
from decimal import Decimal, getcontext, localcontext
from enum import IntEnum
from fractions import Fraction
from typing import Any

import pytest

import assessdsl
from assessdsl.backends.compiled.direct import CONTEXT

POLICY = """\
policy quotient "Quotient" {{
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" {{
    points 100 points
    indicator growth "Growth" {{
      points 40 points
      unit {unit}
      rounding {rounding}
      score {score}
      missing zero
      absent zero
    }}
    indicator other "Other" {{
      points 60 points
      unit number
      score if actual > 3 then 100% else 0%
      missing zero
      absent zero
    }}
  }}
  rank by total within group ties shared
}}
"""
ATTAINMENT = "attainment(actual, planned, zero_plan: 0%)"
# the score, how it is rounded, whether a table holds it
FORMS = [
    (ATTAINMENT, "half_up to 2 places", True),
    (ATTAINMENT, "down to 1 places", True),
    (ATTAINMENT, "floor to 0 places", True),
    (ATTAINMENT, "half_even to 1 places", False),
    (ATTAINMENT, "half_down to 1 places", False),
    (ATTAINMENT, "ceiling to 1 places", False),
    (ATTAINMENT, "half_up to 4 places", False),  # too long a table
    (f"if actual < planned * 60% then 0% else {ATTAINMENT}", "half_up to 2 places", True),
    (f"if actual <= planned * 60% then 0% else {ATTAINMENT}", "half_up to 2 places", False),  # not from 60 % on
    (f"if actual * 3 >= planned * 2 and not actual >= planned then 10% else {ATTAINMENT}", "half_up to 1 places", True),
    ("ladder(ratio(actual, planned, zero: 0%), 50%: 20%, 80%: 60%, 110%: 100%, below: 0%)", "down to 2 places", True),
    ("min(120%, ratio(actual, planned, zero: 0%)) - 20%", "half_up to 1 places", True),
    ("min(300%, max(20%, ratio(actual, planned, zero: 0%))) / 3", "half_up to 1 places", True),
    ("control(actual, planned, zero_plan: 0%)", "half_up to 1 places", False),
    ("min(100%, max(0%, ratio(actual - planned / 3, planned, zero: 0%) * 2))", "half_up to 1 places", True),
    ("if planned > 0 then min(100%, actual * 7 / planned) else 40%", "half_up to 1 places", True),
    ("min(100%, max(0%, 2 - ratio(actual, planned, zero: 0%)))", "half_up to 1 places", False),  # falls
]  # fmt: skip


def loaded(score: str, rounding: str) -> assessdsl.Policy:
    return assessdsl.loads(POLICY.format(score=score, rounding=rounding, unit="number to 1 places"))


def inputs(actual: Any, planned: Any, other: Any = 5) -> dict[str, Any]:
    numbers = {"growth.actual": actual, "growth.planned": planned, "other.actual": other, "other.planned": 1}
    return {"group": "county", **numbers}


def directly(ready: assessdsl.Prepared, given: dict[str, Any]) -> assessdsl.Score | None:
    """The score by code that takes the inputs as they are, or None."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(ready), "_checked", lambda self, given: None)
        return ready.score(given)


def pairs() -> list[tuple[int, int]]:
    """All that are small; at breakpoints and beside them, and half-way between two roundings."""
    chance = random.Random(3)
    found = [(actual, planned) for actual in range(7) for planned in range(6)]
    for _ in range(60):
        by = chance.choice((1, 7, 10**9, 2**64))
        above, below = chance.choice([(3, 5), (2, 3), (1, 2), (11, 10), (3, 1), (1, 5), (1, 3), (6, 5), (1, 1)])
        half = 2 * chance.randrange(4000) + 1
        found += [(above * by + off, below * by) for off in (-1, 0, 1)] + [(half * by, 8000 * by)]
    return found


@pytest.mark.parametrize(("score", "rounding", "in_table"), FORMS)
def test_scores_of_a_quotient_are_exact_at_every_step(score: str, rounding: str, in_table: bool) -> None:
    policy = loaded(score, rounding)
    ready = assessdsl.prepare(policy, indicators=True)
    ready.score(inputs(7, 9))
    keys = {f"e{number}": pair for number, pair in enumerate(pairs())}
    tables: dict[str, list[dict[str, Any]]] = {"entities": [], "targets": [], "facts": []}
    for name, (actual, planned) in keys.items():
        tables["entities"].append({"entity": name, "group": "county"})
        for indicator, plan, found in (("growth", planned, actual), ("other", 1, 5)):
            row = {"entity": name, "target": f"{name} {indicator}", "indicator": indicator}
            tables["targets"].append(row | {"planned": plan})
            tables["facts"].append(row | {"actual": found})
    for name, entity in assessdsl.evaluate(policy, tables).entities.items():
        actual, planned = keys[name]
        quick = directly(ready, inputs(actual, planned))
        if actual < 0:
            assert quick is None
            quick = ready.score(inputs(actual, planned))
        elif not planned:
            assert (quick is None) is in_table
            quick = ready.score(inputs(actual, planned))
        assert quick is not None
        assert quick.indicators["growth"] == entity.components["base"].indicators["growth"].score, (actual, planned)


@pytest.mark.parametrize(("score", "rounding"), [form[:2] for form in FORMS])
def test_decimals_of_a_quotient_score_as_fractions_do(score: str, rounding: str) -> None:
    ready = assessdsl.prepare(loaded(score, rounding), indicators=True)
    ready.score(inputs(Decimal("0.7"), Decimal("0.9"), Decimal(3)))
    direct = 0
    for actual, planned in random.Random(score).sample(pairs(), 60):
        done, plan = (Decimal(number).scaleb(-1, CONTEXT) for number in (actual, planned))
        numbers = inputs(done, plan, Decimal(5))
        with localcontext() as context:  # what a program sets for its own sums changes nothing
            context.prec = 1
            context.clear_traps()
            quick = directly(ready, numbers)
            assert getcontext().prec == 1
        direct += quick is not None
        exact = ready.score(inputs(Fraction(actual, 10), Fraction(planned, 10)))
        assert (quick or ready.score(numbers)).fractions == exact.fractions
    assert direct > 30


@pytest.mark.parametrize("number", [10**18, 3 * (2**61 - 1), 10**40])
def test_long_decimals_are_taken_whole(number: int) -> None:
    ready = assessdsl.prepare(loaded("if actual > 5 then 100% else 0%", "half_up to 1 places"))
    ready.score(inputs(Decimal("0.5"), Decimal("0.5"), Decimal(7)))
    for given in (inputs(Decimal(number), Decimal(1), Decimal(7)), inputs(Decimal(1), Decimal(1), Decimal(number))):
        exact = ready.score({key: Fraction(held) if key != "group" else held for key, held in given.items()})
        quick = directly(ready, given)
        assert quick is not None
        assert quick.fractions == exact.fractions


def _said(ready: assessdsl.Prepared, given: dict[str, Any]) -> str:
    """The numbers, or what is wrong."""
    try:
        return str(ready.score(given).fractions)
    except assessdsl.DataError as error:
        return str(error)


@pytest.mark.parametrize(
    "odd",
    [*map(Decimal, ("-0.0", "-1", "0.70", "0.75", "NaN", "sNaN", "Infinity", "1E+3", "1E+9999", "7")), True, 7, 0.5],
)
def test_odd_numbers_among_decimals_are_treated_as_ever(odd: Any) -> None:
    policy = loaded(ATTAINMENT, "half_up to 1 places")
    warm = assessdsl.prepare(policy)
    warm.score(inputs(Decimal("0.7"), Decimal("0.9"), Decimal(5)))
    for numbers in ((odd, Decimal(9), Decimal(5)), (Decimal("0.1"), odd, Decimal(5)), (Decimal(9), Decimal(9), odd)):
        given = inputs(*numbers)
        assert _said(warm, given) == _said(assessdsl.prepare(policy), given)


class Seven(IntEnum):
    SEVEN = 7


@pytest.mark.parametrize("score", [ATTAINMENT, "min(300%, ratio(actual, planned, zero: 0%))", "100%"])
@pytest.mark.parametrize("odd", [True, False, -1, 7.0, Fraction(7), None, "7", 10**50, Seven.SEVEN])
def test_what_is_no_plain_number_is_treated_as_ever(score: str, odd: Any) -> None:
    policy = loaded(score, "half_up to 1 places")
    warm = assessdsl.prepare(policy)
    warm.score(inputs(7, 9))
    idle = inputs(7, 9) | {"other.planned": odd}  # no score asks for it
    for given in (inputs(odd, 9), inputs(0, odd), inputs(1, odd), inputs(9, odd), inputs(7, 9, odd), idle):
        assert _said(warm, given) == _said(assessdsl.prepare(policy), given)


def test_a_number_that_must_be_above_zero_is_held_to_it() -> None:
    text = POLICY.format(score=ATTAINMENT, rounding="half_up to 1 places", unit="number")
    ready = assessdsl.prepare(assessdsl.loads(text))
    right = inputs(7, 9) | {"growth.weight": 3}
    assert ready.score(right).total == ready.score(right | {"growth.weight": 1}).total
    for wrong in (0, True, -1):
        with pytest.raises(assessdsl.DataError):
            ready.score(right | {"growth.weight": wrong})
