"""How firmly a result stands: held against what is worked out by hand, by other arithmetic, or by scoring the policy
with the numbers written into it."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assessdsl
from assessdsl.cli import main
from assessdsl.engine import Policy, evaluate, loads
from assessdsl.fairness import Uncertainty, robustness
from assessdsl.fairness.robust import (
    Open,
    Sampling,
    World,
    bulletin,
    dominance,
    influence,
    open_choices,
    peer_tables,
    profiles,
    rank_intervals,
    sensitivity,
    separation,
    text,
    turns,
    without_each,
    world,
)
from assessdsl.fairness.robust.balance import balance
from assessdsl.fairness.robust.chances import draws, share_at, sobol

POLICIES = Path(__file__).parent.parent / "policies"
ALL = sorted(path.name for path in POLICIES.iterdir())
F = Fraction

TWO = """
policy two "Two" {{
  period 2022
  full 100 points
  {rounding}
  group county "Counties"
  fact one number missing error
  fact other number missing error
  {declared}
  component left "Left" {{ points {left}; indicator a "A" {{ points {left}; score one * 1% }} }}
  component right "Right" {{ points {right}; indicator b "B" {{ points {right}; score other * 1% }} }}
  {more}
  rank by total within group ties shared
  tier good "Good" when total >= {line} points
  tier poor "Poor" otherwise
}}
"""


def two(
    left: str = "50 points",
    right: str = "50 points",
    line: str = "49",
    rounding: str = "",
    more: str = "",
    declared: str = "",
) -> Policy:
    return loads(
        TWO.format(left=left, right=right, line=line, rounding=rounding, more=more, declared=declared), "two.assess"
    )


def rows(**scores: tuple[object, ...]) -> list[dict[str, object]]:
    return [
        {"entity": name, "group": "county", "one": str(one), "other": str(other), **dict(rest)}
        for name, (one, other, *rest) in scores.items()
    ]


LEANING = rows(x=(100, 0), y=(0, 98))


def opened(policy: Policy, facts: Any, *parameters: str) -> Open:
    return open_choices(policy, evaluate(policy, facts).trace, parameters)


def scored(policy: Policy, facts: Any) -> World:
    return world(evaluate(policy, facts).trace)


def shipped(name: str) -> tuple[Policy, Path]:
    return assessdsl.load(POLICIES / name / "policy.assess"), POLICIES / name / "facts"


# ---------------------------------------------------------------- the policy with open choices


@pytest.mark.parametrize("name", ALL)
def test_with_the_written_choices_everything_is_as_it_was(name: str) -> None:
    policy, facts = shipped(name)
    result = evaluate(policy, facts)
    found = open_choices(policy, result.trace).world
    for entity, standing in zip(found.names, found.base, strict=True):
        own = result.entities[entity]
        raised = tuple(finding.name for finding in own.findings if finding.status == "raised")
        kept = tuple(name for name in raised if not name.startswith("target_"))
        assert (standing.total, standing.rank, standing.tier) == (own.total.value, own.rank, own.tier)
        assert standing.findings == kept


MANY = """
policy many "Many" {{
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  group bureau "Bureaus"
  fact one number missing error
  fact other number
  component outer "Outer" {{
    points {outer} points
    component inner "Inner" {{ points {inner} points
      indicator a "A" {{ points {a} points; score one * 1%; for county }}
      indicator b "B" {{ points {b} points; score other * 1%; missing redistribute; for county }}
      indicator e "E" {{ points {inner} points; score one * 1%; for bureau }} }}
    indicator c "C" {{ points {c} points; score other * 1%; missing 40% }}
  }}
  component shares "Shares" {{
    points {shares} points
    indicator p "P" {{ weight {p}%; score one * one * 0.01% }}
    indicator q "Q" {{ weight {q}%; score other * 1%; missing zero }}
  }}
  rank by total within group ties shared
  tier good "Good" top 50% of group rounded down ties excluded vetoed skipped
  tier poor "Poor" otherwise
}}
"""
WRITTEN = {"outer": 60, "inner": 40, "a": 25, "b": 15, "c": 20, "shares": 40, "p": 30, "q": 70}
MANY_FACTS = [
    {"entity": "u", "group": "county", "one": "81", "other": "60"},
    {"entity": "v", "group": "county", "one": "75", "other": "66"},
    {"entity": "w", "group": "county", "one": "90"},
    {"entity": "x", "group": "bureau", "one": "70", "other": "50"},
    {"entity": "y", "group": "bureau", "one": "50", "other": "70"},
]


@pytest.mark.parametrize(
    "change",
    [
        {"a": 3, "inner": 3, "c": -3},
        {"outer": 5, "shares": -5, "c": 4, "a": 3, "b": -2, "inner": 1},
        {"p": 20, "q": -20},
    ],
)
def test_an_open_choice_gives_what_the_policy_gives_with_that_number_in_it(change: Mapping[str, int]) -> None:
    policy = loads(MANY.format(**WRITTEN), "many.assess")
    found = opened(policy, MANY_FACTS)
    shares = {name: F(by, 100) if name in "pq" else F(by) for name, by in change.items()}
    if "inner" in shares:
        shares["e"] = shares["inner"]
    outcome = found.world.outcome(found.given(shares, {}, {}))
    assert outcome is not None
    changed = {name: number + change.get(name, 0) for name, number in WRITTEN.items()}
    result = evaluate(loads(MANY.format(**changed), "many.assess"), MANY_FACTS)
    expected = [result.entities[name] for name in found.world.names]
    assert [(one.total, one.rank, one.tier) for one in outcome] == [(e.total.value, e.rank, e.tier) for e in expected]


REMAINDER = """
policy rest "Rest" {{
  period 2022
  full 100 points
  group county "Counties"
  fact one number missing error
  fact other number missing error
  component whole "Whole" {{
    points 100 points
    remainder to b
    indicator a "A" {{ points {a} points; score one * 1% }}
    indicator b "B" {{ points {b} points; score other * 1% }}
  }}
  rank by total within group ties shared
}}
"""


def test_what_the_others_leave_follows_them() -> None:
    facts = rows(x=(80, 20), y=(30, 90))
    found = opened(loads(REMAINDER.format(a=60, b=40), "rest.assess"), facts)
    changes = found.balance.nearest({"a": F(5)})
    assert changes == {"a": F(2), "b": F(-2), "whole": F(0)}
    outcome = found.world.outcome(found.given(changes, {}, {}))
    result = evaluate(loads(REMAINDER.format(a=62, b=38), "rest.assess"), facts)
    assert [one.total for one in outcome or ()] == [entity.total.value for entity in result.entities.values()]


def test_a_weight_that_is_a_varied_parameter_goes_with_it() -> None:
    declared = "parameter half = 50 points\nparameter twice = half * 2"
    policy = two(left="half", right="(100 points - half)", declared="parameter half = 50 points")
    found = opened(policy, LEANING, "half")
    assert set(found.held) == {"left", "a", "right", "b"}
    outcome = found.world.outcome(found.given({}, {"half": F(40)}, {}))
    assert [one.total for one in outcome or ()] == [40, 60 * F(98, 100)]
    policy = two(declared=declared, more="gate low when twice < 3 points then at most 1 point")
    with pytest.raises(ValueError, match="`twice` is worked out from `half`"):
        opened(policy, LEANING, "half")


def test_a_score_in_points_holds_its_weight() -> None:
    policy = loads(
        'policy p "P" { period 2022; full 100 points; group g "G"; fact x number missing error\n'
        'component c "C" { points 100 points\n'
        'indicator i "I" { points 40 points; score clamp(x, 0, 40) * 1 point }\n'
        'indicator j "J" { points 60 points; score x * 1% } }\n'
        "rank by total within group ties shared }",
        "p.assess",
    )
    found = opened(policy, [{"entity": "e", "group": "g", "x": "30"}])
    assert found.held == ("i",)
    assert found.own == ("j",)
    assert found.balance.nearest({"j": F(1)}) == {"j": 0, "c": 0}


# ---------------------------------------------------------------- weights in balance


def test_in_one_sum_all_give_in_proportion() -> None:
    sizes = {"a": F(50), "b": F(30), "c": F(20)}
    found = balance(sizes, (), [dict.fromkeys(sizes, F(1))])
    assert found.nearest({"a": F(10)}) == {"a": F(5), "b": F(-3), "c": F(-2)}


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_every_sum_of_the_policy_is_kept_and_no_weight_leaves_its_range(name: str, data: st.DataObject) -> None:
    policy, facts = shipped(name)
    found = _opened_once(name, policy, facts)
    asked = {one: found.weights[one].base * data.draw(st.fractions(-1, 1, max_denominator=20)) for one in found.own}
    changes = Sampling(found, Uncertainty(weights=F(1, 5)), {}).changes(asked)
    tree = policy.checked.policy
    for path in (path for one in tree.components if one.kind == "base" for path in one.within()):
        whole = path[-1]
        for group in tree.groups_of(*path) or ("",):
            inside = [
                part
                for part in (*whole.indicators, *whole.components)
                if not part.groups or group in [one.id for one in part.groups]
            ]
            shares = inside and inside[0].weight is not None
            expected = 0 if shares else changes.get(whole.name, 0)
            assert sum(changes.get(part.name, F(0)) for part in inside) == expected
    for group in [one.name for one in tree.groups]:
        bases = [one for one in tree.components if one.kind == "base" and group in tree.groups_of(one)]
        assert sum(changes.get(one.name, F(0)) for one in bases) == 0
    for one in found.own:
        assert abs(changes[one]) <= found.weights[one].base / 5


_OPENED: dict[str, Open] = {}


def _opened_once(name: str, policy: Policy, facts: Path) -> Open:
    if name not in _OPENED:
        _OPENED[name] = opened(policy, facts)
    return _OPENED[name]


# ---------------------------------------------------------------- chance


@pytest.mark.parametrize(
    ("share", "size", "chance", "bound"),
    [
        (F(1, 2), 100, F(25, 1000), "0.4038"),  # 50 of 100: 40.38 % to 59.62 %
        (F(1, 2), 100, F(975, 1000), "0.5962"),
        (F(0), 10, F(975, 1000), "0.2775"),  # none of 10: 0 % to 27.75 %
        (F(0), 10, F(25, 1000), "0"),
        (F(4, 5), 50, F(25, 1000), "0.6696"),  # 40 of 50: 66.96 % to 88.76 %
        (F(4, 5), 50, F(975, 1000), "0.8876"),
        (F(4, 5), 50, F(1, 2), "0.8"),
    ],
)
def test_a_survey_lies_where_wilson_says(share: Fraction, size: int, chance: Fraction, bound: str) -> None:
    assert abs(share_at(share, size, chance) - F(bound)) < F(1, 10000)


def test_sobol_indices_of_models_that_are_known() -> None:
    def outputs(u: tuple[Fraction, ...]) -> list[Fraction]:
        straight = 3 * u[0] + 2 * u[1] + u[2] + u[3]
        return [straight, (u[0] - F(1, 2)) * (u[1] - F(1, 2)), F(7)]

    # variances 9 : 4 : 1 + 1, the last two in one block; a product has no effect but together; a constant none
    straight, product, constant = sobol(outputs, [1, 1, 2], 9, seed=3)
    for index, expected in zip(straight, (F(9, 15), F(4, 15), F(2, 15)), strict=True):
        assert abs(index.first - expected) < F(2, 100)
        assert abs(index.total - expected) < F(2, 100)
    assert [abs(index.first) < F(5, 100) for index in product] == [True, True, True]
    assert [abs(index.total - one) < F(8, 100) for index, one in zip(product, (1, 1, 0), strict=True)] == [True] * 3
    assert [(index.first, index.total) for index in constant] == [(0, 0)] * 3


# ---------------------------------------------------------------- intervals and sensitivity


def test_rank_intervals_are_those_of_other_arithmetic() -> None:
    """x has the weight of A and y 98 % of that of B: x is first where the first is greater."""
    sampling = Sampling(opened(two(), LEANING), Uncertainty(weights=F(1, 10)), {})
    found = rank_intervals(sampling, 200, seed=5)
    x, y = found.entities
    ranks = ranks_of_x(5, 200)
    good = sum(50 + 5 * (one - other) >= 49 for one, other in draws(5, 200, 2))
    assert (x.best, x.worst, y.best, y.worst) == (1, 2, 1, 2)
    assert dict(x.tiers)["good"] == F(good, 200)
    assert (x.low, x.median, x.high) == (ranks[9], ranks[99], ranks[189])
    assert (found.replicates, found.stopped) == (200, 0)
    assert rank_intervals(sampling, 200, seed=5).entities == found.entities


def test_an_interval_covers_the_middle_of_the_replicates() -> None:
    sampling = Sampling(opened(two(), rows(x=(100, 0), y=(0, 86))), Uncertainty(weights=F(1, 10)), {})
    x = rank_intervals(sampling, 300, seed=1).entities[0]
    assert (x.best, x.worst, x.low, x.high) == (1, 2, 1, 1)  # behind in less than 5 % of them


def ranks_of_x(seed: int, replicates: int) -> list[int]:
    """Over the replicates, sorted: the change of A is half of what the two draws differ by, of 5 points either way."""
    found = []
    for one, other in draws(seed, replicates, 2):
        left = 50 + 5 * (one - other)
        found.append(1 if left >= (100 - left) * F(98, 100) else 2)
    return sorted(found)


def test_quantiles_are_ranks_that_occurred() -> None:
    sampling = Sampling(opened(two(), LEANING), Uncertainty(weights=F(1, 10), middle=F(1, 2)), {})
    seen = set()
    for seed in range(8):
        x = rank_intervals(sampling, 4, seed).entities[0]
        first, second, third, last = ranks_of_x(seed, 4)
        assert (x.best, x.low, x.median, x.high, x.worst) == (first, first, second, third, last)
        seen.add((first, second, third, last))
    assert len(seen) > 2


def test_the_middle_leaves_out_as_much_on_both_sides() -> None:
    """Of 300 replicates, x is behind in more than a quarter and less than half."""
    sampling = Sampling(opened(two(), LEANING), Uncertainty(weights=F(1, 10), middle=F(1, 2)), {})
    x = rank_intervals(sampling, 300, seed=1).entities[0]
    assert F(1, 4) < dict(x.tiers).get("poor", F(0)) < F(1, 2)
    assert (x.low, x.high, x.median) == (1, 2, 1)


def test_without_anything_uncertain_every_replicate_is_the_same() -> None:
    sampling = Sampling(opened(two(), LEANING), Uncertainty(weights=F(0)), {})
    assert [(one.best, one.worst) for one in rank_intervals(sampling, 3, seed=1).entities] == [(1, 1), (2, 2)]
    assert sensitivity(sampling, 8, seed=1) is None


SURVEY = """
policy asked "Asked" {
  period 2022
  full 100 points
  group county "Counties"
  fact content survey "Content"
  parameter line = 60%
  parameter digits = 2
  component c "C" { points 100 points
    indicator i "I" { points 100 points; score survey(content, at_least: 10, too_small: 0%); missing zero } }
  rank by total within group ties shared
  rounding half_up to digits of total
  tier good "Good" when total >= line * 100 points
  tier poor "Poor" otherwise
}
"""


def asked(size: int) -> dict[str, list[dict[str, str]]]:
    shares = {"x": "62%", "y": "60%"}
    return {
        "entities": [{"entity": name, "group": "county"} for name in shares],
        "facts": [
            {"entity": name, "fact": "content", "actual": share, "sample": str(size)} for name, share in shares.items()
        ],
    }


def test_a_survey_of_few_settles_less() -> None:
    policy = loads(SURVEY, "asked.assess")
    found: list[tuple[int, int]] = []
    for size in (50, 100_000):
        sampling = Sampling(opened(policy, asked(size)), Uncertainty(), {})
        assert [(factor.name, width) for factor, width in sampling.factors] == [("content", 2)]
        x = rank_intervals(sampling, 60, seed=2).entities[0]
        found.append((x.best, x.worst))
    assert found == [(1, 2), (1, 1)]
    outcome = sampling.outcome((F(1, 2), F(999, 1000)))
    assert outcome is not None
    scores = [
        round(100 * share_at(seen, 100_000, at), 2) for seen, at in ((F(31, 50), F(1, 2)), (F(3, 5), F(999, 1000)))
    ]
    assert [one.total for one in outcome] == scores
    certain = Sampling(opened(policy, asked(50)), Uncertainty(surveys=False), {})
    assert certain.factors == ()


def test_every_sample_has_a_draw_of_its_own() -> None:
    scored_by = "score survey({}, at_least: 10, too_small: 0%); missing zero"
    policy = two(declared='fact f survey "F"\nfact g survey "G"').checked.policy.source.text
    for name, fact in (("one", "f"), ("other", "g")):
        policy = policy.replace(f"score {name} * 1%", scored_by.format(fact))
    seen = {("x", "f"): F(3, 5), ("y", "f"): F(1, 2), ("x", "g"): F(2, 5), ("y", "g"): F(4, 5)}
    reports = [
        {"entity": entity, "fact": fact, "actual": f"{share * 100}%", "sample": "100"}
        for (entity, fact), share in seen.items()
    ]
    found = opened(loads(policy, "two.assess"), {"entities": rows(x=(1, 1), y=(1, 1)), "facts": reports})
    draw = (F(1, 10), F(3, 10), F(7, 10), F(9, 10))
    outcome = Sampling(found, Uncertainty(weights=F(0)), {}).outcome(draw)
    shares = {
        key: share_at(seen[key], 100, at) for key, at in zip(sorted(seen, key=lambda key: key[::-1]), draw, strict=True)
    }
    assert [one.total for one in outcome or ()] == [50 * (shares[name, "f"] + shares[name, "g"]) for name in "xy"]


def test_a_parameter_moves_through_its_range() -> None:
    policy = loads(SURVEY, "asked.assess")
    uncertainty = Uncertainty(surveys=False, parameters={"line": (F(55, 100), F(65, 100))})
    sampling = Sampling(opened(policy, asked(400), "line"), uncertainty, {})
    tiers = [
        tuple(one.tier for one in sampling.outcome((at,)) or ()) for at in (F(1, 10), F(6, 10), F(9, 10))
    ]  # lines of 56 %, 61 % and 64 %
    assert tiers == [("good", "good"), ("good", "poor"), ("poor", "poor")]
    found = sensitivity(sampling, 8, seed=1)
    assert found is not None
    assert [factor.kind for factor, _ in found.ranking] == ["parameter"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"parameters": {"lines": (F(0), F(1))}}, "no parameter"),
        ({"parameters": {"digits": (F(1), F(2))}}, "cannot be varied"),
        ({"parameters": {"line": (F(1), F(0))}}, "ends before it begins"),
        ({"weights": F(1)}, "less than 1"),
        ({"middle": F(0)}, "middle"),
    ],
)
def test_what_cannot_be_varied_is_said(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        robustness(loads(SURVEY, "asked.assess"), asked(400), uncertainty=Uncertainty(**changed), replicates=1)


def test_the_survey_moves_a_ranking_that_no_weight_can() -> None:
    policy = loads(
        SURVEY.replace(
            "component c",
            'component d "D" { points 0 points; indicator j "J" { points 0 points; score 100% } }\ncomponent c',
        ),
        "asked.assess",
    )
    found = sensitivity(Sampling(opened(policy, asked(100)), Uncertainty(), {}), 128, seed=1)
    assert found is not None
    factor, index = found.ranking[0]
    assert (factor.kind, factor.name) == ("survey", "content")
    assert index.total > F(9, 10)
    assert list(found.entities) == ["x", "y"]


def test_replicates_in_which_the_policy_stops_are_counted_and_left_out() -> None:
    policy = loads(
        'policy p "P" { period 2022; full 100 points; group g "G"; fact x number missing error; parameter k = 1\n'
        'component c "C" { points 100 points; indicator i "I" { points 100 points; '
        "score ratio(x, k, zero: error) * 1% } }\n"
        "rank by total within group ties shared }",
        "p.assess",
    )
    found = opened(policy, [{"entity": "e", "group": "g", "x": "30"}], "k")
    assert found.world.outcome(found.given({}, {"k": F(0)}, {})) is None
    sampling = Sampling(found, Uncertainty(parameters={"k": (F(0), F(0))}), {})
    stopped = rank_intervals(sampling, 4, seed=1)
    assert (stopped.replicates, stopped.stopped, stopped.entities) == (0, 4, ())


# ---------------------------------------------------------------- the smallest change that turns something


def test_a_turn_without_rounding_is_the_crossing_itself() -> None:
    found = [turn for turn in turns(opened(two(line="0"), LEANING)) if turn.kind == "first"]
    assert [(turn.weight, turn.way, turn.exact) for turn in found] == [("a", "down", True), ("b", "up", True)]
    assert found[0].at == F(9800, 198)  # w = 98 % of 100 − w
    assert found[1].at == 100 - F(9800, 198)
    assert dict(found[0].weights) == {"left": found[0].at, "a": found[0].at, "right": found[1].at, "b": found[1].at}
    assert found[0].entities == (("x", "1", "2"), ("y", "2", "1"))


def test_a_tier_turns_where_the_total_meets_its_line() -> None:
    found = [turn for turn in turns(opened(two(line="48"), LEANING)) if turn.kind == "tier"]
    nearest = {(turn.weight, turn.way): turn for turn in found}
    assert nearest["a", "down"].at == 48
    assert nearest["a", "down"].entities == (("x", "good", "poor"),)
    assert nearest["a", "up"].at == 100 - F(4800, 98)  # y is down to 48
    assert [turn.change for turn in found] == sorted((turn.change for turn in found), key=abs)


@pytest.mark.parametrize(
    "rounding", ["", "rounding half_up to 1 places of total", "rounding down to 0 places of total"]
)
def test_just_before_a_turn_nothing_is_otherwise_and_just_behind_it_is(rounding: str) -> None:
    facts = rows(x=(100, 3), y=(0, 91), z=(60, 55))

    def outcome(left: Fraction) -> list[tuple[int | None, str | None]]:
        written = [f"({one.numerator} points / {one.denominator})" for one in (left, 100 - left)]
        result = evaluate(two(*written, line="52", rounding=rounding), facts)
        return [(one.rank, one.tier) for one in result.entities.values()]

    policy = two(line="52", rounding=rounding)
    base, found = outcome(F(50)), turns(opened(policy, facts))
    assert {turn.kind for turn in found} == {"first", "tier"}
    for turn in found:
        assert turn.exact
        left = dict(turn.weights)["left"]
        beside = F(1, 10**6) * (1 if left > 50 else -1)
        picked = (
            (lambda one: [rank == 1 for rank, _ in one]) if turn.kind == "first" else (lambda one: [t for _, t in one])
        )
        assert picked(outcome(left - beside)) == picked(base)
        assert picked(outcome(left + beside)) != picked(base)


def test_where_points_go_to_others_a_turn_is_still_exact() -> None:
    policy, facts = shipped("survey_and_panel")
    found = turns(opened(policy, facts))
    assert found
    assert all(turn.exact for turn in found)


# ---------------------------------------------------------------- without a part


def test_ranks_without_each_part() -> None:
    found = {one.name: one for one in without_each(scored(two(), rows(x=(100, 0), y=(0, 98), z=(10, 10))))}
    assert {name: one.kind for name, one in found.items()} == {
        "left": "component", "a": "indicator", "right": "component", "b": "indicator",
    }  # fmt: skip
    for name in ("left", "a"):
        moved = {one.entity: (one.was.rank, one.now.rank) for one in found[name].moved or ()}
        assert moved == {"x": (1, 3), "y": (2, 1), "z": (3, 2)}
    assert [(one.entity, one.now.rank) for one in found["b"].moved or ()] == [("y", 3), ("z", 2)]


def test_a_difficulty_factor_is_made_neutral() -> None:
    declared = "attribute hardship number"
    policy = loads(
        TWO.format(
            left="50 points", right="50 points", line=49, rounding="", declared=declared,
            more='component m "M" as bonus { cap 9 points; indicator k "K" { '
            "score one * hardship * 0.01 points; missing error } }",
        ),
        "two.assess",
    )  # fmt: skip
    facts = [
        {"entity": "x", "group": "county", "one": "100", "other": "0", "hardship": "1"},
        {"entity": "y", "group": "county", "one": "90", "other": "9", "hardship": "3"},
    ]
    found = {one.name: one for one in without_each(scored(policy, facts)) if one.kind == "factor"}
    assert list(found) == ["hardship"]
    assert [(one.entity, one.was.rank, one.now.rank) for one in found["hardship"].moved or ()] == [
        ("x", 2, 1), ("y", 1, 2),
    ]  # fmt: skip


def test_where_the_total_is_no_sum_parts_and_points_count_all_the_same() -> None:
    at = scored(two(more="total max(left, right)", line="49"), LEANING)  # 50 and 49
    found = {one.name: [(move.entity, move.now.rank) for move in one.moved or ()] for one in without_each(at)}
    assert found["left"] == found["a"] == [("x", 2), ("y", 1)]
    assert found["right"] == found["b"] == []
    shifts = dominance(at, without_each(at), F(2)).shifts or ()
    assert [(one.entity, one.by) for one in shifts] == [("x", -2), ("y", -2), ("y", 2)]
    assert [(one.to, one.points) for one in profiles(at)[1].margins] == [("rank", 1)]


BONUS = (
    'component extra "Extra" as bonus { cap 5 points; indicator award "Award" { each 1 point; count all } }\n'
    'component less "Less" as penalty { cap 5 points; indicator fine "Fine" { each 2 points; count all } }'
)


def with_award() -> dict[str, list[dict[str, object]]]:
    return {
        "entities": rows(x=(99, 0), y=(0, 98)),
        "facts": [
            {"entity": "y", "indicator": "award", "actual": "1", "item": "prize"},
            {"entity": "x", "indicator": "fine", "actual": "1", "item": "late"},
        ],
    }


def test_small_additions_that_decide_are_told() -> None:
    """x has 49.5 − 2, y 49 + 1: the bonus alone decides nothing, the deduction a tier."""
    at = scored(two(more=BONUS, line="49"), with_award())
    parts = without_each(at)
    found = dominance(at, parts, None)
    assert (found.delta, found.shifts) == (None, None)
    moved = {one.name: [(move.entity, move.now.rank, move.now.tier) for move in one.moved or ()] for one in found.items}
    assert moved == {"extra": [], "award": [], "less": [("x", 2, "good")], "fine": [("x", 2, "good")]}
    shifts = {(one.entity, one.by): one.moved for one in dominance(at, parts, F(2)).shifts or ()}
    assert set(shifts) == {("x", F(2)), ("y", F(-2))}
    assert [(move.entity, move.now.tier) for move in shifts["x", F(2)]] == [("x", "good")]
    assert [(move.entity, move.now.rank, move.now.tier) for move in shifts["y", F(-2)]] == [("y", 1, "poor")]
    with pytest.raises(ValueError, match="above 0"):
        dominance(at, parts, F(0))


def test_an_indicator_of_no_more_than_delta_is_small_too() -> None:
    policy = two(left="97 points", right="3 points", line="50")
    at = scored(policy, rows(x=(51, 0), y=(49, 100)))
    found = dominance(at, without_each(at), F(3))
    assert [one.name for one in found.items] == ["b"]
    assert [(move.entity, move.now.rank) for move in found.items[0].moved or ()] == [("x", 1), ("y", 2)]


# ---------------------------------------------------------------- spread, peers, margins


def test_separation_by_hand() -> None:
    at = scored(two(line="75"), rows(p=(90, 90), q=(80, 80), r=(100, 60), s=(60, 60)))
    (found,) = separation(at)
    assert (found.highest, found.lowest, found.range, found.ties) == (90, 60, 30, 1)
    assert found.deviation == F("10.8972")  # √(475 ÷ 4)
    assert [(gap.above, gap.below, gap.points) for gap in found.gaps] == [("p", "q", 10), ("q", "r", 0), ("r", "s", 20)]
    assert [(gap.above, gap.below, gap.points) for gap in found.tiers] == [("good", "poor", 20)]
    assert found.compressed is None
    assert [separation(at, F(least))[0].compressed for least in (30, 31)] == [False, True]


def test_effective_weights_by_hand() -> None:
    """Of half the points each, A differs by 5 points around its mean and B by 15, both in step."""
    at = scored(two(), rows(x=(60, 80), y=(40, 20)))
    found = {one.name: one for one in influence(at)}
    assert {name: one.nominal for name, one in found.items()} == dict.fromkeys(("left", "right", "a", "b"), F(1, 2))
    assert (found["a"].effective, found["b"].effective) == (F(1, 4), F(3, 4))
    assert {one.correlation for one in found.values()} == {1}
    against = {one.name: one for one in influence(scored(two(), rows(x=(60, 20), y=(40, 80))))}
    assert (against["a"].effective, against["b"].effective) == (F(-1, 2), F(3, 2))
    assert (against["a"].correlation, against["b"].correlation) == (-1, 1)
    same = influence(scored(two(), rows(x=(60, 20), y=(60, 20))))
    assert {(one.effective, one.correlation) for one in same} == {(None, None)}


@pytest.mark.parametrize("name", ALL)
def test_effective_weights_add_up(name: str) -> None:
    at = scored(*shipped(name))
    for group in at.groups:
        for kind in ("component", "indicator"):
            shares = [one.effective for one in influence(at) if (one.group, one.kind) == (group, kind)]
            assert sum(share for share in shares if share is not None) == 1


def test_strengths_weaknesses_and_margins_by_hand() -> None:
    at = scored(
        two(line="45", rounding="rounding half_up to 1 places of total"), rows(x=(90, 30), y=(40, 60), z=(10, 20))
    )  # 60, 50, 15; the medians are 20 and 15
    x, y, z = profiles(at)
    assert [(one.indicator, one.lead) for one in x.strengths] == [("a", 25)]
    assert (x.weaknesses, x.margins) == ((), ())
    assert [(one.indicator, one.lead) for one in y.strengths] == [("b", 15)]
    assert [(one.indicator, one.lead) for one in z.weaknesses] == [("a", -15), ("b", -5)]
    (up,) = y.margins
    assert (up.to, up.reaches, up.points, [name for name, _ in up.by]) == ("rank", "1", 10, ["a", "b"])
    rank, tier = z.margins
    assert (rank.to, rank.reaches, rank.points, [name for name, _ in rank.by]) == ("rank", "2", 35, ["a", "b"])
    assert (tier.to, tier.reaches, tier.points, [name for name, _ in tier.by]) == ("tier", "good", 30, ["a", "b"])


@pytest.mark.parametrize("name", ["hospital_department", "civil_servant_appraisal"])
def test_a_margin_is_just_enough(name: str) -> None:
    at = scored(*shipped(name))
    total = at.plan.outputs.total_stages[0].step
    unit = F(1, 10 ** (2 if at.plan.outputs.places is None else at.plan.outputs.places))
    tiers = [tier for tier, _ in at.plan.tiers]
    tried = 0
    for row, profile in enumerate(profiles(at)):
        for margin in profile.margins:
            tried += 1
            for points, enough in ((margin.points, True), (margin.points - unit, False)):
                column = [value + points * (place == row) for place, value in enumerate(at.column(total))]
                outcome = at.outcome({total: column})
                assert outcome is not None
                was, now = at.base[row], outcome[row]
                if margin.to == "rank":
                    better = (now.rank or 0) < (was.rank or 0)
                else:
                    better = tiers.index(str(now.tier)) < tiers.index(str(was.tier))
                assert better is enough
    assert tried


def test_who_is_vetoed_has_no_margin_to_a_better_tier() -> None:
    policy = two(line="45", declared="judgement fault", more="gate veto when fault then tier at most poor")
    facts = {
        "entities": rows(x=(90, 30), y=(40, 60)),
        "judgements": [{"entity": "x", "judgement": "fault", "found": "yes", "author": "board", "evidence": "file 1"}],
    }
    x, _ = profiles(scored(policy, facts))
    assert x.margins == ()


def test_a_table_of_peers() -> None:
    (table,) = peer_tables(scored(two(more=BONUS), with_award()))
    assert [name for name, _ in table.columns] == ["left", "right", "extra", "less", "a", "b", "award", "fine"]
    assert table.rows == (
        ("y", 1, 50, (0, 49, 1, 0, 0, 49, 1, 0)),
        ("x", 2, F(95, 2), (F(99, 2), 0, 0, -2, F(99, 2), 0, 0, -2)),
    )
    assert table.best == (F(99, 2), 49, 1, 0, F(99, 2), 49, 1, 0)
    assert table.median[:2] == (F(99, 4), F(49, 2))


# ---------------------------------------------------------------- the whole report


def test_the_report_in_both_languages_and_for_programs() -> None:
    told: list[tuple[int, int]] = []
    report = robustness(
        two(more=BONUS), with_award(), replicates=20, seed=7, delta=F(2), spread=F(10),
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told[19] == (20, 20)
    assert told[-1] == (2, 2)
    english, chinese = text(report, "en"), text(report, "zh")
    assert "weights ±10%; 20 replicates, seed 7" in english
    assert "权重±10%；重复计算 20 次，随机种子 7" in chinese
    assert "compressed: the declared range is 10" in english
    assert english.count("\n") == chinese.count("\n")
    assert bulletin(report, "en")["y"].startswith("1st; ")
    data = json.loads(report.to_json())
    assert (data["seed"], data["uncertainty"]["weights"]) == (7, "0.1")
    assert data["result"] == report.result.digest
    again = robustness(two(more=BONUS), with_award(), replicates=20, seed=7, delta=F(2), spread=F(10))
    assert again.to_json() == report.to_json()


def test_where_nothing_is_uncertain_the_report_does_not_pretend() -> None:
    policy, facts = shipped("development_index")
    report = robustness(policy, facts, replicates=1)
    assert "assumed: nothing uncertain" in text(report, "en")
    assert report.sensitivity is None
    assert report.turns == ()


def test_a_line_for_the_bulletin() -> None:
    report = robustness(two(), LEANING, replicates=40, uncertainty=Uncertainty(weights=F(1, 10)))
    assert bulletin(report, "en") == {
        "x": "1st; 1st to 2nd under weights ±10%", "y": "2nd; 1st to 2nd under weights ±10%",
    }  # fmt: skip
    assert bulletin(report, "zh")["y"] == "第2名；在权重±10%下，第1名 至 第2名"
    still = robustness(two(), LEANING, replicates=4, uncertainty=Uncertainty(weights=F(1, 1000)))
    assert bulletin(still)["x"] == "1st; the same in 90% of cases under weights ±0.1%"


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    policy, facts = POLICIES / "nursing_home_stars" / "policy.assess", POLICIES / "nursing_home_stars" / "facts"
    assert main(["robustness", str(policy), str(facts), "--replicates", "4", "--delta", "1", "--language", "zh"]) == 0
    printed = capsys.readouterr()
    assert "名义权重与实际权重" in printed.out
    assert "\r" not in printed.err
    assert main(["robustness", str(policy), str(facts), "--replicates", "0"]) == 2
