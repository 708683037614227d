"""A whole city in columns: as the exact engine has it."""

from pathlib import Path

import pytest
import test_columnar as alone
from frames_of_tables import frames, published

import assessdsl
from assessdsl.binding import bind
from assessdsl.frames import evaluate_frame

CITY = Path(__file__).parents[1] / "policies" / "municipal_2022"


@pytest.mark.parametrize("more", [{"components": True}, {"kernels": True}], ids=["columns", "kernels"])
def test_the_city(more: dict[str, bool]) -> None:
    policy, facts = assessdsl.load(CITY / "policy.assess"), assessdsl.read_facts(CITY / "facts")
    result, dataset = assessdsl.evaluate(policy, facts), bind(policy.plan.schema, facts).dataset
    held = frames(policy, dataset)
    found = evaluate_frame(policy, held.entities, history=published(dataset), **held.more, **more)
    assert len(found) == len(result.entities) == 45
    for row, entity in enumerate(held.entities["entity"]):
        assert alone.told(found, row) == alone.expected(result, entity, list(found.scores)), entity
    # ten totals stand exactly half-way between two roundings; of two entities no project was registered
    assert found.by_exact_engine == 12
