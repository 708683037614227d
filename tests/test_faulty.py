"""A sample of the corpus of faulty policies; `make faulty` does all of it."""

import random
from collections.abc import Callable

import pytest
from faulty.__main__ import corpus
from faulty.agree import contradictions
from faulty.faults import Faulty
from faulty.good import office
from faulty.tally import outcome

from assessdsl.fairness.made_cases import fixed
from assessdsl.fairness.made_policies import policy_text
from assessdsl.fairness.made_up import Pick

CORPUS = [one for one in corpus(written=1, places=1) if one.of in ("municipal_2022", "office 0")]
SAMPLE = random.Random(1).sample(CORPUS, 6)


@pytest.mark.parametrize("one", SAMPLE, ids=lambda one: f"{one.fault}, {one.of}")
def test_faults_are_refuted(one: Faulty) -> None:
    assert outcome(one) in ("refuted", "refused", "no fault")


def test_each_fault_is_another_policy() -> None:
    assert len({one.bad for one in CORPUS}) == len(CORPUS) > 40
    assert all(one.good != one.bad for one in CORPUS)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("writer", [policy_text, office])
def test_the_plan_the_solver_and_hypothesis_do_not_contradict(writer: Callable[[Pick], str], seed: int) -> None:
    assert not contradictions(writer(fixed(seed)), examples=12)
