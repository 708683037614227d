"""The bulk engines beside ours: that the workload has what it says, that they are asked the same, and that a wrong
answer is seen."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from assessdsl.backends.order import places
from benchmarks import bulk_alone, bulk_report
from benchmarks.__main__ import main
from benchmarks.bulk import EDGE, LEAST, Answers, Engine, Finding, Given, Runner, answers, compare, given, scores, wrong
from benchmarks.bulk_engines import DUCKDB, ENGINES, OURS, POLARS
from benchmarks.bulk_report import PARTS, Report, put
from benchmarks.chart import chart
from benchmarks.peers import PAGE
from benchmarks.single import COMPONENTS, exactly

TARGETS, COUNT = 20, 2 * EDGE


@pytest.fixture(scope="module")
def asked() -> Given:
    return given(COUNT, TARGETS)


def test_the_answers_are_those_by_fractions(asked: Given) -> None:
    found = scores(asked)
    for row in (*range(100), *range(COUNT - COUNT // EDGE, COUNT)):
        one = {f"i{n}.planned": int(asked.planned[n][row]) for n in range(TARGETS)}
        one |= {f"i{n}.actual": int(asked.actual[n][row]) for n in range(TARGETS)}
        own = [int(found[name][row]) for name in ("total", *(f"c{n}" for n in range(COMPONENTS)))]
        assert own == exactly(one, TARGETS, "totals")


def test_the_places_are_those_of_the_exact_engine(asked: Given) -> None:
    found = answers(asked)
    for group in np.unique(asked.group):
        of = asked.group == group
        totals, count = found["total"][of].tolist(), int(of.sum())
        assert found["rank"][of].tolist() == places(totals, "shared", lowest_first=False)
        behind = places(totals, "shared", lowest_first=True)
        behind_then = places(asked.before[of].tolist(), "shared", lowest_first=False)
        pairs = zip(behind, behind_then, strict=True)
        assert found["bottom"][of].tolist() == [now <= 2 and then <= 2 for now, then in pairs]
        last = places(totals, "last", lowest_first=False)
        tiers = [
            0 if total >= 8500 and place <= count // 5
            else 1 if total >= 7500 and place <= count // 2
            else 2 if total >= 6000 else 3
            for total, place in zip(totals, last, strict=True)
        ]  # fmt: skip
        assert found["tier"][of].tolist() == tiers
    assert found["bottom"].any()


def test_the_workload_has_gates_halves_ties_and_amounts_at_the_edge(asked: Given) -> None:
    usual = COUNT - COUNT // EDGE
    planned = np.stack(asked.planned)
    actual = np.stack(asked.actual)
    p, a = planned[:, :usual], actual[:, :usual]
    assert (a * 10 == p * 6).mean() > 0.2
    assert (500 * a % p * 2 == p).mean() > 0.2
    sums = 1000 * actual[:, usual:] + 3 * planned[:, usual:]  # numerator and divisor of the quotient
    assert (sums > 2**53).any()
    assert (sums <= 2**53).any()
    assert len(np.unique(scores(asked)["total"])) < 0.9 * COUNT


@pytest.mark.parametrize("expected", [scores, answers])
def test_what_means_to_be_exact_gives_every_answer(asked: Given, expected: Callable[[Given], Answers]) -> None:
    exact = [engine for engine in ENGINES if engine.exact]
    found, left = compare(exact, asked, expected(asked), rounds=1, seconds=0)
    assert {one.engine: one.wrong for one in found if one.wrong} == {}
    names = {one.engine for one in found} | {text.partition(":")[0] for text in left}
    assert names >= {"C, two threads, by hand", "DuckDB BIGINT", "Polars int64, by hand"}


def test_floats_are_seen_to_be_wrong(asked: Given) -> None:
    floats = [one for one in ENGINES if one.name == "NumPy float64, by hand"]
    (found,), _ = compare(floats, asked, scores(asked), rounds=1, seconds=0)
    assert found.wrong > 0


def test_an_answer_that_differs_anywhere_counts_once(asked: Given) -> None:
    expected = scores(asked)
    off = {name: values.copy() for name, values in expected.items()}
    off["c0"][3] += 1
    off["total"][3] += 1
    off["total"][5] += 1
    assert wrong(off, expected) == 2
    assert wrong(expected, expected) == 0


def _right(asked: Given, ranked: bool, after: Callable[[], None] = lambda: None) -> Runner:
    def run() -> Answers:
        after()
        return answers(asked) if ranked else scores(asked)

    return Runner(run, lambda found: found)


def test_what_is_not_there_or_cannot_is_left_out(asked: Given) -> None:
    def absent(asked: Given, ranked: bool) -> Runner:
        raise ImportError("no module of this name")

    def cannot(asked: Given, ranked: bool) -> Runner | None:
        return None

    engines = (Engine("absent", absent), Engine("right", _right), Engine("cannot", cannot))
    found, left = compare(engines, asked, scores(asked), rounds=1, seconds=0)
    assert [(one.engine, one.wrong, one.rounds) for one in found] == [("right", 0, 1)]
    assert left == ["absent: no module of this name"]


def test_the_slow_have_fewer_rounds_spread_over_the_run() -> None:
    few, turns = given(2, TARGETS), list[str]()

    def engine(name: str, seconds: float) -> Engine:
        def after() -> None:
            turns.append(name)
            time.sleep(seconds)

        return Engine(name, lambda asked, ranked: _right(asked, ranked, after))

    engines = (engine("fast", 0.011), engine("slow", 0.1))
    fast, slow = compare(engines, few, scores(few), rounds=6, seconds=0.3)[0]
    assert slow.rounds == LEAST < fast.rounds <= 6
    assert slow.middle[0] <= slow.seconds <= slow.middle[1]
    assert slow.seconds > fast.seconds > slow.processor
    of_slow = [at for at, name in enumerate(turns) if name == "slow"]
    assert "fast" in turns[of_slow[-3] : of_slow[-1]]  # not all at the start


def test_a_chart_stands_for_its_points() -> None:
    lines: dict[str, Any] = {"one & two": [(1, 10), (1000, 10_000)], "other": [(10, 0.5)]}
    root = ElementTree.fromstring(chart("A title", "entities", "ms", lines))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {"A title", "entities", "ms", "one & two", "other", "1,000", "10,000"} <= set(texts)
    (line,) = [one for one in root.iter() if one.tag.endswith("polyline") and " " in one.attrib["points"]]
    (x1, y1), (x2, y2) = ([float(part) for part in point.split(",")] for point in line.attrib["points"].split())
    assert x1 < x2
    assert y1 > y2  # downwards on the screen
    near = ElementTree.fromstring(chart("Near", "rows", "MiB", {"one": [(2_500, 180), (40_000, 700)]}))
    assert {"5,000", "20,000", "200", "500"} <= {element.text for element in near.iter()}


def test_tables_and_charts_take_the_place_of_those_on_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text("utf-8"), "utf-8")
    for part in PARTS:
        put(part, Report(f"{part} measured once\n", {"a.svg": "<svg/>"}), page)
    put("20", Report("measured again\n", {"a.svg": "<svg></svg>"}), page)
    text = page.read_text("utf-8")
    assert "measured again" in text
    assert "\n20 measured once" not in text
    assert all(f"\n{part} measured once" in text for part in PARTS if part != "20")
    assert "### 20 targets: whole numbers in; total and components out" in text  # the other tables still stand
    assert (tmp_path / "a.svg").read_text("utf-8") == "<svg></svg>"


def test_parts_are_written_as_soon_as_they_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    written = list[str]()

    def stopped(part: str, *, quick: bool) -> Report:
        if part == "growth":
            raise KeyboardInterrupt
        return Report(part, {})

    monkeypatch.setattr(bulk_report, "measured", stopped)
    monkeypatch.setattr(bulk_report, "put", lambda part, report: written.append(report.text))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--bulk", "start", "growth", "memory", "--write"])
    with pytest.raises(KeyboardInterrupt):
        main()
    assert written == ["start"]
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--bulk", "totals"])
    with pytest.raises(SystemExit):
        main()


def test_aims_are_told_beside_what_was_reached() -> None:
    def found(engine: str, seconds: float) -> Finding:
        return Finding(engine, 100, 20, False, seconds, (seconds, seconds), seconds, 3, 0)

    totals = [found(OURS[0], 2.0), found(OURS[1], 1.5), found(OURS[2], 1.0), found(POLARS, 3.0)]
    lines = bulk_report._aims(20, totals, [found(OURS[0], 4.0), found(DUCKDB, 10.0)]).splitlines()
    assert f"| totals, beside {POLARS} | 1.10 | 1.50 | 2.00 |  | 3.00 |" in lines
    assert f"| with places, beside {DUCKDB} | 3.50 | 2.50 |  |  |  |" in lines


def test_batches_are_right_and_told(tmp_path: Path) -> None:
    plain, ranked = bulk_alone.batches(tmp_path, EDGE, (2,), TARGETS)
    assert (plain.rows, plain.wrong, ranked.wrong) == (2 * EDGE, 0, 0)
    assert ranked.seconds > 0


def test_a_batch_that_differs_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def off(path: Path) -> Answers:
        scored = read(path)
        scored["total"] = scored["total"] + (np.arange(len(scored["total"])) == 5)
        return scored

    read = bulk_alone._scored
    monkeypatch.setattr(bulk_alone, "_scored", off)
    assert [one.wrong for one in bulk_alone.batches(tmp_path, EDGE, (1,), TARGETS)] == [1, 1]
