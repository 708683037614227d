"""One entity at a time: the same numbers as all together, or a message."""

import pickle
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import test_conformance
from hypothesis import given as drawn
from hypothesis import strategies as st

import assessdsl
from assessdsl.backends import run
from assessdsl.backends.columns import Fault
from assessdsl.backends.compiled.code import code_for
from assessdsl.backends.compiled.kept import Leave, fraction
from assessdsl.backends.compiled.shape import loads, shapes
from assessdsl.backends.prepared_ways import LongWay
from assessdsl.binding import bind
from assessdsl.data import from_records, read_facts
from assessdsl.facts import Facts

POLICIES = Path(__file__).parent.parent / "policies"
POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  group office "Offices"
  fact complaints count "Complaints"
  fact survey_share survey "Survey"
  attribute difficulty number "Difficulty" to 2 places missing 1
  judgement disgrace "Disgrace"
  benchmark line percent "Line"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 40 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
    indicator beyond "Beyond the line" {
      points 20 points
      unit percent
      score if actual - line >= 1 pp then 100% else 50%
      missing 10%
      absent 20%
    }
    indicator project "Projects" {
      points 30 points shared by weight
      unit count
      gate late "Late" when not completed or completed_on > due then zero
      score min(100%, ratio(actual, planned, zero: 0%))
      missing zero
      absent redistribute
    }
    indicator opinion "Opinion" {
      points 10 points
      score survey(survey_share, at_least: 400, too_small: 60%)
      missing 60%
    }
  }
  component penalty "Penalty" as penalty {
    cap 5 points
    indicator complained "Complaints" { score complaints * 0.5 points; missing error }
  }
  total if disgrace then 0 points else max(0 points, sum(components))
  rank by total within group ties shared
}
"""
PREPARED = assessdsl.prepare(assessdsl.loads(POLICY), indicators=True)
GIVEN: dict[str, Any] = {
    "group": "county", "growth.planned": 8, "growth.actual": 7, "beyond.actual": 6, "line": 5, "complaints": 3,
    "survey_share": 90, "survey_share.sample": 400,
}  # fmt: skip


def agreement(policy: assessdsl.Policy, facts: Facts) -> tuple[int, int]:
    """How many entities the code scores, each as the exact engine does, and how many it leaves to that engine."""
    plan = policy.plan
    bound = bind(plan.schema, facts)
    if any(remark.is_error for remark in bound.diagnostics):
        return 0, 0
    columns = run(plan, bound.dataset)
    components = plan.outputs.every_component
    indicators = [indicator for component in components for indicator in component.indicators]
    outputs = [plan.outputs.total, *(part.score for part in (*components, *indicators))]
    scored = left = 0
    for row, (shape, arguments) in enumerate(shapes(plan, loads(plan, range(len(plan.steps))), bound.dataset)):
        code = code_for(plan, shape, outputs)
        try:
            values = () if code is None else code.run(*arguments)
        except Leave:
            code = None
        if code is None:
            left += 1
            continue
        numbers = [fraction(value, scale) for value, scale in zip(values, code.scales, strict=True)]
        expected = [columns.values[id][row] for id in outputs]
        assert not any(isinstance(value, Fault) for value in expected)
        assert numbers == expected, f"{bound.dataset.entities[row].entity}\n{code.source}"
        scored += 1
    return scored, left


def cases() -> Iterator[Any]:
    for param in test_conformance.cases():
        case = param.values[0]
        if not isinstance(case["expect"], list) and "files" not in case:
            yield param


@pytest.mark.parametrize("case", list(cases()))
def test_code_scores_every_conformance_case_as_the_exact_engine_does(case: dict[str, Any]) -> None:
    source = test_conformance.source(case)
    agreement(assessdsl.loads(source.text, source.name), from_records(**test_conformance.tables(case)))


@pytest.mark.parametrize(
    ("name", "scored"), [("municipal_2022", 45), ("nursing_home_stars", 14), ("development_index", 16)]
)
def test_code_scores_the_example_policies(name: str, scored: int) -> None:
    policy = assessdsl.load(POLICIES / name / "policy.assess")
    assert agreement(policy, read_facts(POLICIES / name / "facts")) == (scored, 0)


def evaluated(given: dict[str, Any]) -> assessdsl.Result:
    """The same inputs as tables."""
    tables: dict[str, list[dict[str, Any]]] = {"entities": [{"entity": "x", "group": given["group"]}]}
    tables |= {"targets": [], "facts": [], "judgements": [], "benchmarks": []}
    for indicator in ("growth", "beyond"):
        columns = {key.partition(".")[2]: value for key, value in given.items() if key.startswith(f"{indicator}.")}
        keys = {"entity": "x", "indicator": indicator}
        if "planned" in columns:
            keys["target"] = indicator
            tables["targets"].append({**keys, "planned": columns["planned"]})
        if columns.get("actual") is not None:
            tables["facts"].append({**keys, "actual": columns["actual"]})
    for number, project in enumerate(given.get("project", ())):
        keys = {"entity": "x", "indicator": "project", "target": f"p{number}"}
        tables["targets"].append({**keys, **{name: project[name] for name in ("planned", "weight", "due")}})
        tables["facts"].append({**keys, **{name: project[name] for name in ("actual", "completed_on")}})
    for fact in ("complaints", "survey_share"):
        row = {"entity": "x", "fact": fact, "actual": given.get(fact)}
        tables["facts"].append(row | ({"sample": given[f"{fact}.sample"]} if f"{fact}.sample" in given else {}))
    if given.get("disgrace"):
        tables["judgements"].append({"entity": "x", "judgement": "disgrace", "author": "a", "evidence": "b"})
    tables["benchmarks"].append({"name": "line", "value": given["line"]})
    return assessdsl.evaluate(assessdsl.loads(POLICY), tables)


def same(given: dict[str, Any]) -> None:
    whole = evaluated(given).entities["x"]
    score = PREPARED.score(given)
    assert score.total.value == whole.total.value
    assert score.components == {name: part.score for name, part in whole.components.items()}
    indicators = {name: each.score for part in whole.components.values() for name, each in part.indicators.items()}
    assert score.indicators == indicators


PROJECTS = [
    {"planned": 3, "actual": 2, "weight": 2, "due": date(2022, 6, 30), "completed_on": date(2022, 6, 30)},
    {"planned": 5, "actual": 9, "weight": 1, "due": date(2022, 6, 30), "completed_on": date(2022, 7, 1)},
]


@pytest.mark.parametrize(
    "given",
    [
        GIVEN,
        GIVEN | {"growth.actual": None},
        {key: value for key, value in GIVEN.items() if not key.startswith("growth.")},
        GIVEN | {"growth.actual": -4},
        GIVEN | {"growth.actual": Decimal("7.5"), "line": "5.25%"},
        GIVEN | {"growth.actual": Fraction(15, 2)},
        GIVEN | {"beyond.actual": 5.9},
        GIVEN | {"survey_share.sample": 399},
        GIVEN | {"disgrace": True},
        GIVEN | {"disgrace": False},
        GIVEN | {"project": PROJECTS},
        GIVEN | {"project": PROJECTS[:1], "group": "office"},
        GIVEN | {"complaints": 11},
        GIVEN | {"growth.actual": 10**45},
    ],
    ids=str,
)
def test_one_entity_scores_as_it_does_among_all(given: dict[str, Any]) -> None:
    for _ in range(2):  # the long way, and then perhaps the quick one
        same(given)


def test_inputs_of_many_kinds_in_any_order_never_share_code_that_is_not_theirs() -> None:
    chance = random.Random(7)
    kinds = {
        "growth.actual": [7, 0, -3, Decimal("7.5"), None, "6.5%"],
        "growth.planned": [8, 9, "8%", Decimal("8.1")],
        "beyond.actual": [6, 5, "6.000001%", None],
        "complaints": [0, 3, 40],
        "disgrace": [True, False, None],
        "survey_share.sample": [399, 400],
        "project": [[], PROJECTS, PROJECTS[1:]],
    }
    for _ in range(150):
        given = GIVEN | {key: chance.choice(values) for key, values in kinds.items()}
        given = {key: given[key] for key in chance.sample(list(given), len(given))}
        same({key: value for key, value in given.items() if value is not None or chance.random() < 0.5})


def test_a_text_that_is_part_of_the_shape_is_not_taken_for_the_next() -> None:
    score = 'score if tagged("major") then 100% else 0%'
    policy = assessdsl.loads(POLICY.replace("score attainment(actual, planned, zero_plan: error)", score))
    prepared = assessdsl.prepare(policy, indicators=True)
    for tags, points in (("major", 40), ("minor", 0), ("major", 40), ("minor", 0)):
        assert prepared.score(GIVEN | {"growth.tags": tags}).indicators["growth"].value == points


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"grwoth.actual": 7}, "AS5303"),
        ({"growth.actaul": 7}, "AS5303"),
        ({"group": "county "}, ""),
        ({"entity": "ash", "label": "Ashford", "设立日期": None}, ""),
        ({"组别": "county"}, "AS5303"),
        ({"group": "nowhere"}, "AS6207"),
        ({"growth.actual": "much"}, "AS6101"),
        ({"growth.actual": Decimal("7.55")}, "AS6104"),
        ({"growth.actual": 10**53}, "AS6105"),
        ({"complaints": -1}, "AS6106"),
        ({"complaints": None}, "AS5201"),
        ({"growth.planned": 0}, "AS5203"),
        ({"project": [{"planned": 1, "weight": 0}]}, "AS6112"),
    ],
)
def test_what_is_wrong_with_the_inputs_is_told(wrong: dict[str, Any], code: str) -> None:
    PREPARED.score(GIVEN)
    for _ in range(2):
        if code:
            with pytest.raises(assessdsl.DataError) as raised:
                PREPARED.score(GIVEN | wrong)
            assert code in {remark.code for remark in raised.value.diagnostics}
        else:
            assert PREPARED.score(GIVEN | wrong).total == PREPARED.score(GIVEN).total


def test_who_it_is_is_passed_over_unless_the_policy_means_something_else_by_it() -> None:
    named = assessdsl.prepare(assessdsl.loads(POLICY.replace("complaints", "label")), indicators=True)
    given = {"label" if key == "complaints" else key: value for key, value in GIVEN.items()}
    for own in (1, 7, 1):
        expected = PREPARED.score(GIVEN | {"complaints": own})
        assert PREPARED.score(GIVEN | {"complaints": own, "entity": "ash"}).fractions == expected.fractions
        assert named.score(given | {"label": own, "entity": "ash"}).fractions == expected.fractions


def quickly(prepared: assessdsl.Prepared, given: dict[str, Any]) -> assessdsl.Score | None:
    """The score, or None where the inputs do not go straight into the code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LongWay, "_by_tables", lambda self, given: None)
        return prepared.score(given)


DECIMALS = GIVEN | {"growth.actual": Decimal("7.5"), "growth.planned": Decimal("8.1")}


@pytest.mark.parametrize(
    "given",
    [
        DECIMALS,
        DECIMALS | {"growth.actual": Decimal("-0")},
        DECIMALS | {"growth.actual": Decimal("-3.0000")},
        DECIMALS | {"growth.actual": Decimal("1E+1"), "growth.planned": Decimal("200E-1")},
        DECIMALS | {"growth.actual": Decimal("1E+30")},
        DECIMALS | {"growth.planned": 8},
        DECIMALS | {"complaints": Decimal("3.0")},
        DECIMALS | {"complaints": Decimal("-0.0")},
        DECIMALS | {"beyond.actual": Decimal("5.9999999999999"), "line": Decimal("5")},
        GIVEN | {"growth.actual": 2**63, "growth.planned": 2**64, "beyond.actual": -(2**63) - 1},
    ],
    ids=str,
)
def test_decimals_and_long_numbers_go_straight_into_the_code(given: dict[str, Any]) -> None:
    PREPARED.score(given)
    with localcontext(prec=1, traps=[]):  # what a program sets for its own sums changes nothing
        quick = quickly(PREPARED, given)
    assert quick is not None
    assert quick.total.value == evaluated(given).entities["x"].total.value


@pytest.mark.parametrize(
    "wrong",
    [
        {"growth.actual": Decimal(text)}
        for text in ("7.55", "1E-9", "1E-9999", "1E+9999", "0E-600", "NaN", "sNaN", "Infinity", "-Infinity", "1E+52")
    ]
    + [{"complaints": Decimal("3.5")}, {"complaints": Decimal("-1")}, {"growth.actual": True}, {"complaints": 10**50}],
    ids=str,
)
def test_decimals_that_are_wrong_are_refused_before_and_behind_right_ones(wrong: dict[str, Any]) -> None:
    said = []
    for prepared in (assessdsl.prepare(assessdsl.loads(POLICY)), PREPARED):
        with pytest.raises(assessdsl.DataError) as raised:
            prepared.score(DECIMALS | wrong)
        said.append([remark.code for remark in raised.value.diagnostics])
        PREPARED.score(DECIMALS)
        assert quickly(PREPARED, DECIMALS) is not None
    assert said[0] == said[1]


def test_decimals_of_more_places_than_came_before_are_taken_as_they_are() -> None:
    prepared = assessdsl.prepare(assessdsl.loads(POLICY), indicators=True)
    points = []
    for text in ("6", "6.0", "5.99", "5.999999", "6.000001", "6"):
        given = GIVEN | {"beyond.actual": Decimal(text), "line": Decimal("5")}
        points.append(int(prepared.score(given).indicators["beyond"].value))
        again = quickly(prepared, given)
        assert again is not None
        assert again.indicators["beyond"].value == points[-1]
    assert points == [20, 20, 10, 10, 20, 20]


@drawn(
    st.fixed_dictionaries(
        {
            "growth.actual": st.decimals(-100, 100, places=1) | st.integers(-100, 100),
            "growth.planned": st.decimals("0.1", 100, places=1) | st.integers(1, 100),
            "beyond.actual": st.integers(0, 30).flatmap(lambda places: st.decimals(-10, 10, places=places)),
            "line": st.decimals(-10, 10, places=2),
            "complaints": st.integers(0, 12).map(Decimal),
        }
    )
)
def test_decimals_score_as_their_fractions_do(numbers: dict[str, Any]) -> None:
    exactly = {key: Fraction(value) for key, value in numbers.items()}
    for _ in range(2):
        assert PREPARED.score(GIVEN | numbers).fractions == PREPARED.score(GIVEN | exactly).fractions


def test_threads_share_it_and_it_can_be_pickled() -> None:
    again = pickle.loads(pickle.dumps(PREPARED))
    given = [GIVEN | {"growth.actual": number % 9, "complaints": number % 4} for number in range(400)]
    with ThreadPoolExecutor(4) as pool:
        scores = zip(pool.map(again.score, given), map(PREPARED.score, given), strict=True)
        assert all(one.fractions == other.fractions for one, other in scores)


def test_no_text_of_a_policy_or_its_data_stands_in_the_code() -> None:
    policy = assessdsl.loads(
        POLICY.replace("disgrace", "__import__").replace("growth", "eval").replace("county", "exec")
    )
    bound = bind(policy.plan.schema, from_records(entities=[{"entity": "os.system", "group": "exec", "complaints": 3}],
                                                  benchmarks=[{"name": "line", "value": 1}]))  # fmt: skip
    shape, _ = next(shapes(policy.plan, loads(policy.plan, range(len(policy.plan.steps))), bound.dataset))
    code = code_for(policy.plan, shape, [policy.plan.outputs.total])
    assert code is not None
    assert not any(text in code.source for text in ("import", "eval", "exec", "os", "line"))


def test_scores_that_depend_on_others_are_refused_with_their_place() -> None:
    with pytest.raises(assessdsl.PolicyError) as raised:
        assessdsl.prepare(assessdsl.load(POLICIES / "hospital_department" / "policy.assess"))
    assert {remark.code for remark in raised.value.diagnostics} == {"AS5301"}
    assert all(remark.span is not None and remark.span.line > 0 for remark in raised.value.diagnostics)
