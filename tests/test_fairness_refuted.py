"""Each kind of fault that only its own way of searching finds, beside a policy that keeps the guarantee."""

import pytest
from faulty_policies import policy

import assessdsl
from assessdsl.fairness.prove import prove
from assessdsl.fairness.verdict import Verdict

RATE = (
    "points 90 points; unit percent to 1 place; score goalposts(actual, low: 0%, high: 100%); missing zero; absent zero"
)
DONE = (
    "points 10 points shared by weight; gate done when not completed then zero; score 100%; missing zero; absent zero"
)
BASE = f"component c {{ points 90 points; indicator i {{ {RATE} }} }}\n"
MANY = "".join(
    f"component c{number} {{ points 15 points; indicator i{number} {{ {RATE.replace('90', '15')} }} }}\n"
    for number in range(6)
)
PROJECTS = f"component d {{ points 10 points; indicator j {{ {DONE} }} }}\n"
BONUS = """component extra as bonus { cap 5 points
  indicator award { level high "high" 6 points; level low "low" 0.5 points; count once } }
"""
FINE = f"""component c {{ points 90 points; indicator i {{ {RATE} }} }}
component d {{ points 10 points; indicator j {{ {RATE.replace("90", "10").replace("to 1 place", "to 2 places")} }} }}
"""
SMALL = BONUS.replace("6 points", "0.009 points").replace("0.5 points", "0.009 points")
EXPLAIN = 'accountability { finding explanation "e" when any(required targets, not met) within 15 days }\n'
FALLS = """fact falls count missing error
fact days number to 0 places missing error
component c { points 100 points
  indicator i { points 50 points; score 50 points - ratio(falls * 1000, days, zero: error) * 2 points }
  indicator k { points 50 points; unit percent to 1 place; score clamp(actual, 0%, 100%); missing zero; absent zero } }
"""
PENALTY = """component loss as penalty { cap 7 points
  indicator warning { each 0.1 points; count all } }
"""
SAFETY = "fact accidents count missing error\ngate safety when accidents > 2 then at most 80 points\n"
VOTE = """points 5 points; unit count; missing redistribute
    score weighted_mean(entries, lookup(category, "for": 100%, "against": 60%, otherwise: error), weight: actual)"""
VOTES = f"""component c {{ points 70 points; indicator i {{ {RATE.replace("90", "70")} }} }}
component d {{ points 30 points; {"; ".join(f"indicator j{number} {{ {VOTE} }}" for number in range(6))} }}
"""
HONEST = """component d { points 10 points
  indicator j { points 7 points; unit percent to 1 place; score goalposts(actual, low: 0%, high: 100%);
    missing zero; absent zero }
  indicator k { points 3 points; unit number;
    score honest_plan(actual, planned, step: 10, each: 3 points, gain: 2 points, loss: 6 points); cap 3 points;
    missing zero; absent zero } }
"""


def swapped(body: str, old: str, new: str) -> str:
    assert old in body
    return body.replace(old, new)


CASES = {
    "completing takes points away": (
        "monotone", BASE + PROJECTS, swapped(BASE + PROJECTS, "when not completed", "when completed"),
    ),
    "a floor of the component behind a gate": (
        "absolute done", BASE + PROJECTS, BASE + swapped(PROJECTS, "absent zero }", "absent zero }; floor 1 point"),
    ),
    "a least total behind a gate": (
        "absolute done",
        "total max(0 points, sum(components))\n" + BASE + PROJECTS,
        "total max(20 points, sum(components))\n" + BASE + PROJECTS,
    ),
    "a cap above the gap": (
        "dominance of c over extra above 5 points",
        BASE + PROJECTS + BONUS, BASE + PROJECTS + swapped(BONUS, "cap 5", "cap 8"),
    ),
    "nobody has to explain": ("obligations_complete", BASE + PROJECTS + EXPLAIN, BASE + PROJECTS),
    "an excuse": (
        "obligations_complete",
        BASE + PROJECTS + EXPLAIN,
        BASE + PROJECTS
        + swapped(EXPLAIN, "15 days", '15 days; finding excuse "x" when total >= 30 points overrides explanation'),
    ),
    "an excuse that only few totals reach": (
        "obligations_complete",
        MANY + PROJECTS + EXPLAIN,
        MANY + PROJECTS
        + swapped(EXPLAIN, "15 days", '15 days; finding excuse "x" when total >= 99.5 points overrides explanation'),
    ),
    "more than a few dozen small deductions": (
        "dominance of c over loss above 7 points",
        BASE + PROJECTS + PENALTY, BASE + PROJECTS + swapped(PENALTY, "cap 7", "cap 12"),
    ),
    "a gap that only few are apart by": (
        "dominance of c over extra above 7.8 points",
        BASE + PROJECTS + swapped(BONUS, "cap 5", "cap 7"),
        BASE + PROJECTS + swapped(swapped(BONUS, "cap 5", "cap 8"), "6 points", "8 points"),
    ),
    "items of less than a reported step, against a gap that only the finest steps leave": (
        "dominance of d over extra above 0.051 points",
        FINE + swapped(SMALL, "cap 5", "cap 0.051"), FINE + swapped(SMALL, "cap 5", "cap 0.054"),
    ),
    "silence in one thing of who is good at the rest": (
        "missing_not_rewarded",
        BASE + HONEST, BASE + swapped(HONEST, "points;\n    missing zero", "points;\n    missing redistribute"),
    ),
    "silence about what keeps only high totals down": (
        "missing_not_rewarded",
        BASE + PROJECTS + SAFETY, BASE + PROJECTS + swapped(SAFETY, "missing error", "missing zero"),
    ),
    "half of what is earned": (
        "proportional", BASE + PROJECTS, swapped(BASE + PROJECTS, "high: 100%)", "high: 100%) / 2"),
    ),
    "more than the points": (
        "proportional",
        BASE + PROJECTS,
        swapped(BASE + PROJECTS, "high: 100%)", "high: 100%) * 2 - 100%; floor 0 - 9 points"),
    ),
    "a low level behind a cap": (
        "no_double_count", BASE + PROJECTS + BONUS, BASE + PROJECTS + swapped(BONUS, "count once", "count all"),
    ),
    "a rounded part that rests on two facts of far apart sizes": (
        "rounding_safe", FALLS, swapped(FALLS, "* 2 points }", "* 2 points; rounding half_up to 0 places }"),
    ),
    "a cap above the bounds": (
        "bounded from 0 points to 105 points",
        BASE + PROJECTS + BONUS, BASE + PROJECTS + swapped(BONUS, "cap 5", "cap 8"),
    ),
    "nothing said of a whole component, each part of which alone has something for nothing": (
        "bounded from 0 points to 100 points",
        "total max(0 points, sum(components))\n" + VOTES + PENALTY, VOTES + PENALTY,
    ),
}  # fmt: skip


def verdicts(body: str, claim: str, cases: int) -> tuple[Verdict, ...]:
    (standing,) = prove(assessdsl.loads(policy(body, rest=f"guarantee {claim}\n")), cases=cases, seconds=1).standings
    return standing.verdicts


@pytest.mark.parametrize("case", CASES)
def test_the_good_policy_is_proved_and_the_faulty_one_refuted_with_a_case(case: str) -> None:
    claim, good, bad = CASES[case]
    assert {one.status for one in verdicts(good, claim, cases=0)} <= {"proved", "solver"}
    refuted = [one for one in verdicts(bad, claim, cases=20) if one.status == "refuted"]
    assert refuted
    assert all(one.counterexample is not None for one in refuted)


def test_a_condition_that_holds_of_every_total_turns_no_tiers() -> None:
    always = policy(BASE + PROJECTS).replace(
        "ties excluded vetoed skipped", "ties excluded vetoed skipped when total < 101 points"
    )
    (standing,) = prove(assessdsl.loads(always), only=("tiers_follow",), cases=0).standings
    assert standing.status == "proved"
