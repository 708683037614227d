"""Why a finding is undetermined: which years, under which name, and for what reason, from plans written by hand."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve
from exact_drafts import Draft, dataset, entity, item, past

from assessdsl.backends.unknown import unknowns
from assessdsl.facts import Dataset
from assessdsl.plan.steps import ENTITY, GROUP, Aggregate, Calculate, Load, Rank
from assessdsl.result import Unknown


def of(draft: Draft, data: Dataset, *conditions: int, row: int = 0) -> tuple[Unknown, ...]:
    """What the conditions, or the last step, are missing for."""
    columns = draft.columns(data)
    asked = conditions or (len(draft.steps) - 1,)
    return unknowns(draft.plan(), data, asked, row, lambda id, row: columns.at(id, ENTITY)[row])


def test_the_latest_year_first_and_then_by_name() -> None:
    draft = Draft()
    conditions = [
        draft.add(Load(source, name, offset))  # type: ignore[arg-type]
        for source, name, offset in (
            ("history", "tier", 2), ("entity", "y", 0), ("benchmark", "growth", 1), ("entity", "x", 0),
            ("sample", "survey", 1), ("entity", "x", 3),
        )
    ]  # fmt: skip
    assert of(draft, dataset(entity("a")), *conditions) == (
        Unknown("x", 2022, "not_reported"),
        Unknown("y", 2022, "not_reported"),
        Unknown("growth", 2021, "not_reported"),
        Unknown("survey", 2021, "not_reported"),
        Unknown("tier", 2020, "not_assessed"),
        Unknown("x", 2019, "not_reported"),
    )


def test_how_many_were_ranked_hangs_on_the_same_row_as_the_rank() -> None:
    draft = Draft()
    conditions = [draft.add(Load("history", name, 1)) for name in ("peers_in_group", "peers", "rank")]
    assert of(draft, dataset(entity("a")), *conditions) == (Unknown("rank", 2021, "not_assessed"),)


def test_a_place_of_an_earlier_year_is_told_and_one_of_this_year_by_what_it_rests_on() -> None:
    draft = Draft()
    total, x = draft.add(Load("history", "total", 2)), draft.fact("x")
    before, now = draft.add(Rank((total,), "group", "shared", offset=2)), draft.add(Rank((x,), "group", "shared"))
    data = dataset(entity("a", x=None), entity("b", x=1))
    assert of(draft, data, before) == tuple(Unknown(name, 2020, "not_assessed") for name in ("rank", "total"))
    assert of(draft, data, now) == (Unknown("x", 2022, "not_reported"),)
    data = evolve(data, history={2020: (past("a", None, total=None),)})
    assert of(draft, data, before) == tuple(Unknown(name, 2020, "not_published") for name in ("rank", "total"))


def test_what_is_known_of_the_entity_is_not_listed() -> None:
    draft = Draft()
    draft.add(Calculate("+", (draft.fact("x"), draft.fact("y"))))
    data = dataset(entity("a", x=1), entity("b", y=1))
    assert of(draft, data) == (Unknown("y", 2022, "not_reported"),)
    assert of(draft, data, row=1) == (Unknown("x", 2022, "not_reported"),)


def test_of_targets_and_of_peers_nothing_is_listed() -> None:
    draft = Draft()
    gone = draft.add(Aggregate("mean", draft.of("roads", "actual"), draft.steps[-1].grain, ENTITY))
    peers = draft.add(Aggregate("mean", draft.fact("x"), ENTITY, GROUP), GROUP)
    data = dataset(entity("a"), entity("b", x=1), items={"roads": [item(0, "t1", actual=None)]})
    assert draft.run(data, gone)[0] is draft.run(data, peers)[0] is None
    assert of(draft, data, gone, peers) == ()


def test_what_many_steps_share_is_looked_at_once() -> None:
    """Looked at again on every way to it, this would be two to the sixtieth looks."""
    draft = Draft()
    shared = draft.fact("x")
    for _ in range(60):
        sides = draft.add(Calculate("neg", (shared,))), draft.add(Calculate("abs", (shared,)))
        shared = draft.add(Calculate("+", sides))
    assert of(draft, dataset(entity("a"))) == (Unknown("x", 2022, "not_reported"),)


@pytest.mark.parametrize(
    ("lineage", "published", "reason"),
    [
        ([], [], "not_assessed"),
        ([["old"]], ["other"], "not_assessed"),
        ([], ["a"], "not_published"),
        ([["old"]], ["old"], "not_published"),
        ([["old"], ["older"]], ["older"], "not_published"),
        ([["old"]], ["a", "old"], "two_results"),
        ([["old"], ["older"]], ["old", "older"], "two_results"),
        ([["old"], ["one", "two"]], ["a", "old"], "two_results"),
        ([["old", "other"]], ["old"], "several_predecessors"),
        ([["old", "other"]], ["old", "other"], "several_predecessors"),
        ([["old"], ["one", "two"]], ["one"], "several_predecessors"),
        ([["old", "other"], ["older"]], ["older"], "several_predecessors"),
        ([["old", "other"]], ["a", "old"], "two_results"),
    ],
)
def test_why_nothing_published_is_its_own(lineage: Sequence[Sequence[str]], published: list[str], reason: Any) -> None:
    draft = Draft()
    draft.add(Load("history", "tier", 1))
    names = tuple(tuple(generation) for generation in lineage)
    one = entity("a", before=[name for generation in names for name in generation])
    data = dataset(evolve(one, lineage=names), history={2021: [past(name, None, tier=None) for name in published]})
    assert of(draft, data) == (Unknown("tier", 2021, reason),)
