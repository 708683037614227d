"""Nothing about the process that runs it changes a result: over 20 hash seeds the city has one digest."""

import os
import subprocess
import sys

import assessdsl
from assessdsl.resources import resource

CITY = resource("policies", "municipal_2022")
PROGRAM = """
import sys
import assessdsl
policy = assessdsl.load(sys.argv[1])
print(assessdsl.evaluate(policy, sys.argv[2]).digest)
"""


def test_one_digest_over_twenty_hash_seeds() -> None:
    expected = assessdsl.evaluate(assessdsl.load(CITY / "policy.yaml"), CITY / "facts").digest
    command = [sys.executable, "-c", PROGRAM, str(CITY / "policy.assess"), str(CITY / "facts")]
    found = {
        subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": str(seed)}, capture_output=True, encoding="utf-8", check=True
        ).stdout.strip()
        for seed in range(20)
    }
    assert found == {expected}
