"""Of every policy there is: laying it out twice is laying it out once, and translating it there and back changes
nothing but the choice among spellings of a word."""

from pathlib import Path

import pytest
from test_conformance import cases, source

from assessdsl.authoring import format_text
from assessdsl.diagnostics import PolicyError
from assessdsl.source import Source
from assessdsl.syntax import read

ROOT = Path(__file__).parent.parent
FOLDERS = ("policies", "tests/policies_to_lint", "tests/policies_with_mistakes")
FILES = sorted(path for folder in FOLDERS for end in ("assess", "yaml") for path in (ROOT / folder).rglob(f"*.{end}"))
TEXTS = [
    *(pytest.param(path.name, path.read_text("utf-8"), id=str(path.relative_to(ROOT))) for path in FILES),
    *(pytest.param((text := source(case.values[0])).name, text.text, id=str(case.id)) for case in cases()),
]


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_format_and_translate(name: str, text: str) -> None:
    try:
        once = format_text(text, name).after
    except PolicyError:
        return  # no text of the language
    assert not format_text(once, name).changed
    for first, second in (("en", "zh"), ("zh", "en")):
        there = format_text(text, name, second).after
        back = format_text(there, name, first).after  # in the first words of their rows
        assert format_text(format_text(back, name, second).after, name, first).after == back
        assert _tree(there, name) == _tree(back, name) == _tree(text, name)


def _tree(text: str, name: str) -> object:
    document, found = read(Source(name, text))
    assert not found
    return document
