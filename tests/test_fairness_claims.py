"""What is seen on the plan alone about data that are missing, or that a score cannot be worked out from."""

import pytest
from faulty_policies import policy

import assessdsl
from assessdsl import fairness
from assessdsl.fairness.made_cases import fixed, make
from assessdsl.fairness.properties import properties
from assessdsl.fairness.prove import prove
from assessdsl.fairness.search import bench
from assessdsl.fairness.trial import Trying


def _standing(property: str, *lines: str, facts: str = "fact output number missing zero") -> str:
    text = "\n".join(
        [
            "# language: en",
            "policy p {",
            "period 2022; full 100 points; rounding half_up to 2 places of total; total sum(components)",
            'group a "A"; group b "B"',
            facts,
            "component c { points 100 points",
            *lines,
            "}",
            "rank by total within group ties shared",
            "tier all otherwise",
            "}",
        ]
    )
    (standing,) = prove(assessdsl.loads(text), only=(property,), cases=0, solve=False).standings
    return standing.status


_EFFICACY = "score efficacy(output, worst(output, of: group), best(output, of: group), base: 40%, equal: 100%)"
_PLACES = (
    "score rank_points(rank_of(output, of: group, ties: shared), count(yes, of: group), first: 100%, last: 20%,"
    " single: 100%)"
)


@pytest.mark.parametrize("score", [_EFFICACY, _PLACES])
def test_two_that_are_not_equal_have_a_difference_to_divide_by(score: str) -> None:
    assert _standing("always_defined", f"indicator i {{ points 100 points; {score} }}") == "proved"


_NAMED = (
    "indicator {name} {{ points {points} points; {group} unit percent; score actual; missing {missing}; absent zero }}"
)


@pytest.mark.parametrize(
    ("one", "two", "groups", "status"),
    [
        ("mean", "zero", ("", ""), "proved"),
        ("mean", "60%", ("", ""), "proved"),
        ("mean", "mean", ("", ""), "unknown"),
        ("mean", "redistribute", ("", ""), "unknown"),
        ("mean", "zero", ("for a;", "for b;"), "unknown"),  # nobody else is asked the other
    ],
)
def test_a_mean_of_the_others_needs_one_that_has_a_score(one: str, two: str, groups: tuple[str, str], status: str):
    lines = (
        _NAMED.format(name=name, missing=missing, group=group, points=100 if group else 50)
        for name, missing, group in zip(("i", "j"), (one, two), groups, strict=True)
    )
    assert _standing("always_defined", *lines, facts="") == status


@pytest.mark.parametrize(
    ("score", "status"),
    [
        ("goalposts(output, low: 2, high: 40)", "proved"),
        ("goalposts(output, low: 0, high: 40)", "proved"),
        ("goalposts(output, low: 0 - 1, high: 40)", "unknown"),  # -1 scores less than 0, which stands in
        ("clamp(max(output, 0) / 40, 0%, 100%)", "proved"),
        ("clamp(1 - max(output, 0) / 40, 0%, 100%)", "unknown"),  # 0 is the best
        ("if output < 0 then 0% else if output < 5 then 10% else 100%", "unknown"),
        (_EFFICACY.removeprefix("score "), "unknown"),  # others may report less
    ],
)
def test_what_stands_in_is_no_better_where_all_that_is_worse_scores_the_same(score: str, status: str) -> None:
    assert _standing("missing_not_rewarded", f"indicator i {{ points 100 points; score {score} }}") == status


def _reasons(property: str, text: str) -> dict[str, list[tuple[str, int]]]:
    """By what each verdict is about: the keys of the reasons, with the lines that they name."""
    (standing,) = prove(assessdsl.loads(text), only=(property,), cases=0, solve=False).standings
    return {one.about: [(reason.key, reason.span.line) for reason in one.reasons] for one in standing.verdicts}


_LATE = """\
# language: en
policy p {
group g "G"
period 2022; full 100 points; rounding half_up to 2 places of total; total sum(components)
component c {
points 100 points
indicator good { points 40 points; unit percent; score clamp(actual, 0%, 100%); missing zero; absent zero }
indicator late { points 30 points
score if completed_on > due then 100% else 80%
missing zero; absent zero }
indicator high { points 30 points; unit percent; direction lower
gate much "much" when actual < 10% then zero
score if actual < 50% then 100% else 0%
missing zero
absent zero }
}
component loss as penalty { cap 5 points
indicator slow { points 5 points; unit percent; score clamp(actual, 0%, 100%); missing zero; absent zero } }
rank by total within group ties shared
}
"""


@pytest.mark.parametrize(("property", "kept"), [("monotone", "never_less"), ("rank_monotone", "ranks_no_lower")])
def test_the_line_at_fault_is_that_of_the_clause_by_which_better_is_less(property: str, kept: str) -> None:
    found = _reasons(property, _LATE)
    assert found["good"] == [(kept, 7)]
    assert found["late completed_on"] == [("falls" if property == "monotone" else "both_ways", 9)]
    assert found["high"] == [("both_ways", 12)]


def test_a_handling_is_told_with_its_own_line_though_another_says_the_same() -> None:
    found = _reasons("missing_not_rewarded", _LATE)
    assert found["high"] == [("missing_no_better", 14)]


_SHARED = """component c {{ points 100 points
  indicator i {{ points 60 points shared by {shared}; unit {unit}; {rest}; missing {missing}; absent zero }}
  indicator j {{ points 40 points; unit percent; score clamp(actual, 0%, 100%); missing zero; absent zero }} }}
"""
_ATTAINMENT = "score attainment(actual, planned, zero_plan: 0%)"


@pytest.mark.parametrize(
    ("shared", "unit", "rest", "missing", "status"),
    [
        ("weight", "count", _ATTAINMENT, "zero", "proved"),
        ("weight", "percent", _ATTAINMENT, "zero", "proved"),
        ("weight", "money", _ATTAINMENT, "redistribute", "proved"),
        ("weight", "percent", "score ladder(actual, 5%: 60%, 8%: 100%, below: 0%)", "40%", "proved"),
        ("weight", "count", "gate done when not completed then zero; score 100%", "zero", "proved"),
        ("weight", "count", "score if late_days > 3 days then 50% else 100%", "zero", "proved"),
        ("count", "percent", _ATTAINMENT, "zero", "unknown"),
        ("weight", "count", "score ladder(actual, 3 items: 100%, 6 items: 50%, below: 0%)", "zero", "unknown"),
        ("weight", "percent", f"rounding up to 0 places; {_ATTAINMENT}", "zero", "unknown"),
        ("weight", "percent", f"cap 20 points; {_ATTAINMENT}", "zero", "unknown"),
        ("weight", "percent", f"floor 5 points; {_ATTAINMENT}", "zero", "unknown"),
    ],
)
def test_two_halves_score_what_the_whole_does(shared: str, unit: str, rest: str, missing: str, status: str) -> None:
    loaded = assessdsl.loads(policy(_SHARED.format(shared=shared, unit=unit, rest=rest, missing=missing)))
    (standing,) = prove(loaded, only=("no_splitting",), cases=0, solve=False).standings
    assert standing.status == status
    at = bench(loaded)
    assert at is not None
    split = [
        found
        for seed in range(80)
        if (picked := fixed(seed)) and (made := make(at.maker, at.safe, picked, entities=1))
        if (found := properties()["no_splitting"].trial(Trying(at.maker, at.safe, made, picked))) != "nothing"
    ]
    assert any(found != "held" for found in split) == (status == "unknown")
    assert split


_GROUPS = """\
# language: en
policy p {{
period 2022; full 100 points; rounding half_up to 2 places of total; total sum(components)
group a "A"; group b "B"
fact output number missing zero
component c {{ points 100 points
indicator i "Output" {{ points 60 points; score {score} }}
indicator j "Jobs" {{ points 40 points; unit percent; {only} score clamp(actual, 0%, 100%); missing zero; absent zero }}
{more}
}}
rank by total within group ties shared
}}
"""
_OF_B = (
    'indicator k "Work" { points 40 points; unit percent; for b; score clamp(actual, 0%, 100%); '
    "missing zero; absent zero }"
)


@pytest.mark.parametrize(
    ("score", "only", "statuses"),
    [
        ("clamp(output / 10, 0%, 100%)", "", {"i": "proved", "j": "proved", "": "proved"}),
        ("clamp(output / 10, 0%, 100%)", "for a;", {"i": "proved"}),  # the totals are of different things
        (
            "if group == a then 50% else clamp(output / 10, 0%, 100%)",
            "",
            {"i": "refuted", "j": "proved", "": "refuted"},
        ),
        ("clamp(if group == b then output / 5 else output / 10, 0%, 100%)", "for a;", {"i": "refuted"}),
        (_EFFICACY.removeprefix("score "), "", {"i": "refuted", "j": "proved", "": "refuted"}),
        (
            _EFFICACY.removeprefix("score ").replace("group", "everyone"),
            "",
            {"i": "proved", "j": "proved", "": "proved"},
        ),
    ],
)
def test_the_same_facts_score_the_same_in_every_group_or_two_show_that_they_do_not(
    score: str, only: str, statuses: dict[str, str]
) -> None:
    loaded = assessdsl.loads(_GROUPS.format(score=score, only=only, more=_OF_B if only else ""))
    (standing,) = prove(loaded, only=("group_neutral",), cases=20, solve=False).standings
    assert {one.about: one.status for one in standing.verdicts} == statuses
    tried = fairness.check_property(loaded, "group_neutral", examples=60)
    assert tried.status == ("refuted" if "refuted" in statuses.values() else "tested")
    for one in standing.verdicts:
        if (shown := one.counterexample) is not None:
            records = shown.before.records()
            first, second = (
                [{**row, "entity": "", "group": "", "target": ""} for table in ("facts", "targets")
                 for row in records.get(table, ()) if str(row.get("entity", row.get("target")))[0] == name]
                for name in "AB"
            )  # fmt: skip
            if not only:
                assert first == second
            assert "report the same, and have" in shown.en


def test_a_policy_with_one_group_says_nothing_about_them() -> None:
    loaded = assessdsl.loads(
        policy("component c { points 100 points; indicator i { points 100 points; score 100% } }\n")
    )
    (standing,) = prove(loaded, only=("group_neutral",), cases=0).standings
    assert not standing.verdicts
    assert fairness.check_property(loaded, "group_neutral").told("en").endswith("the policy has only one group")


def test_what_a_group_is_compared_by_is_moved_until_it_tells_two_apart() -> None:
    """Whatever is made up of this policy lies near the same places: only one who reports far more shows it."""
    best = "ratio(max(output, 0%), max(best(output, of: group), 0%), zero: 0%)"
    loaded = assessdsl.loads(_GROUPS.format(score=best, only="", more="").replace("number missing", "percent missing"))
    (standing,) = prove(loaded, only=("group_neutral",), cases=20, solve=False).standings
    assert [one.status for one in standing.verdicts] == ["refuted", "proved", "refuted"]


def test_to_report_less_of_a_frozen_target_is_no_split() -> None:
    """Half the costs, beside a part that is not scored, would seem to keep within the plan."""
    costs = "unit money; direction lower; score control(actual, planned, zero_plan: 0%); missing zero; absent zero"
    body = f"indicator i {{ points 50 points; {costs} }}\nindicator j {{ points 50 points shared by count; {costs} }}"
    loaded = assessdsl.loads(
        policy(
            f"component c {{ points 100 points\n{body}\n}}\n", rest="register { freeze 2022-02-28; removal forbidden }"
        )
    )
    (standing,) = prove(loaded, only=("no_splitting",), cases=0, solve=False).standings
    assert [one.status for one in standing.verdicts] == ["proved"]
    assert fairness.check_property(loaded, "no_splitting", examples=60).status == "tested"
