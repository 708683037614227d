"""Places and tiers by counting, with NumPy and with machine code; tiers whose conditions rest on the total alone."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from threading import Barrier, Event, get_ident
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_columnar import expected, told

import assessdsl
from assessdsl.backends.columnar import conditions, counting, ranking, score
from assessdsl.backends.columnar.bands import Truth, tiers
from assessdsl.backends.columnar.column import Column, Looked
from assessdsl.backends.columnar.conditions import of_blocks, rest_on_key
from assessdsl.backends.columnar.counting import BY_NUMPY, Counting, Linear
from assessdsl.backends.columnar.memory import full
from assessdsl.backends.columnar.places import written
from assessdsl.backends.columnar.ranking import Key, Peers, blocks, ranks
from assessdsl.frames import evaluate_frame
from assessdsl.plan.steps import Band, BandTier, Veto

SEEDS = st.integers(0, 2**32).map(np.random.default_rng)


@contextmanager
def changed(of: Any, name: str, value: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of, name, value)
        yield


def by_machine_code(threads: int) -> Counting:
    pytest.importorskip("llvmlite")
    return Counting(threads, kernels=True)


# ---------------------------------------------------------------- rows


@settings(max_examples=150, deadline=None)
@given(
    SEEDS,
    st.sampled_from(["i1", "i2", "i4", "i8", "u4"]),
    st.sampled_from(["", "i4", "i8", "u1", "u2", "u4"]),
    st.booleans(),
    st.sampled_from([(0, 5), (-7, 3), (-100, 27)]),
    st.integers(1, 3),
    st.sampled_from([0, 1, 2, 1000]),
)
def test_machine_code_counts_as_numpy_does(
    chance: Any, keys: str, groups: str, gaps: bool, bounds: tuple[int, int], threads: int, rows: int
) -> None:
    low, high = (max(0, bound) for bound in bounds) if keys[0] == "u" else bounds
    values = chance.integers(low, high + 1, rows).astype(keys)
    of = chance.integers(0, 4, rows).astype(groups) if groups else None
    known = chance.integers(0, 3, rows) > 0 if gaps else None
    linear = Linear(high - low + 1, high, -1, (high - low + 1) * (4 if groups else 1))
    ours = by_machine_code(threads)
    with changed(counting, "_FEW", 1), changed(counting, "_SHARE", 50):
        found = ours.numbered(values, of, known, linear)
    expected = BY_NUMPY.numbered(values, of, known, linear)
    assert found[0].dtype == expected[0].dtype
    assert [one.tolist() for one in found] == [one.tolist() for one in expected]
    assert found[1].sum() == rows
    tables = [chance.integers(-100, 100, linear.count + 1).astype(kind) for kind in ("i1", "i4", "i8")]
    with changed(counting, "_FEW", 1), changed(counting, "_SHARE", 50):
        each = [*ours.looked_up(found[0], *tables), *(ours.looked_up(found[0], one)[0] for one in tables)]
    for looked_up, table in zip(each, [*tables, *tables], strict=True):
        assert looked_up.dtype == table.dtype
        assert looked_up.tolist() == table[found[0]].tolist()


@pytest.mark.parametrize(("span", "tables"), [(4000, 1), (1000, 4), (10, 8)])
def test_tables_of_many_threads_take_no_more_memory_than_rows_do(span: int, tables: int) -> None:
    """Four numbers for each row at most, and no more threads than that."""
    made, rows = list[int](), 1000
    values = np.arange(rows) % span

    def noted(count: int, value: Any, kind: Any) -> Any:
        made.append(count)
        return full(count, value, kind)

    ours = by_machine_code(8)
    with changed(counting, "_FEW", 1), changed(counting, "_SHARE", 1), changed(counting, "full", noted):
        _, sizes = ours.numbered(values, None, None, Linear(span, 0, 1, span))
    assert made == [span + 1] * len(made)
    assert 1 <= len(made) <= tables
    assert sizes.tolist() == np.bincount(values, minlength=span + 1).tolist()


def test_each_thread_counts_in_a_table_of_its_own() -> None:
    """One goes on only when both have made theirs."""
    begun, used = Barrier(2, timeout=10), list[tuple[int, int]]()

    def together(count: int, value: Any, kind: Any) -> Any:
        made = full(count, value, kind)
        begun.wait()
        return made

    def loop(*given: int) -> None:
        used.append((get_ident(), given[-3]))  # the table stands before the first and the last row

    ours = by_machine_code(2)
    with (
        changed(counting, "_FEW", 1),
        changed(counting, "_SHARE", 1000),
        changed(counting, "full", together),
        changed(counting, "_numbering", lambda *_: loop),
    ):
        ours.numbered(np.arange(4000) % 5, None, None, Linear(5, 0, 1, 5))
    assert len(used) == 4
    assert len(set(used)) == len({table for _, table in used}) == len({thread for thread, _ in used}) == 2


def test_what_loops_are_not_made_for_is_done_by_numpy() -> None:
    """Numbers that do not lie one after the other, or that 64 bits with a sign do not hold."""
    ours, rows = by_machine_code(2), 1000
    with changed(counting, "_FEW", 1):
        for values in (np.arange(2 * rows)[::2] % 7, (np.arange(rows) % 7).astype(np.uint64)):
            found, sizes = ours.numbered(values, None, None, Linear(7, 0, 1, 7))
            assert found.tolist() == values.tolist()
            assert sizes.tolist() == [*np.bincount(values.astype(np.int64)), 0]
        every_other = np.arange(2 * rows, dtype=np.int32)[::2] % 5
        assert ours.looked_up(every_other, np.arange(5) * 3)[0].tolist() == (every_other * 3).tolist()


def test_what_another_thread_has_begun_is_not_done_again() -> None:
    ours, begun, free = by_machine_code(2), Barrier(2, timeout=10), Event()
    done = list[int]()

    def work() -> int:
        done.append(get_ident())
        if get_ident() != main:
            begun.wait()
            assert free.wait(10)
        return len(done)

    def fail() -> int:
        raise ZeroDivisionError

    main = get_ident()
    first, second, third = ours.ahead(10**6, work), ours.ahead(10**6, work), ours.ahead(10**6, fail)
    begun.wait()  # the one other thread is at the first
    assert second() == 2
    with pytest.raises(ZeroDivisionError):
        third()
    free.set()
    assert first() == 2
    assert done[1:] == [main] != done[:1]
    for few, one in ((100, ours), (10**6, by_machine_code(1)), (10**6, Counting(2))):
        assert one.ahead(few, work) is work  # there is nobody else, or it does not pay


@pytest.mark.parametrize("lowest_first", [False, True])
@pytest.mark.parametrize("ties", ["shared", "dense", "last"])
def test_many_rows_ranked_by_several_threads(ties: Any, lowest_first: bool) -> None:
    chance, rows = np.random.default_rng(3), 100_000
    peers = Peers(rows, chance.integers(0, 7, rows).astype(np.uint8), 8)  # the last group is of nobody
    key, second = Key(chance.integers(-50, 50, rows), -50, 49), Key(chance.integers(0, 3, rows), 0, 2)
    known = chance.integers(0, 9, rows) > 0
    for keys in ([key], [key, second]):
        for there in (None, known):
            made = [
                blocks(keys, peers, there, lowest_first=lowest_first, counting=one)
                for one in (BY_NUMPY, by_machine_code(3))
            ]
            for from_the_end in (False, True):
                one, other = (ranks(each, ties, from_the_end=from_the_end) for each in made)
                assert one.data.tolist() == other.data.tolist()


# ---------------------------------------------------------------- tiers


@settings(max_examples=300, deadline=None)
@given(
    SEEDS,
    st.integers(1, 4),
    st.lists(
        st.tuples(
            st.sampled_from([None, Fraction(0), Fraction(1, 5), Fraction(1, 2), Fraction(3, 2)]),
            st.sampled_from(["included", "excluded"]),
            st.sampled_from(["skipped", "counted"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
    st.sampled_from([0, 1, 9, 200]),
)
def test_conditions_of_blocks_give_the_tiers_of_conditions_of_rows(
    chance: Any, groups: int, listed: list[Any], gaps: bool, rows: int
) -> None:
    """Quotas, vetoes and who is eligible; some are not known."""
    peers = Peers(rows, chance.integers(0, groups, rows), groups)
    ordered = blocks([Key(chance.integers(-5, 6, rows), -5, 5)], peers, None, lowest_first=False)

    def truths() -> tuple[Truth, Truth]:
        holds = chance.integers(0, 3, ordered.count) > 0
        known = chance.integers(0, 20, ordered.count) > 0 if gaps else None
        of_block = Truth(holds, known)
        return of_block, of_block.of(ordered.of_row)

    given_tiers = tuple(
        BandTier(f"t{number}", 1 if quota is not None else None, ties=ties, vetoed=vetoed, next=is_next, when=1)
        for number, (quota, ties, vetoed, is_next) in enumerate(listed)
    )
    band = Band(0, "group", given_tiers, 1, (Veto("veto", 1, "t0"),))
    quotas = [quota for quota, *_ in listed]
    whens, veto, eligible = [truths() for _ in listed], truths(), truths()
    of_blocks, of_rows = (
        tiers(band, ordered, peers, quotas, [one[at] for one in whens], [veto[at]], eligible[at], by_blocks=not at)
        for at in (0, 1)
    )
    assert of_blocks.column.data.tolist() == of_rows.column.data.tolist()
    nobody = np.full(rows, -1)
    told_of = [nobody if found.undecided is None else found.undecided for found in (of_blocks, of_rows)]
    assert told_of[0].tolist() == told_of[1].tolist()


def test_columns_that_are_looked_up_by_other_numbers_are_written_one_by_one() -> None:
    numbers, table = np.array([2, 0, 2, 1], np.int32), np.array([7, 8, 9])
    one, other, plain = Looked(table, numbers), Looked(table, numbers[::-1].copy()), Column(table[:2])
    for columns in ([one, one], [one, other], [one, plain], [plain], []):
        arrays, loop = written(columns, BY_NUMPY)
        assert (loop is not None) == (columns == [one, one])
        if loop is not None:
            loop(0, 4)
        assert [each.tolist() for each in arrays] == [each.data.tolist() for each in columns]


# ---------------------------------------------------------------- whole policies

POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to PLACES places of total
  group county "Counties"
  group office "Offices"
  fact strikes "Strikes" count missing zero
  fact before "Rank last year" count missing zero
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      unit count
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
  component penalty "Penalty" as penalty {
    cap 150 points
    indicator struck "Struck" { score strikes * 10 points; missing zero }
  }
  total sum(components)
  rank by total within WITHIN ties shared
  tier first "First" top 30% of WITHIN rounded ROUNDED ties TIES when total >= 20 points and not total == 50 points
  tier fair "Fair" top 2 of WITHIN ties TIES when MORE
  tier poor "Poor" otherwise
  accountability {
    finding last "Last" when in_bottom(1, of: group, ties: included) and rank_of(before, of: group, ties: shared) <= 2
  }
}
"""


def rules(
    *,
    places: int = 2,
    rounded: str = "down",
    ties: str = "excluded",
    within: str = "group",
    more: str = "total >= 0 points",
) -> assessdsl.Policy:
    changes = {"PLACES": str(places), "ROUNDED": rounded, "TIES": ties, "WITHIN": within, "MORE": more}
    text = POLICY
    for word, value in changes.items():
        text = text.replace(word, value)
    return assessdsl.loads(text)


Row = tuple[str, int, int, int]


def frame_of(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame({
        "group": [row[0] for row in rows],
        "growth.actual": [row[1] for row in rows], "growth.planned": [120] * len(rows),
        "strikes": [row[2] for row in rows], "before": [row[3] for row in rows],
        "entity": [f"e{number}" for number in range(len(rows))],
    })  # fmt: skip


def tables_of(rows: list[Row]) -> dict[str, list[dict[str, Any]]]:
    named = [(f"e{number}", row) for number, row in enumerate(rows)]
    return {
        "entities": [
            {"entity": name, "group": row[0], "strikes": row[2], "before": row[3]} for name, row in named
        ],
        "targets": [
            {"entity": name, "indicator": "growth", "target": name, "planned": Decimal(120)} for name, _ in named
        ],
        "facts": [
            {"entity": name, "indicator": "growth", "target": name, "actual": Decimal(row[1])} for name, row in named
        ],
    }  # fmt: skip


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["county", "office"]), st.sampled_from([0, 24, 60, 60, 61, 120, 130]),
        st.sampled_from([0, 0, 1, 5, 30]), st.integers(1, 4),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(
    ROWS,
    st.sampled_from([2, 6]),
    st.sampled_from(["down", "up", "half_up"]),
    st.sampled_from(["included", "excluded"]),
    st.sampled_from(["total >= 0 points", "strikes < 2"]),
    st.sampled_from([4, 20_000]),
    st.booleans(),
)
def test_policies_by_counting_and_by_sorting(
    rows: list[Row], places: int, rounded: str, ties: str, more: str, sparse: int, compiled: bool
) -> None:
    """Totals below zero, those who tie at the last place of a quota, groups of one or of nobody; with as many blocks as
    there could be totals, and with too many for that."""
    if compiled:
        pytest.importorskip("llvmlite")
    own = rules(places=places, rounded=rounded, ties=ties, more=more)
    result = assessdsl.evaluate(own, tables_of(rows))
    with blocks_of_few(), changed(ranking, "_SPARSE", sparse), changed(counting, "_FEW", 1):
        found = evaluate_frame(own, frame_of(rows), kernels=compiled, threads=2)
    for row in range(len(rows)):
        assert told(found, row) == expected(result, f"e{row}", list(found.scores))


@contextmanager
def blocks_of_few() -> Iterator[None]:
    """As if entities were far more than blocks."""
    with changed(conditions, "_MANY", 1), changed(conditions, "_BLOCKS", 10**6):
        yield


def many(rows: int) -> pl.DataFrame:
    chance = random.Random(5)
    pick = chance.choice
    return frame_of([
        (pick(("county", "office")), chance.randrange(150), pick((0, 0, 1, 9)), chance.randrange(1, 60))
        for _ in range(rows)
    ])  # fmt: skip


def test_many_entities_with_machine_code_and_without() -> None:
    pytest.importorskip("llvmlite")
    for more in ("total >= 0 points", "strikes < 2"):
        found = [evaluate_frame(rules(more=more), many(40_000), kernels=one, threads=3) for one in (False, True)]
        first, second = ([one.rank, one.tier, one.findings["last"]] for one in found)
        for one, other in zip(first, second, strict=True):
            assert one is not None
            assert other is not None
            assert one.dtype == other.dtype
            assert one.tolist() == other.tolist()


def test_places_that_are_only_compared_are_never_written_out() -> None:
    """Those of last year, and those from the end; rank and tier of the result are written beside the findings."""
    pytest.importorskip("llvmlite")
    tables_of_passes, looking_up, placing = list[int](), Counting.looking_up, set[int]()
    passes, through = list[int](), Counting.through

    def gone_through(self: Counting, rows: int, *given: Any) -> None:
        passes.append(rows)
        through(self, rows, *given)

    def noted(self: Counting, numbers: Any, *tables: Any) -> Any:
        tables_of_passes.append(len(tables))
        return looking_up(self, numbers, *tables)

    def counted(*given: Any, **options: Any) -> Any:
        placing.add(get_ident())
        both.wait()  # both ranks are at it
        return blocks(*given, **options)

    both, own = Barrier(2, timeout=10), rules()
    with (
        blocks_of_few(), changed(counting, "_FEW", 1), changed(Counting, "looking_up", noted),
        changed(score, "blocks", counted), changed(ranking, "_SPARSE", 1000),
        changed(Counting, "through", gone_through),
    ):  # fmt: skip
        found = evaluate_frame(own, many(500), kernels=True, threads=2)
    assert tables_of_passes == [2]
    assert passes == [500] * 2  # to number them by total, and by the place last year
    assert len(placing) == 2
    plain = evaluate_frame(own, many(500))
    for one, other in ((found.rank, plain.rank), (found.tier, plain.tier)):
        assert one is not None
        assert other is not None
        assert one.tolist() == other.tolist()
    assert found.findings["last"].tolist() == plain.findings["last"].tolist()


@pytest.mark.parametrize(
    ("change", "by_blocks"),
    [({}, True), ({"more": "strikes < 2"}, False), ({"places": 6}, False), ({"within": "everyone"}, True)],
)
def test_which_conditions_are_those_of_blocks(change: dict[str, Any], by_blocks: bool) -> None:
    """Those that rest on the total alone, where there is a block for every total."""
    own, seen = rules(**change), list[Any]()

    def noted(*asked: Any) -> Any:
        seen.append(of_blocks(*asked))
        return seen[-1]

    with blocks_of_few(), changed(score, "of_blocks", noted), changed(ranking, "_SPARSE", 1000):
        evaluate_frame(own, many(300))
    band = next(step for step in own.plan.steps if isinstance(step.operation, Band))
    assert bool(seen) == (rest_on_key(own.plan, band) is not None) == ("more" not in change)
    assert any(one is not None for one in seen) == by_blocks
