"""Code for columns: what it is made of, what is kept of it, and the kernels that are compiled from it."""

from typing import Any

import polars as pl
import pytest
from test_columnar import policy

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
