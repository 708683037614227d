"""A sample of the enumeration of accountability histories; `make histories` does all of them."""

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from histories.__main__ import of_family
from histories.cases import FAMILIES, Family, History
from histories.compare import Years, compare
from histories.engine import YEAR, policy
from histories.rules import RULES, asked, of_year

import assessdsl
from assessdsl.backends import data, order
from assessdsl.fairness.plain_years import Answer


def chosen(family: Family, number: int) -> list[History]:
    """Some histories of a family, from all over it."""
    picked = set(random.Random(family.name).sample(range(len(family)), min(number, len(family))))
    return [history for place, history in enumerate(islice(family.histories(), max(picked) + 1)) if place in picked]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_engine_says_what_the_manual_says(family: Family) -> None:
    tally = compare(chosen(family, 150), Years())
    assert not tally.mismatches


def test_the_families_hold_more_than_a_million_histories() -> None:
    assert sum(map(len, FAMILIES)) >= 1_000_000
    small = FAMILIES[1]
    seen = list(small.histories())
    assert len(seen) == len(small)
    assert len({str(history) for history in seen}) == len(seen), "each history comes once"


def test_every_rule_is_decided_each_way() -> None:
    """An enumeration in which a rule is always answered alike would show nothing."""
    found: dict[str, set[Answer]] = {name: set() for name in RULES}
    for family in (FAMILIES[2], FAMILIES[3]):
        for history in chosen(family, 600):
            for entity in history.now:
                lineage = history.lineage.get(entity, ())
                years = [of_year(entity, lineage, year) for year in (history.now, *history.past)]
                for name, rule in RULES.items():
                    found[name].add(asked(name, tuple(answer[rule.condition] for answer in years)))
    certain = {
        name for name, rule in RULES.items() if "missing: break" in rule.policy or "missing: skip" in rule.policy
    }
    assert found == {name: {True, False} if name in certain else {True, False, None} for name in RULES}


def _ties_out(keys: Sequence[Any], ties: str, *, lowest_first: bool) -> list[int]:
    return TRUE_PLACES(keys, "shared" if ties == "last" else "last", lowest_first=lowest_first)  # type: ignore[arg-type]


def _first_predecessor(name: str, generations: Sequence[Sequence[str]], rows: Any) -> Any:
    names = [name, *(before for generation in generations for before in generation)]
    return next((rows[one] for one in names if one in rows), None)


TRUE_PLACES = order.places
BUGS: list[tuple[Any, str, Callable[..., Any], str]] = [
    (order, "places", _ties_out, "3 entities"),
    (data, "own", _first_predecessor, "merged from two"),
    (data, "own", lambda name, generations, rows: rows.get(name), "renamed twice"),
]


@pytest.mark.parametrize(("module", "name", "wrong", "family"), BUGS, ids=["ties", "mergers", "renames"])
def test_a_planted_bug_is_caught(
    module: Any, name: str, wrong: Callable[..., Any], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    histories = chosen(next(one for one in FAMILIES if one.name == family), 100)
    assert compare(histories, Years()).mismatches


def test_from_tables_to_findings() -> None:
    """The same through `evaluate`: names of predecessors as the table of entities writes them."""
    histories = [history for family in FAMILIES for history in chosen(family, 12)]
    tables: dict[str, list[dict[str, Any]]] = {"entities": [], "history": []}
    groups: dict[str, None] = {}
    for number, history in enumerate(histories):
        start = f"h{number}_"
        for entity, (group, rank) in history.now.items():
            groups[start + group] = None
            lineage = history.lineage.get(entity, ())
            before = " < ".join("、".join(start + name for name in names) for names in lineage)
            row = {"entity": start + entity, "group": start + group, "score": 100 - (rank or 0)}
            tables["entities"].append({**row, "successor_of": before} if before else row)
        for offset, year in enumerate(history.past, 1):
            for body, (group, rank) in year.items():
                groups[start + group] = None
                held = {"period": str(YEAR - offset), "entity": start + body, "group": start + group}
                tables["history"].append(held if rank is None else {**held, "rank": Fraction(rank)})
    result = assessdsl.evaluate(assessdsl.loads(policy(tuple(groups))), tables)
    for number, history in enumerate(histories):
        for entity in history.now:
            lineage = history.lineage.get(entity, ())
            years = [of_year(entity, lineage, year) for year in (history.now, *history.past)]
            answers = {name: asked(name, tuple(a[rule.condition] for a in years)) for name, rule in RULES.items()}
            found = result.entities[f"h{number}_{entity}"].findings
            assert {one.name: one.status for one in found} == {
                name: "undetermined" if answer is None else "raised"
                for name, answer in answers.items()
                if answer is not False
            }
            for one in found:
                assert bool(one.unknown) == (one.status == "undetermined")
                assert all(unknown.period in (YEAR - 1, YEAR - 2) for unknown in one.unknown)


def test_the_command_counts_what_it_compared() -> None:
    tally = of_family(FAMILIES[1], 9)
    assert (tally.histories, tally.findings) == (12, 12 * 2 * len(RULES))
    assert "12 histories" in str(tally)
