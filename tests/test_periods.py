"""Values of earlier years, versions and amendments (their rules are cases in conformance/periods.yaml)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.ast.edition import Amendment
from assessdsl.engine import check_text

FRAME = """\
policy p "p" {{
  period 2022
  full 100 points
  group g "g"
  fact income number "Income" missing zero
  benchmark province percent "Province"
  {statements}
  component c "c" {{
    points 100 points
    indicator growth "Growth" {{ points 60 points; unit percent; score {score}; missing zero; absent zero }}
    indicator money "Money" {{ points 40 points; unit percent; score clamp(1% * income, 0%, 100%) }}
  }}
  rank by total within group ties shared
}}
"""
PLAIN = "ladder(actual - province, 0 pp: 50%, 1 pp: 100%, below: 10%)"
PAST = "ladder(actual - previous(actual), 0 pp: 50%, 1 pp: 100%, below: 10%)"


def policy(score: str = PLAIN, statements: str = "") -> str:
    return FRAME.format(score=score, statements=statements)


ENTITIES = [{"entity": "a", "group": "g"}, {"entity": "b", "group": "g", "successor_of": "old"}]
TARGETS = [{"target": "t", "entity": "a", "indicator": "growth", "planned": "5"}]
FACTS = [
    {"target": "t", "actual": "6"},
    {"entity": "b", "indicator": "growth", "period": "2022", "actual": "7"},
    {"entity": "a", "fact": "income", "actual": "55"},
]
BENCHMARKS = [{"name": "province", "period": "2022", "value": "6"}]

years = st.sampled_from(["2019", "2020", "2021", "2023", "2024"])
names = st.sampled_from(["a", "b", "old", "gone"])
numbers = st.integers(-50, 50).map(str)
earlier_rows = st.lists(
    st.one_of(
        st.fixed_dictionaries({"target": st.sampled_from(["t", "x"]), "period": years, "actual": numbers}),
        st.fixed_dictionaries(
            {"entity": names, "indicator": st.sampled_from(["growth", "other"]), "period": years, "actual": numbers}
        ),
        st.fixed_dictionaries({"entity": names, "fact": st.just("income"), "period": years, "actual": numbers}),
    ),
    max_size=8,
)


def score(text: str, facts: list[dict[str, str]], **tables: Any) -> assessdsl.Result:
    data = {"entities": ENTITIES, "targets": TARGETS, "facts": facts, "benchmarks": BENCHMARKS} | tables
    return assessdsl.evaluate(assessdsl.loads(text), data)


@settings(deadline=None, max_examples=60)
@given(earlier_rows, st.randoms(use_true_random=False))
def test_rows_of_other_years_change_nothing_that_does_not_ask_for_them(rows: list[dict[str, str]], order: Any) -> None:
    facts = [*FACTS, *rows]
    order.shuffle(facts)
    assert score(policy(), facts).digest == score(policy(), FACTS).digest


@settings(deadline=None, max_examples=60)
@given(earlier_rows, st.randoms(use_true_random=False))
def test_what_was_reported_rests_on_no_order_of_rows(rows: list[dict[str, str]], order: Any) -> None:
    unique = {(*(row.get(key) for key in ("target", "entity", "indicator", "fact", "period")),): row for row in rows}
    facts = [*FACTS, *unique.values()]
    first = score(policy(PAST), facts)
    order.shuffle(facts)
    assert score(policy(PAST), facts).digest == first.digest


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ([], "22"),
        ([{"target": "t", "period": "2021", "actual": "5.5"}], "52"),
        ([{"target": "t", "period": "2021", "actual": "5"}], "82"),
        ([{"target": "t", "period": "2021", "actual": "9"}], "28"),
        ([{"entity": "a", "indicator": "growth", "period": "2021", "actual": "5"}], "82"),
        ([{"entity": "a", "indicator": "Growth", "period": "2021", "actual": "5"}], "82"),  # by its label
        ([{"target": "t", "entity": "b", "indicator": "growth", "period": "2021", "actual": "5"}], "22"),  # another's
        ([{"target": "t", "period": "2020", "actual": "5"}], "22"),
    ],
)
def test_growth_on_the_year_before(rows: list[dict[str, str]], total: str) -> None:
    result = score(policy(PAST), [*FACTS, *rows])
    assert result.to_data()["entities"]["a"]["total"] == total


def test_only_rows_that_are_not_used_are_told() -> None:
    rows = [{"target": "t", "period": year, "actual": "5"} for year in ("2021", "2020")]
    told = [found for found in score(policy(PAST), [*FACTS, *rows]).warnings if found.code == "AS6220"]
    assert [found.arguments["period"] for found in told] == ["2020"]


def test_explanation_points_at_the_cell_of_the_earlier_year() -> None:
    result = score(policy(PAST), [*FACTS, {"target": "t", "period": "2021", "actual": "5.5"}])
    text = str(assessdsl.explain(result, "a", "growth"))
    assert "actual (2021)" in text
    assert "facts:4 actual" in text
    missing = str(assessdsl.explain(score(policy(PAST), FACTS), "a", "growth"))
    assert "previous(actual)" in missing


def test_mean_keeps_the_unit() -> None:
    """A mean of rates is a rate: it goes with percentage points, and a mean of numbers with numbers."""
    text = policy("ladder(mean_over(actual, years: 2) - 6%, 0 pp: 100%, below: 1%)".replace("6%", "province"))
    result = score(text, [*FACTS, {"target": "t", "period": "2021", "actual": "6"}])
    assert result.to_data()["entities"]["a"]["components"]["c"]["indicators"]["growth"]["score"] == "60"
    text = policy("ladder(mean_over(income, years: 2), 50: 100%, below: 1%)")
    result = score(text, [*FACTS, {"entity": "a", "fact": "income", "period": "2021", "actual": "45"}])
    assert result.to_data()["entities"]["a"]["components"]["c"]["indicators"]["growth"]["score"] == "60"


WRONG = {
    "previous(actual - province)": "AS2117",
    "mean_over(actual)": "AS2114",
    "mean_over(actual, years: 1)": "AS4305",
    "mean_over(actual, years: 21)": "AS4305",
    "mean_over(actual, years: 5 / 2)": "AS3005",
    "mean_over(actual, years: 2.5)": "AS3010",
    "previous(actual, years: 0)": "AS4305",
    "previous(actual, years: income)": "AS2109",
    "previous(previous(actual))": "AS2117",
    "previous(planned)": "AS2117",
    "previous(2)": "AS2117",
    "mean_over(in_bottom(2, of: group, ties: included), years: 2)": "AS2117",
    "sum(entries, previous(actual))": "AS2117",
    "previous(actual, year: 2)": "AS2112",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_asked_of_earlier_years(text: str) -> None:
    _, found = check_text("p.assess", policy(f"ladder({text}, 0%: 100%, below: 0%)"))
    errors = {remark.code for remark in found if remark.is_error}
    assert WRONG[text] in errors


@pytest.mark.parametrize(
    "place",
    ["total previous(actual)", 'gate x "x" when previous(actual) > 5% then zero', "parameter x = previous(income)"],
)
def test_where_the_past_of_a_target_is_not_known(place: str) -> None:
    assert "AS2109" in {found.code for found in check_text("p", policy(statements=place))[1]}


def test_past_of_the_targets_in_a_finding() -> None:
    finding = 'accountability { finding fell "Fell" when any(targets, actual < previous(actual)) }'
    for earlier, found in (("7", ["fell"]), ("5", [])):
        rows = [*FACTS, {"target": "t", "period": "2021", "actual": earlier}]
        entity = score(policy(statements=finding), rows).entities["a"]
        assert [one.name for one in entity.findings] == found


EDITION = """\
version "2022-2"
  amendment "a stricter gate" by "office", "council" on 2022-05-01 reason "two accidents"
  amendment "fewer indicators" by "office" on 2022-06-01 reason "too many"
  limit indicators 2
"""


def test_versions_and_amendments_are_kept() -> None:
    checked, found = check_text("p.assess", policy(statements=EDITION))
    assert not found
    assert checked is not None
    edition = checked.policy.edition
    assert edition.version == "2022-2"
    assert [(one.label, one.by, str(one.on), one.reason) for one in edition.amendments] == [
        ("a stricter gate", ("office", "council"), "2022-05-01", "two accidents"),
        ("fewer indicators", ("office",), "2022-06-01", "too many"),
    ]
    assert all(isinstance(one, Amendment) and one.span.text.startswith("amendment") for one in edition.amendments)


MISTAKEN = {
    'amendment "x" by "office" on 2022-05-01': "AS2009",
    'amendment "x" on 2022-05-01 reason "y"': "AS2009",
    'amendment "x" by office on 2022-05-01 reason "y"': "AS2015",
    'amendment x by "office" on 2022-05-01 reason "y"': "AS2015",
    'amendment "x" by "office" on 5 reason "y"': "AS2014",
    "version 2022": "AS2015",
    "version": "AS2011",
    'version "a"\nversion "b"': "AS2006",
    "limit 3": "AS2011",
    "limit components 3": "AS2013",
    "limit indicators 3 4": "AS2011",
    "limit indicators 2.5": "AS",
    "limit indicators 1": "AS4301",
}


@pytest.mark.parametrize("text", MISTAKEN)
def test_mistakes_in_versions(text: str) -> None:
    errors = [remark.code for remark in check_text("p.assess", policy(statements=text))[1] if remark.is_error]
    assert any(code.startswith(MISTAKEN[text]) for code in errors), errors
