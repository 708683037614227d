"""What evaluation no longer makes for every cell and every score, and that nobody can tell."""

import copy
import pickle
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from attrs import evolve

from assessdsl import evaluate, loads
from assessdsl.data import from_records
from assessdsl.data.remarks import Remarks
from assessdsl.diagnostics import DataError
from assessdsl.facts import Row, Value
from assessdsl.source import Cell
from benchmarks.cases import indicators_policy, records, shared_policy

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


def test_what_is_plain_is_held_as_it_is() -> None:
    """Yes is no 1, and a whole number is a value like any other when it is asked for."""
    given = {"entity": "a", "n": 7, "half": 0.5, "whole": 3.0, "yes": True, "day": date(2022, 1, 2), "none": None}
    row = from_records(entities=[given]).entities[0]
    held = {"entity": "a", "n": 7, "half": Fraction(1, 2), "whole": 3, "yes": True, "day": date(2022, 1, 2)}
    assert {name: (one, type(one)) for name, one in row.held.items()} == {
        n: (one, type(one)) for n, one in held.items()
    }
    for name, raw in {"n": Fraction(7), "whole": Fraction(3), "yes": True}.items():
        value = row.get(name)
        assert value is not None
        assert (value.raw, type(value.raw), value.cell) == (raw, type(raw), Cell("entities", 1, name))
        assert row.values[name] == value


@pytest.mark.parametrize("first", [True, 1])
def test_yes_and_one_are_read_apart(first: object) -> None:
    """In whatever order they are met."""
    policy = loads(shared_policy())
    for one in (first, True, 1):
        tables = records(1, 1, shared=True)
        tables["facts"][0]["actual"] = one
        if one is True:
            with pytest.raises(DataError, match="AS6101"):
                evaluate(policy, tables)
        else:
            assert evaluate(policy, tables)


def test_texts_in_place_of_weights_are_told_like_those_of_other_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table, rows in records(1, 3, shared=True).items():
        sheet = book.create_sheet(table)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    book.save(tmp_path / "facts.xlsx")
    told = {
        str(one.cell).rpartition(":")[2]: one
        for one in evaluate(loads(shared_policy()), tmp_path / "facts.xlsx").warnings
    }
    assert {place: one.code for place, one in told.items()}["E2"] == "AS6103"
    assert "numbers of this column are stored as text: 3" in told["E2"].message("en")


def test_misspelt_targets_are_compared_with_a_table_no_more_often_than_told() -> None:
    """Of a table with other targets than those registered: the names are gone through for the first ones only."""

    class Names(dict[str, object]):
        gone_through = 0

        def __iter__(self) -> Iterator[str]:
            Names.gone_through += 1
            return super().__iter__()

    remarks, names = Remarks(), Names(a=1)
    for number in range(1000):
        remarks.like("target", f"x{number}", names)
    assert Names.gone_through == 200


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
