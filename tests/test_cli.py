"""The command line: exit codes, what goes to stdout and to stderr, and what is printed in which form."""

import csv
import io
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from assessdsl import engine
from assessdsl.cli import main, neutral
from assessdsl.source import width

POLICY = """# language: en
policy towns "Towns" {
  period   2022
  full     100 points
  rounding half_up to 2 places of total
  group    town "Towns"
  component base "Base" {
    points 100 points
    indicator revenue "Growth of revenue" {
      points  100 points
      unit    percent to 1 places
      score   attainment(actual, planned, zero_plan: error)
      missing zero
      absent  zero
    }
  }
  rank by total within group ties shared
  tier good "Good" when total >= 80 points
  tier fair "Fair" otherwise
}
"""
TABLES = {
    "entities.csv": "entity,group,label\nash,town,Ashford\nbirch,town,=cmd|' /C calc'!A0\ncedar,town,雪松镇\n",
    "targets.csv": "target,entity,indicator,planned\na,ash,revenue,8.0%\nb,birch,revenue,6.0%\nc,cedar,revenue,7.0%\n",
    "facts.csv": "target,actual\na,7.0%\nb,6.5%\nc,6.1%\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "towns.assess").write_text(POLICY, "utf-8")
    (tmp_path / "wrong.assess").write_text(POLICY.replace("attainment(", "atainment("), "utf-8")
    (tmp_path / "falsch.assess").write_text(POLICY.replace("points  100", "points  90"), "utf-8")
    for name, text in TABLES.items():
        for where in ("facts", "bad"):
            (tmp_path / where).mkdir(exist_ok=True)
            wrong = text.replace("a,ash,revenue", "a,ash,revenu") if where == "bad" else text
            (tmp_path / where / name).write_text(wrong, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(line: str) -> list[str]:
    return [sys.executable, "-m", "assessdsl", *line.split()]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("check towns.assess", 0),
        ("check towns.assess wrong.assess", 1),
        ("check nowhere.assess", 1),
        ("evaluate towns.assess facts", 0),
        ("evaluate wrong.assess facts", 1),
        ("evaluate towns.assess bad", 1),
        ("evaluate towns.assess nowhere", 1),
        ("evaluate towns.assess facts --history nowhere.csv", 1),
        ("evaluate towns.assess facts --published 2023-01-31", 0),
        ("evaluate towns.assess facts --published tomorrow", 2),
        ("evaluate towns.assess", 2),
        ("evaluate towns.assess facts --format xml", 2),
        ("explain towns.assess facts --entity ash", 0),
        ("explain towns.assess facts --entity ash --indicator revenue", 0),
        ("explain towns.assess facts --entity ahs", 1),
        ("explain towns.assess facts --entity ash --indicator revenu", 1),
        ("explain towns.assess facts", 2),
        ("plan towns.assess", 0),
        ("plan wrong.assess", 1),
        ("convert towns.assess --to yaml", 0),
        ("convert towns.assess --to dsl --language zh", 0),
        ("convert towns.assess", 2),
        ("convert nowhere.assess --to dsl", 1),
        ("--version", 0),
        ("--help", 0),
        ("evaluate --help", 0),
        ("", 2),
        ("sing", 2),
    ],
)
def test_exit_codes(line: str, code: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert bool(shown.out) == (code == 0 or line.startswith("check towns"))
    assert bool(shown.err) == (code != 0)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"assessdsl {version('assessdsl')}\n"


def test_check_tells_every_file_and_shows_mistakes_on_stderr(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "towns.assess", "wrong.assess", "falsch.assess"])
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["towns.assess: ok", "wrong.assess: 1 error", "falsch.assess: 1 error"]
    assert "--> wrong.assess:12:" in shown.err
    assert "falsch.assess" in shown.err


def test_a_file_that_is_not_there_hides_no_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nowhere.assess", "towns.assess"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "towns.assess: ok\n"
    assert shown.err == "assessdsl: nowhere.assess: No such file or directory\n"


def test_data_is_spoken_of_in_the_language_of_the_policy(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "zh.assess").write_text(POLICY.replace("language: en", "language: zh"), "utf-8")
    for facts in ("bad", "nowhere"):
        assert main(["evaluate", "zh.assess", facts]) == 1
        assert "错误[" in capsys.readouterr().err


def test_check_json_is_the_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wrong.assess", "falsch.assess", "--format", "json"]) == 1
    shown = capsys.readouterr()
    remarks = json.loads(shown.out)
    assert [remark["file"] for remark in remarks] == ["wrong.assess", "falsch.assess"]
    assert {"code", "slug", "severity", "message", "line", "column"} <= remarks[0].keys()
    assert shown.err == ""
    assert main(["check", "towns.assess", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_messages_are_in_the_language_that_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "wrong.assess"])
    assert "error[" in capsys.readouterr().err
    main(["check", "wrong.assess", "--language", "zh"])
    assert "错误[" in capsys.readouterr().err
    main(["explain", "towns.assess", "facts", "--entity", "ahs", "--language", "zh"])
    assert "没有名为 `ahs` 的单位" in capsys.readouterr().err


def test_remarks_as_json_go_to_stderr(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "towns.assess", "bad", "--format", "json"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    places = [(remark["file"], remark["row"], remark["column"]) for remark in json.loads(shown.err)]
    assert ("bad/targets.csv", 2, "C") in places


def test_unknown_entity_gets_a_suggestion(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "towns.assess", "facts", "--entity", "ahs"])
    error = capsys.readouterr().err
    assert "AS5101" in error
    assert "did you mean `ash`?" in error
    main(["explain", "towns.assess", "facts", "--entity", "ash", "--indicator", "revenu"])
    error = capsys.readouterr().err
    assert "AS5102" in error
    assert "did you mean `revenue`?" in error


def test_evaluate_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", "towns.assess", "facts"])
    out = capsys.readouterr().out
    for text in ("Ashford", "87.50", "雪松镇", "Good"):
        assert text in out


def test_evaluate_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", "towns.assess", "facts", "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    assert set(data["entities"]) == {"ash", "birch", "cedar"}
    assert data["entities"]["ash"]["rank"] == 2


def test_evaluate_csv_is_exact_and_safe_to_open(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", "towns.assess", "facts", "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out.removeprefix("\ufeff"))))
    assert [row["entity"] for row in rows] == ["birch", "ash", "cedar"]
    assert rows[0]["label"] == "'=cmd|' /C calc'!A0"
    assert [row["total"] for row in rows] == ["100", "87.5", "87.14"]
    assert rows[2]["base"] == "610/7"
    assert rows[2]["label"] == "雪松镇"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " ="])
def test_cells_that_a_spreadsheet_would_run(start: str) -> None:
    assert neutral(f"{start}1+1") == f"'{start}1+1"
    assert neutral(f"a{start}") == f"a{start}"


def test_explain_text_is_aligned_and_has_places(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "towns.assess", "facts", "--entity", "ash"])
    lines = capsys.readouterr().out.splitlines()
    placed = [line for line in lines if line.endswith(("facts.csv:B2", "targets.csv:D2"))]
    assert len(placed) == 2
    assert len({width(line[: line.rindex("  ") + 2]) for line in placed}) == 1
    assert any(line.split()[:1] == ["-12.5"] and "towns.assess:12" in line for line in lines)


def test_explain_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "towns.assess", "facts", "--entity", "ash", "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    assert (data["entity"], data["full"], data["score"]) == ("ash", "100", "87.5")
    assert [(line["points"], line["cause"]) for line in data["ledger"]] == [("12.5", "score")]
    assert data["explanation"]["kind"] == "entity"


def test_convert_can_be_read_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["convert", "towns.assess", "--to", "yaml"])
    (folder / "towns.yaml").write_text(capsys.readouterr().out, "utf-8")
    main(["convert", "towns.yaml", "--to", "dsl", "--language", "zh"])
    (folder / "towns.zh.assess").write_text(capsys.readouterr().out, "utf-8")
    outputs = []
    for name in ("towns.assess", "towns.yaml", "towns.zh.assess"):
        assert main(["evaluate", name, "facts", "--format", "json"]) == 0
        outputs.append(capsys.readouterr().out)
    assert len(set(outputs)) == 1


def test_demo(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    shown = capsys.readouterr()
    for text in ("区县", "市级部门", "先进", "policy.assess:", "facts.csv:"):
        assert text in shown.out


def test_ctrl_c_is_quiet(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "evaluate", interrupted)
    assert main(["evaluate", "towns.assess", "facts"]) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        program("evaluate towns.assess facts --format json"),
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_told(folder: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            program("evaluate towns.assess facts"), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("assessdsl: ")


def test_a_terminal_without_chinese_shows_escapes(folder: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        program("evaluate towns.assess facts"),
        capture_output=True,
        env=environment,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u96ea\u677e\u9547" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "latin-1"])
@pytest.mark.parametrize("line", ["convert p.assess --to yaml", "check p.assess --format json"])
def test_what_programs_read_is_utf8_whatever_the_locale(line: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "p.assess").write_text('policy p "办法" { period 2022 }', "utf-8")
    command = [sys.executable, "-m", "assessdsl", *line.split()]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False
    )
    text = done.stdout.decode("utf-8")
    assert "\\u" not in text
    assert ("办法" in text) == line.startswith("convert")
