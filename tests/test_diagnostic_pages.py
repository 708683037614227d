"""Every code has a page, and the page's examples show the mistake and its mending.

`## Wrong` and `## Right` hold fenced examples. Each `assess` or `yaml` block is a whole policy and is checked and
linted. Blocks that name a file (`csv entities.csv`) make one set of tables: with the policy of the section, or else
with the one below, the assessment is run. A `console` block says another command, for `policy.assess` and the tables
in `facts`; of a block `console steps` the last command shows it; blocks that name a policy (`assess base.assess`) are
files beside `policy.assess`. A `python` block is a program, for a mistake that no text shows.
"""

import re
import shlex
import string
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

import assessdsl
from assessdsl.authoring import lint_text
from assessdsl.cli import main
from assessdsl.diagnostics import AssessmentError, Diagnostic, codes

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "diagnostics"
PAGES = {path.stem: path for path in sorted(FOLDER.glob("AS*.md"))}

DEFAULT_POLICY = """\
policy example "Example" {
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  component base "Base" {
    points 100 points
    indicator growth "Growth" {
      points 100 points
      unit percent to 1 places
      score attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }
  }
  rank by total within group ties shared
  tier good "Good" when total >= 60 points
  tier poor "Poor" otherwise
}
"""


@frozen
class Section:
    policies: tuple[tuple[str, str], ...]  # a file name that tells the surface, and the text
    tables: Mapping[str, str]  # by file name
    commands: tuple[tuple[str, ...], ...]  # each after those that prepare it
    programs: tuple[str, ...]


@cache
def section(code: str, heading: str) -> Section:
    text = PAGES[code].read_text("utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert heading in sections, f"{code} has no section `## {heading}`"
    policies, tables, commands, programs = (
        list[tuple[str, str]](),
        dict[str, str](),
        list[tuple[str, ...]](),
        list[str](),
    )
    for info, example in re.findall(r"^```([^\n]+)\n(.*?)^```$", sections[heading], flags=re.MULTILINE | re.DOTALL):
        match info.split():
            case [("assess" | "yaml") as surface]:
                policies.append((f"policy.{surface}", example))
            case ["console"]:
                commands += [(line.removeprefix("$ "),) for line in example.splitlines()]
            case ["console", "steps"]:
                commands.append(tuple(line.removeprefix("$ ") for line in example.splitlines()))
            case ["python"]:
                programs.append(example)
            case [_, name]:
                tables[name] = example
            case _:
                raise AssertionError(f"{code}: a block `{info}`")
    assert policies or tables or programs or commands, f"{code} has no example under `## {heading}`"
    return Section(tuple(policies), tables, tuple(commands), tuple(programs))


def assessed(action: Callable[[], tuple[Diagnostic, ...]]) -> set[str]:
    """The codes that an assessment raises or remarks."""
    try:
        found = action()
    except AssessmentError as error:
        found = error.diagnostics
    return {diagnostic.code for diagnostic in found}


def evaluated(policy: str, facts: Path) -> tuple[Diagnostic, ...]:
    return assessdsl.evaluate(assessdsl.loads(policy), assessdsl.read_facts(facts)).warnings


def program(text: str) -> tuple[Diagnostic, ...]:
    """Runs a program; the remarks of what it holds under these names."""
    names: dict[str, Any] = {}
    exec(text, names)
    held = (("facts", "remarks"), ("result", "warnings"), ("recorded", "diagnostics"), ("verified", "diagnostics"))
    found = tuple(found for name, remarks in held if name in names for found in getattr(names[name], remarks))
    return (*found, *names.get("remarks", ()))


def raised(example: Section, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[set[str]]:
    """The codes of each example of a section."""
    policy = example.policies[0][1] if example.policies else DEFAULT_POLICY
    (folder / "policy.assess").write_text(policy, "utf-8")
    for name, text in example.tables.items():
        path = folder / name if name.endswith((".assess", ".yaml")) else folder / "facts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    if example.programs:
        return [assessed(lambda text=text: program(text)) for text in example.programs]
    if example.commands:
        found = []
        for *before, command in example.commands:
            assert [main(shlex.split(one)[1:]) for one in before] == [0] * len(before)
            capsys.readouterr()
            assert main(shlex.split(command)[1:]) in (0, 1)
            found.append(set(re.findall(r"AS[0-9]{4}", capsys.readouterr().err)))
        return found
    if example.tables:
        return [assessed(lambda: evaluated(policy, folder / "facts"))]
    return [{found.code for found in lint_text(text, name).diagnostics} for name, text in example.policies]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(codes()) == set(PAGES)


@pytest.mark.parametrize("code", PAGES)
def test_wrong_example_raises_the_code(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for found in raised(section(code, "Wrong"), tmp_path, capsys):
        assert code in found


@pytest.mark.parametrize("code", PAGES)
def test_right_example_does_not(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for found in raised(section(code, "Right"), tmp_path, capsys):
        errors = {other for other in found if codes()[other].severity == "error"}
        assert code not in found
        assert not errors, "the right example has another mistake"


@pytest.mark.parametrize("code", PAGES)
def test_page_is_in_both_languages_under_its_title(code: str) -> None:
    text = PAGES[code].read_text("utf-8")
    assert text.startswith(f"# {code} {codes()[code].slug}\n")
    before, _, _ = text.partition("## Wrong")
    assert re.search(r"[a-z]{3,} [a-z]{2,}", before)
    assert re.search(r"[一-鿿]{4,}", before)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", codes())
def test_texts_say_the_same_in_both_languages(code: str) -> None:
    entry = codes()[code]
    assert placeholders(entry.text["en"]) == placeholders(entry.text["zh"])
    assert set(entry.help) in (set(), {"en", "zh"})
    if entry.help:
        assert placeholders(entry.help["en"]) == placeholders(entry.help["zh"])


@pytest.mark.parametrize("code", codes())
def test_texts_are_in_the_house_style(code: str) -> None:
    entry = codes()[code]
    assert entry.severity in {"error", "warning", "note"}
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", entry.slug)
    for text in (entry.text["en"], *([entry.help["en"]] if entry.help else [])):
        own = re.sub(r"`[^`]*`", "", text)  # without what is quoted
        assert not re.match(r"[A-Z][a-z]", own), "messages start in lower case"
        assert not own.endswith("."), "messages end without a full stop"
        assert not re.search(r"\b(str|int|float|dict|tuple|None|NoneType|Fraction)\b", own), "a Python type"
        assert not re.search(r"[一-鿿]", own), "the English text speaks Chinese"
    for text in (entry.text["zh"], *([entry.help["zh"]] if entry.help else [])):
        assert re.search(r"[一-鿿]", text)
