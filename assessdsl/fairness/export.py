"""A counterexample as something that runs without this package's search: a test of the policy, or one for pytest.

Either fails as long as the policy breaks what it promises, and passes once it is mended.
"""

import re
from datetime import date
from fractions import Fraction
from functools import partial
from pprint import pformat
from typing import Final

from assessdsl.authoring.testing.records import Beside, Bound
from assessdsl.fairness.case import Case
from assessdsl.fairness.counterexample import Counterexample
from assessdsl.fairness.promised import Held, promised
from assessdsl.quantity import exact_text
from assessdsl.vocabulary import Kind, vocabulary

Tables = dict[str, list[dict[str, str]]]


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


# ---------------------------------------------------------------- a test of the policy

_PLAIN: Final = re.compile(r"[^\W\d][\w-]*|\d+(\.\d+)?%?|\d{4}-\d\d-\d\d")
_NAMES: Final = {"en": ("before", "after"), "zh": ("变化前", "变化后")}


def policy_test(shown: Counterexample, policy: str, language: str) -> str | None:
    """A file `….test.yaml`; None of what no score, rank or tier shows. policy: its path, from where the file stands."""
    held = promised(shown)
    if not held:
        return None
    said = partial(_said, language)
    names = _NAMES[language] if shown.after is not None else (said("name", shown.property),)
    told = shown.told(language)
    lines = [f"# language: {language}", f"{said('word', 'uses')} {said('word', 'policy')}: {_yaml(policy)}"]
    for name, case in zip(names, (shown.before, shown.after), strict=False):
        assert case is not None
        lines += [f"{said('word', 'test')} {name}:", f"  {said('column', 'label')}: {_yaml(told)}"]
        for table, rows in plain_tables(case).items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            headings = (said("column", one) for one in columns)
            lines += [f"  {said('word', 'given')} {said('table', table)}:"]
            lines += [f"    {said('word', 'columns')}: {', '.join(headings)}", f"    {said('word', 'row')}:"]
            lines += [f"      - {_yaml(', '.join(_cell(row.get(column, '')) for column in columns))}" for row in rows]
        expect = f"  {said('word', 'expect')} "
        if name != names[-1]:
            lines.append(f"{expect}{_cell(shown.entity)}: {{}}")
            continue
        for entity in dict.fromkeys(one.entity for one in held):
            own: dict[str, list[str]] = {}  # of one thing there may be several bounds
            for one in held:
                if one.entity == entity and one.of != "any":
                    own.setdefault(_named(one, language), []).append(_expected(one, names[0], language))
            lines.append(f"{expect}{_cell(entity)}:" + ("" if own else " {}"))
            lines += [f"    {named}: {' '.join(dict.fromkeys(bounds))}" for named, bounds in own.items()]
    return "\n".join(lines) + "\n"


def _said(language: str, kind: Kind, id: str) -> str:
    """As the word table spells it; what is none of its words as it is."""
    word = vocabulary().words.get((kind, id))
    return id if word is None else word.spelling(language)


def _named(held: Held, language: str) -> str:
    target = [_quoted(held.target)] if held.target else []
    return " ".join([_said(language, "word", held.of), *held.part, *target])


def _expected(held: Held, before: str, language: str) -> str:
    """`at least test before`."""
    said = partial(_said, language)
    parts = [] if held.bound == "equal" else [said("clause", held.bound)]
    match held.against:
        case Fraction() as number:
            parts.append(f"{exact_text(number)}{_points(number, language)}")
        case Beside(entity=""):
            parts += [said("word", "test"), before]
        case Beside(entity=other):
            parts += [said("column", "entity"), _cell(other)]
    if held.within is not None:
        parts += [said("clause", "within"), f"{exact_text(held.within)}{_points(held.within, language)}"]
    return " ".join(parts)


def _points(number: Fraction, language: str) -> str:
    """Behind a number; a quotient has no measure."""
    if "/" in exact_text(number):
        return ""
    return "分" if language == "zh" else " points"


def _cell(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and not _spells(text) else _quoted(text)


def _spells(text: str) -> bool:
    return any(vocabulary().find(kind, text) for kind in ("clause", "operator"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# ---------------------------------------------------------------- a test for pytest

_SIGNS: Final[dict[Bound, str]] = {"equal": "==", "at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}


def pytest_case(shown: Counterexample, policy: str, language: str) -> str | None:
    """A module with one test; None of what no score, rank or tier shows. policy: its path, from where it stands."""
    held = promised(shown)
    if not held:
        return None
    cases = {"BEFORE": shown.before, "AFTER": shown.after} if shown.after is not None else {"CASE": shown.before}
    tables = [f"{name} = {pformat(plain_tables(case), width=110)}" for name, case in cases.items()]
    lines = [f"    policy = assessdsl.load(Path(__file__).parent / {policy!r})"]
    lines += [f"    {name.lower()} = assessdsl.evaluate(policy, {name})" for name in cases]
    if any(one.of == "tier" for one in held):
        lines.append("    order = [name for name, _ in case.tiers] + [None]")
    lines += [f"    assert {_holds(one, [*cases][-1].lower())}" for one in held]
    imported = "from fractions import Fraction\n" if any("Fraction(" in line for line in lines) else ""
    return "\n".join(
        [
            f'"""{shown.told(language)}"""\n',
            f"{imported}from pathlib import Path\n",
            "import assessdsl\n",
            *tables,
            f"\n\ndef test_{shown.property}():",
            *lines,
            "",
        ]
    )


def _holds(held: Held, last: str) -> str:
    """The condition in Python."""
    own = _value(held, last, held.entity)
    match held.against:
        case Fraction() as number:
            other = f"Fraction({str(number)!r})"
        case Beside(entity=""):
            other = _value(held, "before", held.entity)
        case Beside(entity=name):
            other = _value(held, last, name)
    if held.of == "any":
        return own
    if held.of == "tier":  # the better tier stands first
        own, other = other, own
    if held.within is not None:
        return f"abs({own} - {other}) <= Fraction({str(held.within)!r})"
    return f"{own} {_SIGNS[held.bound]} {other}"


def _value(held: Held, case: str, entity: str) -> str:
    found = f"{case}.entities[{entity!r}]"
    match held.of:
        case "any":
            return found
        case "total":
            return f"{found}.total.value"
        case "rank":
            return f"{found}.rank"
        case "tier":
            return f"order.index({found}.tier)"
        case "scores":
            return f"{_part(held, found)}.score.value"


def _part(held: Held, entity: str) -> str:
    component, *indicator = held.part
    found = f"next(one for outer in {entity}.components.values() for one in outer.every if one.name == {component!r})"
    found += "".join(f".indicators[{name!r}]" for name in indicator)
    return f"next(one for one in {found}.targets if one.target == {held.target!r})" if held.target else found
