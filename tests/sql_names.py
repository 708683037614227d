"""Policies whose names databases would not keep apart, and facts for them."""

from typing import Any, Final

LONG: Final = "城镇居民人均可支配收入增长率较上年同期提高的百分点数"
NAMED: Final[dict[str, tuple[list[str], list[str], list[str]]]] = {  # facts, indicators of one item, and of several
    "great and small letters": (["Jobs", "jobs"], ["Growth", "growth"], ["Road", "road"]),
    "alike in their first 63 bytes": (
        [f"{LONG}丙", f"{LONG}丁"],
        [f"{LONG}甲", f"{LONG}乙"],
        [f"{LONG}一", f"{LONG}二"],
    ),
    "words of SQL": (["select", "order", "table"], ["where", "user"], ["from", "group_by", "natural"]),
    "columns of ours": (
        ["has_a", "a__actual", "group_name", "group_name_2", "item"],
        ["a", "policy_values", "s10"],
        ["entity", "target", "item_2", "assessdsl_units"],
    ),
}


def text(facts: list[str], single: list[str], several: list[str]) -> str:
    own = "attainment(actual, planned, zero_plan: error)"
    added = "".join(f" + `{one}`" for one in facts)
    count = len(single) + len(several)
    lines = ['policy odd "Odd" {', "period 2022", f"full {count} points", "rounding half_up to 2 places of total"]
    lines += ['group town "T"', *(f'fact `{one}` number "F" to 3 places missing zero' for one in facts)]
    lines += ['component base "B" {', f"points {count} points"]
    for name in (*single, *several):
        points, score = "1 points", own
        if name in several:
            points, score = "1 points shared by weight", f"clamp({own}{added}, 0%, 100%)"
        lines += [f'indicator `{name}` "I" {{', f"points {points}", "unit percent to 1 places", f"score {score}"]
        lines += ["rounding half_up to 4 places", "missing zero", "absent zero", "}"]
    return "\n".join([*lines, "}", "rank by total within group ties shared", "}"])


def given(facts: list[str], single: list[str], several: list[str]) -> dict[str, list[dict[str, Any]]]:
    names = [f"e{row}" for row in range(4)]
    targets = [
        {"target": f"t{row}.{place}.{number}", "entity": name, "indicator": indicator, "planned": "9", "weight": "1"}
        for row, name in enumerate(names)
        for place, indicator in enumerate([*single, *several])
        for number in range(1 + (indicator in several))
    ]
    return {
        "entities": [
            {"entity": name, "group": "town"} | {one: f"0.0{row}{at % 10}" for at, one in enumerate(facts)}
            for row, name in enumerate(names)
        ],
        "targets": targets,
        "facts": [{"target": one["target"], "actual": str(1 + at * 7 % 8)} for at, one in enumerate(targets)],
    }
