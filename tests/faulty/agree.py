"""`python -m faulty.agree [N]`: the plan, a solver and Hypothesis on the same policies, who must not contradict."""

import sys

import assessdsl
from assessdsl.fairness.made_cases import fixed
from assessdsl.fairness.made_policies import policy_text
from assessdsl.fairness.properties import properties
from assessdsl.fairness.prove import CATALOGUE, prove
from assessdsl.fairness.strategies import check_all
from faulty.good import office


def contradictions(text: str, examples: int) -> list[str]:
    """What is proved and yet refuted, and what a solver takes back."""
    policy = assessdsl.loads(text)
    seen = prove(policy, only=CATALOGUE, cases=0, solve=False).standings
    solved = prove(policy, only=CATALOGUE, cases=0, seconds=1).standings
    found = [
        f"{one.claim.property}: {one.status} on the plan, {two.status} by a solver"
        for one, two in zip(seen, solved, strict=True)
        if one.status == "proved" and two.status not in ("proved", "solver")
    ]
    proved = [one.claim.property for one in solved if one.status in ("proved", "solver")]
    proved = [name for name in proved if name in properties()]
    tried = check_all(policy, examples=examples, only=proved, simplest=False)
    return found + [f"{one.property}: proved, and refuted: {one.witness}" for one in tried.verdicts if one.witness]


def main() -> int:
    wrong = 0
    policies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for seed in range(policies):
        for writer in (policy_text, office):
            text = writer(fixed(seed))
            for line in contradictions(text, examples=60):
                wrong += 1
                print(f"{line}\n{text}", flush=True)
    print(f"{2 * policies} policies, {wrong} contradictions")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
