"""The conformance cases in batches of few rows: what is written is what frames give."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import test_columnar as alone
from frames_of_tables import NotInFrames, framed, published

import assessdsl
from assessdsl.backends.columnar import parquet, routing, streaming
from assessdsl.frames import evaluate_frame


@pytest.mark.parametrize("given", list(alone.cases()))
def test_case(given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        policy, _, dataset, held = framed(given)
    except NotInFrames:
        return
    more = {**held.more, "history": published(dataset)}
    for module, constant, rows in ((parquet, "ROWS", 2), (streaming, "_LEAST", 1), (routing, "_CHUNK", 3)):
        monkeypatch.setattr(module, constant, rows)
    expected: Any
    try:
        expected = over_one(evaluate_frame(policy, held.entities, **more).to_frame())
    except assessdsl.AssessmentError as error:
        expected = alone.codes(error)
    found: Any
    try:
        assessdsl.evaluate_batches(policy, held.entities, tmp_path / "found.parquet", **more)
        frame = pl.read_parquet(tmp_path / "found.parquet").with_columns(pl.col(pl.Categorical).cast(pl.String))
        found = over_one(frame)
    except assessdsl.AssessmentError as error:
        found = alone.codes(error)
        if isinstance(expected, set):  # of the first batch that has something wrong
            expected &= found
    assert found == expected


def over_one(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """The columns; of what is over a scale, the numbers."""
    found = {}
    for name, values in frame.to_dict(as_series=False).items():
        own, _, scale = name.rpartition("_x")
        found[own if scale.isdigit() else name] = (
            [Fraction(value, int(scale)) for value in values] if scale.isdigit() else values
        )
    return found
