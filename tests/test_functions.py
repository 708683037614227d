"""What the checker says of the functions, what it takes for granted, and how explanations show them."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl import syntax
from assessdsl.ast import build
from assessdsl.check import check
from assessdsl.check.bounds import interval
from assessdsl.check.prelude import prelude
from assessdsl.engine import check_text
from assessdsl.source import Source
from assessdsl.vocabulary import vocabulary

POLICY = """policy p "p" {{
  period 2022; full 100 points; group g "g"
  {top}
  fact x number "x" to 3 places
  fact y number "y"
  fact flag yes_no "flag"
  fact rate percent "rate"
  fact gap pp "gap"
  fact income money "income"
  fact n count "n"
  component c "c" {{
    points 100 points
    floor -1000 points
    {inside}
    indicator i "i" {{ points 100 points; floor -1000 points; missing 0 points; score {score}; {more} }}
  }}
}}
"""
ROUNDED = "rounding half_up to 2 places"


def text(score: str, *, top: str = "", inside: str = "", more: str = "") -> str:
    return POLICY.format(top=top, inside=inside, more=more, score=score)


def errors(score: str, **rest: str) -> set[str]:
    _, found = check_text("policy.assess", text(score, **rest))
    return {remark.code for remark in found if remark.is_error}


REMARKS: list[tuple[str, set[str]]] = [
    # whole numbers
    ("floor(x) * 1 point", set()),
    ("floor(income / 3 yuan) * 1 point", set()),
    ("floor(rate) * 1 point", {"AS3101"}),
    ("ceiling(gap) * 1 point", {"AS3101"}),
    ("floor(flag) * 1 point", {"AS3006"}),
    # tables
    ("lookup(flag, yes: 1 point, no: 0 points)", set()),
    ("lookup(flag, yes: 1 point, no: 10%)", {"AS3001"}),
    ("lookup(flag, 1: 1 point, otherwise: 0 points)", {"AS3001"}),
    ("lookup(group, g: 1 point)", set()),
    ("lookup(x, y: 1 point, otherwise: 0 points)", {"AS3011"}),
    ("lookup(x, otherwise: 0 points)", {"AS4042"}),
    ("brackets(x, 0: 1 point, 5: 2 points)", set()),
    ("brackets(gap, 0 pp: 1 point)", {"AS3002"}),
    ("brackets(x, 0 pp: 1 point)", {"AS3001"}),
    ("brackets(x, 5: 1 point, 3: 2 points)", {"AS4005"}),
    ("brackets(x)", {"AS4042"}),
    # steps of the prelude
    ("overshoot(gap, step: 3 pp, each: 1 point, at_most: 3 points)", set()),
    ("overshoot(gap, step: -3 pp, each: 1 point, at_most: 3 points)", {"AS3102"}),
    ("overshoot(gap, step: gap, each: 1 point, at_most: 3 points)", {"AS3102"}),
    ("overshoot(gap, step: 3%, each: 1 point, at_most: 3 points)", {"AS3012"}),
    ("efficacy(rate, worst: 0%, best: 20%, base: 60%, equal: 100%)", set()),
    ("efficacy(x, worst: 0%, best: 20 yuan, base: 60%, equal: 100%)", {"AS3012"}),
    # aggregates
    ("median(x, of: group) * 1 point", set()),
    ("variance(income, of: group)", {"AS3002"}),
    ("deviation(income, of: group) / 1 yuan * 1 point", {"AS3112"}),
    ("trimmed_mean(x, of: group, drop: 0, fewer: 0) * 1 point", {"AS3110"}),
    ("trimmed_mean(x, of: group, drop: 0.5, fewer: 0) * 1 point", {"AS3010"}),
    ("trimmed_mean(x, of: group, drop: 1) * 1 point", {"AS2114"}),
    ("trimmed_mean(x, of: group, drop: 1, fewer: 1 yuan) * 1 point", {"AS3001"}),
    ("weighted_mean(x, of: group, weight: n) * 1 point", set()),
    ("weighted_mean(x, of: group, weight: flag) * 1 point", {"AS3006"}),
    ("median(targets, actual) * 1 point", {"AS2109", "AS4017"}),
    ("best(targets, actual) * 1 point", {"AS2117", "AS4017"}),
    # what may have no value
    ("if x > 0 then round(ln(x), places: 2, mode: half_up) * 1 point else 0 points", set()),
    ("if x >= 0 then round(ln(x), places: 2, mode: half_up) * 1 point else 0 points", {"AS3106"}),
    ("if 0 < x < 5 then round(ln(x), places: 2, mode: half_up) * 1 point else 0 points", set()),
    ("if x <= 0 or y <= 0 then 0 points else round(ln(x) + ln(y), places: 2, mode: half_up) * 1 point", set()),
    ("if not (x < 0) then round(sqrt(x), places: 2, mode: half_up) * 1 point else 0 points", set()),
    ("if x < 0 then round(sqrt(x), places: 2, mode: half_up) * 1 point else 0 points", {"AS3106"}),
    ("round(sqrt(n), places: 2, mode: half_up) * 1 point", set()),
    ("round(sqrt(abs(x)), places: 2, mode: half_up) * 1 point", set()),
    ("round(sqrt(clamp(x, 0, 5)), places: 2, mode: half_up) * 1 point", set()),
    ("round(sqrt(clamp(x, 0, y)), places: 2, mode: half_up) * 1 point", {"AS3106"}),
    ("round(ln(max(x, 1)), places: 2, mode: half_up) * 1 point", set()),
    ("round(root(x, 3), places: 2, mode: half_up) * 1 point", set()),
    ("round(root(x, 4), places: 2, mode: half_up) * 1 point", {"AS3106"}),
    ("power(x, 3) * 1 point", set()),
    ("power(x, -3) * 1 point", {"AS3106"}),
    ("if x != 0 then power(x, -3) * 1 point else 0 points", set()),
    ("round(power(x, 0.5), places: 2, mode: half_up) * 1 point", {"AS3106"}),
    ("round(power(n, 0.5), places: 2, mode: half_up) * 1 point", set()),
    ("round(power(n, -0.5), places: 2, mode: half_up) * 1 point", {"AS3106"}),
    ("round(power(n, y), places: 2, mode: half_up) * 1 point", {"AS3106"}),
    ("round(power(n, n), places: 2, mode: half_up) * 1 point", set()),
    ("harmonic_mean(max(x, 1), 3) * 1 point", set()),
    ("harmonic_mean(n, 3) * 1 point", {"AS3106"}),
    ("round(ln(income, undefined: 0), places: 2, mode: half_up) * 1 point", {"AS3105"}),
    ("round(ln(x, undefined: 1 yuan), places: 2, mode: half_up) * 1 point", {"AS3001"}),
    ("min(goalposts(x, low: 1, high: 3), ln(x, undefined: n))", {"AS3001", "AS3112"}),
    ("round(root(x, n), places: 2, mode: half_up) * 1 point", {"AS2109"}),
    # what is not exact
    ("exp(x) * 1 point", {"AS3112"}),
    ("round(exp(x), places: 2, mode: half_up) * 1 point", set()),
    ("if exp(x) > 1 then 100% else 0%", {"AS3107"}),
    ("if exp(x) > 0 then 100% else 0%", set()),
    ("if exp(x) - 1 > 0 then 100% else 0%", {"AS3107"}),
    ("ladder(exp(x), 1: 100%, below: 0%)", {"AS3107"}),
    ("lookup(exp(x), 1: 100%, otherwise: 0%)", {"AS3107"}),
    ("floor(exp(x)) * 1 point", {"AS3107"}),
    ("rank_of(exp(x), of: group, ties: shared) * 1 point", {"AS3107"}),
    ("whole_steps(exp(x), step: 1) * 1 point", {"AS3107"}),
    ("min(exp(x), 5) * 1 point", {"AS3112"}),
    ("ratio(1, exp(x), zero: 0)", {"AS3112"}),
    ("ratio(1, exp(x) - 1, zero: 0)", {"AS3107", "AS3112"}),
    ("ratio(1, exp(x) + 1, zero: 0)", {"AS3112"}),
    ("power(exp(x), 2) * 1 point", {"AS3112"}),
    ("generalised_mean(n, 2, power: 1) * 1 point", set()),
    ("generalised_mean(n, 2, power: 2) * 1 point", {"AS3112"}),
    ("arithmetic_mean(x, y) * 1 point", set()),
]  # fmt: skip


@pytest.mark.parametrize(("score", "codes"), REMARKS)
def test_remarks(score: str, codes: set[str]) -> None:
    assert errors(score) == codes


def test_a_rounding_anywhere_behind_the_score_is_enough() -> None:
    assert errors("exp(x) * 1 point", more=ROUNDED) == set()
    assert errors("exp(x) * 1 point", inside=ROUNDED) == set()
    assert errors("exp(x) * 1 point", top="rounding half_up to 2 places of c") == set()
    assert errors("exp(x) * 1 point", top="rounding half_up to 2 places of total") == set()


@pytest.mark.parametrize("rule", ["rank by total, c within group ties shared", "eligible e when c > 3 points"])
def test_a_component_that_is_not_rounded_decides_nothing(rule: str) -> None:
    rounding = "rounding half_up to 2 places of total"
    assert errors("exp(x) * 1 point", top=f"{rounding}; {rule}") == {"AS3107"}
    assert errors("exp(x) * 1 point", top=f"{rounding}; {rule}", inside=ROUNDED) == set()


def test_what_is_decided_in_a_definition_is_told_with_its_call() -> None:
    top = "define high(a) = if a > 3 then 100% else 0%"
    assert errors("high(x)", top=top) == set()
    _, found = check_text("policy.assess", text("high(exp(x))", top=top))
    (remark,) = [remark for remark in found if remark.is_error]
    assert (remark.code, remark.span.text) == ("AS3107", "a")
    assert [related.span.text for related in remark.related] == ["high(exp(x))"]


def test_labels_are_not_names_of_the_data() -> None:
    """`weight:` does not make an indicator score targets, which have a weight."""
    assert errors("weighted_mean(x, of: group, weight: 2) * 1 point") == set()


def test_whole_numbers_are_known_before_the_data() -> None:
    assert errors("ladder(x, a: 100%, below: 0%)", top="parameter a = floor(7 / 2)") == set()


def test_many_definitions_within_one_another_are_looked_at_soon() -> None:
    levels = [f"define f{i + 1}(a) = f{i}(a * 0.5) + f{i}(1 + a * a)" for i in range(30)]
    assert errors("f30(x) * 1 point", top="; ".join(["define f0(a) = exp(a)", *levels])) <= {"AS3112"}


def test_keys_may_be_spelled_like_labels() -> None:
    top = "tier best when total >= 60 points; tier low otherwise; rank by total within group ties shared"
    rule = "accountability { finding f when lookup(tier, best: 1, low: 2) == 2 within 5 days }"
    assert errors("100%", top=f"{top}; {rule}") == set()
    assert errors("arithmetic_mean(x: 1, base: 2) * 1 point", top="fact base number") == set()


def test_every_function_is_in_both_languages_and_the_prelude_in_the_table() -> None:
    assert all(("function", name) in vocabulary().words for name in prelude())
    labels = {parameter.id for function in prelude().values() for parameter in function.parameters}
    given_by_place = {"actual", "planned", "responses", "other"}
    assert all(("label", label) in vocabulary().words for label in labels - given_by_place)


# ---------------------------------------------------------------- bounds

CHECKED = check(build(syntax.read(Source("policy.assess", text("100%")))[0])[0])  # type: ignore[arg-type]
NAMES = ("x", "y", "n")


def expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from([*NAMES, "0", "1", "2", "3.5", "-2", "0.25"])

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
            st.builds("min({}, {})".format, inner, inner),
            st.builds("max({}, {})".format, inner, inner),
            st.builds("clamp({}, {}, {})".format, inner, inner, inner),
            st.builds("abs({})".format, inner),
            st.builds("floor({})".format, inner),
            st.builds("ceiling({})".format, inner),
            st.builds("ratio({}, {}, zero: {})".format, inner, inner, inner),
            st.builds("ladder({}, 0: {}, 2: {}, below: {})".format, inner, inner, inner, inner),
            st.builds("lookup({}, 0: {}, otherwise: {})".format, inner, inner, inner),
            st.builds("brackets({}, 0: {}, 2: {})".format, inner, inner, inner),
            st.builds("power({}, 2)".format, inner),
            st.builds("arithmetic_mean({}: 1, {}: 2)".format, inner, inner),
            st.builds("harmonic_mean({}, {}, undefined: {})".format, inner, inner, inner),
            st.builds("(if {} > {} then {} else {})".format, inner, inner, inner, inner),
            st.builds("sqrt({}, undefined: {})".format, inner, inner),
            st.builds("ln({}, undefined: {})".format, inner, inner),
            st.builds("goalposts({}, low: 1, high: 3)".format, inner),
            st.builds("efficacy({}, worst: {}, best: {}, base: 60%, equal: 0)".format, inner, inner, inner),
            st.builds("band({}, step: 2, each: 3, at_most: 5)".format, inner),
        )  # fmt: skip

    return st.recursive(leaves, larger, max_leaves=8)


@settings(max_examples=120, deadline=None)
@given(expressions(), st.tuples(*[st.sampled_from(["-3", "-0.5", "0", "0.25", "1", "2", "7"])] * 2, st.integers(0, 4)))
def test_no_value_lies_outside_its_bounds(expression: str, facts: tuple[str, str, int]) -> None:
    """And no evaluation of a checked policy stops, whatever the functions are given."""
    score = f"round(({expression}) * 1, places: 30, mode: half_even) * 1 point"
    policy = text(score, more="rounding half_even to 25 places", top="define one(a) = a")
    checked, found = check_text("policy.assess", policy)
    if checked is None:  # compared before it was rounded, perhaps, or a plain number beside a share
        assert {remark.code for remark in found if remark.is_error} <= {"AS3001", "AS3107", "AS3012", "AS3002"}, found
        return
    entity = {"entity": "a", "group": "g", **dict(zip(NAMES, map(str, facts), strict=True))}
    result = assessdsl.evaluate(assessdsl.loads(policy), {"entities": [entity]})
    value = Fraction(str(result.to_data()["entities"]["a"]["components"]["c"]["indicators"]["i"]["score"]))
    assert checked.policy.components[0].indicators[0].score is not None
    low, high = interval(_inner(checked.policy.components[0].indicators[0].score), checked)
    slack = Fraction(1, 10**24)
    assert low is None or low - slack <= max(value, Fraction(-1000)) or value == -1000
    assert high is None or min(high, Fraction(100)) + slack >= value or value == -1000


def _inner(score: object) -> object:
    return score.operands[0].arguments[0].value  # type: ignore[attr-defined]


# ---------------------------------------------------------------- explanations


def test_a_form_of_the_prelude_is_shown_by_its_call() -> None:
    score = "10 points + overshoot(x, step: 10, each: 3 points, at_most: 9 points)"
    facts = {"entities": [{"entity": "a", "group": "g", "x": "25"}]}
    shown = str(assessdsl.explain(assessdsl.evaluate(assessdsl.loads(text(score)), facts), "a"))
    assert " overshoot(x, step: 10, each: 3 points, at_most: 9 points) 6 policy" in " ".join(shown.split())
    assert "prelude" not in shown


def test_of_a_table_the_row_that_was_taken_is_shown() -> None:
    score = "lookup(x, 1: 60 points, 2: n * 1 point, otherwise: y * 1 point)"
    facts = {"entities": [{"entity": "a", "group": "g", "x": "2", "n": "7", "y": "4"}]}
    shown = str(assessdsl.explain(assessdsl.evaluate(assessdsl.loads(text(score)), facts), "a"))
    lines = [line.split()[0] for line in shown.splitlines() if line.strip()]
    assert "n" in lines
    assert "y" not in lines
