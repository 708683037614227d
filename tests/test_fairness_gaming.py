"""Jumps with their size and who stands near; what pays without doing better."""

import json
from fractions import Fraction

import pytest
from faulty_policies import GOOD, LOW_PLAN_PAYS, RELATIVE, SPLITTING_PAYS, one

import assessdsl
from assessdsl import fairness

LADDER = one("score ladder(actual, 50%: 60%, 80%: 100%, below: 0%); missing zero; absent zero")


def reported(*values: str) -> dict[str, list[dict[str, str]]]:
    names = [f"e{number}" for number, _ in enumerate(values)]
    return {
        "entities": [{"entity": name, "group": "g"} for name in names],
        "facts": [
            {"entity": name, "indicator": "i", "actual": value} for name, value in zip(names, values, strict=True)
        ],
    }


def test_every_step_of_a_ladder_is_a_jump_with_its_size() -> None:
    found = fairness.cliffs(assessdsl.loads(LADDER))
    assert [(jump.below, jump.above, jump.size) for jump in found.jumps] == [
        (Fraction(499, 1000), Fraction(1, 2), 60),
        (Fraction(799, 1000), Fraction(4, 5), 40),
    ]
    assert "49.9% → 50%" in str(found)


def test_a_slope_is_no_jump() -> None:
    assert not fairness.cliffs(assessdsl.loads(GOOD)).jumps
    assert str(fairness.cliffs(assessdsl.loads(GOOD))) == "no jump was found"


def test_who_stands_near_a_jump_and_whether_they_bunch_behind_it() -> None:
    found = fairness.cliffs(assessdsl.loads(LADDER), reported("50%", "50.1%", "50.2%", "49.9%", "90%"))
    first = found.jumps[0]
    assert [(near.entity, near.distance) for near in first.nearest] == [
        ("e0", 0), ("e1", Fraction(1, 1000)), ("e3", Fraction(-1, 1000)),
    ]  # fmt: skip
    assert first.bunching is not None
    assert (first.bunching.reached, first.bunching.short) == (3, 1)
    assert first.bunching.chance == Fraction(5, 16)  # of four, three or four on one side
    assert json.loads(found.to_json())["jumps"][0]["bunching"]["chance"] == "0.3125"


@pytest.mark.parametrize(("text", "pays"), [(LOW_PLAN_PAYS, True), (GOOD, False)])
def test_planning_less_pays_or_not(text: str, pays: bool) -> None:
    facts = reported("90")
    facts["targets"] = [
        {"target": "t", "entity": "e0", "indicator": "i", "planned": "90", "due": "2022-12-31", "required": "yes"}
    ]
    plays = fairness.gaming(assessdsl.loads(text), facts).of("sandbagging")
    assert bool(plays) is pays
    assert all(play.gain > 0 and "plans less" in play.told("en") for play in plays)


def test_splitting_pays_where_points_are_shared_by_count() -> None:
    targets = [
        {"target": name, "entity": "e0", "indicator": "i", "planned": "10", "weight": "1", "required": "yes"}
        for name in ("done", "open")
    ]
    facts = {
        "entities": [{"entity": "e0", "group": "g"}],
        "targets": targets,
        "facts": [{"target": "done", "actual": "10"}, {"target": "open", "actual": "0"}],
    }
    found = fairness.gaming(assessdsl.loads(SPLITTING_PAYS), facts)
    assert [play.target for play in found.of("splitting")] == ["done"]
    assert [play.target for play in found.of("merging")] == ["open"]


def test_the_cheapest_point_is_the_next_step_and_far_from_it_is_a_dead_zone() -> None:
    found = fairness.gaming(assessdsl.loads(LADDER), reported("49.9%", "10%"))
    cheapest = {play.entity: play for play in found.of("cheapest")}
    assert cheapest["e0"].gain == 60
    assert cheapest["e0"].move is not None
    assert cheapest["e0"].move.to == Fraction(1, 2)
    assert [play.entity for play in found.of("dead")] == ["e1"]
    assert {play["kind"] for play in found.to_data()["plays"]} == {"cheapest", "dead"}


def test_what_is_compared_with_others_is_looked_at_among_them() -> None:
    facts = {
        "entities": [{"entity": name, "group": "g"} for name in ("e0", "e1")],
        "facts": [
            {"entity": "e0", "fact": "f", "actual": "100"},
            {"entity": "e1", "fact": "f", "actual": "50"},
        ],
    }
    found = fairness.gaming(assessdsl.loads(RELATIVE), facts)
    assert not found.left_out


def test_messages_in_both_languages_differ() -> None:
    found = fairness.gaming(assessdsl.loads(LADDER), reported("49.9%"))
    assert found.plays[0].told("zh") == "`e0`：`i` 实绩 49.9% → 50%，多得 60 分"
