"""The examples of README and the tutorials run, and print what the page says they print.

Each page is read from top to bottom in a folder of its own:

- a block whose info string names a file (`assess policy.assess`, `csv facts/facts.csv`) is written there;
- a `console` block: each line that starts with `$ ` is run, and the lines below it are what it prints, remarks last;
- a `python` block: a session of `>>> ` lines, one session for the page.

A line `…` stands for any lines. `--update-docs` writes down what is printed now.
"""

import contextlib
import doctest
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from assessdsl.cli import main

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "docs/tutorial.md",
    "docs/tutorial.zh.md",
    "docs/policy-tests.md",
    "docs/compare.md",
    "docs/data.md",
    "docs/data.zh.md",
    "docs/monitoring.md",
    "docs/register.md",
    "docs/prepare.md",
    "docs/scale.md",
    "docs/sql.md",
    "docs/history.md",
    "docs/register-files.md",
    "docs/guide.md",
    "docs/guide.zh.md",
    "docs/fairness.md",
    "docs/fairness.zh.md",
    "docs/testing-fairness.md",
    "docs/testing-fairness.zh.md",
    "docs/robustness.md",
)


@frozen
class Block:
    """A fenced block: its info string, its text, and the lines of the page between which it stands."""

    info: tuple[str, ...]
    text: str
    start: int
    end: int


def blocks(lines: list[str]) -> Iterator[Block]:
    start: int | None = None
    info: tuple[str, ...] = ()
    for number, line in enumerate(lines):
        if start is None and line.startswith("```"):
            start, info = number + 1, tuple(line.removeprefix("```").split())
        elif start is not None and line == "```":
            yield Block(info, "".join(f"{line}\n" for line in lines[start:number]), start, number)
            start = None
    assert start is None, f"the block at line {start} has no end"


def console(text: str) -> str:
    """The commands of the block with what they print."""
    printed = ""
    for line in text.splitlines():
        if line.startswith("$ "):
            words, _, file = line[2:].partition(" > ")
            program, *arguments = shlex.split(words)
            assert program == "assessdsl", f"only our own commands are run: {line}"
            results, remarks = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(results), contextlib.redirect_stderr(remarks):
                main(arguments)
            if file:
                Path(file).write_text(results.getvalue(), "utf-8")
            printed += f"{line}\n{'' if file else results.getvalue()}{remarks.getvalue()}"
    return printed


def session(text: str, names: dict[str, object]) -> str:
    """The session as Python shows it; of an exception its last lines."""
    out = io.StringIO()
    for example in doctest.DocTestParser().get_examples(text):
        prompts = [">>>", *["..."] * example.source.count("\n")]
        out.writelines(f"{prompt} {line}\n" for prompt, line in zip(prompts, example.source.splitlines(), strict=False))
        with contextlib.redirect_stdout(out):
            try:
                exec(compile(example.source, "<page>", "single"), names)
            except Exception as error:
                print(f"{type(error).__name__}: {error}")
    return out.getvalue()


def agrees(expected: str, printed: str) -> bool:
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line) + "\n" for line in expected.splitlines())
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.parametrize("page", PAGES)
def test_examples(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    lines = (ROOT / page).read_text("utf-8").splitlines()
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    ran, wrong = 0, list[tuple[Block, str]]()
    for block in blocks(lines):
        match block.info:
            case ("console",):
                printed = console(block.text)
            case ("python",):
                printed = session(block.text, names)
            case (_, name):
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).write_text(block.text, "utf-8")
                continue
            case _:
                continue
        ran += 1
        if not agrees(block.text, printed):
            wrong.append((block, printed))
    assert ran
    if request.config.getoption("--update-docs"):
        for block, printed in reversed(wrong):
            lines[block.start : block.end] = printed.splitlines()
        (ROOT / page).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    else:
        assert "Traceback" not in "".join(block.text for block in blocks(lines)), (
            "written down when something was broken"
        )
        assert not wrong, "".join(f"\n{page}:{block.start + 1} prints\n{printed}" for block, printed in wrong)


def test_an_example_that_prints_something_else_is_found() -> None:
    assert agrees("$ a\n…\nlast\n", "$ a\n1\n2\nlast\n")
    assert not agrees("$ a\n…\nlast\n", "$ a\n1\n2\n")
    assert not agrees("$ a\n", "$ a\nmore\n")
    assert session(">>> x = 1\n>>> x\n2\n", {}) == ">>> x = 1\n>>> x\n1\n"


DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", DOCUMENTS)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (ROOT / page).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_named_files_exist(page: str) -> None:
    """A path between backticks is one of the repository."""
    text = (ROOT / page).read_text("utf-8")
    for name in re.findall(r"`((?:docs|grammars|policies|changes|tests|benchmarks)/[^`<\s]*[a-z/])`", text):
        assert (ROOT / name.replace("ASnnnn", "AS1001")).exists(), name
