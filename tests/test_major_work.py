"""Major work is to weigh more from year to year, and indicators are to become fewer."""

from fractions import Fraction
from pathlib import Path

import pytest

import assessdsl
from assessdsl.cli import main

FRAME = """
policy towns "Towns" {{
  period 2022
  version "2022-2"
  amendment "works weigh more" by "council" on 2022-03-01 reason "roads first"
  full 100 points
  group town "Towns"
  component base "Base" {{
    points {base} points
    indicator growth "Growth" {{
      points {base} points
      unit percent
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }}
  }}
  component works "Works" {{
    points {works} points
    indicator project "Project" {{
      points {works} points shared by weight
      gate done "done" when tagged("major") and not completed then zero
      score 100%
      absent zero
    }}
  }}
  component bonus "Bonus" as bonus {{
    cap 5 points
    indicator prize "Prize" {{ each 1 point }}
  }}
}}
"""
TARGETS = [
    {"target": "g", "entity": "ash", "indicator": "growth", "planned": "5%"},
    {"target": "m", "entity": "ash", "indicator": "project", "weight": 3, "tags": "major、roads"},
    {"target": "n", "entity": "ash", "indicator": "project", "weight": 1, "tags": "roads"},
    {"target": "o", "entity": "birch", "indicator": "project", "weight": 2},
]
FACTS = {"entities": [{"entity": name, "group": "town"} for name in ("ash", "birch")], "targets": TARGETS}


def policy(works: int) -> assessdsl.Policy:
    return assessdsl.loads(FRAME.format(base=100 - works, works=works))


def test_shares_of_parts_and_of_tagged_targets() -> None:
    found = assessdsl.describe(policy(40), major=["major", "growth"], facts=FACTS)
    # project and growth together are everything; of 2 × 100 points the one major target has 40 × 3/4
    assert [share.to_data() for share in found.major] == [
        {"names": ["major", "growth"], "share": "1", "of": "parts"},
        {"names": ["major"], "share": "0.15", "of": "targets"},
    ]
    assert "  targets tagged major   15%" in str(found).splitlines()
    roads = assessdsl.describe(policy(40), major=["roads"], facts=FACTS).major
    assert [(share.share, share.of_targets) for share in roads] == [(Fraction(20, 100), True)]
    assert not assessdsl.describe(policy(40)).major


def test_names_that_nothing_bears_are_told() -> None:
    for facts, names in ((None, ["roads"]), (FACTS, ["roadz"])):
        with pytest.raises(assessdsl.DataError) as raised:
            assessdsl.describe(policy(40), major=names, facts=facts)
        assert [found.code for found in raised.value.diagnostics] == ["AS9551"]


def test_this_year_against_last() -> None:
    less_for_growth = {**FACTS, "targets": [{**row, "tags": "major"} for row in TARGETS[1:]]}
    found = assessdsl.compare(policy(40), policy(60), FACTS, facts_new=less_for_growth, major=["major"])
    of_parts, of_targets = found.shares[-2:]
    assert (of_parts.before, of_parts.after, of_parts.of_targets) == (Fraction(2, 5), Fraction(3, 5), False)
    assert (of_targets.before, of_targets.after, of_targets.of_targets) == (Fraction(15, 100), Fraction(60, 100), True)
    assert "  targets tagged major  15.0% → 60.0%" in str(found).splitlines()
    assert not found.remarks


def test_it_is_remarked_where_major_work_weighs_no_more() -> None:
    found = assessdsl.compare(policy(40), policy(30), FACTS, major=["major"])
    assert [remark.code for remark in found.remarks] == ["AS9553", "AS9553"], "of parts and of targets"
    assert [remark.arguments["after"] for remark in found.remarks] == ["30.0%", "11.25%"]
    assert not assessdsl.compare(policy(40), policy(30), FACTS).remarks, "nobody asked"
    assert not assessdsl.compare(policy(40), policy(40), FACTS, major=["major"]).remarks, "it is the same policy"


def test_it_is_remarked_where_indicators_become_more() -> None:
    more = FRAME.format(base=60, works=40).replace(
        "    indicator prize", '    indicator second "Second" { each 1 point }\n    indicator prize'
    )
    found = assessdsl.compare(policy(40), assessdsl.loads(more))
    assert [(remark.code, dict(remark.arguments)) for remark in found.remarks] == [
        ("AS9552", {"before": "3", "after": "4"})
    ]
    assert found.to_data()["remarks"][0]["code"] == "AS9552"
    assert not assessdsl.compare(assessdsl.loads(more), policy(40)).remarks


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.assess", tmp_path / "new.assess"
    old.write_text(FRAME.format(base=60, works=40), "utf-8")
    new.write_text(FRAME.format(base=70, works=30), "utf-8")
    assert main(["compare", str(old), str(new), "--major", "major"]) == 0
    shown = capsys.readouterr()
    assert "AS9553" in shown.err
    assert "AS9553" not in shown.out
    assert main(["describe", str(old), "--major", "works"]) == 0
    assert "major work\n  works  40%\n" in capsys.readouterr().out


def test_descriptions_show_the_edition() -> None:
    lines = str(assessdsl.describe(policy(40))).splitlines()
    assert '    version    "2022-2"' in lines
    assert '    amendment  "works weigh more" by "council" on 2022-03-01 reason "roads first"' in lines
