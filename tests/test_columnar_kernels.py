"""Code for columns: what it is made of, what is kept of it, and the kernels that are compiled from it."""

import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from test_columnar import policy

import assessdsl
from assessdsl.backends.columnar import lowering
from assessdsl.backends.columnar.blockwise import _LEAST, _LONG, Blockwise
from assessdsl.backends.columnar.column import Column, Looked
from assessdsl.backends.columnar.inputs import Described
from assessdsl.backends.columnar.kernels import kernels
from assessdsl.backends.columnar.lowering import Given, Source, Wanted
from assessdsl.backends.columnar.machine import _COMPILED
from assessdsl.backends.columnar.memory import empty
from assessdsl.backends.columnar.program import Program
from assessdsl.backends.columnar.vectors import BLOCK, a_room, code
from assessdsl.frames import evaluate_frame


@pytest.mark.parametrize("kind", [pl.Categorical(), pl.Enum(["Offices", "office", "county", "Counties"])])
def test_groups_that_polars_holds_as_numbers(kind: Any) -> None:
    names = ["office", "county", "Counties", "Offices", "county"]
    columns = {"group": names, "saving.planned": [1] * 5, "saving.actual": [1, 2, 1, 2, 1]}
    frame = pl.DataFrame(columns)
    as_texts = evaluate_frame(policy(), frame, common={"line": 5})
    as_numbers = evaluate_frame(policy(), frame.with_columns(pl.col("group").cast(kind)), common={"line": 5})
    assert as_numbers.scores["total"].tolist() == as_texts.scores["total"].tolist()
    assert as_numbers.rank is not None
    assert as_texts.rank is not None
    assert as_numbers.rank.tolist() == as_texts.rank.tolist()


def made_up(rows: int) -> pl.DataFrame:
    chance = random.Random(7)

    def amounts(scale: int) -> pl.Series:
        some = [
            chance.choice((None, 0, -3, chance.randint(1, 60), 5 * chance.randint(1, 60), 10**12)) for _ in range(rows)
        ]
        return pl.Series(
            [None if one is None else Decimal(one).scaleb(-scale) for one in some], dtype=pl.Decimal(38, scale)
        )

    return pl.DataFrame({
        "group": [chance.choice(("county", "office")) for _ in range(rows)],
        "growth.planned": [Decimal(chance.randint(1, 600)).scaleb(-1) for _ in range(rows)],
        "growth.actual": amounts(1),
        "saving.planned": amounts(2), "saving.actual": amounts(2),
        "complaints": [chance.choice((None, 0, 1, 3, 40)) for _ in range(rows)],
        "disgrace": [chance.choice((None, True, False)) for _ in range(rows)],
    })  # fmt: skip


@pytest.mark.parametrize(("mode", "rounded"), [("half_up", ""), ("half_even", "rounding down to 1 places")])
def test_kernels_give_the_same_numbers(mode: str, rounded: str) -> None:
    """Numbers that are missing, zero, below zero, and far greater than the others among them."""
    pytest.importorskip("llvmlite")
    own, frame = policy(mode, rounded), made_up(500)
    found = [evaluate_frame(own, frame, common={"line": 5}, kernels=one) for one in (False, True)]
    for first, second in zip(
        *([*each.scores.values(), each.rank, each.tier, *each.findings.values()] for each in found), strict=True
    ):
        assert first.tolist() == second.tolist()
    assert found[0].by_exact_engine == found[1].by_exact_engine


def test_batches_are_scored_by_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("llvmlite")
    pytest.importorskip("pyarrow")
    own, frame, asked = policy(), made_up(50), list[Any]()

    def noted(*given: Any) -> Any:
        asked.append(given)
        return kernels(*given)

    monkeypatch.setattr(lowering, "kernels", noted)
    written = assessdsl.evaluate_batches(own, frame, tmp_path / "out.parquet", common={"line": 5}, kernels=True)
    assert asked
    expected = evaluate_frame(own, frame, common={"line": 5}).to_frame()
    assert pl.read_parquet(written.path).to_dicts() == expected.to_dicts()


def test_a_divisor_of_nought_beyond_the_ranges_stops_nothing() -> None:
    """Processors stop at a division of whole numbers by nought; no row that was looked at has one."""
    pytest.importorskip("llvmlite")
    own = assessdsl.loads(policy_text(
        'indicator i "I" { points 100 points\nunit count\nscore attainment(actual, planned, zero_plan: 50%)\n'
        "rounding half_up to 2 places\nmissing error\nabsent error }"
    ))  # fmt: skip
    planned = [3 * 10**13 + row for row in range(5000)]
    planned[1] = 0
    frame = pl.DataFrame({"i.planned": planned, "i.actual": [2 * 10**13] * 5000, "group": ["county"] * 5000})
    found = [evaluate_frame(own, frame, kernels=one) for one in (False, True)]
    assert found[0].scores["total"].tolist() == found[1].scores["total"].tolist()
    assert found[1].by_exact_engine == 0
    assert found[1].total(0) == Fraction(6667, 100)
    assert found[1].total(1) == 50


def test_indicators_of_one_form_share_a_kernel() -> None:
    pytest.importorskip("llvmlite")
    text = policy_text("\n".join(
        f'indicator i{number} "I" {{ points {points} points\nunit count\n'
        "score attainment(actual, planned, zero_plan: error)\n"
        "rounding half_up to 2 places\nmissing error\nabsent error }"
        for number, points in enumerate((10, 20, 30, 40))
    ))  # fmt: skip
    columns: dict[str, Any] = {"group": ["county"] * 2}
    columns |= {f"i{number}.{column}": [number + 3, 7] for number in range(4) for column in ("planned", "actual")}
    before = set(_COMPILED)
    evaluate_frame(assessdsl.loads(text), pl.DataFrame(columns), kernels=True)
    written = [text for text in set(_COMPILED) - before if "@loop(" in text]
    assert 1 <= len(written) <= 3  # the first, those that are added to it, and what is left


@pytest.mark.parametrize("numbers", ["i4", "u1", "i8"])
@pytest.mark.parametrize("table", ["i1", "i4", "u2", "i8"])
def test_what_is_looked_up_is_read_as_if_it_were_written_out(numbers: str, table: str) -> None:
    """In any rows, with NumPy and compiled; and a row of which the table has something beyond the range is found."""
    pytest.importorskip("llvmlite")
    chance, rows = np.random.default_rng(1), 10_000
    places, plain = chance.integers(0, 100, 200).astype(table), chance.integers(0, 9, rows)
    places[199] = 101
    of_row = chance.integers(0, 199, rows).astype(numbers)
    of_row[9000] = 199
    program = Program()
    total = program.add(program.column("looked", 0, 100), program.column("plain", 0, 9))
    known = program.compare(program.column("looked", 0, 100), "<=", program.constant(50))
    columns = {"looked": Looked(places, of_row), "plain": Column(plain)}
    for made, beyond in ((code([total, known]), (4904, 9090)), (kernels([total, known], ()), (4904 + 4096, 9090))):
        outputs = [np.full(rows, -1), np.zeros(rows, np.bool_)]
        with a_room() as room:
            run = made.bind(columns, outputs, room)
            assert run(17, 4904) == []
            assert run(4904, 9090) == [beyond]  # the rows that were gone through together
        own = slice(17, 4904)
        assert outputs[0][own].tolist() == (places[of_row] + plain)[own].tolist()
        assert outputs[1][own].tolist() == (places[of_row] <= 50)[own].tolist()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("compiled", "columns", "length"), [(False, 1, BLOCK), (False, 40, BLOCK), (True, 1, _LONG), (True, 40, _LEAST)]
)
def test_each_row_is_gone_through_once_by_what_is_done_beside(
    threads: int, compiled: bool, columns: int, length: int
) -> None:
    """Block by block. Where many columns are read, kernels have shorter blocks; without them, threads longer."""
    pytest.importorskip("llvmlite")
    rows, plan, seen = 300_000, policy().plan, list[tuple[int, int]]()
    length = length if compiled or threads == 1 else min(_LONG, rows // threads)
    wanted = Wanted((plan.outputs.total,), (), obstacles=False, kernels=compiled)
    read = {f"{number}": Column(np.full(rows, 5)) for number in range(columns)}
    source = Source(plan, {}, {"0": Described(1, 1, 9)}, {}, {plan.outputs.total: Given("0")})
    numbers, _ = Blockwise(source, wanted, read, rows).run(threads, None, lambda *some: seen.append(some))
    assert (numbers[0] == 5).all()
    assert sorted(seen) == [(at, min(at + length, rows)) for at in range(0, rows, length)]


def test_a_group_that_the_last_row_alone_is_in() -> None:
    text = policy_text(
        'indicator i "I" { points 100 points\nunit count\n'
        "score attainment(actual, planned, zero_plan: error)\nmissing error\nabsent error }"
    ).replace("component", 'group office "Offices"\nrank by total within group ties shared\ncomponent', 1)
    rows = 50_000
    groups = pl.Series(["county"] * (rows - 1) + ["office"], dtype=pl.Categorical)
    frame = pl.DataFrame({"group": groups, "i.planned": [2] * rows, "i.actual": [2, 1] * (rows // 2)})
    found = evaluate_frame(assessdsl.loads(text), frame)
    assert found.rank is not None
    assert found.rank.tolist() == [1, rows // 2 + 1] * (rows // 2 - 1) + [1, 1]


def test_a_column_may_be_called_output() -> None:
    """The first two columns that a kernel wrote were once told from what it read by this word alone."""
    pytest.importorskip("llvmlite")
    text = policy_text(
        'indicator i "I" { points 100 points\nunit count\n'
        "score attainment(actual + output, planned, zero_plan: error)\nmissing error\nabsent error }"
    ).replace("component", 'fact output "Output" count missing zero\ncomponent', 1)
    frame = pl.DataFrame(
        {"group": ["county"] * 3, "i.planned": [10] * 3, "i.actual": [1, 2, 3], "output": [4, None, 5]}
    )
    found = evaluate_frame(assessdsl.loads(text), frame, kernels=True)
    assert [found.total(row) for row in range(3)] == [50, 20, 80]


def test_memory_is_used_again_when_nothing_holds_a_part_of_it() -> None:
    rows = 1 << 17
    first = empty(rows, np.int64)
    address = first.__array_interface__["data"][0]
    part = first[7:9].view(np.uint64)
    del first
    others = [empty(rows, np.int64) for _ in range(3)]
    assert not any(np.shares_memory(one, part) for one in others)
    del part
    assert empty(rows // 2 + 1, np.float64).__array_interface__["data"][0] == address


def test_what_one_frame_gave_stays_as_it_is_while_another_is_scored() -> None:
    """Also where it is held only through a part of an array, or a frame that was made of it."""
    text = policy_text(
        'indicator i "I" { points 100 points\nunit count\n'
        "score attainment(actual, planned, zero_plan: error)\nmissing error\nabsent error }"
    ).replace("component", "rank by total within group ties shared\ncomponent", 1)
    rows, rules = 50_000, assessdsl.loads(text)
    columns = {"group": ["county"] * rows, "i.planned": [100] * rows}
    first = evaluate_frame(rules, pl.DataFrame({**columns, "i.actual": [row % 97 for row in range(rows)]}))
    part, rank, shown = first.scores["total"][100:200], first.rank, first.to_frame()
    assert rank is not None
    before = part.tolist(), rank.tolist(), shown["rank"].to_list()
    del first
    second = evaluate_frame(rules, pl.DataFrame({**columns, "i.actual": [row % 89 for row in range(rows)]}))
    assert (part.tolist(), rank.tolist(), shown["rank"].to_list()) == before
    assert second.rank is not None
    assert second.rank.tolist() != before[1]


def policy_text(indicators: str) -> str:
    return f"""\
policy example "Example" {{
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" {{
    points 100 points
{indicators}
  }}
}}
"""
