"""The conformance cases: data files that any implementation of the language could run (see conformance/README.md)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import assessdsl
from assessdsl.record.monitor import monitor
from assessdsl.source import Source
from assessdsl.syntax import read, write

HERE = Path(__file__).parent / "conformance"


def cases() -> Iterator[Any]:
    for path in sorted(HERE.glob("*.yaml")):
        text = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
        for case in text["cases"]:
            yield pytest.param({**text.get("given", {}), **case}, id=f"{path.stem}: {case['case']}")


TABLES = (
    "entities", "targets", "facts", "judgements", "benchmarks", "history", "frozen", "milestones", "progress",
)  # fmt: skip


def _rows(table: str) -> list[dict[str, str]]:
    """A table written as lines of cells between bars, the headings first; an empty cell is nothing."""
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return [{head: cell for head, cell in zip(lines[0], line, strict=True) if cell} for line in lines[1:]]


def tables(case: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    return {name: _rows(case[name]) for name in TABLES if name in case}


def source(case: dict[str, Any]) -> Source:
    text = str(case["policy"] if "policy" in case else case["frame"].replace("...", case["rules"]))
    return Source("policy.yaml" if case.get("surface") == "yaml" else "policy.assess", text)


def load(case: dict[str, Any], folder: Path) -> assessdsl.Policy:
    """`folder`: an empty one, for the policy and the files beside it."""
    text = source(case)
    home = folder / "policies" / "city"
    for name, held in {**case.get("files", {}), text.name: text.text}.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(held, "utf-8")
    return assessdsl.load(home / text.name)


@pytest.mark.parametrize("case", list(cases()))
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    expected = case["expect"]
    if isinstance(expected, list):
        with pytest.raises(assessdsl.AssessmentError) as raised:
            assessdsl.evaluate(load(case, tmp_path), tables(case))
        assert expected == sorted({found.code for found in raised.value.diagnostics if found.is_error})
        return
    result = assessdsl.evaluate(load(case, tmp_path), tables(case))
    if "warns" in case:
        assert case["warns"] == sorted({told.code for told in result.warnings})
    data = result.to_data()["entities"]
    for entity, wanted in expected.items():
        for what, value in wanted.items():
            assert _actual(data[entity], what) == value, f"{what} of {entity}\n{result}"


@pytest.mark.parametrize("case", [case for case in cases() if "follow" in case.values[0]])
def test_targets_are_followed(case: dict[str, Any], tmp_path: Path) -> None:
    found = monitor(load(case, tmp_path), tables(case), date.fromisoformat(case["as_of"])).to_data()
    told = ("progress", "expected", "light")
    assert {
        each["target"]: {what: each[what] for what in told if each[what] is not None} for each in found["targets"]
    } == case["follow"]


@pytest.mark.parametrize("case", list(cases()))
def test_both_surfaces_and_languages_say_the_same(case: dict[str, Any]) -> None:
    document, found = read(source(case))
    if found:
        return  # not a text of the language: nothing to translate
    assert read(Source("policy.yaml", write(document, "yaml", "zh"))) == (document, [])
    assert read(Source("policy.assess", write(document, "dsl", "zh"))) == (document, [])
    assert read(Source("policy.assess", write(document, "dsl", "en"))) == (document, [])


def _actual(entity: dict[str, Any], what: str) -> str:
    if what == "findings":
        names = (found["name"] + ("?" if found["status"] == "undetermined" else "") for found in entity["findings"])
        return ", ".join(names)
    if what in ("total", "rank", "tier", "eligible"):
        return str(entity[what]).lower() if entity[what] is not None else ""
    component, _, indicator = what.partition(".")
    found = entity["components"][component]
    return str(found["indicators"][indicator]["score"] if indicator else found["score"])
