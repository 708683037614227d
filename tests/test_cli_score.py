"""`assessdsl score`: any number of entities from Parquet to Parquet, and the line that tells how far it is."""

import io
import sys
from pathlib import Path

import polars as pl
import pytest
import test_columnar_batches_tables as tables

import assessdsl
from assessdsl.backends.columnar import parquet
from assessdsl.cli import main

TEXT = """# language: {}
policy p "P" {{
  period 2022
  full 100 points
  rounding half_up to 2 places of total
  group county "Counties"
  benchmark line percent "Line"
  component base "Base" {{
    points 100 points
    indicator growth "Growth" {{
      points 100 points
      unit percent to 1 places
      score if actual >= line + (line - previous(line)) * 2 then 100% else attainment(actual, planned, zero_plan: error)
      missing zero
      absent zero
    }}
  }}
  rank by total within group ties shared
}}
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(parquet, "ROWS", 4)
    monkeypatch.chdir(tmp_path)
    Path("p.assess").write_text(TEXT.format("en"), "utf-8")
    Path("q.assess").write_text(TEXT.format("zh"), "utf-8")
    rows = {
        "entity": list("abcdefghij"),
        "group": ["county"] * 10,
        "growth.planned": [9] * 10,
        "growth.actual": list(range(10)),
    }
    pl.DataFrame(rows).write_parquet("entities.parquet")
    benchmarks = ["--benchmark", "line", "8", "--benchmark", "line", "2021=7.5"]
    return ["score", "p.assess", "entities.parquet", "--output", "out.parquet", *benchmarks]


def test_the_file_holds_what_frames_give(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*given, "--components", "--indicators"]) == 0
    assert capsys.readouterr() == ("out.parquet: 10 entities, 0 of them by the exact engine\n", "")
    frame = pl.read_parquet("entities.parquet")
    policy = assessdsl.load("p.assess")
    found = (
        assessdsl.evaluate_frame(policy, frame, common={"line": {2022: 8, 2021: "7.5", 2020: 3}})
        .to_frame()
        .to_dict(as_series=False)
    )
    written = pl.read_parquet("out.parquet").to_dict(as_series=False)
    assert {name: written[name] for name in found} == found
    assert {name.partition("_x")[0] for name in written} == {"entity", "total", "base", "growth", "rank"}


def test_tables_and_language(given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "q.assess", *given[2:]]) == 0
    assert capsys.readouterr().out == "out.parquet: 10 个单位,其中 0 个由精确引擎逐个计算\n"
    for name, table in zip(("e", "t", "n"), tables.tables(23), strict=True):
        table.write_parquet(f"{name}.parquet")
    pl.DataFrame({"period": [2021], "entity": ["e1"], "rank": [1]}).write_parquet("h.parquet")
    Path("t.assess").write_text(tables.TEXT, "utf-8")
    more = ["--targets", "t.parquet", "--entries", "n.parquet", "--history", "h.parquet"]
    assert main(["score", "t.assess", "e.parquet", *more, "--output", "found.parquet"]) == 0
    expected, _ = tables.both(tmp_path, *tables.tables(23))
    assert pl.read_parquet("found.parquet").to_dict(as_series=False) == expected


def test_a_terminal_is_told_how_far_it_is(given: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told = Terminal()
    monkeypatch.setattr(sys, "stderr", told)
    assert main(given) == 0
    assert told.getvalue() == "\r4/10\x1b[K\r8/10\x1b[K\r10/10\x1b[K\r\x1b[K"


def test_an_interrupted_run_leaves_what_was_there(given: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Terminal):
        def write(self, text: str) -> int:
            if text.startswith("\r8"):
                raise KeyboardInterrupt
            return super().write(text)

    before = sorted(path.name for path in Path().iterdir())
    told = Interrupted()
    monkeypatch.setattr(sys, "stderr", told)
    assert main(given) == 130
    assert told.getvalue() == "\r4/10\x1b[K\r\x1b[K"
    assert sorted(path.name for path in Path().iterdir()) == before


@pytest.mark.parametrize(
    ("at", "text", "told"),
    [
        (2, "nowhere.parquet", "assessdsl: nowhere.parquet: No such file or directory"),
        (2, "p.assess", "assessdsl: p.assess: cannot be read as Parquet"),
        (4, "nowhere/out.parquet", "assessdsl: nowhere: No such file or directory"),
        (7, "once=8", "error[AS6222 not-a-year]"),
        (6, "lime", "error[AS5303 unknown-input]: the policy knows no input `lime`"),
    ],
)
def test_what_is_wrong_is_told(
    at: int, text: str, told: str, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given[at] = text
    before = sorted(path.name for path in Path().iterdir())
    assert main(given) == 1
    assert capsys.readouterr().err.startswith(told)
    assert sorted(path.name for path in Path().iterdir()) == before


def test_what_to_install_is_told(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(given) == 1
    assert "pip install 'assessdsl[parquet]'" in capsys.readouterr().err
