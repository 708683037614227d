"""One entity of a policy whose parts stand very deep within one another: code is made for it, or done without."""

import pytest

import assessdsl


def policy(score: str) -> assessdsl.Policy:
    return assessdsl.loads(f"""
policy example "Example" {{
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  fact done number "Done" to 1 places missing zero
  component base "Base" {{
    points 100 points
    indicator work "Work" {{ points 100 points; score {score} }}
  }}
}}
""")


def ladder(steps: int) -> str:
    return f"ladder(done, {', '.join(f'{step}: {step / 8}%' for step in range(1, steps + 1))}, below: 0%)"


@pytest.mark.parametrize("kernels", [False, True])
@pytest.mark.parametrize(
    ("score", "is_code"),
    [(ladder(120), True), (ladder(300), False), (f"clamp(({'+'.join(['done'] * 2000)}) / 100000, 0, 1) * 100%", False)],
)
def test_deep_scores_are_those_of_the_exact_engine(score: str, is_code: bool, kernels: bool) -> None:
    one = policy(score)
    given = [-1, 0, 1, 5, 60, 119, 120, 299, 5000]
    entities = [{"entity": f"{number}", "group": "county", "done": done} for number, done in enumerate(given)]
    exact = assessdsl.evaluate(one, {"entities": entities}).entities
    prepared = assessdsl.prepare(one, kernels=kernels)
    found = [prepared.score({"group": "county", "done": done}).total.value for done in given]
    assert found == [exact[f"{number}"].total.value for number in range(len(given))]
    assert bool(prepared._direct) is is_code
