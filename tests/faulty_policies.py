"""Small policies with one planted fault each, and good ones beside them."""

HEAD = "# language: en\npolicy p {{ period 2022; full 100 points; rounding half_up to {places} places of total\n"
TAIL = """
  rank by total within group ties shared
  tier top_one "top" top 50% of group rounded down ties excluded vetoed skipped
  tier rest "rest" otherwise
}
"""


def policy(body: str, *, places: int = 2, rest: str = "") -> str:
    return HEAD.format(places=places) + '  group g "G"\n' + body + rest + TAIL


def one(statements: str, *, unit: str = "percent to 1 places") -> str:
    """A policy of one indicator with all points."""
    return policy(
        f"component c {{ points 100 points; indicator i {{ points 100 points; unit {unit}; {statements} }} }}\n"
    )


GOOD = one("score attainment(actual, planned, zero_plan: 100%); missing zero; absent zero")

DIP = one("score if actual >= 49% and actual < 50% then 0% else clamp(actual, 0%, 100%); missing zero; absent zero")

LATE_PAYS = one(
    "score ladder(late_days, 0 days: 80%, 5 days: 100%, below: 0%); missing zero; absent zero", unit="number"
)

SILENCE_PAYS = one("score attainment(actual, planned, zero_plan: 100%); missing 60%; absent zero")

LOW_PLAN_PAYS = one(
    "score min(ratio(actual, max(planned, 1), zero: 0%), 200%) / 2; missing zero; absent zero", unit="number"
)

NO_MEAN = one("score attainment(actual, planned, zero_plan: 100%); missing mean; absent zero")

GATE_LEAKS = one(
    "floor 10 points; gate done when not completed then zero; score attainment(actual, planned, zero_plan: 100%); "
    "missing zero; absent zero"
)

RELATIVE = policy(
    "  fact f number to 1 places missing zero\n"
    "component c { points 100 points; indicator i { points 100 points; "
    "score distance_to_best(max(f, 0), max(best(f, of: group), 0), zero: 0%) } }\n"
)

ITEM_ROUNDING = policy(
    "component c { points 100 points\n"
    + "".join(
        f"indicator i{number} {{ points 50 points; unit percent to 1 places; rounding half_up to 0 places; "
        "score clamp(actual, 0%, 100%); missing zero; absent zero }\n"
        for number in (1, 2)
    )
    + "}\n"
)

SPLITTING_PAYS = policy(
    "component c { points 100 points; indicator i { points 100 points shared by count; unit number; "
    "score attainment(actual, planned, zero_plan: 100%); missing zero; absent zero } }\n"
)

MORE_THAN_CLAIMED = policy(
    "component c { points 100 points; indicator i { points 100 points; unit percent to 1 places; "
    "score attainment(actual, planned, zero_plan: 100%); missing zero; absent zero } }\n"
    "component extra as bonus { cap 5 points; indicator award { each 1 points; count all } }\n"
    "guarantee bounded from 0 points to 103 points\n"
)

DOUBLE_COUNT = MORE_THAN_CLAIMED.replace("count all", 'level high "high" 1 points').replace("each 1 points; ", "")

FAULTY = {
    "monotone": (DIP, LATE_PAYS),
    "missing_not_rewarded": (SILENCE_PAYS,),
    "truthful": (LOW_PLAN_PAYS,),
    "always_defined": (NO_MEAN,),
    "absolute": (GATE_LEAKS,),
    "independent": (RELATIVE,),
    "rounding_safe": (ITEM_ROUNDING,),
    "no_splitting": (SPLITTING_PAYS,),
    "bounded": (MORE_THAN_CLAIMED,),
    "no_cliff": (DIP.replace("tier top_one", "guarantee no_cliff above 10 points\n  tier top_one"),),
    "strict_response": (GOOD,),
}
