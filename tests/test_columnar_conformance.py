"""The conformance cases as frames, with tables of targets and of entries: all equal to the exact engine."""

from typing import Any

import pytest
import test_columnar as alone
from frames_of_tables import NotInFrames, framed, published

import assessdsl
from assessdsl.backends.columnar import lowering
from assessdsl.backends.columnar.inputs import FrameInputs
from assessdsl.frames import evaluate_frame


@pytest.mark.parametrize("given", list(alone.cases()))
@pytest.mark.parametrize("left", [False, True], ids=["in columns", "left to the exact engine"])
def test_case(given: dict[str, Any], left: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What frames say of earlier years and of targets that were taken out, the exact engine is told in its own way."""
    try:
        policy, facts, dataset, held = framed(given)
    except NotInFrames:
        return
    if left:
        monkeypatch.setattr(FrameInputs, "wrong", lambda _: True)
        monkeypatch.setattr(lowering, "_kept", lowering._lower_or_not)
    wrong: set[str] = set()
    try:
        result = assessdsl.evaluate(policy, facts)
    except assessdsl.DataError as error:
        wrong = alone.codes(error)
    refused: set[str] = set()
    for more in ({"components": True, "indicators": True}, {"components": True}, {}):
        try:
            found = evaluate_frame(policy, held.entities, history=published(dataset), **held.more, **more)
        except assessdsl.PolicyError as error:
            refused = alone.codes(error)
            continue
        except assessdsl.DataError as error:
            told = alone.codes(error)
        else:
            told = set()
            for row, entity in enumerate(held.entities["entity"]):
                assert alone.told(found, row) == alone.expected(result, entity, list(found.scores)), entity
            assert not left or found.by_exact_engine == len(found)
        assert told == wrong
        return
    pytest.fail(f"refused: {refused}")
