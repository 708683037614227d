"""Policies by what they score by, with points, roundings and thresholds that a seed picks."""

from typing import Final

from assessdsl.fairness.made_cases import fixed
from assessdsl.fairness.made_policies import policy_text
from assessdsl.fairness.made_up import Pick, one_of

_ATTAINED: Final = "attainment(actual, planned, zero_plan: 0%)"
_MODES: Final = ("half_up", "half_up", "half_up", "half_even", "half_down", "up", "down", "floor", "ceiling")

SCORES: Final = {
    "attainment": _ATTAINED,
    "gated attainment": f"if actual < planned * {{threshold}}% then 0% else {_ATTAINED}",
    "gated beyond": f"if actual <= planned * {{threshold}}% then 0% else {_ATTAINED}",
    "attainment above all": "min(120%, ratio(actual, planned, zero: 0%)) / 1.2",
    "control": "control(actual, planned, zero_plan: 0%)",
    "ladder of a ratio": "ladder(ratio(actual, planned, zero: 0%), 25%: 20%, {threshold}%: 60%, 100%: 100%, below: 0%)",
    "ladder of a value": "ladder(actual, 1: 10%, {threshold}: 60%, 100: 100%, below: 0%)",
    "goalposts": "goalposts(actual, low: 0, high: {threshold})",
    "least of two": "min(ratio(actual, planned, zero: 0%), ratio(planned, actual, zero: 0%))",
    "power": "power(max(0, min(1, ratio(actual, planned, zero: 0))), 0.5) * 100%",
    "geometric mean": "geometric_mean(max(0, min(1, ratio(actual, planned, zero: 0))): 2, "
    "max(0, min(1, ratio(planned, actual, zero: 0))): {threshold}) * 100%",
    "logarithm": "goalposts(ln(max(1, ratio(actual, planned, zero: 0) * {threshold})), low: 0, high: ln({threshold}))"
    " * 100%",
    "gate": _ATTAINED + '\n      gate short "Short" when actual < planned * {threshold}% then at most {most} points',
    "best of the group": "distance_to_best(max(actual, 0), max(best(actual, of: group), 0), zero: 0%)",
}
"""Of one target; `{threshold}` and `{most}` are picked."""

FORMS: Final = (*SCORES, "projects", "generated")


def text_of(form: str, seed: int) -> str:
    """A policy of the form."""
    pick = fixed(seed)
    if form == "generated":
        return policy_text(pick)
    return _written(pick, [_projects(pick) if form == "projects" else _target(pick, form, number) for number in (1, 2)])


def _written(pick: Pick, indicators: list[str]) -> str:
    return "\n".join(
        [
            "# language: en",
            'policy agreement "Agreement" {',
            "  period 2022; full 100 points",
            f"  rounding {one_of(pick, _MODES)} to {pick(0, 3)} places of total",
            '  group a "A"; group b "B"',
            '  component base "Base" {',
            "    points 100 points",
            *(text.replace("NUMBER", str(number)) for number, text in enumerate(indicators)),
            "  }",
            "  rank by total within group ties shared",
            "}",
        ]
    )


def _target(pick: Pick, form: str, number: int) -> str:
    points = (60, 40)[number - 1]
    score = SCORES[form].format(threshold=one_of(pick, (30, 60, 75, 80)), most=pick(5, 30))
    unit = one_of(pick, ("number to 1 places", "count", "number to 2 places"))
    rounding = f"rounding {one_of(pick, _MODES)} to {pick(0, 2)} places" if pick(0, 4) else ""
    return f"""\
    indicator iNUMBER "I NUMBER" {{
      points {points} points
      unit {unit}
      {rounding}
      score {score}
      missing zero
      absent zero
    }}"""


def _projects(pick: Pick) -> str:
    shared = one_of(pick, ("weight", "count"))
    return f"""\
    indicator iNUMBER "I NUMBER" {{
      points 50 points shared by {shared}
      unit number to 1 places
      gate late "Late" when not completed or completed_on > due then zero
      rounding {one_of(pick, _MODES)} to {pick(0, 2)} places
      score {_ATTAINED}
      missing zero
      absent zero
    }}"""
