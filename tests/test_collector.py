"""The collector of cycles rests while entities are scored, and only then."""

import gc
from collections.abc import Iterator, Mapping

import pytest

import assessdsl

POLICY = """\
# language: en
policy sample "Sample" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  fact tasks number "Tasks"
  component base "Base" {
    points 100 points
    indicator done "Done" { points 100 points; score tasks * 1%; missing error }
  }
  rank by total within group ties shared
}
"""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.parametrize("at_work", [True, False])
@pytest.mark.parametrize("tasks", [7, "no number"])
def test_the_collector_rests_while_entities_are_scored(at_work: bool, tasks: object) -> None:
    policy, seen = assessdsl.loads(POLICY), []

    def entities() -> Iterator[Mapping[str, object]]:
        seen.append(gc.isenabled())
        yield {"entity": "a", "group": "county", "tasks": tasks}

    if not at_work:
        gc.disable()
    try:
        assessdsl.evaluate(policy, entities())
        assert tasks == 7
    except assessdsl.DataError:
        assert tasks != 7
    assert seen == [False]
    assert gc.isenabled() == at_work
