"""Whatever the facts are: a checked policy gives a result or says what is wrong with them, and no score lies outside
the bounds that its description tells. The facts are those of the conformance cases and the examples, altered."""

import csv
import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from test_conformance import cases, load, tables
from test_describe import within

import assessdsl
from assessdsl.diagnostics import DataError, Diagnostic

ROOT = Path(__file__).parent.parent
CASES = [case.values[0] for case in cases() if isinstance(case.values[0]["expect"], dict)]
EXAMPLES = sorted((ROOT / "policies").glob("*/facts"))
CELLS = ["", "0", "1", "-1", "3", "1000000", "0.5", "-40%", "0%", "35%", "100%", "250%", "yes", "no", "2022-06-30",
         "falsified", "exempt", "2021", "x", "1/3"]  # fmt: skip
Tables = dict[str, list[dict[str, Any]]]


@cache
def example(folder: Path) -> tuple[assessdsl.Policy, Tables]:
    held: Tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            held[path.stem] = list(csv.DictReader(file))
    return assessdsl.load(folder.parent / "policy.assess"), held


def altered(tables: Tables, random: Random) -> Tables:
    """Some numbers and days made others of their kind, some reports left out; or, one time in three, anything."""
    wild = random.randrange(3) == 0
    kept = {
        name: [dict(row) for row in held if not (wild or name == "facts") or random.random() > 0.05]
        for name, held in tables.items()
    }
    for _ in range(random.randint(1, 6)):
        row = random.choice([row for held in kept.values() for row in held] or [{"entity": ""}])
        column = random.choice(sorted(row))
        if wild:
            others = [other[column] for held in kept.values() for other in held if other.get(column)]
            row[column] = random.choice([*CELLS, *others])
        elif column not in ("period", "rank"):
            row[column] = like(row[column] or "", random)
    return kept


def like(cell: str, random: Random) -> str:
    """Another value of the kind: more or less of the same measure and places."""
    found = re.fullmatch(r"(-?[0-9]+)(\.[0-9]+)?(\D*)", cell)
    if found is None:
        return random.choice(["2022-01-01", "2022-12-31", "", cell]) if re.fullmatch(r"[0-9-]{10}", cell) else cell
    whole = random.choice([0, 1, 2, int(found[1]) + 1, int(found[1]) * 2, int(found[1]) * 100])
    return f"{whole}{found[2] or ''}{found[3]}"


def scored(policy: assessdsl.Policy, tables: Tables) -> bool:
    told: tuple[Diagnostic, ...] = ()
    try:
        result = assessdsl.evaluate(policy, tables)
    except DataError as error:
        told = error.diagnostics
    if told:
        assert any(found.is_error and found.message("zh") for found in told)
        return False
    within(policy, result)
    result.to_data()
    return True


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(CASES), st.integers(0, 2**32))
def test_altered_facts_of_the_conformance_cases(tmp_path_factory: Any, case: dict[str, Any], seed: int) -> None:
    policy = load(case, tmp_path_factory.mktemp("case"))
    scored(policy, altered(tables(case), Random(seed)))


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32))
def test_altered_facts_of_the_examples(folder: Path, seed: int) -> None:
    policy, tables = example(folder)
    scored(policy, altered(tables, Random(seed)))


def test_most_altered_facts_are_valid(tmp_path: Path) -> None:
    """Else the properties above would say little."""
    few = [(load(case, tmp_path / str(number)), case) for number, case in enumerate(CASES[:: len(CASES) // 40])]
    valid = [scored(policy, altered(tables(case), Random(seed))) for policy, case in few for seed in range(3)]
    assert sum(valid) > len(valid) / 3
