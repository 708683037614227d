"""A counterexample as something that runs without this package's search: a test of the policy, or one for pytest."""

from datetime import date
from fractions import Fraction
from pprint import pformat
from typing import Final

from assessdsl.fairness.case import Case
from assessdsl.fairness.counterexample import Counterexample
from assessdsl.quantity import exact_text

Tables = dict[str, list[dict[str, str]]]

# What holds between the case before and the one after where the property does.
_HOLDS: Final = {
    **dict.fromkeys(("monotone",), "after.total.value >= before.total.value"),
    "rank_monotone": "after.rank <= before.rank",
    "strict_response": "after.total.value > before.total.value",
    "independent": "after.total.value == before.total.value",
    **dict.fromkeys(
        ("missing_not_rewarded", "truthful", "no_removal", "no_splitting", "no_double_count"),
        "after.total.value <= before.total.value",
    ),
}


def cell_text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Fraction():
            return exact_text(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def plain_tables(case: Case) -> Tables:
    """Records with every cell as text that `evaluate` reads."""
    return {
        table: [{column: cell_text(value) for column, value in row.items()} for row in rows]
        for table, rows in case.records().items()
        if rows
    }


def policy_test(shown: Counterexample, policy: str, language: str) -> str:
    """A file `….test.yaml` that replays the cases: their totals are those of the exact engine. policy: the path of the
    policy, from where the file stands."""
    lines = [f"# language: {language}", f"# {shown.told(language)}", f"uses policy: {_yaml(policy)}"]
    for name, case, seen in zip(
        ("before", "after"), (shown.before, shown.after), (*shown.seen, None, None), strict=False
    ):
        if case is None or seen is None:
            continue
        lines += [f"test {shown.property}_{name}:", f"  label: {_yaml(shown.told(language))}"]
        for table, rows in plain_tables(case).items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            lines += [f"  given {table}:", f"    columns: {', '.join(columns)}", "    row:"]
            lines += [f"      - {_yaml(', '.join(_quoted(row.get(column, '')) for column in columns))}" for row in rows]
        lines += [f"  expect {_name(shown.entity)}:", f"    total: {seen.exact}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(entity: str) -> str:
    return entity if entity.isidentifier() else _quoted(entity)


def pytest_case(shown: Counterexample, policy: str, language: str) -> str | None:
    """A test that fails as long as the policy does; None of properties that no two scores show. policy: its path, from
    where the file stands."""
    holds = _HOLDS.get(shown.property)
    if holds is None or shown.after is None:
        return None
    before, after = (pformat(plain_tables(case), width=110) for case in (shown.before, shown.after))
    return f'''"""{shown.told(language)}"""

from pathlib import Path

import assessdsl

BEFORE = {before}
AFTER = {after}


def test_{shown.property}():
    policy = assessdsl.load(Path(__file__).parent / {policy!r})
    before = assessdsl.evaluate(policy, BEFORE).entities[{shown.entity!r}]
    after = assessdsl.evaluate(policy, AFTER).entities[{shown.entity!r}]
    assert {holds}
'''
