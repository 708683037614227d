"""The tree of an explanation: every value with its line and its cell, and only what led to it."""

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import attrs
import pytest

import assessdsl
from assessdsl.diagnostics import DataError
from assessdsl.engine import Explanation
from assessdsl.explanation import Node
from assessdsl.facts import MISSING
from assessdsl.quantity import Quantity, Unit
from assessdsl.result import Result
from assessdsl.source import width

POLICY = """# language: en
policy towns "Towns" {
  period   2022
  full     100 points
  rounding half_up to 2 places of total
  group    town "Towns"
  group    city "Cities"
  benchmark province percent "Province"
  parameter bar "Bar" = 70 points
  define late_share(days) = if days > 30 days then 0% else 50%
  fact accidents count missing error
  fact visits count missing zero
  judgement fault "Fault"

  component base "Base" {
    points 90 points
    indicator revenue "Revenue" {
      points 40 points
      unit   percent to 1 places
      score  attainment(actual, planned, zero_plan: error)
      missing error
      absent error
    }
    indicator beyond "Above the province" {
      points 20 points
      unit   percent to 1 places
      score  ladder(actual - province, 0 pp: 50%, 1 pp: 80%, 2 pp: 100%, below: 0%)
      missing zero
      absent zero
    }
    indicator roads "Roads" {
      points 30 points shared by weight
      gate   finished "Finished" when not completed or completed_on > due then zero
      score  if late_days > 0 days then late_share(late_days) else 100%
      missing zero
      absent redistribute
    }
  }
  component visited "Visited" { points 10 points
    indicator visits_paid "Visits" { points 10 points
      score if visits >= 2 then 100% else 10% } }
  gate safety "Safety" when accidents > 0 then tier at most fair
  eligible clean "Clean" when not fault
  rank by total, base within group ties shared
  tier first "Top" top 1 item of group ties excluded vetoed skipped when total >= bar
  tier fair "Fair" when total >= 40 points
  tier poor "Poor" otherwise
  accountability {
    finding talk "Talk" when any(required targets, not met) within 15 days
    finding refer "Referral" when fault and accidents > 0
    finding again "Again" when streak(in_bottom(1, of: group, ties: included), years: 2)
  }
}
"""


def line(start: str) -> int:
    """The line of the policy that starts so."""
    return next(n for n, text in enumerate(POLICY.splitlines(), 1) if text.strip().startswith(start))


def rows(head: str, *lines: str) -> list[dict[str, str]]:
    names = head.split(",")
    return [{name: text for name, text in zip(names, line.split(","), strict=True) if text != ""} for line in lines]


TABLES: dict[str, list[dict[str, str]]] = {
    "entities": rows(
        "entity,group,label,accidents,visits",
        "ash,town,Ashford,0,3",
        "birch,town,Birchwood,0,1",
        "cedar,town,Cedar Hill,2,",
        "dale,town,Dale,0,3",
        "york,city,York,0,2",
    ),
    "targets": rows(
        "target,entity,indicator,planned,weight,due,required",
        "a1,ash,revenue,8%,,,yes",
        "b1,birch,revenue,8%,,,yes",
        "c1,cedar,revenue,8%,,,yes",
        "d1,dale,revenue,8%,,,yes",
        "y1,york,revenue,8%,,,yes",
        "a2,ash,roads,,3,2022-10-31,no",
        "a3,ash,roads,,1,2022-12-31,no",
        "c2,cedar,roads,,1,2022-12-31,no",
    ),
    "facts": rows(
        "target,entity,indicator,actual,completed_on",
        "a1,,,6%,",
        "b1,,,8%,",
        "c1,,,8%,",
        "d1,,,8%,",
        "y1,,,8%,",
        "a2,,,,2022-10-01",
        "a3,,,,2023-01-09",
        "c2,,,,2022-11-11",
        ",ash,beyond,7.9%,",
        ",birch,beyond,9%,",
        ",cedar,beyond,9%,",
        ",dale,beyond,9%,",
        ",york,beyond,9%,",
    ),
    "judgements": rows("entity,judgement,author,evidence", "york,fault,the board,report 3"),
    "benchmarks": rows("name,value", "province,6.6%"),
    "history": rows("period,entity,group,total,rank,tier", "2021,ash,town,50,4,fair", "2021,birch,town,60,3,fair"),
}


@pytest.fixture(scope="module")
def result() -> Result:
    return assessdsl.evaluate(assessdsl.loads(POLICY, "towns.assess"), TABLES)


@pytest.fixture(scope="module")
def ash(result: Result) -> Explanation:
    return assessdsl.explain(result, "ash")


def find(node: Node, *labels: str) -> Node:
    """The node that is reached by these labels, each somewhere below the one before."""
    for label in labels:
        found = [each for each in node.walk() if each.label == label and each is not node]
        assert found, f"no {label} under {node.label}: {[each.label for each in node.walk()]}"
        node = found[0]
    return node


def labels(node: Node) -> list[str]:
    return [each.label for each in node.walk()][1:]


def percent(text: str) -> Quantity:
    return Quantity(Fraction(text) / 100, Unit.PERCENT)


# ---------------------------------------------------------------- scores


def test_scores_have_full_marks_and_places(ash: Explanation) -> None:
    assert (ash.root.label, str(ash.root.full)) == ("Ashford", "100.00")
    revenue = find(ash.root, "Base", "Revenue")
    assert (str(revenue.value), str(revenue.full), revenue.span.line) == ("30", "40", line("indicator revenue"))
    target = find(revenue, "a1")
    assert (target.kind, str(target.value), str(target.cell)) == ("target", "30", "targets:1 target")


def test_working_of_a_prelude_function_is_the_call_and_its_facts(ash: Explanation) -> None:
    call = find(ash.root, "Revenue", "attainment(actual, planned, zero_plan: error)")
    assert str(call.value) == "75%"
    assert call.span.line == line("score  attainment")
    assert {(node.kind, node.label, str(node.value)) for node in call.children} == {
        ("fact", "actual", "6%"),
        ("fact", "planned", "8%"),
    }
    assert all(node.cell is not None and node.cell.column for node in call.children)


def test_ladder_shows_the_rung_that_was_reached(ash: Explanation) -> None:
    above = find(ash.root, "Above the province")
    assert find(above, "1 pp: 80%").value is True
    assert "2 pp: 100%" not in labels(above)
    assert "0 pp: 50%" not in labels(above)
    difference = find(above, "actual - province")
    assert difference.value == Quantity(Fraction(13, 1000), Unit.PP)
    assert [(node.label, node.value) for node in difference.children] == [
        ("actual", percent("7.9")),
        ("province", percent("6.6")),
    ]


def test_only_the_branch_that_was_taken_is_shown(ash: Explanation) -> None:
    on_time, late = find(ash.root, "Roads", "a2"), find(ash.root, "Roads", "a3")
    assert not any("late_share" in text or "days > 30" in text for text in labels(on_time) if text.startswith("days"))
    assert find(late, "days > 30 days").value is False


def test_gates_are_told_with_what_decided_them(ash: Explanation) -> None:
    on_time, late = find(ash.root, "Roads", "a2"), find(ash.root, "Roads", "a3")
    assert find(on_time, "gate Finished").value is False
    gate = find(late, "gate Finished")
    assert gate.value is True
    assert "completed_on > due" in labels(gate)
    assert "not completed" not in labels(gate)  # it did not decide


def test_what_is_left_out_says_so(result: Result) -> None:
    roads = find(assessdsl.explain(result, "birch").root, "Roads")
    assert [node.kind for node in roads.children] == ["note"]
    assert roads.children[0].label == "left out, its points go to the others"


def test_a_missing_fact_is_shown_as_missing_with_what_stands_in() -> None:
    text = POLICY.replace(
        "planned, zero_plan: error)\n      missing error", "planned, zero_plan: error)\n      missing zero"
    )
    facts = [row for row in TABLES["facts"] if row.get("target") != "a1"]
    explained = assessdsl.explain(assessdsl.evaluate(assessdsl.loads(text), TABLES | {"facts": facts}), "ash")
    revenue = find(explained.root, "Revenue")
    assert find(revenue, "score").value == MISSING
    assert find(revenue, "actual").value == MISSING
    assert str(find(revenue, "missing fact").value) == "0"
    visits = find(assessdsl.explain(assessdsl.evaluate(assessdsl.loads(text), TABLES), "cedar").root, "Visits")
    assert str(find(visits, "missing zero").value) == "0"
    assert find(visits, "missing zero", "visits").value == MISSING


# ---------------------------------------------------------------- outcomes


def test_rank_has_keys_peers_and_ties(result: Result) -> None:
    rank = find(assessdsl.explain(result, "dale").root, "rank")
    assert [node.label for node in rank.children] == ["total", "Base", "among"]
    assert str(rank.children[-1].value) == "4"
    tables = TABLES | {"entities": [row | {"visits": "3"} for row in TABLES["entities"]]}
    tied = assessdsl.explain(assessdsl.evaluate(assessdsl.loads(POLICY), tables), "dale")
    assert [node.label for node in find(tied.root, "rank").children if node.kind == "peer"] == [
        "tied with Birchwood",
        "tied with Cedar Hill",
    ]


def tiers(explanation: Explanation) -> Iterator[tuple[str, str]]:
    for node in find(explanation.root, "tier").children:
        yield node.label, str(node.value)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("dale", [("Top", "reached")]),
        ("birch", [("Top", "no place left"), ("Fair", "reached")]),
        ("cedar", [("Top", "vetoed"), ("Fair", "reached"), ("veto Safety", "at most Fair")]),
        ("york", [("Top", "not eligible"), ("Fair", "reached")]),
    ],
)
def test_tier_says_what_decided(result: Result, entity: str, expected: list[tuple[str, str]]) -> None:
    assert list(tiers(assessdsl.explain(result, entity))) == expected


def test_tier_shows_the_condition_that_was_not_met() -> None:
    text = POLICY.replace('parameter bar "Bar" = 70 points', 'parameter bar "Bar" = 99.5 points')
    entities = [row | {"visits": "0"} for row in TABLES["entities"]]
    low = assessdsl.explain(assessdsl.evaluate(assessdsl.loads(text), TABLES | {"entities": entities}), "ash")
    assert next(tiers(low)) == ("Top", "condition not met")
    assert find(low.root, "tier", "total >= bar").value is False


def test_findings_say_what_raised_them(result: Result, ash: Explanation) -> None:
    talk = find(ash.root, "Talk")
    assert (talk.kind, talk.value) == ("finding", "raised")
    assert any("a1" in label for label in labels(talk))
    assert "a1" in next(label for label in labels(talk) if label.startswith("Revenue"))
    assert "d1" not in " ".join(labels(talk))
    assert find(talk, "cites revenue a1").value == "facts:1 actual"


def test_a_finding_over_years_shows_the_published_result(result: Result, ash: Explanation) -> None:
    again = find(ash.root, "Again")
    assert again.value == "raised"
    past = find(again, "place from the end (published result of 2021)")
    assert (str(past.value), str(past.cell)) == ("1", "history:1 entity")
    unknown = find(assessdsl.explain(result, "york").root, "Again")
    assert unknown.value == "undetermined: a fact is missing"


# ---------------------------------------------------------------- the whole


def test_nothing_is_asked_for_that_is_not_there(result: Result) -> None:
    for entity, indicator, code in (("ahs", None, "AS5101"), ("ash", "road", "AS5102")):
        with pytest.raises(DataError) as raised:
            assessdsl.explain(result, entity, indicator)
        assert [diagnostic.code for diagnostic in raised.value.diagnostics] == [code]
        assert raised.value.diagnostics[0].help("en") is not None


def test_an_indicator_of_another_group_is_told() -> None:
    text = POLICY.replace(
        'indicator visits_paid "Visits" { points', 'indicator visits_paid "Visits" { for town\n points'
    )
    other = 'indicator audits "Audits" { for city\n points 10 points\n score 100% }\n indicator visits_paid'
    result = assessdsl.evaluate(assessdsl.loads(text.replace("indicator visits_paid", other)), TABLES)
    assert assessdsl.explain(result, "york", "audits").score == 10
    with pytest.raises(DataError) as raised:
        assessdsl.explain(result, "ash", "audits")
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["AS5103"]


def test_it_is_immutable_and_prints_alike(ash: Explanation, result: Result) -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ash.root.label = "x"  # type: ignore[misc]
    assert str(assessdsl.explain(result, "ash")) == str(ash)


def test_language(result: Result) -> None:
    text = str(assessdsl.explain(result, "ash", language="zh"))
    assert "总分" in text
    assert "门槛 Finished" in text


def test_text_stands_in_columns(ash: Explanation) -> None:
    lines = str(ash).splitlines()
    ends = {width(line[: line.rindex("towns.assess:")]) for line in lines[:10] if "towns.assess:" in line}
    assert len(ends) == 1


def test_data_is_plain(ash: Explanation) -> None:
    data = json.loads(json.dumps(ash.to_data()))
    assert Fraction(data["full"]) - Fraction(data["score"]) == sum(Fraction(line["points"]) for line in data["ledger"])

    def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for child in node.get("children", ()):
            yield from walk(child)

    facts = [node for node in walk(data["explanation"]) if node["kind"] == "fact"]
    assert facts
    assert all({"file", "row"} <= node["cell"].keys() for node in facts)
    assert {node["policy"]["file"] for node in walk(data["explanation"]) if "policy" in node} == {"towns.assess"}


def test_a_working_that_doubles_at_every_level_stays_short() -> None:
    levels = "\n".join(f"define f{n + 1}(x) = f{n}(x) + f{n}(x) * 0.5" for n in range(40))
    score = "f40(visits) * 0.000000001 points"
    text = POLICY.replace("  fact accidents", f"  define f0(x) = x + 1\n{levels}\n  fact accidents")
    text = text.replace("score if visits >= 2 then 100% else 10%", f"score {score}")
    explained = assessdsl.explain(assessdsl.evaluate(assessdsl.loads(text), TABLES), "ash")
    assert len(str(explained).splitlines()) < 1000
