"""A cell that is moved scores what the whole case does, and only what follows from it is worked out again."""

import pytest
from faulty.good import good_policies

import assessdsl
from assessdsl.diagnostics import DataError
from assessdsl.fairness import sweep
from assessdsl.fairness.case import score
from assessdsl.fairness.search import bench
from assessdsl.fairness.sweep import swept
from assessdsl.fairness.world import About, reach
from benchmarks.cases import indicators_policy

TEXTS = dict(good_policies(1))
RELATIVE = """\
policy p "P" {
  period 2022
  full 100 points
  group g "G"
  fact staff count "Staff" missing zero
  component base "Base" {
    points 100 points
    indicator i "I" { points 40 points; unit percent to 1 places; score efficacy(actual, worst(actual, of: group), best(actual, of: group), base: 40%, equal: 100%); missing zero; absent zero }
    indicator j "J" { points 40 points; unit percent to 1 places; score ratio(actual, previous(actual), zero: error); missing error; absent zero }
    indicator k "K" { points 20 points; score ratio(staff, max(best(staff, of: group), 1), zero: 0%) }
  }
  component extra "Extra" as bonus { cap 5 points; indicator award "Award" { each 1 points; count once } }
  rank by total within group ties shared
}
"""  # noqa: E501


def totals(name: str, text: str, *, alone: bool, others: bool = False) -> int:
    """How many totals were compared with those of the whole case."""
    policy = assessdsl.loads(text)
    at = bench(policy)
    assert at is not None, name
    compared = 0
    schema = policy.plan.schema
    subjects = [(frozenset({one.name}), frozenset[str](), column) for one in schema.indicators[:4]
                for column in ("actual", "planned", "completed_on")]  # fmt: skip
    subjects += [(frozenset[str](), frozenset({one.name}), one.name) for one in schema.facts[:3]]
    for indicators, facts, column in subjects:
        for number, found in enumerate(swept(at, indicators, facts, column, alone=alone, others=others)):
            if number == 3:
                break
            for value, total in found.totals[:4]:
                assert score(found.with_value(value)).entities[at.name].total.value == total, (name, found.coordinate)
                compared += 1
    return compared


@pytest.mark.parametrize("name", ["municipal_2022", "city 0"])
def test_it_scores_what_the_whole_case_does(name: str) -> None:
    assert totals(name, TEXTS[name], alone=False) > 20


@pytest.mark.parametrize("others", [False, True])
def test_also_where_others_are_read(others: bool) -> None:
    assert totals("relative", RELATIVE, alone=False, others=others) > 20


def test_a_value_for_which_the_policy_stops_has_no_total() -> None:
    """Whoever it stops for: a zero of the year before stands in no list, and every total in it is of a whole case."""
    at = bench(assessdsl.loads(RELATIVE))
    assert at is not None
    some = False
    for found in swept(at, frozenset({"j"}), frozenset(), "actual", alone=False):
        held = {value for value, _ in found.totals}
        for value in sweep.values_of(at, found.cells, found.coordinate):
            if value not in held:
                some = True
                with pytest.raises(DataError):
                    score(found.with_value(value))
    assert some or found.totals


def test_only_what_follows_is_worked_out_again() -> None:
    plan = assessdsl.loads(indicators_policy(20)).plan
    known = reach(plan)
    one = known.of(About("i3"))
    assert plan.outputs.total in one
    assert len(one) < len(plan.steps) / 5
    other = next(part for whole in plan.outputs.every_component for part in whole.indicators if part.name == "i4")
    assert other.score not in one


def test_a_wide_policy_is_tried_in_fewer_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    def cases() -> int:
        at = bench(assessdsl.loads(RELATIVE))
        assert at is not None
        return sum(len(found.totals) for found in swept(at, frozenset({"i"}), frozenset(), "actual", alone=False))

    every = cases()
    monkeypatch.setattr(sweep, "_OF_ALL", 24)  # for three indicators
    monkeypatch.setattr(sweep, "_FEWEST", 2)
    assert 0 < cases() < every


def test_cases_are_made_of_a_policy_in_which_much_can_stop() -> None:
    """A plan of zero stops it: of twenty targets there is one nearly always."""
    assert bench(assessdsl.loads(indicators_policy(20)))
