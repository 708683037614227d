"""Two policies compared for all data: what is proved, and the facts that show the rest."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl import fairness
from assessdsl.cli import main
from assessdsl.fairness.analysis.gap import NONE, Gaps
from assessdsl.fairness.both import Compared, Comparison, Side, pairs
from assessdsl.fairness.both_text import comparison_text
from assessdsl.fairness.both_tried import Tried
from assessdsl.fairness.merged import merged

OLD = """policy p "p" {
  period 2022
  full 100 points
  group county "Counties"
  group bureau "Bureaux"
  fact accidents count "accidents" missing zero
  component main "Main" {
    points 100 points
    indicator growth "Growth" { points 60 points; unit percent to 1; missing zero; absent zero
      score ladder(actual, 0%: 40%, 5%: 60%, 8%: 100%, below: 0%) }
    indicator jobs "Jobs" { points 40 points; unit percent to 1; missing zero; absent zero
      score attainment(actual, planned, zero_plan: 0%)
      gate unsafe when accidents > 5 then zero }
  }
  rank by total within group ties shared
}
"""
EVEN = OLD.replace("points 60 points", "points 50 points").replace("points 40 points", "points 50 points")
ONLY_COUNTIES = OLD.replace("8%: 100%", "8%: if group == county then 90% else 100%")


def compared(new: str, **options: int) -> Comparison:
    return fairness.compare_proofs(assessdsl.loads(OLD), assessdsl.loads(new), **{"cases": 24, **options})


@pytest.mark.parametrize(
    ("old", "new", "name", "relation"),
    [
        ("Growth", "GDP", "growth", "equivalent"),
        ("Growth", "GDP", "total", "equivalent"),
        ("8%: 100%", "9%: 100%", "growth", "never_higher"),
        ("8%: 100%", "9%: 100%", "main", "never_higher"),
        ("8%: 100%", "9%: 100%", "total", "never_higher"),
        ("8%: 100%", "9%: 100%", "jobs", "equivalent"),
        ("below: 0%", "below: 10%", "total", "never_lower"),
        ("absent zero\n      score att", "absent full\n      score att", "total", "never_lower"),
        ("accidents > 5", "accidents > 6", "total", "never_lower"),
        ("actual, planned, zero_plan: 0%)", "actual, planned * 110%, zero_plan: 0%)", "jobs", "never_higher"),
        ("score att", "score 90% * att", "total", "never_higher"),
        ("full 100 points", "full 100 points\n  rounding half_up to 0 places of total", "total", "incomparable"),
        ("score att", "rounding floor to 0 places; score att", "total", "never_higher"),
    ],
)
def test_what_a_change_can_do(old: str, new: str, name: str, relation: str) -> None:
    assert old in OLD
    found = compared(OLD.replace(old, new))
    assert {one.relation for one in found.compared if (one.name or "total") == name} == {relation}


def test_what_holds_is_proved_and_not_only_tried() -> None:
    found = compared(OLD.replace("8%: 100%", "9%: 100%"), cases=0, seconds=0)
    assert found.of("growth").never_higher.status == "proved"
    assert found.of("total").never_higher.status == "proved"
    assert found.of("growth").never_lower.status == "unknown"  # no case was tried


def test_points_that_move_lift_some_and_lower_others() -> None:
    found = compared(EVEN)
    assert found.of("growth").relation == "never_higher"
    assert found.of("jobs").relation == "never_lower"
    assert found.of("total").relation == "incomparable"


def test_every_group_has_its_own_answer() -> None:
    found = compared(ONLY_COUNTIES)
    assert found.of("total", "county").relation == "never_higher"
    assert found.of("total", "bureau").relation == "equivalent"
    assert found.of("total", "bureau").status == "proved"


def test_what_is_shown_can_be_scored_again() -> None:
    found = compared(EVEN)
    for one in found.compared:
        for side, way in ((one.never_higher, 1), (one.never_lower, -1)):
            if side.shown is not None:
                was, now = (
                    fairness.score(case).entities[side.shown.entity] for case in (side.shown.old, side.shown.new)
                )
                assert (side.shown.now - side.shown.was) * way > 0
                if one.kind == "total":
                    assert (was.total.value, now.total.value) == (side.shown.was, side.shown.now)
    shown = found.of("total").never_lower.shown
    assert shown is not None
    assert (shown.name, shown.stage) == ("Growth", "score")
    assert [span.line for span in shown.spans] == [10, 10]


def test_what_only_one_policy_has_is_named_and_the_totals_are_compared_all_the_same() -> None:
    found = compared(OLD.replace("indicator jobs", "indicator work"))
    assert (found.only_old, found.only_new) == (("jobs",), ("work",))
    assert found.of("total").relation == "incomparable"


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_cases_never_contradict_a_proof(data: st.DataObject) -> None:
    texts = [OLD, EVEN, ONLY_COUNTIES]
    lines = data.draw(st.lists(st.integers(0, 12).map(lambda n: f"{n}%"), min_size=2, max_size=2, unique=True))
    low, high = sorted(lines, key=lambda text: int(text[:-1]))
    texts.append(OLD.replace("5%: 60%, 8%: 100%", f"{low}: 50%, {high}: 100%").replace("0%: 40%, ", ""))
    first, second = (assessdsl.loads(data.draw(st.sampled_from(texts))) for _ in range(2))
    found = fairness.compare_proofs(first, second, cases=0)
    tried = Tried(first, second, tuple(pairs(first.plan, second.plan)), 8, "en")
    for one in found.compared:
        for side, way in ((one.never_higher, 1), (one.never_lower, -1)):
            if side.status != "unknown":
                assert not tried.shows(one.group, one.name, way)


def test_the_gap_of_what_is_the_same_is_nothing_and_else_covers_what_is_scored() -> None:
    old, new = assessdsl.loads(OLD), assessdsl.loads(OLD.replace("8%: 100%", "9%: 100%"))
    both = merged(old, new, "county", ())
    gaps, total = Gaps(both.known), (both.old[old.plan.outputs.total], both.new[new.plan.outputs.total])
    assert gaps.of(total[0], total[0]) == NONE
    growth = next(pair for pair in pairs(old.plan, new.plan) if pair.name == "growth").steps[0]
    found = gaps.of(both.old[growth[0]], both.new[growth[1]])
    assert (found.low, found.high) == (Fraction(-24), Fraction(0))


def test_at_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [tmp_path / "old.assess", tmp_path / "new.assess"]
    for path, text in zip(paths, (OLD, OLD.replace("8%: 100%", "9%: 100%")), strict=True):
        path.write_text(text, "utf-8")
    assert main(["compare", *map(str, paths), "--prove"]) == 0
    told = capsys.readouterr().out
    assert "never higher  total  [proved]" in told
    assert "has 100 in total by the old policy, 76 by the new: less" in told
    assert "they part at Growth score: 60 (old line 10) → 36 (new line 10)" in told
    assert main(["compare", *map(str, paths), "--prove", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    total = next(one for one in data["compared"] if one["kind"] == "total" and one["group"] == "county")
    assert (total["relation"], total["never_higher"]["status"]) == ("never_higher", "proved")
    assert assessdsl.evaluate(assessdsl.load(paths[1]), total["never_lower"]["case"]["new"])


def test_in_chinese() -> None:
    found = fairness.compare_proofs(assessdsl.loads(OLD), assessdsl.loads(EVEN), cases=16, language="zh")
    told = comparison_text(found)
    assert "有升有降  总分  [各有实例]" in told
    assert "只降不升  Growth  [已证明]" in told


def test_what_is_shown_is_plain_and_named_in_the_language() -> None:
    """Nobody beside the one it happens to, who has done as planned but for what shows it; in round numbers."""
    for language, name in (("en", "A"), ("zh", "甲")):
        found = fairness.compare_proofs(
            assessdsl.loads(OLD), assessdsl.loads(OLD.replace("score att", "score 90% * att")), language=language
        )
        shown = found.of("jobs").never_lower.shown
        assert shown is not None
        for case in (shown.old, shown.new):
            records = case.records()
            assert [row["entity"] for row in records["entities"]] == [name] == [shown.entity]
            assert {row["actual"] for row in records["facts"] if "fact" in row} <= {0}
            reported = {row["target"]: row["actual"] for row in records["facts"] if "target" in row}
            assert reported[f"{name}-jobs-1"] == "10%"
            assert all(row["planned"] == "10%" for row in records["targets"] if row["target"] in reported)
        assert (shown.was, shown.now) == (40, 36)


def test_how_many_cases_were_tried_is_told_of_what_was_only_tried() -> None:
    proved, tried = Side("proved"), Side("tested", 12)
    assert Compared("", "total", "", "", proved, tried).cases == 12
    assert Compared("", "total", "", "", tried, proved).status == "tested"


def test_a_proof_speaks_of_all_data_and_takes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.assess").write_text(OLD, "utf-8")
    assert main(["compare", *[str(tmp_path / "p.assess")] * 2, "facts", "--prove"]) == 2
    assert "FACTS" in capsys.readouterr().err
