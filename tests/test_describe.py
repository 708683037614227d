"""Descriptions: bounds that hold and are reached, the duties of the year, the data, and how they are shown."""

import json
import random
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_facts import Cells, choices, tables
from test_conformance import cases, source
from test_conformance import tables as tables_of

import assessdsl
from assessdsl.authoring.describe_duties import last_days
from assessdsl.authoring.describe_policy import describe
from assessdsl.authoring.describe_records import Part
from assessdsl.cli import main
from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy
from assessdsl.period import Period
from assessdsl.plan.ranges import (
    Range,
    add,
    compare,
    divide,
    exactly,
    highest,
    lowest,
    magnitude,
    multiply,
    negative,
)
from assessdsl.result import Result
from assessdsl.source import width

ROOT = Path(__file__).parent.parent
CITY = assessdsl.load(ROOT / "policies" / "municipal_2022" / "policy.en.assess")

HEAD = """\
policy small "Small" {{
  period 2022
  full 100 points
  group county "Counties"
  group town "Towns"
  fact visits count missing zero
  fact rate percent missing zero
  judgement fraud "Fraud"
  component base "Base" {{
    points 100 points
{body}
  }}
{more}
}}
"""


def small(body: str, more: str = "") -> Policy:
    return assessdsl.loads(HEAD.format(body=body, more=more))


ONE = "indicator one {{ points 100 points; {0} }}"
SHARED = "indicator one {{ points 100 points shared by weight; unit percent; {0} }}"
COUNTED = SHARED.replace("weight", "count")
PLAN = "attainment(actual, planned, zero_plan: 30%)"
HALF = (
    "indicator a {{ points 60 points; unit percent; score min(50%, attainment(actual, planned, zero_plan: 0%));"
    " missing zero; absent {0} }}\n"
    "indicator b {{ points 40 points; score ladder(visits, 1: 80%, below: 20%) }}"
)
GROUPS = (
    "indicator a { for county; points 100 points; score 20% }\n"
    "indicator b { for town; points 100 points; score if group == county then 100% else 30% }"
)
ADDED = (
    "component extra as bonus { cap 9 points; indicator a { score if visits > 3 then 4 points else 0 points } }\n"
    "component minus as penalty { cap 6 points; indicator b { score clamp(rate * 100 points, 0 points, 50 points) } }"
)
LADDER = ONE.format("score ladder(visits, 2: 100%, below: 0%)")

# A policy, and the least and the most that its total can be.
REACHED: dict[str, tuple[Policy, int, int]] = {
    "share": (small(ONE.format("score ladder(visits, 2: 20%, 5: 90%, below: 10%)")), 10, 90),
    "points": (small(ONE.format("score 7 points - visits * 2 points")), 0, 7),
    "floor": (small(ONE.format("score max(-20 points, 7 points - visits * 2 points); floor -50 points")), -20, 7),
    "cap": (small(ONE.format("score visits * 3 points; cap 120 points")), 0, 120),
    "clamp": (small(ONE.format("score clamp(rate * 2, 15%, 45%)")), 15, 45),
    "rounding": (small(ONE.format("score 66.6%; rounding down to 0 places")), 66, 66),
    "gate": (small(ONE.format("score 60%; gate g when visits > 2 then at most 8 points")), 8, 60),
    "gate that cannot fire": (small(ONE.format("score 60%; gate g when visits < 0 then zero")), 60, 60),
    "groups": (small(GROUPS), 20, 30),
    "shared": (small(SHARED.format(f"score {PLAN}; missing zero; absent zero")), 0, 100),
    "shared, a part": (small(SHARED.format(f"score min(80%, {PLAN}); missing redistribute; absent zero")), 0, 80),
    "shared points": (
        small(SHARED.replace("weight", "count").format("score if completed then 40 points else 0 points; absent zero")),
        0,
        100,
    ),
    "total": (small(LADDER, "total clamp(sum(components) + 3 points, 5 points, 99 points)"), 5, 99),
    "gate of the policy": (small(ONE.format("score 100%"), "gate g when fraud then at most 40 points"), 40, 100),
    "rounding of the total": (small(ONE.format("score 99.7%"), "rounding half_up to 0 places of total"), 100, 100),
    "bonus and penalty": (small(ONE.format("score 100%"), ADDED), 94, 104),
}
# The same, reached only where something is not reported or no target was given.
OTHERS: dict[str, tuple[Policy, int, int]] = {
    "missing": (small(SHARED.format("score min(40%, actual); missing 70%; absent zero")), 0, 70),
    "absent": (small(SHARED.format(f"score min(40%, {PLAN}); missing zero; absent 95%")), 0, 95),
    "redistribute": (small(HALF.format("redistribute")), 8, 80),
    "mean": (small(HALF.format("mean")), 8, 80),
}


@pytest.mark.parametrize("name", [*REACHED, *OTHERS])
def test_bounds_of_small_policies(name: str) -> None:
    policy, least, most = {**REACHED, **OTHERS}[name]
    totals = [group.total.scores for group in describe(policy).groups]
    assert min(total.low for total in totals if total.low is not None) == least
    assert max(total.high for total in totals if total.high is not None) == most
    assert all(None not in (total.low, total.high) for total in totals)


def test_where_there_is_no_bound() -> None:
    """Nobody says how many targets there are, and each may have the cap."""
    policy = small(SHARED.format(f"score {PLAN}; missing zero; absent zero; cap 200 points"))
    assert describe(policy).groups[0].total.scores == Range(Fraction(0), None)


def evaluated(policy: Policy, entities: dict[str, tuple[str, Cells]]) -> Result:
    return assessdsl.evaluate(policy, tables(policy, entities))


def climb(policy: Policy, group: str, sign: int) -> Fraction:
    """The best total (with sign −1 the worst) that is found by changing one cell at a time, from several starts."""
    possible = choices(policy, group)
    draw = random.Random(group)
    best = None
    for _ in range(3):
        here = {name: draw.choice(values) for name, values in possible.items()}
        for _ in range(3):
            tried = [{**here, name: value} for name, values in possible.items() for value in values]
            result = evaluated(policy, {f"e{n}": (group, cells) for n, cells in enumerate(tried)})
            totals = [sign * result.entities[f"e{n}"].total.value for n in range(len(tried))]
            # what changes nothing is taken too: it may open the way for another cell
            here = tried[max(range(len(tried)), key=lambda n: (totals[n], draw.random()))]
            best = max(totals) if best is None else max(best, *totals)
    assert best is not None
    return sign * best


@pytest.mark.parametrize("group", ["county", "department"])
def test_the_bounds_of_the_city_are_reached(group: str) -> None:
    bounds = next(one.total.scores for one in describe(CITY).groups if one.name == group)
    assert bounds == Range(Fraction(0), Fraction(105))
    best = {}
    for schema in CITY.plan.schema.indicators:
        best |= {f"{schema.name}.{name}": value for name, value in BEST.get(schema.name, {}).items()}
    possible = choices(CITY, group)
    cells = {name: best.get(name, values[0]) for name, values in possible.items()}
    cells |= {
        "fact.responses": "100%",
        "sample.responses": "1000",
        "fact.major_accidents": "0",
        "fact.late_replies": "0",
    }
    worst = {name: values[0] for name, values in possible.items()} | {"sample.responses": "1000"}
    worst |= {"fact.late_replies": "1000", "warning.entries": 40} | {
        f"{name}.planned": "1" for name in ("statutory_duty", "gdp_growth", "above_province")
    }
    worst["budget_execution.actual"], worst["budget_execution.planned"] = "5000", "1"
    worst["award.entries"] = 0
    result = evaluated(CITY, {"best": (group, cells), "worst": (group, worst)})
    assert result.entities["best"].total.value == 105
    assert result.entities["worst"].total.value == 0


BEST: dict[str, dict[str, Any]] = {
    "gdp_growth": {"planned": "3%", "actual": "100%"},
    "above_province": {"planned": "3%", "actual": "100%"},
    "statutory_duty": {"planned": "3", "actual": "80"},
    "budget_execution": {"planned": "80", "actual": "3"},
    "major_project": {"targets": 2, "done": "2022-03-01"},
    "award": {"entries": 40, "level": "national"},
    "warning": {"entries": 0},
}


@pytest.mark.parametrize("name", REACHED)
def test_the_bounds_of_small_policies_are_reached(name: str) -> None:
    policy = REACHED[name][0]
    for group in describe(policy).groups:
        assert climb(policy, group.name, 1) == group.total.scores.high
        assert climb(policy, group.name, -1) == group.total.scores.low


TARGET = {"target": "t", "entity": "e", "indicator": "one", "planned": "4%", "weight": 1}
VISITED = {"entity": "e", "fact": "visits", "actual": 1}


@pytest.mark.parametrize(
    ("name", "targets", "facts"),
    [
        ("missing", [TARGET], []),
        ("absent", [], []),
        ("mean", [], [VISITED]),
        ("redistribute", [], [VISITED]),
    ],
)
def test_the_most_is_reached_where_something_is_not_there(
    name: str, targets: list[dict[str, Any]], facts: list[dict[str, Any]]
) -> None:
    policy, _, most = OTHERS[name]
    entities = [{"entity": "e", "group": "county"}]
    result = assessdsl.evaluate(policy, {"entities": entities, "targets": targets, "facts": facts})
    assert result.entities["e"].total.value == most


@settings(max_examples=60)
@given(st.data())
def test_no_score_lies_outside_its_bounds(data: st.DataObject) -> None:
    policy = data.draw(st.sampled_from([CITY, CITY, *(policy for policy, _, _ in {**REACHED, **OTHERS}.values())]))
    group = data.draw(st.sampled_from(policy.plan.schema.groups))
    possible = {name: st.sampled_from(values) for name, values in choices(policy, group).items()}
    entities = {f"e{n}": (group, data.draw(st.fixed_dictionaries(possible))) for n in range(3)}
    try:
        result = evaluated(policy, entities)
    except DataError as error:
        if {found.code for found in error.diagnostics if found.is_error} != {"AS5203"}:
            raise
    else:  # the policy does not call one of them an error
        within(policy, result)


@pytest.mark.parametrize("folder", sorted((ROOT / "policies").glob("*/facts")), ids=lambda path: path.parent.name)
def test_no_score_of_the_examples_lies_outside(folder: Path) -> None:
    policy = assessdsl.load(folder.parent / "policy.assess")
    frozen = folder / "frozen.csv"
    result = assessdsl.evaluate(policy, assessdsl.read_facts(folder), frozen=frozen if frozen.exists() else None)
    within(policy, result)


@pytest.mark.parametrize("case", list(cases()))
def test_conformance_cases_are_linted_and_lie_within_their_bounds(case: dict[str, Any]) -> None:
    text = source(case)
    linted = assessdsl.lint_text(text.text, text.name)
    if any(found.is_error for found in linted.diagnostics):
        return
    policy = assessdsl.loads(text.text, text.name)
    assert str(describe(policy, "zh"))
    if not isinstance(case["expect"], list):
        within(policy, assessdsl.evaluate(policy, tables_of(case)))


def within(policy: Policy, result: Result) -> None:
    described = {group.name: group.total for group in describe(policy).groups}
    for entity in result.entities.values():
        total = described[entity.group]
        assert inside(entity.total.value, total), (entity.entity, "total")
        parts = {(part.kind == "indicator", part.name): part for part in every(total)}
        for component in entity.components.values():
            if (False, component.name) in parts:
                assert inside(component.score.value, parts[False, component.name]), component.name
            for indicator in component.indicators.values():
                if (True, indicator.name) in parts:
                    assert inside(indicator.score.value, parts[True, indicator.name]), indicator.name


def every(part: Part) -> list[Part]:
    return [part, *(inner for child in part.parts for inner in every(child))]


def inside(value: Fraction, part: Part) -> bool:
    low, high = part.scores.low, part.scores.high
    return (low is None or low <= value) and (high is None or value <= high)


# ---------------------------------------------------------------- arithmetic with bounds

ends = st.one_of(st.none(), st.integers(-4, 4).map(Fraction))
ranges = st.builds(lambda a, b: Range(b, a) if a is not None and b is not None and b < a else Range(a, b), ends, ends)


@given(ranges, ranges, st.data())
def test_what_is_calculated_lies_within_what_is_calculated_of_the_bounds(
    left: Range, right: Range, data: st.DataObject
) -> None:
    a, b = (data.draw(number_in(one)) for one in (left, right))
    for found, value in (
        (add(left, right), a + b), (negative(left), -a), (multiply(left, right), a * b),
        (lowest([left, right]), min(a, b)), (highest([left, right]), max(a, b)), (magnitude(left), abs(a)),
    ):  # fmt: skip
        assert covers(found, value)
    if b:
        assert covers(divide(left, right), a / b)
    signs = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}
    for sign, answer in signs.items():
        assert answer in compare(sign, left, right).possible


def number_in(one: Range) -> st.SearchStrategy[Fraction]:
    low = one.low if one.low is not None else (one.high or Fraction(0)) - 50
    high = one.high if one.high is not None else low + 50
    return st.fractions(low, high, max_denominator=6)


def covers(found: Range, value: Fraction) -> bool:
    return (found.low is None or found.low <= value) and (found.high is None or value <= found.high)


def test_bounds_are_as_narrow_as_can_be() -> None:
    two, minus = Range(Fraction(1), Fraction(2)), Range(Fraction(-3), None)
    assert multiply(two, minus) == Range(Fraction(-6), None)
    assert divide(exactly(Fraction(6)), two) == Range(Fraction(3), Fraction(6))
    assert divide(two, Range(Fraction(0))) == Range(Fraction(0))
    assert divide(two, negative(two)) == Range(Fraction(-2), Fraction(-1, 2))


# ---------------------------------------------------------------- what else is described


def test_days_of_the_year() -> None:
    days = last_days(Period(2024), 1)
    assert (len(days), days[1], days[-1]) == (12, date(2024, 2, 29), date(2024, 12, 31))
    assert [day.month for day in last_days(Period(2023), 3)] == [3, 6, 9, 12]
    assert last_days(Period(2023), 12) == (date(2023, 12, 31),)


def test_duties_of_the_city() -> None:
    duties = {(duty.kind, duty.name): duty for duty in describe(CITY).duties}
    assert duties["freeze", ""].days == duties["consultation", ""].days == (date(2022, 2, 28),)
    assert [len(duties[kind, ""].days) for kind in ("analysis", "bulletin", "inquiry", "inspection")] == [12, 4, 12, 4]
    assert duties["finding", "explanation"].within == 15


def test_data_of_the_city() -> None:
    data = {(supply.table, supply.name): supply for supply in describe(CITY).data}
    planned = data["targets", "gdp_growth"]
    assert planned.groups == ("county",)
    assert {(column.name, column.unit, column.places, column.needed) for column in planned.columns} >= {
        ("planned", "percent", 1, True), ("owner", "", None, True), ("due", "", None, True),
    }  # fmt: skip
    project = {column.name: column.needed for column in data["facts", "major_project"].columns}
    assert project == {"actual": False, "completed_on": True}
    assert data["targets", "major_project"].many
    assert [column.name for column in data["facts", "responses"].columns] == ["actual", "sample"]
    assert ("targets", "award") not in data
    assert [column.name for column in data["history", "2021"].columns] == ["entity", "group", "rank"]


def test_rules_are_told_in_the_words_of_the_language() -> None:
    rules = {rule.name: dict(rule.says) for rule in describe(CITY, "zh").rules}
    assert rules["satisfaction"]["score"] == "社会评价(responses, 至少: 400, 样本不足: 60%)"
    assert rules["major_project"]["absent"] == "重新分配"


def test_twins_have_one_description() -> None:
    folder = ROOT / "policies" / "municipal_2022"
    described = [
        describe(assessdsl.load(folder / name), "en").to_data() for name in ("policy.en.assess", "policy.yaml")
    ]
    for data in described:
        for rule in data["rules"]:
            del rule["line"]
    assert described[0] == described[1]


def test_text_is_aligned_under_wide_characters() -> None:
    lines = str(describe(CITY, "zh")).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("区县"))
    table = lines[start : lines.index("", start)]
    assert len({width(line) for line in table}) == 1
    assert "分值" in table[0]
    assert next(line for line in table if "扣分" in line).split()[-2:] == ["-5", "0"]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(ROOT / "policies" / "municipal_2022" / "policy.yaml")
    assert main(["describe", path, "--language", "en"]) == 0
    assert "within 15 days of publication" in capsys.readouterr().out
    assert main(["describe", path, "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data == assessdsl.describe(assessdsl.load(path)).to_data()
    assert data["groups"][0]["total"]["most"] == "105"
    assert main(["describe", "nowhere.yaml"]) == 1
