"""What changed in meaning between two policies, and who stands differently."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assessdsl
from assessdsl.authoring.compare_records import Change
from assessdsl.cli import main
from assessdsl.diagnostics import DataError

ROOT = Path(__file__).parent.parent
CITY = ROOT / "policies" / "municipal_2022"

OLD = """\
policy towns_2021 "Towns 2021" {
  period 2022
  effective 2021-01-01
  full 100 points
  rounding half_up to 2 places of total
  group town "Towns"
  group village "Villages"
  parameter share "share of the best" = 20%
  parameter rise = 2 pp
  define extra(n) = n * 1 points
  fact accidents count "Accidents" missing zero
  fact visits count "Visits" missing zero
  component base "Base" {
    points 60 points
    indicator growth "Growth" {
      points 40 points
      unit percent to 1 places
      score ladder(actual, 1%: 50%, 3%: 100%, below: 0%)
      missing zero
      absent zero
    }
    indicator care "Care" {
      points 20 points
      score if visits > 3 then 100% else 50%
    }
  }
  component works "Works" {
    points 40 points
    indicator road "Roads" {
      points 40 points shared by weight
      gate urgent "urgent" when tagged("major") and not completed then zero
      score 100%
      absent redistribute
    }
  }
  component bonus "Bonus" as bonus {
    cap 5 points
    indicator guests "Guests" { score extra(visits) }
  }
  gate safety "Safety" when accidents > 0 then tier at most fair
  rank by total within group ties shared
  tier good "Good" top share of group rounded down ties excluded vetoed skipped when total >= 60 points
  tier fair "Fair" when total >= 30 points
  tier poor "Poor" otherwise
  register { require owner, due; removal forbidden; addition by "council", "mayor" }
  accountability { finding talk "Talk" when any(targets, not met) within 15 days }
  guarantee bounded from 0 points to 105 points
}
"""


def changed(*edits: tuple[str, str]) -> assessdsl.Comparison:
    text = OLD
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return assessdsl.compare(assessdsl.loads(OLD), assessdsl.loads(text, "new.assess"))


def told(change: Change) -> tuple[str, ...]:
    return (change.action, change.part, change.name, change.what, change.before, change.after)


ONE = [
    (("20%", "30%"), ("changed", "parameter", "share", "parameter", "20%", "30%")),
    (("2021-01-01", "2022-01-01"), ("changed", "policy", "", "effective", "2021-01-01", "2022-01-01")),
    (("ties excluded", "ties included"), ("changed", "tier", "good", "ties", "excluded", "included")),
    (("rounded down", "rounded up"), ("changed", "tier", "good", "rounded", "down", "up")),
    (("top share of group", "top 3 items of group"), ("changed", "tier", "good", "top", "share", "3 items")),
    (
        ("total >= 60 points", "total >= 70 points"),
        ("changed", "tier", "good", "when", "total >= 60 points", "total >= 70 points"),
    ),
    (("cap 5 points", "cap 4 points"), ("changed", "component", "bonus", "cap", "5 points", "4 points")),
    (("within group ties shared", "within group ties dense"), ("changed", "rank", "", "ties", "shared", "dense")),
    (("by total within", "by total, works within"), ("changed", "rank", "", "by", "total", "total, works")),
    (
        ("missing zero\n      absent zero", "missing full\n      absent zero"),
        ("changed", "indicator", "growth", "missing", "zero", "full"),
    ),
    (("then zero", "then at most 5 points"), ("changed", "gate", "urgent", "then", "zero", "at most 5 points")),
    (("at most fair", "at most poor"), ("changed", "gate", "safety", "then", "tier at most fair", "tier at most poor")),
    (("within 15 days", "within 10 days"), ("changed", "finding", "talk", "within", "15 days", "10 days")),
    (('"council", "mayor"', '"council"'), ("changed", "register", "", "addition", "council, mayor", "council")),
    (("; removal forbidden", ""), ("changed", "register", "", "removal", "forbidden", "")),
    (("n * 1 points", "n * 2 points"), ("changed", "define", "extra", "define", "n * 1 points", "n * 2 points")),
    (
        ('count "Accidents" missing zero', 'count "Accidents" missing error'),
        ("changed", "fact", "accidents", "missing", "zero", "error"),
    ),
    (("parameter rise = 2 pp\n", ""), ("removed", "parameter", "rise", "", "parameter rise = 2 pp", "")),
    (("half_up to 2", "half_even to 2"), ("added", "rounding", "", "", "", "rounding half_even to 2 places of total")),
    (
        ("to 105 points", "to 106 points"),
        ("added", "guarantee", "", "", "", "guarantee bounded from 0 points to 106 points"),
    ),
    (('"Growth"', '"Growth of revenue"'), ("changed", "indicator", "growth", "label", "Growth", "Growth of revenue")),
    (("indicator care", "indicator comfort"), ("renamed", "indicator", "comfort", "", "care", "comfort")),
    (
        ('gate safety "Safety" when accidents > 0 then tier at most fair\n', ""),
        ("removed", "gate", "safety", "", 'gate safety "Safety" when accidents > 0 then tier at most fair', ""),
    ),
]


@pytest.mark.parametrize(("edit", "expected"), ONE, ids=[edit[1] or "removed" for edit, _ in ONE])
def test_one_change_is_told(edit: tuple[str, str], expected: tuple[str, ...]) -> None:
    comparison = changed(edit)
    assert not comparison.same
    found = [told(change) for change in comparison.changes]
    assert expected in found
    assert len(found) == (2 if expected[1] in ("rounding", "guarantee") and expected[0] == "added" else 1)
    assert str(comparison)


def test_a_threshold_is_told_by_its_number_alone() -> None:
    (change,) = changed(("3%: 100%", "4%: 90%")).changes
    assert change.what == "score"
    assert change.numbers == (("3%", "4%"), ("100%", "90%"))
    assert "3% → 4%; 100% → 90%" in str(changed(("3%: 100%", "4%: 90%")))
    (change,) = changed(("visits > 3", "visits >= 3")).changes
    assert change.numbers == ()


def test_a_changed_parameter_tells_what_it_acts_on() -> None:
    (change,) = changed(("20%", "30%")).changes
    assert change.users == ("Good",)
    (change,) = changed(("n * 1 points", "n * 2 points")).changes
    assert change.users == ("Guests",)


def test_places_are_those_of_both_files() -> None:
    (change,) = changed(("20%", "30%")).changes
    assert (change.old.source.name, change.new.source.name) == ("policy.assess", "new.assess")
    assert change.old.line == change.new.line == 8


def test_a_renamed_part_is_renamed_wherever_it_is_used() -> None:
    comparison = changed(("component works", "component projects"), ("by total within", "by total, projects within"))
    actions = [(change.action, change.part, change.before, change.after) for change in comparison.changes]
    assert ("renamed", "component", "works", "projects") in actions
    assert ("changed", "rank", "total", "total, projects") in actions
    used = changed(("fact visits", "fact calls"), ("visits > 3", "calls > 3"), ("extra(visits)", "extra(calls)"))
    assert [told(change)[:3] for change in used.changes] == [("renamed", "fact", "calls")]


def test_a_new_rule_under_the_same_label_is_a_change_and_not_another_indicator() -> None:
    comparison = changed(("indicator care", "indicator comfort"), ("then 100% else 50%", "then 100% else 40%"))
    assert [change.action for change in comparison.changes] == ["renamed", "changed"]


def test_an_indicator_that_moves_is_not_one_that_comes_and_goes() -> None:
    care = OLD[OLD.index("    indicator care") : OLD.index("  component works")].removesuffix("  }\n")
    comparison = changed(
        (care, ""),
        ("    indicator road", f"{care}    indicator road"),
        ("points 60 points", "points 40 points"),
        ('"Works" {\n    points 40 points', '"Works" {\n    points 60 points'),
    )
    moved = [change for change in comparison.changes if change.action == "moved"]
    assert [(change.name, change.before, change.after) for change in moved] == [("care", "Base", "Works")]
    assert {(one.name, one.before, one.after) for one in comparison.points} == {
        ("base", Fraction(60), Fraction(40)),
        ("works", Fraction(40), Fraction(60)),
    }


def test_counts_are_told() -> None:
    guests = 'indicator guests "Guests" { score extra(visits) }'
    comparison = changed((guests, f'{guests}\n    indicator thanks "Thanks" {{ for town; each 1 points }}'))
    counts = {(count.group, count.before, count.after) for count in comparison.counts}
    assert counts == {("", 4, 5), ("town", 4, 5), ("village", 4, 4)}
    assert [told(change)[:3] for change in comparison.changes] == [("added", "indicator", "thanks")]
    assert "1 more" in str(comparison)


AMENDMENT = 'version "2"\n  amendment "more for the best" by "council" on 2022-01-01 reason "few were encouraged"'


def test_amendments_are_told_with_owner_day_and_reason() -> None:
    comparison = changed(("20%", "30%"), ("  register", f"  {AMENDMENT}\n  register"))
    assert comparison.to_data()["amendments"] == [
        {"label": "more for the best", "by": ["council"], "on": "2022-01-01", "reason": "few were encouraged"}
    ]
    text = str(comparison)
    assert text.count("more for the best") == 1
    assert "2022-01-01  council  more for the best  few were encouraged" in text
    same = assessdsl.compare(*[assessdsl.loads(OLD.replace("  register", f"  {AMENDMENT}\n  register"))] * 2)
    assert same.amendments == ()


NESTED = OLD.replace(
    """    indicator care "Care" {
      points 20 points
      score if visits > 3 then 100% else 50%
    }
""",
    """    component people "People" {
      weight 1 / 3
      indicator care "Care" { weight 60%; score if visits > 3 then 100% else 50% }
      indicator rest "Rest" { weight 40%; score 100%; applies when visits > 0 otherwise full }
    }
""",
)


def test_components_within_components_are_compared() -> None:
    old = assessdsl.loads(NESTED)
    new = assessdsl.loads(NESTED.replace("weight 60%", "weight 50%").replace("weight 40%", "weight 50%"))
    comparison = assessdsl.compare(old, new, FACTS, major=["people"])
    assert {(one.name, one.before, one.after) for one in comparison.points} == {
        ("care", Fraction(12), Fraction(10)),
        ("rest", Fraction(8), Fraction(10)),
    }
    assert comparison.changes == ()
    assert (comparison.shares[-1].before, comparison.shares[-1].after) == (Fraction(1, 5), Fraction(1, 5))
    assert comparison.moves is not None
    assert [move.entity for move in comparison.moves] == ["ash"]
    assert {cause.indicator for cause in comparison.moves[0].why} >= {"care", "rest"}
    (change,) = assessdsl.compare(old, assessdsl.loads(NESTED.replace("visits > 0", "visits > 1"))).changes
    assert (change.name, change.numbers) == ("rest", (("0", "1"),))
    flat = assessdsl.compare(old, assessdsl.loads(OLD))
    assert ("moved", "care") in [(change.action, change.name) for change in flat.changes]


def test_shares_of_major_work_are_told_by_name_and_by_tag() -> None:
    text = OLD.replace("points 60 points", "points 30 points")
    text = text.replace("points 40 points\n      unit", "points 10 points\n      unit")
    text = text.replace('"Works" {\n    points 40 points', '"Works" {\n    points 70 points')
    text = text.replace("points 40 points shared", "points 70 points shared")
    old, new = assessdsl.loads(OLD), assessdsl.loads(text)
    by_component = {share.names: (share.before, share.after) for share in assessdsl.compare(old, new).shares}
    assert by_component == {
        ("base",): (Fraction(3, 5), Fraction(3, 10)),
        ("works",): (Fraction(2, 5), Fraction(7, 10)),
    }
    for major in (["road"], ["major"], ["works", "road", "major"]):
        share = assessdsl.compare(old, new, major=major).shares[-1]
        assert (share.before, share.after) == (Fraction(2, 5), Fraction(7, 10)), "each part counts once"
    both = assessdsl.compare(old, new, major=["road", "care"]).shares[-1]
    assert (both.before, both.after) == (Fraction(3, 5), Fraction(9, 10))
    with pytest.raises(DataError) as caught:
        assessdsl.compare(old, new, major=["raod"])
    assert [found.code for found in caught.value.diagnostics] == ["AS9551"]


def test_points_are_compared_as_numbers() -> None:
    """A weight in place of points, and points that a parameter gives, are no other points."""
    same = changed(("points 20 points\n      score if", "points 10 points + 10 points\n      score if"))
    assert same.points == ()
    assert not [change for change in same.changes if change.what == "points"]


@pytest.mark.parametrize("other", ["policy.en.assess", "policy.yaml"])
def test_twins_do_not_differ(other: str) -> None:
    comparison = assessdsl.compare(assessdsl.load(CITY / "policy.assess"), assessdsl.load(CITY / other))
    assert comparison.same
    assert comparison.changes == comparison.points == ()
    assert "含义没有变化" in str(assessdsl.compare(*(assessdsl.load(CITY / "policy.assess"),) * 2))


@given(st.sets(st.integers(0, len(ONE) - 1), max_size=5))
def test_policies_are_the_same_when_nothing_is_told(numbers: set[int]) -> None:
    text = OLD
    for number in sorted(numbers):
        text = text.replace(*ONE[number][0])
    old = assessdsl.loads(OLD)
    try:
        new = assessdsl.loads(text)
    except assessdsl.PolicyError:
        return  # two changes that do not go together
    there, back = assessdsl.compare(old, new), assessdsl.compare(new, old)
    nothing = not there.changes and not there.points
    assert there.same == nothing
    assert back.same == there.same
    assert len(back.changes) == len(there.changes)


# ---------------------------------------------------------------- who moves

FACTS = {
    "entities": [
        {"entity": "ash", "group": "town", "label": "Ashford", "visits": 2},
        {"entity": "birch", "group": "town", "visits": 5},
        {"entity": "cedar", "group": "village", "visits": 9, "accidents": 1},
    ],
    "facts": [
        {"entity": "ash", "indicator": "growth", "actual": "3.5%"},
        {"entity": "birch", "indicator": "growth", "actual": "2.0%"},
        {"entity": "cedar", "indicator": "growth", "actual": "3.0%"},
    ],
}


def test_who_moves_and_why() -> None:
    old, new = assessdsl.loads(OLD), assessdsl.loads(OLD.replace("3%: 100%", "3.2%: 100%").replace("cap 5", "cap 4"))
    comparison = assessdsl.compare(old, new, FACTS)
    assert comparison.moves is not None
    moves = {move.entity: move for move in comparison.moves}
    assert set(moves) == {"birch", "cedar"}, "nothing changed for ash"
    cedar = moves["cedar"]
    assert cedar.before is not None
    assert cedar.after is not None
    # 60 of base, scaled to 100 as there is no road, and 5 of 9; then 40 and 4
    assert (cedar.before.total, cedar.after.total) == (Fraction(105), Fraction("70.67"))
    assert [cause.indicator for cause in cedar.why][:1] == ["growth"]
    assert cedar.why[0].points == -20
    assert comparison.moves[0] is cedar, "who moves most comes first"
    text = str(comparison)
    assert "cedar  total 105 → 70.67 (−34.33)" in text
    assert "who stands differently (2 of 3)" in text
    assert "Ashford" not in text


def test_causes_add_up_to_the_difference() -> None:
    old = assessdsl.load(CITY / "policy.assess")
    text = (CITY / "policy.assess").read_text("utf-8")
    text = text.replace("2个百分点: 100%", "3个百分点: 100%").replace("每项 0.5分", "每项 0.6分")
    new = assessdsl.loads(text)
    comparison = assessdsl.compare(old, new, assessdsl.read_facts(CITY / "facts"))
    assert comparison.moves
    for move in comparison.moves:
        assert move.before is not None
        assert move.after is not None
        if move.why and len(move.why) < 5:
            assert sum(cause.points for cause in move.why) == move.after.total - move.before.total


def test_tiers_ranks_and_findings_that_differ_are_told() -> None:
    new = assessdsl.loads(
        OLD.replace("any(targets, not met)", "total < 90 points").replace("total >= 30", "total >= 99")
    )
    comparison = assessdsl.compare(assessdsl.loads(OLD), new, FACTS)
    text = str(comparison)
    assert "tier Fair → Poor" in text
    assert "findings +Talk" in text


def test_an_entity_that_comes_or_goes() -> None:
    more = FACTS | {"entities": [*FACTS["entities"], {"entity": "date", "group": "town"}]}
    policy = assessdsl.loads(OLD)
    comparison = assessdsl.compare(policy, policy, FACTS, facts_new=more)
    assert comparison.moves is not None
    assert [(move.entity, move.before) for move in comparison.moves] == [("date", None)]
    assert "only under the new policy" in str(comparison)
    assert "only under the old policy" in str(assessdsl.compare(policy, policy, more, facts_new=FACTS))


def test_nobody_moves() -> None:
    policy = assessdsl.loads(OLD)
    assert "no entity stands differently" in str(assessdsl.compare(policy, policy, FACTS))


POLICIES = sorted(ROOT.glob("policies/*/policy.assess"))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.parent.name)
def test_any_policy_may_be_compared_with_any_other(path: Path) -> None:
    old = assessdsl.load(path)
    for other in POLICIES:
        comparison = assessdsl.compare(old, assessdsl.load(other), language="en")
        assert comparison.same == (path == other) == (not comparison.changes)
        assert str(comparison)
        assert json.dumps(comparison.to_data())


# ---------------------------------------------------------------- the command


def test_the_command_ends_well_whether_they_differ_or_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.assess", tmp_path / "new.assess"
    old.write_text(OLD, "utf-8")
    new.write_text(OLD.replace("20%", "30%"), "utf-8")
    assert main(["compare", str(old), str(new)]) == 0
    assert "20% → 30%" in capsys.readouterr().out
    assert main(["compare", str(old), str(new), "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["same"] is False
    assert data["changes"][0]["before"] == "20%"
    assert main(["compare", str(old), str(new), "--language", "zh"]) == 0
    assert "参数 share of the best  20% → 30%" in capsys.readouterr().out
    new.write_text(OLD.replace("points 60 points", "points 61 points"), "utf-8")
    assert main(["compare", str(old), str(new)]) == 1
    assert main(["compare", str(old), str(tmp_path / "none.assess")]) == 1
    city = str(CITY / "policy.assess")
    assert main(["compare", city, city, str(CITY / "facts"), "--major", "major_project"]) == 0
    assert "没有单位的结果发生变化" in capsys.readouterr().out
