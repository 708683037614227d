"""Good policies: those of the examples, and policies written from a seed, of forms that keep what they promise."""

from collections.abc import Iterator
from pathlib import Path

from assessdsl.authoring.format import format_text
from assessdsl.fairness.made_cases import fixed
from assessdsl.fairness.made_policies import cut, policy_text
from assessdsl.fairness.made_up import Pick, one_of

EXAMPLES = Path(__file__).parents[2] / "policies"
ZERO = "missing zero; absent zero"
_FORMS = ("plan", "control", "steps", "late", "projects", "honest", "stages", "marks")


def good_policies(written: int) -> Iterator[tuple[str, str]]:
    """Names and texts, laid out alike in English: the examples, and so many of each of two writers."""
    for path in sorted(EXAMPLES.glob("*/policy.assess")):
        yield path.parent.name, laid_out(path.read_text("utf-8"))
    for seed in range(written):
        yield f"office {seed}", laid_out(office(fixed(seed)))
        yield f"city {seed}", laid_out(policy_text(fixed(seed)))


def laid_out(text: str) -> str:
    return format_text(text, language="en").after


def office(pick: Pick) -> str:
    """No form of it reads what others did; the register is frozen; whatever is doubtful is settled well."""
    base = [_component(pick, number, points) for number, points in enumerate(cut(pick, 100, pick(2, 3)), 1)]
    bonus, penalty = pick(2, 9), pick(2, 9)
    return "\n".join(
        [
            "# language: en",
            "policy office {",
            "period 2022; full 100 points",
            f"rounding half_up to {pick(1, 2)} places of total",
            "total max(0 points, sum(components))",
            'group office "Offices"',
            "fact accidents count missing error",
            'judgement fraud "Fraud"',
            *base,
            f"component extra as bonus {{ cap {bonus} points; indicator award {{ {_award(pick)} }} }}",
            f"component loss as penalty {{ cap {penalty} points",
            f"  indicator warning {{ each 0.{pick(1, 9)} points; count once }} }}",
            'gate fraudulent "Fraud" when fraud then zero',
            f'gate safety "Safety" when accidents > {pick(0, 2)} then tier at most fair',
            "rank by total within group ties shared",
            "tier high when total >= 80 points",
            f"tier fair when total >= {pick(3, 6)}0 points",
            "tier low otherwise",
            "register { freeze 2022-02-28; removal forbidden }",
            "accountability { finding explanation when any(required targets, not met) within 15 days }",
            *['group bureau "Bureaus"'][: pick(0, 1)],
            "}",
        ]
    )


def _award(pick: Pick) -> str:
    levels = f'level high "high" {pick(2, 4)} points; level low "low" 0.{pick(1, 9)} points'
    return f"{levels}; count {one_of(pick, ('once', 'highest_level_once'))}"


def _component(pick: Pick, number: int, points: int) -> str:
    shares = cut(pick, points, pick(2, 3))
    within = [_indicator(pick, f"i{number}_{at}", one_of(pick, _FORMS), share) for at, share in enumerate(shares)]
    return "\n".join([f"component part{number} {{ points {points} points", *within, "}"])


def _indicator(pick: Pick, name: str, form: str, points: int) -> str:
    match form:
        case "plan":
            body = f"unit percent to 1 place; score attainment(actual, planned, zero_plan: 100%); {ZERO}"
        case "control":
            none = "if actual <= 0 then 100% else 0%"
            body = f"unit money; direction lower; score control(actual, planned, zero_plan: {none}); {ZERO}"
        case "steps":
            low, gap = pick(5, 30), pick(5, 30)
            steps = f"{low}%: {pick(10, 40)}%, {low + gap}%: {pick(50, 90)}%, {low + 2 * gap}%: 100%"
            body = f"unit percent to 1 place; score ladder(actual, {steps}, below: 0%); {ZERO}"
        case "late":
            late = (
                f"if late_days <= 0 days then 100% else if late_days <= {pick(2, 20)} days then {pick(2, 8)}0% else 0%"
            )
            body = f"score {late}; {ZERO}"
        case "projects":
            gate = 'gate done "Done" when not completed or completed_on > due then zero'
            body = f"shared by {one_of(pick, ('weight', 'count'))}; {gate}; score 100%; {ZERO}"
            return f"indicator {name} {{ points {points} points {body} }}".replace("done", f"done_{name}")
        case "honest":
            each = pick(2, 4)
            rates = f"each: {each} points, gain: {each - 1} points, loss: {each + pick(1, 3)} points"
            body = f"unit number; score honest_plan(actual, planned, step: 10, {rates}); cap {points} points; {ZERO}"
        case "stages":
            body = f"unit percent to 1 place; score stages(actual, {pick(2, 5)}); {ZERO}"
        case _:
            gate = f'gate poor_{name} "Poor" when actual < {pick(1, 6)}% then zero'
            body = f"unit percent to 1 place; {gate}; score goalposts(actual, low: 0%, high: 100%); {ZERO}"
    return f"indicator {name} {{ points {points} points; {body} }}"
