"""Policies made up for those who build on the engine: valid by the way they are written, over all that matters.

Points are cut: of a whole, each part takes what lies between two cuts, so that they sum to it. Nothing is filtered.
"""

from functools import partial

from hypothesis import strategies as st

from assessdsl.engine import Policy, loads
from assessdsl.fairness.made_up import Pick, one_of

_MODES = ("half_up", "half_even", "half_down", "up", "down", "floor", "ceiling")


@st.composite
def policy_texts(draw: st.DrawFn) -> str:
    """The text of a policy in the English surface."""
    return policy_text(lambda low, high: draw(st.integers(low, high)))


def policies() -> st.SearchStrategy[Policy]:
    """Policies that the checker accepts without an error."""
    return policy_texts().map(partial(loads, name="generated.assess"))


def cut(pick: Pick, whole: int, parts: int) -> list[int]:
    """So many parts of at least one that sum to the whole; fewer where it is less than they are."""
    parts = min(parts, whole)
    cuts = sorted(pick(0, whole - parts) for _ in range(parts - 1))
    ends = [*cuts, whole - parts]
    return [end - start + 1 for start, end in zip([0, *cuts], ends, strict=True)]


def policy_text(pick: Pick) -> str:
    parts = [_component(pick, number, points) for number, points in enumerate(cut(pick, 100, pick(1, 3)), 1)]
    bonus, penalty, peers = pick(1, 10), pick(1, 10), one_of(pick, ("group", "everyone"))
    return "\n".join(
        [
            "# language: en",
            "policy generated {",
            "period 2022; full 100 points",
            f"rounding {one_of(pick, _MODES)} to {pick(0, 3)} places of total",
            "total max(0 points, sum(components))",
            'group a "A"; group b "B"',
            "benchmark usual percent",
            "fact output number to 1 places missing zero",
            "fact accidents count missing zero",
            "fact replies survey",
            'judgement fault "fault"',
            *parts,
            _bonus(pick, bonus),
            _penalty(pick, penalty),
            *_gates(pick),
            f"rank by total within {peers} ties {one_of(pick, ('shared', 'dense'))}",
            *_tiers(pick, peers),
            "accountability {",
            '  finding explanation "explanation" when any(required targets, not met) within 15 days',
            '  finding change "change" when streak(in_bottom(1, of: group, ties: included), years: 2) and fault',
            "}",
            f"guarantee bounded from 0 points to {100 + bonus} points",
            "}",
        ]
    )


def _component(pick: Pick, number: int, points: int) -> str:
    name = f"part{number}"
    kinds = (
        "attainment",
        "control",
        "ladder",
        "projects",
        "goalposts",
        "survey",
        "efficacy",
        "best",
        "ranked",
        "above",
    )
    count = pick(1, min(3, points))
    shares = cut(pick, points, count)
    # the first is always there, so that points which are given away find someone
    chosen = [one_of(pick, kinds[:3])] + [one_of(pick, kinds) for _ in shares[1:]]
    lines = [f"component {name} {{", f"points {points} points"]
    lines += [
        _indicator(pick, f"{name}_{at}", kind, share)
        for at, (kind, share) in enumerate(zip(chosen, shares, strict=True))
    ]
    if count > 1 and pick(0, 2) == 2:
        lines.append(f"contagion spread{number} when below {pick(1, 9)}0% then others at most {pick(1, 9)}0%")
    if "projects" not in chosen and pick(0, 3) == 3:
        lines.append(f"combine {one_of(pick, ('mean', 'least', 'product'))}")
    return "\n".join([*lines, "}"])


def _indicator(pick: Pick, name: str, kind: str, points: int) -> str:
    zero = "missing zero; absent zero"
    match kind:
        case "attainment":
            body = f"unit percent to 1 places; score attainment(actual, planned, zero_plan: 100%); {zero}"
        case "control":
            body = f"unit money; direction lower; score control(actual, planned, zero_plan: 0%); {zero}"
        case "ladder":
            steps = _rising(pick, pick(1, 3))
            listed = ", ".join(f"{step}: {value}%" for step, value in steps)
            body = f"unit number to 1 places; score ladder(actual, {listed}, below: 0%); {zero}"
        case "above":
            body = f"unit percent to 1 places; score ladder(actual - usual, 0 pp: 50%, 1 pp: 100%, below: 0%); {zero}"
        case "projects":
            gate = 'gate done "done" when not completed or completed_on > due then zero'
            shared = one_of(pick, ("weight", "count"))
            body = f"shared by {shared}; {gate}; score 100%; absent redistribute"
            return f"indicator {name} {{ points {points} points {body} }}"
        case "goalposts":
            body = f"score goalposts(output, low: {pick(0, 20)}, high: {pick(40, 120)})"
        case "survey":
            body = f"score survey(replies, at_least: {pick(1, 500)}, too_small: 60%); missing 60%"
        case "efficacy":
            peers = "worst(output, of: group), best(output, of: group)"
            body = f"score efficacy(output, {peers}, base: {pick(1, 8)}0%, equal: 100%)"
        case "best":
            body = "score distance_to_best(max(output, 0), max(best(output, of: group), 0), zero: 0%)"
        case _:
            ranked = "rank_of(output, of: group, ties: shared), count(yes, of: group)"
            body = f"score rank_points({ranked}, first: 100%, last: {pick(0, 6)}0%, single: 100%)"
    rounding = f"; rounding {one_of(pick, _MODES)} to {pick(0, 2)} places" if pick(0, 3) == 3 else ""
    return f"indicator {name} {{ points {points} points; {body}{rounding} }}"


def _rising(pick: Pick, count: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    step, value = pick(1, 40), pick(1, 40)
    for _ in range(count):
        found.append((step, value))
        step, value = step + pick(1, 30), value + pick(0, 20)
    return found


def _bonus(pick: Pick, cap: int) -> str:
    count = one_of(pick, ("all", "once", "highest_level_once"))
    if pick(0, 1):
        levels = f'level high "high" {pick(2, 4)} points; level low "low" 0.{pick(1, 9)} points; count {count}'
    else:
        levels = f"each {pick(1, 3)} points; count {one_of(pick, ('all', 'once'))}"
    return f"component extra as bonus {{ cap {cap} points; indicator award {{ {levels} }} }}"


def _penalty(pick: Pick, cap: int) -> str:
    each = f"each 0.{pick(1, 9)} points; count all"
    return f"component loss as penalty {{ cap {cap} points; indicator warning {{ {each} }} }}"


def _gates(pick: Pick) -> list[str]:
    found = []
    if pick(0, 1):
        found.append('gate safety "safety" when accidents > 0 then tier at most good')
    if pick(0, 2) == 2:
        found.append(f'gate grave "grave" when accidents > {pick(1, 5)} then at most {pick(1, 9)}0 points')
    return found


def _tiers(pick: Pick, peers: str) -> list[str]:
    share = f"{pick(1, 10)}0%" if pick(0, 1) else f"{pick(1, 3)} items"
    rounded, ties, vetoed = (
        one_of(pick, _MODES), one_of(pick, ("included", "excluded")), one_of(pick, ("skipped", "counted"))
    )  # fmt: skip
    asked = f"rounded {rounded} ties {ties} vetoed {vetoed}"
    return [
        f'tier top_one "top" top {share} of {peers} {asked} when total >= {pick(5, 9)}0 points',
        f'tier good "good" when total >= {pick(1, 5)}0 points',
        'tier rest "rest" otherwise',
    ]
