"""What evaluation no longer makes for every cell and every score, and that nobody can tell."""

import copy
import pickle
from fractions import Fraction

import pytest
from attrs import evolve

from assessdsl import evaluate, loads
from assessdsl.data import from_records
from assessdsl.diagnostics import DataError
from assessdsl.facts import Row, Value
from assessdsl.source import Cell
from benchmarks.cases import indicators_policy, records

HELD = Row({"entity": "a", "x": Value(Fraction(1), Cell("t", 3, "x"))}, Cell("t", 3), {"entity": "单位", "x": "x"})
MADE = Row({"entity": Value("a", Cell("u", 9)), "x": Value(Fraction(1), Cell("u", 9))}, Cell("u", 9))


def test_a_text_that_a_row_holds_is_a_value_with_its_place() -> None:
    value = HELD.get("entity")
    assert value == Value("a", Cell("", 0))
    assert value is not None
    assert value.cell == Cell("t", 3, "单位")
    assert dict(HELD.values) == {"entity": value, "x": HELD.get("x")}
    assert (HELD.get("y"), HELD.has("y"), HELD.has("entity")) == (None, False, True)
    assert HELD.held["entity"] == "a"


def test_how_a_row_holds_its_texts_is_no_difference() -> None:
    assert HELD == MADE
    assert evolve(HELD, values={"entity": "b"}) != MADE
    for same in (copy.deepcopy(HELD), pickle.loads(pickle.dumps(HELD)), evolve(HELD)):
        assert same == HELD
        assert same.get("entity").cell == Cell("t", 3, "单位")


def test_records_of_the_same_keys_are_told_alike() -> None:
    """A column that stands twice, and a text that is too long, at each of them."""
    rows = [{"entity": "a", "单位": "b", "label": "x" * 2001}] * 2
    with pytest.raises(DataError) as raised:
        from_records(entities=rows)
    found = [(each.code, each.cell.row, each.cell.column) for each in raised.value.diagnostics if each.cell]
    assert found == [
        (code, row, column) for row in (1, 2) for code, column in (("AS6028", "label"), ("AS6017", "单位"))
    ]


def test_what_records_hold_is_theirs_no_longer() -> None:
    record = {"entity": "a"}
    facts = from_records(entities=[record])
    record["entity"] = "b"
    assert facts.entities[0].held["entity"] == "a"


def test_equal_scores_are_one_object_and_every_score_is_its_own() -> None:
    policy = loads(indicators_policy(4))
    tables = records(6, 4, shared=False)
    result = evaluate(policy, tables)
    indicators = [part for entity in result.entities.values() for part in entity.components["base"].indicators.values()]
    assert len({str(part.score) for part in indicators}) > 2
    for part in indicators:
        assert next(other for other in indicators if other.score == part.score).score is part.score
    for entity in result.entities.values():
        base = entity.components["base"]
        assert sum(part.score.value for part in base.indicators.values()) == base.score.value
