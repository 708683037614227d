"""Tables from a program's own records."""

import datetime
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assessdsl
from assessdsl.data import from_records
from assessdsl.diagnostics import DataError
from assessdsl.source import Cell


def held(value: object) -> object:
    row = from_records(entities=[{"entity": "东区", "x": value}]).entities[0]
    return row.values["x"].raw if "x" in row.values else None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("七", "七"),
        (3, Fraction(3)),
        (True, True),
        (0.1, Fraction(1, 10)),
        (1e22, Fraction(10**22)),
        (Decimal("2.50"), Fraction(5, 2)),
        (Fraction(1, 3), Fraction(1, 3)),
        (date(2022, 3, 1), date(2022, 3, 1)),
        (datetime.datetime(2022, 3, 1, 12, 30), date(2022, 3, 1)),
        (None, None),
        ("", None),
        (" \t", None),
    ],
)
def test_values(value: object, expected: object) -> None:
    assert held(value) == expected
    assert type(held(value)) is type(expected)


@given(st.decimals(-(10**9), 10**9, places=6))
def test_a_float_is_its_shortest_decimal(number: Decimal) -> None:
    assert held(float(number)) == Fraction(number)


class Odd:
    """Something whose own text cannot be had."""

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "AS6027"),
        (float("-inf"), "AS6027"),
        (Decimal("NaN"), "AS6027"),
        (Decimal("sNaN"), "AS6027"),
        (Decimal("1e999999999"), "AS6105"),
        pytest.param(10**100_000, "AS6105", id="long"),
        pytest.param(Fraction(1, 10**100_000), "AS6105", id="deep"),
        (["a"], "AS6026"),
        (b"bytes", "AS6026"),
        (1j, "AS6026"),
        (datetime.time(1), "AS6026"),
        pytest.param(Odd(), "AS6026", id="odd"),
    ],
)
def test_what_no_cell_can_hold(value: object, code: str) -> None:
    with pytest.raises(DataError) as caught:
        from_records(facts=[{"target": "t1"}, {"target": "t2", "实绩": value}])
    found = caught.value.diagnostics[0]
    assert (found.code, found.cell) == (code, Cell("facts", 2, "实绩"))
    for word in ("list", "bytes", "complex", "float", "Odd", "None"):
        assert word not in found.message("en")


def test_places_are_the_table_the_number_of_the_record_and_the_key() -> None:
    facts = from_records(facts=[{"目标": "t1"}, {}, {"目标": "t3", "实绩": 1}])
    assert [row.cell.row for row in facts.facts] == [1, 3]
    assert facts.facts[1].values["actual"].cell == Cell("facts", 3, "实绩")
    assert facts.facts[0].values["target"].raw == "t1"


def codes_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(DataError) as caught:
        call()
    return [found.code for found in caught.value.diagnostics]


def test_wrong_records() -> None:
    assert codes_of(lambda: from_records(facts=[{"target": "t1", "actuals": 1}])) == ["AS6016"]
    assert codes_of(lambda: from_records(facts=[{"target": "t1", "actual": 1, "实绩": 1}])) == ["AS6017"]
    assert codes_of(lambda: from_records(targets=[{"target": "t1", "entity": "东区", "指标名": "x"}])) == ["AS6018"]
    assert codes_of(lambda: from_records(facts=["target"])) == ["AS6026"]  # type: ignore[list-item]
    assert codes_of(lambda: from_records(facts="target")) == ["AS6026"]  # type: ignore[arg-type]
    assert codes_of(lambda: from_records(facts=7)) == ["AS6026"]  # type: ignore[arg-type]
    assert codes_of(lambda: from_records(facts={"target": "t1"})) == ["AS6026"]  # type: ignore[dict-item]


def test_records_may_come_one_by_one_and_tables_may_be_empty() -> None:
    assert len(from_records(entities=({"entity": name} for name in "东西")).entities) == 2
    assert from_records(targets=[]).targets == ()
    assert from_records().frozen is None
    assert from_records(frozen=[]).frozen == ()


def test_tables_go_by_every_name() -> None:
    facts = from_records(单位=[{"单位": "东区"}], 实绩=[{"目标": "t1", "实绩": 1}], 冻结目标=[])
    assert facts.entities[0].values["entity"].raw == "东区"
    assert facts.facts[0].values["actual"].cell == Cell("实绩", 1, "实绩")
    assert facts.frozen == ()


@pytest.mark.parametrize(
    ("tables", "code", "help"),
    [
        ({"entites": []}, "AS6014", "did you mean `entities`?"),
        ({"单位表": []}, "AS6014", "did you mean `单位`?"),
        ({"notes": []}, "AS6014", "did you mean `entities`, `targets`, `frozen`"),
        ({"附注": []}, "AS6014", "did you mean `单位`, `目标`"),
        ({"entities": [{"entity": "东区"}], "单位": [{"entity": "西区"}]}, "AS6013", "keep one of them"),
        ({"目标": [], "Targets": []}, "AS6013", "keep one of them"),
        ({"单位": "东区"}, "AS6026", ""),
    ],
)
def test_wrong_tables(tables: dict[str, list[dict[str, object]]], code: str, help: str) -> None:
    with pytest.raises(DataError) as caught:
        from_records(**tables)  # type: ignore[arg-type]
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert help in (found.help("en") or "")


def test_a_table_under_a_key_that_is_no_text_is_told() -> None:
    policy = assessdsl.load(Path(__file__).parent.parent / "policies" / "municipal_2022" / "policy.en.assess")
    with pytest.raises(DataError) as caught:
        assessdsl.evaluate(policy, {1: [], "单位": []})  # type: ignore[dict-item]
    assert [found.code for found in caught.value.diagnostics] == ["AS6014"]


def test_what_is_for_people_is_left_out_with_a_warning() -> None:
    facts = from_records(facts=[{"target": "t1", "备注": "好"}])
    assert [(found.code, found.cell) for found in facts.remarks] == [("AS6031", Cell("facts", 1, "备注"))]
