"""Columns as they are read into registers: every number as it is, or none of the block."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from assessdsl.backends.columnar.column import AnyColumn, Column, Looked
from assessdsl.backends.columnar.vectors import Code, Room

ENDS = [-(1 << 24), 1 - (1 << 24), -7, -1, 0, 1, 3, 1000, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, 1 << 31, 1 << 62]
NUMBERS = st.sampled_from([end + off for end in ENDS for off in (-1, 0, 1)]) | st.integers(-(1 << 63), (1 << 63) - 1)


def read(column: AnyColumn, kind: str, low: int, high: int) -> list[int] | None:
    code = Code((kind,), (("load", "key", 0, low, high),), ((0, 0),))
    rows = len(column.data)
    output = np.zeros(rows, np.int64)
    left = code.bind({"key": column}, [output], Room())(0, rows)
    assert left in ([], [(0, rows)])
    return None if left else output.tolist()


@given(st.lists(NUMBERS, min_size=1, max_size=5), st.sampled_from(ENDS), st.sampled_from(ENDS), st.data())
@example([0], 1, 1000, None)
@example([1001], 0, 1000, None)
@example([-1], 0, 1000, None)
@example([(1 << 24) - 1, 0], 0, (1 << 24) - 1, None)
@example([(1 << 24) + 1], -1, (1 << 24) - 1, None)
def test_a_block_is_read_where_all_lies_within_the_range(
    numbers: list[int], low: int, high: int, data: st.DataObject | None
) -> None:
    low, high = min(low, high), max(low, high)
    size = max(-low, high)
    kind = "short" if size < 1 << 24 else "real" if size <= 1 << 53 else "long"
    absent = [False] * len(numbers)
    if data is not None:
        absent = data.draw(st.lists(st.booleans(), min_size=len(numbers), max_size=len(numbers)))
    column = Column(np.array(numbers, np.int64), np.array(absent) if any(absent) else None)
    found = read(column, kind, low, high)
    there = [number for number, missing in zip(numbers, absent, strict=True) if not missing]
    if not all(low <= number <= high for number in there):
        assert found is None
    else:
        assert found is not None
        assert [one for one, missing in zip(found, absent, strict=True) if not missing] == there


def test_what_is_looked_up_is_read_alike() -> None:
    looked = Looked(np.array([10, 20, 30]), np.array([2, 0, 1, 1]))
    assert read(looked, "short", 0, 30) == [30, 10, 20, 20]
    assert read(looked, "short", 0, 29) is None
    assert read(looked, "short", 11, 30) is None
