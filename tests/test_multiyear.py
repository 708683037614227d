"""Plans of several years: what describe, explain and the register say of them (their rules are cases in
conformance/plans.yaml)."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.authoring import format_text

PACE = "pace(achieved, plan_total, elapsed, zero_plan: 100%)"


def policy(first: int = 2021, last: int = 2025, period: int = 2023) -> assessdsl.Policy:
    return assessdsl.loads(f"""
        policy roads "Roads" {{
          period {period}
          full 100 points
          group county "Counties"
          plan five_years "Five-year plan" from {first} to {last}
          component base "Base" {{
            points 100 points
            indicator road "Road" {{
              points 100 points shared by count
              unit number
              score clamp({PACE}, 0%, 100%)
              missing zero
              absent zero
            }}
          }}
        }}""")


def tables(total: int, built: dict[int, int]) -> dict[str, Any]:
    return {
        "entities": [{"entity": "east", "group": "county"}],
        "targets": [
            {"target": "t", "entity": "east", "indicator": "road", "links_to": "Five-year plan", "plan_total": total}
        ],
        "facts": [{"target": "t", "period": year, "actual": actual} for year, actual in built.items()],
    }


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_pace_is_what_the_manual_says(data: st.DataObject) -> None:
    first = data.draw(st.integers(2010, 2023))
    last = data.draw(st.integers(2023, first + 19))
    built = {year: data.draw(st.integers(-5, 50)) for year in range(first, 2024)}
    total = data.draw(st.integers(-1, 400))
    elapsed = Fraction(2023 - first + 1, last - first + 1)
    pace = Fraction(sum(built.values()), total) / elapsed if total > 0 else Fraction(1)
    found = assessdsl.evaluate(policy(first, last), tables(total, built)).entities["east"]
    assert found.components["base"].score.value == 100 * min(max(pace, 0), 1)


def test_the_explanation_shows_the_years_that_add_up() -> None:
    result = assessdsl.evaluate(policy(), tables(100, {2021: 15, 2022: 20, 2023: 10}))
    # what, its value, and the row of the table and the column that it came from
    shown = {" ".join(line.split()) for line in str(assessdsl.explain(result, "east")).splitlines()}
    assert {"plan_total 100 targets:1 plan_total", "elapsed 60% policy.assess:12"} <= shown
    assert {"achieved 45 policy.assess:12", "actual 10 facts:3 actual"} <= shown
    assert {"actual (2022) 20 facts:2 actual", "actual (2021) 15 facts:1 actual"} <= shown


def test_descriptions_say_which_years_must_be_supplied() -> None:
    data = assessdsl.describe(policy()).to_data()
    supplied = {(one["table"], one["name"]): one for one in data["data"]}
    assert supplied["facts", "road"]["earlier"] == ["2022", "2021"]
    columns = {column["column"]: column for column in supplied["targets", "road"]["columns"]}
    assert columns["links_to"]["needed"]
    assert columns["plan_total"] == {"column": "plan_total", "unit": "number", "places": None, "needed": True}
    assert "also of 2022, 2021" in str(assessdsl.describe(policy()))
    assert '    plan  five_years "Five-year plan" from 2021 to 2025' in str(assessdsl.describe(policy())).splitlines()


def test_an_earlier_year_that_alone_is_read_is_supplied() -> None:
    text = """
        policy p "p" {
          period 2022
          full 100 points
          group g "g"
          fact income number
          benchmark province percent
          component c "c" { points 100 points
            indicator i "i" { points 50 points; missing zero
              score ladder(previous(income, years: 2), 0: 100%, below: 0%) }
            indicator k "k" { points 50 points; unit number
              score ladder(previous(actual), 0: 100%, below: 0%) * ladder(previous(province), 0%: 100%, below: 0%)
              missing zero; absent zero } } }"""
    data = assessdsl.describe(assessdsl.loads(text)).to_data()["data"]
    assert {one["name"]: one["earlier"] for one in data if one["earlier"]} == {
        "income": ["2020"], "k": ["2021"], "province": ["2021"],
    }  # fmt: skip
    actual = next(one["columns"] for one in data if one["name"] == "k" and one["table"] == "facts")[0]
    assert not actual["needed"], "of the assessed year it is not read"


def test_words_are_translated() -> None:
    text = 'policy p "p" {\n  plan five_years "f" from 2021 to 2025\n  register {\n    require links_to\n  }\n}\n'
    there = format_text(text.encode(), "p.assess", "zh").after
    assert '规划 five_years "f" 从 2021 到 2025' in there
    assert "必填 对应规划" in there
    assert format_text(there.encode(), "p.assess", "en").after.splitlines()[-6:] == text.splitlines()


@pytest.mark.parametrize("column", ["links_to", "plan_total"])
def test_what_was_dropped_after_the_freeze_is_scored_as_it_was_frozen(column: str) -> None:
    held = tables(100, {2021: 10, 2022: 10, 2023: 10})
    (frozen,) = held["targets"]
    now = {**held, "targets": [{**frozen, "links_to": None, "plan_total": None}]}
    found = assessdsl.evaluate(policy(), now, frozen=[frozen]).entities["east"]
    assert found.total.value == 50
    assert {finding.name for finding in found.findings} == {"target_altered", "target_lowered"}
