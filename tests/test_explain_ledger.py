"""The ledger sums exactly, whatever the policy, and says of every point why it is not there."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

import assessdsl
from assessdsl.diagnostics import DataError
from assessdsl.explanation import LedgerLine
from assessdsl.resources import resource

YEAR_DAYS = ["2022-03-01", "2022-06-30", "2022-12-31", ""]
STATES = ["", "", "", "exempt", "disputed", "falsified"]
STAND_INS = ["zero", "ineligible", "full", "redistribute", "mean", "40%", "3 points"]


def policy(components: str, *, total: str = "", rounding: str = "half_up to 2 places of total", rest: str = "") -> str:
    return f"""# language: en
policy example "Example" {{
  period 2022
  full 100 points
  {f"rounding {rounding}" if rounding else ""}
  {f"total {total}" if total else ""}
  group county "Counties"
  group town "Towns"
  fact good number "Good"
  fact warnings count "Warnings" missing zero
  {components}
  {rest}
}}
"""


# ---------------------------------------------------------------- the lines, one cause at a time

GROWTH = """component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 60 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing MISSING
      absent ABSENT
      MORE
    }
    indicator roads "Roads" { points 40 points
      score if good >= 1 then 100% else 50%
      missing zero }
    COMPONENT
  }"""


def growth(*, missing: str = "zero", absent: str = "zero", more: str = "", component: str = "") -> str:
    text = GROWTH.replace("MISSING", missing).replace("ABSENT", absent)
    return text.replace("MORE", more).replace("COMPONENT", component)


def ledger(text: str, *, actual: str = "6%", planned: str = "8%", **facts: str) -> tuple[LedgerLine, ...]:
    """The ledger of the one county."""
    entity = {"entity": "east", "group": "county", "good": "1"} | facts
    data: dict[str, list[dict[str, Any]]] = {"entities": [entity], "targets": [], "facts": []}
    if planned:
        data["targets"] = [{"target": "t1", "entity": "east", "indicator": "growth", "planned": planned}]
        data["facts"] = [{"target": "t1", "actual": actual}] if actual else []
    result = assessdsl.evaluate(assessdsl.loads(text), data)
    explanation = assessdsl.explain(result, "east")
    assert sum(line.points for line in explanation.ledger) == explanation.full - explanation.score
    return explanation.ledger


def causes(lines: tuple[LedgerLine, ...]) -> list[tuple[str, Fraction]]:
    return [(line.cause, line.points) for line in lines]


def test_score_below_full_marks() -> None:
    (line,) = ledger(policy(growth()))
    assert (line.cause, line.points, line.indicator, line.target) == ("score", Fraction(15), "growth", "t1")
    assert (line.component, line.span.text.split()[:2]) == ("base", ["score", "attainment(actual,"])


def test_nothing_lost_is_no_line() -> None:
    assert ledger(policy(growth()), actual="8%") == ()


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("zero", [("missing", Fraction(60))]),
        ("full", []),
        ("25%", [("missing", Fraction(45))]),
        ("1 points", [("missing", Fraction(59))]),
        ("mean", [("score", Fraction(20)), ("missing", Fraction(30))]),
        ("redistribute", [("score", Fraction(20)), ("redistribution", Fraction(30))]),
    ],
)
def test_missing_fact(missing: str, expected: list[tuple[str, Fraction]]) -> None:
    good = "0" if missing in ("mean", "redistribute") else "1"
    assert sorted(causes(ledger(policy(growth(missing=missing)), actual="", good=good))) == sorted(expected)


@pytest.mark.parametrize(
    ("absent", "expected"),
    [
        ("zero", [("absent", Fraction(60))]),
        ("full", []),
        ("25%", [("absent", Fraction(45))]),
        ("mean", [("absent", Fraction(30)), ("score", Fraction(20))]),
        ("redistribute", [("redistribution", Fraction(30)), ("score", Fraction(20))]),
    ],
)
def test_absent_target(absent: str, expected: list[tuple[str, Fraction]]) -> None:
    good = "0" if absent in ("mean", "redistribute") else "1"
    assert sorted(causes(ledger(policy(growth(absent=absent)), planned="", good=good))) == expected


def test_gates_limits_and_rounding_are_lines_of_their_own() -> None:
    more = 'gate slow "Slow" when actual < 7% then at most 20 points\ncap 19.26 points\nrounding half_up to 1 places'
    lines = ledger(policy(growth(more=more)))
    assert causes(lines) == [
        ("score", Fraction(15)),
        ("gate", Fraction(25)),
        ("limit", Fraction(74, 100)),
        ("rounding", Fraction(-4, 100)),
    ]
    assert lines[1].gate == "slow"
    assert lines[1].label == "Base / Growth / t1: gate Slow"


def test_a_component_has_its_gate_limit_and_rounding() -> None:
    component = 'gate warned "Warned" when warnings > 0 then at most 80.05 points\nrounding down to 0 places'
    lines = ledger(policy(growth(component=component)), warnings="1")
    assert causes(lines) == [("score", Fraction(15)), ("gate", Fraction(495, 100)), ("rounding", Fraction(5, 100))]
    assert {(line.component, line.indicator) for line in lines[1:]} == {("base", "")}


def test_bonus_is_a_gain_penalty_a_loss_and_their_caps_are_lines() -> None:
    more = """
  component bonus "Bonus" as bonus { cap 5 points
    indicator extra "Extra" { score good * 4 points
      missing zero } }
  component penalty "Penalty" as penalty { cap 2 points
    indicator warned "Warned" { score warnings * 1.5 points } }"""
    lines = ledger(policy(growth() + more), good="2", warnings="3")
    assert causes(lines) == [
        ("score", Fraction(15)),
        ("score", Fraction(-8)),
        ("limit", Fraction(3)),
        ("score", Fraction(9, 2)),
        ("limit", Fraction(-5, 2)),
    ]


def test_total_that_is_no_sum_has_a_combining_line() -> None:
    lines = ledger(policy(growth(), total="base * 0.5"))
    assert causes(lines) == [("score", Fraction(15)), ("combination", Fraction(85, 2))]


def test_total_gates_limits_and_rounding() -> None:
    rest = 'gate bad "Bad" when warnings > 0 then at most 50 points'
    text = policy(growth(), total="min(80.125 points, sum(components))", rest=rest)
    assert causes(ledger(text)) == [
        ("score", Fraction(15)),
        ("limit", Fraction(4875, 1000)),
        ("rounding", Fraction(-5, 1000)),
    ]
    assert causes(ledger(text, warnings="1"))[-1] == ("gate", Fraction(30125, 1000))


def test_every_entity_of_the_example_city() -> None:
    city = resource("policies", "municipal_2022")
    result = assessdsl.evaluate(assessdsl.load(city / "policy.assess"), assessdsl.read_facts(city / "facts"))
    assert len(result.entities) > 40
    for name, entity in result.entities.items():
        lines = assessdsl.explain(result, name).ledger
        assert sum(line.points for line in lines) == 100 - entity.total.value
        assert all(line.span.source.name for line in lines)


# ---------------------------------------------------------------- every policy


@st.composite
def indicators(draw: DrawFn, name: str, points: int) -> str:
    """An indicator with its own handlings, gates, limits and rounding."""
    form = draw(st.sampled_from(["targeted", "shared", "ladder", "points"]))
    lines = [f"points {points} points" + (" shared by weight" if form == "shared" else "")]
    match form:
        case "targeted" | "shared":
            lines += ["unit percent to 1 places", "score attainment(actual, planned, zero_plan: 50%)"]
            lines.append(f"absent {draw(st.sampled_from(STAND_INS))}")
        case "ladder":
            lines.append("score ladder(good, 1: 33%, 4: 80%, 9: 100%, below: 5%)")
        case "points":
            lines.append("score good * 7.7 points - 4 points")
    lines.append(f"missing {draw(st.sampled_from(STAND_INS))}")
    if draw(st.booleans()):
        lines.append(
            f"applies when warnings < 3 otherwise {draw(st.sampled_from(['zero', 'full', 'redistribute', 'mean']))}"
        )
    lines += [f"{state} {draw(st.sampled_from(STAND_INS))}" for state in STATES[3:]]
    if form in ("targeted", "shared") and draw(st.booleans()):
        then = draw(st.sampled_from(["then zero", "then at most 4 points"]))
        lines.append(f'gate open "Open" when not completed {then}')
    if draw(st.booleans()):
        lines.append(f"cap {draw(st.integers(1, points))} points")
    if draw(st.booleans()):
        lines.append(f"rounding {draw(st.sampled_from(['half_up', 'down', 'half_even']))} to 1 places")
    return f'indicator {name} "{name.title()}" {{\n' + "\n".join(lines) + "\n}"


@st.composite
def policies(draw: DrawFn) -> str:
    components = []
    for number, points in enumerate(draw(st.sampled_from([(100,), (60, 40)]))):
        split = draw(st.sampled_from([(points,), (points - 15, 15), (points - 25, 10, 15)]))
        inside = [draw(indicators(f"i{number}{place}", share)) for place, share in enumerate(split)]
        if draw(st.booleans()):
            inside.append('gate warned "Warned" when warnings > 1 then at most 30.3 points')
        if draw(st.booleans()):
            inside.append("rounding half_up to 0 places")
        if len(split) > 1 and draw(st.booleans()):
            inside.append('contagion line "Line" when below 50% then others at most 61.3%')
        method = draw(st.sampled_from(["", "", "mean", "least", "product", "harmonic"]))
        if method:
            inside.append(f"combine {method}")
        if draw(st.booleans()):  # the whole of it within another
            inside = [f'component inner{number} "Inner" {{\npoints {points} points\n' + "\n".join(inside) + "\n}"]
        components.append(f'component c{number} "C{number}" {{\npoints {points} points\n' + "\n".join(inside) + "\n}")
    if draw(st.booleans()):
        components.append(
            'component bonus "Bonus" as bonus { cap 5 points\n'
            'indicator extra "Extra" { score good * 0.7 points\nmissing zero }\n'
            'indicator prize "Prize" { each 2 points\ncount all } }'
        )
    if draw(st.booleans()):
        components.append(
            'component penalty "Penalty" as penalty { cap 3 points\n'
            'indicator warned "Warned" { score warnings * 1.3 points } }'
        )
    if draw(st.booleans()):
        components.append(
            'component extra "Extra" as bonus { cap 5 points\noutside total\n'
            'indicator tie "Tie" { score good * 0.3 points\nmissing zero } }'
        )
    total = draw(
        st.sampled_from(
            ["", "max(0 points, sum(components))", "c0 * 0.8 + 1.5 points", "clamp(c0, 5 points, 50 points)"]
        )
    )
    rest = draw(st.sampled_from(["", 'gate low "Low" when warnings > 2 then at most 44.4 points']))
    rounding = draw(st.sampled_from(["", "half_up to 2 places of total", "down to 0 places of total"]))
    return policy("\n".join(components), total=total, rest=rest, rounding=rounding)


@st.composite
def records(draw: DrawFn) -> dict[str, list[dict[str, str]]]:
    """Three entities, each with some targets of some indicators; facts are missing now and then."""
    percent = st.sampled_from(["-2.5%", "0%", "3.3%", "7.0%", "12.1%"])
    entities, targets, facts = [], list[dict[str, str]](), list[dict[str, str]]()
    for entity in ("east", "north", "west"):
        good = draw(st.sampled_from(["", "0", "1.7", "4", "12"]))
        row = {"entity": entity, "group": "county", "warnings": str(draw(st.integers(0, 4)))}
        entities.append(row | ({"good": good} if good else {}))
        for indicator in ("i00", "i01", "i02", "i10", "i11", "i12"):
            for number in range(draw(st.integers(0, 2))):
                target = f"{entity}-{indicator}-{number}"
                planned, weight = draw(percent), str(draw(st.integers(1, 7)))
                named = {"target": target, "entity": entity, "indicator": indicator}
                targets.append(named | {"planned": planned, "weight": weight})
                if draw(st.booleans()):
                    day = draw(st.sampled_from(YEAR_DAYS))
                    row = {"target": target, "actual": draw(percent), "state": draw(st.sampled_from(STATES))}
                    facts.append(row | ({"completed_on": day} if day else {}))
        for _ in range(draw(st.integers(0, 3))):
            facts.append({"entity": entity, "indicator": "prize", "actual": "1"})
    return {"entities": entities, "targets": targets, "facts": facts}


def fitting(text: str, data: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """The rows that the policy has a place for: its targeted indicators, one target where points are not shared."""
    blocks = {part.split(" ", 1)[0]: part for part in text.split("indicator ")[1:]}
    targets = [
        row
        for row in data["targets"]
        if "absent" in blocks.get(row["indicator"], "")
        and ("shared by" in blocks[row["indicator"]] or row["target"].endswith("-0"))
    ]
    known = {row["target"] for row in targets}
    facts = [
        row
        for row in data["facts"]
        if row.get("target") in known or ("prize" in blocks and row.get("indicator") == "prize")
    ]
    return {"entities": data["entities"], "targets": targets, "facts": facts}


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), records())
def test_lines_sum_to_full_marks_minus_the_total(text: str, data: dict[str, list[dict[str, str]]]) -> None:
    try:
        result = assessdsl.evaluate(assessdsl.loads(text), fitting(text, data))
    except DataError as error:
        if {diagnostic.code for diagnostic in error.diagnostics} <= {"AS5010", "AS5014"}:
            reject()  # where there is no mean to take, or nothing left to score, there is no score to explain
        raise
    for name, entity in result.entities.items():
        explanation = assessdsl.explain(result, name)
        assert sum(line.points for line in explanation.ledger) == explanation.full - explanation.score
        assert explanation.score == entity.total.value
        assert all(line.points for line in explanation.ledger)
        inner = [part for component in entity.components.values() for part in component.every]
        for indicator in (indicator for part in inner for indicator in part.indicators.values()):
            part = assessdsl.explain(result, name, indicator.name)
            assert sum(line.points for line in part.ledger) == part.full - part.score
            assert {line.indicator for line in part.ledger} <= {indicator.name}
