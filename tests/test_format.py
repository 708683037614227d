"""Layout: nothing is lost, a second run changes nothing, and a file is replaced whole or not at all."""

import os
import random
from importlib import import_module
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessdsl import syntax
from assessdsl.authoring import format as layout
from assessdsl.authoring import format_file, format_text
from assessdsl.cli import main
from assessdsl.diagnostics import PolicyError
from assessdsl.engine import loads
from assessdsl.limits import Limits
from assessdsl.source import Source
from assessdsl.syntax import read, write

CITY = Path(__file__).parent.parent / "policies" / "municipal_2022"
TWINS = sorted(CITY.glob("policy*"))

LOOSE = """\
policy   towns "Towns"  {
  period 2022;full 100 points


    group town   # the towns
  # a group's own
  component base { points 100 points
    indicator roads {
      points 100 points
      score max(0%,  # who
        if group == town then 100% else 0%)
    } # roads

    # last
  }
}
"""
LAID_OUT = """\
# language: en
policy towns "Towns" {
  period 2022
  full   100 points

  group town  # the towns
  # a group's own
  component base {
    points 100 points
    indicator roads {
      points 100 points
      # who
      score max(0%, if group == town then 100% else 0%)
    }  # roads

    # last
  }
}
"""


def test_layout() -> None:
    formatted = format_text(LOOSE)
    assert formatted.after == LAID_OUT
    assert formatted.changed
    assert not format_text(LAID_OUT).changed


def comments(text: str, name: str) -> list[str]:
    return sorted(comment.text for comment in syntax.read(Source(name, text))[0].comments)


def disturbed(path: Path, seed: int) -> str:
    """A twin of the city with comments, empty lines and other indents strewn in."""
    chance = random.Random(seed)
    lines = []
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        kind = chance.randrange(20)
        blanks = " " * chance.randrange(7)
        bare = "#" not in line and '"' not in line
        if kind == 1:
            lines.append(f"{blanks}# note {number}")
        elif kind == 2:
            lines += ["", ""]
        elif kind == 3 and bare:
            line += f"{blanks} # beside {number}"
        elif kind == 4 and bare and path.suffix == ".assess" and "(" in line:
            line = line.replace("(", f"( # within {number}\n{blanks}", 1)
        elif kind == 5 and path.suffix == ".assess":
            line = blanks + line
        lines.append(line)
    return "\n".join(lines) + "\n"


@settings(max_examples=15)
@given(st.sampled_from(TWINS), st.integers(0, 2**32), st.sampled_from([None, "en", "zh"]))
def test_nothing_is_lost_and_a_second_run_changes_nothing(path: Path, seed: int, language: str | None) -> None:
    name, text = path.name, disturbed(path, seed)
    after = format_text(text, name, language).after
    assert not format_text(after, name, language).changed
    assert loads(after, name).fingerprint == loads(text, name).fingerprint
    written = after.splitlines()[0].removeprefix("# ")
    chosen = comments(text, name)
    chosen.remove(next(comment for comment in chosen if comment.startswith("language:")))
    assert comments(after, name) == sorted([*chosen, written])


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.name)
@pytest.mark.parametrize("first", ["en", "zh"])
def test_there_and_back_is_the_identity(path: Path, first: str) -> None:
    def there_and_back(text: str) -> str:
        there = format_text(text, path.name, "zh" if first == "en" else "en").after
        return format_text(there, path.name, first).after

    text = there_and_back(path.read_text("utf-8"))  # in the first words of their rows
    assert text.startswith(f"# language: {first}\n")
    assert there_and_back(text) == text


def test_line_ends_and_byte_order_mark_stay() -> None:
    text = LOOSE.replace("\n", "\r\n")
    formatted = format_text(b"\xef\xbb\xbf" + text.encode())
    assert formatted.after == "\ufeff" + LAID_OUT.replace("\n", "\r\n")
    assert not format_text(formatted.after.encode()).changed


@pytest.mark.parametrize("text", ["policy {", "policy x { period }}", "\x00"])
def test_what_cannot_be_written_anew_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.assess"
    path.write_text(text)
    with pytest.raises(PolicyError):
        format_file(path)
    assert path.read_text() == text
    assert os.listdir(tmp_path) == ["policy.assess"]


@pytest.mark.parametrize("surface", ["dsl", "yaml"])
def test_a_second_comment_like_the_one_that_chooses_the_language_stays(surface: Literal["dsl", "yaml"]) -> None:
    text = "# language: en\n# language: zh\npolicy x {\n  period 2022\n  # language: zh\n}\n"
    assert format_text(text).after == text
    document, _ = read(Source("policy.assess", text))
    written = write(document, surface, "en")
    assert [line.strip() for line in written.splitlines() if "#" in line] == [
        "# language: en", "# language: zh", "# language: zh",
    ]  # fmt: skip


def test_a_comment_behind_several_statements_stays_behind_the_last() -> None:
    text = "policy x { period 2022; full 100 points; # of a year\n  group g; component c { cap 1 } # c\n}  # x\n"
    assert (
        format_text(text).after
        == """# language: en
policy x {
  period 2022
  full   100 points  # of a year
  group g
  component c {
    cap 1
  }  # c
}  # x
"""
    )


def test_long_expressions_of_yaml_stand_on_several_lines() -> None:
    label = (
        "a label, which is as long as a label may be, and which has (brackets, commas), and words such as and or or, "
        * 2
    )
    rule = " and ".join(f"fact_{letter} >= max({letter}, 3)" for letter in "abcdefghi") + """ and kind == "it's" """
    text = (
        f'policy x {{\n  gate g "{label.strip()}" when {rule} then zero\n  total if {rule} then 1 else 2  # why\n}}\n'
    )
    document, _ = read(Source("policy.assess", text))
    written = write(document, "yaml", "en")
    assert all(len(line) <= 120 for line in written.splitlines() if "label" not in line)
    again, found = read(Source("policy.yaml", written))
    assert (again, found) == (document, [])
    assert not format_text(written, "policy.yaml").changed


NAMED = """# language: {language}
{policy} p "p" {{
  {fact} quarters {count} "q"
  {component} bonus "b" {bonus} {{
    {indicator} 季度 {{
      {score} quarters
    }}
  }}
  {monitoring} {{
    {light} {green} {when} quarters > 2
  }}
}}
"""
WORDS = (
    ("language", "en", "zh"), ("policy", "policy", "政策"), ("fact", "fact", "事实"), ("count", "count", "个数"),
    ("component", "component", "板块"), ("bonus", "as bonus", "作为 加分项"), ("indicator", "indicator", "指标"),
    ("score", "score", "得分"), ("monitoring", "monitoring", "督查"), ("light", "light", "亮灯"),
    ("green", "green", "绿灯"), ("when", "when", "当"),
)  # fmt: skip


def test_operators_stay_as_they_are_spelled() -> None:
    text = """# language: zh
政策 p "p" {
  总分 如果 总分 低于 60 或者 总分 不低于 70 并且 总分 >= 3 则 3 × (总分 + 1) 否则 总分 ÷ 2
}
"""
    assert format_text(text).after == text
    assert format_text(format_text(text, language="en").after, language="zh").after == text.replace(
        "低于 60 或者", "< 60 或"
    ).replace("不低于", ">=").replace("并且", "且")


def test_names_that_are_declared_stay_as_they_are_written_though_they_are_words() -> None:
    english, chinese = (NAMED.format(**{word[0]: word[at] for word in WORDS}) for at in (1, 2))
    assert format_text(chinese).after == chinese
    assert format_text(english, language="zh").after == chinese
    assert format_text(chinese, language="en").after == english


def test_what_would_grow_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "policy x{" + "a;" * 300 + "}"
    monkeypatch.setattr(import_module("assessdsl.syntax.decode"), "LIMITS", Limits(file_bytes=len(text) + 100))
    with pytest.raises(PolicyError) as caught:
        format_text(text)
    assert caught.value.diagnostics[0].code == "AS1001"


# ---------------------------------------------------------------- files


def test_a_file_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.assess", tmp_path / "link.assess"
    real.write_text(LOOSE)
    real.chmod(0o640)
    link.symlink_to(real.name)
    format_file(link)
    assert link.is_symlink()
    assert real.read_text() == LAID_OUT
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_written_whole_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "policy.assess"
    path.write_text(LOOSE)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(layout.os, "fsync", full)
    assert main(["format", str(path)]) == 1
    assert path.read_text() == LOOSE
    assert os.listdir(tmp_path) == ["policy.assess"]


def test_what_is_laid_out_already_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "policy.assess"
    path.write_text(LAID_OUT)
    os.utime(path, (1, 1))
    format_file(path)
    assert path.stat().st_mtime == 1


# ---------------------------------------------------------------- the command


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.assess").write_text(LOOSE)
    (tmp_path / "sub" / "b.assess").write_text(LAID_OUT)
    assert main(["format", ".", "--check"]) == 1
    assert capsys.readouterr().out == "a.assess: would change\nsub/b.assess: ok\n"
    assert main(["format", "a.assess", "--diff"]) == 0
    assert "-policy   towns" in capsys.readouterr().out
    assert (tmp_path / "a.assess").read_text() == LOOSE
    (tmp_path / "wrong.assess").write_text("policy {{")
    assert main(["format", "nowhere.assess", "wrong.assess", "a.assess"]) == 1
    printed = capsys.readouterr()
    assert printed.out == "a.assess: formatted\n"
    assert "nowhere.assess" in printed.err
    assert "AS1" in printed.err
    assert (tmp_path / "a.assess").read_text() == LAID_OUT
    assert main(["format", ".", "--check"]) == 1  # the wrong one
    assert main(["format", "a.assess", "--check"]) == 0


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with open(CITY / "policy.yaml", "rb") as file:
        monkeypatch.setattr("sys.stdin", type("Input", (), {"buffer": file}))
        assert main(["format", "-", "--stdin-name", "policy.yaml", "--language", "en"]) == 0
    out = capsysbinary.readouterr().out.decode()
    assert out.startswith("# language: en\n")
    assert loads(out, "policy.yaml").fingerprint == loads((CITY / "policy.assess").read_text("utf-8")).fingerprint


def test_the_diff_tells_a_last_line_without_end() -> None:
    assert format_text(LAID_OUT.rstrip("\n")).diff().endswith(" }\n") is False
    assert "\\ No newline at end of file" in format_text(LAID_OUT.rstrip("\n")).diff()
