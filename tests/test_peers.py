"""The engines beside ours: that they are asked the same, and that a wrong answer is seen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from benchmarks.engines import ENGINES
from benchmarks.peers import PAGE, write
from benchmarks.single import COMPONENTS, Ask, Engine, Scorer, compare, entities, exactly

BY_NAME = {engine.name: engine for engine in ENGINES}
EXACT = ("assessdsl.prepare", "assessdsl.prepare, kernels", "Python integers, by hand", "C extension, by hand")


@pytest.mark.parametrize("ask", ["totals", "indicators", "decimals"])
def test_what_is_said_to_be_exact_gives_every_answer(ask: Ask) -> None:
    for name in EXACT:
        try:
            scorer = BY_NAME[name].prepare(20, ask)
        except ImportError:  # there need be no C compiler, and no LLVM
            assert name in ("C extension, by hand", "assessdsl.prepare, kernels")
            continue
        for given in entities(60, 20, ask) if scorer else ():
            assert scorer is not None
            assert list(scorer.read(scorer.score(given))) == exactly(given, 20, ask)


def test_the_workload_has_gates_and_halves_that_are_hit_exactly() -> None:
    pairs = [
        (given[f"i{number}.planned"], given[f"i{number}.actual"])
        for given in entities(50, 20, "totals")
        for number in range(20)
    ]
    assert sum(actual * 10 == planned * 6 for planned, actual in pairs) > len(pairs) / 5
    assert sum(500 * actual % planned * 2 == planned for planned, actual in pairs) > len(pairs) / 5


def test_the_answers_by_fractions_are_those_of_the_rule() -> None:
    given = {f"i{number}.{name}": 0 for number in range(20) for name in ("planned", "actual")}
    given |= {f"i{number}.planned": 5 for number in range(20)}
    given |= {"i0.actual": 3, "i1.actual": 2, "i5.actual": 9, "i19.planned": 16, "i19.actual": 11}
    expected = [300 + 500 + 344, 300, 500, 0, 344]
    assert exactly(given, 20, "totals") == expected
    assert exactly(given, 20, "indicators")[: 1 + COMPONENTS] == expected


def test_wrong_answers_are_counted_and_what_is_not_there_is_said() -> None:
    ours = BY_NAME["assessdsl.prepare"]

    def off(targets: int, ask: Ask) -> Scorer:
        scorer = ours.prepare(targets, ask)
        assert scorer is not None
        read = scorer.read

        def one_more(raw: Any) -> Sequence[int]:
            total, *others = read(raw)
            return [total + 1, *others]

        return evolve(scorer, read=one_more)

    def absent(targets: int, ask: Ask) -> Scorer:
        raise ImportError("no module of this name")

    engines = (ours, Engine("off", off), Engine("off and slow", off, slow=True), Engine("absent", absent))
    found, left = compare(engines, 20, "totals", quick=True)
    assert [(one.engine, one.wrong, one.entities) for one in found] == [
        ("assessdsl.prepare", 0, 100),
        ("off", 100, 100),
        ("off and slow", 10, 10),
    ]
    assert left == ["absent: no module of this name"]


def test_tables_take_the_place_of_those_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text("utf-8"), "utf-8")
    write("tables of one run\n", page)
    write("tables of another run\n", page)
    text = page.read_text("utf-8")
    assert "tables of another run" in text
    assert "tables of one run" not in text
    page.write_text("nothing here", "utf-8")
    with pytest.raises(SystemExit):
        write("third\n", page)
    assert page.read_text("utf-8") == "nothing here"
