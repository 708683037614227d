"""Interim results: no completion of the facts leaves the bounds, these are reached, and nothing is claimed early."""

import re
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path
from string import Template
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_facts import choices, tables

import assessdsl
from assessdsl.diagnostics import DataError
from assessdsl.engine import Policy, tables_of
from assessdsl.facts import Facts
from assessdsl.plan.ranges import Range
from assessdsl.record.interim import Interim, InterimEntity, interim
from assessdsl.record.possible import Some, answers, every, some
from assessdsl.result import Result

ROOT = Path(__file__).parent.parent
MIDYEAR = date(2022, 6, 30)

# What the example policies do not have: other quotas and ties, peers, entries of many kinds, handlings, vetoes.
MANY_FORMS = """
policy forms "Forms" {
  period 2022
  full 100 points
  rounding half_up to 1 places of total
  group town "Towns"
  group village "Villages"
  fact visits count "Visits" missing zero
  fact share percent "Share" missing 10%
  attribute size count "Size" missing zero
  judgement fraud "Fraud"
  component base "Base" {
    points 100 points
    contagion weak "Weak" when below 20% then others at most 60%
    indicator roads "Roads" {
      points 30 points shared by weight
      score if actual >= planned then 100% else ratio(actual, planned, zero: 0%)
      missing redistribute
      absent mean
      gate late "Late" when completed and late_days > 10 then at most 5 points
    }
    indicator reports "Reports" {
      points 20 points
      score min(100%, sum(entries, actual) / 100)
      missing zero
    }
    indicator panel "Panel" {
      points 20 points
      score ratio(trimmed_mean(entries, actual, drop: 1, fewer: 10), 100, zero: 0%)
      missing mean
    }
    indicator peers "Peers" {
      points 20 points
      unit percent
      score min_max(actual, worst(actual, of: group), best(actual, of: group), equal: 50%)
      missing zero
      absent zero
    }
    indicator place "Place" {
      points 10 points
      score max(0 points, 10 points - rank_of(share, of: everyone, ties: dense) * 1 point)
      applies when visits + size < 100 otherwise redistribute
    }
  }
  component extra "Extra" as bonus {
    cap 6 points
    indicator praise "Praise" {
      count once
      each 2 points
    }
  }
  component fines "Fines" as penalty {
    cap 8 points
    indicator fine "Fine" { score median(entries, actual) * 0.1 points; missing zero }
  }
  gate cheating "Cheating" when fraud then tier at most fair
  gate idle "Idle" when visits == 0 then at most 80 points
  eligible active "Active" when visits >= 2
  rank by total, base within $within ties $ties
  tier first "First" top $quota of $within rounded $rounded ties $line vetoed $vetoed when total >= 40 points
  tier good "Good" $second 40% of $within rounded up ties included vetoed counted
  tier fair "Fair" when total >= 20 points or visits > 5
  tier poor "Poor" otherwise
}
"""
VARIANTS = [
    {"within": "group", "ties": "shared", "quota": "40%", "rounded": "down", "line": "excluded", "vetoed": "skipped",
     "second": "next"},
    {"within": "everyone", "ties": "dense", "quota": "2 items", "rounded": "half_up", "line": "included",
     "vetoed": "counted", "second": "top"},
]  # fmt: skip
EXAMPLES = ("development_index", "hospital_department", "municipal_2022", "survey_and_panel")
POLICIES: dict[str, Policy] = {
    name: assessdsl.load(ROOT / "policies" / name / "policy.assess") for name in EXAMPLES
} | {
    f"forms {number}": assessdsl.loads(Template(MANY_FORMS).substitute(variant))
    for number, variant in enumerate(VARIANTS)
}

Tables = dict[str, list[dict[str, Any]]]


@st.composite
def years(draw: st.DrawFn, policy: Policy) -> tuple[Tables, Tables]:
    """The facts of the whole year, and what was known of them in the middle of it."""
    entities = {}
    for number in range(draw(st.integers(1, 5))):
        group = draw(st.sampled_from(policy.plan.schema.groups or ("",)))
        cells = {name: draw(st.sampled_from(_usual(name, values))) for name, values in choices(policy, group).items()}
        entities[f"e{number}"] = (group, cells)
    whole = tables(policy, entities)
    for row in whole["entities"]:
        row.update({fact.name: "2" for fact in policy.plan.schema.facts if fact.attribute})
    attributes = [fact.name for fact in policy.plan.schema.facts if fact.attribute]
    whole["facts"] = [row for row in whole["facts"] if row.get("fact") not in attributes]
    texts = re.findall(r'"([^"]+)"', policy.checked.policy.source.text)
    for row in whole["facts"]:
        if "item" in row:
            row["category"] = draw(st.sampled_from(texts))
    known: Tables = {name: [dict(row) for row in rows] for name, rows in whole.items()}
    known["facts"] = []
    for row in whole["facts"]:
        match draw(st.sampled_from(("open", "final", "final", "provisional"))):
            case "final":
                known["facts"].append(row | {"verified": "yes"})
            case "provisional":
                alike = [each for each in whole["facts"] if _what(each) == _what(row) and set(each) == set(row)]
                other = draw(st.sampled_from(alike))
                kept = {column: row[column] for column in ("target", "entity") if column in row}
                known["facts"].append(other | kept | {"verified": "no"})
    known["judgements"] = [row for row in whole["judgements"] if draw(st.booleans())]
    known["benchmarks"] = [row for row in whole["benchmarks"] if draw(st.booleans())]
    return whole, known


def _usual(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """Most policies stop where nothing was planned."""
    return values if not name.endswith("planned") else [value for value in values if value[0] not in "-0"]


def _what(row: dict[str, Any]) -> tuple[Any, ...]:
    return row.get("fact"), row.get("indicator"), str(row.get("target", "")).split("-")[1:2]


def holds(found: Range | None, value: Fraction) -> bool:
    if found is None:
        return False
    return (found.low is None or found.low <= value) and (found.high is None or value <= found.high)


def outside(found: Interim, result: Result, tiers: Sequence[str]) -> list[str]:
    """What of a result the interim one had ruled out."""
    wrong = []
    for name, entity in result.entities.items():
        each = found.entities[name]
        if not holds(each.total, entity.total.value):
            wrong.append(f"{name}: total {entity.total.value} not in {each.total}")
        if entity.rank is not None and not (each.best_rank or 0) <= entity.rank <= (each.worst_rank or 0):
            wrong.append(f"{name}: rank {entity.rank} not in {each.best_rank}-{each.worst_rank}")
        if entity.tier is not None:
            if entity.tier not in each.tiers or entity.tier in each.lost:
                wrong.append(f"{name}: tier {entity.tier} not in {each.tiers}")
            if each.secured and tiers.index(entity.tier) > tiers.index(each.secured):
                wrong.append(f"{name}: tier {entity.tier} where {each.secured} was secured")
        scores = {one.name: one.score for one in each.components}
        for part in entity.components.values():
            if part.name not in scores or not holds(scores[part.name], part.score.value):
                wrong.append(f"{name}: {part.name} {part.score.value} not in {scores.get(part.name)}")
    return wrong


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=15)
@given(data=st.data())
def test_no_completion_of_the_facts_leaves_the_bounds(name: str, data: st.DataObject) -> None:
    policy = POLICIES[name]
    whole, known = data.draw(years(policy))
    try:
        result = assessdsl.evaluate(policy, whole)
        found = interim(policy, _facts(known), MIDYEAR)
    except DataError:
        return
    assert not outside(found, result, [tier for tier, _ in policy.plan.tiers])


def _facts(given: Tables) -> Facts:
    return tables_of(given)


# ---------------------------------------------------------------- how sharp the bounds are

SHARP = """
policy sharp "Sharp" {
  period 2022
  full 100 points
  group town "Towns"
  component base "Base" {
    points 100 points
    indicator revenue "Revenue" {
      points 40 points
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
    indicator roads "Roads" {
      points 60 points shared by weight
      gate done "Done" when not completed or completed_on > due then zero
      score 100%
      absent redistribute
    }
  }
  component praise "Praise" as bonus { cap 5 points; indicator prize "Prize" { each 2 points; count all } }
  monitoring { reporting within 10 days }
  rank by total within group ties shared
  tier good "Good" top 1 item of group rounded down ties excluded when total >= 60 points
  tier fair "Fair" when total >= 30 points
  tier poor "Poor" otherwise
}
"""
ENTITIES = [{"entity": name, "group": "town"} for name in ("ash", "elm")]
TARGETS = [
    *({"entity": e, "target": f"{e}-1", "indicator": "revenue", "planned": "100"} for e in ("ash", "elm")),
    {"entity": "ash", "target": "ash-2", "indicator": "roads", "weight": "2", "due": "2022-05-31"},
    {"entity": "ash", "target": "ash-3", "indicator": "roads", "weight": "1", "due": "2022-12-31"},
]


def sharp(facts: list[dict[str, Any]], as_of: date = MIDYEAR, **more: Any) -> Interim:
    return interim(
        assessdsl.loads(SHARP), tables_of({"entities": ENTITIES, "targets": TARGETS, "facts": facts}), as_of, **more
    )


def ends(found: InterimEntity) -> tuple[Fraction | None, Fraction | None]:
    assert found.total is not None
    return found.total.low, found.total.high


def test_before_anything_is_reported_all_that_the_points_allow_is_possible() -> None:
    found = sharp([], date(2022, 1, 1))
    assert ends(found.entities["ash"]) == (0, 105)
    assert (found.entities["ash"].best_rank, found.entities["ash"].worst_rank) == (1, 2)
    assert found.entities["ash"].tiers == ("good", "fair", "poor")
    assert not found.closed


def test_what_was_due_and_cannot_be_reported_any_more_is_lost() -> None:
    """By the end of June a completion in May would have had to be reported: 2/3 of 60 points are gone."""
    assert ends(sharp([]).entities["ash"]) == (0, 65)
    assert ends(sharp([], date(2022, 6, 9)).entities["ash"]) == (0, 105)  # the last of May may still be reported


def test_a_completion_in_time_stands_once_it_is_verified() -> None:
    done = {"target": "ash-2", "completed_on": "2022-05-20"}
    assert ends(sharp([done | {"verified": "yes"}]).entities["ash"]) == (40, 105)
    assert ends(sharp([done]).entities["ash"]) == (0, 65)
    assert ends(sharp([done], stands="reported").entities["ash"]) == (40, 105)
    assert ends(sharp([done | {"verified": "no"}], stands="reported").entities["ash"]) == (40, 105)


def test_what_was_reported_later_is_not_known_yet() -> None:
    done = {"target": "ash-2", "completed_on": "2022-05-20", "verified": "yes", "date": "2022-07-02"}
    assert ends(sharp([done]).entities["ash"]) == (0, 65)


def test_points_that_go_to_others_are_not_counted_twice() -> None:
    """Elm has no road, and the 60 points go to its revenue, unless a road is reported yet."""
    assert ends(sharp([], date(2022, 1, 1)).entities["elm"])[1] == 105


def test_a_tier_is_secured_and_lost_against_everyone_else() -> None:
    facts = [
        {"target": "ash-2", "completed_on": "2022-05-20", "verified": "yes"},
        {"target": "ash-3", "completed_on": "2022-06-20", "verified": "yes"},
        {"target": "ash-1", "actual": "100", "verified": "yes"},
        {"target": "elm-1", "actual": "20", "verified": "yes"},
    ]
    last = date(2023, 1, 10)  # on which the last of December may be reported
    open_end, closed = sharp(facts, last), sharp(facts, date(2023, 1, 11))
    assert ends(open_end.entities["ash"]) == (100, 105)
    assert (open_end.entities["ash"].secured, open_end.entities["ash"].worst_rank) == ("good", 1)
    assert (open_end.entities["elm"].lost, open_end.entities["elm"].best_rank) == (("good", "fair"), 2)
    assert not open_end.closed
    assert closed.closed
    assert ends(closed.entities["ash"]) == (100, 100)
    assert ends(closed.entities["elm"]) == (20, 20)
    assert closed.entities["elm"].is_settled
    assert not open_end.entities["ash"].is_settled


def test_three_valued_answers_are_those_of_every_combination() -> None:
    """Of `and` and `or` over what is possible: just the answers that one of the combinations gives."""
    values = (True, False, None)
    kinds = [set(kind) for kind in ({True}, {False}, {None}, {True, False}, {True, None}, {False, None}, set(values))]
    for first, second in product(kinds, kinds):
        found = {_both(a, b) for a, b in product(first, second)}
        assert _answers(every([_some(first), _some(second)])) == found
        found = {_either(a, b) for a, b in product(first, second)}
        assert _answers(some([_some(first), _some(second)])) == found


def _some(kind: set[bool | None]) -> Some:
    return answers((value for value in kind if value is not None), None in kind)


def _answers(found: Some) -> set[bool | None]:
    return {*(value for value in (True, False) if found.may(value)), *([None] if found.missing else [])}


def _both(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def _either(a: bool | None, b: bool | None) -> bool | None:
    return True if a is True or b is True else None if a is None or b is None else False
